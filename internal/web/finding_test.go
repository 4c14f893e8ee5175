package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/i18n"
	"miseban/internal/jobs"
	"miseban/internal/perform"
	"miseban/internal/store"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
	"miseban/internal/workflow"
)

// found puts findings of hsts at places into the work list of a shop, and
// reads them in the order of the list.
func (w *world) found(shop account.ID, run string, where ...string) []store.Finding {
	w.t.Helper()
	ctx := w.t.Context()
	r := &diagnose.Run{ID: run, Shop: "https://tea.example.jp/", Started: w.now(), State: diagnose.Finished, Scope: &wire.Scope{Hosts: []string{"https://tea.example.jp"}, Level: wire.Safe, Authority: wire.Authority{Person: "山田 花子"}}}
	res := check.Result{Check: "hsts", Verdict: verdict.NotMet}
	for _, x := range where {
		res.Findings = append(res.Findings, check.Finding{Check: "hsts", Where: x, Severity: check.Low, Confidence: check.Confirmed})
	}
	r.Results = []check.Result{res}
	x := &store.Diagnosis{ID: account.NewID(), Shop: shop, State: store.DiagnosisQueued, Plan: store.DiagnosisPlan{Level: wire.Safe}}
	w.change(func(tx *store.Tx) error {
		_, err := tx.MergeFindings(ctx, shop, workflow.LookOf(r, checks.Catalogue))
		return errors.Join(err, tx.AddDiagnosis(ctx, x, r))
	})
	list, _, err := w.db.Findings(ctx, shop, store.FindingFilter{State: store.AllStates})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// listedFinding fills the work list of the shop for a look at its pages, and
// names a finding that much was done with.
func (w *world) listedFinding() string {
	w.t.Helper()
	ctx := w.t.Context()
	r := &diagnose.Run{ID: "r20261101-120000-abcde", Shop: "https://tea.example.jp/", Started: w.now().AddDate(0, 0, -21), State: diagnose.Finished, Scope: &wire.Scope{Hosts: []string{"https://tea.example.jp"}, Level: wire.Safe, Authority: wire.Authority{Person: "山田 花子"}}}
	for _, f := range []check.Finding{
		{Check: "vcs-exposed", Where: "/.git/HEAD", Severity: check.Critical, Excerpt: "ref: refs/heads/master", Args: i18n.Args{"where": "/.git/HEAD", "kind": "Git"}}, {Check: "sql-injection", Where: "/products/list", Parameter: "category_id", Severity: check.High, Confidence: check.Possible},
		{Check: "hsts", Where: "/", Severity: check.Low}, {Check: "cookie-secure", Where: "eccube", Severity: check.Medium}, {Check: "csp", Where: "/cart/a-rather-long-path/that-goes-on/and-on?parameter=value", Severity: check.Low},
	} {
		if c, _ := checks.Find(f.Check); c == nil {
			continue
		}
		if f.Confidence == "" {
			f.Confidence = check.Confirmed
		}
		r.Results = append(r.Results, check.Result{Check: f.Check, Verdict: verdict.NotMet, Findings: []check.Finding{f}})
	}
	again := *r
	again.ID, again.Parent, again.Only, again.Started = "r20261110-120000-abcde", r.ID, []string{"vcs-exposed"}, w.now()
	x := &store.Diagnosis{ID: account.NewID(), Shop: w.shop.ID, State: store.DiagnosisFinished, Plan: store.DiagnosisPlan{Level: wire.Safe}}
	y := &store.Diagnosis{ID: account.NewID(), Shop: w.shop.ID, State: store.DiagnosisFinished, Plan: store.DiagnosisPlan{Level: wire.Safe}}
	w.change(func(tx *store.Tx) error {
		_, err := tx.MergeFindings(ctx, w.shop.ID, workflow.LookOf(r, checks.Catalogue))
		return errors.Join(err, tx.AddDiagnosis(ctx, x, r), tx.AddDiagnosis(ctx, y, &again))
	})
	for i := range again.Results {
		if err := w.db.SaveResult(ctx, again.ID, &again.Results[i]); err != nil {
			w.t.Fatal(err)
		}
	}
	list, _, err := w.db.Findings(ctx, w.shop.ID, store.FindingFilter{Limit: 10})
	if err != nil || len(list) < 4 {
		w.t.Fatal(len(list), err)
	}
	f := list[0]
	boss, vendor := w.people[account.Executive].ID, w.people[account.Maintainer].ID
	for _, do := range []struct {
		by account.ID
		f  func(*store.Tx) error
	}{
		{boss, func(tx *store.Tx) error { return tx.AssignFinding(ctx, &f, vendor, "2026-11-20") }},
		{vendor, func(tx *store.Tx) error {
			return tx.CommentFinding(ctx, &f, "今夜の作業で、公開フォルダーから外します。\n終わったら再診断します。")
		}},
		{vendor, func(tx *store.Tx) error { return tx.MoveFinding(ctx, &f, workflow.Ready, "", "") }},
		{vendor, func(tx *store.Tx) error { return tx.RetestFindings(ctx, &f, y.ID) }},
	} {
		if err := w.db.Change(ctx, do.by, w.now(), do.f); err != nil {
			w.t.Fatal(err)
		}
		now, err := w.db.Finding(ctx, w.shop.ID, f.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		f = *now
	}
	return string(f.ID)
}

// TestFindingPages: each role moves findings as the table lets it, two people at
// once are told of each other, and nothing of another shop is reached.
func TestFindingPages(t *testing.T) {
	t.Parallel()
	w := settled(t)
	list := w.found(w.shop.ID, "r1", "/a", "/b", "/c", "=cmd")
	foreign := w.found(w.other.ID, "r2", "/x")[0]
	base := "/shops/" + string(w.shop.ID) + "/findings"
	as := func(r account.Role) *visitor { return w.as(w.people[r]) }
	boss, staffer, vendor, judge, clerk := as(account.Executive), as(account.Practitioner), as(account.Maintainer), as(account.Diagnostician), as(account.Clerk)
	page := base + "/" + string(list[0].ID)
	rev := func() string {
		f, err := w.db.Finding(t.Context(), w.shop.ID, list[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		return strconv.Itoa(f.Revision)
	}

	boss.get(base).wants(t, 200, "/a", "/b", "対策が必要（4件）", "Excel で保存", "対策依頼書")
	clerk.get(base).wants(t, 200, "/a")
	if strings.Contains(clerk.get(base).body, "まとめて変更") || strings.Contains(clerk.get(page).body, "状態を変える") {
		t.Error("somebody who only reads is offered changes")
	}
	vendor.get(page).wants(t, 200, "直し方: 開発会社", "直しました（再診断する）", "対応済・再診断待ち", "課題管理ツールへ写す")
	vendor.get(page).wants(t, 200, "POST /rest/api/2/issue", "&#34;duedate&#34;", "&#34;labels&#34;", "dueDate=2")
	for _, p := range []string{base + "/" + string(foreign.ID), base + "/x", base + "/" + string(w.absent)} {
		boss.get(p).wants(t, 404)
		boss.post(p+"/move", "revision", "0", "to", "working").wants(t, 404)
		boss.post(p+"/retest", "revision", "0").wants(t, 404)
		boss.post(p+"/comment", "comment", "x").wants(t, 404)
	}

	// What each role may, beside the table's own test: the handler asks it.
	for _, c := range []struct {
		v    *visitor
		to   workflow.State
		more []string
		code int
	}{
		{vendor, workflow.Accepted, []string{"reason", "x", "expires", "2026-12-24"}, 403}, {vendor, workflow.Resolved, []string{"reason", "x"}, 403}, {staffer, workflow.FalseAlarm, nil, 403},
		{staffer, workflow.New, nil, 403}, {staffer, "gone", nil, 422}, {boss, workflow.Accepted, []string{"expires", "2026-12-24"}, 422}, {boss, workflow.Accepted, []string{"reason", "x", "expires", "2026-11-22"}, 422},
		{boss, workflow.Accepted, []string{"reason", "x", "expires", "2028-01-01"}, 422}, {clerk, workflow.Working, nil, 403},
		{vendor, workflow.Working, nil, 303}, {judge, workflow.FalseAlarm, []string{"reason", "見間違い", "expires", "2026-12-24"}, 303}, {judge, workflow.Confirmed, nil, 303}, {boss, workflow.Accepted, []string{"reason", "小さい", "expires", "2026-12-24"}, 303},
	} {
		c.v.post(page+"/move", append([]string{"revision", rev(), "to", string(c.to)}, c.more...)...).wants(t, c.code)
	}
	boss.get(page).wants(t, 200, "許容", "2026-12-24 まで", "小さい", "見間違い", "状態: 対応中 → 誤検知")
	boss.get(base+"?state=accepted").wants(t, 200, "/a")

	old := rev()
	boss.post(page+"/move", "revision", old, "to", "working").wants(t, 303)
	staffer.post(page+"/move", "revision", old, "to", "ready", "reason", "直しました").wants(t, 409, "今の内容", "対応中", "対応済・再診断待ち", "直しました")
	staffer.post(page+"/retest", "revision", old).wants(t, 409, "あなたの変更")
	me := string(w.people[account.Maintainer].ID)
	staffer.post(page+"/assign", "revision", old, "assignee", me, "due", "2026-12-01").wants(t, 409, "2026-12-01", "委託先の担当者")
	staffer.post(page+"/assign", "revision", rev(), "assignee", me, "due", "2026-12-01").wants(t, 303)
	vendor.post(page+"/assign", "revision", rev(), "assignee", me, "due", "2027-12-01").wants(t, 303) // the day is not his
	boss.get(page).wants(t, 200, "2026-12-01", "担当: 未定 → 委託先の担当者", "対応期限: ")
	staffer.post(page+"/assign", "revision", rev(), "assignee", string(w.people[account.Clerk].ID)).wants(t, 422, "一覧から選んで")
	vendor.get(base+"?who=me").wants(t, 200, "/a")
	vendor.post(page+"/comment", "comment", "<b>来週</b>").wants(t, 303)
	boss.get(page).wants(t, 200, "&lt;b&gt;来週&lt;/b&gt;")
	boss.post(page+"/comment", "comment", " ").wants(t, 422, "コメントを 2,000")

	// Many at once: what may not be moved stays.
	pick := func(fs ...store.Finding) []string {
		var out []string
		for _, f := range fs {
			out = append(out, "finding", string(f.ID)+":"+strconv.Itoa(f.Revision))
		}
		return out
	}
	staffer.post(base, append(pick(list[1], list[2], foreign), "to", "confirmed", "assignee", me)...).wants(t, 303, base)
	staffer.get(base+"?state=confirmed").wants(t, 200, "2 件を変更しました", "1 件は", "/b", "/c")
	staffer.post(base, append(pick(list[1]), "to", "accepted")...).wants(t, 303)
	staffer.get(base).wants(t, 200, "変更後の状態か、担当する人")
	if f, err := w.db.Finding(t.Context(), w.other.ID, foreign.ID); err != nil || f.State != workflow.New || f.Assignee != "" {
		t.Errorf("another shop's finding: %+v, %v", f, err)
	}

	csv := boss.get(base+"/export?format=csv&state=all").wants(t, 200, "\ufeff危険度", "'=cmd", "/a").body
	if strings.Count(csv, "\r\n") != 5 || strings.Contains(csv, "/x") {
		t.Errorf("csv:\n%s", csv)
	}
	if b := boss.get(base+"/export?format=xlsx").wants(t, 200).body; !strings.HasPrefix(b, "PK") {
		t.Error("no workbook")
	}
	now, _, err := w.db.Findings(t.Context(), w.shop.ID, store.FindingFilter{})
	if err != nil {
		t.Fatal(err)
	}
	if b := staffer.post(base+"/request", pick(append(now, foreign)...)...).wants(t, 200, "対策依頼書を作る", "/a").body; strings.Contains(b, "/x") {
		t.Error("a request holds what is another shop's")
	}
	if *screens != "" {
		if err := errors.Join(os.MkdirAll(*screens, 0o700), os.WriteFile(filepath.Join(*screens, "findings.xlsx"), []byte(boss.get(base+"/export?format=xlsx&state=all").body), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	vendor.get("/findings").wants(t, 200, "すべてのお店の検出事項", "1 店・", "山田茶舗")
	if strings.Contains(boss.get("/findings").body, "別のお店") {
		t.Error("the list over all shops shows another's")
	}
	if _, err := w.db.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestRetestWaits: a retest rests on what the last diagnosis rested on; where
// that is over, it says what to do, and the finding waits.
func TestRetestWaits(t *testing.T) {
	t.Parallel()
	w := settled(t)
	list := w.found(w.shop.ID, "r1", "/a", "/b")
	page := "/shops/" + string(w.shop.ID) + "/findings/" + string(list[0].ID)
	vendor := w.as(w.people[account.Maintainer])
	vendor.post(page+"/retest", "revision", "0").wants(t, 303, page)
	vendor.get(page).wants(t, 200, "再診断を始めました", "順番待ち", "対応済・再診断待ち")
	other := "/shops/" + string(w.shop.ID) + "/findings/" + string(list[1].ID)
	vendor.post(other+"/retest", "revision", "0").wants(t, 303) // the same check: one retest looks after both
	vendor.get(other).wants(t, 200, "もう始まっています")
	if all, err := w.db.Diagnoses(t.Context(), w.shop.ID, "", 10); err != nil || len(all) != 2 {
		t.Errorf("%d diagnoses, %v", len(all), err)
	}
	w.pass(91 * 24 * time.Hour)
	third := w.found(w.shop.ID, "r1-old", "/c")
	i := slices.IndexFunc(third, func(f store.Finding) bool { return f.Seen.Where == "/c" })
	page = "/shops/" + string(w.shop.ID) + "/findings/" + string(third[i].ID)
	w.pass(91 * 24 * time.Hour)
	boss := w.as(w.people[account.Executive])
	boss.post(page+"/retest", "revision", "0").wants(t, 303)
	boss.get(page).wants(t, 200, "90 日を過ぎています", "対応済・再診断待ち")
}

// TestRetestCause: one fault in several places is said to be mended at once, in
// the shops that are the visitor's, and looked after by one diagnosis a shop.
func TestRetestCause(t *testing.T) {
	t.Parallel()
	w := settled(t)
	mine := w.found(w.shop.ID, "r1", "/products/1", "/products/2")
	foreign := w.found(w.other.ID, "r2", "/products/3")[0]
	vendor := w.as(w.people[account.Maintainer])
	vendor.get("/findings").wants(t, 200, "1 店・2 件")
	vendor.post("/findings/retest", "cause", mine[0].Cause).wants(t, 303, "/findings")
	vendor.get("/findings").wants(t, 200, "2 件を「対応済・再診断待ち」にしました")
	states, _, err := w.db.FindingCounts(t.Context(), w.shop.ID, "2026-11-22")
	if err != nil || states[workflow.Ready] != 2 {
		t.Errorf("states %v, %v", states, err)
	}
	if all, err := w.db.Diagnoses(t.Context(), w.shop.ID, "", 10); err != nil || len(all) != 2 {
		t.Errorf("%d diagnoses, want the first and one retest: %v", len(all), err)
	}
	if f, err := w.db.Finding(t.Context(), w.other.ID, foreign.ID); err != nil || f.State != workflow.New || foreign.Cause != mine[0].Cause {
		t.Errorf("another shop's: %+v, %v", f, err)
	}
}

// TestRetestConsent: what a consent carried is retested while the consent
// stands, by those whom it covers.
func TestRetestConsent(t *testing.T) {
	t.Parallel()
	w := settled(t)
	ctx := t.Context()
	w.agreed()
	c, err := w.db.StandingConsent(ctx, w.shop.ID, w.now())
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	r := &diagnose.Run{ID: "r1", Shop: w.shop.URL, Started: w.now(), State: diagnose.Finished, Scope: &wire.Scope{Hosts: w.shop.Origins(), Level: wire.Active, Consent: c.Wire()},
		Results: []check.Result{{Check: "hsts", Verdict: verdict.NotMet, Findings: []check.Finding{{Check: "hsts", Where: "/", Severity: check.Low, Confidence: check.Confirmed}}}}}
	x := &store.Diagnosis{ID: account.NewID(), Shop: w.shop.ID, State: store.DiagnosisFinished, Plan: store.DiagnosisPlan{Level: wire.Active, Consent: c.ID}}
	w.change(func(tx *store.Tx) error {
		_, err := tx.MergeFindings(ctx, w.shop.ID, workflow.LookOf(r, checks.Catalogue))
		return errors.Join(err, tx.AddDiagnosis(ctx, x, r))
	})
	list, _, err := w.db.Findings(ctx, w.shop.ID, store.FindingFilter{})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	page := "/shops/" + string(w.shop.ID) + "/findings/" + string(list[0].ID)
	planned := func() int {
		t.Helper()
		all, err := w.db.Diagnoses(ctx, w.shop.ID, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	vendor, boss := w.as(w.people[account.Maintainer]), w.as(w.people[account.Executive])
	vendor.post(page+"/retest", "revision", "0").wants(t, 303)
	vendor.get(page).wants(t, 200, "お店の方か、同意された診断会社の診断員", "対応済・再診断待ち")
	if n := planned(); n != 1 {
		t.Errorf("a contractor's word began a diagnosis at level active: %d", n)
	}
	boss.post(page+"/retest", "revision", "1").wants(t, 303)
	if n := planned(); n != 2 {
		t.Errorf("%d diagnoses, want the retest", n)
	}
	boss.post("/shops/"+string(w.shop.ID)+"/consent/"+string(c.ID)+"/withdraw").wants(t, 303)
	boss.post(page+"/retest", "revision", "1").wants(t, 303)
	boss.get(page).wants(t, 200, "同意の期限が切れているか")
	if n := planned(); n != 2 {
		t.Errorf("%d diagnoses after the withdrawal", n)
	}
}

// TestFindingJourney: the demo shop is diagnosed, a finding is assigned and
// mended, the retest settles it; another, which is not mended, comes back; the
// next diagnosis doubles nothing.
func TestFindingJourney(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("diagnoses the demo shop twice")
	}
	w := settled(t)
	w.server.now, w.server.opt.Local = time.Now, true // the workers' clock is the real one
	w.clock.Store(time.Now().UnixMicro())
	var demo atomic.Pointer[testshop.Shop]
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { demo.Load().ServeHTTP(rw, r) }))
	t.Cleanup(site.Close)
	swap := func(without string) {
		o := testshop.WeakShop()
		o.Faults = slices.DeleteFunc(slices.Clone(o.Faults), func(f string) bool { return f == without })
		o.HTTPS, o.HTTPSOrigin, o.HTTPOrigin = true, site.URL, site.URL
		s := testshop.New(o)
		t.Cleanup(s.Close)
		demo.Store(s)
	}
	swap("")
	shop := &account.Shop{ID: account.NewID(), Organisation: w.orgs[account.Shopkeeper].ID, State: account.Trading, Name: "見本の店", URL: site.URL + "/"}
	w.change(func(tx *store.Tx) error { return tx.AddShop(t.Context(), shop) })
	queue, err := jobs.Open(t.Context(), jobs.Options{DB: w.db, Workers: 1, Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := queue.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := queue.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	finished := func(id account.ID) *store.Diagnosis {
		t.Helper()
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			x, err := w.db.DiagnosisByID(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if x.State == store.DiagnosisFinished {
				return x
			}
			if x.State == store.DiagnosisFailed || x.State == store.DiagnosisStopped {
				t.Fatalf("the diagnosis ended as %+v", x)
			}
		}
		return nil
	}
	plan := func() *store.Diagnosis {
		x := &store.Diagnosis{ID: account.NewID(), Shop: shop.ID, State: store.DiagnosisQueued, Plan: store.DiagnosisPlan{Level: wire.Safe}}
		run := &diagnose.Run{ID: perform.NewRunID(time.Now()), Shop: shop.URL, Started: time.Now().UTC(), Version: "test", State: diagnose.Running,
			Scope: &wire.Scope{Hosts: []string{site.URL}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}, Authority: wire.Authority{Person: "山田 花子"}}}
		w.change(func(tx *store.Tx) error {
			return errors.Join(tx.AddDiagnosis(t.Context(), x, run), queue.Enqueue(t.Context(), tx, jobs.Diagnose{ID: x.ID}))
		})
		return finished(x.ID)
	}
	all := func() map[string]store.Finding {
		t.Helper()
		list, _, err := w.db.Findings(t.Context(), shop.ID, store.FindingFilter{State: store.AllStates})
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]store.Finding{}
		for _, f := range list {
			out[f.Fingerprint] = f
		}
		return out
	}
	of := func(check string) store.Finding {
		t.Helper()
		for _, f := range all() {
			if f.Seen.Check == check {
				return f
			}
		}
		t.Fatalf("no finding of %s", check)
		return store.Finding{}
	}
	plan()
	first := all()
	if len(first) < 10 {
		t.Fatalf("%d findings", len(first))
	}
	boss := w.as(w.people[account.Executive])
	list := "/shops/" + string(shop.ID) + "/findings"
	boss.get(list).wants(t, 200, "見本の店", "新規")

	const fixed, left = "frame-protection", "vcs-exposed"
	f := of(fixed)
	page := list + "/" + string(f.ID)
	boss.get(page).wants(t, 200, "見つかったこと", "証跡")
	boss.post(page+"/assign", "revision", "0", "assignee", string(w.people[account.Practitioner].ID), "due", f.Due).wants(t, 303)
	staffer := w.as(w.people[account.Practitioner])
	staffer.post(page+"/move", "revision", "1", "to", "working").wants(t, 303)
	swap(fixed)
	retest := func(f store.Finding) {
		t.Helper()
		p := list + "/" + string(f.ID)
		staffer.post(p+"/retest", "revision", strconv.Itoa(f.Revision)).wants(t, 303, p)
		again, err := w.db.Finding(t.Context(), shop.ID, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		finished(again.Retest)
	}
	retest(of(fixed))
	staffer.get(page).wants(t, 200, "解消確認", "見つかりませんでした", "再診断で、直ったことを確かめました。")
	retest(of(left))
	if f := of(left); f.State != workflow.Working {
		t.Errorf("what is not mended is %s", f.State)
	}
	staffer.get(list+"/"+string(of(left).ID)).wants(t, 200, "まだ残っています", "また見つかりました")
	plan()
	second := all()
	for print, f := range second {
		if _, known := first[print]; !known {
			t.Errorf("the second diagnosis found anew: %s at %s", f.Seen.Check, f.Seen.Where)
		}
	}
	if len(second) != len(first) || of(fixed).State != workflow.Resolved {
		t.Errorf("%d findings after %d, the mended one is %s", len(second), len(first), of(fixed).State)
	}
	swap("")
	plan()
	if f := of(fixed); f.State != workflow.New {
		t.Errorf("what is back is %s", f.State)
	}
	if _, err := w.db.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}
