package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/verdict"
	"miseban/internal/wire"
	"miseban/internal/workflow"
)

// listed is a shop with a work list.
type listed struct {
	t    *testing.T
	db   *DB
	shop account.ID
	runs int
}

func list0(t *testing.T, db *DB) *listed {
	t.Helper()
	o, a := settle(t, db, account.Shopkeeper, "山田茶舗")
	s := &account.Shop{ID: account.NewID(), Organisation: o.ID, State: account.Trading, Name: "茶", URL: "https://tea.example.jp/"}
	change(t, db, a.Person.ID, func(tx *Tx) error { return tx.AddShop(t.Context(), s) })
	return &listed{t: t, db: db, shop: s.ID}
}

// look merges a run that began so many hours after noon and saw hsts at places.
func (l *listed) look(hour int, level wire.Level, v verdict.Verdict, only string, where ...string) *FindingsMerged {
	l.t.Helper()
	l.runs++
	run := &diagnose.Run{ID: fmt.Sprintf("r%d", l.runs), Started: noon.Add(time.Duration(hour) * time.Hour), State: diagnose.Finished, Scope: &wire.Scope{Hosts: []string{"https://tea.example.jp"}, Level: level}}
	if only != "" {
		run.Only = []string{only}
	}
	r := check.Result{Check: "hsts", Verdict: v}
	for _, w := range where {
		r.Findings = append(r.Findings, check.Finding{Check: "hsts", Where: w, Severity: check.Low, Confidence: check.Confirmed})
	}
	run.Results = []check.Result{r}
	var out *FindingsMerged
	if err := l.db.Change(l.t.Context(), "", noon.Add(time.Duration(hour)*time.Hour+time.Minute), func(tx *Tx) (err error) {
		out, err = tx.MergeFindings(l.t.Context(), l.shop, workflow.LookOf(run, checks.Catalogue))
		return err
	}); err != nil {
		l.t.Fatal(err)
	}
	return out
}

func (l *listed) all() map[string]Finding {
	l.t.Helper()
	list, next, err := l.db.Findings(l.t.Context(), l.shop, FindingFilter{State: AllStates})
	if err != nil || next != (Cursor{}) {
		l.t.Fatal(next, err)
	}
	out := map[string]Finding{}
	for _, f := range list {
		out[f.Seen.Where] = f
	}
	return out
}

func (l *listed) wants(what string, want map[string]workflow.State) map[string]Finding {
	l.t.Helper()
	got := l.all()
	for w, s := range want {
		if got[w].State != s {
			l.t.Errorf("%s: %s is %s, want %s", what, w, got[w].State, s)
		}
	}
	if len(got) != len(want) {
		l.t.Errorf("%s: %d findings, want %d", what, len(got), len(want))
	}
	return got
}

func (l *listed) move(where string, to workflow.State, expires string) error {
	l.t.Helper()
	f := l.all()[where]
	return l.db.Change(l.t.Context(), "", noon.Add(2*time.Hour), func(tx *Tx) error {
		return tx.MoveFinding(l.t.Context(), &f, to, "理由", expires)
	})
}

// TestFindings follows findings over runs: none comes twice, what was not looked
// at stays, what was said to be mended is settled or comes back.
func TestFindings(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		l := list0(t, db)
		if got := l.look(0, wire.Safe, verdict.NotMet, "", "/a", "/b", "/c", "/d", "/e", "/f"); *got != (FindingsMerged{New: 6}) {
			t.Errorf("first run: %+v", got)
		}
		first := l.wants("first", map[string]workflow.State{"/a": "new", "/b": "new", "/c": "new", "/d": "new", "/e": "new", "/f": "new"})
		if f := first["/a"]; f.Due != workflow.Due(check.Low, noon) || f.FirstRun != "r1" || f.LastRun != "r1" || f.Revision != 0 || f.Seen.Check != "hsts" || f.Reach.Level != int(wire.Safe) || !f.LastSeen.Equal(noon) {
			t.Errorf("as kept: %+v", f)
		}
		if got := l.look(1, wire.Safe, verdict.NotMet, "", "/a", "/b", "/c", "/d", "/e", "/f"); *got != (FindingsMerged{Again: 6}) {
			t.Errorf("the same once more: %+v", got)
		}
		if f := l.all()["/a"]; f.ID != first["/a"].ID || f.FirstRun != "r1" || f.LastRun != "r2" || f.Revision != 0 {
			t.Errorf("seen twice: %+v", f)
		}
		for w, to := range map[string]workflow.State{"/b": workflow.Ready, "/c": workflow.Ready, "/d": workflow.FalseAlarm, "/e": workflow.Accepted} {
			if err := l.move(w, to, map[bool]string{true: "2026-12-01"}[to.Lapses()]); err != nil {
				t.Fatal(err)
			}
		}
		if got := l.look(3, wire.Safe, verdict.NotExamined, ""); *got != (FindingsMerged{}) {
			t.Errorf("not examined: %+v", got)
		}
		if got := l.look(4, wire.Passive, verdict.NotMet, "", "/f"); *got != (FindingsMerged{Again: 1}) {
			t.Errorf("a shorter look: %+v", got)
		}
		l.wants("nothing told", map[string]workflow.State{"/a": "new", "/b": "ready", "/c": "ready", "/d": "false-alarm", "/e": "accepted", "/f": "new"})
		// /b is still there, /c and /d are not; /a is not either, and nobody had said so.
		if got := l.look(5, wire.Safe, verdict.NotMet, "", "/b", "/e"); *got != (FindingsMerged{Again: 2, Back: 1, Gone: 4, Settled: 1}) {
			t.Errorf("after work: %+v", got)
		}
		got := l.wants("after work", map[string]workflow.State{"/a": "ready", "/b": "working", "/c": "resolved", "/d": "false-alarm", "/e": "accepted", "/f": "ready"})
		if f := got["/a"]; f.GoneRun != "r5" || f.LastRun != "r2" || f.Revision != 1 {
			t.Errorf("gone: %+v", f)
		}
		if f := got["/b"]; f.Reason != "" || f.GoneRun != "" || f.Revision != 2 {
			t.Errorf("back: %+v", f)
		}
		if got := l.look(6, wire.Safe, verdict.NotMet, "hsts", "/c"); got.Back != 1 || got.Settled != 3 {
			t.Errorf("retest: %+v", got)
		}
		l.wants("retest", map[string]workflow.State{"/a": "resolved", "/b": "resolved", "/c": "new", "/d": "false-alarm", "/e": "accepted", "/f": "resolved"})

		stale := first["/c"]
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.MoveFinding(ctx, &stale, workflow.Working, "", "") }); !errors.Is(err, ErrConflict) {
			t.Errorf("a move of what somebody else changed: %v", err)
		}
		moves, _, _, err := db.FindingHistory(ctx, l.shop, first["/c"].ID)
		if err != nil || len(moves) != 3 || moves[0].Why != "理由" || moves[1].Why != WhySettled || moves[2].Why != WhyAgain || moves[2].Run != "r6" {
			t.Errorf("history: %+v, %v", moves, err)
		}
		if _, err := db.Finding(ctx, account.NewID(), stale.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("read before another shop: %v", err)
		}
		if moves, _, _, err := db.FindingHistory(ctx, account.NewID(), stale.ID); err != nil || len(moves) != 0 {
			t.Errorf("history before another shop: %v, %v", moves, err)
		}

		expire := func(day int) (n int) {
			change0(t, db, noon.AddDate(0, 0, day), func(tx *Tx) (err error) { n, err = tx.ExpireFindings(ctx, 100); return err })
			return n
		}
		if a, b, c := expire(8), expire(10), expire(11); a != 0 || b != 2 || c != 0 { // the day itself still counts, in Japan
			t.Errorf("expired: %d, %d, %d", a, b, c)
		}
		if f := l.wants("expired", map[string]workflow.State{"/a": "resolved", "/b": "resolved", "/c": "new", "/d": "new", "/e": "new", "/f": "resolved"})["/d"]; f.Expires != "" || f.Due < "2026-12-02" {
			t.Errorf("expired: %+v", f)
		}
		if _, err := db.VerifyAudit(ctx); err != nil {
			t.Error(err)
		}
	})
}

func change0(t *testing.T, db *DB, at time.Time, f func(*Tx) error) {
	t.Helper()
	if err := db.Change(t.Context(), "", at, f); err != nil {
		t.Fatal(err)
	}
}

// TestFindingLists filters, orders and pages; what is not the shop's is not there.
func TestFindingLists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		l, other := list0(t, db), list0(t, db)
		var places []string
		for i := range 120 {
			places = append(places, fmt.Sprintf("/p%03d", i))
		}
		l.look(0, wire.Safe, verdict.NotMet, "", places...)
		other.look(0, wire.Safe, verdict.NotMet, "", "/other")
		count := func(f FindingFilter) int {
			t.Helper()
			f.Limit = 50
			seen := map[account.ID]bool{}
			for {
				list, next, err := db.Findings(ctx, l.shop, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range list {
					if seen[x.ID] || x.Shop != l.shop {
						t.Errorf("%s comes twice, or is of %s", x.ID, x.Shop)
					}
					seen[x.ID] = true
				}
				if next == (Cursor{}) {
					return len(seen)
				}
				f.After = ParseCursor(next.String())
			}
		}
		if err := l.move("/p007", workflow.Accepted, "2027-01-01"); err != nil {
			t.Fatal(err)
		}
		f := l.all()["/p008"]
		who := account.NewID()
		change(t, db, "", func(tx *Tx) error {
			return errors.Join(tx.AssignFinding(ctx, &f, who, "2026-11-30"), tx.CommentFinding(ctx, &f, "見ました"))
		})
		for what, c := range map[string]struct {
			filter FindingFilter
			n      int
		}{
			"open": {FindingFilter{}, 119}, "all": {FindingFilter{State: AllStates}, 120}, "accepted": {FindingFilter{State: "accepted"}, 1}, "by due": {FindingFilter{Order: ByDue}, 119},
			"assigned": {FindingFilter{Assignee: who}, 1}, "to nobody": {FindingFilter{Assignee: Nobody}, 118}, "place": {FindingFilter{Query: "/P01"}, 10}, "escaped": {FindingFilter{Query: "%"}, 0},
			"worse": {FindingFilter{Severity: check.Medium}, 0}, "low": {FindingFilter{Severity: check.Low}, 119}, "late": {FindingFilter{Overdue: "2026-12-01"}, 1}, "check": {FindingFilter{Check: "hsts"}, 119}, "no check": {FindingFilter{Check: "csp"}, 0},
		} {
			if got := count(c.filter); got != c.n {
				t.Errorf("%s: %d, want %d", what, got, c.n)
			}
		}
		if list, _, err := db.Findings(ctx, l.shop, FindingFilter{Order: ByDue, Limit: 1}); err != nil || len(list) != 1 || list[0].ID != f.ID || list[0].Due != "2026-11-30" {
			t.Errorf("the nearest day: %+v, %v", list, err)
		}
		if states, late, err := db.FindingCounts(ctx, l.shop, "2026-12-01"); err != nil || states[workflow.New] != 119 || states[workflow.Accepted] != 1 || late != 1 {
			t.Errorf("counts: %v %d %v", states, late, err)
		}
		if moves, _, _, err := db.FindingHistory(ctx, l.shop, f.ID); err != nil || len(moves) != 3 || moves[0].What != MovedAssignee || moves[1].What != MovedDue || moves[2].Why != "見ました" {
			t.Errorf("history: %+v, %v", moves, err)
		}
		if list, err := db.FindingsByID(ctx, other.shop, []account.ID{f.ID}); err != nil || len(list) != 0 {
			t.Errorf("read before another shop: %+v, %v", list, err)
		}
		people, err := db.Assignables(ctx, l.shop, noon)
		if err != nil || len(people) != 1 || people[0].Organisation != "山田茶舗" {
			t.Errorf("who may be asked: %+v, %v", people, err)
		}
	})
}

// TestMergeRace: somebody moves a finding while a run is merged; the merge is
// refused as a whole, and goes through when it is made again.
func TestMergeRace(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		if !db.Postgres() {
			t.Skip("one writer at a time: nobody can come between")
		}
		ctx := t.Context()
		l := list0(t, db)
		l.look(0, wire.Safe, verdict.NotMet, "", "/a", "/b")
		run := &diagnose.Run{ID: "r9", Started: noon.Add(4 * time.Hour), State: diagnose.Finished, Scope: &wire.Scope{Hosts: []string{"https://tea.example.jp"}, Level: wire.Safe},
			Results: []check.Result{{Check: "hsts", Verdict: verdict.NotMet, Findings: []check.Finding{{Check: "hsts", Where: "/a", Severity: check.Low}}}}}
		merge := func(between func()) error {
			return db.Change(ctx, "", noon.Add(5*time.Hour), func(tx *Tx) error {
				tx.q = &pausing{tx.q, between}
				_, err := tx.MergeFindings(context.WithoutCancel(ctx), l.shop, workflow.LookOf(run, checks.Catalogue))
				return err
			})
		}
		err := merge(func() {
			if err := l.move("/a", workflow.Working, ""); err != nil {
				t.Error(err)
			}
		})
		if !errors.Is(err, ErrConflict) {
			t.Errorf("a merge over somebody's move: %v", err)
		}
		l.wants("refused", map[string]workflow.State{"/a": "working", "/b": "new"})
		if err := merge(func() {}); err != nil {
			t.Error(err)
		}
		l.wants("again", map[string]workflow.State{"/a": "working", "/b": "ready"})
	})
}

// pausing lets something happen before the first write.
type pausing struct {
	inner interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
	between func()
}

func (p *pausing) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if p.between != nil {
		p.between()
		p.between = nil
	}
	return p.inner.ExecContext(ctx, query, args...)
}

func (p *pausing) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.inner.QueryContext(ctx, query, args...)
}

func (p *pausing) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.inner.QueryRowContext(ctx, query, args...)
}
