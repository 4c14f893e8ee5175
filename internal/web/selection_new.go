package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/selection"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// efforts are how far a search may go; the numbers are steps, never time.
var efforts = []int{500, selection.DefaultEffort.Nodes, 40_000}

// newChoicePage offers the conditions of a choice: those of an earlier one, or
// targets in proportion to the eligible.
func (s *Server) newChoicePage(w http.ResponseWriter, v *visit) error {
	ctx, q := v.Context(), v.URL.Query()
	f := view.ChoiceForm{ProgrammeHead: s.programmeHead(v), Places: max(v.Programme.Places, 1), Effort: selection.DefaultEffort.Nodes, Efforts: efforts, Attributes: selection.Standard(), Rule: selection.Proportional}
	if id := q.Get("from"); id != "" {
		x, err := s.choice(v, id)
		if err != nil {
			return err
		}
		f.From, f.Marks, f.Quotas, f.Places, f.Effort = x.ID, x.Marks, x.Quotas, x.Places, x.Effort.Nodes
	}
	if n, err := strconv.Atoi(q.Get("places")); err == nil && n > 0 && n <= 10_000 {
		f.Places = n
	}
	if slices.Contains(view.TargetRules, q.Get("rule")) {
		f.Rule = q.Get("rule")
	}
	var err error
	if f.Eligible, err = s.db.EligibleCells(ctx, v.Programme.ID); err != nil {
		return err
	}
	if f.From == "" || q.Has("rule") {
		f.Quotas = proportional(f.Attributes, f.Places, f.Rule, f.Eligible, f.Quotas)
	}
	return s.page(w, v, http.StatusOK, view.ChoiceFormPage(f))
}

// proportional writes into quotas what a rule makes the targets; what else they
// say stays.
func proportional(attributes []selection.Attribute, places int, rule string, eligible []selection.Cell, old selection.Quotas) selection.Quotas {
	q := selection.Quotas{Rules: old.Rules, Reserves: old.Reserves, OnePerOperator: old.OnePerOperator}
	for _, a := range attributes {
		x := selection.Quota{Attribute: a.ID, Rule: rule}
		if i := slices.IndexFunc(old.Attributes, func(y selection.Quota) bool { return y.Attribute == a.ID }); i >= 0 {
			x.Tolerance, x.Weight = old.Attributes[i].Tolerance, old.Attributes[i].Weight
			for _, y := range old.Attributes[i].Values {
				if y.Min != nil || y.Max != nil {
					x.Values = append(x.Values, selection.ValueQuota{Value: y.Value, Min: y.Min, Max: y.Max})
				}
			}
		}
		q.Attributes = append(q.Attributes, x)
	}
	aims, err := q.Plan(attributes, places, eligible)
	if err != nil { // too few to plan with: the page says how many there are
		return q
	}
	for _, aim := range aims {
		if aim.Target == nil {
			continue
		}
		x := &q.Attributes[slices.IndexFunc(q.Attributes, func(y selection.Quota) bool { return y.Attribute == aim.Attribute })]
		i := slices.IndexFunc(x.Values, func(y selection.ValueQuota) bool { return y.Value == aim.Value })
		if i < 0 {
			x.Values = append(x.Values, selection.ValueQuota{Value: aim.Value})
			i = len(x.Values) - 1
		}
		x.Values[i].Target = strconv.Itoa(*aim.Target)
	}
	return q
}

// runChoice makes a choice by the conditions of the form.
func (s *Server) runChoice(w http.ResponseWriter, v *visit) error {
	o := &selection.Order{Effort: selection.DefaultEffort}
	f := view.ChoiceForm{ProgrammeHead: s.programmeHead(v), Efforts: efforts, Attributes: selection.Standard(), Rule: selection.Proportional}
	if id := v.value("from"); id != "" {
		x, err := s.choice(v, id)
		if err != nil {
			return err
		}
		f.From, f.Marks, o.Marks = x.ID, x.Marks, x.Marks
	}
	problems := choiceFrom(v, o)
	f.Places, f.Quotas, f.Effort = o.Places, o.Quotas, o.Effort.Nodes
	if len(problems) == 0 {
		x, err := s.choose(v, o, f.From)
		if err == nil {
			return s.see(w, v, programmeURL(v, "/selection/runs/"+string(x.ID)), v.t("選定を試算しました。"))
		}
		if !errors.As(err, &problems) {
			return err
		}
	}
	var err error
	if f.Eligible, err = s.db.EligibleCells(v.Context(), v.Programme.ID); err != nil {
		return err
	}
	f.Problems = problems
	return s.page(w, v, http.StatusUnprocessableEntity, view.ChoiceFormPage(f))
}

// choiceFrom reads the conditions of a choice.
func choiceFrom(v *visit, o *selection.Order) account.Problems {
	var bad account.Problems
	whole := func(name string, least, most int) *int {
		text := v.value(name)
		if text == "" {
			return nil
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			bad = append(bad, account.Problem{Field: name, Reason: account.Reason{Message: "{least}〜{most} の数字で入力してください。", Args: map[string]string{"least": strconv.Itoa(least), "most": strconv.Itoa(most)}}})
			return nil
		}
		return &n
	}
	if n := whole("places", 1, 10_000); n != nil {
		o.Places = *n
	} else if len(bad) == 0 {
		bad = append(bad, account.Problem{Field: "places", Reason: account.Reason{Message: "選定する数を確かめてください。"}})
	}
	q := selection.Quotas{Reserves: whole("reserves", 0, 10_000), OnePerOperator: v.value("one") == "yes"}
	if n := whole("effort", 0, efforts[len(efforts)-1]); n != nil && slices.Contains(efforts, *n) {
		o.Effort.Nodes = *n
	}
	for _, by := range programme.Attributes {
		a := string(by)
		x := selection.Quota{Attribute: a, Rule: v.value("rule-" + a), Tolerance: whole("tolerance-"+a, 0, 10_000)}
		if n := whole("weight-"+a, 1, 20); n != nil {
			x.Weight = *n
		}
		for _, option := range by.Values() {
			id := a + "-" + string(option.Choice)
			y := selection.ValueQuota{Value: string(option.Choice), Min: whole("min-"+id, 0, 10_000), Max: whole("max-"+id, 0, 10_000)}
			if n := whole("target-"+id, 0, 10_000); n != nil {
				y.Target = strconv.Itoa(*n)
			}
			if y.Target != "" || y.Min != nil || y.Max != nil {
				x.Values = append(x.Values, y)
			}
		}
		q.Attributes = append(q.Attributes, x)
	}
	for i := range view.MostRules {
		n := strconv.Itoa(i)
		r := selection.Rule{Name: account.Line(v.PostFormValue("hard-name-" + n)), Min: whole("hard-min-"+n, 0, 10_000), Max: whole("hard-max-"+n, 0, 10_000)}
		for _, in := range v.PostForm["hard-in-"+n] {
			a, value, _ := strings.Cut(in, ":")
			if at := slices.IndexFunc(r.Where, func(c selection.Condition) bool { return c.Attribute == a }); at >= 0 {
				r.Where[at].Values = append(r.Where[at].Values, value)
			} else {
				r.Where = append(r.Where, selection.Condition{Attribute: a, Values: []string{value}})
			}
		}
		if r.Name != "" || len(r.Where) > 0 || r.Min != nil || r.Max != nil {
			q.Rules = append(q.Rules, r)
		}
	}
	o.Quotas = q
	return bad
}

// proposeChoice asks another organisation to approve a choice.
func (s *Server) proposeChoice(w http.ResponseWriter, v *visit) error {
	x, err := s.choice(v, v.PathValue("choice"))
	if err != nil {
		return err
	}
	note, err := noteOf(v, "note")
	if err != nil {
		return err
	}
	if err := s.change(v, func(tx *store.Tx) error {
		_, err := tx.ProposeSelection(v.Context(), v.Programme, x, note)
		return err
	}); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/selection"), v.t("承認を依頼しました。別の組織の承認者が承認すると、選定が決まります。"))
}

// noteOf is a text of a form that may be empty, but not endless.
func noteOf(v *visit, name string) (string, error) {
	note := account.Paragraph(v.PostFormValue(name))
	if len([]rune(note)) > 1000 {
		return "", errForm
	}
	return note, nil
}

// proposal is the one that the address names.
func (s *Server) proposal(v *visit) (*selection.Proposal, error) {
	id := account.ID(v.PathValue("proposal"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.Proposal(v.Context(), v.Programme.ID, id)
}

// answerProposal approves a proposal or sends it back, in the name of an
// organisation that is not the one that proposed it.
func (s *Server) answerProposal(w http.ResponseWriter, v *visit) error {
	x, err := s.proposal(v)
	if err != nil {
		return err
	}
	as, may := v.Programme.Approves(v.Actor, x.For)
	if !may {
		return store.ErrOwn
	}
	answer, err := noteOf(v, "answer")
	if err != nil {
		return err
	}
	done := v.t("承認しました。応募の状態を更新しました。")
	err = s.change(v, func(tx *store.Tx) error {
		switch v.value("act") {
		case "approve":
			return tx.ApproveProposal(v.Context(), v.Programme, x, as, answer)
		case "return":
			done = v.t("差し戻しました。")
			return tx.ReturnProposal(v.Context(), v.Programme, x, as, answer)
		}
		return errForm
	})
	if errors.Is(err, store.ErrNoNote) {
		return s.see(w, v, programmeURL(v, "/selection"), v.t("差し戻すときは、理由を入力してください。"))
	}
	if err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/selection"), done)
}

func (s *Server) takeBackProposal(w http.ResponseWriter, v *visit) error {
	x, err := s.proposal(v)
	if err != nil {
		return err
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.TakeBackProposal(v.Context(), v.Programme, x) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/selection"), v.t("承認の依頼を取り消しました。"))
}
