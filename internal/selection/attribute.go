// Package selection chooses N of the eligible applicants of a programme so that
// what they have in common is spread as the office wants it.
package selection

import "miseban/internal/i18n"

// Attribute is something by which applicants are balanced. Each applicant has
// one of its values.
type Attribute struct {
	ID     string    `json:"id"`
	Name   i18n.Text `json:"name"`
	Values []Value   `json:"values"`
}

// Value is one value of an attribute.
type Value struct {
	ID   string    `json:"id"`
	Name i18n.Text `json:"name"`
}

// The attributes of the programme for self-built shops.
const (
	Method   = "method"   // 構築手法/利用OSS
	Industry = "industry" // 業種
	Turnover = "turnover" // 年商
	Measures = "measures" // 対策状況
)

// Standard are the four attributes of the programme for self-built shops. The
// caller gets his own copy.
func Standard() []Attribute {
	return []Attribute{
		{Method, i18n.Text{JA: "構築手法・利用OSS", EN: "How it was built"}, []Value{
			{"ec-cube-4", i18n.Text{JA: "EC-CUBE 4系", EN: "EC-CUBE 4"}},
			{"ec-cube-3", i18n.Text{JA: "EC-CUBE 3系", EN: "EC-CUBE 3"}},
			{"ec-cube-2", i18n.Text{JA: "EC-CUBE 2系", EN: "EC-CUBE 2"}},
			{"welcart", i18n.Text{JA: "Welcart（WordPress）", EN: "Welcart (WordPress)"}},
			{"woocommerce", i18n.Text{JA: "WooCommerce（WordPress）", EN: "WooCommerce (WordPress)"}},
			{"other-oss", i18n.Text{JA: "その他のOSS", EN: "Other open source"}},
			{"package", i18n.Text{JA: "市販のパッケージ", EN: "Commercial package"}},
			{"scratch", i18n.Text{JA: "スクラッチ開発", EN: "Built from scratch"}},
		}},
		{Industry, i18n.Text{JA: "業種", EN: "Business"}, []Value{
			{"food", i18n.Text{JA: "食品・飲料", EN: "Food and drink"}},
			{"fashion", i18n.Text{JA: "衣料・服飾雑貨", EN: "Clothing and accessories"}},
			{"beauty", i18n.Text{JA: "化粧品・健康食品", EN: "Cosmetics and health food"}},
			{"home", i18n.Text{JA: "家具・生活雑貨", EN: "Furniture and household"}},
			{"electronics", i18n.Text{JA: "家電・パソコン", EN: "Electronics"}},
			{"hobby", i18n.Text{JA: "趣味・書籍・玩具", EN: "Hobby, books and toys"}},
			{"craft", i18n.Text{JA: "工芸品・贈答品", EN: "Crafts and gifts"}},
			{"business", i18n.Text{JA: "業務用品・部品", EN: "Business supplies and parts"}},
			{"other", i18n.Text{JA: "その他の業種", EN: "Other business"}},
		}},
		{Turnover, i18n.Text{JA: "年商（ECサイト）", EN: "Yearly sales of the shop"}, []Value{
			{"under-10m", i18n.Text{JA: "1,000万円未満", EN: "under 10 million yen"}},
			{"under-50m", i18n.Text{JA: "1,000万円以上5,000万円未満", EN: "10 to 50 million yen"}},
			{"under-100m", i18n.Text{JA: "5,000万円以上1億円未満", EN: "50 to 100 million yen"}},
			{"under-500m", i18n.Text{JA: "1億円以上5億円未満", EN: "100 to 500 million yen"}},
			{"under-1b", i18n.Text{JA: "5億円以上10億円未満", EN: "500 million to 1 billion yen"}},
			{"from-1b", i18n.Text{JA: "10億円以上", EN: "1 billion yen and more"}},
		}},
		{Measures, i18n.Text{JA: "対策状況", EN: "State of security"}, []Value{
			{"advanced", i18n.Text{JA: "おおむね実施（8割以上）", EN: "mostly done (80% and more)"}},
			{"partial", i18n.Text{JA: "一部実施（4割以上8割未満）", EN: "partly done (40% to 80%)"}},
			{"little", i18n.Text{JA: "ほとんど未実施（4割未満）", EN: "hardly begun (under 40%)"}},
			{"unknown", i18n.Text{JA: "把握していない（半分以上が不明）", EN: "not known (half and more unsure)"}},
		}},
	}
}

// TurnoverOf is the value of Turnover for a shop's yearly sales in yen.
func TurnoverOf(yen int64) string {
	for _, band := range []struct {
		below int64
		id    string
	}{
		{10_000_000, "under-10m"}, {50_000_000, "under-50m"}, {100_000_000, "under-100m"},
		{500_000_000, "under-500m"}, {1_000_000_000, "under-1b"},
	} {
		if yen < band.below {
			return band.id
		}
	}
	return "from-1b"
}

// MeasuresOf is the value of Measures for the answers to the questions about
// security of an application: how many say yes, no, and that it is not known.
// What does not apply to the shop is counted in none of them.
func MeasuresOf(yes, no, unsure int) string {
	all := yes + no + unsure
	switch {
	case all == 0 || 2*unsure >= all:
		return "unknown"
	case 10*yes >= 8*all:
		return "advanced"
	case 10*yes >= 4*all:
		return "partial"
	}
	return "little"
}
