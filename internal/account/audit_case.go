package account

import "miseban/internal/i18n"

// The verbs of cases: a shop's way through a programme.
const (
	CaseChanged     Verb = "case.changed" // begun, moved, planned, waits for somebody, handed over
	CaseNoted       Verb = "case.noted"
	CaseFactStated  Verb = "case.fact-stated"
	CaseFactDropped Verb = "case.fact-dropped"
	FeedMade        Verb = "case.feed-made"
	FeedRevoked     Verb = "case.feed-revoked"
)

var caseVerbs = map[Verb]i18n.Text{
	CaseChanged:     {JA: "案件を変更", EN: "Case changed"},
	CaseNoted:       {JA: "案件の経過を記録", EN: "Note on a case"},
	CaseFactStated:  {JA: "案件の確認事項を記録", EN: "Condition of a case stated"},
	CaseFactDropped: {JA: "案件の確認事項を取り消し", EN: "Statement on a case taken back"},
	FeedMade:        {JA: "予定表の URL を発行", EN: "Calendar address made"},
	FeedRevoked:     {JA: "予定表の URL を取り消し", EN: "Calendar address revoked"},
}
