package store

import (
	"bytes"
	"errors"
	"testing"

	"golang.org/x/sync/errgroup"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/verdict"
)

// TestAnswers: of people who answer at once one wins and the others are told;
// every answer stays on record; an accepted alternative is accepted as it was.
func TestAnswers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		shop := newShop(t, db)
		save := func(revision int, v guideline.Answer, reason string) (*assessment.Answer, error) {
			a := &assessment.Answer{Edition: "e", Question: "q-(i)", Revision: revision, Value: v, Day: "2026-11-22", Doer: assessment.ByVendor, Reason: reason}
			return a, db.Change(ctx, shop.ID, noon, func(tx *Tx) error { return tx.SaveAnswer(ctx, shop.ID, a) })
		}
		if _, err := db.Answer(ctx, shop.ID, "e", "q-(i)", Inside); !errors.Is(err, ErrNotFound) {
			t.Errorf("before: %v", err)
		}
		for revision := range 2 { // the first answer, and a change of it
			var g errgroup.Group
			won := make(chan int, 8)
			for i := range 4 {
				g.Go(func() error {
					_, err := save(revision, guideline.Done, string(rune('a'+i)))
					if err == nil {
						won <- i
					} else if errors.Is(err, ErrConflict) {
						return nil
					}
					return err
				})
			}
			if err := g.Wait(); err != nil || len(won) != 1 {
				t.Fatalf("%d won at revision %d, %v", len(won), revision, err)
			}
		}
		a, err := save(2, guideline.Alternative, "手で確かめる")
		if err != nil || a.Revision != 3 {
			t.Fatal(a, err)
		}
		change(t, db, "", func(tx *Tx) error { tx.By = "d"; return tx.AcceptAnswer(ctx, shop.ID, "e", "q-(i)", 3, true) })
		db = reopen()
		if got, err := db.Answer(ctx, shop.ID, "e", "q-(i)", Inside); err != nil || got.AcceptedBy != "d" || got.Standing() != assessment.Replaced || got.Reason != "手で確かめる" || got.Doer != assessment.ByVendor {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := save(3, guideline.Alternative, "ほかの方法"); err != nil {
			t.Fatal(err)
		}
		if got, err := db.Answers(ctx, shop.ID, "e", Inside); err != nil || len(got) != 1 || got[0].AcceptedBy != "" || got[0].Revision != 4 {
			t.Errorf("%+v, %v", got, err)
		}
		if err := db.Change(ctx, "d", noon, func(tx *Tx) error { return tx.AcceptAnswer(ctx, shop.ID, "e", "q-(i)", 3, true) }); !errors.Is(err, ErrConflict) {
			t.Errorf("accepting what was changed: %v", err)
		}
		history, err := db.AnswerHistory(ctx, shop.ID, "e", "q-(i)", Inside, 10)
		if err != nil || len(history) != 4 || history[0].Revision != 4 || history[3].Value != guideline.Done {
			t.Errorf("%+v, %v", history, err)
		}
		other := account.NewID()
		if list, err := db.Answers(ctx, other, "e", Inside); err != nil || len(list) != 0 {
			t.Errorf("another shop: %v, %v", list, err)
		}
		change(t, db, "", func(tx *Tx) error { return tx.AddAnswerComment(ctx, shop.ID, "e", "q-(i)", "確かめました") })
		if _, c, err := db.Thread(ctx, shop.ID, "e", "q-(i)", Inside, 9); err != nil || len(c) != 1 || c[0].Text != "確かめました" {
			t.Errorf("%v, %v", c, err)
		}
		if n, err := db.Beside(ctx, shop.ID, "e", Inside); err != nil || n["q-(i)"] != 1 {
			t.Errorf("%v, %v", n, err)
		}
	})
}

// TestEvidence: bytes come back as they were, are not in the clear in the
// database, belong to one question of one shop, and are gone when removed.
func TestEvidence(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		shop := newShop(t, db)
		data := bytes.Repeat([]byte("体制図 "), 1000)
		e := &Evidence{Name: "体制図.txt", Media: "text/plain"}
		a := &assessment.Answer{Edition: "e", Question: "q", Value: guideline.Done}
		change(t, db, "", func(tx *Tx) error {
			return errors.Join(tx.SaveAnswer(ctx, shop.ID, a), tx.AddEvidence(ctx, shop.ID, "e", "q", e, data))
		})
		db = reopen()
		got, b, err := db.Evidence(ctx, shop.ID, "e", "q", e.ID, Inside)
		if err != nil || !bytes.Equal(b, data) || got.Size != len(data) || got.Sum != e.Sum || got.Name != e.Name {
			t.Errorf("%+v, %v", got, err)
		}
		var sealed []byte
		if err := db.read.QueryRowContext(ctx, `SELECT data FROM evidence_data`).Scan(&sealed); err != nil || bytes.Contains(sealed, []byte("体制図")) {
			t.Errorf("in the clear, %v", err)
		}
		if x, err := db.Answer(ctx, shop.ID, "e", "q", Inside); err != nil || x.Standing() != assessment.Shown {
			t.Errorf("%+v, %v", x, err)
		}
		for _, c := range []struct {
			shop     account.ID
			question string
		}{{account.NewID(), "q"}, {shop.ID, "r"}} {
			if _, _, err := db.Evidence(ctx, c.shop, "e", c.question, e.ID, Inside); !errors.Is(err, ErrNotFound) {
				t.Errorf("as %+v: %v", c, err)
			}
			if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.RemoveEvidence(ctx, c.shop, "e", c.question, e.ID) }); !errors.Is(err, ErrNotFound) {
				t.Errorf("removing as %+v: %v", c, err)
			}
		}
		change(t, db, "", func(tx *Tx) error { return tx.RemoveEvidence(ctx, shop.ID, "e", "q", e.ID) })
		if _, _, err := db.Evidence(ctx, shop.ID, "e", "q", e.ID, Inside); !errors.Is(err, ErrNotFound) {
			t.Errorf("removed: %v", err)
		}
		if x, err := db.Answer(ctx, shop.ID, "e", "q", Inside); err != nil || x.Standing() != assessment.Claimed {
			t.Errorf("%+v, %v", x, err)
		}
		for range MostEvidence {
			change(t, db, "", func(tx *Tx) error {
				return tx.AddEvidence(ctx, shop.ID, "e", "q", &Evidence{Name: "a", Media: "text/plain"}, []byte("a"))
			})
		}
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.AddEvidence(ctx, shop.ID, "e", "q", &Evidence{}, []byte("a")) }); !errors.Is(err, ErrTooMuch) {
			t.Errorf("one too many: %v", err)
		}
		if list, err := db.EvidenceFor(ctx, shop.ID, "e", "q", Inside); err != nil || len(list) != MostEvidence {
			t.Errorf("%d, %v", len(list), err)
		}
	})
}

func TestOverrules(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		shop := newShop(t, db)
		for _, v := range []verdict.Verdict{verdict.Partly, verdict.Met} {
			change(t, db, "", func(tx *Tx) error {
				return tx.AddOverrule(ctx, shop.ID, &assessment.Overrule{Edition: "e", Requirement: "r", Verdict: v, Note: "確かめた", Rule: verdict.NotMet, Against: []string{"a", "b"}})
			})
		}
		change(t, db, "", func(tx *Tx) error {
			return tx.AddOverrule(ctx, shop.ID, &assessment.Overrule{Edition: "e", Requirement: "s", Verdict: verdict.Met})
		})
		got, err := reopen().Overrules(ctx, shop.ID, "e", Inside)
		if err != nil || len(got) != 2 || got[0].Verdict != verdict.Met || len(got[0].Against) != 2 || got[0].Note != "確かめた" {
			t.Errorf("%+v, %v", got, err)
		}
		change(t, db, "", func(tx *Tx) error {
			return tx.AddOverrule(ctx, shop.ID, &assessment.Overrule{Edition: "e", Requirement: "r"})
		})
		if got, err := db.Overrules(ctx, shop.ID, "e", Inside); err != nil || len(got) != 1 || got[0].Requirement != "s" {
			t.Errorf("taken back: %+v, %v", got, err)
		}
	})
}

// TestInstructions: given, replied to, returned, replied to, acknowledged; no
// other way, and no step twice.
func TestInstructions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		shop := newShop(t, db)
		x := &Instruction{To: "p", Task: "診断の結果を直す", Due: "2026-12-01", Edition: "e", Requirement: "r"}
		change(t, db, "boss", func(tx *Tx) error { return tx.AddInstruction(ctx, shop.ID, x) })
		move := func(shop account.ID, revision int, to InstructionState) error {
			return db.Change(ctx, "p", noon, func(tx *Tx) error { return tx.MoveInstruction(ctx, shop, x.ID, revision, to, "言葉") })
		}
		for _, c := range []struct {
			shop     account.ID
			revision int
			to       InstructionState
			ok       bool
		}{
			{shop.ID, 1, InstructionAcknowledged, false}, {account.NewID(), 1, InstructionReplied, false}, {shop.ID, 1, "nothing", false},
			{shop.ID, 1, InstructionReplied, true}, {shop.ID, 1, InstructionReplied, false}, {shop.ID, 2, InstructionWithdrawn, false},
			{shop.ID, 2, InstructionGiven, true}, {shop.ID, 3, InstructionReplied, true}, {shop.ID, 4, InstructionAcknowledged, true},
			{shop.ID, 5, InstructionReplied, false}, {shop.ID, 5, InstructionWithdrawn, false},
		} {
			if err := move(c.shop, c.revision, c.to); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrConflict) {
				t.Errorf("%+v: %v", c, err)
			}
		}
		got, steps, err := reopen().Instruction(ctx, shop.ID, x.ID)
		if err != nil || got.State != InstructionAcknowledged || got.State.Open() || len(steps) != 4 || steps[0].Words != "言葉" || got.Task != x.Task || got.By != "boss" {
			t.Errorf("%+v, %+v, %v", got, steps, err)
		}
		if _, _, err := db.Instruction(ctx, account.NewID(), x.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("as another shop's: %v", err)
		}
		if list, err := db.Instructions(ctx, shop.ID, "", 9); err != nil || len(list) != 1 {
			t.Errorf("%v, %v", list, err)
		}
	})
}
