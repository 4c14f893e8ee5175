package testshop

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync"
	"time"
)

// endpoints is how Serve opens the shop; the faults of the tls family change it.
type endpoints struct {
	plainOnly              bool
	now, from, until       time.Time
	names                  []string
	addresses              []net.IP
	rsaBits                int // 0 means ECDSA P-256
	signature              x509.SignatureAlgorithm
	selfSigned, leaveOut   bool
	minVersion, maxVersion uint16
	suites                 []uint16
}

func newEndpoints(now time.Time) *endpoints {
	return &endpoints{
		now: now, from: now.AddDate(0, 0, -1), until: now.AddDate(0, 0, 89),
		names:      []string{"localhost", "shop.test", "www.shop.test"},
		addresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(127, 0, 0, 2), net.IPv4(127, 0, 0, 3), net.IPv6loopback},
		minVersion: tls.VersionTLS12,
	}
}

// longKey is made once a process: it costs more than all the rest of a shop.
var longKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func (e *endpoints) key() (crypto.Signer, error) {
	if e.rsaBits > 0 {
		if e.rsaBits == 2048 {
			return longKey()
		}
		return rsa.GenerateKey(rand.Reader, e.rsaBits)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// tlsConfig makes a root, an intermediate and the shop's certificate, and hands
// the root to trust.
func (e *endpoints) tlsConfig(trust func(*x509.Certificate)) (*tls.Config, error) {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	midKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := e.key()
	if err != nil {
		return nil, err
	}
	authority := func(serial int64, name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name, Organization: []string{"Chaya Test Authority"}},
			NotBefore: e.now.AddDate(-1, 0, 0), NotAfter: e.now.AddDate(5, 0, 0), IsCA: true, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		}
	}
	root, mid := authority(1, "Chaya Test Root"), authority(2, "Chaya Test Issuing")
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(e.now.UnixNano()), Subject: pkix.Name{CommonName: e.names[0], Organization: []string{owner.Name}, Country: []string{"JP"}},
		NotBefore: e.from, NotAfter: e.until, DNSNames: e.names, IPAddresses: e.addresses,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		SignatureAlgorithm: e.signature,
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		return nil, err
	}
	midDER, err := x509.CreateCertificate(rand.Reader, mid, root, midKey.Public(), rootKey)
	if err != nil {
		return nil, err
	}
	parent, signer, chain := mid, crypto.Signer(midKey), [][]byte{midDER}
	if e.selfSigned {
		parent, signer, chain = leaf, key, nil
	}
	if e.leaveOut {
		chain = nil
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, parent, key.Public(), signer)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(rootDER)
	if err != nil {
		return nil, err
	}
	trust(parsed)
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: append([][]byte{leafDER}, chain...), PrivateKey: key}},
		MinVersion:   e.minVersion, MaxVersion: e.maxVersion, CipherSuites: e.suites,
	}, nil
}

func certificateFaults() []*fault {
	tlsFault := func(name, ja, en string, change func(*endpoints), also ...string) *fault {
		return &fault{Fault: about(name, "TLS", ja, en, also...), serve: change, touches: []string{"tls"}}
	}
	return []*fault{
		tlsFault("tls-expired", "証明書の期限が切れている", "certificate has expired", func(e *endpoints) {
			e.from, e.until = e.now.AddDate(0, 0, -100), e.now.AddDate(0, 0, -10)
		}, "tls-expiring"),
		tlsFault("tls-expiring", "証明書の期限が間近", "certificate expires within days", func(e *endpoints) {
			e.from, e.until = e.now.AddDate(0, 0, -87), e.now.AddDate(0, 0, 3)
		}),
		tlsFault("tls-name", "証明書の名前が違う", "certificate is for another name", func(e *endpoints) {
			e.names, e.addresses = []string{"other.test"}, nil
		}),
		tlsFault("tls-chain", "中間証明書を送っていない", "intermediate certificate is not sent", func(e *endpoints) { e.leaveOut = true }),
		tlsFault("tls-self-signed", "自己署名の証明書", "self-signed certificate", func(e *endpoints) { e.selfSigned = true }, "tls-chain"),
		tlsFault("tls-weak-key", "証明書の鍵が短い", "certificate key is short", func(e *endpoints) { e.rsaBits = 1024 }),
		tlsFault("tls-weak-signature", "証明書の署名がSHA-1", "certificate is signed with SHA-1", func(e *endpoints) { e.signature = x509.ECDSAWithSHA1 }, "tls-chain"),
		tlsFault("tls-old-protocol", "TLS 1.0と1.1で接続できる", "TLS 1.0 and 1.1 are accepted", func(e *endpoints) { e.minVersion = tls.VersionTLS10 }, "tls-weak-cipher"),
		tlsFault("tls-weak-cipher", "弱い暗号で接続できる", "weak ciphers are accepted", func(e *endpoints) {
			e.rsaBits = 2048
			e.suites = []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA}
		}),
		tlsFault("tls-no-forward-secrecy", "前方秘匿性がない", "no forward secrecy", func(e *endpoints) {
			e.rsaBits, e.maxVersion = 2048, tls.VersionTLS12
			e.suites = []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384}
		}, "tls-no-13", "tls-weak-cipher"),
		tlsFault("tls-no-13", "TLS 1.3で接続できない", "TLS 1.3 is not offered", func(e *endpoints) { e.maxVersion = tls.VersionTLS12 }),
	}
}
