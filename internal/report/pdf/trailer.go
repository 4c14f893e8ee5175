package pdf

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
	"unicode/utf16"

	"miseban/internal/report"
)

// counter counts what goes out and keeps the end of it, where the place of
// the file's index is written.
type counter struct {
	w    io.Writer
	n    int64
	tail []byte
	err  error
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	c.tail = append(c.tail, b[:n]...)
	if len(c.tail) > 64 {
		c.tail = append(c.tail[:0], c.tail[len(c.tail)-64:]...)
	}
	if c.err == nil {
		c.err = err
	}
	return n, err
}

// update appends what gopdf has no words for, as an incremental update of the
// file: the language, the title bar, a nested outline, and the information of
// the document.
func (l *layout) update(c *counter, next int, pages []int) error {
	var old int64
	i := bytes.LastIndex(c.tail, []byte("startxref\n"))
	if i < 0 {
		return fmt.Errorf("no startxref in the file")
	}
	if _, err := fmt.Sscan(string(c.tail[i+len("startxref\n"):]), &old); err != nil {
		return fmt.Errorf("startxref: %w", err)
	}
	offsets := map[int]int64{}
	write := func(id int, format string, args ...any) {
		offsets[id] = c.n
		fmt.Fprintf(c, "%d 0 obj\n", id)
		fmt.Fprintf(c, format, args...)
		fmt.Fprint(c, "\nendobj\n")
	}
	info, root, first := next, next+1, next+2
	write(1, "<< /Type /Catalog /Pages 2 0 R /Lang (%s) /Outlines %d 0 R /PageMode /UseOutlines /ViewerPreferences << /DisplayDocTitle true >> >>", l.doc.Lang, root)
	write(info, "<< /Title %s /Subject %s /Author (Miseban) /Creator (Miseban %s) /CreationDate (%s) >>", text16(l.doc.Title+" "+l.doc.Subtitle), text16(l.doc.Shop), ascii(l.doc.Run.Version), pdfDate(l.doc.Made))
	l.outline(write, root, first, pages)
	start := c.n
	fmt.Fprint(c, "xref\n")
	fmt.Fprintf(c, "1 1\n%010d 00000 n \n", offsets[1])
	fmt.Fprintf(c, "%d %d\n", next, len(offsets)-1)
	for id := next; id < next+len(offsets)-1; id++ {
		fmt.Fprintf(c, "%010d 00000 n \n", offsets[id])
	}
	fmt.Fprintf(c, "trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n", next+len(offsets)-1, info, old, start)
	return c.err
}

// outline writes the bookmarks: chapters open at the first level, what is in
// them folded below.
func (l *layout) outline(write func(int, string, ...any), root, first int, pages []int) {
	n := len(l.bookmarks)
	parent, children := make([]int, n), make([]int, n)
	prev, next, firstChild, lastChild := make([]int, n), make([]int, n), make([]int, n), make([]int, n)
	for i := range n {
		parent[i], prev[i], next[i], firstChild[i], lastChild[i] = -1, -1, -1, -1, -1
	}
	tops, lastTop := 0, -1
	for i, b := range l.bookmarks {
		if b.level == 0 || lastTop < 0 {
			if lastTop >= 0 {
				prev[i], next[lastTop] = lastTop, i
			}
			lastTop = i
			tops++
			continue
		}
		parent[i] = lastTop
		if c := lastChild[lastTop]; c >= 0 {
			prev[i], next[c] = c, i
		} else {
			firstChild[lastTop] = i
		}
		lastChild[lastTop] = i
		children[lastTop]++
	}
	if n == 0 {
		write(root, "<< /Type /Outlines /Count 0 >>")
		return
	}
	write(root, "<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>", first, first+lastTop, tops)
	for i, b := range l.bookmarks {
		var s strings.Builder
		up := root
		if parent[i] >= 0 {
			up = first + parent[i]
		}
		fmt.Fprintf(&s, "<< /Title %s /Parent %d 0 R /Dest [%d 0 R /XYZ 0 %.2f null]", text16(b.title), up, pages[b.page], pageHeight-b.y+6)
		for _, r := range []struct {
			key string
			to  int
		}{{"Prev", prev[i]}, {"Next", next[i]}, {"First", firstChild[i]}, {"Last", lastChild[i]}} {
			if r.to >= 0 {
				fmt.Fprintf(&s, " /%s %d 0 R", r.key, first+r.to)
			}
		}
		if children[i] > 0 {
			fmt.Fprintf(&s, " /Count -%d", children[i])
		}
		s.WriteString(" >>")
		write(first+i, "%s", s.String())
	}
}

// text16 is a text string of PDF in UTF-16.
func text16(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(report.Visible(s))) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteString(">")
	return b.String()
}

// ascii drops what would end or disturb a literal string.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '(' || r == ')' || r == '\\' {
			return -1
		}
		return r
	}, s)
}

func pdfDate(t time.Time) string { return t.UTC().Format("D:20060102150405Z") }

// address is a link target outside the document in plain ASCII, or nothing.
func address(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	s := u.String()
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return s
}
