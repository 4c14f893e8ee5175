package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/account"
	"miseban/internal/jobs"
	"miseban/internal/programme"
	"miseban/internal/store"
	"miseban/internal/store/storetest"
)

// world is a server on a new database with two shops and somebody of every
// role before the first of them. Its clock is the test's.
type world struct {
	t      *testing.T
	db     *store.DB
	server *Server
	http   *httptest.Server
	clock  *atomic.Int64 // microseconds
	orgs   map[account.Kind]*account.Organisation
	people map[account.Role]*account.Person
	shop   *account.Shop // everybody in people has to do with it
	other  *account.Shop // and nobody with this one
	absent account.ID

	programme *programme.Programme // the office and the other bodies of orgs take part in it
	foreign   *programme.Programme // another office's
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// migrated is what every world begins with: the tables of the store and of the queue.
var migrated storetest.Template

func migrate(file string) error {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{Database: file, KeyFile: file + ".key"})
	if err != nil {
		return err
	}
	_, err = jobs.Open(ctx, jobs.Options{DB: db, Database: file})
	return errors.Join(err, db.Close())
}

// empty makes a server on which nobody is registered.
func empty(t *testing.T) *world {
	t.Helper()
	return emptyOn(t, migrated.Copy(t, migrate))
}

// emptyOn is empty on a database of one's choice.
func emptyOn(t *testing.T, dsn string) *world {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Database: dsn, KeyFile: filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &world{t: t, db: db, clock: new(atomic.Int64), orgs: map[account.Kind]*account.Organisation{}, people: map[account.Role]*account.Person{}, absent: account.NewID()}
	w.clock.Store(noon.UnixMicro())
	var inner http.Handler
	w.http = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { inner.ServeHTTP(rw, r) }))
	t.Cleanup(w.http.Close)
	u, err := url.Parse(strings.Replace(w.http.URL, "127.0.0.1", "localhost", 1))
	if err != nil {
		t.Fatal(err)
	}
	queue, err := jobs.Open(t.Context(), jobs.Options{DB: db, Database: dsn})
	if err != nil {
		t.Fatal(err)
	}
	if w.server, err = New(Options{DB: db, Queue: queue, Public: u, Now: w.now, Version: "test"}); err != nil {
		t.Fatal(err)
	}
	inner = w.server.Handler()
	return w
}

func (w *world) now() time.Time { return time.UnixMicro(w.clock.Load()).UTC() }

func (w *world) pass(d time.Duration) { w.clock.Add(int64(d / time.Microsecond)) }

// settled makes a world with organisations, people and shops.
func settled(t *testing.T) *world {
	t.Helper()
	w := empty(t)
	for _, k := range account.Kinds {
		o := &account.Organisation{ID: account.NewID(), Kind: k, Name: k.Name("ja") + "の例"}
		w.orgs[k] = o
		w.change(func(tx *store.Tx) error { return tx.AddOrganisation(t.Context(), o) })
	}
	for _, x := range []struct {
		role account.Role
		kind account.Kind
	}{
		{account.Executive, account.Shopkeeper}, {account.Practitioner, account.Shopkeeper}, {account.Maintainer, account.Contractor}, {account.Diagnostician, account.Firm},
		{account.Reviewer, account.Firm}, {account.Clerk, account.Office}, {account.Approver, account.Office}, {account.Observer, account.Office}, {account.Interviewer, account.Surveyor},
		{account.Coder, account.Surveyor}, {account.Member, account.Office}, {account.Operator, account.Platform},
	} {
		w.people[x.role] = w.person(x.role.Name("ja"), w.orgs[x.kind], x.role)
	}
	boss := w.people[account.Executive].ID
	w.shop = &account.Shop{ID: account.NewID(), Organisation: w.orgs[account.Shopkeeper].ID, State: account.Trading, Name: "山田茶舗", Kana: "やまだちゃほ", URL: "https://tea.example.jp/", Company: "株式会社山田茶舗", Number: "7000012050002",
		Method: "package", Package: "EC-CUBE", Version: "4.2.3", Service: "no", Payments: []string{"token", "cod"}, Contacts: []account.Contact{{Name: "山田 花子", Phone: "03-1234-5678", Mail: "hanako@example.jp"}}}
	rival := &account.Organisation{ID: account.NewID(), Kind: account.Shopkeeper, Name: "別のお店の会社"}
	w.other = &account.Shop{ID: account.NewID(), Organisation: rival.ID, State: account.Planned, Name: "別のお店"}
	w.change(func(tx *store.Tx) error {
		ctx := t.Context()
		errs := []error{tx.AddShop(ctx, w.shop), tx.AddOrganisation(ctx, rival), tx.AddShop(ctx, w.other)}
		for as, k := range map[account.As]account.Kind{account.AsContractor: account.Contractor, account.AsFirm: account.Firm, account.AsOffice: account.Office} {
			errs = append(errs, tx.AddGrant(ctx, &account.Grant{ID: account.NewID(), Shop: w.shop.ID, Organisation: w.orgs[k].ID, As: as, From: noon, Until: noon.AddDate(0, 6, 0), By: boss}, w.shop))
		}
		return errors.Join(errs...)
	})
	w.running()
	return w
}

// running adds a programme whose call is open to a world, and one that is none
// of anybody's business.
func (w *world) running() {
	w.t.Helper()
	ctx := w.t.Context()
	make := func(office account.ID, slug, name string) *programme.Programme {
		return &programme.Programme{ID: account.NewID(), Office: office, Slug: slug, State: programme.Announced, From: noon.AddDate(0, 0, -7), Until: noon.AddDate(0, 0, 30),
			Name: programme.Said{JA: name}, Places: 50, Edition: "ipa-ec-2023", Rules: "sme-own-site", Contact: programme.Contact{Name: "事務局", Mail: "office@example.jp"}}
	}
	strangers := &account.Organisation{ID: account.NewID(), Kind: account.Office, Name: "別の事務局"}
	w.programme = make(w.orgs[account.Office].ID, "ec-2026", "EC サイトの脆弱性診断事業")
	w.foreign = make(strangers.ID, "other-2026", "別の事業")
	w.change(func(tx *store.Tx) error {
		errs := []error{tx.AddOrganisation(ctx, strangers), tx.AddProgramme(ctx, w.programme), tx.AddProgramme(ctx, w.foreign)}
		for _, k := range programme.Kinds() {
			w.programme.Bodies = append(w.programme.Bodies, *w.orgs[k])
			errs = append(errs, tx.AddBody(ctx, w.programme, w.orgs[k].ID))
		}
		return errors.Join(errs...)
	})
}

func (w *world) change(f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.Change(w.t.Context(), "", w.now(), f); err != nil {
		w.t.Fatal(err)
	}
}

const password = "ガス灯と石畳の古い街並みを歩く"

// cheap is the hash of password, made once: it is slow on purpose.
var cheap = func() string {
	h, err := account.HashPassword(context.Background(), password)
	if err != nil {
		panic(err)
	}
	return h
}()

// person registers somebody with roles in an organisation.
func (w *world) person(name string, o *account.Organisation, roles ...account.Role) *account.Person {
	w.t.Helper()
	p := &account.Person{ID: account.NewID(), Mail: string(account.NewID()) + "@example.jp", Name: name}
	w.change(func(tx *store.Tx) error {
		return errors.Join(tx.AddPerson(w.t.Context(), p, cheap), tx.AddRoles(w.t.Context(), p.ID, o.ID, o.Kind, roles))
	})
	return p
}

// visitor is a browser without a screen.
type visitor struct {
	t      *testing.T
	w      *world
	client *http.Client
}

// visitor opens a browser; nobody is signed in.
func (w *world) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &visitor{w.t, w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as opens a browser in which somebody is signed in.
func (w *world) as(p *account.Person) *visitor {
	w.t.Helper()
	v := w.visitor()
	v.carry(w.session(p))
	return v
}

// carry gives the browser the cookie of a session.
func (v *visitor) carry(token string) {
	v.client.Jar.SetCookies(v.w.server.opt.Public, []*http.Cookie{{Name: v.w.server.cookieName(), Value: token, Path: "/"}})
}

// session signs somebody in and returns the token.
func (w *world) session(p *account.Person) string {
	w.t.Helper()
	token, print := account.NewToken()
	now := w.now()
	s := &account.Session{Fingerprint: print, Person: p.ID, Stage: account.In, Created: now, Seen: now, Expires: now.Add(account.SessionLife), Confirmed: now, Network: "127.0.0.1", Agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0"}
	if err := w.db.SaveSession(w.t.Context(), s); err != nil {
		w.t.Fatal(err)
	}
	return token
}

// reply is what came back: status, where to go, the page.
type reply struct {
	code     int
	location string
	body     string
}

func (v *visitor) do(method, path string, form url.Values) reply {
	v.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.w.server.opt.Public.String()+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header.Get("Location"), string(b)}
}

func (v *visitor) get(path string) reply { v.t.Helper(); return v.do("GET", path, nil) }

// post sends a form, given as names and values.
func (v *visitor) post(path string, kv ...string) reply {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		form.Add(kv[i], kv[i+1])
	}
	return v.do("POST", path, form)
}

// wants ends the test unless the answer has the status, and the page (or the
// address to go to) holds all the words.
func (r reply) wants(t *testing.T, code int, words ...string) reply {
	t.Helper()
	text := r.location + "\n" + r.body
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Fatalf("answer %d without %q:\n%s", r.code, w, brief(text))
		}
	}
	if r.code != code {
		t.Fatalf("answer %d, want %d: %s", r.code, code, brief(text))
	}
	return r
}

// brief is a page without its frame.
func brief(page string) string {
	if i := strings.Index(page, "<main"); i >= 0 {
		page = page[i:]
	}
	if i := strings.Index(page, "</main>"); i >= 0 {
		page = page[:i]
	}
	return page[:min(len(page), 3000)]
}

// between finds what stands between two marks of a page.
func (r reply) between(t *testing.T, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(r.body, before)
	if ok {
		rest, _, ok = strings.Cut(rest, after)
	}
	if !ok {
		t.Fatalf("nothing between %q and %q:\n%s", before, after, brief(r.body))
	}
	return rest
}

// fill replaces the names in a pattern by the world's objects.
func (w *world) fill(pattern string, shop, org, programme account.ID) string {
	return strings.NewReplacer("{shop}", string(shop), "{organisation}", string(org), "{programme}", string(programme)).Replace(pattern)
}

func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}
