package guideline

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"miseban/internal/i18n"
)

// Level is how strongly an edition asks for a requirement.
type Level string

// The levels, strongest first. LevelUnknown is what is written where no
// source tells the level.
const (
	Must         Level = "must"
	Needed       Level = "needed"
	Recommended  Level = "recommended"
	LevelUnknown Level = "unknown"
)

// Levels lists every level, strongest first.
var Levels = []Level{Must, Needed, Recommended, LevelUnknown}

// Nature tells a cure from a safety net.
type Nature string

// The two natures of 「安全なウェブサイトの作り方」.
const (
	Root      Nature = "root"
	Insurance Nature = "insurance"
)

// Natures lists both natures.
var Natures = []Nature{Root, Insurance}

// Danger is how much harm a fault can do, where an edition grades it.
type Danger string

// The dangers.
const (
	High   Danger = "high"
	Medium Danger = "medium"
	Low    Danger = "low"
)

// Dangers lists the dangers, worst first.
var Dangers = []Danger{High, Medium, Low}

// Effect is what a check's verdict may do to a requirement.
type Effect string

// Decides: the check sees the whole of what the requirement asks there; its
// Met is needed for the requirement to be met and its NotMet breaks it.
// RefutesOnly: a NotMet breaks the requirement, a Met proves nothing.
// Supports: the result is shown beside the requirement and changes nothing.
const (
	Decides     Effect = "decides"
	RefutesOnly Effect = "refutes-only"
	Supports    Effect = "supports"
)

// Effects lists the effects, strongest first.
var Effects = []Effect{Decides, RefutesOnly, Supports}

// Trait is something a shop is or has, and by which a requirement may not
// concern it.
type Trait string

// The traits. They are a closed set because the intake form asks for them.
const (
	SelfBuilt  Trait = "self-built"
	Package    Trait = "package"
	SaaS       Trait = "saas"
	TakesCards Trait = "takes-cards"
	HasMembers Trait = "has-members"
	OwnServer  Trait = "own-server"
	Outsourced Trait = "outsourced"
)

// Traits lists the traits in the order of the intake form.
var Traits = []Trait{SelfBuilt, Package, SaaS, OwnServer, Outsourced, TakesCards, HasMembers}

// Role is who answers a question or acts on advice.
type Role string

// The roles of the guideline's three readers.
const (
	Owner        Role = "owner"
	Practitioner Role = "practitioner"
	Contractor   Role = "contractor"
)

// Roles lists the roles.
var Roles = []Role{Owner, Practitioner, Contractor}

// Answer is one answer to a question.
type Answer string

// The answers.
const (
	Done          Answer = "done"
	PartlyDone    Answer = "partly-done"
	NotDone       Answer = "not-done"
	NotApplicable Answer = "not-applicable"
	Alternative   Answer = "alternative"
	DontKnow      Answer = "dont-know"
)

// Answers lists the answers in the order of the form.
var Answers = []Answer{Done, PartlyDone, NotDone, NotApplicable, Alternative, DontKnow}

var words = map[string]i18n.Text{
	"level must":        {JA: "必須", EN: "Must"},
	"level needed":      {JA: "必要", EN: "Needed"},
	"level recommended": {JA: "推奨", EN: "Recommended"},
	"level unknown":     {JA: "区分不明", EN: "Level unknown"},

	"nature root":      {JA: "根本的解決", EN: "Fundamental solution"},
	"nature insurance": {JA: "保険的対策", EN: "Safety-net measure"},

	"danger high":   {JA: "高", EN: "High"},
	"danger medium": {JA: "中", EN: "Medium"},
	"danger low":    {JA: "低", EN: "Low"},

	"effect decides":      {JA: "判定を決める", EN: "Decides"},
	"effect refutes-only": {JA: "不適合だけを示せる", EN: "Can only refute"},
	"effect supports":     {JA: "参考にする", EN: "Supports"},

	"trait self-built":  {JA: "自社で開発したサイト", EN: "Self-built site"},
	"trait package":     {JA: "パッケージ・OSSで構築したサイト", EN: "Site built on a package or open source"},
	"trait saas":        {JA: "SaaS・カートASPを利用", EN: "Runs on a hosted (SaaS) cart"},
	"trait takes-cards": {JA: "クレジットカード決済あり", EN: "Takes card payments"},
	"trait has-members": {JA: "会員登録・ログインあり", EN: "Has member accounts"},
	"trait own-server":  {JA: "サーバを自社で管理", EN: "Manages its own server"},
	"trait outsourced":  {JA: "構築・運用を外部に委託", EN: "Outsources building or running"},

	"form saas":   {JA: "カートASP・SaaSを利用", EN: "On a cart service (SaaS)"},
	"form mall":   {JA: "モールに出店", EN: "In a mall"},
	"form partly": {JA: "一部でSaaS・ASPを利用", EN: "Partly on a service (SaaS)"},

	"duty shop":     {JA: "お店", EN: "Shop"},
	"duty provider": {JA: "サービス提供者", EN: "Provider of the service"},
	"duty shared":   {JA: "お店とサービス提供者", EN: "Shop and provider"},

	"field title":      {JA: "題名", EN: "Title"},
	"field number":     {JA: "番号", EN: "Number"},
	"field level":      {JA: "区分", EN: "Level"},
	"field nature":     {JA: "解決の種類", EN: "Kind of solution"},
	"field where":      {JA: "対策の場所", EN: "Where it takes effect"},
	"field applies-to": {JA: "対象となるお店", EN: "Which shops it concerns"},
	"field danger":     {JA: "危険度", EN: "Danger"},
	"field duty":       {JA: "お店と提供者の分担", EN: "Split between shop and provider"},
	"field issuer":     {JA: "発行者", EN: "Issuer"},
	"field published":  {JA: "公表日", EN: "Date of publication"},
	"field url":        {JA: "原文の URL", EN: "Address of the original"},
	"field contact":    {JA: "原文の問い合わせ先", EN: "Whom to ask about the original"},

	"role owner":        {JA: "経営者", EN: "Owner"},
	"role practitioner": {JA: "実務担当者", EN: "Practitioner"},
	"role contractor":   {JA: "外部委託先", EN: "Contractor"},

	"answer done":           {JA: "実施済", EN: "Done"},
	"answer partly-done":    {JA: "一部実施", EN: "Partly done"},
	"answer not-done":       {JA: "未実施", EN: "Not done"},
	"answer not-applicable": {JA: "対象外", EN: "Not applicable"},
	"answer alternative":    {JA: "代替策", EN: "Alternative measure"},
	"answer dont-know":      {JA: "わからない", EN: "Don't know"},
}

// name is the word people read; an unknown one names itself.
func name(kind, w string, l i18n.Lang) string {
	if t, ok := words[kind+" "+w]; ok {
		return t.In(l)
	}
	return w
}

// Name is the word people read for the level.
func (v Level) Name(l i18n.Lang) string { return name("level", string(v), l) }

// Name is the word people read for the nature.
func (v Nature) Name(l i18n.Lang) string { return name("nature", string(v), l) }

// Name is the word people read for the danger.
func (v Danger) Name(l i18n.Lang) string { return name("danger", string(v), l) }

// Name is the word people read for the effect.
func (v Effect) Name(l i18n.Lang) string { return name("effect", string(v), l) }

// Name is the word people read for the trait.
func (v Trait) Name(l i18n.Lang) string { return name("trait", string(v), l) }

// Name is the word people read for the role.
func (v Role) Name(l i18n.Lang) string { return name("role", string(v), l) }

// Name is the word people read for the answer.
func (v Answer) Name(l i18n.Lang) string { return name("answer", string(v), l) }

// The closed words are read strictly, so that a slip of the pen is an error at
// its line and not a requirement that nothing can ever answer.

// UnmarshalYAML accepts only one of Levels.
func (v *Level) UnmarshalYAML(n *yaml.Node) error { return oneOf(n, v, "level", Levels) }

// UnmarshalYAML accepts only one of Natures.
func (v *Nature) UnmarshalYAML(n *yaml.Node) error { return oneOf(n, v, "nature", Natures) }

// UnmarshalYAML accepts only one of Dangers.
func (v *Danger) UnmarshalYAML(n *yaml.Node) error { return oneOf(n, v, "danger", Dangers) }

// UnmarshalYAML accepts only one of Effects.
func (v *Effect) UnmarshalYAML(n *yaml.Node) error { return oneOf(n, v, "effect", Effects) }

// UnmarshalYAML accepts only one of Traits.
func (v *Trait) UnmarshalYAML(n *yaml.Node) error { return oneOf(n, v, "trait", Traits) }

// UnmarshalYAML accepts only one of Roles.
func (v *Role) UnmarshalYAML(n *yaml.Node) error { return oneOf(n, v, "who", Roles) }

// UnmarshalYAML accepts only one of Answers.
func (v *Answer) UnmarshalYAML(n *yaml.Node) error { return oneOf(n, v, "answer", Answers) }

func oneOf[T ~string](n *yaml.Node, v *T, kind string, all []T) error {
	for _, w := range all {
		if n.Kind == yaml.ScalarNode && n.Value == string(w) {
			*v = w
			return nil
		}
	}
	choices := make([]string, len(all))
	for i, w := range all {
		choices[i] = string(w)
	}
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %s %q: choose one of %s", n.Line, kind, n.Value, strings.Join(choices, ", "))}}
}
