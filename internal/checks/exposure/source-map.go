package exposure

import (
	"context"
	"net/url"
	"path"
	"regexp"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// SourceMap asks whether the maps that scripts name, with the source as it was
// written, are public. Only maps that a script names are asked for.
var SourceMap = &check.Check{
	Name: "source-map", Level: wire.Safe, Severity: check.Low, CWE: 540,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		r, err := check.Ask(ctx, p, runningFact)
		if err != nil {
			return err
		}
		var paths []string
		for _, pg := range p.Site.Pages {
			if pg.HTML() || path.Ext(pg.URL.Path) != ".js" && path.Ext(pg.URL.Path) != ".mjs" || pg.Ex.Status != 200 || !p.Scope.HasOrigin(pg.URL) {
				continue
			}
			p.ExaminedPage(pg)
			m := mapOf(pg)
			switch {
			case m == "" || libraryFile.MatchString(pg.URL.Path):
			case strings.HasPrefix(m, "data:"):
				p.Report(pg.Ex, where(pg.URL), i18n.Args{"script": where(pg.URL)}).Case = "inline"
			default:
				if u, err := pg.URL.Parse(m); err == nil && u.Host == r.root.Host && p.Scope.HasOrigin(u) && len(paths) < mostMaps {
					paths = append(paths, where(u))
				}
			}
		}
		finds, err := look(ctx, p, r, paths, 64<<10, provesMap)
		report(p, finds)
		return err
	},
}

const mostMaps = 5

var (
	mapComment = regexp.MustCompile(`(?m)(?://|/\*)[#@] ?sourceMappingURL=([^\s*'"]+)`)
	mapShape   = regexp.MustCompile(`(?s)^\s*(?:\)\]\}'\s*)?\{.*"(?:sources|mappings|sections)"\s*:`)
	mapVersion = regexp.MustCompile(`"version"\s*:\s*3\b`)
	mapSource  = regexp.MustCompile(`"sources"\s*:\s*\[([^\]]{0,900})`)
	// libraryFile names public libraries: their source is public anyway.
	libraryFile = regexp.MustCompile(`(?i)(?:jquery|bootstrap|swiper|vue|react|lodash|moment|popper|slick)[\w.-]*\.js$|/(?:vendor|node_modules|wp-includes)/`)
)

// mapOf is the address of the map that a script names, "" for none.
func mapOf(pg *page.Page) string {
	for _, h := range []string{"SourceMap", "X-SourceMap"} {
		if v := strings.TrimSpace(pg.Ex.Header.Get(h)); v != "" {
			return v
		}
	}
	all := mapComment.FindAllStringSubmatch(pg.Text, -1)
	if len(all) == 0 {
		return ""
	}
	m := all[len(all)-1][1]
	if _, err := url.Parse(m); err != nil && !strings.HasPrefix(m, "data:") {
		return ""
	}
	return m
}

func provesMap(pg *page.Page) *proof {
	b := string(plain(pg))
	if !mapShape.MatchString(b) || !mapVersion.MatchString(b) && !pg.Ex.Truncated {
		return nil
	}
	files := ""
	if m := mapSource.FindStringSubmatch(b); m != nil {
		files = clip(strings.Join(strings.FieldsFunc(m[1], func(r rune) bool { return strings.ContainsRune("\", \r\n\t", r) }), ", "), 120)
	}
	x := &proof{Args: i18n.Args{"files": files}, Excerpt: files}
	if strings.Contains(b, `"sourcesContent"`) {
		x.Case = "source"
	}
	return x
}
