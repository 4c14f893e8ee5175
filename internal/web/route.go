package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"miseban/internal/account"
)

// route is one line of the table: who may do what to which object. What is
// not said is not allowed.
type route struct {
	method, pattern string
	do              func(*Server, http.ResponseWriter, *visit) error
	// open: people who are not signed in may, too.
	open bool
	// who are the roles that may. On an object they must be held before that
	// object; otherwise anywhere. Empty: whoever is signed in.
	who []account.Role
	// on is what a value of the pattern names.
	on object
	// fresh: the person must have proved who he is a short while ago.
	fresh bool
	// most is how many bytes the form may have; 0: the usual.
	most int64
	// stream: the answer is no page but events.
	stream bool
	// slow: tries are counted per network, see limits.
	slow bool
}

// object is a kind of thing before which one has roles.
type object int

const (
	onNothing      object = iota
	onShop                // {shop}
	onOrganisation        // {organisation}
	onProgramme           // {programme}
)

// table is every page and act there is. Each subject keeps its lines in a file
// of its own.
// subjects name the files in which the lines of the table stand; what each
// role may do there is held by testdata/access/<name>.txt.
var subjects = []subject{
	{"door", doorRoutes},
	{"oidc", oidcRoutes},
	{"self", selfRoutes},
	{"organisation", organisationRoutes},
	{"shop", shopRoutes},
	{"consent", consentRoutes},
	{"diagnosis", diagnosisRoutes},
	{"finding", findingRoutes},
	{"paper", paperRoutes},
	{"checklist", checklistRoutes},
	{"delegate", delegateRoutes},
	{"notice", noticeRoutes},
	{"alarm", alarmRoutes},
	{"programme", programmeRoutes},
	{"survey", slices.Concat(surveyRoutes, surveyTableRoutes)},
	{"call", callRoutes},
	{"selection", selectionRoutes},
	{"board", boardRoutes},
	{"case", caseRoutes},
	{"case_steps", stepRoutes},
	{"mailing", mailingRoutes},
	{"operator", operatorRoutes},
	{"reader", readerRoutes},
	{"import", importRoutes},
	{"search", searchRoutes},
	{"committee", committeeRoutes},
	{"help", helpRoutes},
	{"handout", handoutRoutes},
	{"workshop", workshopRoutes},
	{"edition", editionRoutes},
	{"hook", hookRoutes},
	{"statistics", statisticsRoutes},
	{"correct", correctRoutes},
	{"closing", closingRoutes},
}

type subject struct {
	name   string
	routes []route
}

var table = flat(subjects)

func flat(all []subject) (lines []route) {
	for _, x := range all {
		lines = append(lines, x.routes...)
	}
	return lines
}

// Groups of roles that stand in many lines.
var (
	anyone   []account.Role // whoever is signed in
	staff    = []account.Role{account.Executive, account.Practitioner}
	onlooker = []account.Role{account.Executive, account.Practitioner, account.Maintainer, account.Diagnostician, account.Reviewer, account.Clerk, account.Approver, account.Observer}
)

func (rt *route) key() string { return rt.method + " " + rt.pattern }

// mux makes a handler of a table.
func (s *Server) mux(table []route) http.Handler {
	m := chi.NewRouter()
	for i := range table {
		rt := &table[i]
		h := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, cmp.Or(rt.most, most))
			s.serve(rt, w, r)
		}))
		if rt.slow {
			h = s.limit(h)
		}
		m.Method(rt.method, rt.pattern, s.metrics.route(rt, h))
	}
	m.NotFound(func(w http.ResponseWriter, r *http.Request) { s.fail(w, s.visitOf(w, r), errNoPage) })
	m.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) { s.fail(w, s.visitOf(w, r), errMethod) })
	return m
}

// serve finds out who asks, holds the route's line, and lets the handler answer.
func (s *Server) serve(rt *route, w http.ResponseWriter, r *http.Request) {
	v := s.visitOf(w, r)
	if v == nil {
		return // answered: the language was switched, or the database is away
	}
	if err := s.admit(rt, w, v); err != nil {
		s.fail(w, v, err)
		return
	}
	if err := v.ParseForm(); err != nil && v.Method == http.MethodPost { // else a form that is too long would look like an empty one
		s.fail(w, v, errors.Join(errForm, err))
		return
	}
	if err := rt.do(s, w, v); err != nil {
		s.fail(w, v, err)
	}
}

// admit decides whether the visit may go on. Somebody who has no role before
// an object is told the same as if there were none.
func (s *Server) admit(rt *route, _ http.ResponseWriter, v *visit) error {
	if !s.setUp.Load() && !strings.HasPrefix(rt.pattern, "/setup") {
		return errSetUp
	}
	if rt.open {
		return nil
	}
	if v.Actor == nil {
		return errSignIn
	}
	held := v.Actor.Roles()
	if rt.on != onNothing {
		var err error
		if held, err = s.object(rt, v); err != nil {
			return err
		}
		if len(held) == 0 {
			return errNoPage
		}
	}
	v.Roles = held
	if len(rt.who) > 0 && !slices.ContainsFunc(held, func(r account.Role) bool { return slices.Contains(rt.who, r) }) {
		return errForbidden
	}
	if rt.fresh && !v.Session.Fresh(s.now()) {
		return errConfirm
	}
	if rt.on == onShop {
		return s.withheld(v)
	}
	return nil
}

// object loads what the route is about and says which roles the actor has before it.
func (s *Server) object(rt *route, v *visit) ([]account.Role, error) {
	ctx := v.Context()
	switch rt.on {
	case onShop:
		id := account.ID(v.PathValue("shop"))
		if !id.Valid() {
			return nil, errNoPage
		}
		shop, roles, grants, err := s.db.ShopFor(ctx, v.Actor, id, s.now())
		v.Shop, v.Grants = shop, grants
		return roles, err
	case onOrganisation:
		id := account.ID(v.PathValue("organisation"))
		if !id.Valid() {
			return nil, errNoPage
		}
		roles := v.Actor.OnOrganisation(id)
		if len(roles) == 0 {
			return nil, nil
		}
		org, err := s.db.Organisation(ctx, id)
		v.Organisation = org
		return roles, err
	case onProgramme:
		id := account.ID(v.PathValue("programme"))
		if !id.Valid() {
			return nil, errNoPage
		}
		p, roles, err := s.db.ProgrammeFor(ctx, v.Actor, id)
		v.Programme = p
		return roles, err
	}
	return nil, nil
}
