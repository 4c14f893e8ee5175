package signin

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"

	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// loginForm is the form of pg that takes a password to sign in; nil when there
// is none. A form of the page's main part beats the small box in its head: it
// has the buttons and fields that the shop means to be used.
func loginForm(pg *page.Page) *page.Form {
	if pg == nil {
		return nil
	}
	var best *page.Form
	for _, f := range pg.Forms {
		if f.Purpose == page.ForLogin && passwordOf(f) != nil && (best == nil || len(f.Fields) > len(best.Fields)) {
			best = f
		}
	}
	return best
}

var (
	askFirst = regexp.MustCompile(`(?i)次へ|続ける|続行|進む|ログイン|サインイン|next|continue|log ?in|sign ?in`)
	notLogin = regexp.MustCompile(`(?i)検索|登録|購読|メルマガ|再設定|再発行|search|regist|sign ?up|subscribe|newsletter|reset|forgot|remind`)
	atDoor   = regexp.MustCompile(`(?i)log-?_?in|sign-?_?in|log-?_?on|auth|session|identifier|account`)
)

// firstStep is the form of pg that asks for the name before it asks for the
// password; nil when there is none.
func firstStep(pg *page.Page) *page.Form {
	if pg == nil || pg.Kind != page.Login && !atDoor.MatchString(pg.URL.Path) {
		return nil
	}
	for _, f := range pg.Forms {
		named := 0
		for _, x := range f.Fields {
			switch x.Means {
			case page.MeansUser, page.MeansMail:
				named++
			case page.MeansPassword, page.MeansNewPassword, page.MeansQuery, page.MeansPerson, page.MeansAddress, page.MeansOTP:
				named = -100
			}
		}
		words := strings.Join(f.Buttons, " ")
		if named == 1 && f.Action != nil && askFirst.MatchString(words) && !notLogin.MatchString(words+" "+f.Action.Path) {
			return f
		}
	}
	return nil
}

func passwordOf(f *page.Form) *page.Field {
	for _, x := range f.Fields {
		if x.Means == page.MeansPassword {
			return x
		}
	}
	return nil
}

// userOf is the field for the name: by what it means, else the typed field before the password.
func userOf(f *page.Form) *page.Field {
	var before *page.Field
	for _, means := range [][]page.Meaning{{page.MeansUser, page.MeansMail}, {page.MeansPerson, page.MeansPhone}} {
		for _, x := range f.Fields {
			if slices.Contains(means, x.Means) && typed(x) {
				return x
			}
		}
	}
	for _, x := range f.Fields {
		if x.Means == page.MeansPassword {
			break
		}
		if typed(x) {
			before = x
		}
	}
	return before
}

func typed(x *page.Field) bool {
	switch x.Type {
	case "hidden", "button", "checkbox", "radio", "select", "file", "password", "submit":
		return false
	}
	return true
}

// obstacle says what in the form a program cannot answer; nil when nothing.
func obstacle(f *page.Form) *Reason {
	for _, x := range f.Fields {
		switch {
		case x.Means == page.MeansCaptcha:
			return because(Captcha, nil)
		case x.Means == page.MeansOTP && x.Required:
			return because(TwoFactor, nil)
		}
	}
	if node := f.Node(); node != nil {
		for n := range node.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "class" && captchaClass.MatchString(a.Val), a.Key == "src" && n.Data == "img" && captchaImage.MatchString(a.Val):
					return because(Captcha, nil)
				}
			}
		}
	}
	user, pass := userOf(f), passwordOf(f)
	for _, x := range f.Fields {
		if x.Required && typed(x) && x != user && x != pass && x.Value == "" {
			return because(Unknown, i18n.Args{"field": x.Name})
		}
	}
	return nil
}

var (
	captchaClass = regexp.MustCompile(`(?i)(^|\s)(g-recaptcha|h-captcha|cf-turnstile)(\s|$)`)
	captchaImage = regexp.MustCompile(`(?i)captcha`)
)

// pair is one field as it is sent.
type pair struct{ name, value string }

// filled are the fields of f as a browser would send them, with both values
// typed in. Boxes that are not ticked stay so: "remember me" is not wanted.
func filled(f *page.Form, user, password string, over map[string]string) []pair {
	u, p := userOf(f), passwordOf(f)
	var out []pair
	pressed := false
	for _, x := range f.Fields {
		v := x.Value
		switch {
		case x.Name == "":
			continue
		case over != nil && hasKey(over, x.Name):
			v = over[x.Name]
		case x == u:
			v = user
		case x == p:
			v = password
		default:
			switch x.Type {
			case "checkbox", "radio":
				if !ticked(x) {
					continue
				}
				if v == "" {
					v = "on"
				}
			case "file", "reset":
				continue
			case "button":
				if pressed || notLogin.MatchString(x.Label+" "+x.Name) {
					continue
				}
				pressed = true
			}
		}
		out = append(out, pair{x.Name, v})
	}
	for name, v := range over {
		if !slices.ContainsFunc(out, func(p pair) bool { return p.name == name }) {
			out = append(out, pair{name, v})
		}
	}
	return out
}

func hasKey(m map[string]string, k string) bool { _, ok := m[k]; return ok }

func ticked(x *page.Field) bool {
	return x.Has("checked")
}

// request is the sending of f with the given fields, in the charset of its page.
func request(f *page.Form, fields []pair) *wire.Request {
	enc := encoding.Encoding(encoding.Nop)
	if f.Page != nil {
		if e, err := htmlindex.Get(f.Page.Charset.Used); err == nil {
			enc = e
		}
	}
	var parts []string
	for _, p := range fields {
		parts = append(parts, escape(enc, p.name)+"="+escape(enc, p.value))
	}
	body := strings.Join(parts, "&")
	u := *f.Action
	u.Fragment = ""
	if f.Method != http.MethodPost {
		u.RawQuery = body
		return &wire.Request{Method: http.MethodGet, URL: &u}
	}
	r := &wire.Request{Method: http.MethodPost, URL: &u, Body: []byte(body), Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}
	if f.Page != nil {
		r.Header.Set("Referer", f.Page.URL.String())
		r.Header.Set("Origin", f.Page.URL.Scheme+"://"+f.Page.URL.Host)
	}
	return r
}

func escape(enc encoding.Encoding, s string) string {
	if b, err := enc.NewEncoder().String(s); err == nil {
		s = b
	}
	return url.QueryEscape(s)
}
