package dns

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// DMARC asks whether receivers are told what to do with mail that only claims
// to come from the shop (RFC 7489).
var DMARC = &check.Check{
	Name: "dmarc", Level: wire.Safe, Severity: check.Medium, CWE: 290,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:L/VA:N/SC:N/SI:L/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.DNS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return eachMailZone(ctx, p, func(z *zone) error {
			a, err := ask(ctx, p, "_dmarc."+z.domain, "TXT", "DMARC")
			if err != nil {
				return err
			}
			report := func(kase string, s check.Severity, args i18n.Args) {
				f := p.Report(nil, z.domain, args)
				f.Case, f.Severity = kase, s
			}
			var records []string
			for _, t := range a.Values("TXT") {
				if tag, _, _ := strings.Cut(t, ";"); strings.EqualFold(strings.ReplaceAll(tag, " ", ""), "v=dmarc1") {
					records = append(records, t)
				}
			}
			if len(records) == 0 {
				report("", check.Medium, nil)
				return nil
			}
			d, err := parseDMARC(records[0])
			switch {
			case len(records) > 1 || err != nil:
				report("invalid", check.Medium, i18n.Args{"record": strings.Join(records, " / ")})
			case d.policy == "none" && d.reports == "":
				report("unwatched", check.Low, i18n.Args{"record": records[0]})
			case d.policy == "none":
				report("watching", check.Info, i18n.Args{"record": records[0]})
			case d.subdomains == "none":
				report("subdomains", check.Low, i18n.Args{"record": records[0]})
			case d.percent < 100:
				report("partly", check.Info, i18n.Args{"record": records[0], "percent": strconv.Itoa(d.percent)})
			}
			return nil
		})
	},
}

// dmarc is what a record says.
type dmarc struct {
	policy, subdomains string
	percent            int
	reports            string
}

var errDMARC = errors.New("not a DMARC record")

// parseDMARC reads a record; unknown tags are passed over, as receivers do.
func parseDMARC(record string) (*dmarc, error) {
	d := &dmarc{percent: 100}
	for i, tag := range strings.Split(record, ";") {
		name, value, ok := strings.Cut(tag, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if i == 0 {
			if name != "v" || value != "DMARC1" {
				return nil, errDMARC
			}
			continue
		}
		if !ok && name != "" {
			return nil, errDMARC
		}
		switch name {
		case "p":
			d.policy = strings.ToLower(value)
		case "sp":
			d.subdomains = strings.ToLower(value)
		case "rua":
			d.reports = value
		case "pct":
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 || n > 100 {
				return nil, errDMARC
			}
			d.percent = n
		}
	}
	if d.policy == "" && d.reports != "" {
		d.policy = "none" // RFC 7489, 6.6.3
	}
	for _, p := range []string{d.policy, d.subdomains} {
		switch p {
		case "none", "quarantine", "reject":
		case "":
			if d.policy == "" {
				return nil, errDMARC
			}
		default:
			return nil, errDMARC
		}
	}
	return d, nil
}
