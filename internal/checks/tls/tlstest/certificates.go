package tlstest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

// Now is the day on which the certificates are sound or faulty as their names say.
var Now = time.Now().UTC().Truncate(24 * time.Hour)

// certificates are the sound and the faulty ones.
type certificates struct {
	good, goodEC, crossSigned, expired, notYet, expiring, wrongName, noNames tls.Certificate
	incomplete, untrusted, oldIntermediate, clientUsage, selfSigned          tls.Certificate
	rsa1024, rsa512, sha1, md5                                               tls.Certificate
}

// issuer is an authority of the test, with its key.
type issuer struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// keys are made once: the faults are in the certificates, not in them.
var keys = sync.OnceValues(func() (*rsa.PrivateKey, *ecdsa.PrivateKey) {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return r, e
})

var root = sync.OnceValue(func() *issuer {
	key, _ := keys()
	return selfMade("Miseban Test Root", key)
})

// Authority is the certificate, in PEM, of the only authority that the
// endpoints' sound certificates come from.
func Authority() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root().cert.Raw})
}

func selfMade(name string, key crypto.Signer) *issuer {
	t := template(name)
	t.IsCA, t.BasicConstraintsValid, t.KeyUsage = true, true, x509.KeyUsageCertSign
	t.ExtKeyUsage, t.IPAddresses, t.DNSNames = nil, nil, nil
	return &issuer{create(t, t, key.Public(), key), key}
}

var serial = new(big.Int).SetInt64(Now.Unix())

var serialLock sync.Mutex

func template(name string) *x509.Certificate {
	serialLock.Lock()
	defer serialLock.Unlock()
	serial = new(big.Int).Add(serial, big.NewInt(1))
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: Now.AddDate(0, -1, 0), NotAfter: Now.AddDate(0, 5, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"shop.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		BasicConstraintsValid: true,
	}
}

func create(t, parent *x509.Certificate, public any, key crypto.Signer) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, t, parent, public, key)
	if err != nil {
		panic(fmt.Sprintf("certificate %s: %v", t.Subject.CommonName, err))
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		panic(fmt.Sprintf("certificate %s: %v", t.Subject.CommonName, err))
	}
	return c
}

// authority signs a further one below i.
func (i *issuer) authority(name string, f func(*x509.Certificate)) *issuer {
	t := template(name)
	t.IsCA, t.KeyUsage, t.ExtKeyUsage, t.IPAddresses, t.DNSNames = true, x509.KeyUsageCertSign, nil, nil, nil
	if f != nil {
		f(t)
	}
	return &issuer{create(t, i.cert, i.key.Public(), i.key), i.key}
}

// leaf signs a server certificate; more are the certificates sent after it.
func (i *issuer) leaf(key crypto.Signer, f func(*x509.Certificate), more ...*issuer) tls.Certificate {
	t := template("shop.test")
	if f != nil {
		f(t)
	}
	out := tls.Certificate{Certificate: [][]byte{create(t, i.cert, key.Public(), i.key).Raw}, PrivateKey: key}
	for _, m := range more {
		out.Certificate = append(out.Certificate, m.cert.Raw)
	}
	return out
}

// publicOnly stands for a key that nobody has: short ones cannot be made any more.
type publicOnly struct {
	crypto.Signer
	bits int
}

func (p publicOnly) Public() crypto.PublicKey {
	n := new(big.Int).SetBit(big.NewInt(0x1b), p.bits-1, 1)
	return &rsa.PublicKey{N: n, E: 65537}
}

func newCertificates() *certificates {
	r, e := keys()
	ca := root()
	mid := ca.authority("Miseban Test Intermediate", nil)
	old := ca.authority("Miseban Test Old Intermediate", func(t *x509.Certificate) { t.NotBefore, t.NotAfter = Now.AddDate(-2, 0, 0), Now.AddDate(0, 0, -3) })
	stranger := selfMade("Somebody's Own Root", r)
	// The root, once more, signed by an authority that nobody trusts any more.
	cross := stranger.authority("Miseban Test Root", func(t *x509.Certificate) { t.NotAfter = Now.AddDate(0, 0, -3) })
	c := &certificates{
		good:            mid.leaf(r, nil, mid),
		goodEC:          mid.leaf(e, nil, mid),
		crossSigned:     mid.leaf(e, nil, mid, cross),
		expired:         mid.leaf(e, func(t *x509.Certificate) { t.NotBefore, t.NotAfter = Now.AddDate(0, -6, 0), Now.AddDate(0, 0, -2) }, mid),
		notYet:          mid.leaf(e, func(t *x509.Certificate) { t.NotBefore = Now.AddDate(0, 0, 5) }, mid),
		expiring:        mid.leaf(e, func(t *x509.Certificate) { t.NotAfter = Now.AddDate(0, 0, 9) }, mid),
		wrongName:       mid.leaf(e, func(t *x509.Certificate) { t.DNSNames, t.IPAddresses = []string{"*.other.test"}, nil }, mid),
		noNames:         mid.leaf(e, func(t *x509.Certificate) { t.DNSNames, t.IPAddresses = nil, nil }, mid),
		incomplete:      mid.leaf(e, func(t *x509.Certificate) { t.IssuingCertificateURL = []string{"http://ca.test/intermediate.der"} }),
		untrusted:       stranger.leaf(e, nil, stranger),
		oldIntermediate: old.leaf(e, nil, old),
		clientUsage:     mid.leaf(e, func(t *x509.Certificate) { t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, mid),
		rsa1024:         mid.leaf(publicOnly{r, 1024}, nil, mid),
		rsa512:          mid.leaf(publicOnly{r, 512}, nil, mid),
		sha1:            mid.leaf(r, func(t *x509.Certificate) { t.SignatureAlgorithm = x509.SHA1WithRSA }, mid),
	}
	self := template("shop.test")
	c.selfSigned = tls.Certificate{Certificate: [][]byte{create(self, self, e.Public(), e).Raw}, PrivateKey: e}
	// No library signs with MD5 any more; a sound certificate gets its name.
	sha256OID := []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b}
	md5OID := []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04}
	c.md5 = mid.leaf(r, nil, mid)
	c.md5.Certificate[0] = bytes.ReplaceAll(c.md5.Certificate[0], sha256OID, md5OID)
	return c
}

// Sound is a certificate for shop.test and 127.0.0.1 with nothing wrong, for
// servers that a test makes itself.
func Sound() tls.Certificate { return newCertificates().good }
