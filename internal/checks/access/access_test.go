package access

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"miseban/internal/check"
	"miseban/internal/check/checktest"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

func TestSuite(t *testing.T) {
	// Sessions cannot be shown by fixed answers: TestMembers.
	checktest.Run(t, Suite, checktest.Own("forced-browsing", "idor", "order-page-idor", "role-tampering", "mass-assignment", "price-tampering", "quantity-tampering", "coupon-reuse", "points-tampering"))
	checktest.CVSS(t, Suite)
	checktest.Silent(t, Suite)
}

var accounts = []wire.Account{
	{Name: "a", User: testshop.TestMember, Password: testshop.TestPassword},
	{Name: "b", User: testshop.SecondMember, Password: testshop.SecondPassword},
}

func teaShop(faults ...string) http.Handler {
	return testshop.New(testshop.Options{Faults: faults, HTTPS: true})
}

// around puts a page of a member's, made by draw, over a careful shop: who is
// asking is told by the name that the shop greets with.
func around(path string, draw func(w http.ResponseWriter, r *http.Request, member string)) http.Handler {
	shop := teaShop()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{header: http.Header{}}
		if !strings.HasPrefix(r.URL.Path, path) {
			shop.ServeHTTP(rec, r)
			body := rec.body.String()
			if r.URL.Path == "/mypage/" && rec.status == http.StatusOK {
				no := map[bool]string{true: "1001", false: "1002"}[strings.Contains(body, "静岡 花子")]
				body = strings.Replace(body, "</main>", `<a href="`+path+no+`">明細</a></main>`, 1)
			}
			for k, v := range rec.header {
				w.Header()[k] = v
			}
			w.WriteHeader(max(rec.status, 200))
			fmt.Fprint(w, body)
			return
		}
		who := r.Clone(r.Context())
		who.Method, who.URL.Path, who.RequestURI = http.MethodGet, "/mypage/", "/mypage/"
		shop.ServeHTTP(rec, who)
		member := ""
		for _, name := range []string{"静岡 花子", "駿河 次郎"} {
			if strings.Contains(rec.body.String(), name) {
				member = name
			}
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		draw(w, r, member)
	})
}

// walled answers strangers on members' pages itself, where shop would send them to the sign-in.
func walled(shop http.Handler, answer func(w http.ResponseWriter)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{header: http.Header{}}
		shop.ServeHTTP(rec, r)
		if strings.HasPrefix(r.URL.Path, "/mypage/") && r.Method == http.MethodGet && rec.status/100 == 3 && strings.Contains(rec.header.Get("Location"), "login") {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			answer(w)
			return
		}
		for k, v := range rec.header {
			w.Header()[k] = v
		}
		w.WriteHeader(max(rec.status, 200))
		fmt.Fprint(w, rec.body.String())
	})
}

type recorder struct {
	header http.Header
	status int
	body   strings.Builder
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(c int)           { r.status = c }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func draw(w http.ResponseWriter, title, body string) {
	fmt.Fprintf(w, `<!doctype html><html lang="ja"><title>%s</title><main><h1>%s</h1>%s</main>`, title, title, body)
}

var addresses = map[string]string{"静岡 花子": "静岡市清水区見本町4-5-6", "駿河 次郎": "静岡県藤枝市見本通7-8-9"}

// decoys look like data given away and are none.
var decoys = []struct {
	name  string
	shop  http.Handler
	check *check.Check
}{
	{"the page shows the asker's own data whatever the number", around("/mypage/card/", func(w http.ResponseWriter, _ *http.Request, m string) {
		draw(w, "会員証", "<p>"+m+" 様</p><p>"+addresses[m]+"</p>")
	}), IDOR},
	{"the number is echoed", around("/mypage/find/", func(w http.ResponseWriter, r *http.Request, _ string) {
		draw(w, "お探しの番号", "<p>番号 "+r.URL.Path+" の明細はありません。</p><p>番号をお確かめください。</p>")
	}), IDOR},
	{"the same for all members", around("/mypage/notice/", func(w http.ResponseWriter, _ *http.Request, _ string) {
		draw(w, "会員の皆さまへ", "<p>年末年始の発送は12月28日までです。</p><p>新茶の予約を承ります。</p>")
	}), IDOR},
	{"a stranger reads a guide where the member reads his data", around("/mypage/guide/", func(w http.ResponseWriter, _ *http.Request, m string) {
		if m == "" {
			draw(w, "会員証", "<p>会員になると、会員証が表示されます。</p><p>入会は無料です。</p>")
			return
		}
		draw(w, "会員証", "<p>"+m+" 様</p><p>"+addresses[m]+"</p>")
	}), ForcedBrowsing},
	{"a stranger reads that he must sign in, with 200", around("/mypage/wall/", func(w http.ResponseWriter, _ *http.Request, m string) {
		if m == "" {
			draw(w, "ログイン", `<form method="post" action="/mypage/login"><input name="login_email"><input type="password" name="login_pass"><button>ログイン</button></form>`)
			return
		}
		draw(w, "明細", "<p>"+m+" 様</p><p>"+addresses[m]+"</p>")
	}), ForcedBrowsing},
	{"a careful shop", teaShop(), ForcedBrowsing},
	{"a careful shop", teaShop(), IDOR},
	{"a careful shop", teaShop(), OrderPageIDOR},
	{"a careful shop", teaShop(), RoleTampering},
	{"a role in an address that is only repeated", around("/mypage/menu/", func(w http.ResponseWriter, r *http.Request, m string) {
		draw(w, "会員メニュー", `<p><a href="`+r.URL.Path+`?role=customer">表示する</a></p><p>`+m+` 様を `+r.URL.Query().Get("role")+` として表示しています。お問い合わせは shop@shop.example まで。</p>`)
	}), RoleTampering},
	{"a cookie of a role that the shop does not believe", around("/mypage/rank/", func(w http.ResponseWriter, r *http.Request, m string) {
		w.Header().Add("Set-Cookie", "member_level=1; Path=/; HttpOnly")
		level := "なし"
		if c, err := r.Cookie("member_level"); err == nil {
			level = c.Value
		}
		draw(w, "会員ランク", "<p>"+m+" 様のランクは "+level+" です。</p>")
	}), RoleTampering},
}

func TestDecoys(t *testing.T) {
	t.Parallel()
	for _, tc := range decoys {
		t.Run(tc.check.Name+" "+tc.name, func(t *testing.T) {
			t.Parallel()
			res := checktest.Members{Handler: tc.shop, Accounts: accounts}.Try(t, Suite, tc.check)
			if res.Verdict != verdict.Met || len(res.Findings) > 0 {
				t.Errorf("%s: %+v %+v", res.Verdict, res.Reason, res.Findings)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name         string
		shop         http.Handler
		check        *check.Check
		where, fault string
	}{
		{"order details without signing in", teaShop("forced-browsing"), ForcedBrowsing, "/mypage/history/*", ""},
		{"another's order", teaShop("idor"), IDOR, "/mypage/history/*", ""},
		{"another's order where strangers are refused", walled(teaShop("idor"), func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusForbidden)
			draw(w, "会員専用", `<p><a href="/mypage/login">ログイン</a></p>`)
		}), IDOR, "/mypage/history/*", ""},
		{"another's order where strangers find the sign-in", walled(teaShop("idor"), func(w http.ResponseWriter) {
			draw(w, "ログイン", `<form method="post" action="/mypage/login"><input name="login_email"><input type="password" name="login_pass"><button>ログイン</button></form>`)
		}), IDOR, "/mypage/history/*", ""},
		{"another's receipt", teaShop("order-page-idor"), OrderPageIDOR, "/shopping/receipt/*", ""},
		{"a role in a cookie", teaShop("role-tampering"), RoleTampering, "/mypage/office", "cookie"},
		{"a role in an address that a page links to", around("/mypage/menu/", func(w http.ResponseWriter, r *http.Request, m string) {
			switch r.URL.Query().Get("role") {
			case "":
				draw(w, "会員メニュー", `<p><a href="`+r.URL.Path+`?role=customer">表示する</a></p>`)
			case "admin":
				draw(w, "一覧", "<table><tr><td>駿河 次郎</td><td>jiro@shop.example</td></tr><tr><td>遠江 三郎</td><td>saburo@shop.example</td></tr></table>")
			default:
				draw(w, "会員メニュー", "<p>"+m+" 様</p>")
			}
		}), RoleTampering, "/mypage/menu/1001", ""},
		{"another's page behind a long number", around("/mypage/slip/", func(w http.ResponseWriter, r *http.Request, m string) {
			owner := map[string]string{"/mypage/slip/1001": "静岡 花子", "/mypage/slip/1002": "駿河 次郎"}[r.URL.Path]
			if owner == "" || m == "" {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			draw(w, "明細", "<p>"+owner+" 様</p><p>"+addresses[owner]+"</p>")
		}), IDOR, "/mypage/slip/*", ""},
		{"another's points, no name on it", around("/mypage/points/", func(w http.ResponseWriter, r *http.Request, m string) {
			list := map[string]string{"/mypage/points/1001": "<p>9月12日 獲得 120</p><p>10月3日 利用 55</p>", "/mypage/points/1002": "<p>8月3日 獲得 310</p><p>8月9日 獲得 42</p><p>11月1日 利用 100</p>"}[r.URL.Path]
			if list == "" || m == "" {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			draw(w, "ポイントの明細", list)
		}), IDOR, "/mypage/points/*", "same"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			res := checktest.Members{Handler: tc.shop, Accounts: accounts}.Try(t, Suite, tc.check)
			if len(res.Findings) == 0 {
				t.Fatalf("%s: nothing found: %+v", res.Verdict, res.Reason)
			}
			for _, f := range res.Findings {
				if f.Where != tc.where || f.Case != tc.fault || f.Proof == nil || len(f.Proof.Steps) < 2 || f.Proof.Curl == "" {
					t.Errorf("%+v %+v", f, f.Proof)
				}
			}
			want := verdict.NotMet
			if tc.fault == "same" {
				want = verdict.Undetermined
			}
			if res.Verdict != want {
				t.Errorf("%s, want %s", res.Verdict, want)
			}
		})
	}
}
