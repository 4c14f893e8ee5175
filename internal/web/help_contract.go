package web

import (
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/handout"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// missing are the clauses that a shop's contract does not, or not wholly,
// settle. What the shop does not know yet is not missing: it asks first.
func missing(x *store.Contract) (out []*handout.Clause) {
	c := handout.Contracts()
	for i := range c.Clauses {
		if m := x.Marks[c.Clauses[i].ID]; m == "no" || m == "partly" {
			out = append(out, &c.Clauses[i])
		}
	}
	return out
}

// missingSection asks in a 対策依頼書 to talk about what the contract lacks.
func missingSection(v *visit, clauses []string) report.Section {
	t := report.Table{Head: []string{v.t("項目"), v.t("契約で決めたいこと"), v.t("誰が"), v.t("いつ"), v.t("費用")}, Widths: []float64{2.2, 5, 2, 2.6, 2.4}}
	for _, id := range clauses {
		c := handout.Contracts().Clause(id)
		if c == nil { // of an edition of the list that is gone
			continue
		}
		t.Rows = append(t.Rows, []report.Cell{{Text: c.Title.In(v.Lang)}, {Text: c.Settle.In(v.Lang)}, {Text: c.Who.In(v.Lang)}, {Text: c.When.In(v.Lang)}, {Text: c.Cost.In(v.Lang)}})
	}
	return report.Section{ID: "clauses", Title: v.t("契約で決まっていない項目（協議のお願い）"), Page: true, Blocks: []report.Block{
		report.Prose{Markdown: v.t("次の項目は、いまの契約で決まっていない、または一部しか決まっていません。次の更新までに取り決めたいので、対応できる範囲と費用の案をお知らせください。表の担当と期限と費用は案です。")}, t}}
}

// contractDocument is the sheet to bring to a lawyer; x says what a shop has
// noted, nil for nobody's.
func (s *Server) contractDocument(v *visit, x *store.Contract) *report.Document {
	say := func(ja, en string) string { return i18n.Text{JA: ja, EN: en}.In(v.Lang) }
	c := handout.Contracts()
	d := &report.Document{Lang: v.Lang, Title: say("外部委託契約 セキュリティ条項の確認シート", "Security clauses of contracts: a sheet to check"), Subtitle: say("契約の前と更新の前に、今の契約と見比べてください", "Compare it with your contract before signing or renewing"),
		Mark: say("弁護士に相談するための資料", "To bring to a lawyer"), Made: s.now()}
	notes := []report.Fact{{Name: say("相談した日", "Day"), Value: "　"}, {Name: say("弁護士", "Lawyer"), Value: "　"}, {Name: say("契約の相手", "Contractor"), Value: "　"}, {Name: say("契約の期限", "Contract ends"), Value: "　"}, {Name: say("決まったこと", "Agreed"), Value: "　\n　\n　"}}
	if x != nil {
		d.Subtitle = v.Shop.Name + "　" + d.Subtitle
		if x.With != "" {
			notes[2].Value = x.With
		}
		if x.Until != "" {
			notes[3].Value = x.Until
		}
	}
	t := report.Table{Head: []string{say("番号", "No."), say("項目", "Subject"), say("契約で決めておくこと", "What to settle"), say("誰が", "Who"), say("いつ", "When"), say("費用", "Cost"), say("今の契約", "Your contract")}, Widths: []float64{0.9, 2, 4.4, 1.9, 2.3, 2.1, 1.7}}
	drafts := report.Table{Head: []string{say("番号", "No."), say("項目", "Subject"), say("文案のたたき台（甲: お店、乙: 委託先）", "Wording to begin from")}, Widths: []float64{0.9, 2.2, 9}}
	for i := range c.Clauses {
		k := &c.Clauses[i]
		now := report.Cell{Text: say("□ ある\n□ 一部\n□ ない\n□ 不明", "□ yes\n□ partly\n□ no\n□ unknown")}
		if x != nil {
			now.Text, now.Tone = view.MarkWords(v.Lang, x.Marks[k.ID])
		}
		t.Rows = append(t.Rows, []report.Cell{{Text: strconv.Itoa(i + 1)}, {Text: k.Title.In(v.Lang)}, {Text: k.Settle.In(v.Lang)}, {Text: k.Who.In(v.Lang)}, {Text: k.When.In(v.Lang)}, {Text: k.Cost.In(v.Lang)}, now})
		drafts.Rows = append(drafts.Rows, []report.Cell{{Text: strconv.Itoa(i + 1)}, {Text: k.Title.In(v.Lang)}, {Text: k.Draft.In(v.Lang)}})
	}
	boundary := report.Table{Head: []string{say("作業", "Task")}, Widths: []float64{5}}
	for _, p := range c.Parties {
		boundary.Head = append(boundary.Head, p.Name.In(v.Lang))
		boundary.Widths = append(boundary.Widths, 1.6)
	}
	for _, k := range c.Duties {
		row := []report.Cell{{Text: k.Task.In(v.Lang)}}
		for _, p := range c.Parties {
			cell := report.Cell{Text: "–"}
			if p.ID == k.Does {
				cell.Text = say("● 行う", "● does")
			}
			for _, h := range k.Helps {
				if h == p.ID {
					cell.Text = say("○ 助ける", "○ helps")
				}
			}
			row = append(row, cell)
		}
		boundary.Rows = append(boundary.Rows, row)
	}
	silent := handout.FigureOf("contract-silent")
	d.Sections = []report.Section{
		{ID: "use", Title: say("このシートの使い方", "How to use this sheet"), Blocks: []report.Block{
			report.Callout{Tone: report.Warn, Title: say("契約書のひな形ではありません", "This is no contract"), Markdown: say("弁護士に相談するときに持っていくためのシートです。条項の文面、責任の範囲、上限額は、お店の事情に合わせて弁護士が決めます。このシートは法律上の助言ではありません。", "It is a sheet to bring to a lawyer, who decides on wording, liability and limits for your case. It is no legal advice.")},
			report.Prose{Markdown: say("1. 今の契約書と仕様書を手元に置き、「今の契約」の欄に印を付けます。\n2. 「ない」「不明」の項目を、制作会社・保守会社に尋ねます。\n3. 返事とこのシートを持って、弁護士に相談します。", "1. Take your contract and its specification, and tick the last column.\n2. Ask the builder and the maintainer about every “no” and “unknown”.\n3. Go to a lawyer with their answers and this sheet.")},
			report.Prose{Markdown: silent.Says.In(v.Lang) + ": **" + silent.Text.In(v.Lang) + "**  \n" + v.t("出典: {source}", "source", silent.Cite(v.Lang))}}},
		{ID: "clauses", Title: say("確かめる項目", "What to check"), Blocks: []report.Block{t}},
		{ID: "boundary", Title: say("責任分界点の表（たたき台）", "Table of responsibilities (to begin from)"), Page: true, Blocks: []report.Block{report.Prose{Markdown: say("実際の分担に書き直し、契約に付けます。表にない作業を誰が受けるかも決めます。", "Put your own split in and annex it to the contract; settle too who takes what it does not name.")}, boundary}},
		{ID: "drafts", Title: say("条項の文案のたたき台", "Wording to begin from"), Page: true, Blocks: []report.Block{report.Prose{Markdown: say("弁護士が直すことを前提にした文です。このまま契約書に使わないでください。", "A lawyer is expected to rewrite it: do not put it into a contract as it is.")}, drafts}},
		{ID: "notes", Title: say("相談のメモ", "Notes"), Blocks: []report.Block{report.Facts{Rows: notes}}},
	}
	return d
}

func (s *Server) contractPage(w http.ResponseWriter, v *visit) error {
	return s.page(w, v, http.StatusOK, view.SheetPage(view.Sheet{Document: s.contractDocument(v, nil), URL: "/contracts"}))
}

func (s *Server) contractFile(w http.ResponseWriter, v *visit) error {
	if v.Shop == nil {
		return s.sendPaper(w, v, "miseban-contract-clauses", s.contractDocument(v, nil))
	}
	x, err := s.db.Contract(v.Context(), v.Shop.ID)
	if err != nil {
		return err
	}
	return s.sendPaper(w, v, "miseban-contract-clauses", s.contractDocument(v, x))
}

// shopContractPage asks a shop what its contract settles.
func (s *Server) shopContractPage(w http.ResponseWriter, v *visit) error {
	x, err := s.db.Contract(v.Context(), v.Shop.ID)
	if err != nil {
		return err
	}
	if x.Revision == 0 {
		x.With = v.Shop.Maintenance.Name
	}
	return s.showContract(w, v, http.StatusOK, x, nil)
}

func (s *Server) showContract(w http.ResponseWriter, v *visit, status int, x *store.Contract, bad account.Problems) error {
	return s.page(w, v, status, view.ShopContractPage(view.ShopContract{ShopHead: s.tabsOf(v), Contract: *x, Missing: missing(x), Problems: bad}))
}

func (s *Server) saveContract(w http.ResponseWriter, v *visit) error {
	revision, err := strconv.Atoi(v.value("revision"))
	if err != nil || revision < 0 {
		return errForm
	}
	x := &store.Contract{Revision: revision, With: account.Line(v.value("with")), Until: v.value("until"), Marks: map[string]string{}}
	var bad account.Problems
	if utf8.RuneCountInString(x.With) > 200 {
		bad = append(bad, account.Problem{Field: "with", Reason: account.Reason{Message: "200 文字までにしてください。"}})
	}
	if _, err := time.Parse(time.DateOnly, x.Until); err != nil && x.Until != "" {
		bad = append(bad, account.Problem{Field: "until", Reason: account.Reason{Message: "日付を確かめてください。"}})
	}
	for i := range handout.Contracts().Clauses {
		id := handout.Contracts().Clauses[i].ID
		switch m := v.value("clause-" + id); m {
		case "yes", "partly", "no":
			x.Marks[id] = m
		case "":
		default:
			return errForm
		}
	}
	if len(bad) > 0 {
		return s.showContract(w, v, http.StatusUnprocessableEntity, x, bad)
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.SaveContract(v.Context(), v.Shop.ID, x) }); err != nil {
		return err
	}
	return s.see(w, v, "/shops/"+string(v.Shop.ID)+"/contract", v.t("契約の確認を保存しました。"))
}
