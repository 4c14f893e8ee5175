package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// OIDC is where the operator's own people have their accounts (OpenID Connect).
// Nobody gets an account here by it: it opens those that exist.
type OIDC struct {
	Issuer string // as it calls itself
	Client string
	Secret string // "" = a public client; PKCE is used in any case
	// Domains are those of mail addresses that the issuer vouches for: who comes
	// with a verified one of these is linked to the account of that address.
	Domains []string
	Name    string // on the button; "" = the host of the issuer

	mu       sync.Mutex
	provider *oidc.Provider
}

// title is the name on the button; "" when there is none.
func (o *OIDC) title() string {
	if o == nil {
		return ""
	}
	if o.Name != "" {
		return o.Name
	}
	_, host, _ := strings.Cut(o.Issuer, "://")
	host, _, _ = strings.Cut(host, "/")
	return host
}

// What can go wrong on the way there and back.
var (
	errStaffAway    = errors.New("the issuer does not answer as it should")
	errStaffUnknown = errors.New("nobody here has this account")
	errStaffState   = errors.New("the answer belongs to no question of ours")
	errStaffTaken   = errors.New("the account is somebody else's")
)

// issuerClient asks the operator's own issuer, nobody else; shops are asked
// through wire alone.
var issuerClient = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxResponseHeaderBytes: 64 << 10}}

// meet asks the issuer who it is, once it answers.
func (o *OIDC) meet(ctx context.Context) (*oidc.Provider, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.provider != nil {
		return o.provider, nil
	}
	p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), issuerClient), o.Issuer)
	if err != nil {
		return nil, errors.Join(errStaffAway, err)
	}
	o.provider = p
	return p, nil
}

func (s *Server) oauth(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: s.opt.Staff.Client, ClientSecret: s.opt.Staff.Secret, Endpoint: p.Endpoint(), RedirectURL: origin(s.opt.Public) + "/sign-in/oidc/callback", Scopes: []string{oidc.ScopeOpenID, "email"}}
}

// errand is what somebody is on the way to the issuer for; it stays in his session.
type errand struct {
	State    string
	Nonce    string
	Verifier string
	To       string
	Link     bool // to link the account, not to sign in
}

// sent makes an errand and the address at the issuer that it leads to.
func (s *Server) sent(ctx context.Context, to string, link bool) (*errand, string, error) {
	p, err := s.opt.Staff.meet(ctx)
	if err != nil {
		return nil, "", err
	}
	e := &errand{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), To: to, Link: link}
	more := []oauth2.AuthCodeOption{oidc.Nonce(e.Nonce), oauth2.S256ChallengeOption(e.Verifier)}
	if link {
		more = append(more, oauth2.SetAuthURLParam("prompt", "select_account")) // in sight of which one it is
	}
	return e, s.oauth(p).AuthCodeURL(e.State, more...), nil
}

// staffSignIn leads to the issuer.
func (s *Server) staffSignIn(w http.ResponseWriter, v *visit) error {
	to := local(v.URL.Query().Get("to"))
	switch {
	case s.opt.Staff == nil:
		return errNoPage
	case v.Actor != nil:
		return s.see(w, v, to, "")
	}
	e, address, err := s.sent(v.Context(), to, false)
	if err != nil {
		return err
	}
	session := s.begin(w, v, "", account.Asking)
	if session.Challenge, err = json.Marshal(e); err != nil {
		return err
	}
	if err := s.db.SaveSession(v.Context(), session); err != nil {
		return err
	}
	http.Redirect(w, v.Request, address, http.StatusSeeOther)
	return nil
}

// claims are what the issuer says of who came.
type claims struct {
	Subject  string `json:"-"`
	Mail     string `json:"email"`
	Verified bool   `json:"email_verified"`
	At       int64  `json:"auth_time"`
}

// staffBack takes what the issuer says of somebody, for the errand that he left with.
func (s *Server) staffBack(w http.ResponseWriter, v *visit) error {
	if s.opt.Staff == nil {
		return errNoPage
	}
	var e errand
	if v.Session == nil || json.Unmarshal(v.Session.Challenge, &e) != nil || e.State == "" || subtle.ConstantTimeCompare([]byte(e.State), []byte(v.URL.Query().Get("state"))) != 1 {
		return errStaffState
	}
	ctx := v.Context()
	v.Session.Challenge = nil // it serves once
	if err := s.db.KeepSession(ctx, v.Session); err != nil {
		return err
	}
	if v.URL.Query().Get("error") != "" { // cancelled there
		if e.Link {
			return s.see(w, v, "/account/oidc", v.t("社内アカウントは結び付けませんでした。"))
		}
		return s.see(w, v, "/sign-in", "")
	}
	c, err := s.vouched(ctx, &e, v.URL.Query().Get("code"))
	if err != nil {
		return err
	}
	if e.Link {
		return s.linked(w, v, c)
	}
	if v.Session.Stage != account.Asking {
		return errStaffState
	}
	person, err := s.staffPerson(ctx, c)
	if err != nil {
		return err
	}
	if asked, err := s.askCode(w, v, person, e.To); asked || err != nil {
		return err
	}
	before, session := v.Session.Fingerprint, s.begin(w, v, person, account.In)
	// Having signed in there some time ago is no proof of who sits here now.
	session.Confirmed = time.Time{}
	if at := time.Unix(c.At, 0); c.At > 0 && !at.After(s.now()) {
		session.Confirmed = at.UTC()
	}
	if err := s.db.Change(ctx, person, s.now(), func(tx *store.Tx) error { return tx.SignIn(ctx, session, before) }); err != nil {
		return err
	}
	return s.see(w, v, local(e.To), "")
}

// vouched changes the code for what the issuer says, and holds it against the errand.
func (s *Server) vouched(ctx context.Context, e *errand, code string) (*claims, error) {
	o := s.opt.Staff
	p, err := o.meet(ctx)
	if err != nil {
		return nil, err
	}
	token, err := s.oauth(p).Exchange(oidc.ClientContext(ctx, issuerClient), code, oauth2.VerifierOption(e.Verifier))
	if err != nil {
		return nil, errors.Join(errStaffAway, err)
	}
	raw, _ := token.Extra("id_token").(string) // none: it does not verify
	id, err := p.VerifierContext(oidc.ClientContext(ctx, issuerClient), &oidc.Config{ClientID: o.Client, Now: s.now}).Verify(ctx, raw)
	if err != nil {
		return nil, errors.Join(errStaffAway, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(e.Nonce)) != 1 {
		return nil, fmt.Errorf("the nonce is another: %w", errStaffState)
	}
	c := &claims{Subject: id.Subject}
	if err := id.Claims(c); err != nil {
		return nil, errors.Join(errStaffAway, err)
	}
	return c, nil
}

// staffPerson is whose account it is: linked before, or by a mail address that
// the issuer has verified in a domain that the operator trusts it for.
func (s *Server) staffPerson(ctx context.Context, c *claims) (account.ID, error) {
	o := s.opt.Staff
	i, err := s.db.Identity(ctx, o.Issuer, c.Subject)
	if err == nil {
		p, err := s.db.Person(ctx, i.Person)
		if err != nil || !p.Erased.IsZero() {
			return "", errors.Join(errStaffUnknown, err)
		}
		return p.ID, s.db.UseIdentity(ctx, i.ID, s.now())
	}
	if !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	mail := account.NormalMail(c.Mail)
	if mail == "" || !c.Verified || !account.InDomains(mail, o.Domains) {
		return "", errStaffUnknown
	}
	p, _, err := s.db.PersonByMail(ctx, mail)
	if errors.Is(err, store.ErrNotFound) {
		return "", errStaffUnknown
	}
	if err != nil {
		return "", err
	}
	// Addresses that people type are not proved: whoever registered one for himself elsewhere is not its owner.
	actor, err := s.db.Actor(ctx, p.ID)
	if err != nil {
		return "", err
	}
	if len(actor.Members) == 0 || slices.ContainsFunc(actor.Members, func(m account.Membership) bool { return !m.Organisation.Kind.Staff() }) {
		return "", errStaffUnknown
	}
	// A mail address may be given to a successor; who signed in here before is not replaced by him.
	list, err := s.db.Identities(ctx, p.ID)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(list, func(i account.Identity) bool { return i.Issuer == o.Issuer }) {
		return "", errStaffUnknown
	}
	return p.ID, s.db.Change(ctx, p.ID, s.now(), func(tx *store.Tx) error {
		return tx.AddIdentity(ctx, &account.Identity{ID: account.NewID(), Issuer: o.Issuer, Subject: c.Subject, Person: p.ID})
	})
}

// linked keeps the account of somebody who is signed in and proved who he is.
func (s *Server) linked(w http.ResponseWriter, v *visit, c *claims) error {
	if v.Actor == nil || !v.Session.Fresh(s.now()) {
		return errStaffState
	}
	ctx := v.Context()
	err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
		return tx.AddIdentity(ctx, &account.Identity{ID: account.NewID(), Issuer: s.opt.Staff.Issuer, Subject: c.Subject, Person: v.by()})
	})
	if errors.Is(err, store.ErrConflict) {
		return errStaffTaken
	}
	if err != nil {
		return err
	}
	return s.see(w, v, "/account/oidc", v.t("社内アカウントを結び付けました。"))
}

func (s *Server) identitiesPage(w http.ResponseWriter, v *visit) error {
	list, err := s.db.Identities(v.Context(), v.by())
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.IdentitiesPage(view.Identities{Tabs: s.selfTabs(v), List: list, Staff: s.opt.Staff.title()}))
}

// linkIdentity shows the way to the issuer: the policy of our pages lets no
// form lead elsewhere, but a link may.
func (s *Server) linkIdentity(w http.ResponseWriter, v *visit) error {
	if s.opt.Staff == nil {
		return errNoPage
	}
	e, address, err := s.sent(v.Context(), "", true)
	if err != nil {
		return err
	}
	if v.Session.Challenge, err = json.Marshal(e); err != nil {
		return err
	}
	if err := s.db.KeepSession(v.Context(), v.Session); err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.LinkIdentityPage(view.LinkIdentity{Staff: s.opt.Staff.title(), URL: address}))
}

func (s *Server) dropIdentity(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.DropIdentity(ctx, v.by(), account.ID(v.PathValue("id"))) }); err != nil {
		return err
	}
	return s.see(w, v, "/account/oidc", v.t("社内アカウントを外しました。"))
}
