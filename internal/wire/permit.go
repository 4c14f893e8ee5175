package wire

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// permissions counts what the gate let pass for a purpose.
type permissions struct {
	mu     sync.Mutex
	used   map[Purpose]map[string]int // by account; "" where there is none
	proven map[string]bool            // origins whose control was proven in this run
}

// bounds are how often a purpose may be used in one run, for each account. A
// resumed run goes on counting where its ledger ends.
var bounds = map[Purpose]int{SignIn: maxSignIns, Guess: maxGuesses, Lockout: maxLockouts}

// bounded says whether r is counted. Reading the page with the form is not.
func bounded(r *Request) bool {
	return bounds[r.Purpose] > 0 && writes(r.Method) || r.Purpose == Guess || r.Purpose == Lockout
}

// spend takes one use of r's purpose, or says that there is none left.
func (p *permissions) spend(r *Request) error {
	if !bounded(r) {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := r.Account
	if r.Purpose != SignIn { // the bounds of wrong passwords hold for the run
		key = ""
	}
	if p.used[r.Purpose][key] >= bounds[r.Purpose] {
		return fmt.Errorf("%s: %d of this run were made: %w", r.Purpose, bounds[r.Purpose], ErrConsent)
	}
	p.count(r.Purpose, r.Account, 1)
	return nil
}

// count notes n uses; p is locked, or not yet shared.
func (p *permissions) count(purpose Purpose, account string, n int) {
	if p.used == nil {
		p.used = map[Purpose]map[string]int{}
	}
	if p.used[purpose] == nil {
		p.used[purpose] = map[string]int{}
	}
	if purpose != SignIn {
		account = ""
	}
	p.used[purpose][account] += n
}

// refund gives a use back that did not leave after all.
func (p *permissions) refund(r *Request) {
	if !bounded(r) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count(r.Purpose, r.Account, -1)
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
	if r.Purpose != NoPurpose && r.Level < Active {
		return fmt.Errorf("%s at level %s: %w", r.Purpose, r.Level, ErrLevel)
	}
	if r.Level >= Active && !IsLocal(r.URL.Hostname()) {
		if err := c.opt.Scope.Consent.covers(OriginOf(r.URL), r.Level, c.now()); err != nil {
			return err
		}
		if !c.may.isProven(OriginOf(r.URL)) {
			return fmt.Errorf("%s: control of the domain was not proven in this run: %w", r.URL.Hostname(), ErrConsent)
		}
	}
	if r.Purpose == NoPurpose {
		return nil
	}
	if err := c.purpose(r); err != nil {
		return err
	}
	return c.may.spend(r)
}

// purpose holds a request against the bounds of its purpose.
func (c *Client) purpose(r *Request) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf(string(r.Purpose)+": "+format+": %w", append(args, ErrConsent)...)
	}
	consent := &c.opt.Scope.Consent
	local := IsLocal(r.URL.Hostname())
	acc := c.account(r.Account)
	if ways := purposeMethods[r.Purpose]; len(ways) > 0 && !slices.Contains(ways, r.Method) {
		return refuse("not by %s", r.Method)
	}
	switch r.Purpose {
	case SignIn, SignOut, Lockout:
		if acc == nil {
			return refuse("account %q is not in the scope", r.Account)
		}
		if !local && !slices.Contains(consent.Accounts, acc.Name) {
			return refuse("the consent does not name account %q", acc.Name)
		}
	}
	switch r.Purpose {
	case SignIn:
		if writes(r.Method) && !carries(r, acc.User) && !carries(r, c.passwords[acc.Name]) && len(acc.Login) == 0 {
			return refuse("the request does not carry the account's name")
		}
	case SignOut, Guess:
	case Lockout:
		if !slices.Contains(consent.Acts, ActLockout) {
			return refuse("the consent does not name the act %q", ActLockout)
		}
		if writes(r.Method) && !carries(r, acc.User) {
			return refuse("the request does not carry the account's name")
		}
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

// purposeMethods are the methods that a purpose may use; what is agreed to one
// by one says its own.
var purposeMethods = map[Purpose][]string{
	SignIn: {"GET", "POST"}, SignOut: {"GET", "POST", "DELETE"}, Guess: {"GET", "POST"}, Lockout: {"GET", "POST"}, Cart: {"GET", "POST"},
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

// carries says whether the body holds value: plain, form-encoded, or in JSON.
func carries(r *Request, value string) bool {
	if value == "" {
		return false
	}
	inJSON, _ := json.Marshal(value) // never fails for a string
	for _, v := range []string{value, url.QueryEscape(value), url.PathEscape(value), strings.Trim(string(inJSON), `"`), strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)} {
		if bytes.Contains(r.Body, []byte(v)) {
			return true
		}
	}
	return false
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
	ct, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return nil, err
	case ct == "multipart/form-data":
		return partsOf(r.Body, params["boundary"], out)
	case ct != "application/x-www-form-urlencoded":
		return nil, fmt.Errorf("only forms can be agreed to by fields, not %q", ct)
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

// partsOf adds the names of the parts of a multipart form to names.
func partsOf(body []byte, boundary string, names []string) ([]string, error) {
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			return names, nil
		}
		if err != nil {
			return nil, err
		}
		if p.FormName() == "" {
			return nil, errors.New("a part without a name")
		}
		names = append(names, p.FormName())
	}
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

// Derive gives a value that is random to everybody else and the same each time
// the run is resumed or judged again: markers are made of it. It is 32 hex digits.
func (c *Client) Derive(label string) string {
	h := hmac.New(sha256.New, c.mask.Key())
	h.Write([]byte("derive\x00" + label))
	return hex.EncodeToString(h.Sum(nil)[:16])
}
