package web

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"miseban/internal/account"
	"miseban/internal/report/xlsx"
	"miseban/internal/store"
)

const shopList = "\ufeffお店の名前（屋号）,状態,URL,法人番号,緊急連絡先の名前,緊急連絡先の電話,メモ\n" +
	"青葉堂,運用中,https://aoba.example.jp/,,青葉 一郎,022-123-4567,\n" +
	"山田茶舗 二号店,運用中,https://www.tea.example.jp/,,山田 花子,03-1234-5678,\n" +
	"青葉堂 本店,運用中,aoba.example.jp,,青葉 二郎,090-1234-5678,\n" +
	",運用中,,12345,,,\n" +
	"<b>計画の店</b>,計画中,,,,,\n"

// shopsOf are the names of the shops that somebody sees.
func (w *world) shopsOf(p *account.Person) []string {
	w.t.Helper()
	a, err := w.db.Actor(w.t.Context(), p.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	list, _, err := w.db.Shops(w.t.Context(), a, w.now(), store.ShopFilter{Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for i := range list {
		out = append(out, list[i].Name)
	}
	slices.Sort(out)
	return out
}

// TestImport: a list is looked at first, names each bad line, finds what is
// there twice, and is saved once however often it is confirmed.
func TestImport(t *testing.T) {
	if testing.Short() {
		t.Skip("many cases of the same code")
	}
	t.Parallel()
	w := settled(t)
	boss := w.people[account.Executive]
	v := w.as(boss)
	at := "/organisations/" + string(w.orgs[account.Shopkeeper].ID) + "/import"
	v.get("/shops").wants(t, 200, at)
	v.get(at).wants(t, 200, "ひな形（Excel）")
	before := w.shopsOf(boss)
	list := v.attachAs(at, "list", "店.csv", []byte(shopList)).wants(t, 303, at+"/").location
	page := v.get(list).wants(t, 200, "まだ登録していません", "2 店", "1 行", "法人番号は 13 桁", "お店の名前を入力", "読み取らなかった列", "メモ", "アドレスが、登録済みの「山田茶舗」と同じです", "電話番号が、登録済みの「山田茶舗」と同じです", "アドレスが、2 行目と同じです")
	if strings.Contains(page.body, "<b>計画") {
		t.Error("a name is taken for HTML")
	}
	v.get(list+"/bad").wants(t, 200, "5,,法人番号,")
	diff(t, "nothing is saved before it is confirmed", before, w.shopsOf(boss))

	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { v.post(list+"/confirm", "pick", "4", "pick", "5").wants(t, 303, list) })
	}
	both.Wait()
	v.post(list+"/confirm").wants(t, 303, list)
	v.get(list).wants(t, 200, "3 店を登録しました")
	want := append(slices.Clone(before), "青葉堂", "青葉堂 本店", "<b>計画の店</b>")
	slices.Sort(want)
	diff(t, "what is saved", want, w.shopsOf(boss))
	v.post(list+"/drop").wants(t, 409)

	// The same file again: what stands is found, also when both were read before either was confirmed.
	again := v.attachAs(at, "list", "店.csv", []byte(shopList)).wants(t, 303).location
	v.get(again).wants(t, 200, "3 店")
	one := v.attachAs(at, "list", "a.csv", []byte("name,state,url\n新しい店,構築中,https://new.example.jp/\n")).wants(t, 303).location
	two := v.attachAs(at, "list", "b.csv", []byte("name,state,url\n新しい店,構築中,https://new.example.jp/\n")).wants(t, 303).location
	v.post(one+"/confirm").wants(t, 303)
	v.post(two+"/confirm").wants(t, 303)
	v.get(two).wants(t, 200, "0 店を登録しました")

	// What was not confirmed for a day is gone.
	w.pass(25 * 3600e9)
	v = w.as(boss)
	v.attachAs(at, "list", "c.csv", []byte("name,state\n店,計画中\n")).wants(t, 303)
	v.get(again).wants(t, 404)

	for name, c := range map[string]struct{ data, words string }{
		"none.csv": {"", "列がありません"}, "head.csv": {"name,state\n", "1つも書かれていません"}, "names.csv": {"店,状態\nx,計画中\n", "「お店の名前（屋号）」の列がありません"},
		"old.xls": {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "CSV として読み取れません"}, "broken.xlsx": {"PK\x03\x04x", "Excel のファイル"}, "long.csv": {"name,state\n" + strings.Repeat("店,計画中\n", account.MostImported+1), "20000 行まで"},
	} {
		if r := v.attachAs(at, "list", name, []byte(c.data)); r.code != 422 || !strings.Contains(r.body, c.words) {
			t.Errorf("%s: %d, want %q: %s", name, r.code, c.words, brief(r.body))
		}
	}
	// Nobody else's, and nothing of others is told.
	w.as(w.people[account.Operator]).get(at).wants(t, 403)
	w.as(w.people[account.Clerk]).get(list).wants(t, 404)
	foreign := w.as(w.people[account.Clerk]).attachAs("/organisations/"+string(w.orgs[account.Office].ID)+"/import", "list", "x.csv", []byte("name,state,url\n別のお店,計画中,https://new.example.jp/\n")).wants(t, 303).location
	if p := w.as(w.people[account.Clerk]).get(foreign).wants(t, 200).body; strings.Contains(p, "新しい店") {
		t.Error("a list tells of a shop that its reader may not see")
	}
}

// TestLongImport: of a long list the beginning is saved at once and the rest by
// a job, or by hand where nothing works on jobs; nothing is doubled.
func TestLongImport(t *testing.T) {
	t.Parallel()
	w := settled(t)
	boss := w.people[account.Executive]
	v := w.as(boss)
	at := "/organisations/" + string(w.orgs[account.Shopkeeper].ID) + "/import"
	var list strings.Builder
	list.WriteString("name,state\n")
	for i := range store.ImportChunk + 50 {
		fmt.Fprintf(&list, "店 %d,計画中\n", i)
	}
	page := v.attachAs(at, "list", "店.csv", []byte(list.String())).wants(t, 303, at+"/").location
	v.post(page+"/confirm").wants(t, 303, page)
	v.get(page).wants(t, 200, "登録しています: 200 / 250 店", "続きを登録する")
	v.post(page+"/confirm").wants(t, 303, page)
	v.get(page).wants(t, 200, "250 店を登録しました")

	// A month later the list is gone, and its shops stay.
	w.pass(31 * 24 * time.Hour)
	v = w.as(boss)
	v.attachAs(at, "list", "c.csv", []byte("name,state\n店,計画中\n")).wants(t, 303)
	v.get(page).wants(t, 404)
	v.get("/shops?q=249").wants(t, 200, "店 249")
}

// TestPrepared: what an office reads in is no shop. Somebody of the shop's
// company registers it, and the office has nothing of it.
func TestPrepared(t *testing.T) {
	t.Parallel()
	w := settled(t)
	clerk, boss := w.people[account.Clerk], w.people[account.Executive]
	v := w.as(clerk)
	org := "/organisations/" + string(w.orgs[account.Office].ID)
	before := w.shopsOf(clerk)
	list := v.attachAs(org+"/import", "list", "応募.csv", []byte("name,state,url\n応募のお店,構築中,https://apply.example.jp/\nほかのお店,計画中,\n")).wants(t, 303).location
	v.post(list+"/confirm").wants(t, 303)
	v.get(list).wants(t, 200, "2 店を準備しました")
	diff(t, "a prepared shop is no shop", before, w.shopsOf(clerk))
	id := v.get(org+"/prepared").wants(t, 200, "応募のお店", "まだ").between(t, org+"/prepared/", `">応募のお店`)
	id = id[strings.LastIndex(id, "/")+1:]
	one := org + "/prepared/" + id
	v.post(one+"/link", "mail", "x").wants(t, 422, "メールアドレスを確かめて")
	link := v.post(one+"/link", "mail", "boss@example.jp").wants(t, 201).between(t, w.server.opt.Public.String(), "<")

	w.visitor().get(link).wants(t, 200, "応募のお店", "サインイン")
	w.visitor().post(link, "own", "x", "name", "誰か", "mail", "who@example.jp", "password", password).wants(t, 303, "/sign-in")
	w.as(w.people[account.Maintainer]).get(link).wants(t, 200, "お店を運営する会社に所属する人")
	v.post(link, "own", string(w.orgs[account.Office].ID)).wants(t, 422)
	m := w.as(boss)
	m.get(link).wants(t, 200, "応募のお店")
	m.post(link).wants(t, 422, "どの会社のお店")
	shop := strings.TrimSuffix(m.post(link, "own", string(w.orgs[account.Shopkeeper].ID)).wants(t, 303, "/edit").location, "/edit")
	m.get(shop).wants(t, 200, "応募のお店")
	m.get(link).wants(t, 410)
	v.get(shop).wants(t, 404)
	v.get(one).wants(t, 200, "登録済み")
	v.post(one+"/remove").wants(t, 409)
	v.post(one+"/link", "mail", "b@example.jp").wants(t, 409)
	w.as(w.people[account.Maintainer]).get(one).wants(t, 404)
	m.get("/organisations/"+string(w.orgs[account.Shopkeeper].ID)+"/prepared").wants(t, 404)
}

// TestTwinsOfOthers: a list that is read for one organisation names no shops
// that its reader knows by another one; his colleagues see the list, too.
func TestTwinsOfOthers(t *testing.T) {
	t.Parallel()
	w := settled(t)
	second := &account.Organisation{ID: account.NewID(), Kind: account.Contractor, Name: "もう一つの制作会社"}
	w.change(func(tx *store.Tx) error { return tx.AddOrganisation(t.Context(), second) })
	both, colleague := w.people[account.Maintainer], w.person("同僚", second, account.Maintainer)
	w.change(func(tx *store.Tx) error {
		return tx.AddRoles(t.Context(), both.ID, second.ID, second.Kind, []account.Role{account.Maintainer})
	})
	for _, c := range []struct {
		org   account.ID
		looks *account.Person
		told  bool
	}{{w.orgs[account.Contractor].ID, both, true}, {second.ID, colleague, false}} {
		list := w.as(both).attachAs("/organisations/"+string(c.org)+"/import", "list", "店.csv", []byte("name,state,url\nお茶,構築中,https://tea.example.jp/\n")).wants(t, 303).location
		if got := strings.Contains(w.as(c.looks).get(list).wants(t, 200).body, w.shop.Name); got != c.told {
			t.Errorf("%s is told of %s: %v", c.looks.Name, w.shop.Name, got)
		}
	}
}

// TestShopTemplate: the template reads back, has its drop-downs, and needs nothing but to be filled in.
func TestShopTemplate(t *testing.T) {
	t.Parallel()
	w := settled(t)
	v := w.as(w.people[account.Practitioner])
	at := "/organisations/" + string(w.orgs[account.Shopkeeper].ID) + "/import"
	if r := v.get(at+"/template?form=csv").wants(t, 200); !strings.HasPrefix(r.body, "\ufeffお店の名前（屋号）,状態,URL,") {
		t.Error(r.body)
	}
	f, err := excelize.OpenReader(strings.NewReader(v.get(at+"/template").wants(t, 200).body))
	if err != nil {
		t.Fatal(err)
	}
	dv, err := f.GetDataValidations("お店の一覧")
	lists := 0
	for _, c := range account.Columns {
		if c.Options != nil {
			lists++
		}
	}
	if err != nil || len(dv) != lists {
		t.Fatalf("%d drop-downs, want %d: %v", len(dv), lists, err)
	}
	for i, c := range account.Columns {
		name, _ := excelize.CoordinatesToCellName(i+1, 2)
		if err := f.SetCellStr("お店の一覧", name, c.Example.JA); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	var rows [][]string
	if err := xlsx.ReadShops(bytes.NewReader(data), func(_ int, cells []string) error { rows = append(rows, slices.Clone(cells)); return nil }); err != nil || len(rows) != 2 {
		t.Fatal(len(rows), err)
	}
	h, bad := account.ReadHead(rows[0])
	if bad.Message != "" {
		t.Fatal(bad)
	}
	if s, p := h.Shop(rows[1]); len(p) > 0 || s.Package != "EC-CUBE" || s.Number != "7000012050002" {
		t.Errorf("the example: %+v %v", s, p)
	}
	v.get(v.attachAs(at, "list", "店.xlsx", data).wants(t, 303).location).wants(t, 200, "1 店", "法人番号が、登録済みの「山田茶舗」と同じです")
}

// importSamples are a list and a prepared shop to look at.
func (w *world) importSamples() map[string]string {
	v := w.as(w.people[account.Executive])
	at := "/organisations/" + string(w.orgs[account.Shopkeeper].ID) + "/import"
	list := v.attachAs(at, "list", "お店の一覧.csv", []byte(shopList)).wants(w.t, 303).location
	firm := w.as(w.people[account.Maintainer])
	at = "/organisations/" + string(w.orgs[account.Contractor].ID)
	other := firm.attachAs(at+"/import", "list", "担当するお店.csv", []byte(shopList)).wants(w.t, 303).location
	firm.post(other+"/confirm").wants(w.t, 303)
	_, prepared, _ := strings.Cut(firm.get(at+"/prepared").wants(w.t, 200).body, at+"/prepared/")
	return map[string]string{"import": list[strings.LastIndex(list, "/")+1:], "prepared": prepared[:23]}
}
