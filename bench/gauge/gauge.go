// Package gauge measures what a program costs, its children included, and
// names the machine on which it was measured. Linux only.
package gauge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Cost is what one program and all its descendants used.
type Cost struct {
	CPU  time.Duration // user and system
	Wall time.Duration
	Peak int64 // largest sum of resident memory seen, in bytes; pages that two processes share count twice
}

// one measurement at a time: the kernel adds up the CPU of ended children per process.
var one sync.Mutex

// subreaper makes descendants that lose their parent ours, so that their CPU is counted.
var subreaper = sync.OnceValue(func() error {
	const setChildSubreaper = 36
	if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0); e != 0 {
		return e
	}
	return nil
})

// Run runs a program to its end and measures it. When ctx ends the whole
// process group is killed and ctx's error returned with the cost so far. A
// non-zero exit code is an *exec.ExitError. The caller must have no other
// children that end meanwhile.
func Run(ctx context.Context, out io.Writer, env []string, name string, args ...string) (Cost, error) {
	one.Lock()
	defer one.Unlock()
	runtime.LockOSThread() // the kernel sends Pdeathsig when the starting thread ends
	defer runtime.UnlockOSThread()
	if err := subreaper(); err != nil {
		return Cost{}, fmt.Errorf("becoming the subreaper: %w", err)
	}
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second
	before, began := childCPU(), time.Now()
	if err := cmd.Start(); err != nil {
		return Cost{}, err
	}
	kill := func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	stop := context.AfterFunc(ctx, kill)
	defer stop()
	ended, sampled := make(chan struct{}), make(chan int64)
	go func() { sampled <- watch(os.Getpid(), ended) }()
	err := cmd.Wait()
	kill() // what the program left running in its group
	reap(cmd.Process.Pid)
	close(ended)
	c := Cost{Peak: max(<-sampled, largest(cmd.ProcessState)), Wall: time.Since(began), CPU: childCPU() - before}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return c, err
}

// ExitCode is the code of a program that ended by itself, -1 for any other error.
func ExitCode(err error) int {
	var e *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.ExitCode()
	}
	return -1
}

// reap waits for the orphans of a group, for five seconds at most.
func reap(group int) {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		var s syscall.WaitStatus
		pid, err := syscall.Wait4(-group, &s, syscall.WNOHANG, nil)
		switch {
		case err != nil: // no child of that group is left
			return
		case pid == 0:
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// largest is the most memory that the ended program itself held, exactly.
func largest(p *os.ProcessState) int64 {
	if p != nil {
		if u, ok := p.SysUsage().(*syscall.Rusage); ok {
			return u.Maxrss << 10
		}
	}
	return 0
}

func childCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// watch samples the resident memory of pid's descendants until ended: often
// at first, for programs that end soon, then seldom.
func watch(pid int, ended <-chan struct{}) (peak int64) {
	for wait := 50 * time.Millisecond; ; wait = min(wait*11/10, 2*time.Second) {
		peak = max(peak, below(pid))
		select {
		case <-ended:
			return peak
		case <-time.After(wait):
		}
	}
}

// below adds up the resident memory of the descendants of pid.
func below(pid int) int64 {
	children := map[int][]int{}
	size := map[int]int64{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range stats {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		id, fields := statFields(b)
		if len(fields) < 22 {
			continue
		}
		parent, _ := strconv.Atoi(fields[1])
		pages, _ := strconv.ParseInt(fields[21], 10, 64)
		children[parent] = append(children[parent], id)
		size[id] = pages * int64(os.Getpagesize())
	}
	var sum int64
	for todo := slices.Clone(children[pid]); len(todo) > 0; {
		id := todo[0]
		todo = append(todo[1:], children[id]...)
		sum += size[id]
	}
	return sum
}

// statFields splits /proc/<pid>/stat behind the command's name, which may hold anything.
func statFields(b []byte) (pid int, fields []string) {
	i, j := bytes.IndexByte(b, ' '), bytes.LastIndexByte(b, ')')
	if i < 0 || j < 0 {
		return 0, nil
	}
	pid, _ = strconv.Atoi(string(b[:i]))
	return pid, strings.Fields(string(b[j+1:]))
}

// Self is the CPU that this process has used and the memory that it holds now.
func Self() (cpu time.Duration, resident int64) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err == nil {
		cpu = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	if b, err := os.ReadFile("/proc/self/stat"); err == nil {
		if _, f := statFields(b); len(f) > 21 {
			pages, _ := strconv.ParseInt(f[21], 10, 64)
			resident = pages * int64(os.Getpagesize())
		}
	}
	return cpu, resident
}

// SelfPeak is the most memory that this process ever held.
func SelfPeak() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Maxrss << 10
}

// Machine is the line that stands with every figure: date, cores, memory, and
// how busy the machine was when the measurement began.
func Machine() string {
	s := fmt.Sprintf("%s · %d cores", time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU())
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		if f := strings.Fields(string(b)); len(f) > 1 {
			kb, _ := strconv.ParseInt(f[1], 10, 64)
			s += fmt.Sprintf(" · %.0f GiB memory", float64(kb)/(1<<20))
		}
	}
	s += " · " + runtime.Version()
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		if load, _, ok := strings.Cut(string(b), " "); ok {
			s += " · load at the start " + load
		}
	}
	return s
}

// Table writes rows as a Markdown table; the first row is the head.
func Table(w io.Writer, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	for i, r := range rows {
		fmt.Fprintf(w, "| %s |\n", strings.Join(r, " | "))
		if i == 0 {
			fmt.Fprintf(w, "|%s\n", strings.Repeat("---|", len(r)))
		}
	}
	fmt.Fprintln(w)
}

// MiB writes bytes as mebibytes.
func MiB(n int64) string { return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20)) }

// Seconds writes a duration as seconds.
func Seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// Median of the values; 0 for none.
func Median[T ~int | ~int64 | ~float64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	return v[len(v)/2]
}

// Met says whether a target was met.
func Met(ok bool) string {
	if ok {
		return "met"
	}
	return "**missed**"
}
