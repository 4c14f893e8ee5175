package script

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// ChangeSinceLast compares the pages that matter with the earlier diagnosis:
// new scripts and hosts, forms that lead elsewhere, new inline scripts. A change
// is no fault; nobody knowing of it is.
var ChangeSinceLast = &check.Check{
	Name: "change-since-last", Level: wire.Passive, Severity: check.Medium, CWE: 494,
	Effort: check.Setting, Fixer: check.ByOwner,
	Run: func(ctx context.Context, p *check.Pass) error {
		old := p.Site.Earlier
		if old == nil {
			p.Unsure("比べる前回の診断がないため、変更の有無は判定していません。次回の診断から確認します。", nil)
			return nil
		}
		now, err := check.Ask(ctx, p, uses)
		if err != nil {
			return err
		}
		then, err := collect(ctx, p, old)
		if err != nil {
			return err
		}
		before := map[string]*page.Page{}
		for _, pg := range old.HTML() {
			before[pg.URL.EscapedPath()] = pg
		}
		compared := 0
		for _, pg := range p.Site.HTML() {
			if p.Scope.HasOrigin(pg.URL) && before[pg.URL.EscapedPath()] != nil {
				p.ExaminedPage(pg)
				if decisive(pg.Kind) || check.Purchase(pg) {
					compared++
					forms(p, pg, before[pg.URL.EscapedPath()])
				}
			}
		}
		scripts(p, now, then, before)
		if compared == 0 {
			p.Unsure("前回と今回の両方で確認できた重要なページ（カート、購入手続き、ログインなど）がないため、変更の有無を判定できませんでした。", nil)
		}
		return nil
	},
}

// scripts reports hosts that the whole shop did not load from before, and
// scripts that a page of the purchase did not run.
func scripts(p *check.Pass, now, then []*use, before map[string]*page.Page) {
	hosts := map[string]bool{}
	on := map[string]bool{}
	for _, u := range then {
		if u.third {
			hosts[u.url.Host] = true
		}
		for _, pg := range u.pages {
			on[pg.URL.EscapedPath()+" "+identity(u)] = true
		}
	}
	told := map[string]bool{}
	for _, u := range now {
		var fresh []*page.Page
		for _, pg := range u.pages {
			path := pg.URL.EscapedPath()
			if before[path] != nil && check.Purchase(pg) && !on[path+" "+identity(u)] {
				fresh = append(fresh, pg)
			}
		}
		newHost := u.third && !hosts[u.url.Host]
		switch {
		case len(fresh) > 0:
			f := p.Report(fresh[0].Ex, u.key, i18n.Args{"pages": paths(fresh)})
			f.Case, f.Confidence = "script", check.Possible
			switch {
			case u.url == nil:
				f.Case, f.Severity = "inline", check.Low
				if r := []rune(strings.TrimSpace(u.source)); len(r) > 200 {
					f.Excerpt = string(r[:200]) + "…"
				} else {
					f.Excerpt = string(r)
				}
			case newHost && u.party == nil:
				f.Severity = check.High
			}
			evidence(f, fresh)
		case newHost && !told[u.url.Host]:
			f := p.Report(u.pages[0].Ex, u.url.Host, i18n.Args{"pages": paths(u.pages)})
			f.Case, f.Confidence, f.Severity = "host", check.Possible, check.Low
			evidence(f, u.pages)
		}
		if newHost {
			told[u.url.Host] = true
		}
	}
}

var (
	quotedText = regexp.MustCompile("\"[^\"\n]{8,}\"|'[^'\n]{8,}'|`[^`]{8,}`")
	number     = regexp.MustCompile(`\d+`)
)

// identity is equal for a script that is the same although tokens, prices or
// cache numbers in it differ from visit to visit.
func identity(u *use) string {
	if u.url != nil {
		return u.url.Host + number.ReplaceAllString(u.url.EscapedPath(), "0")
	}
	s := quotedText.ReplaceAllStringFunc(u.source, func(q string) string {
		if address.MatchString(q[1 : len(q)-1]) {
			return q // where it leads is what matters
		}
		return `""`
	})
	return "inline " + strings.Join(strings.Fields(number.ReplaceAllString(s, "0")), " ")
}

// forms reports forms with the same fields that now send somewhere else.
func forms(p *check.Pass, pg, old *page.Page) {
	was := map[string][]string{}
	for _, f := range old.Forms {
		was[fields(f)] = append(was[fields(f)], target(f.Action))
	}
	for _, f := range pg.Forms {
		k, to := fields(f), target(f.Action)
		if k == "" || len(was[k]) == 0 || slices.Contains(was[k], to) {
			continue
		}
		x := p.Report(pg.Ex, pg.Ex.Path(), i18n.Args{"was": strings.Join(was[k], ", "), "to": to})
		x.Case, x.Parameter, x.Confidence = "form", to, check.Possible
		if f.Action != nil && !p.Own(f.Action) && p.Site.Intel.Party(f.Action) == nil {
			x.Severity = check.High
		}
	}
}

func fields(f *page.Form) string {
	var names []string
	for _, x := range f.Fields {
		if x.Name != "" && x.Type != "hidden" {
			names = append(names, x.Name)
		}
	}
	slices.Sort(names)
	return f.Method + " " + strings.Join(names, " ")
}

func target(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath()
}
