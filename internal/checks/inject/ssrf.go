package inject

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// SSRF asks whether the server fetches addresses that visitors choose. It is
// asked with the operator's own listener only.
var SSRF = &check.Check{
	Name: "ssrf", Level: wire.Active, Severity: check.High, CWE: 918,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:H/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		l := p.Listener()
		if l == nil {
			p.NotExamined("呼び返しを受け取る待ち受け（--oob）が指定されていないため、確認していません。", nil)
			return nil
		}
		return probe.Each(ctx, p, addressed, func(ctx context.Context, t *probe.Target) error { return ssrfAt(ctx, p, t, l) })
	},
}

var fetchName = regexp.MustCompile(`(?i)ur[il]|link|src|source|feed|image|img|href|host|site|page|fetch|proxy|callback|webhook|hook|target|dest|path|file|load|remote|import|view`)

// addressed are targets whose value is, or could be, an address.
func addressed(t *probe.Target) bool {
	if !interpreted(t) {
		return false
	}
	return address(t.Sample) || fetchName.MatchString(t.Name) && !numeric(t.Sample) && t.Via != probe.ViaCookie && t.Via != probe.ViaHeader
}

// address says that v is an address with a host.
func address(v string) bool {
	u, err := url.Parse(v)
	return err == nil && u.Scheme != "" && u.Host != "" || strings.HasPrefix(v, "//")
}

// The ways in which an address passes a careless look at it: as it is, and with
// the shop's own before and behind it.
var fetchForms = []func(own *url.URL, address string) string{
	func(_ *url.URL, a string) string { return a },
	func(own *url.URL, a string) string {
		return own.Scheme + "://" + own.Host + "@" + strings.TrimPrefix(a, "http://") + "?" + own.Host
	},
}

func ssrfAt(ctx context.Context, p *check.Pass, t *probe.Target, l *wire.Listener) error {
	if _, err := t.Baseline(ctx, p); err != nil {
		return err
	}
	forms := fetchForms
	if !address(t.Sample) && t.Linked { // nothing looks for the shop's own address in it
		forms = forms[:1]
	}
	for i, form := range forms {
		label := fmt.Sprintf("ssrf %d %s", i, t.ID)
		found, err := calledBack(ctx, p, t, l, label, func(address string) (string, []probe.Option) { return form(t.URL, address), nil })
		if err != nil || found {
			return err
		}
	}
	return nil
}

// called is calledBack for who tries one form only.
func called(ctx context.Context, p *check.Pass, t *probe.Target, l *wire.Listener, label string, value func(address string) (string, []probe.Option)) error {
	_, err := calledBack(ctx, p, t, l, label, value)
	return err
}

// calledBack sends an address of the listener and waits for the call, twice
// with different addresses: a call names the sending that provoked it.
func calledBack(ctx context.Context, p *check.Pass, t *probe.Target, l *wire.Listener, label string, value func(address string) (string, []probe.Option)) (bool, error) {
	var steps []check.ProofStep
	var last *probe.Answer
	for round := range 2 {
		tag := fmt.Sprintf("%s %d", label, round)
		v, opts := value(l.URL(tag))
		a, err := t.Send(ctx, p, v, append(opts, probe.Because("whether the server calls the operator's own listener"))...)
		if err != nil {
			return false, err
		}
		hits, err := l.Wait(ctx, tag, patience, wire.Origin{Check: "ssrf", Why: "call-back"})
		if err != nil || len(hits) == 0 {
			return false, err
		}
		last = a
		steps = append(steps, check.ProofStep{Value: v, Saw: i18n.Text{
			JA: "サーバから待ち受けに接続がありました", EN: "the server called the listener",
		}, Evidence: a.Ex.ID})
	}
	f := p.Report(last.Ex, t.Where(), nil)
	f.Parameter = t.Name
	f.Words = map[string]i18n.Text{"place": t.Words()}
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: fmt.Sprintf("%s に診断者の待ち受けのアドレスを送ると、サーバがそこへ接続しました（2 回中 2 回、毎回違うアドレス）。", t.Words().JA),
			EN: fmt.Sprintf("With an address of the operator's listener in %s the server called it (2 of 2 times, another address each time).", t.Words().EN),
		},
		Steps: steps, Curl: probe.Curl(last.Sent()), Agreed: 2, Tried: 2,
	}
	return true, nil
}
