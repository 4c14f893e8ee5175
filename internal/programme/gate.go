package programme

import (
	"strings"

	"miseban/internal/account"
)

// GateLine is one condition of Step 3 with what is left to do for it.
type GateLine struct {
	Condition
	Met  bool
	Todo account.Reason // empty when it is met
	By   Party          // who is to do it
}

// Opening says of each condition of Step 3 whether it is met, and of those that
// are not, what is missing and who sees to it.
func Opening(f *Facts, list []Record, on Resting) []GateLine {
	var out []GateLine
	for _, c := range Gate {
		l := GateLine{Condition: c, Met: c.Holds(&Case{}, f)}
		if !l.Met {
			l.Todo, l.By = missing(c.Key, list, on)
		}
		out = append(out, l)
	}
	return out
}

// missing says what a condition that is not met lacks.
func missing(key string, list []Record, on Resting) (account.Reason, Party) {
	done := func(item string) bool { return stands(list, RecordSheet, item, string(SheetDone)) }
	if on.Consent == nil && (key == "hosting" && done("hosting") || key == "windows" && done("windows") && done("sale-days") || key == "accounts" && done("accounts")) {
		return account.Reason{Message: "シートの記入は済んでいます。お店の責任者が診断に同意すると、満たされるか判断できます。"}, WaitsShop
	}
	switch key {
	case "minutes":
		switch r := find(list, RecordMinutes, "hearing"); {
		case r == nil:
			return account.Reason{Message: "ヒアリングを行い、議事録をお店に送ってください。"}, WaitsOffice
		case r.State == IsReturned:
			return account.Reason{Message: "お店から議事録の修正を頼まれています。直して、もう一度送ってください。"}, WaitsOffice
		}
		return account.Reason{Message: "お店の承認を待っています。"}, WaitsShop
	case "consent":
		return account.Reason{Message: "お店の責任者が、「同意」のページで診断に同意してください。"}, WaitsShop
	case "hosting":
		return account.Reason{Message: "診断環境シートの「サーバと、事業者の許可」を埋めてください。許可を問い合わせている間は、診断できません。"}, WaitsShop
	case "windows":
		if done("windows") && done("sale-days") {
			return account.Reason{Message: "同意した時間帯が、診断環境シートの時間帯に収まっていません。どちらかを直してください。"}, WaitsShop
		}
		return account.Reason{Message: "診断環境シートの「診断してよい時間帯」と「セールなど、避ける日」を埋めてください。"}, WaitsShop
	case "accounts":
		if !done("accounts") {
			return account.Reason{Message: "テスト用アカウントを使うかどうかを、診断環境シートで決めてください。"}, WaitsShop
		}
		return account.Reason{Message: "まだログインできることを確かめていないアカウント: {names}", Args: map[string]string{"names": strings.Join(Untried(list, on.Consent), ", ")}}, WaitsFirm
	case "waf":
		return account.Reason{Message: "診断環境シートの「WAF・CDN」を埋め、診断の間の扱いを決めてください。"}, WaitsShop
	case "call":
		switch {
		case !done("contacts"):
			return account.Reason{Message: "診断環境シートの「緊急の連絡先」を埋めてください。"}, WaitsShop
		case LastCall(list) == nil:
			return account.Reason{Message: "今の緊急連絡先に、試しの電話をかけてください。"}, WaitsOffice
		}
		return account.Reason{Message: "試しの電話に出ませんでした。時間を変えてかけ直すか、別の連絡先に変えてもらってください。"}, WaitsOffice
	}
	return account.Reason{}, WaitsOffice
}
