package script

import (
	"strings"
	"testing"
	"time"
)

// TestHostile: a script made to exhaust its reader is read in bounded time.
func TestHostile(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"long chain":      "x" + strings.Repeat(".a", 20000) + ".b()",
		"chained calls":   "x" + strings.Repeat(".indexOf('checkout')", 3000),
		"long sum":        "x=" + strings.Repeat("'a'+", 20000) + "'b'",
		"nested sum":      "x=" + strings.Repeat("('a'+", 800) + "'b'" + strings.Repeat(")", 800),
		"paired sum":      "x=" + strings.Repeat("(a+(b", 400) + strings.Repeat("))", 400),
		"nested calls":    "x=" + strings.Repeat("atob(", 800) + "'aGVsbG8='" + strings.Repeat(")", 800),
		"doubling":        "var a0='" + strings.Repeat("x", 60000) + "';" + strings.Repeat("a0=a0+a0;", 3000),
		"nested lists":    "x=" + strings.Repeat("['a',", 400) + strings.Repeat("].join('')", 400),
		"brackets":        strings.Repeat("[", 5000),
		"braces":          strings.Repeat("{", 100000),
		"nested template": "x=" + strings.Repeat("`a${", 300) + strings.Repeat("}`", 300),
	} {
		began := time.Now()
		look(source)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}
