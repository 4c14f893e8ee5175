package wire

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// agreed is a scope of level active for a public shop, whole in every part.
func agreed(now time.Time, change ...func(*Scope)) *Scope {
	s := &Scope{
		Hosts: []string{"http://shop.example"}, Level: Active, Addresses: prefixes("127.0.0.0/8"),
		Authority: Authority{Person: "山田 花子", Organisation: "見本商店"},
		Accounts: []Account{
			{Name: "a", User: "taro@shop.example", Password: "Correct-Horse-7"},
			{Name: "b", User: "jiro@shop.example", Password: "Battery-Staple-8"},
		},
		Consent: Consent{
			Person: "山田 花子", Organisation: "見本商店", For: "診断会社 佐藤", Given: now.Add(-time.Hour), Until: now.Add(24 * time.Hour),
			Hosts: []string{"http://shop.example"}, Level: Active, Hosting: "not needed: own server", Accounts: []string{"a"},
		},
		Proof: Proof{Token: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	}
	for _, f := range change {
		f(s)
	}
	return s
}

func post(t testing.TB, u, body string) *Request {
	t.Helper()
	r := get(t, u)
	r.Method, r.Level, r.Body, r.Again = "POST", Active, []byte(body), true
	r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	r.Origin = Origin{Check: "signin", Why: "sign in"}
	return r
}

// What each purpose may do, by level and consent; nothing is sent.
func TestPurposes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	acts := func(list ...string) func(*Scope) { return func(s *Scope) { s.Consent.Acts = list } }
	local := func(s *Scope) {
		*s = Scope{Hosts: []string{"http://shop.test"}, Level: s.Level, Accounts: s.Accounts, Consent: Consent{Acts: s.Consent.Acts, Requests: s.Consent.Requests}}
	}
	at := func(l Level) func(*Scope) {
		return func(s *Scope) { s.Level, s.Consent.Level = l, max(l, Active) }
	}
	listed := func(s *Scope) {
		s.Consent.Requests = []ConsentedRequest{{Method: "POST", Path: "/contact/confirm", Fields: []string{"name", "body"}}}
	}
	unproven := func(c *Client) { c.may.proven = nil }
	later := func(d time.Duration) func(*Client) {
		return func(c *Client) { c.opt.Now = func() time.Time { return now.Add(d) } }
	}
	const creds = "email=taro%40shop.example&pass=x"
	for _, tc := range []struct {
		name    string
		scope   []func(*Scope)
		client  func(*Client)
		purpose Purpose
		account string
		method  string
		path    string
		body    string
		kind    string // of the body; a form's when empty
		level   Level
		inject  string
		want    error
	}{
		{name: "provoking GET", method: "GET", path: "/?q=1", inject: "x'"},
		{name: "provoking GET below active", method: "GET", path: "/", level: Safe, inject: "x'", want: ErrLevel},
		{name: "provoking GET in a run of level safe", scope: []func(*Scope){at(Safe)}, method: "GET", path: "/", inject: "x'", want: ErrLevel},
		{name: "provoking GET without proof", client: unproven, method: "GET", path: "/", inject: "x'", want: ErrConsent},
		{name: "plain GET without proof", client: unproven, method: "GET", path: "/", level: Safe},
		{name: "GET at active without proof", client: unproven, method: "GET", path: "/", want: ErrConsent},
		{name: "after the consent", client: later(25 * time.Hour), method: "GET", path: "/", want: ErrConsent},
		{name: "before the consent", client: later(-2 * time.Hour), method: "GET", path: "/", want: ErrConsent},
		{name: "host that the consent does not name", scope: []func(*Scope){func(s *Scope) {
			s.Consent.Hosts = []string{"http://shop.example", "http://other.example"}
			s.Hosts = s.Consent.Hosts
		}},
			client: func(c *Client) { c.opt.Scope.Consent.Hosts = []string{"http://other.example"} }, method: "GET", path: "/", want: ErrConsent},
		{name: "level that the consent does not reach", scope: []func(*Scope){at(Full)}, client: func(c *Client) { c.opt.Scope.Consent.Level = Active }, method: "GET", path: "/", level: Full, want: ErrConsent},
		{name: "destructive value", method: "GET", path: "/", inject: "1 or 1=1", want: ErrDestructive},
		{name: "destructive value on loopback", scope: []func(*Scope){local}, method: "GET", path: "/", inject: "1;x", want: ErrDestructive},
		{name: "loopback needs neither proof nor consent", scope: []func(*Scope){local}, client: unproven, method: "GET", path: "/", inject: "x'"},

		{name: "POST without a purpose", method: "POST", path: "/login", body: creds, want: ErrMethod},
		{name: "sign-in", purpose: SignIn, account: "a", path: "/login", body: creds},
		{name: "sign-in at level safe", purpose: SignIn, account: "a", path: "/login", body: creds, level: Safe, want: ErrMethod},
		{name: "sign-in page at level safe", purpose: SignIn, account: "a", method: "GET", path: "/login", level: Safe, want: ErrLevel},
		{name: "sign-in in a run of level safe", scope: []func(*Scope){at(Safe)}, purpose: SignIn, account: "a", path: "/login", body: creds, want: ErrLevel},
		{name: "sign-in of an account that the consent does not name", purpose: SignIn, account: "b", path: "/login", body: "email=jiro%40shop.example", want: ErrConsent},
		{name: "sign-in of an unknown account", purpose: SignIn, account: "z", path: "/login", body: creds, want: ErrConsent},
		{name: "sign-in without the account's name", purpose: SignIn, account: "a", path: "/order", body: "item=1", want: ErrConsent},
		{name: "second step of a sign-in", purpose: SignIn, account: "a", path: "/login/2", body: "pass=Correct-Horse-7"},
		{name: "sign-in by DELETE", purpose: SignIn, account: "a", method: "DELETE", path: "/login", body: creds, want: ErrConsent},
		{name: "sign-in on loopback", scope: []func(*Scope){local}, purpose: SignIn, account: "b", path: "/login", body: "email=jiro@shop.example"},
		{name: "sign-in of nobody on loopback", scope: []func(*Scope){local}, purpose: SignIn, account: "z", path: "/login", body: creds, want: ErrConsent},
		{name: "sign-out", purpose: SignOut, account: "a", path: "/logout", body: "t=1"},
		{name: "sign-out of an account that the consent does not name", purpose: SignOut, account: "b", path: "/logout", want: ErrConsent},
		{name: "guess", purpose: Guess, path: "/login", body: "email=x9@shop.example&pass=y"},
		{name: "guess by PUT", purpose: Guess, method: "PUT", path: "/login", body: "email=x9@shop.example", want: ErrConsent},
		{name: "guess without proof", client: unproven, purpose: Guess, path: "/login", body: "email=x9@shop.example", want: ErrConsent},
		{name: "lockout", scope: []func(*Scope){acts(ActLockout)}, purpose: Lockout, account: "a", path: "/login", body: creds},
		{name: "lockout without the act", purpose: Lockout, account: "a", path: "/login", body: creds, want: ErrConsent},
		{name: "lockout of somebody else", scope: []func(*Scope){acts(ActLockout)}, purpose: Lockout, account: "a", path: "/login", body: "email=boss%40shop.example", want: ErrConsent},
		{name: "lockout without the act on loopback", scope: []func(*Scope){local}, purpose: Lockout, account: "a", path: "/login", body: creds, want: ErrConsent},
		{name: "lockout with the act on loopback", scope: []func(*Scope){acts(ActLockout), local}, purpose: Lockout, account: "a", path: "/login", body: creds},
		{name: "cart", scope: []func(*Scope){acts(ActCart)}, purpose: Cart, path: "/cart/add", body: "id=1"},
		{name: "cart without the act", scope: []func(*Scope){acts(ActLockout)}, purpose: Cart, path: "/cart/add", body: "id=1", want: ErrConsent},
		{name: "cart without the act on loopback", scope: []func(*Scope){local}, purpose: Cart, path: "/cart/add", body: "id=1", want: ErrConsent},
		{name: "agreed", scope: []func(*Scope){listed}, purpose: Agreed, path: "/contact/confirm", body: "name=x&body=y"},
		{name: "agreed, fewer fields", scope: []func(*Scope){listed}, purpose: Agreed, path: "/contact/confirm", body: "name=x"},
		{name: "agreed, another field", scope: []func(*Scope){listed}, purpose: Agreed, path: "/contact/confirm", body: "name=x&mode=complete", want: ErrConsent},
		{name: "agreed, another field in the query", scope: []func(*Scope){listed}, purpose: Agreed, path: "/contact/confirm?mode=complete", body: "name=x", want: ErrConsent},
		{name: "agreed, another route", scope: []func(*Scope){listed}, purpose: Agreed, path: "/contact/complete", body: "name=x", want: ErrConsent},
		{name: "agreed, another spelling of the route", scope: []func(*Scope){listed}, purpose: Agreed, path: "/contact/./confirm", body: "name=x", want: ErrConsent},
		{name: "agreed, another method", scope: []func(*Scope){listed}, purpose: Agreed, method: "PUT", path: "/contact/confirm", body: "name=x", want: ErrConsent},
		{name: "agreed, multipart", scope: []func(*Scope){listed}, purpose: Agreed, path: "/contact/confirm", kind: "multipart/form-data; boundary=b", body: "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=\"body\"; filename=\"a.txt\"\r\n\r\ny\r\n--b--\r\n"},
		{name: "agreed, multipart with another field", scope: []func(*Scope){listed}, purpose: Agreed, path: "/contact/confirm", kind: "multipart/form-data; boundary=b", body: "--b\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\nx\r\n--b--\r\n", want: ErrConsent},
		{name: "agreed, multipart cut off", scope: []func(*Scope){listed}, purpose: Agreed, path: "/contact/confirm", kind: "multipart/form-data; boundary=b", body: "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx", want: ErrConsent},
		{name: "agreed, a part without a name", scope: []func(*Scope){listed}, purpose: Agreed, path: "/contact/confirm", kind: "multipart/form-data; boundary=b", body: "--b\r\n\r\nx\r\n--b--\r\n", want: ErrConsent},
		{name: "agreed, JSON", scope: []func(*Scope){listed}, purpose: Agreed, path: "/contact/confirm", kind: "application/json", body: `{"name":"x"}`, want: ErrConsent},
		{name: "agreed, nothing listed", purpose: Agreed, path: "/contact/confirm", body: "name=x", want: ErrConsent},
		{name: "agreed on loopback, nothing listed", scope: []func(*Scope){local}, purpose: Agreed, path: "/contact/confirm", body: "name=x", want: ErrConsent},
		{name: "a purpose that does not exist", purpose: "because", path: "/x", want: ErrConsent},
		{name: "a write at level full", scope: []func(*Scope){at(Full)}, path: "/contact", body: "x=1", level: Full},
		{name: "a write at level full without proof", scope: []func(*Scope){at(Full)}, client: unproven, path: "/contact", body: "x=1", level: Full, want: ErrConsent},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := agreed(now, tc.scope...)
			c, err := NewClient(Options{Scope: s, Courtesy: NewCourtesy(), Now: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Stop("over") })
			c.may.markProven("http://shop.example:80")
			if tc.client != nil {
				tc.client(c)
			}
			r := post(t, s.Hosts[0]+tc.path, tc.body)
			if tc.method != "" {
				r.Method = tc.method
			}
			r.Purpose, r.Account = tc.purpose, tc.account
			if tc.kind != "" {
				r.Header.Set("Content-Type", tc.kind)
			}
			if tc.level != 0 {
				r.Level = tc.level
			}
			if tc.inject != "" {
				r.Injected = []string{tc.inject}
			}
			err = c.gate(t.Context(), r, "x", &Entry{})
			if !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

// The bounds hold for a run over all its processes, and a request that did not
// leave costs nothing. The ledger says what each one was for.
func TestBoundsSurviveResume(t *testing.T) {
	t.Parallel()
	var arrived atomic.Int32
	shop := site(t, func(http.ResponseWriter, *http.Request) { arrived.Add(1) })
	j := NewMemory()
	open := func() *Client {
		return client(t, shop.URL, func(o *Options) {
			o.Journal, o.Scope.Level, o.Scope.Consent.Acts = j, Active, []string{ActLockout, ActCart}
			o.Scope.Accounts = []Account{{Name: "a", User: "taro", Password: "Correct-Horse-7"}, {Name: "b", User: "jiro", Password: "Battery-Staple-8"}}
			o.Scope.Consent.Requests = []ConsentedRequest{{Method: "POST", Path: "/confirm", Fields: []string{"x"}}}
		})
	}
	asked := 0
	send := func(c *Client, p Purpose, account string) error {
		asked++ // an equal asking would be answered from the journal
		r := post(t, shop.URL+"/login", fmt.Sprintf("user=%s&n=%d", map[string]string{"b": "jiro"}[account]+map[string]string{"a": "taro", "": "nobody"}[account], asked))
		r.Purpose, r.Account, r.Parameter = p, account, "user"
		if p == Agreed {
			r.URL.Path, r.Body = "/confirm", fmt.Appendf(nil, "x=%d", asked)
		}
		_, err := c.Do(t.Context(), r)
		return err
	}
	c := open()
	for _, x := range []struct {
		p       Purpose
		account string
		n       int
	}{{SignIn, "a", maxSignIns - 1}, {SignIn, "b", 1}, {Guess, "", maxGuesses - 1}, {Lockout, "a", maxLockouts - 1}, {SignOut, "a", 3}, {Cart, "", 1}, {Agreed, "", 1}} {
		for range x.n {
			if err := send(c, x.p, x.account); err != nil {
				t.Fatalf("%s: %v", x.p, err)
			}
		}
	}
	// Refused before it leaves: the budget is used up, and the bound is not.
	tight := open()
	tight.spend.limit.Requests = 1
	wantErr(t, send(tight, Guess, ""), ErrBudget)
	if n := tight.may.used[Guess][""]; n != maxGuesses-1 {
		t.Errorf("a guess that did not leave was counted: %d", n)
	}
	c.Stop("broken off")
	again := open()
	for _, x := range []struct {
		p       Purpose
		account string
	}{{SignIn, "a"}, {Guess, ""}, {Lockout, "a"}} {
		if err := send(again, x.p, x.account); err != nil {
			t.Errorf("%s: the last one was refused: %v", x.p, err)
		}
		if err := send(again, x.p, x.account); !errors.Is(err, ErrConsent) {
			t.Errorf("%s: one more than agreed: %v", x.p, err)
		}
	}
	if err := send(again, Lockout, "b"); !errors.Is(err, ErrConsent) {
		t.Errorf("the bound of lockouts is the run's, not the account's: %v", err)
	}
	if err := send(again, SignIn, "b"); err != nil {
		t.Errorf("another account: %v", err)
	}
	want := map[Purpose]int{SignIn: maxSignIns + 2, Guess: maxGuesses, Lockout: maxLockouts, SignOut: 3, Cart: 1, Agreed: 1}
	got := map[Purpose]int{}
	for _, e := range j.Entries() {
		if e.State != Sent {
			continue
		}
		got[e.Purpose]++
		if e.Account == "" && (e.Purpose == SignIn || e.Purpose == Lockout || e.Purpose == SignOut) || e.Parameter != "user" || e.Check != "signin" || e.Why == "" || e.Method != "POST" {
			t.Errorf("ledger line says too little: %+v", e)
		}
	}
	for p, n := range want {
		if got[p] != n {
			t.Errorf("the ledger has %d lines of %q, want %d", got[p], p, n)
		}
	}
	if err := VerifyLedger(j.Entries()); err != nil {
		t.Error(err)
	}
}

// A consent that ends in the middle of a run ends the run within 2 s, with
// what is under way.
func TestConsentEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := agreed(time.Now(), func(s *Scope) { s.Consent.Until = time.Now().Add(3 * time.Second) })
		c, err := NewClient(Options{Scope: s, Courtesy: NewCourtesy()})
		if err != nil {
			t.Fatal(err)
		}
		resolveTo("127.0.0.1")(&c.opt)
		var last atomic.Int64
		piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
			last.Store(time.Now().UnixNano())
			if r.URL.Path == "/slow" {
				time.Sleep(time.Minute)
			}
			_, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			return err == nil
		}))
		for i := range 4 {
			_, _ = c.Do(t.Context(), get(t, fmt.Sprintf("http://shop.example/%d", i)))
		}
		_, err = c.Do(t.Context(), get(t, "http://shop.example/slow"))
		if d := time.Since(s.Consent.Until); d < 0 || d > 2*time.Second || !errors.Is(err, ErrStopped) {
			t.Errorf("stopped %s after the end: %v", d, err)
		}
		_, err = c.Do(t.Context(), get(t, "http://shop.example/after"))
		wantErr(t, err, ErrStopped)
		if reason, _ := c.Stopped(); !c.Expired() || !strings.Contains(reason, "consent") || time.Unix(0, last.Load()).After(s.Consent.Until) {
			t.Errorf("reason %q, last request %s after the end", reason, time.Unix(0, last.Load()).Sub(s.Consent.Until))
		}
		over(c)
		time.Sleep(2 * time.Minute) // the slow answer is over too
	})
}

// Each part of a consent is asked for by name, and narrows.
func TestConsentFaults(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	if f := agreed(now).Faults(now); len(f) != 0 {
		t.Fatalf("a whole consent has faults: %v", f)
	}
	for _, tc := range []struct {
		field   string
		problem Problem
		change  func(*Scope)
	}{
		{"consent.person", Missing, func(s *Scope) { s.Consent.Person = " " }},
		{"consent.organisation", Missing, func(s *Scope) { s.Consent.Organisation = "" }},
		{"consent.for", Missing, func(s *Scope) { s.Consent.For = "" }},
		{"consent.given", Missing, func(s *Scope) { s.Consent.Given = time.Time{}; s.Consent.Until = now.Add(time.Hour) }},
		{"consent.given", TooEarly, func(s *Scope) { s.Consent.Given = now.Add(time.Hour) }},
		{"consent.until", Missing, func(s *Scope) { s.Consent.Until = time.Time{} }},
		{"consent.until", TooEarly, func(s *Scope) { s.Consent.Until = s.Consent.Given }},
		{"consent.until", Ended, func(s *Scope) { s.Consent.Until = now }},
		{"consent.until", TooLong, func(s *Scope) { s.Consent.Until = now.Add(400 * 24 * time.Hour) }},
		{"consent.hosts", Missing, func(s *Scope) { s.Consent.Hosts = nil }},
		{"consent.hosts", Malformed, func(s *Scope) { s.Consent.Hosts = append(s.Consent.Hosts, "https://*.shop.example") }},
		{"consent.hosts", NotListed, func(s *Scope) { s.Hosts = append(s.Hosts, "https://shop.example") }},
		{"consent.level", Missing, func(s *Scope) { s.Consent.Level = Offline }},
		{"consent.level", TooLow, func(s *Scope) { s.Level = Full }},
		{"consent.windows", Malformed, func(s *Scope) { s.Consent.Windows = []Window{{From: "2", Until: "5"}} }},
		{"consent.per_second", Malformed, func(s *Scope) { s.Consent.PerSecond = 100 }},
		{"consent.per_second", TooLow, func(s *Scope) { s.Rate.PerSecond = 5 }},
		{"consent.hosting", Missing, func(s *Scope) { s.Consent.Hosting = "" }},
		{"consent.hosting", Malformed, func(s *Scope) { s.Consent.Hosting = "yes" }},
		{"consent.hosting", Malformed, func(s *Scope) { s.Consent.Hosting = "不要" }},
		{"consent.accounts", Unknown, func(s *Scope) { s.Consent.Accounts = []string{"c"} }},
		{"consent.acts", Unknown, func(s *Scope) { s.Consent.Acts = []string{"order"} }},
		{"accounts.mailbox", Missing, func(s *Scope) { s.Consent.Acts = []string{ActMail} }},
		{"consent.requests[1].path", Malformed, func(s *Scope) {
			s.Consent.Requests = []ConsentedRequest{{Method: "POST", Path: "/a*", Fields: []string{"x"}}}
		}},
		{"consent.requests[1].method", Unknown, func(s *Scope) {
			s.Consent.Requests = []ConsentedRequest{{Method: "post", Path: "/a", Fields: []string{"x"}}}
		}},
		{"consent.requests[1].fields", Missing, func(s *Scope) { s.Consent.Requests = []ConsentedRequest{{Method: "POST", Path: "/a"}} }},
		{"proof.token", Missing, func(s *Scope) { s.Proof.Token = "" }},
		{"proof.token", Malformed, func(s *Scope) { s.Proof.Token = "1" }},
		{"accounts[2].name", Twice, func(s *Scope) { s.Accounts[1].Name = "a" }},
		{"accounts[1].name", Malformed, func(s *Scope) { s.Accounts[0].Name = "A B" }},
		{"accounts[1].role", Unknown, func(s *Scope) { s.Accounts[0].Role = "root" }},
		{"accounts[1].user", Missing, func(s *Scope) { s.Accounts[0].User = "" }},
		{"accounts[1].login_url", NotListed, func(s *Scope) { s.Accounts[0].LoginURL = "https://id.example/login" }},
	} {
		s := agreed(now, tc.change)
		found := s.Faults(now)
		if !slices.ContainsFunc(found, func(f *Fault) bool { return f.Field == tc.field && f.Problem == tc.problem }) {
			t.Errorf("%s %s: found %v", tc.field, tc.problem, found)
		}
		_, err := NewClient(Options{Scope: s, Now: func() time.Time { return now }})
		wantErr(t, err, ErrConsent)
	}
	s := agreed(now, func(s *Scope) { s.Consent.PerSecond = 0.5 })
	if r := s.perSecond(); r != 0.5 {
		t.Errorf("%g requests/s, agreed are 0.5", r)
	}
	s.Level = Safe
	if f := s.Faults(now); len(f) != 0 {
		t.Errorf("level safe needs no consent: %v", f)
	}
}
