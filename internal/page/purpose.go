package page

import (
	"strings"
)

// facts of a form that purpose and effect are told by.
type formFacts struct {
	passwords, newPasswords, mails, users, persons, addresses int
	queries, quantities, files, textareas, cards, tokens      int
	typed                                                     int // fields a person types into
	chosen                                                    int // selects, radios, check boxes
	total                                                     int
	buttons, labels, names, values, action                    string // lower case
}

func factsOf(f *Form) formFacts {
	var k formFacts
	var labels, names, values strings.Builder
	for _, d := range f.Fields {
		k.total++
		names.WriteString(" " + strings.ToLower(d.Name))
		labels.WriteString(" " + strings.ToLower(d.Label) + " " + strings.ToLower(d.Placeholder))
		if d.Type == "hidden" {
			values.WriteString(" " + strings.ToLower(clip(d.Name+"="+d.Value, 100)))
		}
		switch d.Means {
		case MeansPassword:
			k.passwords++
		case MeansNewPassword:
			k.newPasswords++
		case MeansMail:
			k.mails++
		case MeansUser:
			k.users++
		case MeansPerson:
			k.persons++
		case MeansAddress, MeansPostcode, MeansPhone, MeansBirth:
			k.addresses++
		case MeansQuery:
			k.queries++
		case MeansQuantity:
			k.quantities++
		case MeansFile:
			k.files++
		case MeansCardNumber, MeansCardCode, MeansCardExpiry, MeansCardName:
			k.cards++
		case MeansToken:
			k.tokens++
		}
		switch d.Type {
		case "textarea":
			k.textareas++
			k.typed++
		case "select", "radio", "checkbox", "range":
			k.chosen++
		case "hidden", "button":
		default:
			k.typed++
		}
	}
	k.labels, k.names, k.values = labels.String(), names.String(), values.String()
	k.buttons = strings.ToLower(strings.Join(f.Buttons, " | "))
	if f.Action != nil {
		k.action = strings.ToLower(f.Action.Path + "?" + f.Action.RawQuery)
	}
	if f.Tag != "" {
		k.names += " #" + strings.ToLower(valueIn(f.Attrs, "id")+" ."+valueIn(f.Attrs, "class")+" "+valueIn(f.Attrs, "role")+" "+valueIn(f.Attrs, "name"))
	}
	return k
}

func hasAny(s string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// purposeOf names what a form is for, the most consequential reading first.
func purposeOf(f *Form) Purpose {
	k := factsOf(f)
	whole := k.action + k.values
	switch {
	case k.cards >= 2 || k.cards == 1 && hasField(f, MeansCardNumber):
		return ForCard
	case k.passwords == 1 && k.newPasswords == 0 && k.persons == 0 && k.addresses == 0:
		if hasAny(k.buttons+k.action, "退会", "withdraw", "close account") {
			return ForLeave
		}
		if hasAny(k.buttons, "登録", "register", "sign up", "create account", "会員登録") && !hasAny(k.buttons, "ログイン", "login", "log in", "sign in") && hasAny(k.action+k.buttons, "regist", "signup", "sign_up", "create", "entry", "会員登録", "join") {
			return ForRegister
		}
		return ForLogin
	case hasAny(k.buttons+k.action, "退会", "withdraw", "close account", "delete my account"):
		return ForLeave
	case k.passwords+k.newPasswords >= 1 && (k.persons > 0 || k.addresses > 1 || k.mails > 0 && k.newPasswords > 0):
		if hasAny(k.buttons+k.action, "変更", "update", "edit", "change", "更新") && !hasAny(k.action, "regist", "entry", "create", "signup") {
			if k.persons == 0 && k.addresses == 0 {
				return ForPassword
			}
			return ForProfile
		}
		if hasAny(k.action, "reset", "forgot", "remind", "lost") {
			return ForReset
		}
		return ForRegister
	case k.passwords+k.newPasswords >= 2:
		if hasAny(k.action, "reset", "forgot", "lost", "recover") {
			return ForReset
		}
		if hasAny(k.action+k.buttons, "signup", "regist", "登録", "create account", "sign up") {
			return ForRegister
		}
		return ForPassword
	case k.newPasswords == 1:
		return ForReset
	case hasAny(k.action+k.values, "logout", "logoff", "signout", "sign_out", "log-out") || hasAny(k.buttons, "ログアウト", "log out", "logout", "sign out"):
		return ForLogout
	case k.typed+k.mails+k.users > 0 && hasAny(k.action, "forgot", "password/reset", "lost-password", "lostpassword", "remind", "password_reset", "forgotten", "password-recovery") || k.mails+k.users > 0 && hasAny(k.buttons, "パスワードを再", "reset password", "パスワード再", "新しいパスワード"):
		return ForReset
	case k.queries > 0 && k.textareas == 0 && k.passwords == 0 && k.persons == 0 && k.mails == 0 && k.quantities == 0:
		return ForSearch
	case hasAny(k.buttons, "カート", "かご", "カゴ", "add to cart", "add to bag", "add to basket", "買い物") || hasAny(whole, "cart/add", "add-to-cart", "add_product", "add_cart", "cart.add", "/cart", "mode=cart", "cart_in") && !hasAny(k.buttons, "注文", "checkout", "order"):
		return ForCart
	case hasAny(k.buttons, "注文する", "注文を確定", "ご注文", "購入", "place order", "complete order", "buy now", "checkout", "レジ", "支払") || hasAny(k.action, "/shopping", "checkout", "/order/", "/orders", "/purchase"):
		return ForOrder
	case k.files > 0 && k.persons == 0 && k.mails == 0:
		return ForUpload
	case hasAny(k.action+k.names, "review", "comment", "kuchikomi", "rating") || hasAny(k.buttons, "レビュー", "口コミ", "クチコミ", "コメントを送", "post comment", "submit review"):
		return ForReview
	case hasAny(k.names+k.action+k.buttons+k.labels, "newsletter", "mailmag", "メルマガ", "メールマガジン", "subscribe", "購読") && k.textareas == 0 && k.persons == 0 && k.mails > 0:
		return ForNews
	case k.textareas > 0 && (k.mails > 0 || k.persons > 0) || hasAny(k.action, "contact", "inquiry", "toiawase", "otoiawase", "enquiry"):
		return ForContact
	case k.persons > 0 && k.addresses > 0:
		if hasAny(k.action, "mypage", "account", "profile", "address", "delivery") {
			return ForProfile
		}
		return ForRegister
	case k.quantities > 0:
		return ForCart
	case f.Page != nil && f.Page.URL != nil && isAdminPath(f.Page.URL.Path):
		return ForAdmin
	case f.Method == "GET" && k.typed == 0 && k.total > 0 && k.total-k.chosen >= 0 && (k.chosen > 0 || hasAny(k.names, "page", "sort", "order", "limit")):
		return ForFilter
	case f.Method == "GET" && k.typed > 0 && k.typed <= 3 && hasAny(k.buttons+k.action+k.names, "検索", "search", "絞り込", "filter", "price", "さがす", "探す"):
		if k.chosen > 0 || hasAny(k.names, "price", "min", "max") {
			return ForFilter
		}
		return ForSearch
	case hasAny(k.names, "orderby", "disp_number", "pageno", "sort", "per_page", "product_list_order") && k.typed == 0 && k.textareas == 0:
		return ForFilter
	case hasAny(k.buttons, "検索", "search", "絞り込") && k.textareas == 0 && k.passwords == 0:
		return ForSearch
	}
	return ForOther
}

func hasField(f *Form, m Meaning) bool {
	for _, d := range f.Fields {
		if d.Means == m {
			return true
		}
	}
	return false
}

func isAdminPath(p string) bool {
	p = strings.ToLower(p)
	for _, seg := range strings.Split(p, "/") {
		switch seg {
		case "admin", "wp-admin", "administrator", "manage", "backend", "kanri", "shop-admin", "adm", "backoffice", "eccube_admin", "admin123":
			return true
		}
	}
	return false
}
