package testshop

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"modernc.org/sqlite" // also the driver "sqlite"
)

// database is the shop's own, in memory: what visitors search is asked of real
// SQL, so that a value that breaks out of its place does what it does elsewhere.
// It opens at the first question, for many shops are never asked any.
type database struct {
	mu   sync.Mutex
	pool *sql.DB
	conn *sql.Conn
}

const (
	statementTime = 2 * time.Second
	// limitAttached is SQLITE_LIMIT_ATTACHED. Nothing may be attached, so that no
	// statement of a visitor (ATTACH, VACUUM INTO) can write a file.
	limitAttached = 7
)

func (d *database) open(ctx context.Context) error {
	pool, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		pool.Close()
		return err
	}
	d.pool, d.conn = pool, conn
	if _, err := sqlite.Limit(conn, limitAttached, 0); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, `CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT, price INTEGER, category_id INTEGER);
		CREATE TABLE purchase (no TEXT PRIMARY KEY, email TEXT, year INTEGER)`); err != nil {
		return err
	}
	for _, p := range products {
		if _, err := conn.ExecContext(ctx, "INSERT INTO product VALUES (?, ?, ?, ?)", p.ID, p.Name, p.Price, p.Category.ID); err != nil {
			return err
		}
	}
	return nil
}

func (d *database) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pool != nil {
		d.conn.Close()
		d.pool.Close()
	}
	d.pool, d.conn = nil, nil
}

// column asks for one column of text. changed is how many rows the question
// altered: a question of the shop itself alters none.
func (d *database) column(query string, args ...any) (column []string, changed int64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	// A visitor who has gone does not interrupt: the connection is the database.
	ctx, cancel := context.WithTimeout(context.Background(), statementTime)
	defer cancel()
	if d.conn == nil {
		if err := d.open(ctx); err != nil {
			panic("testshop: opening the database: " + err.Error())
		}
	}
	before := d.changes()
	column, err = d.ask(ctx, query, args...)
	return column, d.changes() - before, err
}

func (d *database) ask(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := d.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var column []string
	for rows.Next() && len(column) < 200 {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		column = append(column, s.String)
	}
	return column, rows.Err()
}

func (d *database) changes() int64 {
	var n int64
	const asked = "SELECT total_changes() + schema_version FROM pragma_schema_version"
	if err := d.conn.QueryRowContext(context.Background(), asked).Scan(&n); err != nil {
		panic("testshop: the database is gone: " + err.Error())
	}
	return n
}

// rows puts a visitor's question to the database and counts what it altered as harm.
func (v *visit) rows(query string, args ...any) ([]string, error) {
	column, changed, err := v.shop.db.column(query, args...)
	if changed > 0 {
		v.shop.harm.deletions.Add(changed)
	}
	if err != nil {
		return nil, fmt.Errorf("asking the database: %w", err)
	}
	return column, nil
}

// enter notes a member's orders in the database, before they are searched.
func (d *database) enter(email string, orders []*order) {
	for _, o := range orders {
		// The statement gives no column; what it altered is the shop's own doing.
		if _, _, err := d.column("INSERT OR IGNORE INTO purchase VALUES (?, ?, ?)", o.No, email, o.At.Year()); err != nil {
			panic("testshop: entering an order: " + err.Error())
		}
	}
}

// Close gives back what the shop holds. A shop that was never searched holds nothing.
func (s *Shop) Close() { s.db.close() }
