package testshop

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"
)

var ownDoors = regexp.MustCompile(`href="(/(?:cart|entry|mypage/login|mypage/|shopping|contact))"`)

func cookieFaults() []*fault {
	return []*fault{
		{Fault: about("cookie-secure", "*", "セッションCookieにSecureがない", "session cookie without Secure"),
			cookie: func(_ *visit, c *http.Cookie) { c.Secure = false }, touches: []string{"c:Secure"}},
		{Fault: about("cookie-httponly", "*", "セッションCookieにHttpOnlyがない", "session cookie without HttpOnly"),
			cookie: func(_ *visit, c *http.Cookie) { c.HttpOnly = false }, touches: []string{"c:HttpOnly"}},
		{Fault: about("cookie-samesite", "*", "セッションCookieにSameSiteがない", "session cookie without SameSite"),
			cookie: func(_ *visit, c *http.Cookie) { c.SameSite = 0 }, touches: []string{"c:SameSite"}},
		{Fault: about("cookie-scope", "*", "セッションCookieがほかのホストにも送られる", "session cookie is sent to other hosts"),
			cookie: func(v *visit, c *http.Cookie) { c.Domain = wideDomain(v.r.Host) }, touches: []string{"c:Domain"}},
		{Fault: about("cookie-lifetime", "*", "セッションCookieが10年残る", "session cookie lives for ten years"),
			cookie: func(_ *visit, c *http.Cookie) { c.MaxAge = int(10 * 365 * 24 * time.Hour / time.Second) }, touches: []string{"c:Max-Age"}},
		{Fault: about("session-id-in-url", "*", "セッションIDがURLに入る", "session id in links"),
			answer: func(v *visit) {
				if !v.html() || v.sess == nil {
					return
				}
				// The id in the URL is made from the visitor's, as PHP's trans-sid would print it.
				id := fmt.Sprintf("%x", md5.Sum([]byte(v.sess.token)))
				v.body = ownDoors.ReplaceAll(v.body, []byte(`href="$1?PHPSESSID=`+id+`"`))
				v.body = bytes.ReplaceAll(v.body, []byte(`<input type="hidden" name="_token"`), []byte(`<input type="hidden" name="PHPSESSID" value="`+id+`"><input type="hidden" name="_token"`))
			}, touches: []string{"b:*"}},
		{Fault: about("session-id-strength", "*", "セッションIDが連番", "session ids count up"), touches: []string{"c:value"}},
	}
}

// wideDomain is the host's parent where it has one, and the host itself where it has none.
func wideDomain(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if net.ParseIP(host) != nil {
		return host
	}
	if labels := strings.Split(host, "."); len(labels) > 2 {
		return strings.Join(labels[len(labels)-2:], ".")
	}
	return host
}
