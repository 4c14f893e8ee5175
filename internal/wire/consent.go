package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Consent is the owner's recorded agreement to levels active and full
// (safety 2): who, for whom, when, until when, for which origins, how far.
// It can only narrow a Scope, never widen it.
type Consent struct {
	Person       string    `yaml:"person" json:"person"`             // who consents, a person of the shop
	Organisation string    `yaml:"organisation" json:"organisation"` // for which organisation
	For          string    `yaml:"for" json:"for"`                   // who may diagnose: person or firm
	Given        time.Time `yaml:"given" json:"given"`
	Until        time.Time `yaml:"until" json:"until"`
	Hosts        []string  `yaml:"hosts" json:"hosts"` // origins, as in Scope.Hosts
	Level        Level     `yaml:"level" json:"level"`
	// Windows are the hours agreed to; a request needs these and the scope's.
	Windows []Window `yaml:"windows,omitempty" json:"windows,omitempty"`
	// PerSecond is the highest rate agreed to; 0: the default.
	PerSecond float64 `yaml:"per_second,omitempty" json:"per_second,omitempty"`
	// Hosting says how the hosting provider's terms were settled: "obtained" with
	// date and reference, or "not needed" with the reason. Never empty.
	Hosting string `yaml:"hosting" json:"hosting"`
	// Accounts are the names of the test accounts that may be used.
	Accounts []string `yaml:"accounts,omitempty" json:"accounts,omitempty"`
	// Acts are named acts agreed to: "cart", "lockout", "mail".
	Acts []string `yaml:"acts,omitempty" json:"acts,omitempty"`
	// Requests are single requests below level full that may be sent although
	// they are not known to only read, for example a confirm step (入力 → 確認).
	Requests []ConsentedRequest `yaml:"requests,omitempty" json:"requests,omitempty"`
}

// ConsentedRequest is one (method, route, fields) entry of a consent (safety 6).
type ConsentedRequest struct {
	Method string   `yaml:"method" json:"method"`
	Path   string   `yaml:"path" json:"path"`     // exact path, no pattern
	Fields []string `yaml:"fields" json:"fields"` // every field that may be in it; nothing else
	Note   string   `yaml:"note,omitempty" json:"note,omitempty"`
}

// The named acts that a consent may hold.
const (
	ActCart    = "cart"    // one in-stock item into the run's own cart, taken out at the end
	ActLockout = "lockout" // at most ten wrong passwords on the test account
	ActMail    = "mail"    // mails to the consented test mailbox
)

// Proof is how control of the domain is shown (safety 2). Token is what the
// owner publishes; it is no secret.
type Proof struct {
	Token string `yaml:"token,omitempty" json:"token,omitempty"`
}

// Secret is a password or token of a test account. It is read from the scope
// file or, as "env:NAME" or "file:PATH", from elsewhere, and never written:
// not into the store, not into a log, not into a report.
type Secret string

// MarshalJSON and MarshalYAML keep references and drop values.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(fmt.Sprintf("%q", s.Reference())), nil }

// MarshalYAML is MarshalJSON for scope files that are written.
func (s Secret) MarshalYAML() (any, error) { return s.Reference(), nil }

// String hides the value from %v and logs.
func (s Secret) String() string { return s.Reference() }

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.Reference() }

// Reference is the part that may be shown: where the value comes from, or "".
func (s Secret) Reference() string {
	if strings.HasPrefix(string(s), "env:") || strings.HasPrefix(string(s), "file:") {
		return string(s)
	}
	return ""
}

// Account is a test account of the shop, made for the diagnosis.
type Account struct {
	Name string `yaml:"name" json:"name"` // how report and ledger call it: "a", "b", "admin"
	// Role is "customer" (default) or "admin".
	Role     string `yaml:"role,omitempty" json:"role,omitempty"`
	User     string `yaml:"user" json:"user"` // what is typed as user name or mail address
	Password Secret `yaml:"password" json:"password"`
	// Mailbox is the test address to which the shop may send mail.
	Mailbox string `yaml:"mailbox,omitempty" json:"mailbox,omitempty"`
	// Basic says that the account is for HTTP authentication (RFC 7617), not for a form.
	Basic bool `yaml:"basic,omitempty" json:"basic,omitempty"`
	// LoginURL is the page with the login form; empty: the one that the crawl finds.
	LoginURL string `yaml:"login_url,omitempty" json:"login_url,omitempty"`
	// Login are recorded steps for shops whose login is not recognised.
	Login []LoginStep `yaml:"login,omitempty" json:"login,omitempty"`
	// SignedIn is a text that a page shows only to who is signed in, with the page's address; empty: learned.
	SignedIn string `yaml:"signed_in,omitempty" json:"signed_in,omitempty"`
	ProveURL string `yaml:"prove_url,omitempty" json:"prove_url,omitempty"`
}

// LoginStep is one step of a recorded login. Values may hold {user} and {password}.
type LoginStep struct {
	Open   string            `yaml:"open,omitempty" json:"open,omitempty"`     // GET this address
	Submit string            `yaml:"submit,omitempty" json:"submit,omitempty"` // send the form with this id, name or action of the page just read; "" the first with a password
	Fill   map[string]string `yaml:"fill,omitempty" json:"fill,omitempty"`     // field → value
	JSON   string            `yaml:"json,omitempty" json:"json,omitempty"`     // POST this body as JSON to Open
	Expect string            `yaml:"expect,omitempty" json:"expect,omitempty"` // text that the answer must hold
}

// Purpose says why a request that is not known to only read may leave below
// level full. Each is counted and bounded by the gate.
type Purpose string

// The purposes (safety 6).
const (
	NoPurpose Purpose = ""
	// SignIn sends the credentials of Request.Account, a test account of the scope.
	SignIn Purpose = "sign-in"
	// SignOut ends a session that the run itself began (logout-invalidates).
	SignOut Purpose = "sign-out"
	// Guess is a sign-in with a random id or a wrong password of the test account
	// (user-enumeration): at most 4 a run.
	Guess Purpose = "guess"
	// Lockout is a wrong password of the test account: at most 10 a run, and only
	// where the consent names the act.
	Lockout Purpose = "lockout"
	// Cart is a step of the named act "cart".
	Cart Purpose = "cart"
	// Agreed is a request that the consent lists by method, route and fields.
	Agreed Purpose = "agreed"
)

// Bounds of the purposes in one run.
const (
	maxGuesses  = 4
	maxLockouts = 10
	maxSignIns  = 40 // an account is signed in again when the shop forgets it
)

// covers says whether the consent covers origin o at level l now. That it is
// whole was asked when the client was made (Scope.Faults).
func (c *Consent) covers(o string, l Level, now time.Time) error {
	switch {
	case now.Before(c.Given):
		return fmt.Errorf("consent begins %s: %w", c.Given.Format(time.RFC3339), ErrConsent)
	case !now.Before(c.Until):
		return fmt.Errorf("consent ended %s: %w", c.Until.Format(time.RFC3339), ErrConsent)
	case l > c.Level:
		return fmt.Errorf("consent is for level %s, not %s: %w", c.Level, l, ErrConsent)
	case !c.names(o):
		return fmt.Errorf("consent does not name %s: %w", o, ErrConsent)
	}
	return nil
}

// names says whether the consent lists origin o.
func (c *Consent) names(o string) bool {
	return slices.ContainsFunc(c.Hosts, func(h string) bool {
		u, err := url.Parse(h)
		return err == nil && u.Host != "" && OriginOf(u) == o
	})
}

// allowsRequest says whether one entry covers method, route and every field.
func (c *Consent) allowsRequest(method string, u *url.URL, fields []string) bool {
	return slices.ContainsFunc(c.Requests, func(r ConsentedRequest) bool {
		if !strings.EqualFold(r.Method, method) || r.Path != u.EscapedPath() {
			return false
		}
		for _, f := range fields {
			if !slices.Contains(r.Fields, f) {
				return false
			}
		}
		return true
	})
}

func writes(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, "TRACE":
		return false
	}
	return true
}
