package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"miseban/internal/account"
)

// page is a list whose first page is opened by somebody.
type page struct {
	name string
	path func(h *house) string
	who  func(h *house) account.ID
}

func (h *house) mine() string { return "/shops/" + string(h.shops[150]) }

var pages = []page{
	{"null handler", func(*house) string { return "/null" }, nil},
	{"home of an executive", func(*house) string { return "/" }, func(h *house) account.ID { return h.boss }},
	{"home of the office", func(*house) string { return "/" }, func(h *house) account.ID { return h.clerk }},
	{"home of a contractor", func(*house) string { return "/" }, func(h *house) account.ID { return h.vendor }},
	{"shops, all", func(*house) string { return "/shops" }, func(h *house) account.ID { return h.clerk }},
	{"shops, newest", func(*house) string { return "/shops?order=newest" }, func(h *house) account.ID { return h.clerk }},
	{"shops of a contractor", func(*house) string { return "/shops" }, func(h *house) account.ID { return h.vendor }},
	{"a shop", func(h *house) string { return h.mine() }, func(h *house) account.ID { return h.boss }},
	{"findings of a shop", func(h *house) string { return h.mine() + "/findings" }, func(h *house) account.ID { return h.boss }},
	{"causes over a contractor's shops", func(*house) string { return "/findings" }, func(h *house) account.ID { return h.vendor }},
	{"checklists of a shop", func(h *house) string { return h.mine() + "/checklists" }, func(h *house) account.ID { return h.boss }},
	{"one checklist", func(h *house) string { return h.mine() + "/checklists/ipa-ec-2023" }, func(h *house) account.ID { return h.boss }},
	{"diagnoses of a shop", func(h *house) string { return h.mine() + "/diagnoses" }, func(h *house) account.ID { return h.boss }},
	{"consent of a shop", func(h *house) string { return h.mine() + "/consent" }, func(h *house) account.ID { return h.boss }},
	{"access to a shop", func(h *house) string { return h.mine() + "/access" }, func(h *house) account.ID { return h.boss }},
	{"audit log of a shop", func(h *house) string { return h.mine() + "/audit" }, func(h *house) account.ID { return h.boss }},
	{"own audit log", func(*house) string { return "/audit" }, func(h *house) account.ID { return h.boss }},
	{"organisations, all", func(*house) string { return "/organisations" }, func(h *house) account.ID { return h.chief }},
	{"notices", func(*house) string { return "/notices" }, func(h *house) account.ID { return h.boss }},
	{"the operator's page", func(*house) string { return "/operator" }, func(h *house) account.ID { return h.chief }},
}

// get opens a page and says how long that took and how many questions it put to
// the database. Nothing else may be going on for the count to be its own.
func (h *house) get(ctx context.Context, p *page) (time.Duration, int64, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", h.http.URL+p.path(h), nil)
	if err != nil {
		return 0, 0, err
	}
	if p.who != nil {
		r.AddCookie(&http.Cookie{Name: "miseban", Value: h.tokens[p.who(h)]})
	}
	asked, began := h.db.Asked(), time.Now()
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, 0, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0, 0, err
	}
	took := time.Since(began)
	if res.StatusCode != http.StatusOK {
		return took, 0, fmt.Errorf("%s: %s answers %d %s", p.name, p.path(h), res.StatusCode, res.Header.Get("Location"))
	}
	return took, h.db.Asked() - asked, nil
}

// lists opens the first page of every list in the small and the large place,
// turn by turn, so that what else the machine does hits both.
func lists(ctx context.Context, small, large *house, times int) error {
	fmt.Printf("| first page | queries | median, %d shops | median, %d shops | ratio | p95, %d shops |\n|---|---:|---:|---:|---:|---:|\n", len(small.shops), len(large.shops), len(large.shops))
	var worst float64
	var most int64
	for i := range pages {
		p := &pages[i]
		var took [2][]time.Duration
		var queries int64
		for k := range times + 3 {
			for j, h := range []*house{small, large} {
				d, n, err := h.get(ctx, p)
				if err != nil {
					return err
				}
				if k >= 3 { // the first fill the caches
					took[j], queries = append(took[j], d), max(queries, n)
				}
			}
		}
		a, b := at(took[0], 50), at(took[1], 50)
		ratio := float64(b) / float64(a)
		worst, most = max(worst, ratio), max(most, queries)
		fmt.Printf("| %s | %d | %s | %s | %.2f | %s |\n", p.name, queries, ms(a), ms(b), ratio, ms(at(took[1], 95)))
	}
	fmt.Printf("\nmost queries on a page: %d (limit 8) · worst ratio: %.2f (limit 1.5)\n", most, worst)
	return nil
}

// click lets people open pages every 3 s or so, each at his own beat.
func click(ctx context.Context, h *house, people int, long time.Duration) error {
	if people == 0 || long == 0 {
		return nil
	}
	before := resident()
	ctx, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	var mu sync.Mutex
	var took []time.Duration
	var wrong []error
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() {
			dice := rand.New(rand.NewPCG(1, uint64(i)))
			for {
				select {
				case <-ctx.Done():
					return
				case <-time.After(time.Duration(dice.Int64N(int64(6 * time.Second)))):
				}
				d, _, err := h.get(ctx, &pages[1+dice.IntN(len(pages)-1)])
				mu.Lock()
				switch {
				case err == nil:
					took = append(took, d)
				case !errors.Is(err, context.DeadlineExceeded):
					wrong = append(wrong, err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	fmt.Printf("\n%d people clicking every 3 s for %s: %d pages, median %s, p95 %s, longest %s, %d errors; the process held %d MiB before and %d MiB after\n",
		people, long, len(took), ms(at(took, 50)), ms(at(took, 95)), ms(at(took, 100)), len(wrong), before>>20, resident()>>20)
	return errors.Join(wrong...)
}

func at(list []time.Duration, percent int) time.Duration {
	if len(list) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(list))
	return s[min(len(s)-1, len(s)*percent/100)]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
