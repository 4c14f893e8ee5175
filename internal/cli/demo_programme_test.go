package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/selection"
	"miseban/internal/store"
)

var signIn = regexp.MustCompile(`(?m)^Sign in \(.*\): (\S+)  password: ([a-z2-7]{26})$`)

// TestDemoProgramme makes the sample, and holds what the board shows of it
// against the slides that it is made after.
func TestDemoProgramme(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "sample")
	code, first := say(ctx, dir, "demo-programme", "--no-serve")
	if code != exitClean || !strings.Contains(first, "152 applications, 50 chosen, 10 in reserve") || !strings.Contains(first, "of 50 shops: Step 1 50, Step 2 29, Step 3 4\n") {
		t.Fatalf("%d %s", code, first)
	}
	db, err := store.Open(ctx, store.Options{Database: filepath.Join(dir, "miseban.db"), KeyFile: filepath.Join(dir, "miseban.key")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := db.ProgrammeBySlug(ctx, demoSlug)
	if err != nil {
		t.Fatal(err)
	}
	people := signIn.FindAllStringSubmatch(first, -1)
	passwords := map[string]bool{}
	for _, x := range people {
		who, hash, err := db.PersonByMail(ctx, x[1])
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := account.SamePassword(ctx, x[2], hash); !ok || err != nil {
			t.Errorf("%s cannot sign in: %v", x[1], err)
		}
		actor, err := db.Actor(ctx, who.ID)
		if err != nil || len(p.Roles(actor)) == 0 {
			t.Errorf("%s stands nowhere before the programme: %v", x[1], err)
		}
		passwords[x[2]] = true
	}
	if len(people) != 3 || len(passwords) != 3 {
		t.Errorf("%d people with %d passwords", len(people), len(passwords))
	}
	demoCounts(t, db, p)

	f, err := os.Open(filepath.Join(dir, "selection.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := selection.ReadRecord(f)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Rerun(); err != nil || len(r.Outcome.Chosen) != demoPlaces || !r.Call.Synthetic {
		t.Errorf("the record of the selection: %v", err)
	}

	demoRecord(t, db, p)

	code, second := say(ctx, dir, "demo-programme", "--no-serve")
	if code != exitClean || !strings.Contains(second, "Opening the sample") || signIn.MatchString(second) || !strings.Contains(second, "Step 2 29") {
		t.Errorf("the second time: %d %s", code, second)
	}
	if again, err := db.ProgrammeBySlug(ctx, demoSlug); err != nil || again.ID != p.ID {
		t.Errorf("the second time made another programme: %v", err)
	}
}

// demoRecord lets an auditor make the choice of the sample again from the record
// that the store holds: to the byte.
func demoRecord(t *testing.T, db *store.DB, p *programme.Programme) {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	done, err := db.Approved(ctx, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if done.For != p.Office || done.DecidedFor == p.Office || done.DecidedFor == "" {
		t.Errorf("proposed for %s, approved for %s", done.For, done.DecidedFor)
	}
	b, err := db.SelectionRecord(ctx, p.ID, done.Selection)
	if err != nil {
		t.Fatal(err)
	}
	from, to := filepath.Join(dir, "g.json"), filepath.Join(dir, "h.json")
	if err := os.WriteFile(from, b, 0o600); err != nil {
		t.Fatal(err)
	}
	seed, err := db.SelectionSeed(ctx, p.ID)
	if err != nil || !seed.Made.Before(p.From) || !bytes.Contains(b, []byte(seed.Commitment)) {
		t.Errorf("the seed was made %v: %v", seed.Made, err)
	}
	if code, said := say(ctx, dir, "select", "--record", from, "--out", to); code != exitClean {
		t.Fatalf("%d %s", code, said)
	}
	if again, err := os.ReadFile(to); err != nil || !bytes.Equal(again, b) {
		t.Errorf("the record makes %d bytes of %d: %v", len(again), len(b), err)
	}
}

// demoCounts looks at the sample as of some days, at the counts and at the cases alike.
func demoCounts(t *testing.T, db *store.DB, p *programme.Programme) {
	t.Helper()
	ctx := t.Context()
	stages, err := db.ApplicationCounts(ctx, p.ID)
	all := 0
	for _, n := range stages {
		all += n
	}
	if err != nil || all != 152 || stages[programme.Selected] != 50 || stages[programme.Ineligible] == 0 || stages[programme.Received]+stages[programme.Drafted] != 0 {
		t.Errorf("applications %v, %v", stages, err)
	}
	for _, x := range []struct {
		day         string
		places      int
		one, two    int
		three, four int
		lasting     int // cases at one of the five steps
	}{
		{day: "2022-04-20"},
		{day: "2022-05-13", places: 50, lasting: 50},
		{day: "2022-09-02", places: 50, one: 50, two: 29, three: 4, lasting: 50},
		{day: "2022-10-31", places: 50, one: 50, two: 50, three: 50, four: 50, lasting: 50},
		{day: "2026-01-01", places: 50, one: 50, two: 50, three: 50, four: 50, lasting: 4},
	} {
		at, err := time.ParseInLocation(time.DateOnly, x.day, jst)
		if err != nil {
			t.Fatal(err)
		}
		n, err := db.CaseProgress(ctx, p.ID, at)
		done := func(s programme.Step) int { return n.Steps[s].Done }
		if err != nil || n.Places != x.places || done(programme.Step1) != x.one || done(programme.Step2) != x.two || done(programme.Step3) != x.three || done(programme.Step4) != x.four || n.Cases() != 152 {
			t.Errorf("%s: %+v, %v", x.day, n, err)
		}
		list, _, err := db.Board(ctx, p.ID, at, store.CaseFilter{At: at.AddDate(0, 0, 1).Add(-time.Microsecond), Limit: 200})
		stand, lasting := map[programme.Step]int{}, 0
		for _, c := range list {
			stand[c.Step]++
		}
		for _, s := range programme.FiveSteps {
			lasting += stand[s]
		}
		if err != nil || len(list) != 152 || lasting != x.lasting {
			t.Errorf("%s: the board has %d cases, %v, %v", x.day, len(list), stand, err)
		}
		for _, s := range programme.Steps {
			if stand[s] != n.Steps[s].At {
				t.Errorf("%s: %d cases at %s on the board, %d by the counts", x.day, stand[s], s, n.Steps[s].At)
			}
		}
	}
}

// TestDemoProgrammeKeepsAway: where somebody else's records are, nothing is made;
// half a sample is called so.
func TestDemoProgrammeKeepsAway(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	db, err := store.Open(ctx, store.Options{Database: filepath.Join(dir, "miseban.db"), KeyFile: filepath.Join(dir, "miseban.key")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	m := &demoMaker{a: &app{data: dir, lang: "en"}, db: db, seed: "1"}
	if err := m.setUp(ctx); err != nil {
		t.Fatal(err)
	}
	if code, said := say(ctx, dir, "demo-programme", "--no-serve"); code != exitUsage || !strings.Contains(said, "not the sample") {
		t.Errorf("records of others: %d %s", code, said)
	}
	if _, err := db.ProgrammeBySlug(ctx, demoSlug); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a programme was made: %v", err)
	}
	if err := errors.Join(m.announce(ctx), m.apply(ctx)); err != nil {
		t.Fatal(err)
	}
	if code, said := say(ctx, dir, "demo-programme", "--no-serve"); code != exitUsage || !strings.Contains(said, "half made") {
		t.Errorf("half a sample: %d %s", code, said)
	}
}

// TestDemoProgrammeServes: the address of the board that is printed is one of
// the server's, and Ctrl-C ends it.
func TestDemoProgrammeServes(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, w := io.Pipe()
	ended := make(chan int, 1)
	dir := t.TempDir()
	var fault bytes.Buffer
	go func() {
		code := Run(ctx, []string{"demo-programme", "--lang", "en", "--data", dir, "--listen", "127.0.0.1:0"}, strings.NewReader(""), w, &fault)
		_ = w.Close()
		ended <- code
	}()
	board := ""
	for out := bufio.NewScanner(r); board == "" && out.Scan(); {
		if _, url, ok := strings.Cut(out.Text(), "as of 2 September 2022: "); ok {
			board = url
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	if !strings.HasSuffix(board, "/board?at=2022-09-02") {
		t.Fatalf("%q, ended with %d", board, <-ended)
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", board, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if at := res.Request.URL; res.StatusCode != http.StatusOK || at.Path != "/sign-in" || !strings.Contains(at.RawQuery, "at%3D2022-09-02") {
		t.Errorf("who is not signed in is sent to %s: %d", at, res.StatusCode)
	}
	stop()
	if code := <-ended; code != exitClean {
		t.Errorf("ended with %d", code)
	}
}
