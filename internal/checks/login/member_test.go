package login

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

var accounts = []wire.Account{{Name: "a", User: testshop.TestMember, Password: testshop.TestPassword}}

func teaShop(faults ...string) http.Handler {
	return testshop.New(testshop.Options{Faults: faults, HTTPS: true})
}

// noisy answers each failed sign-in with something else beside the message.
func noisy(inner http.Handler) http.Handler {
	n := 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.FormValue("login_pass") == testshop.TestPassword {
			inner.ServeHTTP(w, r)
			return
		}
		n++
		rec := &recorder{header: w.Header()}
		inner.ServeHTTP(rec, r)
		w.WriteHeader(rec.status)
		goods := []string{"深蒸し煎茶", "玉露", "ほうじ茶", "抹茶", "和紅茶", "くき茶", "玄米茶", "番茶", "粉茶", "芽茶", "釜炒り茶"}
		fmt.Fprint(w, strings.Replace(rec.body.String(), "</main>", "<p>おすすめは"+goods[n%len(goods)]+"です。</p><p>ただいま"+fmt.Sprint(n*7)+"人がご覧になっています。</p></main>", 1))
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

// silent locks the account without a word: the message stays the same.
func silent() http.Handler {
	inner := teaShop("lockout")
	tries := 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/mypage/login" {
			_ = r.ParseForm()
			if r.PostForm.Get("login_pass") != testshop.TestPassword {
				tries++
			} else if tries >= 5 {
				r.PostForm.Set("login_pass", "nobody-has-this-0000")
			}
		}
		inner.ServeHTTP(w, r)
	})
}

func TestMembers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		shop    http.Handler
		check   *check.Check
		acts    []string
		verdict verdict.Verdict
		fault   string
	}{
		{"one message that repeats the name", teaShop(), UserEnumeration, nil, verdict.Met, ""},
		{"goods and counters change by themselves", noisy(teaShop()), UserEnumeration, nil, verdict.Met, ""},
		{"another message", teaShop("user-enumeration"), UserEnumeration, nil, verdict.NotMet, "text"},
		{"another message among goods that change", noisy(teaShop("user-enumeration")), UserEnumeration, nil, verdict.NotMet, "text"},
		{"another way", teaShop("user-enumeration/redirect"), UserEnumeration, nil, verdict.NotMet, "status"},
		{"without consent", teaShop("lockout"), Lockout, nil, verdict.NotExamined, ""},
		{"a careful shop stops listening", teaShop(), Lockout, []string{wire.ActLockout}, verdict.Met, ""},
		{"a shop that locks without a word", silent(), Lockout, []string{wire.ActLockout}, verdict.Met, ""},
		{"no end", teaShop("lockout"), Lockout, []string{wire.ActLockout}, verdict.NotMet, ""},
		{"no end, and goods that change", noisy(teaShop("lockout")), Lockout, []string{wire.ActLockout}, verdict.NotMet, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			res := checktest.Members{Handler: tc.shop, Accounts: accounts, Acts: tc.acts}.Try(t, Suite, tc.check)
			fault := ""
			for _, f := range res.Findings {
				fault = f.Case
				if f.Proof == nil || len(f.Proof.Steps) == 0 || len(f.Evidence) < 2 {
					t.Errorf("no proof: %+v", f)
				}
			}
			if res.Verdict != tc.verdict || fault != tc.fault || len(res.Findings) > 1 {
				t.Errorf("%s %q, want %s %q: %+v %+v", res.Verdict, fault, tc.verdict, tc.fault, res.Reason, res.Findings)
			}
		})
	}
}

// TestFewTries: a name is tried with wrong passwords no more than twice, and
// nobody is locked out.
func TestFewTries(t *testing.T) {
	t.Parallel()
	shop := testshop.New(testshop.Options{HTTPS: true})
	wrong := 0
	counting := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.FormValue("login_pass") != testshop.TestPassword {
			wrong++
		}
		shop.ServeHTTP(w, r)
	})
	checktest.Members{Handler: counting, Accounts: accounts}.Try(t, Suite, UserEnumeration)
	if h := shop.Harm(); wrong != 4 || h.Lockouts != 0 || h.Mails != 0 {
		t.Errorf("%d wrong sign-ins, harm %+v", wrong, h)
	}
}
