package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
)

// CaseNote is something that people did or agreed about a case.
type CaseNote struct {
	ID      account.ID
	Case    account.ID
	Kind    programme.NoteKind
	At      time.Time // when it was
	Written time.Time
	By      account.ID // who wrote it; "" = Miseban itself
	Due     string     // of a promise: by which day
	Kept    time.Time  // of a promise: when it was found kept
	KeptBy  account.ID
	Words   string
}

// Open says that the note is a promise that is not kept yet.
func (n *CaseNote) Open() bool { return n.Due != "" && n.Kept.IsZero() }

const caseNoteColumns = `n.id, n.case_id, n.kind, n.at, n.written, n.by_id, n.due, n.kept, n.kept_by, n.words`

func secretCaseNote(id account.ID) string { return "case note " + string(id) }

func (d *DB) scanCaseNote(r interface{ Scan(...any) error }, n *CaseNote, more ...any) error {
	var sealed []byte
	if err := r.Scan(append([]any{&n.ID, &n.Case, &n.Kind, clock{&n.At}, clock{&n.Written}, &n.By, &n.Due, clock{&n.Kept}, &n.KeptBy, &sealed}, more...)...); err != nil {
		return err
	}
	plain, err := unseal(d.master, sealed, secretCaseNote(n.ID))
	n.Words = string(plain)
	return err
}

// CaseNotes lists what was noted about a case of a programme, newest first.
func (d *DB) CaseNotes(ctx context.Context, prog, id account.ID, limit int) ([]CaseNote, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+caseNoteColumns+` FROM case_notes n WHERE n.case_id = $1 AND n.programme_id = $2 ORDER BY n.at DESC, n.id DESC LIMIT $3`, string(id), string(prog), limit)
	return collect(rows, err, func(r *sql.Rows, n *CaseNote) error { return d.scanCaseNote(r, n) })
}

// Promises lists the promises of a programme's cases that are not kept yet, the
// earliest first, each with the number of its case.
func (d *DB) Promises(ctx context.Context, prog account.ID, limit int) (list []CaseNote, numbers map[account.ID]string, err error) {
	numbers = map[account.ID]string{}
	rows, err := d.read.QueryContext(ctx, `SELECT `+caseNoteColumns+`, c.number FROM case_notes n JOIN cases c ON c.id = n.case_id WHERE n.programme_id = $1 AND n.due <> '' AND n.kept = '' ORDER BY n.due, n.id LIMIT $2`, string(prog), limit)
	list, err = collect(rows, err, func(r *sql.Rows, n *CaseNote) error {
		var number string
		err := d.scanCaseNote(r, n, &number)
		numbers[n.Case] = number
		return err
	})
	return list, numbers, err
}

// AddCaseNote notes something about a case of a programme. ErrNotFound when the
// programme has no such case.
func (t *Tx) AddCaseNote(ctx context.Context, prog, office account.ID, n *CaseNote) error {
	n.ID, n.Written, n.By = account.NewID(), t.At, t.author()
	sealed, err := seal(t.db.master, []byte(n.Words), secretCaseNote(n.ID))
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.CaseNoted, Object: n.Case, Organisation: office, Details: map[string]string{"programme": string(prog), "kind": string(n.Kind)}})
	return t.one(ctx, fmt.Errorf("case: %w", ErrNotFound), `INSERT INTO case_notes (id, case_id, programme_id, kind, at, written, by_id, due, kept, kept_by, words) SELECT $1, c.id, c.programme_id, $4, $5, $6, $7, $8, '', '', $9 FROM cases c WHERE c.id = $2 AND c.programme_id = $3`,
		string(n.ID), string(n.Case), string(prog), string(n.Kind), ts(n.At), ts(n.Written), string(n.By), n.Due, sealed)
}

// KeepPromise notes that a promise was kept. ErrConflict when it was, already.
func (t *Tx) KeepPromise(ctx context.Context, prog, office, id, note account.ID) error {
	t.Record(account.Event{Verb: account.CaseNoted, Object: id, Organisation: office, Details: map[string]string{"programme": string(prog), "kind": "kept"}})
	return t.one(ctx, ErrConflict, `UPDATE case_notes SET kept = $4, kept_by = $5 WHERE id = $1 AND case_id = $2 AND programme_id = $3 AND due <> '' AND kept = ''`, string(note), string(id), string(prog), ts(t.At), string(t.author()))
}

// CaseFact is what somebody has stated by hand.
type CaseFact struct {
	Case  account.ID
	Key   string
	At    time.Time
	By    account.ID
	Words string // how they know
}

func secretCaseFact(id account.ID, key string) string { return "case fact " + string(id) + " " + key }

// StateFact notes what somebody has made sure of; what was stated before about
// the same is replaced. The caller has asked programme.Stated who may.
func (t *Tx) StateFact(ctx context.Context, prog, office account.ID, f *CaseFact) error {
	f.At, f.By = t.At, t.author()
	sealed, err := seal(t.db.master, []byte(f.Words), secretCaseFact(f.Case, f.Key))
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.CaseFactStated, Object: f.Case, Organisation: office, Details: map[string]string{"programme": string(prog), "fact": f.Key}})
	return t.one(ctx, fmt.Errorf("case: %w", ErrNotFound), `INSERT INTO case_facts (case_id, fact, at, by_id, words) SELECT c.id, $3, $4, $5, $6 FROM cases c WHERE c.id = $1 AND c.programme_id = $2 ON CONFLICT (case_id, fact) DO UPDATE SET at = excluded.at, by_id = excluded.by_id, words = excluded.words`,
		string(f.Case), string(prog), f.Key, ts(f.At), string(f.By), sealed)
}

// DropFact takes back what was stated. ErrConflict when it is not stated.
func (t *Tx) DropFact(ctx context.Context, prog, office, id account.ID, key string) error {
	t.Record(account.Event{Verb: account.CaseFactDropped, Object: id, Organisation: office, Details: map[string]string{"programme": string(prog), "fact": key}})
	return t.one(ctx, ErrConflict, `DELETE FROM case_facts WHERE case_id = $1 AND fact = $3 AND EXISTS (SELECT 1 FROM cases c WHERE c.id = $1 AND c.programme_id = $2)`, string(id), string(prog), key)
}

// CaseKnown is what is known of a case beside itself: what moves depend on, the
// records that say it, and who has stated which of it by hand.
type CaseKnown struct {
	programme.Facts
	On      programme.Resting
	Records []programme.Record
	Stated  map[string]CaseFact
}

// CasesKnown gathers what moves of some cases depend on, from the applications,
// the consents and diagnoses of the shops, and what is written down about the
// cases: two questions, however many cases there are.
func (d *DB) CasesKnown(ctx context.Context, cases []programme.Case, at time.Time) (map[account.ID]*CaseKnown, error) {
	out := map[account.ID]*CaseKnown{}
	if len(cases) == 0 {
		return out, nil
	}
	var ids []any
	for i := range cases {
		out[cases[i].ID] = &CaseKnown{Stated: map[string]CaseFact{}}
		ids = append(ids, string(cases[i].ID))
	}
	in := places(0, len(ids))
	now := fmt.Sprintf("$%d", len(ids)+1)
	rows, err := d.read.QueryContext(ctx, `SELECT c.id, coalesce(a.stage, ''), coalesce((SELECT x.id || ' ' || x.until || ' ' || x.doc FROM consents x WHERE x.shop_id = c.shop_id AND x.withdrawn = '' AND x.given <= `+now+` AND x.until > `+now+` ORDER BY x.id DESC LIMIT 1), '')
FROM cases c LEFT JOIN applications a ON a.id = c.application_id WHERE c.id IN (`+in+`)`, append(ids[:len(ids):len(ids)], ts(at))...)
	if _, err := collect(rows, err, func(r *sql.Rows, _ *struct{}) error {
		var id account.ID
		var stage programme.Stage
		var consent string
		if err := r.Scan(&id, &stage, &consent); err != nil {
			return err
		}
		k := out[id]
		k.Of(stage)
		of, rest, ok := strings.Cut(consent, " ")
		if !ok {
			return nil
		}
		until, doc, _ := strings.Cut(rest, " ")
		k.On.Consent = &account.Consent{ID: account.ID(of)}
		if err := json.Unmarshal([]byte(doc), k.On.Consent); err != nil {
			return fmt.Errorf("consent %s: %w", of, err)
		}
		return clock{&k.On.Consent.Until}.Scan(until)
	}); err != nil {
		return nil, err
	}
	rows, err = d.read.QueryContext(ctx, `SELECT case_id, 'fact', fact, '', '', 0, at, by_id, words FROM case_facts WHERE case_id IN (`+in+`)
UNION ALL SELECT case_id, kind, name, state, mark, revision, at, by_id, NULL FROM case_records WHERE case_id IN (`+in+`)
UNION ALL SELECT c.id, 'diagnosis', d.id, d.state, '', 0, d.created, d.by_id, NULL FROM cases c JOIN diagnoses d ON d.shop_id = c.shop_id WHERE c.id IN (`+in+`) AND c.shop_id <> '' AND d.state = 'finished' AND d.created >= c.since AND EXISTS (SELECT 1 FROM consents x WHERE x.shop_id = d.shop_id AND x.given <= d.created)`, ids...)
	if _, err := collect(rows, err, func(row *sql.Rows, _ *struct{}) error {
		var id account.ID
		var r programme.Record
		var sealed []byte
		if err := row.Scan(&id, &r.Kind, &r.Name, &r.State, &r.Mark, &r.Revision, clock{&r.At}, &r.By, &sealed); err != nil {
			return err
		}
		k := out[id]
		switch r.Kind {
		case "diagnosis":
			k.On.Diagnoses = append(k.On.Diagnoses, programme.EndedDiagnosis{ID: account.ID(r.Name), By: r.By})
		case "fact":
			plain, err := unseal(d.master, sealed, secretCaseFact(id, r.Name))
			k.Stated[r.Name] = CaseFact{Case: id, Key: r.Name, At: r.At, By: r.By, Words: string(plain)}
			return err
		default:
			k.Records = append(k.Records, r)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for _, k := range out {
		k.From(k.Records, k.On)
		for key := range k.Stated {
			if _, ok := programme.Stated(key); ok {
				k.State(key)
			}
		}
	}
	return out, nil
}

// CasePerson is somebody who has to do with cases.
type CasePerson struct {
	ID     account.ID
	Name   string
	Office bool // may look after cases
}

// CasePeople names the people of an office and some others, by name, with one question.
func (d *DB) CasePeople(ctx context.Context, office account.ID, others []account.ID) ([]CasePerson, error) {
	args := []any{string(office)}
	or := ""
	if others = distinct(others); len(others) > 0 {
		or = ` OR p.id IN (` + places(1, len(others)) + `)`
		for _, id := range others {
			args = append(args, string(id))
		}
	}
	rows, err := d.read.QueryContext(ctx, `SELECT p.id, p.name, coalesce(m.roles, '') FROM people p LEFT JOIN memberships m ON m.person_id = p.id AND m.organisation_id = $1 WHERE p.erased = '' AND (m.person_id IS NOT NULL`+or+`) ORDER BY p.name, p.id`, args...)
	return collect(rows, err, func(r *sql.Rows, p *CasePerson) error {
		var has []account.Role
		err := r.Scan(&p.ID, &p.Name, roles{&has})
		p.Office = slices.Contains(has, account.Clerk) || slices.Contains(has, account.Approver)
		return err
	})
}
