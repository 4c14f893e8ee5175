package xlsx

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
)

func load(t testing.TB, id string) *guideline.Edition {
	t.Helper()
	e, err := guideline.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var given = []assessment.Answer{
	{Edition: "ipa-ec-2023", Question: "executive-1-policy", Value: guideline.Done, Day: "2026-11-01", Doer: assessment.InHouse, Revision: 3},
	{Edition: "ipa-ec-2023", Question: "build-1-order", Value: guideline.NotApplicable, Reason: "=HYPERLINK(\"http://evil.example\")", Revision: 1},
	{Edition: "ipa-ec-2023", Question: "operate-1-watch", Value: guideline.DontKnow, Reason: "担当に聞く\n来週", Doer: assessment.ByVendor, Revision: 12},
}

// TestChecklistRoundTrip: what is written is read back the same, in both languages.
func TestChecklistRoundTrip(t *testing.T) {
	t.Parallel()
	e := load(t, "ipa-ec-2023")
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		var b bytes.Buffer
		if err := WriteChecklist(&b, e, "山田茶舗", "", given, l); err != nil {
			t.Fatal(err)
		}
		rows, err := ReadChecklist(&b, e)
		if err != nil || len(rows) != len(given) {
			t.Fatalf("%s: %d rows, %v", l, len(rows), err)
		}
		for _, want := range given {
			i := slices.IndexFunc(rows, func(x Filled) bool { return x.Answer.Question == want.Question })
			if i < 0 || !reflect.DeepEqual(rows[i].Answer, want) || len(rows[i].Unread) > 0 {
				t.Errorf("%s: %+v, want %+v", l, rows, want)
			}
		}
	}
}

// TestChecklistFilled: what people do to a file: other columns, other words, dates as they type them.
func TestChecklistFilled(t *testing.T) {
	t.Parallel()
	e := load(t, "ipa-ec-2023")
	var b bytes.Buffer
	if err := WriteChecklist(&b, e, "店", "", given, i18n.JA); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	name := f.GetSheetName(0)
	if dv, err := f.GetDataValidations(name); err != nil || len(dv) != 2*len(e.Questions) {
		t.Errorf("%d drop-downs, %v", len(dv), err)
	}
	if s, err := f.GetCellFormula(name, "H40"); err != nil || s != "" {
		t.Error("a formula", s, err)
	}
	rows, err := f.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(rows, func(r []string) bool { return len(r) > 8 && r[8] == "build-2-latest" }) + 1
	for col, v := range map[int]any{5: "実施済 ", 6: "2026年 1月2日", 7: "委託先", 8: "見た"} {
		if err := f.SetCellValue(name, cell(col, at), v); err != nil {
			t.Fatal(err)
		}
	}
	for col, v := range map[int]any{5: "たぶん", 6: "先週", 7: "だれか", 10: "x"} {
		if err := f.SetCellValue(name, cell(col, at+1), v); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetCellValue(name, cell(6, at), "2026/1/2"); err != nil {
		t.Fatal(err)
	}
	if err := f.InsertCols(name, "A", 2); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	data := out.Bytes()
	got, err := ReadChecklist(bytes.NewReader(data), e)
	if err != nil || len(got) != len(given)+2 {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	for _, x := range got {
		switch x.Row {
		case at:
			if x.Answer != (assessment.Answer{Edition: e.ID, Question: "build-2-latest", Value: guideline.Done, Day: "2026-01-02", Doer: assessment.ByVendor, Reason: "見た"}) {
				t.Errorf("%+v", x)
			}
		case at + 1:
			if !slices.Equal(x.Unread, []string{"day", "value", "doer", "revision"}) {
				t.Errorf("unread %v", x.Unread)
			}
		}
	}
	if _, err := ReadChecklist(bytes.NewReader(data), load(t, "ipa-wkd")); !errors.Is(err, ErrOtherEdition) {
		t.Errorf("another edition: %v", err)
	}
}

// TestBadFiles: each gets its word.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	e := load(t, "ipa-ec-2023")
	plain := func(fill func(*excelize.File)) string {
		f := excelize.NewFile()
		fill(f)
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		data string
		want error
	}{
		"nothing":      {"", ErrNoWorkbook},
		"text":         {"回答,確認日\n", ErrNoWorkbook},
		"a zip":        {"PK\x05\x06" + strings.Repeat("\x00", 18), ErrNoWorkbook},
		"old Excel":    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), ErrNoWorkbook},
		"another book": {plain(func(f *excelize.File) { _ = f.SetCellValue("Sheet1", "A1", "売上") }), ErrNoChecklist},
		"far away":     {plain(func(f *excelize.File) { _ = f.SetCellValue("Sheet1", "XFD1048576", checklistMark) }), ErrNoChecklist},
		"no columns":   {plain(func(f *excelize.File) { _ = f.SetSheetRow("Sheet1", "A1", &[]string{checklistMark, "ipa-ec-2023"}) }), ErrNoChecklist},
	} {
		if _, err := ReadChecklist(strings.NewReader(c.data), e); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzReadChecklist(f *testing.F) {
	e := load(f, "ipa-ec-2023")
	var b bytes.Buffer
	if err := WriteChecklist(&b, e, "店", "", given, i18n.JA); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := ReadChecklist(bytes.NewReader(data), e)
		if err != nil && len(rows) > 0 {
			t.Fatal("rows with an error")
		}
		for _, x := range rows {
			if _, ok := e.Question(x.Answer.Question); !ok || x.Answer.Revision < 0 {
				t.Fatalf("%+v", x)
			}
		}
	})
}

func FuzzFilledRow(f *testing.F) {
	f.Add("実施済", "46000", "自社", "r", "1")
	f.Add("Done", "2026-1-2", "", "", "0")
	f.Fuzz(func(t *testing.T, value, day, doer, reason, revision string) {
		x := filled(1, "e", func(k int) string { return []string{value, day, doer, reason, "q", revision}[k] })
		if x != nil && x.Answer.Day != "" && len(x.Answer.Day) != 10 {
			t.Fatalf("%q is read as %q", day, x.Answer.Day)
		}
	})
}
