package page

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"
	"golang.org/x/net/html"
)

// arg evaluates the i-th argument.
func (w *jsWalk) arg(args []js.Arg, i int) (string, bool) {
	if i >= len(args) || args[i].Value == nil {
		return "", false
	}
	return w.eval(args[i].Value, 0)
}

func (w *jsWalk) emitArg(args []js.Arg, i int, from, method string, sure bool) {
	if i >= len(args) || args[i].Value == nil {
		return
	}
	for _, e := range choices(args[i].Value) {
		if s, ok := w.eval(e, 0); ok {
			w.emit(s, from, method, sure)
		}
	}
}

// option reads a string property of an object argument.
func (w *jsWalk) option(args []js.Arg, i int, keys ...string) string {
	if i >= len(args) {
		return ""
	}
	o, ok := args[i].Value.(*js.ObjectExpr)
	if !ok {
		return ""
	}
	for _, p := range o.List {
		if p.Name == nil {
			continue
		}
		k := keyOf(p.Name)
		for _, want := range keys {
			if k == want {
				if s, ok := w.eval(p.Value, 0); ok {
					return s
				}
			}
		}
	}
	return ""
}

func httpMethod(s string) string {
	if m := strings.ToUpper(strings.TrimSpace(s)); isMethod(m) {
		return m
	}
	return ""
}

// call reads the calls that navigate, send or register.
func (w *jsWalk) call(callee js.IExpr, args []js.Arg) {
	if len(args) == 0 {
		return
	}
	name := nameOf(callee)
	l, b := last(name), last(before(name))
	switch l {
	case "open":
		if a0, ok := w.arg(args, 0); ok && httpMethod(a0) != "" && len(args) > 1 {
			w.emitArg(args, 1, "xhr", httpMethod(a0), true)
			return
		}
		if b == "" || b == "window" || b == "self" || b == "parent" || b == "top" {
			w.emitArg(args, 0, "window.open", "", true)
		}
	case "assign":
		if b == "location" {
			w.emitArg(args, 0, "location", "", true)
		}
	case "location":
		w.emitArg(args, 0, "location", "", true)
	case "fetch", "$fetch", "useFetch", "ofetch", "authFetch", "useSWR":
		m := httpMethod(w.option(args, 1, "method"))
		w.emitArg(args, 0, "fetch", m, true)
	case "sendBeacon":
		w.emitArg(args, 0, "beacon", "POST", true)
	case "pushState", "replaceState":
		w.emitArg(args, 2, "history", "", true)
	case "register":
		if strings.Contains(name, "serviceWorker") || b == "()" && w.endsIn(args, ".js") {
			w.emitArg(args, 0, "serviceWorker", "", true)
		}
	case "import", "importScripts", "addModule":
		for i := range args {
			w.emitArg(args, i, "import", "", true)
		}
	case "getJSON", "getScript":
		w.emitArg(args, 0, "ajax", "", true)
	case "load":
		w.emitArg(args, 0, "ajax", "", false)
	case "ajax", "axios", "request", "ajaxSubmit", "$http", "http":
		m := w.option(args, 0, "method", "type")
		if u := w.option(args, 0, "url"); u != "" {
			w.emit(u, "ajax", httpMethod(m), true)
			return
		}
		w.emitArg(args, 0, "ajax", httpMethod(w.option(args, 1, "method", "type")), l != "request" && l != "http")
	case "get", "post", "put", "patch", "delete", "del", "head", "postForm", "putForm", "patchForm":
		w.verb(l, name, args)
	case "push", "replace", "navigate", "navigateTo", "goto", "visit", "redirect", "navigateByUrl", "prefetch", "redirectTo", "jump", "go":
		from := "script"
		if strings.Contains(strings.ToLower(name), "rout") || strings.Contains(strings.ToLower(name), "nav") || b == "location" || l == "visit" || strings.HasPrefix(l, "redirect") || b == "history" {
			from = "router"
		}
		if b == "location" {
			from = "location"
		}
		if l == "replace" && from == "script" {
			return
		}
		w.emitArg(args, 0, from, "", from == "location")
	case "setAttribute", "attr", "prop", "setAttributeNS":
		i := len(args) - 1
		if k, ok := w.arg(args, max(0, i-1)); ok && i > 0 && (k == "href" || k == "src" || k == "action" || k == "data-href" || k == "data-url" || k == "formaction" || k == "xlink:href") {
			w.emitArg(args, i, "script", "", true)
		}
	case "eval", "setTimeout", "setInterval", "Function", "execScript":
		w.nested(args, 0)
	case "write", "writeln", "insertAdjacentHTML", "html", "append", "innerHTML":
		for i := range args {
			if s, ok := w.arg(args, i); ok && strings.Contains(s, "<") {
				w.markup(s)
			}
		}
	case "atob", "concat", "join", "decodeURIComponent", "unescape", "reverse", "fromCharCode", "parse", "decodeURI":
		if s, ok := w.evalCall(callee, args, 0); ok {
			if l == "parse" {
				w.jsonText(s)
				return
			}
			w.text(s)
		}
	}
}

func (w *jsWalk) endsIn(args []js.Arg, suffix string) bool {
	s, ok := w.arg(args, 0)
	return ok && strings.HasSuffix(strings.Split(s, "?")[0], suffix)
}

// verb reads axios.post("/x"), $.get("/x"), client.delete("/x").
func (w *jsWalk) verb(l, name string, args []js.Arg) {
	m := ""
	switch l {
	case "post", "postForm":
		m = "POST"
	case "put", "putForm":
		m = "PUT"
	case "patch", "patchForm":
		m = "PATCH"
	case "delete", "del":
		m = "DELETE"
	}
	low := strings.ToLower(name)
	sure := strings.Contains(low, "axios") || strings.Contains(low, "http") || strings.HasPrefix(name, "$.") || strings.HasPrefix(name, "jQuery.") || strings.Contains(low, "api") || strings.Contains(low, "client")
	from := "script"
	if sure {
		from = "ajax"
		if strings.Contains(low, "axios") {
			from = "axios"
		}
	}
	w.emitArg(args, 0, from, m, sure)
}

// nested reads a script that stands in a string.
func (w *jsWalk) nested(args []js.Arg, depth int) {
	s, ok := w.arg(args, len(args)-1)
	if a, isStr := w.arg(args, 0); isStr && strings.ContainsAny(a, "(=") {
		s, ok = a, true
	}
	if !ok || !strings.ContainsAny(s, "(=") || w.evals > 20 || len(s) > 64<<10 {
		return
	}
	w.evals++
	sub := &jsWalk{base: w.base, seen: w.seen, evals: 20}
	sub.read([]byte(s), true)
	w.out = append(w.out, sub.out...)
}

// construct reads new Worker(u), new WebSocket(u), new Request(u, {method}).
func (w *jsWalk) construct(x js.IExpr, args []js.Arg) {
	switch last(nameOf(x)) {
	case "Worker", "SharedWorker":
		w.emitArg(args, 0, "worker", "", true)
	case "WebSocket":
		w.emitArg(args, 0, "websocket", "", true)
	case "EventSource":
		w.emitArg(args, 0, "eventsource", "", true)
	case "Request":
		w.emitArg(args, 0, "fetch", httpMethod(w.option(args, 1, "method")), true)
	case "URL":
		w.emitArg(args, 0, "script", "", len(args) > 1)
	case "Function":
		w.nested(args, 0)
	}
}

// object reads {url: "/x", method: "POST"}, {path: "/x", component: …} and {"/x": …}.
func (w *jsWalk) object(o *js.ObjectExpr) {
	method, isRoute, parent := "", false, ""
	for _, p := range o.List {
		if p.Name == nil {
			continue
		}
		switch k := keyOf(p.Name); k {
		case "method", "type", "httpMethod":
			if s, ok := w.eval(p.Value, 0); ok {
				method = httpMethod(s)
			}
		case "component", "components", "children", "element", "loadComponent", "loadChildren", "lazy", "loader", "getComponent", "templateUrl", "controller", "redirectTo":
			isRoute = true
		case "path":
			parent, _ = w.eval(p.Value, 0)
		}
	}
	for _, p := range o.List {
		if p.Name == nil {
			continue
		}
		k := keyOf(p.Name)
		if p.Name.Literal.TokenType == js.StringToken && strings.HasPrefix(k, "/") {
			w.emit(routeParams(k), "router", "", false)
		}
		if isRoute && k == "children" && parent != "" {
			w.children(p.Value, parent)
		}
		if !namesRoute(k) && k != "to" && k != "as" && k != "pathname" {
			continue
		}
		for _, e := range choices(p.Value) {
			s, ok := w.eval(e, 0)
			if !ok {
				continue
			}
			switch {
			case isRoute && (k == "path" || k == "url" || k == "redirectTo"):
				w.emit(routeParams(s), "router", "", strings.HasPrefix(s, "/"))
				if !strings.HasPrefix(s, "/") && plainName(s) && s != "*" && s != "**" {
					w.emit("/"+routeParams(s), "router", "", true)
				}
			case k == "url" || k == "href" || k == "action" || k == "to" || k == "endpoint":
				w.emit(s, "script", method, method != "" || strings.Contains(s, "/"))
			default:
				w.emit(s, "script", "", false)
			}
		}
	}
}

// children joins the paths of nested routes with their parent's.
func (w *jsWalk) children(e js.IExpr, parent string) {
	arr, ok := e.(*js.ArrayExpr)
	if !ok {
		return
	}
	for _, el := range arr.List {
		o, ok := el.Value.(*js.ObjectExpr)
		if !ok {
			continue
		}
		for _, p := range o.List {
			if p.Name != nil && keyOf(p.Name) == "path" {
				if s, ok := w.eval(p.Value, 0); ok && s != "" && s[0] != '/' && s != "*" && s != "**" {
					full := strings.TrimRight(parent, "/") + "/" + s
					if !strings.HasPrefix(full, "/") {
						full = "/" + full
					}
					w.emit(routeParams(full), "router", "", true)
				}
			}
		}
	}
}

// routeParams writes the parameters of a route table (/item/:id, [slug], *) as holes.
func routeParams(s string) string {
	if !strings.ContainsAny(s, ":*[(<") || strings.Contains(s, "://") {
		return s
	}
	segs := strings.Split(s, "/")
	for i, seg := range segs {
		if strings.HasPrefix(seg, ":") || strings.HasPrefix(seg, "*") || strings.HasPrefix(seg, "[") || strings.HasPrefix(seg, "(") || strings.HasPrefix(seg, "<") {
			segs[i] = hole
		}
	}
	return strings.Join(segs, "/")
}

// markup reads addresses out of HTML that stands in a string.
func (w *jsWalk) markup(s string) {
	if len(s) > 256<<10 || !strings.Contains(s, "=") || !strings.Contains(s, "<") {
		return
	}
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		tt := z.Next()
		if tt == html.ErrorToken {
			return
		}
		if tt != html.StartTagToken && tt != html.SelfClosingTagToken {
			continue
		}
		tag, more := z.TagName()
		name := string(tag)
		method, action := "", ""
		for more {
			var k, v []byte
			k, v, more = z.TagAttr()
			switch string(k) {
			case "href", "src", "data-href", "data-url", "poster", "data-src", "formaction":
				w.emit(string(v), "script", "", true)
			case "action":
				action = string(v)
			case "method":
				method = httpMethod(string(v))
			case "onclick":
				if w.evals < 20 {
					w.evals++
					sub := &jsWalk{base: w.base, seen: w.seen, evals: 20}
					sub.read(v, true)
					w.out = append(w.out, sub.out...)
				}
			}
		}
		if name == "form" && action != "" {
			w.emit(action, "script", method, true)
		}
	}
}
