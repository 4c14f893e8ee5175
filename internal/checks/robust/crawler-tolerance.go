package robust

import (
	"context"
	"fmt"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// CrawlerTolerance judges how the shop bore the crawl by the rules of
// ウェブ健康診断 (M): one request at a time, half a second apart. Where the crawl
// kept other rules, the numbers are told but make no pass.
var CrawlerTolerance = &check.Check{
	Name: "crawler-tolerance", Level: wire.Passive, Severity: check.Medium, CWE: 400,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:L/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		s := p.Site.Crawl
		if s.Requests == 0 {
			return ctx.Err()
		}
		p.ExaminedThing("crawl")
		for _, rule := range tolerance(s) {
			f := p.Report(nil, p.Site.Start.Hostname(), i18n.Args{
				"requests": fmt.Sprint(s.Requests), "timeouts": fmt.Sprint(s.Timeouts), "errors": fmt.Sprint(s.Errors),
				"timeouts_row": fmt.Sprint(s.ConsecutiveTimeouts), "errors_row": fmt.Sprint(s.ConsecutiveErrors),
			})
			f.Case, f.Severity = rule.name, rule.severity
			if rule.severity == check.Low {
				f.CVSS31 = "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:L"
				f.CVSS40 = "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:N/VI:N/VA:L/SC:N/SI:N/SA:N"
			}
			if !s.Serial {
				f.Confidence = check.Possible
			}
		}
		switch {
		case !s.Serial:
			p.NotExamined("仕様どおりの条件（1 件ずつ、0.5 秒以上の間隔）で巡回していないため、判定していません。今回の {n} 件の応答に、基準を超える異常はありませんでした。", i18n.Args{"n": fmt.Sprint(s.Requests)})
		case !longEnough(p.Site):
			p.NotExamined("巡回が {n} 件で終わり、仕様の条件（到達できるページをすべて、または 40 分間）に届かないため、判定していません。", i18n.Args{"n": fmt.Sprint(s.Requests)})
		}
		return ctx.Err()
	},
}

// The numbers of the item's rules.
const (
	inARow    = 5
	inTotal   = 10
	shareOf   = 10 // a tenth of all
	mostPages = 4800
	mostTime  = 40 * time.Minute
)

type toleranceRule struct {
	name     string
	severity check.Severity
}

// tolerance names the rules of the item that the numbers meet: (1) to (4) are
// medium, (5) and (6) low. A graver rule about the same thing hides the lesser.
func tolerance(s check.CrawlStats) []toleranceRule {
	var out []toleranceRule
	judge := func(what string, row, total int) {
		switch {
		case row >= inARow:
			out = append(out, toleranceRule{what + "-row", check.Medium})
		case total >= inTotal && total*shareOf >= s.Requests:
			out = append(out, toleranceRule{what + "-share", check.Medium})
		case total >= inTotal:
			out = append(out, toleranceRule{what + "-total", check.Low})
		}
	}
	judge("timeout", s.ConsecutiveTimeouts, s.Timeouts)
	judge("error", s.ConsecutiveErrors, s.Errors)
	return out
}

// longEnough says that the crawl went as far as the item asks: everything that
// can be reached, 40 minutes, or 4,800 pages.
func longEnough(s *check.Site) bool {
	if s.Crawl.Took >= mostTime || s.Crawl.Requests >= mostPages {
		return true
	}
	for _, t := range s.Templates {
		if t.Known > 0 {
			return false
		}
	}
	return s.Crawl.Stopped == ""
}
