package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// BackupHead says what a backup is of.
type BackupHead struct {
	Format   int       `json:"format"`
	Version  string    `json:"version"` // of the Miseban that made it
	Schema   int64     `json:"schema"`  // of the tables
	Taken    time.Time `json:"taken"`
	Database string    `json:"database"` // "sqlite" or "postgres"; either can be restored into either
	Key      string    `json:"key"`      // tells the master key from others; the key itself is not in the backup
	Lines    int64     `json:"lines"`    // of the audit log
	Sum      string    `json:"sum"`      // of its last line
}

// BackupDone says what a backup holds.
type BackupDone struct {
	BackupHead
	Tables int
	Rows   int64
}

// leftOut are the tables that mean nothing in another place or at another time:
// who is signed in, who guessed, and which address was asked a moment ago. The
// queue and the version of the tables are made anew.
var leftOut = []string{"sessions", "attempts", "courtesy", "courtesy_connections", "goose_db_version"}

// querier reads, within a transaction or without.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// OpenAsIs opens a database that stands, to copy it: nothing is made and nothing
// brought up to date, because a Miseban of another version may be working with it.
func OpenAsIs(ctx context.Context, o Options) (*DB, error) {
	if !strings.Contains(o.Database, "://") {
		if _, err := os.Stat(o.Database); err != nil {
			return nil, fmt.Errorf("opening the database: %w", err)
		}
	}
	if _, err := os.Stat(o.KeyFile); err != nil {
		return nil, fmt.Errorf("reading the key file: %w", err)
	}
	master, err := masterKey(o.KeyFile)
	if err != nil {
		return nil, err
	}
	d, err := connect(o.Database)
	if err != nil {
		return nil, err
	}
	d.master = master
	if err := d.write.PingContext(ctx); err != nil {
		return nil, errors.Join(named(err), d.Close())
	}
	return d, nil
}

// Backup writes all that a new database needs, as it stood at one moment; others
// go on writing meanwhile. The master key is not in it: what the key seals stays
// sealed.
func (d *DB) Backup(ctx context.Context, w io.Writer, version string, at time.Time) (*BackupDone, error) {
	// SQLite: a reader sees what stood when it began. PostgreSQL: a repeatable read does.
	t, err := d.read.BeginTx(ctx, &sql.TxOptions{Isolation: d.snapshot(), ReadOnly: true})
	if err != nil {
		return nil, named(err)
	}
	defer func() { _ = t.Rollback() }()
	done := &BackupDone{BackupHead: BackupHead{Format: backupFormat, Version: version, Taken: at.UTC(), Database: "sqlite"}}
	if d.Postgres() {
		done.Database = "postgres"
	}
	if done.Key, err = keyPrint(d.master); err != nil {
		return nil, err
	}
	if err := t.QueryRowContext(ctx, `SELECT MAX(version_id) FROM goose_db_version WHERE is_applied = $1`, true).Scan(&done.Schema); err != nil {
		return nil, fmt.Errorf("reading the version of the tables: %w", named(err))
	}
	if err := t.QueryRowContext(ctx, `SELECT seq, sum FROM audit_head WHERE id = 1`).Scan(&done.Lines, &done.Sum); err != nil {
		return nil, fmt.Errorf("reading the head of the audit log: %w", named(err))
	}
	tables, err := d.tables(ctx, t)
	if err != nil {
		return nil, err
	}
	out, err := newBackupWriter(w, &done.BackupHead)
	if err != nil {
		return nil, err
	}
	for _, name := range tables {
		n, err := copyTable(ctx, t, out, name)
		if err != nil {
			return nil, fmt.Errorf("copying %s: %w", name, named(err))
		}
		done.Tables++
		done.Rows += n
	}
	return done, out.close()
}

func (d *DB) snapshot() sql.IsolationLevel {
	if d.Postgres() {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// keyPrint tells one master key from another and says nothing of it.
func keyPrint(master []byte) (string, error) {
	b, err := derive(master, "print")
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:8]), nil
}

func copyTable(ctx context.Context, t *sql.Tx, out *backupWriter, name string) (int64, error) {
	rows, err := t.QueryContext(ctx, `SELECT * FROM `+name)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	if err := out.table(name, columns); err != nil {
		return 0, err
	}
	values := make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var n int64
	for ; rows.Next(); n++ {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		if err := out.row(values); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}

// tables names the tables that a backup holds, so that no row comes before one
// that it refers to. The databases are asked, so that no table can be forgotten.
func (d *DB) tables(ctx context.Context, q querier) ([]string, error) {
	names := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name`
	refers := `SELECT m.name, f."table" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`
	if d.Postgres() {
		names = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name`
		refers = `SELECT a.relname, b.relname FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace`
	}
	rows, err := q.QueryContext(ctx, names)
	all, err := collect(rows, err, func(r *sql.Rows, s *string) error { return r.Scan(s) })
	if err != nil {
		return nil, err
	}
	rows, err = q.QueryContext(ctx, refers)
	edges, err := collect(rows, err, func(r *sql.Rows, e *[2]string) error { return r.Scan(&e[0], &e[1]) })
	if err != nil {
		return nil, err
	}
	above := map[string][]string{}
	for _, e := range edges {
		above[e[0]] = append(above[e[0]], e[1])
	}
	var out []string
	var put func(string)
	put = func(name string) {
		if slices.Contains(out, name) || slices.Contains(leftOut, name) || strings.HasPrefix(name, "river_") {
			return
		}
		for _, a := range above[name] {
			if a != name {
				put(a)
			}
		}
		out = append(out, name)
	}
	for _, name := range all {
		put(name)
	}
	return out, nil
}

// What restoring refuses by.
var (
	ErrBackup   = errors.New("the backup is broken or no backup of Miseban") // cut off, changed, or another file
	ErrNotEmpty = errors.New("the database holds tables already")            // a backup is restored into a new one only
	ErrNoKey    = errors.New("the key file is missing")                      // the backup's master key has to be put back first
)
