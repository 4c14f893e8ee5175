package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"miseban/internal/page"
	"miseban/internal/wire"
)

//go:embed trial.js
var trialJS string

// harvestTrialJS reads what trial.js noted. Properties of all objects are
// looked for under the names that a polluting address gives them.
const harvestTrialJS = `(() => {
	const seen = window[Symbol.for("MARKt")] || { sinks: [], ran: false };
	const polluted = [];
	for (const k in {}) if (k.toLowerCase().includes("WORD")) polluted.push(k);
	for (const k of Object.getOwnPropertyNames(Object.prototype)) if (k.toLowerCase().includes("WORD") && !polluted.includes(k)) polluted.push(k);
	return { Sinks: seen.sinks, Ran: seen.ran, Polluted: polluted };
})()`

// Try opens t's address in a tab of its own with tagged values in place, waits
// until the page is quiet, and says what became of them. It needs level active.
// The outcome is kept in the run's journal, so a resumed run sees it again.
func (b *Browser) Try(ctx context.Context, t *page.Trial) (*page.Trialled, error) {
	if t.Word == "" || strings.Trim(t.Word, "abcdefghijklmnopqrstuvwxyz") != "" {
		return nil, fmt.Errorf("trial: %q is no word", t.Word)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	spec, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	key := "trial " + t.URL.String() + " " + string(spec)
	out, err := wire.Observe(ctx, b.client, wire.KindBrowser, key, wire.Active, wire.Origin{Check: "browser", Why: "trial"}, func(ctx context.Context) (page.Trialled, error) {
		return b.try(ctx, t)
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func (b *Browser) try(ctx context.Context, t *page.Trial) (page.Trialled, error) {
	plain := *t.URL
	plain.Fragment, plain.RawFragment = "", ""
	target := plain.String()
	b.n++
	b.now.open(target, fmt.Sprint(b.n))
	defer b.now.open("", "")
	tab, cancel := chromedp.NewContext(b.ctx)
	defer cancel()
	tab, stop := context.WithTimeout(tab, pageTime)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	w := &watch{b: b, target: target, end: stop, stays: true, last: time.Now(), byID: map[network.RequestID]int{}}
	out := page.Trialled{}
	if err := b.prepare(tab, w); err != nil {
		return out, fmt.Errorf("trying %s: %w", target, err)
	}
	values, err := json.Marshal(map[string]any{"Word": t.Word, "Name": t.Name, "Message": t.Message, "Storage": t.Storage})
	if err != nil {
		return out, err
	}
	script := strings.ReplaceAll(b.script(trialJS), "TRIAL", string(values))
	err = chromedp.Do(tab, chromedp.Func(func(ctx context.Context, tt *chromedp.Target) error {
		_, err := cdp.Call(ctx, tt, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
	if err != nil {
		return out, fmt.Errorf("trying %s: %w", target, err)
	}
	out.Err = w.visit(tab, address(t.URL))
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	got, err := chromedp.Run(tab, chromedp.Evaluate[page.Trialled](strings.ReplaceAll(b.script(harvestTrialJS), "WORD", t.Word)))
	if err != nil && out.Err == "" {
		out.Err = "read: " + short(err)
	}
	out.Sinks, out.Ran, out.Polluted = got.Sinks, got.Ran, got.Polluted
	_, navigated, _ := w.take()
	for _, to := range navigated {
		if strings.Contains(strings.ToLower(to), t.Word) && !strings.HasPrefix(to, target+"#") && to != target && !slices.Contains(out.Went, to) {
			out.Went = append(out.Went, to)
		}
	}
	return out, nil
}

// address writes u with its fragment as it is: what a browser does to the signs
// in it is part of the trial.
func address(u *url.URL) string {
	plain := *u
	plain.Fragment, plain.RawFragment = "", ""
	if u.Fragment == "" {
		return plain.String()
	}
	return plain.String() + "#" + u.Fragment
}
