package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// observed is what is kept of an observation.
type observed[T any] struct {
	Value   T        `json:"value"`
	Failure *Failure `json:"failure,omitempty"`
}

// Observe is Do for what is not one HTTP exchange: a handshake, a connect, a
// look-up, a rendered page. The n-th observation of a key in a replayed run is
// the n-th stored one, an error as well as a value; else f runs, and its
// outcome is durable before it is returned. f asks through c, so gate, courtesy
// and ledger apply to all that it sends; T must survive JSON.
func Observe[T any](ctx context.Context, c *Client, kind Kind, key string, lvl Level, o Origin, f func(ctx context.Context) (T, error)) (T, error) {
	var zero T
	key = c.mask.keyed(key)
	c.askings.mu.Lock()
	q := c.askings.get(kind, key)
	nth := q.next
	q.next++
	c.askings.mu.Unlock()
	back := func() {
		c.askings.mu.Lock()
		if q.next == nth+1 {
			q.next = nth
		}
		c.askings.mu.Unlock()
	}
	rec, err := c.opt.Journal.Recall(ctx, kind, key, nth)
	if err != nil {
		return zero, journalErr(err)
	}
	offline := c.opt.Scope.Level == Offline
	if rec != nil {
		var v observed[T]
		if err := json.Unmarshal(rec.Data, &v); err != nil {
			return zero, fmt.Errorf("stored observation %s: %w", key, err)
		}
		if v.Failure == nil {
			return v.Value, nil
		}
		if offline || !refusal(v.Failure) {
			return v.Value, v.Failure
		}
	}
	if offline {
		back()
		return zero, fmt.Errorf("%s %s: %w", kind, o.Why, ErrNotStored)
	}
	if err := c.observable(ctx, lvl); err != nil {
		back()
		return zero, err
	}
	tied, untie := c.tie(ctx)
	v, err := f(tied)
	untie()
	if err != nil && (passing(err) || ctx.Err() != nil || c.alive() != nil) {
		back()
		if aerr := c.alive(); aerr != nil && !errors.Is(err, ErrStopped) {
			err = fmt.Errorf("%w: %w", aerr, err)
		}
		return v, err
	}
	e := &Entry{Kind: kind, ID: exchangeID(kind, key, nth), Target: o.Why, Level: lvl, Check: o.Check, Why: o.Why, State: Answered, Note: "observed"}
	keep := observed[T]{Value: v}
	if err != nil {
		keep.Failure = failure("", err)
		e.State, e.Note = Failed, keep.Failure.Text
		keep.Failure = &Failure{keep.Failure.Kind, c.mask.Text(keep.Failure.Text)}
	}
	data, merr := json.Marshal(keep)
	if merr != nil {
		return v, journalErr(merr)
	}
	masked := data
	if kind != KindDNS && kind != KindTLS { // those are public records of the shop, not what its customers typed
		if masked, merr = c.mask.JSON(data); merr != nil {
			return v, journalErr(merr)
		}
	}
	if err := c.ledger.answer(ctx, e, &Record{Kind: kind, Key: key, Nth: nth, ID: e.ID, Data: masked}); err != nil {
		return v, err
	}
	if keep.Failure != nil {
		return v, failure("", err)
	}
	return v, nil
}

// observable is the part of the gate that holds for every kind.
func (c *Client) observable(ctx context.Context, lvl Level) error {
	if err := c.alive(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if lvl > c.opt.Scope.Level {
		return fmt.Errorf("needs level %s, agreed is %s: %w", lvl, c.opt.Scope.Level, ErrLevel)
	}
	return c.opt.Scope.Open(c.now())
}
