package exposure

import (
	"context"
	"path"
	"regexp"
	"slices"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// DataDirectoryExposed asks whether the inner folders of EC-CUBE stand inside
// the public one. The proof is a template that comes with every copy: it is
// harmless, and what lies beside it is not.
var DataDirectoryExposed = &check.Check{
	Name: "data-directory-exposed", Level: wire.Safe, Severity: check.High, CWE: 552,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		r, err := check.Ask(ctx, p, runningFact)
		if err != nil {
			return err
		}
		if r.elsewhere(p) {
			return nil
		}
		if !r.has(eccube) {
			p.NotApplicable("EC-CUBE は使われていないため、対象外です。", nil)
			return nil
		}
		finds, err := look(ctx, p, r, innerFiles(r), 4<<10, provesTemplate)
		report(p, finds)
		return err
	},
}

func innerFiles(r *running) []string {
	out := r.paths(
		candidate{path: "data/Smarty/templates/default/site_frame.tpl", of: eccube2},
		candidate{path: "src/Eccube/Resource/template/default/default_frame.twig", of: eccube3 | eccube4},
		candidate{path: "app/template/default/default_frame.twig", of: eccube3 | eccube4},
	)
	for _, base := range r.bases[1:] { // EC-CUBE 2 keeps data/ beside html/
		if up := path.Join(base, "../data/Smarty/templates/default/site_frame.tpl"); r.has(eccube2) && !slices.Contains(out, up) {
			out = append(out, up)
		}
	}
	return out
}

var (
	smartyTag = regexp.MustCompile(`<!--\{[*$/a-z][^}]{0,200}\}-->`)
	twigTag   = regexp.MustCompile(`\{%-? (?:block|extends|include|if|for|set|endblock|form_theme) ?[^%]{0,200}%\}`)
)

// provesTemplate wants the marks of a template that was not run; the page that
// a template makes has none, and this one may well be sent as HTML.
func provesTemplate(pg *page.Page) *proof {
	if pg.Ex.Status != 200 || pg.Challenge != "" {
		return nil
	}
	tags := smartyTag.FindAllString(pg.Text, 3)
	if path.Ext(pg.Ex.Path()) == ".twig" {
		tags = twigTag.FindAllString(pg.Text, 3)
	}
	if len(tags) < 2 {
		return nil
	}
	return &proof{Args: i18n.Args{"folder": folderOf(pg.Ex.URL)}, Excerpt: clip(tags[0]+" "+tags[1], 120)}
}
