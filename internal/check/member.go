package check

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// SignedIn is what one test account saw of the shop that a visitor did not.
type SignedIn struct {
	Account string // its name in the scope
	Admin   bool   // it is an administrator's; everybody else is a customer
	Jar     string // the cookies that its requests carry
	// Given are the answers that set cookies while it was signed in: their
	// address and Set-Cookie lines with masked values alone.
	Given   []*wire.Exchange
	Pages   []*page.Page
	Forms   []*page.Form // distinct forms over all pages
	Points  []Point      // insertion points
	Known   []Known      // addresses that were found and not fetched
	Skipped []Skip
}

// As is what the account of that name saw; nil when it was not signed in.
func (s *Site) As(account string) *SignedIn {
	for _, m := range s.SignedIn {
		if m.Account == account {
			return m
		}
	}
	return nil
}

// Answers are the answers of the crawl, of the sign-ins that set cookies, and
// of the pages that members saw.
func (s *Site) Answers() []*wire.Exchange {
	out := slices.Clone(s.Exchanges)
	for _, m := range s.SignedIn {
		out = append(out, m.Given...)
		for _, pg := range m.Pages {
			out = append(out, pg.Ex)
		}
	}
	return out
}

// Members are the pages that customers saw signed in and that were answered
// with 200 as HTML, the first account's first.
func (s *Site) Members() []*page.Page {
	var out []*page.Page
	for _, m := range s.SignedIn {
		if m.Admin {
			continue
		}
		for _, p := range m.Pages {
			if p.HTML() && p.Ex.Status == http.StatusOK && p.Challenge == "" {
				out = append(out, p)
			}
		}
	}
	return out
}

// WithAccounts lets checks ask as the test accounts that were signed in.
func (r *Runner) WithAccounts(a *signin.Accounts) *Runner {
	r.accounts = a
	return r
}

// Customers names the test accounts that are customers and are signed in.
func (p *Pass) Customers() []string { return sessionNames(p.accounts.Customers()) }

// Admins names the test accounts that are administrators and are signed in.
func (p *Pass) Admins() []string { return sessionNames(p.accounts.Admins()) }

func sessionNames(list []*signin.Session) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.Name())
	}
	return out
}

// Session is the stay of a test account, for what is known of its sign-in;
// nil when the scope has no such account. Requests go through As.
func (p *Pass) Session(account string) *signin.Session { return p.accounts.Named(account) }

// Another is a further session of the account, signed in on its own, for what
// would end or disturb the first. Only one check at a time begins one.
func (p *Pass) Another(ctx context.Context, account, label string) (*signin.Session, error) {
	s := p.accounts.Named(account)
	if s == nil {
		return nil, errNoAccount
	}
	return s.Another(ctx, p.check.Name+"-"+label)
}

var errNoAccount = errors.New("the scope has no such test account")

// Visit is a test account's stay within As.
type Visit struct {
	p *Pass
	s *signin.Session
	// edits says that the visit may change the account's data, which others wait for.
	edits bool
}

// end lets the next check change the accounts' data.
func (v *Visit) end() {
	if v.edits {
		v.edits = false
		v.p.facts.edits.Unlock()
	}
}

// As lets f ask and judge as the test account. That the account was signed in
// all the while is proved afterwards; if it was not, all that f reported is
// taken back, and f runs once more after a new sign-in.
func (p *Pass) As(ctx context.Context, account string, f func(v *Visit) error) error {
	s := p.accounts.Named(account)
	if s == nil {
		return errNoAccount
	}
	return p.in(ctx, s, f)
}

// In is As for a session that Another began.
func (p *Pass) In(ctx context.Context, s *signin.Session, f func(v *Visit) error) error {
	return p.in(ctx, s, f)
}

func (p *Pass) in(ctx context.Context, s *signin.Session, f func(v *Visit) error) error {
	before := p.snapshot()
	return s.Trust(ctx, func() error {
		v := &Visit{p: p, s: s}
		defer v.end()
		return f(v)
	}, func() { p.restore(before) })
}

// Get asks for u as the account.
func (v *Visit) Get(ctx context.Context, u *url.URL, why string) (*page.Page, error) {
	return v.Do(ctx, &wire.Request{Method: http.MethodGet, URL: u, Origin: wire.Origin{Why: why}})
}

// Do sends r as the account, at the check's level.
func (v *Visit) Do(ctx context.Context, r *wire.Request) (*page.Page, error) {
	r.Level = max(r.Level, v.p.check.Level)
	r.Origin.Check = v.p.check.Name
	ex, err := v.s.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	pg := page.Parse(ex)
	if pg.Challenge != "" {
		v.p.mu.Lock()
		v.p.blocked++
		v.p.mu.Unlock()
	}
	return pg, nil
}

// DoWith is Do with some of the account's cookies replaced; label names the variant.
func (v *Visit) DoWith(ctx context.Context, label string, change map[string]string, r *wire.Request) (*page.Page, error) {
	r.Level = max(r.Level, v.p.check.Level)
	r.Origin.Check = v.p.check.Name
	ex, err := v.s.DoWith(ctx, v.p.check.Name+"-"+label, change, r)
	if err != nil {
		return nil, err
	}
	return page.Parse(ex), nil
}

// Session is the session itself.
func (v *Visit) Session() *signin.Session { return v.s }

// said is what a check said so far.
type said struct {
	examined           map[string]bool
	kinds              map[page.Kind]bool
	handlers           map[string]bool
	findings, notes    int
	blocked            int
	na, unsure, unseen *Reason
}

func (p *Pass) snapshot() said {
	p.mu.Lock()
	defer p.mu.Unlock()
	return said{maps.Clone(p.examined), maps.Clone(p.kinds), maps.Clone(p.handlers), len(p.findings), len(p.notes), p.blocked, p.na, p.unsure, p.unseen}
}

func (p *Pass) restore(b said) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.examined, p.kinds, p.handlers = maps.Clone(b.examined), maps.Clone(b.kinds), maps.Clone(b.handlers)
	p.findings, p.notes = p.findings[:b.findings], p.notes[:b.notes]
	p.blocked, p.na, p.unsure, p.unseen = b.blocked, b.na, b.unsure, b.unseen
}

// whyNoAccount says why no test account was signed in, when that is known.
func (r *Runner) whyNoAccount() *Reason {
	for _, s := range r.accounts.All() {
		if why := s.Why(); why != nil && s.Account().Role != "admin" {
			return &Reason{why.Message, why.Args}
		}
	}
	return nil
}

// CheckName is the name of the check that asks, for requests that a session sends by itself.
func (p *Pass) CheckName() string { return p.check.Name }

// Masker is the one that the run's records pass through: an answer from the
// record holds its tokens in place of secrets.
func (p *Pass) Masker() *wire.Masker { return p.client.Masker() }
