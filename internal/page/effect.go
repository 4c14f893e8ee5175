package page

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

// ClassifyLink says whether following l would change anything at the shop.
// When in doubt it is a write.
func ClassifyLink(l *Link) (Effect, string) {
	switch l.Method {
	case "", "GET", "HEAD":
	default:
		if e, why := ClassifyRequest(l.Method, l.URL, "", nil); e == Writes {
			return e, why
		}
		return Reads, "a search by " + l.Method
	}
	switch l.From {
	case "img", "srcset", "css", "css-import", "icon", "poster", "svg", "script-src", "worker", "serviceWorker", "import", "longdesc":
		if l.URL.RawQuery == "" && staticFile(l.URL.Path) {
			return Reads, "static file"
		}
	case "link":
		if l.URL.RawQuery == "" && (staticFile(l.URL.Path) || l.Rel == "canonical") {
			return Reads, "static file"
		}
	case "ping", "beacon":
		return Writes, "reports a click"
	}
	if why := addressWrites(l.URL); why != "" {
		return Writes, why
	}
	if l.Route != "" {
		if why := pathWrites(l.Route, ""); why != "" {
			return Writes, why
		}
	}
	if why := textWrites(l.Text, l.URL); why != "" {
		return Writes, why
	}
	return Reads, "GET without a sign of writing"
}

// ClassifyRequest says whether a request that a page's script makes would
// change anything at the shop. A POST reads only when it is plainly a search
// or a query.
func ClassifyRequest(method string, u *url.URL, contentType string, body []byte) (Effect, string) {
	switch method = strings.ToUpper(strings.TrimSpace(method)); method {
	case "", "GET", "HEAD":
		if why := addressWrites(u); why != "" {
			return Writes, why
		}
		return Reads, "GET without a sign of writing"
	case "OPTIONS":
		return Reads, "OPTIONS changes nothing"
	case "POST":
	default:
		return Writes, "method " + method
	}
	if why := addressWrites(u); why != "" {
		return Writes, why
	}
	fields, raw, ok := bodyFields(contentType, body)
	if !ok {
		return Writes, "POST with a body that cannot be read"
	}
	if q, isGraph := graphQL(u, raw, fields); isGraph {
		if q {
			return Reads, "GraphQL query"
		}
		return Writes, "GraphQL mutation or unknown operation"
	}
	if readAjax(u, fields) {
		return Reads, "known reading route"
	}
	for k, v := range fields {
		if why := pairWrites(k, v); why != "" {
			return Writes, why
		}
		if !searchField(k) && !isToken(k) && !readAction(k, v) {
			return Writes, "POST with field " + clip(k, 40)
		}
	}
	if searchPath(u) && (len(fields) > 0 || len(body) == 0 && contentType == "") && hasQueryField(fields, len(body) == 0) {
		return Reads, "search by POST"
	}
	return Writes, "POST"
}

// ClassifyForm says whether sending f would change anything at the shop. p is
// the page it stands on and may be nil.
func ClassifyForm(f *Form, p *Page) (Effect, string) {
	switch f.Method {
	case "GET", "POST", "":
	case "DIALOG":
		return Reads, "closes a dialogue"
	default:
		return Writes, "method " + f.Method
	}
	k := factsOf(f)
	switch {
	case k.passwords+k.newPasswords > 0:
		return Writes, "asks for a password"
	case k.cards > 0:
		return Writes, "asks for card data"
	case k.files > 0:
		return Writes, "uploads a file"
	case f.Enctype == "multipart/form-data":
		return Writes, "multipart form"
	}
	if f.Action != nil {
		if why := addressWrites(f.Action); why != "" {
			return Writes, why
		}
	}
	for _, d := range f.Fields {
		v := d.Value
		if d.Type == "button" {
			if why := namesWrite(d.Name); why != "" {
				return Writes, why
			}
		}
		if d.Type == "hidden" || d.Type == "button" {
			if why := pairWrites(d.Name, v); why != "" {
				return Writes, why
			}
		}
	}
	for _, b := range f.Buttons {
		if w := buttonWrites(b); w != "" && !(weakButtons[w] && filterOnly(f)) {
			return Writes, "button " + clip(w, 60)
		}
	}
	if k.mails > 0 || k.textareas > 0 || k.persons > 0 {
		return Writes, "asks for personal data or a message"
	}
	if k.quantities > 0 {
		return Writes, "asks for a quantity"
	}
	if f.Scripted && f.Method != "GET" && k.queries == 0 {
		return Writes, "sent by script"
	}
	if f.Method == "POST" {
		return classifyPost(f, k)
	}
	if p != nil && p.URL != nil && isAdminPath(p.URL.Path) && !searchAction(f, k) {
		return Writes, "form of an administration"
	}
	for _, d := range f.Fields {
		switch {
		case d.Type == "hidden" || d.Type == "button" || d.Type == "select" || d.Type == "radio" || d.Type == "checkbox" || d.Type == "range":
			if why := namesWrite(d.Name); why != "" {
				return Writes, why
			}
		case d.Means == MeansQuery || searchField(d.Name):
		case d.Name == "":
		case d.Type == "date" || d.Type == "month" || d.Type == "number" && !hasAny(strings.ToLower(d.Name), "qty", "quant", "num"):
		case searchAction(f, k):
		default:
			return Writes, "GET with field " + clip(d.Name, 40) + ", whose use is unknown"
		}
	}
	return Reads, "GET search, filter or navigation"
}

// weakButtons are words on buttons that apply a filter as well as a change.
var weakButtons = map[string]bool{"apply": true, "適用": true, "change": true, "変更": true, "update": true, "更新": true}

// filterOnly says that a GET form has nothing but parameters of a listing.
func filterOnly(f *Form) bool {
	if f.Method != "GET" {
		return false
	}
	n := 0
	for _, d := range f.Fields {
		if d.Name == "" || d.Means == MeansToken {
			continue
		}
		if !searchField(d.Name) {
			return false
		}
		n++
	}
	return n > 0
}

func classifyPost(f *Form, k formFacts) (Effect, string) {
	if !searchAction(f, k) || k.queries == 0 && !hasAny(k.action+k.values, "search", "kensaku") {
		return Writes, "POST"
	}
	for _, d := range f.Fields {
		switch d.Type {
		case "button":
			continue
		case "hidden", "select", "checkbox", "radio":
			if why := namesWrite(d.Name); why != "" {
				return Writes, why
			}
			if d.Type == "hidden" && d.Means != MeansToken && !searchField(d.Name) && !readAction(d.Name, d.Value) {
				return Writes, "POST with hidden field " + clip(d.Name, 40)
			}
		default:
			if d.Means != MeansQuery && !searchField(d.Name) && d.Name != "" {
				return Writes, "POST with field " + clip(d.Name, 40)
			}
		}
	}
	return Reads, "search by POST"
}

// searchAction says that address, buttons or name of the form speak of a search.
func searchAction(f *Form, k formFacts) bool {
	return hasAny(k.action+k.values+k.names, "search", "kensaku", "filter", "suggest", "find") || hasAny(k.buttons, "検索", "search", "さがす", "探す", "絞り込", "filter", "find", "go")
}

var staticEnds = map[string]bool{
	"png": true, "jpg": true, "jpeg": true, "gif": true, "webp": true, "avif": true, "svg": true, "ico": true, "css": true, "js": true, "mjs": true, "woff": true, "woff2": true,
	"ttf": true, "otf": true, "eot": true, "mp4": true, "webm": true, "mp3": true, "map": true, "json": true, "webmanifest": true, "pdf": true, "txt": true, "bmp": true,
}

func staticFile(p string) bool { return staticEnds[ending(p)] }

// addressWrites gives the sign in an address that asking for it changes something, "" when there is none.
func addressWrites(u *url.URL) string {
	if u == nil || handsOut(u) {
		return ""
	}
	if why := pathWrites(u.Path, u.RawQuery); why != "" {
		return why
	}
	if u.RawQuery == "" {
		return ""
	}
	q := u.RawQuery
	for n := 0; q != "" && n < 300; n++ {
		var kv string
		kv, q, _ = strings.Cut(q, "&")
		kv = strings.TrimPrefix(kv, "amp;")
		key, v, hasValue := strings.Cut(kv, "=")
		key, v = unescapeQuery(key), unescapeQuery(v)
		if !hasValue && strings.Contains(key, "/") {
			// Some shops put the route into the bare query: ?/cart/add
			if why := pathWrites(key, ""); why != "" {
				return why
			}
			continue
		}
		if why := pairWrites(key, v); why != "" {
			return why
		}
	}
	return ""
}

// handsOut says that an address fetches a file by its name and nothing else:
// /download?file=order-sheet.txt. Downloads that were bought are asked for by
// number or key and counted; those stay writes.
func handsOut(u *url.URL) bool {
	before, last := "", strings.ToLower(u.Path)
	if i := strings.LastIndexByte(last, '/'); i >= 0 {
		before, last = u.Path[:i], last[i+1:]
	}
	if i := strings.LastIndexByte(last, '.'); i > 0 {
		last = last[:i]
	}
	switch last {
	case "download", "dl", "file_download", "download_file", "filedownload", "downloadfile":
	default:
		return false
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil || len(q) != 1 || pathWrites(before, "x") != "" {
		return false
	}
	for k, all := range q {
		if !fileKeys[strings.ToLower(k)] || len(all) != 1 || !fileName.MatchString(all[0]) {
			return false
		}
	}
	return true
}

var (
	fileKeys = map[string]bool{"file": true, "filename": true, "file_name": true, "fname": true, "f": true, "name": true, "path": true, "filepath": true, "file_path": true, "doc": true, "document": true, "pdf": true}
	// fileName ends in an extension that is no program's.
	fileName = regexp.MustCompile(`(?i)^[^?=&]*[^./?=&][^/?=&]*\.(?:pdf|txt|csv|tsv|docx?|xlsx?|pptx?|zip|lzh|png|jpe?g|gif|webp|svg|mp3|mp4|ini|md|xml|json|rtf|odt|ods)$`)
)

func unescapeQuery(s string) string {
	if d, err := url.QueryUnescape(s); err == nil {
		return d
	}
	return s
}

var shopifyPermalink = regexp.MustCompile(`/cart/\d+:\d+`)

// pathWrites looks at the words of a path.
func pathWrites(p, query string) string {
	low := strings.ToLower(p)
	if shopifyPermalink.MatchString(low) {
		return "path puts items into the cart"
	}
	if query == "" && staticFile(low) {
		return ""
	}
	segs := strings.Split(strings.Trim(p, "/"), "/")
	if query != "" && query != "x" && strings.EqualFold(segs[len(segs)-1], "select") {
		return "path chooses with parameters"
	}
	for i, s := range segs {
		ws := words(s)
		end := i == len(segs)-1
		if w := verbIn(ws, end); w != "" && !explains(ws, w) {
			// A long name is the title of an article or an item, not an act.
			if len(ws) > 4 && !strings.Contains(s, "_") {
				continue
			}
			return "path word " + w
		}
	}
	return ""
}

// pairWrites looks at one parameter: as the name of an act (?add-to-cart=1) and
// as the choice of one (?mode=delete).
func pairWrites(key, v string) string {
	if why := namesWrite(key); why != "" {
		return why
	}
	k := strings.ToLower(key)
	switch {
	case actKeys[k] || strings.HasSuffix(k, "_action") || strings.HasSuffix(k, "-action") || strings.HasSuffix(k, "[action]") || strings.HasSuffix(k, "_mode"):
		if v == "" {
			return ""
		}
		ws := words(v)
		if w := verbIn(ws, true); w != "" {
			return k + "=" + clip(v, 40)
		}
		for _, w := range ws {
			if readWords[w] {
				return ""
			}
		}
		if colorMe[strings.ToLower(v)] || freePage.MatchString(v) {
			return ""
		}
		return k + "=" + clip(v, 40) + ", whose effect is unknown"
	case pageKeys[k] || routeValue.MatchString(v):
		if why := pathWrites(strings.NewReplacer(".", "/", "|", "/").Replace(v), "x"); why != "" {
			return k + "=" + clip(v, 40)
		}
	}
	return ""
}

// routeValue is a value that names a handler, whatever the parameter is called: product/wishlist/add.
var routeValue = regexp.MustCompile(`^[A-Za-z_]+(/[A-Za-z_0-9]+)+(\.[A-Za-z_]+)?$`)

// colorMe are the pages of カラーミーショップ, which are all values of mode.
var colorMe = map[string]bool{"cate": true, "grp": true, "srh": true, "sk": true, "privacy": true, "myaccount": true, "new": true, "rank": true, "blog": true, "coupon": true}

var freePage = regexp.MustCompile(`^f\d{1,3}$`)

// actKeys are parameters that choose what to do.
var actKeys = map[string]bool{
	"action": true, "act": true, "mode": true, "do": true, "cmd": true, "command": true, "op": true, "operation": true, "task": true, "func": true, "function": true, "fnc": true, "fn": true, "method": true,
	"_method": true, "event": true, "wc-ajax": true, "todo": true, "perform": true, "submit": true, "_action": true, "doaction": true, "request": true, "proc": true, "process": true,
	"uscesmode": true, "edd_action": true, "job": true,
}

// pageKeys are parameters whose value is a page, and may be an act of that page.
var pageKeys = map[string]bool{
	"route": true, "main_page": true, "controller": true, "dispatch": true, "page": true, "usces_page": true, "rest_route": true, "r": true, "_route": true, "view": true, "module": true,
	"fc": true, "c": true, "m": true, "screen": true, "p": true, "target": true, "path": true, "option": true, "section": true, "tab": true,
}

// namesWrite says that the name of a parameter is itself an act.
func namesWrite(key string) string {
	ws := words(key)
	if len(ws) == 0 || len(ws) > 6 {
		return ""
	}
	if w := verbIn(ws, true); w != "" && !keyNouns[ws[len(ws)-1]] {
		return "parameter " + clip(key, 40)
	}
	return ""
}

// keyNouns end names of parameters that describe instead of act: update_date, save_url.
var keyNouns = map[string]bool{"date": true, "url": true, "from": true, "to": true, "time": true, "status": true, "by": true, "at": true, "on": true, "type": true, "after": true, "before": true}

// bodyFields reads a body as names and values; raw is the JSON when it is JSON.
func bodyFields(ct string, body []byte) (fields map[string]string, raw any, ok bool) {
	fields = map[string]string{}
	if len(body) > 1<<20 {
		return nil, nil, false
	}
	s := strings.TrimSpace(string(body))
	switch {
	case s == "":
		return fields, nil, true
	case s[0] == '{' || s[0] == '[':
		if json.Unmarshal(body, &raw) != nil {
			return nil, nil, false
		}
		flattenJSON(raw, "", 0, fields)
		return fields, raw, true
	case strings.Contains(strings.ToLower(ct), "multipart/"):
		return nil, nil, false
	}
	vals, err := url.ParseQuery(s)
	if err != nil {
		return nil, nil, false
	}
	for k, v := range vals {
		if len(v) > 0 {
			fields[k] = v[0]
		}
	}
	return fields, nil, len(fields) < 500
}

// flattenJSON flattens JSON to the names that hold values.
func flattenJSON(v any, key string, depth int, out map[string]string) {
	if depth > 50 || len(out) > 500 {
		out["…"] = ""
		return
	}
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			flattenJSON(e, k, depth+1, out)
		}
	case []any:
		for _, e := range x {
			flattenJSON(e, key, depth+1, out)
		}
	case string:
		out[key] = x
	default:
		out[key] = ""
	}
}

// graphQL tells queries from mutations. Unknown documents (persisted ones) are not queries.
func graphQL(u *url.URL, raw any, fields map[string]string) (query, is bool) {
	onPath := u != nil && strings.Contains(strings.ToLower(u.Path), "graphql")
	var docs []string
	collect := func(m map[string]any) bool {
		s, ok := m["query"].(string)
		if ok {
			docs = append(docs, s)
		}
		return ok
	}
	all := true
	switch x := raw.(type) {
	case map[string]any:
		all = collect(x)
	case []any:
		for _, e := range x {
			m, ok := e.(map[string]any)
			all = ok && collect(m) && all
		}
	default:
		if q, ok := fields["query"]; ok {
			docs = append(docs, q)
		}
	}
	if !onPath {
		if len(docs) == 0 || !strings.Contains(docs[0], "{") {
			return false, false
		}
	}
	if len(docs) == 0 || !all {
		return false, true
	}
	for _, d := range docs {
		if !queryOnly(d) {
			return false, true
		}
	}
	return true, true
}

var graphOperation = regexp.MustCompile(`(?m)\b(mutation|subscription)\b`)

func queryOnly(d string) bool {
	t := strings.TrimSpace(d)
	if graphOperation.MatchString(t) {
		return false
	}
	return strings.HasPrefix(t, "{") || strings.HasPrefix(t, "query") || strings.HasPrefix(t, "fragment") || strings.HasPrefix(t, "#")
}
