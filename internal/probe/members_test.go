package probe

import (
	"context"
	"errors"
	"testing"

	"miseban/internal/check"
)

// A place that visitors reach is not asked again as a member, unless it leads
// members on; equal customers reach equal places.
func TestKnownToMembers(t *testing.T) {
	t.Parallel()
	b := &planner{seen: map[string]bool{}}
	for _, tt := range []struct {
		account, name string
		want          bool
	}{
		{"", "q", false}, {"", "q", true}, {"a", "q", true}, {"a", "year", false}, {"b", "year", true}, {"", "redirect", false}, {"a", "redirect", false}, {"b", "redirect", true},
	} {
		if got := b.known("GET /x query "+tt.name, &Target{Account: tt.account, Name: tt.name}); got != tt.want {
			t.Errorf("%s as %q: %v", tt.name, tt.account, got)
		}
	}
}

// One check at a time is at a target; who waits gives up with the run.
func TestTurn(t *testing.T) {
	t.Parallel()
	x := &Target{busy: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	err := x.turn(ctx, &check.Pass{}, func(ctx context.Context, x *Target) error {
		done := make(chan error)
		go func() {
			done <- x.turn(ctx, &check.Pass{}, func(context.Context, *Target) error { return errors.New("two at once") })
		}()
		cancel()
		return <-done
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := x.turn(t.Context(), &check.Pass{}, func(context.Context, *Target) error { return nil }); err != nil {
		t.Error(err)
	}
}
