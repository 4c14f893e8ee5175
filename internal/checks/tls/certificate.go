package tls

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"miseban/internal/check"
)

// certificate is one certificate of a chain as sent. What the standard library
// refuses to read (curves below 224 bits, for one) has a nil x and the plain facts.
type certificate struct {
	x                   *x509.Certificate
	subject, issuer     string
	selfIssued          bool
	notBefore, notAfter time.Time
	keyKind             string // "RSA", "EC", "DSA", "Ed25519", or an OID
	keyBits             int    // 0: not known
	signature           string // "MD5", "SHA-1", or "" for a sound one
}

// plain is as much of RFC 5280 as the facts need.
type plain struct {
	TBS struct {
		Raw       asn1.RawContent
		Version   int `asn1:"optional,explicit,default:0,tag:0"`
		Serial    *big.Int
		Signature pkix.AlgorithmIdentifier
		Issuer    asn1.RawValue
		Validity  struct{ NotBefore, NotAfter time.Time }
		Subject   asn1.RawValue
		Key       struct {
			Algorithm pkix.AlgorithmIdentifier
			Bits      asn1.BitString
		}
		UniqueID   asn1.BitString   `asn1:"optional,tag:1"`
		SubjectID  asn1.BitString   `asn1:"optional,tag:2"`
		Extensions []pkix.Extension `asn1:"omitempty,optional,explicit,tag:3"`
	}
	Algorithm pkix.AlgorithmIdentifier
	Value     asn1.BitString
}

var weakSignatures = map[string]string{
	"1.2.840.113549.1.1.2": "MD2", "1.2.840.113549.1.1.3": "MD4", "1.2.840.113549.1.1.4": "MD5",
	"1.2.840.113549.1.1.5": "SHA-1", "1.3.14.3.2.29": "SHA-1", "1.2.840.10040.4.3": "SHA-1", "1.2.840.10045.4.1": "SHA-1",
}

var curveBits = map[string]int{
	"1.2.840.10045.3.1.1": 192, "1.2.840.10045.3.1.7": 256, "1.3.132.0.33": 224, "1.3.132.0.34": 384, "1.3.132.0.35": 521, "1.3.132.0.10": 256,
	"1.3.132.0.8": 160, "1.3.132.0.9": 160, "1.3.132.0.30": 160, "1.3.132.0.31": 192, "1.3.132.0.6": 112, "1.3.132.0.7": 112, "1.3.132.0.28": 128, "1.3.132.0.29": 128,
	"1.3.132.0.1": 163, "1.3.132.0.2": 163, "1.3.132.0.15": 163, "1.3.132.0.24": 193, "1.3.132.0.25": 193,
}

// readCertificate reads one certificate of a chain.
func readCertificate(der []byte) (*certificate, error) {
	var p plain
	if _, err := asn1.Unmarshal(der, &p); err != nil {
		return nil, fmt.Errorf("reading a certificate: %w", err)
	}
	c := &certificate{
		subject: nameOf(p.TBS.Subject.FullBytes), issuer: nameOf(p.TBS.Issuer.FullBytes),
		selfIssued: bytes.Equal(p.TBS.Subject.FullBytes, p.TBS.Issuer.FullBytes),
		notBefore:  p.TBS.Validity.NotBefore, notAfter: p.TBS.Validity.NotAfter,
		signature: weakSignatures[p.Algorithm.Algorithm.String()],
	}
	switch oid := p.TBS.Key.Algorithm.Algorithm.String(); oid {
	case "1.2.840.113549.1.1.1":
		c.keyKind = "RSA"
		var key struct{ N, E *big.Int }
		if _, err := asn1.Unmarshal(p.TBS.Key.Bits.Bytes, &key); err == nil && key.N != nil {
			c.keyBits = key.N.BitLen()
		}
	case "1.2.840.10045.2.1":
		c.keyKind = "EC"
		var curve asn1.ObjectIdentifier
		if _, err := asn1.Unmarshal(p.TBS.Key.Algorithm.Parameters.FullBytes, &curve); err == nil {
			c.keyBits = curveBits[curve.String()]
		}
	case "1.2.840.10040.4.1":
		c.keyKind = "DSA"
		var params struct{ P, Q, G *big.Int }
		if _, err := asn1.Unmarshal(p.TBS.Key.Algorithm.Parameters.FullBytes, &params); err == nil && params.P != nil {
			c.keyBits = params.P.BitLen()
		}
	case "1.3.101.112":
		c.keyKind, c.keyBits = "Ed25519", 256
	default:
		c.keyKind = oid
	}
	if x, err := x509.ParseCertificate(der); err == nil {
		c.x = x
	}
	return c, nil
}

// nameOf is a distinguished name as people read it: the common name, or all of it.
func nameOf(der []byte) string {
	var rdn pkix.RDNSequence
	if _, err := asn1.Unmarshal(der, &rdn); err != nil {
		return ""
	}
	var n pkix.Name
	n.FillFromRDNSequence(&rdn)
	if n.CommonName != "" {
		return n.CommonName
	}
	return n.String()
}

// key is the public key in words that are the same in every language.
func (c *certificate) key() string {
	if c.keyBits == 0 {
		return c.keyKind
	}
	return fmt.Sprintf("%s %d bit", c.keyKind, c.keyBits)
}

// weakKey says that the key can be broken, or will be within the life of the certificate.
func (c *certificate) weakKey() bool {
	if c.keyBits == 0 {
		return false
	}
	return c.keyKind == "EC" && c.keyBits < 224 || (c.keyKind == "RSA" || c.keyKind == "DSA") && c.keyBits < 2048
}

// readChainOf reads the certificates of a chain; those that cannot be read are
// left out, and a chain whose first one cannot be read is an error.
func readChainOf(ders [][]byte) ([]*certificate, error) {
	var out []*certificate
	for i, der := range ders {
		c, err := readCertificate(der)
		if err != nil {
			if i == 0 {
				return nil, err
			}
			continue
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, errors.New("the server sent no certificate")
	}
	return out, nil
}

// systemRoots are the certificate authorities that the machine trusts, nil when it knows none.
var systemRoots = sync.OnceValue(func() *x509.CertPool {
	pool, err := x509.SystemCertPool()
	if err != nil || pool.Equal(x509.NewCertPool()) {
		return nil
	}
	return pool
})

// rootsOf are the authorities that the run trusts, nil when none are known.
func rootsOf(p *check.Pass) *x509.CertPool {
	if r := p.Roots(); r != nil {
		return r
	}
	return systemRoots()
}

// trusts says whether a browser that trusts the run's authorities would accept
// the way from the first certificate, over whatever path.
func trusts(p *check.Pass, chain []*certificate) bool {
	r := rootsOf(p)
	return r != nil && follow(chain, r, p.Site.Now) == nil
}

// follow looks for a path from the first certificate to one of roots, over
// whatever the server sent, as browsers do. The dates of the first certificate
// are another check's question, so the path is judged within them.
func follow(chain []*certificate, roots *x509.CertPool, now time.Time) error {
	leaf := chain[0]
	if leaf.x == nil {
		return errors.New("unreadable")
	}
	if now.Before(leaf.notBefore) {
		now = leaf.notBefore
	} else if now.After(leaf.notAfter) {
		now = leaf.notAfter
	}
	pool := x509.NewCertPool()
	for _, c := range chain[1:] {
		if c.x != nil {
			pool.AddCert(c.x)
		}
	}
	_, err := leaf.x.Verify(x509.VerifyOptions{Roots: roots, Intermediates: pool, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	return err
}

// organisation is the operator's name in the certificate, "" where only the domain was checked.
func (c *certificate) organisation() string {
	if c.x == nil || len(c.x.Subject.Organization) == 0 {
		return ""
	}
	return c.x.Subject.Organization[0]
}

// selfSigned says that the certificate vouches for itself.
func (c *certificate) selfSigned() bool {
	if !c.selfIssued || c.x == nil {
		return c.selfIssued
	}
	err := c.x.CheckSignature(c.x.SignatureAlgorithm, c.x.RawTBSCertificate, c.x.Signature)
	return !errors.Is(err, rsa.ErrVerification)
}
