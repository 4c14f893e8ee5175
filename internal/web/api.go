package web

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/httprate"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/store"
)

// apiRoot is where the API for programs begins.
const apiRoot = "/api/v1"

// apiMost is how long what a program sends may be.
const apiMost = 64 << 10

// How many requests in a minute a token may make, and a network without one.
const (
	tokenRate    = 300
	strangerRate = 60
)

// operation is one line of the API's table: a route, with the same words for
// who may as the pages have, and the scope for which a token must be meant.
// Cookies count for nothing here, so no page of another site can act.
type operation struct {
	route
	name  string // for programs that are generated from the description
	scope account.Scope
	about i18n.Text
	makes bool // answers 201, or 200 when it was made before
	bind  func(*Server, huma.API, huma.Operation)
}

// call makes a handler of typed requests and answers into what a line binds.
func call[I, O any](do func(*Server, *visit, *I) (*O, error)) func(*Server, huma.API, huma.Operation) {
	return func(s *Server, api huma.API, op huma.Operation) {
		huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
			v, _ := ctx.Value(visitKey{}).(*visit) // callers put it there
			out, err := do(s, v, in)
			if err != nil {
				return nil, s.problemOf(v, err)
			}
			return out, nil
		})
	}
}

type visitKey struct{}

// api is the API with what it keeps between requests.
type api struct {
	mux       *chi.Mux
	documents map[i18n.Lang][]byte // its description
	tokens    *httprate.RateLimiter
	strangers *httprate.RateLimiter
}

var problemsOnce sync.Once

// newAPI makes the handler of a table.
func (s *Server) newAPI(table []operation) (*api, error) {
	problemsOnce.Do(func() { // huma keeps in variables how it makes errors
		huma.NewError = func(status int, _ string, _ ...error) huma.StatusError { return &problem{Status: status} }
		huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
			return badRequest(languageOf(ctx.Header("Accept-Language")), status, errs)
		}
	})
	a := &api{mux: chi.NewMux(), documents: map[i18n.Lang][]byte{}, tokens: httprate.NewRateLimiter(tokenRate, time.Minute), strangers: httprate.NewRateLimiter(strangerRate, time.Minute)}
	h := humachi.New(a.mux, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0", Info: &huma.Info{Title: "Miseban", Version: "1"}, Servers: []*huma.Server{{URL: origin(s.opt.Public)}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", func(t reflect.Type, hint string) string {
					return strings.NewReplacer("Api", "", "API", "").Replace(huma.DefaultSchemaNamer(t, hint))
				}),
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}},
			},
		},
		Formats: map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}, DefaultFormat: "application/json",
		RejectUnknownQueryParameters: true,
	})
	for i := range table {
		o := &table[i]
		op := huma.Operation{Method: o.method, Path: apiRoot + o.pattern, OperationID: o.name, MaxBodyBytes: apiMost, Middlewares: huma.Middlewares{s.admitted(a, o)}}
		op.DefaultStatus = http.StatusOK
		if o.makes {
			op.DefaultStatus = http.StatusCreated
		}
		if !o.open {
			op.Security = []map[string][]string{{"token": {string(o.scope)}}}
			if o.scope == "" {
				op.Security = []map[string][]string{{"token": {}}}
			}
		}
		o.bind(s, h, op)
	}
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		doc, err := describe(h.OpenAPI(), table, l)
		if err != nil {
			return nil, fmt.Errorf("web: describing the API: %w", err)
		}
		a.documents[l] = doc
	}
	a.mux.Get(apiRoot+"/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		l := languageOf(r.Header.Get("Accept-Language"))
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Language", string(l))
		w.Header().Set("Vary", "Accept-Language")
		_, _ = w.Write(a.documents[l]) // the program went away
	})
	refuse := func(err error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			s.refuse(w, &visit{Request: r, Lang: languageOf(r.Header.Get("Accept-Language"))}, err)
		}
	}
	a.mux.NotFound(refuse(errNoPage))
	a.mux.MethodNotAllowed(refuse(errMethod))
	return a, nil
}

// languageOf is the language that a header asks for; Japanese when it asks for none.
func languageOf(header string) i18n.Lang {
	return language(&http.Request{Header: http.Header{"Accept-Language": {header}}})
}

// admitted lets through who may, and refuses everybody else.
func (s *Server) admitted(a *api, o *operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		began := time.Now()
		r, w := humachi.Unwrap(ctx)
		v := &visit{Request: r, Network: network(r), Lang: languageOf(r.Header.Get("Accept-Language"))}
		w.Header().Add("Vary", "Accept-Language, Authorization")
		status := 0
		if err := s.caller(a, o, w, v); err != nil {
			status = s.refuse(w, v, err)
		} else {
			w.Header().Set("Content-Language", string(v.Lang))
			next(huma.WithValue(ctx, visitKey{}, v))
			status = ctx.Status()
		}
		s.metrics.took.WithLabelValues(o.method, apiRoot+o.pattern, strconv.Itoa(status)).Observe(time.Since(began).Seconds())
	}
}

// caller finds out for whom a program asks, and whether it may: by its token,
// by the person's roles before the object, and by how often it asks.
func (s *Server) caller(a *api, o *operation, w http.ResponseWriter, v *visit) error {
	if err := s.begun(v); err != nil {
		return err
	}
	if o.open {
		if a.strangers.OnLimit(w, v.Request, v.Network) {
			return errTooMany
		}
		return s.admit(&o.route, w, v)
	}
	err := s.whoseToken(v)
	if err != nil {
		if a.strangers.OnLimit(w, v.Request, v.Network) {
			return errTooMany
		}
		return err
	}
	if a.tokens.OnLimit(w, v.Request, string(v.Token.ID)) {
		return errTooMany
	}
	if o.scope != "" && !v.Token.May(o.scope) {
		return scopeError(o.scope)
	}
	return s.admit(&o.route, w, v)
}

// whoseToken finds the person whose token the request bears.
func (s *Server) whoseToken(v *visit) error {
	scheme, token, _ := strings.Cut(v.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > 200 {
		return errToken
	}
	ctx, now := v.Context(), s.now()
	k, err := s.db.APIToken(ctx, account.Fingerprint(token))
	if isNone(err) || err == nil && !k.Live(now) {
		return errToken
	}
	if err != nil {
		return err
	}
	a, err := s.db.Actor(ctx, k.Person)
	if err != nil {
		return err
	}
	if !a.Person.Erased.IsZero() {
		return errToken
	}
	v.Token, v.Actor = k, a
	if v.Header.Get("Accept-Language") == "" && a.Person.Lang != "" {
		v.Lang = a.Person.Lang
	}
	if k.Stale(now) {
		return s.db.UseAPIToken(ctx, k.ID, now)
	}
	return nil
}

// list is a page of a list in the API.
type list[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty"`
}

// Paged is which page of a list is asked for. It is exported, as what else is
// embedded in requests and answers, because huma sees nothing else.
type Paged struct {
	After string `query:"after" maxLength:"400"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// cursor reads where a page begins. What is no cursor of ours is refused, and
// not taken for the beginning: a program would go round for ever.
func (p *Paged) cursor() (store.Cursor, error) {
	c := store.ParseCursor(p.After)
	if p.After != "" && c == (store.Cursor{}) {
		return c, account.Problems{{Field: "after", Reason: account.Reason{Message: "続きの位置を読み取れません。前の答えの next をそのまま渡してください。"}}}
	}
	return c, nil
}

// described is the description of the API in a language: what huma gathered
// from the types, with the words of the table and of apiWords.
func describe(o *huma.OpenAPI, table []operation, l i18n.Lang) ([]byte, error) {
	b, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, err
	}
	at := func(m any, path ...string) map[string]any {
		for _, name := range path {
			x, _ := m.(map[string]any)
			m = x[name]
		}
		x, _ := m.(map[string]any)
		return x
	}
	at(doc, "info")["description"] = i18n.T(l, "お店、診断、検出事項、チェックリストを、ほかのプログラムから読み、使うための API です。トークンは「アカウント」の「API トークン」で作ります。", nil)
	for i := range table {
		x := table[i]
		op := at(doc, "paths", apiRoot+x.pattern, strings.ToLower(x.method))
		op["summary"] = x.about.In(l)
		if params, ok := op["parameters"].([]any); ok {
			for _, p := range params {
				explain(at(p), l, at(p)["name"])
			}
		}
		if made := at(op, "responses", "201"); made != nil {
			at(op, "responses")["200"] = maps.Clone(made)
		}
		for status, a := range at(op, "responses") {
			n, _ := strconv.Atoi(status) // "default" is no number
			at(a)["description"] = answerWord(n, l)
		}
	}
	schemas := at(doc, "components", "schemas")
	if err := addReportSchemas(schemas); err != nil {
		return nil, err
	}
	for name, x := range schemas {
		if strings.HasPrefix(name, reportLineName) {
			continue // its own documentation describes it
		}
		for field, p := range at(x, "properties") {
			explain(at(p), l, field)
		}
	}
	return json.Marshal(doc)
}

// explain gives a field or a parameter its words.
func explain(x map[string]any, l i18n.Lang, name any) {
	if s, ok := name.(string); ok && x != nil {
		if t := apiWords[s]; !t.IsZero() {
			x["description"] = t.In(l)
		}
	}
}
