// Package browser lets Chromium look at pages, behind wire's proxy: every
// request of the browser passes the same gate as ours.
package browser

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// ErrNone says that no Chromium was found.
var ErrNone = errors.New("no Chromium found")

// ErrRoot says that Chromium, whose sandbox does not work for root, is not
// started as root for a shop that is not on this computer (safety 1).
var ErrRoot = errors.New("not starting Chromium as root: run as another user, or use --browser off")

// Options say how to start.
type Options struct {
	Client *wire.Client
	Path   string // of the executable; "" = MISEBAN_CHROMIUM, then the usual names
	// Version of Miseban, for the User-Agent.
	Version string
	Log     *slog.Logger
}

// Browser is a running Chromium for one run.
type Browser struct {
	client  *wire.Client
	proxy   *wire.Proxy
	log     *slog.Logger
	ctx     context.Context
	cancel  []context.CancelFunc
	profile string
	version string
	mark    string // name of what the instrumentation leaves in pages, random per run

	mu sync.Mutex // one page at a time
	n  int

	now current
}

// current is the page that is open, for the proxy's last word.
type current struct {
	mu     sync.Mutex
	target string // "" between pages
	label  string // wire.PageHeader of its requests
	asked  int
	signs  bool // it signs an account in: the proxy judges its sending
}

func (c *current) open(target, label string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.target, c.label, c.asked, c.signs = target, label, 0, false
}

func (c *current) sign(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.signs = on
}

// refuses is what the proxy asks before a request of a page leaves: nothing is
// sent in the name of a page that is over, no page may spend the budget of all,
// and what it loads by GET is held back where its address acts. Workers and
// windows, which no tab sees, meet this as well.
func (b *Browser) refuses(r *http.Request, own bool) string {
	b.now.mu.Lock()
	target := b.now.target
	label := r.Header.Get(wire.PageHeader)
	late := target == "" || label != "" && label != b.now.label
	if !late {
		b.now.asked++
	}
	n, signs := b.now.asked, b.now.signs
	b.now.mu.Unlock()
	switch {
	case late:
		return "the page is over"
	case n > maxRequests:
		return "too many requests"
	case !own && r.URL.Path == "/favicon.ico":
		return "icon" // Chromium's own wish, even for an address to which it was kept from going
	case signs && own && r.Method == http.MethodPost && notSignIn.MatchString(r.URL.Path):
		return "write"
	case !own || r.Method != http.MethodGet:
		return ""
	}
	dest := r.Header.Get("Sec-Fetch-Dest")
	if r.URL.String() == target && (dest == "document" || dest == "") {
		return ""
	}
	classify := page.ClassifySubresource
	switch dest {
	case "document", "iframe", "frame", "embed", "object", "empty":
		classify = func(u *url.URL) (page.Effect, string) { return page.ClassifyRequest(r.Method, u, "", nil) }
	}
	if e, _ := classify(r.URL); e == page.Writes {
		return "write"
	}
	return ""
}

// Find returns the path of Chromium, or ErrNone.
func Find(path string) (string, error) {
	for _, name := range []string{cmp.Or(path, os.Getenv("MISEBAN_CHROMIUM")), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if name == "" {
			continue
		}
		if p, err := exec.LookPath(name); err == nil {
			return p, nil
		}
	}
	return "", ErrNone
}

// Start starts Chromium with a profile of its own behind a new proxy of the
// client. It ends with ctx or Close.
func Start(ctx context.Context, o Options) (*Browser, error) {
	path, err := Find(o.Path)
	if err != nil {
		return nil, err
	}
	root := os.Geteuid() == 0
	if root && !local(o.Client.Scope()) {
		return nil, ErrRoot
	}
	b := &Browser{client: o.Client, log: o.Log, mark: randomMark()}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.proxy, err = o.Client.Proxy(ctx); err != nil {
		return nil, err
	}
	b.proxy.Reads = func(r *http.Request, body []byte) string {
		if e, why := page.ClassifyRequest(r.Method, r.URL, r.Header.Get("Content-Type"), body); e == page.Reads {
			return why
		}
		return ""
	}
	b.proxy.Refuses = b.refuses
	if b.profile, err = os.MkdirTemp("", "miseban-browser-"); err != nil {
		return nil, errors.Join(err, b.proxy.Close())
	}
	if err := b.launch(ctx, path, o.Version, root); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Browser) launch(ctx context.Context, path, version string, root bool) error {
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(b.profile), chromedp.WindowSize(1280, 900), chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.UserAgent(wire.UserAgent(version)),
		chromedp.Flag("proxy-server", b.proxy.URL().String()),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), // no name is looked up but by wire
		chromedp.Flag("js-flags", "--max-old-space-size=512"),
		chromedp.Flag("proxy-bypass-list", "<-loopback>"), // without it Chromium goes round the proxy for localhost and 169.254/16
		chromedp.Flag("ignore-certificate-errors-spki-list", b.proxy.SPKIHash()),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("force-webrtc-ip-handling-policy", "disable_non_proxied_udp"),
		chromedp.Flag("webrtc-ip-handling-policy", "disable_non_proxied_udp"),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("disable-client-side-phishing-detection", true),
		chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-default-apps", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-breakpad", true),
		chromedp.Flag("disable-prompt-on-repost", true),
		chromedp.Flag("dns-prefetch-disable", true),
		chromedp.Flag("no-pings", true),
		chromedp.Flag("mute-audio", true),
		chromedp.Flag("metrics-recording-only", true),
		chromedp.Flag("password-store", "basic"),
		chromedp.Flag("use-mock-keychain", true),
		chromedp.Flag("lang", "ja"),
		chromedp.Flag("disable-features", "OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,CertificateTransparencyComponentUpdater,PreloadMediaEngagementData,InterestFeedContentSuggestions,NetworkPrediction,NetworkTimeServiceQuerying,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable"),
		chromedp.WSURLReadTimeout(20 * time.Second),
	}
	if root {
		opts = append(opts, chromedp.NoSandbox)
	}
	actx, acancel := chromedp.NewExecAllocator(ctx, opts...)
	bctx, bcancel := chromedp.NewContext(actx)
	b.ctx, b.cancel = bctx, []context.CancelFunc{bcancel, acancel}
	if err := chromedp.Do(bctx); err != nil {
		return fmt.Errorf("starting Chromium: %w", err)
	}
	v, err := chromedp.CallBrowser(bctx, cdpbrowser.GetVersion, struct{}{})
	if err != nil {
		return fmt.Errorf("starting Chromium: %w", err)
	}
	b.version = strings.Replace(v.Product, "HeadlessChrome/", "Chromium ", 1)
	b.version = strings.Replace(b.version, "Chrome/", "Chromium ", 1)
	_, err = chromedp.CallBrowser(bctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{Behavior: cdpbrowser.SetDownloadBehaviorBehaviorDeny})
	return err
}

// Version is the product and version, for the report.
func (b *Browser) Version() string { return b.version }

// Close ends Chromium and its proxy and removes the profile.
func (b *Browser) Close() error {
	for _, c := range b.cancel {
		c()
	}
	// Chromium keeps a socket in a folder of its own beside the profile, and is ended before it can tidy up.
	socket, err := os.Readlink(filepath.Join(b.profile, "SingletonSocket"))
	if dir := filepath.Dir(socket); err == nil && strings.Contains(filepath.Base(dir), "org.chromium.Chromium.") {
		err = os.RemoveAll(dir)
	} else {
		err = nil
	}
	return errors.Join(err, b.proxy.Close(), os.RemoveAll(b.profile))
}

// local says that every origin of the scope is on this computer.
func local(s *wire.Scope) bool {
	for _, h := range s.Hosts {
		u, err := url.Parse(h)
		if err != nil {
			return false
		}
		name := u.Hostname()
		ip, err := netip.ParseAddr(name)
		if err == nil && !ip.IsLoopback() || err != nil && name != "localhost" && !strings.HasSuffix(name, ".localhost") && !strings.HasSuffix(name, ".test") {
			return false
		}
	}
	return true
}
