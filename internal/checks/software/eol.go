package software

import (
	"slices"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
)

// frozen are releases that distributions ship and mend without a new number,
// and that were not the last of their branch: who shows one most likely has it
// from there.
var frozen = map[string][]string{
	"php":    {"5.4.16", "7.2.24", "7.4.3", "8.1.2"},
	"apache": {"2.2.15"},
}

// runtimeEOL reports the printed versions of server software whose branch gets
// no more fixes. It says whether any version was seen at all.
func runtimeEOL(p *check.Pass, s *stock, items []*item) (seen bool) {
	for _, it := range items {
		for _, h := range it.printed() {
			life := p.Site.Intel.EOL(it.product.ID, h.Version, p.Site.Now)
			seen = true
			p.Examined(it.ex)
			args := i18n.Args{"version": h.Version.String(), "branch": life.Branch, "ends": "", "sign": h.Text}
			switch life.Support {
			case intel.Ended:
				args["ends"] = life.End.Ends.Format("2006-01-02")
			case intel.Superseded:
			case intel.SupportUnknown:
				p.Unsure("{name} {version} のサポート期限は、診断が使う情報に収録されていません。", i18n.Args{"name": it.product.Name.JA, "version": h.Version.String()})
				continue
			default:
				continue
			}
			f := p.Report(it.ex, p.Site.Start.Hostname(), args)
			f.Parameter, f.Excerpt = it.product.Name.EN+" "+h.Version.String(), h.Text
			f.Words = map[string]i18n.Text{"name": it.product.Name}
			if life.End.Source != "" {
				f.References = []string{life.End.Source}
			}
			mended := h.Version.Packaged() || s.vendor != "" || slices.Contains(frozen[it.product.ID], h.Version.Upstream().String())
			switch {
			case life.Support == intel.Superseded:
				f.Case, f.Severity, f.Confidence = "superseded", check.Low, check.Possible
			case mended && life.Distributed:
				f.Case, f.Severity, f.Confidence = "distributed", check.Low, check.Possible
			}
		}
	}
	return seen
}
