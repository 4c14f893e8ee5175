// Package proof holds what the reference exploits of the accuracy bench use to
// see whether an interpreter was reached: differences that the weakness alone
// can make, elements and script tokens that were not in the page, and where a
// browser would go.
package proof

import (
	"context"
	"errors"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
	"golang.org/x/net/html"

	"miseban/bench/accuracy/trial"
)

// Shows says whether the answer to value holds text.
func Shows(ctx context.Context, send trial.Send, value, text string) (bool, error) {
	seen, err := send(ctx, value)
	if err != nil {
		return false, err
	}
	return strings.Contains(seen.Body, text), nil
}

// Splits says whether the answer to yes holds text and the one to no does not.
func Splits(ctx context.Context, send trial.Send, yes, no, text string) (bool, error) {
	a, err := Shows(ctx, send, yes, text)
	if err != nil || !a {
		return false, err
	}
	b, err := Shows(ctx, send, no, text)
	return a && !b, err
}

// Fails says whether bad is answered with an error and good is not.
func Fails(ctx context.Context, send trial.Send, bad, good string) (bool, error) {
	a, err := send(ctx, bad)
	if err != nil {
		return false, err
	}
	b, err := send(ctx, good)
	return err == nil && a.Status >= 500 && b.Status < 400, err
}

// Waits says whether slow takes at least d longer than the quickest answer to
// quick, three times.
func Waits(ctx context.Context, send trial.Send, slow, quick string, d time.Duration) (bool, error) {
	usual := time.Hour
	for range 3 {
		b, err := send(ctx, quick)
		if err != nil {
			return false, err
		}
		usual = min(usual, b.Took)
	}
	for range 3 {
		a, err := send(ctx, slow)
		if err != nil || a.Took < d || a.Took-usual < d*3/4 {
			return false, err
		}
	}
	return true, nil
}

// Element says whether the page has an element of the given name and id, or an
// element with the given id when name is "".
func Element(body, name, id string) bool {
	found := false
	walk(body, func(n *html.Node) {
		for _, a := range n.Attr {
			if a.Key == "id" && a.Val == id && (name == "" || n.Data == name) {
				found = true
			}
		}
	})
	return found
}

// Attribute says whether some element has the attribute with the value.
func Attribute(body, key, value string) bool {
	found := false
	walk(body, func(n *html.Node) {
		for _, a := range n.Attr {
			if a.Key == key && a.Val == value {
				found = true
			}
		}
	})
	return found
}

// Scheme says whether a link, frame or form of the page leads to a javascript:
// address that holds word.
func Scheme(body, word string) bool {
	found := false
	walk(body, func(n *html.Node) {
		for _, a := range n.Attr {
			switch a.Key {
			case "href", "src", "action", "formaction", "data":
				v := strings.Map(func(r rune) rune {
					if r <= ' ' {
						return -1
					}
					return r
				}, a.Val)
				found = found || strings.HasPrefix(strings.ToLower(v), "javascript:") && strings.Contains(v, word)
			}
		}
	})
	return found
}

// Runs says whether a script of the page (element, handler attribute) has ident
// as an identifier of its own, not inside a string or a comment.
func Runs(body, ident string) bool {
	found := false
	walk(body, func(n *html.Node) {
		if n.Data == "script" && n.FirstChild != nil && scriptable(n) && identifier(n.FirstChild.Data, ident) {
			found = true
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") && identifier(a.Val, ident) {
				found = true
			}
		}
	})
	return found
}

func scriptable(n *html.Node) bool {
	for _, a := range n.Attr {
		if a.Key == "type" {
			return a.Val == "" || strings.Contains(a.Val, "javascript") || a.Val == "module"
		}
	}
	return true
}

// identifier looks for ident among the tokens of a script that parses as a whole.
func identifier(script, ident string) bool {
	// A script that does not parse as a whole runs nothing of itself.
	if _, err := js.Parse(parse.NewInputString(script), js.Options{}); err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	l := js.NewLexer(parse.NewInputString(script))
	for {
		t, text := l.Next()
		if t == js.ErrorToken {
			return false
		}
		if js.IsIdentifier(t) && string(text) == ident {
			return true
		}
	}
}

func walk(body string, f func(*html.Node)) {
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			f(n)
		}
	}
}

var refresh = regexp.MustCompile(`(?i)^\s*\d*\s*;\s*(?:url\s*=)?\s*['"]?([^'"]*)`)

// Goes is the host to which a browser would go on from an answer by itself:
// Location, Refresh, meta element or location assignment; "" for nowhere.
func Goes(seen *trial.Seen) string {
	to := ""
	if seen.Status >= 300 && seen.Status < 400 {
		to = seen.Header.Get("Location")
	}
	if m := refresh.FindStringSubmatch(seen.Header.Get("Refresh")); to == "" && m != nil {
		to = m[1]
	}
	walk(seen.Body, func(n *html.Node) {
		if to != "" {
			return
		}
		if n.Data == "meta" {
			eq, content := "", ""
			for _, a := range n.Attr {
				switch a.Key {
				case "http-equiv":
					eq = a.Val
				case "content":
					content = a.Val
				}
			}
			if m := refresh.FindStringSubmatch(content); strings.EqualFold(eq, "refresh") && m != nil {
				to = m[1]
			}
		}
		if n.Data == "script" && n.FirstChild != nil {
			if m := assigned.FindStringSubmatch(n.FirstChild.Data); m != nil {
				to = strings.NewReplacer(`\/`, `/`, `\u002f`, `/`, `\\`, `\`).Replace(m[1] + m[2])
			}
		}
	})
	return hostOf(seen.URL, to)
}

var assigned = regexp.MustCompile(`location(?:\.href)?\s*=\s*["']([^"']*)["']|location\.(?:replace|assign)\(\s*["']([^"']*)["']`)

// hostOf resolves to as a browser does: control characters are dropped and
// backslashes are slashes.
func hostOf(base, to string) string {
	to = strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, strings.TrimFunc(to, func(r rune) bool { return r <= ' ' }))
	if to == "" {
		return ""
	}
	head, tail := to, ""
	if i := strings.IndexAny(to, "?#"); i >= 0 {
		head, tail = to[:i], to[i:]
	}
	head = strings.ReplaceAll(head, `\`, "/")
	low := strings.ToLower(head)
	for _, s := range []string{"http:", "https:"} {
		if strings.HasPrefix(low, s) {
			rest := head[len(s):]
			if slashes := len(rest) - len(strings.TrimLeft(rest, "/")); slashes != 0 {
				head = s + "//" + strings.TrimLeft(rest, "/")
			}
		}
	}
	if strings.HasPrefix(head, "//") {
		head = "//" + strings.TrimLeft(head, "/")
	}
	b, err := url.Parse(base)
	if err != nil {
		return ""
	}
	u, err := b.Parse(head + tail)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
