package check

import (
	"context"
	"errors"
	"fmt"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// ErrNoBrowser says that the run has no browser in which a page could be tried.
var ErrNoBrowser = errors.New("no browser")

// WithBrowser lets checks try pages with tagged values in a browser.
func (r *Runner) WithBrowser(try func(context.Context, *page.Trial) (*page.Trialled, error)) *Runner {
	r.try = try
	return r
}

// Try lets the browser look at a page with tagged values in the places from
// which its scripts read. values are the provoking values among them, before
// any encoding; none may be able to alter or delete data.
func (p *Pass) Try(ctx context.Context, t *page.Trial, values ...string) (*page.Trialled, error) {
	if p.try == nil {
		return nil, ErrNoBrowser
	}
	for _, v := range values {
		if err := wire.Harmless(v); err != nil {
			return nil, err
		}
	}
	out, err := p.try(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("trying %s in the browser: %w", t.URL.Redacted(), err)
	}
	return out, nil
}
