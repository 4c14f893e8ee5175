package inject

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// OpenRedirect asks whether a value decides to which site the shop sends its
// visitors. The proof is where a browser would go by the answer; the site in
// the value is a reserved name that belongs to nobody, and is never asked.
var OpenRedirect = &check.Check{
	Name: "open-redirect", Level: wire.Active, Severity: check.Medium, CWE: 601,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:N/SI:L/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		err := probe.Each(ctx, p, onTheWire, func(ctx context.Context, t *probe.Target) error {
			return redirects(ctx, p, t)
		})
		if err != nil {
			return err
		}
		return scriptRedirects(ctx, p)
	},
}

// The values. v is the shop's own origin, "https://shop.example". The first
// says whether anything is checked at all, the next two are what a check lets
// pass, the others go round a check in the usual ways.
const away = "https://" + probe.ReservedHost + "/"

var (
	toAway = probe.Ship("redirect away", func(_ string, r *probe.Rand) string { return away + r.Letters(8) })
	toPath = probe.Ship("redirect control", func(_ string, r *probe.Rand) string { return "/" + r.Letters(8) })
	toOwn  = probe.Ship("redirect own", func(v string, r *probe.Rand) string { return v + "/" + r.Letters(8) })
	round  = []*probe.Value{
		aside("slashes", func(string) string { return "//" + probe.ReservedHost + "/" }),
		aside("backslash", func(string) string { return `/\` + probe.ReservedHost + "/" }),
		aside("user", func(v string) string { return v + "@" + probe.ReservedHost + "/" }),
		aside("subdomain", func(v string) string { return v + "." + probe.ReservedHost + "/" }),
		aside("bare host", func(string) string { return probe.ReservedHost + "/" }),
		aside("tab", func(string) string { return "/\t/" + probe.ReservedHost + "/" }),
		aside("backslash and user", func(v string) string { return "https://" + probe.ReservedHost + `\@` + host(v) + "/" }),
		aside("three slashes", func(string) string { return "///" + probe.ReservedHost + "/" }),
		aside("continued host", func(string) string { return "." + probe.ReservedHost + "/" }),
		aside("continued user", func(string) string { return "@" + probe.ReservedHost + "/" }),
		aside("upper case", func(string) string { return "HTTPS://" + probe.ReservedHost + "/" }),
		aside("http", func(string) string { return "http://" + probe.ReservedHost + "/" }),
		aside("slashes encoded", func(string) string { return "%2F%2F" + probe.ReservedHost + "%2F" }),
		aside("encoded", func(string) string { return "https%3A%2F%2F" + probe.ReservedHost + "%2F" }),
		probe.Ship("redirect contains", func(v string, r *probe.Rand) string { return away + r.Letters(8) + "?" + v }),
		probe.Ship("redirect ends", func(v string, r *probe.Rand) string { return away + r.Letters(8) + "/" + host(v) }),
		aside("look-alike", func(v string) string { return "https://miseban-check" + host(v) + "/" }),
	}
)

func aside(name string, f func(v string) string) *probe.Value {
	return probe.Ship("redirect "+name, func(v string, r *probe.Rand) string { return f(v) + r.Letters(8) })
}

// host is the name in an origin.
func host(origin string) string {
	_, h, ok := strings.Cut(origin, "://")
	if !ok {
		return origin
	}
	return h
}

// leading are names of parameters that usually hold an address to go on to.
var leading = regexp.MustCompile(`(?i)redir|return|next|^(url|uri|u|to|go|goto|link|href|dest|destination|target|back|backurl|continue|forward|fwd|out|page|path|location|jump|ref|referer|referrer|from|success|cancel|callback|view|site|domain|host|image_url|r|l)$|url$|_to$|uri$`)

// goings are where a browser goes by the answer, or by the page to which it led.
func goings(a *probe.Answer) []probe.Going {
	var out []probe.Going
	for _, pg := range a.Pages() {
		out = append(out, probe.Goings(pg)...)
	}
	return out
}

func redirects(ctx context.Context, p *check.Pass, t *probe.Target) error {
	b, err := t.Baseline(ctx, p)
	if err != nil {
		return err
	}
	r, err := t.Reflection(ctx, p)
	if err != nil {
		return err
	}
	frame, steered := steers(r)
	looks := strings.HasPrefix(t.Sample, "/") && t.Via != probe.ViaPath || strings.Contains(t.Sample, "://")
	named := leading.MatchString(t.Name) && !numeric(t.Sample)
	if !steered && !looks && !named && len(goings(b.Plain)) == 0 && len(goings(b.Other)) == 0 {
		return nil
	}
	rnd := probe.NewRand(p.Derive("redirect " + t.ID))
	own := t.URL.Scheme + "://" + t.URL.Host
	send := func(v *probe.Value) (*probe.Answer, *probe.Going, error) {
		a, err := t.Send(ctx, p, v.Make(own, rnd), probe.Because("where a browser would go"))
		if err != nil {
			return a, nil, err
		}
		for _, g := range goings(a) {
			if leadsAway(g.Host, t.URL.Host) {
				return a, &g, nil
			}
		}
		return a, nil, nil
	}
	a, g, err := send(toAway)
	if err == nil && g != nil {
		reportRedirect(p, t, a, g, "")
		return nil
	}
	if err != nil && a == nil {
		return err
	}
	for _, v := range []*probe.Value{toPath, toOwn} { // an allowed value shows that the place decides at all
		if steered {
			break
		}
		c, _, err := send(v)
		if err != nil {
			return err
		}
		for _, g := range goings(c) {
			if i := strings.Index(g.Raw, c.Value); i >= 0 && !steered {
				frame, steered = &framed{before: g.Raw[:i], after: g.Raw[i+len(c.Value):]}, true
			} else if strings.Contains(g.Raw, c.Value[strings.LastIndexByte(c.Value, '/')+1:]) {
				steered = true
			}
		}
	}
	if !steered {
		return nil
	}
	for _, v := range round {
		if frame != nil && !frame.mayLead(v.Make(own, rnd), t.URL) {
			continue // where the value stands it cannot choose the host
		}
		a, g, err := send(v)
		if err != nil {
			if a != nil { // this value was refused, others may not be
				continue
			}
			return err
		}
		if g != nil {
			reportRedirect(p, t, a, g, "checked")
			return nil
		}
	}
	return nil
}

// framed is the address of a redirect around a value.
type framed struct {
	before, after string
	fate          probe.Fate
}

// mayLead says whether the address would lead elsewhere with value in its
// place, once it is decoded as often as any program decodes.
func (f *framed) mayLead(value string, base *url.URL) bool {
	if d, err := url.PathUnescape(value); err == nil {
		value = d
	}
	h, ok := probe.BrowserHost(f.before+f.fate.Apply(value)+f.after, base)
	return ok && leadsAway(h, base.Host)
}

// steers says that the marker came back where an answer says where to go, and
// what stands around it there.
func steers(r *probe.Reflection) (*framed, bool) {
	m := r.Marker
	for _, g := range goings(r.Answer) {
		low := strings.ToLower(g.Raw)
		i := strings.Index(low, m.Head)
		if i < 0 {
			continue
		}
		f := &framed{before: g.Raw[:i]}
		if j := strings.Index(low, m.Tail); j > i {
			f.after = g.Raw[j+len(m.Tail):]
		}
		for _, pl := range r.Places {
			if pl.Kind == probe.InHeader && (pl.Element == "location" || pl.Element == "refresh") {
				f.fate = pl.Fate
			}
		}
		return f, true
	}
	for _, pl := range r.Places { // an address that no browser would follow as it is
		if pl.Kind == probe.InHeader && (pl.Element == "location" || pl.Element == "refresh") {
			return nil, true
		}
	}
	return nil, false
}

// leadsAway says that host is one of those that the values name.
func leadsAway(host, own string) bool {
	own, _, _ = strings.Cut(own, ":")
	return host == probe.ReservedHost || strings.HasSuffix(host, "."+probe.ReservedHost) || host == "miseban-check"+own
}

func reportRedirect(p *check.Pass, t *probe.Target, a *probe.Answer, g *probe.Going, how string) {
	f := p.Report(a.Ex, t.Where(), i18n.Args{"parameter": t.Name, "value": a.Value})
	f.Parameter, f.Case = t.Name, how
	by := map[string]i18n.Text{
		"location": {JA: "Location ヘッダ", EN: "the Location header"}, "refresh": {JA: "Refresh ヘッダ", EN: "the Refresh header"},
		"meta": {JA: "meta 要素の refresh", EN: "a meta refresh element"}, "script": {JA: "ページのスクリプト", EN: "a script of the page"},
	}[g.How]
	f.Words = map[string]i18n.Text{"way": t.Words(), "by": by}
	f.Excerpt = g.Raw
	saw := i18n.Text{JA: by.JA + " により、ブラウザは " + g.Host + " へ移動します", EN: "by " + by.EN + " a browser goes to " + g.Host}
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: t.Words().JA + "に「" + a.Value + "」を送ると、" + saw.JA + "。",
			EN: "With \"" + a.Value + "\" in " + t.Words().EN + ", " + saw.EN + ".",
		},
		Steps: []check.ProofStep{{Value: a.Value, Saw: saw, Evidence: a.Ex.ID}},
		Curl:  probe.Curl(a.Sent()), Agreed: 1, Tried: 1,
	}
}
