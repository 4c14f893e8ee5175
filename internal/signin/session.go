package signin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// Way is how an account was signed in.
type Way string

// The ways.
const (
	ByForm    Way = "form"
	ByJSON    Way = "json"
	ByBasic   Way = "basic"
	BySteps   Way = "steps"
	ByBrowser Way = "browser"
)

// proveEvery is after how many answers without a sign of the session it is
// proved anew; maxLosses is how often a session may be lost before the run
// gives up on it.
const (
	proveEvery = 20
	maxLosses  = 5
)

// Session is one test account's stay at the shop. It is safe for concurrent
// use; requests of one session leave one after the other, as PHP shops answer
// them anyway.
type Session struct {
	cfg     *Config
	account *wire.Account
	jar     string

	mu      sync.Mutex
	done    bool // SignIn came to an end
	out     outcome
	live    bool            // signed in by this process, not only in the record
	bearer  string          // token that is sent along
	before  []*http.Cookie  // held when the sign-in was sent
	given   *[]given        // Set-Cookie lines of the sign-in under way
	epoch   int             // grows with each loss
	since   int             // answers since the last sign of the session
	window  []string        // what was asked since then
	stale   map[string]bool // asked before a loss: to be asked again
	suspect map[string]int  // addresses after which the session was gone
	cost    Cost
}

// Cost counts what keeping signed in took.
type Cost struct {
	SignIns int `json:"sign_ins"`
	Proofs  int `json:"proofs"`
	Losses  int `json:"losses"`
	Asked   int `json:"asked"`
}

// outcome is what the record of a run keeps of a sign-in.
type outcome struct {
	Reason *Reason `json:"reason,omitempty"`
	Way    Way     `json:"way,omitempty"`
	Door   string  `json:"door,omitempty"`
	Proof  Proof   `json:"proof,omitzero"`
	Bearer string  `json:"bearer,omitempty"` // masked
	// Before and After are the cookies that carried the visitor before and after, by name with masked values.
	Before map[string]string `json:"before,omitempty"`
	After  map[string]string `json:"after,omitempty"`
	Given  []given           `json:"given,omitempty"`
	// Evidence are the exchanges of the sign-in, in order.
	Evidence []wire.ExchangeID `json:"evidence,omitempty"`
}

// given is one answer of a sign-in that set cookies.
type given struct {
	ID     wire.ExchangeID `json:"id"`
	Method string          `json:"method"`
	URL    string          `json:"url"`
	Status int             `json:"status"`
	Lines  []string        `json:"lines"` // of Set-Cookie, with masked values
}

func newSession(cfg *Config, acc *wire.Account, jar string) *Session {
	return &Session{cfg: cfg, account: acc, jar: jar, stale: map[string]bool{}, suspect: map[string]int{}}
}

// Name is what report and ledger call the account.
func (s *Session) Name() string { return s.account.Name }

// Account is the account as the scope has it.
func (s *Session) Account() *wire.Account { return s.account }

// Jar names the cookies of the session.
func (s *Session) Jar() string { return s.jar }

// Usable says that the account was signed in and not given up since.
func (s *Session) Usable() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done && s.out.Reason == nil
}

// Why is the reason for which the account cannot be used; nil when it can.
func (s *Session) Why() *Reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Reason
}

// Way says how the account was signed in.
func (s *Session) Way() Way { return s.out.Way }

// Door is the page with the sign-in, nil when it is not known.
func (s *Session) Door() *url.URL { return parsed(s.out.Door) }

// Proved is the address that shows whether somebody is signed in.
func (s *Session) Proved() *url.URL { return parsed(s.out.Proof.URL) }

// Cost is what keeping signed in took so far.
func (s *Session) Cost() Cost {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cost
}

// Evidence are the exchanges of the sign-in.
func (s *Session) Evidence() []wire.ExchangeID { return s.out.Evidence }

// Renewal compares the visitor's cookies before and after the sign-in: kept are
// those whose value stayed, renewed those whose value changed or that came new.
func (s *Session) Renewal() (kept, renewed []string) {
	for _, name := range slices.Sorted(maps.Keys(s.out.After)) {
		if (page.SetCookie{Name: name, Value: s.out.After[name]}).Session() == page.NoSession {
			continue
		}
		if was, ok := s.out.Before[name]; ok && was == s.out.After[name] {
			kept = append(kept, name)
		} else {
			renewed = append(renewed, name)
		}
	}
	return kept, renewed
}

// Given are the answers by which the shop set cookies while the account was
// signed in, in order: their address, status and Set-Cookie lines with masked
// values, and nothing else.
func (s *Session) Given() []*wire.Exchange {
	var out []*wire.Exchange
	for _, g := range s.out.Given {
		if u := parsed(g.URL); u != nil {
			out = append(out, &wire.Exchange{ID: g.ID, Method: g.Method, URL: u, RawURL: g.URL, Status: g.Status, Header: http.Header{"Set-Cookie": g.Lines}})
		}
	}
	return out
}

// SignIn signs the account in. It tries once: a refusal is final for the run,
// so that no account is locked. The error is a *Reason, or what ends the run.
func (s *Session) SignIn(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signIn(ctx)
}

func (s *Session) signIn(ctx context.Context) error {
	if s.done {
		return s.reason()
	}
	c := s.cfg.Client
	out, err := wire.Observe(ctx, c, wire.KindHTTP, "sign-in "+s.jar, wire.Active, wire.Origin{Check: "sign-in", Why: "sign-in of account " + s.account.Name}, func(ctx context.Context) (outcome, error) {
		out, err := s.attempt(ctx)
		s.live = err == nil && out.Reason == nil
		return out, err
	})
	if err != nil {
		if over(ctx, err) {
			return err
		}
		out.Reason = because(NoAnswer, map[string]string{"why": err.Error()})
	}
	s.done, s.out = true, out
	if !s.live {
		s.bearer = out.Bearer // masked, which is all that a replay needs
	}
	return s.reason()
}

func (s *Session) reason() error {
	if s.out.Reason != nil {
		return s.out.Reason
	}
	return nil
}

// over says that no further request of the run can leave.
func over(ctx context.Context, err error) bool {
	for _, e := range []error{wire.ErrStopped, wire.ErrBudget, wire.ErrWindow, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, e) {
			return true
		}
	}
	return ctx.Err() != nil
}

// Do asks r as the account. What may sign out, withdraw or change something is
// refused below level full unless it has a purpose. The answer counts only
// together with a later proof: use it inside Trust.
func (s *Session) Do(ctx context.Context, r *wire.Request) (*wire.Exchange, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.signIn(ctx); err != nil {
		return nil, err
	}
	if err := s.mayAsk(r); err != nil {
		return nil, err
	}
	if s.since >= proveEvery {
		if err := s.settle(ctx); err != nil && !errors.Is(err, ErrLost) {
			return nil, err
		}
	}
	q := *r
	key := keyOf(&q)
	if s.stale[key] {
		q.Again = true
		delete(s.stale, key)
	}
	ex, err := s.send(ctx, &q)
	if err == nil && !ex.Replayed && !s.live && !s.offline() {
		// The record of the run knows this session, the shop does not any more.
		if err := s.again(ctx); err != nil {
			return nil, err
		}
		q.Again = true
		ex, err = s.send(ctx, &q)
	}
	if err != nil {
		return nil, err
	}
	s.cost.Asked++
	if s.out.Proof.shownBy(s.mask(), page.Parse(ex)) {
		s.since, s.window = 0, nil
	} else {
		s.since++
		s.window = append(s.window, key)
	}
	return ex, nil
}

// DoWith is Do with some cookies replaced, in a jar that label names: what the
// shop makes of a value that the browser could change.
func (s *Session) DoWith(ctx context.Context, label string, change map[string]string, r *wire.Request) (*wire.Exchange, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.signIn(ctx); err != nil {
		return nil, err
	}
	if err := s.mayAsk(r); err != nil {
		return nil, err
	}
	t := newSession(s.cfg, s.account, s.jar+"-"+label)
	t.bearer = s.bearer
	var set []*http.Cookie
	for _, c := range s.Cookies(r.URL) {
		set = append(set, &http.Cookie{Name: c.Name, Value: c.Value, Path: "/"})
	}
	for _, name := range slices.Sorted(maps.Keys(change)) {
		set = append(set, &http.Cookie{Name: name, Value: change[name], Path: "/"})
	}
	s.cfg.Client.DropJar(t.jar)
	s.cfg.Client.SetJarCookies(t.jar, r.URL, set)
	ex, err := t.send(ctx, r)
	if err == nil && !ex.Replayed && !s.live && !s.offline() {
		return nil, ErrLost // the record knows the session, the shop does not any more
	}
	if err == nil {
		s.cost.Asked++
		s.since++ // the session itself is proved afterwards
	}
	return ex, err
}

// Carried are the cookies that the account held after the sign-in, by name. The values are masked.
func (s *Session) Carried() map[string]string { return maps.Clone(s.out.After) }

// mayAsk keeps a signed-in visitor away from what acts.
func (s *Session) mayAsk(r *wire.Request) error {
	if s.suspect[r.URL.String()] >= 2 {
		return fmt.Errorf("%s: the session was gone after it: %w", r.URL.Path, ErrActs)
	}
	if s.offline() || r.Purpose != wire.NoPurpose || r.Reads != "" || s.cfg.Client.Scope().Level >= wire.Full && r.Level >= wire.Full {
		return nil
	}
	if effect, why := page.ClassifyRequest(r.Method, r.URL, r.Header.Get("Content-Type"), r.Body); effect == page.Writes {
		return fmt.Errorf("%s (%s): %w", r.URL.Path, why, ErrActs)
	}
	return nil
}

// Trust runs f, whose requests go through Do, and then proves that the session
// held. When it did not, everything that f saw is to be forgotten: forget is
// called, the account is signed in anew and f runs once more. A second loss is ErrLost.
func (s *Session) Trust(ctx context.Context, f func() error, forget func()) error {
	for range 2 {
		s.mu.Lock()
		err := s.signIn(ctx)
		before := s.epoch
		s.mu.Unlock()
		if err != nil {
			return err
		}
		ferr := f()
		if ferr != nil && over(ctx, ferr) {
			return ferr
		}
		s.mu.Lock()
		err = s.settle(ctx)
		held := s.epoch == before
		s.mu.Unlock()
		if err != nil && !errors.Is(err, ErrLost) {
			forget()
			return err
		}
		if err == nil && held {
			return ferr
		}
		forget()
	}
	return ErrLost
}

// Prove shows now whether the session still holds, and signs in again when it
// does not: then false is returned, and what was seen since the last proof is void.
func (s *Session) Prove(ctx context.Context) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.signIn(ctx); err != nil {
		return false, err
	}
	s.since = max(s.since, 1)
	err := s.settle(ctx)
	if errors.Is(err, ErrLost) {
		return false, nil
	}
	return err == nil, err
}

// settle proves the session if anything was answered since the last proof. On
// a loss the account is signed in again and ErrLost returned.
func (s *Session) settle(ctx context.Context) error {
	if s.since == 0 {
		return nil
	}
	ok, err := s.prove(ctx)
	switch {
	case errors.Is(err, wire.ErrNotStored):
		return nil // offline: what was stored had been proved
	case err != nil:
		return err
	case ok:
		s.since, s.window = 0, nil
		return nil
	case !s.live && !s.offline():
		s.void()
		if err := s.again(ctx); err != nil {
			return err
		}
		return ErrLost
	}
	s.cost.Losses++
	for _, k := range s.window {
		s.suspect[addressOf(k)]++
	}
	s.void()
	if s.cost.Losses > maxLosses {
		s.out.Reason = because(LostAgain, nil)
		return s.out.Reason
	}
	if s.offline() {
		return ErrLost
	}
	if err := s.again(ctx); err != nil {
		return err
	}
	return ErrLost
}

// void forgets the answers since the last proof.
func (s *Session) void() {
	s.epoch++
	for _, k := range s.window {
		s.stale[k] = true
	}
	s.since, s.window = 0, nil
}

// again signs in once more after a loss, in the way that worked before.
func (s *Session) again(ctx context.Context) error {
	s.cfg.Client.DropJar(s.jar)
	s.bearer = ""
	out, err := s.attempt(ctx)
	if err != nil {
		if !over(ctx, err) {
			s.out.Reason = because(NoAnswer, map[string]string{"why": err.Error()})
			return s.out.Reason
		}
		return err
	}
	if out.Reason != nil {
		s.out.Reason = out.Reason
		return out.Reason
	}
	s.live = true
	return nil
}

// Another is a further session of the same account, signed in on its own, for
// what would end or disturb the first. label tells it from others in the record.
func (s *Session) Another(ctx context.Context, label string) (*Session, error) {
	t := newSession(s.cfg, s.account, s.jar+"-"+label)
	return t, t.SignIn(ctx)
}

// Hold puts the given cookies into the session's jar: what an old session may still do.
func (s *Session) Hold(u *url.URL, cookies []*http.Cookie) {
	s.cfg.Client.SetJarCookies(s.jar, u, cookies)
}

// Cookies are what the session would send to u.
func (s *Session) Cookies(u *url.URL) []*http.Cookie {
	return s.cfg.Client.JarCookies(s.jar, u.String())
}

// send asks r in the session as it is.
func (s *Session) send(ctx context.Context, r *wire.Request) (*wire.Exchange, error) {
	q := *r
	q.Jar, q.Account, q.Level = s.jar, s.account.Name, max(q.Level, wire.Active)
	if q.Origin.Check == "" {
		q.Origin.Check = "sign-in"
	}
	if s.bearer != "" {
		q.Header = q.Header.Clone()
		if q.Header == nil {
			q.Header = http.Header{}
		}
		q.Header.Set("Authorization", s.scheme()+" "+s.bearer)
	}
	ex, err := s.cfg.Client.Do(ctx, &q)
	if err == nil && s.given != nil {
		at := *ex.URL // its parameters may hold what is secret
		at.RawQuery, at.Fragment = "", ""
		g := given{ID: ex.ID, Method: ex.Method, URL: at.String(), Status: ex.Status}
		for _, l := range ex.Header.Values("Set-Cookie") {
			g.Lines = append(g.Lines, s.mask().Header("Set-Cookie", l))
		}
		if len(g.Lines) > 0 {
			*s.given = append(*s.given, g)
		}
	}
	return ex, err
}

func (s *Session) scheme() string {
	if s.account.Basic {
		return "Basic"
	}
	return "Bearer"
}

func (s *Session) offline() bool      { return s.cfg.Client.Scope().Level == wire.Offline }
func (s *Session) mask() *wire.Masker { return s.cfg.Client.Masker() }

func parsed(raw string) *url.URL {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil
	}
	return u
}

// keyOf tells requests apart that would be answered from the record alike.
func keyOf(r *wire.Request) string {
	var b strings.Builder
	b.WriteString(r.URL.String())
	b.WriteString("\n" + r.Method + "\n")
	for _, k := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(&b, "%s=%q\n", k, r.Header[k])
	}
	b.Write(r.Body)
	return b.String()
}

func addressOf(key string) string {
	u, _, _ := strings.Cut(key, "\n")
	return u
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
