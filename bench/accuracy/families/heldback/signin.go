package heldback

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"miseban/bench/accuracy/trial"
)

func (p *portal) loginPage(id, said, mail string) *trial.Answer {
	note := ""
	if said != "" {
		note = `<p class="error attention">` + said + `</p>`
	}
	a := trial.Text(fmt.Sprintf(`<h2>ログイン</h2>%s<form method="post" action="%s"><input type="hidden" name="mode" value="login"><input type="hidden" name="%s" value="%s"><label>メールアドレス <input type="email" name="%s" value="%s"></label><label>パスワード <input type="password" name="%s"></label><button>ログイン</button></form><p><a href="/guide">パスワードをお忘れの方</a></p>`, note, p.p.check, p.p.token, secret(), p.p.user, e(mail), p.p.password))
	if id == "" && (p.early || p.class == "session-renewed") {
		p.begin(a, "")
		if p.lure == 3 { // a visitor's number that never changes and opens nothing
			p.cookie(a, "visitor_id", secret(), 31536000)
		}
	}
	return a
}

func (p *portal) signIn(id string, a *trial.Ask) *trial.Answer {
	form, err := url.ParseQuery(string(a.Body))
	if err != nil {
		return trial.Status(400, "<h2>エラー</h2>")
	}
	mail := strings.TrimSpace(form.Get(p.p.user))
	me := p.find(mail)
	right := me != nil && me.password == form.Get(p.p.password)
	bucket := strings.ToLower(mail)
	if p.wrong("by-session") {
		bucket = id
	}
	p.mu.Lock()
	failures := p.failures[bucket]
	if !right {
		p.failures[bucket]++
	}
	p.mu.Unlock()
	locked := failures >= 5 && !p.wrong("never") && !p.wrong("words-only") && (bucket != "" || !p.wrong("by-session"))
	if locked {
		switch p.lure % 3 {
		case 0:
			return trial.Status(429, "<h2>ログイン</h2><p>ログインの試行回数が上限を超えました。30分後に再度お試しください。</p>")
		case 1:
			return p.loginPage(id, "アカウントを一時的にロックしました。しばらくしてからお試しください。", mail)
		}
		return p.loginPage(id, "ロックされています。解除するには「パスワードをお忘れの方」から再設定してください。", "")
	}
	if !right {
		return p.refuse(id, mail, me, failures)
	}
	p.mu.Lock()
	p.failures[bucket] = 0
	p.mu.Unlock()
	ans := moved(302, p.p.top)
	if p.class == "role-tampering" && strings.HasPrefix(p.flaw, "cookie-") {
		name := strings.TrimPrefix(p.flaw, "cookie-")
		p.cookie(ans, name, map[string]string{"admin": "0", "role": p.role}[name], 0)
	}
	p.mu.Lock()
	kept := id != "" && (p.wrong("kept") || p.wrong("adopted") || !p.b.Vulnerable && p.class == "session-renewed" && p.lure == 2)
	if kept || id != "" && p.wrong("both") {
		p.sessions[id] = me.mail
	} else if id != "" {
		delete(p.sessions, id)
	}
	if p.class == "session-renewed" && p.lure == 2 && !p.b.Vulnerable {
		k := secret()
		p.keys["login:"+k] = me.mail
		p.cookie(ans, "login_key", k, 0)
	}
	if p.class == "logout-invalidates" && p.flaw == "autologin" {
		k := secret()
		p.keys["auto:"+k] = me.mail
		p.cookie(ans, "autologin", k, 2592000)
	}
	p.mu.Unlock()
	switch {
	case p.class == "logout-invalidates" && p.flaw == "ticket":
		t := secret()
		p.mu.Lock()
		p.keys["ticket:"+t] = me.mail
		p.mu.Unlock()
		p.cookie(ans, p.p.cookie, t, 0)
	case !kept:
		p.begin(ans, me.mail)
	}
	return ans
}

// refuse answers a sign-in that failed.
func (p *portal) refuse(id, mail string, me *customer, failures int) *trial.Answer {
	said, typed := "メールアドレスまたはパスワードが正しくありません。", ""
	switch {
	case p.wrong("message") && me == nil:
		said = []string{"入力されたメールアドレスは会員登録されていません。", "会員情報が見つかりません。", "このメールアドレスのアカウントはありません。"}[p.lure%3]
	case p.wrong("message"):
		said = "パスワードに誤りがあります。"
	case p.wrong("tries-left") && me != nil, p.class == "user-enumeration" && !p.b.Vulnerable && p.lure == 1, p.wrong("words-only"), p.class == "lockout" && p.lure == 0:
		said += fmt.Sprintf("（あと %d 回でロックされます）", max(1, 5-failures))
	case p.wrong("refilled") && me != nil, p.class == "user-enumeration" && !p.b.Vulnerable && p.lure == 2:
		typed = mail
	case p.wrong("status") && me == nil:
		a := p.loginPage(id, said, "")
		a.Status = http.StatusNotFound
		return a
	case p.class == "user-enumeration" && p.lure == 3: // a number for support, another each time
		said += "（" + secret()[:8] + "）"
	}
	a := p.loginPage(id, said, typed)
	if p.wrong("status") {
		a.Status = http.StatusUnauthorized
	}
	return a
}

func (p *portal) signOut(id string, r *http.Request) *trial.Answer {
	a := moved(302, "/")
	p.mu.Lock()
	if !p.wrong("cookie-only") {
		delete(p.sessions, id)
	}
	if !p.wrong("ticket") {
		delete(p.keys, "ticket:"+id)
	}
	if k, err := r.Cookie("autologin"); err == nil && !p.wrong("autologin") {
		delete(p.keys, "auto:"+k.Value)
	}
	p.mu.Unlock()
	p.cookie(a, p.p.cookie, "", -1)
	p.cookie(a, "autologin", "", -1)
	return a
}
