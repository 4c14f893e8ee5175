package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/store"
)

// apiToken makes a token for somebody.
func (w *world) apiToken(p *account.Person, scopes ...account.Scope) string {
	w.t.Helper()
	secret, print := account.NewAPIToken()
	k := &account.APIToken{ID: account.NewID(), Person: p.ID, Name: "test", Scopes: scopes, Expires: w.now().AddDate(0, 0, 30)}
	w.change(func(tx *store.Tx) error { return tx.AddAPIToken(w.t.Context(), k, print) })
	return secret
}

// program is something that uses the API with a token.
type program struct {
	t     *testing.T
	w     *world
	token string
	lang  string
}

func (w *world) program(p *account.Person, scopes ...account.Scope) *program {
	if len(scopes) == 0 {
		scopes = account.Scopes
	}
	return &program{w.t, w, w.apiToken(p, scopes...), "ja"}
}

// said is an answer of the API.
type said struct {
	code   int
	header http.Header
	body   []byte
}

// ask sends a request; more are headers, name and value.
func (p *program) ask(method, path string, body any, more ...string) said {
	p.t.Helper()
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			p.t.Fatal(err)
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.w.http.URL+path, r)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	req.Header.Set("Accept-Language", p.lang)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(more); i += 2 {
		req.Header.Set(more[i], more[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return said{res.StatusCode, res.Header, b}
}

// wants ends the test unless the answer has the status and holds all the words.
func (a said) wants(t *testing.T, code int, words ...string) said {
	t.Helper()
	for _, w := range words {
		if !bytes.Contains(a.body, []byte(w)) {
			t.Fatalf("answer %d without %q:\n%.2000s", a.code, w, a.body)
		}
	}
	if a.code != code {
		t.Fatalf("answer %d, want %d: %.2000s", a.code, code, a.body)
	}
	return a
}

// field is a field of the answer, by its path.
func (a said) field(t *testing.T, path ...any) any {
	t.Helper()
	var x any
	if err := json.Unmarshal(a.body, &x); err != nil {
		t.Fatal(err)
	}
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := x.(map[string]any)
			x = m[p]
		case int:
			list, _ := x.([]any)
			if p >= len(list) {
				t.Fatalf("no %v in %.500s", path, a.body)
			}
			x = list[p]
		}
	}
	return x
}

// TestAPIAccess walks the operations as TestAccess does the pages: every role,
// an own object, somebody else's, none; a token that is meant for everything
// else; nobody; and a browser's cookie, which counts for nothing.
func TestAPIAccess(t *testing.T) {
	t.Parallel()
	w := settled(t)
	probe := slices.Clone(apiTable)
	for i := range probe {
		probe[i].bind = func(_ *Server, api huma.API, op huma.Operation) {
			op.DefaultStatus = http.StatusNoContent
			type nothing struct{}
			huma.Register(api, op, call204[nothing])
		}
	}
	a, err := w.server.newAPI(probe)
	if err != nil {
		t.Fatal(err)
	}
	tokens, cookie := map[account.Role]string{}, w.session(w.people[account.Executive])
	for r, p := range w.people {
		tokens[r] = w.apiToken(p, account.Scopes...)
	}
	from := 0
	ask := func(method, path, token string, cookies ...*http.Cookie) int {
		r := httptest.NewRequest(method, w.server.opt.Public.String()+apiRoot+path, nil)
		from++
		r.RemoteAddr = fmt.Sprintf("127.0.%d.%d:1", from/250, from%250)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		for _, c := range cookies {
			r.AddCookie(c)
		}
		rec := httptest.NewRecorder()
		a.mux.ServeHTTP(rec, r)
		return rec.Code
	}
	letters := map[int]string{204: "o", 401: "-", 403: "x", 404: "."}
	var grid strings.Builder
	fmt.Fprintf(&grid, "# o allowed, x forbidden, . as if it were not there, - a token first\n# each cell: own, foreign, absent object; the token is meant for everything\n%-56s %-16s %-4s", "", "", "none")
	for _, r := range account.Roles {
		fmt.Fprintf(&grid, " %-4.4s", r)
	}
	grid.WriteByte('\n')
	for i := range probe {
		o := &probe[i]
		fmt.Fprintf(&grid, "%-56s %-16s", o.key(), o.scope)
		for _, r := range append([]account.Role{""}, account.Roles...) {
			cell := ""
			for _, shop := range []account.ID{w.shop.ID, w.other.ID, w.absent} {
				code := ask(o.method, w.fill(o.pattern, shop, w.absent, w.absent), tokens[r])
				l, ok := letters[code]
				if !ok {
					t.Errorf("%s as %q: %d", o.key(), r, code)
				}
				cell += l
				if o.on == onNothing {
					break
				}
			}
			fmt.Fprintf(&grid, " %-4s", cell)
			if o.on != onNothing && r != account.Operator && r != "" && cell[1:] != ".." {
				t.Errorf("%s tells %s of what is somebody else's: %s", o.key(), r, cell)
			}
		}
		grid.WriteByte('\n')
		if o.open {
			continue
		}
		path := w.fill(o.pattern, w.shop.ID, w.absent, w.absent)
		if got := ask(o.method, path, "", &http.Cookie{Name: w.server.cookieName(), Value: cookie}); got != 401 {
			t.Errorf("%s with a browser's cookie: %d", o.key(), got)
		}
		if o.scope == "" {
			continue
		}
		others := w.apiToken(w.people[account.Executive], slices.DeleteFunc(slices.Clone(account.Scopes), func(s account.Scope) bool { return s == o.scope })...)
		if got := ask(o.method, path, others); got != 403 {
			t.Errorf("%s with a token that is not meant for it: %d", o.key(), got)
		}
		w.change(func(tx *store.Tx) error {
			k, err := w.db.APIToken(t.Context(), account.Fingerprint(others))
			if err != nil {
				return err
			}
			return tx.RevokeAPIToken(t.Context(), k.Person, k.ID)
		})
	}
	var lines []string
	for l := range strings.Lines(grid.String()) {
		lines = append(lines, strings.TrimRight(l, " \n"))
	}
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile("testdata/access-api.txt", []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/access-api.txt")
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "which token may do what; if it is meant, run with -update and read the diff", strings.Split(string(want), "\n"), strings.Split(got, "\n"))
}

// TestAPITable: an operation lets nobody do what the page does not, and each
// says what it is in both languages.
func TestAPITable(t *testing.T) {
	t.Parallel()
	for i := range apiTable {
		o := &apiTable[i]
		if o.open && (len(o.who) > 0 || o.on != onNothing || o.scope != "") {
			t.Errorf("%s is open and names who may", o.key())
		}
		if strings.Contains(o.pattern, "{shop}") != (o.on == onShop) {
			t.Errorf("%s: the object of the line is not the one of its address", o.key())
		}
		if o.scope == "" && !o.open && o.name != "me" {
			t.Errorf("%s needs no scope", o.key())
		}
		if o.about.In(i18n.JA) == "" || o.about.In(i18n.EN) == "" {
			t.Errorf("%s says not what it is", o.key())
		}
		k := slices.IndexFunc(table, func(rt route) bool {
			return rt.method == o.method && (rt.pattern == o.pattern || rt.pattern+"s" == o.pattern)
		})
		if k < 0 {
			continue
		}
		for _, r := range o.who {
			if len(table[k].who) > 0 && !slices.Contains(table[k].who, r) {
				t.Errorf("%s lets %s do what the page does not", o.key(), r)
			}
		}
	}
}

// example is a call of an operation that goes well.
type example struct {
	role   account.Role
	query  string
	body   any
	header []string
	code   int
}

// TestAPIDocument walks the description of the API: every operation has an
// example; what goes in and what comes out is as described, in both languages;
// so is the refusal of who has no token; every field has its words; and
// nothing that is secret comes out.
func TestAPIDocument(t *testing.T) {
	t.Parallel()
	w := settled(t)
	names := w.samples()
	names["edition"] = "ipa-ec-2023"
	finding, err := w.db.Finding(t.Context(), w.shop.ID, account.ID(names["finding"]))
	if err != nil {
		t.Fatal(err)
	}
	finished, err := w.db.DiagnosisOfRun(t.Context(), w.shop.ID, "r20261110-120000-abcde")
	if err != nil {
		t.Fatal(err)
	}
	names["diagnosis"] = string(finished.ID)
	running := w.startedDiagnosis()
	examples := map[string]example{
		"me": {}, "listGuidelines": {}, "getGuideline": {}, "listShops": {query: "?q=tea&limit=1&sort=updated"}, "getShop": {}, "listDiagnoses": {query: "?limit=2"},
		"startDiagnosis": {body: map[string]any{"level": "safe", "window": map[string]string{"from": "01:00", "until": "05:00"}, "repeat_days": 30, "start": "2026-11-23T18:00:00Z"}, header: []string{"Idempotency-Key", "example-0001"}, code: 201},
		"getDiagnosis":   {}, "stopDiagnosis": {}, "getResults": {}, "getReport": {}, "listFindings": {query: "?state=all&severity=low&sort=due&assignee=nobody&limit=2"}, "getFinding": {},
		"commentFinding": {body: map[string]any{"text": "設定を直しました。"}},
		"moveFinding":    {role: account.Maintainer, body: map[string]any{"to": "working"}, header: []string{"If-Match", etag(finding.Revision)}},
		"listChecklists": {}, "getChecklist": {},
	}
	secrets := []string{"Ocha-no-jikan-2026", "shindan-1@", "hanako@example.jp", "03-1234-5678", "$argon2", cheap}
	programs := map[account.Role]*program{}
	for _, l := range []string{"ja", "en"} {
		doc := (&program{t, w, "", l}).ask("GET", apiRoot+"/openapi.json", nil).wants(t, 200, `"openapi":"3.1.0"`)
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		c.DefaultDraft(jsonschema.Draft2020)
		parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc.body))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource("mem:///api.json", parsed); err != nil {
			t.Fatal(err)
		}
		valid := func(what string, b []byte, path ...string) {
			t.Helper()
			for i := range path {
				path[i] = strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(path[i])
			}
			s, err := c.Compile("mem:///api.json#/" + strings.Join(path, "/"))
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			x, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
			if err != nil {
				t.Fatalf("%s: %v: %.300s", what, err, b)
			}
			if err := s.Validate(x); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		whole := doc.field(t)
		wordless(t, l, whole)
		paths, _ := doc.field(t, "paths").(map[string]any)
		seen := 0
		for path, item := range paths {
			for method, op := range item.(map[string]any) {
				seen++
				name, _ := op.(map[string]any)["operationId"].(string)
				e, ok := examples[name]
				if !ok {
					t.Errorf("%s %s (%s) has no example call", method, path, name)
					continue
				}
				if e.code == 0 {
					e.code = 200
				}
				if e.role == "" {
					e.role = account.Executive
				}
				p := programs[e.role]
				if p == nil {
					p = w.program(w.people[e.role])
					programs[e.role] = p
				}
				p.lang = l
				to := path
				if name == "stopDiagnosis" {
					to = strings.ReplaceAll(to, "{diagnosis}", running)
				}
				for k, v := range names {
					to = strings.ReplaceAll(to, "{"+k+"}", url.PathEscape(v))
				}
				if l == "en" && strings.EqualFold(method, "post") && e.code != 201 && name != "commentFinding" {
					continue // it was moved and stopped in Japanese
				}
				at := []string{"paths", path, method, "responses"}
				if l == "en" && e.code == 201 {
					e.code = 200 // it was started in Japanese
				}
				at = append(at, fmt.Sprint(e.code))
				got := p.ask(strings.ToUpper(method), to+e.query, e.body, e.header...)
				if got.code != e.code {
					t.Errorf("%s: %d, want %d: %.500s", name, got.code, e.code, got.body)
					continue
				}
				if e.body != nil {
					b, err := json.Marshal(e.body)
					if err != nil {
						t.Fatal(err)
					}
					valid(name+" request", b, "paths", path, method, "requestBody", "content", "application/json", "schema")
				}
				valid(name, got.body, append(at, "content", "application/json", "schema")...)
				if lang := got.header.Get("Content-Language"); lang != l {
					t.Errorf("%s speaks %q", name, lang)
				}
				for _, s := range append(secrets, p.token, account.Fingerprint(p.token)) {
					if bytes.Contains(got.body, []byte(s)) {
						t.Errorf("%s tells %q", name, s)
					}
				}
				if op.(map[string]any)["security"] == nil {
					continue
				}
				none := (&program{t, w, "", l}).ask(strings.ToUpper(method), to, e.body, "X-Test", name)
				if none.code == 429 {
					continue // strangers are counted
				}
				if none.code != 401 || none.header.Get("WWW-Authenticate") != "Bearer" || none.header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s without a token: %d %v", name, none.code, none.header)
				}
				valid(name+" without a token", none.body, "paths", path, method, "responses", "default", "content", "application/problem+json", "schema")
			}
		}
		if seen != len(apiTable) || len(examples) != len(apiTable) {
			t.Errorf("%d operations described, %d examples, %d in the table", seen, len(examples), len(apiTable))
		}
	}
}

// startedDiagnosis is a diagnosis of the shop that waits for a worker.
func (w *world) startedDiagnosis() string {
	w.t.Helper()
	p := w.program(w.people[account.Executive])
	got := p.ask("POST", apiRoot+"/shops/"+string(w.shop.ID)+"/diagnoses", map[string]any{"level": "passive"}, "Idempotency-Key", string(account.NewID())).wants(w.t, 201)
	id, _ := got.field(w.t, "id").(string)
	return id
}

// wordless finds fields and parameters of the description that say not what they are.
func wordless(t *testing.T, l string, doc any) {
	t.Helper()
	seen := map[string]bool{}
	var look func(name string, x any)
	look = func(name string, x any) {
		m, ok := x.(map[string]any)
		if !ok {
			if list, ok := x.([]any); ok {
				for _, y := range list {
					look(name, y)
				}
			}
			return
		}
		if n, ok := m["name"].(string); ok && m["in"] != nil && m["description"] == nil && !seen[n] {
			seen[n] = true
			t.Errorf("%s: parameter %s has no words", l, n)
		}
		if props, ok := m["properties"].(map[string]any); ok && !strings.HasPrefix(name, reportLineName) {
			for n, p := range props {
				if p.(map[string]any)["description"] == nil && !seen[n] {
					seen[n] = true
					t.Errorf("%s: field %s of %s has no words", l, n, name)
				}
			}
		}
		for k, v := range m {
			if k != "properties" {
				look(k, v)
			}
		}
	}
	look("", doc)
	if whole := fmt.Sprint(doc); l == "en" {
		for used := range maps.Keys(apiWords) {
			if !strings.Contains(whole, used) {
				t.Errorf("words for %q, which is nowhere", used)
			}
		}
	}
}

// call204 answers nothing, for the walk.
func call204[T any](context.Context, *T) (*T, error) { return nil, nil }

// TestAPIExamples runs the commands of docs/api.md.
func TestAPIExamples(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed: the examples were not run")
	}
	w := settled(t)
	names := w.samples()
	doc, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, block := range strings.Split(string(doc), "```") {
		cmd, ok := strings.CutPrefix(block, "sh\n")
		if i%2 == 0 || !ok {
			continue
		}
		n++
		c := exec.CommandContext(t.Context(), "sh", "-c", cmd)
		c.Env = append(os.Environ(), "MISEBAN="+w.http.URL, "MISEBAN_TOKEN="+w.apiToken(w.people[account.Executive], account.Scopes...), "SHOP="+string(w.shop.ID), "FINDING="+names["finding"])
		out, err := c.CombinedOutput()
		if err != nil || !json.Valid(out) || bytes.Contains(out, []byte(`"type":"`)) {
			t.Errorf("%s: %v: %s", cmd, err, out)
		}
	}
	if n < 3 {
		t.Errorf("%d examples", n)
	}
}

// TestAPIRules: what a program is told when it does it wrong.
func TestAPIRules(t *testing.T) {
	t.Parallel()
	w := settled(t)
	names := w.samples()
	boss, vendor, tester := w.program(w.people[account.Executive]), w.program(w.people[account.Maintainer]), w.program(w.people[account.Diagnostician])
	shop := apiRoot + "/shops/" + string(w.shop.ID)
	finding := shop + "/findings/" + names["finding"]

	boss.ask("GET", shop+"/findings?colour=red", nil).wants(t, 422, `"type":"invalid"`, "query.colour", "この名前の項目はありません。")
	boss.ask("GET", shop+"/findings?severity=worst", nil).wants(t, 422, "使える値は info")
	boss.ask("GET", shop+"/findings?after=nonsense", nil).wants(t, 422, "続きの位置を読み取れません")
	boss.lang = "en"
	boss.ask("GET", shop+"/findings?limit=9999", nil).wants(t, 422, "Too long, too short")
	boss.ask("GET", shop+"/findings/"+string(w.absent), nil).wants(t, 404, `"type":"not-found"`, "Not found")
	boss.ask("GET", apiRoot+"/nothing", nil).wants(t, 404, `"type":"not-found"`)
	boss.ask("DELETE", shop, nil).wants(t, 405, `"type":"method"`)
	boss.ask("POST", finding+"/comments", map[string]any{"text": strings.Repeat("x", apiMost)}).wants(t, 413, "too-large")
	boss.ask("POST", finding+"/comments", nil).wants(t, 400, `"type":"invalid"`)

	first := boss.ask("GET", shop+"/findings?limit=2&state=all", nil).wants(t, 200)
	next, _ := first.field(t, "next").(string)
	second := boss.ask("GET", shop+"/findings?limit=2&state=all&after="+url.QueryEscape(next), nil).wants(t, 200)
	if a, b := first.field(t, "items", 1, "id"), second.field(t, "items", 0, "id"); next == "" || a == b {
		t.Errorf("pages: next %q, %v and %v", next, a, b)
	}

	// The moves table holds, and so does the revision.
	tag := vendor.ask("GET", finding, nil).wants(t, 200).header.Get("ETag")
	vendor.ask("POST", finding+"/move", map[string]any{"to": "working"}).wants(t, 428, `"type":"precondition"`)
	vendor.ask("POST", finding+"/move", map[string]any{"to": "resolved", "reason": "直しました"}, "If-Match", tag).wants(t, 403, `"type":"forbidden"`)
	boss.ask("POST", finding+"/move", map[string]any{"to": "accepted"}, "If-Match", tag).wants(t, 422, "reason", "expires")
	vendor.ask("POST", finding+"/move", map[string]any{"to": "working"}, "If-Match", tag).wants(t, 200, `"state":"working"`)
	vendor.ask("POST", finding+"/move", map[string]any{"to": "ready"}, "If-Match", tag).wants(t, 412, `"type":"changed"`)
	w.as(w.people[account.Executive]).get("/shops/"+string(w.shop.ID)+"/audit").wants(t, 200, "API トークンから")

	// A diagnosis is started once under a key, and only as far as the page would.
	start := shop + "/diagnoses"
	plan := map[string]any{"level": "safe"}
	boss.ask("POST", start, plan).wants(t, 422, "Idempotency-Key")
	made := boss.ask("POST", start, plan, "Idempotency-Key", "nightly-1").wants(t, 201)
	again := boss.ask("POST", start, plan, "Idempotency-Key", "nightly-1").wants(t, 200)
	if made.field(t, "id") != again.field(t, "id") || made.header.Get("Location") != apiRoot+"/shops/"+string(w.shop.ID)+"/diagnoses/"+fmt.Sprint(made.field(t, "id")) {
		t.Errorf("twice: %v, %v, %v", made.field(t, "id"), again.field(t, "id"), made.header)
	}
	boss.ask("POST", start, map[string]any{"level": "passive"}, "Idempotency-Key", "nightly-1").wants(t, 409, `"type":"key"`)
	boss.ask("POST", start, map[string]any{"level": "full"}, "Idempotency-Key", "nightly-2").wants(t, 422, `"field":"level"`)
	boss.ask("POST", start, map[string]any{"level": "active"}, "Idempotency-Key", "nightly-3").wants(t, 201, `"level":"active"`, `"consent":"`)
	vendor.ask("POST", start, plan, "Idempotency-Key", "vendor-01").wants(t, 403)
	tester.ask("POST", start, map[string]any{"level": "active"}, "Idempotency-Key", "tester-01").wants(t, 201, `"consent":"`)
	run, err := w.db.Run(t.Context(), fmt.Sprint(made.field(t, "run")))
	if err != nil || !strings.Contains(run.Scope.Authority.Statement, "API") {
		t.Errorf("authority %+v, %v", run.Scope.Authority, err)
	}

	// The token states no authority for a shop that was registered after it was made.
	w.clock.Add(int64(time.Minute / time.Microsecond))
	later := &account.Shop{ID: account.NewID(), Organisation: w.shop.Organisation, State: account.Trading, Name: "後のお店", URL: "https://later.example.jp/"}
	w.change(func(tx *store.Tx) error { return tx.AddShop(t.Context(), later) })
	start = apiRoot + "/shops/" + string(later.ID) + "/diagnoses"
	boss.ask("POST", start, plan, "Idempotency-Key", "later-001").wants(t, 422, "before the shop was registered")
	w.clock.Add(int64(time.Minute / time.Microsecond))
	fresh := w.program(w.people[account.Executive])
	fresh.ask("POST", start, plan, "Idempotency-Key", "later-001").wants(t, 201)
	w.clock.Add(int64(time.Minute / time.Microsecond))
	later.URL, later.Revision = "https://moved.example.jp/", 1
	w.change(func(tx *store.Tx) error { return tx.SaveShop(t.Context(), later) })
	fresh.ask("POST", start, plan, "Idempotency-Key", "moved-001").wants(t, 422, "アドレスが変わる前")

	// Another shop's finding is not found under the own shop.
	other := w.program(w.person("別の責任者", &account.Organisation{ID: w.other.Organisation, Kind: account.Shopkeeper}, account.Executive))
	other.ask("GET", apiRoot+"/shops/"+string(w.other.ID)+"/findings/"+names["finding"], nil).wants(t, 404)
	other.ask("GET", finding, nil).wants(t, 404)

	// The end of the grant, the token's end.
	w.pass(31 * 24 * time.Hour)
	boss.ask("GET", apiRoot+"/me", nil).wants(t, 401, `"type":"token"`)
	if _, err := w.db.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestAPIRates: a token may ask only so often, and who has none less.
func TestAPIRates(t *testing.T) {
	t.Parallel()
	w := settled(t)
	ask := func(token string, most int) int {
		for n := range most {
			r := httptest.NewRequest("GET", apiRoot+"/me", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			rec := httptest.NewRecorder()
			w.server.api.mux.ServeHTTP(rec, r)
			if rec.Code == 429 {
				if rec.Header().Get("Retry-After") == "" || !strings.Contains(rec.Body.String(), `"type":"rate"`) {
					t.Errorf("the refusal: %v %s", rec.Header(), rec.Body)
				}
				return n
			}
		}
		return most
	}
	if n := ask("miseban_wrong", 2*strangerRate+1); n > 2*strangerRate {
		t.Errorf("a stranger asked %d times", n)
	}
	good := w.apiToken(w.people[account.Clerk], account.ReadShops)
	if n := ask(good, 2*tokenRate+1); n < tokenRate || n > 2*tokenRate {
		t.Errorf("a token was good for %d requests", n)
	}
	if n := ask(w.apiToken(w.people[account.Executive], account.ReadShops), 3); n != 3 {
		t.Errorf("another token was refused after %d", n)
	}
}
