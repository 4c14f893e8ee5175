// Package header asks what a shop's answers tell browsers to do and to refuse,
// and what they tell strangers about the server.
package header

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the header checks in the order of the report.
var Suite = &check.Suite{
	Name:  "header",
	Title: i18n.Text{JA: "ブラウザへの指示とサーバの応答", EN: "Instructions to browsers and server answers"},
	Checks: []*check.Check{
		FrameProtection, CORSCredentials, CORSNull, CachePersonal, HSTS, CSP, CharsetDeclared,
		DangerousMethods, TraceMethod, DisclosedVersion, Nosniff, ReferrerPolicy, PermissionsPolicy,
	},
	Texts: texts,
}
