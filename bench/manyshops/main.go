// Command manyshops keeps many polite sessions going in one process against
// shops in another, each on an address of 127.0.0.0/8, and measures courtesy
// where the requests arrive, throughput, CPU and memory.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"miseban/bench/gauge"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

const (
	perSecond = 2.0  // what one address is asked at most
	bound     = 21   // hence in any 10 s
	share     = 0.90 // of the allowed throughput that must be reached
	memory    = 1536 // MiB, at a thousand sessions
)

func main() {
	debug.SetGCPercent(800) // as the product does, see internal/cli
	debug.SetMemoryLimit(1 << 30)
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		if err := serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "manyshops serve:", err)
			os.Exit(1)
		}
		return
	}
	sessions := flag.String("sessions", "100,300,1000", "how many sessions that read page after page, one round each")
	whole := flag.String("diagnoses", "100,300", "how many whole diagnoses at once, one round each")
	length := flag.Duration("for", time.Minute, "how long a round is measured, at most 90 s")
	shared := flag.Int("shared", 50, "sessions on one shared address; 0: leave it out")
	light := flag.Int("light", 200, "sites of the light check; 0: leave it out")
	profile := flag.String("cpuprofile", "", "write a CPU profile of this process")
	heap := flag.String("memprofile", "", "write a heap profile at the end of each round (the last one stays)")
	seed := flag.Uint64("seed", 1, "for the order in which sessions begin")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			fail(err)
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			fail(err)
		}
		defer pprof.StopCPUProfile()
	}
	*length = min(*length, 90*time.Second)
	if err := rounds(ctx, *sessions, *whole, *length, *shared, *light, *seed, *heap); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "manyshops:", err)
	os.Exit(1)
}

func rounds(ctx context.Context, sessions, whole string, length time.Duration, shared, light int, seed uint64, heap string) error {
	fmt.Printf("%s · seed %d\n\n", gauge.Machine(), seed)
	rows := [][]string{{"sessions", "busiest 10 s of any address: requests (with connects)", "requests", "of the allowed", "client CPU a session and request", "client memory at the end (peak so far)", "a session", "servers' CPU", "targets"}}
	for i, list := range []string{sessions, whole} {
		for _, word := range strings.Split(list, ",") {
			n, err := strconv.Atoi(strings.TrimSpace(word))
			if word == "" {
				continue
			}
			if err != nil || n < 1 || n > 10000 {
				return fmt.Errorf("sessions %q", word)
			}
			r, err := polite(ctx, &round{sessions: n, whole: i == 1}, length, seed, heap)
			if err != nil {
				return err
			}
			rows = append(rows, r.row())
		}
	}
	if shared > 0 {
		r, err := polite(ctx, &round{sessions: shared, shared: true}, length, seed, heap)
		if err != nil {
			return err
		}
		rows = append(rows, r.row())
	}
	if len(rows) > 1 {
		gauge.Table(os.Stdout, rows)
	}
	if light > 0 {
		return lightCheck(ctx, light)
	}
	return nil
}

// round is one measurement of polite sessions.
type round struct {
	sessions            int
	shared              bool // on one address
	whole               bool // diagnoses instead of reading page after page
	busiest, busiestAll int
	requests            int // within the measured time
	allowed             float64
	cpu, servers        time.Duration
	resident, before    int64
	peak                int64
	least, most         int // requests of a session, for those that share
	length              time.Duration
}

func (r *round) row() []string {
	name, ok := strconv.Itoa(r.sessions), r.busiest <= bound && float64(r.requests) >= share*r.allowed
	if r.whole {
		name += " diagnoses"
	}
	if r.shared {
		name += fmt.Sprintf(" on one address (%d to %d requests each)", r.least, r.most)
	} else if r.sessions >= 1000 {
		ok = ok && r.peak <= memory<<20
	}
	return []string{
		name, fmt.Sprintf("%d (%d)", r.busiest, r.busiestAll), strconv.Itoa(r.requests), fmt.Sprintf("%.1f %%", 100*float64(r.requests)/r.allowed),
		fmt.Sprintf("%.1f ms/s, %.2f ms", float64(r.cpu.Milliseconds())/r.length.Seconds()/float64(r.sessions), float64(r.cpu.Microseconds())/1000/float64(max(1, r.requests))),
		gauge.MiB(r.resident) + " (" + gauge.MiB(r.peak) + ")", fmt.Sprintf("%.2f MiB", float64(r.resident-r.before)/float64(r.sessions)/(1<<20)),
		fmt.Sprintf("%.2f ms a request", float64(r.servers.Microseconds())/1000/float64(max(1, r.requests))), gauge.Met(ok),
	}
}

// polite keeps n sessions going for a while and counts at the shops.
func polite(ctx context.Context, r *round, length time.Duration, seed uint64, heap string) (*round, error) {
	n, shared := r.sessions, r.shared
	ctx, cancel := context.WithTimeout(ctx, length+2*time.Minute)
	defer cancel()
	shops, err := start(ctx, plan{Shops: n, Shared: shared})
	if err != nil {
		return nil, err
	}
	defer shops.stop()
	debug.FreeOSMemory() // what the round before held
	_, r.before = gauge.Self()
	courtesy := wire.NewCourtesy()
	begin := rand.New(rand.NewPCG(seed, uint64(n)))
	var all sync.WaitGroup
	run, end := context.WithCancel(ctx)
	defer end()
	problems := make(chan error, n)
	for i := range n {
		delay := time.Duration(begin.Int64N(int64(3 * time.Second)))
		all.Go(func() {
			if !pause(run, delay) {
				return
			}
			for run.Err() == nil { // a shop that is done is diagnosed again
				if err := session(run, shops, courtesy, i, r); err != nil {
					problems <- err
					return
				}
			}
		})
	}
	if !pause(ctx, 6*time.Second) { // until every session is well under way
		return nil, ctx.Err()
	}
	first, err := shops.figures()
	if err != nil {
		return nil, err
	}
	cpu, _ := gauge.Self()
	if !pause(ctx, length) {
		return nil, ctx.Err()
	}
	last, err := shops.figures()
	if err != nil {
		return nil, err
	}
	after, resident := gauge.Self()
	if err := writeHeap(heap); err != nil {
		return nil, err
	}
	end()
	all.Wait()
	select {
	case err := <-problems:
		return nil, err
	default:
	}
	r.cpu, r.servers, r.resident, r.peak = after-cpu, last.CPU-first.CPU, resident, gauge.SelfPeak()
	r.length = last.At.Sub(first.At)
	for addr, c := range last.Shops {
		r.busiest, r.busiestAll = max(r.busiest, c.Busiest), max(r.busiestAll, c.BusiestAll)
		r.requests += c.Requests - first.Shops[addr].Requests
	}
	if last.Harm != 0 {
		return nil, fmt.Errorf("%d acts were done in the shops", last.Harm)
	}
	r.allowed = perSecond * r.length.Seconds() * float64(len(last.Shops))
	counts := []int{}
	for host, c := range last.Names {
		counts = append(counts, c-first.Names[host])
	}
	if len(counts) > 0 {
		r.least, r.most = slices.Min(counts), slices.Max(counts)
	}
	return r, nil
}

func writeHeap(file string) error {
	if file == "" {
		return nil
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(pprof.WriteHeapProfile(f), f.Close())
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// session is one guest of one shop, at the rate that is nobody's burden.
func session(ctx context.Context, shops *neighbour, courtesy *wire.Courtesy, i int, r *round) error {
	host := address(i, r.shared)
	if r.shared {
		host = name(i)
	}
	origin := "http://" + net.JoinHostPort(host, shops.Port)
	scope := &wire.Scope{Hosts: []string{origin}, Level: wire.Passive, Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Authority: wire.Authority{Person: "benchmark", Organisation: "benchmark"}}
	o := wire.Options{
		Scope: scope, Courtesy: courtesy, Version: "bench", Run: name(i),
		Journal: forgetful{},
		Resolve: func(context.Context, string) ([]net.IPAddr, error) {
			return []net.IPAddr{{IP: net.ParseIP(address(i, r.shared))}}, nil
		},
	}
	client, err := wire.NewClient(o)
	if err != nil {
		return err
	}
	defer client.Close()
	if r.whole {
		run := &diagnose.Run{ID: name(i), Shop: origin + "/", Started: time.Now(), Version: "bench", Scope: scope}
		_, err = diagnose.Do(ctx, diagnose.Config{Run: run, Client: client, Suites: checks.All, Intel: intel.Default(), Now: time.Now})
		if err == nil && run.State == diagnose.Failed {
			err = errors.New(run.Reason.In("en"))
		}
	} else {
		err = read(ctx, client, origin)
	}
	if ctx.Err() != nil || errors.Is(err, wire.ErrBudget) || errors.Is(err, wire.ErrStopped) {
		return nil // its time or its budget is over; another one begins
	}
	return err
}

// read goes from page to page and keeps none: what a session costs by itself.
func read(ctx context.Context, client *wire.Client, origin string) error {
	start, err := url.Parse(origin + "/")
	if err != nil {
		return err
	}
	todo, seen := []*url.URL{start}, map[string]bool{}
	for n := 0; ; n++ {
		u := todo[n%len(todo)]
		ex, err := client.Do(ctx, &wire.Request{URL: u, Level: wire.Passive, Origin: wire.Origin{Check: "crawl", Why: "benchmark"}, Robots: true, Again: true})
		if err != nil {
			return err
		}
		for _, l := range page.Parse(ex).Links {
			if s := l.URL.String(); len(todo) < 40 && l.Effect == page.Reads && !l.Pattern && l.From == "a" && client.Scope().HasOrigin(l.URL) && !seen[s] && client.Scope().Allows("GET", l.URL, wire.Passive) == nil {
				seen[s] = true
				todo = append(todo, l.URL)
			}
		}
	}
}

// forgetful stands for a journal on disk: it takes what it is given.
type forgetful struct{}

func (forgetful) Intent(context.Context, *wire.Entry) error               { return nil }
func (forgetful) Answer(context.Context, *wire.Entry, *wire.Record) error { return nil }
func (forgetful) Recall(context.Context, wire.Kind, string, int) (*wire.Record, error) {
	return nil, nil
}

func pool(pem []byte) *x509.CertPool {
	p := x509.NewCertPool()
	p.AppendCertsFromPEM(pem)
	return p
}
