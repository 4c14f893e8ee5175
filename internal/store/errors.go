package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// named gives a database's error the word by which callers decide. The primary
// code of SQLite is the low byte; extended codes say more than anybody asks.
func named(err error) error {
	var lite *sqlite.Error
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	word := error(nil)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &lite):
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
			word = ErrForeign
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			word = ErrBusy
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
			word = ErrFull
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
			word = ErrReadOnly
		case sqlite3.SQLITE_CONSTRAINT:
			word = ErrBusy // only a ledger's number can come twice: two processes write one run
		}
	case errors.As(err, &connect):
		word = ErrUnreachable
	case errors.As(err, &pg):
		switch pg.Code {
		case "23505": // unique_violation
			word = ErrBusy
		case "53100": // disk_full
			word = ErrFull
		case "25006": // read_only_sql_transaction
			word = ErrReadOnly
		case "57P01", "57P02", "57P03": // it shuts down, has crashed, or is starting
			word = ErrUnreachable
		}
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE): // a connection that was there is gone
		word = ErrUnreachable
	}
	if word == nil || errors.Is(err, word) {
		return err
	}
	return fmt.Errorf("%w: %w", word, err)
}
