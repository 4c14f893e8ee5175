package survey

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// Given says how an item was answered.
type Given string

// The ways. "" is an item without an answer.
const (
	Nothing  Given = ""
	Answered Given = "answered"
	Unknown  Given = "unknown"  // the respondent does not know
	Declined Given = "declined" // the respondent would rather not say
)

// MostWords is how many characters an answer in words may have.
const MostWords = 8000

// Answer is what a respondent said to one item.
type Answer struct {
	Item    string   `json:"item"`
	Given   Given    `json:"given"`
	Choices []string `json:"choices,omitempty"`
	Figure  *int64   `json:"figure,omitempty"`
	Month   string   `json:"month,omitempty"` // 2006-01
	Words   string   `json:"words,omitempty"` // the answer, or what was added to a choice or a figure
	// Quote says that the words may be quoted without the name.
	Quote bool `json:"quote,omitempty"`
}

// Typed is an answer as it stands in a form or a sheet: Value is the choices,
// joined by commas, the month, or the figure as somebody wrote it.
type Typed struct {
	Given Given
	Value string
	Words string
	Quote bool
}

// Take makes an answer of what was typed. The problem names the item as its field.
func (i *Item) Take(x Typed, today string) (Answer, *account.Problem) {
	a := Answer{Item: i.ID, Words: account.Paragraph(x.Words), Quote: x.Quote}
	bad := func(why account.Reason) (Answer, *account.Problem) {
		return a, &account.Problem{Field: i.ID, Reason: why}
	}
	if utf8.RuneCountInString(a.Words) > MostWords {
		return bad(account.Reason{Message: "{n} 文字までで入力してください。", Args: i18n.Args{"n": strconv.Itoa(MostWords)}})
	}
	if x.Given == Unknown || x.Given == Declined {
		a.Given, a.Quote = x.Given, false
		return a, nil
	}
	value := account.Line(x.Value)
	switch {
	case i.Type == Words:
		if a.Words == "" {
			a.Words = value
		}
		if a.Words != "" {
			a.Given = Answered
		}
		a.Quote = a.Quote && a.Words != ""
		return a, nil
	case value == "":
		a.Quote = a.Quote && a.Words != ""
		if a.Words != "" {
			a.Given = Answered // said in words alone
		}
		return a, nil
	case i.Type.Chosen():
		var list []string
		for id := range strings.SplitSeq(value, ",") {
			if id = strings.TrimSpace(id); id == "" || slices.Contains(list, id) {
				continue
			}
			if _, ok := i.Choice(id); !ok {
				return bad(account.Reason{Message: "選択肢から選んでください。"})
			}
			list = append(list, id)
		}
		if len(list) > 1 && i.Type != Many {
			return bad(account.Reason{Message: "一つだけ選んでください。"})
		}
		for _, c := range i.Choices { // in the order of the questionnaire
			if slices.Contains(list, c.ID) {
				a.Choices = append(a.Choices, c.ID)
			}
		}
	case i.Type == Month:
		m, err := time.Parse("2006-1", strings.NewReplacer("年", "-", "月", "", "/", "-").Replace(norm.NFKC.String(value)))
		if err != nil || m.Year() < 1990 || m.Format("2006-01") > today[:min(7, len(today))] {
			return bad(account.Reason{Message: "今月までの年月を 2022-04 のように入力してください。"})
		}
		a.Month = m.Format("2006-01")
	default:
		n, ok := ParseFigure(i.Type, value)
		if !ok {
			return bad(account.Reason{Message: "数字で入力してください。1,200 万円、3 日、約 500 件のような書き方もできます。"})
		}
		if i.Type == Percent && n > 100 {
			return bad(account.Reason{Message: "0 から 100 までで入力してください。"})
		}
		a.Figure = &n
	}
	a.Given = Answered
	a.Quote = a.Quote && a.Words != ""
	return a, nil
}

// Value is the answer's value as Typed holds it, for forms and sheets.
func (a *Answer) Value(i *Item) string {
	switch {
	case a.Given != Answered:
		return ""
	case i.Type.Chosen():
		return strings.Join(a.Choices, ",")
	case i.Type == Month:
		return a.Month
	case i.Type.Figure() && a.Figure != nil:
		return strconv.FormatInt(*a.Figure, 10)
	}
	return ""
}

// Has says that the answer has a value of its item's type, and so stands in tables.
func (a *Answer) Has(i *Item) bool { return a.Given == Answered && a.Value(i) != "" }

// Asked says which items are asked of a subject with the traits, given the
// answers so far: an item whose condition does not hold is not asked, nor what
// depends on it.
func (q *Questionnaire) Asked(traits []string, answers map[string]Answer) []*Item {
	asked := map[string]bool{}
	var out []*Item
	for _, i := range q.Items() {
		if i.Only != "" && !slices.Contains(traits, i.Only) {
			continue
		}
		if w := i.When; w != nil {
			a := answers[w.Item]
			if !asked[w.Item] || a.Given != Answered || !slices.ContainsFunc(a.Choices, func(c string) bool { return slices.Contains(w.Is, c) }) {
				continue
			}
		}
		asked[i.ID] = true
		out = append(out, i)
	}
	return out
}

// Open are the items asked that have no answer yet.
func (q *Questionnaire) Open(traits []string, answers map[string]Answer) []*Item {
	return slices.DeleteFunc(q.Asked(traits, answers), func(i *Item) bool { return answers[i.ID].Given != Nothing })
}

// units are what may stand behind a figure of each type, and how much it is.
var units = map[Type]map[string]int64{
	Yen:     {"円": 1, "yen": 1, "jpy": 1},
	Days:    {"日": 1, "日間": 1, "週間": 7, "days": 1, "day": 1},
	Records: {"件": 1, "人": 1, "人分": 1, "名": 1, "records": 1},
	Percent: {"%": 1, "割": 10, "パーセント": 1},
}

// most is how large a figure may be.
const most = 1_000_000_000_000_000

// ParseFigure reads a figure as people write it: 1,200万円, 1億2000万, 約 500 件,
// 7割, 2週間. It is a whole number, or none.
func ParseFigure(t Type, s string) (int64, bool) {
	s = strings.ToLower(norm.NFKC.String(s))
	s = strings.NewReplacer(",", "", "、", "", " ", "", "\u00a5", "", "\\", "").Replace(s)
	for _, about := range []string{"約", "およそ"} {
		s = strings.TrimPrefix(s, about)
	}
	by, cut := int64(1), ""
	for unit, n := range units[t] {
		if strings.HasSuffix(s, unit) && len(unit) > len(cut) {
			by, cut = n, unit
		}
	}
	s = strings.TrimSuffix(s, cut)
	if s == "" || units[t] == nil {
		return 0, false
	}
	var total, part int64
	last := int64(most)
	for s != "" {
		end := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		number := s
		if end >= 0 {
			number = s[:end]
		}
		s = s[len(number):]
		unit := int64(1)
		if s != "" {
			r, size := utf8.DecodeRuneInString(s)
			switch s = s[size:]; r {
			case '千':
				unit = 1000
			case '万':
				unit = 10_000
			case '億':
				unit = 100_000_000
			default:
				return 0, false
			}
		}
		if unit >= 10_000 && number == "" && part > 0 { // 3千万
			number = "0"
		}
		n, ok := times(number, unit)
		if !ok {
			return 0, false
		}
		if unit == 1000 {
			if part > 0 {
				return 0, false
			}
			part += n
			continue
		}
		if unit >= last {
			return 0, false
		}
		last = unit
		total += part*unit + n
		part = 0
		if total > most {
			return 0, false
		}
	}
	total += part
	return total * by, total*by <= most
}

// times is a decimal number times a unit, if that is whole.
func times(number string, unit int64) (int64, bool) {
	whole, frac, _ := strings.Cut(number, ".")
	if len(whole) == 0 || len(whole) > 15 || len(frac) > 8 || strings.Contains(frac, ".") {
		return 0, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > most/unit {
		return 0, false
	}
	n *= unit
	if frac == "" {
		return n, !strings.HasSuffix(number, ".")
	}
	f, err := strconv.ParseInt(frac, 10, 64)
	if err != nil {
		return 0, false
	}
	scale := int64(1)
	for range frac {
		scale *= 10
	}
	if f*unit%scale != 0 {
		return 0, false
	}
	return n + f*unit/scale, true
}
