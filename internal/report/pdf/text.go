package pdf

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"miseban/internal/report"
)

// color is an RGB colour.
type color struct{ r, g, b uint8 }

var (
	ink   = color{26, 26, 28}
	quiet = color{77, 82, 96}
	key   = color{0, 23, 193}
	rule  = color{195, 200, 209}
	soft  = color{245, 246, 248}
	// codePaper is behind code in a sentence.
	codePaper = color{236, 238, 243}
	toneInk   = map[report.Tone]color{report.Good: {20, 103, 62}, report.Bad: {184, 0, 0}, report.Warn: {114, 84, 0}, report.Unknown: {68, 84, 108}, report.Neutral: {77, 82, 96}}
	tonePap   = map[report.Tone]color{report.Good: {234, 246, 239}, report.Bad: {253, 240, 239}, report.Warn: {253, 246, 224}, report.Unknown: {240, 243, 247}, report.Neutral: {245, 246, 248}}
)

// style is how a run of text looks. Leading is the distance of lines.
type style struct {
	size, leading float64
	bold          bool
	color         color
	paper         *color // behind the text, for code in a sentence
	mono          bool   // letters of one width, for code
}

func (s style) with(bold bool, c color) style {
	s.bold, s.color = bold, c
	return s
}

// span is text in one style, with the link it carries: "#anchor" or an address.
type span struct {
	text string
	style
	link string
}

// piece is a run of text at its place in a line.
type piece struct {
	x, w float64
	text string
	style
	link string
}

// cluster is what a reader takes for one character.
type cluster struct {
	text     string
	w, gap   float64 // gap: space before it where Japanese meets Latin
	span     int
	canBreak bool // a line may end after it
	space    bool
	mono     bool // in the face for code
}

// setter sets text into lines.
type setter struct {
	regular, bold, mono face
	monoUsed            bool
	// lost counts characters that the typeface lacks, by character.
	lost map[rune]int
}

// face is the one in which st shows r. The face for code has no Japanese, and
// is the only one whose signs of code can be told apart.
func (s *setter) face(st style, r rune) *face {
	if st.mono && r < 0x2e80 || strings.ContainsRune("_~`^\"", r) {
		if _, ok := s.mono.width(r); ok {
			s.monoUsed = true
			return &s.mono
		}
	}
	if st.bold {
		return &s.bold
	}
	return &s.regular
}

// settle replaces what cannot be printed by what can.
func (s *setter) settle(text string, st style) string {
	text = report.Visible(text)
	clean := true
	for _, r := range text {
		if r == '\n' {
			continue
		}
		if _, ok := s.face(st, r).width(r); !ok {
			clean = false
			break
		}
	}
	if clean {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch r {
		case '\n':
			b.WriteRune(r)
		case '\t':
			b.WriteString("    ")
		case '\u200d', '\u200c', '\ufe0f', '\ufe0e':
			// joins or varies a character that is printed by itself
		default:
			p, gone := s.face(st, r).settle(r)
			if gone {
				s.lost[r]++
			}
			b.WriteRune(p)
		}
	}
	return b.String()
}

// width is the width of a short text in one line.
func (s *setter) width(text string, st style) float64 {
	w := 0.0
	for _, r := range s.settle(text, st) {
		rw, _ := s.face(st, r).width(r)
		w += rw
	}
	return w * st.size
}

// clusters takes spans apart. Where lines may end is Unicode's rule (UAX 14
// with Japanese 行頭・行末禁則); anywhere lets them end after each character.
func (s *setter) clusters(spans []span, anywhere bool) []cluster {
	var all strings.Builder
	ends := make([]int, len(spans))
	for i, sp := range spans {
		all.WriteString(s.settle(sp.text, sp.style))
		ends[i] = all.Len()
	}
	text := all.String()
	out := make([]cluster, 0, len(text)/2)
	at, cur, state := 0, 0, -1
	var last rune
	for rest := text; rest != ""; {
		var g string
		var bounds int
		if anywhere {
			_, n := utf8.DecodeRuneInString(rest)
			g, rest = rest[:n], rest[n:]
			bounds = uniseg.LineCanBreak
		} else {
			g, rest, bounds, state = uniseg.StepString(rest, state)
		}
		for cur < len(ends)-1 && at >= ends[cur] {
			cur++
		}
		at += len(g)
		first, _ := utf8.DecodeRuneInString(g)
		f := s.face(spans[cur].style, first)
		c := cluster{text: g, span: cur, canBreak: bounds&uniseg.MaskLine != uniseg.LineDontBreak, mono: f == &s.mono}
		if !anywhere && c.canBreak && at < ends[cur] && whole(spans[cur], g, last) {
			c.canBreak = false
		}
		for _, r := range g {
			w, _ := f.width(r)
			c.w += max(w, 0) * spans[cur].size
		}
		c.space = g == " "
		if !anywhere && meets(last, first) {
			c.gap = spans[cur].size * 0.09
		}
		last = first
		out = append(out, c)
	}
	return out
}

// whole says that no line may end after g, which follows last: code in a
// sentence that is short stays in one piece, - stays with the option that it
// begins, and / with the path.
func whole(sp span, g string, last rune) bool {
	switch {
	case sp.paper != nil && utf8.RuneCountInString(sp.text) <= 24:
		return true
	case g == "-" && sp.paper != nil:
		return last == 0 || last == ' '
	case g == "/":
		return !latin(last) && last != '/'
	}
	return false
}

// meets says that Japanese and Latin letters touch.
func meets(a, b rune) bool {
	return japanese(a) && latin(b) || latin(a) && japanese(b)
}

func latin(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

func japanese(r rune) bool {
	return r >= 0x3041 && unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han)
}

// line is one set line.
type line struct{ pieces []piece }

// set breaks spans into lines of at most width. A 、 or 。 may hang over the
// edge. A paragraph does not end in a line of one or two Japanese characters
// when lines a little shorter make it more.
func (s *setter) set(spans []span, width float64, anywhere bool) []line {
	lines := s.fill(spans, width, anywhere)
	n := len(lines)
	if anywhere || n < 2 || !lonely(lines[n-1]) {
		return lines
	}
	for _, sp := range spans {
		if strings.Contains(sp.text, "\n") {
			return lines
		}
	}
	em := spans[0].size
	for less := em; less <= 4*em && width-less > 8*em; less += em {
		if other := s.fill(spans, width-less, false); len(other) > n {
			break
		} else if !lonely(other[n-1]) {
			return other
		}
	}
	return lines
}

// lonely says that a line holds no more than two Japanese characters and their
// full stop.
func lonely(l line) bool {
	n, some := 0, false
	for _, p := range l.pieces {
		for _, r := range p.text {
			n++
			some = some || japanese(r)
		}
	}
	return some && n <= 3 && l.end() < 2.6*l.pieces[0].size
}

func (s *setter) fill(spans []span, width float64, anywhere bool) []line {
	if len(spans) == 0 {
		return nil
	}
	var lines []line
	var cur []cluster
	w, brk := 0.0, -1
	flush := func(n int) {
		lines = append(lines, join(cur[:n], spans))
		rest := cur[n:]
		for len(rest) > 0 && rest[0].space && !anywhere {
			rest = rest[1:]
		}
		cur, w, brk = append([]cluster(nil), rest...), 0, -1
		for i, c := range cur {
			w += c.w + c.gap
			if c.canBreak {
				brk = i
			}
		}
	}
	for _, c := range s.clusters(spans, anywhere) {
		if c.text == "\n" || c.text == "\r\n" {
			flush(len(cur))
			continue
		}
		for len(cur) > 0 && w+c.gap+c.w > width+0.01 && !c.space && !hangs(c.text) {
			if brk >= 0 {
				flush(brk + 1)
			} else {
				flush(joint(cur))
			}
		}
		if len(cur) == 0 && c.space && len(lines) > 0 && !anywhere {
			continue
		}
		cur = append(cur, c)
		w += c.w + c.gap
		if c.canBreak {
			brk = len(cur) - 1
		}
	}
	if len(cur) > 0 || len(lines) == 0 {
		flush(len(cur))
	}
	return lines
}

// joint is how many clusters of a word that is longer than its line stay on it:
// a host name is taken apart at its dots, other names at what joins their parts.
func joint(word []cluster) int {
	for i := len(word) - 1; i > 1; i-- {
		if strings.Contains("./-_:@=&,", word[i].text) {
			return i + 1
		}
	}
	return len(word)
}

func hangs(s string) bool { return s == "、" || s == "。" || s == "，" || s == "．" }

// join makes pieces of neighbours in one style.
func join(cs []cluster, spans []span) line {
	for len(cs) > 0 && cs[len(cs)-1].space {
		cs = cs[:len(cs)-1]
	}
	var l line
	x := 0.0
	var b strings.Builder
	start := 0
	for i, c := range cs {
		if i > 0 {
			if c.gap > 0 || c.span != cs[i-1].span || c.mono != cs[i-1].mono {
				l.add(b.String(), cs[start], x, cs[start:i], spans)
				x = l.end() + c.gap
				b.Reset()
				start = i
			}
		}
		b.WriteString(c.text)
	}
	if start < len(cs) {
		l.add(b.String(), cs[start], x, cs[start:], spans)
	}
	return l
}

func (l *line) add(text string, first cluster, x float64, cs []cluster, spans []span) {
	sp := spans[first.span]
	p := piece{x: x, text: text, style: sp.style, link: sp.link}
	p.mono = first.mono
	for _, c := range cs {
		p.w += c.w
	}
	l.pieces = append(l.pieces, p)
}

// end is where the line's last piece ends.
func (l *line) end() float64 {
	if len(l.pieces) == 0 {
		return 0
	}
	p := l.pieces[len(l.pieces)-1]
	return p.x + p.w
}
