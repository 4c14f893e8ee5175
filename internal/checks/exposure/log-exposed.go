package exposure

import (
	"regexp"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// LogExposed asks whether the logs of the shop, with what customers did in it, can be read.
var LogExposed = &check.Check{
	Name: "log-exposed", Level: wire.Safe, Severity: check.High, CWE: 532,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: seek(logs, 2<<10, provesLog),
}

var japan = time.FixedZone("JST", 9*3600)

// logs are the places where packages and servers write; those with a date in
// the name are asked for on the day of the crawl.
func logs(p *check.Pass, r *running) []string {
	at := p.Site.Now
	if len(p.Site.Exchanges) > 0 {
		at = p.Site.Exchanges[0].At
	}
	day := at.In(japan).Format("2006-01-02")
	return r.paths(
		candidate{path: "data/logs/site.log", of: eccube2}, candidate{path: "data/logs/error.log", of: eccube2},
		candidate{path: "app/log/site_" + day + ".log", of: eccube3}, candidate{path: "var/log/prod/site-" + day + ".log", of: eccube4},
		candidate{path: "var/log/prod.log", of: eccube4 | prestashop}, candidate{path: "wp-content/debug.log", of: wordpress},
		candidate{path: "wp-content/plugins/usc-e-shop/logs/acting_transaction.log", of: wordpress},
		candidate{path: "var/log/system.log", of: magento}, candidate{path: "var/log/exception.log", of: magento},
		candidate{path: "system/storage/logs/error.log", of: opencart}, candidate{path: "storage/logs/laravel.log", root: true},
		candidate{path: "error_log", root: true}, candidate{path: "error.log", root: true}, candidate{path: "debug.log", root: true},
		candidate{path: "php_errors.log", root: true}, candidate{path: "logs/error.log", root: true}, candidate{path: "access.log", root: true},
	)
}

var logShapes = []*regexp.Regexp{
	regexp.MustCompile(`(?m)^\[\d{4}-\d\d-\d\d[T ][\d:.+-]+\] \w+\.(?:DEBUG|INFO|NOTICE|WARNING|ERROR|CRITICAL|ALERT|EMERGENCY): `),
	regexp.MustCompile(`(?m)^\[\d\d-\w{3}-\d{4} [\d:]+ [\w/+]+\] PHP (?:Warning|Notice|Fatal error|Deprecated|Parse error|Stack trace)\b`),
	regexp.MustCompile(`(?m)^\[\w{3} \w{3} \d\d [\d:.]+ \d{4}\] \[\S+\] `),
	regexp.MustCompile(`(?m)^[\da-fA-F.:]{3,45} \S+ \S+ \[\d\d/\w{3}/\d{4}:[\d:]+ [+-]\d{4}\] "`),
	regexp.MustCompile(`(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(?:error|warn|notice|crit|alert|emerg|/[^\]]*)\]`),
	regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d[T ][\d:.+-]+ (?:\S+ )?(?:DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|CRITICAL)\b`),
}

func provesLog(pg *page.Page) *proof {
	b := plain(pg)
	for _, re := range logShapes {
		if m := re.Find(b); m != nil {
			return &proof{Args: i18n.Args{"size": sizeOf(pg.Ex)}, Excerpt: clip(string(m), 60) + "…"}
		}
	}
	return nil
}
