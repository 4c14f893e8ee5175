package web

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// cookieName is the session's. The __Host- prefix binds it to this very host;
// browsers accept it over https only.
func (s *Server) cookieName() string {
	if s.secure() {
		return "__Host-miseban"
	}
	return "miseban"
}

func (s *Server) secure() bool { return s.opt.Public.Scheme == "https" }

func (s *Server) cookie(name, value string, seconds int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, Secure: s.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// begin makes a session's record and gives its token to the browser.
func (s *Server) begin(w http.ResponseWriter, v *visit, person account.ID, stage account.Stage) *account.Session {
	token, print := account.NewToken()
	now := s.now().UTC().Truncate(time.Microsecond)
	life := account.HalfwayLife
	if stage == account.In {
		life = account.SessionLife
	}
	agent := strings.ToValidUTF8(v.UserAgent(), "")
	for len(agent) > 300 {
		_, n := utf8.DecodeLastRuneInString(agent)
		agent = agent[:len(agent)-n]
	}
	x := &account.Session{Fingerprint: print, Person: person, Stage: stage, Created: now, Seen: now, Expires: now.Add(life), Network: v.Network, Agent: strings.ReplaceAll(agent, "\x00", "")}
	if stage == account.In {
		x.Confirmed = now
	}
	http.SetCookie(w, s.cookie(s.cookieName(), token, int(life/time.Second)))
	return x
}

// forget takes the session's token from the browser.
func (s *Server) forget(w http.ResponseWriter) { http.SetCookie(w, s.cookie(s.cookieName(), "", -1)) }

func encodeDone(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// done reads what was just done, and takes it from the browser. It is text of
// the person's own cookie: shown escaped, and to nobody else.
func (s *Server) done(w http.ResponseWriter, v *visit) string {
	c, err := v.Cookie("done")
	if err != nil || c.Value == "" {
		return ""
	}
	http.SetCookie(w, s.cookie("done", "", -1))
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(b) > 600 {
		return ""
	}
	return account.Line(string(b))
}

// language is what the browser's cookie says, else what it asks for, else Japanese.
func language(r *http.Request) i18n.Lang {
	if c, err := r.Cookie("lang"); err == nil {
		if l, err := i18n.ParseLang(c.Value); err == nil {
			return l
		}
	}
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		switch tag = strings.TrimSpace(tag); {
		case strings.HasPrefix(tag, "ja"):
			return i18n.JA
		case strings.HasPrefix(tag, "en"):
			return i18n.EN
		}
	}
	return i18n.JA
}

func theme(r *http.Request) string {
	if c, err := r.Cookie("theme"); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}

// switched answers ?lang= and ?theme= of any page: it keeps the choice in the
// browser and shows the page again.
func (s *Server) switched(w http.ResponseWriter, v *visit) bool {
	q := v.URL.Query()
	found := false
	if l, err := i18n.ParseLang(q.Get("lang")); err == nil {
		http.SetCookie(w, s.cookie("lang", string(l), 365*24*3600))
		found = true
	}
	switch t := q.Get("theme"); t {
	case "light", "dark":
		http.SetCookie(w, s.cookie("theme", t, 365*24*3600))
		found = true
	case "auto":
		http.SetCookie(w, s.cookie("theme", "", -1))
		found = true
	}
	if !found {
		return false
	}
	q.Del("lang")
	q.Del("theme")
	to := *v.URL
	to.RawQuery = q.Encode()
	http.Redirect(w, v.Request, local(to.RequestURI()), http.StatusSeeOther)
	return true
}

// local is a path of ours to go to, or the home page when it is anything else.
func local(to string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") || len(to) > 2000 {
		return "/"
	}
	return to
}
