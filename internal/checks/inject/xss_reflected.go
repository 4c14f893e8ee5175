package inject

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// XSSReflected asks whether a value that comes back in the answer can leave the
// place where it stands, so that who makes a customer open an address can put a
// script into the shop's page. The proof is a parse of the answer: an element,
// an attribute or a variable with a random name that was not there before.
var XSSReflected = &check.Check{
	Name: "xss-reflected", Level: wire.Active, Severity: check.Medium, CWE: 79,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		w, err := check.Ask(ctx, p, probe.Plan)
		if err != nil {
			return err
		}
		err = probe.Each(ctx, p, onTheWire, func(ctx context.Context, t *probe.Target) error {
			s, before, err := scripted(ctx, p, t)
			if err != nil || s == nil {
				return err
			}
			f := p.Report(s.answer.Ex, t.Where(), i18n.Args{"parameter": t.Name})
			tell(f, t, s, before)
			temper(f, t, s.answer, s.made)
			return nil
		})
		for _, s := range w.Markers.Spread() {
			if len(s.Made) > 0 {
				elsewhere(p, &s)
			}
		}
		return err
	},
}

// onTheWire leaves out what only a browser sees.
func onTheWire(t *probe.Target) bool { return t.Via != probe.ViaFragment }

// temper says less where less can be done: a policy keeps inline scripts from
// running, or nobody else can make a customer's browser send the value.
func temper(f *check.Finding, t *probe.Target, a *probe.Answer, e probe.Escape) {
	switch {
	case probe.Curbed(a.Page, e):
		f.Case, f.Severity = "csp", check.Low
	case t.Via == probe.ViaCookie || t.Via == probe.ViaHeader:
		f.Case, f.Severity = "own", check.Low
	}
}

// elsewhere reports a value that turned up raw in the answer to another request.
func elsewhere(p *check.Pass, s *probe.Sown) {
	f := p.Report(s.Page.Ex, s.Page.Ex.Path(), i18n.Args{"parameter": s.Point, "target": s.Target})
	f.Case, f.Parameter = "elsewhere", s.Point
	made := madeWords(s.Made[0])
	f.Words = map[string]i18n.Text{"made": made}
	f.Evidence = append(f.Evidence, s.In)
	f.Excerpt = around(s.Page.Text, s.Marker.Tail, s.Made[0])
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: "「" + s.Target + "」に送った値が、別のページ " + s.Page.Ex.Path() + " に出て、" + made.JA + "。",
			EN: "What was sent to \"" + s.Target + "\" came back on another page, " + s.Page.Ex.Path() + ": " + made.EN + ".",
		},
		Steps: []check.ProofStep{
			{Value: s.Marker.Probe(), Saw: i18n.Text{JA: "送信した値", EN: "what was sent"}, Evidence: s.In},
			{Value: s.Marker.Probe(), Saw: made, Evidence: s.Page.Ex.ID},
		},
		Agreed: 1, Tried: 1,
	}
}
