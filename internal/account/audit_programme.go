package account

import "miseban/internal/i18n"

// The verbs of programmes: the call, its schedule, applications.
const (
	ProgrammeAdded       Verb = "programme.added"
	ProgrammeChanged     Verb = "programme.changed"
	BodyJoined           Verb = "programme.body-joined"
	BodyLeft             Verb = "programme.body-left"
	MilestoneAdded       Verb = "milestone.added"
	MilestoneChanged     Verb = "milestone.changed"
	MilestoneRemoved     Verb = "milestone.removed"
	ApplicantAsked       Verb = "applicant.asked" // for a link by which to apply
	ApplicantConfirmed   Verb = "applicant.confirmed"
	ApplicationBegun     Verb = "application.begun"
	ApplicationSaved     Verb = "application.saved" // a draft
	ApplicationMoved     Verb = "application.moved"
	ApplicationCorrected Verb = "application.corrected"
	ApplicationNoted     Verb = "application.noted"
	SeedSealed           Verb = "selection.seed-sealed"
	SelectionMade        Verb = "selection.made"
	SelectionProposed    Verb = "selection.proposed"
	SelectionApproved    Verb = "selection.approved"
	SelectionReturned    Verb = "selection.returned"
	SelectionTakenBack   Verb = "selection.taken-back"
)

var programmeVerbs = map[Verb]i18n.Text{
	ProgrammeAdded:       {JA: "事業を登録", EN: "Programme added"},
	ProgrammeChanged:     {JA: "事業の内容を変更", EN: "Programme changed"},
	BodyJoined:           {JA: "事業に組織を加えた", EN: "Organisation joined the programme"},
	BodyLeft:             {JA: "事業から組織を外した", EN: "Organisation left the programme"},
	MilestoneAdded:       {JA: "予定を追加", EN: "Milestone added"},
	MilestoneChanged:     {JA: "予定・実績を変更", EN: "Milestone changed"},
	MilestoneRemoved:     {JA: "予定を削除", EN: "Milestone removed"},
	ApplicantAsked:       {JA: "応募用の URL を発行", EN: "Link for applying sent"},
	ApplicantConfirmed:   {JA: "応募者がメールアドレスを確認", EN: "Applicant confirmed the address"},
	ApplicationBegun:     {JA: "応募の下書きを作成", EN: "Application begun"},
	ApplicationSaved:     {JA: "応募の下書きを保存", EN: "Draft of an application saved"},
	ApplicationMoved:     {JA: "応募の状態を変更", EN: "State of an application changed"},
	ApplicationCorrected: {JA: "応募の内容を訂正", EN: "Application corrected"},
	ApplicationNoted:     {JA: "応募にメモを追加", EN: "Note on an application"},
	SeedSealed:           {JA: "選定のくじの種を封印", EN: "Seed of the lottery sealed"},
	SelectionMade:        {JA: "選定を試算", EN: "Selection run"},
	SelectionProposed:    {JA: "選定の承認を依頼", EN: "Selection proposed"},
	SelectionApproved:    {JA: "選定を承認", EN: "Selection approved"},
	SelectionReturned:    {JA: "選定を差し戻し", EN: "Selection sent back"},
	SelectionTakenBack:   {JA: "選定の承認依頼を取り消し", EN: "Proposal of a selection taken back"},
}
