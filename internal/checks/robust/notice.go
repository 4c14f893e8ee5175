package robust

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
)

// notice is a page that a shop's visitors look for.
type notice struct {
	kind page.Kind
	// words stand in the link or the title, place in its address, and all of
	// inside in a page that carries the notice among other things.
	words, place *regexp.Regexp
	inside       []*regexp.Regexp
}

// Before a notice can be called missing, the crawl must have read the top page and some others.
const enoughPages = 5

// japanese tells a shop that speaks Japanese: the notices are asked of those.
var japanese = regexp.MustCompile(`[ぁ-んァ-ヶ]{2}`)

// look reports when the shop's pages neither are nor lead to the notice.
func (n *notice) look(ctx context.Context, p *check.Pass) error {
	pages := p.Site.HTML()
	pages = slices.DeleteFunc(slices.Clone(pages), func(pg *page.Page) bool { return !p.Scope.HasOrigin(pg.URL) })
	var dead *page.Page
	found, top := false, false
	for _, pg := range pages {
		p.ExaminedPage(pg)
		top = top || pg.Kind == page.Top || pg.URL.Path == p.Site.Start.Path
		found = found || n.is(pg)
	}
	for _, pg := range pages {
		for _, l := range pg.Links {
			if found || l.URL == nil || !n.leads(l) {
				continue
			}
			switch got := answerTo(p.Site, l); {
			case got == nil, got.Challenge != "", got.Ex.Status < 400:
				found = true // another host, or not fetched: the link is what the visitor sees
			case dead == nil:
				dead = got
			}
		}
	}
	args := i18n.Args{"n": fmt.Sprint(len(pages))}
	switch {
	case found:
	case dead != nil:
		f := p.Report(dead.Ex, dead.Ex.Path(), i18n.Args{"status": fmt.Sprint(dead.Ex.Status)})
		f.Case = "broken"
	case len(pages) == 0:
	case !slices.ContainsFunc(pages, func(pg *page.Page) bool { return japanese.MatchString(pg.Visible) }):
		p.NotApplicable("日本語のページがないため、対象外です。", nil)
	case !top || len(pages) < enoughPages:
		p.NotExamined("確認できたページが {n} 件と少ないため、「ない」とは判断していません。", args)
	default:
		f := p.Report(pages[0].Ex, p.Site.Start.Hostname(), args)
		f.Case = "missing"
	}
	return ctx.Err()
}

// is says that the page is the notice, or carries it.
func (n *notice) is(pg *page.Page) bool {
	if pg.Kind == n.kind && n.words.MatchString(pg.Title+" "+head(pg)) {
		return true
	}
	if !n.words.MatchString(pg.Visible) || len(n.inside) == 0 {
		return n.words.MatchString(pg.Title)
	}
	for _, re := range n.inside {
		if !re.MatchString(pg.Visible) {
			return false
		}
	}
	return true
}

func head(pg *page.Page) string {
	r := []rune(pg.Visible)
	return string(r[:min(len(r), 400)])
}

func (n *notice) leads(l *page.Link) bool {
	switch l.From {
	case "a", "area", "onclick":
		return n.words.MatchString(l.Text) || n.place.MatchString(strings.ToLower(l.URL.Path+"?"+l.URL.RawQuery))
	}
	return false
}

// answerTo is what the crawl got for a link; nil when it did not ask.
func answerTo(s *check.Site, l *page.Link) *page.Page {
	want := page.Canonical(l.URL).String()
	for _, pg := range s.Pages {
		if pg.URL.String() == want {
			return pg
		}
	}
	return nil
}
