package tuning

import (
	"context"
	"fmt"
	"strings"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// flow is what a page's script does with a part of its own address. SOURCE in
// the scripts stands for the value.
type flow struct {
	name, about string
	bad         string
	good        []string
	exploit     string
}

const (
	htmlExploit = `<img src=x onerror="window.zq1x=1">`
	escFunction = `function e(s){return String(s).replace(/[&<>"']/g,function(c){return '&#'+c.charCodeAt(0)+';'})} `
)

var flows = []flow{
	{"inner-html", "innerHTML", `document.getElementById('out').innerHTML = '検索: ' + SOURCE;`,
		[]string{`document.getElementById('out').textContent = '検索: ' + SOURCE;`, escFunction + `document.getElementById('out').innerHTML = '検索: ' + e(SOURCE);`, `document.getElementById('out').innerHTML = '検索: ' + encodeURIComponent(SOURCE);`}, htmlExploit},
	{"write", "document.write", `document.write('<p>' + SOURCE + '</p>');`,
		[]string{`document.write('<p>' + encodeURIComponent(SOURCE) + '</p>');`, `document.write('<p>検索</p>'); document.getElementById('out').append(SOURCE);`}, `<img src=x onerror="window.zq1x=1">`},
	{"attribute", "insertAdjacentHTML, inside an attribute", `document.getElementById('out').insertAdjacentHTML('beforeend', '<input value="' + SOURCE.replace(/</g, '&lt;') + '">');`,
		[]string{`var i = document.createElement('input'); i.value = SOURCE; document.getElementById('out').append(i);`}, `" onfocus="window.zq1x=1" autofocus x="`},
	{"eval", "eval of a text with the value in it", `var total; eval('total = "' + SOURCE + '"'); document.getElementById('out').textContent = total;`,
		[]string{`var total; eval('total = 1 + 1'); document.getElementById('out').textContent = total + SOURCE;`, `var total = JSON.parse(JSON.stringify(SOURCE)); document.getElementById('out').textContent = total;`}, `";window.zq1x=1;"`},
	{"timeout", "setTimeout with a text", `setTimeout("show('" + SOURCE + "')", 10); function show(t) { document.getElementById('out').textContent = t; }`,
		[]string{`var v = SOURCE; setTimeout(function () { document.getElementById('out').textContent = v; }, 10);`}, `');window.zq1x=1;('`},
	{"location", "location is set to the value", `if (SOURCE !== 'SAMPLE' && SOURCE !== '') { location.href = SOURCE; }`,
		[]string{`if (/^\/[a-z]+$/.test(SOURCE)) { location.href = SOURCE; }`, `document.getElementById('out').textContent = SOURCE;`}, `javascript:void(window.zq1x=1)`},
	{"frame", "the address of a frame", `var f = document.createElement('iframe'); f.title = 'map'; f.src = SOURCE; document.getElementById('out').append(f);`,
		[]string{`var f = document.createElement('iframe'); f.title = 'map'; f.src = '/guide?m=' + encodeURIComponent(SOURCE); document.getElementById('out').append(f);`}, `javascript:void(parent.zq1x=1)`},
	{"fragment", "createContextualFragment", `document.getElementById('out').append(document.createRange().createContextualFragment('<b>' + SOURCE + '</b>'));`,
		[]string{`var d = new DOMParser().parseFromString('<b>' + SOURCE + '</b>', 'text/html'); document.getElementById('out').textContent = d.body.textContent;`}, htmlExploit},
	{"later", "kept in localStorage, then put into innerHTML", `localStorage.setItem('last', SOURCE); document.getElementById('out').innerHTML = localStorage.getItem('last');`,
		[]string{`localStorage.setItem('last', SOURCE); document.getElementById('out').innerText = localStorage.getItem('last');`}, htmlExploit},
	{"partial", "script and < script are taken out before innerHTML", `document.getElementById('out').innerHTML = SOURCE.replace(/<\/?script[^>]*>/gi, '');`,
		[]string{`document.getElementById('out').innerHTML = SOURCE.replace(/<[^>]*>?/g, '');`}, htmlExploit},
}

// sourceOf is the expression by which a script reads the value at a place.
func sourceOf(p trial.Place, param string, raw bool) string {
	switch {
	case p == trial.Query:
		return "(new URLSearchParams(location.search).get('" + param + "') || '')"
	case raw:
		return "decodeURIComponent(location.hash.replace(/^#" + param + "=/, ''))"
	}
	return "(new URLSearchParams(location.hash.slice(1).replace(/\\+/g, '%2B')).get('" + param + "') || '')"
}

var browserPlaces = []trial.Place{trial.Query, trial.Fragment, trial.Fragment}
var browserGrades = []trial.Grade{trial.Plain, trial.Plain, trial.Noise, trial.Random, trial.Slow}

var domFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range flows {
		out = append(out, domFamily(&flows[i]))
	}
	for i := range merges {
		out = append(out, mergeFamily(&merges[i]))
	}
	return out
}()

func domFamily(f *flow) *trial.Family {
	return &trial.Family{Name: "dom-" + f.name, Class: "xss-dom", About: f.about, Accept: []string{"open-redirect"}, Places: browserPlaces, Grades: browserGrades, Needs: []string{"browser"}, Make: func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		h := &trial.Handler{Sample: c[0].Name, Others: []string{c[1].Name}, Param: b.Pick("q", "tab", "item", "view")}
		src := sourceOf(b.Place, h.Param, b.Rand.IntN(2) == 0)
		script, good := f.bad, f.good[b.Rand.IntN(len(f.good))]
		if !b.Vulnerable {
			script = good
		}
		script = strings.ReplaceAll(strings.ReplaceAll(script, "SOURCE", src), "SAMPLE", h.Sample)
		h.Answer = func(context.Context, *trial.Ask) (*trial.Answer, error) {
			return trial.Text(`<h1>商品</h1><div id="out"></div><script>` + script + `</script>`), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, f.exploit)
			if err != nil {
				return false, err
			}
			return proof.Evaluates(ctx, seen.URL, "window.zq1x")
		}
		return h, nil
	}}
}

// merge is how a page's script puts settings from its address into an object.
type merge struct {
	name, about string
	names       bool // the parameter's name says where the value goes
	bad         string
	good        []string
}

const deepMerge = `function merge(t, s) { for (var k in s) { if (s[k] && typeof s[k] === 'object') { t[k] = t[k] || {}; merge(t[k], s[k]); } else { t[k] = s[k]; } } return t; } `

var merges = []merge{
	{"brackets", "a[b]=c in the address becomes an object, a being __proto__ too", true,
		`var o = {}; P.forEach(function (p) { var ks = p[0].split(/[\[\].]+/).filter(Boolean), t = o; ks.forEach(function (k, i) { if (i === ks.length - 1) { t[k] = p[1]; } else { t = t[k] = t[k] || {}; } }); });`,
		[]string{
			`var o = Object.create(null); P.forEach(function (p) { var ks = p[0].split(/[\[\].]+/).filter(Boolean), t = o; ks.forEach(function (k, i) { if (i === ks.length - 1) { t[k] = p[1]; } else { t = t[k] = t[k] || Object.create(null); } }); });`,
			`var o = {}; P.forEach(function (p) { var ks = p[0].split(/[\[\].]+/).filter(Boolean), t = o; if (ks.indexOf('__proto__') >= 0 || ks.indexOf('constructor') >= 0 || ks.indexOf('prototype') >= 0) { return; } ks.forEach(function (k, i) { if (i === ks.length - 1) { t[k] = p[1]; } else { t = t[k] = t[k] || {}; } }); });`,
			`var o = new Map(); P.forEach(function (p) { o.set(p[0], p[1]); });`,
		}},
	{"json", "JSON in the address is merged into the settings, __proto__ too", false,
		deepMerge + `var o = {}; try { merge(o, JSON.parse(V)); } catch (e) { }`,
		[]string{
			`var o = {}; try { Object.assign(o, JSON.parse(V)); } catch (e) { }`,
			`function merge(t, s) { Object.keys(s).forEach(function (k) { if (k === '__proto__' || k === 'constructor') { return; } t[k] = s[k]; }); return t; } var o = {}; try { merge(o, JSON.parse(V)); } catch (e) { }`,
			deepMerge + `var o = Object.create(null); try { merge(o, JSON.parse(V, function (k, v) { return k === '__proto__' ? undefined : v; })); } catch (e) { }`,
		}},
}

func mergeFamily(m *merge) *trial.Family {
	f := &trial.Family{Name: "merge-" + m.name, Class: "prototype-pollution", About: m.about, Places: browserPlaces, Grades: browserGrades, Needs: []string{"browser"}}
	if m.names {
		f.Places = []trial.Place{trial.Name}
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		h := &trial.Handler{Sample: `{"view":{"sort":"price"}}`, Others: []string{`{"view":{"sort":"name"}}`}, Param: b.Pick("opts", "settings", "filter")}
		if m.names {
			h.Sample, h.Others = "filter[color]", []string{"filter[size]"}
		}
		script, good := m.bad, m.good[b.Rand.IntN(len(m.good))]
		if !b.Vulnerable {
			script = good
		}
		pre := "var P = []; new URLSearchParams(location.search).forEach(function (v, k) { P.push([k, v]); }); var V = " + sourceOf(b.Place, h.Param, true) + "; "
		h.Answer = func(context.Context, *trial.Ask) (*trial.Answer, error) {
			return trial.Text(fmt.Sprintf(`<h1>商品</h1><div id="out"></div><script>%s%s document.getElementById('out').textContent = '表示しました';</script>`, pre, script)), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			v := `{"__proto__":{"zq1x":"1"}}`
			if m.names {
				v = "__proto__[zq1x]"
			}
			seen, err := send(ctx, v)
			if err != nil {
				return false, err
			}
			return proof.Evaluates(ctx, seen.URL, "({}).zq1x === '1'")
		}
		return h, nil
	}
	return f
}
