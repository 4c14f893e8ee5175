package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/workflow"
)

// Request is what a contractor is asked to mend (対策依頼書) and what is
// answered item by item (回答書).
type Request struct {
	ID           account.ID
	Shop         account.ID
	Revision     int
	State        workflow.RequestState
	Organisation account.ID // the contractor who may answer signed in; "" = by link alone
	Company      string     // to whom, in words
	Person       string
	Mail         string
	Due          string // the day by which an answer is wanted
	Words        string
	// Clauses are those of the contract that were missing then and that the request speaks of.
	Clauses []string
	By      account.ID
	At      time.Time
	Items   []RequestItem
	Count   int // of items, in a list
}

// RequestItem is one finding of a request, as it was when it was asked for,
// with the answer and what the executive decided about it.
type RequestItem struct {
	Number  int
	Finding account.ID
	Due     string
	Seen    check.Finding
	workflow.Reply
	workflow.Decided
}

// RequestStep is one thing that happened to a request.
type RequestStep struct {
	Revision int
	State    workflow.RequestState
	Name     string     // of who answered, as it was typed
	Link     account.ID // by which it was answered; "" = signed in
	By       account.ID
	At       time.Time
	Replies  []StepReply
}

// StepReply is the answer to one item, and the decision about it, as of a step.
type StepReply struct {
	Number int `json:"number"`
	workflow.Reply
	workflow.Decided
}

const requestColumns = `r.id, r.shop_id, r.revision, r.state, r.organisation_id, r.company, r.person, r.mail, r.due, r.words, r.clauses, r.by_id, r.at`

func scanRequest(r interface{ Scan(...any) error }, x *Request, more ...any) error {
	return r.Scan(append([]any{&x.ID, &x.Shop, &x.Revision, &x.State, &x.Organisation, &x.Company, &x.Person, &x.Mail, &x.Due, &x.Words, words{&x.Clauses}, &x.By, clock{&x.At}}, more...)...)
}

// RequestFilter says which requests of a shop a list shows.
type RequestFilter struct {
	Of     []account.ID // to these organisations only; nil: all
	Before account.ID
	Limit  int
}

// Requests lists the requests of a shop without their items, newest first.
func (d *DB) Requests(ctx context.Context, shop account.ID, f RequestFilter) ([]Request, error) {
	if f.Before == "" {
		f.Before = "~" // after every ID
	}
	args := []any{string(shop), string(f.Before), f.Limit}
	to := ""
	if f.Of != nil {
		if len(f.Of) == 0 {
			return nil, nil
		}
		to = ` AND r.organisation_id IN (` + places(len(args), len(f.Of)) + `)`
		for _, id := range f.Of {
			args = append(args, string(id))
		}
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+requestColumns+`, (SELECT count(*) FROM request_items i WHERE i.request_id = r.id) FROM requests r WHERE r.shop_id = $1 AND r.id < $2`+to+` ORDER BY r.id DESC LIMIT $3`, args...)
	return collect(rows, err, func(r *sql.Rows, x *Request) error { return scanRequest(r, x, &x.Count) })
}

const itemColumns = `i.number, i.finding_id, i.due, i.doc, i.policy, i.day, i.estimate, i.words, i.decision, i.note`

func scanItem(r interface{ Scan(...any) error }, x *RequestItem, more ...any) error {
	var doc string
	if err := r.Scan(append([]any{&x.Number, &x.Finding, &x.Due, &doc, &x.Policy, &x.Day, &x.Estimate, &x.Words, &x.Decision, &x.Note}, more...)...); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(doc), &x.Seen); err != nil {
		return fmt.Errorf("reading an item of a request: %w", err)
	}
	return nil
}

// Request reads a request of a shop with its items. ErrNotFound when the shop
// has no such one.
func (d *DB) Request(ctx context.Context, shop, id account.ID) (*Request, error) {
	var x Request
	if err := scanRequest(d.read.QueryRowContext(ctx, `SELECT `+requestColumns+` FROM requests r WHERE r.id = $1 AND r.shop_id = $2`, string(id), string(shop)), &x); err != nil {
		return nil, found("request", err)
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+itemColumns+` FROM request_items i WHERE i.request_id = $1 ORDER BY i.number`, string(id))
	x.Items, err = collect(rows, err, func(r *sql.Rows, i *RequestItem) error { return scanItem(r, i) })
	x.Count = len(x.Items)
	return &x, err
}

// RequestSteps is what happened to a request, the first thing first.
func (d *DB) RequestSteps(ctx context.Context, shop, id account.ID) ([]RequestStep, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT s.revision, s.state, s.name, s.link_id, s.by_id, s.at, s.doc FROM request_steps s JOIN requests r ON r.id = s.request_id WHERE r.id = $1 AND r.shop_id = $2 ORDER BY s.revision`, string(id), string(shop))
	return collect(rows, err, func(r *sql.Rows, s *RequestStep) error {
		var doc string
		if err := r.Scan(&s.Revision, &s.State, &s.Name, &s.Link, &s.By, clock{&s.At}, &doc); err != nil {
			return err
		}
		return json.Unmarshal([]byte(doc), &s.Replies)
	})
}

// LastAsked is the newest request, not withdrawn, that holds a finding of a
// shop, with that item alone. ErrNotFound when nobody was asked for it.
func (d *DB) LastAsked(ctx context.Context, shop, finding account.ID) (*Request, error) {
	x := Request{Items: make([]RequestItem, 1)}
	i := &x.Items[0]
	var doc string
	err := scanRequest(d.read.QueryRowContext(ctx, `SELECT `+requestColumns+`, `+itemColumns+` FROM request_items i JOIN requests r ON r.id = i.request_id WHERE i.shop_id = $1 AND i.finding_id = $2 AND r.state <> 'withdrawn' ORDER BY i.request_id DESC LIMIT 1`, string(shop), string(finding)),
		&x, &i.Number, &i.Finding, &i.Due, &doc, &i.Policy, &i.Day, &i.Estimate, &i.Words, &i.Decision, &i.Note)
	return &x, found("request", err)
}

// AsSent puts the answers as they were last sent, given the steps, in the place
// of what the contractor is still working on: that is the contractor's alone,
// also when the request was withdrawn meanwhile.
func (x *Request) AsSent(steps []RequestStep) {
	if !x.State.Awaits() && x.State != workflow.RequestWithdrawn {
		return
	}
	sent := map[int]StepReply{}
	for _, s := range steps {
		for _, r := range s.Replies {
			sent[r.Number] = r
		}
	}
	for i := range x.Items {
		r := sent[x.Items[i].Number]
		x.Items[i].Reply, x.Items[i].Decided = r.Reply, r.Decided
	}
}

// AddRequest keeps a request and its items.
func (t *Tx) AddRequest(ctx context.Context, x *Request) error {
	x.ID, x.Revision, x.State, x.By, x.At = account.NewID(), 1, workflow.RequestSent, t.By, t.At
	t.Record(account.Event{Verb: account.RequestMade, Object: x.ID, Organisation: x.Organisation, Shop: x.Shop, Details: map[string]string{"items": strconv.Itoa(len(x.Items)), "due": x.Due}})
	if _, err := t.exec(ctx, `INSERT INTO requests (id, shop_id, revision, state, organisation_id, company, person, mail, due, words, clauses, by_id, at) VALUES (`+places(0, 13)+`)`,
		string(x.ID), string(x.Shop), x.Revision, string(x.State), string(x.Organisation), x.Company, x.Person, x.Mail, x.Due, x.Words, list(x.Clauses), string(x.By), ts(x.At)); err != nil {
		return err
	}
	for i := range x.Items {
		it := &x.Items[i]
		doc, err := json.Marshal(it.Seen)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO request_items (request_id, shop_id, number, finding_id, due, doc, policy, day, estimate, words, decision, note) VALUES ($1, $2, $3, $4, $5, $6, '', '', '', '', '', '')`,
			string(x.ID), string(x.Shop), it.Number, string(it.Finding), it.Due, string(doc)); err != nil {
			return err
		}
	}
	return t.putStep(ctx, x, "", "")
}

// putStep writes what just happened to a request, with its answers as they are now.
func (t *Tx) putStep(ctx context.Context, x *Request, name string, link account.ID) error {
	replies := []StepReply{}
	if x.State != workflow.RequestWithdrawn {
		for i := range x.Items {
			if it := &x.Items[i]; it.Policy != "" {
				replies = append(replies, StepReply{it.Number, it.Reply, it.Decided})
			}
		}
	}
	doc, err := json.Marshal(replies)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO request_steps (request_id, revision, state, name, link_id, by_id, at, doc) VALUES (`+places(0, 8)+`)`, string(x.ID), x.Revision, string(x.State), name, string(link), string(t.By), ts(t.At), string(doc))
	return err
}

// moveRequest takes a request on from the revision and state that the caller
// saw. ErrConflict when it is no longer there.
func (t *Tx) moveRequest(ctx context.Context, x *Request, to workflow.RequestState, verb account.Verb, link account.ID) error {
	e := account.Event{Verb: verb, Object: x.ID, Organisation: x.Organisation, Shop: x.Shop}
	if link != "" {
		e.Details = map[string]string{"link": string(link)}
	}
	t.Record(e)
	if err := t.one(ctx, ErrConflict, `UPDATE requests SET revision = revision + 1, state = $5 WHERE id = $1 AND shop_id = $2 AND revision = $3 AND state = $4`, string(x.ID), string(x.Shop), x.Revision, string(x.State), string(to)); err != nil {
		return err
	}
	x.Revision, x.State = x.Revision+1, to
	return nil
}

// SaveReplies keeps the answers that stand in the items of a request, and
// sends them to the executive when they are complete. Approved answers stay as
// they are. name is whom the answer names, link by which it came ("" = signed
// in). ErrConflict when somebody else was faster.
func (t *Tx) SaveReplies(ctx context.Context, x *Request, send bool, name string, link account.ID) error {
	if !x.State.Awaits() {
		return ErrConflict
	}
	to, verb := x.State, account.RequestSaved
	if send {
		to, verb = workflow.RequestAnswered, account.RequestAnswered
	}
	if err := t.moveRequest(ctx, x, to, verb, link); err != nil {
		return err
	}
	for i := range x.Items {
		it := &x.Items[i]
		if it.Decision == workflow.Approved {
			continue
		}
		if send {
			it.Decided = workflow.Decided{}
		}
		if _, err := t.exec(ctx, `UPDATE request_items SET policy = $3, day = $4, estimate = $5, words = $6, decision = $7, note = $8 WHERE request_id = $1 AND number = $2 AND decision <> 'approved'`,
			string(x.ID), it.Number, string(it.Policy), it.Day, it.Estimate, it.Words, string(it.Decision), it.Note); err != nil {
			return err
		}
	}
	if !send {
		return nil
	}
	return t.putStep(ctx, x, name, link)
}

// DecideRequest keeps the decisions that stand in the items of a request. What
// is approved takes effect on the findings: the planned day becomes the day by
// which it is due, and work on it has begun.
func (t *Tx) DecideRequest(ctx context.Context, x *Request) error {
	if x.State != workflow.RequestAnswered {
		return ErrConflict
	}
	to, verb := workflow.RequestAgreed, account.RequestAgreed
	for i := range x.Items {
		if x.Items[i].Decision != workflow.Approved {
			to, verb = workflow.RequestReturned, account.RequestReturned
		}
	}
	if err := t.moveRequest(ctx, x, to, verb, ""); err != nil {
		return err
	}
	for i := range x.Items {
		it := &x.Items[i]
		n, err := t.exec(ctx, `UPDATE request_items SET decision = $3, note = $4 WHERE request_id = $1 AND number = $2 AND decision <> 'approved'`, string(x.ID), it.Number, string(it.Decision), it.Note)
		if err != nil {
			return err
		}
		if n == 1 && it.Decision == workflow.Approved && it.Policy != workflow.Outside {
			if err := t.planFinding(ctx, x.Shop, it); err != nil {
				return err
			}
		}
	}
	return t.putStep(ctx, x, "", "")
}

// planFinding lets a finding know of an approved answer. One that is settled
// meanwhile, or gone, stays as it is.
func (t *Tx) planFinding(ctx context.Context, shop account.ID, it *RequestItem) error {
	var f Finding
	err := scanFinding(t.q.QueryRowContext(ctx, `SELECT `+findingColumns+` FROM findings f WHERE f.id = $1 AND f.shop_id = $2`, string(it.Finding), string(shop)), &f)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if !f.State.Open() {
		return nil
	}
	if f.State == workflow.New || f.State == workflow.Confirmed {
		if err := t.MoveFinding(ctx, &f, workflow.Working, "", ""); err != nil {
			return err
		}
		f.Revision++
	}
	if f.Due == it.Day {
		return nil
	}
	return t.AssignFinding(ctx, &f, f.Assignee, it.Day)
}

// WithdrawRequest takes a request back, with the links to it.
func (t *Tx) WithdrawRequest(ctx context.Context, x *Request) error {
	if !x.State.Open() {
		return ErrConflict
	}
	if err := t.moveRequest(ctx, x, workflow.RequestWithdrawn, account.RequestWithdrawn, ""); err != nil {
		return err
	}
	if err := t.RevokeLinksTo(ctx, x.Shop, x.ID); err != nil {
		return err
	}
	return t.putStep(ctx, x, "", "")
}
