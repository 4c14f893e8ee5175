package docx

import (
	"fmt"
	"net/url"
	"strings"

	"miseban/internal/report"
)

// textWidth is the width between the margins of the page, in twentieths of a point.
const textWidth = 9638

// body is the text of a document in the making.
type body struct {
	d    *report.Document
	text strings.Builder
	// marks are the names of places in the text, by their id in the document.
	marks map[string]string
	set   map[string]bool // marks that are in the text
	links []string
	link  map[string]int
	// numbered are the numbered lists so far.
	numbered []numbered
	width    int // of the column that is written
}

// numbered is a list that begins to count at start, on a level of its own.
type numbered struct{ level, start int }

// run is a piece of text in one style.
type run struct {
	text       string
	bold, code bool
	color      string // RRGGBB
	link       string // "#id" or an address
}

func newBody(d *report.Document) *body {
	b := &body{d: d, marks: map[string]string{}, set: map[string]bool{}, link: map[string]int{}, width: textWidth}
	mark := func(id string) {
		if id != "" && b.marks[id] == "" {
			b.marks[id] = fmt.Sprintf("m%d", len(b.marks)+1)
		}
	}
	for _, s := range d.Sections {
		if s.ID != "cover" {
			mark(s.ID)
		}
		for _, x := range s.Blocks {
			switch x := x.(type) {
			case report.Heading:
				mark(x.ID)
			case report.FindingCard:
				mark(d.Findings[x.Index].ID)
			}
		}
	}
	return b
}

func (b *body) raw(s string) { b.text.WriteString(s) }

// open begins a paragraph; properties are those of the paragraph beside its style.
func (b *body) open(style, properties string) {
	b.raw("<w:p>")
	if style != "" {
		style = `<w:pStyle w:val="` + style + `"/>`
	}
	if style+properties != "" {
		b.raw("<w:pPr>" + style + properties + "</w:pPr>")
	}
}

func (b *body) close() { b.raw("</w:p>") }

func (b *body) para(style, properties string, runs ...run) {
	b.open(style, properties)
	for _, r := range runs {
		b.run(r)
	}
	b.close()
}

// heading is a paragraph that can be gone to.
func (b *body) heading(style, properties, id string, runs ...run) {
	b.open(style, properties)
	name := b.marks[id]
	if name != "" && !b.set[id] {
		b.set[id] = true
		n := len(b.set)
		b.raw(fmt.Sprintf(`<w:bookmarkStart w:id="%d" w:name="%s"/><w:bookmarkEnd w:id="%d"/>`, n, name, n))
	}
	for _, r := range runs {
		b.run(r)
	}
	b.close()
}

// run writes a piece of text, as a link where it leads somewhere.
func (b *body) run(r run) {
	begin, end := "", ""
	if id, ok := strings.CutPrefix(r.link, "#"); ok {
		if name := b.marks[id]; name != "" {
			begin, end = `<w:hyperlink w:anchor="`+name+`" w:history="1">`, "</w:hyperlink>"
		}
	} else if u := address(r.link); u != "" {
		if _, known := b.link[u]; !known {
			b.link[u] = firstLink + len(b.links)
			b.links = append(b.links, u)
		}
		begin, end = fmt.Sprintf(`<w:hyperlink r:id="rId%d" w:history="1">`, b.link[u]), "</w:hyperlink>"
	}
	var style strings.Builder
	if begin != "" {
		style.WriteString(`<w:rStyle w:val="Hyperlink"/>`)
	} else if r.code {
		style.WriteString(`<w:rStyle w:val="CodeText"/>`)
	}
	if begin != "" && r.code {
		style.WriteString(monospaced)
	}
	if r.bold {
		style.WriteString("<w:b/><w:bCs/>")
	}
	if r.color != "" {
		style.WriteString(`<w:color w:val="` + r.color + `"/>`)
	}
	b.raw(begin + "<w:r>")
	if style.Len() > 0 {
		b.raw("<w:rPr>" + style.String() + "</w:rPr>")
	}
	b.characters(r.text)
	b.raw("</w:r>" + end)
}

const monospaced = `<w:rFonts w:ascii="Consolas" w:hAnsi="Consolas" w:eastAsia="BIZ UDGothic" w:cs="Consolas"/>`

// characters writes text with its line breaks and tabs.
func (b *body) characters(text string) {
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if i > 0 {
			b.raw("<w:br/>")
		}
		for k, cell := range strings.Split(line, "\t") {
			if k > 0 {
				b.raw("<w:tab/>")
			}
			if cell != "" {
				b.raw(`<w:t xml:space="preserve">` + escape(cell) + "</w:t>")
			}
		}
	}
}

// address is a link target outside the document in plain ASCII, or nothing.
func address(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	s := u.String()
	if len(s) > 2000 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return s
}

// prose writes Markdown. Links are followed only in texts of our own.
func (b *body) prose(md string, links bool) {
	var at []int // the numbered list that is open on each level, 0 for none
	var last []int
	for _, p := range report.ReadProse(md) {
		if p.Depth < len(at) {
			at, last = at[:p.Depth], last[:p.Depth]
		}
		for len(at) < p.Depth {
			at, last = append(at, 0), append(last, 0)
		}
		if p.Kind == report.Fenced {
			b.code(report.Code{Text: p.Code})
			continue
		}
		properties, style := "", ""
		if p.Depth > 0 {
			style = "ListParagraph"
			level := min(p.Depth-1, 8)
			if p.First {
				list := 1
				if p.Number > 0 {
					if k := p.Depth - 1; at[k] == 0 || last[k] != p.Number-1 {
						b.numbered = append(b.numbered, numbered{level, p.Number})
						at[k] = len(b.numbered) + 1
					}
					last[p.Depth-1] = p.Number
					list = at[p.Depth-1]
				} else {
					at[p.Depth-1] = 0
				}
				properties = fmt.Sprintf(`<w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr>`, level, list)
			} else {
				properties = fmt.Sprintf(`<w:ind w:left="%d"/>`, 397*(level+1))
			}
		}
		b.open(style, properties)
		for _, s := range p.Spans {
			r := run{text: s.Text, bold: s.Bold, code: s.Code}
			if links {
				r.link = s.URL
			}
			b.run(r)
		}
		b.close()
	}
}
