package web

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/paper"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// edited reads the paper that the address names, for the office.
func (s *Server) edited(v *visit) (*paper.Panel, *paper.Paper, error) {
	x, err := s.panel(v)
	if err != nil {
		return nil, nil, err
	}
	id := account.ID(v.PathValue("paper"))
	if !id.Valid() {
		return nil, nil, errNoPage
	}
	d, err := s.db.Paper(v.Context(), v.Actor, id)
	if err != nil {
		return nil, nil, err
	}
	if d.Panel != x.ID || !d.MayEdit {
		return nil, nil, errNoPage
	}
	return x, d, nil
}

// seenPaper is the same for a change, with the revision that the visitor saw.
func (s *Server) seenPaper(v *visit, revision string) (*paper.Panel, *paper.Paper, error) {
	x, d, err := s.edited(v)
	if err != nil {
		return nil, nil, err
	}
	n, err := strconv.Atoi(revision)
	if err != nil {
		return nil, nil, errForm
	}
	if n != d.Revision {
		return nil, nil, store.ErrConflict
	}
	return x, d, nil
}

func (s *Server) paperEditor(w http.ResponseWriter, v *visit) error {
	x, d, err := s.edited(v)
	if err != nil {
		return err
	}
	return s.editorPage(w, v, http.StatusOK, x, view.PaperEditor{Paper: *d})
}

// editorPage draws the editor; f holds the paper with what was typed of it.
func (s *Server) editorPage(w http.ResponseWriter, v *visit, status int, x *paper.Panel, f view.PaperEditor) error {
	f.ProgrammeHead, f.Panel, f.List = s.programmeHead(v), *x, panelURL(v, x)
	f.URL = f.List + "/papers/" + string(f.Paper.ID)
	f.Meetings = x.Meetings
	if f.Named == nil {
		f.Named = map[account.ID]string{}
	}
	fill := func(id account.ID, names []account.ID) {
		if _, typed := f.Named[id]; typed {
			return
		}
		var mails []string
		for _, n := range names {
			mails = append(mails, f.Paper.Mails[n])
		}
		f.Named[id] = strings.Join(mails, "\n")
	}
	fill(f.Paper.ID, f.Paper.Names)
	for _, p := range f.Paper.Parts {
		fill(p.ID, p.Names)
	}
	for _, p := range f.Paper.Files {
		fill(p.ID, p.Names)
	}
	return s.page(w, v, status, view.PaperEditorPage(f))
}

// unknownPerson tells of an address that is nobody's.
func unknownPerson(field, line string) account.Problems {
	return account.Problems{{Field: field, Reason: account.Reason{Message: "「{mail}」の人は登録されていません。", Args: i18n.Args{"mail": line}}}}
}

// savePaper changes the head of a draft, gives it out, or takes it back.
func (s *Server) savePaper(w http.ResponseWriter, v *visit) error {
	x, d, err := s.seenPaper(v, v.value("revision"))
	if err != nil {
		return err
	}
	ctx, office := v.Context(), v.Programme.Office
	back := panelURL(v, x) + "/papers/" + string(d.ID)
	switch v.value("act") {
	case "issue":
		if err := s.change(v, func(tx *store.Tx) error { return tx.IssuePaper(ctx, office, d) }); err != nil {
			return err
		}
		return s.see(w, v, back, v.t("配布しました。区分に合う人が、読めるようになりました。"))
	case "back":
		if err := s.change(v, func(tx *store.Tx) error { return tx.TakePaperBack(ctx, office, d) }); err != nil {
			return err
		}
		return s.see(w, v, back, v.t("下書きに戻しました。事務局のほかの人には、もう見えません。"))
	}
	d.Kind, d.Number, d.Class, d.Title = paper.Kind(v.value("kind")), v.value("number"), paper.Class(v.value("class")), v.value("title")
	if d.Meeting, err = s.meeting(v, x); err != nil {
		return err
	}
	p := d.Tidy()
	names, unknown, err := s.people(v, v.PostFormValue("names"))
	if err != nil {
		return err
	}
	if unknown != "" {
		p = append(p, unknownPerson("names", unknown)...)
	}
	if len(p) > 0 {
		return s.editorPage(w, v, http.StatusUnprocessableEntity, x, view.PaperEditor{Paper: *d, Problems: p, Named: map[account.ID]string{d.ID: v.PostFormValue("names")}})
	}
	d.Names = names
	if err := s.change(v, func(tx *store.Tx) error { return tx.SavePaper(ctx, office, d) }); err != nil {
		return err
	}
	return s.see(w, v, back, v.t("保存しました。"))
}

// savePart keeps a part of a draft, a new one, or takes one out.
func (s *Server) savePart(w http.ResponseWriter, v *visit) error {
	x, d, err := s.seenPaper(v, v.value("revision"))
	if err != nil {
		return err
	}
	ctx, office := v.Context(), v.Programme.Office
	back := panelURL(v, x) + "/papers/" + string(d.ID)
	part := paper.Part{ID: account.ID(v.value("part")), Class: paper.Class(v.value("class")), TitleClass: paper.Class(v.value("title-class")), Title: v.value("title"), Text: v.PostFormValue("text"), Caption: v.value("caption")}
	at := slices.IndexFunc(d.Parts, func(p paper.Part) bool { return p.ID == part.ID })
	if part.ID != "" && at < 0 {
		return errNoPage
	}
	if v.value("act") == "remove" && at >= 0 {
		if err := s.change(v, func(tx *store.Tx) error { return tx.RemovePart(ctx, office, d, part.ID) }); err != nil {
			return err
		}
		return s.see(w, v, back, v.t("削除しました。"))
	}
	figures, p := paper.ReadFigures(v.PostFormValue("figures"))
	part.Figures = figures
	p = append(p, part.Tidy()...)
	names, unknown, err := s.people(v, v.PostFormValue("names"))
	if err != nil {
		return err
	}
	if unknown != "" {
		p = append(p, unknownPerson("names", unknown)...)
	}
	if len(p) > 0 {
		f := view.PaperEditor{Paper: *d, Part: part.ID, Problems: p, New: part, Figures: v.PostFormValue("figures"), Named: map[account.ID]string{part.ID: v.PostFormValue("names")}}
		if at >= 0 {
			f.Paper.Parts[at] = part
		}
		return s.editorPage(w, v, http.StatusUnprocessableEntity, x, f)
	}
	part.Names = names
	if err := s.change(v, func(tx *store.Tx) error { return tx.SavePart(ctx, office, d, &part) }); err != nil {
		return err
	}
	return s.see(w, v, back+"#part-"+string(part.ID), v.t("保存しました。"))
}

// fields reads a form with one file, without writing it to the disk of the server.
func fields(v *visit, field string, most int64) (name string, data []byte, values map[string]string, err error) {
	parts, err := v.MultipartReader()
	if err != nil {
		return "", nil, nil, errors.Join(errForm, err)
	}
	values = map[string]string{}
	for range 12 { // a form of ours has fewer fields
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", nil, nil, errors.Join(errForm, err)
		}
		least := int64(4 << 10)
		if p.FormName() == field {
			least = most
		}
		b, err := io.ReadAll(io.LimitReader(p, least+1))
		if err != nil || int64(len(b)) > least && p.FormName() != field {
			return "", nil, nil, errors.Join(errForm, err)
		}
		if p.FormName() == field {
			name, data = p.FileName(), b
			continue
		}
		values[p.FormName()] = string(b)
	}
	return name, data, values, nil
}

func (s *Server) addPaperFile(w http.ResponseWriter, v *visit) error {
	name, data, values, err := fields(v, "file", store.MostPaperFile)
	if err != nil {
		return err
	}
	x, d, err := s.seenPaper(v, values["revision"])
	if err != nil {
		return err
	}
	file := paper.File{Class: paper.Class(values["file-class"]), Alt: account.Paragraph(values["alt"])}
	var p account.Problems
	switch {
	case len(data) == 0:
		p = wrong("file", account.Reason{Message: "ファイルを選んでください。"})
	case len(data) > store.MostPaperFile:
		p = account.Problems{{Field: "file", Reason: account.Reason{Message: "ファイルは {n} MB までです。", Args: i18n.Args{"n": "10"}}}}
	default:
		var bad account.Reason
		if file.Name, file.Media, bad = mediaOf(name, data); bad.Message != "" {
			p = account.Problems{{Field: "file", Reason: bad}}
		}
	}
	if !file.Class.Valid() {
		p = append(p, wrong("file-class", account.Reason{Message: "公開の区分を選んでください。"})...)
	}
	names, unknown, err := s.people(v, values["file-names"])
	if err != nil {
		return err
	}
	if unknown != "" {
		p = append(p, unknownPerson("file-names", unknown)...)
	}
	if len(p) > 0 {
		return s.editorPage(w, v, http.StatusUnprocessableEntity, x, view.PaperEditor{Paper: *d, File: file, FileNames: values["file-names"], Problems: p})
	}
	file.Names = names
	if err := s.change(v, func(tx *store.Tx) error { return tx.AddPaperFile(v.Context(), v.Programme.Office, d, &file, data) }); err != nil {
		return err
	}
	return s.see(w, v, panelURL(v, x)+"/papers/"+string(d.ID)+"#files", v.t("添付しました。"))
}

func (s *Server) removePaperFile(w http.ResponseWriter, v *visit) error {
	x, d, err := s.seenPaper(v, v.value("revision"))
	if err != nil {
		return err
	}
	id := account.ID(v.PathValue("file"))
	if !id.Valid() {
		return errNoPage
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.RemovePaperFile(v.Context(), v.Programme.Office, d, id) }); err != nil {
		return err
	}
	return s.see(w, v, panelURL(v, x)+"/papers/"+string(d.ID)+"#files", v.t("削除しました。"))
}
