package intel

import (
	"crypto/md5"
	"encoding/hex"
	"testing"
	"time"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestEOL(t *testing.T) {
	t.Parallel()
	b := Default()
	for _, c := range []struct {
		product, version, at string
		want                 Support
		branch               string
	}{
		{"php", "7.4.33", "2022-11-28", Supported, "7.4"}, // the last day counts
		{"php", "7.4.33", "2022-11-29", Ended, "7.4"},
		{"php", "8.2.20", "2026-11-21", Supported, "8.2"},
		{"php", "9.0.0", "2026-11-21", SupportUnknown, "9.0"},
		{"openssl", "1.0.2k-fips", "2026-11-21", Ended, "1.0.2"},
		{"openssl", "1.1.1w", "2023-09-11", Supported, "1.1.1"},
		{"openssl", "3.5.1", "2026-11-21", Supported, "3.5"},
		{"postgresql", "9.6.24", "2026-11-21", Ended, "9.6"},
		{"postgresql", "15.4", "2026-11-21", Supported, "15"},
		{"mariadb", "10.3.39", "2026-11-21", Ended, "10.3"},
		{"eccube2", "2.12.6", "2026-11-21", Superseded, "2.12"},
		{"eccube4", "4.3.1", "2026-11-21", SupportUnknown, "4.3"},
		{"magento1", "1.9.4.5", "2026-11-21", Ended, "1.9"},
		{"prestashop", "1.7.8.11", "2026-11-21", Superseded, "1.7"},
		{"zencart", "1.5.7d", "2026-11-21", Superseded, "1.5.7"},
		{"drupal", "7.98", "2026-11-21", Ended, "7"},
		{"jquery", "1.12.4", "2026-11-21", Superseded, "1"},
		{"jquery", "3.7.1", "2026-11-21", SupportUnknown, "3"},
		{"iis", "8.5", "2026-11-21", Ended, "8.5"},
		{"apache", "2.4.71", "2026-11-21", Supported, "2.4"}, // current, no end announced
	} {
		got := b.EOL(c.product, MustParse(c.version), day(c.at))
		if got.Support != c.want || got.Branch != c.branch {
			t.Errorf("%s %s at %s: %s of branch %s, want %s of %s", c.product, c.version, c.at, got.Support, got.Branch, c.want, c.branch)
		}
	}
	if !b.EOL("php", MustParse("7.4.33"), day("2026-11-21")).Distributed {
		t.Error("PHP comes from distributions")
	}
}

func TestEndsAreWhole(t *testing.T) {
	t.Parallel()
	b := Default()
	seen := map[string]bool{}
	for _, p := range b.Products() {
		for _, e := range b.ends[p.ID] {
			said := 0 // of a day, "superseded" and "current" exactly one
			for _, x := range []bool{!e.Ends.IsZero(), e.Superseded, e.Current} {
				if x {
					said++
				}
			}
			if e.Source == "" || said != 1 || e.Superseded && e.Verified || seen[e.Product+" "+e.Branch] {
				t.Errorf("%+v", e)
			}
			seen[e.Product+" "+e.Branch] = true
			if v, err := Parse(e.Branch); err != nil || b.Branch(e.Product, v) != e.Branch && !sameMajor(e.Branch, v) {
				t.Errorf("%s %s is no branch as Branch names it (%v)", e.Product, e.Branch, err)
			}
		}
	}
}

func TestBranch(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"eccube2", "2.12.3en-p2", "2.12"}, {"eccube2", "2.4.4", "2.4"}, {"eccube3", "3.0.18-p7", "3.0"}, {"eccube4", "4.0.6-p4", "4.0"},
		{"eccube", "4.3", "4.3"}, {"wordpress", "6.4.3", "6.4"}, {"postgresql", "15", "15"}, {"prestashop", "8.2.1", "8"}, {"prestashop", "1.6.1.24", "1.6"},
	} {
		if got := Default().Branch(c[0], MustParse(c[1])); got != c[2] {
			t.Errorf("%s %s: branch %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestPrestaShopVersion(t *testing.T) {
	t.Parallel()
	name := func(s string) string {
		sum := md5.Sum([]byte(s))
		return "PrestaShop-" + hex.EncodeToString(sum[:])
	}
	for _, c := range []struct{ cookie, host, want string }{
		{name("1.7.8.11ps-s1shop.example"), "shop.example", "1.7.8.11"},
		{name("8.1.0ps-s1shop.example"), "www.shop.example:443", "8.1.0"},
		{name("8.1.0ps-s1.shop.example"), "shop.example", "8.1.0"},
		{name("1.6.1.24ps-s3www.shop.example"), "shop.example", "1.6.1.24"},
		{name("8.2.1ps-sg2shop.example"), "shop.example", "8.2.1"},
		{name("8.0.4ps-s1"), "127.0.0.1", "8.0.4"},
		{name("8.0.4ps-s1"), "localhost:8080", "8.0.4"},
		{name("9.9.9ps-s1shop.example"), "shop.example", ""},
		{name("8.1.0ps-s1other.example"), "shop.example", ""},
		{"PrestaShop-xyz", "shop.example", ""},
		{"PHPSESSID", "shop.example", ""},
	} {
		v, ok := Default().PrestaShopVersion(c.cookie, c.host)
		if v.String() != c.want || ok != (c.want != "") {
			t.Errorf("%s at %s: %q %v, want %q", c.cookie, c.host, v, ok, c.want)
		}
	}
}

func TestWordPressPlugin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ asset, slug, version, product string }{
		{"https://s.example/wp-content/plugins/usc-e-shop/css/a.css?ver=2.1.4.2103022", "usc-e-shop", "2.1.4.2103022", "welcart"},
		{"https://s.example/wp-content/plugins/woocommerce/assets/a.js?ver=9.3.2", "woocommerce", "9.3.2", "woocommerce"},
		{"https://s.example/blog/wp-content/plugins/woocommerce-for-japan/a.js?x=1&ver=2.8.4", "woocommerce-for-japan", "2.8.4", "woocommerce-for-japan"},
		{"https://s.example/wp-content/plugins/some-plugin/a.css?ver=1700000000", "some-plugin", "", ""},
		{"https://s.example/wp-content/plugins/contact-form-7/a.css", "contact-form-7", "", "contact-form-7"},
		{"https://s.example/app/plugins/jetpack/a.css?ver=x.y", "jetpack", "", "jetpack"},
		{"https://s.example/wp-content/themes/plugins.css", "", "", ""},
		{"::", "", "", ""},
	} {
		h, ok := Default().WordPressPlugin(c.asset)
		product := ""
		if h.Product != nil {
			product = h.Product.ID
		}
		if h.Slug != c.slug || h.Version.String() != c.version || product != c.product || ok != (c.slug != "") {
			t.Errorf("%s: %q %q %q, want %q %q %q", c.asset, h.Slug, h.Version, product, c.slug, c.version, c.product)
		}
	}
}

func TestPathVariants(t *testing.T) {
	t.Parallel()
	for in, want := range map[[2]string]string{
		{"eccube4", "/html/template/default/assets/js/eccube.js"}: "/template/default/assets/js/eccube.js",
		{"eccube2", "/js/eccube.js"}:                              "/html/js/eccube.js",
		{"eccube4", "/README.md"}:                                 "/README.md",
		{"wordpress", "/readme.html"}:                             "/readme.html",
	} {
		got := PathVariants(in[0], in[1])
		if got[0] != in[1] || got[len(got)-1] != want {
			t.Errorf("%v: %v, want %s last", in, got, want)
		}
	}
}
