package second

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// sort of place in a statement
const (
	quoted = iota // between single quotes
	double        // between double quotes
	number
	word // a name or keyword: only an allow-list helps
	numbers
)

// statement is a query with the place into which the value gets.
type statement struct {
	name, about string
	kinds       []string
	sort        int
	query       string // with %s or %[1]s
	sample      func(r []article) (string, []string)
	yes, no     string              // %v is the sample
	before      func(string) string // what the faulty program does with the value first
	places      []trial.Place
	grades      []trial.Grade
}

var (
	anyBase  = []string{"sqlite", "mariadb", "postgres"}
	maria    = []string{"mariadb"}
	postgres = []string{"postgres"}
)

func price(r []article) (string, []string) {
	return strconv.Itoa(r[4].Price - 5), []string{strconv.Itoa(r[2].Price - 5), strconv.Itoa(r[7].Price + 5)}
}
func upTo(r []article) (string, []string) {
	return strconv.Itoa(r[4].Price + 5), []string{strconv.Itoa(r[2].Price + 5), strconv.Itoa(r[7].Price + 5)}
}
func id(r []article) (string, []string)     { return "4", []string{"2", "7", "9"} }
func slug(r []article) (string, []string)   { return r[1].Slug, []string{r[0].Slug, r[2].Slug} }
func colour(r []article) (string, []string) { return r[1].Colour, []string{r[0].Colour, r[2].Colour} }
func title(r []article) (string, []string)  { return r[3].Name, []string{r[5].Name, r[6].Name} }
func month(r []article) (string, []string)  { return r[2].Month, []string{r[0].Month, r[1].Month} }
func code(r []article) (string, []string) {
	return strings.TrimPrefix(r[3].Code, "SKU-"), []string{strings.TrimPrefix(r[1].Code, "SKU-")}
}
func fixed(v string, others ...string) func([]article) (string, []string) {
	return func([]article) (string, []string) { return v, others }
}

var spaces = regexp.MustCompile(`[\s\x{3000}]+`)
var keywords = regexp.MustCompile(`(?i)select|union|insert|delete|drop|\band\b|\bor\b|--|/\*`)

func addSlashes(s string) string {
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`, `"`, `\"`).Replace(s)
}

func cut(n int) func(string) string {
	return func(s string) string {
		if r := []rune(s); len(r) > n {
			return string(r[:n])
		}
		return s
	}
}

var statements = []statement{
	{name: "floor-price", about: "a lowest price without quotes", kinds: anyBase, sort: number, query: "SELECT name, price FROM products WHERE status = 1 AND price >= %s ORDER BY price", sample: price, yes: "%v AND 3=3", no: "%v AND 3=4"},
	{name: "ceiling-price", about: "the upper end of BETWEEN", kinds: anyBase, sort: number, query: "SELECT name, price FROM products WHERE (price BETWEEN 1 AND %s) AND status = 1 ORDER BY name", sample: upTo, yes: "%v AND 3=3", no: "%v AND 3=4"},
	{name: "in-ids", about: "ids joined by commas in IN ( )", kinds: anyBase, sort: numbers, query: "SELECT name, price FROM products WHERE id IN (%s) ORDER BY id", sample: fixed("2,5,7", "1,3", "8,9,10"), yes: "%v) AND (3=3", no: "%v) AND (3=4"},
	{name: "in-slugs", about: "words that implode puts into IN ('…','…')", kinds: anyBase, sort: quoted, query: "SELECT name, price FROM products WHERE slug IN ('%s') ORDER BY id", sample: func(r []article) (string, []string) { return r[0].Slug + "," + r[1].Slug, []string{r[2].Slug} }, yes: "%v') AND ('e'='e", no: "%v') AND ('e'='f", before: func(s string) string { return strings.ReplaceAll(s, ",", "','") }},
	{name: "name-or-memo", about: "LIKE twice in parentheses", kinds: anyBase, sort: quoted, query: "SELECT name, price FROM products WHERE (name LIKE '%%%[1]s%%' OR memo LIKE '%%%[1]s%%') AND status = 1 ORDER BY id", sample: title, yes: "%v%') AND ('e' LIKE '%e", no: "%v%') AND ('e' LIKE '%f"},
	{name: "each-word", about: "every word of the search in a LIKE of its own, so that no blank survives", kinds: anyBase, sort: quoted, query: "SELECT name, price FROM products WHERE %s ORDER BY id", sample: title, yes: "%v%'AND'e'LIKE'%e", no: "%v%'AND'e'LIKE'%f", before: func(s string) string {
		var parts []string
		for _, w := range spaces.Split(strings.TrimSpace(s), -1) {
			parts = append(parts, "name LIKE '%"+w+"%'")
		}
		return strings.Join(parts, " AND ")
	}},
	{name: "sort-backtick", about: "the column to sort by in backticks", kinds: []string{"mariadb", "sqlite"}, sort: word, query: "SELECT name, price FROM products ORDER BY `%s`", sample: fixed("price", "name", "id"), yes: "%v`*(CASE WHEN 3>2 THEN 1 ELSE -1 END),`name", no: "%v`*(CASE WHEN 3>4 THEN 1 ELSE -1 END),`name"},
	{name: "sort-identifier", about: "the column to sort by in double quotes", kinds: postgres, sort: word, query: `SELECT name, price FROM products ORDER BY "%s"`, sample: fixed("price", "name", "id"), yes: `%v"*(CASE WHEN 3>2 THEN 1 ELSE -1 END),"name`, no: `%v"*(CASE WHEN 3>4 THEN 1 ELSE -1 END),"name`},
	{name: "direction", about: "ASC or DESC as it came", kinds: anyBase, sort: word, query: "SELECT name, price FROM products WHERE status = 1 ORDER BY price %s", sample: fixed("DESC", "ASC"), yes: "*(CASE WHEN 3>2 THEN -1 ELSE 1 END)", no: "*(CASE WHEN 3>4 THEN -1 ELSE 1 END)"},
	{name: "rows", about: "the number of rows in LIMIT", kinds: []string{"sqlite", "postgres"}, sort: number, query: "SELECT name, price FROM products ORDER BY id LIMIT %s", sample: fixed("4", "6", "8"), yes: "(CASE WHEN 3>2 THEN 4 ELSE 1 END)", no: "(CASE WHEN 3>4 THEN 4 ELSE 1 END)"},
	{name: "start", about: "the first number of LIMIT", kinds: maria, sort: number, query: "SELECT name, price FROM products ORDER BY id LIMIT %s, 5", sample: fixed("0", "5"), yes: "0,5 #", no: "0,2 #"},
	{name: "as-text", about: "a number that the statement makes a text", kinds: postgres, sort: quoted, query: "SELECT name, price FROM products WHERE price::text = '%s'", sample: func(r []article) (string, []string) {
		return strconv.Itoa(r[2].Price), []string{strconv.Itoa(r[3].Price)}
	}, yes: "%v' AND 'e'='e", no: "%v' AND 'e'='f"},
	{name: "sku", about: "an article number inside CONCAT", kinds: []string{"mariadb", "postgres"}, sort: quoted, query: "SELECT name, price FROM products WHERE code = CONCAT('SKU-', '%s')", sample: code, yes: "%v') AND ('e'='e", no: "%v') AND ('e'='f"},
	{name: "month", about: "the month of the release", kinds: anyBase, sort: quoted, query: "SELECT name, price FROM products WHERE SUBSTR(month, 1, 7) = '%s' ORDER BY id", sample: month, yes: "%v' AND 'e'='e", no: "%v' AND 'e'='f"},
	{name: "slashed-number", about: "addslashes before a number without quotes", kinds: []string{"mariadb", "sqlite"}, sort: number, query: "SELECT name, price FROM products WHERE kind = %s ORDER BY id", sample: fixed("2", "1", "3"), yes: "%v AND 4>3", no: "%v AND 4>5", before: addSlashes},
	{name: "doubled-quotes", about: "quotes are doubled, backslashes are not", kinds: maria, sort: quoted, query: "SELECT name, price FROM products WHERE slug = '%s' ORDER BY id", sample: func(r []article) (string, []string) { return r[1].Slug, []string{r[0].Slug} }, yes: `zz\'||kind=2 #`, no: `zz\'||kind=99 #`, before: func(s string) string { return strings.ReplaceAll(s, "'", "''") }},
	{name: "array", about: "a word inside an array literal", kinds: postgres, sort: quoted, query: "SELECT name, price FROM products WHERE slug = ANY('{%s}'::text[]) ORDER BY id", sample: slug, yes: "%v}') AND 'e' = ANY('{e", no: "%v}') AND 'e' = ANY('{f"},
	{name: "table", about: "the language is the end of the table's name", kinds: anyBase, sort: word, query: "SELECT name, price FROM products_%s", sample: fixed("ja", "en"), yes: "%v WHERE 3>2", no: "%v WHERE 3>4"},
	{name: "column", about: "the column to show", kinds: anyBase, sort: word, query: "SELECT name, %s FROM products ORDER BY id", sample: fixed("price", "code", "memo"), yes: "(CASE WHEN 3>2 THEN price ELSE 0 END)", no: "(CASE WHEN 3>4 THEN price ELSE 0 END)"},
	{name: "having", about: "at least so many in a group", kinds: anyBase, sort: number, query: "SELECT slug, COUNT(*) FROM products GROUP BY slug HAVING COUNT(*) >= %s ORDER BY slug", sample: fixed("4", "3", "2"), yes: "%v AND 4>3", no: "%v AND 4>5"},
	{name: "full-width", about: "the value is escaped first and made half-width afterwards", kinds: anyBase, sort: quoted, query: "SELECT name, price FROM products WHERE colour = '%s' ORDER BY id", sample: colour, yes: "%v＇ AND ＇e＇=＇e", no: "%v＇ AND ＇e＇=＇f", before: func(s string) string { return norm.NFKC.String(strings.ReplaceAll(s, "'", "''")) }, places: trial.Except(trial.Header, trial.Cookie)},
	{name: "json-path", about: "a key inside a JSON path", kinds: []string{"mariadb", "sqlite"}, sort: word, query: "SELECT name, price FROM products WHERE JSON_EXTRACT(attrs, '$.%s') IS NOT NULL ORDER BY id", sample: fixed("wrap", "gift"), yes: `%v') IS NOT NULL AND JSON_EXTRACT('{"e":1}', '$.e`, no: `%v') IS NOT NULL AND JSON_EXTRACT('{"e":1}', '$.f`},
	{name: "subselect", about: "a word in an inner SELECT", kinds: anyBase, sort: quoted, query: "SELECT name, price FROM products WHERE kind = (SELECT MAX(kind) FROM products WHERE slug = '%s') ORDER BY price DESC", sample: slug, yes: "%v' AND 'e'='e", no: "%v' AND 'e'='f"},
	{name: "double-quoted", about: "a literal in double quotes, and only single ones are escaped", kinds: maria, sort: double, query: `SELECT name, price FROM products WHERE slug = "%s" ORDER BY id`, sample: slug, yes: `%v" AND "e"="e`, no: `%v" AND "e"="f`, before: func(s string) string { return strings.ReplaceAll(s, `'`, `\'`) }},
	{name: "short", about: "what is longer than 24 signs is cut off", kinds: anyBase, sort: quoted, query: "SELECT name, price FROM products WHERE name = '%s'", sample: title, yes: "%v'AND'7'='7", no: "%v'AND'7'='8", before: cut(24)},
	{name: "no-keywords", about: "keywords are taken out, quotes are not", kinds: maria, sort: quoted, query: "SELECT name, price FROM products WHERE colour = '%s' ORDER BY id", sample: colour, yes: "%v' && 'e'='e", no: "%v' && 'e'='f", before: func(s string) string { return keywords.ReplaceAllString(s, "") }},
	{name: "begins-with-digit", about: "a test that looks at the beginning only", kinds: anyBase, sort: number, query: "SELECT name, price FROM products WHERE id = %s", sample: id, yes: "%v AND 4>3", no: "%v AND 4>5", before: func(s string) string {
		if s == "" || s[0] < '0' || s[0] > '9' {
			return "0"
		}
		return s
	}},
	{name: "left-join", about: "a word in the condition of a join", kinds: anyBase, sort: quoted, query: "SELECT p.name, COALESCE(q.name, '-') FROM products p LEFT JOIN products q ON q.id = p.id AND q.slug = '%s' ORDER BY p.id", sample: slug, yes: "%v' AND 'e'='e", no: "%v' AND 'e'='f"},
	{name: "case-lower", about: "the value is made lower case and trimmed, inside LOWER()", kinds: anyBase, sort: quoted, query: "SELECT name, price FROM products WHERE LOWER(colour) = LOWER(' %s ') OR LOWER(colour) = LOWER('%[1]s') ORDER BY id", sample: colour, yes: "%v') AND ('e'='e", no: "%v') AND ('e'='f", before: strings.ToLower},
}

var statementFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range statements {
		s := &statements[i]
		for _, kind := range s.kinds {
			out = append(out, statementFamily(s, kind))
		}
	}
	return slices.Concat(out, []*trial.Family{accessLog("mariadb"), accessLog("postgres"), viewCounter, silentSleep("mariadb"), silentSleep("postgres"), shiftJIS, sqlTokens, sqlSuggest, sqlWait})
}()

// fill writes the range into a database.
func fill(kind string, r []article) []string {
	out := []string{"CREATE TABLE products (id INTEGER PRIMARY KEY, name VARCHAR(60), price INTEGER, kind INTEGER, slug VARCHAR(40), code VARCHAR(40), colour VARCHAR(40), month VARCHAR(10), memo VARCHAR(80), attrs VARCHAR(200), status INTEGER, views INTEGER)"}
	for _, a := range r {
		attrs := `{"size":"M"}`
		if a.ID%3 == 0 {
			attrs = `{"wrap":"yes","size":"L"}`
		} else if a.ID%3 == 1 {
			attrs = `{"gift":"yes"}`
		}
		out = append(out, fmt.Sprintf("INSERT INTO products VALUES (%d, '%s', %d, %d, '%s', '%s', '%s', '%s', '%s', '%s', 1, 0)", a.ID, a.Name, a.Price, a.Kind, a.Slug, a.Code, a.Colour, a.Month, a.Memo, attrs))
	}
	return append(out,
		"INSERT INTO products VALUES (900, 'unlisted', 1, 9, 'secret', 'SKU-1', 'none', '2019-01', '', '{}', 0, 0)",
		"CREATE TABLE products_ja AS SELECT name, price FROM products WHERE id < 8 AND id > 2", "CREATE TABLE products_en AS SELECT name, price FROM products WHERE id < 4",
		"CREATE TABLE access_log (page VARCHAR(20), agent VARCHAR(2000))")
}

// escaped is the value as a careful program puts it between quotes.
func escaped(kind string, sort int, v string) string {
	if kind == "mariadb" {
		v = strings.ReplaceAll(v, `\`, `\\`)
	}
	if sort == double {
		return strings.ReplaceAll(v, `"`, `""`)
	}
	return strings.ReplaceAll(v, "'", "''")
}

var sumOnly = regexp.MustCompile(`^\s*(\d{1,6})\s*([-+*])\s*(\d{1,6})\s*$`)

// reckon does the sum that a visitor typed into a field for numbers.
func reckon(v string) (int, bool) {
	m := sumOnly.FindStringSubmatch(v)
	if m == nil {
		n, err := strconv.Atoi(strings.TrimSpace(v))
		return n, err == nil
	}
	a, b := leadingInt(m[1]), leadingInt(m[3])
	switch m[2] {
	case "+":
		return a + b, true
	case "-":
		return a - b, true
	}
	return a * b, true
}

const refused = "<h2>入力エラー</h2><p>ご入力いただいた条件に、ご利用になれない文字が含まれています。</p>"

// careful is the value as the twin puts it into the statement, or the answer with which it declines.
func (s *statement) careful(kind string, lure int, v, sample string, others []string) (string, *trial.Answer) {
	switch s.sort {
	case number:
		v = norm.NFKC.String(v)
		switch lure % 4 {
		case 0:
			return strconv.Itoa(max(0, leadingInt(v))), nil
		case 1:
			n, err := strconv.Atoi(v)
			if err != nil {
				return "", trial.Status(400, "<h2>400 Bad Request</h2><p>For input string: &quot;"+h(v)+"&quot;</p>")
			}
			return strconv.Itoa(max(0, n)), nil
		case 2:
			n, ok := reckon(v)
			if !ok {
				return "", trial.Text(refused)
			}
			return strconv.Itoa(max(0, n)), nil
		}
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, v)
		return strconv.Itoa(leadingInt(digits)), nil
	case numbers:
		var out []string
		for part := range strings.SplitSeq(v, ",") {
			n := leadingInt(part)
			if lure%2 == 0 && strconv.Itoa(n) != part {
				return "", mishap(lure, fmt.Errorf("NumberFormatException: %q", part))
			}
			out = append(out, strconv.Itoa(n))
		}
		return strings.Join(out, ","), nil
	case word:
		if v == sample || slices.Contains(others, v) {
			return v, nil
		}
		switch lure % 4 {
		case 0:
			return sample, nil
		case 1:
			return "", trial.Status(400, refused)
		case 2:
			return "", mishap(lure/4, fmt.Errorf("%s '%s' in 'order clause'", "Unknown column", v))
		}
		for _, o := range append(others, sample) {
			if strings.HasPrefix(v, o) {
				return o, nil
			}
		}
		return sample, nil
	}
	switch lure % 7 {
	case 1:
		if strings.ContainsAny(v, `'"<>;\`) {
			return "", trial.Text(refused)
		}
	case 2:
		if len(v) > len(sample)+9 {
			return "", trial.Status(500, "<h2>Internal Server Error</h2><pre>SQLSTATE[22001]: String data, right truncated: 1406 Data too long for column 'cond' at row 1</pre>")
		}
	case 3:
		v = strings.NewReplacer("'", "", `"`, "", "＇", "", "％", "").Replace(v)
	case 4:
		if strings.Contains(v, "'") && strings.Contains(v, "=") {
			return "", trial.Status(403, "<h2>アクセスが制限されています</h2><p>不正なリクエストの可能性があります。</p>")
		}
	case 5:
		v = norm.NFKC.String(strings.TrimRight(v, `'"＇;) `))
	case 6:
		v = cut(30)(v)
	}
	e := escaped(kind, s.sort, v)
	if s.before != nil && (s.name == "each-word" || s.name == "in-slugs") {
		e = s.before(e)
	}
	return e, nil
}

func statementFamily(s *statement, kind string) *trial.Family {
	places, needs := s.places, []string(nil)
	if places == nil {
		places = trial.Everywhere
	}
	if kind != "sqlite" {
		needs = []string{kind}
	}
	return &trial.Family{Name: "held-sql-" + s.name + "-" + kind, Class: "sql", About: s.about, Places: places, Grades: s.grades, Needs: needs, Make: func(b *trial.Build) (*trial.Handler, error) {
		r := range_(b)
		db, err := b.SQL(kind, fill(kind, r)...)
		if err != nil {
			return nil, err
		}
		design, style, lure := b.Rand.IntN(6), b.Rand.IntN(5), b.Rand.IntN(28)
		if s.name == "start" || s.name == "having" || s.name == "rows" {
			design = b.Rand.IntN(3)
		}
		hd := &trial.Handler{}
		hd.Sample, hd.Others = s.sample(r)
		switch s.name {
		case "direction", "sort-backtick", "sort-identifier", "column", "left-join":
			design = b.Rand.IntN(3)
		}
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := strings.ReplaceAll(a.Value, "\x00", "")
			if b.Vulnerable {
				if s.before != nil {
					v = s.before(v)
				}
			} else {
				var no *trial.Answer
				if v, no = s.careful(kind, lure, v, hd.Sample, hd.Others); no != nil {
					return no, nil
				}
			}
			rows, err := db.Rows(ctx, fmt.Sprintf(s.query, v))
			if err != nil {
				return mishap(style, err), nil
			}
			return listing(design, rows), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			with := func(t string) string { return strings.ReplaceAll(t, "%v", hd.Sample) }
			return follows(ctx, send, hd.Sample, with(s.yes), with(s.no))
		}
		hd.Intact = func(ctx context.Context) (string, error) { return db.Dump(ctx, "SELECT * FROM products ORDER BY id") }
		return hd, nil
	}}
}

// accessLog writes the value into a log; the page is always the same unless the statement fails.
func accessLog(kind string) *trial.Family {
	return &trial.Family{Name: "held-sql-access-log-" + kind, Class: "sql", About: "the value goes into INSERT, and only a failure shows", Places: []trial.Place{trial.Header, trial.Header, trial.Cookie, trial.Query, trial.Form, trial.JSON, trial.Path, trial.CookieObj}, Needs: []string{kind}, Make: func(b *trial.Build) (*trial.Handler, error) {
		r := range_(b)
		db, err := b.SQL(kind, fill(kind, r)...)
		if err != nil {
			return nil, err
		}
		style, lure := b.Rand.IntN(4), b.Rand.IntN(3)
		hd := &trial.Handler{Sample: r[0].Slug, Others: []string{r[1].Slug}}
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := cut(500)(strings.ReplaceAll(strings.ToValidUTF8(a.Value, ""), "\x00", ""))
			if !b.Vulnerable {
				if lure == 1 && strings.ContainsAny(v, `'\`) {
					return mishap(style, fmt.Errorf("CSRF: unexpected character")), nil
				}
				v = escaped(kind, quoted, v)
			}
			if _, err := db.Affect(ctx, "INSERT INTO access_log (page, agent) VALUES ('item', '"+v+"')"); err != nil {
				return mishap(style, err), nil
			}
			return trial.Text("<h2>" + h(r[0].Name) + "</h2><p>" + h(r[0].Memo) + "</p><p>" + strconv.Itoa(r[0].Price) + " 円</p>"), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			return follows(ctx, send, hd.Sample, hd.Sample+"''", hd.Sample+"'")
		}
		hd.Intact = func(ctx context.Context) (string, error) { return db.Dump(ctx, "SELECT * FROM products ORDER BY id") }
		return hd, nil
	}}
}

var viewCounter = &trial.Family{Name: "held-sql-view-counter", Class: "sql", About: "an UPDATE counts the view of an article, and says 404 when no row was touched", Places: trial.Everywhere, Make: func(b *trial.Build) (*trial.Handler, error) {
	r := range_(b)
	db, err := b.SQL("sqlite", fill("sqlite", r)...)
	if err != nil {
		return nil, err
	}
	style, lure := b.Rand.IntN(5), b.Rand.IntN(4)
	s := &statement{sort: number}
	hd := &trial.Handler{Sample: "4", Others: []string{"6", "8"}}
	hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
		v := a.Value
		if !b.Vulnerable {
			var no *trial.Answer
			if v, no = s.careful("sqlite", lure, v, "", nil); no != nil {
				return no, nil
			}
		}
		n, err := db.Affect(ctx, "UPDATE products SET views = views + 1 WHERE status = 1 AND id = "+strings.ReplaceAll(v, ";", ""))
		if err != nil {
			return mishap(style, err), nil
		}
		i := leadingInt(v)
		if n == 0 || i < 1 || i > len(r) {
			return trial.Status(404, "<h2>商品が見つかりません</h2><p>販売を終了したか、URL が変わっています。</p>"), nil
		}
		return trial.Text("<h2>" + r[i-1].Name + "</h2><p class=\"price\">" + strconv.Itoa(r[i-1].Price) + " 円</p>"), nil
	}
	hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
		return follows(ctx, send, "4", "4 AND 5>4", "4 AND 5>6")
	}
	hd.Intact = func(ctx context.Context) (string, error) {
		return db.Dump(ctx, "SELECT id, name, price, status FROM products UNION ALL SELECT id, 'views', views, 0 FROM products WHERE id = 900 ORDER BY 1, 2")
	}
	return hd, nil
}}

// silentSleep runs a statement whose result and failure never show.
func silentSleep(kind string) *trial.Family {
	return &trial.Family{Name: "held-sql-silent-" + kind, Class: "sql", About: "the page is the same whatever the statement says; only time tells", Places: []trial.Place{trial.Query, trial.Form, trial.Cookie, trial.JSON, trial.Path, trial.Header}, Grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.Slow}, Needs: []string{kind}, Make: func(b *trial.Build) (*trial.Handler, error) {
		r := range_(b)
		db, err := b.SQL(kind, fill(kind, r)...)
		if err != nil {
			return nil, err
		}
		lure := b.Rand.IntN(4)
		s := statement{sort: number}
		query, sample, others, slow := "SELECT COUNT(*) FROM products WHERE id = %s", "5", []string{"3"}, "5 AND SLEEP(1.5)"
		if kind == "postgres" {
			s.sort, query, sample, others, slow = quoted, "SELECT COUNT(*) FROM products WHERE slug = '%s'", r[0].Slug, []string{r[1].Slug}, r[0].Slug+"' AND 1=(SELECT 1 FROM pg_sleep(1.5)) AND 'e'='e"
		}
		hd := &trial.Handler{Sample: sample, Others: others}
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v, page := strings.ReplaceAll(a.Value, "\x00", ""), trial.Text("<h2>閲覧履歴</h2><p>ご覧いただいた商品を記録しました。</p>")
			if !b.Vulnerable {
				var no *trial.Answer
				if v, no = s.careful(kind, lure, v, sample, others); no != nil {
					return page, nil
				}
			}
			_, _ = db.Rows(ctx, fmt.Sprintf(query, v))
			return page, nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			return proof.Waits(ctx, send, slow, sample, 1400e6)
		}
		return hd, nil
	}}
}

// shiftJIS is an old shop: bytes are escaped without a thought for the
// character set, and the connection speaks Shift_JIS.
var shiftJIS = &trial.Family{Name: "held-sql-shift-jis", Class: "sql", About: "addslashes on bytes of Shift_JIS, whose second byte may be a backslash", Places: []trial.Place{trial.Query, trial.Query, trial.Form, trial.Form, trial.Path}, Needs: []string{"mariadb"}, Make: func(b *trial.Build) (*trial.Handler, error) {
	r := range_(b)
	db, err := b.SQL("mariadb", fill("mariadb", r)...)
	if err != nil {
		return nil, err
	}
	style := b.Rand.IntN(3)
	hd := &trial.Handler{Sample: r[1].Slug, Others: []string{r[0].Slug, r[2].Slug}, Param: b.Pick("name", "keyword", "search_name")}
	hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
		con, err := db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		defer con.Close()
		ans := listingOf(ctx, con, "SELECT name, price FROM products WHERE slug = '"+sjisEscape(b.Vulnerable, strings.ReplaceAll(a.Value, "\x00", ""))+"' ORDER BY id", style)
		text, err := japanese.ShiftJIS.NewEncoder().String("<html><head><title>商品検索</title></head><body><main>" + ans.Body + "</main></body></html>")
		if err != nil {
			return nil, err
		}
		return &trial.Answer{Status: ans.Status, Type: "text/html; charset=Shift_JIS", Body: text, Bare: true}, nil
	}
	hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
		// The other members of the range are found by their kind, which needs no quotes.
		return follows(ctx, send, hd.Sample, "\x95' || kind=2 #", "\x95' || kind=99 #")
	}
	hd.Intact = func(ctx context.Context) (string, error) { return db.Dump(ctx, "SELECT * FROM products ORDER BY id") }
	return hd, nil
}}

// sjisEscape escapes bytes; who is careful skips both bytes of a character.
func sjisEscape(bytes bool, v string) string {
	var out []byte
	for i := 0; i < len(v); i++ {
		c := v[i]
		if !bytes && (c >= 0x81 && c <= 0x9f || c >= 0xe0 && c <= 0xfc) {
			if i+1 < len(v) && v[i+1] >= 0x40 && v[i+1] != 0x7f {
				out = append(out, c, v[i+1])
				i++
			}
			continue // a first byte alone is dropped
		}
		if c == '\'' || c == '"' || c == '\\' {
			out = append(out, '\\')
		}
		out = append(out, c)
	}
	return string(out)
}

func listingOf(ctx context.Context, con connection, query string, style int) *trial.Answer {
	if _, err := con.ExecContext(ctx, "SET NAMES cp932"); err != nil {
		return mishap(style, err)
	}
	defer func() { _, _ = con.ExecContext(ctx, "SET NAMES utf8mb4") }()
	rows, err := con.QueryContext(ctx, query)
	if err != nil {
		return mishap([]int{0, 1, 4}[style], err)
	}
	defer rows.Close()
	var out [][]string
	for rows.Next() {
		var n, p string
		if err := rows.Scan(&n, &p); err != nil {
			return mishap(0, err)
		}
		out = append(out, []string{n, p})
	}
	if err := rows.Err(); err != nil {
		return mishap([]int{0, 1, 4}[style], err)
	}
	return listing(1, out)
}
