package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"miseban/internal/account"
)

const personColumns = `p.id, p.mail, p.name, p.lang, p.created, p.erased`

func scanPerson(r interface{ Scan(...any) error }, p *account.Person, more ...any) error {
	return r.Scan(append([]any{&p.ID, &p.Mail, &p.Name, &p.Lang, clock{&p.Created}, clock{&p.Erased}}, more...)...)
}

// Person reads a person. ErrNotFound when there is none.
func (d *DB) Person(ctx context.Context, id account.ID) (*account.Person, error) {
	var p account.Person
	err := scanPerson(d.read.QueryRowContext(ctx, `SELECT `+personColumns+` FROM people p WHERE p.id = $1`, string(id)), &p)
	return &p, found("person", err)
}

// PersonByMail reads who signs in with a mail address in its normal form, and
// the hash of the password. ErrNotFound when there is nobody.
func (d *DB) PersonByMail(ctx context.Context, mail string) (p *account.Person, hash string, err error) {
	p = &account.Person{}
	err = scanPerson(d.read.QueryRowContext(ctx, `SELECT `+personColumns+`, p.password FROM people p WHERE p.mail = $1 AND p.erased = ''`, mail), p, &hash)
	return p, hash, found("person", err)
}

// PasswordOf is the hash of a person's password; "" when there is none.
func (d *DB) PasswordOf(ctx context.Context, person account.ID) (string, error) {
	var hash string
	err := d.read.QueryRowContext(ctx, `SELECT password FROM people WHERE id = $1`, string(person)).Scan(&hash)
	return hash, found("person", err)
}

// Actor reads a person with all memberships.
func (d *DB) Actor(ctx context.Context, id account.ID) (*account.Actor, error) {
	a := &account.Actor{}
	rows, err := d.read.QueryContext(ctx, `SELECT `+personColumns+`, `+memberColumns+` FROM people p LEFT JOIN memberships m ON m.person_id = p.id LEFT JOIN organisations o ON o.id = m.organisation_id WHERE p.id = $1 ORDER BY o.id`, string(id))
	list, err := collect(rows, err, func(r *sql.Rows, m *account.Membership) error {
		m.Person = id
		return scanPerson(r, &a.Person, scanMember(m)...)
	})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, found("person", sql.ErrNoRows)
	}
	a.Members = members(list)
	return a, nil
}

// Names reads the names of people, for lists that hold their IDs. Who was
// erased, or never was, is missing.
func (d *DB) Names(ctx context.Context, ids []account.ID) (map[account.ID]string, error) {
	return d.names(ctx, `SELECT id, name FROM people WHERE erased = '' AND id IN `, ids)
}

// OrganisationNames is Names for organisations.
func (d *DB) OrganisationNames(ctx context.Context, ids []account.ID) (map[account.ID]string, error) {
	return d.names(ctx, `SELECT id, name FROM organisations WHERE id IN `, ids)
}

// Anybody is Names for whoever may be an author: people, those who answered by
// a link to one question, and organisations. links says who came by a link.
func (d *DB) Anybody(ctx context.Context, ids []account.ID) (names map[account.ID]string, links map[account.ID]bool, err error) {
	type author struct {
		id   account.ID
		name string
		link int
	}
	names, links = map[account.ID]string{}, map[account.ID]bool{}
	ids = distinct(ids)
	if len(ids) == 0 {
		return names, links, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = string(id)
	}
	in := ` IN (` + places(0, len(ids)) + `)`
	rows, err := d.read.QueryContext(ctx, `SELECT id, name, 0 FROM people WHERE erased = '' AND id`+in+` UNION ALL SELECT id, name, 1 FROM delegations WHERE id`+in+` UNION ALL SELECT id, name, 0 FROM organisations WHERE id`+in, args...)
	list, err := collect(rows, err, func(r *sql.Rows, a *author) error { return r.Scan(&a.id, &a.name, &a.link) })
	for _, a := range list {
		names[a.id] = a.name
		if a.link > 0 {
			links[a.id] = true
		}
	}
	return names, links, err
}

// distinct are the IDs, each once.
func distinct(ids []account.ID) []account.ID {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id account.ID) bool { return id == "" })
}

// ShopNames is Names for shops.
func (d *DB) ShopNames(ctx context.Context, ids []account.ID) (map[account.ID]string, error) {
	return d.names(ctx, `SELECT id, name FROM shops WHERE id IN `, ids)
}

func (d *DB) names(ctx context.Context, query string, ids []account.ID) (map[account.ID]string, error) {
	out := map[account.ID]string{}
	ids = distinct(ids)
	if len(ids) == 0 {
		return out, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = string(id)
	}
	rows, err := d.read.QueryContext(ctx, query+`(`+places(0, len(ids))+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading names: %w", named(err))
	}
	defer rows.Close()
	for rows.Next() {
		var id account.ID
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, err
		}
		out[id] = name
	}
	return out, rows.Err()
}

// AnyPerson says whether anybody was registered yet.
func (d *DB) AnyPerson(ctx context.Context) (bool, error) {
	var n int
	err := d.read.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM people LIMIT 1) p`).Scan(&n)
	return n > 0, named(err)
}

// First says in the change whether nobody was registered before it; of two
// first runs at once one is told ErrConflict.
func (t *Tx) First(ctx context.Context) error {
	return t.one(ctx, ErrConflict, `INSERT INTO switches (name, position, at, by_id) VALUES ('set-up', 'done', $1, '') ON CONFLICT (name) DO NOTHING`, ts(t.At))
}

// AddPerson writes a new person. ErrConflict when the mail address has an account.
func (t *Tx) AddPerson(ctx context.Context, p *account.Person, hash string) error {
	p.Created = t.At
	err := t.one(ctx, ErrConflict, `INSERT INTO people (id, mail, name, lang, password, created, erased) VALUES ($1, $2, $3, $4, $5, $6, '') ON CONFLICT (mail) DO NOTHING`,
		string(p.ID), p.Mail, p.Name, string(p.Lang), hash, ts(p.Created))
	t.Record(account.Event{Verb: account.PersonAdded, Object: p.ID, Person: p.ID})
	return err
}

// SaveProfile writes a person's name and language.
func (t *Tx) SaveProfile(ctx context.Context, p *account.Person) error {
	t.Record(account.Event{Verb: account.ProfileChanged, Object: p.ID, Person: p.ID})
	return t.one(ctx, ErrNotFound, `UPDATE people SET name = $2, lang = $3 WHERE id = $1`, string(p.ID), p.Name, string(p.Lang))
}

// SetPassword writes the hash of a person's new password, ends all other
// sessions and all API tokens, and unlinks all accounts elsewhere: whoever had
// the old password may have linked one of his own.
func (t *Tx) SetPassword(ctx context.Context, person account.ID, hash, session string) error {
	t.Record(account.Event{Verb: account.PasswordChanged, Object: person, Person: person})
	if err := t.one(ctx, ErrNotFound, `UPDATE people SET password = $2 WHERE id = $1`, string(person), hash); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM sessions WHERE person_id = $1 AND fingerprint <> $2`, string(person), session); err != nil {
		return err
	}
	n, err := t.exec(ctx, `DELETE FROM identities WHERE person_id = $1`, string(person))
	if err != nil {
		return err
	}
	if n > 0 {
		t.Record(account.Event{Verb: account.IdentityUnlinked, Object: person, Person: person})
	}
	return t.revokeTokensOf(ctx, person)
}

const organisationColumns = `o.id, o.kind, o.name, o.corporate_number, o.created`

func scanOrganisation(r interface{ Scan(...any) error }, o *account.Organisation, more ...any) error {
	return r.Scan(append([]any{&o.ID, &o.Kind, &o.Name, &o.Number, clock{&o.Created}}, more...)...)
}

// Organisation reads an organisation. ErrNotFound when there is none.
func (d *DB) Organisation(ctx context.Context, id account.ID) (*account.Organisation, error) {
	var o account.Organisation
	err := scanOrganisation(d.read.QueryRowContext(ctx, `SELECT `+organisationColumns+` FROM organisations o WHERE o.id = $1`, string(id)), &o)
	return &o, found("organisation", err)
}

// Organisations lists organisations by name after a cursor, at most limit;
// query, if not empty, is a part of the name.
func (d *DB) Organisations(ctx context.Context, query string, after Cursor, limit int) ([]account.Organisation, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+organisationColumns+` FROM organisations o WHERE (o.name > $1 OR o.name = $1 AND o.id > $2) AND ($3 = '' OR lower(o.name) LIKE $4 ESCAPE '!') ORDER BY o.name, o.id LIMIT $5`,
		after.Key, string(after.ID), query, contains(query), limit)
	return collect(rows, err, func(r *sql.Rows, o *account.Organisation) error { return scanOrganisation(r, o) })
}

// AddOrganisation writes a new organisation.
func (t *Tx) AddOrganisation(ctx context.Context, o *account.Organisation) error {
	o.Created = t.At
	t.Record(account.Event{Verb: account.OrganisationAdded, Object: o.ID, Organisation: o.ID, Details: map[string]string{"kind": string(o.Kind)}})
	_, err := t.exec(ctx, `INSERT INTO organisations (id, kind, name, corporate_number, created) VALUES ($1, $2, $3, $4, $5)`,
		string(o.ID), string(o.Kind), o.Name, o.Number, ts(o.Created))
	return err
}

// Colleague is a member of an organisation in the list of its people.
type Colleague struct {
	account.Person
	Roles   []account.Role
	Since   time.Time
	Secured bool // has a passkey, or codes beside the password
}

// People lists the members of an organisation, at most limit, oldest first.
func (d *DB) People(ctx context.Context, org account.ID, limit int) ([]Colleague, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+personColumns+`, m.roles, m.created,
		(SELECT count(*) FROM passkeys k WHERE k.person_id = p.id) + (SELECT count(*) FROM codes c WHERE c.person_id = p.id AND c.confirmed <> '')
		FROM memberships m JOIN people p ON p.id = m.person_id WHERE m.organisation_id = $1 ORDER BY m.created, p.id LIMIT $2`, string(org), limit)
	return collect(rows, err, func(r *sql.Rows, c *Colleague) error {
		var roles string
		var secured int
		err := scanPerson(r, &c.Person, &roles, clock{&c.Since}, &secured)
		c.Roles, c.Secured = split[account.Role](roles), secured > 0
		return err
	})
}

// AddRoles makes a person a member of an organisation, or gives a member more roles.
func (t *Tx) AddRoles(ctx context.Context, person, org account.ID, kind account.Kind, roles []account.Role) error {
	var old string
	err := t.q.QueryRowContext(ctx, `SELECT roles FROM memberships WHERE person_id = $1 AND organisation_id = $2`, string(person), string(org)).Scan(&old)
	if err != nil && err != sql.ErrNoRows {
		return err
	}
	all := account.ParseRoles(kind, append(split[account.Role](old), roles...))
	return t.putRoles(ctx, person, org, all)
}

// SetRoles changes what a member is in an organisation. ErrLast when nobody
// would be left to manage it.
func (t *Tx) SetRoles(ctx context.Context, person, org account.ID, roles []account.Role) error {
	if err := t.putRoles(ctx, person, org, roles); err != nil {
		return err
	}
	if !slices.Contains(roles, account.Executive) && !slices.Contains(roles, account.Operator) {
		if err := t.revokeLinksOf(ctx, person, org); err != nil {
			return err
		}
	}
	if !slices.Contains(roles, account.Clerk) && !slices.Contains(roles, account.Interviewer) {
		if err := t.revokeHearings(ctx, org, "", person); err != nil {
			return err
		}
	}
	return t.managed(ctx, org)
}

func (t *Tx) putRoles(ctx context.Context, person, org account.ID, roles []account.Role) error {
	t.Record(account.Event{Verb: account.RolesChanged, Object: person, Organisation: org, Person: person, Details: map[string]string{"roles": list(roles)}})
	_, err := t.exec(ctx, `INSERT INTO memberships (person_id, organisation_id, roles, created) VALUES ($1, $2, $3, $4) ON CONFLICT (person_id, organisation_id) DO UPDATE SET roles = excluded.roles`,
		string(person), string(org), list(roles), ts(t.At))
	return err
}

// RemoveMember takes a person out of an organisation; the API tokens made as a
// member end. ErrLast when nobody
// would be left to manage it, ErrNotFound when the person was no member.
func (t *Tx) RemoveMember(ctx context.Context, person, org account.ID) error {
	t.Record(account.Event{Verb: account.MemberRemoved, Object: person, Organisation: org, Person: person})
	if err := t.one(ctx, ErrNotFound, `DELETE FROM memberships WHERE person_id = $1 AND organisation_id = $2`, string(person), string(org)); err != nil {
		return err
	}
	if err := t.revokeLinksOf(ctx, person, org); err != nil {
		return err
	}
	if err := t.revokeTokensOf(ctx, person); err != nil {
		return err
	}
	if err := t.revokeHearings(ctx, org, "", person); err != nil {
		return err
	}
	if err := t.unseat(ctx, org, "", person); err != nil {
		return err
	}
	return t.managed(ctx, org)
}

// revokeLinksOf takes back the invitations that a person made for an
// organisation and its shops: who may invite no more must not come back, or
// let others in, by what he made before.
func (t *Tx) revokeLinksOf(ctx context.Context, person, org account.ID) error {
	_, err := t.exec(ctx, `UPDATE links SET revoked = $3 WHERE by_id = $1 AND used = '' AND revoked = '' AND (organisation_id = $2 OR shop_id IN (SELECT id FROM shops WHERE organisation_id = $2))`, string(person), string(org), ts(t.At))
	return err
}

// takesPart is the condition that programmes p are those in which an
// organisation takes part, as office or as a body.
const takesPart = `(p.office_id = $1 OR EXISTS (SELECT 1 FROM programme_bodies b WHERE b.programme_id = p.id AND b.organisation_id = $1))`

// revokeHearings takes back the links to surveys that people of an organisation
// made: who knows such a link reads what was answered. One programme, or all
// in which it takes part; one person, or all of its members.
func (t *Tx) revokeHearings(ctx context.Context, org, programme, person account.ID) error {
	_, err := t.exec(ctx, `UPDATE links SET revoked = $4 WHERE purpose = 'hearing' AND used = '' AND revoked = ''
AND (by_id = $3 OR $3 = '' AND by_id IN (SELECT m.person_id FROM memberships m WHERE m.organisation_id = $1))
AND object_id IN (SELECT u.id FROM survey_subjects u JOIN programmes p ON p.id = u.programme_id WHERE p.id = $2 OR $2 = '' AND `+takesPart+`)`, string(org), string(programme), string(person), ts(t.At))
	return err
}

// unseat takes seats in committees, and what papers name people for, from those
// who have nothing to do with the programme any more but by an organisation that
// they left, or that left it. Who never came by one keeps his seat.
func (t *Tx) unseat(ctx context.Context, org, programme, person account.ID) error {
	left := func(of string) string {
		return `(` + of + `.person_id = $3 OR $3 = '' AND ` + of + `.person_id IN (SELECT m.person_id FROM memberships m WHERE m.organisation_id = $1)) AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = ` + of + `.person_id AND (m.organisation_id = p.office_id OR m.organisation_id IN (SELECT b.organisation_id FROM programme_bodies b WHERE b.programme_id = p.id)))`
	}
	which := ` JOIN programmes p ON p.id = c.programme_id WHERE (p.id = $2 OR $2 = '' AND ` + takesPart + `) AND `
	if _, err := t.exec(ctx, `DELETE FROM paper_names WHERE (object_id, person_id) IN (SELECT n.object_id, n.person_id FROM paper_names n JOIN papers x ON x.id = n.paper_id JOIN committees c ON c.id = x.committee_id`+which+left("n")+`)`, string(org), string(programme), string(person)); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM committee_people WHERE (committee_id, person_id) IN (SELECT s.committee_id, s.person_id FROM committee_people s JOIN committees c ON c.id = s.committee_id`+which+left("s")+`)`, string(org), string(programme), string(person))
	return err
}

// managed holds that an organisation keeps somebody who manages its people. On
// PostgreSQL the organisation's row is taken first, so that two executives
// cannot remove each other at once.
func (t *Tx) managed(ctx context.Context, org account.ID) error {
	if err := t.one(ctx, ErrNotFound, `UPDATE organisations SET name = name WHERE id = $1`, string(org)); err != nil {
		return err
	}
	var n int
	err := t.q.QueryRowContext(ctx, `SELECT count(*) FROM memberships WHERE organisation_id = $1 AND (',' || roles || ',' LIKE '%,executive,%' OR ',' || roles || ',' LIKE '%,operator,%')`, string(org)).Scan(&n)
	if err == nil && n == 0 {
		return ErrLast
	}
	return err
}
