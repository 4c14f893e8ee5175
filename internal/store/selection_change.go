package store

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/selection"
)

// What keeps a choice from being made, proposed or approved.
var (
	// ErrSeedOpen says that a call cannot open again: its lottery is known.
	ErrSeedOpen = errors.New("the seed of the lottery was shown")
	// ErrStale says that an application came, went or was corrected since.
	ErrStale = errors.New("the applications are not those of the choice any more")
	// ErrDecided says that a choice of the programme has been approved.
	ErrDecided = errors.New("a choice has been approved")
	// ErrUndecided says that the office has not looked at all applications.
	ErrUndecided = errors.New("applications wait for a decision")
	// ErrNoPlace says that no place of the approved choice is free.
	ErrNoPlace = errors.New("no place is free")
)

// SealSeed fixes the seed of a programme's lottery, which cannot be changed any
// more. ErrConflict when there is one.
func (t *Tx) SealSeed(ctx context.Context, p *programme.Programme, seed string) error {
	sealed, err := seal(t.db.master, []byte(seed), secretSeed(p.ID))
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.SeedSealed, Object: p.ID, Organisation: p.Office, Details: map[string]string{"commitment": selection.Commitment(seed)}})
	return t.one(ctx, ErrConflict, `INSERT INTO selection_seeds (programme_id, commitment, sealed, made, opened, runs) VALUES ($1, $2, $3, $4, '', 0) ON CONFLICT (programme_id) DO NOTHING`,
		string(p.ID), selection.Commitment(seed), sealed, ts(t.At))
}

// NewSeed is a seed that nobody can guess.
func NewSeed() string { return rand.Text() }

// sealInTime makes the seed of a call that is announced and not over, unless
// there is one.
func (t *Tx) sealInTime(ctx context.Context, p *programme.Programme) error {
	if phase := p.Phase(t.At); phase != programme.Before && phase != programme.Open {
		return nil
	}
	opened := ""
	err := t.q.QueryRowContext(ctx, `SELECT opened FROM selection_seeds WHERE programme_id = $1`, string(p.ID)).Scan(&opened)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return t.SealSeed(ctx, p, NewSeed())
	case err == nil && opened != "":
		return ErrSeedOpen
	}
	return err
}

// AddSelection keeps a choice with its record and a line of the log. From the
// first one on the seed is shown. ErrCallOpen while somebody may still apply,
// ErrDecided when a choice has been approved.
func (t *Tx) AddSelection(ctx context.Context, p *programme.Programme, x *Selection, r *selection.Record) error {
	err := t.q.QueryRowContext(ctx, `UPDATE selection_seeds SET runs = runs + 1, opened = CASE WHEN opened = '' THEN $2 ELSE opened END WHERE programme_id = $1
AND EXISTS (SELECT 1 FROM programmes p WHERE p.id = $1 AND p.call_until <> '' AND (p.call_until <= $2 OR p.state = 'ended')) RETURNING runs`, string(p.ID), ts(t.At)).Scan(&x.Number)
	t.wrote = true
	if errors.Is(err, sql.ErrNoRows) {
		return ErrCallOpen
	}
	if err != nil {
		return named(err)
	}
	if _, err := approvedOf(ctx, t.q, p.ID); !errors.Is(err, ErrNotFound) {
		return cmp.Or(err, ErrDecided)
	}
	last := ""
	err = t.q.QueryRowContext(ctx, `SELECT line FROM selections WHERE programme_id = $1 AND number = $2`, string(p.ID), x.Number-1).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return named(err)
	}
	line, err := selection.LogLine([]byte(last), x.Number, r)
	if err != nil {
		return err
	}
	doc, err := json.Marshal(x.Summary)
	if err != nil {
		return err
	}
	packed, err := pack(r)
	if err != nil {
		return err
	}
	x.Programme, x.At, x.By, x.Digest = p.ID, t.At, t.By, r.Digest
	t.Record(account.Event{Verb: account.SelectionMade, Object: x.ID, Organisation: p.Office, Details: map[string]string{"programme": string(p.ID), "number": fmt.Sprint(x.Number), "digest": r.Digest}})
	_, err = t.exec(ctx, `INSERT INTO selections (`+selectionColumns+`, line, record) VALUES (`+places(0, 11)+`)`,
		string(x.ID), string(p.ID), x.Number, string(x.Parent), ts(x.At), string(x.By), x.Basis, x.Digest, string(doc), string(line), packed)
	return err
}

func pack(r *selection.Record) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	err := errors.Join(selection.Write(z, r), z.Close())
	return b.Bytes(), err
}

// takingPart are the stages of those that a choice is made from and of those
// that it tells why they are not.
var takingPart = []programme.Stage{programme.Received, programme.Eligible, programme.Ineligible, programme.Selected, programme.Reserve, programme.NotSelected}

// Applied is the file that a selection begins with, as the applications stand now.
func (d *DB) Applied(ctx context.Context, p *programme.Programme) (*selection.File, error) {
	list, err := applicationsIn(ctx, d.read, p.ID, takingPart)
	return selection.Of(p, list), err
}

// still reads the applications of a choice within the change. ErrStale when they
// are others, or say something else, than when it was made.
func (t *Tx) still(ctx context.Context, p *programme.Programme, x *Selection) ([]programme.Application, error) {
	list, err := applicationsIn(ctx, t.q, p.ID, takingPart)
	if err != nil {
		return nil, err
	}
	if selection.Of(p, list).Basis() != x.Basis {
		return nil, ErrStale
	}
	return list, nil
}

// ProposeSelection asks another organisation to approve a choice. ErrStale when
// the applications have changed since, ErrUndecided when some wait for a
// decision, ErrConflict when something else is proposed.
func (t *Tx) ProposeSelection(ctx context.Context, p *programme.Programme, x *Selection, note string) (*selection.Proposal, error) {
	if _, err := approvedOf(ctx, t.q, p.ID); !errors.Is(err, ErrNotFound) {
		return nil, cmp.Or(err, ErrDecided)
	}
	list, err := t.still(ctx, p, x)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(list, func(a programme.Application) bool { return a.Stage == programme.Received }) {
		return nil, ErrUndecided
	}
	prop := &selection.Proposal{Selection: x.ID, Kind: selection.WholeChoice, Note: note}
	return prop, t.propose(ctx, p, prop)
}

// ProposeMoveUp asks another organisation to let one who waits take a place of
// the approved choice that became free. ErrNoPlace when none is.
func (t *Tx) ProposeMoveUp(ctx context.Context, p *programme.Programme, prop *selection.Proposal) error {
	prop.Kind = selection.OneMoveUp
	if err := t.free(ctx, p, prop); err != nil {
		return err
	}
	return t.propose(ctx, p, prop)
}

func (t *Tx) propose(ctx context.Context, p *programme.Programme, x *selection.Proposal) error {
	x.ID, x.Programme, x.State, x.At, x.By, x.For = account.NewID(), p.ID, selection.Pending, t.At, t.By, p.Office
	doc, err := json.Marshal(x)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: account.SelectionProposed, Object: x.ID, Organisation: p.Office, Details: map[string]string{"programme": string(p.ID), "selection": string(x.Selection), "kind": string(x.Kind)}})
	return t.one(ctx, ErrConflict, `INSERT INTO selection_proposals (`+proposalColumns+`) VALUES (`+places(0, 12)+`) ON CONFLICT DO NOTHING`,
		string(x.ID), string(p.ID), string(x.Selection), string(x.Kind), string(x.State), ts(x.At), string(x.By), string(x.For), "", "", "", string(doc))
}

// decide closes an open proposal. ErrConflict when it is not open any more.
func (t *Tx) decide(ctx context.Context, p *programme.Programme, x *selection.Proposal, to selection.ProposalState, by account.ID, verb account.Verb) error {
	x.State, x.Decided, x.DecidedBy, x.DecidedFor = to, t.At, t.By, by
	doc, err := json.Marshal(x)
	if err != nil {
		return err
	}
	t.Record(account.Event{Verb: verb, Object: x.ID, Organisation: p.Office, Details: map[string]string{"programme": string(p.ID), "selection": string(x.Selection), "kind": string(x.Kind), "for": string(by)}})
	return t.one(ctx, ErrConflict, `UPDATE selection_proposals SET state = $3, decided = $4, decided_by = $5, decided_for = $6, doc = $7 WHERE id = $1 AND programme_id = $2 AND state = 'open'`,
		string(x.ID), string(p.ID), string(to), ts(t.At), string(t.By), string(by), string(doc))
}

// ReturnProposal sends a proposal back in the name of another organisation.
func (t *Tx) ReturnProposal(ctx context.Context, p *programme.Programme, x *selection.Proposal, by account.ID, answer string) error {
	switch {
	case by == x.For:
		return ErrOwn
	case answer == "":
		return ErrNoNote
	}
	x.Answer = answer
	return t.decide(ctx, p, x, selection.SentBack, by, account.SelectionReturned)
}

// TakeBackProposal takes a proposal back before it is decided.
func (t *Tx) TakeBackProposal(ctx context.Context, p *programme.Programme, x *selection.Proposal) error {
	return t.decide(ctx, p, x, selection.TakenBack, x.For, account.SelectionTakenBack)
}

// ErrOwn is an approval of what one's own organisation proposed.
var ErrOwn = errors.New("proposed by the same organisation")

// ApproveProposal lets a proposal take effect in the name of another
// organisation: the applications move with it, and their cases with them.
func (t *Tx) ApproveProposal(ctx context.Context, p *programme.Programme, x *selection.Proposal, by account.ID, answer string) error {
	if by == x.For {
		return ErrOwn
	}
	x.Answer = answer
	if err := t.decide(ctx, p, x, selection.Approved, by, account.SelectionApproved); err != nil {
		return err
	}
	if x.Kind == selection.OneMoveUp {
		return t.moveUp(ctx, p, x)
	}
	return t.carryOut(ctx, p, x)
}

// carryOut moves every application that took part to where the choice sends it.
func (t *Tx) carryOut(ctx context.Context, p *programme.Programme, x *selection.Proposal) error {
	var s Selection
	if err := scanSelection(t.q.QueryRowContext(ctx, `SELECT `+selectionColumns+` FROM selections WHERE id = $1 AND programme_id = $2`, string(x.Selection), string(p.ID)), &s); err != nil {
		return found("selection", err)
	}
	list, err := t.still(ctx, p, &s)
	if err != nil {
		return err
	}
	b, err := recordOf(ctx, t.q, p.ID, s.ID)
	if err != nil {
		return err
	}
	r, err := selection.ReadRecord(bytes.NewReader(b))
	if err != nil {
		return err
	}
	fates := map[string]selection.Fate{}
	for _, d := range r.Outcome.Decisions {
		fates[d.ID] = d.Fate
	}
	if err := t.Cases(p.ID, p.Office).load(ctx); err != nil {
		return err
	}
	revisions := map[account.ID]int{}
	for i := range list {
		a := &list[i]
		fate, ok := fates[selection.Pseudonym(r.Call.Seed, a.Receipt)]
		switch {
		case !ok:
			return ErrStale
		case a.Stage == programme.Received:
			return ErrUndecided
		case a.Stage == programme.Eligible:
			if err := t.MoveApplication(ctx, p, a, selection.StageOf(fate), programme.BySelection, ""); err != nil {
				return err
			}
		}
		revisions[a.ID] = a.Revision
	}
	// Somebody may have corrected one while they were read: now they are ours.
	rows, err := t.q.QueryContext(ctx, `SELECT id, revision FROM applications WHERE programme_id = $1 AND receipt <> '' AND stage <> 'withdrawn'`, string(p.ID))
	type revision struct {
		id account.ID
		n  int
	}
	now, err := collect(rows, err, func(r *sql.Rows, x *revision) error { return r.Scan(&x.id, &x.n) })
	if err != nil {
		return err
	}
	if len(now) != len(revisions) || slices.ContainsFunc(now, func(x revision) bool { return revisions[x.id] != x.n }) {
		return ErrStale
	}
	return nil
}

// moveUp gives one who waits the place that became free.
func (t *Tx) moveUp(ctx context.Context, p *programme.Programme, x *selection.Proposal) error {
	if err := t.free(ctx, p, x); err != nil {
		return err
	}
	var a programme.Application
	if err := scanApplication(t.q.QueryRowContext(ctx, `SELECT `+applicationColumns+` FROM applications a WHERE a.id = $1 AND a.programme_id = $2`, string(x.Application), string(p.ID)), &a); err != nil {
		return found("application", err)
	}
	return t.MoveApplication(ctx, p, &a, programme.Selected, programme.BySelection, x.Note)
}

// free makes sure that a place of the approved choice is free, and that who is
// to move up waits for it.
func (t *Tx) free(ctx context.Context, p *programme.Programme, x *selection.Proposal) error {
	// Two who move up at once take turns here.
	if err := t.one(ctx, ErrNotFound, `UPDATE selection_seeds SET runs = runs WHERE programme_id = $1`, string(p.ID)); err != nil {
		return err
	}
	done, err := approvedOf(ctx, t.q, p.ID)
	if err != nil {
		return err
	}
	if done.Selection != x.Selection {
		return ErrConflict
	}
	var s Selection
	if err := scanSelection(t.q.QueryRowContext(ctx, `SELECT `+selectionColumns+` FROM selections WHERE id = $1 AND programme_id = $2`, string(x.Selection), string(p.ID)), &s); err != nil {
		return found("selection", err)
	}
	list, err := placesOf(ctx, t.q, p.ID)
	if err != nil {
		return err
	}
	taken, waits := 0, false
	for i := range list {
		switch y := &list[i]; {
		case y.Holds():
			taken++
		case y.Application == x.Application:
			waits = y.Waits()
		}
	}
	switch {
	case taken >= s.Chosen:
		return ErrNoPlace
	case !waits:
		return ErrStale
	}
	return nil
}
