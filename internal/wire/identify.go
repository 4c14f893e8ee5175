package wire

import (
	"cmp"
	"net/http"
	"net/mail"
	"strings"
)

// browserShape is what shops expect to see first: some hide sessions and
// sign-in from agents that do not look like a browser (facts: lessons).
const browserShape = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

// headerName is the header that names Miseban and the run to whoever reads the shop's logs.
const headerName = "X-Miseban"

// UserAgent is how Miseban of a version names itself. It ends in
// "Miseban/<version>" and holds none of the words by which shops know robots.
func UserAgent(version string) string { return agentOf(browserShape, version) }

func agentOf(shape, version string) string {
	if version == "" {
		version = "dev"
	}
	suffix := "Miseban/" + strings.Map(func(r rune) rune {
		if r > 0x20 && r < 0x7f && !strings.ContainsRune("()<>@,;:\\\"/[]?={}", r) {
			return r
		}
		return -1
	}, version)
	if strings.HasSuffix(shape, suffix) {
		return shape
	}
	return strings.TrimSpace(shape+" ") + " " + suffix
}

// identity is the headers that say who asks; requests may add to them, never
// take them away (safety 3).
type identity struct{ agent, version, run, from string }

func newIdentity(opt *Options) identity {
	id := identity{agent: UserAgent(opt.Version), version: opt.Version}
	var parts []string
	if opt.InfoURL != "" {
		parts = append(parts, oneLine(opt.InfoURL))
	}
	parts = append(parts, "run="+cmp.Or(oneLine(opt.Run), "-"))
	id.run = strings.Join(parts, "; ")
	if a, err := mail.ParseAddress(opt.Scope.Authority.Contact); err == nil {
		id.from = oneLine(a.Address)
	}
	return id
}

// apply writes the identification into h. A User-Agent that the caller set
// keeps its shape (a phone's, say) and gets Miseban's name at its end.
func (id identity) apply(h http.Header) {
	agent := id.agent
	if shape := h.Get("User-Agent"); shape != "" {
		agent = agentOf(oneLine(shape), id.version)
	}
	h.Set("User-Agent", agent)
	h.Set(headerName, id.run)
	h.Del("From")
	if id.from != "" {
		h.Set("From", id.from)
	}
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return -1
		}
		return r
	}, s)
}
