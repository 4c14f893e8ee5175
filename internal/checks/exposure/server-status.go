package exposure

import (
	"regexp"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// ServerStatus asks whether the server's own page about its work is public: it
// shows who is looking at what at this moment.
var ServerStatus = &check.Check{
	Name: "server-status", Level: wire.Safe, Severity: check.Medium, CWE: 200,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: seek(fixed(candidate{path: "server-status", root: true}, candidate{path: "server-info", root: true}, candidate{path: "nginx_status", root: true}), 16<<10, provesStatus),
}

var statusSigns = []struct {
	name string
	re   *regexp.Regexp
}{
	{"Apache server-status", regexp.MustCompile(`(?s)Apache Server Status for .*(?:Server uptime|Total accesses|Current Time):`)},
	{"Apache server-info", regexp.MustCompile(`(?s)Apache Server Information.*(?:Server Settings|Module Name|Loaded Modules)`)},
	{"nginx status", regexp.MustCompile(`^Active connections: \d+\s+server accepts handled requests`)},
}

func provesStatus(pg *page.Page) *proof {
	if pg.Ex.Status != 200 || pg.Challenge != "" {
		return nil
	}
	for _, s := range statusSigns {
		if s.re.MatchString(pg.Text) {
			return &proof{Args: i18n.Args{"name": s.name}, Excerpt: s.name}
		}
	}
	return nil
}
