package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/term"
)

// prose is the widest that running text is set, however wide the terminal.
const prose = 100

// columns is how wide w's terminal is; 0 when w is none.
func columns(w io.Writer) int {
	if o, ok := w.(*output); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 10 {
		return n
	}
	return 80
}

// measure is how wide running text is set on w.
func measure(w io.Writer) int {
	if n := columns(w); n > 0 {
		return min(n, prose)
	}
	return 80
}

// wrap breaks s into lines of at most width columns where Unicode allows a
// break, so that no Japanese line begins with a comma or full stop. A word
// longer than the line stands alone and sticks out.
func wrap(s string, width int) []string {
	var lines []string
	for _, line := range strings.Split(s, "\n") {
		var b strings.Builder
		used, state := 0, -1
		for rest := line; rest != ""; {
			var part string
			for more := true; more; { // addresses, paths and numbers of runs stay whole
				var s string
				s, rest, _, state = uniseg.FirstLineSegmentInString(rest, state)
				part += s
				more = rest != "" && plain(s[len(s)-1]) && plain(rest[0])
			}
			w := uniseg.StringWidth(strings.TrimRight(part, " "))
			if used > 0 && used+w > width {
				lines = append(lines, unglued.Replace(strings.TrimRight(b.String(), " ")))
				b.Reset()
				used = 0
			}
			b.WriteString(part)
			used += uniseg.StringWidth(part)
		}
		lines = append(lines, unglued.Replace(strings.TrimRight(b.String(), " ")))
	}
	return lines
}

// glue keeps wrap from breaking s.
func glue(s string) string {
	return strings.Join(strings.Split(strings.ReplaceAll(s, " ", "\u00a0"), ""), "\u2060")
}

var unglued = strings.NewReplacer("\u2060", "", "\u00a0", " ")

// plain says that b is a visible ASCII character.
func plain(b byte) bool { return b > ' ' && b < 0x7f }

// hang sets s behind a first-line text of its own: what follows the first line
// is indented to where s begins.
func hang(lead string, s string, width int) string {
	indent := uniseg.StringWidth(lead)
	lines := wrap(s, max(width-indent, 20))
	return lead + strings.Join(lines, "\n"+strings.Repeat(" ", indent))
}

// pad fills s with spaces up to n columns.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-uniseg.StringWidth(s)))
}

// cut shortens s to n columns; Japanese characters take two.
func cut(s string, n int) string {
	if uniseg.StringWidth(s) <= n {
		return s
	}
	var b strings.Builder
	used := 0
	g := uniseg.NewGraphemes(s)
	for g.Next() {
		if used+g.Width() > n-1 {
			break
		}
		used += g.Width()
		b.WriteString(g.Str())
	}
	return b.String() + "…"
}

// table writes rows in columns two apart. On a terminal the last column wraps
// below itself; elsewhere a row stays a line, for other programs to read.
func table(w io.Writer, rows [][]string) {
	var widths []int
	for _, r := range rows {
		for i, c := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], uniseg.StringWidth(c))
		}
	}
	total := columns(w)
	for _, r := range rows {
		var b strings.Builder
		for i, c := range r[:len(r)-1] {
			b.WriteString(pad(c, widths[i]+2))
		}
		last := visible(r[len(r)-1])
		if total > 0 {
			fmt.Fprintln(w, hang(visible(b.String()), last, total))
		} else {
			fmt.Fprintln(w, strings.TrimRight(visible(b.String())+last, " "))
		}
	}
}

// visible replaces what could steer the terminal: a title or an address of the
// shop is data, whatever it holds.
func visible(s string) string {
	if strings.IndexFunc(s, steers) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if steers(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}

func steers(r rune) bool {
	return r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// article sets text for reading: paragraphs are wrapped, list items hang at
// their text, and "  word  meaning" lines hang at the meaning.
func article(w io.Writer, text, indent string) {
	width := measure(w) - len(indent)
	for _, line := range strings.Split(strings.Trim(text, "\n"), "\n") {
		lead := line[:leadOf(line)]
		out := hang(lead, line[len(lead):], width)
		for _, l := range strings.Split(out, "\n") {
			fmt.Fprintln(w, strings.TrimRight(indent+l, " "))
		}
	}
}

// leadOf is how much of a line stands before its running text.
func leadOf(line string) int {
	body := strings.TrimLeft(line, " ")
	n := len(line) - len(body)
	if item := strings.TrimPrefix(body, "- "); item != body {
		return n + 2
	}
	if num, rest, ok := strings.Cut(body, ". "); ok && len(num) <= 2 && strings.Trim(num, "0123456789") == "" {
		return len(line) - len(rest)
	}
	if n == 0 {
		return 0
	}
	if term, rest, ok := strings.Cut(body, "  "); ok && term != "" {
		return len(line) - len(strings.TrimLeft(rest, " "))
	}
	return n
}
