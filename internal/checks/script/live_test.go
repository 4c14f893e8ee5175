package script

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"miseban/internal/check"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// visited runs c on the shop of h, whose pages at paths the crawl has seen.
func visited(t *testing.T, c *check.Check, h http.Handler, nameserver string, offers check.Need, paths ...string) check.Result {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	client, err := wire.NewClient(wire.Options{Scope: &wire.Scope{Hosts: []string{srv.URL}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}},
		Version: "test", Run: "test", Nameserver: nameserver})
	if err != nil {
		t.Fatal(err)
	}
	start, err := url.Parse(srv.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	var pages []*page.Page
	for _, path := range paths {
		ex, err := client.Do(t.Context(), &wire.Request{Method: "GET", URL: start.ResolveReference(&url.URL{Path: path}), Level: wire.Passive, Origin: wire.Origin{Check: "crawl"}})
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page.Parse(ex))
	}
	res := check.NewRunner(check.NewSite(start, pages, intel.Default(), time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)), client, offers).Run(t.Context(), c)
	described(t, c, res)
	return res
}

// described holds the texts to having a sentence for every finding.
func described(t *testing.T, c *check.Check, res check.Result) {
	t.Helper()
	texts, err := Suite.LoadText(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range res.Findings {
		for l, text := range texts {
			if left := check.Placeholders(text.Describe(&f, l)); len(left) > 0 {
				t.Errorf("%s text of %s leaves %v", l, c.Name, left)
			}
			if _, ok := text.Seen[f.Case]; !ok {
				t.Errorf("%s has no text for case %q", c.Name, f.Case)
			}
		}
	}
}

const plainPage = `<!DOCTYPE html><html lang="ja"><head><meta charset="UTF-8"><title>茶屋</title>%s</head><body>お茶</body></html>`

func TestCloakedRedirect(t *testing.T) {
	t.Parallel()
	write := func(w http.ResponseWriter, head string) {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		fmt.Fprintf(w, plainPage, head)
	}
	fromSearch := func(r *http.Request) bool { return strings.Contains(r.Referer(), "google.") }
	var moved atomic.Int64
	for _, c := range []struct {
		name     string
		shop     http.HandlerFunc
		verdict  verdict.Verdict
		findings int
	}{
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			if fromSearch(r) {
				http.Redirect(w, r, "https://brand-copy.invalid/sale", http.StatusFound)
				return
			}
			write(w, "")
		}, verdict.NotMet, 1},
		{"refresh", func(w http.ResponseWriter, r *http.Request) {
			if fromSearch(r) {
				write(w, `<meta http-equiv="refresh" content="0; URL='https://brand-copy.invalid/'">`)
				return
			}
			write(w, "")
		}, verdict.NotMet, 1},
		{"the same for everybody", func(w http.ResponseWriter, r *http.Request) { write(w, "") }, verdict.Met, 0},
		{"sent on within the shop", func(w http.ResponseWriter, r *http.Request) {
			if fromSearch(r) {
				http.Redirect(w, r, "/welcome?from=search", http.StatusFound)
				return
			}
			write(w, "")
		}, verdict.Met, 0},
		{"moved for everybody meanwhile", func(w http.ResponseWriter, r *http.Request) {
			if moved.Add(1) > 1 {
				http.Redirect(w, r, "https://new-house.invalid/", http.StatusFound)
				return
			}
			write(w, "")
		}, verdict.Met, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			res := visited(t, CloakedRedirect, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Add(1); c.shop(w, r) }), "", 0, "/")
			if res.Verdict != c.verdict || len(res.Findings) != c.findings {
				t.Errorf("verdict %s, findings %+v", res.Verdict, res.Findings)
			}
			if n := asked.Load() - 1; n > 2 {
				t.Errorf("%d requests for one page", n)
			}
		})
	}
}

// nameserver answers on 127.0.0.1: names below "free." do not exist, the first
// two answers about "flaky." say so too, the rest has a record.
func nameserver(t *testing.T) (string, *atomic.Int64) {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked, flaky := &atomic.Int64{}, &atomic.Int64{}
	ready := make(chan struct{})
	s := &dns.Server{PacketConn: pc, NotifyStartedFunc: func() { close(ready) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		asked.Add(1)
		m := new(dns.Msg).SetReply(q)
		name := q.Question[0].Name
		switch {
		case strings.HasPrefix(name, "free-"), strings.HasPrefix(name, "flaky-") && flaky.Add(1) <= 2:
			m.Rcode = dns.RcodeNameError
		case strings.HasPrefix(name, "broken-"):
			m.Rcode = dns.RcodeServerFailure
		default:
			rr, err := dns.NewRR(name + " 60 IN NS ns1." + name)
			if err == nil {
				m.Answer = append(m.Answer, rr)
			}
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = s.ActivateAndServe() }()
	<-ready
	t.Cleanup(func() { _ = s.Shutdown() })
	return pc.LocalAddr().String(), asked
}

func TestUnregisteredDomain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, scripts string
		verdict       verdict.Verdict
		where         string // "domain case" of the findings
		asked         int64
	}{
		{"free", `<script src="https://cdn.free-tags.com/t.js"></script>`, verdict.NotMet, "free-tags.com ", 3},
		{"registered", `<script src="https://cdn.tags.com/t.js"></script><script src="https://a.tags.com/t.js"></script>`, verdict.Met, "", 1},
		{"said to be missing only at first", `<script src="https://flaky-tags.com/t.js"></script>`, verdict.Met, "", 3},
		{"addresses and the shop's own are never asked for", `<script src="https://127.0.0.2/t.js"></script><script src="http://localhost:1/x.js"></script><script src="/a.js"></script>`, verdict.Met, "", 0},
		{"a name nobody can register", `<script src="https://static.tracker.invalid/t.js"></script>`, verdict.NotMet, "tracker.invalid reserved", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			addr, asked := nameserver(t)
			res := visited(t, UnregisteredDomain, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=UTF-8")
				fmt.Fprintf(w, plainPage, c.scripts)
			}), addr, 0, "/")
			var where []string
			for _, f := range res.Findings {
				where = append(where, f.Where+" "+f.Case)
			}
			if res.Verdict != c.verdict || strings.Join(where, ",") != c.where {
				t.Errorf("verdict %s, findings %q (%+v)", res.Verdict, where, res.Reason)
			}
			if asked.Load() != c.asked {
				t.Errorf("%d questions, want %d", asked.Load(), c.asked)
			}
		})
	}
}

// An error of the resolver is no proof that a domain is free.
func TestUnregisteredDomainResolverDown(t *testing.T) {
	t.Parallel()
	addr, _ := nameserver(t)
	res := visited(t, UnregisteredDomain, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		fmt.Fprintf(w, plainPage, `<script src="https://broken-tags.com/t.js"></script>`)
	}), addr, 0, "/")
	if len(res.Findings) > 0 || res.Verdict == verdict.NotMet {
		t.Errorf("verdict %s, findings %+v", res.Verdict, res.Findings)
	}
}
