// Package network asks which services beside the shop itself can be reached
// from the Internet, by connecting politely to a short list of ports and
// reading what is said there.
package network

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the room's checks in the order of the report.
var Suite = &check.Suite{
	Name:   "network",
	Title:  i18n.Text{JA: "外から届くサーバの機能（ポート）", EN: "Services reachable from the Internet (ports)"},
	Checks: []*check.Check{OpenDatabase, OpenAdmin, OpenFile, Telnet, PlainFTP, SMTPOpen, ServiceVulnerable, ServiceEOL},
	Texts:  texts,
}
