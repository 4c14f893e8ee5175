package robust

import (
	"regexp"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// TokushohoPage asks whether the shop shows who sells, as 特定商取引法 wants of
// mail order. It looks for the page; whether the law is fulfilled is not judged.
var TokushohoPage = &check.Check{
	Name: "tokushoho-page", Level: wire.Passive, Severity: check.Low,
	Effort: check.Setting, Fixer: check.ByOwner,
	Run: (&notice{
		kind:   page.Legal,
		words:  regexp.MustCompile(`(?i)特定商取引|特商法|通信販売(?:法)?に関する(?:表記|表示)|specified commercial transactions?|commercial disclosure`),
		place:  regexp.MustCompile(`tokusho|tradelaw|trade-law|tokutei|tokutei-?sho|/sctl?(?:/|\.|$)|/legal/?$|/law/?$|commercial-?(?:law|transaction)|/order\.php\?.*tokusho|policies/legal-notice`),
		inside: []*regexp.Regexp{regexp.MustCompile(`販売(?:業者|事業者|者名|元|責任者)|事業者(?:名|の名称)|運営(?:会社|者|責任者)|会社名|店舗名`), regexp.MustCompile(`所在地|住所|〒`), regexp.MustCompile(`返品|返金|キャンセル|引渡|引き渡し|お届け|支払`)},
	}).look,
}
