package wire

import "testing"

// A place names the same thing in every run: secrets become one word, and
// nothing else changes.
func TestPlace(t *testing.T) {
	t.Parallel()
	const sid = "5f3a9c1e7b2d4860a1b2c3d4e5f60718"
	for in, want := range map[string]string{
		"/cart;jsessionid=" + sid + "?x=1":         "/cart;jsessionid=***?x=1",
		"/list?PHPSESSID=" + sid + "&page=2":       "/list?PHPSESSID=***&page=2",
		"/members/taro.yamada@example.co.jp/edit":  "/members/***@***.jp/edit",
		"/members/taro.yamada%40example.co.jp":     "/members/***%40***.jp",
		"/password/reset/" + sid:                   "/password/reset/***",
		"https://admin:hunter2@shop.test/x":        "https://***@***.test/x",
		"/ec/" + sid + "/index":                    "/ec/***/index",
		"/products/detail/60":                      "/products/detail/60",
		"shop.test:443":                            "shop.test:443",
		"http://cdn.shop.test/jquery-3.4.1.min.js": "http://cdn.shop.test/jquery-3.4.1.min.js",
		"eccube4":                        "eccube4",
		"OpenSSH 9.2p1 Debian 2+deb12u3": "OpenSSH 9.2p1 Debian 2+deb12u3",
		"CN=shop.test, O=株式会社みせ, 2026-11-22":         "CN=shop.test, O=株式会社みせ, 2026-11-22",
		"/featured/products2026":                     "/featured/products2026",
		"/assets/app-5f3a9c1e.js?v=20261122":         "/assets/app-5f3a9c1e.js?v=20261122",
		"/search?q=%E6%A4%85%E5%AD%90&category_id=3": "/search?q=%E6%A4%85%E5%AD%90&category_id=3",
		"/vue@3.4.38/dist/vue.global.prod.js":        "/vue@3.4.38/dist/vue.global.prod.js",
	} {
		for range 3 { // whatever the key of the run
			m := NewMasker(nil)
			m.Header("Set-Cookie", "eccube="+sid)
			m.Header("Set-Cookie", "recent=products2026")
			got := m.Place(in)
			if got != want {
				t.Errorf("Place(%q) = %q, want %q", in, got, want)
			}
			if again := m.Place(got); again != got {
				t.Errorf("Place(%q) = %q once more", got, again)
			}
			if stored := m.Place(m.URL(in)); stored != want {
				t.Errorf("Place of %q as stored = %q, want %q", in, stored, want)
			}
		}
	}
}
