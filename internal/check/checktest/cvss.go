package checktest

import (
	"strings"
	"testing"

	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"

	"miseban/internal/check"
)

// CVSS holds the vectors of a suite's checks against the standards: both are
// readable, none comes alone, and the v3.1 base score falls into the band of
// the severity that the check states.
func CVSS(t *testing.T, s *check.Suite) {
	t.Helper()
	for _, c := range s.Checks {
		if c.CVSS31 == "" && c.CVSS40 == "" {
			continue
		}
		v3, err := gocvss31.ParseVector(c.CVSS31)
		if err != nil {
			t.Errorf("%s: CVSS31 %q: %v", c.Name, c.CVSS31, err)
			continue
		}
		if _, err := gocvss40.ParseVector(c.CVSS40); err != nil {
			t.Errorf("%s: CVSS40 %q: %v", c.Name, c.CVSS40, err)
		}
		if band, _ := gocvss31.Rating(v3.BaseScore()); !strings.EqualFold(band, c.Severity.String()) {
			t.Errorf("%s: CVSS31 %q scores %.1f (%s), severity is %s", c.Name, c.CVSS31, v3.BaseScore(), band, c.Severity)
		}
	}
}
