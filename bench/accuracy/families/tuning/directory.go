package tuning

import (
	"context"
	"fmt"
	"strings"

	"github.com/antchfx/xmlquery"
	"github.com/go-ldap/ldap/v3"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// seeker is a search in a directory or a document, with the expression into
// which the value gets.
type seeker struct {
	name, about string
	expression  string // with %s
	yes, no     string // replace %v by the sample: all as before; nothing
	sample      func(w ware) string
	only        bool // the answer says only whether there is something
}

func category(w ware) string { return w.Category }
func name(w ware) string     { return w.Name }

var ldapFilters = []seeker{
	{"plain", "(&(objectClass=product)(cn=…))", "(&(objectClass=product)(cn=%s))", "%v)(cn=%v", "%v)(cn=zzz", name, false},
	{"category", "(&(ou=…)(objectClass=product))", "(&(ou=%s)(objectClass=product))", "%v)(ou=%v", "%v)(ou=zzz", category, false},
	{"part", "(cn=*…*)", "(&(objectClass=product)(cn=*%s*))", "%v*)(cn=*%v", "%v*)(cn=*zzz", name, false},
	{"either", "(|(cn=…)(sn=…)) inside an and", "(&(objectClass=product)(|(cn=%s)(description=%[1]s)))", "%v)(cn=%v", "%v))(&(cn=zzz", name, false},
	{"not", "(!(cn=…)) beside it", "(&(cn=%s)(!(ou=hidden)))", "%v)(objectClass=product", "%v)(objectClass=zzz", name, false},
	{"exists", "(cn=…), and the page says only whether there is one", "(&(objectClass=product)(cn=%s))", "%v)(cn=%v", "%v)(cn=zzz", name, true},
}

// products are the wares as entries of a directory.
func products(c []ware) []backend.Entry {
	var out []backend.Entry
	for _, w := range c {
		out = append(out, backend.Entry{"objectclass": {"product", "top"}, "cn": {w.Name}, "ou": {w.Category}, "price": {fmt.Sprint(w.Price)}, "description": {w.Name + " " + w.Category}})
	}
	return out
}

var directoryFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range ldapFilters {
		out = append(out, ldapFamily(&ldapFilters[i]))
	}
	for i := range xpathExpressions {
		out = append(out, xpathFamily(&xpathExpressions[i]))
	}
	return out
}()

func ldapFamily(s *seeker) *trial.Family {
	return &trial.Family{Name: "ldap-" + s.name, Class: "ldap", About: s.about, Places: trial.Everywhere, Make: func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		style, lure := b.Rand.IntN(4), b.Rand.IntN(5)
		entries := products(c)
		h := &trial.Handler{Sample: s.sample(c[1]), Others: distinct(s.sample, c)}
		h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := strings.ReplaceAll(a.Value, "\x00", "")
			if !b.Vulnerable {
				switch lure {
				case 1: // told like an error of the directory
					if strings.ContainsAny(v, `()*\&|!=`) {
						return trial.Status(500, "<h1>エラー</h1><p>ldap_search(): Search: Bad search filter</p>"), nil
					}
				case 2: // * is a joker by intention, nothing else is
					v = strings.ReplaceAll(ldap.EscapeFilter(v), `\2a`, "*")
				case 3: // signs do not count
					v = without(`()*\&|!=`)(v)
				}
				if lure != 2 {
					v = ldap.EscapeFilter(v)
				}
			}
			got, err := backend.Search(entries, fmt.Sprintf(s.expression, v))
			if err != nil {
				return failed(b, style, err), nil
			}
			var rows [][]string
			for _, e := range got {
				rows = append(rows, []string{e["cn"][0], e["price"][0]})
			}
			return found(rows, s.only), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			shows := c[1].Name
			if s.only {
				shows = "見つかりました"
			}
			fill := func(t string) string { return strings.ReplaceAll(t, "%v", h.Sample) }
			return proof.Splits(ctx, send, fill(s.yes), fill(s.no), shows)
		}
		return h, nil
	}}
}

// found shows rows, or only whether there are some.
func found(rows [][]string, only bool) *trial.Answer {
	switch {
	case only && len(rows) > 0:
		return trial.Text("<h1>在庫照会</h1><p>見つかりました。</p>")
	case only:
		return trial.Text("<h1>在庫照会</h1><p>ありません。</p>")
	case len(rows) == 0:
		return trial.Text(nothing)
	}
	return trial.Text(shelf(rows))
}

// distinct are three other values of the same kind.
func distinct(f func(ware) string, c []ware) []string {
	seen := map[string]bool{f(c[1]): true}
	var out []string
	for _, w := range c {
		if v := f(w); !seen[v] && len(out) < 3 {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

var xpathExpressions = []seeker{
	{"text", "//item[category='…']", "//item[category='%s']", "%v' and '1'='1", "%v' and '1'='2", category, false},
	{"double-quotes", `//item[category="…"]`, `//item[category="%s"]`, `%v" and "1"="1`, `%v" and "1"="2`, category, false},
	{"number", "//item[@id=…]", "//item[@id=%s]", "%v and 1=1", "%v and 1=2", func(w ware) string { return fmt.Sprint(w.ID) }, false},
	{"contains", "contains(name,'…')", "//item[contains(name,'%s')]", "%v') and contains('a','a", "%v') and contains('a','b", name, false},
	{"two", "[category='…' and @stock='1']", "//item[category='%s' and @stock='1']", "%v' and '1'='1", "%v' and '1'='2", category, false},
	{"attribute", "//item[@code='…']", "//item[@code='%s']", "%v' and '1'='1", "%v' and '1'='2", func(w ware) string { return "c-" + fmt.Sprint(w.ID) }, false},
	{"exists", "//item[name='…'], and the page says only whether there is one", "//item[name='%s']", "%v' and '1'='1", "%v' and '1'='2", name, true},
}

func xpathFamily(s *seeker) *trial.Family {
	return &trial.Family{Name: "xpath-" + s.name, Class: "xpath", About: s.about, Places: trial.Everywhere, Make: func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		style, lure := b.Rand.IntN(4), b.Rand.IntN(5)
		var src strings.Builder
		src.WriteString("<catalogue>")
		for _, w := range c {
			fmt.Fprintf(&src, `<item id="%d" code="c-%[1]d" stock="1"><name>%s</name><category>%s</category><price>%d</price></item>`, w.ID, w.Name, w.Category, w.Price)
		}
		src.WriteString("</catalogue>")
		doc, err := xmlquery.Parse(strings.NewReader(src.String()))
		if err != nil {
			return nil, err
		}
		h := &trial.Handler{Sample: s.sample(c[1]), Others: distinct(s.sample, c)}
		quote := "'"
		if s.name == "double-quotes" {
			quote = `"`
		}
		h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := a.Value
			if !b.Vulnerable {
				switch lure {
				case 1:
					if strings.ContainsAny(v, `'"()[]=<>|`) {
						return trial.Status(500, "<h1>エラー</h1><p>XPathException: Invalid expression</p>"), nil
					}
				case 2: // a lone quote is told, a pair is taken off
					if strings.Count(v, quote)%2 == 1 {
						return trial.Text("<h1>検索</h1><p>引用符が閉じられていません。</p>"), nil
					}
					v = strings.ReplaceAll(v, quote, "")
				case 3:
					v = without(`'"()[]=`)(v)
				}
				var rows [][]string
				for _, w := range c {
					have := s.sample(w)
					if have == v || s.name == "contains" && v != "" && strings.Contains(have, v) {
						rows = append(rows, row(w))
					}
				}
				return found(rows, s.only), nil
			}
			nodes, err := query(doc, fmt.Sprintf(s.expression, v))
			if err != nil {
				return failed(b, style, err), nil
			}
			var rows [][]string
			for _, n := range nodes {
				if n.SelectElement("name") != nil && n.SelectElement("price") != nil {
					rows = append(rows, []string{n.SelectElement("name").InnerText(), n.SelectElement("price").InnerText()})
				}
			}
			return found(rows, s.only), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			shows := c[1].Name
			if s.only {
				shows = "見つかりました"
			}
			fill := func(t string) string { return strings.ReplaceAll(t, "%v", h.Sample) }
			return proof.Splits(ctx, send, fill(s.yes), fill(s.no), shows)
		}
		return h, nil
	}}
}

// query turns the panics of the evaluator into errors.
func query(doc *xmlquery.Node, expr string) (out []*xmlquery.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("XPath: %v", r)
		}
	}()
	return xmlquery.QueryAll(doc, expr)
}
