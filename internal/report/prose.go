package report

import (
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Para is one paragraph of Markdown, read: the little that reports use of it.
// Whatever else stands in the source (HTML, headings, pictures) is plain text.
type Para struct {
	Kind ParaKind
	// Depth is how deep an item or what belongs to it is nested, 0 outside lists.
	Depth int
	// Number is the number of an item in a numbered list, 0 for a bullet.
	Number int
	// First says that the paragraph begins its item and gets the bullet or number.
	First bool
	Spans []Span
	Code  string // of a fenced or indented block
}

// ParaKind is the kind of a Para.
type ParaKind string

// The kinds of paragraphs.
const (
	Plain  ParaKind = "plain"
	Listed ParaKind = "item"
	Fenced ParaKind = "fenced"
)

// Span is a run of text in one style. URL is set on links to
// http, https and places in the document ("#id").
type Span struct {
	Text       string
	Bold, Code bool
	URL        string
}

// emphasis reads * and ** the way Japanese needs it: CommonMark does not let
// 「**重要。**次に」 end before 次, because it knows words only by spaces.
type emphasis struct{}

func (emphasis) Trigger() []byte                           { return []byte{'*'} }
func (emphasis) IsDelimiter(b byte) bool                   { return b == '*' }
func (emphasis) OnMatch(n int) ast.Node                    { return ast.NewEmphasis(n) }
func (emphasis) CanOpenCloser(o, c *parser.Delimiter) bool { return o.Char == c.Char }

func (e emphasis) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, segment := block.PeekLine()
	node := parser.ScanDelimiter(line, before, 1, e)
	if node == nil {
		return nil
	}
	if node.OriginalLength >= 2 {
		node.CanOpen = len(line) > node.OriginalLength && !util.IsSpace(line[node.OriginalLength])
		node.CanClose = !util.IsSpaceRune(before)
	}
	node.Segment = segment.WithStop(segment.Start + node.OriginalLength)
	block.Advance(node.OriginalLength)
	pc.PushDelimiter(node)
	return node
}

var markdown = goldmark.New(goldmark.WithParser(parser.NewParser(
	parser.WithBlockParsers(
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewCodeBlockParser(), 500),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	),
	parser.WithInlineParsers(
		util.Prioritized(parser.NewCodeSpanParser(), 100),
		util.Prioritized(parser.NewLinkParser(), 200),
		util.Prioritized(emphasis{}, 500),
	),
)))

// ReadProse reads the Markdown of a block or of a finding's texts.
func ReadProse(md string) []Para {
	src := []byte(md)
	r := proseReader{src: src}
	for n := markdown.Parser().Parse(text.NewReader(src)).FirstChild(); n != nil; n = n.NextSibling() {
		r.block(n, Para{Kind: Plain})
	}
	return r.out
}

type proseReader struct {
	src []byte
	out []Para
}

func (r *proseReader) block(n ast.Node, p Para) {
	switch n := n.(type) {
	case *ast.List:
		number := 0
		if n.IsOrdered() {
			number = max(n.Start, 1)
		}
		for item := n.FirstChild(); item != nil; item = item.NextSibling() {
			first := true
			for c := item.FirstChild(); c != nil; c = c.NextSibling() {
				r.block(c, Para{Kind: Listed, Depth: p.Depth + 1, Number: number, First: first})
				first = false
			}
			if number > 0 {
				number++
			}
		}
	case *ast.FencedCodeBlock:
		r.code(n.Lines(), p)
	case *ast.CodeBlock:
		r.code(n.Lines(), p)
	default:
		r.inline(n, Span{}, &p)
		if len(p.Spans) > 0 {
			r.out = append(r.out, p)
		}
	}
}

// code is a block of code, fenced or indented.
func (r *proseReader) code(lines *text.Segments, p Para) {
	var b strings.Builder
	for i := range lines.Len() {
		line := lines.At(i)
		b.Write(line.Value(r.src))
	}
	p.Kind, p.Code = Fenced, strings.Trim(b.String(), "\n")
	r.out = append(r.out, p)
}

func (r *proseReader) inline(n ast.Node, style Span, p *Para) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			t := string(c.Segment.Value(r.src))
			if !style.Code {
				t = string(util.UnescapePunctuations([]byte(t)))
			}
			add(p, style, t)
			if c.HardLineBreak() {
				add(p, style, "\n")
			} else if c.SoftLineBreak() {
				r.join(c, style, p)
			}
		case *ast.String:
			add(p, style, string(c.Value))
		case *ast.CodeSpan:
			s := style
			s.Code = true
			r.inline(c, s, p)
		case *ast.Emphasis:
			s := style
			s.Bold = true
			r.inline(c, s, p)
		case *ast.Link:
			s := style
			if u := string(c.Destination); strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") || strings.HasPrefix(u, "#") {
				s.URL = u
			}
			r.inline(c, s, p)
		default: // a picture: only its words
			r.inline(c, style, p)
		}
	}
}

// join puts a space where a line of the source ended, but not between
// Japanese characters.
func (r *proseReader) join(c *ast.Text, style Span, p *Para) {
	left := lastRune(p)
	right := rune(0)
	for i := c.Segment.Stop; i < len(r.src); i++ {
		if r.src[i] != '\n' && r.src[i] != ' ' {
			right = []rune(string(r.src[i:min(i+4, len(r.src))]))[0]
			break
		}
	}
	if left >= 0x2E80 && right >= 0x2E80 {
		return
	}
	add(p, style, " ")
}

func lastRune(p *Para) rune {
	if len(p.Spans) == 0 {
		return 0
	}
	rs := []rune(p.Spans[len(p.Spans)-1].Text)
	return rs[len(rs)-1]
}

func add(p *Para, style Span, t string) {
	if t == "" {
		return
	}
	if n := len(p.Spans); n > 0 {
		last := &p.Spans[n-1]
		if last.Bold == style.Bold && last.Code == style.Code && last.URL == style.URL {
			last.Text += t
			return
		}
	}
	style.Text = t
	p.Spans = append(p.Spans, style)
}

// escapeMarkdown keeps the words of a shop from being read as Markdown.
var escapeMarkdown = strings.NewReplacer(`\`, `\\`, "`", "\\`", `*`, `\*`, `[`, `\[`, `]`, `\]`)

// PlainText is Markdown as plain text, for formats without styles.
func PlainText(md string) string {
	var b strings.Builder
	for i, p := range ReadProse(md) {
		if i > 0 {
			b.WriteByte('\n')
		}
		if p.Depth > 0 {
			b.WriteString(strings.Repeat("  ", p.Depth-1))
		}
		switch {
		case p.Kind == Fenced:
			b.WriteString(p.Code)
		case p.Kind == Listed && p.First:
			b.WriteString(p.Marker())
			b.WriteByte(' ')
		}
		for _, s := range p.Spans {
			b.WriteString(s.Text)
			if s.URL != "" && s.URL != s.Text && s.URL[0] != '#' {
				b.WriteString(" (" + s.URL + ")")
			}
		}
	}
	return b.String()
}

// Marker is the bullet or number of an item.
func (p *Para) Marker() string {
	if p.Number > 0 {
		return strconv.Itoa(p.Number) + "."
	}
	return "・"
}
