package survey

import (
	"maps"
	"slices"
)

// Code is one meaning that answers in words may have.
type Code struct {
	ID    string // made by us
	Name  string
	Means string // when to give it and when not
}

// Coded is which codes one coder gave to one answer. No codes at all is a
// judgement too: none of them fits.
type Coded struct {
	Unit  string // whose answer
	Coder string
	Codes []string
}

// Agreement is how far coders gave a code alike.
type Agreement struct {
	Code   string
	Units  int // answers that at least two coders judged
	Coders int
	Same   float64 // share of pairs of judgements that are alike
	// Kappa is Cohen's, of two coders. Alpha is Krippendorff's, of any number of
	// coders who need not have judged everything. Neither is defined where chance
	// alone would have all agree.
	Kappa, Alpha           float64
	KappaKnown, AlphaKnown bool
}

// Agree reckons the agreement for each code: does it fit, or not?
func Agree(codes []Code, judged []Coded) []Agreement {
	units := map[string]map[string][]string{}
	coders := map[string]bool{}
	for _, j := range judged {
		if units[j.Unit] == nil {
			units[j.Unit] = map[string][]string{}
		}
		units[j.Unit][j.Coder] = j.Codes
		coders[j.Coder] = true
	}
	two := slices.Sorted(maps.Keys(coders))
	out := make([]Agreement, 0, len(codes))
	for _, c := range codes {
		x := Agreement{Code: c.ID, Coders: len(two)}
		var values [][]string
		var a, b []string
		same, pairs := 0, 0
		for _, u := range slices.Sorted(maps.Keys(units)) {
			var vs []string
			for _, coder := range two {
				codes, ok := units[u][coder]
				if !ok {
					continue
				}
				v := "no"
				if slices.Contains(codes, c.ID) {
					v = "yes"
				}
				for _, other := range vs {
					pairs++
					if v == other {
						same++
					}
				}
				vs = append(vs, v)
			}
			if len(vs) > 1 {
				x.Units++
			}
			if len(two) == 2 && len(vs) == 2 {
				a, b = append(a, vs[0]), append(b, vs[1])
			}
			values = append(values, vs)
		}
		if pairs > 0 {
			x.Same = float64(same) / float64(pairs)
		}
		x.Kappa, x.KappaKnown = Kappa(a, b)
		x.Alpha, x.AlphaKnown = Alpha(values)
		out = append(out, x)
	}
	return out
}

// Kappa is Cohen's kappa of what two coders said of the same units. False where
// it is not defined.
func Kappa(a, b []string) (float64, bool) {
	if len(a) == 0 || len(a) != len(b) {
		return 0, false
	}
	var same int
	ca, cb := map[string]int{}, map[string]int{}
	for i := range a {
		if a[i] == b[i] {
			same++
		}
		ca[a[i]]++
		cb[b[i]]++
	}
	chance := 0 // in n²
	for v, n := range ca {
		chance += n * cb[v]
	}
	n := len(a)
	if chance == n*n {
		return 0, false
	}
	return float64(same*n-chance) / float64(n*n-chance), true
}

// Alpha is Krippendorff's alpha for nominal values: of each unit what its coders
// said. Units with fewer than two values count for nothing. False where it is
// not defined.
func Alpha(units [][]string) (float64, bool) {
	total := map[string]float64{}
	var n, apart float64
	for _, u := range units {
		m := len(u)
		if m < 2 {
			continue
		}
		n += float64(m)
		count := map[string]int{}
		for _, v := range u {
			count[v]++
			total[v]++
		}
		differ := m * m
		for _, c := range count {
			differ -= c * c
		}
		apart += float64(differ) / float64(m-1)
	}
	chance := n * n
	for _, v := range slices.Sorted(maps.Keys(total)) {
		chance -= total[v] * total[v]
	}
	if n == 0 || chance == 0 {
		return 0, false
	}
	return 1 - (n-1)*apart/chance, true
}
