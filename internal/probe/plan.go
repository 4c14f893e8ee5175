package probe

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// maxTargets bounds the targets of a run: beyond it a shop has more places
// than its budget has requests.
const maxTargets = 600

func plan(ctx context.Context, p *check.Pass) (*Work, error) {
	w := &Work{derive: p.DeriveShared, Markers: NewRegistry(p.DeriveShared), words: wordsOf(p.Site), crawled: map[string]*page.Page{}}
	b := &planner{p: p, w: w, seen: map[string]bool{}, pages: map[string]*page.Page{}, noisy: map[*page.Page]*noise{}, moving: map[string]bool{}, kin: map[string]string{}}
	for _, pg := range p.Site.Pages {
		b.pages[string(pg.Ex.ID)] = pg
		if pg.Ex.Method == http.MethodGet && pg.Ex.Status == http.StatusOK && pg.Ex.URL != nil {
			w.crawled[pg.Ex.URL.String()] = pg
		}
	}
	b.patterns()
	b.written()
	for i := range p.Site.Points {
		b.point(&p.Site.Points[i])
	}
	for _, f := range p.Site.Forms {
		b.form(f)
	}
	for _, pg := range p.Site.Pages {
		b.address(pg)
		b.cookies(pg)
		b.calls(pg)
	}
	b.members()
	if err := b.sweep(ctx); err != nil {
		return nil, err
	}
	return w, ctx.Err()
}

type planner struct {
	p     *check.Pass
	w     *Work
	seen  map[string]bool
	pages map[string]*page.Page
	noisy map[*page.Page]*noise
	// kin is the shape that a path shares with others beside it.
	kin map[string]string
	// moving are places of pages whose text varies by itself.
	moving map[string]bool

	repeated int // pages that write their whole address

	led   []*page.Page          // what leads on, once looked for
	files map[string]*page.Page // of the shop by address, once looked for

	account, jar string // whose places are read; "" the visitor's
}

// add keeps t unless its place is known, and opens the coats around its value.
func (b *planner) add(t *Target) {
	if t.URL == nil || !b.p.Scope.HasOrigin(t.URL) || len(b.w.Targets) >= maxTargets {
		return
	}
	u := *t.URL
	u.Fragment, u.RawFragment = "", ""
	t.URL = &u
	if strings.Contains(t.URL.Path, filledIn) { // a script fills it in: nobody knows with what
		return
	}
	if b.p.Scope.Excludes(t.URL) {
		b.leave(t, whyExcluded)
		return
	}
	t.work, t.Account, t.Jar = b.w, b.account, b.jar
	if t.Method == "" {
		t.Method = http.MethodGet
	}
	if t.Page != nil {
		t.Kind = t.Page.Kind
		if t.enc == nil {
			t.enc = encodingOf(t.Page)
		}
	}
	all := cores(t.Sample, 3)
	for _, o := range all {
		c := t.copy()
		c.Sample, c.layers, c.outer = o.value, o.layers, len(o.layers) == 0 && len(all) > 1
		if o.name != "" {
			c.key = c.Name
			c.Name += "." + o.name
		}
		c.ID = c.Method + " " + handler(c) + " " + string(c.Via) + " " + c.Name
		if b.known(c.ID, c) {
			continue
		}
		if c.Account != "" {
			c.ID += " (" + c.Account + ")"
		}
		c.busy = make(chan struct{}, 1)
		if strings.HasPrefix(c.Sample, "/") || strings.HasPrefix(c.Sample, "http") { // where a page is opened is the browser's business
			c.Sample, _, _ = strings.Cut(c.Sample, "#")
		}
		if c.Sample == "" || wire.Harmless(c.Sample) != nil {
			c.Sample = b.sample(c)
		}
		b.w.Targets = append(b.w.Targets, c)
	}
}

func (t *Target) copy() *Target {
	return &Target{Via: t.Via, Name: t.Name, Method: t.Method, URL: t.URL, Sample: t.Sample, Handler: t.Handler, Linked: t.Linked, Kind: t.Kind, Form: t.Form, Page: t.Page,
		Account: t.Account, Jar: t.Jar, Reads: t.Reads, Purpose: t.Purpose, work: t.work, fields: slices.Clone(t.fields), at: t.at, query: t.query, tree: t.tree,
		steps: t.steps, key: t.key, xml: t.xml, segment: t.segment, lone: t.lone, enc: t.enc}
}

// handler names what answers: the route without the values.
func handler(t *Target) string {
	if t.Via == ViaPath && t.Handler != "" {
		return t.Handler
	}
	h := t.URL.EscapedPath()
	if t.work != nil {
		h = t.work.pattern(h)
	}
	if h == "" {
		h = "/"
	}
	for _, f := range slices.Concat(t.fields, t.query) {
		if routes[f.name] && t.Name != f.name && (t.Via == ViaQuery || t.Via == ViaForm) {
			h += "?" + f.name + "=" + f.value
		}
	}
	return h
}

// routes are parameters whose value names the page.
var routes = map[string]bool{"route": true, "main_page": true, "mode": true, "controller": true, "module": true, "action": true, "dispatch": true, "usces_page": true, "rest_route": true, "wc-ajax": true}

func (b *planner) leave(t *Target, why check.Reason) {
	id := t.Method + " " + t.URL.EscapedPath() + " " + string(t.Via) + " " + t.Name
	if b.seen["left "+id] || len(b.w.Left) > 500 {
		return
	}
	b.seen["left "+id] = true
	b.w.Left = append(b.w.Left, Left{Target: id, Why: why})
}

var (
	whyWrites   = check.Reason{Message: "登録や変更につながるおそれがあるため、値を入れた確認をしていません。"}
	whyExcluded = check.Reason{Message: "診断の範囲から除かれた場所のため、値を入れた確認をしていません。"}
	whyRobots   = check.Reason{Message: "robots.txt が閉じている場所のため、値を入れた確認をしていません。"}
	whyUntimed  = check.Reason{Message: "応答時間を測る場所の上限（{n} か所）を超えたため、応答時間でしか分からない弱点は確認していません。", Args: i18n.Args{"n": strconv.Itoa(mostTimed)}}
	whySecret   = check.Reason{Message: "パスワード・カード情報の欄のため、値を入れた確認をしていません。"}
)

// point takes one insertion point of the crawl.
func (b *planner) point(pt *check.Point) {
	if pt.URL == nil {
		return
	}
	t := &Target{Name: pt.Name, Method: pt.Method, URL: pt.URL, Sample: pt.Sample, Handler: pt.Handler, Linked: true, Page: b.pages[string(pt.Exchange)]}
	if t.Page == nil && pt.Form != nil {
		t.Page = pt.Form.Page
	}
	switch pt.Where {
	case "query":
		if pt.Form != nil {
			b.form(pt.Form)
			return
		}
		b.query(t)
	case "form":
		if pt.Form != nil {
			b.form(pt.Form)
		}
	case "path":
		b.path(t)
	case "header":
		t.Via, t.Method = ViaHeader, http.MethodGet
		b.add(t)
	case "json":
		if pt.Method != http.MethodGet && pt.Method != "" {
			b.seedJSON(pt)
		}
	case "fragment":
		t.Via = ViaFragment
	}
}

// query takes a parameter of an address.
func (b *planner) query(t *Target) {
	t.Via = ViaQuery
	if t.Method != "" && t.Method != http.MethodGet {
		return
	}
	if e, _ := page.ClassifyLink(&page.Link{URL: t.URL, Raw: t.URL.String(), From: "a"}); e != page.Reads {
		b.leave(t, whyWrites)
		return
	}
	t.fields = fieldsOf(t.URL.RawQuery)
	t.at = slices.IndexFunc(t.fields, func(f field) bool { return f.name == t.Name })
	open := t.at >= 0 && strings.Contains(t.fields[t.at].value, filledIn)
	t.fields = b.whole(t.fields)
	switch {
	case t.at < 0:
		t.fields = append(t.fields, field{name: t.Name, value: t.Sample})
		t.at = len(t.fields) - 1
	case open && t.fields[t.at].value == "1": // nobody knows; its name shall say what fits
		t.Sample = ""
	default:
		t.Sample = t.fields[t.at].value
	}
	if isToken(t.Name) || looksToken(t.Name, t.Sample) || b.beside(t.URL) || b.file(t.URL) {
		return
	}
	b.add(t)
	if (t.Sample == "" || t.Sample == "1" || t.Sample == "on") && !ordinary(t.Name) { // the name may be the value
		n := t.copy()
		n.Via, n.Name, n.Sample, n.at = ViaName, "*", t.Name, -1
		n.fields = slices.Delete(slices.Clone(t.fields), t.at, t.at+1)
		n.work = b.w
		b.addName(n)
	}
}

// beside says that an address is that of a script of the shop with a query that
// the script itself holds ("?page="): meant for the page that runs it.
func (b *planner) beside(u *url.URL) bool {
	if b.files == nil {
		b.files = b.p.Site.Files()
	}
	plain := *u
	plain.RawQuery = ""
	return u.RawQuery != "" && b.files[plain.String()] != nil && b.files[u.String()] == nil
}

// file says that what stands at an address is a file that the web server hands
// out: it offers parts of it, and no program reads the query.
func (b *planner) file(u *url.URL) bool {
	pg := b.files[u.String()]
	if pg == nil || !asset.MatchString(u.Path) {
		return false
	}
	h := pg.Ex.Header
	return strings.EqualFold(h.Get("Accept-Ranges"), "bytes") && h.Get("ETag")+h.Get("Last-Modified") != ""
}

var asset = regexp.MustCompile(`(?i)\.(?:js|mjs|css|map|json|txt|svg|png|jpe?g|gif|webp|ico|woff2?|ttf)$`)

// filledIn stands in an address for what a script fills in.
const filledIn = "{}"

// whole puts values that the shop knows into fields that a script fills in.
func (b *planner) whole(fields []field) []field {
	for i := range fields {
		f := &fields[i]
		if !strings.Contains(f.value, filledIn) {
			continue
		}
		f.value = "1"
		for _, pt := range b.p.Site.Points {
			if pt.Name == f.name && pt.Sample != "" && !strings.Contains(pt.Sample, filledIn) {
				f.value = pt.Sample
				break
			}
		}
	}
	return fields
}

// ordinary says that name is what programs call their parameters, so that it is
// no value.
func ordinary(name string) bool {
	return numericName.MatchString(name) || searchName.MatchString(name) || pagerName.MatchString(name) || Guessed(name)
}

var pagerName = regexp.MustCompile(`(?i)^(?:page|paged|p|view|sort|order|orderby|order_by|dir|limit|offset|mode|lang|start|rows|display|disp|tab|type|ver|preview|print|amp)$`)

// addName takes the name of a parameter as a value, once for each handler.
func (b *planner) addName(t *Target) {
	k := "name " + b.w.pattern(t.URL.EscapedPath())
	if b.seen[k] || routes[t.Sample] {
		return
	}
	b.seen[k] = true
	b.add(t)
}

// address takes the parameters of a fetched page's own address.
func (b *planner) address(pg *page.Page) {
	if pg.URL == nil || pg.URL.RawQuery == "" || pg.Ex.Method != http.MethodGet {
		return
	}
	for _, f := range fieldsOf(pg.URL.RawQuery) {
		b.query(&Target{Name: f.name, Method: http.MethodGet, URL: pg.URL, Sample: f.value, Handler: pg.URL.Path, Linked: true, Page: pg})
	}
}

var segmentName = regexp.MustCompile(`^segment (\d)`)

func (b *planner) path(t *Target) {
	t.Via = ViaPath
	if t.Method != "" && t.Method != http.MethodGet || strings.ContainsAny(t.URL.Path, "{}") {
		return
	}
	if e, _ := page.ClassifyLink(&page.Link{URL: t.URL, Raw: t.URL.String(), From: "a"}); e != page.Reads {
		b.leave(t, whyWrites)
		return
	}
	m := segmentName.FindStringSubmatch(t.Name)
	if m == nil {
		return
	}
	n, _ := strconv.Atoi(m[1])
	t.segment = n - 1
	segs := strings.Split(strings.TrimPrefix(t.URL.EscapedPath(), "/"), "/")
	if t.segment >= len(segs) {
		return
	}
	if s, err := url.PathUnescape(segs[t.segment]); err == nil {
		t.Sample = s
	}
	if program(t.Sample) { // it names what the server runs; nothing reads it
		return
	}
	segs[t.segment] = "{}"
	k := "segment " + strings.Join(segs, "/")
	if b.account == "" && b.seen[k] { // whatever stands behind the question mark
		return
	}
	b.seen[k] = true
	t.lone = b.lone(t)
	b.add(t)
}

// lone says that nothing but its place makes a segment look like a value: it is
// a plain word, and no other page of this look stands beside it.
func (b *planner) lone(t *Target) bool {
	at := func(u *url.URL) ([]string, bool) {
		segs := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
		return segs, t.segment < len(segs)
	}
	mine, _ := at(t.URL)
	if isData(mine[t.segment]) || strings.Contains(mine[t.segment], ".") {
		return false
	}
	template := ""
	for _, pg := range b.p.Site.Pages {
		if pg.URL.EscapedPath() == t.URL.EscapedPath() {
			template = pg.Template
		}
	}
	for _, pg := range b.p.Site.Pages {
		segs, ok := at(pg.URL)
		if !ok || len(segs) != len(mine) || segs[t.segment] == mine[t.segment] || pg.Template != template {
			continue
		}
		segs[t.segment] = mine[t.segment]
		if slices.Equal(segs, mine) {
			return false
		}
	}
	return true
}

// form takes each field of a form that only reads, or that the consent names.
func (b *planner) form(f *page.Form) {
	if f.Action == nil || !b.p.Scope.HasOrigin(f.Action) {
		return
	}
	key := "form " + f.Method + " " + f.Action.String()
	for _, d := range f.Fields {
		key += "\x00" + d.Name
	}
	if b.seen[key] {
		return
	}
	b.seen[key] = true
	base := &Target{Method: strings.ToUpper(f.Method), URL: f.Action, Form: f, Page: f.Page, Linked: true, Handler: f.Action.Path}
	if base.Method == "" {
		base.Method = http.MethodGet
	}
	reads, purpose := b.may(f, base.Method)
	base.Reads, base.Purpose = reads, purpose
	switch {
	case base.Method == http.MethodGet:
		base.Via = ViaQuery
	case f.Enctype == "multipart/form-data":
		base.Via = ViaMultipart
	default:
		base.Via = ViaForm
	}
	if base.Via != ViaQuery {
		base.query = fieldsOf(f.Action.RawQuery)
	}
	base.fields = b.fill(f)
	for i, fd := range base.fields {
		t := base.copy()
		t.work = b.w
		t.Name, t.at, t.Sample = fd.name, i, fd.value
		d := fieldNamed(f, fd.name)
		if f.Purpose == page.ForSearch && base.Via == ViaQuery && (d == nil || d.Means != page.MeansQuery) {
			unasked(f, t.fields, i)
		}
		switch {
		case fd.token || isToken(fd.name):
			continue
		case d != nil && secret(d.Means):
			b.leave(t, whySecret)
			continue
		case reads == "" && purpose == wire.NoPurpose:
			b.leave(t, whyWrites)
			continue
		}
		b.add(t)
	}
}

// may says why a form may be sent with provoking values below level full.
func (b *planner) may(f *page.Form, method string) (reads string, purpose wire.Purpose) {
	e, why := f.Effect, f.Why
	if f.Enctype == "multipart/form-data" && e != page.Reads {
		plain := *f
		plain.Enctype = ""
		e, why = page.ClassifyForm(&plain, f.Page)
	}
	if e == page.Reads {
		return string(f.Purpose) + ": " + why, wire.NoPurpose
	}
	var names []string
	for _, d := range f.Fields {
		names = append(names, d.Name)
	}
	for _, r := range b.p.Scope.Consent.Requests {
		if strings.EqualFold(r.Method, method) && r.Path == f.Action.EscapedPath() && !slices.ContainsFunc(names, func(n string) bool { return n != "" && !slices.Contains(r.Fields, n) }) {
			if f.Enctype == "multipart/form-data" {
				return "agreed: " + r.Note, wire.NoPurpose // the gate reads the fields of plain forms only
			}
			return "", wire.Agreed
		}
	}
	return "", wire.NoPurpose
}

func fieldNamed(f *page.Form, name string) *page.Field {
	for _, d := range f.Fields {
		if d.Name == name {
			return d
		}
	}
	return nil
}

func secret(m page.Meaning) bool {
	switch m {
	case page.MeansPassword, page.MeansNewPassword, page.MeansCardNumber, page.MeansCardExpiry, page.MeansCardCode, page.MeansCardName, page.MeansCaptcha, page.MeansOTP, page.MeansFile:
		return true
	}
	return false
}

// fill writes a form's fields as a visitor would send them.
func (b *planner) fill(f *page.Form) []field {
	var out []field
	radio := map[string]bool{}
	button := false
	for _, d := range f.Fields {
		if d.Name == "" {
			continue
		}
		v := d.Value
		switch d.Type {
		case "file", "reset", "image":
			continue
		case "button", "submit":
			if button {
				continue
			}
			button = true
		case "radio":
			if radio[d.Name] {
				continue
			}
			radio[d.Name] = true
		case "checkbox":
			if v == "" {
				v = "1"
			}
		}
		if v == "" && len(d.Options) > 0 {
			for _, o := range d.Options {
				if o != "" {
					v = o
					break
				}
			}
		}
		if v == "" && d.Means == page.MeansQuery && len(b.w.words) > 0 {
			v = b.w.words[0]
		}
		out = append(out, field{name: d.Name, value: v, token: d.Means == page.MeansToken})
	}
	return out
}

// unasked leaves a search's words out where another of its fields is looked
// at: words that match nothing would hide what that field does.
func unasked(f *page.Form, fields []field, at int) {
	for j := range fields {
		if d := fieldNamed(f, fields[j].name); j != at && d != nil && d.Means == page.MeansQuery && !d.Required {
			fields[j].value = d.Value
		}
	}
}

// cookies takes the cookies that a page sets, apart from session ids, at the
// kinds of pages that may read them.
func (b *planner) cookies(pg *page.Page) {
	if pg.Ex.Method != http.MethodGet {
		return
	}
	for _, ck := range page.SetCookies(pg.Ex) {
		value := ck.Value
		for _, c := range b.p.Cookies("", pg.URL) {
			if c.Name == ck.Name {
				value = c.Value
			}
		}
		if d, err := url.PathUnescape(value); err == nil { // written with escapes by most programs
			value = d
		}
		if isToken(ck.Name) || value == "" || looksToken(ck.Name, value) || b.seen["cookie "+ck.Name] {
			continue
		}
		b.seen["cookie "+ck.Name] = true
		for _, to := range b.kinds(pg) {
			t := &Target{Via: ViaCookie, Name: ck.Name, Method: http.MethodGet, URL: to.URL, Linked: true, Page: to, Sample: value}
			for _, c := range b.p.Cookies("", to.URL) {
				t.fields = append(t.fields, field{name: c.Name, value: c.Value})
			}
			b.add(t)
		}
	}
}

func fieldsOf(raw string) []field {
	var out []field
	for kv := range strings.SplitSeq(raw, "&") {
		if kv == "" {
			continue
		}
		k, v, _ := strings.Cut(kv, "=")
		out = append(out, field{name: unescape(k), value: unescape(v)})
	}
	return out
}

func unescape(s string) string {
	if d, err := url.QueryUnescape(s); err == nil {
		return d
	}
	return s
}
