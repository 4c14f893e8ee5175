// Package pdf writes a report as a PDF to hand over, without a browser:
// Japanese line breaking, tables over pages, bookmarks, page numbers.
package pdf

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/signintech/gopdf"

	"miseban/internal/i18n"
	"miseban/internal/report"
)

// Write writes d as a PDF.
func Write(w io.Writer, d *report.Document) error {
	fam, err := loadFamily()
	if err != nil {
		return err
	}
	l := &layout{
		setter: fam.setter(), doc: d, x0: left, x1: right, scale: 1, marks: map[string]mark{},
	}
	l.run()
	return l.emit(w, fam)
}

// run lays the whole document out: cover, contents, chapters. The contents are
// set last, on a page kept for them, because only then the page numbers are known.
func (l *layout) run() {
	sections := l.doc.Sections
	var cover []report.Block
	if len(sections) > 0 && sections[0].ID == "cover" {
		cover, sections = sections[0].Blocks, sections[1:]
	}
	l.cover(cover)
	contents := len(l.pages)
	l.newPage()
	for i, s := range sections {
		switch {
		case s.ID == "executive":
			l.fit(func() { l.section(s) })
			continue
		case s.Page || i == 0:
			l.newPage()
		default:
			l.space(24)
			l.room(120)
		}
		l.section(s)
	}
	l.lostNote()
	l.contents(contents, sections)
}

func (l *layout) cover(blocks []report.Block) {
	l.newPage()
	l.page().bare = true
	l.bookmark(l.doc.Title, 0)
	l.fill(0, 0, pageWidth, 12, key)
	l.y = 92
	secret := style{10, 16, true, toneInk[report.Bad], nil, false}
	word := l.doc.Secrecy()
	w := l.width(word, secret) + 20
	for _, r := range [][4]float64{{left, l.y, w, 1}, {left, l.y + 21, w, 1}, {left, l.y, 1, 22}, {left + w - 1, l.y, 1, 22}} {
		l.fill(r[0], r[1], r[2], r[3], secret.color)
	}
	l.textLine(line{[]piece{{text: word, style: secret, w: w}}}, left+10, l.y+3, secret.leading)
	l.y += 110
	title := style{27, 40, true, ink, nil, false}
	for title.size > 21 && l.width(l.doc.Title, title) > right-left {
		title.size--
	}
	l.text(span{text: l.doc.Title, style: title})
	l.y += 10
	l.text(span{text: l.doc.Subtitle, style: style{15, 24, false, ink, nil, false}})
	l.y += 16
	l.fill(left, l.y, right-left, 3, key)
	l.y += 60
	for _, b := range blocks {
		l.block(b)
	}
	for _, p := range l.pages {
		p.bare = true
	}
}

var contentsTitle = i18n.Text{JA: "目次", EN: "Contents"}

// contents fills the page kept for it.
func (l *layout) contents(at int, sections []report.Section) {
	rest := l.pages[at+1:]
	l.pages = l.pages[:at+1]
	l.y = top
	l.text(span{text: contentsTitle.In(l.doc.Lang), style: style{17, 25, true, ink, nil, false}})
	l.y += 14
	st := style{10.5, 22, false, ink, nil, false}
	for _, s := range sections {
		m, ok := l.marks[s.ID]
		if !ok || l.y+st.leading > bottom {
			continue
		}
		n := strconv.Itoa(m.page + 1)
		lines := l.set([]span{{text: s.Title, style: st}}, l.x1-l.x0-60, false)
		for _, ln := range lines[:1] {
			l.textLine(ln, l.x0, l.y, st.leading)
			from, to := l.x0+ln.end()+8, l.x1-l.width(n, st)-8
			for x := to; x > from; x -= 5 {
				l.fill(x, l.y+st.leading*0.62, 0.9, 0.9, quiet)
			}
		}
		l.textLine(line{[]piece{{text: n, style: st, w: l.width(n, st)}}}, l.x1-l.width(n, st), l.y, st.leading)
		l.page().over = append(l.page().over, op{kind: opLink, x: l.x0, y: l.y, w: l.x1 - l.x0, h: st.leading, piece: piece{link: "#" + s.ID}})
		l.y += st.leading
	}
	l.pages = append(l.pages, rest...)
}

// emit draws the laid-out pages.
func (l *layout) emit(w io.Writer, fam *family) error {
	var pdf gopdf.GoPdf
	pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	names := []string{regularName, boldName}
	if l.monoUsed {
		names = append(names, monoName)
	}
	for _, name := range names {
		if err := pdf.AddTTFFontFromFontContainer(name, &fam.container); err != nil {
			return err
		}
	}
	objects := make([]int, len(l.pages))
	byPage := map[int][]string{}
	for id, m := range l.marks {
		byPage[m.page] = append(byPage[m.page], id)
	}
	for i, p := range l.pages {
		objects[i] = pdf.GetNextObjectID()
		pdf.AddPage()
		for _, id := range byPage[i] {
			if err := pdf.SetFontSize(0); err != nil { // an anchor stands above its point by the size of the type
				return err
			}
			pdf.SetXY(left, l.marks[id].y-8)
			pdf.SetAnchor(id)
		}
		l.frame(p, i)
		for _, o := range append(p.under, p.over...) {
			if err := l.draw(&pdf, o); err != nil {
				return fmt.Errorf("page %d: %w", i+1, err)
			}
		}
		p.under, p.over = nil, nil
	}
	out := &counter{w: w}
	if _, err := pdf.WriteTo(out); err != nil {
		return err
	}
	if out.err != nil {
		return out.err
	}
	return l.update(out, pdf.GetNextObjectID(), objects)
}

// frame puts the running head and the page number on a page.
func (l *layout) frame(p *page, i int) {
	if p.bare {
		return
	}
	st := style{8, 12, false, quiet, nil, false}
	put := func(text string, x, y float64, st style) {
		p.over = append(p.over, op{kind: opText, x: x, y: y, piece: piece{text: text, style: st}})
	}
	head := l.set([]span{{text: l.doc.Title + "　" + strings.ReplaceAll(l.doc.Subtitle, "\n", " "), style: st}}, right-left-max(80, 20+l.width(l.doc.Secrecy(), st.with(true, quiet))), false)
	for _, pc := range head[0].pieces {
		put(pc.text, left+pc.x, 46, st)
	}
	secret := st.with(true, toneInk[report.Bad])
	word := l.doc.Secrecy()
	put(word, right-l.width(word, secret), 46, secret)
	p.under = append(p.under, op{kind: opFill, x: left, y: 53, w: right - left, h: 0.6, fill: rule})
	n := fmt.Sprintf("%d / %d", i+1, len(l.pages))
	put(n, right-l.width(n, st), pageHeight-34, st)
	made := strings.TrimSpace("Miseban " + l.doc.Run.Version)
	put(made, left, pageHeight-34, st)
}

func (l *layout) draw(pdf *gopdf.GoPdf, o op) error {
	switch o.kind {
	case opFill:
		pdf.SetFillColor(o.fill.r, o.fill.g, o.fill.b)
		pdf.RectFromUpperLeftWithStyle(o.x, o.y, o.w, o.h, "F")
	case opLink:
		if id, ok := strings.CutPrefix(o.link, "#"); ok {
			if _, ok := l.marks[id]; ok {
				pdf.AddInternalLink(id, o.x, o.y, o.w, o.h)
			}
		} else if u := address(o.link); u != "" {
			pdf.AddExternalLink(u, o.x, o.y, o.w, o.h)
		}
	case opText:
		name := regularName
		switch {
		case o.mono:
			name = monoName
		case o.bold:
			name = boldName
		}
		if err := pdf.SetFont(name, "", o.size); err != nil {
			return err
		}
		pdf.SetTextColor(o.color.r, o.color.g, o.color.b)
		pdf.SetXY(o.x, o.y)
		return pdf.Text(o.text)
	}
	return nil
}
