package wire

import "strings"

// hostOf is what the Host line of r says. A provoking request may name a host
// under .invalid there, which can belong to nobody (RFC 6761), so that no
// neighbour on a shared server is asked in its own name.
func hostOf(r *Request) string {
	h := r.Header.Get("Host")
	if h != "" && r.Level >= Active && strings.HasSuffix(h, ".invalid") && strings.Trim(h, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" {
		return h
	}
	return r.URL.Host
}
