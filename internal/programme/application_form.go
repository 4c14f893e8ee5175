package programme

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"miseban/internal/account"
)

// Tidy brings what was typed into its normal form and says what is wrong with
// it. A draft may have gaps; what is sent may not.
func (f *Form) Tidy(whole bool) account.Problems {
	var bad account.Problems
	add := func(field string, r account.Reason) { bad = append(bad, account.Problem{Field: field, Reason: r}) }
	for _, x := range []struct {
		field string
		into  *string
		ask   account.Reason // what to say when it must not be empty
	}{
		{"company", &f.Company, account.Reason{Message: "会社または屋号の名前を入力してください。"}},
		{"shop", &f.Shop, account.Reason{Message: "EC サイトの名前を入力してください。"}},
		{"person", &f.Person, account.Reason{Message: "担当の方の名前を入力してください。"}},
		{"post", &f.Post, account.Reason{}}, {"version", &f.Version, account.Reason{}},
	} {
		*x.into = account.Line(*x.into)
		switch {
		case utf8.RuneCountInString(*x.into) > 200:
			add(x.field, account.Reason{Message: "200 文字までで入力してください。"})
		case whole && *x.into == "" && x.ask.Message != "":
			add(x.field, x.ask)
		}
	}
	if f.Wish = account.Paragraph(f.Wish); utf8.RuneCountInString(f.Wish) > 1000 {
		add("wish", account.Reason{Message: "1,000 文字までで入力してください。"})
	}
	f.tidyCompany(whole, add)
	f.tidySite(whole, add)
	if f.Phone = account.Line(f.Phone); f.Phone != "" {
		if p := account.Phone(f.Phone); p != "" {
			f.Phone = p
		} else {
			add("phone", account.Reason{Message: "電話番号を確かめてください。"})
		}
	} else if whole {
		add("phone", account.Reason{Message: "電話番号を入力してください。"})
	}
	for id, a := range f.Posture {
		if q := question(id); q == nil || !q.offers(a) {
			delete(f.Posture, id)
		}
	}
	if whole {
		for _, q := range Questions() {
			if f.Posture[q.ID] == "" {
				add("posture-"+q.ID, account.Reason{Message: "答えを選んでください。"})
			}
		}
		if !f.Agreed {
			add("agreed", account.Reason{Message: "応募の条件を読み、同意の欄に印を付けてください。"})
		}
	}
	return bad
}

func (f *Form) tidyCompany(whole bool, add func(field string, r account.Reason)) {
	if f.Sole {
		f.Number, f.Capital = "", ""
	}
	if number := account.Line(f.Number); number != "" {
		if f.Number = account.CorporateNumber(number); f.Number == "" {
			f.Number = number
			add("number", account.Reason{Message: "法人番号は 13 桁の数字です。数字の組み合わせが正しくないので、確かめてください。"})
		}
	} else if whole && !f.Sole {
		add("number", account.Reason{Message: "法人番号を入力してください。個人事業の場合は「個人事業」を選んでください。"})
	}
	f.Capital = amount(f.Capital, "capital", whole && !f.Sole, add)
	f.Staff = amount(f.Staff, "staff", whole, add)
}

// amount is a whole number as people type it: wide digits and commas are read.
func amount(s, field string, must bool, add func(field string, r account.Reason)) string {
	s = strings.ReplaceAll(account.Line(norm.NFKC.String(s)), ",", "")
	if s == "" {
		if must {
			add(field, account.Reason{Message: "数字を入力してください。"})
		}
		return ""
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		add(field, account.Reason{Message: "数字だけで入力してください（例: 1000）。"})
		return s[:min(len(s), 20)]
	}
	return strconv.FormatUint(n, 10)
}

func (f *Form) tidySite(whole bool, add func(field string, r account.Reason)) {
	for _, x := range []struct {
		field string
		list  []account.Option
		into  *account.Choice
	}{
		{"industry", Industries, &f.Industry}, {"method", account.Methods, &f.Method}, {"package", Packages, &f.Package}, {"business", Businesses, &f.Business},
		{"turnover", Sales, &f.Turnover}, {"hosting", Hostings, &f.Hosting}, {"permission", account.YesNo, &f.Permission}, {"remote", account.YesNo, &f.Remote}, {"contract", account.YesNo, &f.Contract},
	} {
		switch {
		case *x.into == "" && whole, *x.into != "" && !slices.ContainsFunc(x.list, func(o account.Option) bool { return o.Choice == *x.into }):
			add(x.field, account.Reason{Message: "一覧から選んでください。"})
		}
	}
	// The address has the same normal form as a shop's.
	s := account.Shop{Name: "-", State: account.Planned, URL: f.URL}
	if bad := s.Tidy().Of("url"); bad.Message != "" {
		add("url", bad)
	} else if f.URL = s.URL; f.URL == "" && whole {
		add("url", account.Reason{Message: "EC サイトのアドレスを入力してください。"})
	}
}
