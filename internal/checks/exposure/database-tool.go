package exposure

import (
	"regexp"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// DatabaseTool asks whether a tool that administers the database can be opened from anywhere.
var DatabaseTool = &check.Check{
	Name: "database-tool", Level: wire.Safe, Severity: check.Medium, CWE: 749,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: seek(fixed(candidate{path: "phpmyadmin/", root: true}, candidate{path: "phpMyAdmin/", root: true}, candidate{path: "pma/", root: true},
		candidate{path: "adminer.php", root: true}, candidate{path: "adminer/", root: true}, candidate{path: "phppgadmin/", root: true}), 64<<10, provesDatabaseTool),
}

var databaseTools = []struct {
	name        string
	login, open *regexp.Regexp
}{
	{"phpMyAdmin", regexp.MustCompile(`name="pma_username"|id="input_username"[^>]*>[\s\S]{0,900}pma_password`), regexp.MustCompile(`(?s)<title>[^<]*phpMyAdmin.*(?:server_databases\.php|route=/server/databases|id="pma_navigation_tree)`)},
	{"Adminer", regexp.MustCompile(`name=["']auth\[(?:driver|username)\]["']`), regexp.MustCompile(`(?s)<title>[^<]*Adminer.*(?:\?server=|&(?:amp;)?sql=|id="dbs")`)},
	{"phpPgAdmin", regexp.MustCompile(`name=["']loginServer["']|<title>phpPgAdmin</title>`), nil},
}

func provesDatabaseTool(pg *page.Page) *proof {
	text := shown(pg)
	for _, d := range databaseTools {
		switch {
		case text == "":
		case d.login.MatchString(text):
			return &proof{Args: i18n.Args{"name": d.name}, Excerpt: clip(pg.Title, 80)}
		case d.open != nil && d.open.MatchString(text):
			return &proof{Case: "open", Severity: check.Critical, Args: i18n.Args{"name": d.name}, Excerpt: clip(pg.Title, 80)}
		}
	}
	return nil
}
