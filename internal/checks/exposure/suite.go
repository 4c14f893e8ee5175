// Package exposure asks whether a shop shows what visitors should not see:
// files that were left behind, tools, logs, and inner workings.
//
// Everything is proved by content. A status says nothing: a shop may answer
// every unknown path with its top page, with 403 or with 500.
package exposure

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the exposure checks in the order of the report.
var Suite = &check.Suite{
	Name:  "exposure",
	Title: i18n.Text{JA: "公開してはいけないファイルや画面", EN: "Files and screens that should not be public"},
	Checks: []*check.Check{
		EnvFile, BackupFile, ConfigBackup, VCSExposed, DataDirectoryExposed, LogExposed, InstallerLeft,
		AdminReachable, DatabaseTool, DebugTool, TestLeft, ServerStatus, ErrorDetail, DirectoryListing,
		DependencyFiles, SourceMap, APIDescription, DSStore, XMLRPC, UserEnumerationWP, DefaultPage,
		SecurityTxt, EmailHarvest,
	},
	Texts: texts,
}
