package store

import (
	"errors"
	"testing"
)

// TestContract: what a shop notes is kept, and who comes second is told.
func TestContract(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		w := newShop(t, db).ID
		x, err := db.Contract(t.Context(), w)
		if err != nil || x.Revision != 0 || len(x.Marks) != 0 {
			t.Fatal(x, err)
		}
		x.With, x.Marks["logs"] = "株式会社保守", "no"
		save := func(x *Contract) error {
			return db.Change(t.Context(), "", noon, func(tx *Tx) error { return tx.SaveContract(t.Context(), w, x) })
		}
		if err := save(x); err != nil || x.Revision != 1 {
			t.Fatal(err)
		}
		old := *x
		if err := save(x); err != nil || x.Revision != 2 {
			t.Fatal(err)
		}
		if err := save(&old); !errors.Is(err, ErrConflict) {
			t.Error(err)
		}
		if err := save(&Contract{Marks: map[string]string{}}); !errors.Is(err, ErrConflict) {
			t.Error(err)
		}
		got, err := db.Contract(t.Context(), w)
		if err != nil || got.Marks["logs"] != "no" || got.With != x.With || got.Revision != 2 {
			t.Error(got, err)
		}
	})
}
