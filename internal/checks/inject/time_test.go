package inject

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/probe"
	"miseban/internal/verdict"
)

// TestDelaysOnce runs every wait in SELECT, UPDATE and DELETE over a table of
// 1,000 rows: it may wait as often as the value is written into the statement
// and not once for each row, and it touches nothing that the original does not.
func TestDelaysOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("waits on two databases")
	}
	t.Parallel()
	if dsn := os.Getenv("MISEBAN_TEST_POSTGRES"); dsn != "" {
		t.Run("postgres", func(t *testing.T) {
			t.Parallel()
			delaysOnce(t, "pgx", dsn, "create temporary table waits as select n as id, 'n'||n as name, n%5 as owner, 0 as touched from generate_series(1,1000) n", "time-sql-postgres")
		})
	} else {
		t.Log("MISEBAN_TEST_POSTGRES is not set: PostgreSQL is skipped (scripts/postgres.sh sets it)")
	}
	if dsn := mariadb(t); dsn != "" {
		for _, engine := range []string{"innodb", "myisam"} {
			t.Run("mariadb "+engine, func(t *testing.T) {
				t.Parallel()
				delaysOnce(t, "mysql", dsn, "create temporary table waits engine="+engine+" as select seq as id, concat('n',seq) as name, seq%5 as owner, 0 as touched from seq_1_to_1000", "time-sql-mysql")
			})
		}
	}
}

func delaysOnce(t *testing.T, driver, dsn, table, own string) {
	ctx := context.WithoutCancel(t.Context())
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	bound := "set max_statement_time=8"
	if driver == "pgx" {
		bound = "set statement_timeout='8s'"
	}
	for _, q := range []string{table, bound} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	const wait = 50 * time.Millisecond
	waited := map[string]int{}
	for _, d := range probe.ShippedDelays() {
		for _, cond := range conditions {
			for _, verb := range []string{"select count(*) from waits where ", "update waits set touched=1 where ", "delete from waits where "} {
				sample := "n5"
				if strings.Contains(d.Name, "number") || strings.Contains(d.Name, "list") {
					sample = "5"
				}
				value := d.Make(sample, "0.05", probe.NewRand(strings.Repeat("5c", 16)))
				if _, err := conn.ExecContext(ctx, "begin"); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				stmt := verb + strings.ReplaceAll(cond, "§", value)
				var err error
				n := int64(0)
				if strings.HasPrefix(verb, "select") {
					err = conn.QueryRowContext(ctx, stmt).Scan(&n)
				} else {
					var res sql.Result
					if res, err = conn.ExecContext(ctx, stmt); err == nil {
						n, _ = res.RowsAffected()
					}
				}
				took := time.Since(began)
				if _, err := conn.ExecContext(ctx, "rollback"); err != nil {
					t.Fatal(err)
				}
				if err != nil {
					continue
				}
				// A loaded machine is slower, but not by hundreds of waits.
				if most := wait*time.Duration(strings.Count(cond, "§")) + 2*time.Second; took > most {
					t.Errorf("%s waits %s, more than once: %s", d.Name, took, stmt)
				}
				if took >= wait {
					waited[d.Name]++
				}
				if n > 1000/5 && !strings.Contains(cond, ">=") {
					t.Errorf("%s touches %d rows: %s", d.Name, n, stmt)
				}
			}
		}
	}
	for _, d := range probe.ShippedDelays() {
		if strings.HasPrefix(d.Name, own) && waited[d.Name] == 0 {
			t.Errorf("%s never waited", d.Name)
		}
		if strings.HasPrefix(d.Name, own) {
			t.Logf("%s waited in %d statements", d.Name, waited[d.Name])
		}
	}
}

// quiet answers alike whatever the value did.
func quiet(do func(r *http.Request, v string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		do(r, r.URL.Query().Get("v"))
		list2(w, []string{"受け付けました"})
	}
}

func blindShell(line string) http.HandlerFunc {
	return quiet(func(r *http.Request, v string) {
		_ = exec.CommandContext(r.Context(), "sh", "-c", fmt.Sprintf(line, v)).Run()
	})
}

// TestDelaysSafe: places at which nothing shows and nothing waits are in order,
// and cost a request for each shape.
func TestDelaysSafe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		h    http.HandlerFunc
	}{
		{"nothing", quiet(func(*http.Request, string) {})},
		{"argument", quiet(func(r *http.Request, v string) { _ = exec.CommandContext(r.Context(), "true", v).Run() })},
	} {
		for _, c := range []*check.Check{SQL, OSCommand, CodeInjection, TemplateInjection} {
			t.Run(tt.name+"/"+c.Name, func(t *testing.T) {
				t.Parallel()
				tr := delayTrial(t, tt.h, "sencha")
				res, got := tr.run(c)
				if len(got) > 0 || res.Verdict != verdict.Met {
					t.Errorf("%s %v: %v", res.Verdict, res.Reason, got)
				}
				if n := tr.asked.Load(); n > 30 {
					t.Errorf("%d requests for a place in order", n)
				}
			})
		}
	}
}

func delayTrial(t *testing.T, h http.HandlerFunc, sample string) *trial {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<html><title>店</title><h1>店</h1></html>")
	})
	mux.HandleFunc("/at", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		h(w, r)
	})
	return newTrial(t, mux, "/at?v="+escapeQuery(sample))
}

// TestDelayOfText: a page that waits for as long as the number in any text says
// runs nothing.
func TestDelayOfText(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for about fifteen seconds")
	}
	t.Parallel()
	last := regexp.MustCompile(`([0-3])[^0-9]*$`)
	res, got := delayTrial(t, quiet(func(_ *http.Request, v string) {
		if m := last.FindStringSubmatch(v); m != nil {
			time.Sleep(time.Duration(m[1][0]-'0') * time.Second)
		}
	}), "0").run(OSCommand)
	if len(got) > 0 {
		t.Errorf("%v %s %v", got, res.Verdict, res.Reason)
	}
}

// TestDelaysFound: shells that show nothing are found by their waits.
func TestDelaysFound(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for about fifteen seconds a place")
	}
	t.Parallel()
	for name, line := range map[string]string{"single quotes": "echo '%s' >/dev/null", "twice": `echo "%s" >/dev/null; echo "%[1]s" >/dev/null`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res, got := delayTrial(t, blindShell(line), "sencha").run(OSCommand)
			if len(got) != 1 || got[0] != "/at v time" || res.Verdict != verdict.NotMet {
				t.Fatalf("%v %s %v", got, res.Verdict, res.Reason)
			}
			f := res.Findings[0]
			if !strings.Contains(f.Proof.Words.JA, "待ち時間") || !strings.Contains(f.Proof.Words.EN, "delays of") || !strings.Contains(f.Proof.Curl, "sleep") || len(f.Evidence) < 2 {
				t.Errorf("%+v", f.Proof)
			}
			t.Logf("%s\n%s", f.Proof.Words.JA, f.Proof.Words.EN)
		})
	}
}
