package web

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"miseban/internal/account"
	"miseban/internal/store"
)

// TestFirstRun goes from an empty database to a second person in a shop's
// organisation, by forms alone.
func TestFirstRun(t *testing.T) {
	t.Parallel()
	w := empty(t)
	boss := w.visitor()
	boss.get("/shops").wants(t, 303, "/setup")
	form := []string{"token", "wrong", "name", "山田 花子", "mail", "Hanako@Example.jp", "password", password, "organisation", "山田茶舗", "kind", "shopkeeper"}
	boss.post("/setup", form...).wants(t, 422, "起動したときに画面に出た文字と違います", "山田 花子")
	form[1] = w.server.SetupToken()
	boss.post("/setup", append(form, "kind", "platform")...).wants(t, 303, "/account/codes")
	w.visitor().post("/setup", form...).wants(t, 404)
	w.visitor().get("/setup").wants(t, 404)

	page := boss.get("/account/codes").wants(t, 200, "登録しました。")
	secret := page.between(t, `id="secret">`, "<")
	boss.post("/account/codes", "code", "000000").wants(t, 422, "コードが違います")
	code, err := totp.GenerateCode(secret, w.now())
	if err != nil {
		t.Fatal(err)
	}
	recovery := boss.post("/account/codes", "code", code).wants(t, 200, "予備コードを控えてください").between(t, `id="recovery"><li>`, "</li>")
	boss.post("/sign-out").wants(t, 303)
	boss.get("/").wants(t, 303, "/sign-in")

	boss.post("/sign-in", "mail", "hanako@example.jp", "password", password, "to", "/shops").wants(t, 303, "/sign-in/code?to=%2Fshops")
	boss.get("/shops").wants(t, 303, "/sign-in") // half a sign-in is none
	boss.post("/sign-in/code", "code", code, "to", "/shops").wants(t, 422, "すでに使われています")
	w.pass(time.Minute)
	code, err = totp.GenerateCode(secret, w.now())
	if err != nil {
		t.Fatal(err)
	}
	boss.post("/sign-in/code", "code", code, "to", "//evil.example").wants(t, 303, "/")
	boss.get("/shops").wants(t, 200, "見られるお店はまだありません")

	other := w.visitor()
	other.post("/sign-in", "mail", "hanako@example.jp", "password", password).wants(t, 303)
	other.post("/sign-in/code", "code", strings.ToUpper(recovery)).wants(t, 303, "/")
	again := w.visitor()
	again.post("/sign-in", "mail", "hanako@example.jp", "password", password).wants(t, 303)
	again.post("/sign-in/code", "code", recovery).wants(t, 422)

	organisation := boss.get("/organisations").wants(t, 200, "山田茶舗").body
	organisation = organisation[:strings.Index(organisation, "山田茶舗</a>")]
	organisation = organisation[strings.LastIndex(organisation, `href="`)+6:]
	organisation, _, _ = strings.Cut(organisation, `"`)
	boss.post(organisation+"/invite", "mail", "taro@example.jp").wants(t, 422, "役割を1つ以上選んでください")
	made := boss.post(organisation+"/invite", "mail", "taro@example.jp", "role", "practitioner", "role", "operator").wants(t, 201, "taro@example.jp")
	link := "/links/" + made.between(t, "/links/", "<")
	boss.get(organisation).wants(t, 200, "taro@example.jp", "実務担当者")
	taro := w.visitor()
	taro.get(link).wants(t, 200, "山田茶舗", "実務担当者")
	taro.get(link).wants(t, 200) // looking does not take it
	taro.post(link, "name", "太郎", "mail", "hanako@example.jp", "password", password).wants(t, 422, "登録済み")
	taro.get("/").wants(t, 303, "/sign-in")
	taro.post(link, "name", "太郎", "mail", "taro@example.jp", "password", "short").wants(t, 422, "12 文字以上")
	taro.post(link, "name", "太郎", "mail", "taro@example.jp", "password", password).wants(t, 303, organisation)
	taro.get(organisation).wants(t, 200, "太郎", "山田 花子")
	taro.get("/operator").wants(t, 403)
	w.visitor().get(link).wants(t, 410)
	w.visitor().post(link, "name", "次郎", "mail", "jiro@example.jp", "password", password).wants(t, 410)
	if n, err := w.db.VerifyAudit(t.Context()); err != nil || n < 15 {
		t.Errorf("audit log: %d, %v", n, err)
	}
}

// TestShopJourney registers a shop, changes it, meets a conflict, lets a new
// contractor in by a link, and sees that a firm that builds it is refused.
func TestShopJourney(t *testing.T) {
	t.Parallel()
	w := settled(t)
	boss := w.as(w.people[account.Executive])
	boss.get("/shops/new").wants(t, 200, "お店の状態")
	bad := []string{"organisation", string(w.orgs[account.Shopkeeper].ID), "state", "trading", "name", "", "url", "ftp://x", "number", "1234567890123"}
	boss.post("/shops", bad...).wants(t, 422, "お店の名前を入力してください", "法人番号は 13 桁", "緊急連絡先を1人以上", `aria-invalid="true"`)
	good := []string{"organisation", string(w.orgs[account.Shopkeeper].ID), "state", "trading", "name", "海の幸 <script>", "url", "umi.example.jp", "contact-name-0", "浜野", "contact-phone-0", "09012345678"}
	shop := boss.post("/shops", good...).wants(t, 303, "/shops/").location
	boss.get(shop).wants(t, 200, "https://umi.example.jp/", "海の幸 &lt;script&gt;", "お店を登録しました。「診断」を開くと")
	boss.get("/shops?q=umi").wants(t, 200, "海の幸")
	if strings.Contains(boss.get("/shops?q=umi").body, "山田茶舗") {
		t.Error("the search shows other shops")
	}
	edit := append([]string{"revision", "1"}, good[2:]...)
	edit[5] = "海の幸"
	boss.post(shop+"/edit", edit...).wants(t, 303, shop)
	edit[5] = "山の幸"
	conflict := boss.post(shop+"/edit", edit...).wants(t, 409, "先にほかの人が変更しました", "海の幸", "山の幸")
	edit[1] = conflict.between(t, `name="revision" value="`, `"`)
	boss.post(shop+"/edit", edit...).wants(t, 303, shop)
	boss.get(shop).wants(t, 200, "山の幸")
	w.as(w.people[account.Maintainer]).get(shop).wants(t, 404)

	until := w.now().AddDate(0, 1, 0).Format("2006-01-02")
	boss.post(shop+"/access", "as", "contractor", "mail", "x@example.jp", "until", "2020-01-01").wants(t, 422, "今日から2年以内")
	made := boss.post(shop+"/access", "as", "contractor", "mail", "x@example.jp", "until", until).wants(t, 201)
	link := "/links/" + made.between(t, "/links/", "<")
	new := w.visitor()
	new.get(link).wants(t, 200, "山の幸", "制作・保守の作業")
	new.post(link, "name", "職人", "mail", "x@example.jp", "password", password, "organisation", "職人工房").wants(t, 303, shop)
	new.get(shop).wants(t, 200, "山の幸")
	new.get(shop+"/edit").wants(t, 403)
	new.get(shop+"/access").wants(t, 403)
	new.get("/shops/"+string(w.shop.ID)).wants(t, 404)
	w.pass(32 * 24 * time.Hour)

	boss = w.as(w.people[account.Executive])
	late := w.visitor()
	late.post("/sign-in", "mail", "x@example.jp", "password", password).wants(t, 303, "/")
	late.get(shop).wants(t, 404) // the month is over

	until = w.now().AddDate(0, 1, 0).Format("2006-01-02")
	edit[1] = boss.get(shop+"/edit").between(t, `name="revision" value="`, `"`)
	boss.post(shop+"/edit", append(edit, "builder-number", "7000012050002")...).wants(t, 303)
	w.orgs[account.Firm].Number = "7000012050002"
	builder := *w.orgs[account.Firm]
	builder.ID, builder.Name = account.NewID(), "作る会社で診る会社"
	w.change(func(tx *store.Tx) error { return tx.AddOrganisation(t.Context(), &builder) })
	both := w.person("兼任", &builder, account.Diagnostician)
	made = boss.post(shop+"/access", "as", "firm", "mail", "y@example.jp", "until", until).wants(t, 201)
	link = "/links/" + made.between(t, "/links/", "<")
	w.as(both).post(link, "own", string(builder.ID)).wants(t, 422, "診断を引き受けられません")
	w.as(w.people[account.Diagnostician]).post(link, "own", string(w.orgs[account.Firm].ID)).wants(t, 303, shop)
	w.as(w.people[account.Diagnostician]).get(shop).wants(t, 200)
}

// TestGuessing: guesses slow down the guesser, not the owner, and a stranger's
// address answers as a known one.
func TestGuessing(t *testing.T) {
	t.Parallel()
	w := settled(t)
	mail := w.people[account.Executive].Mail
	thief := w.visitor()
	for range 5 {
		thief.post("/sign-in", "mail", mail, "password", "guess guess guess").wants(t, 422, "メールアドレスかパスワードが違います")
	}
	thief.post("/sign-in", "mail", mail, "password", password).wants(t, 429, "秒ほど待って")
	thief.post("/sign-in", "mail", w.people[account.Clerk].Mail, "password", password).wants(t, 303, "/")
	if a, err := w.db.Attempts(t.Context(), place(mail, "192.0.2.9")); err != nil || a.Wait(w.now()) != 0 {
		t.Errorf("the owner at another place has to wait: %v, %v", a, err)
	}
	w.pass(3 * time.Second)
	thief.post("/sign-in", "mail", mail, "password", password).wants(t, 303, "/")
	nobody := w.visitor()
	nobody.post("/sign-in", "mail", "nobody@example.jp", "password", password).wants(t, 422, "メールアドレスかパスワードが違います")
}

// TestFresh: important steps want a new proof after a while.
func TestFresh(t *testing.T) {
	t.Parallel()
	w := settled(t)
	boss := w.as(w.people[account.Executive])
	boss.get("/account/codes").wants(t, 200)
	w.pass(account.ConfirmedFor)
	boss.get("/account/codes").wants(t, 303, "/confirm?to=%2Faccount%2Fcodes")
	boss.post("/confirm", "password", "wrong wrong wrong", "to", "/account/codes").wants(t, 422, "パスワードが違います")
	boss.post("/confirm", "password", password, "to", "/account/codes").wants(t, 303, "/account/codes")
	boss.get("/account/codes").wants(t, 200)
	boss.post("/account/password", "old", password, "new", password+"二番目").wants(t, 303)
	w.visitor().post("/sign-in", "mail", w.people[account.Executive].Mail, "password", password).wants(t, 422)
}

// TestStopEverything: the switch is one press; releasing it wants a proof; all pages say so.
func TestStopEverything(t *testing.T) {
	t.Parallel()
	w := settled(t)
	op := w.as(w.people[account.Operator])
	w.pass(account.ConfirmedFor)
	op.post("/operator/stop").wants(t, 303, "/operator")
	op.get("/operator").wants(t, 200, "すべての診断を止めています", "解除する")
	w.as(w.people[account.Practitioner]).get("/").wants(t, 200, "運用者が、すべての診断を止めています。")
	op.post("/operator/release").wants(t, 303, "/confirm")
	op.get("/operator?verify=1").wants(t, 200, "すべて正しくつながっています")
}

// TestLanguage: the page speaks what the browser asks for, what was switched
// to, and what the person settled on.
func TestLanguage(t *testing.T) {
	t.Parallel()
	w := settled(t)
	v := w.as(w.people[account.Practitioner])
	v.get("/").wants(t, 200, `lang="ja"`, "お店")
	v.get("/shops?lang=en&q=tea").wants(t, 303, "/shops?q=tea")
	v.get("/shops").wants(t, 200, `<html lang="en"`, "Shops")
	v.get("/shops?theme=dark").wants(t, 303, "/shops")
	v.get("/shops").wants(t, 200, `data-theme="dark"`)
	v.post("/account", "name", "実務", "lang", "ja").wants(t, 303)
	v.get("/shops").wants(t, 200, `<html lang="ja"`)
}
