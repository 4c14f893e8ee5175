package exposure

import (
	"context"
	"regexp"
	"strings"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// SecurityTxt asks whether the shop says where a finder of a hole should write
// to (RFC 9116). Its absence is a remark.
var SecurityTxt = &check.Check{
	Name: "security-txt", Level: wire.Safe, Severity: check.Info,
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		r, err := check.Ask(ctx, p, runningFact)
		if err != nil {
			return err
		}
		const place = "/.well-known/security.txt"
		u := r.at(place)
		ex := crawled(p, u.String())
		if ex == nil {
			v, err := check.Ask(ctx, p, soft404)
			if err != nil {
				return err
			}
			pg, err := v.ask(ctx, p, u, 32<<10, "known path")
			if err != nil {
				return err
			}
			ex = pg.Ex
		}
		p.Examined(ex)
		body := string(ex.Body)
		if ex.Status != 200 || looksHTML.MatchString(body[:min(len(body), 4096)]) || !securityField.MatchString(body) {
			p.Report(ex, place, nil)
			return nil
		}
		fields := map[string]string{}
		for _, m := range securityField.FindAllStringSubmatch(body, 100) {
			fields[strings.ToLower(m[1])] = strings.TrimSpace(m[2])
		}
		expires, err := time.Parse(time.RFC3339, strings.ToUpper(fields["expires"]))
		switch {
		case fields["contact"] == "":
			p.Report(ex, place, nil).Case = "contact"
		case err != nil:
			p.Report(ex, place, nil).Case = "undated"
		case expires.Before(p.Site.Now):
			p.Report(ex, place, i18n.Args{"date": expires.Format("2006-01-02")}).Case = "expired"
		}
		return nil
	},
}

var securityField = regexp.MustCompile(`(?mi)^(contact|expires|encryption|policy|acknowledgments|preferred-languages|canonical|hiring|csaf):[ \t]*(\S.*)$`)

// crawled is the crawl's answer for an address, nil when it did not ask.
func crawled(p *check.Pass, u string) *wire.Exchange {
	for _, ex := range p.Site.Exchanges {
		if ex.Method == "GET" && ex.URL.String() == u {
			return ex
		}
	}
	return nil
}
