package software

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// content is what a made-up file of a made-up EC-CUBE 4 release says.
func content(file, release string) string { return "/* " + file + " as of " + release + " */\n" }

// tables are two small fingerprint tables: four releases told apart by two
// files, with a third that only the administration has.
func tables() map[string]string {
	sum := func(file, release string) string {
		h := sha256.Sum256([]byte(content(file, release)))
		return base64.RawStdEncoding.EncodeToString(h[:])
	}
	return map[string]string{"eccube4": "releases\t4.0.4 4.0.5 4.1.0 4.2.0\n" +
		"file\tcore\t/html/template/default/assets/css/style.css\n" + sum("css", "a") + "\t0\t1\n" + sum("css", "b") + "\t2\t3\n" +
		"file\tcore\t/html/template/default/assets/js/eccube.js\n" + sum("js", "a") + "\t0\t0\n" + sum("js", "b") + "\t1\t2\n" + sum("js", "c") + "\t3\t3\n" +
		"file\tcore\t/html/template/admin/assets/js/function.js\n" + sum("admin", "a") + "\t0\t2\n" + sum("admin", "b") + "\t3\t3\n"}
}

// made is a bundle that differs from the embedded one in its tables.
var made = sync.OnceValues(func() (*intel.Bundle, error) {
	data := fstest.MapFS{}
	err := fs.WalkDir(intel.EmbeddedData(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(intel.EmbeddedData(), name)
		data[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		return nil, err
	}
	for product, text := range tables() {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		if err := z.Close(); err != nil {
			return nil, err
		}
		data["fingerprints/"+product+".tsv.gz"] = &fstest.MapFile{Data: b.Bytes()}
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bundle")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var archive bytes.Buffer
	signature, err := intel.WriteBundle(&archive, data, private)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "made.zip")
	if err := os.WriteFile(file, archive.Bytes(), 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(file+intel.SignatureSuffix, []byte(signature), 0o600); err != nil {
		return nil, err
	}
	return intel.LoadBundle(file, public)
})

const front = `<!DOCTYPE html><html lang="ja"><head><meta charset="UTF-8"><title>茶屋</title><meta name="eccube-csrf-token" content="x">%s</head><body id="page_homepage" class="front_page"></body></html>`

// shop answers the given files and 404 (or soft, when it is set) for the rest.
type shop struct {
	head  string
	files map[string]string
	soft  string // answered with 200 for every unknown path
	mu    sync.Mutex
	asked []string
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.Path)
	s.mu.Unlock()
	body, ok := s.files[r.URL.Path]
	switch {
	case r.URL.Path == "/" || r.URL.Path == "/shop/":
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		fmt.Fprintf(w, front, s.head)
	case ok:
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, body)
	case s.soft != "":
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, s.soft)
	default:
		http.NotFound(w, r)
	}
}

// estimate crawls the one page of the shop and the files named in crawl, then runs the check.
func estimate(t *testing.T, c *check.Check, s *shop, start string, crawl ...string) (check.Result, []string) {
	t.Helper()
	b, err := made()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	client, err := wire.NewClient(wire.Options{Scope: &wire.Scope{Hosts: []string{srv.URL}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}}, Version: "test", Run: "test"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(srv.URL + start)
	if err != nil {
		t.Fatal(err)
	}
	var pages []*page.Page
	for _, path := range append([]string{start}, crawl...) {
		ex, err := client.Do(t.Context(), &wire.Request{Method: "GET", URL: u.ResolveReference(&url.URL{Path: path}), Level: wire.Passive, Origin: wire.Origin{Check: "crawl"}})
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page.Parse(ex))
	}
	before := len(s.asked)
	res := check.NewRunner(check.NewSite(u, pages, b, time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)), client, 0).Run(t.Context(), c)
	return res, s.asked[before:]
}

const (
	css   = "/template/default/assets/css/style.css"
	js    = "/template/default/assets/js/eccube.js"
	admin = "/template/admin/assets/js/function.js"
)

func TestVersionEstimated(t *testing.T) {
	t.Parallel()
	link := func(prefix string) string { return `<link rel="stylesheet" href="` + prefix + css + `">` }
	for _, c := range []struct {
		name    string
		shop    *shop
		start   string
		crawl   []string
		verdict verdict.Verdict
		version string // of the note, Japanese
		finding string
		asked   []string
	}{
		{name: "one release on two files that differ, and no request more",
			shop:    &shop{head: link("/html"), files: map[string]string{"/html" + css: content("css", "a"), "/html" + js: content("js", "b")}},
			verdict: verdict.Met, version: "4.0.5", asked: []string{"/html" + css, "/html" + js}},
		{name: "what the crawl fetched is not asked for again",
			shop:  &shop{head: link("/html"), files: map[string]string{"/html" + css: content("css", "a"), "/html" + js: content("js", "b")}},
			crawl: []string{"/html" + css}, verdict: verdict.Met, version: "4.0.5", asked: []string{"/html" + js}},
		{name: "document root inside the package",
			shop:    &shop{head: link(""), files: map[string]string{css: content("css", "b"), js: content("js", "c")}},
			verdict: verdict.Met, version: "4.2.0", asked: []string{css, js}},
		{name: "in a folder",
			shop:  &shop{head: link("/shop/html"), files: map[string]string{"/shop/html" + css: content("css", "b"), "/shop/html" + js: content("js", "c")}},
			start: "/shop/", verdict: verdict.Met, version: "4.2.0", asked: []string{"/shop/html" + css, "/shop/html" + js}},
		{name: "line ends changed by the upload",
			shop:    &shop{head: link("/html"), files: map[string]string{"/html" + css: strings.ReplaceAll(content("css", "b"), "\n", "\r\n"), "/html" + js: content("js", "c")}},
			verdict: verdict.Met, version: "4.2.0", asked: []string{"/html" + css, "/html" + js}},
		{name: "files of two releases",
			shop:    &shop{head: link("/html"), files: map[string]string{"/html" + css: content("css", "a"), "/html" + js: content("js", "c")}},
			verdict: verdict.Undetermined, version: "複数の版のファイルが混在", finding: "eccube4"},
		{name: "a shop that answers everything alike tells nothing, and no file is called edited",
			shop:    &shop{head: link("/html"), soft: "ご指定のページは見つかりません"},
			verdict: verdict.Undetermined},
		{name: "a shop without the files is asked a few times, not forever",
			shop:    &shop{head: link("/html")},
			verdict: verdict.Undetermined},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := c.shop
			start := c.start
			if start == "" {
				start = "/"
			}
			res, asked := estimate(t, VersionEstimated, s, start, c.crawl...)
			if res.Verdict != c.verdict {
				t.Errorf("verdict %s, want %s (%+v)", res.Verdict, c.verdict, res)
			}
			if c.asked != nil && !slices.Equal(asked, c.asked) {
				t.Errorf("asked for %q, want %q", asked, c.asked)
			}
			if len(asked) > maxRequests {
				t.Errorf("%d requests: %q", len(asked), asked)
			}
			if len(res.Notes) != 1 || res.Notes[0].Words["version"].JA != c.version {
				t.Errorf("notes %+v, want version %q", res.Notes, c.version)
			}
			var where string
			for _, f := range res.Findings {
				where += f.Where
				texts, err := Suite.LoadText(VersionEstimated)
				if err != nil {
					t.Fatal(err)
				}
				for l, text := range texts {
					if left := check.Placeholders(text.Describe(&f, l)); len(left) > 0 {
						t.Errorf("%s text leaves %v", l, left)
					}
				}
			}
			if where != c.finding {
				t.Errorf("findings at %q, want %q", where, c.finding)
			}
		})
	}
}

// The set of releases that nothing separates is held against advisories as a
// set, and the same files give the same answer to every check of the suite.
func TestPackageVulnerableByFiles(t *testing.T) {
	t.Parallel()
	s := &shop{head: `<link rel="stylesheet" href="/html` + css + `">`, files: map[string]string{"/html" + css: content("css", "a"), "/html" + js: content("js", "b")}}
	res, _ := estimate(t, PackageVulnerable, s, "/")
	var ids []string
	for _, f := range res.Findings {
		ids = append(ids, f.Parameter)
		if f.Confidence != check.Possible {
			t.Errorf("%s is %s: a version proves nothing", f.Parameter, f.Confidence)
		}
		if f.Words["version"].In(i18n.JA) != "4.0.5" {
			t.Errorf("%s speaks of version %q", f.Parameter, f.Words["version"].JA)
		}
	}
	// 4.0.5 is open to the stored XSS that was used against shops, and 4.0.6 alone has the other.
	if !slices.Contains(ids, "JVN#97554111") || slices.Contains(ids, "JVN#57942445") {
		t.Errorf("findings %q", ids)
	}
	if len(res.Findings) > maxSingly+1 {
		t.Errorf("%d findings: too many to read", len(res.Findings))
	}
	if res.Verdict != verdict.Undetermined {
		t.Errorf("verdict %s", res.Verdict)
	}
}
