package selection

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Quotas say what a balanced choice is: per attribute and value how many are
// wanted, and which rules no choice may break.
type Quotas struct {
	Attributes []Quota `json:"attributes,omitempty" yaml:"attributes"`
	Rules      []Rule  `json:"rules,omitempty" yaml:"rules"`
	// Reserves is how many reserves are named; nil: a fifth of the places.
	Reserves *int `json:"reserves,omitempty" yaml:"reserves"`
	// OnePerOperator lets the lottery pick one of the shops of an operator
	// before the choice begins.
	OnePerOperator bool `json:"one_per_operator,omitempty" yaml:"one_per_operator"`
}

// Quota is what is wanted of one attribute.
type Quota struct {
	Attribute string `json:"attribute" yaml:"attribute"`
	// Rule gives targets to the values that name none: Even, Proportional or Free.
	Rule      string       `json:"rule,omitempty" yaml:"rule"`
	Tolerance *int         `json:"tolerance,omitempty" yaml:"tolerance"` // nil: 1
	Weight    int          `json:"weight,omitempty" yaml:"weight"`       // 0: 1
	Values    []ValueQuota `json:"values,omitempty" yaml:"values"`
}

// The rules for targets that are not written.
const (
	Even         = "even"         // the same for each value, as far as there are applicants
	Proportional = "proportional" // as among the eligible
	Free         = "free"         // none
)

// ValueQuota is what is wanted of one value.
type ValueQuota struct {
	Value     string `json:"value" yaml:"value"`
	Target    string `json:"target,omitempty" yaml:"target"` // "12" or "24%"
	Tolerance *int   `json:"tolerance,omitempty" yaml:"tolerance"`
	Min       *int   `json:"min,omitempty" yaml:"min"`
	Max       *int   `json:"max,omitempty" yaml:"max"`
}

// Rule limits how many are chosen of those who have one of the values in each condition.
type Rule struct {
	Name  string      `json:"name" yaml:"name"`
	Where []Condition `json:"where" yaml:"where"`
	Min   *int        `json:"min,omitempty" yaml:"min"`
	Max   *int        `json:"max,omitempty" yaml:"max"`
}

// Condition is met by applicants with one of the values.
type Condition struct {
	Attribute string   `json:"attribute" yaml:"attribute"`
	Values    []string `json:"values" yaml:"values"`
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

// ReadQuotas reads a file of quotas (YAML or JSON) strictly. Whether they fit
// the applicants is seen when a choice is made.
func ReadQuotas(r io.Reader) (*Quotas, error) {
	b, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return nil, err
	}
	var q Quotas
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	err = d.Decode(&q)
	if err == nil || errors.Is(err, io.EOF) {
		return &q, nil
	}
	var errs []error
	for _, line := range strings.Split(err.Error(), "\n") {
		if m := yamlLine.FindStringSubmatch(line); m != nil {
			errs = append(errs, fault(t("割り当てのファイルの {line} 行目が読めません（{detail}）。", "line", m[1], "detail", m[2])))
		}
	}
	if len(errs) == 0 {
		errs = append(errs, fault(t("割り当てのファイルが読めません（{detail}）。", "detail", strings.TrimPrefix(err.Error(), "yaml: "))))
	}
	return nil, errors.Join(errs...)
}

// Aim is what is wanted of one value, worked out.
type Aim struct {
	Attribute string `json:"attribute"`
	Value     string `json:"value"`
	Applied   int    `json:"applied"`
	Eligible  int    `json:"eligible"`
	Target    *int   `json:"target,omitempty"` // nil: none
	Tolerance int    `json:"tolerance"`
	Min       *int   `json:"min,omitempty"`
	Max       *int   `json:"max,omitempty"`
	Weight    int    `json:"weight"`
	Chosen    int    `json:"chosen"`
	Deviation int    `json:"deviation"` // of this value, weighted
}

// aims works the quotas out for so many places. eligible and applied count
// applicants by attribute and value.
func (q *Quotas) aims(attributes []Attribute, places int, applied, eligible [][]int) ([]Aim, error) {
	var out []Aim
	var errs []error
	bad := func(w Words) { errs = append(errs, fault(w)) }
	byID := map[string]*Quota{}
	for i := range q.Attributes {
		x := &q.Attributes[i]
		switch at := slices.IndexFunc(attributes, func(a Attribute) bool { return a.ID == x.Attribute }); {
		case at < 0:
			bad(t("割り当てに、知らない属性「{attribute}」があります。使えるのは {names} です。", "attribute", x.Attribute, "names", idsOf(attributes)))
			continue
		case byID[x.Attribute] != nil:
			bad(t("割り当てに、属性「{attribute}」が2回あります。1つにまとめてください。", "attribute", x.Attribute))
		}
		byID[x.Attribute] = x
	}
	for i, a := range attributes {
		x := byID[a.ID]
		if x == nil {
			x = &Quota{Attribute: a.ID}
		}
		list, faults := x.aims(&a, places, applied[i], eligible[i])
		out = append(out, list...)
		for _, w := range faults {
			bad(w)
		}
	}
	for i := range q.Rules {
		for _, w := range q.Rules[i].faults(attributes, places) {
			bad(w)
		}
	}
	if q.Reserves != nil && *q.Reserves < 0 {
		bad(t("補欠の数（reserves）は 0 以上にしてください。"))
	}
	return out, errors.Join(errs...)
}

func idsOf(attributes []Attribute) string {
	var ids []string
	for _, a := range attributes {
		ids = append(ids, a.ID)
	}
	return strings.Join(ids, ", ")
}

// aims works out one attribute.
func (q *Quota) aims(a *Attribute, places int, applied, eligible []int) (out []Aim, faults []Words) {
	bad := func(w Words) { faults = append(faults, w) }
	if !slices.Contains([]string{"", Even, Proportional, Free}, q.Rule) {
		bad(t("属性「{attribute}」の rule「{rule}」は使えません。even、proportional、free から選んでください。", "attribute", a.ID, "rule", q.Rule))
	}
	if q.Weight < 0 || q.Weight > 20 {
		bad(t("属性「{attribute}」の重み（weight）は 1〜20 にしてください。", "attribute", a.ID))
		return nil, faults
	}
	tolerance := 1
	if q.Tolerance != nil {
		tolerance = *q.Tolerance
	}
	for i, v := range a.Values {
		out = append(out, Aim{Attribute: a.ID, Value: v.ID, Applied: applied[i], Eligible: eligible[i], Tolerance: tolerance, Weight: max(q.Weight, 1)})
	}
	var shares []share
	written := map[string]bool{}
	for _, v := range q.Values {
		i := a.index(v.Value)
		if i < 0 || written[v.Value] {
			bad(t("割り当ての属性「{attribute}」に、知らない値か2回書いた値「{value}」があります。", "attribute", a.ID, "value", v.Value))
			continue
		}
		written[v.Value] = true
		x := &out[i]
		x.Min, x.Max = v.Min, v.Max
		if v.Tolerance != nil {
			x.Tolerance = *v.Tolerance
		}
		if w, ok := limits(v.Min, v.Max, eligible[i], a.ID+" / "+v.Value); !ok {
			bad(w)
		}
		if v.Target == "" {
			continue
		}
		s, ok := parseTarget(v.Target)
		if !ok || !s.percent && s.n > 1000*places || s.percent && s.n > 100_000 {
			bad(t("割り当ての「{place}」の目標「{target}」は使えません。「12」か「24%」の形で、選ぶ数までにしてください。", "place", a.ID+" / "+v.Value, "target", v.Target))
			continue
		}
		s.at = i
		shares = append(shares, s)
	}
	for _, x := range out {
		if x.Tolerance < 0 {
			bad(t("割り当ての「{place}」の許容幅（tolerance）は 0 以上にしてください。", "place", a.ID+" / "+x.Value))
		}
	}
	if len(faults) > 0 {
		return out, faults
	}
	left := places - setShares(out, shares, places)
	minimum, maximum := 0, 0
	for i := range out {
		if out[i].Min != nil {
			minimum += *out[i].Min
		}
		most := eligible[i]
		if out[i].Max != nil {
			most = min(most, *out[i].Max)
		}
		maximum += most
	}
	switch {
	case left < 0, left > 0 && len(shares) == len(out):
		bad(t("属性「{attribute}」の目標の合計 {sum} が、選ぶ数 {places} と合いません。目標を直すか、一部の値の目標を書かずに残りを任せてください。", "attribute", a.ID, "sum", num(places-left), "places", num(places)))
	case minimum > places:
		bad(t("属性「{attribute}」の下限（min）の合計 {sum} が、選ぶ数 {places} を超えています。", "attribute", a.ID, "sum", num(minimum), "places", num(places)))
	case maximum < places:
		bad(t("属性「{attribute}」では、上限（max）と資格のある応募の数から {sum} 件までしか選べず、選ぶ数 {places} に足りません。", "attribute", a.ID, "sum", num(maximum), "places", num(places)))
	}
	if q.Rule != Free && len(faults) == 0 {
		fill(out, eligible, left, q.Rule == Proportional)
	}
	return out, faults
}

// limits says what is wrong with a lower and an upper limit.
func limits(low, high *int, there int, place string) (Words, bool) {
	switch {
	case low != nil && *low < 0 || high != nil && *high < 0:
		return t("割り当ての「{place}」の下限と上限は 0 以上にしてください。", "place", place), false
	case low != nil && high != nil && *low > *high:
		return t("割り当ての「{place}」は、下限 {min} が上限 {max} より大きくなっています。", "place", place, "min", num(*low), "max", num(*high)), false
	case low != nil && *low > there:
		return t("割り当ての「{place}」の下限は {min} ですが、資格のある応募は {n} 件しかありません。下限を下げてください。", "place", place, "min", num(*low), "n", num(there)), false
	}
	return Words{}, true
}

// share is a written target: a number of places or thousandths of a percent.
type share struct {
	at      int
	n       int
	percent bool
}

var targetForm = regexp.MustCompile(`^(\d{1,6})(?:\.(\d{1,3}))?(%?)$`)

func parseTarget(s string) (share, bool) {
	m := targetForm.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil || m[2] != "" && m[3] == "" {
		return share{}, false
	}
	whole, err := strconv.Atoi(m[1])
	part, err2 := strconv.Atoi((m[2] + "000")[:3])
	if err != nil || err2 != nil {
		return share{}, false
	}
	if m[3] == "" {
		return share{n: whole}, true
	}
	return share{n: 1000*whole + part, percent: true}, true
}

// setShares writes targets that were named and returns their sum. Percentages
// are rounded so that their sum is right, the largest remainder first.
func setShares(out []Aim, shares []share, places int) int {
	sum, percents, given := 0, 0, 0
	var rest []share
	for _, s := range shares {
		n := s.n
		if s.percent {
			n = s.n * places / 100_000
			percents += s.n
			given += n
			rest = append(rest, share{at: s.at, n: s.n * places % 100_000})
		}
		sum += n
		out[s.at].Target = &n
	}
	slices.SortStableFunc(rest, func(a, b share) int { return b.n - a.n })
	for _, s := range rest {
		if given >= (percents*places+50_000)/100_000 {
			break
		}
		*out[s.at].Target++
		given++
		sum++
	}
	return sum
}

// fill gives left places as targets to the values without one: evenly, or as
// the eligible are spread; never more than there are or the limits allow.
func fill(out []Aim, eligible []int, left int, proportional bool) {
	type bin struct{ at, n, most, size int }
	var bins []bin
	all := 0
	for i := range out {
		if out[i].Target != nil {
			continue
		}
		b := bin{at: i, most: eligible[i], size: eligible[i]}
		if out[i].Max != nil {
			b.most = min(b.most, *out[i].Max)
		}
		if out[i].Min != nil {
			b.n = min(*out[i].Min, left)
			left -= b.n
		}
		all += b.size
		bins = append(bins, b)
	}
	for ; left > 0; left-- {
		best := -1
		for i, b := range bins {
			if b.n >= b.most {
				continue
			}
			switch {
			case best < 0:
				best = i
			case proportional && b.size*(2*bins[best].n+1) > bins[best].size*(2*b.n+1): // Sainte-Laguë
				best = i
			case !proportional && b.n < bins[best].n:
				best = i
			}
		}
		if best < 0 {
			break // fewer applicants than places: said elsewhere
		}
		bins[best].n++
	}
	for _, b := range bins {
		n := b.n
		out[b.at].Target = &n
	}
}

func (r *Rule) faults(attributes []Attribute, places int) (out []Words) {
	if r.Name == "" || len(r.Where) == 0 || r.Min == nil && r.Max == nil {
		return []Words{t("規則「{name}」には、name と where と、min か max を書いてください。", "name", r.Name)}
	}
	if w, ok := limits(r.Min, r.Max, unlimited, r.Name); !ok {
		out = append(out, w)
	} else if r.Min != nil && *r.Min > places {
		out = append(out, t("規則「{name}」の下限 {min} が、選ぶ数 {places} を超えています。", "name", r.Name, "min", num(*r.Min), "places", num(places)))
	}
	for _, c := range r.Where {
		at := slices.IndexFunc(attributes, func(a Attribute) bool { return a.ID == c.Attribute })
		if at < 0 {
			out = append(out, t("規則「{name}」に、知らない属性「{attribute}」があります。使えるのは {names} です。", "name", r.Name, "attribute", c.Attribute, "names", idsOf(attributes)))
			continue
		}
		for _, v := range c.Values {
			if attributes[at].index(v) < 0 {
				out = append(out, t("規則「{name}」に、属性「{attribute}」にない値「{value}」があります。", "name", r.Name, "attribute", c.Attribute, "value", v))
			}
		}
	}
	return out
}

// names says whether the rule counts those with these values.
func (r *Rule) names(attributes []Attribute, values []int) bool {
	for _, c := range r.Where {
		at := slices.IndexFunc(attributes, func(a Attribute) bool { return a.ID == c.Attribute })
		if !slices.Contains(c.Values, attributes[at].Values[values[at]].ID) {
			return false
		}
	}
	return true
}
