package inject

import (
	"fmt"
	"html"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
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
