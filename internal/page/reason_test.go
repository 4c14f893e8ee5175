package page

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Each reason that the labelled samples and the pages of known kind bring out can be said in Japanese.
func TestReasonsSpeakJapanese(t *testing.T) {
	t.Parallel()
	kana := regexp.MustCompile(`[ぁ-ん]`)
	check := func(why string) {
		if r := Reason(why); !kana.MatchString(r.JA) || r.EN != why || strings.Contains(r.JA, "{x}") {
			t.Errorf("%q: %q", why, r.JA)
		}
	}
	for _, f := range []string{"tuning", "heldout"} {
		for _, s := range samples(t, "testdata/labelled/"+f+".tsv") {
			_, why := s.classify(t)
			check(why)
		}
	}
	b, err := os.ReadFile("testdata/kinds.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range strings.Split(string(b), "\n") {
		if c := strings.SplitN(row, "\t", 4); len(c) == 4 {
			check(Parse(answer(t, "https://shop.test"+c[2], "text/html; charset=utf-8", c[3])).KindWhy)
		}
	}
}
