package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/paper"
)

// ClosingState is how far the end of a programme is.
type ClosingState string

// The states of a closing.
const (
	ClosingOpen  ClosingState = ""      // nothing was asked for
	ClosingAsked ClosingState = "asked" // waits for a second person
	ClosingDone  ClosingState = "closed"
)

// Closing is the end of a programme: for how many years what of it is kept, and
// the sealed archive.
type Closing struct {
	Programme  account.ID
	Revision   int // 0: nothing is decided yet
	State      ClosingState
	Years      map[paper.Class]int
	By         account.ID
	Asked      time.Time
	ApprovedBy account.ID
	Closed     time.Time
	Sum        string // SHA-256 of the archive
	Size       int64  // 0: it is not kept here any more
}

// DefaultYears are how long what is kept until the office decides.
var DefaultYears = map[paper.Class]int{paper.Public: 10, paper.Committee: 5, paper.Closed: 3}

// Due is the day from which what is of a class may be deleted; zero while the
// programme is not closed.
func (c *Closing) Due(class paper.Class) time.Time {
	if c.State != ClosingDone {
		return time.Time{}
	}
	return c.Closed.AddDate(c.Years[class], 0, 0)
}

// Deletion is what was deleted, or is to be.
type Deletion struct {
	ID         account.ID
	Class      paper.Class
	State      DeletionState
	By         account.ID
	Asked      time.Time
	ApprovedBy account.ID
	Done       time.Time
	DeletionRecord
}

// DeletionState is how far a deletion is.
type DeletionState string

// The states of a deletion.
const (
	DeletionAsked     DeletionState = "asked"
	DeletionDone      DeletionState = "done"
	DeletionCancelled DeletionState = "cancelled"
)

// DeletionRecord is what a certificate says was deleted.
type DeletionRecord struct {
	Rows  []DeletedRows `json:"rows,omitempty"`
	Line  int64         `json:"line,omitempty"` // of the audit log before the deletion
	Sum   string        `json:"sum,omitempty"`  // of that line
	Until string        `json:"until,omitempty"`
}

// DeletedRows is how many of what were deleted.
type DeletedRows struct {
	What string `json:"what"`
	N    int64  `json:"n"`
}

// Closing reads how a programme ends; nothing was decided when Revision is 0.
func (d *DB) Closing(ctx context.Context, prog account.ID) (*Closing, error) {
	c := &Closing{Programme: prog, Years: map[paper.Class]int{}}
	var public, committee, closed int
	err := d.read.QueryRowContext(ctx, `SELECT revision, state, public_years, committee_years, closed_years, by_id, asked, approved_by, closed, sum, size FROM programme_closings WHERE programme_id = $1`, string(prog)).
		Scan(&c.Revision, &c.State, &public, &committee, &closed, &c.By, clock{&c.Asked}, &c.ApprovedBy, clock{&c.Closed}, &c.Sum, &c.Size)
	if errors.Is(err, sql.ErrNoRows) {
		for k, v := range DefaultYears {
			c.Years[k] = v
		}
		return c, nil
	}
	c.Years[paper.Public], c.Years[paper.Committee], c.Years[paper.Closed] = public, committee, closed
	return c, named(err)
}

// Deletions lists the deletions of a programme, the newest first.
func (d *DB) Deletions(ctx context.Context, prog account.ID) ([]Deletion, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT id, class, state, by_id, asked, approved_by, done, doc FROM programme_deletions WHERE programme_id = $1 ORDER BY id DESC LIMIT 50`, string(prog))
	return collect(rows, err, func(r *sql.Rows, x *Deletion) error {
		var doc string
		if err := r.Scan(&x.ID, &x.Class, &x.State, &x.By, clock{&x.Asked}, &x.ApprovedBy, clock{&x.Done}, &doc); err != nil {
			return err
		}
		return json.Unmarshal([]byte(doc), &x.DeletionRecord)
	})
}

// SetRetention says how long what of a programme is kept. ErrConflict when
// somebody else changed it, or the programme is closed.
func (t *Tx) SetRetention(ctx context.Context, office account.ID, c *Closing) error {
	details := map[string]string{}
	for k, v := range c.Years {
		details[string(k)] = strconv.Itoa(v)
	}
	t.Record(account.Event{Verb: account.RetentionSet, Object: c.Programme, Organisation: office, Details: details})
	if c.Revision == 0 {
		return t.one(ctx, ErrConflict, `INSERT INTO programme_closings (programme_id, revision, state, public_years, committee_years, closed_years, by_id, asked, approved_by, closed, sum, size, half) VALUES ($1, 1, '', $2, $3, $4, '', '', '', '', '', 0, $5) ON CONFLICT DO NOTHING`,
			string(c.Programme), c.Years[paper.Public], c.Years[paper.Committee], c.Years[paper.Closed], []byte{})
	}
	return t.one(ctx, ErrConflict, `UPDATE programme_closings SET revision = revision + 1, public_years = $3, committee_years = $4, closed_years = $5 WHERE programme_id = $1 AND revision = $2 AND state = ''`,
		string(c.Programme), c.Revision, c.Years[paper.Public], c.Years[paper.Committee], c.Years[paper.Closed])
}

func secretHalf(prog account.ID) string { return "closing " + string(prog) }

// AskClosing asks a second person to close a programme. half is the asker's part
// of the passphrase, which is kept sealed until the archive is made.
func (t *Tx) AskClosing(ctx context.Context, office account.ID, c *Closing, half string) error {
	sealed, err := seal(t.db.master, []byte(half), secretHalf(c.Programme))
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.ClosingAsked, Object: c.Programme, Organisation: office})
	return t.one(ctx, ErrConflict, `UPDATE programme_closings SET revision = revision + 1, state = 'asked', by_id = $3, asked = $4, half = $5 WHERE programme_id = $1 AND revision = $2 AND state = ''`,
		string(c.Programme), c.Revision, string(t.By), ts(t.At), sealed)
}

// CancelClosing takes the wish to close back.
func (t *Tx) CancelClosing(ctx context.Context, office account.ID, c *Closing) error {
	t.Record(account.Event{Verb: account.ClosingCancelled, Object: c.Programme, Organisation: office})
	return t.one(ctx, ErrConflict, `UPDATE programme_closings SET revision = revision + 1, state = '', by_id = '', asked = '', half = $3 WHERE programme_id = $1 AND revision = $2 AND state = 'asked'`, string(c.Programme), c.Revision, []byte{})
}

// AskDeletion asks a second person to delete what is of a class, once its time
// is over. ErrConflict when it is not, or was asked for already.
func (t *Tx) AskDeletion(ctx context.Context, office account.ID, c *Closing, x *Deletion) error {
	due := c.Due(x.Class)
	if due.IsZero() || t.At.Before(due) {
		return ErrConflict
	}
	x.ID, x.State, x.By, x.Asked, x.Until = account.NewID(), DeletionAsked, t.By, t.At, due.UTC().Format(time.DateOnly)
	doc, err := json.Marshal(x.DeletionRecord)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.DeletionAsked, Object: x.ID, Organisation: office, Details: map[string]string{"programme": string(c.Programme), "class": string(x.Class)}})
	return t.one(ctx, ErrConflict, `INSERT INTO programme_deletions (id, programme_id, class, state, by_id, asked, approved_by, done, doc) VALUES ($1, $2, $3, $4, $5, $6, '', '', $7) ON CONFLICT DO NOTHING`,
		string(x.ID), string(c.Programme), string(x.Class), string(x.State), string(x.By), ts(x.Asked), string(doc))
}

// CancelDeletion takes the wish to delete back.
func (t *Tx) CancelDeletion(ctx context.Context, office account.ID, c *Closing, x *Deletion) error {
	t.Record(account.Event{Verb: account.DeletionCancelled, Object: x.ID, Organisation: office, Details: map[string]string{"programme": string(c.Programme)}})
	return t.one(ctx, ErrConflict, `UPDATE programme_deletions SET state = 'cancelled' WHERE id = $1 AND programme_id = $2 AND state = 'asked'`, string(x.ID), string(c.Programme))
}

// wipes are what is deleted of each class, in an order in which nothing refers
// to what is gone. what is a word of ours for the certificate.
var wipes = map[paper.Class][]struct{ what, query string }{
	paper.Closed: {
		{"answers", `DELETE FROM survey_answer_versions WHERE subject_id IN (SELECT id FROM survey_subjects WHERE programme_id = $1)`},
		{"answers", `DELETE FROM survey_answers WHERE survey_id IN (SELECT id FROM surveys WHERE programme_id = $1)`},
		{"codings", `DELETE FROM survey_codings WHERE survey_id IN (SELECT id FROM surveys WHERE programme_id = $1)`},
		{"subjects", `DELETE FROM survey_moves WHERE subject_id IN (SELECT id FROM survey_subjects WHERE programme_id = $1)`},
		{"subjects", `DELETE FROM survey_subjects WHERE programme_id = $1`},
		{"applications", `DELETE FROM applicant_links WHERE programme_id = $1`},
		{"applications", `DELETE FROM application_events WHERE programme_id = $1`},
		{"applications", `DELETE FROM applications WHERE programme_id = $1`},
		{"notes", `DELETE FROM case_notes WHERE programme_id = $1`},
		{"notes", `DELETE FROM case_facts WHERE case_id IN (SELECT id FROM cases WHERE programme_id = $1)`},
		{"notes", `DELETE FROM case_record_versions WHERE case_id IN (SELECT id FROM cases WHERE programme_id = $1)`},
		{"notes", `DELETE FROM case_records WHERE case_id IN (SELECT id FROM cases WHERE programme_id = $1)`},
		{"mails", `DELETE FROM mailing_mails WHERE mailing_id IN (SELECT id FROM mailings WHERE programme_id = $1)`},
		{"names", `UPDATE cases SET name = '' WHERE programme_id = $1`},
		{"names", `UPDATE case_events SET doc = '{}' WHERE programme_id = $1`},
		{"drafts", `DELETE FROM statistics WHERE programme_id = $1`},
	},
	paper.Committee: {
		{"comments", `DELETE FROM workshop_comments WHERE programme_id = $1`},
		{"chapters", `DELETE FROM workshop_chapters WHERE programme_id = $1`},
		{"seats", `DELETE FROM committee_people WHERE committee_id IN (SELECT id FROM committees WHERE programme_id = $1)`},
	},
	paper.Public: {
		{"issues", `DELETE FROM workshop_issues WHERE programme_id = $1`},
		{"publications", `DELETE FROM publications WHERE programme_id = $1`},
	},
}

// ofCommittees is the condition of papers of a programme.
const ofCommittees = `committee_id IN (SELECT id FROM committees WHERE programme_id = $1)`

// Delete deletes what is of a class, by the word of a second person, and keeps
// what a certificate says of it. The audit log holds no names and stays whole.
// ErrSamePerson when who asks has asked for it himself.
func (t *Tx) Delete(ctx context.Context, office account.ID, c *Closing, x *Deletion) error {
	if x.By == t.By {
		return ErrSamePerson
	}
	if err := t.q.QueryRowContext(ctx, `SELECT seq, sum FROM audit_head WHERE id = 1`).Scan(&x.Line, &x.Sum); err != nil {
		return named(err)
	}
	count := map[string]int64{}
	var order []string
	wipe := func(what, query string, args ...any) error {
		n, err := t.exec(ctx, query, args...)
		if _, seen := count[what]; !seen {
			order = append(order, what)
		}
		count[what] += n
		return err
	}
	prog := string(c.Programme)
	for _, w := range wipes[x.Class] {
		if err := wipe(w.what, w.query, prog); err != nil {
			return named(err)
		}
	}
	if x.Class == paper.Closed {
		if err := t.wipeReleases(ctx, c.Programme); err != nil {
			return err
		}
	}
	class := string(x.Class)
	for _, w := range []struct{ what, query string }{
		{"papers", `DELETE FROM paper_names WHERE object_id IN (SELECT x.id FROM paper_parts x JOIN papers p ON p.id = x.paper_id WHERE p.` + ofCommittees + ` AND (x.class = $2 OR p.class = $2))`},
		{"papers", `DELETE FROM paper_names WHERE object_id IN (SELECT x.id FROM paper_files x JOIN papers p ON p.id = x.paper_id WHERE p.` + ofCommittees + ` AND (x.class = $2 OR p.class = $2))`},
		{"papers", `DELETE FROM paper_names WHERE object_id IN (SELECT p.id FROM papers p WHERE p.` + ofCommittees + ` AND p.class = $2)`},
		{"parts", `DELETE FROM paper_parts WHERE id IN (SELECT x.id FROM paper_parts x JOIN papers p ON p.id = x.paper_id WHERE p.` + ofCommittees + ` AND (x.class = $2 OR p.class = $2))`},
		{"files", `DELETE FROM paper_files WHERE id IN (SELECT x.id FROM paper_files x JOIN papers p ON p.id = x.paper_id WHERE p.` + ofCommittees + ` AND (x.class = $2 OR p.class = $2))`},
		{"papers", `DELETE FROM paper_sources WHERE paper_id IN (SELECT p.id FROM papers p WHERE p.` + ofCommittees + ` AND p.class = $2)`},
		{"papers", `DELETE FROM papers WHERE ` + ofCommittees + ` AND class = $2`},
		{"actions", `DELETE FROM committee_actions WHERE ` + ofCommittees + ` AND class = $2`},
	} {
		if err := wipe(w.what, w.query, prog, class); err != nil {
			return named(err)
		}
	}
	// The archive holds all classes: what is kept of it here goes with the first.
	if err := wipe("archive", `DELETE FROM programme_archives WHERE programme_id = $1`, prog); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE programme_closings SET size = 0 WHERE programme_id = $1`, prog); err != nil {
		return err
	}
	for _, what := range order {
		x.Rows = append(x.Rows, DeletedRows{what, count[what]})
	}
	doc, err := json.Marshal(x.DeletionRecord)
	if err != nil {
		return err
	}
	x.State, x.ApprovedBy, x.Done = DeletionDone, t.By, t.At
	t.Record(account.Event{Verb: account.ProgrammeDeleted, Object: x.ID, Organisation: office, Details: map[string]string{"programme": prog, "class": class}})
	return t.one(ctx, ErrConflict, `UPDATE programme_deletions SET state = 'done', approved_by = $3, done = $4, doc = $5 WHERE id = $1 AND programme_id = $2 AND state = 'asked'`, string(x.ID), prog, string(t.By), ts(t.At), string(doc))
}

// wipeReleases takes out of the releases of surveys who stands behind a number
// and what he said: only what everybody may read is left.
func (t *Tx) wipeReleases(ctx context.Context, prog account.ID) error {
	rows, err := t.q.QueryContext(ctx, `SELECT r.id, r.doc FROM survey_releases r JOIN surveys s ON s.id = r.survey_id WHERE s.programme_id = $1`, string(prog))
	type row struct {
		id  account.ID
		doc string
	}
	list, err := collect(rows, err, func(r *sql.Rows, x *row) error { return r.Scan(&x.id, &x.doc) })
	if err != nil {
		return err
	}
	for _, x := range list {
		var doc map[string]json.RawMessage
		if err := json.Unmarshal([]byte(x.doc), &doc); err != nil {
			return err
		}
		doc["statistics"] = json.RawMessage(`[]`)
		b, err := json.Marshal(doc)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE survey_releases SET doc = $2 WHERE id = $1`, string(x.id), string(b)); err != nil {
			return err
		}
	}
	basis, err := packJSON([]string{})
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE publications SET basis = $2 WHERE programme_id = $1`, string(prog), basis)
	return err
}
