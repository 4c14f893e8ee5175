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

	login, mypage, order, logout, profile, cookie, param, word string
	inPath, tokens, early                                      bool
	people                                                     []*person

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
	return &trial.Handler{
		Sample: "-", Rest: c.serve,
		Index:    `<p><a href="` + c.login + `">ログイン</a> <a href="` + c.mypage + `">マイページ</a> <a href="/notice?no=3">お知らせ</a></p>`,
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
	case p == c.mypage || p == c.profile || p == c.mypage+"/admin":
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
	body := nav + "<h1>マイページ</h1><p>" + me.user + "</p><h2>ご注文履歴</h2><ul>"
	for _, no := range me.orders {
		body += fmt.Sprintf(`<li><a href="%s">注文番号 %s</a></li>`, c.orderURL(no), no)
	}
	return trial.Text(body + "</ul>")
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

// enter signs person i in and gives her cookies.
func (c *club) enter(ctx context.Context, i int) (map[string]string, error) {
	jar := map[string]string{}
	if _, err := c.b.Do(ctx, c.login, nil, jar); err != nil {
		return nil, err
	}
	_, err := c.b.Do(ctx, c.login, url.Values{"email": {c.people[i].user}, "password": {c.people[i].password}}, jar)
	return jar, err
}

// wrong tries a wrong password for user.
func (c *club) wrong(ctx context.Context, user string) (*trial.Seen, error) {
	return c.b.Do(ctx, c.login, url.Values{"email": {user}, "password": {"falsch-1"}}, map[string]string{})
}

// clubs are the weaknesses of shops with members, each with its exploit.
var clubs = []struct {
	class, about string
	accept       []string
	exploit      func(ctx context.Context, c *club) (bool, error)
}{
	{"idor", "an order is shown to any member who asks for its number", []string{"order-page-idor"}, func(ctx context.Context, c *club) (bool, error) {
		jar, err := c.enter(ctx, 0)
		if err != nil {
			return false, err
		}
		seen, err := c.b.Do(ctx, c.orderURL(c.people[1].orders[0]), nil, jar)
		return err == nil && strings.Contains(seen.Body, c.people[1].address), err
	}},
	{"forced-browsing", "an order is shown to who is not signed in", []string{"idor", "order-page-idor"}, func(ctx context.Context, c *club) (bool, error) {
		seen, err := c.b.Do(ctx, c.orderURL(c.people[0].orders[0]), nil, map[string]string{})
		return err == nil && strings.Contains(seen.Body, c.people[0].address), err
	}},
	{"session-renewed", "the session's id stays what it was before the sign-in", nil, func(ctx context.Context, c *club) (bool, error) {
		jar := map[string]string{}
		if _, err := c.b.Do(ctx, c.login, nil, jar); err != nil {
			return false, err
		}
		planted := jar[c.cookie]
		if _, err := c.b.Do(ctx, c.login, url.Values{"email": {c.people[0].user}, "password": {c.people[0].password}}, jar); err != nil {
			return false, err
		}
		seen, err := c.b.Do(ctx, c.mypage, nil, map[string]string{c.cookie: planted})
		return err == nil && strings.Contains(seen.Body, c.people[0].name), err
	}},
	{"logout-invalidates", "a session goes on after its owner signed out", nil, func(ctx context.Context, c *club) (bool, error) {
		jar, err := c.enter(ctx, 0)
		if err != nil {
			return false, err
		}
		old := jar[c.cookie]
		if _, err := c.b.Do(ctx, c.logout, nil, jar); err != nil {
			return false, err
		}
		seen, err := c.b.Do(ctx, c.mypage, nil, map[string]string{c.cookie: old})
		return err == nil && strings.Contains(seen.Body, c.people[0].name), err
	}},
	{"user-enumeration", "a failed sign-in tells whether the member exists", nil, func(ctx context.Context, c *club) (bool, error) {
		a, err := c.wrong(ctx, c.people[0].user)
		if err != nil {
			return false, err
		}
		b, err := c.wrong(ctx, "nobody@example.jp")
		said := func(s *trial.Seen) string {
			_, rest, _ := strings.Cut(s.Body, `class="error">`)
			rest, _, _ = strings.Cut(rest, "</p>")
			rest, _, _ = strings.Cut(rest, " (")
			_, after, ok := strings.Cut(rest, ": ")
			if ok {
				rest = after
			}
			return fmt.Sprint(s.Status) + rest
		}
		return err == nil && said(a) != said(b), err
	}},
	{"lockout", "passwords may be tried without end", nil, func(ctx context.Context, c *club) (bool, error) {
		user := c.people[2].user // nobody's test account
		var first, last *trial.Seen
		for i := range 8 {
			seen, err := c.wrong(ctx, user)
			if err != nil {
				return false, err
			}
			if i == 0 {
				first = seen
			}
			last = seen
		}
		cut := func(s *trial.Seen) string {
			_, rest, _ := strings.Cut(s.Body, `class="error">`)
			rest, _, _ = strings.Cut(rest, "</p>")
			return fmt.Sprint(s.Status) + rest
		}
		return cut(first) == cut(last), nil
	}},
	{"csrf-token", "the form that changes a member's data has no token, and the cookie no SameSite", []string{"csrf-verified"}, func(ctx context.Context, c *club) (bool, error) {
		jar := map[string]string{}
		signed, err := c.b.Do(ctx, c.login, url.Values{"email": {c.people[0].user}, "password": {c.people[0].password}}, jar)
		if err != nil {
			return false, err
		}
		seen, err := c.b.Do(ctx, c.profile, nil, jar)
		if err != nil {
			return false, err
		}
		_, form, _ := strings.Cut(seen.Body, "<form")
		return !strings.Contains(form, `type="hidden"`) && !strings.Contains(strings.Join(signed.Header.Values("Set-Cookie"), ";"), "SameSite"), nil
	}},
}

var memberFamilies = func() []*trial.Family {
	var out []*trial.Family
	for _, k := range clubs {
		out = append(out, &trial.Family{Name: "club-" + k.class, Class: k.class, About: k.about, Accept: k.accept, Places: []trial.Place{trial.Whole}, Grades: []trial.Grade{trial.Plain, trial.Plain, trial.Noise, trial.Random, trial.Storm}, Make: func(b *trial.Build) (*trial.Handler, error) {
			c := newClub(b, k.class)
			h := c.handler()
			h.Exploit = func(ctx context.Context, _ trial.Send) (bool, error) { return k.exploit(ctx, c) }
			return h, nil
		}})
	}
	return append(out, originFamily)
}()

// originFamily answers scripts of other origins.
var originFamily = &trial.Family{Name: "cors-reflected", Class: "cors-credentials", About: "any Origin is let in with credentials", Accept: []string{"cors-null"}, Places: []trial.Place{trial.Whole}, Grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.WAF}, Make: func(b *trial.Build) (*trial.Handler, error) {
	lure := b.Rand.IntN(5)
	suffix := b.Rand.IntN(2) == 0
	path := b.Pick("/api/me", "/mypage/data", "/cart/state")
	h := &trial.Handler{Sample: "-", Index: `<p><a href="` + path + `">お客様の状態</a></p>`, Answer: func(context.Context, *trial.Ask) (*trial.Answer, error) { return nil, nil }}
	h.Rest = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		if a.Request.URL.Path != path {
			return nil, nil
		}
		ans := trial.Text("<h1>状態</h1><p>ログインしていません。</p>")
		origin := a.Request.Header.Get("Origin")
		if origin == "" {
			return ans, nil
		}
		allow := func(o string, credentials bool) {
			ans.Header = http.Header{"Access-Control-Allow-Origin": {o}, "Vary": {"Origin"}}
			if credentials {
				ans.Header.Set("Access-Control-Allow-Credentials", "true")
			}
		}
		own := origin == b.Origin
		switch {
		case b.Vulnerable && suffix && !own: // all but null
			if origin != "null" {
				allow(oneLine(origin), true)
			}
		case b.Vulnerable, own:
			allow(oneLine(origin), true)
		case lure == 0:
			allow("*", false)
		case lure == 1:
			allow(b.Origin, true)
		case lure == 2:
			allow(oneLine(origin), false) // without credentials: public data
		case lure == 3:
			allow("*", true) // browsers refuse the pair
		}
		return ans, nil
	}
	h.Exploit = func(ctx context.Context, _ trial.Send) (bool, error) {
		seen, err := b.VisitFrom(ctx, path, "https://evil.example")
		return err == nil && seen.Header.Get("Access-Control-Allow-Origin") == "https://evil.example" && seen.Header.Get("Access-Control-Allow-Credentials") == "true", err
	}
	return h, nil
}}
