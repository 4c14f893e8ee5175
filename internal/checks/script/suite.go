// Package script asks what the scripts of a shop's pages are, whose they are
// and whether one of them steals: the side of a shop that its customers'
// browsers run.
package script

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the script checks in the order of the report.
var Suite = &check.Suite{
	Name:  "script",
	Title: i18n.Text{JA: "スクリプトと改ざん", EN: "Scripts and tampering"},
	Checks: []*check.Check{SkimmerSign, HiddenSEOSpam, CloakedRedirect, UnregisteredDomain, ChangeSinceLast,
		FormAssist, WithoutSRI, ThirdParty},
	Texts: texts,
}
