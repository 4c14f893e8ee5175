package wire

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"weak"
)

// askings remembers what was asked in this run, so that an equal asking costs
// the shop nothing and a replayed run finds its answers again.
type askings struct {
	mu   sync.Mutex
	m    map[[16]byte]*asking
	open map[ExchangeID]bool // sent by an earlier process, never answered
}

type asking struct {
	next  int           // how often it was asked
	first chan struct{} // closed when the asking that others wait for has its outcome
	nth   int           // which asking that is
	ex    weak.Pointer[Exchange]
	err   error
}

// keyOf names an asking in the journal. It holds no secret: all that enters is
// masked first, so that a re-judged run, which knows only masked URLs, finds
// its answers too, and then hashed.
func (c *Client) keyOf(r *Request) string {
	var b strings.Builder
	b.WriteString(r.Method)
	b.WriteByte(' ')
	own := r.Account != "" // a password stands where the run put it itself
	b.WriteString(c.mask.URL(c.mask.unsecret(r.URL.String(), own)))
	if len(r.Body) > 0 {
		b.WriteByte('\n')
		b.Write(c.mask.Body(r.Header.Get("Content-Type"), c.mask.unsecretBytes(r.Body, own)))
	}
	for _, k := range slices.Sorted(maps.Keys(r.Header)) {
		for _, v := range r.Header[k] {
			fmt.Fprintf(&b, "\n%s: %s", http.CanonicalHeaderKey(k), c.mask.stable(k, c.mask.unsecret(v, own)))
		}
	}
	fmt.Fprintf(&b, "\n%t %t %d", r.Fresh, r.HeadOnly, r.MaxBody)
	if r.Jar != "" {
		b.WriteString("\njar " + r.Jar)
	}
	if r.live {
		b.WriteString("\nlive " + c.session)
	}
	return c.mask.keyed(b.String())
}

// exchangeID is the same for the same asking in every replay of a run.
func exchangeID(kind Kind, key string, nth int) ExchangeID {
	h := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", kind, key, nth))
	return ExchangeID("x" + hex.EncodeToString(h[:6]))
}

func (a *askings) get(kind Kind, key string) *asking {
	sum := sha256.Sum256([]byte(string(kind) + "\x00" + key))
	k := [16]byte(sum[:16])
	q := a.m[k]
	if q == nil {
		q = &asking{}
		a.m[k] = q
	}
	return q
}

// begin gives the caller its turn. wait is non-nil when an equal asking is or
// was under way and again is false: its outcome is the answer.
func (a *askings) begin(kind Kind, key string, again bool) (q *asking, nth int, wait chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q = a.get(kind, key)
	if !again && q.first != nil {
		return q, q.nth, q.first
	}
	nth = q.next
	q.next++
	if q.first == nil {
		q.first, q.nth = make(chan struct{}), nth
	}
	return q, nth, nil
}

// end records the outcome of an asking. What came to nothing may be asked anew.
func (a *askings) end(q *asking, nth int, ex *Exchange, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	nothing := err != nil && (passing(err) || refusal(err))
	if nothing && q.next == nth+1 {
		q.next = nth
	}
	if q.first == nil || q.nth != nth {
		return
	}
	close(q.first)
	if nothing {
		q.first = nil
		return
	}
	q.err = err
	if ex != nil {
		q.ex = weak.Make(ex)
	}
}

// shared is the outcome of the asking that was waited for; ok is false when it came to nothing.
func (a *askings) shared(q *asking, wait chan struct{}) (ex *Exchange, err error, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if q.first != wait {
		return nil, nil, false
	}
	return q.ex.Value(), q.err, true
}

// outcome is how a failed asking is kept.
type outcome struct {
	Exchange *Exchange `json:"exchange,omitempty"`
	Failure  *Failure  `json:"failure,omitempty"`
}

// record makes what the journal keeps of an exchange: its masked form.
func (c *Client) record(key string, nth int, id ExchangeID, ex *Exchange, fail *Failure) (*Record, error) {
	o := outcome{Failure: fail}
	if ex != nil {
		o.Exchange = c.mask.Exchange(ex)
	}
	if fail != nil {
		o.Failure = &Failure{Kind: fail.Kind, Text: c.mask.Text(fail.Text)}
	}
	b, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	return &Record{Kind: KindHTTP, Key: key, Nth: nth, ID: id, Data: b}, nil
}

// DecodeExchange reads the data of a stored HTTP record: the masked exchange,
// or the failure that was its outcome.
func DecodeExchange(data []byte) (*Exchange, error) {
	var o outcome
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, fmt.Errorf("stored exchange: %w", err)
	}
	switch {
	case o.Failure != nil:
		return nil, o.Failure
	case o.Exchange == nil:
		return nil, fmt.Errorf("stored exchange: empty")
	}
	u, err := parseURL(o.Exchange.RawURL)
	if err != nil {
		return nil, fmt.Errorf("stored exchange: %w", err)
	}
	o.Exchange.URL = u
	o.Exchange.Replayed = true
	if o.Exchange.Header == nil {
		o.Exchange.Header = http.Header{}
	}
	return o.Exchange, nil
}

// recall finds the stored outcome of an asking. A stored refusal counts only
// offline: online the gate speaks for itself. found is false when there is none.
func (c *Client) recall(ctx context.Context, r *Request, key string, nth int) (ex *Exchange, found bool, err error) {
	rec, err := c.opt.Journal.Recall(ctx, KindHTTP, key, nth)
	if err != nil {
		return nil, false, journalErr(err)
	}
	if rec == nil {
		return nil, false, nil
	}
	ex, err = DecodeExchange(rec.Data)
	if err != nil {
		return nil, true, err
	}
	ex.URL, ex.RawURL = r.URL, r.URL.String()
	return ex, true, nil
}
