// Package paper says what committees read: papers whose every part has a class
// of disclosure, and who may read which. It holds the rules; store answers
// readers by them and never gives out more.
package paper

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// Class says who may read a paper, a part of it or an attachment.
type Class string

// The classes.
const (
	Public    Class = "public"    // 公開
	Committee Class = "committee" // 委員限り
	Closed    Class = "closed"    // 非公開
)

// Classes lists the classes in the order of choices on a page.
var Classes = []Class{Public, Committee, Closed}

var classNames = map[Class]i18n.Text{
	Public: {JA: "公開", EN: "Public"}, Committee: {JA: "委員限り", EN: "Committee only"}, Closed: {JA: "非公開", EN: "Closed"},
}

// Name is the word people read.
func (c Class) Name(l i18n.Lang) string { return classNames[c].In(l) }

// Valid says that c is one of Classes.
func (c Class) Valid() bool { return slices.Contains(Classes, c) }

// Standing is how a reader stands to a paper.
type Standing string

// The standings.
const (
	Anyone    Standing = "anyone"
	Seated    Standing = "member"   // has a seat in this committee
	Attending Standing = "observer" // attends this committee
	OfOffice  Standing = "office"   // belongs to the office of the programme
	Named     Standing = "named"    // is named on the part
)

// Readers says, of each class, who may read it. It is no ladder: who is named
// on a closed part does not thereby read what is for the committee, and who
// sits in a committee does not read what is closed.
var Readers = map[Class][]Standing{
	Public:    {Anyone},
	Committee: {Seated, Attending, OfOffice},
	Closed:    {OfOffice, Named},
}

// Withheld stands in the place of what a reader may not see.
var Withheld = i18n.Text{JA: "内容は非公開", EN: "Not disclosed"}

// Seat is what somebody is in a committee.
type Seat string

// The seats.
const (
	Chair    Seat = "chair"
	Member   Seat = "member"
	Observer Seat = "observer"
)

// Seats lists the seats in the order of choices and lists.
var Seats = []Seat{Chair, Member, Observer}

var seatNames = map[Seat]i18n.Text{
	Chair: {JA: "委員長", EN: "Chair"}, Member: {JA: "委員", EN: "Member"}, Observer: {JA: "オブザーバー", EN: "Observer"},
}

// Name is the word people read.
func (s Seat) Name(l i18n.Lang) string { return seatNames[s].In(l) }

// Valid says that s is one of Seats.
func (s Seat) Valid() bool { return slices.Contains(Seats, s) }

// Standing is as what a seat lets read.
func (s Seat) Standing() Standing {
	if s == Observer {
		return Attending
	}
	return Seated
}

// Panel is a committee of a programme.
type Panel struct {
	ID        account.ID
	Programme account.ID
	Revision  int
	Name      string
	Purpose   string
	At        time.Time
	Meetings  []Meeting // the last one first; not in lists of committees
}

// Tidy puts a committee into normal form and says what is wrong with it.
func (x *Panel) Tidy() account.Problems {
	x.Name, x.Purpose = account.Line(x.Name), account.Paragraph(x.Purpose)
	var p account.Problems
	p = within(p, "name", x.Name, 1, 100)
	return within(p, "purpose", x.Purpose, 0, 1000)
}

// Sitting is a person's seat in a committee.
type Sitting struct {
	Person account.ID
	Name   string
	Mail   string
	Seat   Seat
	Since  time.Time
}

// Meeting is one meeting of a committee. What was said and decided stands in
// its papers.
type Meeting struct {
	ID     account.ID
	Panel  account.ID
	Number int
	Day    string // 2006-01-02
}

// Kind says what a paper is.
type Kind string

// The kinds of papers.
const (
	Agenda  Kind = "agenda"
	Report  Kind = "paper"
	Minutes Kind = "minutes"
)

// Kinds lists the kinds in the order of a meeting's papers.
var Kinds = []Kind{Agenda, Report, Minutes}

var kindNames = map[Kind]i18n.Text{
	Agenda: {JA: "議事次第", EN: "Agenda"}, Report: {JA: "資料", EN: "Paper"}, Minutes: {JA: "議事録", EN: "Minutes"},
}

// Name is the word people read.
func (k Kind) Name(l i18n.Lang) string { return kindNames[k].In(l) }

// Valid says that k is one of Kinds.
func (k Kind) Valid() bool { return slices.Contains(Kinds, k) }

// Paper is a paper as one reader may see it: what he may not see is not in it.
type Paper struct {
	ID       account.ID
	Panel    account.ID
	Meeting  account.ID // "": of no meeting
	Place    Place
	Kind     Kind
	Number   string // 資料3-1
	Class    Class  // of its title, and the least that all of it asks for
	Title    string
	Issued   time.Time // zero: a draft, which only the office sees
	Revision int
	// Classes are all that occur in it, for the mark on the cover.
	Classes []Class
	// Withheld: the reader may not see number and title, and there is nothing else in it.
	Withheld bool
	// MayEdit: the reader belongs to the office.
	MayEdit bool
	Parts   []Part
	Files   []File
	Names   []account.ID          // who is named on the paper as a whole; only the office is told
	Mails   map[account.ID]string // addresses of all who are named on it or its pieces; only the office is told
	Made    *Made                 // of a report whose figures were put in by Miseban; only the office is told
}

// Made says which report a paper is, in which language, and when its figures were made.
type Made struct {
	Report string
	Lang   i18n.Lang
	At     time.Time
}

// Place is where a paper belongs, in words.
type Place struct {
	Panel  string // name of the committee
	Number int    // of the meeting; 0: none
	Day    string
}

// Part is a section of a paper.
type Part struct {
	ID    account.ID
	Class Class
	// TitleClass lets a heading be read more widely than what stands under it.
	TitleClass Class
	Title      string
	Text       string // Markdown
	Caption    string // of the figures
	Figures    []Figure
	Withheld   bool // all but perhaps the title
	Names      []account.ID
}

// Figure is one bar of a chart.
type Figure struct {
	Label string
	Value int
}

// File is an attachment.
type File struct {
	ID       account.ID
	Class    Class
	Name     string
	Alt      string // what it shows, in words
	Media    string
	Size     int
	Sum      string // SHA-256
	Withheld bool
	Names    []account.ID
}

// Action is what somebody took on in a meeting.
type Action struct {
	ID      account.ID
	Panel   account.ID
	Meeting account.ID
	Class   Class
	Text    string
	Who     string
	Due     string // 2006-01-02
	Done    time.Time
}

// Hit is a place in which a search found its words, and which the reader may see.
type Hit struct {
	Paper   account.ID
	Title   string // of the paper
	Where   string // the heading, or the name of the file
	Excerpt string
}

func within(p account.Problems, field, s string, least, most int) account.Problems {
	switch n := utf8.RuneCountInString(s); {
	case n < least:
		return append(p, account.Problem{Field: field, Reason: account.Reason{Message: "入力してください。"}})
	case n > most:
		return append(p, account.Problem{Field: field, Reason: account.Reason{Message: "長すぎます。{n} 文字までにしてください。", Args: i18n.Args{"n": strconv.Itoa(most)}}})
	}
	return p
}

// Tidy puts what was typed of a paper into normal form and says what is wrong with it.
func (x *Paper) Tidy() account.Problems {
	x.Number, x.Title = account.Line(x.Number), account.Line(x.Title)
	var p account.Problems
	if !x.Class.Valid() {
		p = append(p, account.Problem{Field: "class", Reason: chooseClass})
	}
	if !x.Kind.Valid() {
		x.Kind = Report
	}
	p = within(p, "number", x.Number, 0, 30)
	return within(p, "title", x.Title, 1, 200)
}

var chooseClass = account.Reason{Message: "公開の区分を選んでください。"}

// Tidy puts what was typed of a part into normal form and says what is wrong with it.
func (x *Part) Tidy() account.Problems {
	x.Title, x.Text, x.Caption = account.Line(x.Title), account.Paragraph(x.Text), account.Line(x.Caption)
	var p account.Problems
	if !x.Class.Valid() {
		p = append(p, account.Problem{Field: "class", Reason: chooseClass})
	}
	if !x.TitleClass.Valid() {
		x.TitleClass = x.Class
	}
	p = within(p, "title", x.Title, 1, 200)
	p = within(p, "text", x.Text, 0, 50_000)
	p = within(p, "caption", x.Caption, 0, 200)
	if len(x.Figures) > 60 {
		p = append(p, account.Problem{Field: "figures", Reason: account.Reason{Message: "図の行は 60 行までにしてください。"}})
	}
	return p
}

// Tidy puts what was typed of an action into normal form and says what is wrong with it.
func (x *Action) Tidy() account.Problems {
	x.Text, x.Who = account.Paragraph(x.Text), account.Line(x.Who)
	var p account.Problems
	if !x.Class.Valid() {
		p = append(p, account.Problem{Field: "class", Reason: chooseClass})
	}
	if x.Due != "" {
		if _, err := time.Parse(time.DateOnly, x.Due); err != nil {
			p = append(p, account.Problem{Field: "due", Reason: account.Reason{Message: "日付を確かめてください。"}})
		}
	}
	p = within(p, "text", x.Text, 1, 1000)
	return within(p, "who", x.Who, 0, 100)
}

// ReadFigures reads a chart as it is typed: a line each, its name and a whole
// number behind a comma, tab or space.
func ReadFigures(s string) ([]Figure, account.Problems) {
	var out []Figure
	for _, line := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		m := figureLine.FindStringSubmatch(line)
		n := 0
		if m != nil {
			n, _ = strconv.Atoi(strings.ReplaceAll(m[2], ",", ""))
		}
		if m == nil || n > 1_000_000_000 {
			return out, account.Problems{{Field: "figures", Reason: account.Reason{Message: "図の「{line}」を読めません。「名前, 数」の形で、1 行に 1 つ入力してください。", Args: i18n.Args{"line": line}}}}
		}
		out = append(out, Figure{Label: account.Line(m[1]), Value: n})
	}
	return out, nil
}

// figureLine is a name, something between, and a whole number with or without commas.
var figureLine = regexp.MustCompile(`^([^,、，\s　].*?)[,、，\s　]+([0-9][0-9,]{0,15})$`)

// WriteFigures is a chart as ReadFigures reads it.
func WriteFigures(list []Figure) string {
	var b strings.Builder
	for _, f := range list {
		b.WriteString(f.Label + ", " + strconv.Itoa(f.Value) + "\n")
	}
	return b.String()
}
