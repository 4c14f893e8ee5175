package html

import (
	"html"
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"miseban/internal/i18n"
	"miseban/internal/report"
)

// words are the few words of the page that are not in the document.
var words = map[string]i18n.Text{
	"skip":       {JA: "本文へ移動", EN: "Skip to content"},
	"contents":   {JA: "目次", EN: "Contents"},
	"evidence":   {JA: "証跡（実際のやり取り）", EN: "Evidence (the actual exchange)"},
	"proof":      {JA: "どのように確かめたか", EN: "How it was confirmed"},
	"references": {JA: "参考", EN: "References"},
	"made":       {JA: "{at} 作成", EN: "Made on {at}"},
	"level":      {JA: "総合判定", EN: "Overall"},
}

func word(d *page, name string) string { return words[name].In(d.Lang) }

func date(d *page) string {
	return i18n.Format(words["made"].In(d.Lang), i18n.Args{"at": d.Time(d.Made)})
}

// Prose turns Markdown into HTML. Every tag is written here and all text is
// escaped, so nothing in the source can become markup; links are made only
// where the text is our own.
func Prose(md string, links bool) template.HTML {
	var b strings.Builder
	var open []string // closing tags of the lists that are open
	closeTo := func(depth int) {
		for len(open) > depth {
			b.WriteString("</li>" + open[len(open)-1])
			open = open[:len(open)-1]
		}
	}
	for _, p := range report.ReadProse(md) {
		if p.Kind == report.Listed && p.First {
			closeTo(p.Depth)
			begin, end := "<ul>", "</ul>"
			if p.Number > 0 {
				begin, end = "<ol>", "</ol>"
			}
			if p.Number > 1 {
				begin = `<ol start="` + strconv.Itoa(p.Number) + `">`
			}
			switch {
			case len(open) < p.Depth:
			case open[p.Depth-1] == end:
				b.WriteString("</li>")
			default: // a list of the other kind follows
				closeTo(p.Depth - 1)
			}
			for len(open) < p.Depth {
				b.WriteString(begin)
				open = append(open, end)
			}
			b.WriteString("<li>")
		} else if p.Kind == report.Plain || p.Depth < len(open) {
			closeTo(p.Depth)
		}
		if p.Code != "" || p.Kind == report.Fenced {
			b.WriteString("<pre><code>" + html.EscapeString(p.Code) + "</code></pre>")
			continue
		}
		b.WriteString("<p>")
		for _, s := range p.Spans {
			span(&b, s, links)
		}
		b.WriteString("</p>")
	}
	closeTo(0)
	return template.HTML(b.String())
}

// parts lets an address be taken apart behind its slashes, where browsers
// would rather break a word.
func parts(s string) template.HTML {
	return template.HTML(slashes.ReplaceAllString(html.EscapeString(s), "$1/<wbr>$2"))
}

var slashes = regexp.MustCompile(`([^/\s])/([^/\s])`)

func span(b *strings.Builder, s report.Span, links bool) {
	text := html.EscapeString(s.Text)
	switch {
	case s.Code && utf8.RuneCountInString(s.Text) <= 24: // "php -i" stays in one line
		text = `<code class="whole">` + text + "</code>"
	case s.Code:
		text = "<code>" + text + "</code>"
	}
	if s.Bold {
		text = "<strong>" + text + "</strong>"
	}
	if to := href(s.URL); links && to != "" {
		text = `<a href="` + to + `">` + text + "</a>"
	} else if links && s.URL != "" {
		text = `<a href="` + html.EscapeString(s.URL) + `" rel="noreferrer noopener external">` + text + "</a>"
	}
	b.WriteString(text)
}
