package pdf_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/pdf"
	"miseban/internal/report/reporttest"
)

// write returns the file's bytes. With REPORT_OUT set it also keeps the file there, to look at.
func write(t testing.TB, d *report.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pdf.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("REPORT_OUT"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+".pdf"), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// poppler runs one of poppler's tools on the file, an independent reader.
func poppler(t *testing.T, file []byte, tool string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Skip(tool + " is not installed: the PDF was not read back")
	}
	name := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if tool == "pdftotext" {
		args = append(args, name, "-")
	} else {
		args = append(args, name)
	}
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), tool, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("%s: %v\n%s", tool, err, errs.String())
	}
	return out.String()
}

// squeeze drops all white space: lines may end anywhere.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

func TestTextCanBeReadBack(t *testing.T) {
	t.Parallel()
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		t.Run(string(l), func(t *testing.T) {
			t.Parallel()
			d := reporttest.Small(l)
			text := squeeze(poppler(t, write(t, d), "pdftotext"))
			want := []string{d.Title, d.Shop, d.Grade.Name, d.Grade.Advice, d.Terms[0].Meaning, d.Ledger.LastSum}
			for _, f := range d.Findings {
				want = append(want, f.ID, f.Title, f.URL, report.PlainText(f.Developer)[:12], f.References[0].URL, f.Excerpt)
				for _, e := range f.Evidence {
					want = append(want, e.ResponseHead)
				}
			}
			for _, r := range d.Requirements {
				want = append(want, r.Title, r.VerdictName)
			}
			for _, w := range want {
				if !strings.Contains(text, squeeze(w)) {
					t.Errorf("%q is not in the PDF", w)
				}
			}
		})
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		t.Run(string(l), func(t *testing.T) {
			t.Parallel()
			d := reporttest.Small(l)
			pages := strings.Split(strings.TrimSuffix(poppler(t, write(t, d), "pdftotext", "-layout"), "\f"), "\f")
			for i, p := range pages {
				number := fmt.Sprintf("%d / %d", i+1, len(pages))
				if has := strings.Contains(p, number); has != (i > 0) {
					t.Errorf("page %d: number %q there: %v", i+1, number, has)
				}
				if i > 0 && !strings.Contains(p, d.Subtitle) {
					t.Errorf("page %d names no shop", i+1)
				}
			}
			begins := func(title string) (n int) {
				for i, p := range pages[2:] {
					lines := strings.FieldsFunc(p, func(r rune) bool { return r == '\n' })
					if len(lines) > 1 && squeeze(lines[1]) == squeeze(title) { // the first line is the running head
						return i + 3
					}
				}
				return 0
			}
			executive, next := begins(d.Sections[1].Title), begins(d.Sections[2].Title)
			if executive != 3 || next != 4 {
				t.Errorf("the executive page begins on page %d, the next chapter on %d; want 3 and 4", executive, next)
			}
			for _, s := range d.Sections[1:] {
				at := begins(s.Title)
				if at == 0 || !regexp.MustCompile(regexp.QuoteMeta(s.Title)+`[ .]+`+strconv.Itoa(at)+`\b`).MatchString(pages[1]) {
					t.Errorf("%q begins on page %d; the contents say otherwise:\n%s", s.Title, at, pages[1])
				}
			}
		})
	}
}

func TestDocumentInformation(t *testing.T) {
	t.Parallel()
	d := reporttest.Small(i18n.JA)
	b := write(t, d)
	info := poppler(t, b, "pdfinfo")
	for _, want := range []string{"Title:           " + d.Title + " " + d.Subtitle, "Subject:         " + d.Shop, "Author:          Miseban", "JavaScript:      no", "(A4)"} {
		if !strings.Contains(info, want) {
			t.Errorf("no %q in\n%s", want, info)
		}
	}
	for _, want := range []string{"/Lang (ja)", "/DisplayDocTitle true", "/PageMode /UseOutlines"} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("no %s in the file", want)
		}
	}
	if fonts := poppler(t, b, "pdffonts"); strings.Count(fonts, "yes yes yes") != 3 {
		t.Errorf("the fonts are not embedded subsets with their characters:\n%s", fonts)
	}
}

// TestIndex follows the file's two cross-reference tables: each entry leads to
// its object, and each outline entry to objects that are there.
func TestIndex(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]*report.Document{"small": reporttest.Small(i18n.EN), "empty": reporttest.Empty(i18n.JA), "hostile": reporttest.Hostile(i18n.EN)} {
		b := write(t, d)
		m := regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(b)
		if m == nil {
			t.Fatalf("%s: the file has no end", name)
		}
		at, _ := strconv.Atoi(string(m[1]))
		objects := map[int]bool{}
		for tables := 0; at > 0; tables++ {
			table := string(b[at:])
			head, _, _ := strings.Cut(table, "trailer")
			id := 0
			for _, line := range strings.Split(head, "\n")[1:] {
				f := strings.Fields(line)
				switch {
				case len(f) == 2:
					id, _ = strconv.Atoi(f[0])
					continue
				case len(f) == 3 && f[2] == "n":
					off, _ := strconv.Atoi(f[0])
					if want := fmt.Sprintf("%d 0 obj\n", id); !bytes.HasPrefix(b[off:], []byte(want)) {
						t.Errorf("%s: object %d is not at %d", name, id, off)
					}
					objects[id] = true
				}
				id++
			}
			prev := regexp.MustCompile(`trailer\n<<[^>]*/Prev (\d+)`).FindStringSubmatch(table)
			if prev == nil || tables > 0 {
				break
			}
			at, _ = strconv.Atoi(prev[1])
		}
		for _, ref := range regexp.MustCompile(`/(?:First|Last|Next|Prev|Parent|Outlines|Dest \[)\s*(\d+) 0 R`).FindAllSubmatch(b, -1) {
			if id, _ := strconv.Atoi(string(ref[1])); !objects[id] {
				t.Errorf("%s: %s leads nowhere", name, ref[0])
			}
		}
		if n := bytes.Count(b, []byte("/Parent ")); n < len(d.Findings) {
			t.Errorf("%s: %d entries with a parent for %d findings", name, n, len(d.Findings))
		}
	}
}

// TestProof: a proof and the line that repeats it stand on paper, whole.
func TestProof(t *testing.T) {
	t.Parallel()
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		d := reporttest.Active(l)
		text := squeeze(poppler(t, write(t, d), "pdftotext"))
		p := d.Findings[3].Proof
		for _, want := range []string{report.ProofTitle(l), p.Words, p.Repeated(l), p.Steps[1].Saw, p.Curl} {
			if n := strings.Count(text, squeeze(want)); n != 2 {
				t.Errorf("%s: %q stands %d times, want 2", l, want, n)
			}
		}
	}
}

// TestMalice proves that words of a shop stay words: nothing acts, nothing vanishes.
func TestMalice(t *testing.T) {
	t.Parallel()
	b := write(t, reporttest.Hostile(i18n.JA))
	if bytes.Contains(b, []byte("/JavaScript")) || bytes.Contains(b, []byte("/Launch")) || bytes.Contains(b, []byte("evil.example")) {
		t.Error("something in the file acts")
	}
	for _, m := range regexp.MustCompile(`/URI \(([^)]*)\)`).FindAllSubmatch(b, -1) {
		if !regexp.MustCompile(`^https://(cwe\.mitre\.org|www\.rfc-editor\.org|jvn\.jp|www\.cve\.org|www\.ipa\.go\.jp)/`).Match(m[1]) {
			t.Errorf("a link leads to %s", m[1])
		}
	}
	text := squeeze(poppler(t, b, "pdftotext"))
	for _, want := range []string{
		`<script>alert("MALICE")</script>`, `</style></pre></details></td></table></body><h1>MALICE</h1>`, `=cmd|'/Ccalc'!A0MALICE`, `@SUM(1+1)MALICE`,
		"〈U+202E〉gpj.exe", "〓野家", strings.Repeat("長い名前", 75), strings.Repeat("x", 300), `{{.Title}}${7*7}%s%d`, "を「〓」で示しました",
	} {
		if !strings.Contains(text, squeeze(want)) {
			t.Errorf("%q is not in the PDF", want)
		}
	}
}
