package heldback

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/trial"
)

// query is a page of a shop whose statement holds a visitor's value.
type query struct {
	name, about string
	kinds       []string // databases; nil: all
	path, param string
	places      []trial.Place
	sample      func(s *shop) (string, []string)
	sql         func(v string) string // the vulnerable statement
	// safe is the statement of the twin with its arguments ("?"), or ok false
	// to decline; lure is one of three dice.
	safe    func(kind, v string, lure int) (text string, args []any, ok bool)
	yes, no string
	api     bool // JSON
	only    bool // whether there is something is all that is told
	loud    bool // a failure shows
}

var (
	noZeroKinds = []string{"sqlite", "mariadb", "postgres"}
	mariaOnly   = []string{"mariadb"}
)

func values(v string, others ...string) func(*shop) (string, []string) {
	return func(*shop) (string, []string) { return v, others }
}

// refuse is a safe half that knows nothing but bound values.
func bound(text string) func(string, string, int) (string, []any, bool) {
	return func(_, v string, _ int) (string, []any, bool) {
		args := []any{}
		for range strings.Count(text, "?") {
			args = append(args, v)
		}
		return text, args, true
	}
}

var digits = regexp.MustCompile(`^\d{1,6}$`)

const cols = "SELECT name, price FROM goods WHERE "

var queries = []query{
	{name: "price-band", about: "a band of prices (1000-3000) is taken apart and put into BETWEEN", path: "/products/list.php", param: "price", places: webPlaces, sample: values("1000-2500", "0-1500", "2000-9999"),
		sql: func(v string) string {
			lo, hi, ok := strings.Cut(v, "-")
			if !ok {
				hi = "99999"
			}
			return cols + "price BETWEEN " + lo + " AND " + hi + " ORDER BY id"
		},
		safe: func(kind, v string, lure int) (string, []any, bool) {
			lo, hi, _ := strings.Cut(v, "-")
			if lure == 1 && (!digits.MatchString(lo) || !digits.MatchString(hi)) {
				return "", nil, false
			}
			if lure == 2 && kind == "postgres" {
				return cols + "price BETWEEN ?::int AND ?::int ORDER BY id", []any{lo, hi}, true
			}
			return cols + "price BETWEEN ? AND ? ORDER BY id", []any{number(lo), number(hi)}, true
		}, yes: "%v AND 3=3", no: "%v AND 3=4"},
	{name: "sort-spec", about: "column and direction of a sort (price:desc) go into ORDER BY", path: "/shop/search", param: "order_by", places: webPlaces, sample: values("price:desc", "price:asc", "id:desc"),
		sql: func(v string) string { return cols + "hidden = 0 ORDER BY " + strings.Replace(v, ":", " ", 1) },
		safe: func(_, v string, lure int) (string, []any, bool) {
			col, dir, _ := strings.Cut(strings.ToLower(v), ":")
			if lure == 1 && (col != "price" && col != "id" || dir != "asc" && dir != "desc") {
				return "", nil, false
			}
			if col != "price" {
				col = "id"
			}
			if !strings.HasPrefix(dir, "desc") {
				dir = "asc"
			}
			return cols + "hidden = 0 ORDER BY " + col + " " + dir, nil, true
		}, yes: "(CASE WHEN 3>2 THEN price ELSE id END):desc", no: "(CASE WHEN 3>4 THEN price ELSE id END):desc"},
	{name: "recently-viewed", about: "ids of a cookie, in IN and once more in FIELD", kinds: mariaOnly, path: "/products/recent.php", param: "viewed", places: []trial.Place{trial.Cookie, trial.Cookie, trial.CookieObj, trial.Query, trial.JSON}, sample: values("103,101,106", "105,102"),
		sql: func(v string) string {
			return fmt.Sprintf("SELECT name, price FROM goods WHERE id IN (%s) ORDER BY FIELD(id, %[1]s)", v)
		},
		safe: func(_, v string, lure int) (string, []any, bool) {
			var ids []string
			for part := range strings.SplitSeq(v, ",") {
				n := number(part)
				if lure == 1 && strconv.Itoa(n) != part {
					return "", nil, false
				}
				ids = append(ids, strconv.Itoa(n))
			}
			ids = ids[:min(len(ids), 10)]
			return fmt.Sprintf("SELECT name, price FROM goods WHERE id IN (%s) ORDER BY FIELD(id, %[1]s)", strings.Join(ids, ",")), nil, true
		}, yes: "%v*(3>2)", no: "%v*(3>4)"},
	{name: "nearest-store", about: "a latitude stands in the formula by which branches are sorted", path: "/api/stores", param: "lat", places: apiPlaces, api: true, sample: values("35.6812", "34.7025", "43.0687"),
		sql: func(v string) string {
			return "SELECT name, pref FROM stores ORDER BY (lat - " + v + ") * (lat - " + v + ") LIMIT 3"
		},
		safe: func(_, v string, lure int) (string, []any, bool) {
			f, err := strconv.ParseFloat(v, 64)
			if err != nil && lure == 1 || f > 90 || f < -90 {
				return "", nil, false
			}
			return fmt.Sprintf("SELECT name, pref FROM stores ORDER BY (lat - %f) * (lat - %[1]f) LIMIT 3", f), nil, true
		}, yes: "%v*(CASE WHEN 3>2 THEN 1 ELSE -1 END)", no: "%v*(CASE WHEN 3>4 THEN 1 ELSE -1 END)"},
	{name: "new-arrivals", about: "a number of days inside INTERVAL", kinds: mariaOnly, path: "/news/arrivals.php", param: "days", places: webPlaces, sample: values("30", "60", "14"),
		sql: func(v string) string {
			return cols + "made >= DATE_SUB('2026-11-22', INTERVAL " + v + " DAY) ORDER BY id"
		},
		safe: func(_, v string, lure int) (string, []any, bool) {
			if lure == 1 && !digits.MatchString(v) {
				return "", nil, false
			}
			if lure == 2 { // the database itself makes a number of the text
				return cols + "made >= DATE_SUB('2026-11-22', INTERVAL CAST(? AS SIGNED) DAY) ORDER BY id", []any{clip(v, 40)}, true
			}
			return cols + "made >= DATE_SUB('2026-11-22', INTERVAL " + strconv.Itoa(number(v)) + " DAY) ORDER BY id", nil, true
		}, yes: "%v*(3>2)", no: "%v*(3>4)"},
	{name: "new-arrivals-interval", about: "a number of days inside the text of an interval", kinds: []string{"postgres"}, path: "/news/arrivals", param: "within", places: webPlaces, sample: values("30", "60", "14"),
		sql: func(v string) string {
			return cols + "made >= DATE '2026-11-22' - INTERVAL '" + v + " days' ORDER BY id"
		},
		safe: func(_, v string, lure int) (string, []any, bool) {
			if lure == 0 {
				return cols + "made >= DATE '2026-11-22' - ?::int ORDER BY id", []any{v}, true
			}
			return cols + "made >= DATE '2026-11-22' - (? || ' days')::interval ORDER BY id", []any{v}, true
		}, yes: "%v days' AND 'a days'='a", no: "%v days' AND 'b days'='a"},
	{name: "tag", about: "a tag inside FIND_IN_SET", kinds: mariaOnly, path: "/tag/index.php", param: "tag", places: append([]trial.Place{trial.List, trial.Base64}, webPlaces...), sample: values("gift", "new", "sale"),
		sql: func(v string) string { return cols + "hidden = 0 AND FIND_IN_SET('" + v + "', tags) ORDER BY id" }, safe: bound(cols + "hidden = 0 AND FIND_IN_SET(?, tags) ORDER BY id"),
		yes: "%v', tags) AND FIND_IN_SET('%v", no: "%v', tags) AND FIND_IN_SET('none"},
	{name: "coupon", about: "whether a coupon may be used is all that the page tells", path: "/shopping/coupon.php", param: "coupon_cd", places: []trial.Place{trial.Form, trial.Form, trial.JSON, trial.Query}, only: true, sample: values("AKI2026", "GIFT500", "NONE"),
		sql: func(v string) string {
			return "SELECT 1 FROM coupons WHERE UPPER(cd) = UPPER('" + v + "') AND used = 0"
		}, safe: bound("SELECT 1 FROM coupons WHERE UPPER(cd) = UPPER(?) AND used = 0"), yes: "%v') AND ('a'='a", no: "%v') AND ('a'='b"},
	{name: "suggest", about: "words that begin with what was typed, for a list under the search field", path: "/api/suggest", param: "term", places: []trial.Place{trial.Query, trial.Query, trial.JSON}, api: true, sample: func(s *shop) (string, []string) { return s.items[0].En[:2], []string{s.items[1].En[:2]} },
		sql: func(v string) string {
			return "SELECT en, price FROM goods WHERE en LIKE '" + v + "%' ORDER BY en LIMIT 8"
		}, safe: func(_, v string, lure int) (string, []any, bool) {
			return "SELECT en, price FROM goods WHERE en LIKE ? ORDER BY en LIMIT 8", []any{v + "%"}, lure != 2 || len(v) < 20
		}, yes: "%v%' AND 'a' LIKE 'a", no: "%v%' AND 'b' LIKE 'a"},
	{name: "postcode", about: "a postcode is made half-width and loses its hyphen before it stands in LIKE", path: "/api/zip", param: "zip", places: apiPlaces, api: true, sample: func(s *shop) (string, []string) {
		return s.items[0].Zip[:3] + "-" + s.items[0].Zip[3:], []string{s.items[2].Zip[:3] + "-" + s.items[2].Zip[3:]}
	}, sql: func(v string) string {
		return "SELECT pref, zip FROM goods WHERE zip LIKE '" + strings.ReplaceAll(norm.NFKC.String(v), "-", "") + "%' ORDER BY zip"
	}, safe: func(_, v string, lure int) (string, []any, bool) {
		v = strings.ReplaceAll(norm.NFKC.String(v), "-", "")
		if lure == 1 && !digits.MatchString(strings.TrimPrefix(v, "1")) {
			return "", nil, false
		}
		return "SELECT pref, zip FROM goods WHERE zip LIKE ? ORDER BY zip", []any{v + "%"}, true
	}, yes: "%v%' AND 'a' LIKE 'a", no: "%v%' AND 'b' LIKE 'a"},
	{name: "blocked-visitor", about: "who is on a list of unwanted visitors is turned away", path: "/products/detail.php", param: "", places: []trial.Place{trial.Header, trial.Header, trial.Header, trial.Cookie}, only: true, loud: true, sample: values("search-page", "mail-magazine"),
		sql: func(v string) string {
			return "SELECT 1 FROM coupons WHERE used = 0 AND (cd <> 'BOT' AND '" + v + "' NOT LIKE CONCAT('%', cd, '%')) LIMIT 1"
		}, safe: bound("SELECT 1 FROM coupons WHERE used = 0 AND (cd <> 'BOT' AND ? NOT LIKE CONCAT('%', cd, '%')) LIMIT 1"), kinds: []string{"mariadb", "sqlite"}, yes: "%v' <> 'x' AND '%v", no: "%v' = 'x' AND '%v"},
	{name: "json-contains", about: "a colour inside the text of a JSON document", kinds: mariaOnly, path: "/collections/search", param: "color", places: append([]trial.Place{trial.List, trial.JSON}, webPlaces...), sample: values("ai", "shu", "kuro"),
		sql: func(v string) string {
			return cols + `hidden = 0 AND JSON_CONTAINS(options, '"` + v + `"', '$.color') ORDER BY id`
		}, safe: bound(cols + "hidden = 0 AND JSON_CONTAINS(options, JSON_QUOTE(?), '$.color') ORDER BY id"), yes: `%v"', '$.color') AND JSON_CONTAINS('{"color":["a"]}', '"a`, no: `%v"', '$.color') AND JSON_CONTAINS('{"color":["a"]}', '"b`},
	{name: "category-path", about: "the last part of a path is looked up twice, as category and as its parent", path: "/category", places: []trial.Place{trial.Path, trial.Path, trial.Query}, sample: func(s *shop) (string, []string) { return s.items[0].Kind, []string{s.items[1].Kind} },
		sql: func(v string) string {
			return cols + "kind IN (SELECT slug FROM categories WHERE slug = '" + v + "' OR parent = '" + v + "') ORDER BY id"
		}, safe: bound(cols + "kind IN (SELECT slug FROM categories WHERE slug = ? OR parent = ?) ORDER BY id"), yes: "%v' AND 'a'='a", no: "%v' AND 'a'='b"},
	{name: "pinned-first", about: "the chosen category stands first: a comparison in ORDER BY", path: "/wp-content/plugins/item-shelf/shelf.php", param: "pin", places: webPlaces, sample: func(s *shop) (string, []string) { return s.items[2].Kind, []string{s.items[1].Kind} },
		sql: func(v string) string { return cols + "hidden = 0 ORDER BY (kind = '" + v + "') DESC, id LIMIT 5" }, safe: bound(cols + "hidden = 0 ORDER BY (kind = ?) DESC, id LIMIT 5"), yes: "%v' AND 'a'='a", no: "%v' AND 'a'='b"},
	{name: "popular-words", about: "each search is counted by an INSERT with ON CONFLICT; only a failure shows", kinds: []string{"sqlite", "postgres"}, path: "/search/index.cgi", param: "word", places: append([]trial.Place{trial.Header}, webPlaces...), only: true, loud: true, sample: values("towel", "gift", "bowl"),
		sql: func(v string) string {
			return "INSERT INTO words (word, n) VALUES ('" + clip(v, 900) + "', 1) ON CONFLICT (word) DO UPDATE SET n = words.n + 1 RETURNING 1"
		}, safe: func(_, v string, lure int) (string, []any, bool) {
			if lure == 1 { // a column that is too short for what testers send
				return "INSERT INTO words (word, n) VALUES (CAST(? AS VARCHAR(60)), 1) ON CONFLICT (word) DO UPDATE SET n = words.n + 1 RETURNING 1", []any{clip(v, 900)}, true
			}
			return "INSERT INTO words (word, n) VALUES (?, 1) ON CONFLICT (word) DO UPDATE SET n = words.n + 1 RETURNING 1", []any{clip(v, 900)}, true
		}, yes: "%v''", no: "%v'"},
	{name: "item-page", about: "an item's number, as Laravel's whereRaw has it; the twin's database complains of what is no number", kinds: []string{"postgres"}, path: "/items/show", param: "item_id", places: webPlaces, sample: values("104", "101", "107"),
		sql: func(v string) string { return cols + "hidden = 0 AND id = " + v }, safe: bound(cols + "hidden = 0 AND id = ?::integer"), yes: "%v AND 4>3", no: "%v AND 4>5"},
	{name: "product-code", about: "a list of item codes separated by blanks becomes LIKE after LIKE", path: "/order/quick.php", param: "codes", places: []trial.Place{trial.Form, trial.Form, trial.Query, trial.Multipart}, sample: func(s *shop) (string, []string) {
		return s.items[1].Code + " " + s.items[3].Code, []string{s.items[2].Code}
	}, sql: func(v string) string {
		parts := strings.Fields(v)
		for i, p := range parts {
			parts[i] = "code LIKE '" + p + "%'"
		}
		return cols + "hidden = 0 AND (" + strings.Join(append(parts, "1=0"), " OR ") + ") ORDER BY id"
	}, safe: func(_, v string, lure int) (string, []any, bool) {
		text, args := cols+"hidden = 0 AND (1=0", []any{}
		for _, p := range strings.Fields(v) {
			if lure == 1 && !regexp.MustCompile(`^[A-Z]{2}-\d+$`).MatchString(p) {
				return "", nil, false
			}
			text, args = text+" OR code LIKE ?", append(args, p+"%")
		}
		return text + ") ORDER BY id", args[:min(len(args), 20)], len(args) <= 20
	}, yes: "%v%'AND'a'LIKE'a", no: "zz%'OR'b'LIKE'a"},
	{name: "delivery-day", about: "a day from a calendar, slashes made hyphens", path: "/delivery/calendar.php", param: "ymd", places: webPlaces, sample: func(s *shop) (string, []string) { return "2026/11/09", []string{"2026/10/31"} },
		sql: func(v string) string {
			return cols + "hidden = 0 AND made >= '" + strings.ReplaceAll(v, "/", "-") + "' ORDER BY made"
		}, safe: func(kind, v string, lure int) (string, []any, bool) {
			v = strings.ReplaceAll(v, "/", "-")
			if kind == "postgres" && lure != 1 {
				return cols + "hidden = 0 AND made >= ?::date ORDER BY made", []any{v}, true
			}
			return cols + "hidden = 0 AND made >= ? ORDER BY made", []any{v}, lure != 1 || regexp.MustCompile(`^\d{4}-\d\d-\d\d`).MatchString(v)
		}, yes: "%v' AND 'a'='a", no: "%v' AND 'a'='b", kinds: []string{"sqlite", "postgres"}},
}

var sqlFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range queries {
		q := &queries[i]
		kinds := q.kinds
		if kinds == nil {
			kinds = noZeroKinds
		}
		for _, k := range kinds {
			out = append(out, q.family(k))
		}
	}
	return out
}()

// stock writes the shop's tables.
func (s *shop) stock(kind string) []string {
	date := "DATE"
	if kind == "sqlite" {
		date = "VARCHAR(10)"
	}
	out := []string{
		"CREATE TABLE goods (id INTEGER PRIMARY KEY, code VARCHAR(20), name VARCHAR(80), en VARCHAR(20), kind VARCHAR(20), pref VARCHAR(20), zip VARCHAR(8), tags VARCHAR(80), price INTEGER, stock INTEGER, options VARCHAR(200), made " + date + ", hidden INTEGER)",
		"CREATE TABLE stores (name VARCHAR(40), pref VARCHAR(20), lat DECIMAL(9,4))", "CREATE TABLE coupons (cd VARCHAR(20), used INTEGER)", "CREATE TABLE categories (slug VARCHAR(20), parent VARCHAR(20))", "CREATE TABLE words (word VARCHAR(1000) PRIMARY KEY, n INTEGER)",
		"INSERT INTO coupons VALUES ('AKI2026', 0), ('GIFT500', 0), ('OLD', 1)",
		"INSERT INTO stores VALUES ('札幌店', 'hokkaido', 43.0687), ('仙台店', 'miyagi', 38.2601), ('東京店', 'tokyo', 35.6812), ('名古屋店', 'aichi', 35.1709), ('大阪店', 'osaka', 34.7025), ('福岡店', 'fukuoka', 33.5902)",
	}
	if kind == "mariadb" {
		out[4] = "CREATE TABLE words (word VARCHAR(700) PRIMARY KEY, n INTEGER)"
	}
	seen := map[string]bool{}
	colors := []string{`["ai","kuro"]`, `["shu"]`, `["kuro","shu"]`, `["ai"]`}
	days := []string{"2026-11-18", "2026-11-09", "2026-10-31", "2026-10-22", "2026-10-13", "2026-10-04", "2026-09-25", "2026-09-16", "2026-09-07"}
	for i, x := range s.items {
		out = append(out, fmt.Sprintf("INSERT INTO goods VALUES (%d, '%s', '%s', '%s', '%s', '%s', '%s', '%s', %d, %d, '%s', '%s', 0)", x.ID, x.Code, x.Name, x.En, x.Kind, x.Pref, x.Zip, x.Tags, x.Price, x.Stock, `{"color":`+colors[i%4]+`}`, days[i]))
		if !seen[x.Kind] {
			seen[x.Kind] = true
			out = append(out, "INSERT INTO categories VALUES ('"+x.Kind+"', 'all')")
		}
	}
	return append(out, "INSERT INTO goods VALUES (990, 'ZZ-1', '社内用', 'staff', 'internal', '-', '0000000', '', 1, 0, '{}', '2001-01-01', 1)")
}

// marks writes ? as the database wants it.
func marks(kind, text string) string {
	if kind != "postgres" {
		return text
	}
	var b strings.Builder
	n := 0
	for _, r := range text {
		if r == '?' {
			n++
			fmt.Fprintf(&b, "$%d", n)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// explained is an error as frameworks log it, with the whole statement.
func explained(err error, text, v string) error {
	return errors.New("SQLSTATE: " + err.Error() + " (SQL: " + strings.ReplaceAll(text, "?", v) + ")")
}

func (q *query) family(kind string) *trial.Family {
	f := &trial.Family{Name: "shop-sql-" + q.name + "-" + kind, Class: "sql", About: q.about, Places: q.places}
	if kind != "sqlite" {
		f.Needs = []string{kind}
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		lure, design := b.Rand.IntN(3), b.Rand.IntN(2)
		if q.loud || q.only {
			s.loud()
		}
		db, err := b.SQL(kind, s.stock(kind)...)
		if err != nil {
			return nil, err
		}
		sample, others := q.sample(s)
		hd := s.named(q.path, q.param, sample, others...)
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := strings.ToValidUTF8(noZero(a.Value), "")
			var rows [][]string
			var err error
			text := ""
			if b.Vulnerable {
				text = q.sql(v)
				rows, err = db.Rows(ctx, text)
			} else {
				var args []any
				var ok bool
				if text, args, ok = q.safe(kind, v, lure); !ok {
					return s.decline(v), nil
				}
				rows, err = db.Rows(ctx, marks(kind, text), args...)
			}
			switch {
			case err != nil && q.api && design == 0:
				return asJSON(500, map[string]string{"message": "Server Error", "error": err.Error()}), nil
			case err != nil:
				return s.broken(explained(err, text, v)), nil
			case q.only && q.loud && len(rows) == 0:
				return trial.Status(403, "<h1>403</h1><p>ご利用の環境からはアクセスいただけません。</p>"), nil
			case q.only && q.loud:
				return s.show("", "<h2>"+s.items[0].Name+"</h2><p>"+comma(s.items[0].Price)+"円（税込）</p>"), nil
			case q.only && len(rows) > 0:
				return s.show("", "<p>クーポンを適用できます。</p>"), nil
			case q.only:
				return s.show("", "<p class=\"attention\">このクーポンはご利用いただけません。</p>"), nil
			case q.api:
				list := []map[string]string{}
				for _, r := range rows {
					list = append(list, map[string]string{"label": r[0], "value": r[1]})
				}
				return asJSON(0, map[string]any{"items": list}), nil
			}
			return s.list(v, rows), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			return splits(ctx, send, sample, q.yes, q.no)
		}
		hd.Intact = func(ctx context.Context) (string, error) { return s.untouched(ctx, db) }
		return hd, nil
	}
	return f
}

func (s *shop) untouched(ctx context.Context, db *backend.DB) (string, error) {
	a, err := db.Dump(ctx, "SELECT * FROM goods ORDER BY id")
	if err != nil {
		return "", err
	}
	b, err := db.Dump(ctx, "SELECT * FROM coupons ORDER BY cd")
	return a + b, err
}

// engine is a search by the database's own language for words: the twin binds
// the words, whose quotes and signs that language still knows.
type engine struct {
	name, about, kind string
	setup             func(s *shop) []string
	sql               string // with ?
	yes, no           string
}

var engines = []engine{
	{name: "boolean-mode", about: "words for MATCH … AGAINST in boolean mode", kind: "mariadb", setup: func(s *shop) []string {
		out := []string{"CREATE TABLE texts (id INTEGER PRIMARY KEY, name VARCHAR(80), price INTEGER, body VARCHAR(200), FULLTEXT (body)) ENGINE=InnoDB"}
		for _, x := range s.items {
			out = append(out, fmt.Sprintf("INSERT INTO texts VALUES (%d, '%s', %d, '%s %s %s')", x.ID, x.Name, x.Price, x.En, x.Kind, strings.ReplaceAll(x.Tags, ",", " ")))
		}
		return out
	}, sql: "SELECT name, price FROM texts WHERE MATCH (body) AGAINST (? IN BOOLEAN MODE) ORDER BY id", yes: "%v' IN BOOLEAN MODE) AND 3=3 ORDER BY id #", no: "%v' IN BOOLEAN MODE) AND 3=4 ORDER BY id #"},
	{name: "tsquery", about: "words for to_tsquery", kind: "postgres", setup: func(s *shop) []string { return nil },
		sql: "SELECT name, price FROM goods WHERE to_tsvector('simple', en || ' ' || kind || ' ' || tags) @@ to_tsquery('simple', ?) ORDER BY id", yes: "%v') AND ('a'='a", no: "%v') AND ('a'='b"},
	{name: "fts", about: "words for the full-text table of SQLite", kind: "sqlite", setup: func(s *shop) []string {
		out := []string{"CREATE VIRTUAL TABLE texts USING fts5(name, price UNINDEXED, body)"}
		for _, x := range s.items {
			out = append(out, fmt.Sprintf("INSERT INTO texts VALUES ('%s', %d, '%s %s %s')", x.Name, x.Price, x.En, x.Kind, x.Tags))
		}
		return out
	}, sql: "SELECT name, price FROM texts WHERE texts MATCH ? ORDER BY rowid", yes: "%v' AND 'a'='a", no: "%v' AND 'a'='b"},
	{name: "pattern", about: "a pattern for REGEXP", kind: "mariadb", setup: func(s *shop) []string { return nil },
		sql: "SELECT name, price FROM goods WHERE hidden = 0 AND CONCAT(en, ' ', kind) REGEXP ? ORDER BY id", yes: "%v' AND 'a'='a", no: "%v' AND 'a'='b"},
	{name: "similar", about: "a pattern for SIMILAR TO and ~*", kind: "postgres", setup: func(s *shop) []string { return nil },
		sql: "SELECT name, price FROM goods WHERE hidden = 0 AND en || ' ' || kind ~* ? ORDER BY id", yes: "%v' AND 'a'='a", no: "%v' AND 'a'='b"},
}

var sqlEngineFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range engines {
		out = append(out, engines[i].family())
	}
	return out
}()

func (g *engine) family() *trial.Family {
	f := &trial.Family{Name: "shop-sql-" + g.name + "-" + g.kind, Class: "sql", About: g.about + "; the twin binds them, and its database complains of signs all the same", Places: append([]trial.Place{trial.JSON, trial.Cookie}, webPlaces...)}
	if g.kind != "sqlite" {
		f.Needs = []string{g.kind}
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		db, err := b.SQL(g.kind, append(s.stock(g.kind), g.setup(s)...)...)
		if err != nil {
			return nil, err
		}
		hd := s.named(b.Pick("/search.php", "/products/search", "/shop/find.cgi"), b.Pick("q", "s", "keyword", "name"), s.items[0].Kind, s.items[1].Kind, s.items[3].En)
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := strings.ToValidUTF8(noZero(a.Value), "")
			var rows [][]string
			var err error
			if b.Vulnerable {
				rows, err = db.Rows(ctx, strings.Replace(g.sql, "?", "'"+v+"'", 1))
			} else {
				rows, err = db.Rows(ctx, marks(g.kind, g.sql), v)
			}
			if err != nil {
				return s.broken(explained(err, g.sql, v)), nil
			}
			return s.list(v, rows), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			return splits(ctx, send, hd.Sample, g.yes, g.no)
		}
		hd.Intact = func(ctx context.Context) (string, error) { return s.untouched(ctx, db) }
		return hd, nil
	}
	return f
}
