package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"miseban/bench/gauge"
	"miseban/internal/checks/tls/tlstest"
)

// What the other tools say is put into the words of the planted weaknesses as
// kindly as can be: any remark above "OK" on the matter counts as found.

// sslReport is what sslscan writes with --xml.
type sslReport struct {
	Test struct {
		Protocols []struct {
			Type    string `xml:"type,attr"`
			Version string `xml:"version,attr"`
			Enabled int    `xml:"enabled,attr"`
		} `xml:"protocol"`
		Ciphers []struct {
			Cipher  string `xml:"cipher,attr"`
			Version string `xml:"sslversion,attr"`
			Status  string `xml:"status,attr"`
			DHE     int    `xml:"dhebits,attr"`
			Curve   int    `xml:"ecdhebits,attr"`
		} `xml:"cipher"`
		Reneg struct {
			Supported int `xml:"supported,attr"`
			Secure    int `xml:"secure,attr"`
		} `xml:"renegotiation"`
		Compression struct {
			Supported int `xml:"supported,attr"`
		} `xml:"compression"`
		Groups []struct {
			Bits int `xml:"bits,attr"`
		} `xml:"group"`
		Certificates []struct {
			Signature string `xml:"signature-algorithm"`
			Key       struct {
				Type string `xml:"type,attr"`
				Bits int    `xml:"bits,attr"`
			} `xml:"pk"`
			SelfSigned string `xml:"self-signed"`
			Expired    string `xml:"expired"`
		} `xml:"certificates>certificate"`
	} `xml:"ssltest"`
}

func sslscan(ctx context.Context, dir string, e *tlstest.Endpoint) ([]string, gauge.Cost, error) {
	file := filepath.Join(dir, "sslscan.xml")
	_ = os.Remove(file)
	_, port, _ := net.SplitHostPort(e.Addr)
	cost, err := gauge.Run(ctx, nil, nil, "sslscan", "--no-colour", "--xml="+file, "--sni-name=shop.test", "127.0.0.1:"+port)
	if err != nil {
		return nil, cost, err
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, cost, err
	}
	var r sslReport
	if err := xml.Unmarshal(b, &r); err != nil {
		return nil, cost, fmt.Errorf("sslscan's answer: %w", err)
	}
	return r.words(), cost, nil
}

func (r *sslReport) words() []string {
	said := map[string]bool{}
	for _, p := range r.Test.Protocols {
		switch {
		case p.Type == "ssl" && p.Enabled == 1:
			said["tls-old-protocol:ssl"] = true
		case p.Enabled == 1 && (p.Version == "1.0" || p.Version == "1.1"):
			said["tls-old-protocol"] = true
		case p.Version == "1.3" && p.Enabled == 0:
			said["tls-no-13"] = true
		}
	}
	pfs, without, first := false, false, ""
	for _, c := range r.Test.Ciphers {
		if c.Version == "TLSv1.3" {
			continue
		}
		fs := strings.HasPrefix(c.Cipher, "ECDHE") || strings.HasPrefix(c.Cipher, "DHE")
		pfs, without = pfs || fs, without || !fs
		if first == "" {
			first = c.Cipher
		}
		for sign, weak := range map[string]string{"RC4": "rc4", "3DES": "block64", "DES-CBC3": "block64", "NULL": "null", "ADH": "anon", "AECDH": "anon", "EXP": "export"} {
			if strings.Contains(c.Cipher, sign) {
				said["tls-weak-cipher:"+weak] = true
			}
		}
		if strings.HasPrefix(c.Cipher, "DES-CBC-") || strings.HasSuffix(c.Cipher, "_DES_CBC_SHA") {
			said["tls-weak-cipher:des"] = true
		}
		if c.DHE > 0 && c.DHE < 2048 {
			said["tls-weak-cipher:dhe"] = true
		}
		if c.Curve > 0 && c.Curve < 224 {
			said["tls-weak-cipher:curve"] = true
		}
	}
	for _, g := range r.Test.Groups {
		if g.Bits > 0 && g.Bits < 112 {
			said["tls-weak-cipher:curve"] = true
		}
	}
	if without {
		said["tls-no-forward-secrecy"] = !pfs
		said["tls-no-forward-secrecy:also-without"] = pfs
		said["tls-no-forward-secrecy:not-preferred"] = pfs && !strings.Contains(first, "DHE")
	}
	said["tls-compression"] = r.Test.Compression.Supported == 1
	said["tls-renegotiation"] = r.Test.Reneg.Secure == 0
	for _, c := range r.Test.Certificates {
		said["tls-expired"] = said["tls-expired"] || c.Expired == "true"
		said["tls-self-signed"] = said["tls-self-signed"] || c.SelfSigned == "true"
		said["tls-weak-key"] = said["tls-weak-key"] || c.Key.Type == "RSA" && c.Key.Bits < 2048
		s := strings.ToLower(c.Signature)
		said["tls-weak-signature"] = said["tls-weak-signature"] || strings.HasPrefix(s, "sha1") || strings.HasPrefix(s, "md5")
	}
	return words(said)
}

func words(said map[string]bool) []string {
	var out []string
	for w, ok := range said {
		if ok {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out
}

// line is one finding of testssl.sh.
type line struct{ ID, Severity, Finding string }

// testssl runs the parts of testssl.sh that look for what is planted: its
// whole run asks for much else and takes twice as long.
func testssl(ctx context.Context, program, dir, authority string, e *tlstest.Endpoint) ([]string, gauge.Cost, error) {
	file := filepath.Join(dir, "testssl.json")
	_ = os.Remove(file)
	_, port, _ := net.SplitHostPort(e.Addr)
	cost, err := gauge.Run(ctx, nil, nil, program, "--quiet", "--warnings", "off", "--color", "0", "--nodns", "none", "--ip", "127.0.0.1",
		"--connect-timeout", "5", "--openssl-timeout", "5", "--add-ca", authority, "--jsonfile", file,
		"-p", "-s", "-f", "-S", "-P", "-R", "-C", "-W", "-F", "-J", "-4", "shop.test:"+port)
	if code := gauge.ExitCode(err); code < 0 || code > 200 { // its code is the number of findings
		return nil, cost, err
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, cost, err
	}
	var lines []line
	if err := json.Unmarshal(b, &lines); err != nil {
		return nil, cost, fmt.Errorf("testssl.sh's answer: %w", err)
	}
	return judgeLines(lines), cost, nil
}

func judgeLines(lines []line) []string {
	said := map[string]bool{}
	for _, l := range lines {
		id, bad := strings.Fields(l.ID + " ")[0], !slices.Contains([]string{"OK", "INFO", "DEBUG", "WARN"}, l.Severity)
		text := strings.ToLower(l.Finding)
		mark := func(w string, ok bool) { said[w] = said[w] || ok }
		switch {
		case id == "SSLv2" || id == "SSLv3":
			mark("tls-old-protocol:ssl", bad)
		case id == "TLS1" || id == "TLS1_1":
			mark("tls-old-protocol", bad)
		case id == "TLS1_3":
			mark("tls-no-13", strings.HasPrefix(text, "not offered"))
		case id == "cipherlist_NULL":
			mark("tls-weak-cipher:null", bad)
		case id == "cipherlist_aNULL":
			mark("tls-weak-cipher:anon", bad)
		case id == "cipherlist_EXPORT" || id == "FREAK":
			mark("tls-weak-cipher:export", bad)
		case id == "cipherlist_LOW":
			mark("tls-weak-cipher:des", bad)
			mark("tls-weak-cipher:rc4", bad)
		case id == "RC4":
			mark("tls-weak-cipher:rc4", bad)
		case id == "SWEET32" || id == "cipherlist_3DES_IDEA":
			mark("tls-weak-cipher:block64", bad)
		case strings.HasPrefix(id, "LOGJAM") || id == "DH_groups" || id == "PFS_dhe":
			mark("tls-weak-cipher:dhe", bad)
		case id == "PFS_ECDHE_curves":
			mark("tls-weak-cipher:curve", bad)
		case id == "PFS":
			mark("tls-no-forward-secrecy", bad)
		case strings.HasPrefix(id, "cipher_negotiated"), id == "cipher_order", strings.HasPrefix(id, "cipherlist_AVERAGE"), strings.HasPrefix(id, "cipherlist_GOOD"):
			mark("tls-no-forward-secrecy:not-preferred", bad)
			mark("tls-no-forward-secrecy:also-without", bad)
		case id == "CRIME_TLS":
			mark("tls-compression", bad)
		case id == "secure_renego":
			mark("tls-renegotiation", bad)
		case strings.HasPrefix(id, "cert_expirationStatus"), strings.HasPrefix(id, "cert_notAfter"), strings.HasPrefix(id, "cert_validityPeriod"):
			mark("tls-expired", bad && strings.Contains(text, "expired"))
			mark("tls-expired:not-yet", bad && !strings.Contains(text, "expired") && strings.Contains(text, "not"))
			mark("tls-expiring", bad && !strings.Contains(text, "expired"))
		case strings.HasPrefix(id, "cert_trust"):
			mark("tls-name", bad)
			mark("tls-name:no-names", bad)
		case strings.HasPrefix(id, "cert_subjectAltName"):
			mark("tls-name:no-names", bad)
		case strings.HasPrefix(id, "cert_chain_of_trust"):
			mark("tls-self-signed", bad && strings.Contains(text, "self signed)"))
			mark("tls-chain:incomplete", bad && strings.Contains(text, "incomplete"))
			mark("tls-chain:untrusted", bad && strings.Contains(text, "self signed ca"))
			mark("tls-chain:intermediate-expired", bad && strings.Contains(text, "expired"))
			mark("tls-chain:usage", bad)
		case strings.HasPrefix(id, "cert_extKeyUsage"), strings.HasPrefix(id, "cert_extendedKeyUsage"):
			mark("tls-chain:usage", bad)
		case strings.HasPrefix(id, "cert_keySize"):
			mark("tls-weak-key", bad)
		case strings.HasPrefix(id, "cert_signatureAlgorithm"):
			mark("tls-weak-signature", bad)
		}
	}
	return words(said)
}
