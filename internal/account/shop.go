package account

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"miseban/internal/i18n"
)

// Shop is one online shop as its operator describes it.
type Shop struct {
	ID           ID
	Organisation ID // that operates it
	Revision     int
	Created      time.Time
	Updated      time.Time
	// Moved is when the shop came to the address that it has now; zero: it was
	// registered with it.
	Moved time.Time `json:"moved,omitzero"`

	State       Choice    `json:"state"`
	Name        string    `json:"name"` // 屋号
	Kana        string    `json:"kana,omitempty"`
	Company     string    `json:"company,omitempty"` // legal name of who operates it
	Number      string    `json:"number,omitempty"`  // 法人番号
	URL         string    `json:"url,omitempty"`
	Method      Choice    `json:"method,omitempty"`
	Package     string    `json:"package,omitempty"`
	Version     string    `json:"version,omitempty"`
	Service     Choice    `json:"service,omitempty"` // ASP/SaaS
	Business    string    `json:"business,omitempty"`
	Turnover    Choice    `json:"turnover,omitempty"`
	Staff       Choice    `json:"staff,omitempty"`
	Builder     Party     `json:"builder,omitzero"`
	Maintenance Party     `json:"maintenance,omitzero"`
	Contract    Choice    `json:"contract,omitempty"` // of maintenance
	Payments    []string  `json:"payments,omitempty"`
	Provider    string    `json:"provider,omitempty"` // PSP
	Contacts    []Contact `json:"contacts,omitempty"`
	Note        string    `json:"note,omitempty"`
}

// Party is who builds or maintains a shop.
type Party struct {
	Name   string `json:"name,omitempty"`
	Number string `json:"number,omitempty"` // 法人番号
}

// Contact is who is called when something is on fire.
type Contact struct {
	Name  string `json:"name"`
	Phone string `json:"phone,omitempty"`
	Mail  string `json:"mail,omitempty"`
}

// Choice is one answer of a list.
type Choice string

// Option is an answer that a list offers.
type Option struct {
	Choice
	i18n.Text
}

// The states of a shop, in the order in which it goes through them.
const (
	Planned  Choice = "planned"
	Building Choice = "building"
	Closed   Choice = "before-opening"
	Trading  Choice = "trading"
)

// The lists of choices of a shop's form.
var (
	States = []Option{
		{Planned, i18n.Text{JA: "計画中", EN: "Planned"}},
		{Building, i18n.Text{JA: "構築中", EN: "Being built"}},
		{Closed, i18n.Text{JA: "公開前", EN: "Before opening"}},
		{Trading, i18n.Text{JA: "運用中", EN: "Trading"}},
	}
	Methods = []Option{
		{"package", i18n.Text{JA: "パッケージ（EC-CUBE など）を使う", EN: "Shop package (EC-CUBE and the like)"}},
		{"cms", i18n.Text{JA: "WordPress などにカートを加える", EN: "CMS with a cart plug-in"}},
		{"asp", i18n.Text{JA: "カート ASP・SaaS を使う", EN: "Cart service (ASP, SaaS)"}},
		{"scratch", i18n.Text{JA: "独自に開発", EN: "Built from scratch"}},
		{"mall", i18n.Text{JA: "モールに出店", EN: "In a mall"}},
		{"unknown", i18n.Text{JA: "わからない", EN: "Not known"}},
	}
	YesNo = []Option{
		{"yes", i18n.Text{JA: "はい", EN: "Yes"}},
		{"no", i18n.Text{JA: "いいえ", EN: "No"}},
		{"unknown", i18n.Text{JA: "わからない", EN: "Not known"}},
	}
	Services = []Option{
		YesNo[0],
		{"partly", i18n.Text{JA: "一部で使っている", EN: "For a part"}},
		YesNo[1],
		YesNo[2],
	}
	Turnovers = []Option{
		{"10m", i18n.Text{JA: "1,000万円未満", EN: "Below 10 million yen"}},
		{"50m", i18n.Text{JA: "1,000万円以上5,000万円未満", EN: "10 to 50 million yen"}},
		{"100m", i18n.Text{JA: "5,000万円以上1億円未満", EN: "50 to 100 million yen"}},
		{"1b", i18n.Text{JA: "1億円以上10億円未満", EN: "100 million to 1 billion yen"}},
		{"more", i18n.Text{JA: "10億円以上", EN: "1 billion yen or more"}},
		{"unsaid", i18n.Text{JA: "答えない", EN: "Not said"}},
	}
	Staffs = []Option{
		{"5", i18n.Text{JA: "5人以下", EN: "Up to 5"}},
		{"20", i18n.Text{JA: "6〜20人", EN: "6 to 20"}},
		{"100", i18n.Text{JA: "21〜100人", EN: "21 to 100"}},
		{"300", i18n.Text{JA: "101〜300人", EN: "101 to 300"}},
		{"more", i18n.Text{JA: "301人以上", EN: "More than 300"}},
	}
	PaymentMethods = []Option{
		{"link", i18n.Text{JA: "クレジットカード（決済会社の画面へ移る）", EN: "Card, on the payment company's page"}},
		{"token", i18n.Text{JA: "クレジットカード（お店の画面で入力し、トークンにする）", EN: "Card, typed on the shop's page, tokenised"}},
		{"own", i18n.Text{JA: "クレジットカード（番号がお店のサーバを通る）", EN: "Card, number passes the shop's server"}},
		{"wallet", i18n.Text{JA: "ID 決済・スマホ決済", EN: "Wallet"}},
		{"cod", i18n.Text{JA: "代金引換", EN: "Cash on delivery"}},
		{"transfer", i18n.Text{JA: "銀行振込・コンビニ払い", EN: "Bank transfer, convenience store"}},
		{"later", i18n.Text{JA: "後払い", EN: "Pay later"}},
		{"none", i18n.Text{JA: "サイトでは決済しない", EN: "No payment on the site"}},
	}
)

// Say is the word of a choice in a list; "" for none.
func Say(list []Option, c Choice, l i18n.Lang) string {
	for _, o := range list {
		if o.Choice == c {
			return o.In(l)
		}
	}
	return ""
}

func offers(list []Option, c Choice) bool {
	return slices.ContainsFunc(list, func(o Option) bool { return o.Choice == c })
}

// Tidy brings what was typed into its normal form and says what is wrong with it.
func (s *Shop) Tidy() Problems {
	var p Problems
	for _, f := range []struct {
		field string
		into  *string
	}{
		{"name", &s.Name}, {"company", &s.Company}, {"package", &s.Package}, {"version", &s.Version}, {"business", &s.Business},
		{"builder", &s.Builder.Name}, {"maintenance", &s.Maintenance.Name}, {"provider", &s.Provider},
	} {
		*f.into = Line(*f.into)
		if longer(*f.into, 200) {
			p.add(f.field, Reason{Message: "200 文字までで入力してください。"})
		}
	}
	s.Note = Paragraph(s.Note)
	if longer(s.Note, 2000) {
		p.add("note", Reason{Message: "2,000 文字までで入力してください。"})
	}
	if s.Name == "" {
		p.add("name", Reason{Message: "お店の名前を入力してください。"})
	}
	if s.Kana != "" {
		if k := Kana(s.Kana); k != "" {
			s.Kana = k
		} else {
			p.add("kana", Reason{Message: "ふりがなは、ひらがなかカタカナで入力してください。"})
		}
	}
	number(&p, "number", &s.Number)
	number(&p, "builder-number", &s.Builder.Number)
	number(&p, "maintenance-number", &s.Maintenance.Number)
	for _, f := range []struct {
		field string
		list  []Option
		into  *Choice
	}{{"method", Methods, &s.Method}, {"service", Services, &s.Service}, {"turnover", Turnovers, &s.Turnover}, {"staff", Staffs, &s.Staff}, {"contract", YesNo, &s.Contract}} {
		if *f.into != "" && !offers(f.list, *f.into) {
			p.add(f.field, Reason{Message: "一覧から選んでください。"})
		}
	}
	if !offers(States, s.State) {
		p.add("state", Reason{Message: "お店の状態を選んでください。"})
	}
	s.tidyURL(&p)
	s.Payments = slices.DeleteFunc(s.Payments, func(m string) bool { return !offers(PaymentMethods, Choice(m)) })
	s.tidyContacts(&p)
	return p
}

func number(p *Problems, field string, into *string) {
	if *into = strings.TrimSpace(*into); *into == "" {
		return
	}
	n := CorporateNumber(*into)
	if n == "" {
		p.add(field, Reason{Message: "法人番号は 13 桁の数字です。数字の組み合わせが正しくないので、確かめてください。"})
		return
	}
	*into = n
}

func (s *Shop) tidyURL(p *Problems) {
	s.URL = strings.TrimSpace(norm.NFKC.String(s.URL))
	if s.URL == "" {
		if s.State == Trading || s.State == Closed {
			p.add("url", Reason{Message: "公開前と運用中のお店では、URL を入力してください。"})
		}
		return
	}
	if !strings.Contains(s.URL, "://") {
		s.URL = "https://" + s.URL
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(s.URL) > 1000 || !port(u.Port()) {
		p.add("url", Reason{Message: "https://www.example.jp/ の形で入力してください。"})
		return
	}
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil && !strings.Contains(u.Hostname(), ":") {
		p.add("url", Reason{Message: "https://www.example.jp/ の形で入力してください。"})
		return
	}
	if err == nil {
		if port := u.Port(); port != "" {
			host += ":" + port
		}
		u.Host = host
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.Fragment = ""
	s.URL = u.String()
}

// port says whether a port can be one; "" stands for the scheme's own.
func port(p string) bool {
	n, err := strconv.ParseUint(p, 10, 16)
	return p == "" || err == nil && n > 0
}

// Host is the host of the shop's URL; "" without one.
func (s *Shop) Host() string {
	u, err := url.Parse(s.URL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

func (s *Shop) tidyContacts(p *Problems) {
	var kept []Contact
	for _, c := range s.Contacts {
		c.Name = Line(c.Name)
		phone, mail := Line(c.Phone), Line(c.Mail)
		c.Phone, c.Mail = phone, mail
		if c == (Contact{}) {
			continue
		}
		kept = append(kept, c)
		k := &kept[len(kept)-1]
		switch {
		case c.Name == "":
			p.add("contacts", Reason{Message: "緊急連絡先の名前を入力してください。"})
		case phone == "" && mail == "":
			p.add("contacts", Reason{Message: "緊急連絡先には、電話番号かメールアドレスが必要です。"})
		}
		if phone != "" {
			if k.Phone = Phone(phone); k.Phone == "" {
				k.Phone = phone
				p.add("contacts", Reason{Message: "「{value}」は電話番号として読めません。", Args: i18n.Args{"value": phone}})
			}
		}
		if mail != "" {
			if k.Mail = NormalMail(mail); k.Mail == "" {
				k.Mail = mail
				p.add("contacts", Reason{Message: "「{value}」はメールアドレスとして読めません。", Args: i18n.Args{"value": mail}})
			}
		}
	}
	s.Contacts = kept
	if s.State == Trading && len(kept) == 0 {
		p.add("contacts", Reason{Message: "運用中のお店では、緊急連絡先を1人以上入力してください。"})
	}
}
