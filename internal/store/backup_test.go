package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// lived fills a database with what people and diagnoses leave, so that most
// tables have rows, and gives the shop and the diagnosis.
func lived(t *testing.T, db *DB) (*account.Shop, *Diagnosis) {
	t.Helper()
	ctx := t.Context()
	l := list0(t, db)
	l.look(0, wire.Safe, verdict.NotMet, "", "/", "/cart", "/login?next=%2F")
	shop, err := db.Shop(ctx, l.shop)
	if err != nil {
		t.Fatal(err)
	}
	run := sample("r0")
	run.Shop = shop.URL
	x := &Diagnosis{ID: account.NewID(), Shop: shop.ID, State: DiagnosisQueued, Plan: DiagnosisPlan{Level: wire.Safe, Repeat: 30}}
	change(t, db, "", func(tx *Tx) error { return tx.AddDiagnosis(ctx, x, run) })
	if ok, err := db.TakeDiagnosis(ctx, x.ID, "h", time.Minute); err != nil || !ok {
		t.Fatal(ok, err)
	}
	res := check.Result{Check: "hsts", Verdict: verdict.NotMet, Examined: 3}
	if err := db.SaveResult(ctx, run.ID, &res); err != nil {
		t.Fatal(err)
	}
	j, err := db.Journal(ctx, run.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		e := &wire.Entry{Seq: int64(i + 1), Kind: wire.KindHTTP, State: wire.Sent}
		if err := j.Answer(ctx, e, &wire.Record{Kind: wire.KindHTTP, Key: fmt.Sprint(i), ID: wire.ExchangeID(fmt.Sprint("x", i)), Data: []byte("答え\x00\xff")}); err != nil {
			t.Fatal(err)
		}
	}
	change(t, db, "", func(tx *Tx) error { return tx.SetStop(ctx, true) })
	return shop, x
}

var dumps atomic.Int64

// dump is what the tables that a backup holds hold, each row as a line, and how many have rows.
//
// Each statement is a new one to PostgreSQL, which plans once for each text and
// refuses to go on when the columns have changed in between.
func dump(t *testing.T, d *DB) (map[string][]string, []string) {
	t.Helper()
	names, err := d.tables(t.Context(), d.read)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	nth := dumps.Add(1)
	for _, name := range names {
		rows, err := d.read.QueryContext(t.Context(), fmt.Sprintf(`SELECT * FROM %s /* %d */`, name, nth))
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		lines, err := collect(rows, nil, func(r *sql.Rows, line *string) error {
			values := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := r.Scan(into...); err != nil {
				return err
			}
			var b strings.Builder
			for i, c := range columns {
				fmt.Fprintf(&b, "%s=%q ", c, fmt.Sprint(values[i]))
			}
			*line = b.String()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(lines)
		out[name] = lines
	}
	return out, names
}

// TestBackup: what was backed up while others wrote is in the restored database
// of either kind, and nothing later; its audit log and its sealed records hold;
// what was under way waits for a person.
func TestBackup(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		_, x := lived(t, db)
		before, _ := dump(t, db)
		writing, stop := context.WithCancel(ctx)
		wrote := make(chan int)
		first := make(chan bool)
		go func() { // somebody goes on working meanwhile
			n := 0
			for ; writing.Err() == nil; n++ {
				if n == 1 {
					close(first)
				}
				_ = db.Change(writing, "", noon, func(tx *Tx) error {
					return tx.AddOrganisation(writing, &account.Organisation{ID: account.NewID(), Kind: account.Firm, Name: "後から"})
				})
			}
			wrote <- n
		}()
		<-first
		var file bytes.Buffer
		done, err := db.Backup(ctx, &file, "test", noon)
		if err != nil {
			t.Fatal(err)
		}
		stop()
		if n := <-wrote; n < 2 {
			t.Errorf("%d changes meanwhile", n)
		}
		key := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(key, db.master, 0o600); err != nil {
			t.Fatal(err)
		}
		open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file.Bytes())), nil }
		each(t, func(t *testing.T, fresh *DB, _ func() *DB) {
			ctx := t.Context()
			o := Options{Database: elsewhere(t, fresh), KeyFile: key}
			got, err := Restore(ctx, o, noon, open)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(done, got); d != "" {
				t.Errorf("written and restored (-written +restored):\n%s", d)
			}
			again, err := Open(ctx, o)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			after, _ := dump(t, again)
			for name, lines := range before {
				switch name {
				case "audit", "audit_head", "organisations", "diagnoses": // others wrote; it was restored
					for _, l := range lines {
						if name == "audit" && !slices.Contains(after[name], l) {
							t.Errorf("%s lost %s", name, l)
						}
					}
				default:
					if d := cmp.Diff(lines, after[name]); d != "" {
						t.Errorf("%s (-before +after):\n%s", name, d)
					}
				}
			}
			if n, err := again.VerifyAudit(ctx); err != nil || n != done.Lines+1 {
				t.Errorf("audit log: %d lines, %v; want %d", n, err, done.Lines+1)
			}
			paused, err := again.Diagnosis(ctx, x.Shop, x.ID)
			if err != nil || paused.State != DiagnosisPaused || paused.Why != Restored {
				t.Errorf("what was under way: %+v, %v", paused, err)
			}
			j, err := again.Journal(ctx, x.Run)
			if err != nil {
				t.Fatal(err)
			}
			if r, err := j.Recall(ctx, wire.KindHTTP, "2", 0); err != nil || r == nil || string(r.Data) != "答え\x00\xff" {
				t.Errorf("a sealed record: %+v, %v", r, err)
			}
			if _, err := Restore(ctx, o, noon, open); !errors.Is(err, ErrNotEmpty) {
				t.Errorf("into a filled database: %v, want %v", err, ErrNotEmpty)
			}
		})
	})
}

// elsewhere is the address of an empty database beside db.
func elsewhere(t *testing.T, db *DB) string {
	t.Helper()
	if !db.Postgres() {
		return filepath.Join(t.TempDir(), "restored.db")
	}
	p, err := db.migrations()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.DownTo(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	var name string
	if _, err := db.write.ExecContext(t.Context(), `DROP TABLE goose_db_version`); err != nil {
		t.Fatal(err)
	}
	if err := db.write.QueryRowContext(t.Context(), `SELECT current_database()`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	server := os.Getenv("MISEBAN_TEST_POSTGRES")
	return server[:strings.LastIndex(server, "/")] + "/" + name + server[strings.Index(server, "?"):]
}

// TestRestoreRefuses: a backup that is cut off, changed, of another key or of a
// newer Miseban is refused, and leaves nothing behind that would hinder the right one.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	with(t, filepath.Join(t.TempDir(), "m.db"), func(t *testing.T, db *DB, _ func() *DB) {
		lived(t, db)
		var file bytes.Buffer
		if _, err := db.Backup(ctx, &file, "test", noon); err != nil {
			t.Fatal(err)
		}
		whole := file.Bytes()
		dir := t.TempDir()
		key, other := filepath.Join(dir, "key"), filepath.Join(dir, "other")
		if err := errors.Join(os.WriteFile(key, db.master, 0o600), os.WriteFile(other, make([]byte, 32), 0o600)); err != nil {
			t.Fatal(err)
		}
		made := func(f func(*BackupHead), tables ...string) []byte {
			var b bytes.Buffer
			head := BackupHead{Format: backupFormat, Schema: 1}
			head.Key, _ = keyPrint(db.master)
			f(&head)
			w, err := newBackupWriter(&b, &head)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range tables {
				if err := errors.Join(w.table(name, []string{"id"}), w.row([]any{"x"})); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.close(); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
		o := Options{Database: filepath.Join(dir, "restored.db"), KeyFile: key}
		for _, c := range []struct {
			what string
			file []byte
			key  string
			want error
		}{
			{"nothing", nil, key, ErrBackup},
			{"another file", []byte("PK\x03\x04 something else"), key, ErrBackup},
			{"cut off", whole[:len(whole)-40], key, ErrBackup},
			{"cut in half", whole[:len(whole)/2], key, ErrBackup},
			{"a changed byte", slices.Concat(whole[:len(whole)/2], []byte{whole[len(whole)/2] ^ 1}, whole[len(whole)/2+1:]), key, ErrBackup},
			{"another key", whole, other, ErrKey},
			{"no key", whole, filepath.Join(dir, "none"), ErrNoKey},
			{"a newer format", made(func(h *BackupHead) { h.Format++ }), key, ErrNewer},
			{"newer tables", made(func(h *BackupHead) { h.Schema = 9999 }), key, ErrNewer},
			{"no tables", made(func(*BackupHead) {}), key, ErrBackup},
			{"an unknown table", made(func(*BackupHead) {}, `runs; DROP TABLE runs`), key, ErrBackup},
			{"other columns", made(func(*BackupHead) {}, `runs`), key, ErrBackup},
		} {
			o.KeyFile = c.key
			if _, err := Restore(ctx, o, noon, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.file)), nil }); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.what, err, c.want)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "none")); err == nil {
			t.Error("a key was made")
		}
		o.KeyFile = key
		if _, err := Restore(ctx, o, noon, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(whole)), nil }); err != nil {
			t.Errorf("the right one after all the wrong: %v", err)
		}
	})
}

// TestUpgrade: a database of every earlier version, with what people left in
// it, comes up to date and keeps it; a backup of it does, too.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		lived(t, db)
		p, err := db.migrations()
		if err != nil {
			t.Fatal(err)
		}
		newest, err := newestSchema()
		if err != nil {
			t.Fatal(err)
		}
		for v := newest - 1; v >= newest-3; v-- {
			if _, err := p.DownTo(ctx, v); err != nil {
				t.Fatalf("down to %d: %v", v, err)
			}
			before, names := dump(t, db)
			later := reopen()
			after, _ := dump(t, later)
			for _, name := range names {
				// A new column stands at the end of a line; what was there is its beginning.
				if len(before[name]) != len(after[name]) {
					t.Errorf("from %d: %s has %d rows, had %d", v, name, len(after[name]), len(before[name]))
					continue
				}
				for i, line := range before[name] {
					if !strings.HasPrefix(after[name][i], line) {
						t.Errorf("from %d: %s was %s is %s", v, name, line, after[name][i])
					}
				}
			}
			if n, err := later.VerifyAudit(ctx); err != nil || n == 0 {
				t.Errorf("from %d: audit log %d, %v", v, n, err)
			}
		}
	})
}

// FuzzBackup: a foreign file is refused or read, in bounded memory.
func FuzzBackup(f *testing.F) {
	var b bytes.Buffer
	w, err := newBackupWriter(&b, &BackupHead{Format: 1, Schema: 1})
	if err == nil {
		err = errors.Join(w.table("runs", []string{"id", "n", "data", "none"}), w.row([]any{"r", int64(-3), []byte{0}, nil}), w.close())
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, p []byte) {
		if done, err := CheckBackup(bytes.NewReader(p)); err == nil && done.Schema < 1 {
			t.Errorf("%+v", done)
		}
	})
}

// TestFullChange: what people save into a full database is refused as a whole,
// with the word for it; the audit log holds, and a backup can still be taken.
func TestFullChange(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	with(t, filepath.Join(t.TempDir(), "m.db"), func(t *testing.T, db *DB, _ func() *DB) {
		lived(t, db)
		var pages int
		if err := db.write.QueryRowContext(ctx, `PRAGMA page_count`).Scan(&pages); err != nil {
			t.Fatal(err)
		}
		if _, err := db.write.ExecContext(ctx, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+2)); err != nil {
			t.Fatal(err)
		}
		var err error
		kept := 0
		for ; err == nil && kept < 500; kept++ {
			o := &account.Organisation{ID: account.NewID(), Kind: account.Firm, Name: strings.Repeat("満杯", 300)}
			err = db.Change(ctx, "", noon, func(tx *Tx) error { return tx.AddOrganisation(ctx, o) })
		}
		if !errors.Is(err, ErrFull) {
			t.Fatalf("after %d changes: %v, want %v", kept, err, ErrFull)
		}
		if _, err := db.VerifyAudit(ctx); err != nil {
			t.Error(err)
		}
		if _, err := db.Backup(ctx, io.Discard, "test", noon); err != nil {
			t.Errorf("a backup of a full database: %v", err)
		}
	})
}
