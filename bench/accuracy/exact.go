package main

import "math"

// interval is the exact (Clopper–Pearson) 95 % interval of a share of x in n.
func interval(x, n int) (low, high float64) {
	const tail = 0.025
	if n == 0 {
		return 0, 1
	}
	if x > 0 {
		low = solve(func(p float64) bool { return atLeast(x, n, p) > tail })
	}
	high = 1
	if x < n {
		high = solve(func(p float64) bool { return 1-atLeast(x+1, n, p) < tail })
	}
	return low, high
}

// solve finds where beyond becomes true between 0 and 1.
func solve(beyond func(p float64) bool) float64 {
	a, b := 0.0, 1.0
	for range 60 {
		if m := (a + b) / 2; beyond(m) {
			b = m
		} else {
			a = m
		}
	}
	return (a + b) / 2
}

// atLeast is the chance of x or more hits in n tries of chance p.
func atLeast(x, n int, p float64) float64 {
	switch {
	case x <= 0 || p >= 1:
		return 1
	case p <= 0:
		return 0
	}
	lf := func(k int) float64 { v, _ := math.Lgamma(float64(k + 1)); return v }
	sum := 0.0
	for k := x; k <= n; k++ {
		sum += math.Exp(lf(n) - lf(k) - lf(n-k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
	}
	return min(sum, 1)
}
