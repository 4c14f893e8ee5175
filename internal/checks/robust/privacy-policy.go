package robust

import (
	"regexp"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// PrivacyPolicy asks whether the shop says what it does with personal data.
var PrivacyPolicy = &check.Check{
	Name: "privacy-policy", Level: wire.Passive, Severity: check.Low,
	Effort: check.Setting, Fixer: check.ByOwner,
	Run: (&notice{
		kind:   page.Privacy,
		words:  regexp.MustCompile(`(?i)プライバシー|個人情報(?:の|に|保護|取扱|取り扱|について)|privacy`),
		place:  regexp.MustCompile(`privacy|kojin-?jou?hou?|/pp(?:/|\.|$)`),
		inside: []*regexp.Regexp{regexp.MustCompile(`個人情報`), regexp.MustCompile(`利用目的|取得(?:する|した)|第三者(?:に|への)提供`), regexp.MustCompile(`開示|訂正|問い?合わ?せ`)},
	}).look,
}
