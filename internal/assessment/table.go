package assessment

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"miseban/internal/guideline"
	"miseban/internal/verdict"
)

// Standing is what an answer, or all answers to a requirement, amount to.
type Standing string

// The standings.
const (
	Silent      Standing = "silent"  // nobody answered
	Shown       Standing = "shown"   // 実施済, with a document
	Claimed     Standing = "claimed" // 実施済, by the shop's own word
	Replaced    Standing = "accepted"
	Alternative Standing = "alternative" // nobody has accepted it yet
	InPart      Standing = "partly"
	Lacking     Standing = "lacking"
	Excluded    Standing = "excluded"
	Open        Standing = "open" // わからない, or only some questions are answered
)

// Standings lists the standings in the order of the table.
var Standings = []Standing{Silent, Shown, Claimed, Replaced, Alternative, InPart, Lacking, Excluded, Open}

// Seen is what the checks of a requirement saw together.
type Seen string

// What checks can see.
const (
	SeenNotMet        Seen = "not-met"
	SeenUndetermined  Seen = "undetermined"
	SeenMet           Seen = "met"
	SeenPart          Seen = "part-met" // what can be seen from outside is in order
	SeenNothing       Seen = "not-examined"
	SeenNotApplicable Seen = "not-applicable"
)

// AllSeen lists what checks can see in the order of the table.
var AllSeen = []Seen{SeenNotMet, SeenUndetermined, SeenMet, SeenPart, SeenNothing, SeenNotApplicable}

// declared is the cell for 適合 by the shop's own word alone.
const declared = "declared"

//go:embed judgement.yaml
var judgementFile []byte

// rules is judgement.yaml.
type rules struct {
	Answers  map[guideline.Answer]amounts `yaml:"answers"`
	Together []struct {
		Only    []Standing `yaml:"only"`
		Has     []Standing `yaml:"has"`
		Without []Standing `yaml:"without"`
		Is      Standing   `yaml:"is"`
	} `yaml:"together"`
	Judgement      map[Seen]map[Standing]string `yaml:"judgement"`
	Contradictions map[Seen][]Standing          `yaml:"contradictions"`
}

// amounts is what an answer amounts to.
type amounts struct {
	Is       Standing `yaml:"is"`
	Shown    Standing `yaml:"shown"`
	Accepted Standing `yaml:"accepted"`
	Theirs   Standing `yaml:"theirs"`
}

var table = sync.OnceValue(func() *rules {
	var r rules
	dec := yaml.NewDecoder(strings.NewReader(string(judgementFile)))
	dec.KnownFields(true)
	if err := dec.Decode(&r); err != nil {
		panic(fmt.Sprintf("judgement.yaml: %v", err)) // embedded, and a test reads it
	}
	return &r
})

// Standing is what the answer amounts to by itself; nil is no answer.
func (a *Answer) Standing() Standing {
	if a == nil {
		return Silent
	}
	row := a.row()
	switch {
	case row.Shown != "" && a.Evidence > 0:
		return row.Shown
	case row.Accepted != "" && a.AcceptedBy != "":
		return row.Accepted
	case a.Waits():
		return row.Theirs
	}
	return row.Is
}

func (a *Answer) row() amounts { return table().Answers[a.Value] }

// Together is what the answers to all questions of a requirement amount to.
func Together(all []Standing) Standing {
	all = slices.DeleteFunc(slices.Clone(all), func(s Standing) bool { return s == Excluded })
	has := func(list []Standing) bool {
		return slices.ContainsFunc(all, func(s Standing) bool { return slices.Contains(list, s) })
	}
	for _, r := range table().Together {
		others := slices.ContainsFunc(all, func(s Standing) bool { return !slices.Contains(r.Only, s) })
		if len(r.Only) > 0 && (others || len(all) == 0) || len(r.Has) > 0 && !has(r.Has) || has(r.Without) || len(r.Only)+len(r.Has) == 0 && len(all) > 0 {
			continue
		}
		return r.Is
	}
	return Open // the last rule fits when nothing is left; a test reads all combinations
}

// Cell is one cell of the table: the verdict, and whether it rests on the
// shop's own word alone.
func Cell(seen Seen, said Standing) (v verdict.Verdict, selfDeclared bool) {
	c := table().Judgement[seen][said]
	if c == declared {
		return verdict.Met, true
	}
	return verdict.Verdict(c), false
}

// contradicts says that an answer of a standing cannot be true together with
// what one check saw.
func contradicts(v verdict.Verdict, said Standing) bool {
	return slices.Contains(table().Contradictions[Seen(v)], said)
}
