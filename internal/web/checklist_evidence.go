package web

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// evidenceMost is how many bytes a document may have.
const evidenceMost = 5 << 20

// addEvidence keeps a document that shows an answer.
func (s *Server) addEvidence(w http.ResponseWriter, v *visit) error {
	e, q, err := s.question(v)
	if err != nil {
		return err
	}
	if !mayAnswer(v, q) {
		return errForbidden
	}
	name, data, problem, err := upload(v, "file", evidenceMost)
	if err != nil {
		return err
	}
	x := &store.Evidence{Name: name}
	if problem.Message == "" {
		x.Name, x.Media, problem = mediaOf(name, data)
	}
	if problem.Message != "" {
		f, err := s.questionForm(v)
		if err != nil {
			return err
		}
		f.Problems = account.Problems{{Field: "file", Reason: problem}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.QuestionPage(*f))
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.AddEvidence(ctx, v.Shop.ID, e.ID, q.ID, x, data) }); err != nil {
		return err
	}
	return s.see(w, v, questionURL(v, e, q.ID)+"#evidence", v.t("資料を登録しました。"))
}

// upload reads one file of a form, without ever writing it to the disk of the server.
func upload(v *visit, field string, most int64) (name string, data []byte, problem account.Reason, err error) {
	parts, err := v.MultipartReader()
	if err != nil {
		return "", nil, account.Reason{}, errors.Join(errForm, err)
	}
	for range 10 { // a form of ours has fewer fields
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", nil, account.Reason{}, errors.Join(errForm, err)
		}
		if p.FormName() != field {
			continue
		}
		data, err := io.ReadAll(io.LimitReader(p, most+1))
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large) || int64(len(data)) > most:
			return "", nil, account.Reason{Message: "ファイルは {n} MB までです。", Args: map[string]string{"n": strconv.FormatInt(most>>20, 10)}}, nil
		case err != nil:
			return "", nil, account.Reason{}, errors.Join(errForm, err)
		case len(data) == 0:
			return "", nil, account.Reason{Message: "ファイルを選んでください。"}, nil
		}
		return p.FileName(), data, account.Reason{}, nil
	}
	return "", nil, account.Reason{Message: "ファイルを選んでください。"}, nil
}

// media are the kinds of documents, told by their content.
var media = []struct{ ext, media, begin, holds string }{
	{".pdf", "application/pdf", "%PDF-", ""},
	{".png", "image/png", "\x89PNG\r\n\x1a\n", ""},
	{".jpg", "image/jpeg", "\xff\xd8\xff", ""},
	{".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK\x03\x04", "xl/workbook.xml"},
	{".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "PK\x03\x04", "word/document.xml"},
	{".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "PK\x03\x04", "ppt/presentation.xml"},
}

// mediaOf tells what a document is by its content and gives it the ending that
// belongs to it, so that nothing is opened as something else.
func mediaOf(name string, data []byte) (string, string, account.Reason) {
	name = account.Line(path.Base(strings.ReplaceAll(name, `\`, "/")))
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"<>|:*?`, r) {
			return '_'
		}
		return r
	}, name)
	ext := strings.ToLower(path.Ext(name))
	stem := strings.TrimLeft(strings.TrimSuffix(name, path.Ext(name)), ".")
	if r := []rune(stem); len(r) > 100 {
		stem = string(r[:100])
	}
	if stem == "" || stem == "/" {
		stem = "document"
	}
	for _, m := range media {
		if bytes.HasPrefix(data, []byte(m.begin)) && (m.holds == "" || holds(data, m.holds)) {
			return stem + m.ext, m.media, account.Reason{}
		}
	}
	if utf8.Valid(data) && !bytes.ContainsFunc(data, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' }) {
		if ext != ".csv" && ext != ".md" {
			ext = ".txt"
		}
		return stem + ext, "text/plain; charset=utf-8", account.Reason{}
	}
	return "", "", account.Reason{Message: "この形式のファイルは登録できません。PDF、画像（PNG・JPEG）、Excel・Word・PowerPoint（.xlsx・.docx・.pptx）、UTF-8 のテキストを選んでください。マクロ付きのファイルは登録できません。"}
}

// holds says that data is a package of Office that holds a part and no macros.
// Only the list of names is read, nothing is unpacked.
func holds(data []byte, part string) bool {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(z.File) > 5000 {
		return false
	}
	found := false
	for _, f := range z.File {
		if strings.HasSuffix(strings.ToLower(f.Name), "vbaproject.bin") {
			return false
		}
		found = found || f.Name == part
	}
	return found
}

// evidenceFile hands a document out to be saved. It is never shown within
// Miseban, whatever it holds.
func (s *Server) evidenceFile(w http.ResponseWriter, v *visit) error {
	e, q, err := s.question(v)
	if err != nil {
		return err
	}
	id := account.ID(v.PathValue("evidence"))
	if !id.Valid() {
		return errNoPage
	}
	if v.has(account.Maintainer) && !v.has(account.Executive, account.Practitioner, account.Diagnostician, account.Reviewer) && !mayAnswer(v, q) {
		return errForbidden
	}
	x, data, err := s.db.Evidence(v.Context(), v.Shop.ID, e.ID, q.ID, id, v.sight())
	if err != nil {
		return err
	}
	k := w.Header()
	k.Set("Content-Type", x.Media)
	k.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": x.Name}))
	k.Set("X-Content-Type-Options", "nosniff")
	k.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	k.Set("Content-Length", strconv.Itoa(len(data)))
	if _, err := w.Write(data); err != nil {
		s.log.WarnContext(v.Context(), "a document was not sent whole", "error", err)
	}
	return nil
}

func (s *Server) removeEvidence(w http.ResponseWriter, v *visit) error {
	e, q, err := s.question(v)
	if err != nil {
		return err
	}
	id := account.ID(v.PathValue("evidence"))
	if !id.Valid() {
		return errNoPage
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.RemoveEvidence(ctx, v.Shop.ID, e.ID, q.ID, id) }); err != nil {
		return err
	}
	return s.see(w, v, questionURL(v, e, q.ID)+"#evidence", v.t("資料を削除しました。"))
}
