package probe

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// Whatever a shop answers, reading it ends, stays in bounds, and what does not
// hold the marker proves nothing.
func FuzzContext(f *testing.F) {
	m := testRegistry.New("fuzz", "t", "q", "f")
	for _, e := range readEchoes(f) {
		f.Add(e.fill(e.body, m.Probe()), e.header.Get("Content-Type"))
	}
	f.Add("<"+m.Head, "text/html")
	f.Add("<a b="+m.Head+"<script>'"+m.Head, "text/html")
	f.Add("<svg><style><!--"+m.Probe()+"<noscript><p title=\"</noscript>", "text/html")
	f.Fuzz(func(t *testing.T, body, ct string) {
		if len(body) > 4096 {
			return
		}
		u, _ := url.Parse("http://shop.test/")
		pg := page.Parse(&wire.Exchange{ID: "1", Status: 200, URL: u, Header: http.Header{"Content-Type": {ct}}, Body: []byte(body)})
		for _, p := range Places(pg, m) {
			if p.from < 0 || p.to > len(pg.Text) || p.from > p.to {
				t.Fatalf("%+v outside the text", p)
			}
			if p.Words().JA == "" || p.Words().EN == "" {
				t.Fatalf("%+v has no words", p)
			}
			for _, w := range Leaves(pg, &p, m.Name()) {
				if !strings.Contains(asciiLower(w.Fill(m.Name())), m.Name()) {
					t.Fatalf("way %q without the name", w.Value)
				}
			}
		}
		if got := Escapes(pg.Tree(), m.Name()); len(got) > 0 && !strings.Contains(asciiLower(body), m.Name()) {
			for _, e := range got {
				if e.Made != MadeSource && !strings.ContainsAny(body, "&%\\\x1b") {
					t.Fatalf("%v out of nothing", e)
				}
			}
		}
	})
}
