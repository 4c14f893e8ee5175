package intel

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"miseban/internal/i18n"
)

// small is a shop package with five releases: 2.0 is not in the table, and
// something may lie between 1.1 and 3.0.
func small(t testing.TB) *Bundle {
	t.Helper()
	hash := func(body string) string {
		sum := sha256.Sum256([]byte(body))
		return base64.RawStdEncoding.EncodeToString(sum[:])
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	fmt.Fprint(w, "releases\t1.0 1.1 1.1-p1 ~1.1-p2 3.0 3.1\n")
	fmt.Fprint(w, "file\tcore\t/a.css\n")
	fmt.Fprintf(w, "%s\t0\t0\t<\n%s\t1\t2\t>\n%s\t4\t5\t<>\n", hash("a1\n"), hash("a2\n"), hash("a3\n"))
	fmt.Fprint(w, "file\tcore\t/b.js\n")
	fmt.Fprintf(w, "%s\t0\t2\t<>\n%s\t4\t4\t<\n%s\t5\t5\t>\n", hash("b1"), hash("b2"), hash("b3"))
	fmt.Fprint(w, "file\tcore\t/same.js\n")
	fmt.Fprintf(w, "%s\t0\t5\n", hash("same"))
	fmt.Fprint(w, "file\textra\t/c.js\n")
	fmt.Fprintf(w, "%s\t0\t1\t<\n%s\t2\t5\t>\n", hash("c1"), hash("c2"))
	w.Close()
	b := &Bundle{products: map[string]*Product{"small": {ID: "small", First: MustParse("1.0")}}, tables: map[string]lazyTable{"small": newLazyTable("small", z.Bytes())}}
	if err := b.unpackAll(); err != nil {
		t.Fatal(err)
	}
	return b
}

func hits(t testing.TB, b *Bundle, bodies ...string) (hits []Hit) {
	t.Helper()
	for _, s := range bodies {
		path, body, _ := strings.Cut(s, "=")
		h, ok := b.Lookup("small", path, []byte(body))
		if !ok {
			t.Fatalf("%s is not a fingerprint file", path)
		}
		hits = append(hits, h)
	}
	return hits
}

func TestCandidates(t *testing.T) {
	t.Parallel()
	b := small(t)
	version := func(v string) SignHit {
		return SignHit{Sign: &Sign{Product: "small", Proves: ProvesVersion, Weight: 9, Alarm: AlarmLow}, Version: MustParse(v)}
	}
	branch := SignHit{Sign: &Sign{Product: "small", Proves: ProvesBranch, Alarm: AlarmLow}, Branch: "3.1"}
	upTo := SignHit{Sign: &Sign{Product: "small", Proves: ProvesRange, To: MustParse("1.1"), Alarm: AlarmMedium}}
	for _, c := range []struct {
		name, bodies string
		signs        []SignHit
		want, en     string
	}{
		{"nothing", "", nil, "none []", "unknown"},
		{"one file names the branch at most", "/a.css=a1\n", nil, "branch [1.0]", "1.0 branch"},
		{"a file that never changes does not count", "/a.css=a1\n /same.js=same", nil, "branch [1.0]", "1.0 branch"},
		{"two files name the version", "/a.css=a1\n /b.js=b1", nil, "versions [1.0]", "1.0"},
		{"line ends of FTP and Windows", "/a.css=a1\r\n /b.js=b1", nil, "versions [1.0]", "1.0"},
		{"line ends of old Macs", "/a.css=a1\r /b.js=b1", nil, "versions [1.0]", "1.0"},
		{"a set is shown as a set, with the patch nobody tabled", "/a.css=a2\n /b.js=b1", nil, "versions [1.1 1.1-p1 1.1-p2] gap 1.1-p2..3.0", "one of 1.1, 1.1-p1, 1.1-p2"},
		{"a gap between tables is a candidate", "/a.css=a3\n /b.js=b2", nil, "versions [3.0] gap 1.1-p2..3.0", "3.0 or a release next to it"},
		{"newer than the table", "/a.css=a3\n /b.js=b3", nil, "versions [3.1] gap 3.1..", "3.1 or a release next to it"},
		{"an edited core file leaves the branch", "/a.css=edited /b.js=b3 /c.js=c2", nil, "branch [3.1] edited /a.css", "3.1 branch"},
		{"an edited spare does not matter", "/a.css=a1\n /b.js=b1 /c.js=edited", nil, "versions [1.0]", "1.0"},
		{"mixed files", "/a.css=a1\n /b.js=b3", nil, "mixed [1.0 3.1]", "files of several releases mixed"},
		{"a sign prints the version", "", []SignHit{version("3.0")}, "versions [3.0]", "3.0"},
		{"a sign prints a version that no table has", "", []SignHit{version("7.7")}, "versions [7.7]", "7.7"},
		{"the commonest printed version wins", "", []SignHit{version("3.1"), version("3.0"), version("3.0")}, "versions [3.0]", "3.0"},
		{"printed and file agree", "/a.css=a2\n", []SignHit{version("1.1-p1")}, "versions [1.1-p1]", "1.1-p1"},
		{"printed version lies in the gap", "/a.css=a2\n", []SignHit{version("2.5")}, "versions [2.5]", "2.5"},
		{"printed and file contradict", "/a.css=a1\n", []SignHit{version("3.1")}, "mixed [1.0 3.1]", "files of several releases mixed"},
		{"a branch sign alone", "", []SignHit{branch}, "branch [3.1]", "3.1 branch"},
		{"a range sign narrows", "/a.css=a2\n /b.js=b1", []SignHit{upTo}, "versions [1.1]", "1.1"},
		{"a range sign that fits nothing is left aside", "/a.css=a3\n /b.js=b3", []SignHit{upTo}, "versions [3.1] gap 3.1..", "3.1 or a release next to it"},
	} {
		var hs []Hit
		if c.bodies != "" {
			hs = hits(t, b, strings.Split(c.bodies, " ")...)
		}
		e := b.Candidates("small", hs, c.signs...)
		what := fmt.Sprint(e.Certainty, " ", e.Versions)
		if e.Certainty == ToBranch {
			what = fmt.Sprint(e.Certainty, " ", e.Branches)
		} else {
			for _, g := range e.Gaps {
				what += fmt.Sprintf(" gap %s..%s", g.After, g.Before)
			}
		}
		if len(e.Edited) > 0 {
			what += " edited " + strings.Join(e.Edited, ",")
		}
		if what != c.want {
			t.Errorf("%s: %s, want %s", c.name, what, c.want)
		}
		if got := e.Text(i18n.EN); got != c.en {
			t.Errorf("%s: %q, want %q", c.name, got, c.en)
		}
	}
}

func TestReleases(t *testing.T) {
	t.Parallel()
	b := small(t)
	if got := fmt.Sprint(b.Releases("small", hits(t, b, "/a.css=a2\n")[0])); got != "[1.1 1.1-p1 1.1-p2]" {
		t.Errorf("got %s", got)
	}
	if _, ok := b.Lookup("small", "/other", nil); ok {
		t.Error("an unknown path was looked up")
	}
	if got := b.Files("nobody"); got != nil {
		t.Errorf("files of nobody: %v", got)
	}
}

func TestNextFile(t *testing.T) {
	t.Parallel()
	b := small(t)
	for _, c := range []struct {
		asked  string
		bodies string
		want   string
	}{
		{"", "", "/a.css"},
		{"/a.css", "/a.css=a1\n", "/b.js"},           // one file is not enough
		{"/a.css /b.js", "/a.css=a1\n /b.js=b1", ""}, // settled
		{"/a.css", "", "/b.js"},                      // not found: the next one
		{"/a.css /b.js", "/b.js=b1", "/c.js"},        // a spare for the missing one
		{"/a.css /b.js /c.js", "/b.js=b1 /c.js=c1", ""},
	} {
		var hs []Hit
		if c.bodies != "" {
			hs = hits(t, b, strings.Split(c.bodies, " ")...)
		}
		f, ok := b.NextFile("small", strings.Fields(c.asked), hs)
		if f.Path != c.want || ok != (c.want != "") {
			t.Errorf("asked %q: next %q, want %q", c.asked, f.Path, c.want)
		}
	}
}

// For any release of any tabled product and any of its files, the estimate
// must not rule the true release out.
func TestTruthIsNeverRuledOut(t *testing.T) {
	t.Parallel()
	b := Default()
	products := b.Fingerprinted()
	rapid.Check(t, func(t *rapid.T) {
		product := rapid.SampledFrom(products).Draw(t, "product")
		table := b.table(product)
		n := rapid.IntRange(0, len(table.releases)-1).Draw(t, "release")
		var seen []Hit
		for _, f := range table.files {
			if rapid.IntRange(0, 2).Draw(t, "asked") == 0 {
				continue
			}
			for _, c := range f.contents {
				if slices.ContainsFunc(c.spans, func(s span) bool { return s.first <= n && n <= s.last }) {
					seen = append(seen, Hit{Path: f.Path, Known: true, spans: c.spans})
					break
				}
			}
		}
		e := b.Candidates(product, seen)
		truth := table.releases[n]
		if len(seen) > 0 && !slices.ContainsFunc(e.Versions, func(v Version) bool { return Compare(v, truth) == 0 }) {
			t.Fatalf("%s %s came out as %s %v", product, truth, e.Certainty, e.Versions)
		}
		if e.Certainty == Mixed {
			t.Fatalf("%s %s came out as mixed", product, truth)
		}
	})
}

// Asking as NextFile says must end, and separate what the tables can separate.
func TestNextFileSettles(t *testing.T) {
	t.Parallel()
	b := Default()
	for _, product := range b.Fingerprinted() {
		table := b.table(product)
		step := max(1, len(table.releases)/25)
		for n := 0; n < len(table.releases); n += step {
			var asked []string
			var seen []Hit
			for {
				f, ok := b.NextFile(product, asked, seen)
				if !ok {
					break
				}
				asked = append(asked, f.Path)
				for _, c := range table.byPath[f.Path].contents {
					if slices.ContainsFunc(c.spans, func(s span) bool { return s.first <= n && n <= s.last }) {
						seen = append(seen, Hit{Path: f.Path, Known: true, spans: c.spans})
						break
					}
				}
			}
			if e := b.Candidates(product, seen); e.Certainty != ToVersions && len(table.files) > 2 && len(seen) > 1 {
				t.Errorf("%s %s: %s after %d requests", product, table.releases[n], e.Certainty, len(asked))
			}
			if len(asked) > 45 {
				t.Errorf("%s %s: %d requests", product, table.releases[n], len(asked))
			}
		}
	}
}

func TestInseparableReleases(t *testing.T) {
	t.Parallel()
	b := Default()
	for product, set := range map[string]string{
		"eccube4": "4.0.5,4.0.5-p1,4.0.6,4.0.6-p1,4.0.6-p2,4.0.6-p3,4.0.6-p4,4.0.6-p5",
		"eccube3": "3.0.18-p1,3.0.18-p2,3.0.18-p3,3.0.18-p4,3.0.18-p5,3.0.18-p6,3.0.18-p7",
		"eccube2": "2.17.2,2.17.2-p1,2.17.2-p2",
	} {
		want := versions(t, set)
		table := b.table(product)
		n := slices.IndexFunc(table.releases, func(v Version) bool { return Compare(v, want[0]) == 0 })
		var seen []Hit
		for _, f := range table.files {
			for _, c := range f.contents {
				if slices.ContainsFunc(c.spans, func(s span) bool { return s.first <= n && n <= s.last }) {
					seen = append(seen, Hit{Path: f.Path, Known: true, spans: c.spans})
				}
			}
		}
		e := b.Candidates(product, seen)
		if !slices.EqualFunc(e.Versions, want, func(a, b Version) bool { return Compare(a, b) == 0 }) {
			t.Errorf("%s: %v, want %s", product, e.Versions, set)
		}
		if _, exact := e.Exact(); exact {
			t.Errorf("%s: a set came out as one version", product)
		}
	}
}

// Magento 2 has no table: its version page gives a branch, and that must make
// its vulnerabilities possible, never absent and never certain.
func TestBranchWithoutTable(t *testing.T) {
	t.Parallel()
	b := Default()
	signs := b.Identify(Observation{Kind: InFile, Path: "/magento_version", Text: "Magento/2.4 (Community)"})
	e := b.Candidates("magento2", nil, signs...)
	if e.Certainty != ToBranch || !slices.Equal(e.Branches, []string{"2.4"}) {
		t.Fatalf("got %+v", e)
	}
	for _, m := range b.VulnerabilitiesOf(e, "core") {
		if m.Outcome != Possible {
			t.Errorf("%s: %s, want possible", m.Advisory.ID, m.Outcome)
		}
	}
}

func TestBrokenTables(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"releases\t1.0 x\n", "file\tcore\t/a\n!!\t0\t0\n", "releases\t1.0\nfile\tcore\t/a\nAAAA\t0\t0\n",
		"releases\t1.0\nfile\tcore\t/a\n" + strings.Repeat("A", 43) + "\t0\t1\n", "nonsense\n",
		"releases\t1.0\nfile\tcore\t/a\nfile\tcore\t/a\n",
	} {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		fmt.Fprint(w, text)
		w.Close()
		if _, err := readTable(z.Bytes()); err == nil {
			t.Errorf("%q was read", text)
		}
	}
	if _, err := readTable([]byte("no gzip")); err == nil {
		t.Error("text without gzip was read")
	}
}
