package account

import "miseban/internal/i18n"

// The verbs of committees and their papers.
const (
	CommitteeAdded   Verb = "committee.added"
	CommitteeChanged Verb = "committee.changed"
	SeatGiven        Verb = "committee.seat-given"
	SeatTaken        Verb = "committee.seat-taken"
	MeetingAdded     Verb = "meeting.added"
	MeetingChanged   Verb = "meeting.changed"
	PaperAdded       Verb = "paper.added"
	PaperChanged     Verb = "paper.changed"
	PaperIssued      Verb = "paper.issued"
	PaperTakenBack   Verb = "paper.taken-back"
	ActionAdded      Verb = "action.added"
	ActionSettled    Verb = "action.settled"
)

var committeeVerbs = map[Verb]i18n.Text{
	CommitteeAdded:   {JA: "委員会を登録", EN: "Committee added"},
	CommitteeChanged: {JA: "委員会の内容を変更", EN: "Committee changed"},
	SeatGiven:        {JA: "委員・オブザーバーを登録", EN: "Seat in a committee given"},
	SeatTaken:        {JA: "委員・オブザーバーから外した", EN: "Seat in a committee taken away"},
	MeetingAdded:     {JA: "会合を登録", EN: "Meeting added"},
	MeetingChanged:   {JA: "会合の日付を変更", EN: "Meeting moved"},
	PaperAdded:       {JA: "委員会資料を作成", EN: "Committee paper begun"},
	PaperChanged:     {JA: "委員会資料を変更", EN: "Committee paper changed"},
	PaperIssued:      {JA: "委員会資料を配布", EN: "Committee paper issued"},
	PaperTakenBack:   {JA: "委員会資料を下書きに戻した", EN: "Committee paper taken back"},
	ActionAdded:      {JA: "委員会の宿題を登録", EN: "Action of a committee added"},
	ActionSettled:    {JA: "委員会の宿題の状態を変更", EN: "State of a committee's action changed"},
}
