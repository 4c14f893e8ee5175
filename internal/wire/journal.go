package wire

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Kind says what sort of thing left the machine.
type Kind string

// The kinds of ledger entries.
const (
	KindHTTP    Kind = "http"
	KindTLS     Kind = "tls"
	KindTCP     Kind = "tcp"
	KindDNS     Kind = "dns"
	KindBrowser Kind = "browser"
	KindOOB     Kind = "oob" // what called back; nothing left
)

// Entry is one line of the ledger: what left, when, where to, for which check
// and why, and how it ended (safety 9). Secrets in URLs are masked before an
// Entry is made.
type Entry struct {
	Seq    int64      `json:"seq"`
	At     time.Time  `json:"at"`
	Kind   Kind       `json:"kind"`
	ID     ExchangeID `json:"id,omitempty"`
	Addr   string     `json:"addr,omitempty"`
	Method string     `json:"method,omitempty"`
	Target string     `json:"target"` // URL, host:port, or name and type
	Level  Level      `json:"level"`
	Check  string     `json:"check,omitempty"`
	Why    string     `json:"why,omitempty"`
	State  State      `json:"state"`
	Status int        `json:"status,omitempty"`
	Bytes  int64      `json:"bytes,omitempty"`
	Note   string     `json:"note,omitempty"` // error, refusal, robots deviation
	// Purpose, Account and Parameter say what a request above level safe was for.
	Purpose   Purpose `json:"purpose,omitempty"`
	Account   string  `json:"account,omitempty"`
	Parameter string  `json:"parameter,omitempty"`

	PrevSum string `json:"prev_sum"` // hex SHA-256 of the line before
	Sum     string `json:"sum"`      // hex SHA-256 over this line and PrevSum
}

// State is how far a ledger entry got. Each change of state is an entry of its own.
type State string

// The states. Sent is written before the first byte leaves.
const (
	Sent     State = "sent"
	Answered State = "answered"
	Failed   State = "failed"
	Refused  State = "refused" // by the gate; nothing left
)

// Record is what is kept of one answered thing: the masked exchange, or the
// outcome of a handshake, connect, look-up or rendered page, as JSON.
type Record struct {
	Kind Kind
	Key  string // what was asked; equal askings of a replayed run find it again
	Nth  int    // 0 for the first asking of Key, 1 for the second…
	ID   ExchangeID
	Data []byte
}

// Journal keeps ledger and records. Two kinds exist: memory here, the database
// in store. Intent returns only when the entry would survive a kill -9;
// Answer likewise, before the answer is used.
type Journal interface {
	Intent(ctx context.Context, e *Entry) error
	Answer(ctx context.Context, e *Entry, r *Record) error // r may be nil (failed, refused)
	Recall(ctx context.Context, kind Kind, key string, nth int) (*Record, error)
}

// Memory is a Journal that lives as long as the process; tests and one-off runs use it.
type Memory struct {
	mu      sync.Mutex
	entries []Entry
	records map[string]*Record
	masker  *Masker // of the clients that were given none, so that a second one finds the first one's records
}

// NewMemory makes an empty Memory.
func NewMemory() *Memory { return &Memory{records: map[string]*Record{}, masker: NewMasker(nil)} }

// Masker is what clients of this journal mask with when they are given none.
func (m *Memory) Masker() *Masker { return m.masker }

// Intent appends e.
func (m *Memory) Intent(_ context.Context, e *Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries = append(m.entries, *e)
	return nil
}

// Answer appends e and keeps r.
func (m *Memory) Answer(_ context.Context, e *Entry, r *Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries = append(m.entries, *e)
	if r != nil {
		m.records[recordKey(r.Kind, r.Key, r.Nth)] = r
	}
	return nil
}

// Recall finds what Answer kept; nil when there is nothing.
func (m *Memory) Recall(_ context.Context, kind Kind, key string, nth int) (*Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.records[recordKey(kind, key, nth)], nil
}

// Records are what was kept, in no order.
func (m *Memory) Records() []*Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.records))
}

// Entries is a copy of the ledger in order.
func (m *Memory) Entries() []Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Entry(nil), m.entries...)
}

func recordKey(k Kind, key string, nth int) string {
	return string(k) + "\x00" + key + "\x00" + strconv.Itoa(nth)
}
