package report

import (
	"strings"
	"testing"
	"time"

	"miseban/internal/assessment"
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
	full := &builder{a: &assessment.Assessment{Run: &diagnose.Run{Scope: &wire.Scope{Level: wire.Full}}}, lang: i18n.JA}
	if strings.Contains(full.leftBehind(), "行っていません") {
		t.Error("a run of level full claims that it changed nothing")
	}
}
