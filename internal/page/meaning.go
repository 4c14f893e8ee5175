package page

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

var (
	cardNumberName = regexp.MustCompile(`(?i)card[-_ ]?(no|num|number)\b|card[-_]?no\d?$|cardnumber|card_number|\bcc[-_]?(no|num|number)\b|ccnum|cc_number|credit[-_]?(card)?[-_]?(no|num|number)|\bpan\b|cardno|x_card_num|cc_num`)
	cardExpiryName = regexp.MustCompile(`(?i)exp(iry|ire|ires|iration)?[-_ ]?(date|month|year|mm|yy|y|m)|card[-_]?(exp|month|year|limit)|cc[-_]?exp|\bexpiry\b|\bexp\b|valid[-_]?(thru|term)|expiration|cardexp|expire`)
	cardCodeName   = regexp.MustCompile(`(?i)\bcvv2?\b|\bcvc2?\b|cvv|cvc|security[-_ ]?(code|cd)|securitycode|sec[-_]?(code|cd)$|card[-_]?(verification|code|cvv|cvc)|verification_value|cc[-_]?(code|csc|cid)|csc$`)
	cardNameName   = regexp.MustCompile(`(?i)card[-_ ]?(holder|owner|name)|cardholder|holder[-_ ]?name|name[-_]?on[-_]?card|cc[-_]?(name|owner)|cardname`)
	newPassName    = regexp.MustCompile(`(?i)(new|re|confirm|conf|retype|again|repeat|verify|chk|check)[-_\[]*pass|pass(word)?[-_\]\[]*(new|confirm|conf|confirmation|again|repeat|retype|check|second|2|02|re)\b|password2|pass2|passconf|plain_password|repeated|password_hash`)
	tokenName      = regexp.MustCompile(`(?i)csrf|xsrf|authenticity_token|^_?token$|__requestverificationtoken|form_?key$|transactionid|_wpnonce|nonce|securitytoken|form_token|formkey|_ticket$|onetime|csrfmiddlewaretoken|\[_token\]|^token\w{0,8}$|tokenkey|anticsrf|ics_token|ccm_token|form_build_id|form_signature`)
	captchaName    = regexp.MustCompile(`(?i)captcha|g-recaptcha|h-captcha|turnstile|siteguard_captcha|image_?auth|kcaptcha|wpcf7_captcha|verify_?code|visual_verify`)
	otpName        = regexp.MustCompile(`(?i)one[-_]?time|\botp\b|totp|two[-_]?factor|2fa|mfa[-_]?code|auth(entication)?[-_]?code|device_token|verification[-_]?code|passcode|認証コード|ワンタイム|確認コード|認証番号`)
	mailName       = regexp.MustCompile(`(?i)e?[-_]?mail|email|メール|mail_address`)
	phoneName      = regexp.MustCompile(`(?i)\btel|phone|telephone|mobile|fax|電話|携帯|denwa|keitai`)
	postName       = regexp.MustCompile(`(?i)zip|post(al)?[-_]?(code|cd|no)|postcode|郵便|yubin|yuubin|\bpostal`)
	addrName       = regexp.MustCompile(`(?i)addr|住所|street|\bcity|pref\b|prefecture|都道府県|市区町村|番地|state|country|region|建物|県$|address`)
	birthName      = regexp.MustCompile(`(?i)birth|生年月日|誕生日|\bdob\b|bday`)
	personName     = regexp.MustCompile(`(?i)(first|last|full|family|given|sur|customer|your|user|nick|sei|mei|kana|nick)[-_]?name|^name\d*|\bname0[12]|kana|氏名|お名前|名前|フリガナ|ふりがな|カナ|姓|name\[|^(sei|mei)|担当者名|ご担当|lastname|firstname|your-name|contact_name`)
	userName       = regexp.MustCompile(`(?i)user|login|account|member[-_]?(id|no|code)|customer[-_]?(id|no|code)|ログイン|ユーザ|会員(番号|id|ID)|\buid\b|\blogid|\blog$|loginid|^id$|_username`)
	qtyName        = regexp.MustCompile(`(?i)quantity|qty|数量|個数|amount|^num$|\[quant\]|suryo`)
	queryName      = regexp.MustCompile(`(?i)^(q|s|k|kw|query|search|keyword|keywords|word|words|term|text|freeword|free_word|name|key|search_word|search_query|keyword_input|searchword|filter_name|controller_search|st|w|search_keyword)$|keyword|検索|search[-_]?(q|word|term|text|query|key)|キーワード`)
)

var autocompleteMeans = map[string]Meaning{
	"current-password": MeansPassword, "new-password": MeansNewPassword, "username": MeansUser, "email": MeansMail, "tel": MeansPhone,
	"cc-number": MeansCardNumber, "cc-exp": MeansCardExpiry, "cc-exp-month": MeansCardExpiry, "cc-exp-year": MeansCardExpiry, "cc-csc": MeansCardCode,
	"cc-name": MeansCardName, "cc-given-name": MeansCardName, "cc-family-name": MeansCardName, "one-time-code": MeansOTP, "postal-code": MeansPostcode,
	"name": MeansPerson, "given-name": MeansPerson, "family-name": MeansPerson, "bday": MeansBirth, "street-address": MeansAddress,
	"address-line1": MeansAddress, "address-line2": MeansAddress, "address-level1": MeansAddress, "address-level2": MeansAddress,
	"tel-national": MeansPhone, "bday-year": MeansBirth, "bday-month": MeansBirth, "bday-day": MeansBirth,
}

// meaning tells from type, autocomplete, name, id, label and hint what a person would type.
func meaning(d *Field, n *html.Node) Meaning {
	name := d.Name
	id := attr(n, "id")
	if name == "" {
		name = id
	}
	if d.Type == "hidden" {
		v := d.Value
		switch {
		case captchaName.MatchString(name):
			return MeansCaptcha
		case tokenName.MatchString(name):
			return MeansToken
		case len(name) >= 32 && len(v) == 1 && strings.Trim(name, "0123456789abcdef") == "":
			return MeansToken // Joomla puts the token into the name
		case cardNumberName.MatchString(name) && !strings.Contains(strings.ToLower(name), "token"):
			return MeansCardNumber
		case qtyName.MatchString(name):
			return MeansQuantity
		}
		return MeansOther
	}
	for _, a := range strings.Fields(d.Autocomplete) {
		if m, ok := autocompleteMeans[a]; ok {
			return m
		}
	}
	all := name + " " + id + " " + d.Label + " " + d.Placeholder
	label := d.Label + " " + d.Placeholder
	low := strings.ToLower(all)
	switch d.Type {
	case "file":
		return MeansFile
	case "submit", "button", "image", "reset", "range", "color":
		return MeansOther
	case "checkbox", "radio":
		return MeansOther
	}
	switch {
	case captchaName.MatchString(all) || strings.Contains(label, "画像認証") || strings.Contains(label, "画像に表示") || strings.Contains(label, "画像の文字"):
		return MeansCaptcha
	case cardCodeName.MatchString(name) && !strings.Contains(low, "captcha") || strings.Contains(label, "セキュリティコード") || strings.Contains(label, "カード確認番号") || strings.Contains(strings.ToLower(label), "security code") || strings.Contains(strings.ToLower(label), "cvv") || strings.Contains(strings.ToLower(label), "cvc"):
		return MeansCardCode
	case d.Type == "password" && otpName.MatchString(all):
		return MeansOTP
	case cardNumberName.MatchString(name+" "+id) || strings.Contains(label, "カード番号") || strings.Contains(strings.ToLower(label), "card number"):
		if d.Type == "select" {
			return MeansOther // a choice among stored cards
		}
		return MeansCardNumber
	case cardNameName.MatchString(name) && !strings.Contains(low, "gift") || strings.Contains(label, "カード名義") || strings.Contains(label, "名義人") || strings.Contains(strings.ToLower(label), "name on card") || strings.Contains(strings.ToLower(label), "cardholder"):
		return MeansCardName
	case cardExpiryName.MatchString(name) || strings.Contains(label, "有効期限") || strings.Contains(strings.ToLower(label), "expiration date") || strings.Contains(strings.ToLower(label), "expiry"):
		return MeansCardExpiry
	}
	if d.Type == "password" {
		if newPassName.MatchString(name+" "+id) || strings.Contains(label, "新しい") || strings.Contains(label, "新パスワード") || strings.Contains(label, "確認") || strings.Contains(label, "再入力") || strings.Contains(strings.ToLower(label), "new password") || strings.Contains(strings.ToLower(label), "confirm") {
			return MeansNewPassword
		}
		return MeansPassword
	}
	switch d.Type {
	case "email":
		return MeansMail
	case "tel":
		if !postName.MatchString(all) && !birthName.MatchString(all) {
			if otpName.MatchString(all) {
				return MeansOTP
			}
			return MeansPhone
		}
	case "search":
		return MeansQuery
	}
	switch {
	case otpName.MatchString(all):
		return MeansOTP
	case tokenName.MatchString(name) && d.Type != "text":
		return MeansToken
	case mailName.MatchString(all) && !strings.Contains(low, "magazine") && !strings.Contains(low, "mailmaga") && d.Type != "select":
		return MeansMail
	case postName.MatchString(all):
		return MeansPostcode
	case phoneName.MatchString(all):
		return MeansPhone
	case birthName.MatchString(all):
		return MeansBirth
	case qtyName.MatchString(name) || strings.Contains(label, "数量") || strings.Contains(label, "個数"):
		return MeansQuantity
	case d.Type != "select" && d.Type != "textarea" && (queryName.MatchString(name) && !strings.EqualFold(name, "name") || strings.Contains(label, "検索") || strings.Contains(label, "キーワード") || strings.Contains(strings.ToLower(label), "search")):
		return MeansQuery
	case addrName.MatchString(all):
		return MeansAddress
	case d.Type == "select" || d.Type == "textarea":
		return MeansOther
	case userName.MatchString(name+" "+id) || userName.MatchString(label):
		return MeansUser
	case personName.MatchString(name) || personName.MatchString(label):
		return MeansPerson
	}
	return MeansOther
}
