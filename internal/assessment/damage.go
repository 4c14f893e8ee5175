package assessment

import (
	"miseban/internal/i18n"
)

// Published is a figure on damage that somebody published: an average over
// others, never a forecast for one shop.
type Published struct {
	What   i18n.Text
	Figure i18n.Text
	N      int // over how many; 0: not told
	Year   int
	Source i18n.Text
}

var guidelineStudy = i18n.Text{JA: "IPA の被害サイトへの聞き取り調査（「ECサイト構築・運用セキュリティガイドライン」で公表）", EN: "IPA's interviews with breached shops (published with the security guideline for online shops)"}

// Damage are the published figures that a shop's executive should know.
var Damage = []Published{
	{i18n.Text{JA: "事故対応の費用（1社の平均）", EN: "Cost of dealing with the incident (average)"}, i18n.Text{JA: "約2,400万円", EN: "about 24 million yen"}, 19, 2023, guidelineStudy},
	{i18n.Text{JA: "サイトを閉じていた間の売上の減少（1社の平均）", EN: "Sales lost while the site was closed (average)"}, i18n.Text{JA: "約5,700万円", EN: "about 57 million yen"}, 44, 2023, i18n.Text{JA: "個人情報保護委員会の調査（従業員500人以下。同ガイドラインで引用）", EN: "Personal Information Protection Commission (companies of up to 500 employees; quoted by the same guideline)"}},
	{i18n.Text{JA: "サイトを閉じていた期間（平均）", EN: "Time for which the site was closed (average)"}, i18n.Text{JA: "約8.6か月", EN: "about 8.6 months"}, 44, 2023, i18n.Text{JA: "個人情報保護委員会の調査（従業員500人以下。同ガイドラインで引用）", EN: "Personal Information Protection Commission (companies of up to 500 employees; quoted by the same guideline)"}},
	{i18n.Text{JA: "漏えいした顧客情報（1社の平均）", EN: "Customer records leaked (average)"}, i18n.Text{JA: "約3,800件", EN: "about 3,800"}, 20, 2023, guidelineStudy},
}

// What an incident costs, taken from the example of some 3,000 leaked records
// that was reported with the guideline: 2.5 million yen for compensation and new
// cards, 0.75 for a call centre, 0.25 for letters, 0.8 for other things, 1.7 for
// the forensic investigation.
const (
	YenPerRecord = (2_500_000 + 750_000 + 250_000 + 800_000) / 3_000
	YenOfInquiry = 1_700_000
	MonthsClosed = 8.6
	MostRecords  = 10_000_000
	MostSales    = 100_000 // ten thousands of yen a month
	MostMonths   = 36
	tenThousand  = 10_000
)

// Estimate is a shop's own estimate, from its own numbers.
type Estimate struct {
	Records int     // of customers that could leak
	Sales   int     // a month, in 10,000 yen
	Months  float64 // for which the site would be closed
}

// Response is what dealing with the incident would cost, in 10,000 yen.
func (e Estimate) Response() int {
	return (e.Records*YenPerRecord + YenOfInquiry) / tenThousand
}

// Lost are the sales that would be lost, in 10,000 yen.
func (e Estimate) Lost() int { return int(float64(e.Sales)*e.Months + .5) }

// Tidy keeps the numbers within what a shop can have.
func (e *Estimate) Tidy() {
	e.Records, e.Sales = min(max(e.Records, 0), MostRecords), min(max(e.Sales, 0), MostSales)
	if !(e.Months > 0 && e.Months <= MostMonths) {
		e.Months = MonthsClosed
	}
}
