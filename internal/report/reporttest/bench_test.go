package reporttest_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/docx"
	"miseban/internal/report/html"
	"miseban/internal/report/jsonl"
	"miseban/internal/report/pdf"
	"miseban/internal/report/reporttest"
	"miseban/internal/report/sarif"
	"miseban/internal/report/xlsx"
)

var formats = []struct {
	name  string
	write func(io.Writer, *report.Document) error
}{{"html", html.Write}, {"pdf", pdf.Write}, {"xlsx", xlsx.Write}, {"docx", docx.Write}, {"sarif", sarif.Write}, {"jsonl", jsonl.Write}}

// BenchmarkWrite writes 200 and 2,000 findings in every format. The larger may
// cost at most 12 times the smaller.
func BenchmarkWrite(b *testing.B) {
	if err := pdf.Write(io.Discard, reporttest.Empty(i18n.JA)); err != nil { // reads the typeface, once a process
		b.Fatal(err)
	}
	for _, f := range formats {
		b.Run(f.name, func(b *testing.B) {
			cost := map[int]float64{}
			for _, n := range []int{200, 2000} {
				b.Run(strconv.Itoa(n), func(b *testing.B) {
					d := reporttest.Large(i18n.JA, n)
					var size countWriter
					b.ReportAllocs()
					runtime.GC() // what the run before left is not this one's cost
					before := cpuTime(b)
					for b.Loop() {
						size = 0
						if err := f.write(&size, d); err != nil {
							b.Fatal(err)
						}
					}
					cost[n] = (cpuTime(b) - before).Seconds() / float64(b.N)
					b.ReportMetric(cost[n]*1000, "cpu-ms/op")
					b.ReportMetric(float64(size)/1e6, "MB")
				})
			}
			if a, z := cost[200], cost[2000]; a > 0 && z > 12*a {
				b.Errorf("2,000 findings cost %.1f times 200, want at most 12", z/a)
			}
		})
	}
}

type countWriter int64

func (c *countWriter) Write(b []byte) (int, error) {
	*c += countWriter(len(b))
	return len(b), nil
}

// BenchmarkPeak writes 200 findings as HTML, PDF and XLSX and reports the most
// memory that the process ever held; run it alone: -bench Peak -benchtime 1x.
func BenchmarkPeak(b *testing.B) {
	d := reporttest.Large(i18n.JA, 200)
	for b.Loop() {
		for _, f := range formats[:3] {
			if err := f.write(io.Discard, d); err != nil {
				b.Fatal(err)
			}
		}
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("this system does not say how much memory was used")
	}
	for _, line := range strings.Split(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			var kb float64
			if _, err := fmt.Sscan(rest, &kb); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(kb/1024, "MiB-peak")
		}
	}
}

// TestSameTwice writes each document twice: a report is the same bytes each
// time, so that two can be compared. Excel files carry no time but ours.
func TestSameTwice(t *testing.T) {
	t.Parallel()
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			var a, b bytes.Buffer
			for _, out := range []*bytes.Buffer{&a, &b} {
				if err := f.write(out, reporttest.Hostile(i18n.JA)); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(a.Bytes(), b.Bytes()) {
				t.Errorf("two files of one document differ (%d and %d bytes)", a.Len(), b.Len())
			}
		})
	}
}

// TestWriteErrors writes to a full disk: every format must say so.
func TestWriteErrors(t *testing.T) {
	t.Parallel()
	d := reporttest.Small(i18n.JA)
	for _, f := range formats {
		for _, room := range []int{0, 100, 5000} {
			if err := f.write(&fullDisk{room}, d); err == nil {
				t.Errorf("%s: no error when only %d bytes can be written", f.name, room)
			}
		}
	}
}

type fullDisk struct{ room int }

func (f *fullDisk) Write(b []byte) (int, error) {
	if len(b) > f.room {
		n := f.room
		f.room = 0
		return n, io.ErrShortWrite
	}
	f.room -= len(b)
	return len(b), nil
}
