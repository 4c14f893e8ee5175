package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/riverqueue/river"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/i18n"
	"miseban/internal/notice"
	"miseban/internal/report"
	"miseban/internal/store"
)

const queueAlarm = "alarm"

// patience is how long an emergency contact has to confirm before the next one
// is told; after twice that everybody has been.
const patience = 30 * time.Minute

// lastStep is the step at which nobody is left to be told.
const lastStep = 2

// Alarm passes an alarm on that nobody has confirmed.
type Alarm struct {
	ID   account.ID `json:"id"`
	Step int        `json:"step"` // to which it is passed on
}

// Kind names the job in the queue.
func (Alarm) Kind() string { return "alarm" }

// alarmer is the worker of Alarm.
type alarmer struct {
	river.WorkerDefaults[Alarm]
	q *Queue
}

// Work tells the next contact and the operators, unless somebody has confirmed.
func (w *alarmer) Work(ctx context.Context, job *river.Job[Alarm]) error {
	err := w.q.pass(ctx, job.Args, time.Now())
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
		return nil // confirmed meanwhile, or passed on by another
	}
	return err
}

func (q *Queue) pass(ctx context.Context, job Alarm, at time.Time) error {
	a, err := q.opt.DB.AlarmByID(ctx, job.ID)
	if err != nil || !a.Confirmed.IsZero() || a.Step != job.Step-1 {
		return err
	}
	shop, err := q.opt.DB.Shop(ctx, a.Shop)
	if err != nil {
		return err
	}
	way, err := q.wayOut(ctx, at)
	if err != nil {
		return err
	}
	return q.opt.DB.Change(ctx, "", at, func(tx *store.Tx) error {
		if err := tx.PassAlarm(ctx, a, job.Step*int(patience/time.Minute)); err != nil {
			return err
		}
		a.Step = job.Step
		return q.tell(ctx, tx, shop, a, way)
	})
}

// callees are the contacts (their places in the list) who are written to at a
// step: the first who has an address, then the second, then all others.
func callees(contacts []account.Contact, step int) []int {
	var out []int
	for i, c := range contacts {
		if c.Mail != "" {
			out = append(out, i)
		}
	}
	switch {
	case step >= len(out):
		return nil
	case step == lastStep:
		return out[lastStep:]
	}
	return out[step : step+1]
}

// wayOut is where Miseban is, for links in mails; "" when no mail can be sent.
func (q *Queue) wayOut(ctx context.Context, at time.Time) (string, error) {
	mailing, err := q.opt.DB.Mailing(ctx, at)
	if err != nil || !mailing && q.opt.Mail == nil {
		return "", err
	}
	return q.opt.DB.Public(ctx)
}

// tell writes to the contacts of an alarm's step and plans the next one.
func (q *Queue) tell(ctx context.Context, tx *store.Tx, shop *account.Shop, a *store.Alarm, public string) error {
	if public != "" {
		for _, i := range callees(shop.Contacts, a.Step) {
			token, print := account.NewToken()
			c := shop.Contacts[i]
			letter := &notice.Letter{About: notice.LetterAlarm, Lang: i18n.JA, URL: public + "/alarms/" + token, Args: map[string]string{
				"contact": c.Name, "shop": shop.Name, "danger": string(a.Danger), "at": a.Raised.In(report.Tokyo()).Format("2006-01-02 15:04"), "minutes": strconv.Itoa(int(patience / time.Minute)),
			}}
			if err := tx.AddCall(ctx, &store.AlarmCall{Alarm: a.ID, Contact: i, Name: c.Name, Expires: tx.At.Add(account.LinkLife)}, print, &store.Mail{Shop: a.Shop, To: c.Mail, Letter: letter}); err != nil {
				return err
			}
		}
	}
	if a.Step >= lastStep {
		return nil
	}
	next := Alarm{ID: a.ID, Step: a.Step + 1}
	return q.insert(ctx, tx, next, &river.InsertOpts{Queue: queueAlarm, ScheduledAt: a.Raised.Add(time.Duration(next.Step) * patience), Priority: 1})
}

// raise looks whether results show a danger that cannot wait and that nobody
// knows of, and raises the alarm with the change.
func (q *Queue) raise(ctx context.Context, tx *store.Tx, x *store.Diagnosis, run *diagnose.Run, results []check.Result) error {
	seen := map[notice.Danger]*store.Alarm{}
	prints := map[notice.Danger][]string{}
	for i := range results {
		for _, f := range results[i].Findings {
			f.Check = results[i].Check
			d, ok := notice.Urgent(&f)
			if !ok {
				continue
			}
			if seen[d] == nil {
				seen[d] = &store.Alarm{Shop: x.Shop, Run: run.ID, Diagnosis: x.ID, Danger: d}
			}
			if p := report.Fingerprint(&f); !slices.Contains(prints[d], p) && len(prints[d]) < 100 {
				prints[d] = append(prints[d], p)
				seen[d].Seen = append(seen[d].Seen, store.AlarmPlace{Check: f.Check, Where: f.Where})
			}
		}
	}
	if len(seen) == 0 {
		return nil
	}
	shop, err := q.opt.DB.Shop(ctx, x.Shop)
	if err != nil {
		return err
	}
	public, err := q.wayOut(ctx, tx.At)
	if err != nil {
		return err
	}
	for _, d := range notice.Dangers {
		a := seen[d]
		if a == nil {
			continue
		}
		if known, err := tx.KnownFindings(ctx, x.Shop, prints[d]); err != nil || known == len(prints[d]) {
			if err != nil {
				return err
			}
			continue
		}
		fresh, err := tx.RaiseAlarm(ctx, a, public != "" && len(callees(shop.Contacts, 0)) > 0)
		if err != nil {
			return fmt.Errorf("raising an alarm: %w", err)
		}
		if !fresh {
			continue
		}
		if err := q.tell(ctx, tx, shop, a, public); err != nil {
			return fmt.Errorf("telling of an alarm: %w", err)
		}
		q.opt.Log.WarnContext(ctx, "alarm raised", "alarm", a.ID, "diagnosis", x.ID, "danger", string(d))
	}
	return nil
}
