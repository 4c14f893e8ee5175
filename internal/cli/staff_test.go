package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"miseban/internal/web"
)

// TestStaffFlags: an issuer is https, or on this very computer; the secret comes from a file.
func TestStaffFlags(t *testing.T) {
	t.Parallel()
	a := &app{}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("a secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in   staffFlags
		want *web.OIDC
		ok   bool
	}{
		{staffFlags{name: "x"}, nil, true},
		{staffFlags{issuer: "https://id.example.jp", client: "c", secret: secret, domains: []string{"example.jp"}}, &web.OIDC{Issuer: "https://id.example.jp", Client: "c", Secret: "a secret", Domains: []string{"example.jp"}}, true},
		{staffFlags{issuer: "http://127.0.0.1:9000", client: "c"}, &web.OIDC{Issuer: "http://127.0.0.1:9000", Client: "c"}, true},
		{staffFlags{issuer: "http://id.example.jp", client: "c"}, nil, false},
		{staffFlags{issuer: "https://id.example.jp"}, nil, false},
		{staffFlags{client: "c"}, nil, false},
		{staffFlags{issuer: "https://id.example.jp", client: "c", secret: secret + "-none"}, nil, false},
	} {
		got, err := a.staffFrom(&c.in)
		if d := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(web.OIDC{})); d != "" || (err == nil) != c.ok {
			t.Errorf("%+v: %v (-want +got):\n%s", c.in, err, d)
		}
	}
}
