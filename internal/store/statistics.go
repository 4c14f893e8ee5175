package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/programme"
	"miseban/internal/statistics"
	"miseban/internal/workflow"
)

// counted is a case while its record is made.
type counted struct {
	record *statistics.Record
	shop   account.ID
	before time.Time // when Step 3 was done
	after  time.Time // when Step 5 was done
}

// Records reads what is counted of the applications of a programme. It reads
// every case with its findings and answers, so it is done when statistics are
// made and not when they are looked at.
func (d *DB) Records(ctx context.Context, prog account.ID, c *statistics.Catalogue) ([]statistics.Record, error) {
	list, err := d.applied(ctx, prog)
	if err != nil {
		return nil, err
	}
	shops, err := d.diagnosed(ctx, prog, list)
	if err != nil || len(shops) == 0 {
		return list, err
	}
	found, err := d.foundAt(ctx, prog, c.Edition.ID, shops)
	if err != nil {
		return nil, err
	}
	for shop, cases := range shops {
		f := found[shop]
		if f == nil {
			f = &shopPast{}
		}
		for _, x := range cases {
			x.record.Before = c.LookAt(f.findings(x.before), f.answers(x.before), x.before)
			if !x.after.IsZero() {
				x.record.After = c.LookAt(f.findings(x.after), f.answers(x.after), x.after)
			}
		}
	}
	return list, nil
}

// applied reads the applications that were sent.
func (d *DB) applied(ctx context.Context, prog account.ID) ([]statistics.Record, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT id, stage, method, business, turnover, posture, doc FROM applications WHERE programme_id = $1 AND receipt <> '' ORDER BY id`, string(prog))
	return collect(rows, err, func(r *sql.Rows, x *statistics.Record) error {
		var stage programme.Stage
		var method, business, turnover, posture account.Choice
		var doc sql.RawBytes
		if err := r.Scan(&x.ID, &stage, &method, &business, &turnover, &posture, &doc); err != nil {
			return err
		}
		var form struct {
			Contract account.Choice `json:"contract"`
		}
		if err := json.Unmarshal(doc, &form); err != nil {
			return fmt.Errorf("reading application %s: %w", x.ID, err)
		}
		x.Attributes = map[programme.Attribute]account.Choice{programme.ByMethod: method, programme.ByBusiness: business, programme.ByTurnover: turnover, programme.ByPosture: posture}
		x.Contract, x.Fate = form.Contract, statistics.FateOf(stage)
		return nil
	})
}

// diagnosed finds the cases whose Step 3 is done, by shop.
func (d *DB) diagnosed(ctx context.Context, prog account.ID, list []statistics.Record) (map[account.ID][]counted, error) {
	type row struct {
		application, shop account.ID
		doc               caseDoc
	}
	rows, err := d.read.QueryContext(ctx, `SELECT application_id, shop_id, doc FROM cases WHERE programme_id = $1 AND shop_id <> '' AND ending NOT IN ('declined', 'stopped') ORDER BY application_id`, string(prog))
	cases, err := collect(rows, err, func(r *sql.Rows, x *row) error {
		var doc sql.RawBytes
		if err := r.Scan(&x.application, &x.shop, &doc); err != nil {
			return err
		}
		return json.Unmarshal(doc, &x.doc)
	})
	out := map[account.ID][]counted{}
	for _, x := range cases {
		done := x.doc.Done[programme.Step3]
		at, ok := slices.BinarySearchFunc(list, string(x.application), func(r statistics.Record, id string) int { return compare(r.ID, id) })
		if done.IsZero() || !ok {
			continue
		}
		out[x.shop] = append(out[x.shop], counted{&list[at], x.shop, done, x.doc.Done[programme.Step5]})
	}
	return out, err
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// shopPast is what is known of a shop, with when it came to be so.
type shopPast struct {
	list  []pastFinding
	says  []assessment.Answer // every answer it ever gave, the first one first
	index map[account.ID]int
}

type pastFinding struct {
	statistics.Finding
	first time.Time
	state workflow.State // as it is now
	moves []pastMove
}

type pastMove struct {
	at            time.Time
	before, after workflow.State
}

// stateAt is in which state a finding was at a moment; "" before it was seen.
func (f *pastFinding) stateAt(at time.Time) workflow.State {
	if f.first.After(at) {
		return ""
	}
	state := f.state
	if len(f.moves) > 0 {
		state = f.moves[0].before
	}
	for _, m := range f.moves {
		if !m.at.After(at) {
			state = m.after
		}
	}
	return state
}

// findings are those that were there and not mended at a moment. Who accepts a
// risk has it still; what was a false alarm never was one.
func (p *shopPast) findings(at time.Time) []statistics.Finding {
	var out []statistics.Finding
	for i := range p.list {
		f := &p.list[i]
		if s := f.stateAt(at); f.state != workflow.FalseAlarm && (s.Open() || s == workflow.Accepted) {
			out = append(out, f.Finding)
		}
	}
	return out
}

// answers are what the shop answered at a moment.
func (p *shopPast) answers(at time.Time) []assessment.Answer {
	now := map[string]assessment.Answer{}
	for _, a := range p.says {
		if !a.At.After(at) {
			now[a.Question] = a
		}
	}
	out := make([]assessment.Answer, 0, len(now))
	for _, a := range now {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b assessment.Answer) int { return compare(a.Question, b.Question) })
	return out
}

// foundAt reads the findings and answers of shops, with their past.
func (d *DB) foundAt(ctx context.Context, prog account.ID, edition string, shops map[account.ID][]counted) (map[account.ID]*shopPast, error) {
	const of = ` IN (SELECT shop_id FROM cases WHERE programme_id = $1 AND shop_id <> '')`
	out := map[account.ID]*shopPast{}
	past := func(shop account.ID) *shopPast {
		if _, wanted := shops[shop]; !wanted {
			return nil
		}
		if out[shop] == nil {
			out[shop] = &shopPast{index: map[account.ID]int{}}
		}
		return out[shop]
	}
	type nothing struct{}
	rows, err := d.read.QueryContext(ctx, `SELECT shop_id, id, check_name, severity, state, first_seen FROM findings WHERE severity > $2 AND shop_id`+of, string(prog), int(check.Info))
	if _, err := collect(rows, err, func(r *sql.Rows, _ *nothing) error {
		var shop, id account.ID
		var f pastFinding
		if err := r.Scan(&shop, &id, &f.Check, &f.Severity, &f.state, clock{&f.first}); err != nil {
			return err
		}
		if p := past(shop); p != nil {
			p.index[id] = len(p.list)
			p.list = append(p.list, f)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	rows, err = d.read.QueryContext(ctx, `SELECT shop_id, finding_id, at, before, after FROM finding_moves WHERE what = $2 AND shop_id`+of+` ORDER BY id`, string(prog), MovedState)
	if _, err := collect(rows, err, func(r *sql.Rows, _ *nothing) error {
		var shop, id account.ID
		var m pastMove
		if err := r.Scan(&shop, &id, clock{&m.at}, &m.before, &m.after); err != nil {
			return err
		}
		if p := past(shop); p != nil {
			if at, ok := p.index[id]; ok {
				p.list[at].moves = append(p.list[at].moves, m)
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	rows, err = d.read.QueryContext(ctx, `SELECT h.shop_id, h.question, h.revision, h.state, h.day, h.doer, h.at FROM answer_history h WHERE h.edition = $2`+Outside.of("h")+` AND h.shop_id`+of+` ORDER BY h.shop_id, h.question, h.revision`, string(prog), edition)
	_, err = collect(rows, err, func(r *sql.Rows, _ *nothing) error {
		var shop account.ID
		a := assessment.Answer{Edition: edition}
		if err := r.Scan(&shop, &a.Question, &a.Revision, &a.Value, &a.Day, &a.Doer, clock{&a.At}); err != nil {
			return err
		}
		if p := past(shop); p != nil {
			p.says = append(p.says, a)
		}
		return nil
	})
	return out, err
}
