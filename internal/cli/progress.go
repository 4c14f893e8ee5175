package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/i18n"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

var severities = []check.Severity{check.Critical, check.High, check.Medium, check.Low}
var verdicts = verdict.All

// progress shows a run while it goes on: one live line on a terminal that is
// drawn anew four times a second, plain lines elsewhere (one a stage, every
// 25 pages, and every tenth of the checks).
type progress struct {
	a      *app
	w      io.Writer
	client *wire.Client
	live   bool
	quit   chan struct{}
	done   sync.WaitGroup

	mu      sync.Mutex
	last    diagnose.Event
	pages   int // last shown by a plain line
	tenth   int
	found   map[check.Severity]int
	began   time.Time
	checked time.Time // when the checks began
	base    int       // what an earlier process had sent
	before  int       // checks that an earlier process had done
	left    time.Duration
}

func newProgress(a *app, run *diagnose.Run, client *wire.Client) *progress {
	p := &progress{
		a: a, w: a.err, client: client, live: columns(a.err) > 0, quit: make(chan struct{}),
		found: run.Findings(), began: time.Now(), base: client.Stats().Requests, last: diagnose.Event{Stage: diagnose.Crawling},
	}
	a.say(a.t("{url} を診断します（レベル {level}、診断番号 {id}）。止めるには Ctrl-C。", "url", run.Shop, "level", run.Scope.Level.String(), "id", run.ID))
	if p.live {
		p.done.Go(p.redraw)
	}
	return p
}

// redraw keeps the live line true while the shop, or a slow port, keeps us waiting.
func (p *progress) redraw() {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		p.mu.Lock()
		fmt.Fprintf(p.w, "\r\x1b[K%s", cut(p.text(), columns(p.w)-1))
		p.mu.Unlock()
		select {
		case <-tick.C:
		case <-p.quit:
			return
		}
	}
}

func (p *progress) event(e diagnose.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := e.Stage != p.last.Stage
	p.last = e
	if first && e.Stage == diagnose.Checking {
		p.checked, p.before = time.Now(), e.Done-1
	}
	if r := e.Result; r != nil {
		for _, f := range r.Findings {
			if f.Severity > check.Info {
				p.found[f.Severity]++
			}
		}
	}
	p.estimate()
	if p.live {
		return
	}
	tenth := 0
	if e.Total > 0 {
		tenth = e.Done * 10 / e.Total
	}
	switch {
	case e.Stage == diagnose.Crawling && e.Pages >= p.pages+25:
		p.pages = e.Pages
	case e.Stage == diagnose.Checking && tenth > p.tenth:
		p.tenth = tenth
	default:
		return
	}
	fmt.Fprintln(p.w, p.text())
}

// estimate guesses how long the stage still takes, in steps that do not jump about.
func (p *progress) estimate() {
	e := p.last
	p.left = 0
	switch done := e.Done - p.before; {
	case e.Stage == diagnose.Checking && done > 4:
		p.left = time.Duration(float64(time.Since(p.checked)) / float64(done) * float64(e.Total-e.Done))
	case e.Stage == diagnose.Crawling && e.Pages > 4:
		p.left = time.Duration(float64(time.Since(p.began)) / float64(e.Pages) * float64(e.Waiting))
	}
	step := 10 * time.Second
	if p.left > 5*time.Minute {
		step = time.Minute
	}
	p.left = (p.left + step - 1) / step * step
}

// text is the line: stage, how far, requests and their rate, findings, time left.
func (p *progress) text() string {
	a, e := p.a, p.last
	var parts []string
	switch e.Stage {
	case diagnose.Crawling:
		parts = append(parts, a.t("巡回 {n} ページ（待ち {left}）", "n", fmt.Sprint(e.Pages), "left", fmt.Sprint(e.Waiting)))
	case diagnose.Checking:
		parts = append(parts, a.t("検査 {n}/{total}", "n", fmt.Sprint(e.Done), "total", fmt.Sprint(e.Total)))
	default:
		parts = append(parts, a.t("まとめています"))
	}
	sent := p.client.Stats()
	rate := float64(sent.Requests-p.base) / max(time.Since(p.began).Seconds(), 1)
	n, dials := fmt.Sprint(sent.Requests-sent.Dials), fmt.Sprint(sent.Dials) // counted apart, as in the report
	if sent.Dials == 0 {
		parts = append(parts, a.t("リクエスト {n}（毎秒 {rate}）", "n", n, "rate", fmt.Sprintf("%.1f", rate)))
	} else {
		parts = append(parts, a.t("リクエスト {n}＋接続 {dials}（毎秒 {rate}）", "n", n, "dials", dials, "rate", fmt.Sprintf("%.1f", rate)))
	}
	var found []string
	for _, s := range severities {
		if p.found[s] > 0 {
			found = append(found, s.Name(a.lang)+" "+fmt.Sprint(p.found[s]))
		}
	}
	if len(found) > 0 {
		parts = append(parts, a.t("検出: {found}", "found", strings.Join(found, " ")))
	}
	if p.left > 0 && p.live {
		parts = append(parts, a.t("残り約 {time}", "time", a.duration(p.left)))
	}
	return strings.Join(parts, "  ")
}

// duration says a time in minutes and seconds.
func (a *app) duration(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	m := s / 60
	s %= 60
	unit := [2]string{"分", "秒"}
	if a.lang == i18n.EN {
		unit = [2]string{" min ", " s"}
	}
	out := ""
	if m > 0 {
		out = fmt.Sprint(m) + unit[0]
	}
	if s > 0 || m == 0 {
		out += fmt.Sprint(s) + unit[1]
	}
	return strings.TrimSpace(out)
}

// end takes the live line away.
func (p *progress) end() {
	if !p.live {
		return
	}
	close(p.quit)
	p.done.Wait()
	fmt.Fprint(p.w, "\r\x1b[K")
}
