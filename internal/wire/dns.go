package wire

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// DNSAnswer is what the resolver said to one question, in a form that survives
// JSON. A missing name is an answer (Rcode NXDOMAIN), not an error.
type DNSAnswer struct {
	Name      string        `json:"name"` // with its final dot
	Type      string        `json:"type"`
	Rcode     string        `json:"rcode"` // "NOERROR", "NXDOMAIN", "SERVFAIL"…
	AD        bool          `json:"ad,omitempty"`
	Records   []DNSRecord   `json:"records,omitempty"`
	Authority []DNSRecord   `json:"authority,omitempty"`
	Server    string        `json:"server"`
	TCP       bool          `json:"tcp,omitempty"`
	Tries     int           `json:"tries"`
	Took      time.Duration `json:"took"`
}

// DNSRecord is one resource record; Value is its data in zone-file form, for
// TXT the joined strings without quotes, for names in lower case.
type DNSRecord struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	TTL   uint32 `json:"ttl"`
	Value string `json:"value"`
}

// Values are the data of the records of type t.
func (a *DNSAnswer) Values(t string) []string {
	var out []string
	for _, r := range a.Records {
		if r.Type == t {
			out = append(out, r.Value)
		}
	}
	return out
}

// Missing says that the resolver knows there is no record of the asked type.
func (a *DNSAnswer) Missing() bool {
	return a.Rcode == "NXDOMAIN" || a.Rcode == "NOERROR" && len(a.Values(a.Type)) == 0
}

// lookups are the names that answers of this run pointed at, which may be asked too.
type lookups struct {
	mu     sync.Mutex
	linked map[string]bool
}

const dnsTries = 3

// Lookup asks the DNS (level safe) for a name of the scope's registrable
// domains, or one that their NS, MX, CNAME, SRV or PTR records name. Three
// tries come before an error; equal look-ups of a replayed run find their
// answers again.
func (c *Client) Lookup(ctx context.Context, name, qtype string, o Origin) (*DNSAnswer, error) {
	name = dns.Fqdn(strings.ToLower(name))
	t, ok := dns.StringToType[strings.ToUpper(qtype)]
	if !ok {
		return nil, fmt.Errorf("DNS type %q is unknown", qtype)
	}
	key := name + " " + dns.TypeToString[t]
	o.Why = strings.TrimSpace("DNS " + key + " " + o.Why)
	a, err := Observe(ctx, c, KindDNS, "lookup "+key, Safe, o, func(ctx context.Context) (*DNSAnswer, error) {
		a, _, err := c.lookupOnce(ctx, name, t, o)
		return a, err
	})
	if err != nil {
		return nil, err
	}
	c.lookups.link(a)
	return a, nil
}

// LookupLoaded is Lookup for the registrable domain of a host that a page of
// the shop itself loads a script or frame from: a browser asks the same question.
func (c *Client) LookupLoaded(ctx context.Context, host, qtype string, o Origin) (*DNSAnswer, error) {
	name := dns.Fqdn(registrable(strings.ToLower(strings.TrimSuffix(host, "."))))
	c.lookups.mu.Lock()
	if c.lookups.linked == nil {
		c.lookups.linked = map[string]bool{}
	}
	c.lookups.linked[name] = true
	c.lookups.mu.Unlock()
	return c.Lookup(ctx, name, qtype, o)
}

func (l *lookups) link(a *DNSAnswer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.linked == nil {
		l.linked = map[string]bool{}
	}
	for _, r := range slices.Concat(a.Records, a.Authority) {
		switch r.Type {
		case "NS", "CNAME", "PTR", "DNAME":
			l.linked[dns.Fqdn(r.Value)] = true
		case "MX", "SRV":
			if f := strings.Fields(r.Value); len(f) > 0 {
				l.linked[dns.Fqdn(strings.ToLower(f[len(f)-1]))] = true
			}
		}
	}
}

// allowsName says whether name belongs to the shop or was named by its records.
func (c *Client) allowsName(name string) error {
	bare := strings.TrimSuffix(name, ".")
	for _, h := range c.opt.Scope.hostNames() {
		if d := registrable(h); bare == d || strings.HasSuffix(bare, "."+d) {
			return optedOut(bare, c.opt.OptOut)
		}
	}
	c.lookups.mu.Lock()
	defer c.lookups.mu.Unlock()
	if c.lookups.linked[name] {
		return nil
	}
	return fmt.Errorf("%s: %w", bare, ErrOutOfScope)
}

// lookupOnce is the question itself, with the id of its ledger line; nothing is kept of it.
func (c *Client) lookupOnce(ctx context.Context, name string, t uint16, o Origin) (*DNSAnswer, ExchangeID, error) {
	e := &Entry{Kind: KindDNS, ID: exchangeID(KindDNS, c.session, int(c.seq.Add(1))), Target: name + " " + dns.TypeToString[t], Level: Safe, Check: o.Check, Why: o.Why, State: Sent}
	if err := c.allowsName(name); err != nil {
		return nil, e.ID, c.refuse(ctx, e, "", 0, err)
	}
	servers, err := c.nameservers()
	if err != nil {
		return nil, e.ID, failure("", fmt.Errorf("%w: %w", ErrDNS, err))
	}
	e.Addr = servers[0]
	if err := c.ledger.intent(ctx, e); err != nil {
		return nil, e.ID, err
	}
	c.spend.add(func(s *Stats) { s.Lookups++ })
	a, err := ask(ctx, servers, name, t)
	end := *e
	end.At, end.State = time.Time{}, Answered
	if err != nil {
		err = &Failure{Kind: "dns", Text: fmt.Sprintf("looking up %s: %v", end.Target, err)}
		end.State, end.Note = Failed, err.Error()
	} else {
		end.Addr, end.Note = a.Server, a.Rcode
	}
	if jerr := c.ledger.answer(ctx, &end, nil); jerr != nil {
		return nil, e.ID, jerr
	}
	if ctx.Err() != nil && err != nil {
		return nil, e.ID, context.Cause(ctx)
	}
	return a, e.ID, err
}

func (c *Client) nameservers() ([]string, error) {
	if c.opt.Nameserver != "" {
		return []string{c.opt.Nameserver}, nil
	}
	conf, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range conf.Servers {
		out = append(out, net.JoinHostPort(s, conf.Port))
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no nameserver is configured")
	}
	return out, nil
}

// ask puts the question up to three times, one server after the other; a
// truncated answer is asked for again over TCP.
func ask(ctx context.Context, servers []string, name string, t uint16) (*DNSAnswer, error) {
	q := new(dns.Msg)
	q.SetQuestion(name, t)
	q.SetEdns0(1232, true)
	q.AuthenticatedData = true
	start := time.Now()
	var last error
	var servfail *DNSAnswer
	for try := range dnsTries {
		server := servers[try%len(servers)]
		udp := dns.Client{Net: "udp", Timeout: 5 * time.Second, UDPSize: 1232}
		q.Id = dns.Id()
		m, _, err := udp.ExchangeContext(ctx, q, server)
		tcp := false
		if err == nil && m.Truncated {
			over := dns.Client{Net: "tcp", Timeout: 5 * time.Second}
			if n, _, terr := over.ExchangeContext(ctx, q, server); terr == nil {
				m, tcp = n, true
			}
		}
		if err != nil {
			last = err
			if ctx.Err() != nil {
				break
			}
			continue
		}
		a := &DNSAnswer{Name: name, Type: dns.TypeToString[t], Rcode: dns.RcodeToString[m.Rcode], AD: m.AuthenticatedData, Server: server, TCP: tcp, Tries: try + 1,
			Records: dnsRecords(m.Answer), Authority: dnsRecords(m.Ns), Took: time.Since(start)}
		if m.Rcode == dns.RcodeSuccess || m.Rcode == dns.RcodeNameError {
			return a, nil
		}
		servfail = a
	}
	if servfail != nil {
		return servfail, nil
	}
	return nil, last
}

func dnsRecords(rrs []dns.RR) []DNSRecord {
	var out []DNSRecord
	for _, rr := range rrs {
		h := rr.Header()
		r := DNSRecord{Name: strings.ToLower(h.Name), Type: dns.TypeToString[h.Rrtype], TTL: h.Ttl}
		switch v := rr.(type) {
		case *dns.OPT:
			continue
		case *dns.TXT:
			r.Value = strings.Join(v.Txt, "")
		case *dns.CNAME:
			r.Value = strings.ToLower(v.Target)
		case *dns.NS:
			r.Value = strings.ToLower(v.Ns)
		case *dns.PTR:
			r.Value = strings.ToLower(v.Ptr)
		default:
			r.Value = strings.TrimPrefix(rr.String(), h.String())
		}
		out = append(out, r)
	}
	return out
}
