package software

import (
	"testing"

	"miseban/internal/check/checktest"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	checktest.Run(t, Suite, checktest.Own("version-estimated"))
}

func TestCVSS(t *testing.T) {
	t.Parallel()
	checktest.CVSS(t, Suite)
}
