package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	cdpnetwork "github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"

	"miseban/internal/account"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/jobs"
	"miseban/internal/store"
	"miseban/internal/testshop"
	"miseban/internal/workflow"
)

// TestWholeWay goes the whole way as people do, by forms alone: first run,
// invitation, passkey, the demo shop, consent, instruction, answers, diagnosis,
// contradiction, assignment, 対策依頼書 and its answer, the fix, the retest, the
// report. In Japanese and in English, on SQLite and, where there is one, PostgreSQL.
func TestWholeWay(t *testing.T) {
	if testing.Short() {
		t.Skip("diagnoses the demo shop")
	}
	t.Parallel()
	t.Run("ja-sqlite", func(t *testing.T) {
		t.Parallel()
		walk(t, i18n.JA, filepath.Join(t.TempDir(), "m.db"), true)
	})
	if server := os.Getenv("MISEBAN_TEST_POSTGRES"); server != "" {
		t.Run("en-postgres", func(t *testing.T) {
			t.Parallel()
			admin, err := pgx.Connect(t.Context(), server)
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("way_%d", os.Getpid())
			if _, err := admin.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
				t.Fatal(err)
			}
			_ = admin.Close(t.Context())
			u, err := url.Parse(server)
			if err != nil {
				t.Fatal(err)
			}
			u.Path = "/" + name
			walk(t, i18n.EN, u.String(), false)
		})
		return
	}
	t.Run("en-sqlite", func(t *testing.T) {
		t.Parallel()
		walk(t, i18n.EN, filepath.Join(t.TempDir(), "m.db"), false)
	})
}

// way is one walk.
type way struct {
	*world
	lang  i18n.Lang
	demo  atomic.Pointer[testshop.Shop]
	site  *httptest.Server
	queue *jobs.Queue
	shop  string // its path
	id    account.ID
}

// say is what the page says in the language of the walk.
func (w *way) say(ja string, kv ...string) string {
	args := i18n.Args{}
	for i := 0; i+1 < len(kv); i += 2 {
		args[kv[i]] = kv[i+1]
	}
	return i18n.T(w.lang, ja, args)
}

// newcomer opens a browser that asks for the language of the walk.
func (w *way) newcomer() *visitor {
	v := w.visitor()
	v.client.Jar.SetCookies(w.server.opt.Public, []*http.Cookie{{Name: "lang", Value: string(w.lang), Path: "/"}})
	return v
}

// swap opens the demo shop, without one of its faults.
func (w *way) swap(without string) {
	o := testshop.WeakShop()
	o.Faults = slices.DeleteFunc(slices.Clone(o.Faults), func(f string) bool { return f == without })
	o.HTTPS, o.HTTPSOrigin, o.HTTPOrigin = true, w.site.URL, w.site.URL
	s := testshop.New(o)
	w.t.Cleanup(s.Close)
	w.demo.Store(s)
}

func walk(t *testing.T, lang i18n.Lang, dsn string, passkey bool) {
	w := &way{world: emptyOn(t, dsn), lang: lang}
	w.server.now, w.server.opt.Local = time.Now, true // the workers' clock is the real one
	w.clock.Store(time.Now().UnixMicro())
	w.site = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.demo.Load().ServeHTTP(rw, r) }))
	t.Cleanup(w.site.Close)
	w.swap("")
	var err error
	if w.queue, err = jobs.Open(t.Context(), jobs.Options{DB: w.db, Database: dsn, Workers: 1, Plain: true}); err == nil {
		err = w.queue.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := w.queue.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	boss, org := w.firstRun()
	taro, member := w.invite(boss, org)
	if chromium, err := exec.LookPath("chromium"); passkey && err == nil {
		w.passkey(chromium, member)
	}
	w.register(boss, org)
	w.instruct(boss, taro, member)
	w.answer(taro)
	diagnosis := w.diagnose(boss)
	f := w.contradicted(boss, taro, member)
	w.request(boss, f)
	w.mend(taro, f)
	w.report(boss, diagnosis)
	if n, err := w.db.VerifyAudit(t.Context()); err != nil || n < 40 {
		t.Errorf("audit log: %d lines, %v", n, err)
	}
	if h := w.demo.Load().Harm(); h.Orders+h.Registrations+h.Enquiries > 0 {
		t.Errorf("harm: %+v", h)
	}
}

// firstRun registers the operator, who is the executive of the shop's company, too.
func (w *way) firstRun() (boss *visitor, organisation string) {
	t := w.t
	boss = w.newcomer()
	boss.get("/").wants(t, 303, "/setup")
	boss.get("/setup").wants(t, 200)
	boss.post("/setup", "token", w.server.SetupToken(), "name", "山田 花子", "mail", "hanako@example.jp", "password", password, "organisation", "山田茶舗", "kind", "shopkeeper").wants(t, 303, "/account/codes")
	secret := boss.get("/account/codes").wants(t, 200).between(t, `id="secret">`, "<")
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	boss.post("/account/codes", "code", code).wants(t, 200, `id="recovery"><li>`)
	list := boss.get("/organisations").wants(t, 200, "山田茶舗").body
	list = list[:strings.Index(list, "山田茶舗</a>")]
	list = list[strings.LastIndex(list, `href="`)+6:]
	organisation, _, _ = strings.Cut(list, `"`)
	return boss, organisation
}

// invite lets a practitioner in by a link.
func (w *way) invite(boss *visitor, organisation string) (*visitor, *account.Person) {
	t := w.t
	link := "/links/" + boss.post(organisation+"/invite", "mail", "taro@example.jp", "role", "practitioner").wants(t, 201).between(t, "/links/", "<")
	taro := w.newcomer()
	taro.get(link).wants(t, 200, "山田茶舗")
	taro.post(link, "name", "田中 太郎", "mail", "taro@example.jp", "password", password).wants(t, 303, organisation)
	p, _, err := w.db.PersonByMail(t.Context(), "taro@example.jp")
	if err != nil {
		t.Fatal(err)
	}
	return taro, p
}

// passkey registers a passkey in Chromium and signs in with it.
func (w *way) passkey(chromium string, p *account.Person) {
	t, b := w.t, openBrowser(w.t, chromium)
	base := w.server.opt.Public.String()
	_, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{})
	if err == nil {
		_, err = chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
	}
	if err == nil {
		_, err = chromedp.Call(b.ctx, cdpnetwork.SetCookie, cdpnetwork.SetCookieParams{Name: w.server.cookieName(), Value: w.session(p), URL: base + "/"})
	}
	button := chromedp.CSS("[data-passkey] button")
	if err == nil {
		err = chromedp.Do(b.ctx, chromedp.Navigate(base+"/account/passkeys"), chromedp.WaitVisible(button), chromedp.Click(button), chromedp.WaitVisible(chromedp.CSS("tbody tr")),
			chromedp.Click(chromedp.CSS("form[action='/sign-out'] button")), chromedp.WaitVisible(chromedp.CSS("#f-password")),
			chromedp.Navigate(base+"/sign-in?to=/shops"), chromedp.WaitVisible(button), chromedp.Click(button), chromedp.WaitVisible(chromedp.CSS("a[href='/account']")))
	}
	if err != nil {
		t.Fatalf("the passkey: %v", err)
	}
	at, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.pathname`))
	if err != nil || at != "/shops" {
		t.Errorf("signed in to %q, %v", at, err)
	}
}

// register enters the demo shop, whose proof this computer is, and agrees to a diagnosis.
func (w *way) register(boss *visitor, organisation string) {
	t := w.t
	w.shop = boss.post("/shops", "organisation", organisation[strings.LastIndex(organisation, "/")+1:], "state", "trading", "name", "見本の茶屋", "url", w.site.URL+"/",
		"contact-name-0", "山田 花子", "contact-phone-0", "09012345678").wants(t, 303, "/shops/").location
	w.id = account.ID(w.shop[strings.LastIndex(w.shop, "/")+1:])
	boss.get(w.shop+"/consent").wants(t, 200, w.say("確認は不要"))
	boss.post(w.shop+"/consent", agreeing(w.site.URL, "safe", "until", time.Now().AddDate(0, 2, 0).Format("2006-01-02"))...).wants(t, 303)
	boss.get(w.shop+"/consent").wants(t, 200, w.say("有効"))
}

// instruct: the executive asks, the practitioner replies, the executive confirms.
func (w *way) instruct(boss, taro *visitor, p *account.Person) {
	t := w.t
	at := boss.post(w.shop+"/checklists/instructions", "to", string(p.ID), "task", "チェックリストに回答してください", "due", workflow.Day(time.Now().AddDate(0, 0, 14))).wants(t, 303).location
	taro.get(at).wants(t, 200, "チェックリストに回答してください", w.say("回答待ち"))
	taro.post(at+"/reply", "revision", "1", "words", "回答します").wants(t, 303)
	boss.post(at+"/decide", "revision", "2", "act", "acknowledge").wants(t, 303)
	taro.get(at).wants(t, 200, w.say("完了"))
}

// answer says of everything that it is done.
func (w *way) answer(taro *visitor) {
	t := w.t
	e, err := guideline.Load("ipa-ec-2023")
	if err != nil {
		t.Fatal(err)
	}
	for i := range e.Questions {
		taro.post(w.shop+"/checklists/ipa-ec-2023/questions/"+e.Questions[i].ID, "value", "done", "revision", "0", "day", workflow.Day(time.Now()), "doer", "in-house").wants(t, 303)
	}
	taro.get(w.shop+"/checklists/ipa-ec-2023").wants(t, 200)
}

// finished waits for a diagnosis.
func (w *way) finished(id account.ID) {
	t := w.t
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(4 * time.Minute)
	for {
		x, err := w.db.DiagnosisByID(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		switch x.State {
		case store.DiagnosisFinished:
			return
		case store.DiagnosisFailed, store.DiagnosisStopped:
			t.Fatalf("the diagnosis ended as %+v", x)
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the diagnosis stays %+v", x)
		}
	}
}

func (w *way) diagnose(boss *visitor) string {
	t := w.t
	at := boss.post(w.shop+"/diagnoses", "level", "safe", "authority", "yes").wants(t, 303, w.shop+"/diagnoses/").location
	boss.get(at).wants(t, 200)
	w.finished(account.ID(at[strings.LastIndex(at, "/")+1:]))
	boss.get(at).wants(t, 200, w.say("完了"))
	return at
}

// mended is the check whose fault is switched off.
const mended = "frame-protection"

// contradicted sees that the diagnosis contradicts answers, and gives a finding to the practitioner.
func (w *way) contradicted(boss, taro *visitor, p *account.Person) account.ID {
	t := w.t
	boss.get(w.shop+"/checklists/ipa-ec-2023").wants(t, 200, w.say("食い違い"), "card clash")
	f := w.finding("")
	boss.get(w.shop+"/findings").wants(t, 200, workflow.New.Name(w.lang))
	at := w.shop + "/findings/" + string(f.ID)
	boss.get(at).wants(t, 200)
	boss.post(at+"/assign", "revision", strconv.Itoa(f.Revision), "assignee", string(p.ID), "due", f.Due).wants(t, 303)
	taro.get(at).wants(t, 200, "田中 太郎")
	return f.ID
}

// finding reads a finding; "" is the one to be mended.
func (w *way) finding(id account.ID) *store.Finding {
	w.t.Helper()
	list, _, err := w.db.Findings(w.t.Context(), w.id, store.FindingFilter{State: store.AllStates, Limit: 500})
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range list {
		if list[i].ID == id || id == "" && list[i].Seen.Check == mended {
			return &list[i]
		}
	}
	w.t.Fatalf("no finding of %s among %d", mended, len(list))
	return nil
}

// request writes a 対策依頼書, which a contractor answers by its link and the executive approves.
func (w *way) request(boss *visitor, id account.ID) {
	t := w.t
	f := w.finding(id)
	made := boss.post(w.shop+"/requests", "company", "たなかウェブ制作", "person", "田中 一郎", "mail", "ichiro@example.jp", "due", workflow.Day(time.Now().AddDate(0, 0, 10)),
		"finding", string(f.ID)+":"+strconv.Itoa(f.Revision)).wants(t, 201)
	page, link := w.shop+"/requests/"+made.between(t, "/requests/", "/pdf"), "/replies/"+made.between(t, "/replies/", "<")
	if b := boss.get(page+"/pdf").wants(t, 200).body; !strings.HasPrefix(b, "%PDF") {
		t.Error("the request is no PDF")
	}
	out := w.newcomer()
	form := out.get(link).wants(t, 200, "見本の茶屋")
	out.post(link, "revision", form.between(t, `name="revision" value="`, `"`), "act", "send", "name", "佐藤 次郎", "policy-1", "mend", "day-1", workflow.Day(time.Now().AddDate(0, 0, 20)), "estimate-1", "1人日").wants(t, 200)
	answered := boss.get(page).wants(t, 200, "1人日")
	boss.post(page+"/decide", "revision", answered.between(t, `name="revision" value="`, `"`), "decision-1", "approved").wants(t, 303, page)
	if f := w.finding(id); f.State != workflow.Working {
		t.Errorf("after the approval the finding is %s", f.State)
	}
}

// mend switches the fault off; the retest settles the finding.
func (w *way) mend(taro *visitor, id account.ID) {
	t := w.t
	w.swap(mended)
	at := w.shop + "/findings/" + string(id)
	taro.post(at+"/retest", "revision", strconv.Itoa(w.finding(id).Revision)).wants(t, 303, at)
	w.finished(w.finding(id).Retest)
	taro.get(at).wants(t, 200, workflow.Resolved.Name(w.lang))
	if f := w.finding(id); f.State != workflow.Resolved {
		t.Errorf("the mended finding is %s", f.State)
	}
}

// report reads the report in every format that people take away.
func (w *way) report(boss *visitor, diagnosis string) {
	t := w.t
	for format, head := range map[string]string{"pdf": "%PDF", "docx": "PK", "xlsx": "PK", "html": "<!doctype html>", "jsonl": "{"} {
		if b := boss.get(diagnosis+"/report?format="+format).wants(t, 200).body; !strings.HasPrefix(strings.ToLower(b), strings.ToLower(head)) {
			t.Errorf("the report as %s begins with %.40q", format, b)
		}
	}
	boss.get(diagnosis+"/ledger").wants(t, 200, map[i18n.Lang]string{i18n.JA: "書き換えられていないことを確かめました", i18n.EN: "verified that none was altered"}[w.lang])
	boss.get("/").wants(t, 200, "見本の茶屋")
}
