package login

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// moody draws a page of the sign-in with what shops change by themselves:
// goods, advertisements to members, a review now and then, counters, a code.
func moody(r *rand.Rand, message string) *page.Page {
	goods := strings.Fields("煎茶 玉露 抹茶 番茶 和紅茶 急須 湯呑み 羊羹 最中")
	adverts := strings.Fields("送料無料 会員限定セール 新規登録でポイント5倍 早割")
	var b strings.Builder
	fmt.Fprintf(&b, `<!doctype html><html><body><main><h1>ログイン</h1>%s<form method="post"><input name="email"><input type="password" name="p"></form></main><aside class="ad"><a href="/x">%s</a></aside>`, message, adverts[r.IntN(len(adverts))])
	b.WriteString(`<ul class="recommend">`)
	for range 1 + r.IntN(3) {
		fmt.Fprintf(&b, "<li>%s %d円</li>", goods[r.IntN(len(goods))], r.IntN(900))
	}
	b.WriteString("</ul>")
	if r.IntN(3) == 0 {
		b.WriteString("<div class=\"review\"><p>会員のお客様の声をご覧ください</p></div>")
	}
	if r.IntN(30) == 0 {
		b.WriteString("<p class=\"rare\">ただいま会員登録が混み合っています</p>")
	}
	fmt.Fprintf(&b, "<p>現在 %d 人が見ています</p></body></html>", r.IntN(90))
	u, _ := url.Parse("https://shop.test/login")
	ex := &wire.Exchange{URL: u, Method: http.MethodGet, Status: 200, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte(b.String()), TTFB: time.Duration(1+r.IntN(60)) * time.Millisecond}
	if r.IntN(20) == 0 {
		ex.TTFB = 900 * time.Millisecond
	}
	return page.Parse(ex)
}

// TestLuck: what a shop changes by itself is never taken for a difference, and
// a difference is found among it.
func TestLuck(t *testing.T) {
	t.Parallel()
	m := wire.NewMasker([]byte("0123456789abcdef0123456789abcdef"))
	run := func(seed uint64, unknown, known string) (*difference, bool) {
		r := rand.New(rand.NewPCG(seed, 7))
		fail := func(message string) *answer {
			pg := moody(r, `<p class="error">`+message+`</p>`)
			return &answer{status: 200, lines: linesOf(m, pg, ""), took: pg.Ex.TTFB, page: pg}
		}
		u0, k0, u1, k1 := fail(unknown), fail(known), fail(unknown), fail(known)
		d := apart([2]*answer{u0, u1}, [2]*answer{k0, k1})
		sure, err := d.outlast(m, nil, func() (*page.Page, error) { return moody(r, ""), nil })
		if err != nil {
			t.Fatal(err)
		}
		return d, sure
	}
	const one = "メールアドレスまたはパスワードが違います。"
	alarms, found := 0, 0
	for seed := range uint64(400) {
		if d, sure := run(seed, one, one); sure {
			alarms++
			t.Errorf("seed %d: %s %q %q", seed, d.how, d.unknown(), d.known())
		}
	}
	for seed := range uint64(30) {
		if d, sure := run(seed, "この会員は登録されていません。", "パスワードが違います。"); sure && d.how == "text" {
			found++
		}
	}
	if alarms > 0 || found < 29 {
		t.Errorf("%d of 400 alarms, %d of 30 found", alarms, found)
	}
}
