package tls

import (
	"bytes"
	"encoding/hex"
	"os"
	"testing"
)

func FuzzReadAnswer(f *testing.F) {
	hello, _ := hex.DecodeString("160303003a0200003603030000000000000000000000000000000000000000000000000000000000000000" + "00" + "c02f00" + "000eff01000100000f00010100100000")
	f.Add(hello)
	f.Add([]byte{21, 3, 3, 0, 2, 2, 40})
	f.Add([]byte{22, 3, 3, 0, 4, 14, 0, 0, 0})
	f.Add([]byte{22, 3, 1, 0, 12, 12, 0, 0, 8, 3, 0, 23, 1, 4, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		a := readAnswer(bytes.NewReader(b))
		if !a.spoke && (a.chain != nil || a.dhBits != 0 || a.group != 0) {
			t.Errorf("values without a server hello: %+v", a)
		}
		if len(a.chain) > maxChain || a.dhBits > 8*maxMessage {
			t.Errorf("bounds passed: %d certificates, %d bits", len(a.chain), a.dhBits)
		}
		ssl2Answered(b)
	})
}

func FuzzReadCertificate(f *testing.F) {
	seed, err := os.ReadFile("testdata/certificate.der")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte{0x30, 0x03, 0x02, 0x01, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := readCertificate(b)
		if err != nil {
			return
		}
		if c.weakKey() && c.keyBits == 0 {
			t.Error("weak without a size")
		}
		if c.key() == "" && c.keyKind != "" {
			t.Error("a key without a name")
		}
		chain, err := readChainOf([][]byte{b, b})
		if err != nil || len(chain) != 2 {
			t.Errorf("chain of two: %d, %v", len(chain), err)
		}
		last(chain)
		c.selfSigned()
	})
}
