package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/notice"
	"miseban/internal/report"
	"miseban/internal/store"
)

const queueMail = "mail"

// Mail sends one mail of the outbox.
type Mail struct {
	ID account.ID `json:"id"`
}

// Kind names the job in the queue.
func (Mail) Kind() string { return "mail" }

// mailer is the worker of Mail.
type mailer struct {
	river.WorkerDefaults[Mail]
	q *Queue
}

// Timeout is longer than the server's patience.
func (*mailer) Timeout(*river.Job[Mail]) time.Duration { return 5 * time.Minute }

// Work hands the mail to the server. What the server will not have now is put
// off; what it refuses for good is kept for the operator to see.
func (w *mailer) Work(ctx context.Context, job *river.Job[Mail]) error {
	q, db := w.q, w.q.opt.DB
	m, err := db.Mail(ctx, job.Args.ID)
	if errors.Is(err, store.ErrNotFound) {
		return river.JobCancel(err)
	}
	if err != nil || m.State != store.MailQueued {
		return err
	}
	message, err := q.compose(ctx, m)
	if err != nil {
		return err
	}
	if m.Letter != nil && m.Letter.About == notice.LetterOffice {
		// A letter to many must not come twice: what may have gone stays.
		sure, err := db.HandMail(ctx, m.ID, time.Now())
		if err != nil {
			return err
		}
		if !sure {
			return db.MailFailed(context.WithoutCancel(ctx), m, &notice.Trouble{Problem: notice.Unsure}, time.Now())
		}
	}
	err = q.opt.Mail.Send(ctx, m.To, message.Bytes())
	keep := context.WithoutCancel(ctx)
	if err == nil {
		q.opt.Log.InfoContext(ctx, "mail sent", "mail", m.ID, "kind", m.Kind)
		return db.MailGone(keep, m.ID, time.Now())
	}
	var t *notice.Trouble
	if !errors.As(err, &t) {
		return err
	}
	if err := db.MailFailed(keep, m, t, time.Now()); err != nil {
		return err
	}
	q.opt.Log.WarnContext(ctx, "mail not sent", "mail", m.ID, "problem", string(m.Problem), "state", string(m.State), "tries", m.Tries)
	if m.State == store.MailUndeliverable {
		return nil
	}
	return river.JobSnooze(q.putOff(m.Tries))
}

// putOff is how long a mail waits after so many tries: half a minute, then
// twice as long each time, up to half an hour.
func putOff(tries int) time.Duration {
	return min(30*time.Second<<min(tries-1, 10), 30*time.Minute)
}

// compose writes a mail; each time the same.
func (q *Queue) compose(ctx context.Context, m *store.Mail) (*notice.Message, error) {
	db := q.opt.DB
	public, err := db.Public(ctx)
	if err != nil {
		return nil, err
	}
	out := &notice.Message{ID: m.ID, From: q.opt.Mail.From, To: m.To, At: m.Created}
	if m.Letter != nil {
		out.Subject, out.Text = m.Letter.Write(public)
		return out, nil
	}
	p, err := db.Person(ctx, m.Person)
	if err != nil {
		return nil, err
	}
	list, err := db.MailOf(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	var shops []account.ID
	for _, n := range list {
		shops = append(shops, n.Shop)
	}
	names, err := db.ShopNames(ctx, shops)
	if err != nil {
		return nil, err
	}
	r := &notice.Reader{Lang: p.Lang, Name: p.Name, Public: public}
	if r.Lang == "" {
		r.Lang = i18n.JA
	}
	var items []notice.Item
	for _, n := range list {
		items = append(items, notice.Item{Note: n.Note, ShopName: names[n.Shop]})
	}
	out.Subject, out.Text = notice.Compose(r, m.Kind == store.MailDigest, items)
	return out, nil
}

// mostMails is how many mails are put into the queue in one change.
const mostMails = 50

// post puts what waits to be mailed into the queue.
func (q *Queue) post(ctx context.Context, at time.Time, how notice.How) error {
	for {
		if any, err := q.opt.DB.AnyMail(ctx, how); err != nil || !any {
			return err
		}
		n := 0
		if err := q.opt.DB.Change(ctx, "", at, func(tx *store.Tx) error {
			ids, err := tx.GatherMails(ctx, how, mostMails)
			if err != nil {
				return err
			}
			n = len(ids)
			for _, id := range ids {
				if err := q.insert(ctx, tx, Mail{ID: id}, &river.InsertOpts{Queue: queueMail, MaxAttempts: 25}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if n < mostMails {
			return nil
		}
	}
}

// morning is the hour in Japan from which on people are reminded and digests go out.
const morning = 8

// everyDay reminds people of days and makes the digests, once a day.
func (q *Queue) everyDay(ctx context.Context, at time.Time) error {
	db := q.opt.DB
	if at.In(report.Tokyo()).Hour() < morning {
		return nil
	}
	fresh, err := db.Remind(ctx, at)
	if err != nil {
		return err
	}
	if fresh {
		if err := errors.Join(db.TidyNotices(ctx, at), db.TidyHooks(ctx, at)); err != nil {
			return err
		}
	}
	if q.opt.Mail == nil {
		return nil
	}
	due, err := db.DigestDue(ctx, at)
	if err != nil || !due {
		return err
	}
	public, err := db.Public(ctx)
	if err != nil {
		return err
	}
	if _, err := db.RemindCases(ctx, at, public); err != nil {
		return err
	}
	if err := q.post(ctx, at, notice.Daily); err != nil {
		return err
	}
	return db.DigestDone(ctx, at)
}

// mails is what the look after the queue does for mails.
func (q *Queue) mails(ctx context.Context, at time.Time) error {
	if err := q.everyDay(ctx, at); err != nil || q.opt.Mail == nil {
		return err
	}
	if at.Sub(q.mailing) > 10*time.Minute {
		if err := q.opt.DB.SetMailing(ctx, at); err != nil {
			return err
		}
		q.mailing = at
	}
	if _, err := q.opt.DB.ReleaseMailings(ctx, at); err != nil {
		return err
	}
	return q.post(ctx, at, notice.AtOnce)
}
