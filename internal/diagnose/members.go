package diagnose

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"miseban/internal/check"
	"miseban/internal/crawl"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// SeenAccount is what became of one test account.
type SeenAccount struct {
	Name     string       `json:"name"`
	Role     string       `json:"role,omitempty"`
	SignedIn bool         `json:"signed_in"`
	Why      check.Reason `json:"why,omitzero"` // why it could not be used
	Way      signin.Way   `json:"way,omitempty"`
	Door     string       `json:"door,omitempty"`  // page with the sign-in
	Proof    string       `json:"proof,omitempty"` // address that shows whether somebody is signed in
	Cost     signin.Cost  `json:"cost,omitzero"`
	// Pages were seen signed in, and Forms counts the forms on them.
	Pages   []SeenPage `json:"pages,omitempty"`
	Forms   int        `json:"forms,omitempty"`
	Skipped []SeenSkip `json:"skipped,omitempty"`
}

// otherPages bounds what is seen as the second customer and as the
// administrator: enough to know what is theirs.
const otherPages = 25

// signIn signs the test accounts in and looks at the shop with their eyes. A
// run without accounts, or below level active, has none.
func signIn(ctx context.Context, cfg Config, site *check.Site) (*signin.Accounts, error) {
	scope := cfg.Client.Scope()
	if len(scope.Accounts) == 0 || scope.Level < wire.Active && scope.Level != wire.Offline || len(site.Pages) == 0 {
		return nil, nil
	}
	in := signin.Config{Client: cfg.Client, Start: site.Start, Pages: site.Pages, Browser: cfg.SignIn}
	for _, k := range site.Known {
		if cfg.Client.Scope().HasOrigin(k.URL) && k.Effect != page.Writes {
			in.Known = append(in.Known, k.URL)
		}
	}
	accounts := signin.New(in)
	if err := accounts.SignIn(ctx); err != nil {
		return accounts, err
	}
	for i, s := range append(accounts.Customers(), accounts.Admins()...) {
		c := crawl.Config{Start: []*url.URL{site.Start}, Intel: cfg.Intel, Now: cfg.Now(), Progress: crawlProgress(cfg)}
		if i > 0 {
			c.MaxPages = otherPages
		}
		seen, err := crawl.Member(ctx, cfg.Client, c, s, site)
		var reason *signin.Reason
		switch {
		case err == nil || errors.Is(err, wire.ErrBudget):
			site.SignedIn = append(site.SignedIn, seen)
			cfg.Run.Seen.Accounts = append(cfg.Run.Seen.Accounts, seenAccount(s, seen))
		case errors.As(err, &reason), errors.Is(err, signin.ErrLost), !ends(ctx, cfg, err):
			continue
		default:
			return accounts, err
		}
	}
	return accounts, nil
}

// ends says that err is the end of the run, not of one account's crawl.
func ends(ctx context.Context, cfg Config, err error) bool {
	_, stopped := cfg.Client.Stopped()
	return ctx.Err() != nil || stopped || errors.Is(err, wire.ErrWindow)
}

func seenAccount(s *signin.Session, m *check.SignedIn) SeenAccount {
	a := SeenAccount{Forms: len(m.Forms)}
	for _, p := range m.Pages {
		a.Pages = append(a.Pages, SeenPage{URL: p.URL.String(), Kind: p.Kind, Status: p.Ex.Status, Title: p.Title, ID: p.Ex.ID})
	}
	for _, k := range m.Skipped {
		if k.Form == nil {
			x := SeenSkip{What: k.What, Why: k.Why}
			if k.URL != nil {
				x.URL = k.URL.String()
			}
			a.Skipped = append(a.Skipped, x)
		}
	}
	a.Name = s.Name()
	return a
}

// settleAccounts writes what the test accounts came to, once nothing more is asked.
func settleAccounts(run *Run, accounts *signin.Accounts, m *wire.Masker) {
	old := run.Seen.Accounts
	run.Seen.Accounts = nil
	for _, s := range accounts.All() {
		a := SeenAccount{Name: s.Name()}
		for _, o := range old {
			if o.Name == s.Name() {
				a = o
			}
		}
		a.Role, a.SignedIn, a.Way, a.Cost = s.Account().Role, s.Usable(), s.Way(), s.Cost()
		if u := s.Door(); u != nil {
			a.Door = m.URL(u.String())
		}
		if u := s.Proved(); u != nil {
			a.Proof = m.URL(u.String())
		}
		if why := s.Why(); why != nil {
			a.Why = check.Reason{Message: why.Message, Args: why.Args}
		}
		for i := range a.Pages {
			a.Pages[i].URL, a.Pages[i].Title = m.URL(a.Pages[i].URL), m.Text(a.Pages[i].Title)
		}
		for i := range a.Skipped {
			a.Skipped[i].URL = m.URL(a.Skipped[i].URL)
		}
		run.Seen.Accounts = append(run.Seen.Accounts, a)
	}
}

// offersOf is what signed-in accounts, and a mailbox that the scope names, add to
// what a run can give: mails reach it whether or not its account could be signed in.
// A run that is judged again has what it had.
func offersOf(cfg Config, a *signin.Accounts) check.Need {
	var n check.Need
	scope := cfg.Client.Scope()
	if slices.Contains(scope.Consent.Acts, wire.ActMail) {
		for _, acc := range scope.Accounts {
			box := acc.Mailbox
			if box != "" && (scope.Level == wire.Offline || cfg.Mails != nil && cfg.Mails.Accepts(box)) {
				n |= check.Mailbox
			}
		}
	}
	switch c := a.Customers(); {
	case len(c) >= 2:
		n |= check.Account | check.TwoAccounts
	case len(c) == 1:
		n |= check.Account
	}
	return n
}
