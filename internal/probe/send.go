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
	// Then is the page to which the answer led, where every value is led there.
	Then *page.Page
	sent *wire.Request
}

// Send sends value to the target and reads the answer. What blocks or fails is
// an *Unsettled error: it says nothing about the value.
func (t *Target) Send(ctx context.Context, p *check.Pass, value string, opts ...Option) (*Answer, error) {
	a, err := t.ask(ctx, p, value, opts...)
	if err != nil {
		return nil, err
	}
	if t.troubled() && value != t.Sample { // a measurement that follows asks without a look at what was before
		if _, err := t.ask(ctx, p, t.Sample, Again, Because("control request")); err != nil {
			return nil, err
		}
	}
	if why := t.refusedBy(a); why != "" {
		return a, unsettled(t, nil, "途中で "+why+" の応答に変わったため、判定を控えました", "an answer in the middle was "+why)
	}
	t.notice(p, a)
	return a, nil
}

// notice remembers that a protection stood before the handler: who found
// nothing here then, cannot say that there is nothing.
func (t *Target) notice(p *check.Pass, a *Answer) {
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	b := t.seen.baseline
	if !a.Blocked() || b == nil || a.Ex.Status == b.Status || b.Other != nil && a.Ex.Status == b.Other.Ex.Status {
		return
	}
	if t.seen.hindered == nil {
		t.seen.hindered = map[*check.Pass]bool{}
	}
	t.seen.hindered[p] = true
}

// hindered says that a protection refused a value of p's check here.
func (t *Target) hindered(p *check.Pass) bool {
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	return t.seen.hindered[p]
}

// ask is Send without a judgement of the answer.
func (t *Target) ask(ctx context.Context, p *check.Pass, value string, opts ...Option) (a *Answer, err error) {
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
	if value != t.Sample {
		// One at a time: values of several checks that fail together would look
		// like a shop that fails.
		t.seen.turn.Lock()
		defer t.seen.turn.Unlock()
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
	t.seen.mu.Lock()
	apart := t.seen.leads != "" || t.seen.baseline == nil
	t.seen.mu.Unlock()
	if apart {
		t.work.step.Lock()
		defer t.work.step.Unlock()
	}
	r := t.request(value, &s)
	pg, err := t.do(ctx, p, r)
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
	t.work.Markers.Look(pg)
	defer func() { t.failed(a) }()
	if pg.Ex.BodyErr != "" && !pg.Ex.Truncated {
		return nil, unsettled(t, nil, "応答が途中で切れました", "the answer broke off")
	}
	echo := append([]string{value, t.Sample, t.close(value)}, s.values...)
	a = &Answer{Value: value, Page: pg, Ex: pg.Ex, Print: printOf(pg, echo...), sent: r}
	return a, t.follow(ctx, p, a, echo)
}

// failed counts the answers in a row at which the server failed, if only on
// the page with the result.
func (t *Target) failed(a *Answer) {
	if a == nil {
		return
	}
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	t.seen.failures++
	if a.Ex.Status < 500 && (a.Then == nil || a.Then.Ex.Status < 500) {
		t.seen.failures = 0
	}
}

// follow goes where the answer leads, if that is the same place for the target's
// own value: there the shop shows what it made of the value.
func (t *Target) follow(ctx context.Context, p *check.Pass, a *Answer, echo []string) error {
	if a.Ex.Status < 300 || a.Ex.Status > 399 {
		return nil
	}
	to := a.Ex.Header.Get("Location")
	u, err := t.URL.Parse(to)
	if to == "" || err != nil || !p.Scope.HasOrigin(u) {
		return nil
	}
	t.seen.mu.Lock()
	if t.seen.leads == "" && a.Value == t.Sample {
		t.seen.leads = u.String()
	}
	same := t.seen.leads == u.String()
	t.seen.mu.Unlock()
	if e, _ := page.ClassifyLink(&page.Link{URL: u, Raw: to, From: "a"}); !same || e != page.Reads {
		return nil
	}
	// What fails there fails for the value: it is the target's, and broken on purpose.
	pg, err := t.again(ctx, p, &wire.Request{URL: u, Jar: a.sent.Jar, Parameter: a.sent.Parameter, Injected: a.sent.Injected, Origin: wire.Origin{Why: "the page that shows the result", Parent: a.Ex.ID}})
	if err != nil {
		if final(err) {
			return err
		}
		return unsettled(t, err, "結果の画面が得られませんでした", "the page with the result did not come")
	}
	t.work.Markers.Look(pg)
	a.Then = pg
	then := printOf(pg, echo...)
	for m := range then.marks {
		a.Print.add("then "+m.where, m.what)
	}
	return nil
}

// troubled says that two errors followed each other: a third closes the place.
func (t *Target) troubled() bool {
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	return t.seen.failures >= 2
}

// Pages are the answer and the page to which it led, if it led to one.
func (a *Answer) Pages() []*page.Page {
	if a.Then != nil {
		return []*page.Page{a.Page, a.Then}
	}
	return []*page.Page{a.Page}
}

// Said is the text of the answer, with that of the page to which it led.
func (a *Answer) Said() string {
	if a.Then != nil {
		return a.Page.Text + "\n" + a.Then.Text
	}
	return a.Page.Text
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
