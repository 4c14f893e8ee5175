// Command oneshop shows one weak shop to Miseban and to wapiti, nmap and
// testssl.sh, and compares what they find of a published table with what it
// costs: requests counted at the shop and CPU seconds.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/bench/gauge"
	"miseban/bench/loopback"
	"miseban/internal/testshop"
)

// perSecond is what a polite tool asks of a shop; the projected durations go by it.
const perSecond = 2

// fifth is the target: Miseban's cost a fault against that of the others.
const fifth = 0.2

func main() {
	program := flag.String("miseban", "bin/miseban", "the program to measure")
	buster := flag.Bool("buster", false, "let wapiti guess its 31,000 names as well (several minutes)")
	limit := flag.Duration("limit", 5*time.Minute, "what one tool may take")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := compare(ctx, *program, *buster, *limit); err != nil {
		fmt.Fprintln(os.Stderr, "oneshop:", err)
		os.Exit(1)
	}
}

// outcome is what one tool came to.
type outcome struct {
	name     string
	found    map[string]bool // by planted.what
	looks    int             // faults of the table that it looks for
	all      int             // everything it reports, where that can be counted
	http     int
	bare     int
	services int
	closed   int // ports tried in vain
	connects int // that Miseban says it made for its own sake, closed ports included
	cost     gauge.Cost
	harm     testshop.Harm
	cut      bool
}

// load is all that the shop's host had to answer.
func (o *outcome) load() int { return o.http + o.bare + o.services + o.closed }

// tool runs against a freshly opened shop.
type tool struct {
	name  string
	looks func(p *planted) bool
	run   func(ctx context.Context, s *street, dir string, o *outcome) error
}

func compare(ctx context.Context, program string, buster bool, limit time.Duration) error {
	fmt.Printf("%s\n\n", gauge.Machine())
	dir, err := os.MkdirTemp("", "oneshop")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	authority := &loopback.Authority{RSA: true, Left: 9 * 24 * time.Hour}
	pem, err := authority.PEM()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), pem, 0o600); err != nil {
		return err
	}
	known := slices.DeleteFunc(slices.Clone(table), func(p planted) bool {
		return p.buster && !buster || p.port > 0 && os.Geteuid() != 0
	})
	var outcomes []*outcome
	for _, t := range tools(program, buster) {
		o, err := show(ctx, t, known, authority, dir, limit)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		if o != nil {
			outcomes = append(outcomes, o)
			fmt.Fprintf(os.Stderr, "%s: %d of %d found, %d requests and connects, %s of CPU\n", o.name, o.count(known), o.looks, o.load(), gauge.Seconds(o.cost.CPU))
		}
	}
	write(known, outcomes)
	return nil
}

func tools(program string, buster bool) []tool {
	own := func(browser string) func(context.Context, *street, string, *outcome) error {
		return func(ctx context.Context, s *street, dir string, o *outcome) error {
			return miseban(ctx, program, browser, s, dir, o)
		}
	}
	every := func(*planted) bool { return true }
	return []tool{
		{"Miseban", every, own("off")},
		{"Miseban with browser", every, own("on")},
		{"wapiti", func(p *planted) bool { return p.wapiti != "" }, func(ctx context.Context, s *street, dir string, o *outcome) error {
			return wapiti(ctx, buster, s, dir, o)
		}},
		{"nmap -sV", func(p *planted) bool { return p.nmap != "" }, nmap},
		{"testssl.sh", func(p *planted) bool { return p.tls != "" }, testssl},
	}
}

// show opens the shop for one tool and counts. A tool that is not installed is left out.
func show(ctx context.Context, t tool, known []planted, authority *loopback.Authority, dir string, limit time.Duration) (*outcome, error) {
	s, err := openStreet(ctx, authority)
	if err != nil {
		return nil, err
	}
	defer s.close()
	o := &outcome{name: t.name, found: map[string]bool{}}
	for i := range known {
		if t.looks(&known[i]) {
			o.looks++
		}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err = t.run(ctx, s, dir, o)
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, errNoBrowser):
		fmt.Printf("%s is not installed and is left out.\n\n", t.name)
		return nil, nil
	case errors.Is(err, context.DeadlineExceeded):
		o.cut = true
	case err != nil:
		return nil, err
	}
	s.close() // so that every connection has been counted
	defer func() { o.closed = max(o.closed, o.connects-o.bare-o.services) }()
	o.http, o.bare, o.services, o.harm = s.shop.Requests().Total, int(s.bare.Load()), int(s.services.Load()), s.shop.Harm()
	return o, nil
}

var errNoBrowser = errors.New("no browser")

// miseban runs the command as a person would, with a report to read.
func miseban(ctx context.Context, program, browser string, s *street, dir string, o *outcome) error {
	if _, err := os.Stat(program); err != nil {
		return err
	}
	if browser == "on" && !slices.ContainsFunc([]string{"chromium", "chromium-browser", "google-chrome"}, func(n string) bool { _, err := exec.LookPath(n); return err == nil }) {
		return errNoBrowser
	}
	to := filepath.Join(dir, "miseban-"+browser)
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	var out bytes.Buffer
	var err error
	o.cost, err = gauge.Run(ctx, &out, []string{"SSL_CERT_FILE=" + filepath.Join(dir, "ca.pem")}, program,
		"diagnose", s.https+"/", "--host", s.http, "--rate", "unlimited", "--browser", browser, "--lang", "en",
		"--data", filepath.Join(to, "data"), "--format", "html,jsonl", "--output", to)
	if code := gauge.ExitCode(err); code != 0 && code != 1 { // 1: findings
		return fmt.Errorf("%w: %s", err, out.String())
	}
	files, err := filepath.Glob(filepath.Join(to, "*.jsonl"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no report was written: %s", out.String())
	}
	return o.readReport(files[0])
}

// readReport takes from the report what was found, and how many connects met a closed port.
func (o *outcome) readReport(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	found := map[string][]string{} // check → places
	for lines.Scan() {
		var l struct {
			Type, Check, Where string
			Connects           int
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return err
		}
		switch l.Type {
		case "finding":
			o.all++
			found[l.Check] = append(found[l.Check], l.Where)
		case "ledger":
			o.connects = l.Connects
		}
	}
	for _, p := range table {
		for _, c := range p.checks {
			for _, where := range found[c] {
				if c != "open-database-port" || strings.HasSuffix(where, map[string]string{"MySQL reachable": ":3306", "Redis reachable": ":6379"}[p.what]) {
					o.found[p.what] = true
				}
			}
		}
	}
	return lines.Err()
}

func (o *outcome) match(text string, expression func(*planted) string) {
	for i := range table {
		if e := expression(&table[i]); e != "" && regexp.MustCompile(e).MatchString(text) {
			o.found[table[i].what] = true
		}
	}
}

func wapiti(ctx context.Context, buster bool, s *street, dir string, o *outcome) error {
	modules := wapitiModules
	if buster {
		modules += ",buster"
	}
	var out bytes.Buffer
	file := filepath.Join(dir, "wapiti.json")
	var err error
	o.cost, err = gauge.Run(ctx, &out, []string{"HOME=" + dir}, "wapiti", "-u", s.https+"/", "-m", modules, "--flush-session", "--verify-ssl", "0",
		"--no-bugreport", "-v", "1", "-f", "json", "-o", file)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: %s", err, out.String())
	}
	text := out.String()
	var report struct {
		Vulnerabilities, Anomalies, Additionals map[string][]struct{ Path, Info string }
	}
	if b, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(b, &report); err != nil {
			return err
		}
		for kind, list := range report.Vulnerabilities {
			for _, v := range list {
				o.all++
				text += "\n" + kind + ": " + v.Info + " " + v.Path
			}
		}
	}
	o.match(text, func(p *planted) string { return p.wapiti })
	return ctx.Err()
}

func nmap(ctx context.Context, s *street, dir string, o *outcome) error {
	var out bytes.Buffer
	var err error
	o.cost, err = gauge.Run(ctx, &out, nil, "nmap", "-sV", "-Pn", "-n", shopIP)
	if err != nil {
		return err
	}
	if m := regexp.MustCompile(`Not shown: (\d+) closed`).FindStringSubmatch(out.String()); m != nil {
		o.closed, _ = strconv.Atoi(m[1])
	}
	o.match(out.String(), func(p *planted) string { return p.nmap })
	return nil
}

// testssl runs the parts of testssl.sh about what is planted: its whole run takes twice as long.
func testssl(ctx context.Context, s *street, dir string, o *outcome) error {
	program, err := exec.LookPath("testssl")
	if err != nil {
		if program, err = exec.LookPath("testssl.sh"); err != nil {
			return err
		}
	}
	file := filepath.Join(dir, "testssl.json")
	o.cost, err = gauge.Run(ctx, nil, nil, program, "--quiet", "--warnings", "off", "--color", "0", "--nodns", "none", "--connect-timeout", "5", "--openssl-timeout", "5",
		"--add-ca", filepath.Join(dir, "ca.pem"), "--jsonfile", file, "-p", "-s", "-f", "-S", "-W", "-4", strings.TrimPrefix(s.https, "https://"))
	if code := gauge.ExitCode(err); code < 0 || code > 200 { // the code is the number of findings
		return err
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var lines []struct{ ID, Severity, Finding string }
	if err := json.Unmarshal(b, &lines); err != nil {
		return fmt.Errorf("testssl.sh's answer: %w", err)
	}
	for _, l := range lines {
		if !slices.Contains([]string{"OK", "INFO", "DEBUG", "WARN"}, l.Severity) {
			o.match(l.ID+" "+l.Finding, func(p *planted) string { return p.tls })
		}
	}
	return nil
}
