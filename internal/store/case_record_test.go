package store

import (
	"errors"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
)

// aCase begins a case of a programme, about a shop when one is given.
func aCase(t *testing.T, db *DB, p *programme.Programme, number string, s *account.Shop) programme.Case {
	t.Helper()
	c := programme.Case{Application: account.NewID(), Number: number, Name: "お店 " + number}
	if s != nil {
		c.Shop, c.Organisation = s.ID, s.Organisation
	}
	change(t, db, "", func(tx *Tx) (err error) {
		c, err = tx.Cases(p.ID, p.Office).Begin(t.Context(), c)
		return err
	})
	return c
}

// TestCaseRecords: every version of a record is kept, nobody overwrites what he
// has not seen, and a case is read only from its own programme or shop.
func TestCaseRecords(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		p, other := aProgramme(t, db), aProgramme(t, db)
		c := aCase(t, db, p, "00001", nil)
		at := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
		keep := func(within account.ID, revision int, kind programme.RecordKind, state string, doc any) error {
			return db.Change(ctx, "", at, func(tx *Tx) error {
				return tx.KeepCaseRecord(ctx, within, &CaseRecord{Case: c.ID, Record: programme.Record{Kind: kind, Name: "x", State: state, Revision: revision}}, doc)
			})
		}
		if err := errors.Join(keep(p.ID, 0, programme.RecordNote, "", "一つ目"), keep(p.ID, 1, programme.RecordNote, "", "二つ目")); err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			revision int
			within   account.ID
			want     error
		}{{0, p.ID, ErrConflict}, {1, p.ID, ErrConflict}, {3, p.ID, ErrConflict}, {2, other.ID, ErrNotFound}, {2, "", ErrNotFound}} {
			if err := keep(x.within, x.revision, programme.RecordNote, "", "別の人"); !errors.Is(err, x.want) {
				t.Errorf("revision %d within %q: %v", x.revision, x.within, err)
			}
		}
		if err := keep(p.ID, 0, "nonsense", "", nil); err == nil {
			t.Error("a record of no kind is kept")
		}
		list, err := db.CaseRecords(ctx, p.ID, c.ID, programme.RecordNote)
		var said string
		if err != nil || len(list) != 1 || list[0].Revision != 2 || list[0].Read(&said) != nil || said != "二つ目" {
			t.Fatalf("%+v %q %v", list, said, err)
		}
		first, err := db.CaseRecordVersion(ctx, p.ID, &list[0], 1)
		if err != nil || first.Read(&said) != nil || said != "一つ目" {
			t.Errorf("%+v %v", first, err)
		}
		for _, within := range []account.ID{other.ID, ""} {
			if list, err := db.CaseRecords(ctx, within, c.ID); err != nil || len(list) != 0 {
				t.Errorf("%q reads %+v, %v", within, list, err)
			}
			if _, err := db.CaseRecordVersion(ctx, within, first, 1); !errors.Is(err, ErrNotFound) {
				t.Errorf("%q reads a version: %v", within, err)
			}
		}
		// What the timeline tells of is an event, and the case stands as before.
		if err := keep(p.ID, 0, programme.RecordHandIn, programme.IsHandedIn, nil); err != nil {
			t.Fatal(err)
		}
		events, err := db.CaseEvents(ctx, p.ID, c.ID)
		now, err2 := db.Case(ctx, p.ID, c.ID)
		if err != nil || err2 != nil || len(events) != 2 || events[1].Record != programme.RecordHandIn || now.Step != programme.StepApplication || !now.Since.Equal(c.Since) {
			t.Errorf("%+v %+v %v %v", events, now, err, err2)
		}
		if was, ok := programme.Replay(programme.Case{ID: c.ID}, events, at); !ok || was.Step != c.Step {
			t.Errorf("%+v", was)
		}
		known, err := db.CasesKnown(ctx, []programme.Case{c}, at)
		if k := known[c.ID]; err != nil || len(k.Records) != 2 || k.SelfCheck || k.Environment {
			t.Errorf("%+v %v", k, err) // it was handed in under a name of its own
		}
	})
}
