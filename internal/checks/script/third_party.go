package script

import (
	"context"
	"slices"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// ThirdParty is the inventory of scripts from other companies: whose, what for
// and on which pages. It finds no fault by itself.
var ThirdParty = &check.Check{
	Name: "third-party-script", Level: wire.Passive, Severity: check.Info,
	Effort: check.Setting, Fixer: check.ByOwner,
	Run: func(ctx context.Context, p *check.Pass) error {
		list, err := check.Ask(ctx, p, uses)
		if err != nil {
			return err
		}
		examined(p)
		type owner struct {
			host  string
			party *intel.Party
			pages []*page.Page
		}
		var owners []*owner
		for _, u := range list {
			if !u.third {
				continue
			}
			host := check.RegistrableDomain(u.url.Hostname())
			if host == "" {
				host = u.url.Host
			}
			i := slices.IndexFunc(owners, func(o *owner) bool {
				return o.party != nil && o.party == u.party || u.party == nil && o.host == host && o.party == nil
			})
			if i < 0 {
				i = len(owners)
				owners = append(owners, &owner{host: host, party: u.party})
			}
			for _, pg := range u.pages {
				if !slices.Contains(owners[i].pages, pg) {
					owners[i].pages = append(owners[i].pages, pg)
				}
			}
		}
		for _, o := range owners {
			on := kindsOf(o.pages)
			name := i18n.Text{JA: o.host, EN: o.host}
			purpose := i18n.Text{JA: "所有者と目的は不明（心当たりを確認）", EN: "owner and purpose unknown: please check"}
			if o.party != nil {
				name = i18n.Text{JA: o.party.Name.JA + "（" + o.host + "）", EN: o.party.Name.EN + " (" + o.host + ")"}
				purpose = purposes[o.party.Kind]
			}
			p.Note(check.Note{Kind: "script", Where: o.pages[0].Ex.Path(), Args: i18n.Args{"host": o.host}, Words: map[string]i18n.Text{
				"name": name, "note": {JA: purpose.JA + "／ページ: " + on.JA, EN: purpose.EN + "; pages: " + on.EN}}})
		}
		return nil
	},
}

// examined counts the pages whose scripts were read.
func examined(p *check.Pass) {
	for _, pg := range p.Site.HTML() {
		if p.Scope.HasOrigin(pg.URL) {
			p.ExaminedPage(pg)
		}
	}
}
