package account

import (
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestIDs(t *testing.T) {
	t.Parallel()
	before := NewID()
	for range 1000 {
		id := NewID()
		if id <= before || !id.Valid() {
			t.Fatalf("%s after %s, valid %v", id, before, id.Valid())
		}
		before = id
	}
	for _, bad := range []ID{"", "1", "01234567890123456789012/", "ILOU5678901234567890123"} {
		if bad.Valid() {
			t.Errorf("%q is valid", bad)
		}
	}
}

func TestEveryWord(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds {
		if k.Name("ja") == "" || k.Name("en") == "" || len(RolesIn(k)) == 0 {
			t.Errorf("kind %s lacks a name or roles", k)
		}
	}
	for _, r := range Roles {
		if r.Name("ja") == "" || r.Name("en") == "" || r.Duty("ja") == "" || r.Duty("en") == "" {
			t.Errorf("role %s lacks words", r)
		}
		if !slices.ContainsFunc(Kinds, func(k Kind) bool { return slices.Contains(RolesIn(k), r) }) {
			t.Errorf("no organisation can give the role %s", r)
		}
	}
}

func TestNormalForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what     string
		f        func(string) string
		in, want string
	}{
		{"mail", NormalMail, " Taro.Yamada@Example.JP ", "taro.yamada@example.jp"},
		{"mail", NormalMail, "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ", "taro@example.jp"},
		{"mail", NormalMail, "花子 <hana@日本語.jp>", "hana@xn--wgv71a119e.jp"},
		{"mail", NormalMail, "taro", ""},
		{"mail", NormalMail, "a@b@c", ""},
		{"mail", NormalMail, "\"a b\"@example.jp", ""},
		{"kana", Kana, "ﾁｬﾉﾐｾ　ヤマダ", "ちゃのみせ やまだ"},
		{"kana", Kana, "茶の店", ""},
		{"phone", Phone, "０３（１２３４）５６７８", "03-1234-5678"},
		{"phone", Phone, "+81 90-1234-5678", "+8190-1234-5678"},
		{"phone", Phone, "12345", ""},
		{"phone", Phone, "03-12a4-5678", ""},
		{"number", CorporateNumber, "7000012050002", "7000012050002"}, // the National Tax Agency's own
		{"number", CorporateNumber, "７００００１２０５０００２", "7000012050002"},
		{"number", CorporateNumber, "7000012050003", ""},
		{"number", CorporateNumber, "700001205000", ""},
		{"line", Line, "a\u202eb\x00\n  c", "ab c"},
		{"paragraph", Paragraph, "a\r\n\tb \n\n", "a\nb"},
	} {
		if got := c.f(c.in); got != c.want {
			t.Errorf("%s of %q = %q, want %q", c.what, c.in, got, c.want)
		}
	}
}

func FuzzNormalForms(f *testing.F) {
	f.Add("Taro <taro@example.jp>")
	f.Add("ﾁｬ")
	f.Add("+81-3")
	f.Fuzz(func(t *testing.T, s string) {
		for _, form := range []func(string) string{NormalMail, Kana, Phone, CorporateNumber, Line, Paragraph} {
			once := form(s)
			if once != "" && form(once) != once {
				t.Errorf("%q becomes %q, then %q", s, once, form(once))
			}
		}
		sh := Shop{State: Trading, Name: s, URL: s, Contacts: []Contact{{Name: s, Mail: s}}}
		_ = sh.Tidy()
		_ = sh.Host()
	})
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	list := filepath.Join(t.TempDir(), "list")
	var sums []string
	for i := range 2000 {
		sums = append(sums, fmt.Sprintf("%X:%d", sha1.Sum(fmt.Appendf(nil, "stolen password %d", i)), i))
	}
	slices.Sort(sums)
	if err := os.WriteFile(list, []byte(strings.Join(sums, "\r\n")+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := OpenBreached(list)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 {
		if known, err := b.Knows(t.Context(), fmt.Sprintf("stolen password %d", i)); err != nil || !known {
			t.Fatalf("stolen password %d: %v, %v", i, known, err)
		}
		if known, err := b.Knows(t.Context(), fmt.Sprintf("own password %d", i)); err != nil || known {
			t.Fatalf("own password %d: %v, %v", i, known, err)
		}
	}
	for _, c := range []struct{ password, bad string }{
		{"short", "12 文字"},
		{"お茶がおいしい季節です。", ""},
		{"four words in a row", ""},
		{"aaaaaaaaaaaaaaaa", "繰り返し"},
		{"Password1234", "よく使われている"},
		{"taro.yamada12", "名前やメールアドレス"},
		{"taro.yamada@example.jp", "名前やメールアドレス"},
		{"stolen password 7", "流出"},
		{strings.Repeat("abcdefghij", 13), "128"},
	} {
		got, err := CheckPassword(t.Context(), c.password, "taro.yamada@example.jp", "山田太郎", b)
		if err != nil {
			t.Fatal(err)
		}
		if (c.bad == "") != (got.Message == "") || !strings.Contains(got.Message, c.bad) {
			t.Errorf("%q: %q, want %q", c.password, got.Message, c.bad)
		}
	}
	hash, err := HashPassword(t.Context(), "ガス灯と石畳の街")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"ガス灯と石畳の街": true, "カ\u3099ス灯と石畳の街": true, "ガス灯と石畳の町": false, "": false} {
		if same, err := SamePassword(t.Context(), password, hash); err != nil || same != want {
			t.Errorf("same password %q: %v, %v", password, same, err)
		}
	}
	if same, err := SamePassword(t.Context(), "", ""); err != nil || same {
		t.Errorf("an account without a password: %v, %v", same, err)
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	key, err := NewSecret("Miseban", "taro@example.jp")
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(key.Secret(), noon)
	if err != nil {
		t.Fatal(err)
	}
	used, ok := CheckCode(key.Secret(), code[:3]+" "+code[3:], 0, noon.Add(20*time.Second))
	if !ok {
		t.Fatal("the present code is refused")
	}
	if _, ok := CheckCode(key.Secret(), code, used, noon.Add(25*time.Second)); ok {
		t.Error("a code serves twice")
	}
	if _, ok := CheckCode(key.Secret(), code, 0, noon.Add(10*time.Minute)); ok {
		t.Error("an old code serves")
	}
	codes := RecoveryCodes()
	if len(codes) != 10 || RecoveryFingerprint(codes[0]) != RecoveryFingerprint(strings.ToUpper(" "+codes[0])) || RecoveryFingerprint(codes[0]) == RecoveryFingerprint(codes[1]) {
		t.Errorf("recovery codes %v", codes)
	}
}

// TestThrottle: the waits grow, end, and belong to one place.
func TestThrottle(t *testing.T) {
	t.Parallel()
	var a Attempts
	var waits []time.Duration
	at := noon
	for range 20 {
		a = a.Fail(at)
		w := a.Wait(at)
		waits = append(waits, w)
		at = at.Add(w)
		if a.Wait(at) != 0 {
			t.Fatal("waiting does not end")
		}
	}
	if waits[free-1] != 0 || waits[free] != 2*time.Second || waits[free+1] != 4*time.Second || waits[19] != 15*time.Minute || !slices.IsSorted(waits) {
		t.Errorf("waits %v", waits)
	}
	if a.Wait(at.Add(25*time.Hour)) != 0 || a.Fail(at.Add(25*time.Hour)).Failures != 1 {
		t.Error("a quiet day does not clear the failures")
	}
	for _, c := range [][2]string{{"192.0.2.7", "192.0.2.7"}, {"::ffff:192.0.2.7", "192.0.2.7"}, {"2001:db8:1:2:3::4", "2001:db8:1:2::/64"}, {"x", "unknown"}} {
		if got := Network(c[0]); got != c[1] {
			t.Errorf("network of %s = %s", c[0], got)
		}
	}
}

// TestOnShop holds the rule of who may be what before a shop.
func TestOnShop(t *testing.T) {
	t.Parallel()
	shopkeeper := Organisation{ID: "keeper", Kind: Shopkeeper}
	builder := Organisation{ID: "builder", Kind: Contractor}
	firm := Organisation{ID: "firm", Kind: Firm, Number: "7000012050002"}
	office := Organisation{ID: "office", Kind: Office}
	platform := Organisation{ID: "platform", Kind: Platform}
	s := &Shop{ID: "s", Organisation: "keeper"}
	built := &Shop{ID: "s", Organisation: "keeper", Builder: Party{Number: firm.Number}}
	grant := func(org ID, as As) Grant {
		return Grant{Shop: "s", Organisation: org, As: as, From: noon.Add(-time.Hour), Until: noon.Add(time.Hour)}
	}
	is := func(o Organisation, r ...Role) Membership { return Membership{Organisation: o, Roles: r} }
	past, future, revoked := grant("builder", AsContractor), grant("builder", AsContractor), grant("builder", AsContractor)
	past.Until, future.From, revoked.Revoked = noon, noon.Add(time.Second), noon.Add(-time.Minute)
	for _, c := range []struct {
		name   string
		who    []Membership
		shop   *Shop
		grants []Grant
		want   string
	}{
		{"the shop's executive", []Membership{is(shopkeeper, Executive)}, s, nil, "[executive]"},
		{"a stranger", []Membership{is(builder, Maintainer)}, s, nil, "[]"},
		{"another shopkeeper", []Membership{is(Organisation{ID: "other", Kind: Shopkeeper}, Executive)}, s, []Grant{grant("firm", AsFirm)}, "[]"},
		{"contractor with a grant", []Membership{is(builder, Maintainer)}, s, []Grant{grant("builder", AsContractor)}, "[contractor]"},
		{"contractor's executive", []Membership{is(builder, Executive)}, s, []Grant{grant("builder", AsContractor)}, "[contractor]"},
		{"grant over", []Membership{is(builder, Maintainer)}, s, []Grant{past}, "[]"},
		{"grant to come", []Membership{is(builder, Maintainer)}, s, []Grant{future}, "[]"},
		{"grant taken back", []Membership{is(builder, Maintainer)}, s, []Grant{revoked}, "[]"},
		{"firm", []Membership{is(firm, Diagnostician, Reviewer)}, s, []Grant{grant("firm", AsFirm)}, "[diagnostician reviewer]"},
		{"firm's executive sees nothing by that", []Membership{is(firm, Executive)}, s, []Grant{grant("firm", AsFirm)}, "[]"},
		{"firm that builds it, by number", []Membership{is(firm, Diagnostician)}, built, []Grant{grant("firm", AsFirm)}, "[]"},
		{"diagnostician who also works for the builder", []Membership{is(firm, Diagnostician), is(builder, Maintainer)}, s, []Grant{grant("firm", AsFirm), grant("builder", AsContractor)}, "[contractor]"},
		{"… whose grant is over", []Membership{is(firm, Diagnostician), is(builder, Maintainer)}, s, []Grant{grant("firm", AsFirm), past}, "[]"},
		{"diagnostician who also works for the shop", []Membership{is(firm, Reviewer), is(shopkeeper, Practitioner)}, s, []Grant{grant("firm", AsFirm)}, "[practitioner]"},
		{"office", []Membership{is(office, Clerk, Observer)}, s, []Grant{grant("office", AsOffice)}, "[office observer]"},
		{"operator", []Membership{is(platform, Operator)}, s, nil, "[operator]"},
	} {
		a := &Actor{Members: c.who}
		if got := fmt.Sprint(a.OnShop(c.shop, c.grants, noon)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestShopTidy(t *testing.T) {
	t.Parallel()
	good := Shop{State: Trading, Name: " 山田茶舗 ", Kana: "ヤマダチャホ", URL: "tea.example.jp", Number: "7000012050002", Contacts: []Contact{{Name: "山田", Phone: "０３-１２３４-５６７８"}, {}}, Payments: []string{"link", "gold"}}
	if p := good.Tidy(); p.Err() != nil {
		t.Fatal(p)
	}
	if good.Name != "山田茶舗" || good.Kana != "やまだちゃほ" || good.URL != "https://tea.example.jp/" || good.Host() != "tea.example.jp" || len(good.Contacts) != 1 || good.Contacts[0].Phone != "03-1234-5678" || len(good.Payments) != 1 {
		t.Errorf("tidy: %+v", good)
	}
	for _, c := range []struct {
		field string
		shop  Shop
	}{
		{"name", Shop{State: Planned}},
		{"state", Shop{Name: "x"}},
		{"url", Shop{State: Closed, Name: "x"}},
		{"url", Shop{State: Planned, Name: "x", URL: "ftp://x.jp"}},
		{"url", Shop{State: Planned, Name: "x", URL: "https://a:b@x.jp"}},
		{"url", Shop{State: Planned, Name: "x", URL: "https://x.jp:65536/"}},
		{"url", Shop{State: Planned, Name: "x", URL: "https://x.jp:0/"}},
		{"number", Shop{State: Planned, Name: "x", Number: "1234567890123"}},
		{"kana", Shop{State: Planned, Name: "x", Kana: "abc"}},
		{"contacts", Shop{State: Trading, Name: "x", URL: "x.jp"}},
		{"contacts", Shop{State: Planned, Name: "x", Contacts: []Contact{{Name: "a"}}}},
		{"contacts", Shop{State: Planned, Name: "x", Contacts: []Contact{{Name: "a", Phone: "1"}}}},
		{"method", Shop{State: Planned, Name: "x", Method: "magic"}},
		{"note", Shop{State: Planned, Name: "x", Note: strings.Repeat("あ", 2001)}},
	} {
		p := c.shop.Tidy()
		if len(p) != 1 || p.Of(c.field).Message == "" {
			t.Errorf("%+v: %v, want %s", c.shop, p, c.field)
		}
	}
}
