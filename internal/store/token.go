package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"miseban/internal/account"
)

// ErrTooManyTokens says that somebody has as many API tokens as one may have.
var ErrTooManyTokens = errors.New("too many api tokens")

const tokenColumns = `id, person_id, name, scopes, created, expires, used, revoked`

func scanToken(r interface{ Scan(...any) error }, t *account.APIToken) error {
	var scopes string
	err := r.Scan(&t.ID, &t.Person, &t.Name, &scopes, clock{&t.Created}, clock{&t.Expires}, clock{&t.Used}, clock{&t.Revoked})
	t.Scopes = split[account.Scope](scopes)
	return err
}

// APIToken reads a token by its fingerprint, whether it is live or not.
// ErrNotFound when there is none.
func (d *DB) APIToken(ctx context.Context, fingerprint string) (*account.APIToken, error) {
	var t account.APIToken
	err := scanToken(d.read.QueryRowContext(ctx, `SELECT `+tokenColumns+` FROM api_tokens WHERE fingerprint = $1`, fingerprint), &t)
	return &t, found("token", err)
}

// APITokens lists the tokens of a person that were not revoked, newest first.
func (d *DB) APITokens(ctx context.Context, person account.ID) ([]account.APIToken, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+tokenColumns+` FROM api_tokens WHERE person_id = $1 AND revoked = '' ORDER BY id DESC LIMIT 100`, string(person))
	return collect(rows, err, func(r *sql.Rows, t *account.APIToken) error { return scanToken(r, t) })
}

// UseAPIToken notes that a token was used. It happens too often, and says too
// little, for the audit log.
func (d *DB) UseAPIToken(ctx context.Context, id account.ID, at time.Time) error {
	_, err := d.write.ExecContext(ctx, `UPDATE api_tokens SET used = $2 WHERE id = $1 AND revoked = ''`, string(id), ts(at))
	return named(err)
}

// AddAPIToken keeps a new token under its fingerprint. What ran out a month ago
// goes. ErrTooManyTokens when the person has as many as one may have.
func (t *Tx) AddAPIToken(ctx context.Context, k *account.APIToken, fingerprint string) error {
	k.Created = t.At
	// The person's row is taken first, so that two forms at once are both counted.
	if err := t.one(ctx, ErrNotFound, `UPDATE people SET name = name WHERE id = $1`, string(k.Person)); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM api_tokens WHERE person_id = $1 AND expires < $2`, string(k.Person), ts(t.At.AddDate(0, -1, 0))); err != nil {
		return err
	}
	var n int
	if err := t.q.QueryRowContext(ctx, `SELECT count(*) FROM api_tokens WHERE person_id = $1 AND revoked = '' AND expires > $2`, string(k.Person), ts(t.At)).Scan(&n); err != nil {
		return err
	}
	if n >= account.MostTokens {
		return ErrTooManyTokens
	}
	t.Record(account.Event{Verb: account.TokenMade, Object: k.ID, Person: k.Person, Details: map[string]string{"scopes": list(k.Scopes), "until": ts(k.Expires)}})
	_, err := t.exec(ctx, `INSERT INTO api_tokens (fingerprint, `+tokenColumns+`) VALUES (`+places(0, 9)+`)`,
		fingerprint, string(k.ID), string(k.Person), k.Name, list(k.Scopes), ts(k.Created), ts(k.Expires), "", "")
	return err
}

// RevokeAPIToken ends a token of a person. ErrNotFound when he has no such one.
func (t *Tx) RevokeAPIToken(ctx context.Context, person, id account.ID) error {
	t.Record(account.Event{Verb: account.TokenRevoked, Object: id, Person: person})
	return t.one(ctx, ErrNotFound, `UPDATE api_tokens SET revoked = $3 WHERE id = $1 AND person_id = $2 AND revoked = ''`, string(id), string(person), ts(t.At))
}

// revokeTokensOf ends all tokens and calendars of a person: whoever left an organisation, or
// chose a new password, is to be able to rely on nothing of before being good.
func (t *Tx) revokeTokensOf(ctx context.Context, person account.ID) error {
	n, err := t.exec(ctx, `UPDATE api_tokens SET revoked = $2 WHERE person_id = $1 AND revoked = ''`, string(person), ts(t.At))
	if n > 0 {
		t.Record(account.Event{Verb: account.TokenRevoked, Object: person, Person: person})
	}
	if err != nil {
		return err
	}
	n, err = t.exec(ctx, `UPDATE case_feeds SET revoked = $2 WHERE person_id = $1 AND revoked = ''`, string(person), ts(t.At))
	if n > 0 {
		t.Record(account.Event{Verb: account.FeedRevoked, Object: person, Person: person})
	}
	return err
}

// requestLife is how long it is remembered what a program asked for.
const requestLife = 24 * time.Hour

// Once notes that a person's program asks, under a name of its own, for what
// object will be; sum is of all that it asks. before is what an equal request
// made earlier: nothing more is to be done then. ErrConflict when the name
// was used for another request.
func (t *Tx) Once(ctx context.Context, name, sum string, object account.ID) (before account.ID, err error) {
	if _, err := t.exec(ctx, `DELETE FROM api_requests WHERE at < $1`, ts(t.At.Add(-requestLife))); err != nil {
		return "", err
	}
	n, err := t.exec(ctx, `INSERT INTO api_requests (person_id, name, sum, object_id, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (person_id, name) DO NOTHING`, string(t.By), name, sum, string(object), ts(t.At))
	if err != nil || n == 1 {
		return "", err
	}
	var asked string
	if err := t.q.QueryRowContext(ctx, `SELECT sum, object_id FROM api_requests WHERE person_id = $1 AND name = $2`, string(t.By), name).Scan(&asked, &before); err != nil {
		return "", err
	}
	if asked != sum {
		return "", ErrConflict
	}
	return before, nil
}
