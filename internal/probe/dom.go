package probe

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"miseban/internal/page"
)

// domWays are the values that run a script where a script of the page hands
// them to a sink. What they run is a variable that means nothing but is
// noticed when it is read.
var (
	domMarkup = []string{
		`<img src onerror=N>`, `"><img src onerror=N>`, `'><img src onerror=N>`, `</textarea><img src onerror=N>`, `</title><img src onerror=N>`,
		`</style><img src onerror=N>`, `" onfocus=N autofocus x="`, `' onfocus=N autofocus x='`,
	}
	domCode = []string{`N`, `'?N:N?N:'`, `"?N:N?N:"`, "`?N:N?N:`", `1*N`, `',N,'`, `",N,"`, `\'?N:N//`, `\"?N:N//`}
	domURL  = []string{`javascript:N`}
	domLoad = []string{`//` + ReservedHost + `/N`, `https://` + ReservedHost + `/N`}
)

var _ = func() []*Value {
	var out []*Value
	for _, list := range [][]string{domMarkup, domCode, domURL, domLoad} {
		for _, v := range list {
			out = append(out, Ship("dom "+v, func(_ string, r *Rand) string { return strings.ReplaceAll(v, "N", r.Letters(10)) }))
		}
	}
	return out
}()

// RunsIn lists the values which, in the place of tag in what reached the sink,
// would run word: each was tried on a copy, the shortest come first, at most three.
func RunsIn(s page.Sink, tag, word string) []string {
	i := strings.Index(asciiLower(s.Value), tag)
	if i < 0 {
		return nil
	}
	list := domMarkup
	switch s.Name {
	case "eval", "handler", "script text":
		list = domCode
	case "location", "frame src", "link href", "form action":
		list = domURL
	case "script src":
		list = domLoad
	}
	var out []string
	for _, w := range list {
		v := strings.ReplaceAll(w, "N", word)
		if Runs(page.Sink{Name: s.Name, Value: s.Value[:i] + v + s.Value[i+len(tag):]}, word) {
			if out = append(out, v); len(out) == 3 {
				break
			}
		}
	}
	return out
}

// Runs says whether what reached the sink runs word there: at once, or when the
// link or form that it became is used.
func Runs(s page.Sink, word string) bool {
	switch s.Name {
	case "eval", "handler", "script text":
		return usesName(s.Value, word, true)
	case "location", "frame src", "link href", "form action":
		code, ok := scriptURL(s.Value)
		return ok && usesName(code, word, false)
	case "script src":
		return pointsAway(s.Value)
	}
	nodes, err := html.ParseFragment(strings.NewReader(s.Value), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		return false
	}
	f := finder{name: word}
	for _, n := range nodes {
		f.walk(n, 0)
	}
	for _, e := range f.out {
		if e.Made == MadeHandler || e.Made == MadeScriptURL {
			return true
		}
	}
	return false
}
