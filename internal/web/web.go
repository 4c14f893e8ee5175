// Package web is Miseban in the browser: one table of routes, who may use
// them, and a handler each. Rules are in account and the rooms below; SQL is in store.
package web

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/go-chi/httprate"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/prometheus/client_golang/prometheus"

	"miseban/internal/account"
	"miseban/internal/jobs"
	"miseban/internal/notice"
	"miseban/internal/store"
	"miseban/internal/wire"
)

// Options are what a server needs.
type Options struct {
	DB  *store.DB
	Log *slog.Logger
	// Public is the address under which people reach the server, without a path:
	// cookies, links and passkeys belong to it.
	Public *url.URL
	// Proxies are the networks whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// Breached knows stolen passwords; nil: no list is asked.
	Breached *account.Breached
	// Staff is where the operator's own people sign in; nil: only here.
	Staff *OIDC
	// Queue takes the work that outlives a request.
	Queue *jobs.Queue
	// Mail is the server through which this process sends mails; nil: none.
	Mail *notice.Server
	// Local lets shops be diagnosed that run on this very computer; for trying
	// Miseban, never where strangers register shops.
	Local   bool
	Version string
	Now     func() time.Time     // nil: time.Now
	Metrics *prometheus.Registry // nil: a new one
}

// strangerPapers is how many papers a network without a session is given as
// PDF or for Word in a minute.
const strangerPapers = 30

// Server answers requests.
type Server struct {
	opt      Options
	table    []route
	db       *store.DB
	log      *slog.Logger
	now      func() time.Time
	passkeys *webauthn.WebAuthn // nil where the address cannot have any
	setUp    atomic.Bool        // somebody is registered
	token    string             // of the first run
	metrics  metrics
	api      *api
	press    *httprate.RateLimiter // papers that strangers have set, by network
	// searching holds back a second search for a choice while one is under way.
	searching chan struct{}
	read      atomic.Pointer[readRecord]
	closing   chan struct{}       // closed when the server ends, for answers that stay open
	tune      func(*wire.Options) // tests let a look for a proof find their own servers
	poster    *wire.Poster        // judges the addresses of receivers
}

// New makes a server. It fails when the public address cannot be one.
func New(opt Options) (*Server, error) {
	if opt.Public == nil || opt.Public.Host == "" || opt.Public.Scheme != "http" && opt.Public.Scheme != "https" {
		return nil, fmt.Errorf("web: the public address must be http:// or https://")
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Metrics == nil {
		opt.Metrics = prometheus.NewRegistry()
	}
	s := &Server{opt: opt, table: table, db: opt.DB, log: opt.Log, now: opt.Now, token: rand.Text(), metrics: newMetrics(opt.Metrics), poster: wire.NewPoster(opt.Local), searching: make(chan struct{}, 1), closing: make(chan struct{}), press: httprate.NewRateLimiter(strangerPapers, time.Minute)}
	if _, err := netip.ParseAddr(opt.Public.Hostname()); err != nil { // an address cannot have passkeys, a name can
		s.passkeys, err = webauthn.New(&webauthn.Config{
			RPID: opt.Public.Hostname(), RPDisplayName: "Miseban 店番", RPOrigins: []string{origin(opt.Public)},
			AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
		})
		if err != nil {
			return nil, fmt.Errorf("web: passkeys for %s: %w", opt.Public, err)
		}
	}
	var err error
	s.api, err = s.newAPI(apiTable)
	return s, err
}

// SetupToken is what the first run asks for; the console shows it.
func (s *Server) SetupToken() string { return s.token }

// Close ends the answers that stay open, live views.
func (s *Server) Close() { close(s.closing) }

// Handler is the server with everything around it.
func (s *Server) Handler() http.Handler { return s.around(s.mux(s.table)) }

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }
