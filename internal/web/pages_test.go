package web

import (
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdpnetwork "github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/i18n"
	"miseban/internal/store"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

var only = flag.String("pages", "", "look only at the pages whose address holds this")

var screens = flag.String("screens", "", "write a picture of each page into this folder")

// samples gives a value to every name in an address that is no object of the
// table; a page whose names are not here is not looked at, and the test says so.
func (w *world) samples() map[string]string {
	token, print := account.NewToken()
	l := &account.Link{ID: account.NewID(), Purpose: account.Join, Organisation: w.orgs[account.Shopkeeper].ID, Roles: []account.Role{account.Practitioner}, Mail: "new@example.jp", Expires: w.now().Add(time.Hour)}
	w.change(func(tx *store.Tx) error {
		tx.By = w.people[account.Executive].ID
		return tx.AddLink(w.t.Context(), l, print)
	})
	run := &diagnose.Run{ID: "r20261122-120000-abcde", Shop: w.shop.URL, Started: noon, State: diagnose.Finished, Scope: &wire.Scope{Hosts: []string{"https://tea.example.jp"}, Level: wire.Safe, Authority: wire.Authority{Person: "山田 花子", Organisation: "株式会社山田茶舗"}}}
	x := &store.Diagnosis{ID: account.NewID(), Shop: w.shop.ID, State: store.DiagnosisQueued, Plan: store.DiagnosisPlan{Level: wire.Safe, Repeat: 30}, By: w.people[account.Executive].ID}
	w.change(func(tx *store.Tx) error { return tx.AddDiagnosis(w.t.Context(), x, run) })
	for name, v := range map[string]verdict.Verdict{"hsts": verdict.NotMet, "cookie-secure": verdict.NotMet, "tls-chain": verdict.Met, "csp": verdict.NotExamined} {
		r := check.Result{Check: name, Verdict: v, Examined: 3}
		if v == verdict.NotMet {
			r.Findings = []check.Finding{{Check: name, Where: "/cart/a-rather-long-path/that-goes-on/and-on?parameter=value", Severity: check.Medium, Args: i18n.Args{"where": "/"}}}
		}
		if err := w.db.SaveResult(w.t.Context(), run.ID, &r); err != nil {
			w.t.Fatal(err)
		}
	}
	if ok, err := w.db.TakeDiagnosis(w.t.Context(), x.ID, "h", time.Minute); err != nil || !ok {
		w.t.Fatal(ok, err)
	}
	if err := w.db.TellProgress(w.t.Context(), x.ID, "h", store.DiagnosisProgress{Stage: diagnose.Checking, Pages: 41, Done: 60, Total: 128, Requests: 233, Findings: 2}); err != nil {
		w.t.Fatal(err)
	}
	w.change(func(tx *store.Tx) error {
		return tx.LeaveDiagnosis(w.t.Context(), x, "h", store.DiagnosisFinished, "", time.Time{})
	})
	w.agreed()
	finding := w.listedFinding()
	names := w.checklistSamples() // last: its diagnosis is what the answers are set against
	maps.Copy(names, map[string]string{"finding": finding, "diagnosis": string(x.ID), "shop": string(w.shop.ID), "programme": string(w.programme.ID), "organisation": string(w.orgs[account.Shopkeeper].ID), "person": string(w.people[account.Practitioner].ID), "token": token, "reset": w.resetToken()})
	w.toldSamples()
	alarm, call := w.alarmed()
	maps.Copy(names, map[string]string{"alarm": string(alarm.ID), "call": call})
	maps.Copy(names, w.paperSamples())
	maps.Copy(names, w.programmeSamples())
	maps.Copy(names, w.choiceSamples())
	names["delegated"] = w.delegateSample()
	maps.Copy(names, w.surveySamples())
	panel, page := w.convened()
	names["committee"], names["paper"] = string(panel.ID), string(page.ID)
	names["case"] = string(w.board()[1].ID)
	names["publication"] = string(w.publishedStatistics().ID)
	names["enrol"] = w.enrolSample()
	maps.Copy(names, w.mailingSamples())
	maps.Copy(names, w.importSamples())
	maps.Copy(names, w.drafted())
	return names
}

// TestPages opens every page of the table in Chromium, as somebody who may see
// it, in two of four looks by turns: on a desktop and on a telephone, light and
// dark, in both languages. With -screens each page is opened in all four. axe
// may find nothing, what a screen reader reads has to make sense, nothing may be
// wider than the screen, and the policy for scripts and styles may not be broken.
func TestPages(t *testing.T) {
	if testing.Short() {
		t.Skip("every page in four looks")
	}
	t.Parallel()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is not installed: the pages were not looked at")
	}
	b := openBrowser(t, chromium)
	eachPage(t, b.look)
}

// eachPage opens a world and hands on every page of the table with somebody who may see it.
func eachPage(t *testing.T, look func(w *world, rt *route, path, token string)) {
	w := settled(t)
	samples := w.samples()
	tokens := map[account.Role]string{}
	for i := range table {
		rt := &table[i]
		if rt.method != "GET" || rt.pattern == "/setup" || rt.stream || !strings.Contains(rt.pattern, *only) {
			continue
		}
		path := rt.pattern
		who := w.people
		if strings.Contains(path, "/prepared") { // what a shop's own people have none of
			path = strings.ReplaceAll(path, "{organisation}", string(w.orgs[account.Contractor].ID))
			who = map[account.Role]*account.Person{account.Executive: w.people[account.Maintainer]}
		}
		for name, value := range samples {
			path = strings.ReplaceAll(path, "{"+name+"}", value)
		}
		if strings.Contains(path, "{") {
			t.Errorf("%s: give its names a value in samples", rt.key())
			continue
		}
		if rt.pattern == "/search" {
			path += "?q=" + url.QueryEscape("の")
		}
		token := ""
		if !rt.open {
			r := account.Executive
			if len(rt.who) > 0 && !strings.Contains(fmt.Sprint(rt.who), string(r)) {
				r = rt.who[0]
			}
			if tokens[r] == "" {
				tokens[r] = w.session(w.people[r])
			}
			if token = tokens[r]; who[r] != w.people[r] {
				token = w.session(who[r])
			}
		}
		if rt.pattern == "/sign-in/code" {
			token = w.halfway()
		}
		look(w, rt, path, token)
	}
	if !strings.Contains("/setup", *only) {
		return
	}
	first := empty(t)
	look(first, &route{method: "GET", pattern: "/setup"}, "/setup", "")
}

// halfway is the session of somebody whose code is awaited.
func (w *world) halfway() string {
	token, print := account.NewToken()
	s := &account.Session{Fingerprint: print, Person: w.people[account.Clerk].ID, Stage: account.Code, Created: w.now(), Seen: w.now(), Expires: w.now().Add(time.Hour)}
	if err := w.db.SaveSession(w.t.Context(), s); err != nil {
		w.t.Fatal(err)
	}
	return token
}

// browser is a Chromium for tests.
type browser struct {
	t    *testing.T
	ctx  context.Context
	axe  string
	turn int // which two looks the next page gets
}

func openBrowser(t *testing.T, chromium string) *browser {
	t.Helper()
	opts := []chromedp.ExecAllocatorOption{chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.Headless, chromedp.UserDataDir(filepath.Join(t.TempDir(), "profile"))}
	for _, f := range []string{"disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync", "hide-scrollbars"} {
		opts = append(opts, chromedp.Flag(f, true))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	ctx, cancelBrowser := chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancelBrowser)
	ctx, cancelTab := chromedp.NewContext(ctx)
	t.Cleanup(cancelTab)
	b := &browser{t: t, ctx: ctx, axe: readAxe(t)}
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `window.broken = []; document.addEventListener("securitypolicyviolation", e => window.broken.push(e.violatedDirective + " " + e.blockedURI)); window.addEventListener("error", e => window.broken.push(e.message))`,
	}); err != nil {
		t.Fatal(err)
	}
	return b
}

// look opens one page in all its looks.
func (b *browser) look(w *world, rt *route, path, token string) {
	t := b.t
	base := w.server.opt.Public.String()
	b.turn = 1 - b.turn
	for _, x := range []struct {
		lang, scheme  string
		width, height int64
		turn          int
	}{{"ja", "light", 1280, 900, 0}, {"ja", "dark", 390, 844, 1}, {"en", "dark", 1280, 900, 1}, {"en", "light", 390, 844, 0}} {
		if x.turn != b.turn && *screens == "" {
			continue
		}
		name := fmt.Sprintf("%s (%s, %s, %d)", rt.key(), x.lang, x.scheme, x.width)
		for k, v := range map[string]string{"lang": x.lang, "theme": x.scheme, w.server.cookieName(): token} {
			if _, err := chromedp.Call(b.ctx, cdpnetwork.SetCookie, cdpnetwork.SetCookieParams{Name: k, Value: v, URL: base + "/"}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: x.scheme}}}); err != nil {
			t.Fatal(err)
		}
		if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(x.width, x.height), chromedp.Navigate(base+path)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		at, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.pathname + " " + (document.querySelector("h1") || {}).textContent + " " + document.querySelectorAll("h1").length`))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if p, _, _ := strings.Cut(path, "?"); !strings.HasPrefix(at, p+" ") || !strings.HasSuffix(at, " 1") {
			t.Errorf("%s shows %s", name, at)
			return
		}
		wide, err := chromedp.Run(b.ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
		if err != nil {
			t.Fatal(err)
		}
		if wide > x.width {
			t.Errorf("%s is %d wide", name, wide)
		}
		if *screens != "" {
			b.picture(fmt.Sprintf("%s-%s-%s-%d.png", strings.Trim(strings.NewReplacer("/", "-", "{", "", "}", "").Replace(rt.pattern), "-"), x.lang, x.scheme, x.width))
		}
		if x.lang == "ja" {
			b.read(rt.key())
		}
		if err := chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](b.axe)); err != nil {
			t.Fatal(err)
		}
		found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](
			`axe.run().then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + v.help + ": " + n.html.slice(0, 200))))`, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		broken, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`window.broken`))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range append(found, broken...) {
			t.Errorf("%s: %s", name, f)
		}
	}
}

func (b *browser) picture(name string) {
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.MkdirAll(*screens, 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screens, name), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// readAxe unpacks axe-core, which the reports are tried with, too.
func readAxe(t *testing.T) string {
	t.Helper()
	f, err := os.Open("../report/html/testdata/axe-4.14.1.min.js.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s;void 0", b)
}
