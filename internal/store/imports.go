package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"miseban/internal/account"
)

// ImportState says how far a list of shops is.
type ImportState string

// The states of a list of shops.
const (
	ImportRead      ImportState = "read"      // nothing of it is saved yet
	ImportConfirmed ImportState = "confirmed" // its lines are being saved, or are
	ImportDropped   ImportState = "dropped"
)

// LineState says what becomes of one line.
type LineState string

// The states of a line.
const (
	LineGood LineState = "good" // will be saved
	LineTwin LineState = "twin" // will be saved only if somebody says so: it looks like another
	LineBad  LineState = "bad"  // cannot be
	LineDue  LineState = "due"  // confirmed, its turn comes
	LineDone LineState = "done"
)

// Import is a list of shops that somebody of an organisation read in.
type Import struct {
	ID           account.ID
	Organisation account.ID
	By           account.ID
	State        ImportState
	Name         string   // of the file
	Unread       []string // columns nobody knows
	Created      time.Time
	Count        map[LineState]int
}

// importLife is how long a list waits to be confirmed.
const importLife = 24 * time.Hour

// importKept is how long a list that was saved can be looked at.
const importKept = 30 * 24 * time.Hour

// ImportChunk is how many lines are saved in one change: between two of them
// others get their turn, and what is in memory does not grow with the list.
const ImportChunk = 200

// OpenImport begins to keep a list that is being read. What others left
// unconfirmed goes, and what was saved long ago.
func (d *DB) OpenImport(ctx context.Context, x *Import, at time.Time) error {
	x.Created, x.State = at, ImportRead
	unread, err := json.Marshal(x.Unread)
	if err != nil {
		return err
	}
	return d.tx(ctx, func(tx *sql.Tx) error {
		old := `(state <> 'confirmed' AND created < $1 OR created < $2 AND NOT EXISTS (SELECT 1 FROM import_lines l WHERE l.import_id = imports.id AND l.state = 'due'))`
		for _, q := range []string{`DELETE FROM import_lines WHERE import_id IN (SELECT id FROM imports WHERE ` + old + `)`, `DELETE FROM imports WHERE ` + old} {
			if _, err := tx.ExecContext(ctx, q, ts(at.Add(-importLife)), ts(at.Add(-importKept))); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO imports (id, organisation_id, by_id, state, name, columns_unread, created) VALUES (`+places(0, 7)+`)`,
			string(x.ID), string(x.Organisation), string(x.By), string(x.State), x.Name, string(unread), ts(x.Created))
		return err
	})
}

// KeepLines keeps some lines of a list that is being read.
func (d *DB) KeepLines(ctx context.Context, id account.ID, lines []account.ImportLine) error {
	if len(lines) == 0 {
		return nil
	}
	var q strings.Builder
	q.WriteString(`INSERT INTO import_lines (import_id, line, state, shop_id, doc) VALUES `)
	var args []any
	for i := range lines {
		l := &lines[i]
		doc, err := json.Marshal(l)
		if err != nil {
			return err
		}
		state := LineGood
		switch {
		case len(l.Problems) > 0:
			state = LineBad
		case len(l.Twins) > 0:
			state = LineTwin
		}
		if i > 0 {
			q.WriteString(", ")
		}
		q.WriteString("(" + places(len(args), 5) + ")")
		args = append(args, string(id), l.Line, string(state), string(account.NewID()), string(doc))
	}
	return d.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, q.String(), args...)
		return err
	})
}

// Import reads a list of an organisation. ErrNotFound when there is none.
func (d *DB) Import(ctx context.Context, org, id account.ID) (*Import, error) {
	var x Import
	var unread string
	err := d.read.QueryRowContext(ctx, `SELECT id, organisation_id, by_id, state, name, columns_unread, created FROM imports WHERE id = $1 AND organisation_id = $2`, string(id), string(org)).
		Scan(&x.ID, &x.Organisation, &x.By, &x.State, &x.Name, &unread, clock{&x.Created})
	if err != nil {
		return nil, found("import", err)
	}
	if err := json.Unmarshal([]byte(unread), &x.Unread); err != nil {
		return nil, fmt.Errorf("reading import %s: %w", id, err)
	}
	type count struct {
		state LineState
		n     int
	}
	rows, err := d.read.QueryContext(ctx, `SELECT state, count(*) FROM import_lines WHERE import_id = $1 GROUP BY state`, string(id))
	list, err := collect(rows, err, func(r *sql.Rows, c *count) error { return r.Scan(&c.state, &c.n) })
	x.Count = map[LineState]int{}
	for _, c := range list {
		x.Count[c.state] = c.n
	}
	return &x, err
}

// ImportLines are lines of a list in one state, beyond a line, in their order.
func (d *DB) ImportLines(ctx context.Context, id account.ID, state LineState, after, limit int) ([]account.ImportLine, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT shop_id, doc FROM import_lines WHERE import_id = $1 AND state = $2 AND line > $3 ORDER BY line LIMIT $4`, string(id), string(state), after, limit)
	return collect(rows, err, scanImportLine)
}

func scanImportLine(r *sql.Rows, l *account.ImportLine) error {
	var doc string
	var id account.ID
	if err := r.Scan(&id, &doc); err != nil {
		return err
	}
	err := json.Unmarshal([]byte(doc), l)
	l.Shop.ID = id
	return err
}

// ConfirmImport says that the good lines of a list are saved, and of those that
// look like others the picked ones. ErrConflict when that was said before.
func (t *Tx) ConfirmImport(ctx context.Context, x *Import, picked []int) error {
	if err := t.one(ctx, ErrConflict, `UPDATE imports SET state = 'confirmed' WHERE id = $1 AND organisation_id = $2 AND state = 'read' AND created > $3`, string(x.ID), string(x.Organisation), ts(t.At.Add(-importLife))); err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.ImportConfirmed, Object: x.ID, Organisation: x.Organisation})
	if _, err := t.exec(ctx, `UPDATE import_lines SET state = 'due' WHERE import_id = $1 AND state = 'good'`, string(x.ID)); err != nil {
		return err
	}
	for some := range slices.Chunk(picked, 500) {
		args := []any{string(x.ID)}
		for _, n := range some {
			args = append(args, n)
		}
		if _, err := t.exec(ctx, `UPDATE import_lines SET state = 'due' WHERE import_id = $1 AND state = 'twin' AND line IN (`+places(1, len(some))+`)`, args...); err != nil {
			return err
		}
	}
	return nil
}

// DropImport forgets a list that nobody confirmed.
func (t *Tx) DropImport(ctx context.Context, x *Import) error {
	t.Record(account.Event{Verb: account.ImportDropped, Object: x.ID, Organisation: x.Organisation})
	if err := t.one(ctx, ErrConflict, `UPDATE imports SET state = 'dropped' WHERE id = $1 AND organisation_id = $2 AND state = 'read'`, string(x.ID), string(x.Organisation)); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM import_lines WHERE import_id = $1`, string(x.ID))
	return err
}

// SaveDue saves the next lines of a confirmed list: as shops of the
// organisation if it operates shops, else as shops that are only prepared. It
// says how many it looked at; 0: none is left. A line whose host came to stand
// there after the list was read is left out once more, so that the same file
// confirmed twice does not double anything.
func (t *Tx) SaveDue(ctx context.Context, x *Import, prepare bool) (n int, err error) {
	rows, err := t.q.QueryContext(ctx, `SELECT shop_id, doc FROM import_lines WHERE import_id = $1 AND state = 'due' ORDER BY line LIMIT $2`, string(x.ID), ImportChunk)
	due, err := collect(rows, err, scanImportLine)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	came, err := t.cameSince(ctx, x, due, prepare)
	if err != nil {
		return 0, err
	}
	for i := range due {
		l := &due[i]
		l.Shop.Organisation = x.Organisation
		state := LineDone
		if len(l.Twins) == 0 && came[sameShop(&l.Shop)] {
			state = LineTwin
		}
		// The line first: of two calls that save the same list one waits here and then finds it done.
		if err := t.one(ctx, ErrConflict, `UPDATE import_lines SET state = $3 WHERE import_id = $1 AND line = $2 AND state = 'due'`, string(x.ID), l.Line, string(state)); err != nil {
			return 0, err
		}
		switch {
		case state == LineTwin:
		case prepare:
			err = t.prepare(ctx, x, &l.Shop)
		default:
			err = t.AddShop(ctx, &l.Shop)
		}
		if err != nil {
			return 0, err
		}
	}
	t.Record(account.Event{Verb: account.ImportSaved, Object: x.ID, Organisation: x.Organisation, Details: map[string]string{"lines": fmt.Sprint(len(due))}})
	return len(due), nil
}

// sameShop is by what a shop is known again that came in after a list was read.
func sameShop(s *account.Shop) string { return s.Host() + "\n" + s.Name }

// cameSince says which of some lines stand already, by host and name: registered
// or prepared since the list was read and before this change.
func (t *Tx) cameSince(ctx context.Context, x *Import, due []account.ImportLine, prepare bool) (map[string]bool, error) {
	from := `grants g JOIN shops s ON s.id = g.shop_id WHERE g.organisation_id = $1 AND g.role = 'own' AND g.updated >= $2 AND s.created >= $2`
	if prepare {
		from = `prepared_shops s WHERE s.organisation_id = $1 AND s.created >= $2`
	}
	rows, err := t.q.QueryContext(ctx, `SELECT s.host, s.name FROM `+from+` AND s.id NOT IN (SELECT shop_id FROM import_lines WHERE import_id = $3)`, string(x.Organisation), ts(x.Created), string(x.ID))
	if err != nil {
		return nil, named(err)
	}
	defer rows.Close()
	here := map[string]bool{}
	for i := range due {
		here[sameShop(&due[i].Shop)] = false
	}
	for rows.Next() {
		var host, name string
		if err := rows.Scan(&host, &name); err != nil {
			return nil, err
		}
		if k := host + "\n" + name; !here[k] {
			if _, mine := here[k]; mine {
				here[k] = true
			}
		}
	}
	return here, rows.Err()
}

// SaveImport saves a confirmed list chunk by chunk. What an earlier call did
// not come to is done by this one; none is done twice.
func (d *DB) SaveImport(ctx context.Context, by account.ID, now func() time.Time, x *Import, prepare bool) error {
	for {
		n := 0
		err := d.Change(ctx, by, now(), func(tx *Tx) (err error) {
			n, err = tx.SaveDue(ctx, x, prepare)
			return err
		})
		if errors.Is(err, ErrConflict) {
			continue // another call saved these lines
		}
		if err != nil || n == 0 {
			return err
		}
	}
}
