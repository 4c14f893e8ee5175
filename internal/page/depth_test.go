package page

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestDeepAndWide: what is built to exhaust a parser costs bounded time and memory.
func TestDeepAndWide(t *testing.T) {
	const n = 300_000
	rep := strings.Repeat
	for name, c := range map[string]struct{ ct, body string }{
		"html":          {"text/html", rep("<div>", n)},
		"html mixed":    {"text/html", rep("<b><table><tr><td><a href=x>", n/6)},
		"html forms":    {"text/html", rep("<form action=/x><input name=a>", n/10)},
		"html attrs":    {"text/html", "<div " + rep("a=1 ", n) + ">"},
		"html comments": {"text/html", rep("<!--", n)},
		"html svg":      {"text/html", rep("<svg><foreignObject>", n/10)},
		"html select":   {"text/html", rep("<select><option>", n/5)},
		"html template": {"text/html", rep("<template>", n/5)},
		"js parens":     {"text/javascript", rep("(", n)},
		"js arrays":     {"text/javascript", rep("[", n)},
		"js objects":    {"text/javascript", "x=" + rep("{a:", n)},
		"js blocks":     {"text/javascript", rep("{", n)},
		"js functions":  {"text/javascript", rep("function a(){", n/5)},
		"js arrows":     {"text/javascript", rep("a=>", n)},
		"js unary":      {"text/javascript", rep("!", n) + "a"},
		"js plus":       {"text/javascript", "a=" + rep("'x'+", n) + "'y'"},
		"js templates":  {"text/javascript", rep("`${", n)},
		"js ternary":    {"text/javascript", rep("a?", n)},
		"js calls":      {"text/javascript", rep("f(", n)},
		"js dots":       {"text/javascript", "a" + rep(".b", n)},
		"js if":         {"text/javascript", rep("if(1)", n)},
		"js new":        {"text/javascript", rep("new ", n) + "a"},
		"js doubling":   {"text/javascript", "var a='/x';" + rep("a=a+a;", 200) + "fetch(a)"},
		"js replace":    {"text/javascript", "var a='/x';" + rep("a=a.replace('x','xxxxxxxxxx');", 200) + "fetch(a)"},
		"js inline":     {"text/html", "<script>" + rep("[(", n) + "</script>"},
		"css":           {"text/css", rep("a{", n)},
		"css parens":    {"text/css", "a{b:" + rep("calc(", n)},
		"css urls":      {"text/css", "a{b:" + rep("url(x),", n)},
		"json":          {"application/json", rep("[", n)},
		"json objects":  {"application/json", rep(`{"a":`, n)},
		"json ld":       {"text/html", `<script type="application/ld+json">` + rep(`[`, n)},
		"xml entities":  {"application/xml", `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">` + rep(`<!ENTITY b "&a;&a;&a;&a;">`, 1000) + `]><urlset>` + rep("<url><loc>", n/5)},
		"srcset":        {"text/html", `<img srcset="` + rep("a 1x,", n) + `">`},
		"base":          {"text/html", rep(`<base href="//evil.example/x/">`, 1000) + rep(`<a href="../x">`, 20000)},
		"words":         {"text/html", "<p>" + rep("ログアウト削除", n/3)},
	} {
		ex := answer(t, "https://shop.test/", c.ct+"; charset=utf-8", c.body)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		p := Parse(ex)
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		t.Logf("%-14s %8v %5d MiB allocated, %d links", name, took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20, len(p.Links))
		if took > 10*time.Second {
			t.Errorf("%s: %d KiB took %v", name, len(c.body)>>10, took)
		}
		if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 400 {
			t.Errorf("%s: %d KiB allocated %d MiB", name, len(c.body)>>10, mib)
		}
	}
}
