package assessment

import (
	"slices"
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/guideline"
	"miseban/internal/verdict"
)

// TestEveryCell holds every cell of judgement.yaml against what was decided.
// M met, D met by the shop's own word, P partly, N not met, A not applicable,
// - not examined, ? undetermined.
func TestEveryCell(t *testing.T) {
	t.Parallel()
	letters := map[verdict.Verdict]string{verdict.Met: "M", verdict.Partly: "P", verdict.NotMet: "N", verdict.NotApplicable: "A", verdict.NotExamined: "-", verdict.Undetermined: "?"}
	//                    silent shown claimed accepted alternative partly lacking excluded open
	want := map[Seen]string{
		SeenNotMet:        "N N N N N N N N N",
		SeenUndetermined:  "? ? ? ? ? P N ? ?",
		SeenMet:           "M M M M M P P M M",
		SeenPart:          "- M D M P P N A -",
		SeenNothing:       "- M D M P P N A -",
		SeenNotApplicable: "A M D M P P N A A",
	}
	for _, seen := range AllSeen {
		var got []string
		for _, said := range Standings {
			v, own := Cell(seen, said)
			l, ok := letters[v]
			if !ok {
				t.Errorf("%s × %s: %q is no verdict", seen, said, v)
			}
			if own {
				l = "D"
			}
			got = append(got, l)
		}
		if g := strings.Join(got, " "); g != want[seen] {
			t.Errorf("%s: %s, want %s", seen, g, want[seen])
		}
	}
	if n, m := len(table().Judgement), len(AllSeen); n != m {
		t.Errorf("%d rows, want %d", n, m)
	}
	for seen, row := range table().Judgement {
		if len(row) != len(Standings) {
			t.Errorf("%s has %d cells, want %d", seen, len(row), len(Standings))
		}
	}
}

// TestStanding: what each answer amounts to, and all sets of two.
func TestStanding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a    *Answer
		want Standing
	}{
		{nil, Silent},
		{&Answer{Value: guideline.Done}, Claimed},
		{&Answer{Value: guideline.Done, Evidence: 1}, Shown},
		{&Answer{Value: guideline.PartlyDone, Evidence: 1}, InPart},
		{&Answer{Value: guideline.NotDone, Evidence: 1}, Lacking},
		{&Answer{Value: guideline.NotApplicable}, Excluded},
		{&Answer{Value: guideline.Alternative, Evidence: 3}, Alternative},
		{&Answer{Value: guideline.Alternative, AcceptedBy: "p"}, Replaced},
		{&Answer{Value: guideline.Done, AcceptedBy: "p"}, Claimed},
		{&Answer{Value: guideline.DontKnow, Evidence: 1}, Open},
	} {
		if got := c.a.Standing(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.a, got, c.want)
		}
	}
	for _, a := range guideline.Answers {
		if (&Answer{Value: a}).Standing() == "" {
			t.Errorf("%s amounts to nothing", a)
		}
	}
	// Rows and columns in the order of Standings.
	want := []string{
		"silent open open open open partly lacking silent open",
		"open shown claimed accepted alternative partly partly shown open",
		"open claimed claimed claimed alternative partly partly claimed open",
		"open accepted claimed accepted alternative partly partly accepted open",
		"open alternative alternative alternative alternative partly partly alternative open",
		"partly partly partly partly partly partly partly partly partly",
		"lacking partly partly partly partly partly lacking lacking lacking",
		"silent shown claimed accepted alternative partly lacking excluded open",
		"open open open open open partly lacking open open",
	}
	for i, a := range Standings {
		var got []string
		for _, b := range Standings {
			got = append(got, string(Together([]Standing{a, b})))
			if x, y := Together([]Standing{a, b}), Together([]Standing{b, a}); x != y {
				t.Errorf("%s and %s: %s, the other way round %s", a, b, x, y)
			}
		}
		if g := strings.Join(got, " "); g != want[i] {
			t.Errorf("%s with each: %s, want %s", a, g, want[i])
		}
	}
	// No set of answers is without a standing, and none but what is shown or
	// accepted throughout can become 適合 that is not the shop's own word.
	for set := range 1 << len(Standings) {
		var all []Standing
		for i, s := range Standings {
			if set>>i&1 == 1 {
				all = append(all, s)
			}
		}
		got := Together(all)
		if !slices.Contains(Standings, got) {
			t.Fatalf("%v: %q", all, got)
		}
		v, own := Cell(SeenNothing, got)
		sound := !slices.ContainsFunc(all, func(s Standing) bool { return s != Shown && s != Replaced && s != Excluded })
		if v == verdict.Met && !own && !sound {
			t.Errorf("%v is met", all)
		}
	}
}

// TestBothWays: 実施済 that a check refutes and 未実施 that a check saw done are
// both told, with the question and the check.
func TestBothWays(t *testing.T) {
	t.Parallel()
	e := edition(link("a", guideline.Decides))
	for _, c := range []struct {
		answer guideline.Answer
		seen   verdict.Verdict
		want   verdict.Verdict
		told   bool
	}{
		{guideline.Done, verdict.NotMet, verdict.NotMet, true},
		{guideline.NotApplicable, verdict.NotMet, verdict.NotMet, true},
		{guideline.PartlyDone, verdict.NotMet, verdict.NotMet, false},
		{guideline.Alternative, verdict.NotMet, verdict.NotMet, false},
		{guideline.DontKnow, verdict.NotMet, verdict.NotMet, false},
		{guideline.NotDone, verdict.Met, verdict.Partly, true},
		{guideline.NotApplicable, verdict.Met, verdict.Met, true},
		{guideline.Done, verdict.Met, verdict.Met, false},
		{guideline.Done, verdict.NotExamined, verdict.Met, false},
	} {
		j := Judge(e, []check.Result{{Check: "a", Verdict: c.seen}}, []Answer{{Edition: "e", Question: "q", Value: c.answer}}, nil, at)[0]
		if j.Verdict != c.want || (len(j.Contradictions) > 0) != c.told {
			t.Errorf("%s × %s: %s, contradictions %v", c.answer, c.seen, j.Verdict, j.Contradictions)
		}
		if c.told && (j.Contradictions[0].Question != "q" || j.Contradictions[0].Name != "a") {
			t.Errorf("told as %+v", j.Contradictions[0])
		}
		if j.Reason.Message == "" {
			t.Errorf("%s × %s: no reason", c.answer, c.seen)
		}
	}
	// A check that only refutes proves nothing by its Met: no contradiction.
	e = edition(link("a", guideline.RefutesOnly))
	if j := Judge(e, []check.Result{{Check: "a", Verdict: verdict.Met}}, []Answer{{Edition: "e", Question: "q", Value: guideline.NotDone}}, nil, at)[0]; len(j.Contradictions) > 0 || j.Verdict != verdict.NotMet {
		t.Errorf("refuting check met: %+v", j)
	}
	// The answer to a question of the same name in another edition says nothing here.
	if j := Judge(e, nil, []Answer{{Edition: "f", Question: "q", Value: guideline.Done}}, nil, at)[0]; j.Said != Silent {
		t.Errorf("said %s", j.Said)
	}
}

func TestDeclaredIsCountedApart(t *testing.T) {
	t.Parallel()
	e := edition()
	j := Judged{Edition: e, Judgements: Judge(e, nil, []Answer{{Edition: "e", Question: "q", Value: guideline.Done}}, nil, at)}
	if j.Count("")[verdict.Met] != 0 || j.Declared("") != 1 || !j.Judgements[0].Declared {
		t.Errorf("%+v: %v, %d", j.Judgements[0], j.Count(""), j.Declared(""))
	}
}

func TestOverrule(t *testing.T) {
	t.Parallel()
	e := edition(link("a", guideline.RefutesOnly), link("b", guideline.RefutesOnly))
	judged := func(results ...check.Result) *Judged {
		j := &Judged{Edition: e, Judgements: Judge(e, results, nil, nil, at)}
		j.Overrule([]Overrule{{Edition: "e", Requirement: "r", Verdict: verdict.Met, Note: "n", Rule: verdict.NotMet, Against: []string{"a"}, By: "p"}})
		return j
	}
	bad := func(n string) check.Result { return check.Result{Check: n, Verdict: verdict.NotMet} }
	if x := judged(bad("a")).Judgements[0]; x.Verdict != verdict.Met || x.By != "p" || x.Rule != verdict.NotMet {
		t.Errorf("overruled: %+v", x)
	}
	if x := judged(bad("a"), bad("b")).Judgements[0]; x.Verdict != verdict.NotMet || x.By != "" || x.Overruled == nil {
		t.Errorf("with a further failed check: %+v", x)
	}
	if x := judged().Judgements[0]; x.Verdict != verdict.NotExamined || x.By != "" {
		t.Errorf("when the table says something else: %+v", x)
	}
}

func TestTidyAnswer(t *testing.T) {
	t.Parallel()
	q := &guideline.Question{ID: "q"}
	for _, c := range []struct {
		a     Answer
		field string
	}{
		{Answer{Value: guideline.Done}, ""},
		{Answer{Value: guideline.Done, Day: "2026-11-22", Doer: ByVendor}, ""},
		{Answer{}, "value"},
		{Answer{Value: "perhaps"}, "value"},
		{Answer{Value: guideline.NotApplicable}, "reason"},
		{Answer{Value: guideline.NotApplicable, Reason: " \u200b "}, "reason"},
		{Answer{Value: guideline.Alternative}, "reason"},
		{Answer{Value: guideline.NotApplicable, Reason: "カードを扱わない"}, ""},
		{Answer{Value: guideline.Done, Day: "2026-11-23"}, "day"},
		{Answer{Value: guideline.Done, Day: "22/11/2026"}, "day"},
		{Answer{Value: guideline.Done, Doer: "nobody"}, "doer"},
		{Answer{Value: guideline.Done, Reason: strings.Repeat("あ", MostReason+1)}, "reason"},
	} {
		p := c.a.Tidy(q, "2026-11-22")
		if c.field == "" && len(p) > 0 || c.field != "" && (len(p) != 1 || p[0].Field != c.field) {
			t.Errorf("%+v: %v, want %q", c.a, p, c.field)
		}
	}
}

func TestShopTraits(t *testing.T) {
	t.Parallel()
	r := guideline.Requirement{}
	r.AppliesTo.Value = []guideline.Trait{guideline.SelfBuilt, guideline.Package}
	for _, c := range []struct {
		s                account.Shop
		applies, settled bool
	}{
		{account.Shop{Service: "yes"}, false, true},
		{account.Shop{Method: "asp"}, false, true},
		{account.Shop{Method: "package", Service: "no"}, true, true},
		{account.Shop{Method: "unknown"}, true, false},
	} {
		if a, s := r.Applies(ShopTraits(&c.s)); a != c.applies || s != c.settled {
			t.Errorf("%+v: applies %v, settled %v", c.s, a, s)
		}
	}
	if x, known := ShopTraits(&account.Shop{Payments: []string{"cod"}})[guideline.TakesCards]; x || !known {
		t.Error("cash only takes no cards")
	}
	if _, known := ShopTraits(&account.Shop{})[guideline.TakesCards]; known {
		t.Error("a shop that said nothing")
	}
}
