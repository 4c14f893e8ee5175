package web

import (
	"net/http"

	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/perform"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// readerFindings is how many open findings the reader links to at most.
const readerFindings = 300

// readerRoutes are the guidelines to be read: by everybody, and as they stand
// for a shop.
var readerRoutes = []route{
	{method: "GET", pattern: "/guidelines", do: (*Server).editionsPage, open: true},
	{method: "GET", pattern: "/guidelines/{edition}", do: (*Server).editionPage, open: true},
	{method: "GET", pattern: "/guidelines/{edition}/excel", do: (*Server).editionFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/guidelines/{edition}/pdf", do: (*Server).editionFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/guidelines/{edition}/word", do: (*Server).editionFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/guidelines/{edition}/catalog", do: (*Server).editionFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/guidelines/{edition}/profile", do: (*Server).editionFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/guidelines/{edition}/ciso-assistant", do: (*Server).editionFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/guidelines/{edition}/data", do: (*Server).editionFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/shops/{shop}/checklists/{edition}/reader", do: (*Server).readerPage, on: onShop, who: onlooker},
}

func (s *Server) editionsPage(w http.ResponseWriter, v *visit) error {
	editions, err := perform.Checklists(v.Context(), s.db)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.EditionsPage(editions))
}

// editionPage is the public page of an edition: nothing of any shop.
func (s *Server) editionPage(w http.ResponseWriter, v *visit) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	f := view.Reader{Edition: e, URL: "/guidelines/" + e.ID, MayCorrect: v.Actor != nil && v.Actor.Has(correctors...)}
	if f.Revisions, err = s.revisionLines(v, e); err != nil {
		return err
	}
	f.Parts = parts(v, e, func(r *view.Reading) {
		for _, q := range e.QuestionsFor(r.Requirement.ID) {
			r.Questions = append(r.Questions, view.ReadQuestion{Question: q})
		}
	})
	return s.page(w, v, http.StatusOK, view.ReaderPage(f))
}

// readerPage is an edition as it stands for a shop: beside each requirement
// its judgement, the answers and what is open.
func (s *Server) readerPage(w http.ResponseWriter, v *visit) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	ctx := v.Context()
	said, err := s.db.Statement(ctx, v.Shop, e.ID, v.sight())
	if err != nil {
		return err
	}
	last, err := s.lastSeen(ctx, v.Shop.ID)
	if err != nil {
		return err
	}
	list, _, err := s.db.Findings(ctx, v.Shop.ID, store.FindingFilter{Limit: readerFindings})
	if err != nil {
		return err
	}
	lines := map[string][]view.FindingLine{}
	for i := range list {
		lines[list[i].Seen.Check] = append(lines[list[i].Seen.Check], s.findingLine(v, &list[i], nil))
	}
	j := said.Judge(e, last.run, last.results, s.now())
	judgements := map[string]*assessment.Judgement{}
	for i := range j.Judgements {
		judgements[j.Judgements[i].Requirement] = &j.Judgements[i]
	}
	head := s.tabsOf(v)
	f := view.Reader{ShopHead: &head, Edition: e, URL: checklistURL(v, e), Checklist: checklistURL(v, e)}
	f.Parts = parts(v, e, func(r *view.Reading) {
		r.Judgement, r.URL = judgements[r.Requirement.ID], checklistURL(v, e)+"/requirements/"+r.Requirement.ID
		for _, l := range r.Requirement.Checks {
			if l.Effect != guideline.Supports {
				r.Findings = append(r.Findings, lines[l.Check]...)
			}
		}
		asked := assessment.Said(said.Answers, e.ID)
		for _, q := range e.QuestionsFor(r.Requirement.ID) {
			if !e.Asked(q, asked) {
				continue
			}
			r.Questions = append(r.Questions, view.ReadQuestion{Question: q, Answer: said.AnswerTo(e.ID, q.ID), Duty: e.Duty(q, said.Form), URL: questionURL(v, e, q.ID)})
		}
	})
	return s.page(w, v, http.StatusOK, view.ReaderPage(f))
}

// parts are an edition's parts to be read; more adds to each requirement.
func parts(v *visit, e *guideline.Edition, more func(*view.Reading)) []view.ReadPart {
	ctx := view.With(v.Context(), &view.Frame{Lang: v.Lang})
	var out []view.ReadPart
	for i := range e.Parts {
		p := view.ReadPart{Part: &e.Parts[i]}
		for _, r := range e.RequirementsOf(p.Part.ID) {
			x := view.Reading{Requirement: r}
			more(&x)
			p.List = append(p.List, x)
		}
		p.Map = view.MapOf(ctx, e, p.List)
		out = append(out, p)
	}
	return out
}
