package account

import (
	"net/netip"
	"time"
)

// Attempts are the failures of signing in to one account from one network.
// They never keep anybody out who comes from elsewhere.
type Attempts struct {
	Failures int
	Last     time.Time
}

// free is how many mistakes cost nothing.
const free = 4

// Wait is how long the next try has to wait at a moment: nothing for the
// first mistakes, then doubling from 2 seconds to 15 minutes. A quiet day clears it.
func (a Attempts) Wait(at time.Time) time.Duration {
	if a.Failures <= free || at.Sub(a.Last) > 24*time.Hour {
		return 0
	}
	pause := 15 * time.Minute
	if n := a.Failures - free; n < 10 {
		pause = min(pause, time.Second<<n)
	}
	return max(0, a.Last.Add(pause).Sub(at))
}

// freeCodes is how many wrong codes in a day one account may get from all
// networks together. Only who knows the password gets that far.
const freeCodes = 30

// WaitCode is Wait for the codes of one account from wherever they come: a
// million codes are soon tried by who has many addresses.
func (a Attempts) WaitCode(at time.Time) time.Duration {
	a.Failures -= freeCodes - free
	return a.Wait(at)
}

// Fail counts one more failure.
func (a Attempts) Fail(at time.Time) Attempts {
	if at.Sub(a.Last) > 24*time.Hour {
		a.Failures = 0
	}
	return Attempts{a.Failures + 1, at}
}

// Network is what counts as one place that people sign in from: an IPv4
// address, or the /64 that an IPv6 subscriber has.
func Network(addr string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is6() {
		p, _ := a.Prefix(64) // 64 always fits
		return p.String()
	}
	return a.String()
}
