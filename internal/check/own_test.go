package check

import (
	"net/url"
	"testing"

	"miseban/internal/wire"
)

func TestOwn(t *testing.T) {
	t.Parallel()
	p := &Pass{Scope: &wire.Scope{Hosts: []string{"https://www.tea.co.jp", "https://127.0.0.1:8443"}}}
	for address, want := range map[string]bool{
		"https://www.tea.co.jp/a.js":     true,
		"https://static.tea.co.jp/a.js":  true,
		"https://tea.co.jp/a.js":         true,
		"https://green-tea.co.jp/a.js":   false,
		"https://tea.co.jp.evil.example": false,
		"https://127.0.0.1:8443/a.js":    true,
		"https://127.0.0.1:9443/a.js":    false,
		"https://co.jp/a.js":             false,
		"https://localhost/a.js":         false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Own(u); got != want {
			t.Errorf("Own(%s) = %v", address, got)
		}
	}
}
