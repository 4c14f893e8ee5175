package testshop

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"time"
)

// TestMember and SecondMember are the two members that every shop starts with,
// with their passwords.
const (
	TestMember     = "hanako@chaya.example"
	TestPassword   = "Ocha-no-jikan-2026"
	SecondMember   = "jiro@chaya.example"
	SecondPassword = "Shincha-no-kaori-88"
)

type member struct {
	Name, Email, Address, Phone string
	hash                        [32]byte
	orders                      []*order
	favorites                   []int
	twoFactor                   bool
}

func seededMember() *member {
	at := time.Date(2026, 9, 12, 10, 30, 0, 0, time.UTC)
	m := &member{Name: "静岡 花子", Email: TestMember, Address: "静岡市清水区見本町4-5-6", Phone: "054-000-1111", hash: hash(TestPassword), favorites: []int{2, 12, 31}}
	m.orders = []*order{
		{No: "C000998", Name: m.Name, Address: m.Address, Payment: "クレジットカード", Total: 4320, At: at},
		{No: "C000999", Name: m.Name, Address: m.Address, Payment: "代金引換", Total: 2670, At: at.AddDate(0, 1, 3)},
	}
	return m
}

func secondMember() *member {
	at := time.Date(2026, 8, 3, 14, 5, 0, 0, time.UTC)
	m := &member{Name: "駿河 次郎", Email: SecondMember, Address: "静岡県藤枝市見本通7-8-9", Phone: "054-000-2222", hash: hash(SecondPassword), favorites: []int{5}}
	m.orders = []*order{{No: "C000871", Name: m.Name, Address: m.Address, Payment: "銀行振込", Total: 7830, At: at}}
	return m
}

// hash stands for a real password hash: members of a test shop live for seconds.
func hash(password string) [32]byte { return sha256.Sum256([]byte("chaya" + password)) }

func (v *visit) entry() {
	v.session()
	v.render("entry", &page{Title: "新規会員登録"})
}

func (v *visit) entryConfirm() {
	draft, ok := keep(v.r.PostForm, append([]string{"password", "agree"}, personFields...)...)
	if !ok || draft.Get("password") != draft.Get("password_confirm") || len(draft.Get("password")) < 12 {
		v.fail(422, "入力内容をご確認ください")
		return
	}
	v.session().drafts["entry"] = draft
	v.confirm("会員登録の確認", "会員登録をする", "/entry/complete", "/entry", field{"お名前", draft.Get("name")}, field{"メールアドレス", draft.Get("email")}, field{"パスワード", "(表示しません)"})
}

type field struct{ Label, Value string }

func (v *visit) confirm(title, button, action, back string, rows ...field) {
	v.render("confirm", &page{Title: title, Data: map[string]any{"Button": button, "Action": action, "Back": back, "Rows": rows}})
}

func (v *visit) entryComplete() {
	s := v.session()
	draft := s.drafts["entry"]
	shop := v.shop
	if draft == nil {
		v.fail(422, "会員登録を完了できませんでした")
		return
	}
	delete(s.drafts, "entry")
	shop.mu.Lock()
	_, taken := shop.members[draft.Get("email")]
	if !taken {
		shop.members[draft.Get("email")] = &member{Name: draft.Get("name"), Email: draft.Get("email"), Address: draft.Get("address"), Phone: draft.Get("tel"), hash: hash(draft.Get("password"))}
		shop.harm.registrations.Add(1)
	}
	shop.mu.Unlock()
	shop.mail(draft.Get("email"), "会員登録が完了しました", "ご登録ありがとうございます。")
	v.seeOther("/entry/complete")
}

func (v *visit) loginPage() {
	v.session()
	v.loginForm("")
}

func (v *visit) loginForm(message string) {
	p := &page{Title: "ログイン", Onward: v.onward()}
	if message != "" {
		p.Data = message
	}
	v.render("login", p)
}

func (v *visit) loginGet() {
	if v.shop.on["password-over-get"] && v.r.URL.Query().Get("login_pass") != "" {
		v.signIn(v.r.URL.Query().Get("login_email"), v.r.URL.Query().Get("login_pass"))
		return
	}
	if to := v.onward(); to != "" && v.session().member != nil {
		v.seeOther(to)
		return
	}
	v.loginPage()
}

// onward is where the visitor wants to go after signing in.
func (v *visit) onward() string {
	to := v.r.FormValue("redirect")
	if v.shop.on["open-redirect/login"] {
		return to
	}
	return onward(to)
}

func (v *visit) loginPost() {
	v.signIn(v.r.PostForm.Get("login_email"), v.r.PostForm.Get("login_pass"))
}

func (v *visit) signIn(email, password string) {
	s := v.session()
	given := hash(password)
	v.shop.mu.Lock()
	m := v.shop.members[email]
	right := m != nil && subtle.ConstantTimeCompare(m.hash[:], given[:]) == 1
	v.shop.mu.Unlock()
	if !right || v.shop.locked(email) {
		v.wrong(email, m != nil)
		return
	}
	v.shop.harm.logins.Add(1)
	s.member = m
	if !v.shop.on["session-renewed"] {
		v.rename()
	}
	v.seeOther(cmp.Or(v.onward(), "/mypage/"))
}

// logout acts on a plain GET, as most shops' does.
func (v *visit) logout() {
	v.shop.harm.logouts.Add(1)
	s := v.session()
	if v.shop.on["logout-invalidates"] {
		v.forgetCookie()
		v.seeOther("/")
		return
	}
	s.member, s.cart, s.token = nil, nil, randomText()
	v.rename()
	v.seeOther("/")
}

func (v *visit) forgot() {
	v.session()
	v.render("forgot", &page{Title: "パスワードの再設定"})
}

func (v *visit) forgotSend() {
	to := v.r.PostForm.Get("email")
	v.shop.mu.Lock()
	_, known := v.shop.members[to]
	v.shop.mu.Unlock()
	if known {
		v.shop.mail(to, "パスワードの再設定", "次のページで新しいパスワードを設定してください。\n"+v.mailOrigin()+"/reset?key="+randomText()+"\n")
	} else {
		v.shop.harm.mails.Add(1) // asked for all the same: only luck kept it from leaving
	}
	v.render("done", &page{Title: "ご案内をお送りしました", Data: "ご登録がある場合は、再設定のメールが届きます。"})
}

// mailOrigin is how the shop names itself in mails.
func (v *visit) mailOrigin() string {
	if by := v.r.Header.Get("X-Forwarded-Host"); by != "" && v.shop.on["host-header-reset"] {
		return "https://" + by
	}
	return v.httpsOrigin()
}

// signedIn lets only members on; others are sent to the login page.
func signedIn(then func(*visit, *member)) func(*visit) {
	return func(v *visit) {
		if m := v.session().member; m != nil {
			then(v, m)
			return
		}
		v.seeOther("/mypage/login")
	}
}

func (v *visit) mypage(*member) { v.render("mypage", &page{Title: "マイページ"}) }

// copyOf reads a member's data under the shop's lock.
func (v *visit) copyOf(m *member) member {
	v.shop.mu.Lock()
	defer v.shop.mu.Unlock()
	c := *m
	c.orders = append([]*order(nil), m.orders...)
	c.favorites = append([]int(nil), m.favorites...)
	return c
}

func (v *visit) historyOne(m *member) {
	for _, o := range v.copyOf(m).orders {
		if o.No == v.r.PathValue("no") {
			v.render("order", &page{Title: "ご注文の詳細", Data: o})
			return
		}
	}
	v.notFound()
}

func (v *visit) change(m *member) {
	v.render("change", &page{Title: "会員情報の変更", Data: v.copyOf(m)})
}

func (v *visit) changeSave(m *member) {
	f := v.r.PostForm
	v.shop.mu.Lock()
	m.Name, m.Address, m.Phone = f.Get("name"), f.Get("address"), f.Get("tel")
	v.shop.mu.Unlock()
	v.shop.harm.registrations.Add(1)
	v.seeOther("/mypage/change")
}

func (v *visit) password(*member) { v.render("password", &page{Title: "パスワードの変更"}) }

func (v *visit) passwordSave(m *member) {
	f := v.r.PostForm
	old, fresh := hash(f.Get("current")), f.Get("password")
	v.shop.mu.Lock()
	right := subtle.ConstantTimeCompare(m.hash[:], old[:]) == 1 && len(fresh) >= 12 && fresh == f.Get("password_confirm")
	if right {
		m.hash = hash(fresh)
	}
	v.shop.mu.Unlock()
	if !right {
		v.status = 422
		v.render("password", &page{Title: "パスワードの変更", Data: "入力内容をご確認ください。"})
		return
	}
	v.shop.harm.passwordChanges.Add(1)
	if !v.shop.on["change-notified"] {
		v.shop.mail(m.Email, "パスワードを変更しました", "お心当たりのない場合は、お問い合わせください。")
	}
	v.rename()
	v.render("done", &page{Title: "パスワードを変更しました", Data: "変更をお知らせするメールをお送りしました。"})
}

func (v *visit) favorite(m *member) {
	if v.r.URL.Query().Get("delete") != "" {
		v.shop.harm.deletions.Add(1)
		v.shop.mu.Lock()
		m.favorites = nil
		v.shop.mu.Unlock()
		v.seeOther("/mypage/favorite")
		return
	}
	var items []product
	for _, id := range v.copyOf(m).favorites {
		items = append(items, products[id-1])
	}
	v.render("favorite", &page{Title: "お気に入り", Data: items})
}

func (v *visit) delivery(m *member) {
	v.render("delivery", &page{Title: "お届け先", Data: v.copyOf(m)})
}

func (v *visit) deliverySave(m *member) {
	v.shop.mu.Lock()
	m.Address = v.r.PostForm.Get("address")
	v.shop.mu.Unlock()
	v.shop.harm.registrations.Add(1)
	v.seeOther("/mypage/delivery")
}

func (v *visit) security(m *member) {
	v.render("security", &page{Title: "二段階認証", Data: v.copyOf(m).twoFactor})
}

func (v *visit) securitySave(m *member) {
	v.shop.mu.Lock()
	m.twoFactor = true
	v.shop.mu.Unlock()
	v.seeOther("/mypage/")
}

// withdraw acts on ?confirm=1, the link that a mail would carry.
func (v *visit) withdraw() {
	if v.r.URL.Query().Get("confirm") != "" {
		v.leaveShop()
		return
	}
	v.session()
	v.render("withdraw", &page{Title: "退会のお手続き"})
}

func (v *visit) leaveShop() {
	v.shop.harm.withdrawals.Add(1)
	s := v.session()
	if m := s.member; m != nil {
		v.shop.mu.Lock()
		delete(v.shop.members, m.Email)
		v.shop.mu.Unlock()
		s.member = nil
		v.rename()
	}
	v.render("done", &page{Title: "退会のお手続き", Data: "お手続きを受け付けました。ご利用ありがとうございました。"})
}
