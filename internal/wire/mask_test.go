package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

var fixed = NewMasker([]byte("key for tests"))

func TestToken(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "a", "1234", "0123456789abcdef0123456789abcdef", "Ab3-_/x.Q9==", "a%3Ab%2Fc0123456789", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", "東京都千代田区"} {
		m := fixed.Token(s)
		if len(m) != len(s) {
			t.Errorf("%q → %q: length changed", s, m)
		}
		if len(s) > 4 && m == s {
			t.Errorf("%q stays as it is", s)
		}
		if fixed.Token(s) != m {
			t.Errorf("%q has two tokens", s)
		}
		for i := range len(s) {
			if a, lo, _ := class(s[i]); a && s[i] < 0x80 {
				if b, lo2, _ := class(m[i]); !b || lo != lo2 {
					t.Errorf("%q → %q: class changed at %d", s, m, i)
				}
			}
		}
		if len(s) >= 20 && s[0] < 0x80 && fixed.Token(m) != m {
			t.Errorf("%q: the token is masked once more, %q → %q", s, m, fixed.Token(m))
		}
	}
	if one, other := NewMasker(nil), NewMasker(nil); one.Token("0123456789abcdef") == other.Token("0123456789abcdef") {
		t.Error("two runs give equal tokens")
	}
	if again := NewMasker(fixed.Key()); again.Token("secret-value-1") != fixed.Token("secret-value-1") {
		t.Error("the key does not carry over")
	}
}

func TestMaskText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   string
		gone []string // must not be in the output
		stay []string // must be
	}{
		{`<input type="hidden" name="csrf_token" value="Zk3v9Qm1xT8">`, []string{"Zk3v9Qm1xT8"}, []string{`<input type="hidden" name="csrf_token" value="`}},
		{`<input value='a8f5f167f44f4964' name=transactionid>`, []string{"a8f5f167f44f4964"}, []string{"name=transactionid"}},
		{`<meta name="csrf-token" content="q1w2e3r4t5y6u7i8">`, []string{"q1w2e3r4t5y6u7i8"}, []string{`name="csrf-token"`}},
		{`<input name="order[addr01]" value="千代田区丸の内1-1"><input name="tel" value="0312345678">`, []string{"丸の内1-1", "12345678"}, []string{"order[addr01]"}},
		{`<textarea name="address">東京都港区1-2-3</textarea>`, []string{"港区", "1-2-3"}, []string{"</textarea>"}},
		{`<input type="password" name="x" value="hunter22">`, []string{"hunter22"}, nil},
		{`<input name="q" value="Tシャツ 白">`, nil, []string{"Tシャツ 白"}},
		{`{"access_token":"abc123def456ghi7","label":"token を入力"}`, []string{"abc123def456ghi7"}, []string{"token を入力"}},
		{`var csrfToken = 'q1w2e3r4t5y6';`, []string{"q1w2e3r4t5y6"}, []string{"var csrfToken = '"}},
		{`t.token=document.querySelector("meta").content`, nil, []string{"document.querySelector"}},
		{`<a href="/cart?PHPSESSID=0a1b2c3d4e5f6a7b&amp;x=1">`, []string{"0a1b2c3d4e5f6a7b"}, []string{"&amp;x=1", "PHPSESSID="}},
		{`owner@shop.example`, []string{"owner", "shop"}, []string{"@", ".example"}},
		{`src="/logo@2x.png" https://cdn.test/vue@3.4.21/vue.min.js npm/jquery@3.min.js`, nil, []string{"logo@2x.png", "vue@3.4.21", "jquery@3.min.js"}},
		{`電話 03-1234-5678、携帯 090-1234-5678, 0120-123-456, (03)1234-5678 09012345678`, []string{"1234-5678", "123-456", "12345678"}, []string{"電話 03", "携帯 090", "012"}},
		{`2026-11-21 4901234567894 item-0312345678 /p/0312345678 v1.2.3`, nil, []string{"2026-11-21", "4901234567894", "item-0312345678", "/p/0312345678"}},
		{`4111 1111 1111 1111 4111-1111-1111-1111 4111111111111111 378282246310005 3530111333300000`, []string{"111 1111", "111-1111", "111111111", "78282246310005", "530111333300000"}, nil},
		{`4111111111111112 1700000000000`, nil, []string{"4111111111111112", "1700000000000"}},
		{`jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlMTIzNDU2`, []string{"zdWIiOiJhbGljZSJ9", "c2lnbmF0dXJl"}, []string{"eyJhbGciOiJIUzI1NiJ9."}},
		{`<script nonce="r4nd0mN0nce12345">`, nil, []string{"r4nd0mN0nce12345"}},
		{`email=taro%40shop.example&password=pa55word&q=shoes`, []string{"taro", "pa55word"}, []string{"q=shoes", "%40"}},
	} {
		out := fixed.Text(tc.in)
		if len(out) != len(tc.in) {
			t.Errorf("%q: length %d became %d", tc.in, len(tc.in), len(out))
		}
		for _, s := range tc.gone {
			if strings.Contains(out, s) {
				t.Errorf("%q → %q still holds %q", tc.in, out, s)
			}
		}
		for _, s := range tc.stay {
			if !strings.Contains(out, s) {
				t.Errorf("%q → %q lost %q", tc.in, out, s)
			}
		}
	}
}

func TestMaskHeaders(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, prefix, suffix, gone string }{
		{"Set-Cookie", "PHPSESSID=0a1b2c3d4e5f6a7b; Path=/; HttpOnly; SameSite=Lax", "PHPSESSID=", "; Path=/; HttpOnly; SameSite=Lax", "0a1b2c3d4e5f6a7b"},
		{"Set-Cookie", "lang=ja; Path=/", "lang=ja; Path=/", "", ""},
		{"Set-Cookie", "sid=deleted; Max-Age=0", "sid=deleted; Max-Age=0", "", ""},
		{"Cookie", "a=1; sid=0a1b2c3d4e5f", "a=1; sid=", "", "0a1b2c3d4e5f"},
		{"Authorization", "Basic dXNlcjpwYXNz", "Basic ", "", "dXNlcjpwYXNz"},
		{"Location", "https://shop.example/x?sid=0a1b2c3d4e5f", "https://shop.example/x?sid=", "", "0a1b2c3d4e5f"},
		{"Location", "/cart;jsessionid=0A1B2C3D4E5F6A7B?x=1", "/cart;jsessionid=", "?x=1", "0A1B2C3D4E5F6A7B"},
		{"Content-Security-Policy", "script-src 'nonce-0a1b2c3d4e5f'", "script-src 'nonce-0a1b2c3d4e5f'", "", ""},
	} {
		out := fixed.Header(tc.name, tc.in)
		if len(out) != len(tc.in) || !strings.HasPrefix(out, tc.prefix) || !strings.HasSuffix(out, tc.suffix) || tc.gone != "" && strings.Contains(out, tc.gone) {
			t.Errorf("%s: %q → %q", tc.name, tc.in, out)
		}
	}
	u := fixed.URL("https://u:geheim@shop.example/reset/9f86d081884c7d659a2feaa0c55ad015?token=abcdef123456&page=2")
	if strings.Contains(u, "geheim") || strings.Contains(u, "9f86d081884c") || strings.Contains(u, "abcdef123456") || !strings.HasSuffix(u, "&page=2") {
		t.Errorf("URL became %s", u)
	}
	v := "https://shop.example/reset/9f86d081884c7d659a2feaa0c55ad015?token=abcdef123456&page=2"
	if fixed.URL(fixed.URL(v)) != fixed.URL(v) || fixed.URL(v) == v {
		t.Error("masking a masked URL changes it")
	}
}

// No secret that a hostile shop prints, anywhere, reaches ledger or records;
// the exchange in memory stays as it was received.
func TestNoSecretIsKept(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{
		"cookie": "s3ss10nC00kie9f8e7d6c", "csrf": "Cs7fT0ken1a2b3c4d5e", "mail": "hanako.yamada@kokyaku.example", "card": "4111111111111111",
		"phone": "090-8765-4321", "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiaGFuYWtvIn0.U0lHTkFUVVJFU0lHTkFUVVJF", "password": "Pa55w0rd!x",
		"address": "東京都港区芝公園四丁目", "bearer": "b3ar3rT0k3nXYZ123456",
	}
	s := site(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "sid="+secrets["cookie"]+"; Path=/; Secure; HttpOnly")
		w.Header().Set("Location", "/next?sid="+secrets["cookie"])
		w.Header().Set("Authorization", "Bearer "+secrets["bearer"])
		w.Header().Set("X-Debug", "user="+secrets["mail"])
		fmt.Fprintf(w, `<form><input type=hidden name=_token value=%s><input name=address value="%s"><input type=password name=p value="%s">
<a href="?sid=%s">x</a><p>%s %s %s</p><script>var s = "%s"; var jwt="%s"</script><!-- %s -->`,
			secrets["csrf"], secrets["address"], secrets["password"], secrets["cookie"], secrets["mail"], secrets["card"], secrets["phone"], secrets["cookie"], secrets["jwt"], secrets["cookie"])
	})
	j := NewMemory()
	c := client(t, s.URL, func(o *Options) { o.Journal, o.Scope.Level = j, Full })
	ex := must(t, c, get(t, s.URL+"/"))
	for name, v := range secrets {
		if name != "bearer" && !bytes.Contains(ex.Body, []byte(v)) {
			t.Errorf("in memory the %s is masked", name)
		}
	}
	r := get(t, s.URL+"/login?token="+secrets["csrf"]+"&mail="+secrets["mail"])
	r.Method, r.Level = "POST", Full
	r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Authorization": {"Bearer " + secrets["bearer"]}, "X-Csrf-Token": {secrets["csrf"]}}
	r.Body = []byte("password=" + secrets["password"] + "&card=" + secrets["card"] + "&tel=" + secrets["phone"] + "&address=" + secrets["address"])
	must(t, c, r)
	all, err := json.Marshal(j.Entries())
	if err != nil {
		t.Fatal(err)
	}
	var kept []*Exchange
	for _, rec := range j.Records() {
		all = append(append(all, rec.Key...), rec.Data...)
		ex, err := DecodeExchange(rec.Data)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, ex.RequestHead...)
		all = append(append(append(all, ex.RequestBody...), ex.ResponseHead...), ex.Body...)
		kept = append(kept, ex)
	}
	for name, v := range secrets {
		if bytes.Contains(all, []byte(v)) {
			t.Errorf("the %s is kept", name)
		}
	}
	for _, m := range kept { // what verdicts depend on is still there
		cookie := (&http.Response{Header: m.Header}).Cookies()
		if len(cookie) != 1 || cookie[0].Name != "sid" || !cookie[0].Secure || !cookie[0].HttpOnly || len(cookie[0].Value) != len(secrets["cookie"]) {
			t.Errorf("cookie kept as %v", cookie)
		}
		if !bytes.Contains(m.Body, []byte(cookie[0].Value+`">x</a>`)) {
			t.Error("equal secrets have different tokens")
		}
		if !bytes.Contains(m.Body, []byte("<input type=hidden name=_token value=")) {
			t.Errorf("form destroyed: %s", m.Body)
		}
	}
}

// A rendered page is JSON whose strings are HTML: escapes must not hide anything.
func TestMaskJSON(t *testing.T) {
	t.Parallel()
	type cookie struct {
		Name, Value, Domain string
		Secure              bool
	}
	type rendered struct {
		DOM     string
		Cookies []cookie
		Storage map[string]string
		Fields  []struct{ Name, Value string }
		Port    int
		Note    string
	}
	in := rendered{
		DOM:     "<input name=\"_token\" value=\"Cs7fT0ken1a2b3c4d5e\">\n0312345678\t<p>taro@kokyaku.example",
		Cookies: []cookie{{"sid", "s3ss10nC00kie9f8e", "shop.test", true}, {"lang", "ja", "shop.test", false}},
		Storage: map[string]string{"access_token": "b3ar3rT0k3nXYZ123456", "theme": "dark"},
		Fields:  []struct{ Name, Value string }{{"address", "東京都港区"}, {"q", "靴"}},
		Port:    443, Note: "s3ss10nC00kie9f8e again",
	}
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	m := NewMasker([]byte("k"))
	m.Header("Set-Cookie", "sid=s3ss10nC00kie9f8e") // as the proxy saw it
	masked, err := m.JSON(data)
	if err != nil {
		t.Fatal(err)
	}
	var out rendered
	if err := json.Unmarshal(masked, &out); err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprint(out)
	for _, s := range []string{"Cs7fT0ken", "12345678", "taro", "kokyaku", "s3ss10n", "b3ar3rT0k3n", "港区"} {
		if strings.Contains(all, s) {
			t.Errorf("%q is kept: %s", s, all)
		}
	}
	if out.Cookies[1].Value != "ja" || out.Storage["theme"] != "dark" || out.Fields[1].Value != "靴" || out.Port != 443 || len(out.DOM) != len(in.DOM) || out.Cookies[0].Name != "sid" {
		t.Errorf("too much is gone: %+v", out)
	}
}

func FuzzMask(f *testing.F) {
	f.Add([]byte(`<input name=token value="abc12345678"> a@b.test 03-1234-5678 {"password":"x\"y1"} eyJa.eyJb.c`))
	f.Add([]byte("GET /?sid=1234567890ab HTTP/1.1\r\nCookie: a=b\r\n c\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, out := range [][]byte{fixed.Body("text/html", b), fixed.Head(b), []byte(fixed.URL(string(b))), []byte(fixed.Token(string(b))), []byte(fixed.Header("Set-Cookie", string(b)))} {
			if len(out) != len(b) {
				t.Fatalf("%q: %d bytes became %d: %q", b, len(b), len(out), out)
			}
		}
		if json.Valid(b) && !json.Valid(fixed.Body("application/json", b)) {
			t.Fatalf("JSON broken: %q → %q", b, fixed.Body("application/json", b))
		}
	})
}
