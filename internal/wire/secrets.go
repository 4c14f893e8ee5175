package wire

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"os"
	"slices"
	"strings"
	"unicode"
)

// ErrSecret says that the password of a test account is not at hand. Passwords
// are not stored with a run, so a resumed run needs them again.
var ErrSecret = errors.New("the password of a test account is not at hand")

const (
	minSecret = 4 // shorter ones stand everywhere, so nothing could be masked
	maxSecret = 4 << 10
)

// Resolve reads the value that s is or refers to.
func (s Secret) Resolve() (string, error) {
	v := string(s)
	if name, ok := strings.CutPrefix(v, "env:"); ok {
		if v, ok = os.LookupEnv(name); !ok || v == "" {
			return "", fmt.Errorf("environment variable %s is not set: %w", name, ErrSecret)
		}
	} else if name, ok := strings.CutPrefix(v, "file:"); ok {
		b, err := os.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrSecret, err)
		}
		v = strings.TrimRight(string(b), "\r\n")
	}
	switch {
	case v == "":
		return "", fmt.Errorf("no password is given: %w", ErrSecret)
	case len(v) < minSecret:
		return "", fmt.Errorf("a password of fewer than %d characters: %w", minSecret, ErrSecret)
	case len(v) > maxSecret:
		return "", fmt.Errorf("a password longer than %d bytes: %w", maxSecret, ErrSecret)
	}
	return v, nil
}

// Inline says that the value itself stands in the scope file, not where it is.
func (s Secret) Inline() bool { return s != "" && s.Reference() == "" }

// WeakSecret says that v is too plain to be told from the words of a page, so
// that only what the run sends can be masked, not what the shop answers.
func WeakSecret(v string) bool {
	kinds := 0
	for _, is := range []func(rune) bool{unicode.IsLower, unicode.IsUpper, unicode.IsDigit, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }} {
		if strings.IndexFunc(v, is) >= 0 {
			kinds++
		}
	}
	return len(v) < 8 || kinds < 2
}

// unlock reads the passwords of the scope's test accounts and lets the masker
// know them before anything is sent. Levels that sign nobody in need none.
func (c *Client) unlock() error {
	if c.opt.Scope.Level < Active {
		return nil
	}
	c.passwords = map[string]string{}
	for _, a := range c.opt.Scope.Accounts {
		v, err := a.Password.Resolve()
		if err != nil {
			return fmt.Errorf("account %q: %w", a.Name, err)
		}
		c.passwords[a.Name] = v
		c.mask.hide(a.User, v, c.standIn(a.Name))
	}
	return nil
}

// Password is the password of a test account of the scope. Offline it is the
// stand-in that the records hold, so that a re-judged run asks the same again.
func (c *Client) Password(account string) (string, error) {
	if c.account(account) == nil {
		return "", fmt.Errorf("account %q is not in the scope: %w", account, ErrConsent)
	}
	if c.opt.Scope.Level == Offline {
		return c.standIn(account), nil
	}
	v, ok := c.passwords[account]
	if !ok {
		return "", fmt.Errorf("account %q at level %s: %w", account, c.opt.Scope.Level, ErrLevel)
	}
	return v, nil
}

// standIn is what records hold instead of a password: the same length whatever
// the password is, and the same in each replay.
func (c *Client) standIn(account string) string { return c.Derive("password " + account) }

// hidden is a password in one spelling, with what replaces it.
type hidden struct {
	spelling, with string
	weak           bool // replaced only in requests that carry it (Request.Account)
}

// hide makes the masker replace a password in every spelling in which forms,
// scripts and HTTP authentication carry it.
func (m *Masker) hide(user, password, with string) {
	spell := func(f func(string) string) { m.hideOne(f(password), f(with), WeakSecret(password)) }
	spell(func(s string) string { return s })
	spell(url.QueryEscape)
	spell(url.PathEscape)
	spell(func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") })
	spell(func(s string) string { return lowerEscapes(url.QueryEscape(s)) })
	spell(html.EscapeString)
	spell(func(s string) string {
		b, _ := json.Marshal(s) // never fails for a string
		return strings.Trim(string(b), `"`)
	})
	spell(func(s string) string { return strings.ReplaceAll(s, "/", `\/`) })
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		m.hideOne(enc.EncodeToString([]byte(password)), enc.EncodeToString([]byte(with)), WeakSecret(password))
		m.hideOne(enc.EncodeToString([]byte(user+":"+password)), enc.EncodeToString([]byte(user+":"+with)), false)
	}
}

func (m *Masker) hideOne(spelling, with string, weak bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []hidden
	if p := m.hidden.Load(); p != nil {
		list = slices.Clone(*p)
	}
	if slices.ContainsFunc(list, func(h hidden) bool { return h.spelling == spelling }) {
		return
	}
	list = append(list, hidden{spelling, with, weak})
	slices.SortStableFunc(list, func(a, b hidden) int { return len(b.spelling) - len(a.spelling) }) // the longest spelling first
	m.hidden.Store(&list)
}

// unsecret replaces passwords in s. own is for requests that are known to carry
// one: there weak ones are replaced too, which elsewhere are words like others.
func (m *Masker) unsecret(s string, own bool) string {
	p := m.hidden.Load()
	if p == nil {
		return s
	}
	for _, h := range *p {
		if own || !h.weak {
			s = strings.ReplaceAll(s, h.spelling, h.with)
		}
	}
	return s
}

func (m *Masker) unsecretBytes(b []byte, own bool) []byte {
	if m.hidden.Load() == nil {
		return b
	}
	return []byte(m.unsecret(string(b), own))
}

func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			b[i+1], b[i+2] = b[i+1]|0x20, b[i+2]|0x20 // digits have the bit already
			i += 2
		}
	}
	return string(b)
}
