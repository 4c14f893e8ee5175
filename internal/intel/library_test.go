package intel

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// testdata/libraries.tsv: address, beginning of the script, what must be found.
func TestLibraryIn(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/libraries.tsv")
	if err != nil {
		t.Fatal(err)
	}
	b, seen := Default(), map[string]bool{}
	for line := range strings.Lines(string(raw)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		var got []string
		for _, h := range b.LibraryIn(f[0], strings.ReplaceAll(f[1], `\n`, "\n")) {
			got = append(got, strings.TrimSpace(h.Library+" "+h.Version.String()))
			seen[h.Library] = true
		}
		if s := strings.Join(got, ", "); s != f[2] {
			t.Errorf("%s %q: %q, want %q", f[0], f[1], s, f[2])
		}
	}
	for _, l := range b.Libraries() {
		if !seen[l.ID] {
			t.Errorf("no sample finds %s", l.ID)
		}
	}
}

func TestEveryAdvisoryHasItsLibrary(t *testing.T) {
	t.Parallel()
	b := Default()
	for _, p := range b.Products() {
		known := p.ID == "openssl" || slices.ContainsFunc(b.Libraries(), func(l *Library) bool { return l.ID == p.ID })
		if p.Kind == KindLibrary && !known {
			t.Errorf("library %s cannot be recognised", p.ID)
		}
	}
	for _, id := range strings.Fields(`jquery jquery-ui jquery-migrate jquery-validation bootstrap lodash underscore vue angularjs react react-dom moment handlebars
		mustache dompurify axios knockout ember backbone dojo yui prototypejs ckeditor tinymce swiper select2 chartjs highlightjs marked serialize-javascript nextjs nuxt`) {
		if p, ok := b.Product(id); !ok || p.Kind != KindLibrary {
			t.Errorf("library %s is missing", id)
		}
	}
}

func FuzzLibraryIn(f *testing.F) {
	f.Add("https://code.jquery.com/jquery-3.6.0.min.js?x#y", "/*! jQuery v3.6.0 | (c) */")
	f.Add("//cdn.jsdelivr.net/npm/vue@2.6.14/dist/vue.js", "")
	f.Fuzz(func(t *testing.T, url, body string) {
		for _, h := range Default().LibraryIn(url, body) {
			if h.Library == "" || h.By != "url" && h.By != "content" {
				t.Fatalf("hit %+v", h)
			}
		}
	})
}
