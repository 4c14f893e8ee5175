package probe

import (
	"context"
	"errors"
	"net/http"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// Answer is what the shop answered to one value.
type Answer struct {
	Value string
	Page  *page.Page
	Ex    *wire.Exchange
	Print *Print
	sent  *wire.Request
}

// Send sends value to the target and reads the answer. What blocks or fails is
// an *Unsettled error: it says nothing about the value.
func (t *Target) Send(ctx context.Context, p *check.Pass, value string, opts ...Option) (*Answer, error) {
	a, err := t.ask(ctx, p, value, opts...)
	if err != nil {
		return nil, err
	}
	if why := t.refusedBy(a); why != "" {
		return a, unsettled(t, nil, "途中で "+why+" の応答に変わったため、判定を控えました", "an answer in the middle was "+why)
	}
	return a, nil
}

// ask is Send without a judgement of the answer.
func (t *Target) ask(ctx context.Context, p *check.Pass, value string, opts ...Option) (*Answer, error) {
	var s sending
	for _, o := range opts {
		o(&s)
	}
	t.seen.mu.Lock()
	gone := t.seen.abandoned
	t.seen.probes++
	t.seen.mu.Unlock()
	if gone {
		return nil, unsettled(t, wire.ErrAbandoned, "エラーが続いたため、この箇所の確認を中止しました", "errors followed each other, so the place was left alone")
	}
	if value != t.Sample && t.troubled() {
		// A good answer in between shows that it is the value, not the shop.
		if _, err := t.ask(ctx, p, t.Sample, Again, Because("control request")); err != nil {
			return nil, err
		}
	}
	done, err := t.work.tokens.ready(ctx, p, t)
	if err != nil {
		return nil, err
	}
	r := t.request(value, &s)
	pg, err := p.Do(ctx, r)
	if err != nil {
		done(nil)
		if final(err) {
			return nil, err
		}
		if errors.Is(err, wire.ErrAbandoned) {
			t.seen.mu.Lock()
			t.seen.abandoned = true
			t.seen.mu.Unlock()
		}
		return nil, unsettled(t, err, "応答が得られませんでした", "there was no answer")
	}
	done(pg)
	t.seen.mu.Lock()
	if t.seen.failures++; pg.Ex.Status < 500 {
		t.seen.failures = 0
	}
	t.seen.mu.Unlock()
	t.work.Markers.Look(pg)
	if pg.Ex.BodyErr != "" && !pg.Ex.Truncated {
		return nil, unsettled(t, nil, "応答が途中で切れました", "the answer broke off")
	}
	echo := []string{value, t.Sample, t.close(value)}
	return &Answer{Value: value, Page: pg, Ex: pg.Ex, Print: printOf(pg, append(echo, s.values...)...), sent: r}, nil
}

// troubled says that two errors followed each other: a third closes the place.
func (t *Target) troubled() bool {
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	return t.seen.failures >= 2
}

// refusedBy names what answered instead of the handler, "" when the handler did.
func (t *Target) refusedBy(a *Answer) string {
	t.seen.mu.Lock()
	b := t.seen.baseline
	t.seen.mu.Unlock()
	if b != nil && b.Status == a.Ex.Status {
		return ""
	}
	switch a.Ex.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return http.StatusText(a.Ex.Status)
	}
	if a.Page.Challenge != "" && a.Page.Challenge != "login wall" {
		return a.Page.Challenge
	}
	return ""
}

// Blocked says that something in front of the handler refused the value: an
// answer of this kind is never taken for a difference that the value made.
func (a *Answer) Blocked() bool {
	if a.Page.Challenge != "" {
		return true
	}
	switch a.Ex.Status {
	case http.StatusForbidden, http.StatusNotAcceptable, http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusRequestURITooLong,
		http.StatusRequestHeaderFieldsTooLarge, http.StatusUnavailableForLegalReasons, http.StatusNotImplemented, http.StatusBadGateway, http.StatusGatewayTimeout, 419, 444, 999:
		return true
	}
	return false
}
