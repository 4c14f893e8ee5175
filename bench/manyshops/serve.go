package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"miseban/bench/gauge"
	"miseban/bench/loopback"
	"miseban/internal/testshop"
)

// plan is what the parent asks the process with the shops for.
type plan struct {
	Shops  int
	Shared bool // all behind one address, told apart by name
	TLS    bool // with certificates and a name server; else plain, as behind a TLS terminator
	Weak   bool // the demo's faults
}

// opened is what that process answers.
type opened struct {
	Control    string // base URL of its own figures
	Nameserver string
	Port       string
	Authority  []byte // PEM
}

// figures are counted where the requests arrive.
type figures struct {
	CPU      time.Duration
	Resident int64
	Harm     int64
	At       time.Time
	Shops    map[string]*count // by address
	Names    map[string]int    // requests by host name
}

type count struct {
	Requests, Connections int
	Busiest               int // requests in any 10 s
	BusiestAll            int // requests and connects in any 10 s
}

// address of the i-th shop: no two shops share one, except where they shall.
func address(i int, shared bool) string {
	if shared {
		return "127.11.0.1"
	}
	return fmt.Sprintf("127.12.%d.%d", i/250, 1+i%250)
}

// name of the i-th shop: a registrable domain of its own.
func name(i int) string { return fmt.Sprintf("shop%04d.jp", i) }

// window remembers the times of the last ten seconds.
type window struct {
	times   []time.Time
	busiest int
}

func (w *window) add(now time.Time) {
	old := 0
	for old < len(w.times) && now.Sub(w.times[old]) >= 10*time.Second {
		old++
	}
	w.times = append(w.times[old:], now)
	w.busiest = max(w.busiest, len(w.times))
}

// watcher counts what one address sees.
type watcher struct {
	mu          sync.Mutex
	requests    int
	connections int
	asked, all  window
	names       map[string]int
}

func (w *watcher) request(host string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.requests++
	w.names[host]++
	w.asked.add(now)
	w.all.add(now)
}

func (w *watcher) connect() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.connections++
	w.all.add(time.Now())
}

// street is the process with the shops.
type street struct {
	plan     plan
	port     string
	config   *tls.Config
	mu       sync.Mutex
	shops    map[string]*testshop.Shop // by host name
	watchers map[string]*watcher       // by address
}

// serve opens the shops, tells the parent where and ends with its standard input.
func serve(in io.Reader, out io.Writer) error {
	input := bufio.NewReader(in)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return err
	}
	s := &street{shops: map[string]*testshop.Shop{}, watchers: map[string]*watcher{}}
	if err := json.Unmarshal(line, &s.plan); err != nil {
		return err
	}
	o := opened{}
	if s.plan.TLS {
		authority := &loopback.Authority{}
		if o.Authority, err = authority.PEM(); err != nil {
			return err
		}
		s.config = &tls.Config{GetCertificate: authority.Certificate}
		if o.Nameserver, err = s.nameserver(); err != nil {
			return err
		}
	}
	n := s.plan.Shops
	if s.plan.Shared {
		n = 1
	}
	for i := range n {
		if err := s.open(address(i, s.plan.Shared)); err != nil {
			return err
		}
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go http.Serve(control, http.HandlerFunc(s.figures)) //nolint — ends with the process
	o.Control, o.Port = "http://"+control.Addr().String(), s.port
	if err := json.NewEncoder(out).Encode(o); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, input)
	return err
}

// open listens on one address; all use the port that the first one got.
func (s *street) open(addr string) error {
	port := s.port
	if port == "" {
		port = "0"
	}
	l, err := loopback.Listen(net.JoinHostPort(addr, port))
	if err != nil {
		return err
	}
	_, s.port, _ = net.SplitHostPort(l.Addr().String())
	w := &watcher{names: map[string]int{}}
	s.watchers[addr] = w
	srv := &http.Server{ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: 20 * time.Second, Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.request(r.Host)
		s.shop(r.Host).ServeHTTP(rw, r)
	})}
	door := loopback.Door{Listener: l, Visit: w.connect}
	go func() {
		if s.config != nil {
			srv.TLSConfig = s.config.Clone()
			_ = srv.ServeTLS(door, "", "")
			return
		}
		_ = srv.Serve(door)
	}()
	return nil
}

// shop is the one of that name, opened when its first visitor comes.
func (s *street) shop(host string) *testshop.Shop {
	s.mu.Lock()
	defer s.mu.Unlock()
	shop := s.shops[host]
	if shop == nil {
		o := testshop.Options{}
		if s.plan.Weak {
			o = testshop.WeakShop()
		}
		scheme := "http://"
		if s.plan.TLS {
			scheme = "https://"
		}
		o.HTTPS, o.HTTPSOrigin, o.HTTPOrigin = true, scheme+host, scheme+host
		shop = testshop.New(o)
		s.shops[host] = shop
	}
	return shop
}

func (s *street) figures(w http.ResponseWriter, _ *http.Request) {
	f := figures{At: time.Now(), Shops: map[string]*count{}, Names: map[string]int{}}
	f.CPU, f.Resident = gauge.Self()
	for addr, x := range s.watchers {
		x.mu.Lock()
		f.Shops[addr] = &count{x.requests, x.connections, x.asked.busiest, x.all.busiest}
		for host, n := range x.names {
			f.Names[host] += n
		}
		x.mu.Unlock()
	}
	s.mu.Lock()
	for _, shop := range s.shops {
		h := shop.Harm()
		f.Harm += h.Total()
	}
	s.mu.Unlock()
	_ = json.NewEncoder(w).Encode(f)
}

// nameserver answers for the shops' names as a small provider's would.
func (s *street) nameserver() (string, error) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	srv := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		m.Authoritative = true
		for _, x := range q.Question {
			m.Answer = append(m.Answer, records(x)...)
		}
		_ = w.WriteMsg(m)
	})}
	go srv.ActivateAndServe() //nolint — ends with the process
	return pc.LocalAddr().String(), nil
}

func records(q dns.Question) []dns.RR {
	host := strings.ToLower(q.Name)
	var text string
	switch q.Qtype {
	case dns.TypeNS:
		text = "NS ns1.dns.example."
	case dns.TypeMX:
		text = "MX 10 mail.example."
	case dns.TypeTXT:
		text = `TXT "v=spf1 include:_spf.example -all"`
		if strings.HasPrefix(host, "_dmarc.") {
			text = `TXT "v=DMARC1; p=none"`
		}
	default:
		return nil
	}
	rr, err := dns.NewRR(host + " 300 IN " + text)
	if err != nil {
		return nil
	}
	return []dns.RR{rr}
}

// neighbour is the process with the shops, seen from the one that visits them.
type neighbour struct {
	opened
	cmd *exec.Cmd
	in  io.Closer
}

func start(ctx context.Context, p plan) (*neighbour, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "serve")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	n := &neighbour{cmd: cmd, in: in}
	if err := json.NewEncoder(in).Encode(p); err != nil {
		return nil, err
	}
	return n, json.NewDecoder(out).Decode(&n.opened)
}

// stop ends the process and waits for it.
func (n *neighbour) stop() {
	_ = n.in.Close()
	_ = n.cmd.Wait()
}

func (n *neighbour) figures() (*figures, error) {
	resp, err := http.Get(n.Control)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	f := &figures{}
	return f, json.NewDecoder(resp.Body).Decode(f)
}
