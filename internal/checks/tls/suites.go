package tls

import (
	"fmt"
	"slices"
	"strings"
)

// class is the reason why a cipher suite must not be offered; the order is that of danger.
type class string

// The classes. A suite belongs to the worst one that fits.
const (
	sound   class = ""
	null    class = "null"    // no encryption
	anon    class = "anon"    // no authentication
	export  class = "export"  // crippled by the export rules of the 1990s
	des     class = "des"     // DES, RC2: keys that fall to brute force
	rc4     class = "rc4"     // prohibited by RFC 7465
	block64 class = "block64" // 3DES, IDEA: blocks of 64 bits (SWEET32)
)

var classes = []class{null, anon, export, des, rc4, block64}

type exchange int

const (
	kxRSA exchange = iota
	kxDHE
	kxECDHE
	kx13
)

// suite is what a cipher suite's name says.
type suite struct {
	id    uint16
	name  string
	class class
	kx    exchange
	auth  string // "RSA", "ECDSA", "DSS", "anon"
	aead  bool
}

// suiteOrder is the order of our offers: what browsers take first.
var suiteOrder []uint16

// suites are all suites that we can offer. Static DH and ECDH, PSK, SRP and
// Kerberos are left out: no web server offers them without a good one beside.
var suites = func() map[uint16]suite {
	m := map[uint16]suite{}
	for line := range strings.Lines(suiteTable) {
		var s suite
		if _, err := fmt.Sscanf(line, "%x %s", &s.id, &s.name); err != nil {
			panic(fmt.Sprintf("suite %q: %v", line, err))
		}
		s.read()
		m[s.id] = s
		suiteOrder = append(suiteOrder, s.id)
	}
	return m
}()

func (s *suite) read() {
	kx, cipher, ok := strings.Cut(s.name, "_WITH_")
	if !ok {
		s.kx, s.aead = kx13, true
		return
	}
	switch {
	case strings.HasPrefix(kx, "ECDH"):
		s.kx = kxECDHE
	case strings.HasPrefix(kx, "DH"):
		s.kx = kxDHE
	}
	for _, a := range []string{"anon", "ECDSA", "DSS", "RSA"} {
		if strings.Contains(kx, a) {
			s.auth = a
			break
		}
	}
	s.aead = strings.Contains(cipher, "GCM") || strings.Contains(cipher, "CCM") || strings.Contains(cipher, "POLY1305")
	switch {
	case strings.HasPrefix(cipher, "NULL"):
		s.class = null
	case s.auth == "anon":
		s.class = anon
	case strings.Contains(kx, "EXPORT"):
		s.class = export
	case strings.HasPrefix(cipher, "DES"), strings.HasPrefix(cipher, "RC2"):
		s.class = des
	case strings.HasPrefix(cipher, "RC4"):
		s.class = rc4
	case strings.HasPrefix(cipher, "3DES"), strings.HasPrefix(cipher, "IDEA"):
		s.class = block64
	}
}

// pfs says that recorded traffic stays secret if the server's key is stolen later.
func (s suite) pfs() bool { return s.kx != kxRSA }

// weak says that the suite must not be offered.
func (s suite) weak() bool { return s.class != sound }

// offer lists the suites that pass keep, best first, never those of TLS 1.3.
func offer(keep func(suite) bool) []uint16 {
	var out []uint16
	for _, id := range suiteOrder {
		if s := suites[id]; s.kx != kx13 && keep(s) {
			out = append(out, id)
		}
	}
	return out
}

func suiteName(id uint16) string {
	if s, ok := suites[id]; ok {
		return "TLS_" + s.name
	}
	return fmt.Sprintf("0x%04x", id)
}

// offers13 are the suites of TLS 1.3.
func offers13() []uint16 {
	return slices.Collect(func(yield func(uint16) bool) {
		for _, id := range suiteOrder {
			if suites[id].kx == kx13 && !yield(id) {
				return
			}
		}
	})
}

const suiteTable = `1301 AES_128_GCM_SHA256
1302 AES_256_GCM_SHA384
1303 CHACHA20_POLY1305_SHA256
c02b ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
c02f ECDHE_RSA_WITH_AES_128_GCM_SHA256
c02c ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
c030 ECDHE_RSA_WITH_AES_256_GCM_SHA384
cca9 ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
cca8 ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
c0ac ECDHE_ECDSA_WITH_AES_128_CCM
c0ad ECDHE_ECDSA_WITH_AES_256_CCM
009e DHE_RSA_WITH_AES_128_GCM_SHA256
009f DHE_RSA_WITH_AES_256_GCM_SHA384
ccaa DHE_RSA_WITH_CHACHA20_POLY1305_SHA256
00a2 DHE_DSS_WITH_AES_128_GCM_SHA256
00a3 DHE_DSS_WITH_AES_256_GCM_SHA384
c023 ECDHE_ECDSA_WITH_AES_128_CBC_SHA256
c027 ECDHE_RSA_WITH_AES_128_CBC_SHA256
c024 ECDHE_ECDSA_WITH_AES_256_CBC_SHA384
c028 ECDHE_RSA_WITH_AES_256_CBC_SHA384
c009 ECDHE_ECDSA_WITH_AES_128_CBC_SHA
c013 ECDHE_RSA_WITH_AES_128_CBC_SHA
c00a ECDHE_ECDSA_WITH_AES_256_CBC_SHA
c014 ECDHE_RSA_WITH_AES_256_CBC_SHA
0067 DHE_RSA_WITH_AES_128_CBC_SHA256
006b DHE_RSA_WITH_AES_256_CBC_SHA256
0033 DHE_RSA_WITH_AES_128_CBC_SHA
0039 DHE_RSA_WITH_AES_256_CBC_SHA
0040 DHE_DSS_WITH_AES_128_CBC_SHA256
006a DHE_DSS_WITH_AES_256_CBC_SHA256
0032 DHE_DSS_WITH_AES_128_CBC_SHA
0038 DHE_DSS_WITH_AES_256_CBC_SHA
0045 DHE_RSA_WITH_CAMELLIA_128_CBC_SHA
0088 DHE_RSA_WITH_CAMELLIA_256_CBC_SHA
009a DHE_RSA_WITH_SEED_CBC_SHA
009c RSA_WITH_AES_128_GCM_SHA256
009d RSA_WITH_AES_256_GCM_SHA384
c09c RSA_WITH_AES_128_CCM
c09d RSA_WITH_AES_256_CCM
003c RSA_WITH_AES_128_CBC_SHA256
003d RSA_WITH_AES_256_CBC_SHA256
002f RSA_WITH_AES_128_CBC_SHA
0035 RSA_WITH_AES_256_CBC_SHA
0041 RSA_WITH_CAMELLIA_128_CBC_SHA
0084 RSA_WITH_CAMELLIA_256_CBC_SHA
0096 RSA_WITH_SEED_CBC_SHA
c008 ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA
c012 ECDHE_RSA_WITH_3DES_EDE_CBC_SHA
0016 DHE_RSA_WITH_3DES_EDE_CBC_SHA
0013 DHE_DSS_WITH_3DES_EDE_CBC_SHA
000a RSA_WITH_3DES_EDE_CBC_SHA
0007 RSA_WITH_IDEA_CBC_SHA
c007 ECDHE_ECDSA_WITH_RC4_128_SHA
c011 ECDHE_RSA_WITH_RC4_128_SHA
0005 RSA_WITH_RC4_128_SHA
0004 RSA_WITH_RC4_128_MD5
0015 DHE_RSA_WITH_DES_CBC_SHA
0012 DHE_DSS_WITH_DES_CBC_SHA
0009 RSA_WITH_DES_CBC_SHA
0062 RSA_EXPORT1024_WITH_DES_CBC_SHA
0064 RSA_EXPORT1024_WITH_RC4_56_SHA
0014 DHE_RSA_EXPORT_WITH_DES40_CBC_SHA
0011 DHE_DSS_EXPORT_WITH_DES40_CBC_SHA
0008 RSA_EXPORT_WITH_DES40_CBC_SHA
0006 RSA_EXPORT_WITH_RC2_CBC_40_MD5
0003 RSA_EXPORT_WITH_RC4_40_MD5
00a6 DH_anon_WITH_AES_128_GCM_SHA256
00a7 DH_anon_WITH_AES_256_GCM_SHA384
006c DH_anon_WITH_AES_128_CBC_SHA256
006d DH_anon_WITH_AES_256_CBC_SHA256
0034 DH_anon_WITH_AES_128_CBC_SHA
003a DH_anon_WITH_AES_256_CBC_SHA
0046 DH_anon_WITH_CAMELLIA_128_CBC_SHA
001b DH_anon_WITH_3DES_EDE_CBC_SHA
001a DH_anon_WITH_DES_CBC_SHA
0018 DH_anon_WITH_RC4_128_MD5
0019 DH_anon_EXPORT_WITH_DES40_CBC_SHA
0017 DH_anon_EXPORT_WITH_RC4_40_MD5
c018 ECDH_anon_WITH_AES_128_CBC_SHA
c019 ECDH_anon_WITH_AES_256_CBC_SHA
c017 ECDH_anon_WITH_3DES_EDE_CBC_SHA
c016 ECDH_anon_WITH_RC4_128_SHA
c006 ECDHE_ECDSA_WITH_NULL_SHA
c010 ECDHE_RSA_WITH_NULL_SHA
c015 ECDH_anon_WITH_NULL_SHA
003b RSA_WITH_NULL_SHA256
0002 RSA_WITH_NULL_SHA
0001 RSA_WITH_NULL_MD5`
