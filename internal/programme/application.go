package programme

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// Stage is where an application stands.
type Stage string

// The stages of an application, up to where a case begins.
const (
	Drafted     Stage = "draft"    // the applicant writes it
	Received    Stage = "received" // sent; has its receipt number
	Eligible    Stage = "eligible"
	Ineligible  Stage = "ineligible"
	Selected    Stage = "selected"
	Reserve     Stage = "reserve"      // takes the place of one that withdraws
	NotSelected Stage = "not-selected" // eligible, and no place
	Withdrawn   Stage = "withdrawn"    // by the applicant
)

// Stages lists the stages in the order in which lists offer them.
var Stages = []Stage{Received, Eligible, Ineligible, Selected, Reserve, NotSelected, Withdrawn, Drafted}

var stageNames = map[Stage]i18n.Text{
	Drafted:     {JA: "下書き", EN: "Draft"},
	Received:    {JA: "受付済み", EN: "Received"},
	Eligible:    {JA: "資格あり", EN: "Eligible"},
	Ineligible:  {JA: "資格なし", EN: "Not eligible"},
	Selected:    {JA: "選定", EN: "Selected"},
	Reserve:     {JA: "補欠", EN: "Reserve"},
	NotSelected: {JA: "選定されず", EN: "Not selected"},
	Withdrawn:   {JA: "取り下げ", EN: "Withdrawn"},
}

// Name is the word people read.
func (s Stage) Name(l i18n.Lang) string { return stageNames[s].In(l) }

// Valid says that s is one of Stages.
func (s Stage) Valid() bool { return slices.Contains(Stages, s) }

// Mover is who moves an application.
type Mover string

// Who moves applications.
const (
	ByApplicant Mover = "applicant"
	ByOffice    Mover = "office"
	BySelection Mover = "selection" // a choice that was approved
)

// stageMove is one way from stage to stage.
type stageMove struct {
	from []Stage
	to   Stage
	by   Mover
	note bool // the office says why
}

var stageMoves = []stageMove{
	{from: []Stage{Drafted}, to: Received, by: ByApplicant},
	{from: []Stage{Drafted, Received, Eligible, Ineligible, Selected, Reserve, NotSelected}, to: Withdrawn, by: ByApplicant},
	{from: []Stage{Received}, to: Eligible, by: ByOffice},
	{from: []Stage{Received}, to: Ineligible, by: ByOffice},
	{from: []Stage{Eligible, Ineligible}, to: Received, by: ByOffice, note: true},
	{from: []Stage{Eligible}, to: Ineligible, by: ByOffice, note: true},
	{from: []Stage{Ineligible}, to: Eligible, by: ByOffice, note: true},
	{from: []Stage{Received, Eligible, Selected, Reserve}, to: Withdrawn, by: ByOffice, note: true}, // on the telephone
	{from: []Stage{Eligible, Reserve, NotSelected, Selected}, to: Selected, by: BySelection},
	{from: []Stage{Eligible, Reserve, NotSelected, Selected}, to: Reserve, by: BySelection},
	{from: []Stage{Eligible, Reserve, NotSelected, Selected}, to: NotSelected, by: BySelection},
}

// ErrNoMove is a move that the table does not have.
var ErrNoMove = errors.New("an application does not go there")

// MoveStage says whether who may take an application from one stage to another, and
// whether a note has to say why.
func MoveStage(from, to Stage, by Mover) (note bool, err error) {
	for _, m := range stageMoves {
		if m.to == to && m.by == by && slices.Contains(m.from, from) {
			return m.note, nil
		}
	}
	return false, ErrNoMove
}

// MovesFrom lists where who may take an application from a stage.
func MovesFrom(from Stage, by Mover) []Stage {
	var out []Stage
	for _, m := range stageMoves {
		if m.by == by && slices.Contains(m.from, from) {
			out = append(out, m.to)
		}
	}
	return out
}

// Application is one shop's wish to take part in a programme.
type Application struct {
	ID        account.ID
	Programme account.ID
	Revision  int
	Stage     Stage
	Receipt   string    // its number, once it was sent
	Mail      string    // the confirmed address; its links open the application
	Lang      i18n.Lang // in which the applicant is written to
	Created   time.Time
	Updated   time.Time
	Submitted time.Time
	Outcome   Outcome // of the rules, when they were last applied
	Form      Form
}

// Form is what an application says.
type Form struct {
	// The company.
	Company  string         `json:"company,omitempty"`
	Sole     bool           `json:"sole,omitempty"` // a sole trader, who has no corporate number
	Number   string         `json:"number,omitempty"`
	Industry account.Choice `json:"industry,omitempty"` // as the SME act divides
	Capital  string         `json:"capital,omitempty"`  // in units of 10,000 yen
	Staff    string         `json:"staff,omitempty"`    // regular employees
	// The shop.
	Shop       string         `json:"shop,omitempty"`
	URL        string         `json:"url,omitempty"`
	Method     account.Choice `json:"method,omitempty"`
	Package    account.Choice `json:"package,omitempty"`
	Version    string         `json:"version,omitempty"`
	Business   account.Choice `json:"business,omitempty"` // what it sells
	Turnover   account.Choice `json:"turnover,omitempty"`
	Hosting    account.Choice `json:"hosting,omitempty"`
	Permission account.Choice `json:"permission,omitempty"` // the hosting company lets the shop be diagnosed
	Remote     account.Choice `json:"remote,omitempty"`     // can be diagnosed over the internet
	Contract   account.Choice `json:"contract,omitempty"`   // of maintenance
	// Who applies.
	Person string `json:"person,omitempty"`
	Post   string `json:"post,omitempty"`
	Phone  string `json:"phone,omitempty"`
	// What is done for security: question → answer.
	Posture map[string]account.Choice `json:"posture,omitempty"`
	Wish    string                    `json:"wish,omitempty"`
	Agreed  bool                      `json:"agreed,omitempty"` // to the terms of the call
}

// The lists of choices of an application's form. Methods and yes/no are
// those of a shop.
var (
	// Industries are divided as in article 2 of the Small and Medium-sized
	// Enterprise Basic Act.
	Industries = []account.Option{
		{Choice: "manufacturing", Text: i18n.Text{JA: "製造業・建設業・運輸業・その他", EN: "Manufacturing, construction, transport, others"}},
		{Choice: "wholesale", Text: i18n.Text{JA: "卸売業", EN: "Wholesale"}},
		{Choice: "service", Text: i18n.Text{JA: "サービス業", EN: "Services"}},
		{Choice: "retail", Text: i18n.Text{JA: "小売業", EN: "Retail"}},
	}
	Businesses = []account.Option{
		{Choice: "food", Text: i18n.Text{JA: "食品・飲料・酒", EN: "Food and drinks"}},
		{Choice: "fashion", Text: i18n.Text{JA: "衣類・服飾雑貨", EN: "Clothing and accessories"}},
		{Choice: "beauty", Text: i18n.Text{JA: "化粧品・健康食品", EN: "Cosmetics and health food"}},
		{Choice: "home", Text: i18n.Text{JA: "家具・生活雑貨", EN: "Furniture and household"}},
		{Choice: "electronics", Text: i18n.Text{JA: "家電・パソコン", EN: "Electronics"}},
		{Choice: "hobby", Text: i18n.Text{JA: "趣味・書籍・玩具", EN: "Hobby, books and toys"}},
		{Choice: "craft", Text: i18n.Text{JA: "工芸品・贈答品", EN: "Crafts and gifts"}},
		{Choice: "business", Text: i18n.Text{JA: "業務用品・部品", EN: "Business supplies and parts"}},
		{Choice: "other", Text: i18n.Text{JA: "その他", EN: "Others"}},
	}
	// Sales are those of the shop in a year.
	Sales = []account.Option{
		{Choice: "under-10m", Text: i18n.Text{JA: "1,000万円未満", EN: "Below 10 million yen"}},
		{Choice: "under-50m", Text: i18n.Text{JA: "1,000万円以上5,000万円未満", EN: "10 to 50 million yen"}},
		{Choice: "under-100m", Text: i18n.Text{JA: "5,000万円以上1億円未満", EN: "50 to 100 million yen"}},
		{Choice: "under-500m", Text: i18n.Text{JA: "1億円以上5億円未満", EN: "100 to 500 million yen"}},
		{Choice: "under-1b", Text: i18n.Text{JA: "5億円以上10億円未満", EN: "500 million to 1 billion yen"}},
		{Choice: "from-1b", Text: i18n.Text{JA: "10億円以上", EN: "1 billion yen or more"}},
	}
	Packages = []account.Option{
		{Choice: "ec-cube-4", Text: i18n.Text{JA: "EC-CUBE 4 系", EN: "EC-CUBE 4"}},
		{Choice: "ec-cube-3", Text: i18n.Text{JA: "EC-CUBE 3 系", EN: "EC-CUBE 3"}},
		{Choice: "ec-cube-2", Text: i18n.Text{JA: "EC-CUBE 2 系", EN: "EC-CUBE 2"}},
		{Choice: "welcart", Text: i18n.Text{JA: "Welcart（WordPress）", EN: "Welcart (WordPress)"}},
		{Choice: "woocommerce", Text: i18n.Text{JA: "WooCommerce（WordPress）", EN: "WooCommerce (WordPress)"}},
		{Choice: "other-oss", Text: i18n.Text{JA: "そのほかのオープンソース（Zen Cart、OpenCart、Magento など）", EN: "Other open source (Zen Cart, OpenCart, Magento …)"}},
		{Choice: "package", Text: i18n.Text{JA: "市販のパッケージ", EN: "Commercial package"}},
		{Choice: "scratch", Text: i18n.Text{JA: "使っていない（独自に開発）", EN: "None (built from scratch)"}},
		{Choice: "unknown", Text: i18n.Text{JA: "わからない", EN: "Not known"}},
	}
	Hostings = []account.Option{
		{Choice: "premises", Text: i18n.Text{JA: "自社のサーバ（オンプレミス）", EN: "Own servers (on premises)"}},
		{Choice: "iaas", Text: i18n.Text{JA: "クラウド（AWS などの IaaS）・専用サーバ・VPS", EN: "Cloud (IaaS such as AWS), dedicated or virtual server"}},
		{Choice: "shared", Text: i18n.Text{JA: "共用のレンタルサーバ", EN: "Shared hosting"}},
		{Choice: "service", Text: i18n.Text{JA: "カート ASP・SaaS に含まれる", EN: "Part of a cart service (ASP, SaaS)"}},
		{Choice: "unknown", Text: i18n.Text{JA: "わからない", EN: "Not known"}},
	}
)

// Host is the host of the shop's address; "" without one.
func (f *Form) Host() string { return (&account.Shop{URL: f.URL}).Host() }

// absent is the value of what an applicant cannot have: it fits nothing.
const absent = "-"

// value is a field as rules ask for it; "" is not answered.
func (f *Form) value(field string) string {
	switch field {
	case "sole":
		return strconv.FormatBool(f.Sole)
	case "number":
		return f.Number
	case "industry":
		return string(f.Industry)
	case "capital":
		if f.Sole {
			return absent
		}
		return f.Capital
	case "staff":
		return f.Staff
	case "method":
		return string(f.Method)
	case "hosting":
		return string(f.Hosting)
	case "permission":
		return string(f.Permission)
	case "remote":
		return string(f.Remote)
	case "host":
		return f.Host()
	}
	return ""
}

// fields are those that value knows.
var fields = []string{"sole", "number", "industry", "capital", "staff", "method", "hosting", "permission", "remote", "host"}

// Attribute is one of those by which a selection is balanced.
type Attribute string

// The attributes. They and their values have the names that package selection gives them.
const (
	ByMethod   Attribute = "method"   // サイト構築手法/利用OSS
	ByBusiness Attribute = "industry" // 業種
	ByTurnover Attribute = "turnover" // 年商
	ByPosture  Attribute = "measures" // 対策状況
)

// Attributes lists them in the order of the call's text.
var Attributes = []Attribute{ByMethod, ByBusiness, ByTurnover, ByPosture}

var attributeNames = map[Attribute]i18n.Text{
	ByMethod:   {JA: "サイト構築手法・利用 OSS", EN: "How the site is built"},
	ByBusiness: {JA: "業種", EN: "Business"},
	ByTurnover: {JA: "年商", EN: "Turnover"},
	ByPosture:  {JA: "対策状況", EN: "State of measures"},
}

// Name is the word people read.
func (a Attribute) Name(l i18n.Lang) string { return attributeNames[a].In(l) }

// Values are what an attribute can be, in order.
func (a Attribute) Values() []account.Option {
	switch a {
	case ByMethod:
		return Packages
	case ByBusiness:
		return Businesses
	case ByTurnover:
		return Sales
	case ByPosture:
		return Postures
	}
	return nil
}

// Attribute is the value by which a selection counts the application.
func (f *Form) Attribute(a Attribute) account.Choice {
	switch a {
	case ByMethod:
		return f.Package
	case ByBusiness:
		return f.Business
	case ByTurnover:
		return f.Turnover
	case ByPosture:
		return f.PostureClass()
	}
	return ""
}
