package html_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/reporttest"
)

// TestAccessible opens the pages in Chromium, on a desktop and on a phone, in
// light and in dark, and lets axe-core look for barriers. Nothing may be wider
// than the screen.
func TestAccessible(t *testing.T) {
	t.Parallel()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is not installed: accessibility was not tried")
	}
	axe := readAxe(t)
	dir := t.TempDir()
	opts := []chromedp.ExecAllocatorOption{chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.Headless, chromedp.UserDataDir(filepath.Join(dir, "profile"))}
	for _, f := range []string{"disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync"} {
		opts = append(opts, chromedp.Flag(f, true))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	ctx, cancelBrowser := chromedp.NewExecAllocator(ctx, opts...)
	defer cancelBrowser()
	ctx, cancelTab := chromedp.NewContext(ctx)
	defer cancelTab()
	for name, d := range map[string]*report.Document{"ja": reporttest.Small(i18n.JA), "en": reporttest.Small(i18n.EN), "hostile": reporttest.Hostile(i18n.JA)} {
		file := filepath.Join(dir, name+".html")
		if err := os.WriteFile(file, render(t, d), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, screen := range []struct {
			name          string
			width, height int64
			scheme        string
		}{{"desktop, light", 1280, 900, "light"}, {"phone, dark", 390, 844, "dark"}} {
			if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: screen.scheme}}}); err != nil {
				t.Fatal(err)
			}
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(screen.width, screen.height), chromedp.Navigate("file://"+file)); err != nil {
				t.Fatal(err)
			}
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
			if err != nil {
				t.Fatal(err)
			}
			if wide > screen.width {
				t.Errorf("%s on %s is %d wide, the screen %d", name, screen.name, wide, screen.width)
			}
			if name == "hostile" {
				continue // its size, not its words, is of interest here
			}
			if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](axe)); err != nil {
				t.Fatal(err)
			}
			found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](
				`axe.run().then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + v.help + ": " + n.html.slice(0, 200))))`, chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				t.Errorf("%s on %s: %s", name, screen.name, f)
			}
		}
	}
}

// readAxe unpacks axe-core 4.14.1 (Mozilla Public License 2.0, its notice is in the file).
func readAxe(t *testing.T) string {
	t.Helper()
	f, err := os.Open("testdata/axe-4.14.1.min.js.gz")
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
