package web

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdpnetwork "github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"miseban/internal/account"
	"miseban/internal/store"
)

// run carries out steps in the browser.
func (b *browser) run(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) strings(script string) []string {
	b.t.Helper()
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](script))
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *browser) string(script string) string {
	b.t.Helper()
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](script))
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// still switches motion off, as people ask their machines to.
func (b *browser) still() {
	b.t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "prefers-color-scheme", Value: "light"}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) cookie(w *world, name, value string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, cdpnetwork.SetCookie, cdpnetwork.SetCookieParams{Name: name, Value: value, URL: w.server.opt.Public.String() + "/"}); err != nil {
		b.t.Fatal(err)
	}
}

// zoomed finds, on a page of 640 CSS pixels (1280 at 200 %), what is cut off or
// reaches beyond it, what moves although motion is switched off, and what takes
// the order of reading away from that of the keyboard.
const zoomed = `(() => {
  const out = [], name = e => e.tagName + (e.id ? "#" + e.id : "") + (e.className && e.className.split ? "." + e.className : "") + " " + (e.textContent || "").trim().slice(0, 40);
  if (document.documentElement.scrollWidth > innerWidth) out.push("the page is " + document.documentElement.scrollWidth + " wide");
  for (const e of document.querySelectorAll("body *")) {
    const s = getComputedStyle(e), r = e.getBoundingClientRect();
    if (e.tabIndex > 0) out.push("is before its turn: " + name(e));
    if (s.animationName !== "none" || s.transitionDuration.split(",").some(d => parseFloat(d) > 0) || s.scrollBehavior === "smooth") out.push("moves: " + name(e));
    if (!r.width || !r.height || s.visibility === "hidden" || e.closest(".unseen, .skip, .stack thead, svg, [hidden]")) continue;
    if (e.matches("a[href], button, input:not([type=hidden]), select, textarea, summary") && (r.right > innerWidth + 1 || r.left < -1) && !e.closest("[tabindex='0']")) out.push("is beyond the edge: " + name(e));
    if (s.overflowX === "hidden" && e.scrollWidth > e.clientWidth + 1 && s.textOverflow !== "ellipsis") out.push("is cut off: " + name(e));
  }
  return out;
})()`

// TestZoom opens every page at 200 % with motion switched off.
func TestZoom(t *testing.T) {
	if testing.Short() {
		t.Skip("every page in Chromium")
	}
	t.Parallel()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is not installed: the pages were not looked at")
	}
	b := openBrowser(t, chromium)
	b.still()
	eachPage(t, func(w *world, rt *route, path, token string) {
		b.cookie(w, w.server.cookieName(), token)
		b.run(chromedp.EmulateViewport(640, 480), chromedp.Navigate(w.server.opt.Public.String()+path))
		for _, s := range b.strings(zoomed) {
			t.Errorf("%s at 200 %%: %s", rt.key(), s)
		}
	})
}

// focused is what the keyboard is at: whether it is shown to be, and whether it
// is in sight. The parts of a date are the browser's, which marks them itself.
const focused = `(() => {
  const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
  if (e === document.body) return ["body", ""];
  const shown = e.type === "date" || s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none";
  const seen = r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth;
  return [e.tagName + " " + (e.id || e.getAttribute("href") || e.name || e.textContent.trim().slice(0, 30)), (shown ? "" : "is not shown to have the keyboard; ") + (seen ? "" : "is out of sight")];
})()`

// tabTo presses Tab until the keyboard is at what a selector names; everything
// that it comes by must show it.
func (b *browser) tabTo(selector string) {
	b.t.Helper()
	for range 150 {
		b.run(chromedp.KeyEvent("\t"))
		at := b.strings(focused)
		if at[1] != "" {
			b.t.Errorf("%s %s (%s)", at[0], at[1], b.string("location.pathname"))
		}
		if b.string(fmt.Sprintf(`document.activeElement.matches(%q) ? "there" : ""`, selector)) != "" {
			return
		}
	}
	b.t.Fatalf("Tab does not reach %s on %s", selector, b.string("location.href"))
}

// comes waits for a page below a path whose text holds a word: the word alone
// may stand on the page before, which is still there for a while.
func (b *browser) comes(path, word string) {
	b.t.Helper()
	for range 200 {
		found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf(`document.readyState === "complete" && document.activeElement && location.pathname.startsWith(%q) && document.body.textContent.includes(%q) ? "yes" : ""`, path, word)))
		if err == nil && found != "" { // while pages change there is nothing to ask
			return
		}
		select {
		case <-b.ctx.Done():
			b.t.Fatal(b.ctx.Err())
		case <-time.After(25 * time.Millisecond):
		}
	}
	b.t.Fatalf("no page below %s with %q comes: %s", path, word, b.string("location.href"))
}

// TestKeyboard goes from the sign-in to a comment on a finding by Tab, Enter and
// letters alone, at 200 %.
func TestKeyboard(t *testing.T) {
	if testing.Short() {
		t.Skip("Chromium")
	}
	t.Parallel()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is not installed: the keyboard was not tried")
	}
	w := settled(t)
	w.found(w.shop.ID, "r1", "/a")
	boss, shop := w.people[account.Executive], "/shops/"+string(w.shop.ID)
	b := openBrowser(t, chromium)
	b.still()
	enter := chromedp.KeyEvent("\r")
	b.cookie(w, "lang", "ja")
	b.run(chromedp.EmulateViewport(640, 480), chromedp.Navigate(w.server.opt.Public.String()+"/sign-in"))
	b.tabTo("input[name=mail]")
	b.run(chromedp.KeyEvent(boss.Mail))
	b.tabTo("input[name=password]")
	b.run(chromedp.KeyEvent(password), enter)
	b.comes("/", boss.Name)
	b.tabTo("a.skip")
	b.run(enter)
	if at := b.string("document.activeElement.id"); at != "main" {
		t.Errorf("the link past the menu leads to %q", at)
	}
	b.run(chromedp.Navigate(w.server.opt.Public.String() + "/"))
	b.tabTo("#seek")
	b.run(chromedp.KeyEvent("山田"), enter)
	b.comes("/search", "検索")
	b.tabTo(".hits a")
	b.run(enter)
	b.comes(shop, w.shop.Company)
	b.tabTo(".tabs a[href$='/findings']")
	b.run(enter)
	b.comes(shop+"/findings", "HSTS")
	b.tabTo("a[href*='/findings/0']")
	b.run(enter)
	b.comes(shop+"/findings/", "コメントを書く")
	b.tabTo("textarea[name=comment]")
	b.run(chromedp.KeyEvent("キーボードだけで書きました"))
	b.tabTo("button")
	b.run(enter)
	b.comes(shop+"/findings/", "コメントを残しました。")
	list, _, err := w.db.Findings(t.Context(), w.shop.ID, store.FindingFilter{})
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	moves, _, _, err := w.db.FindingHistory(t.Context(), w.shop.ID, list[0].ID)
	if err != nil || len(moves) == 0 || !strings.Contains(moves[len(moves)-1].Why, "キーボードだけで") {
		t.Errorf("%+v, %v", moves, err)
	}
}
