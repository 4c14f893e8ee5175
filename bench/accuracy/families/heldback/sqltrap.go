package heldback

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"miseban/bench/accuracy/trial"
)

// answer is what a trap does with a value.
type answer func(ctx context.Context, v string) (*trial.Answer, error)

// trap is a family without a vulnerable member.
func trap(class, name, about string, places []trial.Place, needs []string, make func(s *shop) (*trial.Handler, answer, error)) *trial.Family {
	return &trial.Family{Name: "shop-trap-" + name, Class: class, About: about, SafeOnly: true, Places: places, Needs: needs, Make: func(b *trial.Build) (*trial.Handler, error) {
		hd, f, err := make(newShop(b))
		if err != nil {
			return nil, err
		}
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) { return f(ctx, noZero(a.Value)) }
		return hd, nil
	}}
}

// texts are what the traps' searches look through.
func (s *shop) texts() (rows [][]string, bodies []string) {
	for _, x := range s.items {
		rows = append(rows, []string{x.Name, comma(x.Price)})
		bodies = append(bodies, strings.Join([]string{x.Name, x.En, x.Kind, strings.ReplaceAll(x.Tags, ",", " "), strconv.Itoa(x.Price), x.Code}, " "))
	}
	return rows, bodies
}

// lucene is a small reader of the query language of search servers: words,
// "phrases", AND, OR, NOT, + and -, parentheses, field:word and jokers.
type lucene struct {
	toks []string
	at   int
}

var luceneToken = regexp.MustCompile(`"[^"]*"|[()]|[^\s()"]+`)

func readLucene(v string) (func(body string) bool, error) {
	if strings.Count(v, `"`)%2 == 1 {
		return nil, errors.New("parse_exception: Failed to parse query [" + v + "]: Lexical error, encountered: <EOF> after : \"\\\"\"")
	}
	if regexp.MustCompile(`[\[{][^\]}]*$|/[^/]*$|^[*?]|:\s*$|\\$`).MatchString(v) {
		return nil, errors.New("query_shard_exception: Failed to parse query [" + v + "]")
	}
	p := &lucene{toks: luceneToken.FindAllString(v, 60)}
	f, err := p.or(0)
	if err == nil && p.at < len(p.toks) {
		err = errors.New("parse_exception: Cannot parse '" + v + "': Encountered \" \")\" \") \"\" at line 1")
	}
	return f, err
}

func (p *lucene) or(depth int) (func(string) bool, error) {
	if depth > 20 {
		return nil, errors.New("too_many_nested_clauses")
	}
	any_ := []func(string) bool{}
	must := []func(string) bool{}
	and := false
	for p.at < len(p.toks) && p.toks[p.at] != ")" {
		t := p.toks[p.at]
		p.at++
		not := false
		switch t {
		case "AND", "&&":
			and = true
			if len(any_) > 0 {
				must, any_ = append(must, any_[len(any_)-1]), any_[:len(any_)-1]
			}
			continue
		case "OR", "||":
			continue
		case "NOT", "!":
			if p.at == len(p.toks) {
				return nil, errors.New("parse_exception: Encountered \"<EOF>\"")
			}
			t, not = p.toks[p.at], true
			p.at++
		}
		if strings.HasPrefix(t, "-") && len(t) > 1 {
			t, not = t[1:], true
		}
		var f func(string) bool
		if t == "(" {
			inner, err := p.or(depth + 1)
			if err != nil {
				return nil, err
			}
			if p.at >= len(p.toks) {
				return nil, errors.New("parse_exception: Encountered \"<EOF>\" at line 1. Was expecting one of: \")\"")
			}
			p.at++
			f = inner
		} else {
			word := strings.ToLower(strings.Trim(t, `"+`))
			if _, after, ok := strings.Cut(word, ":"); ok {
				word = after
			}
			word = strings.Trim(regexp.MustCompile(`['=%;,<>|&!]+`).ReplaceAllString(word, " "), " *?~^")
			f = func(body string) bool {
				for w := range strings.FieldsSeq(word) {
					if strings.Contains(strings.ToLower(body), w) {
						return true
					}
				}
				return false
			}
		}
		if not {
			g := f
			f = func(body string) bool { return !g(body) }
			must = append(must, f)
		} else if and || strings.HasPrefix(t, "+") {
			must = append(must, f)
		} else {
			any_ = append(any_, f)
		}
		and = false
	}
	return func(body string) bool {
		for _, f := range must {
			if !f(body) {
				return false
			}
		}
		return len(any_) == 0 && len(must) > 0 || slices.ContainsFunc(any_, func(f func(string) bool) bool { return f(body) })
	}, nil
}

// searchServer passes a visitor's words to a search server's query language.
func searchServer(class string) *trial.Family {
	return trap(class, class+"-search-server", "the words go to a search server as they came: AND, OR, NOT, quotes and parentheses mean something there, and odd ones fail", []trial.Place{trial.Query, trial.Query, trial.Form, trial.JSON, trial.Cookie, trial.Path}, nil, func(s *shop) (*trial.Handler, answer, error) {
		hd := s.named(s.b.Pick("/search", "/api/v2/search", "/products/search.php"), s.b.Pick("q", "query", "kw"), s.items[0].Kind, s.items[1].En)
		rows, bodies := s.texts()
		status := []int{400, 500, 500, 200}[s.b.Rand.IntN(4)]
		return hd, func(_ context.Context, v string) (*trial.Answer, error) {
			f, err := readLucene(v)
			if err != nil {
				return asJSON(status, map[string]any{"error": map[string]string{"type": "search_phase_execution_exception", "reason": err.Error()}, "status": 400}), nil
			}
			var out [][]string
			for i, t := range bodies {
				if f(t) {
					out = append(out, rows[i])
				}
			}
			return s.list(v, out), nil
		}, nil
	})
}

var sqlTraps = []*trial.Family{
	searchServer("sql"), searchServer("nosql"),
	trap("sql", "sql-coerced", "a bound text is compared with a number's column: the database reads the digits in front", webPlaces, mariaOnly, func(s *shop) (*trial.Handler, answer, error) {
		db, err := s.b.SQL("mariadb", s.stock("mariadb")...)
		return s.named("/products/detail.php", "product_id", "104", "102", "107"), func(ctx context.Context, v string) (*trial.Answer, error) {
			rows, err := db.Rows(ctx, cols+"hidden = 0 AND id = ?", strings.ToValidUTF8(v, ""))
			if err != nil {
				return s.broken(err), nil
			}
			if len(rows) == 0 {
				return trial.Status(404, "<h1>ご指定のページはございません。</h1>"), nil
			}
			return s.list(v, rows), nil
		}, err
	}),
	trap("sql", "sql-affinity", "a bound value in a sum that the database does, with a complaint when it cannot", webPlaces, []string{"postgres"}, func(s *shop) (*trial.Handler, answer, error) {
		db, err := s.b.SQL("postgres", s.stock("postgres")...)
		return s.named("/products/limit", "max", "2400", "1800"), func(ctx context.Context, v string) (*trial.Answer, error) {
			text := cols + "hidden = 0 AND price <= $1::numeric * 1.1 ORDER BY id"
			rows, err := db.Rows(ctx, text, strings.ToValidUTF8(v, ""))
			if err != nil {
				return s.broken(explained(err, text, v)), nil
			}
			return s.list(v, rows), nil
		}, err
	}),
	trap("sql", "sql-flood", "who searches again too soon is asked to wait", onlySearch, nil, func(s *shop) (*trial.Handler, answer, error) {
		rows, bodies := s.texts()
		var mu sync.Mutex
		tokens, last := 6.0, time.Now()
		return s.named("/bbs/search.php", "keywords", s.items[0].Kind, s.items[1].Kind), func(_ context.Context, v string) (*trial.Answer, error) {
			mu.Lock()
			tokens, last = min(6, tokens+time.Since(last).Seconds()*4), time.Now()
			ok := tokens >= 1
			if ok {
				tokens--
			}
			mu.Unlock()
			if !ok {
				return s.show("", "<p class=\"attention\">連続して検索することはできません。数秒おいてから再度お試しください。</p>"), nil
			}
			var out [][]string
			for i, t := range bodies {
				if strings.Contains(t, v) {
					out = append(out, rows[i])
				}
			}
			return s.list(v, out), nil
		}, nil
	}),
	trap("sql", "sql-shared-cache", "pages are cached by the letters and digits of the words alone, so that two values share what the first of them got", onlySearch, nil, func(s *shop) (*trial.Handler, answer, error) {
		rows, bodies := s.texts()
		var mu sync.Mutex
		cache := map[string]*trial.Answer{}
		signs := regexp.MustCompile(`[^\p{L}\p{N}]+`)
		return s.named("/collections/all", "q", s.items[0].Kind, s.items[2].Kind), func(_ context.Context, v string) (*trial.Answer, error) {
			mu.Lock()
			defer mu.Unlock()
			key := strings.ToLower(signs.ReplaceAllString(v, ""))
			if a := cache[key]; a != nil {
				return a, nil
			}
			var out [][]string
			for i, t := range bodies {
				if strings.Contains(t, v) {
					out = append(out, rows[i])
				}
			}
			a := s.list(v, out)
			cache[key] = a
			return a, nil
		}, nil
	}),
	trap("sql", "sql-near-words", "what is not found leads to the nearest name by distance of letters, so that each sign changes the list", webPlaces, nil, func(s *shop) (*trial.Handler, answer, error) {
		return s.named("/search/", "keyword", s.items[0].En, s.items[1].En), func(_ context.Context, v string) (*trial.Answer, error) {
			best := slices.Clone(s.items)
			slices.SortStableFunc(best, func(a, b item) int { return distance(v, a.En) - distance(v, b.En) })
			var out [][]string
			for _, x := range best[:3] {
				out = append(out, []string{x.Name, comma(x.Price)})
			}
			if distance(v, best[0].En) > 0 {
				return s.show(v, "<p>「"+e(v)+"」に一致する商品はありません。もしかして：<b>"+e(best[0].En)+"</b></p>"+s.list("", out).Body), nil
			}
			return s.list(v, out), nil
		}, nil
	}),
	trap("sql", "sql-shuffled", "the order and the number of what is shown differ each time, and a slow look through everything follows when nothing is found", onlySearch, nil, func(s *shop) (*trial.Handler, answer, error) {
		rows, bodies := s.texts()
		n := 0
		var mu sync.Mutex
		return s.named("/shopping/pickup.php", "theme", s.items[0].Kind, s.items[1].Kind), func(ctx context.Context, v string) (*trial.Answer, error) {
			mu.Lock()
			n++
			turn := n
			mu.Unlock()
			var out [][]string
			for i := range bodies {
				j := (i*5 + turn) % len(bodies)
				if strings.Contains(bodies[j], v) && (i+turn)%4 != 0 {
					out = append(out, rows[j])
				}
			}
			if len(out) == 0 {
				select {
				case <-time.After(time.Duration(250+turn%5*180) * time.Millisecond):
				case <-ctx.Done():
				}
			}
			return s.list(v, out), nil
		}, nil
	}),
	trap("sql", "sql-manual", "a page for people who write SQL: errors of databases stand in its text, chosen by what the words hold", []trial.Place{trial.Query, trial.Form, trial.Path}, nil, func(s *shop) (*trial.Handler, answer, error) {
		tips := [][2]string{{"'", "ORA-01756: 引用符付き文字列が正しく終了していません と表示されたら"}, {`"`, "You have an error in your SQL syntax; check the manual の意味"}, {")", "PG::SyntaxError: ERROR: syntax error at or near の直し方"}, {"\\", "Unclosed quotation mark after the character string とは"}}
		return s.named("/support/faq", "word", "返品", "送料"), func(_ context.Context, v string) (*trial.Answer, error) {
			body := fmt.Sprintf("<h2>よくあるご質問</h2><p>「%s」</p>", e(v))
			for _, t := range tips {
				if strings.Contains(v, t[0]) {
					body += "<article><h3>" + e(t[1]) + "</h3></article>"
				}
			}
			return s.show("", body), nil
		}, nil
	}),
}

// distance counts the letters to be changed between two words.
func distance(a, b string) int {
	x, y := []rune(clip(a, 60)), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		last := row[0]
		row[0] = i + 1
		for j := range y {
			next := min(row[j+1]+1, row[j]+1, last)
			if x[i] != y[j] {
				next = min(row[j+1]+1, row[j]+1, last+1)
			}
			last, row[j+1] = row[j+1], next
		}
	}
	return row[len(y)]
}
