package testshop

import (
	"encoding/base64"
	"fmt"
	"maps"
	"mime"
	"net/smtp"
	"slices"
	"strings"
)

// mail sends a mail to a customer: for real where Options.SMTP names a server,
// and counted everywhere.
func (s *Shop) mail(to, subject, text string) {
	s.harm.mails.Add(1)
	s.mu.Lock()
	s.mailed = append(s.mailed, to)
	s.mu.Unlock()
	if s.opts.SMTP == "" {
		return
	}
	head := "From: shop@chaya.example\r\nTo: " + oneLine(to) + "\r\nSubject: " + mime.BEncoding.Encode("UTF-8", subject) +
		"\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	body := base64.StdEncoding.EncodeToString([]byte(text))
	// A mail that cannot be delivered does not keep a customer waiting.
	_ = smtp.SendMail(s.opts.SMTP, nil, "shop@chaya.example", []string{oneLine(to)}, []byte(head+body+"\r\n"))
}

func oneLine(s string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(s) }

// Mailed are the addresses to which mails went, in order.
func (s *Shop) Mailed() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mailed)
}

// Records is everything that customers left with the shop, a line each and in
// order: what is the same before and after a visit, the visit left as it was.
// Passwords show by their sums.
func (s *Shop) Records() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, email := range slices.Sorted(maps.Keys(s.members)) {
		m := s.members[email]
		all = append(all, fmt.Sprintf("member %s %q %q %q %x favorites %v second step %v", email, m.Name, m.Address, m.Phone, m.hash[:6], m.favorites, m.twoFactor))
	}
	for _, no := range slices.Sorted(maps.Keys(s.orders)) {
		o := s.orders[no]
		all = append(all, fmt.Sprintf("order %s %q %d", no, o.Name, o.Total))
	}
	for _, id := range slices.Sorted(maps.Keys(s.reviews)) {
		for _, r := range s.reviews[id] {
			all = append(all, fmt.Sprintf("review of %d by %q: %q", id, r.Name, r.Comment))
		}
	}
	return all
}

// Carts is how many items lie in the carts of all visitors.
func (s *Shop) Carts() int {
	s.mu.Lock()
	list := slices.Collect(maps.Values(s.sessions))
	s.mu.Unlock()
	n := 0
	for _, v := range list {
		v.mu.Lock()
		for _, l := range v.cart {
			n += l.Count
		}
		v.mu.Unlock()
	}
	return n
}
