package testshop

import (
	"strings"
	"testing"
)

// TestDecoys asks each decoy what its careless reader would ask, and shows that the fault itself is not there.
func TestDecoys(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, path string
		status             int
		has, hasNot        string
	}{
		{"soft-404", "GET", "/.git/HEAD", 200, "おすすめの商品", "ref: refs/"},
		{"soft-404", "GET", "/admin/login", 200, "おすすめの商品", "ログインID"},
		{"env-article", "GET", "/.env", 200, "<h1>.envとは何か</h1>", "DATABASE_URL"},
		{"admin-to-top", "GET", "/admin", 303, "", "ログイン"},
		{"git-html", "GET", "/.git/HEAD", 200, "<html", "ref: refs/"},
		{"method-ignored", "PUT", "/x.txt", 200, "おすすめの商品", ""},
		{"method-ignored", "TRACE", "/", 200, "おすすめの商品", "TRACE /"},
		{"campaign-id", "GET", "/", 200, "?cid=", "PHPSESSID"},
		{"index-article", "GET", "/magazine/storage", 200, "<h1>Index of お茶</h1>", "<h1>Index of /"},
		{"php-article", "GET", "/magazine/brewing", 200, "PHP Version 5", "<title>PHP 7"},
		{"plain-link", "GET", "/", 200, `href="http://`, `src="http://`},
	}
	for _, tt := range tests {
		p := open(t, Options{Decoys: []string{tt.name}})
		got := p.do(tt.method, tt.path, nil)
		if got.status != tt.status || !strings.Contains(got.body, tt.has) {
			t.Errorf("%s: %s %s: got %d without %q", tt.name, tt.method, tt.path, got.status, tt.has)
		}
		if tt.hasNot != "" && strings.Contains(got.body, tt.hasNot) {
			t.Errorf("%s: %s shows %q, so it is the fault itself", tt.name, tt.path, tt.hasNot)
		}
	}
}

func TestDecoyHeaders(t *testing.T) {
	t.Parallel()
	p := open(t, Options{Decoys: DecoyNames()})
	got := p.get("/cart")
	cookies := strings.Join(got.header["Set-Cookie"], "\n")
	for _, want := range []string{"_ga=", "XSRF-TOKEN=", sessionName + "="} {
		if !strings.Contains(cookies, want) {
			t.Errorf("no cookie %s among %q", want, cookies)
		}
	}
	if c := p.cookie; !c.Secure || !c.HttpOnly {
		t.Errorf("a decoy changed the session cookie: %v", c)
	}
	if h(got, "Access-Control-Allow-Origin") != "" || h(got, "Server") != "nginx" {
		t.Errorf("/cart: got %v", got.header)
	}
	if got := p.get("/assets/css/shop.css"); h(got, "Access-Control-Allow-Origin") != "*" || h(got, "Access-Control-Allow-Credentials") != "" {
		t.Errorf("/assets/css/shop.css: got %v", got.header)
	}
	if got := p.get("/no/such/page"); got.status != 200 || h(got, "Strict-Transport-Security") == "" {
		t.Errorf("soft 404: got %d %v", got.status, got.header)
	}
}

func TestWeakShop(t *testing.T) {
	t.Parallel()
	o := WeakShop()
	if n := len(o.Faults); n < 20 {
		t.Errorf("the weak shop has %d faults", n)
	}
	p := open(t, o)
	for path, want := range map[string]string{
		"/": "code.jquery.com/jquery-3.3.1", "/.git/HEAD": "ref: refs", "/phpinfo.php": "PHP Version 7.2.34", "/admin/login": "ログインID",
		"/order/card": `name="card_number"`, "/ranking": "SQLSTATE", "/assets/js/": "Index of", "/adminer.php": "Adminer", "/entry": `maxlength="6"`,
	} {
		got := p.get(path)
		if got.status != 200 || !strings.Contains(got.body, want) {
			t.Errorf("%s: got %d without %q", path, got.status, want)
		}
		if h(got, "Server") != "Apache/2.2.34 (Unix)" || h(got, "X-Powered-By") != "PHP/7.2.34" || h(got, "Strict-Transport-Security") != "" {
			t.Errorf("%s: got %v", path, got.header)
		}
	}
	if p.cookie.Name != "eccube" || p.cookie.Secure || p.cookie.SameSite != 0 {
		t.Errorf("the session cookie is %v", p.cookie)
	}
	// A person can still buy: the weak shop works.
	p.get("/products/detail/3")
	p.post("/cart/add", "product_id", "3", "quantity", "1")
	p.post("/shopping", append([]string{"payment", "cod"}, somebody...)...)
	p.post("/shopping/complete")
	if got := p.shop.Harm().Orders; got != 1 {
		t.Errorf("orders: got %d, want 1", got)
	}
}
