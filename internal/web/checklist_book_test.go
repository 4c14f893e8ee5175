package web

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"miseban/internal/account"
)

// book is a downloaded workbook with cells changed: question, column, text.
func (v *visitor) book(path string, cells ...string) []byte {
	v.t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(v.get(path).wants(v.t, 200).body))
	if err != nil {
		v.t.Fatal(err)
	}
	name := f.GetSheetName(0)
	rows, err := f.GetRows(name)
	if err != nil {
		v.t.Fatal(err)
	}
	for i := 0; i+2 < len(cells); i += 3 {
		for n, row := range rows {
			if len(row) > 8 && row[8] == cells[i] {
				at, err := excelize.JoinCellName(cells[i+1], n+1)
				if err != nil {
					v.t.Fatal(err)
				}
				if err := f.SetCellStr(name, at, cells[i+2]); err != nil {
					v.t.Fatal(err)
				}
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		v.t.Fatal(err)
	}
	return b.Bytes()
}

// TestWorkbook: out, filled in, back in: what changed is shown, what others
// changed meanwhile too, and nothing is saved before somebody says so.
func TestWorkbook(t *testing.T) {
	t.Parallel()
	w := settled(t)
	e := "/shops/" + string(w.shop.ID) + "/checklists/ipa-ec-2023"
	boss, staff := w.as(w.people[account.Executive]), w.as(w.people[account.Practitioner])
	boss.post(e+"/questions/executive-1-policy", "value", "not-done", "revision", "0").wants(t, 303)
	boss.post(e+"/questions/executive-1-shared", "value", "not-done", "revision", "0").wants(t, 303)
	file := boss.book(e+"/excel", "executive-1-policy", "E", "実施済", "executive-1-policy", "F", "2026/11/20", "executive-2-budget", "E", "対象外", "executive-2-people", "E", "たぶん",
		"executive-3-order", "E", "代替策", "executive-3-order", "H", "口頭で指示")
	// Meanwhile two questions are answered, one of which the file left as it was.
	staff.post(e+"/questions/executive-1-policy", "value", "partly-done", "revision", "1", "reason", "草案まで").wants(t, 303)
	staff.post(e+"/questions/executive-1-shared", "value", "done", "revision", "1").wants(t, 303)

	page := boss.attachAs(e+"/excel", "book", "c.xlsx", file).wants(t, 200, "変わる回答 2 件、読み取れない行 2 件、変わらない行 1 件", "ファイルの保存後に変更あり", "草案まで", "「対象外」とする理由", "「回答」の欄を読み取れません", "口頭で指示")
	if strings.Contains(page.body, `value="executive-1-policy" checked`) || !strings.Contains(page.body, `value="executive-3-order" checked`) {
		t.Error("a conflict is chosen, or what is none is not")
	}
	boss.get(e+"/questions/executive-3-order").wants(t, 200, "未回答")
	both := []string{"pick", "executive-1-policy", "revision executive-1-policy", "2", "value executive-1-policy", "done", "day executive-1-policy", "2026-11-20",
		"pick", "executive-3-order", "revision executive-3-order", "0", "value executive-3-order", "alternative", "reason executive-3-order", "口頭で指示"}
	boss.post(e+"/excel/save", both...).wants(t, 303, e)
	boss.get(e+"/questions/executive-1-policy").wants(t, 200, "実施済（自己申告）", "草案まで")
	boss.post(e+"/excel/save", both...).wants(t, 409) // it is not as it was shown any more
	boss.get(e+"/questions/executive-3-order").wants(t, 200, `name="revision" value="1"`)
	boss.post(e+"/excel/save").wants(t, 303)
	boss.post(e+"/excel/save", "pick", "nothing").wants(t, 400)
	boss.post(e+"/excel/save", "pick", "executive-1-policy", "revision executive-1-policy", "3", "value executive-1-policy", "not-applicable").wants(t, 400)
	vendor := w.as(w.people[account.Maintainer])
	vendor.attachAs(e+"/excel", "book", "c.xlsx", file).wants(t, 200, "この質問は、お店の人が答えます")
	vendor.post(e+"/excel/save", both...).wants(t, 403)

	boss.attachAs(e+"/excel", "book", "c.xls", []byte("not a workbook")).wants(t, 422, "Excel のファイル（.xlsx）として読み取れません")
	boss.attachAs("/shops/"+string(w.shop.ID)+"/checklists/ipa-wkd/excel", "book", "c.xlsx", file).wants(t, 422, "別のチェックリストのファイル")
	boss.attachAs(e+"/excel", "book", "c.xlsx", bytes.Repeat([]byte("a"), bookMost+1)).wants(t, 422, "2 MB まで")
	boss.attachAs(e+"/excel", "book", "c.xlsx", nil).wants(t, 422, "ファイルを選んで")
}

// TestWorkbookCondition: a row whose question is not asked any more, by what the
// same file answers, is told and not chosen; one that becomes asked is.
func TestWorkbookCondition(t *testing.T) {
	t.Parallel()
	w := settled(t)
	e := "/shops/" + string(w.shop.ID) + "/checklists/ipa-ec-2023"
	boss := w.as(w.people[account.Executive])
	const child = `name="pick" value="operate-7-coverage"`
	asked := boss.book(e+"/excel", "operate-7-insurance", "E", "実施済", "operate-7-coverage", "E", "未実施")
	page := boss.attachAs(e+"/excel", "book", "c.xlsx", asked).wants(t, 200, child+" checked")
	if strings.Contains(page.body, "この質問は対象になりません") {
		t.Error("a question that the file makes asked is said not to be")
	}
	not := boss.book(e+"/excel", "operate-7-insurance", "E", "未実施", "operate-7-coverage", "E", "未実施")
	page = boss.attachAs(e+"/excel", "book", "c.xlsx", not).wants(t, 200, "この質問は対象になりません")
	if strings.Contains(page.body, child) {
		t.Error("an answer to what is not asked is chosen")
	}
}
