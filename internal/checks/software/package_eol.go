package software

import (
	"context"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// PackageEOL asks whether the series of the shop package that runs still gets
// security fixes from its maker.
var PackageEOL = &check.Check{
	Name: "package-eol", Level: wire.Safe, Severity: check.High, CWE: 1104,
	Effort: check.Project, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		s, err := check.Ask(ctx, p, inventory)
		if err != nil {
			return err
		}
		if providers(p, s) {
			return nil
		}
		e, err := check.Ask(ctx, p, versions)
		if err != nil {
			return err
		}
		var unknown []string
		for _, d := range e.find(intel.KindPackage, intel.KindCMS) {
			p.Examined(d.ex)
			if !d.ended(p) {
				unknown = append(unknown, d.product.Name.EN)
			}
		}
		if len(unknown) > 0 {
			p.Unsure("{names} の系列、またはその系列のサポート期限が分からないため、判定できませんでした。", i18n.Args{"names": strings.Join(unknown, ", ")})
		}
		return e.err
	},
}

// ended reports when all series that may run get no more fixes, or some. It is
// false when that cannot be told.
func (d *dated) ended(p *check.Pass) bool {
	var lives []intel.Life
	var branches []string
	add := func(v intel.Version) {
		life := p.Site.Intel.EOL(d.product.ID, v, p.Site.Now)
		if !slices.Contains(branches, life.Branch) {
			branches, lives = append(branches, life.Branch), append(lives, life)
		}
	}
	for _, v := range d.estimate.Versions {
		add(v)
	}
	for _, b := range d.estimate.Branches {
		if v, err := intel.Parse(b); err == nil {
			add(v)
		}
	}
	// A product whose only line is over needs no version (Magento 1).
	if len(lives) == 0 && d.discontinued(p) {
		for _, e := range d.line(p) {
			lives, branches = append(lives, intel.Life{Support: intel.Ended, Branch: e.Branch, End: e}), append(branches, e.Branch)
		}
	}
	var over []intel.Life
	unknown := len(lives) == 0
	for _, l := range lives {
		switch l.Support {
		case intel.Ended, intel.Superseded:
			over = append(over, l)
		case intel.SupportUnknown:
			unknown = true
		}
	}
	if len(over) == 0 {
		return !unknown
	}
	last := over[len(over)-1]
	var names []string
	for _, l := range over {
		names = append(names, l.Branch)
	}
	f := p.Report(d.ex, d.product.ID, i18n.Args{"branch": strings.Join(names, ", "), "ends": ""})
	for _, ex := range d.asked {
		f.Evidence = append(f.Evidence, ex.ID)
	}
	f.Words = map[string]i18n.Text{"name": d.product.Name, "version": d.said()}
	if d.said().JA == "" {
		f.Words["version"] = i18n.Text{JA: "（バージョンは不明）", EN: "(version unknown)"}
	}
	if last.End.Source != "" {
		f.References = []string{last.End.Source}
	}
	switch {
	case last.Support == intel.Superseded:
		f.Case, f.Severity, f.Confidence = "superseded", check.Medium, check.Possible
	default:
		f.Args["ends"] = last.End.Ends.Format("2006-01-02")
	}
	if len(over) < len(lives) {
		f.Confidence = check.Possible
	}
	return true
}

// line is what is known of the ends of the product's own series, not its family's.
func (d *dated) line(p *check.Pass) []intel.End {
	var out []intel.End
	for _, e := range p.Site.Intel.Ends(d.product.ID) {
		v, err := intel.Parse(e.Branch)
		if err == nil && (d.product.First.IsZero() || intel.Compare(v, d.product.First) >= 0) && (d.product.Below.IsZero() || intel.Compare(v, d.product.Below) < 0) {
			out = append(out, e)
		}
	}
	return out
}

// discontinued says that the maker has ended every line of the product, and
// intel knows the day in the maker's own words.
func (d *dated) discontinued(p *check.Pass) bool {
	line := d.line(p)
	return !d.product.Below.IsZero() && len(line) > 0 && !slices.ContainsFunc(line, func(e intel.End) bool {
		return e.Superseded || !e.Verified || p.Site.Now.Before(e.Ends.AddDate(0, 0, 1))
	})
}
