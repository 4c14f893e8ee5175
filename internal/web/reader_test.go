package web

import (
	"regexp"
	"strings"
	"testing"

	"miseban/internal/account"
)

// TestReader: everybody reads an edition; before a shop it shows how the shop
// stands, with links to its answers and findings, in few questions.
func TestReader(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.checklistSamples()
	nobody := w.visitor()
	nobody.get("/guidelines").wants(t, 200, "/guidelines/ipa-ec-2023", "/guidelines/ipa-wkd")
	page := nobody.get("/guidelines/ipa-ec-2023").wants(t, 200, "管理者画面や管理用ソフトウェアへ接続する端末を制限する", "原文未確認", "参考にした資料", "https://www.jadma.or.jp/contents/blog/ec_security1", "第 3 改訂", `class="places"`)
	if strings.Contains(page.body, "/shops/") || strings.Contains(page.body, "判定の根拠") {
		t.Error("the public page speaks of a shop")
	}
	nobody.get("/guidelines/ipa-ec-1999").wants(t, 404)
	if book := nobody.get("/guidelines/ipa-ec-2023/excel").wants(t, 200); !strings.HasPrefix(book.body, "PK") {
		t.Error("the checklist is no workbook")
	}
	own := "/shops/" + string(w.shop.ID) + "/checklists/ipa-ec-2023/reader"
	nobody.get(own).wants(t, 303)
	r, n := w.as(w.people[account.Practitioner]).asked(own)
	r.wants(t, 200, `href="#r-build-2" class="pin bad"`, "2 ×", "最新の状態にする。: 不適合", "関係する検出事項", "サポートの終わった PHP が動いている", "実施済（資料あり）", "/questions/build-2-latest", "/requirements/build-2")
	if n > mostQuestions+2 { // a run with its results is three
		t.Errorf("%d questions to the database", n)
	}
	for _, m := range regexp.MustCompile(`href="#(r-[^"]+)"`).FindAllStringSubmatch(r.body, -1) {
		if strings.Count(r.body, `id="`+m[1]+`"`) != 1 {
			t.Errorf("%s leads nowhere", m[1])
		}
	}
}
