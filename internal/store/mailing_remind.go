package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/workflow"
)

// CaseReminder is a reminder of a programme with what its letter says.
type CaseReminder struct {
	programme.Reminder
	Text programme.Letter
}

// CaseReminders lists the reminders of a programme that are not stopped, oldest first.
func (d *DB) CaseReminders(ctx context.Context, prog account.ID) ([]CaseReminder, error) {
	return d.caseReminders(ctx, `r.programme_id = $1 AND r.state <> 'cancelled'`, string(prog))
}

func (d *DB) caseReminders(ctx context.Context, where string, args ...any) ([]CaseReminder, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT r.id, r.letter_id, r.fact, r.state, r.by_id, r.approved_by, r.doc, l.doc FROM case_reminders r JOIN mail_letters l ON l.id = r.letter_id WHERE `+where+` ORDER BY r.id`, args...)
	return collect(rows, err, func(r *sql.Rows, x *CaseReminder) error {
		var doc, letter string
		var id, of account.ID
		var fact string
		var state programme.MailingState
		var by, approved account.ID
		if err := r.Scan(&id, &of, &fact, &state, &by, &approved, &doc, &letter); err != nil {
			return err
		}
		if err := errors.Join(json.Unmarshal([]byte(doc), &x.Reminder), json.Unmarshal([]byte(letter), &x.Text)); err != nil {
			return err
		}
		x.ID, x.Letter, x.Fact, x.State, x.By, x.ApprovedBy = id, of, fact, state, by, approved
		return nil
	})
}

// AskReminder keeps a reminder that waits for a second person. ErrNotFound when
// the letter is none of the programme's.
func (t *Tx) AskReminder(ctx context.Context, prog, office account.ID, r *programme.Reminder) error {
	r.ID, r.State, r.By = account.NewID(), programme.MailingAsked, t.By
	doc, err := json.Marshal(r)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.ReminderAsked, Object: r.ID, Organisation: office, Details: map[string]string{"programme": string(prog), "fact": r.Fact}})
	return t.one(ctx, ErrNotFound, `INSERT INTO case_reminders (id, programme_id, letter_id, fact, state, by_id, approved_by, doc) SELECT $1, l.programme_id, l.id, $4, $5, $6, '', $7 FROM mail_letters l WHERE l.id = $2 AND l.programme_id = $3`,
		string(r.ID), string(r.Letter), string(prog), r.Fact, string(r.State), string(t.By), string(doc))
}

// ApproveReminder lets a reminder go. ErrSamePerson when who asks has written it.
func (t *Tx) ApproveReminder(ctx context.Context, prog, office, id account.ID) error {
	var by account.ID
	if err := t.q.QueryRowContext(ctx, `SELECT by_id FROM case_reminders WHERE id = $1 AND programme_id = $2`, string(id), string(prog)).Scan(&by); err != nil {
		return found("reminder", err)
	}
	if by == t.By || t.By == "" {
		return ErrSamePerson
	}
	t.Record(account.Event{Verb: account.ReminderApproved, Object: id, Organisation: office, Details: map[string]string{"programme": string(prog)}})
	return t.one(ctx, ErrConflict, `UPDATE case_reminders SET state = 'approved', approved_by = $3 WHERE id = $1 AND programme_id = $2 AND state = 'asked'`, string(id), string(prog), string(t.By))
}

// StopReminder ends a reminder.
func (t *Tx) StopReminder(ctx context.Context, prog, office, id account.ID) error {
	t.Record(account.Event{Verb: account.ReminderStopped, Object: id, Organisation: office, Details: map[string]string{"programme": string(prog)}})
	return t.one(ctx, ErrNotFound, `UPDATE case_reminders SET state = 'cancelled' WHERE id = $1 AND programme_id = $2 AND state <> 'cancelled'`, string(id), string(prog))
}

// mostReminded is how many cases of a programme are looked at for reminders.
const mostReminded = 5000

// RemindCases sends the reminders of a day: to those whose case still lacks what
// the reminder is about, as often and as far apart as was approved. Whoever is
// reminded is noted in the same change, so nobody is twice on a day. It says how
// many letters went into the outbox.
func (d *DB) RemindCases(ctx context.Context, at time.Time, public string) (n int, err error) {
	if !account.Workday(at) {
		return 0, nil
	}
	type row struct{ reminder, prog account.ID }
	rows, err := d.read.QueryContext(ctx, `SELECT r.id, r.programme_id FROM case_reminders r JOIN programmes p ON p.id = r.programme_id WHERE r.state = 'approved' AND p.state <> 'ended' ORDER BY r.id`)
	due, err := collect(rows, err, func(r *sql.Rows, x *row) error { return r.Scan(&x.reminder, &x.prog) })
	for _, x := range due {
		sent, bad := d.remindOf(ctx, x.prog, x.reminder, at, public)
		n, err = n+sent, errors.Join(err, bad)
	}
	return n, err
}

func (d *DB) remindOf(ctx context.Context, prog, reminder account.ID, at time.Time, public string) (n int, err error) {
	list, err := d.caseReminders(ctx, `r.id = $1`, string(reminder))
	if err != nil || len(list) == 0 {
		return 0, err
	}
	r := &list[0]
	p, err := d.Programme(ctx, prog)
	if err != nil {
		return 0, err
	}
	type row struct {
		ACase
		sent int
		last string
	}
	day := workflow.Day(at)
	rows, err := d.read.QueryContext(ctx, `SELECT `+caseColumns+`, `+caseStand("c")+`, c.doc, (SELECT count(*) FROM case_reminded x WHERE x.case_id = c.id AND x.reminder_id = $2 AND x.day >= substr(c.since, 1, 10)), coalesce((SELECT max(x.day) FROM case_reminded x WHERE x.case_id = c.id AND x.reminder_id = $2), '')
FROM cases c WHERE c.programme_id = $1 AND c.step IN ('step1', 'step2', 'step3', 'step4', 'step5') ORDER BY c.number, c.id LIMIT $3`, string(prog), string(reminder), mostReminded)
	all, err := collect(rows, err, func(r *sql.Rows, x *row) error { return scanCase(r, &x.ACase, &x.sent, &x.last) })
	if err != nil {
		return 0, err
	}
	var cases []programme.Case
	for i := range all {
		if all[i].last < day && r.Due(all[i].Since, at, all[i].sent) {
			cases = append(cases, all[i].Case)
		}
	}
	for len(cases) > 0 {
		some := cases[:min(len(cases), 200)]
		cases = cases[len(some):]
		sent, err := d.remindSome(ctx, p, r, some, at, public)
		if n += sent; err != nil {
			return n, err
		}
	}
	return n, nil
}

func (d *DB) remindSome(ctx context.Context, p *programme.Programme, r *CaseReminder, cases []programme.Case, at time.Time, public string) (n int, err error) {
	known, err := d.CasesKnown(ctx, cases, at)
	if err != nil {
		return 0, err
	}
	var open []programme.Case
	for i := range cases {
		if programme.Asks(&cases[i], r.Fact, &known[cases[i].ID].Facts) {
			open = append(open, cases[i])
		}
	}
	mails, err := d.Merge(ctx, p, &r.Text, open, public, at)
	if err != nil {
		return 0, err
	}
	for i := range mails {
		x := &mails[i]
		if len(x.Lacks) > 0 || x.To == "" {
			continue // the page of the reminder says who lacks what
		}
		err := d.Change(ctx, "", at, func(tx *Tx) error {
			mail, err := tx.sendLetter(ctx, p, x)
			if err != nil {
				return err
			}
			return tx.one(ctx, ErrConflict, `INSERT INTO case_reminded (case_id, reminder_id, day, mail_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, string(x.Case), string(r.ID), workflow.Day(at), string(mail))
		})
		if errors.Is(err, ErrConflict) {
			continue // another process was faster
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
