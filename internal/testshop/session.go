package testshop

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// sessionName is the cookie that carries the session; sessionLife is how long it lives unused.
const (
	sessionName = "mise_session"
	sessionLife = 30 * time.Minute
	maxSessions = 50_000
)

type line struct {
	ID, Count int
	Price     int // that the browser sent; 0: the shop's own
}

// session is one visitor's. Requests with the same cookie queue for its lock, as they do in PHP shops.
type session struct {
	mu    sync.Mutex
	id    string
	token string
	until time.Time
	cart  []line
	// coupons is how often the coupon was taken off the total.
	coupons int
	points  int // to pay with
	member  *member
	drafts  map[string]url.Values
	order   *order
}

// randomText is 256 bits in the letters that PHP's session ids have too.
func randomText() string {
	b := make([]byte, 32)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// cookieName is what this shop calls its session cookie; some software faults rename it.
func (s *Shop) cookieName() string {
	for _, f := range s.faults {
		if f.cookieName != "" {
			return f.cookieName
		}
	}
	return sessionName
}

// known returns the visitor's session if a valid cookie came with the request.
func (v *visit) known() *session {
	if v.sess != nil {
		return v.sess
	}
	c, err := v.r.Cookie(v.shop.cookieName())
	if err != nil {
		return nil
	}
	s := v.shop
	s.mu.Lock()
	found := s.sessions[c.Value]
	s.mu.Unlock()
	if found == nil {
		return nil
	}
	found.mu.Lock()
	if found.id != c.Value || s.opts.Now().After(found.until) {
		found.mu.Unlock()
		return nil
	}
	found.until = s.opts.Now().Add(sessionLife)
	v.sess = found
	return found
}

// session returns the visitor's session, opening one when there is none.
func (v *visit) session() *session {
	if known := v.known(); known != nil {
		return known
	}
	fresh := &session{token: randomText(), drafts: map[string]url.Values{}, until: v.shop.opts.Now().Add(sessionLife)}
	fresh.mu.Lock()
	v.sess = fresh
	v.rename()
	return fresh
}

// rename gives the session a new id: when it opens, and at sign-in and sign-out.
func (v *visit) rename() {
	s := v.shop
	s.mu.Lock()
	s.serial++
	id := randomText()
	if s.on["session-id-strength"] {
		id = fmt.Sprintf("%d%04d", 20261100, s.serial)
	}
	if len(s.sessions) >= maxSessions {
		clear(s.sessions)
	}
	delete(s.sessions, v.sess.id)
	v.sess.id = id
	s.sessions[id] = v.sess
	s.mu.Unlock()
	c := &http.Cookie{
		Name: s.cookieName(), Value: id, Path: "/", MaxAge: int(sessionLife / time.Second),
		Secure: !s.on["https-missing"], HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	for _, f := range s.faults {
		if f.cookie != nil {
			f.cookie(v, c)
		}
	}
	v.header.Del("Set-Cookie")
	v.header.Add("Set-Cookie", c.String())
}

// forgetCookie takes the cookie from the browser and leaves the session open.
func (v *visit) forgetCookie() {
	v.header.Add("Set-Cookie", (&http.Cookie{Name: v.shop.cookieName(), Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}).String())
}

// leave lets the next request with the same cookie in.
func (v *visit) leave() {
	if v.sess != nil {
		v.sess.mu.Unlock()
	}
}

// tokenRight says whether the form came from one of our own pages.
func (v *visit) tokenRight() bool {
	if v.shop.on["csrf-token"] || v.shop.on["csrf-verified"] {
		return true
	}
	got := v.r.PostForm.Get("_token")
	if got == "" {
		got = v.r.Header.Get("X-CSRF-Token")
	}
	known := v.known()
	return known != nil && subtle.ConstantTimeCompare([]byte(got), []byte(known.token)) == 1
}
