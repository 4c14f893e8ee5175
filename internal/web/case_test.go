package web

import (
	"errors"
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/store"
)

// chosen adds a case at Step 1 that began with an application of the company.
func (w *world) chosen(url string) (programme.Case, *programme.Application) {
	w.t.Helper()
	ctx := w.t.Context()
	a := &programme.Application{ID: account.NewID(), Programme: w.programme.ID, Mail: "apply@example.jp", Lang: "ja", Form: programme.Form{Company: "株式会社 応募商店", Number: "7000012050002", Shop: "応募のお店", URL: url, Package: "ec-cube-4", Turnover: "under-100m", Person: "応募 太郎", Phone: "03-1111-2222"}}
	var c programme.Case
	w.change(func(tx *store.Tx) error {
		known := &programme.Facts{}
		known.Of(programme.Selected)
		err := tx.AddApplication(ctx, w.programme, a)
		in := tx.Cases(w.programme.ID, w.programme.Office)
		if err == nil {
			c, err = in.Begin(ctx, programme.Case{Application: a.ID, Number: "00077", Name: "応募のお店"})
		}
		for _, key := range []string{"eligibility", "selection", "step1"} {
			if err == nil {
				c, err = in.Move(ctx, c.ID, c.Step, programme.Wish{Key: key, Roles: []account.Role{account.Clerk, account.Approver}, Facts: known})
			}
		}
		return err
	})
	return c, a
}

// TestEnrol: the office invites; the people of the company take part with a shop
// of theirs or a new one, and decide themselves who sees it.
func TestEnrol(t *testing.T) {
	t.Parallel()
	w := settled(t)
	c, _ := w.chosen("https://new.example.jp/")
	url := "/programmes/" + string(w.programme.ID) + "/cases/" + string(c.ID)
	clerk := w.as(w.people[account.Clerk])
	clerk.get(url).wants(t, 200, "お店の人を招待する")
	clerk.get(url+"/shop").wants(t, 200, "株式会社 応募商店", "apply@example.jp")
	clerk.post(url+"/shop", "mail", "x").wants(t, 422, "メールアドレスを確かめて")
	invite := func() string {
		t.Helper()
		link := clerk.post(url+"/shop", "mail", "apply@example.jp").wants(t, 201).between(t, w.server.opt.Public.String()+"/enrol/", "<")
		return "/enrol/" + link
	}
	first := invite()
	w.visitor().get(first).wants(t, 200, "応募のお店", "はじめての方", "応募 太郎")
	clerk.get("/programmes/"+string(w.foreign.ID)+"/cases/"+string(c.ID)+"/shop").wants(t, 404)
	revoke := clerk.get(url+"/shop").wants(t, 200, "まだ使われていない招待").between(t, url+"/links/", "/revoke")
	clerk.post(url+"/links/"+revoke+"/revoke").wants(t, 303)
	w.visitor().get(first).wants(t, 410)

	// Who has nothing to do with shops cannot; nobody takes a stranger's shop.
	link := invite()
	w.as(w.people[account.Maintainer]).get(link).wants(t, 200, "所属していません")
	boss := w.as(w.people[account.Executive])
	boss.get(link).wants(t, 200, "山田茶舗", "新しく登録する")
	boss.post(link).wants(t, 422, "どのお店で参加するか")
	boss.post(link, "with", string(w.other.ID)).wants(t, 422)
	// Somebody new brings the company; the shop is as the application says.
	guest := w.visitor()
	guest.post(link, "name", "応募 太郎", "mail", "taro@new.example.jp", "password", "x", "organisation", "株式会社 応募商店", "number", "").wants(t, 422)
	at := guest.post(link, "name", "応募 太郎", "mail", "taro@new.example.jp", "password", password, "organisation", "株式会社 応募商店", "number", "").wants(t, 303, "/cases/"+string(c.ID)).location
	page := guest.get(at).wants(t, 200, "Step1 セルフチェック", "チェックリストに答える", "あなたの対応を待っています", "見せていない")
	if strings.Contains(page.body, "電話で確かめた") {
		t.Error("the shop reads what the office noted for itself")
	}
	guest.get("/").wants(t, 200, "参加している事業", "あなたの対応を待っています", "応募のお店")
	boss.get(link).wants(t, 410)
	clerk.get(url+"/shop").wants(t, 200, "株式会社 応募商店", "お店のページを開く")
	clerk.post(url+"/shop", "mail", "b@example.jp").wants(t, 409)

	// The office sees the shop when the shop shows it, and no sooner.
	shop := at[:strings.Index(at, "/cases/")]
	clerk.get(shop).wants(t, 404)
	guest.post(at+"/share", "until", "2027-06-30").wants(t, 422, "見せる相手を選んで")
	guest.post(at+"/share", "until", "2020-06-30", "body", string(w.programme.Office)).wants(t, 422, "今日から2年以内")
	guest.post(at+"/share", "until", "2027-06-30", "body", string(w.programme.Office), "body", string(w.orgs[account.Firm].ID)).wants(t, 303)
	clerk.get(shop).wants(t, 200)
	clerk.get(at).wants(t, 200, "Step1 セルフチェック")
	w.as(w.people[account.Diagnostician]).get("/").wants(t, 200, "応募のお店")
	boss.get(at).wants(t, 404)
	guest.get("/shops/"+string(w.other.ID)+"/cases/"+string(c.ID)).wants(t, 404)
	w.as(w.people[account.Diagnostician]).post(at+"/share", "until", "2027-06-30", "body", "x").wants(t, 403)
}

// TestEnrolOwnShop: a shop that is registered already is taken as it is.
func TestEnrolOwnShop(t *testing.T) {
	t.Parallel()
	w := settled(t)
	c, _ := w.chosen(w.shop.URL)
	url := "/programmes/" + string(w.programme.ID) + "/cases/" + string(c.ID)
	link := "/enrol/" + w.as(w.people[account.Clerk]).post(url+"/shop", "mail", "apply@example.jp").wants(t, 201).between(t, "/enrol/", "<")
	boss := w.as(w.people[account.Executive])
	boss.get(link).wants(t, 200, `value="`+string(w.shop.ID)+`" checked`)
	at := boss.post(link, "with", string(w.shop.ID)).wants(t, 303, "/shops/"+string(w.shop.ID)+"/cases/").location
	boss.get(at).wants(t, 200, "見せている")
	boss.get("/shops/"+string(w.shop.ID)+"/cases").wants(t, 200, "EC サイトの脆弱性診断事業")
	boss.get("/shops/"+string(w.shop.ID)).wants(t, 200, "参加している事業")
	// What was prepared and is registered by its own link gives the case its shop too.
	other, _ := w.chosen("https://second.example.jp/")
	var prepared account.ID
	w.change(func(tx *store.Tx) (err error) {
		prepared, err = tx.Cases(w.programme.ID, w.programme.Office).Prepare(t.Context(), other.ID, "", account.Shop{State: account.Trading, Name: "二つ目"})
		return err
	})
	w.change(func(tx *store.Tx) error {
		p, err := tx.PreparedShop(t.Context(), w.programme.Office, prepared)
		if err != nil {
			return err
		}
		_, err = tx.TakePrepared(t.Context(), p, w.shop.Organisation)
		return err
	})
	got, err := w.db.Case(t.Context(), w.programme.ID, other.ID)
	if err != nil || got.Shop == "" || got.Organisation != w.shop.Organisation {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := w.db.ProgrammeOfCase(t.Context(), w.orgs[account.Firm].ID, other.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another office's case: %v", err)
	}
}

// enrolSample is an invitation to look at.
func (w *world) enrolSample() string {
	c, _ := w.chosen("https://new.example.jp/")
	url := "/programmes/" + string(w.programme.ID) + "/cases/" + string(c.ID)
	return w.as(w.people[account.Clerk]).post(url+"/shop", "mail", "apply@example.jp").wants(w.t, 201).between(w.t, "/enrol/", "<")
}
