package page

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestKind(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/kinds.tsv")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, row := range strings.Split(string(b), "\n") {
		if row == "" || strings.HasPrefix(row, "#") {
			continue
		}
		c := strings.SplitN(row, "\t", 4)
		n++
		want := Kind(c[0])
		if want == "register" {
			want = Register
		}
		ex := answer(t, "https://shop.test"+c[2], "text/html; charset=utf-8", c[3])
		ex.Status, _ = strconv.Atoi(c[1])
		if p := Parse(ex); p.Kind != want || p.KindWhy == "" {
			t.Errorf("%s %s: %s (%s), want %s", c[2], p.Title, p.Kind, p.KindWhy, want)
		}
	}
	if n < 80 {
		t.Errorf("%d pages, want at least 80", n)
	}
}

func TestChallenge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		status       int
		header, body string
		want         string
	}{
		{"basic authentication", 401, "Www-Authenticate: Basic realm=x", "<h1>Unauthorized", "HTTP authentication"},
		{"Cloudflare header", 403, "Cf-Mitigated: challenge", "<title>Just a moment...</title>", "Cloudflare challenge"},
		{"Cloudflare script", 503, "Server: cloudflare", `<title>Just a moment...</title><script src="/cdn-cgi/challenge-platform/h/b"></script><script>window._cf_chl_opt={}</script>`, "Cloudflare challenge"},
		{"Cloudflare block", 403, "Server: cloudflare", `<title>Attention Required! | Cloudflare</title><div class="cf-error-details">`, "Cloudflare block"},
		{"AWS WAF", 202, "X-Amzn-Waf-Action: challenge", "<html>", "AWS WAF challenge"},
		{"Imperva", 403, "", `<iframe src="/_Incapsula_Resource?x"></iframe>Incapsula incident ID: 1`, "Imperva block"},
		{"Akamai", 403, "Server: AkamaiGHost", `<TITLE>Access Denied</TITLE>You don't have permission. Reference&#32;&#35;18&#46;1`, "Akamai block"},
		{"F5", 200, "", "<title>Request Rejected</title>The requested URL was rejected. Your support ID is: 123", "F5 block"},
		{"SiteGuard", 403, "", "<p>Powered by SiteGuard Lite</p>アクセスが制限されています", "SiteGuard block"},
		{"攻撃遮断くん", 403, "", "<p>攻撃遮断くんによりアクセスがブロックされました", "攻撃遮断くん block"},
		{"Scutum", 403, "Server: Scutum", "<p>Scutum", "Scutum block"},
		{"nameless firewall", 403, "", "<title>Request blocked</title><p>The request was blocked by the web application firewall.", "firewall block"},
		{"nameless firewall in Japanese", 403, "", "<p>不正なリクエストを検知したため、処理を中止しました。", "firewall block"},
		{"article on firewalls", 200, "", "<p>不正なリクエストを検知する仕組みを解説します。", ""},
		{"CAPTCHA", 429, "", `<form><div class="g-recaptcha"></div></form>`, "CAPTCHA"},
		{"maintenance", 503, "Retry-After: 3600", "<p>ただいまメンテナンス中です", "maintenance"},
		{"login wall", 200, "", `<p>Opening soon</p><form method="post" action="/password"><input type="password" name="password"></form>`, "login wall"},
		{"age gate", 200, "", `<p>あなたは20歳以上ですか？</p><form><button>はい</button><button>いいえ</button></form>`, ""},
		{"contact form with CAPTCHA", 200, "", `<form method=post><textarea name=a></textarea><div class="g-recaptcha"></div><button>送信</button></form>`, ""},
		{"shop behind Cloudflare", 200, "Server: cloudflare", `<script src="/cdn-cgi/scripts/email-decode.min.js"></script><p>商品`, ""},
		{"plain 403", 403, "", "<h1>Forbidden</h1>", ""},
		{"plain 503", 503, "", "<h1>Service Unavailable</h1>", ""},
		{"a blog about WAFs", 200, "", "<p>SiteGuard と攻撃遮断くん と Imperva を比べました。" + strings.Repeat("長い記事。", 200), ""},
		{"login page with user name", 200, "", `<form method="post"><input name="user"><input type="password" name="p"></form>`, ""},
	} {
		ex := answer(t, "https://shop.test/", "text/html; charset=utf-8", c.body)
		ex.Status = c.status
		if k, v, ok := strings.Cut(c.header, ": "); ok {
			ex.Header.Set(k, v)
		}
		if p := Parse(ex); p.Challenge != c.want {
			t.Errorf("%s: %q, want %q", c.name, p.Challenge, c.want)
		}
	}
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	shell := func(body string) string {
		return Parse(answer(t, "https://shop.test/x", "text/html; charset=utf-8", `<html><head><title>x</title></head><body><header id="header"><nav><ul><li><a href="/">top</a></li></ul></nav></header><main>`+body+`</main><footer class="footer"><p>c</p></footer></body></html>`)).Template
	}
	item := func(cls string) string {
		return `<li class="item ` + cls + `"><a href="/i"><img src="a"><span class="name">x</span></a></li>`
	}
	list := func(n int) string {
		return `<div class="list"><ul class="items">` + strings.Repeat(item(""), n) + `</ul><div class="pager"><a>1</a></div></div>`
	}
	product := func(name, desc, extra string) string {
		return `<div class="detail"><h1>` + name + `</h1><div class="desc">` + desc + `</div><form method="post" action="/cart/` + name + `"><input name="quantity" type="number">` + extra + `<button>buy</button></form></div>`
	}
	for _, c := range []struct {
		what string
		a, b string
		same bool
	}{
		{"number of items", list(3), list(40), true},
		{"a sold out item", list(3), strings.Replace(list(3), `class="item "`, `class="item outofstock"`, 1), true},
		{"names of products", product("tea", "good", ""), product("cup", "better", ""), true},
		{"text of descriptions", product("tea", "<p>a<br>b</p><p><b>c</b></p>", ""), product("cup", "<h2>x</h2><ul><li>y</ul><table><tr><td>z</table>", ""), true},
		{"numbers in ids", `<div id="post-12"><p>x</div>`, `<div id="post-9"><p>x</div>`, true},
		{"options of a select", product("tea", "x", `<select name="size"><option>1</select>`), product("tea", "x", `<select name="size"><option>1<option>2<option>3</select>`), true},
		{"list and product", list(3), product("tea", "x", ""), false},
		{"top and not found", `<div class="hero"><h2>x</h2></div>` + list(4), `<div class="error"><h1>404</h1><p>x</p></div>`, false},
		{"form and thanks", `<div><form method="post"><input name="mail"></form></div>`, `<div><p>thanks</p></div>`, false},
	} {
		if got := shell(c.a) == shell(c.b); got != c.same {
			t.Errorf("%s: one template %v, want %v", c.what, got, c.same)
		}
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	p := Parse(answer(t, "https://shop.test/entry?x=1", "text/html; charset=utf-8", `
<form id="f" method="POST" action="">
<dl><dt>お名前</dt><dd><input name="a1"></dd><dt>郵便番号</dt><dd><input name="a2"></dd></dl>
<table><tr><th>電話番号</th><td><input name="a3"></td></tr><tr><td>メールアドレス</td><td><input name="a4" maxlength="50"></td></tr></table>
<label for="pw">パスワード</label><input id="pw" type="password" name="a5" autocomplete="new-password" minlength="8" required>
<label>生年月日 <input name="a6"></label>
<div class="row"><p>ご住所</p><div><input name="a7"></div></div>
<input name="a8" aria-label="カード番号"><input name="a9" placeholder="セキュリティコード">
<input type="hidden" name="_token" value="x"><select name="pref"><option value="1">東京<option value="2" selected>大阪</select>
<textarea name="note">
hello</textarea><input type="file" name="up"><input type="image" alt="登録する" src="b.gif"><button type="reset">やり直す</button>
</form><button form="f" name="act" value="go">確認する</button>
<table><form action="/t" method="post"><tr><td><input name="inside"></td></tr></form></table>
<input name="lonely" placeholder="カード番号">`))
	if len(p.Forms) != 3 {
		t.Fatalf("%d forms", len(p.Forms))
	}
	f := p.Forms[0]
	want := []struct {
		name  string
		means Meaning
		label string
	}{
		{"a1", MeansPerson, "お名前"}, {"a2", MeansPostcode, "郵便番号"}, {"a3", MeansPhone, "電話番号"}, {"a4", MeansMail, "メールアドレス"}, {"a5", MeansNewPassword, "パスワード"},
		{"a6", MeansBirth, "生年月日"}, {"a7", MeansAddress, "ご住所"}, {"a8", MeansCardNumber, "カード番号"}, {"a9", MeansCardCode, ""}, {"_token", MeansToken, ""},
		{"pref", MeansAddress, ""}, {"note", MeansOther, ""}, {"up", MeansFile, ""}, {"act", MeansOther, "確認する"},
	}
	for i, w := range want {
		if i >= len(f.Fields) {
			t.Fatalf("%d fields, want %d", len(f.Fields), len(want))
		}
		d := f.Fields[i]
		if d.Name != w.name || d.Means != w.means || w.label != "" && d.Label != w.label {
			t.Errorf("field %d: %s %s %q, want %+v", i, d.Name, d.Means, d.Label, w)
		}
	}
	if f.Action.String() != "https://shop.test/entry?x=1" || f.Fields[3].MaxLength != 50 || f.Fields[4].MinLength != 8 || !f.Fields[4].Required || f.Fields[0].MaxLength != -1 {
		t.Errorf("%s %+v %+v", f.Action, f.Fields[3], f.Fields[4])
	}
	if pref := f.Fields[10]; pref.Value != "2" || len(pref.Options) != 2 || f.Fields[11].Value != "hello" {
		t.Errorf("%+v %q", pref, f.Fields[11].Value)
	}
	if got := strings.Join(f.Buttons, "|"); got != "登録する|やり直す|確認する" {
		t.Errorf("buttons %s", got)
	}
	if tf := p.Forms[1]; tf.Raw != "/t" || len(tf.Fields) != 1 || tf.Fields[0].Name != "inside" {
		t.Errorf("form in a table: %+v", tf)
	}
	if lf := p.Forms[2]; !lf.Scripted || lf.Effect != Writes || lf.Fields[0].Means != MeansCardNumber {
		t.Errorf("controls without a form: %+v", lf)
	}
}
