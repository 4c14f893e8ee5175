package heldback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/antchfx/xmlquery"
	"github.com/go-ldap/ldap/v3"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/trial"
)

// lookup is a search by an expression that is written around a value.
type lookup struct {
	name, about string
	path, param string
	class       string // ldap or xpath
	expr        string // with VALUE
	sample      func(s *shop) (string, []string)
	places      []trial.Place
	before      func(string) string // what both members do first
	only        bool                // whether there is something is all that shows
	count       bool                // how many there are is all that shows
	digits      bool                // a number without quotes
	words       []string            // a name without quotes, of these
	yes, no     string
	php         bool // DOMXPath of PHP instead of the bench's evaluator
}

var staffNames = [][3]string{{"tanaka", "sales", "03-5550-1001"}, {"tamura", "support", "03-5550-1002"}, {"suzuki", "sales", "03-5550-1003"}, {"saito", "logistics", "06-5550-1004"}, {"kato", "support", "06-5550-1005"}, {"yamada", "logistics", "06-5550-1006"}}

func people() (out []backend.Entry) {
	for i, p := range staffNames {
		out = append(out, backend.Entry{"objectclass": {"inetOrgPerson", "top"}, "uid": {p[0]}, "cn": {p[0]}, "sn": {p[0]}, "ou": {p[1]}, "telephonenumber": {p[2]}, "mail": {p[0] + "@example.jp"}, "memberof": {"cn=" + p[1] + ",ou=groups,dc=example,dc=jp"}, "employeetype": {map[bool]string{true: "active", false: "retired"}[i < 5]}, "employeenumber": {strconv.Itoa(400 + i)}})
	}
	return out
}

func (s *shop) catalogue() string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<catalogue><goods>")
	for _, x := range s.items {
		fmt.Fprintf(&b, `<item code="%s" kind="%s"><name>%s</name><en>%s</en><price>%d</price><stock>%d</stock></item>`, x.Code, x.Kind, x.Name, x.En, x.Price, x.Stock)
	}
	b.WriteString(`</goods><rates><rate pref="tokyo" fee="550"/><rate pref="osaka" fee="660"/><rate pref="hokkaido" fee="1100"/></rates><messages><m lang="ja">ようこそ</m><m lang="en">Welcome</m></messages></catalogue>`)
	return b.String()
}

func kindOf(i int) func(*shop) (string, []string) {
	return func(s *shop) (string, []string) { return s.items[i].Kind, []string{s.items[i+1].Kind} }
}

var anyPlace = append([]trial.Place{trial.JSON, trial.Cookie, trial.Path, trial.XML}, webPlaces...)

var lookups = []lookup{
	{name: "staff-book", about: "a directory of staff by the beginning of the name", class: "ldap", path: "/staff/search.php", param: "name", expr: "(&(objectclass=inetOrgPerson)(cn=VALUE*))", sample: values("ta", "sa", "su"), places: anyPlace, yes: "%v*)(objectclass=top", no: "%v*)(objectclass=none"},
	{name: "department", about: "the people of a department who are still there", class: "ldap", path: "/staff/dept", param: "ou", expr: "(&(employeetype=active)(ou=VALUE)(!(uid=admin)))", sample: values("sales", "support"), places: anyPlace, yes: "%v)(objectclass=top", no: "%v)(objectclass=none"},
	{name: "account-check", about: "whether an account may be made is all that is told", class: "ldap", path: "/entry/check_id.cgi", param: "uid", expr: "(|(uid=VALUE)(mail=VALUE@example.jp))", sample: values("tanaka", "nobody"), places: []trial.Place{trial.Query, trial.JSON, trial.JSON, trial.Form, trial.Cookie}, only: true, yes: "%v)(uid=%v", no: "zz)(uid=zz"},
	{name: "group", about: "a group's name inside a distinguished name", class: "ldap", path: "/portal/members.do", param: "group", expr: "(&(objectclass=inetOrgPerson)(memberOf=cn=VALUE,ou=groups,dc=example,dc=jp))", sample: values("logistics", "sales"), places: append([]trial.Place{trial.CookieObj, trial.List}, anyPlace...), yes: "%v*)(memberOf=*", no: "%v*)(memberOf=none"},
	{name: "phone-or-mail", about: "three attributes in an or, how many were found is all that is told", class: "ldap", path: "/api/directory", param: "q", expr: "(&(|(telephonenumber=*VALUE*)(mail=*VALUE*)(sn=*VALUE*))(employeetype=active))", sample: values("5550-100", "tana"), places: append([]trial.Place{trial.Base64}, anyPlace...), count: true, yes: "%v*)(sn=*%v", no: "zzz*)(sn=zzz"},
	{name: "not-in", about: "everybody but the people of a department", class: "ldap", path: "/staff/others.php", param: "except", expr: "(&(objectclass=inetOrgPerson)(!(ou=VALUE)))", sample: values("sales", "support"), places: anyPlace, yes: "%v))(!(ou=%v", no: "%v))(!(objectclass=top", before: func(v string) string { return clip(v, 120) }},

	{name: "by-code", about: "an item by its number, in PHP's DOMXPath", class: "xpath", path: "/xml/item.php", param: "code", expr: "//item[@code='VALUE']", sample: func(s *shop) (string, []string) { return s.items[1].Code, []string{s.items[3].Code} }, places: anyPlace, php: true, yes: "%v' and 'a'='a", no: "%v' and 'a'='b"},
	{name: "contains", about: "a part of a name, in PHP's DOMXPath", class: "xpath", path: "/xml/search.php", param: "word", expr: "//item[contains(en, 'VALUE')]", sample: func(s *shop) (string, []string) { return s.items[0].En[:3], []string{s.items[2].En[:3]} }, places: append([]trial.Place{trial.Base64, trial.List}, anyPlace...), php: true, yes: "%v') and contains('ab', 'a", no: "%v') and contains('ab', 'c"},
	{name: "fee", about: "whether parcels are sent to a prefecture", class: "xpath", path: "/shipping/fee.cgi", param: "pref", expr: "/catalogue/rates/rate[@pref=\"VALUE\" and @fee > 0]", sample: values("osaka", "tokyo", "hokkaido"), places: anyPlace, only: true, yes: `%v" and "a"="a`, no: `%v" and "a"="b`},
	{name: "dearer-than", about: "items above a price", class: "xpath", path: "/xml/over.php", param: "over", expr: "//item[price > VALUE]", sample: values("1500", "2500"), places: anyPlace, digits: true, count: true, yes: "%v and 4 > 3", no: "%v and 4 > 5"},
	{name: "kind-and-stock", about: "items of a kind that are in stock, in a path with two conditions", class: "xpath", path: "/feeds/items.xml", param: "kind", expr: "//goods/item[@kind='VALUE'][stock > 0]", sample: kindOf(0), places: append([]trial.Place{trial.InnerURL, trial.Double}, anyPlace...), yes: "%v' and 'a'='a", no: "%v' and 'a'='b"},
	{name: "child-name", about: "the element to show is named by the visitor", class: "xpath", path: "/xml/column.php", param: "col", expr: "//item[VALUE]/VALUE/..", sample: values("stock", "price"), places: []trial.Place{trial.Query, trial.JSON, trial.Cookie, trial.Form, trial.List}, words: []string{"stock", "price", "en"}, yes: "%v[4>3]", no: "%v[4>5]"},
	{name: "message", about: "a text in the visitor's language", class: "xpath", path: "/i18n/message", param: "lang", expr: "//m[@lang='VALUE']/text()/..", sample: values("ja", "en"), places: []trial.Place{trial.Cookie, trial.Cookie, trial.Header, trial.Query, trial.CookieObj}, php: true, yes: "%v' and 'a'='a", no: "%v' and 'a'='b"},
}

var lookupFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range lookups {
		out = append(out, lookups[i].family())
	}
	for i := range stores {
		out = append(out, stores[i].family())
	}
	return append(out, lookupTraps...)
}()

// domXPath is a page of PHP's that asks DOMXPath; errors are warnings, as ever.
const domXPath = `<?php libxml_use_internal_errors(true); ini_set('display_errors', '0'); $d = new DOMDocument(); $d->load('goods.xml'); $x = new DOMXPath($d); $r = @$x->query($argv[1]); if ($r === false) { echo 'DOMXPath::query(): Invalid expression'; exit(3); } $o = []; foreach ($r as $n) { $t = $x->query('name', $n); $o[] = $t->length ? $t->item(0)->textContent . "\t" . $x->query('price', $n)->item(0)->textContent : $n->textContent . "\t-"; } echo implode("\n", $o);`

func (l *lookup) family() *trial.Family {
	f := &trial.Family{Name: "shop-" + l.class + "-" + l.name, Class: l.class, About: l.about, Places: l.places}
	if l.php {
		f.Needs = []string{"php"}
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		lure := b.Rand.IntN(4)
		dir, err := b.Dir(map[string]string{"goods.xml": s.catalogue(), "x.php": domXPath})
		if err != nil {
			return nil, err
		}
		doc, err := xmlquery.Parse(strings.NewReader(s.catalogue()))
		if err != nil {
			return nil, err
		}
		staff := people()
		sample, others := l.sample(s)
		hd := s.named(l.path, l.param, sample, others...)
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := strings.ToValidUTF8(noZero(a.Value), "")
			if l.before != nil {
				v = l.before(v)
			}
			if !b.Vulnerable {
				var page *trial.Answer
				if v, page = l.careful(s, lure, v); page != nil {
					return page, nil
				}
			}
			rows, err := l.ask(ctx, b, dir, doc, staff, strings.ReplaceAll(l.expr, "VALUE", v))
			switch {
			case err != nil:
				return s.broken(err), nil
			case l.only && len(rows) > 0:
				return s.show("", "<p>○ ご利用いただけます。</p>"), nil
			case l.only:
				return s.show("", "<p>× ご利用いただけません。</p>"), nil
			case l.count:
				return asJSON(0, map[string]int{"total": len(rows)}), nil
			}
			return s.list(a.Value, rows), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			return splits(ctx, send, sample, l.yes, l.no)
		}
		return hd, nil
	}
	return f
}

// careful is what the twin does with a value before it stands in the expression.
func (l *lookup) careful(s *shop, lure int, v string) (string, *trial.Answer) {
	switch {
	case l.digits:
		if lure == 1 && !digits.MatchString(v) {
			return "", s.decline(v)
		}
		return strconv.Itoa(number(v)), nil
	case l.words != nil:
		for _, w := range l.words {
			if v == w {
				return v, nil
			}
		}
		if lure < 2 {
			return "", s.broken(errors.New("XPath error: unknown column " + v))
		}
		return l.words[0], nil
	case l.class == "ldap":
		if lure == 1 && strings.ContainsAny(v, "()*\\&|") {
			return "", s.broken(errors.New("ldap_search(): Search: Bad search filter"))
		}
		if lure == 2 { // * is a joker here, and nothing else is
			return strings.ReplaceAll(ldap.EscapeFilter(v), `\2a`, "*"), nil
		}
		return ldap.EscapeFilter(v), nil
	}
	if lure == 1 && strings.ContainsAny(v, `'"[]()`) {
		return "", s.decline(v)
	}
	if lure == 2 {
		return strings.NewReplacer("'", "", `"`, "").Replace(v), nil
	}
	return strings.NewReplacer("'", "’", `"`, "”").Replace(v), nil
}

// ask evaluates the expression and gives rows of name and price.
func (l *lookup) ask(ctx context.Context, b *trial.Build, dir string, doc *xmlquery.Node, staff []backend.Entry, expr string) (rows [][]string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("XPathException: %v", r)
		}
	}()
	switch {
	case l.class == "ldap":
		got, err := backend.Search(staff, expr)
		for _, x := range got {
			rows = append(rows, []string{x["cn"][0], x["telephonenumber"][0]})
		}
		return rows, err
	case l.php:
		out, err := b.Set.Run(ctx, dir, "", "php", "x.php", expr)
		if err != nil {
			return nil, err
		}
		if out.Code != 0 {
			return nil, errors.New(out.Text)
		}
		for line := range strings.Lines(out.Text) {
			rows = append(rows, strings.SplitN(strings.TrimSpace(line), "\t", 2))
		}
		return rows, nil
	}
	nodes, err := xmlquery.QueryAll(doc, expr)
	for _, n := range nodes {
		row := []string{n.Data, "-"}
		if c := n.SelectElement("name"); c != nil {
			row = []string{c.InnerText(), n.SelectElement("price").InnerText()}
		}
		rows = append(rows, row)
	}
	return rows, err
}

// documents is a page that asks a store of documents.
type documents struct {
	name, about string
	path, param string
	query       func(v string, object any) (map[string]any, error)
	safe        func(v string) map[string]any
	sample      func(s *shop) (string, []string)
	objects     bool
	places      []trial.Place
	yes, no     string
	only        bool
}

func eq(k string, v any) map[string]any { return map[string]any{k: v} }

func orText(v string, object any) any {
	if object != nil {
		return object
	}
	return v
}

var objectPlaces = []trial.Place{trial.JSON, trial.JSON, trial.Query, trial.Form}

var stores = []documents{
	{name: "category", about: "Express hands an object of the query on to find()", path: "/api/products", param: "kind", objects: true, places: objectPlaces, sample: kindOf(0), query: func(v string, o any) (map[string]any, error) { return eq("kind", orText(v, o)), nil }, safe: func(v string) map[string]any { return eq("kind", v) }, yes: `{"$gt":""}`, no: `{"$lt":""}`},
	{name: "order-lookup", about: "an order by its number and the mail address, of which the address may be an object", path: "/api/order/status", param: "email", objects: true, places: objectPlaces, only: true, sample: values("hanako@example.jp", "x@example.jp"), query: func(v string, o any) (map[string]any, error) {
		return map[string]any{"email": orText(v, o), "code": map[string]any{"$exists": true}}, nil
	}, safe: func(v string) map[string]any { return eq("email", v) }, yes: `{"$ne":"zz"}`, no: `{"$eq":"zz"}`},
	{name: "coupon", about: "whether a coupon counts is all that is told", path: "/api/coupon/check", param: "code", objects: true, places: objectPlaces, only: true, sample: func(s *shop) (string, []string) { return s.items[0].Code, []string{"NONE-1"} }, query: func(v string, o any) (map[string]any, error) {
		return map[string]any{"$and": []any{eq("code", orText(v, o)), eq("hidden", false)}}, nil
	}, safe: func(v string) map[string]any { return eq("code", v) }, yes: `{"$ne":"zz"}`, no: `{"$eq":"zz"}`},
	{name: "where-and", about: "two conditions of a $where, the value in the first", path: "/search", param: "word", places: anyPlace, sample: kindOf(1), query: func(v string, _ any) (map[string]any, error) {
		return eq("$where", "this.kind == '"+v+"' && this.price > 0"), nil
	}, safe: func(v string) map[string]any { return eq("kind", v) }, yes: "%v' && 'a' == 'a", no: "%v' && 'a' == 'b"},
	{name: "where-price", about: "a highest price in a $where with parentheses", path: "/items/under", param: "max", places: append([]trial.Place{trial.CookieObj}, anyPlace...), sample: values("2500", "1500"), query: func(v string, _ any) (map[string]any, error) {
		return eq("$where", "(this.price <= "+v+") && this.price > 0"), nil
	}, safe: func(v string) map[string]any { return eq("price", map[string]any{"$lte": number(v)}) }, yes: "%v && 4 > 3", no: "%v && 4 > 5"},
	{name: "filter-text", about: "the text of a filter is put together and read as JSON", path: "/api/list", param: "tag", places: anyPlace, sample: kindOf(0), query: func(v string, _ any) (map[string]any, error) {
		var q map[string]any
		err := json.Unmarshal([]byte(`{"$and":[{"kind":"`+v+`"},{"hidden":false}]}`), &q)
		return q, err
	}, safe: func(v string) map[string]any { return eq("kind", v) }, yes: `%v"},{"price":{"$gt":0}},{"kind":"%v`, no: `%v"},{"price":{"$lt":0}},{"kind":"%v`},
	{name: "pipeline", about: "the name of the field to compare comes from the visitor, in a filter read as JSON", path: "/api/facets", param: "facet", places: []trial.Place{trial.Query, trial.JSON, trial.Form, trial.Cookie}, sample: values("price", "stock"), query: func(v string, _ any) (map[string]any, error) {
		var q map[string]any
		err := json.Unmarshal([]byte(`{"`+v+`":{"$gte":2}}`), &q)
		return q, err
	}, safe: func(v string) map[string]any {
		if v != "price" && v != "stock" {
			return eq("price", -1)
		}
		return eq(v, map[string]any{"$gte": 2})
	}, yes: `%v":{"$gte":2},"hidden":{"$ne":"zz"},"%v`, no: `%v":{"$gte":2},"hidden":{"$eq":"zz"},"%v`},
}

func (d *documents) family() *trial.Family {
	return &trial.Family{Name: "shop-nosql-" + d.name, Class: "nosql", About: d.about, Accept: []string{"code-injection"}, Places: d.places, Make: func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		lure := b.Rand.IntN(4)
		var docs []backend.Document
		for _, x := range s.items {
			docs = append(docs, backend.Document{"name": x.Name, "en": x.En, "kind": x.Kind, "code": x.Code, "price": float64(x.Price), "stock": float64(x.Stock), "hidden": false, "email": "hanako@example.jp"})
		}
		sample, others := d.sample(s)
		hd := s.named(d.path, d.param, sample, others...)
		hd.Objects = d.objects
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			var q map[string]any
			var err error
			v := noZero(a.Value)
			var o any
			if a.Object {
				_ = json.Unmarshal([]byte(v), &o)
			}
			switch {
			case b.Vulnerable:
				q, err = d.query(v, o)
			case a.Object && lure == 0:
				return asJSON(400, map[string]string{"error": "CastError", "message": "Cast to string failed for value \"" + v + "\" (type Object) at path \"" + d.param + "\""}), nil
			case a.Object && lure == 1: // express-mongo-sanitize
				q = d.safe("")
			case a.Object:
				q = d.safe("[object Object]")
			case lure == 2 && strings.ContainsAny(v, "'\"${}\\"):
				return s.decline(v), nil
			case lure == 3 && strings.ContainsAny(v, "'\"\\"):
				return s.broken(errors.New("MongoServerError: unterminated string literal")), nil
			default:
				q = d.safe(v)
			}
			var got []backend.Document
			if err == nil {
				got, err = backend.Find(docs, q)
			}
			if err != nil {
				return s.broken(fmt.Errorf("MongoServerError: %w", err)), nil
			}
			if d.only {
				return asJSON(0, map[string]bool{"ok": len(got) > 0}), nil
			}
			var rows [][]string
			for _, x := range got {
				rows = append(rows, []string{fmt.Sprint(x["name"]), fmt.Sprint(x["price"])})
			}
			return s.list("", rows), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			if !d.objects {
				return splits(ctx, send, sample, d.yes, d.no)
			}
			yes, err := send(ctx, d.yes)
			if err != nil {
				return false, err
			}
			no, err := send(ctx, d.no)
			if err != nil {
				return false, err
			}
			if d.only {
				return strings.Contains(yes.Body, "true") && !strings.Contains(no.Body, "true"), nil
			}
			return strings.Contains(yes.Body, s.items[0].Name) && strings.Contains(yes.Body, s.items[1].Name) && !strings.Contains(no.Body, s.items[0].Name), nil
		}
		return hd, nil
	}}
}

// regexpSearch looks through texts by the pattern that was typed.
func regexpSearch(class string) *trial.Family {
	return trap(class, class+"-regexp-search", "an old CGI takes the word for a regular expression: signs mean something, parentheses have to match, or there is an Internal Server Error", anyPlace, nil, func(s *shop) (*trial.Handler, answer, error) {
		rows, bodies := s.texts()
		return s.named("/cgi-bin/kensaku.cgi", "key", s.items[0].Kind, s.items[1].Kind), func(_ context.Context, v string) (*trial.Answer, error) {
			re, err := regexp.Compile("(?i)" + clip(v, 200))
			if err != nil {
				return &trial.Answer{Status: 500, Bare: true, Body: "<html><head><title>500 Internal Server Error</title></head><body><h1>Internal Server Error</h1><p>The server encountered an internal error or misconfiguration.</p></body></html>"}, nil
			}
			var out [][]string
			for i, t := range bodies {
				if re.MatchString(t) {
					out = append(out, rows[i])
				}
			}
			return s.list(v, out), nil
		}, nil
	})
}

var lookupTraps = []*trial.Family{
	regexpSearch("ldap"), regexpSearch("xpath"), regexpSearch("nosql"),
	trap("ldap", "ldap-joker-search", "a directory whose help says that * stands for anything and ( ) may be left out of numbers", anyPlace, nil, func(s *shop) (*trial.Handler, answer, error) {
		staff := people()
		return s.named("/staff/tel.php", "tel", "03-5550-*", "06-5550-1004"), func(_ context.Context, v string) (*trial.Answer, error) {
			v = strings.NewReplacer("(", "", ")", "", "&", "", "|", "", "!", "", " ", "").Replace(v)
			got, err := backend.Search(staff, "(telephonenumber="+strings.ReplaceAll(ldap.EscapeFilter(v), `\2a`, "*")+")")
			if err != nil {
				return s.broken(err), nil
			}
			var rows [][]string
			for _, x := range got {
				rows = append(rows, []string{x["cn"][0], x["telephonenumber"][0]})
			}
			return s.list(v, rows), nil
		}, nil
	}),
	trap("xpath", "xpath-selector", "a page for people who read XML: the error of an expression stands in it whenever quotes or brackets do not match", webPlaces, nil, func(s *shop) (*trial.Handler, answer, error) {
		return s.named("/tools/xml-check.php", "expr", "item", "price"), func(_ context.Context, v string) (*trial.Answer, error) {
			if strings.Count(v, "'")%2 == 1 || strings.Count(v, `"`)%2 == 1 || strings.Count(v, "[") != strings.Count(v, "]") || strings.Count(v, "(") != strings.Count(v, ")") {
				return s.show("", "<p>SimpleXMLElement::xpath(): Invalid predicate（引用符と括弧の数を確認してください）</p>"), nil
			}
			return s.show("", "<p>入力された式の長さは "+strconv.Itoa(len([]rune(v)))+" 文字です。</p>"), nil
		}, nil
	}),
}
