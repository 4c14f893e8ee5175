package exposure

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// EmailHarvest asks which mail addresses stand in the pages as they are. One
// the law wants there is no fault: all of it is a remark, one for each host.
var EmailHarvest = &check.Check{
	Name: "email-harvest", Level: wire.Passive, Severity: check.Info,
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		type shop struct {
			mails, pages []string
			ex           []*wire.Exchange
		}
		var hosts []string
		at := map[string]*shop{}
		for _, pg := range p.Site.HTML() {
			if !p.Scope.HasOrigin(pg.URL) {
				continue
			}
			p.ExaminedPage(pg)
			host := pg.URL.Hostname()
			s := at[host]
			if s == nil {
				s = &shop{}
				at[host] = s
				hosts = append(hosts, host)
			}
			found := mails(pg)
			for _, m := range found {
				if !slices.Contains(s.mails, m) {
					s.mails = append(s.mails, m)
				}
			}
			if w := where(pg.URL); len(found) > 0 && !slices.Contains(s.pages, w) {
				s.pages, s.ex = append(s.pages, w), append(s.ex, pg.Ex)
			}
		}
		for _, host := range hosts {
			s := at[host]
			if len(s.mails) == 0 {
				continue
			}
			slices.Sort(s.mails)
			slices.Sort(s.pages)
			p.Report(s.ex[0], host, i18n.Args{"n": itoa(len(s.mails)), "mails": joinNames(hideMails(s.mails), 5), "pages": joinNames(s.pages, 5)})
		}
		return ctx.Err()
	},
}

var mailAddress = regexp.MustCompile(`(?i)\b[a-z0-9][a-z0-9._+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,12}\b`)

// mails are the addresses in the text and in mailto: links of a page. Names of
// pictures ("logo@2x.png") and samples in forms are none.
func mails(pg *page.Page) []string {
	var out []string
	add := func(s string) {
		for _, m := range mailAddress.FindAllString(s, 50) {
			m = strings.ToLower(m)
			_, domain, _ := strings.Cut(m, "@")
			if !notMail.MatchString(m) && !slices.Contains(out, m) && domain != "" {
				out = append(out, m)
			}
		}
	}
	add(pg.Visible)
	for _, l := range pg.Links {
		if raw, ok := strings.CutPrefix(l.Raw, "mailto:"); ok {
			add(raw)
		}
	}
	return out
}

var notMail = regexp.MustCompile(`\.(?:png|jpe?g|gif|webp|svg|css|js)$|@(?:example\.(?:com|org|net|jp|co\.jp)|sentry\.\w+)$`)

func hideMails(all []string) []string {
	out := make([]string, len(all))
	for i, m := range all {
		name, domain, _ := strings.Cut(m, "@")
		out[i] = hide(name) + "@" + domain
	}
	return out
}
