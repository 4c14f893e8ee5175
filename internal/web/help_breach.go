package web

import (
	"cmp"
	"math"
	"net/http"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/handout"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/web/view"
)

// moment is when a breach became known: a day, and where the form says so the time.
type moment struct {
	at      time.Time
	precise bool // with its time
}

func (m moment) String() string {
	switch {
	case m.at.IsZero():
		return ""
	case m.precise:
		return m.at.Format("2006-01-02 15:04")
	}
	return m.at.Format(time.DateOnly)
}

// knownOn is the moment at which the breach became known, as the form says;
// zero when it does not, or says none.
func knownOn(v *visit) (moment, account.Reason) {
	typed := strings.TrimSpace(v.URL.Query().Get("known"))
	if typed == "" {
		return moment{}, account.Reason{}
	}
	for _, form := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(form, typed, report.Tokyo()); err == nil && t.Year() >= 2000 && t.Year() <= 2100 {
			return moment{t, form != time.DateOnly}, account.Reason{}
		}
	}
	return moment{}, account.Reason{Message: "日付を確かめてください。"}
}

// left says how far off a day is.
func left(l i18n.Lang, due, now time.Time) (string, report.Tone) {
	y, m, d := now.In(report.Tokyo()).Date()
	days := int(math.Round(due.Sub(time.Date(y, m, d, 0, 0, 0, 0, report.Tokyo())).Hours() / 24))
	switch {
	case days < 0:
		return i18n.Text{JA: "過ぎています。すぐに報告してください", EN: "Passed: report at once"}.In(l), report.Bad
	case days == 0:
		return i18n.Text{JA: "今日まで", EN: "Today"}.In(l), report.Bad
	}
	return i18n.Format(i18n.Text{JA: "あと {n} 日", EN: "{n} days left"}.In(l), i18n.Args{"n": view.Count(days)}), report.Warn
}

// hoursLeft says how far off a moment of the first day is.
func hoursLeft(l i18n.Lang, due, now time.Time) (string, report.Tone) {
	d := due.Sub(now)
	if d < 0 {
		return i18n.Text{JA: "過ぎています", EN: "Passed"}.In(l), report.Bad
	}
	m := int(d.Minutes())
	return i18n.Format(i18n.Text{JA: "あと {h} 時間 {m} 分", EN: "{h} h {m} min left"}.In(l), i18n.Args{"h": view.Count(m / 60), "m": view.Count(m % 60)}), report.Warn
}

// breachDocument is what to do when a shop was broken into, with the first
// sheets; filled in as far as the shop is known.
func (s *Server) breachDocument(v *visit, known moment) *report.Document {
	say := func(ja, en string) string { return i18n.Text{JA: ja, EN: en}.In(v.Lang) }
	b := handout.Breach()
	d := &report.Document{Lang: v.Lang, Title: say("被害に気づいたときの手引きと最初の記録", "When the shop was broken into: what to do, and the first sheets"), Made: s.now()}
	toWrite := say("【要記入】", "[to fill in]")
	fill := func(x string) string { return cmp.Or(x, toWrite) }
	blank := report.Cell{Text: "　"}
	shop := &account.Shop{}
	if v.Shop != nil {
		shop = v.Shop
		d.Subtitle = shop.Name
	} else {
		d.Subtitle = say("最初の24時間から報告まで", "From the first 24 hours to the reports")
		d.Mark = say("社内用", "Internal")
	}
	steps := report.Section{ID: "hours", Title: say("最初の24時間", "The first 24 hours"), Blocks: []report.Block{report.Callout{Tone: report.Bad, Title: say("消さない、切らない、決済から止める", "Delete nothing, do not switch off, stop payments first"), Markdown: say("被害かどうか迷うときも、この順で動いてください。間違いだったときの損は、止めなかったときの損より小さく済みます。", "Do so also when you are not sure. A false alarm costs less than a leak that goes on.")}}}
	if known.precise {
		day := report.Table{Head: []string{say("すること", "What"), say("いつまでに", "By"), say("残り", "Left")}, Widths: []float64{4, 3, 3}}
		for _, x := range b.Steps {
			due := known.at.Add(time.Duration(x.Hours) * time.Hour)
			rest, tone := hoursLeft(v.Lang, due, s.now())
			day.Rows = append(day.Rows, []report.Cell{{Text: x.Title.In(v.Lang)}, {Text: due.Format("2006-01-02 15:04")}, {Text: rest, Tone: tone}})
		}
		steps.Blocks = append(steps.Blocks, day)
	}
	for _, x := range b.Steps {
		steps.Blocks = append(steps.Blocks, report.Heading{Level: 2, Text: x.Title.In(v.Lang)}, report.Prose{Markdown: x.Text.In(v.Lang)})
	}
	stops := report.Table{Head: []string{say("止めるもの", "What to stop"), say("止め方", "How"), say("止めた日時・人", "Done at, by")}, Widths: []float64{3, 5, 3}}
	for _, x := range b.Stops {
		stops.Rows = append(stops.Rows, []report.Cell{{Text: x.What.In(v.Lang)}, {Text: x.How.In(v.Lang)}, blank})
	}
	evidence := report.Table{Head: []string{say("残すもの", "What to keep"), say("複製の場所", "Where the copy is"), say("期間・ハッシュ値", "Period, hash"), say("日時・人", "At, by")}, Widths: []float64{4, 3, 3, 2}}
	for _, x := range b.Evidence {
		evidence.Rows = append(evidence.Rows, []report.Cell{{Text: x.In(v.Lang)}, blank, blank, blank})
	}
	contacts := report.Table{Head: []string{say("連絡先", "Whom"), say("伝えること・頼むこと", "What"), say("電話・担当者", "Phone, person"), say("連絡した日時", "Told at")}, Widths: []float64{3, 4, 3, 2}}
	for _, c := range b.Calls {
		who := toWrite
		switch c.ID {
		case "psp":
			who = fill(shop.Provider)
		case "builder":
			who = fill(strings.TrimSpace(shop.Builder.Name + "\n" + shop.Maintenance.Name))
		}
		contacts.Rows = append(contacts.Rows, []report.Cell{{Text: c.Who.In(v.Lang)}, {Text: c.What.In(v.Lang)}, {Text: who}, blank})
	}
	for _, c := range shop.Contacts {
		contacts.Rows = append(contacts.Rows, []report.Cell{{Text: say("お店の緊急連絡先", "The shop's emergency contact")}, {Text: "–"}, {Text: strings.TrimSpace(c.Name + "\n" + c.Phone)}, blank})
	}
	clock := report.Table{Head: []string{say("報告", "Report"), say("期限の目安", "Day"), say("残り", "Left")}, Widths: []float64{5, 2.4, 3}}
	for _, r := range b.Reports {
		row := []report.Cell{{Text: r.Title.In(v.Lang)}, {Text: toWrite}, {Text: "–"}}
		if !known.at.IsZero() {
			y, m, day := known.at.Date()
			due := time.Date(y, m, day, 0, 0, 0, 0, report.Tokyo()).AddDate(0, 0, r.Days-1)
			rest, tone := left(v.Lang, due, s.now())
			row[1].Text, row[2] = due.Format(time.DateOnly), report.Cell{Text: rest, Tone: tone}
		}
		clock.Rows = append(clock.Rows, row)
	}
	first := report.Facts{Rows: []report.Fact{{Name: say("会社名", "Company"), Value: fill(shop.Company)}, {Name: say("法人番号", "Corporate number"), Value: fill(shop.Number)}, {Name: say("サイト名・アドレス", "Site, address"), Value: fill(strings.TrimSpace(shop.Name + "\n" + shop.URL))}, {Name: say("使っているパッケージ", "Package"), Value: fill(strings.TrimSpace(shop.Package + " " + shop.Version))},
		{Name: say("知った日時", "Known since"), Value: fill(known.String())}, {Name: say("気づいたきっかけ", "How it became known"), Value: toWrite}}}
	nine := report.Table{Head: []string{say("報告する事項", "Item of the report"), say("分かっていること（速報では、その時点で分かる範囲）", "What is known (so far)")}, Widths: []float64{3, 7}}
	for _, x := range b.Items {
		nine.Rows = append(nine.Rows, []report.Cell{{Text: x.In(v.Lang)}, {Text: toWrite + "\n　"}})
	}
	diary := report.Table{Head: []string{say("日時", "When"), say("起きたこと・したこと", "What"), say("誰が", "Who")}, Widths: []float64{2, 6, 2}}
	for range 10 {
		diary.Rows = append(diary.Rows, []report.Cell{blank, {Text: "　\n　"}, blank})
	}
	letters := report.Section{ID: "letters", Title: say("最初に送る文書（下書き）", "First letters (drafts)"), Page: true}
	args := i18n.Args{"shop": plain(fill(shop.Name)), "company": plain(fill(shop.Company)), "url": plain(fill(shop.URL)), "day": fill(known.String()), "provider": plain(fill(shop.Provider))}
	for _, x := range b.Letters {
		letters.Blocks = append(letters.Blocks, report.Heading{Level: 2, Text: x.Title.In(v.Lang)}, report.Prose{Markdown: i18n.Format(x.Text.In(v.Lang), args)})
	}
	d.Sections = []report.Section{steps,
		{ID: "stop", Title: say("止めるもの", "What to stop"), Blocks: []report.Block{stops}},
		{ID: "evidence", Title: say("証拠の記録", "Record of evidence"), Blocks: []report.Block{evidence}},
		{ID: "contacts", Title: say("連絡先", "Contacts"), Blocks: []report.Block{contacts}},
		{ID: "clock", Title: say("個人情報保護委員会への報告の期限", "When the Commission wants its reports"), Blocks: []report.Block{clock, report.Prose{Markdown: say("知った日を1日目と数えた、早めの日付です。土日と祝日も数えます。クレジットカード番号など財産的被害のおそれがあるとき、不正アクセスのおそれがあるときは、1件でも報告の対象になります。報告が要るかどうか、正確な期限は、個人情報保護委員会と弁護士に確かめてください。", "The first day is the day of knowing; weekends and holidays count. Where card numbers may be lost, or somebody broke in, one record is enough to be reported. Ask the Commission and a lawyer whether and by when you must report.") + "\n\n" + v.t("出典: {source}", "source", b.Reports[0].Cite(v.Lang, 0, 0))}}},
		{ID: "first", Title: say("最初の記録", "First sheet"), Page: true, Blocks: []report.Block{first, nine}},
		letters,
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
