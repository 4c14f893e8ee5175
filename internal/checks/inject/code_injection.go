package inject

import (
	"context"
	"regexp"
	"strconv"

	"miseban/internal/check"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// CodeInjection asks whether a value becomes the source of the program.
var CodeInjection = &check.Check{
	Name: "code-injection", Level: wire.Active, Severity: check.Critical, CWE: 94,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return probe.Each(ctx, p, expressed, func(ctx context.Context, t *probe.Target) error {
			pairs, sums := codeTexts, codeSums
			switch {
			case numeric(t.Sample):
				pairs, sums = codeNumbers, codeNumberSums
			case codeName.MatchString(t.Sample):
				pairs = codeNames
			}
			if t.InJSON() {
				if found, err := sum(ctx, p, t, codeObjectSum, probe.Bare); err != nil || found {
					return err
				}
				pairs = append([]*probe.Pair{codeObject}, pairs...)
			}
			if found, err := tryAll(ctx, p, t, pairs, sums); err != nil || found {
				return err
			}
			return codeTimed(ctx, p, t)
		})
	},
}

func joined(left, right string) func(string, *probe.Rand) string {
	return func(v string, r *probe.Rand) string {
		a, b := r.Split(v)
		return a + left + right + b
	}
}

// with puts a random word between the halves.
func with(left, right string) func(string, *probe.Rand) string {
	return func(v string, r *probe.Rand) string {
		a, b := r.Split(v)
		return a + left + r.Letters(5) + right + b
	}
}

// between puts a product between what ends a text and begins it again.
func between(left, right string) func(string, *probe.Rand) string {
	return func(v string, r *probe.Rand) string {
		x, y := operands(r)
		return v + left + x + "*" + y + right
	}
}

// codeName is what reads as the name of a member or a function.
var codeName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,40}$`)

var (
	// PHP and Perl join texts with a dot, which databases cannot read.
	codeDotJoin   = probe.Ship("code-dot", joined("'.'", ""))
	codeDotTwice  = probe.Ship("code-dot-twice", joined("'.''.'", ""))
	codeDotsTwice = probe.Ship("code-dots-twice", joined(`"."".""."`, ""))
	codeDotWord   = probe.Ship("code-dot-word", with("'.'", "'.'"))
	codeDotsJoin  = probe.Ship("code-dots", joined(`"."`, ""))
	codeDotsWord  = probe.Ship("code-dots-word", with(`"."`, `"."`))
	codeConcat    = probe.Ship("code-concat", joined("'.concat('", "').concat('"))
	codeConcatTo  = probe.Ship("code-concat-word", with("'.concat('", "').concat('"))
	codeConcats   = probe.Ship("code-concats", joined(`".concat("`, `").concat("`))
	codeConcatsTo = probe.Ship("code-concats-word", with(`".concat("`, `").concat("`))
	// The first member of a list of one: PHP, Python, JavaScript, Ruby and Perl, not SQL.
	codeTimesList = probe.Ship("code-times-list", forNumbers(func(v string, _ *probe.Rand) string { return v + "*[1][0]" }))
	codeTimesNone = probe.Ship("code-times-none", forNumbers(func(v string, _ *probe.Rand) string { return v + "*[0][0]" }))
	// The first member of a list in Perl, which has it in other signs.
	codeTimesSlice = probe.Ship("code-times-slice", forNumbers(func(v string, _ *probe.Rand) string { return v + "*(1)[0]" }))
	codeTimesEmpty = probe.Ship("code-times-empty", forNumbers(func(v string, _ *probe.Rand) string { return v + "*(0)[0]" }))
	// awk counts from one where a text begins; index is no function of SQL.
	codeTimesIndex = probe.Ship("code-times-index", forNumbers(func(v string, r *probe.Rand) string { a := r.Letters(3); return v + `*index("` + a + `","` + a + `")` }))
	codeTimesNever = probe.Ship("code-times-never", forNumbers(func(v string, r *probe.Rand) string {
		return v + `*index("` + r.Letters(3) + `","` + r.Letters(4) + `")`
	}))

	// Products for a number that comes back as it was sent: whether anything
	// reckons with it shows by nothing else. Each needs a list, or a function that
	// SQL does not know.
	codeProductList = probe.Ship("code-product-list", reckoning(func(v, x, y string) string { return v + "*[1," + x + "*" + y + "][1]" }))
	codeProductPerl = probe.Ship("code-product-perl", reckoning(func(v, x, y string) string { return v + "*(1," + x + "*" + y + ")[1]" }))
	codeProductAwk  = probe.Ship("code-product-awk", reckoning(func(v, x, y string) string { return v + `*index("a","a")*` + x + "*" + y }))

	// A name that the program takes for one of its own: a member of an object in
	// JavaScript and the languages of Java has itself for a value, and a function
	// of PHP can be asked for without being called. After a tab, which every
	// language drops, the name is the same.
	wordTab        = probe.Ship("word-tab", func(v string, _ *probe.Rand) string { return v + "\t" })
	codeMember     = probe.Ship("code-member", func(v string, _ *probe.Rand) string { return v + ".valueOf()" })
	codeMemberNone = probe.Ship("code-member-none", func(v string, r *probe.Rand) string { return v + ".value" + r.Letters(2) + "()" })
	codeAsked      = probe.Ship("code-asked", func(v string, _ *probe.Rand) string { return v + "(...)" })
	codeAskedNone  = probe.Ship("code-asked-none", func(v string, _ *probe.Rand) string { return v + "(..)" })

	// The first of a list of one object, for programs that read an object as source.
	codeObjectFirst   = probe.Ship("code-object-first", func(v string, _ *probe.Rand) string { return v })
	codeMemberProduct = probe.Ship("code-member-product", func(_ string, r *probe.Rand) string {
		x, y := operands(r)
		return "[1," + x + "*" + y + "][1]"
	})
	codeObjectNone = probe.Ship("code-object-none", func(v string, _ *probe.Rand) string { return v })

	// Python joins texts that stand side by side, also where one has a letter before it.
	codeRaw     = probe.Ship("code-raw", joined("' r'", ""))
	codeRawWord = probe.Ship("code-raw-word", with("' r'", ""))

	codeProductApos    = probe.Ship("code-product-apostrophe", between("'.(", ").'"))
	codeProductQuote   = probe.Ship("code-product-quote", between(`".(`, `)."`))
	codeProductConcat  = probe.Ship("code-product-concat", between("'.concat(", ").concat('"))
	codeProductConcats = probe.Ship("code-product-concats", between(`".concat(`, `).concat("`))
	// Between double quotes Perl works out what stands in @{[ ]}, and PHP and Perl what stands in ${ }.
	codeProductVar = probe.Ship("code-product-variable", func(v string, r *probe.Rand) string {
		x, y := operands(r)
		return v + "@{[" + x + "*" + y + "]}${print(" + x + "*" + y + ")}"
	})
)

// What languages do with quotes: in PHP and Perl two texts cannot stand side by
// side, in Ruby they can.
var (
	inSource       = &probe.Habit{Ends: "'", Doubled: probe.Broken, Loud: true}
	inSourceDouble = &probe.Habit{Ends: `"`, Doubled: probe.Broken, Loud: true}
	inPython       = &probe.Habit{Ends: "'", Doubled: probe.Nothing, Loud: true}
	inScript       = &probe.Habit{Ends: "'", Loud: true}
	inScriptDouble = &probe.Habit{Ends: `"`, Loud: true}
)

// Signs that a program drops would leave the joined text as it was; a lone
// quote, which no language can read, tells that apart.
var (
	codeTexts = []*probe.Pair{
		{Name: "code, single quotes and dots", Habit: inSource, Same: list(codeDotJoin, codeDotTwice), Other: list(codeDotWord), Broken: list(sqlQuoteWithin)},
		{Name: "code, double quotes and dots", Habit: inSourceDouble, Same: list(codeDotsJoin, codeDotsTwice), Other: list(codeDotsWord), Broken: list(sqlDoubleWithin)},
		{Name: "code, single quotes and concat", Habit: inScript, Same: list(codeConcat), Other: list(codeConcatTo), Broken: list(sqlQuoteWithin)},
		{Name: "code, double quotes and concat", Habit: inScriptDouble, Same: list(codeConcats), Other: list(codeConcatsTo), Broken: list(sqlDoubleWithin)},
		{Name: "code, single quotes side by side", Habit: inPython, Same: list(codeRaw), Other: list(codeRawWord), Broken: list(sqlQuoteWithin)},
	}
	codeNames = append(codeTexts[:len(codeTexts):len(codeTexts)],
		&probe.Pair{Name: "code, member", Habit: bare, Gate: wordTab, Same: list(codeMember), Other: list(codeMemberNone)},
		&probe.Pair{Name: "code, function", Habit: bare, Gate: wordTab, Same: list(codeAsked), Other: list(codeAskedNone)})
	codeObjectSum = &probe.Reckoned{Value: codeMemberProduct, Results: product}
	codeObject    = &probe.Pair{Name: "code, object", Habit: bare, Same: list(codeObjectFirst), Other: list(codeObjectNone),
		Per: map[*probe.Value][]probe.Option{codeObjectFirst: {probe.Around("[", "][0]")}, codeObjectNone: {probe.Around("[", "][1]")}}}
	codeNumbers = []*probe.Pair{
		{Name: "code, number and list", Habit: bare, Gate: sqlTimesOne, Same: list(codeTimesList), Other: list(codeTimesNone)},
		{Name: "code, number and slice", Habit: bare, Gate: sqlTimesOne, Same: list(codeTimesSlice), Other: list(codeTimesEmpty)},
		{Name: "code, number and index", Habit: &probe.Habit{Front: true}, Gate: sqlTimesOne, Same: list(codeTimesIndex), Other: list(codeTimesNever)},
	}
	codeNumberSums = []*probe.Reckoned{
		{Value: codeProductList, Results: multiplied}, {Value: codeProductPerl, Results: multiplied}, {Value: codeProductAwk, Results: multiplied},
	}
	codeSums = []*probe.Reckoned{
		{Value: codeProductApos, Habit: inSource, Results: product}, {Value: codeProductQuote, Habit: inSourceDouble, Results: product}, {Value: codeProductConcat, Habit: inScript, Results: product}, {Value: codeProductConcats, Habit: inScriptDouble, Results: product}, {Value: codeProductVar, Results: product},
	}
)

// plainNumber is v as a number that a program could reckon with; 0 for others.
func plainNumber(v string) int {
	n, err := strconv.Atoi(v)
	if err != nil || n > 1_000_000 {
		return 0
	}
	return n
}

// reckoning makes values for whole numbers; "" stands for: not here.
func reckoning(f func(v, x, y string) string) func(string, *probe.Rand) string {
	return func(v string, r *probe.Rand) string {
		if plainNumber(v) < 1 {
			return ""
		}
		x, y := operands(r)
		return f(v, x, y)
	}
}

// multiplied is what the operands come to with the number before them.
func multiplied(v string, r *probe.Rand) []string {
	x, _ := strconv.Atoi(r.Digits(1200, 9999))
	y, _ := strconv.Atoi(r.Digits(1200, 9999))
	n := strconv.Itoa(plainNumber(v) * x * y)
	return []string{n, grouped(n)}
}
