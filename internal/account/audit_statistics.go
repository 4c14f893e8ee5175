package account

import "miseban/internal/i18n"

// The verbs of statistics and of what is published of them.
const (
	StatisticsMade       Verb = "statistics.made"
	PublicationProposed  Verb = "publication.proposed"
	PublicationApproved  Verb = "publication.approved"
	PublicationDeclined  Verb = "publication.declined"
	PublicationWithdrawn Verb = "publication.withdrawn"

	RetentionSet      Verb = "programme.retention"
	ClosingAsked      Verb = "programme.closing-asked"
	ClosingCancelled  Verb = "programme.closing-cancelled"
	ProgrammeClosed   Verb = "programme.closed"
	DeletionAsked     Verb = "programme.deletion-asked"
	DeletionCancelled Verb = "programme.deletion-cancelled"
	ProgrammeDeleted  Verb = "programme.deleted" // what of it is of one class
)

var statisticsVerbs = map[Verb]i18n.Text{
	StatisticsMade:       {JA: "事業の統計を集計", EN: "Statistics of a programme made"},
	PublicationProposed:  {JA: "統計の公表を申請", EN: "Publication of statistics proposed"},
	PublicationApproved:  {JA: "統計の公表を承認", EN: "Publication of statistics approved"},
	PublicationDeclined:  {JA: "統計の公表を差し戻し", EN: "Publication of statistics declined"},
	PublicationWithdrawn: {JA: "公表した統計の掲載を取りやめ", EN: "Published statistics taken off the pages"},

	RetentionSet:      {JA: "事業の記録の保存期間を決定", EN: "Retention of a programme's records set"},
	ClosingAsked:      {JA: "事業の締めを申請", EN: "Closing of a programme asked for"},
	ClosingCancelled:  {JA: "事業の締めの申請を取り消し", EN: "Closing of a programme cancelled"},
	ProgrammeClosed:   {JA: "事業を締め、保管ファイルを作成", EN: "Programme closed, archive made"},
	DeletionAsked:     {JA: "事業の記録の消去を申請", EN: "Deletion of a programme's records asked for"},
	DeletionCancelled: {JA: "事業の記録の消去の申請を取り消し", EN: "Deletion of a programme's records cancelled"},
	ProgrammeDeleted:  {JA: "保存期間が過ぎた事業の記録を消去", EN: "Records of a programme deleted after their time"},
}
