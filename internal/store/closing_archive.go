package store

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"filippo.io/age"

	"miseban/internal/account"
	"miseban/internal/programme"
)

// beside are the tables of a programme's archive that bear neither its ID nor
// that of a case, and by what condition their rows are its own. The others are
// found in the database, so that none can be forgotten.
var beside = []struct{ table, where string }{
	{"programmes", `id = $1`},
	{"mailing_mails", `mailing_id IN (SELECT id FROM mailings WHERE programme_id = $1)`},
	{"survey_moves", `subject_id IN (SELECT id FROM survey_subjects WHERE programme_id = $1)`},
	{"survey_answers", `survey_id IN (SELECT id FROM surveys WHERE programme_id = $1)`},
	{"survey_answer_versions", `subject_id IN (SELECT id FROM survey_subjects WHERE programme_id = $1)`},
	{"survey_codes", `survey_id IN (SELECT id FROM surveys WHERE programme_id = $1)`},
	{"survey_codings", `survey_id IN (SELECT id FROM surveys WHERE programme_id = $1)`},
	{"survey_releases", `survey_id IN (SELECT id FROM surveys WHERE programme_id = $1)`},
	{"committee_people", ofCommittees},
	{"meetings", ofCommittees},
	{"papers", ofCommittees},
	{"paper_parts", `paper_id IN (SELECT id FROM papers WHERE ` + ofCommittees + `)`},
	{"paper_names", `paper_id IN (SELECT id FROM papers WHERE ` + ofCommittees + `)`},
	{"paper_sources", `paper_id IN (SELECT id FROM papers WHERE ` + ofCommittees + `)`},
	{"paper_files", `paper_id IN (SELECT id FROM papers WHERE ` + ofCommittees + `)`},
	{"committee_actions", ofCommittees},
}

// unarchived are tables with a programme's ID that mean nothing later: secrets
// of links, what can be counted anew, and the archive itself.
var unarchived = []string{"applicant_links", "case_feeds", "selection_seeds", "statistics", "programme_closings", "programme_archives", "programme_deletions"}

// opened says for what purpose a column is sealed; false: it is not sealed.
func opened(table, column string, row map[string]string) (purpose string, sealed bool) {
	switch table + "." + column {
	case "paper_files.data":
		return "paper " + row["id"], true
	case "case_notes.words":
		return secretCaseNote(account.ID(row["id"])), true
	case "case_facts.words":
		return secretCaseFact(account.ID(row["case_id"]), row["fact"]), true
	case "case_records.sealed", "case_record_versions.sealed":
		n, err := strconv.Atoi(row["revision"])
		return secretCaseRecord(&CaseRecord{Case: account.ID(row["case_id"]), Record: programme.Record{Kind: programme.RecordKind(row["kind"]), Name: row["name"], Revision: n}}), err == nil
	case "mailing_mails.sealed":
		return secretMerged(account.ID(row["mailing_id"]), account.ID(row["case_id"])), true
	}
	return "", false
}

// pieceSize is how many bytes of an archive stand in one row.
const pieceSize = 1 << 20

// CloseProgramme makes the sealed archive of a programme and closes it, by the
// word of a second person: an age file with a ZIP of tables as CSV and of the
// attachments, which opens with the halves of both, joined by a hyphen. The
// first half is forgotten here. ErrSamePerson when who asks has asked for it
// himself.
func (d *DB) CloseProgramme(ctx context.Context, by, office account.ID, c *Closing, half string, at time.Time) error {
	if c.By == by {
		return ErrSamePerson
	}
	var sealed []byte
	if err := d.read.QueryRowContext(ctx, `SELECT half FROM programme_closings WHERE programme_id = $1 AND state = 'asked' AND revision = $2`, string(c.Programme), c.Revision).Scan(&sealed); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return ErrConflict
		}
		return named(err)
	}
	first, err := unseal(d.master, sealed, secretHalf(c.Programme))
	if err != nil {
		return err
	}
	f, err := os.CreateTemp("", "miseban-archive-*") // of what is encrypted already
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(f.Close(), os.Remove(f.Name())) }()
	sum := sha256.New()
	if err := d.archive(ctx, io.MultiWriter(f, sum), c.Programme, string(first)+"-"+half); err != nil {
		return err
	}
	if c.Size, err = f.Seek(0, io.SeekCurrent); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	c.Sum = hex.EncodeToString(sum.Sum(nil))
	return d.Change(ctx, by, at, func(t *Tx) error { return t.keepArchive(ctx, office, c, f) })
}

func (t *Tx) keepArchive(ctx context.Context, office account.ID, c *Closing, f io.Reader) error {
	t.Record(account.Event{Verb: account.ProgrammeClosed, Object: c.Programme, Organisation: office, Details: map[string]string{"sum": c.Sum, "size": strconv.FormatInt(c.Size, 10)}})
	if err := t.one(ctx, ErrConflict, `UPDATE programme_closings SET revision = revision + 1, state = 'closed', approved_by = $3, closed = $4, sum = $5, size = $6, half = $7 WHERE programme_id = $1 AND revision = $2 AND state = 'asked'`,
		string(c.Programme), c.Revision, string(t.By), ts(t.At), c.Sum, c.Size, []byte{}); err != nil {
		return err
	}
	buf := make([]byte, pieceSize)
	for n := 0; ; n++ {
		k, err := io.ReadFull(f, buf)
		if k > 0 {
			if _, err := t.exec(ctx, `INSERT INTO programme_archives (programme_id, piece, data) VALUES ($1, $2, $3)`, string(c.Programme), n, buf[:k]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// archive writes all of a programme as it stands at one moment.
func (d *DB) archive(ctx context.Context, w io.Writer, prog account.ID, passphrase string) error {
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return err
	}
	r.SetWorkFactor(archiveWork)
	sealed, err := age.Encrypt(w, r)
	if err != nil {
		return err
	}
	z := zip.NewWriter(sealed)
	t, err := d.read.BeginTx(ctx, &sql.TxOptions{Isolation: d.snapshot(), ReadOnly: true})
	if err != nil {
		return named(err)
	}
	defer func() { _ = t.Rollback() }()
	tables, err := d.tables(ctx, t)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if slices.Contains(unarchived, table) {
			continue
		}
		where := ""
		if at := slices.IndexFunc(beside, func(b struct{ table, where string }) bool { return b.table == table }); at >= 0 {
			where = beside[at].where
		} else if where, err = byColumns(ctx, t, table); err != nil {
			return err
		}
		if where == "" {
			continue
		}
		if err := d.archiveTable(ctx, t, z, table, where, prog); err != nil {
			return fmt.Errorf("archiving %s: %w", table, named(err))
		}
	}
	return errors.Join(z.Close(), sealed.Close())
}

// byColumns is the condition of the rows of a table that are of a programme, by
// the columns that it has: the programme's ID, or that of a case; "" of others.
func byColumns(ctx context.Context, t *sql.Tx, table string) (string, error) {
	rows, err := t.QueryContext(ctx, `SELECT * FROM `+table+` WHERE 1 = 0`)
	if err != nil {
		return "", named(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	switch {
	case slices.Contains(columns, "programme_id"):
		return `programme_id = $1`, errors.Join(err, rows.Err())
	case slices.Contains(columns, "case_id"):
		return `case_id IN (SELECT id FROM cases WHERE programme_id = $1)`, errors.Join(err, rows.Err())
	}
	return "", errors.Join(err, rows.Err())
}

// archiveWork is how dear one try at the passphrase is. The halves are drawn by
// lot, so that nobody guesses them.
const archiveWork = 15

// archiveTable writes the rows of a table as CSV, and attachments as files.
func (d *DB) archiveTable(ctx context.Context, t *sql.Tx, z *zip.Writer, table, where string, prog account.ID) error {
	rows, err := t.QueryContext(ctx, `SELECT * FROM `+table+` WHERE `+where, string(prog))
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	type file struct {
		name string
		data []byte
	}
	var lines [][]string
	var files []file
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		row := map[string]string{}
		for i, v := range values {
			if _, raw := v.([]byte); !raw && v != nil {
				row[columns[i]] = fmt.Sprint(v)
			}
		}
		line := make([]string, len(columns))
		for i, c := range columns {
			line[i] = row[c]
			data, raw := values[i].([]byte)
			if !raw {
				continue
			}
			purpose, sealed := opened(table, c, row)
			if sealed && len(data) > 0 {
				if data, err = unseal(d.master, data, purpose); err != nil {
					return err
				}
			}
			switch {
			case table == "paper_files":
				line[i] = "files/" + row["id"]
				files = append(files, file{line[i], data})
			case sealed:
				line[i] = string(data)
			default:
				line[i] = base64.StdEncoding.EncodeToString(data)
			}
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	out, err := z.Create(table + ".csv")
	if err != nil {
		return err
	}
	w := csv.NewWriter(out)
	if err := errors.Join(w.Write(columns), w.WriteAll(lines)); err != nil {
		return err
	}
	for _, f := range files {
		out, err := z.Create(f.name)
		if err != nil {
			return err
		}
		if _, err := out.Write(f.data); err != nil {
			return err
		}
	}
	return nil
}

// ArchivePiece reads a piece of the archive of a programme. ErrNotFound behind
// the last one.
func (d *DB) ArchivePiece(ctx context.Context, prog account.ID, n int) ([]byte, error) {
	var b []byte
	err := d.read.QueryRowContext(ctx, `SELECT data FROM programme_archives WHERE programme_id = $1 AND piece = $2`, string(prog), n).Scan(&b)
	return b, found("archive", err)
}
