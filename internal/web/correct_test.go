package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/diagnose"
	"miseban/internal/perform"
	"miseban/internal/wire"
)

// TestCorrection: an office corrects a level that nobody had compared with the
// original; everybody reads it and why, what was diagnosed before keeps its
// revision, and who is too late is told.
func TestCorrection(t *testing.T) {
	t.Parallel()
	w := settled(t)
	const page = "/guidelines/ipa-ec-2023"
	old := &diagnose.Run{ID: "r20261121-120000-abcde", Shop: w.shop.URL, Started: noon, State: diagnose.Finished, Editions: map[string]string{"ipa-ec-2023": "3"}, Scope: &wire.Scope{Level: wire.Safe, Authority: wire.Authority{Person: "山田"}}}
	fresh := *old
	fresh.ID, fresh.Editions = "r20261121-120001-abcde", nil
	for _, r := range []*diagnose.Run{old, &fresh} {
		if err := w.db.CreateRun(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	clerk := w.as(w.people[account.Clerk])
	clerk.get(page+"/corrections").wants(t, 200, "原文未確認の項目", "of=build-1")
	form := clerk.get(page+"/corrections/new?of=build-1").wants(t, 200, "原文で確かめた値を記録する", "編集者の記憶")
	which := ""
	for _, part := range strings.Split(form.body, `name="change" value="`)[1:] {
		if name, rest, _ := strings.Cut(part, `"`); strings.Contains(rest[:min(len(rest), 900)], "<option value=\"needed\"") {
			which = name
		}
	}
	if which == "" {
		t.Fatal("the level cannot be corrected")
	}
	give := func(v *visitor, kv ...string) reply {
		return v.post(page+"/corrections/new", append([]string{"of", "build-1", "revision", "3", which, "needed"}, kv...)...)
	}
	give(clerk, "source-ja", "原文 PDF").wants(t, 422, "原文で確かめた項目に印を付けてください", "訂正の理由を", "原文 PDF")
	give(clerk, "source-ja", "原文 PDF", "ref", "p. 31", "reason", "表 3 と照合した", "change", which).wants(t, 303)
	give(clerk, "source-ja", "原文 PDF", "reason", "もう一度", "change", which).wants(t, 409, "ほかの人が先に訂正しました", `value="3.1"`)
	public := w.visitor().get(page).wants(t, 200, "第 3.1 改訂", "表 3 と照合した", "p. 31", w.orgs[account.Office].Name, "必須 → 必要")
	if strings.Contains(public.body, w.people[account.Clerk].Name+"<") || strings.Contains(public.body, page+"/corrections") {
		t.Error("everybody reads who it was, or is offered to correct")
	}
	w.as(w.people[account.Executive]).get("/shops/"+string(w.shop.ID)+"/checklists/ipa-ec-2023/requirements/build-1").wants(t, 200, "必要")
	for _, x := range []struct {
		run  *diagnose.Run
		want string
	}{{old, "データの第 3 改訂"}, {&fresh, "データの第 3.1 改訂"}} {
		doc, err := perform.Document(t.Context(), w.db, x.run, "ja")
		if err != nil {
			t.Fatal(err)
		}
		said := fmt.Sprint(doc.Sections[0].Blocks)
		if !strings.Contains(said, x.want) {
			t.Errorf("the report says %q", said)
		}
		for _, r := range doc.Requirements {
			if !r.LevelVerified && r.Level != "–" && r.Level != "原文未確認" {
				t.Errorf("%s/%s: nobody confirmed that it is %q", r.Edition, r.ID, r.Level)
			}
			if r.Edition == "ipa-ec-2023" && r.ID == "build-1" && (r.Level == "必要") != (x.run == &fresh) {
				t.Errorf("%s: the level is %q", x.want, r.Level)
			}
		}
	}
	w.pass(20 * time.Minute)
	late := give(clerk, "source-ja", "原文 PDF", "reason", "照合した", "change", which)
	if late.code == 303 && !strings.Contains(late.location, "confirm") || late.code == 200 {
		t.Errorf("corrected without a proof of who it is: %d %s", late.code, late.location)
	}
	list, err := w.db.Corrections(t.Context(), "ipa-ec-2023")
	if err != nil || len(list) != 1 {
		t.Errorf("%d corrections, %v", len(list), err)
	}
}

// TestLibraryPage: what is downloaded as a library is read again and compared;
// a broken file is told line by line.
func TestLibraryPage(t *testing.T) {
	t.Parallel()
	w := settled(t)
	clerk := w.as(w.people[account.Clerk])
	clerk.get("/guidelines/library").wants(t, 200, "ここでは何も保存しません")
	file := []byte(w.visitor().get("/guidelines/ipa-wkd/ciso-assistant").wants(t, 200, "urn:miseban:risk:framework:ipa-wkd").body)
	clerk.attachAs("/guidelines/library", "library", "wkd.yaml", file).wants(t, 200, "ウェブ健康診断仕様", "今ある版だけにある要件（0）", "内容の文が違う要件（0）")
	clerk.attachAs("/guidelines/library?as=file", "library", "wkd.yaml", file).wants(t, 200, "id: ipa-wkd", "verified: false")
	clerk.attachAs("/guidelines/library", "library", "wkd.yaml", []byte("name: [")).wants(t, 422, "wkd.yaml は読み込めません")
	clerk.attachAs("/guidelines/library", "library", "wkd.yaml", []byte("objects: {}")).wants(t, 422, "フレームワーク（objects の framework）がありません")
	w.as(w.people[account.Executive]).attachAs("/guidelines/library", "library", "wkd.yaml", file).wants(t, 403)
	for _, kind := range []string{"pdf", "word", "catalog", "profile", "data", "excel"} {
		if f := w.visitor().get("/guidelines/ipa-wkd/"+kind).wants(t, 200); len(f.body) < 2000 {
			t.Errorf("%s: %d bytes", kind, len(f.body))
		}
	}
}
