package account

import "miseban/internal/i18n"

// The verbs of statistics and of what is published of them.
const (
	StatisticsMade       Verb = "statistics.made"
	PublicationProposed  Verb = "publication.proposed"
	PublicationApproved  Verb = "publication.approved"
	PublicationDeclined  Verb = "publication.declined"
	PublicationWithdrawn Verb = "publication.withdrawn"
)

var statisticsVerbs = map[Verb]i18n.Text{
	StatisticsMade:       {JA: "事業の統計を集計", EN: "Statistics of a programme made"},
	PublicationProposed:  {JA: "統計の公表を申請", EN: "Publication of statistics proposed"},
	PublicationApproved:  {JA: "統計の公表を承認", EN: "Publication of statistics approved"},
	PublicationDeclined:  {JA: "統計の公表を差し戻し", EN: "Publication of statistics declined"},
	PublicationWithdrawn: {JA: "公表した統計の掲載を取りやめ", EN: "Published statistics taken off the pages"},
}
