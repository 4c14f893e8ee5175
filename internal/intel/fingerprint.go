package intel

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// maxFingerprintTable bounds one unpacked table.
const maxFingerprintTable = 32 << 20

// FingerprintFile is a static file whose contents tell releases apart.
type FingerprintFile struct {
	Path string // from the shop's root, as released
	// Core says that the file is in the smallest set worth asking for; the
	// others are spares for when a core file was edited or deleted.
	Core bool
	// Contents is how many different contents are known.
	Contents int
}

// Hit is one answer for a fingerprint file.
type Hit struct {
	Path string
	// Known says that the body is one of the known contents.
	Known bool
	// Normalised says that it matched only after its line ends were made LF.
	Normalised bool
	// spans are the releases that have this content.
	spans []span
}

// A span covers releases first..last and says whether content may go on
// beyond what the tables know.
type span struct {
	first, last          int
	openBelow, openAbove bool
}

type knownFile struct {
	FingerprintFile
	contents map[[sha256.Size]byte]*content
}

type content struct {
	spans []span
}

// table is the fingerprint table of one product.
type table struct {
	releases []Version
	untabled []bool // known releases whose files are not in the table
	gap      []bool // gap[i]: unknown releases may lie just before releases[i]; the last one is after all
	files    []*knownFile
	byPath   map[string]*knownFile
}

// lazyTable unpacks a product's table when it is first asked for.
type lazyTable func() (*table, error)

func newLazyTable(name string, packed []byte) lazyTable {
	return sync.OnceValues(func() (*table, error) {
		t, err := readTable(packed)
		if err != nil {
			return nil, fmt.Errorf("fingerprints of %s: %w", name, err)
		}
		return t, nil
	})
}

// readTable reads a packed table. Its lines are:
//
//	releases <tab> version version ~version …    (~: known, but not tabled)
//	file <tab> core|extra <tab> path
//	<hash in base64> <tab> first <tab> last [<tab> < > or <>]    (indexes into releases)
func readTable(packed []byte) (*table, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	t := &table{byPath: map[string]*knownFile{}}
	scan := bufio.NewScanner(io.LimitReader(z, maxFingerprintTable))
	scan.Buffer(nil, 1<<20)
	var current *knownFile
	for n := 1; scan.Scan(); n++ {
		f := strings.Split(scan.Text(), "\t")
		switch {
		case f[0] == "releases" && len(f) == 2 && t.releases == nil:
			err = t.setReleases(strings.Fields(f[1]))
		case f[0] == "file" && len(f) == 3 && t.byPath[f[2]] == nil:
			current = &knownFile{FingerprintFile: FingerprintFile{Path: f[2], Core: f[1] == "core"}, contents: map[[sha256.Size]byte]*content{}}
			t.files = append(t.files, current)
			t.byPath[f[2]] = current
		case current != nil && (len(f) == 3 || len(f) == 4):
			err = t.addContent(current, f)
		default:
			err = errors.New("unknown line")
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return t, scan.Err()
}

func (t *table) setReleases(names []string) error {
	for _, name := range names {
		name, untabled := strings.CutPrefix(name, "~")
		v, err := Parse(name)
		if err != nil {
			return err
		}
		t.releases = append(t.releases, v)
		t.untabled = append(t.untabled, untabled)
	}
	t.gap = make([]bool, len(t.releases)+1)
	return nil
}

func (t *table) addContent(file *knownFile, f []string) error {
	var sum [sha256.Size]byte
	raw, err := base64.RawStdEncoding.DecodeString(f[0])
	if err != nil || copy(sum[:], raw) != sha256.Size {
		return errors.New("bad hash")
	}
	first, err1 := strconv.Atoi(f[1])
	last, err2 := strconv.Atoi(f[2])
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if first < 0 || first > last || last >= len(t.releases) {
		return fmt.Errorf("releases %d to %d of %d", first, last, len(t.releases))
	}
	s := span{first: first, last: last}
	if len(f) == 4 {
		s.openBelow, s.openAbove = strings.Contains(f[3], "<"), strings.Contains(f[3], ">")
	}
	// Releases that follow without being tabled may have the same content.
	for s.last+1 < len(t.releases) && t.untabled[s.last+1] {
		s.last++
	}
	t.gap[s.first] = t.gap[s.first] || s.openBelow
	t.gap[s.last+1] = t.gap[s.last+1] || s.openAbove
	c := file.contents[sum]
	if c == nil {
		c = &content{}
		file.contents[sum] = c
		file.Contents++
	}
	c.spans = append(c.spans, s)
	return nil
}

// table returns the table of product, or nil if there is none.
func (b *Bundle) table(product string) *table {
	lazy, ok := b.tables[product]
	if !ok {
		return nil
	}
	t, err := lazy()
	if err != nil {
		return nil // a test reads the embedded tables, LoadBundle those of a bundle
	}
	return t
}

// Files lists the static files whose contents are known for product, in the
// order in which to ask for them. It is empty for products without a table.
func (b *Bundle) Files(product string) []FingerprintFile {
	t := b.table(product)
	if t == nil {
		return nil
	}
	files := make([]FingerprintFile, len(t.files))
	for i, f := range t.files {
		files[i] = f.FingerprintFile
	}
	return files
}

// Lookup compares a body received for a fingerprint file of product with the
// known contents, as it is and with its line ends made LF. The path is the one
// from Files, whatever prefix the shop has. It is false for an unknown path.
func (b *Bundle) Lookup(product, path string, body []byte) (Hit, bool) {
	t := b.table(product)
	if t == nil || t.byPath[path] == nil {
		return Hit{}, false
	}
	f := t.byPath[path]
	if c := f.contents[sha256.Sum256(body)]; c != nil {
		return Hit{Path: path, Known: true, spans: c.spans}, true
	}
	if c := f.contents[sha256.Sum256(lineFeeds(body))]; c != nil {
		return Hit{Path: path, Known: true, Normalised: true, spans: c.spans}, true
	}
	return Hit{Path: path}, true
}

// lineFeeds turns CR LF and CR into LF.
func lineFeeds(body []byte) []byte {
	if bytes.IndexByte(body, '\r') < 0 {
		return body
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
}

// Releases lists the releases that have the content of a hit, old to new.
func (b *Bundle) Releases(product string, h Hit) []Version {
	t := b.table(product)
	if t == nil {
		return nil
	}
	versions, _ := b.releases(t, product, t.line(h.spans))
	return versions
}

// PathVariants lists where a fingerprint file may be found below the shop's
// root: EC-CUBE's document root is its package folder or html/ in it.
func PathVariants(product, path string) []string {
	switch product {
	case "eccube3", "eccube4":
		if bare, ok := strings.CutPrefix(path, "/html/"); ok {
			return []string{path, "/" + bare}
		}
	case "eccube2":
		return []string{path, "/html" + path}
	}
	return []string{path}
}
