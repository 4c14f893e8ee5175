package login

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// answer is what a shop says to a sign-in that fails, without what was typed.
type answer struct {
	ex       wire.ExchangeID
	status   int
	redirect string
	lines    []line
	took     time.Duration
	captcha  bool
	page     *page.Page
}

// wrongly signs in with values that are not an account's, once.
func wrongly(ctx context.Context, p *check.Pass, s *signin.Session, label, user, password string, purpose wire.Purpose) (*answer, error) {
	t, err := s.Try(ctx, p.CheckName()+"-"+label, user, password, purpose, wire.Origin{Check: p.CheckName(), Why: "a sign-in that is to fail"})
	if err != nil {
		return nil, err
	}
	a := &answer{ex: t.First.ID, status: t.First.Status, took: t.First.TTFB, page: t.Page}
	if u, err := t.First.URL.Parse(t.First.Header.Get("Location")); err == nil && t.First.Header.Get("Location") != "" {
		a.redirect = longNumber.ReplaceAllString(longWord.ReplaceAllString(untyped(p.Masker(), u.Path+"?"+u.RawQuery, user), ""), "#")
	}
	a.lines = linesOf(p.Masker(), t.Page, user)
	for _, f := range t.Page.Forms {
		a.captcha = a.captcha || slices.ContainsFunc(f.Fields, func(x *page.Field) bool { return x.Means == page.MeansCaptcha })
	}
	return a, nil
}

var (
	longWord   = regexp.MustCompile(`[0-9A-Za-z_-]{16,}`)
	longNumber = regexp.MustCompile(`\d{4,}`)
	code       = regexp.MustCompile(`[0-9A-Za-z_-]*\d[0-9A-Za-z_-]*`)
)

// untyped takes out of s what was typed. An answer from the record of the run
// holds the name in its masked form.
func untyped(m *wire.Masker, s, user string) string {
	if user == "" {
		return s
	}
	local, _, _ := strings.Cut(user, "@")
	masked := m.Text(user)
	for _, v := range []string{user, masked, strings.ReplaceAll(user, "@", "%40"), strings.ReplaceAll(masked, "@", "%40"), local} {
		s = strings.ReplaceAll(s, v, "")
	}
	return s
}

// line is one sentence of a page, and the kind of element that holds it.
type line struct{ at, text string }

// linesOf are the sentences that a visitor reads on pg, without what was typed
// and without numbers and codes, which differ each time by themselves; of data
// for scripts, its pieces.
func linesOf(m *wire.Masker, pg *page.Page, user string) []line {
	var out []line
	add := func(at, text string) {
		text = code.ReplaceAllString(longWord.ReplaceAllString(untyped(m, text, user), ""), "#")
		for l := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("。．！!？?\n{}[],", r) }) {
			if l = strings.Join(strings.Fields(l), " "); len(l) > 3 && !slices.Contains(out, line{at, l}) {
				out = append(out, line{at, l})
			}
		}
	}
	if !pg.HTML() {
		add("", pg.Text)
		return out
	}
	var walk func(n *html.Node, at string)
	walk = func(n *html.Node, at string) {
		switch n.DataAtom {
		case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Option:
			return
		}
		if n.Type == html.ElementNode {
			at += ">" + n.Data
			for _, a := range n.Attr {
				if a.Key == "class" || a.Key == "id" || a.Key == "role" {
					at += "[" + code.ReplaceAllString(a.Val, "#") + "]"
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.TextNode {
				add(at, strings.ReplaceAll(c.Data, "\n", " "))
				continue
			}
			walk(c, at)
		}
	}
	walk(pg.Tree(), "")
	return out
}

// both are the lines that a and b share; notIn are those of list that none of the others has.
func both(a, b []line) []line {
	return slices.DeleteFunc(slices.Clone(a), func(l line) bool { return !slices.Contains(b, l) })
}

func notIn(list []line, others ...[]line) []line {
	return slices.DeleteFunc(slices.Clone(list), func(l line) bool {
		return slices.ContainsFunc(others, func(o []line) bool { return slices.Contains(o, l) })
	})
}

// stranger is a name of the same form that no member has.
func stranger(user, hex string) string {
	if _, domain, ok := strings.Cut(user, "@"); ok {
		return "m" + hex[:11] + "@" + domain
	}
	return "m" + hex[:max(7, min(len(user)-1, 15))]
}

// noPassword is a password that nobody has, of the kinds that shops ask for.
func noPassword(hex string) string { return "Mb-" + hex[:12] + "-9" }

var lockWord = regexp.MustCompile(`(?i)ロック|一定時間|しばらくの間|しばらく(?:して|経って)|回数|凍結|locked|temporarily|too many|try again later|attempts`)
