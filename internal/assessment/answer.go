package assessment

import (
	"slices"
	"time"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/verdict"
)

// Doer says who carries a measure out.
type Doer string

// The doers.
const (
	InHouse  Doer = "in-house"
	ByVendor Doer = "contractor"
)

// Doers lists the doers in the order of the form.
var Doers = []Doer{InHouse, ByVendor}

var doerNames = map[Doer]i18n.Text{
	InHouse:  {JA: "自社", EN: "In-house"},
	ByVendor: {JA: "委託先", EN: "Contractor"},
}

// Name is the word people read.
func (d Doer) Name(l i18n.Lang) string { return doerNames[d].In(l) }

// Answer is one answer of a shop to a question of an edition.
type Answer struct {
	Edition  string
	Question string
	Value    guideline.Answer
	Day      string // YYYY-MM-DD, on which it was seen to be so; may be empty
	Doer     Doer   // may be empty
	Reason   string // why it does not apply, what is done instead, or a remark
	Revision int    // counted up with each change; 0: never saved
	By       account.ID
	At       time.Time
	Evidence int // documents that show it
	// Duty says whose work it is in a shop of this form; "": the shop's. It
	// follows from the edition and the shop and is not kept.
	Duty guideline.Duty

	// A diagnostician accepts an alternative as good as what was asked for.
	AcceptedBy account.ID
	AcceptedAt time.Time
}

// Word is the answer in the words of its edition.
func (a *Answer) Word(l i18n.Lang) string {
	if e, err := guideline.Load(a.Edition); err == nil {
		return e.AnswerName(a.Value, l)
	}
	return a.Value.Name(l)
}

// Name is the answer in words, with what it rests on.
func (a *Answer) Name(l i18n.Lang) string {
	args := i18n.Args{"answer": a.Word(l)}
	switch a.Standing() {
	case Shown:
		return i18n.T(l, "{answer}（資料あり）", args)
	case Claimed:
		return i18n.T(l, "{answer}（自己申告）", args)
	case Replaced:
		return i18n.T(l, "{answer}（診断員が承認）", args)
	case Alternative:
		return i18n.T(l, "{answer}（承認待ち）", args)
	}
	if a.Waits() {
		return i18n.T(l, "{answer}（提供者の資料待ち）", args)
	}
	return args["answer"]
}

// MostReason is how many characters a reason may have.
const MostReason = 2000

// Tidy brings what was typed into its normal form and says what is wrong with it.
func (a *Answer) Tidy(q *guideline.Question, today string) account.Problems {
	var p account.Problems
	add := func(field string, r account.Reason) { p = append(p, account.Problem{Field: field, Reason: r}) }
	a.Reason = account.Paragraph(a.Reason)
	if !slices.Contains(q.Choices(), a.Value) {
		add("value", account.Reason{Message: "答えを選んでください。"})
	}
	if a.Doer != "" && doerNames[a.Doer].IsZero() {
		add("doer", account.Reason{Message: "一覧から選んでください。"})
	}
	if _, err := time.Parse("2006-01-02", a.Day); a.Day != "" && (err != nil || a.Day < "2000-01-01" || a.Day > today) {
		add("day", account.Reason{Message: "確認日は、今日までの日付を 2026-04-01 の形で入力してください。"})
	}
	switch {
	case utf8.RuneCountInString(a.Reason) > MostReason:
		add("reason", account.Reason{Message: "{n} 文字までにしてください。", Args: i18n.Args{"n": "2000"}})
	case a.Reason == "" && a.Value == guideline.NotApplicable:
		add("reason", account.Reason{Message: "「対象外」とする理由を入力してください。"})
	case a.Reason == "" && a.Value == guideline.Alternative:
		add("reason", account.Reason{Message: "代わりに行っていることを入力してください。"})
	}
	return p
}

// Waits says that the answer tells of what the provider of a service does, and
// nothing of the provider's shows it yet.
func (a *Answer) Waits() bool {
	return a != nil && a.Evidence == 0 && a.row().Theirs != "" && (a.Duty == guideline.Theirs || a.Duty == guideline.Shared && a.Value == guideline.Done)
}

// Same says that two answers say the same, whoever gave them.
func (a *Answer) Same(b *Answer) bool {
	return a.Value == b.Value && a.Day == b.Day && a.Doer == b.Doer && a.Reason == b.Reason
}

// Overrule is a diagnostician's own judgement of a requirement, in place of
// the table's. It holds as long as the table says what it said then and no
// further check has failed.
type Overrule struct {
	Edition     string
	Requirement string
	Verdict     verdict.Verdict
	Note        string
	Rule        verdict.Verdict // what the table said
	Against     []string        // the checks that had failed
	By          account.ID
	At          time.Time
}

// Holds says whether the overrule still concerns what j rests on.
func (o *Overrule) Holds(j *Judgement) bool {
	return o.Rule == j.Verdict && !slices.ContainsFunc(j.Failed(), func(c string) bool { return !slices.Contains(o.Against, c) })
}

// Failed names the checks by which the requirement is not met.
func (j *Judgement) Failed() []string {
	var out []string
	for _, r := range j.Basis {
		if r.Kind == FromCheck && r.Effect != guideline.Supports && r.Verdict == verdict.NotMet {
			out = append(out, r.Name)
		}
	}
	return out
}

// Overrule puts the diagnosticians' judgements in place of the table's where
// they still hold; those that do not are noted as past.
func (j *Judged) Overrule(list []Overrule) {
	for i := range j.Judgements {
		x := &j.Judgements[i]
		for k := range list {
			o := &list[k]
			if o.Edition != j.Edition.ID || o.Requirement != x.Requirement {
				continue
			}
			x.Overruled, x.Rule = o, x.Verdict
			if o.Holds(x) {
				x.Verdict, x.Declared = o.Verdict, false
				x.By, x.Note, x.At = string(o.By), o.Note, o.At
			}
		}
	}
}

// ShopForm is how a shop stands, for whose work a measure is. What it did not
// say makes it a shop on a system of its own.
func ShopForm(s *account.Shop) guideline.Form {
	switch {
	case s.Method == "mall":
		return guideline.InMall
	case s.Method == "asp" && s.Service != "partly", s.Service == "yes":
		return guideline.OnService
	case s.Service == "partly":
		return guideline.InPart
	}
	return ""
}

// ShopTraits are what a shop says of its own form. What it did not say is unknown.
func ShopTraits(s *account.Shop) map[guideline.Trait]bool {
	t := map[guideline.Trait]bool{}
	switch s.Service {
	case "yes":
		t[guideline.SaaS], t[guideline.SelfBuilt], t[guideline.Package] = true, false, false
	case "partly":
		t[guideline.SaaS] = true
	case "no":
		t[guideline.SaaS] = false
	}
	switch s.Method {
	case "package", "cms":
		t[guideline.Package], t[guideline.SelfBuilt] = true, false
	case "scratch":
		t[guideline.SelfBuilt], t[guideline.Package] = true, false
	case "asp", "mall":
		t[guideline.SaaS] = true
		if s.Service != "partly" {
			t[guideline.SelfBuilt], t[guideline.Package] = false, false
		}
	}
	if len(s.Payments) > 0 {
		t[guideline.TakesCards] = slices.ContainsFunc(s.Payments, func(p string) bool { return p == "link" || p == "token" || p == "own" })
	}
	if s.Builder.Name != "" || s.Maintenance.Name != "" {
		t[guideline.Outsourced] = true
	}
	return t
}

// ByRule is what the table says, whatever a diagnostician put in its place.
func (j *Judgement) ByRule() verdict.Verdict {
	if j.Overruled != nil {
		return j.Rule
	}
	return j.Verdict
}

// ConditionWords says in a sentence when a question is asked; "": always.
func ConditionWords(e *guideline.Edition, q *guideline.Question, l i18n.Lang) string {
	var out string
	for _, c := range q.When {
		on, ok := e.Question(c.Question)
		if !ok {
			continue
		}
		var words string
		for i, a := range c.Answer {
			if i > 0 {
				words += i18n.T(l, "か", nil)
			}
			words += i18n.T(l, "「{answer}」", i18n.Args{"answer": e.AnswerName(a, l)})
		}
		out += i18n.T(l, "「{question}」に{answers}と答えたときだけの質問です。", i18n.Args{"question": on.Text.In(l), "answers": words})
	}
	return out
}
