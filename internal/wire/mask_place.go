package wire

import (
	"bytes"
	"slices"
	"strings"
)

// Place takes the secrets out of the place of a finding or a value of an
// inventory. Unlike the tokens of stored answers, which differ by run, what
// stands in their stead is always the same word, so that the same place is
// recognised in the next run and session ids of two visits are one place.
func (m *Masker) Place(s string) string {
	const word = "***"
	s = m.unsecret(s, false)
	b := []byte(s)
	out := m.credentials(b, m.urlSpans(b))
	m.mu.Lock()
	known := slices.Clone(m.known)
	m.mu.Unlock()
	for _, v := range known {
		if len(v) < 16 || !looksSecret(v, "") || !hasDigit([]byte(v)) {
			continue // a word that the address may hold for another reason
		}
		for _, form := range []string{v, m.Token(v)} { // as received, and as kept
			for i := 0; ; {
				j := bytes.Index(b[i:], []byte(form))
				if j < 0 {
					break
				}
				out = append(out, span{i + j, i + j + len(form), word})
				i += j + len(form)
			}
		}
	}
	if len(out) == 0 {
		return s
	}
	slices.SortStableFunc(out, func(x, y span) int { return x.from - y.from })
	var text strings.Builder
	end := 0
	for _, p := range out {
		if p.from < end || p.to <= p.from {
			continue
		}
		text.WriteString(s[end:p.from] + word)
		end = p.to
	}
	return text.String() + s[end:]
}
