package web

import (
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/store"
)

// onService gives the first shop's company a shop on a cart service.
func (w *world) onService() *account.Shop {
	w.t.Helper()
	x := &account.Shop{ID: account.NewID(), Organisation: w.shop.Organisation, State: account.Planned, Name: "借り棚の店", Method: "asp", Service: "yes", Package: "サンプルカート", Payments: []string{"link"}}
	w.change(func(tx *store.Tx) error { return tx.AddShop(w.t.Context(), x) })
	return x
}

// TestProviderPart: a shop on a service sees the provider's questions apart,
// gets the list to send, and its own word does not make them 適合.
func TestProviderPart(t *testing.T) {
	t.Parallel()
	w := settled(t)
	shop := w.onService()
	base := "/shops/" + string(shop.ID) + "/checklists/ipa-ec-2023"
	boss := w.as(w.people[account.Executive])
	page := boss.get(base+"/parts/build").wants(t, 200, `class="theirs"`, "提供者に求めるもの", "バックアップの対象と頻度", "分け方は原文未確認")
	own, theirs, ok := strings.Cut(page.body, `id="r-build-12"`)
	if !ok || !strings.Contains(theirs, `class="theirs"`) || !strings.Contains(own, `id="r-build-5"`) {
		t.Error("the provider's part does not stand apart")
	}
	w.change(func(tx *store.Tx) error {
		for _, q := range []string{"build-13-separate", "build-13-rights"} {
			if err := tx.SaveAnswer(t.Context(), shop.ID, &assessment.Answer{Edition: "ipa-ec-2023", Question: q, Value: guideline.Done}); err != nil {
				return err
			}
		}
		return nil
	})
	boss.get(base+"/requirements/build-13").wants(t, 200, "未確認", "サービス提供者の回答や資料がありません", "実施済（提供者の資料待ち）")
	boss.get(base).wants(t, 200, "サービス提供者の分", "提供者に確かめることの一覧")
	boss.get(base+"/provider").wants(t, 200, "カートASP・SaaSを利用", "サンプルカート", "ご担当者様", "項目のうち 0 項目が届いています")
	for _, ending := range []string{"/word", "/pdf"} {
		if f := boss.get(base+"/provider"+ending).wants(t, 200); len(f.body) < 5000 {
			t.Errorf("%s: %d bytes", ending, len(f.body))
		}
	}
	plain := "/shops/" + string(w.shop.ID) + "/checklists/ipa-ec-2023"
	boss.get(plain+"/provider").wants(t, 200, "提供者に確かめる項目はありません")
	boss.get(plain+"/provider/word").wants(t, 404)
	if p := boss.get(plain+"/parts/build").wants(t, 200); strings.Contains(p.body, `class="theirs"`) {
		t.Error("a shop on its own system has a provider")
	}
}

// TestConditionalQuestion: a question that depends on another comes when that
// is answered so, also for a script, goes again, and keeps its answer.
func TestConditionalQuestion(t *testing.T) {
	t.Parallel()
	w := settled(t)
	base := "/shops/" + string(w.shop.ID) + "/checklists/ipa-ec-2023"
	boss := w.as(w.people[account.Executive])
	shown := func() bool {
		return strings.Contains(boss.get(base+"/parts/operate").wants(t, 200).body, `id="q-operate-7-coverage"`)
	}
	if shown() {
		t.Error("asked before the question it depends on is answered")
	}
	boss.get(base+"/questions/operate-7-coverage").wants(t, 200, "この質問は、今は対象ではありません", "「サイバー保険に入っていますか。」に「実施済」か「一部実施」と答えたときだけ")
	boss.post(base+"/questions/operate-7-insurance", "value", "done", "revision", "0").wants(t, 303)
	if !shown() {
		t.Error("not asked although it should be")
	}
	boss.post(base+"/questions/operate-7-coverage", "value", "not-done", "revision", "0").wants(t, 303)
	boss.get(base+"/requirements/operate-7").wants(t, 200, "一部適合")
	part, _ := boss.script(base+"/questions/operate-7-insurance", "value", "not-done", "revision", "1")
	part.wants(t, 200, `id="w-operate-7-coverage" hx-swap-oob="true"`)
	if strings.Contains(part.body, "q-operate-7-coverage") || shown() {
		t.Error("still asked")
	}
	boss.get(base+"/requirements/operate-7").wants(t, 200, "不適合")
	again, _ := boss.script(base+"/questions/operate-7-insurance", "value", "done", "revision", "2")
	again.wants(t, 200, `id="q-operate-7-coverage"`, "未実施")
	boss.get(base+"/requirements/operate-7").wants(t, 200, "一部適合")
}

// TestSpecification: a shop that is being planned gets its requirements as a
// specification to fill in, without anything that it answered.
func TestSpecification(t *testing.T) {
	t.Parallel()
	w := settled(t)
	shop := w.onService()
	const secret = "この答えは外に出ません"
	w.change(func(tx *store.Tx) error {
		for edition, q := range map[string]string{"card-security-6": "card-1-address", "ipa-ec-2023": "build-4-admin"} {
			if err := tx.SaveAnswer(t.Context(), shop.ID, &assessment.Answer{Edition: edition, Question: q, Value: guideline.Alternative, Reason: secret}); err != nil {
				return err
			}
		}
		return nil
	})
	base := "/shops/" + string(shop.ID)
	boss := w.as(w.people[account.Executive])
	boss.get(base).wants(t, 200, base+"/specification")
	page := boss.get(base+"/specification").wants(t, 200, "管理者画面や管理用ソフトウェアへ接続する端末を制限する", "区分は原文未確認", "診断で見つからないこと", "資料で確かめる", "EMV 3-D セキュアの導入", "サービスがどう満たすか")
	if strings.Contains(page.body, "組織全体の対応方針を定める") {
		t.Error("what the executive decides is asked of the builder")
	}
	files := map[string]string{"": page.body}
	for _, ending := range []string{"excel", "word"} {
		files[ending] = unzipped(t, boss.get(base+"/specification/"+ending).wants(t, 200).body)
		for _, want := range []string{"対応可否", "費用", "備考", "○ 対応する", "接続する端末を制限する", "原文未確認"} {
			if !strings.Contains(files[ending], want) {
				t.Errorf("%s does not hold %q", ending, want)
			}
		}
	}
	if !strings.Contains(files["excel"], "dataValidation") {
		t.Error("nothing can be chosen from a list")
	}
	for name, body := range files {
		if strings.Contains(body, secret) {
			t.Errorf("%q holds an answer", name)
		}
	}
	if f := boss.get(base+"/specification/pdf").wants(t, 200); !strings.HasPrefix(f.body, "%PDF") {
		t.Error("no PDF")
	}
	own := boss.get("/shops/"+string(w.shop.ID)+"/specification").wants(t, 200)
	if strings.Contains(own.body, "サービスがどう満たすか") {
		t.Error("a shop on its own system has a provider")
	}
}
