package pdf_test

import (
	"bytes"
	"strings"
	"testing"

	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/pdf"
)

// A letter begins with its title and text: no cover, no contents; what does
// not fit goes on the next page.
func TestLetter(t *testing.T) {
	t.Parallel()
	d := &report.Document{Lang: i18n.JA, Title: "診断の同意書", Subtitle: "山田茶舗", Sections: []report.Section{
		{ID: "what", Title: "同意の内容", Blocks: []report.Block{report.Facts{Rows: []report.Fact{{Name: "期限", Value: "2027-02-22"}}}}},
		{ID: "terms", Title: "約束ごと", Blocks: []report.Block{report.Prose{Markdown: "- " + strings.Repeat("いつでも取り消せます。\n- ", 70) + "終わり"}}},
	}}
	var b bytes.Buffer
	if err := pdf.WriteLetter(&b, d); err != nil {
		t.Fatal(err)
	}
	text := squeeze(poppler(t, b.Bytes(), "pdftotext", "-layout"))
	for _, want := range []string{"診断の同意書", "同意の内容", "期限2027-02-22", "約束ごと", "終わり", "1/2", "2/2"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if strings.Contains(text, "目次") {
		t.Error("it has contents")
	}
}
