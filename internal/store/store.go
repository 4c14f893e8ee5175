// Package store keeps runs, their answers and their ledger: all SQL of
// Miseban, one text for SQLite and PostgreSQL.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	_ "modernc.org/sqlite" // the SQLite driver
)

// What callers decide by.
var (
	ErrNotFound    = errors.New("not found")                                // there is no such run
	ErrKey         = errors.New("the key does not fit")                     // the key file is broken, or another one than the runs were stored with
	ErrNewer       = errors.New("the database is of a newer Miseban")       // it has migrations that this version does not know
	ErrForeign     = errors.New("not a database of Miseban")                // another file stands under the name
	ErrBusy        = errors.New("another process carries out this run")     // or holds the database longer than anybody should
	ErrFull        = errors.New("the disk is full or failing")              // what was asked to be kept is not kept
	ErrUnreachable = errors.New("the database server cannot be reached")    // PostgreSQL: address, rights, or it is down
	ErrReadOnly    = errors.New("the database can be read but not written") // file, folder or file system
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB is the database. It is safe for use by many goroutines.
type DB struct {
	read   *reader // SQLite: a pool; PostgreSQL: the same as write
	write  *sql.DB // SQLite: one connection, so that writers queue instead of failing
	master []byte

	editions editions
}

// reader is a database that counts what it is asked.
type reader struct {
	*sql.DB
	asked atomic.Int64
}

// QueryContext is the database's, counted.
func (r *reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	r.asked.Add(1)
	return r.DB.QueryContext(ctx, query, args...)
}

// QueryRowContext is the database's, counted.
func (r *reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	r.asked.Add(1)
	return r.DB.QueryRowContext(ctx, query, args...)
}

// Asked is how many questions were put to the database so far: a page may put
// only a few.
func (d *DB) Asked() int64 { return d.read.asked.Load() }

// Options say where the database is.
type Options struct {
	// Database is a file's path for SQLite, or postgres://….
	Database string
	// KeyFile holds the master key that wraps each run's key; it is made when it does not exist.
	KeyFile string
}

// Open opens the database, making file and tables where they are missing.
func Open(ctx context.Context, o Options) (*DB, error) {
	master, err := masterKey(o.KeyFile)
	if err != nil {
		return nil, err
	}
	d, err := connect(o.Database)
	if err != nil {
		return nil, err
	}
	d.master = master
	err = d.migrate(ctx)
	if err == nil {
		err = d.whole(ctx)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// connect opens the database as it is.
func connect(name string) (*DB, error) {
	d := &DB{}
	if !strings.HasPrefix(name, "postgres://") && !strings.HasPrefix(name, "postgresql://") {
		return d, d.openSQLite(name)
	}
	var err error
	if d.write, err = sql.Open("pgx", name); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	d.write.SetMaxOpenConns(16)
	d.read = &reader{DB: d.write}
	return d, nil
}

func (d *DB) openSQLite(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("making the folder of the database: %w", err)
	}
	// The file is made here, because SQLite would make it as open as the umask
	// allows; its -wal and -shm files take over the rights of the file.
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	// NORMAL with WAL survives the death of the process; only a power cut can
	// lose the last transactions, and the ledger then shows what was lost.
	q := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)"}, "_txlock": {"immediate"}}
	dsn := "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode()
	if d.write, err = sql.Open("sqlite", dsn); err != nil {
		return fmt.Errorf("opening %s: %w", file, err)
	}
	d.write.SetMaxOpenConns(1)
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return errors.Join(fmt.Errorf("opening %s: %w", file, err), d.write.Close())
	}
	d.read = &reader{DB: pool}
	d.read.SetMaxOpenConns(4)
	return nil
}

// migrations are the ways from each version of the tables to the next.
func (d *DB) migrations() (*goose.Provider, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	dialect := database.DialectSQLite3
	if d.Postgres() {
		dialect = database.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, d.write, sub)
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	return p, nil
}

func (d *DB) migrate(ctx context.Context) error {
	p, err := d.migrations()
	if err != nil {
		return err
	}
	// Of two processes that open a new database at once one makes the tables;
	// the other finds them made, or trips over them and looks again.
	for range 5 {
		var current, known int64
		if current, known, err = p.GetVersions(ctx); err != nil {
			continue
		}
		if current > known {
			return fmt.Errorf("version %d, this Miseban knows %d: %w", current, known, ErrNewer)
		}
		if current == known {
			return nil
		}
		if _, err = p.Up(ctx); err == nil {
			return nil
		}
	}
	return fmt.Errorf("bringing the database up to date: %w", named(err))
}

// Close closes the database.
func (d *DB) Close() error {
	err := d.write.Close()
	if d.read.DB != d.write {
		err = errors.Join(err, d.read.Close())
	}
	return err
}

// tx runs f in one transaction of the writer.
func (d *DB) tx(ctx context.Context, f func(*sql.Tx) error) error {
	t, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return named(err)
	}
	if err := f(t); err != nil {
		return named(errors.Join(err, t.Rollback()))
	}
	return named(t.Commit())
}
