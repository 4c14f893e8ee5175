package checktest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/mailbox"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// Members is a shop with test accounts, for checks that ask signed in. What a
// fixed answer cannot show – sessions – a handler does.
type Members struct {
	Handler  http.Handler
	Accounts []wire.Account
	Level    wire.Level // default active
	Acts     []string   // that the consent names
	Mails    *mailbox.Box
}

// mostRead bounds the pages that Try reads for each visitor.
const mostRead = 60

// Try reads the shop as a visitor and as each account, runs c, and holds what
// it found against the texts of its suite.
func (m Members) Try(t *testing.T, s *check.Suite, c *check.Check) check.Result {
	t.Helper()
	srv := httptest.NewTLSServer(m.Handler)
	t.Cleanup(srv.Close)
	level := max(m.Level, c.Level, wire.Active)
	scope := &wire.Scope{Hosts: []string{srv.URL}, Level: level, Rate: wire.Rate{Unlimited: true}, Accounts: m.Accounts, Consent: wire.Consent{Acts: m.Acts}}
	client, err := wire.NewClient(wire.Options{Scope: scope, Version: "test", Run: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	start, _ := url.Parse(srv.URL + "/")
	pages := read(t, scope, []*url.URL{start}, nil, func(r *wire.Request) (*wire.Exchange, error) { return client.Do(ctx, r) })
	site := check.NewSite(start, pages, intel.Default(), time.Now())
	accounts := signin.New(signin.Config{Client: client, Start: start, Pages: pages})
	if err := accounts.SignIn(ctx); err != nil {
		t.Fatal(err)
	}
	offers := check.TLS
	for i, a := range append(accounts.Customers(), accounts.Admins()...) {
		err := a.Trust(ctx, func() error {
			seen := read(t, scope, []*url.URL{a.Proved(), start}, pages, func(r *wire.Request) (*wire.Exchange, error) { return a.Do(ctx, r) })
			site.SignedIn = append(site.SignedIn, &check.SignedIn{Account: a.Name(), Jar: a.Jar(), Admin: a.Account().Role == "admin", Given: a.Given(), Pages: seen, Forms: check.NewSite(start, seen, nil, time.Now()).Forms})
			return nil
		}, func() { t.Error("the session was lost") })
		if err != nil {
			t.Fatal(err)
		}
		if a.Account().Role != "admin" {
			offers |= []check.Need{check.Account, check.TwoAccounts}[min(i, 1)]
		}
	}
	if m.Mails != nil {
		offers |= check.Mailbox
	}
	res := check.NewRunner(site, client, offers).WithAccounts(accounts).WithMailbox(m.Mails).Run(ctx, c)
	texts, err := s.LoadText(c)
	if err != nil {
		t.Fatal(err)
	}
	for i := range res.Findings {
		for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
			if left := check.Placeholders(texts[l].Describe(&res.Findings[i], l)); len(left) > 0 {
				t.Errorf("%s text leaves %v without a value", l, left)
			}
			if _, ok := texts[l].Seen[res.Findings[i].Case]; !ok {
				t.Errorf("no %s text for case %q", l, res.Findings[i].Case)
			}
		}
	}
	return res
}

// read follows links that only read, those first that no one has read yet.
func read(t *testing.T, scope *wire.Scope, queue []*url.URL, known []*page.Page, ask func(*wire.Request) (*wire.Exchange, error)) []*page.Page {
	t.Helper()
	var out []*page.Page
	seen := map[string]bool{}
	for _, pg := range known {
		if pg.Ex.Status == http.StatusOK && pg.Kind != page.Top && pg.Kind != page.MyPage {
			seen[pg.URL.String()] = true
		}
	}
	for len(queue) > 0 && len(out) < mostRead {
		u := queue[0]
		queue = queue[1:]
		if u == nil || seen[u.String()] || !scope.HasOrigin(u) {
			continue
		}
		seen[u.String()] = true
		ex, err := ask(&wire.Request{Method: http.MethodGet, URL: u, Level: wire.Passive, Origin: wire.Origin{Check: "crawl"}})
		if err != nil {
			continue // an address that acts
		}
		pg := page.Parse(ex)
		out = append(out, pg)
		if to, err := ex.URL.Parse(ex.Header.Get("Location")); err == nil && ex.Header.Get("Location") != "" {
			queue = append(queue, to)
		}
		for _, l := range pg.Links {
			if l.URL != nil && !l.Pattern && l.Effect == page.Reads && l.From == "a" {
				queue = append(queue, page.Canonical(l.URL))
			}
		}
	}
	return out
}
