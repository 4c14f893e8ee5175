package store

import (
	"context"
	"database/sql"
	"time"

	"miseban/internal/account"
)

// InstructionState is where an instruction stands.
type InstructionState string

// The states of an instruction.
const (
	InstructionGiven        InstructionState = "given"
	InstructionReplied      InstructionState = "replied"
	InstructionAcknowledged InstructionState = "acknowledged"
	InstructionWithdrawn    InstructionState = "withdrawn"
)

// Open says that somebody still has to do something.
func (s InstructionState) Open() bool { return s == InstructionGiven || s == InstructionReplied }

// Instruction is what an executive asks somebody to do until a day (指示).
type Instruction struct {
	ID          account.ID
	Revision    int
	State       InstructionState
	To          account.ID // a person of the shop's organisation, or an organisation that works for it
	Task        string
	Edition     string // of the requirement it is about; "" = none
	Requirement string
	Due         string // YYYY-MM-DD
	By          account.ID
	At          time.Time
}

// InstructionStep is one thing that happened to an instruction.
type InstructionStep struct {
	Revision int
	State    InstructionState
	Words    string
	By       account.ID
	At       time.Time
}

const instructionColumns = `id, revision, state, to_id, task, edition, requirement, due, by_id, at`

func scanInstruction(r interface{ Scan(...any) error }, x *Instruction) error {
	return r.Scan(&x.ID, &x.Revision, &x.State, &x.To, &x.Task, &x.Edition, &x.Requirement, &x.Due, &x.By, clock{&x.At})
}

// Instructions lists the instructions of a shop, newest first, those before a given one.
func (d *DB) Instructions(ctx context.Context, shop, before account.ID, limit int) ([]Instruction, error) {
	if before == "" {
		before = "~" // after every ID
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+instructionColumns+` FROM instructions WHERE shop_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, string(shop), string(before), limit)
	return collect(rows, err, func(r *sql.Rows, x *Instruction) error { return scanInstruction(r, x) })
}

// Instruction reads an instruction of a shop and what happened to it.
func (d *DB) Instruction(ctx context.Context, shop, id account.ID) (*Instruction, []InstructionStep, error) {
	var x Instruction
	if err := scanInstruction(d.read.QueryRowContext(ctx, `SELECT `+instructionColumns+` FROM instructions WHERE id = $1 AND shop_id = $2`, string(id), string(shop)), &x); err != nil {
		return nil, nil, found("instruction", err)
	}
	rows, err := d.read.QueryContext(ctx, `SELECT revision, state, words, by_id, at FROM instruction_steps WHERE instruction_id = $1 ORDER BY revision`, string(id))
	steps, err := collect(rows, err, func(r *sql.Rows, s *InstructionStep) error {
		return r.Scan(&s.Revision, &s.State, &s.Words, &s.By, clock{&s.At})
	})
	return &x, steps, err
}

// AddInstruction gives an instruction.
func (t *Tx) AddInstruction(ctx context.Context, shop account.ID, x *Instruction) error {
	x.ID, x.Revision, x.State, x.By, x.At = account.NewID(), 1, InstructionGiven, t.By, t.At
	t.Record(account.Event{Verb: account.InstructionGiven, Object: x.ID, Shop: shop, Details: map[string]string{"due": x.Due}})
	_, err := t.exec(ctx, `INSERT INTO instructions (shop_id, `+instructionColumns+`) VALUES (`+places(0, 11)+`)`,
		string(shop), string(x.ID), x.Revision, string(x.State), string(x.To), x.Task, x.Edition, x.Requirement, x.Due, string(x.By), ts(x.At))
	return err
}

// instructionMoves says from where an instruction can get to a state, and what
// the audit log calls it.
var instructionMoves = map[InstructionState]struct {
	from InstructionState
	verb account.Verb
}{
	InstructionReplied:      {InstructionGiven, account.InstructionReplied},
	InstructionAcknowledged: {InstructionReplied, account.InstructionAcknowledged},
	InstructionGiven:        {InstructionReplied, account.InstructionReturned},
	InstructionWithdrawn:    {InstructionGiven, account.InstructionWithdrawn},
}

// MoveInstruction takes an instruction to a state, with what was said.
// ErrConflict when it is not where the caller saw it.
func (t *Tx) MoveInstruction(ctx context.Context, shop, id account.ID, revision int, to InstructionState, words string) error {
	m, ok := instructionMoves[to]
	if !ok {
		return ErrConflict
	}
	t.Record(account.Event{Verb: m.verb, Object: id, Shop: shop})
	if err := t.one(ctx, ErrConflict, `UPDATE instructions SET revision = revision + 1, state = $4 WHERE id = $1 AND shop_id = $2 AND revision = $3 AND state = $5`, string(id), string(shop), revision, string(to), string(m.from)); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO instruction_steps (instruction_id, revision, state, words, by_id, at) VALUES (`+places(0, 6)+`)`, string(id), revision+1, string(to), words, string(t.By), ts(t.At))
	return err
}
