// Package html writes a report as one HTML file that needs nothing else: no
// script, no request, readable on a phone, on a screen and on paper.
package html

import (
	"bufio"
	"embed"
	"html/template"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"miseban/internal/report"
)

//go:embed report.tmpl style.css
var files embed.FS

var tmpl = template.Must(template.New("report.tmpl").Funcs(template.FuncMap{
	"kind": kind, "prose": Prose, "word": word, "id": anchor, "href": href, "level": level, "label": label, "widths": widths, "card": card, "blocks": blocks,
	"tone": tone, "sign": sign, "class": class, "share": share, "web": web, "cover": cover, "parts": parts, "chapters": chapters, "css": css, "date": date,
}).ParseFS(files, "report.tmpl"))

// Write writes d as a whole HTML file.
func Write(w io.Writer, d *report.Document) error {
	buf := bufio.NewWriterSize(w, 64<<10)
	if err := tmpl.Execute(&plain{w: buf}, &page{d, map[report.CardPart]template.HTML{}}); err != nil {
		return err
	}
	return buf.Flush()
}

// page is a document with the texts that were already turned into HTML: the
// findings of one check share most of theirs.
type page struct {
	*report.Document
	done map[report.CardPart]template.HTML
}

// Text is the HTML of a part of a card.
func (p *page) Text(part report.CardPart) template.HTML {
	part.Title = "" // the text alone counts
	h, ok := p.done[part]
	if !ok {
		h = Prose(part.Markdown, part.Links)
		p.done[part] = h
	}
	return h
}

// plain makes hidden characters visible in everything that is written. The
// template itself has none, so only words of the shop are changed.
type plain struct {
	w    *bufio.Writer
	rest []byte // the beginning of a character whose end comes with the next piece
}

func (p *plain) Write(b []byte) (int, error) {
	n := len(b)
	b = append(p.rest, b...)
	end := len(b)
	for i := max(0, end-utf8.UTFMax+1); i < end; i++ {
		if utf8.RuneStart(b[i]) && !utf8.FullRune(b[i:]) {
			end = i
			break
		}
	}
	_, err := p.w.WriteString(report.Visible(string(b[:end])))
	p.rest = append([]byte(nil), b[end:]...)
	return n, err
}

func css() (template.CSS, error) {
	b, err := files.ReadFile("style.css")
	return template.CSS(b), err
}

// cover is the part before the first chapter: the section "cover", if any.
func cover(d *page) []report.Block {
	if len(d.Sections) > 0 && d.Sections[0].ID == "cover" {
		return d.Sections[0].Blocks
	}
	return nil
}

// chapters are the sections after the cover.
func chapters(d *page) []report.Section {
	if len(d.Sections) > 0 && d.Sections[0].ID == "cover" {
		return d.Sections[1:]
	}
	return d.Sections
}

// piece is one block on its way through the template, with its document.
type piece struct {
	Doc   *page
	Block report.Block
}

func blocks(d *page, list []report.Block) []piece {
	out := make([]piece, len(list))
	for i, b := range list {
		out[i] = piece{d, b}
	}
	return out
}

// kind names the template of a block.
func kind(b report.Block) string {
	switch b := b.(type) {
	case report.Heading:
		return "heading"
	case report.Prose:
		return "prose"
	case report.Facts:
		if len(b.Rows) > 0 {
			return "facts"
		}
	case report.Table:
		if len(b.Rows) > 0 {
			return "table"
		}
	case report.Callout:
		return "callout"
	case report.Bars:
		if len(b.Rows) > 0 {
			return "bars"
		}
	case report.Code:
		if b.Text != "" {
			return "code"
		}
	case report.FindingCard:
		return "card"
	}
	return ""
}

// finding is a finding with its layout.
type finding struct {
	Doc *page
	report.Finding
	Card report.Card
}

func card(d *page, c report.FindingCard) finding {
	return finding{d, d.Findings[c.Index], d.Card(c.Index)}
}

// anchor makes an id of a name; only letters, digits and "-_" stay.
func anchor(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, name)
}

// href is a link inside the document, or nothing.
func href(link string) string {
	if name, ok := strings.CutPrefix(link, "#"); ok && name != "" {
		return "#" + anchor(name)
	}
	return ""
}

// web is an address outside that may be followed, or nothing.
func web(u string) string {
	if strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		return u
	}
	return ""
}

// level is the HTML level of a heading: the title is 1, sections are 2.
func level(n int) int { return min(max(n+1, 3), 4) }

// label is the head of column i, for rows that stand alone on a phone.
func label(t report.Table, i int) string {
	if i < len(t.Head) {
		return t.Head[i]
	}
	return ""
}

// widths are the columns of a table in per cent.
func widths(t report.Table) []float64 {
	sum := 0.0
	for _, w := range t.Widths {
		sum += w
	}
	out := make([]float64, len(t.Widths))
	for i, w := range t.Widths {
		out[i] = math.Round(w/sum*1000) / 10
	}
	return out
}

// tone is the class of a tone; an unknown one has none.
func tone(t report.Tone) string {
	switch t {
	case report.Good, report.Bad, report.Warn, report.Neutral, report.Unknown:
		return string(t)
	}
	return ""
}

// sign is the mark of a tone, but not beside a bare number.
func sign(t report.Tone, text string) string {
	if numeric(text) {
		return ""
	}
	return t.Sign()
}

// class tells the style sheet of cells that should not be broken: numbers and
// short words.
func class(text string) string {
	if numeric(text) {
		return "num"
	}
	for _, word := range strings.Fields(text) {
		if len(word) > 24 {
			return ""
		}
	}
	if utf8.RuneCountInString(text) <= 14 {
		return "short"
	}
	return "words"
}

func numeric(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// share is the length of a bar in per cent of the longest.
func share(b report.Bars, v int) int {
	longest := 1
	for _, r := range b.Rows {
		longest = max(longest, r.Value)
	}
	return max(v, 0) * 100 / longest
}
