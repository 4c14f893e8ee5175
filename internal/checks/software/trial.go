package software

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// maxTrials is how many vulnerabilities of one product are tried.
const maxTrials = 6

// trial is what trying one vulnerability showed.
type trial struct {
	match intel.Match
	open  bool // or closed
	said  i18n.Text
	pg    *page.Page
	sent  *wire.Request
	extra []wire.ExchangeID
}

// tries asks for each vulnerability that may be open and can be tried without
// harm whether it is. It needs level active; what decides nothing stays a possibility.
func tries(ctx context.Context, p *check.Pass, product string, matches []intel.Match) ([]*trial, error) {
	if p.Scope.Level < wire.Active && p.Scope.Level != wire.Offline {
		return nil, nil
	}
	s, err := check.Ask(ctx, p, inventory)
	if err != nil {
		return nil, err
	}
	at := (&asker{p: p, b: p.Site.Intel, stock: s}).place(product)
	var out []*trial
	n := 0
	for _, m := range matches {
		if m.Advisory.Trial == nil || m.Outcome == intel.No || n >= maxTrials {
			continue
		}
		n++
		t, err := try(ctx, p, at.prefix, m)
		if err != nil {
			return out, err
		}
		if t != nil {
			out = append(out, t)
		}
	}
	return out, nil
}

// try carries out one trial; nil when its answers decide nothing.
func try(ctx context.Context, p *check.Pass, prefix string, m intel.Match) (*trial, error) {
	t := m.Advisory.Trial
	word := probe.NewRand(p.Derive("trial " + m.Advisory.ID)).Letters(10)
	host := word + "." + probe.ReservedHost
	ask := func(path, why string) (*page.Page, *wire.Request, error) {
		u, err := url.Parse(prefix + t.Fill(path, word, host))
		if err != nil {
			return nil, nil, err
		}
		r := &wire.Request{Method: http.MethodGet, URL: p.Site.Start.ResolveReference(u), Level: wire.Active, Origin: wire.Origin{Why: why}}
		if t.Host {
			r.Header = http.Header{"Host": {host}}
			r.Injected, r.Parameter = []string{host}, "header Host"
		}
		for name, values := range u.Query() {
			r.Injected, r.Parameter = append(r.Injected, values...), cmp.Or(r.Parameter, "query "+name)
		}
		pg, err := p.Do(ctx, r)
		switch {
		case err == nil:
			return pg, r, nil
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case errors.Is(err, wire.ErrStopped), errors.Is(err, wire.ErrBudget), errors.Is(err, wire.ErrWindow):
			return nil, nil, err
		}
		return nil, nil, nil // only this address: it then decides nothing
	}
	pg, sent, err := ask(t.Path, "is "+m.Advisory.Name()+" open")
	if err != nil || pg == nil || pg.Challenge != "" {
		return nil, err
	}
	switch {
	case t.Sees(&t.Open, pg.Ex.Status, pg.Text, word, host):
		out := &trial{match: m, open: true, said: t.Open.Said, pg: pg, sent: sent}
		if t.Other == "" {
			return out, nil
		}
		other, _, err := ask(t.Other, "what cannot show it")
		if err != nil || other == nil || t.Sees(&t.Open, other.Ex.Status, other.Text, word, host) {
			return nil, err
		}
		out.extra = append(out.extra, other.Ex.ID)
		return out, nil
	case t.Sees(&t.Closed, pg.Ex.Status, pg.Text, word, host):
		out := &trial{match: m, said: t.Closed.Said, pg: pg, sent: sent}
		if t.Beside == "" {
			return out, nil
		}
		beside, _, err := ask(t.Beside, "whether the product lies here")
		if err != nil || beside == nil || beside.Ex.Status != http.StatusOK || beside.HTML() {
			return nil, err
		}
		out.extra = append(out.extra, beside.Ex.ID)
		return out, nil
	}
	return nil, nil
}

// settle reports what trials decided and leaves the matches that stay questions.
func (a *advised) settle(p *check.Pass, all []*trial) {
	a.matches = slices.DeleteFunc(slices.Clone(a.matches), func(m intel.Match) bool {
		return slices.ContainsFunc(all, func(t *trial) bool { return t.match.Advisory == m.Advisory })
	})
	for _, t := range all {
		if !t.open && t.match.Outcome == intel.Unknown {
			continue // nobody had said that it may apply
		}
		f := a.one(p, []intel.Match{t.match})
		f.Evidence = append([]wire.ExchangeID{t.pg.Ex.ID}, append(t.extra, f.Evidence...)...)
		f.Words["said"] = t.said
		if a.version.JA == "" {
			f.Words["version"] = i18n.Text{JA: "バージョン不明", EN: "version unknown"}
		}
		f.Proof = &check.Proof{
			Words: i18n.Text{JA: t.said.JA + "。", EN: strings.ToUpper(t.said.EN[:1]) + t.said.EN[1:] + "."},
			Steps: []check.ProofStep{{Value: t.sent.URL.RequestURI(), Saw: t.said, Evidence: t.pg.Ex.ID}},
			Curl:  probe.Curl(t.sent), Agreed: 1, Tried: 1,
		}
		f.Confidence, f.Case = check.Confirmed, "open"
		if !t.open {
			f.Case, f.Severity, f.CVSS31, f.CVSS40 = "closed", check.Info, "", ""
		}
	}
}
