package script

import (
	"context"
	"regexp"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// numbered is an address that names a release, whose content does not change.
var numbered = regexp.MustCompile(`[@/_.-]v?\d+\.\d+(?:\.\d+)?(?:[/_.@-]|$)`)

// WithoutSRI asks whether unchanging files of other companies are pinned by
// their hash. Scripts that their owner changes by design (tag managers, payment
// providers) cannot be, and are no fault.
var WithoutSRI = &check.Check{
	Name: "script-without-sri", Level: wire.Passive, Severity: check.Medium, CWE: 353,
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		list, err := check.Ask(ctx, p, uses)
		if err != nil {
			return err
		}
		examined(p)
		for _, u := range list {
			if !u.third {
				continue
			}
			if u.party != nil && u.party.Warn.JA != "" {
				f := p.Report(u.pages[0].Ex, u.key, i18n.Args{"pages": paths(u.pages)})
				f.Case, f.Severity = "abused", check.High
				f.Words = map[string]i18n.Text{"owner": u.party.Name, "warn": u.party.Warn}
				evidence(f, u.pages)
				continue
			}
			if len(u.bare) == 0 || !unchanging(u) {
				continue
			}
			f := p.Report(u.bare[0].Ex, u.key, i18n.Args{"pages": paths(u.bare)})
			evidence(f, u.bare)
			if !anyDecisive(u.bare) {
				f.Case, f.Severity = "elsewhere", check.Low
			}
		}
		return nil
	},
}

// unchanging says that the address should give the same bytes for ever.
func unchanging(u *use) bool {
	if u.party != nil && u.party.Kind != intel.PartyCDN && u.party.Kind != intel.PartyEmbed {
		return false
	}
	return numbered.MatchString(u.url.Path)
}

func anyDecisive(pages []*page.Page) bool {
	for _, pg := range pages {
		if decisive(pg.Kind) || check.Purchase(pg) {
			return true
		}
	}
	return false
}
