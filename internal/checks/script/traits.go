package script

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

const (
	maxSource = 3 << 20
	maxDepth  = 3000
)

// traits are what a script does that thieves do, read from its syntax tree.
type traits struct {
	fields  []string // card fields it names
	values  bool     // reads what was typed
	sends   []string // ways in which it sends: "fetch", "sendBeacon", "image", "WebSocket"…
	targets []string // hosts it sends to, where the script says so
	hidden  []string // addresses it hides (Base64, character codes, reversed, escaped)
	loads   bool     // adds script elements
	encodes bool     // packs what it sends in Base64
	gated   bool     // looks whether the page is a checkout
	listens bool     // waits for typing, clicks or sending
	evals   bool     // runs text it decodes
	names   int      // machine-made names such as _0x3fa1
	evades  bool     // looks for developer tools
	parsed  bool
}

var (
	cardName = regexp.MustCompile(`(?i)card[-_. ]?(?:no|num|number|code|expir)|cc[-_](?:no|num|number|csc|cvc|cvv|exp|cid)|cardnumber|security[-_]?code|\bcvv2?\b|\bcvc2?\b|cvn|payment\[cc_|カード番号|セキュリティコード`)
	checkout = regexp.MustCompile(`(?i)checkout|onepage|payment|shopping|kessai|purchase|credit`)
	address  = regexp.MustCompile(`(?i)^(?:https?:|wss?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::\d+)?(?:[/?#]|$)`)
	bareHost = regexp.MustCompile(`(?i)^([a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|info|biz|jp|top|xyz|site|online|shop|store|icu|click|pw|cc|su|ru|cn|io|me|invalid))(?:/[^\s]*)?$`)
	escaped  = regexp.MustCompile(`(?:\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}){4,}`)
	decodes  = regexp.MustCompile(`(?:^|\.)(?:atob|fromCharCode|unescape|decodeURIComponent)(?:\.apply)?$`)
	typing   = regexp.MustCompile(`^(?:change|blur|input|keyup|keydown|keypress|submit|click|mousedown|paste|focusout)(?:[ .]|$)`)
)

// look reads a script. What does not parse is looked at as text, with less certainty.
func look(source string) *traits {
	t := &traits{}
	if len(source) > maxSource {
		source = source[:maxSource]
	}
	ast, err := js.Parse(parse.NewInputBytes(append(make([]byte, 0, len(source)+1), source...)), js.Options{})
	if err != nil {
		t.text(source)
		return t
	}
	t.parsed = true
	w := &walker{t: t, known: map[*js.Var]string{}}
	js.Walk(collector{w}, ast)
	w.depth = 0
	js.Walk(w, ast)
	return t
}

// text is the poorer reading of what is no JavaScript as we know it.
func (t *traits) text(s string) {
	for _, m := range cardName.FindAllString(s, 5) {
		t.field(m)
	}
	t.values = strings.Contains(s, ".value") || strings.Contains(s, ".val(")
	for way, mark := range map[string]string{"fetch": "fetch(", "sendBeacon": "sendBeacon(", "WebSocket": "new WebSocket", "image": "new Image"} {
		if strings.Contains(s, mark) {
			t.send(way, "")
		}
	}
	slices.Sort(t.sends)
}

func (t *traits) field(s string) {
	if m := cardName.FindString(s); m != "" && len(t.fields) < 8 && !slices.Contains(t.fields, m) {
		t.fields = append(t.fields, m)
	}
}

func (t *traits) send(way, to string) {
	if !slices.Contains(t.sends, way) {
		t.sends = append(t.sends, way)
	}
	if m := address.FindStringSubmatch(to); m != nil && !slices.Contains(t.targets, strings.ToLower(m[1])) {
		t.targets = append(t.targets, strings.ToLower(m[1]))
	}
}

// hide notes text that the script keeps from readers; only addresses matter.
func (t *traits) hide(s string) {
	s = strings.TrimSpace(s)
	m := address.FindStringSubmatch(s)
	if m == nil {
		m = bareHost.FindStringSubmatch(s)
	}
	if m != nil && !slices.Contains(t.hidden, strings.ToLower(m[1])) && len(t.hidden) < 8 {
		t.hidden = append(t.hidden, strings.ToLower(m[1]))
	}
	t.field(s)
}

type walker struct {
	t     *traits
	known map[*js.Var]string // constants
	depth int
}

// collector learns the constants before the walker needs them.
type collector struct{ w *walker }

func (c collector) Enter(n js.INode) js.IVisitor {
	if c.w.depth++; c.w.depth > maxDepth {
		c.w.depth--
		return nil
	}
	switch x := n.(type) {
	case *js.BindingElement:
		if v, ok := x.Binding.(*js.Var); ok && x.Default != nil {
			if s, _, ok := c.w.eval(x.Default, 0); ok {
				c.w.known[root(v)] = s
			}
		}
	case *js.BinaryExpr:
		if v, ok := x.X.(*js.Var); ok && x.Op == js.EqToken {
			if s, _, ok := c.w.eval(x.Y, 0); ok {
				c.w.known[root(v)] = s
			}
		}
	}
	return c
}

func (c collector) Exit(js.INode) { c.w.depth-- }

func root(v *js.Var) *js.Var {
	for v.Link != nil {
		v = v.Link
	}
	return v
}

func (w *walker) Enter(n js.INode) js.IVisitor {
	if w.depth++; w.depth > maxDepth {
		w.depth--
		return nil
	}
	switch x := n.(type) {
	case *js.LiteralExpr:
		w.literal(x)
	case *js.TemplateExpr:
		for _, part := range x.List {
			w.t.field(string(part.Value))
		}
		w.t.field(string(x.Tail))
	case *js.Var:
		if strings.HasPrefix(string(x.Name()), "_0x") {
			w.t.names++
		}
	case *js.DotExpr:
		switch nameOf(x.Y) {
		case "value":
			w.t.values = true
		case "outerWidth", "outerHeight":
			w.t.evades = w.t.evades || nameOf(x.X) == "window"
		}
	case *js.CallExpr:
		w.call(x)
	case *js.NewExpr:
		w.construct(x)
	case *js.BinaryExpr:
		w.binary(x)
	}
	return w
}

func (w *walker) Exit(js.INode) { w.depth-- }

func (w *walker) literal(x *js.LiteralExpr) {
	switch x.TokenType {
	case js.StringToken:
		s := unquote(x.Data)
		w.t.field(s)
		if escaped.Match(x.Data) {
			w.t.hide(s)
		}
	case js.RegExpToken:
		w.t.field(string(x.Data))
	}
}

func (w *walker) call(x *js.CallExpr) {
	name := nameOf(x.X)
	last := name[strings.LastIndexByte(name, '.')+1:]
	arg := func(i int) string {
		if i >= len(x.Args.List) {
			return ""
		}
		s, _, _ := w.eval(x.Args.List[i].Value, 0)
		return s
	}
	switch last {
	case "sendBeacon":
		w.t.send("sendBeacon", arg(0))
	case "fetch":
		w.t.send("fetch", arg(0))
	case "open":
		if m := strings.ToUpper(arg(0)); m == "POST" || m == "GET" {
			w.t.send("XMLHttpRequest", arg(1))
		}
	case "post", "ajax", "getJSON":
		if to := arg(0); to != "" {
			w.t.send("ajax", to)
		} else if len(x.Args.List) > 0 {
			w.t.send("ajax", w.property(x.Args.List[0].Value, "url"))
		}
	case "val", "serialize", "serializeArray":
		w.t.values = true
	case "addEventListener", "on", "bind", "attachEvent":
		w.t.listens = w.t.listens || typing.MatchString(strings.TrimPrefix(arg(0), "on"))
	case "btoa":
		w.t.encodes = true
	case "eval", "Function", "setTimeout":
		if len(x.Args.List) > 0 {
			if c, ok := x.Args.List[0].Value.(*js.CallExpr); ok {
				w.t.evals = w.t.evals || decodes.MatchString(nameOf(c.X))
			}
		}
	case "createElement":
		w.t.loads = w.t.loads || strings.EqualFold(arg(0), "script")
	case "indexOf", "includes", "match", "test", "search":
		// location.href.indexOf("checkout"), /checkout/.test(location.href)
		if len(x.Args.List) > 0 {
			a := x.Args.List[0].Value
			on, what := name, arg(0)
			if l, ok := a.(*js.LiteralExpr); ok && l.TokenType == js.RegExpToken {
				what = string(l.Data)
			} else if what == "" {
				on, what = nameOf(a), name
			}
			w.t.gated = w.t.gated || strings.Contains(on, "location") && checkout.MatchString(what)
		}
	}
	// The whole call may stand for a hidden text: atob("…"), [104,116…] and the like.
	if s, hidden, ok := w.eval(x, 0); ok && hidden {
		w.t.hide(s)
	}
}

func (w *walker) construct(x *js.NewExpr) {
	to := ""
	if x.Args != nil && len(x.Args.List) > 0 {
		to, _, _ = w.eval(x.Args.List[0].Value, 0)
	}
	switch nameOf(x.X) {
	case "WebSocket", "window.WebSocket":
		w.t.send("WebSocket", to)
	case "EventSource", "window.EventSource":
		w.t.send("EventSource", to)
	case "FormData", "window.FormData":
		w.t.values = true
	case "Function":
		w.t.evals = true
	}
}

func (w *walker) binary(x *js.BinaryExpr) {
	if x.Op == js.AddToken {
		if s, hidden, ok := w.eval(x, 0); ok && hidden {
			w.t.hide(s)
		}
		return
	}
	if x.Op != js.EqToken {
		return
	}
	name := nameOf(x.X)
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "src":
		// An image asked for with data behind its address; plain addresses are pictures.
		if _, _, constant := w.eval(x.Y, 0); !constant {
			to, _, _ := w.eval(leftmost(x.Y), 0)
			w.t.send("image", to)
		} else if strings.Contains(name, "()") {
			s, _, _ := w.eval(x.Y, 0)
			w.t.send("image", s)
		}
	case "action":
		if to, _, ok := w.eval(x.Y, 0); ok && address.MatchString(to) {
			w.t.send("form", to)
		}
	}
}

func leftmost(e js.IExpr) js.IExpr {
	for {
		switch x := e.(type) {
		case *js.BinaryExpr:
			e = x.X
		case *js.GroupExpr:
			e = x.X
		default:
			return e
		}
	}
}

func (w *walker) property(e js.IExpr, key string) string {
	o, ok := e.(*js.ObjectExpr)
	if !ok {
		return ""
	}
	for _, p := range o.List {
		if p.Name != nil && strings.Trim(p.Name.String(), `"'`) == key {
			s, _, _ := w.eval(p.Value, 0)
			return s
		}
	}
	return ""
}

// eval works out constant text, and says whether the script hid it.
func (w *walker) eval(e js.IExpr, depth int) (s string, hidden, ok bool) {
	if depth > 16 {
		return "", false, false
	}
	switch x := e.(type) {
	case *js.LiteralExpr:
		if x.TokenType == js.StringToken {
			return unquote(x.Data), escaped.Match(x.Data), true
		}
	case *js.GroupExpr:
		return w.eval(x.X, depth+1)
	case *js.Var:
		s, ok = w.known[root(x)]
		return s, false, ok
	case *js.BinaryExpr:
		if x.Op != js.AddToken {
			return "", false, false
		}
		a, ha, oka := w.eval(x.X, depth+1)
		b, hb, okb := w.eval(x.Y, depth+1)
		if oka && okb && len(a)+len(b) < 1<<16 {
			return a + b, ha || hb, true
		}
	case *js.CallExpr:
		return w.evalCall(x, depth)
	}
	return "", false, false
}

func (w *walker) evalCall(x *js.CallExpr, depth int) (string, bool, bool) {
	name := nameOf(x.X)
	switch last := name[strings.LastIndexByte(name, '.')+1:]; last {
	case "atob":
		if len(x.Args.List) == 1 {
			if s, _, ok := w.eval(x.Args.List[0].Value, depth+1); ok {
				if b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s) + strings.Repeat("=", (4-len(strings.TrimSpace(s))%4)%4)); err == nil {
					return string(b), true, true
				}
			}
		}
	case "fromCharCode", "apply":
		if !strings.Contains(name, "fromCharCode") {
			break
		}
		args := x.Args.List
		var list []js.IExpr
		for _, a := range args {
			list = append(list, a.Value)
		}
		if len(args) > 0 {
			if arr, ok := args[len(args)-1].Value.(*js.ArrayExpr); ok {
				list = nil
				for _, el := range arr.List {
					list = append(list, el.Value)
				}
			}
		}
		if s, ok := codes(list); ok && len(list) > 3 {
			return s, true, true
		}
	case "join":
		d, ok := x.X.(*js.DotExpr)
		if !ok {
			break
		}
		parts, hidden, ok := w.list(d.X, depth+1)
		sep := ","
		if len(x.Args.List) > 0 {
			sep, _, _ = w.eval(x.Args.List[0].Value, depth+1)
		}
		if ok {
			return strings.Join(parts, sep), hidden || len(parts) > 3, true
		}
	}
	return "", false, false
}

// list works out constant lists: ["h","t"], "cba".split("").reverse().
func (w *walker) list(e js.IExpr, depth int) ([]string, bool, bool) {
	if depth > 16 {
		return nil, false, false
	}
	switch x := e.(type) {
	case *js.ArrayExpr:
		var out []string
		for _, el := range x.List {
			s, _, ok := w.eval(el.Value, depth+1)
			if !ok || len(out) > 4096 {
				return nil, false, false
			}
			out = append(out, s)
		}
		return out, false, len(out) > 0
	case *js.CallExpr:
		d, ok := x.X.(*js.DotExpr)
		if !ok {
			break
		}
		switch nameOf(d.Y) {
		case "split":
			if s, _, ok := w.eval(d.X, depth+1); ok && len(x.Args.List) > 0 {
				sep, _, _ := w.eval(x.Args.List[0].Value, depth+1)
				return strings.Split(s, sep), false, true
			}
		case "reverse":
			if l, _, ok := w.list(d.X, depth+1); ok {
				slices.Reverse(l)
				return l, true, true
			}
		}
	}
	return nil, false, false
}

func codes(list []js.IExpr) (string, bool) {
	var b strings.Builder
	for _, e := range list {
		l, ok := e.(*js.LiteralExpr)
		if !ok {
			return "", false
		}
		n, err := strconv.ParseInt(string(l.Data), 0, 32)
		if err != nil || n < 0 || n > 0x10ffff {
			return "", false
		}
		b.WriteRune(rune(n))
	}
	return b.String(), true
}
