package probe

import (
	"context"
	"net/http"
	"regexp"
	"slices"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// members makes targets of what the test accounts of customers saw behind the
// sign-in. What visitors reach as well was taken already.
func (b *planner) members() {
	usable := map[string]bool{}
	for _, name := range b.p.Customers() {
		usable[name] = true
	}
	for _, m := range b.p.Site.SignedIn {
		if m.Admin || !usable[m.Account] {
			continue
		}
		b.account, b.jar = m.Account, m.Jar
		for _, pg := range m.Pages {
			b.pages[string(pg.Ex.ID)] = pg
		}
		for i := range m.Points {
			if pt := &m.Points[i]; pt.Where != "header" {
				b.point(pt)
			}
		}
		for _, f := range m.Forms {
			b.form(f)
		}
		for _, pg := range m.Pages {
			b.address(pg)
			b.calls(pg)
		}
		for _, t := range slices.Clone(b.w.Targets) {
			if t.Account == "" && t.Via == ViaQuery && t.Method == http.MethodGet && door.MatchString(t.URL.Path) && onward.MatchString(t.Name) {
				b.add(t.copy())
			}
		}
	}
	b.account, b.jar = "", ""
}

// onward are parameters that say where to go next: who is signed in already is
// led on at once, where a visitor is shown a form.
var onward = regexp.MustCompile(`(?i)redir|return|next|^(?:to|url|goto|back|continue|dest|ref|from)$`)

// door is the path of a page for signing in.
var door = regexp.MustCompile(`(?i)log-?_?[io]n|sign-?_?in`)

// known says that the place is a target already, and notes it otherwise.
func (b *planner) known(id string, t *Target) bool {
	if t.Account != "" {
		if b.seen[id] && !onward.MatchString(t.Name) {
			return true
		}
		id = "signed in: " + id // equal customers reach equal places
	}
	if b.seen[id] {
		return true
	}
	b.seen[id] = true
	return false
}

type visitKey struct{ account string }

// turn runs f at t while no other check does, so that broken values and good
// ones alternate as one check means it; at a place behind the sign-in within a
// stay of the account. Where the session was lost in the middle, what was
// learned of the place is forgotten with what was reported.
func (t *Target) turn(ctx context.Context, p *check.Pass, f func(context.Context, *Target) error) error {
	if t.busy != nil {
		select {
		case t.busy <- struct{}{}:
			defer func() { <-t.busy }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if t.Account == "" {
		return f(ctx, t)
	}
	stays := 0
	var err error
	lost := p.As(ctx, t.Account, func(v *check.Visit) error {
		if stays++; stays > 1 {
			t.forget()
		}
		err = f(context.WithValue(ctx, visitKey{t.Account}, v), t)
		return err
	})
	if lost != nil && err == nil {
		t.forget()
	}
	return lost
}

// forget drops what was learned of the target.
func (t *Target) forget() {
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	t.seen.baseline, t.seen.errBase, t.seen.reflection, t.seen.errReflect, t.seen.marked, t.seen.leads = nil, nil, nil, nil, nil, ""
	t.seen.moves, t.seen.taken, t.seen.readings = nil, nil, nil
}

// do sends r as the one whose place the target is.
func (t *Target) do(ctx context.Context, p *check.Pass, r *wire.Request) (*page.Page, error) {
	if t.Account == "" {
		return p.Do(ctx, r)
	}
	if v, ok := ctx.Value(visitKey{t.Account}).(*check.Visit); ok {
		return v.Do(ctx, r)
	}
	var pg *page.Page
	err := p.As(ctx, t.Account, func(v *check.Visit) (err error) {
		pg, err = v.Do(ctx, r)
		return err
	})
	return pg, err
}

// again asks for a page once more as the one whose place the target is.
func (t *Target) again(ctx context.Context, p *check.Pass, r *wire.Request) (*page.Page, error) {
	r.Method, r.Level, r.Again = http.MethodGet, wire.Active, true
	return t.do(ctx, p, r)
}
