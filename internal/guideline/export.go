package guideline

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Format is a form in which an edition can be exported.
type Format string

// The forms. YAML is what LoadDir reads back as <id>.yaml.
const (
	JSON Format = "json"
	YAML Format = "yaml"
)

// Export writes a whole edition as one document. Workbooks are made elsewhere
// from Rows.
func Export(e *Edition, f Format) ([]byte, error) {
	var b bytes.Buffer
	switch f {
	case JSON:
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(e); err != nil {
			return nil, fmt.Errorf("exporting %s: %w", e.ID, err)
		}
	case YAML:
		enc := yaml.NewEncoder(&b)
		enc.SetIndent(2)
		if err := enc.Encode(e); err != nil {
			return nil, fmt.Errorf("exporting %s: %w", e.ID, err)
		}
		if err := enc.Close(); err != nil {
			return nil, fmt.Errorf("exporting %s: %w", e.ID, err)
		}
	default:
		return nil, fmt.Errorf("format %q: choose json or yaml", f)
	}
	return b.Bytes(), nil
}
