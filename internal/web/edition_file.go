package web

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"path"

	"miseban/internal/guideline"
	"miseban/internal/report"
	"miseban/internal/report/oscal"
	"miseban/internal/report/xlsx"
	"miseban/internal/web/view"
)

// editionFormats are the files of an edition that everybody may have, by the
// last word of their address: the media type, the end of the name, the writer.
var editionFormats = map[string]struct {
	media, ending string
	write         func(s *Server, v *visit, w io.Writer, e *guideline.Edition) error
}{
	"excel": {reportFormats["xlsx"].media, ".xlsx", func(_ *Server, v *visit, w io.Writer, e *guideline.Edition) error {
		return xlsx.WriteChecklist(w, e, v.t("お店"), "", nil, v.Lang)
	}},
	"catalog": {"application/json", "-catalog.json", func(s *Server, v *visit, w io.Writer, e *guideline.Edition) error {
		return oscal.Catalog(w, e, s.now(), v.Lang)
	}},
	"profile": {"application/json", "-profile.json", func(s *Server, v *visit, w io.Writer, e *guideline.Edition) error {
		return oscal.Profile(w, e, s.now(), v.Lang)
	}},
	"ciso-assistant": {"application/yaml", "-ciso-assistant.yaml", func(_ *Server, _ *visit, w io.Writer, e *guideline.Edition) error {
		b, err := guideline.Library(e)
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	}},
	"data": {"application/yaml", ".yaml", func(_ *Server, _ *visit, w io.Writer, e *guideline.Edition) error {
		b, err := guideline.Export(e, guideline.YAML)
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	}},
}

// editionFile hands out an edition as a file.
func (s *Server) editionFile(w http.ResponseWriter, v *visit) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	kind := path.Base(v.URL.Path)
	if kind == "pdf" || kind == "word" {
		return s.sendPaper(w, v, "miseban-"+e.ID, s.editionDocument(v, e))
	}
	f, ok := editionFormats[kind]
	if !ok {
		return errNoPage
	}
	var b bytes.Buffer
	if err := f.write(s, v, &b, e); err != nil {
		return err
	}
	w.Header().Set("Content-Type", f.media)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "miseban-" + e.ID + f.ending}))
	if _, err := w.Write(b.Bytes()); err != nil {
		s.log.WarnContext(v.Context(), "an edition was not sent whole", "error", err)
	}
	return nil
}

// editionDocument is an edition to be printed and read.
func (s *Server) editionDocument(v *visit, e *guideline.Edition) *report.Document {
	l := v.Lang
	d := &report.Document{Lang: l, Title: e.Title.In(l), Subtitle: e.Issuer.In(l) + " · " + e.Published.Value, Made: s.now(), Mark: v.t("公開資料")}
	facts := []report.Fact{{Name: v.t("発行"), Value: e.Issuer.In(l)}, {Name: v.t("公表"), Value: e.Published.Value}}
	if e.URL.Value != "" {
		facts = append(facts, report.Fact{Name: v.t("原文"), Value: e.URL.Value + s.marked(v, e.URL.Verified)})
	}
	if e.Contact.Value != "" {
		facts = append(facts, report.Fact{Name: v.t("問い合わせ先"), Value: e.Contact.Value + s.marked(v, e.Contact.Verified)})
	}
	facts = append(facts, report.Fact{Name: v.t("このデータの改訂"), Value: view.RevisionName(e, l)})
	d.Sections = []report.Section{{ID: "about", Title: v.t("この資料について"), Blocks: []report.Block{report.Facts{Rows: facts}, report.Prose{Markdown: plain(e.Note.In(l))}}}}
	for i := range e.Parts {
		p := &e.Parts[i]
		sec := report.Section{ID: "part-" + p.ID, Title: p.Title.In(l), Page: i > 0}
		if !p.Text.IsZero() {
			sec.Blocks = append(sec.Blocks, report.Prose{Markdown: plain(p.Text.In(l))})
		}
		for _, r := range e.RequirementsOf(p.ID) {
			sec.Blocks = append(sec.Blocks, s.printed(v, e, r)...)
		}
		d.Sections = append(d.Sections, sec)
	}
	sources := report.Table{Head: []string{v.t("資料"), v.t("場所")}, Widths: []float64{6, 5}}
	for _, x := range view.SourcesOf(e) {
		sources.Rows = append(sources.Rows, []report.Cell{{Text: x.Name.In(l)}, {Text: x.Ref}})
	}
	d.Sections = append(d.Sections, report.Section{ID: "sources", Title: v.t("参考にした資料"), Blocks: []report.Block{sources}})
	return d
}

// printed is a requirement with its advice and questions.
func (s *Server) printed(v *visit, e *guideline.Edition, r *guideline.Requirement) []report.Block {
	l := v.Lang
	out := []report.Block{report.Heading{Level: 2, ID: "r-" + r.ID, Text: r.Number + " " + r.Title.In(l) + s.marked(v, r.Title.Verified)}, report.Prose{Markdown: plain(r.Text.In(l))}}
	facts := report.Facts{}
	if r.Level.Value != "" {
		value := v.t("原文未確認")
		if r.Level.Verified {
			value = r.Level.Value.Name(l)
		}
		facts.Rows = append(facts.Rows, report.Fact{Name: v.t("区分"), Value: value})
	}
	for _, role := range guideline.Roles {
		if t := r.How.For(role); !t.IsZero() {
			facts.Rows = append(facts.Rows, report.Fact{Name: role.Name(l), Value: t.In(l)})
		}
	}
	if len(facts.Rows) > 0 {
		out = append(out, facts)
	}
	if list := e.QuestionsFor(r.ID); len(list) > 0 {
		t := report.Table{Head: []string{v.t("確認の質問"), v.t("答える人"), v.t("確かめる資料")}, Widths: []float64{6, 1.8, 4}}
		for _, q := range list {
			t.Rows = append(t.Rows, []report.Cell{{Text: q.Text.In(l)}, {Text: q.Who.Name(l)}, {Text: q.Evidence.In(l)}})
		}
		out = append(out, t)
	}
	return out
}

// marked is what stands behind a value that nobody compared with the original.
func (s *Server) marked(v *visit, verified bool) string {
	if verified {
		return ""
	}
	return v.t("（原文未確認）")
}
