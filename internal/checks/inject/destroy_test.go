package inject

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"miseban/internal/probe"
	"miseban/internal/wire"
)

// rows are what a shop's tables hold that values could touch by mistake: texts
// that read as numbers, empty ones, what a quote or a sign of LIKE could match.
var rows = []struct {
	id    int
	name  string
	owner int
}{
	{30, "taro", 1}, {1, "taro", 2}, {2, "1", 1}, {3, "7", 1}, {4, "7abc", 2}, {5, "07", 1}, {6, "", 1}, {7, "taro2", 1}, {8, "abc", 2}, {9, "0", 1},
	{10, "white tea", 2}, {11, "taro'", 1}, {12, "t", 1}, {13, "true", 2}, {14, "tea", 1}, {15, "1'", 1}, {16, "name", 1}, {17, "TARO", 1}, {18, "null", 2}, {19, "7b", 2}, {20, "1e0", 1}, {21, "%", 1},
}

// writing is the escaping that a program does, more or less well, before it
// writes the value into the statement.
var writing = map[string]func(string) string{
	"raw":      func(s string) string { return s },
	"doubled":  func(s string) string { return strings.ReplaceAll(s, "'", "''") },
	"slashed":  func(s string) string { return strings.NewReplacer(`\`, `\\`, `'`, `\'`, `"`, `\"`).Replace(s) },
	"unquoted": func(s string) string { return strings.ReplaceAll(s, "'", "") },
	"no-space": func(s string) string { return strings.ReplaceAll(s, " ", "") },
}

// conditions are the places in WHERE where a value stands.
var conditions = []string{
	`name='§'`, `name="§"`, `id='§'`, `id=§`, `id>=§`, `name=§`, `name like '%§%'`, `name like '§%'`, `name like "%§%"`, `name in ('§')`, `name in ('zz','§')`, `name in ("§")`,
	`id in (§)`, `id in (§,3)`, `id in ('§')`, `(name='§')`, `(id=§)`, `((name='§'))`, `name=lower('§')`, `name=trim('§')`, `name=("§")`, `id=abs(§)`, `id=(§)`, `name between '§' and '§'`,
	`id between §  and §`, `name<>'zz' and name='§'`, `name='§' or id=12`, `not name<>'§'`, `id=1*§`, `coalesce('§','x')=name`, `name=concat('','§')`,
	`id=§ order by id limit 1`, `owner=1 order by § limit 1`, `owner=1 order by name § limit 1`, `owner=1 limit §`, `name='§' limit 1`,
}

var surroundings = []string{"%s", "owner=1 and %s", "%s and owner=1"}

var samples = []string{"taro", "7", "name"}

type server struct {
	name, driver, dsn string
	setup             []string
	full              bool // all conditions surroundings; else the plain ones
}

// TestDestruction runs every shipped value in UPDATE and DELETE on every
// database at hand: it may touch no row that the original value does not.
func TestDestruction(t *testing.T) {
	if testing.Short() {
		t.Skip("every value on three databases")
	}
	t.Parallel()
	var servers []server
	servers = append(servers, server{"sqlite", "sqlite", "file:" + filepath.Join(t.TempDir(), "shop.db"), []string{"pragma temp_store=memory", "pragma synchronous=off"}, true})
	if dsn := os.Getenv("MISEBAN_TEST_POSTGRES"); dsn != "" {
		servers = append(servers, server{"postgres", "pgx", dsn, nil, true},
			server{"postgres-backslash", "pgx", dsn, []string{"set standard_conforming_strings=off", "set backslash_quote=on"}, false})
	} else {
		t.Log("MISEBAN_TEST_POSTGRES is not set: PostgreSQL is skipped (scripts/postgres.sh sets it)")
	}
	if dsn := mariadb(t); dsn != "" {
		for _, mode := range []string{"", "ANSI_QUOTES", "PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES", "ORACLE"} {
			servers = append(servers, server{"mariadb " + mode, "mysql", dsn, []string{"set sql_mode='" + mode + "'"}, mode == ""})
		}
	}
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.try(t)
		})
	}
}

func (s *server) try(t *testing.T) {
	ctx := context.WithoutCancel(t.Context()) // drivers watch a context that can end with a goroutine for each statement
	db, err := sql.Open(s.driver, s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	table := "goods" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(s.name)) + strconv.Itoa(os.Getpid())
	for _, q := range append(s.setup, "create temporary table "+table+" (id int primary key, name varchar(40), owner int, touched int)") {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	for _, r := range rows {
		q := fmt.Sprintf("insert into %s values (%d,'%s',%d,0)", table, r.id, strings.ReplaceAll(r.name, "'", "''"), r.owner)
		if _, err := conn.ExecContext(ctx, q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	core := map[string]bool{}
	for _, c := range conditions[:20] {
		core[c] = true
	}
	ran, read := 0, 0
	for _, cond := range conditions {
		tail := strings.Contains(cond, " order by ") || strings.Contains(cond, " limit ")
		for w, wrap := range surroundings {
			if tail && w != 1 || !s.full && (w > 0 && w != 2 || !core[cond]) {
				continue
			}
			where := fmt.Sprintf(wrap, cond)
			for _, sample := range samples {
				r, n := s.place(ctx, t, conn, table, where, sample, w, core[cond])
				ran, read = ran+r, read+n
			}
		}
	}
	if read == 0 {
		t.Error("no value was read by the database")
	}
	t.Logf("%s: %d statements, %d of them valid", s.name, ran, read)
}

// place tries every value at one place of one statement.
func (s *server) place(ctx context.Context, t *testing.T, conn *sql.Conn, table, where, sample string, wrap int, core bool) (ran, read int) {
	verbs := []string{"update " + table + " set touched=1 where "}
	if core && wrap == 2 {
		verbs = append(verbs, "delete from "+table+" where ")
	}
	for _, verb := range verbs {
		before, ok := touched(ctx, t, conn, table, verb+strings.ReplaceAll(where, "§", sample))
		if !ok { // a place where the value itself is an error is no place
			continue
		}
		tried := map[string]bool{}
		for _, v := range probe.Values() {
			value := v.Make(sample, probe.NewRand(fmt.Sprintf("%032x", len(where)+7)))
			sqlish := strings.HasPrefix(v.Name, "sql-") || strings.HasPrefix(v.Name, "time-")
			if value == "" || wire.Harmless(value) != nil || !sqlish && (wrap > 0 || !core) {
				continue
			}
			for how, write := range writing {
				if how != "raw" && (!sqlish || !strings.ContainsAny(value, "\\ ") && how != "doubled") {
					continue
				}
				stmt := verb + strings.ReplaceAll(where, "§", write(value))
				if tried[stmt] {
					continue
				}
				tried[stmt] = true
				ran++
				after, ok := touched(ctx, t, conn, table, stmt)
				if !ok {
					continue
				}
				read++
				for _, id := range after {
					// A text that begins with a number is that number to MySQL, as when a visitor types it.
					if !slices.Contains(before, id) && (sqlish || !strings.HasPrefix(value, strconv.Itoa(id)) && !strings.Contains(where, "id>=")) {
						t.Errorf("%s (%s) touches row %d, which %q does not: %s", v.Name, how, id, sample, stmt)
						break
					}
				}
			}
		}
	}
	return ran, read
}

// touched runs stmt and undoes it. ok is false when the database refused it.
func touched(ctx context.Context, t *testing.T, conn *sql.Conn, table, stmt string) (ids []int, ok bool) {
	t.Helper()
	gone := strings.HasPrefix(stmt, "delete")
	undo := "update " + table + " set touched=0 where touched=1"
	if gone {
		begin := "start transaction"
		if strings.HasPrefix(table, "goodssqlite") {
			begin = "begin"
		}
		if _, err := conn.ExecContext(ctx, begin); err != nil {
			t.Fatal(err)
		}
		undo = "rollback"
	}
	res, err := conn.ExecContext(ctx, stmt)
	if err == nil {
		var rs *sql.Rows
		if n, e := res.RowsAffected(); e == nil && n == 0 {
			if gone {
				_, err = conn.ExecContext(ctx, undo)
			}
			return nil, err == nil
		}
		q := "select id from " + table + " where touched=1"
		if gone {
			q = "select id from " + table
		}
		if rs, err = conn.QueryContext(ctx, q); err != nil {
			t.Fatal(err)
		}
		for rs.Next() {
			var id int
			if err := rs.Scan(&id); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		rs.Close()
		ok = true
	} else if !gone {
		return nil, false
	}
	if _, err := conn.ExecContext(ctx, undo); err != nil {
		t.Fatalf("%s: %v", undo, err)
	}
	if gone && ok {
		var missing []int
		for _, r := range rows {
			if !slices.Contains(ids, r.id) {
				missing = append(missing, r.id)
			}
		}
		ids = missing
	}
	return ids, ok
}

// mariadb starts a MariaDB of its own for the test binary and gives its DSN;
// "" when none is installed.
func mariadb(t *testing.T) string {
	t.Helper()
	bin := ""
	for _, b := range []string{"/usr/sbin/mariadbd", "/usr/sbin/mysqld"} {
		if _, err := os.Stat(b); err == nil {
			bin = b
			break
		}
	}
	if bin == "" {
		t.Log("mariadbd is not installed: MariaDB is skipped (scripts/install.sh installs it)")
		return ""
	}
	dir, err := os.MkdirTemp("", "shopdb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	as := []string{}
	if os.Getuid() == 0 {
		u, err := user.Lookup("mysql")
		if err != nil {
			t.Logf("no user mysql: MariaDB is skipped: %v", err)
			return ""
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		as = []string{"--user=mysql"}
	}
	data, sock := filepath.Join(dir, "data"), filepath.Join(dir, "s")
	if err := os.MkdirAll(data, 0o777); err != nil {
		t.Fatal(err)
	}
	_ = os.Chmod(data, 0o777)
	install, err := exec.LookPath("mariadb-install-db")
	if err != nil {
		t.Logf("mariadb-install-db: %v: MariaDB is skipped", err)
		return ""
	}
	// A server that starts sweeps the temporary tables out of its folder, also those of another one.
	own := append(os.Environ(), "TMPDIR="+dir)
	setup := exec.Command(install, append(as, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")...)
	setup.Env = own
	if out, err := setup.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", install, err, out)
	}
	args := append([]string{"--no-defaults", "--datadir=" + data, "--socket=" + sock, "--skip-networking", "--skip-grant-tables", "--innodb-buffer-pool-size=16M",
		"--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--skip-log-bin", "--skip-innodb-doublewrite", "--pid-file=" + filepath.Join(dir, "pid")}, as...)
	cmd := exec.Command(bin, args...)
	cmd.Env = own
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	dsn := "root@unix(" + sock + ")/?multiStatements=true&timeout=1s"
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		if db.PingContext(ctx) == nil {
			break
		}
		select {
		case <-ctx.Done():
			t.Fatalf("MariaDB did not start: %v", ctx.Err())
		case <-tick.C:
		}
	}
	if _, err := db.ExecContext(ctx, "create database shop"); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(dsn, "/?", "/shop?", 1)
}

// TestValuesPass: every shipped value passes the gate for the values that shops
// commonly use, and is made the same again.
func TestValuesPass(t *testing.T) {
	t.Parallel()
	seed := strings.Repeat("3c", 16)
	for _, v := range probe.Values() {
		for _, sample := range []string{"taro", "7", "green tea", "guide.txt", "茶", "<a><b>tea</b></a>", "mirin", "sandor"} {
			if strings.HasPrefix(sample, "<") && strings.HasPrefix(strings.TrimPrefix(v.Name, "time-"), "command") {
				continue // a document is no argument; the engine leaves such a value out
			}
			value := v.Make(sample, probe.NewRand(seed))
			if value != v.Make(sample, probe.NewRand(seed)) {
				t.Errorf("%s is made differently each time", v.Name)
			}
			if err := wire.Harmless(value); err != nil {
				t.Errorf("%s for %q: %q: %v", v.Name, sample, value, err)
			}
		}
	}
}
