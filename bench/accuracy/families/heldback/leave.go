package heldback

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

const elsewhere = "elsewhere.example"

// sender is a page that sends a visitor on.
type sender struct {
	name, about string
	path, param string
	sample      string // with ORIGIN
	others      []string
	places      []trial.Place
	ways        []int
	bad         func(v, origin string) string // "" to stay
	exploit     string
}

var (
	lineBreaks = strings.NewReplacer("\r", "", "\n", "", "\x00", "")
	localPath  = regexp.MustCompile(`^/(?:[\w.-]+/?)*(?:\?[\w=&.-]*)?$`)
)

// scripted are addresses that would be scripts: another weakness.
var scripted = regexp.MustCompile(`(?i)^[\x00-\x20]*(?:j\s*a\s*v\s*a\s*s|v\s*b\s*s|d\s*a\s*t\s*a\s*:)`)

func always(v, _ string) string { return v }

var ways = []func(to string) *trial.Answer{
	func(to string) *trial.Answer { return moved(302, to) },
	func(to string) *trial.Answer { return moved(303, to) },
	func(to string) *trial.Answer { return moved(301, to) },
	func(to string) *trial.Answer {
		return trial.Text(`<meta http-equiv="refresh" content="3; URL=` + e(to) + `"><p>3秒後に自動的に移動します。移動しない場合は<a href="/">こちら</a></p>`)
	},
	func(to string) *trial.Answer {
		j, _ := json.Marshal(to)
		return trial.Text(`<p>画面を切り替えています…</p><script>window.location.href = ` + strings.ReplaceAll(string(j), `\u0026`, "&") + `;</script>`)
	},
}

func moved(status int, to string) *trial.Answer {
	return &trial.Answer{Status: status, Header: map[string][]string{"Location": {to}}, Body: "<p>移動します。</p>"}
}

var senders = []sender{
	{name: "after-login", about: "after signing in, to whatever the form's hidden field says", path: "/mypage/login_check.php", param: "url", sample: "/mypage/", others: []string{"/cart/"}, places: append([]trial.Place{trial.Cookie, trial.List}, webPlaces...), bad: always, exploit: "https://" + elsewhere + "/"},
	{name: "jump", about: "a CGI that leads to what stands behind its question mark", path: "/cgi-bin/jump.cgi", sample: "ORIGIN/guide", places: []trial.Place{trial.Name, trial.Name, trial.Query, trial.Base64}, ways: []int{0, 3}, bad: func(v, _ string) string {
		if !strings.HasPrefix(v, "http") {
			return ""
		}
		return v
	}, exploit: "http://" + elsewhere + "/"},
	{name: "slash-first", about: "what begins with a slash is taken for a path of the shop's", path: "/login", param: "redirect_to", sample: "/orders", others: []string{"/points"}, places: append([]trial.Place{trial.JSON, trial.CookieObj}, webPlaces...), bad: func(v, _ string) string {
		if !strings.HasPrefix(v, "/") {
			return ""
		}
		return v
	}, exploit: "//" + elsewhere + "/"},
	{name: "two-slashes", about: "// in front is refused, a slash and a backslash are not", path: "/member/auth.do", param: "forward", sample: "/member/top", others: []string{"/member/point"}, places: append([]trial.Place{trial.Cookie}, webPlaces...), bad: func(v, _ string) string {
		if !strings.HasPrefix(v, "/") || strings.HasPrefix(v, "//") {
			return ""
		}
		return v
	}, exploit: `/\` + elsewhere + "/"},
	{name: "parse-url", about: "an address without a host, as parse_url sees it, is taken for the shop's own", path: "/wp-login.php", param: "redirect_to", sample: "/shop/", others: []string{"/cart/"}, places: webPlaces, ways: []int{0, 4}, bad: func(v, _ string) string {
		if u, err := url.Parse(v); err != nil || u.Host != "" || strings.HasPrefix(v, "//") || strings.Contains(v, `\`) {
			return ""
		}
		return v
	}, exploit: "https:/" + elsewhere + "/"},
	{name: "own-name-first", about: "the address has to begin with the shop's name and scheme, and may go on with @", path: "/sso/return", param: "RelayState", sample: "ORIGIN/mypage", others: []string{"ORIGIN/cart"}, places: []trial.Place{trial.Form, trial.Form, trial.Query, trial.JSON, trial.Base64}, ways: []int{0, 1, 4}, bad: func(v, origin string) string {
		host, _, _ := strings.Cut(strings.TrimPrefix(origin, "http://"), ":")
		if !strings.HasPrefix(v, "http://"+host) && !strings.HasPrefix(v, "/") || strings.HasPrefix(v, "//") || strings.HasPrefix(v, `/\`) {
			return ""
		}
		return v
	}, exploit: "http://HOST@" + elsewhere + "/"},
	{name: "mail-link", about: "a link of a mail magazine is counted and followed", path: "/r.php", param: "u", sample: "ORIGIN/guide", places: []trial.Place{trial.Query, trial.Query, trial.Base64, trial.Double, trial.Unlinked}, ways: []int{0, 2, 3}, bad: func(v, _ string) string {
		if u, err := url.Parse(v); err != nil || u.Scheme != "http" && u.Scheme != "https" {
			return ""
		}
		return v
	}, exploit: "https://" + elsewhere + "/"},
	{name: "language", about: "the page to come back to after the language was changed; script: and http: are refused as words", path: "/lang/switch", param: "from", sample: "/guide", places: append([]trial.Place{trial.Cookie}, webPlaces...), bad: func(v, _ string) string {
		if low := strings.ToLower(v); strings.Contains(low, "http:") || strings.Contains(low, "https:") || strings.Contains(low, "script:") {
			return ""
		}
		return v
	}, exploit: "//" + elsewhere + "/"},
}

// stay is what a careful shop makes of an address: a place of its own, or a page.
func stay(s *shop, lure int, v, origin string) (string, *trial.Answer) {
	own := strings.HasPrefix(v, origin+"/") && localPath.MatchString(strings.TrimPrefix(v, origin))
	switch {
	case own || localPath.MatchString(v):
		return v, nil
	case lure == 0: // WordPress' wp_safe_redirect
		return "/wp-admin/", nil
	case lure == 1: // a page that asks
		return "", trial.Text(`<h2>外部サイトへ移動しようとしています</h2><p><a rel="nofollow noopener" href="` + httpAddress(v) + `">` + e(v) + `</a></p>`)
	case lure == 2: // asked to sign in again, with the address carried along
		return "/login?redirect_to=" + url.QueryEscape(v), nil
	case lure == 3: // the same page with a slash, and the query as it was
		return "/login/?" + url.Values{"redirect_to": {v}}.Encode(), nil
	case lure == 4: // only the path counts
		u, err := url.Parse(strings.ReplaceAll(v, `\`, "/"))
		if err != nil || u.Path == "" {
			return "/", nil
		}
		return "/" + strings.TrimLeft(u.EscapedPath(), "/"), nil
	case lure == 5: // links are known by their number
		return "", trial.Status(404, "<h1>リンクの有効期限が切れています</h1>")
	}
	return "", s.decline(v)
}

var senderFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range senders {
		out = append(out, senders[i].family())
	}
	return append(out,
		trap("open-redirect", "redirect-signed", "an address counts only with its signature; without one a page says so and shows it", []trial.Place{trial.Query, trial.Query, trial.Base64, trial.Double}, nil, func(s *shop) (*trial.Handler, answer, error) {
			return s.named("/click", "url", s.b.Origin+"/guide"), func(_ context.Context, v string) (*trial.Answer, error) {
				if v == s.b.Origin+"/guide" {
					return moved(302, "/guide"), nil
				}
				return trial.Status(403, "<h1>署名が正しくありません</h1><p>"+e(v)+"</p><script>var denied = "+inScript(v)+";</script>"), nil
			}, nil
		}),
		trap("open-redirect", "redirect-canonical", "an address without a slash at its end leads to the one with, and takes its query along", []trial.Place{trial.Query, trial.Query, trial.Unlinked, trial.Double}, nil, func(s *shop) (*trial.Handler, answer, error) {
			return s.named("/products/list", s.b.Pick("next", "url", "ref"), "/guide"), func(_ context.Context, v string) (*trial.Answer, error) {
				return moved(301, "/products/list/?"+url.Values{"next": {lineBreaks.Replace(v)}}.Encode()), nil
			}, nil
		}),
		trap("open-redirect", "redirect-share", "buttons lead to social networks with the address in their query, and the page goes nowhere", webPlaces, nil, func(s *shop) (*trial.Handler, answer, error) {
			return s.named("/share.php", "url", "/guide"), func(_ context.Context, v string) (*trial.Answer, error) {
				q := url.QueryEscape(v)
				return s.show("", `<a href="https://social.example/share?url=`+q+`">シェア</a><a href="https://line.example/R/msg/text/?`+q+`">送る</a><script>var share = {location: `+inScript(v)+`, href: "`+q+`"};</script>`), nil
			}, nil
		}))
}()

func (d *sender) family() *trial.Family {
	// With a second step the first redirect would be the site's own.
	grades := []trial.Grade{trial.Plain, trial.Plain, trial.Noise, trial.Random, trial.WAF, trial.Slow, trial.Jitter, trial.Token, trial.Lock, trial.Storm}
	return &trial.Family{Name: "shop-leave-" + d.name, Class: "open-redirect", About: d.about, Places: d.places, Grades: grades, Make: func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		lure, way := b.Rand.IntN(7), 0
		if len(d.ways) > 0 {
			way = d.ways[b.Rand.IntN(len(d.ways))]
		} else {
			way = b.Rand.IntN(len(ways))
		}
		fill := strings.NewReplacer("ORIGIN", b.Origin)
		others := make([]string, len(d.others))
		for i, o := range d.others {
			others[i] = fill.Replace(o)
		}
		hd := s.named(d.path, d.param, fill.Replace(d.sample), others...)
		if b.Place == trial.Unlinked {
			hd.Param = b.Pick("url", "redirect", "next", "return_url")
		}
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := lineBreaks.Replace(a.Value)
			if b.Vulnerable {
				if to := d.bad(v, b.Origin); to != "" && !scripted.MatchString(to) {
					return ways[way](to), nil
				}
				return ways[way]("/"), nil
			}
			to, page := stay(s, lure, v, b.Origin)
			if page != nil {
				return page, nil
			}
			return ways[way](to), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			own, err := url.Parse(b.Origin)
			if err != nil {
				return false, err
			}
			seen, err := send(ctx, strings.ReplaceAll(d.exploit, "HOST", own.Hostname()))
			return err == nil && proof.Goes(seen) == elsewhere, err
		}
		return hd, nil
	}}
}

// hostUse is a page that takes the shop's own name from the request.
type hostUse struct {
	name, about string
	path        string
	body        string // with HOST
	kind        string
	head        string // a header's name and value with HOST
	status      int
	seen        func(seen *trial.Seen) bool
}

func bodyHolds(texts ...string) func(*trial.Seen) bool {
	return func(seen *trial.Seen) bool {
		for _, t := range texts {
			if !strings.Contains(html.UnescapeString(seen.Body), t) {
				return false
			}
		}
		return true
	}
}

var hostUses = []hostUse{
	{name: "api-pages", about: "an API's addresses of its next and last page", path: "/api/v1/items", kind: "application/json", body: `{"data":[{"id":101}],"links":{"first":"http://HOST/api/v1/items?page=1","next":"http://HOST/api/v1/items?page=2"},"meta":{"path":"http://HOST/api/v1/items"}}`, seen: bodyHolds(`"http://` + elsewhere)},
	{name: "hreflang", about: "the canonical address and those of other languages", path: "/item/2100", body: `<link rel="canonical" href="http://HOST/item/2100"><link rel="alternate" hreflang="en" href="http://HOST/en/item/2100"><h2>南部鉄瓶</h2>`, seen: bodyHolds(`href="http://` + elsewhere)},
	{name: "to-login", about: "who is not signed in is led to the sign-in page of the host that was asked for", path: "/mypage/index.php", status: 302, head: "Location: http://HOST/mypage/login.php", seen: func(seen *trial.Seen) bool { return proof.Goes(seen) == elsewhere }},
	{name: "opensearch", about: "the description for browsers' search fields", path: "/opensearch.xml", kind: "application/opensearchdescription+xml", body: `<?xml version="1.0" encoding="UTF-8"?><OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/"><ShortName>みどり園</ShortName><Url type="text/html" template="http://HOST/search?q={searchTerms}"/></OpenSearchDescription>`, seen: bodyHolds(`template="http://` + elsewhere)},
	{name: "preload", about: "scripts are announced in a Link header and in the page", path: "/lp/autumn", head: "Link: <http://HOST/assets/app.js>; rel=preload; as=script", body: `<script src="http://HOST/assets/app.js" defer></script><h2>秋のセール</h2>`, seen: bodyHolds(`src="http://` + elsewhere)},
	{name: "script-base", about: "a script's base address for everything that it fetches", path: "/shop/app", body: `<div id="app"></div><script>window.SHOP = {base: "http://HOST/api/"};</script>`, seen: bodyHolds(`base: "http://` + elsewhere)},
	{name: "slash", about: "a folder's address without its slash, as Apache corrects it", path: "/shop/sale", status: 301, head: "Location: http://HOST/shop/sale/", seen: func(seen *trial.Seen) bool { return proof.Goes(seen) == elsewhere }},
	{name: "payment-return", about: "the form for the payment provider carries the shop's address to come back to", path: "/shopping/payment.php", body: `<form method="post" action="https://pay.example/link"><input type="hidden" name="return_url" value="http://HOST/shopping/complete.php"><input type="hidden" name="order_no" value="10061"></form>`, seen: bodyHolds(`value="http://` + elsewhere)},
}

var hostFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range hostUses {
		out = append(out, hostUses[i].family())
	}
	return out
}()

func (u *hostUse) family() *trial.Family {
	return &trial.Family{Name: "shop-host-" + u.name, Class: "host-header", About: u.about, Accept: []string{"open-redirect", "cache-poisoning-hint"}, Places: []trial.Place{trial.Host}, Make: func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		own, lure := strings.TrimPrefix(b.Origin, "http://"), b.Rand.IntN(6)
		hd := s.named(u.path, "", own)
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			host, note := strings.Map(func(r rune) rune {
				if r <= ' ' || strings.ContainsRune(`<>"'\`, r) {
					return -1
				}
				return r
			}, a.Value), ""
			if !b.Vulnerable && host != own {
				switch lure {
				case 0:
					return &trial.Answer{Status: 400, Bare: true, Body: "<h1>Bad Request (400)</h1><p>Invalid HTTP_HOST header: " + e(host) + ". You may need to add it to ALLOWED_HOSTS.</p>"}, nil
				case 1:
					return &trial.Answer{Status: 404, Bare: true, Body: "<html><body><h1>このドメインは設定されていません</h1><p>" + e(host) + "</p></body></html>"}, nil
				case 2:
					note = "<!-- served for " + e(host) + " -->"
				case 3:
					note = "<p class=\"debug\">HTTP_HOST=" + e(host) + " HTTP_X_FORWARDED_HOST=" + e(host) + "</p>"
				case 4:
					note = `<a href="/guide?ref=` + url.QueryEscape(host) + `">` + e(host) + `</a>`
				}
			}
			if !b.Vulnerable {
				host = own
			}
			ans := &trial.Answer{Status: u.status, Body: strings.ReplaceAll(u.body, "HOST", e(host)), Header: map[string][]string{}}
			if u.kind != "" {
				ans.Type, ans.Bare = u.kind, true
			} else {
				ans.Body += note
			}
			if k, v, ok := strings.Cut(u.head, ": "); ok {
				ans.Header.Set(k, strings.ReplaceAll(v, "HOST", host))
			}
			if lure == 5 && !b.Vulnerable {
				ans.Header.Set("X-Served-For", fmt.Sprintf("%q", a.Value))
			}
			return ans, nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, elsewhere)
			return err == nil && u.seen(seen), err
		}
		return hd, nil
	}}
}
