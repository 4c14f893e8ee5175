package wire

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options make a Client. Scope is required.
type Options struct {
	Scope    *Scope
	Journal  Journal   // nil: a new Memory
	Courtesy *Courtesy // nil: the process-wide one
	Masker   *Masker   // nil: the journal's, else a new one; a run that is to be resumed needs the key it began with
	Log      *slog.Logger
	Version  string // Miseban's, for the User-Agent
	Run      string // id of the run, for the identification header
	InfoURL  string
	MaxBody  int64            // default 5 MiB
	Now      func() time.Time // default time.Now; hours, ledger and time budget go by it
	// Resolve replaces DNS for tests: name → addresses.
	Resolve func(ctx context.Context, name string) ([]net.IPAddr, error)
	// Nameserver is host:port for Lookup; empty: the system's.
	Nameserver string
	// Roots are whom a browser would trust; nil: the system's.
	Roots *x509.CertPool
	// OptOut are domains whose owners said no, with everything below them (safety 3).
	OptOut []string
}

// Client sends what a run asks for, one gate for all. It starts no goroutine
// of its own and may be dropped without being closed once Close was called.
type Client struct {
	opt      Options
	id       identity
	mask     *Masker
	ledger   *ledger
	courtesy *Courtesy
	every    time.Duration // between two requests to one address; 0: unlimited
	limit    int           // connections to one address
	turns    turns
	known    knownKeys
	spend    *spend
	rules    stopRules
	askings  askings
	robots   robots
	names    names
	lookups  lookups
	conns    conns
	serial   serialTurn
	session  string // differs in each process, for what is never replayed
	seq      atomic.Int64

	expired     atomic.Bool
	pausedUntil atomic.Int64 // Retry-After, for runs that owe no courtesy

	jars      jars
	may       permissions
	oob       *Listener
	passwords map[string]string // of the test accounts
	alone     alone
	well      wellness
	expiry    *time.Timer // the consent's end
	dial      func(ctx context.Context, a netip.AddrPort) (net.Conn, error)

	ctx    context.Context // ends when the run stops
	cancel context.CancelCauseFunc

	stopMu     sync.Mutex
	stopReason string

	controlMu sync.Mutex
	control   string
}

// NewClient makes a client for one run. It refuses a scope that nobody stands
// for (ErrAuthority), that needs a consent (ErrConsent), or whose owner opted out (ErrOptOut).
func NewClient(opt Options) (*Client, error) {
	if opt.Scope == nil {
		return nil, fmt.Errorf("wire: no scope")
	}
	opt.MaxBody = cmp.Or(opt.MaxBody, 5<<20)
	if opt.Journal == nil {
		opt.Journal = NewMemory()
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if err := opt.Scope.check(opt.OptOut, opt.Now()); err != nil {
		return nil, err
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Courtesy == nil {
		opt.Courtesy = processCourtesy()
	}
	if opt.Masker == nil {
		if j, ok := opt.Journal.(interface{ Masker() *Masker }); ok { // the journal of a run knows the run's key
			opt.Masker = j.Masker()
		} else {
			opt.Masker = NewMasker(nil)
		}
	}
	c := &Client{opt: opt, id: newIdentity(&opt), mask: opt.Masker, courtesy: opt.Courtesy}
	c.session = rand.Text()
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	r := opt.Scope.Rate
	c.limit = cmp.Or(max(0, r.Connections), defaultConns)
	if !r.Unlimited {
		c.every = time.Duration(float64(time.Second) / opt.Scope.perSecond())
	}
	if opt.Scope.SerialCrawl {
		c.limit = 1
		c.every = max(c.every, serialPause)
	}
	c.spend = &spend{
		limit: opt.Scope.Budget.or(DefaultBudget(opt.Scope.Level)), start: opt.Now(),
		s: Stats{ByStatus: map[int]int{}, ByCheck: map[string]int{}},
	}
	c.ledger = &ledger{journal: opt.Journal, now: opt.Now, mask: c.mask}
	c.askings = askings{m: map[[16]byte]*asking{}, open: map[ExchangeID]bool{}}
	var d net.Dialer
	c.dial = func(ctx context.Context, a netip.AddrPort) (net.Conn, error) {
		return d.DialContext(ctx, "tcp", a.String())
	}
	if err := c.unlock(); err != nil {
		return nil, err
	}
	if err := c.resume(); err != nil {
		return nil, err
	}
	c.expire()
	return c, nil
}

// expire ends the run when the consent does, whatever is under way then.
func (c *Client) expire() {
	s := c.opt.Scope
	if s.Level <= Safe || s.local() {
		return
	}
	c.expiry = time.AfterFunc(s.Consent.Until.Sub(c.now()), func() {
		c.expired.Store(true)
		c.Stop("the consent ended " + s.Consent.Until.Format(time.RFC3339))
	})
}

// Expired says that the run was stopped because the consent ended.
func (c *Client) Expired() bool { return c.expired.Load() }

// resume goes on where an earlier process broke off.
func (c *Client) resume() error {
	j, ok := c.opt.Journal.(Resumer)
	if !ok {
		return nil
	}
	p, err := j.Past(context.Background())
	if err != nil {
		return fmt.Errorf("reading the ledger of the run: %w", err)
	}
	if p == nil || p.Last == nil {
		return nil
	}
	c.ledger.seq, c.ledger.sum = p.Last.Seq, p.Last.Sum
	for _, e := range p.Open {
		c.askings.open[e.ID] = true
	}
	c.spend.s.Requests, c.spend.s.Dials, c.spend.s.BytesIn = p.Sent, p.Dials, p.Bytes
	for purpose, by := range p.Purposes {
		for account, n := range by {
			c.may.count(purpose, account, n)
		}
	}
	for k, n := range p.ByCheck {
		c.spend.s.ByCheck[k] = n
	}
	return nil
}

// Close drops idle connections. The client can still be used.
func (c *Client) Close() {
	c.conns.closeIdle()
	if c.expiry != nil {
		c.expiry.Stop() // from here on the gate alone knows the end of the consent
	}
}

// Scope is what the client was made for.
func (c *Client) Scope() *Scope { return c.opt.Scope }

// Masker is the one that the run's records pass through.
func (c *Client) Masker() *Masker { return c.mask }

// Roots are the authorities that Options named; nil means the system's.
func (c *Client) Roots() *x509.CertPool { return c.opt.Roots }

func (c *Client) now() time.Time { return c.opt.Now() }

// SetControl names a page that is known to answer well; a failed probe asks it
// to tell a sick shop from a sick handler. Without it the first page that the
// crawl got with 200 serves.
func (c *Client) SetControl(url string) {
	c.controlMu.Lock()
	defer c.controlMu.Unlock()
	c.control = url
}

func (c *Client) controlURL() string {
	c.controlMu.Lock()
	defer c.controlMu.Unlock()
	return c.control
}

func isHTML(ct string, body []byte) bool {
	if ct != "" {
		ct = strings.ToLower(ct)
		return strings.Contains(ct, "text/html") || strings.Contains(ct, "application/xhtml")
	}
	return strings.HasPrefix(http.DetectContentType(body), "text/html")
}
