package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"miseban/internal/programme"
	"miseban/internal/store"
)

// demoSlug names the sample programme in addresses.
const demoSlug = "sample-2022"

// demoDay is the day as of which the sample programme is looked at: that of the
// committee's meeting, of which public slides tell how far the steps were.
var demoDay = time.Date(2022, 9, 2, 0, 0, 0, 0, jst)

var jst = time.FixedZone("JST", 9*60*60)

// demoProgramme makes a programme with made-up applicants, from its call to its
// last step, and opens it in the browser.
func (a *app) demoProgramme() *cobra.Command {
	var listen, seed string
	var noServe bool
	cmd := a.command("demo-programme", func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		// Made-up data does not go where records of real shops may be, unless somebody says so.
		if !cmd.Flags().Changed("data") {
			a.data = filepath.Join(a.data, "demo-programme")
		}
		if !cmd.Flags().Changed("database") {
			a.database = ""
		}
		p, err := a.makeDemo(ctx, seed)
		if err != nil || noServe {
			return err
		}
		return a.serveUntil(ctx, &serveFlags{listen: listen, workers: 1, greet: func(public string) {
			a.printf("%s\n", a.t("案件ボード（2022年9月2日の時点）: {url}", "url", public+"/programmes/"+string(p.ID)+"/board?at="+demoDay.Format(time.DateOnly)))
		}})
	})
	f := cmd.Flags()
	f.StringVar(&listen, "listen", "127.0.0.1:8080", a.t("待ち受けるアドレスとポート"))
	f.StringVar(&seed, "seed", "2022", a.t("応募と選定を作るもとになる文字列。同じなら、同じ見本ができる"))
	f.BoolVar(&noServe, "no-serve", false, a.t("見本を作り、件数を表示して終わる（ブラウザでは開かない）"))
	return cmd
}

// makeDemo makes the sample programme, or finds the one that is there, and says
// where it stands.
func (a *app) makeDemo(ctx context.Context, seed string) (*programme.Programme, error) {
	if err := os.MkdirAll(a.data, 0o700); err != nil {
		return nil, err
	}
	db, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	used, err := db.AnyPerson(ctx)
	if err != nil {
		return nil, err
	}
	if !used {
		m := &demoMaker{a: a, db: db, seed: seed}
		if err := m.make(ctx); err != nil {
			return nil, err
		}
		a.say(a.t("見本の事業を {dir} に作りました。店、会社、人は、すべて作りものです。", "dir", a.data))
		for _, x := range m.people {
			a.printf("%s\n", a.t("サインイン（{role}）: {mail}  パスワード: {password}", "role", x.role.Name(a.lang), "mail", x.Mail, "password", x.password))
		}
		a.say(a.t("パスワードは、いまだけ表示します。選定の記録: {file}", "file", a.demoRecord()))
	}
	p, err := db.ProgrammeBySlug(ctx, demoSlug)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errors.New(a.t("{database} には、見本ではない記録があります。--data で、別の空のフォルダを指定してください。", "database", a.databaseShown()))
	}
	if err != nil {
		return nil, err
	}
	if p.State != programme.Ended { // the last thing that is done to it
		return nil, errors.New(a.t("見本を作る途中で止まっています。フォルダ {dir} を消してから、もう一度実行してください。", "dir", a.data))
	}
	if used {
		a.say(a.t("{dir} にある見本の事業を開きます。作り直すには、このフォルダを消してください。パスワードは、作ったときに表示したものです。", "dir", a.data))
	}
	return p, a.sayDemo(ctx, db, p)
}

// sayDemo tells how far the cases were on the day of the slides.
func (a *app) sayDemo(ctx context.Context, db *store.DB, p *programme.Programme) error {
	counts, err := db.ApplicationCounts(ctx, p.ID)
	if err != nil {
		return err
	}
	all := 0
	for _, n := range counts {
		all += n
	}
	a.printf("%s\n", a.t("応募 {all} 件、選定 {chosen} 件、補欠 {reserves} 件", "all", fmt.Sprint(all), "chosen", fmt.Sprint(counts[programme.Selected]), "reserves", fmt.Sprint(counts[programme.Reserve])))
	day, err := db.CaseProgress(ctx, p.ID, demoDay)
	if err != nil {
		return err
	}
	a.printf("%s\n", a.t("2022年9月2日の時点で終えた店: {n} サイト中、Step1 {one}、Step2 {two}、Step3 {three}", "n", fmt.Sprint(day.Places),
		"one", fmt.Sprint(day.Steps[programme.Step1].Done), "two", fmt.Sprint(day.Steps[programme.Step2].Done), "three", fmt.Sprint(day.Steps[programme.Step3].Done)))
	return nil
}

// demoRecord is where the record of the sample's selection is written.
func (a *app) demoRecord() string { return filepath.Join(a.data, "selection.json") }
