package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/wire"
)

// standing is what a shop lets be done to it at this moment.
type standing struct {
	consent  *account.Consent // nil: none stands
	proof    *account.Proof   // nil: nobody has looked
	accounts []account.TestAccount
}

func (s *Server) standing(v *visit) (*standing, error) {
	ctx := v.Context()
	st := &standing{}
	var err error
	if st.consent, err = s.db.StandingConsent(ctx, v.Shop.ID, s.now()); err != nil {
		return nil, err
	}
	if st.proof, err = s.db.Proof(ctx, v.Shop.ID); err != nil {
		return nil, err
	}
	st.accounts, err = s.db.TestAccounts(ctx, v.Shop.ID)
	return st, err
}

// proven says whether control of the shop's own address is shown.
func (st *standing) proven(shop *account.Shop, now time.Time) bool {
	return shop.Origin() != "" && st.proof.Shows(shop.Origin(), now)
}

func consentURL(v *visit) string { return "/shops/" + string(v.Shop.ID) + "/consent" }

func (s *Server) consentForm(v *visit) (*view.ConsentOverview, error) {
	ctx, now := v.Context(), s.now()
	st, err := s.standing(v)
	if err != nil {
		return nil, err
	}
	f := &view.ConsentOverview{
		ShopHead: s.tabsOf(v), Proof: st.proof, Proven: st.proven(v.Shop, now), Consent: st.consent, Accounts: st.accounts, Now: now,
		MayAct: v.has(staff...), MayDecide: v.has(deciders...), MayRead: v.has(agreementReaders...), MaySeeAccounts: v.has(account.Executive, account.Practitioner, account.Diagnostician),
	}
	scope, err := s.challenged(v, st.consent)
	if err != nil {
		return nil, err
	}
	f.Local = len(scope.Hosts) > 0 && localOnly(scope.Hosts)
	f.Token = scope.Proof.Token
	f.Records, f.Files = scope.Challenges()
	if f.Blackouts, err = s.db.Blackouts(ctx, v.Shop.ID, now); err != nil {
		return nil, err
	}
	f.History, err = s.db.Consents(ctx, v.Shop.ID)
	return f, err
}

func (s *Server) consentPage(w http.ResponseWriter, v *visit) error {
	f, err := s.consentForm(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ConsentPage(*f))
}

// consentChoices is the form of a consent with what it lets choose from.
func (s *Server) consentChoices(v *visit, c account.Consent) (*view.ConsentForm, error) {
	f := &view.ConsentForm{ShopHead: s.tabsOf(v), Consent: c, Person: v.Actor.Person.Name}
	var err error
	if f.Accounts, err = s.db.TestAccounts(v.Context(), v.Shop.ID); err != nil {
		return nil, err
	}
	given, err := s.db.Grants(v.Context(), v.Shop.ID)
	for _, g := range given {
		if g.As == account.AsFirm && g.Valid(s.now()) {
			f.Firms = append(f.Firms, account.Organisation{ID: g.Organisation, Name: g.Name})
		}
	}
	return f, err
}

// newConsentPage offers what stands now to be changed, or careful beginnings.
func (s *Server) newConsentPage(w http.ResponseWriter, v *visit) error {
	now := s.now()
	st, err := s.standing(v)
	if err != nil {
		return err
	}
	c := account.Consent{Hosts: v.Shop.Origins(), PerSecond: 2}
	if st.consent != nil {
		c = *st.consent
	}
	c.Until = now.AddDate(0, 3, 0)
	f, err := s.consentChoices(v, c)
	if err != nil {
		return err
	}
	f.Until = view.Day(c.Until)
	f.Replaces = st.consent != nil
	return s.page(w, v, http.StatusOK, view.ConsentFormPage(*f))
}

// newConsent reads a consent, shows it once more as a whole, and records it
// when that was confirmed.
func (s *Server) newConsent(w http.ResponseWriter, v *visit) error {
	ctx, now := v.Context(), s.now()
	c := account.Consent{
		ID: account.NewID(), Shop: v.Shop.ID, By: v.by(), Given: now, Terms: account.ConsentTerms, Person: v.Actor.Person.Name, Organisation: cmp.Or(v.Shop.Company, v.Shop.Name),
		Hosts: strings.Fields(v.value("hosts")), From: v.value("from"), To: v.value("to"), Workdays: v.value("workdays") == "yes",
		Exclude: strings.Split(v.value("exclude"), "\n"), Robots: v.value("robots") == "yes", Accounts: v.PostForm["accounts"], Acts: v.PostForm["acts"],
		Hosting: account.Choice(v.value("hosting")), HostingNote: v.value("hosting-note"), Provider: v.value("provider"), Staging: v.value("staging") == "yes",
	}
	c.Level, _ = wire.ParseLevel(v.value("level")) // none: Tidy says so
	c.PerSecond, _ = strconv.ParseFloat(v.value("speed"), 64)
	f, err := s.consentChoices(v, c)
	if err != nil {
		return err
	}
	f.Until = v.value("until")
	if day, err := time.ParseInLocation(time.DateOnly, f.Until, report.Tokyo()); err == nil {
		c.Until = day.AddDate(0, 0, 1).UTC()
	}
	var problems account.Problems
	if firm := v.value("firm"); firm != "" {
		i := slices.IndexFunc(f.Firms, func(o account.Organisation) bool { return string(o.ID) == firm })
		if i < 0 {
			problems = append(problems, account.Problem{Field: "firm", Reason: account.Reason{Message: "一覧から選んでください。"}})
		} else {
			c.Firm, c.FirmName = f.Firms[i].ID, f.Firms[i].Name
		}
	}
	problems = append(c.Tidy(v.Shop, f.Accounts, s.opt.Local), problems...)
	f.Consent, f.Problems = c, problems
	switch {
	case len(problems) > 0:
		return s.page(w, v, http.StatusUnprocessableEntity, view.ConsentFormPage(*f))
	case v.value("step") == "back":
		return s.page(w, v, http.StatusOK, view.ConsentFormPage(*f))
	case v.value("step") != "agree":
		return s.page(w, v, http.StatusOK, view.ConsentSummaryPage(*f))
	}
	if err := s.db.Change(ctx, v.by(), now, func(tx *store.Tx) error { return tx.AddConsent(ctx, &c) }); err != nil {
		return err
	}
	return s.see(w, v, consentURL(v), v.t("同意を記録しました。同意書は、このページから印刷できます。"))
}

func (s *Server) withdrawConsent(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	id := account.ID(v.PathValue("consent"))
	if !id.Valid() {
		return errNoPage
	}
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.WithdrawConsent(ctx, v.Shop.ID, id) }); err != nil {
		return err
	}
	return s.see(w, v, consentURL(v), v.t("同意を取り消しました。行っていた診断は止めました。"))
}

func (s *Server) newTestAccountPage(w http.ResponseWriter, v *visit) error {
	return s.page(w, v, http.StatusOK, view.TestAccountPage(view.TestAccountForm{ShopHead: s.tabsOf(v), Account: account.TestAccount{Role: "customer"}}))
}

// newTestAccount keeps a test account; its password is not shown again.
func (s *Server) newTestAccount(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	a := account.TestAccount{ID: account.NewID(), Shop: v.Shop.ID, Role: account.Choice(v.value("role")), User: v.value("user"), Mailbox: v.value("mailbox"), LoginURL: v.value("login-url"), Basic: v.value("basic") == "yes"}
	password := v.PostFormValue("password")
	problems := a.Tidy(password)
	if u, err := url.Parse(a.LoginURL); a.LoginURL != "" && err == nil && problems.Of("login-url").Message == "" {
		st, err := s.standing(v)
		if err != nil {
			return err
		}
		hosts := v.Shop.Origins()
		if st.consent != nil {
			hosts = append(hosts, st.consent.Hosts...)
		}
		if !(&wire.Scope{Hosts: hosts}).HasOrigin(u) {
			problems = append(problems, account.Problem{Field: "login-url", Reason: account.Reason{Message: "お店のアドレスにあるページを入力してください。"}})
		}
	}
	if v.value("test") != "yes" {
		problems = append(problems, account.Problem{Field: "test", Reason: account.Reason{Message: "診断のために作ったアカウントであることを確かめて、印を付けてください。"}})
	}
	if len(problems) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.TestAccountPage(view.TestAccountForm{ShopHead: s.tabsOf(v), Account: a, Problems: problems}))
	}
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.AddTestAccount(ctx, &a, password) }); err != nil {
		return err
	}
	done := v.t("テスト用アカウント {name} を登録しました。使うには、同意の中で選んでください。", "name", a.Name)
	if wire.WeakSecret(password) {
		done += v.t("パスワードが短いか、文字の種類が少ないため、お店の応答に現れても伏せられません。8 文字以上で、英字と数字を混ぜたものに替えることを勧めます。")
	}
	return s.see(w, v, consentURL(v)+"#accounts", done)
}

func (s *Server) removeTestAccount(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	id := account.ID(v.PathValue("account"))
	if !id.Valid() {
		return errNoPage
	}
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.RemoveTestAccount(ctx, v.Shop.ID, id) }); err != nil {
		return err
	}
	return s.see(w, v, consentURL(v)+"#accounts", v.t("テスト用アカウントとパスワードを削除しました。"))
}

// newBlackout keeps days on which nothing may be sent.
func (s *Server) newBlackout(w http.ResponseWriter, v *visit) error {
	ctx, now := v.Context(), s.now()
	b := account.Blackout{ID: account.NewID(), Shop: v.Shop.ID, Note: v.value("note")}
	if problems := b.Days(v.value("first"), cmp.Or(v.value("last"), v.value("first")), now); len(problems) > 0 {
		f, err := s.consentForm(v)
		if err != nil {
			return err
		}
		f.First, f.Last, f.Note, f.Problems = v.value("first"), v.value("last"), b.Note, problems
		return s.page(w, v, http.StatusUnprocessableEntity, view.ConsentPage(*f))
	}
	if err := s.db.Change(ctx, v.by(), now, func(tx *store.Tx) error { return tx.AddBlackout(ctx, &b) }); err != nil {
		return err
	}
	return s.see(w, v, consentURL(v)+"#blackouts", v.t("診断しない日を登録しました。その間に行われるはずの診断は、終わるまで待ちます。"))
}

func (s *Server) removeBlackout(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	id := account.ID(v.PathValue("blackout"))
	if !id.Valid() {
		return errNoPage
	}
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.RemoveBlackout(ctx, v.Shop.ID, id) }); err != nil {
		return err
	}
	return s.see(w, v, consentURL(v)+"#blackouts", v.t("診断しない日を削除しました。"))
}
