package account

import "miseban/internal/i18n"

// Tidy brings a person's name and mail address into their normal form and says
// what is wrong with them.
func (x *Person) Tidy() Problems {
	var p Problems
	x.Name = Line(x.Name)
	if x.Name == "" {
		p.add("name", Reason{Message: "お名前を入力してください。"})
	} else if longer(x.Name, 100) {
		p.add("name", Reason{Message: "100 文字までで入力してください。"})
	}
	if m := NormalMail(x.Mail); m != "" {
		x.Mail = m
	} else {
		p.add("mail", Reason{Message: "メールアドレスを確かめてください。"})
	}
	if x.Lang != "" {
		if _, err := i18n.ParseLang(string(x.Lang)); err != nil {
			x.Lang = ""
		}
	}
	return p
}

// Tidy brings an organisation's record into its normal form and says what is wrong with it.
func (o *Organisation) Tidy() Problems {
	var p Problems
	o.Name = Line(o.Name)
	if o.Name == "" {
		p.add("organisation", Reason{Message: "組織の名前を入力してください。"})
	} else if longer(o.Name, 200) {
		p.add("organisation", Reason{Message: "200 文字までで入力してください。"})
	}
	if !o.Kind.Valid() {
		p.add("kind", Reason{Message: "組織の種類を選んでください。"})
	}
	number(&p, "number", &o.Number)
	return p
}
