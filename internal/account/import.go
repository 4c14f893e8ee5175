package account

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"miseban/internal/i18n"
)

// Column is one column of a list of shops that is read in from Excel or CSV.
type Column struct {
	Key string
	i18n.Text
	Must    bool
	Options []Option // what may stand there; nil: any text
	Many    bool     // more than one of Options
	Hint    i18n.Text
	Example i18n.Text
	into    func(*Shop) *string
}

// MostImported is how many shops a list may have, MostCell how many
// characters one of its cells.
const (
	MostImported = 20000
	MostCell     = 4000
)

func contactAt(i int, f func(*Contact) *string) func(*Shop) *string {
	return func(s *Shop) *string {
		for len(s.Contacts) <= i {
			s.Contacts = append(s.Contacts, Contact{})
		}
		return f(&s.Contacts[i])
	}
}

// Columns are the columns of a list of shops in the order of the template.
var Columns = []Column{
	{Key: "name", Text: i18n.Text{JA: "お店の名前（屋号）", EN: "Name of the shop"}, Must: true, into: func(s *Shop) *string { return &s.Name }, Example: i18n.Text{JA: "山田茶舗", EN: "Yamada Tea"}},
	{Key: "state", Text: i18n.Text{JA: "状態", EN: "State"}, Must: true, Options: States, into: func(s *Shop) *string { return (*string)(&s.State) }, Example: States[3].Text},
	{Key: "url", Text: i18n.Text{JA: "URL", EN: "URL"}, Hint: i18n.Text{JA: "公開前と運用中のお店では必須", EN: "Needed before opening and when trading"}, into: func(s *Shop) *string { return &s.URL }, Example: i18n.Text{JA: "https://tea.example.jp/", EN: "https://tea.example.jp/"}},
	{Key: "kana", Text: i18n.Text{JA: "ふりがな", EN: "Reading (kana)"}, into: func(s *Shop) *string { return &s.Kana }, Example: i18n.Text{JA: "やまだちゃほ", EN: "やまだちゃほ"}},
	{Key: "company", Text: i18n.Text{JA: "運営会社の正式な名前", EN: "Legal name of the operator"}, into: func(s *Shop) *string { return &s.Company }, Example: i18n.Text{JA: "株式会社山田茶舗", EN: "Yamada Tea Ltd."}},
	{Key: "number", Text: i18n.Text{JA: "法人番号", EN: "Corporate number"}, Hint: i18n.Text{JA: "13 桁。個人事業のときは空欄", EN: "13 digits; empty for a sole trader"}, into: func(s *Shop) *string { return &s.Number }, Example: i18n.Text{JA: "7000012050002", EN: "7000012050002"}},
	{Key: "method", Text: i18n.Text{JA: "構築方法", EN: "How it is built"}, Options: Methods, into: func(s *Shop) *string { return (*string)(&s.Method) }, Example: Methods[0].Text},
	{Key: "package", Text: i18n.Text{JA: "パッケージやサービスの名前", EN: "Package or service"}, into: func(s *Shop) *string { return &s.Package }, Example: i18n.Text{JA: "EC-CUBE", EN: "EC-CUBE"}},
	{Key: "version", Text: i18n.Text{JA: "バージョン", EN: "Version"}, into: func(s *Shop) *string { return &s.Version }, Example: i18n.Text{JA: "4.2.3", EN: "4.2.3"}},
	{Key: "service", Text: i18n.Text{JA: "ASP・SaaS", EN: "ASP, SaaS"}, Options: Services, into: func(s *Shop) *string { return (*string)(&s.Service) }, Example: YesNo[1].Text},
	{Key: "business", Text: i18n.Text{JA: "業種・扱う品", EN: "Business"}, into: func(s *Shop) *string { return &s.Business }, Example: i18n.Text{JA: "日本茶の販売", EN: "Japanese tea"}},
	{Key: "turnover", Text: i18n.Text{JA: "年間の売上", EN: "Turnover a year"}, Options: Turnovers, into: func(s *Shop) *string { return (*string)(&s.Turnover) }, Example: Turnovers[1].Text},
	{Key: "staff", Text: i18n.Text{JA: "従業員数", EN: "Staff"}, Options: Staffs, into: func(s *Shop) *string { return (*string)(&s.Staff) }, Example: Staffs[0].Text},
	{Key: "builder", Text: i18n.Text{JA: "構築した会社", EN: "Who built it"}, into: func(s *Shop) *string { return &s.Builder.Name }},
	{Key: "builder-number", Text: i18n.Text{JA: "構築した会社の法人番号", EN: "Corporate number of who built it"}, into: func(s *Shop) *string { return &s.Builder.Number }},
	{Key: "maintenance", Text: i18n.Text{JA: "保守する会社", EN: "Who maintains it"}, into: func(s *Shop) *string { return &s.Maintenance.Name }},
	{Key: "maintenance-number", Text: i18n.Text{JA: "保守する会社の法人番号", EN: "Corporate number of who maintains it"}, into: func(s *Shop) *string { return &s.Maintenance.Number }},
	{Key: "contract", Text: i18n.Text{JA: "保守契約", EN: "Maintenance contract"}, Options: YesNo, into: func(s *Shop) *string { return (*string)(&s.Contract) }},
	{Key: "payments", Text: i18n.Text{JA: "決済方法", EN: "Payment methods"}, Options: PaymentMethods, Many: true, Hint: i18n.Text{JA: "複数のときは、セルの中で改行して並べる", EN: "Several: a line each in the cell"}, Example: PaymentMethods[1].Text},
	{Key: "provider", Text: i18n.Text{JA: "決済代行会社", EN: "Payment service provider"}, into: func(s *Shop) *string { return &s.Provider }},
	{Key: "contact-name", Text: i18n.Text{JA: "緊急連絡先の名前", EN: "Emergency contact"}, Hint: i18n.Text{JA: "運用中のお店では必須", EN: "Needed when trading"}, into: contactAt(0, func(c *Contact) *string { return &c.Name }), Example: i18n.Text{JA: "山田 花子", EN: "Hanako Yamada"}},
	{Key: "contact-phone", Text: i18n.Text{JA: "緊急連絡先の電話", EN: "Its telephone"}, into: contactAt(0, func(c *Contact) *string { return &c.Phone }), Example: i18n.Text{JA: "03-1234-5678", EN: "03-1234-5678"}},
	{Key: "contact-mail", Text: i18n.Text{JA: "緊急連絡先のメール", EN: "Its mail address"}, into: contactAt(0, func(c *Contact) *string { return &c.Mail }), Example: i18n.Text{JA: "hanako@example.jp", EN: "hanako@example.jp"}},
	{Key: "contact-name-2", Text: i18n.Text{JA: "緊急連絡先2の名前", EN: "Second emergency contact"}, into: contactAt(1, func(c *Contact) *string { return &c.Name })},
	{Key: "contact-phone-2", Text: i18n.Text{JA: "緊急連絡先2の電話", EN: "Telephone of the second"}, into: contactAt(1, func(c *Contact) *string { return &c.Phone })},
	{Key: "contact-mail-2", Text: i18n.Text{JA: "緊急連絡先2のメール", EN: "Mail address of the second"}, into: contactAt(1, func(c *Contact) *string { return &c.Mail })},
	{Key: "note", Text: i18n.Text{JA: "備考", EN: "Note"}, into: func(s *Shop) *string { return &s.Note }},
}

// ColumnNamed is the column with a key; the zero column when there is none.
func ColumnNamed(key string) Column {
	if i := slices.IndexFunc(Columns, func(c Column) bool { return c.Key == key }); i >= 0 {
		return Columns[i]
	}
	return Column{}
}

// plain is a word as it is compared: half width, without blanks and marks of what must be filled in.
func plain(s string) string {
	s = strings.ToLower(norm.NFKC.String(s))
	return strings.Join(strings.Fields(strings.NewReplacer("*", "", "※", "", "(必須)", "", "(required)", "", "~", "〜").Replace(s)), "")
}

// ImportHead says which column of a list stands where.
type ImportHead struct {
	at      []int // of Columns; -1: not there
	Unknown []string
}

// IsHead says whether a row can be the head of a list: one of its cells is the
// name of the shop's column.
func IsHead(cells []string) bool {
	return slices.ContainsFunc(cells[:min(len(cells), mostColumns)], func(c string) bool { return isColumn(c, &Columns[0]) })
}

func isColumn(cell string, c *Column) bool {
	p := plain(cell)
	return p != "" && (p == plain(c.JA) || p == plain(c.EN) || p == plain(c.Key))
}

// ReadHead finds the columns of a list by their names. The reason says what is
// wrong with it; no message when nothing is.
func ReadHead(cells []string) (*ImportHead, Reason) {
	h := &ImportHead{at: make([]int, len(Columns))}
	cells = cells[:min(len(cells), mostColumns)]
	taken := map[int]bool{}
	for i := range Columns {
		h.at[i] = slices.IndexFunc(cells, func(cell string) bool { return isColumn(cell, &Columns[i]) })
		if h.at[i] < 0 && Columns[i].Must {
			return nil, Reason{Message: "「{column}」の列がありません。1行目に列の名前を書くか、ひな形を使ってください。", Args: i18n.Args{"column": Columns[i].JA}}
		}
		taken[h.at[i]] = true
	}
	for i, c := range cells {
		if c = Line(c); c != "" && !taken[i] && len(h.Unknown) < 20 {
			h.Unknown = append(h.Unknown, string([]rune(c)[:min(len([]rune(c)), 40)]))
		}
	}
	return h, Reason{}
}

// Shop reads a row into a shop and says what is wrong with which column. What
// a list never holds is authority, proof, consent or access.
func (h *ImportHead) Shop(cells []string) (Shop, Problems) {
	var s Shop
	var p Problems
	for i := range Columns {
		c := &Columns[i]
		value := ""
		if at := h.at[i]; at >= 0 && at < len(cells) {
			value = strings.TrimSpace(strings.ToValidUTF8(cells[at], ""))
		}
		if value == "" {
			continue
		}
		switch {
		case longer(value, MostCell):
			p.add(c.Key, Reason{Message: "文字が多すぎます。{n} 文字までにしてください。", Args: i18n.Args{"n": "4,000"}})
		case c.Many:
			var bad string
			if s.Payments, bad = several(c.Options, value); bad != "" {
				p.add(c.Key, Reason{Message: "「{value}」は一覧にありません。ひな形の「選択肢」の言葉で書いてください。", Args: i18n.Args{"value": short(bad)}})
			}
		case c.Options != nil:
			o := chosen(c.Options, value)
			if o == "" {
				p.add(c.Key, Reason{Message: "「{value}」は一覧にありません。ひな形の「選択肢」の言葉で書いてください。", Args: i18n.Args{"value": short(value)}})
				continue
			}
			*c.into(&s) = string(o)
		default:
			if r := spoiled(c.Key, value); r.Message != "" {
				p.add(c.Key, r)
				continue
			}
			*c.into(&s) = value
		}
	}
	told := func(field string) bool {
		return slices.ContainsFunc(p, func(x Problem) bool {
			return x.Field == field || field == "contacts" && strings.HasPrefix(x.Field, "contact-")
		})
	}
	for _, x := range s.Tidy() {
		if told(x.Field) {
			continue
		}
		if x.Field == "contacts" {
			x.Field = "contact-name"
		}
		p = append(p, x)
	}
	return s, p
}

// spoiled says what a spreadsheet made of a number that it took for one to
// compute with.
func spoiled(key, value string) Reason {
	v := norm.NFKC.String(value)
	switch {
	case strings.HasSuffix(key, "number") && strings.ContainsAny(v, "Ee+"):
		return Reason{Message: "表計算ソフトが番号を縮めています（{value}）。セルの書式を「文字列」にして、13 桁を入力し直してください。", Args: i18n.Args{"value": short(value)}}
	case strings.HasPrefix(key, "contact-phone") && v[0] >= '1' && v[0] <= '9' && Phone(v) != "":
		return Reason{Message: "電話番号の先頭の 0 が消えています（{value}）。セルの書式を「文字列」にして、入力し直してください。", Args: i18n.Args{"value": short(value)}}
	}
	return Reason{}
}

func short(s string) string {
	r := []rune(Line(s))
	if len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return string(r)
}

func chosen(list []Option, value string) Choice {
	v := plain(value)
	for _, o := range list {
		if v == plain(o.JA) || v == plain(o.EN) || v == string(o.Choice) {
			return o.Choice
		}
	}
	return ""
}

// several reads a cell that holds some of a list; bad is the first that is none.
func several(list []Option, value string) (out []string, bad string) {
	for _, part := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("\n;；|｜/／", r) }) {
		if strings.TrimSpace(part) == "" {
			continue
		}
		o := chosen(list, part)
		if o == "" {
			return out, part
		}
		if !slices.Contains(out, string(o)) {
			out = append(out, string(o))
		}
	}
	return out, ""
}

// ShopKey is something by which two records of shops are held to be one: the
// corporate number, the host, a telephone number.
type ShopKey struct{ Kind, Value string }

// Keys are what a shop is known by.
func (s *Shop) Keys() []ShopKey {
	var out []ShopKey
	if s.Number != "" {
		out = append(out, ShopKey{"number", s.Number})
	}
	if h := s.Host(); h != "" {
		out = append(out, ShopKey{"host", strings.TrimPrefix(h, "www.")})
	}
	for _, c := range s.Contacts {
		if d := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, strings.Replace(c.Phone, "+81", "0", 1)); d != "" {
			out = append(out, ShopKey{"phone", d})
		}
	}
	return out
}

// Twin is a record that looks like the same shop: another line of the list, or
// one that stands already.
type Twin struct {
	By   string // number, host, phone
	Line int    // of the list; 0: it stands already
	Name string // of what stands already
}

// ImportLine is one line of a list of shops as it was read.
type ImportLine struct {
	Line     int // as the spreadsheet counts
	Shop     Shop
	Problems Problems
	Twins    []Twin
}
