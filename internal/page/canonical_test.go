package page

import (
	"net/url"
	"testing"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want, route, session string }{
		{"HTTPS://Shop.Test:443", "https://shop.test/", "", ""},
		{"http://shop.test:80/a/./b/../c", "http://shop.test/a/c", "", ""},
		{"http://shop.test:8080/", "http://shop.test:8080/", "", ""},
		{"https://shop.test./x", "https://shop.test/x", "", ""},
		{"https://shop.test/a/..", "https://shop.test/", "", ""},
		{"https://shop.test/a//b", "https://shop.test/a//b", "", ""},
		{"https://shop.test/%7euser/%e3%81%82", "https://shop.test/~user/%E3%81%82", "", ""},
		{"https://shop.test/あ", "https://shop.test/%E3%81%82", "", ""},
		{"https://shop.test/a%2Fb", "https://shop.test/a%2Fb", "", ""},
		{"https://shop.test/?b=2&a=1&b=2", "https://shop.test/?b=2&a=1", "", ""},
		{"https://shop.test/?", "https://shop.test/", "", ""},
		{"https://shop.test/sencha/?replytocom=2", "https://shop.test/sencha/", "", ""},
		{"https://shop.test/list?utm_source=x&id=3&gclid=y&fbclid=z&yclid=q", "https://shop.test/list?id=3", "", ""},
		{"https://shop.test/?PHPSESSID=abcdef0123456789abcd&id=1", "https://shop.test/?id=1", "", "PHPSESSID"},
		{"https://shop.test/cart;jsessionid=AB12CD34?x=1", "https://shop.test/cart?x=1", "", "jsessionid"},
		{"https://shop.test/?ECSESSID=0123456789abcdef0123", "https://shop.test/", "", "ECSESSID"},
		{"https://shop.test/index.php?main_page=index&zenid=0123456789abcdef", "https://shop.test/index.php?main_page=index", "", "zenid"},
		{"https://shop.test/?sid=0123456789abcdef0123456789abcdef", "https://shop.test/", "", "sid"},
		{"https://shop.test/?sid=3", "https://shop.test/?sid=3", "", ""},
		{"https://shop.test/#top", "https://shop.test/", "", ""},
		{"https://shop.test/#/cart", "https://shop.test/", "/cart", ""},
		{"https://shop.test/#!/item/3", "https://shop.test/", "/item/3", ""},
		{"https://shop.test/?q=a+b&c=%zz", "https://shop.test/?q=a+b&c=%25zz", "", ""},
		{"https://shop.test/?a=1&amp;b=2", "https://shop.test/?a=1&b=2", "", ""},
	} {
		u, err := url.Parse(c.in)
		if err != nil {
			t.Fatal(err)
		}
		before := u.String()
		a := Normalize(u)
		if a.URL.String() != c.want || a.Route != c.route || a.Session != c.session {
			t.Errorf("%s: %s %q %q, want %s %q %q", c.in, a.URL, a.Route, a.Session, c.want, c.route, c.session)
		}
		if again := Canonical(a.URL).String(); again != a.URL.String() {
			t.Errorf("%s: not stable: %s then %s", c.in, a.URL, again)
		}
		if u.String() != before {
			t.Errorf("%s was changed to %s", before, u)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	f.Add("https://shop.test/a/../b;jsessionid=1?x=%e3&y#!/z")
	f.Add("//x/%2e%2e/..?&&=&")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := url.Parse(s)
		if err != nil {
			return
		}
		once := Canonical(u)
		if once.Opaque != "" {
			return
		}
		if twice := Canonical(once); twice.String() != once.String() {
			t.Errorf("%q: %q then %q", s, once, twice)
		}
		Shape(s)
	})
}

func TestShape(t *testing.T) {
	t.Parallel()
	for _, group := range [][]string{
		{"/products/detail/1", "/products/detail/20"},
		{"/item/red-apple", "/item/有田焼", "/item/green-pear-2"},
		{"/index.php?route=product/product&product_id=1", "/index.php?product_id=43&route=product/product"},
		{"/index.php?main_page=product_info&products_id=3", "/index.php?main_page=product_info&products_id=4"},
		{"/2024/05/hello", "/2023/11/hello"},
		{"/calendar/2024-05-01", "/calendar/2031-12-31"},
		{"/file/0123456789abcdef", "/file/fedcba9876543210"},
		{"/products/list.php?category_id=3&pageno=2", "/products/list.php?pageno=9&category_id=8"},
		{"/a?utm_source=x&id=1", "/a?id=2"},
		{"/c/6b1f9c52-8f0e-4d5a-9c0b-1a2b3c4d5e6f", "/c/00000000-8f0e-4d5a-9c0b-1a2b3c4d5e6f"},
	} {
		for _, s := range group[1:] {
			if Shape(s) != Shape(group[0]) {
				t.Errorf("%s is %s, %s is %s; want one shape", group[0], Shape(group[0]), s, Shape(s))
			}
		}
	}
	apart := []string{
		"/", "/cart", "/contact", "/index.php?route=product/category", "/index.php?route=checkout/cart", "/index.php?main_page=login", "/?page_id=4", "/?page_id=5",
		"/?mode=cate", "/?mode=sk", "/products/detail/1", "/products/list", "/entry", "/#/cart", "/products/detail/1?x=1", "/item/list", "/item/abc",
	}
	seen := map[string]string{}
	for _, s := range apart {
		if other, ok := seen[Shape(s)]; ok {
			t.Errorf("%s and %s share the shape %s", s, other, Shape(s))
		}
		seen[Shape(s)] = s
	}
}
