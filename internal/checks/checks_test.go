package checks_test

import (
	"slices"
	"testing"

	"miseban/internal/checks"
	"miseban/internal/guideline"
)

// TestNames: each check has a name of its own, and its texts.
func TestNames(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, s := range checks.All {
		for _, c := range s.Checks {
			if other, ok := seen[c.Name]; ok {
				t.Errorf("%s stands in %s and %s", c.Name, other, s.Name)
			}
			seen[c.Name] = s.Name
			if _, err := s.LoadText(c); err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
		}
	}
}

// TestEditions: a guideline names checks that exist, or says that they are planned.
func TestEditions(t *testing.T) {
	t.Parallel()
	all, err := guideline.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		for _, name := range guideline.CheckNames(e) {
			found, planned := checks.Catalogue(name) != nil, slices.Contains(e.Planned, name)
			switch {
			case !found && !planned:
				t.Errorf("%s names the check %q, which does not exist", e.ID, name)
			case found && planned:
				t.Errorf("%s plans the check %q, which exists", e.ID, name)
			}
		}
	}
}
