package jobs

import (
	"fmt"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"miseban/internal/account"
	"miseban/internal/store"
)

// TestImport: what the request that confirmed a list did not come to is saved
// by the job, once.
func TestImport(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		ctx := t.Context()
		q := p.queue(Options{Workers: 1})
		ended, leave := q.subscribe(river.EventKindJobCompleted)
		t.Cleanup(leave)
		x := &store.Import{ID: account.NewID(), Organisation: p.shop.Organisation, Name: "a.csv"}
		if err := p.db.OpenImport(ctx, x, time.Now()); err != nil {
			t.Fatal(err)
		}
		var lines []account.ImportLine
		for i := range store.ImportChunk + 20 {
			lines = append(lines, account.ImportLine{Line: i + 2, Shop: account.Shop{Name: fmt.Sprint("店 ", i), State: "planned"}})
		}
		for _, some := range [][]account.ImportLine{lines[:100], lines[100:]} {
			if err := p.db.KeepLines(ctx, x.ID, some); err != nil {
				t.Fatal(err)
			}
		}
		p.change(func(tx *store.Tx) error {
			if err := tx.ConfirmImport(ctx, x, nil); err != nil {
				return err
			}
			if _, err := tx.SaveDue(ctx, x, false); err != nil {
				return err
			}
			return q.EnqueueImport(ctx, tx, Import{ID: x.ID, Organisation: x.Organisation})
		})
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Fatal("the list is not saved after a minute")
		}
		now, err := p.db.Import(ctx, x.Organisation, x.ID)
		if err != nil || now.Count[store.LineDone] != len(lines) || now.Count[store.LineDue] != 0 {
			t.Fatal(now, err)
		}
	})
}
