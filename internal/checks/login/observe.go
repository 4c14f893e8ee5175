package login

import (
	"strings"

	"miseban/internal/intel"
	"miseban/internal/page"
)

// observations are the texts of one page that may carry a package's signs.
func observations(pg *page.Page) []intel.Observation {
	out := []intel.Observation{{Kind: intel.InHTML, Text: pg.Text}, {Kind: intel.InURL, Text: pg.URL.String()}}
	for k, values := range pg.Ex.Header {
		for _, v := range values {
			out = append(out, intel.Observation{Kind: intel.InHeader, Text: strings.ToLower(k) + ": " + v})
		}
	}
	for _, c := range page.SetCookies(pg.Ex) {
		out = append(out, intel.Observation{Kind: intel.InCookie, Text: c.Name + "=" + c.Value})
	}
	for _, m := range pg.Metas {
		if strings.EqualFold(m.Name, "generator") {
			out = append(out, intel.Observation{Kind: intel.InGenerator, Text: m.Content})
		}
	}
	for _, s := range pg.Scripts {
		if s.URL != nil {
			out = append(out, intel.Observation{Kind: intel.InScript, Text: s.URL.String()}, intel.Observation{Kind: intel.InAsset, Text: s.URL.String()})
		}
	}
	for _, r := range pg.Resources {
		if r.URL == nil {
			continue
		}
		out = append(out, intel.Observation{Kind: intel.InAsset, Text: r.URL.String()})
		if r.Kind == "style" {
			out = append(out, intel.Observation{Kind: intel.InLink, Text: r.URL.String()})
		}
	}
	return out
}
