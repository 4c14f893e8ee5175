package page

import (
	"regexp"
	"strings"
)

// scan reads the strings of a script that does not parse (template
// placeholders, cut off, very large): what stands before a string says how
// sure one can be of it.
func (w *jsWalk) scan(s string) {
	budget := 50_000
	for i := 0; i < len(s) && len(w.out) < maxJSLinks; {
		switch c := s[i]; c {
		case '/':
			if i+1 < len(s) && s[i+1] == '/' {
				j := strings.IndexByte(s[i:], '\n')
				if j < 0 {
					return
				}
				i += j
				continue
			}
			if i+1 < len(s) && s[i+1] == '*' {
				j := strings.Index(s[i+2:], "*/")
				if j < 0 {
					return
				}
				i += j + 4
				continue
			}
			i++
		case '"', '\'', '`':
			end := closing(s, i)
			if end < 0 {
				i++
				continue
			}
			if end > i+2 {
				if budget--; budget < 0 {
					return
				}
				w.found(s[max(0, i-80):i], s[i+1:end], c == '`')
			}
			i = end + 1
		default:
			i++
		}
	}
}

// closing finds the end of the string that starts at i, -1 when it has none on its line.
func closing(s string, i int) int {
	q := s[i]
	for j := i + 1; j < len(s) && j-i < 1<<16; j++ {
		switch s[j] {
		case '\\':
			j++
		case '\n':
			if q != '`' {
				return -1
			}
		case q:
			return j
		}
	}
	return -1
}

var (
	beforeLocation = regexp.MustCompile(`location(\.href)?\s*=\s*$|location\.(assign|replace)\(\s*$`)
	beforeOpen     = regexp.MustCompile(`\.open\(\s*["'](\w+)["']\s*,\s*$`)
	beforeWindow   = regexp.MustCompile(`window\.open\(\s*$`)
	beforeFetch    = regexp.MustCompile(`\bfetch\(\s*$`)
	beforeVerb     = regexp.MustCompile(`\.(get|post|put|patch|delete|ajax|getJSON)\(\s*$`)
	beforeURL      = regexp.MustCompile(`\b(url|href|action)["']?\s*[:=]\s*$`)
	templateHole   = regexp.MustCompile(`\$\{[^}]*\}`)
)

func (w *jsWalk) found(head, s string, template bool) {
	if len(s) < 2 || len(s) > 1<<14 {
		return
	}
	if template {
		s = templateHole.ReplaceAllString(s, hole)
	}
	s = unescapeJS(s)
	if strings.IndexByte(s, '<') >= 0 {
		w.markup(s)
		return
	}
	if !looksLikePath(s) {
		return
	}
	if t := strings.TrimRight(head, " \t\r\n"); t == "" || !strings.ContainsRune("=(,:", rune(t[len(t)-1])) {
		w.emit(s, "script", "", false)
		return
	}
	switch {
	case beforeLocation.MatchString(head):
		w.emit(s, "location", "", true)
	case beforeWindow.MatchString(head):
		w.emit(s, "window.open", "", true)
	case beforeFetch.MatchString(head):
		w.emit(s, "fetch", "", true)
	case beforeURL.MatchString(head):
		w.emit(s, "script", "", true)
	default:
		if m := beforeOpen.FindStringSubmatch(head); m != nil && httpMethod(m[1]) != "" {
			w.emit(s, "xhr", httpMethod(m[1]), true)
			return
		}
		if m := beforeVerb.FindStringSubmatch(head); m != nil {
			method := strings.ToUpper(m[1])
			if !isMethod(method) {
				method = ""
			}
			w.emit(s, "ajax", method, false)
			return
		}
		w.emit(s, "script", "", false)
	}
}
