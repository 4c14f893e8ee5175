package store

import (
	"context"
	"database/sql"

	"miseban/internal/account"
)

// Visitor is who comes with a session, and what the frame of every page says to him.
type Visitor struct {
	Session account.Session
	Actor   *account.Actor // nil: the session is of nobody yet
	Stopped bool           // an operator holds all diagnoses
	Unread  int            // notices, up to MostUnread
}

// Visitor reads all of it with one question, because every page asks it.
// ErrNotFound when there is no such session.
func (d *DB) Visitor(ctx context.Context, fingerprint string) (*Visitor, error) {
	v, a := &Visitor{}, &account.Actor{}
	rows, err := d.read.QueryContext(ctx, `SELECT s.fingerprint, s.person_id, s.stage, s.created, s.seen, s.expires, s.confirmed, s.network, s.agent, s.challenge,
(SELECT count(*) FROM switches w WHERE w.name = $2 AND w.position = 'on'), (SELECT count(*) FROM (SELECT 1 FROM notices n WHERE n.person_id = s.person_id AND n.seen = '' ORDER BY n.id LIMIT $3) u),
coalesce(p.id, ''), coalesce(p.mail, ''), coalesce(p.name, ''), coalesce(p.lang, ''), coalesce(p.created, ''), coalesce(p.erased, ''), `+memberColumns+`
FROM sessions s LEFT JOIN people p ON p.id = s.person_id LEFT JOIN memberships m ON m.person_id = p.id LEFT JOIN organisations o ON o.id = m.organisation_id WHERE s.fingerprint = $1 ORDER BY o.id`, fingerprint, StopEverything, MostUnread)
	list, err := collect(rows, err, func(r *sql.Rows, m *account.Membership) error {
		var stopped int
		p, scan := &a.Person, scanMember(m)
		err := scanSession(r, &v.Session, append([]any{&stopped, &v.Unread, &p.ID, &p.Mail, &p.Name, &p.Lang, clock{&p.Created}, clock{&p.Erased}}, scan...)...)
		v.Stopped, m.Person = stopped > 0, p.ID
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, found("session", sql.ErrNoRows)
	}
	if a.Person.ID != "" {
		v.Actor, a.Members = a, members(list)
	}
	return v, nil
}

// memberColumns are a membership m and its organisation o, both of which may be missing.
const memberColumns = `coalesce(m.roles, ''), coalesce(o.id, ''), coalesce(o.kind, ''), coalesce(o.name, ''), coalesce(o.corporate_number, ''), coalesce(o.created, '')`

func scanMember(m *account.Membership) []any {
	o := &m.Organisation
	return []any{roles{&m.Roles}, &o.ID, &o.Kind, &o.Name, &o.Number, clock{&o.Created}}
}

// members leaves out the one line of somebody who has none.
func members(list []account.Membership) []account.Membership {
	if list[0].Organisation.ID == "" {
		return nil
	}
	return list
}

// roles reads what list wrote.
type roles struct{ into *[]account.Role }

// Scan is called by database/sql.
func (r roles) Scan(v any) error {
	var s sql.NullString
	if err := s.Scan(v); err != nil {
		return err
	}
	*r.into = split[account.Role](s.String)
	return nil
}
