package html_test

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/html"
	"miseban/internal/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t testing.TB, d *report.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := html.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func parse(t testing.TB, b []byte) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestGolden keeps the pages as they were looked at. The style sheet is left out.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		got := string(render(t, reporttest.Small(l)))
		head, rest, _ := strings.Cut(got, "<style>")
		_, body, ok := strings.Cut(rest, "</style>")
		if !ok {
			t.Fatal("no style sheet in the page")
		}
		got = head + "<style></style>" + body
		file := "testdata/small." + string(l) + ".html"
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s differs (-want +got; -update writes it anew):\n%s", file, diff)
		}
	}
}

// TestProof: what proves a finding stands right after what was seen, also
// where the card refers to another for the repair.
func TestProof(t *testing.T) {
	t.Parallel()
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		d := reporttest.Active(l)
		page := parse(t, render(t, d))
		for _, id := range []string{"F-04", "F-05"} {
			card := page.Find("#" + id)
			p := d.Findings[3].Proof
			if got := card.Find("h4").Eq(1).Text(); got != report.ProofTitle(l) {
				t.Errorf("%s %s: the second part is %q", l, id, got)
			}
			if got := card.Find(".proof tbody tr").Length(); got != 3 {
				t.Errorf("%s %s: %d steps", l, id, got)
			}
			if got := card.Find(".proof pre").Text(); got != p.Curl {
				t.Errorf("%s %s: curl %q", l, id, got)
			}
			if got := card.Find(".proof .facts").Text(); !strings.Contains(got, p.Words) || !strings.Contains(got, "5") {
				t.Errorf("%s %s: words %q", l, id, got)
			}
		}
		if page.Find("#F-01 .proof").Length() != 0 {
			t.Errorf("%s: a proof where there is none", l)
		}
	}
}

// TestNothingComesFromData renders malice and parses the page as a browser
// does: every element, attribute and link must be one that the template makes.
func TestNothingComesFromData(t *testing.T) {
	t.Parallel()
	elements := strings.Fields("html head meta title style body a header p h1 h2 h3 h4 div dl dt dd nav ol ul li main section table caption colgroup col thead tbody tr th td span figure figcaption pre code wbr strong article details summary footer")
	attributes := strings.Fields("lang charset name content http-equiv class id href style role scope data-label aria-labelledby aria-hidden tabindex dir rel start")
	for name, d := range map[string]*report.Document{"ja": reporttest.Hostile(i18n.JA), "en": reporttest.Hostile(i18n.EN), "empty": reporttest.Empty(i18n.EN), "small": reporttest.Small(i18n.JA)} {
		raw := render(t, d)
		page := parse(t, raw)
		page.Find("*").Each(func(_ int, s *goquery.Selection) {
			n := s.Nodes[0]
			if !slices.Contains(elements, n.Data) {
				t.Errorf("%s: element <%s> in the page", name, n.Data)
			}
			for _, a := range n.Attr {
				if !slices.Contains(attributes, a.Key) {
					t.Errorf("%s: attribute %s=%q on <%s>", name, a.Key, a.Val, n.Data)
				}
				if a.Key == "style" && strings.Trim(a.Val, "0123456789.%em:widths") != "" {
					t.Errorf("%s: style %q", name, a.Val)
				}
				if a.Key == "href" && !strings.HasPrefix(a.Val, "#") && !strings.HasPrefix(a.Val, "https://") {
					t.Errorf("%s: link to %q", name, a.Val)
				}
				if a.Key == "href" && strings.Contains(a.Val, "evil.example") {
					t.Errorf("%s: a shop's link acts: %q", name, a.Val)
				}
			}
		})
		if bytes.ContainsAny(raw, "\x00\x01\x1b\x7f") || bytes.Contains(raw, []byte("\u202e")) || bytes.Contains(raw, []byte("\u200b")) {
			t.Errorf("%s: hidden characters in the page", name)
		}
		if strings.HasPrefix(name, "empty") || name == "small" {
			continue
		}
		text := page.Find("main").Text()
		for _, m := range []string{`<script>alert("MALICE")</script>`, `</style></pre></details>`, `=HYPERLINK(`, "⟨U+202E⟩gpj.exe", "␀␁␛[31m", "👨\u200d👩\u200d👧", "𠮷野家", "{{.Title}}"} {
			if !strings.Contains(text, m) {
				t.Errorf("%s: %q is not shown", name, m)
			}
		}
	}
}

func TestStructure(t *testing.T) {
	t.Parallel()
	for _, d := range []*report.Document{reporttest.Small(i18n.JA), reporttest.Small(i18n.EN), reporttest.Empty(i18n.JA)} {
		raw := render(t, d)
		page := parse(t, raw)
		if got := page.Find("html").AttrOr("lang", ""); got != string(d.Lang) {
			t.Errorf("lang %q, want %q", got, d.Lang)
		}
		for _, one := range []string{"main", "h1", "header", "nav", "footer", "title", "style"} {
			if n := page.Find(one).Length(); n != 1 {
				t.Errorf("%d × <%s>, want 1", n, one)
			}
		}
		csp := page.Find(`meta[http-equiv="Content-Security-Policy"]`).AttrOr("content", "")
		if !strings.HasPrefix(csp, "default-src 'none'; style-src 'unsafe-inline'") {
			t.Errorf("policy %q", csp)
		}
		if strings.Contains(string(raw), "url(") || strings.Contains(string(raw), "@import") {
			t.Error("the style sheet fetches something")
		}
		ids := map[string]bool{}
		page.Find("[id]").Each(func(_ int, s *goquery.Selection) {
			id := s.AttrOr("id", "")
			if ids[id] {
				t.Errorf("id %q twice", id)
			}
			ids[id] = true
		})
		page.Find(`a[href^="#"]`).Each(func(_ int, s *goquery.Selection) {
			if to := s.AttrOr("href", "")[1:]; !ids[to] {
				t.Errorf("link to #%s leads nowhere", to)
			}
		})
		last := 1
		page.Find("h1, h2, h3, h4, h5, h6").Each(func(_ int, s *goquery.Selection) {
			level := int(s.Nodes[0].Data[1] - '0')
			if level > last+1 {
				t.Errorf("h%d %q after h%d", level, s.Text(), last)
			}
			last = level
		})
		page.Find("td").Each(func(_ int, s *goquery.Selection) {
			if s.AttrOr("data-label", "") == "" {
				t.Errorf("cell %q has no label for the phone", s.Text())
			}
		})
		page.Find(".tone").Each(func(_ int, s *goquery.Selection) {
			if strings.TrimSpace(s.Text()) == "" {
				t.Error("a tone without a word")
			}
		})
	}
}

func TestProse(t *testing.T) {
	t.Parallel()
	d := reporttest.Small(i18n.JA)
	d.Sections = []report.Section{{ID: "s", Title: "S", Blocks: []report.Block{report.Prose{Markdown: "一行目\n二行目 and\nmore `a<b`。**重要。**次に\n\n- 一\n  - 内\n- 二\n\n1. x\n2. y\n\n[外](https://www.ipa.go.jp/) [悪](javascript:alert(1)) ![絵](https://x.example/p.png) <b>x</b>\n\n# 見出しではない\n\n```\n<pre>\n```"}}}}
	got, err := parse(t, render(t, d)).Find(".prose").Html()
	if err != nil {
		t.Fatal(err)
	}
	want := `<p>一行目二行目 and more <code class="whole">a&lt;b</code>。<strong>重要。</strong>次に</p>` +
		`<ul><li><p>一</p><ul><li><p>内</p></li></ul></li><li><p>二</p></li></ul><ol><li><p>x</p></li><li><p>y</p></li></ol>` +
		`<p><a href="https://www.ipa.go.jp/" rel="noreferrer noopener external">外</a> 悪 絵 &lt;b&gt;x&lt;/b&gt;</p><p># 見出しではない</p><pre><code>&lt;pre&gt;</code></pre>`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("prose (-want +got):\n%s", diff)
	}
}
