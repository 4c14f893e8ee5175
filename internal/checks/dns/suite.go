// Package dns asks whether a shop's domain is set up so that nobody else can
// speak in its name: records for certificates, mail, delegation and aliases.
package dns

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the room's checks in the order of the report.
var Suite = &check.Suite{
	Name:   "dns",
	Title:  i18n.Text{JA: "ドメイン名とメールのなりすまし対策（DNS）", EN: "Domain name and mail spoofing (DNS)"},
	Checks: []*check.Check{DanglingCNAME, SPF, DMARC, MTASTS, CAA, DNSSEC, NSSingle},
	Texts:  texts,
}
