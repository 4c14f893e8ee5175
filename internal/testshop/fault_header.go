package testshop

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func dropHeader(name string) func(*visit) {
	return func(v *visit) { v.header.Del(name) }
}

// rewritePolicy changes the finished policy of pages for which ok holds.
func rewritePolicy(ok func(*visit) bool, change func(policy)) func(*visit) {
	return func(v *visit) {
		if v.header.Get("Content-Security-Policy") != "" && ok(v) {
			change(v.policy)
			v.header.Set("Content-Security-Policy", v.policy.String())
		}
	}
}

func everywhere(*visit) bool { return true }

func headerFaults() []*fault {
	return []*fault{
		{Fault: about("hsts", "*", "HSTSがない", "no HSTS"), answer: dropHeader("Strict-Transport-Security"), touches: []string{"h:Strict-Transport-Security"}},
		{Fault: about("csp", "*", "CSPがない", "no content security policy", "payment-page-csp"),
			answer: dropHeader("Content-Security-Policy"), touches: []string{"h:Content-Security-Policy"}},
		{Fault: about("csp/unsafe-inline", "*", "CSPがunsafe-inlineと*を許す", "policy allows unsafe-inline and *", "payment-page-csp"),
			answer:  rewritePolicy(everywhere, func(p policy) { p["script-src"] = []string{"'unsafe-inline'", "*"} }),
			touches: []string{"h:Content-Security-Policy"}},
		{Fault: about("frame-protection", "*", "ほかのサイトの枠に入れられる", "pages can be framed by other sites"),
			answer: func(v *visit) {
				v.header.Del("X-Frame-Options")
				rewritePolicy(everywhere, func(p policy) { delete(p, "frame-ancestors") })(v)
			}, touches: []string{"h:X-Frame-Options", "h:Content-Security-Policy"}},
		{Fault: about("nosniff", "*", "nosniffがない", "no nosniff"), answer: dropHeader("X-Content-Type-Options"), touches: []string{"h:X-Content-Type-Options"}},
		{Fault: about("referrer-policy", "*", "Referrer-Policyがない", "no referrer policy"), answer: dropHeader("Referrer-Policy"), touches: []string{"h:Referrer-Policy"}},
		{Fault: about("permissions-policy", "*", "Permissions-Policyがない", "no permissions policy"), answer: dropHeader("Permissions-Policy"), touches: []string{"h:Permissions-Policy"}},
		{Fault: about("charset-declared", "*", "文字コードを宣言していない", "charset not declared"),
			answer: func(v *visit) {
				if v.html() {
					v.header.Set("Content-Type", "text/html")
					for _, c := range []string{"UTF-8", "Shift_JIS", "EUC-JP"} {
						v.body = []byte(strings.Replace(string(v.body), `<meta charset="`+c+`">`, "", 1))
					}
				}
			}, touches: []string{"h:Content-Type", "b:*"}},
		{Fault: about("cache-personal", "/cart /mypage/* /shopping /entry /contact", "お客様ごとのページが保存できる", "personal pages may be cached"),
			answer: func(v *visit) {
				if v.kind.personal() && v.html() {
					v.header.Set("Cache-Control", "public, max-age=600")
				}
			}, touches: []string{"h:Cache-Control"}},
		{Fault: about("cors-credentials", "*", "どのサイトにも認証つきで応答する", "answers any origin with credentials", "cors-null"),
			answer: func(v *visit) {
				if o := v.r.Header.Get("Origin"); o != "" && o != "null" {
					v.header.Set("Access-Control-Allow-Origin", o)
					v.header.Set("Access-Control-Allow-Credentials", "true")
				}
			}, touches: []string{"h:Access-Control-Allow-Origin", "h:Access-Control-Allow-Credentials"}},
		{Fault: about("cors-null", "*", "Origin: nullに認証つきで応答する", "answers the null origin with credentials", "cors-credentials"),
			answer: func(v *visit) {
				if v.r.Header.Get("Origin") == "null" {
					v.header.Set("Access-Control-Allow-Origin", "null")
					v.header.Set("Access-Control-Allow-Credentials", "true")
				}
			}, touches: []string{"h:Access-Control-Allow-Origin", "h:Access-Control-Allow-Credentials"}},
		{Fault: about("trace-method", "*", "TRACEが使える", "TRACE echoes", "dangerous-methods"),
			before: traced, touches: []string{"m:TRACE"}},
		{Fault: about("dangerous-methods", "*", "PUTとDELETEを受け付ける", "PUT and DELETE are offered"),
			before: func(v *visit) bool {
				switch v.r.Method {
				case http.MethodOptions:
					v.header.Set("Allow", "GET, HEAD, POST, OPTIONS, PUT, DELETE")
					v.header.Set("DAV", "1, 2")
					v.status = http.StatusOK
				case http.MethodPut:
					v.shop.harm.uploads.Add(1)
					v.status = http.StatusCreated
				case http.MethodDelete:
					v.shop.harm.deletions.Add(1)
					v.status = http.StatusNoContent
				default:
					return false
				}
				v.route = "(dav)"
				return true
			}, touches: []string{"m:OPTIONS", "m:PUT", "m:DELETE"}},
		{Fault: about("disclosed-version", "*", "サーバのバージョンが見える", "server version shown", "server-eol", "service-vulnerable", "service-eol", "package-identified"),
			answer: serverHeader("Apache/2.4.49 (Unix)"), touches: []string{"h:Server"}},
	}
}

func serverHeader(value string) func(*visit) {
	return func(v *visit) { v.header.Set("Server", value) }
}

// traced sends a TRACE request back as it came.
func traced(v *visit) bool {
	if v.r.Method != http.MethodTrace {
		return false
	}
	var b strings.Builder
	fmt.Fprintf(&b, "TRACE %s HTTP/1.1\r\nHost: %s\r\n", v.r.URL.RequestURI(), v.r.Host)
	names := make([]string, 0, len(v.r.Header))
	for name := range v.r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range v.r.Header[name] {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	v.route = "(trace)"
	v.text("message/http", b.String()+"\r\n")
	return true
}
