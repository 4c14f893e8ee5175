package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/notice"
	"miseban/internal/workflow"
)

// Alarm is a danger that a diagnosis has seen and that cannot wait (緊急速報).
type Alarm struct {
	ID          account.ID
	Shop        account.ID
	Run         string
	Diagnosis   account.ID
	Danger      notice.Danger
	Raised      time.Time
	Step        int // how often it was passed on
	Confirmed   time.Time
	ConfirmedBy string // the ID of a person, or "contact 1"
	// ConfirmedName is what a contact who confirmed was called when he was told.
	ConfirmedName string
	Seen          []AlarmPlace // in sight of who is signed in only
}

// AlarmPlace is a finding behind an alarm.
type AlarmPlace struct {
	Check string `json:"check"`
	Where string `json:"where"`
}

const alarmColumns = `a.id, a.shop_id, a.run_id, a.diagnosis_id, a.danger, a.raised, a.step, a.confirmed, a.confirmed_by, a.confirmed_name, a.doc`

func scanAlarm(r interface{ Scan(...any) error }, a *Alarm, more ...any) error {
	var doc string
	if err := r.Scan(append([]any{&a.ID, &a.Shop, &a.Run, &a.Diagnosis, &a.Danger, clock{&a.Raised}, &a.Step, clock{&a.Confirmed}, &a.ConfirmedBy, &a.ConfirmedName, &doc}, more...)...); err != nil {
		return err
	}
	return json.Unmarshal([]byte(doc), &a.Seen)
}

// Alarm reads an alarm of a shop. ErrNotFound when the shop has no such one.
func (d *DB) Alarm(ctx context.Context, shop, id account.ID) (*Alarm, error) {
	var a Alarm
	err := scanAlarm(d.read.QueryRowContext(ctx, `SELECT `+alarmColumns+` FROM alarms a WHERE a.id = $1 AND a.shop_id = $2`, string(id), string(shop)), &a)
	return &a, found("alarm", err)
}

// AlarmByID is Alarm for workers, which stand before no shop.
func (d *DB) AlarmByID(ctx context.Context, id account.ID) (*Alarm, error) {
	var a Alarm
	err := scanAlarm(d.read.QueryRowContext(ctx, `SELECT `+alarmColumns+` FROM alarms a WHERE a.id = $1`, string(id)), &a)
	return &a, found("alarm", err)
}

// OpenAlarms lists the alarms of a shop that nobody has confirmed, newest first.
func (d *DB) OpenAlarms(ctx context.Context, shop account.ID) ([]Alarm, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+alarmColumns+` FROM alarms a WHERE a.shop_id = $1 AND a.confirmed = '' ORDER BY a.id DESC LIMIT 20`, string(shop))
	return collect(rows, err, func(r *sql.Rows, a *Alarm) error { return scanAlarm(r, a) })
}

// KnownFindings counts those of the fingerprints that the shop's work list has
// and that are not settled: people know of them.
func (t *Tx) KnownFindings(ctx context.Context, shop account.ID, fingerprints []string) (int, error) {
	args := []any{string(shop), string(workflow.Resolved)}
	for _, f := range fingerprints {
		args = append(args, f)
	}
	var n int
	err := t.q.QueryRowContext(ctx, `SELECT count(*) FROM findings WHERE shop_id = $1 AND state <> $2 AND fingerprint IN (`+places(2, len(fingerprints))+`)`, args...).Scan(&n)
	return n, err
}

// RaiseAlarm raises an alarm, once for a danger that a run has seen; it is
// false when it was raised before. reached says that a contact is written to.
func (t *Tx) RaiseAlarm(ctx context.Context, a *Alarm, reached bool) (bool, error) {
	doc, err := json.Marshal(a.Seen)
	if err != nil {
		return false, err
	}
	a.ID, a.Raised = account.NewID(), t.At
	res, err := t.q.ExecContext(ctx, `INSERT INTO alarms (id, shop_id, run_id, diagnosis_id, danger, raised, step, confirmed, confirmed_by, doc) VALUES (`+places(0, 10)+`) ON CONFLICT (shop_id, run_id, danger) DO NOTHING`,
		string(a.ID), string(a.Shop), a.Run, string(a.Diagnosis), string(a.Danger), ts(a.Raised), 0, "", "", string(doc))
	if err != nil {
		return false, named(err)
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return false, err
	}
	details := map[string]string{"danger": string(a.Danger), "run": a.Run}
	if !reached {
		details["unreached"] = "mail"
	}
	t.Record(account.Event{Verb: account.AlarmRaised, Object: a.ID, Shop: a.Shop, Details: details})
	return true, nil
}

// PassAlarm passes an alarm on that nobody has confirmed for so many minutes.
// ErrConflict when somebody has, or it was passed on already.
func (t *Tx) PassAlarm(ctx context.Context, a *Alarm, minutes int) error {
	t.Record(account.Event{Verb: account.AlarmPassed, Object: a.ID, Shop: a.Shop, Details: map[string]string{"danger": string(a.Danger), "minutes": strconv.Itoa(minutes)}})
	return t.one(ctx, ErrConflict, `UPDATE alarms SET step = step + 1 WHERE id = $1 AND step = $2 AND confirmed = ''`, string(a.ID), a.Step)
}

// AlarmCall is one letter to an emergency contact.
type AlarmCall struct {
	ID      account.ID
	Alarm   account.ID
	Contact int        // in the shop's list as it was then, from 0
	Name    string     // of the contact then
	Address string     // to which the letter went
	Mail    account.ID // the letter
	At      time.Time
	Expires time.Time
	State   MailState // of the letter
}

// AddCall writes to a contact: a letter with a link of his own, kept under the
// fingerprint of its token.
func (t *Tx) AddCall(ctx context.Context, c *AlarmCall, fingerprint string, m *Mail) error {
	if err := t.AddLetter(ctx, m); err != nil {
		return err
	}
	c.ID, c.At, c.Mail, c.Address = account.NewID(), t.At, m.ID, m.To
	_, err := t.exec(ctx, `INSERT INTO alarm_calls (id, alarm_id, fingerprint, contact, name, address, mail_id, at, expires) VALUES (`+places(0, 9)+`)`,
		string(c.ID), string(c.Alarm), fingerprint, c.Contact, c.Name, c.Address, string(c.Mail), ts(c.At), ts(c.Expires))
	return err
}

// Calls lists who was written to about an alarm, and what became of the letters.
func (d *DB) Calls(ctx context.Context, alarm account.ID) ([]AlarmCall, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT c.id, c.alarm_id, c.contact, c.name, c.address, c.mail_id, c.at, c.expires, coalesce(m.state, '') FROM alarm_calls c LEFT JOIN mails m ON m.id = c.mail_id WHERE c.alarm_id = $1 ORDER BY c.id`, string(alarm))
	return collect(rows, err, func(r *sql.Rows, c *AlarmCall) error {
		return r.Scan(&c.ID, &c.Alarm, &c.Contact, &c.Name, &c.Address, &c.Mail, clock{&c.At}, clock{&c.Expires}, &c.State)
	})
}

// AlarmOfCall reads the alarm that a contact's link is for, and to whom it went.
// ErrNotFound when there is none, or its time is over.
func (d *DB) AlarmOfCall(ctx context.Context, fingerprint string, at time.Time) (*Alarm, *AlarmCall, error) {
	var a Alarm
	var c AlarmCall
	err := scanAlarm(d.read.QueryRowContext(ctx, `SELECT `+alarmColumns+`, c.id, c.alarm_id, c.contact, c.name, c.address FROM alarm_calls c JOIN alarms a ON a.id = c.alarm_id WHERE c.fingerprint = $1 AND c.expires > $2`, fingerprint, ts(at)), &a, &c.ID, &c.Alarm, &c.Contact, &c.Name, &c.Address)
	return &a, &c, found("alarm", err)
}

// ConfirmAlarm notes that somebody has seen an alarm: who is signed in, or the
// contact whose link it was. ErrConflict when somebody was faster.
func (t *Tx) ConfirmAlarm(ctx context.Context, a *Alarm, c *AlarmCall) error {
	by, details := string(t.By), map[string]string{"danger": string(a.Danger)}
	var name string
	if by == "" {
		by, name = "contact "+strconv.Itoa(c.Contact+1), c.Name
		details["contact"], details["call"] = strconv.Itoa(c.Contact+1), string(c.ID)
	}
	t.Record(account.Event{Verb: account.AlarmConfirmed, Object: a.ID, Shop: a.Shop, Details: details})
	return t.one(ctx, ErrConflict, `UPDATE alarms SET confirmed = $2, confirmed_by = $3, confirmed_name = $4 WHERE id = $1 AND confirmed = ''`, string(a.ID), ts(t.At), by, name)
}
