package jobs

import (
	"path/filepath"
	"testing"
	"time"

	"miseban/internal/store"
	"miseban/internal/wire"
	"miseban/internal/workflow"
)

// TestMerge: a diagnosis that ends fills the work list, the next one on the same
// shop adds nothing twice, and a day that is over opens a finding again.
func TestMerge(t *testing.T) {
	t.Parallel()
	p := settle(t, filepath.Join(t.TempDir(), "merge.db"))
	q := p.queue(Options{Workers: 1})
	all := func() []store.Finding {
		t.Helper()
		list, _, err := p.db.Findings(t.Context(), p.shop.ID, store.FindingFilter{State: store.AllStates})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	x := p.plan(q, store.DiagnosisPlan{Level: wire.Passive})
	p.until(x.ID, "finished", in(store.DiagnosisFinished))
	first := all()
	if len(first) == 0 || first[0].State != workflow.New || first[0].LastRun != x.Run {
		t.Fatalf("the work list has %+v", first)
	}
	p.change(func(tx *store.Tx) error {
		return tx.MoveFinding(t.Context(), &first[0], workflow.Accepted, "理由", workflow.Day(time.Now()))
	})
	y := p.plan(q, store.DiagnosisPlan{Level: wire.Passive})
	p.until(y.ID, "finished", in(store.DiagnosisFinished))
	second := all()
	if len(second) != len(first) {
		t.Errorf("%d findings after a second diagnosis, %d after the first", len(second), len(first))
	}
	for i, f := range second {
		if f.ID != first[i].ID || f.LastRun != y.Run || f.FirstRun != x.Run {
			t.Errorf("%s: first seen by %s, last by %s", f.Seen.Where, f.FirstRun, f.LastRun)
		}
	}
	if err := q.expire(t.Context(), time.Now()); err != nil || all()[0].State != workflow.Accepted {
		t.Errorf("on its last day: %v", err)
	}
	if err := q.expire(t.Context(), time.Now().AddDate(0, 0, 1)); err != nil || all()[0].State != workflow.New {
		t.Errorf("on the day after: %v", err)
	}
	if _, err := p.db.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}
