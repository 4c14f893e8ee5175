package store

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/notice"
)

// TestRestoredRights: what may have been taken back, or sent, since the backup
// was taken neither opens anything nor goes out by itself after a restore; what
// was not confirmed is unread again, and the audit log tells all of it.
func TestRestoredRights(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		shop, _ := lived(t, db)
		o, a := settle(t, db, account.Shopkeeper, "山田茶舗")
		me := a.Person.ID
		_, token := account.NewAPIToken()
		_, link := account.NewToken()
		_, used := account.NewToken()
		mails := map[MailState]*Mail{}
		for _, s := range []MailState{MailWaiting, MailQueued, MailSent} {
			mails[s] = &Mail{To: "new@example.jp", Letter: &notice.Letter{About: notice.LetterJoin, Lang: "ja"}}
		}
		change(t, db, me, func(tx *Tx) error {
			taken := &account.Link{ID: account.NewID(), Purpose: account.Join, Organisation: o.ID, Expires: noon.AddDate(0, 0, 7)}
			err := errors.Join(
				tx.AddAPIToken(ctx, &account.APIToken{ID: account.NewID(), Person: me, Name: "CI", Expires: noon.AddDate(0, 0, 7)}, token),
				tx.AddLink(ctx, &account.Link{ID: account.NewID(), Purpose: account.Join, Organisation: o.ID, Expires: noon.AddDate(0, 0, 7)}, link),
				tx.AddLink(ctx, taken, used), tx.TakeLink(ctx, taken))
			for s, m := range mails {
				err = errors.Join(err, tx.AddLetter(ctx, m))
				_, e := tx.exec(ctx, `UPDATE mails SET state = $2 WHERE id = $1`, string(m.ID), string(s))
				err = errors.Join(err, e)
			}
			_, e := tx.RaiseAlarm(ctx, &Alarm{Shop: shop.ID, Run: "r0", Danger: notice.Leak}, true)
			return errors.Join(err, e)
		})
		post := func(d *DB, where string) (n int) {
			t.Helper()
			if err := d.read.QueryRowContext(ctx, `SELECT count(*) FROM notices WHERE `+where).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if _, err := db.write.ExecContext(ctx, `UPDATE notices SET seen = $1`, ts(noon)); err != nil {
			t.Fatal(err)
		}
		if post(db, `kind = 'emergency' AND post = 'now'`) == 0 {
			t.Fatal("nobody was told of the alarm")
		}
		var file bytes.Buffer
		if _, err := db.Backup(ctx, &file, "test", noon); err != nil {
			t.Fatal(err)
		}
		key := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(key, db.master, 0o600); err != nil {
			t.Fatal(err)
		}
		w := Options{Database: elsewhere(t, db), KeyFile: key}
		if _, err := Restore(ctx, w, noon, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file.Bytes())), nil }); err != nil {
			t.Fatal(err)
		}
		again, err := Open(ctx, w)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if k, err := again.APIToken(ctx, token); err != nil || k.Live(noon) {
			t.Errorf("the token lives: %+v, %v", k, err)
		}
		if l, err := again.Link(ctx, link); err != nil || l.Revoked.IsZero() {
			t.Errorf("the link is open: %+v, %v", l, err)
		}
		if l, err := again.Link(ctx, used); err != nil || l.Used.IsZero() || !l.Revoked.IsZero() {
			t.Errorf("a link that was used: %+v, %v", l, err)
		}
		for s, m := range mails {
			want, why := MailUndeliverable, notice.FromBackup
			if s == MailSent {
				want, why = s, ""
			}
			if got, err := again.Mail(ctx, m.ID); err != nil || got.State != want || got.Problem != why || got.Letter == nil {
				t.Errorf("a mail that was %s: %+v, %v", s, got, err)
			}
		}
		for _, how := range []notice.How{notice.AtOnce, notice.Daily} {
			if any, err := again.AnyMail(ctx, how); err != nil || any {
				t.Errorf("mails go out by themselves (%s): %v", how, err)
			}
		}
		if post(again, `kind = 'emergency' AND seen = ''`) == 0 || post(again, `kind <> 'emergency' AND seen = ''`) != 0 {
			t.Error("not the open alarm alone is unread again")
		}
		events, err := again.Audit(ctx, Audited{Limit: 5})
		at := slices.IndexFunc(events, func(e account.Event) bool { return e.Verb == account.PlatformRestored })
		if err != nil || at < 0 {
			t.Fatalf("events %+v, %v", events, err)
		}
		if d := events[at].Details; d["tokens"] != "1" || d["links"] != "1" || d["mails"] != "2" || d["alarms"] != "1" {
			t.Errorf("details %v", d)
		}
		change(t, again, me, func(tx *Tx) error { return tx.MailAgain(ctx, mails[MailQueued].ID) })
		if any, err := again.AnyMail(ctx, notice.AtOnce); err != nil || !any {
			t.Errorf("it cannot be sent again by hand: %v", err)
		}
	})
}

// TestBackupBounds: a row or a table beyond what Miseban writes is refused
// before it is held, with words that say why.
func TestBackupBounds(t *testing.T) {
	t.Parallel()
	for want, write := range map[string]func(w *backupWriter){
		"a row of more than 64 MiB": func(w *backupWriter) {
			_ = w.table("runs", []string{"id", "data"})
			w.bytes([]byte{markRow, valueText})
			w.text("x")
			w.bytes([]byte{valueBytes})
			w.number(mostRow) // with the x it is one too many
		},
		"a table of 101 columns": func(w *backupWriter) { _ = w.table("runs", make([]string, mostColumns+1)) },
	} {
		var b bytes.Buffer
		w, err := newBackupWriter(&b, &BackupHead{Format: backupFormat, Schema: 1})
		if err != nil {
			t.Fatal(err)
		}
		write(w)
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		if _, err := CheckBackup(&b); !errors.Is(err, ErrBackup) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestHalfRestored: killed between the rows and what must end with them, a
// restore leaves a database that nobody can open; accounts elsewhere are
// unlinked by one that came to its end.
func TestHalfRestored(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		_, a := settle(t, db, account.Shopkeeper, "山田茶舗")
		change(t, db, a.Person.ID, func(tx *Tx) error {
			return tx.AddIdentity(ctx, &account.Identity{ID: account.NewID(), Issuer: "https://id.example", Subject: "1", Person: a.Person.ID})
		})
		var file bytes.Buffer
		done, err := db.Backup(ctx, &file, "test", noon)
		if err != nil {
			t.Fatal(err)
		}
		key := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(key, db.master, 0o600); err != nil {
			t.Fatal(err)
		}
		half := Options{Database: elsewhere(t, db), KeyFile: key}
		d, err := connect(half.Database)
		if err != nil {
			t.Fatal(err)
		}
		d.master = db.master
		err = d.pour(ctx, bytes.NewReader(file.Bytes()), done.Schema, noon)
		if err := errors.Join(err, d.Close()); err != nil { // here it is killed
			t.Fatal(err)
		}
		if again, err := Open(ctx, half); !errors.Is(err, ErrHalf) {
			t.Errorf("a half restored database opens: %v", err)
			if err == nil {
				again.Close()
			}
		}
		read := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file.Bytes())), nil }
		if _, err := Restore(ctx, half, noon, read); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("restored over it: %v", err)
		}
		whole := Options{Database: elsewhere(t, db), KeyFile: key}
		if _, err := Restore(ctx, whole, noon, read); err != nil {
			t.Fatal(err)
		}
		again, err := Open(ctx, whole)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if list, err := again.Identities(ctx, a.Person.ID); err != nil || len(list) != 0 {
			t.Errorf("accounts elsewhere are still linked: %v, %v", list, err)
		}
	})
}
