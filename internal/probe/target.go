package probe

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// Via is the way by which a value enters.
type Via string

// The ways.
const (
	ViaQuery     Via = "query"
	ViaForm      Via = "form" // application/x-www-form-urlencoded
	ViaMultipart Via = "multipart"
	ViaJSON      Via = "json"
	ViaXML       Via = "xml"
	ViaCookie    Via = "cookie"
	ViaHeader    Via = "header"
	ViaPath      Via = "path"
	ViaFragment  Via = "fragment" // only a browser sees these
	ViaName      Via = "name"     // the name of a parameter
)

// Target is one place where a value enters the shop: a handler, a way, a name.
// Each is tested once, however many addresses lead to it.
type Target struct {
	ID      string // "GET /search query q": stable over runs
	Via     Via
	Name    string // of the parameter; of a JSON value its path ("filter.q")
	Method  string
	URL     *url.URL
	Sample  string // the value that the shop itself uses there, decoded to its core; may be ""
	Handler string
	// Linked is false for a parameter that no page mentions.
	Linked bool
	// Kind is the kind of page on which the target was found, and Form its form, if any.
	Kind page.Kind
	Form *page.Form
	Page *page.Page // where it was found; nil when unknown
	// Account is the test account whose session the target belongs to; "" the visitor's.
	Account string
	Jar     string
	// Reads is the reason why a POST to the target only reads.
	Reads   string
	Purpose wire.Purpose

	work    *Work
	key     string  // the cookie or header, when Name goes on inside its value
	fields  []field // of the query, or of the body of a form
	at      int     // the field that takes the value
	query   []field // of the address, for targets in a body
	tree    any     // the body of a JSON target
	steps   []string
	xml     string // the body of an XML target, with the place marked by gap
	segment int    // of the path
	layers  []layer
	enc     encoding.Encoding
	seen    state
	outer   bool          // an address whose parameters are targets of their own
	lone    bool          // a segment of a path of which no other value was seen
	busy    chan struct{} // holds one while a check is at the target
}

type field struct {
	name, value string
	token       bool
}

// state is what the checks learned of a target together.
type state struct {
	mu         sync.Mutex
	first      sync.Mutex // one check learns for all
	turn       sync.Mutex // held while a value other than the target's own is asked for
	baseline   *Baseline
	errBase    error
	reflection *Reflection
	errReflect error
	marked     *Reflection // the marker's answer, not yet compared
	abandoned  bool
	closed     bool // robots.txt says so
	untimed    bool // time would have been measured, but for the bound
	probes     int
	leads      string               // where the answer to the own value redirects to
	failures   int                  // 5xx in a row
	hindered   map[*check.Pass]bool // checks of which a protection refused a value here
	moves      map[string]bool      // values that were answered otherwise than unknown ones
	taken      map[string]bool      // values that were taken for the target's own
	readings   map[string]reading   // how shared values were taken
}

// Outer says that the value is an address whose parameters are targets of their
// own: what is made of it leads somewhere, and what is in it is asked there.
func (t *Target) Outer() bool { return t.outer }

// Where is the place of the target as a finding names it.
func (t *Target) Where() string {
	if p := t.URL.EscapedPath(); p != "" {
		return p
	}
	return "/"
}

// Option changes how one value is sent.
type Option func(*sending)

type sending struct {
	again  bool
	jar    string
	fresh  bool
	raw    bool
	name   string
	values []string
	header http.Header
	tree   any
	body   []byte
	most   int64
	why    string
	// around is what stands before and behind the object that holds the value.
	around [2]string
	bare   bool // in an object as it is, not as a text
}

// Again sends even if the same was sent before: repetitions of a differential.
func Again(s *sending) { s.again = true }

// InJar sends with the cookies of another jar; a name not used before begins a new session.
func InJar(name string) Option { return func(s *sending) { s.jar = name } }

// Raw writes the value as it is into query, path or form, already encoded by the caller.
func Raw(s *sending) { s.raw = true }

// As sends the value under another name of the parameter ("q[$eq]" for q).
func As(name string) Option { return func(s *sending) { s.name = name } }

// Many sends the parameter several times, once with each value.
func Many(values ...string) Option { return func(s *sending) { s.values = values } }

// With adds a header line to the request.
func With(name, value string) Option {
	return func(s *sending) {
		if s.header == nil {
			s.header = http.Header{}
		}
		s.header.Set(name, value)
	}
}

// Tree puts another JSON value than a text into the place (an operator object).
func Tree(v any) Option { return func(s *sending) { s.tree = v } }

// Body replaces the body of an XML target.
func Body(b []byte) Option { return func(s *sending) { s.body = b } }

// Around puts the text of the object that holds the value between two texts.
func Around(before, after string) Option {
	return func(s *sending) { s.around = [2]string{before, after} }
}

// Bare writes the value into the object that holds it as it is, without quotes.
func Bare(s *sending) { s.bare = true }

// Because gives the ledger's reason for the request.
func Because(why string) Option { return func(s *sending) { s.why = why } }

// Request builds what carries value to the target.
func (t *Target) Request(value string, opts ...Option) *wire.Request {
	var s sending
	for _, o := range opts {
		o(&s)
	}
	return t.request(value, &s)
}

func (t *Target) request(value string, s *sending) *wire.Request {
	u := *t.URL
	r := &wire.Request{Method: t.Method, URL: &u, Level: wire.Active, Parameter: string(t.Via) + " " + t.Name, Again: s.again,
		Jar: t.Jar, Reads: t.Reads, Purpose: t.Purpose, Account: t.Account, Header: http.Header{}, MaxBody: s.most}
	if s.jar != "" {
		r.Jar = s.jar
	}
	r.Fresh = s.fresh
	for k, v := range s.header {
		r.Header[k] = v
	}
	r.Origin.Why = "probe " + t.Name
	if s.why != "" {
		r.Origin.Why = s.why
	}
	plain := value
	if !s.raw {
		value = t.closeIn(value, s)
	}
	if s.around[0] != "" {
		plain = value
	}
	switch t.Via {
	case ViaQuery, ViaFragment:
		u.RawQuery = t.encode(t.filled(t.fields, value, s), s)
	case ViaName:
		u.RawQuery = t.encode(append(slices.Clone(t.fields), field{name: value, value: "1"}), s)
	case ViaForm:
		u.RawQuery = t.encode(t.query, &sending{})
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Body = []byte(t.encode(t.filled(t.fields, value, s), s))
	case ViaMultipart:
		u.RawQuery = t.encode(t.query, &sending{})
		t.multipart(r, t.filled(t.fields, value, s))
	case ViaJSON:
		u.RawQuery = t.encode(t.query, &sending{})
		r.Header.Set("Content-Type", "application/json")
		r.Body = t.json(value, s)
	case ViaXML:
		u.RawQuery = t.encode(t.query, &sending{})
		r.Header.Set("Content-Type", "application/xml; charset=utf-8")
		if r.Body = s.body; r.Body == nil {
			r.Body = t.xmlBody(value)
		}
	case ViaCookie:
		t.cookie(r, value, s)
	case ViaHeader:
		r.Header.Set(t.carrier(), oneLine(value))
	case ViaPath:
		t.path(&u, value, s.raw)
	}
	r.URL = &u
	if plain != "" && plain != t.Sample {
		r.Injected = append([]string{plain}, s.values...)
	}
	return r
}

// filled are the fields with value in its place.
func (t *Target) filled(in []field, value string, s *sending) []field {
	out := slices.Clone(in)
	if t.at < 0 || t.at >= len(out) {
		return out
	}
	out[t.at].value = value
	if s.name != "" {
		out[t.at].name = s.name
	}
	if len(s.values) > 0 {
		var many []field
		for _, v := range s.values {
			many = append(many, field{name: out[t.at].name, value: v})
		}
		out = slices.Replace(out, t.at, t.at+1, many...)
	}
	return out
}

// encode writes fields as a query, in the charset of the page they stand on.
func (t *Target) encode(fs []field, s *sending) string {
	var b strings.Builder
	for i, f := range fs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(t.charset(f.name)))
		b.WriteByte('=')
		if s.raw && i == t.at {
			b.WriteString(f.value)
			continue
		}
		b.WriteString(url.QueryEscape(t.charset(f.value)))
	}
	return b.String()
}

func (t *Target) charset(s string) string {
	if t.enc == nil {
		return s
	}
	if b, err := t.enc.NewEncoder().String(s); err == nil {
		return b
	}
	return s
}

func encodingOf(p *page.Page) encoding.Encoding {
	if p == nil || p.Charset.Used == "" || p.Charset.Used == "utf-8" {
		return nil
	}
	e, err := htmlindex.Get(p.Charset.Used)
	if err != nil {
		return nil
	}
	return e
}

// oneLine leaves out what a header line cannot hold.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// path puts value into the target's segment.
func (t *Target) path(u *url.URL, value string, raw bool) {
	segs := strings.Split(strings.TrimPrefix(t.URL.EscapedPath(), "/"), "/")
	if t.segment >= len(segs) {
		return
	}
	segs[t.segment] = value
	if !raw {
		segs[t.segment] = strings.NewReplacer("+", "%2B", ".", "%2E").Replace(url.PathEscape(t.charset(value)))
		if !strings.Contains(value, "..") && !strings.HasPrefix(value, ".") {
			segs[t.segment] = url.PathEscape(t.charset(value))
		}
	}
	u.RawPath = "/" + strings.Join(segs, "/")
	if p, err := url.PathUnescape(u.RawPath); err == nil {
		u.Path = p
	} else {
		u.Opaque = u.RawPath
	}
}

// carrier is the cookie or header that carries the value.
func (t *Target) carrier() string {
	if t.key != "" {
		return t.key
	}
	return t.Name
}

// cookie sends the jar's other cookies with the target's changed.
func (t *Target) cookie(r *wire.Request, value string, s *sending) {
	var parts []string
	for _, f := range t.fields {
		if f.name != t.carrier() {
			parts = append(parts, f.name+"="+f.value)
		}
	}
	if !s.raw {
		value = cookieEscape(value)
	}
	parts = append(parts, t.carrier()+"="+value)
	r.Header.Set("Cookie", strings.Join(parts, "; "))
}

// cookieEscape writes what a cookie's value cannot hold as browsers' scripts do,
// and the plus sign, which PHP and Rails take for a space.
func cookieEscape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`",;\%+`, c) >= 0 {
			const hex = "0123456789ABCDEF"
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
