package diagnose_test

import (
	"context"
	"net/url"
	"runtime"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/crawl"
	"miseban/internal/intel"
	"miseban/internal/testshop"
	"miseban/internal/wire"
)

// BenchmarkHeld measures what one diagnosis holds between crawl and checks, and
// which parts of its pages weigh how much.
func BenchmarkHeld(b *testing.B) {
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	shop, err := testshop.Serve(ctx, testshop.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer shop.Close()
	scope := &wire.Scope{Hosts: []string{shop.URL(), shop.PlainURL()}, Level: wire.Passive, Rate: wire.Rate{Unlimited: true}}
	held := func() float64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	start, err := url.Parse(shop.URL() + "/")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		client, err := wire.NewClient(wire.Options{Scope: scope, Roots: shop.Roots, Version: "test", Run: "test"})
		if err != nil {
			b.Fatal(err)
		}
		site, err := crawl.Run(ctx, client, crawl.Config{Start: []*url.URL{start}, Intel: intel.Default(), Now: now})
		if err != nil {
			b.Fatal(err)
		}
		all := held()
		for _, part := range []struct {
			name string
			drop func(*check.Site)
		}{
			{"links", func(s *check.Site) {
				for _, p := range s.Pages {
					p.Links, p.Forms, p.Scripts, p.Resources = nil, nil, nil, nil
				}
			}},
			{"text", func(s *check.Site) {
				for _, p := range s.Pages {
					p.Text, p.Visible = "", ""
				}
			}},
			{"body", func(s *check.Site) {
				for _, ex := range s.Exchanges {
					ex.Body = nil
				}
			}},
			{"pages", func(s *check.Site) { *s = check.Site{} }},
		} {
			before := held()
			part.drop(site)
			b.ReportMetric((before-held())/1024, part.name+"-KiB")
		}
		b.ReportMetric((all-held())/1024, "site-KiB")
		runtime.KeepAlive(site)
		client.Close()
	}
}
