package second

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// pageScript is a script of a page that uses its own address, wrongly and rightly.
type pageScript struct {
	name, about string
	class       string
	bad         string // V is the value
	good        []string
	sample      string
	exploit     string
	proof       string
}

const marking = "window.zk9=1"

var pageScripts = []pageScript{
	{name: "headline", about: "insertAdjacentHTML of the word", class: "xss-dom", bad: `document.getElementById('w').insertAdjacentHTML('beforeend', '<b>' + V + '</b>');`, good: []string{`document.getElementById('w').append(V);`, `document.getElementById('w').insertAdjacentText('beforeend', V);`}, exploit: "<img src=x onerror=" + marking + ">", proof: "window.zk9"},
	{name: "option", about: "an option is written into a list by innerHTML", class: "xss-dom", bad: `var s = document.createElement('div'); s.innerHTML = '<p title="' + V.replace(/</g, '&lt;') + '">絞り込み</p>'; document.getElementById('w').appendChild(s); `, good: []string{`var s = document.createElement('p'); s.title = V; s.textContent = '絞り込み'; document.getElementById('w').appendChild(s);`, `var s = document.createElement('div'); s.innerHTML = '<p title="' + V.replace(/[&<>"']/g, function (c) { return '&#' + c.charCodeAt(0) + ';'; }) + '">絞り込み</p>'; document.getElementById('w').appendChild(s);`}, exploit: `x" tabindex=0 autofocus onfocus="` + marking, proof: "window.zk9"},
	{name: "timer", about: "setTimeout with a text", class: "xss-dom", bad: `setTimeout("document.getElementById('w').title = '" + V + "'", 5);`, good: []string{`setTimeout(function () { document.getElementById('w').title = V; }, 5);`, `setTimeout("document.getElementById('w').title = " + JSON.stringify(V), 5);`}, exploit: "x';" + marking + ";'", proof: "window.zk9"},
	{name: "back", about: "the page goes to an address of any scheme", class: "xss-dom", bad: `if (V.indexOf('/guide') !== 0) { location.replace(V); }`, good: []string{`if (/^\/[a-z]+$/.test(V) && V !== '/guide') { location.replace(V); }`, `var a = document.createElement('a'); a.href = '/go/' + encodeURIComponent(V); document.getElementById('w').appendChild(a);`}, sample: "/guide", exploit: "javascript:void(" + marking + ")", proof: "window.zk9"},
	{name: "document-write", about: "document.write of a tab's name", class: "xss-dom", bad: `document.write('<h3>' + V + '</h3>');`, good: []string{`document.write('<h3>' + V.replace(/[^a-z0-9]/g, '') + '</h3>');`, `document.write('<h3>' + V.replace(/&/g, '&amp;').replace(/</g, '&lt;') + '</h3>');`}, exploit: "<img src=x onerror=" + marking + ">", proof: "window.zk9"},
	{name: "frame", about: "the document of a frame", class: "xss-dom", bad: `var f = document.createElement('iframe'); f.srcdoc = '<p>' + V + '</p>'; document.getElementById('w').appendChild(f);`, good: []string{`var f = document.createElement('iframe'); f.setAttribute('sandbox', ''); f.srcdoc = '<p>' + V + '</p>'; document.getElementById('w').appendChild(f);`, `var f = document.createElement('p'); f.textContent = '<p>' + V + '</p>'; document.getElementById('w').appendChild(f);`}, exploit: "<img src=x onerror=parent.zk9=1>", proof: "window.zk9"},

	{name: "deep-set", about: "a path of keys is set in the settings: a.b=c", class: "prototype-pollution", bad: `var o = {}; V.split(';').forEach(function (kv) { var p = kv.split('='), ks = p[0].split('.'), t = o; while (ks.length > 1) { var k = ks.shift(); t = t[k] = t[k] || {}; } t[ks[0]] = p[1]; });`, good: []string{`var o = {}; V.split(';').forEach(function (kv) { var p = kv.split('='), ks = p[0].split('.'), t = o; while (ks.length > 1) { var k = ks.shift(); if (!Object.hasOwn(t, k)) { t[k] = Object.create(null); } t = t[k]; } if (ks[0] !== '__proto__') { t[ks[0]] = p[1]; } });`, `var o = {}; V.split(';').forEach(function (kv) { var p = kv.split('='); o[p[0] + ' '] = p[1]; });`}, sample: "view.sort=price", exploit: "__proto__.zk9=1", proof: "({}).zk9 === '1'"},
	{name: "extend", about: "JSON is extended deeply over the defaults, by for-in", class: "prototype-pollution", bad: `function extend(a, b) { for (var k in b) { if (b[k] !== null && typeof b[k] === 'object') { a[k] = extend(a[k] || {}, b[k]); } else { a[k] = b[k]; } } return a; } try { extend({view: {rows: 20}}, JSON.parse(V)); } catch (e) { }`, good: []string{`try { var s = Object.assign({view: {rows: 20}}, structuredClone(JSON.parse(V))); } catch (e) { }`, `function extend(a, b) { Object.keys(b).forEach(function (k) { if (k === '__proto__' || k === 'constructor' || k === 'prototype') { return; } if (b[k] !== null && typeof b[k] === 'object') { a[k] = extend(Object.hasOwn(a, k) ? a[k] : {}, b[k]); } else { a[k] = b[k]; } }); return a; } try { extend({view: {rows: 20}}, JSON.parse(V)); } catch (e) { }`}, sample: `{"view":{"rows":40}}`, exploit: `{"__proto__":{"zk9":"1"}}`, proof: "({}).zk9 === '1'"},
}

func pageScriptFamily(s *pageScript) *trial.Family {
	return &trial.Family{Name: "held-dom-" + s.name, Class: s.class, About: s.about, Accept: []string{"open-redirect"}, Places: []trial.Place{trial.Query, trial.Query, trial.Fragment, trial.Fragment}, Grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.Slow}, Needs: []string{"browser"}, Make: func(b *trial.Build) (*trial.Handler, error) {
		r := range_(b)
		hd := &trial.Handler{Sample: s.sample, Param: b.Pick("tab", "word", "view", "state")}
		if hd.Sample == "" {
			hd.Sample, hd.Others = r[0].Slug, []string{r[1].Slug}
		}
		script := s.bad
		if good := s.good[b.Rand.IntN(len(s.good))]; !b.Vulnerable {
			script = good
		}
		source := "location.search"
		if b.Place == trial.Fragment {
			source = "location.hash.slice(1)"
		}
		get := "new URLSearchParams(" + source + ").get('" + hd.Param + "')"
		if b.Rand.IntN(2) == 0 {
			get = "(function () { var m = new RegExp('" + hd.Param + "=([^&]*)').exec(" + source + "); return m ? decodeURIComponent(m[1].replace(/\\+/g, ' ')) : null; })()"
		}
		sample, err := json.Marshal(hd.Sample)
		if err != nil {
			return nil, err
		}
		page := "<h2>特集</h2><div id=\"w\"></div><script>(function () { var V = " + get + " || " + string(sample) + "; " + script + " })();</script>"
		hd.Answer = func(context.Context, *trial.Ask) (*trial.Answer, error) { return trial.Text(page), nil }
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, s.exploit)
			if err != nil {
				return false, err
			}
			return proof.Evaluates(ctx, seen.URL, s.proof)
		}
		return hd, nil
	}}
}

// keptFamily keeps what a visitor writes and shows it on another page.
func keptFamily(e *echo, where string) *trial.Family {
	return &trial.Family{Name: "held-kept-" + e.name, Class: "xss-stored", About: "what a visitor wrote is shown elsewhere: " + e.about, Accept: []string{"xss-reflected"}, Full: true, Places: []trial.Place{trial.Form, trial.Form, trial.Multipart}, Grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.Token, trial.Slow}, Make: func(b *trial.Build) (*trial.Handler, error) {
		show := e.bad
		if good := e.good[b.Rand.IntN(len(e.good))]; !b.Vulnerable {
			show = good
		}
		last := b.Rand.IntN(2) == 0
		hd := &trial.Handler{Sample: "とても丁寧な梱包でした", Param: b.Pick("nickname", "message", "memo", "title"), Type: b.Pick("text", "textarea"), Button: b.Pick("投稿する", "書き込む", "登録する"), Index: `<p><a href="` + where + `">みんなの声</a></p>`}
		var mu sync.Mutex
		var kept []string
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			if a.Given && a.Request.Method == "POST" && strings.TrimSpace(a.Value) != "" {
				mu.Lock()
				kept = append(kept, a.Value)
				mu.Unlock()
			}
			return trial.Text(`<h2>受け付けました</h2><p>ご協力ありがとうございます。</p><p>「` + h(a.Value) + `」</p><a href="` + where + `">一覧</a>`), nil
		}
		hd.Pages = map[string]func(context.Context, *trial.Ask) (*trial.Answer, error){where: func(context.Context, *trial.Ask) (*trial.Answer, error) {
			mu.Lock()
			defer mu.Unlock()
			body := "<h2>みんなの声</h2>"
			for i, v := range kept {
				if last && i+5 < len(kept) {
					continue // only the newest are shown
				}
				body += "<div class=\"voice\">" + show(v) + "</div>"
			}
			return trial.Text(body), nil
		}}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			if _, err := send(ctx, e.exploit); err != nil {
				return false, err
			}
			seen, err := b.Visit(ctx, where)
			return err == nil && e.seen(seen.Body), err
		}
		return hd, nil
	}}
}

var browseFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range pageScripts {
		out = append(out, pageScriptFamily(&pageScripts[i]))
	}
	where := []string{"/voices", "/bbs", "/ranking", "/items/reviews"}
	for i := range echoes {
		switch echoes[i].name {
		case "old-htmlspecialchars", "tracking", "handler", "memo-field", "whole-tags", "entities-after", "half-width-after", "data-json", "select", "back-link":
			out = append(out, keptFamily(&echoes[i], where[i%len(where)]))
		}
	}
	return out
}()
