package testshop

import (
	"sync"
	"sync/atomic"
	"time"
)

// Harm counts what visitors did to the shop. A diagnosis that keeps its promise leaves it all zero.
type Harm struct {
	Orders, Enquiries, Registrations, Reviews, Withdrawals, Deletions int64
	PasswordChanges, Mails, CartAdds, Logouts, Logins, Uploads        int64
	// CartRemovals are items taken out of the visitor's own cart, ReviewRemovals
	// reviews that their writers took back.
	CartRemovals, ReviewRemovals int64
	Lockouts                     int64 // members kept out by wrong passwords
}

// Total is the number of acts of any kind, sign-ins apart: those may be agreed.
func (h Harm) Total() int64 {
	return h.Orders + h.Enquiries + h.Registrations + h.Reviews + h.Withdrawals + h.Deletions +
		h.PasswordChanges + h.Mails + h.CartAdds + h.CartRemovals + h.ReviewRemovals + h.Logouts + h.Uploads + h.Lockouts
}

type harmCounters struct {
	orders, enquiries, registrations, reviews, withdrawals, deletions        atomic.Int64
	passwordChanges, mails, cartAdds, cartRemovals, logouts, logins, uploads atomic.Int64
	reviewRemovals                                                           atomic.Int64
	lockouts                                                                 atomic.Int64
}

// Harm returns what has been done so far.
func (s *Shop) Harm() Harm {
	c := &s.harm
	return Harm{
		Orders: c.orders.Load(), Enquiries: c.enquiries.Load(), Registrations: c.registrations.Load(),
		Reviews: c.reviews.Load(), Withdrawals: c.withdrawals.Load(), Deletions: c.deletions.Load(),
		PasswordChanges: c.passwordChanges.Load(), Mails: c.mails.Load(), CartAdds: c.cartAdds.Load(), CartRemovals: c.cartRemovals.Load(), ReviewRemovals: c.reviewRemovals.Load(),
		Logouts: c.logouts.Load(), Logins: c.logins.Load(), Uploads: c.uploads.Load(), Lockouts: c.lockouts.Load(),
	}
}

// RequestKey is what requests are counted by.
type RequestKey struct{ Route, Method, UserAgent string }

// Requests is the shop's own record of who asked for what.
type Requests struct {
	Total int
	By    map[RequestKey]int
	// Busiest is the largest number of requests in any 10 seconds.
	Busiest int
}

// Routes adds the counts up by route.
func (r Requests) Routes() map[string]int {
	m := map[string]int{}
	for k, n := range r.By {
		m[k.Route] += n
	}
	return m
}

// Methods adds the counts up by method.
func (r Requests) Methods() map[string]int {
	m := map[string]int{}
	for k, n := range r.By {
		m[k.Method] += n
	}
	return m
}

const window = 10 * time.Second

// requestLog keeps the times of the last 10 seconds only, so a long benchmark does not grow it.
type requestLog struct {
	mu      sync.Mutex
	total   int
	by      map[RequestKey]int
	recent  []time.Time
	busiest int
}

func (l *requestLog) note(now time.Time, route, method, agent string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by == nil {
		l.by = map[RequestKey]int{}
	}
	l.total++
	l.by[RequestKey{route, method, agent}]++
	old := 0
	for old < len(l.recent) && now.Sub(l.recent[old]) >= window {
		old++
	}
	l.recent = append(l.recent[old:], now)
	l.busiest = max(l.busiest, len(l.recent))
}

// Requests returns the record so far.
func (s *Shop) Requests() Requests {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	by := make(map[RequestKey]int, len(s.log.by))
	for k, n := range s.log.by {
		by[k] = n
	}
	return Requests{Total: s.log.total, By: by, Busiest: s.log.busiest}
}
