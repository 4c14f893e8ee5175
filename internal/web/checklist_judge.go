package web

import (
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/i18n"
	"miseban/internal/store"
	"miseban/internal/verdict"
	"miseban/internal/web/view"
)

// requirementForm is one requirement with what its judgement rests on.
func (s *Server) requirementForm(v *visit) (*view.RequirementForm, error) {
	e, err := s.edition(v)
	if err != nil {
		return nil, err
	}
	r, ok := e.Requirement(v.PathValue("requirement"))
	if !ok {
		return nil, errNoPage
	}
	j, err := s.judgedOf(v, e)
	if err != nil {
		return nil, err
	}
	part, _ := e.Part(r.Part)
	f := &view.RequirementForm{ShopHead: s.tabsOf(v), Edition: e, Part: part, Requirement: r, Judgement: j.judgement(r.ID), URL: checklistURL(v, e) + "/requirements/" + r.ID, EditionURL: checklistURL(v, e), MayJudge: v.has(judges...), Diagnosis: j.diagnosis}
	if v.has(account.Executive) {
		f.InstructURL = instructionsURL(v) + "?" + url.Values{"edition": {e.ID}, "requirement": {r.ID}}.Encode()
	}
	for _, b := range f.Judgement.Basis {
		x := view.Basis{Ref: b, Title: titleOf(b.Name, v.Lang)}
		if b.Kind == assessment.FromAnswer {
			q, _ := e.Question(b.Name)
			x.Title, x.Answer, x.URL = q.Text.In(v.Lang), j.answerTo(b.Name), questionURL(v, e, b.Name)
		}
		f.Basis = append(f.Basis, x)
	}
	if f.Clashes, err = s.clashes(v, j, r.ID); err != nil {
		return nil, err
	}
	if o := f.Judgement.Overruled; o != nil {
		f.Names, err = s.db.Names(v.Context(), []account.ID{o.By})
	}
	return f, err
}

func (s *Server) requirementPage(w http.ResponseWriter, v *visit) error {
	f, err := s.requirementForm(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.RequirementPage(*f))
}

// overrule puts a diagnostician's judgement in place of the table's. It names
// what it was made in sight of: when that changed meanwhile, nothing is saved.
func (s *Server) overrule(w http.ResponseWriter, v *visit) error {
	f, err := s.requirementForm(v)
	if err != nil {
		return err
	}
	rule := f.Judgement.ByRule()
	if string(rule) != v.value("rule") {
		return store.ErrConflict
	}
	f.Note = account.Paragraph(v.PostFormValue("note"))
	f.Chosen = verdict.Verdict(v.value("verdict"))
	back := v.value("withdraw") == "yes"
	if !back {
		if !f.Chosen.Valid() || f.Chosen == rule {
			f.Problems = append(f.Problems, account.Problem{Field: "verdict", Reason: account.Reason{Message: "今と違う判定を選んでください。"}})
		}
		if n := utf8.RuneCountInString(f.Note); n < 5 || n > assessment.MostReason {
			f.Problems = append(f.Problems, account.Problem{Field: "note", Reason: account.Reason{Message: "判定を変える根拠を {n} 文字までで入力してください。", Args: i18n.Args{"n": strconv.Itoa(assessment.MostReason)}}})
		}
		if len(f.Problems) > 0 {
			return s.page(w, v, http.StatusUnprocessableEntity, view.RequirementPage(*f))
		}
	}
	o := &assessment.Overrule{Edition: f.Edition.ID, Requirement: f.Requirement.ID, Verdict: f.Chosen, Note: f.Note, Rule: rule, Against: f.Judgement.Failed()}
	done := v.t("判定を変えました。")
	if back {
		o.Verdict, done = "", v.t("判定の変更を取り消しました。")
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.AddOverrule(ctx, v.Shop.ID, o) }); err != nil {
		return err
	}
	return s.see(w, v, f.URL, done)
}
