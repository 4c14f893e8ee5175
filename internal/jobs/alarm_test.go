package jobs

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/mailbox"
	"miseban/internal/notice"
	"miseban/internal/notice/noticetest"
	"miseban/internal/store"
	"miseban/internal/wire"
)

// leak is a result that cannot wait.
func leak() check.Result {
	return check.Result{Check: "backup-file", Findings: []check.Finding{{Check: "backup-file", Where: "/geheim.sql", Case: "dump", Severity: check.High}}}
}

// operator adds somebody who operates this Miseban.
func (p *place) operator() *account.Person {
	p.t.Helper()
	o := &account.Organisation{ID: account.NewID(), Kind: account.Platform, Name: "運用"}
	x := &account.Person{ID: account.NewID(), Mail: "operator@example.jp", Name: "運用者"}
	p.change(func(tx *store.Tx) error {
		return errors.Join(tx.AddOrganisation(p.t.Context(), o), tx.AddPerson(p.t.Context(), x, "hash"), tx.AddRoles(p.t.Context(), x.ID, o.ID, o.Kind, []account.Role{account.Operator}))
	})
	return x
}

// said lists what somebody was told of emergencies, newest first.
func (p *place) said(x *account.Person) []string {
	p.t.Helper()
	list, err := p.db.Notices(p.t.Context(), x.ID, "", true, 100)
	if err != nil {
		p.t.Fatal(err)
	}
	var out []string
	for _, n := range list {
		if n.Kind == notice.Emergency {
			out = append(out, n.Case)
		}
	}
	return out
}

// taken makes a diagnosis that a worker holds.
func (p *place) taken(q *Queue) (*store.Diagnosis, *diagnose.Run) {
	p.t.Helper()
	x := p.plan(q, store.DiagnosisPlan{Level: wire.Passive})
	if ok, err := p.db.TakeDiagnosis(p.t.Context(), x.ID, "h", time.Minute); !ok || err != nil {
		p.t.Fatal(ok, err)
	}
	run, err := p.db.Run(p.t.Context(), x.Run)
	if err != nil {
		p.t.Fatal(err)
	}
	return x, run
}

// TestAlarm: a dump that anybody can fetch reaches the first contact while the
// diagnosis still runs, then the second and the operator, then all others; who
// confirms ends that. The next diagnosis that sees the same tells nobody.
func TestAlarm(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		ctx := t.Context()
		sink := noticetest.Open(t)
		boss, operator := p.resident("店長", account.Executive), p.operator()
		p.shop.Contacts = []account.Contact{{Name: "電話だけ", Phone: "03-1234-5678"}, {Name: "花子", Mail: "one@example.jp"}, {Name: "太郎", Mail: "two@example.jp"}, {Name: "次郎", Mail: "three@example.jp"}, {Name: "三郎", Mail: "four@example.jp"}}
		p.change(func(tx *store.Tx) error { return tx.SaveShop(ctx, p.shop) })
		q := p.posting(sink)
		if err := p.db.SetMailing(ctx, time.Now()); err != nil {
			t.Fatal(err)
		}
		x, run := p.taken(q)
		d, told := &diagnoser{q: q}, &teller{}
		r := leak()
		told.hear(diagnose.Event{Stage: diagnose.Checking, Result: &r})
		d.alarm(ctx, x, run, told)
		run.Results, run.State = []check.Result{r}, diagnose.Finished
		if err := q.leave(ctx, x, run, "h", store.DiagnosisFinished, "", time.Time{}); err != nil { // raises it not again
			t.Fatal(err)
		}
		alarms, err := p.db.OpenAlarms(ctx, p.shop.ID)
		if err != nil || len(alarms) != 1 || alarms[0].Danger != notice.Leak || len(alarms[0].Seen) != 1 {
			t.Fatalf("%+v %v", alarms, err)
		}
		contacts := func(want ...string) []noticetest.Mail {
			t.Helper()
			p.post(q, notice.AtOnce)
			for i := 1; ; i++ {
				var to []string
				var letters []noticetest.Mail
				for _, m := range p.arrives(sink, i) {
					if strings.Contains(mailbox.Read([]byte(m.Raw)).Text, "/alarms/") && !slices.Contains([]string{boss.Mail, operator.Mail}, m.To) {
						to, letters = append(to, m.To), append(letters, m)
					}
				}
				if len(to) < len(want) {
					continue
				}
				slices.Sort(to)
				slices.Sort(want)
				if !slices.Equal(to, want) {
					t.Fatalf("written to %v, want %v", to, want)
				}
				return letters
			}
		}
		m := mailbox.Read([]byte(contacts("one@example.jp")[0].Raw))
		if !strings.Contains(m.Subject, "緊急速報") || !strings.Contains(m.Text, "花子 様") || !strings.Contains(m.Text, "https://m.example/alarms/") || !strings.Contains(m.Text, "届きました") || strings.Contains(m.Text, "geheim") {
			t.Errorf("%s\n%s", m.Subject, m.Text)
		}
		if got := p.said(boss); !slices.Equal(got, []string{"raised"}) {
			t.Errorf("the executive was told %v", got)
		}
		if got := p.said(operator); len(got) > 0 {
			t.Errorf("the operator was told %v too early", got)
		}
		p.change(func(tx *store.Tx) error { // as the job that waits does in half an hour
			return q.insert(ctx, tx, Alarm{alarms[0].ID, 1}, &river.InsertOpts{Queue: queueAlarm})
		})
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for deadline := time.After(time.Minute); len(p.said(operator)) == 0; {
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatal("the job does not pass the alarm on")
			}
		}
		if err := q.pass(ctx, Alarm{alarms[0].ID, 1}, time.Now()); err != nil { // the same job again
			t.Fatal(err)
		}
		contacts("one@example.jp", "two@example.jp")
		if got := p.said(operator); !slices.Equal(got, []string{"escalated"}) {
			t.Errorf("the operator was told %v", got)
		}
		if err := q.pass(ctx, Alarm{alarms[0].ID, 2}, time.Now()); err != nil {
			t.Fatal(err)
		}
		contacts("four@example.jp", "one@example.jp", "three@example.jp", "two@example.jp")

		y, run := p.taken(q)
		run.Results, run.State = []check.Result{r, {Check: "skimmer-sign", Findings: []check.Finding{{Where: "/cart.js", Severity: check.Critical}}}}, diagnose.Finished
		if err := q.leave(ctx, y, run, "h", store.DiagnosisFinished, "", time.Time{}); err != nil {
			t.Fatal(err)
		}
		again, err := p.db.OpenAlarms(ctx, p.shop.ID)
		if err != nil || len(again) != 2 || again[0].Danger != notice.Skimmer {
			t.Fatalf("after the second diagnosis: %+v %v", again, err)
		}
		p.change(func(tx *store.Tx) error { return tx.ConfirmAlarm(ctx, &again[0], &store.AlarmCall{Contact: 1}) })
		before := len(p.said(operator))
		if err := q.pass(ctx, Alarm{again[0].ID, 1}, time.Now()); err != nil || len(p.said(operator)) != before {
			t.Errorf("passed on although confirmed: %v", err)
		}
		if _, err := p.db.VerifyAudit(ctx); err != nil {
			t.Error(err)
		}
	})
}

// TestAlarmUnreached: where no mail reaches a contact, the operators know at once.
func TestAlarmUnreached(t *testing.T) {
	t.Parallel()
	p := settle(t, t.TempDir()+"/m.db")
	operator := p.operator()
	q := p.queue(Options{})
	x, run := p.taken(q)
	run.Results, run.State = []check.Result{leak()}, diagnose.Failed
	if err := q.leave(t.Context(), x, run, "h", store.DiagnosisFailed, WhyReached, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got := p.said(operator); !slices.Equal(got, []string{"unreached"}) {
		t.Errorf("the operator was told %v", got)
	}
}

func TestCallees(t *testing.T) {
	t.Parallel()
	list := []account.Contact{{Phone: "1"}, {Mail: "a"}, {Mail: "b"}, {Phone: "2"}, {Mail: "c"}, {Mail: "d"}}
	for step, want := range [][]int{{1}, {2}, {4, 5}} {
		if got := callees(list, step); !slices.Equal(got, want) {
			t.Errorf("step %d: %v, want %v", step, got, want)
		}
	}
	if got := callees(list[:2], 1); got != nil {
		t.Errorf("a single contact is written to twice: %v", got)
	}
}
