package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"miseban/internal/account"
	"miseban/internal/diagnose"
	"miseban/internal/store"
	"miseban/internal/wire"
)

var errConsent = errors.New("the consent that the diagnosis rests on does not stand")

// closedError says that nothing may be sent on this day, and when it may again.
type closedError struct{ until time.Time }

func (e *closedError) Error() string { return "closed until " + e.until.Format(time.RFC3339) }

// ready asks whether a diagnosis may be carried out now, and gives it the
// passwords of the shop's test accounts.
func (d *diagnoser) ready(ctx context.Context, x *store.Diagnosis, run *diagnose.Run, now time.Time) error {
	db := d.q.opt.DB
	if run.Scope.Level > wire.Safe && x.Plan.Consent == "" {
		return errConsent
	}
	if x.Plan.Consent != "" {
		c, err := db.Consent(ctx, x.Shop, x.Plan.Consent)
		if errors.Is(err, store.ErrNotFound) || err == nil && (!c.Stands(now) || run.Scope.Level > c.Level) {
			return errConsent
		}
		if err != nil {
			return err
		}
	}
	if err := db.Unlock(ctx, x.Shop, run.Scope); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("%w: %w", errConsent, err)
		}
		return err
	}
	return d.closed(ctx, x, run, now)
}

// closed is a closedError when nothing may be sent to the shop on this day.
func (d *diagnoser) closed(ctx context.Context, x *store.Diagnosis, run *diagnose.Run, now time.Time) error {
	c, err := Days(ctx, d.q.opt.DB, x.Shop, x.Plan.Consent, now)
	if err != nil {
		return err
	}
	if _, closed := c.Closed(now); closed {
		return &closedError{Opening(run.Scope, c, now)}
	}
	return nil
}

// Days are the days on which a shop may be diagnosed, as its sale days and the
// consent that the diagnosis rests on say; "" rests on none.
func Days(ctx context.Context, db *store.DB, shop, consent account.ID, now time.Time) (account.Calendar, error) {
	var c account.Calendar
	var err error
	if c.Blackouts, err = db.Blackouts(ctx, shop, now); err != nil || consent == "" {
		return c, err
	}
	agreed, err := db.Consent(ctx, shop, consent)
	if err == nil {
		c.Workdays = agreed.Workdays
	}
	return c, err
}

// Opening is the first moment from a time on at which the scope's hours and the
// calendar let something be sent, to five minutes. It looks over two weeks of such days;
// where nothing is ever open it is the end of them.
func Opening(s *wire.Scope, c account.Calendar, from time.Time) time.Time {
	t := from
	for steps := 14 * 24 * 12; steps > 0; {
		if until, closed := c.Closed(t); closed && t.Before(from.AddDate(2, 0, 0)) {
			t = until
			continue
		}
		if s.Open(t) == nil {
			break
		}
		t = t.Truncate(5 * time.Minute).Add(5 * time.Minute)
		steps--
	}
	return t
}
