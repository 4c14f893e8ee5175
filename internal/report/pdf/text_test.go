package pdf

import (
	"strings"
	"testing"

	"miseban/internal/report"
)

func newSetter(t testing.TB) *setter {
	t.Helper()
	fam, err := loadFamily()
	if err != nil {
		t.Fatal(err)
	}
	return &setter{regular: face{&fam.regular, map[rune]float64{}}, bold: face{&fam.bold, map[rune]float64{}}, lost: map[rune]int{}}
}

func texts(lines []line) []string {
	var out []string
	for _, l := range lines {
		s := ""
		for _, p := range l.pieces {
			s += p.text
		}
		out = append(out, s)
	}
	return out
}

// TestKinsoku sets a text in every width: no line may begin or end with what
// Japanese typesetting forbids there, and no character may be lost.
func TestKinsoku(t *testing.T) {
	t.Parallel()
	const source = "サーバの設定で、「http://」へのアクセスを（すべて）「https://」へ転送してください。ちょっと待って！「はい」か『いいえ』、どちらですか？データベース・サーバー（MySQL 8.0）は、ヴァージョンを確認。"
	const notFirst, notLast = "、。，．」』）！？・ーゃゅょっァィ", "「『（"
	s := newSetter(t)
	st := style{10, 16, false, ink, nil}
	for width := 60.0; width < 400; width += 7 {
		lines := texts(s.set([]span{{text: source, style: st}}, width, false))
		if got := strings.Join(lines, ""); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(source, " ", "") {
			t.Fatalf("width %.0f: characters were lost:\n%s", width, got)
		}
		for i, l := range lines {
			if i > 0 && strings.ContainsAny(l[:3], notFirst) {
				t.Errorf("width %.0f: line %q begins with what may not begin a line", width, l)
			}
			if r := []rune(l); i < len(lines)-1 && strings.ContainsRune(notLast, r[len(r)-1]) {
				t.Errorf("width %.0f: line %q ends with what may not end a line", width, l)
			}
		}
	}
}

func TestLatinWordsStayWhole(t *testing.T) {
	t.Parallel()
	s := newSetter(t)
	st := style{10, 16, false, ink, nil}
	words := map[string]bool{}
	const source = "Weaknesses that can lead to a leak or to tampering were found on the checkout page."
	for _, w := range strings.Fields(source) {
		words[w] = true
	}
	for width := 70.0; width < 300; width += 11 {
		for _, l := range texts(s.set([]span{{text: source, style: st}}, width, false)) {
			for _, w := range strings.Fields(l) {
				if !words[w] {
					t.Errorf("width %.0f: %q was broken", width, w)
				}
			}
		}
	}
	long := "https://shop.example/" + strings.Repeat("abcdefghij", 20)
	for _, anywhere := range []bool{true, false} {
		lines := s.set([]span{{text: long, style: st}}, 120, anywhere)
		if got := strings.Join(texts(lines), ""); got != long {
			t.Errorf("a long address became %q", got)
		}
		for _, l := range lines {
			if l.end() > 121 {
				t.Errorf("a line of a long address is %.0f wide", l.end())
			}
		}
	}
}

func TestLostCharacters(t *testing.T) {
	t.Parallel()
	s := newSetter(t)
	got := texts(s.set([]span{{text: "絵\U0001F600文字 \u202eabc\x00 ①㈱髙﨑 🍵茶", style: style{10, 16, false, ink, nil}}}, 500, false))
	if want := "絵〓文字 〈U+202E〉abc□ ①㈱髙﨑 〓茶"; len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if s.lost['\U0001F600'] != 1 || s.lost['🍵'] != 1 || len(s.lost) != 2 {
		t.Errorf("lost %v", s.lost)
	}
}

// TestRowsAreNotCut lays out tables and looks at where each cell's lines went.
func TestRowsAreNotCut(t *testing.T) {
	t.Parallel()
	s := newSetter(t)
	l := &layout{setter: *s, doc: &report.Document{}, x0: left, x1: right, scale: 1, marks: map[string]mark{}}
	l.newPage()
	var tab report.Table
	tab.Head = []string{"HEAD", "B"}
	for range 60 {
		tab.Rows = append(tab.Rows, []report.Cell{{Text: "a\nb\nc\nd"}, {Text: "x"}})
	}
	tab.Rows = append(tab.Rows, []report.Cell{{Text: strings.Repeat("long\n", 200)}, {Text: "y"}})
	l.table(tab)
	heads, long := 0, 0
	for i, p := range l.pages {
		count := map[string]int{}
		for _, o := range p.over {
			count[o.text]++
			if o.y > bottom+1 || o.y < top {
				t.Errorf("page %d: %q at %.0f is off the page", i+1, o.text, o.y)
			}
		}
		heads += count["HEAD"]
		long += count["long"]
		if count["a"] != count["d"] || count["a"] != count["x"] {
			t.Errorf("page %d: a row was cut: %v", i+1, count)
		}
	}
	if heads != len(l.pages) || long != 200 {
		t.Errorf("%d heads on %d pages, %d of 200 lines of the long row", heads, len(l.pages), long)
	}
}

func FuzzSet(f *testing.F) {
	s := newSetter(f)
	for _, x := range []string{"日本語 text", "\x00\xff", "👩\u200d👧", "a\n\nb", "    ", "（（（", "e\u0301\u0301"} {
		f.Add(x, 40.0, false)
		f.Add(x, 3.0, true)
	}
	f.Fuzz(func(t *testing.T, text string, width float64, anywhere bool) {
		if !(width > 0 && width < 2000) || len(text) > 4000 {
			t.Skip()
		}
		st := style{10, 16, false, ink, nil}
		want := strings.Join(strings.Fields(strings.ReplaceAll(s.settle(text, &s.regular), "\r", "")), "")
		got := strings.Join(strings.Fields(strings.Join(texts(s.set([]span{{text: text, style: st}}, width, anywhere)), "")), "")
		if got != want {
			t.Errorf("%q in %.1f became %q, want %q", text, width, got, want)
		}
	})
}
