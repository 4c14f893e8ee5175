package web

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"miseban/internal/account"
)

//go:embed static
var static embed.FS

// policy lets pages use what comes from this server and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// most is how long a form may be; routes that take files say so themselves.
const most = 1 << 20

// around puts around the pages what all of them have: metrics and health beside
// them, the headers, the guard against forms of other sites.
func (s *Server) around(pages http.Handler) http.Handler {
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // embedded
	}
	guard := http.NewCrossOriginProtection()
	if err := guard.AddTrustedOrigin(origin(s.opt.Public)); err != nil {
		panic(err) // New looked at it
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, &visit{Request: r, Lang: language(r)}, errForeign)
	}))
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	m.HandleFunc("GET /readyz", s.ready)
	m.Handle("GET /metrics", promhttp.HandlerFor(s.opt.Metrics, promhttp.HandlerOpts{}))
	m.Handle("GET /static/", http.StripPrefix("/static/", forever(http.FileServerFS(files))))
	m.Handle(apiRoot+"/", s.api.mux) // no cookie counts there, and no name leads astray who brings a token
	m.Handle("/", s.home(guard.Handler(pages)))
	h := s.headers(m)
	if len(s.opt.Proxies) > 0 {
		var nets []string
		for _, p := range s.opt.Proxies {
			nets = append(nets, p.String())
		}
		h = middleware.ClientIPFromXFF(nets...)(h)
	}
	return s.watch(h)
}

// network is where a request came from: see account.Network.
func network(r *http.Request) string {
	if ip := middleware.GetClientIP(r.Context()); ip != "" {
		return account.Network(ip)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return account.Network(host)
}

// limit lets one network try at most so often in a minute to sign in, to take a link, to set up.
func (s *Server) limit(h http.Handler) http.Handler {
	return httprate.LimitBy(30, time.Minute, func(r *http.Request) (string, error) { return network(r), nil },
		httprate.WithResponseHeaders(httprate.ResponseHeaders{RetryAfter: "Retry-After"}),
		httprate.WithLimitHandler(func(w http.ResponseWriter, r *http.Request) {
			s.fail(w, &visit{Request: r, Lang: language(r)}, errTooMany)
		}))(h)
}

// home keeps the pages to the public address: what comes under another name,
// as a page of a stranger could arrange for an inner server, goes there.
func (s *Server) home(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Host, s.opt.Public.Host) {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				http.Redirect(w, r, origin(s.opt.Public)+local(r.URL.RequestURI()), http.StatusTemporaryRedirect)
				return
			}
			http.Error(w, "this server is "+origin(s.opt.Public), http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func (s *Server) headers(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k := w.Header()
		k.Set("Content-Security-Policy", policy)
		k.Set("X-Content-Type-Options", "nosniff")
		k.Set("X-Frame-Options", "DENY")
		k.Set("Referrer-Policy", "same-origin")
		k.Set("Cross-Origin-Opener-Policy", "same-origin")
		k.Set("Cross-Origin-Resource-Policy", "same-origin")
		k.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		k.Set("Cache-Control", "no-store")
		if s.secure() {
			k.Set("Strict-Transport-Security", "max-age=31536000")
		}
		h.ServeHTTP(w, r)
	})
}

// forever lets browsers keep files whose address changes with their content;
// the others are asked for again after an hour.
func forever(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		age := "3600"
		if strings.ContainsAny(r.URL.Path, "0123456789") {
			age = "31536000, immutable"
		}
		w.Header().Set("Cache-Control", "public, max-age="+age)
		h.ServeHTTP(w, r)
	})
}

var errPanic = errors.New("panic")

// watch is outermost: a panic ends one request, not the server.
func (s *Server) watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil || p == http.ErrAbortHandler { //nolint:errorlint // the value that net/http panics with
				return
			}
			s.log.ErrorContext(r.Context(), "a handler panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			v := &visit{Request: r, Lang: language(r)}
			if strings.HasPrefix(r.URL.Path, apiRoot+"/") {
				s.refuse(w, v, errPanic)
				return
			}
			s.fail(w, v, errPanic)
		}()
		h.ServeHTTP(w, r)
	})
}

// ready says whether the server can work: whether the database answers.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if _, err := s.db.AnyPerson(r.Context()); err != nil {
		s.log.WarnContext(r.Context(), "not ready", "error", err)
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}
