// Package robust asks whether a shop bears being visited, answers steadily,
// and shows the pages and files that its visitors count on.
package robust

import (
	"embed"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

//go:embed *.md
var texts embed.FS

// Suite is the robustness checks in the order of the report.
var Suite = &check.Suite{
	Name:   "robust",
	Title:  i18n.Text{JA: "安定した運用と必要な表示", EN: "Steady operation and required notices"},
	Checks: []*check.Check{CrawlerTolerance, UnstableAnswers, SlowPage, BrokenLinksToOwnAssets, WAFPresent, PrivacyPolicy, TokushohoPage},
	Texts:  texts,
}
