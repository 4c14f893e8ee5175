package page

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime"
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"miseban/internal/wire"
)

// Bounds on what is kept of one answer, so that a hostile one costs no more
// than a large honest one.
const (
	maxTags     = 300_000
	maxText     = 24 << 20
	maxHTML     = 8 << 20
	maxLinks    = 12_000
	maxVisible  = 200_000
	maxComments = 2_000
	maxForms    = 2_000
	maxFields   = 20_000
)

// Parse reads ex. It never fails: what cannot be read is left empty.
func Parse(ex *wire.Exchange) *Page {
	p := &Page{Ex: ex, Kind: NotHTML}
	a := Normalize(ex.URL)
	p.URL, p.Base, p.SessionID = a.URL, ex.URL, a.Session
	if p.Base == nil {
		p.Base = p.URL
	}
	ct := ex.Header.Get("Content-Type")
	body := unzip(ex.Body, ex.URL)
	body = body[:min(len(body), maxText)]
	c := &collector{p: p, base: p.Base, seen: map[linkKey]*Link{}}
	c.headers()
	switch kind := sniff(ct, body, ex); kind {
	case "html":
		p.Text, p.Charset = Decode(body, ct)
		c.html()
	case "binary":
		p.Text, p.Charset = string(body), Charset{Used: "utf-8"}
	default:
		p.Text, p.Charset = Decode(body, ct)
		c.data(kind)
	}
	p.Challenge = challenge(p)
	c.finish()
	return p
}

// unzip opens the .gz files that shops serve as sitemaps.
func unzip(body []byte, u *url.URL) []byte {
	if len(body) < 18 || body[0] != 0x1f || body[1] != 0x8b || u == nil || !strings.HasSuffix(strings.ToLower(u.Path), ".gz") {
		return body
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body
	}
	out, _ := io.ReadAll(io.LimitReader(r, maxText))
	head := bytes.ToLower(bytes.TrimSpace(out[:min(len(out), 200)]))
	if !bytes.HasPrefix(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), []byte("<")) {
		return body // some other archive: not ours to read
	}
	return out
}

// sniff says how an answer is to be read: html, js, css, json, xml, yaml, text or binary.
func sniff(ct string, body []byte, ex *wire.Exchange) string {
	if ex.HTML() {
		return "html"
	}
	mt, _, _ := mime.ParseMediaType(ct)
	if mt == "" {
		mt = strings.ToLower(strings.TrimSpace(strings.Split(ct, ";")[0]))
	}
	p := ""
	if ex.URL != nil {
		p = strings.ToLower(ex.URL.Path)
	}
	head := bytes.TrimLeft(bytes.TrimPrefix(body[:min(len(body), 512)], []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case strings.Contains(mt, "javascript") || strings.Contains(mt, "ecmascript"):
		return "js"
	case mt == "text/css":
		return "css"
	case strings.HasSuffix(mt, "json") || strings.Contains(mt, "json"):
		return "json"
	case strings.HasSuffix(mt, "xml"):
		return "xml"
	case strings.Contains(mt, "yaml"):
		return "yaml"
	case strings.HasPrefix(mt, "image/svg"):
		return "xml"
	case strings.HasPrefix(mt, "image/"), strings.HasPrefix(mt, "video/"), strings.HasPrefix(mt, "audio/"), strings.HasPrefix(mt, "font/"),
		mt == "application/pdf", mt == "application/zip", mt == "application/wasm":
		return "binary"
	case bytes.HasPrefix(head, []byte("<?xml")), bytes.HasPrefix(head, []byte("<urlset")), bytes.HasPrefix(head, []byte("<sitemapindex")),
		bytes.HasPrefix(head, []byte("<rss")), bytes.HasPrefix(head, []byte("<feed")):
		return "xml"
	case len(head) > 0 && (head[0] == '{' || head[0] == '['):
		return "json"
	case strings.HasSuffix(p, ".js") || strings.HasSuffix(p, ".mjs"):
		return "js"
	case strings.HasSuffix(p, ".css"):
		return "css"
	case strings.HasSuffix(p, ".yaml") || strings.HasSuffix(p, ".yml"):
		return "yaml"
	case bytes.IndexByte(head, 0) >= 0:
		return "binary"
	}
	return "text"
}

// parseHTML builds the tree. x/net refuses documents nested deeper than 512;
// for those the containers are left out, so that links and forms are still seen.
func parseHTML(text string) (doc *html.Node, cut bool) {
	text, cut = boundTags(text)
	doc, err := html.ParseWithOptions(strings.NewReader(text), html.ParseOptionEnableScripting(true))
	if err == nil {
		return doc, cut
	}
	doc, err = html.Parse(strings.NewReader(flatten(text)))
	if err != nil {
		doc, _ = html.Parse(strings.NewReader(""))
	}
	return doc, true
}

func boundTags(s string) (string, bool) {
	cut := false
	if len(s) > maxHTML {
		s, cut = s[:maxHTML], true
	}
	n := strings.Count(s, "<")
	if n <= maxTags {
		return s, cut
	}
	n = 0
	for i := 0; i < len(s); i++ {
		if s[i] == '<' {
			if n++; n > maxTags {
				return s[:i], true
			}
		}
	}
	return s, cut
}

var leaves = map[string]bool{
	"a": true, "area": true, "form": true, "input": true, "select": true, "option": true, "textarea": true, "button": true, "script": true,
	"style": true, "link": true, "meta": true, "title": true, "base": true, "iframe": true, "frame": true, "img": true, "source": true, "label": true,
}

// flatten keeps only the elements that lead somewhere, without their containers.
func flatten(text string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(text))
	labels := 0
	for {
		tt := z.Next()
		if tt == html.ErrorToken {
			return b.String()
		}
		raw := z.Raw()
		switch tt {
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			n := string(name)
			if !leaves[n] {
				continue
			}
			if n == "label" {
				if tt == html.StartTagToken {
					labels++
				}
				if labels > 100 {
					continue
				}
			}
			b.Write(raw)
		case html.TextToken, html.CommentToken:
			b.Write(raw)
		}
	}
}
