package exposure

import (
	"context"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// ErrorDetail asks whether pages show what went wrong inside: paths, SQL, the
// stack of calls. It reads what the crawl met and provokes nothing.
var ErrorDetail = &check.Check{
	Name: "error-detail", Level: wire.Passive, Severity: check.Medium, CWE: 209,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		for _, pg := range p.Site.Pages {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !p.Scope.HasOrigin(pg.URL) || pg.Challenge != "" {
				continue
			}
			text := ""
			switch {
			case pg.HTML():
				text = spoken(pg.Tree())
			case strings.Contains(pg.Ex.Header.Get("Content-Type"), "json"):
				text = strings.NewReplacer(`\/`, "/", `\n`, "\n").Replace(pg.Text[:min(len(pg.Text), 64<<10)])
			default:
				continue
			}
			p.ExaminedPage(pg)
			for _, s := range errorSigns {
				if at := s.re.FindString(text); at != "" {
					f := p.Report(pg.Ex, where(pg.URL), i18n.Args{"what": clip(spaces.ReplaceAllString(at, " "), 120)})
					f.Case, f.Excerpt = s.kind, clip(spaces.ReplaceAllString(at, " "), 300)
					break
				}
			}
		}
		return nil
	},
}

// errorSigns are what only a program in trouble writes: words together with a
// place in its source or in a statement. The words alone stand in articles.
var errorSigns = []struct {
	kind string
	re   *regexp.Regexp
}{
	{"sql", regexp.MustCompile(`SQLSTATE\[\w{5}\](?:\s*\[\d+\])?:?.{0,160}|You have an error in your SQL syntax;? check the manual.{0,160}|Unclosed quotation mark (?:after|before) the character string.{0,80}|ORA-\d{5}: .{5,120}|(?:PSQLException|PG::\w+Error|pg_query\(\)).{5,120}|(?:MDB2|DB) Error: .{3,120}|SQL(?:文|構文)(?:に|の)(?:エラー|誤り).{0,30}(?:SELECT|INSERT|UPDATE|FROM)\b.{0,120}`)},
	{"php", regexp.MustCompile(`(?:Fatal error|Parse error|Warning|Notice|Deprecated|Strict Standards|Recoverable fatal error)\s*: .{1,400}? in (?:/[\w./-]+|[A-Z]:\\[\w.\\ -]+)(?: on line \d+|:\d+|\(\d+\))`)},
	{"trace", regexp.MustCompile(`(?s)Traceback \(most recent call last\):\s*File "[^"]+", line \d+.{0,200}|(?:[a-z_$][\w$]*\.)+[A-Z]\w*(?:Exception|Error)\b.{0,300}?\s+at [\w$.<>]+\([\w$]+\.java:\d+\)|(?:#\d+ (?:/[\w./-]+|[A-Z]:\\[\w.\\ -]+)\(\d+\): .{3,120}\s*){1,3}|Server Error in '/[^']*' Application\..{0,400}?(?:Stack Trace|スタック トレース)|at [\w$.]+ in [A-Z]:\\[\w.\\ -]+\.(?:cs|vb):(?:line|行) ?\d+|at [\w$.<> ]+ \((?:file://)?/[\w./-]+\.[cm]?js:\d+:\d+\)`)},
	{"debug", regexp.MustCompile(`(?s)Whoops, looks like something went wrong\..{0,200}? in /|Exception Type:\s*\w+.{0,300}?Exception Location:|You're seeing this error because you have DEBUG = True|Rails\.root: /\S+`)},
}

// spoken is the text that a page says itself, without what it quotes: code in
// articles, help pages and blogs, and what visitors wrote into fields.
func spoken(doc *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node, article bool, depth int)
	walk = func(n *html.Node, article bool, depth int) {
		if depth > 300 || b.Len() > 512<<10 {
			return
		}
		switch n.Type {
		case html.TextNode:
			b.WriteString(n.Data)
		case html.ElementNode:
			switch n.DataAtom {
			case atom.Script, atom.Style, atom.Textarea, atom.Title, atom.Code, atom.Kbd, atom.Samp, atom.Template:
				return
			case atom.Pre:
				if article || coloured.MatchString(classOf(n)) {
					return
				}
			case atom.Article, atom.Blockquote:
				article = true
			}
			article = article || articleClass.MatchString(classOf(n))
			switch n.DataAtom {
			case atom.P, atom.Div, atom.Li, atom.Br, atom.Tr, atom.Td, atom.Pre, atom.H1, atom.H2, atom.H3:
				b.WriteByte('\n')
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, article, depth+1)
		}
	}
	walk(doc, false, 0)
	return b.String()
}

var (
	articleClass = regexp.MustCompile(`(?i)(?:^|[\s_-])(?:article|entry-content|post-content|blog|hentry|markdown|wiki|faq|help)(?:[\s_-]|$)`)
	coloured     = regexp.MustCompile(`(?i)language-|hljs|brush:|prettyprint|highlight|wp-block-code`)
)

func classOf(n *html.Node) string {
	for _, a := range n.Attr {
		if a.Key == "class" {
			return a.Val
		}
	}
	return ""
}
