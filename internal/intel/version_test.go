package intel

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// ordered lists releases from old to new; each line is a chain of its own.
var ordered = [][]string{
	{"4.0.0-alpha1", "4.0.0-beta", "4.0.0-beta2", "4.0.0-beta2-20220824", "4.0.0-beta3", "4.0.0-rc", "4.0.0-rc1", "4.0.0", "4.0.1"},
	{"4.0.5", "4.0.5-p1", "4.0.6", "4.0.6-p1", "4.0.6-p2", "4.0.6-p10", "4.1.0"},
	{"3.0.12", "3.0.12-p1", "3.0.13", "3.0.18", "3.0.18-p7"},
	{"2.4.4", "2.11.0", "2.12.3", "2.12.3en", "2.12.3en-p1", "2.12.3enP2", "2.12.4", "2.12.4en", "2.13.5", "2.13.5-p2", "2.17.0", "2.25.0"},
	{"2.3.7-p2", "2.4.3", "2.4.3-p1", "2.4.4", "2.4.6-p5", "2.4.6-p12", "2.4.9-alpha2", "2.4.9-beta1", "2.4.9"},
	{"3.9.40", "6.4-RC1", "6.4", "6.4.1", "6.4.10", "7.1.0"},
	{"1.0.1", "1.0.1f", "1.0.1g", "1.0.2k", "1.0.2z", "1.0.2za", "1.0.2zh", "1.1.1-pre9", "1.1.1", "1.1.1k", "1.1.1p", "1.1.1w", "3.0.0-alpha1", "3.0.0", "3.0.7"},
	{"7.4p1", "8.5p1", "9.2p1", "9.2p2", "9.8p1", "10.0p1"},
	{"1.5.5", "1.5.5a", "1.5.5f", "1.5.6", "1.5.7", "1.5.7d", "1.5.8a-dev", "1.5.8a", "2.0.0", "2.2.1"},
	{"5.6.40-0+deb8u1", "7.4.33", "7.4.33-1+deb11u4", "7.4.33-1+deb11u5", "8.0.0-dev", "8.0.0RC1", "8.0.0"},
	{"2.4.57", "2.4.57-2", "2.4.57-2+deb12u1", "1:2.4.56"},
	{"1.18.0-6ubuntu14.3", "1.18.0-6ubuntu14.4", "1.18.0-10ubuntu1"},
	{"5.6.40-1~dotdeb+7.1", "5.6.40-1"},
	{"3.0.3.8", "3.0.3.9", "3.0.5.0", "4.0.0.0", "4.1.0.4"},
	{"4.0.16", "4.7.1.1", "4.8.2"},
}

func TestOrder(t *testing.T) {
	t.Parallel()
	for _, chain := range ordered {
		for i, a := range chain {
			for j, b := range chain {
				x, y := MustParse(a), MustParse(b)
				if got, want := sign(Compare(x, y)), sign(i-j); got != want {
					t.Errorf("Compare(%s, %s) = %d, want %d", a, b, got, want)
				}
				if (x.Key() == y.Key()) != (i == j) {
					t.Errorf("Key(%s) and Key(%s): equal is %v", a, b, x.Key() == y.Key())
				}
			}
		}
	}
}

func TestSameRelease(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"6.4", "6.4.0", "v6.4.0.0", " 6.4 "},
		{"2.12.3enP2", "2.12.3en-p2", "2.12.3EN-P2", "2.12.3en-pl2"},
		{"1.0.2k", "1.0.2k-fips", "1.0.2K"},
		{"10.11.6", "10.11.6-MariaDB", "10.11.6-MariaDB-log"},
		{"4.0.0-beta2", "4.0.0beta2", "4.0.0-beta.2", "4.0.0.beta2"},
		{"8.0.0RC1", "8.0.0-rc1", "8.0.0-rc-1"},
		{"1:2.4.57-2", "1:2.4.57.0-2"},
	} {
		for _, s := range same[1:] {
			a, b := MustParse(same[0]), MustParse(s)
			if Compare(a, b) != 0 || a.Key() != b.Key() {
				t.Errorf("%s and %s: Compare %d, keys %q %q, want the same release", same[0], s, Compare(a, b), a.Key(), b.Key())
			}
		}
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", " ", "trunk", "latest", "v", "-1", ".1", "4.", "4.0.", "4..0", "4.0.x", "10.x-dev", "1.2.3-", "4.0.5-p1-",
		"4.0.5-pineapple", "4.0.5 beta", "8.9p1 Ubuntu", "1.2.3/4", "99999999999999999999999.1", "x:1.2", ":1.2", "1.2.3+", "４.０",
		"2.12-weekly-20200101", "<script>",
	} {
		if v, err := Parse(s); !errors.Is(err, ErrVersion) {
			t.Errorf("Parse(%q) = %v, %v; want ErrVersion", s, v.Key(), err)
		} else if !v.IsZero() {
			t.Errorf("Parse(%q) gave %q beside its error", s, v.Key())
		}
	}
}

func TestUpstream(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"1:2.4.57-2+deb12u1": "2.4.57", "1.18.0-6ubuntu14.4": "1.18.0", "7.4.33": "7.4.33", "9.2p1": "9.2p1", "4.0.5-p1": "4.0.5-p1"} {
		v := MustParse(in)
		if got := v.Upstream(); Compare(got, MustParse(want)) != 0 {
			t.Errorf("Upstream(%s) = %s, want %s", in, got.Key(), want)
		}
		if got := v.Packaged(); got != (in[0] == '1') {
			t.Errorf("Packaged(%s) = %v", in, got)
		}
	}
}

// versionText draws texts shaped like the versions that products print.
var versionText = rapid.Custom(func(t *rapid.T) string {
	s := rapid.SampledFrom([]string{"", "", "", "1:"}).Draw(t, "epoch")
	s += rapid.StringMatching(`[0-3]?[0-9](\.[0-3]){0,3}`).Draw(t, "release")
	s += rapid.SampledFrom([]string{"", "", "a", "k", "zh", "en", "p1", "enP2"}).Draw(t, "letter")
	s += rapid.SampledFrom([]string{"", "", "-p1", "-p10", "-rc", "-rc1", "-beta2", "-beta2-20220824", "-alpha2", "-dev", "-fips"}).Draw(t, "stage")
	return s + rapid.SampledFrom([]string{"", "", "", "+deb12u1", "~bpo1", "+b1"}).Draw(t, "revision")
})

func TestTotalOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := MustParse(versionText.Draw(t, "a"))
		b := MustParse(versionText.Draw(t, "b"))
		c := MustParse(versionText.Draw(t, "c"))
		if Compare(a, a) != 0 {
			t.Fatalf("%s differs from itself", a)
		}
		if sign(Compare(a, b)) != -sign(Compare(b, a)) {
			t.Fatalf("%s and %s: %d one way, %d the other", a, b, Compare(a, b), Compare(b, a))
		}
		if (Compare(a, b) == 0) != (a.Key() == b.Key()) {
			t.Fatalf("%s and %s: Compare %d, keys %q and %q", a, b, Compare(a, b), a.Key(), b.Key())
		}
		if Compare(a, b) <= 0 && Compare(b, c) <= 0 && Compare(a, c) > 0 {
			t.Fatalf("%s ≤ %s ≤ %s, but the first is after the last", a, b, c)
		}
	})
}

func TestMarshalVersion(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := MustParse(versionText.Draw(t, "a"))
		text, err := a.MarshalText()
		var b Version
		if err != nil || b.UnmarshalText(text) != nil || Compare(a, b) != 0 {
			t.Fatalf("%s came back as %s (%v)", a, b, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, chain := range ordered {
		for _, s := range chain {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Parse(s)
		if err != nil {
			if !v.IsZero() || !errors.Is(err, ErrVersion) {
				t.Fatalf("Parse(%q): %v with version %q", s, err, v.Key())
			}
			return
		}
		again, err := Parse(v.String())
		if err != nil || Compare(v, again) != 0 || v.IsZero() {
			t.Fatalf("Parse(%q) = %q, read again %q (%v)", s, v.Key(), again.Key(), err)
		}
	})
}

func sign(n int) int { return max(-1, min(1, n)) }
