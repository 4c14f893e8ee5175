package store

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	makes "miseban/internal/programme/sample"
	"miseban/internal/selection"
)

// BenchmarkApplications measures what pages ask of a programme with 10,000
// applications, and a selection among them from the trial to the approval:
//
//	go test ./internal/store -run '^$' -bench Applications -benchtime 3x
func BenchmarkApplications(b *testing.B) {
	const n = 10_000
	ctx := context.Background()
	db, err := Open(ctx, Options{Database: filepath.Join(b.TempDir(), "m.db"), KeyFile: filepath.Join(b.TempDir(), "key")})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	o := &account.Organisation{ID: account.NewID(), Kind: account.Office, Name: "事務局"}
	p := &programme.Programme{ID: account.NewID(), Office: o.ID, Slug: "ec-2022", State: programme.Announced, From: noon.AddDate(0, 0, -1), Until: noon.AddDate(0, 1, 0), Name: programme.Said{JA: "事業"}, Rules: "sme-own-site", Places: 500}
	change(b, db, "", func(tx *Tx) error {
		if err := tx.AddOrganisation(ctx, o); err != nil {
			return err
		}
		return tx.AddProgramme(ctx, p)
	})
	at := noon.AddDate(0, 2, 0)
	took := func(what string, f func() error) {
		began := time.Now()
		if err := f(); err != nil {
			b.Fatal(what, err)
		}
		b.Logf("%-28s %v", what, time.Since(began).Round(time.Millisecond))
	}
	took("sending 10,000", func() error { return sendMany(ctx, db, p, n) })
	took("deciding 10,000", func() error { return decideMany(ctx, db, p) })
	for name, f := range map[string]ApplicationFilter{
		"list": {}, "stage": {Stage: programme.Eligible}, "search": {Query: "工房"}, "search-none": {Query: "そのような名前はない"}, "twins": {Twins: true}, "attribute": {Of: map[programme.Attribute]account.Choice{programme.ByMethod: "ec-cube-2"}},
		"last-page": {After: Cursor{Key: "09950"}},
	} {
		f.Limit = 50
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				list, _, err := db.Applications(ctx, p.ID, f)
				if err != nil {
					b.Fatal(err)
				}
				var ids []account.ID
				for i := range list {
					ids = append(ids, list[i].ID)
				}
				if _, err := db.Twins(ctx, p.ID, ids); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("counts", func(b *testing.B) {
		for b.Loop() {
			if _, err := db.ApplicationCounts(ctx, p.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cells", func(b *testing.B) {
		for b.Loop() {
			if _, err := db.EligibleCells(ctx, p.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	x, r := chooseMany(b, db, p, at, took)
	b.Run("places", func(b *testing.B) {
		for b.Loop() {
			if _, err := db.SelectionPlaces(ctx, p.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("record", func(b *testing.B) {
		for b.Loop() {
			raw, err := db.SelectionRecord(ctx, p.ID, x.ID)
			if err != nil {
				b.Fatal(err)
			}
			if again, err := selection.ReadRecord(bytes.NewReader(raw)); err != nil || again.Digest != r.Digest {
				b.Fatal(err)
			}
		}
	})
	var prop *selection.Proposal
	took("proposing", func() error {
		return db.Change(ctx, "", at, func(tx *Tx) (err error) { prop, err = tx.ProposeSelection(ctx, p, x, ""); return err })
	})
	took("approving", func() error {
		return db.Change(ctx, "", at, func(tx *Tx) error { return tx.ApproveProposal(ctx, p, prop, "ministry", "") })
	})
}

func chooseMany(b *testing.B, db *DB, p *programme.Programme, at time.Time, took func(string, func() error)) (*Selection, *selection.Record) {
	ctx := context.Background()
	var f *selection.File
	var r *selection.Record
	order := &selection.Order{Places: 500, Effort: selection.DefaultEffort}
	x := &Selection{ID: account.NewID()}
	took("reading for a choice", func() (err error) {
		if order.Seed, err = db.OpenSeed(ctx, p, at); err == nil {
			f, err = db.Applied(ctx, p)
		}
		return err
	})
	took("choosing 500", func() error {
		call, err := f.Call(order)
		if err != nil {
			return err
		}
		r, err = call.Select()
		return err
	})
	b.Logf("deviation %d, bound %d", r.Outcome.Deviation, r.Outcome.Bound)
	x.Basis, x.Summary = f.Basis(), *selection.Summarise(order, r)
	took("keeping it", func() error {
		return db.Change(ctx, "", at, func(tx *Tx) error { return tx.AddSelection(ctx, p, x, r) })
	})
	return x, r
}

func sendMany(ctx context.Context, db *DB, p *programme.Programme, n int) error {
	list := makes.Applicants(n, "1")
	for from := 0; from < n; from += 500 {
		if err := db.Change(ctx, "", noon, func(tx *Tx) error {
			for _, x := range list[from : from+500] {
				a := &programme.Application{ID: account.NewID(), Mail: x.Mail, Lang: "ja", Form: x.Form()}
				if err := tx.AddApplication(ctx, p, a); err != nil {
					return err
				}
				if err := tx.SubmitApplication(ctx, p, a); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func decideMany(ctx context.Context, db *DB, p *programme.Programme) error {
	list, err := db.ApplicationsIn(ctx, p.ID, programme.Received)
	if err != nil {
		return err
	}
	for len(list) > 0 {
		some := list[:min(500, len(list))]
		list = list[len(some):]
		if err := db.Change(ctx, "", noon, func(tx *Tx) error {
			for i := range some {
				to := programme.Ineligible
				if some[i].Outcome == programme.Fits {
					to = programme.Eligible
				}
				if err := tx.MoveApplication(ctx, p, &some[i], to, programme.ByOffice, ""); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
