package web

import (
	"errors"
	"net/http"
	"slices"

	"miseban/internal/account"
	"miseban/internal/notice"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// rows is how many lines a page of a list has.
const rows = 50

func (s *Server) organisationsPage(w http.ResponseWriter, v *visit) error {
	q := v.URL.Query()
	form := view.Organisations{Query: account.Line(q.Get("q")), All: v.has(account.Operator), First: q.Get("after") == ""}
	if !form.All {
		for _, m := range v.Actor.Members {
			form.List = append(form.List, m.Organisation)
		}
		return s.page(w, v, http.StatusOK, view.OrganisationsPage(form))
	}
	list, err := s.db.Organisations(v.Context(), form.Query, store.ParseCursor(q.Get("after")), rows+1)
	if err != nil {
		return err
	}
	if len(list) > rows {
		list = list[:rows]
		form.Next = store.Cursor{Key: list[rows-1].Name, ID: list[rows-1].ID}.String()
	}
	form.List = list
	return s.page(w, v, http.StatusOK, view.OrganisationsPage(form))
}

func (s *Server) newOrganisationPage(w http.ResponseWriter, v *visit) error {
	return s.page(w, v, http.StatusOK, view.NewOrganisationPage(view.NewOrganisation{}))
}

func (s *Server) newOrganisation(w http.ResponseWriter, v *visit) error {
	o := account.Organisation{ID: account.NewID(), Kind: account.Kind(v.value("kind")), Name: v.value("organisation"), Number: v.value("number")}
	if problems := o.Tidy(); len(problems) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.NewOrganisationPage(view.NewOrganisation{Organisation: o, Problems: problems}))
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.AddOrganisation(ctx, &o) }); err != nil {
		return err
	}
	return s.see(w, v, "/organisations/"+string(o.ID), v.t("組織を登録しました。責任者を招待してください。"))
}

func (s *Server) organisationPage(w http.ResponseWriter, v *visit) error {
	form, err := s.organisationForm(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.OrganisationPage(*form))
}

func (s *Server) organisationForm(v *visit) (*view.Organisation, error) {
	ctx := v.Context()
	people, err := s.db.People(ctx, v.Organisation.ID, 500)
	if err != nil {
		return nil, err
	}
	form := &view.Organisation{Organisation: *v.Organisation, People: people, Manages: v.has(managers...), Mends: v.has(menders...), Imports: slices.ContainsFunc(importsOf(v.Actor), func(o account.Organisation) bool { return o.ID == v.Organisation.ID })}
	if form.Manages {
		form.Links, err = s.db.OpenLinks(ctx, v.Organisation.ID, "", s.now())
	}
	return form, err
}

// invite makes a link with which somebody becomes a member, and shows it this once.
func (s *Server) invite(w http.ResponseWriter, v *visit) error {
	ctx, o := v.Context(), v.Organisation
	if err := v.ParseForm(); err != nil {
		return errors.Join(errForm, err)
	}
	l := &account.Link{ID: account.NewID(), Purpose: account.Join, Organisation: o.ID, Mail: account.NormalMail(v.value("mail")), Roles: account.ParseRoles(o.Kind, v.PostForm["role"]), Expires: s.now().Add(account.LinkLife)}
	var problems account.Problems
	if l.Mail == "" {
		problems = append(problems, account.Problem{Field: "mail", Reason: account.Reason{Message: "メールアドレスを確かめてください。"}})
	}
	if len(l.Roles) == 0 {
		problems = append(problems, account.Problem{Field: "role", Reason: account.Reason{Message: "役割を1つ以上選んでください。"}})
	}
	if len(problems) > 0 {
		form, err := s.organisationForm(v)
		if err != nil {
			return err
		}
		form.Mail, form.Problems = v.value("mail"), problems
		return s.page(w, v, http.StatusUnprocessableEntity, view.OrganisationPage(*form))
	}
	token, print := account.NewToken()
	made := view.LinkMade{Back: view.Item{Name: o.Name, URL: "/organisations/" + string(o.ID)}, Link: *l, URL: origin(s.opt.Public) + "/links/" + token}
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
		return errors.Join(tx.AddLink(ctx, l, print), s.mailLink(v, tx, &made, notice.LetterJoin, "/links/"+token, "organisation", o.Name))
	}); err != nil {
		return err
	}
	return s.page(w, v, http.StatusCreated, view.LinkMadePage(made))
}

func (s *Server) revokeInvitation(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	id := account.ID(v.PathValue("link"))
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.RevokeLink(ctx, id, v.Organisation.ID, "") }); err != nil {
		return err
	}
	return s.see(w, v, "/organisations/"+string(v.Organisation.ID), v.t("招待を取り消しました。"))
}

// member finds the colleague that the address names among the organisation's own.
func (s *Server) member(v *visit) (*store.Colleague, error) {
	people, err := s.db.People(v.Context(), v.Organisation.ID, 500)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(people, func(c store.Colleague) bool { return string(c.ID) == v.PathValue("person") })
	if i < 0 {
		return nil, errNoPage
	}
	return &people[i], nil
}

func (s *Server) memberPage(w http.ResponseWriter, v *visit) error {
	c, err := s.member(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.MemberPage(view.Member{Organisation: *v.Organisation, Colleague: *c}))
}

func (s *Server) setRoles(w http.ResponseWriter, v *visit) error {
	c, err := s.member(v)
	if err != nil {
		return err
	}
	ctx := v.Context()
	if err := v.ParseForm(); err != nil {
		return errors.Join(errForm, err)
	}
	roles := account.ParseRoles(v.Organisation.Kind, v.PostForm["role"])
	if len(roles) == 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.MemberPage(view.Member{Organisation: *v.Organisation, Colleague: *c,
			Problems: account.Problems{{Field: "role", Reason: account.Reason{Message: "役割を1つ以上選んでください。"}}}}))
	}
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.SetRoles(ctx, c.ID, v.Organisation.ID, roles) }); err != nil {
		return err
	}
	return s.see(w, v, "/organisations/"+string(v.Organisation.ID), v.t("役割を変えました。"))
}

func (s *Server) removeMember(w http.ResponseWriter, v *visit) error {
	c, err := s.member(v)
	if err != nil {
		return err
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.RemoveMember(ctx, c.ID, v.Organisation.ID) }); err != nil {
		return err
	}
	to := "/organisations/" + string(v.Organisation.ID)
	if c.ID == v.by() {
		to = "/organisations"
	}
	return s.see(w, v, to, v.t("組織から外しました。"))
}
