package inject

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

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

// fetchForms are the ways in which an address passes a careless look at it, or
// becomes one behind what the program puts before it: as it is, with the shop's
// own before and behind it, with the ending that the own value has, behind the
// name of a server, and without a scheme.
func fetchForms(t *probe.Target) []func(address string) string {
	out := []func(string) string{func(a string) string { return a }}
	if address(t.Sample) || !t.Linked {
		out = append(out, func(a string) string {
			return t.URL.Scheme + "://" + t.URL.Host + "@" + strings.TrimPrefix(a, "http://") + "?" + t.URL.Host
		})
	}
	if u, err := url.Parse(t.Sample); err == nil && path.Ext(u.Path) != "" && path.Ext(u.Path) != "." {
		out = append(out, func(a string) string { return a + "?f=a" + path.Ext(u.Path) })
	}
	if strings.HasPrefix(t.Sample, "/") || !t.Linked {
		out = append(out, func(a string) string { return "@" + strings.TrimPrefix(a, "http://") })
	}
	if hostLike.MatchString(t.Sample) || !t.Linked {
		out = append(out, func(a string) string { return strings.TrimPrefix(a, "http://") })
	}
	return out
}

// hostLike is what reads as the name of a server.
var hostLike = regexp.MustCompile(`^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]+)?$|^[A-Za-z][A-Za-z0-9-]*:[0-9]+$`)

func ssrfAt(ctx context.Context, p *check.Pass, t *probe.Target, l *wire.Listener) error {
	if _, err := t.Baseline(ctx, p); err != nil {
		return err
	}
	var forms []lure
	for _, form := range fetchForms(t) {
		forms = append(forms, func(a string) (string, []probe.Option) { return form(a), nil })
	}
	_, err := calledBack(ctx, p, t, l, "ssrf "+t.ID, forms)
	return err
}

// lure makes the value that holds an address of the listener, and how it is sent.
type lure func(address string) (string, []probe.Option)

// calledBack sends addresses of the listener in each of the forms and waits
// once for a call to any of them. The one that was called is sent again with
// another address: a call names the sending that provoked it.
func calledBack(ctx context.Context, p *check.Pass, t *probe.Target, l *wire.Listener, label string, forms []lure) (bool, error) {
	sent := make([]*probe.Answer, len(forms))
	send := func(i, round int) (*probe.Answer, error) {
		v, opts := forms[i](l.URL(fmt.Sprintf("%s %d %d", label, i, round)))
		return t.Send(ctx, p, v, append(opts, probe.Because("whether the server calls the operator's own listener"))...)
	}
	heard := func(i, round int, d time.Duration) (bool, error) {
		hits, err := l.Wait(ctx, fmt.Sprintf("%s %d %d", label, i, round), d, wire.Origin{Check: "ssrf", Why: "call-back"})
		return len(hits) > 0, err
	}
	var last error
	any := -1
	for i := range forms {
		a, err := send(i, 0)
		if err != nil {
			last = err
			break // a form that is refused takes nothing from those before it
		}
		sent[i] = a
	}
	for i, d := len(forms)-1, patience; i >= 0; i-- {
		if sent[i] == nil {
			continue
		}
		ok, err := heard(i, 0, d)
		if err != nil {
			return false, err
		}
		if ok {
			any = i
		}
		d = 10 * time.Millisecond // all have had the time that the last one had
	}
	if any < 0 {
		return false, last
	}
	again, err := send(any, 1)
	if err != nil {
		return false, err
	}
	if ok, err := heard(any, 1, patience); err != nil || !ok {
		return false, err
	}
	var steps []check.ProofStep
	for _, a := range []*probe.Answer{sent[any], again} {
		steps = append(steps, check.ProofStep{Value: a.Value, Saw: i18n.Text{
			JA: "サーバから待ち受けに接続がありました", EN: "the server called the listener",
		}, Evidence: a.Ex.ID})
	}
	f := p.Report(again.Ex, t.Where(), nil)
	f.Parameter = t.Name
	f.Words = map[string]i18n.Text{"place": t.Words()}
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: fmt.Sprintf("%s に診断者の待ち受けのアドレスを送ると、サーバがそこへ接続しました（2 回中 2 回、毎回違うアドレス）。", t.Words().JA),
			EN: fmt.Sprintf("With an address of the operator's listener in %s the server called it (2 of 2 times, another address each time).", t.Words().EN),
		},
		Steps: steps, Curl: probe.Curl(again.Sent()), Agreed: 2, Tried: 2,
	}
	return true, nil
}
