package programme

import (
	"maps"
	"slices"
	"time"

	"miseban/internal/account"
)

// Case is one shop's way through the programme, as it stands at a moment.
type Case struct {
	ID           account.ID
	Programme    account.ID
	Application  account.ID
	Shop         account.ID // "" until the applicant's shop is registered
	Organisation account.ID // the shop's
	Number       string     // the receipt number of the application
	Name         string     // of the shop, as people of the office know it

	Step   Step
	Since  time.Time // when it came to the step
	Awaits Party
	Ending Ending
	Left   Step // the step at which it left the way; "" while on it
	// Owner is the person of the office who looks after it; "" = nobody yet.
	Owner account.ID
	// Plan is by which day each step is to be done (the first moment of the day in Japan).
	Plan map[Step]time.Time
	// Done is when each step was done for the last time.
	Done map[Step]time.Time
	// Seen is when the case last changed.
	Seen time.Time
}

// Due is by when the present step is to be done; zero when nothing is planned.
func (c *Case) Due() time.Time { return c.Plan[c.Step] }

// Late says that the planned day of the present step was over at a moment.
func (c *Case) Late(at time.Time) bool {
	due := c.Due()
	return c.Step.Open() && !due.IsZero() && DayOf(at).After(DayOf(due))
}

// Drift is how many days later than planned a step was done, or is by now when
// it is not done; negative is earlier. ok is false when nothing was planned or
// the step is not reached.
func (c *Case) Drift(s Step, at time.Time) (days int, ok bool) {
	plan := c.Plan[s]
	if plan.IsZero() {
		return 0, false
	}
	end := c.Done[s]
	if end.IsZero() {
		if c.Step != s {
			return 0, false
		}
		end = at
	}
	return int(DayOf(end).Sub(DayOf(plan)).Hours() / 24), true
}

// japan has one zone and no summer time.
var japan = time.FixedZone("JST", 9*60*60)

// DayOf is the first moment of the day in Japan on which t falls.
func DayOf(t time.Time) time.Time {
	d := t.In(japan)
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, japan)
}

// EventKind says what happened to a case.
type EventKind string

// The kinds of events.
const (
	EventOpened EventKind = "opened" // the case begins, with an application
	EventMoved  EventKind = "moved"
	EventAwaits EventKind = "awaits" // it waits for somebody else now
	EventPlan   EventKind = "plan"   // a step is to be done by another day
	EventOwner  EventKind = "owner"  // somebody else looks after it
	// EventRecord is that something was written down; the case stands as before.
	EventRecord EventKind = "record"
)

// Event is one thing that happened to a case. The events of a case, in their
// order, say where it stood at any moment.
type Event struct {
	ID     account.ID
	Case   account.ID
	At     time.Time
	By     account.ID // "" = Miseban itself
	Kind   EventKind
	From   Step   `json:",omitempty"`
	To     Step   `json:",omitempty"`
	Ending Ending `json:",omitempty"`
	Awaits Party  `json:",omitempty"`
	// Days are the planned days that changed; a zero day takes the plan away.
	Days   map[Step]time.Time `json:",omitempty"`
	Owner  account.ID         `json:",omitempty"`
	Reason string             `json:",omitempty"`
	// Record and State say what was written down.
	Record RecordKind `json:",omitempty"`
	State  string     `json:",omitempty"`
}

// Advance makes the move that is wished, if the table allows it: the case as it
// stands afterwards, and the event that says so. It changes nothing by itself.
func Advance(c Case, w Wish, by account.ID, at time.Time) (Case, Event, error) {
	m, err := c.find(&w)
	if err != nil {
		return c, Event{}, err
	}
	e := Event{ID: account.NewID(), Case: c.ID, At: at, By: by, Kind: EventMoved, From: m.From, To: m.To, Ending: m.Ending, Awaits: m.To.first(), Reason: w.Reason}
	return c.After(e), e, nil
}

// Begin opens a case.
func Begin(c Case, by account.ID, at time.Time) (Case, Event) {
	e := Event{ID: account.NewID(), Case: c.ID, At: at, By: by, Kind: EventOpened, To: StepApplication, Awaits: StepApplication.first()}
	return c.After(e), e
}

// Await says for whom the case waits from now on. ErrForbidden: it is closed, waits
// for them already, or there is no such party.
func Await(c Case, p Party, by account.ID, at time.Time) (Case, Event, error) {
	if !c.Step.Open() || !p.Valid() || c.Awaits == p {
		return c, Event{}, ErrForbidden
	}
	e := Event{ID: account.NewID(), Case: c.ID, At: at, By: by, Kind: EventAwaits, To: c.Step, Awaits: p}
	return c.After(e), e, nil
}

// HandOver says who looks after the case from now on; "" is nobody.
func HandOver(c Case, to account.ID, reason string, by account.ID, at time.Time) (Case, Event, error) {
	if c.Owner == to {
		return c, Event{}, ErrForbidden
	}
	e := Event{ID: account.NewID(), Case: c.ID, At: at, By: by, Kind: EventOwner, To: c.Step, Owner: to, Reason: reason}
	return c.After(e), e, nil
}

// Replan says by which days steps are to be done. ErrForbidden: the case is
// closed, a day is for no step of the way, or nothing changes.
func Replan(c Case, days map[Step]time.Time, reason string, by account.ID, at time.Time) (Case, Event, error) {
	changed := map[Step]time.Time{}
	for s, d := range days {
		if !s.Open() {
			return c, Event{}, ErrForbidden
		}
		if !d.IsZero() {
			d = DayOf(d).UTC()
		}
		if !c.Plan[s].Equal(d) {
			changed[s] = d
		}
	}
	if !c.Step.Open() || len(changed) == 0 {
		return c, Event{}, ErrForbidden
	}
	e := Event{ID: account.NewID(), Case: c.ID, At: at, By: by, Kind: EventPlan, To: c.Step, Days: changed, Reason: reason}
	return c.After(e), e, nil
}

// After is the case once the event has happened.
func (c Case) After(e Event) Case {
	if e.Kind == EventRecord {
		return c
	}
	c.Plan, c.Done = maps.Clone(c.Plan), maps.Clone(c.Done)
	c.Seen = e.At
	switch e.Kind {
	case EventOpened:
		c.Step, c.Since, c.Awaits = e.To, e.At, e.Awaits
	case EventMoved:
		c.walk(e)
	case EventAwaits:
		c.Awaits = e.Awaits
	case EventOwner:
		c.Owner = e.Owner
	case EventPlan:
		if c.Plan == nil {
			c.Plan = map[Step]time.Time{}
		}
		for s, d := range e.Days {
			if d.IsZero() {
				delete(c.Plan, s)
				continue
			}
			c.Plan[s] = d
		}
	}
	return c
}

// walk takes the case to another step. Steps that it goes back before are no
// longer done; a step is done when the case goes on from it by its own way.
func (c *Case) walk(e Event) {
	if c.Done == nil {
		c.Done = map[Step]time.Time{}
	}
	c.Left = ""
	switch {
	case e.To.Open() && e.From.Open() && e.From.before(e.To), e.Ending == EndingComplete, e.Ending == EndingIneligible, e.Ending == EndingNotChosen:
		c.Done[e.From] = e.At
	case e.To.Open():
		for s := range c.Done {
			if !s.before(e.To) {
				delete(c.Done, s)
			}
		}
	}
	if !e.To.Open() {
		c.Left = e.From
	}
	c.Step, c.Since, c.Awaits, c.Ending = e.To, e.At, e.Awaits, e.Ending
}

// Replay is the case as its events say it stood at a moment; ok is false when
// it had not begun. what is the case with nothing but its names.
func Replay(what Case, events []Event, at time.Time) (c Case, ok bool) {
	c = what
	for _, e := range slices.SortedStableFunc(slices.Values(events), func(a, b Event) int { return a.At.Compare(b.At) }) {
		if e.At.After(at) {
			break
		}
		c, ok = c.After(e), true
	}
	return c, ok
}
