package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"miseban/internal/account"
)

// What callers of changes decide by.
var (
	ErrConflict = errors.New("somebody else was faster") // the record is not what the caller saw any more, or exists already
	ErrCrowded  = errors.New("too many diagnoses of the shop have not ended")
	ErrLast     = errors.New("nobody would be left to manage it") // the last executive of an organisation, the last operator
	errSilent   = errors.New("a change that the audit log lacks") // a programming error

	errNoVerb = errors.New("an event whose verb has no words yet") // a programming error
)

// forever is how long a shop belongs to its own organisation.
var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Tx is one change under way: what it writes, the events that the audit log
// gets of it, and the jobs that go with it are kept together or not at all.
type Tx struct {
	By account.ID // who does it; "" = Miseban itself
	At time.Time
	// Delegate is the delegation by whose link somebody acts who is not signed
	// in: what is written bears its ID as the author. "" = none.
	Delegate account.ID
	// Token is the API token with which the person does it; "": by hand.
	Token account.ID

	q interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
	lite   *sql.Tx
	pg     pgx.Tx
	db     *DB
	events []account.Event
	cases  map[account.ID]*Cases // of each programme whose cases are changed
	added  []added
	wrote  bool
}

// added are rows that go into one table together.
type added struct {
	into string // the table with its columns
	rows [][]any
}

// Change carries out f as one transaction in the name of a person. A change
// that writes without telling the audit log is refused.
func (d *DB) Change(ctx context.Context, by account.ID, at time.Time, f func(*Tx) error) error {
	t := &Tx{By: by, At: at.UTC().Truncate(time.Microsecond), db: d}
	if d.Postgres() {
		return named(d.changePostgres(ctx, t, f))
	}
	return d.tx(ctx, func(tx *sql.Tx) error {
		t.q, t.lite = tx, tx
		return t.do(ctx, f)
	})
}

// Postgres says that the database is a server, which other processes may share.
func (d *DB) Postgres() bool { return d.read.DB == d.write }

// changePostgres begins with pgx itself, because the queue needs its transaction.
func (d *DB) changePostgres(ctx context.Context, t *Tx, f func(*Tx) error) error {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	err = conn.Raw(func(c any) (err error) {
		t.pg, err = c.(*stdlib.Conn).Conn().Begin(ctx)
		return err
	})
	if err != nil {
		return err
	}
	defer func() { _ = t.pg.Rollback(context.WithoutCancel(ctx)) }() // after a commit it does nothing
	t.q = conn
	if err := t.do(ctx, f); err != nil {
		return err
	}
	return t.pg.Commit(ctx)
}

func (t *Tx) do(ctx context.Context, f func(*Tx) error) error {
	if err := f(t); err != nil {
		return err
	}
	if err := t.countCases(ctx); err != nil {
		return err
	}
	if err := t.writeAdded(ctx); err != nil {
		return err
	}
	if t.wrote && len(t.events) == 0 {
		return errSilent
	}
	if err := t.tell(ctx); err != nil {
		return err
	}
	return t.writeEvents(ctx)
}

// author is whom a record names as its author.
func (t *Tx) author() account.ID {
	if t.Delegate != "" {
		return t.Delegate
	}
	return t.By
}

// Queue is the transaction as the drivers of the queue take it; one of the two is nil.
func (t *Tx) Queue() (*sql.Tx, pgx.Tx) { return t.lite, t.pg }

// Writer is the connection pool that the queue shares with the store.
func (d *DB) Writer() *sql.DB { return d.write }

// Record adds an event to the audit log with this change.
func (t *Tx) Record(e account.Event) {
	e.At, e.By = t.At, t.By
	if t.Token != "" || t.Delegate != "" {
		details := map[string]string{}
		if t.Token != "" {
			details["token"] = string(t.Token)
		}
		if t.Delegate != "" {
			details["delegation"] = string(t.Delegate)
		}
		maps.Copy(details, e.Details)
		e.Details = details
	}
	t.events = append(t.events, e)
}

// writeEvents chains the events. The row of the head is taken last and held
// until the commit, so that the log has one order.
func (t *Tx) writeEvents(ctx context.Context) error {
	if len(t.events) == 0 {
		return nil
	}
	var seq int64
	var sum string
	if err := t.q.QueryRowContext(ctx, `UPDATE audit_head SET seq = seq + $1 WHERE id = 1 RETURNING seq - $1, sum`, len(t.events)).Scan(&seq, &sum); err != nil {
		return fmt.Errorf("reading the head of the audit log: %w", err)
	}
	rows := make([][]any, len(t.events))
	for i := range t.events {
		e := &t.events[i]
		if !e.Verb.Known() {
			return fmt.Errorf("%w: %s", errNoVerb, e.Verb)
		}
		seq++
		e.Seq = seq
		next, err := e.Chain(sum)
		if err != nil {
			return err
		}
		doc, err := json.Marshal(e)
		if err != nil {
			return err
		}
		sum = next
		rows[i] = []any{e.Seq, ts(e.At), string(e.By), string(e.Organisation), string(e.Shop), string(e.Person), string(doc), sum}
	}
	if err := t.insert(ctx, `audit (seq, at, by_id, organisation_id, shop_id, person_id, doc, sum)`, rows); err != nil {
		return fmt.Errorf("writing the audit log: %w", err)
	}
	_, err := t.q.ExecContext(ctx, `UPDATE audit_head SET sum = $1 WHERE id = 1`, sum)
	return err
}

// add keeps a row for a table that is only added to and that nothing within a
// change reads: those of one table are written together before the commit.
// into is the table with its columns, one constant for each table.
func (t *Tx) add(into string, row ...any) {
	t.wrote = true
	for i := range t.added {
		if t.added[i].into == into {
			t.added[i].rows = append(t.added[i].rows, row)
			return
		}
	}
	t.added = append(t.added, added{into, [][]any{row}})
}

func (t *Tx) writeAdded(ctx context.Context) error {
	for _, a := range t.added {
		if err := t.insert(ctx, a.into, a.rows); err != nil {
			return err
		}
	}
	t.added = nil
	return nil
}

// mostPlaces is how many values go into one statement. SQLite's driver looks
// for each of them among all, so that a statement of thousands takes longer
// than as many single ones.
const mostPlaces = 160

// insert writes rows with as few statements as the databases take.
func (t *Tx) insert(ctx context.Context, into string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	wide := len(rows[0])
	for some := range slices.Chunk(rows, mostPlaces/wide) {
		var q strings.Builder
		q.WriteString(`INSERT INTO ` + into + ` VALUES `)
		args := make([]any, 0, len(some)*wide)
		for i, row := range some {
			if i > 0 {
				q.WriteString(", ")
			}
			q.WriteString("(" + places(len(args), wide) + ")")
			args = append(args, row...)
		}
		if _, err := t.exec(ctx, q.String(), args...); err != nil {
			return err
		}
	}
	return nil
}

// exec writes and says how many rows it changed.
func (t *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	t.wrote = true
	res, err := t.q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// one writes what must change exactly one row; none is otherwise.
func (t *Tx) one(ctx context.Context, otherwise error, query string, args ...any) error {
	n, err := t.exec(ctx, query, args...)
	if err == nil && n == 0 {
		return otherwise
	}
	return err
}

// ts writes a time; a time that is not yet is an empty text.
func ts(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(stamp)
}

// clock reads what ts wrote.
type clock struct{ into *time.Time }

// Scan is called by database/sql.
func (c clock) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("a time of type %T", v)
	}
	if s == "" {
		*c.into = time.Time{}
		return nil
	}
	t, err := time.Parse(stamp, s)
	*c.into = t
	return err
}

// list writes roles and the like as one text; words of ours hold no comma.
func list[T ~string](xs []T) string {
	var b strings.Builder
	for i, x := range xs {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(x))
	}
	return b.String()
}

func split[T ~string](s string) []T {
	var out []T
	for x := range strings.SplitSeq(s, ",") {
		if x != "" {
			out = append(out, T(x))
		}
	}
	return out
}

// places makes "$3, $4, $5" for n values after those already used.
func places(used, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", used+i+1)
	}
	return b.String()
}

// collect reads all rows with scan.
func collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows, *T) error) ([]T, error) {
	if err != nil {
		return nil, named(err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var x T
		if err := scan(rows, &x); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// found gives an absent row its name.
func found(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s: %w", what, ErrNotFound)
	}
	return fmt.Errorf("reading %s: %w", what, named(err))
}
