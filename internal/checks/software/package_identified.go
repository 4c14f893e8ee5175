package software

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// PackageIdentified gathers the software that the shop shows to use. It finds
// no fault: what it sees fills the inventory of the report.
var PackageIdentified = &check.Check{
	Name: "package-identified", Level: wire.Passive, Severity: check.Info,
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		s, err := check.Ask(ctx, p, inventory)
		if err != nil {
			return err
		}
		for _, it := range s.items {
			p.Examined(it.ex)
			// VersionEstimated knows these better, where the run asks for files.
			if p.Scope.Level >= VersionEstimated.Level && dateable(it) && s.hosted() == nil {
				continue
			}
			p.Note(it.note(versionShown(it)))
		}
		for _, e := range s.extensions {
			of := i18n.Text{JA: "WordPress のプラグイン", EN: "WordPress plug-in"}
			if e.of == "eccube" {
				of = i18n.Text{JA: "EC-CUBE のプラグイン", EN: "EC-CUBE plug-in"}
			}
			p.Examined(e.ex)
			p.Note(check.Note{Kind: "software", Where: e.ex.Path(), Args: i18n.Args{"name": e.code, "version": e.version.String()}, Words: map[string]i18n.Text{"note": of}})
		}
		for _, l := range s.libraries {
			p.Examined(l.first)
			name := l.id
			if pr, ok := p.Site.Intel.Product(l.id); ok {
				name = pr.Name.EN
			}
			p.Note(check.Note{Kind: "software", Where: l.places[0], Args: i18n.Args{"name": name, "version": l.version.String()},
				Words: map[string]i18n.Text{"note": {JA: "JavaScript ライブラリ", EN: "JavaScript library"}}})
		}
		return nil
	},
}

// dateable says that it is software whose version VersionEstimated looks for.
func dateable(it *item) bool {
	switch it.product.Kind {
	case intel.KindPackage, intel.KindPlugin, intel.KindCMS:
		return true
	}
	return false
}

// versionShown is what the crawl alone tells of the version.
func versionShown(it *item) i18n.Text {
	var t i18n.Text
	for i, h := range it.printed() {
		if i > 0 {
			t.JA, t.EN = t.JA+"、", t.EN+", "
		}
		t.JA, t.EN = t.JA+h.Version.String(), t.EN+h.Version.String()
	}
	return t
}

// note is the line of the inventory for it.
func (it *item) note(version i18n.Text) check.Note {
	text := []rune(it.best.Text)
	if len(text) > 80 {
		text = append(text[:80], '…')
	}
	return check.Note{Kind: "software", Where: it.ex.Path(), Args: i18n.Args{"sign": string(text)}, Words: map[string]i18n.Text{
		"name": it.product.Name, "version": version,
		"note": {JA: "見分けた手がかり: " + string(text), EN: "recognised by: " + string(text)},
	}}
}
