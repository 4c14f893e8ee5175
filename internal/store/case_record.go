package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/programme"
)

// CaseRecord is something written down about a case, in one of its versions.
type CaseRecord struct {
	Case account.ID
	programme.Record
	doc []byte
}

// Read reads what the record says.
func (r *CaseRecord) Read(into any) error {
	if len(r.doc) == 0 {
		return nil
	}
	if err := json.Unmarshal(r.doc, into); err != nil {
		return fmt.Errorf("reading a record of case %s: %w", r.Case, err)
	}
	return nil
}

const caseRecordColumns = `r.case_id, r.kind, r.name, r.revision, r.state, r.mark, r.at, r.by_id, r.sealed`

func secretCaseRecord(r *CaseRecord) string {
	return "case record " + string(r.Case) + " " + string(r.Kind) + " " + r.Name + " " + strconv.Itoa(r.Revision)
}

func (d *DB) scanCaseRecord(row interface{ Scan(...any) error }, r *CaseRecord) error {
	var sealed []byte
	if err := row.Scan(&r.Case, &r.Kind, &r.Name, &r.Revision, &r.State, &r.Mark, clock{&r.At}, &r.By, &sealed); err != nil {
		return err
	}
	var err error
	r.doc, err = unseal(d.master, sealed, secretCaseRecord(r))
	return err
}

// caseWithin asks that a case belongs to what its reader stands before: its
// programme or its shop.
const caseWithin = ` AND EXISTS (SELECT 1 FROM cases c WHERE c.id = r.case_id AND (c.programme_id = $2 OR c.shop_id = $2 AND c.shop_id <> ''))`

// CaseRecords lists what is written down about a case of a programme or of a
// shop, as it stands now; of some kinds, or of all.
func (d *DB) CaseRecords(ctx context.Context, within, id account.ID, kinds ...programme.RecordKind) ([]CaseRecord, error) {
	args := []any{string(id), string(within)}
	of := ""
	if len(kinds) > 0 {
		of = ` AND r.kind IN (` + places(2, len(kinds)) + `)`
		for _, k := range kinds {
			args = append(args, string(k))
		}
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+caseRecordColumns+` FROM case_records r WHERE r.case_id = $1`+of+caseWithin+` ORDER BY r.kind, r.name`, args...)
	return collect(rows, err, func(row *sql.Rows, r *CaseRecord) error { return d.scanCaseRecord(row, r) })
}

// CaseRecordVersion reads an earlier version of a record. ErrNotFound when there is none.
func (d *DB) CaseRecordVersion(ctx context.Context, within account.ID, of *CaseRecord, revision int) (*CaseRecord, error) {
	var r CaseRecord
	err := d.scanCaseRecord(d.read.QueryRowContext(ctx, `SELECT `+caseRecordColumns+` FROM case_record_versions r WHERE r.case_id = $1 AND r.kind = $3 AND r.name = $4 AND r.revision = $5`+caseWithin,
		string(of.Case), string(within), string(of.Kind), of.Name, revision), &r)
	return &r, found("case record", err)
}

// KeepCaseRecord keeps a record beside its versions before. r.Revision is the
// one that was seen, 0 when there was none: ErrConflict when it is another one
// now. ErrNotFound when the case is none of the programme's or the shop's.
func (t *Tx) KeepCaseRecord(ctx context.Context, within account.ID, r *CaseRecord, doc any) error {
	var prog, office, shop account.ID
	err := t.q.QueryRowContext(ctx, `SELECT c.programme_id, p.office_id, c.shop_id FROM cases c JOIN programmes p ON p.id = c.programme_id WHERE c.id = $1 AND (c.programme_id = $2 OR c.shop_id = $2 AND c.shop_id <> '')`, string(r.Case), string(within)).Scan(&prog, &office, &shop)
	if err != nil {
		return found("case", err)
	}
	if err := t.allowRecord(ctx, shop, r); err != nil {
		return err
	}
	if r.doc, err = json.Marshal(doc); err != nil {
		return err
	}
	seen := r.Revision
	r.Revision, r.At, r.By = seen+1, t.At, t.author()
	sealed, err := seal(t.db.master, r.doc, secretCaseRecord(r))
	if err != nil {
		return err
	}
	row := []any{string(r.Case), string(r.Kind), r.Name, r.Revision, r.State, r.Mark, ts(r.At), string(r.By), sealed}
	t.Record(account.Event{Verb: account.CaseRecorded, Object: r.Case, Organisation: office, Shop: shop, Details: map[string]string{"programme": string(prog), "kind": string(r.Kind), "state": r.State}})
	if seen == 0 {
		err = t.one(ctx, ErrConflict, `INSERT INTO case_records (case_id, kind, name, revision, state, mark, at, by_id, sealed) VALUES (`+places(0, 9)+`) ON CONFLICT (case_id, kind, name) DO NOTHING`, row...)
	} else {
		err = t.one(ctx, ErrConflict, `UPDATE case_records SET revision = $4, state = $5, mark = $6, at = $7, by_id = $8, sealed = $9 WHERE case_id = $1 AND kind = $2 AND name = $3 AND revision = $4 - 1`, row...)
	}
	if err == nil {
		_, err = t.exec(ctx, `INSERT INTO case_record_versions (case_id, kind, name, revision, state, mark, at, by_id, sealed) VALUES (`+places(0, 9)+`)`, row...)
	}
	if err != nil || programme.Told(r.Kind, r.State).IsZero() {
		return err
	}
	return t.Cases(prog, office).tell(ctx, r)
}

// tell puts a record on the timeline of its case. The row of the case is taken
// first, so that no move comes between.
func (w *Cases) tell(ctx context.Context, r *CaseRecord) error {
	if err := w.tx.one(ctx, ErrConflict, `UPDATE cases SET revision = revision + 1 WHERE id = $1 AND programme_id = $2`, string(r.Case), string(w.prog)); err != nil {
		return err
	}
	c, err := w.read(ctx, r.Case)
	if err != nil {
		return err
	}
	return w.happened(&c.Case, &c.Case, &programme.Event{ID: account.NewID(), Case: r.Case, At: w.tx.At, By: w.tx.author(), Kind: programme.EventRecord, To: c.Step, Record: r.Kind, State: r.State})
}
