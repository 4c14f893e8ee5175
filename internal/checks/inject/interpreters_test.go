package inject

import (
	"database/sql"
	"encoding/xml"
	"fmt"
	"html"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/antchfx/xmlquery"
	"github.com/flosch/pongo2/v6"

	"miseban/internal/check"
	"miseban/internal/check/checktest"
	"miseban/internal/verdict"
)

func TestScores(t *testing.T) {
	t.Parallel()
	checktest.CVSS(t, Suite)
}

// stock is what the interpreters of the tests know.
var stock = []struct {
	id             int
	name, category string
}{{1, "sencha", "green"}, {2, "genmai", "roasted"}, {3, "kyusu", "ware"}, {7, "gyokuro", "green"}}

func list2(w http.ResponseWriter, names []string) {
	fmt.Fprint(w, "<html><title>店</title><body><h1>一覧</h1>")
	if len(names) == 0 {
		fmt.Fprint(w, "<p>見つかりませんでした</p>")
	}
	for _, n := range names {
		fmt.Fprintf(w, "<p class=item>%s をどうぞ</p>", html.EscapeString(n))
	}
	fmt.Fprint(w, "</body></html>")
}

func memory(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.ExecContext(t.Context(), "create table goods (id integer primary key, name text, category text)"); err != nil {
		t.Fatal(err)
	}
	for _, g := range stock {
		if _, err := db.ExecContext(t.Context(), "insert into goods values (?,?,?)", g.id, g.name, g.category); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// shelf shows what a statement finds; quiet programs show nothing of an error.
func shelf(db *sql.DB, quiet bool, stmt func(v string) (string, []any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q, args := stmt(r.URL.Query().Get("v"))
		rs, err := db.QueryContext(r.Context(), q, args...)
		if err != nil {
			if !quiet {
				w.WriteHeader(500)
				fmt.Fprint(w, "<h1>システムエラー</h1>")
				return
			}
			list2(w, nil)
			return
		}
		defer rs.Close()
		var names []string
		for rs.Next() {
			var n string
			_ = rs.Scan(&n)
			names = append(names, n)
		}
		list2(w, names)
	}
}

func joinedInto(format string) func(string) (string, []any) {
	return func(v string) (string, []any) { return fmt.Sprintf(format, v), nil }
}

func shell(t *testing.T, line string) http.HandlerFunc {
	dir := t.TempDir()
	return func(w http.ResponseWriter, r *http.Request) {
		cmd := exec.CommandContext(r.Context(), "sh", "-c", fmt.Sprintf(line, r.URL.Query().Get("v")))
		cmd.Dir = dir
		cmd.Stdin = strings.NewReader("sencha\ngenmai\nkyusu\n")
		out, _ := cmd.Output()
		list2(w, strings.Fields(string(out)))
	}
}

// TestInterpreters puts the checks before real interpreters, each with a faulty
// program and with a careful one that tempts.
func TestInterpreters(t *testing.T) {
	t.Parallel()
	db := memory(t)
	doc, err := xmlquery.Parse(strings.NewReader(`<shop><item code="a1"><name>sencha</name></item><item code="b2"><name>kyusu</name></item></shop>`))
	if err != nil {
		t.Fatal(err)
	}
	xpath := func(expr func(v string) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil { // the evaluator panics at what it cannot read
					list2(w, nil)
				}
			}()
			nodes, err := xmlquery.QueryAll(doc, expr(r.URL.Query().Get("v")))
			if err != nil {
				list2(w, nil)
				return
			}
			var names []string
			for _, n := range nodes {
				names = append(names, n.InnerText())
			}
			list2(w, names)
		}
	}
	tests := []struct {
		check  *check.Check
		name   string
		sample string
		h      http.HandlerFunc
		found  bool
	}{
		{SQL, "quoted", "green", shelf(db, false, joinedInto("select name from goods where category = '%s'")), true},
		{SQL, "quoted quiet", "green", shelf(db, true, joinedInto("select name from goods where category = '%s' order by id")), true},
		{SQL, "search", "sen", shelf(db, true, joinedInto("select name from goods where name like '%%%s%%'")), true},
		{SQL, "search grouped", "sen", shelf(db, true, joinedInto("select name from goods where (name like '%%%s%%') and id > 0")), true},
		{SQL, "number", "7", shelf(db, false, joinedInto("select name from goods where id = %s")), true},
		{SQL, "list", "1,7", shelf(db, true, joinedInto("select name from goods where id in (%s)")), true},
		{SQL, "limit", "3", shelf(db, true, joinedInto("select name from goods order by id limit %s")), true},
		{SQL, "order", "name", shelf(db, true, joinedInto("select name from goods order by %s")), true},
		{SQL, "bound", "green", shelf(db, false, func(v string) (string, []any) {
			return "select name from goods where category = ?", []any{v}
		}), false},
		{SQL, "bound, quotes refused", "green", shelf(db, false, func(v string) (string, []any) {
			if strings.Count(v, "'")%2 == 1 {
				return "near \"'\": syntax error", nil
			}
			return "select name from goods where category = ?", []any{v}
		}), false},
		{SQL, "quotes dropped", "green", shelf(db, false, func(v string) (string, []any) {
			return "select name from goods where category = ?", []any{strings.TrimSpace(strings.NewReplacer("'", "", `"`, "").Replace(v))}
		}), false},
		{SQL, "quotes at the end lead elsewhere", "2.0", func(w http.ResponseWriter, r *http.Request) {
			if v := r.URL.Query().Get("v"); strings.TrimRight(v, `'"`) != v {
				fmt.Fprint(w, "<html><title>移動</title><body><p>正しいアドレスへ移ります</p></body></html>")
				return
			}
			list2(w, nil)
		}, false},
		{SQL, "what is no address of the shop leads to the start", "/", func(w http.ResponseWriter, r *http.Request) {
			to := r.URL.Query().Get("v")
			if !strings.HasPrefix(to, "/") || strings.ContainsAny(to, "\r\n\\") {
				to = "/"
			}
			w.Header()["Location"] = []string{to}
			w.WriteHeader(http.StatusFound)
		}, false},
		{CodeInjection, "awk", "3", func(w http.ResponseWriter, r *http.Request) {
			out, _ := exec.CommandContext(r.Context(), "awk", "BEGIN { print \"total \" ("+r.URL.Query().Get("v")+") * 1 }").Output()
			fmt.Fprintf(w, "<html><p>%s</p></html>", html.EscapeString(string(out)))
		}, true},
		{CodeInjection, "number shown", "3", func(w http.ResponseWriter, r *http.Request) {
			n := 0
			_, _ = fmt.Sscanf(r.URL.Query().Get("v"), "%d", &n)
			fmt.Fprintf(w, "<html><p>total %d</p></html>", n)
		}, false},
		{CodeInjection, "letters kept", "ja", func(w http.ResponseWriter, r *http.Request) {
			lang := strings.Map(func(c rune) rune {
				if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz", c) {
					return c
				}
				return -1
			}, r.URL.Query().Get("v"))
			if lang != "ja" {
				list2(w, []string{"tea", "pot", "leaf"})
				return
			}
			list2(w, nil)
		}, false},
		{SQL, "cast", "7", shelf(db, false, func(v string) (string, []any) {
			n := 0
			_, _ = fmt.Sscanf(v, "%d", &n)
			return "select name from goods where id = ?", []any{n}
		}), false},
		{OSCommand, "bare", "sencha", shell(t, "grep %s"), true},
		{OSCommand, "double quotes", "sencha", shell(t, `grep "%s"`), true},
		{OSCommand, "single quotes", "sencha", shell(t, "grep '%s'"), true},
		{OSCommand, "argument", "sencha", func(w http.ResponseWriter, r *http.Request) {
			cmd := exec.CommandContext(r.Context(), "grep", "-F", "--", r.URL.Query().Get("v"))
			cmd.Stdin = strings.NewReader("sencha\ngenmai\n")
			out, _ := cmd.Output()
			list2(w, strings.Fields(string(out)))
		}, false},
		{OSCommand, "calculator", "120*3", calculator, false},
		{TemplateInjection, "source", "taro", func(w http.ResponseWriter, r *http.Request) {
			tpl, err := pongo2.FromString("<html><p>こんにちは " + r.URL.Query().Get("v") + " さま</p></html>")
			if err != nil {
				w.WriteHeader(500)
				return
			}
			_ = tpl.ExecuteWriter(nil, w)
		}, true},
		{TemplateInjection, "variable", "taro", func(w http.ResponseWriter, r *http.Request) {
			tpl := pongo2.Must(pongo2.FromString("<html><p>こんにちは {{ v }} さま</p></html>"))
			_ = tpl.ExecuteWriter(pongo2.Context{"v": r.URL.Query().Get("v")}, w)
		}, false},
		{TemplateInjection, "calculator", "120*3", calculator, false},
		{XPath, "single quotes", "a1", xpath(func(v string) string { return "//item[@code='" + v + "']/name" }), true},
		{XPath, "double quotes", "a1", xpath(func(v string) string { return `//item[@code="` + v + `"]/name` }), true},
		{XPath, "letters only", "a1", xpath(func(v string) string {
			return "//item[@code='" + strings.NewReplacer("'", "", `"`, "").Replace(v) + "']/name"
		}), false},
		{PathTraversal, "raw", "guide.txt", files(false), true},
		{PathTraversal, "base name", "guide.txt", files(true), false},
		{PathTraversal, "address of a file", "guide.txt", func(w http.ResponseWriter, r *http.Request) {
			if v, ok := strings.CutPrefix(r.URL.Query().Get("v"), "file://"); ok {
				r.URL.RawQuery = "v=../.." + v
			} else {
				r.URL.RawQuery = "v=" + filepath.Base(v)
			}
			files(false)(w, r)
		}, true},
		{PathTraversal, "handbook", "passwd", func(w http.ResponseWriter, r *http.Request) { // shows what the name says, wherever it is
			switch filepath.Base(r.URL.Query().Get("v")) {
			case "hosts":
				fmt.Fprint(w, "<html><pre>127.0.0.1 localhost</pre></html>")
			case "passwd":
				fmt.Fprint(w, "<html><pre>root:x:0:0</pre></html>")
			default:
				fmt.Fprint(w, "<html><p>目次</p></html>")
			}
		}, false},
		{PathTraversal, "tidied name in a message", "guide.txt", func(w http.ResponseWriter, r *http.Request) {
			v := strings.NewReplacer("..", "", "/", "").Replace(r.URL.Query().Get("v"))
			if v == "guide.txt" {
				fmt.Fprint(w, "<html><pre>お茶のいれ方</pre></html>")
				return
			}
			fmt.Fprintf(w, "<html><p>failed to open /srv/docs/%s</p></html>", html.EscapeString(v))
		}, false},
		{CodeInjection, "member", "price", func(w http.ResponseWriter, r *http.Request) { // what a script makes of item[0].VALUE
			switch v := strings.TrimSpace(r.URL.Query().Get("v")); {
			case v == "price" || v == "price.valueOf()":
				fmt.Fprint(w, "<html><p>980 円</p></html>")
			case regexp.MustCompile(`^\w+$`).MatchString(v):
				fmt.Fprint(w, "<html><p>NaN 円</p></html>")
			default:
				w.WriteHeader(500)
			}
		}, true},
		{LDAP, "words without signs", "sencha", wordSearch, false},
		{SQL, "words without signs", "sencha", wordSearch, false},
		{OSCommand, "number", "2", shell(t, "head -n %s"), true},
		{SQL, "number without signs", "2", func(w http.ResponseWriter, r *http.Request) { // as an argument of a program, quotes dropped
			cmd := exec.CommandContext(r.Context(), "head", "-n", strings.NewReplacer("'", "", `"`, "", "\n", "").Replace(r.URL.Query().Get("v")))
			cmd.Stdin = strings.NewReader("sencha\ngenmai\nhoji\n")
			out, _ := cmd.Output()
			list2(w, strings.Fields(string(out)))
		}, false},
		{XXE, "entities", "<search><word>sencha</word></search>", entities(true), true},
		{XXE, "no entities", "<search><word>sencha</word></search>", entities(false), false},
	}
	for _, tt := range tests {
		t.Run(tt.check.Name+"/"+tt.name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, "<html><title>店</title><h1>店</h1></html>")
			})
			mux.HandleFunc("/at", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				tt.h(w, r)
			})
			tr := newTrial(t, mux, "/at?v="+escapeQuery(tt.sample))
			res, got := tr.run(tt.check)
			if found := len(got) > 0; found != tt.found {
				t.Fatalf("found %v, want %v: %s %v", got, tt.found, res.Verdict, res.Reason)
			}
			if tt.found && (res.Verdict != verdict.NotMet || res.Findings[0].Proof.Curl == "" || res.Findings[0].Parameter != "v") {
				t.Errorf("%s %+v", res.Verdict, res.Findings[0])
			}
			if n := tr.asked.Load(); !tt.found && n > 60 {
				t.Errorf("%d requests for places that are in order", n)
			}
		})
	}
}

func escapeQuery(s string) string {
	return strings.NewReplacer("<", "%3C", ">", "%3E", "/", "%2F", "*", "%2A").Replace(s)
}

// wordSearch finds the goods that hold every word, and knows no signs.
func wordSearch(w http.ResponseWriter, r *http.Request) {
	for _, word := range regexp.MustCompile(`\w+`).FindAllString(r.URL.Query().Get("v"), -1) {
		if word != "sencha" {
			list2(w, nil)
			return
		}
	}
	list2(w, []string{"sencha"})
}

// calculator works out products: that is its business.
func calculator(w http.ResponseWriter, r *http.Request) {
	v := strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c == '*' {
			return c
		}
		return ' '
	}, r.URL.Query().Get("v"))
	fmt.Fprintf(w, "<html><h1>電卓</h1><p>%s</p>", html.EscapeString(r.URL.Query().Get("v")))
	for _, sum := range strings.Fields(v) {
		n := 1
		for f := range strings.SplitSeq(sum, "*") {
			x, err := strconv.Atoi(f)
			if err != nil {
				x = 0
			}
			n *= x
		}
		fmt.Fprintf(w, "<p>答えは %d</p>", n)
	}
}

// files serves two texts of a folder and, when it is not careful, of the machine.
func files(careful bool) http.HandlerFunc {
	tree := map[string]string{"/srv/docs/guide.txt": "お茶のいれ方", "/srv/docs/shop.txt": "店の案内", "/etc/hosts": "127.0.0.1\tlocalhost"}
	return func(w http.ResponseWriter, r *http.Request) {
		p := filepath.Clean("/srv/docs/" + r.URL.Query().Get("v"))
		if careful {
			p = "/srv/docs/" + filepath.Base(r.URL.Query().Get("v"))
		}
		text, ok := tree[p]
		if !ok {
			w.WriteHeader(404)
			text = "見つかりません"
		}
		fmt.Fprintf(w, "<html><pre>%s</pre></html>", html.EscapeString(text))
	}
}

func entities(expand bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Word string `xml:"word"`
		}
		src := r.URL.Query().Get("v")
		d := xml.NewDecoder(strings.NewReader(src))
		d.Strict = false
		if expand {
			if _, decl, ok := strings.Cut(src, "<!ENTITY "); ok {
				name, rest, _ := strings.Cut(decl, ` "`)
				text, _, _ := strings.Cut(rest, `"`)
				d.Entity = map[string]string{name: text}
			}
		}
		if d.Decode(&q) != nil {
			list2(w, nil)
			return
		}
		var names []string
		for _, g := range stock {
			if g.name == q.Word {
				names = append(names, g.name)
			}
		}
		list2(w, names)
	}
}
