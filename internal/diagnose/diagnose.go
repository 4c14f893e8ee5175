package diagnose

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"miseban/internal/check"
	"miseban/internal/crawl"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/mailbox"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// Config is what Do needs to carry out run.
type Config struct {
	Run    *Run
	Client *wire.Client
	Suites []*check.Suite
	Intel  *intel.Bundle
	// Render is the browser; nil when there is none.
	Render func(ctx context.Context, p *page.Page) (*page.Rendered, error)
	// Try is the same browser for pages with tagged values in them; nil without one.
	Try func(ctx context.Context, t *page.Trial) (*page.Trialled, error)
	// SignIn signs a test account in through the browser, where only the page's
	// own scripts can; nil without one.
	SignIn func(ctx context.Context, at *url.URL, account string, cookies []*http.Cookie) (*signin.Browsed, error)
	// Mails is where the shop's mails to the test accounts arrive; nil without one.
	Mails *mailbox.Box
	// Earlier is what the same shop was at an earlier run, for what changed.
	Earlier *check.Site
	// Save stores a result as it comes; an error ends the run. nil: not stored.
	Save func(ctx context.Context, r *check.Result) error
	// Progress hears what happens; it must not block.
	Progress func(Event)
	Now      func() time.Time
	// Parallel is how many checks run side by side (default 4); courtesy is the throttle.
	Parallel int
}

// Event is one step of a run, for a display.
type Event struct {
	Stage    Stage
	Page     string        // crawl: the address just read
	Pages    int           // crawl: read so far
	Waiting  int           // crawl: still to read
	Result   *check.Result // checks: the one just done
	Done     int           // checks done
	Total    int           // checks in all
	Requests int
}

// Stage names what a run is doing.
type Stage string

// The stages.
const (
	Crawling Stage = "crawl"
	Checking Stage = "checks"
	Ending   Stage = "end"
)

// Do carries out cfg.Run: crawl, then the checks side by side, each result
// saved as it comes. Results that the run already has (a resumed run) are kept
// and not asked for again. The run's State, Reason, Seen, Results and Stats are
// filled in; the returned error is for what went wrong on our own side (the
// store). A shop that cannot be examined is a Failed run, not an error.
func Do(ctx context.Context, cfg Config) (*check.Site, error) {
	run := cfg.Run
	run.State, run.Reason = Running, check.Reason{}
	run.Intel = IntelInfo{Version: cfg.Intel.Version, Issued: cfg.Intel.Issued, Stale: cfg.Intel.Stale(cfg.Now())}
	defer func() { run.Stats = cfg.Client.Stats() }()
	if !prove(ctx, cfg) {
		return nil, nil
	}
	site, err := crawlShop(ctx, cfg)
	if site != nil {
		site.Earlier = cfg.Earlier
		before := run.Seen
		run.Seen = summarise(site)
		run.Seen.Places, run.Seen.Untested = before.Places, before.Untested
		run.Seen.mask(cfg.Client.Masker())
	}
	if done := ended(ctx, cfg, err); done || site == nil {
		return site, nil
	}
	if err != nil {
		run.State, run.Reason = Failed, explain(err)
		if len(site.Pages) == 0 && !(listens(err) && asksHost(cfg, site)) {
			run.Ended = cfg.Now()
			return site, nil
		}
	}
	accounts, err := signIn(ctx, cfg, site)
	defer settleAccounts(run, accounts, cfg.Client.Masker())
	if ended(ctx, cfg, err) {
		return site, nil
	}
	if err := runChecks(ctx, cfg, site, accounts); err != nil {
		return site, err
	}
	if ended(ctx, cfg, nil) {
		return site, nil
	}
	if run.State == Running {
		run.State = Finished
	}
	run.Ended = cfg.Now()
	cfg.tell(Event{Stage: Ending})
	return site, nil
}

func crawlShop(ctx context.Context, cfg Config) (*check.Site, error) {
	var start []*url.URL
	for _, s := range append([]string{cfg.Run.Shop}, cfg.Run.Seeds...) {
		u, err := url.Parse(s)
		if err != nil {
			return nil, err
		}
		start = append(start, u)
	}
	return crawl.Run(ctx, cfg.Client, crawl.Config{
		Start: start, Seeds: cfg.Run.Given, Intel: cfg.Intel, Now: cfg.Now(), Render: cfg.Render,
		ThirdScripts: cfg.Run.Scope.Level >= wire.Safe, Progress: crawlProgress(cfg),
	})
}

func crawlProgress(cfg Config) func(crawl.Progress) {
	return func(p crawl.Progress) {
		cfg.tell(Event{Stage: Crawling, Page: pageOf(p), Pages: p.Pages, Waiting: p.Queued, Requests: cfg.Client.Stats().Requests})
	}
}

func pageOf(p crawl.Progress) string {
	if p.URL == nil {
		return ""
	}
	return p.URL.Redacted()
}

// runChecks runs what the run asks for and has not done yet.
func runChecks(ctx context.Context, cfg Config, site *check.Site, accounts *signin.Accounts) error {
	run := cfg.Run
	done := map[string]bool{}
	for _, r := range run.Results {
		done[r.Check] = true
	}
	// A shop that shows no page still has an endpoint, and what is wrong with
	// that may be the very reason.
	unseen := run.State == Failed && len(site.Pages) == 0
	endpoint := map[*check.Check]bool{}
	var todo []*check.Check
	total := 0
	for _, s := range cfg.Suites {
		for _, c := range s.Checks {
			endpoint[c] = ofHost(s, c)
			if len(run.Only) > 0 && !slices.Contains(run.Only, c.Name) {
				continue
			}
			total++
			if !done[c.Name] {
				todo = append(todo, c)
			}
		}
	}
	runner := check.NewRunner(site, cfg.Client, Offers(site, run.Scope)|offersOf(cfg, accounts)).WithAccounts(accounts).WithMailbox(cfg.Mails).WithBrowser(cfg.Try)
	var mu sync.Mutex
	count := total - len(todo)
	inTurn(todo, cfg.Suites)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(cmp.Or(cfg.Parallel, 4))
	alone := false
	for _, c := range todo {
		if c.Last && !alone { // the others are done before, and such checks run one by one
			if err := g.Wait(); err != nil {
				return err
			}
			alone = true
			g, gctx = errgroup.WithContext(ctx)
			g.SetLimit(1)
		}
		g.Go(func() error {
			if gctx.Err() != nil {
				return nil // stopped by a person; the rest stays to be resumed
			}
			var res check.Result
			if unseen && !endpoint[c] {
				res = check.Result{Check: c.Name}
			} else {
				res = runner.Run(gctx, c)
			}
			if run.State == Failed && !endpoint[c] && !faulty(&res) {
				// What answered was not the shop: its silence is no pass. The run's own reason says what was met instead.
				res.Verdict, res.Reason = verdict.NotExamined, check.Reason{Message: "開始 URL でお店のページを見られなかったため、確認していません。"}
			}
			if _, stopped := cfg.Client.Stopped(); gctx.Err() != nil || stopped && len(res.Findings) == 0 && res.Reason.Message != "" {
				return nil // half a check is no result: a resumed run does it again
			}
			mu.Lock()
			defer mu.Unlock()
			if cfg.Save != nil {
				if err := cfg.Save(context.WithoutCancel(gctx), &res); err != nil {
					return fmt.Errorf("saving the result of %s: %w", c.Name, err)
				}
			}
			run.Results = append(run.Results, res)
			count++
			cfg.tell(Event{Stage: Checking, Result: &res, Done: count, Total: total, Requests: cfg.Client.Stats().Requests})
			return nil
		})
	}
	err := g.Wait()
	run.Seen.places(runner, cfg.Client.Masker())
	order := map[string]int{}
	for _, s := range cfg.Suites {
		for _, c := range s.Checks {
			order[c.Name] = len(order)
		}
	}
	slices.SortStableFunc(run.Results, func(a, b check.Result) int { return cmp.Compare(order[a.Check], order[b.Check]) })
	return err
}

// inTurn sorts checks by when they begin: those of suites that ask much of the
// shop after the others, and those that disturb what others need at the end.
func inTurn(todo []*check.Check, suites []*check.Suite) {
	turn := map[*check.Check]int{}
	for _, s := range suites {
		for _, c := range s.Checks {
			switch {
			case c.Last:
				turn[c] = 2
			case s.Long:
				turn[c] = 1
			}
		}
	}
	slices.SortStableFunc(todo, func(a, b *check.Check) int { return cmp.Compare(turn[a], turn[b]) })
}

// ofHost says that a check asks the host itself, not its pages: the DNS, or
// ports and handshakes, which are not passive.
func ofHost(s *check.Suite, c *check.Check) bool {
	asks := c.Needs&check.DNS != 0 || c.Needs&(check.TLS|check.Ports) != 0 && c.Level >= wire.Safe
	return asks && slices.Contains([]string{"tls", "dns", "network"}, s.Name)
}

// asksHost says that the run's level and choice leave checks of the host.
func asksHost(cfg Config, site *check.Site) bool {
	offers := Offers(site, cfg.Run.Scope)
	for _, s := range cfg.Suites {
		for _, c := range s.Checks {
			if ofHost(s, c) && c.Needs&^offers == 0 && (c.Level <= cfg.Run.Scope.Level || cfg.Run.Scope.Level == wire.Offline) && (len(cfg.Run.Only) == 0 || slices.Contains(cfg.Run.Only, c.Name)) {
				return true
			}
		}
	}
	return false
}

// faulty says that a result shows a fault, or may.
func faulty(r *check.Result) bool {
	return slices.ContainsFunc(r.Findings, func(f check.Finding) bool { return f.Severity > check.Info })
}

// listens says that a shop without a readable page is worth a look at its
// endpoint: the host exists, may be examined, and did not stay silent.
func listens(err error) bool {
	var e *crawl.StartError
	if !errors.As(err, &e) {
		return false
	}
	switch e.Problem {
	case crawl.TLSFailure, crawl.WrongScheme, crawl.NotHTTP, crawl.Refused, crawl.ServerError:
		return true
	case crawl.NoAnswer:
		return errors.Is(e.Err, wire.ErrReset)
	}
	return false
}

// ended says whether the run is over before its end, and writes why.
func ended(ctx context.Context, cfg Config, err error) bool {
	run := cfg.Run
	reason, stopped := cfg.Client.Stopped()
	switch {
	case ctx.Err() != nil:
		run.State, run.Reason = Stopped, check.Reason{Message: "操作により止めました。続きから再開できます。"}
	case cfg.Client.Expired():
		run.State, run.Reason = Stopped, check.Reason{Message: "同意の期限（{until}）が来たため止めました。期限を延ばす同意を得て、新しく診断してください。", Args: i18n.Args{"until": run.Scope.Consent.Until.Format("2006-01-02 15:04 MST")}}
	case stopped:
		run.State, run.Reason = Stopped, check.Reason{Message: "お店への負担を避けるため止めました（{reason}）。時間をおいて再開できます。", Args: i18n.Args{"reason": reason}}
	case errors.Is(err, wire.ErrWindow):
		run.State, run.Reason = Stopped, check.Reason{Message: "合意された時間帯の外になったため止めました。時間内に再開できます。"}
	default:
		return false
	}
	run.Ended = cfg.Now()
	cfg.tell(Event{Stage: Ending})
	return true
}

// Offers is what a run can give to checks.
func Offers(site *check.Site, scope *wire.Scope) check.Need {
	var n check.Need
	if site.HTTPS() {
		n |= check.TLS
	}
	if publicName(site.Start.Hostname()) {
		n |= check.DNS
	}
	if scope.Level >= wire.Safe || scope.Level == wire.Offline {
		n |= check.Ports
	}
	if site.Rendered {
		n |= check.Browser
	}
	return n
}

// publicName is false for addresses and for names that never stand in the public DNS.
func publicName(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if !strings.Contains(host, ".") || strings.Contains(host, ":") || strings.Trim(host, "0123456789.") == "" {
		return false
	}
	for _, local := range []string{".test", ".localhost", ".local", ".internal", ".invalid", ".example"} {
		if strings.HasSuffix(host, local) {
			return false
		}
	}
	return true
}

// explain puts a failed crawl into words for the owner.
func explain(err error) check.Reason {
	var start *crawl.StartError
	if errors.As(err, &start) {
		return start.Reason
	}
	return check.Reason{Message: "サイトを確認できませんでした（{error}）。", Args: i18n.Args{"error": err.Error()}}
}

func (c *Config) tell(e Event) {
	if c.Progress != nil {
		c.Progress(e)
	}
}
