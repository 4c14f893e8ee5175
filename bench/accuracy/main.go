// Command accuracy shows pairs of small sites, a vulnerable one and a safe one
// that tempts, to Miseban and, where installed, to wapiti and sqlmap, counts
// requests at the sites, and prints how much of what is there each finds and
// how much it finds that is not there. Everything stays on 127.0.0.0/8.
//
//	make bench-accuracy
//	go run ./bench/accuracy -seed 7 -n 20 -classes sql,xss-reflected -tools miseban,wapiti
//
// How to add cases is written in package trial.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/families/heldback"
	"miseban/bench/accuracy/families/second"
	"miseban/bench/accuracy/families/tuning"
	"miseban/bench/accuracy/trial"
	"miseban/bench/gauge"
)

// bench is one run of the command.
type bench struct {
	set   *backend.Set
	limit time.Duration // a case
	log   bool
	n     atomic.Int64 // address of the next site
}

func main() {
	var (
		seed     = flag.Uint64("seed", 1, "the cases' dice")
		pairs    = flag.Int("n", 80, "pairs of cases a class")
		classes  = flag.String("classes", "", "only these classes, by comma")
		which    = flag.String("families", "tuning", "tuning, second, heldback or all")
		only     = flag.String("family", "", "only the families whose name holds this")
		tools    = flag.String("tools", "miseban", "by comma: miseban, wapiti, sqlmap")
		parallel = flag.Int("parallel", 4, "cases that Miseban looks at side by side")
		group    = flag.Int("group", 20, "cases that one wapiti process is shown")
		limit    = flag.Duration("limit", 60*time.Second, "what a tool may take for a case")
		out      = flag.String("json", "", "write every outcome to this file, a line each")
		misses   = flag.Bool("misses", false, "list what was missed and every false alarm")
		log      = flag.Bool("log", false, "with -misses and -json: the requests of those cases; with -spent: what each request of the safe cases was for")
		spent    = flag.Bool("spent", false, "list what Miseban's requests of the safe cases were for")
		browse   = flag.Bool("browser", false, "let Miseban use Chromium for the classes that need it")
	)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	families, err := choose(*which, *only)
	if err == nil {
		b := &bench{limit: *limit, log: *log}
		err = b.run(ctx, families, *seed, *pairs, split(*classes), split(*tools), *parallel, *group, *browse, *out, *misses, *spent, *which)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

func choose(which, only string) ([]*trial.Family, error) {
	var fs []*trial.Family
	switch which {
	case "tuning":
		fs = tuning.Families
	case "second":
		fs = second.Families
	case "heldback":
		fs = heldback.Families
	case "all":
		fs = slices.Concat(tuning.Families, second.Families, heldback.Families)
	default:
		return nil, fmt.Errorf("-families is tuning, second, heldback or all, not %q", which)
	}
	fs = slices.DeleteFunc(slices.Clone(fs), func(f *trial.Family) bool { return !strings.Contains(f.Name, only) })
	if len(fs) == 0 {
		return nil, fmt.Errorf("there is no such family among %s", which)
	}
	return fs, nil
}

func (b *bench) run(ctx context.Context, families []*trial.Family, seed uint64, pairs int, classes, tools []string, parallel, group int, browse bool, out string, misses, spent bool, which string) (err error) {
	if b.set, err = backend.New(); err != nil {
		return err
	}
	defer b.set.Close()
	has := func(need string) bool { return b.set.Has(need) && (need != "browser" || browse) }
	specs, left := trial.Generate(families, trial.Options{Seed: seed, Pairs: pairs, Classes: classes, Has: has})
	safe := 0
	for _, s := range specs {
		if !s.Vulnerable {
			safe++
		}
	}
	fmt.Printf("families %s, seed %d, %d pairs a class: %d cases, %d of them safe\n%s\n\n", which, seed, pairs, len(specs), safe, gauge.Machine())
	if len(left) > 0 {
		fmt.Printf("Left out, because what they need is not there: %s\n\n", strings.Join(left, ", "))
	}
	var outcomes []*outcome
	for _, tool := range tools {
		var got []*outcome
		switch tool {
		case "miseban":
			got, err = b.allMiseban(ctx, specs, parallel, browse)
		case "wapiti":
			got, err = b.allWapiti(ctx, specs, group)
		case "sqlmap":
			got, err = b.allSQLMap(ctx, specs)
		default:
			err = fmt.Errorf("no tool is called %q", tool)
		}
		if errors.Is(err, exec.ErrNotFound) {
			fmt.Printf("%s is not installed and is left out.\n\n", tool)
			continue
		}
		if err != nil {
			return err
		}
		outcomes = append(outcomes, got...)
	}
	if out != "" {
		if err := writeJSON(out, outcomes); err != nil {
			return err
		}
	}
	report(os.Stdout, tools, outcomes)
	if spent {
		listSpent(os.Stdout, outcomes, b.log)
	}
	if misses {
		listMisses(os.Stdout, outcomes)
	}
	return ctx.Err()
}

// each opens the cases one after the other, some side by side.
func (b *bench) each(ctx context.Context, specs []*trial.Spec, parallel int, f func(*trial.Site) (*outcome, error)) ([]*outcome, error) {
	out := make([]*outcome, len(specs))
	errs := make([]error, len(specs))
	var wg sync.WaitGroup
	var done atomic.Int64
	slots := make(chan struct{}, parallel)
	for i, s := range specs {
		if ctx.Err() != nil {
			break
		}
		slots <- struct{}{}
		wg.Add(1)
		go func() {
			defer func() { <-slots; wg.Done() }()
			site, err := s.Open(b.set, int(b.n.Add(1)))
			if err != nil {
				errs[i] = err
				return
			}
			defer site.Close()
			out[i], errs[i] = f(site)
			if n := done.Add(1); n%100 == 0 {
				fmt.Fprintf(os.Stderr, "%d of %d\n", n, len(specs))
			}
		}()
	}
	wg.Wait()
	return slices.DeleteFunc(out, func(o *outcome) bool { return o == nil }), errors.Join(append(errs, ctx.Err())...)
}

func (b *bench) allMiseban(ctx context.Context, specs []*trial.Spec, parallel int, browse bool) ([]*outcome, error) {
	_, only := asked(true)
	if len(only) == 0 {
		return nil, errors.New("the suites hold none of the injection checks")
	}
	fmt.Printf("Miseban's checks: %s\n\n", strings.Join(only, ", "))
	return b.each(ctx, specs, max(1, parallel), func(s *trial.Site) (*outcome, error) {
		return b.miseban(ctx, s, browse && slices.Contains(s.Family.Needs, "browser")), nil
	})
}

func (b *bench) allSQLMap(ctx context.Context, specs []*trial.Spec) ([]*outcome, error) {
	specs = slices.DeleteFunc(slices.Clone(specs), func(s *trial.Spec) bool { return s.Family.Class != "sql" })
	return b.each(ctx, specs, 2, func(s *trial.Site) (*outcome, error) { return b.sqlmap(ctx, s) })
}

func (b *bench) allWapiti(ctx context.Context, specs []*trial.Spec, group int) ([]*outcome, error) {
	byClass := map[string][]*trial.Spec{}
	var order []string
	for _, s := range specs {
		if byClass[s.Family.Class] == nil {
			order = append(order, s.Family.Class)
		}
		byClass[s.Family.Class] = append(byClass[s.Family.Class], s)
	}
	slices.Sort(order)
	var out []*outcome
	for _, class := range order {
		for part := range slices.Chunk(byClass[class], group) {
			got, err := b.groupWapiti(ctx, class, part)
			out = append(out, got...)
			if err != nil {
				return out, err
			}
			fmt.Fprintf(os.Stderr, "wapiti: %s, %d cases\n", class, len(part))
		}
	}
	return out, nil
}

func (b *bench) groupWapiti(ctx context.Context, class string, specs []*trial.Spec) ([]*outcome, error) {
	var sites []*trial.Site
	defer func() {
		for _, s := range sites {
			s.Close()
		}
	}()
	for _, s := range specs {
		site, err := s.Open(b.set, int(b.n.Add(1)))
		if err != nil {
			return nil, err
		}
		sites = append(sites, site)
	}
	return b.wapiti(ctx, class, sites)
}

func writeJSON(name string, outcomes []*outcome) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(f)
	for _, o := range outcomes {
		if err := enc.Encode(o); err != nil {
			_ = f.Close()
			return err
		}
	}
	return f.Close()
}
