package page

import "testing"

// WordPress offers its languages below the form that asks for a new password.
func TestLanguageIsNoReset(t *testing.T) {
	t.Parallel()
	p := Parse(answer(t, "https://shop.test/wp-login.php?action=lostpassword", "text/html", `<title>パスワード紛失</title>
<form name="lostpasswordform" action="/wp-login.php?action=lostpassword" method="post"><label>ユーザー名またはメールアドレス<input name="user_login"></label><input type="submit" value="新しいパスワードを取得"></form>
<form id="language-switcher" action="" method="get"><select name="wp_lang"><option value="ja">日本語</option></select><input type="hidden" name="action" value="lostpassword"><input type="submit" value="変更"></form>`))
	if got := []Purpose{p.Forms[0].Purpose, p.Forms[1].Purpose}; got[0] != ForReset || got[1] == ForReset {
		t.Errorf("purposes %q", got)
	}
}

func TestScriptedForms(t *testing.T) {
	t.Parallel()
	const script = `<script src="/app.js"></script>`
	for name, c := range map[string]struct {
		body     string
		forms    int
		scripted bool
	}{
		"React":                  {script + `<form><input name="qty" type="number" value="1"><button>Add to cart</button></form>`, 1, true},
		"no script to catch it":  {`<form><input name="qty" type="number" value="1"><button>Add to cart</button></form>`, 1, false},
		"says where it goes":     {script + `<form method="post" action="/cart"><input name="qty" value="1"><button>Add to cart</button></form>`, 1, false},
		"a search needs neither": {script + `<form><input name="q" type="search"><button>Search</button></form>`, 1, false},
		"a share dialog":         {script + `<div><input type="text" value="https://shop.test/cart/" aria-label="URL" readonly><textarea readonly>&lt;iframe&gt;</textarea><button type="button">Close</button></div>`, 0, false},
	} {
		p := Parse(answer(t, "https://shop.test/item", "text/html", "<title>x</title>"+c.body))
		if len(p.Forms) != c.forms {
			t.Errorf("%s: %d forms, want %d", name, len(p.Forms), c.forms)
			continue
		}
		if c.forms == 1 && p.Forms[0].Scripted != c.scripted {
			t.Errorf("%s: scripted %v, want %v (%s, %s)", name, p.Forms[0].Scripted, c.scripted, p.Forms[0].Effect, p.Forms[0].Why)
		}
	}
}
