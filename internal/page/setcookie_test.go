package page

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseSetCookie(t *testing.T) {
	t.Parallel()
	date := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	for line, want := range map[string]SetCookie{
		"PHPSESSID=abc; path=/; secure; httponly; samesite=lax":  {Name: "PHPSESSID", Value: "abc", Path: "/", Secure: true, HTTPOnly: true, SameSite: "lax"},
		" a = b ;SECURE=false ; HttpOnly=0":                      {Name: "a", Value: "b", Secure: true, HTTPOnly: true},
		"a=b; Domain=.Shop.Example; Path=shop":                   {Name: "a", Value: "b", Domain: "shop.example"},
		"a=b; SameSite=None; SameSite=Strict":                    {Name: "a", Value: "b", SameSite: "strict"},
		"a=b; Max-Age=60; Max-Age=+5; Max-Age=x":                 {Name: "a", Value: "b", MaxAge: time.Minute, HasMaxAge: true},
		"a=b; Max-Age=-1":                                        {Name: "a", Value: "b", HasMaxAge: true},
		"a=b; Expires=Sat, 02-Jan-2027 03:04:05 GMT":             {Name: "a", Value: "b", Expires: date},
		"a=b; expires=Sat, 02 Jan 27 3:4:5 GMT":                  {Name: "a", Value: "b", Expires: date},
		"a=b; Expires=tomorrow":                                  {Name: "a", Value: "b"},
		"a=b=c==; Partitioned":                                   {Name: "a", Value: "b=c==", Partitioned: true},
		"path=/; Secure":                                         {Name: "path", Value: "/", Secure: true},
		"a=\"secure; httponly\"":                                 {Name: "a", Value: "\"secure"},
		"a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=999": {Name: "a", Expires: time.Unix(0, 0).UTC(), MaxAge: 999 * time.Second, HasMaxAge: true},
	} {
		got, ok := ParseSetCookie(line)
		if d := cmp.Diff(want, got); !ok || d != "" {
			t.Errorf("%q: ok %v (-want +got)\n%s", line, ok, d)
		}
	}
	for _, line := range []string{"", "novalue", "=x", "a=b\x00", "; Secure"} {
		if got, ok := ParseSetCookie(line); ok {
			t.Errorf("%q: got %+v, want it dropped", line, got)
		}
	}
}

func TestDeletes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	for line, want := range map[string]bool{
		"sid=abcd1234": false, "sid=; Path=/": true, "sid=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT": true,
		"sid=abcd1234; Max-Age=0": true, "sid=abcd1234; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT": false,
		"sid=abcd1234; Max-Age=99999999999999999999": false,
	} {
		if c, ok := ParseSetCookie(line); !ok || c.Deletes(now) != want {
			t.Errorf("%q: ok %v, Deletes %v, want %v", line, ok, c.Deletes(now), want)
		}
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	const random = "k3J9xQ0aTz7LmW2pR8vB5nYc"
	for sign, lines := range map[SessionSign][]string{
		IsSession: {
			"PHPSESSID=abcd1234", "ECSESSID=0a1b2c3d4e", "eccube=0a1b2c3d4e", "__Host-eccube=0a1b2c3d4e", "zenid=0a1b2c3d4e", "OCSESSID=0a1b2c3d4e",
			"JSESSIONID=5F3A9B", "ASP.NET_SessionId=abc1", "ASPSESSIONIDQQABCDEF=ABCD1", "laravel_session=eyJpdiI6", "connect.sid=s%3A123.abc",
			"wordpress_logged_in_0123456789abcdef0123456789abcdef=admin%7C1", "wp_woocommerce_session_0123=t_1%7C%7C2", "usces_cookie=0a1b2c3d4e",
			"PrestaShop-0123456789abcdef=def502", "frontend=0a1b2c3d4e", "sid=s%3Aabc1", "asid=s%3Aabc1", "mise_session=202611000001", "myshop-sessionid=9f8e7d",
			"remember_web_59ba36addc2b2f9401580f014c7f58ea4e30989d=" + random, "auth_token=" + random, "__Secure-next-auth.session-token=" + random,
			"sid_customer_1a2b3=1a2b3c4d", "SESS0123456789abcdef0123456789abcdef=abc1", "CAKEPHP=0a1b2c", "shopSession=0a1b2c3d",
		},
		MaybeSession: {"b8e=" + random, "cart_key=" + random + "; Max-Age=3600"},
		NoSession: {
			"_ga=GA1.2.1234567890.1234567890", "_ga_ABC123=GS1.1.1.1", "XSRF-TOKEN=" + random, "csrftoken=" + random, "mage-cache-sessid=true", "form_key=abcdefgh12345678",
			"_hjSession_123=" + random, "CookieConsent=" + random, "OptanonConsent=" + random, "__cf_bm=" + random, "AWSALB=" + random, "wordpress_test_cookie=WP%20Cookie%20check",
			"woocommerce_items_in_cart=1", "lang=ja", "theme=dark", "first_session=true", "has_session=1", "PHPSESSID=1", "visitor_uuid=" + random, "intercom-session-x=" + random,
			"b8e=" + random + "; Max-Age=31536000", "news=2026-11-21", "krt.vis=" + random, "TS01a2b3c4=" + random, "cookiesession1=" + random, "akavpau_shop=" + random, "citrix_ns_id=" + random, "auth=1", "remember=yes",
		},
	} {
		for _, line := range lines {
			c, ok := ParseSetCookie(line)
			if got := c.Session(); !ok || got != sign {
				t.Errorf("%q: ok %v, sign %d, want %d", line, ok, got, sign)
			}
		}
	}
}

func FuzzParseSetCookie(f *testing.F) {
	for _, s := range []string{"PHPSESSID=abc; path=/; secure", "a=b; Expires=Sat, 02-Jan-2027 03:04:05 GMT; Max-Age=9", "=;=;;", "a=b; expires=1:1:1 1 jan 1", "__Host-a=b;Domain=."} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		c, ok := ParseSetCookie(s)
		if !ok {
			return
		}
		if c.Name == "" || strings.ContainsAny(c.Name+c.Value, ";\r\n\x00") {
			t.Errorf("%q: name %q, value %q", s, c.Name, c.Value)
		}
		if d, kept := c.Lifetime(now); c.HasMaxAge && (!kept || d < 0) {
			t.Errorf("%q: lifetime %v, kept %v", s, d, kept)
		}
		c.Deletes(now)
		c.Session()
	})
}
