package guideline

import (
	"errors"
	"strings"
	"testing"

	"miseban/internal/i18n"
)

// All that may be corrected: each item takes its own value again, is confirmed
// by that, and nothing else of the edition changes.
func TestConfirmEverything(t *testing.T) {
	t.Parallel()
	for _, e := range editions(t) {
		c := &Correction{Number: 1, Base: e.Revision, Source: Source{Name: i18n.Text{JA: "原文", EN: "The original"}}, Reason: "照合した"}
		seen := map[string]bool{}
		for _, x := range e.Items() {
			if seen[x.Key()] {
				t.Errorf("%s: %s comes twice", e.ID, x.Key())
			}
			seen[x.Key()] = true
			if x.Field == FieldLevel && x.Value == string(LevelUnknown) || x.Field == FieldContact && x.Value == "" || x.Field == FieldURL && x.Value == "" {
				continue // confirming that nobody knows is no correction
			}
			c.Changes = append(c.Changes, Change{Item: x})
		}
		next, err := e.Correct(c)
		if err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
		if next.RevisionName() != e.RevisionName()+".1" || e.Correction != 0 {
			t.Errorf("%s became %s", e.RevisionName(), next.RevisionName())
		}
		for i := range c.Changes {
			if !c.Changes[i].Same() {
				t.Errorf("%s: %s changed from %q to %q", e.ID, c.Changes[i].Key(), c.Changes[i].Was, c.Changes[i].Value)
			}
		}
		for _, x := range next.Items() {
			if got := x.Origin; got != (Origin{"office-1", true}) && x.Value != "" && x.Value != "unknown" {
				t.Errorf("%s: %s comes from %+v", e.ID, x.Key(), got)
			}
		}
		b, err := Export(next, YAML)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Read(e.ID, b); err != nil || back.RevisionName() != next.RevisionName() {
			t.Errorf("%s is not read back: %v", e.ID, err)
		}
	}
}

func TestCorrect(t *testing.T) {
	t.Parallel()
	e := load(t, "ipa-ec-2023")
	make := func(list ...Item) *Correction {
		c := &Correction{Number: e.Correction + 1, Base: e.Revision, Source: Source{Name: i18n.Text{JA: "原文", EN: "The original"}}, Reason: "照合した"}
		for _, x := range list {
			c.Changes = append(c.Changes, Change{Item: x})
		}
		return c
	}
	c := make(Item{Of: "build-1", Field: FieldLevel, Value: "needed"}, Item{Of: "build-1", Field: FieldAppliesTo}, Item{Of: "build-5", Field: FieldWhere, Value: "server db-server"}, Item{Of: "build-12-kept", Field: FieldDuty, Value: "saas=shop"})
	if _, ok := e.Question("build-12-kept"); !ok {
		c.Changes = c.Changes[:3]
	}
	next, err := e.Correct(c)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := e.Requirement("build-1")
	after, _ := next.Requirement("build-1")
	if before.Level.Value != Must || before.Level.Verified || after.Level.Value != Needed || !after.Level.Verified || len(after.AppliesTo.Value) != 0 || !after.AppliesTo.Verified {
		t.Errorf("from %+v to %+v", before.Level, after.Level)
	}
	if next.Sources[after.Level.Source].Name.JA != "原文" || c.Changes[0].Was != "must" || !strings.Contains(c.Changes[1].Was, "package") {
		t.Errorf("the source is %q, what was there %+v", after.Level.Source, c.Changes)
	}
	for _, x := range []Item{
		{Of: "build-1", Field: FieldLevel, Value: "unknown"}, {Of: "build-1", Field: FieldLevel}, {Of: "build-99", Field: FieldLevel, Value: "must"}, {Of: "build-1", Field: FieldWhere},
		{Of: "build-1", Field: FieldWhere, Value: "moon"}, {Of: "build-1", Field: FieldWhere, Value: "server server"}, {Of: "build-1", Field: FieldTitle, Text: i18n.Text{JA: "題"}},
		{Field: FieldURL, Value: "javascript:alert(1)"}, {Field: FieldPublished, Value: "昨日"}, {Field: FieldDuty, Value: "saas=nobody"}, {Of: "build-1", Field: FieldNumber},
	} {
		if _, err := e.Correct(make(x)); !errors.Is(err, ErrMisfit) {
			t.Errorf("%s took %q: %v", x.Key(), x.Value, err)
		}
	}
	// A later release: what still fits is made again, what is gone is left out.
	later := e.copied()
	later.Revision++
	later.Requirements = later.Requirements[1:]
	carried := later.Carry([]Correction{*c, *make(Item{Of: later.Requirements[0].ID, Field: FieldTitle, Text: i18n.Text{JA: "新しい題名", EN: "A new title"}})})
	if carried.Requirements[0].Title.JA != "新しい題名" || carried.RevisionName() != "4.1" {
		t.Errorf("%s: %+v", carried.RevisionName(), carried.Requirements[0].Title)
	}
}

func TestTidyCorrection(t *testing.T) {
	t.Parallel()
	c := &Correction{Source: Source{Name: i18n.Text{JA: " 原文 "}}, Reason: strings.Repeat("あ", Most+1)}
	if got := strings.Join(c.Tidy(), " "); got != "reason changes" || c.Source.Name.EN != "原文" {
		t.Errorf("wrong are %q, the name is %+v", got, c.Source.Name)
	}
}
