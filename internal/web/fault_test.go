package web

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"miseban/internal/account"
	"miseban/internal/store"
)

// TestClockJump: a server whose clock jumps back by days, forward by years and
// to the right time again serves on; what ended by the clock ends, nothing that
// was done is lost, and the audit log stays whole.
func TestClockJump(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.found(w.shop.ID, "r1", "/a")
	boss, vendor := w.as(w.people[account.Executive]), w.as(w.people[account.Maintainer])
	list, _, err := w.db.Findings(t.Context(), w.shop.ID, store.FindingFilter{})
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	page := findingURL(&list[0])
	comment := func(words string) {
		t.Helper()
		boss.post(page+"/comment", "comment", words, "revision", "1").wants(t, 303, page)
	}
	comment("はじめ")
	w.pass(-72 * time.Hour) // before the grant began
	comment("三日前の時計で")
	vendor.get(page).wants(t, 404)
	w.pass(72*time.Hour + 10*365*24*time.Hour)
	boss.get(page).wants(t, 303, "/sign-in")
	w.pass(-10 * 365 * 24 * time.Hour)
	comment("戻った時計で")
	vendor.get(page).wants(t, 200, "はじめ", "三日前の時計で", "戻った時計で")
	if n, err := w.db.VerifyAudit(t.Context()); err != nil || n == 0 {
		t.Errorf("audit log: %d, %v", n, err)
	}
	for _, path := range []string{"/", "/shops", "/notices", "/audit", "/shops/" + string(w.shop.ID) + "/audit"} {
		boss.get(path).wants(t, 200)
	}
}

// gate stands before a server: closed, it cuts what is under way and lets nobody in.
type gate struct {
	to   string
	mu   sync.Mutex
	l    net.Listener
	open map[net.Conn]bool
}

// listen lets people in, at the same address as before.
func (g *gate) listen(t *testing.T, at string) string {
	t.Helper()
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	g.mu.Lock()
	g.l, g.open = l, map[net.Conn]bool{}
	g.mu.Unlock()
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", g.to)
			if err != nil {
				in.Close()
				continue
			}
			g.mu.Lock()
			g.open[in], g.open[out] = true, true
			g.mu.Unlock()
			go func() { _, _ = io.Copy(out, in); out.Close() }()
			go func() { _, _ = io.Copy(in, out); in.Close() }()
		}
	}()
	return l.Addr().String()
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.l.Close()
	for c := range g.open {
		c.Close()
	}
}

// TestDatabaseAway: while PostgreSQL restarts, pages say so and nothing is half
// done; when it is back, the same server goes on.
func TestDatabaseAway(t *testing.T) {
	address := os.Getenv("MISEBAN_TEST_POSTGRES")
	if address == "" {
		t.Skip("no PostgreSQL")
	}
	t.Parallel()
	admin, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	name := fmt.Sprintf("away_%d", os.Getpid())
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{to: u.Host}
	u.Host, u.Path = g.listen(t, "127.0.0.1:0"), "/"+name
	w := emptyOn(t, u.String())
	o := &account.Organisation{ID: account.NewID(), Kind: account.Shopkeeper, Name: "山田茶舗"}
	w.change(func(tx *store.Tx) error { return tx.AddOrganisation(t.Context(), o) })
	boss := w.as(w.person("山田", o, account.Executive))
	add := func(name string) reply {
		return boss.post("/shops", "name", name, "state", "planned", "organisation", string(o.ID), "contact-name-0", "山田", "contact-phone-0", "03-1234-5678")
	}
	add("はじめの店").wants(t, 303, "/shops/")

	g.close()
	boss.get("/").wants(t, 503)
	add("途中の店").wants(t, 503)
	if r := boss.get("/healthz"); r.code != 200 {
		t.Errorf("the process is said to be dead: %d", r.code)
	}
	boss.get("/readyz").wants(t, 503)
	g.listen(t, u.Host)

	boss.get("/readyz").wants(t, 200)
	boss.get("/shops").wants(t, 200, "はじめの店")
	add("あとの店").wants(t, 303, "/shops/")
	shops, _, err := w.db.Shops(t.Context(), &account.Actor{Members: []account.Membership{{Organisation: *o, Roles: []account.Role{account.Executive}}}}, w.now(), store.ShopFilter{Limit: 10})
	if err != nil || len(shops) != 2 {
		t.Errorf("%d shops, %v", len(shops), err)
	}
	_, err = w.db.VerifyAudit(t.Context())
	if err := errors.Join(err, w.db.Close()); err != nil {
		t.Error(err)
	}
	g.close()
	if _, err := admin.ExecContext(t.Context(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
		t.Error(err)
	}
}
