package store

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	makes "miseban/internal/programme/sample"
	"miseban/internal/selection"
)

// lottery is a programme whose call is over, with eligible applications.
type lottery struct {
	t       *testing.T
	db      *DB
	p       *programme.Programme
	clerk   *account.Actor
	signer  *account.Organisation
	signing account.ID
	at      time.Time
	all     []*programme.Application
}

func newLottery(t *testing.T, db *DB, n int) *lottery {
	t.Helper()
	ctx := t.Context()
	l := &lottery{t: t, db: db, at: noon.AddDate(0, 2, 0)}
	l.p, l.clerk = runs(t, db, "ec-2022")
	ministry, official := settle(t, db, account.Ministry, "省庁")
	l.signer, l.signing = ministry, official.Person.ID
	change(t, db, l.clerk.Person.ID, func(tx *Tx) error { return tx.AddBody(ctx, l.p, ministry.ID) })
	for _, x := range makes.Applicants(200, "1") {
		if !x.Eligible || len(l.all) == n {
			continue
		}
		a := applied(t, db, l.p, x.Mail, x.Form())
		change(t, db, "", func(tx *Tx) error {
			return tx.MoveApplication(ctx, l.p, a, programme.Eligible, programme.ByOffice, "")
		})
		l.all = append(l.all, a)
	}
	return l
}

// choose makes a choice, as a page does.
func (l *lottery) choose(places int) (*Selection, *selection.Record, error) {
	l.t.Helper()
	ctx := l.t.Context()
	seed, err := l.db.OpenSeed(ctx, l.p, l.at)
	if err != nil {
		return nil, nil, err
	}
	f, err := l.db.Applied(ctx, l.p)
	if err != nil {
		l.t.Fatal(err)
	}
	o := &selection.Order{Places: places, Seed: seed, Effort: selection.DefaultEffort}
	c, err := f.Call(o)
	if err != nil {
		l.t.Fatal(err)
	}
	r, err := c.Select()
	if err != nil {
		l.t.Fatal(err)
	}
	x := &Selection{ID: account.NewID(), Basis: f.Basis(), Summary: *selection.Summarise(o, r)}
	return x, r, l.do(l.clerk.Person.ID, func(ctx context.Context, tx *Tx) error { return tx.AddSelection(ctx, l.p, x, r) })
}

func (l *lottery) do(by account.ID, f func(context.Context, *Tx) error) error {
	ctx := l.t.Context()
	return l.db.Change(ctx, by, l.at, func(tx *Tx) error { return f(ctx, tx) })
}

func (l *lottery) propose(x *Selection) (prop *selection.Proposal, err error) {
	err = l.do(l.clerk.Person.ID, func(ctx context.Context, tx *Tx) error {
		prop, err = tx.ProposeSelection(ctx, l.p, x, "")
		return err
	})
	return prop, err
}

func (l *lottery) approve(x *selection.Proposal) error {
	again := *x
	return l.do(l.signing, func(ctx context.Context, tx *Tx) error {
		return tx.ApproveProposal(ctx, l.p, &again, l.signer.ID, "")
	})
}

func (l *lottery) stages() map[programme.Stage]int {
	l.t.Helper()
	n, err := l.db.ApplicationCounts(l.t.Context(), l.p.ID)
	if err != nil {
		l.t.Fatal(err)
	}
	return n
}

func TestSelection(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		l := newLottery(t, db, 12)
		seed, err := db.SelectionSeed(ctx, l.p.ID)
		if err != nil || seed.Made.IsZero() || !seed.Opened.IsZero() {
			t.Fatalf("seed %+v, %v", seed, err)
		}
		if _, err := db.OpenSeed(ctx, l.p, noon); !errors.Is(err, ErrCallOpen) {
			t.Errorf("while the call is open: %v", err)
		}
		if s, err := db.ShownSeed(ctx, l.p.ID); s != "" || err != nil {
			t.Errorf("shown before a choice: %q, %v", s, err)
		}
		if err := l.do("", func(ctx context.Context, tx *Tx) error { return tx.SealSeed(ctx, l.p, "mine") }); !errors.Is(err, ErrConflict) {
			t.Errorf("a second seed: %v", err)
		}
		first, record, err := l.choose(4)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := db.ShownSeed(ctx, l.p.ID); selection.Commitment(s) != seed.Commitment || err != nil {
			t.Errorf("the seed %q is not the one of the commitment: %v", s, err)
		}
		l.p.Until = l.at.AddDate(0, 1, 0)
		if err := l.do("", func(ctx context.Context, tx *Tx) error { return tx.SaveProgramme(ctx, l.p) }); !errors.Is(err, ErrSeedOpen) {
			t.Errorf("the call opens again: %v", err)
		}
		l.p.Until = noon.AddDate(0, 1, 0)
		b, err := reopen().SelectionRecord(ctx, l.p.ID, first.ID)
		if err != nil {
			t.Fatal(err)
		}
		again, err := selection.ReadRecord(bytes.NewReader(b))
		if err != nil || again.Digest != record.Digest {
			t.Errorf("the record: %v", err)
		}

		prop, err := l.propose(first)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.propose(first); !errors.Is(err, ErrConflict) {
			t.Errorf("two proposals at once: %v", err)
		}
		own := *prop
		if err := l.do(l.clerk.Person.ID, func(ctx context.Context, tx *Tx) error {
			return tx.ApproveProposal(ctx, l.p, &own, l.p.Office, "")
		}); !errors.Is(err, ErrOwn) {
			t.Errorf("approved by who proposed: %v", err)
		}
		// One is corrected in what counts: the choice rests on something else now.
		f := l.all[0].Form
		l.all[0].Form.Turnover = "from-1b"
		if f.Turnover == "from-1b" {
			l.all[0].Form.Turnover = "under-10m"
		}
		if err := l.do("", func(ctx context.Context, tx *Tx) error {
			return tx.CorrectApplication(ctx, l.p, l.all[0], &f, "電話で確かめた")
		}); err != nil {
			t.Fatal(err)
		}
		if err := l.approve(prop); !errors.Is(err, ErrStale) {
			t.Errorf("after a correction: %v", err)
		}
		if _, err := l.propose(first); !errors.Is(err, ErrStale) {
			t.Errorf("proposed after a correction: %v", err)
		}
		if n := l.stages(); n[programme.Eligible] != 12 {
			t.Errorf("a refused approval moved somebody: %v", n)
		}
		if err := l.do(l.signing, func(ctx context.Context, tx *Tx) error {
			return tx.ReturnProposal(ctx, l.p, prop, l.signer.ID, "訂正があります")
		}); err != nil {
			t.Fatal(err)
		}

		second, record, err := l.choose(4)
		if err != nil {
			t.Fatal(err)
		}
		if prop, err = l.propose(second); err != nil {
			t.Fatal(err)
		}
		if err := l.approve(prop); err != nil {
			t.Fatal(err)
		}
		if n := l.stages(); n[programme.Selected] != 4 || n[programme.Reserve] != 1 || n[programme.NotSelected] != 7 {
			t.Errorf("after the approval %v", n)
		}
		if err := l.approve(prop); !errors.Is(err, ErrConflict) {
			t.Errorf("approved twice: %v", err)
		}
		if err := l.do(l.clerk.Person.ID, func(ctx context.Context, tx *Tx) error {
			return tx.AddSelection(ctx, l.p, &Selection{ID: account.NewID()}, record)
		}); !errors.Is(err, ErrDecided) {
			t.Errorf("a choice after the approved one: %v", err)
		}
		if c, err := db.CaseOfApplication(ctx, l.p.ID, l.byPseudonym(record, record.Outcome.Chosen[0]).ID); err != nil || c.Step != programme.Step1 {
			t.Errorf("the case of a chosen one: %+v, %v", c, err)
		}
		l.movesUp(second, record)
		log, err := db.SelectionLog(ctx, l.p.ID)
		if lines := strings.Split(string(log), "\n"); err != nil || len(lines) != 3 || !strings.Contains(lines[1], second.Digest) || !strings.Contains(lines[1], `"run":2`) {
			t.Errorf("log %v\n%s", err, log)
		}
		if list, err := db.Selections(ctx, l.p.ID, 0, 10); err != nil || len(list) != 2 || list[0].Number != 2 {
			t.Errorf("choices %v, %v", list, err)
		}
	})
}

// movesUp lets a chosen one withdraw and the reserve take its place.
func (l *lottery) movesUp(x *Selection, r *selection.Record) {
	t := l.t
	reserve := l.byPseudonym(r, r.Outcome.Reserves[0])
	ask := func() error {
		return l.do(l.clerk.Person.ID, func(ctx context.Context, tx *Tx) error {
			return tx.ProposeMoveUp(ctx, l.p, &selection.Proposal{Selection: x.ID, Application: reserve.ID})
		})
	}
	if err := ask(); !errors.Is(err, ErrNoPlace) {
		t.Errorf("no place is free: %v", err)
	}
	leaves := l.byPseudonym(r, r.Outcome.Chosen[1])
	if err := l.do("", func(ctx context.Context, tx *Tx) error {
		return tx.MoveApplication(ctx, l.p, leaves, programme.Withdrawn, programme.ByApplicant, "")
	}); err != nil {
		t.Fatal(err)
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	list, err := l.db.Proposals(t.Context(), l.p.ID, 10)
	if err != nil || len(list) != 3 || list[0].Kind != selection.OneMoveUp || list[0].State != selection.Pending {
		t.Fatalf("proposals %+v, %v", list, err)
	}
	if err := l.approve(&list[0]); err != nil {
		t.Fatal(err)
	}
	if n := l.stages(); n[programme.Selected] != 4 || n[programme.Reserve] != 0 || n[programme.Withdrawn] != 1 {
		t.Errorf("after moving up %v", n)
	}
	if err := ask(); !errors.Is(err, ErrNoPlace) {
		t.Errorf("moved up twice: %v", err)
	}
}

// byPseudonym is the application behind a line of a record, as it stands now.
func (l *lottery) byPseudonym(r *selection.Record, id string) *programme.Application {
	l.t.Helper()
	for _, a := range l.all {
		if selection.Pseudonym(r.Call.Seed, a.Receipt) == id {
			now, err := l.db.Application(l.t.Context(), l.p.ID, a.ID)
			if err != nil {
				l.t.Fatal(err)
			}
			return now
		}
	}
	l.t.Fatalf("nobody is %s", id)
	return nil
}
