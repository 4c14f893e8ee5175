package survey

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// State is where a subject stands between having been chosen and having said
// what was asked.
type State string

// The states.
const (
	Candidate State = "candidate"
	Asked     State = "asked"     // 依頼中
	Arranging State = "arranging" // 日程調整
	Appointed State = "appointed" // a day is fixed
	Heard     State = "heard"     // ヒアリング済み
	Written   State = "written"   // answered by link or sheet
	Complete  State = "complete"  // nothing is open any more
	Refused   State = "refused"   // the subject declined
	Dropped   State = "dropped"   // we let it be
)

// States are all of them, in the order of the pages.
var States = []State{Candidate, Asked, Arranging, Appointed, Heard, Written, Complete, Refused, Dropped}

var stateNames = map[State]i18n.Text{
	Candidate: {JA: "候補", EN: "Candidate"},
	Asked:     {JA: "依頼中", EN: "Asked"},
	Arranging: {JA: "日程調整", EN: "Arranging a day"},
	Appointed: {JA: "日程決定", EN: "Day fixed"},
	Heard:     {JA: "ヒアリング済み", EN: "Heard"},
	Written:   {JA: "書面回答済み", EN: "Answered in writing"},
	Complete:  {JA: "完了", EN: "Complete"},
	Refused:   {JA: "辞退", EN: "Declined"},
	Dropped:   {JA: "取りやめ", EN: "Dropped"},
}

// Name is the word for people.
func (s State) Name(l i18n.Lang) string { return stateNames[s].In(l) }

// Known says that there is such a state.
func (s State) Known() bool { return stateNames[s].JA != "" }

// Counts says that a subject in the state counts towards the quota.
func (s State) Counts() bool { return s != Candidate && s != Refused && s != Dropped }

// Done says that the subject has said what was asked.
func (s State) Done() bool { return s == Heard || s == Written || s == Complete }

// Takes says that answers may be written down.
func (s State) Takes() bool { return s.Counts() && s != Complete }

// moves say from where to where a subject may be taken, and by whom. The pages
// show these and no others.
var moves = []struct {
	from, to State
	by       []account.Role
}{
	{Candidate, Asked, office},
	{Candidate, Dropped, office},
	{Asked, Arranging, desk},
	{Asked, Written, desk},
	{Asked, Refused, desk},
	{Asked, Candidate, office},
	{Arranging, Appointed, desk},
	{Arranging, Refused, desk},
	{Arranging, Asked, desk},
	{Appointed, Heard, desk},
	{Appointed, Arranging, desk},
	{Appointed, Refused, desk},
	{Heard, Complete, desk},
	{Heard, Appointed, desk}, // a second hearing
	{Written, Complete, desk},
	{Written, Arranging, desk}, // what was written raises questions
	{Complete, Heard, office},
	{Refused, Asked, office},
	{Dropped, Candidate, office},
}

var (
	office = []account.Role{account.Clerk}
	desk   = []account.Role{account.Clerk, account.Interviewer}
)

// Next are the states to which somebody with the roles may take a subject.
func (s State) Next(roles []account.Role) []State {
	var out []State
	for _, m := range moves {
		if m.from == s && slices.ContainsFunc(roles, func(r account.Role) bool { return slices.Contains(m.by, r) }) {
			out = append(out, m.to)
		}
	}
	return out
}

// Reason is why a subject was chosen: a statement with where it is from. What is
// said of a company that exists is never said without a source.
type Reason struct {
	Statement string `json:"statement"`
	Source    string `json:"source"`
	Year      int    `json:"year"`
}

// Subject is one of whom a survey asks.
type Subject struct {
	Company string   `json:"company"`
	Service string   `json:"service,omitempty"`
	Person  string   `json:"person,omitempty"` // whom to write to
	Mail    string   `json:"mail,omitempty"`
	Traits  []string `json:"traits,omitempty"`
	Reasons []Reason `json:"reasons,omitempty"`
	Day     string   `json:"day,omitempty"`     // of the hearing
	Release string   `json:"release,omitempty"` // the day of the written leave to be named; "": not to be named
}

// MostReasons is how many reasons a subject may have.
const MostReasons = 6

// traits are what some subjects have that others do not, and what asks more of them.
var traits = []struct {
	id   string
	name i18n.Text
}{{"partner-ranks", i18n.Text{JA: "構築パートナーのランクを設けている", EN: "Has ranks of integrating partners"}}}

// Traits are the traits that the items of a questionnaire know.
func (q *Questionnaire) Traits() []string {
	var out []string
	for _, i := range q.Items() {
		if i.Only != "" && !slices.Contains(out, i.Only) {
			out = append(out, i.Only)
		}
	}
	return out
}

// TraitName is the word for a trait.
func TraitName(id string, l i18n.Lang) string {
	for _, t := range traits {
		if t.id == id {
			return t.name.In(l)
		}
	}
	return id
}

// Tidy brings a subject into the form in which it is kept and says what is wrong.
func (x *Subject) Tidy(q *Questionnaire, today string) account.Problems {
	var p account.Problems
	bad := func(field string, r account.Reason) { p = append(p, account.Problem{Field: field, Reason: r}) }
	x.Company, x.Service, x.Person = account.Line(x.Company), account.Line(x.Service), account.Line(x.Person)
	if n := utf8.RuneCountInString(x.Company); n == 0 || n > 100 {
		bad("company", account.Reason{Message: "事業者名を 100 文字までで入力してください。"})
	}
	for field, s := range map[string]string{"service": x.Service, "person": x.Person} {
		if utf8.RuneCountInString(s) > 100 {
			bad(field, account.Reason{Message: "{n} 文字までで入力してください。", Args: i18n.Args{"n": "100"}})
		}
	}
	if x.Mail = account.Line(x.Mail); x.Mail != "" {
		if m := account.NormalMail(x.Mail); m != "" {
			x.Mail = m
		} else {
			bad("mail", account.Reason{Message: "メールアドレスを確かめてください。"})
		}
	}
	known := q.Traits()
	x.Traits = slices.DeleteFunc(x.Traits, func(t string) bool { return !slices.Contains(known, t) })
	if x.Day != "" && !day(x.Day) {
		bad("day", account.Reason{Message: "日付を確かめてください。"})
	}
	if x.Release != "" && (!day(x.Release) || x.Release > today) {
		bad("release", account.Reason{Message: "書面の日付は、今日までの日付を入力してください。"})
	}
	x.Reasons = slices.DeleteFunc(x.Reasons, func(r Reason) bool { return r == (Reason{}) })
	if len(x.Reasons) > MostReasons {
		x.Reasons = x.Reasons[:MostReasons]
	}
	for i := range x.Reasons {
		r := &x.Reasons[i]
		r.Statement, r.Source = account.Line(r.Statement), account.Line(r.Source)
		n := strconv.Itoa(i + 1)
		if r.Statement == "" || utf8.RuneCountInString(r.Statement) > 300 {
			bad("statement"+n, account.Reason{Message: "選んだ理由を 300 文字までで入力してください。"})
		}
		if r.Source == "" || utf8.RuneCountInString(r.Source) > 300 {
			bad("source"+n, account.Reason{Message: "理由の出典を 300 文字までで入力してください。出典のない理由は登録できません。"})
		}
		if year, _ := strconv.Atoi(today[:4]); r.Year < 1990 || r.Year > year {
			bad("year"+n, account.Reason{Message: "出典の年を西暦で入力してください。"})
		}
	}
	return p
}

// day says that s is a day like 2022-09-02.
func day(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
