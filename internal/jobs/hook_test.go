package jobs

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"miseban/internal/account"
	"miseban/internal/store"
)

// came is what a receiver was sent.
type came struct{ id, at, signature, body string }

// TestHook: a receiver that is away for a moment gets the message in the end,
// signed, under one name and with one body; an organisation that stands before
// the shop no more gets nothing.
func TestHook(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		ctx := t.Context()
		got := make(chan came, 10)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body) // a broken body shows in the signature
			if got <- (came{r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp"), r.Header.Get("Webhook-Signature"), string(b)}); len(got) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}))
		t.Cleanup(srv.Close)
		q := p.queue(Options{Workers: 1, Local: true})
		q.putOff = func(int) time.Duration { return 0 }
		ended, leave := q.subscribe(river.EventKindJobCompleted)
		t.Cleanup(leave)
		own := &store.Hook{Organisation: p.shop.Organisation, URL: srv.URL + "/in", Secret: store.NewHookSecret()}
		stranger := &account.Organisation{ID: account.NewID(), Kind: account.Contractor, Name: "よその会社"}
		theirs := &store.Hook{Organisation: stranger.ID, URL: srv.URL + "/spy", Secret: store.NewHookSecret()}
		good := &store.HookSend{Organisation: own.Organisation, Shop: p.shop.ID, Finding: "f1", Kind: store.HookTicket, Body: `{"type":"finding.ticket"}`}
		bad := &store.HookSend{Organisation: stranger.ID, Shop: p.shop.ID, Finding: "f1", Kind: store.HookTicket, Body: `{"type":"secret"}`}
		p.change(func(tx *store.Tx) error {
			return errors.Join(tx.AddOrganisation(ctx, stranger), tx.SetHook(ctx, own), tx.SetHook(ctx, theirs), tx.AddHookSend(ctx, good), tx.AddHookSend(ctx, bad))
		})
		if err := q.hooks(ctx, time.Now()); err != nil {
			t.Fatal(err)
		}
		for range 2 { // a job ends when its message is taken or given up
			select {
			case <-ended:
			case <-time.After(time.Minute):
				t.Fatal("the messages are on their way after a minute")
			}
		}
		for _, m := range []*store.HookSend{good, bad} {
			now, err := p.db.HookSend(ctx, m.ID)
			if err != nil {
				t.Fatal(err)
			}
			*m = *now
		}
		if good.State != store.HookTaken || good.Tries != 2 || good.Status != 200 || bad.State != store.HookFailed || bad.Problem != store.HookNoAccess {
			t.Fatalf("the shop's own: %+v; the stranger's: %+v", good, bad)
		}
		close(got)
		n := 0
		for c := range got {
			n++
			sec, err := strconv.ParseInt(c.at, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			want, err := own.Sign(good.ID, time.Unix(sec, 0), []byte(good.Body))
			if err != nil || c.id != string(good.ID) || c.body != good.Body || c.signature != want || !strings.HasPrefix(want, "v1,") {
				t.Errorf("came %+v, want the signature %s, %v", c, want, err)
			}
		}
		if n != 2 {
			t.Errorf("%d messages came, not 2", n)
		}
	})
}

// subscribe hears of jobs that end.
func (q *Queue) subscribe(kinds ...river.EventKind) (<-chan *river.Event, func()) {
	if q.lite != nil {
		return q.lite.Subscribe(kinds...)
	}
	return q.pg.Subscribe(kinds...)
}
