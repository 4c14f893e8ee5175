package payment

import (
	"context"
	"slices"
	"strconv"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// PageScript goes through the scripts on the pages of the purchase: each has a
// reason that can be seen (it takes the payment), or the shop should know one.
var PageScript = &check.Check{
	Name: "payment-page-script", Level: wire.Passive, Severity: check.Medium, CWE: 829,
	Effort: check.Work, Fixer: check.ByOwner,
	Run: func(ctx context.Context, p *check.Pass) error {
		var list []*guest
		own := map[*page.Page]int{}
		for _, pg := range paymentPages(p) {
			p.ExaminedPage(pg)
			for _, s := range pg.Scripts {
				switch {
				case s.URL == nil:
				case p.Own(s.URL):
					own[pg]++
				default:
					list = invite(p, list, s, pg)
				}
			}
			if own[pg] > 0 {
				n := strconv.Itoa(own[pg])
				p.Note(check.Note{Kind: "payment", Where: pg.Ex.Path(), Args: i18n.Args{"n": n}, Words: map[string]i18n.Text{
					"name": {JA: "自社のスクリプト " + n + " 件", EN: n + " scripts of the shop itself"},
					"note": {JA: "変更の有無は、次回以降の診断で確認", EN: "changes are looked for from the next diagnosis on"}}})
			}
		}
		for _, g := range list {
			reason, ok := reasons[g.kind()]
			if ok {
				p.Note(check.Note{Kind: "payment", Where: g.pages[0].Ex.Path(), Args: i18n.Args{"host": g.host}, Words: map[string]i18n.Text{"name": g.name(), "note": reason}})
				continue
			}
			f := p.Report(g.pages[0].Ex, g.host, i18n.Args{"pages": paths(g.pages)})
			f.Confidence, f.Words = check.Possible, map[string]i18n.Text{"owner": g.name(), "purpose": purposes[g.kind()]}
			evidence(f, g.pages)
			onlyCart := !slices.ContainsFunc(g.pages, func(pg *page.Page) bool { return pg.Kind != page.Cart })
			switch {
			case g.party == nil:
				f.Case = "unknown"
			case onlyCart || g.kind() == intel.PartyCDN:
				f.Severity = check.Low
			}
			if g.pinned {
				f.Severity = check.Low
			}
		}
		return nil
	},
}

// guest is one foreign owner of scripts on the pages of the purchase.
type guest struct {
	host   string
	party  *intel.Party
	pages  []*page.Page
	pinned bool // each of its scripts is held by a hash
}

func invite(p *check.Pass, list []*guest, s *page.Script, pg *page.Page) []*guest {
	party := p.Site.Intel.Party(s.URL)
	host := check.RegistrableDomain(s.URL.Hostname())
	if host == "" {
		host = s.URL.Host
	}
	i := slices.IndexFunc(list, func(g *guest) bool {
		return party != nil && g.party == party || party == nil && g.party == nil && g.host == host
	})
	if i < 0 {
		i = len(list)
		list = append(list, &guest{host: host, party: party, pinned: true})
	}
	g := list[i]
	g.pinned = g.pinned && s.Integrity != ""
	if !slices.Contains(g.pages, pg) {
		g.pages = append(g.pages, pg)
	}
	return list
}

func (g *guest) kind() intel.PartyKind {
	if g.party == nil {
		return ""
	}
	return g.party.Kind
}

func (g *guest) name() i18n.Text {
	if g.party == nil {
		return i18n.Text{JA: g.host, EN: g.host}
	}
	return i18n.Text{JA: g.party.Name.JA + "（" + g.host + "）", EN: g.party.Name.EN + " (" + g.host + ")"}
}

// reasons are why a script belongs on a page of the purchase.
var reasons = map[intel.PartyKind]i18n.Text{
	intel.PartyPSP:      {JA: "決済に必要", EN: "needed for the payment"},
	intel.PartyCaptcha:  {JA: "不正利用の検知に必要", EN: "needed against fraud"},
	intel.PartyPlatform: {JA: "カートサービスの一部", EN: "part of the cart service"},
}

// purposes say what the others are for.
var purposes = map[intel.PartyKind]i18n.Text{
	"":                    {JA: "不明", EN: "unknown"},
	intel.PartyTagManager: {JA: "タグ管理", EN: "tag manager"},
	intel.PartyAnalytics:  {JA: "アクセス解析", EN: "analytics"},
	intel.PartyAds:        {JA: "広告・効果測定", EN: "advertising"},
	intel.PartyChat:       {JA: "チャット", EN: "chat"},
	intel.PartyFormAssist: {JA: "入力支援", EN: "form assistance"},
	intel.PartyCDN:        {JA: "ライブラリの配信", EN: "delivery of libraries"},
	intel.PartyEmbed:      {JA: "埋め込み", EN: "embedded content"},
}
