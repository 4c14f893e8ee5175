package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

//go:embed signin.js
var signinJS string

// storageJS reads what scripts keep, whole: a token that is cut is none.
const storageJS = `["localStorage", "sessionStorage"].flatMap(area => {
	try { const s = window[area]; return Object.keys(s).slice(0, 100).map(k => ({ Area: area, Key: k.slice(0, 200), Value: String(s.getItem(k)).slice(0, 16384) })); } catch (_) { return []; }
})`

// What a sign-in may take.
const (
	signInTime = 90 * time.Second // in all
	sendTime   = 5 * time.Second  // from the press of the button to the sending
	maxSteps   = 3                // screens of a sign-in
)

// notSignIn are addresses to which no page sends while it signs in.
var notSignIn = regexp.MustCompile(`(?i)regist|entry|sign-?_?up|newsletter|subscri|reset|forgot|remind|withdraw|contact|order|cart|checkout`)

// SignIn opens at in a window of its own, with the cookies that the visitor
// holds, types name and password of a test account into the fields and presses
// the button. The proxy lets the sending through (wire.Proxy.SignIn). Nothing
// of the window is left to the pages that the browser looks at later.
func (b *Browser) SignIn(ctx context.Context, at *url.URL, account string, cookies []*http.Cookie) (*signin.Browsed, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	password, err := b.client.Password(account)
	if err != nil {
		return nil, err
	}
	user := ""
	for _, a := range b.client.Scope().Accounts {
		if a.Name == account {
			user = a.User
		}
	}
	target := at.String()
	b.n++
	label := fmt.Sprint(b.n)
	left, end, err := b.proxy.SignIn(account, label)
	if err != nil {
		return nil, err
	}
	defer end()
	b.now.open(target, label)
	b.now.sign(true)
	defer b.now.open("", "")
	tab, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	defer cancel()
	tab, stop := context.WithTimeout(tab, signInTime)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	w := &watch{b: b, target: target, end: stop, signs: true, last: time.Now(), byID: map[network.RequestID]int{}}
	if err := b.prepare(tab, w); err != nil {
		return nil, fmt.Errorf("signing in at %s: %w", target, err)
	}
	if err := b.furnish(tab, target, cookies); err != nil {
		return nil, fmt.Errorf("signing in at %s: %w", target, err)
	}
	nav, navStop := context.WithTimeout(tab, loadTime)
	err = chromedp.Do(nav, chromedp.Navigate(target))
	navStop()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		b.log.DebugContext(ctx, "the sign-in page did not load whole", "page", target, "error", short(err))
	}
	w.quiet(tab)
	if err := b.typeAndPress(tab, w, user, password, left); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	return b.gather(tab, target, left().Answer, func(out *signin.Browsed) { out.Evidence = left().IDs })
}

// furnish gives the new window the visitor's cookies and forbids downloads in it.
func (b *Browser) furnish(tab context.Context, target string, cookies []*http.Cookie) error {
	deny := cdpbrowser.SetDownloadBehaviorParams{Behavior: cdpbrowser.SetDownloadBehaviorBehaviorDeny}
	if c := chromedp.FromContext(tab); c != nil {
		deny.BrowserContextID = c.BrowserContextID
	}
	if _, err := chromedp.CallBrowser(tab, cdpbrowser.SetDownloadBehavior, deny); err != nil {
		return err
	}
	var list []*network.CookieParam
	for _, c := range cookies {
		list = append(list, &network.CookieParam{Name: c.Name, Value: c.Value, URL: target})
	}
	if len(list) == 0 {
		return nil
	}
	_, err := chromedp.Call(tab, network.SetCookies, network.SetCookiesParams{Cookies: list})
	return err
}

// typeAndPress goes through the screens of a sign-in until the password was sent.
func (b *Browser) typeAndPress(tab context.Context, w *watch, user, password string, left func() wire.SignedIn) error {
	values, err := json.Marshal([]string{user, password})
	if err != nil {
		return err
	}
	fill := `((at, [user, password]) => {
		if (at.user) at.type(at.user, user);
		if (at.password) at.type(at.password, password);
		return at.password ? "password" : at.user ? "user" : "";
	})(` + strings.TrimSpace(signinJS) + `, ` + string(values) + `)`
	press := `(at => at.press())(` + strings.TrimSpace(signinJS) + `)`
	for step := range maxSteps {
		found, err := chromedp.Run(tab, chromedp.Evaluate[string](fill))
		if err != nil {
			return fmt.Errorf("typing the sign-in: %s", short(err)) // without the values, which a script's error repeats
		}
		if found == "" {
			if step == 0 {
				return signin.ErrNoField
			}
			return nil
		}
		w.quiet(tab)
		ok, err := chromedp.Run(tab, chromedp.Evaluate[bool](press))
		if err == nil && !ok { // an error says that the page went on at once
			return signin.ErrNoField
		}
		for until := time.Now().Add(sendTime); found == "password" && !left().Sent && time.Now().Before(until) && tab.Err() == nil; {
			w.quiet(tab)
		}
		for tab.Err() == nil && left().Open > 0 { // the tab's own time ends this
			w.quiet(tab)
		}
		w.quiet(tab)
		if found == "password" {
			return nil
		}
	}
	return nil
}

// gather reads what the window holds now.
func (b *Browser) gather(tab context.Context, target string, answer []byte, more func(*signin.Browsed)) (*signin.Browsed, error) {
	out := &signin.Browsed{Answer: answer}
	more(out)
	at, err := chromedp.Run(tab, chromedp.Evaluate[string](`location.href`))
	if err != nil {
		return nil, fmt.Errorf("reading where the sign-in led: %s", short(err))
	}
	if out.At, err = url.Parse(at); err != nil {
		return nil, fmt.Errorf("reading where the sign-in led: %w", err)
	}
	if out.Storage, err = chromedp.Run(tab, chromedp.Evaluate[[]page.Stored](storageJS)); err != nil {
		return nil, fmt.Errorf("reading what the sign-in left: %s", short(err))
	}
	res, err := chromedp.Call(tab, network.GetCookies, network.GetCookiesParams{URLs: []string{target, at}})
	if err != nil {
		return nil, fmt.Errorf("reading what the sign-in left: %s", short(err))
	}
	for _, c := range res.Cookies {
		k := &http.Cookie{Name: c.Name, Value: c.Value, Path: c.Path, Secure: c.Secure, HttpOnly: c.HTTPOnly}
		if strings.HasPrefix(c.Domain, ".") {
			k.Domain = c.Domain
		}
		out.Cookies = append(out.Cookies, k)
	}
	return out, nil
}
