package store

import (
	"errors"
	"testing"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/workflow"
)

// TestRequests: of two who answer, or decide, at once one is told; what was
// approved stays; drafts are the contractor's alone.
func TestRequests(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		s := newShop(t, db)
		x := &Request{Shop: s.ID, Company: "制作会社", Person: "田中", Mail: "t@example.jp", Due: "2026-12-01"}
		for n := range 2 {
			x.Items = append(x.Items, RequestItem{Number: n + 1, Finding: account.NewID(), Seen: check.Finding{Check: "hsts", Where: "/"}})
		}
		change(t, db, "", func(tx *Tx) error { return tx.AddRequest(ctx, x) })
		read := func() *Request {
			t.Helper()
			y, err := db.Request(ctx, s.ID, x.ID)
			if err != nil {
				t.Fatal(err)
			}
			return y
		}
		first, second := read(), read()
		first.Items[0].Reply = workflow.Reply{Policy: workflow.Mend, Day: "2026-12-24"}
		change(t, db, "", func(tx *Tx) error { return tx.SaveReplies(ctx, first, false, "", "") })
		late := func(f func(*Tx) error) {
			t.Helper()
			if err := db.Change(ctx, "", noon, f); !errors.Is(err, ErrConflict) {
				t.Errorf("who was late is told %v", err)
			}
		}
		late(func(tx *Tx) error { return tx.SaveReplies(ctx, second, true, "b", "") })
		steps, err := db.RequestSteps(ctx, s.ID, x.ID)
		if err != nil || len(steps) != 1 {
			t.Fatal(steps, err)
		}
		y := read()
		if y.AsSent(steps); y.Items[0].Policy != "" {
			t.Error("a draft is shown as sent")
		}
		y = read()
		y.Items[1].Reply = workflow.Reply{Policy: workflow.Outside, Words: "別の会社"}
		change(t, db, "", func(tx *Tx) error { return tx.SaveReplies(ctx, y, true, "田中", "") })
		late(func(tx *Tx) error { return tx.SaveReplies(ctx, y, true, "田中", "") })
		y = read()
		y.Items[0].Decided = workflow.Decided{Decision: workflow.Approved}
		y.Items[1].Decided = workflow.Decided{Decision: workflow.Returned, Note: "契約を確かめてください"}
		again := *y
		change(t, db, "", func(tx *Tx) error { return tx.DecideRequest(ctx, y) })
		late(func(tx *Tx) error { return tx.DecideRequest(ctx, &again) })
		if y = read(); y.State != workflow.RequestReturned || y.Items[0].Decision != workflow.Approved {
			t.Fatalf("%+v", y)
		}
		y.Items[0].Reply, y.Items[0].Decided = workflow.Reply{Policy: workflow.Outside}, workflow.Decided{}
		y.Items[1].Reply = workflow.Reply{Policy: workflow.Mend, Day: "2027-01-10"}
		change(t, db, "", func(tx *Tx) error { return tx.SaveReplies(ctx, y, true, "田中", "") })
		if y = read(); y.Items[0].Policy != workflow.Mend || y.Items[1].Day != "2027-01-10" || y.Items[1].Decision != "" {
			t.Errorf("an approved answer was changed, or a returned one was not: %+v", y.Items)
		}
		if got, err := db.LastAsked(ctx, s.ID, x.Items[1].Finding); err != nil || got.ID != x.ID || got.Items[0].Number != 2 {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := db.Request(ctx, account.NewID(), x.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("another shop reads it: %v", err)
		}
		for of, want := range map[account.ID]int{"": 1, account.NewID(): 0} {
			list, err := db.Requests(ctx, s.ID, RequestFilter{Of: []account.ID{of}, Limit: 10})
			if err != nil || len(list) != want {
				t.Errorf("%d requests to %q, %v", len(list), of, err)
			}
		}
		change(t, db, "", func(tx *Tx) error { return tx.WithdrawRequest(ctx, y) })
		if _, err := db.LastAsked(ctx, s.ID, x.Items[1].Finding); !errors.Is(err, ErrNotFound) {
			t.Errorf("a withdrawn request is told: %v", err)
		}

		// A draft stays the contractor's alone when its request is withdrawn.
		x = &Request{Shop: s.ID, Company: "制作会社", Person: "田中", Mail: "t@example.jp", Due: "2026-12-01", Items: []RequestItem{{Number: 1, Finding: account.NewID(), Seen: check.Finding{Check: "hsts", Where: "/"}}}}
		change(t, db, "", func(tx *Tx) error { return tx.AddRequest(ctx, x) })
		y = read()
		y.Items[0].Reply = workflow.Reply{Policy: workflow.Outside, Words: "下書き"}
		change(t, db, "", func(tx *Tx) error { return tx.SaveReplies(ctx, y, false, "", "") })
		change(t, db, "", func(tx *Tx) error { return tx.WithdrawRequest(ctx, y) })
		if steps, err = db.RequestSteps(ctx, s.ID, x.ID); err != nil {
			t.Fatal(err)
		}
		y = read()
		if y.AsSent(steps); y.State != workflow.RequestWithdrawn || y.Items[0].Policy != "" || y.Items[0].Words != "" {
			t.Errorf("the draft of a withdrawn request is shown: %+v", y.Items[0].Reply)
		}
	})
}
