package heldback

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"miseban/bench/accuracy/trial"
)

// customer is a member of a shop with what only he may see.
type customer struct {
	mail, password, name, kana, home, phone, memo string
	orders, addresses                             []int
}

// paths are the addresses and names of one of the programs that shops run.
type paths struct {
	login, check, top, order, receipt, address, profile, logout, entry, complete string
	user, password, cookie, token, key                                           string
	inPath                                                                       bool
}

var programs = []paths{
	{login: "/mypage/login.php", check: "/frontparts/login_check.php", top: "/mypage/index.php", order: "/mypage/history.php", receipt: "/mypage/receipt.php", address: "/mypage/delivery_addr.php", profile: "/mypage/change.php", logout: "/mypage/logout.php", entry: "/entry/index.php", complete: "/shopping/complete.php", user: "login_email", password: "login_pass", cookie: "ECSESSID", token: "transactionid", key: "order_id"},
	{login: "/mypage/login", check: "/mypage/login", top: "/mypage/", order: "/mypage/history", receipt: "/mypage/receipt", address: "/mypage/delivery", profile: "/mypage/change", logout: "/logout", entry: "/entry", complete: "/shopping/complete", user: "login_email", password: "login_pass", cookie: "eccube", token: "_csrf_token", key: "no", inPath: true},
	{login: "/my-account/login/", check: "/my-account/login/", top: "/my-account/", order: "/my-account/view-order", receipt: "/my-account/invoice", address: "/my-account/edit-address", profile: "/my-account/edit-account/", logout: "/my-account/customer-logout/", entry: "/my-account/register/", complete: "/checkout/order-received", user: "username", password: "password", cookie: "wordpress_logged_in_5f2b", token: "_wpnonce", key: "order", inPath: true},
	{login: "/member/login.cgi", check: "/member/login.cgi", top: "/member/menu.cgi", order: "/member/order.cgi", receipt: "/member/ryoshu.cgi", address: "/member/otodoke.cgi", profile: "/member/henko.cgi", logout: "/member/logout.cgi", entry: "/member/touroku.cgi", complete: "/cart/kanryo.cgi", user: "email", password: "passwd", cookie: "SID", token: "ticket", key: "jno"},
}

// portal is the part of a shop that is for its members. flaw names what is
// wrong in the vulnerable member.
type portal struct {
	b     *trial.Build
	s     *shop
	p     paths
	flaw  string
	class string
	lure  int
	early bool
	role  string

	people []*customer

	mu       sync.Mutex
	sessions map[string]string // id → mail, "" for a visitor
	tokens   map[string]string // token → session
	keys     map[string]string // further secrets → mail
	failures map[string]int
}

func newPortal(b *trial.Build, class, flaw string) *portal {
	p := &portal{b: b, s: newShop(b), flaw: flaw, class: class, p: programs[b.Rand.IntN(len(programs))], lure: b.Rand.IntN(6), early: b.Rand.IntN(2) == 0, role: b.Pick("member", "general", "user"), sessions: map[string]string{}, tokens: map[string]string{}, keys: map[string]string{}, failures: map[string]int{}}
	base := 20000 + 10*b.Rand.IntN(900)
	p.people = []*customer{
		{mail: fmt.Sprintf("kikuchi%d@example.jp", base), password: fmt.Sprintf("Momiji_%d", base*3), name: "菊池 葵", kana: "キクチ アオイ", home: "岩手県盛岡市内丸 10-2 もりビル 301", phone: "019-555-0101", memo: "置き配希望", orders: []int{base + 1, base + 4}, addresses: []int{base/10 + 3, base/10 + 5}},
		{mail: fmt.Sprintf("nishida%d@example.jp", base), password: fmt.Sprintf("Kaede_%d", base*7), name: "西田 航", kana: "ニシダ ワタル", home: "愛媛県松山市一番町 4-4-2 みなとハイツ 505", phone: "089-555-0155", memo: "午前中希望", orders: []int{base + 2, base + 5}, addresses: []int{base/10 + 4, base/10 + 6}},
		{mail: fmt.Sprintf("ogata%d@example.jp", base), password: fmt.Sprintf("Sakura_%d", base*9), name: "緒方 凛", kana: "オガタ リン", home: "佐賀県佐賀市城内 1-1-59", phone: "0952-55-0190", memo: "", orders: []int{base + 3}, addresses: []int{base/10 + 7}},
	}
	return p
}

func secret() string { return fmt.Sprintf("%016x%08x", rand.Uint64(), rand.Uint32()) }

// wrong says whether the portal has the flaw.
func (p *portal) wrong(flaw string) bool { return p.b.Vulnerable && p.flaw == flaw }

func (p *portal) find(mail string) *customer {
	for _, c := range p.people {
		if strings.EqualFold(c.mail, mail) {
			return c
		}
	}
	return nil
}

func (p *portal) handler() *trial.Handler {
	index := `<ul class="headerNav"><li><a href="` + p.p.login + `">ログイン</a></li><li><a href="` + p.p.top + `">マイページ</a></li><li><a href="/guide">ご利用ガイド</a></li>`
	if p.class == "password-policy" || p.early {
		index += `<li><a href="` + p.p.entry + `">新規会員登録</a></li>`
	}
	return &trial.Handler{
		Sample: "-", Index: index + `<li><a href="/abouts/tradelaw.php">特定商取引法に基づく表記</a></li></ul><h2>新着情報</h2><p><a href="/news.php?id=31">冬季休業のお知らせ</a> <a href="/news.php?id=32">送料改定</a></p><p><a href="/voice.php?id=5">お客様の声</a></p>`, Rest: p.serve,
		Answer:   func(context.Context, *trial.Ask) (*trial.Answer, error) { return nil, nil },
		Accounts: []trial.Account{{Name: "a", User: p.people[0].mail, Password: p.people[0].password}, {Name: "b", User: p.people[1].mail, Password: p.people[1].password}},
	}
}

// who finds the session of a request.
func (p *portal) who(r *http.Request) (id, mail string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k, err := r.Cookie("autologin"); err == nil && p.keys["auto:"+k.Value] != "" {
		mail = p.keys["auto:"+k.Value]
	}
	c, err := r.Cookie(p.p.cookie)
	if err != nil {
		return "", mail
	}
	if m := p.keys["ticket:"+c.Value]; m != "" { // a ticket that says by itself whose it is
		return c.Value, m
	}
	m, ok := p.sessions[c.Value]
	if !ok {
		if p.wrong("adopted") && len(c.Value) >= 8 && len(c.Value) <= 64 {
			p.sessions[c.Value] = ""
			return c.Value, mail
		}
		return "", mail
	}
	if m == "" {
		m = mail
	}
	if !p.b.Vulnerable && p.class == "session-renewed" && p.lure == 2 && m != "" {
		// The id stays; what counts is a second cookie that is new at each sign-in.
		if k, err := r.Cookie("login_key"); err != nil || p.keys["login:"+k.Value] != m {
			m = ""
		}
	}
	return c.Value, m
}

func (p *portal) cookie(a *trial.Answer, name, value string, age int) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, MaxAge: age}
	if p.class != "csrf-token" && p.class != "csrf-verified" {
		c.SameSite = http.SameSiteLaxMode
	}
	if a.Header == nil {
		a.Header = http.Header{}
	}
	a.Header.Add("Set-Cookie", c.String())
}

func (p *portal) begin(a *trial.Answer, mail string) string {
	id := secret()
	p.mu.Lock()
	p.sessions[id] = mail
	p.mu.Unlock()
	p.cookie(a, p.p.cookie, id, 0)
	return id
}

// number is the last number of an address, in its path or its query.
func (p *portal) number(r *http.Request, path string) (int, bool) {
	if rest, ok := strings.CutPrefix(r.URL.Path, path+"/"); ok {
		return number(strings.Trim(rest, "/")), true
	}
	return number(r.URL.Query().Get(p.p.key)), r.URL.Path == path
}

func (p *portal) at(path string, n int) string {
	if p.p.inPath {
		return fmt.Sprintf("%s/%d", path, n)
	}
	return fmt.Sprintf("%s?%s=%d", path, p.p.key, n)
}

// dir is the folder of the members' pages.
func (p *portal) dir() string { return p.p.top[:strings.LastIndex(p.p.top, "/")+1] }

// magazine is the page on which a customer chooses what is sent to him.
func (p *portal) magazine(id string, a *trial.Ask) *trial.Answer {
	if a.Request.Method == http.MethodPost {
		form, _ := url.ParseQuery(string(a.Body))
		p.mu.Lock()
		owner, known := p.tokens[form.Get(p.p.token)]
		p.mu.Unlock()
		if (!known || owner != id) && !p.wrong("no-token-magazine") {
			return trial.Status(403, "<h2>ページの有効期限が切れました</h2>")
		}
		return trial.Text("<h2>メールマガジンの設定</h2><p>設定を保存しました。</p>")
	}
	return trial.Text(`<h2>メールマガジンの設定</h2><form method="post" action="` + p.dir() + `magazine">` + p.field(id, "no-token-magazine") + `<label><input type="radio" name="mailmaga_flg" value="1" checked> HTMLメールを受け取る</label><label><input type="radio" name="mailmaga_flg" value="3"> 受け取らない</label><button>設定を保存する</button></form>`)
}

// field is a form's token, unless the flaw is that it has none.
func (p *portal) field(id, flaw string) string {
	if p.wrong(flaw) {
		return ""
	}
	t := secret()
	p.mu.Lock()
	p.tokens[t] = id
	p.mu.Unlock()
	return `<input type="hidden" name="` + p.p.token + `" value="` + t + `">`
}

func (p *portal) serve(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
	r := a.Request
	id, mail := p.who(r)
	path := r.URL.Path
	if r.Method == http.MethodPost && path == p.p.check {
		return p.signIn(id, a), nil
	}
	for what, at := range map[string]string{"order": p.p.order, "receipt": p.p.receipt, "address": p.p.address, "complete": p.p.complete} {
		if n, ok := p.number(r, at); ok {
			return p.document(what, n, id, mail), nil
		}
	}
	switch path {
	case p.p.login:
		return p.loginPage(id, "", ""), nil
	case p.p.logout:
		return p.signOut(id, r), nil
	case p.p.entry:
		return p.entry(), nil
	case p.p.top:
		if mail == "" {
			return p.away(), nil
		}
		return p.top(r, mail), nil
	case p.p.profile:
		if mail == "" {
			return p.away(), nil
		}
		return p.profile(id, mail, a), nil
	case p.dir() + "magazine":
		if mail == "" {
			return p.away(), nil
		}
		return p.magazine(id, a), nil
	case p.dir() + "list":
		if mail == "" {
			return p.away(), nil
		}
		return p.menu(r.URL.Query().Get("user_type"), r.URL.Query().Get("user_type") == "admin"), nil
	case "/abouts/tradelaw.php": // names, addresses and numbers that are everybody's
		return trial.Text("<h2>特定商取引法に基づく表記</h2><table><tr><th>運営責任者</th><td>森 健一</td></tr><tr><th>所在地</th><td>京都府京都市中京区烏丸通 1-2-3 森ビル 2F</td></tr><tr><th>電話番号</th><td>075-555-0123</td></tr><tr><th>メールアドレス</th><td>info@example.jp</td></tr></table>"), nil
	case "/news.php":
		return trial.Text(fmt.Sprintf("<h2>お知らせ No.%d</h2><p>担当：森 健一（京都府京都市中京区烏丸通 1-2-3）まで、電話 075-555-0123 へお問い合わせください。</p>", number(r.URL.Query().Get("id")))), nil
	case "/voice.php":
		return trial.Text(fmt.Sprintf("<h2>お客様の声 %d</h2><p>岩手県 A.K 様（30代）：ご注文番号 %d の品、とても気に入りました。</p>", number(r.URL.Query().Get("id")), 30000+number(r.URL.Query().Get("id")))), nil
	case "/mypage/refusal.php":
		return trial.Text("<h2>退会手続き</h2><p>退会をご希望の方は、サポートまでご連絡ください。</p>"), nil
	}
	return nil, nil
}

// away is what who is not signed in gets.
func (p *portal) away() *trial.Answer {
	switch p.lure % 4 {
	case 0, 1:
		return moved(302, p.p.login)
	case 2:
		return trial.Status(401, "<h2>ログインが必要です</h2><p><a href=\""+p.p.login+"\">ログイン</a></p>")
	}
	return p.loginPage("-", "会員の方はログインしてください。", "")
}

// document is a page about something that belongs to one customer.
func (p *portal) document(what string, n int, id, mail string) *trial.Answer {
	var owner *customer
	for _, c := range p.people {
		if what == "address" && slices.Contains(c.addresses, n) || what != "address" && slices.Contains(c.orders, n) {
			owner = c
		}
	}
	me := p.find(mail)
	free := owner != nil && (p.wrong("open-"+what) || p.wrong("any-"+what) && me != nil)
	switch {
	case free, owner != nil && owner == me:
		return p.paper(what, n, id, owner)
	case what == "complete" && me == nil:
		return trial.Text(`<h2>ご注文の確認</h2><form method="post" action="` + p.p.complete + `"><p>ご注文時の電話番号を入力してください。</p><input name="tel"><button>確認する</button></form>`)
	case me == nil:
		return p.away()
	}
	switch p.lure {
	case 0:
		return trial.Status(404, "<h2>ページがみつかりません</h2>")
	case 1:
		return moved(302, p.p.top)
	case 2:
		return trial.Status(403, "<h2>アクセス権限がありません</h2>")
	case 3: // the visitor's own, whatever was asked for
		own := me.orders[0]
		if what == "address" {
			own = me.addresses[0]
		}
		return p.paper(what, own, id, me)
	case 4:
		return trial.Text(fmt.Sprintf("<h2>ご注文の詳細</h2><p>%s 様のご注文に %d は見つかりませんでした。</p>", me.name, n))
	}
	return trial.Text(fmt.Sprintf("<h2>ご注文の詳細</h2><table><tr><th>番号</th><td>%d</td></tr><tr><th>お名前</th><td>＊＊＊ 様</td></tr><tr><th>状態</th><td>ご覧いただけません</td></tr></table>", n))
}

func (p *portal) paper(what string, n int, id string, c *customer) *trial.Answer {
	switch what {
	case "address":
		return trial.Text(fmt.Sprintf(`<h2>お届け先の変更</h2><form method="post" action="%s">%s<input type="hidden" name="%s" value="%d"><input name="name" value="%s"><input name="addr" value="%s"><input name="tel" value="%s"><button>登録する</button></form>`, p.p.address, p.field(id, "no-token-address"), p.p.key, n, c.name, c.home, c.phone))
	case "receipt":
		return &trial.Answer{Bare: true, Body: fmt.Sprintf("<!doctype html><html lang=\"ja\"><head><meta charset=\"UTF-8\"><title>領収書</title></head><body><h1>領収書</h1><p>No. %d</p><p>%s 様</p><p>￥%s-</p><p>%s</p></body></html>", n, c.name, comma(1000+n%4000), c.home)}
	case "complete":
		return trial.Text(fmt.Sprintf("<h2>ご注文ありがとうございました</h2><p>ご注文番号：%d</p><p>%s 様（%s）</p><p>お届け先：%s　%s</p>", n, c.name, c.mail, c.home, c.phone))
	}
	return trial.Text(fmt.Sprintf("<h2>購入履歴詳細</h2><dl><dt>ご注文番号</dt><dd>%d</dd><dt>お名前</dt><dd>%s（%s）様</dd><dt>お届け先</dt><dd>%s</dd><dt>電話番号</dt><dd>%s</dd><dt>商品</dt><dd>%s</dd></dl>", n, c.name, c.kana, c.home, c.phone, p.s.items[n%len(p.s.items)].Name))
}

// top is the first page behind the sign-in.
func (p *portal) top(r *http.Request, mail string) *trial.Answer {
	me := p.find(mail)
	if p.class == "role-tampering" {
		for _, name := range []string{"admin", "role"} {
			k, err := r.Cookie(name)
			if err == nil && (p.wrong("cookie-"+name) && (k.Value == "1" || k.Value == "admin")) {
				return p.menu("admin", true)
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<p class="welcome">ようこそ、%s 様（所持ポイント %d pt）</p><ul class="mynavi"><li><a href="%s">会員情報の変更</a></li><li><a href="/mypage/refusal.php">退会</a></li><li><a href="%s">ログアウト</a></li></ul><h2>ご注文履歴</h2><table>`, me.name, 120+len(me.name), p.p.profile, p.p.logout)
	for _, n := range me.orders {
		fmt.Fprintf(&b, `<tr><td>%d</td><td><a href="%s">詳細</a></td><td><a href="%s">領収書</a></td>`, n, p.at(p.p.order, n), p.at(p.p.receipt, n))
		if p.class == "order-page-idor" {
			fmt.Fprintf(&b, `<td><a href="%s">完了画面</a></td>`, p.at(p.p.complete, n))
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</table><h2>お届け先</h2><ul>")
	for _, n := range me.addresses {
		fmt.Fprintf(&b, `<li><a href="%s">お届け先を変更</a></li>`, p.at(p.p.address, n))
	}
	b.WriteString("</ul>")
	if p.class == "role-tampering" && strings.HasPrefix(p.flaw, "query") {
		fmt.Fprintf(&b, `<p><a href="%slist?user_type=%s">会員メニュー</a></p>`, p.dir(), p.role)
	}
	if p.class == "csrf-token" {
		fmt.Fprintf(&b, `<p><a href="%smagazine">メールマガジンの設定</a></p>`, p.dir())
	}
	return trial.Text(b.String())
}

// menu shows what a role may do.
func (p *portal) menu(role string, asked bool) *trial.Answer {
	if asked && p.class == "role-tampering" && p.b.Vulnerable {
		t := "<h2>店舗管理メニュー</h2><table>"
		for _, c := range p.people {
			t += "<tr><td>" + c.name + "</td><td>" + c.mail + "</td><td>" + c.home + "</td><td>" + c.phone + "</td></tr>"
		}
		return trial.Text(t + "</table><p><a href=\"/guide\">受注管理</a> <a href=\"/guide\">商品管理</a></p>")
	}
	switch p.lure % 4 {
	case 0:
		return trial.Text("<h2>会員メニュー</h2><p class=\"role-" + e(slug(role)) + "\">クーポン一覧・お気に入り</p>")
	case 1:
		if role != p.role {
			return trial.Status(403, "<h2>権限がありません</h2>")
		}
	case 2:
		if role != p.role {
			return moved(302, p.p.top)
		}
	}
	return trial.Text("<h2>会員メニュー</h2><p>" + e(role) + " でご利用中です。</p><p>クーポン一覧・お気に入り</p>")
}

// profile is the page on which a customer changes what the shop knows of him.
func (p *portal) profile(id, mail string, a *trial.Ask) *trial.Answer {
	me := p.find(mail)
	if a.Request.Method == http.MethodPost {
		form, _ := url.ParseQuery(string(a.Body))
		p.mu.Lock()
		defer p.mu.Unlock()
		sent := form.Get(p.p.token)
		owner, known := p.tokens[sent]
		ok := known && owner == id
		switch {
		case p.wrong("unchecked"), p.wrong("no-token"):
			ok = true
		case p.wrong("not-empty"):
			ok = sent != ""
		case p.wrong("anybodys"):
			ok = known
		case p.wrong("when-there"):
			ok = ok || !form.Has(p.p.token)
		}
		if !ok {
			switch p.lure % 3 {
			case 0:
				return trial.Status(403, "<h2>ページの有効期限が切れました</h2>")
			case 1:
				return moved(302, p.p.profile)
			}
			return trial.Text("<h2>エラー</h2><p>不正な画面遷移です。お手数ですが、最初からやり直してください。</p>")
		}
		if form.Has("memo") {
			me.memo = clip(form.Get("memo"), 200)
		}
		return trial.Text("<h2>会員情報の変更</h2><p>変更が完了しました。</p>")
	}
	field, head := p.field(id, "no-token"), ""
	if p.class == "csrf-token" && p.lure == 4 && field != "" {
		head = `<meta name="csrf-token" content="` + secret() + `">`
	}
	p.mu.Lock()
	memo := me.memo
	p.mu.Unlock()
	return trial.Text(fmt.Sprintf(`%s<h2>会員情報の変更</h2><p>%s 様</p><form method="post" action="%s">%s<label>お名前 <input name="name" value="%s"></label><label>ご住所 <input name="addr" value="%s"></label><label>電話番号 <input type="tel" name="tel" value="%s"></label><label>配送メモ <input name="memo" value="%s"></label><button>変更する</button></form>`, head, me.name, p.p.profile, field, me.name, me.home, me.phone, e(memo)))
}

// entry is the page on which one becomes a member.
func (p *portal) entry() *trial.Answer {
	attrs, hint := `maxlength="128" minlength="10"`, "10文字以上で、英大文字・英小文字・数字をそれぞれ含めてください。"
	if p.lure%2 == 0 {
		attrs, hint = "", "8文字以上の英数字記号で入力してください。"
	}
	switch {
	case p.wrong("max-8"):
		attrs, hint = []string{`maxlength="6"`, `maxlength="7"`, `size="8" maxlength="6"`}[p.lure%3], "半角英数字で入力してください。"
	case p.wrong("digits-4"):
		attrs, hint = `inputmode="numeric" pattern="[0-9]{4}" maxlength="4"`, "数字4桁で入力してください。"
	case p.wrong("range-4-6"):
		attrs, hint = `minlength="4" maxlength="6"`, "半角英数字4～6文字"
	}
	other := ""
	if p.lure < 3 { // short fields that are no passwords
		other = `<label>郵便番号 <input name="zip01" maxlength="3"> - <input name="zip02" maxlength="4"></label><label>お電話の暗証番号（下4桁） <input name="tel4" maxlength="4"></label>`
	}
	return trial.Text(`<h2>会員登録</h2><form method="post" action="` + p.p.entry + `"><input type="hidden" name="` + p.p.token + `" value="` + secret() + `"><input type="hidden" name="mode" value="confirm"><label>お名前 <input name="name01"></label>` + other + `<label>メールアドレス <input type="email" name="email"></label><label>パスワード <input type="password" name="password" autocomplete="new-password" ` + attrs + `></label><small>` + hint + `</small><button>確認ページへ</button></form>`)
}
