// Package verdict holds the one vocabulary in which Miseban judges: checks,
// requirements and whole runs all end in one of these words.
package verdict

import "miseban/internal/i18n"

// Verdict is the answer to a check or a requirement.
type Verdict string

// The six verdicts of the product (design: 判定). There is deliberately no
// "passed": Met says that the thing asked for was seen.
const (
	Met           Verdict = "met"            // 適合
	NotMet        Verdict = "not-met"        // 不適合
	Partly        Verdict = "partly"         // 一部適合
	NotApplicable Verdict = "not-applicable" // 対象外
	NotExamined   Verdict = "not-examined"   // 未確認
	Undetermined  Verdict = "undetermined"   // 判定不能
)

// All lists the verdicts in the order in which reports show them.
var All = []Verdict{NotMet, Partly, Undetermined, NotExamined, Met, NotApplicable}

var names = map[Verdict]i18n.Text{
	Met:           {JA: "適合", EN: "Met"},
	NotMet:        {JA: "不適合", EN: "Not met"},
	Partly:        {JA: "一部適合", EN: "Partly met"},
	NotApplicable: {JA: "対象外", EN: "Not applicable"},
	NotExamined:   {JA: "未確認", EN: "Not examined"},
	Undetermined:  {JA: "判定不能", EN: "Undetermined"},
}

// Name is the word people read for v. An unknown verdict names itself.
func (v Verdict) Name(l i18n.Lang) string {
	if t, ok := names[v]; ok {
		return t.In(l)
	}
	return string(v)
}

// Valid says whether v is one of All.
func (v Verdict) Valid() bool { _, ok := names[v]; return ok }
