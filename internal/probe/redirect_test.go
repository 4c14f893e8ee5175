package probe

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"miseban/internal/page"
	"miseban/internal/wire"
)

func TestBrowserHost(t *testing.T) {
	t.Parallel()
	const away, stays, nowhere = ReservedHost, "", "-"
	for raw, want := range map[string]string{
		"https://miseban-check.invalid/a": away, "HTTPS://Miseban-Check.invalid": away, "//miseban-check.invalid": away, `/\miseban-check.invalid`: away,
		`\\miseban-check.invalid`: away, `https:\\miseban-check.invalid`: away, "/\t/miseban-check.invalid": away, " https://miseban-check.invalid": away,
		"http:miseban-check.invalid": away, "http:/miseban-check.invalid": away, "https:miseban-check.invalid": stays, "https:/miseban-check.invalid": stays, "https:///miseban-check.invalid": away,
		"https://shop.test@miseban-check.invalid/": away, "https://shop.test:80@miseban-check.invalid/": away, "https://miseban-check.invalid:8443/": away,
		"https://miseban-check。invalid/": away, "https://ｍiseban-check.invalid/": away, "https://miseban-check.invalid?a=@shop.test": away, `https://miseban-check.invalid\@shop.test`: away,
		"/path": stays, "path": stays, "?to=https://miseban-check.invalid": stays, "/a//miseban-check.invalid": stays, "miseban-check.invalid": stays, "": stays, "#//miseban-check.invalid": stays,
		"javascript:alert(1)": nowhere, "mailto:a@miseban-check.invalid": nowhere, "data:text/html,x": nowhere, "https://": nowhere, "https://a b/": nowhere,
		"https://shop.test/?u=https://miseban-check.invalid": "shop.test", "https://miseban-check.invalid.shop.test/": "miseban-check.invalid.shop.test",
		"https://shop.test.miseban-check.invalid/": "shop.test.miseban-check.invalid",
	} {
		base, _ := url.Parse("https://shop.test/login")
		got, ok := BrowserHost(raw, base)
		if !ok {
			got = nowhere
		}
		if got != want {
			t.Errorf("%q leads to %q, want %q", raw, got, want)
		}
	}
}

func TestGoings(t *testing.T) {
	t.Parallel()
	const to = "https://miseban-check.invalid/x"
	for _, c := range []struct {
		name, head, body string
		want             string // how, "" for staying
	}{
		{"location", "302\nLocation: " + to, "", "location"},
		{"location without a redirect", "200\nLocation: " + to, "", ""},
		{"created", "201\nLocation: " + to, "", ""},
		{"refresh header", "200\nRefresh: 0; url=" + to, "", "refresh"},
		{"meta", "200", `<meta http-equiv="refresh" content="3;URL='` + to + `'">`, "meta"},
		{"meta without url=", "200", `<meta http-equiv=refresh content="0;` + to + `">`, "meta"},
		{"meta in noscript", "200", `<noscript><meta http-equiv=refresh content="0;url=` + to + `"></noscript>`, ""},
		{"meta in a comment", "200", `<!-- <meta http-equiv=refresh content="0;url=` + to + `"> -->`, ""},
		{"another meta", "200", `<meta property="og:url" content="` + to + `">`, ""},
		{"link", "200", `<a href="` + to + `">次へ</a>`, ""},
		{"script", "200", `<script>location.href = "` + to + `";</script>`, "script"},
		{"script with escapes", "200", `<script>window.location='https:\/\/miseban-check.invalid\/x'</script>`, "script"},
		{"script replace", "200", `<script>document.location.replace("` + to + `")</script>`, "script"},
		{"script by a variable", "200", `<script>var u = "` + to + `"; location.assign(u);</script>`, "script"},
		{"script by a sum", "200", `<script>var u = "https:" + "//miseban-check.invalid"; top.location.href = u;</script>`, "script"},
		{"script by a timer", "200", `<script>setTimeout(function () { location.href = "` + to + `" }, 3000)</script>`, "script"},
		{"script by a timer's text", "200", `<script>setTimeout("location.href='` + to + `'", 3000)</script>`, "script"},
		{"script on load", "200", `<script>window.onload = () => { location = "` + to + `" }</script>`, "script"},
		{"script called at once", "200", `<script>(function () { location = "` + to + `" })()</script>`, "script"},
		{"body onload", "200", `<body onload="location.href='` + to + `'">`, "script"},
		{"script on a condition", "200", `<script>if (confirm("よろしいですか")) location.href = "` + to + `";</script>`, ""},
		{"script in a function nobody calls", "200", `<script>function go() { location.href = "` + to + `" }</script>`, ""},
		{"script that only names it", "200", `<script>var from = "` + to + `"; location.href = "/";</script>`, ""},
		{"script on a click", "200", `<button onclick="location.href='` + to + `'">x</button>`, ""},
		{"plain text", "200\nContent-Type: text/plain", `<script>location.href = "` + to + `";</script>`, ""},
		{"to itself", "302\nLocation: /next?u=" + to, "", ""},
		{"to the login", "302\nLocation: https://shop.test/login?return=" + to, "", ""},
	} {
		lines := strings.Split(c.head, "\n")
		ex := &wire.Exchange{ID: "1", Status: map[string]int{"200": 200, "201": 201, "302": 302}[lines[0]], Header: http.Header{}, Body: []byte("<!doctype html>" + c.body)}
		ex.URL, _ = url.Parse("https://shop.test/go")
		for _, l := range lines[1:] {
			k, v, _ := strings.Cut(l, ": ")
			ex.Header.Add(k, v)
		}
		if ex.Header.Get("Content-Type") == "" {
			ex.Header.Set("Content-Type", "text/html; charset=utf-8")
		}
		how := ""
		for _, g := range Goings(page.Parse(ex)) {
			if g.Host == ReservedHost {
				how = g.How
			}
		}
		if how != c.want {
			t.Errorf("%s: %q, want %q", c.name, how, c.want)
		}
	}
}

func FuzzBrowserHost(f *testing.F) {
	for _, s := range []string{"https://a@b:1/", `/\a`, "//[::1]:80/", "a:b", "https:////"} {
		f.Add(s)
	}
	base, _ := url.Parse("https://shop.test/")
	f.Fuzz(func(t *testing.T, raw string) {
		if h, ok := BrowserHost(raw, base); ok && strings.ContainsAny(h, "/\\@?# ") && !strings.HasPrefix(h, "[") {
			t.Errorf("%q: host %q", raw, h)
		}
		scriptGoings("location = " + raw)
	})
}
