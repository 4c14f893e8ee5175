package web

import (
	"crypto/rand"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/paper"
	"miseban/internal/programme"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// mostYears is how long anything of a programme may be kept.
const mostYears = 30

func (s *Server) closingPage(w http.ResponseWriter, v *visit) error {
	return s.showClosing(w, v, http.StatusOK, view.Closing{})
}

// showClosing draws the page of a programme's end; f holds what is said once.
func (s *Server) showClosing(w http.ResponseWriter, v *visit, status int, f view.Closing) error {
	ctx := v.Context()
	f.ProgrammeHead, f.Me, f.Now, f.MayAct, f.MayEdit = s.programmeHead(v), v.by(), s.now(), ofOffice(v) == nil, v.has(clerks...) && ofOffice(v) == nil
	c, err := s.db.Closing(ctx, v.Programme.ID)
	if err != nil {
		return err
	}
	f.State = *c
	if f.Deletions, err = s.db.Deletions(ctx, v.Programme.ID); err != nil {
		return err
	}
	ids := []account.ID{c.By, c.ApprovedBy}
	for i := range f.Deletions {
		ids = append(ids, f.Deletions[i].By, f.Deletions[i].ApprovedBy)
	}
	slices.Sort(ids)
	if f.Names, err = s.db.Names(ctx, slices.DeleteFunc(slices.Compact(ids), func(id account.ID) bool { return id == "" })); err != nil {
		return err
	}
	noStore(w)
	return s.page(w, v, status, view.ClosingPage(f))
}

// closingOf reads how the programme of a visit ends, for a change by its office.
func (s *Server) closingOf(v *visit) (*store.Closing, error) {
	if err := ofOffice(v); err != nil {
		return nil, err
	}
	c, err := s.db.Closing(v.Context(), v.Programme.ID)
	if err != nil {
		return nil, err
	}
	if seen, err := strconv.Atoi(v.value("revision")); err != nil || seen != c.Revision {
		return nil, store.ErrConflict
	}
	return c, nil
}

func (s *Server) setRetention(w http.ResponseWriter, v *visit) error {
	c, err := s.closingOf(v)
	if err != nil {
		return err
	}
	for _, k := range paper.Classes {
		if c.Years[k], err = strconv.Atoi(v.value(string(k))); err != nil || c.Years[k] < 1 || c.Years[k] > mostYears {
			return errForm
		}
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.SetRetention(v.Context(), v.Programme.Office, c) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/closing"), v.t("保存期間を決めました。"))
}

// askClosing asks a second person to close, and shows this once the asker's half
// of the passphrase.
func (s *Server) askClosing(w http.ResponseWriter, v *visit) error {
	c, err := s.closingOf(v)
	if err != nil {
		return err
	}
	if c.Revision == 0 || v.Programme.State != programme.Ended {
		return s.showClosing(w, v, http.StatusConflict, view.Closing{Why: v.t("先に、保存期間を決め、事業の状態を「終了」にしてください。")})
	}
	half := rand.Text()
	if err := s.change(v, func(tx *store.Tx) error { return tx.AskClosing(v.Context(), v.Programme.Office, c, half) }); err != nil {
		return err
	}
	return s.showClosing(w, v, http.StatusCreated, view.Closing{Half: half, First: true})
}

func (s *Server) cancelClosing(w http.ResponseWriter, v *visit) error {
	c, err := s.closingOf(v)
	if err != nil {
		return err
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.CancelClosing(v.Context(), v.Programme.Office, c) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/closing"), v.t("締めの申請を取り消しました。渡した合言葉はもう使えません。"))
}

// approveClosing makes the sealed archive and shows this once the approver's half.
func (s *Server) approveClosing(w http.ResponseWriter, v *visit) error {
	c, err := s.closingOf(v)
	if err != nil {
		return err
	}
	half := rand.Text()
	err = s.db.CloseProgramme(v.Context(), v.by(), v.Programme.Office, c, half, s.now())
	if errors.Is(err, store.ErrSamePerson) {
		return s.showClosing(w, v, http.StatusConflict, view.Closing{Why: v.t("申請した人は承認できません。ほかの人に頼んでください。")})
	}
	if err != nil {
		return err
	}
	return s.showClosing(w, v, http.StatusCreated, view.Closing{Half: half})
}

// archiveFile hands out the sealed archive.
func (s *Server) archiveFile(w http.ResponseWriter, v *visit) error {
	if err := ofOffice(v); err != nil {
		return err
	}
	ctx := v.Context()
	c, err := s.db.Closing(ctx, v.Programme.ID)
	if err != nil {
		return err
	}
	piece, err := s.db.ArchivePiece(ctx, v.Programme.ID, 0)
	if err != nil {
		return err
	}
	noStore(w)
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "miseban-" + v.Programme.Slug + "-" + view.Day(c.Closed) + ".zip.age"}))
	w.Header().Set("Content-Length", strconv.FormatInt(c.Size, 10))
	for n := 1; err == nil; n++ {
		if _, werr := w.Write(piece); werr != nil {
			s.log.WarnContext(ctx, "an archive was not sent whole", "error", werr)
			return nil
		}
		piece, err = s.db.ArchivePiece(ctx, v.Programme.ID, n)
	}
	if !errors.Is(err, store.ErrNotFound) {
		s.log.WarnContext(ctx, "an archive was not sent whole", "error", err)
	}
	return nil
}

func (s *Server) askDeletion(w http.ResponseWriter, v *visit) error {
	c, err := s.closingOf(v)
	if err != nil {
		return err
	}
	x := &store.Deletion{Class: paper.Class(v.value("class"))}
	if !x.Class.Valid() {
		return errForm
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.AskDeletion(v.Context(), v.Programme.Office, c, x) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/closing")+"#deletions", v.t("消去を申請しました。ほかの人が承認すると、消します。"))
}

// deletion reads the deletion that the address names.
func (s *Server) deletion(v *visit) (*store.Deletion, error) {
	if err := ofOffice(v); err != nil {
		return nil, err
	}
	list, err := s.db.Deletions(v.Context(), v.Programme.ID)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(list, func(x store.Deletion) bool { return string(x.ID) == v.PathValue("deletion") })
	if at < 0 {
		return nil, errNoPage
	}
	return &list[at], nil
}

func (s *Server) decideDeletion(w http.ResponseWriter, v *visit) error {
	c, err := s.closingOf(v)
	if err != nil {
		return err
	}
	x, err := s.deletion(v)
	if err != nil {
		return err
	}
	done := v.t("消去しました。消去証明書を保存してください。")
	err = s.change(v, func(tx *store.Tx) error {
		if v.value("act") == "delete" {
			return tx.Delete(v.Context(), v.Programme.Office, c, x)
		}
		done = v.t("消去の申請を取り消しました。")
		return tx.CancelDeletion(v.Context(), v.Programme.Office, c, x)
	})
	if errors.Is(err, store.ErrSamePerson) {
		return s.showClosing(w, v, http.StatusConflict, view.Closing{Why: v.t("申請した人は承認できません。ほかの人に頼んでください。")})
	}
	if err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/closing")+"#deletions", done)
}

// deletionCertificate is the paper that says what was deleted, when and by whom.
func (s *Server) deletionCertificate(w http.ResponseWriter, v *visit) error {
	x, err := s.deletion(v)
	if err != nil {
		return err
	}
	if x.State != store.DeletionDone {
		return errNoPage
	}
	c, err := s.db.Closing(v.Context(), v.Programme.ID)
	if err != nil {
		return err
	}
	names, err := s.db.Names(v.Context(), []account.ID{x.By, x.ApprovedBy})
	if err != nil {
		return err
	}
	years := strconv.Itoa(c.Years[x.Class])
	t := report.Table{Head: []string{v.t("消去したもの"), v.t("件数")}, Widths: []float64{8, 2}}
	ctx := view.With(v.Context(), &view.Frame{Lang: v.Lang})
	for _, r := range x.Rows {
		if r.N > 0 {
			t.Rows = append(t.Rows, []report.Cell{{Text: view.DeletedWords(ctx, r.What)}, {Text: strconv.FormatInt(r.N, 10)}})
		}
	}
	if len(t.Rows) == 0 {
		t.Rows = append(t.Rows, []report.Cell{{Text: v.t("この区分の記録はありませんでした")}, {Text: "0"}})
	}
	doc := &report.Document{Lang: v.Lang, Title: v.t("消去証明書"), Subtitle: v.Programme.Name.In(v.Lang), Mark: paper.Closed.Name(v.Lang), Made: x.Done}
	doc.Sections = []report.Section{
		{ID: "what", Title: v.t("消去の内容"), Blocks: []report.Block{report.Facts{Rows: []report.Fact{
			{Name: v.t("事業"), Value: v.Programme.Name.In(v.Lang)}, {Name: v.t("公開の区分"), Value: x.Class.Name(v.Lang)}, {Name: v.t("保存期間"), Value: v.t("締めの日（{day}）から {n} 年", "day", view.Day(c.Closed), "n", years)},
			{Name: v.t("消去した日時"), Value: view.Moment(x.Done)}, {Name: v.t("申請した人"), Value: names[x.By]}, {Name: v.t("承認した人"), Value: names[x.ApprovedBy]},
		}}, t}},
		{ID: "proof", Title: v.t("確かめ方"), Blocks: []report.Block{report.Facts{Rows: []report.Fact{
			{Name: v.t("消去の番号"), Value: string(x.ID)}, {Name: v.t("消去の直前の監査記録"), Value: v.t("{n} 行目", "n", strconv.FormatInt(x.Line, 10)) + "\n" + x.Sum}, {Name: v.t("封印した保管ファイルの SHA-256"), Value: c.Sum},
		}}, report.Prose{Markdown: v.t("監査記録には名前や入力した文章がないため、消去の後も残り、前の行とのつながりを確かめられます。Miseban の中の封印した保管ファイルも、最初の消去のときに消えます。外に保存した保管ファイルと、消去の前に取った控え（バックアップ）には、消した記録が残っています。それぞれの保存期間に従って処分してください。")}}},
	}
	noStore(w)
	return s.sendPaper(w, v, "miseban-deletion-"+string(x.ID), doc)
}
