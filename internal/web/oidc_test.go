package web

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"miseban/internal/account"
	"miseban/internal/store"
)

// issuer is an OpenID provider for tests: whoever comes is whom it is told.
type issuer struct {
	t    *testing.T
	http *httptest.Server
	key  *ecdsa.PrivateKey
	now  func() time.Time

	mu    sync.Mutex
	asked map[string]url.Values // by code
	who   map[string]any        // claims of who comes next
	bad   string                // which lie it tells
}

func newIssuer(t *testing.T, now func() time.Time) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: key, now: now, asked: map[string]url.Values{}}
	m := http.NewServeMux()
	say := func(w http.ResponseWriter, x any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(x); err != nil {
			t.Error(err)
		}
	}
	m.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		say(w, map[string]any{"issuer": i.http.URL, "authorization_endpoint": i.http.URL + "/authorize", "token_endpoint": i.http.URL + "/token", "jwks_uri": i.http.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	m.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		say(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
	})
	m.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		q, code := r.URL.Query(), rand.Text()
		i.asked[code] = q
		http.Redirect(w, r, q.Get("redirect_uri")+"?code="+code+"&state="+url.QueryEscape(q.Get("state")), http.StatusFound)
	})
	m.HandleFunc("/token", i.token)
	i.http = httptest.NewServer(m)
	t.Cleanup(i.http.Close)
	return i
}

// token gives an ID token for a code, when the client shows that it began the errand.
func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	user, pass, _ := r.BasicAuth()
	q := i.asked[r.FormValue("code")]
	delete(i.asked, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if q == nil || user != "miseban" || pass != "a+secret" || q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	c := map[string]any{"iss": i.http.URL, "aud": "miseban", "nonce": q.Get("nonce"), "iat": i.now().Unix(), "exp": i.now().Add(time.Minute).Unix()}
	for k, v := range i.who {
		c[k] = v
	}
	key := i.key
	switch i.bad {
	case "nonce":
		c["nonce"] = "another"
	case "audience":
		c["aud"] = "somebody else"
	case "issuer":
		c["iss"] = "https://elsewhere.example"
	case "late":
		c["exp"] = i.now().Add(-time.Hour).Unix()
	case "key":
		key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		i.t.Error(err)
		return
	}
	b, err := json.Marshal(c)
	if err != nil {
		i.t.Error(err)
		return
	}
	signed, err := signer.Sign(b)
	if err != nil {
		i.t.Error(err)
		return
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		i.t.Error(err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": compact})
}

// is says who comes next.
func (i *issuer) is(who map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.who = who
}

// staffed is a world whose operator has an issuer.
func staffed(t *testing.T) (*world, *issuer) {
	t.Helper()
	w := settled(t)
	i := newIssuer(t, w.now)
	w.server.opt.Staff = &OIDC{Issuer: i.http.URL, Client: "miseban", Secret: "a secret", Domains: []string{"example.jp"}, Name: "社内認証"}
	return w, i
}

// through goes to the issuer and back, to the page that follows.
func (v *visitor) through(at string) reply {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), "GET", at, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	res, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	return v.get(strings.TrimPrefix(res.Header.Get("Location"), v.w.server.opt.Public.String()))
}

func (v *visitor) staff() reply {
	v.t.Helper()
	return v.through(v.get("/sign-in/oidc?to=/shops").wants(v.t, 303, "/authorize?").location)
}

// TestStaffSignIn: who has an account here gets in by a verified address of the
// operator's domains, and afterwards by the account alone.
func TestStaffSignIn(t *testing.T) {
	t.Parallel()
	w, idp := staffed(t)
	clerk := w.people[account.Clerk]
	w.visitor().get("/sign-in").wants(t, 200, "社内認証 でサインイン")
	for _, who := range []map[string]any{
		{"sub": "1", "email": clerk.Mail},                                    // not verified
		{"sub": "1", "email": clerk.Mail, "email_verified": false},           // nor this
		{"sub": "1", "email": "stranger@example.jp", "email_verified": true}, // no account here
		{"sub": "1", "email": "a@sub.example.jp", "email_verified": true},
		{"sub": "1"},
	} {
		idp.is(who)
		v := w.visitor()
		v.staff().wants(t, 403, "このアカウントの利用者が見つかりません")
		v.get("/shops").wants(t, 303, "/sign-in")
	}
	idp.is(map[string]any{"sub": "1", "email": clerk.Mail, "email_verified": true})
	v := w.visitor()
	v.staff().wants(t, 303, "/shops")
	v.get("/shops").wants(t, 200, "事務局員")
	v.get("/account/tokens/new").wants(t, 303, "/confirm") // signing in there is no proof of who sits here now

	// The address may change or go to a successor; the account stays whose it is.
	idp.is(map[string]any{"sub": "1", "email": "new@elsewhere.example", "auth_time": w.now().Unix()})
	v = w.visitor()
	v.staff().wants(t, 303, "/shops")
	v.get("/account/oidc").wants(t, 200, idp.http.URL)
	idp.is(map[string]any{"sub": "2", "email": clerk.Mail, "email_verified": true})
	w.visitor().staff().wants(t, 403)

	for _, bad := range []string{"nonce", "audience", "issuer", "late", "key"} {
		idp.is(map[string]any{"sub": "1"})
		idp.mu.Lock()
		idp.bad = bad
		idp.mu.Unlock()
		v := w.visitor()
		if got := v.staff(); got.code != 502 && got.code != 400 {
			t.Errorf("a token with a wrong %s: %d", bad, got.code)
		}
		v.get("/shops").wants(t, 303, "/sign-in")
	}
	if _, err := w.db.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestStaffState: an answer counts once, in the browser that asked.
func TestStaffState(t *testing.T) {
	t.Parallel()
	w, idp := staffed(t)
	idp.is(map[string]any{"sub": "1", "email": w.people[account.Clerk].Mail, "email_verified": true})
	mine, other := w.visitor(), w.visitor()
	to := mine.get("/sign-in/oidc").wants(t, 303).location
	r, err := http.NewRequestWithContext(t.Context(), "GET", to, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := mine.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	back := strings.TrimPrefix(res.Header.Get("Location"), w.server.opt.Public.String())
	other.get(back).wants(t, 400, "サインインの続きが見つかりません")
	other.get("/sign-in/oidc").wants(t, 303)
	other.get(back).wants(t, 400) // its own errand is another
	other.get("/sign-in/oidc/callback?state=&code=x").wants(t, 400)
	mine.get(back).wants(t, 303)
	mine.get(back).wants(t, 400)
	mine.get("/shops").wants(t, 200)
	late := w.visitor()
	to = late.get("/sign-in/oidc").wants(t, 303).location
	w.pass(account.HalfwayLife)
	late.through(to).wants(t, 400)
	cancelled := w.visitor()
	to = cancelled.get("/sign-in/oidc").wants(t, 303).location
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	cancelled.get("/sign-in/oidc/callback?error=access_denied&state="+url.QueryEscape(u.Query().Get("state"))).wants(t, 303, "/sign-in")
}

// TestStaffSquatted: an address that somebody of a shop has registered for
// himself does not bring its owner into that account, and addresses of the
// operator's domains are registered by invitations of the operator's people only.
func TestStaffSquatted(t *testing.T) {
	t.Parallel()
	w, idp := staffed(t)
	boss := w.people[account.Executive]
	idp.is(map[string]any{"sub": "7", "email": boss.Mail, "email_verified": true})
	v := w.visitor()
	v.staff().wants(t, 403, "このアカウントの利用者が見つかりません")
	v.get("/shops").wants(t, 303, "/sign-in")

	org := "/organisations/" + string(w.orgs[account.Shopkeeper].ID)
	made := w.as(boss).post(org+"/invite", "mail", "x@elsewhere.example", "role", "practitioner").wants(t, 201)
	link := "/links/" + made.between(t, "/links/", "<")
	w.visitor().post(link, "name", "偽者", "mail", "chief@example.jp", "password", password).wants(t, 422, "運用者か事務局の組織への招待でだけ登録できます")
	w.visitor().post(link, "name", "本人", "mail", "me@elsewhere.example", "password", password).wants(t, 303)
}

// TestStaffLink: who is signed in and proved who he is links an account,
// and takes it away; codes are asked for all the same; an issuer that is away is told.
func TestStaffLink(t *testing.T) {
	t.Parallel()
	w, idp := staffed(t)
	boss, p := w.as(w.people[account.Executive]), w.people[account.Executive]
	idp.is(map[string]any{"sub": "boss", "email": "boss@private.example"})
	w.visitor().staff().wants(t, 403)
	link := func(v *visitor) reply {
		t.Helper()
		page := v.post("/account/oidc").wants(t, 200, "社内認証 に進む", "prompt=select_account")
		return v.through(strings.ReplaceAll(idp.http.URL+page.between(t, `href="`+idp.http.URL, `"`), "&amp;", "&"))
	}
	link(boss).wants(t, 303, "/account/oidc")
	boss.get("/account/oidc").wants(t, 200, idp.http.URL)
	boss.get("/audit").wants(t, 200, "社内アカウントを結び付けた")
	w.visitor().staff().wants(t, 303, "/shops")
	link(w.as(w.people[account.Practitioner])).wants(t, 409, "ほかの利用者に結び付いています")

	if err := w.db.OfferCodes(t.Context(), p.ID, "JBSWY3DPEHPK3PXP"); err != nil {
		t.Fatal(err)
	}
	w.change(func(tx *store.Tx) error { return tx.TurnCodesOn(t.Context(), p.ID, 0, nil) })
	v := w.visitor()
	v.staff().wants(t, 303, "/sign-in/code")
	v.get("/shops").wants(t, 303, "/sign-in")

	list, err := w.db.Identities(t.Context(), p.ID)
	if err != nil || len(list) != 1 || !list[0].Used.Equal(w.now()) {
		t.Fatalf("identities %+v, %v", list, err)
	}
	remove := "/account/oidc/" + string(list[0].ID) + "/remove"
	w.as(w.people[account.Practitioner]).post(remove).wants(t, 404)
	boss.post(remove).wants(t, 303)
	w.visitor().staff().wants(t, 403)

	w.server.opt.Staff = &OIDC{Issuer: "http://127.0.0.1:1", Client: "miseban"}
	w.visitor().get("/sign-in").wants(t, 200, "127.0.0.1:1 でサインイン")
	w.visitor().get("/sign-in/oidc").wants(t, 502, "社内アカウントを確かめられません")
	w.server.opt.Staff = nil
	w.visitor().get("/sign-in/oidc").wants(t, 404)
	w.visitor().get("/sign-in/oidc/callback").wants(t, 404)
	boss.get("/account/oidc").wants(t, 200, "使っていません")
	boss.post("/account/oidc").wants(t, 404)
}
