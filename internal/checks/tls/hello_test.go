package tls

import (
	"os"
	"testing"
)

// TestHelloLengths: no hello has a length on which old load balancers hang,
// and each is one record whose lengths agree.
func TestHelloLengths(t *testing.T) {
	t.Parallel()
	for _, h := range []*hello{
		{version: tls12, suites: offer(common), groups: goodGroups, compress: true, serverName: "shop.test"},
		{version: tls12, suites: offer(any12), groups: goodGroups, serverName: "a-very-long-name-of-a-shop.example.co.jp"},
		{version: tls12, versions: []uint16{tls13}, suites: offers13(), groups: goodGroups, serverName: "shop.test"},
		{version: tls11, suites: offer(clean), groups: weakGroups},
		{version: tls12, suites: []uint16{0xc02f}, groups: goodGroups},
		{version: ssl3, suites: offer(any12), bare: true},
	} {
		b, err := h.bytes()
		if err != nil {
			t.Fatal(err)
		}
		if n := len(b) - 5; n > 255 && n < 512 {
			t.Errorf("%s: %d bytes", versionNames[h.version], n)
		}
		if n := int(b[3])<<8 | int(b[4]); n != len(b)-5 {
			t.Errorf("record says %d bytes, has %d", n, len(b)-5)
		}
		if n := int(b[6])<<16 | int(b[7])<<8 | int(b[8]); n != len(b)-9 {
			t.Errorf("message says %d bytes, has %d", n, len(b)-9)
		}
	}
}

// TestClasses: each weak suite belongs to one class by its name.
func TestClasses(t *testing.T) {
	t.Parallel()
	for id, want := range map[uint16]class{
		0x0002: null, 0xc015: null, 0x0018: anon, 0xc018: anon, 0x0017: anon, 0x0003: export, 0x0064: export,
		0x0009: des, 0x0005: rc4, 0xc011: rc4, 0x000a: block64, 0x0007: block64, 0x002f: sound, 0xc02f: sound, 0x0096: sound, 0x1301: sound,
	} {
		if got := suites[id].class; got != want {
			t.Errorf("%s: %q, want %q", suiteName(id), got, want)
		}
	}
	if s := suites[0xccaa]; s.kx != kxDHE || !s.aead || !s.pfs() || s.auth != "RSA" {
		t.Errorf("%+v", s)
	}
}

// TestOddKeys: keys that the standard library does not read are still judged.
func TestOddKeys(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{"p192.der": "EC 192 bit", "dsa1024.der": "DSA 1024 bit", "certificate.der": "RSA 2048 bit"} {
		der, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := readCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if c.key() != want || c.weakKey() != (file != "certificate.der") || c.subject == "" || !c.selfSigned() {
			t.Errorf("%s: %s, weak %v, %+v", file, c.key(), c.weakKey(), c)
		}
	}
}

func TestASCII(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"日本語.example": "xn--wgv71a119e.example", "shop.test": "shop.test", "127.0.0.1": "127.0.0.1", "a_b.example": "a_b.example"} {
		if got := ascii(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
