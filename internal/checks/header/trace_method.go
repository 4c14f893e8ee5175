package header

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// echoName and echoValue are what must come back before TRACE counts as answered.
const (
	echoName  = "X-Miseban-Echo"
	echoValue = "echo-7c1f0a52"
)

// TraceMethod asks whether the server repeats requests (TRACE). A status alone
// says nothing: many shops answer every method with their top page.
var TraceMethod = &check.Check{
	Name: "trace-method", Level: wire.Safe, Severity: check.Low, CWE: 749,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		u := *p.Site.Start
		u.Path, u.RawPath, u.RawQuery, u.Fragment = "/", "", "", ""
		ans, err := p.Do(ctx, &wire.Request{
			Method: "TRACE", URL: &u, Fresh: true, MaxBody: 16 << 10, // Fresh: an echo must not carry a session
			Header: map[string][]string{echoName: {echoValue}}, Origin: wire.Origin{Why: "does TRACE come back"},
		})
		if err != nil {
			return err
		}
		if ans.Challenge == "" {
			p.Examined(ans.Ex)
		}
		body := string(ans.Ex.Body)
		if ans.Ex.Status == 200 && strings.HasPrefix(strings.TrimSpace(body), "TRACE ") &&
			strings.Contains(strings.ToLower(body), strings.ToLower(echoName+": "+echoValue)) {
			p.Report(ans.Ex, u.Hostname(), nil).Excerpt = "TRACE / → 200\n" + echoName + ": " + echoValue
		}
		return nil
	},
}
