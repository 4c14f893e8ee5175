package inject

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// XSSDOM asks whether a page's own scripts make a document, a script or an
// address of what a stranger can put into the page's address, its window's name
// or a message. A tagged value in such a place is a lead; the proof is that the
// browser reads a variable with a random name, which only a value that runs can name.
var XSSDOM = &check.Check{
	Name: "xss-dom", Level: wire.Active, Severity: check.Medium, CWE: 79, Needs: check.Browser,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		all, err := check.Ask(ctx, p, domTrials)
		if err != nil {
			return withoutBrowser(p, err)
		}
		for _, d := range all {
			p.ExaminedPage(d.page)
			if err := d.prove(ctx, p); err != nil {
				return withoutBrowser(p, err)
			}
		}
		if len(all) == 0 {
			for _, pg := range p.Site.HTML() { // no script of theirs reads what a stranger chooses
				p.ExaminedPage(pg)
			}
		}
		return nil
	},
}

// maxDOMProofs bounds the looks with values that run, for one page.
const maxDOMProofs = 6

// prove follows the leads of a page: for each source the values that would run
// where its tag arrived.
func (d *domPage) prove(ctx context.Context, p *check.Pass) error {
	proofs := 0
	inFragment := false
	for i := range sources {
		s := &sources[i]
		tag := d.word + s.letter
		tried := map[string]bool{}
		found := s.letter == "g" && inFragment // the same place, asked in another way
		for _, k := range d.sinks {
			for _, v := range probe.RunsIn(k, tag, d.word) {
				if found || tried[v] || proofs >= maxDOMProofs {
					continue
				}
				tried[v] = true
				proofs++
				t := d.trial()
				s.put(t, v, d)
				got, err := p.Try(ctx, t, v)
				if err != nil {
					return err
				}
				if found = got.Ran || arrived(got, d.word); found {
					inFragment = inFragment || s.letter == "f"
					d.report(p, s, k, v, t, got.Ran)
				}
			}
		}
	}
	return nil
}

// arrived says that a value which runs when a link is followed, or which loads
// a script from elsewhere, reached such a place.
func arrived(got *page.Trialled, word string) bool {
	for _, k := range got.Sinks {
		switch k.Name {
		case "link href", "form action", "script src":
			if strings.Contains(strings.ToLower(k.Value), word) && probe.Runs(k, word) {
				return true
			}
		}
	}
	return false
}

func (d *domPage) report(p *check.Pass, s *source, k page.Sink, value string, t *page.Trial, ran bool) {
	f := p.Report(d.page.Ex, d.page.Ex.Path(), i18n.Args{"sink": k.Name, "value": value, "script": k.Script})
	f.Parameter = s.id
	if s.own {
		f.Case, f.Severity = "own", check.Low
	}
	script := i18n.Text{JA: "ページのスクリプト", EN: "a script of the page"}
	if k.Script != "" {
		script = i18n.Text{JA: "スクリプト " + k.Script, EN: "the script " + k.Script}
	}
	f.Words = map[string]i18n.Text{"source": s.name, "by": script}
	f.Excerpt = k.Name + ": " + k.Value
	saw := i18n.Text{JA: "ブラウザがスクリプトとして実行しました", EN: "the browser ran it as a script"}
	if !ran {
		saw = i18n.Text{JA: "スクリプトを動かすアドレスが " + k.Name + " に入りました", EN: "an address that runs a script was put into " + k.Name}
	}
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: s.name.JA + "に「" + value + "」を入れてページを開くと、" + script.JA + "が " + k.Name + " に渡し、" + saw.JA + "。開いたアドレス: " + t.URL.String(),
			EN: "With \"" + value + "\" in " + s.name.EN + ", " + script.EN + " handed it to " + k.Name + ", and " + saw.EN + ". The address: " + t.URL.String(),
		},
		Steps: []check.ProofStep{
			{Value: d.word + s.letter, Saw: i18n.Text{JA: "目印の文字が " + k.Name + " に渡りました", EN: "the tag reached " + k.Name}, Evidence: d.page.Ex.ID},
			{Value: value, Saw: saw, Evidence: d.page.Ex.ID},
		},
		Agreed: 1, Tried: 1,
	}
}
