package report

import (
	"slices"
	"strings"
	"testing"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestReadProse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		md   string
		want []Para
	}{
		{"", nil},
		{"一行目\n二行目", []Para{{Kind: Plain, Spans: []Span{{Text: "一行目二行目"}}}}},
		{"one\ntwo 三\n四", []Para{{Kind: Plain, Spans: []Span{{Text: "one two 三四"}}}}},
		{"**これは公表された平均です。**予測ではありません。", []Para{{Kind: Plain, Spans: []Span{{Text: "これは公表された平均です。", Bold: true}, {Text: "予測ではありません。"}}}}},
		{"設定「**必須**」の`a*b`", []Para{{Kind: Plain, Spans: []Span{{Text: "設定「"}, {Text: "必須", Bold: true}, {Text: "」の"}, {Text: "a*b", Code: true}}}}},
		{"2 * 3 * 4", []Para{{Kind: Plain, Spans: []Span{{Text: "2 * 3 * 4"}}}}},
		{"- a\n- b\n  1. c", []Para{
			{Kind: Listed, Depth: 1, First: true, Spans: []Span{{Text: "a"}}}, {Kind: Listed, Depth: 1, First: true, Spans: []Span{{Text: "b"}}},
			{Kind: Listed, Depth: 2, Number: 1, First: true, Spans: []Span{{Text: "c"}}},
		}},
		{"```\n<b>\n\nx\n```", []Para{{Kind: Fenced, Code: "<b>\n\nx"}}},
		{"[IPA](https://www.ipa.go.jp/) [x](javascript:alert(1)) <b>y</b> ![z](https://x.example/z.png)", []Para{{Kind: Plain, Spans: []Span{{Text: "IPA", URL: "https://www.ipa.go.jp/"}, {Text: " x <b>y</b> z"}}}}},
		{"# no heading", []Para{{Kind: Plain, Spans: []Span{{Text: "# no heading"}}}}},
	} {
		if diff := cmp.Diff(c.want, ReadProse(c.md)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.md, diff)
		}
	}
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	got := PlainText("**太字**と`code`\n\n1. 一\n2. 二\n   - 内\n\n[IPA](https://www.ipa.go.jp/)")
	want := "太字とcode\n1. 一\n2. 二\n  ・ 内\nIPA (https://www.ipa.go.jp/)"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzReadProse(f *testing.F) {
	for _, s := range []string{"- a\n\n  b\n- c", "**a**b*c*", "```\nx", "[a](b)", "1. x\n\n   ```\n   y\n   ```", "\xff**\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, md string) {
		for _, p := range ReadProse(md) {
			if p.Depth < 0 || p.Kind == Listed && p.Depth == 0 {
				t.Errorf("%q: %+v", md, p)
			}
			for _, s := range p.Spans {
				if s.URL != "" && !strings.HasPrefix(s.URL, "http") && s.URL[0] != '#' {
					t.Errorf("%q links to %q", md, s.URL)
				}
			}
		}
	})
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"店番 Miseban\n\t1": "店番 Miseban\n\t1", "a\x00b\x1b[31m": "a␀b␛[31m", "x\r\ny": "x␍\ny", "\u202Egpj": "⟨U+202E⟩gpj", "a\u200bb": "a⟨U+200B⟩b",
		"\xff": "\uFFFD", "👩\u200d👧": "👩\u200d👧", "\x7f\u0085": "␡⟨U+0085⟩", "\uFFFE": "⟨U+FFFE⟩",
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("a\x00\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Visible(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, hides) || strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
			t.Errorf("Visible(%q) = %q", s, got)
		}
		if Visible(got) != got {
			t.Errorf("Visible changes its own %q", got)
		}
	})
}

// TestIndentedCode proves that code that stands in a text by four spaces is
// there, line by line.
func TestIndentedCode(t *testing.T) {
	t.Parallel()
	paras := ReadProse("    <?php\n    start();\n\n次の行を加えます。\n\n    limit_req zone=login;\n      burst=5;\n\nおわり。")
	var got []string
	for _, p := range paras {
		if p.Kind == Fenced {
			got = append(got, "code:"+p.Code)
		} else {
			got = append(got, p.Spans[0].Text)
		}
	}
	want := []string{"code:<?php\nstart();", "次の行を加えます。", "code:limit_req zone=login;\n  burst=5;", "おわり。"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestShopsWordsAreNoMarkdown proves that what a shop sent is shown as it is.
func TestShopsWordsAreNoMarkdown(t *testing.T) {
	t.Parallel()
	for _, s := range []string{`ho***@chaya.example, in***@chaya.example`, `[a](https://evil.example/)`, "`x` \\. C:\\*", `a\*b`} {
		f := escaped(&check.Finding{Args: i18n.Args{"v": s}, Words: map[string]i18n.Text{"w": {JA: s, EN: s}}})
		for _, md := range []string{f.Args["v"], f.Words["w"].JA, f.Words["w"].EN} {
			p := ReadProse("見た値: " + md)
			if len(p) != 1 || len(p[0].Spans) != 1 || p[0].Spans[0].Text != "見た値: "+s {
				t.Errorf("%q became %+v", s, p)
			}
		}
	}
}
