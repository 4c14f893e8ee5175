package inject

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// record is one posting: what it saved by field, and the random words by which
// it is found again.
type record struct {
	values [][2]string
	words  []string
	gone   bool
}

const maxShownPages = 3 // on which a record is looked for to be removed

// removeAll removes what was posted where a page lets the same session do it,
// beside the text itself. What cannot be proved to be our own stays.
func removeAll(ctx context.Context, p *check.Pass, wr *keeping, made []*record, shown []*url.URL) error {
	for _, rec := range made {
		for _, u := range shown[:min(len(shown), maxShownPages)] {
			pg, err := wr.get(ctx, u)
			if err != nil {
				return err
			}
			r := removal(p, pg, rec.words, before(p, u))
			if r == nil {
				continue
			}
			if err := remove(ctx, p, r, rec); err != nil {
				return err
			}
			after, err := wr.get(ctx, u)
			if err != nil {
				return err
			}
			if rec.gone = after.Ex.Status == http.StatusOK && !holds(after, rec.words); rec.gone {
				break
			}
		}
	}
	return nil
}

// remove sends r and, where the shop asks once more, the one button that says yes.
func remove(ctx context.Context, p *check.Pass, r *wire.Request, rec *record) error {
	r.Level, r.Again, r.Origin.Why = wire.Full, true, "removes what this check posted"
	pg, err := p.Do(ctx, r)
	if err != nil || !pg.HTML() || pg.Ex.Status != http.StatusOK || !holds(pg, rec.words) {
		return err
	}
	if all := removers(p, pg); len(all) == 1 {
		sure := all[0].request
		sure.Level, sure.Again, sure.Origin.Why = wire.Full, true, "removes what this check posted"
		_, err = p.Do(ctx, sure)
	}
	return err
}

// before is the page at u as it was crawled, when nothing of ours was on it.
func before(p *check.Pass, u *url.URL) *page.Page {
	for _, pg := range slices.Concat(p.Site.HTML(), p.Site.Members()) {
		if pg.Ex.Method == http.MethodGet && pg.Ex.URL.Path == u.Path && pg.Ex.URL.RawQuery == u.RawQuery {
			return pg
		}
	}
	return nil
}

// remover is a link or form of a page that removes something.
type remover struct {
	node    *html.Node
	request *wire.Request
	key     string // the same for the same thing, whatever its token
}

var (
	removes = regexp.MustCompile(`(?i)^\s*(?:(?:この)?(?:レビュー|投稿|コメント|口コミ|クチコミ)を)?\s*(?:削除(?:する)?|取り消す|取り消し)\s*$|^\s*(?:delete|remove)(?: (?:this|my|your))?(?: (?:review|comment|post))?\s*$`)
	lists   = []atom.Atom{atom.Html, atom.Body, atom.Main, atom.Ul, atom.Ol, atom.Table, atom.Tbody, atom.Section}
	pieces  = []atom.Atom{atom.P, atom.Span, atom.Td, atom.Dd, atom.Dt, atom.A, atom.B, atom.Strong, atom.Small, atom.Em}
)

func removers(p *check.Pass, pg *page.Page) []remover {
	var out []remover
	for _, f := range pg.Forms {
		if f.Tag == "" || f.Scripted || f.Action == nil || !p.Scope.HasOrigin(f.Action) || len(f.Buttons) != 1 || !removes.MatchString(f.Buttons[0]) {
			continue
		}
		key := f.Method + " " + plainURL(f.Action)
		for _, x := range f.Fields {
			if x.Means != page.MeansToken {
				key += " " + x.Name + "=" + x.Value
			}
		}
		out = append(out, remover{f.Node(), inParts(signin.Sending(f, nil), f), key})
	}
	if !pg.HTML() {
		return out
	}
	for n := range pg.Tree().Descendants() {
		if n.Type != html.ElementNode || n.DataAtom != atom.A || !removes.MatchString(textBelow(n)) {
			continue
		}
		for _, l := range pg.Links {
			if l.From == "a" && l.Raw == hrefOf(n) && !l.Pattern && (l.Method == "" || l.Method == http.MethodGet) && p.Scope.HasOrigin(l.URL) {
				out = append(out, remover{n, &wire.Request{Method: http.MethodGet, URL: l.URL}, "GET " + plainURL(l.URL)})
				break
			}
		}
	}
	return out
}

// removal is the request by which pg lets its visitor remove the record with
// one of the words; nil unless that is certain. The record is the smallest part
// of the page with a word and one remover in it, other records apart, and the
// remover was not there before the record was.
func removal(p *check.Pass, pg *page.Page, words []string, earlier *page.Page) *wire.Request {
	if !pg.HTML() || earlier == nil || holds(earlier, words) {
		return nil
	}
	old := map[string]bool{}
	for _, r := range removers(p, earlier) {
		old[r.key] = true
	}
	all := removers(p, pg)
	for n := range pg.Tree().Descendants() {
		if !says(n, words) {
			continue
		}
		for at := n; at != nil && !(at.Type == html.ElementNode && slices.Contains(lists, at.DataAtom)); at = at.Parent {
			within := slices.DeleteFunc(slices.Clone(all), func(r remover) bool { return !below(r.node, at) })
			if len(within) == 1 && !old[within[0].key] {
				return within[0].request
			}
			if len(within) > 0 || repeated(at) {
				break
			}
		}
	}
	return nil
}

// repeated says that n is one of several like it, as the records of a list are.
func repeated(n *html.Node) bool {
	if n.Type != html.ElementNode || n.Parent == nil || slices.Contains(pieces, n.DataAtom) {
		return false
	}
	for s := range n.Parent.ChildNodes() {
		if s != n && s.Type == html.ElementNode && s.Data == n.Data && classOf(s) == classOf(n) {
			return true
		}
	}
	return false
}

func says(n *html.Node, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return strings.Contains(n.Data, w) || slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return strings.Contains(a.Key, w) || strings.Contains(a.Val, w) })
	})
}

func holds(pg *page.Page, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(pg.Text, w) })
}

func below(n, top *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == top {
			return true
		}
	}
	return false
}

func textBelow(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && b.Len() < 200 {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func hrefOf(n *html.Node) string { return strings.TrimSpace(attribute(n, "href")) }

func classOf(n *html.Node) string { return attribute(n, "class") }

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

// plainURL is an address without values as long as tokens are.
func plainURL(u *url.URL) string {
	q := u.Query()
	for k, all := range q {
		q[k] = slices.DeleteFunc(all, func(v string) bool { return len(v) > 15 })
	}
	return u.Path + "?" + q.Encode()
}
