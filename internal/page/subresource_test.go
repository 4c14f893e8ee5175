package page

import (
	"net/url"
	"testing"
)

func TestSubresource(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]Effect{
		"/img/logo.png": Reads,
		"/wp-content/plugins/woocommerce/assets/js/frontend/add-to-cart.min.js?ver=8.1.0": Reads,
		"/js/delete.js":                         Reads,
		"/css/checkout-confirm.css?v=20240101":  Reads,
		"/js/cart.js?1699999999":                Reads,
		"/cdn/shop/files/a.jpg?v=1&width=600":   Reads,
		"/_next/image?url=%2Fa.png&w=640&q=75":  Reads,
		"/img.php?id=5":                         Reads,
		"/cart/add?id=1":                        Writes,
		"/cart/add.js?id=1&quantity=1":          Writes,
		"/cart/change.js?line=1&quantity=0":     Writes,
		"/delete?id=1":                          Writes,
		"/logout":                               Writes,
		"/member/logout.php":                    Writes,
		"/index.php?route=product/wishlist/add": Writes,
		"/pixel.gif?action=delete":              Writes,
		"/a.png?/cart/add":                      Writes,
		"/cart/12345:1":                         Writes,
	} {
		u, err := url.Parse("https://shop.example" + raw)
		if err != nil {
			t.Fatal(err)
		}
		if got, why := ClassifySubresource(u); got != want {
			t.Errorf("%s: %v (%s), want %v", raw, got, why, want)
		}
	}
}
