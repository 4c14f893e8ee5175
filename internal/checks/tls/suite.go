// Package tls asks whether what a customer and a shop say to each other is
// protected: HTTPS everywhere, sound certificates, sound protocols and ciphers.
package tls

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the room's checks in the order of the report.
var Suite = &check.Suite{
	Name:  "tls",
	Title: i18n.Text{JA: "通信の暗号化（HTTPS・TLS・証明書）", EN: "Encrypted connections (HTTPS, TLS, certificates)"},
	Checks: []*check.Check{
		HTTPSMissing, HTTPSRedirect, MixedContent, FormOverHTTP,
		Expired, Expiring, Name, Chain, SelfSigned, WeakKey, WeakSignature,
		OldProtocol, WeakCipher, NoForwardSecrecy, Compression, Renegotiation, No13,
		OperatorIdentity,
	},
	Texts: texts,
}
