package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"miseban/bench/gauge"
)

// write prints the table of faults, the cost of each tool and whether the target was met.
func write(known []planted, outcomes []*outcome) {
	head := []string{"fault", "check"}
	for _, o := range outcomes {
		head = append(head, o.name)
	}
	rows := [][]string{head}
	for i := range known {
		p := &known[i]
		row := []string{p.what, strings.Join(p.checks, ", ")}
		for _, o := range outcomes {
			row = append(row, o.mark(p))
		}
		rows = append(rows, row)
	}
	gauge.Table(os.Stdout, rows)
	rows = [][]string{{"tool", "of the table: found, looked for", "HTTP requests", "handshakes and bare connects", "to other services", "closed ports", "in all", "CPU", "memory", "**requests a fault**", "**CPU a fault**", fmt.Sprintf("at %d a second", perSecond), "done to the shop"}}
	for _, o := range outcomes {
		rows = append(rows, o.row(known))
	}
	gauge.Table(os.Stdout, rows)
	verdict(known, outcomes)
}

func (o *outcome) mark(p *planted) string {
	looks := map[string]string{"wapiti": p.wapiti, "nmap -sV": p.nmap, "testssl.sh": p.tls}
	if expression, peer := looks[o.name]; peer && expression == "" {
		return ""
	}
	if o.found[p.what] {
		return "found"
	}
	return "**not found**"
}

func (o *outcome) count(known []planted) int {
	n := 0
	for i := range known {
		if o.found[known[i].what] {
			n++
		}
	}
	return n
}

func (o *outcome) row(known []planted) []string {
	n := o.count(known)
	a := func(v float64, unit string) string {
		if n == 0 {
			return "–"
		}
		return fmt.Sprintf("%.2f%s", v/float64(n), unit)
	}
	name := o.name
	if o.cut {
		name += " (cut off)"
	}
	harm := "nothing"
	if o.harm.Total() > 0 {
		harm = fmt.Sprintf("%d acts (%d enquiries, %d reviews, %d carts, %d registrations, %d mails, %d orders)", o.harm.Total(), o.harm.Enquiries, o.harm.Reviews, o.harm.CartAdds, o.harm.Registrations, o.harm.Mails, o.harm.Orders)
	}
	found := fmt.Sprintf("%d of %d", n, o.looks)
	if o.all > 0 {
		found += fmt.Sprintf(" (reports %d findings in all)", o.all)
	}
	return []string{
		name, found, fmt.Sprint(o.http), fmt.Sprint(o.bare), fmt.Sprint(o.services), fmt.Sprint(o.closed), fmt.Sprint(o.load()),
		gauge.Seconds(o.cost.CPU), gauge.MiB(o.cost.Peak), a(float64(o.load()), ""), a(o.cost.CPU.Seconds(), " s"),
		(time.Duration(o.load()) * time.Second / perSecond).Round(time.Second).String(), harm,
	}
}

// verdict compares Miseban's whole run with all that the others needed together.
func verdict(known []planted, outcomes []*outcome) {
	var own *outcome
	load, cpu := 0, time.Duration(0)
	union := map[string]bool{}
	for _, o := range outcomes {
		switch o.name {
		case "Miseban":
			own = o
		case "Miseban with browser":
		default:
			load, cpu = load+o.load(), cpu+o.cost.CPU
			for w := range o.found {
				union[w] = true
			}
		}
	}
	n, missed := 0, []string{}
	for i := range known {
		if w := known[i].what; union[w] {
			n++
			if own != nil && !own.found[w] {
				missed = append(missed, w)
			}
		}
	}
	if own == nil || n == 0 || own.count(known) == 0 {
		fmt.Println("Nothing to compare.")
		return
	}
	mine := float64(own.count(known))
	requests := float64(own.load()) / mine / (float64(load) / float64(n))
	seconds := own.cost.CPU.Seconds() / mine / (cpu.Seconds() / float64(n))
	fmt.Printf("The others together found %d of the table with %d requests and %.1f s of CPU. Miseban (without browser), whose run also looks for everything else:\n\n", n, load, cpu.Seconds())
	fmt.Printf("- finds everything that they find: %s %s\n", gauge.Met(len(missed) == 0), strings.Join(missed, ", "))
	fmt.Printf("- requests a fault: %.3f of theirs (target ≤ %.1f): %s\n", requests, fifth, gauge.Met(requests <= fifth))
	fmt.Printf("- CPU a fault: %.3f of theirs (target ≤ %.1f): %s\n\n", seconds, fifth, gauge.Met(seconds <= fifth))
	for _, o := range outcomes {
		if o != own && o.name != "Miseban with browser" && o.count(known) > 0 {
			k := float64(o.count(known))
			fmt.Printf("- against %s alone: %.3f of its requests, %.3f of its CPU a fault\n", o.name, float64(own.load())/mine/(float64(o.load())/k), own.cost.CPU.Seconds()/mine/(o.cost.CPU.Seconds()/k))
		}
	}
	fmt.Println()
}
