package web

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"miseban/internal/account"
	"miseban/internal/notice"
	"miseban/internal/programme"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// caseShopPage shows whether the case has its shop, and how it gets it.
func (s *Server) caseShopPage(w http.ResponseWriter, v *visit) error {
	return s.showCaseShop(w, v, http.StatusOK, nil)
}

func (s *Server) showCaseShop(w http.ResponseWriter, v *visit, status int, bad account.Problems) error {
	ctx := v.Context()
	e, err := s.enrolment(v)
	if err != nil {
		return err
	}
	f := view.CaseShop{ProgrammeHead: s.programmeHead(v), Enrolment: *e, Mail: e.Application.Mail, Problems: bad}
	if v.Method == http.MethodPost {
		f.Mail = v.value("mail")
	}
	switch {
	case e.Shop != "":
		shop, err := s.db.Shop(ctx, e.Shop)
		if err != nil {
			return err
		}
		org, err := s.db.Organisation(ctx, shop.Organisation)
		if err != nil {
			return err
		}
		f.Shop, f.Operator = *shop, org.Name
	default:
		if f.Links, err = s.db.LinksTo(ctx, v.Programme.Office, e.ID, s.now()); err != nil {
			return err
		}
		if f.Alike, err = s.db.PreparedAlike(ctx, v.Programme.Office, e.Application.Form.Host()); err != nil {
			return err
		}
	}
	return s.page(w, v, status, view.CaseShopPage(f))
}

// enrolment reads the case that the address names with its application.
func (s *Server) enrolment(v *visit) (*store.Enrolment, error) {
	id := account.ID(v.PathValue("case"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.Enrolment(v.Context(), v.Programme.ID, id)
}

// inviteShop writes down the shop of a case as far as the office knows it, and
// makes the link with which the shop's people take part with it. Neither gives
// the office anything of the shop.
func (s *Server) inviteShop(w http.ResponseWriter, v *visit) error {
	e, err := s.enrolment(v)
	if err != nil {
		return err
	}
	if e.Shop != "" || !e.Step.Open() {
		return store.ErrConflict
	}
	l := &account.Link{ID: account.NewID(), Purpose: account.Enrol, Organisation: v.Programme.Office, Object: e.ID, Name: e.Application.Form.Person, Mail: account.NormalMail(v.value("mail")), Expires: s.now().Add(account.HandLife)}
	if l.Mail == "" {
		return s.showCaseShop(w, v, http.StatusUnprocessableEntity, account.Problems{{Field: "mail", Reason: account.Reason{Message: "メールアドレスを確かめてください。"}}})
	}
	prepared := account.ID(v.value("prepared"))
	if prepared != "" && !prepared.Valid() {
		return errForm
	}
	token, print := account.NewToken()
	made := view.LinkMade{Back: view.Item{Name: e.Number + " " + e.Name, URL: caseURL(v, "/shop")}, Link: *l, URL: origin(s.opt.Public) + "/enrol/" + token}
	if err := s.change(v, func(tx *store.Tx) error {
		if prepared != e.Prepared || prepared == "" {
			if _, err := tx.Cases(v.Programme.ID, v.Programme.Office).Prepare(v.Context(), e.ID, prepared, e.Application.AsShop()); err != nil {
				return err
			}
		}
		return errors.Join(tx.AddLink(v.Context(), l, print), s.mailLink(v, tx, &made, notice.LetterEnrol, "/enrol/"+token, "programme", v.Programme.Name.In(v.Lang), "shop", e.Name, "number", e.Number, "person", e.Application.Form.Person, "company", e.Application.Form.Company))
	}); err != nil {
		return err
	}
	return s.page(w, v, http.StatusCreated, view.LinkMadePage(made))
}

func (s *Server) revokeEnrolment(w http.ResponseWriter, v *visit) error {
	c, err := s.caseOf(v)
	if err != nil {
		return err
	}
	if err := s.change(v, func(tx *store.Tx) error {
		return tx.RevokeLinkTo(v.Context(), account.ID(v.PathValue("link")), v.Programme.Office, c.ID)
	}); err != nil {
		return err
	}
	return s.see(w, v, caseURL(v, "/shop"), v.t("招待を取り消しました。"))
}

// enrolling reads what an invitation to take part is about.
func (s *Server) enrolling(w http.ResponseWriter, v *visit) (*account.Link, *view.Enrol, error) {
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is a secret
	l, err := s.openLink(v, "enrol", account.Enrol)
	if err != nil {
		return nil, nil, err
	}
	ctx := v.Context()
	prog, err := s.db.ProgrammeOfCase(ctx, l.Organisation, l.Object)
	if err != nil {
		return nil, nil, errors.Join(err, &overError{view.OverUnknown})
	}
	p, err := s.db.Programme(ctx, prog)
	if err != nil {
		return nil, nil, err
	}
	e, err := s.db.Enrolment(ctx, prog, l.Object)
	if err != nil {
		return nil, nil, err
	}
	if e.Shop != "" || !e.Step.Open() {
		return nil, nil, &overError{view.OverUsed}
	}
	f := &view.Enrol{Link: *l, Token: v.PathValue("enrol"), Programme: *p, Enrolment: *e, Person: account.Person{Mail: l.Mail, Name: e.Application.Form.Person}, New: account.Organisation{Kind: account.Shopkeeper, Name: e.Application.Form.Company, Number: e.Application.Form.Number}}
	if v.Actor == nil {
		return l, f, nil
	}
	f.Me, f.Own = &v.Actor.Person, keepers(v.Actor)
	if len(f.Own) > 0 {
		shops, _, err := s.db.Shops(ctx, v.Actor, s.now(), store.ShopFilter{Limit: 200})
		if err != nil {
			return nil, nil, err
		}
		for i := range shops {
			if slices.ContainsFunc(f.Own, func(o account.Organisation) bool { return o.ID == shops[i].Organisation }) {
				f.Shops = append(f.Shops, shops[i])
			}
		}
	}
	return l, f, nil
}

func (s *Server) enrolPage(w http.ResponseWriter, v *visit) error {
	_, f, err := s.enrolling(w, v)
	if err != nil {
		return s.over(w, v, err)
	}
	return s.page(w, v, http.StatusOK, view.EnrolPage(*f))
}

// enrol takes part in a programme: with a shop that one's own organisation
// operates, with a new one, or, for who is new here, with a new organisation too.
func (s *Server) enrol(w http.ResponseWriter, v *visit) error {
	l, f, err := s.enrolling(w, v)
	if err != nil {
		return s.over(w, v, err)
	}
	again := func(bad account.Problems) error {
		f.Problems = bad
		return s.page(w, v, http.StatusUnprocessableEntity, view.EnrolPage(*f))
	}
	ctx := v.Context()
	var shop account.ID
	join := func(tx *store.Tx, org account.ID, with *account.Shop) error {
		if err := tx.TakeLink(ctx, l); err != nil {
			return err
		}
		if with != nil {
			shop = with.ID
			return tx.Cases(f.Programme.ID, f.Programme.Office).SetShop(ctx, f.Enrolment.ID, with.ID, with.Organisation)
		}
		p, err := tx.PreparedShop(ctx, f.Programme.Office, f.Enrolment.Prepared)
		if err != nil {
			return err
		}
		taken, err := tx.TakePrepared(ctx, p, org)
		if err == nil {
			shop = taken.ID
		}
		return err
	}
	to := func() string { return "/shops/" + string(shop) + "/cases/" + string(f.Enrolment.ID) }
	if v.Actor == nil {
		p, password, bad, err := s.newcomer(v, false)
		if err != nil {
			return err
		}
		org := &account.Organisation{ID: account.NewID(), Kind: account.Shopkeeper, Name: v.value("organisation"), Number: v.value("number")}
		if bad = append(bad, org.Tidy()...); len(bad) > 0 {
			f.Person, f.New = *p, *org
			return again(bad)
		}
		bad, err = s.register(w, v, p, password, org, func(tx *store.Tx) error { return join(tx, org.ID, nil) })
		if err != nil {
			return taken(err)
		}
		if len(bad) > 0 {
			f.Person, f.New = *p, *org
			return again(bad)
		}
		return s.see(w, v, to(), v.t("登録しました。続けて、アカウントのページで確認コードかパスキーを設定してください。"))
	}
	choice := v.value("with")
	i := slices.IndexFunc(f.Shops, func(x account.Shop) bool { return string(x.ID) == choice })
	k := slices.IndexFunc(f.Own, func(o account.Organisation) bool { return "new-"+string(o.ID) == choice })
	if i < 0 && k < 0 {
		return again(account.Problems{{Field: "with", Reason: account.Reason{Message: "どのお店で参加するかを選んでください。"}}})
	}
	if err := s.change(v, func(tx *store.Tx) error {
		if i >= 0 {
			return join(tx, "", &f.Shops[i])
		}
		return join(tx, f.Own[k].ID, nil)
	}); err != nil {
		return taken(err)
	}
	return s.see(w, v, to(), v.t("参加を登録しました。次に、していただくことを確かめてください。"))
}

func (s *Server) shopCasesPage(w http.ResponseWriter, v *visit) error {
	list, err := s.db.ShopCases(v.Context(), v.Shop.ID)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ShopCasesPage(view.ShopCases{ShopHead: s.tabsOf(v), List: list, Now: s.now()}))
}

// shopCase reads the case of the shop that the address names.
func (s *Server) shopCase(v *visit) (*store.ShopCase, error) {
	id := account.ID(v.PathValue("case"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.ShopCaseOf(v.Context(), v.Shop.ID, id)
}

func (s *Server) shopCasePage(w http.ResponseWriter, v *visit) error {
	return s.showShopCase(w, v, http.StatusOK, nil)
}

// showShopCase shows a shop's people their case: where it stands and what is to
// be done. What the office notes for itself is not shown.
func (s *Server) showShopCase(w http.ResponseWriter, v *visit, status int, bad account.Problems) error {
	ctx := v.Context()
	c, err := s.shopCase(v)
	if err != nil {
		return err
	}
	known, err := s.db.CasesKnown(ctx, []programme.Case{c.Case}, s.now())
	if err != nil {
		return err
	}
	f := view.ShopCase{ShopHead: s.tabsOf(v), Case: *c, Known: known[c.ID], Now: s.now(), Roles: v.Roles, Until: view.Day(s.now().AddDate(1, 0, 0)), Problems: bad}
	f.Parts = s.parts(v, "/shops/"+string(v.Shop.ID)+"/cases/"+string(c.ID))
	if v.has(account.Executive) {
		if f.Bodies, err = s.shareable(v, c); err != nil {
			return err
		}
	}
	return s.page(w, v, status, view.ShopCasePage(f))
}

// shareable are the bodies of a programme that may be shown the shop, with
// whether they are.
func (s *Server) shareable(v *visit, c *store.ShopCase) (out []view.Body, err error) {
	p, err := s.db.Programme(v.Context(), c.Programme.ID)
	if err != nil {
		return nil, err
	}
	office, err := s.db.Organisation(v.Context(), p.Office)
	if err != nil {
		return nil, err
	}
	for _, o := range append([]account.Organisation{*office}, p.Bodies...) {
		b := view.Body{Organisation: o, As: account.AsOffice}
		switch {
		case o.Kind == account.Firm:
			b.As = account.AsFirm
		case o.ID != p.Office:
			continue
		}
		b.Shown = slices.ContainsFunc(v.Grants, func(g account.Grant) bool { return g.Organisation == o.ID && g.As == b.As && g.Valid(s.now()) })
		out = append(out, b)
	}
	return out, nil
}

// shareShop lets the office and the firms of a programme see the shop: each for
// what it does in the programme, and until a day.
func (s *Server) shareShop(w http.ResponseWriter, v *visit) error {
	ctx, now := v.Context(), s.now()
	c, err := s.shopCase(v)
	if err != nil {
		return err
	}
	bodies, err := s.shareable(v, c)
	if err != nil {
		return err
	}
	day, err := time.ParseInLocation(time.DateOnly, v.value("until"), report.Tokyo())
	until := day.AddDate(0, 0, 1).UTC()
	if err != nil || !until.After(now) || until.After(now.AddDate(2, 0, 0)) {
		return s.showShopCase(w, v, http.StatusUnprocessableEntity, account.Problems{{Field: "until", Reason: account.Reason{Message: "期限は、今日から2年以内の日付にしてください。"}}})
	}
	var grants []account.Grant
	for _, b := range bodies {
		if b.Shown || !slices.Contains(v.PostForm["body"], string(b.ID)) {
			continue
		}
		if b.As == account.AsFirm {
			o, err := s.db.Organisation(ctx, b.ID) // with its corporate number
			if err != nil {
				return err
			}
			if account.Builds(o, v.Shop, v.Grants) {
				return s.showShopCase(w, v, http.StatusUnprocessableEntity, account.Problems{{Field: "body", Reason: account.Reason{Message: "このお店を作っている、または保守している会社は、診断を引き受けられません。"}}})
			}
		}
		grants = append(grants, account.Grant{ID: account.NewID(), Shop: v.Shop.ID, Organisation: b.ID, As: b.As, From: now, Until: until, By: v.by()})
	}
	if len(grants) == 0 {
		return s.showShopCase(w, v, http.StatusUnprocessableEntity, account.Problems{{Field: "body", Reason: account.Reason{Message: "見せる相手を選んでください。"}}})
	}
	if err := s.change(v, func(tx *store.Tx) error {
		for i := range grants {
			if err := tx.AddGrant(ctx, &grants[i], v.Shop); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return s.see(w, v, "/shops/"+string(v.Shop.ID)+"/cases/"+string(c.ID), v.t("アクセスを許可しました。「アクセス」のページで、いつでも取り消せます。"))
}
