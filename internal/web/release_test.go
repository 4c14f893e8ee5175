package web

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/store"
)

// TestHeld: what a shop answers to the card industry's checklist is seen by
// nobody of the office on any page, in any file, list or search, nor through
// the API, until the executive releases it, and never after that is taken back.
func TestHeld(t *testing.T) {
	if testing.Short() {
		t.Skip("many cases of the same code")
	}
	t.Parallel()
	w := settled(t)
	ctx := t.Context()
	const edition, question = "card-security-6", "card-1-address"
	// What is searched for comes back in its field, and may be marked where it was found; the rest of the secret tells.
	const told, asked = "青い鍵の代わりに", "赤い錠"
	const secret = told + asked
	var doc *store.Evidence
	if err := w.db.Change(ctx, w.people[account.Practitioner].ID, w.now(), func(tx *store.Tx) error {
		if err := tx.SaveAnswer(ctx, w.shop.ID, &assessment.Answer{Edition: edition, Question: question, Value: guideline.Alternative, Reason: secret}); err != nil {
			return err
		}
		if err := tx.AddAnswerComment(ctx, w.shop.ID, edition, question, secret); err != nil {
			return err
		}
		doc = &store.Evidence{Name: secret + ".txt", Media: "text/plain"}
		return tx.AddEvidence(ctx, w.shop.ID, edition, question, doc, []byte(secret))
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.db.Change(ctx, w.people[account.Diagnostician].ID, w.now(), func(tx *store.Tx) error {
		return tx.AddOverrule(ctx, w.shop.ID, &assessment.Overrule{Edition: edition, Requirement: "card-1", Verdict: "met", Note: secret, Rule: "partly"})
	}); err != nil {
		t.Fatal(err)
	}
	at := "/shops/" + string(w.shop.ID) + "/checklists"
	one := at + "/" + edition
	outsiders := []account.Role{account.Clerk, account.Approver, account.Observer, account.Operator, account.Member}
	names := strings.NewReplacer("{shop}", string(w.shop.ID), "{organisation}", string(w.orgs[account.Office].ID), "{edition}", edition, "{question}", question, "{requirement}", "card-1", "{part}", "weakness", "{evidence}", string(doc.ID))
	look := func(r account.Role, seen bool) {
		t.Helper()
		v := w.as(w.people[r])
		found := false
		for i := range table {
			rt := &table[i]
			if rt.method != "GET" || rt.pattern == "/setup" || strings.HasSuffix(rt.pattern, "/events") || rt.open {
				continue
			}
			path := names.Replace(rt.pattern)
			if strings.Contains(path, "{") {
				continue
			}
			queries := []string{""}
			if !strings.Contains(rt.pattern, "{") {
				queries = append(queries, "?q="+asked)
			}
			for _, query := range queries {
				rep := v.get(path + query)
				body := rep.body
				if strings.HasPrefix(rep.body, "PK") {
					body = unzipped(t, rep.body)
				}
				if strings.Contains(body, told) {
					found = true
					if !seen {
						t.Errorf("%s reads the answer at %s%s", r, path, query)
					}
				}
			}
		}
		if found != seen {
			t.Errorf("%s: the answer is found: %v, want %v", r, found, seen)
		}
		p := w.program(w.people[r])
		for _, path := range []string{"", "/" + edition} {
			a := p.ask("GET", apiRoot+"/shops/"+string(w.shop.ID)+"/checklists"+path, nil)
			if got := bytes.Contains(a.body, []byte(secret)); got && !seen || path == "" && a.code == 200 && !seen && bytes.Contains(a.body, []byte(`"answered":1`)) {
				t.Errorf("%s is told by the API: %s", r, a.body)
			}
			if path != "" && !seen && a.code == http.StatusOK {
				t.Errorf("%s reads the checklist by the API", r)
			}
		}
	}
	look(account.Executive, true)
	w.as(w.people[account.Diagnostician]).get(one+"/questions/"+question).wants(t, 200, secret)
	for _, r := range outsiders {
		look(r, false)
	}
	w.as(w.people[account.Clerk]).get(one).wants(t, 403, "お店が公開していません")
	w.as(w.people[account.Clerk]).get(at).wants(t, 200, "お店が公開していません")
	for _, r := range []account.Role{account.Practitioner, account.Maintainer, account.Diagnostician, account.Clerk} {
		w.as(w.people[r]).post(one+"/release").wants(t, 403)
	}
	boss := w.as(w.people[account.Executive])
	boss.get(one).wants(t, 200, "事務局には見えません")
	boss.get(one+"/questions/"+question).wants(t, 200, ">はい", ">いいえ", "該当なし", "代替策あり")
	boss.post(at+"/ipa-ec-2023/release").wants(t, 404)
	boss.post(one+"/release").wants(t, 303)
	boss.post(one+"/release").wants(t, 303)
	boss.get(one).wants(t, 200, "事務局に公開しています")
	look(account.Clerk, true)
	look(account.Member, false)
	boss.post(one+"/take-back").wants(t, 303)
	boss.get(one).wants(t, 200, "事務局には見えません", "公開の記録")
	look(account.Clerk, false)
	look(account.Observer, false)
	// Released once more, and by whom and when is on record.
	w.pass(1e9)
	boss.post(one+"/release").wants(t, 303)
	if list, err := w.db.Releases(ctx, w.shop.ID, edition); err != nil || len(list) != 2 || list[0].By != w.people[account.Executive].ID || list[1].TakenBack.IsZero() {
		t.Errorf("%+v %v", list, err)
	}
	if n, err := w.db.VerifyAudit(ctx); err != nil || n == 0 {
		t.Error(n, err)
	}
	w.as(w.people[account.Executive]).get("/shops/"+string(w.shop.ID)+"/audit").wants(t, 200, "チェックリストの回答を公開", "公開を取りやめ")
}
