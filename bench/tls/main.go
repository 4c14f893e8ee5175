// Command tls surveys servers with planted TLS weaknesses side by side with
// sslscan and testssl.sh: weaknesses found, connections counted at the server,
// time and CPU in paired runs.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"miseban/bench/gauge"
	"miseban/internal/check"
	suite "miseban/internal/checks/tls"
	"miseban/internal/checks/tls/tlstest"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

const maxConnections = 60 // a host: the target

func main() {
	if len(os.Args) == 4 && os.Args[1] == "survey" {
		if err := survey(os.Args[2], os.Args[3]); err != nil {
			fail(err)
		}
		return
	}
	runs := flag.Int("runs", 5, "paired runs")
	some := flag.String("testssl", "expired,tls10-tls11,rc4", "endpoints of the paired runs that testssl.sh is shown too (it needs about a minute each)")
	whole := flag.Bool("testssl-all", false, "show testssl.sh every endpoint once, for the weaknesses found (up to an hour)")
	limit := flag.Duration("limit", 150*time.Second, "what testssl.sh may take for one endpoint")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measure(ctx, *runs, strings.Split(*some, ","), *whole, *limit); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "tls:", err)
	os.Exit(1)
}

// survey is Miseban's part, in a process of its own like the other tools: the
// findings of the checks that shake hands, as JSON.
func survey(addr, authority string) error {
	pem, err := os.ReadFile(authority)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	host := "shop.test:" + port
	scope := &wire.Scope{Hosts: []string{"https://" + host}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}}
	client, err := wire.NewClient(wire.Options{Scope: scope, Version: "bench", Run: "bench", Roots: roots,
		Resolve: func(context.Context, string) ([]net.IPAddr, error) {
			return []net.IPAddr{{IP: net.IPv4(127, 0, 0, 1)}}, nil
		}})
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r := check.NewRunner(check.NewSite(&url.URL{Scheme: "https", Host: host, Path: "/"}, nil, intel.Default(), time.Now()), client, check.TLS)
	found := []string{}
	for _, c := range suite.Suite.Checks {
		if !strings.HasPrefix(c.Name, "tls-") {
			continue // they read pages; there are none
		}
		for _, f := range r.Run(ctx, c).Findings {
			n := f.Check
			if f.Case != "" {
				n += ":" + f.Case
			}
			found = append(found, n)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

// tool is one of those compared.
type tool struct {
	name string
	// look surveys an endpoint and returns the weaknesses in tlstest's words.
	look func(ctx context.Context, e *tlstest.Endpoint) ([]string, gauge.Cost, error)
}

// tally is what one tool came to.
type tally struct {
	hosts, most, connections int
	planted, found           int
	missed                   []string
	wrong                    []string
	seconds                  []float64 // a host
	cpu                      []float64
	paired, pairedCPU        []float64
	cut                      int
}

func measure(ctx context.Context, runs int, some []string, whole bool, limit time.Duration) error {
	fmt.Printf("%s\n\n", gauge.Machine())
	all, err := tlstest.Start(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "tls-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	authority := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(authority, tlstest.Authority(), 0o600); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	own := tool{"Miseban", func(ctx context.Context, e *tlstest.Endpoint) ([]string, gauge.Cost, error) {
		var out bytes.Buffer
		cost, err := gauge.Run(ctx, &out, nil, self, "survey", e.Addr, authority)
		if err != nil {
			return nil, cost, fmt.Errorf("%s: %w: %s", e.Name, err, out.Bytes())
		}
		var found []string
		return found, cost, json.Unmarshal(out.Bytes(), &found)
	}}
	tools := []tool{own}
	if _, err := exec.LookPath("sslscan"); err == nil {
		tools = append(tools, tool{"sslscan", func(ctx context.Context, e *tlstest.Endpoint) ([]string, gauge.Cost, error) {
			return sslscan(ctx, dir, e)
		}})
	}
	peer, err := exec.LookPath("testssl")
	if err != nil {
		peer, _ = exec.LookPath("testssl.sh")
	}
	if peer != "" {
		tools = append(tools, tool{"testssl.sh", func(ctx context.Context, e *tlstest.Endpoint) ([]string, gauge.Cost, error) {
			ctx, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			return testssl(ctx, peer, dir, authority, e)
		}})
	}
	finishes := map[string]bool{}
	for _, e := range all {
		finishes[e.Name] = handshake(ctx, e.Addr)
	}
	same := &tally{} // Miseban's figures for the endpoints that the others are shown too
	tallies := map[string]*tally{}
	seen := map[string]bool{} // what a tool says is counted once an endpoint, its time in every run
	for run := range runs {
		for i := range all {
			e := &all[i]
			costs := map[string]gauge.Cost{}
			for _, t := range tools {
				if t.name != "Miseban" && !finishes[e.Name] {
					continue // the others would wait for the rest of the handshake until their time-out
				}
				if t.name == "testssl.sh" && !slices.Contains(some, e.Name) && !(whole && run == 0) {
					continue
				}
				before := e.Connections()
				found, cost, err := t.look(ctx, e)
				if ctx.Err() != nil { // stopped by a person: what there is so far
					show(tools, tallies, same, run)
					return ctx.Err()
				}
				y := tallies[t.name]
				if y == nil {
					y = &tally{}
					tallies[t.name] = y
				}
				if err != nil {
					if t.name == "Miseban" {
						return err
					}
					y.cut++
				}
				costs[t.name] = cost
				if t.name == "testssl.sh" {
					fmt.Fprintf(os.Stderr, "run %d, %s: testssl.sh took %s\n", run+1, e.Name, gauge.Seconds(cost.Wall))
				}
				y.seconds, y.cpu = append(y.seconds, cost.Wall.Seconds()), append(y.cpu, cost.CPU.Seconds())
				if seen[t.name+e.Name] {
					continue
				}
				seen[t.name+e.Name] = true
				n := e.Connections() - before
				y.add(e, n, found)
				if t.name == "Miseban" && finishes[e.Name] {
					same.add(e, n, found)
				}
			}
			for name, c := range costs {
				y := tallies[name]
				y.paired = append(y.paired, c.Wall.Seconds()/costs["Miseban"].Wall.Seconds())
				y.pairedCPU = append(y.pairedCPU, c.CPU.Seconds()/max(0.001, costs["Miseban"].CPU.Seconds()))
			}
		}
	}
	show(tools, tallies, same, runs)
	return nil
}

// handshake says whether a server goes through with a handshake. Those that
// plant what no library offers any more stop after their first flight.
func handshake(ctx context.Context, addr string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_GCM_SHA256}}}
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	return c.Close() == nil
}

// add compares what was found with what was planted.
func (y *tally) add(e *tlstest.Endpoint, connections int, found []string) {
	y.hosts, y.connections, y.most = y.hosts+1, y.connections+connections, max(y.most, connections)
	for _, w := range e.Want {
		y.planted++
		if slices.Contains(found, w) {
			y.found++
		} else {
			y.missed = append(y.missed, e.Name+" "+w)
		}
	}
	for _, f := range found {
		if !slices.Contains(e.Want, f) {
			y.wrong = append(y.wrong, e.Name+" "+f)
		}
	}
}

func show(tools []tool, tallies map[string]*tally, same *tally, runs int) {
	rows := [][]string{{"tool", "endpoints", "planted weaknesses found", "connections a host: mean, most", "median a host", "CPU a host, median", "time against Miseban's, paired median", "CPU against Miseban's", "cut off"}}
	for _, t := range tools {
		y := tallies[t.name]
		if y == nil {
			continue
		}
		rows = append(rows, []string{
			t.name, fmt.Sprint(y.hosts), fmt.Sprintf("%d of %d", y.found, y.planted), fmt.Sprintf("%.1f, %d", float64(y.connections)/float64(y.hosts), y.most),
			fmt.Sprintf("%.2f s", gauge.Median(y.seconds)), fmt.Sprintf("%.2f s", gauge.Median(y.cpu)),
			fmt.Sprintf("%.1f ×", gauge.Median(y.paired)), fmt.Sprintf("%.1f ×", gauge.Median(y.pairedCPU)), fmt.Sprint(y.cut),
		})
	}
	if len(rows) < 2 {
		return
	}
	rows[1][2] += fmt.Sprintf("; %d of %d on the %d that the others are shown", same.found, same.planted, same.hosts)
	gauge.Table(os.Stdout, rows)
	own := tallies["Miseban"]
	fmt.Printf("%d runs. Target: every planted weakness found (%s), at most %d connections a host (%s), nothing said that was not planted (%s).\n\n",
		runs, gauge.Met(own.found == own.planted), maxConnections, gauge.Met(own.most <= maxConnections), gauge.Met(len(own.wrong) == 0))
	fmt.Print("sslscan and testssl.sh are shown the endpoints that finish handshakes; the others, on which weaknesses are planted that no TLS library offers any more, stop after the server's first flight.\n\n")
	for _, t := range tools {
		if y := tallies[t.name]; y != nil && len(y.missed) > 0 {
			fmt.Printf("%s did not find: %s\n\n", t.name, strings.Join(y.missed, ", "))
		}
	}
}
