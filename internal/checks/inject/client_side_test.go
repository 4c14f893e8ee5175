package inject

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"miseban/internal/check"
	"miseban/internal/verdict"
)

const (
	head = "<!doctype html><html lang=ja><head><meta charset=utf-8><title>茶屋</title></head><body><h1>茶屋</h1>"
	foot = "<p>営業時間 9:00–18:00</p></body></html>"
)

func out(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, head+body+foot)
}

// pages makes a shop of handlers: every one gets the parameter q.
type handlers map[string]func(w http.ResponseWriter, r *http.Request, q string)

func (h handlers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f := h[r.URL.Path]; f != nil {
		f(w, r, r.FormValue("q"))
		return
	}
	if r.URL.Path == "/" {
		links := ""
		for p := range h {
			links += `<a href="` + p + `?q=tea">` + p + `</a>`
		}
		out(w, links)
		return
	}
	w.WriteHeader(http.StatusNotFound)
	out(w, "<p>見つかりません</p>")
}

func (h handlers) paths() []string {
	var all []string
	for p := range h {
		if !strings.Contains(p, "-by-") {
			p += "?q=tea"
		}
		all = append(all, p)
	}
	return all
}

// each runs c on every handler of h in a shop of its own.
func each(t *testing.T, h handlers, c *check.Check) (last *trial, all []string, findings []check.Finding) {
	t.Helper()
	asked := int64(0)
	for _, p := range h.paths() {
		last = newTrial(t, h, p)
		res, got := last.run(c)
		all, findings, asked = append(all, got...), append(findings, res.Findings...), asked+last.asked.Load()
		if len(got) == 0 && res.Verdict != verdict.Met && res.Verdict != verdict.Undetermined {
			t.Errorf("%s: %s %v", p, res.Verdict, res.Reason)
		}
	}
	t.Logf("%s: %d requests for %d places", c.Name, asked, len(h))
	return last, all, findings
}

func (h handlers) vulnerable(marker string) []string {
	var all []string
	for p := range h {
		if strings.HasPrefix(p, "/bad-") {
			all = append(all, strings.TrimSpace(p+" q "+marker))
		}
	}
	return all
}

// Reflections in real handlers: each vulnerable one is found once, none of the
// safe look-alikes is.
func TestXSSReflected(t *testing.T) {
	t.Parallel()
	h := handlers{
		"/bad-text.php": func(w http.ResponseWriter, _ *http.Request, q string) { out(w, "<p>「"+q+"」の検索結果</p>") },
		"/bad-attr.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			out(w, `<input name=q value="`+strings.NewReplacer("<", "", ">", "").Replace(q)+`">`)
		},
		"/bad-bare.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			out(w, `<input name=q value=`+html.EscapeString(q)+`>`)
		},
		"/bad-script.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			out(w, `<script>var q = '`+strings.NewReplacer("<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(q)+`';</script>`)
		},
		"/bad-href.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			out(w, `<a href="`+html.EscapeString(q)+`">戻る</a>`)
		},
		"/bad-twice.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			u, _ := url.QueryUnescape(html.EscapeString(q))
			out(w, "<p>"+u+"</p>")
		},
		"/bad-json.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `{"q":"%s"}`, strings.ReplaceAll(q, `"`, `\"`))
		},
		"/bad-filter.php": func(w http.ResponseWriter, _ *http.Request, q string) { // a firewall that looks for whole tags
			if strings.Contains(q, "<script") || strings.Contains(q, "'\"") || strings.Contains(q, "><") {
				w.WriteHeader(http.StatusForbidden)
				out(w, "<h1>Forbidden</h1>")
				return
			}
			out(w, "<p>"+q+"</p>")
		},
		"/bad-comment.php": func(w http.ResponseWriter, _ *http.Request, q string) { out(w, "<p>x</p><!-- q: "+q+" -->") },
		"/good-comment.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			out(w, "<p>x</p><!-- q: "+strings.NewReplacer("-", "", ">", "").Replace(q)+" -->")
		},
		"/good-text.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			out(w, "<p>「"+html.EscapeString(q)+"」の検索結果</p>")
		},
		"/good-attr.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			out(w, `<input name=q value="`+html.EscapeString(q)+`">`)
		},
		"/good-script.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			b, _ := json.Marshal(q)
			out(w, "<script>var q = "+string(b)+";</script>")
		},
		"/good-href.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			out(w, `<a href="/s?q=`+url.QueryEscape(q)+`">次</a>`)
		},
		"/good-json.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"q":"%s"}`, q)
		},
		"/good-plain.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			fmt.Fprint(w, q)
		},
		"/good-redirect.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			w.Header().Set("Location", "/")
			w.WriteHeader(302)
			fmt.Fprint(w, "<p>"+q)
		},
		"/good-filter.php": func(w http.ResponseWriter, _ *http.Request, q string) { // a firewall that repeats what it refuses, escaped
			if strings.ContainsAny(q, `<>"'`) {
				w.WriteHeader(http.StatusForbidden)
				out(w, "<p>拒否しました: "+html.EscapeString(q)+"</p>")
				return
			}
			out(w, "<p>"+html.EscapeString(q)+"</p>")
		},
	}
	tr, got, findings := each(t, h, XSSReflected)
	want := h.vulnerable("")
	want[slices.Index(want, "/bad-comment.php q")] += " comment"
	tr.sameList("xss-reflected", got, want)
	for _, f := range findings {
		if !strings.HasPrefix(f.Proof.Curl, "curl ") {
			t.Errorf("%s: no line that repeats it: %q", f.Where, f.Proof.Curl)
		}
	}
}

// Values that come by other ways than the query.
func TestXSSReflectedPlaces(t *testing.T) {
	t.Parallel()
	h := handlers{
		"/name-by-name.php": func(w http.ResponseWriter, r *http.Request, _ string) {
			s := ""
			for k := range r.URL.Query() {
				s += "<li>" + k + "</li>"
			}
			out(w, "<ul>"+s+"</ul>")
		},
		"/header-by-header.php": func(w http.ResponseWriter, r *http.Request, _ string) {
			out(w, "<p>参照元: "+r.Referer()+"</p><ul><li>x</li></ul>")
		},
		"/safe-by-header.php": func(w http.ResponseWriter, r *http.Request, _ string) {
			out(w, "<p>参照元: "+html.EscapeString(r.Referer())+"</p><dl><dt>x</dt></dl>")
		},
		"/cookie-by-cookie.php": func(w http.ResponseWriter, r *http.Request, _ string) {
			c, err := r.Cookie("shown")
			if err != nil {
				http.SetCookie(w, &http.Cookie{Name: "shown", Value: "tea", Path: "/cookie-by-cookie.php"})
				out(w, "<p>はじめまして</p>")
				return
			}
			v, _ := url.QueryUnescape(c.Value)
			out(w, "<p>最近見た商品: "+v+"</p>")
		},
		"/hidden-by-guess.php": func(w http.ResponseWriter, r *http.Request, _ string) {
			out(w, "<p>"+r.FormValue("msg")+"</p><table><tr><td>x</td></tr></table>")
		},
	}
	tr := newTrial(t, h, h.paths()...)
	_, got := tr.run(XSSReflected)
	for _, want := range []string{"/header-by-header.php Referer own", "/cookie-by-cookie.php shown own", "/hidden-by-guess.php msg"} {
		found := false
		for _, g := range got {
			found = found || g == want
		}
		if !found {
			t.Errorf("missed %s in %q", want, got)
		}
	}
	named := false
	for _, g := range got {
		named = named || strings.HasPrefix(g, "/name-by-name")
		if strings.HasPrefix(g, "/safe") {
			t.Errorf("false alarm %s", g)
		}
	}
	if !named {
		t.Errorf("missed the name of a parameter: %q", got)
	}
}

func TestOpenRedirect(t *testing.T) {
	t.Parallel()
	to := func(w http.ResponseWriter, l string) { w.Header()["Location"] = []string{l}; w.WriteHeader(302) }
	own := func(r *http.Request, u *url.URL) bool { return u.Host == "" && u.Scheme == "" || u.Host == r.Host }
	h := handlers{
		"/bad-plain.php": func(w http.ResponseWriter, _ *http.Request, q string) { to(w, q) },
		"/bad-slash.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			if !strings.HasPrefix(q, "/") {
				q = "/"
			}
			to(w, q)
		},
		"/bad-contains.php": func(w http.ResponseWriter, r *http.Request, q string) {
			if !strings.Contains(q, r.Host) {
				q = "/"
			}
			to(w, q)
		},
		"/bad-prefix.php": func(w http.ResponseWriter, r *http.Request, q string) {
			if !strings.HasPrefix(q, "https://"+r.Host) && (!strings.HasPrefix(q, "/") || strings.ContainsAny(q[1:2], `/\`)) {
				q = "/"
			}
			to(w, q)
		},
		"/bad-backslash.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			if !strings.HasPrefix(q, "/") || strings.HasPrefix(q, "//") {
				q = "/"
			}
			to(w, q)
		},
		"/bad-joined.php": func(w http.ResponseWriter, r *http.Request, q string) { to(w, "https://"+r.Host+q) },
		"/bad-meta.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			out(w, `<meta http-equiv="refresh" content="0; url=`+html.EscapeString(q)+`">`)
		},
		"/bad-script.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			b, _ := json.Marshal(q)
			out(w, `<script>location.href = `+string(b)+`;</script>`)
		},
		"/bad-twice.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			if strings.Contains(q, "//") {
				q = "/"
			}
			u, _ := url.QueryUnescape(q)
			to(w, u)
		},

		"/good-own.php": func(w http.ResponseWriter, r *http.Request, q string) {
			u, err := url.Parse(q)
			if err != nil || !own(r, u) || strings.Contains(q, `\`) || strings.Contains(q, "\t") {
				q = "/"
			}
			to(w, "/"+strings.TrimLeft(q, "/"))
		},
		"/good-list.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			if q != "tea" {
				q = "top"
			}
			to(w, "/"+q)
		},
		"/good-query.php":  func(w http.ResponseWriter, _ *http.Request, q string) { to(w, "/login?return="+url.QueryEscape(q)) },
		"/good-folder.php": func(w http.ResponseWriter, _ *http.Request, q string) { to(w, "/items/"+q) },
		"/good-link.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			out(w, `<p>外部サイトへ移動します</p><a rel=nofollow href="/x?`+html.EscapeString(url.QueryEscape(q))+`">進む</a>`)
		},
		"/good-click.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			b, _ := json.Marshal(q)
			out(w, `<script>function go() { location.href = `+string(b)+`; }</script><button onclick="go()">進む</button>`)
		},
		"/good-200.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			w.Header().Set("Location", strings.ReplaceAll(q, "\n", ""))
			out(w, "<p>x</p>")
		},
		"/good-text.php":    func(w http.ResponseWriter, _ *http.Request, q string) { out(w, "<p>"+html.EscapeString(q)+"</p>") },
		"/good-encoded.php": func(w http.ResponseWriter, _ *http.Request, q string) { to(w, "/go/"+url.PathEscape(q)) },
	}
	tr, got, _ := each(t, h, OpenRedirect)
	var want []string
	for p := range h {
		switch p {
		case "/bad-plain.php", "/bad-meta.php", "/bad-script.php":
			want = append(want, p+" q")
		default:
			if strings.HasPrefix(p, "/bad-") {
				want = append(want, p+" q checked")
			}
		}
	}
	tr.sameList("open-redirect", got, want)
}

// raw writes header lines as they are, as programs in older languages do.
func raw(w http.ResponseWriter, lines string) {
	c, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	body := head + "<p>x</p>" + foot
	fmt.Fprintf(buf, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n\r\n%s", len(body), lines, body)
	_ = buf.Flush()
}

func TestResponseHeader(t *testing.T) {
	t.Parallel()
	low := func(s string) string { // each character is cut down to a byte
		b := make([]byte, 0, len(s))
		for _, r := range s {
			b = append(b, byte(r))
		}
		return string(b)
	}
	h := handlers{
		"/bad-raw.php": func(w http.ResponseWriter, _ *http.Request, q string) { raw(w, "X-Lang: "+q) },
		"/bad-lf.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			raw(w, "X-Lang: "+strings.ReplaceAll(q, "\r\n", ""))
		},
		"/bad-twice.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			u, err := url.QueryUnescape(strings.NewReplacer("\r", "", "\n", "").Replace(q))
			if err != nil {
				u = "x"
			}
			raw(w, "Set-Cookie: lang="+u)
		},
		"/bad-low.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			raw(w, "X-Lang: "+low(strings.NewReplacer("\r", "", "\n", "", "%", "").Replace(q)))
		},
		"/good-cut.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			raw(w, "X-Lang: "+strings.NewReplacer("\r", "", "\n", "").Replace(q))
		},
		"/good-go.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			w.Header().Set("X-Lang", q)
			out(w, "<p>x</p>")
		},
		"/good-url.php":  func(w http.ResponseWriter, _ *http.Request, q string) { raw(w, "Set-Cookie: lang="+url.QueryEscape(q)) },
		"/good-body.php": func(w http.ResponseWriter, _ *http.Request, q string) { out(w, "<pre>"+html.EscapeString(q)+"</pre>") },
	}
	tr, got, _ := each(t, h, ResponseHeader)
	tr.sameList("response-header", got, h.vulnerable(""))
}

// A handler that leads on reads cookies and headers like any other, though
// nothing of its own is ever seen.
func TestPlacesThatLeadOn(t *testing.T) {
	t.Parallel()
	shop := func(clean bool) []string {
		tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/":
				http.SetCookie(w, &http.Cookie{Name: "category", Value: "tea", Path: "/"})
				out(w, "<p>店</p>")
			case "/go.cgi":
				v := "tea"
				if c, err := r.Cookie("category"); err == nil {
					v, _ = url.QueryUnescape(c.Value)
				}
				if clean {
					v = url.QueryEscape(v)
				}
				c, buf, err := w.(http.Hijacker).Hijack()
				if err != nil {
					return
				}
				defer c.Close()
				fmt.Fprintf(buf, "HTTP/1.1 302 Found\r\nLocation: /guide?from=%s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", v)
				_ = buf.Flush()
			default:
				out(w, "<h1>ご案内</h1>")
			}
		}), "/go.cgi", "/guide?from=tea")
		_, got := tr.run(ResponseHeader)
		return got
	}
	if got := shop(false); len(got) != 1 || got[0] != "/go.cgi category" {
		t.Errorf("%q", got)
	}
	if got := shop(true); len(got) != 0 {
		t.Errorf("the careful one: %q", got)
	}
}

func TestParameterPollution(t *testing.T) {
	t.Parallel()
	h := handlers{
		"/bad-link.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			out(w, `<a href="/list?page=2&amp;q=`+html.EscapeString(q)+`">次へ</a>`)
		},
		"/good-link.php": func(w http.ResponseWriter, _ *http.Request, q string) {
			out(w, `<a href="/list?page=2&amp;q=`+url.QueryEscape(q)+`">次へ</a>`)
		},
		"/good-text.php": func(w http.ResponseWriter, _ *http.Request, q string) { out(w, `<p>`+html.EscapeString(q)+`</p>`) },
	}
	tr, got, _ := each(t, h, ParameterPollution)
	tr.sameList("parameter-pollution", got, h.vulnerable(""))
}
