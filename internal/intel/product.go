package intel

import (
	"strconv"
	"strings"

	"miseban/internal/i18n"
)

// Kind says what sort of thing a product is.
type Kind string

// The kinds of products.
const (
	KindPackage  Kind = "package"  // shop software that the shop runs itself
	KindPlugin   Kind = "plugin"   // an extension of a package or a CMS
	KindCMS      Kind = "cms"      // a content system without a cart of its own
	KindASP      Kind = "asp"      // a cart service run by its provider
	KindServer   Kind = "server"   // web, mail, FTP or SSH server
	KindLanguage Kind = "language" // PHP and the like
	KindLibrary  Kind = "library"  // JavaScript or C library
	KindDatabase Kind = "database"
)

// Product is one piece of software or one service.
type Product struct {
	ID     string    `yaml:"id"`
	Family string    `yaml:"family,omitempty"` // advisories and dates of end of life are kept per family; empty means ID
	Name   i18n.Text `yaml:"name"`
	Kind   Kind      `yaml:"kind"`
	Vendor string    `yaml:"vendor,omitempty"`
	// ASP says that the provider, not the shop, keeps the software up to date.
	ASP bool `yaml:"asp,omitempty"`
	// Admin lists the paths under which the administration is found by default.
	Admin []string `yaml:"admin,omitempty"`
	// Slug is the folder under wp-content/plugins of a WordPress plug-in.
	Slug string `yaml:"slug,omitempty"`
	// Parts is how many numbers name a branch (2: "4.2"); 0 means 2.
	Parts int `yaml:"parts,omitempty"`
	// Branched says that advisories name branches, so that a branch they do not
	// name is unknown instead of safe.
	Branched bool `yaml:"branched,omitempty"`
	// Distributed says that it usually comes from a distribution, which mends it
	// for longer than its maker and without a new upstream number.
	Distributed bool `yaml:"distributed,omitempty"`
	// First and Below bound the releases that belong to this product of its family.
	First Version `yaml:"first,omitempty"`
	Below Version `yaml:"below,omitempty"`
}

// Product returns what is known of the product id. Families have an entry too.
func (b *Bundle) Product(id string) (*Product, bool) {
	p, ok := b.products[id]
	return p, ok
}

// Products lists all products in the order of the data.
func (b *Bundle) Products() []*Product { return b.productList }

// PluginBySlug finds the WordPress plug-in that lives in wp-content/plugins/slug.
func (b *Bundle) PluginBySlug(slug string) (*Product, bool) {
	p, ok := b.slugs[slug]
	return p, ok
}

// family is the id under which advisories and dates of product are kept.
func (b *Bundle) family(product string) string {
	if p, ok := b.products[product]; ok && p.Family != "" {
		return p.Family
	}
	return product
}

// Branch names the line of releases that v belongs to, as the product's maker
// speaks of it: EC-CUBE 4.2, PHP 7.4, OpenSSL 1.1.1, PostgreSQL 15.
func (b *Bundle) Branch(product string, v Version) string {
	parts := 2
	if p, ok := b.products[b.family(product)]; ok && p.Parts > 0 {
		parts = p.Parts
	}
	switch b.family(product) {
	case "openssl": // until 1.1.1 three numbers name a branch, from 3.0 on two
		if v.at(0) < 3 {
			parts = 3
		}
	case "postgresql": // until 9.6 two, from 10 on one
		if v.at(0) < 10 {
			parts = 2
		}
	case "prestashop": // 1.7, but 8
		if v.at(0) == 1 {
			parts = 2
		}
	}
	return v.prefix(parts)
}

// at is the i-th number of the release; missing numbers are zero.
func (v Version) at(i int) uint64 {
	if i < len(v.release) {
		return v.release[i]
	}
	return 0
}

func (v Version) prefix(parts int) string {
	s := make([]string, parts)
	for i := range s {
		s[i] = strconv.FormatUint(v.at(i), 10)
	}
	return strings.Join(s, ".")
}
