package diagnose_test

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/checks/inject"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/html"
	"miseban/internal/report/jsonl"
	"miseban/internal/report/pdf"
	"miseban/internal/report/sarif"
	"miseban/internal/report/xlsx"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// TestEachFaultActive switches on each fault that only values sent on purpose
// can show: the check it is named after finds it, no verdict changes but those
// declared beside it, and nothing is done to the shop.
func TestEachFaultActive(t *testing.T) {
	if testing.Short() {
		t.Skip("a diagnosis for every case")
	}
	t.Parallel()
	clean := active{}.try(t, testshop.Options{})
	before := verdicts(clean.run)
	for _, c := range inject.Suite.Checks {
		if r := clean.run.Result(c.Name); c.Level <= wire.Active && c.Needs&check.Browser == 0 && c.Severity > check.Info && r.Verdict == verdict.Undetermined {
			t.Errorf("%s could not say met of a careful shop: %s", c.Name, describe(clean.run, c.Name))
		}
	}
	for _, f := range testshop.Faults() {
		c := checkNamed(f.Check())
		if c == nil || !slices.Contains(inject.Suite.Checks, c) || c.Level != wire.Active || c.Needs&check.Browser != 0 {
			continue // TestEachFault, TestMemberFaults, TestFull
		}
		t.Run(strings.ReplaceAll(f.Name, "/", "_"), func(t *testing.T) {
			t.Parallel()
			d := active{}.try(t, testshop.Options{Faults: []string{f.Name}})
			r := d.run.Result(f.Check())
			if r.Verdict != verdict.NotMet {
				t.Errorf("missed: %s", describe(d.run, f.Check()))
			}
			for _, x := range r.Findings {
				if x.Proof == nil || x.Proof.Words.JA == "" || x.Proof.Words.EN == "" || x.Proof.Curl == "" || len(x.Proof.Steps) == 0 {
					t.Errorf("%s at %s without proof: %+v", x.Check, x.Where, x.Proof)
				}
				if !strings.HasPrefix(x.Where, strings.TrimSuffix(f.Where, "{id}")) && f.Where != "*" {
					t.Errorf("found at %s, not %s", x.Where, f.Where)
				}
			}
			for name, v := range verdicts(d.run) {
				if v == verdict.Undetermined && len(d.run.Result(name).Findings) == 0 && slices.Contains(provoking, name) {
					continue // a place that fails at every second value is left alone by all
				}
				if v != before[name] && name != f.Check() && !slices.Contains(f.Also, name) {
					t.Errorf("%s changed from %s: %s", name, before[name], describe(d.run, name))
				}
			}
			harmless(t, d, 0)
		})
	}
}

// TestWeakShopActive: the demo's shop at level active shows what only values
// sent on purpose find, each with its proof in both languages, in every format.
func TestWeakShopActive(t *testing.T) {
	if testing.Short() {
		t.Skip("a diagnosis for every case")
	}
	t.Parallel()
	d := active{}.try(t, testshop.WeakShop())
	in := report.Input{Suites: suites, Ledger: d.ledger}
	e, err := guideline.Load("ipa-ec-2023")
	if err != nil {
		t.Fatal(err)
	}
	a := assessment.New(d.run, []*guideline.Edition{e}, nil, now.Add(time.Hour), checkNamed)
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		doc, err := report.Build(t.Context(), a, in, l)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"sql", "xss-reflected", "path-traversal", "open-redirect", "idor", "session-renewed"} {
			i := slices.IndexFunc(doc.Findings, func(f report.Finding) bool { return f.Check == name })
			if i < 0 {
				t.Errorf("%s: no finding of %s: %s", l, name, describe(d.run, name))
				continue
			}
			if c := checkNamed(name); slices.Contains(provoking, c.Name) && len(doc.Card(i).Proof) == 0 {
				t.Errorf("%s: %s is shown without proof", l, name)
			}
			for _, x := range d.run.Result(name).Findings {
				if x.Proof != nil && strings.ContainsFunc(x.Proof.Curl, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }) {
					t.Errorf("%s: the command is for readers of both languages: %s", name, x.Proof.Curl)
				}
			}
		}
		for name, write := range map[string]func(io.Writer, *report.Document) error{
			"html": html.Write, "pdf": pdf.Write, "xlsx": xlsx.Write, "sarif": sarif.Write, "jsonl": jsonl.Write,
		} {
			if err := write(io.Discard, doc); err != nil {
				t.Errorf("%s %s: %v", l, name, err)
			}
		}
	}
	harmless(t, d, 0)
}
