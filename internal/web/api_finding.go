package web

import (
	"errors"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

type apiPerson struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// APIFinding is a finding in a list.
type APIFinding struct {
	ID          string     `json:"id"`
	Shop        string     `json:"shop"`
	Revision    int        `json:"revision"`
	State       string     `json:"state" enum:"new,confirmed,working,ready,resolved,false-alarm,accepted"`
	Severity    string     `json:"severity" enum:"info,low,medium,high,critical"`
	Confidence  string     `json:"confidence"`
	Check       string     `json:"check"`
	Title       string     `json:"title"`
	Place       string     `json:"place"`
	Cause       string     `json:"cause"`
	Fingerprint string     `json:"fingerprint"`
	FirstSeen   time.Time  `json:"first_seen"`
	LastSeen    time.Time  `json:"last_seen"`
	Moved       time.Time  `json:"moved"`
	Assignee    *apiPerson `json:"assignee,omitempty"`
	Due         string     `json:"due,omitempty"`
	Overdue     bool       `json:"overdue"`
	Expires     string     `json:"expires,omitempty"`
	Reason      string     `json:"reason,omitempty"`
}

type apiText struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

type apiEvent struct {
	At     time.Time `json:"at"`
	By     string    `json:"by,omitempty"`
	What   string    `json:"what" enum:"state,assignee,due,comment,retest"`
	Before string    `json:"before,omitempty"`
	After  string    `json:"after,omitempty"`
	Text   string    `json:"text,omitempty"`
}

type apiWholeFinding struct {
	APIFinding
	Texts   []apiText  `json:"texts" nullable:"false"`
	Moves   []string   `json:"moves" nullable:"false"`
	History []apiEvent `json:"history" nullable:"false"`
}

// OfFinding names a finding of a shop in an address.
type OfFinding struct {
	OfShop
	Finding string `path:"finding" maxLength:"40"`
}

type apiFindingsQuery struct {
	OfShop
	Paged
	State    string `query:"state" enum:"open,all,new,confirmed,working,ready,resolved,false-alarm,accepted" default:"open"`
	Severity string `query:"severity" enum:"info,low,medium,high,critical" default:"info"`
	Assignee string `query:"assignee" maxLength:"40"`
	Check    string `query:"check" maxLength:"100"`
	Query    string `query:"q" maxLength:"200"`
	Overdue  bool   `query:"overdue"`
	Sort     string `query:"sort" enum:"priority,due" default:"priority"`
}

type apiFindingsAnswer struct{ Body list[APIFinding] }

type apiFindingAnswer struct {
	ETag string `header:"ETag"`
	Body apiWholeFinding
}

func (s *Server) findingOf(v *visit, f *store.Finding, names map[account.ID]string) APIFinding {
	l := s.findingLine(v, f, names)
	x := APIFinding{ID: string(f.ID), Shop: string(f.Shop), Revision: f.Revision, State: string(f.State), Severity: f.Seen.Severity.String(), Confidence: string(f.Seen.Confidence), Check: f.Seen.Check, Title: l.Title, Place: l.Place,
		Cause: f.Cause, Fingerprint: f.Fingerprint, FirstSeen: f.FirstSeen, LastSeen: f.LastSeen, Moved: f.Moved, Due: f.Due, Overdue: l.Late, Expires: f.Expires, Reason: f.Reason}
	if f.Assignee != "" {
		x.Assignee = &apiPerson{string(f.Assignee), l.Assignee}
	}
	return x
}

func (s *Server) apiFindings(v *visit, in *apiFindingsQuery) (*apiFindingsAnswer, error) {
	after, err := in.cursor()
	if err != nil {
		return nil, err
	}
	f := store.FindingFilter{State: in.State, Check: in.Check, Query: account.Line(in.Query), After: after, Limit: in.Limit}
	if f.State == "open" {
		f.State = ""
	}
	if f.Severity, err = check.ParseSeverity(in.Severity); err != nil {
		return nil, err
	}
	switch id := account.ID(in.Assignee); {
	case id == "me":
		f.Assignee = v.by()
	case id == "", id == store.Nobody, id.Valid():
		f.Assignee = id
	default:
		return nil, account.Problems{{Field: "assignee", Reason: account.Reason{Message: "使える値は {words} です。", Args: map[string]string{"words": "me, nobody, ID"}}}}
	}
	if in.Overdue {
		f.Overdue = workflow.Day(s.now())
	}
	if in.Sort == "due" {
		f.Order = store.ByDue
	}
	found, next, err := s.db.Findings(v.Context(), v.Shop.ID, f)
	if err != nil {
		return nil, err
	}
	names, err := s.names(v, found)
	if err != nil {
		return nil, err
	}
	out := &apiFindingsAnswer{list[APIFinding]{Items: []APIFinding{}, Next: next.String()}}
	for i := range found {
		out.Body.Items = append(out.Body.Items, s.findingOf(v, &found[i], names))
	}
	return out, nil
}

func (s *Server) apiFinding(v *visit, _ *OfFinding) (*apiFindingAnswer, error) {
	f, err := s.finding(v)
	if err != nil {
		return nil, err
	}
	moves, people, _, err := s.db.FindingHistory(v.Context(), v.Shop.ID, f.ID)
	if err != nil {
		return nil, err
	}
	x := apiWholeFinding{APIFinding: s.findingOf(v, f, people), Texts: []apiText{}, Moves: words(workflow.To(v.Roles, f.State)), History: []apiEvent{}}
	doc, err := s.findingDocument(v, f)
	if err != nil {
		return nil, err
	}
	if doc != nil && len(doc.Findings) > 0 {
		for _, p := range doc.Card(0).Parts {
			x.Texts = append(x.Texts, apiText{p.Title, p.Markdown})
		}
	}
	for _, m := range moves {
		e := apiEvent{m.At, people[m.By], m.What, m.Before, m.After, m.Why}
		if m.What == store.MovedAssignee {
			e.Before, e.After = people[account.ID(m.Before)], people[account.ID(m.After)]
		}
		x.History = append(x.History, e)
	}
	return &apiFindingAnswer{etag(f.Revision), x}, nil
}

type apiComment struct {
	Text string `json:"text" minLength:"1" maxLength:"2000"`
}

type apiCommented struct {
	OfFinding
	Body apiComment
}

func (s *Server) apiComment(v *visit, in *apiCommented) (*apiFindingAnswer, error) {
	f, err := s.finding(v)
	if err != nil {
		return nil, err
	}
	text := account.Paragraph(in.Body.Text)
	if text == "" {
		return nil, account.Problems{{Field: "text", Reason: account.Reason{Message: "コメントを 2,000 文字までで入力してください。"}}}
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.CommentFinding(v.Context(), f, text) }); err != nil {
		return nil, err
	}
	return s.apiFinding(v, nil)
}

type apiWish struct {
	To      string `json:"to" enum:"new,confirmed,working,ready,resolved,false-alarm,accepted"`
	Reason  string `json:"reason,omitempty" maxLength:"2000"`
	Expires string `json:"expires,omitempty" format:"date"`
}

type apiMoved struct {
	OfFinding
	Match string `header:"If-Match"`
	Body  apiWish
}

// apiMove moves a finding by the table that the page asks, from the revision
// that the program saw.
func (s *Server) apiMove(v *visit, in *apiMoved) (*apiFindingAnswer, error) {
	if in.Match == "" {
		return nil, errMatch
	}
	f, err := s.finding(v)
	if err != nil {
		return nil, err
	}
	if strings.TrimPrefix(in.Match, "W/") != etag(f.Revision) {
		return nil, errChanged
	}
	wish := view.FindingWish{To: workflow.State(in.Body.To), Reason: account.Paragraph(in.Body.Reason), Expires: in.Body.Expires}
	problems, err := s.mayMove(v, f, &wish)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, problems
	}
	err = s.change(v, func(tx *store.Tx) error {
		return tx.MoveFinding(v.Context(), f, wish.To, wish.Reason, wish.Expires)
	})
	if errors.Is(err, store.ErrConflict) {
		return nil, errChanged
	}
	if err != nil {
		return nil, err
	}
	return s.apiFinding(v, nil)
}
