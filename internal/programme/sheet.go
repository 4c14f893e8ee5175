package programme

import (
	_ "embed"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

//go:embed steps/sheet.yaml
var sheetFile []byte

// SheetItem is one subject of the environment sheet (診断環境シート): what is to
// be known of a shop's surroundings before it is diagnosed.
type SheetItem struct {
	ID     string       `yaml:"id"`
	Title  i18n.Text    `yaml:"title"`
	Ask    i18n.Text    `yaml:"ask"`
	Fields []SheetField `yaml:"fields"`
}

// SheetField is one field of an item.
type SheetField struct {
	ID      string        `yaml:"id"`
	Kind    string        `yaml:"kind"` // line, lines, urls, choice, clock, phone, mail
	Label   i18n.Text     `yaml:"label"`
	Hint    i18n.Text     `yaml:"hint"`
	Must    bool          `yaml:"must"`
	When    *SheetWhen    `yaml:"when"` // nil: always asked
	Options []SheetOption `yaml:"options"`
}

// SheetWhen says after which answers a field is asked.
type SheetWhen struct {
	Field string   `yaml:"field"`
	In    []string `yaml:"in"`
}

// SheetOption is an answer that a field offers. Unsure ones are an answer, but
// leave the item to the hearing.
type SheetOption struct {
	ID     string    `yaml:"id"`
	Name   i18n.Text `yaml:"name"`
	Unsure bool      `yaml:"unsure"`
}

var sheetItems = sync.OnceValue(func() []SheetItem {
	var out []SheetItem
	if err := yaml.Unmarshal(sheetFile, &out); err != nil {
		panic(fmt.Sprintf("steps/sheet.yaml: %v", err)) // shipped with the program, and tested
	}
	return out
})

// Sheet is the environment sheet, in its order.
func Sheet() []SheetItem { return sheetItems() }

// SheetItemOf finds an item; nil when there is none of that ID.
func SheetItemOf(id string) *SheetItem {
	items := Sheet()
	if i := slices.IndexFunc(items, func(x SheetItem) bool { return x.ID == id }); i >= 0 {
		return &items[i]
	}
	return nil
}

// SheetState says how far an item is answered.
type SheetState string

// The states of an item.
const (
	SheetMissing SheetState = ""       // nothing, or not all that is asked
	SheetUnsure  SheetState = "unsure" // answered with 「わからない」 or the like
	SheetDone    SheetState = "done"
)

var sheetStates = map[SheetState]i18n.Text{
	SheetMissing: {JA: "未記入があります", EN: "Incomplete"},
	SheetUnsure:  {JA: "確認が必要です", EN: "To be asked"},
	SheetDone:    {JA: "記入済み", EN: "Complete"},
}

// Name is the word people read.
func (s SheetState) Name(l i18n.Lang) string { return sheetStates[s].In(l) }

// Asked says whether the field is asked after the answers to others.
func (f *SheetField) Asked(values map[string]string) bool {
	return f.When == nil || slices.Contains(f.When.In, values[f.When.Field])
}

// Word is an answer as people read it.
func (f *SheetField) Word(value string, l i18n.Lang) string {
	for _, o := range f.Options {
		if o.ID == value {
			return o.Name.In(l)
		}
	}
	return value
}

// State says how far the values answer the item, and which of its fields are
// missing or unsure.
func (i *SheetItem) State(values map[string]string) (SheetState, []*SheetField) {
	var missing, unsure []*SheetField
	for k := range i.Fields {
		f := &i.Fields[k]
		v := values[f.ID]
		switch {
		case !f.Asked(values):
		case f.Must && v == "":
			missing = append(missing, f)
		case slices.ContainsFunc(f.Options, func(o SheetOption) bool { return o.ID == v && o.Unsure }):
			unsure = append(unsure, f)
		}
	}
	switch {
	case len(missing) > 0:
		return SheetMissing, append(missing, unsure...)
	case len(unsure) > 0:
		return SheetUnsure, unsure
	}
	return SheetDone, nil
}

// mostSheet is how many characters a field may have.
const mostSheet = 2000

// Tidy brings what was typed into its normal form and says what is wrong with
// it. What is not asked after the other answers is dropped; what is missing is
// no fault: a sheet is filled bit by bit.
func (i *SheetItem) Tidy(typed map[string]string) (map[string]string, account.Problems) {
	out := map[string]string{}
	var bad account.Problems
	for k := range i.Fields {
		f := &i.Fields[k]
		v := account.Line(typed[f.ID])
		if f.Kind == "lines" || f.Kind == "urls" {
			v = account.Paragraph(typed[f.ID])
		}
		if v == "" || !f.Asked(out) {
			continue
		}
		if r := f.wrong(v); r.Message != "" {
			bad = append(bad, account.Problem{Field: i.ID + "-" + f.ID, Reason: r})
		}
		out[f.ID] = v
	}
	return out, bad
}

// wrong says what is wrong with a value.
func (f *SheetField) wrong(v string) account.Reason {
	if utf8.RuneCountInString(v) > mostSheet {
		return account.Reason{Message: "2,000 文字までで入力してください。"}
	}
	switch f.Kind {
	case "choice":
		if !slices.ContainsFunc(f.Options, func(o SheetOption) bool { return o.ID == v }) {
			return account.Reason{Message: "一覧から選んでください。"}
		}
	case "clock":
		if _, err := time.Parse("15:04", v); err != nil || len(v) != 5 {
			return account.Reason{Message: "時刻は 02:00 の形で入力してください。"}
		}
	case "urls":
		for line := range strings.SplitSeq(v, "\n") {
			u, err := url.Parse(strings.TrimSpace(line))
			if line = strings.TrimSpace(line); line != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil) {
				return account.Reason{Message: "「{value}」は https://www.example.jp の形で入力してください。", Args: i18n.Args{"value": line}}
			}
		}
	case "phone":
		if len(digits(v)) < 9 {
			return account.Reason{Message: "電話番号を確かめてください。"}
		}
	case "mail":
		if account.NormalMail(v) == "" {
			return account.Reason{Message: "メールアドレスを確かめてください。"}
		}
	}
	return account.Reason{}
}

// digits are those of a telephone number.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// Mark is what conditions must know of the values without reading them: of the
// hours, from when until when; of the others, nothing.
func (i *SheetItem) Mark(values map[string]string) string {
	if i.ID != "windows" || values["hours"] != "some" {
		return ""
	}
	return values["from"] + "-" + values["to"]
}

// Within says whether hours agreed to ("" = at any hour) lie within those of a mark.
func Within(from, to, mark string) bool {
	if mark == "" {
		return true
	}
	first, last, _ := strings.Cut(mark, "-")
	if from == "" {
		return false
	}
	// Hours may pass midnight: minutes are counted from the first of the mark.
	since := func(clock string) int {
		var h, m, h0, m0 int
		_, _ = fmt.Sscanf(clock, "%d:%d", &h, &m)
		_, _ = fmt.Sscanf(first, "%d:%d", &h0, &m0)
		return ((h*60 + m) - (h0*60 + m0) + 24*60) % (24 * 60)
	}
	return since(from) < since(to) && since(to) <= since(last)
}
