package probe

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"miseban/internal/page"
	"miseban/internal/wire"
)

func answerPage(id, text, head string) *page.Page {
	u, _ := url.Parse("http://shop.test/log")
	return page.Parse(&wire.Exchange{ID: wire.ExchangeID(id), Status: 200, URL: u, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte(text), ResponseHead: []byte(head)})
}

func TestMarkersAreDifferent(t *testing.T) {
	t.Parallel()
	r := NewRegistry(testRegistry.derive)
	seen := map[string]bool{}
	for i := range 2000 {
		m := r.New("c", "GET /", "q", fmt.Sprint(i))
		for _, half := range []string{m.Head, m.Tail} {
			if seen[half] || strings.Trim(half, "abcdefghijklmnopqrstuvwxyz") != "" {
				t.Fatalf("half %q of marker %d", half, i)
			}
			seen[half] = true
		}
		if err := wire.Harmless(m.Probe()); err != nil {
			t.Fatal(err)
		}
		if r.New("c", "GET /", "q", fmt.Sprint(i)) != m {
			t.Fatalf("marker %d is not the same again", i)
		}
	}
}

// A value that turns up in the answer to another request is noticed there, and
// only there.
func TestMarkersFoundElsewhere(t *testing.T) {
	t.Parallel()
	r := NewRegistry(testRegistry.derive)
	a, b := r.New("xss", "GET /search query q", "q", "1"), r.New("xss", "GET /list query page", "page", "1")
	r.Sent(a, "e1")
	r.Sent(b, "e2")
	if got := r.Look(answerPage("e1", "<p>"+a.Tag()+"</p>", ""), a); len(got) != 0 {
		t.Errorf("own answer: %v", got)
	}
	own := answerPage("e3", a.Head, "")
	own.Ex.RequestHead = []byte("GET /search?q=" + a.Probe() + " HTTP/1.1\r\n\r\n")
	if got := r.Look(own); len(got) != 0 {
		t.Errorf("an answer to a request that carried it: %v", got)
	}
	got := r.Look(answerPage("e9", "<p>recent: "+strings.ToUpper(a.Head)+" …</p>", "HTTP/1.1 200 OK\r\nX-Last: "+b.Tail+"\r\n\r\n"))
	if len(got) != 2 || got[0].Target != "GET /search query q" || got[1].Target != "GET /list query page" {
		t.Errorf("got %+v", got)
	}
	if again := r.Look(answerPage("e9", a.Head, "")); len(again) != 0 {
		t.Errorf("the same answer told twice: %v", again)
	}
	c := r.New("xss", "GET /review query text", "text", "1")
	r.Look(answerPage("e10", "<p>「"+c.Probe()+"」</p>", ""))
	if spread := r.Spread(); len(spread) != 3 || len(spread[1].Made) != 1 || spread[1].Page.Ex.ID != "e10" || len(spread[0].Made) != 0 {
		t.Errorf("spread %+v", spread)
	}
	if spread := r.Spread(); len(spread) != 3 || spread[2].Seen[0] != "e9" {
		t.Errorf("spread %+v", spread)
	}
}
