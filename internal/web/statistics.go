package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"miseban/internal/account"
	"miseban/internal/checks"
	"miseban/internal/i18n"
	"miseban/internal/perform"
	"miseban/internal/programme"
	"miseban/internal/report"
	"miseban/internal/report/xlsx"
	"miseban/internal/statistics"
	"miseban/internal/store"
	"miseban/internal/survey"
	"miseban/internal/web/view"
)

// publicationsListed is how many publications a page shows.
const publicationsListed = 30

// counting is by what the programme of a visit is counted.
func (s *Server) counting(ctx context.Context, p *programme.Programme) (*statistics.Catalogue, error) {
	e, err := s.db.Edition(ctx, p.Edition)
	if err != nil { // the programme names none, or one that is not installed any more
		all, err := perform.Editions(ctx, s.db)
		if err != nil {
			return nil, err
		}
		e = all[0]
	}
	c := &statistics.Catalogue{Edition: e, ClassOf: func(name string) string {
		if _, suite := checks.Find(name); suite != nil {
			return suite.Name
		}
		return "gone" // a check of an earlier version
	}}
	for _, x := range checks.All {
		c.Classes = append(c.Classes, survey.Choice{ID: x.Name, Text: x.Title})
	}
	c.Classes = append(c.Classes, survey.Choice{ID: "gone", Text: i18n.Text{JA: "いまはない検査項目", EN: "Checks of earlier versions"}})
	return c, nil
}

func (s *Server) statisticsPage(w http.ResponseWriter, v *visit) error {
	return s.showStatistics(w, v, http.StatusOK, "")
}

func (s *Server) showStatistics(w http.ResponseWriter, v *visit, status int, why string) error {
	ctx := v.Context()
	office := v.has(caseDesk...)
	f := view.Statistics{ProgrammeHead: s.programmeHead(v), Draft: office, MayMake: v.has(clerks...), Why: why}
	var err error
	if f.Progress, err = s.db.CaseProgress(ctx, v.Programme.ID, s.now()); err != nil {
		return err
	}
	if f.Stages, err = s.db.ApplicationCounts(ctx, v.Programme.ID); err != nil {
		return err
	}
	if f.List, err = s.db.Publications(ctx, v.Programme.ID, publicationsListed); err != nil {
		return err
	}
	if office {
		f.Data, err = s.db.Statistics(ctx, v.Programme.ID)
	} else {
		f.List = slices.DeleteFunc(f.List, func(x store.Publication) bool { return x.State != store.Published })
		var x *store.Publication
		if x, err = s.db.LastPublished(ctx, v.Programme.ID); err == nil {
			f.Data = &x.Data
		}
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err != nil {
		f.Data = nil
	}
	return s.page(w, v, status, view.StatisticsPage(f))
}

// makeStatistics counts anew, to be looked at by the office.
func (s *Server) makeStatistics(w http.ResponseWriter, v *visit) error {
	c, err := s.counting(v.Context(), v.Programme)
	if err != nil {
		return err
	}
	if _, err := s.db.MakeStatistics(v.Context(), v.by(), v.Programme.ID, v.Programme.Office, c, s.now()); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/statistics"), v.t("いまの応募と案件から集計しました。"))
}

// proposePublication asks another person to publish: the statistics, or the
// released tables of a survey.
func (s *Server) proposePublication(w http.ResponseWriter, v *visit) error {
	if err := ofOffice(v); err != nil {
		return err
	}
	c, err := s.counting(v.Context(), v.Programme)
	if err != nil {
		return err
	}
	x := &store.Publication{Programme: v.Programme.ID, Title: i18n.Text{JA: v.Programme.Name.In(i18n.JA) + " 統計", EN: v.Programme.Name.In(i18n.EN) + ": statistics"}}
	if id := account.ID(v.value("survey")); id != "" {
		if !id.Valid() {
			return errForm
		}
		of, err := s.db.Survey(v.Context(), v.Programme.ID, id)
		if err != nil {
			return err
		}
		q, ok := survey.Load(of.Questionnaire)
		if !ok {
			return errForm
		}
		x.Subject, x.Title = id, i18n.Text{JA: v.Programme.Name.In(i18n.JA) + " " + q.Title.JA, EN: v.Programme.Name.In(i18n.EN) + ": " + q.Title.EN}
	}
	switch err := s.db.Propose(v.Context(), v.by(), v.Programme.Office, x, c, s.now()); {
	case errors.Is(err, store.ErrConflict):
		return s.showStatistics(w, v, http.StatusConflict, v.t("承認を待っている公表の申請があります。先にその承認か差し戻しを済ませてください。"))
	case errors.Is(err, store.ErrNothingToShow):
		return s.showStatistics(w, v, http.StatusUnprocessableEntity, v.t("いまは公表できる数がありません。調査の表は、先に調査の「公表」で確定してください。"))
	case err != nil:
		return err
	}
	return s.see(w, v, programmeURL(v, "/statistics/"+string(x.ID)), v.t("公表を申請しました。ほかの人が、このページで承認します。"))
}

func (s *Server) publicationOf(v *visit) (*store.Publication, error) {
	id := account.ID(v.PathValue("publication"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.Publication(v.Context(), v.Programme.ID, id)
}

func (s *Server) publicationProposalPage(w http.ResponseWriter, v *visit) error {
	return s.showProposal(w, v, http.StatusOK, "")
}

func (s *Server) showProposal(w http.ResponseWriter, v *visit, status int, why string) error {
	x, err := s.publicationOf(v)
	if err != nil {
		return err
	}
	f := view.Proposed{ProgrammeHead: s.programmeHead(v), Publication: *x, Me: v.by(), Why: why, MayDecide: v.has(caseDesk...)}
	if f.Names, err = s.db.Names(v.Context(), []account.ID{x.By, x.DecidedBy}); err != nil {
		return err
	}
	return s.page(w, v, status, view.ProposedPage(f))
}

// decidePublication publishes what another person proposed, sends it back, or
// takes it off the pages.
func (s *Server) decidePublication(w http.ResponseWriter, v *visit) error {
	x, err := s.publicationOf(v)
	if err != nil {
		return err
	}
	ctx, office, done := v.Context(), v.Programme.Office, ""
	err = s.change(v, func(tx *store.Tx) error {
		switch v.value("act") {
		case "publish":
			done = v.t("公表しました。誰でも見られるようになりました。")
			return tx.DecidePublication(ctx, office, x, true)
		case "decline":
			done = v.t("差し戻しました。")
			return tx.DecidePublication(ctx, office, x, false)
		case "withdraw":
			done = v.t("掲載を取りやめました。次の公表でも、この数との差を確かめます。")
			return tx.WithdrawPublication(ctx, office, x)
		}
		return errForm
	})
	switch {
	case errors.Is(err, store.ErrSamePerson):
		return s.showProposal(w, v, http.StatusConflict, v.t("申請した人は承認できません。ほかの人に頼んでください。"))
	case errors.Is(err, store.ErrConflict):
		return s.showProposal(w, v, http.StatusConflict, v.t("申請の後にほかの公表があったか、もう決まっています。差し戻して、集計からやり直してください。"))
	case err != nil:
		return err
	}
	return s.see(w, v, programmeURL(v, "/statistics/"+string(x.ID)), done)
}

// openDataPage lists what was published, for everybody.
func (s *Server) openDataPage(w http.ResponseWriter, v *visit) error {
	before := account.ID(v.URL.Query().Get("after"))
	if before != "" && !before.Valid() {
		return errNoPage
	}
	f := view.OpenData{Before: before}
	var err error
	if f.List, err = s.db.PublicData(v.Context(), before, rows+1); err != nil {
		return err
	}
	if len(f.List) > rows {
		f.List = f.List[:rows]
		f.Next = string(f.List[rows-1].ID)
	}
	return s.page(w, v, http.StatusOK, view.OpenDataPage(f))
}

func (s *Server) openDataset(v *visit) (*store.Publication, error) {
	id := account.ID(v.PathValue("publication"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.OpenData(v.Context(), id)
}

func (s *Server) openDatasetPage(w http.ResponseWriter, v *visit) error {
	x, err := s.openDataset(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.OpenDatasetPage(*x))
}

// openDataFile hands out a publication for programs and for Excel.
func (s *Server) openDataFile(w http.ResponseWriter, v *visit) error {
	if v.Actor == nil && s.press.OnLimit(w, v.Request, v.Network) {
		return errTooMany
	}
	x, err := s.openDataset(v)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	media, name := "text/csv; charset=utf-8", "data.csv"
	switch {
	case strings.HasSuffix(v.URL.Path, "/dictionary.csv"):
		name = "dictionary.csv"
		head, rows := x.Data.Dictionary()
		err = writeCSV(&b, head, rows)
	case strings.HasSuffix(v.URL.Path, "/tables.xlsx"):
		media, name = reportFormats["xlsx"].media, "tables.xlsx"
		err = xlsx.WriteTables(&b, datasetDocument(v, x))
	default:
		head, rows := x.Data.Tidy(v.Lang)
		err = writeCSV(&b, head, rows)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "miseban-" + x.Decided.In(report.Tokyo()).Format("20060102") + "-" + name}))
	if _, err := w.Write(b.Bytes()); err != nil {
		s.log.WarnContext(v.Context(), "a dataset was not sent whole", "error", err)
	}
	return nil
}

// datasetDocument is a publication as a sheet a table, with the dictionary.
func datasetDocument(v *visit, x *store.Publication) *report.Document {
	d := &report.Document{Lang: v.Lang, Title: x.Title.In(v.Lang), Subtitle: v.t("{day} 公表", "day", view.Day(x.Decided)), Made: x.Decided}
	d.Sections = append(d.Sections, report.Section{ID: "about", Title: v.t("この表について"), Blocks: []report.Block{report.Facts{Rows: []report.Fact{
		{Name: v.t("名前"), Value: d.Title}, {Name: v.t("公表日"), Value: view.Day(x.Decided)}, {Name: v.t("集計した日時"), Value: view.Moment(x.Data.At)}, {Name: v.t("「x」の欄"), Value: gateWords(v)},
	}}}})
	for i := range x.Data.Tables {
		t := &x.Data.Tables[i]
		if t.Release.Withheld {
			continue
		}
		d.Sections = append(d.Sections, report.Section{ID: t.ID, Title: t.ID, Blocks: append([]report.Block{report.Heading{Level: 2, Text: t.Title.In(v.Lang)}, report.Prose{Markdown: t.About.In(v.Lang)}}, datasetTable(t, v.Lang))})
	}
	head, rows := x.Data.Dictionary()
	t := report.Table{Head: head}
	for _, r := range rows {
		var line []report.Cell
		for _, c := range r {
			line = append(line, report.Cell{Text: fmt.Sprint(c)})
		}
		t.Rows = append(t.Rows, line)
	}
	d.Sections = append(d.Sections, report.Section{ID: "dictionary", Title: v.t("データの説明"), Blocks: []report.Block{t}})
	return d
}

// gateWords say what stands behind an x.
func gateWords(v *visit) string {
	return v.t("{k} 件に満たない数、差し引きで分かる数、前の公表との差から分かる数、一部が大部分を占める合計や平均は「x」で隠しています。", "k", fmt.Sprint(survey.Least))
}

// datasetTable is a table of a dataset for paper and sheets.
func datasetTable(t *statistics.Table, l i18n.Lang) report.Block {
	head, rows := t.Lines(l)
	out := report.Table{Caption: t.Title.In(l), Head: head, Widths: []float64{4}}
	for range head[1:] {
		out.Widths = append(out.Widths, 2)
	}
	for _, r := range rows {
		var line []report.Cell
		for _, c := range r {
			text := fmt.Sprint(c)
			if x, ok := c.(float64); ok {
				text = statistics.Number(x)
			}
			line = append(line, report.Cell{Text: text})
		}
		out.Rows = append(out.Rows, line)
	}
	return out
}
