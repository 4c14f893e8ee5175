package handout

import (
	"slices"

	"miseban/internal/i18n"
)

// Clause is one thing that a contract with who builds or maintains a shop
// should settle.
type Clause struct {
	ID     string    `yaml:"id"`
	Title  i18n.Text `yaml:"title"`
	Settle i18n.Text `yaml:"settle"`
	Who    i18n.Text `yaml:"who"`
	When   i18n.Text `yaml:"when"`
	Cost   i18n.Text `yaml:"cost"`
	// Draft is wording to begin from; a lawyer makes a clause of it.
	Draft i18n.Text `yaml:"draft"`
}

// Party is somebody who takes care of a part of a shop.
type Party struct {
	ID   string    `yaml:"id"`
	Name i18n.Text `yaml:"name"`
}

// Duty is a line of the table of responsibilities.
type Duty struct {
	Task  i18n.Text `yaml:"task"`
	Does  string    `yaml:"does"` // a party
	Helps []string  `yaml:"helps"`
}

// Contract is what contracts should settle, and who takes care of what.
type Contract struct {
	Clauses []Clause `yaml:"clauses"`
	Parties []Party  `yaml:"parties"`
	Duties  []Duty   `yaml:"duties"`
}

// Contracts is what contracts should settle.
func Contracts() *Contract { return &load().contract }

// Clause finds a clause; nil when there is none of this name.
func (c *Contract) Clause(id string) *Clause {
	if i := slices.IndexFunc(c.Clauses, func(x Clause) bool { return x.ID == id }); i >= 0 {
		return &c.Clauses[i]
	}
	return nil
}

// Incident is what to do when a shop was broken into.
type Incident struct {
	Steps []struct {
		ID    string    `yaml:"id"`
		Hours int       `yaml:"hours"` // by when, counted from the moment of knowing
		Title i18n.Text `yaml:"title"`
		Text  i18n.Text `yaml:"text"`
	} `yaml:"steps"`
	Stops []struct {
		What i18n.Text `yaml:"what"`
		How  i18n.Text `yaml:"how"`
	} `yaml:"stops"`
	Evidence []i18n.Text `yaml:"evidence"`
	Calls    []struct {
		ID   string    `yaml:"id"`
		Who  i18n.Text `yaml:"who"`
		What i18n.Text `yaml:"what"`
	} `yaml:"calls"`
	Reports []struct {
		Days   int       `yaml:"days"`
		Title  i18n.Text `yaml:"title"`
		Origin `yaml:",inline"`
	} `yaml:"reports"`
	Items   []i18n.Text `yaml:"items"`
	Letters []struct {
		ID    string    `yaml:"id"`
		Title i18n.Text `yaml:"title"`
		Text  i18n.Text `yaml:"text"`
	} `yaml:"letters"`
}

// Breach is what to do when a shop was broken into.
func Breach() *Incident { return &load().incident }
