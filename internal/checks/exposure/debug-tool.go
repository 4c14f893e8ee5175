package exposure

import (
	"context"
	"regexp"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// DebugTool asks whether a developers' tool or debug mode answers visitors.
var DebugTool = &check.Check{
	Name: "debug-tool", Level: wire.Safe, Severity: check.High, CWE: 489,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		r, err := check.Ask(ctx, p, runningFact)
		if err != nil {
			return err
		}
		if r.elsewhere(p) {
			return nil
		}
		finds := toolbars(p)
		// A name that nobody has shows the debug page of frameworks that draw one instead of 404.
		v, err := check.Ask(ctx, p, soft404)
		if err != nil {
			return err
		}
		if blank, err := v.stranger(ctx, p, r.at("/miseban"), 64<<10); err == nil {
			p.Examined(blank.Ex)
			if what := debugPage(blank); what != nil {
				finds = append(finds, find{blank, what})
			}
		} else if final(err) {
			return err
		}
		more, err := look(ctx, p, r, r.paths(debugCandidates...), 64<<10, provesDebug)
		finds = append(finds, more...)
		if dotNet(p) {
			asp, aerr := look(ctx, p, r, []string{"/trace.axd", "/elmah.axd"}, 16<<10, provesDebug)
			finds = append(finds, asp...)
			if err == nil {
				err = aerr
			}
		}
		report(p, finds)
		return err
	},
}

var debugCandidates = []candidate{
	{path: "_profiler/"}, {path: "index_dev.php/_profiler/", of: eccube3}, {path: "app_dev.php/_profiler/", of: eccube3 | prestashop | otherCMS},
	{path: "_ignition/health-check", root: true}, {path: "telescope/requests", root: true}, {path: "rails/info/properties", root: true},
}

// dotNet says that the shop runs on ASP.NET.
func dotNet(p *check.Pass) bool {
	for _, pg := range p.Site.HTML() {
		if strings.Contains(pg.Ex.Header.Get("Server"), "IIS") || strings.Contains(pg.Ex.Header.Get("X-Powered-By"), "ASP.NET") || pg.Ex.Header.Get("X-AspNet-Version") != "" {
			return true
		}
	}
	return false
}

// toolbars finds the debug bar in the pages that a visitor sees, once for the shop.
func toolbars(p *check.Pass) []find {
	for _, pg := range p.Site.HTML() {
		p.ExaminedPage(pg)
		if pg.Ex.Header.Get("X-Debug-Token-Link") != "" || strings.Contains(pg.Text, `id="sfwdt`) || strings.Contains(pg.Text, `class="sf-toolbar`) {
			return []find{{pg, &proof{Case: "toolbar", Args: i18n.Args{"name": "Symfony Web Debug Toolbar"}, Excerpt: clip(pg.Ex.Header.Get("X-Debug-Token-Link"), 80)}}}
		}
		if strings.Contains(pg.Text, "phpdebugbar") && strings.Contains(pg.Text, "PhpDebugBar.DebugBar") {
			return []find{{pg, &proof{Case: "toolbar", Args: i18n.Args{"name": "PHP Debug Bar"}}}}
		}
	}
	return nil
}

var debugSigns = []struct {
	name string
	re   *regexp.Regexp
}{
	{"Symfony Profiler", regexp.MustCompile(`(?is)<title>Symfony Profiler</title>.*(?:id="search-results"|Search Results|/_profiler/)`)},
	{"Laravel Ignition", regexp.MustCompile(`^\s*\{"can_execute_commands":(?:true|false)\}`)},
	{"Laravel Telescope", regexp.MustCompile(`(?is)<title>Telescope[^<]*</title>.*vendor/telescope/app`)},
	{"Ruby on Rails", regexp.MustCompile(`(?is)<h1>\s*Properties\s*</h1>.*Rails version|<td class="name">Rails version</td>`)},
	{"ASP.NET Trace", regexp.MustCompile(`(?is)<title>[^<]*</title>.*Application Trace.*Physical Directory`)},
	{"ELMAH", regexp.MustCompile(`(?i)Powered by <a[^>]*>ELMAH</a>|<title>Error log for`)},
}

func provesDebug(pg *page.Page) *proof {
	if pg.Ex.Status != 200 || pg.Challenge != "" {
		return nil
	}
	for _, s := range debugSigns {
		if s.re.MatchString(pg.Text) {
			return &proof{Args: i18n.Args{"name": s.name}, Excerpt: s.name}
		}
	}
	return nil
}

var debugPages = []struct {
	name string
	re   *regexp.Regexp
}{
	{"Django (DEBUG = True)", regexp.MustCompile(`You(?:'|&#x27;|&#39;)re seeing this error because you have <code>DEBUG = True</code>`)},
	{"Symfony (APP_DEBUG)", regexp.MustCompile(`(?s)<title>[^<]{0,300}NotFoundHttpException|class="exception-message-wrapper".*sf-icon|<h1 class="break-long-words exception-message">`)},
	{"Laravel (APP_DEBUG)", regexp.MustCompile(`window\.ignite\(|class="Whoops container"|ignition-app`)},
	{"Ruby on Rails (development)", regexp.MustCompile(`(?s)<title>Action Controller: Exception caught</title>|<h1>Routing Error</h1>.*Rails\.root:`)},
	{"CakePHP (debug)", regexp.MustCompile(`(?s)Missing(?:Controller|Route)Exception.*cake-error|CakePHP: the rapid development php framework: Error`)},
}

func debugPage(pg *page.Page) *proof {
	for _, s := range debugPages {
		if s.re.MatchString(pg.Text) {
			return &proof{Case: "mode", Severity: check.Medium, Args: i18n.Args{"name": s.name}, Excerpt: s.name}
		}
	}
	return nil
}
