package inject

import (
	"context"
	"slices"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
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
			if err != nil {
				return err
			}
			if s == nil {
				return commented(ctx, p, t)
			}
			f := p.Report(s.answer.Ex, t.Where(), i18n.Args{"parameter": t.Name})
			tell(f, t, s, before)
			temper(f, t, s.on, s.made)
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
func temper(f *check.Finding, t *probe.Target, on *page.Page, e probe.Escape) {
	switch {
	case probe.Curbed(on, e):
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

// commented looks at values that come back in an HTML comment. What would leave
// it is never sent, so this stays a possibility, for a person to confirm.
func commented(ctx context.Context, p *check.Pass, t *probe.Target) error {
	r, err := t.Reflection(ctx, p)
	if err != nil || r.Blocked {
		return err
	}
	for _, pl := range r.Places {
		if pl.Kind != probe.InComment || pl.Quote != "" || !pl.Fate.Raw("<") || !pl.Fate.Raw(">") {
			continue
		}
		value := probe.Dashed.Make("", probe.NewRand(p.Derive("comment "+t.ID)))
		a, err := t.Send(ctx, p, value, probe.Because("whether dashes come back in a comment"))
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(a.Pages(), func(pg *page.Page) bool { return probe.Open(pg, value) }) {
			return nil
		}
		f := p.Report(a.Ex, t.Where(), i18n.Args{"parameter": t.Name})
		f.Case, f.Parameter, f.Confidence = "comment", t.Name, check.Possible
		f.Words = map[string]i18n.Text{"way": t.Words()}
		f.Excerpt = around(a.Said(), value, probe.Escape{})
		f.Proof = &check.Proof{
			Words: i18n.Text{
				JA: t.Words().JA + "に「" + value + "」を送ると、HTML のコメントの中にそのまま戻りました。コメントを終わらせる記号（ハイフン 2 つと >）は、データベースに届いたときに危険なため送っていません。",
				EN: "\"" + value + "\" in " + t.Words().EN + " came back unchanged inside an HTML comment. The signs that end a comment (two dashes and >) were not sent, because they are dangerous where they reach a database.",
			},
			Steps: []check.ProofStep{{Value: value, Saw: i18n.Text{JA: "コメントの中にそのまま戻りました", EN: "it came back unchanged in a comment"}, Evidence: a.Ex.ID}},
			Curl:  probe.Curl(a.Sent()), Agreed: 1, Tried: 1,
		}
		return nil
	}
	return nil
}
