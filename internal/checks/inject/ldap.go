package inject

import (
	"context"
	"fmt"

	"miseban/internal/check"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// LDAP asks whether a value becomes a part of the filter that goes to a directory.
var LDAP = &check.Check{
	Name: "ldap", Level: wire.Active, Severity: check.High, CWE: 90,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return probe.Each(ctx, p, expressed, func(ctx context.Context, t *probe.Target) error {
			pairs := ldapPairs
			if codeName.MatchString(t.Sample) {
				pairs = append(pairs[:len(pairs):len(pairs)], ldapName)
			}
			_, err := tryAll(ctx, p, t, pairs, nil)
			return err
		})
	},
}

// ldapName is for a value that is the name of an attribute.
var ldapName = &probe.Pair{Name: "ldap, attribute", Habit: bare, Same: list(ldapPresent), Other: list(ldapAbsent), Broken: list(ldapTwice)}

// escaped writes a byte behind the first of v as a filter does: \74 for t. The
// first stays, so that no database reads the value as a number.
func escaped(change int) func(string, *probe.Rand) string {
	return func(v string, r *probe.Rand) string {
		write := func(at int) string { return v[:at] + fmt.Sprintf(`\%02x`, v[at]^byte(change)) + v[at+1:] }
		at := -1
		for i := 1; i < len(v); i++ {
			if v[i] < 0x80 && v[i] > ' ' && wire.Harmless(write(i)) == nil {
				at = i
				if r.Coin() {
					break
				}
			}
		}
		if at < 0 {
			return ""
		}
		return write(at)
	}
}

var (
	ldapEscaped = probe.Ship("ldap-escaped", escaped(0))
	// The same test of presence twice, and once for an attribute that nobody has.
	ldapPresent = probe.Ship("ldap-present", func(v string, _ *probe.Rand) string { return v + "=*)(" + v })
	ldapAbsent  = probe.Ship("ldap-absent", func(v string, r *probe.Rand) string { return v + "=*)(" + r.Letters(6) })
	// A filter that nobody can read; for a search that drops signs it is the same word twice.
	ldapTwice   = probe.Ship("ldap-twice", func(v string, _ *probe.Rand) string { return v + "=*)((" + v })
	ldapAnother = probe.Ship("ldap-another", escaped(3))
)

var ldapPairs = []*probe.Pair{
	{Name: "ldap", Habit: bare, Same: list(ldapEscaped), Other: list(ldapAnother)},
}
