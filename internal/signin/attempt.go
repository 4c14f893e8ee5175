package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// attempt signs in once and learns the proof. The outcome holds the reason
// when the account cannot be used; the error is for what ends the run.
func (s *Session) attempt(ctx context.Context) (outcome, error) {
	s.cost.SignIns++
	out := outcome{}
	s.given = &out.Given
	defer func() { s.given = nil }()
	secret, err := s.cfg.Client.Password(s.account.Name)
	if err != nil {
		out.Reason = because(NoSecret, nil)
		return out, nil
	}
	var landing *page.Page
	switch {
	case s.account.Basic:
		out.Way = ByBasic
		s.bearer = base64.StdEncoding.EncodeToString([]byte(s.account.User + ":" + secret))
		landing, err = s.basic(ctx)
	case len(s.account.Login) > 0:
		out.Way = BySteps
		landing, err = s.steps(ctx, &out, secret)
	default:
		landing, err = s.throughDoor(ctx, &out, secret)
	}
	var why *Reason
	if errors.As(err, &why) {
		out.Reason = why
		return out, nil
	}
	if err != nil {
		return out, err
	}
	if landing != nil {
		out.Evidence = append(out.Evidence, landing.Ex.ID)
		out.After = s.cookies(landing.URL)
	}
	proof := &s.out.Proof
	if proof.URL == "" {
		if proof, err = s.learnProof(ctx, landing); err != nil {
			return out, err
		}
	} else if ok, err := s.prove(ctx); err != nil {
		return out, err
	} else if !ok {
		proof = nil
	}
	if proof == nil {
		out.Reason = s.verdictOf(landing)
		return out, nil
	}
	out.Proof = *proof
	if s.bearer != "" {
		out.Bearer = s.mask().Token(s.bearer)
	}
	return out, nil
}

var (
	codeWord = regexp.MustCompile(`(?i)確認コード|認証コード|ワンタイム|認証番号|二段階|二要素|verification code|one-time|two-factor|2-step|authenticator`)
	lockWord = regexp.MustCompile(`(?i)ロック(され|して|中)|一定時間.{0,20}(ログイン|利用)でき|凍結|locked|temporarily (disabled|blocked)|too many (failed )?(attempts|log)`)
)

// verdictOf reads from the page after a sign-in why it came to nothing.
func (s *Session) verdictOf(pg *page.Page) *Reason {
	if pg == nil {
		return because(Unproven, nil)
	}
	for _, f := range pg.Forms {
		for _, x := range f.Fields {
			if x.Means == page.MeansOTP && f.Purpose != page.ForCard {
				return because(TwoFactor, nil)
			}
			if x.Means == page.MeansCaptcha && loginForm(pg) == f {
				return because(Captcha, nil)
			}
		}
	}
	switch {
	case lockWord.MatchString(pg.Visible) && (turnsAway(pg) || pg.Ex.Status >= 400):
		return because(Locked, nil)
	case codeWord.MatchString(pg.Visible) && len(pg.Forms) > 0 && loginForm(pg) == nil:
		return because(TwoFactor, nil)
	case loginForm(pg) != nil || pg.Ex.Status == 400 || pg.Ex.Status == 401 || pg.Ex.Status == 403 || pg.Ex.Status == 422:
		return because(Refused, nil)
	}
	return because(Unproven, nil)
}

// basic asks for the first page with the credentials of HTTP authentication.
func (s *Session) basic(ctx context.Context) (*page.Page, error) {
	u := s.cfg.Start
	if l := parsed(s.account.LoginURL); l != nil {
		u = s.cfg.Start.ResolveReference(l)
	}
	pg, err := s.walk(ctx, &wire.Request{Method: http.MethodGet, URL: u, Purpose: wire.SignIn, Origin: wire.Origin{Why: "sign-in by HTTP authentication"}})
	if err == nil && pg.Ex.Status == http.StatusUnauthorized {
		return pg, because(Refused, nil)
	}
	return pg, err
}

// throughDoor finds the page with the sign-in and sends what it asks for.
func (s *Session) throughDoor(ctx context.Context, out *outcome, secret string) (*page.Page, error) {
	door, err := s.findDoor(ctx)
	if err != nil {
		return nil, err
	}
	if door == nil {
		return nil, because(NoForm, nil)
	}
	s.arrive(out, door)
	out.Evidence = append(out.Evidence, door.Ex.ID)
	f := loginForm(door)
	if f == nil {
		if f = firstStep(door); f != nil && !f.Scripted {
			out.Way = ByForm
			next, err := s.sendForm(ctx, f, secret)
			if err != nil {
				return nil, err
			}
			if f = loginForm(next); f == nil {
				return next, s.verdictOf(next)
			}
			door = next
		}
	}
	if f == nil || f.Scripted || hangs(f) || toItself(f) {
		if c := scriptedLogin(door, s.sources(door), s.cfg.Client.Scope().HasOrigin); c != nil {
			out.Way = ByJSON
			return s.sendCall(ctx, door, c, secret)
		}
		if s.cfg.Browser != nil {
			out.Way = ByBrowser
			return s.byBrowser(ctx, out, door)
		}
		if f == nil || f.Scripted && f.Action.String() == door.URL.String() || toItself(f) {
			return nil, because(Scripted, nil)
		}
	}
	out.Way = ByForm
	return s.sendForm(ctx, f, secret)
}

// hangs says that the form has no name for the password: only a script can send it.
func hangs(f *page.Form) bool {
	p := passwordOf(f)
	return p == nil || p.Name == ""
}

// toItself says that f names neither address nor method: sent as it stands it
// would only write the password into the page's own address, so a script sends it.
func toItself(f *page.Form) bool { return strings.TrimSpace(f.Raw) == "" && f.Method == http.MethodGet }

// sendForm fills f and follows where it leads.
func (s *Session) sendForm(ctx context.Context, f *page.Form, secret string) (*page.Page, error) {
	if why := obstacle(f); why != nil {
		return nil, why
	}
	if !s.cfg.Client.Scope().HasOrigin(f.Action) {
		return nil, because(Elsewhere, i18n.Args{"host": f.Action.Hostname()})
	}
	r := request(f, filled(f, s.account.User, secret, nil))
	r.Purpose, r.Origin.Why = wire.SignIn, "sign-in form"
	return s.walk(ctx, r)
}

func (s *Session) sendCall(ctx context.Context, door *page.Page, c *call, secret string) (*page.Page, error) {
	r := c.request(door, s.Cookies(door.URL), s.account.User, secret)
	r.Purpose, r.Origin.Why = wire.SignIn, "sign-in by JSON"
	pg, err := s.walk(ctx, r)
	if err != nil {
		return nil, err
	}
	if pg.Ex.Status >= 400 {
		return pg, s.verdictOf(pg)
	}
	s.bearer = bearerIn(pg.Ex.Body)
	return pg, nil
}

func (s *Session) byBrowser(ctx context.Context, out *outcome, door *page.Page) (*page.Page, error) {
	if f := loginForm(door); f != nil {
		if why := obstacle(f); why != nil {
			return nil, why
		}
	}
	b, err := s.cfg.Browser(ctx, door.URL, s.account.Name, s.Cookies(door.URL))
	switch {
	case errors.Is(err, ErrNoField):
		return nil, because(Scripted, nil)
	case err != nil:
		return nil, err
	}
	out.Evidence = append(out.Evidence, b.Evidence...)
	s.cfg.Client.SetJarCookies(s.jar, door.URL, b.Cookies)
	if s.bearer = bearerStored(b.Storage); s.bearer == "" {
		s.bearer = bearerIn(b.Answer)
	}
	at := b.At
	if at == nil || !s.cfg.Client.Scope().HasOrigin(at) {
		at = s.cfg.Start
	}
	return s.walk(ctx, &wire.Request{Method: http.MethodGet, URL: at, Origin: wire.Origin{Why: "where the browser ended"}})
}

// steps carries out a recorded login.
func (s *Session) steps(ctx context.Context, out *outcome, secret string) (*page.Page, error) {
	var at *page.Page
	in := strings.NewReplacer("{user}", s.account.User, "{password}", secret)
	for i, step := range s.account.Login {
		fail := func(ja, en string) error {
			return because(StepError, i18n.Args{"n": strconv.Itoa(i + 1), "why": ja + " / " + en})
		}
		var err error
		if step.Open != "" && step.JSON == "" {
			if at, err = s.walk(ctx, &wire.Request{Method: http.MethodGet, URL: s.resolve(step.Open), Origin: wire.Origin{Why: "recorded step"}}); err != nil {
				return nil, err
			}
			if out.Door == "" {
				s.arrive(out, at)
			}
		}
		switch {
		case step.JSON != "":
			body := strings.NewReplacer("{user}", inJSON(s.account.User), "{password}", inJSON(secret)).Replace(step.JSON)
			r := &wire.Request{Method: http.MethodPost, URL: s.resolve(step.Open), Body: []byte(body), Header: http.Header{"Content-Type": {"application/json"}}, Purpose: wire.SignIn, Origin: wire.Origin{Why: "recorded step"}}
			if at, err = s.walk(ctx, r); err != nil {
				return nil, err
			}
			if at.Ex.Status >= 400 {
				return at, s.verdictOf(at)
			}
			if t := bearerIn(at.Ex.Body); t != "" {
				s.bearer = t
			}
		case step.Submit != "" || len(step.Fill) > 0:
			f := named(at, step.Submit)
			if f == nil {
				return nil, fail("フォーム「"+step.Submit+"」がない", "there is no form "+strconv.Quote(step.Submit))
			}
			over := map[string]string{}
			for k, v := range step.Fill {
				over[k] = in.Replace(v)
			}
			if !s.cfg.Client.Scope().HasOrigin(f.Action) {
				return nil, because(Elsewhere, i18n.Args{"host": f.Action.Hostname()})
			}
			r := request(f, filled(f, s.account.User, secret, over))
			r.Purpose, r.Origin.Why = wire.SignIn, "recorded step"
			if at, err = s.walk(ctx, r); err != nil {
				return nil, err
			}
		}
		if at == nil || step.Expect != "" && !strings.Contains(at.Text, step.Expect) {
			return at, fail("「"+step.Expect+"」が表示されない", "the page does not show "+strconv.Quote(step.Expect))
		}
	}
	return at, nil
}

// named finds the form that a step speaks of: by id, name or action; without
// a name the first that takes a password, else the first that is sent.
func named(pg *page.Page, name string) *page.Form {
	if pg == nil {
		return nil
	}
	if name == "" {
		if f := loginForm(pg); f != nil {
			return f
		}
	}
	for _, f := range pg.Forms {
		if f.Action != nil && (name == "" && f.Method == http.MethodPost || name != "" && (f.ID == name || f.Name == name || f.Raw == name || f.Action.Path == name)) {
			return f
		}
	}
	return nil
}

func (s *Session) resolve(raw string) *url.URL {
	if u, err := s.cfg.Start.Parse(raw); err == nil {
		return u
	}
	return s.cfg.Start
}

func inJSON(v string) string {
	b, _ := json.Marshal(v) // a string always marshals
	return strings.Trim(string(b), `"`)
}

// maxHops bounds the redirects after a sign-in.
const maxHops = 8

// walk sends r and follows redirects inside the scope.
func (s *Session) walk(ctx context.Context, r *wire.Request) (*page.Page, error) {
	ex, err := s.askLive(ctx, r)
	for hop := 0; err == nil; hop++ {
		loc := ex.Header.Get("Location")
		if ex.Status < 300 || ex.Status > 399 || loc == "" || hop == maxHops {
			return page.Parse(ex), nil
		}
		u, perr := ex.URL.Parse(loc)
		if perr != nil {
			return page.Parse(ex), nil
		}
		if !s.cfg.Client.Scope().HasOrigin(u) {
			return nil, because(Elsewhere, i18n.Args{"host": u.Hostname()})
		}
		ex, err = s.askLive(ctx, &wire.Request{Method: http.MethodGet, URL: u, Origin: wire.Origin{Why: "where the sign-in leads", Parent: ex.ID}})
	}
	return nil, err
}

// askLive asks the shop itself, whatever the record of the run holds: a
// session cannot be taken from a record. Offline there is nothing but the record.
func (s *Session) askLive(ctx context.Context, r *wire.Request) (*wire.Exchange, error) {
	for {
		q := *r
		q.Again = true
		ex, err := s.send(ctx, &q)
		if errors.Is(err, wire.ErrInFlight) || err == nil && ex.Replayed && !s.offline() {
			continue // the next asking is a new one
		}
		return ex, err
	}
}

// cookies are those that would be sent to u, masked.
func (s *Session) cookies(u *url.URL) map[string]string {
	out := map[string]string{}
	for _, c := range s.Cookies(u) {
		out[c.Name] = s.mask().Token(c.Value)
	}
	return out
}

// arrive notes the page with the sign-in and what the visitor held there.
func (s *Session) arrive(out *outcome, door *page.Page) {
	out.Door, out.Before, s.before = door.URL.String(), s.cookies(door.URL), s.Cookies(door.URL)
}
