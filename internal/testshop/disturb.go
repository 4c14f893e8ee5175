package testshop

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// Disturbance is trouble that is no fault: what happens to anybody's requests
// in an ordinary night. It strikes requests that carry a query, each path for
// itself, in spells that a seed draws, so that a test can have the same night again.
type Disturbance string

// The disturbances.
const (
	Calm Disturbance = ""
	// Busy answers 429, Down 503, Reset not at all.
	Busy  Disturbance = "busy"
	Down  Disturbance = "down"
	Reset Disturbance = "reset"
	// Crowded shows a polite page with status 200 in place of what was asked for.
	Crowded Disturbance = "crowded"
	// Random is Crowded without spells: every other answer, by lot.
	Random Disturbance = "random"
	// Slow keeps visitors waiting, each for another time.
	Slow Disturbance = "slow"
	// Guarded is a firewall in front of the shop: it lets some odd values pass,
	// then blocks who sent them for a while, whatever they send.
	Guarded Disturbance = "guarded"
)

// Disturbances lists them all but Calm.
func Disturbances() []Disturbance {
	return []Disturbance{Busy, Down, Reset, Crowded, Random, Slow, Guarded}
}

// spells draws when trouble comes at one path.
type spells struct {
	lot         *rand.Rand
	calm, storm int // requests until the next spell, and left of this one
}

func (s *spells) strikes() bool {
	switch {
	case s.calm > 0:
		s.calm--
		return false
	case s.storm > 0:
		s.storm--
		return true
	}
	// The next spell lasts up to three requests: a run that obeys the stop rules goes on.
	s.calm, s.storm = 3+s.lot.IntN(10), 1+s.lot.IntN(3)
	return s.strikes()
}

// odd are values that a firewall has rules against.
var odd = regexp.MustCompile(`['"<>{}\\;|$` + "`" + `]|\.\./|(?i)\b(?:select|union|null|collate|sleep)\b`)

// disturb answers instead of the shop, or says that it is left alone this time.
func (s *Shop) disturb(v *visit) bool {
	kind := s.opts.Disturbance
	if kind == Calm || v.r.URL.RawQuery == "" {
		return false
	}
	s.mu.Lock()
	at := s.troubles[v.r.URL.Path]
	if at == nil {
		at = &spells{lot: rand.New(rand.NewPCG(s.opts.Seed, uint64(len(v.r.URL.Path))))}
		at.calm, at.storm = 4+at.lot.IntN(8), 1+at.lot.IntN(3)
		s.troubles[v.r.URL.Path] = at
	}
	strikes := false
	switch kind {
	case Random:
		strikes = at.lot.IntN(2) == 0
	case Guarded:
		strikes = s.guard(v, at)
	default:
		strikes = at.strikes()
	}
	pause := time.Duration(at.lot.IntN(40)) * time.Millisecond
	s.mu.Unlock()
	if !strikes {
		return false
	}
	s.disturbed.Add(1)
	v.route = "(" + string(kind) + ")"
	switch kind {
	case Busy, Down:
		v.header.Set("Retry-After", "0")
		v.fail(map[Disturbance]int{Busy: http.StatusTooManyRequests, Down: http.StatusServiceUnavailable}[kind], "ただいまアクセスが集中しています")
	case Reset:
		panic(http.ErrAbortHandler)
	case Crowded, Random:
		plain("ただいま混み合っています", "おそれ入りますが、しばらくしてからもう一度お試しください。")(v)
	case Guarded:
		v.kind, v.status = kindError, http.StatusForbidden
		v.header.Set("Content-Type", typeHTML)
		v.body = []byte(`<!DOCTYPE html><html><head><meta charset="UTF-8"><title>Request blocked</title></head><body><h1>Request blocked</h1><p>The request was blocked by the web application firewall. Incident ID: 7311-0042.</p></body></html>`)
	case Slow:
		t := time.NewTimer(pause)
		defer t.Stop()
		select {
		case <-t.C:
		case <-v.r.Context().Done():
		}
		return false
	}
	return true
}

// guard blocks from the fourth odd value on, for some requests.
func (s *Shop) guard(v *visit, at *spells) bool {
	if s.blocked > 0 {
		s.blocked--
		return true
	}
	query, err := url.QueryUnescape(v.r.URL.RawQuery)
	if err != nil || !odd.MatchString(query) {
		return false
	}
	if s.odd++; s.odd%4 != 0 {
		return false
	}
	s.blocked = 1 + at.lot.IntN(6)
	return true
}

// Disturbed is how many answers were disturbed so far.
func (s *Shop) Disturbed() int64 { return s.disturbed.Load() }
