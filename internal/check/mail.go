package check

import (
	"context"
	"errors"
	"time"

	"miseban/internal/mailbox"
)

// WithMailbox lets checks read the mails that the shop sends to the test accounts.
func (r *Runner) WithMailbox(b *mailbox.Box) *Runner {
	r.mails = b
	return r
}

// mailPatience is how long a mail may take. Shops send at once or by a job
// every minute; who waits longer learns nothing.
const mailPatience = 75 * time.Second

// Mail waits for a mail to the address that came after since and that want
// takes; ok is false when none came. What a check learns from mails it keeps
// with Observe: a run that is judged again has no mailbox.
func (p *Pass) Mail(ctx context.Context, address string, since time.Time, want func(mailbox.Message) bool) (m mailbox.Message, ok bool, err error) {
	if p.mails == nil || !p.mails.Accepts(address) {
		return m, false, errors.New("no mailbox is open for the test account")
	}
	return p.mails.Wait(ctx, address, since, p.patience(), want)
}

func (p *Pass) patience() time.Duration {
	if p.Scope.Rate.Unlimited { // loopback: what is sent at all is there
		return 2 * time.Second
	}
	return mailPatience
}
