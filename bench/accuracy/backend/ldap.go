package backend

import (
	"encoding/hex"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// Entry is one entry of a directory: attribute (lower case) → values.
type Entry map[string][]string

// Search gives the entries that a filter selects. The filter is compiled as
// for a server; what that refuses is an error.
func Search(entries []Entry, filter string) ([]Entry, error) {
	packet, err := ldap.CompileFilter(filter)
	if err != nil {
		return nil, err
	}
	plain, err := ldap.DecompileFilter(packet)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, e := range entries {
		if ok, _ := e.matches(plain); ok {
			out = append(out, e)
		}
	}
	return out, nil
}

// matches evaluates the filter at the beginning of f, in its compiled and
// written-out form, and gives what follows it.
func (e Entry) matches(f string) (ok bool, rest string) {
	f = strings.TrimPrefix(f, "(")
	if f == "" {
		return false, ""
	}
	switch f[0] {
	case '&', '|':
		and := f[0] == '&'
		ok, rest = and, f[1:]
		for strings.HasPrefix(rest, "(") {
			var one bool
			one, rest = e.matches(rest)
			if and {
				ok = ok && one
			} else {
				ok = ok || one
			}
		}
		return ok, strings.TrimPrefix(rest, ")")
	case '!':
		ok, rest = e.matches(f[1:])
		return !ok, strings.TrimPrefix(rest, ")")
	}
	item, rest, _ := strings.Cut(f, ")")
	attr, want, _ := strings.Cut(item, "=")
	sign := ""
	if n := len(attr); n > 0 && strings.ContainsAny(attr[n-1:], "<>~:") {
		attr, sign = attr[:n-1], attr[n-1:]
	}
	for _, v := range e[strings.ToLower(attr)] {
		v = strings.ToLower(v)
		switch sign {
		case "<":
			ok = ok || v <= unescape(want)
		case ">":
			ok = ok || v >= unescape(want)
		default:
			ok = ok || like(v, want)
		}
	}
	return ok, rest
}

// like compares a value with a pattern whose bare * stand for anything.
func like(v, pattern string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return v == unescape(pattern)
	}
	head, tail := unescape(parts[0]), unescape(parts[len(parts)-1])
	if !strings.HasPrefix(v, head) || !strings.HasSuffix(v, tail) || len(v) < len(head)+len(tail) {
		return false
	}
	v = v[len(head) : len(v)-len(tail)]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(v, unescape(p))
		if i < 0 {
			return false
		}
		v = v[i+len(unescape(p)):]
	}
	return true
}

// unescape undoes the \xx of a filter.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+2 < len(s) {
			if c, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b.Write(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return strings.ToLower(b.String())
}
