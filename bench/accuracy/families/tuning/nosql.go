package tuning

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

func documents(c []ware) []backend.Document {
	var out []backend.Document
	for _, w := range c {
		out = append(out, backend.Document{"id": w.ID, "name": w.Name, "category": w.Category, "price": w.Price, "public": true})
	}
	return out
}

func listed(docs []backend.Document) [][]string {
	var rows [][]string
	for _, d := range docs {
		rows = append(rows, []string{fmt.Sprint(d["name"]), fmt.Sprint(d["price"])})
	}
	return rows
}

var nosqlFamilies = []*trial.Family{
	operators("nosql-operators", "an object of operators is taken for a value", false),
	operators("nosql-operators-exists", "an object of operators is taken for a value; the page says only whether there is something", true),
	where("nosql-where", "the value is put between quotes of a $where", "this.category == '%s'", "' && '1'=='1", "' && '1'=='2", category, false),
	where("nosql-where-double", "the value is put between double quotes of a $where", `this.category == "%s" && this.public`, `" && "1"=="1`, `" && "1"=="2`, category, false),
	where("nosql-where-number", "a number is put bare into a $where", "this.id == %s", " && 1==1", " && 1==2", func(w ware) string { return fmt.Sprint(w.ID) }, false),
	where("nosql-where-return", "the value is put into a function of a $where", "return (this.name == '%s' && this.public == true);", "' && 'a'=='a", "' && 'a'=='b", name, true),
	queryText("nosql-text", "the query is a text of JSON into which the value is put"),
}

// operators are programs that give objects of the visitor to the database.
func operators(name, about string, only bool) *trial.Family {
	return &trial.Family{Name: name, Class: "nosql", About: about, Places: []trial.Place{trial.Query, trial.Query, trial.Form, trial.JSON, trial.JSON}, Make: func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		docs := documents(c)
		style, lure := b.Rand.IntN(3), b.Rand.IntN(4)
		h := &trial.Handler{Sample: c[1].Category, Others: distinct(category, c), Objects: true}
		h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			var want any = a.Value
			if a.Object {
				var m any
				if json.Unmarshal([]byte(a.Value), &m) != nil {
					return oops(), nil
				}
				switch {
				case b.Vulnerable:
					want = m
				case lure == 0: // anything but a text is refused
					return trial.Status(500, "<h1>エラー</h1><p>MongoServerError: 値が正しくありません。</p>"), nil
				case lure == 1: // an object is read as a text
					want = "[object Object]"
				case lure == 2: // the first value inside counts, as for a list
					want = ""
					if o, ok := m.(map[string]any); ok {
						for _, v := range o {
							want = fmt.Sprint(v)
						}
					}
				default: // as if nothing had been given
					want = h.Sample
				}
			}
			got, err := backend.Find(docs, map[string]any{"category": want, "public": true})
			if err != nil {
				return failed(b, style, err), nil
			}
			return found(listed(got), only), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			shows := c[1].Name
			if only {
				shows = "見つかりました"
			}
			// All but a value that is not there, and all that is greater than the greatest.
			yes, err := proof.Splits(ctx, send, `{"$ne":"zzz"}`, `{"$gt":"zzz"}`, shows)
			if err != nil || !yes {
				return false, err
			}
			// A program that takes the first value inside would find nothing for the one and the sample for the other.
			return proof.Splits(ctx, send, `{"$eq":"`+h.Sample+`"}`, `{"$in":"`+h.Sample+`"}`, shows)
		}
		return h, nil
	}}
}

// where are conditions in script with the value in them.
func where(name, about, source, yes, no string, sample func(ware) string, only bool) *trial.Family {
	return &trial.Family{Name: name, Class: "nosql", About: about, Accept: []string{"code-injection"}, Places: trial.Everywhere, Make: func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		docs := documents(c)
		style, lure := b.Rand.IntN(4), b.Rand.IntN(4)
		h := &trial.Handler{Sample: sample(c[1]), Others: distinct(sample, c)}
		h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			if b.Vulnerable {
				got, err := backend.Find(docs, map[string]any{"$where": fmt.Sprintf(source, a.Value)})
				if err != nil {
					return failed(b, style, err), nil
				}
				return found(listed(got), only), nil
			}
			v := a.Value
			switch lure {
			case 1:
				if strings.ContainsAny(v, `'"&|=;(){}`) {
					return trial.Status(500, "<h1>エラー</h1><p>SyntaxError: 使用できない文字が含まれています。</p>"), nil
				}
			case 2:
				if strings.Count(v, "'")%2 == 1 || strings.Count(v, `"`)%2 == 1 {
					return trial.Text("<h1>検索</h1><p>引用符が閉じられていません。</p>"), nil
				}
				v = without(`'"`)(v)
			case 3:
				v = without(`'"&|=`)(v)
			}
			var got []backend.Document
			for i, w := range c {
				if sample(w) == v {
					got = append(got, docs[i])
				}
			}
			return found(listed(got), only), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			shows := c[1].Name
			if only {
				shows = "見つかりました"
			}
			return proof.Splits(ctx, send, h.Sample+yes, h.Sample+no, shows)
		}
		return h, nil
	}}
}

// queryText builds the query as a text.
func queryText(name, about string) *trial.Family {
	return &trial.Family{Name: name, Class: "nosql", About: about, Places: trial.Everywhere, Make: func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		docs := documents(c)
		style, lure := b.Rand.IntN(3), b.Rand.IntN(3)
		h := &trial.Handler{Sample: c[1].Category, Others: distinct(category, c)}
		h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := a.Value
			if !b.Vulnerable {
				if lure == 1 && strings.ContainsAny(v, `"{}$\`) {
					return trial.Status(500, "<h1>エラー</h1><p>Unexpected token in JSON: 使用できない文字が含まれています。</p>"), nil
				}
				if lure == 2 {
					v = without(`"{}$\`)(v)
				}
				v = strings.Trim(jsString(v), `"`)
			}
			var q map[string]any
			err := json.Unmarshal([]byte(`{"category": "`+v+`", "public": true}`), &q)
			var got []backend.Document
			if err == nil {
				got, err = backend.Find(docs, q)
			}
			if err != nil {
				return failed(b, style, err), nil
			}
			return found(listed(got), false), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			return proof.Splits(ctx, send, h.Sample+`", "price": {"$gt": 0}, "name": {"$ne": "a"}, "public": true, "_": null, "category": "`+h.Sample, h.Sample+`", "price": {"$lt": 0}, "category": "`+h.Sample, c[1].Name)
		}
		return h, nil
	}}
}
