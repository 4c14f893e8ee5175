package web

import (
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/store"
)

// TestClosingPages: from the retention to the certificate of deletion, by two
// people of the office; nobody else comes near.
func TestClosingPages(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.entered(2)
	url := "/programmes/" + string(w.programme.ID) + "/closing"
	clerk, second, official := w.as(w.people[account.Clerk]), w.as(w.people[account.Approver]), w.as(w.official())
	clerk.get(url).wants(t, 200, "先に、保存期間を決め")
	clerk.post(url, "revision", "0", "public", "10", "committee", "5", "closed", "0").wants(t, 400)
	clerk.post(url, "revision", "0", "public", "10", "committee", "5", "closed", "1").wants(t, 303, url)
	clerk.post(url+"/ask", "revision", "1").wants(t, 409, "事業の状態を「終了」に")
	w.programme.State = programme.Ended
	w.change(func(tx *store.Tx) error {
		p, err := w.db.Programme(t.Context(), w.programme.ID)
		if err != nil {
			return err
		}
		p.State = programme.Ended
		return tx.SaveProgramme(t.Context(), p)
	})
	page := clerk.post(url+"/ask", "revision", "1").wants(t, 201, "あなたの合言葉")
	half := page.between(t, `id="closing-half">`, "<")
	if r := clerk.get(url); strings.Contains(r.body, half) {
		t.Error("the half of the passphrase is shown twice")
	}
	clerk.post(url+"/approve", "revision", "2").wants(t, 409, "申請した人は承認できません")
	official.post(url+"/approve", "revision", "2").wants(t, 403)
	second.post(url+"/approve", "revision", "1").wants(t, 409)
	second.post(url+"/approve", "revision", "2").wants(t, 201, "あなたの合言葉", "保管ファイルを保存する")
	second.get(url+"/archive").wants(t, 200, "age-encryption.org")
	official.get(url+"/archive").wants(t, 403)
	clerk.get(url).wants(t, 200, "保存期間中")
	clerk.post(url+"/deletions", "revision", "3", "class", "closed").wants(t, 409)

	w.pass(366 * 24 * time.Hour)
	clerk, second = w.as(w.people[account.Clerk]), w.as(w.people[account.Approver])
	clerk.get(url).wants(t, 200, "消去を申請する")
	clerk.post(url+"/deletions", "revision", "3", "class", "closed").wants(t, 303, url)
	to := url + "/deletions/" + second.get(url).wants(t, 200, "承認して消す").between(t, `action="`+url+`/deletions/`, `"`)
	clerk.post(to, "revision", "3", "act", "delete").wants(t, 409, "申請した人は承認できません")
	clerk.get(to+"/pdf").wants(t, 404)
	second.post(to, "revision", "3", "act", "delete").wants(t, 303)
	clerk.get(url).wants(t, 200, "に消去しました", "消去証明書（PDF）")
	clerk.get(to+"/pdf").wants(t, 200, "%PDF-")
	if n := w.stages(); len(n) != 0 {
		t.Errorf("applications are left: %v", n)
	}
}
