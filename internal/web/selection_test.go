package web

import (
	"bytes"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/programme/sample"
	"miseban/internal/selection"
	"miseban/internal/store"
)

// entered sends eligible applications to the programme of the world.
func (w *world) entered(n int) (all []*programme.Application) {
	w.t.Helper()
	for _, x := range sample.Applicants(10*n, "1") {
		if !x.Eligible || len(all) == n {
			continue
		}
		a := w.sendApplication(x.Mail, func(f *programme.Form) { *f = x.Form() })
		w.change(func(tx *store.Tx) error {
			return tx.MoveApplication(w.t.Context(), w.programme, a, programme.Eligible, programme.ByOffice, "")
		})
		all = append(all, a)
	}
	return all
}

// official is an approver of the ministry that takes part in the programme.
func (w *world) official() *account.Person {
	return w.person("省の承認者", w.orgs[account.Ministry], account.Approver)
}

func (w *world) stages() map[programme.Stage]int {
	w.t.Helper()
	n, err := w.db.ApplicationCounts(w.t.Context(), w.programme.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestSelectionPages: from the sealed seed to an approved choice, and a reserve
// that takes a place.
func TestSelectionPages(t *testing.T) {
	t.Parallel()
	w := settled(t)
	all := w.entered(12)
	clerk := w.as(w.people[account.Clerk])
	page := "/programmes/" + string(w.programme.ID) + "/selection"
	seed, err := w.db.SelectionSeed(t.Context(), w.programme.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.visitor().get("/calls/ec-2026").wants(t, 200, seed.Commitment)
	clerk.get(page).wants(t, 200, "封印中", seed.Commitment)
	clerk.post(page+"/runs", "places", "4").wants(t, 409, "まだ選定できません")

	w.pass(40 * 24 * time.Hour)
	own, official := w.as(w.people[account.Approver]), w.as(w.official())
	clerk = w.as(w.people[account.Clerk])
	clerk.get(page+"/new?places=4").wants(t, 200, "資格のある応募は 12 件です", `name="target-turnover-under-10m"`)
	clerk.post(page+"/runs", "places", "many").wants(t, 422, "1〜10000 の数字で入力してください。")
	clerk.post(page+"/runs", "places", "40").wants(t, 422, "選べる応募は 12 件で")
	first := clerk.post(page+"/runs", "places", "4", "reserves", "2", "rule-method", "even", "hard-name-0", "大きい店", "hard-in-0", "turnover:from-1b", "hard-max-0", "2").wants(t, 303, page+"/runs/").location
	before := w.db.Asked()
	clerk.get(first).wants(t, 200, "第 1 回の試算", "最適", `role="img"`, "大きい店", "選定・補欠", "4 / 2")
	if n := w.db.Asked() - before; n > mostAsked {
		t.Errorf("the choice asks the database %d times", n)
	}
	clerk.get(first+"?fate=waiting").wants(t, 200, "補欠の次の待機")
	clerk.get("/programmes/"+string(w.foreign.ID)+strings.TrimPrefix(first, "/programmes/"+string(w.programme.ID))).wants(t, 404)

	// A mark needs a reason without names; its cost is shown at once.
	clerk.post(first+"/marks", "do", "pin", "receipt", all[0].Receipt).wants(t, 422, "理由を 300 文字までで")
	clerk.post(first+"/marks", "do", "pin", "receipt", all[0].Receipt, "note", all[0].Form.Company+"のため").wants(t, 422, "名前などが含まれています")
	clerk.post(first+"/marks", "do", "bar", "receipt", "99999", "note", "理由").wants(t, 422, "受付番号「99999」")
	second := clerk.post(first+"/marks", "do", "pin", "receipt", all[0].Receipt, "note", "地域の代表として").wants(t, 303, page+"/runs/").location
	clerk.get(second).wants(t, 200, "第 1 回と比べて", "指定と除外がなければ、ずれは", "地域の代表として")
	clerk.get(page+"/compare?a="+last(first)+"&b="+last(second)).wants(t, 200, "第 1 回", "第 2 回", "指定・除外")
	clerk.post(second+"/marks", "do", "drop", "receipt", "99999").wants(t, 400)
	clerk.get(page+"/new?from="+last(second)).wants(t, 200, "指定・除外 1 件を引き継ぎます")

	// What is handed out is the record, to the byte, and makes itself again.
	b := []byte(clerk.get(second+"/record").wants(t, 200).body)
	r, err := selection.ReadRecord(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Rerun()
	var out bytes.Buffer
	if err != nil || selection.Write(&out, again) != nil || !bytes.Equal(out.Bytes(), b) {
		t.Errorf("the record does not make itself again: %v", err)
	}
	for _, a := range all {
		for _, s := range []string{a.Form.Company, a.Form.Host(), a.Mail, `"` + a.Receipt + `"`} {
			if bytes.Contains(b, []byte(s)) {
				t.Errorf("the record tells %q", s)
			}
		}
	}
	clerk.get(second+"/record?format=pdf").wants(t, 200, "%PDF")
	clerk.get(second+"/record?format=xlsx").wants(t, 200, "PK")
	clerk.get(second+"/record?format=exe").wants(t, 404)
	if n := strings.Count(own.get(page+"/log").wants(t, 200, r.Digest).body, "\n"); n != 2 {
		t.Errorf("the log has %d lines", n)
	}

	// Proposed by the office, approved by another organisation alone.
	clerk.post(second+"/propose", "note", "お願いします").wants(t, 303, page)
	clerk.post(first+"/propose").wants(t, 409, "先にほかの人が変更しました")
	proposal := official.get(page).wants(t, 200, "承認待ちの選定があります", "承認する").between(t, `/selection/proposals/`, `"`)
	if strings.Contains(own.get(page).wants(t, 200, "承認できるのは、次の組織の承認者です").body, `value="approve"`) {
		t.Error("the office's own approver is offered to approve")
	}
	answer := page + "/proposals/" + proposal
	own.post(answer, "act", "approve").wants(t, 403, "別の組織の承認者")
	clerk.post(answer, "act", "approve").wants(t, 403)
	official.post("/programmes/"+string(w.foreign.ID)+"/selection/proposals/"+proposal, "act", "approve").wants(t, 404)
	official.post(answer, "act", "return").wants(t, 303, page)
	official.post(answer, "act", "return", "answer", "業種の目標を見直してください").wants(t, 303, page)
	official.post(answer, "act", "approve").wants(t, 409)
	clerk.get(page).wants(t, 200, "差し戻し", "業種の目標を見直してください")
	clerk.post(second+"/propose").wants(t, 303)
	proposal = official.get(page).wants(t, 200).between(t, `/selection/proposals/`, `"`)
	clerk.post(page+"/proposals/"+proposal+"/take-back").wants(t, 303)
	official.post(page+"/proposals/"+proposal, "act", "approve").wants(t, 409)

	// Somebody withdraws: what was chosen before rests on others.
	w.change(func(tx *store.Tx) error {
		return tx.MoveApplication(t.Context(), w.programme, all[11], programme.Withdrawn, programme.ByApplicant, "")
	})
	clerk.post(second+"/propose").wants(t, 409, "選定をやり直してください")
	third := clerk.post(page+"/runs", "from", last(second), "places", "4", "reserves", "2").wants(t, 303).location
	clerk.post(third+"/propose").wants(t, 303)
	proposal = official.get(page).wants(t, 200).between(t, `/selection/proposals/`, `"`)

	// Two officials at once: one approval.
	other := w.as(w.person("もう1人の承認者", w.orgs[account.Ministry], account.Approver))
	var codes [2]int
	var wait sync.WaitGroup
	for i, v := range []*visitor{official, other} {
		wait.Go(func() { codes[i] = v.post(page+"/proposals/"+proposal, "act", "approve").code })
	}
	wait.Wait()
	if codes != [2]int{303, 409} && codes != [2]int{409, 303} {
		t.Errorf("two approve at once: %v", codes)
	}
	if n := w.stages(); n[programme.Selected] != 4 || n[programme.Reserve] != 2 || n[programme.NotSelected] != 5 {
		t.Errorf("stages %v", n)
	}
	clerk.post(page+"/runs", "places", "4").wants(t, 409, "選定はすでに承認されています")
	clerk.get(page).wants(t, 200, "選定は承認されています", w.orgs[account.Ministry].Name)
	if r, err = selection.ReadRecord(strings.NewReader(clerk.get(third+"/record").wants(t, 200).body)); err != nil {
		t.Fatal(err)
	}
	w.visitor().get("/calls/ec-2026").wants(t, 200, "公開した種", r.Call.Seed)
	w.reserveMovesUp(page, clerk, official, r, all)
}

// last is the end of an address.
func last(location string) string {
	u, _ := url.Parse(location)
	return u.Path[strings.LastIndex(u.Path, "/")+1:]
}

// reserveMovesUp lets a chosen shop withdraw: the applicant reads the result, the
// office proposes the reserve, the official approves.
func (w *world) reserveMovesUp(page string, clerk, official *visitor, r *selection.Record, all []*programme.Application) {
	t, ctx := w.t, w.t.Context()
	who := func(id string) *programme.Application {
		for _, a := range all {
			if selection.Pseudonym(r.Call.Seed, a.Receipt) == id {
				now, err := w.db.Application(ctx, w.programme.ID, a.ID)
				if err != nil {
					t.Fatal(err)
				}
				return now
			}
		}
		t.Fatalf("nobody is %s", id)
		return nil
	}
	leaves, next, after := who(r.Outcome.Chosen[0]), who(r.Outcome.Reserves[0]), who(r.Outcome.Reserves[1])
	token, print := account.NewToken()
	link := &programme.ApplicantLink{Mail: leaves.Mail, Lang: "ja", Expires: w.now().Add(time.Hour)}
	w.change(func(tx *store.Tx) error {
		if err := tx.AddApplicantLink(ctx, w.programme, link, print); err != nil {
			return err
		}
		return tx.ConfirmApplicant(ctx, w.programme, link)
	})
	applicant := w.visitor()
	own := "/apply/" + token + "/" + string(leaves.ID)
	applicant.get(own).wants(t, 200, "選定されました", r.Outcome.Chosen[0])
	clerk.get(page+"/reserves").wants(t, 200, "空いている枠はありません", next.Receipt)
	clerk.post(page+"/reserves", "application", string(next.ID)).wants(t, 409, "空いている枠がありません")
	applicant.post(own+"/withdraw").wants(t, 303)
	before := w.db.Asked()
	clerk.get(page+"/reserves").wants(t, 200, "4 のうち 3 が埋まっています", leaves.Receipt, "条件に合う最初の補欠")
	if n := w.db.Asked() - before; n > mostAsked {
		t.Errorf("the reserves ask the database %d times", n)
	}
	official.post(page+"/reserves", "application", string(next.ID)).wants(t, 403)
	clerk.post(page+"/reserves", "application", string(after.ID)).wants(t, 422, "このサイトを繰り上げる理由")
	clerk.post(page+"/reserves", "application", string(leaves.ID)).wants(t, 400)
	clerk.post(page+"/reserves", "application", string(next.ID)).wants(t, 303, page)
	proposal := official.get(page).wants(t, 200, next.Receipt+" の繰り上げ").between(t, `/selection/proposals/`, `"`)
	official.post(page+"/proposals/"+proposal, "act", "approve").wants(t, 303)
	official.post(page+"/proposals/"+proposal, "act", "approve").wants(t, 409)
	if n := w.stages(); n[programme.Selected] != 4 || n[programme.Reserve] != 1 {
		t.Errorf("after moving up %v", n)
	}
	if c, err := w.db.CaseOfApplication(ctx, w.programme.ID, next.ID); err != nil || c.Step != programme.Step1 {
		t.Errorf("the case of who moved up: %v, %v", c, err)
	}
}

// choiceSamples makes a choice among some applications, and one that waits for approval.
func (w *world) choiceSamples() map[string]string {
	w.t.Helper()
	ctx := w.t.Context()
	w.entered(8)
	later := w.programme.Until.AddDate(0, 0, 1)
	seed, err := w.db.OpenSeed(ctx, w.programme, later)
	if err != nil {
		w.t.Fatal(err)
	}
	f, err := w.db.Applied(ctx, w.programme)
	if err != nil {
		w.t.Fatal(err)
	}
	names := map[string]string{}
	var before account.ID
	for _, marks := range [][]selection.Mark{nil, {{ID: f.Applicants[4].Receipt, Pin: true, Note: "地域の代表として"}}} {
		o := &selection.Order{Places: 3, Seed: seed, Effort: selection.DefaultEffort, Marks: marks}
		call, err := f.Call(o)
		if err != nil {
			w.t.Fatal(err)
		}
		r, err := call.Select()
		if err != nil {
			w.t.Fatal(err)
		}
		x := &store.Selection{ID: account.NewID(), Parent: before, Basis: f.Basis(), Summary: *selection.Summarise(o, r)}
		if err := w.db.Change(ctx, w.people[account.Clerk].ID, later, func(tx *store.Tx) error { return tx.AddSelection(ctx, w.programme, x, r) }); err != nil {
			w.t.Fatal(err)
		}
		before = x.ID
		names["choice"] = string(x.ID)
	}
	return names
}
