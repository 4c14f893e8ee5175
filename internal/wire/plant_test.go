package wire

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// Secrets in the forms in which shops and their visitors write them.
func TestPlantedSecrets(t *testing.T) {
	t.Parallel()
	m := NewMasker([]byte("k"))
	for name, tc := range map[string]struct{ text, secret string }{
		"card":               {"card 4111111111111111 end", "4111111111111111"},
		"card spaced":        {"card 4111 1111 1111 1111 end", "4111 1111 1111 1111"},
		"card dashes":        {"card 4111-1111-1111-1111 end", "1111-1111-1111"},
		"card two spaces":    {"card 4111  1111  1111  1111 end", "1111  1111  1111"},
		"card dots":          {"card 4111.1111.1111.1111 end", "1111.1111.1111"},
		"card nbsp":          {"card 4111\u00a01111\u00a01111\u00a01111 end", "1111\u00a01111\u00a01111"},
		"card nbsp entity":   {"card 4111&nbsp;1111&nbsp;1111&nbsp;1111 end", "1111&nbsp;1111&nbsp;1111"},
		"card full width":    {"カード ４１１１１１１１１１１１１１１１ です", "１１１１１１１１"},
		"card full groups":   {"カード ４１１１－１１１１－１１１１－１１１１ です", "１１１１－１１１１"},
		"card full space":    {"カード 4111　1111　1111　1111 です", "1111　1111　1111"},
		"card amex groups":   {"3782 822463 10005", "822463 10005"},
		"card in json":       {`{"n":4111111111111111}`, "4111111111111111"},
		"card after letters": {"No.4111111111111111", "4111111111111111"},
		"card after colon":   {"カード番号：4111111111111111", "4111111111111111"},
		"card in url":        {"/pay?x=4111111111111111&y=1", "4111111111111111"},
		"phone":              {"tel 03-1234-5678", "1234-5678"},
		"phone full width":   {"電話 ０３－１２３４－５６７８", "１２３４－５６７８"},
		"phone full mobile":  {"電話 ０９０１２３４５６７８", "１２３４５６７８"},
		"phone parens":       {"電話 03(1234)5678", "1234)5678"},
		"phone intl":         {"電話 +81-90-1234-5678", "1234-5678"},
		"phone intl bare":    {"電話 +819012345678", "12345678"},
		"phone wave dash":    {"電話 090‐1234‐5678", "1234‐5678"},
		"phone minus":        {"電話 090−1234−5678", "1234−5678"},
		"mail":               {"to taro.yamada@example.co.jp now", "taro.yamada"},
		"mail entity":        {"to taro&#64;example.co.jp now", "taro&#64;example"},
		"mail full width":    {"to taro＠example.co.jp now", "taro＠example"},
		"mail odd":           {"to o'taro!#x@example.jp now", "taro"},
		"mail json escape":   {`{"a":"taro\u0040example.co.jp"}`, `taro\u0040example`},
		"mail idn":           {"to taro@日本語.jp now", "taro"},
		"mail japanese":      {"to 太郎@example.jp now", "太郎"},
		"bearer in text":     {"Authorization: Bearer abcdef0123456789abcdef", "abcdef0123456789abcdef"},
		"bearer in js":       {`headers:{"Authorization":"Bearer abcdef0123456789abcdef"}`, "abcdef0123456789abcdef"},
		"basic in js":        {`headers:{'Authorization':'Basic dGFybzpwYXNzd29yZDEyMw=='}`, "dGFybzpwYXNzd29yZDEyMw"},
		"aws key":            {"var k='AKIAIOSFODNN7EXAMPLQ'", "AKIAIOSFODNN7EXAMPLQ"},
		"stripe key":         {"sk_live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39HqLyjWDarjtT1zdp7dc"},
		"cookie in js":       {`document.cookie = "PHPSESSID=abcdef0123456789abcdef; path=/"`, "abcdef0123456789abcdef"},
		"session in url":     {`<a href="/x?PHPSESSID=abcdef0123456789abcdef">`, "abcdef0123456789abcdef"},
		"session in path":    {`<a href="/x;jsessionid=ABCDEF0123456789ABCDEF?y=1">`, "ABCDEF0123456789ABCDEF"},
		"token fragment":     {"https://shop.example/cb#access_token=abcdef0123456789abcdef&x=1", "abcdef0123456789abcdef"},
		"token encoded name": {"/x?reset%5Ftoken=abcdef0123456789abcdef", "abcdef0123456789abcdef"},
		"address input":      {`<input name="addr02" value="千代田区丸の内1-2-3">`, "丸の内"},
		"address unquoted":   {`<input name=addr02 value=千代田区丸の内1-2-3>`, "丸の内"},
		"address textarea":   {`<textarea name="address">千代田区丸の内1-2-3</textarea>`, "丸の内"},
		"name input":         {`<input name="name01" value="山田">`, "山田"},
		"private key":        {"-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq1c0VYkq\n-----END RSA PRIVATE KEY-----", "MIIEpAIBAAKCAQEA7bq1c0VYkq"},
	} {
		if got := m.Text(tc.text); strings.Contains(got, tc.secret) {
			t.Errorf("text %s: %s", name, got)
		} else if len(got) != len(tc.text) {
			t.Errorf("text %s: length changed: %s", name, got)
		}
		if got := string(m.Body("text/html", []byte(tc.text))); strings.Contains(got, tc.secret) {
			t.Errorf("body %s: %s", name, got)
		}
		doc, _ := json.Marshal(map[string]any{"html": tc.text, "list": []string{tc.text}})
		if got, err := m.JSON(doc); err != nil || strings.Contains(string(got), tc.secret) {
			t.Errorf("json %s: %s %v", name, got, err)
		}
	}
}

// A cookie that only the rendered page shows is masked in that page as well, in
// whatever order the two are met; words beside an address stay readable.
func TestPlantedCookie(t *testing.T) {
	t.Parallel()
	doc := []byte(`{"html":"<p>id is Zq81kfmWd02x</p>","cookies":[{"name":"visitor","value":"Zq81kfmWd02x","domain":"shop.example"}],"a":"Zq81kfmWd02x"}`)
	for range 20 {
		got, err := NewMasker([]byte("k")).JSON(doc)
		if err != nil || bytes.Contains(got, []byte("Zq81kfmWd02x")) {
			t.Fatalf("%s %v", got, err)
		}
	}
	if got := NewMasker([]byte("k")).Text("お問い合わせは taro@example.jp まで。連絡先：taro@example.jpです"); !strings.Contains(got, "お問い合わせは ") || !strings.Contains(got, "連絡先：") || strings.Contains(got, "taro") {
		t.Error(got)
	}
}

// A body made to be masked slowly takes no longer than its length is worth.
func TestMaskingIsLinear(t *testing.T) {
	t.Parallel()
	m := NewMasker([]byte("k"))
	for _, part := range []string{"@", "%40", "&#64;", "a@b.jp ", "%40@", "<textarea name=addr>", "<input name=addr ", "<input value='", "pass=.", "sid=", `sid="`, "PRIVATE KEY-----", "eyJ", "Bearer ", "AKIA", "4 ", "4111 ", "０", "&nbsp;1", "=", "token:", "<", `\"token\":\"`} {
		b := bytes.Repeat([]byte(part), 512<<10/len(part))
		began := time.Now()
		if got := m.Body("text/html", b); len(got) != len(b) {
			t.Errorf("%q: length changed", part)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%q: 512 KiB took %v", part, took)
		} else if testing.Verbose() {
			t.Logf("%q: %v", part, took)
		}
	}
}
