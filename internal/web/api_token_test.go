package web

import (
	"strings"
	"testing"

	"miseban/internal/account"
)

// TestTokenPages: a token is made by somebody who proved who he is, shown
// once, kept as a fingerprint, listed, and revoked.
func TestTokenPages(t *testing.T) {
	t.Parallel()
	w := settled(t)
	boss := w.as(w.people[account.Executive])
	boss.get("/account/tokens").wants(t, 200, "API トークンはまだありません。")
	boss.get("/account/tokens/new").wants(t, 200, "findings:write", "権限の確認")
	boss.post("/account/tokens", "name", " ", "days", "366").wants(t, 422, "トークンの名前を入力", "1つ以上選んで", "365 日までの一覧から")
	boss.post("/account/tokens", "name", "CI", "days", "30", "scope", "diagnoses:write").wants(t, 422, "診断を求める権限があること")
	made := boss.post("/account/tokens", "name", "夜間の集計", "days", "30", "scope", "shops:read", "scope", "everything", "scope", "diagnoses:write", "authority", "yes").wants(t, 201, "もう一度は表示できません")
	secret := made.between(t, `id="token">`, "</code>")
	k, err := w.db.APIToken(t.Context(), account.Fingerprint(secret))
	if err != nil || k.Person != w.people[account.Executive].ID || len(k.Scopes) != 2 || !k.Expires.Equal(w.now().AddDate(0, 0, 30)) {
		t.Fatalf("token %+v, %v", k, err)
	}
	list := boss.get("/account/tokens").wants(t, 200, "夜間の集計", "お店の情報を読む、診断を始める・中止する", "まだありません")
	if strings.Contains(list.body, secret) {
		t.Error("the list shows the secret")
	}
	boss.get("/audit").wants(t, 200, "API トークンを作成")
	revoke := "/account/tokens/" + string(k.ID) + "/revoke"
	w.as(w.people[account.Practitioner]).post(revoke).wants(t, 404)
	boss.post(revoke).wants(t, 303, "/account/tokens")
	boss.get("/account/tokens").wants(t, 200, "API トークンはまだありません。")
	boss.get("/audit").wants(t, 200, "API トークンを取り消し")

	w.pass(account.ConfirmedFor)
	boss.get("/account/tokens/new").wants(t, 303, "/confirm")
	boss.post("/account/tokens", "name", "CI", "days", "30", "scope", "shops:read").wants(t, 303, "/confirm")
	boss.get("/account/tokens").wants(t, 200)
}
