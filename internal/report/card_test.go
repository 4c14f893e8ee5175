package report

import (
	"testing"

	"miseban/internal/i18n"
)

// TestSameRepairIsSaidOnce has three findings of one check and one of another.
func TestSameRepairIsSaidOnce(t *testing.T) {
	t.Parallel()
	d := &Document{Lang: i18n.JA, Findings: []Finding{
		{ID: "F-01", Check: "a", Why: "w", Operator: "o", References: []Reference{{Text: "CWE-1"}}}, {ID: "F-02", Check: "a", Why: "w", Operator: "o", Seen: "s", References: []Reference{{Text: "CWE-1"}}},
		{ID: "F-03", Check: "a", Why: "w", Operator: "other"}, {ID: "F-04", Check: "b", Why: "w", Operator: "other"},
	}}
	for i, want := range []int{0, 0, 2, 3} {
		if got := d.sameRepair(i); got != want {
			t.Errorf("sameRepair(%d) = %d, want %d", i, got, want)
		}
	}
	c := d.Card(1)
	if len(c.Parts) != 2 || c.Parts[0].Markdown != "s" || c.Parts[1].Markdown != "[F-01](#F-01) と同じです。まとめて直してください。" || len(c.References) != 0 {
		t.Errorf("second card %+v", c)
	}
	if c := d.Card(0); len(c.Parts) != 2 || c.Parts[0].Markdown != "w" || len(c.References) != 1 {
		t.Errorf("first card %+v", c)
	}
}

// TestCookiesAreShownByName proves that evidence shows no value that looks like a session.
func TestCookiesAreShownByName(t *testing.T) {
	t.Parallel()
	e := Evidence{
		RequestHead:  "GET /cart HTTP/1.1\nHost: shop.example\nUser-Agent: x\nCookie: _ga=GA1.2.3; eccube=8bfa1fef0f73; empty=",
		ResponseHead: "HTTP/2.0 200 OK\nset-cookie: eccube=8bfa1fef0f73; Path=/; HttpOnly\nset-cookie: seen=●●●●\ncontent-length: 3",
	}
	want := "GET /cart HTTP/2\nHost: shop.example\nCookie: _ga=***; eccube=***; empty=\n\nHTTP/2.0 200 OK\nset-cookie: eccube=***; Path=/; HttpOnly\nset-cookie: seen=●●●●\ncontent-length: 3"
	if got := e.text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
