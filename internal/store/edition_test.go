package store

import (
	"errors"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
)

// A correction is there for everybody at once and after a restart, makes one
// revision, and leaves the earlier ones to be had.
func TestCorrectEdition(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx, at := t.Context(), time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		e, err := db.Edition(ctx, "ipa-ec-2023")
		if err != nil {
			t.Fatal(err)
		}
		level := func(e *guideline.Edition) guideline.Stated[guideline.Level] {
			r, _ := e.Requirement("build-1")
			return r.Level
		}
		correct := func(value string) *guideline.Correction {
			return &guideline.Correction{Source: guideline.Source{Name: i18n.Text{JA: "原文", EN: "The original"}}, Reason: "照合した", Changes: []guideline.Change{{Item: guideline.Item{Of: "build-1", Field: guideline.FieldLevel, Value: value}}}}
		}
		office, by := account.NewID(), account.NewID()
		first, err := db.CorrectEdition(ctx, by, office, at, e, correct("needed"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.CorrectEdition(ctx, by, office, at, e, correct("recommended")); !errors.Is(err, ErrConflict) {
			t.Errorf("a correction of what was corrected meanwhile: %v", err)
		}
		if _, err := db.CorrectEdition(ctx, by, office, at, first, correct("unknown")); !errors.Is(err, guideline.ErrMisfit) {
			t.Errorf("an unknown level was taken: %v", err)
		}
		if _, err := db.CorrectEdition(ctx, by, office, at.Add(time.Hour), first, correct("recommended")); err != nil {
			t.Fatal(err)
		}
		db = reopen()
		now, err := db.Edition(ctx, "ipa-ec-2023")
		if err != nil {
			t.Fatal(err)
		}
		if l := level(now); l.Value != guideline.Recommended || !l.Verified || now.RevisionName() != e.RevisionName()+".2" {
			t.Errorf("now %s: %+v", now.RevisionName(), l)
		}
		for revision, want := range map[string]guideline.Level{e.RevisionName(): guideline.Must, first.RevisionName(): guideline.Needed, now.RevisionName(): guideline.Recommended} {
			then, err := db.EditionAt(ctx, "ipa-ec-2023", revision)
			if err != nil || level(then).Value != want || then.RevisionName() != revision {
				t.Errorf("revision %s: %v", revision, err)
			}
		}
		// What was made on an earlier release is to be had as it was then.
		if _, err := db.write.ExecContext(ctx, `UPDATE edition_corrections SET base = 1, doc = REPLACE(doc, '"base":3', '"base":1'), data = REPLACE(data, 'revision: 3', 'revision: 1') WHERE number = 1`); err != nil {
			t.Fatal(err)
		}
		if then, err := db.EditionAt(ctx, "ipa-ec-2023", "1.1"); err != nil || level(then).Value != guideline.Needed || then.RevisionName() != "1.1" {
			t.Errorf("revision 1.1: %v", err)
		}
		if _, err := db.EditionAt(ctx, "ipa-ec-2023", "1"); !errors.Is(err, ErrNotFound) {
			t.Errorf("revision 1: %v", err)
		}
		list, err := db.Corrections(ctx, "ipa-ec-2023")
		if err != nil || len(list) != 2 || list[0].Number != 2 || list[0].By != by || list[0].Organisation != office || !list[0].At.Equal(at.Add(time.Hour)) || list[0].Changes[0].Was != "needed" {
			t.Errorf("the history is %+v, %v", list, err)
		}
	})
}
