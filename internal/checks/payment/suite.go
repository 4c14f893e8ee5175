// Package payment asks where card numbers go, and what else runs on the pages
// of the purchase.
package payment

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the payment checks in the order of the report.
var Suite = &check.Suite{
	Name:   "payment",
	Title:  i18n.Text{JA: "決済とカード情報", EN: "Payment and card data"},
	Checks: []*check.Check{CardDataOnOwnOrigin, PageScript, PageCSP, CardTestingProtection, CardFormAutocomplete, CardIntegration},
	Texts:  texts,
}
