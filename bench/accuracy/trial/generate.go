package trial

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"miseban/bench/accuracy/backend"
)

// Options say which cases are wanted.
type Options struct {
	Seed    uint64
	Pairs   int      // a class
	Classes []string // empty: all that the families know
	// Has says whether what a family needs is there; nil: nothing is.
	Has func(need string) bool
}

// Generate lists the members of the pairs, shuffled. The families of a class
// take turns, and each goes through its places and grades in an order of its
// own, so that a small number of pairs is still a cross-section. left names the
// families that had to be left out.
func Generate(families []*Family, o Options) (specs []*Spec, left []string) {
	byClass := map[string][]*Family{}
	for _, f := range families {
		if len(o.Classes) > 0 && !slices.Contains(o.Classes, f.Class) {
			continue
		}
		if slices.ContainsFunc(f.Needs, func(n string) bool { return o.Has == nil || !o.Has(n) }) {
			left = append(left, f.Name)
			continue
		}
		byClass[f.Class] = append(byClass[f.Class], f)
	}
	for class, fs := range byClass {
		r := rand.New(rand.NewPCG(o.Seed, hash(class)))
		slices.SortFunc(fs, func(a, b *Family) int { return compareNames(a.Name, b.Name) })
		r.Shuffle(len(fs), func(i, j int) { fs[i], fs[j] = fs[j], fs[i] })
		var pairs, traps []*Family
		for _, f := range fs {
			if f.SafeOnly {
				traps = append(traps, f)
			} else {
				pairs = append(pairs, f)
			}
		}
		turns := map[*Family]*turn{}
		emit := func(f *Family, n int, members ...bool) {
			if turns[f] == nil {
				turns[f] = newTurn(f, r)
			}
			place, grade := turns[f].next()
			seed := r.Uint64()
			for _, vulnerable := range members {
				id := fmt.Sprintf("%s-%03d-s", class, n)
				if vulnerable {
					id = fmt.Sprintf("%s-%03d-v", class, n)
				}
				specs = append(specs, &Spec{ID: id, Family: f, Place: place, Grade: grade, Seed: seed, Vulnerable: vulnerable})
			}
		}
		for i := 0; i < o.Pairs && len(pairs) > 0; i++ {
			emit(pairs[i%len(pairs)], i, true, false)
		}
		// A trap for every tenth pair, and at least each once.
		for i := 0; i < max(len(traps), (o.Pairs+9)/10) && len(traps) > 0; i++ {
			emit(traps[i%len(traps)], o.Pairs+i, false)
		}
	}
	slices.SortFunc(specs, func(a, b *Spec) int { return compareNames(a.ID, b.ID) })
	r := rand.New(rand.NewPCG(o.Seed, 1))
	r.Shuffle(len(specs), func(i, j int) { specs[i], specs[j] = specs[j], specs[i] })
	return specs, left
}

func compareNames(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}

// turn goes through a family's places, each time with another grade.
type turn struct {
	places []Place
	grades []Grade
	n      int
}

func newTurn(f *Family, r *rand.Rand) *turn {
	t := &turn{places: slices.Clone(f.Places), grades: slices.Clone(f.Grades)}
	if len(t.grades) == 0 {
		t.grades = slices.Clone(AnyGrade)
	}
	r.Shuffle(len(t.places), func(i, j int) { t.places[i], t.places[j] = t.places[j], t.places[i] })
	r.Shuffle(len(t.grades), func(i, j int) { t.grades[i], t.grades[j] = t.grades[j], t.grades[i] })
	return t
}

// next is another combination; equal lengths of the lists do not make it repeat early.
func (t *turn) next() (Place, Grade) {
	i := t.n
	t.n++
	p := t.places[i%len(t.places)]
	g := t.grades[(i+i/len(t.places))%len(t.grades)]
	if g == Step && (p == Path || p == Header || p == Host || p == Cookie || p == CookieObj || p == JSON || p == XML || p == Fragment) || g == Token && p != Query && p != Form && p != Multipart && p != List {
		g = Plain // there is no form whose next step or token could be asked for
	}
	return p, g
}

// Open builds and serves the member on the n-th address of loopback.
func (s *Spec) Open(set *backend.Set, n int) (*Site, error) {
	b := &Build{Vulnerable: s.Vulnerable, Place: s.Place, Grade: s.Grade, Rand: rand.New(rand.NewPCG(s.Seed, 7)), Set: set, name: fmt.Sprintf("m%d_%d", set.Next(), n)}
	site := &Site{Spec: *s, build: b}
	b.site = site
	addr := fmt.Sprintf("127.%d.%d.%d:0", 20+n/62500, n/250%250, 1+n%250)
	site.handler = &Handler{}
	if err := site.listen(addr); err != nil {
		return nil, err
	}
	b.Origin = site.Origin
	h, err := s.Family.Make(b)
	if err != nil {
		site.Close()
		return nil, fmt.Errorf("%s: %w", s, err)
	}
	site.handler = h
	site.lay(rand.New(rand.NewPCG(s.Seed, 11)))
	return site, nil
}
