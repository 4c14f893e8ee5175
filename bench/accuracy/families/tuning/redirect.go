package tuning

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// redirectPlaces are where an address to go on to is found.
var redirectPlaces = []trial.Place{trial.Query, trial.Query, trial.Form, trial.Multipart, trial.JSON, trial.XML, trial.Cookie, trial.CookieObj, trial.Base64, trial.Double, trial.InnerURL, trial.Unlinked, trial.Header, trial.Path, trial.List}

// foreign is where the reference exploits lead; nothing is sent there.
const foreign = "evil.example"

// guard decides whether an address may be gone to.
type guard struct {
	name, about string
	bad         func(own *url.URL, v string) bool
	exploit     func(own *url.URL) string
}

var guards = []guard{
	{"any", "any address is taken", func(*url.URL, string) bool { return true }, func(*url.URL) string { return "http://" + foreign + "/" }},
	{"prefix", "the address has to begin with the shop's own, without a slash behind it", func(own *url.URL, v string) bool {
		return strings.HasPrefix(v, "http://"+own.Hostname()) || own1(v)
	}, func(own *url.URL) string { return "http://" + own.Hostname() + "." + foreign + "/" }},
	{"contains", "the shop's host has to occur somewhere", func(own *url.URL, v string) bool { return strings.Contains(v, own.Hostname()) || own1(v) },
		func(own *url.URL) string { return "http://" + foreign + "/?" + own.Hostname() }},
	{"slash", "the address has to begin with a slash", func(_ *url.URL, v string) bool { return strings.HasPrefix(v, "/") }, func(*url.URL) string { return "//" + foreign + "/" }},
	{"double-slash", "the address has to begin with a slash and not with two", func(_ *url.URL, v string) bool { return strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "//") },
		func(*url.URL) string { return `/\` + foreign + "/" }},
	{"no-scheme", "http: and https: are refused", func(_ *url.URL, v string) bool { return !strings.Contains(strings.ToLower(v), "http") },
		func(*url.URL) string { return "//" + foreign + "/" }},
	{"userinfo", "the shop's address has to come first, also before an @", func(own *url.URL, v string) bool { return strings.HasPrefix(v, "http://"+own.Host) || own1(v) },
		func(own *url.URL) string { return "http://" + own.Host + "@" + foreign + "/" }},
	{"pattern", "a pattern without anchors", func(own *url.URL, v string) bool {
		return regexp.MustCompile(`https?://`+regexp.QuoteMeta(own.Hostname())).MatchString(v) || own1(v)
	}, func(own *url.URL) string { return "http://" + foreign + "/http://" + own.Hostname() }},
}

// own1 is a plain path of the shop.
func own1(v string) bool {
	return strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "//") && !strings.HasPrefix(v, `/\`) && !strings.ContainsAny(v, "\t\r\n\\")
}

// careful is the check that the safe members make.
func ownAddress(own *url.URL, v string) bool {
	if own1(v) {
		return true
	}
	u, err := url.Parse(v)
	return err == nil && u.Scheme == own.Scheme && u.Host == own.Host && u.User == nil && !strings.ContainsAny(v, "\\\t\r\n")
}

// leap is how the shop sends its visitor on.
type leap struct {
	name, about string
	answer      func(to string) *trial.Answer
}

var leaps = []leap{
	{"location", "by Location", func(to string) *trial.Answer {
		return &trial.Answer{Status: 302, Header: http.Header{"Location": {oneLine(to)}}, Body: "<p>移動します。</p>"}
	}},
	{"location-303", "by 303 and Location", func(to string) *trial.Answer {
		return &trial.Answer{Status: 303, Header: http.Header{"Location": {oneLine(to)}}, Body: ""}
	}},
	{"refresh", "by a Refresh header", func(to string) *trial.Answer {
		return &trial.Answer{Header: http.Header{"Refresh": {"0; url=" + oneLine(to)}}, Body: "<p>移動します。</p>"}
	}},
	{"meta", "by a meta element", func(to string) *trial.Answer {
		return &trial.Answer{Bare: true, Body: `<!doctype html><html><head><meta http-equiv="refresh" content="0;url=` + esc(to) + `"><title>移動します</title></head><body>移動します</body></html>`}
	}},
	{"script", "by location.href in a script", func(to string) *trial.Answer {
		return &trial.Answer{Bare: true, Body: "<!doctype html><html><head><title>移動します</title><script>location.href = " + strings.NewReplacer("\u2028", "", "\u2029", "").Replace(jsString(to)) + ";</script></head><body>移動します</body></html>"}
	}},
	{"replace", "by location.replace in a script", func(to string) *trial.Answer {
		return &trial.Answer{Bare: true, Body: "<!doctype html><html><head><title>移動します</title></head><body><script>location.replace(" + jsString(to) + ");</script></body></html>"}
	}},
}

func oneLine(v string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(v) }

// Not each guard with each leap: guards go by Location, leaps by the guards that are seen most.
var redirectFamilies = func() []*trial.Family {
	var out []*trial.Family
	for _, g := range guards {
		out = append(out, redirectFamily("redirect-"+g.name, g, leaps[0]))
	}
	for _, l := range leaps[1:] {
		out = append(out, redirectFamily("redirect-by-"+l.name, guards[0], l), redirectFamily("redirect-slash-by-"+l.name, guards[3], l))
	}
	return out
}()

func redirectFamily(name string, g guard, l leap) *trial.Family {
	f := &trial.Family{Name: name, Class: "open-redirect", About: g.about + "; " + l.about, Places: redirectPlaces}
	if l.name == "script" || l.name == "replace" || l.name == "meta" {
		// javascript: in an address that a script or page goes to is script as well.
		f.Accept = []string{"xss-reflected", "xss-dom"}
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		own, err := url.Parse(b.Origin)
		if err != nil {
			return nil, err
		}
		lure := b.Rand.IntN(6)
		h := &trial.Handler{Sample: b.Pick("/guide", "/", "/guide#top"), Others: []string{"/guide", "/"}}
		h.Others = slices.DeleteFunc(h.Others, func(v string) bool { return v == h.Sample })
		h.Param = b.Pick("next", "url", "return_to", "redirect", "back", "to", "goto")
		if b.Place == trial.Form || b.Place == trial.Multipart || b.Place == trial.JSON || b.Place == trial.XML {
			h.Param = b.Pick("next", "url", "redirect")
		}
		h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			if b.Vulnerable {
				if !g.bad(own, a.Value) {
					return trial.Status(400, "<h1>移動できません</h1>"), nil
				}
				return l.answer(a.Value), nil
			}
			if ownAddress(own, a.Value) {
				return l.answer(a.Value), nil
			}
			switch lure {
			case 0: // to the shop's own page, which is told where the visitor wanted to go
				return l.answer("/guide?from=" + url.QueryEscape(a.Value)), nil
			case 1: // a page with a link, no more
				return trial.Text(`<h1>外部サイトへ移動します</h1><p><a rel="nofollow" href="` + esc(safeLink(a.Value)) + `">続ける</a></p>`), nil
			case 2: // below the shop's own address
				return l.answer(b.Origin + "/" + strings.NewReplacer("\r", "", "\n", "", "\\", "/").Replace(strings.TrimLeft(a.Value, "/\\"))), nil
			case 3:
				return l.answer("/"), nil
			case 4: // told in a script that goes nowhere
				return trial.Text("<p>移動先は許可されていません。</p><script>var refused = " + jsString(a.Value) + ";</script>"), nil
			}
			return trial.Status(400, "<h1>移動できません</h1><p>"+esc(a.Value)+"</p>"), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, g.exploit(own))
			if err != nil {
				return false, err
			}
			to := proof.Goes(seen)
			return to == foreign || strings.HasSuffix(to, "."+foreign), nil
		}
		return h, nil
	}
	return f
}

// safeLink is v when it is an address of the web, else the shop's own start page.
func safeLink(v string) string {
	if u, err := url.Parse(v); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		return v
	}
	return "/"
}
