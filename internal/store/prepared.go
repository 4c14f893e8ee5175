package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"miseban/internal/account"
)

// PreparedShop is what an organisation wrote down of a shop that nobody has
// registered. It gives nobody anything: no access, no authority, no consent.
type PreparedShop struct {
	ID           account.ID
	Organisation account.ID
	Created      time.Time
	Shop         account.Shop
	Registered   account.ID // as which shop somebody took it over; "": nobody did yet
	Taken        time.Time
}

const preparedColumns = `p.id, p.organisation_id, p.created, p.doc, p.shop_id, p.taken`

func scanPrepared(r interface{ Scan(...any) error }, p *PreparedShop) error {
	var doc string
	if err := r.Scan(&p.ID, &p.Organisation, clock{&p.Created}, &doc, &p.Registered, clock{&p.Taken}); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(doc), &p.Shop); err != nil {
		return fmt.Errorf("reading prepared shop %s: %w", p.ID, err)
	}
	return nil
}

func (t *Tx) prepare(ctx context.Context, x *Import, s *account.Shop) error {
	doc, err := shopDoc(s)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO prepared_shops (id, organisation_id, import_id, by_id, created, sort_name, name, host, doc, shop_id, taken) VALUES (`+places(0, 9)+`, '', '')`,
		string(s.ID), string(x.Organisation), string(x.ID), string(t.By), ts(t.At), sortName(s), s.Name, s.Host(), doc)
	return err
}

// PreparedShop reads what an organisation prepared. ErrNotFound when there is none.
func (d *DB) PreparedShop(ctx context.Context, org, id account.ID) (*PreparedShop, error) {
	var p PreparedShop
	err := scanPrepared(d.read.QueryRowContext(ctx, `SELECT `+preparedColumns+` FROM prepared_shops p WHERE p.id = $1 AND p.organisation_id = $2`, string(id), string(org)), &p)
	return &p, found("prepared shop", err)
}

// PreparedShop reads it within a change.
func (t *Tx) PreparedShop(ctx context.Context, org, id account.ID) (*PreparedShop, error) {
	var p PreparedShop
	err := scanPrepared(t.q.QueryRowContext(ctx, `SELECT `+preparedColumns+` FROM prepared_shops p WHERE p.id = $1 AND p.organisation_id = $2`, string(id), string(org)), &p)
	return &p, found("prepared shop", err)
}

// PreparedShops lists what an organisation prepared, by name, beyond a cursor.
func (d *DB) PreparedShops(ctx context.Context, org account.ID, query string, after Cursor, limit int) ([]PreparedShop, Cursor, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+preparedColumns+` FROM prepared_shops p WHERE p.organisation_id = $1 AND (p.sort_name > $2 OR p.sort_name = $2 AND p.id > $3)
AND ($4 = '' OR lower(p.name) LIKE $5 ESCAPE '!' OR p.sort_name LIKE $5 ESCAPE '!' OR p.host LIKE $5 ESCAPE '!') ORDER BY p.sort_name, p.id LIMIT $6`,
		string(org), after.Key, string(after.ID), query, contains(query), limit+1)
	list, err := collect(rows, err, func(r *sql.Rows, p *PreparedShop) error { return scanPrepared(r, p) })
	if err != nil || len(list) <= limit {
		return list, Cursor{}, err
	}
	last := &list[limit-1]
	return list[:limit], Cursor{sortName(&last.Shop), last.ID}, nil
}

// TakePrepared registers a prepared shop with the organisation that operates
// it. ErrConflict when somebody did before.
func (t *Tx) TakePrepared(ctx context.Context, p *PreparedShop, org account.ID) (*account.Shop, error) {
	s := p.Shop
	s.ID, s.Organisation = account.NewID(), org
	if err := t.one(ctx, ErrConflict, `UPDATE prepared_shops SET shop_id = $3, taken = $4 WHERE id = $1 AND organisation_id = $2 AND shop_id = ''`, string(p.ID), string(p.Organisation), string(s.ID), ts(t.At)); err != nil {
		return nil, err
	}
	t.Record(account.Event{Verb: account.PreparedTaken, Object: p.ID, Organisation: p.Organisation})
	if err := t.AddShop(ctx, &s); err != nil {
		return nil, err
	}
	return &s, t.enrolPrepared(ctx, p, &s)
}

// RemovePrepared forgets a prepared shop that nobody took over, and takes back its links.
func (t *Tx) RemovePrepared(ctx context.Context, org, id account.ID) error {
	t.Record(account.Event{Verb: account.PreparedRemoved, Object: id, Organisation: org})
	if err := t.one(ctx, ErrConflict, `DELETE FROM prepared_shops WHERE id = $1 AND organisation_id = $2 AND shop_id = ''`, string(id), string(org)); err != nil {
		return err
	}
	_, err := t.exec(ctx, `UPDATE links SET revoked = $3 WHERE organisation_id = $1 AND object_id = $2 AND used = '' AND revoked = ''`, string(org), string(id), ts(t.At))
	return err
}

// Known are the shops by whose number, host or telephone a line of a list can
// be a twin of what stands: those before which the actor stands with this
// organisation, and those that it prepared. Of others nobody is told, neither
// the actor's colleagues of what he knows by another organisation.
type Known map[account.ShopKey]string

// Known collects them; what is kept of each is its name.
func (d *DB) Known(ctx context.Context, a *account.Actor, org account.ID, at time.Time) (Known, error) {
	k := Known{}
	with := *a
	with.Members = slices.DeleteFunc(slices.Clone(a.Members), func(m account.Membership) bool { return m.Organisation.ID != org })
	f := ShopFilter{Limit: 1000}
	for {
		list, next, err := d.Shops(ctx, &with, at, f)
		if err != nil {
			return nil, err
		}
		for i := range list {
			k.add(&list[i])
		}
		if f.After = next; next == (Cursor{}) {
			break
		}
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+preparedColumns+` FROM prepared_shops p WHERE p.organisation_id = $1`, string(org))
	if err != nil {
		return nil, named(err)
	}
	defer rows.Close()
	for rows.Next() {
		var p PreparedShop
		if err := scanPrepared(rows, &p); err != nil {
			return nil, err
		}
		k.add(&p.Shop)
	}
	return k, rows.Err()
}

func (k Known) add(s *account.Shop) {
	for _, key := range s.Keys() {
		if _, ok := k[key]; !ok {
			k[key] = strings.Clone(s.Name)
		}
	}
}
