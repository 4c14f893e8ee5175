package guideline

import (
	"testing"

	"miseban/internal/i18n"
)

// TestDuty: on a system of its own everything is the shop's; on a service each
// question is the provider's, shared or the shop's as the data says, and what
// is not the shop's names what to ask for.
func TestDuty(t *testing.T) {
	t.Parallel()
	e := load(t, "ipa-ec-2023")
	for _, c := range []struct {
		question                  string
		own, saas, partly, inMall Duty
	}{
		{"build-12-backup", Ours, Theirs, Shared, Theirs},
		{"build-4-admin", Ours, Shared, Shared, Shared},
		{"build-5-antivirus", Ours, Ours, Ours, Ours},
		{"executive-1-policy", Ours, Ours, Ours, Ours},
	} {
		q, ok := e.Question(c.question)
		if !ok {
			t.Fatal(c.question)
		}
		for f, want := range map[Form]Duty{"": c.own, OnService: c.saas, InPart: c.partly, InMall: c.inMall} {
			if got := e.Duty(q, f); got != want {
				t.Errorf("%s in the form %q: %s, want %s", c.question, f, got, want)
			}
		}
	}
	for id, want := range map[string]Duty{"build-13": Theirs, "build-4": Shared, "build-5": Ours, "operate-7": Ours} {
		r, _ := e.Requirement(id)
		if got := e.DutyFor(r, OnService); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
		if got := e.DutyFor(r, ""); got != Ours {
			t.Errorf("%s on a system of its own: %s", id, got)
		}
	}
	all := editions(t)
	for _, e := range all {
		for i := range e.Questions {
			q := &e.Questions[i]
			if e.Duty(q, OnService) != Ours && e.AskOf(q).IsZero() {
				t.Errorf("%s %s: nothing to ask the provider for", e.ID, q.ID)
			}
			if e.DutyVerified(q) {
				t.Errorf("%s %s: the split is our reading, but the data calls it verified", e.ID, q.ID)
			}
		}
	}
	if w := load(t, "ipa-websec-7"); w.Duty(&w.Questions[0], OnService) != Theirs || w.AskOf(&w.Questions[0]).In(i18n.EN) == "" {
		t.Error("the edition's own duty does not reach its questions")
	}
}

// TestAsked: a question with conditions is asked of who gave the answer, and
// no longer when the question before it is not asked any more.
func TestAsked(t *testing.T) {
	t.Parallel()
	e := &Edition{Questions: []Question{
		{ID: "a"},
		{ID: "b", When: []Condition{{"a", []Answer{Done, PartlyDone}}}},
		{ID: "c", When: []Condition{{"b", []Answer{Done}}, {"a", []Answer{Done}}}},
	}}
	for _, c := range []struct {
		a, b     Answer
		isB, isC bool
	}{
		{"", "", false, false},
		{Done, "", true, false},
		{Done, Done, true, true},
		{PartlyDone, Done, true, false},
		{NotDone, Done, false, false}, // the kept answer to b opens nothing
	} {
		said := func(q string) Answer { return map[string]Answer{"a": c.a, "b": c.b}[q] }
		if got := []bool{e.Asked(&e.Questions[0], said), e.Asked(&e.Questions[1], said), e.Asked(&e.Questions[2], said)}; !got[0] || got[1] != c.isB || got[2] != c.isC {
			t.Errorf("%q, %q: asked %v", c.a, c.b, got)
		}
	}
	if d := e.DependOn("a"); len(d) != 2 {
		t.Errorf("%d questions depend on a, want 2", len(d))
	}
	if d := e.DependOn("c"); len(d) != 0 {
		t.Errorf("%d questions depend on c", len(d))
	}
}
