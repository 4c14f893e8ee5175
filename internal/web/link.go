package web

import (
	"errors"
	"net/http"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// link reads the invitation that the address names. One that is over is told
// as absent.
func (s *Server) link(v *visit) (*account.Link, *view.Link, error) {
	token := v.PathValue("token")
	if len(token) > 200 {
		return nil, nil, errNoPage
	}
	ctx := v.Context()
	l, err := s.db.Link(ctx, account.Fingerprint(token))
	if errors.Is(err, store.ErrNotFound) || err == nil && !l.Open(s.now()) {
		return nil, nil, errLinkOver
	}
	if err != nil {
		return nil, nil, err
	}
	form := &view.Link{Link: *l, Token: token, Person: account.Person{Mail: l.Mail}}
	names, err := s.db.Names(ctx, []account.ID{l.By})
	if err != nil {
		return nil, nil, err
	}
	form.From = names[l.By]
	if v.Actor != nil {
		form.Me = &v.Actor.Person
	}
	switch l.Purpose {
	case account.Join:
		o, err := s.db.Organisation(ctx, l.Organisation)
		if err != nil {
			return nil, nil, err
		}
		form.Organisation = *o
	case account.Offer:
		shop, err := s.db.Shop(ctx, l.Shop)
		if err != nil {
			return nil, nil, err
		}
		form.Shop = *shop
		if v.Actor != nil {
			form.Own = takers(v.Actor, l.As)
		}
	case account.Hand:
		p, err := s.db.PreparedShop(ctx, l.Organisation, l.Object)
		if err != nil || p.Registered != "" {
			return nil, nil, errors.Join(errLinkOver, err)
		}
		o, err := s.db.Organisation(ctx, l.Organisation)
		if err != nil {
			return nil, nil, err
		}
		form.Shop, form.Organisation = p.Shop, *o
		if v.Actor != nil {
			form.Own = keepers(v.Actor)
		}
	default:
		return nil, nil, errLinkOver // it is for something else: reset.go
	}
	return l, form, nil
}

// takers are the organisations for which a person may take on a shop.
func takers(a *account.Actor, as account.As) []account.Organisation {
	k := as.KindOf()
	return a.Of(k, account.Executive, account.Maintainer, account.Diagnostician, account.Clerk, account.Approver)
}

func (s *Server) linkPage(w http.ResponseWriter, v *visit) error {
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is a secret
	_, form, err := s.link(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.LinkPage(*form))
}

// takeLink takes an invitation: as who is signed in, or as somebody new. It
// never signs anybody in to an account that exists.
func (s *Server) takeLink(w http.ResponseWriter, v *visit) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	l, form, err := s.link(v)
	if err != nil {
		return err
	}
	if l.Purpose == account.Hand {
		return s.takePrepared(w, v, l, form)
	}
	if v.Actor == nil {
		return s.takeAsNew(w, v, l, form)
	}
	ctx, me := v.Context(), v.by()
	var org *account.Organisation
	if l.Purpose == account.Offer {
		for i := range form.Own {
			if string(form.Own[i].ID) == v.value("own") {
				org = &form.Own[i]
			}
		}
		if org == nil {
			form.Problems = account.Problems{{Field: "own", Reason: account.Reason{Message: "どの組織で引き受けるかを選んでください。"}}}
			return s.page(w, v, http.StatusUnprocessableEntity, view.LinkPage(*form))
		}
	}
	err = s.db.Change(ctx, me, s.now(), func(tx *store.Tx) error { return take(v, tx, l, form, me, org) })
	if errors.Is(err, errBuilds) {
		form.Problems = account.Problems{{Reason: account.Reason{Message: "このお店を作っている、または保守している会社は、診断を引き受けられません。"}}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.LinkPage(*form))
	}
	if err != nil {
		return taken(err)
	}
	return s.see(w, v, form.To(), v.t("承諾しました。"))
}

var (
	errLinkOver = errors.New("the link is over")
	errBuilds   = errors.New("the organisation builds the shop")
)

// taken tells somebody who was second to a link that it is over.
func taken(err error) error {
	if errors.Is(err, store.ErrConflict) {
		return errLinkOver
	}
	return err
}

// take does what the link is for.
func take(v *visit, tx *store.Tx, l *account.Link, form *view.Link, person account.ID, org *account.Organisation) error {
	ctx := v.Context()
	if err := tx.TakeLink(ctx, l); err != nil {
		return err
	}
	if l.Purpose == account.Join {
		return tx.AddRoles(ctx, person, l.Organisation, form.Organisation.Kind, l.Roles)
	}
	if l.As == account.AsFirm {
		grants, err := tx.Grants(ctx, l.Shop)
		if err != nil {
			return err
		}
		if account.Builds(org, &form.Shop, grants) {
			return errBuilds
		}
	}
	return tx.AddGrant(ctx, &account.Grant{ID: account.NewID(), Shop: l.Shop, Organisation: org.ID, As: l.As, From: tx.At, Until: l.Until, By: l.By}, &form.Shop)
}

// takeAsNew registers somebody with the link; a contractor brings an organisation.
func (s *Server) takeAsNew(w http.ResponseWriter, v *visit, l *account.Link, form *view.Link) error {
	p, password, problems, err := s.newcomer(v, l.Purpose == account.Join && form.Organisation.Kind.Staff())
	if err != nil {
		return err
	}
	var org *account.Organisation
	if l.Purpose == account.Offer {
		if l.As != account.AsContractor {
			return errSignIn // firms and offices are registered by the operator
		}
		org = &account.Organisation{ID: account.NewID(), Kind: account.Contractor, Name: v.value("organisation"), Number: v.value("number")}
		problems = append(problems, org.Tidy()...)
		form.NewOrganisation = *org
	}
	if len(problems) == 0 {
		problems, err = s.register(w, v, p, password, org, func(tx *store.Tx) error { return take(v, tx, l, form, p.ID, org) })
		if err != nil {
			return taken(err)
		}
	}
	if len(problems) > 0 {
		form.Person, form.Problems = *p, problems
		return s.page(w, v, http.StatusUnprocessableEntity, view.LinkPage(*form))
	}
	return s.see(w, v, form.To(), v.t("登録しました。続けて、アカウントのページで確認コードかパスキーを設定してください。"))
}

// newcomer reads who registers, with the password, and says what is wrong with
// it. staff: the operator's own people may.
func (s *Server) newcomer(v *visit, staff bool) (*account.Person, string, account.Problems, error) {
	p := &account.Person{ID: account.NewID(), Mail: v.value("mail"), Name: v.value("name"), Lang: v.Lang}
	problems := p.Tidy()
	password := v.PostFormValue("password")
	bad, err := account.CheckPassword(v.Context(), password, p.Mail, p.Name, s.opt.Breached)
	if err != nil {
		return nil, "", nil, err
	}
	if bad.Message != "" {
		problems = append(problems, account.Problem{Field: "password", Reason: bad})
	}
	if o := s.opt.Staff; o != nil && account.InDomains(p.Mail, o.Domains) && !staff {
		// Nobody proves an address here; these are proved by the operator's issuer.
		problems = append(problems, account.Problem{Field: "mail", Reason: account.Reason{Message: "このドメインのメールアドレスは、運用者か事務局の組織への招待でだけ登録できます。"}})
	}
	return p, password, problems, nil
}

// register registers somebody, with an organisation of his own unless org is
// nil, and signs him in; do is what he came for.
func (s *Server) register(w http.ResponseWriter, v *visit, p *account.Person, password string, org *account.Organisation, do func(*store.Tx) error) (account.Problems, error) {
	ctx := v.Context()
	hash, err := account.HashPassword(ctx, password)
	if err != nil {
		return nil, err
	}
	session := s.begin(w, v, p.ID, account.In)
	known := false
	err = s.db.Change(ctx, p.ID, s.now(), func(tx *store.Tx) error {
		if err := tx.AddPerson(ctx, p, hash); err != nil {
			known = errors.Is(err, store.ErrConflict)
			return err
		}
		if org != nil {
			if err := tx.AddOrganisation(ctx, org); err != nil {
				return err
			}
			if err := tx.AddRoles(ctx, p.ID, org.ID, org.Kind, account.RolesIn(org.Kind)); err != nil {
				return err
			}
		}
		if err := do(tx); err != nil {
			return err
		}
		return tx.SignIn(ctx, session, "")
	})
	if err == nil {
		return nil, nil
	}
	s.forget(w)
	if known {
		return account.Problems{{Field: "mail", Reason: account.Reason{Message: "このメールアドレスは登録済みです。先にサインインしてから、招待の URL を開き直してください。"}}}, nil
	}
	return nil, err
}
