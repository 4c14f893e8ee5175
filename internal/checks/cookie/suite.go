// Package cookie asks how well the cookies that carry a visitor's session or
// sign-in are kept.
package cookie

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the cookie checks in the order of the report.
var Suite = &check.Suite{
	Name:   "cookie",
	Title:  i18n.Text{JA: "Cookie の守り", EN: "Cookies"},
	Checks: []*check.Check{Secure, HTTPOnly, SameSite, Scope, Lifetime},
	Texts:  texts,
}
