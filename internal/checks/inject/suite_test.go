package inject

import (
	"testing"

	"miseban/internal/check/checktest"
)

// The sites of nearly all of these checks answer to what they are sent, so they are written in Go.
func TestChecks(t *testing.T) {
	own := map[string]bool{}
	for _, c := range Suite.Checks {
		own[c.Name] = c != DeserialisationHint
	}
	checktest.Run(t, Suite, own)
	checktest.CVSS(t, Suite)
}
