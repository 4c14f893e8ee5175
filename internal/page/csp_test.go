package page

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/wire"
)

func TestPolicy(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]struct {
		inline, any bool
		source      string
	}{
		"default-src 'self'":                                                  {},
		"DEFAULT-SRC 'SELF'; Script-Src 'Unsafe-Inline'":                      {inline: true},
		"script-src 'unsafe-inline' 'nonce-abc'":                              {},
		"script-src 'unsafe-inline' 'sha256-abc='":                            {},
		"script-src 'unsafe-inline' https: 'strict-dynamic' 'nonce-abc'":      {},
		"script-src 'self' https:":                                            {any: true, source: "https:"},
		"script-src *":                                                        {any: true, source: "*"},
		"default-src data: 'self'":                                            {any: true, source: "data:"},
		"script-src 'self'; script-src *":                                     {},
		"script-src https:; script-src-elem 'self'":                           {},
		"upgrade-insecure-requests":                                           {inline: true, any: true},
		"frame-ancestors 'self'; object-src 'none'":                           {inline: true, any: true},
		"script-src 'none'":                                                   {},
		"script-src":                                                          {},
		"script-src 'self' *.example.com https://cdn.example/x 'unsafe-eval'": {},
	} {
		all := ParsePolicies(value)
		if len(all) != 1 {
			t.Errorf("%q: %d policies, want 1", value, len(all))
			continue
		}
		source, anyScript := all[0].AnyScript()
		if all[0].InlineScript() != want.inline || anyScript != want.any || source != want.source {
			t.Errorf("%q: inline %v, any %v %q; want %+v", value, all[0].InlineScript(), anyScript, source, want)
		}
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	p := &Page{
		Ex: &wire.Exchange{Header: http.Header{
			"Content-Security-Policy":             {"default-src 'self', script-src 'nonce-AbC'", " ; "},
			"Content-Security-Policy-Report-Only": {"default-src 'none'"},
		}},
		Metas: []Meta{{HTTPEquiv: "content-security-policy", Content: "frame-ancestors 'none'; img-src *"}},
	}
	got := p.Policies()
	want := []Policy{
		{Directives: map[string][]string{"default-src": {"'self'"}}},
		{Directives: map[string][]string{"script-src": {"'nonce-AbC'"}}},
		{Directives: map[string][]string{"img-src": {"*"}}, Meta: true},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("policies (-want +got)\n%s", d)
	}
	if d := cmp.Diff([]string{"AbC"}, got[1].Nonces()); d != "" {
		t.Error(d)
	}
	if _, ok := got[0].Sources("base-uri"); ok {
		t.Error("base-uri must not fall back to default-src")
	}
}

func FuzzParsePolicies(f *testing.F) {
	for _, s := range []string{"default-src 'self'; script-src 'nonce-x' *, img-src", ";;,,", "script-src 'NONCE-' 'nonce-'", "sandbox\tallow-scripts"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range ParsePolicies(s) {
			for d, sources := range p.Directives {
				if d != strings.ToLower(d) || strings.ContainsAny(d, ";, ") {
					t.Errorf("%q: directive %q", s, d)
				}
				for _, v := range sources {
					if strings.ContainsAny(v, ";, ") {
						t.Errorf("%q: source %q", s, v)
					}
				}
			}
			p.InlineScript()
			p.AnyScript()
			p.Nonces()
		}
	})
}
