package store

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"miseban/internal/account"
	"miseban/internal/paper"
	"miseban/internal/survey"
)

// TestClosing: two people close a programme; only their halves together open the
// archive; what is over its time is deleted by two, class by class, and the
// audit log stays whole.
func TestClosing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		p, clerk := runs(t, db, "ec-2022")
		other, _ := runs(t, db, "other")
		_, second := settle(t, db, account.Office, "もう一人")
		me, you := clerk.Person.ID, second.Person.ID
		applies(t, db, p, 2)
		applies(t, db, other, 1)
		s := &Survey{Programme: p.ID, Questionnaire: "breached", Quota: 20}
		subject := &SurveySubject{Programme: p.ID, Subject: survey.Subject{Company: "株式会社きぬた"}}
		panel := &paper.Panel{Programme: p.ID, Name: "委員会"}
		papers := map[paper.Class]*paper.Paper{}
		change(t, db, me, func(tx *Tx) error {
			if err := errors.Join(tx.AddSurvey(ctx, s), tx.AddPanel(ctx, p.Office, panel)); err != nil {
				return err
			}
			subject.Survey = s.ID
			if err := tx.AddSubject(ctx, subject); err != nil {
				return err
			}
			for _, c := range paper.Classes {
				d := &paper.Paper{Panel: panel.ID, Kind: paper.Report, Class: c, Title: "資料 " + string(c)}
				file := &paper.File{Class: c, Name: "a.txt", Alt: "表", Media: "text/plain"}
				if err := errors.Join(tx.AddPaper(ctx, p.Office, d), tx.SavePart(ctx, p.Office, d, &paper.Part{Class: c, TitleClass: c, Title: "項目", Text: "本文"}), tx.AddPaperFile(ctx, p.Office, d, file, []byte("bytes of "+string(c)))); err != nil {
					return err
				}
				papers[c] = d
			}
			return tx.SaveSurveyAnswer(ctx, s.ID, &SurveyAnswer{Subject: subject.ID, Answer: survey.Answer{Item: "regret", Given: survey.Answered, Words: "秘密の話"}})
		})

		c, err := db.Closing(ctx, p.ID)
		if err != nil || c.Revision != 0 || c.Years[paper.Closed] != 3 {
			t.Fatal(c, err)
		}
		read := func() {
			t.Helper()
			if c, err = db.Closing(ctx, p.ID); err != nil {
				t.Fatal(err)
			}
		}
		change(t, db, me, func(tx *Tx) error { return tx.SetRetention(ctx, p.Office, c) })
		read()
		change(t, db, me, func(tx *Tx) error { return tx.AskClosing(ctx, p.Office, c, "FIRST") })
		read()
		if err := db.CloseProgramme(ctx, me, p.Office, c, "SECOND", noon); !errors.Is(err, ErrSamePerson) {
			t.Errorf("closed alone: %v", err)
		}
		if err := db.CloseProgramme(ctx, you, p.Office, c, "SECOND", noon); err != nil {
			t.Fatal(err)
		}
		read()
		var sealed []byte
		for n := 0; ; n++ {
			b, err := db.ArchivePiece(ctx, p.ID, n)
			if errors.Is(err, ErrNotFound) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			sealed = append(sealed, b...)
		}
		if sum := sha256.Sum256(sealed); hex.EncodeToString(sum[:]) != c.Sum || int64(len(sealed)) != c.Size || bytes.Contains(sealed, []byte("秘密の話")) {
			t.Errorf("%d bytes: %+v", len(sealed), c)
		}
		for _, wrong := range []string{"FIRST", "SECOND", "SECOND-FIRST"} {
			if _, err := openArchive(sealed, wrong); err == nil {
				t.Errorf("opens with %s alone", wrong)
			}
		}
		files, err := openArchive(sealed, "FIRST-SECOND")
		if err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(files, "\n"); !strings.Contains(all, "秘密の話") || !strings.Contains(all, "bytes of closed") || !strings.Contains(all, "welcart") || strings.Contains(all, string(other.ID)) {
			t.Errorf("the archive holds %.2000s", all)
		}

		// Nothing goes before its time, and nobody deletes alone.
		x := &Deletion{Class: paper.Closed}
		if err := db.Change(ctx, me, noon.AddDate(2, 11, 0), func(tx *Tx) error { return tx.AskDeletion(ctx, p.Office, c, x) }); !errors.Is(err, ErrConflict) {
			t.Errorf("before its time: %v", err)
		}
		later := noon.AddDate(3, 0, 1)
		if err := db.Change(ctx, me, later, func(tx *Tx) error { return tx.AskDeletion(ctx, p.Office, c, x) }); err != nil {
			t.Fatal(err)
		}
		if err := db.Change(ctx, me, later, func(tx *Tx) error { return tx.Delete(ctx, p.Office, c, x) }); !errors.Is(err, ErrSamePerson) {
			t.Errorf("deleted alone: %v", err)
		}
		if err := db.Change(ctx, you, later, func(tx *Tx) error { return tx.Delete(ctx, p.Office, c, x) }); err != nil {
			t.Fatal(err)
		}
		count := func(query string, args ...any) (n int) {
			t.Helper()
			if err := db.read.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, q := range []string{`SELECT count(*) FROM applications WHERE programme_id = $1`, `SELECT count(*) FROM survey_subjects WHERE programme_id = $1`, `SELECT count(*) FROM papers p JOIN committees c ON c.id = p.committee_id WHERE c.programme_id = $1 AND p.class = 'closed'`, `SELECT count(*) FROM programme_archives WHERE programme_id = $1`} {
			if n := count(q, string(p.ID)); n != 0 {
				t.Errorf("%d are left: %s", n, q)
			}
		}
		if n := count(`SELECT count(*) FROM papers p JOIN committees c ON c.id = p.committee_id WHERE c.programme_id = $1`, string(p.ID)); n != 2 {
			t.Errorf("%d papers of other classes are left", n)
		}
		if n := count(`SELECT count(*) FROM applications WHERE programme_id = $1`, string(other.ID)); n != 1 {
			t.Errorf("another programme has %d applications", n)
		}
		list, err := db.Deletions(ctx, p.ID)
		if err != nil || len(list) != 1 || list[0].State != DeletionDone || list[0].ApprovedBy != you || list[0].Line == 0 || !slices.Contains(list[0].Rows, DeletedRows{"applications", 2}) {
			t.Errorf("%+v %v", list, err)
		}
		if n, err := db.VerifyAudit(ctx); err != nil || n == 0 {
			t.Errorf("the audit log: %d, %v", n, err)
		}
		y := &Deletion{Class: paper.Public}
		if err := db.Change(ctx, me, later.AddDate(8, 0, 0), func(tx *Tx) error { return tx.AskDeletion(ctx, p.Office, c, y) }); err != nil {
			t.Fatal(err)
		}
		if err := db.Change(ctx, you, later.AddDate(8, 0, 0), func(tx *Tx) error { return tx.Delete(ctx, p.Office, c, y) }); err != nil {
			t.Errorf("public papers: %v", err)
		}
	})
}

// openArchive opens an archive as its office would, with age and ZIP.
func openArchive(sealed []byte, passphrase string) ([]string, error) {
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), id)
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(plain), int64(len(plain)))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		out = append(out, f.Name+"\n"+string(b))
	}
	return out, nil
}
