package wire

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Problem is what is wrong with one field of a scope.
type Problem string

// The problems. The command line says each in the user's words.
const (
	Missing   Problem = "missing"
	Malformed Problem = "malformed"
	Unknown   Problem = "unknown"    // names what the scope does not have
	TooLow    Problem = "too-low"    // less than the scope asks for
	TooEarly  Problem = "too-early"  // a time that is still to come, or before what it must follow
	Ended     Problem = "ended"      // a time that has passed
	TooLong   Problem = "too-long"   // a consent for more than a year
	NotListed Problem = "not-listed" // a host that the consent does not name
	Twice     Problem = "twice"
)

// Fault is one thing that keeps a scope from being used at its level.
type Fault struct {
	Field   string // "consent.person", "accounts[1].role"
	Problem Problem
	Value   string
}

// Error says the fault for who reads code; it unwraps to ErrConsent.
func (f *Fault) Error() string {
	s := f.Field + ": " + string(f.Problem)
	if f.Value != "" {
		s += fmt.Sprintf(" (%q)", f.Value)
	}
	return s
}

// Unwrap is ErrConsent: without a whole consent levels active and full stay shut.
func (f *Fault) Unwrap() error { return ErrConsent }

const longestConsent = 366 * 24 * time.Hour

var (
	accountName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,19}$`)
	tokenForm   = regexp.MustCompile(`^[A-Za-z0-9_-]{20,100}$`)
	fieldName   = regexp.MustCompile(`^[^\s=&]{1,100}$`)
)

// Faults are all that a scope of level active or full lacks, in the order of
// the file. Scopes of lower levels need none of it, and those that only name
// this machine no consent and no proof.
func (s *Scope) Faults(now time.Time) []*Fault {
	if s.Level <= Safe {
		return nil
	}
	f := faults{}
	f.accounts(s)
	if s.local() {
		f.acts(s)
		f.requests(s)
		return f
	}
	f.consent(s, now)
	f.acts(s)
	f.requests(s)
	if t := s.Proof.Token; t == "" {
		f.add("proof.token", Missing, "")
	} else if !tokenForm.MatchString(t) {
		f.add("proof.token", Malformed, t)
	}
	return f
}

type faults []*Fault

func (f *faults) add(field string, p Problem, value string) {
	*f = append(*f, &Fault{field, p, value})
}

func (f *faults) accounts(s *Scope) {
	seen := map[string]bool{}
	for i, a := range s.Accounts {
		at := fmt.Sprintf("accounts[%d].", i+1)
		switch {
		case a.Name == "":
			f.add(at+"name", Missing, "")
		case !accountName.MatchString(a.Name):
			f.add(at+"name", Malformed, a.Name)
		case seen[a.Name]:
			f.add(at+"name", Twice, a.Name)
		}
		seen[a.Name] = true
		if a.Role != "" && a.Role != "customer" && a.Role != "admin" {
			f.add(at+"role", Unknown, a.Role)
		}
		if a.User == "" {
			f.add(at+"user", Missing, "")
		}
		for _, p := range []struct{ field, url string }{{"login_url", a.LoginURL}, {"prove_url", a.ProveURL}} {
			if p.url == "" {
				continue
			}
			if u, err := url.Parse(p.url); err != nil || u.Host == "" {
				f.add(at+p.field, Malformed, p.url)
			} else if !s.HasOrigin(u) {
				f.add(at+p.field, NotListed, p.url)
			}
		}
	}
}

func (f *faults) consent(s *Scope, now time.Time) {
	c := &s.Consent
	for _, x := range []struct{ field, value string }{{"person", c.Person}, {"organisation", c.Organisation}, {"for", c.For}} {
		if strings.TrimSpace(x.value) == "" {
			f.add("consent."+x.field, Missing, "")
		}
	}
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	last := day(c.Until.Add(-time.Nanosecond)) // the end of a day is the next one's beginning
	switch {
	case c.Given.IsZero():
		f.add("consent.given", Missing, "")
	case now.Before(c.Given):
		f.add("consent.given", TooEarly, day(c.Given))
	}
	switch {
	case c.Until.IsZero():
		f.add("consent.until", Missing, "")
	case !c.Until.After(c.Given):
		f.add("consent.until", TooEarly, last)
	case !now.Before(c.Until):
		f.add("consent.until", Ended, last)
	case c.Until.Sub(c.Given) > longestConsent:
		f.add("consent.until", TooLong, last)
	}
	if len(c.Hosts) == 0 {
		f.add("consent.hosts", Missing, "")
	}
	for _, h := range c.Hosts {
		if u, err := url.Parse(h); err != nil || u.Hostname() == "" || strings.Contains(h, "*") || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
			f.add("consent.hosts", Malformed, h)
		}
	}
	for _, h := range s.Hosts {
		if u, err := url.Parse(h); err == nil && len(c.Hosts) > 0 && !IsLocal(u.Hostname()) && !c.names(OriginOf(u)) {
			f.add("consent.hosts", NotListed, h)
		}
	}
	switch {
	case c.Level == Offline:
		f.add("consent.level", Missing, "")
	case c.Level < s.Level:
		f.add("consent.level", TooLow, c.Level.String())
	}
	for _, w := range c.Windows {
		if _, err := w.contains(now); err != nil {
			f.add("consent.windows", Malformed, w.From+"-"+w.Until)
		}
	}
	if c.PerSecond < 0 || c.PerSecond > 10 {
		f.add("consent.per_second", Malformed, fmt.Sprint(c.PerSecond))
	} else if most := cmp.Or(c.PerSecond, defaultRate); s.Rate.PerSecond > most {
		f.add("consent.per_second", TooLow, fmt.Sprint(most))
	}
	switch word, rest := hostingWord(c.Hosting); {
	case strings.TrimSpace(c.Hosting) == "":
		f.add("consent.hosting", Missing, "")
	case word == "" || strings.Trim(rest, " 　:：、,。.()（）") == "":
		f.add("consent.hosting", Malformed, c.Hosting)
	}
}

// hostingWord splits what is said of the provider's terms into the word and
// its reason: "obtained 2026-10-01 No. 12", 「不要（自社のサーバ）」.
func hostingWord(s string) (word, rest string) {
	s = strings.TrimSpace(s)
	for _, w := range []string{"obtained", "not needed", "取得済み", "取得済", "不要"} {
		if len(s) >= len(w) && strings.EqualFold(s[:len(w)], w) {
			return w, s[len(w):]
		}
	}
	return "", ""
}

func (f *faults) acts(s *Scope) {
	c := &s.Consent
	for _, name := range c.Accounts {
		if !slices.ContainsFunc(s.Accounts, func(a Account) bool { return a.Name == name }) {
			f.add("consent.accounts", Unknown, name)
		}
	}
	for _, act := range c.Acts {
		switch act {
		case ActCart:
		case ActLockout:
			if len(s.Accounts) == 0 {
				f.add("accounts", Missing, act)
			}
		case ActMail:
			if !slices.ContainsFunc(s.Accounts, func(a Account) bool { return a.Mailbox != "" }) {
				f.add("accounts.mailbox", Missing, act)
			}
		default:
			f.add("consent.acts", Unknown, act)
		}
	}
}

func (f *faults) requests(s *Scope) {
	for i, r := range s.Consent.Requests {
		at := fmt.Sprintf("consent.requests[%d].", i+1)
		switch r.Method {
		case "":
			f.add(at+"method", Missing, "")
		case "POST", "PUT", "PATCH", "DELETE", "GET":
		default:
			f.add(at+"method", Unknown, r.Method)
		}
		if r.Path == "" {
			f.add(at+"path", Missing, "")
		} else if !strings.HasPrefix(r.Path, "/") || strings.ContainsAny(r.Path, "?#* ") {
			f.add(at+"path", Malformed, r.Path)
		}
		if len(r.Fields) == 0 && r.Method != "DELETE" {
			f.add(at+"fields", Missing, "")
		}
		for _, name := range r.Fields {
			if !fieldName.MatchString(name) {
				f.add(at+"fields", Malformed, name)
			}
		}
	}
}

// local says that every host of the scope is this machine.
func (s *Scope) local() bool {
	for _, n := range s.hostNames() {
		if !IsLocal(n) {
			return false
		}
	}
	return true
}

// perSecond is the rate that scope and consent both allow.
func (s *Scope) perSecond() float64 {
	rate := s.Rate.PerSecond
	if rate <= 0 {
		rate = defaultRate
	}
	if s.Level > Safe && !s.local() {
		rate = min(rate, cmp.Or(s.Consent.PerSecond, defaultRate))
	}
	return rate
}
