package pdf

import (
	"bytes"
	"strings"
	"testing"

	"miseban/internal/i18n"
	"miseban/internal/report"
)

// TestLeaflet: two pages, whatever the language.
func TestLeaflet(t *testing.T) {
	t.Parallel()
	x := &Leaflet{Document: &report.Document{Lang: i18n.JA, Title: strings.Repeat("長い題", 12)}, Lead: strings.Repeat("本文。", 30), Back: "裏", Why: "なぜ", First: "最初", Step: strings.Repeat("三つを尋ねる。", 12), Call: "こちら", URL: "https://miseban.example.jp/?from=a", Sources: "出典"}
	for range 6 {
		x.Numbers = append(x.Numbers, LeafletNumber{"約5,700万円", strings.Repeat("売上", 12), strings.Repeat("調査、", 20)})
	}
	for range 7 {
		x.Items = append(x.Items, strings.Repeat("決める", 9))
	}
	x.Reasons = []string{"a", "b", "c"}
	var b bytes.Buffer
	if err := WriteLeaflet(&b, x); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(b.Bytes(), []byte("/Type /Page\n")); n != 2 {
		t.Errorf("%d pages", n)
	}
	x.URL = strings.Repeat("x", 5000)
	if err := WriteLeaflet(&b, x); err == nil {
		t.Error("an address that no code can hold is taken")
	}
}
