package account

import "miseban/internal/i18n"

// The verbs of cases: a shop's way through a programme.
const (
	CaseChanged     Verb = "case.changed" // begun, moved, planned, waits for somebody, handed over
	CaseNoted       Verb = "case.noted"
	CaseRecorded    Verb = "case.recorded" // something was written down on its way through the five steps
	CaseFactStated  Verb = "case.fact-stated"
	CaseFactDropped Verb = "case.fact-dropped"
	FeedMade        Verb = "case.feed-made"
	FeedRevoked     Verb = "case.feed-revoked"

	LetterWritten    Verb = "mailing.letter"
	MailingMade      Verb = "mailing.made"
	MailingTrimmed   Verb = "mailing.trimmed"
	MailingAsked     Verb = "mailing.asked"
	MailingApproved  Verb = "mailing.approved"
	MailingCancelled Verb = "mailing.cancelled"
	MailingReleased  Verb = "mailing.released" // some of its mails went out
	ReminderAsked    Verb = "reminder.asked"
	ReminderApproved Verb = "reminder.approved"
	ReminderStopped  Verb = "reminder.stopped"
)

var caseVerbs = map[Verb]i18n.Text{
	CaseChanged:     {JA: "案件を変更", EN: "Case changed"},
	CaseRecorded:    {JA: "案件の記録を保存", EN: "Record of a case kept"},
	CaseNoted:       {JA: "案件の経過を記録", EN: "Note on a case"},
	CaseFactStated:  {JA: "案件の確認事項を記録", EN: "Condition of a case stated"},
	CaseFactDropped: {JA: "案件の確認事項を取り消し", EN: "Statement on a case taken back"},
	FeedMade:        {JA: "予定表の URL を発行", EN: "Calendar address made"},
	FeedRevoked:     {JA: "予定表の URL を取り消し", EN: "Calendar address revoked"},

	LetterWritten:    {JA: "メールのひな型を保存", EN: "Template of a mail saved"},
	MailingMade:      {JA: "一斉メールを作成", EN: "Mailing made"},
	MailingTrimmed:   {JA: "一斉メールの宛先を減らした", EN: "Recipients left out of a mailing"},
	MailingAsked:     {JA: "一斉メールの承認を依頼", EN: "Approval of a mailing asked for"},
	MailingApproved:  {JA: "一斉メールを承認", EN: "Mailing approved"},
	MailingCancelled: {JA: "一斉メールを取り消し", EN: "Mailing cancelled"},
	MailingReleased:  {JA: "事務局のメールを送信", EN: "Mails of the office sent"},
	ReminderAsked:    {JA: "督促の承認を依頼", EN: "Approval of a reminder asked for"},
	ReminderApproved: {JA: "督促を承認", EN: "Reminder approved"},
	ReminderStopped:  {JA: "督促を停止", EN: "Reminder stopped"},
}
