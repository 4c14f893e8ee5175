package wire

import (
	"bytes"
	"encoding/json"
	"strings"
)

// JSON masks every string of a JSON document by itself, so that no escape
// hides a secret and the document stays whole. A value under a telling name, in
// an object or beside it as name and value, is masked by that name; what looks
// like a cookie is masked as one. Bytes in base64 stay as they are.
func (m *Masker) JSON(b []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	out, err := json.Marshal(m.walk(v, ""))
	if err != nil {
		return nil, err
	}
	return m.replaceKnown(m.unsecretBytes(out, false)), nil // a cookie may stand behind the page that repeats it
}

func (m *Masker) walk(v any, field string) any {
	switch v := v.(type) {
	case string:
		if kind := fieldKind(field); kind == personField && v != "" && !strings.Contains(v, "://") || kind == secretField && looksSecret(v, field) {
			return m.Token(v)
		}
		return m.Text(v)
	case []any:
		for i := range v {
			v[i] = m.walk(v[i], field)
		}
	case map[string]any:
		named, cookie := nameOfPair(v)
		for k, x := range v {
			s, isString := x.(string)
			switch {
			case isString && cookie && strings.EqualFold(k, "value"):
				v[k] = m.cookieValue(s)
			case isString && named != "" && strings.EqualFold(k, "value"):
				v[k] = m.walk(s, named)
			default:
				v[k] = m.walk(x, k)
			}
		}
	}
	return v
}

// nameOfPair reads {"name": …, "value": …} and tells a cookie by its attributes.
func nameOfPair(v map[string]any) (name string, cookie bool) {
	for k, x := range v {
		switch strings.ToLower(k) {
		case "name", "key":
			if s, ok := x.(string); ok && !strings.Contains(s, ".") { // a host is no field
				name = s
			}
		case "httponly", "http_only", "samesite", "same_site", "domain", "secure":
			cookie = true
		}
	}
	return name, cookie && name != ""
}
