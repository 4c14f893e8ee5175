package intel

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"strings"

	"miseban/internal/i18n"
)

// class holds what advisories of one kind of fault have in common. An advisory
// says only where it differs.
type class struct {
	CWE      int       `yaml:"cwe"`
	CVSS3    string    `yaml:"cvss3"`
	CVSS4    string    `yaml:"cvss4"`
	Attacker Attacker  `yaml:"attacker"`
	Summary  i18n.Text `yaml:"summary"`
	Confirm  i18n.Text `yaml:"confirm"`
}

// advisoryFile is one file under data/advisories. Classes hold for all files
// that come later in the order of names.
type advisoryFile struct {
	Classes    map[string]class `yaml:"classes"`
	Advisories []*Advisory      `yaml:"advisories"`
}

func (b *Bundle) readAdvisories(data fs.FS, name string) error {
	var f advisoryFile
	if err := readYAML(data, name, &f); err != nil {
		return err
	}
	maps.Copy(b.classes, f.Classes)
	for _, a := range f.Advisories {
		c, ok := b.classes[a.Class]
		if !ok {
			return fmt.Errorf("%s: unknown class %q", a.ID, a.Class)
		}
		if err := a.complete(c); err != nil {
			return fmt.Errorf("%s: %w", a.ID, err)
		}
		if b.products[a.Product] == nil {
			return fmt.Errorf("%s: unknown product %q", a.ID, a.Product)
		}
		b.advisories[a.Product] = append(b.advisories[a.Product], a)
	}
	return nil
}

// complete fills in what the advisory leaves to its class and checks the whole.
func (a *Advisory) complete(c class) error {
	a.Component = cmp.Or(a.Component, "core")
	a.Attacker = cmp.Or(a.Attacker, c.Attacker)
	a.CWE = cmp.Or(a.CWE, c.CWE)
	a.CVSS3Derived, a.CVSS4Derived = a.CVSS3 == "" || a.CVSSFrom == "", a.CVSS4 == "" || a.CVSSFrom == ""
	a.CVSS3, a.CVSS4 = cmp.Or(a.CVSS3, c.CVSS3), cmp.Or(a.CVSS4, c.CVSS4)
	if a.Summary.IsZero() {
		a.Summary = c.Summary
	}
	if a.Confirm.IsZero() {
		a.Confirm = c.Confirm
	}
	a.Summary.JA = i18n.Format(a.Summary.JA, i18n.Args{"via": a.Via.JA})
	a.Summary.EN = i18n.Format(a.Summary.EN, i18n.Args{"via": a.Via.EN})
	if a.CVSS3 != "" {
		score, err := baseScore3(a.CVSS3)
		if err != nil {
			return err
		}
		a.Severity = cmp.Or(a.Severity, rating(score))
	}
	switch {
	case a.ID == "" || a.Source == "" || len(a.Affected) == 0:
		return errors.New("number, source or range missing")
	case severityRank[a.Severity] == 0:
		return fmt.Errorf("severity %q", a.Severity)
	case a.Summary.JA == "" || a.Summary.EN == "" || a.Confirm.JA == "" || a.Confirm.EN == "":
		return errors.New("summary or way to confirm missing")
	case a.Trial != nil && a.Trial.valid() != nil:
		return a.Trial.valid()
	case strings.Contains(a.Summary.JA+a.Summary.EN, "{"):
		return errors.New("summary has an unfilled place")
	}
	for _, r := range a.Affected {
		end := cmpOr(r.To, r.Below)
		if !r.To.IsZero() && !r.Below.IsZero() || !r.From.IsZero() && !end.IsZero() && Compare(r.From, end) > 0 {
			return fmt.Errorf("range from %s to %s below %s", r.From, r.To, r.Below)
		}
		if !r.Fixed.IsZero() && r.Contains(r.Fixed) {
			return fmt.Errorf("fix %s lies in its own range", r.Fixed)
		}
	}
	return nil
}

// weights are the numbers of the CVSS v3.1 specification, section 7.4.
var weights = map[string]float64{
	"AV:N": 0.85, "AV:A": 0.62, "AV:L": 0.55, "AV:P": 0.2, "AC:L": 0.77, "AC:H": 0.44,
	"PR:N": 0.85, "PR:L": 0.62, "PR:H": 0.27, "UI:N": 0.85, "UI:R": 0.62,
	"C:H": 0.56, "C:L": 0.22, "C:N": 0, "I:H": 0.56, "I:L": 0.22, "I:N": 0, "A:H": 0.56, "A:L": 0.22, "A:N": 0,
}

// baseScore3 is the CVSS v3.1 base score of a vector, so that a severity cannot
// disagree with the vector beside it.
func baseScore3(vector string) (float64, error) {
	rest, ok := strings.CutPrefix(vector, "CVSS:3.1/")
	if !ok {
		return 0, fmt.Errorf("vector %q is not of CVSS v3.1", vector)
	}
	w := map[string]float64{}
	changed := false
	for _, metric := range strings.Split(rest, "/") {
		name, value, _ := strings.Cut(metric, ":")
		if name == "S" && (value == "C" || value == "U") {
			changed = value == "C"
			w[name] = 0
			continue
		}
		n, ok := weights[metric]
		if _, twice := w[name]; !ok || twice {
			return 0, fmt.Errorf("vector %q: %q", vector, metric)
		}
		w[name] = n
	}
	if len(w) != 8 {
		return 0, fmt.Errorf("vector %q has %d metrics", vector, len(w))
	}
	if changed { // privileges weigh less when the fault reaches beyond its component
		switch w["PR"] {
		case 0.62:
			w["PR"] = 0.68
		case 0.27:
			w["PR"] = 0.5
		}
	}
	base := 1 - (1-w["C"])*(1-w["I"])*(1-w["A"])
	impact := 6.42 * base
	if changed {
		impact = 7.52*(base-0.029) - 3.25*math.Pow(base-0.02, 15)
	}
	if impact <= 0 {
		return 0, nil
	}
	total := impact + 8.22*w["AV"]*w["AC"]*w["PR"]*w["UI"]
	if changed {
		total *= 1.08
	}
	return roundUp(min(total, 10)), nil
}

// roundUp is the specification's Roundup, free of floating point surprises.
func roundUp(x float64) float64 {
	n := int(math.Round(x * 100000))
	if n%10000 == 0 {
		return float64(n) / 100000
	}
	return float64(n/10000+1) / 10
}

func rating(score float64) Severity {
	switch {
	case score >= 9:
		return Critical
	case score >= 7:
		return High
	case score >= 4:
		return Medium
	}
	return Low
}

// Score is the CVSS v3.1 base score.
func (a *Advisory) Score() float64 {
	s, _ := baseScore3(a.CVSS3) // complete has read it before
	return s
}
