package inject

import (
	"context"
	"fmt"
	"strconv"

	"miseban/internal/check"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// TemplateInjection asks whether a value becomes the source of a template.
var TemplateInjection = &check.Check{
	Name: "template-injection", Level: wire.Active, Severity: check.Critical, CWE: 1336,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return probe.Each(ctx, p, expressed, func(ctx context.Context, t *probe.Target) error {
			r, err := t.Reflection(ctx, p)
			if err != nil {
				return err
			}
			if len(r.Places) == 0 && !r.Reacts && !r.Blocked {
				return templateTimed(ctx, p, t)
			}
			if found, err := tryAll(ctx, p, t, templateConditions, nil); err != nil || found {
				return err
			}
			first := templateFirst
			if len(r.Places) == 0 {
				first = first[1:] // something minds the signs, but many at once could break it
			} else if !r.Moved && !r.Blocked {
				if found, err := sum(ctx, p, t, templateEvery); err != nil || found || !t.Moves(templateEvery.Value) {
					return err // all of it came back as any unknown text does
				}
			}
			for _, k := range first {
				if found, err := sum(ctx, p, t, k); err != nil || found {
					return err
				}
			}
			if len(r.Places) > 0 && !r.Moved && !r.Blocked && !t.Moves(templateAll) && !t.Moves(templateMore) {
				return nil
			}
			for _, k := range templateRest {
				if found, err := sum(ctx, p, t, k); err != nil || found {
					return err
				}
			}
			return nil
		})
	},
}

// template makes a value that asks each of the syntaxes for a product.
func template(forms ...string) func(string, *probe.Rand) string {
	return func(v string, r *probe.Rand) string {
		x, y := operands(r)
		m := r.Letters(3)
		s := v + m
		for _, f := range forms {
			s += fmt.Sprintf(f, x, y) + m
		}
		return s
	}
}

// templated is what template's product looks like between its letters.
func templated(_ string, r *probe.Rand) []string {
	n := product("", r)
	m := r.Letters(3)
	return []string{m + n[0] + m, m + n[1] + m}
}

var (
	templateAll   = probe.Ship("template-all", template("{{%s*%s}}", "${%s*%s}", "<%%=%s*%s%%>", "[[${%s*%s}]]"))
	templateBrace = probe.Ship("template-brace", template("{{%s*%s}}"))
	templateOne   = probe.Ship("template-one", template("{%s*%s}"))
	templateMore  = probe.Ship("template-more", template("@(%s*%s)", "[[%s*%s]]", "*{%s*%s}", "[%% %s*%s %%]"))
	templateBoth  = probe.Ship("template-every", template("{{%s*%s}}", "${%s*%s}", "<%%=%s*%s%%>", "[[${%s*%s}]]", "@(%s*%s)", "[[%s*%s]]", "*{%s*%s}", "[%% %s*%s %%]", "{%s*%s}"))
	templateBlock = probe.Ship("template-block", template("{%% if %s<%s %%}{%% endif %%}"))
	templateQuote = probe.Ship("template-quote", func(v string, r *probe.Rand) string {
		x, y := operands(r)
		return v + `"}}{{` + x + "*" + y + `}}{{"`
	})
	templateApos = probe.Ship("template-apostrophe", func(v string, r *probe.Rand) string {
		x, y := operands(r)
		return v + `'}}{{` + x + "*" + y + `}}{{'`
	})
	// Twig and Jinja join texts with a tilde.
	templateTilde  = probe.Ship("template-tilde", func(v string, r *probe.Rand) string { x, y := operands(r); return v + `"~(` + x + "*" + y + `)~"` })
	templateTildes = probe.Ship("template-tilde-apostrophe", func(v string, r *probe.Rand) string { x, y := operands(r); return v + `'~(` + x + "*" + y + `)~'` })
	// A condition in a template: no database looks for a text in another so.
	templateIn       = probe.Ship("template-in", templateHolds(`"`, true))
	templateNotIn    = probe.Ship("template-not-in", templateHolds(`"`, false))
	templateInApos   = probe.Ship("template-in-apostrophe", templateHolds("'", true))
	templateNotIApos = probe.Ship("template-not-in-apostrophe", templateHolds("'", false))
	// Go's templates know no products, but numbers to other bases.
	templateGo = probe.Ship("template-go", func(v string, r *probe.Rand) string {
		return v + `{{printf "v%x" ` + r.Digits(10_000_000, 99_999_999) + `}}`
	})
)

// templateHolds makes a condition that one text is part of another.
func templateHolds(quote string, holds bool) func(string, *probe.Rand) string {
	return func(v string, r *probe.Rand) string {
		part, whole := r.Letters(4), r.Letters(3)
		if holds {
			whole += part
		} else {
			whole += r.Letters(4)
		}
		return v + quote + " and " + quote + part + quote + " in " + quote + whole
	}
}

// templateConditions are for a value between quotes in a condition.
var templateConditions = []*probe.Pair{
	{Name: "template, condition", Habit: inScriptDouble, Same: list(templateIn), Other: list(templateNotIn)},
	{Name: "template, condition, single quotes", Habit: inScript, Same: list(templateInApos), Other: list(templateNotIApos)},
}

// vanished is what a block that prints nothing leaves between its letters.
func vanished(_ string, r *probe.Rand) []string {
	operands(r)
	m := r.Letters(3)
	return []string{m + m}
}

func hexed(_ string, r *probe.Rand) []string {
	n, _ := strconv.Atoi(r.Digits(10_000_000, 99_999_999))
	return []string{"v" + strconv.FormatInt(int64(n), 16)}
}

// inTemplate is for the text of a template, in which closing braces alone are text.
var inTemplate = &probe.Habit{Braces: true, Front: true}

// templateFirst hold the signs of all the syntaxes; the rest follow where one of
// them, or the marker, was not answered as an unknown text is.
var (
	templateEvery = &probe.Reckoned{Value: templateBoth, Results: templated}
	templateFirst = []*probe.Reckoned{{Value: templateAll, Results: templated}, {Value: templateMore, Results: templated}}
	templateRest  = []*probe.Reckoned{
		{Value: templateBrace, Habit: inTemplate, Results: templated},
		{Value: templateOne, Habit: inTemplate, Results: templated},
		{Value: templateBlock, Habit: inTemplate, Results: vanished},
		{Value: templateGo, Habit: inTemplate, Results: hexed},
		{Value: templateTilde, Habit: inScriptDouble, Results: product},
		{Value: templateTildes, Habit: inScript, Results: product},
		{Value: templateQuote, Habit: inScriptDouble, Results: product},
		{Value: templateApos, Habit: inScript, Results: product},
	}
)
