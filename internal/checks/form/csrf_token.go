package form

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// CSRFToken asks whether forms that change something carry a value that another
// site cannot know, or are protected by SameSite cookies or by asking for the
// password again. A server may also judge Origin or Referer, which cannot be
// seen without sending: what is found here is 可能性.
var CSRFToken = &check.Check{
	Name: "csrf-token", Level: wire.Passive, Severity: check.Medium, CWE: 352,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		stayHome := sessionsStayHome(p.Site)
		members, memberForm, scripted := false, false, 0
		known := map[string]bool{} // a form that strangers see as well is judged once
		for i, pg := range slices.Concat(p.Site.HTML(), p.Site.Members()) {
			signedIn := i >= len(p.Site.HTML())
			for _, f := range pg.Forms {
				if f.Action != nil {
					key := f.Method + " " + f.Action.String() + " " + fieldNames(f)
					if signedIn && known[key] {
						continue
					}
					known[key] = true
				}
				members = members || f.Purpose == page.ForLogin || f.Purpose == page.ForRegister
				decisive, asked := changes(f)
				if !asked || !p.Scope.HasOrigin(f.Action) {
					continue
				}
				memberForm = memberForm || decisive
				if f.Scripted || completed(f) {
					// What the script sends along, a token in a header for example, is not in the form.
					scripted++
					continue
				}
				p.ExaminedPage(pg)
				if protected(pg, f) || f.Method == "POST" && stayHome {
					continue
				}
				found := p.Report(pg.Ex, handler(f.Action), i18n.Args{"page": pg.Ex.Path(), "method": f.Method, "fields": fieldNames(f)})
				found.Case, found.Confidence = "missing", check.Possible
				found.Words = map[string]i18n.Text{"purpose": purposes[f.Purpose]}
				if f.Method != "POST" {
					found.Case = "get"
				}
				if !decisive {
					found.Severity = check.Low
				}
			}
		}
		if scripted > 0 {
			p.NotExamined("スクリプトが送るフォームが {n} 件あり、推測できない値を付けて送っているかは外から確認できません。", i18n.Args{"n": strconv.Itoa(scripted)})
		}
		if members && !memberForm {
			p.NotExamined("ログイン前に見えるフォームに不足は見られませんでしたが、会員情報の変更や注文など、ログイン後のフォームは確認していません。", nil)
		}
		return ctx.Err()
	},
}

var purposes = map[page.Purpose]i18n.Text{
	page.ForProfile:  {JA: "会員情報の変更", EN: "changing member data"},
	page.ForPassword: {JA: "パスワードの変更", EN: "changing the password"},
	page.ForLeave:    {JA: "退会", EN: "closing the account"},
	page.ForOrder:    {JA: "注文", EN: "ordering"},
	page.ForAdmin:    {JA: "管理画面の操作", EN: "administration"},
	page.ForUpload:   {JA: "ファイルの送信", EN: "uploading a file"},
	page.ForCart:     {JA: "カートの操作", EN: "changing the cart"},
	page.ForRegister: {JA: "会員登録", EN: "registration"},
	page.ForContact:  {JA: "お問い合わせ", EN: "enquiry"},
	page.ForReview:   {JA: "レビューの投稿", EN: "posting a review"},
	page.ForNews:     {JA: "メールマガジンの登録", EN: "newsletter subscription"},
	page.ForReset:    {JA: "パスワードの再設定", EN: "password reset"},
}

// changes says whether the form changes something of the visitor's (decisive:
// of a member's account, order or the shop itself) and so is asked at all.
// Search, filter, sign-in, sign-out and payment by a provider's script are not.
func changes(f *page.Form) (decisive, asked bool) {
	if f.Action == nil || f.Effect == page.Reads && f.Method != "POST" || f.Method == "DIALOG" {
		return false, false
	}
	switch f.Purpose {
	case page.ForProfile, page.ForPassword, page.ForLeave, page.ForOrder, page.ForAdmin, page.ForUpload:
		return true, true
	case page.ForCart, page.ForRegister, page.ForContact, page.ForReview, page.ForNews:
		return false, true
	case page.ForReset:
		// Anybody may ask for the mail; choosing the new password is what counts.
		return false, slices.ContainsFunc(f.Fields, func(x *page.Field) bool { return x.Type == "password" })
	}
	return false, false
}

// completed says that a script must complete the form before it is sent:
// WordPress hands what comes to this address to the function that the field
// action names, and without it answers nothing.
func completed(f *page.Form) bool {
	return strings.HasSuffix(f.Action.Path, "/wp-admin/admin-ajax.php") && f.Action.Query().Get("action") == "" &&
		!slices.ContainsFunc(f.Fields, func(x *page.Field) bool { return x.Name == "action" })
}

// protected says that another site could not send the form on the visitor's behalf.
func protected(pg *page.Page, f *page.Form) bool {
	passwordAgain := false
	for _, x := range f.Fields {
		switch {
		case x.Means == page.MeansToken && (len(x.Value) >= 8 || len(x.Name) >= 32 || x.Value == ""):
			return true // an empty one is filled by script
		case x.Means == page.MeansCaptcha:
			return true
		case x.Type == "hidden" && (tokenLike.MatchString(x.Name) && len(x.Value) >= 8 || page.LooksRandom(x.Value) && !strings.Contains(x.Value, "/")):
			return true
		case x.Means == page.MeansPassword && (f.Purpose == page.ForPassword || f.Purpose == page.ForProfile || f.Purpose == page.ForLeave || f.Purpose == page.ForOrder):
			passwordAgain = true
		}
	}
	if passwordAgain {
		return true
	}
	if captcha.MatchString(scriptsOf(pg)) {
		return true
	}
	// The page hands a token to its scripts, which send it in a header. EC-CUBE's
	// serves links with data-method and its own scripts only: its forms carry a field.
	for _, m := range pg.Metas {
		if !strings.EqualFold(m.Name, "eccube-csrf-token") && metaToken.MatchString(m.Name) && len(m.Content) >= 8 {
			return true
		}
	}
	for _, c := range page.SetCookies(pg.Ex) {
		if cookieToken.MatchString(c.Name) && f.Scripted {
			return true
		}
	}
	return false
}

var (
	tokenLike   = regexp.MustCompile(`(?i)token|csrf|xsrf|nonce|ticket|onetime|one_time|form_?(key|id)|uniqid|secure_?(key|code)|check_?(key|code)|hash$|transactionid`)
	metaToken   = regexp.MustCompile(`(?i)csrf.?token|xsrf|_token$`)
	cookieToken = regexp.MustCompile(`(?i)csrf|xsrf`)
	captcha     = regexp.MustCompile(`(?i)google\.com/recaptcha|recaptcha\.net|hcaptcha\.com|challenges\.cloudflare\.com/turnstile|captcha\.js`)
)

func scriptsOf(pg *page.Page) string {
	var b strings.Builder
	for _, s := range pg.Scripts {
		if s.URL != nil {
			b.WriteString(s.URL.String() + "\n")
		}
	}
	return b.String()
}

var digits = regexp.MustCompile(`\d+`)

// handler is the action's path with numbers replaced by *, so that the cart forms
// of a thousand products are one place.
func handler(u *url.URL) string {
	p := u.EscapedPath()
	if p == "" {
		p = "/"
	}
	return digits.ReplaceAllString(p, "*")
}

func fieldNames(f *page.Form) string {
	var names []string
	for _, x := range f.Fields {
		if x.Name != "" && x.Type != "submit" && x.Type != "button" && len(names) < 8 {
			names = append(names, x.Name)
		}
	}
	return strings.Join(names, ", ")
}

// sessionsStayHome says that browsers do not send any of the session cookies
// seen along with a POST from another site.
func sessionsStayHome(s *check.Site) bool {
	var cookies []page.SetCookie
	for _, ex := range s.Answers() {
		cookies = append(cookies, page.SetCookies(ex)...)
	}
	seen := false
	for _, c := range cookies {
		if c.Session() == page.NoSession || c.Deletes(s.Now) {
			continue
		}
		if c.SameSite != "lax" && c.SameSite != "strict" {
			return false
		}
		seen = true
	}
	return seen
}
