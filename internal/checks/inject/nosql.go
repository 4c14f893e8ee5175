package inject

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// NoSQL asks whether a value becomes a part of the query of a document database.
var NoSQL = &check.Check{
	Name: "nosql", Level: wire.Active, Severity: check.High, CWE: 943,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return probe.Each(ctx, p, expressed, func(ctx context.Context, t *probe.Target) error {
			pairs := nosqlTexts
			if numeric(t.Sample) {
				pairs = nosqlNumbers
			}
			if op := nosqlOperator(t); op != nil {
				pairs = append([]*probe.Pair{op}, pairs...)
			}
			for _, pair := range pairs {
				o, err := t.Differ(ctx, p, pair)
				if err != nil {
					return err
				}
				if o == nil {
					continue
				}
				if source := nosqlSource[pair]; source != nil { // a program that works texts out as well is no database
					if o, err := t.Differ(ctx, p, source); err != nil || o != nil {
						return err
					}
				}
				report(p, t, o)
				return nil
			}
			return nil
		})
	},
}

// The operators only ever ask for equality: none widens a query.
var (
	nosqlEqual   = probe.Ship("nosql-equal", func(v string, _ *probe.Rand) string { return v })
	nosqlUnequal = probe.Ship("nosql-unequal", func(v string, r *probe.Rand) string { return r.Like(v) })
	nosqlStrange = probe.Ship("nosql-strange", func(v string, _ *probe.Rand) string { return v })

	// Conditions of a script between quotes; "==" and "===" are no SQL.
	nosqlTrue       = probe.Ship("nosql-true", condition(func(v, a, b string) string { return v + "'&&'" + a + "'==='" + b }, true))
	nosqlFalse      = probe.Ship("nosql-false", condition(func(v, a, b string) string { return v + "'&&'" + a + "'==='" + b }, false))
	nosqlQuoteTrue  = probe.Ship("nosql-quote-true", condition(func(v, a, b string) string { return v + `"&&"` + a + `"==="` + b }, true))
	nosqlQuoteFalse = probe.Ship("nosql-quote-false", condition(func(v, a, b string) string { return v + `"&&"` + a + `"==="` + b }, false))
	nosqlNumTrue    = probe.Ship("nosql-number-true", forNumbers(condition(func(v, a, b string) string { return v + "&&'" + a + "'==='" + b + "'" }, true)))
	nosqlNumFalse   = probe.Ship("nosql-number-false", forNumbers(condition(func(v, a, b string) string { return v + "&&'" + a + "'==='" + b + "'" }, false)))

	// Another member with the same value in the text of a query, and with another.
	nosqlMember      = probe.Ship("nosql-member", func(v string, r *probe.Rand) string { return v + `","$comment":"` + r.Letters(5) })
	nosqlMemberWrong = probe.Ship("nosql-member-wrong", func(v string, r *probe.Rand) string { return v + `","` + r.Letters(6) + `":"` + r.Letters(5) })
)

// A comment beside a number in the text of a query, and in one beside an operator.
var (
	nosqlBeside      = probe.Ship("nosql-beside", forNumbers(func(v string, r *probe.Rand) string { return v + `,"$comment":"` + r.Letters(5) + `"` }))
	nosqlBesideWrong = probe.Ship("nosql-beside-wrong", forNumbers(func(v string, r *probe.Rand) string { return v + `,"` + r.Letters(6) + `":"` + r.Letters(5) + `"` }))
	nosqlBehind      = probe.Ship("nosql-behind", forNumbers(func(v string, r *probe.Rand) string { return v + `},"$comment":{"` + r.Letters(5) + `":1` }))
	nosqlBehindWrong = probe.Ship("nosql-behind-wrong", forNumbers(func(v string, r *probe.Rand) string { return v + `},"` + r.Letters(6) + `":{"` + r.Letters(5) + `":1` }))
)

var (
	nosqlTexts = []*probe.Pair{
		{Name: "nosql script, single quotes", Habit: &probe.Habit{Ends: "'", Doubled: probe.Broken, Escapes: true, Whole: true}, Same: list(nosqlTrue), Other: list(nosqlFalse)},
		{Name: "nosql script, double quotes", Habit: &probe.Habit{Ends: `"`, Doubled: probe.Broken, Escapes: true, Whole: true}, Same: list(nosqlQuoteTrue), Other: list(nosqlQuoteFalse)},
		{Name: "nosql text", Habit: &probe.Habit{Ends: `"`, Doubled: probe.Broken}, Same: list(nosqlMember), Other: list(nosqlMemberWrong)},
	}
	// nosqlSource are the pairs of who reads the whole as source, by those that hold there too.
	nosqlSource  = map[*probe.Pair]*probe.Pair{nosqlTexts[0]: codeTexts[2], nosqlTexts[1]: codeTexts[3]}
	nosqlNumbers = []*probe.Pair{
		{Name: "nosql script, number", Habit: bare, Gate: sqlTimesOne, Same: list(nosqlNumTrue), Other: list(nosqlNumFalse)},
		{Name: "nosql number", Habit: bareLoud, Same: list(nosqlBeside), Other: list(nosqlBesideWrong)},
		{Name: "nosql number, operator", Habit: bareLoud, Same: list(nosqlBehind), Other: list(nosqlBehindWrong)},
	}
)

// nosqlOperator gives an object with an operator instead of a text: $eq finds
// what the text finds, and an operator that does not exist finds nothing.
func nosqlOperator(t *probe.Target) *probe.Pair {
	p := &probe.Pair{Name: "nosql operator", Same: list(nosqlEqual), Other: list(nosqlUnequal, nosqlStrange)}
	switch t.Via {
	case probe.ViaQuery, probe.ViaForm, probe.ViaMultipart:
		p.Per = map[*probe.Value][]probe.Option{
			nosqlEqual: {probe.As(t.Name + "[$eq]")}, nosqlUnequal: {probe.As(t.Name + "[$eq]")}, nosqlStrange: {probe.As(t.Name + "[qeq]")},
		}
	case probe.ViaJSON:
		p.Tree = map[*probe.Value]func(string) any{
			nosqlEqual: operator("$eq"), nosqlUnequal: operator("$eq"), nosqlStrange: operator("qeq"),
		}
	default:
		return nil
	}
	return p
}

func operator(name string) func(string) any {
	return func(v string) any { return map[string]any{name: v} }
}
