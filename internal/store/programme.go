package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/programme"
)

const programmeColumns = `p.id, p.office_id, p.revision, p.slug, p.state, p.call_from, p.call_until, p.created, p.updated, p.doc`

func scanProgramme(r interface{ Scan(...any) error }, p *programme.Programme, more ...any) error {
	var doc string
	err := r.Scan(append([]any{&p.ID, &p.Office, &p.Revision, &p.Slug, &p.State, clock{&p.From}, clock{&p.Until}, clock{&p.Created}, clock{&p.Updated}, &doc}, more...)...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(doc), p); err != nil {
		return fmt.Errorf("reading programme %s: %w", p.ID, err)
	}
	return nil
}

// Programme reads a programme with its bodies. ErrNotFound when there is none.
func (d *DB) Programme(ctx context.Context, id account.ID) (*programme.Programme, error) {
	return d.programme(ctx, `p.id = $1`, string(id))
}

// ProgrammeBySlug reads a programme by its name in public addresses.
func (d *DB) ProgrammeBySlug(ctx context.Context, slug string) (*programme.Programme, error) {
	return d.programme(ctx, `p.slug = $1`, slug)
}

// programme reads a programme and its bodies with one question: every page of
// one asks it.
func (d *DB) programme(ctx context.Context, where string, arg any) (*programme.Programme, error) {
	var p programme.Programme
	rows, err := d.read.QueryContext(ctx, `SELECT `+programmeColumns+`, coalesce(o.id, ''), coalesce(o.kind, ''), coalesce(o.name, '') FROM programmes p
LEFT JOIN programme_bodies b ON b.programme_id = p.id LEFT JOIN organisations o ON o.id = b.organisation_id WHERE `+where+` ORDER BY b.joined, o.id`, arg)
	bodies, err := collect(rows, err, func(r *sql.Rows, o *account.Organisation) error {
		p = programme.Programme{} // each row has it whole
		return scanProgramme(r, &p, &o.ID, &o.Kind, &o.Name)
	})
	if err != nil {
		return nil, err
	}
	if len(bodies) == 0 {
		return nil, found("programme", sql.ErrNoRows)
	}
	for _, o := range bodies {
		if o.ID != "" {
			p.Bodies = append(p.Bodies, o)
		}
	}
	return &p, nil
}

// ProgrammeFor reads a programme and the roles with which an actor stands before it.
func (d *DB) ProgrammeFor(ctx context.Context, a *account.Actor, id account.ID) (*programme.Programme, []account.Role, error) {
	p, err := d.Programme(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	return p, p.Roles(a), nil
}

// Programmes lists the programmes before which an actor has a role, newest
// first; an operator sees all.
func (d *DB) Programmes(ctx context.Context, a *account.Actor, limit int) ([]programme.Programme, error) {
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	where := `1 = 1`
	if !a.Has(account.Operator) {
		var offices, bodies []string
		for i := range a.Members {
			m := &a.Members[i]
			id := m.Organisation.ID
			// A programme that has this organisation as its only body says whether its roles count.
			as := programme.Programme{Office: id, Bodies: []account.Organisation{m.Organisation}}
			switch {
			case len(as.Roles(&account.Actor{Members: a.Members[i : i+1]})) == 0:
			case m.Organisation.Kind == account.Office:
				offices = append(offices, arg(string(id)))
			default:
				bodies = append(bodies, arg(string(id)))
			}
		}
		var any []string
		if len(offices) > 0 {
			any = append(any, `p.office_id IN (`+strings.Join(offices, ", ")+`)`)
		}
		if len(bodies) > 0 {
			any = append(any, `p.id IN (SELECT programme_id FROM programme_bodies WHERE organisation_id IN (`+strings.Join(bodies, ", ")+`))`)
		}
		if len(any) == 0 {
			return nil, nil
		}
		where = strings.Join(any, ` OR `)
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+programmeColumns+` FROM programmes p WHERE `+where+` ORDER BY p.id DESC LIMIT `+arg(limit), args...)
	return collect(rows, err, func(r *sql.Rows, p *programme.Programme) error { return scanProgramme(r, p) })
}

// PublicCalls lists the programmes whose call pages are public, newest call first.
func (d *DB) PublicCalls(ctx context.Context, limit int) ([]programme.Programme, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+programmeColumns+` FROM programmes p WHERE p.state <> 'draft' ORDER BY p.call_from DESC, p.id DESC LIMIT $1`, limit)
	return collect(rows, err, func(r *sql.Rows, p *programme.Programme) error { return scanProgramme(r, p) })
}

// AddProgramme registers a programme of an office. ErrConflict when its name in
// addresses is taken.
func (t *Tx) AddProgramme(ctx context.Context, p *programme.Programme) error {
	p.Created, p.Updated, p.Revision = t.At, t.At, 1
	doc, err := json.Marshal(p)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.ProgrammeAdded, Object: p.ID, Organisation: p.Office})
	if err := t.one(ctx, ErrConflict, `INSERT INTO programmes (id, office_id, revision, slug, state, call_from, call_until, receipts, created, updated, doc) VALUES (`+places(0, 11)+`) ON CONFLICT (slug) DO NOTHING`,
		string(p.ID), string(p.Office), p.Revision, p.Slug, string(p.State), ts(p.From), ts(p.Until), 0, ts(p.Created), ts(p.Updated), string(doc)); err != nil {
		return err
	}
	return t.sealInTime(ctx, p)
}

// SaveProgramme writes a changed programme. ErrConflict when it is not at
// p.Revision any more; ErrTaken when its name in addresses is another's;
// ErrSeedOpen when the call would open again after the lottery's seed was shown.
func (t *Tx) SaveProgramme(ctx context.Context, p *programme.Programme) error {
	var other int
	if err := t.q.QueryRowContext(ctx, `SELECT count(*) FROM programmes WHERE slug = $1 AND id <> $2`, p.Slug, string(p.ID)).Scan(&other); err != nil {
		return named(err)
	}
	if other > 0 {
		return ErrTaken
	}
	p.Updated = t.At
	doc, err := json.Marshal(p)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.ProgrammeChanged, Object: p.ID, Organisation: p.Office, Details: map[string]string{"revision": strconv.Itoa(p.Revision + 1), "state": string(p.State)}})
	if err := t.one(ctx, ErrConflict, `UPDATE programmes SET revision = revision + 1, slug = $3, state = $4, call_from = $5, call_until = $6, updated = $7, doc = $8 WHERE id = $1 AND revision = $2`,
		string(p.ID), p.Revision, p.Slug, string(p.State), ts(p.From), ts(p.Until), ts(p.Updated), string(doc)); err != nil {
		return err
	}
	p.Revision++
	return t.sealInTime(ctx, p)
}

// ErrTaken is a name that another record has.
var ErrTaken = errors.New("the name is taken")

// AddBody lets the people of an organisation stand before a programme.
func (t *Tx) AddBody(ctx context.Context, p *programme.Programme, org account.ID) error {
	t.Record(account.Event{Verb: account.BodyJoined, Object: p.ID, Organisation: p.Office, Details: map[string]string{"body": string(org)}})
	return t.one(ctx, ErrConflict, `INSERT INTO programme_bodies (programme_id, organisation_id, joined) VALUES ($1, $2, $3) ON CONFLICT (programme_id, organisation_id) DO NOTHING`, string(p.ID), string(org), ts(t.At))
}

// RemoveBody takes an organisation out of a programme, and its people out of
// the programme's committees. ErrNotFound when it is not in it.
func (t *Tx) RemoveBody(ctx context.Context, p *programme.Programme, org account.ID) error {
	t.Record(account.Event{Verb: account.BodyLeft, Object: p.ID, Organisation: p.Office, Details: map[string]string{"body": string(org)}})
	if err := t.one(ctx, ErrNotFound, `DELETE FROM programme_bodies WHERE programme_id = $1 AND organisation_id = $2`, string(p.ID), string(org)); err != nil {
		return err
	}
	if err := t.revokeHearings(ctx, org, p.ID, ""); err != nil {
		return err
	}
	return t.unseat(ctx, org, p.ID, "")
}

// OrganisationsOf lists the organisations of some kinds, by name.
func (d *DB) OrganisationsOf(ctx context.Context, kinds []account.Kind, limit int) ([]account.Organisation, error) {
	args := []any{limit}
	for _, k := range kinds {
		args = append(args, string(k))
	}
	rows, err := d.read.QueryContext(ctx, `SELECT id, kind, name, corporate_number, created FROM organisations WHERE kind IN (`+places(1, len(kinds))+`) ORDER BY name, id LIMIT $1`, args...)
	return collect(rows, err, func(r *sql.Rows, o *account.Organisation) error {
		return r.Scan(&o.ID, &o.Kind, &o.Name, &o.Number, clock{&o.Created})
	})
}

const milestoneColumns = `id, programme_id, revision, strand, planned_from, planned_until, began, ended, doc`

// milestoneDoc is what a milestone has beside its days.
type milestoneDoc struct {
	Name programme.Said `json:"name"`
	Note string         `json:"note,omitempty"`
}

func scanMilestone(r interface{ Scan(...any) error }, m *programme.Milestone) error {
	var doc string
	if err := r.Scan(&m.ID, &m.Programme, &m.Revision, &m.Strand, &m.From, &m.Until, &m.Began, &m.Ended, &doc); err != nil {
		return err
	}
	var x milestoneDoc
	err := json.Unmarshal([]byte(doc), &x)
	m.Name, m.Note = x.Name, x.Note
	return err
}

// Milestones lists a programme's schedule, by line of work and first day.
func (d *DB) Milestones(ctx context.Context, id account.ID) ([]programme.Milestone, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+milestoneColumns+` FROM milestones WHERE programme_id = $1 ORDER BY strand, planned_from, id LIMIT 500`, string(id))
	return collect(rows, err, func(r *sql.Rows, m *programme.Milestone) error { return scanMilestone(r, m) })
}

// Milestone reads one of a programme. ErrNotFound when there is none.
func (d *DB) Milestone(ctx context.Context, of, id account.ID) (*programme.Milestone, error) {
	var m programme.Milestone
	err := scanMilestone(d.read.QueryRowContext(ctx, `SELECT `+milestoneColumns+` FROM milestones WHERE id = $1 AND programme_id = $2`, string(id), string(of)), &m)
	return &m, found("milestone", err)
}

// AddMilestone puts a line on a programme's schedule.
func (t *Tx) AddMilestone(ctx context.Context, p *programme.Programme, m *programme.Milestone) error {
	m.Programme, m.Revision = p.ID, 1
	doc, err := json.Marshal(milestoneDoc{m.Name, m.Note})
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.MilestoneAdded, Object: m.ID, Organisation: p.Office, Details: map[string]string{"programme": string(p.ID)}})
	_, err = t.exec(ctx, `INSERT INTO milestones (`+milestoneColumns+`) VALUES (`+places(0, 9)+`)`,
		string(m.ID), string(p.ID), m.Revision, m.Strand, m.From, m.Until, m.Began, m.Ended, string(doc))
	return err
}

// SaveMilestone writes a changed line. ErrConflict when it is not at m.Revision any more.
func (t *Tx) SaveMilestone(ctx context.Context, p *programme.Programme, m *programme.Milestone) error {
	doc, err := json.Marshal(milestoneDoc{m.Name, m.Note})
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.MilestoneChanged, Object: m.ID, Organisation: p.Office, Details: map[string]string{"programme": string(p.ID), "from": m.From, "until": m.Until, "began": m.Began, "ended": m.Ended}})
	if err := t.one(ctx, ErrConflict, `UPDATE milestones SET revision = revision + 1, strand = $4, planned_from = $5, planned_until = $6, began = $7, ended = $8, doc = $9 WHERE id = $1 AND programme_id = $2 AND revision = $3`,
		string(m.ID), string(p.ID), m.Revision, m.Strand, m.From, m.Until, m.Began, m.Ended, string(doc)); err != nil {
		return err
	}
	m.Revision++
	return nil
}

// RemoveMilestone takes a line off the schedule. ErrNotFound when there is none.
func (t *Tx) RemoveMilestone(ctx context.Context, p *programme.Programme, id account.ID) error {
	t.Record(account.Event{Verb: account.MilestoneRemoved, Object: id, Organisation: p.Office, Details: map[string]string{"programme": string(p.ID)}})
	return t.one(ctx, ErrNotFound, `DELETE FROM milestones WHERE id = $1 AND programme_id = $2`, string(id), string(p.ID))
}
