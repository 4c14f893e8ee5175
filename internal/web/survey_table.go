package web

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/xlsx"
	"miseban/internal/store"
	"miseban/internal/survey"
	"miseban/internal/web/view"
)

// surveyTablesPage crosses answers for the office. What is seen here is not
// published: for that there are fixed tables.
func (s *Server) surveyTablesPage(w http.ResponseWriter, v *visit) error {
	h, err := s.surveyOf(v)
	if err != nil {
		return err
	}
	of, err := s.db.Respondents(v.Context(), h.Survey.ID)
	if err != nil {
		return err
	}
	f := view.SurveyTables{SurveyHead: h, N: len(of)}
	q := v.URL.Query()
	f.Rows, _ = h.Questionnaire.Item(q.Get("rows"))
	f.Columns, _ = h.Questionnaire.Item(q.Get("columns"))
	f.Figure, _ = h.Questionnaire.Item(q.Get("figure"))
	if f.Rows != nil && !f.Rows.Type.Chosen() || f.Columns != nil && !f.Columns.Type.Chosen() || f.Figure != nil && !f.Figure.Type.Figure() {
		return errNoPage
	}
	switch {
	case f.Figure != nil:
		f.Summary = survey.Summarise(f.Figure, f.Rows, of)
	case f.Rows != nil:
		f.Table = survey.Cross(f.Rows, f.Columns, of)
	}
	return s.page(w, v, http.StatusOK, view.SurveyTablesPage(f))
}

// quotationsPage lists what may be quoted, without names.
func (s *Server) quotationsPage(w http.ResponseWriter, v *visit) error {
	h, err := s.surveyOf(v)
	if err != nil {
		return err
	}
	of, err := s.db.Respondents(v.Context(), h.Survey.ID)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.QuotationsPage(view.Quotations{SurveyHead: h, List: h.Questionnaire.Quotations(of)}))
}

// publicationPage shows what of each fixed table could be published now, and
// what was.
func (s *Server) publicationPage(w http.ResponseWriter, v *visit) error {
	h, err := s.surveyOf(v)
	if err != nil {
		return err
	}
	of, err := s.db.Respondents(v.Context(), h.Survey.ID)
	if err != nil {
		return err
	}
	f := view.Publication{SurveyHead: h, MayPublish: v.has(publishers...), MayPropose: v.has(clerks...)}
	if f.Releases, err = s.db.SurveyReleases(v.Context(), h.Survey.ID); err != nil {
		return err
	}
	earlier := store.Earlier(f.Releases)
	for i := range h.Questionnaire.Tables {
		x := &h.Questionnaire.Tables[i]
		f.Drafts = append(f.Drafts, view.DraftTable{Fixed: x, Release: h.Questionnaire.Release(x, of, earlier)})
	}
	slices.Reverse(f.Releases)
	return s.page(w, v, http.StatusOK, view.PublicationPage(f))
}

func (s *Server) publishTable(w http.ResponseWriter, v *visit) error {
	h, err := s.surveyOf(v)
	if err != nil {
		return err
	}
	x, ok := h.Questionnaire.Fixed(v.value("table"))
	if !ok {
		return errForm
	}
	if err := s.change(v, func(tx *store.Tx) error { _, err := tx.PublishTable(v.Context(), &h.Survey, x); return err }); err != nil {
		return err
	}
	return s.see(w, v, h.URL+"/publication", v.t("「{table}」を公表用に確定しました。", "table", x.Title.In(v.Lang)))
}

// releaseFile hands out a published table. There is no other way by which
// answers leave as a file.
func (s *Server) releaseFile(w http.ResponseWriter, v *visit) error {
	h, err := s.surveyOf(v)
	if err != nil {
		return err
	}
	all, err := s.db.SurveyReleases(v.Context(), h.Survey.ID)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(x store.SurveyRelease) bool { return string(x.ID) == v.PathValue("release") })
	if at < 0 {
		return errNoPage
	}
	x, ok := h.Questionnaire.Fixed(all[at].Table)
	if !ok {
		return errNoPage
	}
	head, rows := h.Questionnaire.Lines(x, &all[at].Release, v.Lang)
	var b bytes.Buffer
	media, name := "text/csv; charset=utf-8", "csv"
	if v.URL.Query().Get("format") == "xlsx" {
		media, name = reportFormats["xlsx"].media, "xlsx"
		widths := []float64{40}
		for range head[1:] {
			widths = append(widths, 16)
		}
		err = xlsx.WriteList(&b, v.Lang, v.t("集計"), h.Questionnaire.Title.In(v.Lang)+" – "+x.Title.In(v.Lang), head, widths, rows)
	} else {
		for _, r := range rows { // writeCSV takes texts
			for n := range r {
				if x, ok := r[n].(float64); ok {
					r[n] = strconv.FormatFloat(x, 'f', -1, 64)
				} else {
					r[n] = fmt.Sprint(r[n])
				}
			}
		}
		err = writeCSV(&b, head, rows)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "miseban-" + h.Questionnaire.ID + "-" + x.ID + "-" + all[at].At.In(report.Tokyo()).Format("20060102") + "." + name}))
	if _, err := w.Write(b.Bytes()); err != nil {
		s.log.WarnContext(v.Context(), "a table was not sent whole", "error", err)
	}
	return nil
}

// codingOf reads what there is to code of the item that the query names.
func (s *Server) codingOf(v *visit, item string) (*view.Coding, error) {
	h, err := s.surveyOf(v)
	if err != nil {
		return nil, err
	}
	f := &view.Coding{SurveyHead: h, MayMerge: v.has(clerks...)}
	for _, i := range h.Questionnaire.Items() {
		if i.Type == survey.Words {
			f.Items = append(f.Items, i)
			if i.ID == item || f.Item == nil {
				f.Item = i
			}
		}
	}
	if item != "" && f.Item.ID != item {
		return nil, errNoPage
	}
	ctx := v.Context()
	if f.Codes, err = s.db.SurveyCodes(ctx, h.Survey.ID, f.Item.ID); err != nil {
		return nil, err
	}
	of, err := s.db.Respondents(ctx, h.Survey.ID)
	if err != nil {
		return nil, err
	}
	judged, err := s.db.Codings(ctx, h.Survey.ID, f.Item.ID)
	if err != nil {
		return nil, err
	}
	f.Agreement = survey.Agree(f.Codes, judged)
	for _, x := range of {
		if a := x.Answers[f.Item.ID]; a.Words != "" {
			u := view.CodingUnit{ID: x.ID, Words: a.Words}
			for _, j := range judged {
				if j.Unit == x.ID && j.Coder == string(v.by()) {
					u.Codes, u.Judged = j.Codes, true
				}
			}
			f.Units = append(f.Units, u)
		}
	}
	return f, nil
}

func (s *Server) codingPage(w http.ResponseWriter, v *visit) error {
	f, err := s.codingOf(v, v.URL.Query().Get("item"))
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.CodingPage(*f))
}

func (s *Server) addCode(w http.ResponseWriter, v *visit) error {
	f, err := s.codingOf(v, v.value("item"))
	if err != nil {
		return err
	}
	c := &survey.Code{Name: account.Line(v.value("name")), Means: account.Line(v.value("means"))}
	f.Typed = *c
	if n := utf8.RuneCountInString(c.Name); n == 0 || n > 60 {
		f.Problems = append(f.Problems, account.Problem{Field: "name", Reason: account.Reason{Message: "分類の名前を 60 文字までで入力してください。"}})
	}
	if n := utf8.RuneCountInString(c.Means); n == 0 || n > 300 {
		f.Problems = append(f.Problems, account.Problem{Field: "means", Reason: account.Reason{Message: "どのような回答に付けるかを 300 文字までで入力してください。"}})
	}
	if len(f.Problems) == 0 {
		err := s.change(v, func(tx *store.Tx) error { return tx.AddCode(v.Context(), f.Survey.ID, f.Item.ID, c) })
		if err == nil {
			return s.see(w, v, f.URL+"/coding?item="+f.Item.ID, v.t("分類を追加しました。"))
		}
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		f.Problems = account.Problems{{Field: "name", Reason: account.Reason{Message: "同じ名前の分類があるか、{n} 個の上限に達しています。", Args: i18n.Args{"n": strconv.Itoa(store.MostCodes)}}}}
	}
	return s.page(w, v, http.StatusUnprocessableEntity, view.CodingPage(*f))
}

// mergeCodes makes one code of two. What was coded stays coded, by whom it was.
func (s *Server) mergeCodes(w http.ResponseWriter, v *visit) error {
	f, err := s.codingOf(v, v.value("item"))
	if err != nil {
		return err
	}
	from, into := v.value("from"), v.value("into")
	back := f.URL + "/coding?item=" + f.Item.ID
	if from == into {
		return s.see(w, v, back, v.t("違う分類を二つ選んでください。"))
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.MergeCodes(v.Context(), f.Survey.ID, f.Item.ID, from, into) }); err != nil {
		return err
	}
	return s.see(w, v, back, v.t("分類を統合しました。付けてあった分類も移しました。"))
}

// codeAnswers keeps the judgements of who is signed in; those of others stay
// hidden from the page, so that nobody follows anybody.
func (s *Server) codeAnswers(w http.ResponseWriter, v *visit) error {
	f, err := s.codingOf(v, v.value("item"))
	if err != nil {
		return err
	}
	judged := v.PostForm["judged"]
	n := 0
	err = s.change(v, func(tx *store.Tx) error {
		n = 0
		for _, u := range f.Units {
			codes := slices.DeleteFunc(slices.Clone(v.PostForm["c "+u.ID]), func(id string) bool {
				return !slices.ContainsFunc(f.Codes, func(c survey.Code) bool { return c.ID == id })
			})
			if !slices.Contains(judged, u.ID) && len(codes) == 0 || u.Judged && slices.Equal(codes, u.Codes) {
				continue
			}
			n++
			if err := tx.SaveCoding(v.Context(), f.Survey.ID, account.ID(u.ID), f.Item.ID, codes); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.see(w, v, f.URL+"/coding?item="+f.Item.ID, v.t("{n} 件の分類を保存しました。", "n", strconv.Itoa(n)))
}
