package second

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/bench/accuracy/trial"
)

// connection is one connection of a pool.
type connection interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

var tokens = regexp.MustCompile(`[\p{L}\p{N}]+`)

// sqlTokens is a full-text search: it drops punctuation and finds what holds
// any of the words, so that operands of a condition are words like others.
var sqlTokens = &trial.Family{Name: "held-sql-full-text", Class: "sql", About: "a full-text search that drops punctuation and knows sizes and numbers as words", SafeOnly: true, Places: trial.Everywhere, Make: func(b *trial.Build) (*trial.Handler, error) {
	r := range_(b)
	all, design := b.Rand.IntN(2) == 0, b.Rand.IntN(6)
	sizes := strings.Fields("S M L R T 1 2 3 7 8")
	hd := &trial.Handler{Sample: r[0].Name, Others: []string{r[1].Name, r[2].Name}}
	hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		words := tokens.FindAllString(strings.ToLower(a.Value), 12)
		var rows [][]string
		for i, x := range r {
			have := []string{strings.ToLower(x.Name), x.Slug, x.Colour, strings.ToLower(sizes[i])}
			n := 0
			for _, w := range words {
				if slices.Contains(have, w) {
					n++
				}
			}
			if n > 0 && (!all || n == len(words)) {
				rows = append(rows, []string{x.Name, strconv.Itoa(x.Price)})
			}
		}
		return listing(design, rows), nil
	}
	return hd, nil
}}

// sqlSuggest answers an unknown word with near ones, and an open quote with advice.
var sqlSuggest = &trial.Family{Name: "held-sql-suggest", Class: "sql", About: "quotes hold a phrase together; one that is left open is told, and unknown words lead to near ones", SafeOnly: true, Places: trial.Everywhere, Make: func(b *trial.Build) (*trial.Handler, error) {
	r := range_(b)
	hd := &trial.Handler{Sample: r[0].Name, Others: []string{r[1].Name, r[2].Name}}
	hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		if strings.Count(a.Value, "'")%2 == 1 || strings.Count(a.Value, `"`)%2 == 1 {
			return trial.Text("<h2>検索のヒント</h2><p>フレーズ検索の引用符が片方だけになっています。syntax error near quote</p>"), nil
		}
		v := strings.NewReplacer("'", "", `"`, "").Replace(a.Value)
		for _, x := range r {
			if strings.EqualFold(strings.TrimSpace(v), x.Name) {
				return listing(1, [][]string{{x.Name, strconv.Itoa(x.Price)}}), nil
			}
		}
		var near []string
		for _, x := range r {
			if len(v) > 1 && strings.HasPrefix(x.Name, strings.ToLower(v[:1])) {
				near = append(near, x.Name)
			}
		}
		return trial.Text("<h2>0 件</h2><p>もしかして：" + h(strings.Join(near, "、")) + "</p>"), nil
	}
	return hd, nil
}}

var lastDigits = regexp.MustCompile(`(\d{1,3})\D*$`)

// sqlWait waits as long as the visitor asks for, up to three seconds.
var sqlWait = &trial.Family{Name: "held-sql-long-poll", Class: "sql", About: "a page that waits for news as many seconds as its last number says, three at most", SafeOnly: true, Places: []trial.Place{trial.Query, trial.Form, trial.JSON}, Grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random}, Make: func(*trial.Build) (*trial.Handler, error) {
	hd := &trial.Handler{Sample: "0", Others: []string{"1"}, Param: "wait"}
	hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
		n := 0
		if m := lastDigits.FindStringSubmatch(a.Value); m != nil {
			n = min(3, leadingInt(m[1]))
		}
		select {
		case <-time.After(time.Duration(n) * time.Second):
		case <-ctx.Done():
			return nil, nil
		}
		return trial.Text("<h2>入荷のお知らせ</h2><p>新しいお知らせはありません。</p>"), nil
	}
	return hd, nil
}}
