package web

import (
	"net/http"
	"testing"

	"miseban/internal/account"
)

// TestCrowd: a shop cannot fill the queue that all shops share.
func TestCrowd(t *testing.T) {
	t.Parallel()
	w := settled(t)
	boss := w.as(w.people[account.Executive])
	base := "/shops/" + string(w.shop.ID) + "/diagnoses"
	for range mostOpen {
		boss.post(base, "level", "safe", "authority", "yes").wants(t, http.StatusSeeOther, base)
	}
	boss.post(base, "level", "safe", "authority", "yes").wants(t, http.StatusConflict, "このお店の診断がいくつも待っています")
}
