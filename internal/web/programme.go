package web

import (
	"net/http"
	"slices"
	"strings"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

// programmeHead is what all parts of a programme's page have in common: its
// name and the parts that the visitor may see.
func (s *Server) programmeHead(v *visit) view.ProgrammeHead {
	h := view.ProgrammeHead{Programme: *v.Programme}
	for _, t := range programmeTabs {
		i := slices.IndexFunc(s.table, func(rt route) bool { return rt.method == "GET" && rt.pattern == t.pattern })
		if i < 0 || len(s.table[i].who) > 0 && !v.has(s.table[i].who...) {
			continue
		}
		u := strings.Replace(t.pattern, "{programme}", string(v.Programme.ID), 1)
		h.Tabs = append(h.Tabs, view.Item{Name: v.programmeTab(t.name), URL: u, Current: v.URL.Path == u || t.pattern != "/programmes/{programme}" && strings.HasPrefix(v.URL.Path, u+"/") || t.name == "進捗" && strings.HasPrefix(v.URL.Path, programmeURL(v, "/cases/"))})
	}
	return h
}

// programmeTab is the name of a part of a programme's page.
func (v *visit) programmeTab(name string) string {
	return map[string]string{
		"概要": v.t("概要"), "応募": v.t("応募"), "選定": v.t("選定"), "進捗": v.t("進捗"), "調査": v.t("調査"), "委員会": v.t("委員会"), "ガイドライン": v.t("ガイドライン"), "統計": v.t("統計"),
	}[name]
}

// programmeURL is the address of a part of the visited programme.
func programmeURL(v *visit, part string) string {
	return "/programmes/" + string(v.Programme.ID) + part
}

func (s *Server) programmesPage(w http.ResponseWriter, v *visit) error {
	list, err := s.db.Programmes(v.Context(), v.Actor, rows)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ProgrammesPage(view.Programmes{List: list, Now: s.now(), MayAdd: len(v.Actor.Of(account.Office, clerks...)) > 0}))
}

func (s *Server) programmePage(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	office, err := s.db.Organisation(ctx, v.Programme.Office)
	if err != nil {
		return err
	}
	plan, err := s.db.Milestones(ctx, v.Programme.ID)
	if err != nil {
		return err
	}
	f := view.ProgrammeOverview{ProgrammeHead: s.programmeHead(v), Office: office.Name, Milestones: plan, Now: s.now(), Today: workflow.Day(s.now()), MayEdit: v.has(clerks...)}
	if e, err := s.editionNamed(v, v.Programme.Edition); err == nil {
		f.Edition = e.Title.In(v.Lang)
	}
	if f.Counts, err = s.db.ApplicationCounts(ctx, v.Programme.ID); err != nil {
		return err
	}
	if phase := v.Programme.Phase(s.now()); f.MayEdit && (phase == programme.Before || phase == programme.Open) {
		mailing, err := s.mails(v)
		if err != nil {
			return err
		}
		f.Mailless = !mailing
	}
	return s.page(w, v, http.StatusOK, view.ProgrammePage(f))
}
