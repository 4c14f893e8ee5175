package page

import (
	"slices"
	"strings"
)

// Policy is one Content-Security-Policy. Several on one page all apply: what
// any of them forbids is forbidden.
type Policy struct {
	Directives map[string][]string // names in lower case, sources as written; the first of a name counts
	Meta       bool                // from <meta>: frame-ancestors, report-uri and sandbox do not count there
}

// ParsePolicies reads the value of a Content-Security-Policy header, which may
// hold several policies separated by commas.
func ParsePolicies(value string) []Policy {
	var out []Policy
	for _, one := range strings.Split(value, ",") {
		p := Policy{Directives: map[string][]string{}}
		for _, d := range strings.Split(one, ";") {
			words := strings.Fields(d)
			if len(words) == 0 {
				continue
			}
			name := strings.ToLower(words[0])
			if _, twice := p.Directives[name]; !twice {
				p.Directives[name] = words[1:]
			}
		}
		if len(p.Directives) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// Policies lists the policies that browsers enforce on the page, those of the
// header first. Report-only policies forbid nothing and are not among them.
func (p *Page) Policies() []Policy {
	var out []Policy
	for _, v := range p.Ex.Header.Values("Content-Security-Policy") {
		out = append(out, ParsePolicies(v)...)
	}
	for _, m := range p.Metas {
		if strings.EqualFold(m.HTTPEquiv, "Content-Security-Policy") {
			for _, pol := range ParsePolicies(m.Content) {
				for _, d := range []string{"frame-ancestors", "report-uri", "sandbox"} {
					delete(pol.Directives, d)
				}
				pol.Meta = true
				out = append(out, pol)
			}
		}
	}
	return out
}

// fallbacks says which directive speaks when one is not given (CSP Level 3, 6.8.3).
var fallbacks = map[string][]string{
	"script-src-elem": {"script-src", "default-src"},
	"script-src-attr": {"script-src", "default-src"},
	"style-src-elem":  {"style-src", "default-src"},
	"style-src-attr":  {"style-src", "default-src"},
	"worker-src":      {"child-src", "script-src", "default-src"},
	"frame-src":       {"child-src", "default-src"},
	"base-uri":        nil, "form-action": nil, "frame-ancestors": nil, "sandbox": nil,
}

// Sources lists the sources that govern directive, after falling back; false
// when the policy says nothing about it.
func (p Policy) Sources(directive string) ([]string, bool) {
	if s, ok := p.Directives[directive]; ok {
		return s, true
	}
	next, special := fallbacks[directive]
	if !special {
		next = []string{"default-src"}
	}
	for _, d := range next {
		if s, ok := p.Directives[d]; ok {
			return s, true
		}
	}
	return nil, false
}

// InlineScript says that the policy lets a script written into the page run:
// 'unsafe-inline' that no nonce, hash or 'strict-dynamic' takes back.
func (p Policy) InlineScript() bool {
	s, ok := p.Sources("script-src-elem")
	if !ok {
		return true
	}
	return hasSource(s, "'unsafe-inline'") && !slices.ContainsFunc(s, func(v string) bool {
		v = strings.ToLower(v)
		return v == "'strict-dynamic'" || isNonceOrHash(v)
	})
}

// AnyScript says that the policy lets scripts of any host run, and which source allows it.
func (p Policy) AnyScript() (string, bool) {
	s, ok := p.Sources("script-src-elem")
	if !ok {
		return "", true
	}
	if hasSource(s, "'strict-dynamic'") {
		return "", false
	}
	for _, v := range s {
		switch strings.ToLower(v) {
		case "*", "http:", "https:", "data:", "http://*", "https://*":
			return v, true
		}
	}
	return "", false
}

// Nonces lists the nonces of the policy's script sources.
func (p Policy) Nonces() []string {
	s, _ := p.Sources("script-src-elem")
	var out []string
	for _, v := range s {
		if len(v) > len("'nonce-'") && strings.EqualFold(v[:7], "'nonce-") && v[len(v)-1] == '\'' {
			out = append(out, v[7:len(v)-1])
		}
	}
	return out
}

func hasSource(sources []string, want string) bool {
	return slices.ContainsFunc(sources, func(v string) bool { return strings.EqualFold(v, want) })
}

func isNonceOrHash(v string) bool {
	for _, p := range []string{"'nonce-", "'sha256-", "'sha384-", "'sha512-"} {
		if strings.HasPrefix(v, p) {
			return true
		}
	}
	return false
}
