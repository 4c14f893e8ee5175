package tls

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// Chain asks whether a visitor's browser can follow the certificates that were
// sent to an authority it trusts, whichever path over cross-signed ones it takes.
var Chain = &check.Check{
	Name: "tls-chain", Level: wire.Safe, Severity: check.High, CWE: 296,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		roots := rootsOf(p)
		if roots == nil {
			p.Unsure("この機器には信頼する認証局の一覧がないため、証明書の発行元を確かめられませんでした。", nil)
		}
		return judgeChains(ctx, p, func(e *endpoint, chain []*certificate) []fault {
			leaf := chain[0]
			if leaf.x == nil {
				unread(p, e)
			}
			if roots == nil || leaf.x == nil || leaf.selfSigned() {
				return nil // a self-signed one is tls-self-signed's
			}
			err := follow(chain, roots, p.Site.Now)
			if err == nil || slices.ContainsFunc(chain, func(c *certificate) bool { return c.signature != "" && !c.selfIssued }) {
				return nil // a weak signature is refused as well, and tls-weak-signature speaks of it
			}
			kase, severity := whyUntrusted(err, chain, p.Site)
			top := last(chain)
			return []fault{{kase: kase, severity: severity, args: i18n.Args{"subject": leaf.subject, "issuer": leaf.issuer, "missing": top.issuer}}}
		})
	},
}

// last follows the issuers from the first certificate as far as the sent ones go.
func last(chain []*certificate) *certificate {
	at := chain[0]
	for range chain {
		next := at
		for _, c := range chain[1:] {
			if c != at && c.subject == at.issuer && !at.selfIssued {
				next = c
			}
		}
		if next == at {
			break
		}
		at = next
	}
	return at
}

func whyUntrusted(err error, chain []*certificate, site *check.Site) (string, check.Severity) {
	if invalid := (x509.CertificateInvalidError{}); errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage {
		return "usage", check.Medium
	}
	for _, c := range chain[1:] {
		if site.Now.After(c.notAfter) {
			return "intermediate-expired", check.High
		}
	}
	if top := last(chain); !top.selfIssued && top.x != nil && len(top.x.IssuingCertificateURL) > 0 {
		return "incomplete", check.Medium // most browsers fetch it themselves; apps and payment notices do not
	}
	return "untrusted", check.High
}
