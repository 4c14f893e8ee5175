package store

import (
	"context"
	"database/sql"
	"slices"

	"miseban/internal/account"
	"miseban/internal/survey"
)

// MergeCodes makes one code of two in the book of an item: whoever gave the
// first has given the second from now on, and the first is gone. ErrNotFound
// when the book lacks one of them.
func (t *Tx) MergeCodes(ctx context.Context, of account.ID, item, from, into string) error {
	t.Record(account.Event{Verb: account.CodesMerged, Object: account.ID(into), Details: map[string]string{"survey": string(of), "item": item, "from": from}})
	// Both rows are held until the commit, so that nobody merges them the other way round.
	if n, err := t.exec(ctx, `UPDATE survey_codes SET at = at WHERE survey_id = $1 AND item = $2 AND id IN ($3, $4)`, string(of), item, from, into); err != nil || n != 2 || from == into {
		if err == nil {
			err = ErrNotFound
		}
		return err
	}
	rows, err := t.q.QueryContext(ctx, `SELECT subject_id, coder_id, codes FROM survey_codings WHERE survey_id = $1 AND item = $2`, string(of), item)
	judged, err := collect(rows, err, scanCoded)
	if err != nil {
		return err
	}
	for _, j := range judged {
		at := slices.Index(j.Codes, from)
		if at < 0 {
			continue
		}
		j.Codes[at] = into
		slices.Sort(j.Codes)
		j.Codes = slices.Compact(j.Codes)
		if _, err := t.exec(ctx, `UPDATE survey_codings SET codes = $4 WHERE subject_id = $1 AND item = $2 AND coder_id = $3`, j.Unit, item, j.Coder, list(j.Codes)); err != nil {
			return err
		}
	}
	return t.one(ctx, ErrNotFound, `DELETE FROM survey_codes WHERE id = $1 AND survey_id = $2 AND item = $3`, from, string(of), item)
}

func scanCoded(r *sql.Rows, c *survey.Coded) error {
	var codes string
	if err := r.Scan(&c.Unit, &c.Coder, &codes); err != nil {
		return err
	}
	c.Codes = split[string](codes)
	return nil
}
