package inject

import (
	"fmt"
	"html"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"miseban/internal/check"
)

// TestResultOnTheNextPage: a shop that keeps the value and leads to the page
// with the result fails there, if it fails. That is charged to the place, with
// good answers in between, and does not keep the others of it from being asked.
func TestResultOnTheNextPage(t *testing.T) {
	t.Parallel()
	tree := map[string]string{"/srv/docs/guide.txt": "お茶のいれ方", "/srv/docs/shop.txt": "店の案内", "/etc/hosts": "127.0.0.1\tlocalhost"}
	shop := func(clean func(string) string) (*trial, []string, string) {
		var mu sync.Mutex
		kept := "guide.txt"
		tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			switch r.URL.Path {
			case "/at":
				kept = r.URL.Query().Get("doc")
				http.Redirect(w, r, "/shown", http.StatusSeeOther)
			case "/shown":
				text, ok := tree[filepath.Clean("/srv/docs/"+clean(kept))]
				if !ok {
					w.WriteHeader(http.StatusInternalServerError)
					text = "表示できません"
				}
				fmt.Fprintf(w, "<html><title>文書</title><pre>%s</pre></html>", html.EscapeString(text))
			default:
				out(w, "<h1>店</h1>")
			}
		}), "/shown", "/at?doc=guide.txt")
		res, got := tr.run(PathTraversal)
		return tr, got, fmt.Sprint(res.Verdict, res.Reason)
	}
	if _, got, why := shop(func(v string) string { return strings.ReplaceAll(v, "../", "") }); len(got) != 1 || !strings.HasPrefix(got[0], "/at doc") {
		t.Errorf("%q %s", got, why)
	}
	if _, got, why := shop(filepath.Base); len(got) != 0 || !strings.HasPrefix(why, "met") {
		t.Errorf("the careful one: %q %s", got, why)
	}
}

// TestShownOnTheNextPage: what comes back on the page to which every value
// leads is looked at there, by each check that reads reflections.
func TestShownOnTheNextPage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		check *check.Check
		show  func(w http.ResponseWriter, v string)
		found bool
	}{
		{XSSReflected, func(w http.ResponseWriter, v string) {
			out(w, `<input value="`+strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(v)+`">`)
		}, true},
		{XSSReflected, func(w http.ResponseWriter, v string) { out(w, `<input value="`+html.EscapeString(v)+`">`) }, false},
		{OpenRedirect, func(w http.ResponseWriter, v string) {
			w.Header().Set("Refresh", "0; url="+v)
			out(w, "<p>移動します</p>")
		}, true},
		{OpenRedirect, func(w http.ResponseWriter, v string) { out(w, `<a href="`+html.EscapeString(v)+`">続ける</a>`) }, false},
	} {
		var mu sync.Mutex
		kept := "/guide"
		tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			switch r.URL.Path {
			case "/at":
				kept = r.URL.Query().Get("next")
				http.Redirect(w, r, "/shown", http.StatusSeeOther)
			case "/shown":
				tt.show(w, kept)
			default:
				out(w, "<h1>店</h1>")
			}
		}), "/shown", "/at?next=/guide%23top")
		if _, got := tr.run(tt.check); (len(got) > 0) != tt.found {
			t.Errorf("%s: found %q, want %v", tt.check.Name, got, tt.found)
		}
	}
}

// TestWrittenSegments: one page is enough to tell a segment that holds an
// address from one that names a program.
func TestWrittenSegments(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok := strings.CutPrefix(r.URL.Path, "/show/")
		if !ok {
			out(w, "<h1>店</h1>")
			return
		}
		out(w, "<p>"+v+"</p>")
	}), "/show/http:%2F%2F127.0.0.1%2Fguide", "/about/shop")
	if _, got := tr.run(XSSReflected); len(got) != 1 || !strings.HasPrefix(got[0], "/show/http:%2F%2F127.0.0.1%2Fguide segment 2") {
		t.Errorf("%q", got)
	}
}
