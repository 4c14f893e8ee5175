package probe

import (
	"slices"
	"strings"
	"sync"
)

// Value is one shape of value that is shipped with the program. v is the value
// that the shop itself uses at the place.
type Value struct {
	Name string
	Make func(v string, r *Rand) string
}

var shipped struct {
	mu sync.Mutex
	m  map[string]*Value
}

// Ship registers a shape of value. Every value that a check sends is made by a
// shipped Value, so that the destruction test can run each in UPDATE and DELETE.
func Ship(name string, f func(v string, r *Rand) string) *Value {
	v := &Value{Name: name, Make: f}
	shipped.mu.Lock()
	defer shipped.mu.Unlock()
	if shipped.m == nil {
		shipped.m = map[string]*Value{}
	}
	if shipped.m[name] != nil {
		panic("probe: value " + name + " is shipped twice")
	}
	shipped.m[name] = v
	return v
}

// Values lists every shipped shape of value by name.
func Values() []*Value {
	shipped.mu.Lock()
	defer shipped.mu.Unlock()
	var out []*Value
	for _, v := range shipped.m {
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b *Value) int { return strings.Compare(a.Name, b.Name) })
	return out
}
