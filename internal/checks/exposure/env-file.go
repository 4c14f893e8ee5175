package exposure

import (
	"regexp"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// EnvFile asks whether a file of environment settings, with its passwords, can be read.
var EnvFile = &check.Check{
	Name: "env-file", Level: wire.Safe, Severity: check.Critical, CWE: 538,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: seekEverywhere(fixed(candidate{path: ".env"}, candidate{path: ".env.local"}, candidate{path: ".env.prod", of: eccube4}, candidate{path: ".env.bak"}), 8<<10, provesEnv),
}

var (
	envLine   = regexp.MustCompile(`(?m)^(?:export )?([A-Z][A-Z0-9_]{2,60})=[ \t]*(.*)$`)
	envTold   = regexp.MustCompile(`^(?:APP_|DB_|DATABASE_|MAILER?_|ECCUBE_|AUTH_MAGIC|REDIS_|AWS_|SMTP_|STRIPE_|PAYJP_|GMO_|SESSION_|MYSQL_|POSTGRES_|NODE_ENV|WP_)|SECRET|PASSWORD|_KEY$|_TOKEN$|_DSN$`)
	envSecret = regexp.MustCompile(`SECRET|PASSWORD|PASSWD|_KEY$|TOKEN|DSN|DATABASE_URL|MAILER_URL|AUTH_MAGIC`)
)

func provesEnv(pg *page.Page) *proof {
	var told, secret []string
	for _, m := range envLine.FindAllStringSubmatch(string(plain(pg)), 200) {
		if !envTold.MatchString(m[1]) {
			continue
		}
		told = append(told, m[1]+"=***")
		if v := strings.Trim(strings.TrimSpace(m[2]), `"'`); v != "" && v != "null" && envSecret.MatchString(m[1]) {
			secret = append(secret, m[1])
		}
	}
	if len(told) == 0 {
		return nil
	}
	x := &proof{Excerpt: strings.Join(told[:min(len(told), 6)], "\n"), Args: i18n.Args{"keys": strings.Join(secret[:min(len(secret), 5)], ", ")}}
	if len(secret) == 0 {
		x.Case, x.Severity, x.Args = "harmless", check.Low, i18n.Args{"n": itoa(len(told))}
	}
	return x
}
