package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
)

// Enrolment is a case whose shop is to be said, with what is known for that.
type Enrolment struct {
	ACase
	Application programme.Application
	Prepared    account.ID // what the office prepared of the shop; "" = nothing yet
}

// Enrolment reads a case of a programme for whom it is to be enrolled.
// ErrNotFound when the programme has no such case.
func (d *DB) Enrolment(ctx context.Context, prog, id account.ID) (*Enrolment, error) {
	var e Enrolment
	err := scanCase(d.read.QueryRowContext(ctx, `SELECT `+caseColumns+`, `+caseStand("c")+`, c.doc, c.prepared_id FROM cases c WHERE c.id = $1 AND c.programme_id = $2`, string(id), string(prog)), &e.ACase, &e.Prepared)
	if err != nil {
		return nil, found("case", err)
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+applicationColumns+` FROM applications a WHERE a.id = $1 AND a.programme_id = $2`, string(e.ACase.Application), string(prog))
	list, err := collect(rows, err, func(r *sql.Rows, a *programme.Application) error { return scanApplication(r, a) })
	if len(list) > 0 {
		e.Application = list[0]
	}
	return &e, err
}

// ProgrammeOfCase says in which programme of an office a case is. ErrNotFound
// when it is none of the office's.
func (d *DB) ProgrammeOfCase(ctx context.Context, office, id account.ID) (account.ID, error) {
	var prog account.ID
	err := d.read.QueryRowContext(ctx, `SELECT c.programme_id FROM cases c JOIN programmes p ON p.id = c.programme_id WHERE c.id = $1 AND p.office_id = $2`, string(id), string(office)).Scan(&prog)
	return prog, found("case", err)
}

// PreparedAlike lists what an organisation prepared of shops at an address and
// nobody has taken over yet.
func (d *DB) PreparedAlike(ctx context.Context, org account.ID, host string) ([]PreparedShop, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+preparedColumns+` FROM prepared_shops p WHERE p.organisation_id = $1 AND p.host = $2 AND p.host <> '' AND p.shop_id = '' ORDER BY p.id LIMIT 10`, string(org), host)
	return collect(rows, err, func(r *sql.Rows, p *PreparedShop) error { return scanPrepared(r, p) })
}

// Prepare says what of a case's shop its people are to register. prepared is one
// of the office's; "" writes one down from a shop's record. ErrConflict when the
// case has its shop already, or somebody has registered what was prepared.
func (w *Cases) Prepare(ctx context.Context, id, prepared account.ID, s account.Shop) (account.ID, error) {
	if prepared == "" {
		prepared = account.NewID()
		s.ID = prepared
		if err := w.tx.prepare(ctx, &Import{Organisation: w.org}, &s); err != nil {
			return "", err
		}
	} else {
		var n int
		if err := w.tx.q.QueryRowContext(ctx, `SELECT count(*) FROM prepared_shops WHERE id = $1 AND organisation_id = $2 AND shop_id = ''`, string(prepared), string(w.org)).Scan(&n); err != nil {
			return "", named(err)
		}
		if n == 0 {
			return "", ErrConflict
		}
	}
	w.tx.Record(account.Event{Verb: account.CaseChanged, Object: id, Organisation: w.org, Details: map[string]string{"programme": string(w.prog), "what": "prepared"}})
	return prepared, w.tx.one(ctx, ErrConflict, `UPDATE cases SET prepared_id = $3 WHERE id = $1 AND programme_id = $2 AND shop_id = ''`, string(id), string(w.prog), string(prepared))
}

// enrolPrepared tells the cases for which a shop was prepared that it is registered.
func (t *Tx) enrolPrepared(ctx context.Context, p *PreparedShop, s *account.Shop) error {
	rows, err := t.q.QueryContext(ctx, `UPDATE cases SET revision = revision + 1, shop_id = $2, organisation_id = $3 WHERE prepared_id = $1 AND prepared_id <> '' AND shop_id = '' RETURNING id, programme_id`, string(p.ID), string(s.ID), string(s.Organisation))
	type row struct{ id, prog account.ID }
	list, err := collect(rows, err, func(r *sql.Rows, x *row) error { return r.Scan(&x.id, &x.prog) })
	for _, x := range list {
		t.Record(account.Event{Verb: account.CaseChanged, Object: x.id, Organisation: p.Organisation, Shop: s.ID, Details: map[string]string{"programme": string(x.prog), "what": "shop"}})
	}
	return err
}

// ShopCase is a case as the people of its shop read of it.
type ShopCase struct {
	ACase
	ShopName  string
	Programme programme.Programme // without its bodies
}

const shopCaseColumns = caseColumns + `, c.step, c.since, c.awaits, c.due, c.ending, c.owner_id, c.doc, s.name, p.id, p.office_id, p.doc`

func scanShopCase(r *sql.Rows, c *ShopCase) error {
	var doc string
	p := &c.Programme
	if err := scanCase(r, &c.ACase, &c.ShopName, &p.ID, &p.Office, &doc); err != nil {
		return err
	}
	return json.Unmarshal([]byte(doc), p)
}

// CasesBefore lists open cases of shops before which an actor stands at a
// moment, those with the earliest due day first.
func (d *DB) CasesBefore(ctx context.Context, a *account.Actor, at time.Time, limit int) ([]ShopCase, error) {
	ids, ways := stands(a)
	if len(ids) == 0 {
		return nil, nil
	}
	var args []any
	arg := func(v string) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	var orgs, rows, near []string
	for _, id := range ids {
		orgs = append(orgs, arg(string(id)))
	}
	for _, way := range ways {
		rows = append(rows, arg(way))
	}
	for i := range a.Members {
		near = append(near, arg(string(a.Members[i].Organisation.ID)))
	}
	now := arg(ts(at))
	args = append(args, limit)
	list, err := d.read.QueryContext(ctx, `SELECT `+shopCaseColumns+` FROM cases c JOIN programmes p ON p.id = c.programme_id JOIN shops s ON s.id = c.shop_id
WHERE c.shop_id <> '' AND c.step NOT IN ('end', 'declined') AND EXISTS (SELECT 1 FROM grants g WHERE g.shop_id = c.shop_id AND g.organisation_id IN (`+strings.Join(orgs, ", ")+`) AND (g.role || ' ' || g.organisation_id) IN (`+strings.Join(rows, ", ")+`)
AND g.revoked = '' AND g.valid_from <= `+now+` AND g.valid_until > `+now+` AND (g.role <> 'firm' OR NOT EXISTS (SELECT 1 FROM grants b WHERE b.shop_id = g.shop_id AND b.role IN ('own', 'contractor') AND b.organisation_id IN (`+strings.Join(near, ", ")+`))))
ORDER BY c.due, c.id LIMIT $`+strconv.Itoa(len(args)), args...)
	return collect(list, err, scanShopCase)
}

// ShopCases lists the cases of a shop, the newest first, with the names of their programmes.
func (d *DB) ShopCases(ctx context.Context, shop account.ID) ([]ShopCase, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+shopCaseColumns+` FROM cases c JOIN programmes p ON p.id = c.programme_id JOIN shops s ON s.id = c.shop_id WHERE c.shop_id = $1 AND c.shop_id <> '' ORDER BY c.id DESC LIMIT 20`, string(shop))
	return collect(rows, err, scanShopCase)
}

// ShopCaseOf reads one case of a shop. ErrNotFound when it has no such case.
func (d *DB) ShopCaseOf(ctx context.Context, shop, id account.ID) (*ShopCase, error) {
	list, err := d.ShopCases(ctx, shop)
	for i := range list {
		if list[i].ID == id {
			return &list[i], err
		}
	}
	if err == nil {
		err = fmt.Errorf("case: %w", ErrNotFound)
	}
	return nil, err
}

// LinksTo lists the invitations of an organisation to one thing that can still be taken.
func (d *DB) LinksTo(ctx context.Context, org, object account.ID, at time.Time) ([]account.Link, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+linkColumns+` FROM links WHERE organisation_id = $1 AND object_id = $2 AND used = '' AND revoked = '' AND expires > $3 ORDER BY created DESC LIMIT 20`, string(org), string(object), ts(at))
	return collect(rows, err, func(r *sql.Rows, l *account.Link) error { return scanLink(r, l) })
}

// RevokeLinkTo takes back an invitation of an organisation to one thing.
func (t *Tx) RevokeLinkTo(ctx context.Context, id, org, object account.ID) error {
	t.Record(account.Event{Verb: account.LinkRevoked, Object: id, Organisation: org})
	return t.one(ctx, ErrNotFound, `UPDATE links SET revoked = $4 WHERE id = $1 AND organisation_id = $2 AND object_id = $3 AND used = '' AND revoked = ''`, string(id), string(org), string(object), ts(t.At))
}
