package wire

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// ErrDestructive refuses a value that could alter or delete data if it reached
// an interpreter of the shop (safety 6).
var ErrDestructive = errors.New("value that could alter or delete data")

// permissions counts what the gate let pass for a purpose.
type permissions struct {
	mu      sync.Mutex
	signIns map[string]int // by account
	guesses int
	locks   int
	proven  map[string]bool // origins whose control was proven in this run
}

// permits says whether a request that provokes or may write is covered by
// proof, consent and purpose. It is asked after Scope.allows.
func (c *Client) permits(r *Request) error {
	for _, v := range r.Injected {
		if err := Harmless(v); err != nil {
			return err
		}
	}
	if len(r.Injected) > 0 && r.Level < Active {
		return fmt.Errorf("a provoking value at level %s: %w", r.Level, ErrLevel)
	}
	if r.Level >= Active && !IsLocal(r.URL.Hostname()) && !c.may.isProven(OriginOf(r.URL)) {
		return fmt.Errorf("%s: control of the domain was not proven in this run: %w", r.URL.Hostname(), ErrConsent)
	}
	if r.Purpose == NoPurpose {
		return nil
	}
	return c.purpose(r)
}

// purpose holds a request against the bounds of its purpose.
func (c *Client) purpose(r *Request) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf(string(r.Purpose)+": "+format+": %w", append(args, ErrConsent)...)
	}
	consent := &c.opt.Scope.Consent
	local := IsLocal(r.URL.Hostname())
	acc := c.account(r.Account)
	switch r.Purpose {
	case SignIn, SignOut, Lockout:
		if acc == nil {
			return refuse("account %q is not in the scope", r.Account)
		}
		if !local && !slices.Contains(consent.Accounts, acc.Name) {
			return refuse("the consent does not name account %q", acc.Name)
		}
	}
	c.may.mu.Lock()
	defer c.may.mu.Unlock()
	switch r.Purpose {
	case SignIn:
		if writes(r.Method) && !carries(r, acc.User) && !acc.Basic && len(acc.Login) == 0 {
			return refuse("the request does not carry the account's name")
		}
		if c.may.signIns == nil {
			c.may.signIns = map[string]int{}
		}
		if c.may.signIns[acc.Name] >= maxSignIns {
			return refuse("account %q was signed in %d times", acc.Name, maxSignIns)
		}
		c.may.signIns[acc.Name]++
	case SignOut:
	case Guess:
		if c.may.guesses >= maxGuesses {
			return refuse("%d tries were made", maxGuesses)
		}
		c.may.guesses++
	case Lockout:
		if !slices.Contains(consent.Acts, ActLockout) {
			return refuse("the consent does not name the act %q", ActLockout)
		}
		if c.may.locks >= maxLockouts {
			return refuse("%d tries were made", maxLockouts)
		}
		c.may.locks++
	case Cart:
		if !slices.Contains(consent.Acts, ActCart) {
			return refuse("the consent does not name the act %q", ActCart)
		}
	case Agreed:
		fields, err := fieldsOf(r)
		if err != nil {
			return refuse("%v", err)
		}
		if !consent.allowsRequest(r.Method, r.URL, fields) {
			return refuse("%s %s is not among the consented requests", r.Method, r.URL.EscapedPath())
		}
	default:
		return refuse("unknown purpose")
	}
	return nil
}

// account finds a test account of the scope by its name.
func (c *Client) account(name string) *Account {
	for i := range c.opt.Scope.Accounts {
		if a := &c.opt.Scope.Accounts[i]; a.Name == name {
			return a
		}
	}
	return nil
}

// carries says whether the body holds value, plain or form-encoded.
func carries(r *Request, value string) bool {
	return value != "" && (bytes.Contains(r.Body, []byte(value)) || bytes.Contains(r.Body, []byte(url.QueryEscape(value))) || bytes.Contains(r.Body, []byte(url.PathEscape(value))))
}

// fieldsOf lists the names in query and body of a form request.
func fieldsOf(r *Request) ([]string, error) {
	var out []string
	for k := range r.URL.Query() {
		out = append(out, k)
	}
	if len(r.Body) == 0 {
		return out, nil
	}
	ct, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if strings.TrimSpace(strings.ToLower(ct)) != "application/x-www-form-urlencoded" {
		return nil, fmt.Errorf("only form-encoded bodies can be agreed to by fields, not %q", ct)
	}
	v, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return nil, err
	}
	for k := range v {
		out = append(out, k)
	}
	return out, nil
}

func (p *permissions) isProven(origin string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.proven[origin]
}

// markProven notes that control of origin was shown in this run.
func (p *permissions) markProven(origin string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.proven == nil {
		p.proven = map[string]bool{}
	}
	p.proven[origin] = true
}

// never are signs and words that must not leave in a provoking value, because
// in an UPDATE or DELETE they can widen a condition, cut the rest of it off or
// begin another statement (design: checks, "How injection is looked for", 4).
var never = regexp.MustCompile(`(?i)\|` + `|;|--|/\*|#|\b(?:or|xor|union|insert|update|delete|drop|alter|truncate|create|grant|revoke|replace|merge|exec|execute|call|into|outfile|dumpfile|load_file|shutdown|benchmark|rm|mkfs|dd|kill|reboot)\b`)

// Harmless says whether a provoking value may leave. It is the coarse net; the
// test of the values that are shipped runs each in UPDATE and DELETE on three
// databases.
func Harmless(v string) error {
	if m := never.FindString(v); m != "" {
		return fmt.Errorf("%q: %w", m, ErrDestructive)
	}
	return nil
}

// Derive gives a value that is random to everybody else and the same each time
// the run is resumed or judged again: markers are made of it. It is 32 hex digits.
func (c *Client) Derive(label string) string {
	h := hmac.New(sha256.New, c.mask.Key())
	h.Write([]byte("derive\x00" + label))
	return hex.EncodeToString(h.Sum(nil)[:16])
}
