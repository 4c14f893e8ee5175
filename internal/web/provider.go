package web

import (
	"net/http"
	"strconv"
	"strings"

	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/report"
	"miseban/internal/web/view"
)

// editionRoutes are what a shop takes out of an edition: what its provider is
// asked, and the requirements as a specification for who builds it.
var editionRoutes = []route{
	{method: "GET", pattern: "/shops/{shop}/checklists/{edition}/provider", do: (*Server).providerPage, on: onShop, who: onlooker},
	{method: "GET", pattern: "/shops/{shop}/checklists/{edition}/provider/pdf", do: (*Server).providerFile, on: onShop, who: onlooker, stream: true},
	{method: "GET", pattern: "/shops/{shop}/checklists/{edition}/provider/word", do: (*Server).providerFile, on: onShop, who: onlooker, stream: true},
	{method: "GET", pattern: "/shops/{shop}/specification", do: (*Server).specificationPage, on: onShop, who: answerers},
	{method: "GET", pattern: "/shops/{shop}/specification/excel", do: (*Server).specificationFile, on: onShop, who: answerers, stream: true},
	{method: "GET", pattern: "/shops/{shop}/specification/word", do: (*Server).specificationFile, on: onShop, who: answerers, stream: true},
	{method: "GET", pattern: "/shops/{shop}/specification/pdf", do: (*Server).specificationFile, on: onShop, who: answerers, stream: true},
}

// providerPage lists what the provider of the shop's service is to be asked,
// with what has come so far.
func (s *Server) providerPage(w http.ResponseWriter, v *visit) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	j, err := s.judgedOf(v, e)
	if err != nil {
		return err
	}
	f := view.Provider{ShopHead: s.tabsOf(v), Edition: e, Form: j.form, URL: checklistURL(v, e), MayEdit: v.has(staff...)}
	for _, row := range providerRows(e, j.form) {
		x := view.ProviderLine{Requirement: row.Requirement, Question: row.Question, Duty: e.Duty(row.Question, j.form), Answer: j.answerTo(row.Question.ID), URL: questionURL(v, e, row.Question.ID)}
		if x.Answer != nil && !x.Answer.Waits() && x.Answer.Value != guideline.DontKnow {
			f.Come++
		}
		f.List = append(f.List, x)
	}
	f.Mail = s.providerMail(v, e, f.List)
	return s.page(w, v, http.StatusOK, view.ProviderPage(f))
}

// providerRows are the questions of an edition that a provider has a part in.
func providerRows(e *guideline.Edition, form guideline.Form) []guideline.Row {
	var out []guideline.Row
	for _, row := range e.Rows() {
		if row.Question != nil && e.Duty(row.Question, form) != guideline.Ours {
			out = append(out, row)
		}
	}
	return out
}

// providerMail is a letter to the provider to be copied, with all that is asked.
func (s *Server) providerMail(v *visit, e *guideline.Edition, list []view.ProviderLine) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(v.t("件名: 【{shop}】セキュリティ対策についての確認のお願い", "shop", v.Shop.Name) + "\n\n")
	b.WriteString(v.t("{service}\nご担当者様\n\nお世話になっております。{shop}の{name}です。\n\nそちらのサービスで運営している当店のセキュリティ対策を点検しています。\n次の項目について、対応の状況と、分かる資料（公開ページの URL、ホワイトペーパー、証明書など）をお知らせください。\n公開できない項目は、その旨をお知らせください。", "service", serviceName(v), "shop", v.Shop.Name, "name", v.Actor.Person.Name) + "\n\n")
	for i, x := range list {
		b.WriteString(strconv.Itoa(i+1) + ". " + e.AskOf(x.Question).In(v.Lang) + "\n")
	}
	return b.String()
}

// serviceName is the service as the shop named it.
func serviceName(v *visit) string {
	if v.Shop.Package != "" {
		return v.Shop.Package
	}
	return v.t("（サービスの名前）")
}

// providerFile is the list to send: only what is asked, and room for the
// answers; nothing that the shop answered.
func (s *Server) providerFile(w http.ResponseWriter, v *visit) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	form := assessment.ShopForm(v.Shop)
	if form == "" {
		return errNoPage
	}
	return s.sendPaper(w, v, "miseban-provider-"+e.ID, s.providerDocument(v, e, form))
}

func (s *Server) providerDocument(v *visit, e *guideline.Edition, form guideline.Form) *report.Document {
	d := &report.Document{Lang: v.Lang, Title: v.t("セキュリティ対策についての確認のお願い"), Subtitle: v.Shop.Name, Made: s.now()}
	facts := []report.Fact{
		{Name: v.t("宛先"), Value: serviceName(v)},
		{Name: v.t("依頼元"), Value: strings.TrimSpace(v.Shop.Company + " " + v.Shop.Name)},
		{Name: v.t("お店の URL"), Value: report.Visible(v.Shop.URL)},
		{Name: v.t("もとにした文書"), Value: v.t("{title}（{revision}）", "title", e.Title.In(v.Lang), "revision", view.RevisionName(e, v.Lang))},
		{Name: v.t("回答した方"), Value: "　"},
		{Name: v.t("回答した日"), Value: "　"},
	}
	verified := true
	tables := []report.Block{}
	var t *report.Table
	part, n := "", 0
	flush := func() {
		if t != nil {
			tables = append(tables, report.Heading{Level: 2, Text: part}, *t)
		}
	}
	for _, row := range providerRows(e, form) {
		if title := row.Part.Title.In(v.Lang); title != part {
			flush()
			part = title
			t = &report.Table{Head: []string{v.t("番号"), v.t("お尋ねすること"), v.t("お知らせいただきたいもの"), v.t("ご回答"), v.t("資料・補足")}, Widths: []float64{0.9, 4, 4, 2, 2.6}}
		}
		n++
		verified = verified && e.DutyVerified(row.Question)
		t.Rows = append(t.Rows, []report.Cell{{Text: strconv.Itoa(n)}, {Text: row.Question.Text.In(v.Lang)}, {Text: e.AskOf(row.Question).In(v.Lang)}, {Text: v.t("□ 対応済\n□ 一部対応\n□ 未対応\n□ 該当なし")}, {Text: ""}})
	}
	flush()
	intro := []report.Block{
		report.Prose{Markdown: v.t("そちらのサービスで運営している当店のセキュリティ対策を点検しています。サービス側で行われている対策について、項目ごとに状況をお知らせください。公開ページの URL、ホワイトペーパー、第三者の証明書などがあれば、「資料・補足」に書いてください。公開できない項目は、その旨をお書きください。")},
		report.Facts{Rows: facts}}
	if !verified {
		intro = append(intro, report.Prose{Markdown: v.t("どの項目をサービス側の対策とするかは、このリストを作った Miseban の整理で、原文とは照合していません。お店側で行う項目が混じっていれば、その旨をお知らせください。")})
	}
	d.Sections = []report.Section{{ID: "request", Title: v.t("お願い"), Blocks: intro}, {ID: "items", Title: v.t("確認したい項目"), Blocks: tables}}
	return d
}
