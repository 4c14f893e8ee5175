// Package survey holds the questionnaires of surveys and hearings, what may be
// answered to them, how free text is coded, which tables come of the answers,
// and which of those may be published.
package survey

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"miseban/internal/i18n"
)

// Type is what kind of answer an item takes.
type Type string

// The types. Yen, days, records and percent are figures.
const (
	Words   Type = "text"
	YesNo   Type = "yesno"
	One     Type = "one"
	Many    Type = "many"
	Month   Type = "month"
	Yen     Type = "yen"
	Days    Type = "days"
	Records Type = "records"
	Percent Type = "percent"
)

// Figure says that an answer is a whole number of something.
func (t Type) Figure() bool { return t == Yen || t == Days || t == Records || t == Percent }

// Chosen says that an answer is one or several of the choices of its item.
func (t Type) Chosen() bool { return t == One || t == Many || t == YesNo }

// Who is the person of a respondent who can answer an item best.
type Who string

// The persons.
const (
	Executive    Who = "executive"
	Practitioner Who = "practitioner"
	Engineer     Who = "engineer"
	Sales        Who = "sales"
	Legal        Who = "legal"
)

// Words of the persons, in the order of the pages.
var whos = []struct {
	who  Who
	name i18n.Text
}{
	{Executive, i18n.Text{JA: "経営者", EN: "Executive"}},
	{Practitioner, i18n.Text{JA: "実務担当者", EN: "Practitioner"}},
	{Engineer, i18n.Text{JA: "技術担当者", EN: "Engineer"}},
	{Sales, i18n.Text{JA: "営業・サポート担当者", EN: "Sales and support"}},
	{Legal, i18n.Text{JA: "契約の担当者", EN: "Contracts"}},
}

// Name says who it is.
func (w Who) Name(l i18n.Lang) string {
	for _, x := range whos {
		if x.who == w {
			return x.name.In(l)
		}
	}
	return string(w)
}

// Questionnaire is what the respondents of one kind are asked.
type Questionnaire struct {
	ID         string      `yaml:"id"`
	Revision   int         `yaml:"revision"` // counted up with each change of its items
	Title      i18n.Text   `yaml:"title"`
	To         i18n.Text   `yaml:"to"` // for whom it is
	Intro      i18n.Text   `yaml:"intro"`
	Minutes    int         `yaml:"minutes"`          // how long a hearing takes
	Origin     string      `yaml:"origin,omitempty"` // of all items that do not say their own
	Viewpoints []Viewpoint `yaml:"viewpoints"`
	Tables     []Fixed     `yaml:"tables"`
}

// Viewpoint is 調査の観点.
type Viewpoint struct {
	ID     string    `yaml:"id"`
	Title  i18n.Text `yaml:"title"`
	Themes []Theme   `yaml:"themes"`
}

// Theme is 調査テーマ.
type Theme struct {
	ID    string    `yaml:"id"`
	Title i18n.Text `yaml:"title"`
	Items []Item    `yaml:"items"`
}

// Item is 調査項目: one question.
type Item struct {
	ID      string    `yaml:"id"`
	Ask     i18n.Text `yaml:"ask"`
	Type    Type      `yaml:"type"`
	Who     Who       `yaml:"who"`
	Only    string    `yaml:"only,omitempty"` // asked only of subjects with this trait
	Choices []Choice  `yaml:"choices,omitempty"`
	When    *When     `yaml:"when,omitempty"` // asked only after such an answer
	Note    i18n.Text `yaml:"note,omitempty"` // to the interviewer
	// Origin is "ours" or "seed row N": the row of the programme's printed table
	// of this questionnaire, and Part the question within its cell.
	Origin string `yaml:"origin"`
	Part   string `yaml:"part,omitempty"`

	Number int `yaml:"-"` // counted through the questionnaire from 1
}

// Choice is one answer of which to choose.
type Choice struct {
	ID        string `yaml:"id"`
	i18n.Text `yaml:",inline"`
}

// When is the condition of an item: another item, asked before, was answered by
// one of these choices.
type When struct {
	Item string   `yaml:"item"`
	Is   []string `yaml:"is"`
}

// Fixed is a table that may be published. There are no others: who could choose
// the rows could take them apart.
type Fixed struct {
	ID      string    `yaml:"id"`
	Title   i18n.Text `yaml:"title"`
	Rows    string    `yaml:"rows,omitempty"`
	Columns string    `yaml:"columns,omitempty"`
	Figure  string    `yaml:"figure,omitempty"`
}

var yesNo = []Choice{{"yes", i18n.Text{JA: "はい", EN: "Yes"}}, {"no", i18n.Text{JA: "いいえ", EN: "No"}}}

// Row is the row of the programme's printed table to which an item answers; 0
// when the item is ours.
func (i *Item) Row() int {
	n, _ := strconv.Atoi(strings.TrimPrefix(i.Origin, "seed row "))
	return n
}

// Choice finds a choice by its ID.
func (i *Item) Choice(id string) (*Choice, bool) {
	for k := range i.Choices {
		if i.Choices[k].ID == id {
			return &i.Choices[k], true
		}
	}
	return nil, false
}

// Items are the items in the order of asking.
func (q *Questionnaire) Items() []*Item {
	var out []*Item
	for v := range q.Viewpoints {
		for t := range q.Viewpoints[v].Themes {
			items := q.Viewpoints[v].Themes[t].Items
			for i := range items {
				out = append(out, &items[i])
			}
		}
	}
	return out
}

// Item finds an item by its ID.
func (q *Questionnaire) Item(id string) (*Item, bool) {
	for _, i := range q.Items() {
		if i.ID == id {
			return i, true
		}
	}
	return nil, false
}

// Fixed finds a table that may be published by its ID.
func (q *Questionnaire) Fixed(id string) (*Fixed, bool) {
	for i := range q.Tables {
		if q.Tables[i].ID == id {
			return &q.Tables[i], true
		}
	}
	return nil, false
}

//go:embed questionnaires/*.yaml
var files embed.FS

// order is that of the pages.
var order = []string{"breached", "package", "builder", "asp"}

var all = sync.OnceValue(func() []*Questionnaire {
	var out []*Questionnaire
	for _, id := range order {
		b, err := files.ReadFile("questionnaires/" + id + ".yaml")
		if err != nil {
			panic(err)
		}
		q, err := Read(b)
		if err != nil {
			panic(fmt.Errorf("questionnaire %s: %w", id, err))
		}
		out = append(out, q)
	}
	return out
})

// All are the questionnaires that Miseban brings.
func All() []*Questionnaire { return slices.Clone(all()) }

// Load finds a questionnaire by its ID.
func Load(id string) (*Questionnaire, bool) {
	for _, q := range all() {
		if q.ID == id {
			return q, true
		}
	}
	return nil, false
}

// Read reads a questionnaire and refuses one that could not be asked.
func Read(b []byte) (*Questionnaire, error) {
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	var q Questionnaire
	if err := dec.Decode(&q); err != nil {
		return nil, err
	}
	for n, i := range q.Items() {
		i.Number = n + 1
		if i.Type == YesNo && i.Choices == nil {
			i.Choices = yesNo
		}
		if i.Origin == "" {
			i.Origin = q.Origin
		}
	}
	return &q, q.check()
}

var (
	idPattern     = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	originPattern = regexp.MustCompile(`^(ours|seed row [1-9][0-9]*)$`)
)

func (q *Questionnaire) check() error {
	var errs []error
	bad := func(where, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
	}
	text := func(where string, t i18n.Text) {
		if t.JA == "" || t.EN == "" {
			bad(where, "no text in ja or en")
		}
	}
	text("title", q.Title)
	text("to", q.To)
	text("intro", q.Intro)
	before := map[string]*Item{}
	for _, v := range q.Viewpoints {
		text(v.ID, v.Title)
		for _, t := range v.Themes {
			text(t.ID, t.Title)
		}
	}
	for _, i := range q.Items() {
		text(i.ID, i.Ask)
		if !idPattern.MatchString(i.ID) || before[i.ID] != nil {
			bad(i.ID, "the ID is malformed or used twice")
		}
		if !originPattern.MatchString(i.Origin) {
			bad(i.ID, "origin %q: ours, or seed row N", i.Origin)
		}
		if i.Who.Name(i18n.EN) == string(i.Who) {
			bad(i.ID, "who %q is unknown", i.Who)
		}
		switch {
		case i.Type.Chosen() == (len(i.Choices) < 2), !i.Type.Chosen() && !i.Type.Figure() && i.Type != Words && i.Type != Month:
			bad(i.ID, "type %q with %d choices", i.Type, len(i.Choices))
		}
		seen := map[string]bool{}
		for _, c := range i.Choices {
			text(i.ID+" "+c.ID, c.Text)
			if !idPattern.MatchString(c.ID) || seen[c.ID] {
				bad(i.ID, "choice %q is malformed or used twice", c.ID)
			}
			seen[c.ID] = true
		}
		if w := i.When; w != nil {
			other := before[w.Item]
			if other == nil || len(w.Is) == 0 {
				bad(i.ID, "asked after %q, which is not asked before", w.Item)
			} else {
				for _, c := range w.Is {
					if _, ok := other.Choice(c); !ok {
						bad(i.ID, "asked after choice %q, which %s has not", c, w.Item)
					}
				}
			}
		}
		before[i.ID] = i
	}
	ids := map[string]bool{}
	for _, x := range q.Tables {
		text("table "+x.ID, x.Title)
		if ids[x.ID] || x.Rows == "" && x.Figure == "" || x.Columns != "" && (x.Rows == "" || x.Figure != "") {
			bad("table "+x.ID, "rows, rows and columns, a figure, or rows and a figure")
		}
		ids[x.ID] = true
		for _, id := range []string{x.Rows, x.Columns} {
			if i := before[id]; id != "" && (i == nil || !i.Type.Chosen()) {
				bad("table "+x.ID, "%q is no item with choices", id)
			}
		}
		if i := before[x.Figure]; x.Figure != "" && (i == nil || !i.Type.Figure()) {
			bad("table "+x.ID, "%q is no figure", x.Figure)
		}
		if i := before[x.Rows]; x.Figure != "" && i != nil && i.Type == Many {
			bad("table "+x.ID, "figures are broken down by items with one choice")
		}
		if i := before[x.Columns]; i != nil && i.Type == Many {
			bad("table "+x.ID, "columns are items with one choice")
		}
	}
	return errors.Join(errs...)
}
