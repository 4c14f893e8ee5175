package diagnose

import (
	"cmp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// SeenPlaces counts the places of one kind into which the injection checks put values.
type SeenPlaces struct {
	Via    string `json:"via"`
	Tested int    `json:"tested"`
	// Members of the tested ones were found signed in.
	Members int `json:"members,omitempty"`
	Left    int `json:"left,omitempty"`
}

// SeenUntested is one handler with fields that got no value, and why.
type SeenUntested struct {
	Handler string       `json:"handler"` // "POST /contact"
	Names   []string     `json:"names"`
	Why     check.Reason `json:"why"`
	// InPart is set where the fields got values, but not those of every check.
	InPart bool `json:"in_part,omitempty"`
}

// places keeps what the injection checks worked on. A run whose checks did not
// look for places, because they were done before it was resumed, keeps what it had.
func (s *Seen) places(r *check.Runner, m *wire.Masker) {
	w, ok := check.Found(r, probe.Plan)
	if !ok || w == nil {
		return
	}
	s.Places, s.Untested = nil, nil
	count := map[string]*SeenPlaces{}
	of := func(via string) *SeenPlaces {
		if count[via] == nil {
			count[via] = &SeenPlaces{Via: via}
		}
		return count[via]
	}
	tested := map[string]bool{}
	for _, t := range w.Targets {
		if t.Closed() {
			continue
		}
		tested[t.Method+" "+t.URL.EscapedPath()+" "+string(t.Via)+" "+t.Name] = true
		n := of(string(t.Via))
		n.Tested++
		if t.Account != "" {
			n.Members++
		}
	}
	row := map[string]int{}
	for _, l := range w.Untested() {
		part := strings.SplitN(l.Target, " ", 4) // method, path, place, name
		if len(part) < 4 || tested[l.Target] && !l.InPart {
			continue
		}
		if !l.InPart {
			of(part[2]).Left++
		}
		handler := m.Text(part[0] + " " + part[1])
		key := handler + "\x00" + l.Why.Message
		i, ok := row[key]
		if !ok {
			i = len(s.Untested)
			row[key] = i
			s.Untested = append(s.Untested, SeenUntested{Handler: handler, Why: l.Why, InPart: l.InPart})
		}
		if name := m.Text(part[3]); !slices.Contains(s.Untested[i].Names, name) {
			s.Untested[i].Names = append(s.Untested[i].Names, name)
		}
	}
	for _, n := range count {
		s.Places = append(s.Places, *n)
	}
	slices.SortFunc(s.Places, func(a, b SeenPlaces) int {
		return cmp.Or(cmp.Compare(b.Tested, a.Tested), cmp.Compare(a.Via, b.Via))
	})
}
