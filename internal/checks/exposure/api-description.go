package exposure

import (
	"context"
	"regexp"
	"slices"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// APIDescription asks whether the description of the shop's interfaces
// (OpenAPI, Swagger, GraphQL's own schema) is public. One that the shop's own pages lead to is meant
// to be read, and only remarked on.
var APIDescription = &check.Check{
	Name: "api-description", Level: wire.Safe, Severity: check.Low, CWE: 200,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		r, err := check.Ask(ctx, p, runningFact)
		if err != nil {
			return err
		}
		if r.elsewhere(p) {
			return nil
		}
		paths := []string{"/openapi.json", "/swagger.json", "/v3/api-docs", "/api-docs", "/swagger-ui/"}
		linked := map[string]bool{}
		var schemas []string
		for _, pg := range p.Site.Pages {
			for _, l := range pg.Links {
				if l.URL != nil && l.URL.Host == r.root.Host && graphQL.MatchString(l.URL.Path) && len(schemas) < 2 && !slices.Contains(schemas, l.URL.EscapedPath()) {
					schemas = append(schemas, l.URL.EscapedPath())
				}
				if l.URL == nil || l.URL.Host != r.root.Host || !apiPath.MatchString(l.URL.Path) || len(linked) > 4 {
					continue
				}
				linked[where(l.URL)] = linked[where(l.URL)] || pg.HTML() && l.From == "a"
				if !slices.Contains(paths, where(l.URL)) {
					paths = append(paths, where(l.URL))
				}
			}
		}
		for _, s := range schemas {
			paths = append(paths, s+askSchema)
		}
		finds, err := look(ctx, p, r, paths, 64<<10, provesAPI)
		for _, x := range finds {
			if linked[where(x.page.URL)] {
				x.what.Case, x.what.Remark = "linked", true
			}
		}
		report(p, finds)
		for _, s := range schemas {
			if !slices.ContainsFunc(finds, func(x find) bool { return x.page.URL.Path == s }) {
				p.NotExamined("GraphQL の窓口（{where}）が仕様を答えるかは、POST で尋ねないと分からないため確認していません。", i18n.Args{"where": s})
			}
		}
		return err
	},
}

// askSchema reads one name out of the schema. It is sent by GET alone, which
// GraphQL servers take for reading or refuse.
const askSchema = "?query=%7B__schema%7BqueryType%7Bname%7D%7D%7D"

var (
	graphQL  = regexp.MustCompile(`(?i)/graphql/?$`)
	schemaIs = regexp.MustCompile(`^\s*\{\s*"data"\s*:\s*\{\s*"__schema"\s*:\s*\{\s*"queryType"`)
	apiPath  = regexp.MustCompile(`(?i)(?:openapi|swagger|api-docs)[^/]*(?:\.json|\.ya?ml|/)?$`)
	apiShape = regexp.MustCompile(`(?s)^\s*\{.*"(?:openapi|swagger)"\s*:\s*"[23]\.`)
	apiYAML  = regexp.MustCompile(`(?m)^(?:openapi|swagger):\s*['"]?[23]\.[\s\S]*^paths:`)
	apiTitle = regexp.MustCompile(`"title"\s*:\s*"([^"]{1,120})"`)
	apiUI    = regexp.MustCompile(`(?i)<title>[^<]*(?:Swagger UI|ReDoc|API Platform)[^<]*</title>[\s\S]*(?:id="swagger-ui"|<redoc|redoc\.standalone)|id="swagger-ui"[\s\S]*swagger-ui-bundle`)
)

func provesAPI(pg *page.Page) *proof {
	if b := plain(pg); b != nil && schemaIs.Match(b) {
		return &proof{Case: "graphql", Excerpt: clip(firstLines(string(b)), 120)}
	}
	if b := plain(pg); b != nil && (apiShape.Match(b) || apiYAML.Match(b)) {
		title := ""
		if m := apiTitle.FindSubmatch(b); m != nil {
			title = string(m[1])
		}
		return &proof{Args: i18n.Args{"title": clip(title, 80)}, Excerpt: clip(firstLines(string(b)), 120)}
	}
	if apiUI.MatchString(shown(pg)) {
		return &proof{Args: i18n.Args{"title": clip(pg.Title, 80)}, Excerpt: clip(pg.Title, 80)}
	}
	return nil
}
