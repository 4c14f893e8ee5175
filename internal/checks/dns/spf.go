package dns

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// SPF asks whether the domain says which servers may send mail in its name,
// and says it so that receivers can use it (RFC 7208).
var SPF = &check.Check{
	Name: "spf", Level: wire.Safe, Severity: check.Medium, CWE: 290,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:L/VA:N/SC:N/SI:L/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.DNS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return eachMailZone(ctx, p, func(z *zone) error {
			report := func(kase string, s check.Severity, args i18n.Args) {
				f := p.Report(nil, z.domain, args)
				f.Case, f.Severity = kase, s
			}
			records := spfRecords(z.txt)
			switch len(records) {
			case 0:
				report("", check.Medium, nil)
				return nil
			case 1:
			default:
				report("several", check.Medium, i18n.Args{"count": strconv.Itoa(len(records))})
				return nil
			}
			s, err := parseSPF(records[0])
			if err != nil {
				report("invalid", check.Medium, i18n.Args{"record": records[0], "term": err.Error()})
				return nil
			}
			n, err := countLookups(ctx, p, z.domain, s, map[string]bool{z.domain: true})
			if err != nil {
				return err
			}
			if n > 10 {
				report("too-many", check.Low, i18n.Args{"count": strconv.Itoa(n)})
			}
			switch s.all {
			case "+":
				report("everybody", check.Medium, i18n.Args{"record": records[0]})
			case "?":
				report("neutral", check.Low, i18n.Args{"record": records[0]})
			case "":
				if s.redirect == "" {
					report("neutral", check.Low, i18n.Args{"record": records[0]})
				}
			}
			return nil
		})
	},
}

// spfRecords are the SPF records among a name's texts.
func spfRecords(txt []string) []string {
	var out []string
	for _, t := range txt {
		if l := strings.ToLower(t); l == "v=spf1" || strings.HasPrefix(l, "v=spf1 ") {
			out = append(out, t)
		}
	}
	return out
}

// spf is what a record says, as far as the check needs it.
type spf struct {
	all      string // qualifier of "all", "" when it is not there
	redirect string
	includes []string
	lookups  int // terms that cost receivers a look-up
}

// parseSPF reads a record; the error names the term that receivers cannot read.
func parseSPF(record string) (*spf, error) {
	s := &spf{}
	terms := strings.Fields(record)
	if len(terms) == 0 || !strings.EqualFold(terms[0], "v=spf1") {
		return nil, errors.New(record)
	}
	for _, term := range terms[1:] {
		if i := strings.IndexAny(term, "=:/"); i > 0 && term[i] == '=' {
			name, value := strings.ToLower(term[:i]), term[i+1:]
			if name == "redirect" {
				if s.redirect != "" || value == "" {
					return nil, errors.New(term)
				}
				s.redirect = strings.ToLower(strings.TrimSuffix(value, "."))
				s.lookups++
			}
			continue // exp and modifiers to come (RFC 7208, 6)
		}
		qualifier, rest := "+", term
		if strings.ContainsRune("+-~?", rune(rest[0])) {
			qualifier, rest = rest[:1], rest[1:]
		}
		name, value := rest, ""
		if i := strings.IndexAny(rest, ":/"); i >= 0 {
			name, value = rest[:i], rest[i+1:]
		}
		switch strings.ToLower(name) {
		case "all":
			if value != "" {
				return nil, errors.New(term)
			}
			if s.all == "" { // what follows the first one is never reached
				s.all = qualifier
			}
		case "include", "exists":
			if value == "" {
				return nil, errors.New(term)
			}
			s.lookups++
			if strings.EqualFold(name, "include") {
				s.includes = append(s.includes, strings.ToLower(strings.TrimSuffix(value, ".")))
			}
		case "a", "mx", "ptr":
			s.lookups++
		case "ip4", "ip6":
			if value == "" {
				return nil, errors.New(term)
			}
		default:
			return nil, errors.New(term)
		}
	}
	return s, nil
}

// countLookups counts the look-ups that a receiver needs at least: what other
// people's records cost is theirs to say, and we do not ask there.
func countLookups(ctx context.Context, p *check.Pass, domain string, s *spf, seen map[string]bool) (int, error) {
	n := s.lookups
	next := s.includes
	if s.redirect != "" {
		next = append(next, s.redirect)
	}
	for _, name := range next {
		if seen[name] || len(seen) > 20 || name != domain && !strings.HasSuffix(name, "."+domain) {
			continue
		}
		seen[name] = true
		a, err := ask(ctx, p, name, "TXT", "SPF include")
		if err != nil {
			return 0, err
		}
		if records := spfRecords(a.Values("TXT")); len(records) == 1 {
			if inner, err := parseSPF(records[0]); err == nil {
				more, err := countLookups(ctx, p, domain, inner, seen)
				if err != nil {
					return 0, err
				}
				n += more
			}
		}
	}
	return n, nil
}
