package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/perform"
	"miseban/internal/programme"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// strandRows is how many lines of work the form has room for.
const strandRows = 6

// programmeForm is the form of a programme with what it offers to choose from.
func (s *Server) programmeForm(v *visit, p *programme.Programme, problems account.Problems) (view.ProgrammeForm, error) {
	f := view.ProgrammeForm{Programme: *p, Strands: max(strandRows, len(p.Strands)), New: v.Programme == nil, Own: v.Actor.Of(account.Office, clerks...), Problems: problems}
	editions, err := perform.Editions(v.Context(), s.db)
	for _, e := range editions {
		f.Editions = append(f.Editions, view.Choice{Value: e.ID, Name: e.Title.In(v.Lang), Chosen: e.ID == p.Edition})
	}
	return f, err
}

func (s *Server) newProgrammePage(w http.ResponseWriter, v *visit) error {
	f, err := s.programmeForm(v, &programme.Programme{State: programme.Draft, Rules: programme.RuleSets()[0].ID}, nil)
	if err != nil {
		return err
	}
	if len(f.Own) == 0 {
		return errForbidden
	}
	return s.page(w, v, http.StatusOK, view.ProgrammeFormPage(f))
}

// typed reads a text in two languages.
func typed(v *visit, name string) programme.Said {
	return programme.Said{JA: v.PostFormValue(name + "-ja"), EN: v.PostFormValue(name + "-en")}
}

// programmeFrom reads a programme from its form.
func programmeFrom(v *visit, p *programme.Programme) account.Problems {
	var bad account.Problems
	p.Slug, p.State = v.value("slug"), programme.State(v.value("state"))
	p.Name, p.Purpose, p.Basis, p.Scope, p.Process = typed(v, "name"), typed(v, "purpose"), typed(v, "basis"), typed(v, "scope"), typed(v, "process")
	p.Organisers, p.Ministries, p.Partners = strings.Split(v.value("organisers"), "\n"), strings.Split(v.value("ministries"), "\n"), strings.Split(v.value("partners"), "\n")
	p.Contact = programme.Contact{Name: v.value("contact-name"), Mail: v.value("contact-mail"), Phone: v.value("contact-phone")}
	p.Edition, p.Rules, p.Waived = v.value("edition"), v.value("rules"), nil
	if set := programme.RulesOf(p.Rules); set != nil {
		for _, r := range set.Rules {
			if !slices.Contains(v.PostForm["rule"], r.ID) {
				p.Waived = append(p.Waived, r.ID)
			}
		}
	}
	whole := func(name string) int {
		text := v.value(name)
		n, err := strconv.Atoi(text)
		if err != nil && text != "" {
			bad = append(bad, account.Problem{Field: name, Reason: account.Reason{Message: "数字だけで入力してください（例: 1000）。"}})
		}
		return n
	}
	p.Places, p.Strands = whole("places"), nil
	for i := range view.MostStrands {
		n := strconv.Itoa(i)
		p.Strands = append(p.Strands, programme.Strand{Name: typed(v, "strand-"+n), Goal: whole("strand-goal-" + n), Unit: v.value("strand-unit-" + n)})
	}
	day := func(name string, later int) time.Time {
		text := v.value(name)
		d, err := time.ParseInLocation(time.DateOnly, text, report.Tokyo())
		if text == "" || err != nil {
			if text != "" {
				bad = append(bad, account.Problem{Field: name, Reason: account.Reason{Message: "日付を確かめてください。"}})
			}
			return time.Time{}
		}
		return d.AddDate(0, 0, later).UTC()
	}
	p.From, p.Until = day("from", 0), day("until", 1)
	return append(bad, p.Tidy()...)
}

var slugTaken = account.Problem{Field: "slug", Reason: account.Reason{Message: "このアドレスの名前は、ほかの事業が使っています。"}}

func (s *Server) newProgramme(w http.ResponseWriter, v *visit) error {
	own := v.Actor.Of(account.Office, clerks...)
	i := slices.IndexFunc(own, func(o account.Organisation) bool { return string(o.ID) == v.value("organisation") })
	if i < 0 {
		return errForbidden
	}
	p := &programme.Programme{ID: account.NewID(), Office: own[i].ID}
	problems := programmeFrom(v, p)
	if len(problems) == 0 {
		ctx := v.Context()
		err := s.change(v, func(tx *store.Tx) error { return tx.AddProgramme(ctx, p) })
		if err == nil {
			return s.see(w, v, "/programmes/"+string(p.ID), v.t("事業を登録しました。"))
		}
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		problems = account.Problems{slugTaken}
	}
	return s.programmeAgain(w, v, p, problems)
}

// programmeAgain shows the form with what is wrong with it.
func (s *Server) programmeAgain(w http.ResponseWriter, v *visit, p *programme.Programme, problems account.Problems) error {
	f, err := s.programmeForm(v, p, problems)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusUnprocessableEntity, view.ProgrammeFormPage(f))
}

func (s *Server) editProgrammePage(w http.ResponseWriter, v *visit) error {
	f, err := s.programmeForm(v, v.Programme, nil)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ProgrammeFormPage(f))
}

func (s *Server) editProgramme(w http.ResponseWriter, v *visit) error {
	p := *v.Programme
	revision, err := strconv.Atoi(v.value("revision"))
	if err != nil {
		return errForm
	}
	p.Revision = revision
	if problems := programmeFrom(v, &p); len(problems) > 0 {
		return s.programmeAgain(w, v, &p, problems)
	}
	ctx := v.Context()
	err = s.change(v, func(tx *store.Tx) error {
		if err := tx.SaveProgramme(ctx, &p); err != nil {
			return err
		}
		if p.Rules == v.Programme.Rules && slices.Equal(p.Waived, v.Programme.Waived) {
			return nil
		}
		waiting, err := s.db.ApplicationsIn(ctx, p.ID, programme.Received)
		if err != nil {
			return err
		}
		_, err = tx.JudgeApplications(ctx, &p, waiting)
		return err
	})
	switch {
	case err == nil:
		return s.see(w, v, programmeURL(v, ""), v.t("保存しました。"))
	case errors.Is(err, store.ErrTaken):
		return s.programmeAgain(w, v, &p, account.Problems{slugTaken})
	case errors.Is(err, store.ErrSeedOpen):
		return s.programmeAgain(w, v, &p, account.Problems{{Field: "until", Reason: account.Reason{Message: "選定のくじの種を公開したため、募集の期間は延ばせません。"}}})
	case !errors.Is(err, store.ErrConflict):
		return err
	}
	f, err := s.programmeForm(v, &p, nil)
	if err != nil {
		return err
	}
	f.Other, f.Programme.Revision = v.Programme, v.Programme.Revision // saving once more is a decision made in sight of the other
	return s.page(w, v, http.StatusConflict, view.ProgrammeFormPage(f))
}

func (s *Server) bodiesPage(w http.ResponseWriter, v *visit) error {
	all, err := s.db.OrganisationsOf(v.Context(), programme.Kinds(), 500)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(o account.Organisation) bool {
		return slices.ContainsFunc(v.Programme.Bodies, func(b account.Organisation) bool { return b.ID == o.ID })
	})
	return s.page(w, v, http.StatusOK, view.BodiesPage(view.Bodies{ProgrammeHead: s.programmeHead(v), Others: all}))
}

func (s *Server) addBody(w http.ResponseWriter, v *visit) error {
	id, ctx := account.ID(v.value("body")), v.Context()
	if !id.Valid() {
		return errForm
	}
	o, err := s.db.Organisation(ctx, id)
	if err != nil {
		return err
	}
	if !programme.Joins(o.Kind) {
		return errForm
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.AddBody(ctx, v.Programme, id) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/bodies"), v.t("「{name}」を加えました。", "name", o.Name))
}

func (s *Server) removeBody(w http.ResponseWriter, v *visit) error {
	id, ctx := account.ID(v.PathValue("body")), v.Context()
	if !id.Valid() {
		return errNoPage
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.RemoveBody(ctx, v.Programme, id) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/bodies"), v.t("外しました。"))
}

// milestoneFrom reads a line of the schedule from its form.
func milestoneFrom(v *visit, m *programme.Milestone) account.Problems {
	m.Name, m.Note = typed(v, "name"), v.value("note")
	m.From, m.Until, m.Began, m.Ended = v.value("from"), v.value("until"), v.value("began"), v.value("ended")
	m.Strand, _ = strconv.Atoi(v.value("strand")) // what is no number is the programme as a whole
	return m.Tidy(len(v.Programme.Strands))
}

func (s *Server) milestoneForm(v *visit, m *programme.Milestone, problems account.Problems) view.MilestoneForm {
	return view.MilestoneForm{ProgrammeHead: s.programmeHead(v), Milestone: *m, Problems: problems}
}

func (s *Server) newMilestonePage(w http.ResponseWriter, v *visit) error {
	return s.page(w, v, http.StatusOK, view.MilestonePage(s.milestoneForm(v, &programme.Milestone{}, nil)))
}

func (s *Server) newMilestone(w http.ResponseWriter, v *visit) error {
	m := &programme.Milestone{}
	if bad := milestoneFrom(v, m); len(bad) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.MilestonePage(s.milestoneForm(v, m, bad)))
	}
	m.ID = account.NewID()
	ctx := v.Context()
	if err := s.change(v, func(tx *store.Tx) error { return tx.AddMilestone(ctx, v.Programme, m) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "#schedule"), v.t("予定を加えました。"))
}

// milestone is the line that the address names.
func (s *Server) milestone(v *visit) (*programme.Milestone, error) {
	id := account.ID(v.PathValue("milestone"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.Milestone(v.Context(), v.Programme.ID, id)
}

func (s *Server) milestonePage(w http.ResponseWriter, v *visit) error {
	m, err := s.milestone(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.MilestonePage(s.milestoneForm(v, m, nil)))
}

func (s *Server) editMilestone(w http.ResponseWriter, v *visit) error {
	m, err := s.milestone(v)
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(v.value("revision"))
	if err != nil {
		return errForm
	}
	m.Revision = revision
	if bad := milestoneFrom(v, m); len(bad) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.MilestonePage(s.milestoneForm(v, m, bad)))
	}
	ctx := v.Context()
	if err := s.change(v, func(tx *store.Tx) error { return tx.SaveMilestone(ctx, v.Programme, m) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "#schedule"), v.t("保存しました。"))
}

func (s *Server) removeMilestone(w http.ResponseWriter, v *visit) error {
	m, err := s.milestone(v)
	if err != nil {
		return err
	}
	ctx := v.Context()
	if err := s.change(v, func(tx *store.Tx) error { return tx.RemoveMilestone(ctx, v.Programme, m.ID) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "#schedule"), v.t("予定を削除しました。"))
}
