package assessment

import (
	"testing"

	"miseban/internal/account"
	"miseban/internal/guideline"
	"miseban/internal/verdict"
)

// TestProvider: of a shop on a service, what is the provider's is not
// examined until a document of the provider is there, and is counted apart;
// what is the shop's own is judged as ever.
func TestProvider(t *testing.T) {
	t.Parallel()
	e, err := guideline.Load("ipa-ec-2023")
	if err != nil {
		t.Fatal(err)
	}
	answers := func(evidence int, v guideline.Answer) []Answer {
		var out []Answer
		for _, q := range e.Questions {
			out = append(out, Answer{Edition: e.ID, Question: q.ID, Value: v, Evidence: evidence, Reason: "."})
		}
		return out
	}
	shop := &account.Shop{Method: "asp", Service: "yes", Payments: []string{"link"}}
	judge := func(s *account.Shop, list []Answer) Judged {
		said := &Statement{Answers: list, Traits: ShopTraits(s), Form: ShopForm(s)}
		said.Traits[guideline.HasMembers] = true
		return said.Judge(e, nil, nil, at)
	}
	of := func(j Judged, id string) *Judgement {
		for i := range j.Judgements {
			if j.Judgements[i].Requirement == id {
				return &j.Judgements[i]
			}
		}
		t.Fatal(id)
		return nil
	}
	for _, c := range []struct {
		name                   string
		value                  guideline.Answer
		evidence               int
		theirs, shared, ours   verdict.Verdict
		theirDeclared, ourWord bool
	}{
		{"own word", guideline.Done, 0, verdict.NotExamined, verdict.NotExamined, verdict.Met, false, true},
		{"with documents", guideline.Done, 1, verdict.Met, verdict.Met, verdict.Met, false, false},
		{"said not to apply", guideline.NotApplicable, 0, verdict.NotExamined, verdict.NotExamined, verdict.NotApplicable, false, false},
		{"said not to be done", guideline.NotDone, 0, verdict.NotMet, verdict.NotMet, verdict.NotMet, false, false},
		{"not known", guideline.DontKnow, 0, verdict.NotExamined, verdict.NotExamined, verdict.NotExamined, false, false},
	} {
		j := judge(shop, answers(c.evidence, c.value))
		for id, want := range map[string]verdict.Verdict{"build-13": c.theirs, "build-1": c.theirs, "build-4": c.shared, "build-5": c.ours} {
			if got := of(j, id); got.Verdict != want {
				t.Errorf("%s: %s is %s, want %s", c.name, id, got.Verdict, want)
			}
		}
		if of(j, "build-13").Declared != c.theirDeclared || of(j, "build-5").Declared != c.ourWord {
			t.Errorf("%s: counted as the shop's own word: %v, %v", c.name, of(j, "build-13").Declared, of(j, "build-5").Declared)
		}
		total := j.Declared("")
		for _, m := range []map[verdict.Verdict]int{j.Count(""), j.Theirs("")} {
			for _, n := range m {
				total += n
			}
		}
		if total != len(e.Requirements) || len(j.Theirs("executive")) != 0 {
			t.Errorf("%s: %d of %d requirements are counted", c.name, total, len(e.Requirements))
		}
	}
	own := judge(&account.Shop{Method: "package", Service: "no", Payments: []string{"link"}}, answers(0, guideline.Done))
	if x := of(own, "build-13"); x.Verdict != verdict.Met || !x.Declared || x.Duty != "" || len(own.Theirs("")) != 0 {
		t.Errorf("on a system of its own: %+v", x)
	}
	// Nothing but documents makes what a provider does 適合.
	for _, v := range guideline.Answers {
		if x := of(judge(shop, answers(0, v)), "build-13"); x.Verdict == verdict.Met {
			t.Errorf("%s without a document of the provider is met", v)
		}
	}
}

func TestShopForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, service account.Choice
		want            guideline.Form
		saas, ownKnown  bool
	}{
		{"", "", "", false, false},
		{"asp", "", guideline.OnService, true, true},
		{"package", "partly", guideline.InPart, true, true},
		{"asp", "partly", guideline.InPart, true, false},
		{"mall", "yes", guideline.InMall, true, true},
		{"scratch", "no", "", false, true},
		{"unknown", "yes", guideline.OnService, true, true},
	} {
		s := &account.Shop{Method: c.method, Service: c.service}
		tr := ShopTraits(s)
		_, known := tr[guideline.SelfBuilt]
		if got := ShopForm(s); got != c.want || tr[guideline.SaaS] != c.saas || known != c.ownKnown {
			t.Errorf("%s, %s: %q %v %v, want %q %v %v", c.method, c.service, got, tr[guideline.SaaS], known, c.want, c.saas, c.ownKnown)
		}
	}
}

// TestConditional: an answer to a question that is not asked any more counts
// for nothing, and counts again when it is asked.
func TestConditional(t *testing.T) {
	t.Parallel()
	e := &guideline.Edition{ID: "e", Requirements: []guideline.Requirement{{ID: "r", Questions: []string{"a", "b"}}},
		Questions: []guideline.Question{{ID: "a"}, {ID: "b", When: []guideline.Condition{{Question: "a", Answer: []guideline.Answer{guideline.Done, guideline.NotApplicable}}}}}}
	for _, c := range []struct {
		a, b  guideline.Answer
		want  verdict.Verdict
		asked int
	}{
		{guideline.Done, guideline.NotDone, verdict.Partly, 2},
		{guideline.Done, "", verdict.NotExamined, 2},
		{guideline.Alternative, guideline.NotDone, verdict.Partly, 1},
		{guideline.NotDone, guideline.Done, verdict.NotMet, 1},
		{guideline.NotApplicable, guideline.Done, verdict.Met, 2},
		{"", guideline.NotDone, verdict.NotExamined, 1},
	} {
		s := &Statement{}
		for q, v := range map[string]guideline.Answer{"a": c.a, "b": c.b} {
			if v != "" {
				s.Answers = append(s.Answers, Answer{Edition: "e", Question: q, Value: v})
			}
		}
		if got := s.Judge(e, nil, nil, at).Judgements[0].Verdict; got != c.want {
			t.Errorf("%q and %q: %s, want %s", c.a, c.b, got, c.want)
		}
		if n := s.Count(e); n.Asked != c.asked || n.Answered() > n.Asked {
			t.Errorf("%q and %q: %d asked, %d answered", c.a, c.b, n.Asked, n.Answered())
		}
	}
}
