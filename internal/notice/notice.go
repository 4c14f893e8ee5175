// Package notice says what people are told without having asked: which changes
// concern whom, in which words, and how a mail about them is written and sent.
// Store keeps the notices, jobs sends them; the mail server is the one machine
// that this room talks to.
package notice

import (
	"strings"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// Kind is what a notice is about; people choose by kind what they get by mail.
type Kind string

// The kinds.
const (
	Emergency   Kind = "emergency" // 緊急速報
	Critical    Kind = "critical"
	Assigned    Kind = "assigned"
	Instruction Kind = "instruction"
	Diagnosis   Kind = "diagnosis"
	Waiting     Kind = "waiting"
	Due         Kind = "due"
	Consent     Kind = "consent"
	Access      Kind = "access"
	Request     Kind = "request"
	Answered    Kind = "answered"
	Papers      Kind = "papers" // of committees
)

// How is how a person gets the notices of a kind beside the list in Miseban.
type How string

// The ways.
const (
	AtOnce How = "now"
	Daily  How = "digest" // in one mail a day
	Off    How = "off"
)

// Hows lists the ways in the order of choices on a page.
var Hows = []How{AtOnce, Daily, Off}

var hows = map[How]i18n.Text{
	AtOnce: {JA: "すぐにメール", EN: "Mail at once"},
	Daily:  {JA: "1日1回まとめてメール", EN: "One mail a day"},
	Off:    {JA: "メールなし", EN: "No mail"},
}

// Name is what a page calls the way.
func (h How) Name(l i18n.Lang) string { return hows[h].In(l) }

// subject is what is said of a kind.
type subject struct {
	Kind
	name i18n.Text
	// why says in a mail why it came.
	why i18n.Text
	how How // until the person chooses
}

// subjects are the kinds in the order of the page of settings.
var subjects = []subject{
	{Emergency, i18n.Text{JA: "緊急速報", EN: "Emergency"}, i18n.Text{JA: "お店の関係者か運用者だから", EN: "you belong to the shop or operate this Miseban"}, AtOnce},
	{Critical, i18n.Text{JA: "緊急の検出事項", EN: "Critical findings"}, i18n.Text{JA: "お店の対策を受け持っているから", EN: "you take care of the shop's security"}, AtOnce},
	{Assigned, i18n.Text{JA: "検出事項の担当になったとき", EN: "Findings assigned to me"}, i18n.Text{JA: "検出事項の担当に選ばれたから", EN: "you were asked to fix a finding"}, AtOnce},
	{Instruction, i18n.Text{JA: "指示とその回答", EN: "Instructions and replies"}, i18n.Text{JA: "あなたへの指示、またはあなたが出した指示だから", EN: "the instruction is yours, or is for you"}, AtOnce},
	{Request, i18n.Text{JA: "対策依頼とその回答", EN: "Requests to contractors and answers"}, i18n.Text{JA: "あなたのお店が出した依頼か、あなたの会社への依頼だから", EN: "your shop made the request, or it is for your company"}, AtOnce},
	{Answered, i18n.Text{JA: "URL で頼んだ質問への回答", EN: "Answers to questions given out by link"}, i18n.Text{JA: "あなたが回答を頼んだから", EN: "you asked for the answer"}, Daily},
	{Papers, i18n.Text{JA: "委員会の資料が配布されたとき", EN: "Committee papers given out"}, i18n.Text{JA: "委員会に席があるか、資料を読む人に指定されているから", EN: "you have a seat in the committee, or are named as a reader"}, AtOnce},
	{Access, i18n.Text{JA: "招待とアクセスの許可", EN: "Invitations and access"}, i18n.Text{JA: "あなたが送った招待、またはあなたの組織への許可だから", EN: "you sent the invitation, or access concerns your organisation"}, Daily},
	{Diagnosis, i18n.Text{JA: "診断の終了と中断", EN: "Diagnoses that ended"}, i18n.Text{JA: "お店の担当者か、診断を始めた人だから", EN: "you belong to the shop or started the diagnosis"}, Daily},
	{Waiting, i18n.Text{JA: "診断してよい時間を待つとき", EN: "Diagnoses that wait for their hours"}, i18n.Text{JA: "お店の担当者か、診断を始めた人だから", EN: "you belong to the shop or started the diagnosis"}, Off},
	{Due, i18n.Text{JA: "期限が近い・過ぎたとき", EN: "Due dates near or passed"}, i18n.Text{JA: "検出事項か指示の担当だから", EN: "a finding or an instruction is yours to settle"}, Daily},
	{Consent, i18n.Text{JA: "診断の同意の期限", EN: "Consent about to end"}, i18n.Text{JA: "お店の責任者だから", EN: "you are the shop's executive"}, Daily},
}

// Kinds lists the kinds in the order of the page of settings.
func Kinds() []Kind {
	out := make([]Kind, len(subjects))
	for i, s := range subjects {
		out[i] = s.Kind
	}
	return out
}

func (k Kind) subject() *subject {
	for i := range subjects {
		if subjects[i].Kind == k {
			return &subjects[i]
		}
	}
	return &subject{}
}

// Name is what a page calls the kind.
func (k Kind) Name(l i18n.Lang) string { return k.subject().name.In(l) }

// Why says, as the end of a sentence, why somebody is told.
func (k Kind) Why(l i18n.Lang) string { return k.subject().why.In(l) }

// Fixed says that nobody can turn the kind off.
func (k Kind) Fixed() bool { return k == Emergency }

// Default is how the kind goes to who has not chosen.
func (k Kind) Default() How { return k.subject().how }

// Choose is how the kind goes to somebody who chose h, or nothing.
func (k Kind) Choose(h How) How {
	if _, known := hows[h]; !known || k.Fixed() {
		return k.Default()
	}
	return h
}

// Note is something to tell, before it is known to whom: words are chosen by
// kind and case, with values of ours in Args.
type Note struct {
	Kind Kind              `json:"kind"`
	Case string            `json:"case,omitempty"`
	Shop account.ID        `json:"shop,omitempty"`
	Path string            `json:"path,omitempty"` // of the page that it leads to
	Args map[string]string `json:"args,omitempty"`
}

// texts are what the list and the mails say, by kind and case. {shop} is the
// name of the shop; what else stands in braces is in Args.
var texts = map[Kind]map[string]i18n.Text{
	Emergency: {
		"raised":    {JA: "【緊急速報】「{shop}」で、{danger}が見つかりました。すぐに確認してください。", EN: "EMERGENCY: {danger} at {shop}. Please look at it now."},
		"escalated": {JA: "【緊急速報】「{shop}」の緊急連絡先から、{minutes} 分たっても確認がありません（{danger}）。電話で知らせてください。", EN: "EMERGENCY: no contact of {shop} has confirmed within {minutes} minutes ({danger}). Please telephone."},
		"unreached": {JA: "【緊急速報】「{shop}」の緊急連絡先へメールを送れません（{danger}）。電話で知らせてください。", EN: "EMERGENCY: the contacts of {shop} cannot be reached by mail ({danger}). Please telephone."},
		"confirmed": {JA: "「{shop}」の緊急速報（{danger}）が確認されました。", EN: "The emergency at {shop} ({danger}) was confirmed."},
	},
	Critical: {"": {JA: "「{shop}」で、緊急の検出事項が新しく {n} 件見つかりました。", EN: "{n} new critical {n:finding|findings} at {shop}."}},
	Assigned: {"": {JA: "「{shop}」の検出事項の担当になりました（期限 {due}）。", EN: "A finding at {shop} is yours to fix (due {due})."},
		"open": {JA: "「{shop}」の検出事項の担当になりました。", EN: "A finding at {shop} is yours to fix."},
		"many": {JA: "「{shop}」の検出事項 {n} 件の担当になりました。", EN: "{n} findings at {shop} are yours to fix."}},
	Instruction: {
		"given":        {JA: "「{shop}」について指示を受けました（期限 {due}）。", EN: "You have an instruction about {shop} (due {due})."},
		"replied":      {JA: "「{shop}」について出した指示に、回答がありました。", EN: "Your instruction about {shop} was replied to."},
		"returned":     {JA: "「{shop}」についての指示が、差し戻されました。", EN: "An instruction about {shop} was returned to you."},
		"acknowledged": {JA: "「{shop}」についての指示が、完了として確認されました。", EN: "An instruction about {shop} was acknowledged as done."},
		"withdrawn":    {JA: "「{shop}」についての指示が、取り消されました。", EN: "An instruction about {shop} was withdrawn."},
	},
	Request: {
		"made":      {JA: "「{shop}」の検出事項 {n} 件について、対策の依頼を受けました（回答期限 {due}）。", EN: "Your company is asked to deal with {n} {n:finding|findings} at {shop} (answer by {due})."},
		"answered":  {JA: "「{shop}」の対策依頼に回答がありました。承認するか、差し戻してください。", EN: "A request about {shop} was answered. Approve the answer or return it."},
		"returned":  {JA: "「{shop}」の対策依頼への回答が、差し戻されました。", EN: "The answer to a request about {shop} was returned."},
		"agreed":    {JA: "「{shop}」の対策依頼への回答が、承認されました。", EN: "The answer to a request about {shop} was approved."},
		"withdrawn": {JA: "「{shop}」の対策依頼が、取り下げられました。", EN: "A request about {shop} was withdrawn."},
	},
	Answered: {"": {JA: "「{shop}」について URL で頼んだ質問に、回答がありました。", EN: "A question about {shop} that you gave out by link was answered."}},
	Papers:   {"": {JA: "委員会の資料が配布されました。読めるところは、人により違います。", EN: "A committee paper was given out. What you may read of it depends on who you are."}},
	Diagnosis: {
		"finished": {JA: "「{shop}」の診断が終わりました。", EN: "The diagnosis of {shop} has finished."},
		"stopped":  {JA: "「{shop}」の診断が途中で止まりました。", EN: "The diagnosis of {shop} stopped before its end."},
		"failed":   {JA: "「{shop}」の診断を行えませんでした。", EN: "The diagnosis of {shop} could not be carried out."},
	},
	Waiting: {
		"":       {JA: "「{shop}」の診断は、診断してよい時間（{at} から）を待っています。", EN: "The diagnosis of {shop} waits for its hours (from {at})."},
		"retest": {JA: "「{shop}」の再診断は、診断してよい時間（{at} から）を待っています。", EN: "The retest of {shop} waits for its hours (from {at})."},
	},
	Due: {
		"near":               {JA: "「{shop}」に、期限まで {days} 日以内の検出事項が {n} 件あります。", EN: "{n} {n:finding|findings} at {shop} {n:is|are} due within {days} days."},
		"passed":             {JA: "「{shop}」に、期限を過ぎた検出事項が新しく {n} 件あります。", EN: "{n} {n:finding|findings} at {shop} {n:is|are} newly overdue."},
		"instruction-near":   {JA: "「{shop}」についての指示の期限（{due}）が近づいています。", EN: "An instruction about {shop} is due soon ({due})."},
		"instruction-passed": {JA: "「{shop}」についての指示の期限（{due}）が過ぎました。", EN: "An instruction about {shop} is overdue (since {due})."},
	},
	Consent: {"": {JA: "「{shop}」の診断の同意は、{until} に期限が切れます。続けて診断するには、新しい同意が必要です。", EN: "The consent of {shop} ends on {until}. Further diagnoses need a new one."}},
	Access: {
		"joined":  {JA: "送った招待が承諾され、組織に新しい人が加わりました。", EN: "Your invitation was accepted: somebody joined the organisation."},
		"taken":   {JA: "「{shop}」を任せる招待が承諾されました。", EN: "Your invitation to work for {shop} was accepted."},
		"granted": {JA: "あなたの組織が「{shop}」を受け持つことになりました。", EN: "Your organisation now works for {shop}."},
		"revoked": {JA: "あなたの組織への「{shop}」のアクセスの許可が、取り消されました。", EN: "Your organisation's access to {shop} was taken back."},
	},
}

// Say is the sentence of a note. shop is the name of its shop, which may be
// gone since.
func (n *Note) Say(l i18n.Lang, shop string) string {
	t, ok := texts[n.Kind][n.Case]
	if !ok {
		t = n.Kind.subject().name
	}
	args := i18n.Args{"shop": shop}
	for k, v := range n.Args {
		args[k] = v
	}
	if d := n.Args["danger"]; d != "" {
		args["danger"] = Danger(d).Name(l)
	}
	return i18n.Format(t.In(l), args)
}

// safePath says that a path leads to a page of ours and nowhere else.
func safePath(p string) bool {
	return strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "//") && !strings.ContainsAny(p, "\\\r\n\t ")
}

// Target is the path of the page that the note leads to; "" when there is none.
func (n *Note) Target() string {
	if !safePath(n.Path) {
		return ""
	}
	return n.Path
}
