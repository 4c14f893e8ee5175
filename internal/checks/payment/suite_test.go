package payment

import (
	"testing"

	"miseban/internal/check/checktest"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	checktest.Run(t, Suite, nil)
	checktest.CVSS(t, Suite)
	checktest.Silent(t, Suite)
}
