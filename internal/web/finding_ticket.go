package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/report/pdf"
	"miseban/internal/store"
	"miseban/internal/workflow"
)

// ticket is a finding as Markdown, to copy into the list of tasks of whoever mends it.
func ticket(v *visit, f *store.Finding, x *report.Finding) string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "- %s: %s\n", name, value)
		}
	}
	part := func(title, text string) {
		if text != "" {
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", title, strings.TrimSpace(text))
		}
	}
	fmt.Fprintf(&b, "# [%s] %s\n\n", x.SeverityName, x.Title)
	line(v.t("お店"), v.Shop.Name)
	line(v.t("場所"), code(x.Place+" "+x.Parameter))
	line(v.t("アドレス"), code(x.Method+" "+x.URL))
	line(v.t("対応期限"), f.Due)
	if x.CWE > 0 {
		line(v.t("分類"), "CWE-"+strconv.Itoa(x.CWE))
	}
	line("CVSS", strings.TrimSpace(x.CVSS31+" "+x.CVSS40))
	part(v.t("見つかったこと"), x.Seen)
	if x.Proof != nil {
		part(v.t("確かめた方法"), x.Proof.Text(v.Lang))
	}
	if x.Excerpt != "" {
		part(v.t("該当箇所"), fence(x.Excerpt))
	}
	for _, e := range x.Evidence[:min(1, len(x.Evidence))] {
		part(v.t("証跡"), fence(e.RequestHead+"\n\n"+e.ResponseHead))
	}
	part(v.t("なぜ問題か"), x.Why)
	part(v.t("直し方: サイトを運用する方"), x.Operator)
	part(v.t("直し方: 開発会社"), x.Developer)
	var refs []string
	for _, r := range x.References {
		refs = append(refs, strings.TrimSpace("- "+r.Text+" "+r.URL))
	}
	part(v.t("参考"), strings.Join(refs, "\n"))
	return b.String()
}

func code(s string) string {
	s = strings.Join(strings.Fields(report.Visible(s)), " ")
	if s == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(s, "`", "'") + "`"
}

// fence is a block of code that nothing in it can end.
func fence(s string) string {
	mark := "```"
	for strings.Contains(s, mark) {
		mark += "`"
	}
	return mark + "\n" + strings.TrimSpace(s) + "\n" + mark
}

// findingRequest makes the 対策依頼書: what a contractor is asked to mend, as PDF.
func (s *Server) findingRequest(w http.ResponseWriter, v *visit) error {
	list, err := s.chosen(v)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return s.see(w, v, "/shops/"+string(v.Shop.ID)+"/findings", v.t("検出事項を選んでから、操作してください。"))
	}
	var seen []check.Finding
	byPrint := map[string]*store.Finding{}
	for i := range list {
		if c, _ := checks.Find(list[i].Seen.Check); c != nil {
			seen = append(seen, list[i].Seen)
			byPrint[list[i].Fingerprint] = &list[i]
		}
	}
	run := &diagnose.Run{ID: list[0].LastRun, Shop: v.Shop.URL, Started: list[0].LastSeen, State: diagnose.Finished, Scope: anyScope()}
	doc, err := perform.Findings(v.Context(), s.db, run, seen, v.Lang, false)
	if err != nil {
		return err
	}
	s.request(v, doc, byPrint)
	var b bytes.Buffer
	if err := pdf.Write(&b, doc); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="miseban-request-`+workflow.Day(s.now())+`.pdf"`)
	if _, err = w.Write(b.Bytes()); err != nil {
		s.log.WarnContext(v.Context(), "a request was not sent whole", "error", err)
	}
	return nil
}

// request writes the chapters of a 対策依頼書 around the findings.
func (s *Server) request(v *visit, doc *report.Document, of map[string]*store.Finding) {
	doc.Title, doc.Subtitle, doc.Made = v.t("対策依頼書"), v.Shop.Name, s.now()
	table := report.Table{Head: []string{v.t("番号"), v.t("内容"), v.t("場所"), v.t("危険度"), v.t("対応期限"), v.t("回答（方針・予定日・見積）")}, Widths: []float64{1.2, 4, 3, 1.4, 2, 4}}
	section := report.Section{ID: "findings", Title: v.t("対策をお願いする項目の説明"), Page: true}
	for i := range doc.Findings {
		x := &doc.Findings[i]
		due := ""
		if f := of[x.Fingerprint]; f != nil {
			due = f.Due
		}
		table.Rows = append(table.Rows, []report.Cell{{Text: x.ID, Link: "#" + x.ID}, {Text: x.Title}, {Text: x.Place, Code: true}, {Text: x.SeverityName, Tone: x.Tone}, {Text: due}, {Text: ""}})
		section.Blocks = append(section.Blocks, report.FindingCard{Index: i})
	}
	facts := report.Facts{Rows: []report.Fact{{Name: v.t("お店"), Value: v.Shop.Name}, {Name: v.t("アドレス"), Value: v.Shop.URL}, {Name: v.t("依頼する会社"), Value: v.Shop.Company}, {Name: v.t("作成した人"), Value: v.Actor.Person.Name}, {Name: v.t("作成日"), Value: workflow.Day(s.now())}}}
	doc.Sections = []report.Section{
		{ID: "cover", Title: doc.Title, Blocks: []report.Block{facts,
			report.Prose{Markdown: v.t("お店のセキュリティ診断で、次の表の項目が見つかりました。期限までの対策をお願いします。項目ごとに、方針（対策する・別の方法で対策する・責任範囲外）、予定日、見積を回答欄に書いて、お店の担当者へお返しください。")},
			table,
			report.Callout{Tone: report.Neutral, Title: v.t("この書面について"), Markdown: v.t("この書面は、診断で見えた事実と対策の方法を伝えるものです。契約上・法律上の責任を判断するものではありません。攻撃の手がかりになる内容を含むため、関係者だけで扱ってください。")}}},
		section,
	}
}
