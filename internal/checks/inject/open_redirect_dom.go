package inject

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/probe"
)

// Redirects that only a page's script makes, seen in the browser: a tag that
// arrives in location is a lead, and the proof is the foreign address to which
// the browser sets out.

// onward are the ways to name another site behind what the script puts first.
var onward = []string{away, "//" + probe.ReservedHost + "/", "/" + probe.ReservedHost + "/", "@" + probe.ReservedHost + "/", "." + probe.ReservedHost + "/"}

// mostGoings bounds the looks at one page, each of which opens it once.
const mostGoings = 6

// scriptRedirects looks where the scripts of pages send a browser. Without a
// browser nothing more than the answers can be read.
func scriptRedirects(ctx context.Context, p *check.Pass) error {
	all, err := check.Ask(ctx, p, domTrials)
	for _, d := range all {
		if err != nil {
			break
		}
		p.ExaminedPage(d.page)
		err = d.leadsOn(ctx, p)
	}
	if errors.Is(err, check.ErrNoBrowser) {
		return nil
	}
	return err
}

// leadsOn follows the leads of one page.
func (d *domPage) leadsOn(ctx context.Context, p *check.Pass) error {
	looks := 0
	for i := range sources {
		s := &sources[i]
		if s.own || s.letter != "q" && s.letter != "g" && s.letter != "f" {
			continue // what nobody can put into a link
		}
		for _, v := range d.ways(s) {
			for _, names := range d.each(s) {
				if looks++; looks > mostGoings {
					return nil
				}
				one := *d
				one.names = names
				t := one.trial()
				s.put(t, v, &one)
				got, err := p.Try(ctx, t, v)
				if err != nil {
					return err
				}
				for _, to := range got.Went {
					if u, err := url.Parse(to); err == nil && leadsAway(u.Hostname(), t.URL.Hostname()) {
						one.reportGoing(p, s, v, t, u.Hostname())
						return nil
					}
				}
			}
		}
	}
	return nil
}

// ways are the values which, behind what the script puts before the tag of s,
// name another site.
func (d *domPage) ways(s *source) []string {
	var out []string
	for _, k := range d.sinks {
		i := strings.Index(strings.ToLower(k.Value), d.word+s.letter)
		if k.Name != "location" || i < 0 {
			continue
		}
		for _, w := range onward {
			v := w + d.word
			host, ok := probe.BrowserHost(k.Value[:i]+v, d.page.Ex.URL)
			if ok && leadsAway(host, d.page.Ex.URL.Hostname()) && !slices.Contains(out, v) {
				out = append(out, v)
				break
			}
		}
	}
	return out
}

// each are the parameters to try by themselves, likely names first, so that the
// finding can name the one.
func (d *domPage) each(s *source) [][]string {
	if s.letter == "f" || len(d.names) < 2 {
		return [][]string{d.names}
	}
	var out [][]string
	for _, likely := range []bool{true, false} {
		for _, n := range d.names {
			if leading.MatchString(n) == likely {
				out = append(out, []string{n})
			}
		}
	}
	return out
}

func (d *domPage) reportGoing(p *check.Pass, s *source, value string, t *page.Trial, host string) {
	f := p.Report(d.page.Ex, d.page.Ex.Path(), i18n.Args{"parameter": s.id, "value": value})
	f.Parameter = s.id
	if len(d.names) == 1 && s.letter != "f" {
		f.Parameter = d.names[0]
		f.Args["parameter"] = d.names[0]
	}
	by := i18n.Text{JA: "ページのスクリプト", EN: "a script of the page"}
	f.Words = map[string]i18n.Text{"way": s.name, "by": by}
	f.Excerpt = t.URL.String()
	saw := i18n.Text{JA: by.JA + " により、ブラウザは " + host + " へ移動しようとしました", EN: "by " + by.EN + " the browser set out for " + host}
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: s.name.JA + "に「" + value + "」を入れてページを開くと、" + saw.JA + "。開いたアドレス: " + t.URL.String(),
			EN: "With \"" + value + "\" in " + s.name.EN + ", " + saw.EN + ". The address: " + t.URL.String(),
		},
		Steps: []check.ProofStep{
			{Value: d.word + s.letter, Saw: i18n.Text{JA: "目印の文字が移動先のアドレスに渡りました", EN: "the tag reached the address to go to"}, Evidence: d.page.Ex.ID},
			{Value: value, Saw: saw, Evidence: d.page.Ex.ID},
		},
		Agreed: 1, Tried: 1,
	}
}

var _ = probe.Ship("redirect by script", func(_ string, r *probe.Rand) string { return onward[len(onward)-1] + r.Letters(10) })
