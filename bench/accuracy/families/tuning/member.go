package tuning

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

// person is a member of a club with what only she may see.
type person struct {
	user, password, name, address, phone string
	orders                               []string
}

// club is a small shop with members, in which one thing may be wrong.
type club struct {
	b    *trial.Build
	flaw string // class whose weakness the vulnerable member has
	lure int

	login, mypage, order, logout, profile, cookie, param, word, role string
	inPath, tokens, early                                            bool
	people                                                           []*person

	mu       sync.Mutex
	sessions map[string]string // id → user; "" before sign-in
	failures map[string]int
	extra    map[string]string // second secret → user
}

// newClub lays the shop out by the pair's dice.
func newClub(b *trial.Build, flaw string) *club {
	c := &club{b: b, flaw: flaw, lure: b.Rand.IntN(4), sessions: map[string]string{}, failures: map[string]int{}, extra: map[string]string{}}
	c.login = b.Pick("/login", "/member/login", "/account/signin", "/mypage/login")
	c.mypage = b.Pick("/mypage", "/account", "/member/home")
	c.logout = b.Pick("/logout", "/member/logout", "/account/signout")
	c.profile = c.mypage + b.Pick("/profile", "/change", "/edit")
	c.cookie = b.Pick("PHPSESSID", "sid", "eccube", "session")
	c.param = b.Pick("no", "order_id", "id")
	c.inPath = b.Rand.IntN(2) == 0
	c.tokens = b.Rand.IntN(2) == 0
	c.early = b.Rand.IntN(2) == 0
	c.order = c.mypage + b.Pick("/order", "/history", "/orders")
	c.word = b.Pick("登録内容の変更", "会員情報", "お届け先とご登録内容", "アカウント設定")
	c.role = b.Pick("user", "member", "customer")
	base := 1000 + b.Rand.IntN(8000)
	c.people = []*person{
		{"hanako" + fmt.Sprint(base) + "@example.jp", "Haru-" + fmt.Sprint(base*7), "山田 花子", "東京都千代田区神田小川町 1-2-3 茶舗ビル 4F", "03-5550-0142", []string{fmt.Sprint(base + 41), fmt.Sprint(base + 43)}},
		{"taro" + fmt.Sprint(base) + "@example.jp", "Natsu-" + fmt.Sprint(base*3), "佐藤 太郎", "大阪府大阪市北区中之島 5-6-7", "06-5550-0177", []string{fmt.Sprint(base + 42), fmt.Sprint(base + 45)}},
		{"jiro" + fmt.Sprint(base) + "@example.jp", "Aki-" + fmt.Sprint(base*5), "鈴木 次郎", "福岡県福岡市中央区天神 8-9", "092-555-0113", []string{fmt.Sprint(base + 44)}},
	}
	return c
}

func (c *club) bad(flaw string) bool { return c.b.Vulnerable && c.flaw == flaw }

func (c *club) handler() *trial.Handler {
	entry := ""
	if c.flaw == "password-policy" {
		entry = ` <a href="/entry">新規会員登録</a>`
	}
	return &trial.Handler{
		Sample: "-", Rest: c.serve,
		Index:    `<p><a href="` + c.login + `">ログイン</a> <a href="` + c.mypage + `">マイページ</a>` + entry + ` <a href="/notice?no=3">お知らせ</a></p>`,
		Accounts: []trial.Account{{Name: "a", User: c.people[0].user, Password: c.people[0].password}, {Name: "b", User: c.people[1].user, Password: c.people[1].password}},
		Answer:   func(context.Context, *trial.Ask) (*trial.Answer, error) { return nil, nil },
	}
}

// rand128 is a secret that nobody can guess: its dice are the process's, not the pair's.
func rand128() string { return fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64()) }

// visitor finds the session of a request.
func (c *club) visitor(r *http.Request) (id, user string) {
	ck, err := r.Cookie(c.cookie)
	if err != nil {
		return "", ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	u, ok := c.sessions[ck.Value]
	if !ok {
		return "", ""
	}
	if c.flaw == "session-renewed" && !c.b.Vulnerable && c.lure == 1 && u != "" {
		// A second secret, given at sign-in, is asked for besides.
		k, err := r.Cookie("auth_key")
		if err != nil || c.extra[k.Value] != u {
			return ck.Value, ""
		}
	}
	return ck.Value, u
}

func (c *club) setCookie(a *trial.Answer, name, value string, age int) {
	ck := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: age}
	if c.flaw == "csrf-token" {
		ck.SameSite = 0
		if !c.b.Vulnerable && c.lure == 1 {
			ck.SameSite = http.SameSiteStrictMode
		}
	}
	if a.Header == nil {
		a.Header = http.Header{}
	}
	a.Header.Add("Set-Cookie", ck.String())
}

func (c *club) person(user string) *person {
	i := slices.IndexFunc(c.people, func(p *person) bool { return p.user == user })
	if i < 0 {
		return nil
	}
	return c.people[i]
}

func (c *club) owner(no string) *person {
	i := slices.IndexFunc(c.people, func(p *person) bool { return slices.Contains(p.orders, no) })
	if i < 0 {
		return nil
	}
	return c.people[i]
}

func (c *club) orderURL(no string) string {
	if c.inPath {
		return c.order + "/" + no
	}
	return c.order + "?" + c.param + "=" + no
}

func goTo(to string) *trial.Answer {
	return &trial.Answer{Status: http.StatusFound, Header: http.Header{"Location": {to}}, Body: "<p>移動します。</p>"}
}

// serve is the whole shop.
func (c *club) serve(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
	r := a.Request
	id, user := c.visitor(r)
	p := r.URL.Path
	switch {
	case p == c.login && r.Method == http.MethodPost:
		return c.signIn(id, a), nil
	case p == c.login:
		return c.loginPage(id, ""), nil
	case p == c.logout:
		return c.signOut(id), nil
	case p == "/notice":
		return trial.Text("<h1>お知らせ</h1><p>夏季休業のお知らせ（番号 " + esc(r.URL.Query().Get("no")) + "）。会員の皆さまには葉書でもご案内しました。</p>"), nil
	case p == c.order || strings.HasPrefix(p, c.order+"/"):
		no := r.URL.Query().Get(c.param)
		if rest, ok := strings.CutPrefix(p, c.order+"/"); ok {
			no = rest
		}
		return c.orderPage(no, user), nil
	case p == "/entry":
		return c.entry(), nil
	case p == c.mypage+"/menu" && user != "":
		return c.menu(r.URL.Query().Get("role"), user), nil
	case p == c.mypage || p == c.profile:
		return c.inner(p, user, a), nil
	}
	return nil, nil
}

// turnedAway is what a closed page says to who is not signed in.
func (c *club) turnedAway() *trial.Answer {
	switch c.lure {
	case 0, 1:
		return goTo(c.login)
	case 2:
		return trial.Status(http.StatusForbidden, "<h1>ログインが必要です</h1><p><a href=\""+c.login+"\">ログイン</a></p>")
	}
	return c.loginPage("", "<p>続けるにはログインしてください。</p>")
}

func (c *club) orderPage(no, user string) *trial.Answer {
	owner := c.owner(no)
	if user == "" {
		if c.bad("forced-browsing") && owner != nil {
			return orderOf(owner, no)
		}
		return c.turnedAway()
	}
	me := c.person(user)
	switch {
	case owner == me && owner != nil, c.bad("idor") && owner != nil, c.bad("forced-browsing") && owner != nil:
		return orderOf(owner, no)
	case c.lure == 0:
		return trial.Status(http.StatusNotFound, "<h1>ページが見つかりません</h1>")
	case c.lure == 1:
		return goTo(c.mypage)
	case c.lure == 2: // the visitor's own latest order, whatever was asked for
		return orderOf(me, me.orders[len(me.orders)-1])
	}
	return trial.Text("<h1>ご注文</h1><p>注文番号 " + esc(no) + " は見つかりませんでした。" + me.name + " 様のご注文の一覧からお選びください。</p>")
}

func orderOf(p *person, no string) *trial.Answer {
	return trial.Text(fmt.Sprintf("<h1>ご注文の詳細</h1><table><tr><th>注文番号</th><td>%s</td></tr><tr><th>お名前</th><td>%s 様</td></tr><tr><th>お届け先</th><td>%s</td></tr><tr><th>電話番号</th><td>%s</td></tr><tr><th>メールアドレス</th><td>%s</td></tr><tr><th>品目</th><td>煎茶 100g × %d</td></tr></table>",
		esc(no), p.name, p.address, p.phone, p.user, 1+len(no)%3))
}

// inner are the member's own pages.
func (c *club) inner(p, user string, a *trial.Ask) *trial.Answer {
	me := c.person(user)
	if me == nil {
		return c.turnedAway()
	}
	nav := fmt.Sprintf(`<p>%s 様、ようこそ。<a href="%s">%s</a> <a href="%s">ログアウト</a></p>`, me.name, c.profile, c.word, c.logout)
	switch p {
	case c.profile:
		if a.Request.Method == http.MethodPost {
			return trial.Text("<h1>登録内容</h1><p>変更しました。</p>") // nothing is kept: the bench's people stay who they are
		}
		field := ""
		if c.flaw != "csrf-token" || !c.b.Vulnerable && c.lure != 1 {
			field = `<input type="hidden" name="` + []string{"_token", "csrf_token", "authenticity_token", "transactionid"}[c.lure] + `" value="` + rand128() + `">`
		}
		return trial.Text(nav + fmt.Sprintf(`<h1>登録内容の変更</h1><form method="post" action="%s">%s<label>お名前 <input name="name" value="%s"></label><label>住所 <input name="addr" value="%s"></label><label>電話番号 <input name="tel" value="%s"></label><button>変更する</button></form>`, c.profile, field, me.name, me.address, me.phone))
	}
	if c.flaw == "role-tampering" {
		nav += `<a href="` + c.mypage + `/menu?role=` + c.role + `">会員メニュー</a>`
	}
	body := nav + "<h1>マイページ</h1><p>" + me.user + "</p><h2>ご注文履歴</h2><ul>"
	for _, no := range me.orders {
		body += fmt.Sprintf(`<li><a href="%s">注文番号 %s</a></li>`, c.orderURL(no), no)
	}
	return trial.Text(body + "</ul>")
}

// menu lists what a member may do, and what an administrator may.
func (c *club) menu(role, user string) *trial.Answer {
	admin := role == "admin" || role == "administrator"
	switch {
	case admin && c.bad("role-tampering"):
		body := "<h1>管理メニュー</h1><h2>会員の一覧</h2><table>"
		for _, p := range c.people {
			body += fmt.Sprintf("<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>", p.name, p.user, p.address, p.phone)
		}
		return trial.Text(body + "</table><p><a href=\"/guide\">受注の一覧</a> <a href=\"/guide\">商品の登録</a></p>")
	case admin && c.lure == 0:
		return trial.Status(http.StatusForbidden, "<h1>権限がありません</h1>")
	case role != c.role && c.lure == 1:
		return trial.Status(http.StatusNotFound, "<h1>ページが見つかりません</h1>")
	case c.lure == 2:
		return trial.Text("<h1>会員メニュー</h1><p>" + esc(role) + " として表示しています。" + c.person(user).name + " 様</p>")
	}
	return trial.Text("<h1>会員メニュー</h1><p>" + c.person(user).name + " 様</p><p><a href=\"" + c.mypage + "\">ご注文履歴</a></p>")
}

// entry is the page on which one becomes a member.
func (c *club) entry() *trial.Answer {
	length, hint := 72, "8 文字以上、英字と数字を含めてください。"
	if c.bad("password-policy") {
		length, hint = []int{6, 7, 4, 6}[c.lure], "半角英数字"
	}
	pin := ""
	if c.lure%2 == 0 { // a short field that is no password
		pin = `<label>会員カードの下 4 桁 <input name="card_tail" maxlength="4" inputmode="numeric"></label>`
	}
	return trial.Text(fmt.Sprintf(`<h1>新規会員登録</h1><form method="post" action="/entry">%s<input type="hidden" name="csrf_token" value="%s"><label>お名前 <input name="name"></label><label>メールアドレス <input type="email" name="email"></label><label>パスワード <input type="password" name="password" autocomplete="new-password" maxlength="%d"></label><small>%s</small><label>パスワード（確認） <input type="password" name="password2" autocomplete="new-password" maxlength="%d"></label><button>登録する</button></form>`, pin, rand128(), length, hint, length))
}

func (c *club) loginPage(id, said string) *trial.Answer {
	field := ""
	if c.tokens {
		field = `<input type="hidden" name="csrf_token" value="` + rand128() + `">`
	}
	ans := trial.Text(fmt.Sprintf(`<h1>ログイン</h1>%s<form method="post" action="%s">%s<label>メールアドレス <input type="email" name="email"></label><label>パスワード <input type="password" name="password"></label><button>ログイン</button></form>`, said, c.login, field))
	if id == "" && (c.early || c.flaw == "session-renewed") {
		c.begin(ans, "")
	}
	return ans
}

// begin opens a session.
func (c *club) begin(ans *trial.Answer, user string) {
	id := rand128()
	c.mu.Lock()
	c.sessions[id] = user
	c.mu.Unlock()
	c.setCookie(ans, c.cookie, id, 0)
}

func (c *club) signIn(id string, a *trial.Ask) *trial.Answer {
	form, err := url.ParseQuery(string(a.Body))
	if err != nil {
		return trial.Status(http.StatusBadRequest, "<h1>エラー</h1>")
	}
	user, password := form.Get("email"), form.Get("password")
	me := c.person(user)
	c.mu.Lock()
	failures := c.failures[user]
	if me == nil || me.password != password {
		c.failures[user]++
	}
	c.mu.Unlock()
	if !c.bad("lockout") && failures >= 5 {
		switch c.lure {
		case 0:
			return trial.Status(http.StatusTooManyRequests, "<h1>ログイン</h1><p>しばらくたってからお試しください。</p>")
		case 1:
			return c.loginPage(id, "<p class=\"error\">アカウントをロックしました。30 分後にもう一度お試しください。</p>")
		case 2:
			return c.loginPage(id, `<p class="error">画像の文字を入力してください。</p><img src="/assets/i1.svg" alt="captcha"><input name="captcha">`)
		}
		return c.loginPage(id, "<p class=\"error\">試行回数の上限に達しました。</p>")
	}
	if me == nil || me.password != password {
		said := "メールアドレスまたはパスワードが正しくありません。"
		if c.flaw == "user-enumeration" {
			if c.b.Vulnerable {
				switch {
				case me == nil && c.lure == 3:
					return goTo(c.login + "?error=2")
				case me == nil:
					said = []string{"このメールアドレスは登録されていません。", "会員が見つかりません。", "アカウントが存在しません。", ""}[c.lure]
				case c.lure < 3:
					said = "パスワードが違います。"
				}
			} else if c.lure%2 == 0 { // what was typed is repeated
				said = esc(user) + ": " + said + " (" + rand128()[:6] + ")"
			}
		}
		return c.loginPage(id, `<p class="error">`+said+`</p>`)
	}
	c.mu.Lock()
	c.failures[user] = 0
	c.mu.Unlock()
	ans := goTo(c.mypage)
	keep := c.bad("session-renewed") || c.flaw == "session-renewed" && c.lure == 1
	if keep && id != "" {
		c.mu.Lock()
		c.sessions[id] = user
		c.mu.Unlock()
	} else {
		c.begin(ans, user)
	}
	if c.flaw == "session-renewed" && !c.b.Vulnerable && c.lure == 1 {
		k := rand128()
		c.mu.Lock()
		c.extra[k] = user
		c.mu.Unlock()
		c.setCookie(ans, "auth_key", k, 0)
	}
	return ans
}

func (c *club) signOut(id string) *trial.Answer {
	ans := goTo("/")
	if !c.bad("logout-invalidates") {
		c.mu.Lock()
		delete(c.sessions, id)
		c.mu.Unlock()
	}
	c.setCookie(ans, c.cookie, "", -1)
	return ans
}
