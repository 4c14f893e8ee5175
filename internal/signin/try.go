package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// ErrNoTry says that the sign-in cannot be sent with other values: it is HTTP
// authentication, a recorded login, or a script's.
var ErrNoTry = errors.New("this sign-in cannot be tried with other values")

// Tried is the shop's answer to a sign-in that is not meant to succeed.
type Tried struct {
	First *wire.Exchange // the answer to the sending itself
	Page  *page.Page     // where it led
}

// Try sends the sign-in once with other values than the account's, in cookies
// of its own that label names. purpose says why, and the gate bounds it. A
// sign-in that asks for the name first is tried with the name alone.
func (s *Session) Try(ctx context.Context, label, user, password string, purpose wire.Purpose, o wire.Origin) (*Tried, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.out.Way != ByForm && s.out.Way != ByJSON {
		return nil, ErrNoTry
	}
	t := newSession(s.cfg, s.account, s.jar+"-"+label)
	t.out.Door = s.out.Door
	door, err := t.sendWalk(ctx, &wire.Request{Method: http.MethodGet, URL: s.Door(), Origin: o})
	if err != nil {
		return nil, err
	}
	var r *wire.Request
	f := loginForm(door)
	if f == nil && s.out.Way == ByForm {
		f = firstStep(door)
	}
	switch {
	case s.out.Way == ByForm && f != nil:
		r = request(f, filled(f, user, password, nil))
	case s.out.Way == ByJSON:
		c := scriptedLogin(door, t.sources(door), s.cfg.Client.Scope().HasOrigin)
		if c == nil {
			return nil, ErrNoTry
		}
		r = c.request(door, t.Cookies(door.URL), user, password)
	default:
		return nil, ErrNoTry
	}
	r.Purpose, r.Origin = purpose, o
	first, err := t.send(ctx, r)
	if err != nil {
		return nil, err
	}
	out := &Tried{First: first, Page: page.Parse(first)}
	if next := redirectOf(first); next != nil && s.cfg.Client.Scope().HasOrigin(next) {
		if out.Page, err = t.sendWalk(ctx, &wire.Request{Method: http.MethodGet, URL: next, Origin: o}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sendWalk asks r and follows redirects; the record of the run may answer.
func (s *Session) sendWalk(ctx context.Context, r *wire.Request) (*page.Page, error) {
	for hop := 0; ; hop++ {
		ex, err := s.send(ctx, r)
		if err != nil {
			return nil, err
		}
		next := redirectOf(ex)
		if next == nil || hop == maxHops || !s.cfg.Client.Scope().HasOrigin(next) {
			return page.Parse(ex), nil
		}
		r = &wire.Request{Method: http.MethodGet, URL: next, Origin: r.Origin}
	}
}

func redirectOf(ex *wire.Exchange) *url.URL {
	loc := ex.Header.Get("Location")
	if ex.Status < 300 || ex.Status > 399 || loc == "" {
		return nil
	}
	u, err := ex.URL.Parse(loc)
	if err != nil {
		return nil
	}
	return u
}

// Live signs the account in anew if all that is known of the session is a
// record. Offline the record is all there is.
func (s *Session) Live(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.signIn(ctx); err != nil {
		return err
	}
	if s.live || s.offline() {
		return nil
	}
	return s.again(ctx)
}

// Before are the cookies that the visitor held when the sign-in was sent, for
// the proof's address; empty when the session is known from a record only.
func (s *Session) Before() []*http.Cookie {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.before)
}

// HadBefore says whether the visitor held cookies when the sign-in was sent.
func (s *Session) HadBefore() bool { return len(s.out.Before) > 0 }

// Held says whether the proof's address takes a visitor with exactly these
// cookies – and the session's token, if bearer is true – for the account.
// label names the cookies in the record.
func (s *Session) Held(ctx context.Context, label string, cookies []*http.Cookie, bearer bool, o wire.Origin) (bool, *wire.Exchange, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := parsed(s.out.Proof.URL)
	t := newSession(s.cfg, s.account, s.jar+"-"+label)
	var set []*http.Cookie
	for _, c := range cookies {
		set = append(set, &http.Cookie{Name: c.Name, Value: c.Value, Path: "/"})
	}
	s.cfg.Client.SetJarCookies(t.jar, u, set)
	if bearer {
		t.bearer = s.bearer
	}
	ex, err := t.send(ctx, &wire.Request{Method: http.MethodGet, URL: u, Origin: o})
	if err != nil {
		return false, nil, err
	}
	return s.out.Proof.holds(s.mask(), page.Parse(ex)), ex, nil
}

// SignOut ends the session by the way that its own pages offer: a link or a
// form. done is false when there is none. old are the cookies that it had.
func (s *Session) SignOut(ctx context.Context, o wire.Origin) (old []*http.Cookie, ex *wire.Exchange, done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := parsed(s.out.Proof.URL)
	at, err := s.sendWalk(ctx, &wire.Request{Method: http.MethodGet, URL: u, Origin: o})
	if err != nil {
		return nil, nil, false, err
	}
	r := WayOut(at)
	if r == nil || !s.cfg.Client.Scope().HasOrigin(r.URL) {
		return nil, nil, false, nil
	}
	old = s.Cookies(u)
	r.Purpose, r.Origin = wire.SignOut, o
	ex, err = s.send(ctx, r)
	return old, ex, err == nil, err
}

// WayOut is the request by which pg lets a member sign out; nil when it offers none.
func WayOut(pg *page.Page) *wire.Request {
	for _, l := range pg.Links {
		if l.URL != nil && !l.Pattern && (l.Method == "" || l.Method == http.MethodGet) && (signOut.MatchString(l.Text) || signOutPath.MatchString(l.URL.Path+"?"+l.URL.RawQuery)) {
			return &wire.Request{Method: http.MethodGet, URL: l.URL}
		}
	}
	for _, f := range pg.Forms {
		if f.Purpose == page.ForLogout && f.Action != nil {
			return request(f, filled(f, "", "", nil))
		}
	}
	return nil
}

// ChangePassword sends the form that changes the account's password, read anew
// from its page. "" stands for the account's own password, which nobody else
// needs to know.
func (s *Session) ChangePassword(ctx context.Context, at *url.URL, from, to string, o wire.Origin) (*page.Page, error) {
	own, err := s.cfg.Client.Password(s.account.Name)
	if err != nil {
		return nil, err
	}
	if from == "" {
		from = own
	}
	if to == "" {
		to = own
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	pg, err := s.askLive(ctx, &wire.Request{Method: http.MethodGet, URL: at, Level: wire.Full, Origin: o})
	if err != nil {
		return nil, err
	}
	for _, f := range page.Parse(pg).Forms {
		if f.Purpose != page.ForPassword || f.Method != http.MethodPost || !s.cfg.Client.Scope().HasOrigin(f.Action) {
			continue
		}
		over := map[string]string{}
		for _, x := range f.Fields {
			switch x.Means {
			case page.MeansPassword:
				over[x.Name] = from
			case page.MeansNewPassword:
				over[x.Name] = to
			}
		}
		r := Sending(f, over)
		r.Level, r.Origin = wire.Full, o
		return s.walk(ctx, r)
	}
	return nil, ErrNoTry
}
