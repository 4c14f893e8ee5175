package probe

import (
	"mime"
	"net/http"
	"strings"

	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// Kind is the kind of place where a value comes back in an answer.
type Kind string

// The kinds of places.
const (
	InText      Kind = "text"
	InRawText   Kind = "raw-text" // title, textarea, iframe, noscript…: ends only with its own end tag
	InAttribute Kind = "attribute"
	InAttrName  Kind = "attribute-name"
	InTagName   Kind = "tag-name"
	InComment   Kind = "comment"
	InScript    Kind = "script"
	InStyle     Kind = "style"
	InData      Kind = "data-block" // a script element that holds no script: JSON, a template
	InHeader    Kind = "header"     // of the response
	InBody      Kind = "body"       // of an answer that no browser shows as HTML
)

// Place is where a marker came back.
type Place struct {
	Kind    Kind
	Element string // that holds it, lower case; the header's name for InHeader
	Attr    string // for InAttribute
	// Quote closes what the value stands in: of an attribute "'", `"` or "" (none);
	// of a script the same and "`", "code", "comment" or "regexp".
	Quote string
	Start bool // nothing stands before the value in its attribute, comment or header
	Fate  Fate
	Cut   bool // the value was cut off before its end

	from, to int // of the echo in the text
}

// Places finds every place where the probe of m came back in the answer, at
// most 40 of them; those alike in all respects are given once.
func Places(pg *page.Page, m Marker) []Place {
	out := headerPlaces(pg.Ex, m)
	low := asciiLower(pg.Text)
	if !strings.Contains(low, m.Head) {
		return out
	}
	var s *scan
	if Renders(pg.Ex) && pg.HTML() {
		s = newScan(pg.Text)
	}
	for at, n := 0, 0; n < 40; n++ {
		i := strings.Index(low[at:], m.Head)
		if i < 0 {
			break
		}
		at += i
		f, size, cut := align(pg.Text[at+len(m.Head):], m.Tail)
		p := Place{Kind: InBody, Fate: f, Cut: cut, from: at, to: at + len(m.Head) + size}
		if s != nil {
			s.locate(&p)
		}
		if !known(out, &p) {
			out = append(out, p)
		}
		at = p.to
	}
	return out
}

// Tagged is Places for a marker that was sent without signs (Marker.Tag): where
// it came back, while nothing is known of what becomes of signs there.
func Tagged(pg *page.Page, m Marker) []Place {
	var out []Place
	for _, p := range Places(pg, m) {
		p.Fate = nil
		if !known(out, &p) {
			out = append(out, p)
		}
	}
	return out
}

func known(list []Place, p *Place) bool {
	for i := range list {
		q := &list[i]
		if q.Kind == p.Kind && q.Element == p.Element && q.Attr == p.Attr && q.Quote == p.Quote && q.Start == p.Start && q.Cut == p.Cut && sameFate(q.Fate, p.Fate) {
			return true
		}
	}
	return false
}

func sameFate(a, b Fate) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

func headerPlaces(ex *wire.Exchange, m Marker) []Place {
	var out []Place
	for _, l := range HeadLines(ex) {
		i := strings.Index(asciiLower(l.Value), m.Head)
		if i < 0 {
			continue
		}
		f, _, cut := align(l.Value[i+len(m.Head):], m.Tail)
		p := Place{Kind: InHeader, Element: strings.ToLower(l.Name), Start: i == 0, Fate: f, Cut: cut}
		if !known(out, &p) {
			out = append(out, p)
		}
	}
	return out
}

// HeadLine is one header line of an answer as it was received.
type HeadLine struct{ Name, Value string }

// HeadLines are the header lines of the answer in the order and number in
// which they came, as a browser would divide them: at every line feed.
func HeadLines(ex *wire.Exchange) []HeadLine {
	if len(ex.ResponseHead) == 0 {
		var out []HeadLine
		for k, vs := range ex.Header {
			for _, v := range vs {
				out = append(out, HeadLine{k, v})
			}
		}
		return out
	}
	var out []HeadLine
	lines := strings.Split(string(ex.ResponseHead), "\n")
	for _, l := range lines[1:] {
		l = strings.TrimRight(l, "\r")
		if l == "" {
			continue
		}
		if name, v, ok := strings.Cut(l, ":"); ok {
			out = append(out, HeadLine{strings.TrimSpace(name), strings.TrimSpace(v)})
		}
	}
	return out
}

// Renders says whether a browser that opens the address shows the answer as a
// document whose scripts run in the name of the shop: HTML by declaration or
// (without one, and unless the shop forbids guessing) by its first bytes; no
// redirect, no download.
func Renders(ex *wire.Exchange) bool {
	switch {
	case ex.Status >= 300 && ex.Status < 400 && ex.Header.Get("Location") != "",
		ex.Status == http.StatusNoContent, ex.Status == http.StatusResetContent, ex.Status == http.StatusNotModified, ex.Status < 200:
		return false
	}
	if d, _, _ := strings.Cut(ex.Header.Get("Content-Disposition"), ";"); strings.EqualFold(strings.TrimSpace(d), "attachment") {
		return false
	}
	ct := ex.Header.Get("Content-Type")
	mt, _, err := mime.ParseMediaType(ct)
	if err != nil {
		mt = strings.ToLower(strings.TrimSpace(strings.SplitN(ct, ";", 2)[0]))
	}
	switch mt {
	case "text/html", "application/xhtml+xml":
		return true
	case "", "unknown/unknown", "application/unknown", "*/*":
		return !strings.EqualFold(strings.TrimSpace(ex.Header.Get("X-Content-Type-Options")), "nosniff") && strings.HasPrefix(http.DetectContentType(ex.Body), "text/html")
	}
	return false
}

// Words says in both languages where the value came back, for a person.
func (p *Place) Words() i18n.Text {
	el, at := "<"+p.Element+">", p.Attr
	switch p.Kind {
	case InText:
		return i18n.Text{JA: "本文（" + el + " の中）", EN: "the text (inside " + el + ")"}
	case InRawText:
		return i18n.Text{JA: el + " の中の文字列", EN: "the text of " + el}
	case InAttribute:
		q := map[string]i18n.Text{`"`: {JA: "二重引用符", EN: "double quotes"}, "'": {JA: "単一引用符", EN: "single quotes"}, "": {JA: "引用符なし", EN: "no quotes"}}[p.Quote]
		return i18n.Text{JA: el + " の " + at + " 属性（" + q.JA + "）", EN: "attribute " + at + " of " + el + " (" + q.EN + ")"}
	case InAttrName:
		return i18n.Text{JA: el + " の属性名", EN: "the name of an attribute of " + el}
	case InTagName:
		return i18n.Text{JA: "タグの名前", EN: "the name of a tag"}
	case InComment:
		return i18n.Text{JA: "HTML のコメント", EN: "an HTML comment"}
	case InScript:
		switch p.Quote {
		case "'", `"`, "`":
			return i18n.Text{JA: "スクリプトの文字列（" + p.Quote + " で囲まれた部分）", EN: "a string of a script (between " + p.Quote + ")"}
		case "comment":
			return i18n.Text{JA: "スクリプトのコメント", EN: "a comment of a script"}
		}
		return i18n.Text{JA: "スクリプトのコード", EN: "the code of a script"}
	case InStyle:
		return i18n.Text{JA: "スタイルシート", EN: "a style sheet"}
	case InData:
		return i18n.Text{JA: "スクリプト要素の中のデータ", EN: "data in a script element"}
	case InHeader:
		return i18n.Text{JA: "応答ヘッダ " + p.Element, EN: "the response header " + p.Element}
	}
	return i18n.Text{JA: "HTML ではない応答", EN: "an answer that is no HTML"}
}
