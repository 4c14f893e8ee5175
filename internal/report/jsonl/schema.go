package jsonl

import _ "embed"

//go:embed schema.json
var schema string

// Schema is the JSON Schema of a line.
func Schema() string { return schema }
