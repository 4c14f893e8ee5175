package main

import (
	"math"
	"testing"
)

// TestInterval compares with the values of published tables.
func TestInterval(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		x, n      int
		low, high float64
	}{
		{0, 10, 0, 0.3085}, {10, 10, 0.6915, 1}, {5, 10, 0.1871, 0.8129}, {1, 100, 0.0003, 0.0545}, {0, 1500, 0, 0.0025}, {95, 100, 0.8872, 0.9836},
	} {
		low, high := interval(c.x, c.n)
		if math.Abs(low-c.low) > 0.0001 || math.Abs(high-c.high) > 0.0001 {
			t.Errorf("%d of %d: got %.4f–%.4f, want %.4f–%.4f", c.x, c.n, low, high, c.low, c.high)
		}
	}
}
