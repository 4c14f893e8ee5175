package tls

import (
	"testing"

	"miseban/internal/check/checktest"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	var own []string
	for _, c := range surveyChecks {
		own = append(own, c.Name)
	}
	checktest.Run(t, Suite, checktest.Own(own...))
	checktest.CVSS(t, Suite)
}
