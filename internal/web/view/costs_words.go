package view

import (
	"context"
	"math"
	"net/url"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/guideline"
	"miseban/internal/handout"
	"miseban/internal/i18n"
)

// Costs is the comparison of the forms of a shop.
type Costs struct {
	Model       *handout.Costs
	In          handout.Inputs
	Typed       map[string]string // as the visitor typed it
	Of, Against string
	Results     map[string]handout.Cost // by form; none when a number is wrong
	Swings      []handout.Swing
	Duties      map[string]map[guideline.Duty]int // by form: how many questions are whose work
	Questions   int
	Query       string
	Problems    account.Problems
}

// Amount is a number without needless digits.
func Amount(x float64) string {
	if x >= 1000 {
		return grouped(int(math.Round(x)))
	}
	return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64)
}

// Money says an amount of 万円 as people read it.
func Money(l i18n.Lang, x float64) string {
	if l == i18n.EN {
		switch yen := x * 10000; {
		case yen >= 1e6:
			return strconv.FormatFloat(math.Round(yen/1e4)/100, 'f', -1, 64) + " million yen"
		default:
			return grouped(int(math.Round(yen))) + " yen"
		}
	}
	return Amount(math.Round(x*10)/10) + "万円"
}

// Signed is Money of a difference.
func Signed(l i18n.Lang, x float64) string {
	plus, minus := "＋", "－"
	if l == i18n.EN {
		plus, minus = "+", "−"
	}
	switch {
	case x >= .05:
		return plus + Money(l, x)
	case x <= -.05:
		return minus + Money(l, -x)
	}
	return "±0"
}

// unitOf is the unit in which a number is typed.
func unitOf(l i18n.Lang, k *handout.Known) string {
	if k.About != nil {
		switch k.About.Unit {
		case handout.Yen:
			return i18n.Text{JA: "円", EN: "yen"}.In(l)
		case handout.Percent:
			return i18n.Text{JA: "％", EN: "%"}.In(l)
		case handout.Months:
			return i18n.Text{JA: "か月", EN: "months"}.In(l)
		}
		return i18n.Text{JA: "万円", EN: "× 10,000 yen"}.In(l)
	}
	return perWords(l, k.Item)
}

func perWords(l i18n.Lang, x *handout.CostItem) string {
	switch x.Per {
	case handout.Once:
		return i18n.Text{JA: "万円（1回）", EN: "× 10,000 yen, once"}.In(l)
	case handout.Yearly:
		return i18n.Text{JA: "万円/年", EN: "× 10,000 yen a year"}.In(l)
	case handout.Monthly:
		return i18n.Text{JA: "万円/月", EN: "× 10,000 yen a month"}.In(l)
	case handout.Hours:
		return i18n.Text{JA: "時間/月", EN: "hours a month"}.In(l)
	case handout.OfSales:
		return i18n.Text{JA: "％（売上に対して）", EN: "% of sales"}.In(l)
	}
	return i18n.Text{JA: "％/年", EN: "% a year"}.In(l)
}

// InUnit is a number with its unit.
func InUnit(l i18n.Lang, k *handout.Known, x float64) string {
	if money := k.About != nil && k.About.Unit == handout.Amount; money {
		return Money(l, x)
	}
	if k.Item != nil && l == i18n.EN {
		switch k.Item.Per {
		case handout.Once:
			return Money(l, x)
		case handout.Yearly:
			return Money(l, x) + " a year"
		case handout.Monthly:
			return Money(l, x) + " a month"
		}
	}
	if k.Item != nil && k.Item.Per == handout.Once {
		return Money(l, x)
	}
	if k.Item != nil && k.Item.Per == handout.OfSales {
		return Amount(x) + " %"
	}
	space := " "
	if l == i18n.JA {
		space = ""
	}
	return Amount(x) + space + unitOf(l, k)
}

// NumberName names a number of the comparison, with its form.
func NumberName(l i18n.Lang, k *handout.Known) string {
	if k.About != nil {
		return k.About.Name.In(l)
	}
	return k.Form.Name.In(l) + i18n.Text{JA: "の", EN: ": "}.In(l) + k.Item.Name.In(l)
}

// value is what stands in the field of a number.
func (f *Costs) value(name string) string {
	if s, ok := f.Typed[name]; ok {
		return s
	}
	return strconv.FormatFloat(f.In[name], 'f', -1, 64)
}

func (f *Costs) bad(name string) bool {
	for _, p := range f.Problems {
		if p.Field == name {
			return true
		}
	}
	return false
}

// Difference is how much more the one form costs than the other.
func (f *Costs) Difference() float64 { return f.Results[f.Of].Total - f.Results[f.Against].Total }

// Verdict says in a sentence which of the two is cheaper, and by how much.
func (f *Costs) Verdict(ctx context.Context) string {
	of, against, l := f.Model.Form(f.Of).Name.In(lang(ctx)), f.Model.Form(f.Against).Name.In(lang(ctx)), lang(ctx)
	d := f.Difference()
	if math.Abs(d) < .05 {
		return t(ctx, "5年間の費用は、{of}と{against}でほぼ同じです。", "of", of, "against", against)
	}
	if d < 0 {
		of, against, d = against, of, -d
	}
	return t(ctx, "5年間では、{of}の方が{against}より {money} 高くなります。", "of", of, "against", against, "money", Money(l, d))
}

// CostLine is a line of the table of results.
type CostLine struct {
	Name  string
	Cells []string // one a form
	Sum   bool
}

// Lines are the results and what else can be told in numbers, form by form.
func (f *Costs) Lines(ctx context.Context) []CostLine {
	l := lang(ctx)
	names := map[handout.Group]string{handout.Build: t(ctx, "初期構築"), handout.Run: t(ctx, "運用（5年）"), handout.Care: t(ctx, "セキュリティの運用（5年）")}
	var out []CostLine
	add := func(name string, sum bool, cell func(*handout.ShopForm, handout.Cost) string) {
		x := CostLine{Name: name, Sum: sum}
		for i := range f.Model.Forms {
			form := &f.Model.Forms[i]
			x.Cells = append(x.Cells, cell(form, f.Results[form.ID]))
		}
		out = append(out, x)
	}
	for _, g := range handout.Groups {
		add(names[g], false, func(_ *handout.ShopForm, c handout.Cost) string { return Money(l, c.Group[g]) })
	}
	add(t(ctx, "5年間の合計"), true, func(_ *handout.ShopForm, c handout.Cost) string { return Money(l, c.Total) })
	add(t(ctx, "年商に対する割合"), false, func(_ *handout.ShopForm, c handout.Cost) string {
		sales := f.In["turnover"] * float64(f.Model.Years)
		if sales == 0 {
			return "–"
		}
		return Amount(math.Round(c.Total/sales*1000)/10) + " %"
	})
	add(t(ctx, "うちセキュリティの運用の割合"), false, func(_ *handout.ShopForm, c handout.Cost) string {
		if c.Total == 0 {
			return "–"
		}
		return Amount(math.Round(c.Group[handout.Care]/c.Total*1000)/10) + " %"
	})
	add(t(ctx, "事故の備え（1年あたり）"), false, func(_ *handout.ShopForm, c handout.Cost) string {
		return Money(l, c.Items["risk"]/float64(f.Model.Years))
	})
	add(t(ctx, "担当者のセキュリティの作業（1年あたり）"), false, func(x *handout.ShopForm, _ handout.Cost) string {
		return t(ctx, "{n} 時間", "n", Amount(f.In[x.ID+".hours"]*12))
	})
	add(t(ctx, "公開までの期間の目安"), false, func(x *handout.ShopForm, _ handout.Cost) string {
		return t(ctx, "{from}～{until} 週", "from", strconv.Itoa(x.Weeks[0]), "until", strconv.Itoa(x.Weeks[1]))
	})
	add(t(ctx, "自社が行う対策（自己点検 {n} 問のうち）", "n", strconv.Itoa(f.Questions)), false, func(x *handout.ShopForm, _ handout.Cost) string {
		d := f.Duties[x.ID]
		if d[guideline.Shared] == 0 {
			return t(ctx, "{n} 問", "n", strconv.Itoa(d[guideline.Ours]))
		}
		return t(ctx, "{n} 問（分担 {shared} 問）", "n", strconv.Itoa(d[guideline.Ours]), "shared", strconv.Itoa(d[guideline.Shared]))
	})
	return out
}

// Beside is the address of the comparison as a file, with the same numbers.
func (f *Costs) Beside(kind string) string {
	if f.Query == "" {
		return "/costs/" + kind
	}
	return "/costs/" + kind + "?" + f.Query
}

// untouched is the address that leads back to the numbers as they are shipped.
func (f *Costs) untouched() string {
	return "/costs?" + url.Values{"of": {f.Of}, "against": {f.Against}}.Encode()
}

// costBar is a form's bar in the chart of results.
type costBar struct {
	Name, Sum, Words string
	Y, Middle, End   string
	Parts            []struct{ X, Width, Class string }
}

var groupClass = map[handout.Group]string{handout.Build: "fill-neutral", handout.Run: "fill-unknown", handout.Care: "fill-key"}

// bars places the results in a chart 720 wide, 150 of it for names and 110 for sums.
func (f *Costs) bars(ctx context.Context) (out []costBar) {
	most := 1.0
	for _, c := range f.Results {
		most = max(most, c.Total)
	}
	for i := range f.Model.Forms {
		x := &f.Model.Forms[i]
		c := f.Results[x.ID]
		y := float64(i * 40)
		b := costBar{Name: x.Name.In(lang(ctx)), Sum: Money(lang(ctx), c.Total), Y: coordinate(y + 6), Middle: coordinate(y + 25)}
		at := 150.0
		for _, g := range handout.Groups {
			w := c.Group[g] / most * 440
			b.Parts = append(b.Parts, struct{ X, Width, Class string }{coordinate(at), coordinate(w), groupClass[g]})
			at += w
		}
		b.End = coordinate(at + 8)
		out = append(out, b)
	}
	return out
}

func (f *Costs) barWords(ctx context.Context) string {
	s := t(ctx, "5年間の費用") + ": "
	for i := range f.Model.Forms {
		x := &f.Model.Forms[i]
		if i > 0 {
			s += ", "
		}
		s += x.Name.In(lang(ctx)) + " " + Money(lang(ctx), f.Results[x.ID].Total)
	}
	return s
}

// tornadoBar is a number's bar in the chart of sensitivity.
type tornadoBar struct {
	Name, From, Until  string
	X, Width, Y, TextY string
	Turns              bool
	FromX, UntilX      string
}

// tornado is that chart: 860 wide, names on the left.
type tornado struct {
	Bars      []tornadoBar
	Now, Zero string // Zero is empty where it lies outside
	Height    int
}

const (
	tornadoLeft = 330.0
	tornadoWide = 400.0
	tornadoStep = 34
)

func (f *Costs) tornado(ctx context.Context) tornado {
	l := lang(ctx)
	now := f.Difference()
	low, high := now, now
	for i := range f.Swings {
		s := &f.Swings[i]
		low, high = min(low, s.Low, s.High), max(high, s.Low, s.High)
	}
	if high == low {
		high = low + 1
	}
	at := func(x float64) float64 { return tornadoLeft + 60 + (x-low)/(high-low)*(tornadoWide-40) }
	g := tornado{Now: coordinate(at(now)), Height: 30 + tornadoStep*len(f.Swings) + 6}
	if low < 0 && high > 0 {
		g.Zero = coordinate(at(0))
	}
	for i := range f.Swings {
		s := &f.Swings[i]
		a, b := min(s.Low, s.High), max(s.Low, s.High)
		y := 30 + float64(i*tornadoStep)
		from, until := s.From, s.To
		if s.Low > s.High { // more of it makes the difference smaller
			from, until = until, from
		}
		g.Bars = append(g.Bars, tornadoBar{Name: cutTo(NumberName(l, &s.Known), 46), From: Amount(from), Until: Amount(until), X: coordinate(at(a)), Width: coordinate(max(2, at(b)-at(a))), Y: coordinate(y), TextY: coordinate(y + 15),
			FromX: coordinate(at(a) - 6), UntilX: coordinate(at(b) + 6), Turns: s.Turns(now)})
	}
	return g
}

func (f *Costs) tornadoWords(ctx context.Context) string {
	s := f.Verdict(ctx) + " " + t(ctx, "差を大きく動かす数字の順:")
	for i := range f.Swings {
		x := &f.Swings[i]
		s += " " + NumberName(lang(ctx), &x.Known) + " (" + Signed(lang(ctx), x.Low) + " – " + Signed(lang(ctx), x.High) + ")"
		if i == 4 {
			break
		}
	}
	return s
}

// formChoices are the forms to choose one of.
func formChoices(ctx context.Context, c *handout.Costs, chosen string) (out []Choice) {
	for i := range c.Forms {
		out = append(out, Choice{Value: c.Forms[i].ID, Name: c.Forms[i].Name.In(lang(ctx)), Chosen: c.Forms[i].ID == chosen})
	}
	return out
}
