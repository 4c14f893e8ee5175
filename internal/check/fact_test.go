package check

import (
	"context"
	"testing"

	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// Which of two checks asks for a fact first changes neither's verdict: what the
// fact looked at is counted by the check that says so, by no other.
func TestFactCountsForNone(t *testing.T) {
	t.Parallel()
	client, err := wire.NewClient(wire.Options{Scope: &wire.Scope{Hosts: []string{"http://127.0.0.1"}, Level: wire.Passive}, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	found := 0
	shared := &Fact[int]{Name: "shared", Find: func(_ context.Context, p *Pass) (int, error) {
		found++
		p.ExaminedThing("a file that only the fact looked at")
		return 7, nil
	}}
	asks := func(name string, own bool) *Check {
		return &Check{Name: name, Run: func(ctx context.Context, p *Pass) error {
			n, err := Ask(ctx, p, shared)
			if n != 7 {
				t.Errorf("%s got %d", name, n)
			}
			if own {
				p.ExaminedThing("its own")
			}
			return err
		}}
	}
	for _, order := range [][]*Check{{asks("looks", true), asks("only asks", false)}, {asks("only asks", false), asks("looks", true)}} {
		r, before := NewRunner(&Site{}, client, 0), found
		for _, c := range order {
			want := map[string]verdict.Verdict{"looks": verdict.Met, "only asks": verdict.NotExamined}[c.Name]
			if res := r.Run(t.Context(), c); res.Verdict != want || res.Examined > 1 {
				t.Errorf("%s, asked in the order %s, %s: %s, %d examined; want %s", c.Name, order[0].Name, order[1].Name, res.Verdict, res.Examined, want)
			}
		}
		if found != before+1 {
			t.Errorf("the fact was found %d times in one run", found-before)
		}
	}
}
