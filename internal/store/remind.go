package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/report"
	"miseban/internal/workflow"
)

// How many days ahead people are reminded.
const nearDays = 3

var consentDays = []int{14, 3}

// remindedUpTo is the switch whose position is the last day on which people were reminded.
const remindedUpTo = "reminded"

// Remind tells people of the days that come near or have passed since the last
// time it was called: once for each day, however often and wherever it is
// called. It says whether there was a day to look at.
func (d *DB) Remind(ctx context.Context, at time.Time) (bool, error) {
	today := workflow.Day(at)
	var last string
	err := d.read.QueryRowContext(ctx, `SELECT position FROM switches WHERE name = $1`, remindedUpTo).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		last, err = workflow.Day(at.AddDate(0, 0, -1)), nil
	}
	if err != nil || last >= today {
		return false, named(err)
	}
	if week := workflow.Day(at.AddDate(0, 0, -7)); last < week {
		last = week // what is older is no news
	}
	events, err := d.reminders(ctx, last, today)
	if err != nil {
		return false, err
	}
	for part := range slices.Chunk(events, lot) {
		if err := d.Change(ctx, "", at, func(tx *Tx) error {
			for _, e := range part {
				e.Details["day"] = today
				tx.Record(e)
			}
			return nil
		}); err != nil {
			return false, err
		}
	}
	_, err = d.write.ExecContext(ctx, `INSERT INTO switches (name, position, at, by_id) VALUES ($1, $2, $3, '') ON CONFLICT (name) DO UPDATE SET position = excluded.position, at = excluded.at`, remindedUpTo, today, ts(at))
	return true, named(err)
}

// reminders are the events of the days after last up to today.
func (d *DB) reminders(ctx context.Context, last, today string) ([]account.Event, error) {
	var out []account.Event
	for _, x := range []struct{ what, after, upTo string }{
		{"near", max(shift(last, nearDays), shift(today, -1)), shift(today, nearDays)},
		{"passed", shift(last, -1), shift(today, -1)},
	} {
		rows, err := d.read.QueryContext(ctx, `SELECT shop_id, assignee_id, count(*) FROM findings WHERE open = 1 AND due > $1 AND due <= $2 GROUP BY shop_id, assignee_id ORDER BY shop_id`, x.after, x.upTo)
		list, err := collect(rows, err, func(r *sql.Rows, e *account.Event) error {
			var n int
			err := r.Scan(&e.Shop, &e.Person, &n)
			e.Verb, e.Details = account.Reminded, map[string]string{"what": x.what, "n": strconv.Itoa(n), "days": strconv.Itoa(nearDays)}
			return err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
		rows, err = d.read.QueryContext(ctx, `SELECT shop_id, id, due FROM instructions WHERE state = 'given' AND due > $1 AND due <= $2 ORDER BY shop_id`, x.after, x.upTo)
		list, err = collect(rows, err, func(r *sql.Rows, e *account.Event) error {
			var due string
			err := r.Scan(&e.Shop, &e.Object, &due)
			e.Verb, e.Details = account.Reminded, map[string]string{"what": "instruction-" + x.what, "due": due}
			return err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	for _, n := range consentDays {
		rows, err := d.read.QueryContext(ctx, `SELECT shop_id, id, until FROM consents WHERE withdrawn = '' AND until >= $1 AND until < $2 ORDER BY shop_id`, begins(shift(last, n+1)), begins(shift(today, n+1)))
		list, err := collect(rows, err, func(r *sql.Rows, e *account.Event) error {
			var until time.Time
			err := r.Scan(&e.Shop, &e.Object, clock{&until})
			e.Verb, e.Details = account.Reminded, map[string]string{"what": "consent", "until": until.In(report.Tokyo()).Format("2006-01-02 15:04")}
			return err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// shift is the day n days after a day.
func shift(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}

// begins is the moment at which a day begins in Japan.
func begins(day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, report.Tokyo())
	if err != nil {
		return ""
	}
	return ts(t)
}
