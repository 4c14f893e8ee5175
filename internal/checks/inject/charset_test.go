package inject

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"

	"miseban/internal/check"
)

// slashed escapes bytes, and knows nothing of characters.
var slashed = strings.NewReplacer(`\`, `\\`, `'`, `\'`, `"`, `\"`)

// utf is the text of bytes in Shift_JIS.
func utf(b string) string {
	s, _ := japanese.ShiftJIS.NewDecoder().String(b)
	return s
}

func sjis(s string) string {
	b, _ := japanese.ShiftJIS.NewEncoder().String(s)
	return b
}

// shiftJIS is a shop whose pages are in Shift_JIS; find makes the part of the
// page that hangs on the bytes of the parameter.
func shiftJIS(find func(bytes string) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=Shift_JIS")
		fmt.Fprint(w, sjis("<html><title>茶の店</title><body><h1>茶の店</h1>"))
		if r.URL.Path != "/" {
			fmt.Fprint(w, find(r.URL.Query().Get("v")))
		} else {
			fmt.Fprint(w, sjis(`<form action="/find"><input name="v" value="green"></form>`))
		}
		fmt.Fprint(w, "</body></html>")
	}
}

// TestShiftJIS: in Shift_JIS the second byte of some characters is a
// backslash, so that escaping bytes opens what it should close. Who escapes
// characters, or reads no backslashes, has no such hole.
func TestShiftJIS(t *testing.T) {
	t.Parallel()
	// text says whether a text of MySQL that begins with a quote ends where it should.
	text := func(s string) bool {
		for i := 0; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case '\'':
				return i == len(s)-1
			}
		}
		return false
	}
	list := func(ok bool, v string) string {
		if !ok {
			return "<p>You have an error in your SQL syntax</p>"
		}
		if v == "green" {
			return "<ul><li>sencha</li><li>gyokuro</li></ul>"
		}
		return sjis("<p>ありません</p>")
	}
	script := func(s string) string {
		return "<script>var q = '" + strings.NewReplacer("<", "", ">", "").Replace(s) + "';</script>"
	}
	for _, tt := range []struct {
		name  string
		check *check.Check
		find  func(string) string
		want  []string
	}{
		{"sql, bytes", SQL, func(b string) string { return list(text(utf(slashed.Replace(b))+"'"), b) }, []string{"/find v error"}},
		{"sql, characters", SQL, func(b string) string { return list(text(slashed.Replace(utf(b))+"'"), b) }, nil},
		{"script, bytes", XSSReflected, func(b string) string { return script(slashed.Replace(b)) }, []string{"/find v"}},
		{"script, characters", XSSReflected, func(b string) string { return script(sjis(slashed.Replace(utf(b)))) }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, shiftJIS(tt.find), "/find?v=green")
			_, got := tr.run(tt.check)
			tr.sameList(tt.name, got, tt.want)
		})
	}
}

// TestISO2022JP: behind ESC ( J a backslash is a yen sign, which escapes nothing.
func TestISO2022JP(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		clean func(string) string
		want  []string
	}{
		{"slashes added", slashed.Replace, []string{"/find v"}},
		{"escapes dropped", func(s string) string { return slashed.Replace(strings.ReplaceAll(s, "\x1b", "")) }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=ISO-2022-JP")
				v := strings.NewReplacer("<", "", ">", "").Replace(r.URL.Query().Get("v"))
				fmt.Fprintf(w, "<html><title>tea</title><body><script>var q = '%s';</script></body></html>", tt.clean(v))
			}), "/find?v=green")
			_, got := tr.run(XSSReflected)
			tr.sameList(tt.name, got, tt.want)
		})
	}
}
