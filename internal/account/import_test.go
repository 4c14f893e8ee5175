package account

import (
	"bytes"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/japanese"
)

const listed = "お店の名前（屋号）,状態,URL,法人番号,決済方法,緊急連絡先の名前,緊急連絡先の電話,社内メモ\n" +
	"山田茶舗,運用中,tea.example.jp,7000012050002,\"代金引換\n銀行振込・コンビニ払い\",山田 花子,０３−１２３４−５６７８,x\n" +
	"\n" +
	",やめた,http://,7.00001E+12,現金,,312345678,\n" +
	"鈴木商店,計画中,,,,,,\n"

func readList(t *testing.T, data []byte) (head *ImportHead, lines []ImportLine) {
	t.Helper()
	err := CSV(iotest.OneByteReader(bytes.NewReader(data)), func(n int, cells []string) error {
		if head == nil {
			var bad Reason
			if head, bad = ReadHead(cells); bad.Message != "" {
				return errors.New(bad.Message)
			}
			return nil
		}
		l := ImportLine{Line: n}
		l.Shop, l.Problems = head.Shop(cells)
		lines = append(lines, l)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return head, lines
}

// TestImportEncodings: the same list in every form in which people save it is the same list.
func TestImportEncodings(t *testing.T) {
	t.Parallel()
	sjis, err := japanese.ShiftJIS.NewEncoder().String(strings.ReplaceAll(listed, "−", "-"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"UTF-8": listed, "UTF-8 with mark": "\ufeff" + listed, "Shift_JIS": sjis, "CRLF": strings.ReplaceAll(listed, "\n", "\r\n"), "tabs": strings.ReplaceAll(listed, ",", "\t")} {
		head, lines := readList(t, []byte(data))
		if len(lines) != 3 || len(head.Unknown) != 1 || head.Unknown[0] != "社内メモ" {
			t.Fatalf("%s: %d lines, unread %v", name, len(lines), head.Unknown)
		}
		s := lines[0].Shop
		if len(lines[0].Problems) > 0 || s.Name != "山田茶舗" || s.URL != "https://tea.example.jp/" || s.State != Trading || len(s.Payments) != 2 || s.Contacts[0].Phone != "03-1234-5678" {
			t.Errorf("%s: %+v %v", name, s, lines[0].Problems)
		}
		bad := lines[1].Problems
		for field, words := range map[string]string{"state": "一覧にありません", "name": "名前を入力", "url": "https://www.example.jp/", "number": "表計算ソフト", "payments": "一覧にありません", "contact-phone": "先頭の 0"} {
			if got := bad.Of(field); !strings.Contains(got.In("ja"), words) {
				t.Errorf("%s: of %s: %q", name, field, got.In("ja"))
			}
		}
		if lines[1].Line != 5 || lines[2].Line != 6 || len(lines[2].Problems) > 0 {
			t.Errorf("%s: lines %d, %d: %v", name, lines[1].Line, lines[2].Line, lines[2].Problems)
		}
	}
	for _, data := range []string{"\xff\xfea\x00", "PK\x00"} {
		if err := CSV(strings.NewReader(data), func(int, []string) error { return nil }); !errors.Is(err, ErrNoText) {
			t.Errorf("%q: %v", data, err)
		}
	}
}

// TestImportColumns: no column speaks of authority, proof, consent or access,
// and each is found by its name in both languages.
func TestImportColumns(t *testing.T) {
	t.Parallel()
	var ja, en []string
	for _, c := range Columns {
		ja, en = append(ja, c.JA+"（必須）"), append(en, " "+strings.ToUpper(c.EN))
		for _, word := range []string{"consent", "proof", "grant", "authority", "account", "role"} {
			if strings.Contains(c.Key, word) {
				t.Errorf("column %s", c.Key)
			}
		}
	}
	for _, head := range [][]string{ja, en} {
		h, bad := ReadHead(head)
		if bad.Message != "" || len(h.Unknown) > 0 {
			t.Fatalf("%v %v", bad, h)
		}
		for i, at := range h.at {
			if at != i {
				t.Errorf("%s is read from column %d", Columns[i].Key, at)
			}
		}
	}
	if _, bad := ReadHead([]string{"URL"}); bad.Message == "" {
		t.Error("a list without names is read")
	}
}

func FuzzImport(f *testing.F) {
	f.Add([]byte(listed))
	f.Add([]byte("\ufeffname,state\n=cmd,trading"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		var head *ImportHead
		_ = CSV(bytes.NewReader(data), func(_ int, cells []string) error {
			if head == nil {
				if head, _ = ReadHead(cells); head == nil {
					return errors.New("no head")
				}
				return nil
			}
			s, _ := head.Shop(cells)
			s.Keys()
			return nil
		})
	})
}

// BenchmarkImportCSV reads a list of so many shops; what is held at the end is
// said in KiB.
func BenchmarkImportCSV(b *testing.B) {
	for _, n := range []int{1000, 10000, 20000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			var list bytes.Buffer
			list.WriteString("name,state,url,number\n")
			for i := range n {
				list.WriteString("店" + strconv.Itoa(i) + ",運用中,https://s" + strconv.Itoa(i) + ".example.jp/,\n")
			}
			b.SetBytes(int64(list.Len()))
			var most uint64
			for b.Loop() {
				var head *ImportHead
				var m runtime.MemStats
				seen := 0
				err := CSV(bytes.NewReader(list.Bytes()), func(_ int, cells []string) error {
					if head == nil {
						head, _ = ReadHead(cells)
						return nil
					}
					head.Shop(cells)
					if seen++; seen == n-1 {
						runtime.GC()
						runtime.ReadMemStats(&m)
						most = max(most, m.HeapAlloc)
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(most-min(most, uint64(list.Len())))/1024, "KiB-held")
		})
	}
}

// TestWideList: a file of millions of cells in a row is refused, and columns
// far beyond those of a list are not looked at.
func TestWideList(t *testing.T) {
	t.Parallel()
	rows := 0
	err := CSV(strings.NewReader("name,state\n"+strings.Repeat("a,", 1<<20)), func(int, []string) error { rows++; return nil })
	if !errors.Is(err, ErrTooWide) || rows > 1 {
		t.Errorf("%d rows, %v", rows, err)
	}
	err = CSV(strings.NewReader(strings.Repeat(",", 1000)+"name,state\n"), func(_ int, cells []string) error {
		if IsHead(cells) || len(cells) > 300 {
			t.Errorf("%d cells are looked at", len(cells))
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
