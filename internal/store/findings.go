package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/workflow"
)

// Finding is a line of the work list of a shop: a fault at a place, over all
// runs that have seen it.
type Finding struct {
	ID          account.ID
	Shop        account.ID
	Fingerprint string
	Cause       string
	State       workflow.State
	Moved       time.Time // when it came to the state
	FirstRun    string
	FirstSeen   time.Time
	LastRun     string
	LastSeen    time.Time
	GoneRun     string // the run that looked after it and did not see it; "" when the last one saw it
	Gone        time.Time
	Reach       workflow.Reach
	Assignee    account.ID
	Due         string // days: 2006-01-02
	Expires     string
	Reason      string     // why the state, in the words of who moved it
	Retest      account.ID // the last diagnosis that was to retest it
	Revision    int
	Seen        check.Finding // as the last run saw it

	rank string
}

// Overdue says whether the day by which it was to be settled has passed.
func (f *Finding) Overdue(at time.Time) bool {
	return f.State.Open() && f.Due != "" && f.Due < workflow.Day(at)
}

const findingColumns = `f.id, f.shop_id, f.fingerprint, f.cause, f.rank, f.state, f.moved, f.first_run, f.first_seen, f.last_run, f.last_seen, f.gone_run, f.gone, f.scope, f.level, f.accounts, f.assignee_id, f.due, f.expires, f.reason, f.retest_id, f.revision, f.doc`

func scanFinding(r interface{ Scan(...any) error }, f *Finding, more ...any) error {
	var doc string
	if err := r.Scan(append([]any{&f.ID, &f.Shop, &f.Fingerprint, &f.Cause, &f.rank, &f.State, clock{&f.Moved}, &f.FirstRun, clock{&f.FirstSeen}, &f.LastRun, clock{&f.LastSeen}, &f.GoneRun, clock{&f.Gone},
		&f.Reach.Scope, &f.Reach.Level, &f.Reach.Accounts, &f.Assignee, &f.Due, &f.Expires, &f.Reason, &f.Retest, &f.Revision, &doc}, more...)...); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(doc), &f.Seen); err != nil {
		return fmt.Errorf("reading finding %s: %w", f.ID, err)
	}
	return nil
}

// Finding reads a finding of a shop. ErrNotFound when the shop has no such one.
func (d *DB) Finding(ctx context.Context, shop, id account.ID) (*Finding, error) {
	var f Finding
	err := scanFinding(d.read.QueryRowContext(ctx, `SELECT `+findingColumns+` FROM findings f WHERE f.id = $1 AND f.shop_id = $2`, string(id), string(shop)), &f)
	return &f, found("finding", err)
}

// FindingsByID reads those of the named findings that are the shop's, what to
// do first, first.
func (d *DB) FindingsByID(ctx context.Context, shop account.ID, ids []account.ID) ([]Finding, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	args := []any{string(shop)}
	for _, id := range ids {
		args = append(args, string(id))
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+findingColumns+` FROM findings f WHERE f.shop_id = $1 AND f.id IN (`+places(1, len(ids))+`) ORDER BY f.rank, f.id`, args...)
	return collect(rows, err, func(r *sql.Rows, f *Finding) error { return scanFinding(r, f) })
}

// The words of a filter beside states.
const (
	AllStates = "all"
	Nobody    = "nobody" // findings without an assignee
)

// The orders of a list of findings.
const (
	ByRank = ""    // what to do first, first
	ByDue  = "due" // the nearest day first
)

// FindingFilter says which findings of a shop a list shows.
type FindingFilter struct {
	State    string         // a state; "" = what is open; AllStates
	Severity check.Severity // this and worse
	Assignee account.ID     // a person or Nobody; "" = all
	Check    string
	Query    string // a part of check or place
	Overdue  string // before this day; "" = all
	Order    string
	After    Cursor
	Limit    int // 0: no limit
}

// where is the condition of a filter.
func (f *FindingFilter) where(shop account.ID, arg func(any) string) string {
	var q strings.Builder
	q.WriteString(`f.shop_id = ` + arg(string(shop)))
	switch f.State {
	case "":
		q.WriteString(` AND f.open = 1`)
	case AllStates:
	default:
		q.WriteString(` AND f.state = ` + arg(f.State))
	}
	if f.Severity > check.Info {
		q.WriteString(` AND f.severity >= ` + arg(int(f.Severity)))
	}
	switch f.Assignee {
	case "":
	case Nobody:
		q.WriteString(` AND f.assignee_id = ''`)
	default:
		q.WriteString(` AND f.assignee_id = ` + arg(string(f.Assignee)))
	}
	if f.Check != "" {
		q.WriteString(` AND f.check_name = ` + arg(f.Check))
	}
	if f.Overdue != "" {
		q.WriteString(` AND f.open = 1 AND f.due <> '' AND f.due < ` + arg(f.Overdue))
	}
	if f.Query != "" {
		p := arg(contains(f.Query))
		fmt.Fprintf(&q, ` AND (lower(f.place) LIKE %[1]s ESCAPE '!' OR f.check_name LIKE %[1]s ESCAPE '!')`, p)
	}
	return q.String()
}

// Findings lists findings of a shop. next is where the following page begins;
// zero when this was the last.
func (d *DB) Findings(ctx context.Context, shop account.ID, f FindingFilter) (list []Finding, next Cursor, err error) {
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	key := "rank"
	if f.Order == ByDue {
		key = "due"
	}
	q := `SELECT ` + findingColumns + ` FROM findings f WHERE ` + f.where(shop, arg)
	if f.After != (Cursor{}) {
		k, last := arg(f.After.Key), arg(string(f.After.ID))
		q += fmt.Sprintf(` AND (f.%[1]s > %[2]s OR f.%[1]s = %[2]s AND f.id > %[3]s)`, key, k, last)
	}
	q += ` ORDER BY f.` + key + `, f.id`
	if f.Limit > 0 {
		q += ` LIMIT ` + arg(f.Limit+1)
	}
	rows, err := d.read.QueryContext(ctx, q, args...)
	list, err = collect(rows, err, func(r *sql.Rows, x *Finding) error { return scanFinding(r, x) })
	if err != nil || f.Limit == 0 || len(list) <= f.Limit {
		return list, Cursor{}, err
	}
	list = list[:f.Limit]
	l := &list[f.Limit-1]
	next = Cursor{l.rank, l.ID}
	if f.Order == ByDue {
		next.Key = l.Due
	}
	return list, next, nil
}

// FindingCounts counts a shop's findings by state, and those overdue on a day.
func (d *DB) FindingCounts(ctx context.Context, shop account.ID, today string) (states map[workflow.State]int, overdue int, err error) {
	type count struct {
		state   workflow.State
		n, late int
	}
	rows, err := d.read.QueryContext(ctx, `SELECT state, count(*), sum(CASE WHEN open = 1 AND due <> '' AND due < $2 THEN 1 ELSE 0 END) FROM findings WHERE shop_id = $1 GROUP BY state`, string(shop), today)
	list, err := collect(rows, err, func(r *sql.Rows, c *count) error { return r.Scan(&c.state, &c.n, &c.late) })
	states = map[workflow.State]int{}
	for _, c := range list {
		states[c.state] = c.n
		overdue += c.late
	}
	return states, overdue, err
}

// FindingMove is a line of a finding's history.
type FindingMove struct {
	ID            account.ID
	At            time.Time
	By            account.ID // "": Miseban
	What          string     // MovedState and the like
	Before, After string
	Why           string // of a person, or a word of ours: see merging
	Run           string
}

// What a line of a finding's history is about.
const (
	MovedState    = "state"
	MovedAssignee = "assignee"
	MovedDue      = "due"
	MovedComment  = "comment" // Why is the comment
	MovedRetest   = "retest"  // After is the diagnosis
)

// Why Miseban moved a finding: words of ours in FindingMove.Why.
const (
	WhyAgain   = "seen-again"
	WhyUnseen  = "unseen"
	WhySettled = "settled"
	WhyExpired = "expired"
)

// FindingHistory reads what was done with a finding of a shop, oldest first,
// and the names of the people whom that and the finding itself speak of.
//
// With it come the receivers of some organisations, and when the finding went
// there last: the page of a finding shows both, and asks once.
func (d *DB) FindingHistory(ctx context.Context, shop, id account.ID, orgs ...account.ID) ([]FindingMove, map[account.ID]string, []Receiver, error) {
	const of = ` FROM finding_moves WHERE finding_id = $1 AND shop_id = $2`
	query := `SELECT * FROM (SELECT id, at, by_id, what, before, after, why, run_id` + of + ` ORDER BY id LIMIT 1000) moves UNION ALL
SELECT id, '', '', '', name, '', '', '' FROM people WHERE erased = '' AND id IN (SELECT by_id` + of + ` UNION SELECT before` + of + ` AND what = 'assignee' UNION SELECT after` + of + ` AND what = 'assignee' UNION SELECT assignee_id FROM findings WHERE id = $1 AND shop_id = $2)`
	args := []any{string(id), string(shop)}
	if len(orgs) > 0 {
		query += ` UNION ALL SELECT h.organisation_id, coalesce(s.created, ''), '', $3, coalesce(s.state, ''), '', '', '' FROM hooks h LEFT JOIN hook_sends s
ON s.id = (SELECT max(x.id) FROM hook_sends x WHERE x.shop_id = $2 AND x.finding_id = $1 AND x.kind = $3 AND x.organisation_id = h.organisation_id) WHERE h.organisation_id IN (` + places(3, len(orgs)) + `)`
		args = append(args, HookTicket)
		for _, o := range orgs {
			args = append(args, string(o))
		}
	}
	rows, err := d.read.QueryContext(ctx, query+` ORDER BY 1`, args...)
	list, err := collect(rows, err, func(r *sql.Rows, m *FindingMove) error {
		return r.Scan(&m.ID, clock{&m.At}, &m.By, &m.What, &m.Before, &m.After, &m.Why, &m.Run)
	})
	names, receivers := map[account.ID]string{}, []Receiver(nil)
	moves := slices.DeleteFunc(list, func(m FindingMove) bool {
		switch m.What {
		case "":
			names[m.ID] = m.Before
		case HookTicket:
			receivers = append(receivers, Receiver{Organisation: m.ID, Sent: m.At, State: HookState(m.Before)})
		default:
			return false
		}
		return true
	})
	return moves, names, receivers, err
}

// AnyExpired says whether there is something for ExpireFindings to do.
func (d *DB) AnyExpired(ctx context.Context, at time.Time) (bool, error) {
	var n int
	err := d.read.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM findings WHERE expires <> '' AND expires < $1 LIMIT 1) x`, workflow.Day(at)).Scan(&n)
	return n > 0, named(err)
}

// Assignable is somebody who may be asked to mend something in a shop.
type Assignable struct {
	Person, Of         account.ID // Of is the organisation
	Name, Organisation string
	Own                bool // of the shop's own organisation
}

// Assignables lists the people of the organisation that a shop belongs to and
// of its contractors, the shop's own first.
//
// CROSS JOIN holds SQLite to the order: the shop's few grants come first.
func (d *DB) Assignables(ctx context.Context, shop account.ID, at time.Time) ([]Assignable, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT p.id, o.id, p.name, o.name, max(g.role) FROM grants g CROSS JOIN memberships m CROSS JOIN people p CROSS JOIN organisations o
WHERE m.organisation_id = g.organisation_id AND p.id = m.person_id AND o.id = g.organisation_id AND g.shop_id = $1 AND g.role IN ('own', 'contractor') AND g.revoked = '' AND g.valid_from <= $2 AND g.valid_until > $2 AND p.erased = '' AND m.roles <> ''
GROUP BY p.id, p.name, o.id, o.name ORDER BY 5 DESC, o.name, p.name, p.id LIMIT 300`, string(shop), ts(at))
	return collect(rows, err, func(r *sql.Rows, a *Assignable) error {
		var as account.As
		err := r.Scan(&a.Person, &a.Of, &a.Name, &a.Organisation, &as)
		a.Own = as == own
		return err
	})
}
