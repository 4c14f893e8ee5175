// Package checktest tries every check of a suite on small sites written as
// txtar files: one that meets it, one that breaks it, one that looks broken and is not.
package checktest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/encoding/htmlindex"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// settings are the "site" file of a test site.
type settings struct {
	// HTTPS starts the shop at https:// (default); false starts it at http://.
	HTTPS *bool `yaml:"https"`
	// HTTPOnly takes the HTTPS origin out of the scope.
	HTTPOnly bool       `yaml:"http_only"`
	Level    wire.Level `yaml:"level"`
	Now      time.Time  `yaml:"now"` // default 2026-11-21
}

// route is one answer of a test site.
type route struct {
	scheme, method, path string
	prefix               bool // path ended in *
	linked               bool // a visitor finds it: it is part of the crawled site
	earlier              bool // what the shop answered at the diagnosis before
	status               int
	header               http.Header
	body                 []byte
}

// Own names checks whose sites cannot be written as txtar (ports, handshakes,
// DNS): their suite tests them in Go.
func Own(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

// Run tries all sites in testdata/<check>_*.txtar against the suite's checks.
//
// A site file begins with a line that says what is special, then:
//
//	-- site --                 settings (YAML), may be missing
//	-- GET / --                a page a visitor finds; first line the status, then header lines, a blank line, the body
//	-- unlinked GET /x* --     an answer only for who asks (any method; * matches a prefix)
//	-- http GET / --           the same on the http:// twin of an https:// shop
//	-- earlier GET / --        what the shop answered at the diagnosis before (Site.Earlier)
//	-- rendered / --           page.Rendered as JSON: what a browser saw of /
//	-- want --                 "verdict: not-met" and "finding: where | parameter | case | severity | confidence" lines
//
// {{origin}} {{http}} {{https}} {{host}} in heads and bodies are replaced. The header
// X-Test-Encode: Shift_JIS encodes the body; X-Test-Base64: 1 decodes it.
// Every check needs a site that is met, one that has a finding, and one named
// <check>_decoy*.txtar that looks faulty and is not.
func Run(t *testing.T, s *check.Suite, own map[string]bool) {
	t.Helper()
	for _, c := range s.Checks {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			texts, err := s.LoadText(c)
			if err != nil {
				t.Fatal(err)
			}
			checkText(t, texts)
			if own[c.Name] {
				return
			}
			all, err := filepath.Glob("testdata/" + c.Name + "_*.txtar")
			if err != nil {
				t.Fatal(err)
			}
			var met, found, decoy bool
			for _, f := range all {
				res := One(t, c, f)
				met = met || res.Verdict == verdict.Met || res.Verdict == verdict.NotApplicable
				found = found || len(res.Findings) > 0 || len(res.Notes) > 0 && c.Severity == check.Info
				decoy = decoy || strings.HasPrefix(filepath.Base(f), c.Name+"_decoy")
				for i := range res.Findings {
					for l, text := range texts {
						got := text.Describe(&res.Findings[i], l)
						if left := check.Placeholders(got); len(left) > 0 {
							t.Errorf("%s: %s text leaves %v without a value: %s", f, l, left, got)
						}
						if _, ok := text.Seen[res.Findings[i].Case]; !ok {
							t.Errorf("%s: no %s text for case %q", f, l, res.Findings[i].Case)
						}
					}
				}
			}
			if !met || !found || !decoy {
				t.Errorf("sites of %s: met %v, broken %v, decoy %v; want all three", c.Name, met, found, decoy)
			}
		})
	}
}

var kana = regexp.MustCompile(`[ぁ-ん]`)
var japanese = regexp.MustCompile(`[ぁ-んァ-ヶ]`)

func checkText(t *testing.T, texts map[i18n.Lang]check.Text) {
	t.Helper()
	for l, text := range texts {
		parts := []string{text.Why, text.Operator, text.Developer}
		for _, s := range text.Seen {
			parts = append(parts, s)
		}
		for _, s := range parts {
			if l == i18n.JA && !kana.MatchString(s) {
				t.Errorf("ja text without kana: %s", s)
			}
			if l == i18n.EN && japanese.MatchString(s) {
				t.Errorf("en text with kana: %s", s)
			}
		}
	}
	for c, ja := range texts[i18n.JA].Seen {
		en := texts[i18n.EN].Seen[c]
		if d := cmp.Diff(check.Placeholders(ja), check.Placeholders(en)); d != "" {
			t.Errorf("case %q uses other values in ja (-) than in en (+):\n%s", c, d)
		}
	}
}

// One runs c on the site in file and compares with its want section.
func One(t *testing.T, c *check.Check, file string) check.Result {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var set settings
	var routes []*route
	rendered := map[string]*page.Rendered{}
	want := ""
	for _, f := range ar.Files {
		switch kind, rest, _ := strings.Cut(f.Name, " "); kind {
		case "site":
			if err := yaml.Unmarshal(f.Data, &set); err != nil {
				t.Fatalf("%s: site: %v", file, err)
			}
		case "want":
			want = string(f.Data)
		case "rendered":
			var r page.Rendered
			if err := json.Unmarshal(f.Data, &r); err != nil {
				t.Fatalf("%s: %s: %v", file, f.Name, err)
			}
			rendered[rest] = &r
		default:
			r, err := parseRoute(f)
			if err != nil {
				t.Fatalf("%s: %s: %v", file, f.Name, err)
			}
			routes = append(routes, r)
		}
	}
	if want == "" {
		t.Fatalf("%s: no want section", file)
	}
	h := &handler{routes: routes}
	plain, secure := httptest.NewServer(h.on("http")), httptest.NewTLSServer(h.on("https"))
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	h.values = strings.NewReplacer("{{http}}", plain.URL, "{{https}}", secure.URL,
		"{{origin}}", map[bool]string{true: secure.URL, false: plain.URL}[set.HTTPS == nil || *set.HTTPS], "{{host}}", "127.0.0.1")
	start, hosts, offers := secure.URL+"/", []string{secure.URL, plain.URL}, check.TLS|check.Browser
	if set.HTTPS != nil && !*set.HTTPS {
		start = plain.URL + "/"
	}
	if set.HTTPOnly {
		start, hosts, offers = plain.URL+"/", []string{plain.URL}, check.Browser
	}
	level := max(set.Level, c.Level)
	scope := &wire.Scope{Hosts: hosts, Level: level, Rate: wire.Rate{Unlimited: true}}
	client, err := wire.NewClient(wire.Options{Scope: scope, Version: "test", Run: "test"})
	if err != nil {
		t.Fatal(err)
	}
	now := set.Now
	if now.IsZero() {
		now = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	}
	su, _ := url.Parse(start)
	var pages, before []*page.Page
	for _, r := range routes {
		if !r.linked || r.method != "GET" {
			continue
		}
		client, head := client, http.Header{}
		if r.earlier { // another run: nothing it heard is known to this one
			if client, err = wire.NewClient(wire.Options{Scope: scope, Version: "test", Run: "earlier"}); err != nil {
				t.Fatal(err)
			}
			head.Set("X-Test-Earlier", "1")
		}
		u := su.ResolveReference(mustURL(t, r.path))
		if r.scheme == "http" {
			u = mustURL(t, plain.URL+r.path)
		}
		ex, err := client.Do(t.Context(), &wire.Request{Method: "GET", URL: u, Header: head, Level: wire.Passive, Origin: wire.Origin{Check: "crawl"}})
		if err != nil {
			t.Fatalf("%s: %s: %v", file, r.path, err)
		}
		p := page.Parse(ex)
		if r.earlier {
			before = append(before, p)
			continue
		}
		p.Rendered = rendered[r.path]
		pages = append(pages, p)
	}
	site := check.NewSite(su, pages, intel.Default(), now)
	if len(before) > 0 {
		site.Earlier = check.NewSite(su, before, intel.Default(), now.AddDate(0, -1, 0))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	res := check.NewRunner(site, client, offers).Run(ctx, c)
	compare(t, file, h.values.Replace(want), res)
	return res
}

func compare(t *testing.T, file, want string, res check.Result) {
	t.Helper()
	var wantFindings, gotFindings []string
	v := ""
	for _, line := range strings.Split(strings.TrimSpace(want), "\n") {
		key, val, _ := strings.Cut(line, ":")
		val = strings.TrimSpace(val)
		switch key {
		case "verdict":
			v = val
		case "finding":
			parts := strings.Split(val, "|")
			for i := range parts {
				parts[i] = strings.TrimSpace(parts[i])
			}
			wantFindings = append(wantFindings, strings.Join(parts, " | "))
		case "":
		default:
			t.Errorf("%s: want line %q", file, line)
		}
	}
	if string(res.Verdict) != v {
		t.Errorf("%s: verdict %s, want %s (reason %q %v, findings %+v)", file, res.Verdict, v, res.Reason.Message, res.Reason.Args, res.Findings)
	}
	for i, f := range res.Findings {
		full := []string{f.Where, f.Parameter, f.Case, f.Severity.String(), string(f.Confidence)}
		n := len(full)
		if i < len(wantFindings) {
			n = min(n, 1+strings.Count(wantFindings[i], " | "))
		}
		gotFindings = append(gotFindings, strings.Join(full[:n], " | "))
	}
	slices.Sort(wantFindings)
	slices.Sort(gotFindings)
	if d := cmp.Diff(wantFindings, gotFindings); d != "" {
		t.Errorf("%s: findings (-want +got):\n%s", file, d)
	}
}

func parseRoute(f txtar.File) (*route, error) {
	words := strings.Fields(f.Name)
	r := &route{linked: true, scheme: "", header: http.Header{}}
	for len(words) > 2 {
		switch words[0] {
		case "unlinked":
			r.linked = false
		case "earlier":
			r.earlier = true
		case "http", "https":
			r.scheme = words[0]
		default:
			return nil, fmt.Errorf("unknown word %q", words[0])
		}
		words = words[1:]
	}
	if len(words) != 2 {
		return nil, fmt.Errorf("want METHOD /path")
	}
	r.method, r.path = words[0], words[1]
	if p, ok := strings.CutSuffix(r.path, "*"); ok {
		r.path, r.prefix, r.linked = p, true, false
	}
	head, body, _ := strings.Cut(string(f.Data), "\n\n")
	lines := strings.Split(strings.TrimRight(head, "\n"), "\n")
	var err error
	if r.status, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil {
		return nil, fmt.Errorf("first line must be the status: %w", err)
	}
	for _, l := range lines[1:] {
		k, v, ok := strings.Cut(l, ":")
		if !ok {
			return nil, fmt.Errorf("header line %q", l)
		}
		r.header.Add(strings.TrimSpace(k), strings.TrimSpace(v))
	}
	r.body = []byte(body)
	if r.header.Get("X-Test-Base64") != "" {
		if r.body, err = base64.StdEncoding.DecodeString(strings.TrimSpace(body)); err != nil {
			return nil, err
		}
	}
	return r, nil
}

type handler struct {
	routes []*route
	values *strings.Replacer
}

func (h *handler) on(scheme string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r := h.find(scheme, q)
		if r == nil {
			http.Error(w, "404 Not Found", http.StatusNotFound)
			return
		}
		body := r.body
		for k, vs := range r.header {
			if strings.HasPrefix(k, "X-Test-") {
				continue
			}
			for _, v := range vs {
				w.Header().Add(k, h.values.Replace(v))
			}
		}
		if r.header.Get("X-Test-Base64") == "" {
			body = []byte(h.values.Replace(string(body)))
		}
		if name := r.header.Get("X-Test-Encode"); name != "" {
			enc, err := htmlindex.Get(name)
			if err == nil {
				body, err = enc.NewEncoder().Bytes(body)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusTeapot)
				return
			}
		}
		if r.header.Get("Content-Type") == "" {
			w.Header()["Content-Type"] = nil // a test that wants one says so
		}
		if q.Method == http.MethodTrace && r.header.Get("X-Test-Echo") != "" {
			fmt.Fprintf(w, "%s %s %s\r\n", q.Method, q.URL.RequestURI(), q.Proto)
			_ = q.Header.Write(w)
			return
		}
		w.WriteHeader(r.status)
		_, _ = w.Write(body)
	})
}

// find prefers the longest match; an exact path beats a prefix, and a path without a query matches any query.
func (h *handler) find(scheme string, q *http.Request) *route {
	var best *route
	score := -1
	for _, r := range h.routes {
		if r.earlier != (q.Header.Get("X-Test-Earlier") != "") || r.scheme != "" && r.scheme != scheme || r.method != "ANY" && r.method != q.Method && (r.method != "GET" || q.Method != "HEAD") {
			continue
		}
		n := -1
		switch {
		case r.prefix && strings.HasPrefix(q.URL.RequestURI(), r.path):
			n = len(r.path)
		case !r.prefix && r.path == q.URL.RequestURI():
			n = 1 << 20
		case !r.prefix && !strings.Contains(r.path, "?") && r.path == q.URL.EscapedPath():
			n = 1 << 19
		}
		if n >= 0 && r.scheme != "" {
			n++
		}
		if n > score {
			best, score = r, n
		}
	}
	return best
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
