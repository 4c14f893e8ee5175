package crawl_test

import (
	"testing"

	"miseban/internal/crawl/crawltest"
)

func TestCoverage(t *testing.T) {
	s := crawltest.Run(t, "testdata/coverage", nil)
	if s.Cases < 60 || s.Share() < 0.60 || s.Writes != 0 {
		t.Errorf("%d cases, %.0f %% found without a browser, %d writes; want ≥ 60 cases, ≥ 60 %%, 0 writes", s.Cases, 100*s.Share(), s.Writes)
	}
}
