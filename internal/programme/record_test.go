package programme

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
)

// whole is the sheet with every item done, and what else opens Step 3.
func whole() ([]Record, Resting) {
	list := []Record{
		{Kind: RecordHandIn, State: IsHandedIn}, {Kind: RecordMinutes, Name: "hearing", State: IsApproved},
		{Kind: RecordTrial, Name: "member1", State: IsWorked}, {Kind: RecordCall, Name: "1", State: IsAnswered, Mark: ContactsMark(2), At: time.Unix(1, 0)},
	}
	for _, i := range Sheet() {
		r := Record{Kind: RecordSheet, Name: i.ID, State: string(SheetDone), Revision: 2}
		if i.ID == "windows" {
			r.Mark = "23:00-05:00"
		}
		list = append(list, r)
	}
	return list, Resting{Consent: &account.Consent{From: "01:00", To: "04:00", Accounts: []string{"member1"}}}
}

// TestGateFromRecords: with every record there, Step 3 is open; each change of a
// record shuts the condition that rests on it, and no other.
func TestGateFromRecords(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name   string
		change func(list []Record, on *Resting) []Record
		shut   string
	}{
		{"all there", func(l []Record, _ *Resting) []Record { return l }, ""},
		{"no consent", func(l []Record, on *Resting) []Record { on.Consent = nil; return l }, "consent hosting windows accounts"},
		{"the consent's hours are wider", func(l []Record, on *Resting) []Record { on.Consent.From, on.Consent.To = "", ""; return l }, "windows"},
		{"the consent's hours end later", func(l []Record, on *Resting) []Record { on.Consent.To = "05:30"; return l }, "windows"},
		{"another account", func(l []Record, on *Resting) []Record { on.Consent.Accounts = []string{"member1", "member2"}; return l }, "accounts"},
		{"no accounts are used", func(l []Record, on *Resting) []Record {
			on.Consent.Accounts = nil
			return without(l, RecordTrial, "member1")
		}, ""},
		{"the trial failed", func(l []Record, _ *Resting) []Record { return with(l, RecordTrial, "member1", IsFailed) }, "accounts"},
		{"the WAF is undecided", func(l []Record, _ *Resting) []Record { return with(l, RecordSheet, "waf", string(SheetUnsure)) }, "waf"},
		{"permission is asked for", func(l []Record, _ *Resting) []Record { return with(l, RecordSheet, "hosting", string(SheetUnsure)) }, "hosting"},
		{"sales are not known yet", func(l []Record, _ *Resting) []Record { return with(l, RecordSheet, "sale-days", string(SheetUnsure)) }, "windows"},
		{"minutes were changed", func(l []Record, _ *Resting) []Record { return with(l, RecordMinutes, "hearing", IsShown) }, "minutes"},
		{"a later call went unanswered", func(l []Record, _ *Resting) []Record {
			return append(l, Record{Kind: RecordCall, Name: "2", State: IsFailed, Mark: ContactsMark(2), At: time.Unix(2, 0)})
		}, "call"},
		{"other contacts now", func(l []Record, _ *Resting) []Record {
			find(l, RecordSheet, "contacts").Revision = 3
			return l
		}, "call"},
	} {
		list, on := whole()
		f := &Facts{}
		f.From(x.change(list, &on), on)
		var shut []string
		for _, c := range Gate {
			if !c.Holds(&Case{}, f) {
				shut = append(shut, c.Key)
			}
		}
		if got := strings.Join(shut, " "); got != x.shut {
			t.Errorf("%s: %q is shut, want %q", x.name, got, x.shut)
		}
		if !f.SelfCheck || !f.Environment {
			t.Errorf("%s: Step 1 is undone", x.name)
		}
	}
}

func with(l []Record, kind RecordKind, name, state string) []Record {
	find(l, kind, name).State = state
	return l
}

func without(l []Record, kind RecordKind, name string) (out []Record) {
	for _, r := range l {
		if r.Kind != kind || r.Name != name {
			out = append(out, r)
		}
	}
	return out
}

// TestLaterSteps: what Steps 3 to 5 ask for.
func TestLaterSteps(t *testing.T) {
	t.Parallel()
	f := &Facts{}
	list := []Record{{Kind: RecordMeeting, State: IsHeld}, {Kind: RecordMinutes, Name: "meeting", State: IsApproved}, {Kind: RecordAdvice, Name: "a", State: IsOpen}, {Kind: RecordReview, Name: "d1", State: IsReleased}}
	f.From(list, Resting{Diagnoses: []EndedDiagnosis{{ID: "d2"}}})
	if !f.Met || f.Settled || !f.Diagnosed || f.Released || f.FollowedUp || f.Environment {
		t.Errorf("%+v", f)
	}
	list[2].State = IsDeclined
	f.From(append(list, Record{Kind: RecordFollowUp, State: IsGivenUp}), Resting{Diagnoses: []EndedDiagnosis{{ID: "d1"}}})
	if !f.Settled || !f.Released || !f.FollowedUp {
		t.Errorf("%+v", f)
	}
}

// TestSheetData: every text in both languages, every "when" names a field before it.
func TestSheetData(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for _, i := range Sheet() {
		if ids[i.ID] || i.Title.JA == "" || i.Title.EN == "" || i.Ask.JA == "" || i.Ask.EN == "" || len(i.Fields) == 0 {
			t.Errorf("%+v", i)
		}
		ids[i.ID] = true
		options := map[string]string{}
		for _, f := range i.Fields {
			at := i.ID + "/" + f.ID
			if f.Label.JA == "" || f.Label.EN == "" || (f.Kind == "choice") != (len(f.Options) > 0) || !strings.Contains(" line lines urls choice clock phone mail ", " "+f.Kind+" ") {
				t.Errorf("%s: %+v", at, f)
			}
			for _, o := range f.Options {
				if o.Name.JA == "" || o.Name.EN == "" {
					t.Errorf("%s: %s has no words", at, o.ID)
				}
				options[f.ID] += " " + o.ID + " "
			}
			if f.When != nil {
				for _, v := range f.When.In {
					if !strings.Contains(options[f.When.Field], " "+v+" ") {
						t.Errorf("%s is asked after %s=%s, which nobody can answer before", at, f.When.Field, v)
					}
				}
			}
		}
	}
	i := SheetItemOf("waf")
	values, bad := i.Tidy(map[string]string{"has": "none", "product": "x", "plan": "nonsense"})
	if s, _ := i.State(values); len(bad) > 0 || len(values) != 1 || s != SheetDone || SheetItemOf("nothing") != nil {
		t.Errorf("%v %v %v", values, bad, s)
	}
	if _, bad := SheetItemOf("urls").Tidy(map[string]string{"start": "https://a.example.jp/\nhttps://u:p@b.example.jp/"}); len(bad) != 1 {
		t.Errorf("an address with a password: %v", bad)
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		from, to, mark string
		want           bool
	}{
		{"", "", "", true}, {"01:00", "02:00", "", true}, {"", "", "01:00-05:00", false}, {"01:00", "05:00", "01:00-05:00", true},
		{"00:30", "02:00", "01:00-05:00", false}, {"23:30", "01:00", "23:00-05:00", true}, {"22:30", "01:00", "23:00-05:00", false}, {"04:00", "05:30", "23:00-05:00", false}, {"04:00", "03:00", "01:00-05:00", false},
	} {
		if got := Within(x.from, x.to, x.mark); got != x.want {
			t.Error(fmt.Sprint(x), got)
		}
	}
}
