package probe

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// filters are what shops do to a value before they print it.
var filters = map[string]func(string) string{
	"raw":        func(s string) string { return s },
	"html":       html.EscapeString,
	"noquotes":   strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace,
	"compat":     strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace, // htmlspecialchars of PHP before 8.1
	"quotesonly": strings.NewReplacer(`"`, "&quot;", "'", "&#39;").Replace,
	"ltonly":     strings.NewReplacer("<", "&lt;").Replace,
	"nolt":       strings.NewReplacer("<", "").Replace,
	"brackets":   strings.NewReplacer("<", "", ">", "").Replace,
	"striptags":  stripTags,
	"regextags":  func(s string) string { return regexp.MustCompile(`<[^>]*>`).ReplaceAllString(s, "") },
	"noscript":   func(s string) string { return regexp.MustCompile(`(?i)</?script[^>]*>`).ReplaceAllString(s, "") },
	"addslashes": strings.NewReplacer(`\`, `\\`, "'", `\'`, `"`, `\"`).Replace,
	"slashquote": strings.NewReplacer("'", `\'`, `"`, `\"`).Replace, // forgets the backslash
	"json":       func(s string) string { b, _ := json.Marshal(s); return string(b) },
	"jsonslash": func(s string) string { // json_encode of PHP: keeps < and >, escapes /
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(s)
		return strings.ReplaceAll(strings.TrimSpace(b.String()), "/", `\/`)
	},
	"jsonraw": func(s string) string {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(s)
		return strings.TrimSpace(b.String())
	},
	"js":        template.JSEscapeString,
	"url":       url.QueryEscape,
	"upper":     strings.ToUpper,
	"lower":     strings.ToLower,
	"nfkc":      norm.NFKC.String,
	"unquote":   func(s string) string { u, _ := url.QueryUnescape(s); return u },
	"alnum":     func(s string) string { return regexp.MustCompile(`[^A-Za-z0-9_]`).ReplaceAllString(s, "") },
	"digits":    func(s string) string { return regexp.MustCompile(`[^0-9]`).ReplaceAllString(s, "") },
	"nospace":   func(s string) string { return strings.Join(strings.Fields(s), "") },
	"dashes":    func(s string) string { return strings.ReplaceAll(s, "--", "- -") },
	"firstword": func(s string) string { w, _, _ := strings.Cut(s, " "); return w },
	"cut20":     func(s string) string { return s[:min(len(s), 20)] },
	"httponly": func(s string) string {
		if u, err := url.Parse(s); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
			return s
		}
		return "/"
	},
	"sjisslash": func(s string) string { // addslashes on the bytes of Shift_JIS, as a shop that knows nothing of characters
		return strings.NewReplacer(`\`, `\\`, "'", `\'`, `"`, `\"`).Replace(s)
	},
	"sjisbytes": func(s string) string { // addslashes on the bytes themselves: of 表 it doubles the second
		b, err := japanese.ShiftJIS.NewEncoder().String(s)
		if err != nil {
			return ""
		}
		b, _ = japanese.ShiftJIS.NewDecoder().String(strings.NewReplacer(`\`, `\\`, "'", `\'`, `"`, `\"`).Replace(b))
		return b
	},
	"identifier": func(s string) string {
		if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' }) >= 0 {
			return "callback"
		}
		return s
	},
}

// stripTags removes tags as strip_tags of PHP does: a bracket before a space is no tag.
func stripTags(s string) string {
	var b strings.Builder
	in := false
	for i := 0; i < len(s); i++ {
		switch {
		case in:
			in = s[i] != '>'
		case s[i] == '<' && (i+1 == len(s) || s[i+1] != ' '):
			in = true
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// echo is one handler of the table: an answer with {{filter filter}} where the value goes.
type echo struct {
	name       string
	vulnerable bool
	status     int
	header     http.Header
	body       string
	made       func(value string) string // makes the body instead
}

var hole = regexp.MustCompile(`\{\{([a-z0-9 ]+)\}\}`)

func (e *echo) fill(s, value string) string {
	return hole.ReplaceAllStringFunc(s, func(h string) string {
		v := value
		for _, f := range strings.Fields(strings.Trim(h, "{}")) {
			v = filters[f](v)
		}
		return v
	})
}

func (e *echo) answer(value string) *page.Page {
	ex := &wire.Exchange{ID: "1", Status: e.status, Header: http.Header{}, Method: "GET", Body: []byte(e.fill(e.body, value))}
	if e.made != nil {
		ex.Body = []byte(e.made(value))
	}
	ex.URL, _ = url.Parse("http://shop.test/")
	for k, vs := range e.header {
		for _, v := range vs {
			ex.Header.Add(k, e.fill(v, value))
		}
	}
	if strings.Contains(strings.ToLower(e.header.Get("Content-Type")), "shift_jis") {
		ex.Body, _ = japanese.ShiftJIS.NewEncoder().Bytes(ex.Body)
	}
	if strings.Contains(strings.ToLower(e.header.Get("Content-Type")), "iso-2022-jp") {
		ex.Body, _ = japanese.ISO2022JP.NewEncoder().Bytes(ex.Body)
	}
	return page.Parse(ex)
}

func readEchoes(t testing.TB) []*echo {
	t.Helper()
	var out []*echo
	for _, file := range []string{"vulnerable", "safe"} {
		ar, err := txtar.ParseFile("testdata/" + file + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			e := &echo{name: file + " " + f.Name, vulnerable: file == "vulnerable", status: 200, header: http.Header{}}
			head, body, ok := strings.Cut(string(f.Data), "\n\n")
			if !ok {
				t.Fatalf("%s: no empty line between head and body", f.Name)
			}
			e.body = body
			for _, l := range strings.Split(head, "\n") {
				k, v, ok := strings.Cut(l, ": ")
				if !ok {
					if _, err := fmt.Sscan(l, &e.status); err != nil {
						t.Fatalf("%s: head line %q", f.Name, l)
					}
					continue
				}
				e.header.Add(k, v)
			}
			for _, h := range hole.FindAllStringSubmatch(e.body, -1) {
				for _, w := range strings.Fields(h[1]) {
					if filters[w] == nil {
						t.Fatalf("%s: unknown filter %q", f.Name, w)
					}
				}
			}
			out = append(out, e)
		}
	}
	return out
}

var testRegistry = NewRegistry(func(label string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(label)))[:32]
})

// leave asks e as the check does: the probe first, then the shortest ways that
// would leave. It returns the proof and how many requests it took.
func leave(e *echo, label string) (proof []Escape, way string, asked int) {
	m := testRegistry.New("test", e.name, "q", label)
	pg := e.answer(m.Probe())
	asked++
	if got := Escapes(pg.Tree(), m.Name()); len(got) > 0 && Renders(pg.Ex) {
		return got, m.Probe(), asked
	}
	tried := map[string]bool{}
	for _, p := range Places(pg, m) {
		for _, w := range Leaves(pg, &p, m.Name()) {
			if tried[w.Value] {
				continue
			}
			tried[w.Value] = true
			v := w.Fill(m.Name())
			asked++
			if again := e.answer(v); Renders(again.Ex) {
				if got := Escapes(again.Tree(), m.Name()); len(got) > 0 {
					return got, v, asked
				}
			}
		}
	}
	return nil, "", asked
}

// Every reflection of the table is told apart, at a bounded price.
func TestReflections(t *testing.T) {
	t.Parallel()
	echoes := readEchoes(t)
	count := map[bool]int{}
	requests := map[bool]int{}
	for _, e := range echoes {
		count[e.vulnerable]++
		got, way, asked := leave(e, "one")
		requests[e.vulnerable] += asked
		if (len(got) > 0) != e.vulnerable {
			m := testRegistry.New("test", e.name, "q", "one")
			pg := e.answer(m.Probe())
			t.Errorf("%s: proof %v, want vulnerable %v\nplaces %+v\n%s", e.name, got, e.vulnerable, Places(pg, m), pg.Text)
		}
		if asked > 4 {
			t.Errorf("%s: %d requests", e.name, asked)
		}
		if err := wire.Harmless(way); err != nil {
			t.Errorf("%s: %q: %v", e.name, way, err)
		}
	}
	if count[true] < 40 || count[false] < 40 {
		t.Errorf("%d vulnerable and %d safe reflections, want 40 of each", count[true], count[false])
	}
	t.Logf("requests: %d for %d vulnerable, %d for %d safe", requests[true], count[true], requests[false], count[false])
}

// Whatever is shipped to leave a place may leave the machine too.
func TestWaysAreHarmless(t *testing.T) {
	t.Parallel()
	r := NewRand("0123456789abcdef0123456789abcdef")
	for _, v := range Values() {
		if strings.HasPrefix(v.Name, "leave ") || v.Name == "marker" {
			if err := wire.Harmless(v.Make("tea", r)); err != nil {
				t.Errorf("%s: %v", v.Name, err)
			}
		}
	}
}
