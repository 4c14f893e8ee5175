package inject

import (
	"context"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// DeserialisationHint asks whether the shop lets browsers keep objects in the
// form in which programs store them: who alters such a value may make the
// server build objects of his choice. Nothing is sent; a value is a hint, not a proof.
var DeserialisationHint = &check.Check{
	Name: "deserialisation-hint", Level: wire.Passive, Severity: check.Medium, CWE: 502,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:L",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:L/VA:L/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		// What browsers keep is masked in stored runs and could not be read again.
		all, err := check.Observe(ctx, p, wire.KindHTTP, "serialised values", func(context.Context) ([]packed, error) {
			return packedValues(p), nil
		})
		if err != nil {
			return err
		}
		for _, pg := range p.Site.HTML() {
			p.ExaminedPage(pg)
		}
		for _, x := range all {
			f := p.Report(nil, x.Where, i18n.Args{"parameter": x.Name})
			f.Parameter, f.Case, f.Evidence, f.Confidence = x.Name, x.Form, []wire.ExchangeID{x.Seen}, check.Possible
			f.Words = map[string]i18n.Text{"place": packedPlaces[x.Place]}
		}
		return ctx.Err()
	},
}

// packed is a value that holds a serialised object: where it is kept and in
// whose form, never the value.
type packed struct {
	Where, Place, Name, Form string
	Seen                     wire.ExchangeID
}

var packedPlaces = map[string]i18n.Text{
	"cookie": {JA: "Cookie", EN: "cookie"},
	"field":  {JA: "フォームの隠し項目", EN: "hidden field"},
	"query":  {JA: "アドレスのパラメータ", EN: "parameter"},
}

const maxPacked = 12

func packedValues(p *check.Pass) []packed {
	var out []packed
	look := func(ex *wire.Exchange, where, place, name, value string) {
		form := serialised(value)
		if form == "" || name == "" || len(out) >= maxPacked || slices.ContainsFunc(out, func(x packed) bool { return x.Place == place && x.Name == name && x.Form == form }) {
			return
		}
		out = append(out, packed{where, place, name, form, ex.ID})
	}
	for _, pg := range slices.Concat(p.Site.Pages, p.Site.Members()) {
		if !p.Scope.HasOrigin(pg.URL) || pg.Challenge != "" {
			continue
		}
		for _, c := range page.SetCookies(pg.Ex) {
			look(pg.Ex, pg.Ex.Path(), "cookie", c.Name, c.Value)
		}
		for _, f := range pg.Forms {
			for _, x := range f.Fields {
				if x.Type == "hidden" {
					look(pg.Ex, pg.Ex.Path(), "field", x.Name, x.Value)
				}
			}
		}
		for _, l := range pg.Links {
			if l.URL == nil || l.URL.RawQuery == "" || !p.Scope.HasOrigin(l.URL) {
				continue
			}
			for name, values := range l.URL.Query() {
				look(pg.Ex, pg.Ex.Path(), "query", name, strings.Join(values, ""))
			}
		}
	}
	return out
}
