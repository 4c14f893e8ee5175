package testshop

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestInjection holds each fault of inject/ to what it says, with a value that
// is meant ill, and the clean shop to its care with the same.
func TestInjection(t *testing.T) {
	t.Parallel()
	q := url.QueryEscape
	tests := []struct {
		fault, path, careless, careful string // what the two answers hold
	}{
		{"sql", "/search?q=" + q("羊羹%' AND '1%' LIKE '1"), "抹茶羊羹 5本入", "0件見つかりました"},
		{"sql", "/search?q=" + q("羊羹'"), "ただいま検索できません", "0件見つかりました"},
		{"sql/number", "/search?category_id=" + q("5 AND 1=1"), "茶さじ つげ", "0件見つかりました"},
		{"sql/number", "/search?category_id=" + q("5 AND 1=0"), "0件見つかりました", "0件見つかりました"},
		{"sql/order", "/search?orderby=" + q("price,(select null)"), "茎茶(かりがね)", "件見つかりました"},
		{"sql/order", "/search?orderby=" + q("pric"), "ただいま検索できません", "件見つかりました"},
		{"sql/history", "/mypage/history?year=" + q("2026*1"), "C000998", "ご注文はまだありません"},
		{"xss-reflected", "/search?q=" + q("<b id=x>"), "<b id=x>", "&lt;b id=x&gt;"},
		{"xss-reflected/attribute", "/search?q=" + q(`x" id="y`), `value="x" id="y"`, `value="x&#34; id=&#34;y"`},
		{"xss-reflected/error", "/products/detail/" + url.PathEscape("<b id=x>"), "<h1>商品番号「<b id=x>」", "ページが見つかりません"},
		{"template-injection", "/gift/noshi?name=" + q("{{ 590*70 + 7 }}"), "御祝 41307 様", "御祝 {{ 590*70 + 7 }} 様"},
		{"template-injection", "/gift/noshi?name=" + q(`{% ssi "/etc/passwd" %}`), "見本を作れませんでした", "{% ssi"},
		{"path-traversal", "/download?file=" + q("../../../../../etc/passwd"), "root:x:0:0", "ページが見つかりません"},
		{"path-traversal", "/download?file=" + q("./order-sheet.txt"), "FAX注文用紙", "ページが見つかりません"},
		{"path-traversal", "/download?file=" + q("nothere/../order-sheet.txt"), "ページが見つかりません", "ページが見つかりません"},
		{"path-traversal", "/download?file=" + q("old/../order-sheet.txt"), "FAX注文用紙", "ページが見つかりません"},
	}
	for _, tt := range tests {
		for _, on := range []bool{true, false} {
			o, want := Options{}, tt.careful
			if on {
				o.Faults, want = []string{tt.fault}, tt.careless
			}
			p := open(t, o)
			if strings.HasPrefix(tt.path, "/mypage/") {
				p.signIn(TestMember, TestPassword)
			}
			if got := p.get(tt.path); !strings.Contains(got.body, want) {
				t.Errorf("%s (%v): %s answers %d without %q: %s", tt.fault, on, tt.path, got.status, want, got.body)
			}
			if h := p.shop.Harm(); h.Total() != 0 {
				t.Errorf("%s: harm done: %+v", tt.path, h)
			}
		}
	}
}

// TestOnward: where the shop sends a visitor who names the place himself.
func TestOnward(t *testing.T) {
	t.Parallel()
	away := "https://elsewhere.invalid/x"
	for _, to := range []string{away, "//elsewhere.invalid/x", `/\elsewhere.invalid`, "/\t/elsewhere.invalid", "javascript:alert(1)"} {
		careless := open(t, Options{Faults: []string{"open-redirect", "open-redirect/login"}})
		if got := careless.get("/out?url=" + url.QueryEscape(to)); h(got, "Location") != to {
			t.Errorf("open-redirect: %s leads to %q", to, h(got, "Location"))
		}
		clean := open(t, Options{})
		if got := clean.get("/out?url=" + url.QueryEscape(to)); got.status != 404 {
			t.Errorf("the clean shop answers %d to %s", got.status, to)
		}
		careless.get("/mypage/login")
		if got := careless.post("/mypage/login", "login_email", TestMember, "login_pass", TestPassword, "redirect", to); h(got, "Location") != to {
			t.Errorf("open-redirect/login: %s leads to %q", to, h(got, "Location"))
		}
		clean.get("/mypage/login")
		if got := clean.post("/mypage/login", "login_email", TestMember, "login_pass", TestPassword, "redirect", to); h(got, "Location") != "/mypage/" {
			t.Errorf("the clean shop leads from the sign-in to %q", h(got, "Location"))
		}
	}
	p := open(t, Options{})
	if got := p.get("/mypage/login?redirect=%2Fcart"); !strings.Contains(got.body, `name="redirect" value="/cart"`) {
		t.Error("the sign-in forgets where the visitor came from")
	}
	if got := p.post("/mypage/login", "login_email", TestMember, "login_pass", TestPassword, "redirect", "/cart"); h(got, "Location") != "/cart" {
		t.Errorf("the sign-in leads to %q", h(got, "Location"))
	}
	if got := p.get("/out?url=" + url.QueryEscape(partners[0])); h(got, "Location") != partners[0] {
		t.Errorf("to a partner: got %d", got.status)
	}
}

// TestDatabase: what a visitor makes of a statement reaches no file, ends in
// time, leaves the database open, and is counted when it alters something.
func TestDatabase(t *testing.T) {
	t.Parallel()
	p := open(t, Options{Faults: []string{"sql"}})
	dir := t.TempDir()
	for _, word := range []string{
		"x'; ATTACH DATABASE '" + dir + "/a.db' AS a; --", "x'; VACUUM INTO '" + dir + "/b.db'; --", "%' AND load_extension('" + dir + "/c') --",
	} {
		if got := p.get("/search?q=" + url.QueryEscape(word)); got.status != 500 {
			t.Errorf("%s: got %d", word, got.status)
		}
	}
	if h := p.shop.Harm(); h.Total() != 0 {
		t.Errorf("harm counted: %+v", h)
	}
	for _, word := range []string{"x'; DELETE FROM product WHERE id = 60; --", "x'; UPDATE product SET price = 1; --", "x'; DROP TABLE purchase; --"} {
		before := p.shop.Harm().Deletions
		p.get("/search?q=" + url.QueryEscape(word))
		if p.shop.Harm().Deletions == before {
			t.Errorf("%s is not counted as harm", word)
		}
	}
	if got := p.get("/search?q=%E7%BE%8A%E7%BE%B9"); !strings.Contains(got.body, "抹茶羊羹") {
		t.Errorf("the database does not answer any more: %d", got.status)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) > 0 {
		t.Errorf("files were written: %v %v", files, err)
	}
	p.shop.Close()
}

// TestTampering: the cart believes the browser only where a fault says so.
func TestTampering(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault string
		add   []string
		shows string
	}{
		{"price-tampering", []string{"product_id", "3", "quantity", "1", "price", "7"}, "合計 7円"},
		{"quantity-tampering", []string{"product_id", "3", "quantity", "-2"}, "合計 -3,888円"},
	} {
		for _, on := range []bool{true, false} {
			o := Options{}
			if on {
				o.Faults = []string{tt.fault}
			}
			p := open(t, o)
			if got := p.get("/products/detail/3"); strings.Contains(got.body, `name="price"`) != (on && tt.fault == "price-tampering") {
				t.Errorf("%s (%v): the form carries a price, or none", tt.fault, on)
			}
			p.post("/cart/add", tt.add...)
			if got := p.get("/cart"); strings.Contains(got.body, tt.shows) != on {
				t.Errorf("%s (%v): %s", tt.fault, on, got.body)
			}
		}
	}
}

// TestMail: mails leave for the server that is named, and faults change what they say.
func TestMail(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan string, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "220 box\r\n")
		var all strings.Builder
		for in := bufio.NewScanner(conn); in.Scan(); {
			all.WriteString(in.Text() + "\n")
			switch {
			case in.Text() == "DATA":
				fmt.Fprint(conn, "354 go on\r\n")
			case in.Text() == ".", strings.HasPrefix(in.Text(), "EHLO"), strings.Contains(in.Text(), "<"):
				fmt.Fprint(conn, "250 ok\r\n")
			case in.Text() == "QUIT":
				fmt.Fprint(conn, "221 bye\r\n")
				came <- all.String()
				return
			}
		}
	}()
	defer ln.Close()
	p := open(t, Options{SMTP: ln.Addr().String(), Faults: []string{"host-header-reset"}})
	p.get("/forgot")
	p.header.Set("X-Forwarded-Host", "elsewhere.invalid")
	p.post("/forgot", "email", TestMember)
	mail := <-came
	if want := base64.StdEncoding.EncodeToString([]byte("次のページで新しいパスワードを設定してください。\nhttps://elsewhere.invalid/reset?key="))[:90]; !strings.Contains(mail, want) || !strings.Contains(mail, "RCPT TO:<"+TestMember+">") {
		t.Errorf("the mail says %s", mail)
	}
	if got := p.shop.Mailed(); !slices.Equal(got, []string{TestMember}) {
		t.Errorf("mailed: %v", got)
	}
}

// TestRecords: what customers leave shows, and nothing else moves it.
func TestRecords(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	before := p.shop.Records()
	p.signIn(TestMember, TestPassword)
	p.get("/products/detail/3")
	p.post("/cart/add", "product_id", "3", "quantity", "2")
	if got := p.shop.Records(); !slices.Equal(got, before) || p.shop.Carts() != 2 {
		t.Errorf("%d in carts, records %v", p.shop.Carts(), got)
	}
	p.get("/mypage/change")
	p.post("/mypage/change", "name", "花子", "address", "x", "tel", "1")
	p.get("/products/review/3")
	p.post("/products/review/3", "reviewer_name", "花", "stars", "5", "comment", "よい")
	if got := p.shop.Records(); len(got) != len(before)+1 || slices.Equal(got[:len(before)], before) {
		t.Errorf("records %v", got)
	}
	if got := p.get("/products/detail/3"); !strings.Contains(got.body, `name="review" value="1"`) {
		t.Error("the writer cannot take the review back")
	}
	other := &visitor{t: t, shop: p.shop, header: map[string][]string{}}
	if got := other.get("/products/detail/3"); strings.Contains(got.body, "/products/review/delete") {
		t.Error("everybody may take the review back")
	}
	if got := other.post("/products/review/delete", "review", "1"); got.status == 303 || len(p.shop.Records()) != len(before)+1 {
		t.Errorf("another visitor took the review back: %d", got.status)
	}
	p.post("/products/review/delete", "review", "1")
	if got := p.shop.Records(); len(got) != len(before) || p.shop.Harm().ReviewRemovals != 1 {
		t.Errorf("records %v", got)
	}
}

// TestHostHeader: links follow the header only where the fault says so.
func TestHostHeader(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{true, false} {
		o := Options{}
		if on {
			o.Faults = []string{"host-header"}
		}
		p := open(t, o)
		p.header.Set("X-Forwarded-Host", "elsewhere.invalid")
		if got := p.get("/help/guide"); strings.Contains(got.body, "https://elsewhere.invalid/help/guide") != on {
			t.Errorf("fault %v: %s", on, got.body)
		}
	}
}
