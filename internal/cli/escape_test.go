package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"miseban/internal/browser"
	"miseban/internal/wire"
)

// foreign counts who connects to an address that is nobody's business.
type foreign struct {
	mu   sync.Mutex
	came []string
}

func (f *foreign) listen(t *testing.T, addr string) string {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skipf("no second address on this machine: %v", err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(time.Second))
			b := make([]byte, 300)
			n, _ := c.Read(b)
			f.mu.Lock()
			f.came = append(f.came, fmt.Sprintf("%s: %.80q", addr, b[:n]))
			f.mu.Unlock()
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			_ = c.Close()
		}
	}()
	return ln.Addr().String()
}

// escapes are addresses that lead from own to a foreign one, or look as if
// they stayed. port is that of both.
func escapes(own, port, other string) []string {
	evil := "127.0.0.2:" + port
	return []string{
		"http://" + own + "@" + evil + "/userinfo",
		"http://" + own + ":x@" + evil + "/password",
		"http://" + own + `\@` + evil + "/backslash-at",
		"http://" + own + "%2f@" + evil + "/escaped-slash-at",
		"http://" + own + "%00@" + evil + "/nul-at",
		"http://" + evil + "#@" + own + "/fragment",
		"http://" + evil + "?@" + own + "/query",
		"http://" + evil + `\@` + own + "/backslash",
		"//" + evil + "/schemeless",
		"///" + evil + "/three-slashes",
		"////" + evil + "/four-slashes",
		`/\` + evil + "/slash-backslash",
		`\\` + evil + `\backslashes`,
		`http:\\` + evil + `\http-backslashes`,
		"http:/" + evil + "/one-slash",
		"http:" + evil + "/no-slash",
		"HTTP://" + evil + "/upper",
		" http://" + evil + "/space ",
		"ht\ntp://" + evil + "/newline-in-scheme",
		"http://127.0.0.\t2:" + port + "/tab-in-host",
		"//\n" + evil + "/newline-after-slashes",
		"/%2e%2e//" + evil + "/escaped-dots",
		"/..//" + evil + "/dots",
		"http://[::ffff:127.0.0.2]:" + port + "/mapped",
		"http://[::ffff:7f00:2]:" + port + "/mapped-hex",
		"http://2130706434:" + port + "/decimal",
		"http://0x7f000002:" + port + "/hex",
		"http://0177.0.0.2:" + port + "/octal",
		"http://127.2:" + port + "/short",
		"http://127.0.0.2.:" + port + "/dot-after",
		"http://１２７.０.０.２:" + port + "/full-width",
		"http://127。0。0。2:" + port + "/ideographic",
		"http://%31%32%37.0.0.2:" + port + "/escaped-digits",
		"http://localhost:" + port + "/name",
		"http://ⅼocalhost:" + port + "/look-alike",
		"http://" + other + "/other-port",
		"https://" + evil + "/https",
		"ws://" + evil + "/socket",
		"ftp://" + evil + "/ftp",
		"javascript:location='http://" + evil + "/script'",
		"data:text/html,<script>location='http://" + evil + "/data'</script>",
		"view-source:http://" + evil + "/source",
		"feed:http://" + evil + "/feed",
	}
}

// hostile is a shop whose pages do what they can to lead a diagnosis away.
type hostile struct {
	odd []string
	own string

	mu   sync.Mutex
	seen map[string]int
	odds []string // requests that no diagnosis of own sends
}

func (h *hostile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.seen[r.URL.Path]++
	if r.Host != h.own || r.Method == http.MethodPost {
		h.odds = append(h.odds, r.Method+" "+r.Host+r.RequestURI)
	}
	h.mu.Unlock()
	page := func(s string, a ...any) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, "<!doctype html><html lang=ja><title>店</title>"+s, a...)
	}
	var i int
	switch {
	case r.URL.Path == "/":
		var b strings.Builder
		for i, u := range h.odd {
			fmt.Fprintf(&b, "<p><a href=\"%s\">商品 %d</a> <form action=\"%[1]s\" role=search><input type=search name=q></form>", html.EscapeString(u), i)
		}
		page(`<h1>茶屋</h1><a href="/based">一覧</a> <a href="/script">特集</a> <a href="/about">会社概要</a>%s`, b.String())
	case r.URL.Path == "/based":
		page(`<base href="http://127.0.0.2:%s/"><h1>一覧</h1><a href="based-item">品</a><a href="?q=1">次</a><form><input type=search name=q></form>`, h.own[strings.LastIndexByte(h.own, ':')+1:])
	case r.URL.Path == "/script":
		list, err := json.Marshal(h.odd)
		if err != nil {
			panic(err)
		}
		page(`<h1>特集</h1><div id=x><button type=button onclick="go()">もっと見る</button></div><script>
const all=%s;
function go(){for(const u of all){
 try{window.open(u)}catch(e){}
 try{const a=document.createElement('a');a.href=u;a.target='_blank';document.body.append(a);a.click()}catch(e){}
 try{const f=document.createElement('form');f.action=u;f.target='_blank';document.body.append(f);f.submit()}catch(e){}
 try{history.pushState({},'',u)}catch(e){}
 try{location.assign(u)}catch(e){}
}}
go();</script>`, list)
	case r.URL.Path == "/about":
		page(`<h1>会社概要</h1><p>茶を売る店です。`)
	default:
		if _, err := fmt.Sscanf(r.URL.Path, "/to/%d", &i); err == nil && i < len(h.odd) {
			w.Header()["Location"] = []string{strings.NewReplacer("\n", "", "\t", "").Replace(h.odd[i])}
			w.WriteHeader(http.StatusFound)
			return
		}
		if _, err := fmt.Sscanf(r.URL.Path, "/refresh/%d", &i); err == nil && i < len(h.odd) {
			page(`<meta http-equiv=refresh content="0;url=%s"><h1>%s</h1>`, html.EscapeString(h.odd[i]), strings.Repeat("<b><i></i></b>", i))
			return
		}
		page(`<h1>ページが見つかりません</h1>`) // with 200: errors would end the run by the stop rule
	}
}

// TestEscapes: however an address is written, a diagnosis does not leave the
// origin that it was given, neither by itself nor in the browser.
func TestEscapes(t *testing.T) {
	if testing.Short() {
		t.Skip("a diagnosis for every case")
	}
	t.Parallel()
	for _, mode := range []string{"off", "on"} {
		t.Run("browser "+mode, func(t *testing.T) {
			t.Parallel()
			if _, err := browser.Find(""); mode == "on" && err != nil {
				t.Skip("no Chromium on this machine")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			h := &hostile{seen: map[string]int{}}
			s := httptest.NewUnstartedServer(h)
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			h.own = s.Listener.Addr().String()
			_, port, err := net.SplitHostPort(h.own)
			if err != nil {
				t.Fatal(err)
			}
			f := &foreign{}
			f.listen(t, "127.0.0.2:"+port)
			other := f.listen(t, "127.0.0.1:0")
			h.odd = escapes(h.own, port, other)
			s.Start()
			t.Cleanup(s.Close)

			data := t.TempDir()
			args := []string{"diagnose", "--browser", mode, "--rate", "unlimited", "--fail-on", "none", "--format", "jsonl", "-o", filepath.Join(data, "x.jsonl"), s.URL + "/"}
			refreshes := len(h.odd)
			if mode == "on" {
				refreshes = 3 // each costs the browser a page; /script does the rest
			}
			for i := range h.odd {
				args = append(args, fmt.Sprintf("%s/to/%d", s.URL, i))
				if i < refreshes {
					args = append(args, fmt.Sprintf("%s/refresh/%d", s.URL, i))
				}
			}
			if code, said := say(ctx, data, args...); code != exitClean {
				t.Fatalf("exit code %d\n%s", code, said)
			}
			f.mu.Lock()
			for _, c := range f.came {
				t.Errorf("somebody else was asked: %s", c)
			}
			f.mu.Unlock()
			h.mu.Lock()
			for _, o := range h.odds {
				t.Errorf("the shop was asked for %s", o)
			}
			for i := range h.odd {
				if h.seen[fmt.Sprintf("/to/%d", i)] == 0 {
					t.Errorf("/to/%d was never followed: the test proves little", i)
				}
			}
			for _, p := range []string{"/based", "/script", "/about", "/refresh/0"} {
				if h.seen[p] == 0 {
					t.Errorf("%s was never opened: the test proves little", p)
				}
			}
			h.mu.Unlock()
			run, ledger := stored(t, data)
			for _, e := range ledger {
				if e.State == wire.Sent && e.Addr != "" && !strings.HasPrefix(e.Addr, "127.0.0.1:") {
					t.Errorf("on record as sent: %s %s to %s", e.Kind, e.Target, e.Addr)
				}
			}
			if mode == "on" && run.Seen.Rendered == 0 {
				t.Error("the browser looked at nothing")
			}
		})
	}
}
