package page

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"miseban/internal/wire"
)

// answer makes an exchange as the shop would have given it.
func answer(t testing.TB, addr, contentType, body string) *wire.Exchange {
	t.Helper()
	u, err := url.Parse(addr)
	if err != nil {
		t.Fatal(err)
	}
	return &wire.Exchange{Method: "GET", URL: u, RawURL: addr, Status: 200, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body)}
}

func TestParseReadsAPage(t *testing.T) {
	t.Parallel()
	p := Parse(answer(t, "https://shop.test/products/detail/3?PHPSESSID=0123456789abcdef0123", "text/html", `<!doctype html><html lang="ja"><head>
<meta charset="utf-8"><title> 抹茶  セット | 店 </title><base href="/shop/"><meta name="generator" content="EC-CUBE">
<script src="js/a.js" integrity="sha384-x" crossorigin></script><link rel="stylesheet" href="a.css"></head>
<body class="product_page"><!-- build 42 --><a href="../cart">カート</a><a href="item/1">一つ目</a>
<form action="cart/add" method="post"><input type="hidden" name="_token" value="abc">
<table><tr><th>数量</th><td><input name="quantity" value="1"></td></tr></table><button>カートに入れる</button></form>
<div hidden>secret</div><p>1,200円</p></body></html>`))
	if p.Title != "抹茶 セット | 店" || p.Lang != "ja" || p.Kind != Product || p.SessionID != "PHPSESSID" {
		t.Errorf("title %q lang %q kind %q (%s) session %q", p.Title, p.Lang, p.Kind, p.KindWhy, p.SessionID)
	}
	if got := p.URL.String(); got != "https://shop.test/products/detail/3" {
		t.Errorf("canonical %s", got)
	}
	if len(p.Comments) != 1 || len(p.Scripts) != 1 || len(p.Resources) != 1 || p.Scripts[0].URL.Path != "/shop/js/a.js" || p.Scripts[0].CrossOrigin != "anonymous" {
		t.Errorf("comments %q scripts %+v resources %+v", p.Comments, p.Scripts, p.Resources)
	}
	if strings.Contains(p.Visible, "secret") || !strings.Contains(p.Visible, "1,200円") {
		t.Errorf("visible %q", p.Visible)
	}
	if len(p.Forms) != 1 {
		t.Fatalf("%d forms", len(p.Forms))
	}
	f := p.Forms[0]
	if f.Purpose != ForCart || f.Effect != Writes || f.Action.Path != "/shop/cart/add" || len(f.Fields) != 2 || f.Fields[0].Means != MeansToken || f.Fields[1].Means != MeansQuantity || f.Fields[1].Label != "数量" {
		t.Errorf("form %+v %+v", f, f.Fields)
	}
	effects := map[string]Effect{}
	for _, l := range p.Links {
		effects[l.From+" "+l.URL.Path] = l.Effect
	}
	for where, want := range map[string]Effect{"a /cart": Reads, "a /shop/item/1": Reads, "form /shop/cart/add": Writes, "script-src /shop/js/a.js": Reads, "link /shop/a.css": Reads} {
		if effects[where] != want {
			t.Errorf("%s: %q, want %q (all: %v)", where, effects[where], want, effects)
		}
	}
}
