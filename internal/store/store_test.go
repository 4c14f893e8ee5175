package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/i18n"
	"miseban/internal/store/storetest"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

var databases atomic.Int64

// What every test begins with: a database with all migrations, made once.
var (
	migrated    storetest.Template
	onPostgres  sync.Once
	errPostgres error
)

func prepare(database string) error {
	dir, err := os.MkdirTemp("", "key")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := Open(context.Background(), Options{Database: database, KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		return err
	}
	return db.Close()
}

// each runs f on SQLite always, and on PostgreSQL when MISEBAN_TEST_POSTGRES names one.
func each(t *testing.T, f func(t *testing.T, db *DB, reopen func() *DB)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		with(t, migrated.Copy(t, prepare), f)
	})
	server := os.Getenv("MISEBAN_TEST_POSTGRES")
	if server == "" {
		return
	}
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		admin, err := sql.Open("pgx", server)
		if err != nil {
			t.Fatal(err)
		}
		defer admin.Close()
		name := fmt.Sprintf("store_%d_%d", os.Getpid(), databases.Add(1))
		u, err := url.Parse(server)
		if err != nil {
			t.Fatal(err)
		}
		pattern := fmt.Sprintf("store_%d_migrated", os.Getpid())
		onPostgres.Do(func() {
			u.Path = "/" + pattern
			if _, errPostgres = admin.ExecContext(t.Context(), "CREATE DATABASE "+pattern); errPostgres == nil {
				errPostgres = prepare(u.String())
			}
		})
		if errPostgres != nil {
			t.Fatal(errPostgres)
		}
		if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+pattern); err != nil {
			t.Fatal(err)
		}
		u.Path = "/" + name
		with(t, u.String(), f)
	})
}

func with(t *testing.T, dsn string, f func(t *testing.T, db *DB, reopen func() *DB)) {
	o := Options{Database: dsn, KeyFile: filepath.Join(t.TempDir(), "key")}
	open := func() *DB {
		db, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	f(t, open(), open)
}

func sample(id string) *diagnose.Run {
	return &diagnose.Run{
		ID: id, Shop: "https://shop.test/", Started: time.Date(2026, 11, 21, 3, 12, 0, 123456000, time.UTC), Version: "test",
		Scope: &wire.Scope{Hosts: []string{"https://shop.test"}, Level: wire.Safe}, State: diagnose.Running,
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		run := sample("r1")
		if err := db.CreateRun(ctx, run); err != nil {
			t.Fatal(err)
		}
		res := check.Result{Check: "hsts", Verdict: verdict.NotMet, Examined: 3, Findings: []check.Finding{
			{Check: "hsts", Where: "/", Severity: check.Low, Confidence: check.Confirmed, Args: i18n.Args{"where": "/"}, Evidence: []wire.ExchangeID{"x1"}}}}
		for range 2 { // a second save replaces the first
			if err := db.SaveResult(ctx, run.ID, &res); err != nil {
				t.Fatal(err)
			}
		}
		run.State, run.Ended = diagnose.Finished, run.Started.Add(time.Minute)
		if err := db.SaveRun(ctx, run); err != nil {
			t.Fatal(err)
		}
		got, err := reopen().Run(ctx, run.ID)
		if err != nil {
			t.Fatal(err)
		}
		run.Results = []check.Result{res}
		if d := cmp.Diff(run, got); d != "" {
			t.Errorf("run (-want +got):\n%s", d)
		}
		heads, err := db.Runs(ctx, 10)
		if err != nil || len(heads) != 1 || !heads[0].Ended.Equal(run.Ended) || heads[0].State != "finished" {
			t.Errorf("runs = %+v, %v", heads, err)
		}
		later := &diagnose.Run{ID: "later", Shop: run.Shop, Started: run.Started.Add(time.Hour)}
		if id, err := db.LatestRun(ctx, later); err != nil || id != run.ID {
			t.Errorf("latest run = %q, %v", id, err)
		}
		if id, err := db.LatestRun(ctx, run); err != nil || id != "" {
			t.Errorf("latest run before itself = %q, %v", id, err)
		}
		if _, err := db.Run(ctx, "r0"); !errors.Is(err, ErrNotFound) {
			t.Errorf("absent run: %v", err)
		}
		if err := db.SaveRun(ctx, sample("r0")); !errors.Is(err, ErrNotFound) {
			t.Errorf("saving an absent run: %v", err)
		}
		if err := db.DeleteRun(ctx, run.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Run(ctx, run.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("deleted run: %v", err)
		}
	})
}

// TestJournal sends through wire, reopens the store as after a crash, and
// asks again: nothing is asked of the shop, no secret is in the store, and the
// ledger is whole.
func TestJournal(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		var asked atomic.Int64
		shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			w.Header().Set("Set-Cookie", "PHPSESSID=5ecre7c00k1eva1ue5ecre7c00k1e; path=/")
			fmt.Fprint(w, "<html><title>店</title>taro.yamada@mail.example 4111111111111111</html>")
		}))
		defer shop.Close()
		run := sample("r2")
		run.Scope = &wire.Scope{Hosts: []string{shop.URL}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}}
		if err := db.CreateRun(ctx, run); err != nil {
			t.Fatal(err)
		}
		ask := func(db *DB) *wire.Exchange {
			t.Helper()
			j, err := db.Journal(ctx, run.ID)
			if err != nil {
				t.Fatal(err)
			}
			c, err := wire.NewClient(wire.Options{Scope: run.Scope, Journal: j, Masker: j.Masker()})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			u, _ := url.Parse(shop.URL + "/")
			ex, err := c.Do(ctx, &wire.Request{Method: "GET", URL: u, Level: wire.Passive, Origin: wire.Origin{Check: "crawl"}})
			if err != nil {
				t.Fatal(err)
			}
			return ex
		}
		first := ask(db)
		second := ask(reopen())
		if !second.Replayed || asked.Load() != 1 || second.ID != first.ID {
			t.Errorf("replayed %v, asked %d times, ids %s %s", second.Replayed, asked.Load(), first.ID, second.ID)
		}
		if len(second.Body) != len(first.Body) {
			t.Errorf("masked body has %d bytes, the original %d", len(second.Body), len(first.Body))
		}
		j, err := reopen().Journal(ctx, run.ID)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := j.Exchange(ctx, first.ID)
		if err != nil || kept == nil {
			t.Fatalf("stored exchange: %v, %v", kept, err)
		}
		for _, secret := range []string{"5ecre7c00k1eva1ue5ecre7c00k1e", "taro.yamada@mail.example", "4111111111111111"} {
			if strings.Contains(string(kept.Body)+string(kept.ResponseHead), secret) {
				t.Errorf("%q is in the store", secret)
			}
		}
		if none, err := j.Exchange(ctx, "x404"); none != nil || err != nil {
			t.Errorf("absent exchange: %v, %v", none, err)
		}
		ledger, err := j.Ledger(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := wire.VerifyLedger(ledger); err != nil || len(ledger) < 2 {
			t.Errorf("ledger of %d lines: %v", len(ledger), err)
		}
		ledger[0].Target = "http://elsewhere.test/"
		if wire.VerifyLedger(ledger) == nil {
			t.Error("a changed line was not noticed")
		}
	})
}

// TestAnotherKey: with another key file the evidence stays closed.
func TestAnotherKey(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "m.db")
	open := func(key string) *DB {
		db, err := Open(context.Background(), Options{Database: file, KeyFile: filepath.Join(t.TempDir(), key)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	if err := open("a").CreateRun(t.Context(), sample("r3")); err != nil {
		t.Fatal(err)
	}
	if _, err := open("b").Journal(t.Context(), "r3"); err == nil || !strings.Contains(err.Error(), "key") {
		t.Errorf("journal with another key: %v", err)
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "k", "key")
	a, err := masterKey(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := masterKey(file)
	if err != nil || string(a) != string(b) || len(a) != 32 {
		t.Errorf("second reading differs (%v)", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := masterKey(file); err == nil {
		t.Error("a damaged key file was accepted")
	}
}

// TestOpenAtOnce opens a new database from many places at once: all get the
// same key and whole tables, and the files are their owner's alone.
func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	o := Options{Database: filepath.Join(dir, "m.db"), KeyFile: filepath.Join(dir, "m.key")}
	var g errgroup.Group
	for range 8 {
		g.Go(func() error {
			db, err := Open(t.Context(), o)
			if err != nil {
				return err
			}
			_, err = db.Runs(t.Context(), 1)
			return errors.Join(err, db.Close())
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{dir: 0o700, o.Database: 0o600, o.KeyFile: 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: rights %o, want %o", name, got, want)
		}
	}
}

// TestUnusable: what is wrong with a database has a name.
func TestUnusable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(db, key string) error {
		d, err := Open(t.Context(), Options{Database: filepath.Join(dir, db), KeyFile: filepath.Join(dir, key)})
		if err != nil {
			return err
		}
		return d.Close()
	}
	junk := []byte(strings.Repeat("neither key nor database ", 50))
	for _, name := range []string{"junk.db", "junk.key"} {
		if err := os.WriteFile(filepath.Join(dir, name), junk, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := at("new.db", "junk.key"); !errors.Is(err, ErrKey) {
		t.Errorf("broken key: %v", err)
	}
	if err := at("junk.db", "new.key"); !errors.Is(err, ErrForeign) {
		t.Errorf("another file: %v", err)
	}
	if _, err := Open(t.Context(), Options{Database: "postgres://u:secret@127.0.0.1:1/db", KeyFile: filepath.Join(dir, "new.key")}); !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "secret") {
		t.Errorf("no server: %v", err)
	}
	if err := at("later.db", "new.key"); err != nil {
		t.Fatal(err)
	}
	later, err := sql.Open("sqlite", filepath.Join(dir, "later.db"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = later.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
	if err := errors.Join(err, later.Close()); err != nil {
		t.Fatal(err)
	}
	if err := at("later.db", "new.key"); !errors.Is(err, ErrNewer) {
		t.Errorf("later version: %v", err)
	}
}

// TestTwoWriters: when two processes carry out one run, the one that comes
// second to a line of the ledger is told so, and its line is not written.
func TestTwoWriters(t *testing.T) {
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		run := &diagnose.Run{ID: "r1", Shop: "http://127.0.0.1/", Started: time.Now(), Scope: &wire.Scope{Level: wire.Safe}}
		if err := db.CreateRun(ctx, run); err != nil {
			t.Fatal(err)
		}
		first, err := db.Journal(ctx, "r1")
		if err != nil {
			t.Fatal(err)
		}
		second, err := reopen().Journal(ctx, "r1")
		if err != nil {
			t.Fatal(err)
		}
		if err := first.Intent(ctx, &wire.Entry{Seq: 1, Target: "first"}); err != nil {
			t.Fatal(err)
		}
		if err := second.Intent(ctx, &wire.Entry{Seq: 1, Target: "second"}); !errors.Is(err, ErrBusy) {
			t.Errorf("second writer: %v, want ErrBusy", err)
		}
		lines, err := first.Ledger(ctx)
		if err != nil || len(lines) != 1 || lines[0].Target != "first" {
			t.Errorf("ledger %v (%v)", lines, err)
		}
	})
}
