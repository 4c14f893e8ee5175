package login

import (
	"testing"

	"miseban/internal/check/checktest"
)

func TestSuite(t *testing.T) {
	checktest.Run(t, Suite, checktest.Own("user-enumeration", "lockout", "host-header-reset", "change-notified")) // TestMembers
	checktest.CVSS(t, Suite)
	checktest.Silent(t, Suite)
}
