package robust

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// SlowPage asks which kinds of pages keep visitors waiting. One slow answer is
// chance: a page that was slow is asked for twice more, at most three of them.
var SlowPage = &check.Check{
	Name: "slow-page", Level: wire.Passive, Severity: check.Low,
	Effort: check.Work, Fixer: check.ByDeveloper, Enough: check.Enough{Things: 3},
	Run: func(ctx context.Context, p *check.Pass) error {
		groups := byTemplate(p)
		again := 0
		for _, g := range groups {
			for _, pg := range g.pages {
				p.ExaminedPage(pg)
			}
			if g.median() < sluggish && g.worst() < slow {
				continue
			}
			if again < mostAgain {
				again++
				if err := g.ask(ctx, p); err != nil {
					return err
				}
			}
			g.judge(p)
		}
		return nil
	},
}

// slow is when ウェブ健康診断 (M) counts an answer as lost, sluggish is when many visitors leave.
const (
	slow      = 5 * time.Second
	sluggish  = 3 * time.Second
	mostAgain = 3
	samples   = 3
)

// timing is the pages of one template with the times of their answers.
type timing struct {
	pages []*page.Page
	times []time.Duration
	slow  *page.Page // the slowest
}

// byTemplate groups the shop's pages, the slowest kind first.
func byTemplate(p *check.Pass) []*timing {
	var out []*timing
	at := map[string]*timing{}
	for _, pg := range p.Site.HTML() {
		if !p.Scope.HasOrigin(pg.URL) {
			continue
		}
		// A template may serve pages that do different work: the path's shape tells them apart.
		key := pg.Template + " " + page.Shape(pg.URL.String())
		g := at[key]
		if g == nil {
			g = &timing{slow: pg}
			at[key] = g
			out = append(out, g)
		}
		g.pages, g.times = append(g.pages, pg), append(g.times, pg.Ex.TTFB)
		if pg.Ex.TTFB > g.slow.Ex.TTFB {
			g.slow = pg
		}
	}
	slices.SortStableFunc(out, func(a, b *timing) int { return cmp.Compare(b.worst(), a.worst()) })
	return out
}

func (g *timing) median() time.Duration {
	t := slices.Sorted(slices.Values(g.times))
	return t[(len(t)-1)/2]
}

func (g *timing) worst() time.Duration { return slices.Max(g.times) }

// ask takes more samples of the slowest page. A stored run that has none is judged by what it has.
func (g *timing) ask(ctx context.Context, p *check.Pass) error {
	for len(g.times) < samples {
		pg, err := p.Do(ctx, &wire.Request{Method: "GET", URL: g.slow.Ex.URL, Again: true, MaxBody: 64 << 10, Origin: wire.Origin{Why: "is the page always slow"}})
		switch {
		case errors.Is(err, wire.ErrTimeout):
			g.times = append(g.times, slow)
		case errors.Is(err, wire.ErrNotStored), errors.Is(err, wire.ErrAbandoned):
			return nil
		case err != nil:
			return err
		default:
			g.times = append(g.times, pg.Ex.TTFB)
		}
	}
	return nil
}

func (g *timing) judge(p *check.Pass) {
	m := g.median()
	if m < sluggish {
		return
	}
	f := p.Report(g.slow.Ex, g.slow.Ex.Path(), i18n.Args{"seconds": fmt.Sprintf("%.1f", m.Seconds()), "n": fmt.Sprint(len(g.times))})
	if m < slow {
		f.Case, f.Severity = "sluggish", check.Info
	}
	if len(g.times) < 2 {
		f.Confidence = check.Possible
	}
}
