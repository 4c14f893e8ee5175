package form

import (
	"testing"

	"miseban/internal/check/checktest"
)

func TestSuite(t *testing.T) {
	checktest.Run(t, Suite, checktest.Own("csrf-verified", "method-override")) // TestVerified, TestMethodOverride
	checktest.CVSS(t, Suite)
	checktest.Silent(t, Suite)
}
