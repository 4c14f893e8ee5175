// Package families_test holds the cases of the accuracy bench to their promise:
// the reference exploit succeeds on the vulnerable member and fails on its safe
// look-alike.
package families_test

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/families/heldback"
	"miseban/bench/accuracy/families/second"
	"miseban/bench/accuracy/families/tuning"
	"miseban/bench/accuracy/trial"
)

// TestExploits tries a few pairs of each class; ACCURACY_PAIRS asks for more
// and includes what needs servers or programs besides. ACCURACY_CLASS and
// ACCURACY_FAMILY narrow it to a class and to names that hold a word, and
// ACCURACY_SEED throws other dice.
func TestExploits(t *testing.T) {
	t.Parallel()
	pairs, _ := strconv.Atoi(os.Getenv("ACCURACY_PAIRS"))
	seed, _ := strconv.ParseUint(os.Getenv("ACCURACY_SEED"), 10, 64)
	has := func(string) bool { return false }
	set, err := backend.New()
	if err != nil {
		t.Fatal(err)
	}
	if pairs > 0 {
		has = set.Has
	}
	all := slices.Concat(tuning.Families, second.Families, heldback.Families)
	if only := os.Getenv("ACCURACY_CLASS"); only != "" {
		all = slices.DeleteFunc(all, func(f *trial.Family) bool { return f.Class != only })
	}
	if only := os.Getenv("ACCURACY_FAMILY"); only != "" {
		all = slices.DeleteFunc(all, func(f *trial.Family) bool { return !strings.Contains(f.Name, only) })
	}
	specs, left := trial.Generate(all, trial.Options{Seed: cmp.Or(seed, 3), Pairs: cmp.Or(pairs, 5), Has: has})
	if pairs > 0 && len(left) > 0 {
		t.Logf("left out, because what they need is not installed: %v", left)
	}
	if pairs == 0 {
		// Slow answers are tried by the long run only.
		specs = slices.DeleteFunc(specs, func(s *trial.Spec) bool {
			return s.Grade == trial.Slow || s.Grade == trial.Jitter || s.Grade == trial.Storm
		})
	}
	if len(specs) < 20 {
		t.Fatalf("only %d members", len(specs))
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i, s := range specs {
		wg.Add(1)
		slots <- struct{}{}
		go func() {
			defer func() { <-slots; wg.Done() }()
			exploit(t, set, s, i)
		}()
	}
	wg.Wait()
	set.Close()
}

func exploit(t *testing.T, set *backend.Set, s *trial.Spec, n int) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	site, err := s.Open(set, n)
	if err != nil {
		t.Errorf("%s: %v", s, err)
		return
	}
	defer site.Close()
	before, err := site.Intact(ctx)
	if err != nil {
		t.Errorf("%s: what is at stake cannot be read: %v", s, err)
	}
	// What the site's own pages send is answered without an error.
	if seen, err := site.Send(ctx, site.Sample()); err != nil || seen.Status >= 500 && s.Grade != trial.Flaky {
		t.Errorf("%s: the sample is answered by %+v, %v", s, seen, err)
	}
	if s.Grade == trial.Flaky {
		return // an exploit that meets trouble says nothing
	}
	got, err := site.Exploit(ctx)
	if err != nil {
		t.Errorf("%s: %v", s, err)
	}
	if got != s.Vulnerable {
		log := site.Count.Log()
		seen, err := site.Send(ctx, site.Sample())
		if err != nil {
			seen = &trial.Seen{}
		}
		t.Errorf("%s: exploited %v, want %v\n%q\nthe sample is answered by %.700s", s, got, s.Vulnerable, log, seen.Body)
	}
	if err := site.Count.Err(); err != nil {
		t.Errorf("%s: behind the site: %v", s, err)
	}
	after, err := site.Intact(ctx)
	if err != nil || before != after {
		t.Errorf("%s: the exploit changed what was at stake (%v)", s, err)
	}
}

// TestFamilies holds the values to their form.
func TestFamilies(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range slices.Concat(tuning.Families, second.Families, heldback.Families) {
		switch {
		case f.Name == "" || f.Class == "" || f.About == "" || f.Make == nil || len(f.Places) == 0:
			t.Errorf("family %q lacks name, class, about, places or make", f.Name)
		case seen[f.Name]:
			t.Errorf("family %q is there twice", f.Name)
		}
		seen[f.Name] = true
	}
}

// TestGenerate: the same seed gives the same cases, another gives others.
func TestGenerate(t *testing.T) {
	t.Parallel()
	list := func(seed uint64) (out []string) {
		specs, _ := trial.Generate(tuning.Families, trial.Options{Seed: seed, Pairs: 30})
		for _, s := range specs {
			out = append(out, s.String())
		}
		return out
	}
	if !slices.Equal(list(5), list(5)) {
		t.Error("the same seed gives different cases")
	}
	if slices.Equal(list(5), list(6)) {
		t.Error("another seed gives the same cases")
	}
}
