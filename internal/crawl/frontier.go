package crawl

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// item is one address that was found.
type item struct {
	url    *url.URL // canonical
	from   *url.URL // page on which it was found first; nil: a start address, a seed, a hint
	parent wire.ExchangeID
	visit  *visit // of that page
	via    string // how it was written there: "a", "script", "sitemap"…
	text   string
	kind   page.Kind // what its name or text promises; "" nothing
	effect page.Effect
	seq    int
	group  *group
	state  state
	why    check.Reason // of an address that is not fetched
	what   what
	sent   *wire.Request // of a search that is sent by POST
	tail   bool
	files  int // position among the files of its page
}

type state int

const (
	waiting state = iota
	done
	refused
)

// what says how an item is to be asked for.
type what int

const (
	aPage     what = iota
	aFile          // script or style sheet of the shop itself
	aThird         // script of another host
	aDownload      // head only
	aSearch        // a form that was filled in
)

func (it *item) open() bool { return it.state == waiting }

// settle takes it out of what could still be asked for.
func (it *item) settle(s state, why check.Reason) {
	if it.state == waiting && it.group != nil {
		it.group.open--
	}
	it.state, it.why = s, why
}

// visit is what is remembered of a page for judging what it leads to.
type visit struct {
	url   *url.URL
	sign  string
	group *group
	// chain counts ancestors in a row that had the same template and lay above
	// this page: a way that only ever leads deeper into more of the same.
	chain int
	grew  bool
}

// guess says that an address was not put before a visitor as a link: it stood
// in a script, in data, in a comment or a hint file, and may lead nowhere.
// Guesses that fail say nothing about how the shop bears its visitors, so they
// are not counted by IPA's stop rules.
func guess(via string) bool {
	switch via {
	case "start", "redirect", "a", "area", "form", "iframe", "frame", "svg", "meta-refresh", "link", "header", "resource":
		return false
	}
	return true
}

func (it *item) origin() wire.Origin {
	o := wire.Origin{Check: "crawl", Why: it.via, Parent: it.parent}
	if guess(it.via) {
		o.Check = "hint"
	}
	return o
}

// decisive are the kinds that a diagnosis cannot do without, most wanted first,
// with the words by which an address (without - and _) or its text promises them.
var decisive = []struct {
	kind  page.Kind
	words string
	text  *regexp.Regexp
}{
	{page.Login, "login signin logon", regexp.MustCompile(`(?i)ログイン|サインイン|log ?in|sign ?in`)},
	{page.Cart, "cart basket kago", regexp.MustCompile(`(?i)カート|買い物かご|買物かご|バスケット|\b(cart|basket)\b`)},
	{page.Checkout, "checkout shopping purchase kessai regi order", regexp.MustCompile(`(?i)レジに進む|ご?購入手続|ご?注文手続|checkout`)},
	{page.Register, "register registration signup entry createaccount join touroku", regexp.MustCompile(`(?i)会員登録|新規登録|アカウント作成|register|sign ?up|create (an )?account`)},
	{page.Contact, "contact contactus inquiry enquiry toiawase otoiawase", regexp.MustCompile(`(?i)お?問い?合わ?せ|contact|inquiry`)},
	{page.Legal, "tokusho tokushoho tokutei tokusyo tradelaw law legal sct commerce", regexp.MustCompile(`(?i)特定商取引|特商法|specified commercial`)},
	{page.Privacy, "privacy privacypolicy kojin", regexp.MustCompile(`(?i)プライバシー|個人情報|privacy`)},
	{page.MyPage, "mypage myaccount account member", regexp.MustCompile(`(?i)マイページ|会員ページ|my ?page|my account`)},
	{page.Reset, "forgot forget reset remind lostpassword password", regexp.MustCompile(`(?i)パスワードを?(お)?忘れ|パスワード再|forgot|lost your password`)},
	{page.Admin, "admin wpadmin administrator manage manager kanri backend console dashboard", regexp.MustCompile(`(?i)管理画面|管理者|administration`)},
	{page.Search, "search kensaku", regexp.MustCompile(`(?i)検索|search`)},
}

// pathWords says which kind a word of an address promises, by its rank.
var pathWords = func() map[string]int {
	m := map[string]int{}
	for i, d := range decisive {
		for _, w := range strings.Fields(d.words) {
			m[w] = i
		}
	}
	return m
}()

var undash = strings.NewReplacer("-", "", "_", "")

// promised names the kind that an address or its text promises; "" none.
func promised(u *url.URL, text string) page.Kind {
	if text != "" && len(text) < 90 {
		for _, d := range decisive {
			if d.text.MatchString(text) {
				return d.kind
			}
		}
	}
	best := len(decisive)
	take := func(w string) {
		if i, ok := pathWords[w]; ok {
			best = min(best, i)
		}
	}
	for _, w := range strings.FieldsFunc(strings.ToLower(u.Path+"?"+u.RawQuery), func(r rune) bool { return strings.ContainsRune("/.?=&", r) }) {
		take(undash.Replace(w))
		if strings.ContainsAny(w, "-_") {
			for _, part := range strings.FieldsFunc(w, func(r rune) bool { return r == '-' || r == '_' }) {
				take(part)
			}
		}
	}
	if best == len(decisive) {
		return ""
	}
	return decisive[best].kind
}

func rank(k page.Kind) int {
	for i, d := range decisive {
		if d.kind == k {
			return i
		}
	}
	return len(decisive)
}

// perKind is how many addresses of each decisive kind are fetched out of turn.
const perKind = 3

// next picks what to fetch: decisive pages first, then one page of each shape,
// files and searches, further samples of each shape, and the long tail last.
func (c *crawl) next() *item {
	var best *item
	bestClass, bestRank := 99, 0
	offer := func(it *item, class, rank int) {
		if class < bestClass || class == bestClass && (rank < bestRank || rank == bestRank && it.seq < best.seq) {
			best, bestClass, bestRank = it, class, rank
		}
	}
	for _, it := range c.queue {
		if !it.open() {
			continue
		}
		switch it.what {
		case aFile:
			offer(it, 2, it.files)
		case aThird:
			offer(it, 4, 0)
		case aSearch:
			offer(it, 3, 0)
		case aDownload:
			offer(it, 5, 0)
		}
	}
	var chosen *group
	for _, g := range c.atlas.groups() {
		if g.open == 0 {
			continue
		}
		for _, it := range g.wanted {
			if it.open() && c.hinted[it.kind] < perKind && c.kinds[it.kind] < perKind {
				offer(it, 0, rank(it.kind))
			}
		}
		class := 1
		switch {
		case g.fetched == 0 && g.tail:
			class = 7
		case g.fetched > 0 && (g.fetched >= g.limit(c.cfg.PerTemplate) || g.picked >= 2*g.limit(c.cfg.PerTemplate)):
			continue
		case g.fetched > 0:
			class = 6
		case g.picked >= c.cfg.PerTemplate: // nothing but failures
			continue
		}
		it := g.items[0]
		if class == 1 && guess(it.via) {
			class = 3
			if c.deadHints >= maxDeadHints || c.guesses >= maxGuesses {
				continue
			}
		}
		if class == 7 && c.dry >= maxDry {
			continue
		}
		was := best
		if offer(it, class, g.fetched); best != was {
			chosen = g
		}
	}
	if chosen != nil && best == chosen.items[0] && bestClass > 0 {
		best = chosen.sample()
	}
	return best
}

// How long the crawl believes that something new may come.
const (
	maxDry       = 10 // pages of the long tail in a row that showed nothing new
	maxDeadHints = 15 // guessed addresses that were not there
	maxGuesses   = 60 // guessed addresses that were tried: an interface may name hundreds
)

// queued counts what next could still give.
func (c *crawl) queued() int {
	n := 0
	for _, it := range c.queue {
		if it.open() {
			n++
		}
	}
	for _, g := range c.atlas.groups() {
		n += max(0, min(g.open, g.limit(c.cfg.PerTemplate)-g.fetched))
	}
	return n
}

// found is one address that an answer names.
type found struct {
	url     *url.URL
	via     string
	text    string
	method  string
	rel     string
	effect  page.Effect // "" when the classifier is to be asked
	why     string
	pattern bool
}

// maxKnown bounds the addresses that are remembered.
const maxKnown = 60_000

// add takes an address into the crawl, or notes why it is left alone.
func (c *crawl) add(f found, from *visit, parent wire.ExchangeID) *item {
	if f.url == nil || f.url.Host == "" || f.url.Scheme != "http" && f.url.Scheme != "https" {
		return nil
	}
	u := c.upgrade(page.Canonical(f.url))
	key := u.String()
	if f.method != "" && f.method != "GET" {
		key = f.method + " " + key
	}
	if f.method != "" && f.method != "GET" {
		c.acts(u)
	}
	if old := c.seen[key]; old != nil {
		c.again(old, f)
		return old
	}
	if len(c.seen) >= maxKnown {
		c.skip(skipKnown, maxKnown, nil)
		return nil
	}
	c.seq++
	it := &item{url: u, parent: parent, visit: from, via: f.via, text: f.text, effect: f.effect, seq: c.seq}
	if from != nil {
		it.from = from.url
	}
	c.seen[key] = it
	if it.effect == "" {
		it.effect, f.why = page.ClassifyLink(&page.Link{URL: f.url, Raw: f.url.String(), Text: f.text, From: f.via, Rel: f.rel, Method: f.method})
	}
	if why, ok := c.leave(it, f); ok {
		it.settle(refused, why)
		c.apart = append(c.apart, it)
		return it
	}
	if ext := extension(u); fileKind[ext] != 0 {
		c.addFile(it, fileKind[ext])
		return it
	}
	if exportLike(u) {
		c.addFile(it, aDownload)
		return it
	}
	it.kind = promised(u, f.text)
	if from != nil && from.sign != "" && c.saturated(from, u) {
		it.tail = true
	}
	c.atlas.add(it)
	if it.kind != "" {
		it.group.wanted = append(it.group.wanted, it)
	}
	if from != nil {
		if it.group == from.group && !from.grew {
			from.grew = true
			it.group.growers++
		}
		if from.chain >= maxChain && it.group.fetched == 0 && below(u, from.url) {
			it.settle(refused, whyTrap)
			c.skipOnce(skipDeeper, from.group.handler, from.url)
		}
	}
	return it
}

// again takes note of a further mention of an address: a second text may
// promise a kind, a visitor's link makes a guess a link, and a name that acts
// (削除, ログアウト) on any page makes it an address that acts.
func (c *crawl) again(old *item, f found) {
	if f.effect == page.Writes && old.open() {
		old.effect = page.Writes
		old.settle(refused, with(whyWrites, f.why))
		c.apart = append(c.apart, old)
		return
	}
	if old.state == waiting && guess(old.via) && !guess(f.via) {
		old.via = f.via
	}
	if old.open() && old.kind == "" && old.group != nil && f.text != "" && f.text != old.text {
		if old.kind = promised(old.url, f.text); old.kind != "" {
			old.group.wanted = append(old.group.wanted, old)
		}
	}
}

// upgrade turns an old http:// link to the shop into the https:// address that
// it leads to, when only that one is in the scope.
func (c *crawl) upgrade(u *url.URL) *url.URL {
	if u.Scheme != "http" || u.Port() != "" || c.scope.HasOrigin(u) {
		return u
	}
	s := *u
	s.Scheme = "https"
	if c.scope.HasOrigin(&s) {
		return &s
	}
	return u
}

// acts remembers that a script sends something to u. Where the same address
// stands in a script without a method, it is the same call, not a page.
func (c *crawl) acts(u *url.URL) {
	key := u.String()
	c.acting[key] = true
	if it := c.seen[key]; it != nil && it.open() && guess(it.via) {
		it.effect = page.Writes
		it.settle(refused, with(whyMethod, "POST"))
		c.apart = append(c.apart, it)
	}
}

// leave says why an address is never asked for.
func (c *crawl) leave(it *item, f found) (check.Reason, bool) {
	u := it.url
	switch {
	case !c.scope.HasOrigin(u):
		if !guess(f.via) { // a library names its makers and every social network
			c.sibling(u.Hostname(), siblingLink)
		}
		return whyScope, true
	case it.effect == page.Writes:
		return with(whyWrites, f.why), true
	case f.pattern || strings.Contains(u.Path, "{") || strings.Contains(u.Path, "/:") || strings.Contains(u.RawQuery, "%7B"):
		return whyPattern, true
	case f.method != "" && f.method != "GET":
		return with(whyMethod, f.method), true
	case c.oneFeedMore(u):
		return with(whySame, fmt.Sprint(maxFeeds)), true
	case guess(f.via) && c.acting[u.String()]:
		it.effect = page.Writes
		return with(whyMethod, "POST"), true
	case f.via == "websocket", f.via == "eventsource":
		return whySocket, true
	case runsInCircles(u):
		c.skipOnce(skipDeeper, dirOf(u), u)
		return whyTrap, true
	}
	if err := c.scope.Allows("GET", u, wire.Passive); err != nil && c.scope.Level != wire.Offline {
		return reasonOf(err), true
	}
	return check.Reason{}, false
}

// maxFeeds bounds the feeds that are fetched: every post, author and category
// of a blog has one, and each repeats what its page says.
const maxFeeds = 2

func (c *crawl) oneFeedMore(u *url.URL) bool {
	if !feed.MatchString(u.Path) {
		return false
	}
	c.feeds++
	return c.feeds > maxFeeds
}

var feed = regexp.MustCompile(`(?i)/(?:feed|comments/feed|rss2?|atom|rdf|index\.rdf)(?:/(?:rss2?|atom|rdf)?|\.xml|\.php)?$`)

const maxChain = 3

// below says that u lies deeper than p, or is p with another query.
func below(u, p *url.URL) bool {
	dir := p.EscapedPath()
	if u.EscapedPath() == dir {
		return true
	}
	if i := strings.LastIndexByte(dir, '/'); i >= 0 {
		dir = dir[:i+1]
	}
	return dir != "/" && strings.HasPrefix(u.EscapedPath(), dir)
}

// runsInCircles recognises paths that relative links make longer and longer.
func runsInCircles(u *url.URL) bool {
	if len(u.Path)+len(u.RawQuery) > 2000 {
		return true
	}
	segs := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(segs) > 20 {
		return true
	}
	for w := 1; w <= 3; w++ { // a/a/a, a/b/a/b/a/b …
		for i := 0; i+3*w <= len(segs); i++ {
			same := true
			for k := range 2 * w {
				if segs[i+k] != segs[i+k+w] || segs[i+k] == "" {
					same = false
					break
				}
			}
			if same {
				return true
			}
		}
	}
	return false
}

// saturated says that the part of the shop that u lies in has shown the
// template of from under many shapes already, so that one more shape is
// probably one more page of a labyrinth.
func (c *crawl) saturated(from *visit, u *url.URL) bool {
	return dirOf(u) == dirOf(from.url) && dirOf(u) != "/" && len(c.spread[dirOf(u)+"\x00"+from.sign]) >= maxSpread
}

const maxSpread = 6
