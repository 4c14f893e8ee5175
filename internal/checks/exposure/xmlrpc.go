package exposure

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// XMLRPC asks whether WordPress still takes remote calls in its old way, which
// lets many passwords be tried with one request.
var XMLRPC = &check.Check{
	Name: "xmlrpc", Level: wire.Safe, Severity: check.Low, CWE: 307,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		r, ok, err := onWordPress(ctx, p)
		if !ok || err != nil {
			return err
		}
		finds, err := look(ctx, p, r, r.paths(candidate{path: "xmlrpc.php"}), 1<<10, provesXMLRPC)
		report(p, finds)
		return err
	},
}

// provesXMLRPC knows the sentence with which WordPress answers a GET. It says
// it with 405, and some servers in front make 200 of it.
func provesXMLRPC(pg *page.Page) *proof {
	b := strings.TrimSpace(string(pg.Ex.Body))
	if pg.Challenge != "" || !strings.HasPrefix(b, "XML-RPC server accepts POST requests only.") {
		return nil
	}
	return &proof{Args: i18n.Args{}, Excerpt: clip(b, 60)}
}

// onWordPress says whether WordPress runs, or may run for all we know: where no
// software was recognised, a few requests settle it. Where they show nothing,
// the question does not arise.
func onWordPress(ctx context.Context, p *check.Pass) (*running, bool, error) {
	r, err := check.Ask(ctx, p, runningFact)
	if err != nil {
		return nil, false, err
	}
	if r.elsewhere(p) {
		return r, false, nil
	}
	if !r.has(wordpress) {
		p.NotApplicable("WordPress は使われていないため、対象外です。", nil)
	}
	return r, !r.known || r.has(wordpress), nil
}
