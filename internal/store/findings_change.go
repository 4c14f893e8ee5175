package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/workflow"
)

// known is what a merge has to know of a finding that the list has.
type known struct {
	id       account.ID
	print    string
	revision int
	kept     uint64 // what the row says of the finding itself, see sumOf
	workflow.Before
}

// seed makes the sums of one process; they are never kept.
var seed = maphash.MakeSeed()

// sumOf tells whether a row has to be written again: equal sums are equal texts.
func sumOf(cause, rank string, doc []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	_, _ = h.WriteString(cause)
	_, _ = h.WriteString(rank)
	_, _ = h.Write(doc)
	return h.Sum64()
}

// FindingsMerged says what a diagnosis did to the work list of a shop.
type FindingsMerged struct {
	New, Again, Back, Gone, Settled int
	Critical                        int // of the new ones
}

// lot is how many rows go into one statement: enough to save the ways between,
// few enough for the databases to find a statement's parameters fast.
const lot = 50

// MergeFindings takes what a run has seen into the work list of a shop: a few
// statements, however many findings there are. ErrConflict when somebody moved
// one of them meanwhile; the whole change is then to be made again.
func (t *Tx) MergeFindings(ctx context.Context, shop account.ID, look *workflow.Look) (*FindingsMerged, error) {
	rows, err := t.q.QueryContext(ctx, `SELECT id, fingerprint, revision, check_name, state, moved, last_seen, scope, level, accounts, cause, rank, doc FROM findings WHERE shop_id = $1`, string(shop))
	var cause, rank string
	var doc sql.RawBytes // of one row at a time: a list of 100,000 is not held with all its words
	list, err := collect(rows, err, func(r *sql.Rows, k *known) error {
		err := r.Scan(&k.id, &k.print, &k.revision, &k.Check, &k.State, clock{&k.Moved}, clock{&k.Seen}, &k.Reach.Scope, &k.Reach.Level, &k.Reach.Accounts, &cause, &rank, &doc)
		k.kept = sumOf(cause, rank, doc)
		return err
	})
	if err != nil {
		return nil, err
	}
	have := make(map[string]*known, len(list))
	for i := range list {
		have[list[i].print] = &list[i]
	}
	m := &merge{shop: shop, look: look, said: &FindingsMerged{}}
	for i := range look.Found {
		if err := m.see(t, have[look.Found[i].Fingerprint], &look.Found[i]); err != nil {
			return nil, err
		}
		delete(have, look.Found[i].Fingerprint)
	}
	for i := range list {
		if k := &list[i]; have[k.print] != nil {
			m.miss(k)
		}
	}
	if err := m.write(ctx, t); err != nil {
		return nil, err
	}
	s := m.said
	if len(m.seen)+len(m.same)+len(m.gone) > 0 {
		details := map[string]string{
			"run": look.Run, "new": strconv.Itoa(s.New), "again": strconv.Itoa(s.Again), "back": strconv.Itoa(s.Back), "gone": strconv.Itoa(s.Gone), "settled": strconv.Itoa(s.Settled)}
		if s.Critical > 0 {
			details["critical"] = strconv.Itoa(s.Critical)
		}
		t.Record(account.Event{Verb: account.FindingsMerged, Shop: shop, Details: details})
	}
	return s, nil
}

// merge gathers what a run changes, before anything is written.
type merge struct {
	shop  account.ID
	look  *workflow.Look
	said  *FindingsMerged
	seen  []seen
	same  map[int][]account.ID // as they were, but for when they were seen; by revision
	gone  map[[2]workflow.State][]*known
	moves []FindingMove
	of    []account.ID // whose the moves are
	dues  map[check.Severity]string
}

type seen struct {
	*workflow.Found
	doc      []byte
	id       account.ID
	revision int
	state    workflow.State
}

func (m *merge) move(t *Tx, k *known, to workflow.State, why string) {
	m.moves = append(m.moves, FindingMove{At: t.At, What: MovedState, Before: string(k.State), After: string(to), Why: why, Run: m.look.Run})
	m.of = append(m.of, k.id)
}

func (m *merge) see(t *Tx, k *known, f *workflow.Found) error {
	doc, err := json.Marshal(f.Finding)
	if err != nil {
		return err
	}
	if k == nil {
		m.said.New++
		if f.Severity == check.Critical {
			m.said.Critical++
		}
		m.seen = append(m.seen, seen{f, doc, account.NewID(), 0, workflow.New})
		return nil
	}
	to := m.look.Again(&k.Before)
	m.said.Again++
	if to == k.State && k.kept == sumOf(f.Cause, rank(f.Priority), doc) {
		if m.same == nil {
			m.same = map[int][]account.ID{}
		}
		m.same[k.revision] = append(m.same[k.revision], k.id)
		return nil
	}
	if to != k.State {
		m.said.Back++
		if to == workflow.New && f.Severity == check.Critical {
			m.said.Critical++
		}
		m.move(t, k, to, WhyAgain)
	}
	m.seen = append(m.seen, seen{f, doc, k.id, k.revision, to})
	return nil
}

func (m *merge) miss(k *known) {
	to, gone := m.look.Unseen(&k.Before)
	if !gone {
		return
	}
	if m.gone == nil {
		m.gone = map[[2]workflow.State][]*known{}
	}
	way := [2]workflow.State{k.State, to}
	m.gone[way] = append(m.gone[way], k)
}

func (m *merge) write(ctx context.Context, t *Tx) error {
	if err := m.writeSeen(ctx, t); err != nil {
		return err
	}
	for revision, list := range m.same {
		for part := range slices.Chunk(list, 4*lot) {
			if err := m.writeSame(ctx, t, revision, part); err != nil {
				return err
			}
		}
	}
	for way, list := range m.gone {
		to, why := way[1], WhyUnseen
		m.said.Gone += len(list)
		if to == workflow.Resolved && way[0] != to {
			m.said.Settled += len(list)
			why = WhySettled
		}
		for part := range slices.Chunk(list, 4*lot) {
			if err := m.writeGone(ctx, t, way, part); err != nil {
				return err
			}
		}
		if way[0] != to {
			for _, k := range list {
				m.move(t, k, to, why)
			}
		}
	}
	for i := 0; i < len(m.moves); i += lot {
		end := min(i+lot, len(m.moves))
		if err := t.putMoves(ctx, m.shop, m.of[i:end], m.moves[i:end]); err != nil {
			return err
		}
	}
	return nil
}

// seenSQL writes n rows; its text depends on n alone, so that a database parses
// it once. A row that somebody changed since it was read is left as it is.
func seenSQL(n int) string {
	var q strings.Builder
	q.WriteString(`INSERT INTO findings (id, shop_id, fingerprint, cause, check_name, place, severity, confidence, rank, state, open, moved, first_run, first_seen, last_run, last_seen, gone_run, gone, scope, level, accounts, assignee_id, due, expires, reason, retest_id, revision, doc) VALUES `)
	for i := range n {
		if i > 0 {
			q.WriteByte(',')
		}
		fmt.Fprintf(&q, `($%d, $1, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $4, $2, $3, $2, $3, '', '', $5, $6, $7, '', $%d, '', '', '', $%d, $%d)`, upTo(7+13*i, 13)...)
	}
	q.WriteString(` ON CONFLICT (shop_id, fingerprint) DO UPDATE SET cause = excluded.cause, place = excluded.place, severity = excluded.severity, confidence = excluded.confidence, rank = excluded.rank,
state = excluded.state, open = excluded.open, moved = CASE WHEN findings.state = excluded.state THEN findings.moved ELSE excluded.moved END,
last_run = excluded.last_run, last_seen = excluded.last_seen, gone_run = '', gone = '', scope = excluded.scope, level = excluded.level, accounts = excluded.accounts,
due = CASE WHEN findings.open = 0 AND excluded.open = 1 THEN excluded.due ELSE findings.due END, reason = CASE WHEN findings.state = excluded.state THEN findings.reason ELSE '' END,
revision = CASE WHEN findings.state = excluded.state THEN findings.revision ELSE findings.revision + 1 END, doc = excluded.doc WHERE findings.revision = excluded.revision`)
	return q.String()
}

// upTo are the n numbers behind after.
func upTo(after, n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = after + i + 1
	}
	return out
}

// writeSeen writes what was seen, new or not. SQLite, which is no way away, gets
// one parsed statement row by row: it looks parameters up one by one, so many in
// one statement cost more than many statements.
func (m *merge) writeSeen(ctx context.Context, t *Tx) error {
	size := lot
	if t.lite != nil {
		size = 1
	}
	full := seenSQL(size)
	exec := func(args []any) (int64, error) { return t.exec(ctx, full, args...) }
	if t.lite != nil && len(m.seen) > 1 {
		stmt, err := t.lite.PrepareContext(ctx, full)
		if err != nil {
			return err
		}
		defer stmt.Close()
		t.wrote = true
		exec = func(args []any) (int64, error) {
			res, err := stmt.ExecContext(ctx, args...)
			if err != nil {
				return 0, err
			}
			return res.RowsAffected()
		}
	}
	r := m.look.Reach
	shared := []any{string(m.shop), m.look.Run, ts(m.look.At), ts(t.At), r.Scope, r.Level, r.Accounts}
	for part := range slices.Chunk(m.seen, size) {
		args := slices.Clone(shared)
		for _, f := range part {
			open := 0
			if f.state.Open() {
				open = 1
			}
			args = append(args, string(f.id), f.Fingerprint, f.Cause, f.Check, strings.ReplaceAll(f.Where, "\x00", ""), int(f.Severity), string(f.Confidence),
				rank(f.Priority), string(f.state), open, m.due(f.Severity, t), f.revision, string(f.doc))
		}
		var n int64
		var err error
		if len(part) == size {
			n, err = exec(args)
		} else {
			n, err = t.exec(ctx, seenSQL(len(part)), args...)
		}
		if err != nil {
			return err
		}
		if n != int64(len(part)) {
			return fmt.Errorf("merging findings: %w", ErrConflict)
		}
	}
	return nil
}

// ofShop keeps SQLite from looking through all findings of the shop for a few
// that have their IDs: a column in an expression is no way in.
const ofShop = `shop_id || '' = $1`

// writeSame notes that the run has seen again what the list says already. No
// index holds these columns, which is what makes it fast.
func (m *merge) writeSame(ctx context.Context, t *Tx, revision int, part []account.ID) error {
	r := m.look.Reach
	args := []any{string(m.shop), revision, m.look.Run, ts(m.look.At), r.Scope, r.Level, r.Accounts}
	n := len(args)
	for _, id := range part {
		args = append(args, string(id))
	}
	got, err := t.exec(ctx, `UPDATE findings SET last_run = $3, last_seen = $4, gone_run = '', gone = '', scope = $5, level = $6, accounts = $7 WHERE `+ofShop+` AND revision = $2 AND id IN (`+places(n, len(part))+`)`, args...)
	if err == nil && got != int64(len(part)) {
		return fmt.Errorf("merging findings: %w", ErrConflict)
	}
	return err
}

// due is the day by which a new finding is to be settled, counted once for each severity.
func (m *merge) due(s check.Severity, t *Tx) string {
	if m.dues[s] == "" {
		if m.dues == nil {
			m.dues = map[check.Severity]string{}
		}
		m.dues[s] = workflow.Due(s, t.At)
	}
	return m.dues[s]
}

// rank writes a priority so that what to do first sorts first.
func rank(priority int) string { return fmt.Sprintf("%07d", max(0, 9999999-priority)) }

func (m *merge) writeGone(ctx context.Context, t *Tx, way [2]workflow.State, part []*known) error {
	open := 0
	if way[1].Open() {
		open = 1
	}
	args := []any{string(m.shop), string(way[0]), string(way[1]), open, m.look.Run, ts(m.look.At), ts(t.At)}
	set := `gone_run = $5, gone = $6`
	if way[0] != way[1] {
		set += `, state = $3, open = $4, moved = $7, reason = '', revision = revision + 1`
	} else {
		args = []any{string(m.shop), string(way[0]), m.look.Run, ts(m.look.At)}
		set = `gone_run = $3, gone = $4`
	}
	n := len(args)
	for _, k := range part {
		args = append(args, string(k.id))
	}
	got, err := t.exec(ctx, `UPDATE findings SET `+set+` WHERE `+ofShop+` AND state = $2 AND id IN (`+places(n, len(part))+`)`, args...)
	if err == nil && got != int64(len(part)) {
		return fmt.Errorf("merging findings: %w", ErrConflict)
	}
	return err
}

// putMoves writes lines of histories.
func (t *Tx) putMoves(ctx context.Context, shop account.ID, of []account.ID, moves []FindingMove) error {
	args := []any{string(shop), ts(t.At), string(t.By)}
	var q strings.Builder
	for i, m := range moves {
		if i > 0 {
			q.WriteString(", ")
		}
		n := len(args)
		fmt.Fprintf(&q, `($%d, $%d, $1, $2, $3, $%d, $%d, $%d, $%d, $%d)`, n+1, n+2, n+3, n+4, n+5, n+6, n+7)
		args = append(args, string(account.NewID()), string(of[i]), m.What, m.Before, m.After, m.Why, m.Run)
	}
	_, err := t.exec(ctx, `INSERT INTO finding_moves (id, finding_id, shop_id, at, by_id, what, before, after, why, run_id) VALUES `+q.String(), args...)
	if err != nil {
		return err
	}
	return t.hookMoves(ctx, shop, of, moves)
}

// MoveFinding brings a finding from the revision that the caller saw to another
// state. The caller has asked the moves table. ErrConflict when somebody else
// changed it meanwhile.
func (t *Tx) MoveFinding(ctx context.Context, f *Finding, to workflow.State, reason, expires string) error {
	open := 0
	if to.Open() {
		open = 1
	}
	due := f.Due
	if !f.State.Open() && to.Open() {
		due = workflow.Due(f.Seen.Severity, t.At)
	}
	if err := t.one(ctx, ErrConflict, `UPDATE findings SET state = $4, open = $5, moved = $6, reason = $7, expires = $8, due = $9, revision = revision + 1 WHERE id = $1 AND shop_id = $2 AND revision = $3`,
		string(f.ID), string(f.Shop), f.Revision, string(to), open, ts(t.At), reason, expires, due); err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.FindingMoved, Object: f.ID, Shop: f.Shop, Details: map[string]string{"from": string(f.State), "to": string(to)}})
	return t.putMoves(ctx, f.Shop, []account.ID{f.ID}, []FindingMove{{What: MovedState, Before: string(f.State), After: string(to), Why: reason}})
}

// AssignFinding says who mends a finding and by which day; "" is nobody and no
// day. ErrConflict when somebody else changed it meanwhile.
func (t *Tx) AssignFinding(ctx context.Context, f *Finding, assignee account.ID, due string) error {
	if err := t.one(ctx, ErrConflict, `UPDATE findings SET assignee_id = $4, due = $5, revision = revision + 1 WHERE id = $1 AND shop_id = $2 AND revision = $3`, string(f.ID), string(f.Shop), f.Revision, string(assignee), due); err != nil {
		return err
	}
	details := map[string]string{"due": due}
	if assignee != f.Assignee {
		details["new"] = "assignee"
	}
	t.Record(account.Event{Verb: account.FindingAssigned, Object: f.ID, Shop: f.Shop, Person: assignee, Details: details})
	var moves []FindingMove
	if assignee != f.Assignee {
		moves = append(moves, FindingMove{What: MovedAssignee, Before: string(f.Assignee), After: string(assignee)})
	}
	if due != f.Due {
		moves = append(moves, FindingMove{What: MovedDue, Before: f.Due, After: due})
	}
	if len(moves) == 0 {
		return nil
	}
	return t.putMoves(ctx, f.Shop, slices.Repeat([]account.ID{f.ID}, len(moves)), moves)
}

// CommentFinding adds what somebody has to say.
func (t *Tx) CommentFinding(ctx context.Context, f *Finding, text string) error {
	t.Record(account.Event{Verb: account.FindingCommented, Object: f.ID, Shop: f.Shop})
	return t.putMoves(ctx, f.Shop, []account.ID{f.ID}, []FindingMove{{What: MovedComment, Why: text}})
}

// RetestFindings notes that a diagnosis is to look after the open findings of a
// check again.
func (t *Tx) RetestFindings(ctx context.Context, f *Finding, diagnosis account.ID) error {
	t.Record(account.Event{Verb: account.FindingMoved, Object: f.ID, Shop: f.Shop, Details: map[string]string{"retest": string(diagnosis)}})
	if _, err := t.exec(ctx, `UPDATE findings SET retest_id = $3 WHERE shop_id = $1 AND check_name = $2 AND open = 1`, string(f.Shop), f.Seen.Check, string(diagnosis)); err != nil {
		return err
	}
	return t.putMoves(ctx, f.Shop, []account.ID{f.ID}, []FindingMove{{What: MovedRetest, After: string(diagnosis)}})
}

// ExpireFindings opens again what was accepted or called a false alarm until a
// day that is over, at most limit of them, and says how many.
func (t *Tx) ExpireFindings(ctx context.Context, limit int) (int, error) {
	today := workflow.Day(t.At)
	rows, err := t.q.QueryContext(ctx, `SELECT id, shop_id, state, severity FROM findings WHERE expires <> '' AND expires < $1 ORDER BY expires LIMIT $2`, today, limit)
	type row struct {
		id, shop account.ID
		state    workflow.State
		severity int
	}
	list, err := collect(rows, err, func(r *sql.Rows, x *row) error { return r.Scan(&x.id, &x.shop, &x.state, &x.severity) })
	if err != nil {
		return 0, err
	}
	slices.SortFunc(list, func(a, b row) int { return cmp.Compare(a.shop, b.shop) })
	for _, x := range list {
		if err := t.one(ctx, ErrConflict, `UPDATE findings SET state = $3, open = 1, moved = $4, expires = '', reason = '', due = $5, revision = revision + 1 WHERE id = $1 AND expires <> '' AND expires < $2`,
			string(x.id), today, string(workflow.New), ts(t.At), workflow.Due(check.Severity(x.severity), t.At)); err != nil {
			return 0, err
		}
		if err := t.putMoves(ctx, x.shop, []account.ID{x.id}, []FindingMove{{What: MovedState, Before: string(x.state), After: string(workflow.New), Why: WhyExpired}}); err != nil {
			return 0, err
		}
		t.Record(account.Event{Verb: account.FindingMoved, Object: x.id, Shop: x.shop, Details: map[string]string{"from": string(x.state), "to": string(workflow.New)}})
	}
	return len(list), nil
}
