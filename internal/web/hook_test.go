package web

import (
	"encoding/json"
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/workflow"
)

// TestTicket hands a finding over to the shop's own receiver: only public
// addresses may be one, only who mends may send, only to an organisation of his
// own, and what becomes of the finding follows it.
func TestTicket(t *testing.T) {
	t.Parallel()
	w := settled(t)
	ctx := t.Context()
	f := w.found(w.shop.ID, "r1", "/a")[0]
	boss := w.people[account.Executive]
	org := "/organisations/" + string(w.shop.Organisation)
	at := findingURL(&f)
	w.as(boss).post(at+"/ticket", "organisation", string(w.shop.Organisation)).wants(t, 404)
	for _, bad := range []string{"", "http://hooks.example.jp/", "https://10.1.2.3/", "https://127.0.0.1:9000/", "https://a:b@hooks.example.jp/"} {
		w.as(boss).post(org+"/hook", "url", bad).wants(t, 422, "インターネットから届くアドレス")
	}
	w.as(boss).post(org+"/hook", "url", "https://hooks.example.jp/in").wants(t, 201, "whsec_")
	w.as(boss).get(org+"/hook").wants(t, 200, "https://hooks.example.jp/in")
	w.as(boss).get(at).wants(t, 200, "課題管理ツールへ送る")
	w.as(boss).post(at+"/ticket", "organisation", string(account.NewID())).wants(t, 403)
	w.as(w.people[account.Diagnostician]).post(at+"/ticket", "organisation", string(w.shop.Organisation)).wants(t, 403)
	w.as(boss).post(at+"/ticket", "organisation", string(w.shop.Organisation)).wants(t, 303)
	w.change(func(tx *store.Tx) error { return tx.MoveFinding(ctx, &f, workflow.Working, "", "") })
	list, err := w.db.HookSends(ctx, w.shop.Organisation, 10)
	if err != nil || len(list) != 2 {
		t.Fatal(len(list), err)
	}
	var moved, sent struct {
		Type string
		Data map[string]any
	}
	for i, into := range []any{&moved, &sent} {
		if err := json.Unmarshal([]byte(list[i].Body), into); err != nil {
			t.Fatal(err)
		}
	}
	if sent.Type != store.HookTicket || !strings.HasSuffix(sent.Data["url"].(string), at) || sent.Data["github"] == nil || sent.Data["jira"] == nil || sent.Data["backlog"] == nil || !strings.Contains(sent.Data["markdown"].(string), "# [") {
		t.Errorf("the ticket says %v", sent)
	}
	if moved.Type != store.HookMoved || moved.Data["before"] != string(workflow.New) || moved.Data["after"] != string(workflow.Working) || moved.Data["finding"] != string(f.ID) {
		t.Errorf("the change says %v", moved)
	}
	w.as(boss).get(org+"/hook").wants(t, 200, "検出事項のチケット", "状態の変化", "送信待ち")
	w.as(boss).post(org+"/hook/remove").wants(t, 303)
	w.as(boss).post(org+"/hook/test").wants(t, 404)
}
