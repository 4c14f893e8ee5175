package inject

import (
	"strings"

	"miseban/internal/probe"
)

// The values for SQL. Each leaves a condition that selects the same rows as the
// original value, or none at all, wherever it is written: no value makes a
// condition wider. So no OR, no comment, no end of statement. Where a boolean
// stood in a list, IN ('x' AND …), MySQL would read 0 and find every text; so
// text is joined by adjacency instead, and what shall find nothing is NULL.

// numeric is for a number, and for a list of them.
func numeric(v string) bool {
	return v != "" && len(v) <= 15 && strings.Trim(v, "0123456789,") == "" && v[0] != ',' && v[len(v)-1] != ','
}

// forNumbers makes values for numbers only; "" stands for: not here.
func forNumbers(f func(v string, r *probe.Rand) string) func(string, *probe.Rand) string {
	return func(v string, r *probe.Rand) string {
		if !numeric(v) {
			return ""
		}
		return f(v, r)
	}
}

// named makes values for the names of columns only.
func named(f func(v string, r *probe.Rand) string) func(string, *probe.Rand) string {
	return func(v string, r *probe.Rand) string {
		if !codeName.MatchString(v) {
			return ""
		}
		return f(v, r)
	}
}

// times multiplies each number of a list.
func times(v, factor string) string { return strings.ReplaceAll(v, ",", factor+",") + factor }

// cut divides v for adjacency.
func cut(sign string) func(string, *probe.Rand) string {
	return func(v string, r *probe.Rand) string {
		a, b := r.Split(v)
		return a + sign + b
	}
}

func words(r *probe.Rand) (string, string) { return r.Letters(4), r.Letters(5) }

var (
	// Adjacent literals are one text in MySQL and, across a line, in PostgreSQL.
	sqlJoined       = probe.Ship("sql-joined", cut("'\n'"))
	sqlJoinedSpace  = probe.Ship("sql-joined-space", cut("' '"))
	sqlJoinedDouble = probe.Ship("sql-joined-double", cut("\"\n\""))
	// A doubled quote is a quote inside the text, a single one ends it.
	sqlDoubled       = probe.Ship("sql-doubled", cut("''"))
	sqlDoubledDouble = probe.Ship("sql-doubled-double", cut(`""`))
	sqlOneQuote      = probe.Ship("sql-one-quote", func(v string, r *probe.Rand) string { return v + r.Letters(2) + "'" })
	sqlOneDouble     = probe.Ship("sql-one-double", func(v string, r *probe.Rand) string { return v + r.Letters(2) + `"` })
	// One inside the text: a program that drops signs, or trims them at the end
	// (WordPress does both), takes it as it takes the repaired values.
	sqlQuoteWithin  = probe.Ship("sql-quote-within", cut("'"))
	sqlDoubleWithin = probe.Ship("sql-double-within", cut(`"`))
	// An end of a line without quotes is no text of SQL that goes on: who takes it
	// for the original value does not take quotes for the ends of texts either.
	sqlLineWithin = probe.Ship("sql-line-within", func(v string, r *probe.Rand) string { return r.Letters(2) + "\n" + v })
	// Two quotes that are apart are no text of any database, nor is their number odd.
	sqlTwoApart       = probe.Ship("sql-two-apart", func(v string, r *probe.Rand) string { return v + "'" + r.Letters(4) + "'" })
	sqlTwoDoubleApart = probe.Ship("sql-two-double-apart", func(v string, r *probe.Rand) string { return v + `"` + r.Letters(4) + `"` })
	sqlDoubledTwice   = probe.Ship("sql-doubled-twice", func(v string, r *probe.Rand) string { return v + "''" + r.Letters(3) + "''" })

	// SQLite takes a literal for the name of a collation; no other database does.
	sqlCollate            = probe.Ship("sql-collate", func(v string, _ *probe.Rand) string { return v + "'collate'binary" })
	sqlCollateWrong       = probe.Ship("sql-collate-wrong", func(v string, r *probe.Rand) string { return v + "'collate'bin" + r.Letters(3) })
	sqlCollateDouble      = probe.Ship("sql-collate-double", func(v string, _ *probe.Rand) string { return v + `"collate"binary` })
	sqlCollateDoubleWrong = probe.Ship("sql-collate-double-wrong", func(v string, r *probe.Rand) string { return v + `"collate"bin` + r.Letters(3) })

	// In a search. GROUP BY stands in no UPDATE or DELETE; the parenthesis of a
	// group of conditions is closed and opened again.
	sqlGroupTrue = probe.Ship("sql-group-true", func(v string, r *probe.Rand) string {
		a, b := words(r)
		return v + "%' group by 1 having '" + a + "' is not '" + b
	})
	sqlGroupFalse = probe.Ship("sql-group-false", func(v string, r *probe.Rand) string {
		a, b := words(r)
		return v + "%' group by 1 having '" + a + "' is '" + b
	})
	sqlLikeTrue = probe.Ship("sql-like-true", func(v string, r *probe.Rand) string {
		a, _ := words(r)
		return v + "%') and ('" + a + "' like '" + a
	})
	sqlLikeFalse = probe.Ship("sql-like-false", func(v string, r *probe.Rand) string {
		a, b := words(r)
		return v + "%') and ('" + a + "' like '" + b
	})

	// A number times one, and times NULL, which selects nothing; nullif is known to SQL only.
	sqlTimesOne   = probe.Ship("sql-times-one", forNumbers(func(v string, _ *probe.Rand) string { return times(v, "*1") }))
	sqlTimesNull  = probe.Ship("sql-times-null", forNumbers(func(v string, _ *probe.Rand) string { return times(v, "*null") }))
	sqlNullifOne  = probe.Ship("sql-nullif-one", forNumbers(func(v string, r *probe.Rand) string { return times(v, "*nullif(1,"+r.Digits(2, 99)+")") }))
	sqlNullifNull = probe.Ship("sql-nullif-null", forNumbers(func(v string, r *probe.Rand) string {
		n := r.Digits(2, 99)
		return times(v, "*nullif("+n+","+n+")")
	}))
	// DIV is known to MySQL only; elsewhere functions such as concat read NULL as "".
	sqlQuotedNull       = probe.Ship("sql-quoted-null", forNumbers(func(v string, _ *probe.Rand) string { return v + "' div null div '1" }))
	sqlDoubleQuotedNull = probe.Ship("sql-double-quoted-null", forNumbers(func(v string, _ *probe.Rand) string { return v + `" div null div "1` }))

	// An order by one more column that is the same for every row.
	sqlOrderMore  = probe.Ship("sql-order-more", func(v string, _ *probe.Rand) string { return v + ",(select null)" })
	sqlOrderWrong = probe.Ship("sql-order-wrong", func(v string, r *probe.Rand) string { return v + ",(select nul" + r.Letters(3) + ")" })
	// The same column as a value of its own, in a list of what to show.
	sqlColumnAgain = probe.Ship("sql-column-again", named(func(v string, _ *probe.Rand) string { return v + ",(select " + v + ")" }))
	// The same column once more where its name stands in quotes of its own.
	sqlTicksAgain = probe.Ship("sql-ticks-again", named(func(v string, _ *probe.Rand) string { return v + "`,`" + v }))
	sqlTicksWrong = probe.Ship("sql-ticks-wrong", named(func(v string, r *probe.Rand) string { return v + "`,`" + r.Letters(7) }))
	// Two commas are none: for a search that drops signs it is the same word twice.
	sqlTicksBroken  = probe.Ship("sql-ticks-broken", named(func(v string, _ *probe.Rand) string { return v + "`,,`" + v }))
	sqlQuotesBroken = probe.Ship("sql-quotes-broken", named(func(v string, _ *probe.Rand) string { return v + `",,"` + v }))
	sqlQuotesAgain  = probe.Ship("sql-quotes-again", named(func(v string, _ *probe.Rand) string { return v + `","` + v }))
	sqlQuotesWrong  = probe.Ship("sql-quotes-wrong", named(func(v string, r *probe.Rand) string { return v + `","` + r.Letters(7) }))
	// A limit with an offset.
	sqlOffsetNone = probe.Ship("sql-offset-none", forNumbers(func(v string, _ *probe.Rand) string { return v + " offset 0" }))
	sqlOffsetFar  = probe.Ship("sql-offset-far", forNumbers(func(v string, r *probe.Rand) string { return v + " offset " + r.Digits(900_000, 999_999) }))

	// Forms that only PostgreSQL, Microsoft SQL Server or Oracle can read.
	sqlCastTrue = probe.Ship("sql-cast-true", func(v string, r *probe.Rand) string {
		a, _ := words(r)
		return v + "' and '" + a + "'::text='" + a
	})
	sqlCastFalse = probe.Ship("sql-cast-false", func(v string, r *probe.Rand) string {
		a, b := words(r)
		return v + "' and '" + a + "'::text='" + b
	})
	sqlMSTrue = probe.Ship("sql-ms-true", func(v string, r *probe.Rand) string {
		a, _ := words(r)
		return v + "' and '" + a + "' collate database_default='" + a
	})
	sqlMSFalse = probe.Ship("sql-ms-false", func(v string, r *probe.Rand) string {
		a, b := words(r)
		return v + "' and '" + a + "' collate database_default='" + b
	})
	sqlOracleTrue = probe.Ship("sql-oracle-true", func(v string, r *probe.Rand) string {
		a, b := words(r)
		return v + "' and '" + a + "'=any('" + a + "') and '" + b + "'='" + b
	})
	sqlOracleFalse = probe.Ship("sql-oracle-false", func(v string, r *probe.Rand) string {
		a, b := words(r)
		return v + "' and '" + a + "'=any('" + b + "') and '" + b + "'='" + b
	})

	// A backslash before the closing quote, for programs that only double quotes.
	sqlBackslash        = probe.Ship("sql-backslash", func(v string, _ *probe.Rand) string { return v + `\` })
	sqlThreeBackslashes = probe.Ship("sql-three-backslashes", func(v string, r *probe.Rand) string { return v + r.Letters(2) + `\\\` })
	sqlEscapedLetter    = probe.Ship("sql-escaped-letter", func(v string, r *probe.Rand) string { return v + `\` + r.Letters(3) })
	// In Shift_JIS the second byte of these is a backslash: who escapes bytes makes
	// two of it, and the second escapes the quote that should end the text.
	sqlBackslashByte  = probe.Ship("sql-backslash-byte", func(v string, r *probe.Rand) string { return v + r.Letters(2) + "表" })
	sqlBackslashByte2 = probe.Ship("sql-backslash-byte-2", func(v string, r *probe.Rand) string { return v + r.Letters(3) + "ソ" })
	sqlOtherByte      = probe.Ship("sql-other-byte", func(v string, r *probe.Rand) string { return v + r.Letters(2) + "茶" })
	sqlByteWithin     = probe.Ship("sql-backslash-byte-within", func(v string, r *probe.Rand) string { return v + r.Letters(2) + "表" + r.Letters(2) })
	sqlTwoBackslashes = probe.Ship("sql-two-backslashes", func(v string, _ *probe.Rand) string { return v + `\\` })
)
