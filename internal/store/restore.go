package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/notice"
)

// Restored is the word for why a diagnosis pauses that a backup found under way
// or planned: a person looks first whether the shop's consent still stands.
const Restored = "restored"

// restoring is the switch that is on from the moment that a database is filled
// from a backup until everything is taken back that must not be good any more.
const restoring = "restoring"

// switches is the version of the tables that has switches, and with them
// people, links and tokens.
const switches = 2

// ErrHalf says that a restore did not come to its end.
var ErrHalf = errors.New("a restore did not come to its end")

// whole refuses a database that a restore has filled and not finished: its
// tokens, links and accounts elsewhere are those of the backup.
func (d *DB) whole(ctx context.Context) error {
	on, _, _, err := d.Switch(ctx, restoring)
	if err == nil && on {
		err = ErrHalf
	}
	return err
}

// CheckBackup reads a whole backup and says what it holds, or why it cannot be
// restored by this Miseban.
func CheckBackup(r io.Reader) (*BackupDone, error) {
	b, err := newBackupReader(r)
	if err != nil {
		return nil, err
	}
	defer b.z.Close()
	if b.head.Format > backupFormat {
		return nil, fmt.Errorf("the backup has format %d: %w", b.head.Format, ErrNewer)
	}
	newest, err := newestSchema()
	if err != nil {
		return nil, err
	}
	if b.head.Schema > newest {
		return nil, fmt.Errorf("the backup has version %d, this Miseban knows %d: %w", b.head.Schema, newest, ErrNewer)
	}
	if b.head.Schema < 1 {
		return nil, fmt.Errorf("%w: version %d of the tables", ErrBackup, b.head.Schema)
	}
	done := &BackupDone{BackupHead: b.head}
	err = b.each(func(string, []string) error { done.Tables++; return nil }, func([]any) error { done.Rows++; return nil })
	return done, err
}

// newestSchema is the version of the tables that this Miseban makes.
func newestSchema() (int64, error) {
	list, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		return 0, err
	}
	var n int64
	_, err = fmt.Sscanf(list[len(list)-1].Name(), "%d_", &n)
	return n, err
}

// Restore fills a new database from a backup, which open opens: it is read
// twice, so that a broken file is found before anything is made. The key file
// must be the one that the backup was taken with. What was planned or under way
// is paused, everybody has to sign in again, API tokens and links end, and no
// mail goes out by itself.
func Restore(ctx context.Context, o Options, at time.Time, open func() (io.ReadCloser, error)) (*BackupDone, error) {
	read := func(f func(io.Reader) error) error {
		r, err := open()
		if err != nil {
			return err
		}
		return errors.Join(f(r), r.Close())
	}
	var done *BackupDone
	if err := read(func(r io.Reader) (err error) { done, err = CheckBackup(r); return err }); err != nil {
		return nil, err
	}
	if _, err := os.Stat(o.KeyFile); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNoKey, err)
	}
	master, err := masterKey(o.KeyFile)
	if err != nil {
		return nil, err
	}
	if print, err := keyPrint(master); err != nil || print != done.Key {
		return nil, errors.Join(err, fmt.Errorf("the backup was taken with another key: %w", ErrKey))
	}
	d, err := connect(o.Database)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	d.master = master
	if any, err := d.anyTable(ctx); err != nil || any {
		return nil, errors.Join(err, ErrNotEmpty)
	}
	if err = read(func(r io.Reader) error { return d.fill(ctx, r, done, at) }); err != nil {
		return nil, errors.Join(err, d.unmake(context.WithoutCancel(ctx)))
	}
	return done, nil
}

func (d *DB) anyTable(ctx context.Context) (bool, error) {
	count := `SELECT COUNT(*) FROM sqlite_master WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'`
	if d.Postgres() {
		count = `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	var n int
	err := d.write.QueryRowContext(ctx, count).Scan(&n)
	return n > 0, named(err)
}

// unmake leaves the database as empty as it was.
func (d *DB) unmake(ctx context.Context) error {
	p, err := d.migrations()
	if err != nil {
		return err
	}
	if _, err = p.DownTo(ctx, 0); err == nil {
		_, err = d.write.ExecContext(ctx, `DROP TABLE goose_db_version`)
	}
	return named(err)
}

// fill makes the tables as the backup had them, fills them, and brings them up
// to date.
func (d *DB) fill(ctx context.Context, r io.Reader, done *BackupDone, at time.Time) error {
	if err := d.pour(ctx, r, done.Schema, at); err != nil {
		return err
	}
	n, err := d.VerifyAudit(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBackup, err)
	}
	if n != done.Lines {
		return fmt.Errorf("%w: %d lines of the audit log instead of %d", ErrBackup, n, done.Lines)
	}
	if err := d.migrate(ctx); err != nil {
		return err
	}
	return d.Change(ctx, "", at, func(t *Tx) error { return t.restored(ctx, done) })
}

// pour makes the tables of a version and fills them. With the rows the database
// is marked: nobody opens it until restored has taken back what must end.
func (d *DB) pour(ctx context.Context, r io.Reader, schema int64, at time.Time) error {
	p, err := d.migrations()
	if err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, schema); err != nil {
		return fmt.Errorf("making the tables: %w", named(err))
	}
	return d.tx(ctx, func(t *sql.Tx) error {
		if err := d.load(ctx, t, r); err != nil || schema < switches {
			return err
		}
		_, err := t.ExecContext(ctx, `INSERT INTO switches (name, position, at, by_id) VALUES ($1, 'on', $2, '') ON CONFLICT (name) DO UPDATE SET position = 'on'`, restoring, ts(at))
		return err
	})
}

// restored writes into the restored database that it is one. What was taken back
// after the backup was taken is not known any more: tokens and open links end,
// accounts elsewhere are unlinked, and mails, which may have gone out since, wait for a person. The jobs of open
// alarms are gone; those alarms are unread news again.
func (t *Tx) restored(ctx context.Context, done *BackupDone) error {
	n, err := t.exec(ctx, `UPDATE diagnoses SET state = $1, wanted = $2, why = $3, holder = '', alive_until = '', updated = $4 WHERE state IN ('planned', 'queued', 'running')`,
		string(DiagnosisPaused), WantGo, Restored, ts(t.At))
	details := map[string]string{"taken": ts(done.Taken), "paused": fmt.Sprint(n)}
	t.Record(account.Event{Verb: account.PlatformRestored, Details: details})
	if err != nil {
		return err
	}
	for _, c := range []struct {
		what, query string
		args        []any
	}{
		{"tokens", `UPDATE api_tokens SET revoked = $1 WHERE revoked = ''`, []any{ts(t.At)}},
		{"", `DELETE FROM switches WHERE name = $1`, []any{restoring}},
		{"identities", `DELETE FROM identities`, nil},
		{"links", `UPDATE links SET revoked = $1 WHERE used = '' AND revoked = ''`, []any{ts(t.At)}},
		{"mails", `UPDATE mails SET state = $1, problem = $2, answer = '' WHERE state IN ('waiting', 'queued')`, []any{string(MailUndeliverable), string(notice.FromBackup)}},
		{"hook_sends", `UPDATE hook_sends SET state = $1, problem = $2 WHERE state IN ('waiting', 'queued')`, []any{string(HookFailed), HookRestored}},
		{"", `UPDATE notices SET post = '' WHERE post IN ($1, $2)`, []any{string(notice.AtOnce), string(notice.Daily)}},
		{"", `UPDATE notices SET seen = '' WHERE kind = $1 AND shop_id IN (SELECT shop_id FROM alarms WHERE confirmed = '')`, []any{string(notice.Emergency)}},
	} {
		n, err := t.exec(ctx, c.query, c.args...)
		if err != nil {
			return err
		}
		if c.what != "" {
			details[c.what] = fmt.Sprint(n)
		}
	}
	var alarms int
	err = t.q.QueryRowContext(ctx, `SELECT count(*) FROM alarms WHERE confirmed = ''`).Scan(&alarms)
	details["alarms"] = fmt.Sprint(alarms)
	return err
}

// load writes the rows of a backup into the empty tables. Names of the file go
// into statements only if the database has them.
func (d *DB) load(ctx context.Context, t *sql.Tx, r io.Reader) error {
	b, err := newBackupReader(r)
	if err != nil {
		return err
	}
	defer b.z.Close()
	missing, err := d.tables(ctx, t)
	if err != nil {
		return err
	}
	for _, name := range slices.Backward(missing) { // what migrations put there is in the backup, too
		if _, err := t.ExecContext(ctx, `DELETE FROM `+name); err != nil {
			return err
		}
	}
	l := &loader{t: t}
	err = b.each(func(name string, columns []string) error {
		at := slices.Index(missing, name)
		if at < 0 {
			return fmt.Errorf("%w: table %q is unknown or comes twice", ErrBackup, name)
		}
		missing = slices.Delete(missing, at, at+1)
		if err := l.flush(ctx); err != nil {
			return err
		}
		return l.begin(ctx, name, columns)
	}, func(values []any) error { return l.add(ctx, values) })
	if err == nil {
		err = l.flush(ctx)
	}
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("%w: it lacks %s", ErrBackup, strings.Join(missing, ", "))
	}
	return err
}

// loader writes rows of one table after the other, many with one statement.
type loader struct {
	t     *sql.Tx
	name  string
	names string
	width int
	args  []any
	bytes int
}

func (l *loader) begin(ctx context.Context, name string, columns []string) error {
	rows, err := l.t.QueryContext(ctx, `SELECT * FROM `+name+` WHERE 1 = 0`)
	if err != nil {
		return err
	}
	have, err := rows.Columns()
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return err
	}
	for i, c := range columns {
		if !slices.Contains(have, c) || slices.Contains(columns[:i], c) {
			return fmt.Errorf("%w: table %s has no column %q", ErrBackup, name, c)
		}
	}
	if len(columns) != len(have) {
		return fmt.Errorf("%w: table %s has %d columns, not %d", ErrBackup, name, len(have), len(columns))
	}
	l.name, l.names, l.width = name, strings.Join(columns, ", "), len(columns)
	return nil
}

func (l *loader) add(ctx context.Context, values []any) error {
	l.args = append(l.args, values...)
	for _, v := range values {
		switch v := v.(type) {
		case string:
			l.bytes += len(v)
		case []byte:
			l.bytes += len(v)
		}
	}
	if len(l.args) >= lot*l.width || l.bytes > 4<<20 {
		return l.flush(ctx)
	}
	return nil
}

func (l *loader) flush(ctx context.Context) error {
	if len(l.args) == 0 {
		return nil
	}
	var q strings.Builder
	fmt.Fprintf(&q, `INSERT INTO %s (%s) VALUES `, l.name, l.names)
	for i := 0; i < len(l.args); i += l.width {
		if i > 0 {
			q.WriteByte(',')
		}
		q.WriteString(`(` + places(i, l.width) + `)`)
	}
	if _, err := l.t.ExecContext(ctx, q.String(), l.args...); err != nil {
		return fmt.Errorf("filling %s: %w", l.name, named(err))
	}
	clear(l.args)
	l.args, l.bytes = l.args[:0], 0
	return nil
}
