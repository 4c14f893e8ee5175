package wire

import (
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // windows name their zone; a bare container has no zone files

	"golang.org/x/net/publicsuffix"
)

// Allows says whether a request may leave as far as URL, method and level can
// tell; the address is judged later, in the dialer. It is pure. Methods that
// write are refused below Full; a POST that is known to only read (a search)
// passes by Request.Reads, not here.
func (s *Scope) Allows(method string, u *url.URL, l Level) error {
	return s.allows(method, u, l, false, false, false)
}

// allows is Allows for a request that is known to only read, or that a page
// fires by itself while it loads, as it does for every visitor.
func (s *Scope) allows(method string, u *url.URL, l Level, reads, byPage, purpose bool) error {
	if s.Level == Offline {
		return fmt.Errorf("%s %s: %w", method, u.Redacted(), ErrNotStored)
	}
	if l > s.Level {
		return fmt.Errorf("%s %s needs level %s, agreed is %s: %w", method, u.Redacted(), l, s.Level, ErrLevel)
	}
	if l < Passive {
		return fmt.Errorf("%s %s: a request needs a level: %w", method, u.Redacted(), ErrLevel)
	}
	if !s.HasOrigin(u) {
		return fmt.Errorf("%s: %w", OriginOf(u), ErrOutOfScope)
	}
	if u.User != nil {
		return fmt.Errorf("%s: credentials in a URL: %w", u.Redacted(), ErrOutOfScope)
	}
	if pat, ok := s.excluded(u); ok {
		return fmt.Errorf("%s: %w (%s)", u.Path, ErrExcluded, pat)
	}
	return allowsMethod(method, s.Level, l, reads, byPage, purpose)
}

func allowsMethod(method string, agreed, l Level, reads, byPage, purpose bool) error {
	switch method {
	case "GET":
		return nil
	case "HEAD", "OPTIONS", "TRACE":
		if l < Safe {
			return fmt.Errorf("%s at level %s: %w", method, l, ErrMethod)
		}
		return nil
	case "POST":
		if reads && (l >= Safe || byPage) {
			return nil
		}
	}
	if purpose && agreed >= Active && l >= Active {
		return nil
	}
	if agreed < Full || l < Full {
		return fmt.Errorf("%s: %w", method, ErrMethod)
	}
	return nil
}

// HasOrigin says whether u's scheme, name and port are exactly one of Hosts.
func (s *Scope) HasOrigin(u *url.URL) bool {
	o := OriginOf(u)
	return slices.ContainsFunc(s.Hosts, func(h string) bool {
		hu, err := url.Parse(h)
		return err == nil && hu.Host != "" && OriginOf(hu) == o
	})
}

// HasHost says whether name is the host of one of Hosts, whatever the port.
func (s *Scope) HasHost(name string) bool {
	name = hostName(name)
	return slices.Contains(s.hostNames(), name)
}

// hostNames are the names of Hosts in lower case, each once.
func (s *Scope) hostNames() []string {
	var names []string
	for _, h := range s.Hosts {
		if u, err := url.Parse(h); err == nil && u.Hostname() != "" {
			if n := hostName(u.Hostname()); !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return names
}

// hostName brings a name into the one form in which names are compared.
func hostName(name string) string {
	return strings.TrimSuffix(strings.ToLower(name), ".")
}

// OriginOf is scheme://name:port in lower case with the default port written out.
func OriginOf(u *url.URL) string {
	scheme := strings.ToLower(u.Scheme)
	return scheme + "://" + hostName(u.Hostname()) + ":" + portOf(u)
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	}
	return ""
}

// Excludes says whether the scope forbids u's path, whatever the level is.
func (s *Scope) Excludes(u *url.URL) bool {
	_, is := s.excluded(u)
	return is
}

// excluded finds the pattern that forbids u. A server may read a path in more
// than one way, so every reading counts: decoded once or more, dot segments
// and doubled slashes removed, path parameters dropped, letters folded.
func (s *Scope) excluded(u *url.URL) (string, bool) {
	if len(s.Exclude) == 0 {
		return "", false
	}
	readings := pathReadings(u)
	for _, pat := range s.Exclude {
		pathPat, query, _ := strings.Cut(pat, "?")
		if !strings.Contains(query, "=") {
			pathPat, query = pat, ""
		}
		for _, p := range readings {
			if matchPath(pathPat, p) && matchQuery(query, u.RawQuery) {
				return pat, true
			}
		}
	}
	return "", false
}

func pathReadings(u *url.URL) []string {
	var out []string
	add := func(p string) {
		p = strings.Map(func(r rune) rune {
			if r < 0x20 || r == 0x7f {
				return -1
			}
			return r
		}, strings.ToLower(strings.ReplaceAll(p, `\`, "/")))
		for _, q := range []string{p, dropParams(p)} {
			q = cleanPath(q)
			if !slices.Contains(out, q) {
				out = append(out, q)
			}
		}
	}
	p := u.EscapedPath()
	add(p)
	for range 4 { // %2561 is a doubly encoded "a"; deeper nesting is nobody's route
		d, err := url.PathUnescape(p)
		if err != nil || d == p {
			break
		}
		add(d)
		p = d
	}
	add(u.Path)
	return out
}

// dropParams removes ";name=value" from each segment: Java servers route without it.
func dropParams(p string) string {
	if !strings.Contains(p, ";") {
		return p
	}
	segs := strings.Split(p, "/")
	for i, s := range segs {
		segs[i], _, _ = strings.Cut(s, ";")
	}
	return strings.Join(segs, "/")
}

func cleanPath(p string) string {
	dir := strings.HasSuffix(p, "/") || strings.HasSuffix(p, "/.") || strings.HasSuffix(p, "/..")
	p = path.Clean("/" + p)
	if dir && p != "/" {
		p += "/"
	}
	return p
}

// matchPath says whether pattern covers p (a cleaned path in lower case): the
// path itself or anything below it.
func matchPath(pattern, p string) bool {
	pattern = strings.ToLower(pattern)
	if strings.HasSuffix(pattern, "/") {
		return strings.HasPrefix(p+"/", pattern)
	}
	p = strings.TrimSuffix(p, "/")
	for q := p; ; q = q[:strings.LastIndexByte(q, '/')] {
		if q == pattern {
			return true
		}
		if ok, err := path.Match(pattern, q); err == nil && ok {
			return true
		}
		if !strings.Contains(q, "/") {
			return false
		}
	}
}

// matchQuery says whether query holds every name=value of pattern: shops that
// route by a parameter (OpenCart, Zen Cart) have no path to exclude.
func matchQuery(pattern, query string) bool {
	if pattern == "" {
		return true
	}
	want, err := url.ParseQuery(strings.ToLower(pattern))
	if err != nil {
		return false
	}
	have, _ := url.ParseQuery(strings.ToLower(query))
	for k, vs := range want {
		for _, v := range vs {
			if !slices.Contains(have[k], v) {
				return false
			}
		}
	}
	return true
}

// Open says whether t lies in one of the agreed windows; no window means always.
func (s *Scope) Open(t time.Time) error {
	if err := open(s.Windows, t); err != nil {
		return err
	}
	if s.Level > Safe {
		return open(s.Consent.Windows, t)
	}
	return nil
}

func open(windows []Window, t time.Time) error {
	if len(windows) == 0 {
		return nil
	}
	for _, w := range windows {
		ok, err := w.contains(t)
		if err != nil {
			return err
		}
		if ok {
			return nil
		}
	}
	return fmt.Errorf("%s: %w", t.Format("Mon 15:04"), ErrWindow)
}

func (w Window) contains(t time.Time) (bool, error) {
	zone := w.Zone
	if zone == "" {
		zone = "Asia/Tokyo"
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return false, fmt.Errorf("window: %w: %w", err, ErrWindow)
	}
	from, err := clock(w.From)
	if err != nil {
		return false, err
	}
	until, err := clock(w.Until)
	if err != nil {
		return false, err
	}
	t = t.In(loc)
	now := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
	on := func(d time.Weekday) bool { return len(w.Days) == 0 || slices.Contains(w.Days, d) }
	if from < until {
		return on(t.Weekday()) && now >= from && now < until, nil
	}
	// The window passes midnight: the early hours belong to the day before.
	return on(t.Weekday()) && now >= from || on((t.Weekday()+6)%7) && now < until, nil
}

func clock(s string) (time.Duration, error) {
	if s == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("window time %q, want HH:MM: %w", s, ErrWindow)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// IsLocal says whether name can only mean this machine: a loopback address,
// localhost, or a name under .localhost or .test. Such hosts need no proof and
// no authority, and may resolve to loopback addresses only.
func IsLocal(name string) bool {
	name = hostName(strings.Trim(name, "[]"))
	if a, err := netip.ParseAddr(name); err == nil {
		return a.Unmap().IsLoopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || strings.HasSuffix(name, ".test")
}

// registrable is the domain one owner registered (shop.example.co.jp →
// example.co.jp), or the host itself where there is none.
func registrable(host string) string {
	host = hostName(host)
	if d, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return d
	}
	return host
}

// check says whether a run may be made from the scope at all (safety 2).
func (s *Scope) check(optOut []string, now time.Time) error {
	for _, h := range s.Hosts {
		u, err := url.Parse(h)
		if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("scope host %q: write it as https://shop.example", h)
		}
		if u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
			return fmt.Errorf("scope host %q: an origin has neither path nor credentials", h)
		}
		if s.Level == Offline || IsLocal(u.Hostname()) {
			continue
		}
		if err := optedOut(u.Hostname(), optOut); err != nil {
			return err
		}
		if s.Authority.Person == "" || s.Authority.Organisation == "" {
			return fmt.Errorf("%s: say who asks for the diagnosis and for which organisation (authority.person and authority.organisation, or --authority): %w", u.Hostname(), ErrAuthority)
		}
		if s.Rate.Unlimited {
			return fmt.Errorf("%s: an unlimited rate is for loopback only", u.Hostname())
		}
	}
	if found := s.Faults(now); len(found) > 0 {
		return fmt.Errorf("level %s: %w", s.Level, found[0])
	}
	for _, w := range slices.Concat(s.Windows, s.Consent.Windows) {
		if _, err := w.contains(time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// optedOut refuses a host whose domain, or one above it, is on the list.
func optedOut(host string, list []string) error {
	host = hostName(host)
	for _, d := range list {
		d = hostName(strings.TrimPrefix(d, "*."))
		if d != "" && (host == d || strings.HasSuffix(host, "."+d)) {
			return fmt.Errorf("%s: %w", host, ErrOptOut)
		}
	}
	return nil
}
