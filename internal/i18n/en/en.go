// Package en holds the English catalogue: flat maps from the Japanese source
// to English, one file a room. It is a package of its own so that a changed
// text is compiled into this one alone and not into everything above i18n.
package en

import "embed"

// Files are the catalogue's files.
//
//go:embed *.yaml
var Files embed.FS
