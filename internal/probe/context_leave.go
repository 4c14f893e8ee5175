package probe

import (
	"net/http"
	"strings"

	"golang.org/x/net/html"

	"miseban/internal/page"
)

// Way is a value that leaves one kind of place. In Value, N stands for the
// word that proves it (Marker.Name).
type Way struct {
	Value string
	Kinds []Kind // where it is worth a thought
}

// ways are the values that leave a context, the shortest first. None holds a
// sign that the gate refuses, none runs anything: what they make is an element,
// an attribute or a variable with a name that means nothing. A
// question joins strings in a script, because no interpreter of conditions
// takes it for an operator that widens them.
var ways = []Way{
	{`<N>`, []Kind{InText, InRawText, InComment, InData, InTagName, InBody}},
	{` N `, []Kind{InAttribute, InTagName, InAttrName}},
	{`" N `, []Kind{InAttribute, InAttrName}},
	{`' N `, []Kind{InAttribute, InAttrName}},
	{`"N=1`, []Kind{InAttribute}},
	{`'N=1`, []Kind{InAttribute}},
	{`><N>`, []Kind{InAttribute, InAttrName, InTagName, InComment}},
	{`"><N>`, []Kind{InAttribute}},
	{`'><N>`, []Kind{InAttribute}},
	{`</title><N>`, []Kind{InRawText}},
	{`</textarea><N>`, []Kind{InRawText}},
	{`</noscript><N>`, []Kind{InRawText, InText, InAttribute, InComment}},
	{`"></noscript><N>`, []Kind{InAttribute}},
	{`</iframe><N>`, []Kind{InRawText}},
	{`</xmp><N>`, []Kind{InRawText}},
	{`</style><N>`, []Kind{InStyle}},
	{`</select><N>`, []Kind{InText}},
	{`</template><N>`, []Kind{InText, InAttribute}},
	{`'?N:'`, []Kind{InScript, InAttribute}},
	{`"?N:"`, []Kind{InScript, InAttribute}},
	{"`?N:`", []Kind{InScript, InAttribute}},
	{`${N}`, []Kind{InScript, InAttribute}},
	{`1*N`, []Kind{InScript, InAttribute}},
	{`',N,'`, []Kind{InScript, InAttribute}},
	{`",N,"`, []Kind{InScript, InAttribute}},
	{`':N,'`, []Kind{InScript}},
	{`":N,"`, []Kind{InScript}},
	{`\'?N:N//`, []Kind{InScript, InAttribute}},
	{`\"?N:N//`, []Kind{InScript, InAttribute}},
	{`\')?N:N//`, []Kind{InScript, InAttribute}},
	{`\")?N:N//`, []Kind{InScript, InAttribute}},
	{`\'})?N:N//`, []Kind{InScript}},
	{`\"})?N:N//`, []Kind{InScript}},
	{`</script><N>`, []Kind{InScript, InData}},
	{`%27?N:%27`, []Kind{InAttribute}},
	{`javascript:N`, []Kind{InAttribute}},
	{"java\tscript:N", []Kind{InAttribute}},
	{`//` + ReservedHost + `/N`, []Kind{InAttribute}},
	{`<N `, []Kind{InText, InRawText, InBody}},
	{`<br><N>`, []Kind{InBody}},
	{"＜N＞", []Kind{InText}},
	{"＂ N ", []Kind{InAttribute}},
	{`%3cN%3e`, []Kind{InText, InRawText}},
	{`%22 N `, []Kind{InAttribute}},
	{`%27 N `, []Kind{InAttribute}},
	// The second byte of 表 in Shift_JIS is a backslash: who escapes bytes doubles
	// it, and what is left over escapes the sign that should end the quote's escape.
	{`表'?N:N//`, []Kind{InScript, InAttribute}},
	{`表"?N:N//`, []Kind{InScript, InAttribute}},
	{`表')?N:N//`, []Kind{InScript, InAttribute}},
	{`表")?N:N//`, []Kind{InScript, InAttribute}},
	// Behind ESC ( J of ISO-2022-JP a backslash is a yen sign and escapes nothing.
	{toRoman + `'?N:N//`, []Kind{InScript, InAttribute}},
	{toRoman + `"?N:N//`, []Kind{InScript, InAttribute}},
	{toRoman + `')?N:N//`, []Kind{InScript, InAttribute}},
	{toRoman + `")?N:N//`, []Kind{InScript, InAttribute}},
}

// The charsets in which a byte of an escape can be something else.
const (
	shiftJIS  = "shift_jis"
	iso2022JP = "iso-2022-jp"
	toRoman   = "\x1b(J"
)

// Everything that leaves is shipped, so that the destruction test can try it.
var _ = Ship("marker", func(_ string, r *Rand) string { return Marker{r.Letters(10), r.Letters(10)}.Probe() })

var _ = func() []*Value {
	var out []*Value
	for _, w := range ways {
		out = append(out, Ship("leave "+w.Value, func(_ string, r *Rand) string { return w.Fill(r.Letters(10)) }))
	}
	return out
}()

// charset is the only one in which the way leads anywhere; "" stands for all.
func (w Way) charset() string {
	switch {
	case strings.HasPrefix(w.Value, "表"):
		return shiftJIS
	case strings.HasPrefix(w.Value, toRoman):
		return iso2022JP
	}
	return ""
}

// Fill puts the word into the value.
func (w Way) Fill(name string) string { return strings.ReplaceAll(w.Value, "N", name) }

// Leaves lists the ways by which, going by the fate of the signs, a value would
// leave p on the page that showed it, the shortest first and at most three:
// each was tried on a copy of the page. name is what the ways are to make.
func Leaves(pg *page.Page, p *Place, name string) []Way {
	if !Renders(pg.Ex) && !mightRender(pg) || p.Kind == InHeader || p.to > len(pg.Text) {
		return nil
	}
	var out []Way
	left := maxTrial
	for _, w := range ways {
		if !kindIn(w.Kinds, p.Kind) || w.charset() != "" && w.charset() != pg.Charset.Used || !fits(w, p) || hopeless(w, p) {
			continue
		}
		if left -= len(pg.Text); left < 0 {
			break
		}
		text := pg.Text[:p.from] + predictIn(w, p.Fate, name) + pg.Text[p.to:]
		if !Renders(pg.Ex) && !strings.HasPrefix(http.DetectContentType([]byte(text)), "text/html") {
			continue
		}
		if len(text) > maxScan {
			return out
		}
		doc, err := html.ParseWithOptions(strings.NewReader(text), html.ParseOptionEnableScripting(true))
		if err != nil || len(Escapes(doc, name)) == 0 {
			continue
		}
		if out = append(out, w); len(out) == 3 {
			break
		}
	}
	return out
}

// Unsaid is the one way out that is never sent: two dashes end an HTML comment,
// and in SQL they begin one that cuts a condition short. Whether it is open can
// only be told from the fate of its signs.
var Unsaid = Way{"--><N>", []Kind{InComment}}

// Dashed are the signs of Unsaid without its danger: where they come back as
// they are inside a comment, nothing but a filter for this very word keeps it shut.
var Dashed = Ship("dash", func(_ string, r *Rand) string { return "->" + r.Letters(8) + "- ><" + r.Letters(10) + ">" })

// Open says whether the value of Dashed came back unchanged at a place in a
// comment of the page, so that Unsaid would leave it.
func Open(pg *page.Page, dashed string) bool {
	i := strings.Index(pg.Text, dashed)
	if i < 0 || !Renders(pg.Ex) {
		return false
	}
	p := Place{from: i, to: i + len(dashed)}
	newScan(pg.Text).locate(&p)
	if p.Kind != InComment {
		return false
	}
	const name = "qqunsaid"
	doc, err := html.ParseWithOptions(strings.NewReader(pg.Text[:p.from]+Unsaid.Fill(name)+pg.Text[p.to:]), html.ParseOptionEnableScripting(true))
	return err == nil && len(Escapes(doc, name)) > 0
}

// maxTrial bounds the bytes that are parsed to choose the ways out of one place.
const maxTrial = 64 << 20

// hopeless says, without a parse, that a sign which the way needs does not come
// back as it was sent. Attributes that are read once more – as a script, an
// address, a document – undo the escaping; in scripts only the brackets matter.
func hopeless(w Way, p *Place) bool {
	if strings.HasPrefix(w.Value, "＜") || strings.HasPrefix(w.Value, "＂") {
		return p.Fate["＜"] != "<"
	}
	if strings.HasPrefix(w.Value, "%") {
		return p.Fate["%3c"] != "<" && !strings.HasPrefix(w.Value, "%27?")
	}
	signs := `<>"'`
	switch {
	case p.Kind == InScript:
		signs = "<>"
	case p.Kind == InAttribute && (strings.HasPrefix(p.Attr, "on") || p.Attr == "srcdoc" || strings.HasPrefix(w.Value, "java")):
		return false
	case p.Kind == InAttribute && strings.ContainsAny(w.Value, "*?"):
		return false
	case p.Kind == InAttribute && p.Quote == "" && !strings.ContainsAny(w.Value, "<>"):
		return false
	}
	for _, c := range w.Value {
		if s := string(c); strings.Contains(signs, s) {
			if to, ok := p.Fate[s]; ok && to != s {
				return true
			}
		}
	}
	return false
}

// mightRender says that an answer without a type would be guessed from its bytes.
func mightRender(pg *page.Page) bool {
	return pg.Ex.Header.Get("Content-Type") == "" && !strings.EqualFold(strings.TrimSpace(pg.Ex.Header.Get("X-Content-Type-Options")), "nosniff") && pg.Ex.Status < 300
}

func kindIn(list []Kind, k Kind) bool {
	for _, v := range list {
		if v == k {
			return true
		}
	}
	return false
}

// fits leaves out what cannot work at p whatever the signs become.
func fits(w Way, p *Place) bool {
	v := w.Value
	switch {
	case strings.HasPrefix(v, "java"), strings.HasPrefix(v, "//"+ReservedHost):
		return p.Start
	case p.Kind == InAttribute && strings.ContainsAny(v, "*?$") && !strings.HasPrefix(p.Attr, "on") && p.Attr != "href" && p.Attr != "src" && p.Attr != "action" && p.Attr != "srcdoc":
		return false
	}
	return true
}

// predictIn is predict for a way of one charset only, as a program would write
// it that escapes bytes and knows nothing of characters.
func predictIn(w Way, f Fate, name string) string {
	v := w.Fill(name)
	switch w.charset() {
	case shiftJIS:
		if f[`\`] != `\\` {
			return "" // bytes are not escaped
		}
		return "表" + `\` + predict(f, strings.TrimPrefix(v, "表"))
	case iso2022JP:
		return strings.ReplaceAll(predict(f, strings.TrimPrefix(v, toRoman)), `\`, "¥")
	}
	return predict(f, v)
}

// predict writes v as the shop would. A sign that stands for another (a
// full-width or doubly encoded one) follows the fate of its own kind.
func predict(f Fate, v string) string {
	if to, ok := f["＜"]; ok && strings.ContainsAny(v, "＜＞＂") {
		if to == "<" {
			v = strings.NewReplacer("＜", "\x00<", "＞", "\x00>", "＂", "\x00\"").Replace(v)
		}
	}
	if f["%3c"] == "<" && strings.Contains(v, "%") {
		v = strings.NewReplacer("%3c", "\x00<", "%3e", "\x00>", "%22", "\x00\"", "%27", "\x00'").Replace(v)
	}
	var b strings.Builder
	for i, part := range strings.Split(v, "\x00") {
		if i > 0 && part != "" { // decoded after the escaping: it stays as it is
			b.WriteByte(part[0])
			part = part[1:]
		}
		b.WriteString(f.Apply(part))
	}
	return b.String()
}
