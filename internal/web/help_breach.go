package web

import (
	"net/http"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/web/view"
)

// knownOn is the day on which the breach became known, as the form says; zero
// when it does not, or says no day.
func knownOn(v *visit) (time.Time, account.Reason) {
	typed := strings.TrimSpace(v.URL.Query().Get("known"))
	if typed == "" {
		return time.Time{}, account.Reason{}
	}
	t, err := time.ParseInLocation(time.DateOnly, typed, report.Tokyo())
	if err != nil || t.Year() < 2000 || t.Year() > 2100 {
		return time.Time{}, account.Reason{Message: "日付を確かめてください。"}
	}
	return t, account.Reason{}
}

// reportDays are the days by which the Personal Information Protection
// Commission wants its reports, counted with the day of knowing as the first:
// the careful way to count.
var reportDays = []struct {
	name i18n.Text
	days int
}{
	{i18n.Text{JA: "速報（早い目安: 3日目）", EN: "First report (early mark: day 3)"}, 3},
	{i18n.Text{JA: "速報（遅い目安: 5日目）", EN: "First report (late mark: day 5)"}, 5},
	{i18n.Text{JA: "確報（30日目。不正アクセスでないとき）", EN: "Full report (day 30; no illegal access)"}, 30},
	{i18n.Text{JA: "確報（60日目。不正アクセスなど、不正の目的のおそれがあるとき）", EN: "Full report (day 60; illegal access or the like)"}, 60},
}

// left says how far off a day is.
func left(l i18n.Lang, due, now time.Time) (string, report.Tone) {
	y, m, d := now.In(report.Tokyo()).Date()
	days := int(due.Sub(time.Date(y, m, d, 0, 0, 0, 0, report.Tokyo())).Hours() / 24)
	switch {
	case days < 0:
		return i18n.Text{JA: "過ぎています。すぐに報告してください", EN: "Passed: report at once"}.In(l), report.Bad
	case days == 0:
		return i18n.Text{JA: "今日まで", EN: "Today"}.In(l), report.Bad
	}
	return i18n.Format(i18n.Text{JA: "あと {n} 日", EN: "{n} days left"}.In(l), i18n.Args{"n": view.Count(days)}), report.Warn
}

// hours are the first twenty-four, in our own words.
var hours = []struct{ when, do i18n.Text }{
	{i18n.Text{JA: "すぐ（1時間以内）", EN: "At once (first hour)"}, i18n.Text{
		JA: "- 決める人を一人決め、起きたことと時刻を書き始めます。\n- 気づいたきっかけ（お客様、カード会社、画面の異常）と、連絡してきた人を記録します。\n- 社内には「触らない、消さない、外に話さない」と伝えます。",
		EN: "- One person decides. Begin to write down what happened and when.\n- Note how it became known and who told you.\n- Tell everybody: touch nothing, delete nothing, talk to nobody outside."}},
	{i18n.Text{JA: "止める（3時間以内）", EN: "Stop it (within 3 hours)"}, i18n.Text{
		JA: "1. カード決済を止めます。決済代行会社に電話し、停止の方法を確かめます。\n2. 注文と会員ログインを止め、サイトをメンテナンス画面にします。\n3. 管理画面への接続を、決めた場所からだけにします。\n\n**サーバの電源は切らないでください。** メモリーに残った証拠が消えます。ネットワークから切り離します。",
		EN: "1. Stop card payments; call the payment provider.\n2. Stop orders and sign-in; show a maintenance page.\n3. Let nobody reach the admin pages but from known places.\n\n**Do not switch the server off**: evidence in memory would be lost. Cut it off the network."}},
	{i18n.Text{JA: "証拠を残す（6時間以内）", EN: "Keep evidence (within 6 hours)"}, i18n.Text{
		JA: "- サーバを丸ごと複製します（クラウドではスナップショット）。\n- アクセスログ、データベースのログ、管理画面の操作、メールのログを、別の場所に複製します。\n- 怪しいファイルは、開かず、消さず、日時と場所を書き留めます。\n- パスワードの変更とバックアップからの復旧は、複製のあとに行います。",
		EN: "- Copy the whole server (a snapshot in the cloud).\n- Copy logs of access, database, administration and mail elsewhere.\n- Do not open or delete suspicious files; note place and time.\n- Change passwords and restore backups only after the copy."}},
	{i18n.Text{JA: "知らせる（24時間以内）", EN: "Tell (within 24 hours)"}, i18n.Text{
		JA: "- 下の連絡先に、上から順に電話します。聞いた名前、時刻、指示を書きます。\n- カード情報が漏れたおそれがあるときは、カード会社の指示で、専門の調査会社（フォレンジック）に頼みます。\n- お客様への知らせと公表の時期は、カード会社、個人情報保護委員会、弁護士と相談して決めます。",
		EN: "- Call those below, from the top. Note names, times and what they say.\n- If card data may have leaked, a forensic firm is engaged as the card companies say.\n- When customers and the public are told is settled with them, the Commission and a lawyer."}},
}

// calls are whom to tell, and what.
var calls = []struct{ who, what i18n.Text }{
	{i18n.Text{JA: "決済代行会社・カード会社（アクワイアラー）", EN: "Payment provider, acquirer"}, i18n.Text{JA: "カード決済の停止、調査会社の指定、報告の書式", EN: "Stop payments; which investigators; their forms"}},
	{i18n.Text{JA: "制作会社・保守会社", EN: "Builder, maintainer"}, i18n.Text{JA: "切り離し、複製、ログの提供。消さないように伝える", EN: "Cutting off, copies, logs; delete nothing"}},
	{i18n.Text{JA: "サーバ会社", EN: "Hosting"}, i18n.Text{JA: "スナップショット、通信ログの保存", EN: "Snapshot, network logs"}},
	{i18n.Text{JA: "個人情報保護委員会", EN: "Personal Information Protection Commission"}, i18n.Text{JA: "漏えい等報告（下の期限）", EN: "Report of the leak (days below)"}},
	{i18n.Text{JA: "警察（都道府県警察のサイバー犯罪相談窓口）", EN: "Police (cybercrime desk of the prefecture)"}, i18n.Text{JA: "被害の相談。ログを見せられるようにする", EN: "The crime; have the logs ready"}},
	{i18n.Text{JA: "弁護士、サイバー保険の会社", EN: "Lawyer, insurer"}, i18n.Text{JA: "公表の文面、補償、保険が使えるか（先に連絡しないと使えないことがある）", EN: "Words for the public, compensation, whether the insurance pays (often only if told first)"}},
	{i18n.Text{JA: "IPA・JPCERT/CC", EN: "IPA, JPCERT/CC"}, i18n.Text{JA: "技術の相談、届出", EN: "Technical advice, notification"}},
	{i18n.Text{JA: "お客様", EN: "Customers"}, i18n.Text{JA: "何が起きたか、何をしてほしいか、問い合わせ先", EN: "What happened, what they should do, whom to ask"}},
}

// breachDocument is what to do when a shop was broken into, with the first
// sheets; filled in as far as the shop is known.
func (s *Server) breachDocument(v *visit, known time.Time) *report.Document {
	say := func(ja, en string) string { return i18n.Text{JA: ja, EN: en}.In(v.Lang) }
	d := &report.Document{Lang: v.Lang, Title: say("被害に気づいたときの手引きと最初の記録", "When the shop was broken into: what to do, and the first sheets"), Made: s.now()}
	toWrite := say("【要記入】", "[to fill in]")
	shop := &account.Shop{}
	if v.Shop != nil {
		shop = v.Shop
		d.Subtitle = shop.Name
	} else {
		d.Subtitle = say("最初の24時間から報告まで", "From the first 24 hours to the reports")
		d.Mark = say("社内用", "Internal")
	}
	steps := report.Section{ID: "hours", Title: say("最初の24時間", "The first 24 hours"), Blocks: []report.Block{report.Callout{Tone: report.Bad, Title: say("消さない、切らない、決済から止める", "Delete nothing, do not switch off, stop payments first"), Markdown: say("被害かどうか迷うときも、この順で動いてください。間違いだったときの損は、止めなかったときの損より小さく済みます。", "Do so also when you are not sure. A false alarm costs less than a leak that goes on.")}}}
	for _, h := range hours {
		steps.Blocks = append(steps.Blocks, report.Heading{Level: 2, Text: h.when.In(v.Lang)}, report.Prose{Markdown: h.do.In(v.Lang)})
	}
	contacts := report.Table{Head: []string{say("連絡先", "Whom"), say("伝えること・頼むこと", "What"), say("電話・担当者", "Phone, person"), say("連絡した日時", "Told at")}, Widths: []float64{3, 4, 3, 2}}
	for i, c := range calls {
		known := toWrite
		switch {
		case i == 0 && shop.Provider != "":
			known = shop.Provider
		case i == 1 && (shop.Maintenance.Name != "" || shop.Builder.Name != ""):
			known = strings.TrimSpace(shop.Builder.Name + "\n" + shop.Maintenance.Name)
		}
		contacts.Rows = append(contacts.Rows, []report.Cell{{Text: c.who.In(v.Lang)}, {Text: c.what.In(v.Lang)}, {Text: known}, {Text: "　"}})
	}
	for _, c := range shop.Contacts {
		contacts.Rows = append(contacts.Rows, []report.Cell{{Text: say("お店の緊急連絡先", "The shop's emergency contact")}, {Text: "–"}, {Text: strings.TrimSpace(c.Name + "\n" + c.Phone)}, {Text: "　"}})
	}
	clock := report.Table{Head: []string{say("報告", "Report"), say("期限の目安", "Day"), say("残り", "Left")}, Widths: []float64{5, 2.4, 3}}
	for _, r := range reportDays {
		row := []report.Cell{{Text: r.name.In(v.Lang)}, {Text: toWrite}, {Text: "–"}}
		if !known.IsZero() {
			due := known.AddDate(0, 0, r.days-1)
			rest, tone := left(v.Lang, due, s.now())
			row[1].Text, row[2] = due.Format(time.DateOnly), report.Cell{Text: rest, Tone: tone}
		}
		clock.Rows = append(clock.Rows, row)
	}
	day := toWrite
	if !known.IsZero() {
		day = known.Format(time.DateOnly)
	}
	fill := func(x string) string {
		if x == "" {
			return toWrite
		}
		return x
	}
	first := report.Facts{Rows: []report.Fact{{Name: say("会社名", "Company"), Value: fill(shop.Company)}, {Name: say("法人番号", "Corporate number"), Value: fill(shop.Number)}, {Name: say("サイト名・アドレス", "Site, address"), Value: fill(strings.TrimSpace(shop.Name + "\n" + shop.URL))}, {Name: say("使っているパッケージ", "Package"), Value: fill(strings.TrimSpace(shop.Package + " " + shop.Version))},
		{Name: say("知った日", "Known since"), Value: day}, {Name: say("気づいたきっかけ", "How it became known"), Value: toWrite}}}
	nine := report.Table{Head: []string{say("報告する事項", "Item of the report"), say("分かっていること（速報では、その時点で分かる範囲）", "What is known (so far)")}, Widths: []float64{3, 7}}
	for _, x := range []i18n.Text{{JA: "1 概要", EN: "1 What happened"}, {JA: "2 漏えいした（おそれのある）項目", EN: "2 Kinds of data"}, {JA: "3 本人の数", EN: "3 How many persons"}, {JA: "4 原因", EN: "4 Cause"}, {JA: "5 二次被害とそのおそれ", EN: "5 Harm that followed or may follow"}, {JA: "6 本人への対応", EN: "6 What is done for them"}, {JA: "7 公表の状況", EN: "7 Publication"}, {JA: "8 再発防止の措置", EN: "8 Measures"}, {JA: "9 そのほか", EN: "9 Other"}} {
		nine.Rows = append(nine.Rows, []report.Cell{{Text: x.In(v.Lang)}, {Text: toWrite + "\n　"}})
	}
	diary := report.Table{Head: []string{say("日時", "When"), say("起きたこと・したこと", "What"), say("誰が", "Who")}, Widths: []float64{2, 6, 2}}
	for range 10 {
		diary.Rows = append(diary.Rows, []report.Cell{{Text: "　"}, {Text: "　\n　"}, {Text: "　"}})
	}
	d.Sections = []report.Section{steps,
		{ID: "contacts", Title: say("連絡先", "Contacts"), Blocks: []report.Block{contacts}},
		{ID: "clock", Title: say("個人情報保護委員会への報告の期限", "When the Commission wants its reports"), Blocks: []report.Block{clock, report.Prose{Markdown: say("知った日を1日目と数えた、早めの日付です。土日と祝日も数えます。クレジットカード番号など財産的被害のおそれがあるとき、不正アクセスのおそれがあるときは、1件でも報告の対象になります。報告が要るかどうか、正確な期限は、個人情報保護委員会と弁護士に確かめてください。\n\n出典: 個人情報保護法 第26条、同施行規則 第7条・第8条（二次資料による。原文未確認）", "The first day is the day of knowing; weekends and holidays count. Where card numbers may be lost, or somebody broke in, one record is enough to be reported. Ask the Commission and a lawyer whether and by when you must report.\n\nSource: Act on the Protection of Personal Information, art. 26; Enforcement Rules, art. 7 and 8 (by secondary sources; not verified in the original)")}}},
		{ID: "first", Title: say("最初の記録", "First sheet"), Page: true, Blocks: []report.Block{first, nine}},
		{ID: "diary", Title: say("時系列の記録", "Diary"), Blocks: []report.Block{diary}},
	}
	return d
}

func (s *Server) breachPage(w http.ResponseWriter, v *visit) error {
	known, wrong := knownOn(v)
	f := view.Sheet{Document: s.breachDocument(v, known), URL: v.URL.Path, Clock: true, Known: strings.TrimSpace(v.URL.Query().Get("known")), Problem: wrong}
	status := http.StatusOK
	if wrong.Message != "" {
		status = http.StatusUnprocessableEntity
	}
	if v.Shop != nil {
		f.ShopName, f.ShopURL = v.Shop.Name, "/shops/"+string(v.Shop.ID)
	}
	return s.page(w, v, status, view.SheetPage(f))
}

func (s *Server) breachFile(w http.ResponseWriter, v *visit) error {
	known, wrong := knownOn(v)
	if wrong.Message != "" {
		return errForm
	}
	return s.sendPaper(w, v, "miseban-breach", s.breachDocument(v, known))
}
