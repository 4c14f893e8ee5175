package xlsx

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"

	"miseban/internal/guideline"
)

// workbook zips a workbook of one sheet by hand, as no spreadsheet would.
func workbook(t *testing.T, rows, words string) []byte {
	t.Helper()
	const main, relations = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`, `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	related := func(target ...string) string {
		list := `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
		for i := 0; i < len(target); i += 2 {
			list += `<Relationship Id="r` + target[i] + `" Type="` + relations + `/` + target[i] + `" Target="` + target[i+1] + `"/>`
		}
		return list + `</Relationships>`
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`},
		{"_rels/.rels", related("officeDocument", "xl/workbook.xml")},
		{"xl/workbook.xml", `<workbook ` + main + ` xmlns:r="` + relations + `"><sheets><sheet name="s" sheetId="1" r:id="rworksheet"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", related("worksheet", "worksheets/sheet1.xml", "sharedStrings", "sharedStrings.xml")},
		{"xl/worksheets/sheet1.xml", `<worksheet ` + main + `><sheetData>` + rows + `</sheetData></worksheet>`},
		{"xl/sharedStrings.xml", `<sst ` + main + `>` + words + `</sst>`},
	} {
		w, err := z.Create(part[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(part[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestBomb: what is small in the mail and would fill the memory, or keep a
// processor for minutes, is refused before it is made anything of.
func TestBomb(t *testing.T) {
	const head = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>`
	const words = `<si><t>name</t></si><si><t>state</t></si>`
	edition, err := guideline.Load("ipa-websec-7")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		want error
		rows int
	}{
		"a list":      {workbook(t, head+`<row r="2"><c r="A2" t="s"><v>0</v></c></row>`, words), nil, 2},
		"words":       {workbook(t, head, words+strings.Repeat(`<si><t>a</t></si>`, 500_000)), ErrTooLarge, 0},
		"cells":       {workbook(t, head+strings.Repeat(`<row><c r="XFD2"><v>1</v></c></row>`, 400), words), ErrTooLarge, 246},
		"a blank row": {workbook(t, head+`<row r="1048576"><c r="A1048576" t="s"><v>0</v></c></row>`, words), nil, 2},
	} {
		rows := 0
		err := ReadShops(bytes.NewReader(c.data), func(_ int, cells []string) error {
			if len(cells) > 0 {
				rows++
			}
			return nil
		})
		if !errors.Is(err, c.want) || rows > max(c.rows, 1) && c.want != nil || c.want == nil && rows != c.rows {
			t.Errorf("%s (%d KB): %d rows, %v", name, len(c.data)>>10, rows, err)
		}
		if c.want == nil {
			continue
		}
		if _, err := ReadChecklist(bytes.NewReader(c.data), edition); err == nil || name != "cells" && !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s as a checklist: %v", name, err)
		}
	}
	small := allowance{bytes: 100_000, tags: 1000, rows: 1000}
	for name, data := range map[string][]byte{
		"bytes":   workbook(t, head+strings.Repeat(" ", 100_000), words),
		"one row": workbook(t, head+`<row r="2">`+strings.Repeat(`<c/>`, 1000)+`</row>`, words),
	} {
		if err := small.weigh(data); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := small.weigh(workbook(t, head, words)); err != nil {
		t.Error(err)
	}
	if len(readers) != 0 {
		t.Error("a reader holds its place for good")
	}
}
