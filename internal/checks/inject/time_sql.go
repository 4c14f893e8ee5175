package inject

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/probe"
)

// A wait in a condition can be carried out for each row: AND SLEEP(1) over
// 1,000 rows holds a table for a quarter of an hour. So each wait here stands
// in a table of one row that hangs on nothing – in MySQL a derived table, which
// is made once a statement; in PostgreSQL and Oracle a subselect without
// reference to the row – and TestDelaysOnce runs each over 1,000 rows. What
// they select is what the original value selects, or nothing.
//
// SQLite knows no wait; the heavy expressions that take its place in other
// tools burn the shop's processor, so there is none here. A $where of a
// document database is carried out for each document, so it is not timed
// either. XPath and LDAP know no waits.
var (
	sqlWaitMySQLNumber = probe.ShipDelay("time-sql-mysql-number", delayNumber("*(select null from (select sleep(§)) ¤)"))
	sqlWaitMySQLQuoted = probe.ShipDelay("time-sql-mysql-quoted", mysqlWait("'"))
	sqlWaitMySQLDouble = probe.ShipDelay("time-sql-mysql-double", mysqlWait(`"`))

	sqlWaitPostgresNumber = probe.ShipDelay("time-sql-postgres-number", delayNumber("*(select 1 from pg_sleep(§))"))
	sqlWaitPostgresQuoted = probe.ShipDelay("time-sql-postgres-quoted", delayAfter("' and (select true from pg_sleep(§)) and '¤' like '¤"))

	// WAITFOR is a statement of its own; what follows the place makes the whole
	// batch unreadable, and then nothing of it is carried out.
	sqlWaitMSNumber = probe.ShipDelay("time-sql-ms-number", delayNumber(" waitfor delay '0:0:§'"))
	sqlWaitMSQuoted = probe.ShipDelay("time-sql-ms-quoted", delayAfter("' waitfor delay '0:0:§"))

	// The answer of a pipe on which nobody writes is 1.
	sqlWaitOracleNumber = probe.ShipDelay("time-sql-oracle-number", delayNumber("*(select dbms_pipe.receive_message('¤',§) from dual)"))
	sqlWaitOracleQuoted = probe.ShipDelay("time-sql-oracle-quoted", delayAfter("' and (select dbms_pipe.receive_message('¤',§) from dual)=1 and '¤'='¤"))
)

// mysqlWait makes what shall be read between quotes. Where a program drops the
// quotes, a text is followed by a word that no statement knows, so that nothing
// is read at all: as a bare order it would choose another row.
func mysqlWait(quote string) func(string, string, *probe.Rand) string {
	return func(v, seconds string, r *probe.Rand) string {
		last := "1"
		if !numeric(v) {
			last = r.Letters(4)
		}
		return v + quote + " div (select null from (select sleep(" + seconds + ")) " + r.Letters(4) + ") div " + quote + last
	}
}

// sqlTimed measures the waits that a database behind t could know.
func sqlTimed(ctx context.Context, p *check.Pass, t *probe.Target) error {
	server := serverOf(p)
	var shapes []*probe.Delay
	if strings.Contains(server, "asp.net") || strings.Contains(server, "microsoft-iis") {
		shapes = append(shapes, sqlWaitMSNumber, sqlWaitMSQuoted)
	}
	if strings.Contains(server, "java") || strings.Contains(server, "tomcat") || strings.Contains(server, "jsessionid") {
		shapes = append(shapes, sqlWaitOracleNumber, sqlWaitOracleQuoted)
	}
	return timed(ctx, p, t, append(shapes, sqlWaitMySQLNumber, sqlWaitPostgresNumber, sqlWaitMySQLQuoted, sqlWaitPostgresQuoted, sqlWaitMySQLDouble))
}
