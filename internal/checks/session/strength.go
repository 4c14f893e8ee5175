package session

import (
	"context"
	"fmt"
	"regexp"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// samples is how many sessions are opened to look at their ids. Few, because
// shops write a row for each.
const samples = 6

// leastBits is the least strength of a session id (OWASP; IPA asks for ids that cannot be guessed).
const leastBits = 64

// Strength asks whether session ids can be guessed. A few samples prove only
// badness: short ids, counters, times. A pass is given only to the mechanisms
// of known platforms in their usual form, whose generators are known to be sound.
var Strength = &check.Check{
	Name: "session-id-strength", Level: wire.Safe, Severity: check.High, CWE: 330,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:N/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		pg, name := giver(p)
		if pg == nil {
			return nil
		}
		seen, err := check.Observe(ctx, p, wire.KindHTTP, "session ids "+pg.URL.String()+" "+name, func(ctx context.Context) (measured, error) {
			return open(ctx, p, pg, name)
		})
		if err != nil {
			return err
		}
		if seen.Count < 4 {
			p.Unsure("セッション ID の標本が {n} 個しか得られず、推測のしやすさを判断できません。", i18n.Args{"n": fmt.Sprint(seen.Count)})
			return nil
		}
		for _, id := range seen.Evidence {
			p.ExaminedThing(string(id))
		}
		if seen.Fault == "" {
			if !seen.KnownForm {
				p.Unsure("{n} 個のセッション ID に弱さは見られませんでしたが、独自の形式のため、少数の標本だけでは十分な強さとは言えません。", i18n.Args{"n": fmt.Sprint(seen.Count)})
			}
			return nil
		}
		f := p.Report(nil, name, i18n.Args{"n": fmt.Sprint(seen.Count), "bits": fmt.Sprint(seen.Bits), "length": fmt.Sprint(seen.Length), "page": pg.Ex.Path()})
		f.Parameter, f.Case, f.Evidence = name, seen.Fault, seen.Evidence
		if seen.Fault == "same" {
			f.Confidence = check.Possible // a constant may be something else than the session
		}
		return nil
	},
}

// giver is the first page that hands out a session, and the cookie's name.
func giver(p *check.Pass) (*page.Page, string) {
	for _, pg := range p.Site.Pages {
		if pg.Challenge != "" || !p.Scope.HasOrigin(pg.URL) || pg.Ex.Method != "GET" {
			continue
		}
		for _, c := range page.SetCookies(pg.Ex) {
			if c.Session() == page.IsSession && !c.Deletes(p.Site.Now) {
				return pg, c.Name
			}
		}
	}
	return nil, ""
}

// measured is what is kept of the samples: never the ids themselves, which are
// masked in stored runs and could not be measured again.
type measured struct {
	Count, Length, Bits int
	Fault               string
	KnownForm           bool
	Evidence            []wire.ExchangeID
}

func open(ctx context.Context, p *check.Pass, pg *page.Page, name string) (measured, error) {
	var m measured
	var ids []sample
	for range samples {
		ans, err := p.Do(ctx, &wire.Request{
			Method: "GET", URL: pg.URL, Fresh: true, Again: true, HeadOnly: true,
			Origin: wire.Origin{Why: "session id sample", Parent: pg.Ex.ID},
		})
		if err != nil {
			return m, err
		}
		for _, c := range page.SetCookies(ans.Ex) {
			if c.Name == name && !c.Deletes(p.Site.Now) && ans.Challenge == "" {
				ids = append(ids, sample{c.Value, ans.Ex.At})
				m.Evidence = append(m.Evidence, ans.Ex.ID)
				break
			}
		}
	}
	m.Count = len(ids)
	if m.Count >= 4 {
		m.Length = len(ids[0].value)
		m.Bits, m.Fault = weigh(ids)
		m.KnownForm = true
		for _, id := range ids {
			m.KnownForm = m.KnownForm && usual(name, id.value)
		}
	}
	return m, nil
}

// forms are the ids of platforms in their usual shape.
var forms = []struct{ name, value *regexp.Regexp }{
	{regexp.MustCompile(`(?i)^(phpsessid|ecsessid|eccube|zenid|ocsessid|oscsid)`), regexp.MustCompile(`^[0-9a-zA-Z,-]{22,}$`)},
	{regexp.MustCompile(`(?i)^jsessionid$`), regexp.MustCompile(`^[0-9A-Za-z_!.-]{28,}$`)},
	{regexp.MustCompile(`(?i)^asp\.net_sessionid$`), regexp.MustCompile(`^[a-z0-5]{24}$`)},
	{regexp.MustCompile(`(?i)^(connect\.sid|sid|asid)$`), regexp.MustCompile(`^s(%3A|:)[A-Za-z0-9_-]{24,}\.[A-Za-z0-9%+/=_-]{40,}$`)},
	{regexp.MustCompile(`(?i)_session$`), regexp.MustCompile(`^eyJpdiI6[A-Za-z0-9%+/=_-]{100,}$`)},           // Laravel, encrypted
	{regexp.MustCompile(`(?i)_session$`), regexp.MustCompile(`^[A-Za-z0-9%+/=]{60,}--[A-Za-z0-9%+/=]{20,}`)}, // Rails, encrypted or signed
	{regexp.MustCompile(`(?i)^sessionid$`), regexp.MustCompile(`^[0-9a-z]{32}$`)},                            // Django
	{regexp.MustCompile(`(?i)^wp_woocommerce_session_`), regexp.MustCompile(`^t_[0-9a-f]{30}(%7C|\|){1,2}`)},
}

func usual(name, value string) bool {
	for _, f := range forms {
		if f.name.MatchString(name) && f.value.MatchString(value) {
			return true
		}
	}
	return false
}
