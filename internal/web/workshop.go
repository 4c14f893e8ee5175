package web

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/handout"
	"miseban/internal/i18n"
	"miseban/internal/paper"
	"miseban/internal/programme"
	"miseban/internal/report"
	"miseban/internal/report/xlsx"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

// workshopChapters are the chapters of the programme's guideline in their
// order: as the office has written them, else as they are shipped.
func (s *Server) workshopChapters(v *visit) ([]view.WorkshopChapter, error) {
	written, err := s.db.WorkshopChapters(v.Context(), v.Programme.ID)
	if err != nil {
		return nil, err
	}
	var out []view.WorkshopChapter
	for i := range handout.Chapters() {
		c := &handout.Chapters()[i]
		x := view.WorkshopChapter{Shipped: c, Chapter: paper.Chapter{ID: c.ID, Title: c.Title, Text: c.Text}}
		if w, ok := written[c.ID]; ok {
			x.Chapter = w
		}
		out = append(out, x)
	}
	return out, nil
}

// counts are the numbers of the programme itself that chapters may name, as
// they are now: counts of the process, which tell of nobody's answers.
func (s *Server) counts(v *visit) ([]handout.Figure, error) {
	n, err := s.db.ApplicationCounts(v.Context(), v.Programme.ID)
	if err != nil {
		return nil, err
	}
	sum := 0
	for _, k := range n {
		sum += k
	}
	day := workflow.Day(s.now())
	figure := func(id string, k int, says i18n.Text) handout.Figure {
		return handout.Figure{ID: id, Value: float64(k), Says: says, Text: i18n.Text{JA: strconv.Itoa(k) + "件", EN: strconv.Itoa(k)}, Counted: i18n.Text{JA: "「" + v.Programme.Name.In(i18n.JA) + "」の記録、" + day + "現在", EN: "Records of “" + v.Programme.Name.In(i18n.EN) + "” as of " + day}}
	}
	return []handout.Figure{
		figure("now-applications", sum, i18n.Text{JA: "この事業への応募", EN: "applied for this programme"}),
		figure("now-selected", n[programme.Selected], i18n.Text{JA: "この事業で診断の対象に選ばれたお店", EN: "were selected by this programme"}),
	}, nil
}

func (s *Server) workshopPage(w http.ResponseWriter, v *visit) error {
	return s.showWorkshop(w, v, http.StatusOK, "", nil)
}

func (s *Server) showWorkshop(w http.ResponseWriter, v *visit, status int, note string, bad account.Problems) error {
	ctx := v.Context()
	f := view.Workshop{ProgrammeHead: s.programmeHead(v), Note: note, Problems: bad, MayWrite: v.has(clerks...), Me: v.by()}
	var err error
	if f.Chapters, err = s.workshopChapters(v); err != nil {
		return err
	}
	if f.Comments, err = s.db.WorkshopComments(ctx, v.Programme.ID, ""); err != nil {
		return err
	}
	if f.Issues, err = s.db.Issues(ctx, v.Programme.ID); err != nil {
		return err
	}
	f.MayPublish = v.has(judging...)
	return s.page(w, v, status, view.WorkshopPage(f))
}

// workshopChapter reads the chapter that the address names.
func (s *Server) workshopChapter(v *visit) (*view.Chapter, error) {
	list, err := s.workshopChapters(v)
	if err != nil {
		return nil, err
	}
	own, err := s.counts(v)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Chapter.ID == v.PathValue("chapter") {
			return &view.Chapter{ProgrammeHead: s.programmeHead(v), WorkshopChapter: list[i], Own: own, MayWrite: v.has(clerks...)}, nil
		}
	}
	return nil, errNoPage
}

func (s *Server) chapterPage(w http.ResponseWriter, v *visit) error {
	f, err := s.workshopChapter(v)
	if err != nil {
		return err
	}
	return s.showChapter(w, v, http.StatusOK, f)
}

func (s *Server) showChapter(w http.ResponseWriter, v *visit, status int, f *view.Chapter) error {
	ctx := v.Context()
	var err error
	if f.Comments, err = s.db.WorkshopComments(ctx, v.Programme.ID, f.Chapter.ID); err != nil {
		return err
	}
	ids := []account.ID{f.Chapter.By}
	for i := range f.Comments {
		ids = append(ids, f.Comments[i].By)
		if f.Comments[i].ID == f.Answering.ID {
			f.Comments[i] = f.Answering
		}
	}
	if f.Names, err = s.db.Names(ctx, ids); err != nil {
		return err
	}
	return s.page(w, v, status, view.ChapterPage(*f))
}

func (s *Server) saveChapter(w http.ResponseWriter, v *visit) error {
	f, err := s.workshopChapter(v)
	if err != nil {
		return err
	}
	c := &f.Chapter
	if c.Revision, err = strconv.Atoi(v.value("revision")); err != nil || c.Revision < 0 {
		return errForm
	}
	c.Title = i18n.Text{JA: v.PostFormValue("title-ja"), EN: v.PostFormValue("title-en")}
	c.Text = i18n.Text{JA: v.PostFormValue("text-ja"), EN: v.PostFormValue("text-en")}
	f.Problems = c.Tidy()
	for field, text := range map[string]string{"text-ja": c.Text.JA, "text-en": c.Text.EN} {
		if name := handout.Unknown(text, f.Own); name != "" {
			f.Problems = append(f.Problems, account.Problem{Field: field, Reason: account.Reason{Message: "「{name}」という数字はありません。下の一覧の名前を使ってください。", Args: i18n.Args{"name": "{" + name + "}"}}})
		}
	}
	if len(f.Problems) > 0 {
		return s.showChapter(w, v, http.StatusUnprocessableEntity, f)
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.SaveChapter(v.Context(), v.Programme.ID, v.Programme.Office, c) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/workshop/chapters/"+c.ID), v.t("章を保存しました。"))
}

func (s *Server) addComment(w http.ResponseWriter, v *visit) error {
	f, err := s.workshopChapter(v)
	if err != nil {
		return err
	}
	c := &paper.Comment{Chapter: f.Chapter.ID, Said: v.PostFormValue("said")}
	if f.Problems = c.Tidy(false); len(f.Problems) > 0 {
		f.Said = c.Said
		return s.showChapter(w, v, http.StatusUnprocessableEntity, f)
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.AddComment(v.Context(), v.Programme.ID, v.Programme.Office, c) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/workshop/chapters/"+c.Chapter)+"#comments", v.t("意見を受け取りました。"))
}

func (s *Server) answerComment(w http.ResponseWriter, v *visit) error {
	id := account.ID(v.PathValue("comment"))
	if !id.Valid() {
		return errNoPage
	}
	c, err := s.db.WorkshopComment(v.Context(), v.Programme.ID, id)
	if err != nil {
		return err
	}
	if c.Revision, err = strconv.Atoi(v.value("revision")); err != nil || c.Revision < 1 {
		return errForm
	}
	c.Outcome, c.Answer, c.Change = paper.Outcome(v.value("outcome")), v.PostFormValue("answer"), v.PostFormValue("change")
	if bad := c.Tidy(true); len(bad) > 0 {
		v.SetPathValue("chapter", c.Chapter)
		f, err := s.workshopChapter(v)
		if err != nil {
			return err
		}
		f.Problems, f.Answering = bad, *c
		return s.showChapter(w, v, http.StatusUnprocessableEntity, f)
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.AnswerComment(v.Context(), v.Programme.ID, v.Programme.Office, c) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/workshop/chapters/"+c.Chapter)+"#comments", v.t("回答を保存しました。"))
}

// answersDocument is the 意見対応表: each comment with its answer and what was changed.
func (s *Server) answersDocument(v *visit) (*report.Document, error) {
	list, err := s.db.WorkshopComments(v.Context(), v.Programme.ID, "")
	if err != nil {
		return nil, err
	}
	t := report.Table{Head: []string{v.t("番号"), v.t("章"), v.t("受付日"), v.t("意見"), v.t("対応"), v.t("回答"), v.t("変更箇所")}, Widths: []float64{0.8, 2.2, 1.6, 4, 1.6, 4, 3}}
	for i := range list {
		c := &list[i]
		title := c.Chapter
		if x := handout.ChapterOf(c.Chapter); x != nil {
			title = x.Number + " " + x.Title.In(v.Lang)
		}
		t.Rows = append(t.Rows, []report.Cell{{Text: strconv.Itoa(i + 1)}, {Text: title}, {Text: view.Day(c.At)}, {Text: c.Said}, {Text: c.Outcome.Name(v.Lang)}, {Text: c.Answer}, {Text: c.Change}})
	}
	return &report.Document{Lang: v.Lang, Title: v.t("意見対応表"), Subtitle: v.Programme.Name.In(v.Lang), Mark: v.t("委員会の関係者限り"), Made: s.now(),
		Sections: []report.Section{{ID: "answers", Title: v.t("意見と回答"), Blocks: []report.Block{t}}}}, nil
}

func (s *Server) answersFile(w http.ResponseWriter, v *visit) error {
	d, err := s.answersDocument(v)
	if err != nil {
		return err
	}
	return s.sendPaper(w, v, "miseban-comments", d)
}

func (s *Server) answersBook(w http.ResponseWriter, v *visit) error {
	d, err := s.answersDocument(v)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := xlsx.WriteTables(&b, d); err != nil {
		return err
	}
	w.Header().Set("Content-Type", reportFormats["xlsx"].media)
	w.Header().Set("Content-Disposition", `attachment; filename="miseban-comments.xlsx"`)
	if _, err := w.Write(b.Bytes()); err != nil {
		s.log.WarnContext(v.Context(), "a workbook was not sent whole", "error", err)
	}
	return nil
}

// freezeIssue keeps the guideline as it is now, with its numbers put in.
func (s *Server) freezeIssue(w http.ResponseWriter, v *visit) error {
	note := account.Paragraph(v.PostFormValue("note"))
	if n := len([]rune(note)); n == 0 || n > 2000 {
		return s.showWorkshop(w, v, http.StatusUnprocessableEntity, note, account.Problems{{Field: "note", Reason: account.Reason{Message: "変えた点を 2,000 文字までで入力してください。"}}})
	}
	list, err := s.workshopChapters(v)
	if err != nil {
		return err
	}
	own, err := s.counts(v)
	if err != nil {
		return err
	}
	x := &paper.Issue{Programme: v.Programme.ID, Title: i18n.Text{JA: "ECサイトのセキュリティガイドライン", EN: "Security guideline for online shops"}, Note: note}
	var used []*handout.Figure
	for _, c := range list {
		x.Chapters = append(x.Chapters, paper.IssueText{ID: c.Chapter.ID, Part: c.Shipped.Part, Number: c.Shipped.Number, Title: c.Chapter.Title,
			Text: i18n.Text{JA: handout.FillWith(c.Chapter.Text, i18n.JA, own, &used), EN: handout.FillWith(c.Chapter.Text, i18n.EN, own, &used)}})
	}
	for _, u := range used {
		x.Figures = append(x.Figures, paper.IssueFigure{Text: u.Text, Says: u.Says, Source: i18n.Text{JA: u.Cite(i18n.JA), EN: u.Cite(i18n.EN)}})
	}
	err = s.change(v, func(tx *store.Tx) error { return tx.Freeze(v.Context(), v.Programme.Office, x) })
	if errors.Is(err, store.ErrConflict) {
		return s.showWorkshop(w, v, http.StatusConflict, note, account.Problems{{Reason: account.Reason{Message: "回答していない意見があります。すべてに回答してから確定してください。"}}})
	}
	if err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/workshop/issues/"+string(x.ID)), v.t("第{n}版として確定しました。公開は、確定した人とは別の人が行います。", "n", strconv.Itoa(x.Number)))
}

func (s *Server) issue(v *visit) (*paper.Issue, error) {
	id := account.ID(v.PathValue("issue"))
	if !id.Valid() {
		return nil, errNoPage
	}
	if v.Programme != nil {
		return s.db.Issue(v.Context(), v.Programme.ID, id)
	}
	return s.db.PublishedIssue(v.Context(), id)
}

func (s *Server) issuePage(w http.ResponseWriter, v *visit) error {
	return s.showIssue(w, v, http.StatusOK, nil)
}

func (s *Server) showIssue(w http.ResponseWriter, v *visit, status int, bad account.Problems) error {
	x, err := s.issue(v)
	if err != nil {
		return err
	}
	return s.page(w, v, status, view.IssuePage(view.Issue{ProgrammeHead: s.programmeHead(v), Issue: *x, Problems: bad, MayPublish: v.has(judging...)}))
}

func (s *Server) publishIssue(w http.ResponseWriter, v *visit) error {
	x, err := s.issue(v)
	if err != nil {
		return err
	}
	err = s.change(v, func(tx *store.Tx) error { return tx.Publish(v.Context(), v.Programme.ID, v.Programme.Office, x.ID) })
	if errors.Is(err, store.ErrSamePerson) {
		return s.showIssue(w, v, http.StatusConflict, account.Problems{{Reason: account.Reason{Message: "確定した人は公開できません。ほかの人に頼んでください。"}}})
	}
	if err != nil {
		return err
	}
	return s.see(w, v, "/handbook/"+string(x.ID), v.t("公開しました。"))
}

// issuesListed is how many published issues the public page shows.
const issuesListed = 50

func (s *Server) handbookPage(w http.ResponseWriter, v *visit) error {
	list, err := s.db.PublishedIssues(v.Context(), issuesListed)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.HandbookPage(list))
}

func (s *Server) handbookIssue(w http.ResponseWriter, v *visit) error {
	x, err := s.issue(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.HandbookIssuePage(*x))
}

func (s *Server) handbookFile(w http.ResponseWriter, v *visit) error {
	x, err := s.issue(v)
	if err != nil {
		return err
	}
	d := &report.Document{Lang: v.Lang, Title: x.Title.In(v.Lang), Subtitle: v.t("第{n}版　{day} 公開", "n", strconv.Itoa(x.Number), "day", view.Day(x.Published)), Mark: v.t("公開"), Made: x.Published}
	for i := range x.Chapters {
		c := &x.Chapters[i]
		sec := report.Section{ID: c.ID, Title: c.Number + "　" + c.Title.In(v.Lang)}
		if i == 0 || c.Part != x.Chapters[i-1].Part {
			sec.Page = true
			sec.Blocks = append(sec.Blocks, report.Heading{Level: 3, Text: c.Part.In(v.Lang)})
		}
		sec.Blocks = append(sec.Blocks, report.Prose{Markdown: c.Text.In(v.Lang)})
		d.Sections = append(d.Sections, sec)
	}
	if len(x.Figures) > 0 {
		t := report.Table{Head: []string{v.t("数字"), v.t("内容"), v.t("出典")}, Widths: []float64{2, 4, 5}}
		for _, f := range x.Figures {
			t.Rows = append(t.Rows, []report.Cell{{Text: f.Text.In(v.Lang)}, {Text: f.Says.In(v.Lang)}, {Text: f.Source.In(v.Lang)}})
		}
		d.Sections = append(d.Sections, report.Section{ID: "figures", Title: v.t("使った数字と出典"), Blocks: []report.Block{t}})
	}
	return s.sendPaper(w, v, "miseban-guideline-"+strconv.Itoa(x.Number), d)
}
