package workflow

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/report"
)

// RequestState is where a request to a contractor (対策依頼) stands.
type RequestState string

// The states of a request.
const (
	RequestSent      RequestState = "sent"     // the contractor is to answer
	RequestAnswered  RequestState = "answered" // the executive is to decide
	RequestReturned  RequestState = "returned" // items were returned: the contractor is to answer these again
	RequestAgreed    RequestState = "agreed"   // every answer was approved
	RequestWithdrawn RequestState = "withdrawn"
)

var requestStates = map[RequestState]i18n.Text{
	RequestSent:      {JA: "回答待ち", EN: "Awaiting the answer"},
	RequestAnswered:  {JA: "承認待ち", EN: "Awaiting approval"},
	RequestReturned:  {JA: "差し戻し・再回答待ち", EN: "Returned, awaiting a new answer"},
	RequestAgreed:    {JA: "承認済み", EN: "Approved"},
	RequestWithdrawn: {JA: "取り下げ", EN: "Withdrawn"},
}

// Name is the word people read.
func (s RequestState) Name(l i18n.Lang) string { return requestStates[s].In(l) }

// Awaits says that the contractor is to answer.
func (s RequestState) Awaits() bool { return s == RequestSent || s == RequestReturned }

// Open says that somebody still has to do something.
func (s RequestState) Open() bool { return s.Awaits() || s == RequestAnswered }

// MostItems is how many findings one request may hold: more nobody answers at once.
const MostItems = 40

// Policy is what a contractor answers to an item.
type Policy string

// The policies.
const (
	Mend      Policy = "mend"
	Otherwise Policy = "otherwise"
	Outside   Policy = "outside"
)

// Policies lists them in the order of a form.
var Policies = []Policy{Mend, Otherwise, Outside}

var policyNames = map[Policy]i18n.Text{
	Mend:      {JA: "対策する", EN: "Will be fixed"},
	Otherwise: {JA: "別の方法で対策する", EN: "Will be handled in another way"},
	Outside:   {JA: "責任範囲外", EN: "Outside our responsibility"},
}

// Name is the word people read.
func (p Policy) Name(l i18n.Lang) string { return policyNames[p].In(l) }

// Reply is a contractor's answer to one item.
type Reply struct {
	Policy   Policy `json:"policy"`
	Day      string `json:"day"`      // by which it will be done: 2006-01-02
	Estimate string `json:"estimate"` // in the contractor's words
	Words    string `json:"words"`    // how, or why not
}

// How long the texts of an answer may be.
const (
	mostEstimate = 200
	mostReply    = 1000
)

// Tidy brings an answer into its normal form and says what is wrong with it.
// Until it is sent it may be incomplete. Fields bear the item's number.
func (r *Reply) Tidy(number int, sent bool, today string) account.Problems {
	r.Estimate, r.Words = account.Line(r.Estimate), account.Paragraph(r.Words)
	var out account.Problems
	add := func(field string, r account.Reason) {
		out = append(out, account.Problem{Field: field + "-" + strconv.Itoa(number), Reason: r})
	}
	if utf8.RuneCountInString(r.Estimate) > mostEstimate {
		add("estimate", account.Reason{Message: "見積は {n} 文字までにしてください。", Args: i18n.Args{"n": strconv.Itoa(mostEstimate)}})
	}
	if utf8.RuneCountInString(r.Words) > mostReply {
		add("words", account.Reason{Message: "説明は {n} 文字までにしてください。", Args: i18n.Args{"n": strconv.Itoa(mostReply)}})
	}
	if r.Policy != "" && !slices.Contains(Policies, r.Policy) {
		r.Policy = ""
	}
	at, err := time.Parse(time.DateOnly, r.Day)
	switch last, wrong := latest(today), r.Day != "" && err != nil; {
	case wrong:
		add("day", account.Reason{Message: "予定日を年月日で入力してください。"})
	case r.Policy == Outside:
		r.Day = ""
	case r.Day != "" && (r.Day < today || at.After(last)):
		add("day", account.Reason{Message: "予定日は、今日から3年以内にしてください。"})
	}
	if !sent {
		return out
	}
	about := i18n.Args{"number": strconv.Itoa(number)}
	switch {
	case r.Policy == "":
		add("policy", account.Reason{Message: "項目 {number} の方針を選んでください。", Args: about})
	case r.Policy == Outside && r.Words == "":
		add("words", account.Reason{Message: "項目 {number} を責任範囲外とする理由を入力してください。", Args: about})
	case r.Policy == Otherwise && r.Words == "":
		add("words", account.Reason{Message: "項目 {number} をどのような方法で対策するかを入力してください。", Args: about})
	}
	if (r.Policy == Mend || r.Policy == Otherwise) && r.Day == "" {
		add("day", account.Reason{Message: "項目 {number} の予定日を入力してください。", Args: about})
	}
	return out
}

func latest(today string) time.Time {
	at, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return time.Time{}
	}
	return at.AddDate(3, 0, 0)
}

// Decision is what the executive decides about the answer to one item.
type Decision string

// The decisions.
const (
	Approved Decision = "approved"
	Returned Decision = "returned"
)

// Decided is the executive's word on an answer, with a note.
type Decided struct {
	Decision Decision `json:"decision"`
	Note     string   `json:"note"`
}

// Tidy brings a decision into its normal form and says what is wrong with it.
func (d *Decided) Tidy(number int) account.Problems {
	d.Note = account.Paragraph(d.Note)
	n, about := strconv.Itoa(number), i18n.Args{"number": strconv.Itoa(number)}
	var out account.Problems
	if d.Decision != Approved && d.Decision != Returned {
		out = append(out, account.Problem{Field: "decision-" + n, Reason: account.Reason{Message: "項目 {number} を承認するか差し戻すかを選んでください。", Args: about}})
	}
	switch length := utf8.RuneCountInString(d.Note); {
	case length > mostReply:
		out = append(out, account.Problem{Field: "note-" + n, Reason: account.Reason{Message: "説明は {n} 文字までにしてください。", Args: i18n.Args{"n": strconv.Itoa(mostReply)}}})
	case length == 0 && d.Decision == Returned:
		out = append(out, account.Problem{Field: "note-" + n, Reason: account.Reason{Message: "項目 {number} を差し戻す理由を入力してください。", Args: about}})
	}
	return out
}

// longestWait is within how many days an answer may be wanted, grace for how
// many days more the link to the form holds.
const (
	longestWait = 60
	grace       = 7
)

// AnswerBy reads the day by which an answer is wanted and says until when a
// link to the form of the answer holds.
func AnswerBy(day string, now time.Time) (until time.Time, ok bool) {
	at, err := time.ParseInLocation(time.DateOnly, day, report.Tokyo())
	if err != nil || day < Day(now) || day > Day(now.AddDate(0, 0, longestWait)) {
		return time.Time{}, false
	}
	return at.AddDate(0, 0, 1+grace).UTC(), true
}
