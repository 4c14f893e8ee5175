package signin

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// call is a sign-in that a page's script sends as JSON.
type call struct {
	to       *url.URL
	user     string // key of the name
	password string
	fixed    map[string]any // further keys with the values that the script gives them
}

var (
	callBefore = regexp.MustCompile("(?is)(?:\\bfetch|\\baxios|\\$http|\\.post|\\.ajax|\\.open|\\.request|\\bpost)\\s*\\(\\s*(?:[\"']POST[\"']\\s*,\\s*|\\{[^{}]*url\\s*:\\s*)?$")
	loginRoute = regexp.MustCompile(`(?i)log-?_?in|sign-?_?in|log-?_?on|session|auth|token`)
	otherRoute = regexp.MustCompile(`(?i)log-?_?out|sign-?_?out|sign-?_?up|regist|reset|forgot|refresh|verify|password`)
	secretKeys = regexp.MustCompile(`(?is)\{([^{}]*pass[^{}]*)\}`)
	objectKey  = regexp.MustCompile(`^\s*["']?([A-Za-z_][\w-]{0,40})["']?\s*(?::\s*(.+))?$`)
	userKey    = regexp.MustCompile(`(?i)user|mail|login|account|^id$|name|member|customer`)
	literal    = regexp.MustCompile(`^(?:"([^"\\]*)"|'([^'\\]*)'|(true|false|\d{1,9}))$`)
)

// near is how far around the call its body is looked for.
const near = 900

// scriptedLogin finds the call with which the scripts of the page sign in: an
// address that speaks of it with an object beside it that holds a password.
func scriptedLogin(pg *page.Page, sources []string, allowed func(*url.URL) bool) *call {
	base := pg.URL
	for _, src := range sources {
		if len(src) > 4<<20 {
			continue
		}
		for _, m := range loginRoute.FindAllStringIndex(src, 2000) {
			raw, from, to := quoted(src, m[0])
			if raw == "" || otherRoute.MatchString(raw) || strings.Contains(raw, "${") || !callBefore.MatchString(src[max(0, from-160):from]) {
				continue
			}
			u, err := base.Parse(raw)
			if err != nil || !allowed(u) {
				continue
			}
			if c := bodyOf(src[max(0, from-near):min(len(src), to+near)]); c != nil {
				c.to = u
				return c
			}
		}
	}
	return nil
}

// quoted is the string literal around place i, with where it begins and ends.
func quoted(src string, i int) (raw string, from, to int) {
	const longest = 200
	for from = i; from > 0 && i-from < longest && !strings.ContainsRune("\"'`\n ", rune(src[from-1])); from-- {
	}
	if from == 0 || !strings.ContainsRune("\"'`", rune(src[from-1])) {
		return "", 0, 0
	}
	n := strings.IndexByte(src[from:min(len(src), from+longest)], src[from-1])
	if n < 0 || strings.ContainsAny(src[from:from+n], " \t\n\r") {
		return "", 0, 0
	}
	return src[from : from+n], from - 1, from + n + 1
}

// bodyOf reads the object with the password: {email: v, password: w, device: "web"}.
func bodyOf(src string) *call {
	for _, m := range secretKeys.FindAllStringSubmatch(src, 20) {
		c := &call{fixed: map[string]any{}}
		for part := range strings.SplitSeq(m[1], ",") {
			k := objectKey.FindStringSubmatch(part)
			if k == nil {
				continue
			}
			name, value := k[1], strings.TrimSpace(k[2])
			switch {
			case c.password == "" && strings.Contains(strings.ToLower(name), "pass"):
				c.password = name
			case literal.MatchString(value):
				c.fixed[name] = constant(value)
			case c.user == "" && userKey.MatchString(name):
				c.user = name
			}
		}
		if c.user != "" && c.password != "" {
			return c
		}
	}
	return nil
}

func constant(s string) any {
	m := literal.FindStringSubmatch(s)
	if m[3] != "" {
		var v any
		_ = json.Unmarshal([]byte(m[3]), &v) // the pattern lets only JSON through
		return v
	}
	return m[1] + m[2]
}

// request is the call as the script would send it, with the anti-CSRF value
// that the page hands to its scripts.
func (c *call) request(pg *page.Page, cookies []*http.Cookie, user, password string) *wire.Request {
	body := map[string]any{c.user: user, c.password: password}
	for k, v := range c.fixed {
		body[k] = v
	}
	data, _ := json.Marshal(body) // strings, numbers and booleans only
	h := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/plain, */*"}, "X-Requested-With": {"XMLHttpRequest"}}
	h.Set("Origin", pg.URL.Scheme+"://"+pg.URL.Host)
	h.Set("Referer", pg.URL.String())
	for _, m := range pg.Metas {
		if tokenMeta.MatchString(m.Name) && m.Content != "" {
			h.Set("X-CSRF-Token", m.Content)
		}
	}
	for _, ck := range cookies {
		if strings.EqualFold(ck.Name, "XSRF-TOKEN") {
			v, err := url.QueryUnescape(ck.Value)
			if err != nil {
				v = ck.Value
			}
			h.Set("X-XSRF-TOKEN", v)
		}
	}
	return &wire.Request{Method: http.MethodPost, URL: c.to, Body: data, Header: h}
}

var tokenMeta = regexp.MustCompile(`(?i)^_?(csrf|xsrf)[-_]?token$`)

var (
	tokenKey = regexp.MustCompile(`(?i)^(?:access_?token|id_?token|auth_?token|api_?token|session_?token|token|jwt|bearer)$`)
	oneWord  = regexp.MustCompile(`^[A-Za-z0-9._~+/=|-]{16,}$`)
)

const maxToken = 8 << 10

// bearerIn is the token that an answer hands to the page's scripts; "" when
// there is none. Refresh tokens are left alone: they do not show who asks.
func bearerIn(body []byte) string {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return ""
	}
	return bearerOf(v, 0)
}

func bearerOf(v any, depth int) string {
	m, ok := v.(map[string]any)
	if !ok || depth > 3 {
		return ""
	}
	for _, want := range []string{"access", "id", ""} {
		for k, e := range m {
			if s, ok := e.(string); ok && tokenKey.MatchString(k) && strings.HasPrefix(strings.ToLower(k), want) && oneWord.MatchString(s) && len(s) <= maxToken {
				return s
			}
		}
	}
	for _, k := range sortedKeys(m) {
		if t := bearerOf(m[k], depth+1); t != "" {
			return t
		}
	}
	return ""
}

// bearerStored is the token among what the page's scripts keep in web storage.
func bearerStored(list []page.Stored) string {
	for _, s := range list {
		v := strings.Trim(strings.TrimSpace(s.Value), `"`)
		if tokenKey.MatchString(s.Key) && oneWord.MatchString(v) && len(v) <= maxToken {
			return v
		}
		if t := bearerIn([]byte(s.Value)); t != "" {
			return t
		}
	}
	return ""
}
