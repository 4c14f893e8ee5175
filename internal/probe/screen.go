package probe

import (
	"context"
	"net/http"
	"sync"

	"miseban/internal/check"
	"miseban/internal/page"
)

// A place is screened once for all checks: what it answers to its own value, to
// an unknown one, to the marker with its signs and to a few values that many
// interpreters share. Each check reads there whether its own values can pay.

// plains are the answers to requests that carry nothing but what the shop
// itself uses. Places of one form or address share them.
type plains struct {
	mu  sync.Mutex
	all map[string]*shared
}

type shared struct {
	mu    sync.Mutex
	pages []*page.Page
}

func (s *plains) of(key string) *shared {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]*shared{}
	}
	if s.all[key] == nil {
		s.all[key] = &shared{}
	}
	return s.all[key]
}

// plain is the nth answer (from 1) to the target's own value. What another
// place of the same request has asked for is not asked for again.
func (t *Target) plain(ctx context.Context, p *check.Pass, nth int) (*Answer, error) {
	if t.Account != "" { // each request is another one
		return t.askPlain(ctx, p)
	}
	r := t.request(t.Sample, &sending{})
	key := r.Method + " " + r.URL.String() + "\n" + r.Jar
	if t.hasToken() || t.Via == ViaMultipart { // tokens and boundaries are drawn anew
		key = r.Method + " " + t.URL.Scheme + "://" + t.URL.Host + t.URL.EscapedPath() + "\n" + t.encode(t.query, &sending{}) + "\n" + r.Jar + "\n" + string(t.Via)
		for _, f := range t.filled(t.fields, t.Sample, &sending{}) {
			if !f.token {
				key += "\n" + f.name + "=" + f.value
			}
		}
	} else {
		key += "\n" + string(r.Body)
		for _, k := range sortedHeader(r) {
			key += "\n" + k + ": " + r.Header.Get(k)
		}
	}
	s := t.work.plains.of(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if nth <= len(s.pages) {
		return t.answered(s.pages[nth-1]), nil
	}
	a, err := t.askPlain(ctx, p)
	if err == nil && nth == len(s.pages)+1 && a.Ex.Status < 300 {
		s.pages = append(s.pages, a.Page)
	}
	return a, err
}

func (t *Target) askPlain(ctx context.Context, p *check.Pass) (*Answer, error) {
	return t.ask(ctx, p, t.Sample, Again, Because("how the shop answers to its own value"))
}

// crawled is the crawl's answer to the target's own request; nil where it made none.
func (t *Target) crawled() *Answer {
	if t.Method != http.MethodGet || t.Account != "" || t.Jar != "" {
		return nil
	}
	switch t.Via {
	case ViaQuery, ViaPath:
		if pg := t.work.crawled[t.request(t.Sample, &sending{}).URL.String()]; pg != nil {
			return t.answered(pg)
		}
	}
	return nil
}

// answered reads pg as the answer to the target's own value.
func (t *Target) answered(pg *page.Page) *Answer {
	return &Answer{Value: t.Sample, Page: pg, Ex: pg.Ex, Print: printOf(pg, t.Sample, t.close(t.Sample)), sent: t.request(t.Sample, &sending{})}
}

// Moves says that the answer to v was another than that to a plain unknown
// value, so that something reads the signs in it. It is known once Shows was
// asked with v.
func (t *Target) Moves(v *Value) bool {
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	return t.seen.moves[v.Name]
}

// note keeps whether the answer a to v was another than that to an unknown value.
func (t *Target) note(b *Baseline, v *Value, a *Answer) {
	moved := a.Blocked() || a.Ex.Status != b.Other.Ex.Status || !b.asUnknown(a.Print)
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	if t.seen.moves == nil {
		t.seen.moves = map[string]bool{}
	}
	t.seen.moves[v.Name] = moved
}

// Takes sends v once for all checks and says whether it was taken for the
// target's own value, or may have been.
func (t *Target) Takes(ctx context.Context, p *check.Pass, v *Value) (bool, error) {
	b, err := t.Baseline(ctx, p)
	if err != nil {
		return false, err
	}
	t.seen.first.Lock()
	defer t.seen.first.Unlock()
	t.seen.mu.Lock()
	got, ok := t.seen.taken[v.Name]
	t.seen.mu.Unlock()
	if ok {
		return got, nil
	}
	value := v.Make(t.Sample, NewRand(p.DeriveShared("screen "+v.Name+" "+t.ID)))
	if value == "" {
		return false, nil
	}
	a, err := t.Send(ctx, p, value, Again, Because("whether anything works out "+v.Name))
	if err != nil {
		return false, err
	}
	got = a.Blocked() || b.Compare(a) != Different
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	if t.seen.taken == nil {
		t.seen.taken = map[string]bool{}
	}
	t.seen.taken[v.Name] = got
	return got, nil
}

// asUnknown says that nothing of an answer differs from that to an unknown
// value, but echoes and what varies by itself.
func (b *Baseline) asUnknown(x *Print) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return apart(x, b.Other.Print, b.moving)+apart(b.Other.Print, x, b.moving) == 0
}

// apart counts the marks of x that y lacks.
func apart(x, y *Print, moving map[string]bool) int {
	n := 0
	for m := range x.marks {
		if !y.marks[m] && !moving[m.where] {
			n++
		}
	}
	return n
}

// equal says that two answers say the same.
func (p *Print) equal(q *Print) bool {
	return p.Status == q.Status && apart(p, q, nil) == 0 && apart(q, p, nil) == 0
}
