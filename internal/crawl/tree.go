package crawl

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// node is one value of a foreign JSON or YAML document. What is not there, or
// is of another type than hoped, is an empty node: reading never fails.
type node struct{ v any }

func tree(v any) node { return node{v} }

func (n node) none() bool { return n.v == nil }

// get is the member called key.
func (n node) get(key string) node {
	switch m := n.v.(type) {
	case map[string]any:
		return node{m[key]}
	case map[any]any:
		return node{m[key]}
	}
	return node{}
}

// keys are the members' names in order.
func (n node) keys() []string {
	switch m := n.v.(type) {
	case map[string]any:
		return slices.Sorted(maps.Keys(m))
	case map[any]any:
		var out []string
		for k := range m {
			out = append(out, fmt.Sprint(k))
		}
		slices.Sort(out)
		return out
	}
	return nil
}

func (n node) list() []node {
	l, ok := n.v.([]any)
	if !ok {
		return nil
	}
	out := make([]node, len(l))
	for i, v := range l {
		out[i] = node{v}
	}
	return out
}

// text is a scalar as text.
func (n node) text() string {
	switch v := n.v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}
