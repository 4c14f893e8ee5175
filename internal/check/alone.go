package check

import "context"

// Alone lets f measure time: while it runs, nothing else of the run is under
// way, and no other run of the process measures at host's site. f must ask with
// the context that it is given, and must not wait for what another check does.
func (p *Pass) Alone(ctx context.Context, host string, f func(ctx context.Context) error) error {
	return p.client.Alone(ctx, host, f)
}
