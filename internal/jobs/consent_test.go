package jobs

import (
	"errors"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/diagnose"
	"miseban/internal/perform"
	"miseban/internal/store"
	"miseban/internal/wire"
)

// agree records a consent of the shop that holds until then.
func (p *place) agree(until time.Time) *account.Consent {
	p.t.Helper()
	c := &account.Consent{ID: account.NewID(), Shop: p.shop.ID, Until: until, Person: "店主", Organisation: "店", Hosts: []string{p.site.URL}, Level: wire.Active, PerSecond: 2, Hosting: "not-needed", HostingNote: "自社"}
	p.change(func(tx *store.Tx) error { return tx.AddConsent(p.t.Context(), c) })
	return c
}

// TestNoConsent: what rests on no consent, on one that is over, or on a test
// account that was removed, sends nothing.
func TestNoConsent(t *testing.T) {
	t.Parallel()
	p := settle(t, t.TempDir()+"/m.db")
	q := p.queue(Options{Workers: 1})
	over := p.agree(time.Now().Add(-time.Minute))
	stands := p.agree(time.Now().Add(time.Hour))
	gone := []wire.Account{{Name: "member1", User: "x"}}
	for _, c := range []struct {
		plan     store.DiagnosisPlan
		accounts []wire.Account
	}{
		{store.DiagnosisPlan{Level: wire.Active}, nil},
		{store.DiagnosisPlan{Level: wire.Passive, Consent: over.ID}, nil},
		{store.DiagnosisPlan{Level: wire.Full, Consent: stands.ID}, nil},
		{store.DiagnosisPlan{Level: wire.Active, Consent: account.NewID()}, nil},
		{store.DiagnosisPlan{Level: wire.Active, Consent: stands.ID}, gone},
	} {
		x := &store.Diagnosis{ID: account.NewID(), Shop: p.shop.ID, State: store.DiagnosisQueued, Plan: c.plan}
		run := &diagnose.Run{ID: perform.NewRunID(time.Now()), Shop: p.shop.URL, Started: time.Now().UTC(), Version: "test", State: diagnose.Running,
			Scope: &wire.Scope{Hosts: []string{p.site.URL}, Level: c.plan.Level, Rate: wire.Rate{Unlimited: true}, Accounts: c.accounts}}
		p.change(func(tx *store.Tx) error {
			return errors.Join(tx.AddDiagnosis(t.Context(), x, run), q.Enqueue(t.Context(), tx, Diagnose{ID: x.ID}))
		})
		if got := p.until(x.ID, "refused", in(store.DiagnosisFailed)); got.Why != WhyConsent {
			t.Errorf("%+v: why = %q", c.plan, got.Why)
		}
	}
	if n, _ := p.site.count(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestWithdrawn: two seconds after a consent is withdrawn nothing leaves any
// more, and a sale day that begins lets what runs wait for its end.
func TestWithdrawn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		p.site.pause.Store(int64(300 * time.Millisecond))
		q := p.queue(Options{Workers: 1})
		c := p.agree(time.Now().Add(time.Hour))
		x := p.plan(q, store.DiagnosisPlan{Level: wire.Passive, Consent: c.ID})
		running := func(x *store.Diagnosis) bool { return x.State == store.DiagnosisRunning && x.Progress.Requests > 0 }
		sale := &account.Blackout{ID: account.NewID(), Shop: p.shop.ID, From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour).Truncate(time.Microsecond).UTC()}
		for _, end := range []struct {
			how   string
			do    func(*store.Tx) error
			state store.DiagnosisState
		}{
			{"sale day", func(tx *store.Tx) error { return tx.AddBlackout(t.Context(), sale) }, store.DiagnosisPlanned},
			{"withdrawal", func(tx *store.Tx) error { return tx.WithdrawConsent(t.Context(), p.shop.ID, c.ID) }, store.DiagnosisStopped},
		} {
			p.until(x.ID, "running", running)
			pressed := time.Now()
			p.change(end.do)
			got := p.until(x.ID, "at rest", in(end.state))
			p.site.mu.Lock()
			after := p.site.last.Sub(pressed)
			p.site.mu.Unlock()
			if after > 2*time.Second {
				t.Errorf("%s: a request %v later", end.how, after)
			}
			if end.state == store.DiagnosisStopped {
				break
			}
			if got.Why != WhyClosed || !got.Due.Equal(sale.Until) {
				t.Errorf("waits for %v because %q, want %v", got.Due, got.Why, sale.Until)
			}
			p.change(func(tx *store.Tx) error {
				return errors.Join(tx.RemoveBlackout(t.Context(), p.shop.ID, sale.ID), tx.QueueDiagnosis(t.Context(), p.shop.ID, x.ID), q.Enqueue(t.Context(), tx, Diagnose{ID: x.ID}))
			})
		}
	})
}

func TestOpening(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("JST", 9*60*60)
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, tokyo) }
	night := &wire.Scope{Windows: []wire.Window{{From: "23:00", Until: "04:00"}}}
	sale := account.Calendar{Workdays: true, Blackouts: []account.Blackout{{From: at(24, 0, 0), Until: at(25, 0, 0)}}}
	for _, c := range []struct {
		what     string
		scope    *wire.Scope
		calendar account.Calendar
		from     time.Time
		want     time.Time
	}{
		{"always", &wire.Scope{}, account.Calendar{}, at(20, 10, 2), at(20, 10, 2)},
		{"in the hours", night, account.Calendar{}, at(20, 3, 59), at(20, 3, 59)},
		{"before the hours", night, account.Calendar{}, at(20, 10, 2), at(20, 23, 0)},
		{"weekend, holiday and sale", night, sale, at(21, 1, 0), at(25, 0, 0)},
		{"weekend, holiday and sale by day", &wire.Scope{Windows: []wire.Window{{From: "10:00", Until: "17:00"}}}, sale, at(20, 17, 0), at(25, 10, 0)},
	} {
		if got := Opening(c.scope, c.calendar, c.from); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	never := &wire.Scope{Level: wire.Active, Windows: []wire.Window{{From: "10:00", Until: "11:00"}}, Consent: wire.Consent{Windows: []wire.Window{{From: "12:00", Until: "13:00"}}}}
	if got := Opening(never, account.Calendar{}, at(20, 0, 0)); never.Open(got) == nil {
		t.Errorf("hours that never meet are open at %v", got)
	}
}
