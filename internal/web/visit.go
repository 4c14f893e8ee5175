package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/programme"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// visit is one request of a person.
type visit struct {
	*http.Request
	Lang    i18n.Lang
	Theme   string
	Network string
	Session *account.Session // nil: none
	Actor   *account.Actor   // nil: nobody signed in
	// Stopped and Unread are what the frame of a page says beside the name.
	Stopped bool
	Unread  int
	// Token is the API token with which a program asks for the actor; nil: the person asks by hand.
	Token *account.APIToken

	// What the route is about, and the roles that the actor has before it.
	Shop         *account.Shop
	Grants       []account.Grant // by the shop, also those that hold no more
	Organisation *account.Organisation
	Programme    *programme.Programme
	Roles        []account.Role
}

// visitOf reads cookies and session. It answers by itself, and returns nil,
// when a switch of language or theme was pressed or the store cannot be asked.
func (s *Server) visitOf(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{Request: r, Network: network(r), Lang: language(r), Theme: theme(r)}
	if r.Method == http.MethodGet && s.switched(w, v) {
		return nil
	}
	if err := s.begun(v); err != nil {
		s.fail(w, v, err)
		return nil
	}
	if err := s.whoAsks(v); err != nil {
		s.fail(w, v, err)
		return nil
	}
	return v
}

// begun finds out whether somebody is registered, until somebody is.
func (s *Server) begun(v *visit) error {
	if s.setUp.Load() {
		return nil
	}
	any, err := s.db.AnyPerson(v.Context())
	s.setUp.Store(any)
	return err
}

// whoAsks finds the session that the cookie names, and the person.
func (s *Server) whoAsks(v *visit) error {
	c, err := v.Cookie(s.cookieName())
	if err != nil || len(c.Value) > 200 || c.Value == "" {
		return nil
	}
	ctx, now := v.Context(), s.now()
	who, err := s.db.Visitor(ctx, account.Fingerprint(c.Value))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	session := &who.Session
	if !session.Live(now) {
		return nil
	}
	v.Session = session
	if session.Stage != account.In {
		return nil
	}
	if who.Actor == nil {
		return fmt.Errorf("the person of a session: %w", store.ErrNotFound)
	}
	v.Actor, v.Stopped, v.Unread = who.Actor, who.Stopped, who.Unread
	if !v.Actor.Person.Erased.IsZero() {
		v.Actor, v.Session = nil, nil
		return nil
	}
	if v.Actor.Person.Lang != "" {
		v.Lang = v.Actor.Person.Lang
		if c, err := v.Cookie("lang"); err == nil { // a switch on the page wins for this browser
			if l, err := i18n.ParseLang(c.Value); err == nil {
				v.Lang = l
			}
		}
	}
	if session.Stale(now) {
		err := s.db.SeeSession(ctx, session.Fingerprint, now)
		if errors.Is(err, store.ErrFull) || errors.Is(err, store.ErrReadOnly) {
			s.log.WarnContext(ctx, "a session was not seen", "error", err) // what is there can be read all the same
			return nil
		}
		return err
	}
	return nil
}

// has says whether the actor has one of the roles before what the route is about.
func (v *visit) has(roles ...account.Role) bool {
	return slices.ContainsFunc(v.Roles, func(r account.Role) bool { return slices.Contains(roles, r) })
}

// sight is how much the visitor sees of what the shop says of itself.
func (v *visit) sight() store.Sight { return store.SightOf(v.Roles) }

// by is who acts, for changes in the store.
func (v *visit) by() account.ID {
	if v.Actor == nil {
		return ""
	}
	return v.Actor.Person.ID
}

// change carries out f in the name of who asks.
func (s *Server) change(v *visit, f func(*store.Tx) error) error {
	return s.db.Change(v.Context(), v.by(), s.now(), func(tx *store.Tx) error {
		if v.Token != nil {
			tx.Token = v.Token.ID
		}
		return f(tx)
	})
}

// t says a Japanese source text in the language of the visit.
func (v *visit) t(ja string, kv ...string) string {
	args := i18n.Args{}
	for i := 0; i+1 < len(kv); i += 2 {
		args[kv[i]] = kv[i+1]
	}
	return i18n.T(v.Lang, ja, args)
}

// value is a form's field without blanks around it.
func (v *visit) value(name string) string { return strings.TrimSpace(v.PostFormValue(name)) }

// page draws a page.
func (s *Server) page(w http.ResponseWriter, v *visit, status int, c templ.Component) error {
	ctx := v.Context()
	f := &view.Frame{Lang: v.Lang, Theme: v.Theme, Self: v.URL.RequestURI(), Version: s.opt.Version, Done: s.done(w, v), Menu: menu(v)}
	if v.Method != http.MethodGet {
		f.Self = v.URL.Path
		if ref := referer(v.Request); ref != "" {
			f.Self = ref
		}
	}
	if v.Actor != nil {
		f.Person, f.Stopped, f.Unread = v.Actor.Person.Name, v.Stopped, v.Unread
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", string(v.Lang))
	w.WriteHeader(status)
	if err := c.Render(view.With(ctx, f), w); err != nil && !errors.Is(err, context.Canceled) {
		s.log.WarnContext(ctx, "a page was not sent whole", "route", v.Pattern, "error", err)
	}
	return nil
}

// referer is the page of ours from which a form came, for the switches of language.
func referer(r *http.Request) string {
	u, err := r.URL.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return ""
	}
	return u.RequestURI()
}

// menu is what the actor can go to.
func menu(v *visit) []view.Item {
	if v.Actor == nil {
		return nil
	}
	items := []view.Item{{Name: v.t("ホーム"), URL: "/"}, {Name: v.t("お店"), URL: "/shops"}, {Name: v.t("組織"), URL: "/organisations"}, {Name: v.t("操作の記録"), URL: "/audit"}}
	if v.Actor.Has(menders...) {
		items = slices.Insert(items, 2, view.Item{Name: v.t("検出事項"), URL: "/findings"})
	}
	if v.Actor.Has(participants...) {
		items = slices.Insert(items, len(items)-1, view.Item{Name: v.t("事業"), URL: "/programmes"})
	}
	if v.Actor.Has(account.Operator) {
		items = append(items, view.Item{Name: v.t("運用"), URL: "/operator"})
	}
	for i := range items {
		u := items[i].URL
		items[i].Current = v.URL.Path == u || u != "/" && strings.HasPrefix(v.URL.Path, u+"/")
	}
	return items
}

// see sends the browser to another page of ours after an act; done is said there once.
func (s *Server) see(w http.ResponseWriter, v *visit, to, done string) error {
	if done != "" {
		http.SetCookie(w, s.cookie("done", encodeDone(done), 60))
	}
	http.Redirect(w, v.Request, to, http.StatusSeeOther)
	return nil
}
