package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/paper"
	"miseban/internal/programme"
	"miseban/internal/statistics"
	"miseban/internal/survey"
)

// reportSource is the row of paper_sources that stands for the whole paper, see paperNames.
const reportSource = ""

// Numbers reads of what a report of a programme is made: the steps as of a
// moment, the other counts as of now, and the statistics that are published.
func (d *DB) Numbers(ctx context.Context, p *programme.Programme, at, now time.Time) (*statistics.Numbers, error) {
	n := &statistics.Numbers{Programme: p, Now: now}
	var err error
	if n.Milestones, err = d.Milestones(ctx, p.ID); err != nil {
		return nil, err
	}
	if n.Progress, err = d.CaseProgress(ctx, p.ID, at); err != nil {
		return nil, err
	}
	if n.Stages, err = d.ApplicationCounts(ctx, p.ID); err != nil {
		return nil, err
	}
	list, err := d.Surveys(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, q := range survey.All() { // in the order of the questionnaires
		for i := range list {
			if list[i].Questionnaire == q.ID {
				n.Surveys = append(n.Surveys, statistics.Heard{Questionnaire: q, Quota: list[i].Quota, Counts: list[i].Counts})
			}
		}
	}
	last, err := d.LastPublished(ctx, p.ID)
	switch {
	case err == nil:
		n.Published, n.On = &last.Data, last.Decided
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	return n, nil
}

// MakeReport keeps a report as a draft of a committee: a paper with its parts,
// of the class that was chosen.
func (t *Tx) MakeReport(ctx context.Context, office account.ID, x *paper.Paper, k statistics.ReportKind, l i18n.Lang, parts []statistics.Sourced) error {
	if err := t.AddPaper(ctx, office, x); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO paper_sources (paper_id, source, part_id, sum, lang, at) VALUES (`+places(0, 6)+`)`, string(x.ID), reportSource, "", string(k), string(l), ts(t.At)); err != nil {
		return err
	}
	for i := range parts {
		if err := t.addSourced(ctx, office, x, &parts[i], l); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) addSourced(ctx context.Context, office account.ID, of *paper.Paper, x *statistics.Sourced, l i18n.Lang) error {
	part := x.Part
	part.Tidy()
	if err := t.SavePart(ctx, office, of, &part); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO paper_sources (paper_id, source, part_id, sum, lang, at) VALUES (`+places(0, 6)+`)`, string(of.ID), x.Source, string(part.ID), sumOfText(part.Text), string(l), ts(t.At))
	return err
}

// sumOfText tells whether a text is still as it was made.
func sumOfText(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// RenewReport makes the figures of a draft anew: charts always, texts unless
// somebody has rewritten them, whose headings are told. Parts that were taken
// out stay out, new ones come at the end. ErrConflict when the paper is given
// out, or is not as it was seen.
func (t *Tx) RenewReport(ctx context.Context, office account.ID, x *paper.Paper, l i18n.Lang, parts []statistics.Sourced) (kept []string, err error) {
	type row struct{ source, part, sum string }
	rows, err := t.q.QueryContext(ctx, `SELECT source, part_id, sum FROM paper_sources WHERE paper_id = $1`, string(x.ID))
	list, err := collect(rows, err, func(r *sql.Rows, y *row) error { return r.Scan(&y.source, &y.part, &y.sum) })
	if err != nil {
		return nil, err
	}
	for i := range parts {
		p := &parts[i]
		at := slices.IndexFunc(list, func(y row) bool { return y.source == p.Source })
		if at < 0 {
			if err := t.addSourced(ctx, office, x, p, l); err != nil {
				return nil, err
			}
			continue
		}
		now := slices.IndexFunc(x.Parts, func(y paper.Part) bool { return string(y.ID) == list[at].part })
		if now < 0 {
			continue // taken out by the office
		}
		part := x.Parts[now]
		fresh := p.Part
		fresh.Tidy()
		part.Figures, part.Caption = fresh.Figures, fresh.Caption
		sum := list[at].sum
		if sumOfText(part.Text) == sum {
			part.Text, sum = fresh.Text, sumOfText(fresh.Text)
		} else {
			kept = append(kept, part.Title)
		}
		if err := t.SavePart(ctx, office, x, &part); err != nil {
			return nil, err
		}
		if _, err := t.exec(ctx, `UPDATE paper_sources SET sum = $3, at = $4 WHERE paper_id = $1 AND source = $2`, string(x.ID), p.Source, sum, ts(t.At)); err != nil {
			return nil, err
		}
	}
	return kept, t.one(ctx, ErrNotFound, `UPDATE paper_sources SET at = $3 WHERE paper_id = $1 AND source = $2`, string(x.ID), reportSource, ts(t.At))
}
