package dns

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"miseban/internal/check"
	"miseban/internal/check/checktest"
	"miseban/internal/intel"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	var own []string
	for _, c := range Suite.Checks {
		own = append(own, c.Name)
	}
	checktest.Run(t, Suite, checktest.Own(own...))
	checktest.CVSS(t, Suite)
}

// served is a name server on 127.0.0.1 that knows only a zone file. Names
// below "broken." fail, and the first answers about "flaky." say NXDOMAIN.
func served(t *testing.T, file string) (addr string, asked *atomic.Int64) {
	t.Helper()
	var records []dns.RR
	zp := dns.NewZoneParser(strings.NewReader(file), ".", "")
	zp.SetDefaultTTL(60)
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		records = append(records, rr)
	}
	if err := zp.Err(); err != nil {
		t.Fatal(err)
	}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked = &atomic.Int64{}
	flaky := &atomic.Int64{}
	s := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		asked.Add(1)
		m := new(dns.Msg).SetReply(q)
		name := strings.ToLower(q.Question[0].Name)
		switch {
		case strings.Contains(name, "broken."):
			m.Rcode = dns.RcodeServerFailure
		case strings.Contains(name, "flaky.") && q.Question[0].Qtype == dns.TypeTXT && flaky.Add(1) <= 2:
			m.Rcode = dns.RcodeNameError
		default:
			answer(m, records, name, q.Question[0].Qtype)
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = s.ActivateAndServe() }()
	t.Cleanup(func() { _ = s.Shutdown() })
	return pc.LocalAddr().String(), asked
}

func answer(m *dns.Msg, records []dns.RR, name string, qtype uint16) {
	exists := false
	for _, rr := range records {
		n := strings.ToLower(rr.Header().Name)
		exists = exists || n == name || strings.HasSuffix(n, "."+name)
		if n != name {
			continue
		}
		switch {
		case rr.Header().Rrtype == qtype:
			m.Answer = append(m.Answer, rr)
		case rr.Header().Rrtype == dns.TypeCNAME:
			m.Answer = append(m.Answer, rr)
			answer(m, records, strings.ToLower(rr.(*dns.CNAME).Target), qtype)
			return
		}
	}
	if !exists {
		m.Rcode = dns.RcodeNameError
	}
}

const good = `
shop.example. NS ns1.dns.example.
shop.example. NS ns2.dns.example.
ns1.dns.example. A 192.0.2.1
ns2.dns.example. A 198.51.100.1
shop.example. MX 10 mail.shop.example.
shop.example. A 192.0.2.80
www.shop.example. A 192.0.2.80
shop.example. TXT "v=spf1 ip4:192.0.2.0/24 include:_spf.mailer.example -all"
shop.example. TXT "google-site-verification=abc"
_dmarc.shop.example. TXT "v=DMARC1; p=reject; rua=mailto:d@shop.example"
_mta-sts.shop.example. TXT "v=STSv1; id=20261121"
shop.example. CAA 0 issue "letsencrypt.org"
shop.example. DS 12345 13 2 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
`

// Each zone is the good one with lines taken out (those that contain one of
// without) and lines added.
var sites = []struct {
	name    string
	host    string
	without []string
	with    string
	want    []string // findings as check:case, severity
	verdict map[string]verdict.Verdict
}{
	{name: "good"},
	{name: "bare", without: []string{"TXT", "CAA", "DS", "ns2"}, want: []string{"caa info", "dmarc medium", "dnssec info", "mta-sts info", "ns-single low", "spf medium"},
		verdict: map[string]verdict.Verdict{"spf": verdict.NotMet, "dmarc": verdict.NotMet, "caa": verdict.Met, "mta-sts": verdict.Met, "ns-single": verdict.NotMet}},
	{name: "two spf", with: `shop.example. TXT "v=spf1 -all"`, want: []string{"spf:several medium"}},
	{name: "spf for everybody", without: []string{"spf1"}, with: `shop.example. TXT "v=spf1 a +all"`, want: []string{"spf:everybody medium"}},
	{name: "spf all without sign", without: []string{"spf1"}, with: `shop.example. TXT "v=spf1 all"`, want: []string{"spf:everybody medium"}},
	{name: "spf neutral", without: []string{"spf1"}, with: `shop.example. TXT "v=spf1 mx ?all"`, want: []string{"spf:neutral low"}},
	{name: "spf without an end", without: []string{"spf1"}, with: `shop.example. TXT "v=spf1 mx"`, want: []string{"spf:neutral low"}},
	{name: "spf misspelt", without: []string{"spf1"}, with: `shop.example. TXT "v=spf1 ipv4:192.0.2.1 -all"`, want: []string{"spf:invalid medium"}},
	{name: "spf too many", without: []string{"spf1"}, with: `shop.example. TXT "v=spf1 include:_a.shop.example a mx a:b.example mx:c.example exists:d.example include:e.example -all"
_a.shop.example. TXT "v=spf1 include:1.example include:2.example include:3.example include:4.example include:_a.shop.example -all"`, want: []string{"spf:too-many low"}},
	{name: "decoy spf in two strings", without: []string{"spf1"}, with: `shop.example. TXT "v=spf1 ip4:192.0.2.0/24 " "-all"`},
	{name: "decoy spf redirect", without: []string{"spf1"}, with: `shop.example. TXT "v=spf1 redirect=_spf.mailer.example"`},
	{name: "decoy other texts", with: `shop.example. TXT "v=spf10 is something else"`},
	{name: "dmarc none", without: []string{"_dmarc"}, with: `_dmarc.shop.example. TXT "v=DMARC1; p=none"`, want: []string{"dmarc:unwatched low"}},
	{name: "dmarc watching", without: []string{"_dmarc"}, with: `_dmarc.shop.example. TXT "v=DMARC1;p=none;rua=mailto:d@shop.example"`, want: []string{"dmarc:watching info"}},
	{name: "dmarc subdomains", without: []string{"_dmarc"}, with: `_dmarc.shop.example. TXT "v=DMARC1; p=reject; sp=none; rua=mailto:d@shop.example"`, want: []string{"dmarc:subdomains low"}},
	{name: "dmarc partly", without: []string{"_dmarc"}, with: `_dmarc.shop.example. TXT "v=DMARC1; p=reject; pct=20"`, want: []string{"dmarc:partly info"}},
	{name: "dmarc broken", without: []string{"_dmarc"}, with: `_dmarc.shop.example. TXT "v=DMARC1; p=deny"`, want: []string{"dmarc:invalid medium"}},
	{name: "decoy dmarc spaces", without: []string{"_dmarc"}, with: `_dmarc.shop.example. TXT "v=DMARC1 ; P = Reject ; foo=bar ;"`},
	{name: "mta-sts broken", without: []string{"_mta-sts"}, with: `_mta-sts.shop.example. TXT "v=STSv1"`, want: []string{"mta-sts:invalid info"}},
	{name: "decoy no mail", without: []string{"MX", "TXT"}, verdict: map[string]verdict.Verdict{"spf": verdict.NotApplicable, "dmarc": verdict.NotApplicable, "mta-sts": verdict.NotApplicable}},
	{name: "decoy null mx", without: []string{"MX", "TXT"}, with: `shop.example. MX 0 .`, verdict: map[string]verdict.Verdict{"spf": verdict.NotApplicable, "mta-sts": verdict.NotApplicable}},
	{name: "decoy caa below", host: "store.shop.example", without: []string{"CAA"}, with: `store.shop.example. A 192.0.2.80
store.shop.example. CAA 0 issuewild "letsencrypt.org"`},
	{name: "caa without issue", without: []string{"CAA"}, with: `shop.example. CAA 0 iodef "mailto:d@shop.example"`, want: []string{"caa:no-issue info"}},
	{name: "dnssec weak", without: []string{"DS"}, with: `shop.example. DS 1 5 1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`, want: []string{"dnssec:weak low"}},
	{name: "dangling", with: `www.shop.example. CNAME old.gone.example.`, without: []string{"www"}, want: []string{"dangling-cname medium"}},
	{name: "dangling and free", with: `www.shop.example. CNAME old-shop.azurewebsites.net.`, without: []string{"www"}, want: []string{"dangling-cname:claimable high"}},
	{name: "decoy alias of a live name", without: []string{"www"}, with: `www.shop.example. CNAME cdn.live.example.
cdn.live.example. A 203.0.113.9`},
	{name: "decoy alias that only has IPv6", without: []string{"www"}, with: `www.shop.example. CNAME cdn.live.example.
cdn.live.example. AAAA 2001:db8::9`},
	{name: "decoy alias that fails", without: []string{"www"}, with: `www.shop.example. CNAME x.broken.example.`},
	{name: "name servers at one address", without: []string{"ns2.dns.example. A"}, with: `ns2.dns.example. A 192.0.2.1`, want: []string{"ns-single:same-address low"}},
	{name: "name servers in one network", without: []string{"ns2.dns.example. A"}, with: `ns2.dns.example. A 192.0.2.2`, want: []string{"ns-single:same-network info"}},
}

func TestZones(t *testing.T) {
	t.Parallel()
	for _, s := range sites {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			file := s.with + "\n"
			for line := range strings.Lines(good) {
				if !slices.ContainsFunc(s.without, func(w string) bool { return strings.Contains(line, w) }) {
					file += line
				}
			}
			host := s.host
			if host == "" {
				host = "shop.example"
			}
			addr, _ := served(t, file)
			results := judge(t, addr, host)
			var got []string
			for _, r := range results {
				for _, f := range r.Findings {
					n := f.Check
					if f.Case != "" {
						n += ":" + f.Case
					}
					got = append(got, n+" "+f.Severity.String())
				}
				describe(t, r)
				want, ok := s.verdict[r.Check]
				if !ok && len(s.want) == 0 {
					want, ok = verdict.Met, true
				}
				if s.verdict != nil && s.verdict[r.Check] == "" {
					ok = false
				}
				if ok && r.Verdict != want {
					t.Errorf("%s: %s, want %s (%v)", r.Check, r.Verdict, want, r.Reason)
				}
			}
			slices.Sort(got)
			if d := cmp.Diff(s.want, got); d != "" {
				t.Errorf("findings (-want +got):\n%s", d)
			}
		})
	}
}

func judge(t *testing.T, nameserver, host string) []check.Result {
	t.Helper()
	u := &url.URL{Scheme: "https", Host: host, Path: "/"}
	client, err := wire.NewClient(wire.Options{
		Scope:   &wire.Scope{Hosts: []string{"https://" + host}, Level: wire.Safe, Authority: wire.Authority{Person: "t", Organisation: "t", Statement: "t"}},
		Version: "test", Run: "test", Nameserver: nameserver,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r := check.NewRunner(check.NewSite(u, nil, intel.Default(), time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)), client, check.DNS)
	var out []check.Result
	for _, c := range Suite.Checks {
		out = append(out, r.Run(t.Context(), c))
	}
	return out
}

// describe fails when a finding's text has no words for it or leaves a value out.
func describe(t *testing.T, r check.Result) {
	t.Helper()
	i := slices.IndexFunc(Suite.Checks, func(c *check.Check) bool { return c.Name == r.Check })
	texts, err := Suite.LoadText(Suite.Checks[i])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		for l, text := range texts {
			if _, ok := text.Seen[f.Case]; !ok {
				t.Errorf("%s: no %s text for case %q", r.Check, l, f.Case)
			}
			if left := check.Placeholders(text.Describe(&f, l)); len(left) > 0 {
				t.Errorf("%s: %s text of case %q leaves %v", r.Check, l, f.Case, left)
			}
		}
	}
}

// TestMissingIsSaidThreeTimes: a resolver that forgets a name twice is no proof.
func TestMissingIsSaidThreeTimes(t *testing.T) {
	t.Parallel()
	addr, _ := served(t, strings.ReplaceAll(good, "shop.example", "flaky.example"))
	for _, r := range judge(t, addr, "flaky.example") {
		if len(r.Findings) > 0 {
			t.Errorf("%s: %+v", r.Check, r.Findings)
		}
	}
}

// TestFailureIsNoAnswer: a broken zone leaves everything undetermined.
func TestFailureIsNoAnswer(t *testing.T) {
	t.Parallel()
	addr, _ := served(t, good)
	for _, r := range judge(t, addr, "broken.example") {
		if r.Verdict != verdict.Undetermined || len(r.Findings) > 0 {
			t.Errorf("%s: %s %+v", r.Check, r.Verdict, r.Findings)
		}
	}
}

func FuzzSPF(f *testing.F) {
	for _, s := range []string{"v=spf1 -all", "v=spf1 include:a.example ~all exp=x", "v=spf1 redirect=", "v=spf1 + - a/24 mx//64", "v=spf1 ip6:::1/128 ?ALL"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseSPF(s)
		if err == nil && (got.lookups < len(got.includes) || !slices.Contains([]string{"", "+", "-", "~", "?"}, got.all)) {
			t.Errorf("%q: %+v", s, got)
		}
	})
}

func FuzzDMARC(f *testing.F) {
	for _, s := range []string{"v=DMARC1; p=none", "v=DMARC1;p=reject;pct=200", "v=DMARC1; rua=mailto:x", "v=DMARC1;;=;p"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseDMARC(s)
		if err == nil && (d.policy == "" || d.percent < 0 || d.percent > 100) {
			t.Errorf("%q: %+v", s, d)
		}
	})
}
