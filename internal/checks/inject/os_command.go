package inject

import (
	"context"
	"strconv"

	"miseban/internal/check"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// OSCommand asks whether a value reaches the command line of the server.
var OSCommand = &check.Check{
	Name: "os-command", Level: wire.Active, Severity: check.Critical, CWE: 78,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return probe.Each(ctx, p, expressed, func(ctx context.Context, t *probe.Target) error {
			pairs := commandPairs
			if numeric(t.Sample) {
				pairs = commandNumbers
			}
			if found, err := tryAll(ctx, p, t, pairs, commandSums); err != nil || found {
				return err
			}
			return commandTimed(ctx, p, t)
		})
	},
}

// The values expand to nothing or to a word in a shell. They end no command and
// begin none, so that the rest of the line stays what it was.
var (
	// ${x:-} is empty where x is not set: bare and between double quotes.
	commandEmpty = probe.Ship("command-empty", func(v string, r *probe.Rand) string {
		a, b := r.Split(v)
		return a + "${" + r.Letters(6) + ":-}" + b
	})
	commandWord = probe.Ship("command-word", func(v string, r *probe.Rand) string {
		a, b := r.Split(v)
		return a + "${" + r.Letters(6) + ":-" + r.Letters(5) + "}" + b
	})
	// The same behind a single quote, which is opened again.
	commandQuotedEmpty = probe.Ship("command-quoted-empty", func(v string, r *probe.Rand) string {
		a, b := r.Split(v)
		return a + "'${" + r.Letters(6) + ":-}'" + b
	})
	commandQuotedWord = probe.Ship("command-quoted-word", func(v string, r *probe.Rand) string {
		a, b := r.Split(v)
		return a + "'${" + r.Letters(6) + ":-" + r.Letters(5) + "}'" + b
	})
	// Backticks, for programs that take the dollar out.
	commandTicksEmpty = probe.Ship("command-ticks-empty", func(v string, r *probe.Rand) string {
		a, b := r.Split(v)
		return a + "`printf ''`" + b
	})
	commandTicksWord = probe.Ship("command-ticks-word", func(v string, r *probe.Rand) string {
		a, b := r.Split(v)
		return a + "`printf " + r.Letters(5) + "`" + b
	})
	// A product that the shell works out in each of three contexts.
	commandProduct = probe.Ship("command-product", func(v string, r *probe.Rand) string {
		x, y := operands(r)
		return v + "$((" + x + "*" + y + "))'$((" + x + "*" + y + "))'"
	})
)

// inShellNumber is for a number that stands bare in a command: what is no number
// there is an error, with quotes or without.
var inShellNumber = &probe.Habit{Ends: probe.Either, Doubled: probe.Nothing, Number: true}

// inShell is for a value that stands bare in a command, or between double quotes.
var inShell = &probe.Habit{Ends: probe.Either, Doubled: probe.Nothing}

var commandPairs = []*probe.Pair{
	{Name: "command", Habit: inShell, Same: list(commandEmpty), Other: list(commandWord)},
	{Name: "command, single quotes", Habit: &probe.Habit{Ends: "'", Doubled: probe.Nothing}, Same: list(commandQuotedEmpty), Other: list(commandQuotedWord)},
	{Name: "command, backticks", Habit: inShell, Same: list(commandTicksEmpty), Other: list(commandTicksWord)},
}

var commandNumbers = []*probe.Pair{{Name: "command, number", Habit: inShellNumber, Same: list(commandEmpty), Other: list(commandWord)}, commandPairs[1], commandPairs[2]}

var commandSums = []*probe.Reckoned{{Value: commandProduct, Results: product}}

// operands are two numbers whose product has at least seven digits.
func operands(r *probe.Rand) (string, string) {
	return r.Digits(1200, 9999), r.Digits(1200, 9999)
}

// product is what operands come to, as programs write it.
func product(_ string, r *probe.Rand) []string {
	x, _ := strconv.Atoi(r.Digits(1200, 9999))
	y, _ := strconv.Atoi(r.Digits(1200, 9999))
	n := strconv.Itoa(x * y)
	return []string{n, grouped(n)}
}

// grouped writes a number with commas, as some template languages do.
func grouped(n string) string {
	out := ""
	for i, c := range n {
		if i > 0 && (len(n)-i)%3 == 0 {
			out += ","
		}
		out += string(c)
	}
	return out
}

// tryAll puts pairs where the value matters, and sums where something reads its
// signs. The first that holds is reported.
func tryAll(ctx context.Context, p *check.Pass, t *probe.Target, pairs []*probe.Pair, sums []*probe.Reckoned) (bool, error) {
	b, err := t.Baseline(ctx, p)
	if err != nil {
		return false, err
	}
	if b.Sensitive {
		for _, pair := range pairs {
			o, err := t.Differ(ctx, p, pair)
			if err != nil {
				return false, err
			}
			if o != nil {
				report(p, t, o)
				return true, nil
			}
		}
	}
	if len(sums) == 0 {
		return false, nil
	}
	r, err := t.Reflection(ctx, p)
	if err != nil || !r.Moved && !r.Blocked { // whatever reads the sums would have stumbled over the marker's signs
		return false, err
	}
	if b.Sensitive && !r.Blocked && len(r.Places) == 0 && !b.Echoes() {
		return false, nil // the pairs have said it, and no result could show
	}
	for _, k := range sums {
		if found, err := sum(ctx, p, t, k); err != nil || found {
			return found, err
		}
	}
	return false, nil
}

// sum reports that the result of what k asks for appears.
func sum(ctx context.Context, p *check.Pass, t *probe.Target, k *probe.Reckoned, opts ...probe.Option) (bool, error) {
	o, err := t.Shows(ctx, p, k, opts...)
	if err != nil || o == nil {
		return false, err
	}
	report(p, t, o)
	return true, nil
}
