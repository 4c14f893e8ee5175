package store

import (
	"context"
	"database/sql"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/paper"
)

const panelColumns = `c.id, c.programme_id, c.revision, c.name, c.purpose, c.at`

func scanPanel(r interface{ Scan(...any) error }, x *paper.Panel) error {
	return r.Scan(&x.ID, &x.Programme, &x.Revision, &x.Name, &x.Purpose, clock{&x.At})
}

// Panels lists the committees of a programme, the first one first.
func (d *DB) Panels(ctx context.Context, programme account.ID) ([]paper.Panel, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+panelColumns+` FROM committees c WHERE c.programme_id = $1 ORDER BY c.id`, string(programme))
	return collect(rows, err, func(r *sql.Rows, x *paper.Panel) error { return scanPanel(r, x) })
}

// Panel reads a committee of a programme with its meetings.
func (d *DB) Panel(ctx context.Context, programme, id account.ID) (*paper.Panel, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+panelColumns+`, COALESCE(m.id, ''), COALESCE(m.number, 0), COALESCE(m.day, '')
		FROM committees c LEFT JOIN meetings m ON m.committee_id = c.id WHERE c.id = $1 AND c.programme_id = $2 ORDER BY m.number DESC`, string(id), string(programme))
	var x paper.Panel
	list, err := collect(rows, err, func(r *sql.Rows, m *paper.Meeting) error {
		return r.Scan(&x.ID, &x.Programme, &x.Revision, &x.Name, &x.Purpose, clock{&x.At}, &m.ID, &m.Number, &m.Day)
	})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, found("committee", sql.ErrNoRows)
	}
	for _, m := range list {
		if m.ID != "" {
			m.Panel = x.ID
			x.Meetings = append(x.Meetings, m)
		}
	}
	return &x, nil
}

// Seats lists who has a seat in a committee: the chair, members, observers.
func (d *DB) Seats(ctx context.Context, panel account.ID) ([]paper.Sitting, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT s.person_id, p.name, p.mail, s.seat, s.since FROM committee_people s JOIN people p ON p.id = s.person_id
		WHERE s.committee_id = $1 ORDER BY CASE s.seat WHEN 'chair' THEN 0 WHEN 'member' THEN 1 ELSE 2 END, s.since, s.person_id`, string(panel))
	return collect(rows, err, func(r *sql.Rows, x *paper.Sitting) error {
		return r.Scan(&x.Person, &x.Name, &x.Mail, &x.Seat, clock{&x.Since})
	})
}

// AddPanel keeps a committee of a programme that an office runs.
func (t *Tx) AddPanel(ctx context.Context, office account.ID, x *paper.Panel) error {
	x.ID, x.Revision, x.At = account.NewID(), 1, t.At
	t.Record(account.Event{Verb: account.CommitteeAdded, Object: x.ID, Organisation: office})
	_, err := t.exec(ctx, `INSERT INTO committees (id, programme_id, revision, name, purpose, at) VALUES (`+places(0, 6)+`)`, string(x.ID), string(x.Programme), x.Revision, x.Name, x.Purpose, ts(x.At))
	return err
}

// SavePanel changes the name and purpose of a committee. ErrConflict when it is
// not what the caller saw any more.
func (t *Tx) SavePanel(ctx context.Context, office account.ID, x *paper.Panel) error {
	t.Record(account.Event{Verb: account.CommitteeChanged, Object: x.ID, Organisation: office})
	return t.one(ctx, ErrConflict, `UPDATE committees SET revision = revision + 1, name = $4, purpose = $5 WHERE id = $1 AND programme_id = $2 AND revision = $3`, string(x.ID), string(x.Programme), x.Revision, x.Name, x.Purpose)
}

// Seat gives a person a seat in a committee, or another seat.
func (t *Tx) Seat(ctx context.Context, office account.ID, panel *paper.Panel, person account.ID, seat paper.Seat) error {
	t.Record(account.Event{Verb: account.SeatGiven, Object: panel.ID, Organisation: office, Person: person, Details: map[string]string{"seat": string(seat)}})
	_, err := t.exec(ctx, `INSERT INTO committee_people (committee_id, person_id, seat, since) VALUES ($1, $2, $3, $4) ON CONFLICT (committee_id, person_id) DO UPDATE SET seat = excluded.seat`,
		string(panel.ID), string(person), string(seat), ts(t.At))
	return err
}

// Unseat takes a person's seat away, and with it what the seat let read.
func (t *Tx) Unseat(ctx context.Context, office account.ID, panel *paper.Panel, person account.ID) error {
	t.Record(account.Event{Verb: account.SeatTaken, Object: panel.ID, Organisation: office, Person: person})
	return t.one(ctx, ErrNotFound, `DELETE FROM committee_people WHERE committee_id = $1 AND person_id = $2`, string(panel.ID), string(person))
}

// AddMeeting keeps a meeting of a committee; it gets the next number.
// ErrConflict when another one got it meanwhile.
func (t *Tx) AddMeeting(ctx context.Context, office account.ID, x *paper.Meeting) error {
	if err := t.q.QueryRowContext(ctx, `SELECT COALESCE(max(number), 0) + 1 FROM meetings WHERE committee_id = $1`, string(x.Panel)).Scan(&x.Number); err != nil {
		return err
	}
	x.ID = account.NewID()
	t.Record(account.Event{Verb: account.MeetingAdded, Object: x.ID, Organisation: office, Details: map[string]string{"number": strconv.Itoa(x.Number), "day": x.Day}})
	return t.one(ctx, ErrConflict, `INSERT INTO meetings (id, committee_id, number, day) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, string(x.ID), string(x.Panel), x.Number, x.Day)
}

// SaveMeeting moves a meeting to another day.
func (t *Tx) SaveMeeting(ctx context.Context, office account.ID, x *paper.Meeting) error {
	t.Record(account.Event{Verb: account.MeetingChanged, Object: x.ID, Organisation: office, Details: map[string]string{"day": x.Day}})
	return t.one(ctx, ErrNotFound, `UPDATE meetings SET day = $3 WHERE id = $1 AND committee_id = $2`, string(x.ID), string(x.Panel), x.Day)
}

// actions lists what people took on in the meetings of a committee: what is
// open first, by the day it is due.
func (d *DB) actions(ctx context.Context, q *sight, panel account.ID) ([]paper.Action, error) {
	q.again()
	id := q.arg(string(panel))
	rows, err := d.read.QueryContext(ctx, `SELECT x.id, x.committee_id, x.meeting_id, x.class, x.text, x.who, x.due, x.done FROM committee_actions x WHERE x.committee_id = `+id+` AND `+q.may("x.class", "x.id", "x.committee_id")+`
		ORDER BY CASE x.done WHEN '' THEN 0 ELSE 1 END, CASE x.due WHEN '' THEN '9' ELSE x.due END, x.id`, q.args...)
	return collect(rows, err, func(r *sql.Rows, x *paper.Action) error {
		return r.Scan(&x.ID, &x.Panel, &x.Meeting, &x.Class, &x.Text, &x.Who, &x.Due, clock{&x.Done})
	})
}

// AddAction keeps what somebody took on.
func (t *Tx) AddAction(ctx context.Context, office account.ID, x *paper.Action) error {
	x.ID = account.NewID()
	t.Record(account.Event{Verb: account.ActionAdded, Object: x.ID, Organisation: office, Details: map[string]string{"class": string(x.Class)}})
	_, err := t.exec(ctx, `INSERT INTO committee_actions (id, committee_id, meeting_id, class, text, who, due, done) VALUES (`+places(0, 7)+`, '')`, string(x.ID), string(x.Panel), string(x.Meeting), string(x.Class), x.Text, x.Who, x.Due)
	return err
}

// SettleAction says that an action of a committee is done, or that it is not.
func (t *Tx) SettleAction(ctx context.Context, office, panel, id account.ID, done bool) error {
	at := ""
	if done {
		at = ts(t.At)
	}
	t.Record(account.Event{Verb: account.ActionSettled, Object: id, Organisation: office, Details: map[string]string{"done": strconv.FormatBool(done)}})
	return t.one(ctx, ErrNotFound, `UPDATE committee_actions SET done = $3 WHERE id = $1 AND committee_id = $2`, string(id), string(panel), at)
}
