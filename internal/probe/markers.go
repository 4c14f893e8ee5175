package probe

import (
	"slices"
	"strings"
	"sync"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// Marker is a word that occurs nowhere by accident, in two halves: what stands
// between them in a request tells, in the answer, what became of the signs.
// Both are lower-case letters only, so that filters for numbers leave them
// alone and HTML may take Tail for the name of an element.
type Marker struct{ Head, Tail string }

// Signs are what a Probe holds between the halves of its marker, in this
// order. The quotes stand before the angle brackets and the opening bracket
// stands last, so that wherever the value comes back raw the probe itself
// leaves its context and its Tail becomes the name of an element. As input of
// SQL or a shell it is an unfinished string, which neither runs.
var Signs = []string{"%3c", "＜", "'", `"`, `\`, "/", "&", " ", ">", "`", "<"}

// Probe is the one value that is sent to learn where a value comes back.
func (m Marker) Probe() string { return m.Head + strings.Join(Signs, "") + m.Tail }

// Name is the word that a value which leaves its context gives to the element,
// attribute or variable that it makes.
func (m Marker) Name() string { return m.Tail }

// Tag is a value without any sign, for places where a sign must not stand.
func (m Marker) Tag() string { return m.Head + m.Tail }

// letters turns hexadecimal digits into n lower-case letters.
func letters(hex string, n int) string {
	b := make([]byte, 0, n)
	for i := 0; len(b) < n && i+1 < len(hex); i += 2 {
		b = append(b, 'a'+(nibble(hex[i])*16+nibble(hex[i+1]))%26)
	}
	return string(b)
}

func nibble(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

// Sown says which value was sent where: what a Registry knows of a marker.
type Sown struct {
	Marker Marker
	Check  string            // that sent it
	Target string            // where it was sent, in stable words: "GET /search q"
	Point  string            // the parameter
	In     wire.ExchangeID   // the request that carried it, once known
	Seen   []wire.ExchangeID // later answers, to other requests, in which it came back
	// Made is what it made of the first of these pages that it changed, and Page that page.
	Made []Escape
	Page *page.Page
}

// Registry holds the markers of a run and recognises them in every answer, so
// that a value which turns up on another page (a log, a list, a profile) is
// found without a request of its own. It is safe for use by several checks.
type Registry struct {
	prefix string
	derive func(label string) string

	mu sync.Mutex
	m  map[string]*Sown // by half
}

// NewRegistry makes the registry of a run. derive gives hexadecimal digits that
// are random to the shop and the same when the run is judged again.
func NewRegistry(derive func(label string) string) *Registry {
	return &Registry{prefix: "q" + letters(derive("marker prefix"), 3), derive: derive, m: map[string]*Sown{}}
}

// New makes the marker for one sending: label must be different for each.
func (r *Registry) New(check, target, point, label string) Marker {
	d := r.derive("marker\x00" + target + "\x00" + point + "\x00" + label)
	m := Marker{Head: r.prefix + letters(d[:16], 6), Tail: r.prefix + letters(d[16:], 6)}
	if m.Head == m.Tail {
		m.Tail = m.Tail[:len(m.Tail)-1] + string('a'+(m.Tail[len(m.Tail)-1]-'a'+1)%26)
	}
	s := &Sown{Marker: m, Check: check, Target: target, Point: point}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.m[m.Head], r.m[m.Tail] = s, s
	return m
}

// Sent notes the exchange that carried m, whose own answer is no second place.
func (r *Registry) Sent(m Marker, id wire.ExchangeID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.m[m.Head]; s != nil {
		s.In = id
	}
}

// Look notes which markers of other requests the answer holds: not those that
// its own request carried, as far as that can be read, nor those named in
// carried (for values that leave encoded). It returns what was not seen before.
func (r *Registry) Look(pg *page.Page, carried ...Marker) []Sown {
	var found []*Sown
	asked := ""
	for _, text := range []string{pg.Text, string(pg.Ex.ResponseHead)} {
		low := asciiLower(text)
		for at := 0; ; {
			i := strings.Index(low[at:], r.prefix)
			if i < 0 {
				break
			}
			at += i
			end := min(at+len(r.prefix)+6, len(low))
			if asked == "" {
				asked = asciiLower(pg.Ex.RawURL + " " + string(pg.Ex.RequestHead) + "\n" + string(pg.Ex.RequestBody))
			}
			r.mu.Lock()
			if s := r.m[low[at:end]]; s != nil && !strings.Contains(asked, s.Marker.Head) && !strings.Contains(asked, s.Marker.Tail) && !slices.Contains(carried, s.Marker) && s.In != pg.Ex.ID && !slices.Contains(found, s) {
				found = append(found, s)
			}
			r.mu.Unlock()
			at += len(r.prefix)
		}
	}
	var fresh []Sown
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range found {
		if len(s.Seen) < 20 && !slices.Contains(s.Seen, pg.Ex.ID) {
			s.Seen = append(s.Seen, pg.Ex.ID)
			if len(s.Made) == 0 && Renders(pg.Ex) {
				if s.Made = Escapes(pg.Tree(), s.Marker.Name()); len(s.Made) > 0 {
					s.Page = pg
				}
			}
			fresh = append(fresh, *s)
		}
	}
	return fresh
}

// Spread lists the markers that came back in answers to other requests, by target.
func (r *Registry) Spread() []Sown {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Sown
	for half, s := range r.m {
		if half == s.Marker.Head && len(s.Seen) > 0 {
			c := *s
			c.Seen = slices.Clone(s.Seen)
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Sown) int {
		return strings.Compare(a.Target+"\x00"+a.Point+a.Marker.Head, b.Target+"\x00"+b.Point+b.Marker.Head)
	})
	return out
}

// asciiLower folds letters and keeps every byte in its place.
func asciiLower(s string) string {
	i := strings.IndexFunc(s, func(c rune) bool { return c >= 'A' && c <= 'Z' })
	if i < 0 {
		return s
	}
	b := []byte(s)
	for ; i < len(b); i++ {
		if c := b[i]; c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
