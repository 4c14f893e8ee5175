package form

import (
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/page"
)

// passwordForm is a form into which visitors type a password.
type passwordForm struct {
	page   *page.Page
	form   *page.Form
	fields []*page.Field
}

// passwordForms lists the forms with password fields on pages of the shop.
func passwordForms(s *check.Site) []passwordForm {
	var out []passwordForm
	for _, pg := range s.HTML() {
		for _, f := range pg.Forms {
			var fields []*page.Field
			for _, x := range f.Fields {
				if isPassword(x) {
					fields = append(fields, x)
				}
			}
			if len(fields) > 0 {
				out = append(out, passwordForm{pg, f, fields})
			}
		}
	}
	return out
}

// isPassword says that visitors type a password into the field, whatever its
// type. One-time codes, card codes and CAPTCHAs are no passwords.
func isPassword(x *page.Field) bool {
	switch x.Means {
	case page.MeansPassword, page.MeansNewPassword:
		return x.Type != "hidden"
	case page.MeansOTP, page.MeansCaptcha, page.MeansCardCode, page.MeansCardNumber:
		return false
	}
	return x.Type == "password" || shown(x)
}

// needLogin keeps a check from passing on registration forms alone: the sign-in
// is where passwords are typed every day.
func needLogin(p *check.Pass, forms []passwordForm) {
	for _, pf := range forms {
		if pf.form.Purpose == page.ForLogin {
			return
		}
	}
	if len(forms) > 0 {
		p.NotExamined("パスワードを入力する画面のうち、ログイン画面を確認できませんでした。", nil)
	}
}

var passwordName = regexp.MustCompile(`(?i)^([a-z0-9]*[\[_.-])*(pass|passwd|password|passwd?word|pwd|passphrase|login_?pass(word)?|user_?pass(word)?|new_?pass(word)?|loginpassword)([_.-]?(confirm(ation)?|again|re|2|02|first|second))?\]*$`)

// shown says that a password is typed into a field that shows it: the name is
// that of a password and the type one of plain text.
func shown(x *page.Field) bool {
	switch x.Type {
	case "text", "", "tel", "number", "email", "search", "url":
	default:
		return false
	}
	label := strings.ToLower(x.Label + x.Placeholder)
	for _, other := range []string{"ヒント", "質問", "答え", "クーポン", "hint", "coupon", "question"} {
		if strings.Contains(label, other) {
			return false
		}
	}
	return passwordName.MatchString(x.Name)
}

// names joins the fields' names, for the report.
func names(fields []*page.Field) string {
	var out []string
	for _, x := range fields {
		if x.Name != "" && !slices.Contains(out, x.Name) {
			out = append(out, x.Name)
		}
	}
	return strings.Join(out, ", ")
}

// attribute is the value of an attribute of the element behind a field or form.
func attribute(f *page.Form, name string) (string, bool) {
	for _, a := range f.Attrs {
		if strings.EqualFold(a.Key, name) {
			return a.Val, true
		}
	}
	return "", false
}
