package probe

import (
	"testing"

	"miseban/internal/page"
	"miseban/internal/wire"
)

func TestRunsIn(t *testing.T) {
	t.Parallel()
	const word, tag = "qwertyword", "qwertywordf"
	for _, c := range []struct{ sink, value, want string }{
		{"innerHTML", "<p>" + tag + "</p>", `<img src onerror=` + word + `>`},
		{"document.write", `<a title="` + tag + `">x</a>`, `"><img src onerror=` + word + `>`},
		{"insertAdjacentHTML", `<textarea>` + tag + `</textarea>`, `</textarea><img src onerror=` + word + `>`},
		{"eval", "var q = '" + tag + "'", `'?` + word + `:` + word + `?` + word + `:'`},
		{"eval", tag, word},
		{"eval", "(" + tag + ")", word},
		{"location", tag, "javascript:" + word},
		{"location", "/search?q=" + tag, ""},
		{"link href", "https://shop.test/" + tag, ""},
		{"script src", tag, "//" + ReservedHost + "/" + word},
		{"script src", "/js/" + tag + ".js", ""},
		{"innerHTML", "nothing", ""},
	} {
		got := RunsIn(page.Sink{Name: c.sink, Value: c.value}, tag, word)
		first := ""
		if len(got) > 0 {
			first = got[0]
		}
		if first != c.want {
			t.Errorf("%s %q: %q, want %q", c.sink, c.value, first, c.want)
		}
		for _, v := range got {
			if err := wire.Harmless(v); err != nil {
				t.Error(err)
			}
		}
	}
	for _, v := range []string{`&lt;img src onerror=qwertyword&gt;`, `<p title="<img src onerror=qwertyword>">`, `<template><img onerror=qwertyword></template>`} {
		if Runs(page.Sink{Name: "innerHTML", Value: v}, word) {
			t.Errorf("%s does not run", v)
		}
	}
}
