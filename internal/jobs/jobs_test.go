package jobs

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
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/diagnose"
	"miseban/internal/perform"
	"miseban/internal/store"
	"miseban/internal/store/storetest"
	"miseban/internal/wire"
)

var databases atomic.Int64

// place is a database with a shop and a website to diagnose.
type place struct {
	t    *testing.T
	dsn  string
	db   *store.DB
	shop *account.Shop
	site *site
}

var migrated storetest.Template // what every test on SQLite begins with

// each runs f on SQLite always, and on PostgreSQL when MISEBAN_TEST_POSTGRES names one.
func each(t *testing.T, f func(t *testing.T, p *place)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, settle(t, migrated.Copy(t, func(file string) error {
			db, err := store.Open(context.Background(), store.Options{Database: file, KeyFile: file + ".key"})
			if err != nil {
				return err
			}
			return db.Close()
		})))
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
		name := fmt.Sprintf("jobs_%d_%d", os.Getpid(), databases.Add(1))
		if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(server)
		if err != nil {
			t.Fatal(err)
		}
		u.Path = "/" + name
		f(t, settle(t, u.String()))
	})
}

func settle(t *testing.T, dsn string) *place {
	db, err := store.Open(t.Context(), store.Options{Database: dsn, KeyFile: filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	p := &place{t: t, dsn: dsn, db: db, site: newSite(t)}
	o := &account.Organisation{ID: account.NewID(), Kind: account.Shopkeeper, Name: "店主"}
	p.shop = &account.Shop{ID: account.NewID(), Organisation: o.ID, State: account.Trading, Name: "店", URL: p.site.URL + "/"}
	p.change(func(tx *store.Tx) error {
		return errors.Join(tx.AddOrganisation(t.Context(), o), tx.AddShop(t.Context(), p.shop))
	})
	return p
}

func (p *place) change(f func(*store.Tx) error) {
	p.t.Helper()
	if err := p.db.Change(p.t.Context(), "", time.Now(), f); err != nil {
		p.t.Fatal(err)
	}
}

// queue opens a queue of this place and starts its workers.
func (p *place) queue(o Options) *Queue {
	p.t.Helper()
	o.DB, o.Database, o.Plain, o.Version = p.db, p.dsn, true, "test"
	q, err := Open(p.t.Context(), o)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := q.Start(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			p.t.Error(err)
		}
	})
	return q
}

// plan stores a diagnosis and puts its job into the queue.
func (p *place) plan(q *Queue, plan store.DiagnosisPlan) *store.Diagnosis {
	p.t.Helper()
	x := &store.Diagnosis{ID: account.NewID(), Shop: p.shop.ID, State: store.DiagnosisQueued, Plan: plan}
	run := &diagnose.Run{ID: perform.NewRunID(time.Now()), Shop: p.shop.URL, Started: time.Now().UTC(), Version: "test", State: diagnose.Running,
		Scope: &wire.Scope{Hosts: []string{p.site.URL}, Level: wire.Passive, Rate: wire.Rate{Unlimited: true}}}
	p.change(func(tx *store.Tx) error {
		return errors.Join(tx.AddDiagnosis(p.t.Context(), x, run), q.Enqueue(p.t.Context(), tx, Diagnose{ID: x.ID}))
	})
	return x
}

// until waits for a diagnosis to be as wanted.
func (p *place) until(id account.ID, what string, is func(*store.Diagnosis) bool) *store.Diagnosis {
	p.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(4 * time.Minute)
	for {
		x, err := p.db.DiagnosisByID(p.t.Context(), id)
		if err != nil {
			p.t.Fatal(err)
		}
		if is(x) {
			return x
		}
		select {
		case <-tick.C:
		case <-deadline:
			p.t.Fatalf("the diagnosis is not %s but %+v", what, x)
		}
	}
}

func in(s store.DiagnosisState) func(*store.Diagnosis) bool {
	return func(x *store.Diagnosis) bool { return x.State == s }
}

// site is a small website that counts what it is asked.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int
	last  time.Time
	pause atomic.Int64 // each answer takes so long
}

// pages are made differently, so that the crawl takes each for a page of its own.
var pages = strings.Split(",about,guide,law,company,recruit,access,news,history,farm,tea,cups,gifts,sets,season,letter,faq,shipping,returns,privacy,terms,staff,recipes,events", ",")

func newSite(t *testing.T) *site {
	s := &site{asked: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked[r.Method+" "+r.URL.RequestURI()]++
		s.last = time.Now()
		s.mu.Unlock()
		if d := time.Duration(s.pause.Load()); d > 0 {
			select {
			case <-time.After(d):
			case <-r.Context().Done():
				return
			}
		}
		i := slices.Index(pages, strings.TrimPrefix(r.URL.Path, "/"))
		if i < 0 {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<html lang="ja"><title>%[1]s</title><h1>%[1]s</h1>%[2]s`, pages[i], strings.Repeat("<section><p>文</p></section><ul><li>点</li></ul>", i))
		for _, x := range pages {
			fmt.Fprintf(w, `<a href="/%[1]s">%[1]s</a>`, x)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) count() (n, twice int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, c := range s.asked {
		n += c
		if c > 1 && len(k) > len("GET /") {
			twice++
		}
	}
	return n, twice
}

// TestDiagnose: what is put into the queue is carried out, repeated when it
// shall be, and a change that fails leaves no job.
func TestDiagnose(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		q := p.queue(Options{Workers: 2})
		x := p.plan(q, store.DiagnosisPlan{Level: wire.Passive, Repeat: 7})
		got := p.until(x.ID, "finished", in(store.DiagnosisFinished))
		run, err := p.db.Run(t.Context(), got.Run)
		if err != nil || run.State != diagnose.Finished || len(run.Results) < 20 || len(run.Seen.Pages) < 10 {
			t.Fatalf("run %v with %d results, %d pages, %v", run.State, len(run.Results), len(run.Seen.Pages), err)
		}
		list, err := p.db.Diagnoses(t.Context(), p.shop.ID, "", 10)
		if err != nil || len(list) != 2 || list[0].State != store.DiagnosisPlanned || time.Until(list[0].Due) < 6*24*time.Hour {
			t.Errorf("the next one: %+v, %v", list, err)
		}
		no := errors.New("no")
		gone := account.NewID()
		err = p.db.Change(t.Context(), "", time.Now(), func(tx *store.Tx) error {
			return errors.Join(q.Enqueue(t.Context(), tx, Diagnose{ID: gone}), no)
		})
		var jobs int
		if err2 := p.db.Writer().QueryRowContext(t.Context(), `SELECT count(*) FROM river_job`).Scan(&jobs); err2 != nil || !errors.Is(err, no) || jobs != 2 {
			t.Errorf("%d jobs after a change that failed (%v, %v)", jobs, err, err2)
		}
		if _, err := p.db.VerifyAudit(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestMoved: a diagnosis that was planned for an address which is not the
// shop's any more sends nothing, and does not repeat.
func TestMoved(t *testing.T) {
	t.Parallel()
	p := settle(t, filepath.Join(t.TempDir(), "moved.db"))
	q, err := Open(t.Context(), Options{DB: p.db, Database: p.dsn, Plain: true, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	x := p.plan(q, store.DiagnosisPlan{Level: wire.Passive, Repeat: 7})
	p.shop.URL = "https://sold.example/"
	p.change(func(tx *store.Tx) error { return tx.SaveShop(t.Context(), p.shop) })
	p.queue(Options{Workers: 1})
	if got := p.until(x.ID, "refused", in(store.DiagnosisFailed)); got.Why != WhyRefused {
		t.Errorf("why = %q", got.Why)
	}
	if n, _ := p.site.count(); n != 0 {
		t.Errorf("%d requests to the old address", n)
	}
	if list, err := p.db.Diagnoses(t.Context(), p.shop.ID, "", 10); err != nil || len(list) != 1 {
		t.Errorf("diagnoses: %+v, %v", list, err)
	}
}

// TestChunks: a diagnosis longer than a job goes on in further jobs, and asks
// for no page twice.
func TestChunks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		p.site.pause.Store(int64(200 * time.Millisecond))
		q := p.queue(Options{Workers: 1, Chunk: 2 * time.Second})
		x := p.plan(q, store.DiagnosisPlan{Level: wire.Passive})
		got := p.until(x.ID, "finished", in(store.DiagnosisFinished))
		journal, err := p.db.Journal(t.Context(), got.Run)
		if err != nil {
			t.Fatal(err)
		}
		ledger, err := journal.Ledger(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := wire.VerifyLedger(ledger); err != nil {
			t.Error(err)
		}
		events, err := p.db.Audit(t.Context(), store.Audited{Shop: p.shop.ID, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		parts := 0
		for _, e := range events {
			if e.Verb == account.DiagnosisLeft && e.Details["state"] == "queued" {
				parts++
			}
		}
		if n, twice := p.site.count(); parts == 0 || twice > parts { // what was under way when a part ended may be asked again
			t.Errorf("%d requests, %d pages twice, %d further parts", n, twice, parts)
		}
	})
}

// TestStop: pause, stop and the operator's switch end a running diagnosis
// within two seconds; it can be resumed.
func TestStop(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		p.site.pause.Store(int64(300 * time.Millisecond))
		q := p.queue(Options{Workers: 1})
		x := p.plan(q, store.DiagnosisPlan{Level: wire.Passive})
		running := func(x *store.Diagnosis) bool { return x.State == store.DiagnosisRunning && x.Progress.Requests > 0 }
		for _, c := range []struct {
			how   string
			stop  func(*store.Tx) error
			state store.DiagnosisState
		}{
			{"pause", func(tx *store.Tx) error { return tx.WantDiagnosis(t.Context(), p.shop.ID, x.ID, store.WantPause) }, store.DiagnosisPaused},
			{"switch", func(tx *store.Tx) error { return tx.SetStop(t.Context(), true) }, store.DiagnosisPaused},
			{"stop", func(tx *store.Tx) error { return tx.WantDiagnosis(t.Context(), p.shop.ID, x.ID, store.WantStop) }, store.DiagnosisStopped},
		} {
			p.until(x.ID, "running", running)
			pressed := time.Now()
			p.change(c.stop)
			p.until(x.ID, "at rest", in(c.state))
			p.site.mu.Lock()
			after := p.site.last.Sub(pressed)
			p.site.mu.Unlock()
			if after > 2*time.Second {
				t.Errorf("%s: a request %v later", c.how, after)
			}
			p.change(func(tx *store.Tx) error {
				return errors.Join(tx.SetStop(t.Context(), false), tx.QueueDiagnosis(t.Context(), p.shop.ID, x.ID), q.Enqueue(t.Context(), tx, Diagnose{ID: x.ID}))
			})
		}
		p.site.pause.Store(0)
		p.until(x.ID, "finished", in(store.DiagnosisFinished))
	})
}

// TestOrphan: what a dead worker held goes on with another; a worker that ends
// in order puts its work back.
func TestOrphan(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		idle := p.queue(Options{})
		dead := p.plan(idle, store.DiagnosisPlan{Level: wire.Passive})
		if ok, err := p.db.TakeDiagnosis(t.Context(), dead.ID, "dead", -time.Second); err != nil || !ok {
			t.Fatal(ok, err)
		}
		p.queue(Options{Workers: 1})
		p.until(dead.ID, "finished", in(store.DiagnosisFinished))
	})
}
