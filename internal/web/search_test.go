package web

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/store"
	"miseban/internal/verdict"
	"miseban/internal/wire"
	"miseban/internal/workflow"
)

// written puts a word into everything that a search looks through below a
// shop, and names the page of each.
func (w *world) written(shop *account.Shop, word, run string) []string {
	w.t.Helper()
	ctx, at := w.t.Context(), "/shops/"+string(shop.ID)
	r := &diagnose.Run{ID: run, Shop: "https://tea.example.jp/", Started: w.now(), State: diagnose.Finished, Scope: &wire.Scope{Hosts: []string{"https://tea.example.jp"}, Level: wire.Safe, Authority: wire.Authority{Person: "山田 花子"}}}
	r.Results = []check.Result{{Check: "hsts", Verdict: verdict.NotMet, Findings: []check.Finding{{Check: "hsts", Where: "/" + word, Severity: check.Low, Confidence: check.Confirmed}}}}
	x := &store.Diagnosis{ID: account.NewID(), Shop: shop.ID, State: store.DiagnosisFinished, Plan: store.DiagnosisPlan{Level: wire.Safe}}
	w.change(func(tx *store.Tx) error {
		_, err := tx.MergeFindings(ctx, shop.ID, workflow.LookOf(r, checks.Catalogue))
		return errors.Join(err, tx.AddDiagnosis(ctx, x, r))
	})
	list, _, err := w.db.Findings(ctx, shop.ID, store.FindingFilter{Query: word})
	if err != nil || len(list) != 1 {
		w.t.Fatal(len(list), err)
	}
	order := &store.Instruction{To: w.people[account.Practitioner].ID, Task: word + "を確かめてください。", Due: "2026-12-10"}
	toFirm := &store.Instruction{To: w.orgs[account.Contractor].ID, Task: "委託先の方へ: " + word, Due: "2026-12-10"}
	mine := &store.Request{Shop: shop.ID, Organisation: w.orgs[account.Contractor].ID, Company: "外部委託先", Person: "田中", Mail: "t@example.jp", Due: "2026-12-05", Words: word}
	others := &store.Request{Shop: shop.ID, Company: word + "株式会社", Person: "鈴木", Mail: "s@example.jp", Due: "2026-12-05"}
	w.change(func(tx *store.Tx) error {
		tx.By = w.people[account.Executive].ID
		return errors.Join(tx.CommentFinding(ctx, &list[0], "電話で聞いた "+word), tx.AddAnswerComment(ctx, shop.ID, "ipa-ec-2023", "build-2-latest", word+"の件"),
			tx.AddInstruction(ctx, shop.ID, order), tx.AddInstruction(ctx, shop.ID, toFirm), tx.AddRequest(ctx, mine), tx.AddRequest(ctx, others))
	})
	f := at + "/findings/" + string(list[0].ID)
	return []string{f, f + "#history", at + "/checklists/ipa-ec-2023/questions/build-2-latest", at + "/checklists/instructions/" + string(order.ID), at + "/checklists/instructions/" + string(toFirm.ID),
		at + "/requests/" + string(mine.ID), at + "/requests/" + string(others.ID)}
}

var hitLink = regexp.MustCompile(`<li><a href="([^"]+)">`)

// hits are the pages to which a search leads.
func (v *visitor) hits(words string) []string {
	v.t.Helper()
	body := v.get("/search?q="+url.QueryEscape(words)).wants(v.t, 200).body
	_, body, _ = strings.Cut(body, "<main")
	var out []string
	for _, m := range hitLink.FindAllStringSubmatch(body, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return out
}

// TestSearchSight: everybody finds exactly those things whose pages open for
// him, in his own shop and in nobody else's; what is a stranger's changes
// nothing in what he is shown, not even a number.
func TestSearchSight(t *testing.T) {
	if testing.Short() {
		t.Skip("many cases of the same code")
	}
	t.Parallel()
	w := settled(t)
	const word = "すみれ堂七色"
	pages := append(w.written(w.shop, word, "r20261122-110000-aaaaa"), w.written(w.other, word, "r20261122-110000-bbbbb")...)
	foreign := w.written(w.other, "よそだけの言葉", "r20261122-110000-ccccc")
	for role, p := range w.people {
		v := w.as(p)
		var may []string
		for _, page := range pages {
			path, _, _ := strings.Cut(page, "#")
			if v.get(path).code == 200 {
				may = append(may, page)
			}
		}
		slices.Sort(may)
		diff(t, string(role), may, v.hits("スミレ堂七色"))
		for _, page := range foreign {
			if path, _, _ := strings.Cut(page, "#"); v.get(path).code == 200 {
				t.Errorf("%s opens %s", role, path)
			}
		}
		// A word of others' and one of nobody: the same answer but for the word.
		there, nowhere := v.get("/search?q="+url.QueryEscape("よそだけの言葉")), v.get("/search?q="+url.QueryEscape("どこにもない語"))
		if a, b := strings.ReplaceAll(there.body, "よそだけの言葉", "W"), strings.ReplaceAll(nowhere.body, "どこにもない語", "W"); strings.ReplaceAll(a, url.QueryEscape("よそだけの言葉"), "W") != strings.ReplaceAll(b, url.QueryEscape("どこにもない語"), "W") {
			t.Errorf("%s is told apart what is others' and what is nowhere", role)
		}
	}
	w.visitor().get("/search?q=x").wants(t, 303, "/sign-in")

	// A grant that is taken back takes the hits along.
	vendor := w.as(w.people[account.Maintainer])
	if len(vendor.hits(word)) == 0 {
		t.Fatal("the contractor finds nothing")
	}
	w.pass(account.SessionIdle / 2)
	given, err := w.db.Grants(t.Context(), w.shop.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range given {
		if g.As == account.AsContractor {
			w.change(func(tx *store.Tx) error { return tx.RevokeGrant(t.Context(), w.shop.ID, g.ID) })
		}
	}
	if h := vendor.hits(word); len(h) != 0 {
		t.Errorf("after the grant was taken back: %v", h)
	}
}

// TestSearchWords: Japanese without spaces, one letter, several words, titles
// of checks, requirements, days; signs of LIKE are letters.
func TestSearchWords(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.written(w.shop, "100%_オフ", "r20261122-110000-aaaaa")
	boss := w.as(w.people[account.Executive])
	shop := "/shops/" + string(w.shop.ID)
	for words, want := range map[string]string{
		"茶": shop, "山田": shop, "やまだ": shop, "ﾔﾏﾀﾞ": shop, "TEA.EXAMPLE": shop, "7000012050002": shop, "山田 茶舗": shop,
		"100%": shop + "/findings/", "%_おふ": shop + "/findings/", "hsts": shop + "/findings/", "HTTPS": shop + "/findings/",
		"2026-11-22": shop + "/diagnoses/", "2026/11/22": shop + "/diagnoses/", "r20261122-110000": shop + "/diagnoses/",
		"脆弱性診断": "/guidelines/", "バックアップ": "/guidelines/",
	} {
		if h := boss.hits(words); !slices.ContainsFunc(h, func(s string) bool { return s == want || strings.HasSuffix(want, "/") && strings.HasPrefix(s, want) }) {
			t.Errorf("%q finds %v, not %s", words, h, want)
		}
	}
	for _, none := range []string{"山田 鈴木商店", "100%オフ_", "\\", "' OR 1=1 --"} {
		boss.get("/search?q="+url.QueryEscape(none)).wants(t, 200, "見つかりませんでした")
	}
	boss.get("/search").wants(t, 200, "探す言葉")
	boss.get("/search?q=%00%ff%20").wants(t, 200, "探す言葉")
	boss.get("/").wants(t, 200, `action="/search"`)
	boss.get("/search?q="+url.QueryEscape(strings.Repeat("あ ", 300))).wants(t, 200)
	if r, n := boss.asked("/search?q=" + url.QueryEscape("の")); r.code != 200 || n > mostAsked {
		t.Errorf("%d, %d questions", r.code, n)
	}
}
