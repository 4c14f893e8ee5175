package login

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// difference is what the answers to unknown names have in common that those to
// the known one do not have, and the other way round.
type difference struct {
	how                    string // "status", "redirect", "text", "time"; "" when nothing is left of it
	u, k                   string // of status, redirect and time
	onlyUnknown, onlyKnown []line
	slow                   time.Duration // the least that the slower kind took, when it took much longer
	times                  [2]string
}

// apart compares two answers to unknown names with two to the known one.
func apart(unknown, known [2]*answer) *difference {
	if unknown[0].status == unknown[1].status && known[0].status == known[1].status && unknown[0].status != known[0].status {
		return &difference{how: "status", u: strconv.Itoa(unknown[0].status), k: strconv.Itoa(known[0].status)}
	}
	if unknown[0].redirect == unknown[1].redirect && known[0].redirect == known[1].redirect && unknown[0].redirect != known[0].redirect {
		return &difference{how: "redirect", u: orNone(unknown[0].redirect), k: orNone(known[0].redirect)}
	}
	d := &difference{
		how:         "text",
		onlyUnknown: notIn(both(unknown[0].lines, unknown[1].lines), known[0].lines, known[1].lines),
		onlyKnown:   notIn(both(known[0].lines, known[1].lines), unknown[0].lines, unknown[1].lines),
		slow:        slower(unknown, known), times: [2]string{ms(unknown), ms(known)},
	}
	if len(d.onlyUnknown)+len(d.onlyKnown) == 0 {
		d.drop()
	}
	return d
}

// drop gives up on what was found so far: texts may hide that times differ.
func (d *difference) drop() {
	if d.how == "text" && d.slow > 0 {
		d.how, d.u, d.k = "time", d.times[0], d.times[1]
		return
	}
	d.how = ""
}

func (d *difference) unknown() string { return d.say(d.u, d.onlyUnknown) }
func (d *difference) known() string   { return d.say(d.k, d.onlyKnown) }

func (d *difference) say(value string, lines []line) string {
	if d.how != "text" {
		return value
	}
	var out []string
	for _, l := range lines {
		out = append(out, l.text)
	}
	return orNone(strings.Join(out, " / "))
}

// mostLooks bounds how often the page of the sign-in is looked at.
const mostLooks = 80

// outlast looks at the page of the sign-in, which signs nobody in and locks
// nobody out, until chance is ruled out: what varies there by itself – goods,
// advertisements, counters, a block that is now and then left out – is taken
// from d. What comes by itself and is too rare to be met there would have to be
// in both answers of one kind and in neither of the other. It is false when
// chance stays, or when what is left says nothing about accounts.
func (d *difference) outlast(m *wire.Masker, seen []*page.Page, look func() (*page.Page, error)) (bool, error) {
	w := &watch{d: d, m: m, said: map[string]bool{}, moving: map[string]bool{}}
	for _, pg := range seen {
		w.hear(pg)
	}
	for looks := 0; d.how != "" && looks <= mostLooks; looks++ {
		if looks >= 3 && luck(d.seen(), w.n) < 1e-4 {
			return d.how != "text" || slices.ContainsFunc(slices.Concat(d.onlyUnknown, d.onlyKnown), func(l line) bool { return aboutAccounts.MatchString(l.text) }), nil
		}
		pg, err := look()
		if err != nil {
			return false, err
		}
		if w.first != nil && pg.Ex.Status != w.status || pg.Ex.Status >= 400 || pg.Challenge != "" {
			return false, nil
		}
		w.look(pg)
	}
	return false, nil
}

// watch is what the shop's pages say by themselves.
type watch struct {
	d      *difference
	m      *wire.Masker
	n      int             // pages
	said   map[string]bool // texts, wherever they stand
	status int
	first  map[string][]string // the first look, by kind of element
	moving map[string]bool     // kinds of element whose texts vary
}

// hear takes from the difference what pg has as well, and gives its lines by kind of element.
func (w *watch) hear(pg *page.Page) map[string][]string {
	here := map[string][]string{}
	for _, l := range linesOf(w.m, pg, "") {
		w.said[l.text] = true
		here[l.at] = append(here[l.at], l.text)
	}
	w.n++
	if w.d.how == "time" && pg.Ex.TTFB >= w.d.slow {
		w.d.drop()
	}
	w.weed()
	return here
}

// look is hear for the page of the sign-in, of which each look should be like the first.
func (w *watch) look(pg *page.Page) {
	here := w.hear(pg)
	if w.first == nil {
		w.first, w.status = here, pg.Ex.Status
		return
	}
	for _, one := range []map[string][]string{here, w.first} {
		for at := range one {
			w.moving[at] = w.moving[at] || !slices.Equal(here[at], w.first[at])
		}
	}
	w.weed()
}

func (w *watch) weed() {
	left := func(l line) bool { return w.said[l.text] || w.moving[l.at] }
	w.d.onlyUnknown, w.d.onlyKnown = slices.DeleteFunc(w.d.onlyUnknown, left), slices.DeleteFunc(w.d.onlyKnown, left)
	if w.d.how == "text" && len(w.d.onlyUnknown)+len(w.d.onlyKnown) == 0 {
		w.d.drop()
	}
}

// seen is in how many of the four answers something stood that no look showed:
// in all where both kinds have a text, or a redirect, of their own.
func (d *difference) seen() int {
	twoTexts := d.how == "text" && slices.ContainsFunc(d.onlyUnknown, func(u line) bool {
		return slices.ContainsFunc(d.onlyKnown, func(k line) bool { return k.at == u.at })
	})
	if twoTexts || d.how == "redirect" && d.u != orNone("") && d.k != orNone("") {
		return 4
	}
	return 2
}

// luck is how often something that comes by itself, however rarely, is met in k
// given answers and in none of n others, at most.
func luck(k, n int) float64 {
	r := float64(k) / float64(k+n)
	return math.Pow(r, float64(k)) * math.Pow(1-r, float64(n))
}

var aboutAccounts = regexp.MustCompile(`(?i)登録|会員|存在|見つか|アカウント|メールアドレス|パスワード|ID|ログイン|account|e-?mail|user|member|password|exist|found|register|sign|log ?in`)

// slower is the least that the answers of one kind took when they took much longer than the
// other, by far more than answers of one kind differ among themselves; else 0.
func slower(a, b [2]*answer) time.Duration {
	lo, hi := min(a[0].took, a[1].took), max(a[0].took, a[1].took)
	lo2, hi2 := min(b[0].took, b[1].took), max(b[0].took, b[1].took)
	if lo > lo2 {
		lo, hi, lo2, hi2 = lo2, hi2, lo, hi
	}
	if gap := lo2 - hi; gap > 200*time.Millisecond && lo2 > 3*hi && gap > 4*max(hi-lo, hi2-lo2) {
		return lo2
	}
	return 0
}
