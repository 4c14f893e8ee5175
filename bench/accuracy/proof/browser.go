package proof

import (
	"context"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/chromedp/chromedp"
)

// tabs is the one browser of the process; exploits take turns.
var tabs struct {
	sync.Mutex
	ctx context.Context
	err error
}

func chromium() (context.Context, error) {
	if tabs.ctx != nil || tabs.err != nil {
		return tabs.ctx, tabs.err
	}
	path := os.Getenv("MISEBAN_CHROMIUM")
	for _, n := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(n); path == "" && err == nil {
			path = p
		}
	}
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.*"), chromedp.Flag("disable-dev-shm-usage", true),
	}
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox)
	}
	actx, _ := chromedp.NewExecAllocator(context.Background(), opts...)
	tabs.ctx, _ = chromedp.NewContext(actx)
	tabs.err = chromedp.Do(tabs.ctx)
	return tabs.ctx, tabs.err
}

// Evaluates opens an address in Chromium and says whether the expression
// becomes true within two seconds of the page's being there.
func Evaluates(ctx context.Context, address, expression string) (bool, error) {
	tabs.Lock()
	defer tabs.Unlock()
	browser, err := chromium()
	if err != nil {
		return false, err
	}
	tab, done := chromedp.NewContext(browser)
	defer done()
	tab, cancel := context.WithTimeout(tab, 15*time.Second)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	if err := chromedp.Do(tab, chromedp.Navigate(address)); err != nil {
		return false, err
	}
	for range 20 {
		if ok, err := chromedp.Run(tab, chromedp.Evaluate[bool]("!!("+expression+")")); err == nil && ok {
			return true, nil
		}
		select {
		case <-time.After(75 * time.Millisecond):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	return false, nil
}
