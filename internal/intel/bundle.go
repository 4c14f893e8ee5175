package intel

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

// Schema is the layout of the data that this program reads.
const Schema = 1

// StaleAfter is how long a bundle may be trusted to know of every vulnerability.
const StaleAfter = 30 * 24 * time.Hour

// ErrSchema says that a bundle is laid out in a way this program does not read.
var ErrSchema = errors.New("unknown layout of intelligence data")

// Bundle is one dated state of knowledge. It does not change once made and may
// be used from many goroutines.
type Bundle struct {
	Version string    // for people: "2026.11.21"
	Issued  time.Time // when its data was gathered

	productList []*Product
	products    map[string]*Product
	slugs       map[string]*Product
	signs       []*Sign
	signsByKind map[SignKind][]*Sign
	classes     map[string]class
	advisories  map[string][]*Advisory // by family
	libraries   []*Library
	libraryFile map[string]*Library // by the name in a file name
	libraryCDN  map[string]*Library // by the name at a content network
	ends        map[string][]End    // by family
	tables      map[string]lazyTable
	partyList   []*Party
	parties     map[string][]partyHost // by host
}

//go:embed data
var embedded embed.FS

// Default is the bundle that is part of the binary.
var Default = sync.OnceValue(func() *Bundle {
	data, err := fs.Sub(embedded, "data")
	if err != nil {
		panic(err)
	}
	b, err := readBundle(data)
	if err != nil {
		panic(fmt.Sprintf("embedded intelligence: %v", err))
	}
	return b
})

// Stale says that the bundle is too old at the given time to conclude from "no
// known vulnerability" that there is none.
func (b *Bundle) Stale(at time.Time) bool { return at.Sub(b.Issued) > StaleAfter }

// manifest is data/bundle.yaml.
type manifest struct {
	Schema  int       `yaml:"schema"`
	Version string    `yaml:"version"`
	Issued  time.Time `yaml:"issued"`
}

// readBundle reads the data files. Each folder holds lists of one kind; how
// they are spread over files does not matter.
func readBundle(data fs.FS) (*Bundle, error) {
	var m manifest
	if err := readYAML(data, "bundle.yaml", &m); err != nil {
		return nil, err
	}
	if m.Schema != Schema {
		return nil, fmt.Errorf("%w: layout %d, this program reads %d", ErrSchema, m.Schema, Schema)
	}
	if m.Version == "" || m.Issued.IsZero() {
		return nil, errors.New("bundle.yaml: version or date missing")
	}
	b := &Bundle{
		Version: m.Version, Issued: m.Issued.UTC(),
		products: map[string]*Product{}, slugs: map[string]*Product{}, signsByKind: map[SignKind][]*Sign{},
		classes: map[string]class{}, advisories: map[string][]*Advisory{}, libraryFile: map[string]*Library{}, libraryCDN: map[string]*Library{},
		ends: map[string][]End{}, tables: map[string]lazyTable{}, parties: map[string][]partyHost{},
	}
	for _, folder := range []struct {
		glob string
		read func(data fs.FS, name string) error
	}{
		{"products/*.yaml", b.readProducts},
		{"signs/*.yaml", b.readSigns},
		{"advisories/*.yaml", b.readAdvisories},
		{"libraries/*.yaml", b.readLibraries},
		{"ends/*.yaml", b.readEnds},
		{"fingerprints/*.tsv.gz", b.readFingerprints},
		{"parties/*.yaml", b.readParties},
	} {
		names, err := fs.Glob(data, folder.glob)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("%s: no data", folder.glob)
		}
		for _, name := range names {
			if err := folder.read(data, name); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return b, nil
}

// readYAML reads one file strictly: a misspelt field is an error.
func readYAML(data fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(data, name)
	if err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (b *Bundle) readProducts(data fs.FS, name string) error {
	var list []*Product
	if err := readYAML(data, name, &list); err != nil {
		return err
	}
	for _, p := range list {
		if p.ID == "" || p.Name.JA == "" || p.Name.EN == "" || b.products[p.ID] != nil {
			return fmt.Errorf("product %q: twice, or without a name", p.ID)
		}
		b.products[p.ID] = p
		if p.Slug != "" {
			b.slugs[p.Slug] = p
		}
	}
	b.productList = append(b.productList, list...)
	return nil
}

func (b *Bundle) readSigns(data fs.FS, name string) error {
	var list []*Sign
	if err := readYAML(data, name, &list); err != nil {
		return err
	}
	for _, s := range list {
		if b.products[s.Product] == nil {
			return fmt.Errorf("sign of unknown product %q", s.Product)
		}
		if err := s.compile(); err != nil {
			return fmt.Errorf("sign of %s: %w", s.Product, err)
		}
		b.signsByKind[s.Kind] = append(b.signsByKind[s.Kind], s)
	}
	b.signs = append(b.signs, list...)
	return nil
}

func (b *Bundle) readEnds(data fs.FS, name string) error {
	var list []End
	if err := readYAML(data, name, &list); err != nil {
		return err
	}
	for _, e := range list {
		if b.products[e.Product] == nil {
			return fmt.Errorf("end of life of unknown product %q", e.Product)
		}
		b.ends[e.Product] = append(b.ends[e.Product], e)
	}
	return nil
}

func (b *Bundle) readFingerprints(data fs.FS, name string) error {
	packed, err := fs.ReadFile(data, name)
	if err != nil {
		return err
	}
	product := strings.TrimSuffix(path.Base(name), ".tsv.gz")
	if b.products[product] == nil {
		return fmt.Errorf("fingerprints of unknown product %q", product)
	}
	b.tables[product] = newLazyTable(product, packed)
	return nil
}

// unpackAll reads every fingerprint table, so that a bundle that is accepted is whole.
func (b *Bundle) unpackAll() error {
	for _, lazy := range b.tables {
		if _, err := lazy(); err != nil {
			return err
		}
	}
	return nil
}

// Fingerprinted lists the products that have a table of static files.
func (b *Bundle) Fingerprinted() []string {
	var ids []string
	for id := range b.tables {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
