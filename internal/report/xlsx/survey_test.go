package xlsx_test

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/xuri/excelize/v2"

	"miseban/internal/i18n"
	"miseban/internal/report/xlsx"
	"miseban/internal/survey"
)

// TestSurveyBook: what was answered comes back as it was, in both languages,
// and every kind of answer can be filled in.
func TestSurveyBook(t *testing.T) {
	t.Parallel()
	twelve := int64(12_000_000)
	answers := map[string]xlsx.Said{
		"month":      {Answer: survey.Answer{Item: "month", Given: survey.Answered, Month: "2022-04"}, Revision: 2},
		"target":     {Answer: survey.Answer{Item: "target", Given: survey.Answered, Choices: []string{"payment", "files"}, Words: "=1+1", Quote: true}, Revision: 1},
		"moved-asp":  {Answer: survey.Answer{Item: "moved-asp", Given: survey.Answered, Choices: []string{"plan"}}, Revision: 3},
		"lost-sales": {Answer: survey.Answer{Item: "lost-sales", Given: survey.Answered, Figure: &twelve}, Revision: 1},
		"regret":     {Answer: survey.Answer{Item: "regret", Given: survey.Answered, Words: "保守の契約。\n二行目"}, Revision: 1},
		"cards":      {Answer: survey.Answer{Item: "cards", Given: survey.Declined}, Revision: 1},
	}
	for _, q := range survey.All() {
		for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
			said := answers
			if q.ID != "breached" {
				said = nil
			}
			var b bytes.Buffer
			if err := xlsx.WriteSurvey(&b, q, "s1", "株式会社きぬた", q.Items(), said, l); err != nil {
				t.Fatal(err)
			}
			rows, err := xlsx.ReadSurvey(bytes.NewReader(b.Bytes()), q, "s1")
			if err != nil || len(rows) != len(said) {
				t.Fatalf("%s %s: %d rows, %v", q.ID, l, len(rows), err)
			}
			for _, r := range rows {
				want := said[r.Item.ID]
				got, bad := r.Item.Take(r.Typed, "2022-09-02")
				if bad != nil || len(r.Unread) > 0 || got.Given != want.Given || got.Value(r.Item) != want.Value(r.Item) || got.Words != want.Words || got.Quote != want.Quote || r.Revision != want.Revision {
					t.Errorf("%s %s: got %+v, want %+v; %v %v", l, r.Item.ID, got, want, bad, r.Unread)
				}
			}
			if _, err := xlsx.ReadSurvey(bytes.NewReader(b.Bytes()), q, "s2"); !errors.Is(err, xlsx.ErrOtherSubject) {
				t.Errorf("of another subject: %v", err)
			}
			if other, _ := survey.Load("asp"); q.ID != "asp" {
				if _, err := xlsx.ReadSurvey(bytes.NewReader(b.Bytes()), other, "s1"); !errors.Is(err, xlsx.ErrOtherSurvey) {
					t.Errorf("another questionnaire: %v", err)
				}
			}
		}
	}
}

// TestSurveyBookTyped: what people write into the cells.
func TestSurveyBookTyped(t *testing.T) {
	t.Parallel()
	q, _ := survey.Load("breached")
	var b bytes.Buffer
	if err := xlsx.WriteSurvey(&b, q, "s1", "店", q.Items(), nil, i18n.JA); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows("質問")
	if err != nil {
		t.Fatal(err)
	}
	put := func(item, column, value string) {
		at := slices.IndexFunc(rows, func(r []string) bool { return len(r) > 8 && r[8] == item })
		if err := f.SetCellValue("質問", column+strconv.Itoa(at+1), value); err != nil || at < 0 {
			t.Fatal(item, err)
		}
	}
	put("month", "E", "２０２２年４月")
	put("target", "E", "１、 3")
	put("moved-asp", "E", "なにか")
	put("lost-sales", "E", "1,200万円")
	put("closed", "F", "分からない")
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	got, err := xlsx.ReadSurvey(&out, q, "s1")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"month": "2022-04", "target": "payment,database", "lost-sales": "12000000", "closed": ""}
	for _, r := range got {
		if r.Item.ID == "moved-asp" {
			if !slices.Equal(r.Unread, []string{"value"}) {
				t.Errorf("no answer, and taken: %+v", r)
			}
			continue
		}
		a, bad := r.Item.Take(r.Typed, "2022-09-02")
		if v, ok := want[r.Item.ID]; !ok || bad != nil || a.Value(r.Item) != v {
			t.Errorf("%s: %+v %v", r.Item.ID, a, bad)
		}
	}
	if len(got) != 5 {
		t.Errorf("%d rows", len(got))
	}
	if _, err := xlsx.ReadSurvey(bytes.NewReader([]byte("PK nothing")), q, "s1"); !errors.Is(err, xlsx.ErrNoWorkbook) {
		t.Errorf("no workbook: %v", err)
	}
}

func FuzzReadSurvey(f *testing.F) {
	q, _ := survey.Load("asp")
	var b bytes.Buffer
	if err := xlsx.WriteSurvey(&b, q, "s1", "店", q.Items(), nil, i18n.JA); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := xlsx.ReadSurvey(bytes.NewReader(data), q, "s1")
		if err != nil && rows != nil {
			t.Errorf("rows beside %v", err)
		}
	})
}
