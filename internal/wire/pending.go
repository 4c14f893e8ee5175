package wire

import (
	"context"
	"net"
	"net/netip"
)

type DNSAnswer struct{}
type Stats struct{}

func (c *Client) Stats() Stats { return Stats{} }
func (c *Client) DialAddr(ctx context.Context, host string, a netip.AddrPort, o Origin) (net.Conn, error) {
	return c.Dial(ctx, host, int(a.Port()), o)
}
func (c *Client) Addresses(ctx context.Context, host string) ([]netip.Addr, error) { return nil, nil }
func (c *Client) Lookup(ctx context.Context, name, qtype string, o Origin) (*DNSAnswer, error) {
	return nil, ErrNotStored
}
func Observe[T any](ctx context.Context, c *Client, kind Kind, key string, lvl Level, o Origin, f func(context.Context) (T, error)) (T, error) {
	return f(ctx)
}
