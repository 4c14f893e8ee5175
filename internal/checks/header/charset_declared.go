package header

import (
	"bytes"
	"context"
	"regexp"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// CharsetDeclared asks whether each page says in which character encoding it
// is written, and says it truly. Shift_JIS and EUC-JP are as good as UTF-8 here.
var CharsetDeclared = &check.Check{
	Name: "charset-declared", Level: wire.Passive, Severity: check.Low, CWE: 838,
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		var pages []*page.Page
		for _, pg := range p.Site.HTML() {
			// XML is UTF-8 unless it says otherwise.
			if !strings.Contains(strings.ToLower(pg.Ex.Header.Get("Content-Type")), "xhtml") {
				p.ExaminedPage(pg)
				pages = append(pages, pg)
			}
		}
		for _, g := range byHost(pages) {
			bad := map[string][]*page.Page{}
			for _, pg := range g.pages {
				if c := charsetFault(pg); c != "" {
					bad[c] = append(bad[c], pg)
				}
			}
			for _, c := range []string{"mismatch", "unknown", "missing", "meta-only"} {
				if len(bad[c]) == 0 {
					continue
				}
				first := bad[c][0].Charset
				declared := first.Header
				if declared == "" {
					declared = first.Meta
				}
				f := report(p, g, bad[c], i18n.Args{"declared": declared, "detected": first.Detected})
				f.Case = c
				f.Excerpt = excerpt(bad[c][0], "Content-Type")
				if c == "meta-only" {
					f.Severity = check.Info
				}
			}
		}
		return ctx.Err()
	},
}

// known are the names that browsers understand and that shops in Japan use.
var known = regexp.MustCompile(`(?i)^(utf-?8|unicode-1-1-utf-8|utf-16(le|be)?|shift[-_]jis|sjis|x-sjis|cssshiftjis|csshiftjis|windows-31j|ms932|ms_kanji|(x-)?euc-jp|cseucpkdfmtjapanese|(cs)?iso-?2022-?jp|iso-?8859-?\d+|latin1|l1|us-ascii|ascii|(windows-|x-cp|cp)125\d|gb2312|gbk|gb18030|big5|euc-kr|ks_c_5601-1987)$`)

func charsetFault(pg *page.Page) string {
	cs := pg.Charset
	bom := bytes.HasPrefix(pg.Ex.Body, []byte("\xef\xbb\xbf")) || bytes.HasPrefix(pg.Ex.Body, []byte("\xff\xfe")) || bytes.HasPrefix(pg.Ex.Body, []byte("\xfe\xff"))
	switch {
	case bom:
		return "" // browsers believe the mark before anything else
	case cs.Mismatch:
		return "mismatch"
	case cs.Header != "" && !known.MatchString(cs.Header):
		return "unknown"
	case cs.Header == "" && cs.Meta == "":
		return "missing"
	case cs.Header == "":
		return "meta-only"
	}
	return ""
}
