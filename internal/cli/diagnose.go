package cli

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/net/idna"

	"miseban/internal/check"
	"miseban/internal/crawl"
	"miseban/internal/diagnose"
	"miseban/internal/perform"
	"miseban/internal/wire"
)

// runFlags are the flags of commands that talk to a shop.
type runFlags struct {
	level, scope, authority, rate, browser, intel, intelKey string
	oob, mailSink                                           string
	hosts, exclude, seeds, nets                             []string
	budget                                                  int
	contact                                                 string
	ignoreRobots                                            bool
	serial                                                  bool
}

func (r *runFlags) add(a *app, cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&r.level, "level", "safe", a.t("診断のレベル。passive は閲覧だけ、safe は設定の確認も、active は弱点を探す値も送り、full は書き込みも行う"))
	f.StringVar(&r.scope, "scope", "", a.t("合意した範囲を書いたファイル（miseban scope new で作成）"))
	f.StringVar(&r.authority, "authority", "", a.t("診断を求めた組織と人（「組織名 / 氏名」）。自分のコンピュータ以外では必須"))
	f.StringVar(&r.contact, "contact", "", a.t("連絡先のメールアドレス（リクエストの From に入る）"))
	f.StringArrayVar(&r.hosts, "host", nil, a.t("範囲に加える接続先（https://www.example.jp など、何度でも）"))
	f.StringArrayVar(&r.exclude, "exclude", nil, a.t("決して開かないパス（/campaign/ など、何度でも）"))
	f.StringArrayVar(&r.nets, "allow-net", nil, a.t("接続してよい内部ネットワーク（10.0.0.0/24 など、何度でも）"))
	f.StringArrayVar(&r.seeds, "seeds", nil, a.t("あらかじめ分かっている URL のファイル（HAR、OpenAPI、GraphQL、URL 一覧。何度でも）"))
	f.StringVar(&r.rate, "rate", "", a.t("1秒あたりのリクエスト数（0.1〜10。省略すると 2）。unlimited は自分のコンピュータだけ"))
	f.IntVar(&r.budget, "budget", 0, a.t("リクエスト数の上限（省略すると passive で 600、safe で 1500、active と full で 6000）"))
	f.StringVar(&r.oob, "oob", "", a.t("サイトからの呼び返しを待つ、このコンピュータの「ホスト:ポート」（active と full だけ）"))
	f.StringVar(&r.mailSink, "mail-sink", "", a.t("テスト用アカウント宛てのメールを SMTP で受け取る、このコンピュータの「ホスト:ポート」（full だけ）"))
	f.StringVar(&r.browser, "browser", "auto", a.t("ブラウザ（Chromium）を使うか。auto は、あれば使う"))
	f.StringVar(&r.intel, "intel", "", a.t("更新した弱点情報のファイル"))
	f.StringVar(&r.intelKey, "intel-key", "", a.t("自分で署名した弱点情報の公開鍵（base64）のファイル"))
	f.BoolVar(&r.ignoreRobots, "ignore-robots", false, a.t("持ち主の同意を得て、robots.txt が禁じるページ（カート、ログインなど）も開く（台帳に残る）"))
	f.BoolVar(&r.serial, "serial", false, a.t("IPA のクローラ耐性の確認と同じく、1件ずつ 0.5 秒以上あけて開く"))
}

// reportFlags say what is written at the end.
type reportFlags struct {
	formats []string
	out     string
	failOn  string
	failing bool // --fail-on was asked for
}

func (r *reportFlags) add(a *app, cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&r.formats, "format", []string{"html"}, a.t("報告書の形式: {names}（コンマで区切って複数）", "names", a.join(formatNames())))
	f.StringVarP(&r.out, "output", "o", "", a.t("書き出し先のフォルダまたはファイル名。- は標準出力（省略すると今のフォルダ）"))
	f.StringVar(&r.failOn, "fail-on", "high", a.t("この危険度以上の検出事項があれば終了コードを 1 にする（low、medium、high、critical、none）"))
}

func (a *app) diagnose() *cobra.Command {
	var rf runFlags
	var pf reportFlags
	var resume string
	cmd := a.command("diagnose", func(cmd *cobra.Command, args []string) error {
		if err := pf.check(a, cmd); err != nil {
			return err
		}
		if resume != "" {
			if len(args) > 0 {
				return errors.New(a.t("--resume では URL を指定しません。"))
			}
			if names := changed(cmd, fixedFlags...); len(names) > 0 {
				return errors.New(a.t("再開するときは、始めたときの範囲のまま続けます。{names} は指定できません。", "names", a.join(names)))
			}
			return a.resumeRun(cmd.Context(), resume, &rf, &pf)
		}
		if len(args) == 0 {
			return errors.New(a.t("診断するサイトの URL を指定してください。例: miseban diagnose https://shop.example/"))
		}
		run, err := a.newRun(cmd, args, &rf)
		if err != nil {
			return err
		}
		return a.execute(cmd.Context(), run, &rf, &pf, nil)
	})
	rf.add(a, cmd)
	pf.add(a, cmd)
	cmd.Flags().StringVar(&resume, "resume", "", a.t("止まった診断を、この番号の続きから再開する"))
	return cmd
}

// newRun makes a run from the command line: start URL, further seeds and the scope.
func (a *app) newRun(cmd *cobra.Command, args []string, rf *runFlags) (*diagnose.Run, error) {
	var urls []*url.URL
	for _, s := range args {
		u, err := a.shopURL(s)
		if err != nil {
			return nil, err
		}
		urls = append(urls, u)
	}
	scope, err := a.scopeFrom(cmd, urls, rf)
	if err != nil {
		return nil, err
	}
	if rf.scope == "" && scope.Level > wire.Safe && !local(scope) {
		return nil, errors.New(a.t("active と full の診断には、サイトの持ち主の同意を記録した範囲のファイルが必要です。\nmiseban scope new で作り、miseban verify でドメインの管理を示してから、--scope で指定してください。"))
	}
	if err := a.checkScope(scope); err != nil {
		return nil, err
	}
	run := &diagnose.Run{ID: perform.NewRunID(time.Now()), Shop: urls[0].String(), Started: time.Now().UTC(), Version: Version, Scope: scope, State: diagnose.Running}
	for _, u := range urls[1:] {
		run.Seeds = append(run.Seeds, u.String())
	}
	for _, file := range rf.seeds {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		seeds, err := crawl.ReadSeeds(f, file)
		_ = f.Close()
		if err != nil {
			return nil, err
		}
		run.Given = append(run.Given, seeds...)
	}
	return run, nil
}

// ascii are the characters of a host as it is looked up.
const ascii = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]%"

// shopURL reads a URL as a person types it: a missing scheme means https.
func (a *app) shopURL(s string) (*url.URL, error) {
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, errors.New(a.t("「{url}」は URL として読めません。https://shop.example/ の形で指定してください。", "url", s))
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New(a.t("「{scheme}」では診断できません。http:// または https:// の URL を指定してください。", "scheme", u.Scheme))
	case u.User != nil:
		return nil, errors.New(a.t("URL にログイン名やパスワードを含めないでください。"))
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.Fragment = ""
	if strings.Trim(u.Host, ascii) != "" { // 日本語.jp is looked up as xn--wgv71a119e.jp
		host, err := idna.Lookup.ToASCII(u.Hostname())
		if err != nil {
			return nil, errors.New(a.t("「{url}」は URL として読めません。https://shop.example/ の形で指定してください。", "url", s))
		}
		if port := u.Port(); port != "" {
			host += ":" + port
		}
		u.Host = host
	}
	return u, nil
}

// resumeRun goes on with a run that stopped: what was answered is not asked again.
func (a *app) resumeRun(ctx context.Context, id string, rf *runFlags, pf *reportFlags) error {
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	run, err := a.find(ctx, db, id)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	switch run.State {
	case diagnose.Finished:
		return errors.New(a.t("{id} は最後まで終わっています。報告書は miseban report {id} で作れます。", "id", run.ID))
	case diagnose.Failed:
		return errors.New(a.t("{id} は、サイトを確認できずに終わっています。原因を取り除いてから、新しく診断してください: miseban diagnose {url}", "id", run.ID, "url", run.Shop))
	}
	a.say(a.t("{id} の続きから再開します。すでに得た応答は、もう一度求めません。", "id", run.ID))
	return a.execute(ctx, run, rf, pf, nil)
}

// failSeverity is the severity from which findings make exit code 1; more than Critical means never.
func (r *reportFlags) failSeverity(a *app) (check.Severity, error) {
	if r.failOn == "none" {
		return check.Critical + 1, nil
	}
	s, err := check.ParseSeverity(r.failOn)
	if err != nil || s == check.Info {
		return 0, errors.New(a.t("--fail-on は low、medium、high、critical、none から選んでください。"))
	}
	return s, nil
}
