package web

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/report/docx"
	"miseban/internal/report/html"
	"miseban/internal/report/jsonl"
	"miseban/internal/report/pdf"
	"miseban/internal/report/sarif"
	"miseban/internal/report/xlsx"
)

// reportFormats are the formats in which a report is handed out.
var reportFormats = map[string]struct {
	media string
	write func(io.Writer, *report.Document) error
}{
	"html":  {"text/html; charset=utf-8", html.Write},
	"pdf":   {"application/pdf", pdf.Write},
	"docx":  {docx.Media, docx.Write},
	"xlsx":  {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx.Write},
	"sarif": {"application/sarif+json", sarif.Write},
	"jsonl": {"application/jsonl", jsonl.Write},
}

// reportFile hands out the report of a diagnosis as a file, never shown within
// Miseban's own pages: what stands in it came from a stranger's shop.
func (s *Server) reportFile(w http.ResponseWriter, v *visit) error {
	f, ok := reportFormats[v.URL.Query().Get("format")]
	if !ok {
		return errNoPage
	}
	x, run, err := s.diagnosis(v)
	if err != nil {
		return err
	}
	doc, err := perform.Document(v.Context(), s.db, run, v.Lang)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := f.write(&b, doc); err != nil {
		return err
	}
	w.Header().Set("Content-Type", f.media)
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="miseban-%s.%s"`, x.Run, v.URL.Query().Get("format")))
	_, err = w.Write(b.Bytes())
	if err != nil {
		s.log.WarnContext(v.Context(), "a report was not sent whole", "error", err)
	}
	return nil
}
