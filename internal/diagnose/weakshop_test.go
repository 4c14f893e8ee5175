package diagnose_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/assessment"
	"miseban/internal/checks"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/html"
	"miseban/internal/report/jsonl"
	"miseban/internal/report/pdf"
	"miseban/internal/report/sarif"
	"miseban/internal/report/xlsx"
	"miseban/internal/testshop"
	"miseban/internal/wire"
)

var update = flag.Bool("update", false, "write the golden documents anew; read the diff")

// TestWeakShop diagnoses the demo's shop and holds the whole document, in both
// languages, against a golden outline; every format renders it.
func TestWeakShop(t *testing.T) {
	t.Parallel()
	o := testshop.WeakShop()
	o.Now = func() time.Time { return now }
	d := try(t, o, nil)
	d.run.Ended = now.Add(time.Minute)
	var editions []*guideline.Edition
	for _, id := range []string{"ipa-ec-2023", "ipa-wkd", "ipa-websec-7"} {
		e, err := guideline.Load(id)
		if err != nil {
			t.Fatal(err)
		}
		editions = append(editions, e)
	}
	a := assessment.New(d.run, editions, nil, now.Add(time.Hour), checks.Catalogue)
	kept := map[wire.ExchangeID]*wire.Exchange{}
	for _, ex := range d.site.Exchanges {
		kept[ex.ID] = ex
	}
	in := report.Input{Suites: checks.All, Ledger: d.ledger, Exchange: func(_ context.Context, id wire.ExchangeID) (*wire.Exchange, error) { return kept[id], nil }}
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		doc, err := report.Build(t.Context(), a, in, l)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", "weakshop."+string(l)+".golden"), steady(outline(doc), d))
		for name, write := range map[string]func(io.Writer, *report.Document) error{
			"html": html.Write, "pdf": pdf.Write, "xlsx": xlsx.Write, "sarif": sarif.Write, "jsonl": jsonl.Write,
		} {
			var b bytes.Buffer
			if err := write(&b, doc); err != nil {
				t.Errorf("%s %s: %v", l, name, err)
			}
			if b.Len() < 10_000 {
				t.Errorf("%s %s: only %d bytes", l, name, b.Len())
			}
		}
	}
}

// outline is a document as text: what a reader meets, section by section.
func outline(d *report.Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s — %s\n%s: %s\n", d.Title, d.Subtitle, d.Grade.ID, d.Grade.Name)
	for _, s := range d.Sections {
		fmt.Fprintf(&b, "\n# %s\n", s.Title)
		for _, x := range s.Blocks {
			switch x := x.(type) {
			case report.Heading:
				fmt.Fprintf(&b, "%s %s\n", strings.Repeat("#", x.Level), x.Text)
			case report.Prose:
				fmt.Fprintln(&b, x.Markdown)
			case report.Facts:
				for _, r := range x.Rows {
					fmt.Fprintf(&b, "- %s: %s\n", r.Name, r.Value)
				}
			case report.Table:
				fmt.Fprintf(&b, "| %s |\n", strings.Join(x.Head, " | "))
				for _, r := range x.Rows {
					for _, c := range r {
						fmt.Fprintf(&b, "| %s ", strings.ReplaceAll(c.Text, "\n", " / "))
					}
					fmt.Fprintln(&b, "|")
				}
			case report.Callout:
				fmt.Fprintf(&b, "> %s: %s\n", x.Title, x.Markdown)
			case report.Bars:
				for _, r := range x.Rows {
					fmt.Fprintf(&b, "= %s %d\n", r.Label, r.Value)
				}
			case report.Code:
				fmt.Fprintf(&b, "    %s\n", x.Text)
			case report.FindingCard:
				f := d.Findings[x.Index]
				fmt.Fprintf(&b, "* %s [%s, %s] %s\n  %s\n", f.ID, f.SeverityName, f.ConfidenceName, f.Title, f.Seen)
			}
		}
	}
	return b.String()
}

var (
	ports  = regexp.MustCompile(`127\.0\.0\.([0-9]+):[0-9]+`)
	hashes = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	sizes  = regexp.MustCompile(`[0-9.]+ (MB|KB)\b`)
	within = regexp.MustCompile(`(最大|at most) [0-9]+ `)
	// Which of two checks that share a question asks it first is luck.
	shared = regexp.MustCompile(`(?m)^\| (?:検査「.*」|Check: .*) \| [0-9]+ \|\n`)
	spans  = regexp.MustCompile(`(?m)^(- (?:期間|Period): ).*$`)
)

// steady replaces what differs from run to run: ports, hashes, sizes.
func steady(s string, d diagnosed) string {
	s = ports.ReplaceAllString(s, "127.0.0.$1:PORT")
	s = hashes.ReplaceAllString(s, "SUM")
	s = sizes.ReplaceAllString(s, "SIZE")
	s = within.ReplaceAllString(s, "$1 N ")
	s = shared.ReplaceAllString(s, "")
	return spans.ReplaceAllString(s, "${1}SPAN")
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got; go test ./internal/diagnose -update writes it anew):\n%s", file, diff)
	}
}
