package script

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

var (
	// unseen is what keeps an element from the eyes of visitors.
	unseen = regexp.MustCompile(`(?i)display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|em|%)?\s*(?:;|!|$)|opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)|(?:text-indent|left|top|margin-left|margin-top)\s*:\s*-\d{3,}|clip\s*:\s*rect\(0|(?:height|width)\s*:\s*[01](?:px)?\s*;.*overflow\s*:\s*hidden|overflow\s*:\s*hidden.*(?:height|width)\s*:\s*[01](?:px)?\s*(?:;|!|$)`)
	// spam are words of the trades that hide their links in other people's sites.
	spam = regexp.MustCompile(`(?i)スーパーコピー|ブランドコピー|偽ブランド|コピー品|N級品|レプリカ(?:時計|バッグ)|オンラインカジノ|オンカジ|ブックメーカー|入金不要|出会い系|闇金|即日融資|バイアグラ|シアリス|レビトラ|精力剤|viagra|cialis|levitra|sildenafil|tadalafil|online\s+casino|slot\s*gacor|judi\s+online|togel|situs\s+slot|payday\s+loan|replica\s+(?:watch|bag|handbag)|porn|escort`)
	// brands are names that sellers of copies list.
	brands = regexp.MustCompile(`(?i)ルイ[・ ]?ヴィトン|シャネル|エルメス|グッチ|ロレックス|プラダ|モンクレール|カルティエ|ディオール|バーバリー|コーチ|オメガ|フェンディ|サンローラン|ブルガリ|Louis\s*Vuitton|Chanel|Herm[eè]s|Gucci|Rolex|Prada|Moncler|Cartier`)
)

// HiddenSEOSpam asks whether pages carry links that only search engines are
// meant to see, to trades that buy them from intruders.
var HiddenSEOSpam = &check.Check{
	Name: "hidden-seo-spam", Level: wire.Passive, Severity: check.High, CWE: 506,
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		type planted struct {
			hidden
			pages []*page.Page
		}
		var found []*planted
		for _, pg := range p.Site.HTML() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !p.Scope.HasOrigin(pg.URL) {
				continue
			}
			p.ExaminedPage(pg)
			for _, h := range hiddenParts(p, pg) {
				if h.judge() == "" {
					continue
				}
				i := slices.IndexFunc(found, func(o *planted) bool { return slices.Equal(o.hosts, h.hosts) && o.judge() == h.judge() })
				if i < 0 {
					i = len(found)
					found = append(found, &planted{hidden: h})
				}
				if !slices.Contains(found[i].pages, pg) {
					found[i].pages = append(found[i].pages, pg)
				}
			}
		}
		for _, x := range found {
			f := p.Report(x.pages[0].Ex, x.pages[0].Ex.Path(), i18n.Args{"words": strings.Join(slices.Concat(x.words, x.brands), ", "),
				"hosts": strings.Join(x.hosts[:min(len(x.hosts), 5)], ", "), "n": strconv.Itoa(x.links), "pages": paths(x.pages)})
			f.Excerpt = x.excerpt
			evidence(f, x.pages)
			if x.judge() == "likely" {
				f.Case, f.Confidence, f.Severity = "likely", check.Possible, check.Medium
			}
		}
		return nil
	},
}

// hidden is one part of a page that visitors do not see.
type hidden struct {
	hosts         []string // that its links lead to, the shop's own left out
	links         int
	words, brands []string
	excerpt       string
}

// judge weighs: "certain", "likely" or "".
func (h *hidden) judge() string {
	switch {
	case len(h.hosts) > 0 && len(h.words) >= 2:
		return "certain"
	case len(h.hosts) > 0 && len(h.words) == 1, len(h.hosts) > 0 && len(h.brands) >= 6, len(h.hosts) >= 8 && h.links >= 10:
		return "likely"
	}
	return ""
}

func hiddenParts(p *check.Pass, pg *page.Page) []hidden {
	var out []hidden
	var find func(n *html.Node, depth int)
	find = func(n *html.Node, depth int) {
		if depth > 400 {
			return
		}
		if n.Type == html.ElementNode {
			switch n.Data {
			case "script", "style", "template", "noscript":
				return
			}
			if isUnseen(n) {
				h := hidden{}
				var text strings.Builder
				gather(p, pg, n, &h, &text, 0)
				s := strings.Join(strings.Fields(text.String()), " ")
				h.words, h.brands = distinct(spam, s), distinct(brands, s)
				slices.Sort(h.hosts)
				if r := []rune(s); len(r) > 200 {
					s = string(r[:200]) + "…"
				}
				h.excerpt = s
				out = append(out, h)
				return
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			find(c, depth+1)
		}
	}
	find(pg.Tree(), 0)
	return out
}

func isUnseen(n *html.Node) bool {
	for _, a := range n.Attr {
		switch {
		case a.Key == "hidden", a.Key == "style" && unseen.MatchString(a.Val):
			return true
		}
	}
	return false
}

func gather(p *check.Pass, pg *page.Page, n *html.Node, h *hidden, text *strings.Builder, depth int) {
	if depth > 400 || text.Len() > 1<<16 {
		return
	}
	if n.Type == html.TextNode {
		text.WriteString(n.Data + " ")
	}
	if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style") {
		return
	}
	if n.Type == html.ElementNode && n.Data == "a" {
		for _, a := range n.Attr {
			if a.Key != "href" || pg.Base == nil {
				continue
			}
			u, err := url.Parse(strings.TrimSpace(a.Val))
			if err != nil {
				continue
			}
			if u = pg.Base.ResolveReference(u); (u.Scheme == "http" || u.Scheme == "https") && !p.Own(u) {
				h.links++
				if !slices.Contains(h.hosts, u.Hostname()) {
					h.hosts = append(h.hosts, u.Hostname())
				}
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		gather(p, pg, c, h, text, depth+1)
	}
}

// distinct are the different words of re in s, at most ten.
func distinct(re *regexp.Regexp, s string) []string {
	var out []string
	for _, m := range re.FindAllString(s, 200) {
		m = strings.ToLower(m)
		if !slices.Contains(out, m) && len(out) < 10 {
			out = append(out, m)
		}
	}
	return out
}
