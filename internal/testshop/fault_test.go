package testshop

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// checksByContent are the checks whose fault an HTTP answer or a handshake can show.
var checksByContent = strings.Fields(`
	hsts csp frame-protection nosniff referrer-policy permissions-policy charset-declared cache-personal cors-credentials cors-null trace-method dangerous-methods disclosed-version
	cookie-secure cookie-httponly cookie-samesite cookie-scope cookie-lifetime session-id-in-url session-id-strength
	https-missing https-redirect mixed-content form-over-http operator-identity
	tls-expired tls-expiring tls-name tls-chain tls-self-signed tls-weak-key tls-weak-signature tls-old-protocol tls-weak-cipher tls-no-forward-secrecy tls-no-13
	directory-listing vcs-exposed env-file backup-file config-backup installer-left test-left debug-tool server-status dependency-files log-exposed data-directory-exposed database-tool
	source-map api-description ds-store error-detail admin-reachable xmlrpc user-enumeration-wp default-page security-txt email-harvest
	package-identified version-estimated package-vulnerable plugin-vulnerable js-library-vulnerable php-eol server-eol package-eol platform-supported
	third-party-script script-without-sri script-from-unregistered-domain form-assist-script skimmer-sign hidden-seo-spam cloaked-redirect change-since-last
	payment-page-script payment-page-csp card-data-on-own-origin card-integration card-form-autocomplete card-testing-protection
	csrf-token password-over-get password-clear password-field-type password-policy two-factor-offered admin-login-protected
	session-renewed logout-invalidates logout-exists forced-browsing idor order-page-idor role-tampering user-enumeration lockout
	sql xss-reflected xss-stored template-injection path-traversal open-redirect host-header csrf-verified host-header-reset change-notified price-tampering quantity-tampering deserialisation-hint coupon-reuse points-tampering method-override
	crawler-tolerance slow-page unstable-answers waf-present broken-links-to-own-assets privacy-policy tokushoho-page`)

// checksElsewhere may stand in Also: no HTTP answer shows them.
var checksElsewhere = strings.Fields("service-eol service-vulnerable tls-compression tls-renegotiation")

func TestFaultNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	covered := map[string]bool{}
	for _, f := range Faults() {
		if seen[f.Name] {
			t.Errorf("%s is there twice", f.Name)
		}
		seen[f.Name], covered[f.Check()] = true, true
		if f.Title.JA == "" || f.Title.EN == "" || f.Where == "" {
			t.Errorf("%s: incomplete: %+v", f.Name, f)
		}
		for _, c := range append(f.Also, f.Check()) {
			if !slices.Contains(checksByContent, c) && !slices.Contains(checksElsewhere, c) {
				t.Errorf("%s names %q, which is no check", f.Name, c)
			}
		}
	}
	for _, c := range checksByContent {
		if !covered[c] {
			t.Errorf("no fault for the check %s", c)
		}
	}
	for _, d := range Decoys() {
		if d.Title.JA == "" || d.Title.EN == "" || len(d.Checks) == 0 || seen[d.Name] {
			t.Errorf("decoy %s: incomplete: %+v", d.Name, d)
		}
		for _, c := range d.Checks {
			if !covered[c] {
				t.Errorf("decoy %s names %q, which is no check", d.Name, c)
			}
		}
	}
}

// probe is one thing to ask of a shop, with a name for it and what kind of page answers.
type probe struct {
	name, method, path string
	header             http.Header
}

// probes asks every clean page, the given extra paths and the questions that some checks put.
func probes(extra []string) []probe {
	var all []probe
	for _, path := range append(walk(cleanRoutes()), extra...) {
		all = append(all, probe{"p:" + path, "GET", path, http.Header{}})
	}
	for _, path := range []string{"/?author=1", "/search?q=%3Cscript%3E", "/shopping/complete", "/backup.zip", "/backup.sql", "/127.0.0.1.zip", "/index.html.bak"} {
		all = append(all, probe{"p:" + path, "GET", path, http.Header{}})
	}
	for _, method := range []string{"TRACE", "OPTIONS", "PUT", "DELETE"} {
		all = append(all, probe{"m:" + method, method, "/help/guide", http.Header{}})
	}
	return append(all,
		probe{"o:null", "GET", "/help/faq", http.Header{"Origin": {"null"}}},
		probe{"o:evil", "GET", "/help/faq", http.Header{"Origin": {"https://evil.example"}}},
		probe{"r:referer", "GET", "/help/faq", http.Header{"Referer": {"https://www.google.com/search"}}})
}

var (
	secret   = regexp.MustCompile(`[0-9a-f]{64}`)
	bodyKind = regexp.MustCompile(`<body[^>]* class="([a-z]+)`)
)

// ask sends all probes as a signed-in member with something in the cart.
func ask(t *testing.T, o Options, list []probe) map[string]reply {
	t.Helper()
	o.Now = func() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }
	p := open(t, o)
	answers := map[string]reply{}
	for i, pr := range list {
		if i == 0 || p.cookie == nil {
			if o.Faults != nil && o.Faults[0] == "password-over-get" {
				p.get("/mypage/login")
				p.get("/mypage/login?login_email=" + TestMember + "&login_pass=" + TestPassword)
			} else {
				p.signIn(TestMember, TestPassword)
			}
			p.get("/products/detail/2")
			p.post("/cart/add", "product_id", "2", "quantity", "1")
		}
		p.header = pr.header
		got := p.do(pr.method, pr.path, nil)
		p.header = http.Header{}
		got.body = secret.ReplaceAllString(got.body, "SECRET")
		answers[pr.name] = got
	}
	// A stranger's first visit shows how the cookie is set.
	stranger := &visitor{t: t, shop: p.shop, header: http.Header{}}
	for range 3 { // one fault answers now and then with an error, without a cookie
		if stranger.get("/mypage/login"); stranger.cookie != nil {
			break
		}
	}
	answers["cookie"] = reply{header: cookieFacts(stranger.cookie)}
	// So does a visit without HTTPS.
	r := httptest.NewRequest("GET", "http://127.0.0.1:8080/help/guide", nil)
	w := httptest.NewRecorder()
	o.HTTPS = false
	New(o).ServeHTTP(w, r)
	answers["plain"] = reply{status: w.Code, body: w.Header().Get("Location")}
	return answers
}

var (
	cleanOnce sync.Once
	cleanBase map[string]reply
)

// cleanAnswers asks the clean shop once for all faults.
func cleanAnswers(t *testing.T) map[string]reply {
	t.Helper()
	cleanOnce.Do(func() { cleanBase = ask(t, Options{}, probes(nil)) })
	return cleanBase
}

func cookieFacts(c *http.Cookie) http.Header {
	f := http.Header{"name": {c.Name}, "Domain": {c.Domain}}
	f.Set("value", map[bool]string{true: "long", false: "short"}[len(c.Value) >= 43])
	f["Secure"] = []string{map[bool]string{true: "yes"}[c.Secure]}
	f["HttpOnly"] = []string{map[bool]string{true: "yes"}[c.HttpOnly]}
	f["SameSite"] = []string{map[http.SameSite]string{http.SameSiteLaxMode: "Lax"}[c.SameSite]}
	f["Max-Age"] = []string{map[bool]string{true: "hour"}[c.MaxAge <= 3600]}
	return f
}

// differences says in the words of touches what is different between two answers to one probe.
func differences(name string, clean, now reply) []string {
	var diffs []string
	prefix := "h:"
	if name == "cookie" {
		prefix = "c:"
	}
	keys := slices.Sorted(maps.Keys(clean.header))
	for k := range now.header {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	for _, k := range keys {
		if !slices.Equal(clean.header[k], now.header[k]) && !(prefix == "h:" && k == "Set-Cookie") {
			diffs = append(diffs, prefix+k)
		}
	}
	if clean.status != now.status {
		diffs = append(diffs, "s:"+name)
		if now.status == 500 {
			diffs = []string{"s:500"}
		}
	}
	if clean.body != now.body && !slices.Contains(diffs, "s:500") {
		kind := "asset"
		if m := bodyKind.FindStringSubmatch(clean.body); m != nil {
			kind = m[1]
		}
		diffs = append(diffs, "b:"+kind)
	}
	return diffs
}

func allowed(touches []string, name, diff string) bool {
	for _, w := range touches {
		stem, open := strings.CutSuffix(w, "*")
		switch {
		case strings.EqualFold(w, diff), w == name:
			return true
		case open && (strings.HasPrefix(diff, stem) || strings.HasPrefix(name, stem)):
			return true
		case w == "p:*.zip" && strings.HasSuffix(name, ".zip"):
			return true
		}
	}
	return false
}

func extraPaths(f *fault) []string {
	var paths []string
	for _, rt := range f.routes {
		if rt.get != nil {
			paths = append(paths, walk([]*route{rt})...)
		}
	}
	return paths
}

// TestEachFault holds every fault to what it says it touches.
func TestEachFault(t *testing.T) {
	t.Parallel()
	// Time is no part of an answer (TestSlowPage), and some faults show only in
	// what follows a sign-in, a sign-out or another's number (package diagnose), or
	// on values that are meant ill (TestInjection).
	unseen := []string{"slow-page", "session-renewed", "logout-invalidates", "forced-browsing", "idor", "order-page-idor", "user-enumeration", "user-enumeration/redirect", "lockout",
		"sql", "sql/number", "sql/order", "sql/history", "xss-reflected/attribute", "xss-reflected/error", "xss-stored", "template-injection", "path-traversal", "open-redirect/login", "csrf-verified", "host-header-reset", "change-notified", "quantity-tampering", "coupon-reuse", "points-tampering", "method-override"}
	for _, f := range allFaults() {
		if f.Check() != "https-missing" && strings.HasPrefix(f.Name, "tls-") {
			continue // TestCertificates
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			extra := extraPaths(f)
			list := probes(extra)
			clean := maps.Clone(cleanAnswers(t))
			if len(extra) > 0 {
				maps.Copy(clean, ask(t, Options{}, list[len(walk(cleanRoutes())):][:len(extra)]))
			}
			now := ask(t, Options{Faults: []string{f.Name}, Slow: time.Microsecond}, list)
			changed := 0
			for _, name := range slices.Sorted(maps.Keys(clean)) {
				if name == "plain" && f.Name == "https-missing" {
					continue
				}
				for _, d := range differences(name, clean[name], now[name]) {
					changed++
					if !allowed(f.touches, name, d) {
						t.Errorf("%s changed %s, which it does not declare", name, d)
					}
				}
			}
			if changed == 0 && !slices.Contains(unseen, f.Name) {
				t.Error("the fault changed nothing")
			}
			for _, path := range extraPaths(f) {
				if got := now["p:"+path]; got.status >= 500 {
					t.Errorf("%s: got %d", path, got.status)
				}
			}
		})
	}
}

func TestSlowPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := open(t, Options{Faults: []string{"slow-page"}})
		from := time.Now()
		if got := p.get("/news"); got.status != 200 {
			t.Errorf("got %d", got.status)
		}
		if took := time.Since(from); took != 6*time.Second {
			t.Errorf("/news took %v, want 6s", took)
		}
		from = time.Now()
		p.get("/help/faq")
		if took := time.Since(from); took != 0 {
			t.Errorf("another page took %v", took)
		}
	})
}

func TestUnknownFault(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("New took a fault that does not exist")
		}
	}()
	New(Options{Faults: []string{"no-such-check"}})
}

// proofs are the marks by which a check tells a real file from a page about it.
var proofs = []struct{ fault, path, mark string }{
	{"vcs-exposed", "/.git/HEAD", "ref: refs/heads/"},
	{"vcs-exposed", "/.git/config", "[core]"},
	{"vcs-exposed/svn", "/.svn/entries", "12"},
	{"env-file", "/.env", "DATABASE_URL="},
	{"backup-file", "/127.0.0.1.zip", "PK\x03\x04"},
	{"backup-file", "/dump.sql", "CREATE TABLE"},
	{"config-backup", "/wp-config.php.bak", "DB_PASSWORD"},
	{"installer-left", "/install.php", "インストール"},
	{"test-left", "/phpinfo.php", "phpinfo()"},
	{"debug-tool", "/_profiler/", "Symfony Profiler"},
	{"server-status", "/server-status", "Apache Server Status for"},
	{"dependency-files", "/composer.lock", `"packages"`},
	{"log-exposed", "/var/log/prod.log", "app.ERROR"},
	{"data-directory-exposed", "/data/Smarty/templates/default/site_main.tpl", "<!--{"},
	{"database-tool", "/phpmyadmin/", "pma_username"},
	{"source-map", "/assets/js/shop.js.map", `"sourcesContent"`},
	{"source-map", "/assets/js/shop.js", "//# sourceMappingURL=shop.js.map"},
	{"api-description", "/openapi.json", `"openapi":"3`},
	{"ds-store", "/.DS_Store", "\x00\x00\x00\x01Bud1"},
	{"error-detail", "/ranking", "SQLSTATE[42S02]"},
	{"admin-reachable", "/admin/login", "ワンタイムパスワード"},
	{"admin-login-protected", "/admin/login", "ログインID"},
	{"user-enumeration-wp", "/wp-json/wp/v2/users", `"slug"`},
	{"default-page", "/magazine/", "It works!"},
	{"directory-listing", "/assets/js/", "Index of /assets/js"},
	{"package-identified", "/", `<meta name="eccube-csrf-token"`},
	{"package-identified/welcart", "/", "<!-- Welcart version : v2.1.4"},
	{"version-estimated", "/README.md", "# EC-CUBE 4.0"},
	{"package-vulnerable", "/", "code.jquery.com/jquery-3.3.1.min.js"},
	{"package-eol", "/", "/template/default/js/eccube.js?v=3.0.18"},
	{"plugin-vulnerable", "/contact", `name="_wpcf7_version" value="5.3.1"`},
	{"js-library-vulnerable", "/assets/js/jquery-1.12.4.min.js", "/*! jQuery v1.12.4 */"},
	{"card-data-on-own-origin", "/order/card", `name="card_number"`},
	{"card-form-autocomplete", "/order/card", `autocomplete="on"`},
	{"password-over-get", "/mypage/login", `action="/mypage/login" method="get"`},
	{"password-clear", "/mypage/login", `action="http://127.0.0.1:8443/mypage/login"`},
	{"password-field-type", "/mypage/login", `type="text" name="login_pass"`},
	{"password-policy", "/entry", `maxlength="6"`},
	{"form-over-http", "/contact", `action="http://`},
	{"mixed-content", "/", `src="http://`},
	{"hidden-seo-spam", "/", "display:none"},
	{"skimmer-sign", "/assets/js/gtm-loader.js", "sendBeacon"},
	{"session-id-in-url", "/cart", "?PHPSESSID="},
	{"operator-identity", "/help/tradelaw", "合同会社ティーリンク販売"},
	{"email-harvest", "/store/", "mailto:info@chaya.example"},
}

func TestProofs(t *testing.T) {
	t.Parallel()
	clean := open(t, Options{})
	for _, pr := range proofs {
		if got := clean.get(pr.path); strings.Contains(got.body, pr.mark) {
			t.Errorf("the clean shop shows %q at %s", pr.mark, pr.path)
		}
		if got := open(t, Options{Faults: []string{pr.fault}}).get(pr.path); got.status != 200 || !strings.Contains(got.body, pr.mark) {
			t.Errorf("%s: %s answers %d without %q", pr.fault, pr.path, got.status, pr.mark)
		}
	}
}

// TestSigns holds the software faults to the signs by which the packages are known.
func TestSigns(t *testing.T) {
	t.Parallel()
	for fault, signs := range map[string][]string{
		"package-identified":         {`<meta\s+name="eccube-csrf-token"`, `<body[^>]*\sid="page_[a-z_]+"[^>]*class="[^"]*front_page`},
		"package-vulnerable":         {`bootstrapcdn\.com/bootstrap/3\.4\.1/`, `code\.jquery\.com/jquery-3\.3\.1\.min\.js`},
		"package-eol":                {`/template/default/(?:css|js)/[a-z_.]+\?v=(3\.0\.\d+)`},
		"package-identified/welcart": {`<!-- Welcart version : v([\d.]+) -->`},
	} {
		p := open(t, Options{Faults: []string{fault}})
		page := p.get("/").body
		for _, s := range signs {
			if !regexp.MustCompile(s).MatchString(page) {
				t.Errorf("%s: no %s in the top page", fault, s)
			}
		}
		p.get("/cart")
		if fault != "package-identified/welcart" && !regexp.MustCompile(`^eccube=[0-9A-Za-z,-]+;`).MatchString(p.cookie.Raw) {
			t.Errorf("%s: the cookie is %s", fault, p.cookie.Raw)
		}
	}
}

func TestFlow(t *testing.T) {
	t.Parallel()
	p := open(t, Options{Faults: []string{"password-over-get"}})
	if got := p.get("/mypage/login?login_email=" + TestMember + "&login_pass=" + TestPassword); h(got, "Location") != "/mypage/" {
		t.Errorf("sign-in by GET: got %d", got.status)
	}
	p = open(t, Options{Faults: []string{"cors-credentials"}})
	p.header.Set("Origin", "https://evil.example")
	if got := p.get("/api/v1/items"); h(got, "Access-Control-Allow-Origin") != "https://evil.example" || h(got, "Access-Control-Allow-Credentials") != "true" {
		t.Errorf("cors-credentials: got %v", got.header)
	}
	p = open(t, Options{Faults: []string{"trace-method"}})
	p.header.Set("X-Mark", "k29")
	if got := p.do("TRACE", "/", nil); got.status != 200 || !strings.Contains(got.body, "X-Mark: k29") || h(got, "Content-Type") != "message/http" {
		t.Errorf("TRACE: got %d %q", got.status, got.body)
	}
	p = open(t, Options{Faults: []string{"cloaked-redirect"}})
	p.header.Set("Referer", "https://search.yahoo.co.jp/search?p=tea")
	if got := p.get("/"); got.status != 302 || !strings.Contains(h(got, "Location"), ".invalid/") {
		t.Errorf("cloaked-redirect: got %d", got.status)
	}
}
