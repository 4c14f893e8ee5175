package programme

import (
	"math/rand/v2"
	"testing"
	"time"

	"miseban/internal/account"
)

// TestFollow: whatever the stages of the application are, one after the other,
// the case stands where the last of them says, and got there by moves that the
// table allows to Miseban.
func TestFollow(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2022, 4, 1, 0, 0, 0, 0, time.UTC)
	for range 300 {
		c, _ := Begin(Case{ID: "c"}, "", at)
		for range 8 {
			s := Stages[r.IntN(len(Stages)-1)]
			declined := c.Step == StepDeclined
			known := &Facts{}
			known.Of(s)
			for n := 0; ; n++ {
				key := Follow(&c, s)
				if key == "" {
					break
				}
				var err error
				if c, _, err = Advance(c, Wish{Key: key, Roles: []account.Role{Miseban}, Facts: known, Reason: "r"}, "", at); err != nil || n > 6 {
					t.Fatalf("after %s, %s from %s: %v", s, key, c.Step, err)
				}
			}
			want := map[Stage]Step{Received: StepApplication, Eligible: StepSelection, Reserve: StepSelection, Selected: Step1, NotSelected: StepEnd, Ineligible: StepEnd, Withdrawn: StepDeclined}[s]
			if declined {
				want = StepDeclined
			}
			if c.Step != want || want == StepEnd && c.Ending != endingOf(s) {
				t.Fatalf("the application is %s, the case stands at %s (%s)", s, c.Step, c.Ending)
			}
		}
	}
	for _, s := range []Step{Step2, Step3, Step4, Step5} {
		for _, stage := range Stages {
			key := Follow(&Case{Step: s}, stage)
			if stage == Withdrawn && key != "declined" || stage != Withdrawn && key != "" {
				t.Errorf("at %s, by %s: %q", s, stage, key)
			}
		}
	}
	if key := Follow(&Case{Step: StepEnd, Ending: EndingComplete, Left: Step5}, Selected); key != "" {
		t.Errorf("a case that is complete goes on to %s", key)
	}
}
