package report

import (
	"strings"
	"testing"

	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// said is all text of blocks, cell by cell.
func said(blocks []Block) string {
	var out []string
	for _, b := range blocks {
		switch b := b.(type) {
		case Heading:
			out = append(out, b.Text)
		case Prose:
			out = append(out, b.Markdown)
		case Facts:
			for _, r := range b.Rows {
				out = append(out, r.Name+": "+r.Value)
			}
		case Table:
			out = append(out, b.Caption)
			for _, r := range b.Rows {
				var cells []string
				for _, c := range r {
					cells = append(cells, c.Text)
				}
				out = append(out, strings.Join(cells, " | "))
			}
		}
	}
	return strings.Join(out, "\n")
}

// TestScopeOfAnActiveRun: who was signed in, what was tested and what not, what was written.
func TestScopeOfAnActiveRun(t *testing.T) {
	t.Parallel()
	run := &diagnose.Run{
		State: diagnose.Finished,
		Scope: &wire.Scope{Level: wire.Full, OOB: "198.51.100.7:8081", Accounts: []wire.Account{{Name: "a"}, {Name: "admin", Role: "admin"}}},
		Seen: diagnose.Seen{
			Accounts: []diagnose.SeenAccount{
				{Name: "a", SignedIn: true, Way: signin.ByForm, Door: "https://shop.example/mypage/login", Proof: "https://shop.example/mypage", Cost: signin.Cost{Proofs: 7, Losses: 1},
					Pages: []diagnose.SeenPage{{URL: "https://shop.example/mypage", Kind: page.MyPage, Status: 200}, {URL: "https://shop.example/mypage/gone", Kind: page.Other, Status: 404}}},
				{Name: "admin", Role: "admin", Why: check.Reason{Message: "パスワードのほかに確認コードを求められるため、サインインできません。二要素認証を使わないテスト用アカウントを用意してください。"}},
			},
			Places: []diagnose.SeenPlaces{{Via: "query", Tested: 12, Members: 2, Left: 1}, {Via: "form", Left: 2}},
			Untested: []diagnose.SeenUntested{{Handler: "POST /contact", Names: []string{"name", "message"}, Why: check.Reason{Message: "登録や変更につながるおそれがあるため、値を入れた確認をしていません。"}},
				{Handler: "GET /item", Names: []string{"id"}, InPart: true, Why: check.Reason{Message: "時間のため。"}}},
		},
		Results: []check.Result{{Check: "x", Notes: []check.Note{
			{Kind: "created", Where: "/review", Args: i18n.Args{"parameter": "comment", "value": "mbn3f\r\nX"}}, {Kind: "created", Where: "/voices", Args: i18n.Args{"parameter": "name", "value": "mbn4a", "record": "1", "removed": "yes"}}, {Kind: "left", Where: "/mypage/change", Args: i18n.Args{"field": "name02"}},
			{Kind: "sign-in", Where: "/mypage/login", Args: i18n.Args{"tries": "10"}}, {Kind: "sign-in", Where: "/mypage/login", Args: i18n.Args{"sign": "code"}},
		}}},
	}
	in := Input{Zone: Tokyo(), Suites: []*check.Suite{{Name: "s", Checks: []*check.Check{{Name: "x"}}}}}
	for lang, want := range map[i18n.Lang][]string{
		i18n.JA: {
			"a（会員） | できました | ログイン画面のフォームから\nログイン画面: https://shop.example/mypage/login", "| 1 | 7（途中で 1 回切れ、ログインし直しました）", "admin（管理者） | できませんでした | パスワードのほかに",
			"https://shop.example/mypage | マイページ | a", "アドレスのパラメータ（? 以降） | 12 | 2 | 1", "POST /contact | name、message | 登録や変更", "GET /item | id | 時間のため。", "待ち受け（198.51.100.7:8081）",
			`/review | comment | mbn3f\r\nX | 残っている可能性 | 見出し`, `/voices | name | mbn4a | 削除しました | 見出し`, "/mypage/change | テスト用アカウントの「name02」が", "テスト用アカウントで 10 回",
		},
		i18n.EN: {"a (customer) | Signed in | By the form of the sign-in page", "7 (lost 1 time and signed in again)", "admin (administrator) | Not possible", "Field of a form | 0 | 0 | 2", "10 times with the test account"},
	} {
		b := &builder{a: &assessment.Assessment{Run: run}, in: in, lang: lang, doc: &Document{}, texts: map[string]check.Text{"x": {Title: "見出し"}}}
		all := said(append(append(b.signedIn(), b.tested()...), b.records()...))
		for _, w := range want {
			if !strings.Contains(all, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, all)
			}
		}
		if strings.Contains(all, "gone") || strings.Contains(all, "code") && lang == i18n.EN && strings.Contains(all, "| code") {
			t.Errorf("%s: a page that was not there, or a note that is no record, is shown:\n%s", lang, all)
		}
	}
}

// TestOnlyUntimed: where nothing but the clock was left out, no place is said
// to have got no value.
func TestOnlyUntimed(t *testing.T) {
	t.Parallel()
	run := &diagnose.Run{State: diagnose.Finished, Scope: &wire.Scope{Level: wire.Active}, Seen: diagnose.Seen{
		Places:   []diagnose.SeenPlaces{{Via: "query", Tested: 1}},
		Untested: []diagnose.SeenUntested{{Handler: "GET /item", Names: []string{"id"}, InPart: true, Why: check.Reason{Message: "時間のため。"}}},
	}}
	b := &builder{a: &assessment.Assessment{Run: run}, lang: i18n.JA, doc: &Document{}}
	var captions []string
	for _, x := range b.tested() {
		if t, ok := x.(Table); ok && t.Caption != "" {
			captions = append(captions, t.Caption)
		}
	}
	if len(captions) != 1 || !strings.HasPrefix(captions[0], "応答時間を測らなかった場所") {
		t.Errorf("captions %q", captions)
	}
}

// TestMemberLimits: what of the pages behind the sign-in was left out is said for each run.
func TestMemberLimits(t *testing.T) {
	t.Parallel()
	account := []wire.Account{{Name: "a"}}
	for name, c := range map[string]struct {
		run  diagnose.Run
		want string
	}{
		"safe":       {diagnose.Run{Scope: &wire.Scope{Level: wire.Safe}}, "このレベルの診断では、会員としてログインしません。"},
		"no account": {diagnose.Run{Scope: &wire.Scope{Level: wire.Active}}, "テスト用アカウントが指定されていない"},
		"too early":  {diagnose.Run{Scope: &wire.Scope{Level: wire.Active, Accounts: account}}, "ログインを試す前に"},
		"one":        {diagnose.Run{Scope: &wire.Scope{Level: wire.Active, Accounts: account}, Seen: diagnose.Seen{Accounts: []diagnose.SeenAccount{{Name: "a", SignedIn: true}}}}, "1つだけ"},
		"two":        {diagnose.Run{Scope: &wire.Scope{Level: wire.Active, Accounts: account}, Seen: diagnose.Seen{Accounts: []diagnose.SeenAccount{{Name: "a", SignedIn: true}, {Name: "b", SignedIn: true}}}}, ""},
	} {
		b := &builder{a: &assessment.Assessment{Run: &c.run}, lang: i18n.JA}
		got := ""
		for _, l := range b.memberLimits() {
			got += l.Why
		}
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
