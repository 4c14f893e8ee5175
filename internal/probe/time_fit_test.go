package probe

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// weather is how long a simulated shop takes for its n-th answer, seconds apart
// from any delay.
type weather func(r *rand.Rand) func(n int) float64

var weathers = map[string]weather{
	"steady": func(*rand.Rand) func(int) float64 { return func(int) float64 { return 0.12 } },
	"jitter": func(r *rand.Rand) func(int) float64 { return func(int) float64 { return jitter(r) } },
	"tail": func(r *rand.Rand) func(int) float64 {
		return func(int) float64 { return 0.1 / math.Pow(1-r.Float64(), 0.7) }
	},
	"slow":   func(r *rand.Rand) func(int) float64 { return func(int) float64 { return 2 + 0.2*r.NormFloat64() } },
	"uneven": func(r *rand.Rand) func(int) float64 { return func(int) float64 { return 0.2 + 4*r.Float64() } },
	"drift": func(r *rand.Rand) func(int) float64 {
		return func(n int) float64 { return 0.9 + 0.06*float64(n) + jitter(r) }
	},
	"growing": func(*rand.Rand) func(int) float64 { return func(n int) float64 { return 0.2 + float64(n) } },
	"in turn": func(*rand.Rand) func(int) float64 { return func(n int) float64 { return 0.2 + float64(n%4) } },
	"cache": func(r *rand.Rand) func(int) float64 {
		return func(n int) float64 {
			if n%5 == 0 {
				return 1.3
			}
			return 0.05 + jitter(r)
		}
	},
	"lock": func(r *rand.Rand) func(int) float64 { // each answer waits for what the last one left behind
		left := 0.0
		return func(int) float64 {
			took := left + 0.1
			left = 0
			if r.IntN(2) == 0 {
				left = 1
			}
			return took
		}
	},
	"storm": func(r *rand.Rand) func(int) float64 { // calm and stormy times take turns
		stormy := false
		return func(int) float64 {
			if r.IntN(6) == 0 {
				stormy = !stormy
			}
			if stormy {
				return 0.5 + 3*r.Float64()
			}
			return jitter(r)
		}
	},
	"whole seconds": func(r *rand.Rand) func(int) float64 { return func(int) float64 { return 0.1 + float64(r.IntN(4)) } },
}

func jitter(r *rand.Rand) float64 {
	if r.IntN(20) == 0 {
		return 0.6
	}
	return 0.06 * r.Float64()
}

// place measures one simulated place; times is how often it carries the value
// out, 0 for a place in order.
func place(r *rand.Rand, w weather, times int) (f *fit, asked int, waited float64, err error) {
	next := w(r)
	f, err = measure(func(seconds int) (time.Duration, error) {
		asked++
		waited += float64(times * seconds)
		return time.Duration((next(asked-1) + float64(times*seconds)) * float64(time.Second)), nil
	}, r.IntN)
	return f, asked, waited, err
}

// TestMeasureSafe: places in order, whatever their times are like, are not
// taken for faulty ones, and cost one request as a rule.
func TestMeasureSafe(t *testing.T) {
	t.Parallel()
	alarms, asked, unsettled, all := 0, 0, 0, 0
	for name, w := range weathers {
		for i := range 10_000/len(weathers) + 1 {
			r := rand.New(rand.NewPCG(uint64(i), 7))
			f, n, _, err := place(r, w, 0)
			all++
			asked += n
			if err != nil {
				unsettled++
			}
			if f != nil {
				alarms++
				t.Errorf("%s %d: false alarm after %d requests: %+v", name, i, n, f)
			}
		}
	}
	t.Logf("%d places in order: %d false alarms, %d not to be judged, %.2f requests a place and shape", all, alarms, unsettled, float64(asked)/float64(all))
}

// TestMeasureWorst: a shop whose times are whole seconds by chance is as near
// to a faulty one as can be. The bound holds for it too, even if the first
// answers have already been late.
func TestMeasureWorst(t *testing.T) {
	t.Parallel()
	const places = 40_000
	alarms := 0
	for i := range places {
		r := rand.New(rand.NewPCG(uint64(i), 11))
		n := 0
		f, err := measure(func(int) (time.Duration, error) {
			if n++; n == 1 || n == 3 {
				return 1100 * time.Millisecond, nil
			}
			if n == 2 {
				return 100 * time.Millisecond, nil
			}
			return time.Duration(r.IntN(4))*time.Second + 100*time.Millisecond, nil
		}, r.IntN)
		if err == nil && f != nil {
			alarms++
		}
	}
	if most := 12; alarms > most { // 4 are to be expected at 1e-4; 13 would be a chance of 3e-4
		t.Errorf("%d false alarms of %d, the bound is %g", alarms, places, luck)
	}
	t.Logf("%d false alarms in %d places of the worst kind", alarms, places)
}

// TestMeasurePower: faulty places are found through jitter, in few requests.
func TestMeasurePower(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		weather string
		times   int
		least   float64
	}{{"steady", 1, 1}, {"jitter", 1, 0.99}, {"slow", 1, 0.88}, {"steady", 2, 1}, {"jitter", 3, 0.99}, {"tail", 1, 0.85}, {"drift", 1, 0.95}, {"cache", 1, 0.95}} {
		found, asked, waited := 0, 0, 0.0
		const places = 1000
		for i := range places {
			f, n, s, err := place(rand.New(rand.NewPCG(uint64(i), 3)), weathers[tt.weather], tt.times)
			asked, waited = asked+n, waited+s
			if err == nil && f != nil {
				found++
				if f.times != tt.times {
					t.Errorf("%s ×%d: taken for ×%d", tt.weather, tt.times, f.times)
				}
			}
		}
		share := float64(found) / places
		if share < tt.least {
			t.Errorf("%s ×%d: found %.3f, want %.3f", tt.weather, tt.times, share, tt.least)
		}
		t.Logf("%s ×%d: found %.3f, %.1f requests, %.1f s of waiting", tt.weather, tt.times, share, float64(asked)/places, waited/places)
	}
}

// TestMeasureHarm: what waits for longer than it was told to is left alone.
func TestMeasureHarm(t *testing.T) {
	t.Parallel()
	asked := 0
	_, err := measure(func(seconds int) (time.Duration, error) {
		asked++
		return time.Duration(50*seconds) * time.Second, nil
	}, rand.IntN)
	if !errors.Is(err, errTooLong) || asked > 4 {
		t.Errorf("%d requests, %v", asked, err)
	}
}
