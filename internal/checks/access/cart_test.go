package access

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"miseban/internal/check"
	"miseban/internal/check/checktest"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// stall is a shop of one item: trust says that it believes the price it is
// sent, lax that it takes any number of items.
func stall(trust, lax bool, ordered *int) http.Handler {
	mux := http.NewServeMux()
	show := func(w http.ResponseWriter, title, body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="ja"><title>%s</title><main>%s<p>5,400円以上で送料無料</p></main>`, title, body)
	}
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		show(w, "茶屋", `<a href="/item/1">煎茶</a><a href="/cart">カート</a>`)
	})
	mux.HandleFunc("/item/1", func(w http.ResponseWriter, _ *http.Request) {
		show(w, "煎茶", `<h1>煎茶</h1><p>1,080円</p><form method="post" action="/cart/add"><input type="hidden" name="product_id" value="1"><input type="hidden" name="price" value="1080"><label>数量<input name="quantity" value="1"></label><button>カートに入れる</button></form>`)
	})
	carts := map[string]string{}
	mux.HandleFunc("POST /cart/add", func(w http.ResponseWriter, r *http.Request) {
		price, n := 1080, 1
		if trust {
			price, _ = strconv.Atoi(r.FormValue("price"))
		}
		n, _ = strconv.Atoi(r.FormValue("quantity"))
		if n < 1 && !lax {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		id := strconv.Itoa(len(carts) + 1000000)
		carts[id] = fmt.Sprintf("<p>煎茶 %d個</p><p>合計 %d円</p>", n, n*price)
		w.Header().Add("Set-Cookie", "PHPSESSID="+id+"; Path=/")
		http.Redirect(w, r, "/cart", http.StatusSeeOther)
	})
	mux.HandleFunc("/cart", func(w http.ResponseWriter, r *http.Request) {
		body := "<p>カートは空です</p>"
		if c, err := r.Cookie("PHPSESSID"); err == nil {
			body = carts[c.Value]
		}
		show(w, "ショッピングカート", `<h1>ショッピングカート</h1>`+body+`<form method="post" action="/cart/remove"><button>削除</button></form><form method="post" action="/order"><button>注文を確定する</button></form>`)
	})
	mux.HandleFunc("POST /cart/remove", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("PHPSESSID"); err == nil {
			carts[c.Value] = ""
		}
		http.Redirect(w, r, "/cart", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /held", func(w http.ResponseWriter, _ *http.Request) {
		for _, body := range carts {
			fmt.Fprint(w, body)
		}
	})
	mux.HandleFunc("POST /order", func(http.ResponseWriter, *http.Request) { *ordered++ })
	return mux
}

func TestCart(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		check      *check.Check
		trust, lax bool
		verdict    verdict.Verdict
	}{
		{"the price is the shop's", PriceTampering, false, false, verdict.Met},
		{"the price is the browser's", PriceTampering, true, false, verdict.NotMet},
		{"a number below zero is refused", QuantityTampering, false, false, verdict.Met},
		{"a number below zero is taken", QuantityTampering, false, true, verdict.NotMet},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ordered := 0
			shop := stall(tc.trust, tc.lax, &ordered)
			res := checktest.Members{Handler: shop, Level: wire.Full, Acts: []string{wire.ActCart}}.Try(t, Suite, tc.check)
			if res.Verdict != tc.verdict || ordered > 0 {
				t.Errorf("%s, want %s, %d orders: %+v %+v", res.Verdict, tc.verdict, ordered, res.Reason, res.Findings)
			}
			held := httptest.NewRecorder()
			shop.ServeHTTP(held, httptest.NewRequest(http.MethodGet, "/held", http.NoBody))
			if held.Body.Len() > 0 {
				t.Errorf("left in carts: %s", held.Body)
			}
		})
	}
	for _, c := range []*check.Check{PriceTampering, QuantityTampering} {
		shop := testshop.New(testshop.Options{HTTPS: true})
		if res := (checktest.Members{Handler: shop, Level: wire.Full, Acts: []string{wire.ActCart}}).Try(t, Suite, c); res.Verdict != verdict.Met {
			t.Errorf("careful shop: %s is %s: %+v %+v", c.Name, res.Verdict, res.Reason, res.Findings)
		}
		if res := (checktest.Members{Handler: shop, Level: wire.Full}).Try(t, Suite, c); res.Verdict != verdict.NotExamined {
			t.Errorf("without consent: %s is %s", c.Name, res.Verdict)
		}
		if h := shop.Harm(); h.Orders+h.Mails > 0 || shop.Carts() > 0 {
			t.Errorf("%+v, %d items left in carts", h, shop.Carts())
		}
	}
}
