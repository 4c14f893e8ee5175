package probe

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/wire"
)

func itoa(i int) string { return strconv.Itoa(i) }

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// json is the body of a JSON target with value (or s.tree) in its place.
func (t *Target) json(value string, s *sending) []byte {
	var to any = value
	if s.tree != nil {
		to = s.tree
	}
	v := replaced(t.tree, t.steps, to)
	if s.name != "" && len(t.steps) > 0 {
		if m, ok := v.(map[string]any); ok && len(t.steps) == 1 {
			delete(m, t.steps[0])
			m[s.name] = to
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("{}")
	}
	return b
}

// gap marks the place of the value in the body of an XML target.
const gap = "\x00"

func (t *Target) xmlBody(value string) []byte {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(value)) // a Buffer never fails
	return []byte(strings.Replace(t.xml, gap, b.String(), 1))
}

// XML is the body of an XML target before and after the place of its value.
func (t *Target) XML() (before, after string, ok bool) {
	if t.Via != ViaXML {
		return "", "", false
	}
	return strings.Cut(t.xml, gap)
}

// multipart writes the fields as multipart/form-data with a boundary that is
// the same in every run.
func (t *Target) multipart(r *wire.Request, fs []field) {
	boundary := "----miseban" + t.work.derive("boundary " + t.ID)[:16]
	var b bytes.Buffer
	quote := strings.NewReplacer(`\`, `\\`, `"`, `%22`, "\r", "%0D", "\n", "%0A")
	for _, f := range fs {
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", boundary, quote.Replace(t.charset(f.name)), t.charset(f.value))
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	r.Body = b.Bytes()
}
