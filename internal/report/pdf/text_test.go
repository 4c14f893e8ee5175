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
	s := fam.setter()
	return &s
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
	st := style{10, 16, false, ink, nil, false}
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
	st := style{10, 16, false, ink, nil, false}
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

// TestHostNames sets names that are longer than their column: they are taken
// apart where their parts are joined.
func TestHostNames(t *testing.T) {
	t.Parallel()
	s := newSetter(t)
	st := style{10, 16, false, ink, nil, false}
	const name = "static.assets.my-tea-museum.example.co.jp:8443"
	for width := 75.0; width < 200; width += 9 {
		lines := texts(s.set([]span{{text: name, style: st}}, width, false))
		if got := strings.Join(lines, ""); got != name {
			t.Fatalf("width %.0f: %q", width, got)
		}
		for _, l := range lines[:len(lines)-1] {
			if !strings.ContainsAny(l[len(l)-1:], ".-:") {
				t.Errorf("width %.0f: a line ends with %q", width, l)
			}
		}
	}
}

func TestLostCharacters(t *testing.T) {
	t.Parallel()
	s := newSetter(t)
	got := texts(s.set([]span{{text: "絵\U0001F600文字 \u202eabc\x00 ①㈱髙﨑 🍵茶", style: style{10, 16, false, ink, nil, false}}}, 500, false))
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
		st := style{10, 16, false, ink, nil, false}
		want := strings.Join(strings.Fields(strings.ReplaceAll(s.settle(text, style{}), "\r", "")), "")
		got := strings.Join(strings.Fields(strings.Join(texts(s.set([]span{{text: text, style: st}}, width, anywhere)), "")), "")
		if got != want {
			t.Errorf("%q in %.1f became %q, want %q", text, width, got, want)
		}
	})
}

// TestNoLonelyCharacter sets texts in every width: none ends in a line of one or
// two characters where a shorter line before could have helped.
func TestNoLonelyCharacter(t *testing.T) {
	t.Parallel()
	s := newSetter(t)
	st := style{10, 16, false, ink, nil, false}
	const source = "サポートの終わったサーバソフトウェアが動いている可能性があるので、提供元に確かめてください。"
	for width := 120.0; width < 400; width += 3 {
		lines := s.set([]span{{text: source, style: st}}, width, false)
		if got := strings.Join(texts(lines), ""); got != source {
			t.Fatalf("width %.0f: characters were lost: %s", width, got)
		}
		if n := len(lines); n > 1 && lonely(lines[n-1]) {
			t.Errorf("width %.0f: the last line is %q", width, texts(lines)[n-1])
		}
	}
}

// TestCodeInASentence proves that code is set in its own face, that what the
// face lacks comes from the other, and that short code and paths are not broken.
func TestCodeInASentence(t *testing.T) {
	t.Parallel()
	s := newSetter(t)
	st := style{10, 16, false, ink, nil, false}
	code := style{9.2, 16, false, ink, &codePaper, true}
	for width := 100.0; width < 300; width += 7 {
		spans := []span{{text: "修正版の番号は ", style: st}, {text: "-p1 値", style: code}, {text: " のように書き、送信先（/order/card）を確かめます。", style: st}}
		lines := s.set(spans, width, false)
		found := false
		for _, l := range lines {
			for _, p := range l.pieces {
				if p.mono && strings.ContainsAny(p.text, "値修") || !p.mono && strings.Contains(p.text, "-p1") {
					t.Errorf("width %.0f: %q is set in the wrong face", width, p.text)
				}
			}
		}
		for _, l := range texts(lines) {
			found = found || strings.Contains(l, "-p1 値")
			if strings.HasSuffix(l, "（/") {
				t.Errorf("width %.0f: a line ends with %q", width, l)
			}
		}
		if !found {
			t.Errorf("width %.0f: the code was broken: %q", width, texts(lines))
		}
	}
}

// TestKeptTogether lays out headings, introductions, tables and cards with the
// page in every state of fullness: nothing stands alone at the foot of a page.
func TestKeptTogether(t *testing.T) {
	t.Parallel()
	tab := report.Table{Head: []string{"番号", "要件"}}
	for _, height := range []int{1, 7, 1, 1} {
		tab.Rows = append(tab.Rows, []report.Cell{{Text: "行"}, {Text: strings.TrimSuffix(strings.Repeat("内容\n", height), "\n")}})
	}
	section := report.Section{Blocks: []report.Block{report.Heading{Level: 2, Text: "見出し"}, report.Prose{Markdown: "次の表を見てください。"}, tab}}
	doc := &report.Document{Findings: []report.Finding{{ID: "F-01", Title: "題", Seen: "見つかった。", Why: "なぜ。", URL: "https://shop.example/", SeverityName: "高", ConfidenceName: "確認済"}}}
	at := func(l *layout, text string) int {
		for i, p := range l.pages {
			for _, o := range p.over {
				if o.kind == opText && o.text == text {
					return i
				}
			}
		}
		t.Fatalf("%q is on no page", text)
		return 0
	}
	for used := 0.0; used < bottom-top; used += 9 {
		l := &layout{setter: *newSetter(t), doc: doc, x0: left, x1: right, scale: 1, marks: map[string]mark{}}
		l.newPage()
		l.y += used
		for i, b := range section.Blocks {
			if h, ok := b.(report.Heading); ok {
				l.heading(h, l.follows(section.Blocks[i+1:]))
			} else {
				l.block(b)
			}
		}
		if a, b, c := at(l, "見出し"), at(l, "次の表を見てください。"), at(l, "行"); a != b || b != c {
			t.Errorf("%.0f used: heading, introduction and table begin on pages %d, %d, %d", used, a+1, b+1, c+1)
		}
		for i, p := range l.pages {
			n := 0
			for _, o := range p.over {
				if o.text == "行" {
					n++
				}
			}
			if n == 1 {
				t.Errorf("%.0f used: page %d has a single row", used, i+1)
			}
		}
		c := &layout{setter: *newSetter(t), doc: doc, x0: left, x1: right, scale: 1, marks: map[string]mark{}}
		c.newPage()
		c.y += used
		c.card(0)
		if a, b := at(c, "題"), at(c, "なぜ。"); a != b {
			t.Errorf("%.0f used: a short card begins on page %d and ends on %d", used, a+1, b+1)
		}
	}
}
