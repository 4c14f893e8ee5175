package programme

// Of takes over what the stage of the application says.
func (f *Facts) Of(s Stage) {
	f.Confirmed = s != Drafted && s != Withdrawn
	f.Eligible = s == Eligible || s == Selected || s == Reserve || s == NotSelected
	f.Ineligible = s == Ineligible
	f.Chosen = s == Selected
	f.Passed = s == NotSelected
}

// Follow is the next move that a case makes by itself because its application
// is at a stage; "" when it stands where it should. Beyond the first of the
// five steps only a withdrawal is followed: people move it from there.
func Follow(c *Case, s Stage) (key string) {
	goal := map[Stage]Step{Received: StepApplication, Eligible: StepSelection, Reserve: StepSelection, Selected: Step1, NotSelected: StepEnd, Ineligible: StepEnd, Withdrawn: StepDeclined}[s]
	if goal == "" || c.Step == goal && (goal != StepEnd || c.Ending == endingOf(s)) {
		return ""
	}
	switch {
	case c.Step == StepDeclined:
		return "" // who has declined comes back by a decision of the office alone
	case c.Step == StepEnd && (c.Ending == EndingIneligible || c.Ending == EndingNotChosen):
		return string(c.Left) // first back to where it left, then on from there
	case goal == StepDeclined && c.Step.Open():
		return string(StepDeclined)
	case c.Step == StepEnd, Step1.before(c.Step), c.Step == Step1 && !goal.before(Step1) && goal != StepEnd:
		return ""
	}
	from := StepSelection // where a case ends by the decision
	if s == Ineligible {
		from = StepEligibility
	}
	switch {
	case goal == StepEnd && c.Step == from:
		return string(StepEnd) + ":" + string(endingOf(s))
	case goal == StepEnd:
		goal = from
	}
	i := 0
	for j, x := range Steps {
		if x == c.Step {
			i = j
		}
	}
	if c.Step.before(goal) {
		return string(Steps[i+1])
	}
	return string(Steps[i-1])
}

// endingOf is how a case ends by a decision about the application.
func endingOf(s Stage) Ending {
	switch s {
	case Ineligible:
		return EndingIneligible
	case NotSelected:
		return EndingNotChosen
	}
	return EndingNone
}
