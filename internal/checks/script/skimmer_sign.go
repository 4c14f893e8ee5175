package script

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// SkimmerSign looks for scripts that steal card numbers: what they say in
// their source, and what a browser saw them do. One sign alone is never
// reported; only what nothing honest does together is called certain.
var SkimmerSign = &check.Check{
	Name: "skimmer-sign", Level: wire.Passive, Severity: check.Critical, CWE: 506,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:N/SC:H/SI:H/SA:N",
	Effort: check.Project, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		list, err := check.Ask(ctx, p, uses)
		if err != nil {
			return err
		}
		examined(p)
		var unread []string
		for _, u := range list {
			if err := ctx.Err(); err != nil {
				return err
			}
			if u.third && u.party != nil && trusted(u.party) {
				continue
			}
			if u.source == "" {
				if u.url != nil && u.party == nil && slices.ContainsFunc(u.pages, func(pg *page.Page) bool { return check.Purchase(pg) }) {
					unread = append(unread, u.key)
				}
				continue
			}
			if s := suspect(p, u, look(u.source)); s != nil {
				s.report(p, u)
			}
		}
		watched(p)
		switch {
		case !slices.ContainsFunc(p.Site.HTML(), func(pg *page.Page) bool { return pg.Kind != page.Cart && check.Purchase(pg) }):
			p.Unsure("確認したページに不審なスクリプトはありませんでしたが、購入手続きやカード入力のページは確認できていません。", nil)
		case len(unread) > 0:
			p.Unsure("決済ページの外部スクリプトのうち、中身を確認できなかったものがあります（{scripts}）。", i18n.Args{"scripts": strings.Join(unread[:min(len(unread), 5)], ", ")})
		}
		return nil
	},
}

// trusted are parties whose scripts handle card numbers or orders by their task.
func trusted(p *intel.Party) bool {
	return p.Kind == intel.PartyPSP || p.Kind == intel.PartyCaptcha || p.Kind == intel.PartyPlatform
}

// pretends are names that thieves borrow.
var (
	pretends     = regexp.MustCompile(`(?i)g[o0]{2}g[l1i]e|tag-?manager|(?:^|[.-])(?:gtm|gtag|ga|analytics?|jquery|bootstrap|cloudfl[a-z]*|facebook|stripe|paypal|magento|eccube|ec-cube)(?:[.-]|$)|[a-z]*analytics?\.`)
	pretendsFile = regexp.MustCompile(`(?i)/(?:gtm|gtag|ga|analytics|tagmanager|fbevents|pixel)(?:[-_.][a-z0-9-]*)?\.js$`)
)

// suspicion is what a script does that thieves do.
type suspicion struct {
	certain bool
	signs   []i18n.Text
}

func suspect(p *check.Pass, u *use, t *traits) *suspicion {
	foreign := func(hosts []string) (out []string) {
		for _, h := range hosts {
			at := &url.URL{Scheme: "https", Host: h, Path: "/"}
			if !p.Own(at) && p.Site.Intel.Party(at) == nil {
				out = append(out, h)
			}
		}
		return out
	}
	hidden, targets := foreign(t.hidden), foreign(t.targets)
	reads := len(t.fields) > 0 && t.values
	poses := slices.ContainsFunc(append(slices.Clone(hidden), targets...), pretends.MatchString) ||
		u.url != nil && u.party == nil && (u.third && pretends.MatchString(u.url.Hostname()) || reads && pretendsFile.MatchString(u.url.Path))
	obscure := t.names >= 30 || t.evals
	// A form service that sends to its own house does what it is bought for.
	home := u.third && len(hidden) == 0 && !slices.ContainsFunc(targets, func(h string) bool {
		d := check.RegistrableDomain(h)
		return d == "" || d != check.RegistrableDomain(u.url.Hostname())
	})
	s := &suspicion{}
	sends, ways := len(t.sends) > 0, strings.Join(t.sends, ", ")
	s.certain = t.parsed && reads && sends && (len(hidden) > 0 && (t.listens || t.encodes || poses || t.gated) ||
		len(targets) > 0 && poses && !home && (t.encodes || t.listens || t.gated))
	likely := reads && (len(hidden) > 0 || len(targets) > 0 && (!home || poses || t.encodes || t.gated)) ||
		reads && sends && obscure && t.encodes ||
		len(hidden) > 0 && (t.gated || t.evades) && (t.loads || sends) ||
		t.evades && obscure && t.loads && len(t.fields) > 0
	if !s.certain && (!likely || u.party != nil) {
		return nil
	}
	for _, x := range []struct {
		is     bool
		ja, en string
	}{
		{reads, "カード情報の入力欄（" + strings.Join(t.fields, ", ") + "）の値を読み取る", "reads card fields (" + strings.Join(t.fields, ", ") + ")"},
		{len(hidden) > 0, "送信先などのアドレス（" + strings.Join(hidden, ", ") + "）を読めない形で隠している", "hides an address (" + strings.Join(hidden, ", ") + ")"},
		{len(targets) > 0, "決済代行会社でも自社でもない宛先（" + strings.Join(targets, ", ") + "）へ送信する", "sends to " + strings.Join(targets, ", ") + ", which is neither the shop nor a payment provider"},
		{sends && len(targets) == 0, "データを送信する（" + ways + "）", "sends data (" + ways + ")"},
		{t.encodes, "送る内容を Base64 に変換する", "packs what it sends in Base64"},
		{t.listens, "入力や送信の操作を待ち受ける", "waits for typing or sending"},
		{t.gated, "購入手続きのページかどうかを調べる", "checks whether the page is a checkout"},
		{poses, "有名なサービスのスクリプトに似せた名前を使う", "bears a name that looks like a well-known service"},
		{obscure, "プログラムを読みにくく加工している", "is made hard to read"},
		{t.evades, "開発者ツールが開かれているかを調べる", "looks for developer tools"},
	} {
		if x.is {
			s.signs = append(s.signs, i18n.Text{JA: x.ja, EN: x.en})
		}
	}
	if len(s.signs) < 2 {
		return nil
	}
	return s
}

func (s *suspicion) report(p *check.Pass, u *use) {
	f := p.Report(u.ex, u.key, i18n.Args{"pages": paths(u.pages)})
	f.Words = map[string]i18n.Text{"signs": listed(s.signs)}
	if !s.certain {
		f.Case, f.Confidence, f.Severity = "possible", check.Possible, check.High
		f.CVSS31, f.CVSS40 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:L/A:N", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:H/VI:L/VA:N/SC:H/SI:L/SA:N"
	}
	evidence(f, u.pages)
}

func listed(signs []i18n.Text) i18n.Text {
	var ja, en []string
	for _, s := range signs {
		ja, en = append(ja, s.JA), append(en, s.EN)
	}
	return i18n.Text{JA: strings.Join(ja, "、"), EN: strings.Join(en, "; ")}
}

// watched reads what a browser saw: who listens on card fields, and where the
// page tried to send while nothing had been typed.
func watched(p *check.Pass) {
	type act struct {
		pages  []*page.Page
		fields []string
		to     []string
	}
	acts := map[string]*act{}
	var order []string
	for _, pg := range p.Site.HTML() {
		if pg.Rendered == nil || !p.Scope.HasOrigin(pg.URL) {
			continue
		}
		unknown := func(raw string) string {
			u, err := url.Parse(raw)
			if err != nil || u.Hostname() == "" || p.Own(u) || p.Site.Intel.Party(u) != nil {
				return ""
			}
			return u.Host
		}
		for _, l := range pg.Rendered.Listeners {
			host := unknown(l.Script)
			if host == "" || !cardName.MatchString(l.Field) {
				continue
			}
			a := acts[l.Script]
			if a == nil {
				a = &act{}
				acts[l.Script], order = a, append(order, l.Script)
			}
			if !slices.Contains(a.pages, pg) {
				a.pages = append(a.pages, pg)
			}
			if !slices.Contains(a.fields, l.Field) {
				a.fields = append(a.fields, l.Field)
			}
			for _, r := range pg.Rendered.Blocked {
				if to := unknown(r.URL); to != "" && !slices.Contains(a.to, to) {
					a.to = append(a.to, to)
				}
			}
		}
	}
	for _, script := range order {
		a := acts[script]
		at, err := url.Parse(script)
		if err != nil || len(a.to) == 0 {
			continue // a listener alone may be a form helper: FormAssist and the inventory name it
		}
		f := p.Report(a.pages[0].Ex, at.Host+at.EscapedPath(), i18n.Args{"pages": paths(a.pages), "fields": strings.Join(a.fields, ", "), "to": strings.Join(a.to, ", ")})
		f.Case, f.Confidence = "browser", check.Possible
		evidence(f, a.pages)
	}
}
