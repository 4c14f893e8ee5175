package check

import (
	"net/http"
	"net/url"
	"testing"

	"miseban/internal/page"
	"miseban/internal/wire"
)

func TestPurchase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, path, title, body string
		want                    bool
	}{
		{"card fields", "/pay", "カード情報の入力", `<form method="post"><label>カード番号<input name="card_number" autocomplete="cc-number"></label><label>セキュリティコード<input name="cvv" autocomplete="cc-csc"></label><button>支払う</button></form>`, true},
		{"card frame on a plain page", "/order/tel", "お電話のご注文", `<iframe title="カード番号の入力" src="https://psp.example/f"></iframe>`, true},
		{"the shop's own frame", "/order/tel", "お電話のご注文", `<iframe title="カード番号の入力" src="/f"></iframe>`, false},
		{"a video about cards", "/movie", "動画", `<iframe title="お支払い方法のご案内" src="https://video.example/f"></iframe>`, false},
		{"ways of payment explained", "/help/payment", "お支払い方法", `<form action="/search"><input type="search" name="q"></form><p>カード、代金引換をご利用いただけます。</p>`, false},
		{"checkout", "/shopping", "ご購入手続き", `<form method="post" action="/shopping"><label>お名前<input name="name"></label><label>住所<input name="address"></label><button>注文を確認する</button></form>`, true},
	} {
		u := &url.URL{Scheme: "https", Host: "tea.example", Path: c.path}
		pg := page.Parse(&wire.Exchange{ID: "x", Method: "GET", URL: u, RawURL: u.String(), Status: 200, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
			Body: []byte("<!DOCTYPE html><html lang=ja><title>" + c.title + "</title><h1>" + c.title + "</h1>" + c.body)})
		if got := Purchase(pg); got != c.want {
			t.Errorf("%s: %v (kind %s: %s)", c.name, got, pg.Kind, pg.KindWhy)
		}
	}
}
