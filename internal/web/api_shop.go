package web

import (
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/perform"
	"miseban/internal/store"
)

// APIShop is a shop in a list.
type APIShop struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Revision     int       `json:"revision"`
	Created      time.Time `json:"created"`
	Updated      time.Time `json:"updated"`
	State        string    `json:"state" enum:"planned,building,before-opening,trading"`
	Name         string    `json:"name"`
	Kana         string    `json:"kana,omitempty"`
	Company      string    `json:"company,omitempty"`
	Number       string    `json:"corporate_number,omitempty"`
	URL          string    `json:"url,omitempty"`
	Method       string    `json:"method,omitempty"`
	Package      string    `json:"package,omitempty"`
	Version      string    `json:"version,omitempty"`
	Payments     []string  `json:"payments" nullable:"false"`
}

type apiOwnShop struct {
	APIShop
	Roles []string `json:"roles" nullable:"false"`
}

// OfShop names a shop in an address.
type OfShop struct {
	Shop string `path:"shop" maxLength:"40"`
}

type apiShopsQuery struct {
	Paged
	Query string `query:"q" maxLength:"200"`
	State string `query:"state" enum:"planned,building,before-opening,trading"`
	Sort  string `query:"sort" enum:"name,updated" default:"name"`
}

type apiShopsAnswer struct{ Body list[APIShop] }

type apiShopAnswer struct {
	ETag string `header:"ETag"`
	Body apiOwnShop
}

// shopOf is a shop for programs. Whom to call when something is on fire, and
// what people noted, is not among it.
func shopOf(x *account.Shop) APIShop {
	return APIShop{ID: string(x.ID), Organisation: string(x.Organisation), Revision: x.Revision, Created: x.Created, Updated: x.Updated, State: string(x.State), Name: x.Name, Kana: x.Kana, Company: x.Company, Number: x.Number,
		URL: x.URL, Method: string(x.Method), Package: x.Package, Version: x.Version, Payments: words(x.Payments)}
}

func etag(revision int) string { return `"` + strconv.Itoa(revision) + `"` }

func (s *Server) apiShops(v *visit, in *apiShopsQuery) (*apiShopsAnswer, error) {
	after, err := in.cursor()
	if err != nil {
		return nil, err
	}
	shops, next, err := s.db.Shops(v.Context(), v.Actor, s.now(), store.ShopFilter{Query: account.Line(in.Query), State: account.Choice(in.State), Newest: in.Sort == "updated", After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &apiShopsAnswer{list[APIShop]{Items: []APIShop{}, Next: next.String()}}
	for i := range shops {
		out.Body.Items = append(out.Body.Items, shopOf(&shops[i]))
	}
	return out, nil
}

func (s *Server) apiShop(v *visit, _ *OfShop) (*apiShopAnswer, error) {
	return &apiShopAnswer{etag(v.Shop.Revision), apiOwnShop{shopOf(v.Shop), words(v.Roles)}}, nil
}

type apiChecklist struct {
	Edition   string `json:"edition"`
	Title     string `json:"title"`
	Questions int    `json:"questions"`
	Answered  int    `json:"answered"`
}

type apiChecklistsAnswer struct{ Body list[apiChecklist] }

type ofChecklist struct {
	OfShop
	OfEdition
}

type apiAnswer struct {
	Question string    `json:"question"`
	Value    string    `json:"value" enum:"done,partly-done,not-done,not-applicable,alternative,dont-know"`
	Day      string    `json:"day,omitempty"`
	Doer     string    `json:"doer,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Revision int       `json:"revision"`
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Evidence int       `json:"evidence"`
	Accepted bool      `json:"accepted"`
}

type apiJudgement struct {
	Requirement    string             `json:"requirement"`
	Verdict        string             `json:"verdict" enum:"met,not-met,partly,not-applicable,not-examined,undetermined"`
	Word           string             `json:"verdict_name"`
	Declared       bool               `json:"declared"`
	Overruled      bool               `json:"overruled"`
	Reason         string             `json:"reason,omitempty"`
	Contradictions []apiContradiction `json:"contradictions" nullable:"false"`
}

type apiContradiction struct {
	Question string `json:"question"`
	Check    string `json:"check"`
}

type apiWholeChecklist struct {
	Edition    string         `json:"edition"`
	Title      string         `json:"title"`
	Diagnosis  string         `json:"diagnosis,omitempty"`
	Answers    []apiAnswer    `json:"answers" nullable:"false"`
	Judgements []apiJudgement `json:"judgements" nullable:"false"`
}

type apiChecklistAnswer struct{ Body apiWholeChecklist }

func (s *Server) apiChecklists(v *visit, _ *OfShop) (*apiChecklistsAnswer, error) {
	editions, err := perform.Checklists(v.Context(), s.db)
	if err != nil {
		return nil, err
	}
	said, err := s.db.Statement(v.Context(), v.Shop, "", v.sight())
	if err != nil {
		return nil, err
	}
	out := &apiChecklistsAnswer{list[apiChecklist]{Items: []apiChecklist{}}}
	for _, e := range editions {
		n := said.Count(e)
		x := apiChecklist{Edition: e.ID, Title: e.Title.In(v.Lang), Questions: n.Asked, Answered: n.Answered()}
		out.Body.Items = append(out.Body.Items, x)
	}
	return out, nil
}

func (s *Server) apiChecklist(v *visit, _ *ofChecklist) (*apiChecklistAnswer, error) {
	e, err := s.edition(v)
	if err != nil {
		return nil, err
	}
	j, err := s.judgedOf(v, e)
	if err != nil {
		return nil, err
	}
	names, err := s.answerNames(v, j.answers)
	if err != nil {
		return nil, err
	}
	x := apiWholeChecklist{Edition: e.ID, Title: e.Title.In(v.Lang), Answers: []apiAnswer{}, Judgements: []apiJudgement{}}
	if j.diagnosis != nil {
		x.Diagnosis = string(j.diagnosis.ID)
	}
	for _, a := range j.answers {
		x.Answers = append(x.Answers, apiAnswer{a.Question, string(a.Value), a.Day, string(a.Doer), a.Reason, a.Revision, a.At, names[a.By], a.Evidence, a.AcceptedBy != ""})
	}
	for i := range j.Judgements {
		w := &j.Judgements[i]
		r, _ := e.Requirement(w.Requirement)
		o := apiJudgement{w.Requirement, string(w.Verdict), e.VerdictName(r, w.Verdict, v.Lang), w.Declared, w.By != "", w.Reason.In(v.Lang), []apiContradiction{}}
		for _, c := range w.Contradictions {
			o.Contradictions = append(o.Contradictions, apiContradiction{c.Question, c.Name})
		}
		x.Judgements = append(x.Judgements, o)
	}
	return &apiChecklistAnswer{x}, nil
}
