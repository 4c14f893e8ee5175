package inject

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// FileInclusion asks whether a value chooses what PHP runs as a part of itself.
var FileInclusion = &check.Check{
	Name: "file-inclusion", Level: wire.Active, Severity: check.Critical, CWE: 98,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return probe.Each(ctx, p, expressed, func(ctx context.Context, t *probe.Target) error {
			if numeric(t.Sample) || strings.ContainsAny(t.Sample, " @?&") || !fileSample.MatchString(t.Sample) && !fileName.MatchString(t.Name) {
				_, err := t.Baseline(ctx, p)
				return err
			}
			_, err := tryAll(ctx, p, t, inclusionPairs, nil)
			return err
		})
	},
}

// PHP's own wrapper opens the same file again; nothing else understands it.
var (
	includeWrapped = probe.Ship("include-wrapped", func(v string, _ *probe.Rand) string { return "php://filter/resource=" + v })
	includeStrange = probe.Ship("include-strange", func(v string, r *probe.Rand) string { return r.Letters(4) + "://filter/resource=" + v })
	includeMissing = probe.Ship("include-missing", func(v string, r *probe.Rand) string { return "php://filter/resource=" + r.Like(v) })
)

var inclusionPairs = []*probe.Pair{{Name: "file inclusion", Same: list(includeWrapped), Other: list(includeMissing, includeStrange)}}
