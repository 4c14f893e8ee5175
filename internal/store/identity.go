package store

import (
	"context"
	"database/sql"
	"time"

	"miseban/internal/account"
)

const identityColumns = `id, issuer, subject, person_id, created, used`

func scanIdentity(r interface{ Scan(...any) error }, i *account.Identity) error {
	return r.Scan(&i.ID, &i.Issuer, &i.Subject, &i.Person, clock{&i.Created}, clock{&i.Used})
}

// Identity reads whose an account elsewhere is. ErrNotFound when it is nobody's.
func (d *DB) Identity(ctx context.Context, issuer, subject string) (*account.Identity, error) {
	var i account.Identity
	err := scanIdentity(d.read.QueryRowContext(ctx, `SELECT `+identityColumns+` FROM identities WHERE issuer = $1 AND subject = $2`, issuer, subject), &i)
	return &i, found("identity", err)
}

// Identities lists the accounts elsewhere of a person, oldest first.
func (d *DB) Identities(ctx context.Context, person account.ID) ([]account.Identity, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+identityColumns+` FROM identities WHERE person_id = $1 ORDER BY id LIMIT 100`, string(person))
	return collect(rows, err, func(r *sql.Rows, i *account.Identity) error { return scanIdentity(r, i) })
}

// UseIdentity notes that somebody signed in with it.
func (d *DB) UseIdentity(ctx context.Context, id account.ID, at time.Time) error {
	_, err := d.write.ExecContext(ctx, `UPDATE identities SET used = $2 WHERE id = $1`, string(id), ts(at))
	return named(err)
}

// AddIdentity links an account elsewhere to a person. ErrConflict when it is
// somebody's already.
func (t *Tx) AddIdentity(ctx context.Context, i *account.Identity) error {
	i.Created = t.At
	t.Record(account.Event{Verb: account.IdentityLinked, Object: i.ID, Person: i.Person})
	return t.one(ctx, ErrConflict, `INSERT INTO identities (`+identityColumns+`) VALUES ($1, $2, $3, $4, $5, '') ON CONFLICT (issuer, subject) DO NOTHING`, string(i.ID), i.Issuer, i.Subject, string(i.Person), ts(i.Created))
}

// DropIdentity unlinks an account elsewhere of a person. ErrNotFound when he has no such one.
func (t *Tx) DropIdentity(ctx context.Context, person, id account.ID) error {
	t.Record(account.Event{Verb: account.IdentityUnlinked, Object: id, Person: person})
	return t.one(ctx, ErrNotFound, `DELETE FROM identities WHERE id = $1 AND person_id = $2`, string(id), string(person))
}
