package wire

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// ledger numbers and chains the entries of one run and hands them to the
// journal, one at a time, so that the order of lines is the order of the chain.
type ledger struct {
	mu      sync.Mutex
	journal Journal
	now     func() time.Time
	mask    *Masker
	seq     int64
	sum     string
}

// Seal fills PrevSum and Sum so that e follows the line whose sum is prev.
func (e *Entry) Seal(prev string) {
	e.PrevSum = prev
	e.Sum = e.digest()
}

// digest is the hex SHA-256 over the canonical line: the entry as JSON without its own sum.
func (e *Entry) digest() string {
	c := *e
	c.Sum = ""
	c.At = c.At.UTC()
	b, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// VerifyLedger says whether entries are a whole, unchanged ledger from its
// first line on; the error names the first line that is not as it was written.
func VerifyLedger(entries []Entry) error {
	prev := ""
	for i := range entries {
		e := &entries[i]
		if e.Seq != int64(i+1) {
			return fmt.Errorf("ledger line %d: number %d, a line is missing or was added", i+1, e.Seq)
		}
		if e.PrevSum != prev {
			return fmt.Errorf("ledger line %d: does not follow the line before it", i+1)
		}
		if e.digest() != e.Sum {
			return fmt.Errorf("ledger line %d: was changed", i+1)
		}
		prev = e.Sum
	}
	return nil
}

func (l *ledger) prepare(e *Entry) {
	l.seq++
	e.Seq = l.seq
	if e.At.IsZero() {
		e.At = l.now()
	}
	e.At = e.At.UTC().Truncate(time.Microsecond) // what every database keeps
	e.Target = l.mask.URL(l.mask.unsecret(e.Target, e.Account != ""))
	e.Note = l.mask.Text(e.Note)
	e.Seal(l.sum)
}

func (l *ledger) intent(ctx context.Context, e *Entry) error {
	return l.write(ctx, e, l.journal.Intent)
}

func (l *ledger) answer(ctx context.Context, e *Entry, r *Record) error {
	return l.write(ctx, e, func(ctx context.Context, e *Entry) error { return l.journal.Answer(ctx, e, r) })
}

// write appends e whatever happens to the caller meanwhile: a line about what
// already left must not be lost to a cancelled context.
func (l *ledger) write(ctx context.Context, e *Entry, to func(context.Context, *Entry) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prepare(e)
	if err := to(context.WithoutCancel(ctx), e); err != nil {
		l.seq--
		return journalErr(err)
	}
	l.sum = e.Sum
	return nil
}

// Past is what a run that broke off left in its ledger: where the chain ends,
// what was under way, and what of the budget was used.
type Past struct {
	Last    *Entry         // nil: nothing was written
	Open    []Entry        // sent without an answer
	Sent    int            // requests that left, with connects and handshakes
	Dials   int            // of them, connects and handshakes
	ByCheck map[string]int // of them, by check
	Bytes   int64
	// Purposes counts what left for a purpose that is bounded, by account.
	Purposes map[Purpose]map[string]int
}

// PastOf reads a ledger.
func PastOf(entries []Entry) *Past {
	p := &Past{ByCheck: map[string]int{}}
	open := map[ExchangeID]int{}
	for i := range entries {
		e := &entries[i]
		p.Last = e
		switch e.State {
		case Sent:
			open[e.ID] = i
			if e.Kind != KindDNS {
				p.Sent++
				p.ByCheck[e.Check]++
			}
			if e.Kind == KindTCP || e.Kind == KindTLS {
				p.Dials++
			}
			if bounded(&Request{Method: e.Method, Purpose: e.Purpose}) {
				if p.Purposes == nil {
					p.Purposes = map[Purpose]map[string]int{}
				}
				if p.Purposes[e.Purpose] == nil {
					p.Purposes[e.Purpose] = map[string]int{}
				}
				p.Purposes[e.Purpose][e.Account]++
			}
		case Answered, Failed:
			delete(open, e.ID)
			p.Bytes += e.Bytes
		}
	}
	for i := range entries {
		if j, ok := open[entries[i].ID]; ok && i == j {
			p.Open = append(p.Open, entries[i])
		}
	}
	return p
}

// Resumer is the Journal of a run that may have begun in an earlier process.
// NewClient asks it once where the run stands.
type Resumer interface {
	Past(ctx context.Context) (*Past, error)
}

// Past lets a second client go on with what the first one kept.
func (m *Memory) Past(context.Context) (*Past, error) { return PastOf(m.Entries()), nil }
