package xlsx_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/reporttest"
	"miseban/internal/report/xlsx"
)

func open(t *testing.T, d *report.Document) *excelize.File {
	t.Helper()
	var b bytes.Buffer
	if err := xlsx.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("REPORT_OUT"); dir != "" {
		if err := os.WriteFile(dir+"/"+strings.ReplaceAll(t.Name(), "/", "-")+".xlsx", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestSheets(t *testing.T) {
	t.Parallel()
	for l, want := range map[i18n.Lang]string{
		i18n.JA: "総括|チェックリスト|検出事項|対策計画|ソフトウェア・スクリプト|検査項目|ほかの基準|通信台帳",
		i18n.EN: "Summary|Checklist|Findings|Plan|Software and scripts|Checks|Other editions|Ledger",
	} {
		t.Run(string(l), func(t *testing.T) {
			t.Parallel()
			f := open(t, reporttest.Small(l))
			if got := strings.Join(f.GetSheetList(), "|"); got != want {
				t.Errorf("sheets %q, want %q", got, want)
			}
		})
	}
}

func TestChecklist(t *testing.T) {
	t.Parallel()
	f := open(t, reporttest.Small(i18n.JA))
	rows, err := f.GetRows("チェックリスト")
	if err != nil {
		t.Fatal(err)
	}
	requirements, questions := map[string]int{}, 0
	for _, r := range rows[3:] {
		if r[4] != "" {
			requirements[r[0]]++
		} else {
			questions++
		}
	}
	if requirements["経営者の7項目"] != 7 || requirements["構築時の14要件"] != 14 || requirements["運用時の7要件"] != 7 || questions != 28 {
		t.Errorf("requirements %v, questions %d", requirements, questions)
	}
	dvs, err := f.GetDataValidations("チェックリスト")
	if err != nil {
		t.Fatal(err)
	}
	if len(dvs) != 28 || dvs[0].Formula1 != `"実施済,一部実施,未実施,対象外,わからない"` || dvs[0].Sqref != "H5:H5" {
		t.Errorf("%d drop-downs, first %+v", len(dvs), dvs[0])
	}
	if p, err := f.GetPanes("チェックリスト"); err != nil || !p.Freeze || p.YSplit != 3 {
		t.Errorf("panes %+v, %v", p, err)
	}
}

func TestFindings(t *testing.T) {
	t.Parallel()
	f := open(t, reporttest.Large(i18n.EN, 30))
	rows, err := f.GetRows("Findings")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 31 || rows[1][0] != "F-01" || rows[1][2] != "High" || rows[1][13] != "6.5" || rows[1][15] != "CWE-319" {
		t.Errorf("%d rows, first %q", len(rows), rows[1])
	}
	formats, err := f.GetConditionalFormats("Findings")
	if err != nil || len(formats["C2:C31"]) != 4 {
		t.Errorf("conditional formats %v, %v", formats, err)
	}
}

// TestProof: how a finding was confirmed stands beside it, and what is filled in stays free.
func TestProof(t *testing.T) {
	t.Parallel()
	f := open(t, reporttest.Active(i18n.EN))
	rows, err := f.GetRows("Findings")
	if err != nil {
		t.Fatal(err)
	}
	if rows[0][18] != "How it was confirmed" || len(rows[1]) > 18 && rows[1][18] != "" || !strings.Contains(rows[4][18], "2. 2' → the list was empty") || !strings.Contains(rows[4][18], "5 times") || !strings.HasPrefix(rows[4][19], "curl -sS -G") {
		t.Errorf("first %q, proved %q", rows[1], rows[4])
	}
	dvs, err := f.GetDataValidations("Findings")
	if err != nil || len(dvs) != 1 || dvs[0].Sqref != "U2:U6" {
		t.Errorf("drop-downs %+v, %v", dvs, err)
	}
}

// TestInert proves that nothing a shop sent becomes a formula or a link.
func TestInert(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]*report.Document{"ja": reporttest.Hostile(i18n.JA), "en": reporttest.Hostile(i18n.EN), "empty": reporttest.Empty(i18n.JA)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, d)
			begins := 0
			for _, sheet := range f.GetSheetList() {
				rows, err := f.GetRows(sheet)
				if err != nil {
					t.Fatal(err)
				}
				for r := range rows {
					for c, text := range rows[r] {
						at, err := excelize.CoordinatesToCellName(c+1, r+1)
						if err != nil {
							t.Fatal(err)
						}
						if formula, err := f.GetCellFormula(sheet, at); err != nil || formula != "" {
							t.Errorf("%s!%s is the formula %q (%v)", sheet, at, formula, err)
						}
						if linked, _, err := f.GetCellHyperLink(sheet, at); err != nil || linked {
							t.Errorf("%s!%s is a link (%v)", sheet, at, err)
						}
						if text == "" || !strings.ContainsAny(text[:1], "=+-@\t") {
							continue
						}
						begins++
						kind, err := f.GetCellType(sheet, at)
						if err != nil || kind != excelize.CellTypeSharedString {
							t.Errorf("%s!%s %q has type %v (%v)", sheet, at, text, kind, err)
						}
						id, err := f.GetCellStyle(sheet, at)
						if err != nil {
							t.Fatal(err)
						}
						if q := f.Styles.CellXfs.Xf[id].QuotePrefix; q == nil || !*q {
							t.Errorf("%s!%s %q is not marked as text", sheet, at, text)
						}
					}
				}
			}
			if name != "empty" && begins < 50 {
				t.Errorf("only %d cells begin like a formula: the sample is too tame", begins)
			}
		})
	}
}

// TestToReadOnPaper proves that the findings keep number and title in sight and
// print no more than fits, and that the ledger speaks in words.
func TestToReadOnPaper(t *testing.T) {
	t.Parallel()
	f := open(t, reporttest.Small(i18n.JA))
	area := ""
	for _, n := range f.GetDefinedName() {
		if n.Name == "_xlnm.Print_Area" && n.Scope == "検出事項" {
			area = n.RefersTo
		}
	}
	if !strings.HasPrefix(area, "'検出事項'!$A$1:$L$") {
		t.Errorf("print area %q", area)
	}
	printed := 0.0
	for c := 'A'; c <= 'L'; c++ {
		w, err := f.GetColWidth("検出事項", string(c))
		if err != nil {
			t.Fatal(err)
		}
		printed += w
	}
	if printed > 280 { // characters across an A3 sheet at about 7.5 points
		t.Errorf("%.0f characters are printed across a page", printed)
	}
	p, err := f.GetPanes("検出事項")
	if err != nil || p.XSplit != 2 || p.YSplit != 1 || !p.Freeze {
		t.Errorf("panes %+v, %v", p, err)
	}
	rows, err := f.GetRows("通信台帳")
	if err != nil {
		t.Fatal(err)
	}
	words := ""
	for _, r := range rows {
		words += strings.Join(r, " ") + "\n"
	}
	if !strings.Contains(words, "ページをたどる 96") || strings.Contains(words, "crawl") {
		t.Errorf("the ledger's purposes are not in words:\n%s", words)
	}
}
