package crawl

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"

	"golang.org/x/net/html/charset"
)

// What a sitemap may cost.
const (
	maxSitemapBytes = 20 << 20
	maxSitemapURLs  = 50_000
)

// sitemap is one sitemap file, read.
type sitemap struct {
	pages []string // <loc> and alternates of a urlset, RSS and Atom links, lines of a text file
	more  []string // sitemaps that an index names
}

var errNoSitemap = errors.New("not a sitemap")

// readSitemap reads a sitemap, a sitemap index, a feed or a text list, gzip'd
// or not. What stands before a fault in the file is kept.
func readSitemap(b []byte) (sitemap, error) {
	if bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return sitemap{}, err
		}
		b, _ = io.ReadAll(io.LimitReader(z, maxSitemapBytes)) // a torn end leaves the beginning usable
	}
	b = bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))
	switch {
	case len(b) == 0:
		return sitemap{}, errNoSitemap
	case b[0] == '<':
		return readSitemapXML(b)
	case bytes.HasPrefix(b, []byte("http://")), bytes.HasPrefix(b, []byte("https://")):
		return readSitemapText(b), nil
	}
	return sitemap{}, errNoSitemap
}

func readSitemapText(b []byte) sitemap {
	var s sitemap
	sc := bufio.NewScanner(bytes.NewReader(b))
	for sc.Scan() && len(s.pages) < maxSitemapURLs {
		if l := strings.TrimSpace(sc.Text()); strings.HasPrefix(l, "http") {
			s.pages = append(s.pages, l)
		}
	}
	return s
}

func readSitemapXML(b []byte) (sitemap, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = false
	d.CharsetReader = charset.NewReaderLabel
	var s sitemap
	var stack []string
	root := ""
	for {
		tok, err := d.Token()
		if err != nil {
			if root == "" {
				return s, errNoSitemap
			}
			if err == io.EOF {
				err = nil
			}
			return s, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			name := strings.ToLower(t.Name.Local)
			if root == "" {
				if root = name; root != "urlset" && root != "sitemapindex" && root != "rss" && root != "feed" && root != "rdf" {
					return s, errNoSitemap
				}
			}
			if stack = append(stack, name); len(stack) > 100 {
				return s, errNoSitemap
			}
			if name == "link" && root != "rss" {
				for _, a := range t.Attr {
					if a.Name.Local == "href" {
						s.pages = append(s.pages, strings.TrimSpace(a.Value))
						break
					}
				}
			}
		case xml.EndElement:
			if len(stack) > 0 {
				stack = stack[:len(stack)-1]
			}
		case xml.CharData:
			text := strings.TrimSpace(string(t))
			if len(stack) < 2 || text == "" {
				continue
			}
			switch in, at := stack[len(stack)-2], stack[len(stack)-1]; {
			case at == "loc" && in == "sitemap":
				s.more = append(s.more, text)
			case at == "loc" && in == "url", at == "link" && (in == "item" || in == "channel"):
				s.pages = append(s.pages, text)
			}
		}
		if len(s.pages) >= maxSitemapURLs || len(s.more) >= maxSitemapURLs {
			return s, nil
		}
	}
}

// robotsHints are the lines of robots.txt that name addresses.
type robotsHints struct{ disallow, allow, sitemaps []string }

func readRobots(b []byte) robotsHints {
	var h robotsHints
	seen := map[string]bool{}
	sc := bufio.NewScanner(bytes.NewReader(b[:min(len(b), 500<<10)])) // RFC 9309: at least 500 KiB are to be read
	sc.Buffer(nil, 64<<10)
	for sc.Scan() {
		line, _, _ := strings.Cut(sc.Text(), "#")
		key, val, ok := strings.Cut(line, ":")
		key, val = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(val)
		if !ok || val == "" || seen[key+val] || len(seen) > 2000 {
			continue
		}
		seen[key+val] = true
		switch key {
		case "disallow":
			h.disallow = append(h.disallow, val)
		case "allow":
			h.allow = append(h.allow, val)
		case "sitemap":
			h.sitemaps = append(h.sitemaps, val)
		}
	}
	return h
}

// plainPath is a robots pattern without its wildcards, when an address is left.
func plainPath(pattern string) (*url.URL, bool) {
	pattern, _, _ = strings.Cut(pattern, "*")
	pattern = strings.TrimSuffix(pattern, "$")
	u, err := url.Parse(pattern)
	return u, err == nil && strings.HasPrefix(pattern, "/") && pattern != "/" && u.Host == ""
}
