package report

import (
	"strings"
	"testing"
	"time"

	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// Above level safe the report prints who consented and what proved the domain; below, nothing.
func TestAgreement(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 18, 12, 0, 0, time.UTC)
	run := &diagnose.Run{
		Scope: &wire.Scope{Level: wire.Active, Consent: wire.Consent{
			Person: "山田 花子", Organisation: "見本商店", For: "診断会社", Given: at.AddDate(0, 0, -1), Until: at.AddDate(0, 0, 9), Hosting: "不要（自社のサーバ）", Acts: []string{wire.ActLockout},
		}},
		Proof: &wire.ProofResult{At: at, Proven: []string{"https://shop.example"}, Open: []string{"https://www.shop.example"}, Tries: []wire.ProofTry{
			{Method: wire.ProofDNS, Where: "_miseban-challenge.shop.example", Origins: []string{"https://shop.example"}, Problem: wire.ProofAbsent},
			{Method: wire.ProofFile, Where: "https://shop.example" + wire.ChallengePath, Origins: []string{"https://shop.example"}, ID: "x0123456789ab", At: at},
		}},
	}
	for lang, want := range map[i18n.Lang][]string{
		i18n.JA: {"見本商店 山田 花子 から 診断会社 へ", "不要（自社のサーバ）", "https://shop.example: 公開されたファイル（https://shop.example/.well-known/miseban-challenge.txt、", "台帳 x0123456789ab", "https://www.shop.example", "最大 10 回間違える"},
		i18n.EN: {"山田 花子, 見本商店, to 診断会社", "published file", "ledger x0123456789ab", "wrong password"},
	} {
		b := &builder{a: &assessment.Assessment{Run: run}, in: Input{Zone: Tokyo()}, lang: lang}
		var text []string
		for _, f := range b.agreement() {
			text = append(text, f.Name+": "+f.Value)
		}
		all := strings.Join(text, "\n")
		for _, w := range want {
			if !strings.Contains(all, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, all)
			}
		}
	}
	b := &builder{a: &assessment.Assessment{Run: &diagnose.Run{Scope: &wire.Scope{Level: wire.Safe, Consent: run.Scope.Consent}, Proof: run.Proof}}, lang: i18n.JA}
	if got := b.agreement(); got != nil {
		t.Errorf("level safe prints %+v", got)
	}
}

// TestLeftBehind: what the report says is left in the shop is what the notes of
// the checks say, no less and no more.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	note := func(kind, record, removed string) check.Note {
		return check.Note{Kind: kind, Where: "/review", Args: i18n.Args{"record": record, "removed": removed, "value": "x"}}
	}
	for name, c := range map[string]struct {
		level       wire.Level
		state       diagnose.State
		notes       []check.Note
		want, never string
	}{
		"below level full":     {level: wire.Active, state: diagnose.Finished, want: "操作は行っていません", never: "書き込"},
		"wrong passwords":      {level: wire.Active, state: diagnose.Finished, notes: []check.Note{{Kind: "sign-in", Args: i18n.Args{"tries": "9"}}}, want: "パスワードをわざと間違えました", never: "。サイトに記録や変更が残る操作は行っていません"},
		"nothing written":      {level: wire.Full, state: diagnose.Finished, want: "記録は書き込んでいません", never: "残っている可能性"},
		"all removed":          {level: wire.Full, state: diagnose.Finished, notes: []check.Note{note("created", "1", "yes"), note("created", "1", "yes"), note("created", "2", "yes")}, want: "2 件の記録は、お店の画面からすべて削除しました", never: "残っている可能性"},
		"one left":             {level: wire.Full, state: diagnose.Finished, notes: []check.Note{note("created", "1", "yes"), note("created", "2", ""), note("created", "2", "")}, want: "2 件の記録のうち 1 件は", never: "すべて削除"},
		"account not put back": {level: wire.Full, state: diagnose.Finished, notes: []check.Note{note("left", "", "")}, want: "1 件は、元に戻せたことを確かめられませんでした"},
		"stopped":              {level: wire.Full, state: diagnose.Stopped, want: "一覧にない書き込み"},
	} {
		b := &builder{a: &assessment.Assessment{Run: &diagnose.Run{State: c.state, Scope: &wire.Scope{Level: c.level}, Results: []check.Result{{Check: "x", Notes: c.notes}}}}, in: Input{Suites: []*check.Suite{{Name: "s", Checks: []*check.Check{{Name: "x"}}}}}, lang: i18n.JA}
		got := b.leftBehind()
		if !strings.Contains(got, c.want) || c.never != "" && strings.Contains(got, c.never) || !strings.Contains(got, "通信台帳に残っています") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
