package account

import "miseban/internal/i18n"

// The verbs of surveys and hearings.
const (
	SurveyBegun    Verb = "survey.begun"
	SurveyQuota    Verb = "survey.quota"
	SubjectAdded   Verb = "subject.added"
	SubjectChanged Verb = "subject.changed"
	SubjectMoved   Verb = "subject.moved"
	SurveyAnswered Verb = "survey.answered"
	CodeAdded      Verb = "code.added"
	CodesMerged    Verb = "code.merged"
	AnswerCoded    Verb = "answer.coded"
	TablePublished Verb = "table.published"
)

var surveyVerbs = map[Verb]i18n.Text{
	SurveyBegun:    {JA: "調査を開始", EN: "Survey begun"},
	SurveyQuota:    {JA: "調査の件数の目標を変更", EN: "Quota of a survey changed"},
	SubjectAdded:   {JA: "調査対象を追加", EN: "Subject of a survey added"},
	SubjectChanged: {JA: "調査対象の情報を変更", EN: "Subject of a survey changed"},
	SubjectMoved:   {JA: "調査対象の状態を変更", EN: "State of a subject changed"},
	SurveyAnswered: {JA: "調査の回答を記録", EN: "Answer to a survey recorded"},
	CodeAdded:      {JA: "分類コードを追加", EN: "Code added to a code book"},
	CodesMerged:    {JA: "分類コードを統合", EN: "Codes of a code book merged"},
	AnswerCoded:    {JA: "自由記述を分類", EN: "Answer coded"},
	TablePublished: {JA: "集計表を公表", EN: "Table published"},
}
