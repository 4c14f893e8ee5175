package exposure

import (
	"regexp"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// ConfigBackup asks whether a copy of a configuration file can be read. The
// file itself runs on the server and shows nothing; a copy with another ending
// shows the database's password.
var ConfigBackup = &check.Check{
	Name: "config-backup", Level: wire.Safe, Severity: check.Critical, CWE: 530,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: seek(fixed(
		candidate{path: "wp-config.php.bak", of: wordpress}, candidate{path: "wp-config.php~", of: wordpress}, candidate{path: "wp-config.php.old", of: wordpress},
		candidate{path: "wp-config.php.save", of: wordpress}, candidate{path: "wp-config.bak", of: wordpress}, candidate{path: "wp-config.txt", of: wordpress},
		candidate{path: "config.php.bak"}, candidate{path: "config.php.old"}, candidate{path: "config.php~"},
		candidate{path: "data/config/config.php.bak", of: eccube2}, candidate{path: "data/config/config.php~", of: eccube2},
		candidate{path: "app/config/eccube/database.yml", of: eccube3}, candidate{path: "app/etc/local.xml", of: magento}, candidate{path: "app/etc/env.php.bak", of: magento},
		candidate{path: "config/settings.inc.php.bak", of: prestashop}, candidate{path: "app/config/parameters.php.bak", of: prestashop},
		candidate{path: "admin/config.php.bak", of: opencart}, candidate{path: "includes/configure.php.bak", of: zencart | oscommerce},
		candidate{path: "includes/configure.php~", of: zencart | oscommerce}, candidate{path: "config.local.php.bak", of: cscart},
	), 8<<10, provesConfig),
}

var (
	configCode   = regexp.MustCompile(`<\?php|define\s*\(|\$\w+\s*(?:\[|=)|<config>|(?m)^\s*(?:database|doctrine|parameters):`)
	configSecret = regexp.MustCompile(`(?i)(?:['"]?\b(DB_PASSWORD|DB_PASS|DB_SERVER_PASSWORD|_DB_PASSWD_|database_password|db_password|db_pass|password|passwd|AUTH_MAGIC|DEFAULT_DSN)\b['"]?\s*\]?\s*(?:,|=>|=|:)|<(password)>)`)
)

func provesConfig(pg *page.Page) *proof {
	b := plain(pg)
	if b == nil || !configCode.Match(b) {
		return nil
	}
	m := configSecret.FindSubmatch(b)
	if m == nil {
		return nil
	}
	name := string(m[1]) + string(m[2])
	return &proof{Args: i18n.Args{"key": name}, Excerpt: name + " = ***"}
}
