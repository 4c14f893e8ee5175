// Package form asks how the shop's forms protect what visitors send with them.
package form

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the form checks in the order of the report.
var Suite = &check.Suite{
	Name:   "form",
	Title:  i18n.Text{JA: "入力フォーム", EN: "Forms"},
	Checks: []*check.Check{PasswordClear, PasswordOverGet, CSRFToken, CSRFVerified, MethodOverride, PasswordFieldType},
	Texts:  texts,
}
