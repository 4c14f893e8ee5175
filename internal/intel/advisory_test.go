package intel

import (
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func versions(t testing.TB, list string) (vs []Version) {
	t.Helper()
	for s := range strings.SplitSeq(list, ",") {
		v, err := Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		vs = append(vs, v)
	}
	return vs
}

func advisory(t testing.TB, b *Bundle, product, component, id string) *Advisory {
	t.Helper()
	for _, a := range b.Advisories(product) {
		if a.ID == id && a.Component == component {
			return a
		}
	}
	t.Fatalf("no %s for %s %s", id, product, component)
	return nil
}

func TestAffected(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/affected.tsv")
	if err != nil {
		t.Fatal(err)
	}
	b, n := Default(), 0
	for line := range strings.Lines(string(raw)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		n++
		m := b.Affected(versions(t, f[2]), advisory(t, b, f[0], f[1], f[3]))
		if string(m.Outcome) != f[4] {
			t.Errorf("%s %s against %s: %s, want %s (%s)", f[0], f[2], f[3], m.Outcome, f[4], f[5])
		}
	}
	if n < 60 {
		t.Errorf("only %d cases were read", n)
	}
}

// The share of affected candidates decides between yes, possible and no,
// whatever the order of the candidates.
func TestAffectedIsMonotone(t *testing.T) {
	t.Parallel()
	b := Default()
	table := b.table("eccube4")
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SampledFrom(b.Advisories("eccube")).Draw(t, "advisory")
		if a.Component != "core" {
			return
		}
		some := rapid.SliceOfN(rapid.SampledFrom(table.releases), 1, 6).Draw(t, "candidates")
		one := map[Outcome]int{}
		for _, v := range some {
			one[b.Affected([]Version{v}, a).Outcome]++
		}
		got := b.Affected(some, a).Outcome
		switch {
		case one[Yes] == len(some) && got != Yes,
			one[Yes] > 0 && one[Yes] < len(some) && got != Possible,
			one[Yes] == 0 && one[Unknown] > 0 && got != Unknown && got != Possible,
			one[No] == len(some) && got != No:
			t.Fatalf("%s with %v: %s, one by one %v", a.ID, some, got, one)
		}
		slices.Reverse(some)
		if again := b.Affected(some, a).Outcome; again != got {
			t.Fatalf("%s with %v: %s, in the other order %s", a.ID, some, again, got)
		}
	})
}

func TestNoCandidatesAreUnknown(t *testing.T) {
	t.Parallel()
	for _, m := range Default().Vulnerabilities("jquery", "core", nil) {
		if m.Outcome != Unknown {
			t.Errorf("%s without candidates: %s", m.Advisory.ID, m.Outcome)
		}
	}
}

func TestGaps(t *testing.T) {
	t.Parallel()
	b := Default()
	for _, c := range []struct {
		id      string
		vs      string
		gap     Gap
		outcome Outcome
	}{
		{"CVE-2024-41924", "4.2.3", Gap{After: MustParse("4.2.3-p2"), Before: MustParse("4.3.0")}, Possible},
		{"CVE-2024-41924", "4.2.3", Gap{After: MustParse("4.1.0"), Before: MustParse("4.1.2"), Branch: "4.1"}, Yes},
		{"CVE-2021-20717", "4.0.6", Gap{After: MustParse("4.0.6"), Before: MustParse("4.1-dev"), Branch: "4.0"}, No},
		{"CVE-2021-20717", "4.0.6", Gap{After: MustParse("4.3.1")}, Unknown},
		{"CVE-2021-20717", "4.0.6", Gap{After: MustParse("4.0.1"), Before: MustParse("4.0.6"), Branch: "4.0"}, Possible},
	} {
		a := advisory(t, b, "eccube", "core", c.id)
		if m := b.affected(versions(t, c.vs), []Gap{c.gap}, a); m.Outcome != c.outcome {
			t.Errorf("%s, %s or %v: %s, want %s", c.id, c.vs, c.gap, m.Outcome, c.outcome)
		}
	}
}

func TestVulnerabilitiesInOrder(t *testing.T) {
	t.Parallel()
	got := Default().Vulnerabilities("eccube4", "core", versions(t, "4.0.5"))
	if len(got) < 20 || got[0].Outcome != Yes || !got[0].Advisory.Exploited || got[0].Advisory.Name() != "JVN#97554111" {
		t.Fatalf("first of %d: %+v", len(got), got[0].Advisory)
	}
	if fixed := got[0].Fixed(); len(fixed) != 1 || fixed[0].String() != "4.0.5-p1" {
		t.Errorf("fixed in %v, want 4.0.5-p1", fixed)
	}
	if !slices.IsSortedFunc(got, func(a, b Match) int {
		return slices.Index(outcomes, a.Outcome) - slices.Index(outcomes, b.Outcome)
	}) {
		t.Error("outcomes are not in order")
	}
	for _, m := range Default().Vulnerabilities("apache", "core", versions(t, "2.4.49-1+deb12u1")) {
		if !m.Packaged || !m.Advisory.Backported {
			t.Errorf("%s: packaged %v, backported %v", m.Advisory.ID, m.Packaged, m.Advisory.Backported)
		}
	}
}

func TestAdvisoriesAreWhole(t *testing.T) {
	t.Parallel()
	b := Default()
	ids, ranges := map[string]bool{}, 0
	for _, a := range b.Advisories("eccube") {
		ids[a.ID] = true
		ranges += len(a.Affected)
	}
	for _, a := range b.Advisories("welcart") {
		ids[a.ID] = true
		ranges += len(a.Affected)
	}
	// 85 published ranges, one of them split over three branches, CVE-2013-3651,
	// one plug-in under two codes, and what EC-CUBE 2 mended without a number.
	if len(ids) != 60 || ranges != 90 {
		t.Errorf("%d advisories with %d ranges of Japanese shop software, want 60 with 90", len(ids), ranges)
	}
	for _, p := range b.Products() {
		for _, a := range b.Advisories(p.ID) {
			for _, text := range []string{a.Summary.JA, a.Confirm.JA} {
				if !strings.HasSuffix(text, "。") || !strings.ContainsFunc(text, func(r rune) bool { return r >= 'ぁ' && r <= 'ん' }) {
					t.Errorf("%s: Japanese text %q", a.ID, text)
				}
			}
			for _, text := range []string{a.Summary.EN, a.Confirm.EN} {
				if !strings.HasSuffix(text, ".") || strings.ContainsFunc(text, func(r rune) bool { return r > 0x2fff }) {
					t.Errorf("%s: English text %q", a.ID, text)
				}
			}
			if a.CVSS4 != "" && !strings.HasPrefix(a.CVSS4, "CVSS:4.0/AV:") {
				t.Errorf("%s: vector %q", a.ID, a.CVSS4)
			}
			if a.JVN != "" && !strings.HasPrefix(a.JVN, "JVN#") {
				t.Errorf("%s: JVN number %q", a.ID, a.JVN)
			}
		}
	}
}

func TestBaseScore(t *testing.T) {
	t.Parallel()
	// Scores that CVE records print beside their vectors.
	for vector, want := range map[string]float64{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H": 9.8,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N": 9.1,
		"CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:H/A:N": 8.0,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:N/A:N": 7.4,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L": 5.3,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N": 6.1,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:L/A:N": 4.3,
		"CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:N/I:H/A:N": 4.9,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N": 0,
	} {
		if got, err := baseScore3(vector); err != nil || got != want {
			t.Errorf("%s: %v %v, want %v", vector, got, err, want)
		}
	}
	for _, bad := range []string{"", "CVSS:3.0/AV:N", "CVSS:3.1/AV:N", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H"} {
		if _, err := baseScore3(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// Scores that the sources print, where they print no vector.
func TestPublishedScores(t *testing.T) {
	t.Parallel()
	b := Default()
	for id, want := range map[string]float64{
		"CVE-2021-20842": 6.5, "CVE-2022-25355": 5.3, "CVE-2024-41141": 6.1,
		"CVE-2022-4140": 7.5, "CVE-2023-22705": 7.1, "CVE-2026-49775": 6.5, "CVE-2026-87091": 7.2,
		"CVE-2022-24086": 9.8, "CVE-2024-34102": 9.8, "CVE-2025-54236": 9.1, "CVE-2023-28121": 9.8, "CVE-2026-1305": 5.3,
	} {
		found := false
		for _, p := range b.Products() {
			for _, a := range b.advisories[p.ID] {
				if a.ID == id {
					found = true
					if a.Score() != want {
						t.Errorf("%s: score %v, want %v", id, a.Score(), want)
					}
				}
			}
		}
		if !found {
			t.Errorf("no %s", id)
		}
	}
	if a := advisory(t, b, "eccube", "core", "CVE-2021-20717"); !a.CVSS3Derived || a.Severity != High {
		t.Errorf("%s: derived %v, %s", a.ID, a.CVSS3Derived, a.Severity)
	}
	if a := advisory(t, b, "eccube", "core", "CVE-2026-30777"); a.CVSS3Derived || a.CVSS4Derived {
		t.Errorf("%s: its vectors are published", a.ID)
	}
}

func TestComponents(t *testing.T) {
	t.Parallel()
	got := Default().Components("eccube4")
	if got[0] != "core" || !slices.Contains(got, "Api42") || !slices.Contains(got, "MailMagazine") {
		t.Errorf("components %v", got)
	}
	for asset, want := range map[string]string{
		"https://s.example/html/plugin/Api42/assets/js/api.js": "Api42",
		"https://s.example/plugin/MailMagazine/a.css":          "MailMagazine",
		"https://s.example/wp-content/plugins/x/a.css":         "",
		"https://s.example/plugin/a.css":                       "",
		"https://s.example/js/plugin/lib/a.js":                 "",
	} {
		if code, ok := EccubePlugin(asset); code != want || ok != (want != "") {
			t.Errorf("%s: %q %v, want %q", asset, code, ok, want)
		}
	}
}
