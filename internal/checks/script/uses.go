package script

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// use is one script with all pages that run it.
type use struct {
	key    string // stable over runs: address without query, or a hash of the source
	url    *url.URL
	source string // what the script says, "" when it was not fetched
	ex     *wire.Exchange
	pages  []*page.Page
	first  *page.Script
	third  bool
	party  *intel.Party
	// bare are the pages that load it without a usable integrity attribute.
	bare []*page.Page
}

// uses lists the scripts of the shop's pages once for all checks of the suite.
var uses = &check.Fact[[]*use]{Name: "script uses", Find: func(ctx context.Context, p *check.Pass) ([]*use, error) {
	return collect(ctx, p, p.Site)
}}

func collect(ctx context.Context, p *check.Pass, site *check.Site) ([]*use, error) {
	files := site.Files()
	at := map[string]*use{}
	var out []*use
	for _, pg := range site.HTML() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !p.Scope.HasOrigin(pg.URL) {
			continue
		}
		for _, s := range pg.Scripts {
			if !runs(s) {
				continue
			}
			key := "inline " + s.Content
			if s.URL != nil {
				key = s.URL.String()
			}
			u := at[key]
			if u == nil {
				u = &use{url: s.URL, first: s, source: s.Content, ex: pg.Ex}
				if s.URL != nil {
					u.third, u.party = !p.Own(s.URL), p.Site.Intel.Party(s.URL)
					if f := files[s.URL.String()]; f != nil {
						u.source, u.ex = f.Text, f.Ex
					}
				}
				u.key = u.name(p)
				at[key] = u
				out = append(out, u)
			}
			if !slices.Contains(u.pages, pg) {
				u.pages = append(u.pages, pg)
			}
			if !strings.Contains(s.Integrity, "sha256-") && !strings.Contains(s.Integrity, "sha384-") && !strings.Contains(s.Integrity, "sha512-") && !slices.Contains(u.bare, pg) {
				u.bare = append(u.bare, pg)
			}
		}
	}
	return out, nil
}

// runs says whether a browser executes the element; data blocks are no scripts.
func runs(s *page.Script) bool {
	t := strings.ToLower(strings.TrimSpace(s.Type))
	return t == "" || t == "module" || strings.Contains(t, "javascript") || strings.Contains(t, "ecmascript")
}

// name is how the report calls a script: path, host and path, or the page it is written into.
func (u *use) name(p *check.Pass) string {
	switch {
	case u.url == nil:
		return u.ex.Path() + " (inline)"
	case p.Scope.HasOrigin(u.url):
		return u.url.EscapedPath()
	}
	return u.url.Host + u.url.EscapedPath()
}

// decisive are the pages where what a customer types is worth stealing.
func decisive(k page.Kind) bool {
	switch k {
	case page.Cart, page.Checkout, page.CardEntry, page.Login, page.Register, page.MyPage, page.Reset, page.Contact, page.Admin:
		return true
	}
	return false
}

// paths names up to five pages, sorted so that runs agree.
func paths(pages []*page.Page) string {
	var out []string
	for _, pg := range pages {
		out = append(out, pg.Ex.Path())
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > 5 {
		out = append(out[:5], "…")
	}
	return strings.Join(out, ", ")
}

// evidence adds up to five pages to a finding.
func evidence(f *check.Finding, pages []*page.Page) {
	for _, pg := range pages[:min(len(pages), 5)] {
		if !slices.Contains(f.Evidence, pg.Ex.ID) {
			f.Evidence = append(f.Evidence, pg.Ex.ID)
		}
	}
}

// purposes say what a party does.
var purposes = map[intel.PartyKind]i18n.Text{
	intel.PartyPSP:        {JA: "決済", EN: "payment"},
	intel.PartyTagManager: {JA: "タグ管理（ほかのスクリプトを読み込む）", EN: "tag manager (loads other scripts)"},
	intel.PartyAnalytics:  {JA: "アクセス解析", EN: "analytics"},
	intel.PartyAds:        {JA: "広告・効果測定", EN: "advertising"},
	intel.PartyChat:       {JA: "チャット", EN: "chat"},
	intel.PartyFormAssist: {JA: "入力支援（フォームの内容を読む）", EN: "form assistance (reads what is typed)"},
	intel.PartyCDN:        {JA: "ライブラリの配信", EN: "delivery of libraries"},
	intel.PartyCaptcha:    {JA: "不正・自動操作の検知", EN: "detection of fraud and robots"},
	intel.PartyEmbed:      {JA: "埋め込み（地図・動画・文字など）", EN: "embedded content"},
	intel.PartyPlatform:   {JA: "カートサービス", EN: "cart service"},
}

// kinds are what the report calls the pages that matter.
var kinds = map[page.Kind]i18n.Text{
	page.Top: {JA: "トップ", EN: "top"}, page.List: {JA: "一覧", EN: "lists"}, page.Product: {JA: "商品", EN: "products"}, page.Search: {JA: "検索", EN: "search"},
	page.Cart: {JA: "カート", EN: "cart"}, page.Checkout: {JA: "購入手続き", EN: "checkout"}, page.CardEntry: {JA: "カード入力", EN: "card entry"},
	page.Login: {JA: "ログイン", EN: "login"}, page.Register: {JA: "会員登録", EN: "registration"}, page.MyPage: {JA: "マイページ", EN: "my page"},
	page.Reset: {JA: "パスワード再設定", EN: "password reset"}, page.Contact: {JA: "問い合わせ", EN: "contact"}, page.Admin: {JA: "管理画面", EN: "administration"},
}

// kindsOf lists the kinds of the pages, the decisive ones first.
func kindsOf(pages []*page.Page) i18n.Text {
	var seen []page.Kind
	for _, pg := range pages {
		if !slices.Contains(seen, pg.Kind) {
			seen = append(seen, pg.Kind)
		}
	}
	slices.Sort(seen)
	slices.SortStableFunc(seen, func(a, b page.Kind) int { return weight(b) - weight(a) })
	var ja, en []string
	other := false
	for _, k := range seen {
		t, ok := kinds[k]
		if !ok {
			other = true
			continue
		}
		ja, en = append(ja, t.JA), append(en, t.EN)
	}
	if other {
		ja, en = append(ja, "その他"), append(en, "others")
	}
	return i18n.Text{JA: strings.Join(ja, "・"), EN: strings.Join(en, ", ")}
}

func weight(k page.Kind) int {
	switch {
	case k == page.Cart || k == page.Checkout || k == page.CardEntry:
		return 2
	case decisive(k):
		return 1
	}
	return 0
}
