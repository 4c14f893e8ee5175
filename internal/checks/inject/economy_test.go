package inject

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"miseban/internal/check"
)

// sells is a careful program: it knows what it sells, and says what not is.
func sells(before func(w http.ResponseWriter, v string) (string, bool)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, ok := before(w, r.URL.Query().Get("v"))
		if !ok {
			return
		}
		var names []string
		for _, g := range stock {
			if g.category == v || fmt.Sprint(g.id) == v {
				names = append(names, g.name)
			}
		}
		list2(w, names)
	}
}

// refuses says so of what holds one of signs.
func refuses(signs string) func(http.ResponseWriter, string) (string, bool) {
	return func(w http.ResponseWriter, v string) (string, bool) {
		if strings.ContainsAny(v, signs) {
			fmt.Fprint(w, "<html><title>店</title><body><h1>エラー</h1><p>SQL syntax error: 使用できない文字です。</p></body></html>")
			return "", false
		}
		return v, true
	}
}

// TestEconomy holds how much all the checks of interpreters ask of a careful
// place together, by what it does with signs.
func TestEconomy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, sample string
		before       func(http.ResponseWriter, string) (string, bool)
		most         int64
	}{
		{"nothing to do with signs", "green", func(_ http.ResponseWriter, v string) (string, bool) { return v, true }, 22},
		{"signs refused", "green", refuses("'\"\\`$(){}<>&|,.%"), 15},
		{"quotes refused", "green", refuses(`'"`), 20},
		{"signs dropped", "green", func(_ http.ResponseWriter, v string) (string, bool) {
			return strings.Map(func(r rune) rune {
				if strings.ContainsRune("'\"\\`$(){}<>&|", r) {
					return -1
				}
				return r
			}, v), true
		}, 26},
		{"number at the front", "2", func(_ http.ResponseWriter, v string) (string, bool) {
			return v[:len(v)-len(strings.TrimLeft(v, "0123456789"))], true
		}, 14},
		{"digits only", "2", func(w http.ResponseWriter, v string) (string, bool) {
			if strings.Trim(v, "0123456789") != "" {
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, "<h1>番号を入力してください</h1>")
				return "", false
			}
			return v, true
		}, 19},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, sells(c.before), "/find?v="+c.sample)
			for _, k := range []*check.Check{SQL, OSCommand, CodeInjection, NoSQL, LDAP, XPath} {
				if _, got := tr.run(k); len(got) > 0 {
					t.Errorf("%s: false alarm %v", k.Name, got)
				}
			}
			if n := tr.asked.Load(); n > c.most {
				t.Errorf("%d requests, at most %d are needed", n, c.most)
			} else {
				t.Logf("%d requests", n)
			}
		})
	}
}

// TestTornPage: a quote that tears the page in which the value comes back says
// nothing of the statement in which it stands as well.
func TestTornPage(t *testing.T) {
	t.Parallel()
	db := memory(t)
	tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := r.URL.Query().Get("v")
		fmt.Fprintf(w, `<html><title>店</title><body><form><input name=v value="%s"></form>`, v)
		rs, err := db.QueryContext(r.Context(), "select name from goods where category='"+v+"'")
		if err != nil {
			fmt.Fprint(w, "<h1>エラー</h1><pre>", html.EscapeString(err.Error()), "</pre>")
			return
		}
		defer rs.Close()
		for rs.Next() {
			var n string
			_ = rs.Scan(&n)
			fmt.Fprintf(w, "<p>%s をどうぞ</p>", html.EscapeString(n))
		}
	}), "/find?v=green")
	if _, got := tr.run(SQL); len(got) != 1 {
		t.Errorf("found %v, want the place once", got)
	}
}

// once is a shop whose form of method GET has a token that is good only once.
func once(t *testing.T, use func(http.ResponseWriter, *http.Request)) (h http.Handler, tokenOf func(n uint64) string) {
	t.Helper()
	var mu sync.Mutex
	given, n := map[string]bool{}, uint64(2)
	tokenOf = func(n uint64) string { return fmt.Sprintf("%016x%016x", 0x9e3779b97f4a7c15*n, 0xc2b2ae3d27d4eb4f*n) }
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/" {
			n++
			token := tokenOf(n)
			given[token] = true
			fmt.Fprintf(w, `<html><title>店</title><body><form action="/find"><input type=hidden name=csrf_token value="%s"><input name=page value=1><input name=v value=green></form></body></html>`, token)
			return
		}
		if token := r.URL.Query().Get("csrf_token"); !given[token] {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		delete(given, r.URL.Query().Get("csrf_token"))
		use(w, r)
	}), tokenOf
}

// TestOneTimeToken: the page of a form of method GET whose token is good only
// once is asked for before each value.
func TestOneTimeToken(t *testing.T) {
	t.Parallel()
	h, _ := once(t, shelf(memory(t), false, joinedInto("select name from goods where category='%s'")))
	tr := newTrial(t, h)
	tr.site.Forms = tr.site.Pages[0].Forms
	if _, got := tr.run(SQL); !slices.Contains(got, "/find v") {
		t.Errorf("found %v, want /find v", got)
	}
}

// TestTokenUsedUp: the crawl has sent the form once, and another field uses up
// the token that was asked for first. What is refused then is the token, not
// the place's own value.
func TestTokenUsedUp(t *testing.T) {
	t.Parallel()
	h, tokenOf := once(t, shelf(memory(t), false, joinedInto("select name from goods where category='%s'")))
	tr := newTrial(t, h, "/find?csrf_token="+tokenOf(3)+"&page=1&v=green")
	tr.site.Points, tr.site.Forms = nil, tr.site.Pages[0].Forms
	if _, got := tr.run(SQL); !slices.Contains(got, "/find v") {
		t.Errorf("found %v, want /find v", got)
	}
}

// TestProgramsAreNoValues: the segment of a path that names a program is not
// sent values, and one place of a path only once.
func TestProgramsAreNoValues(t *testing.T) {
	t.Parallel()
	db := memory(t)
	tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		if strings.HasPrefix(r.URL.Path, "/goods/") && last == "show.cgi" {
			list2(w, []string{"sencha"})
			return
		}
		q := r.Clone(r.Context())
		q.URL.RawQuery = url.Values{"v": {last}}.Encode()
		shelf(db, true, joinedInto("select name from goods where category='%s'"))(w, q)
	}), "/goods/show.cgi", "/kind/green")
	for _, p := range tr.site.Pages[1:] {
		for range 2 {
			tr.site.Points = append(tr.site.Points, check.Point{Where: "path", Name: "segment 2", Method: "GET", URL: p.URL, Sample: "x", Handler: p.URL.Path, Exchange: p.Ex.ID})
		}
	}
	res, got := tr.run(SQL)
	tr.sameList("sql", got, []string{"/kind/green segment 2"})
	if res.Examined != 1 {
		t.Errorf("%d places, want one", res.Examined)
	}
}

// TestMissingParameter: a page that fails because it misses a parameter is
// asked with likely ones, and what it makes of the right one is looked at.
func TestMissingParameter(t *testing.T) {
	t.Parallel()
	db := memory(t)
	tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		switch {
		case r.URL.Path == "/":
			list2(w, []string{"green"})
		case !q.Has("id"):
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, "<html><title>店</title><h1>エラー</h1></html>")
		default:
			c := r.Clone(r.Context())
			c.URL.RawQuery = url.Values{"v": {q.Get("id")}}.Encode()
			shelf(db, true, joinedInto("select name from goods where id=%s"))(w, c)
		}
	}), "/show")
	if _, got := tr.run(SQL); !slices.Contains(got, "/show id") {
		t.Errorf("found %v, want /show id", got)
	}
}
