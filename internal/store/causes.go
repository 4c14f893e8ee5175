package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
)

// Cause is the same fault, open in one shop or more.
type Cause struct {
	ID       string
	Example  Finding // one of them, of the shop where it presses most
	Shops    []account.Shop
	Findings int
	Due      string // the nearest day
}

// mends is the condition that f is of a shop for which an actor mends things:
// its own people, and those of its contractors while the grant holds.
func mends(a *account.Actor, at time.Time, arg func(any) string) string {
	var any []string
	for _, o := range a.Of(account.Shopkeeper, account.Executive, account.Practitioner) {
		any = append(any, `g.organisation_id = `+arg(string(o.ID))+` AND g.role = 'own'`)
	}
	for _, o := range a.Of(account.Contractor, account.Executive, account.Maintainer) {
		any = append(any, `g.organisation_id = `+arg(string(o.ID))+` AND g.role = 'contractor'`)
	}
	if len(any) == 0 {
		return `1 = 0`
	}
	now := arg(ts(at))
	return `f.shop_id IN (SELECT g.shop_id FROM grants g WHERE (` + strings.Join(any, " OR ") + `) AND g.revoked = '' AND g.valid_from <= ` + now + ` AND g.valid_until > ` + now + `)`
}

// Causes lists what is open in the shops for which an actor mends things, the
// same fault together, what presses most first.
func (d *DB) Causes(ctx context.Context, a *account.Actor, at time.Time, after Cursor, limit int) (list []Cause, next Cursor, err error) {
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	type group struct {
		Cause
		rank string
	}
	q := `SELECT f.cause AS cause, min(f.rank) AS rank, min(f.rank || ' ' || f.id) AS example, count(*) AS n, min(CASE WHEN f.due = '' THEN '9999' ELSE f.due END) AS due FROM findings f WHERE f.open = 1 AND ` + mends(a, at, arg) + ` GROUP BY f.cause`
	if after != (Cursor{}) { // the ID is that of the example, by which the order is whole
		q += ` HAVING min(f.rank || ' ' || f.id) > ` + arg(after.Key+" "+string(after.ID))
	}
	q += fmt.Sprintf(` ORDER BY 3 LIMIT %s`, arg(limit+1))
	q = `SELECT ` + findingColumns + `, g.cause, g.rank, g.n, g.due FROM (` + q + `) g JOIN findings f ON f.id = substr(g.example, length(g.rank) + 2) ORDER BY g.example`
	rows, err := d.read.QueryContext(ctx, q, args...)
	groups, err := collect(rows, err, func(r *sql.Rows, g *group) error {
		err := scanFinding(r, &g.Example, &g.ID, &g.rank, &g.Findings, &g.Due)
		if g.Due == "9999" {
			g.Due = ""
		}
		return err
	})
	if err != nil || len(groups) == 0 {
		return nil, Cursor{}, err
	}
	if len(groups) > limit {
		groups = groups[:limit]
		next = Cursor{groups[limit-1].rank, groups[limit-1].Example.ID}
	}
	byCause := map[string]*group{}
	var causes []any
	for i := range groups {
		g := &groups[i]
		byCause[g.ID] = g
		causes = append(causes, g.ID)
	}
	args = causes
	type in struct {
		cause string
		shop  account.Shop
	}
	rows, err = d.read.QueryContext(ctx, `SELECT DISTINCT f.cause, s.id, s.name, s.sort_name FROM findings f JOIN shops s ON s.id = f.shop_id WHERE f.open = 1 AND f.cause IN (`+places(0, len(causes))+`) AND `+mends(a, at, arg)+` ORDER BY s.sort_name, s.id`, args...)
	shops, err := collect(rows, err, func(r *sql.Rows, x *in) error {
		var sort string
		return r.Scan(&x.cause, &x.shop.ID, &x.shop.Name, &sort)
	})
	if err != nil {
		return nil, Cursor{}, err
	}
	for _, x := range shops {
		byCause[x.cause].Shops = append(byCause[x.cause].Shops, x.shop)
	}
	for _, g := range groups {
		list = append(list, g.Cause)
	}
	return list, next, nil
}

// FindingsOfCause lists the open findings with one cause in the shops for which
// an actor mends things.
func (d *DB) FindingsOfCause(ctx context.Context, a *account.Actor, at time.Time, cause string, limit int) ([]Finding, error) {
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	q := `SELECT ` + findingColumns + ` FROM findings f WHERE f.open = 1 AND f.cause = ` + arg(cause) + ` AND ` + mends(a, at, arg) + ` ORDER BY f.shop_id, f.rank, f.id LIMIT ` + arg(limit)
	rows, err := d.read.QueryContext(ctx, q, args...)
	return collect(rows, err, func(r *sql.Rows, f *Finding) error { return scanFinding(r, f) })
}
