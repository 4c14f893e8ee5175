package inject

import (
	"context"
	"net/url"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// ParameterPollution asks whether a value can add parameters of its own to the
// links and forms of a page, because it is written into their addresses without
// URL encoding.
var ParameterPollution = &check.Check{
	Name: "parameter-pollution", Level: wire.Active, Severity: check.Info, CWE: 235,
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return probe.Each(ctx, p, onTheWire, func(ctx context.Context, t *probe.Target) error {
			return pollutes(ctx, p, t)
		})
	},
}

var pollution = probe.Ship("parameter pollution", func(v string, r *probe.Rand) string { return v + "&" + r.Letters(8) + "=1" })

func pollutes(ctx context.Context, p *check.Pass, t *probe.Target) error {
	r, err := t.Reflection(ctx, p)
	if err != nil {
		return err
	}
	worth := false
	for _, pl := range r.Places {
		and := pl.Fate["&"]
		worth = worth || pl.Kind == probe.InAttribute && (pl.Attr == "href" || pl.Attr == "action") && !pl.Start && (and == "&" || and == "&amp;")
	}
	if !worth {
		return nil
	}
	value := pollution.Make(t.Sample, probe.NewRand(p.Derive("pollution "+t.ID)))
	a, err := t.Send(ctx, p, value, probe.Because("a parameter inside a value"))
	if err != nil {
		return err
	}
	name := strings.TrimSuffix(value[strings.LastIndexByte(value, '&')+1:], "=1")
	has := func(u *url.URL) bool { return u != nil && u.Query().Has(name) }
	for _, l := range a.Page.Links {
		if l.From != "a" && l.From != "area" || !has(l.URL) {
			continue
		}
		return polluted(p, t, a, l.URL.String())
	}
	for _, f := range a.Page.Forms {
		if has(f.Action) {
			return polluted(p, t, a, f.Action.String())
		}
	}
	return nil
}

func polluted(p *check.Pass, t *probe.Target, a *probe.Answer, link string) error {
	f := p.Report(a.Ex, t.Where(), i18n.Args{"parameter": t.Name, "value": a.Value, "link": link})
	f.Parameter = t.Name
	f.Words = map[string]i18n.Text{"way": t.Words()}
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: t.Words().JA + "に「" + a.Value + "」を送ると、ページのリンク先が " + link + " になり、パラメータが増えました。",
			EN: "With \"" + a.Value + "\" in " + t.Words().EN + ", a link of the page became " + link + " and got a parameter.",
		},
		Steps: []check.ProofStep{{Value: a.Value, Saw: i18n.Text{JA: "リンクのパラメータが増えました", EN: "a link got a parameter"}, Evidence: a.Ex.ID}},
		Curl:  probe.Curl(a.Sent()), Agreed: 1, Tried: 1,
	}
	return nil
}
