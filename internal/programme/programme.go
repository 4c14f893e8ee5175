// Package programme says what a programme (事業) is and what happens in one: its
// call and schedule, who may do what before it, applications and the rules by
// which they are eligible. It holds the rules; store keeps the records and web asks.
package programme

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// Said is a text as the office typed it. What has no English is shown in Japanese.
type Said struct {
	JA string `json:"ja,omitempty" yaml:"ja"`
	EN string `json:"en,omitempty" yaml:"en"`
}

// In is the text in language l.
func (s Said) In(l i18n.Lang) string {
	if l == i18n.EN && s.EN != "" {
		return s.EN
	}
	return s.JA
}

// IsZero says that nothing was typed.
func (s Said) IsZero() bool { return s.JA == "" && s.EN == "" }

// State is where a programme stands as a whole.
type State string

// The states of a programme.
const (
	Draft     State = "draft"     // only those who run it see it
	Announced State = "announced" // its call page is public
	Ended     State = "ended"
)

// States lists the states in their order.
var States = []State{Draft, Announced, Ended}

var stateNames = map[State]i18n.Text{
	Draft:     {JA: "準備中", EN: "Being prepared"},
	Announced: {JA: "公表済み", EN: "Announced"},
	Ended:     {JA: "終了", EN: "Ended"},
}

// Name is the word people read.
func (s State) Name(l i18n.Lang) string { return stateNames[s].In(l) }

// Valid says that s is one of States.
func (s State) Valid() bool { return slices.Contains(States, s) }

// Strand is one line of work of a programme, with how many of what it is to reach.
type Strand struct {
	Name Said   `json:"name"`
	Goal int    `json:"goal,omitempty"`
	Unit string `json:"unit,omitempty"` // 社, サイト
}

// Contact is where people ask about a programme.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Mail  string `json:"mail,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Programme is a call with its rules, places, schedule and cases.
type Programme struct {
	ID       account.ID `json:"-"`
	Office   account.ID `json:"-"` // the organisation that runs it
	Revision int        `json:"-"`
	Created  time.Time  `json:"-"`
	Updated  time.Time  `json:"-"`
	Slug     string     `json:"-"` // its name in public addresses
	State    State      `json:"-"`
	// From and Until bound the call: Until is the first moment at which it is over.
	From  time.Time `json:"-"`
	Until time.Time `json:"-"`
	// Bodies are the other organisations whose people stand before it: ministry,
	// partner bodies, diagnosis and survey firms.
	Bodies []account.Organisation `json:"-"`

	Name       Said     `json:"name"`
	Purpose    Said     `json:"purpose,omitzero"`
	Basis      Said     `json:"basis,omitzero"`       // the budget or law that it rests on
	Scope      Said     `json:"scope,omitzero"`       // what it is about, and what is outside
	Process    Said     `json:"process,omitzero"`     // for applicants: how shops are chosen, what happens then
	Organisers []string `json:"organisers,omitempty"` // as they are named to the public
	Ministries []string `json:"ministries,omitempty"`
	Partners   []string `json:"partners,omitempty"`
	Strands    []Strand `json:"strands,omitempty"`
	Places     int      `json:"places,omitempty"`
	Edition    string   `json:"edition,omitempty"` // of the guideline
	Rules      string   `json:"rules,omitempty"`   // ID of a RuleSet
	Waived     []string `json:"waived,omitempty"`  // rules of the set that this programme does not have
	Contact    Contact  `json:"contact,omitzero"`
}

// Phase is where a call stands at a moment.
type Phase int

// The phases of a call.
const (
	NoCall Phase = iota // not announced, or without days
	Before
	Open
	After
)

// Phase says where the call stands at a moment.
func (p *Programme) Phase(at time.Time) Phase {
	switch {
	case p.State == Draft || p.From.IsZero() || p.Until.IsZero():
		return NoCall
	case p.State == Ended || !at.Before(p.Until):
		return After
	case at.Before(p.From):
		return Before
	}
	return Open
}

// LastDay is the last day of the call, in Japan: Until is the midnight after it.
func (p *Programme) LastDay() time.Time {
	if p.Until.IsZero() {
		return time.Time{}
	}
	return p.Until.Add(-time.Minute)
}

var slug = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$`)

// ValidSlug says that s can be a programme's name in addresses.
func ValidSlug(s string) bool { return slug.MatchString(s) && !strings.Contains(s, "--") }

// mostStrands and mostLines bound what a form can fill a record with.
const (
	mostStrands = 10
	mostLines   = 10
	mostText    = 4000
	mostPlaces  = 100_000
)

// Tidy brings what was typed into its normal form and says what is wrong with it.
func (p *Programme) Tidy() account.Problems {
	var bad account.Problems
	add := func(field string, r account.Reason) { bad = append(bad, account.Problem{Field: field, Reason: r}) }
	p.Slug = strings.ToLower(account.Line(p.Slug))
	if !ValidSlug(p.Slug) {
		add("slug", account.Reason{Message: "アドレスの名前は、半角の英小文字・数字・ハイフンで 3〜40 文字にしてください（例: ec-2022）。"})
	}
	p.Name = Said{account.Line(p.Name.JA), account.Line(p.Name.EN)}
	if p.Name.JA == "" {
		add("name-ja", account.Reason{Message: "事業の名前を入力してください。"})
	}
	for field, x := range map[string]*Said{"purpose": &p.Purpose, "basis": &p.Basis, "scope": &p.Scope, "process": &p.Process} {
		*x = Said{account.Paragraph(x.JA), account.Paragraph(x.EN)}
		if max(utf8.RuneCountInString(x.JA), utf8.RuneCountInString(x.EN)) > mostText {
			add(field+"-ja", account.Reason{Message: "4,000 文字までで入力してください。"})
		}
	}
	if max(utf8.RuneCountInString(p.Name.JA), utf8.RuneCountInString(p.Name.EN)) > 200 {
		add("name-ja", account.Reason{Message: "200 文字までで入力してください。"})
	}
	for _, x := range []*[]string{&p.Organisers, &p.Ministries, &p.Partners} {
		*x = lines(*x)
	}
	p.Strands = slices.DeleteFunc(p.Strands, func(s Strand) bool { return s.Name.IsZero() })
	for i := range p.Strands {
		s := &p.Strands[i]
		s.Name, s.Unit = Said{account.Line(s.Name.JA), account.Line(s.Name.EN)}, account.Line(s.Unit)
		if s.Goal < 0 || s.Goal > 1_000_000 {
			add("strands", account.Reason{Message: "調査や診断の目標の数を確かめてください。"})
		}
	}
	if len(p.Strands) > mostStrands {
		add("strands", account.Reason{Message: "取り組みは 10 件までにしてください。"})
	}
	if p.Places < 0 || p.Places > mostPlaces {
		add("places", account.Reason{Message: "選定する数を確かめてください。"})
	}
	if !p.State.Valid() {
		add("state", account.Reason{Message: "一覧から選んでください。"})
	}
	if set := RulesOf(p.Rules); set == nil {
		add("rules", account.Reason{Message: "一覧から選んでください。"})
	} else {
		p.Waived = slices.DeleteFunc(p.Waived, func(id string) bool { return set.Rule(id) == nil })
	}
	if p.From.IsZero() != p.Until.IsZero() || !p.From.IsZero() && !p.From.Before(p.Until) {
		add("until", account.Reason{Message: "募集の最後の日は、始まりの日より後にしてください。"})
	}
	if p.State == Announced && p.From.IsZero() {
		add("from", account.Reason{Message: "公表するには、募集の期間を入力してください。"})
	}
	p.tidyContact(add)
	return bad
}

func (p *Programme) tidyContact(add func(field string, r account.Reason)) {
	c := &p.Contact
	c.Name = account.Line(c.Name)
	if mail := account.Line(c.Mail); mail != "" {
		if c.Mail = account.NormalMail(mail); c.Mail == "" {
			c.Mail = mail
			add("contact-mail", account.Reason{Message: "メールアドレスを確かめてください。"})
		}
	}
	if phone := account.Line(c.Phone); phone != "" {
		if c.Phone = account.Phone(phone); c.Phone == "" {
			c.Phone = phone
			add("contact-phone", account.Reason{Message: "電話番号を確かめてください。"})
		}
	}
	if p.State == Announced && c.Mail == "" && c.Phone == "" {
		add("contact-mail", account.Reason{Message: "公表するには、問い合わせ先のメールアドレスか電話番号が必要です。"})
	}
}

// lines keeps what stands on a list of names.
func lines(list []string) []string {
	var out []string
	for _, l := range list {
		if l = account.Line(l); l != "" && len(out) < mostLines {
			out = append(out, l)
		}
	}
	return out
}

func problem(field string, r account.Reason) account.Problem {
	return account.Problem{Field: field, Reason: r}
}
