package probe

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// layer is one coat around a value: encoded twice, base64, JSON in a text. The
// engine takes the coats off to see the value and puts them on again to send.
type layer struct {
	kind string // "url", "base64", "base64url", "json"
	tree any    // of "json"
	path []string
	pad  bool
}

// core takes coats off sample. A JSON object holds several values: each leaf is
// a core of its own.
func cores(sample string, depth int) []opened {
	plain := opened{value: sample}
	if depth == 0 || sample == "" {
		return []opened{plain}
	}
	wrap := func(l layer, inner []opened) []opened {
		for i := range inner {
			inner[i].layers = append([]layer{l}, inner[i].layers...)
		}
		return inner
	}
	if out := innerQuery(sample, depth); len(out) > 0 {
		return append(out, plain)
	}
	if tree, ok := asJSON(sample); ok {
		var out []opened
		leaves(tree, nil, func(path []string, v string) {
			for _, o := range cores(v, depth-1) {
				o.layers = append([]layer{{kind: "json", tree: tree, path: path}}, o.layers...)
				o.name = strings.Join(path, ".") + suffix(o.name)
				out = append(out, o)
			}
		})
		if len(out) > 0 {
			return out
		}
	}
	if d, err := url.PathUnescape(sample); err == nil && d != sample && strings.Count(sample, "%") <= strings.Count(d, "%")+len(sample)/3 && printable(d) {
		return wrap(layer{kind: "url"}, cores(d, depth-1))
	}
	if d, l, ok := asBase64(sample); ok {
		return wrap(l, cores(d, depth-1))
	}
	return []opened{plain}
}

// innerQuery opens the parameters of an address that is itself a value.
func innerQuery(sample string, depth int) []opened {
	at := strings.IndexByte(sample, '?')
	if at < 0 || !strings.HasPrefix(sample, "/") && !strings.HasPrefix(sample, "http") || strings.ContainsAny(sample, " <>\"'") {
		return nil
	}
	var out []opened
	rest := sample[at+1:]
	for from := 0; from <= len(rest) && len(out) < 5; {
		kv, _, more := strings.Cut(rest[from:], "&")
		k, v, ok := strings.Cut(kv, "=")
		if ok {
			start := at + 1 + from + len(k) + 1
			for _, o := range cores(unescape(v), depth-1) {
				o.layers = append([]layer{{kind: "inner", path: []string{sample[:start], sample[start+len(v):]}}}, o.layers...)
				o.name = unescape(k) + suffix(o.name)
				out = append(out, o)
			}
		}
		from += len(kv) + 1
		if !more {
			break
		}
	}
	return out
}

func suffix(s string) string {
	if s == "" {
		return ""
	}
	return "." + s
}

type opened struct {
	value  string
	name   string // path inside, for JSON
	layers []layer
}

// asBase64 takes off base64 only where what is inside is readable text and the
// coat is no word by accident.
func asBase64(s string) (string, layer, bool) {
	if len(s) < 4 || strings.ContainsAny(s, " .@:") {
		return "", layer{}, false
	}
	l := layer{kind: "base64", pad: strings.HasSuffix(s, "=") || len(s)%4 == 0}
	enc := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		l.kind, enc = "base64url", base64.RawURLEncoding
	}
	d, err := enc.DecodeString(strings.TrimRight(s, "="))
	if err != nil || !printable(string(d)) {
		return "", l, false
	}
	if strings.Trim(string(d), "0123456789") == "" && len(s)%4 == 0 && strings.Trim(s, "0123456789") != "" {
		return string(d), l, true // no word becomes a number by chance
	}
	if len(s) < 8 {
		return "", l, false
	}
	// A plain word decodes to noise; readable insides of some length are no accident.
	if _, ok := asJSON(string(d)); !ok && len(d) < 6 && !strings.HasSuffix(s, "=") {
		return "", l, false
	}
	return string(d), l, true
}

func printable(s string) bool {
	if s == "" || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\r' {
			return false
		}
	}
	return true
}

func asJSON(s string) (any, bool) {
	t := strings.TrimSpace(s)
	if t == "" || t[0] != '{' && t[0] != '[' {
		return nil, false
	}
	var v any
	d := json.NewDecoder(strings.NewReader(t))
	d.UseNumber()
	if d.Decode(&v) != nil || d.More() {
		return nil, false
	}
	return v, true
}

// leaves visits the texts and numbers of a JSON value in a stable order, at most 20.
func leaves(v any, path []string, f func(path []string, value string)) {
	n := 0
	var walk func(v any, path []string)
	walk = func(v any, path []string) {
		if n >= 20 || len(path) > 6 {
			return
		}
		at := func(k string) []string { return append(append([]string(nil), path...), k) }
		switch x := v.(type) {
		case map[string]any:
			for _, k := range sortedKeys(x) {
				walk(x[k], at(k))
			}
		case []any:
			for i, e := range x {
				if i < 2 {
					walk(e, at(itoa(i)))
				}
			}
		case string:
			n++
			f(path, x)
		case json.Number:
			n++
			f(path, x.String())
		case bool, nil:
		}
	}
	walk(v, path)
}

// close puts t's coats on again.
func (t *Target) close(value string) string { return t.closeIn(value, &sending{}) }

// bareWord stands for a value that is written into an object as it is.
const bareWord = "miseban-bare-word"

// InJSON says that t's value is the first one of an object that is itself the
// text of a value.
func (t *Target) InJSON() bool {
	for _, l := range t.layers {
		if l.kind == "json" {
			var first []string
			leaves(l.tree, nil, func(path []string, _ string) {
				if first == nil {
					first = path
				}
			})
			return slices.Equal(first, l.path)
		}
	}
	return false
}

// closeIn is close with what s asks of the outermost object: its text between
// two others, or the value in it as it is.
func (t *Target) closeIn(value string, s *sending) string {
	outer := slices.IndexFunc(t.layers, func(l layer) bool { return l.kind == "json" })
	for i := len(t.layers) - 1; i >= 0; i-- {
		switch l := t.layers[i]; l.kind {
		case "inner":
			value = l.path[0] + url.QueryEscape(value) + l.path[1]
		case "url":
			value = url.QueryEscape(value)
		case "base64":
			if l.pad {
				value = base64.StdEncoding.EncodeToString([]byte(value))
			} else {
				value = base64.RawStdEncoding.EncodeToString([]byte(value))
			}
		case "base64url":
			if l.pad {
				value = base64.URLEncoding.EncodeToString([]byte(value))
			} else {
				value = base64.RawURLEncoding.EncodeToString([]byte(value))
			}
		case "json":
			source, bare := value, s.bare && i == outer
			if bare {
				value = bareWord
			}
			b, err := json.Marshal(replaced(l.tree, l.path, value))
			if err == nil {
				value = plainJSON(string(b))
			}
			if bare {
				value = strings.Replace(value, `"`+bareWord+`"`, source, 1)
			}
			if i == outer {
				value = s.around[0] + value + s.around[1]
			}
		}
	}
	return value
}

// plainJSON writes the letters of a JSON text that are not ASCII as escapes, as
// PHP does: base64 of the rest holds no plus sign, which cookies lose.
func plainJSON(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, u)
		}
	}
	return b.String()
}

// replaced is v with another value at path. A number stays a number when the
// new value reads as one.
func replaced(v any, path []string, to any) any {
	if len(path) == 0 {
		if _, isNumber := v.(json.Number); isNumber {
			if s, ok := to.(string); ok {
				if _, err := json.Number(s).Int64(); err == nil {
					return json.Number(s)
				}
			}
		}
		return to
	}
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = e
		}
		out[path[0]] = replaced(x[path[0]], path[1:], to)
		return out
	case []any:
		out := append([]any(nil), x...)
		for i := range out {
			if itoa(i) == path[0] {
				out[i] = replaced(out[i], path[1:], to)
			}
		}
		return out
	}
	return v
}
