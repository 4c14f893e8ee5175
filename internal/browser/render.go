package browser

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"miseban/internal/page"
	"miseban/internal/wire"
)

//go:embed instrument.js
var instrumentJS string

//go:embed harvest.js
var harvestJS string

//go:embed candidates.js
var candidatesJS string

//go:embed click.js
var clickJS string

// What one page may cost.
const (
	pageTime  = 40 * time.Second
	loadTime  = 20 * time.Second
	quietTime = 200 * time.Millisecond
	settle    = 3 * time.Second // at most, after load and after each click
	maxClicks = 12

	maxRequests = 300      // that one page may make
	maxNoted    = 1000     // of what it tried, remembered
	maxRoutes   = 500      // that its scripts went to
	maxAddress  = 16 << 10 // bytes of an address
	maxConsole  = 500      // bytes of a line
)

func randomMark() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return "m" + hex.EncodeToString(b)
}

// Render opens p's address in a tab of its own and returns what a browser made
// of it: the document after its scripts ran, what they asked for, where they
// went, cookies and storage. It clicks what is no link, no form button and
// does not act by its text; navigation that follows is noted and not taken.
// The outcome is kept in the run's journal, so a resumed run sees it again.
func (b *Browser) Render(ctx context.Context, p *page.Page) (*page.Rendered, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	target := p.URL.String()
	r, err := wire.Observe(ctx, b.client, wire.KindBrowser, "render "+target, wire.Passive, wire.Origin{Check: "browser", Why: "render", Parent: p.Ex.ID}, func(ctx context.Context) (page.Rendered, error) {
		return b.render(ctx, target)
	})
	if err != nil {
		return nil, err
	}
	return &r, nil
}

func (b *Browser) render(ctx context.Context, target string) (page.Rendered, error) {
	b.n++
	b.now.open(target, fmt.Sprint(b.n))
	defer b.now.open("", "")
	tab, cancel := chromedp.NewContext(b.ctx)
	defer cancel()
	tab, stop := context.WithTimeout(tab, pageTime)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	w := &watch{b: b, target: target, end: stop, last: time.Now(), byID: map[network.RequestID]int{}}
	out := page.Rendered{}
	if err := b.prepare(tab, w); err != nil {
		return out, fmt.Errorf("rendering %s: %w", target, err)
	}
	from := len(b.proxy.Seen())
	out.Err = w.visit(tab, target)
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	b.scroll(tab, w)
	b.click(tab, w)
	h, err := b.harvest(tab)
	if err != nil && out.Err == "" {
		out.Err = "read: " + short(err)
	}
	out.HTML, out.Storage, out.Listeners = h.HTML, h.Storage, h.Listeners
	out.Cookies = b.cookies(tab, target)
	requests, navigated, console := w.take()
	out.Console = console
	out.Routes = routes(target, h.Routes, navigated)
	b.settleRequests(&out, requests, h.Sockets, from)
	return out, nil
}

// visit loads address in the tab and waits until the page is quiet. It returns
// why the load did not end well; what there is of the page can be read all the same.
func (w *watch) visit(tab context.Context, address string) (why string) {
	nav, stop := context.WithTimeout(tab, loadTime)
	defer stop()
	if err := chromedp.Do(nav, chromedp.Navigate(address)); err != nil {
		why = "load: " + short(err)
	}
	w.loaded()
	w.quiet(tab)
	return why
}

// prepare sets the tab up before it goes anywhere.
func (b *Browser) prepare(tab context.Context, w *watch) error {
	if err := chromedp.Listen(tab, w.event); err != nil {
		return err
	}
	paused := chromedp.Events(tab, fetch.RequestPaused)
	go func() {
		for e, err := range paused {
			if err != nil {
				return
			}
			w.decide(tab, &e)
		}
	}()
	dialogs := chromedp.Events(tab, cdppage.JavascriptDialogOpening)
	go func() {
		for _, err := range dialogs {
			if err != nil {
				return
			}
			_, _ = chromedp.Call(tab, cdppage.HandleJavaScriptDialog, cdppage.HandleJavaScriptDialogParams{Accept: false})
		}
	}()
	return chromedp.Do(tab, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{wire.PageHeader: fmt.Sprint(b.n)}}); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, t, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*"}}}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: b.script(instrumentJS)})
		return err
	}))
}

func (b *Browser) script(s string) string { return strings.ReplaceAll(s, "MARK", b.mark) }

// scroll goes down the page in steps, so that what waits to come into view does.
func (b *Browser) scroll(tab context.Context, w *watch) {
	for range 4 {
		more, err := chromedp.Run(tab, chromedp.Evaluate[bool](`(() => { const y = scrollY; scrollBy(0, innerHeight * 0.9); return scrollY > y })()`))
		if err != nil || !more {
			return
		}
		w.quiet(tab)
	}
}

type candidate struct {
	Index           int
	Tag, Text, Name string
}

// click tries what a visitor could click and what only reads by its words.
func (b *Browser) click(tab context.Context, w *watch) {
	list, err := chromedp.Run(tab, chromedp.Evaluate[[]candidate](b.script(candidatesJS)))
	if err != nil {
		return
	}
	u, err := url.Parse(w.target)
	if err != nil {
		return
	}
	n := 0
	for _, c := range list {
		if n >= maxClicks || tab.Err() != nil {
			return
		}
		l := &page.Link{URL: u, Text: c.Text, From: "click", Raw: c.Name}
		if e, _ := page.ClassifyLink(l); e == page.Writes || acts(c.Name) {
			continue
		}
		n++
		if ok, err := chromedp.Run(tab, chromedp.Evaluate[bool](fmt.Sprintf("(%s)(%d)", strings.TrimSpace(b.script(clickJS)), c.Index))); err != nil || !ok {
			continue
		}
		w.quiet(tab)
	}
}

// acts says that names in the markup speak of an act even where the text does not.
func acts(name string) bool {
	name = strings.ToLower(name)
	for _, w := range []string{"delete", "remove", "logout", "signout", "withdraw", "unsubscribe", "order", "purchase", "buy", "addcart", "add-to-cart", "add_cart", "cartin", "submit", "checkout", "favorite", "wishlist", "like"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

type harvested struct {
	HTML      string          `json:"html"`
	Routes    []string        `json:"routes"`
	Sockets   []string        `json:"sockets"`
	Storage   []page.Stored   `json:"storage"`
	Listeners []page.Listener `json:"listeners"`
}

func (b *Browser) harvest(tab context.Context) (harvested, error) {
	h, err := chromedp.Run(tab, chromedp.Evaluate[harvested](b.script(harvestJS)))
	h.HTML = strings.NewReplacer(" data-"+b.mark+`="`, " data-seen=\"").Replace(h.HTML)
	return h, err
}

func (b *Browser) cookies(tab context.Context, target string) []page.Cookie {
	res, err := chromedp.Call(tab, network.GetCookies, network.GetCookiesParams{URLs: []string{target}})
	if err != nil {
		return nil
	}
	var out []page.Cookie
	for _, c := range res.Cookies {
		out = append(out, page.Cookie{
			Name: c.Name, Value: c.Value, Domain: c.Domain, Path: c.Path, SameSite: string(c.SameSite),
			Secure: c.Secure, HTTPOnly: c.HTTPOnly, Session: c.Session, Expires: c.Expires,
		})
	}
	return out
}

// settleRequests joins what the tab saw with what the proxy let through.
func (b *Browser) settleRequests(out *page.Rendered, requests []page.Request, sockets []string, from int) {
	seen := b.proxy.Seen()
	mine := fmt.Sprint(b.n)
	for _, o := range seen[min(from, len(seen)):] {
		if o.Itself || o.Page != mine && o.Page != "" {
			continue
		}
		i := slices.IndexFunc(requests, func(r page.Request) bool { return r.URL == o.URL && r.Method == o.Method && r.Exchange == "" })
		if i < 0 {
			if len(requests) >= 2*maxNoted {
				continue
			}
			requests = append(requests, page.Request{URL: o.URL, Method: o.Method, Dest: o.Dest, Initiator: o.Referer})
			i = len(requests) - 1
		}
		r := &requests[i]
		r.Exchange, r.Blocked = o.ID, o.Blocked
		if o.Status != 0 {
			r.Status = o.Status
		}
	}
	for _, s := range sockets {
		requests = append(requests, page.Request{URL: s, Method: "GET", Dest: "websocket", Blocked: "websocket"})
	}
	for _, r := range requests {
		if r.Blocked != "" {
			out.Blocked = append(out.Blocked, r)
		} else {
			out.Requests = append(out.Requests, r)
		}
	}
}

// routes are the addresses scripts went to, without the page itself.
func routes(target string, lists ...[]string) []string {
	var out []string
	for _, l := range lists {
		for _, r := range l {
			if r != "" && r != target && strings.HasPrefix(r, "http") && !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

func short(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "took too long"
	}
	s := err.Error()
	if len(s) > 160 {
		s = s[:160]
	}
	return s
}

// watch follows one tab's requests and decides, before the proxy, what must
// not even be tried: the second line of the guard.
type watch struct {
	b      *Browser
	target string
	end    context.CancelFunc // of the tab
	stays  bool               // only the target itself is shown, wherever its scripts want to go
	signs  bool               // it signs an account in: the proxy alone says what leaves

	mu        sync.Mutex
	started   bool // the first document was asked for
	isLoaded  bool
	open      int
	last      time.Time
	requests  []page.Request
	byID      map[network.RequestID]int
	navigated []string
	console   []string
}

func (w *watch) loaded() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isLoaded = true
}

// event runs in the tab's reading loop and only takes notes.
func (w *watch) event(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := ev.(type) {
	case *network.EventRequestWillBeSent:
		if strings.HasPrefix(e.Request.URL, "data:") || strings.HasPrefix(e.Request.URL, "blob:") || len(w.requests) >= maxNoted {
			return
		}
		w.open++
		w.last = time.Now()
		w.byID[e.RequestID] = len(w.requests)
		r := page.Request{URL: clip(e.Request.URL, maxAddress), Method: clip(e.Request.Method, 40), Dest: strings.ToLower(string(e.Type))}
		if e.Initiator != nil {
			r.Initiator = clip(e.Initiator.URL, maxAddress)
			if s := e.Initiator.Stack; s != nil && len(s.CallFrames) > 0 {
				r.Initiator = clip(s.CallFrames[0].URL, maxAddress)
			}
		}
		w.requests = append(w.requests, r)
	case *network.EventResponseReceived:
		if i, ok := w.byID[e.RequestID]; ok && e.Response != nil {
			w.requests[i].Status = int(e.Response.Status)
		}
	case *network.EventLoadingFinished:
		w.done(e.RequestID)
	case *network.EventLoadingFailed:
		w.done(e.RequestID)
	case *inspector.EventTargetCrashed: // it ate its memory: there is nothing to wait for
		w.end()
	case *cdppage.EventNavigatedWithinDocument:
		w.went(e.URL)
	case *runtime.EventConsoleAPICalled:
		if len(w.console) < 20 && len(e.Args) > 0 && (e.Type == "error" || e.Type == "warning") {
			w.console = append(w.console, strings.Trim(clip(string(e.Args[0].Value), maxConsole), `"`))
		}
	}
}

// went notes where a script wanted to go.
func (w *watch) went(u string) {
	if len(w.navigated) < maxRoutes && len(u) <= maxAddress {
		w.navigated = append(w.navigated, u)
	}
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

func (w *watch) done(id network.RequestID) {
	if _, ok := w.byID[id]; ok {
		w.open = max(0, w.open-1)
		w.last = time.Now()
	}
}

// decide lets a paused request go on, or fails it: a second document, and
// whatever acts by its address or method.
func (w *watch) decide(tab context.Context, e *fetch.EventRequestPaused) {
	why := w.refuse(e)
	if why == "" {
		_, _ = chromedp.Call(tab, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: e.RequestID})
		return
	}
	_, _ = chromedp.Call(tab, fetch.FailRequest, fetch.FailRequestParams{RequestID: e.RequestID, ErrorReason: network.ErrorReasonAborted})
}

func (w *watch) refuse(e *fetch.EventRequestPaused) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := e.Request
	if w.signs {
		return ""
	}
	if e.ResourceType == network.ResourceTypeDocument {
		if !w.started {
			w.started = true
			return ""
		}
		if (w.isLoaded || w.stays && e.RedirectedRequestID == "") && strings.HasPrefix(r.URL, "http") {
			w.went(r.URL)
			w.block(e, "navigation")
			return "navigation"
		}
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		return ""
	}
	if r.Method == "GET" && e.ResourceType != network.ResourceTypeXHR && e.ResourceType != network.ResourceTypeFetch && e.ResourceType != network.ResourceTypeDocument {
		return ""
	}
	if r.URL == w.target {
		return ""
	}
	var body []byte
	if r.Method != "GET" {
		body = []byte(postData(r))
	}
	if effect, _ := page.ClassifyRequest(r.Method, u, header(r.Headers, "Content-Type"), body); effect == page.Writes {
		w.block(e, "write")
		return "write"
	}
	return ""
}

func (w *watch) block(e *fetch.EventRequestPaused, why string) {
	if i, ok := w.byID[e.NetworkID]; ok {
		w.requests[i].Blocked = why
		return
	}
	if len(w.requests) >= maxNoted {
		return
	}
	w.requests = append(w.requests, page.Request{URL: clip(e.Request.URL, maxAddress), Method: clip(e.Request.Method, 40), Dest: strings.ToLower(string(e.ResourceType)), Blocked: why})
}

func postData(r *network.Request) string {
	var b strings.Builder
	for _, e := range r.PostDataEntries {
		b.Write(e.Bytes)
	}
	return b.String()
}

func header(h network.Headers, name string) string {
	for k, v := range h {
		if strings.EqualFold(k, name) {
			return fmt.Sprint(v)
		}
	}
	return ""
}

// quiet waits until nothing was asked for a moment, or long enough.
func (w *watch) quiet(tab context.Context) {
	deadline := time.Now().Add(settle)
	w.mu.Lock()
	w.last = time.Now()
	w.mu.Unlock()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tab.Done():
			return
		case now := <-tick.C:
			w.mu.Lock()
			still := w.open == 0 && now.Sub(w.last) >= quietTime
			w.mu.Unlock()
			if still || now.After(deadline) {
				return
			}
		}
	}
}

func (w *watch) take() (requests []page.Request, navigated, console []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.requests), slices.Clone(w.navigated), slices.Clone(w.console)
}
