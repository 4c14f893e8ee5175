package inject

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"miseban/internal/browser"
	"miseban/internal/check"
	"miseban/internal/verdict"
)

// domShop are pages whose whole fault, or look of one, is in their script.
var domShop = map[string]string{
	"/bad-fragment-html":  `<div id=o></div><script>if (location.hash) o.innerHTML = decodeURIComponent(location.hash.slice(1));</script>`,
	"/bad-fragment-write": `<p><b>x</b></p><script>document.write('<a title="' + decodeURIComponent(location.hash.slice(1)) + '">x</a>');</script>`,
	"/bad-fragment-eval":  `<ul><li>x</li></ul><script>if (location.hash) eval("var page = '" + decodeURIComponent(location.hash.slice(1)) + "'");</script>`,
	"/bad-query":          `<table><tr><td id=o></td></tr></table><script>var m = new URLSearchParams(location.search).get('msg'); if (m) document.getElementById('o').innerHTML = m;</script>`,
	"/bad-fragment-param": `<section><div id=o></div></section><script>var m = new URLSearchParams(location.hash.slice(1)).get('tab'); if (m) document.getElementById('o').insertAdjacentHTML('beforeend', m);</script>`,
	"/bad-name":           `<article><div id=o></div></article><script>if (window.name) document.getElementById('o').innerHTML = window.name;</script>`,
	"/bad-message":        `<dl><dt id=o></dt></dl><script>addEventListener('message', function (e) { var d = e.data; if (d && d.html) document.getElementById('o').innerHTML = d.html; });</script>`,
	"/bad-location":       `<ol><li>x</li></ol><script>var to = new URLSearchParams(location.search).get('next'); if (to) location.href = to;</script>`,
	"/bad-link":           `<h2>x</h2><a id=o>戻る</a><script>var to = new URLSearchParams(location.search).get('back'); if (to) document.getElementById('o').setAttribute('href', to);</script>`,

	"/good-text":     `<h3>x</h3><div id=o></div><script>if (location.hash) document.getElementById('o').textContent = decodeURIComponent(location.hash.slice(1));</script>`,
	"/good-encoded":  `<h4>x</h4><div id=o></div><script>if (location.hash) document.getElementById('o').innerHTML = location.hash.slice(1);</script>`,
	"/good-escaped":  `<h5>x</h5><div id=o></div><script>var m = new URLSearchParams(location.search).get('msg') || ''; document.getElementById('o').innerHTML = m.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');</script>`,
	"/good-origin":   `<h6>x</h6><div id=o></div><script>addEventListener('message', function (e) { if (e.origin !== 'https://www.example.jp') return; document.getElementById('o').innerHTML = e.data; });</script>`,
	"/good-list":     `<nav><div id=o></div></nav><script>var t = location.hash.slice(1); document.getElementById('o').innerHTML = ['a', 'b'].indexOf(t) >= 0 ? t : 'a';</script>`,
	"/good-location": `<main><p>x</p></main><script>var to = new URLSearchParams(location.search).get('next') || ''; if (/^\/[a-z]/.test(to)) location.href = to;</script>`,
	"/good-link":     `<aside><a id=o>x</a></aside><script>var q = new URLSearchParams(location.search).get('q') || ''; document.getElementById('o').href = '/search?q=' + encodeURIComponent(q);</script>`,

	"/pollute-bad":  `<footer><p>x</p></footer><script>var o = {}; new URLSearchParams(location.search).forEach(function (v, k) { var m = /^(\w+)\[(\w+)\]$/.exec(k); if (m) { o[m[1]] = o[m[1]] || {}; o[m[1]][m[2]] = v; } });</script>`,
	"/pollute-good": `<header><p>x</p></header><script>var o = Object.create(null); new URLSearchParams(location.search).forEach(function (v, k) { var m = /^(\w+)\[(\w+)\]$/.exec(k); if (m && m[1] !== '__proto__') { o[m[1]] = o[m[1]] || Object.create(null); o[m[1]][m[2]] = v; } });</script>`,
}

// Each script that runs what a stranger chooses is found by running it, none
// of the careful ones is.
func TestXSSDOM(t *testing.T) {
	if testing.Short() {
		t.Skip("looks at every page in a browser")
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		body, ok := domShop[r.URL.Path]
		if !ok && r.URL.Path != "/" {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, head+body+foot)
	})
	var bad, good []string
	for p := range domShop {
		if strings.Contains(p, "bad") {
			bad = append(bad, p)
		} else {
			good = append(good, p)
		}
	}
	for _, list := range [][]string{bad, good} {
		slices.Sort(list)
		tr := newTrial(t, h, list...)
		b, err := browser.Start(t.Context(), browser.Options{Client: tr.client, Version: "test"})
		if errors.Is(err, browser.ErrNone) {
			t.Skip("no Chromium on this machine: make test installs it")
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		tr.try = b.Try
		var want, pollution []string
		source := map[string]string{"fragment-html": "fragment", "fragment-write": "fragment", "fragment-eval": "fragment", "query": "query", "fragment-param": "fragment parameter",
			"name": "window.name", "message": "postMessage", "location": "query", "link": "query"}
		for _, p := range list {
			if s, ok := source[strings.TrimPrefix(p, "/bad-")]; ok {
				want = append(want, p+" "+s)
			}
			if p == "/pollute-bad" {
				pollution = append(pollution, p)
			}
		}
		start := time.Now()
		res, got := tr.run(XSSDOM)
		tr.sameList("xss-dom", got, want)
		if len(want) == 0 && res.Verdict != verdict.Met {
			t.Errorf("verdict of the careful pages: %s %v", res.Verdict, res.Reason)
		}
		_, got = tr.run(PrototypePollution)
		tr.sameList("prototype-pollution", got, pollution)
		var redirects []string
		if slices.Contains(list, "/bad-location") {
			redirects = append(redirects, "/bad-location next")
		}
		_, got = tr.run(OpenRedirect)
		tr.sameList("open-redirect", got, redirects)
		t.Logf("%d pages in %s, %d requests", len(list), time.Since(start).Round(time.Second), tr.asked.Load())
	}
}

// Without a browser nothing is said.
func TestXSSDOMWithoutBrowser(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { out(w, domShop["/bad-query"]) }))
	res := check.NewRunner(tr.site, tr.client, check.Browser).Run(context.Background(), XSSDOM)
	if res.Verdict != verdict.NotExamined {
		t.Errorf("verdict %s", res.Verdict)
	}
}
