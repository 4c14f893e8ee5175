package backend

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Document is one document of a collection.
type Document map[string]any

// Find gives the documents that a query of operators selects, as MongoDB reads
// it: {"name": "x"}, {"price": {"$gt": 5}}, {"$or": […]}, {"$where": "…"}.
func Find(docs []Document, query map[string]any) ([]Document, error) {
	var out []Document
	for _, d := range docs {
		ok, err := d.matches(query)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, d)
		}
	}
	return out, nil
}

func (d Document) matches(query map[string]any) (bool, error) {
	for k, want := range query {
		ok, err := d.field(k, want)
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func (d Document) field(k string, want any) (bool, error) {
	switch k {
	case "$and", "$or", "$nor":
		list, ok := want.([]any)
		if !ok {
			return false, fmt.Errorf("%s needs an array", k)
		}
		any_, all := false, true
		for _, x := range list {
			q, ok := x.(map[string]any)
			if !ok {
				return false, fmt.Errorf("%s needs objects", k)
			}
			m, err := d.matches(q)
			if err != nil {
				return false, err
			}
			any_, all = any_ || m, all && m
		}
		return k == "$and" && all || k == "$or" && any_ || k == "$nor" && !any_, nil
	case "$where":
		s, ok := want.(string)
		if !ok {
			return false, errors.New("$where needs a text")
		}
		return Where(s, d)
	}
	if k == "$comment" { // any query may carry one; it selects nothing
		return true, nil
	}
	if strings.HasPrefix(k, "$") {
		return false, fmt.Errorf("unknown top level operator: %s", k)
	}
	have := d[k]
	ops, ok := want.(map[string]any)
	if !ok {
		return equal(have, want), nil
	}
	for op, v := range ops {
		if !strings.HasPrefix(op, "$") {
			return false, nil // an object is compared as a whole: no document has one
		}
		ok, err := operator(have, op, v)
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func operator(have any, op string, v any) (bool, error) {
	switch op {
	case "$eq":
		return equal(have, v), nil
	case "$ne":
		return !equal(have, v), nil
	case "$gt", "$gte", "$lt", "$lte":
		c, ok := compare(have, v)
		return ok && (op == "$gt" && c > 0 || op == "$gte" && c >= 0 || op == "$lt" && c < 0 || op == "$lte" && c <= 0), nil
	case "$in", "$nin":
		list, ok := v.([]any)
		if !ok {
			return false, fmt.Errorf("%s needs an array", op)
		}
		in := false
		for _, x := range list {
			in = in || equal(have, x)
		}
		return in == (op == "$in"), nil
	case "$exists":
		return (have != nil) == truth(v), nil
	case "$not":
		q, ok := v.(map[string]any)
		if !ok {
			return false, errors.New("$not needs an object")
		}
		for o, x := range q {
			m, err := operator(have, o, x)
			if err != nil || m {
				return false, err
			}
		}
		return true, nil
	case "$regex":
		s, ok := v.(string)
		if !ok {
			return false, errors.New("$regex has to be a string")
		}
		re, err := regexp.Compile(s)
		if err != nil {
			return false, fmt.Errorf("$regex is invalid: %w", err)
		}
		h, ok := have.(string)
		return ok && re.MatchString(h), nil
	case "$type", "$options", "$comment":
		return true, nil
	}
	return false, fmt.Errorf("unknown operator: %s", op)
}

func equal(a, b any) bool {
	if c, ok := compare(a, b); ok {
		return c == 0
	}
	return a == nil && b == nil
}

// compare compares texts with texts and numbers with numbers.
func compare(a, b any) (int, bool) {
	if x, ok := a.(string); ok {
		y, ok := b.(string)
		return strings.Compare(x, y), ok
	}
	x, ok1 := number(a)
	y, ok2 := number(b)
	if !ok1 || !ok2 {
		return 0, false
	}
	switch {
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	}
	return 0, true
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	}
	f, _ := number(v)
	return f != 0
}

var scriptToken = regexp.MustCompile(`^(?:\s*)(this\.[A-Za-z_]\w*|[A-Za-z_]\w*|\d+(?:\.\d+)?|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|===|!==|==|!=|<=|>=|&&|\|\||[-+*/%<>!();,])`)

// Where evaluates the condition of a $where: a small part of JavaScript
// (comparisons, && || !, sums, texts, this.field, return and ;).
func Where(source string, d Document) (bool, error) {
	p := &script{doc: d}
	for rest := source; strings.TrimSpace(rest) != ""; {
		if t := strings.TrimSpace(rest); strings.HasPrefix(t, "//") {
			_, after, _ := strings.Cut(t, "\n")
			rest = after
			continue
		}
		m := scriptToken.FindStringSubmatch(rest)
		if m == nil {
			return false, errors.New("SyntaxError: Invalid or unexpected token")
		}
		p.toks = append(p.toks, m[1])
		rest = rest[len(m[0]):]
	}
	var v any
	for p.at < len(p.toks) {
		ret := p.take("return")
		x, err := p.or()
		if err != nil {
			return false, err
		}
		v = x
		if ret && (p.at == len(p.toks) || p.take(";")) {
			break
		}
		if p.at < len(p.toks) && !p.take(";") {
			return false, fmt.Errorf("SyntaxError: Unexpected token %s", p.toks[p.at])
		}
	}
	return truth(v), nil
}

type script struct {
	toks []string
	at   int
	doc  Document
}

func (p *script) take(t string) bool {
	if p.at < len(p.toks) && p.toks[p.at] == t {
		p.at++
		return true
	}
	return false
}

func (p *script) or() (any, error) {
	v, err := p.and()
	for err == nil && p.take("||") {
		var w any
		if w, err = p.and(); err == nil && !truth(v) {
			v = w
		}
	}
	return v, err
}

func (p *script) and() (any, error) {
	v, err := p.comparison()
	for err == nil && p.take("&&") {
		var w any
		if w, err = p.comparison(); err == nil && truth(v) {
			v = w
		}
	}
	return v, err
}

func (p *script) comparison() (any, error) {
	v, err := p.sum()
	for err == nil && p.at < len(p.toks) {
		op := p.toks[p.at]
		switch op {
		case "==", "===", "!=", "!==", "<", ">", "<=", ">=":
		default:
			return v, nil
		}
		p.at++
		var w any
		if w, err = p.sum(); err != nil {
			return nil, err
		}
		c, ok := compare(v, w)
		switch op[0] {
		case '=':
			v = ok && c == 0
		case '!':
			v = !ok || c != 0
		case '<':
			v = ok && (c < 0 || c == 0 && len(op) == 2)
		default:
			v = ok && (c > 0 || c == 0 && len(op) == 2)
		}
	}
	return v, err
}

func (p *script) sum() (any, error) {
	v, err := p.product()
	for err == nil && p.at < len(p.toks) && (p.toks[p.at] == "+" || p.toks[p.at] == "-") {
		op := p.toks[p.at]
		p.at++
		var w any
		if w, err = p.product(); err == nil {
			v = arithmetic(op, v, w)
		}
	}
	return v, err
}

func (p *script) product() (any, error) {
	v, err := p.unary()
	for err == nil && p.at < len(p.toks) && strings.Contains("*/%", p.toks[p.at]) {
		op := p.toks[p.at]
		p.at++
		var w any
		if w, err = p.unary(); err == nil {
			v = arithmetic(op, v, w)
		}
	}
	return v, err
}

func arithmetic(op string, a, b any) any {
	x, okX := number(a)
	y, okY := number(b)
	if op == "+" && (!okX || !okY) {
		return written(a) + written(b)
	}
	switch op {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		return x / y
	}
	return math.Mod(x, y)
}

func written(v any) string {
	if f, ok := number(v); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	s, _ := v.(string)
	return s
}

func (p *script) unary() (any, error) {
	if p.take("!") {
		v, err := p.unary()
		return !truth(v), err
	}
	if p.take("-") {
		v, err := p.unary()
		f, _ := number(v)
		return -f, err
	}
	if p.at >= len(p.toks) {
		return nil, errors.New("SyntaxError: Unexpected end of input")
	}
	t := p.toks[p.at]
	p.at++
	switch {
	case t == "(":
		v, err := p.or()
		if err == nil && !p.take(")") {
			err = errors.New("SyntaxError: missing )")
		}
		return v, err
	case t[0] == '\'' || t[0] == '"':
		return regexp.MustCompile(`\\(.)`).ReplaceAllString(t[1:len(t)-1], "$1"), nil
	case t[0] >= '0' && t[0] <= '9':
		f, err := strconv.ParseFloat(t, 64)
		return f, err
	case t == "true" || t == "false":
		return t == "true", nil
	case t == "null" || t == "undefined":
		return nil, nil
	case strings.HasPrefix(t, "this."):
		return p.doc[t[5:]], nil
	case t[0] >= 'A' && t[0] <= 'z':
		return nil, fmt.Errorf("ReferenceError: %s is not defined", t)
	}
	return nil, fmt.Errorf("SyntaxError: Unexpected token %s", t)
}
