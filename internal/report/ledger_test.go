package report

import (
	"testing"
	"time"

	"miseban/internal/wire"
)

// Ports that do not answer are connects, not requests without an answer.
func TestLedgerCountsRequests(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 3, 12, 0, 0, time.UTC)
	b := &builder{lang: "ja"}
	for _, e := range []wire.Entry{
		{Kind: wire.KindHTTP, State: wire.Sent, Check: "crawl"}, {Kind: wire.KindHTTP, State: wire.Answered, Status: 200, Bytes: 10},
		{Kind: wire.KindHTTP, State: wire.Sent, Check: "hint"}, {Kind: wire.KindHTTP, State: wire.Failed},
		{Kind: wire.KindTCP, State: wire.Sent}, {Kind: wire.KindTCP, State: wire.Failed},
		{Kind: wire.KindTLS, State: wire.Sent}, {Kind: wire.KindTLS, State: wire.Answered}, // the handshake itself
		{Kind: wire.KindTLS, State: wire.Answered}, // what was learned, kept for judging again
		{Kind: wire.KindHTTP, State: wire.Refused},
	} {
		e.At = at
		b.in.Ledger = append(b.in.Ledger, e)
	}
	l := b.ledger()
	if l.Requests != 2 || l.Connects != 1 || l.Handshakes != 1 || l.MaxIn10s != 4 || l.Refused != 1 || l.Bytes != 10 {
		t.Errorf("got %+v", l)
	}
	n := map[string]int{}
	for _, r := range l.ByStatus {
		n[r.Name] = r.Count
	}
	if len(n) != 2 || n["200"] != 1 || n["応答なし"] != 1 {
		t.Errorf("by status %v", n)
	}
}
