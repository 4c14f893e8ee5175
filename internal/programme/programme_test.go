package programme

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/account"
)

// shopForm is an application without gaps that fits.
func shopForm() Form {
	f := Form{Company: "株式会社山田茶舗", Number: "7000012050002", Industry: "retail", Capital: "1,000", Staff: "１２", Shop: "山田茶舗", URL: "https://Tea.Example.jp", Method: "package", Package: "ec-cube-4", Business: "food",
		Turnover: "under-50m", Hosting: "iaas", Permission: "yes", Remote: "yes", Contract: "no", Person: "山田 花子", Phone: "03-1234-5678", Posture: map[string]account.Choice{}, Agreed: true}
	for _, q := range Questions() {
		f.Posture[q.ID] = "partly"
	}
	return f
}

func TestRules(t *testing.T) {
	t.Parallel()
	p := &Programme{Rules: "sme-own-site"}
	for name, x := range map[string]struct {
		edit func(*Form)
		want Outcome
		rule string // the one that is not met
	}{
		"fits":                            {func(*Form) {}, Fits, ""},
		"many people, little capital":     {func(f *Form) { f.Staff = "400" }, Fits, ""},
		"much capital, few people":        {func(f *Form) { f.Capital = "100000" }, Fits, ""},
		"large":                           {func(f *Form) { f.Capital, f.Staff = "5001", "51" }, Misfits, "sme"},
		"a factory may be larger":         {func(f *Form) { f.Industry, f.Capital, f.Staff = "manufacturing", "30000", "301" }, Fits, ""},
		"sole trader":                     {func(f *Form) { f.Sole, f.Staff = true, "3" }, Fits, ""},
		"large sole trader":               {func(f *Form) { f.Sole, f.Staff = true, "300" }, Misfits, "sme"},
		"no figures":                      {func(f *Form) { f.Capital, f.Staff = "", "" }, Unclear, "sme"},
		"cart service":                    {func(f *Form) { f.Method = "asp" }, Misfits, "own-site"},
		"mall":                            {func(f *Form) { f.Method = "mall" }, Misfits, "own-site"},
		"not known how it is built":       {func(f *Form) { f.Method = "unknown" }, Unclear, "own-site"},
		"scratch, but in a mall":          {func(f *Form) { f.Method, f.URL = "scratch", "https://shop.rakuten.co.jp/x/" }, Misfits, "not-mall-host"},
		"looks like a mall":               {func(f *Form) { f.URL = "https://notstores.jp/" }, Fits, ""},
		"on premises":                     {func(f *Form) { f.Hosting, f.Permission = "premises", "no" }, Fits, ""},
		"the host refuses":                {func(f *Form) { f.Permission = "no" }, Misfits, "hosting"},
		"permission not known":            {func(f *Form) { f.Permission = "unknown" }, Unclear, "hosting"},
		"not over the internet":           {func(f *Form) { f.Remote = "no" }, Misfits, "remote"},
		"one misfit outweighs a question": {func(f *Form) { f.Remote, f.Permission = "no", "unknown" }, Misfits, "hosting"},
	} {
		f := shopForm()
		f.Tidy(true)
		x.edit(&f)
		got, all := p.Judge(&f)
		first := ""
		for _, j := range all {
			if j.Outcome != Fits && first == "" {
				first = j.Rule.ID
			}
			if j.Reason("ja") == "" || j.Reason("en") == "" {
				t.Errorf("%s: rule %s gives no reason", name, j.Rule.ID)
			}
		}
		if got != x.want || first != x.rule {
			t.Errorf("%s: %s by %q, want %s by %q", name, got, first, x.want, x.rule)
		}
	}
	f := shopForm()
	f.Tidy(true)
	f.Remote = "no"
	p.Waived = []string{"remote"}
	if got, _ := p.Judge(&f); got != Fits {
		t.Errorf("a waived rule was applied: %s", got)
	}
	if got, _ := (&Programme{}).Judge(&f); got != Unclear {
		t.Errorf("without rules: %s", got)
	}
}

// TestRuleFiles: what is shipped asks for fields that there are, in both languages.
func TestRuleFiles(t *testing.T) {
	t.Parallel()
	for _, s := range RuleSets() {
		for _, r := range s.Rules {
			for _, x := range []string{s.Title.JA, s.Title.EN, r.Title.JA, r.Title.EN, r.Text.JA, r.Text.EN, r.Unmet.JA, r.Unmet.EN, r.Unclear.JA, r.Unclear.EN} {
				if x == "" {
					t.Errorf("%s/%s lacks a text", s.ID, r.ID)
				}
			}
			for _, c := range r.Any {
				if !slices.Contains(fields, c.Field) || c.By != "" && !slices.Contains(fields, c.By) {
					t.Errorf("%s/%s asks for %q, %q", s.ID, r.ID, c.Field, c.By)
				}
			}
		}
	}
	if len(RuleSets()) == 0 || len(Questions()) < 5 {
		t.Error("no rules or questions")
	}
	for _, q := range Questions() {
		if q.ID == "" || q.Text.JA == "" || q.Text.EN == "" || q.Weight < 1 {
			t.Errorf("question %+v", q)
		}
	}
}

func TestForm(t *testing.T) {
	t.Parallel()
	f := shopForm()
	if bad := f.Tidy(true); bad.Err() != nil {
		t.Fatal(bad)
	}
	if f.Capital != "1000" || f.Staff != "12" || f.URL != "https://tea.example.jp/" || f.Host() != "tea.example.jp" {
		t.Errorf("normal form: %+v", f)
	}
	if f.PostureClass() != "partial" || f.PostureScore() != 50 {
		t.Errorf("posture %s, %d", f.PostureClass(), f.PostureScore())
	}
	empty := Form{Capital: "lots", URL: "x y", Posture: map[string]account.Choice{"owner": "perhaps", "nothing": "yes"}}
	if bad := empty.Tidy(false); len(bad) != 2 {
		t.Errorf("a draft: %v", bad)
	}
	if len(empty.Posture) != 0 || empty.PostureClass() != "" {
		t.Errorf("answers that nobody offers: %v", empty.Posture)
	}
	gaps := (&Form{}).Tidy(true)
	for _, field := range []string{"company", "number", "industry", "capital", "staff", "shop", "url", "method", "hosting", "person", "phone", "posture-updates", "agreed"} {
		if gaps.Of(field).Message == "" {
			t.Errorf("an empty form lacks nothing of %s", field)
		}
	}
	g := f
	g.Posture = map[string]account.Choice{"owner": "yes"}
	g.Company = "別の会社"
	got := Corrections(&f, &g)
	if len(got) != len(Questions())+1 || got[0] != (Correction{"company", "株式会社山田茶舗", "別の会社"}) {
		t.Errorf("changes %v", got)
	}
}

func TestMoves(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		from, to Stage
		by       Mover
		want     string
	}{
		{Drafted, Received, ByApplicant, "<nil> false"},
		{Received, Received, ByApplicant, ErrNoMove.Error() + " false"},
		{Received, Eligible, ByOffice, "<nil> false"},
		{Ineligible, Eligible, ByOffice, "<nil> true"},
		{Eligible, Selected, ByOffice, ErrNoMove.Error() + " false"},
		{Eligible, Selected, BySelection, "<nil> false"},
		{Withdrawn, Received, ByApplicant, ErrNoMove.Error() + " false"},
		{Ineligible, Selected, BySelection, ErrNoMove.Error() + " false"},
	} {
		note, err := MoveStage(x.from, x.to, x.by)
		if got := fmt.Sprint(err, note); got != x.want {
			t.Errorf("%s → %s by %s: %s, want %s", x.from, x.to, x.by, got, x.want)
		}
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	org := func(id string, k account.Kind) account.Organisation {
		return account.Organisation{ID: account.ID(id), Kind: k}
	}
	p := &Programme{Office: "office", Bodies: []account.Organisation{org("ministry", account.Ministry), org("firm", account.Firm), org("rival", account.Office)}}
	all := account.Roles
	for _, x := range []struct {
		of   account.Organisation
		want string
	}{
		{org("office", account.Office), "[office approver observer committee]"},
		{org("ministry", account.Ministry), "[approver observer committee]"},
		{org("firm", account.Firm), "[diagnostician reviewer]"},
		{org("rival", account.Office), "[]"}, // a second office is none
		{org("elsewhere", account.Ministry), "[]"},
		{org("office", account.Shopkeeper), "[]"},
	} {
		roles := slices.DeleteFunc(slices.Clone(all), func(r account.Role) bool { return r == account.Operator })
		a := &account.Actor{Members: []account.Membership{{Organisation: x.of, Roles: roles}}}
		if got := fmt.Sprint(p.Roles(a)); got != x.want {
			t.Errorf("%s: %s, want %s", x.of.ID, got, x.want)
		}
	}
}

func TestMilestone(t *testing.T) {
	t.Parallel()
	plan := Milestone{Name: Said{JA: "公募"}, From: "2022-03-08", Until: "2022-04-20"}
	if bad := plan.Tidy(0); bad.Err() != nil {
		t.Fatal(bad)
	}
	begun, done := plan, plan
	begun.Began = "2022-03-08"
	done.Began, done.Ended = "2022-03-08", "2022-04-21"
	var got []Pace
	for _, x := range []struct {
		m   Milestone
		day string
	}{{plan, "2022-03-01"}, {plan, "2022-03-08"}, {plan, "2022-03-09"}, {begun, "2022-03-09"}, {begun, "2022-04-21"}, {done, "2022-04-20"}, {done, "2022-04-21"}} {
		got = append(got, x.m.On(x.day))
	}
	if d := cmp.Diff([]Pace{Ahead, Ahead, Late, Running, Late, Running, Done}, got); d != "" {
		t.Error(d)
	}
	for field, m := range map[string]Milestone{
		"until": {Name: plan.Name, From: "2022-03-08", Until: "2022-03-07"}, "from": {Name: plan.Name, Until: "2022-03-07", From: "soon"},
		"ended": {Name: plan.Name, From: "2022-03-08", Until: "2022-03-08", Ended: "2022-03-08"}, "name-ja": {From: "2022-03-08", Until: "2022-03-08"}, "strand": {Name: plan.Name, Strand: 1, From: "2022-03-08", Until: "2022-03-08"},
	} {
		if bad := m.Tidy(0); bad.Of(field).Message == "" {
			t.Errorf("%s: %v", field, bad)
		}
	}
}

func TestPhase(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time { d, _ := time.Parse(time.DateTime, s); return d }
	p := &Programme{State: Announced, From: at("2022-03-07 15:00:00"), Until: at("2022-04-20 15:00:00")}
	for s, want := range map[string]Phase{"2022-03-07 14:59:59": Before, "2022-03-07 15:00:00": Open, "2022-04-20 14:59:59": Open, "2022-04-20 15:00:00": After} {
		if got := p.Phase(at(s)); got != want {
			t.Errorf("%s: %d, want %d", s, got, want)
		}
	}
	for _, s := range []string{"ec", "EC-2022 ", "ec--22", "-ec", "ec_2022"} {
		q := &Programme{Slug: s, State: Draft, Name: Said{JA: "x"}, Rules: "sme-own-site"}
		if bad := q.Tidy(); (bad.Of("slug").Message == "") != (s == "EC-2022 ") {
			t.Errorf("slug %q: %v", s, bad)
		}
	}
}
