package web

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/store"
)

// board adds cases to the world's programme that have gone different ways, and
// says how they stand: the first is at Step 1, the second at Step 2.
func (w *world) board() []programme.Case {
	w.t.Helper()
	ctx := w.t.Context()
	known := &programme.Facts{}
	known.Of(programme.Selected)
	known.State("self-check", "environment", "minutes", "hosting", "windows", "accounts", "waf", "call", "released", "met", "settled", "followed-up")
	known.Consent, known.Diagnosed, known.Ineligible, known.Passed = true, true, true, true
	ways := []string{"step1", "step1 step2", "step1 step2 step3", "end:not-chosen", "step1 declined"}
	cases := make([]programme.Case, len(ways))
	w.change(func(tx *store.Tx) error {
		tx.By = w.people[account.Clerk].ID
		in := tx.Cases(w.programme.ID, w.programme.Office)
		for i, way := range ways {
			x := programme.Case{Application: account.NewID(), Number: fmt.Sprintf("%05d", i+1), Name: fmt.Sprintf("見本のお店 %d", i+1), Shop: w.shop.ID, Organisation: w.shop.Organisation}
			if i > 1 {
				x.Shop, x.Organisation = "", ""
			}
			c, err := in.Begin(ctx, x)
			for _, key := range append([]string{"eligibility", "selection"}, strings.Fields(way)...) {
				if err != nil {
					return err
				}
				c, err = in.Move(ctx, c.ID, c.Step, programme.Wish{Key: key, Roles: []account.Role{account.Clerk, account.Approver}, Facts: known, Reason: "電話で確かめた"})
			}
			if err == nil && c.Step.Open() {
				c, err = in.Replan(ctx, c.ID, c.Step, map[programme.Step]time.Time{c.Step: noon.AddDate(0, 0, 10*i-5), programme.Step5: noon.AddDate(0, 3, 0)}, "")
			}
			if err != nil {
				return err
			}
			cases[i] = c
		}
		p, office := w.programme.ID, w.programme.Office
		return errors.Join(
			tx.AddCaseNote(ctx, p, office, &store.CaseNote{Case: cases[1].ID, Kind: programme.NoteCall, At: noon, Words: "診断の時間帯を相談した。"}),
			tx.AddCaseNote(ctx, p, office, &store.CaseNote{Case: cases[1].ID, Kind: programme.NotePromise, At: noon, Due: "2026-11-20", Words: "テスト用アカウントを作る。"}),
			tx.StateFact(ctx, p, office, &store.CaseFact{Case: cases[1].ID, Key: "call", Words: "担当の山田様が電話に出た。"}),
		)
	})
	return cases
}

// TestBoard: the counts and the cases of a programme, as they are and as they
// were, and what is done to several at once.
func TestBoard(t *testing.T) {
	t.Parallel()
	w := settled(t)
	cases := w.board()
	url := "/programmes/" + string(w.programme.ID) + "/board"
	clerk := w.as(w.people[account.Clerk])
	clerk.get(url).wants(t, 200, "3 サイト中", "2 サイト完了", "期限超過", "見本のお店 5", "お店の対応待ち")
	clerk.get(url+"?step=step2").wants(t, 200, "見本のお店 2")
	if r := clerk.get(url + "?step=step2"); strings.Contains(r.body, "見本のお店 3") {
		t.Error("a filter by step shows a case at another one")
	}
	clerk.get(url+"?at=2026-11-21").wants(t, 200, "2026-11-21 時点の進捗", "案件はまだありません")
	clerk.get(url+"?at=2026-11-22&q=見本").wants(t, 200, "いまの進捗", "見本のお店 1")
	clerk.get(url+"/plan").wants(t, 200, "計画と実績", `class="done"`)

	// The same for many: what one cannot do stops that one alone.
	clerk.post(url, "do", "plan", "day", "2026-12-24", "case", string(cases[0].ID), "case", string(cases[1].ID)).wants(t, 303, url)
	clerk.get(url+"?sort=due").wants(t, 200, "2026-12-24")
	clerk.post(url, "do", "next", "case", string(cases[0].ID), "case", string(cases[1].ID)).wants(t, 409, "セルフチェックが提出されている", "診断の同意書が有効である", "見本のお店 2")
	clerk.post(url, "do", "await", "awaits", "contractor", "case", string(cases[0].ID), "case", string(cases[3].ID)).wants(t, 409, "この段階では、この操作はできません")
	clerk.get(url+"?awaits=contractor").wants(t, 200, "見本のお店 1")
	clerk.post(url, "do", "owner", "owner", string(w.people[account.Approver].ID), "case", string(cases[0].ID)).wants(t, 303)
	clerk.post(url, "do", "owner", "owner", string(w.people[account.Executive].ID), "case", string(cases[0].ID)).wants(t, 400)
	clerk.post(url, "do", "next").wants(t, 303)
	clerk.post(url, "do", "next", "case", string(w.absent)).wants(t, 404)

	// A case of one programme is none of another.
	foreign := "/programmes/" + string(w.foreign.ID)
	clerk.get(foreign+"/cases/"+string(cases[0].ID)).wants(t, 404)
	w.as(w.people[account.Member]).get(url).wants(t, 403)
}

// TestCaseGoesOn: the buttons of a case are the moves of the table; what is
// stated by hand opens them; nobody states what another role must.
func TestCaseGoesOn(t *testing.T) {
	t.Parallel()
	w := settled(t)
	c := w.board()[0]
	url := "/programmes/" + string(w.programme.ID) + "/cases/" + string(c.ID)
	clerk, reviewer := w.as(w.people[account.Clerk]), w.as(w.people[account.Reviewer])
	clerk.get(url).wants(t, 200, "セルフチェックが提出されている", "条件が 2 件残っています", "「Step2 ヒアリング」へ進める", "辞退として終える", "5 日遅れ")
	clerk.post(url+"/move", "seen", "step1", "to", "step2").wants(t, 409, "更新できませんでした", "診断環境の質問にすべて回答がある")
	clerk.post(url+"/facts", "fact", "self-check", "words-self-check", "x").wants(t, 400) // the shop's record says it, and nobody else
	w.surrounded(c.ID)
	clerk.post(url+"/move", "seen", "step1", "to", "step2").wants(t, 409, "セルフチェックが提出されている")
	w.record(c.ID, programme.Record{Kind: programme.RecordHandIn, State: programme.IsHandedIn}, nil)
	clerk.get(url).wants(t, 200, "お店がセルフチェックを提出", "Step1 診断環境シート")
	reviewer.post(url+"/move", "seen", "step1", "to", "step2").wants(t, 409, "この段階では、この操作はできません")
	clerk.post(url+"/move", "seen", "step1", "to", "step2").wants(t, 303)
	clerk.post(url+"/move", "seen", "step1", "to", "step2").wants(t, 409, "ほかの人が先に変更しました")
	clerk.post(url+"/move", "seen", "step2", "to", "step1").wants(t, 409, "理由を入力してください")
	clerk.post(url+"/plan", "seen", "step2", "day-step2", "2026-12-01", "day-step3", "").wants(t, 303)
	clerk.post(url+"/owner", "seen", "step2", "owner", string(w.people[account.Clerk].ID), "reason", "異動のため").wants(t, 303)
	clerk.get(url).wants(t, 200, "あと 9 日", "事務局員 に変更", "異動のため", "応募を受け付け")

	clerk.post(url+"/notes", "kind", "promise", "words", "WAF の設定を送る").wants(t, 422, "いつまでの約束か")
	clerk.post(url+"/notes", "kind", "promise", "words", "WAF の設定を送る", "due", "2026-11-30").wants(t, 303)
	page := clerk.get(url).wants(t, 200, "WAF の設定を送る", "期限 2026-11-30")
	kept := url + "/notes/" + page.between(t, url+"/notes/", "/kept") + "/kept"
	clerk.post(kept).wants(t, 303)
	clerk.post(kept).wants(t, 409)
	clerk.get(url).wants(t, 200, "守られた 2026-11-22")
	for ending, head := range map[string]string{"/handover": "%PDF", "/handover/word": "PK"} {
		if r := clerk.get(url + ending); r.code != 200 || !strings.HasPrefix(r.body, head) {
			t.Errorf("%s: %d, %.20q", ending, r.code, r.body)
		}
	}
}

// TestCalendar: the address is a secret that ends when it is revoked, when a
// new one is made, and when its person leaves the programme.
func TestCalendar(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.board()
	page := "/programmes/" + string(w.programme.ID) + "/calendar"
	clerk := w.as(w.people[account.Clerk])
	clerk.get(page).wants(t, 200, "URL を発行する")
	address := func() string {
		t.Helper()
		_, path, ok := strings.Cut(clerk.post(page).wants(t, 200).between(t, `id="feed-url">`, "<"), "/calendars/")
		if !ok {
			t.Fatal("no address")
		}
		return "/calendars/" + path
	}
	first := address()
	anybody := w.visitor()
	got := anybody.get(first).wants(t, 200, "BEGIN:VCALENDAR\r\n", "DTSTART;VALUE=DATE:20261117\r\n", "00001 Step1 セルフチェック の期限", "00002 約束の期限", "END:VCALENDAR\r\n")
	if strings.Contains(got.body, "見本のお店") {
		t.Error("the calendar names shops")
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(got.body, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
	second := address()
	anybody.get(first).wants(t, 404)
	anybody.get(second).wants(t, 200)
	clerk.get(page).wants(t, 200, "最後に読まれた日時")
	clerk.post(page+"/revoke").wants(t, 303)
	anybody.get(second).wants(t, 404)
	clerk = w.as(w.people[account.Diagnostician])
	third := address()
	anybody.get(third).wants(t, 200)
	w.change(func(tx *store.Tx) error { return tx.RemoveBody(t.Context(), w.programme, w.orgs[account.Firm].ID) })
	anybody.get(third).wants(t, 404)
}

func TestFolded(t *testing.T) {
	t.Parallel()
	long := "SUMMARY:" + strings.Repeat("長い見出し", 20)
	got := folded(long)
	if back := strings.ReplaceAll(strings.TrimSuffix(got, "\r\n"), "\r\n ", ""); back != long {
		t.Errorf("unfolded: %q", back)
	}
	if got := escaped("a;b,c\\d\ne"); got != `a\;b\,c\\d\ne` {
		t.Errorf("%q", got)
	}
}
