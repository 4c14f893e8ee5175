package inject

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// XPath asks whether a value becomes a part of a query on XML.
var XPath = &check.Check{
	Name: "xpath", Level: wire.Active, Severity: check.High, CWE: 643,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return probe.Each(ctx, p, expressed, func(ctx context.Context, t *probe.Target) error {
			pairs := xpathPairs
			if codeName.MatchString(t.Sample) {
				pairs = append(pairs[:len(pairs):len(pairs)], xpathName)
			}
			_, err := tryAll(ctx, p, t, pairs, nil)
			return err
		})
	},
}

// xpathName is for a value that is the name of an element.
var xpathName = &probe.Pair{Name: "xpath, name", Habit: bareLoud, Gate: wordTab, Same: list(xpathNameTrue), Other: list(xpathNameFalse)}

// same and other are conditions with equal and unequal words.
func condition(format func(v, a, b string) string, equal bool) func(string, *probe.Rand) string {
	return func(v string, r *probe.Rand) string {
		a, b := words(r)
		if equal {
			b = a
		}
		return format(v, a, b)
	}
}

// true() and false() are functions of XPath alone: a database refuses them.
var (
	xpathApos       = func(v, a, b string) string { return v + "' and true() and '" + a + "'='" + b }
	xpathQuote      = func(v, a, b string) string { return v + `" and true() and "` + a + `"="` + b }
	xpathCall       = func(v, a, b string) string { return v + "') and true() and contains('" + a + "','" + b }
	xpathCallQuote  = func(v, a, b string) string { return v + `") and true() and contains("` + a + `","` + b }
	xpathTrue       = probe.Ship("xpath-true", condition(xpathApos, true))
	xpathFalse      = probe.Ship("xpath-false", condition(xpathApos, false))
	xpathQuoteTrue  = probe.Ship("xpath-quote-true", condition(xpathQuote, true))
	xpathQuoteFalse = probe.Ship("xpath-quote-false", condition(xpathQuote, false))
	xpathCallTrue   = probe.Ship("xpath-call-true", condition(xpathCall, true))
	xpathCallFalse  = probe.Ship("xpath-call-false", condition(xpathCall, false))
	xpathCallsTrue  = probe.Ship("xpath-calls-true", condition(xpathCallQuote, true))
	xpathCallsFalse = probe.Ship("xpath-calls-false", condition(xpathCallQuote, false))
	// A second predicate, for programs that take "and" out, and one behind a name
	// that the program takes for an element's.
	xpathNextTrue   = probe.Ship("xpath-next-true", func(v string, r *probe.Rand) string { return v + "'][true()]['" + r.Letters(2) })
	xpathNextFalse  = probe.Ship("xpath-next-false", func(v string, r *probe.Rand) string { return v + "'][false()]['" + r.Letters(2) })
	xpathNextsTrue  = probe.Ship("xpath-nexts-true", func(v string, r *probe.Rand) string { return v + `"][true()]["` + r.Letters(2) })
	xpathNextsFalse = probe.Ship("xpath-nexts-false", func(v string, r *probe.Rand) string { return v + `"][false()]["` + r.Letters(2) })
	xpathNameTrue   = probe.Ship("xpath-name-true", func(v string, _ *probe.Rand) string { return v + "[true()]" })
	xpathNameFalse  = probe.Ship("xpath-name-false", func(v string, _ *probe.Rand) string { return v + "[false()]" })
	xpathOne        = probe.Ship("xpath-number-one", forNumbers(func(v string, _ *probe.Rand) string { return v + "*number(1)" }))
	xpathNone       = probe.Ship("xpath-number-none", forNumbers(func(v string, r *probe.Rand) string { return v + "*number('" + r.Letters(4) + "')" }))
)

var xpathPairs = []*probe.Pair{
	{Name: "xpath, single quotes", Habit: &probe.Habit{Ends: "'", Doubled: probe.Broken, Whole: true}, Same: list(xpathTrue), Other: list(xpathFalse)},
	{Name: "xpath, double quotes", Habit: &probe.Habit{Ends: `"`, Doubled: probe.Broken, Whole: true}, Same: list(xpathQuoteTrue), Other: list(xpathQuoteFalse)},
	{Name: "xpath, function", Habit: &probe.Habit{Ends: "'", Doubled: probe.Broken, Part: true}, Same: list(xpathCallTrue), Other: list(xpathCallFalse)},
	{Name: "xpath, function, double quotes", Habit: &probe.Habit{Ends: `"`, Doubled: probe.Broken, Part: true}, Same: list(xpathCallsTrue), Other: list(xpathCallsFalse)},
	{Name: "xpath, next predicate", Habit: &probe.Habit{Ends: "'", Doubled: probe.Broken, Loud: true, Whole: true}, Same: list(xpathNextTrue), Other: list(xpathNextFalse)},
	{Name: "xpath, next predicate, double quotes", Habit: &probe.Habit{Ends: `"`, Doubled: probe.Broken, Loud: true, Whole: true}, Same: list(xpathNextsTrue), Other: list(xpathNextsFalse)},
	{Name: "xpath, number", Habit: bare, Gate: sqlTimesOne, Same: list(xpathOne), Other: list(xpathNone)},
}
