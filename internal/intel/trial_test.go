package intel

import (
	"testing"

	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// TestTrials: what the embedded trials send is harmless, and each tells an open
// answer from a closed and from a meaningless one.
func TestTrials(t *testing.T) {
	t.Parallel()
	b, n := Default(), 0
	for product := range b.advisories {
		for _, a := range b.Advisories(product) {
			if a.Trial == nil {
				continue
			}
			n++
			for _, path := range []string{a.Trial.Path, a.Trial.Other, a.Trial.Beside} {
				if err := wire.Harmless(a.Trial.Fill(path, "abcdefghij", "abcdefghij.invalid")); err != nil {
					t.Errorf("%s: %s: %v", a.ID, path, err)
				}
			}
			for _, status := range []int{200, 403, 404, 500} {
				if a.Trial.Sees(&a.Trial.Open, status, "<html>お茶の店</html>", "abcdefghij", "abcdefghij.invalid") {
					t.Errorf("%s: any page is taken for an open shop", a.ID)
				}
			}
			if a.Trial.Sees(&a.Trial.Closed, 200, "", "abcdefghij", "abcdefghij.invalid") || a.Trial.Sees(&a.Trial.Closed, 403, "", "abcdefghij", "abcdefghij.invalid") {
				t.Errorf("%s: an answer that a firewall may give is taken for a closed shop", a.ID)
			}
		}
	}
	if n < 3 {
		t.Errorf("%d trials", n)
	}
}

// TestTrialData: what proves nothing is refused when the data are read.
func TestTrialData(t *testing.T) {
	t.Parallel()
	said := i18n.Text{JA: "見えました", EN: "it was seen"}
	good := func() *Trial {
		return &Trial{Path: "/a.php?f=x", Other: "/a.php?f=y", Beside: "/readme.txt", Open: Sighting{Status: []int{200}, Body: "x", Said: said}, Closed: Sighting{Status: []int{404}, Said: said}}
	}
	if err := good().valid(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Trial){
		"path":                func(t *Trial) { t.Path = "a" },
		"no file beside":      func(t *Trial) { t.Beside = "" },
		"nothing to compare":  func(t *Trial) { t.Other = "" },
		"no sign":             func(t *Trial) { t.Open.Body = "" },
		"any status":          func(t *Trial) { t.Open.Status = []int{200, 500} },
		"never closed":        func(t *Trial) { t.Closed.Status = nil },
		"broken pattern":      func(t *Trial) { t.Open.Body = "(" },
		"said in one tongue":  func(t *Trial) { t.Closed.Said.EN = "" },
		"host not looked for": func(t *Trial) { t.Host = true },
		"host without a Host": func(t *Trial) { t.Open.Body = "{host}" },
	} {
		x := good()
		spoil(x)
		if x.valid() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
