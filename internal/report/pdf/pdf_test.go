package pdf_test

import (
	"bytes"
	"os"
	"testing"

	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/pdf"
	"miseban/internal/report/reporttest"
)

func write(t *testing.T, name string, d *report.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pdf.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("REPORT_OUT"); dir != "" {
		if err := os.WriteFile(dir+"/"+name+".pdf", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestWrites(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]*report.Document{
		"small-ja": reporttest.Small(i18n.JA), "small-en": reporttest.Small(i18n.EN), "empty": reporttest.Empty(i18n.JA), "hostile": reporttest.Hostile(i18n.JA),
	} {
		if b := write(t, name, d); !bytes.HasPrefix(b, []byte("%PDF-1.7")) {
			t.Errorf("%s begins with %q", name, b[:8])
		}
	}
}
