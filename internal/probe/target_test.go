package probe

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"miseban/internal/page"
	"miseban/internal/wire"
)

func answer(t *testing.T, body, value, own string) *Answer {
	t.Helper()
	u, err := url.Parse("http://127.0.0.1/list")
	if err != nil {
		t.Fatal(err)
	}
	ex := &wire.Exchange{URL: u, Status: 200, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte(body)}
	pg := page.Parse(ex)
	return &Answer{Value: value, Page: pg, Ex: ex, Print: printOf(pg, value, own)}
}

// Coats around a value are taken off to see it and put on again to send another.
func TestCoats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ sample, core, name, other, want string }{
		{"taro", "taro", "", "x'y", "x'y"},
		{"eyJjb2xvciI6InN3ZWV0cyJ9", "sweets", "color", "x", "eyJjb2xvciI6IngifQ=="},
		{`{"a":{"b":["tea"]}}`, "tea", "a.b.0", "x", `{"a":{"b":["x"]}}`},
		{"%E8%8C%B6", "茶", "", "a b", "a+b"},
		{"/list?q=tea&n=1", "tea", "q", "a&b", "/list?q=a%26b&n=1"},
		{"c2VuY2hhIHRlYQ==", "sencha tea", "", "x", "eA=="},
		{"password", "password", "", "x", "x"},
		{"NjU1", "655", "", "x", "eA=="},
		{"Mw==", "3", "", "x", "eA=="},
		{"cart", "cart", "", "x", "x"},
		{"eyJjb2xvciI6InN3ZWV0cyJ9", "sweets", "color", "＜茶😀", "eyJjb2xvciI6Ilx1ZmYxY1x1ODMzNlx1ZDgzZFx1ZGUwMCJ9"},
	} {
		o := cores(tt.sample, 3)[0]
		c := &Target{layers: o.layers}
		if o.value != tt.core || o.name != tt.name || c.close(tt.other) != tt.want || c.close(o.value) == "" {
			t.Errorf("%s: core %q at %q, other %q; want %q at %q, %q", tt.sample, o.value, o.name, c.close(tt.other), tt.core, tt.name, tt.want)
		}
	}
}

// An object in the source of a script is read with the texts in it as they are.
func TestLiteral(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`{q: '{"page":2}', rows: 20}`: `{"page":2}`, `{"q":"a, b: {c}"}`: "a, b: {c}", `{q: 'it\'s "x"', n: page}`: `it's "x"`, `{q: word, n: 1}`: "",
	} {
		v, ok := literal(src)
		m, _ := v.(map[string]any)
		if !ok || m["q"] != want {
			t.Errorf("%s: %v", src, v)
		}
	}
}

// Long values that somebody wrote are places to test; what was drawn at random
// is a token and left as it is.
func TestTokensAndWords(t *testing.T) {
	t.Parallel()
	for v, token := range map[string]bool{
		"http://127.20.0.2:37801/guide": false, "https://shop.example/a/9f8e7d6c5b4a3f2e1d0c": false, "img/2024/green-tea-200g-v2.jpg": false, "docs/manual-2024-spring.pdf": false, "senchagenmaigyokuro": false,
		"9f8e7d6c5b4a39281706f5e4d3c2b1a0": true, "aB3xK9qL2mN8vR5tY1wZ": true, "2b6f0cc9-04d1-4be2-8f2a-9c3b1d5e7f60": true, "k3J9-s8Fq_2LmX0pQ7vTz": true,
	} {
		if looksToken("v", v) != token {
			t.Errorf("%s: token %v", v, !token)
		}
	}
}

// Cookies keep what the value holds, also for programs that read a plus sign as a space.
func TestCookieEscape(t *testing.T) {
	t.Parallel()
	if got := cookieEscape("a+b c;d=\"%茶\""); got != "a%2Bb%20c%3Bd=%22%25%E8%8C%B6%22" {
		t.Error(got)
	}
}

// A page that varies by itself is told from one that the value changes.
func TestBaselineKnowsNoise(t *testing.T) {
	t.Parallel()
	found := func(ad, clock string) string {
		return `<h1>一覧</h1><div class="ad">` + ad + `</div><p>` + clock + `</p><ul class="goods"><li>煎茶</li><li>ほうじ茶</li></ul>`
	}
	none := `<h1>一覧</h1><div class="ad">福袋</div><p>12:00:09</p><p class="none">見つかりません</p>`
	b := &Baseline{Status: 200, Noisy: true}
	for _, x := range [][2]string{{"新茶", "12:00:01"}, {"早割", "12:00:02"}, {"新茶", "12:00:03"}} {
		b.take(answer(t, found(x[0], x[1]), "green", "green"))
	}
	b.against(answer(t, none, "zzzzz", "green"))
	for _, tt := range []struct {
		body string
		want Alike
	}{
		{found("送料無料", "12:01:00"), Same},
		{none, Different},
		{strings.ReplaceAll(none, "福袋", "ポイント"), Different},
		{"<h1>エラー</h1>", Different},
	} {
		if got := b.Compare(answer(t, tt.body, "g'\n'reen", "green")); got != tt.want {
			t.Errorf("%v, want %v: %s", got, tt.want, tt.body)
		}
	}
}

// What comes back of the value itself is no difference.
func TestEchoIsNoDifference(t *testing.T) {
	t.Parallel()
	for _, v := range []string{`a"b'c<d>`, "sen'\n'cha", "7*1", "日本 茶"} {
		e := newEchoes([]string{v, "7"})
		for _, form := range []string{v, url.QueryEscape(v), strings.ReplaceAll(v, "'", "''")} {
			if got := e.clean("検索: " + form + " の結果"); strings.Contains(got, form) {
				t.Errorf("%q leaves %q", form, got)
			}
		}
	}
	if got := newEchoes([]string{"7"}).clean("17 items, 7 left"); !strings.Contains(got, "17 items") || strings.Contains(got, " 7 ") {
		t.Error(got)
	}
}

// An unknown value has the shape of the known one and is another.
func TestLike(t *testing.T) {
	t.Parallel()
	r := NewRand(strings.Repeat("5a", 16))
	for _, v := range []string{"", "7", "3,5", "green", "guide.txt", "2026-11-21", "A-12", "抹茶"} {
		got := r.Like(v)
		if got == v || got == "" || wire.Harmless(got) != nil {
			t.Errorf("%q: %q", v, got)
		}
		if strings.HasSuffix(v, ".txt") && !strings.HasSuffix(got, ".txt") {
			t.Errorf("%q loses its ending: %q", v, got)
		}
	}
}

// The object that a script posts is read, and a value put anywhere into it.
func TestJSONPlaces(t *testing.T) {
	t.Parallel()
	tree, ok := literal("{q: 'tea', rows: 20, page: n, deep: {x: \"y\"}}")
	if !ok {
		t.Fatal("not read")
	}
	c := &Target{Via: ViaJSON, Method: "POST", URL: &url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/s"}, tree: tree, steps: []string{"deep", "x"}}
	if got := string(c.Request("a'b").Body); got != `{"deep":{"x":"a'b"},"page":"","q":"tea","rows":20}` {
		t.Error(got)
	}
	if got := string(c.Request("", Tree(map[string]any{"$eq": "y"})).Body); !strings.Contains(got, `{"x":{"$eq":"y"}}`) {
		t.Error(got)
	}
}
