package inject

import (
	"context"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"miseban/internal/check"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// places are the targets of a trial's plan as "way name".
func places(tr *trial) []string {
	var out []string
	runner := check.NewRunner(tr.site, tr.client, check.Browser)
	runner.Run(tr.t.Context(), &check.Check{Name: "places", Level: wire.Active, Run: func(ctx context.Context, p *check.Pass) error {
		w, err := check.Ask(ctx, p, probe.Plan)
		if err != nil {
			return err
		}
		for _, t := range w.Targets {
			out = append(out, string(t.Via)+" "+t.Name)
		}
		return nil
	}})
	slices.Sort(out)
	return out
}

// TestAddressRepeated: a page that writes its whole address shows each
// parameter; one of them stands for all, and one that does more is found.
func TestAddressRepeated(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/" {
			fmt.Fprint(w, "<html><title>店</title><body><p>ようこそ</p></body></html>")
			return
		}
		list := "煎茶 抹茶"
		if r.URL.Query().Get("keyword") != "" {
			list = "該当する商品はありません"
		}
		fmt.Fprintf(w, `<html><title>店</title><body><a class="here" href="http://shop.test%s">この頁</a><p>%s</p><script>var state={"about":%q,"url":"http://shop.test%s"}</script></body></html>`,
			html.EscapeString(r.URL.RequestURI()), list, strings.Repeat("茶", 200), r.URL.EscapedPath()+"?"+strings.ReplaceAll(r.URL.RawQuery, "&", `\u0026`))
	}), "/list")
	if got, want := strings.Join(places(tr), ", "), "query keyword, query redirect"; got != want {
		t.Errorf("places %s, want %s", got, want)
	}
}

// TestSweepOfNoise: what a page that varies by itself always says is missing
// once a parameter is sent that no page mentions.
func TestSweepOfNoise(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/" {
			fmt.Fprint(w, "<html><title>店</title><body><p>ようこそ</p></body></html>")
			return
		}
		list := "<h1>一覧</h1><p class=goods>煎茶 抹茶</p>"
		if r.URL.Query().Get("image") != "" {
			list = "<h1>取得できません</h1>"
		}
		fmt.Fprintf(w, `<html><title>店</title><body>%s<div class="ad">広告 %d</div></body></html>`, list, rand.IntN(1e6))
	}), "/list")
	if got, want := strings.Join(places(tr), ", "), "query image"; got != want {
		t.Errorf("places %s, want %s", got, want)
	}
}

// TestQueryOfScript: a query that a script holds belongs to the page that runs
// it, not to the script's own file; and what follows the name of a file that
// the server hands out is read by nobody.
func TestQueryOfScript(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/app.js" {
			w.Header().Set("Content-Type", "text/javascript")
			w.Header().Set("Accept-Ranges", "bytes")
			w.Header().Set("ETag", `"1"`)
			fmt.Fprint(w, `location.search="?page="`)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<html><title>店</title><body><h1>店</h1></body></html>`)
	}), "/", "/app.js", "/app.js?ver=2")
	u := *tr.site.Pages[2].URL
	u.RawQuery = "page=1"
	tr.site.Points = append(tr.site.Points, check.Point{Where: "query", Name: "page", Method: "GET", URL: &u, Sample: "1"})
	if got := places(tr); len(got) != 0 {
		t.Errorf("places %v, want none", got)
	}
}
