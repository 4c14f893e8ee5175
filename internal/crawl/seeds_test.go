package crawl

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadSeeds(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"visit.har": {
			"GET https://shop.example/products/1?ref=top query:ref=top cookie:sid= header:X-Requested-With=",
			"POST https://shop.example/login form:mail= form:password=",
			"POST https://shop.example/api/cart json:coupon= json:items[].id= json:items[].n=",
			"GET https://ads.example.com/pixel",
		},
		"openapi.yaml": {
			"GET https://www.shop.example/api/items/12?lang=ja path:id=12 query:lang=ja header:X-Shop=",
			"POST https://www.shop.example/api/orders json:lines[].next.mail= json:lines[].sku= json:mail=",
			"GET https://www.shop.example/api/orders/%7Bno%7D path:no= template",
		},
		"swagger.json":       {"GET https://shop.example/v1/items query:q=", "POST https://shop.example/v1/items form:name="},
		"schema.graphql":     {"POST /graphql json:variables.items.category= json:variables.items.first=", "POST /graphql json:query.shop=", "POST /graphql json:variables.addToCart.item="},
		"introspection.json": {"POST /graphql json:variables.items.first=", "POST /graphql json:query.shop=", "POST /graphql json:variables.order.input="},
		"list.txt":           {"GET https://shop.example/campaign/2026?from=mail query:from=mail", "GET /hidden/page", "POST https://shop.example/contact", "GET /items/%7Bid%7D template"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(filepath.Join("testdata/seeds", name))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(b, []byte("secret")) {
				defer func() {
					seeds, err := ReadSeeds(bytes.NewReader(b), name)
					if err != nil || strings.Contains(fmt.Sprint(seeds), "secret") {
						t.Errorf("err %v, or what a visitor typed was carried over", err)
					}
				}()
			}
			seeds, err := ReadSeeds(bytes.NewReader(b), name)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range seeds {
				line := s.Method + " " + s.URL.String()
				for _, f := range s.Fields {
					if f.Name == "next" || strings.HasPrefix(f.Name, "lines[].next.lines") {
						continue // how far a self-reference is followed is not the point
					}
					line += fmt.Sprintf(" %s:%s=%s", f.Where, f.Name, f.Sample)
				}
				if s.Template {
					line += " template"
				}
				got = append(got, line)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestReadSeedsErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, place string
		want        string
	}{
		"empty":   {"\n# nothing\n", "", seedsEmpty.EN},
		"binary":  {"PK\x03\x04\x00\x00", "", seedsBinary.EN},
		"json":    {`{"log":`, "", seedsBroken.EN},
		"other":   {`{"name":"x"}`, "", seedsUnknown.EN},
		"paths":   {`{"openapi":"3.0.0"}`, "", seedsNoPaths.EN},
		"list":    {"https://a.example/\nnot a url\n", "line 2", seedsLine.EN},
		"scheme":  {"ftp://a.example/\n", "line 1", seedsLine.EN},
		"yaml":    {"openapi: 3.0.0\npaths: [", "", seedsBroken.EN},
		"no root": {"type Item { id: ID }\n", "", seedsEmpty.EN},
	} {
		_, err := ReadSeeds(strings.NewReader(c.text), name)
		var e *SeedError
		if !errors.As(err, &e) || e.Reason.EN != c.want || e.Place != c.place || e.Name != name || e.Reason.JA == "" {
			t.Errorf("%s: got %v, want %q at %q", name, err, c.want, c.place)
		}
	}
}

func TestReadSitemap(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, "<urlset><url><loc>https://a.example/z</loc></url></urlset>")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text        string
		pages, more []string
	}{
		"plain":    {`<?xml version="1.0" encoding="Shift_JIS"?><urlset><url><loc> https://a.example/1 </loc></url><url><loc><![CDATA[https://a.example/2?a=1&b=2]]></loc></url></urlset>`, []string{"https://a.example/1", "https://a.example/2?a=1&b=2"}, nil},
		"index":    {`<sitemapindex><sitemap><loc>https://a.example/s1.xml</loc></sitemap></sitemapindex>`, nil, []string{"https://a.example/s1.xml"}},
		"zipped":   {zipped.String(), []string{"https://a.example/z"}, nil},
		"torn":     {`<urlset><url><loc>https://a.example/1</loc></url><url><lo`, []string{"https://a.example/1"}, nil},
		"language": {`<urlset xmlns:xhtml="x"><url><loc>https://a.example/1</loc><xhtml:link rel="alternate" href="https://a.example/en/1"/></url></urlset>`, []string{"https://a.example/1", "https://a.example/en/1"}, nil},
		"feed":     {`<rss><channel><link>https://a.example/</link><item><link>https://a.example/n</link></item></channel></rss>`, []string{"https://a.example/", "https://a.example/n"}, nil},
		"text":     {"https://a.example/1\r\nhttps://a.example/2\r\n", []string{"https://a.example/1", "https://a.example/2"}, nil},
		"page":     {"<!DOCTYPE html><html><body>404</body></html>", nil, nil},
	} {
		s, _ := readSitemap([]byte(c.text)) // a torn file still gives its beginning
		if !slices.Equal(s.pages, c.pages) || !slices.Equal(s.more, c.more) {
			t.Errorf("%s: got %v and %v, want %v and %v", name, s.pages, s.more, c.pages, c.more)
		}
	}
	h := readRobots([]byte("User-agent: *\nDisallow: /admin/ # keep out\nDisallow:\nAllow: /ok\nDISALLOW: /*.pdf$\nSitemap: https://a.example/s.xml\n"))
	if !slices.Equal(h.disallow, []string{"/admin/", "/*.pdf$"}) || !slices.Equal(h.allow, []string{"/ok"}) || !slices.Equal(h.sitemaps, []string{"https://a.example/s.xml"}) {
		t.Errorf("robots.txt: %+v", h)
	}
}

func FuzzReadSeeds(f *testing.F) {
	files, err := filepath.Glob("testdata/seeds/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, filepath.Base(name))
	}
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		seeds, err := ReadSeeds(bytes.NewReader(b), name)
		var e *SeedError
		if err != nil && !errors.As(err, &e) {
			t.Errorf("error %v is no SeedError", err)
		}
		if err == nil && len(seeds) == 0 {
			t.Error("neither seeds nor an error")
		}
		for _, s := range seeds {
			if s.URL == nil || s.Method == "" {
				t.Errorf("seed without method or address: %+v", s)
			}
		}
	})
}

func FuzzReadSitemap(f *testing.F) {
	f.Add([]byte("<urlset><url><loc>https://a.example/1</loc></url></urlset>"))
	f.Add([]byte("<sitemapindex><sitemap><loc>x</loc></sitemap></sitemapindex>"))
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Add([]byte("User-agent: *\nDisallow: /a*b$\nSitemap: /s.xml"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, _ := readSitemap(b) // only its bounds matter here
		if len(s.pages) > maxSitemapURLs+1 || len(s.more) > maxSitemapURLs+1 {
			t.Errorf("%d pages, %d more: beyond the bounds", len(s.pages), len(s.more))
		}
		for _, d := range readRobots(b).disallow {
			if u, ok := plainPath(d); ok && u.Host != "" {
				t.Errorf("%q leads to host %q", d, u.Host)
			}
		}
	})
}
