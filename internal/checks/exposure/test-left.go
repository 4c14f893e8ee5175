package exposure

import (
	"regexp"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// TestLeft asks whether a script that developers use to look at the server
// (phpinfo) still answers visitors.
var TestLeft = &check.Check{
	Name: "test-left", Level: wire.Safe, Severity: check.Medium, CWE: 489,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: seek(fixed(candidate{path: "phpinfo.php"}, candidate{path: "info.php"}, candidate{path: "test.php"}, candidate{path: "php.php", root: true},
		candidate{path: "test/", root: true}, candidate{path: "test/phpinfo.php", root: true}), 16<<10, provesTest),
}

var (
	phpVersion = regexp.MustCompile(`<h1 class="p">PHP Version ([^<]{1,40})</h1>|(?m)^PHP Version => (\S+)$`)
	phpTable   = regexp.MustCompile(`(?i)<td class="e">\s*(?:System|Server API|Loaded Configuration File|DOCUMENT_ROOT|Configure Command)\b|(?m)^(?:System|Server API) => `)
)

// provesTest believes the table that phpinfo() draws, and in a test folder the
// list of its files. An article about phpinfo has neither.
func provesTest(pg *page.Page) *proof {
	if pg.Ex.Status != 200 || pg.Challenge != "" {
		return nil
	}
	if m := phpVersion.FindStringSubmatch(pg.Text); m != nil && phpTable.MatchString(pg.Text) {
		return &proof{Args: i18n.Args{"version": clip(m[1]+m[2], 30)}, Excerpt: "PHP Version " + clip(m[1]+m[2], 30)}
	}
	if l := listing(pg); l != nil {
		return &proof{Case: "folder", Severity: check.Low, Args: i18n.Args{"names": clip(joinNames(l.names, 5), 200)}, Excerpt: clip(joinNames(l.names, 5), 200)}
	}
	return nil
}
