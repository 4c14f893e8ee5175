package checktest

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// stored are answers of a small shop in which most passive checks find something to read.
var stored = []struct{ path, cookie, body string }{
	{"/", "PHPSESSID=0a1b2c3d4e5f60718293a4b5c6; path=/", `<title>茶屋</title><a href="/cart?PHPSESSID=0a1b2c3d4e5f60718293a4b5c6">カート</a><script src="/js/jquery-1.8.3.min.js"></script>`},
	{"/mypage/login", "", `<title>ログイン</title><form method="post" action="/mypage/login"><input type="email" name="email"><input type="password" name="pass" maxlength="6"><button>ログイン</button></form>`},
	{"/entry", "", `<title>会員登録</title><form method="post" action="/entry"><label>お名前<input name="name"></label><label>住所<input name="address"></label><label>パスワード<input type="password" name="password"></label><button>登録する</button></form>`},
	{"/cart", "", `<title>カート</title><form method="post" action="/cart/up"><input name="quantity" value="1"><button>更新</button></form>`},
}

// Silent holds the suite's passive checks to their level: run on stored answers, they send nothing.
func Silent(t *testing.T, s *check.Suite) {
	t.Helper()
	start := &url.URL{Scheme: "https", Host: "tea.example", Path: "/"}
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	var pages []*page.Page
	for i, a := range stored {
		u := *start
		u.Path = a.path
		h := http.Header{"Content-Type": {"text/html; charset=utf-8"}, "Server": {"Apache/2.4.41"}}
		if a.cookie != "" {
			h.Set("Set-Cookie", a.cookie)
		}
		pages = append(pages, page.Parse(&wire.Exchange{
			ID: wire.ExchangeID("stored-" + string(rune('a'+i))), At: now, Method: "GET", URL: &u, RawURL: u.String(), Status: 200, Header: h, Body: []byte(a.body),
		}))
	}
	journal := wire.NewMemory()
	client, err := wire.NewClient(wire.Options{Journal: journal, Version: "test", Run: "test", Scope: &wire.Scope{
		Hosts: []string{start.String()}, Level: wire.Passive, Authority: wire.Authority{Person: "店番 太郎", Organisation: "茶屋みせばん"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	runner := check.NewRunner(check.NewSite(start, pages, intel.Default(), now), client, check.TLS)
	for _, c := range s.Checks {
		if c.Level > wire.Passive {
			continue
		}
		runner.Run(t.Context(), c)
		if e := journal.Entries(); len(e) > 0 {
			t.Fatalf("%s is passive and sent %d requests, the first to %s", c.Name, len(e), e[0].Target)
		}
	}
}
