package script

import (
	"testing"

	"miseban/internal/check/checktest"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	checktest.Run(t, Suite, checktest.Own("script-from-unregistered-domain", "cloaked-redirect"))
	checktest.CVSS(t, Suite)
	checktest.Silent(t, Suite)
}
