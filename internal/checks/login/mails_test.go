package login

import (
	"fmt"
	"net/http"
	"net/smtp"
	"strings"
	"testing"

	"miseban/internal/check"
	"miseban/internal/check/checktest"
	"miseban/internal/mailbox"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// mailing is a careful shop that really sends its mails: reset says which host
// its link names, notify whether a changed password is told.
func mailing(t *testing.T, box *mailbox.Box, reset func(*http.Request) string, notify, deaf bool) (http.Handler, *testshop.Shop) {
	t.Helper()
	inner := testshop.New(testshop.Options{HTTPS: true})
	send := func(subject, body string) {
		if deaf {
			return
		}
		msg := "Subject: " + subject + "\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n" + body + "\r\n"
		if err := smtp.SendMail(box.Addr(), nil, "shop@chaya.example", []string{testshop.TestMember}, []byte(msg)); err != nil {
			t.Error(err)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{header: w.Header()}
		inner.ServeHTTP(rec, r)
		body := rec.body.String()
		if r.Method == http.MethodPost && rec.status == http.StatusOK {
			switch {
			case r.URL.Path == "/forgot":
				send("reset", "https://"+reset(r)+"/reset?key=0123")
			case r.URL.Path == "/mypage/password" && strings.Contains(body, "変更しました") && notify:
				send("notice", "パスワードが変更されました。")
			}
		}
		w.WriteHeader(rec.status)
		fmt.Fprint(w, body)
	}), inner
}

func fixed(*http.Request) string { return "shop.example" }

func trusting(r *http.Request) string {
	if h := r.Header.Get("X-Forwarded-Host"); h != "" {
		return h
	}
	return "shop.example"
}

// asAsked believes the Host line itself, as a server without a fixed name does.
func asAsked(r *http.Request) string { return r.Host }

func TestMails(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name         string
		check        *check.Check
		reset        func(*http.Request) string
		notify, deaf bool
		verdict      verdict.Verdict
	}{
		{"a link of its own", HostHeaderReset, fixed, true, false, verdict.Met},
		{"a link to whoever is named", HostHeaderReset, trusting, true, false, verdict.NotMet},
		{"a link to the host that was asked for", HostHeaderReset, asAsked, true, false, verdict.NotMet},
		{"no mail at all", HostHeaderReset, fixed, true, true, verdict.Undetermined},
		{"a change is told", ChangeNotified, fixed, true, false, verdict.Met},
		{"a change is not told", ChangeNotified, fixed, false, false, verdict.NotMet},
		{"no mail at all", ChangeNotified, fixed, true, true, verdict.Undetermined},
	} {
		t.Run(tc.check.Name+" "+tc.name, func(t *testing.T) {
			t.Parallel()
			box, err := mailbox.Listen(t.Context(), "127.0.0.1:0", testshop.TestMember)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(box.Close)
			shop, inner := mailing(t, box, tc.reset, tc.notify, tc.deaf)
			acc := accounts[0]
			acc.Mailbox = testshop.TestMember
			res := checktest.Members{Handler: shop, Level: wire.Full, Accounts: []wire.Account{acc}, Acts: []string{wire.ActMail}, Mails: box}.Try(t, Suite, tc.check)
			if res.Verdict != tc.verdict || len(res.Notes) > 0 {
				t.Errorf("%s, want %s: %+v %+v", res.Verdict, tc.verdict, res.Reason, res.Notes)
			}
			if h := inner.Harm(); tc.check == ChangeNotified && h.PasswordChanges != 2 || h.Withdrawals+h.Orders+h.Deletions > 0 {
				t.Errorf("%+v", h)
			}
		})
	}
}

// TestWeak: at level full weak passwords are tried on the test account, whose
// own is put back.
func TestWeak(t *testing.T) {
	t.Parallel()
	for _, lax := range []bool{false, true} {
		inner := testshop.New(testshop.Options{HTTPS: true})
		now := testshop.TestPassword
		shop := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if lax && r.Method == http.MethodPost && r.URL.Path == "/mypage/password" {
				if r.FormValue("current") == now {
					now = r.FormValue("password")
				}
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprint(w, "<title>完了</title><p>パスワードを変更しました。</p>")
				return
			}
			inner.ServeHTTP(w, r)
		})
		res := checktest.Members{Handler: shop, Level: wire.Full, Accounts: accounts}.Try(t, Suite, PasswordPolicy)
		want := map[bool]verdict.Verdict{false: verdict.Met, true: verdict.NotMet}[lax]
		if res.Verdict != want || len(res.Notes) > 0 || now != testshop.TestPassword {
			t.Errorf("lax %v: %s, want %s; password %q: %+v", lax, res.Verdict, want, now, res.Findings)
		}
		if h := inner.Harm(); h.PasswordChanges != 0 {
			t.Errorf("%+v", h)
		}
	}
}
