package script

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"miseban/internal/check"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// TestSuspect weighs the scripts of testdata/scripts.txtar. The name of each is
// what must come out, then where it was loaded from, then what it is.
func TestSuspect(t *testing.T) {
	t.Parallel()
	ar, err := txtar.ParseFile("testdata/scripts.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(ar.Files) < 10 {
		t.Fatalf("%d scripts", len(ar.Files))
	}
	p := &check.Pass{Scope: &wire.Scope{Hosts: []string{"https://www.tea.example"}}, Site: &check.Site{Intel: intel.Default()}}
	for _, f := range ar.Files {
		want, rest, _ := strings.Cut(f.Name, " ")
		from, what, _ := strings.Cut(rest, " ")
		u, err := url.Parse(from)
		if err != nil {
			t.Fatal(err)
		}
		use := &use{url: u, third: !p.Own(u), party: p.Site.Intel.Party(u)}
		got := "nothing"
		tr := look(string(f.Data))
		if s := suspect(p, use, tr); s != nil {
			got = "possible"
			if s.certain {
				got = "certain"
			}
			if len(s.signs) < 2 {
				t.Errorf("%s: one sign alone is no suspicion", what)
			}
		}
		if !tr.parsed {
			t.Errorf("%s does not parse", what)
		}
		if got != want {
			t.Errorf("%s: %s, want %s (%+v)", what, got, want, tr)
		}
	}
}

// TestHidden works out addresses that scripts keep from readers.
func TestHidden(t *testing.T) {
	t.Parallel()
	for source, want := range map[string][]string{
		`fetch(atob("aHR0cHM6Ly9ldmlsLmV4YW1wbGUvYw=="))`:                              {"evil.example"},
		`x=atob("aHR0cHM6Ly9ldmlsLmV4YW1w"+"bGUvYw==")`:                                {"evil.example"},
		`x=String.fromCharCode(47,47,101,118,105,108,46,99,111,109,47)`:                {"evil.com"},
		`x=String.fromCharCode.apply(null,[47,47,101,118,105,108,46,99,111,109,47])`:   {"evil.com"},
		`x="moc.live//:sptth".split("").reverse().join("")`:                            {"evil.com"},
		`x=["h","t","t","p","s",":","/","/","e","v","i","l",".","c","o","m"].join("")`: {"evil.com"},
		`x="\x68\x74\x74\x70\x73\x3a\x2f\x2f\x65\x76\x69\x6c\x2e\x63\x6f\x6d\x2f"`:     {"evil.com"},
		`var a="aHR0cHM6Ly9ldmls",b="LmV4YW1wbGUvYw==";fetch(atob(a+b))`:               {"evil.example"},
		`x=atob("ZXZpbC5jb20=")`:            {"evil.com"},
		`x="https://plain.example/a.js"`:    nil,
		`x=atob("eyJhIjoxfQ==")`:            nil,
		`x=["/order","confirm"].join("/")`:  nil,
		`x=String.fromCharCode(13,10,9,32)`: nil,
	} {
		if got := look(source).hidden; !slices.Equal(got, want) {
			t.Errorf("%s hides %q, want %q", source, got, want)
		}
	}
}

// TestLibraries looks at the scripts that the demo shop and the report carry
// and at any in MISEBAN_SCRIPTS (a folder): no honest library may be suspected.
func TestLibraries(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("MISEBAN_SCRIPTS")
	if dir == "" {
		dir = "../../testshop/assets"
	}
	p := &check.Pass{Scope: &wire.Scope{Hosts: []string{"https://www.tea.example"}}, Site: &check.Site{Intel: intel.Default()}}
	n := 0
	var walk func(string)
	walk = func(dir string) {
		list, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			name := dir + "/" + e.Name()
			switch {
			case e.IsDir():
				walk(name)
			case strings.HasSuffix(name, ".js"):
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				n++
				u := &url.URL{Scheme: "https", Host: "www.tea.example", Path: "/js/" + e.Name()}
				if s := suspect(p, &use{url: u}, look(string(b))); s != nil {
					t.Errorf("%s is suspected: %s", name, listed(s.signs).EN)
				}
			}
		}
	}
	walk(dir)
	if n == 0 {
		t.Error("no script was looked at")
	}
}

func FuzzLook(f *testing.F) {
	ar, err := txtar.ParseFile("testdata/scripts.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, x := range ar.Files {
		f.Add(string(x.Data))
	}
	f.Fuzz(func(t *testing.T, s string) {
		tr := look(s)
		if len(tr.fields) > 8 || len(tr.hidden) > 8 {
			t.Errorf("%d fields, %d addresses", len(tr.fields), len(tr.hidden))
		}
	})
}
