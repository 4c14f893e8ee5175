package web

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/report/xlsx"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

// specificationParts are the parts of editions that go into a specification:
// what is built and how it is kept. What the executive decides stays with the shop.
var specificationParts = map[string][]string{"ipa-ec-2023": {"build", "operate"}, "card-security-6": {"weakness", "fraud", "data"}}

// specification puts the requirements that concern a shop into words for who
// builds it. It reads editions and the shop's data, and no answer at all.
func (s *Server) specification(v *visit) (*report.Specification, error) {
	editions, err := perform.Checklists(v.Context(), s.db)
	if err != nil {
		return nil, err
	}
	shop, traits, form := v.Shop, assessment.ShopTraits(v.Shop), assessment.ShopForm(v.Shop)
	spec := &report.Specification{Document: report.Document{Lang: v.Lang, Title: v.t("セキュリティ要求仕様書"), Subtitle: shop.Name, Mark: v.t("見積・契約のための資料"), Made: s.now()}}
	fact := func(name, value string) {
		if value == "" {
			value = "　"
		}
		spec.Facts = append(spec.Facts, report.Fact{Name: name, Value: value})
	}
	fact(v.t("お店"), shop.Name)
	fact(v.t("運営会社"), shop.Company)
	fact(v.t("状態"), account.Say(account.States, shop.State, v.Lang))
	fact(v.t("構築方法"), account.Say(account.Methods, shop.Method, v.Lang))
	fact(v.t("使う予定のパッケージ・サービス"), strings.TrimSpace(shop.Package+" "+shop.Version))
	var pays []string
	for _, p := range shop.Payments {
		pays = append(pays, account.Say(account.PaymentMethods, account.Choice(p), v.Lang))
	}
	fact(v.t("決済の方法"), strings.Join(pays, "\n"))
	fact(v.t("作成日"), workflow.Day(s.now()))
	fact(v.t("記入した会社・担当者・日付"), "")
	spec.Notes = []string{
		v.t("お店の構築・運用にあたって、受注する会社に満たしてほしいセキュリティの要件です。要件ごとに、対応可否・方法・費用・備考を記入して返してください。「△」のときは、代わりに行うことを「方法」に書いてください。"),
		v.t("「区分」（必須・必要・推奨）は、原文で確かめられたものだけを書いています。「原文未確認」の要件の扱いは、お店と受注する会社で話し合って決めてください。この仕様書は契約書ではなく、法律上の義務を果たしているかどうかも判断しません。"),
	}
	var without []string
	for _, e := range editions {
		names := specificationParts[e.ID]
		if e.ID == "card-security-6" && !traits[guideline.TakesCards] {
			continue
		}
		for _, id := range names {
			part, ok := e.Part(id)
			if !ok {
				continue
			}
			p := report.SpecificationPart{Title: e.Title.In(v.Lang) + " – " + part.Title.In(v.Lang)}
			for _, r := range e.RequirementsOf(id) {
				if applies, settled := r.Applies(traits); settled && !applies {
					without = append(without, r.Number+" "+r.Title.In(v.Lang))
					continue
				}
				p.Rows = append(p.Rows, wanted(v, e, r, form))
			}
			if len(p.Rows) > 0 {
				spec.Parts = append(spec.Parts, p)
			}
		}
		if len(names) > 0 {
			fact(v.t("もとにした文書"), v.t("{title}（{revision}）", "title", e.Title.In(v.Lang), "revision", view.RevisionName(e, v.Lang)))
		}
	}
	if len(without) > 0 {
		spec.Notes = append(spec.Notes, v.t("お店の情報から、関係しないとして除いた要件:")+"\n\n- "+strings.Join(without, "\n- "))
	}
	return spec, nil
}

// wanted is one requirement: what its builder has to do, and by what it is accepted.
func wanted(v *visit, e *guideline.Edition, r *guideline.Requirement, form guideline.Form) report.Wanted {
	w := report.Wanted{Number: r.Number, Title: r.Title.In(v.Lang), Level: v.t("区分は原文未確認")}
	if !r.Title.Verified {
		w.Title = v.t("{title}（原文未確認）", "title", w.Title)
	}
	if r.Level.Verified {
		w.Level = r.Level.Value.Name(v.Lang)
	}
	w.Fulfil = append(w.Fulfil, r.Text.In(v.Lang))
	if how := r.How.For(guideline.Contractor).In(v.Lang); how != "" {
		w.Fulfil = append(w.Fulfil, how)
	}
	if d := e.DutyFor(r, form); d != guideline.Ours {
		w.Fulfil = append(w.Fulfil, v.t("サービスを使うため、{duty}の対策です。サービスがどう満たすかを示してください。", "duty", d.Name(v.Lang)))
	}
	for _, l := range r.Checks {
		if l.Effect != guideline.Supports {
			if line := v.t("診断で見つからないこと: {title}", "title", titleOf(l.Check, v.Lang)); len(w.Accept) < mostAccept && !slices.Contains(w.Accept, line) {
				w.Accept = append(w.Accept, line)
			}
		}
	}
	if n := len(r.Checks) - len(w.Accept); len(w.Accept) == mostAccept && n > 0 {
		w.Accept = append(w.Accept, v.t("ほか、関係する検査項目すべてで不適合がないこと"))
	}
	for _, q := range e.QuestionsFor(r.ID) {
		w.Accept = append(w.Accept, v.t("資料で確かめる: {evidence}", "evidence", q.Evidence.In(v.Lang)))
	}
	return w
}

// mostAccept is how many checks a requirement of a specification names.
const mostAccept = 8

func (s *Server) specificationPage(w http.ResponseWriter, v *visit) error {
	spec, err := s.specification(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.SpecificationPage(view.Specification{ShopHead: s.tabsOf(v), Specification: spec}))
}

func (s *Server) specificationFile(w http.ResponseWriter, v *visit) error {
	spec, err := s.specification(v)
	if err != nil {
		return err
	}
	name := "miseban-specification-" + workflow.Day(s.now())
	if !strings.HasSuffix(v.URL.Path, "/excel") {
		return s.sendPaper(w, v, name, spec.Paper())
	}
	var b bytes.Buffer
	if err := xlsx.WriteSpecification(&b, spec); err != nil {
		return err
	}
	w.Header().Set("Content-Type", reportFormats["xlsx"].media)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.xlsx"`)
	if _, err := w.Write(b.Bytes()); err != nil {
		s.log.WarnContext(v.Context(), "a workbook was not sent whole", "error", err)
	}
	return nil
}
