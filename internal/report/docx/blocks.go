package docx

import (
	"fmt"
	"strconv"
	"strings"

	"miseban/internal/report"
)

var (
	toneInk   = map[report.Tone]string{report.Good: "14673E", report.Bad: "B80000", report.Warn: "725400", report.Unknown: "44546C", report.Neutral: "4D5260"}
	tonePaper = map[report.Tone]string{report.Good: "EAF6EF", report.Bad: "FDF0EF", report.Warn: "FDF6E0", report.Unknown: "F0F3F7", report.Neutral: "F5F6F8"}
)

const (
	quiet = "4D5260"
	rule  = "C3C8D1"
)

// section writes a chapter; page says that it begins a page.
func (b *body) section(s report.Section, page bool) {
	properties := ""
	if page {
		properties = "<w:pageBreakBefore/>"
	}
	b.heading("Heading1", properties, s.ID, run{text: s.Title})
	for _, x := range s.Blocks {
		b.block(x)
	}
}

func (b *body) block(x report.Block) {
	switch x := x.(type) {
	case report.Heading:
		style := "Heading2"
		if x.Level > 2 {
			style = "Heading3"
		}
		b.heading(style, "", x.ID, run{text: x.Text})
	case report.Prose:
		b.prose(x.Markdown, true)
	case report.Facts:
		b.facts(x.Rows)
	case report.Table:
		b.table(x)
	case report.Callout:
		b.callout(x)
	case report.Bars:
		b.bars(x)
	case report.Code:
		b.code(x)
	case report.FindingCard:
		b.card(x.Index)
	}
}

// toned is a text in the colour of its tone, with the tone's sign before it.
func toned(text string, t report.Tone) run {
	ink, ok := toneInk[t]
	if !ok {
		return run{text: text}
	}
	if sign := t.Sign(); sign != "" && text != "" && strings.Trim(text, "0123456789") != "" {
		text = sign + " " + text
	}
	return run{text: text, color: ink, bold: true}
}

// openTable begins a table of columns of the given widths. Its caption and
// what it is about are read out by programs that read to people.
func (b *body) openTable(style, caption string, widths []int) {
	sum := 0
	for _, w := range widths {
		sum += w
	}
	b.raw(fmt.Sprintf(`<w:tbl><w:tblPr><w:tblStyle w:val="%s"/><w:tblW w:w="%d" w:type="dxa"/><w:tblLayout w:type="fixed"/>`, style, sum))
	if caption != "" {
		b.raw(`<w:tblCaption w:val="` + escape(caption) + `"/>`)
	}
	b.raw(`</w:tblPr><w:tblGrid>`)
	for _, w := range widths {
		b.raw(`<w:gridCol w:w="` + strconv.Itoa(w) + `"/>`)
	}
	b.raw(`</w:tblGrid>`)
}

// closeTable ends a table. A paragraph follows it: two tables that touch would become one.
func (b *body) closeTable() {
	b.raw("</w:tbl>")
	b.para("Gap", "")
}

// cell writes a cell of one paragraph.
func (b *body) cell(width int, style, properties, paper string, r run) {
	if paper != "" {
		paper = `<w:shd w:val="clear" w:color="auto" w:fill="` + paper + `"/>`
	}
	b.raw(`<w:tc><w:tcPr><w:tcW w:w="` + strconv.Itoa(width) + `" w:type="dxa"/>` + paper + `</w:tcPr>`)
	b.para(style, properties, r)
	b.raw("</w:tc>")
}

// facts are names and values in two columns.
func (b *body) facts(rows []report.Fact) {
	if len(rows) == 0 {
		return
	}
	widths := []int{b.width * 27 / 100, b.width - b.width*27/100}
	b.openTable("Facts", "", widths)
	for i, r := range rows {
		keep := "" // a short list of facts stays on one page
		if len(rows) <= 12 && i < len(rows)-1 {
			keep = "<w:keepNext/>"
		}
		b.raw("<w:tr><w:trPr><w:cantSplit/></w:trPr>")
		b.cell(widths[0], "Cell", keep, "", run{text: r.Name, color: quiet})
		b.cell(widths[1], "Cell", keep, "", toned(r.Value, r.Tone))
		b.raw("</w:tr>")
	}
	b.closeTable()
}

// longRow is about as many characters of one cell as fill half a page: a row
// that is longer may go over pages, a shorter one stays whole.
const longRow = 600

func (b *body) table(t report.Table) {
	if len(t.Head) == 0 || len(t.Rows) == 0 {
		return
	}
	if t.Caption != "" {
		b.para("Caption", "", run{text: t.Caption})
	}
	widths := b.columns(t)
	b.openTable("Grid", t.Caption, widths)
	b.raw("<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>")
	for i, h := range t.Head {
		b.cell(widths[i], "CellHead", "<w:keepNext/>", "E8ECFA", run{text: h})
	}
	b.raw("</w:tr>")
	for _, row := range t.Rows {
		long := false
		for _, c := range row {
			long = long || len([]rune(c.Text)) > longRow
		}
		b.raw("<w:tr>")
		if !long {
			b.raw("<w:trPr><w:cantSplit/></w:trPr>")
		}
		for i := range t.Head {
			var c report.Cell
			if i < len(row) {
				c = row[i]
			}
			r, properties := toned(c.Text, c.Tone), ""
			if strings.HasPrefix(c.Link, "#") {
				r.link = c.Link
			}
			if c.Code {
				r.code, properties = true, `<w:wordWrap w:val="0"/>`
			}
			b.cell(widths[i], "Cell", properties, "", r)
		}
		b.raw("</w:tr>")
	}
	b.closeTable()
}

// columns are the widths of a table's columns: as the document says, else by
// the longest text of each.
func (b *body) columns(t report.Table) []int {
	share := make([]float64, len(t.Head))
	sum := 0.0
	for i, h := range t.Head {
		if len(t.Widths) == len(t.Head) {
			share[i] = t.Widths[i]
		} else {
			longest := len([]rune(h))
			for _, row := range t.Rows {
				if i < len(row) {
					longest = max(longest, len([]rune(row[i].Text)))
				}
			}
			share[i] = float64(min(max(longest, 5), 30))
		}
		sum += share[i]
	}
	out := make([]int, len(share))
	left := b.width
	for i := range share {
		out[i] = int(share[i] / sum * float64(b.width))
		left -= out[i]
	}
	out[len(out)-1] += left
	return out
}

// callout is a box: a table of one cell, the only box that keeps lists inside.
func (b *body) callout(c report.Callout) {
	ink, ok := toneInk[c.Tone]
	paper := tonePaper[c.Tone]
	if !ok {
		ink, paper = quiet, "F5F6F8"
	}
	b.openTable("Box", c.Title, []int{b.width})
	b.raw(fmt.Sprintf(`<w:tr><w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/><w:tcBorders><w:left w:val="single" w:sz="36" w:space="0" w:color="%s"/></w:tcBorders><w:shd w:val="clear" w:color="auto" w:fill="%s"/></w:tcPr>`, b.width, ink, paper))
	title := toned(c.Title, c.Tone)
	title.bold, title.color = true, ink
	b.para("BoxTitle", "", title)
	width := b.width
	b.width -= 400
	b.prose(c.Markdown, true)
	b.width = width
	b.para("Gap", "") // a cell ends with a paragraph
	b.raw("</w:tc></w:tr>")
	b.closeTable()
}

// bars are a chart of which each bar is made of characters: it stays text.
func (b *body) bars(c report.Bars) {
	if len(c.Rows) == 0 {
		return
	}
	if c.Caption != "" {
		b.para("Caption", "", run{text: c.Caption})
	}
	longest := 1
	for _, r := range c.Rows {
		longest = max(longest, r.Value)
	}
	widths := []int{b.width * 27 / 100, b.width * 9 / 100, 0}
	widths[2] = b.width - widths[0] - widths[1]
	b.openTable("Plain", c.Caption, widths)
	for _, r := range c.Rows {
		ink, ok := toneInk[r.Tone]
		if !ok {
			ink = quiet
		}
		b.raw("<w:tr><w:trPr><w:cantSplit/></w:trPr>")
		b.cell(widths[0], "Cell", "", "", run{text: r.Label})
		b.cell(widths[1], "Cell", `<w:jc w:val="right"/>`, "", run{text: strconv.Itoa(r.Value), bold: true, color: ink})
		b.cell(widths[2], "Cell", "", "", run{text: strings.Repeat("█", max(r.Value, 0)*28/longest), color: ink})
		b.raw("</w:tr>")
	}
	b.closeTable()
}

// code is text as it went over the wire; lines may end anywhere.
func (b *body) code(c report.Code) {
	if c.Text == "" {
		return
	}
	if c.Caption != "" {
		b.para("Caption", "", run{text: c.Caption})
	}
	keep := ""
	if strings.Count(c.Text, "\n") < 12 && len(c.Text) < 1500 {
		keep = "<w:keepLines/>"
	}
	b.para("Code", keep, run{text: c.Text})
}

func (b *body) card(i int) {
	f, c := &b.d.Findings[i], b.d.Card(i)
	ink, ok := toneInk[f.Tone]
	if !ok {
		ink = quiet
	}
	b.heading("Heading2", "", f.ID, run{text: f.ID + "　", color: ink}, run{text: f.Title})
	b.facts(c.Facts)
	for i, p := range c.Parts {
		b.heading("Heading3", "", "", run{text: p.Title})
		b.prose(p.Markdown, p.Links)
		if i == 0 && len(c.Proof) > 0 {
			b.heading("Heading3", "", "", run{text: report.ProofTitle(b.d.Lang)})
			for _, x := range c.Proof {
				b.block(x)
			}
		}
	}
	if c.Excerpt != nil {
		b.code(*c.Excerpt)
	}
	for _, e := range c.Evidence {
		b.code(e)
	}
	if len(c.References) > 0 {
		b.heading("Heading3", "", "", run{text: report.ReferencesTitle(b.d.Lang)})
		for _, r := range c.References {
			b.para("ListParagraph", `<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>`, run{text: r.Text, link: r.URL})
		}
	}
}
