package account

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"miseban/internal/i18n"
)

// Verb says in the audit log what was done.
type Verb string

// The verbs. A new one gets its words in platformVerbs; those of a programme
// stand in a file of their own.
const (
	SetUp                   Verb = "platform.set-up"
	SignedIn                Verb = "session.signed-in"
	SignedOut               Verb = "session.ended"
	PasswordChanged         Verb = "person.password"
	ProfileChanged          Verb = "person.profile"
	CodesOn                 Verb = "person.codes-on"
	CodesOff                Verb = "person.codes-off"
	RecoveryRenewed         Verb = "person.recovery-renewed"
	RecoveryUsed            Verb = "person.recovery-used"
	PasskeyAdded            Verb = "person.passkey-added"
	PasskeyRemoved          Verb = "person.passkey-removed"
	TokenMade               Verb = "token.created"
	TokenRevoked            Verb = "token.revoked"
	IdentityLinked          Verb = "identity.linked"
	IdentityUnlinked        Verb = "identity.unlinked"
	PersonAdded             Verb = "person.added"
	OrganisationAdded       Verb = "organisation.added"
	Invited                 Verb = "link.created"
	LinkTaken               Verb = "link.taken"
	LinkRevoked             Verb = "link.revoked"
	RolesChanged            Verb = "membership.roles"
	MemberRemoved           Verb = "membership.removed"
	ShopAdded               Verb = "shop.added"
	ShopChanged             Verb = "shop.changed"
	ImportConfirmed         Verb = "import.confirmed" // a list of shops
	ImportDropped           Verb = "import.dropped"
	ImportSaved             Verb = "import.saved" // some of its lines
	PreparedTaken           Verb = "prepared.taken"
	PreparedRemoved         Verb = "prepared.removed"
	Granted                 Verb = "grant.given"
	GrantRevoked            Verb = "grant.revoked"
	DiagnosisPlanned        Verb = "diagnosis.planned"
	DiagnosisPaused         Verb = "diagnosis.paused"
	DiagnosisStopped        Verb = "diagnosis.stopped"
	DiagnosisResumed        Verb = "diagnosis.resumed"
	DiagnosisLeft           Verb = "diagnosis.left" // by its worker: finished, failed, or to be continued
	ProofSought             Verb = "proof.sought"
	ConsentGiven            Verb = "consent.given"
	ConsentWithdrawn        Verb = "consent.withdrawn"
	TestAccountAdded        Verb = "test-account.added"
	TestAccountGone         Verb = "test-account.removed"
	BlackoutAdded           Verb = "blackout.added"
	BlackoutRemoved         Verb = "blackout.removed"
	FindingsMerged          Verb = "finding.merged" // what a diagnosis saw went into the work list
	FindingMoved            Verb = "finding.moved"
	FindingAssigned         Verb = "finding.assigned"
	FindingCommented        Verb = "finding.commented"
	AnswerSaved             Verb = "answer.saved"
	AnswerCommented         Verb = "answer.commented"
	AlternativeAccepted     Verb = "answer.alternative-accepted"
	AlternativeRefused      Verb = "answer.alternative-refused"
	ChecklistReleased       Verb = "checklist.released" // to those outside
	ChecklistTakenBack      Verb = "checklist.taken-back"
	EditionCorrected        Verb = "edition.corrected"
	EvidenceAdded           Verb = "evidence.added"
	EvidenceRemoved         Verb = "evidence.removed"
	JudgementOverruled      Verb = "judgement.overruled"
	OverruleWithdrawn       Verb = "judgement.overrule-withdrawn"
	InstructionGiven        Verb = "instruction.given"
	InstructionReplied      Verb = "instruction.replied"
	InstructionReturned     Verb = "instruction.returned"
	InstructionAcknowledged Verb = "instruction.acknowledged"
	InstructionWithdrawn    Verb = "instruction.withdrawn"
	QuestionDelegated       Verb = "question.delegated"
	RequestMade             Verb = "request.made"
	RequestSaved            Verb = "request.saved" // an answer that was not sent yet
	RequestAnswered         Verb = "request.answered"
	RequestReturned         Verb = "request.returned"
	RequestAgreed           Verb = "request.agreed"
	RequestWithdrawn        Verb = "request.withdrawn"
	NoticesSet              Verb = "notice.settings"
	Reminded                Verb = "notice.reminded" // of a day that comes near or has passed
	AlarmRaised             Verb = "alarm.raised"
	AlarmPassed             Verb = "alarm.passed" // to the next contact and the operators
	AlarmConfirmed          Verb = "alarm.confirmed"
	MailAgain               Verb = "mail.again"
	MailTrial               Verb = "mail.trial"
	EverythingStopped       Verb = "switch.stopped"
	EverythingRuns          Verb = "switch.released"
	PlatformRestored        Verb = "platform.restored" // from a backup
)

var verbs = joined(platformVerbs, programmeVerbs, surveyVerbs, committeeVerbs, caseVerbs, hookVerbs, statisticsVerbs, handoutVerbs, workshopVerbs)

func joined(parts ...map[Verb]i18n.Text) map[Verb]i18n.Text {
	all := map[Verb]i18n.Text{}
	for _, p := range parts {
		maps.Copy(all, p)
	}
	return all
}

var platformVerbs = map[Verb]i18n.Text{
	SetUp:                   {JA: "Miseban の利用を開始", EN: "Miseban was set up"},
	SignedIn:                {JA: "サインイン", EN: "Signed in"},
	SignedOut:               {JA: "サインインを終了", EN: "Session ended"},
	PasswordChanged:         {JA: "パスワードを変更", EN: "Password changed"},
	ProfileChanged:          {JA: "プロフィールを変更", EN: "Profile changed"},
	CodesOn:                 {JA: "確認コードを有効化", EN: "One-time codes turned on"},
	CodesOff:                {JA: "確認コードを無効化", EN: "One-time codes turned off"},
	RecoveryRenewed:         {JA: "予備コードを発行", EN: "Recovery codes issued"},
	RecoveryUsed:            {JA: "予備コードでサインイン", EN: "Recovery code used"},
	PasskeyAdded:            {JA: "パスキーを登録", EN: "Passkey added"},
	PasskeyRemoved:          {JA: "パスキーを削除", EN: "Passkey removed"},
	TokenMade:               {JA: "API トークンを作成", EN: "API token made"},
	TokenRevoked:            {JA: "API トークンを取り消し", EN: "API token revoked"},
	IdentityLinked:          {JA: "社内アカウントを結び付けた", EN: "Company account linked"},
	IdentityUnlinked:        {JA: "社内アカウントを外した", EN: "Company account unlinked"},
	PersonAdded:             {JA: "利用登録", EN: "Person registered"},
	OrganisationAdded:       {JA: "組織を登録", EN: "Organisation registered"},
	Invited:                 {JA: "招待を作成", EN: "Invitation made"},
	LinkTaken:               {JA: "招待を承諾", EN: "Invitation accepted"},
	LinkRevoked:             {JA: "招待を取り消し", EN: "Invitation revoked"},
	RolesChanged:            {JA: "役割を変更", EN: "Roles changed"},
	MemberRemoved:           {JA: "組織から外した", EN: "Removed from the organisation"},
	ShopAdded:               {JA: "お店を登録", EN: "Shop registered"},
	ShopChanged:             {JA: "お店の情報を変更", EN: "Shop changed"},
	ImportConfirmed:         {JA: "お店の一覧の取り込みを確定", EN: "Import of shops confirmed"},
	ImportDropped:           {JA: "お店の一覧の取り込みを中止", EN: "Import of shops dropped"},
	ImportSaved:             {JA: "一覧のお店を登録", EN: "Shops of a list saved"},
	PreparedTaken:           {JA: "準備したお店の引き継ぎ", EN: "Prepared shop taken over"},
	PreparedRemoved:         {JA: "準備したお店を削除", EN: "Prepared shop removed"},
	Granted:                 {JA: "アクセスを許可", EN: "Access granted"},
	GrantRevoked:            {JA: "アクセスの許可を取り消し", EN: "Access taken back"},
	DiagnosisPlanned:        {JA: "診断を計画", EN: "Diagnosis planned"},
	DiagnosisPaused:         {JA: "診断を一時停止", EN: "Diagnosis paused"},
	DiagnosisStopped:        {JA: "診断を中止", EN: "Diagnosis stopped"},
	DiagnosisResumed:        {JA: "診断を開始・再開", EN: "Diagnosis started or resumed"},
	DiagnosisLeft:           {JA: "診断の状態が変化", EN: "Diagnosis changed its state"},
	ProofSought:             {JA: "サイトの管理者であることを確認", EN: "Control of the site checked"},
	ConsentGiven:            {JA: "診断に同意", EN: "Consent given"},
	ConsentWithdrawn:        {JA: "診断の同意を取り消し", EN: "Consent withdrawn"},
	TestAccountAdded:        {JA: "テスト用アカウントを登録", EN: "Test account added"},
	TestAccountGone:         {JA: "テスト用アカウントを削除", EN: "Test account removed"},
	BlackoutAdded:           {JA: "診断しない日を登録", EN: "Days without diagnosis added"},
	BlackoutRemoved:         {JA: "診断しない日を削除", EN: "Days without diagnosis removed"},
	FindingsMerged:          {JA: "診断の結果を検出事項に反映", EN: "Findings updated by a diagnosis"},
	FindingMoved:            {JA: "検出事項の状態を変更", EN: "State of a finding changed"},
	FindingAssigned:         {JA: "検出事項の担当・期限を変更", EN: "Assignment of a finding changed"},
	FindingCommented:        {JA: "検出事項にコメント", EN: "Comment on a finding"},
	AnswerSaved:             {JA: "チェックリストに回答", EN: "Checklist answered"},
	AnswerCommented:         {JA: "チェックリストにコメント", EN: "Comment on the checklist"},
	AlternativeAccepted:     {JA: "代替策を認めた", EN: "Alternative measure accepted"},
	AlternativeRefused:      {JA: "代替策の承認を取り消し", EN: "Acceptance of an alternative taken back"},
	ChecklistReleased:       {JA: "チェックリストの回答を公開", EN: "Answers to a checklist released"},
	ChecklistTakenBack:      {JA: "チェックリストの回答の公開を取りやめ", EN: "Release of answers taken back"},
	EditionCorrected:        {JA: "ガイドラインのデータを訂正", EN: "Data of a guideline corrected"},
	EvidenceAdded:           {JA: "資料を登録", EN: "Evidence added"},
	EvidenceRemoved:         {JA: "資料を削除", EN: "Evidence removed"},
	JudgementOverruled:      {JA: "判定を変更", EN: "Judgement overruled"},
	OverruleWithdrawn:       {JA: "判定の変更を取り消し", EN: "Overrule withdrawn"},
	InstructionGiven:        {JA: "指示を出した", EN: "Instruction given"},
	InstructionReplied:      {JA: "指示に回答", EN: "Instruction replied to"},
	InstructionReturned:     {JA: "指示を差し戻し", EN: "Instruction returned"},
	InstructionAcknowledged: {JA: "指示の完了を確認", EN: "Instruction acknowledged"},
	InstructionWithdrawn:    {JA: "指示を取り消し", EN: "Instruction withdrawn"},
	QuestionDelegated:       {JA: "質問への回答を URL で依頼", EN: "Question given to somebody by link"},
	RequestMade:             {JA: "対策依頼書を作成", EN: "Request to a contractor made"},
	RequestSaved:            {JA: "対策依頼への回答を途中まで保存", EN: "Answer to a request saved, not sent"},
	RequestAnswered:         {JA: "対策依頼に回答", EN: "Request answered"},
	RequestReturned:         {JA: "対策依頼への回答を差し戻し", EN: "Answer to a request returned"},
	RequestAgreed:           {JA: "対策依頼への回答を承認", EN: "Answer to a request approved"},
	RequestWithdrawn:        {JA: "対策依頼を取り下げ", EN: "Request withdrawn"},
	NoticesSet:              {JA: "通知の設定を変更", EN: "Settings of notices changed"},
	Reminded:                {JA: "期限を知らせた", EN: "Reminder sent"},
	AlarmRaised:             {JA: "緊急速報を出した", EN: "Emergency told"},
	AlarmPassed:             {JA: "緊急速報を次の連絡先へ回した", EN: "Emergency passed on"},
	AlarmConfirmed:          {JA: "緊急速報を確認", EN: "Emergency confirmed"},
	MailTrial:               {JA: "メールの送信を試した", EN: "Sending of mail tried"},
	MailAgain:               {JA: "届かなかったメールを再送", EN: "Undelivered mail sent again"},
	EverythingStopped:       {JA: "すべての診断を停止", EN: "Everything stopped"},
	EverythingRuns:          {JA: "すべての診断の停止を解除", EN: "Stop of everything released"},
	PlatformRestored:        {JA: "控えから復元", EN: "Restored from a backup"},
}

// Name is what the log says.
func (v Verb) Name(l i18n.Lang) string { return verbs[v].In(l) }

// Known says that the verb has its words.
func (v Verb) Known() bool { return !verbs[v].IsZero() }

// Event is one line of the audit log. It holds references and words of ours,
// never a name, a mail address or what somebody typed: people can be erased,
// and the chain stays as it is.
type Event struct {
	Seq          int64             `json:"seq"`
	At           time.Time         `json:"at"`
	By           ID                `json:"by,omitempty"` // "" = Miseban itself
	Verb         Verb              `json:"verb"`
	Object       ID                `json:"object,omitempty"`
	Organisation ID                `json:"organisation,omitempty"` // whose people may read it
	Shop         ID                `json:"shop,omitempty"`         // before which one must stand to read it
	Person       ID                `json:"person,omitempty"`       // whom it concerns
	Details      map[string]string `json:"details,omitempty"`
	Sum          string            `json:"-"`
}

// Chain is the sum of an event after the sum of the one before.
func (e *Event) Chain(before string) (string, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s", before, b)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// SplitRoles reads the roles that an event names.
func SplitRoles(s string) []Role {
	var out []Role
	for r := range strings.SplitSeq(s, ",") {
		if roleNames[Role(r)].JA != "" {
			out = append(out, Role(r))
		}
	}
	return out
}
