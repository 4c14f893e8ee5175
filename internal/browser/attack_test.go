package browser

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// trap is a server whose page is hostile; it notes all that reaches it.
type trap struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

func lay(t *testing.T, pages map[string]string) *trap {
	s := &trap{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r.Method+" "+r.URL.RequestURI())
		s.mu.Unlock()
		b, ok := pages[r.URL.Path]
		switch {
		case strings.HasSuffix(r.URL.Path, ".js"):
			w.Header().Set("Content-Type", "text/javascript")
		case strings.HasSuffix(r.URL.Path, ".css"):
			w.Header().Set("Content-Type", "text/css")
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
		}
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, b)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *trap) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// TestHostilePage: whatever a page tries by itself, nothing of it acts at the
// shop, goes round the proxy, stays alive after the page, or lacks a ledger line.
func TestHostilePage(t *testing.T) {
	quic, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { quic.Close() })
	var datagrams atomic.Int32
	go func() {
		b := make([]byte, 2048)
		for {
			if _, _, err := quic.ReadFrom(b); err != nil {
				return
			}
			datagrams.Add(1)
		}
	}()
	stun := quic.LocalAddr().String()
	s := lay(t, map[string]string{
		"/": `<!doctype html><title>x</title>
<link rel=prefetch href="/prefetched/logout"><link rel=prerender href="/prerendered/logout"><link rel=prefetch href="/prefetched/plain">
<script type="speculationrules">{"prerender":[{"source":"list","urls":["/spec/logout","/spec/plain"],"eagerness":"immediate"}],"prefetch":[{"source":"list","urls":["/specfetch/plain"],"eagerness":"immediate"}]}</script>
<img src="/cart/add?id=1"><script src="/delete?id=1"></script><link rel=stylesheet href="/wishlist/remove?x=1">
<style>body{background:url(/bg/logout)} @import url(/imported/logout);</style>
<iframe src="/frame/logout"></iframe><object data="/object/logout"></object><embed src="/embed/logout"><video src="/video/logout"></video>
<script>
try{navigator.serviceWorker.register('/sw.js')}catch(e){}
try{new Worker('/w.js')}catch(e){}
try{new SharedWorker('/shared.js')}catch(e){}
try{window.open('/popup/logout')}catch(e){}
try{window.open('/popup/plain')}catch(e){}
const a=document.createElement('a');a.href='/blank/logout';a.target='_blank';document.body.append(a);a.click();
const f=document.createElement('form');f.action='/formblank/logout';f.target='_blank';document.body.append(f);f.submit();
const g=document.createElement('form');g.action='/formframe/order';g.method='post';g.target='fr';document.body.append(g);
const fr=document.createElement('iframe');fr.name='fr';document.body.append(fr);g.submit();
try{navigator.sendBeacon('/beacon/x','y')}catch(e){}
fetch('/ka/order',{method:'POST',keepalive:true,body:'a=1'}).catch(()=>0);
fetch('/get/logout').catch(()=>0);
try{const t=new WebTransport('https://` + stun + `/wt');t.ready.catch(()=>0);t.closed.catch(()=>0)}catch(e){}
try{const pc=new RTCPeerConnection({iceServers:[{urls:'stun:` + stun + `'},{urls:'turn:` + stun + `?transport=tcp',username:'u',credential:'p'}]});pc.createDataChannel('x');pc.createOffer().then(o=>pc.setLocalDescription(o))}catch(e){}
addEventListener('beforeunload',e=>{e.preventDefault();e.returnValue='x';navigator.sendBeacon('/beacon/unload','y');fetch('/unload/order',{method:'POST',keepalive:true})});
setInterval(()=>alert(1),50);
for(let i=0;i<3;i++)confirm('x');
</script>`,
		"/sw.js":       `self.addEventListener('install',e=>{fetch('/fromsw/logout');fetch('/fromsw/order',{method:'POST'});skipWaiting()});self.addEventListener('activate',e=>clients.claim());setInterval(()=>fetch('/fromsw/tick'),300)`,
		"/w.js":        `fetch('/fromworker/logout');fetch('/fromworker/order',{method:'POST'});setInterval(()=>fetch('/fromworker/tick'),300)`,
		"/shared.js":   `fetch('/fromshared/logout');fetch('/fromshared/order',{method:'POST'});setInterval(()=>fetch('/fromshared/tick'),300)`,
		"/popup/plain": `<script>setInterval(()=>fetch('/frompopup/tick'),300)</script>`,
		"/spec/plain":  `<script>fetch('/fromprerender/tick')</script>`,
	})
	j := wire.NewMemory()
	c, err := wire.NewClient(wire.Options{Scope: &wire.Scope{Hosts: []string{s.URL}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}}, Version: "test", Run: "test", Journal: j})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	b := start(t, c)
	r := render(t, b, s.URL+"/")
	seen := s.requests()
	if !slices.Contains(seen, "GET /fromworker/tick") {
		t.Errorf("a worker's reading fetch was held back: %v", seen)
	}
	for _, q := range seen {
		for _, never := range []string{"POST", "logout", "/cart/add", "/delete", "/remove", "/sw.js", "/fromsw", "/spec", "/prefetched", "/fromprerender", "/beacon", "/order"} {
			if strings.Contains(q, never) {
				t.Errorf("the shop was asked for %s", q)
			}
		}
	}
	for _, want := range []string{"/cart/add?id=1", "/delete?id=1", "/wishlist/remove", "/bg/logout", "/video/logout", "/sw.js", "/spec/plain", "/prefetched/plain", "/fromshared/logout", "/fromworker/logout", "/frame/logout", "/beacon/x"} {
		if !slices.ContainsFunc(r.Blocked, func(q page.Request) bool { return strings.Contains(q.URL, want) }) {
			t.Errorf("%s is not on record as blocked", want)
		}
	}
	for _, q := range slices.Concat(r.Blocked, r.Requests) {
		if !strings.HasPrefix(q.URL, s.URL) && !strings.HasPrefix(q.URL, "ws") {
			t.Errorf("the page is blamed for %s", q.URL)
		}
	}
	if n := datagrams.Load(); n > 0 {
		t.Errorf("%d datagrams went round the proxy", n)
	}
	lines := map[string]bool{}
	for _, e := range j.Entries() {
		if e.State == wire.Sent {
			lines[e.Method+" "+strings.TrimPrefix(e.Target, s.URL)] = true
			if !strings.HasPrefix(e.Target, s.URL) {
				t.Errorf("sent elsewhere: %s", e.Target)
			}
		}
	}
	for _, q := range seen {
		if !lines[q] {
			t.Errorf("no ledger line for %s", q)
		}
	}
	if why := b.refuses(httptest.NewRequest("GET", s.URL+"/after", nil), true); why == "" {
		t.Error("a request after the page was over is let through")
	}
}

// TestGreedyPage: a page that wants everything gets a bounded share of time,
// requests and memory, and the next page is as well as before.
func TestGreedyPage(t *testing.T) {
	s := lay(t, map[string]string{
		"/flood": `<title>f</title><script>for(let i=0;i<130;i++){fetch('/api/items?page='+i).catch(()=>0);fetch('/order?n='+i,{method:'POST'}).catch(()=>0);new Image().src='/i.gif?v='+i}
for(let i=0;i<3000;i++){history.replaceState(0,'','#'+i)}
const long='x'.repeat(1<<20);for(let i=0;i<8;i++){console.error(long+i);new Image().src='/l.gif?v='+i+long}
for(let i=0;i<80;i++){localStorage.setItem(('k'+i).padEnd(40000,'k'),'v'.repeat(1000))}
</script>`,
		"/memory": `<title>m</title><script>setTimeout(()=>{const a=[];for(;;)a.push(new Array(1e6).fill(Math.random()))},100)</script>`,
		"/liar":   `<title>l</title><script>const big='x'.repeat(200<<20);String.prototype.slice=function(){return big};Array.prototype.slice=function(){return [big]}</script>`,
		"/well":   `<title>well</title><script>document.write('<a href=/found>x</a>')</script>`,
	})
	b := start(t, client(t, s.URL))
	for _, path := range []string{"/flood", "/memory", "/liar"} {
		began := time.Now()
		n := len(s.requests())
		r := render(t, b, s.URL+path)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		size := 0
		if data, err := json.Marshal(r); err == nil {
			size = len(data)
		}
		t.Logf("%s: %v, %d requests arrived, %d MiB held, record %d KiB, %q", path, time.Since(began), len(s.requests())-n, m.HeapAlloc>>20, size>>10, r.Err)
		if got := len(s.requests()) - n; got > maxRequests {
			t.Errorf("%s: %d requests arrived, at most %d may", path, got, maxRequests)
		}
		if took := time.Since(began); took > pageTime+10*time.Second {
			t.Errorf("%s took %v", path, took)
		}
		if size > 16<<20 {
			t.Errorf("%s: the record has %d bytes", path, size)
		}
	}
	if r := render(t, b, s.URL+"/well"); !strings.Contains(r.HTML, `href="/found"`) {
		t.Errorf("the page after: %+v", r)
	}
}
