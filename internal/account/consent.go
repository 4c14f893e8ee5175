package account

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// Consent is what a named person of the shop's operator agreed to, as it was
// agreed. It is never changed: another consent takes its place, or it is withdrawn.
type Consent struct {
	ID          ID        `json:"-"`
	Shop        ID        `json:"-"`
	By          ID        `json:"-"` // who agreed
	Given       time.Time `json:"-"`
	Until       time.Time `json:"-"` // the first moment at which it no longer holds
	Withdrawn   time.Time `json:"-"`
	WithdrawnBy ID        `json:"-"`
	Successor   ID        `json:"-"` // the consent that took its place; "" when it was withdrawn

	Terms        int        `json:"terms"`  // edition of the words that were agreed to
	Person       string     `json:"person"` // name at that time, for the agreement
	Organisation string     `json:"organisation"`
	Firm         ID         `json:"firm,omitempty"` // who may diagnose beside the shop itself
	FirmName     string     `json:"firm_name,omitempty"`
	Hosts        []string   `json:"hosts"` // origins
	Level        wire.Level `json:"level"`
	From         string     `json:"from,omitempty"` // "02:00"; "" = at any hour
	To           string     `json:"to,omitempty"`
	Workdays     bool       `json:"workdays,omitempty"` // only on days on which offices work
	PerSecond    float64    `json:"per_second"`
	Exclude      []string   `json:"exclude,omitempty"` // paths that are never opened
	Robots       bool       `json:"robots,omitempty"`  // pages that robots.txt keeps from crawlers may be looked at
	Accounts     []string   `json:"accounts,omitempty"`
	Acts         []string   `json:"acts,omitempty"`
	Hosting      Choice     `json:"hosting"`
	HostingNote  string     `json:"hosting_note"`
	Provider     string     `json:"provider,omitempty"` // permission of a CDN or cart service for more than level safe
	Staging      bool       `json:"staging,omitempty"`  // the address is no shop where people buy
}

// ConsentTerms is the edition of the words that a consent agrees to.
const ConsentTerms = 1

// longestConsent is how long a consent may hold.
const longestConsent = 366 * 24 * time.Hour

// The lists of choices of a consent's form.
var (
	Hostings = []Option{
		{"obtained", i18n.Text{JA: "事業者の許可を得た", EN: "The provider has given permission"}},
		{"not-needed", i18n.Text{JA: "許可は要らないことを確かめた", EN: "I made sure that no permission is needed"}},
	}
	Acts = []Option{
		{wire.ActCart, i18n.Text{JA: "商品を1つカートに入れ、最後に空にする", EN: "Put one item into the cart, and empty the cart at the end"}},
		{wire.ActLockout, i18n.Text{JA: "テスト用アカウントで、パスワードを最大 10 回間違える", EN: "Up to 10 wrong passwords on a test account"}},
		{wire.ActMail, i18n.Text{JA: "テスト用のアドレスへメールを送らせる", EN: "Make the shop send mails to the test address"}},
	}
	Speeds = []Option{
		{"0.5", i18n.Text{JA: "2秒に1回まで", EN: "At most 1 in two seconds"}},
		{"1", i18n.Text{JA: "毎秒1回まで", EN: "At most 1 a second"}},
		{"2", i18n.Text{JA: "毎秒2回まで（標準）", EN: "At most 2 a second (default)"}},
		{"5", i18n.Text{JA: "毎秒5回まで（余裕のあるサーバだけ）", EN: "At most 5 a second (only for a server with room to spare)"}},
	}
)

// Stands says whether the consent holds at a moment.
func (c *Consent) Stands(at time.Time) bool {
	return c.Withdrawn.IsZero() && !at.Before(c.Given) && at.Before(c.Until)
}

// Covers says whether the actor may start a diagnosis with it: whoever stands
// before the shop as its own staff, and the firm that it names.
func (c *Consent) Covers(a *Actor, s *Shop) bool {
	if m := a.In(s.Organisation); m != nil && (slices.Contains(m.Roles, Executive) || slices.Contains(m.Roles, Practitioner)) {
		return true
	}
	m := a.In(c.Firm)
	return m != nil && c.Firm != "" && slices.Contains(m.Roles, Diagnostician)
}

// Windows are the hours agreed to, as scopes carry them.
func (c *Consent) Windows() []wire.Window {
	if c.From == "" {
		return nil
	}
	return []wire.Window{{From: c.From, Until: c.To}}
}

// Wire is the consent as the gate asks for it.
func (c *Consent) Wire() wire.Consent {
	w := wire.Consent{
		Person: c.Person, Organisation: c.Organisation, For: c.FirmName, Given: c.Given, Until: c.Until, Hosts: c.Hosts, Level: c.Level,
		Windows: c.Windows(), PerSecond: c.PerSecond, Accounts: c.Accounts, Acts: c.Acts, Hosting: "取得済み: " + c.HostingNote,
	}
	if c.Hosting == "not-needed" {
		w.Hosting = "不要: " + c.HostingNote
	}
	if w.For == "" {
		w.For = c.Organisation
	}
	return w
}

// Tidy brings what was typed into its normal form and says what is wrong with
// it. accounts are the shop's test accounts; local says that shops of this very
// computer are allowed.
func (c *Consent) Tidy(s *Shop, accounts []TestAccount, local bool) Problems {
	var p Problems
	c.HostingNote, c.Provider = Line(c.HostingNote), Line(c.Provider)
	if c.Level != wire.Safe && c.Level != wire.Active && c.Level != wire.Full {
		p.add("level", Reason{Message: "どこまで診断してよいかを選んでください。"})
	}
	if c.Level == wire.Full && !c.Staging {
		p.add("staging", Reason{Message: "検証環境での診断は、データが変わります。営業中のお店ではないことを確かめて、印を付けてください。"})
	}
	c.tidyHosts(&p, s, local)
	c.tidyTimes(&p)
	if c.PerSecond < 0.1 || c.PerSecond > 10 {
		p.add("speed", Reason{Message: "リクエストの速さを選んでください。"})
	}
	c.tidyPaths(&p)
	if !offers(Hostings, c.Hosting) {
		p.add("hosting", Reason{Message: "サーバの事業者の許可について、どちらかを選んでください。"})
	}
	if c.HostingNote == "" {
		p.add("hosting-note", Reason{Message: "許可を得た日と受付番号、または許可が要らない理由を入力してください。"})
	}
	if longer(c.HostingNote, 200) {
		p.add("hosting-note", Reason{Message: "200 文字までで入力してください。"})
	}
	if longer(c.Provider, 200) {
		p.add("provider", Reason{Message: "200 文字までで入力してください。"})
	}
	c.tidyActs(&p, accounts)
	return p
}

func (c *Consent) tidyHosts(p *Problems, s *Shop, local bool) {
	var hosts []string
	for _, h := range c.Hosts {
		if h = strings.TrimSpace(h); h == "" {
			continue
		}
		one := Shop{State: Planned, Name: "-", URL: h}
		var wrong Problems
		one.tidyURL(&wrong)
		u, err := url.Parse(one.URL)
		if len(wrong) > 0 || err != nil || u.Path != "/" || u.RawQuery != "" {
			p.add("hosts", Reason{Message: "「{value}」は https://www.example.jp の形で入力してください。", Args: i18n.Args{"value": h}})
			continue
		}
		if wire.IsLocal(u.Hostname()) && !local {
			p.add("hosts", Reason{Message: "このコンピュータの中のアドレスは、診断できません。"})
			continue
		}
		if o := u.Scheme + "://" + u.Host; !slices.Contains(hosts, o) {
			hosts = append(hosts, o)
		}
	}
	if c.Hosts = hosts; len(hosts) > 20 {
		p.add("hosts", Reason{Message: "接続先は 20 までにしてください。"})
	}
	own := s.Origin()
	switch {
	case own == "":
		p.add("", Reason{Message: "診断するには、お店の情報に URL が必要です。"})
	case !slices.Contains(hosts, own):
		p.add("hosts", Reason{Message: "お店の接続先 {origin} が含まれていません。", Args: i18n.Args{"origin": own}})
	}
}

func (c *Consent) tidyTimes(p *Problems) {
	switch {
	case c.Until.IsZero() || !c.Until.After(c.Given):
		p.add("until", Reason{Message: "期限は、今日から1年以内の日付にしてください。"})
	case c.Until.Sub(c.Given) > longestConsent:
		p.add("until", Reason{Message: "期限は、今日から1年以内の日付にしてください。"})
	}
	if c.From == "" && c.To == "" {
		return
	}
	if !ofDay(c.From) || !ofDay(c.To) || c.From == c.To {
		p.add("from", Reason{Message: "時間帯は、始まりと終わりの両方を 02:00 の形で入力してください。"})
	}
}

// ofDay says that s is a time of day.
func ofDay(s string) bool {
	_, err := time.Parse("15:04", s)
	return err == nil && len(s) == 5
}

func (c *Consent) tidyPaths(p *Problems) {
	var paths []string
	for _, x := range c.Exclude {
		if x = strings.TrimSpace(x); x == "" {
			continue
		}
		if _, err := path.Match(x, "/"); err != nil || !strings.HasPrefix(x, "/") || len(x) > 500 {
			p.add("exclude", Reason{Message: "「{value}」は / から始まるパスで入力してください。", Args: i18n.Args{"value": x}})
			continue
		}
		paths = append(paths, x)
	}
	if c.Exclude = paths; len(paths) > 50 {
		p.add("exclude", Reason{Message: "開かないページは 50 までにしてください。"})
	}
}

func (c *Consent) tidyActs(p *Problems, accounts []TestAccount) {
	if c.Level <= wire.Safe {
		c.Accounts, c.Acts, c.Provider, c.Staging = nil, nil, "", false
		return
	}
	chosen := func(name string) bool { return slices.Contains(c.Accounts, name) }
	var names []string
	mailbox := false
	for _, a := range accounts {
		if chosen(a.Name) {
			names = append(names, a.Name)
			mailbox = mailbox || a.Mailbox != ""
		}
	}
	if len(names) < len(c.Accounts) {
		p.add("accounts", Reason{Message: "テスト用アカウントが削除されています。選び直してください。"})
	}
	c.Accounts = names
	c.Acts = slices.DeleteFunc(c.Acts, func(a string) bool { return !offers(Acts, Choice(a)) })
	if slices.Contains(c.Acts, wire.ActLockout) && len(names) == 0 {
		p.add("acts", Reason{Message: "パスワードを間違える検査には、テスト用アカウントが必要です。"})
	}
	if slices.Contains(c.Acts, wire.ActMail) && !mailbox {
		p.add("acts", Reason{Message: "メールを送らせる検査には、メールを受け取れるテスト用アカウントが必要です。"})
	}
}

// Origin is scheme, name and port of the shop's URL; "" without one.
func (s *Shop) Origin() string {
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// Origins are where the shop is reached: its own, and the same name on http or https.
func (s *Shop) Origins() []string {
	own := s.Origin()
	u, err := url.Parse(own)
	if err != nil || own == "" {
		return nil
	}
	if u.Port() != "" {
		return []string{own}
	}
	return []string{own, map[string]string{"http": "https", "https": "http"}[u.Scheme] + "://" + u.Host}
}

// TestAccount is a member of the shop that was made for diagnoses. Its
// password is kept sealed and never shown again.
type TestAccount struct {
	ID      ID        `json:"-"`
	Shop    ID        `json:"-"`
	Name    string    `json:"-"` // "a", "b", "admin": how reports call it; never given to another account of the shop
	Added   time.Time `json:"-"`
	By      ID        `json:"-"`
	Removed time.Time `json:"-"`

	Role     Choice `json:"role"` // "customer" or "admin"
	User     string `json:"user"`
	Mailbox  string `json:"mailbox,omitempty"`
	LoginURL string `json:"login_url,omitempty"`
	Basic    bool   `json:"basic,omitempty"` // for HTTP authentication, not for a form
}

// AccountRoles are what a test account can be in the shop.
var AccountRoles = []Option{
	{"customer", i18n.Text{JA: "会員（お客様）", EN: "Member (customer)"}},
	{"admin", i18n.Text{JA: "管理者", EN: "Administrator"}},
}

// Tidy brings what was typed into its normal form and says what is wrong with
// it. A password that reads as the place of one is refused: it would make the
// worker read its own files.
func (a *TestAccount) Tidy(password string) Problems {
	var p Problems
	a.User, a.LoginURL = Line(a.User), strings.TrimSpace(a.LoginURL)
	if a.User == "" || longer(a.User, 200) {
		p.add("user", Reason{Message: "ログインに使う名前かメールアドレスを入力してください。"})
	}
	if !offers(AccountRoles, a.Role) {
		p.add("role", Reason{Message: "一覧から選んでください。"})
	}
	switch _, err := wire.Secret(password).Resolve(); {
	case wire.Secret(password).Reference() != "":
		p.add("password", Reason{Message: "env: や file: で始まるパスワードは使えません。別のパスワードにしてください。"})
	case err != nil:
		p.add("password", Reason{Message: "パスワードは 4 文字以上で入力してください。"})
	}
	if a.Mailbox != "" {
		mail := NormalMail(a.Mailbox)
		if mail == "" {
			p.add("mailbox", Reason{Message: "メールアドレスを確かめてください。"})
		} else {
			a.Mailbox = mail
		}
	}
	if a.LoginURL != "" {
		u, err := url.Parse(a.LoginURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || len(a.LoginURL) > 1000 {
			p.add("login-url", Reason{Message: "https://www.example.jp/login の形で入力してください。"})
		}
	}
	return p
}

// Wire is the account as scopes carry it, without its password.
func (a *TestAccount) Wire() wire.Account {
	return wire.Account{Name: a.Name, Role: string(a.Role), User: a.User, Mailbox: a.Mailbox, LoginURL: a.LoginURL, Basic: a.Basic}
}

// Proof is one look for what shows that the shop's domains are its operator's.
type Proof struct {
	ID     ID
	Shop   ID
	By     ID
	At     time.Time
	Until  time.Time // when it should be looked at again
	Kind   wire.ProofMethod
	Result wire.ProofResult
}

// ProofLife is how long a proof lets levels active and full be asked for; each
// diagnosis looks anew all the same.
const ProofLife = 90 * 24 * time.Hour

// Shows says whether the proof shows control of an origin at a moment. Hosts
// that only name this machine need none.
func (p *Proof) Shows(origin string, at time.Time) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	if wire.IsLocal(u.Hostname()) {
		return true
	}
	return p != nil && at.Before(p.Until) && slices.Contains(p.Result.Proven, origin)
}
