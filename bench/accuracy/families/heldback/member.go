package heldback

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/trial"
)

// enter signs a customer in and gives his cookies.
func (p *portal) enter(ctx context.Context, c *customer) (map[string]string, error) {
	jar := map[string]string{}
	if _, err := p.b.Do(ctx, p.p.login, nil, jar); err != nil {
		return nil, err
	}
	_, err := p.b.Do(ctx, p.p.check, url.Values{p.p.user: {c.mail}, p.p.password: {c.password}, "mode": {"login"}}, jar)
	return jar, err
}

// reads says whether a page holds the home of a customer.
func (p *portal) reads(ctx context.Context, path string, jar map[string]string, c *customer) (bool, error) {
	seen, err := p.b.Do(ctx, path, nil, jar)
	return err == nil && strings.Contains(seen.Body, c.home), err
}

// missed is the answer to a wrong password.
func (p *portal) missed(ctx context.Context, mail string, jar map[string]string) (string, error) {
	seen, err := p.b.Do(ctx, p.p.check, url.Values{p.p.user: {mail}, p.p.password: {"machigai-1"}}, jar)
	if err != nil {
		return "", err
	}
	body := random.ReplaceAllString(strings.ReplaceAll(seen.Body, mail, "MAIL"), "")
	if _, rest, ok := strings.Cut(body, "<main>"); ok {
		body, _, _ = strings.Cut(rest, "</main>")
	}
	return strconv.Itoa(seen.Status) + body, nil
}

var random = regexp.MustCompile(`[0-9a-f]{24}|（[0-9a-f]{8}）`)

type memberFlaw struct {
	class, flaw, about string
	full               bool
	accept             []string
	exploit            func(ctx context.Context, p *portal) (bool, error)
}

// others shows another customer's page to who is signed in.
func others(what string) func(context.Context, *portal) (bool, error) {
	return func(ctx context.Context, p *portal) (bool, error) {
		jar, err := p.enter(ctx, p.people[0])
		if err != nil {
			return false, err
		}
		return p.reads(ctx, p.page(what, p.people[1]), jar, p.people[1])
	}
}

// nobodys shows a customer's page to who is not signed in.
func nobodys(what string) func(context.Context, *portal) (bool, error) {
	return func(ctx context.Context, p *portal) (bool, error) {
		return p.reads(ctx, p.page(what, p.people[0]), map[string]string{}, p.people[0])
	}
}

func (p *portal) page(what string, c *customer) string {
	switch what {
	case "receipt":
		return p.at(p.p.receipt, c.orders[0])
	case "address":
		return p.at(p.p.address, c.addresses[0])
	case "complete":
		return p.at(p.p.complete, c.orders[0])
	}
	return p.at(p.p.order, c.orders[0])
}

func roleCookie(name, value string) func(context.Context, *portal) (bool, error) {
	return func(ctx context.Context, p *portal) (bool, error) {
		jar, err := p.enter(ctx, p.people[0])
		if err != nil {
			return false, err
		}
		jar[name] = value
		return p.reads(ctx, p.p.top, jar, p.people[2])
	}
}

// changes says whether a change goes through that carries the given token; other is another visitor's.
func changes(token func(own, other string) (string, bool)) func(context.Context, *portal) (bool, error) {
	return func(ctx context.Context, p *portal) (bool, error) {
		var jars [2]map[string]string
		var tokens [2]string
		for i := range jars {
			var err error
			if jars[i], err = p.enter(ctx, p.people[i]); err != nil {
				return false, err
			}
			seen, err := p.b.Do(ctx, p.p.profile, nil, jars[i])
			if err != nil {
				return false, err
			}
			_, rest, _ := strings.Cut(seen.Body, `name="`+p.p.token+`" value="`)
			tokens[i], _, _ = strings.Cut(rest, `"`)
		}
		form := url.Values{"memo": {"zz7"}}
		if t, ok := token(tokens[0], tokens[1]); ok {
			form.Set(p.p.token, t)
		}
		if _, err := p.b.Do(ctx, p.p.profile, form, jars[0]); err != nil {
			return false, err
		}
		seen, err := p.b.Do(ctx, p.p.profile, nil, jars[0])
		return err == nil && strings.Contains(seen.Body, `value="zz7"`), err
	}
}

// noToken says whether a page's form has no token.
func noToken(page func(p *portal) string) func(context.Context, *portal) (bool, error) {
	return func(ctx context.Context, p *portal) (bool, error) {
		jar, err := p.enter(ctx, p.people[0])
		if err != nil {
			return false, err
		}
		seen, err := p.b.Do(ctx, page(p), nil, jar)
		return err == nil && strings.Contains(seen.Body, `method="post"`) && !strings.Contains(seen.Body, `name="`+p.p.token+`"`), err
	}
}

// planted says whether an id that was known before the sign-in is good after it.
func planted(own string) func(context.Context, *portal) (bool, error) {
	return func(ctx context.Context, p *portal) (bool, error) {
		jar := map[string]string{}
		if own != "" {
			jar[p.p.cookie] = own
		}
		if _, err := p.b.Do(ctx, p.p.login, nil, jar); err != nil {
			return false, err
		}
		id := jar[p.p.cookie]
		if own != "" {
			id = own
		}
		if _, err := p.b.Do(ctx, p.p.check, url.Values{p.p.user: {p.people[0].mail}, p.p.password: {p.people[0].password}}, jar); err != nil {
			return false, err
		}
		seen, err := p.b.Do(ctx, p.p.top, nil, map[string]string{p.p.cookie: id})
		return err == nil && strings.Contains(seen.Body, p.people[0].name), err
	}
}

func outlives(ctx context.Context, p *portal) (bool, error) {
	jar, err := p.enter(ctx, p.people[0])
	if err != nil {
		return false, err
	}
	old := map[string]string{}
	for k, v := range jar {
		old[k] = v
	}
	if _, err := p.b.Do(ctx, p.p.logout, nil, jar); err != nil {
		return false, err
	}
	seen, err := p.b.Do(ctx, p.p.top, nil, old)
	return err == nil && strings.Contains(seen.Body, p.people[0].name), err
}

func tells(ctx context.Context, p *portal) (bool, error) {
	a, err := p.missed(ctx, p.people[2].mail, map[string]string{})
	if err != nil {
		return false, err
	}
	b, err := p.missed(ctx, "dare@example.jp", map[string]string{})
	return err == nil && a != b, err
}

// endless says whether the right password is still good after ten wrong ones, each from a visitor of its own.
func endless(ctx context.Context, p *portal) (bool, error) {
	for range 10 {
		if _, err := p.missed(ctx, p.people[2].mail, map[string]string{}); err != nil {
			return false, err
		}
	}
	jar, err := p.enter(ctx, p.people[2])
	if err != nil {
		return false, err
	}
	return p.reads(ctx, p.p.profile, jar, p.people[2])
}

func shortPassword(ctx context.Context, p *portal) (bool, error) {
	seen, err := p.b.Do(ctx, p.p.entry, nil, map[string]string{})
	if err != nil {
		return false, err
	}
	_, rest, _ := strings.Cut(seen.Body, `type="password"`)
	field, _, _ := strings.Cut(rest, ">")
	m := regexp.MustCompile(`maxlength="(\d+)"`).FindStringSubmatch(field)
	return m != nil && number(m[1]) < 8, nil
}

var memberFlaws = []memberFlaw{
	{"idor", "any-order", "an order of anybody, by its number", false, []string{"order-page-idor"}, others("order")},
	{"idor", "any-receipt", "a receipt of anybody, by the order's number", false, []string{"order-page-idor"}, others("receipt")},
	{"idor", "any-address", "the page on which a delivery address is changed, filled in with anybody's", false, nil, others("address")},
	{"order-page-idor", "open-complete", "the page that thanks for an order, for who knows the number", false, []string{"idor", "forced-browsing"}, nobodys("complete")},
	{"order-page-idor", "any-complete", "the same page, for any member", false, []string{"idor"}, others("complete")},
	{"order-page-idor", "open-receipt", "a receipt, for who knows the number", false, []string{"idor", "forced-browsing"}, nobodys("receipt")},
	{"forced-browsing", "open-order", "the page of an order does not ask who one is", false, []string{"idor", "order-page-idor"}, nobodys("order")},
	{"forced-browsing", "open-address", "the page of a delivery address does not ask who one is", false, []string{"idor"}, nobodys("address")},
	{"forced-browsing", "open-receipt", "a receipt does not ask who one is", false, []string{"idor", "order-page-idor"}, nobodys("receipt")},
	{"role-tampering", "query-type", "user_type=admin in an address shows the shop's own menu", false, nil, func(ctx context.Context, p *portal) (bool, error) {
		jar, err := p.enter(ctx, p.people[0])
		if err != nil {
			return false, err
		}
		return p.reads(ctx, p.dir()+"list?user_type=admin", jar, p.people[2])
	}},
	{"role-tampering", "cookie-admin", "a cookie admin=0 that may be made 1", false, nil, roleCookie("admin", "1")},
	{"role-tampering", "cookie-role", "a cookie with the role", false, nil, roleCookie("role", "admin")},
	{"csrf-token", "no-token", "the form that changes a member's data has no token, and the cookie no SameSite", false, []string{"csrf-verified"}, noToken(func(p *portal) string { return p.p.profile })},
	{"csrf-token", "no-token-address", "the form of a delivery address has no token, other forms have", false, []string{"csrf-verified"}, noToken(func(p *portal) string { return p.page("address", p.people[0]) })},
	{"csrf-token", "no-token-magazine", "the form of the mail magazine has no token, other forms have", false, []string{"csrf-verified"}, noToken(func(p *portal) string { return p.dir() + "magazine" })},
	{"csrf-verified", "unchecked", "the token is not looked at", true, []string{"csrf-token"}, changes(func(string, string) (string, bool) { return "", false })},
	{"csrf-verified", "not-empty", "any token will do", true, []string{"csrf-token"}, changes(func(string, string) (string, bool) { return "zz7zz7zz7zz7", true })},
	{"csrf-verified", "anybodys", "another member's token will do", true, []string{"csrf-token"}, changes(func(_, other string) (string, bool) { return other, true })},
	{"csrf-verified", "when-there", "the token is looked at when there is one", true, []string{"csrf-token"}, changes(func(string, string) (string, bool) { return "", false })},
	{"session-renewed", "kept", "the session's id stays what it was before the sign-in", false, nil, planted("")},
	{"session-renewed", "adopted", "an id that the visitor made up is taken, and kept", false, nil, planted("zz7zz7zz7zz7zz7zz7zz7zz7")},
	{"session-renewed", "both", "a new id is given, and the old one is signed in too", false, nil, planted("")},
	{"logout-invalidates", "cookie-only", "the cookie is taken away and the session goes on", false, nil, outlives},
	{"logout-invalidates", "ticket", "a ticket that counts by itself outlives the sign-out", false, nil, outlives},
	{"logout-invalidates", "autologin", "the cookie that signs in by itself is still good", false, nil, outlives},
	{"user-enumeration", "message", "the message tells what is wrong, the address or the password", false, nil, tells},
	{"user-enumeration", "tries-left", "only for members the page counts how many tries are left", false, nil, tells},
	{"user-enumeration", "refilled", "only a member's address is filled in again", false, nil, tells},
	{"user-enumeration", "status", "401 for members, 404 for others", false, nil, tells},
	{"lockout", "never", "passwords may be tried without end", false, nil, endless},
	{"lockout", "words-only", "the page counts tries, and nothing is locked", false, nil, endless},
	{"lockout", "by-session", "tries are counted for each session, and a new one is free", false, nil, endless},
	{"password-policy", "max-8", "passwords cannot have eight characters", false, nil, shortPassword},
	{"password-policy", "digits-4", "passwords are four digits", false, nil, shortPassword},
	{"password-policy", "range-4-6", "passwords have four to six characters", false, nil, shortPassword},
}

var memberGrades = []trial.Grade{trial.Plain, trial.Plain, trial.Noise, trial.Random, trial.Slow, trial.Storm}

var memberFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range memberFlaws {
		m := &memberFlaws[i]
		out = append(out, &trial.Family{Name: "shop-member-" + m.class + "-" + m.flaw, Class: m.class, About: m.about, Accept: m.accept, Full: m.full, Places: []trial.Place{trial.Whole}, Grades: memberGrades, Make: func(b *trial.Build) (*trial.Handler, error) {
			p := newPortal(b, m.class, m.flaw)
			hd := p.handler()
			hd.Exploit = func(ctx context.Context, _ trial.Send) (bool, error) { return m.exploit(ctx, p) }
			return hd, nil
		}})
	}
	for i := range letIns {
		out = append(out, letIns[i].family())
	}
	for i := range resets {
		out = append(out, resets[i].family())
	}
	return out
}()

// letIn is how a server decides which other origins may read its answers.
type letIn struct {
	class, name, about string
	bad                func(origin, own string) bool
	good               []func(origin, own string) (allow string, credentials bool)
	exploit            func(own string) string
}

func sameOrigin(origin, own string) (string, bool) {
	if origin == own {
		return origin, true
	}
	return "", false
}

func everybody(string, string) (string, bool)    { return "*", false }
func ownAlways(_, own string) (string, bool)     { return own, true }
func publicEcho(o, _ string) (string, bool)      { return o, false }
func starWithCookies(_, _ string) (string, bool) { return "*", true }

var letIns = []letIn{
	{class: "cors-credentials", name: "any", about: "every origin is let in with its cookies", bad: func(string, string) bool { return true }, good: []func(string, string) (string, bool){sameOrigin, everybody, publicEcho, ownAlways, starWithCookies}, exploit: func(string) string { return "https://evil.example" }},
	{class: "cors-credentials", name: "not-null", about: "every origin of http or https is let in with its cookies", bad: func(o, _ string) bool { return strings.HasPrefix(o, "http") }, good: []func(string, string) (string, bool){sameOrigin, everybody, publicEcho}, exploit: func(string) string { return "https://evil.example" }},
	{class: "cors-credentials", name: "begins", about: "origins that begin like the shop's are let in", bad: func(o, own string) bool {
		u, err := url.Parse(own)
		return err == nil && strings.HasPrefix(o, "http://"+u.Hostname())
	}, good: []func(string, string) (string, bool){sameOrigin, ownAlways}, exploit: func(own string) string {
		u, err := url.Parse(own)
		if err != nil {
			return ""
		}
		return "http://" + u.Hostname() + ".evil.example"
	}},
	{class: "cors-null", name: "null", about: "the origin null is let in with cookies", bad: func(o, own string) bool { return o == "null" || o == own }, good: []func(string, string) (string, bool){sameOrigin, everybody, ownAlways}, exploit: func(string) string { return "null" }},
	{class: "cors-null", name: "null-or-local", about: "null and addresses of the developers' own machines are let in", bad: func(o, own string) bool { return o == "null" || o == own || strings.HasPrefix(o, "http://localhost:") }, good: []func(string, string) (string, bool){sameOrigin, func(o, own string) (string, bool) {
		if o == "null" {
			return "null", false
		}
		return sameOrigin(o, own)
	}}, exploit: func(string) string { return "null" }},
	{class: "cors-null", name: "null-for-apps", about: "null is let in for an application on telephones, others are answered without", bad: func(o, _ string) bool { return o == "null" }, good: []func(string, string) (string, bool){publicEcho, starWithCookies, sameOrigin}, exploit: func(string) string { return "null" }},
}

func (l *letIn) family() *trial.Family {
	return &trial.Family{Name: "shop-origin-" + l.class + "-" + l.name, Class: l.class, About: l.about, Accept: []string{"cors-credentials", "cors-null"}, Places: []trial.Place{trial.Whole}, Grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.WAF, trial.Slow}, Make: func(b *trial.Build) (*trial.Handler, error) {
		good := l.good[b.Rand.IntN(len(l.good))]
		path := b.Pick("/api/v1/me", "/wp-json/wc/v3/cart", "/block/cart.json", "/api/points")
		hd := &trial.Handler{Sample: "-", Index: `<p><a href="` + path + `">カートの状態（JSON）</a></p>`, Answer: func(context.Context, *trial.Ask) (*trial.Answer, error) { return nil, nil }}
		hd.Rest = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			if a.Request.URL.Path != path {
				return nil, nil
			}
			ans := asJSON(0, map[string]any{"login": false, "items": []int{}})
			ans.Header = http.Header{"Vary": {"Origin"}}
			origin := lineBreaks.Replace(a.Request.Header.Get("Origin"))
			allow, credentials := "", true
			if b.Vulnerable {
				if l.bad(origin, b.Origin) {
					allow = origin
				}
			} else {
				allow, credentials = good(origin, b.Origin)
			}
			if origin != "" && allow != "" {
				ans.Header.Set("Access-Control-Allow-Origin", allow)
				if credentials {
					ans.Header.Set("Access-Control-Allow-Credentials", "true")
				}
			}
			return ans, nil
		}
		hd.Exploit = func(ctx context.Context, _ trial.Send) (bool, error) {
			from := l.exploit(b.Origin)
			seen, err := b.VisitFrom(ctx, path, from)
			return err == nil && seen.Header.Get("Access-Control-Allow-Origin") == from && seen.Header.Get("Access-Control-Allow-Credentials") == "true", err
		}
		return hd, nil
	}}
}

// reset is how the link of a mail for a new password gets its host.
type reset struct {
	name, about string
	host        func(r *http.Request) string
	header      string
}

var resets = []reset{
	{"host", "the link in the mail follows Host", func(r *http.Request) string { return r.Host }, "Host"},
	{"forwarded", "the link in the mail follows X-Forwarded-Host", func(r *http.Request) string {
		if v := r.Header.Get("X-Forwarded-Host"); v != "" {
			return v
		}
		return ""
	}, "X-Forwarded-Host"},
	{"either", "the link in the mail follows X-Forwarded-Host, and Host without it", func(r *http.Request) string {
		if v := r.Header.Get("X-Forwarded-Host"); v != "" {
			return v
		}
		return r.Host
	}, "Host"},
}

func (x *reset) family() *trial.Family {
	return &trial.Family{Name: "shop-reset-" + x.name, Class: "host-header-reset", About: x.about, Accept: []string{"host-header"}, Full: true, Places: []trial.Place{trial.Whole}, Grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random}, Make: func(b *trial.Build) (*trial.Handler, error) {
		sink, err := backend.NewSink()
		if err != nil {
			return nil, err
		}
		b.OnClose(sink.Close)
		p := newPortal(b, "host-header-reset", x.name)
		box := p.people[0].mail
		path := b.Pick("/forgot/index.php", "/forgot", "/my-account/lost-password/", "/member/reminder.cgi")
		own, lure := strings.TrimPrefix(b.Origin, "http://"), b.Rand.IntN(3)
		hd := p.handler()
		hd.Index += `<p><a href="` + path + `">パスワードをお忘れの方はこちら</a></p>`
		hd.Accounts[0].Mailbox = box
		hd.Relay = func(hostPort string) { sink.Relay(box, hostPort) }
		hd.Rest = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			r := a.Request
			if r.URL.Path != path {
				return p.serve(ctx, a)
			}
			if r.Method != http.MethodPost {
				return trial.Text(`<h2>パスワードの再発行</h2><form method="post" action="` + path + `"><label>登録メールアドレス <input type="email" name="email"></label><button>再発行メールを送る</button></form>`), nil
			}
			form, err := url.ParseQuery(string(a.Body))
			if err != nil {
				return trial.Status(400, "<h2>エラー</h2>"), nil
			}
			host := own
			if b.Vulnerable {
				if v := lineBreaks.Replace(x.host(r)); v != "" {
					host = v
				}
			} else if lure == 1 && r.Host != own {
				return trial.Status(400, "<h1>Bad Request</h1>"), nil
			}
			if c := p.find(strings.TrimSpace(form.Get("email"))); c != nil {
				if err := sink.Sendmail("To: " + c.mail + "\r\nSubject: =?UTF-8?B?44OR44K544Ov44O844OJ5YaN55m66KGM?=\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n下記のURLからパスワードを再設定してください。\r\nhttp://" + host + path + "?reset_key=" + secret() + "\r\n"); err != nil {
					return p.s.broken(err), nil
				}
			}
			return trial.Text("<h2>パスワードの再発行</h2><p>ご登録がある場合は、再設定用のメールをお送りしました。</p>"), nil
		}
		hd.Exploit = func(ctx context.Context, _ trial.Send) (bool, error) {
			_, err := b.DoAs(ctx, path, url.Values{"email": {box}}, map[string]string{}, http.Header{x.header: {elsewhere}})
			if err != nil {
				return false, err
			}
			for _, l := range sink.Letters() {
				if strings.Contains(l.Text, "http://"+elsewhere) {
					return true, nil
				}
			}
			return false, nil
		}
		return hd, nil
	}}
}
