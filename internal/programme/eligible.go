package programme

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

//go:embed rules
var ruleFiles embed.FS

// RuleSet says who may take part in a kind of programme.
type RuleSet struct {
	ID    string    `yaml:"id"`
	Title i18n.Text `yaml:"title"`
	Rules []Rule    `yaml:"rules"`
}

// Rule is one condition of a call. It is met when one of Any is.
type Rule struct {
	ID      string    `yaml:"id"`
	Title   i18n.Text `yaml:"title"`
	Text    i18n.Text `yaml:"text"`    // as the call page explains it
	Unmet   i18n.Text `yaml:"unmet"`   // the reason when an application does not fit
	Unclear i18n.Text `yaml:"unclear"` // what is to be asked when it does not tell
	Any     []Clause  `yaml:"any"`
}

// Clause asks for one field of an application.
type Clause struct {
	Field string   `yaml:"field"`
	In    []string `yaml:"in,omitempty"`  // one of these
	Not   []string `yaml:"not,omitempty"` // none of these
	// Most bounds a number; By names the field whose value chooses the bound.
	By   string            `yaml:"by,omitempty"`
	Most map[string]uint64 `yaml:"most,omitempty"`
	// Ask are the values with which somebody has to ask.
	Ask []string `yaml:"ask,omitempty"`
}

// Outcome is what a rule, or all of them, say to an application.
type Outcome string

// The outcomes.
const (
	Fits    Outcome = "fits"
	Misfits Outcome = "misfits"
	Unclear Outcome = "unclear" // the answers do not tell
)

// Outcomes lists the outcomes in the order of choices on a page.
var Outcomes = []Outcome{Fits, Misfits, Unclear}

var outcomeNames = map[Outcome]i18n.Text{
	Fits:    {JA: "条件を満たす", EN: "Meets the conditions"},
	Misfits: {JA: "条件を満たさない", EN: "Does not meet them"},
	Unclear: {JA: "確認が必要", EN: "To be asked"},
}

// Name is the word people read.
func (o Outcome) Name(l i18n.Lang) string { return outcomeNames[o].In(l) }

// Valid says that o is one of Outcomes.
func (o Outcome) Valid() bool { return slices.Contains(Outcomes, o) }

// Judged is what one rule says to an application, and why.
type Judged struct {
	Rule    *Rule
	Outcome Outcome
}

// Reason is the sentence for people: why not, what to ask, or what is met.
func (j *Judged) Reason(l i18n.Lang) string {
	switch j.Outcome {
	case Misfits:
		return j.Rule.Unmet.In(l)
	case Unclear:
		return j.Rule.Unclear.In(l)
	}
	return j.Rule.Text.In(l)
}

// Asks says whether the programme has a rule of its set.
func (p *Programme) Asks(rule string) bool { return !slices.Contains(p.Waived, rule) }

// Judge applies the programme's rules to what an application says.
func (p *Programme) Judge(f *Form) (Outcome, []Judged) {
	set := RulesOf(p.Rules)
	if set == nil {
		return Unclear, nil
	}
	out := Fits
	var all []Judged
	for i := range set.Rules {
		r := &set.Rules[i]
		if !p.Asks(r.ID) {
			continue
		}
		o := r.ask(f)
		all = append(all, Judged{r, o})
		switch {
		case o == Misfits:
			out = Misfits
		case o == Unclear && out == Fits:
			out = Unclear
		}
	}
	return out, all
}

// ask holds a rule against an application: one clause that fits is enough;
// otherwise one that does not tell leaves it open.
func (r *Rule) ask(f *Form) Outcome {
	out := Misfits
	for i := range r.Any {
		switch r.Any[i].ask(f) {
		case Fits:
			return Fits
		case Unclear:
			out = Unclear
		}
	}
	return out
}

func (c *Clause) ask(f *Form) Outcome {
	v := f.value(c.Field)
	fits := false
	switch {
	case v == "" || slices.Contains(c.Ask, v):
		return Unclear
	case v == absent:
		return Misfits
	case c.By != "":
		most, known := c.Most[f.value(c.By)]
		n, err := strconv.ParseUint(v, 10, 64)
		if !known || err != nil {
			return Unclear
		}
		fits = n <= most
	case len(c.In) > 0:
		fits = slices.Contains(c.In, v)
	default:
		fits = !slices.ContainsFunc(c.Not, func(x string) bool { return v == x || strings.HasSuffix(v, "."+x) })
	}
	if fits {
		return Fits
	}
	return Misfits
}

// Rule finds a rule of the set; nil when there is none.
func (s *RuleSet) Rule(id string) *Rule {
	for i := range s.Rules {
		if s.Rules[i].ID == id {
			return &s.Rules[i]
		}
	}
	return nil
}

// shipped is what rules/ holds. A mistake there is found by the first test that asks.
var shipped = sync.OnceValues(func() ([]RuleSet, []Question) {
	entries, err := ruleFiles.ReadDir("rules")
	if err != nil {
		panic(err) // embedded
	}
	var sets []RuleSet
	var asked struct {
		Questions []Question `yaml:"questions"`
	}
	for _, e := range entries {
		b, err := ruleFiles.ReadFile("rules/" + e.Name())
		if err != nil {
			panic(err)
		}
		dec := yaml.NewDecoder(strings.NewReader(string(b)))
		dec.KnownFields(true)
		if e.Name() == "posture.yaml" {
			err = dec.Decode(&asked)
		} else {
			var s RuleSet
			err = dec.Decode(&s)
			sets = append(sets, s)
		}
		if err != nil {
			panic(fmt.Sprintf("rules/%s: %v", e.Name(), err))
		}
	}
	return sets, asked.Questions
})

// RuleSets are the sets that this release has.
func RuleSets() []RuleSet { sets, _ := shipped(); return sets }

// RulesOf finds a set; nil when there is none of that ID.
func RulesOf(id string) *RuleSet {
	sets := RuleSets()
	for i := range sets {
		if sets[i].ID == id {
			return &sets[i]
		}
	}
	return nil
}

// Question asks an applicant what is done for security. The answers make the
// 対策状況 by which a selection is balanced; they are no judgement of the shop.
type Question struct {
	ID     string    `yaml:"id"`
	Text   i18n.Text `yaml:"text"`
	Hint   i18n.Text `yaml:"hint"`
	Weight int       `yaml:"weight"`
}

// PostureAnswers are what a question can be answered with, and what each is worth of the weight.
var PostureAnswers = []account.Option{
	{Choice: "yes", Text: i18n.Text{JA: "できている", EN: "Done"}},
	{Choice: "partly", Text: i18n.Text{JA: "一部できている", EN: "Partly done"}},
	{Choice: "no", Text: i18n.Text{JA: "できていない", EN: "Not done"}},
	{Choice: "unknown", Text: i18n.Text{JA: "わからない", EN: "Not known"}},
}

var worth = map[account.Choice]int{"yes": 2, "partly": 1, "no": 0, "unknown": 0} // halves

// Postures are the classes of 対策状況.
var Postures = []account.Option{
	{Choice: "advanced", Text: i18n.Text{JA: "おおむね実施（8 割以上）", EN: "Mostly done (80% and more)"}},
	{Choice: "partial", Text: i18n.Text{JA: "一部実施（4 割以上 8 割未満）", EN: "Partly done (40% to 80%)"}},
	{Choice: "little", Text: i18n.Text{JA: "ほとんど未実施（4 割未満）", EN: "Hardly begun (below 40%)"}},
	{Choice: "unknown", Text: i18n.Text{JA: "把握していない（半分以上が「わからない」）", EN: "Not known (half and more)"}},
}

func (q *Question) offers(a account.Choice) bool { _, ok := worth[a]; return ok }

// Questions lists what applicants are asked.
func Questions() []Question { _, qs := shipped(); return qs }

func question(id string) *Question {
	for _, q := range Questions() {
		if q.ID == id {
			return &q
		}
	}
	return nil
}

// PostureScore is how much of what was asked for is done, in percent.
func (f *Form) PostureScore() int {
	got, all := 0, 0
	for _, q := range Questions() {
		all += 2 * q.Weight
		got += worth[f.Posture[q.ID]] * q.Weight
	}
	return got * 100 / max(all, 1)
}

// PostureClass is the 対策状況; "" while nothing was answered.
func (f *Form) PostureClass() account.Choice {
	unsure := 0
	for _, a := range f.Posture {
		if a == "unknown" {
			unsure++
		}
	}
	switch n := f.PostureScore(); {
	case len(f.Posture) == 0:
		return ""
	case 2*unsure >= len(f.Posture):
		return "unknown"
	case n >= 80:
		return "advanced"
	case n >= 40:
		return "partial"
	}
	return "little"
}
