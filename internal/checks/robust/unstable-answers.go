package robust

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// UnstableAnswers asks whether pages that visitors are led to answer with a
// server's error. What failed in the crawl is asked for once more.
var UnstableAnswers = &check.Check{
	Name: "unstable-answers", Level: wire.Passive, Severity: check.Low,
	Effort: check.Work, Fixer: check.ByDeveloper, Enough: check.Enough{Things: 3},
	Run: func(ctx context.Context, p *check.Pass) error {
		asked := 0
		for _, pg := range p.Site.Pages {
			if !p.Scope.HasOrigin(pg.URL) || pg.Ex.Method != "GET" {
				continue
			}
			p.ExaminedPage(pg)
			// Some shops say 500 when a step of the checkout is opened out of turn.
			if pg.Ex.Status < 500 || pg.Challenge != "" || outOfTurn.MatchString(pg.Title+" "+pg.Visible) {
				continue
			}
			args := i18n.Args{"status": fmt.Sprint(pg.Ex.Status)}
			if asked == mostAsked {
				p.Report(pg.Ex, pg.Ex.Path(), args).Case = "once"
				continue
			}
			asked++
			again, err := p.Do(ctx, &wire.Request{Method: "GET", URL: pg.Ex.URL, Again: true, MaxBody: 64 << 10, Origin: wire.Origin{Why: "does the error come again"}})
			f := p.Report(pg.Ex, pg.Ex.Path(), args)
			switch {
			case errors.Is(err, wire.ErrNotStored), errors.Is(err, wire.ErrAbandoned):
				f.Case = "once"
			case err != nil:
				f.Case = "once"
				return err
			default:
				f.Case, f.Evidence = verdictOf(again), append(f.Evidence, again.Ex.ID)
			}
		}
		return nil
	},
}

const mostAsked = 5

func verdictOf(again *page.Page) string {
	if again.Ex.Status >= 500 {
		return "always"
	}
	return "sometimes"
}

var outOfTurn = regexp.MustCompile(`不正なページ(?:移動|遷移)|ページ遷移が正しく|もう一度最初から|セッションが(?:切れ|無効)|有効期限が切れ|メンテナンス`)
