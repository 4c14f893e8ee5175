// Command load measures how the web application answers when it holds many
// shops: it fills two databases, one with a hundredth of the shops of the
// other, and opens the first page of every list in both, turn by turn.
//
//	go run ./bench/load                              SQLite, a tenth of the full size
//	go run ./bench/load -full                        30,000 shops, 1 million findings, 5 million answers
//	scripts/postgres.sh go run ./bench/load -postgres
package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"miseban/bench/gauge"
	"miseban/internal/account"
	"miseban/internal/jobs"
	"miseban/internal/store"
	"miseban/internal/web"
)

func main() {
	full := flag.Bool("full", false, "30,000 shops, 1 million findings, 5 million answers; without it 30,000, 100,000 and 500,000")
	shops := flag.Int("shops", 30_000, "shops of the large database; the small one has a hundredth")
	findings := flag.Int("findings", 0, "findings of the large database")
	answers := flag.Int("answers", 0, "answers of the large database; no shop has more than there are questions")
	postgres := flag.Bool("postgres", false, "on the server that MISEBAN_TEST_POSTGRES names")
	times := flag.Int("times", 40, "how often each page is opened")
	people := flag.Int("people", 50, "how many click every 3 s at the end")
	clicking := flag.Duration("clicking", 20*time.Second, "for how long")
	flag.Parse()
	n := size{*shops, 100_000, 500_000}
	if *full {
		n.findings, n.answers = 1_000_000, 5_000_000
	}
	if *findings > 0 {
		n.findings = *findings
	}
	if *answers > 0 {
		n.answers = *answers
	}
	if err := run(context.Background(), n, *postgres, *times, *people, *clicking); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, n size, postgres bool, times, people int, clicking time.Duration) error {
	dir, err := os.MkdirTemp("", "miseban-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	kind := "SQLite"
	if postgres {
		kind = "PostgreSQL"
	}
	fmt.Printf("%s · %s\n\n", kind, gauge.Machine())
	var houses [2]*house
	few := max(300, n.shops/100)
	for i, x := range []size{{few, n.findings * few / n.shops, n.answers * few / n.shops}, n} {
		h, drop, err := fill(ctx, dir, []string{"small", "large"}[i], x, postgres)
		if drop != nil {
			defer drop()
		}
		if err != nil {
			return err
		}
		houses[i] = h
	}
	fmt.Println()
	if err := lists(ctx, houses[0], houses[1], times); err != nil {
		return err
	}
	return click(ctx, houses[1], people, clicking)
}

// fill makes a database and a server on it.
func fill(ctx context.Context, dir, name string, n size, postgres bool) (_ *house, drop func(), err error) {
	dsn, driver := filepath.Join(dir, name+".db"), "sqlite"
	if postgres {
		driver = "pgx"
		if dsn, drop, err = server("load_" + name); err != nil {
			return nil, drop, err
		}
	}
	began := time.Now()
	p := &place{name: name}
	if p.db, err = store.Open(ctx, store.Options{Database: dsn, KeyFile: filepath.Join(dir, "key")}); err != nil {
		return nil, drop, err
	}
	at := time.Now().UTC().AddDate(0, -1, 0)
	if err := seed(ctx, p, n, at); err != nil {
		return nil, drop, err
	}
	raw, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, drop, err
	}
	defer raw.Close()
	if !postgres { // seeding is no test of writing: WAL, and nothing waits for the disk
		raw.SetMaxOpenConns(1)
		if _, err := raw.ExecContext(ctx, "PRAGMA synchronous = OFF"); err != nil {
			return nil, drop, err
		}
	}
	f, err := bulk(ctx, raw, postgres, "findings", findingColumns, p.findings(n.findings, at))
	if err != nil {
		return nil, drop, err
	}
	rows, err := p.answers(n.answers, at)
	if err != nil {
		return nil, drop, err
	}
	a, err := bulk(ctx, raw, postgres, "answers", answerColumns, rows)
	if err != nil {
		return nil, drop, err
	}
	if _, err := raw.ExecContext(ctx, "ANALYZE"); err != nil {
		return nil, drop, err
	}
	fmt.Printf("%s: %d shops, %d findings, %d answers in %.0f s; the process holds %d MiB\n", name, len(p.shops), f, a, time.Since(began).Seconds(), resident()>>20)
	h, err := open(ctx, p, dsn)
	return h, drop, err
}

// server makes a database on the PostgreSQL of the tests.
func server(name string) (string, func(), error) {
	address := os.Getenv("MISEBAN_TEST_POSTGRES")
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return "", nil, fmt.Errorf("MISEBAN_TEST_POSTGRES names no server: run scripts/postgres.sh go run ./bench/load -postgres")
	}
	admin, err := sql.Open("pgx", address)
	if err != nil {
		return "", nil, err
	}
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func() {
		_, _ = admin.Exec("DROP DATABASE " + name + " WITH (FORCE)")
		_ = admin.Close()
	}, nil
}

// house is a server on a place.
type house struct {
	*place
	http   *httptest.Server
	tokens map[account.ID]string
}

func open(ctx context.Context, p *place, dsn string) (*house, error) {
	var inner http.Handler
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/null" {
			_, _ = w.Write([]byte("null"))
			return
		}
		inner.ServeHTTP(w, r)
	}))
	u, err := url.Parse(s.URL)
	if err != nil {
		return nil, err
	}
	queue, err := jobs.Open(ctx, jobs.Options{DB: p.db, Database: dsn})
	if err != nil {
		return nil, err
	}
	site, err := web.New(web.Options{DB: p.db, Queue: queue, Public: u, Version: "bench", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	inner = site.Handler()
	h := &house{p, s, map[account.ID]string{}}
	for _, id := range []account.ID{p.boss, p.clerk, p.vendor, p.chief} {
		token, print := account.NewToken()
		now := time.Now().UTC()
		if err := p.db.SaveSession(ctx, &account.Session{Fingerprint: print, Person: id, Stage: account.In, Created: now, Seen: now, Expires: now.Add(account.SessionLife), Confirmed: now}); err != nil {
			return nil, err
		}
		h.tokens[id] = token
	}
	return h, nil
}

// resident is the memory of this process, garbage collected first.
func resident() int64 {
	runtime.GC()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(b), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
