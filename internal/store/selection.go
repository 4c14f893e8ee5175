package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/selection"
)

// Seed is what may be told of a programme's lottery: never the seed itself.
type Seed struct {
	Commitment string
	Made       time.Time
	Opened     time.Time // when the first choice was made with it
	Runs       int
}

// SelectionSeed reads what is known of the seed. ErrNotFound when none was made.
func (d *DB) SelectionSeed(ctx context.Context, programmeID account.ID) (*Seed, error) {
	var s Seed
	err := d.read.QueryRowContext(ctx, `SELECT commitment, made, opened, runs FROM selection_seeds WHERE programme_id = $1`, string(programmeID)).Scan(&s.Commitment, clock{&s.Made}, clock{&s.Opened}, &s.Runs)
	return &s, found("seed", err)
}

// ErrCallOpen says that the seed stays sealed until the call is over.
var ErrCallOpen = errors.New("the call is not over")

// OpenSeed is the seed itself, for making a choice. ErrCallOpen while somebody
// may still apply.
func (d *DB) OpenSeed(ctx context.Context, p *programme.Programme, at time.Time) (string, error) {
	if p.Phase(at) != programme.After {
		return "", ErrCallOpen
	}
	return d.seed(ctx, p.ID)
}

// ShownSeed is the seed once a choice has been made with it; "" before.
func (d *DB) ShownSeed(ctx context.Context, programmeID account.ID) (string, error) {
	s, err := d.SelectionSeed(ctx, programmeID)
	if err != nil || s.Opened.IsZero() {
		return "", err
	}
	return d.seed(ctx, programmeID)
}

func (d *DB) seed(ctx context.Context, id account.ID) (string, error) {
	var sealed []byte
	if err := d.read.QueryRowContext(ctx, `SELECT sealed FROM selection_seeds WHERE programme_id = $1`, string(id)).Scan(&sealed); err != nil {
		return "", found("seed", err)
	}
	plain, err := unseal(d.master, sealed, secretSeed(id))
	return string(plain), err
}

func secretSeed(id account.ID) string { return "selection seed " + string(id) }

// Selection is a choice that was made, as lists tell of it.
type Selection struct {
	ID        account.ID
	Programme account.ID
	Number    int        // of the programme's choices, from 1
	Parent    account.ID // the choice whose conditions it began with; "": none
	At        time.Time
	By        account.ID
	Basis     string // of the applicants
	Digest    string // of the record
	selection.Summary
}

const selectionColumns = `id, programme_id, number, parent_id, at, by_id, basis, digest, doc`

func scanSelection(r interface{ Scan(...any) error }, x *Selection) error {
	var doc string
	if err := r.Scan(&x.ID, &x.Programme, &x.Number, &x.Parent, clock{&x.At}, &x.By, &x.Basis, &x.Digest, &doc); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(doc), &x.Summary); err != nil {
		return fmt.Errorf("reading selection %s: %w", x.ID, err)
	}
	return nil
}

// Selections lists the choices of a programme, newest first. before is the
// number under which the list begins; 0: with the newest.
func (d *DB) Selections(ctx context.Context, programmeID account.ID, before, limit int) ([]Selection, error) {
	if before <= 0 {
		before = 1 << 30
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+selectionColumns+` FROM selections WHERE programme_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3`, string(programmeID), before, limit)
	return collect(rows, err, func(r *sql.Rows, x *Selection) error { return scanSelection(r, x) })
}

// Selection reads one of a programme. ErrNotFound when there is none.
func (d *DB) Selection(ctx context.Context, programmeID, id account.ID) (*Selection, error) {
	var x Selection
	err := scanSelection(d.read.QueryRowContext(ctx, `SELECT `+selectionColumns+` FROM selections WHERE id = $1 AND programme_id = $2`, string(id), string(programmeID)), &x)
	return &x, found("selection", err)
}

// SelectionRecord is the record of a choice, to the byte as it was written.
func (d *DB) SelectionRecord(ctx context.Context, programmeID, id account.ID) ([]byte, error) {
	return recordOf(ctx, d.read, programmeID, id)
}

func recordOf(ctx context.Context, q querier, programmeID, id account.ID) ([]byte, error) {
	var packed []byte
	if err := q.QueryRowContext(ctx, `SELECT record FROM selections WHERE id = $1 AND programme_id = $2`, string(id), string(programmeID)).Scan(&packed); err != nil {
		return nil, found("selection", err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("reading the record of selection %s: %w", id, err)
	}
	b, err := io.ReadAll(z)
	return b, errors.Join(err, z.Close())
}

// SelectionLog is the log of all choices of a programme, a line each; each line
// holds the digest of the one before.
func (d *DB) SelectionLog(ctx context.Context, programmeID account.ID) ([]byte, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT line FROM selections WHERE programme_id = $1 ORDER BY number`, string(programmeID))
	lines, err := collect(rows, err, func(r *sql.Rows, s *string) error { return r.Scan(s) })
	return []byte(strings.Join(lines, "")), err
}

// Place is where an application stands in a selection, as tables name it.
type Place struct {
	Application account.ID
	Receipt     string
	Company     string
	Shop        string
	Stage       programme.Stage
	Declined    bool // its case has left the programme since
}

// Holds says that the application has a place of the programme.
func (x *Place) Holds() bool { return x.Stage == programme.Selected && !x.Declined }

// Waits says that the application may still get one.
func (x *Place) Waits() bool {
	return (x.Stage == programme.Reserve || x.Stage == programme.NotSelected) && !x.Declined
}

// SelectionPlaces lists everything that was sent to a programme, by receipt number.
func (d *DB) SelectionPlaces(ctx context.Context, programmeID account.ID) ([]Place, error) {
	return placesOf(ctx, d.read, programmeID)
}

func placesOf(ctx context.Context, q querier, programmeID account.ID) ([]Place, error) {
	rows, err := q.QueryContext(ctx, `SELECT a.id, a.receipt, a.company, a.shop, a.stage, coalesce(c.step, '') FROM applications a LEFT JOIN cases c ON c.application_id = a.id WHERE a.programme_id = $1 AND a.receipt <> '' ORDER BY a.receipt`, string(programmeID))
	return collect(rows, err, func(r *sql.Rows, x *Place) error {
		var step programme.Step
		err := r.Scan(&x.Application, &x.Receipt, &x.Company, &x.Shop, &x.Stage, &step)
		x.Declined = step == programme.StepDeclined
		return err
	})
}

// EligibleCells counts the eligible applications of a programme by all
// attributes at once.
func (d *DB) EligibleCells(ctx context.Context, programmeID account.ID) ([]selection.Cell, error) {
	var columns []string
	for _, by := range programme.Attributes {
		columns = append(columns, attributeColumn[by])
	}
	in := strings.Join(columns, ", ")
	rows, err := d.read.QueryContext(ctx, `SELECT count(*), `+in+` FROM applications WHERE programme_id = $1 AND stage = 'eligible' GROUP BY `+in, string(programmeID))
	return collect(rows, err, func(r *sql.Rows, c *selection.Cell) error {
		c.Values = make([]string, len(columns))
		into := []any{&c.Count}
		for i := range c.Values {
			into = append(into, &c.Values[i])
		}
		return r.Scan(into...)
	})
}

const proposalColumns = `id, programme_id, selection_id, kind, state, at, by_id, organisation_id, decided, decided_by, decided_for, doc`

func scanProposal(r interface{ Scan(...any) error }, x *selection.Proposal) error {
	var doc string
	if err := r.Scan(&x.ID, &x.Programme, &x.Selection, &x.Kind, &x.State, clock{&x.At}, &x.By, &x.For, clock{&x.Decided}, &x.DecidedBy, &x.DecidedFor, &doc); err != nil {
		return err
	}
	return json.Unmarshal([]byte(doc), x)
}

// Proposals lists what was proposed in a programme, newest first.
func (d *DB) Proposals(ctx context.Context, programmeID account.ID, limit int) ([]selection.Proposal, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+proposalColumns+` FROM selection_proposals WHERE programme_id = $1 ORDER BY id DESC LIMIT $2`, string(programmeID), limit)
	return collect(rows, err, func(r *sql.Rows, x *selection.Proposal) error { return scanProposal(r, x) })
}

// Proposal reads one of a programme. ErrNotFound when there is none.
func (d *DB) Proposal(ctx context.Context, programmeID, id account.ID) (*selection.Proposal, error) {
	return proposalOf(ctx, d.read, programmeID, id)
}

func proposalOf(ctx context.Context, q querier, programmeID, id account.ID) (*selection.Proposal, error) {
	var x selection.Proposal
	err := scanProposal(q.QueryRowContext(ctx, `SELECT `+proposalColumns+` FROM selection_proposals WHERE id = $1 AND programme_id = $2`, string(id), string(programmeID)), &x)
	return &x, found("proposal", err)
}

// Approved is the choice of a programme that another organisation approved.
// ErrNotFound while there is none.
func (d *DB) Approved(ctx context.Context, programmeID account.ID) (*selection.Proposal, error) {
	return approvedOf(ctx, d.read, programmeID)
}

func approvedOf(ctx context.Context, q querier, programmeID account.ID) (*selection.Proposal, error) {
	var x selection.Proposal
	err := scanProposal(q.QueryRowContext(ctx, `SELECT `+proposalColumns+` FROM selection_proposals WHERE programme_id = $1 AND kind = 'choice' AND state = 'approved'`, string(programmeID)), &x)
	return &x, found("approved choice", err)
}
