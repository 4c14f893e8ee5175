package check

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"

	"miseban/internal/i18n"
	"miseban/internal/mailbox"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// Pass is a check's only window: the site as crawled, a few ways to ask more –
// all through wire, at the check's own level – and Examined and Report.
type Pass struct {
	Site  *Site
	Scope *wire.Scope

	check  *Check
	client *wire.Client
	facts  *facts
	// accounts are the test accounts of the run; nil without any.
	accounts *signin.Accounts
	mails    *mailbox.Box
	// try is the browser in which checks try pages; nil without one.
	try func(context.Context, *page.Trial) (*page.Trialled, error)

	mu       sync.Mutex
	examined map[string]bool
	kinds    map[page.Kind]bool
	handlers map[string]bool
	findings []*Finding
	notes    []Note
	blocked  int
	na       *Reason
	unsure   *Reason
	unseen   *Reason
}

// Get asks for u with GET and reads the answer. Redirects are not followed.
func (p *Pass) Get(ctx context.Context, u *url.URL, why string) (*page.Page, error) {
	return p.Do(ctx, &wire.Request{Method: http.MethodGet, URL: u, Origin: wire.Origin{Why: why}})
}

// Head asks for the head alone, by GET with the body dropped: many shops answer HEAD differently.
func (p *Pass) Head(ctx context.Context, u *url.URL, why string) (*page.Page, error) {
	return p.Do(ctx, &wire.Request{Method: http.MethodGet, URL: u, HeadOnly: true, Origin: wire.Origin{Why: why}})
}

// Do sends r at the check's level. Only what wire's gate allows leaves.
func (p *Pass) Do(ctx context.Context, r *wire.Request) (*page.Page, error) {
	r.Level = max(r.Level, p.check.Level)
	r.Origin.Check = p.check.Name
	ex, err := p.client.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	pg := page.Parse(ex)
	if pg.Challenge != "" {
		p.mu.Lock()
		p.blocked++
		p.mu.Unlock()
	}
	return pg, nil
}

// Dial connects to a port of a host in the scope.
func (p *Pass) Dial(ctx context.Context, host string, port int, why string) (net.Conn, error) {
	return p.client.Dial(ctx, host, port, wire.Origin{Check: p.check.Name, Why: why})
}

// DialAddr connects to one address of a host in the scope, for facts that may differ by address.
func (p *Pass) DialAddr(ctx context.Context, host string, a netip.AddrPort, why string) (net.Conn, error) {
	return p.client.DialAddr(ctx, host, a, wire.Origin{Check: p.check.Name, Why: why})
}

// DialTLS is DialAddr for a check that speaks a handshake of its own.
func (p *Pass) DialTLS(ctx context.Context, host string, a netip.AddrPort, why string) (net.Conn, error) {
	return p.client.DialTLS(ctx, host, a, wire.Origin{Check: p.check.Name, Why: why})
}

// Addresses are the addresses of a host in the scope that the gate lets us reach.
func (p *Pass) Addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	return p.client.Addresses(ctx, host)
}

// Lookup asks the DNS.
func (p *Pass) Lookup(ctx context.Context, name, qtype, why string) (*wire.DNSAnswer, error) {
	return p.client.Lookup(ctx, name, qtype, wire.Origin{Check: p.check.Name, Why: why})
}

// LookupLoaded asks the DNS for the registrable domain of a host that a page loads something from.
func (p *Pass) LookupLoaded(ctx context.Context, host, qtype, why string) (*wire.DNSAnswer, error) {
	return p.client.LookupLoaded(ctx, host, qtype, wire.Origin{Check: p.check.Name, Why: why})
}

// Observe records the outcome of f – handshakes, connects – under key, so that
// a resumed or offline run finds it again instead of asking the shop.
func Observe[T any](ctx context.Context, p *Pass, kind wire.Kind, key string, f func(context.Context) (T, error)) (T, error) {
	return wire.Observe(ctx, p.client, kind, key, p.check.Level, wire.Origin{Check: p.check.Name}, f)
}

// Stats is what wire counted so far in this run.
func (p *Pass) Stats() wire.Stats { return p.client.Stats() }

// Roots are the authorities that this run trusts; nil means the system's.
func (p *Pass) Roots() *x509.CertPool { return p.client.Roots() }

// Examined says that ex was looked at for this question. An answer that was
// blocked or challenged is counted apart: it makes no pass.
func (p *Pass) Examined(ex *wire.Exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.examined[string(ex.ID)] = true
}

// ExaminedPage is Examined for a crawled page; it also counts its kind and template.
func (p *Pass) ExaminedPage(pg *page.Page) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pg.Challenge != "" {
		p.blocked++
		return
	}
	p.examined[string(pg.Ex.ID)] = true
	p.kinds[pg.Kind] = true
	p.handlers[pg.Template] = true
}

// ExaminedThing is Examined for what is no exchange: a port, a certificate, a DNS name.
func (p *Pass) ExaminedThing(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.examined["thing:"+what] = true
}

// Report notes a fault at where, with the exchange that shows it (nil when it
// is no exchange) and the values its text needs. {where} is always filled in.
// The returned finding may be refined: Case, Parameter, Severity, Confidence,
// Excerpt, References, further Evidence.
func (p *Pass) Report(ex *wire.Exchange, where string, args i18n.Args) *Finding {
	f := &Finding{Check: p.check.Name, Where: where, Args: args, Severity: p.check.Severity, Confidence: Confirmed}
	if ex != nil {
		f.Evidence = []wire.ExchangeID{ex.ID}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.findings = append(p.findings, f)
	return f
}

// Note adds a fact to the report's inventories.
func (p *Pass) Note(n Note) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notes = append(p.notes, n)
}

// NotApplicable says that the question does not arise for this shop (a cart
// ASP's server, a shop without members), and why. Message is Japanese source text.
func (p *Pass) NotApplicable(message string, args i18n.Args) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.na = &Reason{message, args}
}

// Unsure says that nothing bad was seen but Met would say too much
// (a stale bundle, a version that cannot be told), and why.
func (p *Pass) Unsure(message string, args i18n.Args) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unsure = &Reason{message, args}
}

// NotExamined says that nothing bad was seen, but that what the question is
// mainly about was out of reach (pages behind the sign-in), and why.
func (p *Pass) NotExamined(message string, args i18n.Args) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unseen = &Reason{message, args}
}

// Fact is something several checks want to know of a site. It is found once a
// site, when first asked. Its requests go out in the name of the check that asks
// first; what it looked at counts for none: which check comes first is luck, so
// each says itself what it examined.
type Fact[T any] struct {
	Name string
	Find func(ctx context.Context, p *Pass) (T, error)
}

type facts struct {
	mu sync.Mutex
	m  map[string]*factOnce
	// edits is held by the one check that changes data of a test account.
	edits sync.Mutex
}

type factOnce struct {
	once sync.Once
	v    any
	err  error
}

// Ask returns the fact f of p's site.
func Ask[T any](ctx context.Context, p *Pass, f *Fact[T]) (T, error) {
	p.facts.mu.Lock()
	o, ok := p.facts.m[f.Name]
	if !ok {
		o = &factOnce{}
		p.facts.m[f.Name] = o
	}
	p.facts.mu.Unlock()
	o.once.Do(func() {
		defer func() {
			if r := recover(); r != nil {
				o.err = fmt.Errorf("fact %s: %v", f.Name, r)
			}
		}()
		o.v, o.err = f.Find(ctx, p.fresh())
	})
	v, _ := o.v.(T)
	return v, o.err
}

// fresh is a pass over the same site that has examined and found nothing yet.
func (p *Pass) fresh() *Pass {
	return &Pass{
		Site: p.Site, Scope: p.Scope, check: p.check, client: p.client, facts: p.facts, accounts: p.accounts, mails: p.mails, try: p.try,
		examined: map[string]bool{}, kinds: map[page.Kind]bool{}, handlers: map[string]bool{},
	}
}

// Derive gives 32 hex digits that are random to the shop and the same whenever
// this run is resumed or judged again; markers and operands are made of it.
func (p *Pass) Derive(label string) string { return p.client.Derive(p.check.Name + "\x00" + label) }
