package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
)

const shopColumns = `s.id, s.organisation_id, s.revision, s.created, s.updated, s.doc`

func scanShop(r interface{ Scan(...any) error }, s *account.Shop, more ...any) error {
	var id, org account.ID
	var revision int
	var created, updated time.Time
	var doc string
	if err := r.Scan(append([]any{&id, &org, &revision, clock{&created}, clock{&updated}, &doc}, more...)...); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(doc), s); err != nil {
		return fmt.Errorf("reading shop %s: %w", id, err)
	}
	s.ID, s.Organisation, s.Revision, s.Created, s.Updated = id, org, revision, created, updated
	return nil
}

// Shop reads a shop. ErrNotFound when there is none.
func (d *DB) Shop(ctx context.Context, id account.ID) (*account.Shop, error) {
	var s account.Shop
	err := scanShop(d.read.QueryRowContext(ctx, `SELECT `+shopColumns+` FROM shops s WHERE s.id = $1`, string(id)), &s)
	return &s, found("shop", err)
}

func sortName(s *account.Shop) string {
	return strings.ToLower(cmp.Or(s.Kana, account.Kana(s.Name), s.Name))
}

func shopDoc(s *account.Shop) (string, error) {
	b, err := json.Marshal(s)
	return string(b), err
}

// AddShop registers a shop with the organisation that operates it.
func (t *Tx) AddShop(ctx context.Context, s *account.Shop) error {
	s.Created, s.Updated, s.Revision = t.At, t.At, 1
	doc, err := shopDoc(s)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO shops (id, organisation_id, revision, name, sort_name, state, host, corporate_number, created, updated, doc) VALUES (`+places(0, 11)+`)`,
		string(s.ID), string(s.Organisation), s.Revision, s.Name, sortName(s), string(s.State), s.Host(), s.Number, ts(s.Created), ts(s.Updated), doc); err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.ShopAdded, Object: s.ID, Organisation: s.Organisation, Shop: s.ID})
	return t.putGrant(ctx, &account.Grant{ID: account.NewID(), Shop: s.ID, Organisation: s.Organisation, As: own, From: t.At, Until: forever}, s)
}

// own is the role of the row by which an organisation stands before its own shop.
const own account.As = "own"

// SaveShop writes a changed shop. ErrConflict when it is not at s.Revision any
// more; on success s has the next one.
func (t *Tx) SaveShop(ctx context.Context, s *account.Shop) error {
	s.Updated = t.At
	var host string
	if err := t.q.QueryRowContext(ctx, `SELECT host FROM shops WHERE id = $1`, string(s.ID)).Scan(&host); err != nil {
		return found("shop", err)
	}
	if host != s.Host() {
		s.Moved = t.At
	}
	doc, err := shopDoc(s)
	if err != nil {
		return err
	}
	if err := t.one(ctx, ErrConflict, `UPDATE shops SET revision = revision + 1, name = $3, sort_name = $4, state = $5, host = $6, corporate_number = $7, updated = $8, doc = $9 WHERE id = $1 AND revision = $2`,
		string(s.ID), s.Revision, s.Name, sortName(s), string(s.State), s.Host(), s.Number, ts(s.Updated), doc); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE grants SET sort_name = $2, updated = $3 WHERE shop_id = $1`, string(s.ID), sortName(s), ts(s.Updated)); err != nil {
		return err
	}
	s.Revision++
	t.Record(account.Event{Verb: account.ShopChanged, Object: s.ID, Organisation: s.Organisation, Shop: s.ID, Details: map[string]string{"revision": strconv.Itoa(s.Revision)}})
	return nil
}

// ShopFilter says which shops a list shows.
type ShopFilter struct {
	Query  string         // a part of name or address
	State  account.Choice // "" = all
	Newest bool           // by last change instead of by name
	After  Cursor
	Limit  int
}

// stands lists the rows of grants by which an actor has a role before shops:
// each as the role of the row and the organisation.
func stands(a *account.Actor) (orgs []account.ID, rows []string) {
	for i := range a.Members {
		m := &a.Members[i]
		before := len(rows)
		if slices.ContainsFunc(m.Roles, func(r account.Role) bool { return r != account.Diagnostician && r != account.Reviewer }) {
			rows = append(rows, string(own)+" "+string(m.Organisation.ID))
		}
		for _, as := range []account.As{account.AsContractor, account.AsFirm, account.AsOffice} {
			if as.Gives(m.Roles) {
				rows = append(rows, string(as)+" "+string(m.Organisation.ID))
			}
		}
		if len(rows) > before {
			orgs = append(orgs, m.Organisation.ID)
		}
	}
	return orgs, rows
}

// Shops lists the shops before which an actor has a role at a moment: those of
// his organisations and those granted to them; an operator sees all. next is
// where the following page begins; zero when this was the last.
func (d *DB) Shops(ctx context.Context, a *account.Actor, at time.Time, f ShopFilter) (shops []account.Shop, next Cursor, err error) {
	args := []any{}
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	key, order, beyond := "sort_name", "ASC", ">"
	if f.Newest {
		key, order, beyond = "updated", "DESC", "<"
	}
	var q strings.Builder
	table, id := "g", "g.shop_id"
	if a.Has(account.Operator) {
		table, id = "s", "s.id"
		q.WriteString(`SELECT ` + shopColumns + `, s.` + key + `, '', '' FROM shops s WHERE 1 = 1`)
	} else {
		ids, ways := stands(a)
		if len(ids) == 0 {
			return nil, Cursor{}, nil
		}
		var orgs, rows, near []string
		for _, id := range ids {
			orgs = append(orgs, arg(string(id)))
		}
		what := `(g.role || ' ' || g.organisation_id)`
		if len(ids) == 1 { // most people: planners know how many rows have such a role
			what = `g.role`
		}
		for _, way := range ways {
			if len(ids) == 1 {
				way, _, _ = strings.Cut(way, " ")
			}
			rows = append(rows, arg(way))
		}
		for _, m := range a.Members {
			near = append(near, arg(string(m.Organisation.ID)))
		}
		now := arg(ts(at))
		// The rows are compared as one text, so that the index by organisation
		// still gives their order.
		q.WriteString(`SELECT ` + shopColumns + `, g.` + key + `, g.organisation_id, g.role FROM grants g JOIN shops s ON s.id = g.shop_id WHERE g.organisation_id IN (` + strings.Join(orgs, ", ") + `) AND ` + what + ` IN (` + strings.Join(rows, ", ") + `) AND g.revoked = '' AND g.valid_from <= ` + now + ` AND g.valid_until > ` + now + `
AND (g.role <> 'firm' OR NOT EXISTS (SELECT 1 FROM grants b WHERE b.shop_id = g.shop_id AND b.role IN ('own', 'contractor') AND b.organisation_id IN (` + strings.Join(near, ", ") + `)))`)
	}
	if f.After != (Cursor{}) {
		k, last := arg(f.After.Key), arg(string(f.After.ID))
		fmt.Fprintf(&q, ` AND (%[1]s.%[2]s %[3]s %[4]s OR %[1]s.%[2]s = %[4]s AND %[5]s %[3]s %[6]s)`, table, key, beyond, k, id, last)
	}
	if f.State != "" {
		q.WriteString(` AND s.state = ` + arg(string(f.State)))
	}
	if f.Query != "" {
		p := arg(contains(f.Query))
		fmt.Fprintf(&q, ` AND (lower(s.name) LIKE %[1]s ESCAPE '!' OR s.sort_name LIKE %[1]s ESCAPE '!' OR s.host LIKE %[1]s ESCAPE '!')`, p)
	}
	// One more than asked for says whether there is a next page; the rest is
	// for shops before which somebody stands in two ways.
	want := (f.Limit + 1) * 2
	fmt.Fprintf(&q, ` ORDER BY %[1]s.%[2]s %[3]s, %[4]s %[3]s LIMIT %[5]s`, table, key, order, id, arg(want))
	type row struct {
		account.Shop
		key string
		by  account.Grant
	}
	rows, err := d.read.QueryContext(ctx, q.String(), args...)
	found, err := collect(rows, err, func(r *sql.Rows, x *row) error {
		x.by.From, x.by.Until = at, forever // it holds: the question asked for it
		return scanShop(r, &x.Shop, &x.key, &x.by.Organisation, &x.by.As)
	})
	if err != nil {
		return nil, Cursor{}, err
	}
	full := len(found) == want
	if full {
		next = Cursor{found[want-1].key, found[want-1].ID}
	}
	// What is left out here is what only the shop's record tells: that a firm
	// bears the corporate number of who builds it.
	found = slices.DeleteFunc(found, func(x row) bool { return len(a.OnShop(&x.Shop, []account.Grant{x.by}, at)) == 0 })
	for i, x := range found {
		if i > 0 && found[i-1].ID == x.ID {
			continue
		}
		if len(shops) == f.Limit {
			l := found[i-1]
			return shops, Cursor{l.key, l.ID}, nil
		}
		shops = append(shops, x.Shop)
	}
	if full && len(found) > 0 {
		l := found[len(found)-1]
		next = Cursor{l.key, l.ID}
	}
	return shops, next, nil
}

// Roles are the roles with which an actor stands before each of some shops.
func (d *DB) Roles(ctx context.Context, a *account.Actor, shops []account.Shop, at time.Time) (map[account.ID][]account.Role, error) {
	out := map[account.ID][]account.Role{}
	if len(shops) == 0 {
		return out, nil
	}
	var ids []any
	for i := range shops {
		ids = append(ids, string(shops[i].ID))
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+grantColumns+` FROM grants g WHERE g.shop_id IN (`+places(0, len(ids))+`) AND g.role <> 'own'`, ids...)
	grants, err := collect(rows, err, scanGrant)
	if err != nil {
		return nil, err
	}
	of := map[account.ID][]account.Grant{}
	for _, g := range grants {
		of[g.Shop] = append(of[g.Shop], g)
	}
	for i := range shops {
		out[shops[i].ID] = a.OnShop(&shops[i], of[shops[i].ID], at)
	}
	return out, nil
}

const grantColumns = `g.id, g.shop_id, g.organisation_id, g.role, g.valid_from, g.valid_until, g.revoked, g.by_id`

func scanGrant(r *sql.Rows, g *account.Grant) error {
	return r.Scan(&g.ID, &g.Shop, &g.Organisation, &g.As, clock{&g.From}, clock{&g.Until}, clock{&g.Revoked}, &g.By)
}

// Given is a grant with the name of the organisation that it was given to.
type Given struct {
	account.Grant
	Name string
	Kind account.Kind
}

// Grants lists what a shop granted to others, newest first, what is over too:
// who ever was its contractor does not diagnose it.
func (d *DB) Grants(ctx context.Context, shop account.ID) ([]Given, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+grantColumns+`, o.name, o.kind FROM grants g JOIN organisations o ON o.id = g.organisation_id WHERE g.shop_id = $1 AND g.role <> 'own' ORDER BY g.id DESC`, string(shop))
	return collect(rows, err, func(r *sql.Rows, g *Given) error {
		return r.Scan(&g.ID, &g.Shop, &g.Organisation, &g.As, clock{&g.From}, clock{&g.Until}, clock{&g.Revoked}, &g.By, &g.Name, &g.Kind)
	})
}

// Grants reads, within a change, what a shop granted to others.
func (t *Tx) Grants(ctx context.Context, shop account.ID) ([]account.Grant, error) {
	rows, err := t.q.QueryContext(ctx, `SELECT `+grantColumns+` FROM grants g WHERE g.shop_id = $1 AND g.role <> 'own'`, string(shop))
	return collect(rows, err, scanGrant)
}

// ShopFor reads a shop and the roles with which an actor stands before it.
func (d *DB) ShopFor(ctx context.Context, a *account.Actor, id account.ID, at time.Time) (*account.Shop, []account.Role, []account.Grant, error) {
	var shop account.Shop
	// One question for both: every page of a shop asks it.
	rows, err := d.read.QueryContext(ctx, `SELECT `+shopColumns+`, coalesce(g.id, ''), coalesce(g.organisation_id, ''), coalesce(g.role, ''), coalesce(g.valid_from, ''), coalesce(g.valid_until, ''), coalesce(g.revoked, ''), coalesce(g.by_id, '')
FROM shops s LEFT JOIN grants g ON g.shop_id = s.id AND g.role <> 'own' WHERE s.id = $1`, string(id))
	grants, err := collect(rows, err, func(r *sql.Rows, g *account.Grant) error {
		return scanShop(r, &shop, &g.ID, &g.Organisation, &g.As, clock{&g.From}, clock{&g.Until}, clock{&g.Revoked}, &g.By)
	})
	if err != nil {
		return nil, nil, nil, err
	}
	if len(grants) == 0 {
		return nil, nil, nil, found("shop", sql.ErrNoRows)
	}
	grants = slices.DeleteFunc(grants, func(g account.Grant) bool { return g.ID == "" })
	for i := range grants {
		grants[i].Shop = id
	}
	return &shop, a.OnShop(&shop, grants, at), grants, nil
}

func (t *Tx) putGrant(ctx context.Context, g *account.Grant, s *account.Shop) error {
	_, err := t.exec(ctx, `INSERT INTO grants (id, shop_id, organisation_id, role, valid_from, valid_until, revoked, by_id, sort_name, updated) VALUES (`+places(0, 10)+`)`,
		string(g.ID), string(g.Shop), string(g.Organisation), string(g.As), ts(g.From), ts(g.Until), "", string(g.By), sortName(s), ts(s.Updated))
	return err
}

// AddGrant lets an organisation work for a shop.
func (t *Tx) AddGrant(ctx context.Context, g *account.Grant, s *account.Shop) error {
	t.Record(account.Event{Verb: account.Granted, Object: g.ID, Organisation: g.Organisation, Shop: g.Shop, Details: map[string]string{"as": string(g.As), "until": ts(g.Until)}})
	return t.putGrant(ctx, g, s)
}

// RevokeGrant takes a grant back, with the links to what the organisation was
// asked to mend, and stops what its people have begun at the shop. ErrNotFound
// when the shop gave no such grant, or it was taken back before.
func (t *Tx) RevokeGrant(ctx context.Context, shop, id account.ID) error {
	var org account.ID
	err := t.q.QueryRowContext(ctx, `UPDATE grants SET revoked = $3 WHERE id = $1 AND shop_id = $2 AND role <> 'own' AND revoked = '' RETURNING organisation_id`, string(id), string(shop), ts(t.At)).Scan(&org)
	if err != nil {
		return found("grant", err)
	}
	t.Record(account.Event{Verb: account.GrantRevoked, Object: id, Organisation: org, Shop: shop})
	if err := t.endReplies(ctx, shop, org); err != nil {
		return err
	}
	return t.stopWorkOf(ctx, shop, org)
}

// contracted says whether one of a shop's grants makes an organisation its
// contractor at a moment.
func contracted(given []account.Grant, org account.ID, at time.Time) bool {
	return slices.ContainsFunc(given, func(g account.Grant) bool {
		return g.Organisation == org && g.As == account.AsContractor && g.Valid(at)
	})
}

// Answerable says whether a request can be answered by link: one to an
// organisation can while that is the shop's contractor.
func (d *DB) Answerable(ctx context.Context, x *Request, at time.Time) (bool, error) {
	if x.Organisation == "" {
		return true, nil
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+grantColumns+` FROM grants g WHERE g.shop_id = $1 AND g.organisation_id = $2`, string(x.Shop), string(x.Organisation))
	given, err := collect(rows, err, scanGrant)
	return contracted(given, x.Organisation, at), err
}

// endReplies takes back the open links to the requests of a shop to an
// organisation that is not its contractor any more.
func (t *Tx) endReplies(ctx context.Context, shop, org account.ID) error {
	given, err := t.Grants(ctx, shop)
	if err != nil || contracted(given, org, t.At) {
		return err
	}
	rows, err := t.q.QueryContext(ctx, `SELECT r.id FROM requests r WHERE r.shop_id = $1 AND r.organisation_id = $2 AND EXISTS (SELECT 1 FROM links l WHERE l.object_id = r.id AND l.object_id <> '' AND l.used = '' AND l.revoked = '')`, string(shop), string(org))
	asked, err := collect(rows, err, func(r *sql.Rows, id *account.ID) error { return r.Scan(id) })
	for _, id := range asked {
		err = errors.Join(err, t.RevokeLinksTo(ctx, shop, id))
	}
	return err
}

const linkColumns = `id, purpose, organisation_id, shop_id, mail, roles, role, valid_until, by_id, created, expires, used, revoked, person_id, object_id, name`

func scanLink(r interface{ Scan(...any) error }, l *account.Link) error {
	var roles string
	err := r.Scan(&l.ID, &l.Purpose, &l.Organisation, &l.Shop, &l.Mail, &roles, &l.As, clock{&l.Until}, &l.By, clock{&l.Created}, clock{&l.Expires}, clock{&l.Used}, clock{&l.Revoked}, &l.Person, &l.Object, &l.Name)
	l.Roles = split[account.Role](roles)
	return err
}

// AddLink keeps an invitation under the fingerprint of its token.
func (t *Tx) AddLink(ctx context.Context, l *account.Link, fingerprint string) error {
	l.Created, l.By = t.At, t.By
	t.Record(account.Event{Verb: account.Invited, Object: l.ID, Organisation: l.Organisation, Shop: l.Shop, Person: l.Person, Details: map[string]string{"purpose": string(l.Purpose), "roles": list(l.Roles), "as": string(l.As)}})
	_, err := t.exec(ctx, `INSERT INTO links (fingerprint, `+linkColumns+`) VALUES (`+places(0, 17)+`)`,
		fingerprint, string(l.ID), string(l.Purpose), string(l.Organisation), string(l.Shop), l.Mail, list(l.Roles), string(l.As), ts(l.Until), string(l.By), ts(l.Created), ts(l.Expires), "", "", string(l.Person), string(l.Object), l.Name)
	return err
}

// Link reads an invitation by the fingerprint of its token.
func (d *DB) Link(ctx context.Context, fingerprint string) (*account.Link, error) {
	var l account.Link
	err := scanLink(d.read.QueryRowContext(ctx, `SELECT `+linkColumns+` FROM links WHERE fingerprint = $1`, fingerprint), &l)
	return &l, found("link", err)
}

// OpenLinks lists the invitations of an organisation (shop is "") or for a
// shop that can still be taken.
func (d *DB) OpenLinks(ctx context.Context, org, shop account.ID, at time.Time) ([]account.Link, error) {
	column, id := "organisation_id", org
	if shop != "" {
		column, id = "shop_id", shop
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+linkColumns+` FROM links WHERE `+column+` = $1 AND used = '' AND revoked = '' AND expires > $2 ORDER BY created DESC LIMIT 100`, string(id), ts(at))
	return collect(rows, err, func(r *sql.Rows, l *account.Link) error { return scanLink(r, l) })
}

// TakeLink uses an invitation up. ErrConflict when it was used, revoked or is over.
func (t *Tx) TakeLink(ctx context.Context, l *account.Link) error {
	e := account.Event{Verb: account.LinkTaken, Object: l.ID, Organisation: l.Organisation, Shop: l.Shop, Person: t.By}
	if t.By == "" {
		e.Details = map[string]string{"link": string(l.ID)}
	}
	t.Record(e)
	return t.one(ctx, ErrConflict, `UPDATE links SET used = $2 WHERE id = $1 AND used = '' AND revoked = '' AND expires > $2`, string(l.ID), ts(t.At))
}

// RevokeLink takes back an invitation of an organisation, or for a shop.
func (t *Tx) RevokeLink(ctx context.Context, id, org, shop account.ID) error {
	t.Record(account.Event{Verb: account.LinkRevoked, Object: id, Organisation: org, Shop: shop})
	return t.one(ctx, ErrNotFound, `UPDATE links SET revoked = $4 WHERE id = $1 AND organisation_id = $2 AND shop_id = $3 AND used = '' AND revoked = ''`, string(id), string(org), string(shop), ts(t.At))
}

// RevokeLinksTo takes back the open links to one thing of a shop; there may be none.
func (t *Tx) RevokeLinksTo(ctx context.Context, shop, object account.ID) error {
	n, err := t.exec(ctx, `UPDATE links SET revoked = $3 WHERE shop_id = $1 AND object_id = $2 AND used = '' AND revoked = ''`, string(shop), string(object), ts(t.At))
	if n > 0 {
		t.Record(account.Event{Verb: account.LinkRevoked, Object: object, Shop: shop})
	}
	return err
}

// LinkTo reads the newest link to one thing of a shop. ErrNotFound when none was made.
func (d *DB) LinkTo(ctx context.Context, shop, object account.ID) (*account.Link, error) {
	var l account.Link
	err := scanLink(d.read.QueryRowContext(ctx, `SELECT `+linkColumns+` FROM links WHERE shop_id = $1 AND object_id = $2 ORDER BY id DESC LIMIT 1`, string(shop), string(object)), &l)
	return &l, found("link", err)
}

// Switch reads a switch of the whole platform and who set it when; ErrNotFound
// stands for one that was never touched and is told as off.
func (d *DB) Switch(ctx context.Context, name string) (on bool, at time.Time, by account.ID, err error) {
	var position string
	err = d.read.QueryRowContext(ctx, `SELECT position, at, by_id FROM switches WHERE name = $1`, name).Scan(&position, clock{&at}, &by)
	if errors.Is(err, sql.ErrNoRows) {
		return false, time.Time{}, "", nil
	}
	return position == "on", at, by, named(err)
}

// StopEverything is the name of the switch that holds all diagnoses.
const StopEverything = "stop-everything"

// SetStop turns the switch that holds all diagnoses.
func (t *Tx) SetStop(ctx context.Context, on bool) error {
	position, verb := "off", account.EverythingRuns
	if on {
		position, verb = "on", account.EverythingStopped
	}
	t.Record(account.Event{Verb: verb})
	_, err := t.exec(ctx, `INSERT INTO switches (name, position, at, by_id) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET position = excluded.position, at = excluded.at, by_id = excluded.by_id`, StopEverything, position, ts(t.At), string(t.By))
	return err
}
