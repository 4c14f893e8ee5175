package trial

import (
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
)

// index is the start page: it leads to the handler in the way of the place.
func (s *Site) index(w http.ResponseWriter, ses *session) {
	var b strings.Builder
	fmt.Fprintf(&b, "<h1>%s</h1>\n<p>いらっしゃいませ。</p>\n", s.title)
	token := ""
	if s.Grade == Token && s.takesToken() {
		token = `<input type="hidden" name="csrf_token" value="` + ses.newToken() + `">`
	}
	sample := html.EscapeString(s.handler.Sample)
	literal := strings.NewReplacer(`\`, `\\`, `'`, `\'`, "</", `<\/`, "\n", `\n`).Replace(s.handler.Sample) // for a script
	hidden := token
	if s.decoy != "" {
		hidden += `<input type="hidden" name="` + s.decoy + `" value="1">`
	}
	kind := s.handler.Type
	if kind == "" {
		kind = "search"
	}
	field := fmt.Sprintf(`<input type="%s" name="%s" value="%s">`, kind, s.Param, sample)
	if kind == "textarea" {
		field = fmt.Sprintf(`<textarea name="%s">%s</textarea>`, s.Param, sample)
	}
	field += s.handler.More
	button := s.handler.Button
	if button == "" {
		button = "検索"
	}
	switch s.Place {
	case Form, Multipart:
		enc := ""
		if s.Place == Multipart {
			enc = ` enctype="multipart/form-data"`
		}
		fmt.Fprintf(&b, `<form method="post" action="%s"%s>%s%s<button>%s</button></form>`, s.HandlerPath, enc, hidden, field, button)
	case Query, List:
		if token != "" || s.asForm {
			if s.Place == List {
				field = ""
				for _, v := range append([]string{s.handler.Sample}, s.handler.Others...) {
					field += fmt.Sprintf(`<label><input type="checkbox" name="%s[]" value="%s" checked>%s</label>`, s.Param, html.EscapeString(v), html.EscapeString(v))
				}
			}
			fmt.Fprintf(&b, `<form method="get" action="%s">%s%s<button>%s</button></form>`, s.HandlerPath, hidden, field, button)
			break
		}
		s.links(&b)
	case JSON:
		fmt.Fprintf(&b, `<input id="box" value="%s"><div id="result"></div><script>
document.getElementById('box').addEventListener('change', function () {
  fetch('%s', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({%s: '%s', rows: 20})})
    .then(function (r) { return r.text(); }).then(function (t) { document.getElementById('result').textContent = t; });
});
</script>`, sample, s.HandlerPath, s.Param, literal)
	case XML:
		fmt.Fprintf(&b, `<input id="box" value="%s"><div id="result"></div><script>
document.getElementById('box').addEventListener('change', function () {
  fetch('%s', {method: 'POST', headers: {'Content-Type': 'application/xml'}, body: '<?xml version="1.0"?><search><%s>%s</%s></search>'})
    .then(function (r) { return r.text(); }).then(function (t) { document.getElementById('result').textContent = t; });
});
</script>`, sample, s.HandlerPath, s.Param, sample, s.Param)
	case Cookie:
		w.Header().Add("Set-Cookie", s.Param+"="+url.QueryEscape(s.handler.Sample)+"; Path=/")
		fmt.Fprintf(&b, `<a href="%s">商品を見る</a>`, s.HandlerPath)
	case CookieObj:
		w.Header().Add("Set-Cookie", s.Outer+"="+s.object(s.handler.Sample)+"; Path=/")
		fmt.Fprintf(&b, `<a href="%s">商品を見る</a>`, s.HandlerPath)
	case Header:
		fmt.Fprintf(&b, `<a href="%s">商品を見る</a>`, s.HandlerPath)
		if strings.HasPrefix(s.Param, "X-Shop") || strings.HasPrefix(s.Param, "X-Client") {
			fmt.Fprintf(&b, `<div id="result"></div><script>
var x = new XMLHttpRequest();
x.open('GET', '%s');
x.setRequestHeader('%s', '%s');
x.onload = function () { document.getElementById('result').textContent = x.responseText; };
x.send();
</script>`, s.HandlerPath, s.Param, literal)
		}
	case Whole:
	default:
		s.links(&b)
	}
	b.WriteString(s.handler.Index)
	s.page(w, &Answer{Body: b.String()})
}

// links lead to the handler with the sample and the other values.
func (s *Site) links(b *strings.Builder) {
	values := append([]string{s.handler.Sample}, s.handler.Others...)
	switch s.Place {
	case Unlinked, Host:
		values = values[:1]
	}
	for _, v := range values {
		q := url.Values{}
		if s.decoy != "" {
			q.Set(s.decoy, "1")
		}
		to := s.HandlerPath
		switch s.Place {
		case Unlinked, Host:
		case Path:
			to += "/" + url.PathEscape(v)
		case Name:
			q.Set(v, "1")
		case List:
			q[s.Param+"[]"] = values[:min(2, len(values))]
		case Base64:
			q.Set(s.Param, base64.StdEncoding.EncodeToString([]byte(v)))
		case Double:
			q.Set(s.Param, url.QueryEscape(v))
		case InnerURL:
			q.Set(s.Outer, s.HandlerPath+"?"+url.Values{s.Param: {v}}.Encode())
		case Fragment:
			to += "#" + url.Values{s.Param: {v}}.Encode()
		default:
			q.Set(s.Param, v)
		}
		if e := q.Encode(); e != "" {
			base, frag, ok := strings.Cut(to, "#")
			to = base + "?" + e
			if ok {
				to += "#" + frag
			}
		}
		fmt.Fprintf(b, "<a href=\"%s\">%s</a>\n", html.EscapeString(to), html.EscapeString(v))
	}
}
