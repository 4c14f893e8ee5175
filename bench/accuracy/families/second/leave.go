package second

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// stranger is where the reference exploits lead; nothing is sent there.
const stranger = "stranger.example"

// exitRule is a test that a program makes before it sends a visitor on.
type exitRule struct {
	name, about string
	// bad gives the address, or "" to decline; host is the site's own without its port.
	bad     func(v, host string) string
	exploit func(host string) string
	grades  []trial.Grade
	places  []trial.Place
}

var exitPlaces = []trial.Place{trial.Query, trial.Query, trial.Form, trial.Multipart, trial.JSON, trial.XML, trial.Cookie, trial.CookieObj, trial.Base64, trial.Double, trial.InnerURL, trial.Unlinked, trial.Unlinked, trial.Header, trial.Path, trial.List}

func to(s string) func(string) string { return func(string) string { return s } }

var exitRules = []exitRule{
	{name: "any", about: "wherever the value says", bad: func(v, _ string) string { return v }, exploit: to("https://" + stranger + "/")},
	{name: "no-scheme", about: "what holds :// is refused, // is not", bad: func(v, _ string) string {
		if strings.Contains(v, "://") {
			return ""
		}
		return v
	}, exploit: to("//" + stranger + "/x")},
	{name: "begins-with-host", about: "the address has to begin with the shop's own, without a slash behind it", bad: func(v, host string) string {
		if strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "//") && !strings.HasPrefix(v, `/\`) || strings.HasPrefix(v, "http://"+host) {
			return v
		}
		return ""
	}, exploit: func(host string) string { return "http://" + host + "." + stranger + "/" }},
	{name: "holds-host", about: "the shop's name has to be somewhere in the address", bad: func(v, host string) string {
		if strings.HasPrefix(v, "/guide") || strings.Contains(v, host) {
			return v
		}
		return ""
	}, exploit: func(host string) string { return "http://" + stranger + "/?" + host }},
	{name: "one-slash", about: "it has to begin with a slash and not with two", bad: func(v, _ string) string {
		if strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "//") {
			return v
		}
		return ""
	}, exploit: to(`/\` + stranger + "/")},
	{name: "slash-only", about: "it has to begin with a slash", bad: func(v, _ string) string {
		if strings.HasPrefix(v, "/") {
			return v
		}
		return ""
	}, exploit: to("//" + stranger)},
	{name: "scheme-once", about: "http:// and https:// are taken out once", bad: func(v, _ string) string {
		return strings.Replace(strings.Replace(v, "http://", "", 1), "https://", "", 1)
	}, exploit: to("http://https:////" + stranger + "/")},
	{name: "glued", about: "the value is put behind the host's name without a slash", bad: func(v, host string) string { return "http://" + host + v }, exploit: to("." + stranger + "/")},
	{name: "user", about: "host and path are cut by hand: what stands before @ is taken for the host", bad: func(v, host string) string {
		rest, ok := strings.CutPrefix(v, "http://")
		if !ok {
			if strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "//") && !strings.HasPrefix(v, `/\`) {
				return v
			}
			return ""
		}
		if name, _, _ := strings.Cut(rest, ":"); name == host {
			return v
		}
		return ""
	}, exploit: func(host string) string { return "http://" + host + ":80@" + stranger + "/" }},
	{name: "question", about: "the end of the host is sought by the first slash only", bad: func(v, host string) string {
		rest, ok := strings.CutPrefix(strings.TrimPrefix(v, "https:"), "//")
		if !ok {
			if strings.HasPrefix(v, "/") && !strings.HasPrefix(v, `/\`) {
				return v
			}
			return ""
		}
		if name, _, _ := strings.Cut(rest, "/"); strings.HasSuffix(name, host) {
			return v
		}
		return ""
	}, exploit: func(host string) string { return "https://" + stranger + "?" + host }},
	{name: "suffix", about: "the name of the host has to end with the shop's, without a dot before it", bad: func(v, host string) string {
		u, err := url.Parse(v)
		if err != nil || u.Host != "" && !strings.HasSuffix(u.Hostname(), host) && !strings.HasSuffix(u.Hostname(), "shop.example") || strings.Contains(v, `\`) || u.Host == "" && !strings.HasPrefix(u.Path, "/") {
			return ""
		}
		return v
	}, exploit: to("https://evil-shop.example/")},
	{name: "blank-first", about: "what begins with http or // is refused; a browser drops blanks in front", bad: func(v, _ string) string {
		low := strings.ToLower(v)
		if strings.HasPrefix(low, "http") || strings.HasPrefix(low, "//") || strings.HasPrefix(low, `\`) || strings.HasPrefix(low, "/\\") {
			return ""
		}
		return v
	}, exploit: to(" https://" + stranger + "/"), places: []trial.Place{trial.Query, trial.Form, trial.Multipart, trial.JSON, trial.Base64, trial.Double, trial.List, trial.Unlinked}},
	{name: "decoded", about: "looked at first, decoded once more afterwards", bad: func(v, _ string) string {
		if !strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "%2F") && !strings.HasPrefix(v, "%2f") || strings.HasPrefix(v, "//") || strings.HasPrefix(v, `/\`) {
			return ""
		}
		d, err := url.PathUnescape(v)
		if err != nil {
			return ""
		}
		return d
	}, exploit: to("/%2F" + stranger + "/")},
}

// way is how an answer sends a visitor on.
var ways = []func(to string) *trial.Answer{
	func(to string) *trial.Answer {
		return &trial.Answer{Status: 302, Header: map[string][]string{"Location": {to}}, Body: "<p>moved</p>"}
	},
	func(to string) *trial.Answer {
		return &trial.Answer{Status: 307, Header: map[string][]string{"Location": {to}}, Bare: true, Body: ""}
	},
	func(to string) *trial.Answer {
		return trial.Text(`<meta http-equiv="refresh" content="0;url=` + h(to) + `"><h2>ログインしました</h2><p>自動的に移動します。</p>`)
	},
	func(to string) *trial.Answer {
		j, _ := json.Marshal(to)
		return trial.Text("<h2>お待ちください</h2><script>location.href = " + strings.NewReplacer(`\u0026`, "&").Replace(string(j)) + ";</script>")
	},
	func(to string) *trial.Answer {
		j, _ := json.Marshal(to)
		return trial.Text("<h2>移動します</h2><script>window.location.replace(" + strings.NewReplacer(`\u0026`, "&").Replace(string(j)) + ");</script>")
	},
	func(to string) *trial.Answer {
		return &trial.Answer{Header: map[string][]string{"Refresh": {"0; url=" + to}}, Body: "<h2>送信しました</h2>"}
	},
}

var control = regexp.MustCompile(`[\r\n\x00]`)

// staysOn is the address to which the twin sends a visitor.
func staysOn(lure int, v, origin string) (string, *trial.Answer) {
	switch lure % 6 {
	case 0: // what is not a plain path of the shop's leads to the top
		if !plainPath.MatchString(v) {
			return "/", nil
		}
		return v, nil
	case 1: // the value goes into the query of the shop's own page
		return "/guide?next=" + url.QueryEscape(v), nil
	case 2: // the visitor decides
		if !plainPath.MatchString(v) {
			return "", trial.Text("<h2>外部サイトへ移動します</h2><p>リンク先：<code>" + h(v) + "</code></p><p><a href=\"/\">戻る</a></p>")
		}
		return v, nil
	case 3: // behind a path of the shop's
		return "/go/" + strings.TrimLeft(strings.ReplaceAll(url.PathEscape(v), "%2F", "/"), "/"), nil
	case 4: // behind the shop's whole address
		return origin + "/" + strings.TrimLeft(url.PathEscape(v), "/"), nil
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") || strings.ContainsAny(v, "\\\t") || strings.HasPrefix(v, "//") || strings.HasPrefix(u.Path, "//") {
		return "", trial.Status(400, "<h2>不正な画面遷移です</h2><p>リダイレクト先が正しくありません。</p>")
	}
	return v, nil
}

var plainPath = regexp.MustCompile(`^/(?:[\w.-]+/?)*$`)

var exitFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range exitRules {
		out = append(out, exitFamily(&exitRules[i]))
	}
	return append(out, exitNotice)
}()

func exitFamily(x *exitRule) *trial.Family {
	places := x.places
	if places == nil {
		places = exitPlaces
	}
	grades := x.grades
	if grades == nil {
		// With a second step, the place to which the visitor is sent would be the site's own.
		grades = slices.DeleteFunc(slices.Clone(trial.AnyGrade), func(g trial.Grade) bool { return g == trial.Step })
	}
	return &trial.Family{Name: "held-exit-" + x.name, Class: "open-redirect", About: x.about, Places: places, Grades: grades, Make: func(b *trial.Build) (*trial.Handler, error) {
		own, err := url.Parse(b.Origin)
		if err != nil {
			return nil, err
		}
		lure, way, declined := b.Rand.IntN(6), ways[b.Rand.IntN(len(ways))], b.Rand.IntN(3)
		hd := &trial.Handler{Sample: "/guide", Others: []string{"/"}, Param: b.Pick("return_to", "next", "url", "redirect", "back_url", "r", "ReturnUrl", "dest", "to")}
		if b.Place == trial.Unlinked {
			hd.Param = b.Pick("redirect", "return", "next", "url", "redirect_to", "return_url", "ReturnUrl", "back")
		}
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := control.ReplaceAllString(a.Value, "")
			if !b.Vulnerable {
				p, no := staysOn(lure, v, b.Origin)
				if no != nil {
					return no, nil
				}
				return way(p), nil
			}
			p := x.bad(v, own.Hostname())
			if p == "" {
				switch declined {
				case 0:
					return way("/"), nil
				case 1:
					return trial.Status(400, "<h2>不正な画面遷移です</h2>"), nil
				}
				return trial.Text("<h2>マイページ</h2><p>ようこそ。</p>"), nil
			}
			return way(p), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, x.exploit(own.Hostname()))
			if err != nil {
				return false, err
			}
			return strings.HasSuffix(proof.Goes(seen), "stranger.example") || strings.HasSuffix(proof.Goes(seen), "evil-shop.example"), nil
		}
		return hd, nil
	}}
}

// exitNotice shows the address in scripts, links and texts that lead nowhere by themselves.
var exitNotice = &trial.Family{Name: "held-exit-notice", Class: "open-redirect", About: "the address is shown, kept in a script's variable, or asked about, and nobody goes there by himself", SafeOnly: true, Places: exitPlaces, Make: func(b *trial.Build) (*trial.Handler, error) {
	lure := b.Rand.IntN(3)
	hd := &trial.Handler{Sample: "/guide", Param: b.Pick("url", "link", "next")}
	hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		j, _ := json.Marshal(a.Value)
		switch lure {
		case 0:
			return trial.Text("<h2>リンクの確認</h2><script>var pageInfo = {canonicalLocation: " + string(j) + "};</script>"), nil
		case 1:
			return trial.Text("<h2>外部サイトへ移動しますか</h2><p>" + h(a.Value) + "</p><script>document.title = " + string(j) + ";</script>"), nil
		}
		return &trial.Answer{Status: 302, Header: map[string][]string{"Location": {"/guide#" + url.QueryEscape(a.Value)}}, Body: "<p>" + h(a.Value) + "</p>"}, nil
	}
	return hd, nil
}}
