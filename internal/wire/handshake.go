package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// anySuites are all suites that crypto/tls knows: visiting a page must work
// wherever a browser of some age works; tls checks judge what is offered.
var anySuites = func() []uint16 {
	var ids []uint16
	for _, s := range tls.CipherSuites() {
		ids = append(ids, s.ID)
	}
	for _, s := range tls.InsecureCipherSuites() {
		ids = append(ids, s.ID)
	}
	return ids
}()

// handshake makes cn speak TLS. A certificate that a browser would refuse does
// not end the visit; it is noted.
func (c *Client) handshake(ctx context.Context, cn *conn, host string) error {
	hctx, cancel := context.WithTimeoutCause(ctx, connectLimit, ErrTimeout)
	defer cancel()
	cfg := &tls.Config{
		InsecureSkipVerify: true, // verified below, so that a bad certificate is a finding and not an end
		MinVersion:         tls.VersionTLS10,
		CipherSuites:       anySuites,
		NextProtos:         []string{"h2", "http/1.1"},
	}
	if _, err := netip.ParseAddr(host); err != nil {
		cfg.ServerName = host
	}
	t := tls.Client(cn.raw, cfg)
	if err := t.HandshakeContext(hctx); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		kind := kindOf(err)
		if kind == "other" {
			kind = "tls"
		}
		text := "TLS handshake with " + host + ": " + err.Error()
		var record tls.RecordHeaderError
		if errors.As(err, &record) { // what speaks there instead of TLS
			text += fmt.Sprintf(" (it begins %q)", record.RecordHeader[:])
		}
		return &Failure{Kind: kind, Text: text}
	}
	st := t.ConnectionState()
	cn.Conn = t
	cn.tls = &TLS{Version: st.Version, Cipher: st.CipherSuite, ALPN: st.NegotiatedProtocol, ServerName: cfg.ServerName}
	for _, cert := range st.PeerCertificates {
		cn.tls.Chain = append(cn.tls.Chain, cert.Raw)
	}
	cn.tls.VerifyErr = strings.Join(VerifyChain(st.PeerCertificates, host, c.opt.Roots, c.now()), "; ")
	if st.NegotiatedProtocol == "h2" {
		cn.h2 = newH2(cn.Conn)
	}
	return nil
}

// VerifyChain says why a browser would refuse a chain for host, each reason as
// "word: detail": expired, not-yet-valid, name, self-signed, incomplete,
// unknown-authority, invalid. Nothing is fetched: a chain that only some
// browsers complete by themselves is incomplete.
func VerifyChain(chain []*x509.Certificate, host string, roots *x509.CertPool, now time.Time) []string {
	if len(chain) == 0 {
		return []string{"invalid: no certificate"}
	}
	leaf := chain[0]
	var out []string
	at := now
	switch {
	case now.After(leaf.NotAfter):
		out = append(out, "expired: "+leaf.NotAfter.UTC().Format(time.DateOnly))
		at = leaf.NotAfter.Add(-time.Second)
	case now.Before(leaf.NotBefore):
		out = append(out, "not-yet-valid: "+leaf.NotBefore.UTC().Format(time.DateOnly))
		at = leaf.NotBefore.Add(time.Second)
	}
	if err := leaf.VerifyHostname(host); err != nil {
		names := leaf.DNSNames
		if len(names) == 0 {
			names = []string{leaf.Subject.CommonName}
		}
		out = append(out, fmt.Sprintf("name: %s is not among %s", host, strings.Join(names, ", ")))
	}
	inter := x509.NewCertPool()
	for _, cert := range chain[1:] {
		inter.AddCert(cert)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: inter, CurrentTime: at})
	if err == nil {
		return out
	}
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	last := chain[len(chain)-1]
	switch {
	case errors.As(err, &unknown) && leaf.CheckSignatureFrom(leaf) == nil, errors.As(err, &unknown) && string(leaf.RawIssuer) == string(leaf.RawSubject):
		out = append(out, "self-signed: "+leaf.Subject.String())
	case errors.As(err, &unknown) && string(last.RawIssuer) != string(last.RawSubject) && len(last.IssuingCertificateURL) > 0:
		out = append(out, "incomplete: the certificate of "+last.Issuer.String()+" is not sent; some browsers fetch it from "+last.IssuingCertificateURL[0]+", it was not fetched")
	case errors.As(err, &unknown):
		out = append(out, "unknown-authority: "+last.Issuer.String())
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && !at.Equal(now):
		// The chain was judged at the leaf's own time, when others in it need not be valid.
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		out = append(out, "expired: "+invalid.Cert.Subject.String()+" in the chain, "+invalid.Cert.NotAfter.UTC().Format(time.DateOnly))
	default:
		out = append(out, "invalid: "+err.Error())
	}
	return out
}
