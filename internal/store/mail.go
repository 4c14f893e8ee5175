package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"miseban/internal/account"
	"miseban/internal/notice"
	"miseban/internal/workflow"
)

// MailState is where a mail stands on its way.
type MailState string

// The states of a mail.
const (
	MailWaiting       MailState = "waiting" // for a job
	MailQueued        MailState = "queued"  // has its job
	MailSent          MailState = "sent"
	MailUndeliverable MailState = "undeliverable"
)

// What a mail is made of.
const (
	MailNotices = "notices" // what somebody was told just now
	MailDigest  = "digest"  // what came together in a day
	MailLetter  = "letter"
)

// Mail is one mail to one person.
type Mail struct {
	ID      account.ID
	Person  account.ID // "": who has no account
	Shop    account.ID
	By      account.ID // of a letter: who had it sent; "" = Miseban itself
	For     account.ID // of a letter: the organisation in whose name
	To      string
	Kind    string
	State   MailState
	Created time.Time
	Tried   time.Time
	Tries   int
	Problem notice.Problem // of the last try
	Answer  string         // the server's
	Letter  *notice.Letter // of a letter, until it has gone
}

const mailColumns = `id, person_id, shop_id, recipient, kind, state, created, tried, tries, problem, answer`

func scanMail(r interface{ Scan(...any) error }, m *Mail, more ...any) error {
	return r.Scan(append([]any{&m.ID, &m.Person, &m.Shop, &m.To, &m.Kind, &m.State, clock{&m.Created}, clock{&m.Tried}, &m.Tries, &m.Problem, &m.Answer}, more...)...)
}

func secretMail(id account.ID) string { return "mail " + string(id) }

// AddLetter puts a letter into the outbox, sealed: it holds a link that is a secret.
func (t *Tx) AddLetter(ctx context.Context, m *Mail) error {
	doc, err := json.Marshal(m.Letter)
	if err != nil {
		return err
	}
	m.ID, m.Kind, m.State, m.Created = account.NewID(), MailLetter, MailWaiting, t.At
	sealed, err := seal(t.db.master, doc, secretMail(m.ID))
	if err != nil {
		return err
	}
	return t.putMail(ctx, m, sealed)
}

func (t *Tx) putMail(ctx context.Context, m *Mail, sealed []byte) error {
	// Like notices, mails follow from changes that the audit log has.
	_, err := t.q.ExecContext(ctx, `INSERT INTO mails (`+mailColumns+`, sealed, by_id, organisation_id) VALUES (`+places(0, 14)+`)`,
		string(m.ID), string(m.Person), string(m.Shop), m.To, m.Kind, string(m.State), ts(m.Created), "", 0, "", "", sealed, string(m.By), string(m.For))
	if err != nil {
		return fmt.Errorf("writing a mail: %w", named(err))
	}
	return nil
}

// LettersSince counts the letters that a person had sent since then, and those
// in the name of an organisation.
func (t *Tx) LettersSince(ctx context.Context, person, org account.ID, then time.Time) (byPerson, forOrg int, err error) {
	err = t.q.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM mails WHERE by_id = $1 AND by_id <> '' AND created > $3), (SELECT count(*) FROM mails WHERE organisation_id = $2 AND organisation_id <> '' AND created > $3)`,
		string(person), string(org), ts(then)).Scan(&byPerson, &forOrg)
	return byPerson, forOrg, named(err)
}

// GatherMails makes mails of the notices that wait to go at once, or for the
// digest, one a person, and takes those letters that wait; at most limit. The
// caller puts their jobs into the queue with the same change.
func (t *Tx) GatherMails(ctx context.Context, how notice.How, limit int) ([]account.ID, error) {
	rows, err := t.q.QueryContext(ctx, `UPDATE mails SET state = 'queued' WHERE state = 'waiting' AND id IN (SELECT id FROM mails WHERE state = 'waiting' ORDER BY id LIMIT $1) RETURNING id`, limit)
	out, err := collect(rows, err, func(r *sql.Rows, id *account.ID) error { return r.Scan(id) })
	if err != nil {
		return nil, err
	}
	people, err := t.ids(ctx, `SELECT DISTINCT person_id FROM notices WHERE post = $1 LIMIT $2`, string(how), limit)
	if err != nil {
		return nil, err
	}
	// What nobody could send for days is no news any more, and what was read
	// needs no digest.
	stale := ts(t.At.AddDate(0, 0, -mailDays))
	for _, p := range people {
		if _, err := t.q.ExecContext(ctx, `UPDATE notices SET post = '' WHERE person_id = $1 AND post = $2 AND (at < $3 OR post = 'digest' AND seen <> '')`, string(p), string(how), stale); err != nil {
			return nil, err
		}
		m := &Mail{ID: account.NewID(), Person: p, Kind: MailNotices, State: MailQueued, Created: t.At}
		if how == notice.Daily {
			m.Kind = MailDigest
		}
		err := t.q.QueryRowContext(ctx, `SELECT mail FROM people WHERE id = $1 AND erased = ''`, string(p)).Scan(&m.To)
		if errors.Is(err, sql.ErrNoRows) {
			_, err = t.q.ExecContext(ctx, `UPDATE notices SET post = '' WHERE person_id = $1 AND post = $2`, string(p), string(how))
		}
		if err != nil {
			return nil, err
		}
		if m.To == "" {
			continue
		}
		res, err := t.q.ExecContext(ctx, `UPDATE notices SET post = $3 WHERE person_id = $1 AND post = $2`, string(p), string(how), string(m.ID))
		if err != nil {
			return nil, err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			if err != nil {
				return nil, err
			}
			continue
		}
		if err := t.putMail(ctx, m, []byte{}); err != nil {
			return nil, err
		}
		out = append(out, m.ID)
	}
	return out, nil
}

// mailDays is for how long a mail is tried.
const mailDays = 3

// AnyMail says whether GatherMails has something to do.
func (d *DB) AnyMail(ctx context.Context, how notice.How) (bool, error) {
	var n int
	err := d.read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM (SELECT 1 FROM mails WHERE state = 'waiting' LIMIT 1) x) + (SELECT count(*) FROM (SELECT 1 FROM notices WHERE post = $1 LIMIT 1) y)`, string(how)).Scan(&n)
	return n > 0, named(err)
}

// Mail reads a mail with what it says. ErrNotFound when there is none.
func (d *DB) Mail(ctx context.Context, id account.ID) (*Mail, error) {
	var m Mail
	var sealed []byte
	if err := scanMail(d.read.QueryRowContext(ctx, `SELECT `+mailColumns+`, sealed FROM mails WHERE id = $1`, string(id)), &m, &sealed); err != nil {
		return nil, found("mail", err)
	}
	if len(sealed) == 0 {
		return &m, nil
	}
	plain, err := unseal(d.master, sealed, secretMail(m.ID))
	if err != nil {
		return nil, err
	}
	m.Letter = &notice.Letter{}
	return &m, json.Unmarshal(plain, m.Letter)
}

// MailOf reads the notices that a mail is made of, oldest first.
func (d *DB) MailOf(ctx context.Context, mail account.ID) ([]Notice, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+noticeColumns+` FROM notices WHERE post = $1 ORDER BY id LIMIT 500`, string(mail))
	return collect(rows, err, scanNotice)
}

// MailGone notes that the server has a mail; what it said is wiped.
func (d *DB) MailGone(ctx context.Context, id account.ID, at time.Time) error {
	_, err := d.write.ExecContext(ctx, `UPDATE mails SET state = 'sent', tried = $2, tries = tries + 1, problem = '', answer = '', sealed = $3 WHERE id = $1`, string(id), ts(at), []byte{})
	return named(err)
}

// MailFailed notes that a mail did not go out, and whether it will be tried again.
func (d *DB) MailFailed(ctx context.Context, m *Mail, t *notice.Trouble, at time.Time) error {
	m.Tries, m.Tried, m.Problem, m.Answer, m.State = m.Tries+1, at, t.Problem, t.Answer, MailQueued
	if t.Final() {
		m.State = MailUndeliverable
	} else if at.Sub(m.Created) > mailDays*24*time.Hour {
		m.State, m.Problem = MailUndeliverable, notice.TooLate
	}
	_, err := d.write.ExecContext(ctx, `UPDATE mails SET state = $2, tried = $3, tries = tries + 1, problem = $4, answer = $5 WHERE id = $1 AND state = 'queued'`, string(m.ID), string(m.State), ts(at), string(m.Problem), m.Answer)
	return named(err)
}

// MailAgain lets an undeliverable mail be tried once more. ErrConflict when it
// is none any more.
func (t *Tx) MailAgain(ctx context.Context, id account.ID) error {
	t.Record(account.Event{Verb: account.MailAgain, Object: id})
	return t.one(ctx, ErrConflict, `UPDATE mails SET state = 'waiting', created = $2, problem = '', answer = '' WHERE id = $1 AND state = 'undeliverable'`, string(id), ts(t.At))
}

// TroubledMails lists what did not go out: what is given up first, then what is
// tried again; newest first.
func (d *DB) TroubledMails(ctx context.Context, limit int) ([]Mail, error) {
	var out []Mail
	for _, where := range []string{`state = 'undeliverable'`, `state = 'queued' AND problem <> ''`} {
		rows, err := d.read.QueryContext(ctx, `SELECT `+mailColumns+` FROM mails WHERE `+where+` ORDER BY id DESC LIMIT $1`, limit)
		list, err := collect(rows, err, func(r *sql.Rows, m *Mail) error { return scanMail(r, m) })
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// How long notices and mails are kept.
const (
	noticeDays = 365
	sentDays   = 30
)

// TidyNotices forgets old notices and old mails.
func (d *DB) TidyNotices(ctx context.Context, at time.Time) error {
	_, err := d.write.ExecContext(ctx, `DELETE FROM notices WHERE at < $1`, ts(at.AddDate(0, 0, -noticeDays)))
	if err == nil {
		_, err = d.write.ExecContext(ctx, `DELETE FROM mails WHERE state IN ('sent', 'undeliverable') AND created < $1`, ts(at.AddDate(0, 0, -sentDays)))
	}
	return named(err)
}

// The switches that processes which share a database tell each other by.
const (
	publicURL = "public-url"
	digested  = "digested"
	mailing   = "mailing"
)

// note keeps a word for the other processes; it is no change of a person.
func (d *DB) note(ctx context.Context, name, position string, at time.Time) error {
	_, err := d.write.ExecContext(ctx, `INSERT INTO switches (name, position, at, by_id) VALUES ($1, $2, $3, '') ON CONFLICT (name) DO UPDATE SET position = excluded.position, at = excluded.at`, name, position, ts(at))
	return named(err)
}

func (d *DB) noted(ctx context.Context, name string) (position string, at time.Time, err error) {
	err = d.read.QueryRowContext(ctx, `SELECT position, at FROM switches WHERE name = $1`, name).Scan(&position, clock{&at})
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, nil
	}
	return position, at, named(err)
}

// SetPublic keeps where people open Miseban, for workers that write mails.
func (d *DB) SetPublic(ctx context.Context, url string, at time.Time) error {
	return d.note(ctx, publicURL, url, at)
}

// Public is where people open Miseban; "" when no server has said so yet.
func (d *DB) Public(ctx context.Context) (string, error) {
	url, _, err := d.noted(ctx, publicURL)
	return url, err
}

// SetMailing says that a process is there which sends mails.
func (d *DB) SetMailing(ctx context.Context, at time.Time) error {
	return d.note(ctx, mailing, "on", at)
}

// Mailing says whether a process was there lately which sends mails.
func (d *DB) Mailing(ctx context.Context, at time.Time) (bool, error) {
	_, last, err := d.noted(ctx, mailing)
	return !last.IsZero() && at.Sub(last) < time.Hour, err
}

// DigestDue says whether the mails of the day are still to be made.
func (d *DB) DigestDue(ctx context.Context, at time.Time) (bool, error) {
	day, _, err := d.noted(ctx, digested)
	return day < workflow.Day(at), err
}

// DigestDone notes that the mails of the day are made.
func (d *DB) DigestDone(ctx context.Context, at time.Time) error {
	return d.note(ctx, digested, workflow.Day(at), at)
}
