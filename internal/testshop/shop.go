// Package testshop is a small Japanese tea shop on loopback, clean by default,
// in which every fault that a check must find can be switched on by its name.
package testshop

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options says how a shop is to be opened.
type Options struct {
	// Faults are names from Faults(); Decoys are names from Decoys().
	// A name that is not there makes New panic: it is a mistake in a test.
	Faults, Decoys []string
	// Now is the shop's clock; nil means time.Now.
	Now func() time.Time
	// PSPOrigin and CDNOrigin are the payment provider's and the delivery
	// network's origins as pages name them. The shop itself never contacts them.
	PSPOrigin, CDNOrigin string
	// HTTPS says that requests arrive over HTTPS although the connection is
	// plain, as behind a TLS terminator. Without it a plain request is sent to HTTPSOrigin.
	HTTPS bool
	// HTTPSOrigin and HTTPOrigin are the shop's own two origins ("https://127.0.0.1:8443").
	// Empty means the scheme and the Host of the request.
	HTTPSOrigin, HTTPOrigin string
	// Slow is how long the fault slow-page keeps a visitor waiting; 0 means 6 s.
	Slow time.Duration
	// SMTP is the server that takes the shop's mails ("127.0.0.1:2525"); empty: they are only counted.
	SMTP string
	// Disturbance is trouble that comes and goes, in an order drawn from Seed.
	Disturbance Disturbance
	Seed        uint64
}

// Shop is one shop with its members, carts and orders. It is safe for concurrent use.
type Shop struct {
	opts   Options
	faults []*fault
	on     map[string]bool
	mux    *http.ServeMux
	harm   harmCounters
	log    requestLog
	db     database

	mu       sync.Mutex
	sessions map[string]*session
	serial   int
	members  map[string]*member
	tries    map[string]int // wrong passwords by name
	orders   map[string]*order
	reviews  map[int][]review
	reviewed int   // reviews ever posted
	pages    int64 // pages asked for so far; the faults of robust/ count them
	asked    map[string]int
	troubles map[string]*spells // by path
	odd      int                // values that the firewall took note of
	blocked  int                // requests that it still blocks

	mailed    []string // addresses that mails went to
	disturbed atomic.Int64
}

// New opens a shop.
func New(o Options) *Shop {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.PSPOrigin == "" {
		o.PSPOrigin = "https://psp.example"
	}
	if o.CDNOrigin == "" {
		o.CDNOrigin = "https://cdn.example"
	}
	if o.Slow == 0 {
		o.Slow = 6 * time.Second
	}
	s := &Shop{
		opts: o, on: map[string]bool{}, sessions: map[string]*session{},
		orders: map[string]*order{}, reviews: map[int][]review{}, asked: map[string]int{}, troubles: map[string]*spells{}, tries: map[string]int{},
	}
	s.members = map[string]*member{TestMember: seededMember(), SecondMember: secondMember()}
	for _, m := range s.members {
		for _, o := range m.orders {
			s.orders[o.No] = o
		}
	}
	for _, name := range o.Faults {
		s.switchOn(name, allFaults())
	}
	for _, name := range o.Decoys {
		s.switchOn(name, allDecoys())
	}
	s.mux = s.routes()
	return s
}

// unknownFaults returns those names that no fault has.
func unknownFaults(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		return slices.ContainsFunc(allFaults(), func(f *fault) bool { return f.Name == n })
	})
}

func (s *Shop) switchOn(name string, from []*fault) {
	if s.on[name] {
		return
	}
	i := slices.IndexFunc(from, func(f *fault) bool { return f.Name == name })
	if i < 0 {
		panic(fmt.Sprintf("testshop: no fault or decoy is called %q", name))
	}
	s.on[name] = true
	s.faults = append(s.faults, from[i])
}

// Has says whether the named fault or decoy is switched on.
func (s *Shop) Has(name string) bool { return s.on[name] }

// ServeHTTP answers one visitor.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := &visit{shop: s, r: r, header: http.Header{}, status: http.StatusOK, kind: kindOther, route: "(none)"}
	defer v.leave()
	s.answer(v)
	for _, f := range s.faults {
		if f.answer != nil {
			f.answer(v)
		}
	}
	s.log.note(s.opts.Now(), v.route, r.Method, r.UserAgent())
	for name, values := range v.header {
		w.Header()[name] = values
	}
	w.WriteHeader(v.status)
	if r.Method != http.MethodHead {
		w.Write(v.body) // the visitor may have gone; there is nobody left to tell
	}
}

func (s *Shop) answer(v *visit) {
	v.secure = v.r.TLS != nil || s.opts.HTTPS
	v.policy = s.cleanPolicy()
	if !v.secure && !s.on["https-missing"] && !s.on["https-redirect"] {
		v.route = "(redirect to https)"
		v.redirect(http.StatusMovedPermanently, v.httpsOrigin()+v.r.URL.RequestURI())
		return
	}
	for _, f := range s.faults {
		if f.before != nil && f.before(v) {
			v.common()
			return
		}
	}
	if s.disturb(v) {
		v.common()
		return
	}
	switch v.r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	case http.MethodOptions:
		v.route = "(options)"
		v.header.Set("Allow", "GET, HEAD, POST")
		v.status = http.StatusNoContent
		v.common()
		return
	default:
		v.route = "(method)"
		v.header.Set("Allow", "GET, HEAD, POST")
		v.fail(http.StatusMethodNotAllowed, "この操作には対応していません")
		v.common()
		return
	}
	switch h, pattern := s.mux.Handler(v.r); {
	case pattern == "":
		v.notFound()
	default:
		v.route = pattern
		if rt, ok := h.(*route); ok {
			v.kind = rt.kind
		}
		// ServeMux fills path values only when it serves itself.
		s.mux.ServeHTTP(visitWriter{v: v}, v.r)
	}
	v.common()
}

// common sets what every answer of the clean shop carries.
func (v *visit) common() {
	h := v.header
	if v.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	if v.html() {
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		h.Set("X-Frame-Options", "DENY")
		if slices.Equal(v.policy["frame-ancestors"], []string{"'self'"}) {
			h.Set("X-Frame-Options", "SAMEORIGIN")
		}
		h.Set("Content-Security-Policy", v.policy.String())
	}
	if h.Get("Cache-Control") == "" {
		if v.sess != nil {
			h.Set("Cache-Control", "no-store")
		} else {
			h.Set("Cache-Control", "no-cache")
		}
	}
}

func (v *visit) html() bool {
	return strings.HasPrefix(v.header.Get("Content-Type"), "text/html")
}

func (v *visit) httpsOrigin() string {
	if o := v.shop.opts.HTTPSOrigin; o != "" {
		return o
	}
	return "https://" + v.r.Host
}

func (v *visit) httpOrigin() string {
	if o := v.shop.opts.HTTPOrigin; o != "" {
		return o
	}
	return "http://" + v.r.Host
}

// origin is how the shop names itself in absolute links.
func (v *visit) origin() string {
	if v.secure {
		return v.httpsOrigin()
	}
	return v.httpOrigin()
}
