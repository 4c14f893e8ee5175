package programme

import (
	"errors"
	"slices"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// Move is one line of the workflow: who may take a case from where to where,
// and what must be so before. A move that no line allows is forbidden.
type Move struct {
	From, To Step
	Ending   Ending // how the case ends by it; none while it goes on
	By       []account.Role
	If       []Condition
	// Back says that it goes against the way; such moves, and those that end a
	// case before its time, need a reason.
	Back bool
}

// Condition is one thing that must be so before a move.
type Condition struct {
	// Key names the condition in URLs and tests.
	Key string
	// Says is the condition as a statement, which people read as met or open.
	Says i18n.Text
	// By are the roles that may state it by hand, with words that say how they
	// know; nobody, when other records say it.
	By []account.Role
	// ByShop says that the shop's people have something to do for it.
	ByShop bool
	// holds decides it from what is known of the case; fact is where that stands.
	holds func(*Case, *Facts) bool
	fact  func(*Facts) *bool
}

// Holds says whether the condition is met.
func (c *Condition) Holds(of *Case, known *Facts) bool { return c.holds(of, known) }

// StatedBy says whether somebody with the roles may state the condition by hand.
func (c *Condition) StatedBy(roles []account.Role) bool {
	return slices.ContainsFunc(c.By, func(r account.Role) bool { return slices.Contains(roles, r) })
}

// Stated finds the condition that a key names, when it can be stated by hand.
func Stated(key string) (*Condition, bool) {
	for i := range Moves {
		for j := range Moves[i].If {
			if c := &Moves[i].If[j]; c.Key == key && len(c.By) > 0 {
				return c, true
			}
		}
	}
	return nil, false
}

// State says of some conditions, by their keys, that they are met: for samples,
// of which no records tell.
func (f *Facts) State(keys ...string) {
	for i := range Moves {
		for j := range Moves[i].If {
			if c := &Moves[i].If[j]; c.fact != nil && slices.Contains(keys, c.Key) {
				*c.fact(f) = true
			}
		}
	}
}

// Facts are what moves depend on and the case itself does not say. The store
// gathers them from the records of the shop in one place.
type Facts struct {
	Confirmed  bool // the applicant has confirmed the application, and has not withdrawn it
	Eligible   bool // the office has decided so
	Ineligible bool // the office has decided so
	Chosen     bool // an approved selection gives it a place
	Passed     bool // an approved selection gives it none, and it waits on no list

	SelfCheck   bool // the self-check is handed in
	Environment bool // what Step 3 needs to know of the shop's surroundings is answered

	Minutes  bool // the shop has approved the minutes of the hearing
	Consent  bool // a consent of the shop is in force
	Hosting  bool // the hosting firm permits it, or need not
	Windows  bool // when it may be diagnosed is agreed
	Accounts bool // the test accounts have been tried, or none are needed
	WAF      bool // what becomes of the WAF meanwhile is agreed
	Call     bool // the emergency contact has answered a test call

	Diagnosed bool // a diagnosis after the consent has ended
	Released  bool // a second person has reviewed and released its report

	Met     bool // the report meeting was held
	Settled bool // its minutes are approved, each advice is accepted or declined

	FollowedUp bool // the shop has answered, or the office has closed the asking
}

func fact(key, ja, en string, at func(*Facts) *bool, by ...account.Role) Condition {
	return Condition{Key: key, Says: i18n.Text{JA: ja, EN: en}, By: by, fact: at, holds: func(_ *Case, known *Facts) bool { return known != nil && *at(known) }}
}

// theirs marks a condition for which the shop's people have something to do.
func theirs(c Condition) Condition {
	c.ByShop = true
	return c
}

// The conditions.
var (
	isConfirmed   = fact("confirmed", "応募者がメールで応募を確定している", "the applicant has confirmed the application by mail", func(f *Facts) *bool { return &f.Confirmed })
	isEligible    = fact("eligible", "応募資格を「あり」と判断している", "it was decided to be eligible", func(f *Facts) *bool { return &f.Eligible })
	isIneligible  = fact("ineligible", "応募資格を「なし」と判断している", "it was decided not to be eligible", func(f *Facts) *bool { return &f.Ineligible })
	isChosen      = fact("chosen", "承認された選定で選ばれている", "an approved selection has chosen it", func(f *Facts) *bool { return &f.Chosen })
	isPassed      = fact("passed", "承認された選定で選ばれておらず、補欠でもない", "an approved selection has neither chosen it nor kept it in reserve", func(f *Facts) *bool { return &f.Passed })
	hasSelfCheck  = theirs(fact("self-check", "セルフチェックが提出されている", "the self-check is handed in", func(f *Facts) *bool { return &f.SelfCheck }))
	hasSurrounds  = theirs(fact("environment", "診断環境の質問にすべて回答がある", "each question on the surroundings of the diagnosis is answered", func(f *Facts) *bool { return &f.Environment }))
	hasMinutes    = theirs(fact("minutes", "お店がヒアリングの議事録を承認している", "the shop has approved the minutes of the hearing", func(f *Facts) *bool { return &f.Minutes }, account.Executive, account.Clerk))
	hasConsent    = theirs(fact("consent", "診断の同意書が有効である", "a consent to the diagnosis is in force", func(f *Facts) *bool { return &f.Consent }))
	hasHosting    = theirs(fact("hosting", "ホスティング会社の許可がある（または不要と確認した）", "the hosting firm permits it (or was found not to need to)", func(f *Facts) *bool { return &f.Hosting }))
	hasWindows    = theirs(fact("windows", "診断してよい時間帯が決まっている", "it is agreed when the shop may be diagnosed", func(f *Facts) *bool { return &f.Windows }))
	hasAccounts   = theirs(fact("accounts", "テスト用アカウントでログインできた（または使わないと決めた）", "the test accounts have been tried (or none are used)", func(f *Facts) *bool { return &f.Accounts }))
	hasWAF        = theirs(fact("waf", "診断中の WAF の扱いが決まっている", "it is agreed what the WAF does meanwhile", func(f *Facts) *bool { return &f.WAF }))
	hasCall       = fact("call", "緊急連絡先が試しの電話に出た", "the emergency contact has answered a test call", func(f *Facts) *bool { return &f.Call })
	isDiagnosed   = fact("diagnosed", "Step3 に入ったあと、同意にもとづいて始めた診断が終わっている", "a diagnosis, begun with the consent after Step 3 was reached, has ended", func(f *Facts) *bool { return &f.Diagnosed })
	isReleased    = fact("released", "診断した人とは別の人が報告書を確認し、公開を認めている", "a second person has reviewed and released the report", func(f *Facts) *bool { return &f.Released })
	hasMet        = fact("met", "報告会を開いた", "the report meeting was held", func(f *Facts) *bool { return &f.Met }, account.Clerk, account.Diagnostician)
	hasSettled    = theirs(fact("settled", "報告会の議事録が承認され、助言ごとに対応するかどうかの回答がある", "its minutes are approved, and each advice is accepted or declined", func(f *Facts) *bool { return &f.Settled }, account.Clerk))
	hasFollowedUp = theirs(fact("followed-up", "フォローアップの回答がある（または事務局が督促を終えた）", "the shop has answered the follow-up (or the office has closed the asking)", func(f *Facts) *bool { return &f.FollowedUp }, account.Clerk))
)

// leftFrom is met when the case left the way at the step: only there it may come back.
func leftFrom(s Step) Condition {
	return Condition{
		Key:   "left-from",
		Says:  i18n.Text{JA: "その段階で終了または辞退した", EN: "it left the way at that step"},
		holds: func(c *Case, _ *Facts) bool { return c.Left == s },
	}
}

// Gate are the conditions that open Step 3. Each is shown on the page of the hearing.
var Gate = []Condition{hasMinutes, hasConsent, hasHosting, hasWindows, hasAccounts, hasWAF, hasCall}

// Miseban stands in the table for what happens without a person: the case goes
// along with its application until the first of the five steps.
const Miseban account.Role = ""

// Groups of roles in the table.
var (
	office  = []account.Role{account.Clerk}
	ours    = []account.Role{account.Clerk, Miseban}
	signer  = []account.Role{account.Approver}
	chooser = []account.Role{account.Approver, Miseban}
	leavers = []account.Role{account.Executive, account.Clerk, Miseban}
)

// Moves is the whole workflow.
var Moves = slices.Concat([]Move{
	{From: StepApplication, To: StepEligibility, By: ours, If: []Condition{isConfirmed}},
	{From: StepEligibility, To: StepSelection, By: ours, If: []Condition{isEligible}},
	{From: StepSelection, To: Step1, By: chooser, If: []Condition{isChosen}},
	{From: Step1, To: Step2, By: office, If: []Condition{hasSelfCheck, hasSurrounds}},
	{From: Step2, To: Step3, By: office, If: Gate},
	{From: Step3, To: Step4, By: []account.Role{account.Clerk, account.Reviewer}, If: []Condition{isDiagnosed, isReleased}},
	{From: Step4, To: Step5, By: []account.Role{account.Clerk, account.Diagnostician}, If: []Condition{hasMet, hasSettled}},
	{From: Step5, To: StepEnd, Ending: EndingComplete, By: office, If: []Condition{hasFollowedUp}},

	{From: StepEligibility, To: StepEnd, Ending: EndingIneligible, By: ours, If: []Condition{isIneligible}},
	{From: StepSelection, To: StepEnd, Ending: EndingNotChosen, By: chooser, If: []Condition{isPassed}},

	{From: StepEligibility, To: StepApplication, By: ours, Back: true},
	{From: StepSelection, To: StepEligibility, By: ours, Back: true},
	{From: Step1, To: StepSelection, By: chooser, Back: true},
	{From: Step2, To: Step1, By: office, Back: true},
	{From: Step3, To: Step2, By: office, Back: true},
	{From: Step4, To: Step3, By: office, Back: true},
	{From: Step5, To: Step4, By: office, Back: true},
}, waysOut())

// waysOut are the lines that are alike for many steps.
func waysOut() (out []Move) {
	for _, s := range OpenSteps {
		out = append(out, Move{From: s, To: StepDeclined, Ending: EndingDeclined, By: leavers})
		if s.ofTheFive() {
			out = append(out, Move{From: s, To: StepEnd, Ending: EndingStopped, By: signer})
		}
		for _, from := range []Step{StepEnd, StepDeclined} {
			out = append(out, Move{From: from, To: s, By: chooser, If: []Condition{leftFrom(s)}, Back: true})
		}
	}
	return out
}

// What keeps a case from moving.
var (
	ErrForbidden = errors.New("the workflow knows no such move for these roles")
	ErrReason    = errors.New("the move needs a reason")
)

// OpenError says which conditions of a move are not met.
type OpenError struct{ Open []Condition }

// Error names the conditions, for logs; pages say what they say.
func (e *OpenError) Error() string {
	s := "conditions not met:"
	for _, c := range e.Open {
		s += " " + c.Key
	}
	return s
}

// NeedsReason says that whoever makes the move must say why.
func (m *Move) NeedsReason() bool {
	return m.Back || m.Ending == EndingStopped || m.Ending == EndingDeclined
}

// Key names the move in forms.
func (m *Move) Key() string {
	if m.Ending != EndingNone && m.To == StepEnd {
		return string(m.To) + ":" + string(m.Ending)
	}
	return string(m.To)
}

// Open lists the conditions of a move that are not met.
func (m *Move) Open(c *Case, known *Facts) (open []Condition) {
	for _, x := range m.If {
		if !x.holds(c, known) {
			open = append(open, x)
		}
	}
	return open
}

// MovesOf lists the moves that somebody with the roles may make from a step,
// whether or not their conditions are met yet.
func MovesOf(roles []account.Role, from Step) (out []Move) {
	for _, m := range Moves {
		if m.From == from && slices.ContainsFunc(m.By, func(r account.Role) bool { return slices.Contains(roles, r) }) {
			out = append(out, m)
		}
	}
	return out
}

// Wish is a move that somebody wants to make.
type Wish struct {
	Key    string // as Move.Key
	Roles  []account.Role
	Facts  *Facts
	Reason string
}

// find is the line of the table for a wish.
func (c *Case) find(w *Wish) (*Move, error) {
	for _, m := range MovesOf(w.Roles, c.Step) {
		if m.Key() != w.Key {
			continue
		}
		if open := m.Open(c, w.Facts); len(open) > 0 {
			return nil, &OpenError{open}
		}
		if m.NeedsReason() && w.Reason == "" {
			return nil, ErrReason
		}
		return &m, nil
	}
	return nil, ErrForbidden
}
