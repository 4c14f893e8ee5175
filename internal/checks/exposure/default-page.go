package exposure

import (
	"context"
	"regexp"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// DefaultPage asks whether the page that a server or hosting panel shows
// before anything is set up is still there, at the top or anywhere the shop leads.
var DefaultPage = &check.Check{
	Name: "default-page", Level: wire.Passive, Severity: check.Low, CWE: 1188,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		for _, pg := range p.Site.Pages {
			if !pg.HTML() || !p.Scope.HasOrigin(pg.URL) {
				continue
			}
			p.ExaminedPage(pg)
			if name := defaultPage(pg); !name.IsZero() {
				f := p.Report(pg.Ex, where(pg.URL), nil)
				f.Words, f.Excerpt = map[string]i18n.Text{"name": name}, clip(pg.Title, 100)
			}
		}
		return ctx.Err()
	},
}

// wordsOfDefault bounds the text of such a page; an article about one says more.
const wordsOfDefault = 6000

var defaultPages = []struct {
	name        string
	title, text *regexp.Regexp
}{
	{"Apache", regexp.MustCompile(`(?i)^Apache2? (?:Debian|Ubuntu|HTTP Server)?.{0,30}Default Page|^Test Page for the (?:Apache )?HTTP Server|^HTTP Server Test Page|^Apache HTTP Server Test Page`), regexp.MustCompile(`(?i)used to test the (?:correct|proper) operation of|It works!`)},
	{"Apache", regexp.MustCompile(`^$`), regexp.MustCompile(`^It works!$`)},
	{"nginx", regexp.MustCompile(`(?i)^Welcome to nginx|^Test Page for the Nginx HTTP Server`), regexp.MustCompile(`(?i)nginx web server is successfully installed|used to test the proper operation of`)},
	{"IIS", regexp.MustCompile(`^IIS(?: \d| Windows|7|8)|^Internet Information Services`), regexp.MustCompile(`^.{0,400}$`)},
	{"Plesk", regexp.MustCompile(`(?i)Default (?:Parallels )?Plesk|^Web Server's Default Page|Domain Default page`), regexp.MustCompile(`(?i)Plesk`)},
	{"cPanel", regexp.MustCompile(`(?i)^Default Web Site Page`), regexp.MustCompile(`(?i)cPanel|SORRY!`)},
	{"Tomcat", regexp.MustCompile(`^Apache Tomcat(?:/[\d.]+)?$`), regexp.MustCompile(`(?i)you've successfully installed Tomcat`)},
	{"XAMPP", regexp.MustCompile(`(?i)^Welcome to XAMPP`), regexp.MustCompile(`(?i)XAMPP`)},
	{"", regexp.MustCompile(`初期(?:ドメイン|ページ|設定).{0,20}(?:サーバー|ページ)|サーバー.{0,10}初期ページ`), regexp.MustCompile(`(?:ファイル|コンテンツ|ホームページ|データ).{0,30}(?:アップロード|公開)`)},
}

func defaultPage(pg *page.Page) i18n.Text {
	if len(pg.Visible) > wordsOfDefault || pg.Challenge != "" {
		return i18n.Text{}
	}
	for _, d := range defaultPages {
		if d.title.MatchString(pg.Title) && d.text.MatchString(pg.Visible) {
			if d.name == "" {
				return i18n.Text{JA: "レンタルサーバ", EN: "a hosting service"}
			}
			return i18n.Text{JA: d.name, EN: d.name}
		}
	}
	return i18n.Text{}
}
