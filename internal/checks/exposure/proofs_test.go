package exposure

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"miseban/internal/page"
	"miseban/internal/wire"
)

func answer(t testing.TB, target, contentType string, body []byte) *page.Page {
	t.Helper()
	u, err := url.Parse("https://shop.example" + target)
	if err != nil {
		t.Fatal(err)
	}
	return page.Parse(&wire.Exchange{Method: "GET", URL: u, Status: 200, Header: http.Header{"Content-Type": {contentType}}, Body: body})
}

func TestStrangerKeepsTheShape(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, dir, ext string }{
		{"/backup.tar.gz", "/", ".tar.gz"}, {"/.env", "/.", ""}, {"/.env.local", "/.", ".local"}, {"/.git/HEAD", "/.git/", ""},
		{"/phpmyadmin/", "/", "/"}, {"/index.php~", "/", ".php~"}, {"/data/logs/site.log", "/data/logs/", ".log"},
	} {
		u, _ := url.Parse("https://shop.example" + c.in)
		got := strangerOf(u)
		name, ok := strings.CutPrefix(got.Path, c.dir)
		name, ok2 := strings.CutSuffix(name, c.ext)
		if !ok || !ok2 || len(name) != 11 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("%s: stranger %s, want %s<name>%s", c.in, got.Path, c.dir, c.ext)
		}
		if again := strangerOf(u); again.String() != got.String() {
			t.Errorf("%s: %s, then %s; want the same name in every run", c.in, got, again)
		}
	}
}

func TestClipMasks(t *testing.T) {
	t.Parallel()
	const in = "from 192.0.2.10 taro@chaya.example order 20261120001 key sk_live_0123456789abcdefghijklmnop"
	got := clip(in, 200)
	for _, secret := range []string{"192.0.2.10", "taro@", "20261120001", "0123456789abcdef"} {
		if strings.Contains(got, secret) {
			t.Errorf("clip keeps %q: %s", secret, got)
		}
	}
	if got := clip(strings.Repeat("あ", 50), 10); got != strings.Repeat("あ", 10)+"…" {
		t.Errorf("clip cuts to %q", got)
	}
}

// FuzzProofs: whatever a shop sends, no proof panics, and HTML at the place of
// a file proves nothing.
func FuzzProofs(f *testing.F) {
	f.Add("/.DS_Store", "application/octet-stream", []byte("\x00\x00\x00\x01Bud1\x00\x00\x10\x00\x00\x00\x00\x01\x00aIlocblob"))
	f.Add("/backup.zip", "application/zip", []byte("PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00a"))
	f.Add("/.env", "text/html", []byte("<html><body>DB_PASSWORD=x</body></html>"))
	f.Add("/assets/", "text/html", []byte(`<title>Index of /assets</title><h1>Index of /assets</h1><a href="../">Parent Directory</a><a href="x.sql">x</a>`))
	all := []proves{provesVCS, provesEnv, provesBackup, provesConfig, provesInstaller, provesTest, provesDebug, provesStatus,
		provesDependencies, provesLog, provesTemplate, provesDatabaseTool, provesListing, provesMap, provesAPI, provesDSStore, provesXMLRPC, provesUsers}
	files := []proves{provesVCS, provesEnv, provesBackup, provesConfig, provesDependencies, provesLog, provesMap, provesDSStore, provesUsers}
	f.Fuzz(func(t *testing.T, target, contentType string, body []byte) {
		u, err := url.Parse("https://shop.example/" + strings.TrimPrefix(target, "/"))
		if err != nil || u.Host != "shop.example" {
			t.Skip()
		}
		parse := func(b []byte) *page.Page {
			return page.Parse(&wire.Exchange{Method: "GET", URL: u, Status: 200, Header: http.Header{"Content-Type": {contentType}}, Body: b})
		}
		pg := parse(body)
		for _, p := range all {
			p(pg)
		}
		spoken := parse(append([]byte("<!DOCTYPE html><html><body>"), body...))
		for i, p := range files {
			if x := p(spoken); x != nil {
				t.Errorf("proof %d believes HTML: %+v", i, x)
			}
		}
	})
}

func TestDSNames(t *testing.T) {
	t.Parallel()
	b := append([]byte{}, dsMagic...)
	b = append(b, make([]byte, 12)...)
	b = append(b, "\x00\x00\x00\x02\x53\xd7\x6c\xe8Ilocblob"...)
	b = append(b, make([]byte, 16)...)
	pg := answer(t, "/.DS_Store", "application/octet-stream", b)
	x := provesDSStore(pg)
	if x == nil || x.Args["names"] != "受注" {
		t.Errorf("names %+v, want 受注", x)
	}
}
