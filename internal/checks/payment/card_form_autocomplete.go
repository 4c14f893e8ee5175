package payment

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// CardFormAutocomplete asks whether browsers would keep card numbers and
// security codes among what was typed before.
var CardFormAutocomplete = &check.Check{
	Name: "card-form-autocomplete", Level: wire.Passive, Severity: check.Low, CWE: 525,
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		list, err := check.Ask(ctx, p, tills)
		if err != nil {
			return err
		}
		for _, t := range list {
			p.ExaminedPage(t.page)
			kept := slices.DeleteFunc(slices.Concat(t.number, t.code), func(f *page.Field) bool { return !keeps(t.form, f) })
			if len(kept) == 0 {
				continue
			}
			f := p.Report(t.page.Ex, t.page.Ex.Path(), i18n.Args{"fields": names(kept)})
			f.Parameter = names(kept)
		}
		return nil
	},
}

// keeps says that a browser may remember the field as plain text. What is
// marked as a card (cc-number) is asked about and kept apart; "off" is not kept.
func keeps(form *page.Form, f *page.Field) bool {
	a := strings.ToLower(strings.TrimSpace(f.Autocomplete))
	if a == "" {
		if f.Type == "password" {
			return false
		}
		return form.Tag != "form" || !slices.ContainsFunc(form.Attrs, func(at html.Attribute) bool {
			return at.Key == "autocomplete" && strings.EqualFold(strings.TrimSpace(at.Val), "off")
		})
	}
	last := a[strings.LastIndexByte(a, ' ')+1:]
	return last != "off" && !strings.HasPrefix(last, "cc-") && last != "one-time-code" && last != "new-password"
}
