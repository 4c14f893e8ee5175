package payment

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// CardIntegration notes how cards are taken and by whom. It finds no fault.
var CardIntegration = &check.Check{
	Name: "card-integration", Level: wire.Passive, Severity: check.Info,
	Effort: check.Setting, Fixer: check.ByOwner,
	Run: func(ctx context.Context, p *check.Pass) error {
		list, err := check.Ask(ctx, p, tills)
		if err != nil {
			return err
		}
		for _, t := range list {
			p.ExaminedPage(t.page)
			name := t.taker()
			if t.way == byOwn {
				name = i18n.Text{JA: "自社", EN: "the shop itself"}
			}
			p.Note(check.Note{Kind: "payment", Where: t.page.Ex.Path(), Args: i18n.Args{"way": string(t.way)},
				Words: map[string]i18n.Text{"name": name, "note": wayNames[t.way]}})
			for _, o := range t.others {
				p.Note(check.Note{Kind: "payment", Where: t.page.Ex.Path(), Words: map[string]i18n.Text{"name": o.Name,
					"note": {JA: "スクリプトを読み込んでいる", EN: "its script is loaded"}}})
			}
		}
		return nil
	},
}
