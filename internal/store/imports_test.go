package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"miseban/internal/account"
)

// list keeps a list of n shops that can be saved.
func listOf(t testing.TB, db *DB, org account.ID, n int) *Import {
	t.Helper()
	x := &Import{ID: account.NewID(), Organisation: org, Name: "list.csv", Unread: []string{"メモ, 社内"}}
	if err := db.OpenImport(t.Context(), x, noon); err != nil {
		t.Fatal(err)
	}
	var some []account.ImportLine
	for i := range n {
		s := account.Shop{Name: fmt.Sprintf("店%05d", i), State: account.Trading, URL: fmt.Sprintf("https://s%d.example.jp/", i), Contacts: []account.Contact{{Name: "人", Phone: "03-0000-0000"}}}
		if some = append(some, account.ImportLine{Line: i + 2, Shop: s}); len(some) == ImportChunk || i == n-1 {
			if err := db.KeepLines(t.Context(), x.ID, some); err != nil {
				t.Fatal(err)
			}
			some = some[:0]
		}
	}
	return x
}

// TestImports: two who save the same list save it once; one that broke off is
// gone on with; the log tells of each shop.
func TestImports(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		org := &account.Organisation{ID: account.NewID(), Kind: account.Shopkeeper, Name: "会社"}
		change(t, db, "", func(tx *Tx) error { return tx.AddOrganisation(ctx, org) })
		x := listOf(t, db, org.ID, 2*ImportChunk+50)
		got, err := db.Import(ctx, org.ID, x.ID)
		if err != nil || got.Count[LineGood] != 450 || len(got.Unread) != 1 || got.Unread[0] != "メモ, 社内" {
			t.Fatalf("%+v %v", got, err)
		}
		if _, err := db.Import(ctx, account.NewID(), x.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("another organisation's: %v", err)
		}
		change(t, db, "", func(tx *Tx) error { return tx.ConfirmImport(ctx, x, nil) })
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.ConfirmImport(ctx, x, nil) }); !errors.Is(err, ErrConflict) {
			t.Errorf("confirmed twice: %v", err)
		}
		broken := errors.New("the process ends")
		if err := db.Change(ctx, "", noon, func(tx *Tx) error {
			_, err := tx.SaveDue(ctx, x, false)
			return errors.Join(err, broken)
		}); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if err := db.SaveImport(ctx, "", func() time.Time { return noon }, x, false); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		var shops, events, grants int
		row := func(q string, into *int) {
			if err := db.read.QueryRowContext(ctx, q).Scan(into); err != nil {
				t.Fatal(err)
			}
		}
		row(`SELECT count(*) FROM shops`, &shops)
		row(`SELECT count(*) FROM audit WHERE doc LIKE '%shop.added%'`, &events)
		row(`SELECT count(*) FROM grants WHERE role <> 'own'`, &grants)
		if shops != 450 || events != 450 || grants != 0 {
			t.Errorf("%d shops, %d events, %d grants to others", shops, events, grants)
		}
	})
}

// BenchmarkImport saves a list of so many shops; KiB-more is the most that the
// heap held more of between two changes.
func BenchmarkImport(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var most uint64
			for b.Loop() {
				db, err := Open(b.Context(), Options{Database: filepath.Join(b.TempDir(), "m.db"), KeyFile: filepath.Join(b.TempDir(), "key")})
				if err != nil {
					b.Fatal(err)
				}
				org := &account.Organisation{ID: account.NewID(), Kind: account.Shopkeeper, Name: "会社"}
				if err := db.Change(b.Context(), "", noon, func(tx *Tx) error { return tx.AddOrganisation(b.Context(), org) }); err != nil {
					b.Fatal(err)
				}
				held := func() uint64 {
					var m runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&m)
					return m.HeapAlloc
				}
				before := held()
				x := listOf(b, db, org.ID, n)
				if err := db.Change(b.Context(), "", noon, func(tx *Tx) error { return tx.ConfirmImport(b.Context(), x, nil) }); err != nil {
					b.Fatal(err)
				}
				if err := db.SaveImport(b.Context(), "", func() time.Time { // asked for once a change
					now := held()
					most = max(most, now-min(before, now))
					return noon
				}, x, false); err != nil {
					b.Fatal(err)
				}
				if err := db.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(most)/1024, "KiB-more")
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "shops/s")
		})
	}
}
