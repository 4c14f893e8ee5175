package page

import (
	"fmt"
	"html"
	"os"
	"strings"
	"testing"
)

// sample is one labelled form, link or request of a real package: the facts
// its markup has, and whether its handler changes anything.
type sample struct {
	line                                                  int
	pkg, effect, what, method, address, text, fields, row string
}

func samples(t testing.TB, file string) []sample {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []sample
	for i, row := range strings.Split(string(b), "\n") {
		if row == "" || strings.HasPrefix(row, "#") {
			continue
		}
		c := strings.Split(row, "\t")
		for len(c) < 7 {
			c = append(c, "")
		}
		s := sample{i + 1, c[0], c[1], c[2], c[3], c[4], c[5], c[6], row}
		if s.effect != "read" && s.effect != "write" || s.what != "link" && s.what != "form" && s.what != "request" || !strings.HasPrefix(s.address, "/") || len(c) > 7 {
			t.Fatalf("%s:%d: %q", file, s.line, row)
		}
		out = append(out, s)
	}
	return out
}

// classify puts the sample through the same way as a page of a shop.
func (s sample) classify(t testing.TB) (Effect, string) {
	t.Helper()
	if s.what == "request" {
		u := resolve(nil, "https://shop.test"+s.address)
		return ClassifyRequest(s.method, u, "application/x-www-form-urlencoded", []byte(strings.ReplaceAll(strings.ReplaceAll(s.fields, "&", "%26"), " ", "&")))
	}
	var b strings.Builder
	if s.what == "link" {
		m := ""
		if s.method != "GET" {
			m = fmt.Sprintf(` data-method="%s"`, s.method)
		}
		fmt.Fprintf(&b, `<a href="%s"%s>%s</a>`, html.EscapeString(s.address), m, html.EscapeString(s.text))
	} else {
		fmt.Fprintf(&b, `<form action="%s" method="%s">`, html.EscapeString(s.address), s.method)
		submits := strings.Split(s.text, "|")
		for _, f := range strings.Fields(s.fields) {
			name, typ, typed := strings.Cut(f, ":")
			if n, v, hidden := strings.Cut(f, "="); hidden && (!typed || len(n) < len(name)) {
				fmt.Fprintf(&b, `<input type="hidden" name="%s" value="%s">`, n, v)
				continue
			}
			switch typ {
			case "select":
				fmt.Fprintf(&b, `<select name="%s"><option>1</option></select>`, name)
			case "textarea":
				fmt.Fprintf(&b, `<textarea name="%s"></textarea>`, name)
			case "submit":
				text := s.text
				if len(submits) > 0 {
					text, submits = submits[0], submits[1:]
				}
				fmt.Fprintf(&b, `<button name="%s">%s</button>`, name, html.EscapeString(text))
			default:
				fmt.Fprintf(&b, `<input type="%s" name="%s">`, typ, name)
			}
		}
		for _, t := range submits {
			if t != "" {
				fmt.Fprintf(&b, `<button>%s</button>`, html.EscapeString(t))
			}
		}
		b.WriteString(`</form>`)
	}
	p := Parse(answer(t, "https://shop.test/here", "text/html; charset=utf-8", b.String()))
	if s.what == "form" {
		return p.Forms[0].Effect, p.Forms[0].Why
	}
	for _, l := range p.Links {
		if l.From == "a" {
			return l.Effect, l.Why
		}
	}
	t.Fatalf("line %d: no link in %q", s.line, b.String())
	return "", ""
}

func score(t *testing.T, file string, least int) {
	t.Helper()
	all := samples(t, file)
	reads, wrongReads, wrongWrites := 0, 0, 0
	for _, s := range all {
		got, why := s.classify(t)
		if s.effect == "read" {
			reads++
		}
		if string(got) == s.effect {
			continue
		}
		if got == Reads {
			wrongReads++
			t.Errorf("%s:%d: a write called a read (%s): %s", file, s.line, why, s.row)
		} else {
			wrongWrites++
			t.Logf("%s:%d: a read called a write (%s): %s", file, s.line, why, s.row)
		}
	}
	t.Logf("%s: %d samples, %d reads; writes called reads %d, reads called writes %d (%.1f %%)", file, len(all), reads, wrongReads, wrongWrites, 100*float64(wrongWrites)/float64(reads))
	if wrongWrites*10 > reads {
		t.Errorf("%d of %d reads called writes; want at most a tenth", wrongWrites, reads)
	}
	if len(all) < least {
		t.Errorf("%d samples, want at least %d", len(all), least)
	}
}

// The rules were written with these packages in view.
func TestEffectTuning(t *testing.T) {
	t.Parallel()
	score(t, "testdata/labelled/tuning.tsv", 200)
}

// The packages of the held-out half were not looked at while the rules were
// written: a write called a read here would be an order placed by a crawl.
func TestEffectHeldOut(t *testing.T) {
	t.Parallel()
	score(t, "testdata/labelled/heldout.tsv", 300)
}

// TestFilesHandedOut: a file fetched by its name alone is read; a download by
// number, by key, or of what is no plain file may be counted or act.
func TestFilesHandedOut(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]Effect{
		"/download?file=order-sheet.txt":                 Reads,
		"/download.php?file=catalog%2F2026.pdf":          Reads,
		"/shop/dl.cgi?f=price.csv":                       Reads,
		"/download_file?name=%E7%94%A8%E7%B4%99.pdf":     Reads,
		"/download?file=..%2Fdownload%2Forder-sheet.txt": Reads,
		"/download":                                       Writes,
		"/download?file=12":                               Writes,
		"/download?id=3":                                  Writes,
		"/download?file=a.pdf&key=0f3a":                   Writes,
		"/download?file=a.pdf&order=12":                   Writes,
		"/download?file=a.pdf&file=b.pdf":                 Writes,
		"/download?file=run.php":                          Writes,
		"/download/order/3?file=a.pdf":                    Writes,
		"/delete/download?file=a.pdf":                     Writes,
		"/order/cancel/download?file=a.pdf":               Writes,
		"/download/getdownload?file=a.pdf":                Writes,
		"/download?file=.pdf":                             Writes,
		"/index.php?main_page=download&order=1&id=2":      Writes,
		"/download?action=delete&file=order-sheet.txt":    Writes,
		"/upload?file=order-sheet.txt":                    Writes,
		"/download?delete=order-sheet.txt":                Writes,
		"/download?file=https%3A%2F%2Fx.test%2F?do=a.txt": Writes,
	} {
		u := resolve(nil, "https://shop.test"+address)
		if got, why := ClassifyLink(&Link{URL: u, Raw: address, From: "a"}); got != want {
			t.Errorf("%s: %s (%s)", address, got, why)
		}
		if got, _ := ClassifyRequest("POST", u, "application/x-www-form-urlencoded", []byte("a=b")); got != Writes {
			t.Errorf("POST %s reads", address)
		}
	}
}
