package web

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"miseban/internal/account"
	"miseban/internal/store"
)

// holder is a person as the passkey library asks for one.
type holder struct {
	person account.Person
	keys   []account.Passkey
}

func (h *holder) WebAuthnID() []byte          { return []byte(h.person.ID) }
func (h *holder) WebAuthnName() string        { return h.person.Mail }
func (h *holder) WebAuthnDisplayName() string { return h.person.Name }
func (h *holder) WebAuthnCredentials() []webauthn.Credential {
	var out []webauthn.Credential
	for _, k := range h.keys {
		var c webauthn.Credential
		if json.Unmarshal(k.Data, &c) == nil {
			out = append(out, c)
		}
	}
	return out
}

func (s *Server) holder(v *visit, person account.ID) (*holder, error) {
	p, err := s.db.Person(v.Context(), person)
	if err != nil {
		return nil, err
	}
	keys, err := s.db.Passkeys(v.Context(), person)
	return &holder{*p, keys}, err
}

func keyID(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// answer sends JSON to a script of ours.
func answer(w http.ResponseWriter, x any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(x)
}

// ceremony keeps the challenge of a passkey with the session.
func (s *Server) ceremony(v *visit, session *account.Session, data *webauthn.SessionData) error {
	b, err := json.Marshal(data)
	if err != nil {
		return err
	}
	session.Challenge = b
	if session.Stage == account.Asking {
		return s.db.SaveSession(v.Context(), session) // a new one
	}
	return s.db.KeepSession(v.Context(), session)
}

// challenge takes the ceremony from the session: it serves once.
func (s *Server) challenge(v *visit) (*webauthn.SessionData, error) {
	if v.Session == nil || len(v.Session.Challenge) == 0 {
		return nil, errForm
	}
	var data webauthn.SessionData
	if err := json.Unmarshal(v.Session.Challenge, &data); err != nil {
		return nil, fmt.Errorf("%w: %w", errForm, err)
	}
	v.Session.Challenge = nil
	return &data, s.db.KeepSession(v.Context(), v.Session)
}

// passkeyAsk begins a sign-in, or a confirmation of who is signed in, with a passkey.
func (s *Server) passkeyAsk(w http.ResponseWriter, v *visit) error {
	if s.passkeys == nil {
		return errNoPage
	}
	session := v.Session
	if v.Actor == nil {
		session = s.begin(w, v, "", account.Asking)
	}
	asked, data, err := s.passkeys.BeginDiscoverableLogin()
	if err != nil {
		return err
	}
	if err := s.ceremony(v, session, data); err != nil {
		return err
	}
	return answer(w, asked)
}

// proven reads the answer of a passkey and says whose it is.
func (s *Server) proven(v *visit) (account.ID, error) {
	data, err := s.challenge(v)
	if err != nil {
		return "", err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBody(v.Body)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errForm, err)
	}
	var who *holder
	_, credential, err := s.passkeys.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		id := account.ID(handle)
		if !id.Valid() {
			return nil, store.ErrNotFound
		}
		var err error
		who, err = s.holder(v, id)
		return who, err
	}, *data, parsed)
	if err != nil || who == nil || !who.person.Erased.IsZero() {
		return "", fmt.Errorf("%w: passkey: %w", errForm, errors.Join(err))
	}
	if credential.Authenticator.CloneWarning {
		return "", fmt.Errorf("%w: the passkey's counter went back", errForm)
	}
	b, err := json.Marshal(credential)
	if err != nil {
		return "", err
	}
	return who.person.ID, s.db.UsePasskey(v.Context(), &account.Passkey{ID: keyID(credential.ID), Data: b}, s.now())
}

func (s *Server) signInPasskey(w http.ResponseWriter, v *visit) error {
	if s.passkeys == nil || v.Actor != nil {
		return errNoPage
	}
	person, err := s.proven(v)
	if err != nil {
		return err
	}
	if err := s.enter(w, v, person); err != nil {
		return err
	}
	return answer(w, map[string]string{"to": local(v.URL.Query().Get("to"))})
}

// confirmPasskey renews the proof of who is signed in.
func (s *Server) confirmPasskey(w http.ResponseWriter, v *visit) error {
	if s.passkeys == nil {
		return errNoPage
	}
	person, err := s.proven(v)
	if err != nil {
		return err
	}
	if person != v.Actor.Person.ID {
		return errForbidden
	}
	if err := s.confirmed(v); err != nil {
		return err
	}
	return answer(w, map[string]string{"to": local(v.URL.Query().Get("to"))})
}

// newPasskeyAsk begins the registration of a passkey.
func (s *Server) newPasskeyAsk(w http.ResponseWriter, v *visit) error {
	if s.passkeys == nil {
		return errNoPage
	}
	h, err := s.holder(v, v.Actor.Person.ID)
	if err != nil {
		return err
	}
	asked, data, err := s.passkeys.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return err
	}
	if err := s.ceremony(v, v.Session, data); err != nil {
		return err
	}
	return answer(w, asked)
}

// newPasskey registers a passkey.
func (s *Server) newPasskey(w http.ResponseWriter, v *visit) error {
	if s.passkeys == nil {
		return errNoPage
	}
	ctx, me := v.Context(), v.Actor.Person.ID
	data, err := s.challenge(v)
	if err != nil {
		return err
	}
	h, err := s.holder(v, me)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBody(v.Body)
	if err != nil {
		return fmt.Errorf("%w: %w", errForm, err)
	}
	credential, err := s.passkeys.CreateCredential(h, *data, parsed)
	if err != nil {
		return fmt.Errorf("%w: %w", errForm, err)
	}
	b, err := json.Marshal(credential)
	if err != nil {
		return err
	}
	name := account.Line(v.URL.Query().Get("name"))
	if name == "" || len(name) > 300 {
		name = account.Device(v.UserAgent(), v.Lang)
	}
	k := &account.Passkey{ID: keyID(credential.ID), Person: me, Name: name, Data: b}
	if err := s.db.Change(ctx, me, s.now(), func(tx *store.Tx) error { return tx.AddPasskey(ctx, k) }); err != nil {
		return err
	}
	http.SetCookie(w, s.cookie("done", encodeDone(v.t("パスキーを登録しました。")), 60))
	return answer(w, map[string]string{"to": "/account/passkeys"})
}

func (s *Server) dropPasskey(w http.ResponseWriter, v *visit) error {
	id := v.PathValue("passkey")
	if len(id) > 2000 || strings.ContainsRune(id, 0) {
		return errNoPage
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.DropPasskey(ctx, v.by(), id) }); err != nil {
		return err
	}
	return s.see(w, v, "/account/passkeys", v.t("パスキーを削除しました。お使いの機器の側の記録も消してください。"))
}
