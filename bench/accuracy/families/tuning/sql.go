package tuning

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

var sqlFamilies = []*trial.Family{
	sqlFamily("sqlite-text", "sqlite", "the category stands between quotes", text),
	sqlFamily("postgres-text", "postgres", "the category stands between quotes", text),
	sqlFamily("maria-text", "mariadb", "the category stands between quotes", text),
	sqlFamily("maria-double-quotes", "mariadb", "the category stands between double quotes", doubleQuoted),
	sqlFamily("sqlite-number", "sqlite", "the number of an item stands bare", number),
	sqlFamily("postgres-number", "postgres", "the number of an item stands bare", number),
	sqlFamily("maria-number", "mariadb", "the number of an item stands bare", number),
	sqlFamily("maria-like", "mariadb", "the word is between % of a LIKE", like),
	sqlFamily("postgres-like", "postgres", "the word is between % of a LIKE", like),
	sqlFamily("sqlite-parentheses", "sqlite", "two nested parentheses and a quote to leave", nested),
	sqlFamily("postgres-order", "postgres", "the column to sort by stands bare", orderBy),
	sqlFamily("maria-order", "mariadb", "the column to sort by stands bare", orderBy),
	sqlFamily("maria-in", "mariadb", "a list of numbers in IN (…)", inList),
	sqlFamily("sqlite-limit", "sqlite", "the number of lines after LIMIT", limit),
	sqlFamily("maria-backslash", "mariadb", "quotes are doubled, backslashes are not", backslash),
	sqlFamily("maria-short", "mariadb", "only the first 22 characters reach the statement", short),
	sqlFamily("sqlite-no-spaces", "sqlite", "spaces are taken out before the statement", noSpaces),
	sqlFamily("postgres-keywords", "postgres", "select, union and sleep are taken out once", keywords),
	sqlWrite("maria-update", "mariadb", "a visit is counted by UPDATE … WHERE code='…' AND owner=7", "UPDATE coupons SET seen = seen + 1 WHERE code = '%s' AND owner = 7"),
	sqlWrite("postgres-update", "postgres", "a visit is counted by UPDATE … WHERE code='…' AND owner=7", "UPDATE coupons SET seen = seen + 1 WHERE code = '%s' AND owner = 7"),
	sqlWrite("sqlite-delete", "sqlite", "used tokens are dropped by DELETE … WHERE token='…' AND owner=7", "DELETE FROM tokens WHERE token = '%s' AND owner = 7"),
	sqlWrite("maria-delete", "mariadb", "used tokens are dropped by DELETE … WHERE token='…' AND owner=7", "DELETE FROM tokens WHERE token = '%s' AND owner = 7"),
	sqlLog("maria-insert", "mariadb", "the value is logged by INSERT"),
	sqlLog("postgres-insert", "postgres", "the value is logged by INSERT"),
	sqlBlind("maria-blind", "mariadb", "the answer never shows what the statement found; only time does"),
	flaky("sqlite-flaky", "sqlite", text), flaky("postgres-flaky", "postgres", number), flaky("maria-flaky", "mariadb", like),
	sqlBlind("postgres-blind", "postgres", "the answer never shows what the statement found; only time does"),
}

// flaky is a trap: the careful member, on a server that is now and then overloaded.
func flaky(name, kind string, s shape) *trial.Family {
	f := sqlFamily(name, kind, "nothing is wrong, but one answer in nine is 503, 429 or a reset", s)
	f.SafeOnly, f.Grades = true, []trial.Grade{trial.Flaky}
	return f
}

// fill makes the tables of a shop.
func fill(kind string, c []ware) []string {
	serial := "INTEGER PRIMARY KEY"
	switch kind {
	case "postgres":
		serial = "SERIAL PRIMARY KEY"
	case "mariadb":
		serial = "INTEGER PRIMARY KEY AUTO_INCREMENT"
	}
	var items []string
	for _, w := range c {
		items = append(items, fmt.Sprintf("(%d, '%s', '%s', %d, 5)", w.ID, w.Name, w.Category, w.Price))
	}
	return []string{
		"CREATE TABLE items (id INTEGER PRIMARY KEY, name VARCHAR(60), category VARCHAR(60), price INTEGER, stock INTEGER)",
		"INSERT INTO items VALUES " + strings.Join(items, ", "),
		"CREATE TABLE coupons (id INTEGER PRIMARY KEY, code VARCHAR(60), owner INTEGER, seen INTEGER)",
		"INSERT INTO coupons VALUES (1, 'SPRING', 7, 0), (2, 'SPRING', 8, 0), (3, 'WINTER', 7, 0), (4, 'WELCOME', 9, 0)",
		"CREATE TABLE tokens (id INTEGER PRIMARY KEY, token VARCHAR(60), owner INTEGER)",
		"INSERT INTO tokens VALUES (1, 'a1b2', 7), (2, 'a1b2', 8), (3, 'c3d4', 7), (4, 'e5f6', 9)",
		"CREATE TABLE visits (id " + serial + ", page VARCHAR(60), note VARCHAR(400))",
	}
}

// intact are the rows that no visitor may change.
func intact(db *backend.DB) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		var all strings.Builder
		for _, q := range []string{
			"SELECT * FROM items ORDER BY id", "SELECT id, code, owner FROM coupons ORDER BY id",
			"SELECT id, seen FROM coupons WHERE owner <> 7 OR code <> 'SPRING' ORDER BY id",
			"SELECT * FROM tokens ORDER BY id",
		} {
			s, err := db.Dump(ctx, q)
			if err != nil {
				return "", err
			}
			all.WriteString(s)
		}
		return all.String(), nil
	}
}

// how a program shows that its statement failed.
func failed(b *trial.Build, style int, err error) *trial.Answer {
	switch style {
	case 0:
		return trial.Status(500, "<h1>エラー</h1><pre>"+esc(err.Error())+"</pre>")
	case 1:
		return oops()
	case 2:
		return trial.Text("<h1>エラー</h1><p>検索中に問題が発生しました。</p>")
	}
	return trial.Text(nothing)
}

// sqlFamily reads rows by a shape of statement.
func sqlFamily(name, kind, about string, s shape) *trial.Family {
	f := &trial.Family{Name: name, Class: "sql", About: about, Places: trial.Everywhere}
	if kind != "sqlite" {
		f.Needs = []string{kind}
	}
	if s.yes != "" && strings.Contains(s.yes, "--") {
		f.Grades = trial.NoWAF
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		style, output, lure := b.Rand.IntN(4), b.Rand.IntN(3), b.Rand.IntN(6)
		db, err := b.SQL(kind, fill(kind, c)...)
		if err != nil {
			return nil, err
		}
		sample, shows := s.sample(c)
		show := func(rows [][]string) *trial.Answer {
			switch {
			case len(rows) == 0:
				return trial.Text(nothing)
			case output == 1 && s.query != orderBy.query && s.query != limit.query:
				return trial.Text(fmt.Sprintf("<h1>在庫</h1><p>%d 件あります: %s ほか</p>", len(rows), esc(rows[len(rows)-1][0])))
			}
			return trial.Text(shelf(rows))
		}
		h := &trial.Handler{Sample: sample, Others: others(s, c), Intact: intact(db)}
		h.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			var rows [][]string
			var err error
			if b.Vulnerable {
				rows, err = db.Rows(ctx, fmt.Sprintf(s.query, s.clean(a.Value)))
			} else {
				var ans *trial.Answer
				if rows, ans, err = careful(ctx, db, s, c, lure, a.Value); ans != nil {
					return ans, nil
				}
			}
			if err != nil {
				return failed(b, style, err), nil
			}
			return show(rows), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			if s.query == orderBy.query || s.query == limit.query {
				// The order, or the length, follows the condition.
				return proof.Splits(ctx, send, sample+s.yes, sample+s.no, shows)
			}
			if output == 1 {
				return proof.Splits(ctx, send, sample+s.yes, sample+s.no, "件あります")
			}
			return proof.Splits(ctx, send, sample+s.yes, sample+s.no, shows)
		}
		return h, nil
	}
	return f
}

func others(s shape, c []ware) []string {
	switch {
	case s.number:
		return []string{"2", "7", "9"}
	case s.query == inList.query:
		return []string{"2,4", "1"}
	case s.query == orderBy.query:
		return []string{"name"}
	case s.query == limit.query:
		return []string{"3", "10"}
	case s.query == like.query:
		return []string{c[0].Name[:3], c[7].Name[:4]}
	}
	return []string{c[0].Category, c[2].Category, c[3].Category}
}

// careful is the safe member: the value is bound, or chosen from what is
// known, and around it stands what tempts.
func careful(ctx context.Context, db *backend.DB, s shape, c []ware, lure int, v string) ([][]string, *trial.Answer, error) {
	if s.safe != nil {
		rows, ok := s.safe(v, c)
		if !ok {
			return nil, trial.Status(500, "<h1>エラー</h1><p>SQL の条件として使えない値です。</p>"), nil
		}
		return rows, nil, nil
	}
	if s.number {
		if lure == 1 && strings.Contains(v, "-") {
			// A range of numbers, as a shop's filter understands it.
			lo, hi, _ := strings.Cut(v, "-")
			a, z := leading(lo), leading(hi)
			var rows [][]string
			for _, w := range c {
				if w.ID >= a && (z <= 0 || w.ID <= z) {
					rows = append(rows, row(w))
				}
			}
			return rows, nil, nil
		}
		n := leading(v)
		if _, err := strconv.Atoi(v); err != nil && lure >= 3 || n < 0 {
			return nil, trial.Status(500, "<h1>エラー</h1><p>invalid input syntax for type integer</p>"), nil
		}
		rows, err := db.Rows(ctx, numbered(db, s.bound), n)
		return rows, nil, err
	}
	quote := "'"
	if s.query == doubleQuoted.query {
		quote = `"`
	}
	switch lure {
	case 1: // what is not a word is refused like an error of the database
		if strings.ContainsAny(v, `'"\()=<>;`) {
			return nil, trial.Status(500, "<h1>エラー</h1><p>You have an error in your SQL syntax: 使用できない文字が含まれています。</p>"), nil
		}
	case 2: // a search with phrases: a lone quote is told, a pair is taken off
		if strings.Count(v, quote)%2 == 1 {
			return nil, trial.Text("<h1>検索</h1><p>引用符が閉じられていません。</p>"), nil
		}
		v = strings.ReplaceAll(v, quote, "")
	case 3: // quotes do not count
		v = strings.ReplaceAll(v, quote, "")
	case 4: // the value is escaped properly and then stands in the statement
		lit := strings.ReplaceAll(v, "'", "''")
		if db.Kind == "mariadb" {
			lit = strings.ReplaceAll(lit, `\`, `\\`)
		}
		if !strings.ContainsRune(lit, 0) && s.query != doubleQuoted.query && s.query != like.query {
			rows, err := db.Rows(ctx, fmt.Sprintf(s.query, lit))
			return rows, nil, err
		}
	case 5: // conditions in words are part of the search: every word must be in the category
		words := strings.Fields(strings.ReplaceAll(v, quote, " "))
		if len(words) > 1 {
			v = words[0]
			for _, w := range words[1:] {
				if !strings.EqualFold(w, "and") && !strings.Contains(v, w) {
					return nil, nil, nil
				}
			}
		}
	}
	if s.query == like.query {
		v = "%" + v + "%"
	}
	rows, err := db.Rows(ctx, numbered(db, s.bound), strings.ToValidUTF8(strings.ReplaceAll(v, "\x00", ""), ""))
	if lure == 0 && len(rows) == 0 && err == nil {
		return nil, trial.Text(nothing + "<p>「" + esc(v) + "」は見つかりませんでした。MySQL や PostgreSQL の syntax error についての本は洋書の棚にあります。</p>"), nil
	}
	return rows, nil, err
}

// numbered writes the place of a bound value as the database wants it.
func numbered(db *backend.DB, q string) string {
	if db.Kind == "postgres" {
		return strings.Replace(q, "?", "$1", 1)
	}
	return q
}

// sqlWrite is a page whose visit changes a row of its visitor's own: what a
// test sends must not reach the others'.
func sqlWrite(name, kind, about, statement string) *trial.Family {
	f := &trial.Family{Name: name, Class: "sql", About: about, Places: trial.Everywhere}
	if kind != "sqlite" {
		f.Needs = []string{kind}
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		style, lure := b.Rand.IntN(3), b.Rand.IntN(3)
		db, err := b.SQL(kind, fill(kind, c)...)
		if err != nil {
			return nil, err
		}
		sample, other := "SPRING", "AUTUMN"
		if strings.HasPrefix(statement, "DELETE") {
			sample, other = "used-09", "used-11"
		}
		h := &trial.Handler{Sample: sample, Others: []string{other}, Intact: intact(db)}
		h.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			var n int64
			var err error
			if b.Vulnerable {
				n, err = db.Affect(ctx, fmt.Sprintf(statement, a.Value))
			} else {
				if lure == 1 && strings.ContainsAny(a.Value, `'"\`) {
					return trial.Status(500, "<h1>エラー</h1><p>SQLSTATE[42000]: 使用できない文字が含まれています。</p>"), nil
				}
				v := strings.ToValidUTF8(strings.ReplaceAll(a.Value, "\x00", ""), "")
				n, err = db.Affect(ctx, numbered(db, strings.Replace(statement, "'%s'", "?", 1)), v)
			}
			if err != nil {
				return failed(b, style, err), nil
			}
			if n > 0 {
				return trial.Text("<h1>クーポン</h1><p>ご利用いただけるクーポンがあります。</p>"), nil
			}
			return trial.Text("<h1>クーポン</h1><p>ご利用いただけるクーポンはありません。</p>"), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			if strings.HasPrefix(statement, "DELETE") {
				bad, err := send(ctx, sample+"'")
				if err != nil {
					return false, err
				}
				good, err := send(ctx, sample+"' AND '1'='1")
				return err == nil && strings.Contains(bad.Body, "エラー") && strings.Contains(good.Body, "クーポンはありません"), err
			}
			return proof.Splits(ctx, send, sample+"' AND '1'='1", sample+"' AND '1'='2", "クーポンがあります")
		}
		return h, nil
	}
	return f
}

// sqlLog writes the value into a log; only a broken statement shows.
func sqlLog(name, kind, about string) *trial.Family {
	return &trial.Family{Name: name, Class: "sql", About: about, Places: trial.Everywhere, Needs: []string{kind}, Make: func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		style, lure := b.Rand.IntN(2), b.Rand.IntN(2)
		db, err := b.SQL(kind, fill(kind, c)...)
		if err != nil {
			return nil, err
		}
		h := &trial.Handler{Sample: c[0].Name, Others: []string{c[1].Name, c[2].Name}, Intact: intact(db)}
		h.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			var err error
			v := a.Value[:min(len(a.Value), 300)]
			if b.Vulnerable {
				_, err = db.Affect(ctx, "INSERT INTO visits (page, note) VALUES ('list', '"+v+"')")
			} else {
				v = strings.ToValidUTF8(strings.ReplaceAll(v, "\x00", ""), "")
				if lure == 1 && strings.ContainsAny(v, `'"`) {
					return oops(), nil
				}
				_, err = db.Affect(ctx, numbered(db, "INSERT INTO visits (page, note) VALUES ('list', ?)"), v)
			}
			if err != nil {
				return failed(b, style, err), nil
			}
			var rows [][]string
			for _, w := range c[:5] {
				rows = append(rows, row(w))
			}
			return trial.Text(shelf(rows)), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			return proof.Fails(ctx, send, "x'y", "x''y")
		}
		return h, nil
	}}
}

// sqlBlind swallows errors and results.
func sqlBlind(name, kind, about string) *trial.Family {
	return &trial.Family{Name: name, Class: "sql", About: about, Places: trial.Everywhere, Needs: []string{kind}, Grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.Lock, trial.Slow, trial.Jitter}, Make: func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		bare := b.Rand.IntN(2) == 0
		lure := b.Rand.IntN(2)
		db, err := b.SQL(kind, fill(kind, c)...)
		if err != nil {
			return nil, err
		}
		sample, _ := byCategory(c)
		query, bound := "SELECT count(*) FROM items WHERE category = '%s'", "SELECT count(*) FROM items WHERE category = ?"
		if bare {
			sample, query, bound = "5", "SELECT count(*) FROM items WHERE id = %s", "SELECT count(*) FROM items WHERE price > 0 AND name <> ?"
		}
		h := &trial.Handler{Sample: sample, Intact: intact(db)}
		h.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			if b.Vulnerable {
				_, _ = db.Rows(ctx, fmt.Sprintf(query, a.Value))
			} else {
				v := strings.ToValidUTF8(strings.ReplaceAll(a.Value, "\x00", ""), "")
				if lure == 1 && len(v) > 20 {
					// Long words cost this shop time, whatever they say.
					select {
					case <-time.After(time.Duration(min(len(v), 60)) * 8 * time.Millisecond):
					case <-ctx.Done():
					}
				}
				_, _ = db.Rows(ctx, numbered(db, bound), v)
			}
			return trial.Text("<h1>ありがとうございます</h1><p>ご覧いただいた商品を記録しました。</p>"), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			wait := "(SELECT 1 FROM (SELECT SLEEP(%s)) z)"
			if kind == "postgres" {
				wait = "(SELECT 1 FROM pg_sleep(%s))"
			}
			pre, post := sample+"' AND 1=", " AND '1'='1"
			if bare {
				pre, post = sample+" AND 1=", ""
			}
			return proof.Waits(ctx, send, pre+fmt.Sprintf(wait, "1.2")+post, pre+fmt.Sprintf(wait, "0")+post, time.Second)
		}
		return h, nil
	}}
}
