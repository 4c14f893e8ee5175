package wire

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// prover is a public shop with two hosts whose answers and records a test decides.
type prover struct {
	mu     sync.Mutex
	pages  map[string]string // host + path → head lines, blank line, body
	asked  []string
	active int // requests above level safe that arrived
}

func (p *prover) serve(w io.Writer, r *http.Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, r.Host+r.URL.Path)
	if r.URL.RawQuery != "" {
		p.active++
	}
	page, ok := p.pages[r.Host+r.URL.Path]
	if !ok {
		page = "404 Not Found\nContent-Type: text/html\n\n<p>not found"
	}
	head, body, _ := strings.Cut(page, "\n\n")
	_, err := fmt.Fprintf(w, "HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s", strings.ReplaceAll(head, "\n", "\r\n"), len(body), body)
	return err == nil
}

const testToken = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func TestProve(t *testing.T) {
	t.Parallel()
	const file, meta = "shop.example" + ChallengePath, "shop.example/"
	text := func(s string) string { return "200 OK\nContent-Type: text/plain; charset=utf-8\n\n" + s }
	page := func(s string) string { return "200 OK\nContent-Type: text/html\n\n" + s }
	to := func(s string) string { return "302 Found\nLocation: " + s + "\n\n" }
	tag := ChallengeTag(testToken)
	for _, tc := range []struct {
		name  string
		pages map[string]string
		txt   []string // of _miseban-challenge.shop.example
		by    ProofMethod
		want  map[ProofMethod]ProofProblem // of what failed
	}{
		{name: "nothing is published", want: map[ProofMethod]ProofProblem{ProofDNS: ProofAbsent, ProofFile: ProofAbsent, ProofMeta: ProofAbsent}},
		{name: "record", txt: []string{"v=spf1 -all", ChallengeTXT(testToken)}, by: ProofDNS},
		{name: "another token in the record", txt: []string{ChallengeTXT("ZZZZZZZZZZZZZZZZZZZZZZZZZZ")}, want: map[ProofMethod]ProofProblem{ProofDNS: ProofOther}},
		{name: "token inside another record", txt: []string{"x " + ChallengeTXT(testToken) + " y"}, want: map[ProofMethod]ProofProblem{ProofDNS: ProofOther}},
		{name: "file", pages: map[string]string{file: text(testToken + "\n")}, by: ProofFile},
		{name: "file with a mark and CRLF", pages: map[string]string{file: text("\xef\xbb\xbf" + testToken + "\r\n")}, by: ProofFile},
		{name: "file without a type", pages: map[string]string{file: "200 OK\nX: y\n\n" + testToken}, by: ProofFile},
		{name: "file sent as HTML", pages: map[string]string{file: page(testToken)}, want: map[ProofMethod]ProofProblem{ProofFile: ProofNotText}},
		{name: "page for everything that repeats the token", pages: map[string]string{file: page("<p>" + testToken + " was not found")}, want: map[ProofMethod]ProofProblem{ProofFile: ProofNotText}},
		{name: "plain page for everything that repeats the token", pages: map[string]string{file: text("not found: " + testToken)}, want: map[ProofMethod]ProofProblem{ProofFile: ProofOther}},
		{name: "token twice", pages: map[string]string{file: text(testToken + "\n" + testToken)}, want: map[ProofMethod]ProofProblem{ProofFile: ProofOther}},
		{name: "token before a flood", pages: map[string]string{file: text(testToken + strings.Repeat(" ", 4096))}, want: map[ProofMethod]ProofProblem{ProofFile: ProofOther}},
		{name: "file with an error status", pages: map[string]string{file: "500 Oh\nContent-Type: text/plain\n\n" + testToken}, want: map[ProofMethod]ProofProblem{ProofFile: ProofNoAnswer}},
		{name: "file with status 404", pages: map[string]string{file: "404 No\nContent-Type: text/plain\n\n" + testToken}, want: map[ProofMethod]ProofProblem{ProofFile: ProofAbsent}},
		{name: "file on another host", pages: map[string]string{file: to("http://evil.example" + ChallengePath), "evil.example" + ChallengePath: text(testToken)}, want: map[ProofMethod]ProofProblem{ProofFile: ProofElsewhere}},
		{name: "file on another host of the scope", pages: map[string]string{file: to("http://www.shop.example" + ChallengePath), "www.shop.example" + ChallengePath: text(testToken)}, want: map[ProofMethod]ProofProblem{ProofFile: ProofElsewhere}},
		{name: "redirect on the same host", pages: map[string]string{file: to("/challenge.txt"), "shop.example/challenge.txt": text(testToken)}, by: ProofFile},
		{name: "redirects without end", pages: map[string]string{file: to(ChallengePath)}, want: map[ProofMethod]ProofProblem{ProofFile: ProofElsewhere}},
		{name: "meta", pages: map[string]string{meta: page("<!doctype html><head><title>店</title>" + tag + "</head><body>")}, by: ProofMeta},
		{name: "meta behind a redirect", pages: map[string]string{meta: to("/ja/"), "shop.example/ja/": page("<head>" + tag)}, by: ProofMeta},
		{name: "meta in the body", pages: map[string]string{meta: page("<head><title>店</title></head><body><p>" + tag)}, want: map[ProofMethod]ProofProblem{ProofMeta: ProofNotHead}},
		{name: "meta that a visitor's text pushed out of the head", pages: map[string]string{meta: page("<head><title>店</title>hello " + tag + "</head>")}, want: map[ProofMethod]ProofProblem{ProofMeta: ProofNotHead}},
		{name: "meta in a comment", pages: map[string]string{meta: page("<head><!-- " + tag + " --></head>")}, want: map[ProofMethod]ProofProblem{ProofMeta: ProofAbsent}},
		{name: "meta in a title", pages: map[string]string{meta: page("<head><title>" + tag + "</title></head>")}, want: map[ProofMethod]ProofProblem{ProofMeta: ProofAbsent}},
		{name: "meta in a template", pages: map[string]string{meta: page("<head><template>" + tag + "</template></head>")}, want: map[ProofMethod]ProofProblem{ProofMeta: ProofNotHead}},
		{name: "meta in plain text", pages: map[string]string{meta: text("<head>" + tag)}, want: map[ProofMethod]ProofProblem{ProofMeta: ProofAbsent}},
		{name: "meta with another token", pages: map[string]string{meta: page("<head>" + ChallengeTag("ZZZZZZZZZZZZZZZZZZZZZZZZZZ"))}, want: map[ProofMethod]ProofProblem{ProofMeta: ProofOther}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ns := nameserver(t, func(q *dns.Msg, _ bool) *dns.Msg {
				m := new(dns.Msg).SetReply(q)
				if q.Question[0].Name != ChallengeLabel+".shop.example." || q.Question[0].Qtype != dns.TypeTXT || len(tc.txt) == 0 {
					m.Rcode = dns.RcodeNameError
					return m
				}
				for _, v := range tc.txt {
					m.Answer = append(m.Answer, &dns.TXT{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 60}, Txt: []string{v[:len(v)/2], v[len(v)/2:]}})
				}
				return m
			})
			synctest.Test(t, func(t *testing.T) {
				s := agreed(time.Now(), func(s *Scope) {
					s.Hosts = []string{"http://shop.example", "http://www.shop.example"}
					s.Consent.Hosts = s.Hosts
				})
				j := NewMemory()
				c, err := NewClient(Options{Scope: s, Courtesy: NewCourtesy(), Journal: j, Nameserver: ns})
				if err != nil {
					t.Fatal(err)
				}
				defer over(c)
				resolveTo("127.0.0.1")(&c.opt)
				p := &prover{pages: tc.pages}
				piped(c, eachRequest(p.serve))
				provoke := func(host string) error {
					u, _ := url.Parse("http://" + host + "/?q=1")
					_, err := c.Do(t.Context(), &Request{URL: u, Level: Active, Injected: []string{"x'"}, Again: true, Origin: Origin{Check: "sql"}})
					return err
				}
				wantErr(t, provoke("shop.example"), ErrConsent) // before the proof
				res, err := c.Prove(t.Context())
				by := res.By(&url.URL{Scheme: "http", Host: "shop.example"})
				if tc.by == "" {
					wantErr(t, err, ErrConsent)
					wantErr(t, provoke("shop.example"), ErrConsent)
					if by != nil || p.active != 0 {
						t.Errorf("proven by %+v, %d provoking requests arrived", by, p.active)
					}
				} else {
					if by == nil || by.Method != tc.by || by.ID == "" || by.At.IsZero() {
						t.Fatalf("proven by %+v, %v; tries %+v", by, err, res.Tries)
					}
					if err := provoke("shop.example"); err != nil || p.active != 1 {
						t.Errorf("after the proof: %v, %d arrived", err, p.active)
					}
					// The record speaks for the whole domain, all else for its origin.
					if err := provoke("www.shop.example"); (err == nil) != (tc.by == ProofDNS) {
						t.Errorf("the other host: %v", err)
					}
				}
				for m, problem := range tc.want {
					if !slices.ContainsFunc(res.Tries, func(x ProofTry) bool {
						return x.Method == m && x.Problem == problem && !strings.Contains(x.Where, "www.")
					}) {
						t.Errorf("%s: want %q among %+v", m, problem, res.Tries)
					}
				}
				if slices.ContainsFunc(p.asked, func(s string) bool { return strings.HasPrefix(s, "evil.example") }) {
					t.Error("another host was asked")
				}
				// What is on record proves nothing to the next process.
				over(c)
				c2, err := NewClient(Options{Scope: s, Courtesy: NewCourtesy(), Journal: j, Nameserver: ns})
				if err != nil {
					t.Fatal(err)
				}
				resolveTo("127.0.0.1")(&c2.opt)
				p2 := &prover{}
				piped(c2, eachRequest(p2.serve))
				if tc.by != ProofDNS {
					if _, err := c2.Prove(t.Context()); !errors.Is(err, ErrConsent) || len(p2.asked) == 0 {
						t.Errorf("the second process trusted a record: %v, asked %v", err, p2.asked)
					}
				}
				over(c2)
				for _, x := range res.Tries {
					if x.ID != "" && !slices.ContainsFunc(j.Entries(), func(e Entry) bool { return e.ID == x.ID && e.State == Answered && e.Check == "proof" }) {
						t.Errorf("%+v is not in the ledger", x)
					}
				}
			})
		})
	}
}

// A resolver that is out of order for a moment costs tries, not the proof.
func TestProveAsksAgain(t *testing.T) {
	t.Parallel()
	var n int
	var mu sync.Mutex
	ns := nameserver(t, func(q *dns.Msg, _ bool) *dns.Msg {
		mu.Lock()
		defer mu.Unlock()
		m := new(dns.Msg).SetReply(q)
		if n++; n < 3 {
			m.Rcode = dns.RcodeServerFailure
			return m
		}
		m.Answer = []dns.RR{&dns.TXT{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET}, Txt: []string{ChallengeTXT(testToken)}}}
		return m
	})
	now := time.Now()
	c, err := NewClient(Options{Scope: agreed(now), Courtesy: NewCourtesy(), Nameserver: ns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop("over") })
	res, err := c.Prove(t.Context())
	if err != nil || len(res.Proven) != 1 || len(res.Open) != 0 {
		t.Errorf("%+v, %v", res, err)
	}
	if u, _ := url.Parse("http://shop.example/x"); !c.Proven(u) {
		t.Error("not proven")
	}
	if u, _ := url.Parse("http://www.shop.example/x"); c.Proven(u) {
		t.Error("a host outside the scope is proven")
	}
	if u, _ := url.Parse("http://shop.test/x"); !c.Proven(u) {
		t.Error("a local host needs a proof")
	}
	s := agreed(now, func(s *Scope) { s.Level, s.Proof.Token = Safe, "" })
	none, err := NewClient(Options{Scope: s, Courtesy: NewCourtesy(), Nameserver: ns})
	if err != nil {
		t.Fatal(err)
	}
	_, err = none.Prove(t.Context())
	wantErr(t, err, ErrConsent)
}
