package web

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/report/docx"
	"miseban/internal/report/pdf"
	"miseban/internal/store"
	"miseban/internal/workflow"
)

// itemID names an item in papers.
func itemID(number int) string { return fmt.Sprintf("R-%02d", number) }

// requestFindings puts the findings of a request into words, as they were when
// they were asked for, in the order of its items.
func (s *Server) requestFindings(v *visit, x *store.Request) (*report.Document, error) {
	var seen []check.Finding
	number := map[string]int{}
	for i := range x.Items {
		seen = append(seen, x.Items[i].Seen)
		number[report.Fingerprint(&x.Items[i].Seen)] = x.Items[i].Number
	}
	run := &diagnose.Run{ID: string(x.ID), Shop: v.Shop.URL, Started: x.At, State: diagnose.Finished, Scope: anyScope()}
	doc, err := perform.Findings(v.Context(), s.db, run, seen, v.Lang, nil)
	if err != nil {
		return nil, err
	}
	for i := range doc.Findings {
		f := &doc.Findings[i]
		f.Number = number[f.Fingerprint]
		f.ID = itemID(f.Number)
	}
	slices.SortFunc(doc.Findings, func(a, b report.Finding) int { return cmp.Compare(a.Number, b.Number) })
	return doc, nil
}

// requestFile hands out the 対策依頼書, or the 対策回答書, as PDF or for Word.
func (s *Server) requestFile(w http.ResponseWriter, v *visit) error {
	x, _, err := s.request(v)
	if err != nil {
		return err
	}
	if v.URL.Query().Get("paper") != "reply" {
		return s.requestSent(w, v, x)
	}
	steps, err := s.db.RequestSteps(v.Context(), v.Shop.ID, x.ID)
	if err != nil {
		return err
	}
	names, err := s.stepNames(v, x, steps)
	if err != nil {
		return err
	}
	x.AsSent(steps)
	return s.sendPaper(w, v, "miseban-reply-"+workflow.Day(s.now()), s.replyDocument(v, x, steps, names))
}

// replyFile hands the 対策依頼書 out to who has the link.
func (s *Server) replyFile(w http.ResponseWriter, v *visit) error {
	_, x, err := s.replying(w, v)
	if err != nil {
		return s.over(w, v, err)
	}
	return s.requestSent(w, v, x)
}

func (s *Server) requestSent(w http.ResponseWriter, v *visit, x *store.Request) error {
	doc, err := s.requestFindings(v, x)
	if err != nil {
		return err
	}
	names, err := s.stepNames(v, x, nil)
	if err != nil {
		return err
	}
	s.requestPaper(v, x, doc, names[x.By])
	return s.sendPaper(w, v, "miseban-request-"+workflow.Day(x.At), doc)
}

// sendPaper hands out a paper under a name without ending: for Word where the
// address ends with /word, else as PDF.
func (s *Server) sendPaper(w http.ResponseWriter, v *visit, name string, d *report.Document) error {
	write, media, ending := pdf.WriteLetter, "application/pdf", ".pdf"
	if strings.HasSuffix(v.URL.Path, "/word") {
		write, media, ending = docx.WriteLetter, docx.Media, ".docx"
	}
	var b bytes.Buffer
	if err := write(&b, d); err != nil {
		return err
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+ending+`"`)
	if _, err := w.Write(b.Bytes()); err != nil {
		s.log.WarnContext(v.Context(), "a paper was not sent whole", "error", err)
	}
	return nil
}

func (s *Server) stepNames(v *visit, x *store.Request, steps []store.RequestStep) (map[account.ID]string, error) {
	ids := []account.ID{x.By}
	for _, st := range steps {
		ids = append(ids, st.By)
	}
	return s.db.Names(v.Context(), ids)
}

// plain is a text that somebody typed, as Markdown that shows it as it is.
func plain(s string) string {
	s = strings.NewReplacer("\\", "\\\\", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "]", "\\]", "<", "\\<", "#", "\\#", ">", "\\>").Replace(s)
	return strings.ReplaceAll(s, "\n", "  \n")
}

// requestPaper writes the chapters of a 対策依頼書 around the findings.
func (s *Server) requestPaper(v *visit, x *store.Request, doc *report.Document, by string) {
	doc.Title, doc.Subtitle, doc.Made = v.t("対策依頼書"), v.Shop.Name, x.At
	table := report.Table{Head: []string{v.t("番号"), v.t("内容"), v.t("場所"), v.t("危険度"), v.t("対応期限")}, Widths: []float64{1.2, 5, 4, 1.6, 2.2}}
	section := report.Section{ID: "findings", Title: v.t("対策をお願いする項目の説明"), Page: true}
	for i := range doc.Findings {
		f := &doc.Findings[i]
		due := ""
		if k := slices.IndexFunc(x.Items, func(it store.RequestItem) bool { return it.Number == f.Number }); k >= 0 {
			due = x.Items[k].Due
		}
		table.Rows = append(table.Rows, []report.Cell{{Text: f.ID, Link: "#" + f.ID}, {Text: f.Title}, {Text: f.Place, Code: true}, {Text: f.SeverityName, Tone: f.Tone}, {Text: due}})
		section.Blocks = append(section.Blocks, report.FindingCard{Index: i})
	}
	facts := report.Facts{Rows: []report.Fact{
		{Name: v.t("依頼先"), Value: x.Company + "\n" + v.t("{name} 様", "name", x.Person)},
		{Name: v.t("お店"), Value: v.Shop.Name}, {Name: v.t("アドレス"), Value: v.Shop.URL}, {Name: v.t("依頼する会社"), Value: v.Shop.Company},
		{Name: v.t("作成した人"), Value: by}, {Name: v.t("作成日"), Value: workflow.Day(x.At)}, {Name: v.t("回答の期限"), Value: x.Due}, {Name: v.t("依頼の番号"), Value: string(x.ID)}}}
	blocks := []report.Block{facts, report.Prose{Markdown: v.t("お店のセキュリティ診断で、次の表の項目が見つかりました。期限までの対策をお願いします。項目ごとに、方針（対策する・別の方法で対策する・責任範囲外）、予定日、見積を、お送りした回答用の URL から回答してください。")}}
	if x.Words != "" {
		blocks = append(blocks, report.Callout{Tone: report.Neutral, Title: v.t("依頼元からの連絡"), Markdown: plain(x.Words)})
	}
	blocks = append(blocks, table, s.noDuty(v))
	doc.Sections = []report.Section{{ID: "items", Title: v.t("対策をお願いする項目"), Blocks: blocks}, section}
	if len(x.Clauses) > 0 {
		doc.Sections = append(doc.Sections, missingSection(v, x.Clauses))
	}
}

// noDuty says what papers about findings do not do.
func (s *Server) noDuty(v *visit) report.Block {
	return report.Callout{Tone: report.Neutral, Title: v.t("この書面について"), Markdown: v.t("この書面は、診断で見えた事実と対策の方法を伝えるものです。契約上・法律上の責任を判断するものではありません。攻撃の手がかりになる内容を含むため、関係者だけで扱ってください。")}
}

// replyDocument is the 対策回答書: every item with its answer and what the
// executive decided.
func (s *Server) replyDocument(v *visit, x *store.Request, steps []store.RequestStep, names map[account.ID]string) *report.Document {
	doc := &report.Document{Lang: v.Lang, Title: v.t("対策回答書"), Subtitle: v.Shop.Name, Made: s.now()}
	facts := []report.Fact{{Name: v.t("お店"), Value: v.Shop.Name}, {Name: v.t("依頼先"), Value: x.Company + "\n" + v.t("{name} 様", "name", x.Person)}, {Name: v.t("依頼日"), Value: workflow.Day(x.At)}, {Name: v.t("依頼の番号"), Value: string(x.ID)}, {Name: v.t("状態"), Value: x.State.Name(v.Lang)}}
	for _, st := range steps {
		switch st.State {
		case workflow.RequestAnswered:
			who := st.Name
			if st.Link != "" {
				who = v.t("{name}（回答用の URL から）", "name", who)
			}
			facts = append(facts, report.Fact{Name: v.t("回答"), Value: workflow.Day(st.At) + "  " + who})
		case workflow.RequestReturned:
			facts = append(facts, report.Fact{Name: v.t("差し戻し"), Value: workflow.Day(st.At) + "  " + names[st.By]})
		case workflow.RequestAgreed:
			facts = append(facts, report.Fact{Name: v.t("承認"), Value: workflow.Day(st.At) + "  " + names[st.By]})
		}
	}
	table := report.Table{Head: []string{v.t("番号"), v.t("依頼した内容"), v.t("方針"), v.t("予定日"), v.t("見積"), v.t("承認")}, Widths: []float64{1.1, 5, 2, 2, 2.4, 1.6}}
	notes := report.Section{ID: "words", Title: v.t("項目ごとの説明")}
	for i := range x.Items {
		it := &x.Items[i]
		policy, tone := it.Policy.Name(v.Lang), report.Neutral
		if it.Policy == "" {
			policy, tone = v.t("未回答"), report.Warn
		}
		decision, colour := "–", report.Neutral
		switch it.Decision {
		case workflow.Approved:
			decision, colour = v.t("承認"), report.Good
		case workflow.Returned:
			decision, colour = v.t("差し戻し"), report.Warn
		}
		title := titleOf(it.Seen.Check, v.Lang)
		row := []report.Cell{{Text: itemID(it.Number)}, {Text: title + "\n" + placeOf(&it.Seen, v.Lang)}, {Text: policy, Tone: tone}, {Text: it.Day}, {Text: it.Estimate}, {Text: decision, Tone: colour}}
		if it.Words != "" || it.Note != "" {
			var f []report.Fact
			if it.Words != "" {
				f = append(f, report.Fact{Name: v.t("回答の説明"), Value: it.Words})
			}
			if it.Note != "" {
				f = append(f, report.Fact{Name: v.t("責任者から"), Value: it.Note})
			}
			notes.Blocks = append(notes.Blocks, report.Heading{Level: 3, Text: itemID(it.Number) + "  " + title}, report.Facts{Rows: f})
		}
		table.Rows = append(table.Rows, row)
	}
	doc.Sections = []report.Section{{ID: "items", Title: v.t("対策の回答"), Blocks: []report.Block{report.Facts{Rows: facts}, table}}}
	if len(notes.Blocks) > 0 {
		doc.Sections = append(doc.Sections, notes)
	}
	doc.Sections = append(doc.Sections, report.Section{ID: "about", Title: v.t("この書面について"), Blocks: []report.Block{report.Prose{Markdown: v.t("依頼した項目に対する依頼先の回答と、お店の責任者の判断をまとめたものです。契約上・法律上の責任を判断するものではありません。")}}})
	return doc
}
