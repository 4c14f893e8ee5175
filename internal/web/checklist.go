package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/guideline"
	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/wire"
)

func (s *Server) checklistsPage(w http.ResponseWriter, v *visit) error {
	editions, err := perform.Checklists(v.Context(), s.db)
	if err != nil {
		return err
	}
	said, err := s.db.Statement(v.Context(), v.Shop, "", v.sight())
	if err != nil {
		return err
	}
	form := view.Checklists{ShopHead: s.tabsOf(v), MayInstruct: v.has(answerers...), MayMeasures: v.has(staff...) || v.has(judges...)}
	for _, e := range editions {
		x := view.Checklist{Edition: e, URL: checklistURL(v, e), Count: said.Count(e)}
		if e.Held && v.sight() == store.Outside {
			released, err := s.db.Released(v.Context(), v.Shop.ID, e.ID)
			if err != nil {
				return err
			}
			x.Withheld = !released
		}
		form.List = append(form.List, x)
	}
	return s.page(w, v, http.StatusOK, view.ChecklistsPage(form))
}

func checklistURL(v *visit, e *guideline.Edition) string {
	return "/shops/" + string(v.Shop.ID) + "/checklists/" + e.ID
}

func questionURL(v *visit, e *guideline.Edition, question string) string {
	return checklistURL(v, e) + "/questions/" + question
}

// edition is the one that the address names.
func (s *Server) edition(v *visit) (*guideline.Edition, error) {
	return s.editionNamed(v, v.PathValue("edition"))
}

func (s *Server) editionNamed(v *visit, id string) (*guideline.Edition, error) {
	editions, err := perform.Checklists(v.Context(), s.db)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(editions, func(e *guideline.Edition) bool { return e.ID == id })
	if i < 0 {
		return nil, errNoPage
	}
	return editions[i], nil
}

// withheld refuses what stands of a checklist that the shop holds back to those
// who only look on, whatever page or program asks for it.
func (s *Server) withheld(v *visit) error {
	id := v.PathValue("edition")
	if id == "" || v.sight() == store.Inside {
		return nil
	}
	e, err := s.editionNamed(v, id)
	if err != nil || !e.Held {
		return nil // no such page is told later
	}
	released, err := s.db.Released(v.Context(), v.Shop.ID, e.ID)
	if err == nil && !released {
		err = errHeld
	}
	return err
}

// release lets those who look on see the answers to a checklist that is held;
// takeBack ends that. Both are the executive's.
func (s *Server) release(w http.ResponseWriter, v *visit) error {
	return s.setRelease(w, v, (*store.Tx).ReleaseChecklist, v.t("回答を公開しました。お店が許可した事務局の人が読めます。"))
}

func (s *Server) takeBack(w http.ResponseWriter, v *visit) error {
	return s.setRelease(w, v, (*store.Tx).TakeBackChecklist, v.t("公開をやめました。事務局の人は、もう読めません。"))
}

func (s *Server) setRelease(w http.ResponseWriter, v *visit, change func(*store.Tx, context.Context, account.ID, string) error, done string) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	if !e.Held {
		return errNoPage
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return change(tx, ctx, v.Shop.ID, e.ID) }); err != nil && !errors.Is(err, store.ErrConflict) {
		return err // who presses twice has what was wanted
	}
	return s.see(w, v, checklistURL(v, e), done)
}

// judged is an edition as it stands for a shop: what it answers, what the last
// diagnosis saw, and what follows from both.
type judged struct {
	assessment.Judged
	answers []assessment.Answer
	form    guideline.Form
	seen
}

// asks says whether a question is put to the shop, by what it answers to others.
func (j *judged) asks(q *guideline.Question) bool {
	return j.Edition.Asked(q, assessment.Said(j.answers, j.Edition.ID))
}

// seen is what diagnoses last saw of a shop.
type seen struct {
	diagnosis *store.Diagnosis // the last whole one that finished; nil: none
	run       *diagnose.Run
	results   []check.Result
	from      map[string]*diagnose.Run // which run a check's result is from
}

// judgedOf reads how a shop stands by an edition.
func (s *Server) judgedOf(v *visit, e *guideline.Edition) (*judged, error) {
	ctx := v.Context()
	j := &judged{}
	said, err := s.db.Statement(ctx, v.Shop, e.ID, v.sight())
	if err != nil {
		return nil, err
	}
	j.answers, j.form = said.Answers, said.Form
	if j.seen, err = s.lastSeen(ctx, v.Shop.ID); err != nil {
		return nil, err
	}
	j.Judged = said.Judge(e, j.run, j.results, s.now())
	return j, nil
}

// lastSeen is the last whole diagnosis of a shop that finished, and its
// results with those of the retests since then in their place.
func (s *Server) lastSeen(ctx context.Context, shop account.ID) (seen, error) {
	list, err := s.db.LastSeen(ctx, shop)
	if err != nil || len(list) == 0 {
		return seen{}, err
	}
	whole := &list[len(list)-1]
	x := seen{diagnosis: &whole.Diagnosis, run: whole.Carried, from: map[string]*diagnose.Run{}}
	for _, o := range list {
		for _, r := range o.Carried.Results {
			if (!o.Retest || slices.Contains(o.Carried.Only, r.Check)) && x.from[r.Check] == nil {
				x.results, x.from[r.Check] = append(x.results, r), o.Carried
			}
		}
	}
	return x, nil
}

// answerTo is what the shop answers to a question; nil: nothing yet.
func (j *judged) answerTo(question string) *assessment.Answer {
	if i := slices.IndexFunc(j.answers, func(a assessment.Answer) bool { return a.Question == question }); i >= 0 {
		return &j.answers[i]
	}
	return nil
}

// mayAnswer: the shop's own people answer everything, a contractor what is
// asked of contractors.
func mayAnswer(v *visit, q *guideline.Question) bool {
	return v.has(staff...) || v.has(account.Maintainer) && q.Who == guideline.Contractor
}

func (s *Server) checklistPage(w http.ResponseWriter, v *visit) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	j, err := s.judgedOf(v, e)
	if err != nil {
		return err
	}
	var releases []store.Release
	if e.Held && v.sight() == store.Inside {
		if releases, err = s.db.Releases(v.Context(), v.Shop.ID, e.ID); err != nil {
			return err
		}
	}
	form := view.ChecklistOverview{Form: j.form, Releases: releases, MayRelease: v.has(account.Executive), ShopHead: s.tabsOf(v), Edition: e, URL: checklistURL(v, e), Judged: &j.Judged, Diagnosis: j.diagnosis, MayFill: v.has(answerers...)}
	for i := range e.Parts {
		p := view.ChecklistPart{Part: &e.Parts[i]}
		for _, row := range e.Rows() {
			if row.Part.ID != p.Part.ID || row.Question == nil || !j.asks(row.Question) {
				continue
			}
			p.Questions++
			if j.answerTo(row.Question.ID) != nil {
				p.Answered++
			}
		}
		form.Parts = append(form.Parts, p)
	}
	if form.Clashes, err = s.clashes(v, j, ""); err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ChecklistPage(form))
}

func (s *Server) checklistPartPage(w http.ResponseWriter, v *visit) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	part, ok := e.Part(v.PathValue("part"))
	if !ok {
		return errNoPage
	}
	j, err := s.judgedOf(v, e)
	if err != nil {
		return err
	}
	comments, err := s.db.Beside(v.Context(), v.Shop.ID, e.ID, v.sight())
	if err != nil {
		return err
	}
	names, err := s.answerNames(v, j.answers)
	if err != nil {
		return err
	}
	form := view.ChecklistPartForm{ShopHead: s.tabsOf(v), Edition: e, Part: part, URL: checklistURL(v, e)}
	for _, row := range e.Rows() {
		if row.Part.ID != part.ID {
			continue
		}
		if row.Question == nil {
			x := view.ChecklistRequirement{Requirement: row.Requirement}
			x.Judgement = j.judgement(row.Requirement.ID)
			form.List = append(form.List, x)
			continue
		}
		q := s.questionOf(v, e, row.Question, j)
		q.Names, q.Comments = names, comments[row.Question.ID]
		last := &form.List[len(form.List)-1]
		if q.Duty == guideline.Theirs {
			last.Theirs = append(last.Theirs, *q)
		} else {
			last.Questions = append(last.Questions, *q)
		}
	}
	i := slices.IndexFunc(e.Parts, func(p guideline.Part) bool { return p.ID == part.ID })
	if i+1 < len(e.Parts) {
		form.Next = &e.Parts[i+1]
	}
	return s.page(w, v, http.StatusOK, view.ChecklistPartPage(form))
}

func (j *judged) judgement(requirement string) *assessment.Judgement {
	for i := range j.Judgements {
		if j.Judgements[i].Requirement == requirement {
			return &j.Judgements[i]
		}
	}
	return nil
}

// answerNames are the names of whom answers speak of.
func (s *Server) answerNames(v *visit, answers []assessment.Answer) (map[account.ID]string, error) {
	var ids []account.ID
	for _, a := range answers {
		ids = append(ids, a.By, a.AcceptedBy)
	}
	return s.authors(v, ids)
}

// questionOf is a question with what is answered to it.
func (s *Server) questionOf(v *visit, e *guideline.Edition, q *guideline.Question, j *judged) *view.ChecklistQuestion {
	f := &view.ChecklistQuestion{Edition: e, Question: q, URL: questionURL(v, e, q.ID), MayAnswer: mayAnswer(v, q), Duty: e.Duty(q, j.form), Unasked: !j.asks(q)}
	if a := j.answerTo(q.ID); a != nil {
		f.Answer = a
		f.Typed = *a
	}
	for _, x := range j.Judgements {
		for _, c := range x.Contradictions {
			if c.Question == q.ID && !slices.Contains(f.Against, titleOf(c.Name, v.Lang)) {
				f.Against = append(f.Against, titleOf(c.Name, v.Lang))
			}
		}
	}
	return f
}

// clashes sets the answers that cannot be true beside what was seen; of a
// requirement, or of all.
func (s *Server) clashes(v *visit, j *judged, requirement string) ([]view.Clash, error) {
	var out []view.Clash
	names, err := s.answerNames(v, j.answers)
	if err != nil {
		return nil, err
	}
	var shows []store.Kept // the exchange that shows each
	for _, x := range j.Judgements {
		if requirement != "" && x.Requirement != requirement {
			continue
		}
		for _, c := range x.Contradictions {
			q, _ := j.Edition.Question(c.Question)
			same := func(o view.Clash) bool { return o.Question == q && o.Check == c.Name }
			a := j.answerTo(c.Question)
			if q == nil || a == nil || slices.ContainsFunc(out, same) {
				continue
			}
			run := j.from[c.Name]
			o := view.Clash{Question: q, Answer: *a, By: names[a.By], QuestionURL: questionURL(v, j.Edition, q.ID), Check: c.Name, Title: titleOf(c.Name, v.Lang), Verdict: c.Verdict,
				Seen: run.Started, DiagnosisURL: diagnosisURL(j.diagnosis), Requirement: x.Requirement, RequirementURL: checklistURL(v, j.Edition) + "/requirements/" + x.Requirement, Overruled: x.By != ""}
			shows = append(shows, store.Kept{Run: run.ID, ID: shown(&o, run)})
			out = append(out, o)
		}
	}
	kept, err := s.db.Exchanges(v.Context(), slices.DeleteFunc(slices.Clone(shows), func(k store.Kept) bool { return k.ID == "" }))
	if err != nil {
		return nil, err
	}
	for i := range out {
		if ex := kept[shows[i]]; ex != nil {
			x := &out[i].Found[0]
			x.Sent, x.Got, x.At = firstLine(ex.RequestHead), firstLine(ex.ResponseHead), ex.At
		}
	}
	slices.SortStableFunc(out, func(a, b view.Clash) int { return cmp.Compare(b.Worst(), a.Worst()) })
	return out, nil
}

// shown adds what a check found, and names the exchange that shows the first of it.
func shown(o *view.Clash, run *diagnose.Run) (id wire.ExchangeID) {
	r := run.Result(o.Check)
	if r == nil {
		return ""
	}
	for _, f := range r.Findings {
		if f.Severity == check.Info {
			continue
		}
		if o.More++; len(o.Found) == 3 {
			continue
		}
		if len(f.Evidence) > 0 && len(o.Found) == 0 {
			id = f.Evidence[0]
		}
		o.Found = append(o.Found, view.ClashFound{Where: report.Visible(f.Where), Excerpt: report.Visible(f.Excerpt), Severity: f.Severity})
	}
	o.More -= len(o.Found)
	return id
}

// firstLine is the first line of a head of HTTP, as people may see it.
func firstLine(head []byte) string {
	line, _, _ := strings.Cut(string(head), "\r\n")
	return report.Visible(line)
}
