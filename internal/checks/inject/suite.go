// Package inject asks whether a value that a visitor sends is taken for a
// command: by a database, a shell, a template, a browser.
package inject

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the injection checks in the order of the report.
var Suite = &check.Suite{
	Name:   "inject",
	Title:  i18n.Text{JA: "入力値の取り扱い（注入の脆弱性）", EN: "Handling of input (injection)"},
	Checks: []*check.Check{SQL, OSCommand, CodeInjection, TemplateInjection, PathTraversal, FileInclusion, NoSQL, LDAP, XPath, XXE, SSRF, XSSReflected, XSSDOM, XSSStored, MailHeader, OpenRedirect, ResponseHeader, HostHeader, CachePoisoning, PrototypePollution, ParameterPollution, DeserialisationHint},
	Texts:  texts,
	Long:   true,
}
