package web

import (
	"strconv"
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/notice"
	"miseban/internal/paper"
	"miseban/internal/store"
)

// TestReports: a report is made of the numbers as they are, follows them, and
// leaves what the office has written; its readers are told when it is given out.
func TestReports(t *testing.T) {
	t.Parallel()
	w := settled(t)
	ctx := t.Context()
	w.entered(6)
	panel, _ := w.convened()
	of := "/programmes/" + string(w.programme.ID) + "/committee/" + string(panel.ID)
	clerk := w.as(w.people[account.Clerk])
	clerk.get(of).wants(t, 200, "進捗報告・最終報告の下書きを作る")
	clerk.post(of+"/reports", "report", "yearly", "report-class", "committee").wants(t, 400)
	to := clerk.post(of+"/reports", "report", "final", "report-class", "committee").wants(t, 303, of+"/papers/").location
	id := account.ID(strings.TrimPrefix(to, of+"/papers/"))
	clerk.get(to).wants(t, 200, "事業の最終報告", "数字の更新", "6 件の応募", "脆弱性診断の進捗")
	if clerk.get(to).wants(t, 200); strings.Contains(clerk.get(to).body, "業種別の応募") {
		t.Error("a report tells what was not published")
	}

	// The office writes on; the numbers go on, too.
	actor, err := w.db.Actor(ctx, w.people[account.Clerk].ID)
	if err != nil {
		t.Fatal(err)
	}
	read := func() *paper.Paper {
		t.Helper()
		x, err := w.db.Paper(ctx, actor, id)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	x := read()
	part := x.Parts[0]
	part.Text = "事務局が書いた概要。"
	w.change(func(tx *store.Tx) error { return tx.SavePart(ctx, w.programme.Office, x, &part) })
	w.publishedStatistics()
	w.entered(1)
	clerk.post(to+"/figures", "revision", revisionOf(read())).wants(t, 303)
	clerk.get(to).wants(t, 200, "事務局が書いた概要。", "7 件の応募", "業種別の応募")
	clerk.post(to+"/figures", "revision", "1").wants(t, 409)

	// Given out: who has a seat is told, and its file has the numbers.
	clerk.post(to, "revision", revisionOf(read()), "act", "issue").wants(t, 303)
	list, err := w.db.Notices(ctx, w.people[account.Member].ID, "", true, 10)
	if err != nil || len(list) == 0 || list[0].Kind != notice.Papers || list[0].Path != "/papers/"+string(id) {
		t.Errorf("%+v %v", list, err)
	}
	if list, err := w.db.Notices(ctx, w.people[account.Executive].ID, "", true, 10); err != nil || len(list) > 0 && list[0].Kind == notice.Papers {
		t.Errorf("a stranger to the committee is told: %+v %v", list, err)
	}
	w.as(w.people[account.Member]).get("/papers/"+string(id)+"/pdf").wants(t, 200, "%PDF-")
	w.as(w.people[account.Member]).get("/papers/"+string(id)+"/word").wants(t, 200, "PK")
	clerk.post(to+"/figures", "revision", revisionOf(read())).wants(t, 409)
}

func revisionOf(x *paper.Paper) string { return strconv.Itoa(x.Revision) }
