package guideline

import "slices"

// Condition is an answer to another question on which a question depends: it
// is asked only of who gave one of the answers.
type Condition struct {
	Question string   `yaml:"question" json:"question"`
	Answer   []Answer `yaml:"answer" json:"answer"`
}

// Asked says whether a question is put to who answered as said tells ("" is
// no answer): all its conditions hold, and each stands on a question that is
// asked itself.
func (e *Edition) Asked(q *Question, said func(question string) Answer) bool {
	return !slices.ContainsFunc(q.When, func(c Condition) bool {
		on, ok := e.Question(c.Question)
		return !ok || !slices.Contains(c.Answer, said(c.Question)) || !e.Asked(on, said)
	})
}

// DependOn returns the questions whose being asked hangs on the answer to a
// question, near or far.
func (e *Edition) DependOn(id string) []*Question {
	var out []*Question
	reached := []string{id}
	for i := 0; i < len(reached); i++ {
		for k := range e.Questions {
			q := &e.Questions[k]
			if !slices.Contains(reached, q.ID) && slices.ContainsFunc(q.When, func(c Condition) bool { return c.Question == reached[i] }) {
				reached, out = append(reached, q.ID), append(out, q)
			}
		}
	}
	return out
}

// conditions looks at what a question depends on; order is where each
// question stands, so that a condition never looks forward or in a circle.
func (v *validator) conditions(p string, q *Question, order map[string]int) {
	for _, c := range q.When {
		on, ok := v.e.Question(c.Question)
		switch {
		case !ok:
			v.wrong(p, t("when の質問「{id}」がありません。", "id", c.Question))
			continue
		case order[c.Question] >= order[q.ID]:
			v.wrong(p, t("when には、前にある質問だけを書けます（「{id}」は後にあります）。", "id", c.Question))
		case len(c.Answer) == 0:
			v.wrong(p, t("when に答え（answer）がありません。"))
		}
		for _, a := range c.Answer {
			if !slices.Contains(on.Choices(), a) {
				v.wrong(p, t("when の答え「{answer}」は、質問「{id}」で選べません。", "answer", string(a), "id", c.Question))
			}
		}
	}
}
