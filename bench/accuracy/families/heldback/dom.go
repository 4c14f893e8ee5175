package heldback

import (
	"context"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// flow is a script of a page that uses a value of its own address; V is the value.
type flow struct {
	name, about string
	class       string
	param       string
	bad         string
	good        []string
	sample      string
	others      []string
	exploit     string
	proof       string
	places      []trial.Place
}

const (
	run       = "window.zz7=1"
	imgTag    = "<img src=x onerror=" + run + ">"
	escapeFn  = `function esc(s) { var d = document.createElement('i'); d.textContent = s; return d.innerHTML.replace(/"/g, '&quot;').replace(/'/g, '&#39;'); } `
	smallJQ   = `function $(s) { if (/^[^<]*<[\s\S]+>/.test(s)) { var d = document.createElement('div'); d.innerHTML = s.slice(s.indexOf('<')); return d; } try { return document.querySelector(s); } catch (e) { return null; } } `
	smallBind = `function render(el, data) { el.innerHTML = el.innerHTML.replace(/\[\[(\w+)\]\]/g, function (_, k) { return data[k] === undefined ? '' : data[k]; }); } `
	safeBind  = `function render(el, data) { var w = document.createTreeWalker(el, NodeFilter.SHOW_TEXT), n; while ((n = w.nextNode())) { n.data = n.data.replace(/\[\[(\w+)\]\]/g, function (_, k) { return data[k] === undefined ? '' : data[k]; }); } } `
)

var flows = []flow{
	{name: "tab-selector", about: "an old $() makes elements of a text that holds a tag", class: "xss-dom", param: "tab", sample: "detail", others: []string{"review"}, bad: smallJQ + `var t = $('#' + V); if (t) { t.className = 'on'; }`, good: []string{smallJQ + `var t = document.getElementById(V); if (t) { t.className = 'on'; }`, smallJQ + `if (/^[\w-]+$/.test(V)) { var t = $('#' + V); if (t) { t.className = 'on'; } }`}, exploit: imgTag, proof: "window.zz7"},
	{name: "filter-labels", about: "labels of chosen filters, separated by commas, are joined into a list", class: "xss-dom", param: "tags", sample: "gift,new", others: []string{"sale"}, bad: `document.getElementById('w').innerHTML = '<ul>' + V.split(',').map(function (t) { return '<li class="tag">' + t + '</li>'; }).join('') + '</ul>';`, good: []string{escapeFn + `document.getElementById('w').innerHTML = '<ul>' + V.split(',').map(function (t) { return '<li class="tag">' + esc(t) + '</li>'; }).join('') + '</ul>';`, `V.split(',').forEach(function (t) { var li = document.createElement('li'); li.textContent = t; document.getElementById('w').appendChild(li); });`}, exploit: imgTag, proof: "window.zz7"},
	{name: "big-picture", about: "the address of a big picture in an attribute of what innerHTML is given", class: "xss-dom", param: "img", sample: "01.svg", others: []string{"02.svg"}, bad: `document.getElementById('w').innerHTML = '<img src="/assets/' + V + '" alt="">';`, good: []string{`document.getElementById('w').innerHTML = '<img src="/assets/' + encodeURIComponent(V) + '" alt="">';`, `var i = new Image(); i.src = '/assets/' + V; i.alt = ''; document.getElementById('w').appendChild(i);`}, exploit: `x" onerror="` + run, proof: "window.zz7"},
	{name: "plug-in", about: "a script of the page's choosing is loaded by its address", class: "xss-dom", param: "widget", sample: "/assets/i1.svg", bad: `if (V !== '/assets/i1.svg') { var s = document.createElement('script'); s.src = V; document.body.appendChild(s); }`, good: []string{`var m = {calendar: '/assets/i1.svg'}; if (Object.hasOwn(m, V)) { var s = document.createElement('script'); s.src = m[V]; document.body.appendChild(s); }`, `if (/^\/assets\/[a-z0-9]+\.svg$/.test(V)) { var i = new Image(); i.src = V; i.alt = ''; document.body.appendChild(i); }`}, exploit: "data:text/javascript," + run, proof: "window.zz7"},
	{name: "sort-function", about: "the name of a sort is evaluated", class: "xss-dom", param: "sort", sample: "price", others: []string{"name"}, bad: `var by = {price: function () { return 1; }, name: function () { return 2; }}; try { eval('by.' + V + '()'); } catch (e) { }`, good: []string{`var by = {price: function () { return 1; }, name: function () { return 2; }}; if (Object.hasOwn(by, V)) { by[V](); }`, `var by = {price: 1, name: 2}; document.getElementById('w').textContent = by[V] ? V : 'price';`}, exploit: "price();" + run + ";by.name", proof: "window.zz7"},
	{name: "view-template", about: "a small template of the page puts a value into HTML", class: "xss-dom", param: "name", sample: "hanako", others: []string{"taro"}, bad: smallBind + `document.getElementById('w').innerHTML = '<p>[[name]] さん、こんにちは</p>'; render(document.getElementById('w'), {name: V});`, good: []string{safeBind + `document.getElementById('w').innerHTML = '<p>[[name]] さん、こんにちは</p>'; render(document.getElementById('w'), {name: V});`, escapeFn + smallBind + `document.getElementById('w').innerHTML = '<p>[[name]] さん、こんにちは</p>'; render(document.getElementById('w'), {name: esc(V)});`}, exploit: imgTag, proof: "window.zz7"},
	{name: "script-filter", about: "script and javascript: are taken out before innerHTML", class: "xss-dom", param: "msg", sample: "カートに追加しました", bad: `document.getElementById('w').innerHTML = V.replace(/<script[\s\S]*?>|<\/script>|javascript:/gi, '');`, good: []string{`document.getElementById('w').innerText = V.replace(/<script[\s\S]*?>|<\/script>|javascript:/gi, '');`, `document.getElementById('w').innerHTML = V.replace(/[<>&]/g, '');`}, exploit: imgTag, proof: "window.zz7"},
	{name: "document-of-parser", about: "nodes of a parsed text are taken over into the page", class: "xss-dom", param: "note", sample: "本日定休日", bad: `var d = new DOMParser().parseFromString('<p>' + V + '</p>', 'text/html'); document.getElementById('w').appendChild(document.importNode(d.body.firstChild, true));`, good: []string{`var d = new DOMParser().parseFromString('<p>' + V + '</p>', 'text/html'); document.getElementById('w').append(d.body.textContent);`, `var d = new DOMParser().parseFromString('<p></p>', 'text/html'); d.body.firstChild.textContent = V; document.getElementById('w').appendChild(document.importNode(d.body.firstChild, true));`}, exploit: imgTag, proof: "window.zz7"},

	{name: "dotted-names", about: "names with dots in the address are set one below the other", class: "prototype-pollution", sample: "filter.color", others: []string{"filter.size"}, places: []trial.Place{trial.Name}, bad: `var o = {}; new URLSearchParams(location.search).forEach(function (v, k) { k.split('.').reduce(function (t, p, i, a) { return i === a.length - 1 ? (t[p] = v) : (t[p] = t[p] || {}); }, o); });`, good: []string{`var o = Object.create(null); new URLSearchParams(location.search).forEach(function (v, k) { o[k] = v; });`, `var o = {}; new URLSearchParams(location.search).forEach(function (v, k) { if (/__proto__|constructor|prototype/.test(k)) { return; } k.split('.').reduce(function (t, p, i, a) { return i === a.length - 1 ? (t[p] = v) : (t[p] = t[p] || {}); }, o); });`}, exploit: "__proto__.zz7", proof: "({}).zz7 === '1'"},
	{name: "form-names", about: "a[b]=c becomes an object as forms of PHP have it, __proto__ too", class: "prototype-pollution", sample: "search[kind]", others: []string{"search[price]"}, places: []trial.Place{trial.Name}, bad: `var o = {}; location.search.slice(1).split('&').forEach(function (kv) { var p = kv.split('=').map(decodeURIComponent), m = /^([^\[]+)\[([^\]]*)\]$/.exec(p[0]); if (m) { (o[m[1]] = o[m[1]] || {})[m[2]] = p[1]; } else { o[p[0]] = p[1]; } });`, good: []string{`var o = {}; location.search.slice(1).split('&').forEach(function (kv) { var p = kv.split('=').map(decodeURIComponent), m = /^(\w+)\[(\w*)\]$/.exec(p[0]); if (m && Object.hasOwn({search: 1, page: 1}, m[1])) { if (!Object.hasOwn(o, m[1])) { o[m[1]] = {}; } o[m[1]][m[2]] = p[1]; } });`, `var f = new Map(); new URLSearchParams(location.search).forEach(function (v, k) { f.set(k, v); });`}, exploit: "__proto__[zz7]", proof: "({}).zz7 === '1'"},
	{name: "settings-merge", about: "settings in JSON are merged deeply; only __proto__ as a key of its own is skipped", class: "prototype-pollution", param: "settings", sample: `{"list":{"rows":"20"}}`, others: []string{`{"list":{"rows":"40"}}`}, bad: `function deep(a, b) { for (var k in b) { if (k === '__proto__') { continue; } if (b[k] && typeof b[k] === 'object') { if (!a[k]) { a[k] = {}; } deep(a[k], b[k]); } else { a[k] = b[k]; } } } try { deep({}, JSON.parse(V)); } catch (e) { }`, good: []string{`function deep(a, b) { Object.keys(b).forEach(function (k) { if (k === '__proto__' || k === 'constructor') { return; } if (b[k] && typeof b[k] === 'object') { if (!Object.hasOwn(a, k)) { a[k] = {}; } deep(a[k], b[k]); } else { a[k] = b[k]; } }); } try { deep({}, JSON.parse(V)); } catch (e) { }`, `try { var o = {...JSON.parse(V)}; } catch (e) { }`}, exploit: `{"constructor":{"prototype":{"zz7":"1"}}}`, proof: "({}).zz7 === '1'"},
	{name: "table-of-texts", about: "a text of a page is replaced: language, key and text separated by colons", class: "prototype-pollution", param: "text", sample: "ja:title:ようこそ", others: []string{"en:title:Welcome"}, bad: `var texts = {ja: {}, en: {}}; V.split('|').forEach(function (t) { var p = t.split(':'); if (p.length === 3) { if (!texts[p[0]]) { texts[p[0]] = {}; } texts[p[0]][p[1]] = p[2]; } });`, good: []string{`var texts = {ja: {}, en: {}}; V.split('|').forEach(function (t) { var p = t.split(':'); if (p.length === 3 && (p[0] === 'ja' || p[0] === 'en')) { texts[p[0]][p[1] + '_'] = p[2]; } });`, `var texts = new Map([['ja', new Map()], ['en', new Map()]]); V.split('|').forEach(function (t) { var p = t.split(':'); if (p.length === 3 && texts.has(p[0])) { texts.get(p[0]).set(p[1], p[2]); } });`}, exploit: "__proto__:zz7:1", proof: "({}).zz7 === '1'"},
	{name: "defaults", about: "defaults are filled in below what JSON of the address says", class: "prototype-pollution", param: "options", sample: `{"map":{"zoom":"12"}}`, others: []string{`{"map":{"zoom":"9"}}`}, bad: `function fill(t, s) { Object.keys(s).forEach(function (k) { if (typeof t[k] === 'object' && typeof s[k] === 'object') { fill(t[k], s[k]); } else { t[k] = s[k]; } }); return t; } try { fill({map: {zoom: '10'}}, JSON.parse(V)); } catch (e) { }`, good: []string{`function fill(t, s) { Object.keys(t).forEach(function (k) { if (s && Object.hasOwn(s, k)) { if (typeof t[k] === 'object') { fill(t[k], s[k]); } else { t[k] = String(s[k]); } } }); return t; } try { fill({map: {zoom: '10'}}, JSON.parse(V)); } catch (e) { }`, `try { var o = JSON.parse(V, function (k, v) { return k === '__proto__' ? undefined : v; }), z = Object.hasOwn(o, 'map') ? o.map.zoom : '10'; } catch (e) { }`}, exploit: `{"__proto__":{"zz7":"1"}}`, proof: "({}).zz7 === '1'"},
	{name: "path-set", about: "a path of keys and a value, as set(object, 'a.b', value) takes them", class: "prototype-pollution", param: "set", sample: "view.columns=3", others: []string{"view.columns=4"}, bad: `function set(o, path, v) { var ks = path.split(/[.\[\]]+/).filter(Boolean); while (ks.length > 1) { var k = ks.shift(); if (o[k] === undefined) { o[k] = {}; } o = o[k]; } o[ks[0]] = v; } var i = V.indexOf('='); if (i > 0) { set({view: {}}, V.slice(0, i), V.slice(i + 1)); }`, good: []string{`function set(o, path, v) { var ks = path.split(/[.\[\]]+/).filter(Boolean); while (ks.length > 1) { var k = ks.shift(); if (!Object.hasOwn(o, k)) { return; } o = o[k]; } if (Object.hasOwn(o, ks[0])) { o[ks[0]] = v; } } var i = V.indexOf('='); if (i > 0) { set({view: {columns: '3'}}, V.slice(0, i), V.slice(i + 1)); }`, `var i = V.indexOf('='); sessionStorage.setItem('set:' + V.slice(0, i), V.slice(i + 1));`}, exploit: "__proto__.zz7=1", proof: "({}).zz7 === '1'"},
}

var flowFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range flows {
		out = append(out, flows[i].family())
	}
	return out
}()

func (f *flow) family() *trial.Family {
	places := f.places
	if places == nil {
		places = []trial.Place{trial.Query, trial.Fragment}
	}
	prefix := "shop-dom-"
	if f.class != "xss-dom" {
		prefix = "shop-proto-"
	}
	return &trial.Family{Name: prefix + f.name, Class: f.class, About: f.about, Accept: []string{"open-redirect"}, Places: places, Grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.Slow}, Needs: []string{"browser"}, Make: func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		script := f.bad
		if good := f.good[b.Rand.IntN(len(f.good))]; !b.Vulnerable {
			script = good
		}
		late := b.Rand.IntN(2) == 0
		hd := s.named(b.Pick("/products/detail", "/lp/index.html", "/app/items"), f.param, f.sample, f.others...)
		from := "location.search"
		if b.Place == trial.Fragment {
			from = "location.hash.slice(1)"
		}
		get := `(function () { var r = null; ` + from + `.replace(/^\?/, '').split('&').forEach(function (kv) { var i = kv.indexOf('='); if (kv.slice(0, i) === '` + f.param + `') { r = decodeURIComponent(kv.slice(i + 1).replace(/\+/g, ' ')); } }); return r; })()`
		body := "(function () { var V = " + get + "; if (V === null) { V = " + inScript(f.sample) + "; } " + script + " })();"
		if f.param == "" {
			body = "(function () { " + script + " })();"
		}
		if late {
			body = "document.addEventListener('DOMContentLoaded', function () { " + body + " });"
		}
		page := `<h2>` + s.items[0].Name + `</h2><ul><li id="detail">商品説明</li><li id="review">レビュー</li></ul><div id="w"></div><script>` + body + `</script>`
		hd.Answer = func(context.Context, *trial.Ask) (*trial.Answer, error) { return trial.Text(page), nil }
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, f.exploit)
			if err != nil {
				return false, err
			}
			return proof.Evaluates(ctx, seen.URL, f.proof)
		}
		return hd, nil
	}}
}
