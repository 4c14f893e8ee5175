package wire

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestConnectWithin: a port that never answers is left after the caller's time.
func TestConnectWithin(t *testing.T) {
	t.Parallel()
	c, err := NewClient(Options{Scope: &Scope{Hosts: []string{"http://127.0.0.1:9"}, Level: Safe, Rate: Rate{Unlimited: true}}, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	var given time.Duration
	c.dial = func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		by, _ := ctx.Deadline()
		given = time.Until(by)
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	_, err = c.DialAddr(ConnectWithin(t.Context(), 20*time.Millisecond), "127.0.0.1", netip.MustParseAddrPort("127.0.0.1:9"), Origin{Check: "test"})
	var f *Failure
	if !errors.As(err, &f) || f.Kind != "timeout" || given > 20*time.Millisecond {
		t.Errorf("error %v after %s, want a timeout within 20 ms", err, given)
	}
}
