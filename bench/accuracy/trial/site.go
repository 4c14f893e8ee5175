package trial

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Spec says which member of which pair a site is. It is all that is needed to
// open the same site again.
type Spec struct {
	ID         string // "sql-017-v"
	Family     *Family
	Place      Place
	Grade      Grade
	Seed       uint64
	Vulnerable bool
}

// String describes the case for people who look for a miss.
func (s *Spec) String() string {
	return fmt.Sprintf("%s %s/%s place=%s grade=%s seed=%d: %s", s.ID, s.Family.Class, s.Family.Name, s.Place, s.Grade, s.Seed, s.Family.About)
}

// Site is one case, open on loopback.
type Site struct {
	Spec
	Origin      string // http://127.x.y.z:port
	HandlerPath string
	Param       string // name of the parameter, cookie, header, JSON or XML field
	Outer       string // what the value is nested in: the cookie, the outer parameter

	handler *Handler
	build   *Build
	decoy   string   // a second parameter that does nothing dangerous
	decoys  []string // names that are not the value's
	packed  bool     // nested JSON in base64
	asForm  bool     // a form instead of a link
	title   string
	server  *http.Server
	Count   Counter

	mu       sync.Mutex
	sessions map[string]*session
}

// session is what the site knows of a visitor.
type session struct {
	lock   sync.Mutex
	token  map[string]bool
	stored *string
}

// header names that scripts of shops set, and that servers log.
var headerNames = []string{"Referer", "User-Agent", "X-Forwarded-For", "X-Shop-Area", "X-Client-Version", "Accept-Language"}

// lay chooses paths and names by the pair's dice.
func (s *Site) lay(r *rand.Rand) {
	dir := pick(r, "shop", "item", "catalog", "store", "goods", "ec", "tea", "online", "front", "guide")
	file := pick(r, "list", "search", "view", "detail", "show", "find", "index", "result")
	ext := pick(r, "", "", ".php", ".cgi")
	if s.Place == Path {
		ext = ""
	}
	s.HandlerPath = "/" + dir + "/" + file + ext
	if s.handler.Path != "" {
		s.HandlerPath = s.handler.Path
	}
	s.title = pick(r, "老舗茶舗 みどり園", "手仕事の店 つむぎ", "港町の干物屋", "Kissa Beans", "花と器 いろは")
	s.asForm = r.IntN(2) == 0
	s.packed = r.IntN(2) == 0
	ordinary := pick(r, "q", "keyword", "category", "brand", "color", "size", "tag", "maker")
	if r.IntN(3) > 0 {
		s.decoy = pick(r, "page", "view", "sort", "limit")
	}
	head := headerNames[r.IntN(len(headerNames))]
	host := pick(r, "Host", "X-Forwarded-Host")
	s.Param = ordinary
	if s.handler.Param != "" {
		s.Param = s.handler.Param
	}
	switch s.Place {
	case Header:
		s.Param = head
	case Host:
		s.Param = host
	case CookieObj:
		s.Outer = pick(r, "prefs", "settings", "shop_state")
	case InnerURL:
		s.Outer = pick(r, "from", "to", "view")
	case Cookie:
		if s.handler.Param == "" {
			s.Param = pick(r, "area", "last_category", "shop_lang", "recent")
		}
	}
	if s.decoy == s.Param || s.decoy == s.Outer {
		s.decoy = ""
	}
	s.decoys = []string{s.decoy, "token", "csrf_token", ""}
}

func pick(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }

// Names are the words by which a finding may name the place: the parameter and
// what it is nested in.
func (s *Site) Names() []string {
	if s.Outer != "" {
		return []string{s.Param, s.Outer}
	}
	if s.Place == Host {
		return []string{s.Param, "Host"} // what asks for the other is content with it
	}
	return []string{s.Param}
}

// Fields are all fields of the site's form, for a consent.
func (s *Site) Fields() []string {
	out := append([]string{s.Param, "csrf_token"}, s.handler.MoreNames...)
	if s.decoy != "" {
		out = append(out, s.decoy)
	}
	return out
}

// Accounts are the members that a tool may sign in as.
func (s *Site) Accounts() []Account { return s.handler.Accounts }

// Relay tells the site where mails to its accounts' mailboxes have to go.
func (s *Site) Relay(hostPort string) {
	if s.handler.Relay != nil {
		s.handler.Relay(hostPort)
	}
}

// Method is the one with which the value is sent.
func (s *Site) Method() string { return s.Place.method() }

// Points is the number of places of the site where a visitor's value enters.
func (s *Site) Points() int {
	if s.decoy != "" && s.Place != Name {
		return 2
	}
	return 1
}

// Intact describes what no visitor may change; "" when nothing is at stake.
func (s *Site) Intact(ctx context.Context) (string, error) {
	if s.handler.Intact == nil {
		return "", nil
	}
	return s.handler.Intact(ctx)
}

// Exploit runs the family's own proof through the site.
func (s *Site) Exploit(ctx context.Context) (bool, error) {
	if s.handler.Exploit == nil {
		return false, nil
	}
	return s.handler.Exploit(ctx, s.Send)
}

// Sample is the value that the site's own link or form sends.
func (s *Site) Sample() string { return s.handler.Sample }

// Close ends the site and what stands behind it.
func (s *Site) Close() {
	if s.server != nil {
		_ = s.server.Close()
	}
	for _, f := range slices.Backward(s.build.closers) {
		f()
	}
}

// listen opens the site's own address.
func (s *Site) listen(addr string) error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp4", addr)
	if err != nil {
		return err
	}
	s.Origin = "http://" + l.Addr().String()
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: quiet}
	go func() { _ = s.server.Serve(l) }()
	return nil
}

// ServeHTTP is the site.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.Count.add(s, r, body)
	if s.Grade == WAF && blocked(r, body) {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, blockPage)
		return
	}
	ses := s.session(w, r)
	if s.Grade == Lock {
		ses.lock.Lock()
		defer ses.lock.Unlock()
	}
	p := r.URL.EscapedPath()
	mine := s.Place != Whole && p == s.HandlerPath || s.Place == Path && strings.HasPrefix(p, s.HandlerPath+"/")
	if d := s.Grade.delay(); d > 0 && (mine || p == s.resultPath()) {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
			return
		}
	}
	switch {
	case mine && s.Grade == Flaky && s.trouble(w):
	case mine:
		s.value(w, r, body, ses)
	case p == s.resultPath() && s.Grade == Step:
		s.result(w, r, ses)
	case p == "/":
		s.index(w, ses)
	case p == "/guide":
		s.page(w, &Answer{Body: guide})
	case strings.HasPrefix(p, "/assets/i") && strings.HasSuffix(p, ".svg"):
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = io.WriteString(w, `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8" fill="#486"/></svg>`)
	case s.handler.Pages[p] != nil:
		a, err := s.handler.Pages[p](r.Context(), &Ask{Request: r, Body: body})
		s.give(w, a, err)
	default:
		s.rest(w, r, body)
	}
}

// rest is what the family answers besides, or not found.
func (s *Site) rest(w http.ResponseWriter, r *http.Request, body []byte) {
	if s.handler.Rest != nil {
		if a, err := s.handler.Rest(r.Context(), &Ask{Request: r, Body: body}); a != nil || err != nil {
			s.give(w, a, err)
			return
		}
	}
	s.page(w, &Answer{Status: http.StatusNotFound, Body: "<h1>ページが見つかりません</h1>"})
}

// guide is the page that every site has besides.
const guide = `<h1>ご利用案内</h1><p>送料は全国一律 550 円です。5,000 円以上のお買い上げで無料になります。</p>`

// trouble answers now and then as an overloaded server would.
func (s *Site) trouble(w http.ResponseWriter) bool {
	switch n := s.Count.tick(); {
	case n%9 == 4:
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusServiceUnavailable)
	case n%18 == 7:
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
	case n%27 == 16:
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = c.Close()
		}
	default:
		return false
	}
	return true
}

// value hands what the request carries to the member.
func (s *Site) value(w http.ResponseWriter, r *http.Request, body []byte, ses *session) {
	v, ok := s.read(r)
	if ok && s.Grade == Token && s.takesToken() && !ses.spend(r.FormValue("csrf_token")) {
		s.page(w, &Answer{Status: http.StatusForbidden, Body: "<h1>ページの有効期限が切れました</h1><p>トップページからやり直してください。</p>"})
		return
	}
	if ok && s.Grade == Step {
		s.mu.Lock()
		ses.stored = &v
		s.mu.Unlock()
		w.Header().Set("Location", s.resultPath())
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	s.hand(w, r, body, v, ok)
}

// result shows what the step before kept.
func (s *Site) result(w http.ResponseWriter, r *http.Request, ses *session) {
	s.mu.Lock()
	stored := ses.stored
	s.mu.Unlock()
	if stored == nil {
		s.hand(w, r, nil, "", false)
		return
	}
	s.hand(w, r, nil, *stored, true)
}

func (s *Site) hand(w http.ResponseWriter, r *http.Request, body []byte, v string, given bool) {
	a := &Ask{Value: v, Given: given, Request: r, Body: body}
	if s.handler.Objects {
		if o, ok := s.readObject(r, body); ok {
			a.Value, a.Given, a.Object = o, true, true
		}
	}
	if !a.Given {
		if s.Place == Unlinked {
			s.page(w, &Answer{Body: "<h1>" + s.title + "</h1><p>商品の一覧です。</p>"})
			return
		}
		a.Value = s.handler.Sample
	}
	ans, err := s.handler.Answer(r.Context(), a)
	s.give(w, ans, err)
}

// give writes an answer; an error of the bench itself is a 500 that says so.
func (s *Site) give(w http.ResponseWriter, a *Answer, err error) {
	switch {
	case err != nil:
		s.Count.fail(err)
		s.page(w, &Answer{Status: http.StatusInternalServerError, Body: "<h1>ただいま混み合っています</h1>"})
	case a != nil:
		s.page(w, a)
	}
}

// raw writes an answer with lines in its head that no library would write.
func raw(w http.ResponseWriter, status int, lines []string, body []byte) {
	c, b, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	fmt.Fprintf(b, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	for k, vs := range w.Header() {
		for _, v := range vs {
			fmt.Fprintf(b, "%s: %s\r\n", k, v)
		}
	}
	for _, l := range lines {
		fmt.Fprintf(b, "%s\r\n", l)
	}
	fmt.Fprintf(b, "Content-Length: %d\r\nConnection: close\r\n\r\n", len(body))
	_, _ = b.Write(body)
	_ = b.Flush()
}

// page writes an answer with the site around it.
func (s *Site) page(w http.ResponseWriter, a *Answer) {
	h := w.Header()
	for k, v := range a.Header {
		h[k] = v
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "text/html; charset=UTF-8")
	}
	if a.Type != "" {
		h.Set("Content-Type", a.Type)
	}
	status := a.Status
	if status == 0 {
		status = http.StatusOK
	}
	var b bytes.Buffer
	if a.Bare || s.handler.Bare {
		b.WriteString(a.Body)
	} else {
		fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"ja\"><head><meta charset=\"UTF-8\"><title>%s</title></head>\n<body>\n<header><a href=\"/\">%s</a> <a href=\"/guide\">ご利用案内</a></header>\n<main>\n", s.title, s.title)
		b.WriteString(a.Body)
		b.WriteString("\n</main>\n")
		s.Grade.decorate(&b, time.Now())
		b.WriteString("<footer>© " + s.title + "</footer>\n</body></html>\n")
	}
	if len(a.Raw) > 0 {
		raw(w, status, a.Raw, b.Bytes())
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// session finds or begins the visitor's session where the grade has one.
func (s *Site) session(w http.ResponseWriter, r *http.Request) *session {
	if s.Grade != Token && s.Grade != Step && s.Grade != Lock {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, err := r.Cookie(sessionCookie); err == nil && s.sessions[c.Value] != nil {
		return s.sessions[c.Value]
	}
	id := fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64())
	if s.sessions == nil {
		s.sessions = map[string]*session{}
	}
	ses := &session{token: map[string]bool{}}
	s.sessions[id] = ses
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return ses
}

// spend uses up a one-time token.
func (ses *session) spend(token string) bool {
	ses.lock.Lock()
	defer ses.lock.Unlock()
	ok := ses.token[token]
	delete(ses.token, token)
	return ok
}

func (ses *session) newToken() string {
	t := fmt.Sprintf("%016x", rand.Uint64())
	ses.lock.Lock()
	defer ses.lock.Unlock()
	ses.token[t] = true
	return t
}

// Handles says whether a tool's address or path is the member's own handler or
// the page that shows its result.
func (s *Site) Handles(where string) bool {
	if strings.Contains(where, s.HandlerPath) || s.Grade == Step && strings.Contains(where, s.resultPath()) {
		return true
	}
	for p := range s.handler.Pages {
		if strings.Contains(where, p) {
			return true
		}
	}
	return s.Place == JSON || s.Place == XML || s.Place == Fragment // the page whose script sends it
}

// Decoy is the name of the parameter beside the value's; "" when there is none.
func (s *Site) Decoy() string { return s.decoy }
