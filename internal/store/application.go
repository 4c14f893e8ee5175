package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
)

const applicationColumns = `a.id, a.programme_id, a.revision, a.stage, a.receipt, a.mail, a.lang, a.created, a.updated, a.submitted, a.outcome, a.doc`

func scanApplication(r interface{ Scan(...any) error }, a *programme.Application, more ...any) error {
	var doc string
	err := r.Scan(append([]any{&a.ID, &a.Programme, &a.Revision, &a.Stage, &a.Receipt, &a.Mail, &a.Lang, clock{&a.Created}, clock{&a.Updated}, clock{&a.Submitted}, &a.Outcome, &doc}, more...)...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(doc), &a.Form); err != nil {
		return fmt.Errorf("reading application %s: %w", a.ID, err)
	}
	return nil
}

// Application reads one of a programme. ErrNotFound when there is none.
func (d *DB) Application(ctx context.Context, programmeID, id account.ID) (*programme.Application, error) {
	var a programme.Application
	err := scanApplication(d.read.QueryRowContext(ctx, `SELECT `+applicationColumns+` FROM applications a WHERE a.id = $1 AND a.programme_id = $2`, string(id), string(programmeID)), &a)
	return &a, found("application", err)
}

// ApplicationFilter says which applications a list shows.
type ApplicationFilter struct {
	Query   string // a part of company, shop, host or receipt number
	Stage   programme.Stage
	Outcome programme.Outcome
	Of      map[programme.Attribute]account.Choice // "" = all
	Twins   bool                                   // only those that look like another one
	After   Cursor
	Limit   int
}

// Applications lists what was sent to a programme, in the order of receipt.
// Drafts are their writers' alone. next is where the following page begins;
// zero when this was the last.
func (d *DB) Applications(ctx context.Context, programmeID account.ID, f ApplicationFilter) (list []programme.Application, next Cursor, err error) {
	args := []any{string(programmeID)}
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	var q strings.Builder
	q.WriteString(`SELECT ` + applicationColumns + ` FROM applications a WHERE a.programme_id = $1 AND a.receipt <> ''`)
	if f.Stage != "" {
		q.WriteString(` AND a.stage = ` + arg(string(f.Stage)))
	}
	if f.Outcome != "" {
		q.WriteString(` AND a.outcome = ` + arg(string(f.Outcome)))
	}
	for _, by := range programme.Attributes {
		if v := f.Of[by]; v != "" {
			q.WriteString(` AND a.` + attributeColumn[by] + ` = ` + arg(string(v)))
		}
	}
	if f.Query != "" {
		p := arg(contains(f.Query))
		fmt.Fprintf(&q, ` AND (lower(a.company) LIKE %[1]s ESCAPE '!' OR lower(a.shop) LIKE %[1]s ESCAPE '!' OR a.host LIKE %[1]s ESCAPE '!' OR a.receipt LIKE %[1]s ESCAPE '!')`, p)
	}
	if f.Twins {
		var same []string
		for _, c := range twinColumns {
			same = append(same, `a.`+c+` <> '' AND EXISTS (SELECT 1 FROM applications b WHERE b.programme_id = a.programme_id AND b.`+c+` = a.`+c+` AND b.`+c+` <> '' AND b.receipt <> '' AND b.stage <> 'withdrawn' AND b.id <> a.id)`)
		}
		q.WriteString(` AND a.stage <> 'withdrawn' AND (` + strings.Join(same, " OR ") + `)`)
	}
	if f.After != (Cursor{}) {
		q.WriteString(` AND a.receipt > ` + arg(f.After.Key))
	}
	q.WriteString(` ORDER BY a.receipt LIMIT ` + arg(f.Limit+1))
	rows, err := d.read.QueryContext(ctx, q.String(), args...)
	list, err = collect(rows, err, func(r *sql.Rows, a *programme.Application) error { return scanApplication(r, a) })
	if len(list) > f.Limit {
		list = list[:f.Limit]
		last := &list[f.Limit-1]
		next = Cursor{last.Receipt, last.ID}
	}
	return list, next, err
}

// attributeColumn names where an attribute is repeated.
var attributeColumn = map[programme.Attribute]string{programme.ByMethod: "method", programme.ByBusiness: "business", programme.ByTurnover: "turnover", programme.ByPosture: "posture"}

// twinColumns are what two applications of one shop have in common.
var twinColumns = []string{"corporate_number", "host", "phone", "mail"}

// ApplicationsIn reads all applications of a programme that are in one of the
// stages, in the order of receipt.
func (d *DB) ApplicationsIn(ctx context.Context, programmeID account.ID, stages ...programme.Stage) ([]programme.Application, error) {
	return applicationsIn(ctx, d.read, programmeID, stages)
}

func applicationsIn(ctx context.Context, q querier, programmeID account.ID, stages []programme.Stage) ([]programme.Application, error) {
	args := []any{string(programmeID)}
	for _, s := range stages {
		args = append(args, string(s))
	}
	rows, err := q.QueryContext(ctx, `SELECT `+applicationColumns+` FROM applications a WHERE a.programme_id = $1 AND a.stage IN (`+places(1, len(stages))+`) ORDER BY a.receipt`, args...)
	return collect(rows, err, func(r *sql.Rows, a *programme.Application) error { return scanApplication(r, a) })
}

// ApplicationCounts says how many applications of a programme are in each stage.
func (d *DB) ApplicationCounts(ctx context.Context, programmeID account.ID) (map[programme.Stage]int, error) {
	return d.applicationsBy(ctx, programmeID, "stage", "")
}

// ApplicationsBy counts what was sent to a programme by an attribute.
func (d *DB) ApplicationsBy(ctx context.Context, programmeID account.ID, by programme.Attribute) (map[account.Choice]int, error) {
	counts, err := d.applicationsBy(ctx, programmeID, attributeColumn[by], ` AND receipt <> ''`)
	out := map[account.Choice]int{}
	for k, n := range counts {
		out[account.Choice(k)] = n
	}
	return out, err
}

func (d *DB) applicationsBy(ctx context.Context, programmeID account.ID, column, where string) (map[programme.Stage]int, error) {
	type count struct {
		key programme.Stage
		n   int
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+column+`, count(*) FROM applications WHERE programme_id = $1`+where+` GROUP BY `+column, string(programmeID))
	list, err := collect(rows, err, func(r *sql.Rows, c *count) error { return r.Scan(&c.key, &c.n) })
	out := map[programme.Stage]int{}
	for _, c := range list {
		out[c.key] = c.n
	}
	return out, err
}

// Twin is another application that looks like one of a list.
type Twin struct {
	Of      account.ID // the one of the list
	ID      account.ID
	Receipt string
	Company string
	Same    []string // number, host, phone, mail
}

// twinNames are the words of Twin.Same.
var twinNames = map[string]string{"corporate_number": "number", "host": "host", "phone": "phone", "mail": "mail"}

// Twins finds for some applications of a programme the others that have the
// corporate number, the host, the telephone number or the mail address in common.
func (d *DB) Twins(ctx context.Context, programmeID account.ID, ids []account.ID) (map[account.ID][]Twin, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	args := []any{string(programmeID)}
	for _, id := range ids {
		args = append(args, string(id))
	}
	in := places(1, len(ids))
	var parts []string
	// CROSS JOIN keeps SQLite from beginning with b, once for each of the programme.
	for _, c := range twinColumns {
		parts = append(parts, `SELECT a.id AS of_id, b.id AS id, b.receipt AS receipt, b.company AS company, '`+twinNames[c]+`' AS same FROM applications a CROSS JOIN applications b WHERE b.programme_id = a.programme_id AND b.`+c+` = a.`+c+` AND b.`+c+` <> '' AND b.id <> a.id AND b.receipt <> '' AND b.stage <> 'withdrawn' AND a.programme_id = $1 AND a.id IN (`+in+`)`)
	}
	rows, err := d.read.QueryContext(ctx, strings.Join(parts, " UNION ALL ")+` ORDER BY of_id, receipt, same`, args...)
	list, err := collect(rows, err, func(r *sql.Rows, t *Twin) error {
		t.Same = []string{""}
		return r.Scan(&t.Of, &t.ID, &t.Receipt, &t.Company, &t.Same[0])
	})
	out := map[account.ID][]Twin{}
	for _, t := range list {
		known := out[t.Of]
		if n := len(known); n > 0 && known[n-1].ID == t.ID {
			known[n-1].Same = append(known[n-1].Same, t.Same[0])
			continue
		}
		out[t.Of] = append(known, t)
	}
	return out, err
}

// ApplicationEvent is one line of an application's history.
type ApplicationEvent struct {
	ID          account.ID
	Application account.ID
	At          time.Time
	By          account.ID // "": the applicant, or Miseban itself
	Mover       programme.Mover
	What        string // moved, corrected, noted
	From, To    programme.Stage
	Note        string
	Changes     []programme.Correction
}

// The words of ApplicationEvent.What.
const (
	ApplicationMoved     = "moved"
	ApplicationCorrected = "corrected"
	ApplicationNoted     = "noted"
)

// ApplicationEvents reads the history of an application, oldest first.
func (d *DB) ApplicationEvents(ctx context.Context, programmeID, id account.ID) ([]ApplicationEvent, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT id, application_id, at, by_id, mover, what, from_stage, to_stage, note, doc FROM application_events WHERE application_id = $1 AND programme_id = $2 ORDER BY id LIMIT 500`, string(id), string(programmeID))
	return collect(rows, err, func(r *sql.Rows, e *ApplicationEvent) error {
		var doc string
		if err := r.Scan(&e.ID, &e.Application, clock{&e.At}, &e.By, &e.Mover, &e.What, &e.From, &e.To, &e.Note, &doc); err != nil {
			return err
		}
		return json.Unmarshal([]byte(doc), &e.Changes)
	})
}
