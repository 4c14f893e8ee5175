package inject

import (
	"html"
	"net/http"
	"strings"
	"sync"
	"testing"

	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// reviews keeps what is posted and shows it on another page by show.
type reviews struct {
	show func(string) string
	drop func(string) bool
	// enctype of the form; a form that says multipart takes nothing else.
	enctype string

	mu   sync.Mutex
	kept []string
	sent map[string]int
}

func (s *reviews) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent == nil {
		s.sent = map[string]int{}
	}
	if r.Method == http.MethodPost {
		s.sent[r.URL.Path]++
	}
	switch r.URL.Path {
	case "/review":
		if r.Method == http.MethodPost {
			if s.enctype != "" && !strings.HasPrefix(r.Header.Get("Content-Type"), s.enctype) {
				http.Error(w, "not in parts", http.StatusBadRequest)
				return
			}
			if v := r.FormValue("comment"); s.drop == nil || !s.drop(v) {
				s.kept = append(s.kept, v)
			}
			http.Redirect(w, r, "/voices", http.StatusSeeOther)
			return
		}
		out(w, `<form method="post" action="/review" enctype="`+s.enctype+`"><label>ご感想<textarea name="comment" required></textarea></label><input type="hidden" name="item" value="7"><button>投稿する</button></form>`)
	case "/voices":
		body := ""
		for _, v := range s.kept {
			body += s.show(v)
		}
		out(w, "<h2>お客様の声</h2>"+body)
	case "/order", "/leave", "/password":
		button := map[string]string{"/order": "注文を確定する", "/leave": "退会する", "/password": "変更する"}[r.URL.Path]
		out(w, `<form method="post" action="`+r.URL.Path+`"><input name="memo"><input type="password" name="password"><button>`+button+`</button></form>`)
	default:
		out(w, `<a href="/review">書く</a> <a href="/voices">読む</a>`)
	}
}

func TestXSSStored(t *testing.T) {
	t.Parallel()
	escaped := func(f func(string) string) func(string) string {
		return func(v string) string { return f(html.EscapeString(v)) }
	}
	p := func(v string) string { return "<p>" + v + "</p>" }
	for _, c := range []struct {
		name string
		shop *reviews
		want []string
	}{
		{"raw", &reviews{show: p}, []string{"/voices comment"}},
		{"in a script", &reviews{show: func(v string) string {
			return "<script>var v = '" + strings.NewReplacer("<", "&lt;", "\n", " ").Replace(v) + "';</script>"
		}}, []string{"/voices comment"}},
		{"in an attribute", &reviews{show: func(v string) string { return `<img alt="` + strings.NewReplacer("<", "", ">", "").Replace(v) + `">` }}, []string{"/voices comment"}},
		{"in a comment", &reviews{show: func(v string) string { return "<!-- " + v + " -->" }}, []string{"/voices comment comment"}},
		{"in parts", &reviews{show: p, enctype: "multipart/form-data"}, []string{"/voices comment"}},
		{"escaped", &reviews{show: escaped(p)}, nil},
		{"escaped attribute", &reviews{show: escaped(func(v string) string { return `<img alt="` + v + `">` })}, nil},
		{"not shown", &reviews{show: func(string) string { return "" }}, nil},
		{"refused", &reviews{show: p, drop: func(v string) bool { return strings.ContainsAny(v, "<>\"'") }}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrialAt(t, wire.Full, c.shop, "/review", "/voices", "/order", "/leave", "/password")
			res, got := tr.run(XSSStored)
			tr.sameList("xss-stored", got, c.want)
			if c.want == nil && res.Verdict != verdict.Met {
				t.Errorf("verdict %s %v", res.Verdict, res.Reason)
			}
			for path, n := range c.shop.sent {
				if path != "/review" || n > 4 {
					t.Errorf("%d posts to %s", n, path)
				}
			}
			listed := map[string]bool{}
			for _, n := range res.Notes {
				if n.Kind == "created" {
					listed[n.Args["record"]] = true
				}
			}
			if len(listed) != c.shop.sent["/review"] {
				t.Errorf("%d records listed, %d made", len(listed), c.shop.sent["/review"])
			}
		})
	}
}
