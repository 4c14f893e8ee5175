// Command report measures what reports cost: the CPU of 2,000 findings against
// that of 200 for each format, and the memory of 200 findings as HTML, PDF and XLSX.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"miseban/bench/gauge"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/html"
	"miseban/internal/report/jsonl"
	"miseban/internal/report/pdf"
	"miseban/internal/report/reporttest"
	"miseban/internal/report/sarif"
	"miseban/internal/report/xlsx"
)

// The targets.
const (
	times  = 12.0 // 2,000 findings against 200
	memory = 200  // MiB, 200 findings as HTML, PDF and XLSX
)

var formats = map[string]func(io.Writer, *report.Document) error{
	"html": html.Write, "pdf": pdf.Write, "xlsx": xlsx.Write, "sarif": sarif.Write, "jsonl": jsonl.Write,
}

func main() {
	if len(os.Args) == 4 && os.Args[1] == "make" {
		if err := write(os.Args[2], os.Args[3]); err != nil {
			fail(err)
		}
		return
	}
	runs := flag.Int("runs", 3, "runs of each; the median counts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measure(ctx, *runs); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "report:", err)
	os.Exit(1)
}

// write is the child: one document in the named formats, thrown away as it is written.
func write(findings, names string) error {
	n, err := strconv.Atoi(findings)
	if err != nil {
		return err
	}
	d := reporttest.Large(i18n.JA, n)
	for _, f := range strings.Split(names, ",") {
		if formats[f] == nil {
			return fmt.Errorf("format %q", f)
		}
		if err := formats[f](io.Discard, d); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
	}
	return nil
}

func measure(ctx context.Context, runs int) error {
	fmt.Printf("%s\n\n", gauge.Machine())
	self, err := os.Executable()
	if err != nil {
		return err
	}
	one := func(n int, names string) (cpu float64, peak int64, err error) {
		var all []float64
		for range runs {
			var out bytes.Buffer
			cost, err := gauge.Run(ctx, &out, nil, self, "make", strconv.Itoa(n), names)
			if err != nil {
				return 0, 0, fmt.Errorf("%d findings as %s: %w: %s", n, names, err, out.String())
			}
			all, peak = append(all, cost.CPU.Seconds()), max(peak, cost.Peak)
		}
		return gauge.Median(all), peak, nil
	}
	rows := [][]string{{"format", "200 findings", "2,000 findings", "ratio (target ≤ 12)", "memory at 200", "memory at 2,000"}}
	for _, f := range []string{"html", "pdf", "xlsx", "sarif", "jsonl", "html,pdf,xlsx"} {
		few, small, err := one(200, f)
		if err != nil {
			return err
		}
		many, large, err := one(2000, f)
		if err != nil {
			return err
		}
		ratio := many / few
		cell := gauge.MiB(small)
		if strings.Contains(f, ",") {
			cell += fmt.Sprintf(" (target ≤ %d: %s)", memory, gauge.Met(small <= memory<<20))
		}
		rows = append(rows, []string{f, fmt.Sprintf("%.2f s CPU", few), fmt.Sprintf("%.2f s CPU", many), fmt.Sprintf("%.1f (%s)", ratio, gauge.Met(ratio <= times)), cell, gauge.MiB(large)})
	}
	gauge.Table(os.Stdout, rows)
	return nil
}
