// Package docx writes a report as a Word document: to be edited, commented and
// sent back. Headings are headings, lists are lists, heads of tables repeat,
// and the same document gives the same bytes.
package docx

import (
	"archive/zip"
	"bytes"
	"embed"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"miseban/internal/i18n"
	"miseban/internal/report"
)

// Media is the media type of the files that Write and WriteLetter write.
const Media = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

//go:embed parts/*.xml
var parts embed.FS

// Write writes d as a report: cover, contents, chapters.
func Write(w io.Writer, d *report.Document) error {
	b := newBody(d)
	sections := d.Sections
	var cover []report.Block
	if len(sections) > 0 && sections[0].ID == "cover" {
		cover, sections = sections[0].Blocks, sections[1:]
	}
	b.cover(cover)
	b.contents(sections)
	for i, s := range sections {
		b.section(s, s.Page || i == 0)
	}
	return b.pack(w, true)
}

// WriteLetter writes d as a paper of a few pages to sign or to file: the title
// stands above the text, without cover and contents.
func WriteLetter(w io.Writer, d *report.Document) error {
	b := newBody(d)
	b.para("Title", "", run{text: d.Title})
	if d.Subtitle != "" {
		b.para("Subtitle", "", run{text: d.Subtitle})
	}
	for _, s := range d.Sections {
		b.section(s, false)
	}
	return b.pack(w, false)
}

var contentsTitle = i18n.Text{JA: "目次", EN: "Contents"}

// cover is the first page, which has no running head.
func (b *body) cover(blocks []report.Block) {
	b.para("Mark", "", run{text: b.d.Secrecy()})
	b.para("Title", `<w:spacing w:before="1800" w:after="160"/>`, run{text: b.d.Title})
	b.para("Subtitle", "", run{text: b.d.Subtitle})
	for _, x := range blocks {
		b.block(x)
	}
}

// contents are the titles of the chapters as links. They carry no page
// numbers: only the program that lays the pages out knows them, and a wrong
// number is worse than none. Word can renew the field.
func (b *body) contents(sections []report.Section) {
	b.para("ContentsTitle", "<w:pageBreakBefore/>", run{text: contentsTitle.In(b.d.Lang)})
	for i, s := range sections {
		b.open("TOC1", "")
		if i == 0 {
			b.raw(`<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> TOC \n \h \z \t "Heading 1,1" </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>`)
		}
		b.run(run{text: s.Title, link: "#" + s.ID})
		if i == len(sections)-1 {
			b.raw(`<w:r><w:fldChar w:fldCharType="end"/></w:r>`)
		}
		b.close()
	}
}

// file is one part of the package.
type file struct{ name, text string }

// pack puts the parts together. Every entry has the same date, so that a
// document has one form in bytes.
func (b *body) pack(w io.Writer, bare bool) error {
	d := b.d
	locale := "ja-JP"
	if d.Lang == i18n.EN {
		locale = "en-US"
	}
	head := strings.ReplaceAll(strings.TrimSpace(d.Title+"　"+d.Subtitle), "\n", " ")
	made := strings.TrimSpace("Miseban " + d.Run.Version)
	at := d.Made.UTC().Format(time.RFC3339)
	values := strings.NewReplacer("{locale}", locale, "{title}", escape(d.Title), "{subject}", escape(d.Subtitle), "{at}", at, "{head}", escape(head), "{mark}", escape(d.Secrecy()), "{made}", escape(made))
	part := func(name string) string {
		text, err := parts.ReadFile("parts/" + name)
		if err != nil {
			panic(err) // embedded: a test would have seen it
		}
		return values.Replace(string(text))
	}
	files := []file{
		{"[Content_Types].xml", part("types.xml")}, {"_rels/.rels", part("rels.xml")}, {"docProps/core.xml", part("core.xml")}, {"docProps/app.xml", part("app.xml")},
		{"word/document.xml", b.document(bare)}, {"word/_rels/document.xml.rels", b.relations()}, {"word/styles.xml", part("styles.xml")}, {"word/numbering.xml", strings.Replace(part("numbering.xml"), "{lists}", b.lists(), 1)},
		{"word/settings.xml", part("settings.xml")}, {"word/fontTable.xml", part("fonts.xml")}, {"word/header1.xml", part("header.xml")}, {"word/footer1.xml", part("footer.xml")},
	}
	z := zip.NewWriter(w)
	for _, f := range files {
		out, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return err
		}
		if _, err := io.WriteString(out, f.text); err != nil {
			return err
		}
	}
	return z.Close()
}

const namespaces = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

func (b *body) document(bare bool) string {
	first := ""
	if bare {
		first = "<w:titlePg/>"
	}
	return xml.Header + `<w:document ` + namespaces + `><w:body>` + b.text.String() +
		`<w:sectPr><w:headerReference w:type="default" r:id="rId4"/><w:footerReference w:type="default" r:id="rId5"/><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1304" w:right="1134" w:bottom="1134" w:left="1134" w:header="624" w:footer="510" w:gutter="0"/>` + first + `</w:sectPr></w:body></w:document>`
}

// relations are the other parts that the text needs, and the addresses that it
// links to.
func (b *body) relations() string {
	var s strings.Builder
	s.WriteString(xml.Header + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i, r := range [][2]string{{"styles", "styles.xml"}, {"numbering", "numbering.xml"}, {"settings", "settings.xml"}, {"header", "header1.xml"}, {"footer", "footer1.xml"}, {"fontTable", "fontTable.xml"}} {
		fmt.Fprintf(&s, `<Relationship Id="rId%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>`, i+1, r[0], r[1])
	}
	for i, u := range b.links {
		fmt.Fprintf(&s, `<Relationship Id="rId%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="%s" TargetMode="External"/>`, firstLink+i, escape(u))
	}
	s.WriteString(`</Relationships>`)
	return s.String()
}

// firstLink is the number of the first relation of a link: those before are parts.
const firstLink = 7

// lists are the numbered lists of the text, each counting from its own start.
func (b *body) lists() string {
	var s strings.Builder
	for i, l := range b.numbered {
		fmt.Fprintf(&s, `<w:num w:numId="%d"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="%d"><w:startOverride w:val="%d"/></w:lvlOverride></w:num>`, i+2, l.level, l.start)
	}
	return s.String()
}

// escape makes text safe between tags and in attributes, and characters that
// hide visible.
func escape(s string) string {
	var out bytes.Buffer
	if err := xml.EscapeText(&out, []byte(report.Visible(s))); err != nil {
		panic(err) // a buffer takes everything
	}
	return out.String()
}
