// Package login asks how the shop keeps strangers from signing in as someone else.
package login

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the login checks in the order of the report.
var Suite = &check.Suite{
	Name:   "login",
	Title:  i18n.Text{JA: "ログインと認証", EN: "Sign-in"},
	Checks: []*check.Check{AdminLoginProtected, UserEnumeration, Lockout, PasswordPolicy, TwoFactorOffered, HostHeaderReset, ChangeNotified},
	Texts:  texts,
}
