package web

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/jobs"
	"miseban/internal/store"
)

// TestDiagnosisJourney plans a diagnosis with the form, follows it live,
// pauses, resumes and reads it; a contractor whose grant ends stops seeing it.
func TestDiagnosisJourney(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.server.now, w.server.opt.Local = time.Now, true // the workers' clock is the real one
	w.clock.Store(time.Now().UnixMicro())
	slow := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		select {
		case <-slow:
		case <-r.Context().Done():
			return
		}
		if r.URL.Path != "/" {
			http.NotFound(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		rw.Header().Set("Set-Cookie", "PHPSESSID=5ecre7c00k1eva1ue5ecre7c00k1e; path=/")
		fmt.Fprint(rw, `<html lang="ja"><title>茶の店</title><h1>茶の店</h1><p>今月のお茶です。</p>`)
	}))
	t.Cleanup(site.Close)
	shop := &account.Shop{ID: account.NewID(), Organisation: w.orgs[account.Shopkeeper].ID, State: account.Trading, Name: "近くの店", URL: site.URL + "/"}
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
	boss := w.as(w.people[account.Executive])
	list := "/shops/" + string(shop.ID) + "/diagnoses"
	boss.get(list+"/new").wants(t, 200, "権限の確認", "責任者（経営者）")
	boss.post(list, "level", "active", "from", "2", "repeat", "5").wants(t, 422, "診断のレベルを選んで", "02:00 の形", "一覧から選んで", "権限があること")
	page := boss.post(list, "level", "passive", "repeat", "7", "authority", "yes").wants(t, 303, list+"/").location
	boss.get(page).wants(t, 200, `data-events="`+page+`/events"`)

	r, err := http.NewRequestWithContext(t.Context(), "GET", w.server.opt.Public.String()+page+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := boss.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	live := bufio.NewScanner(res.Body)
	live.Buffer(nil, 1<<20)
	wait := func(word string) {
		t.Helper()
		for live.Scan() {
			if strings.Contains(live.Text(), word) {
				return
			}
		}
		t.Fatalf("the live view ended before %q", word)
	}
	wait("event: part")
	wait("サイトの作りを調べています")
	boss.post(page+"/pause").wants(t, 303, page)
	wait("event: end")
	boss.get(page).wants(t, 200, "一時停止中", "続きから再開する")
	w.as(w.people[account.Maintainer]).get(page).wants(t, 404)
	close(slow)
	boss.post(page+"/resume").wants(t, 303, page)
	r = r.Clone(t.Context())
	again, err := boss.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Body.Close()
	live = bufio.NewScanner(again.Body)
	live.Buffer(nil, 1<<20)
	wait("event: end")
	boss.get(page).wants(t, 200, "完了", "Cookie", "/report?format=pdf")
	boss.get(page+"/ledger").wants(t, 200, "書き換えられていないことを確かめました", "GET "+site.URL+"/")
	boss.get(page+"/compare").wants(t, 200, "比べる診断がまだありません")
	boss.get(page+"/report?format=jsonl").wants(t, 200, site.URL)
	boss.get(page+"/report?format=exe").wants(t, 404)
	boss.get(list).wants(t, 200, "完了", "予定") // the next one, in seven days
	boss.post(page+"/pause").wants(t, 409)
	boss.get("/shops/"+string(w.shop.ID)+"/diagnoses/"+page[strings.LastIndex(page, "/")+1:]).wants(t, 404)
	if _, err := w.db.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestNotThisComputer: a shop cannot be an address of the machine that Miseban runs on.
func TestNotThisComputer(t *testing.T) {
	t.Parallel()
	w := settled(t)
	for _, u := range []string{"http://127.0.0.1:5432/", "http://localhost/", "http://[::1]/", "http://127.1/", "http://x.localhost/"} {
		s := &account.Shop{ID: account.NewID(), Organisation: w.orgs[account.Shopkeeper].ID, State: account.Trading, Name: "内側", URL: u}
		w.change(func(tx *store.Tx) error { return tx.AddShop(t.Context(), s) })
		got := w.as(w.people[account.Executive]).post("/shops/"+string(s.ID)+"/diagnoses", "level", "safe", "authority", "yes")
		if u == "http://127.1/" { // no name of this computer; what it resolves to is refused when it is dialled
			got.wants(t, 303)
			continue
		}
		got.wants(t, 422, "このコンピュータの中のアドレスは、診断できません。")
	}
}
