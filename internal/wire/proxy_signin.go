package wire

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// signing is the time in which one page of the browser may sign one account in.
type signing struct {
	page    string
	account *Account

	mu     sync.Mutex
	named  bool // a request with the name alone was let through
	done   bool // a request with the password was let through
	open   int
	ids    []ExchangeID
	answer []byte
}

// SignedIn is what left while a page signed an account in.
type SignedIn struct {
	Sent   bool         // a request with the account's password left
	Open   int          // requests whose answer is awaited
	IDs    []ExchangeID // of the sending, in order
	Answer []byte       // body of the last answer to it
}

// SignIn lets the page that PageHeader names sign account in until end is
// called: one POST to an origin of the scope that carries the account's
// password, and before it one that carries its name alone. Both meet the gate
// as requests for the purpose SignIn. Meanwhile nothing else of the page leaves
// with the password in its address. now tells what left so far.
func (p *Proxy) SignIn(account, page string) (now func() SignedIn, end func(), err error) {
	acc := p.c.account(account)
	if acc == nil || p.c.passwords[account] == "" {
		return nil, nil, fmt.Errorf("sign-in of account %q by the browser: %w", account, ErrConsent)
	}
	s := &signing{page: page, account: acc}
	if !p.signing.CompareAndSwap(nil, s) {
		return nil, nil, fmt.Errorf("sign-in of account %q: another is under way: %w", account, ErrConsent)
	}
	now = func() SignedIn {
		s.mu.Lock()
		defer s.mu.Unlock()
		return SignedIn{Sent: s.done, Open: s.open, IDs: slices.Clone(s.ids), Answer: s.answer}
	}
	return now, func() { p.signing.CompareAndSwap(s, nil) }, nil
}

// signs is the sign-in that a request of page belongs to; nil when there is none.
func (p *Proxy) signs(page string) *signing {
	if s := p.signing.Load(); s != nil && page != "" && s.page == page {
		return s
	}
	return nil
}

var (
	errInAddress = fmt.Errorf("a password in the address: %w", ErrConsent)
	errMoreSigns = fmt.Errorf("a sign-in is sent once: %w", ErrConsent)
)

// admits judges a request of the page that signs in. ours says that it is the
// sending itself; otherwise it is judged like any other.
func (s *signing) admits(c *Client, r *http.Request, q *Request) (ours bool, err error) {
	password := c.passwords[s.account.Name]
	if c.mask.unsecret(q.URL.Path, false) != q.URL.Path || c.mask.unsecret(q.URL.RawQuery, true) != q.URL.RawQuery {
		return false, errInAddress
	}
	name, secret := spells(q.Body, s.account.User), carries(q, password) && (!WeakSecret(password) || spells(q.Body, password))
	if q.Third || r.Method != http.MethodPost || !name && !secret {
		return false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.done, s.named && !secret:
		return false, errMoreSigns
	case secret:
		s.done = true
	default:
		s.named = true
	}
	s.open++
	q.Purpose, q.Level = SignIn, Active
	q.Origin = Origin{Check: "sign-in", Why: "sign-in by the page's script"}
	return true, nil
}

// spells says whether body holds user as a value of its own and not within a word.
func spells(body []byte, user string) bool {
	inWord := func(b byte) bool {
		return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80 || strings.IndexByte("/_-.", b) >= 0
	}
	for _, v := range []string{user, url.QueryEscape(user), url.PathEscape(user)} {
		for from := 0; v != ""; {
			i := bytes.Index(body[from:], []byte(v))
			if i < 0 {
				break
			}
			start, end := from+i, from+i+len(v)
			if (start == 0 || !inWord(body[start-1])) && (end == len(body) || !inWord(body[end])) {
				return true
			}
			from = start + 1
		}
	}
	return false
}

// answered keeps what the shop said to the sending; ex is nil when it said nothing.
func (s *signing) answered(ex *Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if ex != nil {
		s.ids, s.answer = append(s.ids, ex.ID), ex.Body
	}
}
