package web

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/survey"
)

// filled is a workbook with some cells of column E and G changed, by item.
func filled(t *testing.T, data string, values, words map[string]string) []byte {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet := f.GetSheetName(0)
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for n, r := range rows {
		for column, list := range map[int]map[string]string{5: values, 7: words} {
			if len(r) > 8 && list[r[8]] != "" {
				at, err := excelize.CoordinatesToCellName(column, n+1)
				if err == nil {
					err = f.SetCellValue(sheet, at, list[r[8]])
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSurveyExcel: a questionnaire goes out and comes back; what somebody else
// changed meanwhile is shown beside it and not written over.
func TestSurveyExcel(t *testing.T) {
	t.Parallel()
	w := settled(t)
	x, y := w.surveyed("breached")
	own := "/programmes/" + string(w.programme.ID) + "/surveys/" + string(x.ID) + "/subjects/" + string(y.ID)
	clerk := w.as(w.people[account.Clerk])
	book := clerk.get(own+"/excel").wants(t, 200, "PK").body
	save := func(a survey.Answer, revision int) {
		w.change(func(tx *store.Tx) error {
			tx.By = w.people[account.Interviewer].ID
			return tx.SaveSurveyAnswer(t.Context(), x.ID, &store.SurveyAnswer{Subject: y.ID, Revision: revision, Answer: a})
		})
	}
	save(survey.Answer{Item: "month", Given: survey.Answered, Month: "2026-01"}, 0) // after the file was made
	back := filled(t, book, map[string]string{"month": "2026-02", "lost-sales": "1,200万円", "moved-asp": "なにか"}, map[string]string{"regret": "保守の契約。"})
	page := clerk.attachAs(own+"/excel", "book", "answers.xlsx", back).wants(t, 200, "変わる回答 3 件、読み取れない行 1 件", "ファイルの保存後に変更あり", "2026-01", "12,000,000 円", "保守の契約。")
	if strings.Count(page.body, " checked") != 2 {
		t.Error("a conflict is chosen before anybody looked at it")
	}
	clerk.post(own+"/excel/save", "pick", "lost-sales", "revision lost-sales", "0", "value lost-sales", "12000000", "pick", "regret", "revision regret", "0", "words regret", "保守の契約。").wants(t, 303, own)
	got, err := w.db.SurveyAnswers(t.Context(), y.ID)
	if err != nil || got["regret"].Words != "保守の契約。" || *got["lost-sales"].Figure != 12_000_000 || got["month"].Month != "2026-01" {
		t.Errorf("%+v %v", got, err)
	}
	clerk.post(own+"/excel/save", "pick", "regret", "revision regret", "0", "words regret", "別の人").wants(t, 409)
	clerk.post(own+"/excel/save", "pick", "no-such", "revision no-such", "0").wants(t, 400)
	clerk.attachAs(own+"/excel", "book", "answers.xlsx", []byte("no workbook")).wants(t, 422, "Excel のファイル（.xlsx）として読み取れません")
	other := "/programmes/" + string(w.programme.ID) + "/surveys/" + string(x.ID) + "/subjects/" + string(w.absent)
	clerk.get(other+"/excel").wants(t, 404)

	clerk.get(own+"/minutes").wants(t, 200, "%PDF-")
	clerk.get(own+"/minutes/word").wants(t, 200, "PK")
	w.as(w.people[account.Member]).get(own+"/minutes").wants(t, 403)
}

// TestMergeCodes: what two coders gave moves along.
func TestMergeCodes(t *testing.T) {
	t.Parallel()
	w := settled(t)
	ctx := t.Context()
	x, y := w.surveyed("breached")
	one, two := &survey.Code{Name: "費用"}, &survey.Code{Name: "お金"}
	w.change(func(tx *store.Tx) error {
		tx.By = w.people[account.Coder].ID
		for _, c := range []*survey.Code{one, two} {
			if err := tx.AddCode(ctx, x.ID, "regret", c); err != nil {
				return err
			}
		}
		return tx.SaveCoding(ctx, x.ID, y.ID, "regret", []string{one.ID, two.ID})
	})
	url := "/programmes/" + string(w.programme.ID) + "/surveys/" + string(x.ID)
	clerk := w.as(w.people[account.Clerk])
	clerk.get(url+"/coding?item=regret").wants(t, 200, "分類を統合する")
	clerk.post(url+"/codes/merge", "item", "regret", "from", one.ID, "into", one.ID).wants(t, 303)
	clerk.post(url+"/codes/merge", "item", "regret", "from", one.ID, "into", string(w.absent)).wants(t, 404)
	clerk.post(url+"/codes/merge", "item", "regret", "from", one.ID, "into", two.ID).wants(t, 303)
	codes, err := w.db.SurveyCodes(ctx, x.ID, "regret")
	judged, err2 := w.db.Codings(ctx, x.ID, "regret")
	if err != nil || err2 != nil || len(codes) != 1 || codes[0].Name != "お金" || len(judged) != 1 || len(judged[0].Codes) != 1 || judged[0].Codes[0] != two.ID {
		t.Errorf("%+v %+v %v %v", codes, judged, err, err2)
	}
}
