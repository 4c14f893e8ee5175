package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"miseban/internal/account"
)

// Audited says whose lines of the audit log are read: those of an
// organisation, of a shop, about or by a person; all when everything is empty.
type Audited struct {
	Organisations []account.ID
	Shop          account.ID
	Person        account.ID
	Before        int64 // lines before this number; 0 = the newest
	Limit         int
}

// Audit reads lines of the audit log, newest first.
func (d *DB) Audit(ctx context.Context, f Audited) ([]account.Event, error) {
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	var any []string
	for _, o := range f.Organisations {
		any = append(any, `organisation_id = `+arg(string(o)))
	}
	if f.Shop != "" {
		any = append(any, `shop_id = `+arg(string(f.Shop)))
	}
	if f.Person != "" {
		p := arg(string(f.Person))
		any = append(any, `person_id = `+p, `by_id = `+p)
	}
	where := ""
	if len(any) > 0 {
		where = ` AND (` + strings.Join(any, " OR ") + `)`
	}
	if f.Before > 0 {
		where += ` AND seq < ` + arg(f.Before)
	}
	rows, err := d.read.QueryContext(ctx, `SELECT doc, sum FROM audit WHERE 1 = 1`+where+` ORDER BY seq DESC LIMIT `+arg(f.Limit), args...)
	return collect(rows, err, scanEvent)
}

func scanEvent(r *sql.Rows, e *account.Event) error {
	var doc string
	if err := r.Scan(&doc, &e.Sum); err != nil {
		return err
	}
	return json.Unmarshal([]byte(doc), e)
}

// VerifyAudit reads the whole audit log and says how many lines it has. An
// error names the first line that does not follow from the one before.
func (d *DB) VerifyAudit(ctx context.Context) (int64, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT doc, sum FROM audit ORDER BY seq`)
	if err != nil {
		return 0, named(err)
	}
	defer rows.Close()
	var n int64
	sum := ""
	for rows.Next() {
		var e account.Event
		if err := scanEvent(rows, &e); err != nil {
			return n, err
		}
		next, err := e.Chain(sum)
		if err != nil {
			return n, err
		}
		if e.Seq != n+1 || next != e.Sum {
			return n, fmt.Errorf("line %d of the audit log does not follow from line %d", e.Seq, n)
		}
		n, sum = e.Seq, next
	}
	if err := rows.Err(); err != nil {
		return n, err
	}
	var seq int64
	var head string
	if err := d.read.QueryRowContext(ctx, `SELECT seq, sum FROM audit_head WHERE id = 1`).Scan(&seq, &head); err != nil {
		return n, named(err)
	}
	if seq != n || head != sum {
		return n, fmt.Errorf("the audit log has %d lines, its head says %d", n, seq)
	}
	return n, nil
}
