package inject

import (
	"context"
	"regexp"

	"miseban/internal/check"
	"miseban/internal/probe"
)

// sqlMessages are what databases and their drivers say of a statement that
// they cannot read. They confirm nothing alone: a page may always hold them.
var sqlMessages = regexp.MustCompile(`(?i)` +
	`you have an error in your sql syntax|check the manual that (?:corresponds to|fits) your (?:mysql|mariadb)|warning.{0,20}\bmysqli?_|mysqlclient\.|com\.mysql\.jdbc|mysql.{0,30}error.{0,30}1064|sqlstate\[?(?:42000|42601|hy000|22p02)|` +
	`syntax error at or near|unterminated quoted string|invalid input syntax for (?:type |integer)|pg_(?:query|exec|execute|prepare)\(\)|postgresql.{0,20}error|org\.postgresql|npgsql\.|` +
	`unrecognized token:|near "[^"]{0,40}": syntax error|sqlite3?(?:::|\.)(?:sqlexception|operationalerror)|sqlite_error|sql logic error|incomplete input|` +
	`unclosed quotation mark|incorrect syntax near|microsoft sql (?:native client|server)|odbc (?:sql server|driver)|system\.data\.sqlclient|\bora-0(?:0933|1756|0921|0936|1722)|quoted string not properly terminated|oracle.{0,20}driver|` +
	`db error: (?:syntax|unknown)|db_error object|doctrine\\dbal|pdoexception|zend_db_|adodb.{0,20}exception|sql (?:syntax )?error|` +
	`sql文(?:に|の)(?:誤り|構文|エラー)|sql構文(?:エラー|が)|データベース(?:エラー|でエラー|の?構文)|構文エラー|クエリ(?:ー)?(?:エラー|に失敗)|文字列が閉じていません|引用符が閉じていません`)

var (
	breakQuote = &probe.Break{Name: "sql quote", Broken: list(sqlOneQuote, sqlQuoteWithin, sqlTwoApart), Repaired: list(sqlDoubled, sqlDoubledTwice),
		Valid: list(sqlJoined, sqlCollate, sqlJoinedSpace, sqlCastTrue)}
	breakDouble = &probe.Break{Name: "sql double quote", Broken: list(sqlOneDouble, sqlDoubleWithin, sqlTwoDoubleApart), Repaired: list(sqlDoubledDouble),
		Valid: list(sqlJoinedDouble, sqlCollateDouble)}
	breakBackslash = &probe.Break{Name: "sql backslash", Broken: list(sqlBackslash, sqlThreeBackslashes), Repaired: list(sqlTwoBackslashes, sqlEscapedLetter), Spoken: true}
	breakBytes     = &probe.Break{Name: "sql Shift_JIS", Broken: list(sqlBackslashByte, sqlBackslashByte2), Repaired: list(sqlOtherByte, sqlByteWithin), Spoken: true}
)

// sqlErrors looks at places where the value itself does not show: a statement
// that a quote breaks and two quotes repair.
func sqlErrors(ctx context.Context, p *check.Pass, t *probe.Target) (found bool, err error) {
	if t.Page != nil && t.Page.Charset.Used == "shift_jis" { // where bytes are escaped, quotes alone show nothing
		o, err := t.Breaks(ctx, p, breakBytes, sqlMessages)
		if err != nil {
			return false, err
		}
		if o != nil {
			report(p, t, o).Case = "error"
			return true, nil
		}
	}
	r, err := t.Reflection(ctx, p)
	if err != nil || !r.Reacts && !r.Blocked {
		return false, err
	}
	for _, k := range []*probe.Break{breakQuote, breakDouble, breakBackslash} {
		worth := false
		switch k {
		case breakQuote:
			worth, err = t.Mends(ctx, p, "'")
		case breakDouble:
			worth, err = t.Mends(ctx, p, `"`)
		default: // where a quote alone breaks it, quotes are not escaped, with or without backslashes
			worth, err = t.Minds(ctx, p, "'")
			worth = !worth
		}
		if err != nil {
			return false, err
		}
		if !worth {
			continue
		}
		o, err := t.Breaks(ctx, p, k, sqlMessages)
		if err != nil {
			return false, err
		}
		if o == nil {
			continue
		}
		f := report(p, t, o)
		f.Case = "error"
		return true, nil
	}
	return false, nil
}
