package header

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// DangerousMethods asks which methods the server offers. Nothing that writes is
// ever sent, so an offer is a hint to be confirmed by who runs the server.
var DangerousMethods = &check.Check{
	Name: "dangerous-methods", Level: wire.Safe, Severity: check.Medium, CWE: 749,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		var failed error
		offered := map[string][]string{} // methods → where
		for _, u := range folders(p) {
			ans, err := p.Do(ctx, &wire.Request{Method: "OPTIONS", URL: u, Fresh: true, HeadOnly: true, Origin: wire.Origin{Why: "which methods are offered"}})
			if err != nil {
				failed = err
				continue
			}
			if ans.Challenge != "" {
				continue
			}
			p.Examined(ans.Ex)
			m := writing(append(ans.Ex.Header.Values("Allow"), ans.Ex.Header.Values("Public")...))
			if len(m) == 0 {
				continue
			}
			where := ans.Ex.Path()
			methods := strings.Join(m, ", ")
			offered[methods] = append(offered[methods], where)
			if len(offered[methods]) > 1 {
				continue // one rule of the server, seen again
			}
			f := p.Report(ans.Ex, where, i18n.Args{"methods": methods})
			f.Confidence, f.Excerpt = check.Possible, excerpt(ans, "Allow")
			if ans.Ex.Header.Get("DAV") != "" {
				f.Case, f.Excerpt = "webdav", f.Excerpt+"\n"+excerpt(ans, "DAV")
			}
		}
		return failed
	},
}

// folders are the root and at most two folders from which the shop serves
// pictures: where an upload by PUT would hurt.
func folders(p *check.Pass) []*url.URL {
	root := *p.Site.Start
	root.Path, root.RawPath, root.RawQuery, root.Fragment = "/", "", "", ""
	var dirs []string
	for _, pg := range p.Site.Pages {
		for _, r := range pg.Resources {
			if r.Kind == "image" && r.URL != nil && wire.OriginOf(r.URL) == wire.OriginOf(&root) {
				if d := path.Dir(r.URL.Path) + "/"; d != "//" && d != "./" && !slices.Contains(dirs, d) {
					dirs = append(dirs, d)
				}
			}
		}
	}
	slices.Sort(dirs)
	out := []*url.URL{&root}
	for _, d := range dirs[:min(len(dirs), 2)] {
		u := root
		u.Path = d
		out = append(out, &u)
	}
	return out
}

// writing lists the methods of Allow headers that would change files.
func writing(values []string) []string {
	var out []string
	for _, m := range []string{"PUT", "DELETE", "MOVE", "COPY", "MKCOL", "PROPPATCH"} {
		if listed(values, m) {
			out = append(out, m)
		}
	}
	return out
}
