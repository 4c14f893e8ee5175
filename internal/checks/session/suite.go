// Package session asks how the shop keeps visitors' sessions apart and secret.
package session

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the session checks in the order of the report.
var Suite = &check.Suite{
	Name:   "session",
	Title:  i18n.Text{JA: "セッション管理", EN: "Sessions"},
	Checks: []*check.Check{Renewed, LogoutInvalidates, LogoutExists, InURL, Strength},
	Texts:  texts,
}
