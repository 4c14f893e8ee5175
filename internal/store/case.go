package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
)

// noDay is the due day of what has none: it comes after every other.
const noDay = "9999-12-31"

const caseColumns = `c.id, c.programme_id, c.application_id, c.shop_id, c.organisation_id, c.number, c.name, c.revision`

// caseStand are the columns that cases and case_events share: how a case stands, or stood.
func caseStand(table string) string {
	return table + `.step, ` + table + `.since, ` + table + `.awaits, ` + table + `.due, ` + table + `.ending, ` + table + `.owner_id`
}

// ACase is a case with what tells whether it is still as it was seen.
type ACase struct {
	programme.Case
	Revision int
}

// caseDoc is what a case has beside its columns.
type caseDoc struct {
	Left programme.Step               `json:"left,omitempty"`
	Plan map[programme.Step]time.Time `json:"plan,omitempty"`
	Done map[programme.Step]time.Time `json:"done,omitempty"`
	Seen time.Time                    `json:"seen"`
}

func scanCase(r interface{ Scan(...any) error }, c *ACase, more ...any) error {
	var doc, due string
	if err := r.Scan(append([]any{&c.ID, &c.Programme, &c.Application, &c.Shop, &c.Organisation, &c.Number, &c.Name, &c.Revision, &c.Step, clock{&c.Since}, &c.Awaits, &due, &c.Ending, &c.Owner, &doc}, more...)...); err != nil {
		return err
	}
	var x caseDoc
	if err := json.Unmarshal([]byte(doc), &x); err != nil {
		return fmt.Errorf("reading case %s: %w", c.ID, err)
	}
	c.Left, c.Plan, c.Done, c.Seen = x.Left, x.Plan, x.Done, x.Seen
	return nil
}

// dueText is the planned day of the present step as the columns have it.
func dueText(c *programme.Case) string {
	if due := c.Due(); !due.IsZero() && c.Step.Open() {
		return programme.DayOf(due).Format(time.DateOnly)
	}
	return noDay
}

// Case reads a case of a programme. ErrNotFound when there is none.
func (d *DB) Case(ctx context.Context, prog, id account.ID) (*ACase, error) {
	var c ACase
	err := scanCase(d.read.QueryRowContext(ctx, `SELECT `+caseColumns+`, `+caseStand("c")+`, c.doc FROM cases c WHERE c.id = $1 AND c.programme_id = $2`, string(id), string(prog)), &c)
	return &c, found("case", err)
}

// CaseOfApplication reads the case that began with an application.
func (d *DB) CaseOfApplication(ctx context.Context, prog, application account.ID) (*ACase, error) {
	var c ACase
	err := scanCase(d.read.QueryRowContext(ctx, `SELECT `+caseColumns+`, `+caseStand("c")+`, c.doc FROM cases c WHERE c.application_id = $1 AND c.programme_id = $2`, string(application), string(prog)), &c)
	return &c, found("case", err)
}

// CasesOfShop lists the cases of a shop, newest first: those of every programme
// in which it takes part.
func (d *DB) CasesOfShop(ctx context.Context, shop account.ID) ([]ACase, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+caseColumns+`, `+caseStand("c")+`, c.doc FROM cases c WHERE c.shop_id = $1 AND c.shop_id <> '' ORDER BY c.id DESC LIMIT 20`, string(shop))
	return collect(rows, err, func(r *sql.Rows, c *ACase) error { return scanCase(r, c) })
}

// CaseEvents lists what happened to a case of a programme, oldest first.
func (d *DB) CaseEvents(ctx context.Context, prog, id account.ID) ([]programme.Event, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT e.doc FROM case_events e WHERE e.case_id = $1 AND e.programme_id = $2 ORDER BY e.at, e.id`, string(id), string(prog))
	return collect(rows, err, func(r *sql.Rows, e *programme.Event) error {
		var doc string
		if err := r.Scan(&doc); err != nil {
			return err
		}
		return json.Unmarshal([]byte(doc), e)
	})
}

// Cases changes cases of one programme within a change. How the counts change
// by all of it is written once, at the end.
type Cases struct {
	tx    *Tx
	prog  account.ID
	org   account.ID // the office whose people read of it in the audit log
	moved programme.Counts
	// known are cases as they stand within the change, by application and by
	// ID, where many are changed; nil: each is read when its turn comes.
	known map[account.ID]*ACase
	past  [][]any            // events that are to be kept
	last  map[account.ID]int // the newest of them of each case
}

// load reads all cases of the programme at once, before many of them move.
func (w *Cases) load(ctx context.Context) error {
	rows, err := w.tx.q.QueryContext(ctx, `SELECT `+caseColumns+`, `+caseStand("c")+`, c.doc FROM cases c WHERE c.programme_id = $1`, string(w.prog))
	list, err := collect(rows, err, func(r *sql.Rows, c *ACase) error { return scanCase(r, c) })
	w.known = make(map[account.ID]*ACase, 2*len(list))
	for i := range list {
		w.known[list[i].ID], w.known[list[i].Application] = &list[i], &list[i]
	}
	return named(err)
}

// Cases changes cases of a programme that an office runs.
func (t *Tx) Cases(prog, office account.ID) *Cases {
	w := t.cases[prog]
	if w == nil {
		w = &Cases{tx: t, prog: prog, org: office, moved: programme.Counts{}}
		if t.cases == nil {
			t.cases = map[account.ID]*Cases{}
		}
		t.cases[prog] = w
	}
	return w
}

// countCases writes how the counts of programmes changed.
func (t *Tx) countCases(ctx context.Context) error {
	for _, prog := range slices.Sorted(maps.Keys(t.cases)) {
		if err := t.cases[prog].count(ctx); err != nil {
			return err
		}
	}
	return nil
}

// followApplication begins the case of an application that was sent, and takes it along
// with the stage of the application until the first of the five steps.
func (t *Tx) followApplication(ctx context.Context, office account.ID, c programme.Case, s programme.Stage, why string) error {
	w := t.Cases(c.Programme, office)
	now := ACase{}
	var err error
	if known := w.known[c.Application]; known != nil {
		now = *known
	} else {
		err = scanCase(t.q.QueryRowContext(ctx, `SELECT `+caseColumns+`, `+caseStand("c")+`, c.doc FROM cases c WHERE c.application_id = $1 AND c.programme_id = $2`, string(c.Application), string(c.Programme)), &now)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows) && (s == programme.Drafted || s == programme.Withdrawn):
		return nil // it was never sent
	case errors.Is(err, sql.ErrNoRows):
		if now.Case, err = w.Begin(ctx, c); err != nil {
			return err
		}
	case err != nil:
		return found("case", err)
	}
	known := &programme.Facts{}
	known.Of(s)
	for range programme.Steps {
		key := programme.Follow(&now.Case, s)
		if key == "" {
			return nil
		}
		wish := programme.Wish{Key: key, Roles: []account.Role{programme.Miseban}, Facts: known, Reason: cmp.Or(why, string(s))}
		if now.Case, err = w.Move(ctx, now.ID, now.Step, wish); err != nil {
			return err
		}
	}
	return nil
}

// Begin opens a case at the application. ErrConflict when the application has one.
func (w *Cases) Begin(ctx context.Context, c programme.Case) (programme.Case, error) {
	if c.ID == "" {
		c.ID = account.NewID()
	}
	c.Programme = w.prog
	before := programme.Case{ID: c.ID}
	after, e := programme.Begin(c, w.tx.author(), w.tx.At)
	doc, err := docOfCase(&after)
	if err != nil {
		return after, err
	}
	if err := w.tx.one(ctx, ErrConflict, `INSERT INTO cases (id, programme_id, application_id, shop_id, organisation_id, number, name, revision, step, since, awaits, due, ending, owner_id, doc) VALUES (`+places(0, 15)+`) ON CONFLICT (application_id) DO NOTHING`,
		string(after.ID), string(w.prog), string(after.Application), string(after.Shop), string(after.Organisation), after.Number, after.Name, 1, string(after.Step), ts(after.Since), string(after.Awaits), dueText(&after), string(after.Ending), string(after.Owner), doc); err != nil {
		return after, err
	}
	return after, w.happened(&before, &after, &e)
}

func docOfCase(c *programme.Case) (string, error) {
	b, err := json.Marshal(caseDoc{c.Left, c.Plan, c.Done, c.Seen})
	return string(b), err
}

// read reads a case within the change.
func (w *Cases) read(ctx context.Context, id account.ID) (*ACase, error) {
	if known := w.known[id]; known != nil {
		c := *known
		return &c, nil
	}
	var c ACase
	err := scanCase(w.tx.q.QueryRowContext(ctx, `SELECT `+caseColumns+`, `+caseStand("c")+`, c.doc FROM cases c WHERE c.id = $1 AND c.programme_id = $2`, string(id), string(w.prog)), &c)
	return &c, found("case", err)
}

// change makes one event happen to a case. ErrConflict when the case is not at
// the step any more at which it was seen, or somebody changes it at the same time.
func (w *Cases) change(ctx context.Context, id account.ID, seen programme.Step, f func(c programme.Case) (programme.Case, programme.Event, error)) (programme.Case, error) {
	c, err := w.read(ctx, id)
	if err != nil {
		return programme.Case{}, err
	}
	if c.Step != seen {
		return c.Case, ErrConflict
	}
	after, e, err := f(c.Case)
	if err != nil {
		return c.Case, err
	}
	doc, err := docOfCase(&after)
	if err != nil {
		return c.Case, err
	}
	if err := w.tx.one(ctx, ErrConflict, `UPDATE cases SET revision = revision + 1, step = $4, since = $5, awaits = $6, due = $7, ending = $8, owner_id = $9, doc = $10 WHERE id = $1 AND step = $2 AND revision = $3`,
		string(id), string(seen), c.Revision, string(after.Step), ts(after.Since), string(after.Awaits), dueText(&after), string(after.Ending), string(after.Owner), doc); err != nil {
		return c.Case, err
	}
	if known := w.known[id]; known != nil {
		known.Case = after
		known.Revision++
	}
	return after, w.happened(&c.Case, &after, &e)
}

// mostCaseReason is how many characters are kept of why a case was changed.
const mostCaseReason = 1000

// eventUntil is where a row of case_events says until when its standing held.
const eventUntil = 5

// keepPast writes the events of the change: what held until now ends, and what
// is new holds.
func (w *Cases) keepPast(ctx context.Context) error {
	at := ts(w.tx.At)
	for some := range slices.Chunk(slices.Sorted(maps.Keys(w.last)), mostPlaces/2) {
		args := []any{at, ts(forever)}
		for _, id := range some {
			args = append(args, string(id))
		}
		if _, err := w.tx.exec(ctx, `UPDATE case_events SET until = $1 WHERE until = $2 AND case_id IN (`+places(2, len(some))+`)`, args...); err != nil {
			return err
		}
	}
	past := w.past
	w.past, w.last = nil, nil
	return w.tx.insert(ctx, `case_events (id, case_id, programme_id, number, at, until, step, since, awaits, due, ending, owner_id, doc)`, past)
}

// happened notes an event with how the case stands after it, and notes how the
// counts change.
func (w *Cases) happened(before, after *programme.Case, e *programme.Event) error {
	if r := []rune(e.Reason); len(r) > mostCaseReason { // the forms ask for no more
		e.Reason = string(r[:mostCaseReason])
	}
	doc, err := json.Marshal(e)
	if err != nil {
		return err
	}
	at := ts(e.At)
	if w.last == nil {
		w.last = map[account.ID]int{}
	}
	if i, ok := w.last[after.ID]; ok {
		w.past[i][eventUntil] = at
	}
	w.last[after.ID] = len(w.past)
	w.past = append(w.past, []any{string(e.ID), string(after.ID), string(w.prog), after.Number, at, ts(forever), string(after.Step), ts(after.Since), string(after.Awaits), dueText(after), string(after.Ending), string(after.Owner), string(doc)})
	w.moved.Add(programme.Change(before, after, e.At))
	details := map[string]string{"programme": string(w.prog), "what": string(e.Kind), "step": string(after.Step)}
	if e.From != "" {
		details["from"] = string(e.From)
	}
	w.tx.Record(account.Event{Verb: account.CaseChanged, Object: after.ID, Organisation: w.org, Shop: after.Shop, Details: details})
	return nil
}

// Move makes a move, if the table allows it to the roles. ErrConflict when the
// case is not at the step any more at which it was seen.
func (w *Cases) Move(ctx context.Context, id account.ID, seen programme.Step, wish programme.Wish) (programme.Case, error) {
	c, err := w.change(ctx, id, seen, func(c programme.Case) (programme.Case, programme.Event, error) {
		return programme.Advance(c, wish, w.tx.author(), w.tx.At)
	})
	if err == nil && c.Step == programme.StepDeclined {
		err = w.withdraw(ctx, &c, wish.Reason)
	}
	return c, err
}

// withdraw withdraws the application of a case that has declined, so that its
// place is free for another.
func (w *Cases) withdraw(ctx context.Context, c *programme.Case, why string) error {
	a := programme.Application{ID: c.Application, Programme: w.prog, Receipt: c.Number}
	err := w.tx.q.QueryRowContext(ctx, `SELECT stage, revision, shop FROM applications WHERE id = $1 AND programme_id = $2`, string(a.ID), string(w.prog)).Scan(&a.Stage, &a.Revision, &a.Form.Shop)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if _, bad := programme.MoveStage(a.Stage, programme.Withdrawn, programme.ByOffice); err != nil || bad != nil {
		return named(err) // withdrawn already, or decided before
	}
	return w.tx.MoveApplication(ctx, &programme.Programme{ID: w.prog, Office: w.org}, &a, programme.Withdrawn, programme.ByOffice, why)
}

// Await says for whom a case waits from now on.
func (w *Cases) Await(ctx context.Context, id account.ID, seen programme.Step, p programme.Party) (programme.Case, error) {
	return w.change(ctx, id, seen, func(c programme.Case) (programme.Case, programme.Event, error) {
		return programme.Await(c, p, w.tx.author(), w.tx.At)
	})
}

// Replan says by which days the steps of a case are to be done.
func (w *Cases) Replan(ctx context.Context, id account.ID, seen programme.Step, days map[programme.Step]time.Time, reason string) (programme.Case, error) {
	return w.change(ctx, id, seen, func(c programme.Case) (programme.Case, programme.Event, error) {
		return programme.Replan(c, days, reason, w.tx.author(), w.tx.At)
	})
}

// HandOver says who looks after a case.
func (w *Cases) HandOver(ctx context.Context, id account.ID, seen programme.Step, to account.ID, reason string) (programme.Case, error) {
	return w.change(ctx, id, seen, func(c programme.Case) (programme.Case, programme.Event, error) {
		return programme.HandOver(c, to, reason, w.tx.author(), w.tx.At)
	})
}

// SetShop says which shop the case is about, once the applicant's shop is
// registered. ErrConflict when it is about another one already.
func (w *Cases) SetShop(ctx context.Context, id, shop, organisation account.ID) error {
	w.tx.Record(account.Event{Verb: account.CaseChanged, Object: id, Organisation: w.org, Shop: shop, Details: map[string]string{"programme": string(w.prog), "what": "shop"}})
	return w.tx.one(ctx, ErrConflict, `UPDATE cases SET revision = revision + 1, shop_id = $3, organisation_id = $4 WHERE id = $1 AND programme_id = $2 AND shop_id = ''`, string(id), string(w.prog), string(shop), string(organisation))
}

// count writes how the counts changed: for each day, and for its month. The rows
// are taken in one order, so that two offices at work do not wait for each other.
func (w *Cases) count(ctx context.Context) error {
	if err := w.keepPast(ctx); err != nil {
		return err
	}
	type key struct{ grain, period, measure, of string }
	sums := map[key]int{}
	for x, by := range w.moved {
		sums[key{"d", x.Day.Format(time.DateOnly), string(x.Measure), x.Of}] += by
		sums[key{"m", x.Day.Format("2006-01"), string(x.Measure), x.Of}] += by
	}
	keys := slices.SortedFunc(maps.Keys(sums), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.grain, b.grain), cmp.Compare(a.period, b.period), cmp.Compare(a.measure, b.measure), cmp.Compare(a.of, b.of))
	})
	for _, k := range keys {
		if sums[k] == 0 {
			continue
		}
		if _, err := w.tx.exec(ctx, `INSERT INTO case_tallies (programme_id, grain, period, measure, of_id, n) VALUES (`+places(0, 6)+`) ON CONFLICT (programme_id, grain, period, measure, of_id) DO UPDATE SET n = case_tallies.n + excluded.n`,
			string(w.prog), k.grain, k.period, k.measure, k.of, sums[k]); err != nil {
			return err
		}
	}
	w.moved = programme.Counts{}
	return nil
}

// CaseProgress says where a programme stands at the end of a day.
func (d *DB) CaseProgress(ctx context.Context, prog account.ID, day time.Time) (programme.Progress, error) {
	day = programme.DayOf(day)
	type row struct {
		programme.Tally
		n int
	}
	// Whole months before, and the days of this one.
	rows, err := d.read.QueryContext(ctx, `SELECT measure, of_id, CAST(SUM(n) AS BIGINT) FROM case_tallies WHERE programme_id = $1 AND (grain = 'm' AND period < $2 OR grain = 'd' AND period >= $3 AND period <= $4) GROUP BY measure, of_id`,
		string(prog), day.Format("2006-01"), day.Format("2006-01")+"-01", day.Format(time.DateOnly))
	list, err := collect(rows, err, func(r *sql.Rows, x *row) error { return r.Scan(&x.Measure, &x.Of, &x.n) })
	if err != nil {
		return programme.Progress{}, err
	}
	sums := programme.Counts{}
	for _, x := range list {
		x.Day = day
		sums.Add(programme.Counts{x.Tally: x.n})
	}
	return programme.ProgressOf(sums, day), nil
}

// CaseCurve reads how the counts of steps done and planned changed day by day.
func (d *DB) CaseCurve(ctx context.Context, prog account.ID) (programme.Counts, error) {
	type row struct {
		programme.Tally
		n int
	}
	rows, err := d.read.QueryContext(ctx, `SELECT period, measure, of_id, n FROM case_tallies WHERE programme_id = $1 AND grain = 'd' AND measure IN ('done', 'planned', 'reached') AND n <> 0 ORDER BY period`, string(prog))
	list, err := collect(rows, err, func(r *sql.Rows, x *row) error {
		var day string
		if err := r.Scan(&day, &x.Measure, &x.Of, &x.n); err != nil {
			return err
		}
		at, err := time.Parse(time.DateOnly, day)
		x.Day = programme.DayOf(at)
		return err
	})
	sums := programme.Counts{}
	for _, x := range list {
		sums.Add(programme.Counts{x.Tally: x.n})
	}
	return sums, err
}

// CaseFilter says which cases of a programme a board shows.
type CaseFilter struct {
	// At is the moment as of which they are looked at; zero: as they are now.
	At     time.Time
	Step   programme.Step
	Awaits programme.Party
	Late   bool
	Owner  account.ID
	Query  string // a part of number or name
	ByDue  bool   // by planned day instead of by number
	After  Cursor
	Limit  int
}

// BoardCase is a case in a list: how it stands or stood, without plan and history.
type BoardCase struct {
	programme.Case
	Day time.Time // by when the step is to be done; zero: nothing is planned
}

// Late says that the planned day was over at a moment.
func (c *BoardCase) Late(at time.Time) bool {
	return !c.Day.IsZero() && c.Step.Open() && programme.DayOf(at).After(c.Day)
}

// Board lists cases of a programme. next is where the following page begins;
// zero when this was the last.
func (d *DB) Board(ctx context.Context, prog account.ID, now time.Time, f CaseFilter) (list []BoardCase, next Cursor, err error) {
	args := []any{string(prog)}
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	var q strings.Builder
	x, id := "c", "c.id" // where the standing is read
	if f.At.IsZero() {
		f.At = now
		q.WriteString(`SELECT c.id, c.shop_id, c.number, c.name, ` + caseStand("c") + ` FROM cases c WHERE c.programme_id = $1`)
	} else {
		x, id = "e", "e.case_id"
		at := arg(ts(f.At))
		q.WriteString(`SELECT c.id, c.shop_id, c.number, c.name, ` + caseStand("e") + ` FROM case_events e JOIN cases c ON c.id = e.case_id WHERE e.programme_id = $1 AND e.at <= ` + at + ` AND e.until > ` + at)
	}
	if f.Step != "" {
		q.WriteString(` AND ` + x + `.step = ` + arg(string(f.Step)))
	}
	if f.Awaits != "" {
		q.WriteString(` AND ` + x + `.awaits = ` + arg(string(f.Awaits)))
	}
	if f.Late {
		q.WriteString(` AND ` + x + `.due < ` + arg(programme.DayOf(f.At).Format(time.DateOnly)))
	}
	if f.Owner != "" {
		q.WriteString(` AND ` + x + `.owner_id = ` + arg(string(f.Owner)))
	}
	if f.Query != "" {
		p := arg(contains(f.Query))
		q.WriteString(` AND (lower(c.number) LIKE ` + p + ` ESCAPE '!' OR lower(c.name) LIKE ` + p + ` ESCAPE '!')`)
	}
	key := x + ".number"
	if f.ByDue {
		key = x + ".due"
	}
	if f.After != (Cursor{}) {
		k, last := arg(f.After.Key), arg(string(f.After.ID))
		fmt.Fprintf(&q, ` AND (%[1]s > %[2]s OR %[1]s = %[2]s AND %[3]s > %[4]s)`, key, k, id, last)
	}
	fmt.Fprintf(&q, ` ORDER BY %s, %s LIMIT %s`, key, id, arg(f.Limit+1))
	rows, err := d.read.QueryContext(ctx, q.String(), args...)
	list, err = collect(rows, err, func(r *sql.Rows, c *BoardCase) error {
		var due string
		if err := r.Scan(&c.ID, &c.Shop, &c.Number, &c.Name, &c.Step, clock{&c.Since}, &c.Awaits, &due, &c.Ending, &c.Owner); err != nil {
			return err
		}
		c.Programme = prog
		return readDay(due, &c.Day)
	})
	if err != nil || len(list) <= f.Limit {
		return list, Cursor{}, err
	}
	list = list[:f.Limit]
	l := &list[f.Limit-1]
	next = Cursor{l.Number, l.ID}
	if f.ByDue {
		next.Key = noDay
		if !l.Day.IsZero() {
			next.Key = l.Day.Format(time.DateOnly)
		}
	}
	return list, next, nil
}

// readDay reads a due day as dueText wrote it.
func readDay(s string, into *time.Time) error {
	if s == noDay || s == "" {
		*into = time.Time{}
		return nil
	}
	at, err := time.Parse(time.DateOnly, s)
	*into = programme.DayOf(at)
	return err
}

// errForeignCase is a case of another programme: a programming error, or a forged form.
var errForeignCase = errors.New("a case of another programme")

// CasesOf reads some cases of a programme.
func (d *DB) CasesOf(ctx context.Context, prog account.ID, ids []account.ID) ([]ACase, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	args := []any{string(prog)}
	for _, id := range ids {
		args = append(args, string(id))
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+caseColumns+`, `+caseStand("c")+`, c.doc FROM cases c WHERE c.programme_id = $1 AND c.id IN (`+places(1, len(ids))+`) ORDER BY c.number, c.id`, args...)
	list, err := collect(rows, err, func(r *sql.Rows, c *ACase) error { return scanCase(r, c) })
	if err == nil && len(list) != len(ids) {
		return nil, fmt.Errorf("cases: %w: %w", ErrNotFound, errForeignCase)
	}
	return list, err
}
