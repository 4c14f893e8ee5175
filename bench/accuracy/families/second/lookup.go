package second

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/antchfx/xmlquery"
	"github.com/go-ldap/ldap/v3"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/trial"
)

// lookup is a search by an expression that is put together as text.
type lookup struct {
	name, about string
	class       string
	expression  string // with VALUE
	sample      func(r []article) (string, []string)
	yes, no     string
	word        bool // a name in the expression: the twin has a list
	number      bool
	before      func(string) string
	only        bool // whether there is something is all that is told
}

var lookups = []lookup{
	{name: "staff", about: "beginnings of two names in an or", class: "ldap", expression: "(&(objectclass=item)(|(cn=VALUE*)(code=VALUE*)))", sample: title, yes: "%v*)(cn=%v", no: "%v))(&(cn=zz"},
	{name: "member", about: "whether a member is there, beside a test of the state", class: "ldap", expression: "(&(status=1)(cn=VALUE))", sample: title, yes: "%v)(status=1", no: "%v)(status=9", only: true},
	{name: "colour", about: "a colour, and not what is hidden", class: "ldap", expression: "(&(!(status=0))(colour=VALUE)(objectclass=item))", sample: colour, yes: "%v)(objectclass=item", no: "%v)(objectclass=none"},
	{name: "attribute", about: "the attribute's name comes from the visitor", class: "ldap", expression: "(&(objectclass=item)(VALUE=*))", sample: fixed("wrap", "gift"), yes: "%v=*)(objectclass", no: "%v=*)(nothing", word: true},
	{name: "unstarred", about: "stars are taken out, parentheses are not", class: "ldap", expression: "(&(objectclass=item)(slug=VALUE))", sample: slug, yes: "%v)(objectclass=item", no: "%v)(objectclass=none", before: func(s string) string { return strings.ReplaceAll(s, "*", "") }},
	{name: "lone", about: "one condition, nothing around it", class: "ldap", expression: "(slug=VALUE)", sample: slug, yes: "%v*", no: "%v*zz"},

	{name: "starts-with", about: "the beginning of a name", class: "xpath", expression: "//item[starts-with(name,'VALUE')]", sample: title, yes: "%v') and starts-with('ab','a", no: "%v') and starts-with('ab','b"},
	{name: "below", about: "a highest price, a number", class: "xpath", expression: "//item[price <= VALUE]", sample: upTo, yes: "%v and 4 > 3", no: "%v and 4 > 5", number: true},
	{name: "place", about: "the number of the item", class: "xpath", expression: "/shop/items/item[position() = VALUE]", sample: fixed("3", "5"), yes: "%v and 4 > 3", no: "%v and 4 > 5", number: true},
	{name: "element", about: "the element's name comes from the visitor", class: "xpath", expression: "//item[VALUE]", sample: fixed("wrap", "gift"), yes: "%v and 4 > 3", no: "%v and 4 > 5", word: true},
	{name: "normalised", about: "a colour without blanks around it", class: "xpath", expression: `//item[normalize-space(@colour) = "VALUE"]`, sample: colour, yes: `%v" and "e" = "e`, no: `%v" and "e" = "f`},
	{name: "counted", about: "whether there is one is all that is told", class: "xpath", expression: "//items[count(item[slug='VALUE']) > 0]", sample: slug, yes: "%v' and 'e'='e", no: "%v' and 'e'='f", only: true},
	{name: "no-and", about: "and and or are taken out in small letters between blanks", class: "xpath", expression: "//item[slug='VALUE']", sample: slug, yes: "%v'][4>3]['e", no: "%v'][4>5]['e", before: func(s string) string { return strings.NewReplacer(" and ", " ", " or ", " ").Replace(s) }},
	{name: "not-hidden", about: "a colour beside a test that follows", class: "xpath", expression: "//item[normalize-space(@colour)='VALUE'][not(hidden)]/name/..", sample: colour, yes: "%v' and 'e'='e", no: "%v' and 'e'='f"},
}

var lookupFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range lookups {
		out = append(out, lookupFamily(&lookups[i]))
	}
	for i := range finders {
		out = append(out, finderFamily(&finders[i]))
	}
	return append(out, jokers)
}()

func entries(r []article) []backend.Entry {
	var out []backend.Entry
	for _, a := range r {
		e := backend.Entry{"objectclass": {"item", "top"}, "cn": {a.Name}, "code": {a.Code}, "slug": {a.Slug}, "colour": {a.Colour}, "status": {"1"}, "price": {strconv.Itoa(a.Price)}}
		if a.ID%3 == 0 {
			e["wrap"] = []string{"yes"}
		} else {
			e["gift"] = []string{"yes"}
		}
		out = append(out, e)
	}
	return out
}

func tree(r []article) (*xmlquery.Node, error) {
	var b strings.Builder
	b.WriteString("<shop><items>")
	for _, a := range r {
		extra := "<gift/>"
		if a.ID%3 == 0 {
			extra = "<wrap/>"
		}
		fmt.Fprintf(&b, `<item colour=" %s "><name>%s</name><slug>%s</slug><price>%d</price>%s</item>`, a.Colour, a.Name, a.Slug, a.Price, extra)
	}
	return xmlquery.Parse(strings.NewReader(strings.ReplaceAll(b.String()+"</items></shop>", `" `, `"`)))
}

// evaluate turns the panics of the evaluator into errors.
func evaluate(doc *xmlquery.Node, expr string) (out []*xmlquery.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("XPathException: %v", r)
		}
	}()
	return xmlquery.QueryAll(doc, expr)
}

func lookupFamily(l *lookup) *trial.Family {
	return &trial.Family{Name: "held-" + l.class + "-" + l.name, Class: l.class, About: l.about, Places: trial.Everywhere, Make: func(b *trial.Build) (*trial.Handler, error) {
		r := range_(b)
		all := entries(r)
		doc, err := tree(r)
		if err != nil {
			return nil, err
		}
		design, style, lure := b.Rand.IntN(6), b.Rand.IntN(5), b.Rand.IntN(6)
		hd := &trial.Handler{}
		hd.Sample, hd.Others = l.sample(r)
		if design == 3 && l.name == "below" {
			design = 1
		}
		careful := &statement{sort: quoted}
		if l.word {
			careful.sort = word
		} else if l.number {
			careful.sort = number
		}
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := strings.ReplaceAll(a.Value, "\x00", "")
			switch {
			case b.Vulnerable:
				if l.before != nil {
					v = l.before(v)
				}
			case l.word || l.number:
				var no *trial.Answer
				if v, no = careful.careful("", lure, v, hd.Sample, hd.Others); no != nil {
					return no, nil
				}
			default:
				switch lure {
				case 1:
					if strings.ContainsAny(v, `'"()*[]&|=`) {
						return trial.Text(refused), nil
					}
				case 2:
					if strings.ContainsAny(v, `'"()[]`) {
						return mishap(style, fmt.Errorf("%s: %q", "Bad search filter (-7)", v)), nil
					}
				case 3:
					v = strings.Join(tokens.FindAllString(v, 1), "")
				case 4:
					if len(v) > len(hd.Sample)+6 {
						return trial.Status(400, "<h2>400</h2><p>検索語が長すぎます。</p>"), nil
					}
				}
				if l.class == "ldap" {
					v = ldap.EscapeFilter(v)
				} else if strings.ContainsAny(v, `'"`) {
					v = "no such thing"
				}
			}
			expr := strings.ReplaceAll(l.expression, "VALUE", v)
			var rows [][]string
			if l.class == "ldap" {
				got, err := backend.Search(all, expr)
				if err != nil {
					return mishap(style, err), nil
				}
				for _, e := range got {
					rows = append(rows, []string{e["cn"][0], e["price"][0]})
				}
			} else {
				nodes, err := evaluate(doc, expr)
				if err != nil {
					return mishap(style, err), nil
				}
				for _, n := range nodes {
					if n.SelectElement("name") != nil {
						rows = append(rows, []string{n.SelectElement("name").InnerText(), n.SelectElement("price").InnerText()})
					} else {
						rows = append(rows, []string{"ある", "1"})
					}
				}
			}
			if l.only {
				if len(rows) > 0 {
					return trial.Text("<h2>照会結果</h2><p>ご登録があります。</p>"), nil
				}
				return trial.Text("<h2>照会結果</h2><p>ご登録がありません。</p>"), nil
			}
			return listing(design, rows), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			with := func(t string) string { return strings.ReplaceAll(t, "%v", hd.Sample) }
			return follows(ctx, send, hd.Sample, with(l.yes), with(l.no))
		}
		return hd, nil
	}}
}

// finder is a query for a store of documents.
type finder struct {
	name, about string
	query       func(v string, object any) (map[string]any, error) // object is nil for a text
	sample      func(r []article) (string, []string)
	yes, no     string
	objects     bool // the visitor's objects reach the query
	places      []trial.Place
}

var finders = []finder{
	{name: "operators", about: "what the visitor sends as an object is an operator", objects: true, query: func(v string, o any) (map[string]any, error) {
		if o != nil {
			return map[string]any{"slug": o}, nil
		}
		return map[string]any{"slug": v}, nil
	}, sample: slug, yes: `{"$ne":"zz-none"}`, no: `{"$eq":"zz-none"}`, places: []trial.Place{trial.Query, trial.Query, trial.Form, trial.JSON, trial.JSON}},
	{name: "nested-operators", about: "the same inside an $and, beside the state", objects: true, query: func(v string, o any) (map[string]any, error) {
		var x any = v
		if o != nil {
			x = o
		}
		return map[string]any{"$and": []any{map[string]any{"status": 1}, map[string]any{"colour": x}}}, nil
	}, sample: colour, yes: `{"$gt":""}`, no: `{"$lt":""}`, places: []trial.Place{trial.Query, trial.Form, trial.JSON, trial.JSON}},
	{name: "where", about: "a $where in single quotes", query: func(v string, _ any) (map[string]any, error) {
		return map[string]any{"$where": "this.slug == '" + v + "'"}, nil
	}, sample: slug, yes: "%v' && 'e' == 'e", no: "%v' && 'e' == 'f"},
	{name: "where-number", about: "a number in a $where", query: func(v string, _ any) (map[string]any, error) {
		return map[string]any{"$where": "this.status == 1 && this.price >= " + v}, nil
	}, sample: price, yes: "%v && 4 > 3", no: "%v && 4 > 5"},
	{name: "where-double", about: "a function's text in double quotes, blanks taken out", query: func(v string, _ any) (map[string]any, error) {
		return map[string]any{"$where": `return this.colour == "` + strings.ReplaceAll(v, " ", "") + `";`}, nil
	}, sample: colour, yes: `%v"&&"e"=="e`, no: `%v"&&"e"=="f`},
	{name: "json-text", about: "the query is written as JSON text around the value", query: func(v string, _ any) (map[string]any, error) {
		var q map[string]any
		err := json.Unmarshal([]byte(`{"status":1,"slug":"`+v+`"}`), &q)
		return q, err
	}, sample: slug, yes: `%v","colour":{"$ne":"zz"},"price":{"$gt":0},"x":null,"slug":"%v`, no: `%v","colour":{"$eq":"zz"},"price":{"$gt":0},"x":null,"slug":"%v`},
	{name: "json-number", about: "the same with a number", query: func(v string, _ any) (map[string]any, error) {
		var q map[string]any
		err := json.Unmarshal([]byte(`{"price":{"$gte":`+v+`},"status":1}`), &q)
		return q, err
	}, sample: price, yes: `%v,"$lt":999999`, no: `%v,"$lt":1`},
}

func finderFamily(f *finder) *trial.Family {
	places := f.places
	if places == nil {
		places = trial.Everywhere
	}
	return &trial.Family{Name: "held-nosql-" + f.name, Class: "nosql", About: f.about, Accept: []string{"code-injection"}, Places: places, Make: func(b *trial.Build) (*trial.Handler, error) {
		r := range_(b)
		var docs []backend.Document
		for _, a := range r {
			docs = append(docs, backend.Document{"name": a.Name, "price": float64(a.Price), "slug": a.Slug, "colour": a.Colour, "status": float64(1)})
		}
		design, style, lure := []int{0, 1, 2, 4}[b.Rand.IntN(4)], b.Rand.IntN(5), b.Rand.IntN(4)
		hd := &trial.Handler{Objects: f.objects}
		hd.Sample, hd.Others = f.sample(r)
		isNumber := strings.HasSuffix(f.name, "number")
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := a.Value
			var o any
			if a.Object {
				_ = json.Unmarshal([]byte(v), &o)
			}
			if !b.Vulnerable {
				switch {
				case a.Object && lure == 0:
					return trial.Status(422, "<h2>422</h2><p>CastError: Cast to string failed for value at path</p>"), nil
				case a.Object && lure == 1:
					v = "[object Object]"
				case a.Object && lure == 2:
					return mishap(style, fmt.Errorf("TypeError: Array to string conversion")), nil
				case a.Object: // the sample's own page for what is no text
					v = hd.Sample
				case isNumber:
					v = strconv.Itoa(max(0, leadingInt(v)))
				case lure == 1:
					if strings.ContainsAny(v, `'"${}\`) {
						return trial.Text(refused), nil
					}
				case lure == 2:
					v = strings.NewReplacer("'", "", `"`, "", `\`, "").Replace(v)
				}
				o = nil
			}
			q, err := map[string]any(nil), error(nil)
			if !b.Vulnerable && isNumber {
				n, _ := strconv.Atoi(v)
				q = map[string]any{"price": map[string]any{"$gte": n}}
			} else if !b.Vulnerable {
				key := "slug"
				if strings.Contains(f.name, "nested") || f.name == "where-double" {
					key = "colour"
				}
				q = map[string]any{key: v}
			} else {
				q, err = f.query(v, o)
			}
			if err != nil {
				return mishap(style, err), nil
			}
			got, err := backend.Find(docs, q)
			if err != nil {
				return mishap(style, err), nil
			}
			var rows [][]string
			for _, d := range got {
				rows = append(rows, []string{fmt.Sprint(d["name"]), fmt.Sprint(d["price"])})
			}
			return listing(design, rows), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			with := func(t string) string { return strings.ReplaceAll(t, "%v", hd.Sample) }
			if !f.objects {
				return follows(ctx, send, hd.Sample, with(f.yes), with(f.no))
			}
			yes, err := send(ctx, f.yes)
			if err != nil {
				return false, err
			}
			no, err := send(ctx, f.no)
			return err == nil && strings.Contains(yes.Body, r[0].Name) && strings.Contains(yes.Body, r[1].Name) && !strings.Contains(no.Body, r[0].Name), err
		}
		return hd, nil
	}}
}

var letters = regexp.MustCompile(`[a-z0-9*?-]+`)

// jokers is a search whose help says that * and ? are jokers.
var jokers = &trial.Family{Name: "held-ldap-jokers", Class: "ldap", About: "* and ? are jokers by the page's own help; other signs are left out", SafeOnly: true, Places: trial.Everywhere, Make: func(b *trial.Build) (*trial.Handler, error) {
	r := range_(b)
	design := b.Rand.IntN(6)
	hd := &trial.Handler{Sample: r[0].Name, Others: []string{r[1].Name[:2] + "*", r[2].Name}, Index: "<p>検索のヒント：* は任意の文字列、? は任意の 1 文字です。</p>"}
	hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		v := strings.Join(letters.FindAllString(strings.ToLower(a.Value), -1), "")
		re, err := regexp.Compile("^" + strings.NewReplacer("*", ".*", "?", ".").Replace(cut(40)(v)) + "$")
		if err != nil {
			return nil, err
		}
		var rows [][]string
		for _, x := range r {
			if re.MatchString(x.Name) {
				rows = append(rows, []string{x.Name, x.Memo})
			}
		}
		return listing(design, rows), nil
	}
	return hd, nil
}}
