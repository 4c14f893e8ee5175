package page

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"pgregory.net/rapid"
)

var encodings = map[string]encoding.Encoding{
	"utf-8": encoding.Nop, "shift_jis": japanese.ShiftJIS, "euc-jp": japanese.EUCJP, "iso-2022-jp": japanese.ISO2022JP,
}

// titles are as short as what a page may have: detection gets little to go by.
var titles = []string{
	"特定商取引法に基づく表記", "お買い物かご", "送料無料", "プライバシーポリシー", "商品一覧", "会員登録", "抹茶セット 1,200円", "ログイン", "トップページ",
	"お問い合わせ", "有田焼", "日本酒・焼酎", "カートに入れる", "品切れ", "ようこそ", "税込価格", "新着", "健康食品の通販", "検索結果", "ご利用ガイド",
	"〒100-0001 東京都千代田区", "株式会社サンプル商店", "返品・交換について", "子供服", "和菓子", "エラー", "404 ページが見つかりません", "玄米", "靴", "古着屋",
}

func TestShortTextsAreRecognised(t *testing.T) {
	t.Parallel()
	for name, enc := range encodings {
		missed := []string{}
		for _, s := range titles {
			b, err := enc.NewEncoder().Bytes([]byte("<title>" + s + "</title>"))
			if err != nil {
				t.Fatalf("%s %s: %v", name, s, err)
			}
			text, c := Decode(b, "text/html")
			if c.Used != name || !strings.Contains(text, s) {
				missed = append(missed, s+" as "+c.Used)
			}
		}
		if len(missed) > 0 {
			t.Errorf("%s: %q", name, missed)
		}
	}
}

func TestRareCharacters(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"半角ｶﾅのﾃｽﾄです", "①②③㈱髙島屋 Ⅳ ㌔", "纊褜鍈の商品", "～∥－￥"} {
		for name, enc := range encodings {
			page := "<title>ショップ</title><p>" + s + "をお届けします"
			b, err := enc.NewEncoder().Bytes([]byte(page))
			if err != nil {
				continue // this charset cannot say it
			}
			text, c := Decode(b, "")
			want, _ := enc.NewDecoder().Bytes(b)
			if c.Used != name || text != string(want) || c.Mismatch {
				t.Errorf("%s %q: %+v %q", name, s, c, text)
			}
		}
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	pieces := append([]string{"の", "は", "を", "です。", "ます", "、", "ください", "商品", "価格", "送料", " ABC ", "123", "<br>", "カ", "ート", "ご注文", "株式会社", "店"}, titles...)
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(pieces), 6, 60).Draw(t, "parts")
		s := "<p>お客様へ" + strings.Join(parts, "")
		for name, enc := range encodings {
			b, err := enc.NewEncoder().Bytes([]byte(s))
			if err != nil {
				t.Fatal(err)
			}
			text, c := Decode(b, "")
			if c.Used != name || text != s {
				t.Fatalf("%s: %+v %q", name, c, text)
			}
			if _, c := Decode(b, "text/html; charset="+name); c.Mismatch {
				t.Fatalf("%s declared as itself is a mismatch: %+v", name, c)
			}
		}
	})
}

func TestDeclarations(t *testing.T) {
	t.Parallel()
	long := "お買い上げありがとうございます。商品の発送は翌営業日となります。"
	sjis, _ := japanese.ShiftJIS.NewEncoder().String(long)
	euc, _ := japanese.EUCJP.NewEncoder().String(long)
	for _, c := range []struct {
		what, header, body, used, header2, meta string
		mismatch                                bool
	}{
		{"header", "text/html; charset=Shift_JIS", sjis, "shift_jis", "Shift_JIS", "", false},
		{"windows-31j", "text/html; charset=Windows-31J", sjis, "shift_jis", "Windows-31J", "", false},
		{"cp932", `text/html; charset="cp932"`, sjis, "shift_jis", "cp932", "", false},
		{"meta after Shift_JIS", "text/html", "<title>" + sjis + `</title><META CHARSET="Shift_JIS">`, "shift_jis", "", "Shift_JIS", false},
		{"meta", "text/html", `<meta charset="euc-jp">` + euc, "euc-jp", "", "euc-jp", false},
		{"http-equiv", "text/html", `<META http-equiv="Content-Type" content="text/html; charset=Shift_JIS">` + sjis, "shift_jis", "", "Shift_JIS", false},
		{"xml declaration", "application/xhtml+xml", `<?xml version="1.0" encoding="EUC-JP"?>` + euc, "euc-jp", "", "EUC-JP", false},
		{"commented meta", "text/html", `<!-- <meta charset="utf-8"> -->` + sjis, "shift_jis", "", "", false},
		{"BOM wins", "text/html; charset=Shift_JIS", "\xef\xbb\xbf" + long, "utf-8", "Shift_JIS", "", false},
		{"header before meta", "text/html; charset=UTF-8", `<meta charset="Shift_JIS">` + long, "utf-8", "UTF-8", "Shift_JIS", false},
		{"sjis called utf-8", "text/html; charset=UTF-8", sjis, "shift_jis", "UTF-8", "", true},
		{"euc called sjis", "text/html; charset=Shift_JIS", euc, "euc-jp", "Shift_JIS", "", true},
		{"utf-8 called sjis", "text/html; charset=Shift_JIS", long, "utf-8", "Shift_JIS", "", true},
		{"utf-8 called latin1", "text/html; charset=ISO-8859-1", long, "utf-8", "ISO-8859-1", "", true},
		{"one stray byte", "text/html; charset=UTF-8", long + "\x82" + long, "utf-8", "UTF-8", "", false},
		{"two stray bytes in sjis", "text/html; charset=Shift_JIS", sjis + "\xa0\xff" + sjis, "shift_jis", "Shift_JIS", "", false},
		{"ASCII only", "text/html; charset=EUC-JP", "<p>hello", "euc-jp", "EUC-JP", "", false},
		{"French", "text/html; charset=ISO-8859-1", "<p>caf\xe9 cr\xe8me \xe0 la carte, d\xe9j\xe0 vu", "windows-1252", "ISO-8859-1", "", false},
		{"unknown name", "text/html; charset=none", long, "utf-8", "none", "", false},
	} {
		text, got := Decode([]byte(c.body), c.header)
		if got.Used != c.used || got.Mismatch != c.mismatch || got.Header != c.header2 || got.Meta != c.meta {
			t.Errorf("%s: %+v, want used %s mismatch %v header %q meta %q", c.what, got, c.used, c.mismatch, c.header2, c.meta)
		}
		if !utf8.ValidString(text) {
			t.Errorf("%s: not UTF-8", c.what)
		}
	}
}

func FuzzCharset(f *testing.F) {
	for _, s := range titles[:6] {
		for _, enc := range encodings {
			b, _ := enc.NewEncoder().Bytes([]byte(s))
			f.Add(b, "text/html; charset=utf-8")
			f.Add(b, "")
		}
	}
	f.Add([]byte("\x1b$B"), "charset=x")
	f.Fuzz(func(t *testing.T, b []byte, ct string) {
		text, c := Decode(b, ct)
		if !utf8.ValidString(text) || c.Used == "" {
			t.Errorf("%+v %q", c, text)
		}
	})
}
