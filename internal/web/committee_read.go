package web

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/paper"
	"miseban/internal/report"
	"miseban/internal/web/view"
)

// papersPage lists the papers of which the visitor may read something, and
// finds words in what he may read.
func (s *Server) papersPage(w http.ResponseWriter, v *visit) error {
	q := v.URL.Query()
	f := view.Papers{Words: strings.TrimSpace(q.Get("q")), Before: account.ID(q.Get("after"))}
	if f.Before != "" && !f.Before.Valid() || utf8.RuneCountInString(f.Words) > 100 {
		return errNoPage
	}
	var err error
	if f.Words != "" {
		f.Hits, err = s.db.FindPapers(v.Context(), v.Actor, f.Words, rows)
	} else if f.List, err = s.db.PapersFor(v.Context(), v.Actor, f.Before, rows+1); len(f.List) > rows {
		f.List = f.List[:rows]
		f.Next = string(f.List[rows-1].ID)
	}
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.PapersPage(f))
}

// readPaper reads the paper that the address names, as the visitor may see it.
func (s *Server) readPaper(v *visit) (*paper.Paper, error) {
	id := account.ID(v.PathValue("paper"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.Paper(v.Context(), v.Actor, id)
}

func (s *Server) paperPage(w http.ResponseWriter, v *visit) error {
	x, err := s.readPaper(v)
	if err != nil {
		return err
	}
	noStore(w)
	return s.page(w, v, http.StatusOK, view.PaperPage(view.Paper{Paper: *x}))
}

// noStore keeps what one reader may see out of caches that others share.
func noStore(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }

// paperFile hands out a paper as PDF or for Word, made of what the visitor may see.
func (s *Server) paperFile(w http.ResponseWriter, v *visit) error {
	if v.Actor == nil && s.press.OnLimit(w, v.Request, v.Network) { // setting a paper costs; a committee opens many at once
		return errTooMany
	}
	x, err := s.readPaper(v)
	if err != nil {
		return err
	}
	noStore(w)
	return s.sendPaper(w, v, "miseban-paper-"+string(x.ID), s.paperDocument(v, x))
}

// paperAttachment hands out an attachment to be saved, never to be shown within Miseban.
func (s *Server) paperAttachment(w http.ResponseWriter, v *visit) error {
	of, id := account.ID(v.PathValue("paper")), account.ID(v.PathValue("file"))
	if !of.Valid() || !id.Valid() {
		return errNoPage
	}
	x, data, err := s.db.PaperFile(v.Context(), v.Actor, of, id)
	if err != nil {
		return err
	}
	noStore(w)
	k := w.Header()
	k.Set("Content-Type", x.Media)
	k.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": x.Name}))
	k.Set("X-Content-Type-Options", "nosniff")
	k.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	k.Set("Content-Length", strconv.Itoa(len(data)))
	if _, err := w.Write(data); err != nil {
		s.log.WarnContext(v.Context(), "an attachment was not sent whole", "error", err)
	}
	return nil
}

// paperDocument puts a paper, as a reader may see it, on pages.
func (s *Server) paperDocument(v *visit, x *paper.Paper) *report.Document {
	withheld := paper.Withheld.In(v.Lang)
	title := x.Title
	if title == "" {
		title = withheld
	}
	d := &report.Document{Lang: v.Lang, Title: title, Subtitle: strings.TrimSpace(x.Place.Panel + "　" + view.MeetingName(v.Lang, x.Place.Number, x.Place.Day)), Mark: paper.Mark(x.Classes, v.Lang), Made: x.Issued}
	if d.Made.IsZero() {
		d.Made = s.now()
	}
	head := []report.Fact{{Name: v.t("公開の区分"), Value: d.Mark}}
	if x.Number != "" {
		head = append(head, report.Fact{Name: v.t("資料番号"), Value: x.Number})
	}
	if !x.Issued.IsZero() {
		head = append(head, report.Fact{Name: v.t("配布日"), Value: view.Day(x.Issued)})
	}
	first := []report.Block{report.Facts{Rows: head}}
	for i, p := range x.Parts {
		sec := report.Section{ID: "part-" + strconv.Itoa(i+1), Title: p.Title}
		if sec.Title == "" {
			sec.Title = withheld
		}
		sec.Blocks, first = append(sec.Blocks, first...), nil
		switch {
		case p.Withheld && p.Title != "":
			sec.Blocks = append(sec.Blocks, report.Callout{Tone: report.Neutral, Title: withheld})
		case !p.Withheld:
			if p.Class != paper.Public {
				sec.Title += "　" + v.t("【{class}】", "class", p.Class.Name(v.Lang))
			}
			if p.Text != "" {
				sec.Blocks = append(sec.Blocks, report.Prose{Markdown: p.Text})
			}
			if len(p.Figures) > 0 {
				b := report.Bars{Caption: p.Caption}
				for _, g := range p.Figures {
					b.Rows = append(b.Rows, report.Bar{Label: g.Label, Value: g.Value, Tone: report.Neutral})
				}
				sec.Blocks = append(sec.Blocks, b)
			}
		}
		d.Sections = append(d.Sections, sec)
	}
	if len(x.Files) > 0 {
		t := report.Table{Head: []string{v.t("ファイル"), v.t("内容"), v.t("公開の区分")}, Widths: []float64{3, 5, 2}}
		for _, f := range x.Files {
			if f.Withheld {
				t.Rows = append(t.Rows, []report.Cell{{Text: withheld}, {Text: "–"}, {Text: "–"}})
				continue
			}
			t.Rows = append(t.Rows, []report.Cell{{Text: f.Name}, {Text: f.Alt}, {Text: f.Class.Name(v.Lang)}})
		}
		d.Sections = append(d.Sections, report.Section{ID: "files", Title: v.t("添付"), Blocks: append(first, t)})
		first = nil
	}
	if first != nil {
		d.Sections = append(d.Sections, report.Section{ID: "paper", Title: v.t("資料"), Blocks: first})
	}
	return d
}
