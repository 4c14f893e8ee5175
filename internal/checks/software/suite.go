// Package software asks which software a shop runs, how old it is and what is
// known against it. All its checks read one inventory, made from the crawl.
package software

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the software checks in the order of the report.
var Suite = &check.Suite{
	Name:  "software",
	Title: i18n.Text{JA: "ソフトウェアのバージョンと既知の弱点", EN: "Software versions and known vulnerabilities"},
	Checks: []*check.Check{PackageVulnerable, PluginVulnerable, JSLibraryVulnerable, PackageEOL, PHPEOL, ServerEOL,
		PlatformSupported, VersionEstimated, PackageIdentified},
	Texts: texts,
}
