package pdf

import (
	"strconv"
	"strings"

	"miseban/internal/i18n"
	"miseban/internal/report"
)

// block sets one block of a section.
func (l *layout) block(b report.Block) {
	switch b := b.(type) {
	case report.Heading:
		l.heading(b, 52*l.scale)
	case report.Prose:
		l.prose(b.Markdown, true, l.body())
		l.space(4)
	case report.Facts:
		l.facts(b.Rows)
		l.space(10)
	case report.Table:
		l.table(b)
		l.space(12)
	case report.Callout:
		l.callout(b)
		l.space(12)
	case report.Bars:
		l.bars(b)
		l.space(10)
	case report.Code:
		l.code(b)
		l.space(8)
	case report.FindingCard:
		l.card(b.Index)
	}
}

// section sets the title of a section and its blocks.
func (l *layout) section(s report.Section) {
	l.mark(s.ID)
	l.bookmark(s.Title, 0)
	st := style{17 * l.scale, 25 * l.scale, true, ink, nil, false}
	l.text(span{text: s.Title, style: st})
	l.y += 3 * l.scale
	l.fill(l.x0, l.y, l.x1-l.x0, 1.6, key)
	l.y += 14 * l.scale
	for i, b := range s.Blocks {
		if h, ok := b.(report.Heading); ok {
			l.heading(h, l.follows(s.Blocks[i+1:]))
			continue
		}
		l.block(b)
	}
}

// heading sets h, on the page of the first follows points of what it is over.
func (l *layout) heading(h report.Heading, follows float64) {
	st := style{12.5 * l.scale, 19 * l.scale, true, ink, nil, false}
	indent := 10.0
	if h.Level > 2 {
		st = style{10.5 * l.scale, 16 * l.scale, true, ink, nil, false}
		indent = 0
	}
	l.space(10)
	lines := l.set([]span{{text: h.Text, style: st}}, l.x1-l.x0-indent, false)
	l.room(float64(len(lines))*st.leading + 6*l.scale + follows)
	l.mark(h.ID)
	if h.Level <= 2 {
		l.bookmark(h.Text, 1)
		l.fill(l.x0, l.y+1, 3.5, float64(len(lines))*st.leading-2, key)
	}
	l.flow(lines, l.x0+indent, st.leading)
	l.y += 6 * l.scale
}

// prose sets Markdown. Links are followed only in texts of our own.
func (l *layout) prose(md string, links bool, st style) {
	paras := report.ReadProse(md)
	x0 := l.x0
	for i, p := range paras {
		l.x0 = x0 + float64(p.Depth)*14*l.scale
		if p.Kind == report.Fenced {
			l.code(report.Code{Text: p.Code})
			l.y += 6 * l.scale
			continue
		}
		var spans []span
		for _, s := range p.Spans {
			sp := span{text: s.Text, style: st.with(s.Bold || st.bold, st.color)}
			if s.Code {
				sp.paper, sp.mono, sp.size = &codePaper, true, st.size*0.92
			}
			if links && s.URL != "" {
				sp.link, sp.color = s.URL, key
			}
			spans = append(spans, sp)
		}
		lines := l.set(spans, l.x1-l.x0, false)
		if p.First && p.Kind == report.Listed {
			l.room(st.leading)
			m := p.Marker()
			l.textLine(line{[]piece{{text: m, style: st, w: l.width(m, st)}}}, l.x0-l.width(m, st)-3, l.y, st.leading)
		}
		l.flow(lines, l.x0, st.leading)
		if i < len(paras)-1 && !(p.Kind == report.Listed && paras[i+1].Kind == report.Listed) {
			l.y += st.leading * 0.35
		}
	}
	l.x0 = x0
}

// toned is a text in the colour of its tone, with the tone's sign before it.
func toned(text string, t report.Tone, st style) span {
	c, ok := toneInk[t]
	if !ok {
		return span{text: text, style: st}
	}
	if sign := t.Sign(); sign != "" && strings.Trim(text, "0123456789") != "" {
		text = sign + " " + text
	}
	return span{text: text, style: st.with(true, c)}
}

// facts sets names and values in two columns with rules between.
func (l *layout) facts(rows []report.Fact) {
	st := l.small()
	name := (l.x1 - l.x0) * 0.26
	for i, r := range rows {
		names := l.set([]span{{text: r.Name, style: st.with(false, quiet)}}, name-8, false)
		values := l.set([]span{toned(r.Value, r.Tone, st)}, l.x1-l.x0-name, false)
		if i == 0 {
			l.room(float64(max(len(names), len(values)))*st.leading + 10)
			l.fill(l.x0, l.y, l.x1-l.x0, 0.6, rule)
		}
		l.row([]column{{lines: names, x: l.x0, leading: st.leading}, {lines: values, x: l.x0 + name, leading: st.leading}}, 4*l.scale, nil)
	}
}

// column is the text of one cell on its way to the page.
type column struct {
	lines   []line
	x       float64
	leading float64
}

// tallest is the height of the cell that has most lines.
func tallest(cells []column) float64 {
	h := 0.0
	for _, c := range cells {
		h = max(h, float64(len(c.lines))*c.leading)
	}
	return h
}

// row sets cells side by side and a rule below. A row that no page can hold is
// split; any other stays whole. head is called after a page break.
func (l *layout) row(cells []column, pad float64, head func()) {
	turn := func() {
		l.newPage()
		if head != nil {
			head()
		}
	}
	const page = bottom - top - 60
	h := tallest(cells) + 2*pad
	if l.y+h > bottom && (h <= page || l.y > bottom-80) {
		turn()
	}
	for {
		l.y += pad
		free := bottom - l.y - pad
		done := 0.0
		rest := false
		for i := range cells {
			c := &cells[i]
			n := min(len(c.lines), max(1, int(free/c.leading)))
			for k, ln := range c.lines[:n] {
				l.textLine(ln, c.x, l.y+float64(k)*c.leading, c.leading)
			}
			done = max(done, float64(n)*c.leading)
			c.lines = c.lines[n:]
			rest = rest || len(c.lines) > 0
		}
		l.y += done + pad
		l.fill(l.x0, l.y, l.x1-l.x0, 0.6, rule)
		if !rest {
			return
		}
		turn()
	}
}

func (l *layout) callout(c report.Callout) {
	paper, ok := tonePap[c.Tone]
	bar := toneInk[c.Tone]
	if !ok {
		paper, bar = soft, quiet
	}
	title := style{11.5 * l.scale, 18 * l.scale, true, bar, nil, false}
	head := toned(c.Title, c.Tone, title)
	head.style = title
	x0, x1 := l.x0, l.x1
	l.x0, l.x1 = x0+16, x1-12
	lines := l.set([]span{head}, l.x1-l.x0, false)
	l.room(float64(len(lines))*title.leading + 60*l.scale)
	b := l.openBox()
	l.y += 9 * l.scale
	l.flow(lines, l.x0, title.leading)
	l.y += 3 * l.scale
	l.prose(c.Markdown, true, l.body())
	l.y += 10 * l.scale
	l.x0, l.x1 = x0, x1
	l.closeBox(b, x0, x1, 4, paper, bar, 5)
}

func (l *layout) bars(b report.Bars) {
	if len(b.Rows) == 0 {
		return
	}
	st := l.small()
	longest := 1
	for _, r := range b.Rows {
		longest = max(longest, r.Value)
	}
	l.room(float64(min(len(b.Rows), 12)+1) * (st.leading + 4))
	if b.Caption != "" {
		l.text(span{text: b.Caption, style: st.with(true, ink)})
		l.y += 3
	}
	name := (l.x1 - l.x0) * 0.26
	for _, r := range b.Rows {
		c, ok := toneInk[r.Tone]
		if !ok {
			c = quiet
		}
		labels := l.set([]span{{text: r.Label, style: st}}, name-8, false)
		l.room(float64(len(labels)) * st.leading)
		n := strconv.Itoa(r.Value)
		bold := st.with(true, c)
		l.textLine(line{[]piece{{text: n, style: bold, w: l.width(n, bold)}}}, l.x0+name+24-l.width(n, bold), l.y, st.leading)
		length := (l.x1 - l.x0 - name - 34) * float64(max(r.Value, 0)) / float64(longest)
		l.fill(l.x0+name+34, l.y+st.leading*0.22, length, st.leading*0.56, c)
		l.flow(labels, l.x0, st.leading)
		l.y += 3 * l.scale
	}
}

// code sets text as it went over the wire; lines may end anywhere.
func (l *layout) code(c report.Code) {
	if c.Text == "" {
		return
	}
	title := l.small().with(true, quiet)
	st := l.mono()
	captions := []line{}
	if c.Caption != "" {
		captions = l.set([]span{{text: c.Caption, style: title}}, l.x1-l.x0, false)
	}
	lines := l.set([]span{{text: c.Text, style: st}}, l.x1-l.x0-16, true)
	keep := len(lines)
	if keep > 12 {
		keep = 9
	}
	l.room(float64(len(captions))*title.leading + float64(keep)*st.leading + 12)
	l.flow(captions, l.x0, title.leading)
	b := l.openBox()
	l.y += 5
	l.flow(lines, l.x0+8, st.leading)
	l.y += 5
	l.closeBox(b, l.x0, l.x1, 4, soft, rule, 1.2)
	l.y += 2
}

func (l *layout) card(i int) {
	f, c := &l.doc.Findings[i], l.doc.Card(i)
	tone, ok := toneInk[f.Tone]
	if !ok {
		tone = quiet
	}
	st := style{12 * l.scale, 18 * l.scale, true, ink, nil, false}
	lines := l.set([]span{{text: f.ID + "  ", style: st.with(true, tone)}, {text: f.Title, style: st}}, l.x1-l.x0, false)
	part := func(p report.CardPart) {
		text := func() { l.prose(p.Markdown, p.Links, l.body()) }
		l.part(p.Title, l.height(text, 0.2))
		text()
		l.space(6)
	}
	head := func() {
		l.mark(f.ID)
		l.bookmark(f.ID+" "+f.Title, 1)
		l.fill(l.x0, l.y, l.x1-l.x0, 2.4, tone)
		l.y += 7
		l.flow(lines, l.x0, st.leading)
		l.y += 5
		l.facts(c.Facts)
		l.space(6)
		if len(c.Parts) > 0 {
			part(c.Parts[0])
		}
	}
	body := func() {
		head()
		l.proof(c)
		for i := 1; i < len(c.Parts); i++ {
			part(c.Parts[i])
		}
		l.cardEnd(c)
	}
	// What a card says first stays together, and so does a short card.
	l.space(14)
	h := 0.0
	if len(c.Evidence) == 0 {
		h = l.height(body, 0.45)
	}
	if h == 0 {
		h = l.height(head, 0.6)
	}
	l.room(h)
	body()
	l.space(8)
}

// proof sets how a finding was confirmed.
func (l *layout) proof(c report.Card) {
	if len(c.Proof) == 0 {
		return
	}
	l.part(report.ProofTitle(l.doc.Lang), l.height(func() { l.block(c.Proof[0]) }, 0.3))
	for _, b := range c.Proof {
		l.block(b)
	}
}

// cardEnd sets what proves a finding and where to read on.
func (l *layout) cardEnd(c report.Card) {
	if c.Excerpt != nil {
		l.code(*c.Excerpt)
		l.space(6)
	}
	for _, e := range c.Evidence {
		l.code(e)
		l.space(6)
	}
	if len(c.References) > 0 {
		refs := func() {
			l.part(report.ReferencesTitle(l.doc.Lang), l.small().leading)
			l.references(c.References)
		}
		l.room(l.height(refs, 0.3))
		refs()
	}
}

// part is a small title within a card, on the page of the first lines of its
// text, which is height high, or 0 if long.
func (l *layout) part(title string, height float64) {
	st := l.body().with(true, ink)
	if height == 0 || height > 3*st.leading {
		height = 3 * st.leading
	}
	l.room(st.leading + height)
	l.text(span{text: title, style: st})
}

func (l *layout) references(refs []report.Reference) {
	st := l.small()
	for _, r := range refs {
		spans := []span{{text: r.Text, style: st}}
		if strings.HasPrefix(r.URL, "https://") || strings.HasPrefix(r.URL, "http://") {
			spans[0].link = r.URL
			spans[0].color = key
			if r.URL != r.Text {
				spans = append(spans, span{text: "  " + r.URL, style: st.with(false, quiet)})
			}
		}
		lines := l.set(spans, l.x1-l.x0-10, false)
		l.room(float64(len(lines)) * st.leading)
		l.textLine(line{[]piece{{text: "・", style: st, w: l.width("・", st)}}}, l.x0, l.y, st.leading)
		l.flow(lines, l.x0+10, st.leading)
	}
}

// lostNote says which characters could not be printed.
func (l *layout) lostNote() {
	n := 0
	for _, k := range l.lost {
		n += k
	}
	if n == 0 {
		return
	}
	l.space(12)
	note := i18n.Text{JA: "この PDF の書体にない文字 {n} 個（絵文字など）を「{mark}」で示しました。HTML 版ではそのまま表示されます。", EN: "{n} {n:character|characters} that the typeface of this PDF lacks (emoji, for example) {n:is|are} shown as {mark}. The HTML version shows {n:it|them} as {n:it is|they are}."}
	l.text(span{text: i18n.Format(note.In(l.doc.Lang), i18n.Args{"n": strconv.Itoa(n), "mark": string(missing)}), style: l.small().with(false, quiet)})
}
