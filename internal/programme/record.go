package programme

import (
	"slices"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// RecordKind says what is written down about a case on its way through the
// five steps. Conditions are met by such records, and by nobody's word.
type RecordKind string

// The kinds of records.
const (
	RecordSheet        RecordKind = "sheet"        // an item of the environment sheet, by its ID
	RecordHandIn       RecordKind = "hand-in"      // the shop hands the self-check in
	RecordHearing      RecordKind = "hearing"      // when, where and with whom Step 2 talks
	RecordNote         RecordKind = "note"         // what was said to a question of the hearing
	RecordMinutes      RecordKind = "minutes"      // of "hearing" or "meeting"
	RecordCall         RecordKind = "call"         // a test call to the emergency contact
	RecordTrial        RecordKind = "trial"        // a test account was tried, by its name
	RecordAssigned     RecordKind = "assigned"     // who diagnoses
	RecordReview       RecordKind = "review"       // of a diagnosis, by its ID
	RecordMeeting      RecordKind = "meeting"      // the report meeting of Step 4
	RecordAdvice       RecordKind = "advice"       // what is advised, and what becomes of it
	RecordSatisfaction RecordKind = "satisfaction" // what the shop thinks of it
	RecordFollowUp     RecordKind = "follow-up"    // what was done three months later
)

// Valid says that there are such records.
func (k RecordKind) Valid() bool {
	return slices.Contains([]RecordKind{RecordSheet, RecordHandIn, RecordHearing, RecordNote, RecordMinutes, RecordCall, RecordTrial, RecordAssigned, RecordReview, RecordMeeting, RecordAdvice, RecordSatisfaction, RecordFollowUp}, k)
}

// States of records that conditions ask for.
const (
	IsShown    = "shown"    // minutes: the shop is to approve them
	IsApproved = "approved" // minutes
	IsReturned = "returned" // minutes, a review: something is to be changed
	IsAnswered = "answered" // a call
	IsWorked   = "worked"   // a trial
	IsFailed   = "failed"   // a trial, a call
	IsReleased = "released" // a review
	IsHeld     = "held"     // a meeting
	IsPlanned  = "planned"  // a hearing, a meeting
	IsOpen     = "open"     // an advice
	IsAccepted = "accepted" // an advice
	IsDeclined = "declined" // an advice
	IsHandedIn = "handed-in"
	IsGivenUp  = "given-up" // a follow-up that the office has closed
	IsGiven    = "given"    // a satisfaction
	IsAssigned = "assigned"
)

// Record is what conditions know of a record: who wrote it and how it stands,
// but nothing of what it says.
type Record struct {
	Kind     RecordKind
	Name     string // which one of its kind
	State    string
	Mark     string // what it rests on, see each kind
	Revision int
	At       time.Time
	By       account.ID
}

// told are the states of records of which the timeline of a case tells.
var told = map[RecordKind]map[string]i18n.Text{
	RecordHandIn:       {IsHandedIn: {JA: "お店がセルフチェックを提出", EN: "The shop handed the self-check in"}},
	RecordHearing:      {IsPlanned: {JA: "ヒアリングの予定を決めた", EN: "The hearing was planned"}},
	RecordMinutes:      {IsShown: {JA: "議事録の承認をお店に依頼", EN: "The shop was asked to approve the minutes"}, IsApproved: {JA: "お店が議事録を承認", EN: "The shop approved the minutes"}, IsReturned: {JA: "お店が議事録の修正を依頼", EN: "The shop asked to change the minutes"}},
	RecordCall:         {IsAnswered: {JA: "緊急連絡先が試しの電話に出た", EN: "The emergency contact answered a test call"}, IsFailed: {JA: "緊急連絡先が試しの電話に出なかった", EN: "The emergency contact did not answer a test call"}},
	RecordTrial:        {IsWorked: {JA: "テスト用アカウントでログインできた", EN: "A test account was tried and worked"}, IsFailed: {JA: "テスト用アカウントでログインできなかった", EN: "A test account was tried and did not work"}},
	RecordAssigned:     {IsAssigned: {JA: "診断の担当者を決めた", EN: "The diagnostician was assigned"}},
	RecordReview:       {IsReleased: {JA: "診断結果を確認し、お店への報告を認めた", EN: "The result was reviewed and released"}, IsReturned: {JA: "診断結果を差し戻した", EN: "The result was sent back by its reviewer"}},
	RecordMeeting:      {IsPlanned: {JA: "報告会の予定を決めた", EN: "The report meeting was planned"}, IsHeld: {JA: "報告会を開いた", EN: "The report meeting was held"}},
	RecordSatisfaction: {IsGiven: {JA: "お店が満足度に回答", EN: "The shop told how satisfied it is"}},
	RecordFollowUp:     {IsHandedIn: {JA: "お店がフォローアップに回答", EN: "The shop answered the follow-up"}, IsGivenUp: {JA: "事務局がフォローアップの督促を終えた", EN: "The office closed the follow-up"}},
}

// Told is what the timeline says of a record that comes to a state; empty when nothing.
func Told(kind RecordKind, state string) i18n.Text { return told[kind][state] }

// Resting is what moves depend on beside the records of a case: what the shop
// has agreed to, and which of its diagnoses have ended since the step began.
type Resting struct {
	Consent   *account.Consent // in force; nil: none
	Diagnoses []EndedDiagnosis
}

// EndedDiagnosis is a diagnosis of the shop that has ended.
type EndedDiagnosis struct {
	ID account.ID
	By account.ID // who started it
}

// find is the record of a kind and name; nil when there is none.
func find(list []Record, kind RecordKind, name string) *Record {
	if i := slices.IndexFunc(list, func(r Record) bool { return r.Kind == kind && r.Name == name }); i >= 0 {
		return &list[i]
	}
	return nil
}

func stands(list []Record, kind RecordKind, name, state string) bool {
	r := find(list, kind, name)
	return r != nil && r.State == state
}

// From derives what moves depend on from records.
func (f *Facts) From(list []Record, on Resting) {
	done := func(item string) bool { return stands(list, RecordSheet, item, string(SheetDone)) }
	f.SelfCheck = stands(list, RecordHandIn, "", IsHandedIn)
	f.Environment = true
	for _, i := range Sheet() {
		r := find(list, RecordSheet, i.ID)
		f.Environment = f.Environment && r != nil && r.State != string(SheetMissing)
	}
	c := on.Consent
	f.Consent = c != nil
	f.Minutes = stands(list, RecordMinutes, "hearing", IsApproved)
	f.Hosting = c != nil && done("hosting")
	f.Windows = c != nil && done("windows") && done("sale-days") && Within(c.From, c.To, find(list, RecordSheet, "windows").Mark)
	f.WAF = done("waf")
	f.Accounts = c != nil && done("accounts") && len(Untried(list, c)) == 0
	f.Call = LastCall(list) != nil && LastCall(list).State == IsAnswered
	f.Diagnosed = len(on.Diagnoses) > 0
	f.Released = slices.ContainsFunc(on.Diagnoses, func(d EndedDiagnosis) bool { return stands(list, RecordReview, string(d.ID), IsReleased) })
	f.Met = stands(list, RecordMeeting, "", IsHeld)
	f.Settled = stands(list, RecordMinutes, "meeting", IsApproved) && !slices.ContainsFunc(list, func(r Record) bool { return r.Kind == RecordAdvice && r.State == IsOpen })
	f.FollowedUp = stands(list, RecordFollowUp, "", IsHandedIn) || stands(list, RecordFollowUp, "", IsGivenUp)
}

// Untried are the test accounts that a consent lets be used and nobody has
// signed in with yet. Names of accounts are never given twice.
func Untried(list []Record, c *account.Consent) (out []string) {
	for _, name := range c.Accounts {
		if !stands(list, RecordTrial, name, IsWorked) {
			out = append(out, name)
		}
	}
	return out
}

// LastCall is the last test call to the emergency contacts as the sheet has
// them now: a call to those it had before says nothing of these. nil: none.
func LastCall(list []Record) *Record {
	now := find(list, RecordSheet, "contacts")
	if now == nil || now.State != string(SheetDone) {
		return nil
	}
	var last *Record
	for i := range list {
		if r := &list[i]; r.Kind == RecordCall && r.Mark == ContactsMark(now.Revision) && (last == nil || r.At.After(last.At)) {
			last = r
		}
	}
	return last
}

// ContactsMark is what a test call rests on: the contacts as they were then.
func ContactsMark(revision int) string { return "contacts " + strconv.Itoa(revision) }
