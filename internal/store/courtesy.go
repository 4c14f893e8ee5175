package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"miseban/internal/account"
)

// Clock is the time of the database, by which all who share it agree.
func (d *DB) Clock(ctx context.Context) (time.Time, error) { return d.clock(ctx, d.read) }

// clock asks on a given connection: a transaction that waited for a second one
// could wait for itself.
func (d *DB) clock(ctx context.Context, q interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}) (time.Time, error) {
	query := `SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'`
	if d.Postgres() {
		query = `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
	}
	var now time.Time
	if err := q.QueryRowContext(ctx, query).Scan(clock{&now}); err != nil {
		return now, fmt.Errorf("asking the database for the time: %w", named(err))
	}
	return now, nil
}

// BookTurn books the next moment at which all places may be asked once, every
// being the interval between two, and says how long that is from now. Who asks
// first is booked first, whichever machine it is.
func (d *DB) BookTurn(ctx context.Context, places []string, every time.Duration) (time.Duration, error) {
	places = slices.Sorted(slices.Values(places)) // one order for all: nobody waits in a circle
	var wait time.Duration
	err := d.tx(ctx, func(t *sql.Tx) error {
		now, err := d.clock(ctx, t)
		if err != nil {
			return err
		}
		turn := now
		for _, p := range places {
			// The row is locked by writing it, whether it was there or not.
			var booked time.Time
			if err := t.QueryRowContext(ctx, `INSERT INTO courtesy (place, booked) VALUES ($1, $2) ON CONFLICT (place) DO UPDATE SET booked = courtesy.booked RETURNING booked`, p, ts(now.Add(-every))).Scan(clock{&booked}); err != nil {
				return err
			}
			if next := booked.Add(every); next.After(turn) {
				turn = next
			}
		}
		for _, p := range places {
			if _, err := t.ExecContext(ctx, `UPDATE courtesy SET booked = $2 WHERE place = $1`, p, ts(turn)); err != nil {
				return err
			}
		}
		wait = turn.Sub(now)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("booking a turn: %w", named(err))
	}
	return wait, nil
}

var errNoConnection = errors.New("no connection left")

// TakeConnection takes one of limit connections to all places for a while. ok
// is false when one of them has none left.
func (d *DB) TakeConnection(ctx context.Context, places []string, limit int, hold time.Duration) (id string, ok bool, err error) {
	places = slices.Sorted(slices.Values(places))
	id = string(account.NewID())
	err = d.tx(ctx, func(t *sql.Tx) error {
		now, err := d.clock(ctx, t)
		if err != nil {
			return err
		}
		for _, p := range places {
			if _, err := t.ExecContext(ctx, `INSERT INTO courtesy (place, booked) VALUES ($1, $2) ON CONFLICT (place) DO UPDATE SET booked = courtesy.booked`, p, ""); err != nil {
				return err
			}
			if _, err := t.ExecContext(ctx, `DELETE FROM courtesy_connections WHERE place = $1 AND until < $2`, p, ts(now)); err != nil {
				return err
			}
			var n int
			if err := t.QueryRowContext(ctx, `SELECT count(*) FROM courtesy_connections WHERE place = $1`, p).Scan(&n); err != nil {
				return err
			}
			if n >= limit {
				return errNoConnection
			}
			if _, err := t.ExecContext(ctx, `INSERT INTO courtesy_connections (id, place, until) VALUES ($1, $2, $3)`, id, p, ts(now.Add(hold))); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err == nil:
		return id, true, nil
	case errors.Is(err, errNoConnection):
		return "", false, nil
	}
	return "", false, fmt.Errorf("taking a connection: %w", named(err))
}

// KeepConnections prolongs the right to connections.
func (d *DB) KeepConnections(ctx context.Context, ids []string, hold time.Duration) error {
	now, err := d.Clock(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	args := []any{ts(now.Add(hold))}
	for _, id := range ids {
		args = append(args, id)
	}
	_, err = d.write.ExecContext(ctx, `UPDATE courtesy_connections SET until = $1 WHERE id IN (`+places(1, len(ids))+`)`, args...)
	return named(err)
}

// ReleaseConnection gives a connection back.
func (d *DB) ReleaseConnection(ctx context.Context, id string) error {
	_, err := d.write.ExecContext(ctx, `DELETE FROM courtesy_connections WHERE id = $1`, id)
	return named(err)
}
