package header

import (
	"fmt"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
)

// group is the pages of one host. A missing header is one cause per host, not one per page.
type group struct {
	host  string
	pages []*page.Page
}

// byHost groups pages by host name, in order of appearance.
func byHost(pages []*page.Page) []group {
	var out []group
	for _, pg := range pages {
		h := pg.URL.Hostname()
		i := slices.IndexFunc(out, func(g group) bool { return g.host == h })
		if i < 0 {
			i = len(out)
			out = append(out, group{host: h})
		}
		out[i].pages = append(out[i].pages, pg)
	}
	return out
}

// report notes one fault of a host with the pages that show it: {n} of {total}, some named in {pages}.
func report(p *check.Pass, g group, bad []*page.Page, args i18n.Args) *check.Finding {
	if args == nil {
		args = i18n.Args{}
	}
	args["n"], args["total"], args["pages"] = fmt.Sprint(len(bad)), fmt.Sprint(len(g.pages)), examples(bad)
	f := p.Report(bad[0].Ex, g.host, args)
	for _, pg := range bad[1:min(len(bad), 5)] {
		f.Evidence = append(f.Evidence, pg.Ex.ID)
	}
	return f
}

// examples names up to five of the pages' paths, sorted so that runs agree.
func examples(pages []*page.Page) string {
	var paths []string
	for _, pg := range pages {
		paths = append(paths, pg.Ex.Path())
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	if len(paths) > 5 {
		paths = append(paths[:5], "…")
	}
	return strings.Join(paths, ", ")
}

// excerpt is one header line of the answer, cut to a readable length.
func excerpt(pg *page.Page, name string) string {
	v := strings.Join(pg.Ex.Header.Values(name), ", ")
	if r := []rune(v); len(r) > 300 {
		v = string(r[:300]) + "…"
	}
	return name + ": " + v
}

// listed says whether a comma-separated header carries the token.
func listed(values []string, token string) bool {
	for _, v := range values {
		for _, t := range strings.Split(v, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}
