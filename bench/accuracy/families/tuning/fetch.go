package tuning

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// reader is what a program does with a document that it was sent.
type reader struct {
	name, about string
	outer       bool // entities of files and addresses too
	shows       int  // 0: the text of the search word; 1: how many items fit; 2: only whether it could be read
}

var readers = []reader{
	{"text", "entities are put in; the search word comes back", true, 0},
	{"own", "the document's own entities and those of files are put in; the number of items is shown", true, 1},
	{"quiet", "entities are put in; the page says only whether the document could be read", true, 2},
}

var entityFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range readers {
		out = append(out, entityFamily(&readers[i]))
	}
	return append(out, fetchFamilies...)
}()

func entityFamily(rd *reader) *trial.Family {
	return &trial.Family{Name: "xml-" + rd.name, Class: "xxe", About: rd.about, Accept: []string{"ssrf"}, Places: []trial.Place{trial.XML, trial.XML, trial.XML, trial.XML, trial.Query, trial.Form, trial.Multipart, trial.Base64}, Grades: trial.NoWAF, Make: func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		lure, style := b.Rand.IntN(5), b.Rand.IntN(3)
		dir, err := b.Dir(shopFiles([]string{c[0].Name}))
		if err != nil {
			return nil, err
		}
		tree := backend.NewTree(dir)
		document := func(w string) string { return "<search><word>" + w + "</word></search>" }
		h := &trial.Handler{Sample: document(c[0].Name), Others: []string{document(c[1].Name), document(c[2].Name)}, Param: "query"}
		if b.Place == trial.XML {
			h.Sample, h.Others, h.Param = c[0].Name, []string{c[1].Name, c[2].Name}, "word"
		}
		h.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			doc := a.Value
			if b.Place == trial.XML {
				doc = string(a.Body)
				if doc == "" {
					doc = document(a.Value)
				}
			}
			var err error
			switch {
			case b.Vulnerable:
				doc, err = backend.Expand(ctx, tree, doc)
			case strings.Contains(doc, "<!DOCTYPE"):
				switch lure {
				case 0:
					err = fmt.Errorf("DOCTYPE is not allowed")
				case 1: // taken off; entities then stand there as they came
					_, after, _ := strings.Cut(doc, "]>")
					doc = strings.ReplaceAll(strings.TrimSpace(after), "&", "&amp;")
				case 2: // entities are empty
					_, after, _ := strings.Cut(doc, "]>")
					for {
						x, rest, ok := strings.Cut(after, "&")
						_, end, ok2 := strings.Cut(rest, ";")
						if !ok || !ok2 {
							break
						}
						after = x + end
					}
					doc = strings.TrimSpace(after)
				case 3: // told with the document
					return trial.Status(500, "<h1>エラー</h1><p>XML を読めません: Entity 'a' not defined</p><pre>"+esc(doc)+"</pre>"), nil
				}
			}
			word, ok := "", false
			if err == nil {
				word, ok = wordOf(doc)
			}
			switch {
			case !ok && rd.shows == 2:
				return trial.Text("<h1>受け付けました</h1><p>内容を確認できませんでした。</p>"), nil
			case !ok && err != nil:
				return failed(b, style, err), nil
			case !ok:
				return trial.Status(400, "<h1>エラー</h1><p>XML を読めません。</p>"), nil
			case rd.shows == 0:
				return trial.Text("<h1>検索</h1><p>「" + esc(word) + "」: " + fmt.Sprint(count(c, word)) + " 件</p>"), nil
			case rd.shows == 1:
				return trial.Text("<h1>検索</h1><p>" + fmt.Sprint(count(c, word)) + " 件</p>"), nil
			}
			return trial.Text("<h1>受け付けました</h1><p>ありがとうございます。</p>"), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			with := func(declared, used string) string {
				return `<?xml version="1.0"?><!DOCTYPE search [<!ENTITY a ` + declared + `>]><search><` + "word>" + used + "</word></search>"
			}
			hit, stop, err := listener()
			if err != nil {
				return false, err
			}
			defer stop()
			switch rd.shows {
			case 0:
				if ok, err := proof.Shows(ctx, send, with(`SYSTEM "file:///etc/hostname"`, "&a;"), "「shop"); !ok || err != nil {
					return false, err
				}
			case 1:
				cut := c[0].Name[2:]
				if ok, err := proof.Splits(ctx, send, with(`"`+cut+`"`, c[0].Name[:2]+"&a;"), with(`"zzz"`, c[0].Name[:2]+"&a;"), "1 件"); !ok || err != nil {
					return false, err
				}
			}
			_, err = send(ctx, with(`SYSTEM "`+hit.address+`"`, "&a;"))
			return hit.n.Load() > 0, err
		}
		return h, nil
	}}
}

func count(c []ware, word string) int {
	n := 0
	for _, w := range c {
		if w.Name == strings.TrimSpace(word) {
			n++
		}
	}
	return n
}

// wordOf is the text of a document's search word.
func wordOf(doc string) (string, bool) {
	d := xml.NewDecoder(strings.NewReader(doc))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var b strings.Builder
	depth := 0
	seen := false
	for {
		t, err := d.Token()
		if err == io.EOF {
			return b.String(), seen
		}
		if err != nil {
			return "", false
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
			seen = seen || depth == 2
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 2 {
				b.Write(t)
			}
		}
	}
}

// ear listens on loopback for what a program fetches.
type ear struct {
	address string
	n       atomic.Int64
}

func listener() (*ear, func(), error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	e := &ear{address: "http://" + l.Addr().String() + "/zq1x.txt"}
	srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		e.n.Add(1)
		_, _ = io.WriteString(w, "heard")
	})}
	go func() { _ = srv.Serve(l) }()
	return e, func() { _ = srv.Close() }, nil
}

// errand is why a program fetches an address, and what it tells of it.
type errand struct {
	name, about string
	allowed     func(own *url.URL, v string) bool
	exploit     func(own *url.URL, address string) string
	shows       int // 0: the text; 1: status and size; 2: whether it could be fetched; 3: nothing
}

var errands = []errand{
	{"preview", "a page is fetched for a preview; its text is shown", anyAddress, direct, 0},
	{"picture", "a picture is fetched; only its kind and size are shown", anyAddress, direct, 1},
	{"feed", "a feed is fetched; the page says only whether that went well", anyAddress, direct, 2},
	{"hook", "an address is called; the page says nothing of it", anyAddress, direct, 3},
	{"prefix", "the address has to begin with the shop's own, without a slash behind it", func(own *url.URL, v string) bool { return strings.HasPrefix(v, "http://"+own.Host) }, func(own *url.URL, address string) string {
		return "http://" + own.Host + "@" + strings.TrimPrefix(address, "http://")
	}, 0},
	{"contains", "the shop's host has to occur in the address", func(own *url.URL, v string) bool { return strings.Contains(v, own.Hostname()) }, func(own *url.URL, address string) string { return address + "?" + own.Hostname() }, 2},
}

func anyAddress(*url.URL, string) bool         { return true }
func direct(_ *url.URL, address string) string { return address }

var fetchFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range errands {
		out = append(out, fetchFamily(&errands[i]))
	}
	return out
}()

func fetchFamily(e *errand) *trial.Family {
	return &trial.Family{Name: "fetch-" + e.name, Class: "ssrf", About: e.about, Places: redirectPlaces, Grades: []trial.Grade{trial.Plain, trial.Plain, trial.Noise, trial.Random, trial.WAF, trial.Slow, trial.Jitter, trial.Lock}, Make: func(b *trial.Build) (*trial.Handler, error) {
		own, err := url.Parse(b.Origin)
		if err != nil {
			return nil, err
		}
		lure := b.Rand.IntN(5)
		h := &trial.Handler{Sample: b.Origin + "/guide", Others: []string{b.Origin + "/assets/i1.svg"}, Param: b.Pick("url", "src", "feed", "image", "link")}
		if b.Place == trial.Form || b.Place == trial.Multipart || b.Place == trial.JSON || b.Place == trial.XML {
			h.Param = "view"
		}
		tell := func(f *backend.Fetched, err error) *trial.Answer {
			switch {
			case e.shows == 3:
				return trial.Text("<h1>登録しました</h1><p>ありがとうございます。</p>")
			case err != nil && e.shows == 0 && lure == 3:
				return trial.Status(502, "<h1>エラー</h1><p>取得できません: "+esc(err.Error())+"</p>")
			case err != nil:
				return trial.Text("<h1>プレビュー</h1><p>取得できませんでした。</p>")
			case e.shows == 0:
				return trial.Text("<h1>プレビュー</h1><blockquote>" + esc(f.Body[:min(len(f.Body), 2000)]) + "</blockquote>")
			case e.shows == 1:
				return trial.Text(fmt.Sprintf("<h1>プレビュー</h1><p>%s, %d バイト, %d</p>", esc(f.Type), len(f.Body), f.Status))
			}
			return trial.Text("<h1>プレビュー</h1><p>取得しました。</p>")
		}
		h.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			if b.Vulnerable {
				if !e.allowed(own, a.Value) {
					return tell(nil, fmt.Errorf("address not allowed")), nil
				}
				return tell(backend.Fetch(ctx, a.Value)), nil
			}
			u, err := url.Parse(a.Value)
			if err == nil && u.Scheme == own.Scheme && u.Host == own.Host && u.User == nil {
				return tell(backend.Fetch(ctx, a.Value)), nil
			}
			switch lure {
			case 0: // the visitor's browser is told to fetch it
				return trial.Text(`<h1>プレビュー</h1><p><a rel="nofollow" href="` + esc(safeLink(a.Value)) + `">` + esc(a.Value) + `</a></p>`), nil
			case 1: // told like a connection that failed
				return trial.Status(500, "<h1>エラー</h1><p>Connection refused: "+esc(a.Value)+"</p>"), nil
			case 2: // only the path counts, on the shop's own server
				if err != nil {
					return tell(nil, err), nil
				}
				return tell(backend.Fetch(ctx, b.Origin+"/guide?"+url.Values{"p": {u.Path}}.Encode())), nil
			}
			return tell(nil, fmt.Errorf("address not allowed")), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			hit, stop, err := listener()
			if err != nil {
				return false, err
			}
			defer stop()
			_, err = send(ctx, e.exploit(own, hit.address))
			return hit.n.Load() > 0, err
		}
		return h, nil
	}}
}
