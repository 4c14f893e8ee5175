package intel

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Library says how one JavaScript library is recognised.
type Library struct {
	ID string `yaml:"id"`
	// Files are the names it has in file names: jquery in jquery-3.7.1.min.js.
	Files []string `yaml:"files"`
	// CDN are the names it has at content networks: /npm/NAME@3.7.1/, /ajax/libs/NAME/3.7.1/.
	CDN []string `yaml:"cdn"`
	// URLs are further expressions for addresses, Contents for what the script
	// itself says; the first submatch is the version, {v} stands for it.
	URLs     []string `yaml:"urls"`
	Contents []string `yaml:"contents"`
	// Global is an expression that yields the version in the browser, or "".
	Global string `yaml:"global"`

	urls, contents []signature
}

type signature struct {
	re      *regexp.Regexp
	needles []string // every match contains them all
}

// Libraries lists the libraries in the order of the data.
func (b *Bundle) Libraries() []*Library { return b.libraries }

// LibraryHit is one library found in a script.
type LibraryHit struct {
	Library string
	Version Version // zero if only the library was recognised
	// By is "url" or "content".
	By string
}

// version as libraries write it: two or three numbers, then perhaps a stage.
const libraryVersion = `(\d+\.\d+(?:\.\d+)?(?:[-.]?(?:alpha|beta|rc|pre)[-.]?\d*)?)`

var (
	libraryFileName = regexp.MustCompile(`^([a-z][a-z0-9_.@-]*?)[._-]v?` + libraryVersion +
		`(?:[.-](?:min|slim|prod|production|development|global|umd|bundle|pack|packed|compat|core|full|custom|dev|esm|module|runtime|legacy|all|common|standalone|browser|pkgd))*\.m?js$`)
	libraryAjax = regexp.MustCompile(`/ajax/libs/([^/@]+)/v?` + libraryVersion + `/`)
	libraryNPM  = regexp.MustCompile(`(?:/npm/|/gh/|unpkg\.com/|esm\.sh/|skypack\.dev/|esm\.run/)((?:@[^/@]+/)?[^/@]+(?:/[^/@]+)?)@v?(\d+\.\d+\.\d+(?:-[a-z]+\.?\d*)?)(?:/|$)`)
	moduleFile  = regexp.MustCompile(`/(?:node_modules|bower_components|libs?|vendor|plugins)/([a-z0-9_.-]+)[/@]v?(\d+\.\d+\.\d+)/`)
)

// LibraryIn finds the libraries that a script's address and body give away.
// Either may be empty. A library whose version is known is listed once per version.
func (b *Bundle) LibraryIn(url string, body string) []LibraryHit {
	var hits []LibraryHit
	add := func(l *Library, version, by string) {
		v, _ := Parse(version)
		for i, h := range hits {
			if h.Library != l.ID {
				continue
			}
			switch {
			case v.IsZero() || Compare(h.Version, v) == 0:
				return
			case h.Version.IsZero():
				hits[i].Version, hits[i].By = v, by
				return
			}
		}
		hits = append(hits, LibraryHit{Library: l.ID, Version: v, By: by})
	}
	address, _, _ := strings.Cut(strings.ToLower(url), "#")
	bare, _, _ := strings.Cut(address, "?")
	if m := libraryFileName.FindStringSubmatch(path.Base(bare)); m != nil {
		if l := b.libraryFile[m[1]]; l != nil {
			add(l, m[2], "url")
		}
	}
	for _, re := range []*regexp.Regexp{libraryAjax, libraryNPM, moduleFile} {
		for _, m := range re.FindAllStringSubmatch(bare, -1) {
			if l := b.libraryCDN[m[1]]; l != nil {
				add(l, m[2], "url")
			}
		}
	}
	for _, l := range b.libraries {
		for _, s := range l.urls {
			if containsAll(address, s.needles) {
				if m := s.re.FindStringSubmatch(address); m != nil {
					add(l, m[1], "url")
				}
			}
		}
		for _, s := range l.contents {
			if containsAll(body, s.needles) {
				if m := s.re.FindStringSubmatch(body); m != nil {
					add(l, m[1], "content")
				}
			}
		}
	}
	// A file of a known library without a readable version is still that library.
	name := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(path.Base(bare), ".js"), ".slim.min"), ".min")
	if l := b.libraryFile[name]; l != nil && strings.HasSuffix(bare, ".js") {
		add(l, "", "url")
	}
	return hits
}

func (b *Bundle) readLibraries(data fs.FS, name string) error {
	var list []*Library
	if err := readYAML(data, name, &list); err != nil {
		return err
	}
	for _, l := range list {
		if p := b.products[l.ID]; p == nil || p.Kind != KindLibrary {
			return fmt.Errorf("library %q is not among the products", l.ID)
		}
		err := errors.Join(l.compile(l.URLs, &l.urls), l.compile(l.Contents, &l.contents),
			claim(b.libraryFile, l, l.Files), claim(b.libraryCDN, l, l.CDN))
		if err != nil {
			return fmt.Errorf("library %s: %w", l.ID, err)
		}
	}
	b.libraries = append(b.libraries, list...)
	return nil
}

func (l *Library) compile(texts []string, into *[]signature) error {
	for _, text := range texts {
		re, err := regexp.Compile(strings.ReplaceAll(text, "{v}", libraryVersion))
		if err != nil {
			return err
		}
		if re.NumSubexp() < 1 {
			return fmt.Errorf("%s: no submatch for the version", text)
		}
		*into = append(*into, signature{re, literals(re.String())})
	}
	return nil
}

// claim gives names to l, unless another library has them.
func claim(names map[string]*Library, l *Library, mine []string) error {
	for _, n := range mine {
		if other := names[n]; other != nil && other != l {
			return fmt.Errorf("name %q belongs to %s", n, other.ID)
		}
		if n != strings.ToLower(n) || slices.Contains([]string{"", "index", "main", "app"}, n) {
			return fmt.Errorf("name %q tells nothing", n)
		}
		names[n] = l
	}
	return nil
}
