package robust

import (
	"testing"

	"miseban/internal/check/checktest"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	// Times and numbers of a crawl cannot be written down as answers.
	checktest.Run(t, Suite, checktest.Own("crawler-tolerance", "slow-page"))
	checktest.CVSS(t, Suite)
	checktest.Silent(t, Suite)
}
