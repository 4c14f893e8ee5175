package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"miseban/bench/gauge"
	"miseban/internal/check"
	"miseban/internal/checks/cookie"
	"miseban/internal/checks/dns"
	"miseban/internal/checks/header"
	"miseban/internal/checks/software"
	"miseban/internal/checks/tls"
	"miseban/internal/crawl"
	"miseban/internal/diagnose"
	"miseban/internal/intel"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// lightBudget is what one site of the light check may be asked, connects included.
const lightBudget = 60

var lightSuites = []*check.Suite{header.Suite, cookie.Suite, tls.Suite, dns.Suite, software.Suite}

// outcome is what the light check of one site came to.
type outcome struct {
	requests, connects, lookups, findings, undecided int
	err                                              error
}

// lightCheck looks at n sites as fast as the machine allows.
func lightCheck(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	shops, err := start(ctx, plan{Shops: n, TLS: true, Weak: true})
	if err != nil {
		return err
	}
	defer shops.stop()
	first, err := shops.figures()
	if err != nil {
		return err
	}
	before, _ := gauge.Self()
	began := time.Now()
	courtesy := wire.NewCourtesy()
	work, outcomes := make(chan int), make([]outcome, n)
	var all sync.WaitGroup
	for range 4 * runtime.NumCPU() {
		all.Go(func() {
			for i := range work {
				outcomes[i] = light(ctx, shops, courtesy, i)
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	all.Wait()
	took := time.Since(began)
	after, _ := gauge.Self()
	last, err := shops.figures()
	if err != nil {
		return err
	}
	var sum outcome
	most := 0
	for _, o := range outcomes {
		if o.err != nil {
			return o.err
		}
		sum.requests, sum.connects, sum.lookups = sum.requests+o.requests, sum.connects+o.connects, sum.lookups+o.lookups
		sum.findings, sum.undecided = sum.findings+o.findings, sum.undecided+o.undecided
		most = max(most, o.requests)
	}
	cpu := after - before
	gauge.Table(os.Stdout, [][]string{
		{"light check", ""},
		{"sites", strconv.Itoa(n)},
		{"requests and connects a site: mean, most", fmt.Sprintf("%.1f, %d (target ≤ %d: %s)", float64(sum.requests)/float64(n), most, lightBudget, gauge.Met(most <= lightBudget))},
		{"DNS look-ups a site", fmt.Sprintf("%.1f", float64(sum.lookups)/float64(n))},
		{"findings a site; checks undecided", fmt.Sprintf("%.1f; %.1f", float64(sum.findings)/float64(n), float64(sum.undecided)/float64(n))},
		{"client CPU a site", fmt.Sprintf("%.0f ms", float64(cpu.Milliseconds())/float64(n))},
		{"**sites a minute per core of the client**", fmt.Sprintf("**%.0f**", float64(n)/cpu.Minutes())},
		{"sites a minute as it went, servers on the same cores", fmt.Sprintf("%.0f", float64(n)/took.Minutes())},
		{"servers' CPU a site", fmt.Sprintf("%.0f ms", float64((last.CPU-first.CPU).Milliseconds())/float64(n))},
	})
	return nil
}

// light is the light check of one site: a few pages, then the checks.
func light(ctx context.Context, shops *neighbour, courtesy *wire.Courtesy, i int) (o outcome) {
	origin := "https://" + net.JoinHostPort(name(i), shops.Port)
	scope := &wire.Scope{
		Hosts: []string{origin}, Level: wire.Safe, Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Rate: wire.Rate{PerSecond: 1e6, Connections: 4}, // names in the public DNS cannot be unlimited
		Budget: wire.Budget{Requests: lightBudget}, Authority: wire.Authority{Person: "benchmark", Organisation: "benchmark"},
	}
	client, err := wire.NewClient(wire.Options{
		Scope: scope, Courtesy: courtesy, Version: "bench", Run: name(i), Nameserver: shops.Nameserver, Roots: pool(shops.Authority),
		Resolve: func(context.Context, string) ([]net.IPAddr, error) {
			return []net.IPAddr{{IP: net.ParseIP(address(i, false))}}, nil
		},
	})
	if err != nil {
		return outcome{err: err}
	}
	defer client.Close()
	u, err := url.Parse(origin + "/")
	if err != nil {
		return outcome{err: err}
	}
	site, err := crawl.Run(ctx, client, crawl.Config{Start: []*url.URL{u}, Intel: intel.Default(), Now: time.Now(), MaxPages: 8, MaxFiles: 4})
	if err != nil {
		return outcome{err: fmt.Errorf("%s: %w", origin, err)}
	}
	runner := check.NewRunner(site, client, diagnose.Offers(site, scope))
	for _, s := range lightSuites {
		for _, c := range s.Checks {
			r := runner.Run(ctx, c)
			o.findings += len(r.Findings)
			if r.Verdict == verdict.Undetermined {
				o.undecided++
			}
		}
	}
	s := client.Stats()
	o.requests, o.connects, o.lookups = s.Requests, s.Connects, s.Lookups
	return o
}
