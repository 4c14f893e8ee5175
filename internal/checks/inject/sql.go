package inject

import (
	"context"
	"regexp"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// SQL asks whether a value reaches the database as a part of the statement.
var SQL = &check.Check{
	Name: "sql", Level: wire.Active, Severity: check.Critical, CWE: 89,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return probe.Each(ctx, p, interpreted, func(ctx context.Context, t *probe.Target) error { return sqlAt(ctx, p, t) })
	},
}

// interpreted are the targets whose values can reach an interpreter on the server.
func interpreted(t *probe.Target) bool { return t.Via != probe.ViaFragment }

// expressed are the targets whose values can be an expression or a name; an
// address that leads somewhere is none.
func expressed(t *probe.Target) bool { return interpreted(t) && !t.Outer() }

// What databases do with signs.
var (
	inQuotes       = &probe.Habit{Ends: "'", Doubled: probe.Letter}
	inQuotesNumber = &probe.Habit{Ends: "'", Doubled: probe.Letter, Front: true, Number: true}
	inQuotesTyped  = &probe.Habit{Ends: "'", Doubled: probe.Letter, Number: true}
	inQuotesWhole  = &probe.Habit{Ends: "'", Doubled: probe.Letter, Whole: true}
	inSearch       = &probe.Habit{Ends: "'", Doubled: probe.Letter, Part: true}
	inDouble       = &probe.Habit{Ends: `"`, Doubled: probe.Letter, Escapes: true}
	inDoubleNumber = &probe.Habit{Ends: `"`, Doubled: probe.Letter, Front: true}
	inDoubleLoud   = &probe.Habit{Ends: `"`, Doubled: probe.Letter, Loud: true, Whole: true}
	bare           = &probe.Habit{}
	bareLoud       = &probe.Habit{Loud: true}
)

var (
	sqlQuoted        = &probe.Pair{Name: "sql quoted", Habit: inQuotes, Same: list(sqlJoined), Other: list(sqlDoubled), Broken: list(sqlOneQuote, sqlLineWithin)}
	sqlQuotedNumber  = &probe.Pair{Name: "sql quoted number", Habit: inQuotesNumber, Same: list(sqlJoined), Other: list(sqlQuotedNull), Broken: list(sqlOneQuote, sqlQuoteWithin, sqlLineWithin)}
	sqlQuotedSpace   = &probe.Pair{Name: "sql quoted, MySQL", Habit: inQuotes, Same: list(sqlJoinedSpace), Other: list(sqlDoubled), Broken: list(sqlOneQuote)}
	sqlQuotedCast    = &probe.Pair{Name: "sql quoted, PostgreSQL", Habit: inQuotes, Same: list(sqlCastTrue), Other: list(sqlCastFalse)}
	sqlDouble        = &probe.Pair{Name: "sql double-quoted", Habit: inDouble, Same: list(sqlJoinedDouble), Other: list(sqlDoubledDouble), Broken: list(sqlOneDouble, sqlLineWithin)}
	sqlDoubleNumber  = &probe.Pair{Name: "sql double-quoted number", Habit: inDoubleNumber, Same: list(sqlJoinedDouble), Other: list(sqlDoubleQuotedNull), Broken: list(sqlOneDouble, sqlDoubleWithin, sqlLineWithin)}
	sqlSQLite        = &probe.Pair{Name: "sql quoted, SQLite", Habit: inQuotesWhole, Same: list(sqlCollate), Other: list(sqlCollateWrong, sqlDoubled)}
	sqlSQLiteNumber  = &probe.Pair{Name: "sql quoted number, SQLite", Habit: inQuotes, Same: list(sqlCollate), Other: list(sqlCollateWrong), Broken: list(sqlOneQuote)}
	sqlSQLiteDouble  = &probe.Pair{Name: "sql double-quoted, SQLite", Habit: inDoubleLoud, Same: list(sqlCollateDouble), Other: list(sqlCollateDoubleWrong)}
	sqlSearch        = &probe.Pair{Name: "sql search, SQLite", Habit: inSearch, Same: list(sqlGroupTrue), Other: list(sqlGroupFalse)}
	sqlSearchGrouped = &probe.Pair{Name: "sql search in parentheses", Habit: inSearch, Same: list(sqlLikeTrue), Other: list(sqlLikeFalse)}
	sqlNumber        = &probe.Pair{Name: "sql number", Habit: bare, Gate: sqlTimesOne, Same: list(sqlTimesOne, sqlNullifOne), Other: list(sqlTimesNull, sqlNullifNull)}
	sqlOrder         = &probe.Pair{Name: "sql order", Habit: bare, Same: list(sqlOrderMore), Other: list(sqlOrderWrong)}
	sqlOrderTicks    = &probe.Pair{Name: "sql order, backticks", Habit: bare, Same: list(sqlTicksAgain), Other: list(sqlTicksWrong), Broken: list(sqlTicksBroken)}
	sqlOrderQuotes   = &probe.Pair{Name: "sql order, double quotes", Habit: &probe.Habit{Ends: `"`}, Same: list(sqlQuotesAgain), Other: list(sqlQuotesWrong), Broken: list(sqlQuotesBroken)}
	sqlOrderName     = &probe.Pair{Name: "sql name", Habit: bare, Gate: wordTab, Same: list(sqlOrderMore), Other: list(sqlOrderWrong)}
	sqlColumn        = &probe.Pair{Name: "sql column", Habit: bare, Gate: wordTab, Same: list(sqlColumnAgain), Other: list(sqlOrderWrong)}
	sqlOrderUnnamed  = &probe.Pair{Name: "sql order", Habit: bareLoud, Same: list(sqlOrderMore), Other: list(sqlOrderWrong)}
	sqlLimit         = &probe.Pair{Name: "sql limit", Habit: bare, Same: list(sqlOffsetNone), Other: list(sqlOffsetFar)}
	sqlMS            = &probe.Pair{Name: "sql quoted, SQL Server", Habit: inQuotesTyped, Same: list(sqlMSTrue), Other: list(sqlMSFalse)}
	sqlOracle        = &probe.Pair{Name: "sql quoted, Oracle", Habit: inQuotesTyped, Same: list(sqlOracleTrue), Other: list(sqlOracleFalse)}
)

func list(v ...*probe.Value) []*probe.Value { return v }

// orderWord is what reads as the name of a column.
var orderWord = regexp.MustCompile(`^[A-Za-z_][\w.]{0,40}(?: (?i:asc|desc))?$|^[1-9]$`)

// What names the order of a list, and the columns that lists are ordered by. A
// wrong column is an error, so elsewhere the order is looked at where signs are minded.
var (
	orderName   = regexp.MustCompile(`(?i)sort|order|rank|by$|^by|column|field|dir$|(?:^|[_.-])(?:col|key)(?:$|[_.-]|\d)`)
	orderColumn = regexp.MustCompile(`(?i)^(?:id|name|title|price|date|rank|new|popular|recommend\w*|(?:\w+[_.])?(?:id|name|date|price|at|no|code|rank)|created|updated|stock)(?: (?:asc|desc))?$|(?i)^(?:asc|desc)$`)
)

// sqlPairs are the differentials that make sense for t, the likeliest first.
func sqlPairs(t *probe.Target, p *check.Pass) []*probe.Pair {
	var out []*probe.Pair
	v := t.Sample
	lines := t.Via != probe.ViaHeader
	if numeric(v) {
		out = append(out, sqlNumber)
		if !strings.Contains(v, ",") {
			out = append(out, sqlLimit)
		}
	}
	switch {
	case !orderWord.MatchString(v):
	case codeName.MatchString(v) && !orderName.MatchString(t.Name) && !orderColumn.MatchString(v):
	case orderName.MatchString(t.Name) || orderColumn.MatchString(v):
		out = append(out, sqlOrder)
		if codeName.MatchString(v) {
			out = append(out, sqlOrderTicks, sqlOrderQuotes)
		}
	default:
		out = append(out, sqlOrderUnnamed)
	}
	if codeName.MatchString(v) {
		if len(out) == 0 {
			out = append(out, sqlOrderName)
		}
		out = append(out, sqlColumn)
	}
	switch {
	case numeric(v):
		out = append(out, sqlQuotedNumber, sqlSQLiteNumber, sqlDoubleNumber)
	case lines:
		out = append(out, sqlQuoted, sqlSQLite, sqlSearch, sqlSearchGrouped, sqlDouble)
	default:
		out = append(out, sqlQuotedSpace, sqlQuotedCast, sqlSQLite, sqlSearch, sqlSearchGrouped)
	}
	out = append(out, sqlSQLiteDouble)
	server := serverOf(p)
	if strings.Contains(server, "asp.net") || strings.Contains(server, "microsoft-iis") {
		out = append(out, sqlMS)
	}
	if strings.Contains(server, "java") || strings.Contains(server, "tomcat") || strings.Contains(server, "jsessionid") {
		out = append(out, sqlOracle)
	}
	return out
}

// serverOf is what the shop's answers say of the machine behind them.
func serverOf(p *check.Pass) string {
	var b strings.Builder
	for i, ex := range p.Site.Exchanges {
		if i > 20 {
			break
		}
		for _, h := range []string{"Server", "X-Powered-By", "Set-Cookie"} {
			b.WriteString(ex.Header.Get(h) + "\n")
		}
	}
	return strings.ToLower(b.String())
}

func sqlAt(ctx context.Context, p *check.Pass, t *probe.Target) error {
	b, err := t.Baseline(ctx, p)
	if err != nil {
		return err
	}
	if b.Sensitive {
		for _, pair := range sqlPairs(t, p) {
			o, err := t.Differ(ctx, p, pair)
			if err != nil {
				return err
			}
			if o != nil {
				report(p, t, o)
				return nil
			}
		}
	}
	if found, err := sqlErrors(ctx, p, t); err != nil || found {
		return err
	}
	return sqlTimed(ctx, p, t)
}

// report notes a differential that held.
func report(p *check.Pass, t *probe.Target, o *probe.Outcome) *check.Finding {
	f := p.Report(o.Steps[len(o.Steps)-1].Answer.Ex, t.Where(), nil)
	f.Parameter = t.Name
	for i := range o.Steps {
		f.Evidence = appendID(f.Evidence, o.Steps[i].Answer.Ex.ID)
	}
	f.Words = map[string]i18n.Text{"place": t.Words()}
	f.Proof = o.Proof()
	return f
}

func appendID(ids []wire.ExchangeID, id wire.ExchangeID) []wire.ExchangeID {
	for _, x := range ids {
		if x == id {
			return ids
		}
	}
	return append(ids, id)
}
