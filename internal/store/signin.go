package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"miseban/internal/account"
)

const sessionColumns = `fingerprint, person_id, stage, created, seen, expires, confirmed, network, agent, challenge`

func scanSession(r interface{ Scan(...any) error }, s *account.Session, more ...any) error {
	var challenge string
	if err := r.Scan(append([]any{&s.Fingerprint, &s.Person, &s.Stage, clock{&s.Created}, clock{&s.Seen}, clock{&s.Expires}, clock{&s.Confirmed}, &s.Network, &s.Agent, &challenge}, more...)...); err != nil {
		return err
	}
	var err error
	s.Challenge, err = base64.StdEncoding.DecodeString(challenge)
	return err
}

// SaveSession writes a session whole. Sessions change too often, and say too
// little, for the audit log; signing in is recorded by SignIn.
func (d *DB) SaveSession(ctx context.Context, s *account.Session) error {
	return named(putSession(ctx, d.write, s))
}

// KeepSession writes what changed of a session that is still there: one that
// was ended meanwhile stays ended, and the caller gets ErrNotFound.
func (d *DB) KeepSession(ctx context.Context, s *account.Session) error {
	res, err := d.write.ExecContext(ctx, `UPDATE sessions SET confirmed = $2, challenge = $3 WHERE fingerprint = $1`, s.Fingerprint, ts(s.Confirmed), base64.StdEncoding.EncodeToString(s.Challenge))
	if err != nil {
		return named(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrNotFound, err)
	}
	return nil
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func putSession(ctx context.Context, q execer, s *account.Session) error {
	_, err := q.ExecContext(ctx, `INSERT INTO sessions (`+sessionColumns+`) VALUES (`+places(0, 10)+`) ON CONFLICT (fingerprint) DO UPDATE SET person_id = excluded.person_id, stage = excluded.stage, seen = excluded.seen, expires = excluded.expires, confirmed = excluded.confirmed, challenge = excluded.challenge`,
		s.Fingerprint, string(s.Person), string(s.Stage), ts(s.Created), ts(s.Seen), ts(s.Expires), ts(s.Confirmed), s.Network, s.Agent, base64.StdEncoding.EncodeToString(s.Challenge))
	if err != nil {
		return fmt.Errorf("writing a session: %w", err)
	}
	return nil
}

// SignIn writes the session of a person who proved who he is, and drops the
// one that led there.
func (t *Tx) SignIn(ctx context.Context, s *account.Session, before string) error {
	t.Record(account.Event{Verb: account.SignedIn, Object: s.Person, Person: s.Person})
	if _, err := t.exec(ctx, `DELETE FROM sessions WHERE fingerprint = $1 OR expires < $2`, before, ts(t.At)); err != nil {
		return err
	}
	return putSession(ctx, t.q, s)
}

// SeeSession notes that a session was used. It writes to the row only when it
// is still there: a revoked session stays revoked.
func (d *DB) SeeSession(ctx context.Context, fingerprint string, at time.Time) error {
	_, err := d.write.ExecContext(ctx, `UPDATE sessions SET seen = $2 WHERE fingerprint = $1`, fingerprint, ts(at))
	return named(err)
}

// Session reads a session. ErrNotFound when there is none.
func (d *DB) Session(ctx context.Context, fingerprint string) (*account.Session, error) {
	var s account.Session
	err := scanSession(d.read.QueryRowContext(ctx, `SELECT `+sessionColumns+` FROM sessions WHERE fingerprint = $1`, fingerprint), &s)
	return &s, found("session", err)
}

// Sessions lists the sessions of a person that are signed in, newest first.
func (d *DB) Sessions(ctx context.Context, person account.ID) ([]account.Session, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+sessionColumns+` FROM sessions WHERE person_id = $1 AND stage = 'in' ORDER BY seen DESC LIMIT 100`, string(person))
	return collect(rows, err, func(r *sql.Rows, s *account.Session) error { return scanSession(r, s) })
}

// DropSession ends a session of a person, as a sign-out or a revocation.
func (t *Tx) DropSession(ctx context.Context, person account.ID, fingerprint string) error {
	t.Record(account.Event{Verb: account.SignedOut, Object: person, Person: person})
	return t.one(ctx, ErrNotFound, `DELETE FROM sessions WHERE fingerprint = $1 AND person_id = $2`, fingerprint, string(person))
}

// Attempts reads the failures of a place: an account as seen from a network.
func (d *DB) Attempts(ctx context.Context, place string) (account.Attempts, error) {
	var a account.Attempts
	err := d.read.QueryRowContext(ctx, `SELECT failures, at FROM attempts WHERE place = $1`, place).Scan(&a.Failures, clock{&a.Last})
	if errors.Is(err, sql.ErrNoRows) {
		return account.Attempts{}, nil
	}
	return a, named(err)
}

// Fail counts one more failure of a place, in one statement, so that many
// tries at once are all counted. What is older than two days is forgotten.
func (d *DB) Fail(ctx context.Context, place string, at time.Time) error {
	day := ts(at.Add(-24 * time.Hour))
	_, err := d.write.ExecContext(ctx, `INSERT INTO attempts (place, failures, at) VALUES ($1, 1, $2) ON CONFLICT (place) DO UPDATE SET failures = CASE WHEN attempts.at < $3 THEN 1 ELSE attempts.failures + 1 END, at = excluded.at`, place, ts(at), day)
	if err == nil {
		_, err = d.write.ExecContext(ctx, `DELETE FROM attempts WHERE at < $1`, ts(at.Add(-48*time.Hour)))
	}
	return named(err)
}

// Forgive clears the failures of a place.
func (d *DB) Forgive(ctx context.Context, place string) error {
	_, err := d.write.ExecContext(ctx, `DELETE FROM attempts WHERE place = $1`, place)
	return named(err)
}

// Codes are a person's one-time codes.
type Codes struct {
	Secret string
	On     bool  // the person has shown that the app works
	Used   int64 // the last step of time whose code was used
}

// Codes reads a person's one-time codes; ErrNotFound when none were set up.
func (d *DB) Codes(ctx context.Context, person account.ID) (*Codes, error) {
	var sealed []byte
	var confirmed time.Time
	var c Codes
	err := d.read.QueryRowContext(ctx, `SELECT secret, confirmed, used_step FROM codes WHERE person_id = $1`, string(person)).Scan(&sealed, clock{&confirmed}, &c.Used)
	if err != nil {
		return nil, found("codes", err)
	}
	plain, err := unseal(d.master, sealed, "codes "+string(person))
	c.Secret, c.On = string(plain), !confirmed.IsZero()
	return &c, err
}

// OfferCodes keeps a secret that the person has not confirmed yet. One that
// is in use is not replaced.
func (d *DB) OfferCodes(ctx context.Context, person account.ID, secret string) error {
	sealed, err := seal(d.master, []byte(secret), "codes "+string(person))
	if err != nil {
		return err
	}
	_, err = d.write.ExecContext(ctx, `INSERT INTO codes (person_id, secret, confirmed, used_step) VALUES ($1, $2, '', 0) ON CONFLICT (person_id) DO UPDATE SET secret = excluded.secret, used_step = 0 WHERE codes.confirmed = ''`, string(person), sealed)
	return named(err)
}

// TurnCodesOn begins to ask a person for codes, with new recovery codes.
func (t *Tx) TurnCodesOn(ctx context.Context, person account.ID, used int64, recovery []string) error {
	t.Record(account.Event{Verb: account.CodesOn, Object: person, Person: person})
	if err := t.one(ctx, ErrConflict, `UPDATE codes SET confirmed = $2, used_step = $3 WHERE person_id = $1 AND confirmed = ''`, string(person), ts(t.At), used); err != nil {
		return err
	}
	return t.RenewRecovery(ctx, person, recovery)
}

// TurnCodesOff ends asking a person for codes.
func (t *Tx) TurnCodesOff(ctx context.Context, person account.ID) error {
	t.Record(account.Event{Verb: account.CodesOff, Object: person, Person: person})
	if _, err := t.exec(ctx, `DELETE FROM recovery_codes WHERE person_id = $1`, string(person)); err != nil {
		return err
	}
	return t.one(ctx, ErrNotFound, `DELETE FROM codes WHERE person_id = $1`, string(person))
}

// UseCode notes the step of a code, so that it serves once even when it
// arrives twice at the same time: the second gets ErrConflict.
func (d *DB) UseCode(ctx context.Context, person account.ID, step int64) error {
	res, err := d.write.ExecContext(ctx, `UPDATE codes SET used_step = $2 WHERE person_id = $1 AND used_step < $2`, string(person), step)
	if err != nil {
		return named(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrConflict, err)
	}
	return nil
}

// RenewRecovery replaces a person's recovery codes, given as fingerprints.
func (t *Tx) RenewRecovery(ctx context.Context, person account.ID, fingerprints []string) error {
	t.Record(account.Event{Verb: account.RecoveryRenewed, Object: person, Person: person})
	if _, err := t.exec(ctx, `DELETE FROM recovery_codes WHERE person_id = $1`, string(person)); err != nil {
		return err
	}
	for _, f := range fingerprints {
		if _, err := t.exec(ctx, `INSERT INTO recovery_codes (person_id, fingerprint, used) VALUES ($1, $2, '')`, string(person), f); err != nil {
			return err
		}
	}
	return nil
}

// UseRecovery uses up a recovery code. ErrConflict when it is none, or was used.
func (t *Tx) UseRecovery(ctx context.Context, person account.ID, fingerprint string) error {
	t.Record(account.Event{Verb: account.RecoveryUsed, Object: person, Person: person})
	return t.one(ctx, ErrConflict, `UPDATE recovery_codes SET used = $3 WHERE person_id = $1 AND fingerprint = $2 AND used = ''`, string(person), fingerprint, ts(t.At))
}

// RecoveryLeft counts the recovery codes that a person can still use.
func (d *DB) RecoveryLeft(ctx context.Context, person account.ID) (int, error) {
	var n int
	err := d.read.QueryRowContext(ctx, `SELECT count(*) FROM recovery_codes WHERE person_id = $1 AND used = ''`, string(person)).Scan(&n)
	return n, named(err)
}

// Passkeys lists the passkeys of a person, oldest first.
func (d *DB) Passkeys(ctx context.Context, person account.ID) ([]account.Passkey, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT id, person_id, name, created, used, doc FROM passkeys WHERE person_id = $1 ORDER BY created, id`, string(person))
	return collect(rows, err, func(r *sql.Rows, k *account.Passkey) error {
		var doc string
		err := r.Scan(&k.ID, &k.Person, &k.Name, clock{&k.Created}, clock{&k.Used}, &doc)
		k.Data = []byte(doc)
		return err
	})
}

// AddPasskey registers a passkey. ErrConflict when it is registered already.
func (t *Tx) AddPasskey(ctx context.Context, k *account.Passkey) error {
	t.Record(account.Event{Verb: account.PasskeyAdded, Object: k.Person, Person: k.Person})
	return t.one(ctx, ErrConflict, `INSERT INTO passkeys (id, person_id, name, created, used, doc) VALUES ($1, $2, $3, $4, '', $5) ON CONFLICT (id) DO NOTHING`,
		k.ID, string(k.Person), k.Name, ts(t.At), string(k.Data))
}

// UsePasskey writes what a use changed of a passkey (its counter).
func (d *DB) UsePasskey(ctx context.Context, k *account.Passkey, at time.Time) error {
	_, err := d.write.ExecContext(ctx, `UPDATE passkeys SET used = $2, doc = $3 WHERE id = $1`, k.ID, ts(at), string(k.Data))
	return named(err)
}

// DropPasskey removes a passkey of a person.
func (t *Tx) DropPasskey(ctx context.Context, person account.ID, id string) error {
	t.Record(account.Event{Verb: account.PasskeyRemoved, Object: person, Person: person})
	return t.one(ctx, ErrNotFound, `DELETE FROM passkeys WHERE id = $1 AND person_id = $2`, id, string(person))
}
