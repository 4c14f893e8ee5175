package access

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// belongings are texts that are a customer's own: name, mail address, postal
// address, telephone. Whoever reads them sees that customer's data.
type belongings []string

// belongingsOf gathers what an account's own pages show of the person: its
// name at the sign-in and the fields of its profile that came filled in.
// What a stranger reads as well – the shop's own address – is not the person's.
func belongingsOf(p *check.Pass, account string) belongings {
	var out belongings
	add := func(v string) {
		v = strings.TrimSpace(v)
		if len([]rune(v)) < 4 && len(v) < 9 || !tellsSomething(v) || slices.Contains(out, v) || public(p, v) {
			return
		}
		out = append(out, v)
	}
	acc := p.Session(account).Account()
	add(acc.User)
	add(acc.Mailbox)
	m := p.Site.As(account)
	if m == nil {
		return out
	}
	for _, pg := range m.Pages {
		for _, f := range pg.Forms {
			for _, x := range f.Fields {
				switch x.Means {
				case page.MeansMail, page.MeansPhone, page.MeansAddress, page.MeansPerson, page.MeansPostcode:
					if x.Type != "select" && x.Type != "button" && x.Type != "checkbox" && x.Type != "radio" && x.Value != x.Placeholder {
						add(x.Value)
					}
				}
			}
		}
	}
	return out
}

var onlySigns = regexp.MustCompile(`^[\d\s()+-]{1,7}$`)

// tellsSomething is false for what many customers share: 東京都, 03, 様.
func tellsSomething(v string) bool {
	return !onlySigns.MatchString(v) && !strings.HasPrefix(v, "例") && !prefecture.MatchString(v)
}

var prefecture = regexp.MustCompile(`^[^\s\d]{2,3}[都道府県]$`)

// public says that strangers read v somewhere in the shop.
func public(p *check.Pass, v string) bool {
	return slices.ContainsFunc(p.Site.Pages, func(pg *page.Page) bool { return strings.Contains(pg.Text, v) })
}

// on are those that pg shows. A value may be masked where the record of the
// run answered instead of the shop.
func (b belongings) on(m *wire.Masker, pg *page.Page) []string {
	var out []string
	for _, v := range b {
		if strings.Contains(pg.Text, v) || strings.Contains(pg.Text, html.EscapeString(v)) || strings.Contains(pg.Text, m.Text(v)) {
			out = append(out, v)
		}
	}
	return out
}

// without are those of b that a does not have.
func (b belongings) without(a belongings) belongings {
	return slices.DeleteFunc(slices.Clone(b), func(v string) bool { return slices.Contains(a, v) })
}

// lines are the pieces of text of pg's main part, one for each element that
// holds text of its own.
func lines(pg *page.Page) []string {
	var out []string
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch n.DataAtom {
		case atom.Script, atom.Style, atom.Head, atom.Header, atom.Footer, atom.Nav, atom.Aside, atom.Noscript, atom.Template, atom.Option:
			return
		}
		if n.Type == html.TextNode {
			if t := strings.Join(strings.Fields(n.Data), " "); len(t) >= 4 {
				out = append(out, t)
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	if pg.HTML() {
		walk(pg.Tree())
		return out
	}
	for l := range strings.FieldsFuncSeq(pg.Text, func(r rune) bool { return strings.ContainsRune("{}[],\n", r) }) {
		if t := strings.TrimSpace(l); len(t) >= 4 {
			out = append(out, t)
		}
	}
	return out
}

// onlyOn are the lines of pg that none of the others has, and that do not
// merely repeat the id that was asked for.
func onlyOn(pg *page.Page, ids []string, others ...*page.Page) []string {
	known := map[string]bool{}
	for _, o := range others {
		if o != nil {
			for _, l := range lines(o) {
				known[l] = true
			}
		}
	}
	var out []string
	for _, l := range lines(pg) {
		rest := l
		for _, id := range ids {
			rest = strings.ReplaceAll(rest, id, "")
		}
		if !known[l] && len(strings.TrimSpace(rest)) >= 4 && (rest == l || len([]rune(strings.TrimSpace(rest))) >= 12) && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// share is how many of want's lines pg has, from 0 to 1.
func share(want []string, pg *page.Page) float64 {
	if len(want) == 0 {
		return 0
	}
	have := map[string]bool{}
	for _, l := range lines(pg) {
		have[l] = true
	}
	n := 0
	for _, l := range want {
		if have[l] {
			n++
		}
	}
	return float64(n) / float64(len(want))
}

// turnedAway says that the shop did not show what was asked for.
func turnedAway(pg *page.Page) bool {
	if pg.Ex.Status != 200 || pg.Challenge != "" || pg.Kind == page.Error || pg.Kind == page.Login {
		return true
	}
	return slices.ContainsFunc(pg.Forms, func(f *page.Form) bool { return f.Purpose == page.ForLogin }) && pg.Kind != page.MyPage
}

// id is one place of an address that names an object.
type id struct {
	value string
	param string // name of the parameter; "" for a segment of the path
	at    int
}

var objectName = regexp.MustCompile(`(?i)^(?:[A-Z]{0,6}[-_]?\d{1,20}(?:[-_]\d{1,12})*|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{24,64}|[A-Za-z0-9_-]{20,80})$`)

// idsOf finds what names an object in u: a number, a code, a long random word.
func idsOf(u *url.URL) []id {
	var out []id
	for i, seg := range strings.Split(u.Path, "/") {
		seg = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(seg, ".html"), ".php"), ".json")
		if objectName.MatchString(seg) && strings.ContainsAny(seg, "0123456789") && !version.MatchString(seg) {
			out = append(out, id{value: seg, at: i})
		}
	}
	q := u.Query()
	for _, k := range sorted(q) {
		for _, v := range q[k] {
			if objectName.MatchString(v) && strings.ContainsAny(v, "0123456789") && !paging.MatchString(k) {
				out = append(out, id{value: v, param: k})
			}
		}
	}
	return out
}

var (
	version = regexp.MustCompile(`(?i)^v\d{1,2}$`)
	paging  = regexp.MustCompile(`(?i)^(?:p|page|page_?no|pageno|offset|limit|sort|order_?by|disp_number|per_?page|year|month|lang|utm_.*)$`)
)

func sorted(q url.Values) []string {
	var out []string
	for k := range q {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// guessable is false for ids that nobody can know who was not told.
func guessable(ids []id) bool {
	for _, x := range ids {
		if len(x.value) >= 20 && page.LooksRandom(x.value) || uuid.MatchString(x.value) {
			return false
		}
	}
	return len(ids) > 0
}

var uuid = regexp.MustCompile(`(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// swap is u with the id x replaced.
func swap(u *url.URL, x id, by string) *url.URL {
	v := *u
	if x.param != "" {
		q := v.Query()
		q.Set(x.param, by)
		v.RawQuery = q.Encode()
		return &v
	}
	segs := strings.Split(v.Path, "/")
	if x.at < len(segs) {
		segs[x.at] = strings.Replace(segs[x.at], x.value, by, 1)
	}
	v.Path, v.RawPath = strings.Join(segs, "/"), ""
	return &v
}

// nobodys is an id of the same shape that no object has, as far as can be foreseen.
func nobodys(value, hex string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return rune('0' + r%10)
	}, hex)
	b, n := []byte(value), 0
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			b[i] = digits[n%len(digits)]
			n++
		case len(value) >= 20 && (c >= 'a' && c <= 'f'):
			b[i] = hex[n%len(hex)]
			n++
		}
	}
	if len(b) < 7 { // 12 is too short to be sure that nobody has the number
		return "9" + string(b) + digits[:8-min(len(b), 7)]
	}
	return string(b)
}

var number = regexp.MustCompile(`\d+`)

// handler names what answers u, however it is called for.
func handler(u *url.URL, ids []id) string {
	s := u.Path
	for _, x := range ids {
		if x.param == "" {
			s = strings.Replace(s, x.value, "*", 1)
		}
	}
	s = number.ReplaceAllString(s, "*")
	if q := sorted(u.Query()); len(q) > 0 {
		s += "?" + strings.Join(q, "&")
	}
	return s
}
