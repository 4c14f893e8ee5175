package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/notice"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// tabsOf are the parts of the shop's page that the visitor may see; the one
// whose address is now is the current one.
func (s *Server) tabsOf(v *visit) view.ShopHead {
	h := view.ShopHead{Shop: *v.Shop}
	for _, t := range shopTabs {
		i := slices.IndexFunc(s.table, func(rt route) bool { return rt.method == "GET" && rt.pattern == t.pattern })
		if i < 0 || len(s.table[i].who) > 0 && !v.has(s.table[i].who...) {
			continue
		}
		u := strings.Replace(t.pattern, "{shop}", string(v.Shop.ID), 1)
		h.Tabs = append(h.Tabs, view.Item{Name: v.tab(t.name), URL: u, Current: v.URL.Path == u || t.pattern != "/shops/{shop}" && strings.HasPrefix(v.URL.Path, u+"/")})
	}
	return h
}

// tab is the name of a part of a shop's page.
func (v *visit) tab(name string) string {
	return map[string]string{
		"概要": v.t("概要"), "経営者の方へ": v.t("経営者の方へ"), "診断": v.t("診断"), "検出事項": v.t("検出事項"), "チェックリスト": v.t("チェックリスト"),
		"同意": v.t("同意"), "アクセス": v.t("アクセス"), "記録": v.t("記録"),
	}[name]
}

// shopFilter reads a list's filter from the address.
func shopFilter(v *visit) store.ShopFilter {
	q := v.URL.Query()
	return store.ShopFilter{Query: account.Line(q.Get("q")), State: account.Choice(q.Get("state")), Newest: q.Get("sort") == "updated", After: store.ParseCursor(q.Get("after")), Limit: rows}
}

func (s *Server) shopsPage(w http.ResponseWriter, v *visit) error {
	f := shopFilter(v)
	list, next, err := s.db.Shops(v.Context(), v.Actor, s.now(), f)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ShopsPage(view.Shops{
		List: list, Next: next.String(), First: f.After == (store.Cursor{}), Query: f.Query, State: f.State, Newest: f.Newest, MayAdd: len(keepers(v.Actor)) > 0, Imports: importsOf(v.Actor),
	}))
}

// keepers are the organisations for which the actor may register shops.
func keepers(a *account.Actor) []account.Organisation { return a.Of(account.Shopkeeper, staff...) }

func (s *Server) newShopPage(w http.ResponseWriter, v *visit) error {
	own := keepers(v.Actor)
	if len(own) == 0 {
		return errForbidden
	}
	return s.page(w, v, http.StatusOK, view.ShopFormPage(view.ShopForm{Shop: account.Shop{Organisation: own[0].ID, Company: own[0].Name, Number: own[0].Number}, Own: own, New: true}))
}

// shopFrom reads a shop from its form.
func shopFrom(v *visit, s *account.Shop) error {
	if err := v.ParseForm(); err != nil {
		return errors.Join(errForm, err)
	}
	choice := func(name string) account.Choice { return account.Choice(v.value(name)) }
	s.State, s.Name, s.Kana, s.Company, s.Number, s.URL = choice("state"), v.value("name"), v.value("kana"), v.value("company"), v.value("number"), v.value("url")
	s.Method, s.Package, s.Version, s.Service = choice("method"), v.value("package"), v.value("version"), choice("service")
	s.Business, s.Turnover, s.Staff = v.value("business"), choice("turnover"), choice("staff")
	s.Builder = account.Party{Name: v.value("builder"), Number: v.value("builder-number")}
	s.Maintenance = account.Party{Name: v.value("maintenance"), Number: v.value("maintenance-number")}
	s.Contract, s.Payments, s.Provider, s.Note = choice("contract"), v.PostForm["payment"], v.value("provider"), v.value("note")
	s.Contacts = nil
	for i := range view.Contacts {
		n := strconv.Itoa(i)
		s.Contacts = append(s.Contacts, account.Contact{Name: v.value("contact-name-" + n), Phone: v.value("contact-phone-" + n), Mail: v.value("contact-mail-" + n)})
	}
	return nil
}

func (s *Server) newShop(w http.ResponseWriter, v *visit) error {
	own := keepers(v.Actor)
	i := slices.IndexFunc(own, func(o account.Organisation) bool { return string(o.ID) == v.value("organisation") })
	if i < 0 {
		return errForbidden
	}
	shop := account.Shop{ID: account.NewID(), Organisation: own[i].ID}
	if err := shopFrom(v, &shop); err != nil {
		return err
	}
	if problems := shop.Tidy(); len(problems) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.ShopFormPage(view.ShopForm{Shop: shop, Own: own, New: true, Problems: problems}))
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.AddShop(ctx, &shop) }); err != nil {
		return err
	}
	return s.see(w, v, "/shops/"+string(shop.ID), v.t("お店を登録しました。「診断」を開くと、診断を始められます。"))
}

func (s *Server) shopPage(w http.ResponseWriter, v *visit) error {
	org, err := s.db.Organisation(v.Context(), v.Shop.Organisation)
	if err != nil {
		return err
	}
	f := view.ShopOverview{ShopHead: s.tabsOf(v), Operator: org.Name, MayEdit: v.has(staff...), Now: s.now(), Roles: v.Roles}
	if v.has(onlooker...) {
		if f.Cases, err = s.db.ShopCases(v.Context(), v.Shop.ID); err != nil {
			return err
		}
	}
	return s.page(w, v, http.StatusOK, view.ShopPage(f))
}

func (s *Server) editShopPage(w http.ResponseWriter, v *visit) error {
	return s.page(w, v, http.StatusOK, view.ShopFormPage(view.ShopForm{Shop: *v.Shop}))
}

// editShop saves a shop. When somebody else saved it meanwhile, the form comes
// back with what was typed and says which fields differ.
func (s *Server) editShop(w http.ResponseWriter, v *visit) error {
	before := *v.Shop
	shop := *v.Shop
	if err := shopFrom(v, &shop); err != nil {
		return err
	}
	revision, err := strconv.Atoi(v.value("revision"))
	if err != nil {
		return errForm
	}
	shop.Revision = revision
	problems := shop.Tidy()
	if len(problems) == 0 {
		ctx := v.Context()
		err = s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
			if err := tx.SaveShop(ctx, &shop); err != nil || shop.Origin() == before.Origin() {
				return err
			}
			return tx.StopDiagnoses(ctx, shop.ID, func(*store.Diagnosis) bool { return true }) // the old address may be a stranger's by now
		})
		if err == nil {
			return s.see(w, v, "/shops/"+string(shop.ID), v.t("保存しました。"))
		}
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		now, err := s.db.Shop(ctx, shop.ID)
		if err != nil {
			return err
		}
		shop.Revision = now.Revision // saving once more is a decision made in sight of the other
		return s.page(w, v, http.StatusConflict, view.ShopFormPage(view.ShopForm{Shop: shop, Other: now}))
	}
	shop.Revision = max(1, min(revision, before.Revision))
	return s.page(w, v, http.StatusUnprocessableEntity, view.ShopFormPage(view.ShopForm{Shop: shop, Problems: problems}))
}

func (s *Server) accessForm(v *visit) (*view.Access, error) {
	ctx := v.Context()
	given, err := s.db.Grants(ctx, v.Shop.ID)
	if err != nil {
		return nil, err
	}
	links, err := s.db.OpenLinks(ctx, "", v.Shop.ID, s.now())
	return &view.Access{ShopHead: s.tabsOf(v), Given: given, Links: links, MayGive: v.has(account.Executive), Now: s.now(), Until: view.Day(s.now().AddDate(0, 6, 0))}, err
}

func (s *Server) accessPage(w http.ResponseWriter, v *visit) error {
	form, err := s.accessForm(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.AccessPage(*form))
}

// offer makes a link with which another organisation takes on the shop.
func (s *Server) offer(w http.ResponseWriter, v *visit) error {
	ctx, now := v.Context(), s.now()
	l := &account.Link{ID: account.NewID(), Purpose: account.Offer, Shop: v.Shop.ID, As: account.As(v.value("as")), Mail: account.NormalMail(v.value("mail")), Expires: now.Add(account.LinkLife)}
	var problems account.Problems
	if l.As.KindOf() == "" {
		problems = append(problems, account.Problem{Field: "as", Reason: account.Reason{Message: "何を任せるかを選んでください。"}})
	}
	if l.Mail == "" {
		problems = append(problems, account.Problem{Field: "mail", Reason: account.Reason{Message: "メールアドレスを確かめてください。"}})
	}
	day, err := time.ParseInLocation("2006-01-02", v.value("until"), report.Tokyo())
	if l.Until = day.AddDate(0, 0, 1).UTC(); err != nil || !l.Until.After(now) || l.Until.After(now.AddDate(2, 0, 0)) {
		problems = append(problems, account.Problem{Field: "until", Reason: account.Reason{Message: "期限は、今日から2年以内の日付にしてください。"}})
	}
	if len(problems) > 0 {
		form, err := s.accessForm(v)
		if err != nil {
			return err
		}
		form.As, form.Mail, form.Until, form.Problems = l.As, v.value("mail"), v.value("until"), problems
		return s.page(w, v, http.StatusUnprocessableEntity, view.AccessPage(*form))
	}
	token, print := account.NewToken()
	made := view.LinkMade{Back: view.Item{Name: v.Shop.Name, URL: "/shops/" + string(v.Shop.ID) + "/access"}, Link: *l, URL: origin(s.opt.Public) + "/links/" + token}
	if err := s.db.Change(ctx, v.by(), now, func(tx *store.Tx) error {
		return errors.Join(tx.AddLink(ctx, l, print), s.mailLink(v, tx, &made, notice.LetterOffer, "/links/"+token, "shop", v.Shop.Name))
	}); err != nil {
		return err
	}
	return s.page(w, v, http.StatusCreated, view.LinkMadePage(made))
}

func (s *Server) revokeOffer(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.RevokeLink(ctx, account.ID(v.PathValue("link")), "", v.Shop.ID) }); err != nil {
		return err
	}
	return s.see(w, v, "/shops/"+string(v.Shop.ID)+"/access", v.t("招待を取り消しました。"))
}

func (s *Server) revokeGrant(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.RevokeGrant(ctx, v.Shop.ID, account.ID(v.PathValue("grant"))) }); err != nil {
		return err
	}
	return s.see(w, v, "/shops/"+string(v.Shop.ID)+"/access", v.t("アクセスの許可を取り消しました。"))
}
