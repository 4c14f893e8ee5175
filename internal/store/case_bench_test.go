package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"miseban/internal/programme"
)

// BenchmarkBoard measures what the board asks of the store, the counts and the
// first 50 rows, now and as of a day, in a programme of 300 cases and in one of
// 30,000. The times of the second are to be no more than half as long again:
//
//	go test ./internal/store -run '^$' -bench Board
func BenchmarkBoard(b *testing.B) {
	ctx := context.Background()
	at := time.Date(2022, 4, 1, 3, 0, 0, 0, time.UTC)
	for _, n := range []int{300, 30_000} {
		db, err := Open(ctx, Options{Database: filepath.Join(b.TempDir(), "m.db"), KeyFile: filepath.Join(b.TempDir(), "key")})
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		p := aProgramme(b, db)
		last := seedCases(b, db, p, n, at)
		for _, f := range []struct {
			name string
			CaseFilter
		}{{"now", CaseFilter{}}, {"step", CaseFilter{Step: programme.Step2}}, {"due", CaseFilter{ByDue: true}}, {"past", CaseFilter{At: at.AddDate(0, 2, 0)}}} {
			b.Run(fmt.Sprintf("%s/%d", f.name, n), func(b *testing.B) {
				f.Limit = 50
				day := last
				if !f.At.IsZero() {
					day = f.At
				}
				for b.Loop() {
					if _, err := db.CaseProgress(ctx, p.ID, day); err != nil {
						b.Fatal(err)
					}
					list, _, err := db.Board(ctx, p.ID, last, f.CaseFilter)
					if err != nil || len(list) == 0 {
						b.Fatal(len(list), err)
					}
				}
			})
		}
	}
}
