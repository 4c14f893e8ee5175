package cli

import (
	"bufio"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/report"
	"miseban/internal/wire"
)

// dialogue asks questions one by one.
type dialogue struct {
	a  *app
	in *bufio.Reader
	s  *wire.Scope
	// file is where the scope will be written; passwords typed in go beside it.
	file    string
	secrets map[string]string // file → password
}

// askScope asks step by step what a scope needs; an empty answer takes the default.
func (a *app) askScope(args []string, file string) (*dialogue, error) {
	d := &dialogue{a: a, in: bufio.NewReader(a.in), s: &wire.Scope{Level: wire.Safe}, file: file, secrets: map[string]string{}}
	first := ""
	if len(args) > 0 {
		first = args[0]
	}
	for _, step := range []func() error{
		func() error { return d.hosts(first) }, d.authority, d.level, d.windows, d.paths, d.robots, d.accounts, d.consent,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// until asks again until use takes the answer; use returns what to say instead.
func (d *dialogue) until(question, def string, use func(string) string) error {
	for {
		v, err := d.a.ask(d.in, question, def)
		if err != nil {
			return err
		}
		again := use(v)
		if again == "" {
			return nil
		}
		if again != " " {
			fmt.Fprintln(d.a.err, again)
		}
	}
}

// needed is a use for answers that may not be empty.
func needed(into *string) func(string) string {
	return func(v string) string {
		if *into = v; v == "" {
			return " "
		}
		return ""
	}
}

// yes asks a question that is answered with yes or no; no is the default.
func (d *dialogue) yes(question string) (bool, error) {
	var got bool
	err := d.until(question+" (y/n)", "n", func(v string) string {
		switch strings.ToLower(v) {
		case "y", "yes", "はい":
			got = true
		case "n", "no", "いいえ":
		default:
			return d.a.t("y か n で答えてください。")
		}
		return ""
	})
	return got, err
}

func (d *dialogue) hosts(first string) error {
	a := d.a
	for len(d.s.Hosts) == 0 {
		answer, err := a.ask(d.in, a.t("診断するサイトの URL"), first)
		if err != nil {
			return err
		}
		first = ""
		u, err := a.shopURL(answer)
		if err != nil {
			fmt.Fprintln(a.err, err)
			continue
		}
		addHost(d.s, u)
		if u.Port() == "" {
			addHost(d.s, twin(u))
		}
	}
	for {
		answer, err := a.ask(d.in, a.t("ほかに診断してよい接続先（なければ空のまま）"), "")
		if err != nil || answer == "" {
			return err
		}
		u, err := a.shopURL(answer)
		if err != nil {
			fmt.Fprintln(a.err, err)
			continue
		}
		addHost(d.s, u)
	}
}

func (d *dialogue) authority() error {
	a, w := d.a, &d.s.Authority
	optional := func(into *string) func(string) string {
		return func(v string) string { *into = v; return "" }
	}
	how := needed
	if local(d.s) {
		how = optional
	}
	if err := d.until(a.t("診断を求める組織の名前"), "", how(&w.Organisation)); err != nil {
		return err
	}
	if err := d.until(a.t("診断を求める人の氏名"), "", how(&w.Person)); err != nil {
		return err
	}
	return d.until(a.t("連絡先のメールアドレス（要求に付けて送る。不要なら空のまま）"), "", optional(&w.Contact))
}

func (d *dialogue) level() error {
	a := d.a
	return d.until(a.t("レベル（passive: 閲覧だけ、safe: 設定の確認も、active: 弱点を探す値も送る、full: 検証環境で書き込みも）"), "safe", func(v string) string {
		l, err := wire.ParseLevel(v)
		if err != nil || l < wire.Passive {
			return a.t("passive、safe、active、full のどれかを指定してください。")
		}
		d.s.Level = l
		return ""
	})
}

// window reads "02:00-05:00".
func (d *dialogue) window(v string) (wire.Window, bool) {
	from, until, ok := strings.Cut(v, "-")
	w := wire.Window{From: strings.TrimSpace(from), Until: strings.TrimSpace(until)}
	return w, ok && clock(w.From) && clock(w.Until)
}

func (d *dialogue) windows() error {
	a := d.a
	return d.until(a.t("診断してよい時間帯（02:00-05:00 の形。いつでもよければ空のまま）"), "", func(v string) string {
		if v == "" {
			return ""
		}
		w, ok := d.window(v)
		if !ok {
			return a.t("02:00-05:00 の形で指定してください。")
		}
		d.s.Windows = append(d.s.Windows, w)
		return ""
	})
}

func (d *dialogue) paths() error {
	a := d.a
	return d.until(a.t("決して開かないパス（/campaign/ など。なければ空のまま）"), "", func(v string) string {
		switch {
		case v == "":
			return ""
		case !strings.HasPrefix(v, "/"):
			return a.t("パスは / から書いてください。")
		}
		d.s.Exclude = append(d.s.Exclude, v)
		return " "
	})
}

func (d *dialogue) robots() (err error) {
	d.s.IgnoreRobots, err = d.yes(d.a.t("robots.txt が禁じるページ（カート、ログインなど）も、持ち主の同意のもとで開きますか"))
	return err
}

// accounts asks for test accounts, which only active and full use.
func (d *dialogue) accounts() error {
	if d.s.Level <= wire.Safe {
		return nil
	}
	a := d.a
	for n := 0; n < 3; n++ {
		x := wire.Account{Name: string(rune('a' + n))}
		question := a.t("テスト用アカウントのログイン名かメールアドレス（なければ空のまま）")
		if n > 0 {
			question = a.t("もう1つのテスト用アカウント（2つあると、他人の情報が見えないかを確かめられる。なければ空のまま）")
		}
		v, err := a.ask(d.in, question, "")
		if err != nil {
			return err
		}
		if x.User = v; v == "" {
			return nil
		}
		if err := d.until(a.t("役割（customer: 会員、admin: 管理者）"), "customer", func(v string) string {
			if v != "customer" && v != "admin" {
				return a.t("customer か admin を指定してください。")
			}
			x.Role = v
			return ""
		}); err != nil {
			return err
		}
		if x.Role == "admin" {
			x.Name = "admin"
			if slices.ContainsFunc(d.s.Accounts, func(y wire.Account) bool { return y.Name == "admin" }) {
				x.Name = "admin" + strconv.Itoa(n)
			}
		}
		if x.Password, err = d.password(x.Name); err != nil {
			return err
		}
		if err := d.until(a.t("このアカウントでメールを受け取れるアドレス（なければ空のまま）"), "", func(v string) string {
			if v != "" && !strings.Contains(v, "@") {
				return a.t("メールアドレスを指定してください。")
			}
			x.Mailbox = v
			return ""
		}); err != nil {
			return err
		}
		d.s.Accounts = append(d.s.Accounts, x)
	}
	return nil
}

// password asks for a password without echo and keeps it in a file of its own;
// where nobody can type, only references are taken.
func (d *dialogue) password(name string) (wire.Secret, error) {
	a := d.a
	var out wire.Secret
	err := d.until(a.t("パスワードの置き場所（env:環境変数の名前 か file:ファイル名。空のままなら、ここで入力する）"), "", func(v string) string {
		switch {
		case strings.HasPrefix(v, "env:") && len(v) > len("env:"), strings.HasPrefix(v, "file:") && len(v) > len("file:"):
			out = wire.Secret(v)
			return ""
		case v != "":
			return a.t("env: か file: で始めてください。パスワードそのものは、ここには書けません。")
		case d.file == "-":
			return a.t("標準出力に書き出すときは、env: か file: を指定してください。")
		}
		typed, err := a.askSecret(a.t("パスワード（表示されません）"))
		if errors.Is(err, errNoTerminal) {
			return a.t("ここでは入力できません。env: か file: を指定してください。")
		}
		if err != nil {
			return err.Error()
		}
		at, err := filepath.Abs(strings.TrimSuffix(d.file, filepath.Ext(d.file)) + "." + name + ".password")
		if err != nil {
			return err.Error()
		}
		d.secrets[at] = typed
		out = wire.Secret("file:" + at)
		return ""
	})
	return out, err
}

// write keeps the typed passwords where the scope says, readable by the owner only.
func (d *dialogue) write() error {
	for file, v := range d.secrets {
		if fileExists(file) {
			return errors.New(d.a.t("{file} はすでにあります。-o で別の名前を指定してください。", "file", file))
		}
		if err := os.WriteFile(file, []byte(v+"\n"), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// consent asks for what the owner agreed to; this machine needs none of it but the acts.
func (d *dialogue) consent() error {
	if d.s.Level <= wire.Safe {
		return nil
	}
	a, c := d.a, &d.s.Consent
	if !local(d.s) {
		fmt.Fprintln(a.err, a.t("ここからは、サイトの持ち主から得た同意の内容です。書面やメールで残っているものを写してください。"))
		if err := d.agreement(); err != nil {
			return err
		}
		d.s.Proof.Token = wire.NewToken()
	}
	for _, x := range d.s.Accounts {
		c.Accounts = append(c.Accounts, x.Name)
	}
	for _, x := range []struct{ act, question string }{
		{wire.ActCart, a.t("商品を1つカートに入れ、注文の確認画面の手前まで進み、カートを空に戻してよいですか")},
		{wire.ActLockout, a.t("テスト用アカウントで、パスワードを最大 10 回間違えてよいですか（アカウントが使えなくなることがある）")},
		{wire.ActMail, a.t("テスト用のアドレスへ、サイトからメールを送らせてよいですか")},
	} {
		if x.act != wire.ActCart && len(d.s.Accounts) == 0 || x.act == wire.ActMail && !slices.ContainsFunc(d.s.Accounts, func(y wire.Account) bool { return y.Mailbox != "" }) {
			continue
		}
		ok, err := d.yes(x.question)
		if err != nil {
			return err
		}
		if ok {
			c.Acts = append(c.Acts, x.act)
		}
	}
	return d.requests()
}

func (d *dialogue) agreement() error {
	a, c := d.a, &d.s.Consent
	for _, q := range []struct {
		text, def string
		into      *string
	}{
		{a.t("同意した人の氏名"), d.s.Authority.Person, &c.Person},
		{a.t("同意した組織の名前"), d.s.Authority.Organisation, &c.Organisation},
		{a.t("診断を行う人または会社の名前"), "", &c.For},
	} {
		if err := d.until(q.text, q.def, needed(q.into)); err != nil {
			return err
		}
	}
	date := func(into *time.Time, last bool) func(string) string {
		return func(v string) string {
			t, err := time.ParseInLocation(time.DateOnly, v, report.Tokyo())
			if err != nil {
				return a.t("2026-11-30 の形で指定してください。")
			}
			if last {
				t = endOfDay(t)
			}
			if *into = t; last && !t.After(c.Given) {
				return a.t("期限が、同意した日より前になっています。")
			}
			if last && time.Now().After(t) {
				return a.t("その期限は過ぎています。")
			}
			return ""
		}
	}
	if err := d.until(a.t("同意した日"), time.Now().In(report.Tokyo()).Format(time.DateOnly), date(&c.Given, false)); err != nil {
		return err
	}
	if err := d.until(a.t("同意の期限（その日の終わりまで。2026-11-30 の形）"), "", date(&c.Until, true)); err != nil {
		return err
	}
	c.Hosts, c.Level, c.Windows = slices.Clone(d.s.Hosts), d.s.Level, slices.Clone(d.s.Windows)
	if err := d.until(a.t("毎秒の要求数の上限（0.1〜10）"), "2", func(v string) string {
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || !(n >= 0.1 && n <= 10) {
			return a.t("0.1〜10 の数を指定してください。")
		}
		c.PerSecond = n
		return ""
	}); err != nil {
		return err
	}
	return d.until(a.t("サーバの事業者の許可（「取得済み 2026-11-01 受付番号 123」「不要（自社のサーバ）」のように）"), "", func(v string) string {
		c.Hosting = v
		for _, f := range d.s.Faults(time.Now()) {
			if f.Field == "consent.hosting" {
				return a.faultText(f)
			}
		}
		return ""
	})
}

// requests asks for single requests that may be sent although they are not
// known to only read, as a confirm step is.
func (d *dialogue) requests() error {
	a := d.a
	if d.s.Level != wire.Active {
		return nil
	}
	return d.until(a.t("個別に同意された送信（POST /contact/confirm name,email,body の形。なければ空のまま）"), "", func(v string) string {
		if v == "" {
			return ""
		}
		w := strings.Fields(v)
		if len(w) != 3 {
			return a.t("メソッド、パス、項目の名前（コンマ区切り）を、空白で区切って指定してください。")
		}
		d.s.Consent.Requests = append(d.s.Consent.Requests, wire.ConsentedRequest{Method: strings.ToUpper(w[0]), Path: w[1], Fields: strings.Split(w[2], ",")})
		for _, f := range d.s.Faults(time.Now()) {
			if strings.HasPrefix(f.Field, "consent.requests") {
				d.s.Consent.Requests = d.s.Consent.Requests[:len(d.s.Consent.Requests)-1]
				return a.faultText(f)
			}
		}
		return " "
	})
}

// endOfDay is the first moment after the day that begins at t.
func endOfDay(t time.Time) time.Time { return t.AddDate(0, 0, 1) }

// local says that a scope names nothing but this computer: nobody has to stand for it.
func local(s *wire.Scope) bool {
	return !slices.ContainsFunc(s.Hosts, func(h string) bool {
		u, err := url.Parse(h)
		return err != nil || !wire.IsLocal(u.Hostname())
	})
}

// clock says that s is a time of day as windows carry it.
func clock(s string) bool {
	_, err := time.Parse("15:04", s)
	return err == nil && len(s) == 5 || s == "24:00"
}

func (a *app) ask(in *bufio.Reader, question, def string) (string, error) {
	if def != "" {
		fmt.Fprintf(a.err, "%s [%s]: ", question, def)
	} else {
		fmt.Fprintf(a.err, "%s: ", question)
	}
	line, err := in.ReadString('\n')
	line = strings.TrimSpace(line)
	if err != nil && line == "" {
		fmt.Fprintln(a.err)
		return "", errors.New(a.t("入力が途中で終わりました。何も書いていません。"))
	}
	if line == "" {
		return def, nil
	}
	return line, nil
}
