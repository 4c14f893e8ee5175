package store

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"

	"miseban/internal/wire"
)

// TestFull: what SQLite calls a full database is ErrFull; nothing is sent that
// could not be recorded, what was recorded stays, and the run goes on when
// there is room again.
func TestFull(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var asked atomic.Int64
	noise := make([]byte, 24<<10)
	_, _ = rand.Read(noise)
	body := base64.StdEncoding.EncodeToString(noise) // does not compress to nothing
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, r.URL.Path, body)
	}))
	defer shop.Close()
	with(t, filepath.Join(t.TempDir(), "m.db"), func(t *testing.T, db *DB, reopen func() *DB) {
		run := sample("r1")
		run.Scope = &wire.Scope{Hosts: []string{shop.URL}, Level: wire.Passive, Rate: wire.Rate{Unlimited: true}}
		if err := db.CreateRun(ctx, run); err != nil {
			t.Fatal(err)
		}
		var pages int
		if err := db.write.QueryRowContext(ctx, `PRAGMA page_count`).Scan(&pages); err != nil {
			t.Fatal(err)
		}
		if _, err := db.write.ExecContext(ctx, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+60)); err != nil {
			t.Fatal(err)
		}
		get := func(db *DB, n int) (bool, error) {
			t.Helper()
			j, err := db.Journal(ctx, run.ID)
			if err != nil {
				t.Fatal(err)
			}
			c, err := wire.NewClient(wire.Options{Scope: run.Scope, Journal: j, Masker: j.Masker(), Version: "test", Run: run.ID})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			u, err := url.Parse(fmt.Sprintf("%s/%d", shop.URL, n))
			if err != nil {
				t.Fatal(err)
			}
			ex, err := c.Do(ctx, &wire.Request{Method: "GET", URL: u})
			return err == nil && ex.Replayed, err
		}
		n := 0
		var err error
		for ; n < 60; n++ {
			if _, err = get(db, n); err != nil {
				break
			}
		}
		if !errors.Is(err, ErrFull) || n < 2 {
			t.Fatalf("after %d answers: %v, want %v", n, err, ErrFull)
		}
		// What is too long for an answer may do for an intent; in the end not even that fits, and nothing leaves.
		stuck := false
		for i := 0; i < 400 && !stuck; i++ {
			before := asked.Load()
			_, err := get(db, 100+i)
			stuck = errors.Is(err, ErrFull) && asked.Load() == before
		}
		if !stuck {
			t.Error("a full database never keeps a request from leaving")
		}
		roomy := reopen() // max_page_count holds for one connection
		j, err := roomy.Journal(ctx, run.ID)
		if err != nil {
			t.Fatal(err)
		}
		ledger, err := j.Ledger(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := wire.VerifyLedger(ledger); err != nil {
			t.Error(err)
		}
		sent := 0
		for _, e := range ledger {
			if e.State == wire.Sent && e.Kind == wire.KindHTTP {
				sent++
			}
		}
		if got := asked.Load(); got > int64(sent) {
			t.Errorf("%d requests reached the shop, %d are on record", got, sent)
		}
		for i := range n {
			if replayed, err := get(roomy, i); err != nil || !replayed {
				t.Errorf("answer %d is lost: replayed %v, %v", i, replayed, err)
			}
		}
		if replayed, err := get(roomy, 300); err != nil || replayed {
			t.Errorf("with room again: replayed %v, %v", replayed, err)
		}
	})
}
