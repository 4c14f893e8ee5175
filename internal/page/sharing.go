package page

import (
	"hash/maphash"
	"net/url"
	"slices"
	"sync"
)

// Sharing keeps what the pages of one site say again and again, the links of
// menus above all, once for all of them. The zero value is ready.
type Sharing struct {
	mu    sync.Mutex
	links map[uint64][]*Link
	seed  maphash.Seed
}

// Fold replaces the links of p by equal ones of pages that were folded before.
// Links must not be changed afterwards.
func (s *Sharing) Fold(p *Page) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.links == nil {
		s.links, s.seed = map[uint64][]*Link{}, maphash.MakeSeed()
	}
	p.Links = slices.Clip(p.Links)
	for i, l := range p.Links {
		var h maphash.Hash
		h.SetSeed(s.seed)
		for _, part := range []string{l.Raw, l.Text, l.From, l.URL.Host, l.URL.Path} {
			_, _ = h.WriteString(part)
			_ = h.WriteByte(0)
		}
		k := h.Sum64()
		if j := slices.IndexFunc(s.links[k], l.equal); j >= 0 {
			p.Links[i] = s.links[k][j]
			continue
		}
		s.links[k] = append(s.links[k], l)
	}
}

// equal says that both lead to the same place in the same words.
func (l *Link) equal(m *Link) bool {
	a, b := *l, *m
	a.URL, b.URL = nil, nil
	return a == b && sameURL(l.URL, m.URL)
}

func sameURL(x, y *url.URL) bool {
	a, b := *x, *y
	a.User, b.User = nil, nil
	return a == b && x.User.String() == y.User.String()
}
