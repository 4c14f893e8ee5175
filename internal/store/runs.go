package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"miseban/internal/check"
	"miseban/internal/diagnose"
)

const stamp = "2006-01-02T15:04:05.000000Z"

// CreateRun writes a new run with a key of its own.
func (d *DB) CreateRun(ctx context.Context, r *diagnose.Run) error { return d.putRun(ctx, d.write, r) }

// putRun is CreateRun within whatever transaction q is.
func (d *DB) putRun(ctx context.Context, q execer, r *diagnose.Run) error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	sealed, err := seal(d.master, key, "run "+r.ID)
	if err != nil {
		return err
	}
	doc, err := runDoc(r)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO runs (id, parent, shop, state, level, started, ended, doc, run_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		r.ID, r.Parent, r.Shop, string(r.State), r.Scope.Level.String(), r.Started.UTC().Format(stamp), ended(r), doc, sealed)
	if err != nil {
		return fmt.Errorf("storing run %s: %w", r.ID, named(err))
	}
	return nil
}

// SaveRun writes what changed of a run; its results are kept by SaveResult.
func (d *DB) SaveRun(ctx context.Context, r *diagnose.Run) error {
	doc, err := runDoc(r)
	if err != nil {
		return err
	}
	res, err := d.write.ExecContext(ctx, `UPDATE runs SET state = $2, ended = $3, doc = $4 WHERE id = $1`, r.ID, string(r.State), ended(r), doc)
	if err != nil {
		return fmt.Errorf("storing run %s: %w", r.ID, named(err))
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return fmt.Errorf("run %s: %w", r.ID, ErrNotFound)
	}
	return nil
}

func runDoc(r *diagnose.Run) (string, error) {
	c := *r
	c.Results = nil
	b, err := json.Marshal(c)
	return string(b), err
}

func ended(r *diagnose.Run) string {
	if r.Ended.IsZero() {
		return ""
	}
	return r.Ended.UTC().Format(stamp)
}

// SaveResult writes the result of one check as it comes; a later one replaces it.
func (d *DB) SaveResult(ctx context.Context, run string, r *check.Result) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = d.write.ExecContext(ctx, `INSERT INTO results (run_id, check_name, doc) VALUES ($1, $2, $3) ON CONFLICT (run_id, check_name) DO UPDATE SET doc = excluded.doc`, run, r.Check, string(b))
	if err != nil {
		return fmt.Errorf("storing result %s: %w", r.Check, named(err))
	}
	return nil
}

// Run reads a run with its results. ErrNotFound when there is none.
func (d *DB) Run(ctx context.Context, id string) (*diagnose.Run, error) {
	type line struct{ check, doc string }
	rows, err := d.read.QueryContext(ctx, `SELECT '', doc FROM runs WHERE id = $1 UNION ALL SELECT check_name, doc FROM results WHERE run_id = $1 ORDER BY 1`, id)
	list, err := collect(rows, err, func(r *sql.Rows, l *line) error { return r.Scan(&l.check, &l.doc) })
	if err == nil && (len(list) == 0 || list[0].check != "") {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	var r diagnose.Run
	for i, l := range list {
		if i == 0 {
			err = json.Unmarshal([]byte(l.doc), &r)
		} else {
			var x check.Result
			err = json.Unmarshal([]byte(l.doc), &x)
			r.Results = append(r.Results, x)
		}
		if err != nil {
			return nil, fmt.Errorf("reading run %s: %w", id, err)
		}
	}
	return &r, nil
}

// RunHead is a line of the list of runs.
type RunHead struct {
	ID, Parent, Shop, State, Level string
	Started, Ended                 time.Time
}

// Runs lists the newest runs first, at most limit.
func (d *DB) Runs(ctx context.Context, limit int) ([]RunHead, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT id, parent, shop, state, level, started, ended FROM runs ORDER BY started DESC, id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("listing runs: %w", err)
	}
	defer rows.Close()
	var out []RunHead
	for rows.Next() {
		var h RunHead
		var started, ended string
		if err := rows.Scan(&h.ID, &h.Parent, &h.Shop, &h.State, &h.Level, &started, &ended); err != nil {
			return nil, err
		}
		if h.Started, err = time.Parse(stamp, started); err != nil {
			return nil, fmt.Errorf("run %s: %w", h.ID, err)
		}
		if ended != "" {
			if h.Ended, err = time.Parse(stamp, ended); err != nil {
				return nil, fmt.Errorf("run %s: %w", h.ID, err)
			}
		}
		out = append(out, h)
	}
	return out, rows.Err()
}

// LatestRun is the newest finished run of the same shop before a run; "" when
// there is none. Two customers may register one address: each is compared with
// what was seen for himself alone, and runs of the command line with their like.
func (d *DB) LatestRun(ctx context.Context, run *diagnose.Run) (string, error) {
	var id string
	err := d.read.QueryRowContext(ctx, `SELECT r.id FROM runs r LEFT JOIN diagnoses d ON d.run_id = r.id WHERE r.shop = $1 AND r.state = $2 AND r.started < $3 AND COALESCE(d.shop_id, '') = COALESCE((SELECT m.shop_id FROM diagnoses m WHERE m.run_id = $4), '') ORDER BY r.started DESC LIMIT 1`,
		run.Shop, string(diagnose.Finished), run.Started.UTC().Format(stamp), run.ID).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// DeleteRun removes a run with everything that was kept of it.
func (d *DB) DeleteRun(ctx context.Context, id string) error {
	return d.tx(ctx, func(t *sql.Tx) error {
		for _, q := range []string{`DELETE FROM ledger WHERE run_id = $1`, `DELETE FROM records WHERE run_id = $1`, `DELETE FROM results WHERE run_id = $1`} {
			if _, err := t.ExecContext(ctx, q, id); err != nil {
				return fmt.Errorf("deleting run %s: %w", id, err)
			}
		}
		res, err := t.ExecContext(ctx, `DELETE FROM runs WHERE id = $1`, id)
		if err != nil {
			return fmt.Errorf("deleting run %s: %w", id, err)
		}
		if n, err := res.RowsAffected(); err == nil && n == 0 {
			return fmt.Errorf("run %s: %w", id, ErrNotFound)
		}
		return nil
	})
}
