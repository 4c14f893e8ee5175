package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"miseban/internal/account"
	"miseban/internal/diagnose"
	"miseban/internal/jobs"
	"miseban/internal/perform"
	"miseban/internal/store"
	"miseban/internal/wire"
)

var soak = flag.Duration("soak", 30*time.Second, "how long TestSoak kills processes")

// TestSoak kills the server and the workers with kill -9 at seeded moments
// while people save and shops are diagnosed; on PostgreSQL it also cuts every
// connection to the database. Afterwards nothing that was acknowledged is lost
// or doubled, the audit log holds, every diagnosis has come to its end, and no
// request whose answer was kept went out again.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := newStorm(t, dir, filepath.Join(dir, "miseban.db"))
		s.process("serve", "--listen", s.listen, "--workers", "2")
		s.rage()
	})
	server := os.Getenv("MISEBAN_TEST_POSTGRES")
	if server == "" {
		return
	}
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		admin, err := pgx.Connect(t.Context(), server)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("soak_%d", os.Getpid())
		if _, err := admin.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(server)
		if err != nil {
			t.Fatal(err)
		}
		u.Path = "/" + name
		s := newStorm(t, t.TempDir(), u.String())
		s.cut = func() error {
			_, err := admin.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name)
			return err
		}
		s.process("serve", "--listen", s.listen, "--workers", "0")
		s.process("work", "--workers", "1")
		s.process("work", "--workers", "1")
		s.rage()
		_ = admin.Close(context.WithoutCancel(t.Context()))
	})
}

// storm is a Miseban of several processes, the people who use it and who kills it.
type storm struct {
	t      *testing.T
	dir    string
	dsn    string
	listen string
	token  string
	db     *store.DB
	queue  *jobs.Queue
	boss   account.ID
	org    account.ID
	dice   *rand.Rand
	cut    func() error // cuts all connections to the database; nil: there are none
	procs  []*victim
	sites  []*counted
	shops  []*account.Shop

	mu      sync.Mutex
	saved   map[string]bool // names of shops whose form was answered as saved
	planned []*store.Diagnosis
	cuts    int
	kills   int
}

// victim is a process that is started again whenever it was killed.
type victim struct {
	args []string
	cmd  *exec.Cmd
	out  fmt.Stringer
	done chan error
}

// counted is a slow website of a few pages that counts who asks for what.
type counted struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string]int
}

func newCounted(t *testing.T) *counted {
	c := &counted{seen: map[string]int{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.seen[r.Method+" "+c.URL+r.URL.RequestURI()]++
		c.mu.Unlock()
		select {
		case <-time.After(50 * time.Millisecond): // a shop takes its time
		case <-r.Context().Done():
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		n := strings.Index("/abcdefghijklmnopqrstuvwxyz", strings.TrimPrefix(r.URL.Path, "/"))
		if len(r.URL.Path) > 2 || n < 0 {
			http.NotFound(w, r)
			return
		}
		_, _ = fmt.Fprintf(w, `<!doctype html><title>%d</title><a href="/%c">次</a> <a href="/%c">次の次</a>`, n, 'a'+n, min('a'+n+1, 'z'))
	}))
	t.Cleanup(c.Close)
	return c
}

func newStorm(t *testing.T, dir, dsn string) *storm {
	t.Helper()
	ctx := t.Context()
	s := &storm{t: t, dir: dir, dsn: dsn, dice: rand.New(rand.NewPCG(3, 12)), saved: map[string]bool{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listen = l.Addr().String()
	_ = l.Close()
	if s.db, err = store.Open(ctx, store.Options{Database: dsn, KeyFile: filepath.Join(dir, "miseban.key")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.db.Close() })
	if s.queue, err = jobs.Open(ctx, jobs.Options{DB: s.db, Database: dsn}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.queue.Stop(context.WithoutCancel(ctx)) })
	o := &account.Organisation{ID: account.NewID(), Kind: account.Shopkeeper, Name: "嵐の店"}
	p := &account.Person{ID: account.NewID(), Mail: "boss@example.jp", Name: "店主"}
	s.boss, s.org = p.ID, o.ID
	err = s.db.Change(ctx, "", time.Now(), func(tx *store.Tx) error {
		errs := []error{tx.AddOrganisation(ctx, o), tx.AddPerson(ctx, p, ""), tx.AddRoles(ctx, p.ID, o.ID, o.Kind, []account.Role{account.Executive})}
		for i := range 3 {
			site := newCounted(t)
			shop := &account.Shop{ID: account.NewID(), Organisation: o.ID, State: account.Trading, Name: fmt.Sprint("診断する店", i), URL: site.URL + "/"}
			s.sites, s.shops = append(s.sites, site), append(s.shops, shop)
			errs = append(errs, tx.AddShop(ctx, shop))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	token, print := account.NewToken()
	now := time.Now().UTC()
	if err := s.db.SaveSession(ctx, &account.Session{Fingerprint: print, Person: p.ID, Stage: account.In, Created: now, Seen: now, Expires: now.Add(account.SessionLife), Confirmed: now}); err != nil {
		t.Fatal(err)
	}
	s.token = token
	return s
}

// process starts a Miseban of its own.
func (s *storm) process(args ...string) {
	v := &victim{args: append(args, "--lang", "en")}
	s.start(v)
	s.procs = append(s.procs, v)
}

func (s *storm) start(v *victim) {
	s.t.Helper()
	cmd, out := child(context.WithoutCancel(s.t.Context()), s.t, s.dir, append(v.args, "--database", s.dsn)...)
	cmd.Env = append(cmd.Env, "PATH=/nonexistent") // without a browser: it would be a test of the machine
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	v.cmd, v.out, v.done = cmd, out, make(chan error, 1)
	go func(done chan error) { done <- cmd.Wait() }(v.done)
}

// rage lets people work and processes die for a while, then holds what is left
// against what was promised.
func (s *storm) rage() {
	ctx, calm := context.WithTimeout(s.t.Context(), *soak)
	defer calm()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() { s.work(ctx, i) })
	}
	wg.Go(func() { s.plan(ctx) })
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case <-time.After(time.Duration(1500+s.dice.IntN(3500)) * time.Millisecond):
		}
		if s.cut != nil && (s.kills+s.cuts)%3 == 1 {
			if err := s.cut(); err != nil {
				s.t.Error(err)
			}
			s.cuts++
			continue
		}
		v := s.procs[s.dice.IntN(len(s.procs))]
		_ = v.cmd.Process.Kill()
		<-v.done
		s.kills++
		s.start(v)
	}
	wg.Wait()
	s.settle()
	s.check()
}

// work is somebody who registers one shop after the other and notes what was
// answered as saved. A form is sent once: what was not answered may be there or not.
func (s *storm) work(ctx context.Context, who int) {
	client := &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for i := 0; ctx.Err() == nil; i++ {
		name := fmt.Sprintf("店 %d-%d", who, i)
		form := url.Values{"organisation": {string(s.org)}, "state": {"planned"}, "name": {name}, "contact-name-0": {"浜野"}, "contact-phone-0": {"09012345678"}}
		r, err := http.NewRequestWithContext(ctx, "POST", "http://"+s.listen+"/shops", strings.NewReader(form.Encode()))
		if err != nil {
			s.t.Error(err)
			return
		}
		r.Host = "localhost" + s.listen[strings.Index(s.listen, ":"):]
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.AddCookie(&http.Cookie{Name: "miseban", Value: s.token})
		res, err := client.Do(r)
		if err == nil {
			b, _ := io.ReadAll(io.LimitReader(res.Body, 4000))
			_ = res.Body.Close()
			switch {
			case res.StatusCode == http.StatusSeeOther && strings.HasPrefix(res.Header.Get("Location"), "/shops/"):
				s.mu.Lock()
				s.saved[name] = true
				s.mu.Unlock()
			case res.StatusCode < 500:
				s.t.Errorf("%s: answer %d %s %s", name, res.StatusCode, res.Header.Get("Location"), b)
				return
			}
		}
		select {
		case <-time.After(100 * time.Millisecond): // people do not save without end
		case <-ctx.Done():
		}
	}
}

// plan puts a diagnosis of each shop into the queue now and then.
func (s *storm) plan(ctx context.Context) {
	for i := 0; ctx.Err() == nil; i++ {
		shop := s.shops[i%len(s.shops)]
		x := &store.Diagnosis{ID: account.NewID(), Shop: shop.ID, State: store.DiagnosisQueued, Plan: store.DiagnosisPlan{Level: wire.Passive}}
		run := &diagnose.Run{ID: perform.NewRunID(time.Now()), Shop: shop.URL, Started: time.Now().UTC(), Version: "test", State: diagnose.Running,
			Scope: &wire.Scope{Hosts: []string{strings.TrimSuffix(shop.URL, "/")}, Level: wire.Passive, Rate: wire.Rate{Unlimited: true}}}
		err := s.db.Change(ctx, s.boss, time.Now(), func(tx *store.Tx) error {
			return errors.Join(tx.AddDiagnosis(ctx, x, run), s.queue.Enqueue(ctx, tx, jobs.Diagnose{ID: x.ID}))
		})
		if err == nil {
			s.mu.Lock()
			s.planned = append(s.planned, x)
			s.mu.Unlock()
		}
		select {
		case <-time.After(*soak / 8):
		case <-ctx.Done():
		}
	}
}

// settle waits until every diagnosis has ended, then ends the processes in order.
func (s *storm) settle() {
	deadline := time.Now().Add(2 * time.Minute)
	for _, x := range s.planned {
		for {
			got, err := s.db.DiagnosisByID(s.t.Context(), x.ID)
			if err == nil && got.State.Ended() {
				break
			}
			if time.Now().After(deadline) {
				s.t.Errorf("diagnosis %s has not ended: %+v, %v", x.ID, got, err)
				break
			}
			<-time.After(100 * time.Millisecond)
		}
	}
	for _, v := range s.procs {
		_ = v.cmd.Process.Signal(syscall.SIGTERM)
		if err := <-v.done; err != nil {
			s.t.Errorf("%v did not end in order: %v\n%.3000s", v.args, err, v.out)
		}
	}
}

// check holds the database against what was promised.
func (s *storm) check() {
	t, ctx := s.t, s.t.Context()
	lines, err := s.db.VerifyAudit(ctx)
	if err != nil {
		t.Error(err)
	}
	boss, err := s.db.Actor(ctx, s.boss)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]int{}
	for after := (store.Cursor{}); ; {
		list, next, err := s.db.Shops(ctx, boss, time.Now(), store.ShopFilter{After: after, Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			have[x.Name]++
		}
		if after = next; next == (store.Cursor{}) {
			break
		}
	}
	for name := range s.saved {
		if have[name] != 1 {
			t.Errorf("%s was answered as saved and is there %d times", name, have[name])
		}
	}
	for name, n := range have {
		if n > 1 {
			t.Errorf("%s is there %d times", name, n)
		}
	}
	sent, repeated, left, all := map[string]int{}, 0, 0, 0
	for _, x := range s.planned {
		got, err := s.db.DiagnosisByID(ctx, x.ID)
		if err != nil || got.State != store.DiagnosisFinished {
			t.Errorf("diagnosis %s is lost: %+v, %v", x.ID, got, err)
			continue
		}
		j, err := s.db.Journal(ctx, x.Run)
		if err != nil {
			t.Fatal(err)
		}
		ledger, err := j.Ledger(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := wire.VerifyLedger(ledger); err != nil {
			t.Errorf("ledger of %s: %v", x.Run, err)
		}
		answered, asked := map[wire.ExchangeID]bool{}, map[string]int{}
		for _, e := range ledger {
			switch {
			case e.Kind != wire.KindHTTP:
			case e.State == wire.Answered:
				answered[e.ID] = true
			case e.State == wire.Sent:
				all++
				sent[e.Method+" "+e.Target]++
				if asked[string(e.ID)]++; asked[string(e.ID)] > 1 {
					repeated++
				}
				if answered[e.ID] {
					t.Errorf("asked again although it was answered: %s %s", e.Method, e.Target)
				}
			}
		}
		merged := 0
		events, err := s.db.Audit(ctx, store.Audited{Shop: x.Shop, Limit: 10000})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Verb == account.DiagnosisLeft && e.Object == x.ID {
				switch {
				case e.Details["state"] == string(store.DiagnosisFinished):
					merged++
				case e.Details["why"] == "orphan":
					left++
				}
			}
		}
		if merged != 1 {
			t.Errorf("diagnosis %s ended %d times", x.ID, merged)
		}
	}
	for _, c := range s.sites {
		c.mu.Lock()
		for what, n := range c.seen {
			if n > sent[what] {
				t.Errorf("%s reached the shop %d times, the ledgers have it %d times", what, n, sent[what])
			}
		}
		c.mu.Unlock()
	}
	if len(s.saved) == 0 || len(s.planned) == 0 || s.kills == 0 {
		t.Errorf("nothing happened: %d shops saved, %d diagnoses, %d kills", len(s.saved), len(s.planned), s.kills)
	}
	t.Logf("%d kills, %d times the database cut off; %d shops saved, %d diagnoses (%d times adopted), %d requests, %d of them asked again because no answer was kept; %d lines of the audit log hold",
		s.kills, s.cuts, len(s.saved), len(s.planned), left, all, repeated, lines)
}
