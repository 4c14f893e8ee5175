package second

import (
	"context"
	"net/url"
	"strings"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// fieldLine is one header that holds a visitor's value.
type fieldLine struct {
	name, about string
	head        string // with VALUE
	status      int
	before      func(string) string // what the faulty program does first
	exploit     string
	sample      string
	places      []trial.Place
}

// lowBytes writes each character's low byte, as old servers of Java and Node did.
func lowBytes(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
	}
	return b.String()
}

const forged = "\r\nX-Held: zk9"

var fieldLines = []fieldLine{
	{name: "location", about: "behind the path of Location", head: "Location: /guide?c=VALUE", status: 302, exploit: "x" + forged},
	{name: "cookie", about: "the value of a cookie", head: "Set-Cookie: last=VALUE; Path=/", exploit: "x" + forged},
	{name: "file-name", about: "the name of a download", head: `Content-Disposition: attachment; filename="VALUE.csv"`, exploit: `x"` + forged},
	{name: "line-feed", about: "CR LF is taken out as a pair, a lone LF is not", head: "Content-Language: VALUE", before: func(s string) string { return strings.ReplaceAll(s, "\r\n", "") }, exploit: "ja\nX-Held: zk9", sample: "ja"},
	{name: "decoded", about: "looked at first and decoded afterwards", head: "Link: </VALUE>; rel=canonical", before: func(s string) string {
		s = strings.NewReplacer("\r", "", "\n", "").Replace(s)
		if d, err := url.PathUnescape(s); err == nil {
			return d
		}
		return s
	}, exploit: "x%0d%0aX-Held: zk9"},
	{name: "low-bytes", about: "characters are cut to their low bytes", head: "X-Search-Word: VALUE", before: func(s string) string { return lowBytes(strings.NewReplacer("\r", "", "\n", "").Replace(s)) }, exploit: "x嘍嘊X-Held: zk9", places: []trial.Place{trial.Query, trial.Form, trial.Multipart, trial.JSON, trial.XML, trial.Path, trial.Base64, trial.CookieObj, trial.Cookie, trial.List, trial.Double}},
	{name: "refresh", about: "the address of Refresh", head: "Refresh: 3; url=/guide?from=VALUE", exploit: "x" + forged},
	{name: "trace", about: "a number for support is given back", head: "X-Request-Id: VALUE", exploit: "r1" + forged, sample: "r20261103"},
	{name: "domain", about: "the name of a cookie", head: "Set-Cookie: VALUE=1; Path=/; HttpOnly", exploit: "x=1" + forged},
}

var fieldFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range fieldLines {
		out = append(out, fieldFamily(&fieldLines[i]))
	}
	for i := range hostUses {
		out = append(out, hostFamily(&hostUses[i]))
	}
	return out
}()

var noLine = strings.NewReplacer("\r", "", "\n", "", "\x00", "")

func fieldFamily(f *fieldLine) *trial.Family {
	places := f.places
	if places == nil {
		places = trial.Except(trial.Header)
	}
	return &trial.Family{Name: "held-head-" + f.name, Class: "response-header", About: f.about, Places: places, Make: func(b *trial.Build) (*trial.Handler, error) {
		r := range_(b)
		lure := b.Rand.IntN(6)
		hd := &trial.Handler{Sample: f.sample}
		if hd.Sample == "" {
			hd.Sample, hd.Others = r[0].Slug, []string{r[1].Slug}
		}
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := a.Value
			body := "<h2>" + r[0].Name + "</h2><p>" + r[0].Memo + "</p>"
			if b.Vulnerable {
				if f.before != nil {
					v = f.before(v)
				}
			} else {
				switch lure {
				case 0:
					v = url.QueryEscape(v)
				case 1:
					if strings.ContainsAny(v, "\r\n") {
						return trial.Status(400, "<h2>400</h2><p>Header may not contain more than a single header, new line detected</p>"), nil
					}
				case 2:
					v, _, _ = strings.Cut(strings.ReplaceAll(v, "\r", "\n"), "\n")
				case 3: // the text of the value, lines and all, is in the page
					body += "<pre>" + h(v) + "</pre>"
				case 4: // folded into one line
					v = strings.Join(strings.Fields(v), " ")
				}
				v = noLine.Replace(v)
				if f.name == "file-name" {
					v = strings.ReplaceAll(v, `"`, "_")
				}
			}
			return &trial.Answer{Status: f.status, Raw: []string{strings.ReplaceAll(f.head, "VALUE", strings.ReplaceAll(v, "\x00", ""))}, Body: body}, nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, f.exploit)
			return err == nil && strings.HasPrefix(seen.Header.Get("X-Held"), "zk9"), err
		}
		return hd, nil
	}}
}

// hostUse is a page that takes its own name from the request.
type hostUse struct {
	name, about string
	body        string // with HOST
	location    bool
	header      string
	shows       func(seen *trial.Seen) bool
}

func holdsAttr(keys ...string) func(*trial.Seen) bool {
	return func(seen *trial.Seen) bool {
		for _, k := range keys {
			if strings.Contains(seen.Body, k+`="http://`+stranger) || strings.Contains(seen.Body, k+`="//`+stranger) {
				return true
			}
		}
		return false
	}
}

var hostUses = []hostUse{
	{name: "base", about: "<base href> follows Host", body: `<base href="http://HOST/"><h2>ようこそ</h2><a href="guide">案内</a>`, shows: holdsAttr("href")},
	{name: "sign-in", about: "the form for signing in is sent to Host", body: `<form method="post" action="http://HOST/login"><input name="mail"><input type="password" name="pass"><button>ログイン</button></form>`, shows: holdsAttr("action")},
	{name: "script", about: "scripts come from Host", body: `<h2>商品</h2><script src="//HOST/js/shop.js"></script>`, shows: holdsAttr("src")},
	{name: "share", about: "links to share and og:url follow Host", body: `<meta property="og:url" content="http://HOST/item/1"><a href="http://HOST/item/1">シェアする</a>`, shows: holdsAttr("href", "content")},
	{name: "https", about: "a redirect to the same page, made from Host", location: true, shows: func(seen *trial.Seen) bool { return proof.Goes(seen) == stranger }},
	{name: "feed", about: "the address of a feed in Link and in the page", header: "<http://HOST/rss>; rel=alternate", body: `<h2>新着</h2><link rel="alternate" type="application/rss+xml" href="http://HOST/rss">`, shows: holdsAttr("href")},
	{name: "pager", about: "the pages of a list are absolute links made from Host", body: `<ol><li>geta</li><li>obi</li></ol><a href="http://HOST/list?p=2">次へ</a><a href="http://HOST/list?p=3">3</a>`, shows: holdsAttr("href")},
}

func hostFamily(u *hostUse) *trial.Family {
	return &trial.Family{Name: "held-host-" + u.name, Class: "host-header", About: u.about, Accept: []string{"open-redirect", "cache-poisoning-hint"}, Places: []trial.Place{trial.Host}, Make: func(b *trial.Build) (*trial.Handler, error) {
		own := strings.TrimPrefix(b.Origin, "http://")
		lure := b.Rand.IntN(5)
		hd := &trial.Handler{Sample: own}
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			host, extra := strings.NewReplacer("\r", "", "\n", "", "<", "", ">", "", `"`, "", "'", "").Replace(a.Value), ""
			if !b.Vulnerable {
				if host != own {
					switch lure {
					case 1:
						return trial.Status(421, "<h2>421</h2><p>"+h(host)+" はこのサーバーでは運用していません。</p>"), nil
					case 2:
						extra = "<p>アクセス元：" + h(host) + "</p>"
					case 3:
						extra = `<input type="hidden" name="debug_host" value="` + h(host) + `">`
					case 4:
						extra = `<a href="/guide?via=` + url.QueryEscape(host) + `">ご案内</a>`
					}
				}
				host = own
			}
			ans := &trial.Answer{Body: strings.ReplaceAll(u.body, "HOST", h(host)) + extra}
			if u.location {
				ans.Status, ans.Header = 301, map[string][]string{"Location": {"http://" + host + "/guide"}}
			}
			if u.header != "" {
				ans.Header = map[string][]string{"Link": {strings.ReplaceAll(u.header, "HOST", host)}}
			}
			return ans, nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, stranger)
			return err == nil && u.shows(seen), err
		}
		return hd, nil
	}}
}
