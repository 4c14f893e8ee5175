package check

import (
	"net/http"
	"net/url"

	"miseban/internal/wire"
)

// DeriveShared is Derive for what several checks share: it does not depend on
// which of them asks first.
func (p *Pass) DeriveShared(label string) string { return p.client.Derive("shared\x00" + label) }

// Cookies are what the named jar ("" the visitor's) would send to u.
func (p *Pass) Cookies(jar string, u *url.URL) []*http.Cookie {
	return p.client.JarCookies(jar, u.String())
}

// Listener is the run's own listener for calls that values provoke; nil without one.
func (p *Pass) Listener() *wire.Listener { return p.client.OutOfBand() }
