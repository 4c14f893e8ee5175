package docx_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/docx"
	"miseban/internal/report/reporttest"
)

// node is an element of a part, read back.
type node struct {
	XMLName xml.Name
	Attr    []xml.Attr `xml:",any,attr"`
	Nodes   []*node    `xml:",any"`
	Text    string     `xml:",chardata"`
}

func (n *node) attr(name string) string {
	for _, a := range n.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// walk calls f with n and all below it, and what stands over each.
func (n *node) walk(f func(n, over *node)) {
	var down func(n, over *node)
	down = func(n, over *node) {
		f(n, over)
		for _, c := range n.Nodes {
			down(c, n)
		}
	}
	down(n, nil)
}

func (n *node) all(name string) []*node {
	var out []*node
	n.walk(func(x, _ *node) {
		if x.XMLName.Local == name {
			out = append(out, x)
		}
	})
	return out
}

// words is what a reader sees: paragraphs on lines of their own.
func (n *node) words() string {
	var b strings.Builder
	n.walk(func(x, _ *node) {
		switch x.XMLName.Local {
		case "p", "br":
			b.WriteByte('\n')
		case "tab":
			b.WriteByte('\t')
		case "t":
			b.WriteString(x.Text)
		}
	})
	return b.String()
}

// opened is a file that was read back.
type opened struct {
	parts map[string]*node
	bytes []byte
}

func open(t testing.TB, file []byte) *opened {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	o := &opened{parts: map[string]*node{}, bytes: file}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		n := &node{}
		if err := xml.Unmarshal(b, n); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if o.parts[f.Name] != nil {
			t.Errorf("%s stands in the file twice", f.Name)
		}
		o.parts[f.Name] = n
	}
	return o
}

func write(t testing.TB, d *report.Document, as func(io.Writer, *report.Document) error) *opened {
	t.Helper()
	var b, again bytes.Buffer
	if err := errors.Join(as(&b, d), as(&again, d)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the same document gives other bytes")
	}
	if dir := os.Getenv("REPORT_OUT"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+".docx"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return open(t, b.Bytes())
}

// order is the order that the schema (ISO/IEC 29500) wants of the properties
// that are used; programs refuse a file in which it is another.
var order = map[string][]string{
	"pPr":    {"pStyle", "keepNext", "keepLines", "pageBreakBefore", "widowControl", "numPr", "pBdr", "shd", "tabs", "kinsoku", "wordWrap", "spacing", "ind", "jc", "outlineLvl", "rPr", "sectPr"},
	"rPr":    {"rStyle", "rFonts", "b", "bCs", "noProof", "color", "sz", "szCs", "u", "shd", "lang"},
	"tblPr":  {"tblStyle", "tblW", "tblInd", "tblBorders", "tblLayout", "tblCellMar", "tblCaption"},
	"tcPr":   {"tcW", "tcBorders", "shd"},
	"trPr":   {"cantSplit", "tblHeader"},
	"tbl":    {"tblPr", "tblGrid", "tr"},
	"tr":     {"trPr", "tc"},
	"p":      {"pPr", "bookmarkStart"},
	"r":      {"rPr"},
	"sectPr": {"headerReference", "footerReference", "pgSz", "pgMar", "titlePg"},
	"pBdr":   {"top", "left", "bottom", "right"},
	"style":  {"name", "basedOn", "next", "qFormat", "pPr", "rPr", "tblPr"},
	"lvl":    {"start", "numFmt", "lvlText", "lvlJc", "pPr"},
	"num":    {"abstractNumId", "lvlOverride"},
	"numPr":  {"ilvl", "numId"},
	"styles": {"docDefaults", "style"},
}

// strict are the elements that hold nothing but what order names.
var strict = []string{"pPr", "rPr", "tblPr", "tcPr", "trPr", "tbl", "tr", "sectPr", "pBdr", "style", "lvl", "num", "numPr", "styles"}

// sound holds what every file must keep, or Word calls it damaged.
func (o *opened) sound(t *testing.T) {
	t.Helper()
	known := map[string]bool{}
	for _, x := range o.parts["[Content_Types].xml"].all("Override") {
		name := strings.TrimPrefix(x.attr("PartName"), "/")
		known[name] = true
		if o.parts[name] == nil {
			t.Errorf("no part %s", name)
		}
	}
	for name, part := range o.parts {
		if !known[name] && !strings.HasSuffix(name, ".rels") && name != "[Content_Types].xml" {
			t.Errorf("%s has no type", name)
		}
		part.walk(func(n, _ *node) { inOrder(t, n) })
	}
	for _, x := range o.parts["_rels/.rels"].all("Relationship") {
		if o.parts[x.attr("Target")] == nil {
			t.Errorf("no part %s", x.attr("Target"))
		}
	}
	text := o.parts["word/document.xml"]
	relations := map[string]bool{}
	for _, x := range o.parts["word/_rels/document.xml.rels"].all("Relationship") {
		id := x.attr("Id")
		if relations[id] {
			t.Errorf("relation %s twice", id)
		}
		relations[id] = true
		if x.attr("TargetMode") == "" && o.parts["word/"+x.attr("Target")] == nil {
			t.Errorf("no part %s", x.attr("Target"))
		}
	}
	styles, lists, marks, ids := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, x := range o.parts["word/styles.xml"].all("style") {
		styles[x.attr("styleId")] = true
	}
	for _, x := range o.parts["word/numbering.xml"].all("num") {
		lists[x.attr("numId")] = true
	}
	for _, x := range text.all("bookmarkStart") {
		if marks[x.attr("name")] || ids[x.attr("id")] || len(x.attr("name")) > 40 {
			t.Errorf("bookmark %s %s", x.attr("id"), x.attr("name"))
		}
		marks[x.attr("name")], ids[x.attr("id")] = true, true
	}
	depth := 0
	text.walk(func(n, over *node) {
		switch n.XMLName.Local {
		case "pStyle", "rStyle", "tblStyle":
			if !styles[n.attr("val")] {
				t.Errorf("no style %q", n.attr("val"))
			}
		case "numId":
			if !lists[n.attr("val")] {
				t.Errorf("no list %q", n.attr("val"))
			}
		case "hyperlink":
			if a := n.attr("anchor"); a != "" && !marks[a] {
				t.Errorf("a link to the place %q, which is not there", a)
			}
			if id := n.attr("id"); id != "" && !relations[id] {
				t.Errorf("a link by %q, which is not there", id)
			}
		case "fldChar":
			switch n.attr("fldCharType") {
			case "begin":
				depth++
			case "end":
				depth--
			}
		case "tbl":
			columns := len(n.all("gridCol"))
			for _, r := range n.Nodes {
				if r.XMLName.Local != "tr" {
					continue
				}
				cells := slices.DeleteFunc(slices.Clone(r.Nodes), func(c *node) bool { return c.XMLName.Local != "tc" })
				if len(cells) != columns {
					t.Errorf("a row of %d cells in a table of %d columns", len(cells), columns)
				}
			}
			if i := slices.Index(over.Nodes, n); i+1 >= len(over.Nodes) || over.Nodes[i+1].XMLName.Local != "p" {
				t.Error("no paragraph after a table")
			}
		case "tc":
			if len(n.Nodes) == 0 || n.Nodes[len(n.Nodes)-1].XMLName.Local != "p" {
				t.Error("a cell that does not end with a paragraph")
			}
		}
	})
	if depth != 0 {
		t.Errorf("%d fields are open at the end", depth)
	}
	if body := text.Nodes[0].Nodes; body[len(body)-1].XMLName.Local != "sectPr" {
		t.Error("the text does not end with the page's size")
	}
}

func inOrder(t *testing.T, n *node) {
	t.Helper()
	want, ok := order[n.XMLName.Local]
	if !ok || n.XMLName.Local == "p" || n.XMLName.Local == "r" {
		if ok && len(n.Nodes) > 0 {
			for _, c := range n.Nodes[1:] {
				if c.XMLName.Local == want[0] {
					t.Errorf("%s is not the first of %s", want[0], n.XMLName.Local)
				}
			}
		}
		return
	}
	at := 0
	for _, c := range n.Nodes {
		i := slices.Index(want, c.XMLName.Local)
		switch {
		case i < 0 && slices.Contains(strict, n.XMLName.Local):
			t.Errorf("%s in %s", c.XMLName.Local, n.XMLName.Local)
		case i >= 0 && i < at:
			t.Errorf("%s after %s in %s", c.XMLName.Local, want[at], n.XMLName.Local)
		case i >= 0:
			at = i
		}
	}
}

// TestWhole: what stands in a report can be read in the file, in both
// languages, and the file is one that Word opens.
func TestWhole(t *testing.T) {
	t.Parallel()
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		t.Run(string(l), func(t *testing.T) {
			t.Parallel()
			d := reporttest.Active(l)
			o := write(t, d, docx.Write)
			o.sound(t)
			text := o.parts["word/document.xml"].words()
			want := []string{d.Title, d.Subtitle, d.Secrecy(), d.Grade.Name, d.Grade.Advice, d.Terms[0].Meaning, d.Ledger.LastSum}
			for _, f := range d.Findings {
				want = append(want, f.ID, f.Title, f.URL, f.Excerpt)
			}
			for _, r := range d.Requirements {
				want = append(want, r.Title, r.VerdictName)
			}
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("no %q", w)
				}
			}
			if n := len(o.parts["word/document.xml"].all("tblHeader")); n < 3 {
				t.Errorf("%d heads of tables repeat", n)
			}
			core := o.parts["docProps/core.xml"]
			if core.all("title")[0].Text != d.Title || core.all("created")[0].Text != d.Made.UTC().Format(time.RFC3339) || core.all("language")[0].Text[:2] != string(l) {
				t.Error("the properties of the file are not the document's")
			}
			if lang := o.parts["word/styles.xml"].all("lang")[0]; lang.attr("eastAsia") != "ja-JP" || lang.attr("val") != "en-US" {
				t.Error("the text has no language")
			}
		})
	}
}

// TestHostile: words of a shop stay words, whatever they try.
func TestHostile(t *testing.T) {
	t.Parallel()
	o := write(t, reporttest.Hostile(i18n.JA), docx.Write)
	o.sound(t)
	text := o.parts["word/document.xml"].words()
	for _, w := range []string{`<script>alert("MALICE")</script>`, "[MALICE](javascript:alert(1))", "⟨U+202E⟩", `{{.Title}} ${7*7}`} {
		if !strings.Contains(text, w) {
			t.Errorf("no %q", w)
		}
	}
	for _, x := range o.parts["word/_rels/document.xml.rels"].all("Relationship") {
		if x.attr("TargetMode") == "External" && !strings.HasPrefix(x.attr("Target"), "https://") && !strings.HasPrefix(x.attr("Target"), "http://") {
			t.Errorf("a link to %q", x.attr("Target"))
		}
	}
	write(t, reporttest.Empty(i18n.EN), docx.Write).sound(t)
}

// letter has every kind of list and block in a few lines.
func letter() *report.Document {
	long := report.Table{Caption: "長い表", Head: []string{"番号", "内容"}, Widths: []float64{1, 6}}
	for i := range 60 {
		long.Rows = append(long.Rows, []report.Cell{{Text: strconv.Itoa(i + 1)}, {Text: "同じ見出しが、次のページの表にも付きます。"}})
	}
	return &report.Document{Lang: i18n.JA, Title: "委員会資料", Subtitle: "第3回", Mark: "一部（非公開＋委員限り）", Made: reporttest.At, Sections: []report.Section{
		{ID: "lists", Title: "箇条書き", Blocks: []report.Block{report.Prose{Markdown: "前書き。\n\n1. はじめ\n2. つぎ\n   - 中の1\n   - 中の2\n\n     続きの段落\n3. おわり\n\n間の文。\n\n5. 五から\n6. 六\n\n- 点\n- 点"}, report.Callout{Tone: report.Warn, Title: "注意", Markdown: "1. 箱の中\n2. 箱の中"}}},
		{ID: "table", Title: "表", Blocks: []report.Block{long, report.Code{Caption: "例", Text: "GET / HTTP/1.1\n\tHost: shop.example"}, report.Prose{Markdown: "[箇条書き](#lists)へ。[外](https://www.ipa.go.jp/?a=1&b=2)へ。"}}},
	}}
}

// TestLetter: no cover and no contents; lists count on and start anew where
// they did in the source; the mark is the document's own.
func TestLetter(t *testing.T) {
	t.Parallel()
	o := write(t, letter(), docx.WriteLetter)
	o.sound(t)
	if text := o.parts["word/document.xml"].words(); strings.Contains(text, "目次") || !strings.Contains(text, "\tHost: shop.example") {
		t.Errorf("text %q", text)
	}
	if head := o.parts["word/header1.xml"].words(); !strings.Contains(head, "一部（非公開＋委員限り）") || strings.Contains(head, "取扱注意") {
		t.Errorf("head %q", head)
	}
	if len(o.parts["word/footer1.xml"].all("instrText")) != 2 {
		t.Error("pages have no numbers")
	}
	var starts []string
	for _, x := range o.parts["word/numbering.xml"].all("startOverride") {
		starts = append(starts, x.attr("val"))
	}
	if got := strings.Join(starts, " "); got != "1 5 1" {
		t.Errorf("lists start at %s", got)
	}
}

// TestOffice: another program reads the file and lays it out, heads repeated.
func TestOffice(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("another program takes seconds")
	}
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice is not installed: the file was not read by another program")
	}
	if program, err := filepath.EvalSymlinks(office); err == nil {
		if _, err := os.Stat(filepath.Join(filepath.Dir(program), "libswlo.so")); err != nil {
			t.Skip("LibreOffice is installed without its word processor")
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "letter.docx"), write(t, letter(), docx.WriteLetter).bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, office, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to", "pdf", "--outdir", dir, filepath.Join(dir, "letter.docx"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.CommandContext(ctx, "pdftotext", "-layout", filepath.Join(dir, "letter.pdf"), "-").Output()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("pdftotext is not installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	text := string(out)
	for _, w := range []string{"6.", "続きの段落", "委員限り"} {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in the pages", w)
		}
	}
	if pages := strings.Count(text, "\f"); pages < 2 || !strings.Contains(strings.ReplaceAll(text, " ", ""), strconv.Itoa(pages)+"/"+strconv.Itoa(pages)) {
		t.Errorf("%d pages, the last of which does not bear its number", pages)
	}
	if n := strings.Count(text, "番号"); n < 2 {
		t.Errorf("the head of the table stands on %d pages", n)
	}
}
