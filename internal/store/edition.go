package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"miseban/internal/account"
	"miseban/internal/guideline"
)

// editionsLife is how long a process goes by what it last read of corrections
// that other processes made.
const editionsLife = 2 * time.Second

// editions are the editions with the corrections made so far, kept so that not
// every page reads them.
type editions struct {
	sync.Mutex
	list []*guideline.Edition
	read time.Time
	last string // which corrections are in
}

// EditionRevision is a correction of an edition, with who made it and when.
type EditionRevision struct {
	Edition      string
	Organisation account.ID
	By           account.ID
	At           time.Time
	guideline.Correction
}

// Editions are the editions of this release with all corrections, by ID.
func (d *DB) Editions(ctx context.Context) ([]*guideline.Edition, error) {
	d.editions.Lock()
	defer d.editions.Unlock()
	if d.editions.list != nil && time.Since(d.editions.read) < editionsLife {
		return d.editions.list, nil
	}
	own, err := guideline.All()
	if err != nil {
		return nil, err
	}
	revisions, err := d.corrections(ctx, d.read.DB, "") // not counted among what a page asks: once in a while for all
	if err != nil {
		return nil, err
	}
	last := ""
	made := map[string][]guideline.Correction{}
	for _, r := range revisions {
		made[r.Edition] = append(made[r.Edition], r.Correction)
		last += fmt.Sprintf("%s %d\n", r.Edition, r.Number)
	}
	if d.editions.list == nil || d.editions.last != last {
		list := slices.Clone(own)
		for i, e := range list {
			list[i] = e.Carry(made[e.ID])
		}
		d.editions.list, d.editions.last = list, last
	}
	d.editions.read = time.Now()
	return d.editions.list, nil
}

// Edition is an edition with all corrections. ErrNotFound when there is none.
func (d *DB) Edition(ctx context.Context, id string) (*guideline.Edition, error) {
	all, err := d.Editions(ctx)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(all, func(e *guideline.Edition) bool { return e.ID == id }); i >= 0 {
		return all[i], nil
	}
	return nil, fmt.Errorf("edition %s: %w", id, ErrNotFound)
}

// EditionAt is an edition as it was at a revision that RevisionName named.
// ErrNotFound when that revision is not to be had any more: it was that of an
// earlier release and nobody corrected it there.
func (d *DB) EditionAt(ctx context.Context, id, revision string) (*guideline.Edition, error) {
	now, err := d.Edition(ctx, id)
	if err != nil || now.RevisionName() == revision {
		return now, err
	}
	own, err := guideline.Load(id)
	if err != nil {
		return nil, err
	}
	if own.RevisionName() == revision {
		return own, nil
	}
	revisions, err := d.corrections(ctx, d.read, id)
	if err != nil {
		return nil, err
	}
	var made []guideline.Correction
	for i := range revisions {
		made = append(made, revisions[i].Correction)
		if e := own.Carry(made); e.RevisionName() == revision {
			return e, nil
		}
		if fmt.Sprintf("%d.%d", revisions[i].Base, revisions[i].Number) == revision {
			var data string
			if err := d.read.QueryRowContext(ctx, `SELECT data FROM edition_corrections WHERE edition = $1 AND number = $2`, id, revisions[i].Number).Scan(&data); err != nil {
				return nil, named(err)
			}
			return guideline.Read(id, []byte(data))
		}
	}
	return nil, fmt.Errorf("revision %s of %s: %w", revision, id, ErrNotFound)
}

// Corrections lists the corrections of an edition, the newest first.
func (d *DB) Corrections(ctx context.Context, edition string) ([]EditionRevision, error) {
	list, err := d.corrections(ctx, d.read, edition)
	slices.Reverse(list)
	return list, err
}

// corrections are those of an edition, or of all, in their order.
func (d *DB) corrections(ctx context.Context, q querier, edition string) ([]EditionRevision, error) {
	rows, err := q.QueryContext(ctx, `SELECT edition, organisation_id, by_id, at, doc FROM edition_corrections WHERE edition = $1 OR $1 = '' ORDER BY edition, number`, edition)
	return collect(rows, err, func(r *sql.Rows, x *EditionRevision) error {
		var doc string
		if err := r.Scan(&x.Edition, &x.Organisation, &x.By, clock{&x.At}, &doc); err != nil {
			return err
		}
		return json.Unmarshal([]byte(doc), &x.Correction)
	})
}

// CorrectEdition makes the next revision of e, as it was seen, in the name of
// a person of an organisation. ErrConflict when somebody corrected it meanwhile.
func (d *DB) CorrectEdition(ctx context.Context, by, organisation account.ID, at time.Time, e *guideline.Edition, c *guideline.Correction) (*guideline.Edition, error) {
	c.Number, c.Base = e.Correction+1, e.Revision
	next, err := e.Correct(c)
	if err != nil {
		return nil, err
	}
	data, err := guideline.Export(next, guideline.YAML)
	if err != nil {
		return nil, err
	}
	doc, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	err = d.Change(ctx, by, at, func(t *Tx) error {
		t.Record(account.Event{Verb: account.EditionCorrected, Object: organisation, Organisation: organisation, Details: map[string]string{"edition": e.ID, "revision": next.RevisionName()}})
		return t.one(ctx, ErrConflict, `INSERT INTO edition_corrections (edition, number, base, organisation_id, by_id, at, doc, data) VALUES (`+places(0, 8)+`) ON CONFLICT DO NOTHING`,
			e.ID, c.Number, c.Base, string(organisation), string(by), ts(at), string(doc), string(data))
	})
	d.editions.Lock()
	d.editions.read = time.Time{}
	d.editions.Unlock()
	return next, err
}
