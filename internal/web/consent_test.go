package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/jobs"
	"miseban/internal/store"
	"miseban/internal/testshop"
	"miseban/internal/wire"
)

// agreeing is a whole and careful form of consent.
func agreeing(host, level string, more ...string) []string {
	return append([]string{
		"level", level, "hosts", host, "until", "2026-12-31", "speed", "2", "hosting", "not-needed", "hosting-note", "自社のサーバ", "step", "agree",
	}, more...)
}

// TestProof looks for the file on a shop whose name is not this computer's.
func TestProof(t *testing.T) {
	t.Parallel()
	w := settled(t)
	var file atomic.Value
	file.Store("")
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := file.Load().(string)
		if r.URL.Path != wire.ChallengePath || body == "" {
			http.NotFound(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "text/plain")
		fmt.Fprintln(rw, body)
	}))
	t.Cleanup(site.Close)
	w.server.tune = func(o *wire.Options) {
		o.Scope.Addresses = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		o.Nameserver = "127.0.0.1:1" // nobody answers there
		o.Resolve = func(context.Context, string) ([]net.IPAddr, error) {
			return []net.IPAddr{{IP: net.IPv4(127, 0, 0, 1)}}, nil
		}
		o.Scope.Rate.PerSecond = 100
	}
	_, port, err := net.SplitHostPort(site.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	w.shop.URL = "http://shop.example:" + port + "/"
	w.change(func(tx *store.Tx) error { return tx.SaveShop(t.Context(), w.shop) })
	page := "/shops/" + string(w.shop.ID) + "/consent"
	token, err := w.db.Challenge(w.shop.ID)
	if err != nil {
		t.Fatal(err)
	}
	boss, builder := w.as(w.people[account.Practitioner]), w.as(w.people[account.Maintainer])
	boss.get(page).wants(t, 200, "未確認", token, "_miseban-challenge.shop.example", wire.ChallengePath, "今すぐ確かめる")
	if got := builder.get(page).wants(t, 200, token, "お店の人に知らせてください"); strings.Contains(got.body, "今すぐ確かめる") {
		t.Error("the contractor may check")
	}
	builder.post(page+"/proof").wants(t, 403)
	boss.post(page+"/proof").wants(t, 303, page)
	boss.get(page).wants(t, 200, "まだ確認できません", "見つかりません", site.URL[len("http://127.0.0.1"):]+wire.ChallengePath)
	file.Store(token)
	boss.post(page+"/proof").wants(t, 303)
	boss.get(page).wants(t, 200, "確認済み", "見つかりました")
	w.shop.URL = "https://elsewhere.example/"
	w.change(func(tx *store.Tx) error { return tx.SaveShop(t.Context(), w.shop) })
	boss.get(page).wants(t, 200, "確認し直しが必要")
	w.pass(account.ConfirmedFor + time.Minute)
	boss.post(page+"/proof").wants(t, 303, "/confirm")
}

// proven gives the world's shop a proof of its own address.
func (w *world) proven() {
	w.t.Helper()
	p := &account.Proof{ID: account.NewID(), Shop: w.shop.ID, At: w.now(), Kind: wire.ProofFile, Result: wire.ProofResult{At: w.now(), Proven: w.shop.Origins()[:1], Open: w.shop.Origins()[1:],
		Tries: []wire.ProofTry{
			{Method: wire.ProofDNS, Where: "_miseban-challenge.example.jp", Origins: w.shop.Origins(), At: w.now(), Problem: wire.ProofAbsent},
			{Method: wire.ProofFile, Where: w.shop.Origin() + wire.ChallengePath, Origins: w.shop.Origins()[:1], At: w.now()},
		}}}
	w.change(func(tx *store.Tx) error { return tx.AddProof(w.t.Context(), p) })
}

// agreed fills the page of consent for those who look at pages.
func (w *world) agreed() {
	w.t.Helper()
	w.proven()
	ctx := w.t.Context()
	boss := w.people[account.Executive]
	first := account.NewID()
	c := &account.Consent{
		ID: account.NewID(), Shop: w.shop.ID, Until: w.now().AddDate(0, 3, 0), Terms: account.ConsentTerms, Person: "山田 花子", Organisation: w.shop.Company, Firm: w.orgs[account.Firm].ID, FirmName: w.orgs[account.Firm].Name,
		Hosts: w.shop.Origins(), Level: wire.Active, From: "01:00", To: "05:00", Workdays: true, PerSecond: 2, Exclude: []string{"/campaign/"}, Accounts: []string{"member1", "member2"}, Acts: []string{wire.ActCart, wire.ActLockout},
		Hosting: "obtained", HostingNote: "2026-11-01 受付番号 123",
	}
	before := *c
	before.ID, before.Level = first, wire.Safe
	sale := &account.Blackout{ID: account.NewID(), Shop: w.shop.ID, From: w.now().AddDate(0, 0, 2), Until: w.now().AddDate(0, 0, 4), Note: "ブラックフライデー"}
	w.change(func(tx *store.Tx) error {
		tx.By = boss.ID
		err := errors.Join(tx.AddConsent(ctx, &before), tx.AddConsent(ctx, c), tx.AddBlackout(ctx, sale))
		for _, u := range []string{"shindan-1@tea.example.jp", "shindan-2@tea.example.jp"} {
			err = errors.Join(err, tx.AddTestAccount(ctx, &account.TestAccount{ID: account.NewID(), Shop: w.shop.ID, Role: "customer", User: u}, "Ocha-no-jikan-2026"))
		}
		return err
	})
}

// TestConsent goes through consent, account, start within it, and withdrawal.
func TestConsent(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.proven()
	shop := "/shops/" + string(w.shop.ID)
	page, list := shop+"/consent", shop+"/diagnoses"
	boss, clerk, tester := w.as(w.people[account.Executive]), w.as(w.people[account.Practitioner]), w.as(w.people[account.Diagnostician])
	own := w.shop.Origin()

	clerk.get(page).wants(t, 200, "有効な同意はありません", "責任者（経営者）だけ")
	clerk.post(page, agreeing(own, "active")...).wants(t, 403)
	tester.post(page, agreeing(own, "active")...).wants(t, 403)
	clerk.post(list, "level", "active", "authority", "yes").wants(t, 422, "診断のレベルを選んで")
	tester.get(list+"/new").wants(t, 200, "お店の同意が必要です")
	tester.post(list, "level", "passive", "authority", "yes").wants(t, 422, "診断のレベルを選んで")

	const secret = "Ocha-no-jikan-2026"
	add := []string{"role", "customer", "user", "test@example.jp", "password", secret, "mailbox", "test@example.jp", "login-url", "https://tea.example.jp/login"}
	clerk.post(page+"/accounts", "role", "customer", "user", "x", "password", "file:/etc/passwd").wants(t, 422, "env: や file:", "診断のために作った")
	clerk.post(page+"/accounts", "role", "customer", "user", "x", "password", secret, "login-url", "https://bank.example/", "test", "yes").wants(t, 422, "お店のアドレスにあるページ")
	clerk.post(page+"/accounts", append(add, "test", "yes")...).wants(t, 303, page)
	if got := clerk.get(page).wants(t, 200, "member1", "test@example.jp", "使わない"); strings.Contains(got.body, secret) {
		t.Error("the page shows the password")
	}
	boss.get(page+"/new").wants(t, 200, "member1", "診断会社の例", own)
	boss.post(page, "level", "full", "hosts", "https://bank.example").wants(t, 422, "検証環境での診断は、データが変わります", "含まれていません", "1年以内", "速さを選んで", "どちらかを選んで")
	firm := string(w.orgs[account.Firm].ID)
	more := []string{"firm", firm, "accounts", "member1", "acts", "lockout", "from", "01:00", "to", "05:00", "workdays", "yes", "exclude", "/sale/"}
	hosts := own + "\nhttp://tea.example.jp"
	look := []string{"level", "active", "hosts", hosts, "until", "2026-12-31", "speed", "2", "hosting", "not-needed", "hosting-note", "自社のサーバ"}
	boss.post(page, append(look, more...)...).wants(t, 200, "この内容で同意しますか", `name="accounts" value="member1"`, "弱点を探す値を送ります")
	boss.get(page).wants(t, 200, "有効な同意はありません")
	boss.post(page, agreeing(hosts, "active", more...)...).wants(t, 303, page)
	boss.get(page).wants(t, 200, "有効", "使ってよい", "01:00–05:00", "平日だけ", "診断会社の例")

	c, err := w.db.StandingConsent(t.Context(), w.shop.ID, w.now())
	if err != nil || c == nil || c.By != w.people[account.Executive].ID || c.Person != "責任者（経営者）" || c.FirmName != w.orgs[account.Firm].Name {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, in := range []string{"ja", "en"} {
		if got := tester.get(page+"/"+string(c.ID)+"/agreement?in="+in).wants(t, 200); !strings.HasPrefix(got.body, "%PDF-") {
			t.Errorf("the agreement in %s is no PDF", in)
		}
	}
	w.as(w.people[account.Maintainer]).get(page+"/"+string(c.ID)+"/agreement").wants(t, 403)

	// It is Sunday 21:00 in Japan: the hours open on Tuesday, after a holiday.
	tester.get(list+"/new").wants(t, 200, "弱点を探す診断", "お店の同意の範囲で診断します")
	tester.post(list, "level", "full", "authority", "yes").wants(t, 422, "診断のレベルを選んで")
	tester.post(list, "level", "active", "authority", "yes", "from", "04:00", "until", "06:00").wants(t, 422, "同意された 01:00–05:00 の中")
	started := tester.post(list, "level", "active", "authority", "yes").wants(t, 303, list+"/").location
	tester.get(started).wants(t, 200, "2026-11-24 01:00 に始めます", "弱点を探す診断", "責任者（経営者） / 株式会社山田茶舗")
	x, err := w.db.Diagnosis(t.Context(), w.shop.ID, account.ID(started[strings.LastIndex(started, "/")+1:]))
	if err != nil {
		t.Fatal(err)
	}
	run, err := w.db.Run(t.Context(), x.Run)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.db.Unlock(t.Context(), w.shop.ID, run.Scope); err != nil {
		t.Error(err)
	}
	if f := run.Scope.Faults(w.now()); len(f) > 0 || strings.Join(run.Scope.Hosts, " ") != own || len(run.Scope.Accounts) != 1 || run.Scope.Exclude[0] != "/sale/" || string(run.Scope.Accounts[0].Password) != secret {
		t.Errorf("the scope is %+v: %v", run.Scope, f)
	}
	sale := []string{"first", "2026-11-24", "last", "2026-11-24", "note", "ブラックフライデー"}
	clerk.post(page+"/blackouts", "first", "2026-11-24", "last", "2026-11-20").wants(t, 422, "最初の日より前")
	clerk.post(page+"/blackouts", sale...).wants(t, 303)
	clerk.get(page).wants(t, 200, "2026-11-24", "ブラックフライデー")
	tester.get(clerk.post(list, "level", "active", "authority", "yes").wants(t, 303).location).wants(t, 200, "2026-11-25 01:00 に始めます")

	w.as(w.people[account.Diagnostician]).post(page+"/"+string(c.ID)+"/withdraw").wants(t, 403)
	clerk.post("/shops/"+string(w.other.ID)+"/consent/"+string(c.ID)+"/withdraw").wants(t, 404)
	clerk.post(page+"/"+string(c.ID)+"/withdraw").wants(t, 303, page)
	clerk.post(page+"/"+string(c.ID)+"/withdraw").wants(t, 409)
	boss.get(page).wants(t, 200, "取り消し済み", "有効な同意はありません")
	if got := boss.get(started).wants(t, 200, "同意が取り消されたか"); strings.Contains(got.body, "続きから再開する") {
		t.Error("it can be resumed")
	}
	tester.post(started+"/resume").wants(t, 303)
	if x, err = w.db.Diagnosis(t.Context(), w.shop.ID, x.ID); err != nil || x.State != store.DiagnosisStopped {
		t.Errorf("after the withdrawal: %+v, %v", x, err)
	}
	boss.post(list, "level", "active", "authority", "yes").wants(t, 422)
	boss.get(shop+"/audit").wants(t, 200, "診断の同意を取り消し", "テスト用アカウントを登録", "診断しない日を登録")
}

// TestEndsStopWork: a grant taken back stops what that firm began, and the
// shop's move to another address everything.
func TestEndsStopWork(t *testing.T) {
	t.Parallel()
	w := settled(t)
	shop := "/shops/" + string(w.shop.ID)
	boss, tester := w.as(w.people[account.Executive]), w.as(w.people[account.Diagnostician])
	boss.post(shop+"/consent", agreeing(w.shop.Origin(), "safe", "firm", string(w.orgs[account.Firm].ID))...).wants(t, 303)
	tester.get(shop+"/diagnoses/new").wants(t, 200, "お店の同意の範囲で診断します", "今の同意は「確認」まで")
	theirs := tester.post(shop+"/diagnoses", "level", "safe", "authority", "yes").wants(t, 303).location
	own := boss.post(shop+"/diagnoses", "level", "safe", "authority", "yes").wants(t, 303).location
	states := func(want ...string) {
		t.Helper()
		for i, at := range []string{theirs, own} {
			boss.get(at).wants(t, 200, want[i])
		}
	}
	states("順番待ち", "順番待ち")
	_, row, _ := strings.Cut(boss.get(shop+"/access").wants(t, 200).body, w.orgs[account.Firm].Name)
	_, row, _ = strings.Cut(row, "/grants/")
	grant, _, _ := strings.Cut(row, "/")
	boss.post(shop+"/grants/"+grant+"/revoke").wants(t, 303)
	states("中止", "順番待ち")
	tester.post(theirs+"/resume").wants(t, 404)
	form := []string{"revision", "1", "state", "trading", "name", "山田茶舗", "contact-name-0", "山田", "contact-phone-0", "03-1234-5678", "url"}
	boss.post(shop+"/edit", append(form, "https://tea.example.jp/new")...).wants(t, 303)
	states("中止", "順番待ち")
	form[1] = "2"
	boss.post(shop+"/edit", append(form, "https://sold.example.jp/")...).wants(t, 303)
	states("中止", "中止")
}

// TestUnproven: a diagnosis that found no proof says where to look.
func TestUnproven(t *testing.T) {
	t.Parallel()
	w := settled(t)
	ctx := t.Context()
	for gone, want := range map[bool]string{true: "公開したものが残っているか", false: "つながりません"} {
		run := &diagnose.Run{ID: "r-" + string(account.NewID()), Shop: w.shop.URL, Started: noon, State: diagnose.Failed, Reason: check.Reason{Message: "つながりません"}, Scope: &wire.Scope{Hosts: w.shop.Origins(), Level: wire.Active},
			Proof: &wire.ProofResult{Proven: w.shop.Origins(), Tries: []wire.ProofTry{{Method: wire.ProofFile, Problem: wire.ProofAbsent}}}}
		if gone {
			run.Proof.Proven, run.Proof.Open = nil, w.shop.Origins()
		}
		x := &store.Diagnosis{ID: account.NewID(), Shop: w.shop.ID, State: store.DiagnosisQueued, Plan: store.DiagnosisPlan{Level: wire.Active}}
		w.change(func(tx *store.Tx) error { return tx.AddDiagnosis(ctx, x, run) })
		if ok, err := w.db.TakeDiagnosis(ctx, x.ID, "h", time.Minute); err != nil || !ok {
			t.Fatal(ok, err)
		}
		w.change(func(tx *store.Tx) error {
			return tx.LeaveDiagnosis(ctx, x, "h", store.DiagnosisFailed, jobs.WhyReached, time.Time{})
		})
		w.as(w.people[account.Executive]).get(diagnosisURL(x)).wants(t, 200, want)
	}
}

// TestActiveDiagnosis goes the whole way against the demo shop: account,
// consent, a diagnosis that looks for weaknesses behind the sign-in, and a
// second one that the withdrawal stops.
func TestActiveDiagnosis(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole diagnosis")
	}
	t.Parallel()
	w := settled(t)
	w.server.now, w.server.opt.Local = time.Now, true
	w.clock.Store(time.Now().UnixMicro())
	demo := testshop.New(testshop.Options{Faults: []string{"sql", "https-missing", "https-redirect"}})
	var last atomic.Int64
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		last.Store(time.Now().UnixNano())
		demo.ServeHTTP(rw, r)
	}))
	t.Cleanup(func() { site.Close(); demo.Close() })
	shop := &account.Shop{ID: account.NewID(), Organisation: w.orgs[account.Shopkeeper].ID, State: account.Trading, Name: "見本の茶屋", URL: site.URL + "/"}
	w.change(func(tx *store.Tx) error { return tx.AddShop(t.Context(), shop) })
	queue, err := jobs.Open(t.Context(), jobs.Options{DB: w.db, Workers: 1, Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := queue.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := queue.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	boss := w.as(w.people[account.Executive])
	page, list := "/shops/"+string(shop.ID)+"/consent", "/shops/"+string(shop.ID)+"/diagnoses"
	boss.get(page).wants(t, 200, "確認は不要")
	boss.post(page+"/accounts", "role", "customer", "user", testshop.TestMember, "password", testshop.TestPassword, "test", "yes").wants(t, 303)
	boss.post(page, agreeing(site.URL, "active", "accounts", "member1", "until", "2027-01-31")...).wants(t, 303)
	state := func(at string, want func(*store.Diagnosis) bool) *store.Diagnosis {
		t.Helper()
		deadline := time.After(4 * time.Minute)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			x, err := w.db.Diagnosis(t.Context(), shop.ID, account.ID(at[strings.LastIndex(at, "/")+1:]))
			if err != nil {
				t.Fatal(err)
			}
			if want(x) {
				return x
			}
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatalf("the diagnosis stays %+v", x)
			}
		}
	}
	first := boss.post(list, "level", "active", "authority", "yes").wants(t, 303).location
	x := state(first, func(x *store.Diagnosis) bool { return x.State.Ended() || x.State == store.DiagnosisStopped })
	run, err := w.db.Run(t.Context(), x.Run)
	if err != nil {
		t.Fatal(err)
	}
	res := run.Result("sql")
	if x.State != store.DiagnosisFinished || run.Scope.Level != wire.Active || res == nil || len(res.Findings) == 0 {
		t.Fatalf("%s (%s), level %s, sql: %+v; %s", x.State, x.Why, run.Scope.Level, res, run.Reason.In("en"))
	}
	if len(run.Seen.Accounts) != 1 || !run.Seen.Accounts[0].SignedIn {
		t.Errorf("accounts: %+v", run.Seen.Accounts)
	}
	var doc string
	if err := w.db.Writer().QueryRowContext(t.Context(), `SELECT doc FROM runs WHERE id = $1`, x.Run).Scan(&doc); err != nil || strings.Contains(doc, testshop.TestPassword) {
		t.Errorf("the stored run holds the password: %v", err)
	}
	if h := demo.Harm(); h.Orders+h.Registrations+h.Enquiries > 0 {
		t.Errorf("harm: %+v", h)
	}

	second := boss.post(list, "level", "active", "authority", "yes").wants(t, 303).location
	state(second, func(x *store.Diagnosis) bool { return x.State == store.DiagnosisRunning && x.Progress.Requests > 5 })
	c, err := w.db.StandingConsent(t.Context(), shop.ID, time.Now())
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	pressed := time.Now()
	boss.post(page+"/"+string(c.ID)+"/withdraw").wants(t, 303)
	state(second, func(x *store.Diagnosis) bool { return x.State == store.DiagnosisStopped })
	if after := time.Unix(0, last.Load()).Sub(pressed); after > 2*time.Second {
		t.Errorf("a request %v after the withdrawal", after)
	}
	boss.get(second).wants(t, 200, "再開できません")
	boss.post(list, "level", "active", "authority", "yes").wants(t, 422, "診断のレベルを選んで")
	if _, err := w.db.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestHalfConsents: what the form of a consent refuses, nothing records.
func TestHalfConsents(t *testing.T) {
	t.Parallel()
	w := settled(t)
	boss := w.as(w.people[account.Executive])
	page := "/shops/" + string(w.shop.ID) + "/consent"
	own := w.shop.Origin()
	for _, c := range []struct {
		more []string
		want string
	}{
		{[]string{"hosts", "http://127.0.0.1:5432"}, "このコンピュータの中のアドレス"},
		{[]string{"until", "2027-12-31"}, "1年以内"},
		{[]string{"firm", string(w.absent)}, "一覧から選んで"},
		{[]string{"accounts", "member7"}, "テスト用アカウントが削除されています"},
		{[]string{"acts", "lockout"}, "テスト用アカウントが必要です"},
		{[]string{"hosting-note", ""}, "許可を得た日"},
	} {
		form := url.Values{}
		for _, kv := range [][]string{agreeing(own, "active"), c.more} {
			for i := 0; i+1 < len(kv); i += 2 {
				form.Set(kv[i], kv[i+1])
			}
		}
		if c.more[0] == "hosts" {
			form.Set("hosts", own+"\n"+c.more[1])
		}
		boss.do("POST", page, form).wants(t, 422, c.want)
	}
	if c, err := w.db.StandingConsent(t.Context(), w.shop.ID, w.now()); c != nil || err != nil {
		t.Errorf("recorded: %+v, %v", c, err)
	}
	if _, err := w.db.Consent(t.Context(), w.shop.ID, "x"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}
