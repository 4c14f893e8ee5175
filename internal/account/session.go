package account

import (
	"strings"
	"time"

	"miseban/internal/i18n"
)

// Stage is how far signing in has got.
type Stage string

// The stages of a session.
const (
	Asking Stage = "asking" // nobody yet: holds the challenge of a passkey
	Code   Stage = "code"   // the password was right, the code is awaited
	In     Stage = "in"
)

// How long sessions live.
const (
	SessionIdle    = 12 * time.Hour
	SessionLife    = 7 * 24 * time.Hour
	HalfwayLife    = 10 * time.Minute // of Asking and Code
	ConfirmedFor   = 15 * time.Minute // how long a confirmation of the person holds
	sessionMinutes = time.Minute      // Seen is written at most this often
)

// Session is one browser that somebody uses. Its token is kept as a fingerprint.
type Session struct {
	Fingerprint string
	Person      ID
	Stage       Stage
	Created     time.Time
	Seen        time.Time
	Expires     time.Time
	Confirmed   time.Time // when the person last proved who he is
	Network     string
	Agent       string
	Challenge   []byte // of a passkey ceremony under way
}

// Live says whether the session can be used.
func (s *Session) Live(at time.Time) bool {
	return at.Before(s.Expires) && (s.Stage != In || at.Sub(s.Seen) < SessionIdle)
}

// Fresh says whether the person proved who he is a short while ago, as giving
// authority, proof or consent asks for.
func (s *Session) Fresh(at time.Time) bool {
	return s.Stage == In && at.Sub(s.Confirmed) < ConfirmedFor
}

// Stale says whether Seen is worth writing again.
func (s *Session) Stale(at time.Time) bool { return at.Sub(s.Seen) >= sessionMinutes }

// Passkey is a credential of a person (WebAuthn). Data is the library's record of it.
type Passkey struct {
	ID      string
	Person  ID
	Name    string
	Created time.Time
	Used    time.Time
	Data    []byte
}

// Device says in a few words which program signed in, from its User-Agent.
func Device(agent string, l i18n.Lang) string {
	program, system := "", ""
	for _, x := range [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}} {
		if strings.Contains(agent, x[0]) {
			program = x[1]
			break
		}
	}
	for _, x := range [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "Mac"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, x[0]) {
			system = x[1]
			break
		}
	}
	if program == "" || system == "" {
		return i18n.T(l, "そのほかの機器", nil)
	}
	return i18n.T(l, "{system} の {program}", i18n.Args{"system": system, "program": program})
}
