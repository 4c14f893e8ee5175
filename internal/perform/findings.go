package perform

import (
	"context"
	"time"

	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/wire"
)

// Findings puts a few findings of a run into words, as a report of their own
// without its chapters. kept are the exchanges that show them.
func Findings(ctx context.Context, db *store.DB, run *diagnose.Run, list []check.Finding, l i18n.Lang, kept map[store.Kept]*wire.Exchange) (*report.Document, error) {
	part := *run
	part.Results = nil
	var suites []*check.Suite
	for _, s := range checks.All {
		of := &check.Suite{Name: s.Name, Title: s.Title, Texts: s.Texts}
		for _, c := range s.Checks {
			r := check.Result{Check: c.Name}
			for _, f := range list {
				if f.Check == c.Name {
					r.Findings = append(r.Findings, f)
				}
			}
			if len(r.Findings) > 0 {
				of.Checks, part.Results = append(of.Checks, c), append(part.Results, r)
			}
		}
		if len(of.Checks) > 0 {
			suites = append(suites, of)
		}
	}
	first, err := db.Edition(ctx, judging[0])
	if err != nil {
		return nil, err
	}
	in := report.Input{Suites: suites}
	if kept != nil {
		in.Exchange = func(_ context.Context, id wire.ExchangeID) (*wire.Exchange, error) {
			return kept[store.Kept{Run: run.ID, ID: id}], nil
		}
	}
	return report.Build(ctx, assessment.New(&part, []*guideline.Edition{first}, nil, time.Now(), checks.Catalogue), in, l)
}
