package intel

import (
	"slices"
	"strings"
	"testing"
)

func TestSigns(t *testing.T) {
	t.Parallel()
	b := Default()
	kinds := []SignKind{InHTML, InGenerator, InHeader, InCookie, InScript, InLink, InAsset, InURL, InHost, InFile, InBanner}
	for _, s := range b.Signs() {
		if len(s.Hit) == 0 || len(s.Miss) == 0 {
			t.Errorf("%s %s: a sample is missing", s.Product, s.ID())
		}
		for _, text := range s.Hit {
			i := slices.IndexFunc(b.Identify(Observation{Kind: s.Kind, Path: s.Path, Text: text}), func(h SignHit) bool { return h.Sign == s })
			if i < 0 {
				t.Errorf("%s %s does not match %q", s.Product, s.ID(), text)
				continue
			}
			h := b.Identify(Observation{Kind: s.Kind, Path: s.Path, Text: text})[i]
			if s.Proves == ProvesVersion && h.Version.IsZero() {
				t.Errorf("%s %s: no version in %q", s.Product, s.ID(), text)
			}
			if s.Proves == ProvesBranch && h.Branch == "" {
				t.Errorf("%s %s: no branch in %q", s.Product, s.ID(), text)
			}
			if !containsAll(text, s.needles) {
				t.Errorf("%s %s: %q matches without %q", s.Product, s.ID(), text, s.needles)
			}
		}
		for _, text := range s.Miss {
			if s.re.MatchString(text) {
				t.Errorf("%s %s matches %q", s.Product, s.ID(), text)
			}
		}
		if !slices.Contains(kinds, s.Kind) || !slices.Contains([]Alarm{AlarmLow, AlarmMedium, AlarmHigh}, s.Alarm) ||
			!slices.Contains([]Proof{ProvesPackage, ProvesBranch, ProvesRange, ProvesVersion}, s.Proves) ||
			s.Weight < 1 || s.Weight > 10 || s.Source == "" {
			t.Errorf("%s %s: kind %q, alarm %q, proof %q, weight %d, source %q", s.Product, s.ID(), s.Kind, s.Alarm, s.Proves, s.Weight, s.Source)
		}
	}
}

// The packages and services the product promises to know have a sign that is
// hard to meet anywhere else, except where nothing better is public.
func TestEveryPackageHasASign(t *testing.T) {
	t.Parallel()
	b := Default()
	for _, id := range strings.Fields(`eccube2 eccube3 eccube4 welcart woocommerce wordpress magento1 magento2 prestashop opencart zencart
		oscommerce cs-cart evershop drupal joomla movabletype a-blog-cms concrete commerce21
		shopify base stores colorme makeshop futureshop ecforce shopserve`) {
		p, ok := b.Product(id)
		if !ok {
			t.Errorf("product %s is missing", id)
			continue
		}
		best := 0
		for _, s := range b.Signs() {
			if s.Product == id && s.Alarm != AlarmHigh {
				best = max(best, s.Weight)
			}
		}
		if want := 8; best < want && id != "commerce21" {
			t.Errorf("%s: its best sign weighs %d, want %d", id, best, want)
		}
		if p.ASP != (p.Kind == KindASP) {
			t.Errorf("%s: kind %s, ASP %v", id, p.Kind, p.ASP)
		}
		if p.Kind == KindPackage && len(p.Admin) == 0 && p.Slug == "" && id != "commerce21" {
			t.Errorf("%s: no administration path", id)
		}
	}
}

func TestIdentify(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind SignKind
		text string
		want string // product and version or branch
	}{
		{InAsset, "https://s.example/template/default/css/style.css?v=3.0.12-p1", "eccube3 3.0.12-p1"},
		{InHTML, "<!-- Welcart version : v2.11.3.2410101 -->", "welcart 2.11.3"},
		{InHeader, "server: Apache/2.4.6 (CentOS) OpenSSL/1.0.2k-fips PHP/5.4.16", "apache 2.4.6, openssl 1.0.2k-fips, php 5.4.16"},
		{InHeader, "x-powered-by: PHP/7.4.33-1+deb11u5", "php 7.4.33-1+deb11u5"},
		{InBanner, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3", "openssh 9.2p1"},
		{InBanner, "220 ProFTPD 1.3.5rc3 Server", "proftpd 1.3.5rc3"},
		{InGenerator, "Drupal 10 (https://www.drupal.org)", "drupal 10"},
		{InCookie, "PHPSESSID=abc", ""},
	} {
		var got []string
		for _, h := range Default().Identify(Observation{Kind: c.kind, Text: c.text}) {
			switch {
			case !h.Version.IsZero():
				got = append(got, h.Sign.Product+" "+h.Version.String())
			case h.Branch != "":
				got = append(got, h.Sign.Product+" "+h.Branch)
			}
		}
		slices.Sort(got)
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: %q, want %q", c.text, s, c.want)
		}
	}
}

func TestLiterals(t *testing.T) {
	t.Parallel()
	for re, want := range map[string]string{
		`<meta\s+name="eccube-csrf-token"`: `name="eccube-csrf-token" <meta`,
		`(?i)powered`:                      "",
		`abc|bcd`:                          "",
		`xyz(?:yes|no)?abcd`:               "abcd xyz",
		`^eccube=[a-z]+`:                   "eccube=",
		`(?:abc)*(def)`:                    "def",
	} {
		if got := strings.Join(literals(re), " "); got != want {
			t.Errorf("literals(%s) = %q, want %q", re, got, want)
		}
	}
}

func TestBadSigns(t *testing.T) {
	t.Parallel()
	for _, s := range []Sign{
		{Re: "(", Proves: ProvesPackage}, {Re: "a", Proves: ProvesVersion}, {Re: "a", Proves: ProvesBranch},
		{Re: "a", Proves: ProvesRange}, {Re: "a", Kind: InFile, Proves: ProvesPackage}, {Re: `(?<!x)a`, Proves: ProvesPackage},
	} {
		if s.compile() == nil {
			t.Errorf("%+v was accepted", s)
		}
	}
}
