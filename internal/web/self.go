package web

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image/png"
	"net/http"
	"slices"

	"github.com/pquerna/otp"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// tabs are the pages of one's own account.
func (s *Server) selfTabs(v *visit) []view.Item {
	tabs := []view.Item{
		{Name: v.t("プロフィール"), URL: "/account"}, {Name: v.t("パスワード"), URL: "/account/password"}, {Name: v.t("確認コード"), URL: "/account/codes"},
		{Name: v.t("パスキー"), URL: "/account/passkeys"}, {Name: v.t("サインイン中の機器"), URL: "/account/sessions"},
		{Name: v.t("API トークン"), URL: "/account/tokens"},
		{Name: v.t("通知"), URL: "/account/notices"},
	}
	if s.opt.Staff != nil {
		tabs = append(tabs, view.Item{Name: v.t("社内アカウント"), URL: "/account/oidc"})
	}
	for i := range tabs {
		tabs[i].Current = tabs[i].URL == v.URL.Path
	}
	return tabs
}

func (s *Server) profilePage(w http.ResponseWriter, v *visit) error {
	return s.page(w, v, http.StatusOK, view.ProfilePage(view.Profile{Tabs: s.selfTabs(v), Person: v.Actor.Person, Members: v.Actor.Members}))
}

func (s *Server) profile(w http.ResponseWriter, v *visit) error {
	p := v.Actor.Person
	p.Name, p.Lang = v.value("name"), i18n.Lang(v.value("lang")) // Tidy drops an unknown language
	if problems := p.Tidy(); len(problems) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.ProfilePage(view.Profile{Tabs: s.selfTabs(v), Person: p, Members: v.Actor.Members, Problems: problems}))
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.SaveProfile(ctx, &p) }); err != nil {
		return err
	}
	http.SetCookie(w, s.cookie("lang", "", -1))
	return s.see(w, v, "/account", v.t("保存しました。"))
}

func (s *Server) passwordPage(w http.ResponseWriter, v *visit) error {
	return s.page(w, v, http.StatusOK, view.PasswordPage(view.Password{Tabs: s.selfTabs(v)}))
}

func (s *Server) password(w http.ResponseWriter, v *visit) error {
	ctx, me := v.Context(), v.Actor.Person
	form := view.Password{Tabs: s.selfTabs(v)}
	ok, wait, err := s.ownPassword(v, me, v.PostFormValue("old"))
	if err != nil {
		return err
	}
	if !ok {
		wrong := account.Reason{Message: "今のパスワードが違います。"}
		if wait.Message != "" {
			wrong = wait
		}
		form.Problems = append(form.Problems, account.Problem{Field: "old", Reason: wrong})
	}
	password := v.PostFormValue("new")
	bad, err := account.CheckPassword(ctx, password, me.Mail, me.Name, s.opt.Breached)
	if err != nil {
		return err
	}
	if bad.Message != "" {
		form.Problems = append(form.Problems, account.Problem{Field: "new", Reason: bad})
	}
	if len(form.Problems) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.PasswordPage(form))
	}
	hash, err := account.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	if err := s.db.Change(ctx, me.ID, s.now(), func(tx *store.Tx) error { return tx.SetPassword(ctx, me.ID, hash, v.Session.Fingerprint) }); err != nil {
		return err
	}
	return s.see(w, v, "/account/password", v.t("パスワードを変えました。ほかの機器はサインアウトされ、API トークンは使えなくなりました。"))
}

func (s *Server) sessionsPage(w http.ResponseWriter, v *visit) error {
	list, err := s.db.Sessions(v.Context(), v.by())
	if err != nil {
		return err
	}
	now := s.now()
	list = slices.DeleteFunc(list, func(x account.Session) bool { return !x.Live(now) })
	return s.page(w, v, http.StatusOK, view.SessionsPage(view.Sessions{Tabs: s.selfTabs(v), List: list, Mine: v.Session.Fingerprint}))
}

func (s *Server) endSession(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.DropSession(ctx, v.by(), v.PathValue("session")) }); err != nil {
		return err
	}
	return s.see(w, v, "/account/sessions", v.t("サインアウトさせました。"))
}

func (s *Server) passkeysPage(w http.ResponseWriter, v *visit) error {
	keys, err := s.db.Passkeys(v.Context(), v.by())
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.PasskeysPage(view.Passkeys{Tabs: s.selfTabs(v), Keys: keys, Possible: s.passkeys != nil, Device: account.Device(v.UserAgent(), v.Lang)}))
}

// codesPage shows whether codes are on, or the secret to begin with.
func (s *Server) codesPage(w http.ResponseWriter, v *visit) error {
	form, err := s.codesForm(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.CodesPage(*form))
}

func (s *Server) codesForm(v *visit) (*view.Codes, error) {
	ctx, me := v.Context(), v.Actor.Person
	form := &view.Codes{Tabs: s.selfTabs(v)}
	codes, err := s.db.Codes(ctx, me.ID)
	if errors.Is(err, store.ErrNotFound) {
		key, err := account.NewSecret("Miseban", me.Mail)
		if err != nil {
			return nil, err
		}
		if err := s.db.OfferCodes(ctx, me.ID, key.Secret()); err != nil {
			return nil, err
		}
		if codes, err = s.db.Codes(ctx, me.ID); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	if form.On = codes.On; form.On {
		form.Left, err = s.db.RecoveryLeft(ctx, me.ID)
		return form, err
	}
	key, err := otp.NewKeyFromURL("otpauth://totp/Miseban:" + me.Mail + "?secret=" + codes.Secret + "&issuer=Miseban")
	if err != nil {
		return nil, err
	}
	form.Secret = codes.Secret
	form.Picture, err = picture(key)
	return form, err
}

// picture is the secret as a code that a telephone reads, as a data: URL.
func picture(key *otp.Key) (string, error) {
	img, err := key.Image(232, 232)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return "", err
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// codesOn turns codes on when the first code is right, and shows the recovery codes this once.
func (s *Server) codesOn(w http.ResponseWriter, v *visit) error {
	ctx, me := v.Context(), v.by()
	codes, err := s.db.Codes(ctx, me)
	if err != nil {
		return err
	}
	step, ok := account.CheckCode(codes.Secret, v.value("code"), codes.Used, s.now())
	if !ok || codes.On {
		form, err := s.codesForm(v)
		if err != nil {
			return err
		}
		form.Problems = account.Problems{{Field: "code", Reason: account.Reason{Message: "コードが違います。アプリに出ている 6 桁の数字を入力してください。合わないときは、機器の時刻を確かめてください。"}}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.CodesPage(*form))
	}
	recovery, prints := recoveryCodes()
	if err := s.db.Change(ctx, me, s.now(), func(tx *store.Tx) error { return tx.TurnCodesOn(ctx, me, step, prints) }); err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.RecoveryPage(view.Recovery{Codes: recovery}))
}

func recoveryCodes() (codes, fingerprints []string) {
	codes = account.RecoveryCodes()
	for _, c := range codes {
		fingerprints = append(fingerprints, account.RecoveryFingerprint(c))
	}
	return codes, fingerprints
}

func (s *Server) codesOff(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.TurnCodesOff(ctx, v.by()) }); err != nil {
		return err
	}
	return s.see(w, v, "/account/codes", v.t("確認コードを止めました。"))
}

func (s *Server) renewRecovery(w http.ResponseWriter, v *visit) error {
	ctx, me := v.Context(), v.by()
	recovery, prints := recoveryCodes()
	if err := s.db.Change(ctx, me, s.now(), func(tx *store.Tx) error { return tx.RenewRecovery(ctx, me, prints) }); err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.RecoveryPage(view.Recovery{Codes: recovery}))
}
